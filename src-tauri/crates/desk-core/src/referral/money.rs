//! Has the friend paid for a treatment in money, and kept it?

use chrono::{DateTime, Utc};

use super::{Facts, KEPT_FOR, Reason, Treatment};

/// What a point is worth where it is spent, in satang: a premium mask of 800 baht costs 800 points.
const SATANG_A_POINT: i64 = 100;

pub(super) fn reasons(facts: &Facts, now: DateTime<Utc>) -> Option<Reason> {
    let mut found: Vec<Standing> = facts
        .treatments
        .iter()
        .enumerate()
        .filter(|(_, paid)| paid.at <= now)
        .map(|(place, paid)| standing(facts, paid, refunded(facts, place, now), now))
        .collect();
    found.sort_unstable();
    match found.first() {
        Some(Standing::Ripe) => None,
        Some(Standing::Young) => Some(Reason::WaitsForDays),
        Some(Standing::Little) => Some(Reason::PaidTooLittle),
        Some(Standing::GivenBack) => Some(given_back(facts)),
        Some(Standing::Unpaid) | None => Some(Reason::WaitsForPayment),
    }
}

/// How a treatment stands, the best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Standing {
    Ripe,
    Young,
    Little,
    GivenBack,
    Unpaid,
}

/// A deposit is no paid treatment, and of one that was kept at least half was not given back.
fn standing(facts: &Facts, paid: &Treatment, refunded: i64, now: DateTime<Utc>) -> Standing {
    let kept = paid.paid.saturating_sub(refunded);
    if paid.paid <= 0 || paid.paid.saturating_mul(2) < paid.price {
        Standing::Unpaid
    } else if kept.saturating_mul(2) < paid.paid {
        Standing::GivenBack
    } else if kept < facts.points.saturating_mul(SATANG_A_POINT) {
        Standing::Little
    } else if now < paid.at + KEPT_FOR {
        Standing::Young
    } else {
        Standing::Ripe
    }
}

fn refunded(facts: &Facts, place: usize, now: DateTime<Utc>) -> i64 {
    let of_this = facts.refunds.iter().filter(|back| back.of == place && back.at <= now);
    of_this.map(|back| back.satang.max(0)).sum()
}

/// One who changes their mind is held; friend after friend who does is a habit.
fn given_back(facts: &Facts) -> Reason {
    if super::pace::are_others_refunded(facts) {
        Reason::RefundHabit
    } else {
        Reason::NotKept
    }
}
