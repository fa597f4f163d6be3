//! A customer's membership as the card shows it, what a bill would do to it, and "what if she pays 8,000 today?". All three ask `desk_core::loyalty::standing::pay`, as the
//! posting does.

use std::sync::Arc;

use chrono::NaiveDate;
use desk_cache::{
    CacheError,
    open::Reader,
    query::{customer, loyalty, policy, reward},
};
use desk_core::loyalty::{
    Tier,
    policy::{Basis, Policy},
    standing::{self, Standing},
};
use uuid::Uuid;

use crate::{
    api::customer::{Loyalty, LoyaltyWhatIf, NextTier, PointsPromise, Reward, WhatIf},
    customer::{by_expiry, check_bill},
    desk::Desk,
    entry,
    error::{AppError, Code},
};

/// Ledger entries on the card.
const FIRST_ENTRIES: u32 = 50;

impl Desk {
    /// What a payment of today would lead to.
    ///
    /// # Errors
    /// As listed at [`LoyaltyWhatIf`].
    pub async fn loyalty_what_if(self: &Arc<Self>, request: LoyaltyWhatIf) -> Result<WhatIf, AppError> {
        check_bill(request.satang)?;
        let now = self.micros();
        self.read(move |reader| what_if(reader, &request, now))
            .await?
            .ok_or_else(|| Code::CustomerNotFound.into())
    }
}

fn what_if(reader: &Reader<'_>, request: &LoyaltyWhatIf, now: i64) -> Result<Option<WhatIf>, CacheError> {
    let id = request.customer_id;
    if customer::profile(reader, id)?.is_none() {
        return Ok(None);
    }
    let bill = Bill {
        satang: request.satang,
        is_money: true,
        from: now,
    };
    let (earns, measure) = counted(reader, id, &bill, now)?;
    let promised = policy::at(reader, now)?;
    let tier = loyalty::member(reader, id)?.map_or(Tier::Bronze, |member| member.tier);
    let more = match promised.basis {
        Basis::Points => earns.points,
        Basis::Baht => request.satang,
    };
    let keep = loyalty::member(reader, id)?
        .map(|member| keep_missing(reader, &promised, id, &member))
        .transpose()?;
    Ok(Some(WhatIf {
        basis: promised.basis,
        tier,
        next_tier: next_tier(&promised, earns.tier_after, measure),
        keep_missing: keep
            .filter(|_| tier > Tier::Bronze)
            .map(|missing| (missing - more).max(0)),
        earns,
    }))
}

/// A bill that may be paid.
pub(crate) struct Bill {
    /// Money.
    pub(crate) satang: i64,
    /// A payment, which counts as money; else points alone.
    pub(crate) is_money: bool,
    /// When it counts from, microseconds since 1970.
    pub(crate) from: i64,
}

/// What a bill earns, if anything: what earns nothing makes no member either.
pub(crate) fn bill(reader: &Reader<'_>, customer: Uuid, bill: &Bill, now: i64) -> Result<PointsPromise, CacheError> {
    let earns = promise(reader, customer, bill, now)?;
    if earns.points > 0 || earns.welcome_points == 0 {
        return Ok(earns);
    }
    Ok(PointsPromise {
        available_after: earns.available_after - earns.welcome_points,
        welcome_points: 0,
        tier_after: Tier::Bronze,
        ..earns
    })
}

/// What a bill earns.
pub(crate) fn promise(reader: &Reader<'_>, customer: Uuid, bill: &Bill, now: i64) -> Result<PointsPromise, CacheError> {
    counted(reader, customer, bill, now).map(|(promise, _)| promise)
}

/// Who pays: points, what decides the tier, the tier, the welcome that comes with it, what is owed.
struct Payer {
    available: i64,
    measure: i64,
    standing: Standing,
    welcome: i64,
    owed: i64,
}

fn payer(reader: &Reader<'_>, customer: Uuid, promised: &Policy, now: i64) -> Result<Payer, CacheError> {
    let day = policy::day_of(reader, now)?;
    if let Some(member) = loyalty::member(reader, customer)? {
        return Ok(Payer {
            available: member.available_points,
            measure: policy::measure(reader, promised, customer, day)?,
            standing: standing_of(&member),
            welcome: 0,
            owed: member.owed,
        });
    }
    let newcomer = loyalty::newcomer(reader, customer, now)?;
    Ok(Payer {
        available: newcomer.points,
        measure: match promised.basis {
            Basis::Points => newcomer.points,
            Basis::Baht => policy::measure(reader, promised, customer, day)?,
        },
        standing: Standing {
            tier: newcomer.tier,
            reached_by: None,
        },
        welcome: newcomer.welcome,
        owed: 0,
    })
}

/// What a bill earns, and what decides the tier after it.
fn counted(reader: &Reader<'_>, customer: Uuid, bill: &Bill, now: i64) -> Result<(PointsPromise, i64), CacheError> {
    let (earns, promised) = (policy::at(reader, bill.from)?, policy::at(reader, now)?);
    let payer = payer(reader, customer, &promised, now)?;
    let paid = standing::Bill {
        satang: bill.satang,
        is_money: bill.is_money,
        beside: payer.welcome,
    };
    let outcome = standing::pay(&earns, &promised, payer.standing, payer.measure, paid);
    let added = outcome.points.saturating_add(payer.welcome);
    let promise = PointsPromise {
        points: outcome.points,
        multiplier_tenths: earns.tenths_of(payer.standing.tier),
        welcome_points: payer.welcome,
        available_after: payer
            .available
            .saturating_add(added)
            .saturating_sub(payer.owed.min(outcome.points)),
        owed_after: payer.owed.saturating_sub(outcome.points).max(0),
        tier_after: outcome.tier,
    };
    Ok((promise, outcome.measure))
}

/// What a member holds.
pub(crate) fn standing_of(member: &loyalty::Member) -> Standing {
    Standing {
        tier: member.tier,
        reached_by: member.tier_by,
    }
}

fn next_tier(promised: &Policy, tier: Tier, measure: i64) -> Option<NextTier> {
    tier.next().map(|tier| NextTier {
        tier,
        missing: (promised.floor(tier) - measure).max(0),
    })
}

/// What is missing on the anniversary, as of now.
fn keep_missing(
    reader: &Reader<'_>,
    promised: &Policy,
    customer: Uuid,
    member: &loyalty::Member,
) -> Result<i64, CacheError> {
    let until: Option<NaiveDate> = member.tier_until.as_deref().and_then(|day| day.parse().ok());
    let Some(until) = until else { return Ok(0) };
    let counts = policy::measure(reader, promised, customer, until)?;
    Ok((promised.floor(member.tier) - counts).max(0))
}

/// A customer's membership, where there is one.
pub(crate) fn membership(reader: &Reader<'_>, id: Uuid, now: i64) -> Result<Option<Loyalty>, CacheError> {
    let Some(member) = loyalty::member(reader, id)? else {
        return Ok(None);
    };
    let promised = policy::at(reader, now)?;
    let measure = policy::measure(reader, &promised, id, policy::day_of(reader, now)?)?;
    Ok(Some(Loyalty {
        available_points: member.available_points,
        owed: member.owed,
        lifetime_points: member.lifetime_points,
        tier: member.tier,
        multiplier_tenths: promised.tenths_of(member.tier),
        basis: promised.basis,
        measure,
        next_tier: next_tier(&promised, member.tier, measure),
        tier_floor: promised.floor(member.tier),
        keep_missing: keep_missing(reader, &promised, id, &member)?,
        affordable: affordable(reader, &member, now)?,
        tier_since: member.tier_since,
        tier_until: member.tier_until,
        referral_code: member.referral_code,
        ledger: loyalty::ledger(reader, id, 0, FIRST_ENTRIES)?
            .into_iter()
            .map(entry::shown)
            .collect(),
        ledger_total: loyalty::ledger_length(reader, id)?,
        expiring: by_expiry(
            loyalty::lots(reader, id)?
                .iter()
                .map(|lot| (lot.remaining, lot.expires_at)),
        ),
        waiting_points: loyalty::waiting_points(reader, id)?,
    }))
}

fn affordable(reader: &Reader<'_>, member: &loyalty::Member, now: i64) -> Result<Vec<Reward>, CacheError> {
    let rewards = reward::affordable(reader, member.available_points, member.tier, now)?;
    let shown = |reward: reward::Reward| Reward {
        id: reward.id,
        name: reward.name,
        points_cost: reward.offer.points_cost,
    };
    Ok(rewards.into_iter().map(shown).collect())
}
