//! The tier that the database holds (rule L9), as the migration `hold_tiers` says it: reached at once, by an entry that is known, and until a day; lost a
//! step at a time on that day, or at once where the very entry that reached it is taken back. What was held before an entry reached more is kept behind it.

use chrono::{Datelike as _, Months, NaiveDate};
use desk_core::{
    loyalty::{Tier, policy::Policy, standing::Standing},
    synced::Value,
};
use uuid::Uuid;

use super::{
    decide::local,
    row::{Row, id, text},
    server::Tx,
};

/// What somebody holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Held {
    tier: Tier,
    since: Option<NaiveDate>,
    until: Option<NaiveDate>,
    by: Option<Uuid>,
}

const NOTHING: Held = Held {
    tier: Tier::Bronze,
    since: None,
    until: None,
    by: None,
};

impl Held {
    fn of(profile: &Row) -> Self {
        let day = |column: &str| profile.text(column).and_then(|day| day.parse().ok());
        Self {
            tier: Tier::from_word(profile.text("tier").unwrap_or_default()),
            since: day("tier_since"),
            until: day("tier_until"),
            by: profile.id("tier_by"),
        }
    }

    fn write(self, profile: &mut Row) {
        let day = |day: Option<NaiveDate>| Value::text(day.map(|day| day.to_string()));
        profile.set("tier", text(self.tier.word()));
        profile.set("tier_since", day(self.since));
        profile.set("tier_until", day(self.until));
        profile.set("tier_by", id(self.by));
    }

    fn standing(self) -> Standing {
        Standing {
            tier: self.tier,
            reached_by: self.by,
        }
    }

    /// Anniversaries that are over: kept, or one step lower.
    fn settled(mut self, lifetime: i64, today: NaiveDate) -> Self {
        while let Some(until) = self.until.filter(|until| *until <= today) {
            let tier = self.standing().after_anniversary(&Policy::default(), lifetime);
            if tier != self.tier {
                (self.tier, self.since, self.by) = (tier, Some(until), None);
            }
            self.until = self
                .since
                .filter(|_| tier != Tier::Bronze)
                .and_then(|since| anniversary(since, until));
        }
        self
    }

    /// Without the entry that reached it: what is reached all the same, and not less than what was held before.
    fn without_reason(self, was: Option<Self>, reached: Tier) -> Self {
        let before = was.unwrap_or(Self {
            tier: Tier::Bronze,
            ..self
        });
        let left = if before.tier >= reached {
            before
        } else {
            Self { tier: reached, ..self }
        };
        if left.tier == Tier::Bronze { NOTHING } else { left }
    }
}

/// The next anniversary after a day; of a 29th of February it is the 28th in other years.
fn anniversary(since: NaiveDate, day: NaiveDate) -> Option<NaiveDate> {
    let least = u32::try_from(day.year() - since.year()).unwrap_or(0).max(1);
    let of = |years: u32| since.checked_add_months(Months::new(12 * years));
    (least..=least + 1).filter_map(of).find(|found| *found > day)
}

impl Tx {
    /// Anniversaries of a customer's tier that are over.
    pub(super) fn settle_tier(&mut self, customer: Uuid) {
        if let Some(mut profile) = self.membership(customer) {
            let lifetime = profile.int("total_points").unwrap_or(0);
            Held::of(&profile)
                .settled(lifetime, local(self.now).date_naive())
                .write(&mut profile);
            self.put_profile(profile);
        }
    }

    /// What a membership holds after an entry that counts so much for the tier. `invoice`: the entry, or the one that it takes back.
    pub(super) fn judge_tier(&mut self, profile: &mut Row, invoice: Uuid, counts: i64) {
        let before = profile.int("total_points").unwrap_or(0);
        let today = local(self.now).date_naive();
        let held = Held::of(profile).settled(before, today);
        let (lifetime, promised) = (before + counts, Policy::default());
        let reached = promised.reached(lifetime.max(0));
        let is_taken_back = counts < 0 && held.by == Some(invoice);
        let now = if reached > held.tier {
            self.behind.entry(invoice).or_default().held_before = Some(held);
            Held {
                tier: reached,
                since: Some(today),
                until: anniversary(today, today),
                by: Some(invoice),
            }
        } else if is_taken_back && reached < held.tier {
            let was = self.behind.get(&invoice).and_then(|behind| behind.held_before);
            held.without_reason(was, reached).settled(lifetime, today)
        } else {
            held
        };
        now.write(profile);
    }
}
