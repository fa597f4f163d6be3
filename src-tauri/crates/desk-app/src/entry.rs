//! A line of the ledger as it is shown: what it comes from, and "why 149?".

use desk_cache::query::loyalty::{Entry, Why};
use desk_core::loyalty::{gift::Reason, origin::Origin, points_for, points_to_reverse};

use crate::{
    api::customer::{OtherEntry, PointEntry, PointSum, PointWhy},
    row,
};

/// For who looks at it.
pub(crate) fn shown(entry: Entry) -> PointEntry {
    let (source, purpose) = &entry.why.from;
    let origin = Origin::of(source.as_deref(), purpose.as_deref(), entry.description.as_deref());
    let is_gift = origin == Origin::Gift || purpose.as_deref() == Some("ungive");
    let gift = entry
        .why
        .reason
        .as_deref()
        .filter(|_| is_gift)
        .and_then(Reason::from_word);
    let said = |text: &str| origin.said(text, gift, entry.why.spent_on.as_deref());
    PointEntry {
        id: entry.id,
        origin,
        description: entry.description.as_deref().and_then(said),
        at: row::millis(entry.at),
        expires_at: entry.expires_at.map(row::millis),
        is_waiting: entry.is_waiting,
        why: why(origin, entry.amount, gift, entry.why),
        kind: entry.kind,
        amount: entry.amount,
    }
}

fn why(origin: Origin, amount: i64, gift: Option<Reason>, why: Why) -> PointWhy {
    PointWhy {
        sum: sum(origin, amount, &why),
        policy: why.policy,
        payment_id: why.payment.map(|(id, _)| id),
        payment_number: why.payment.and_then(|(_, number)| number),
        other: why.other.map(|other| OtherEntry {
            amount: other.amount,
            at: row::millis(other.at),
        }),
        // Of what is called off the database itself says why, in Thai: a friend's money was given back.
        reason: why.reason.filter(|_| gift.is_none() && origin != Origin::CalledOff),
        gift,
        method: why.method,
        by: why.by,
        agreed_by: why.agreed_by,
    }
}

/// By the same functions that promised and posted them. What does not come out is not shown as a sum.
fn sum(origin: Origin, amount: i64, why: &Why) -> Option<PointSum> {
    let (satang, multiplier_tenths) = (why.satang?, why.multiplier_tenths?);
    if origin != Origin::Refund {
        return (satang > 0 && points_for(satang, multiplier_tenths) == amount).then_some(PointSum {
            satang,
            left: None,
            multiplier_tenths,
        });
    }
    let before = why.other.as_ref()?.satang?;
    let left = before + satang;
    (points_to_reverse(before, left, multiplier_tenths) == -amount).then_some(PointSum {
        satang: before,
        left: Some(left),
        multiplier_tenths,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn explained(source: &str, purpose: &str) -> PointWhy {
        let noted = Why {
            from: (Some(source.into()), Some(purpose.into())),
            policy: None,
            reason: Some("คืนเงินแล้ว".into()),
            satang: None,
            multiplier_tenths: None,
            method: None,
            by: None,
            agreed_by: None,
            other: None,
            payment: None,
            spent_on: None,
        };
        why(Origin::of(Some(source), Some(purpose), None), -100, None, noted)
    }

    #[test]
    fn a_reason_is_a_persons_and_not_the_databases() {
        assert_eq!(explained("referral", "thanks back").reason, None);
        assert_eq!(explained("desk", "refund").reason.as_deref(), Some("คืนเงินแล้ว"));
    }
}
