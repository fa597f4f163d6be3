//! A made-up clinic to try everything on: the same for the same seed, size and moment. Rows come one by one in the shape of
//! [`crate::synced`], so that a hundred thousand customers need no memory. Nobody in it exists. It knows no clock: now is given.

mod care;
mod clinic;
mod coupons;
mod friends;
mod leads;
mod names;
mod people;
mod points;
mod random;
mod rules;
mod visits;
mod ways;

use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};
use uuid::Uuid;

use crate::synced::Value;
use random::Random;

/// A made-up clinic.
#[derive(Clone, Copy, Debug)]
pub struct Demo {
    seed: u64,
    size: usize,
    today: NaiveDate,
    /// Microseconds since 1970.
    now: i64,
}

/// Whom history names where nobody pressed a key, in every clinic; the database says the same (`desk.automation`).
pub const AUTOMATION: Uuid = Uuid::from_u128(0x0a07_0000_0000_4000_8000_0000_0000_0000);

/// Bangkok is ahead of UTC by so many hours, without summer time.
const AHEAD: i64 = 7;

/// The rows of one noun, in column order.
pub type Rows<'a> = Box<dyn Iterator<Item = Vec<Value>> + 'a>;

impl Demo {
    /// A clinic with this many customers, as it stands at ten in the morning of a day. The first seven are the people of the acceptance
    /// stories (พลอยไพลิน ศรีสุข and others).
    pub fn new(seed: u64, size: usize, today: NaiveDate) -> Self {
        let now = micros(today, 600);
        Self { seed, size, today, now }
    }

    /// As it stands at this moment: what is new in it came some minutes or hours ago.
    pub fn at(seed: u64, size: usize, now: DateTime<Utc>) -> Self {
        let today = (now + TimeDelta::hours(AHEAD)).date_naive();
        let now = now.timestamp_micros();
        Self { seed, size, today, now }
    }

    /// The day around which everything happens.
    pub fn today(&self) -> NaiveDate {
        self.today
    }

    /// The rows of a noun of [`crate::synced::SYNCED`]; none for an unknown name.
    pub fn rows(&self, noun: &str) -> Rows<'_> {
        match noun {
            "clinic" => Box::new(std::iter::once(self.clinic())),
            "closed_day" => Box::new(self.closed_days()),
            "staff" => Box::new(self.staff()),
            "customer" => Box::new(self.customers()),
            "preference" => Box::new(self.preferences()),
            "journey" => Box::new(self.journeys()),
            "journey_action" => Box::new(self.journey_actions()),
            "task" => Box::new(self.tasks()),
            "followup_rule" => Box::new(self.followup_rules()),
            "automation_rule" => Box::new(self.automation_rules()),
            "followup" => Box::new(self.followups()),
            "loyalty_profile" => Box::new(self.loyalty_profiles()),
            "point_entry" => Box::new(self.point_entries()),
            "lot" => Box::new(self.lots()),
            "payment" => Box::new(self.payments()),
            "coupon" => Box::new(self.coupons()),
            "loyalty_policy" => Box::new(std::iter::once(self.policy())),
            "reward" => Box::new(self.rewards()),
            "notification" => Box::new(self.notifications()),
            "appointment" => Box::new(self.appointments()),
            "lead" => Box::new(self.leads()),
            "visit" => Box::new(self.visits()),
            "contact" => Box::new(self.contacts()),
            "referral" => Box::new(self.referrals()),
            "achievement" => Box::new(self.achievements()),
            "achieved" => Box::new(self.achieved()),
            "approval" => Box::new(std::iter::once(self.approval())),
            _ => Box::new(std::iter::empty()),
        }
    }

    /// The clinic's id.
    pub fn clinic_id(&self) -> Uuid {
        self.id("clinic", 0)
    }

    /// The id of the person with this nickname on the staff: `นก` and `บีม` at the front desk, `เมย์` in sales, `ดาว` the manager,
    /// `หมอพิม` the owner, `ฟาง` the beautician.
    pub fn staff_id(&self, nickname: &str) -> Option<Uuid> {
        clinic::STAFF
            .iter()
            .position(|person| person.nickname == nickname)
            .map(|index| self.id("staff", index))
    }

    /// A source of chance of its own for the nth thing of a kind, so that rows do not depend on each other's order.
    fn random(&self, kind: &str, number: usize) -> Random {
        Random::new(self.seed, kind, number)
    }

    /// The id of the nth thing of a kind: custom (version 8) UUIDs, the same for the same seed.
    fn id(&self, kind: &str, number: usize) -> Uuid {
        let mut random = self.random(kind, number);
        let bits = (u128::from(random.next()) << 64) | u128::from(random.next());
        uuid::Builder::from_custom_bytes(bits.to_be_bytes()).into_uuid()
    }

    fn day(&self, ahead: i64) -> NaiveDate {
        shifted(self.today, ahead)
    }

    /// An instant that has been: of a day in Bangkok, but not later than now.
    fn past(&self, day: NaiveDate, minute_of_day: i64) -> Value {
        Value::Int(micros(day, minute_of_day).min(self.now))
    }

    /// So many minutes ago.
    fn ago(&self, minutes: i64) -> Value {
        Value::Int(self.now - minutes * 60_000_000)
    }
}

/// A day some days later or, with a negative number, earlier.
fn shifted(day: NaiveDate, by: i64) -> NaiveDate {
    let days = Days::new(by.unsigned_abs());
    let moved = if by < 0 {
        day.checked_sub_days(days)
    } else {
        day.checked_add_days(days)
    };
    moved.unwrap_or(day)
}

/// An instant of a day in Bangkok.
fn instant(day: NaiveDate, minute_of_day: i64) -> Value {
    Value::Int(micros(day, minute_of_day))
}

fn micros(day: NaiveDate, minute_of_day: i64) -> i64 {
    let midnight = day.and_time(chrono::NaiveTime::MIN).and_utc().timestamp();
    (midnight - AHEAD * 3600 + minute_of_day * 60) * 1_000_000
}

fn text(text: impl Into<String>) -> Value {
    let text = text.into();
    Value::text((!text.is_empty()).then_some(text))
}

fn date(day: Option<NaiveDate>) -> Value {
    Value::text(day.map(|day| day.to_string()))
}

fn flag(yes: bool) -> Value {
    Value::Int(i64::from(yes))
}

#[cfg(test)]
mod tests;
