//! Is a referral paid? One rule over everything that the clinic knows at one moment: facts in, what to do and why out. It pays for a new customer who was
//! sent, came, paid and kept what was paid for; it refuses what is one person twice or no new customer; it holds what is not ripe, and what only a person can
//! judge. Text in the facts comes from customers and is compared in folded forms, never trusted. The clinic's policy behind it is in the user guide.

mod address;
mod money;
mod pace;
mod same;
#[cfg(test)]
mod tests;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{day::Tz, loyalty::policy::Bonuses};

pub use address::is_same_address;

/// How long the first treatment has to be kept before it pays.
pub const KEPT_FOR: TimeDelta = TimeDelta::days(14);

/// One of the two people, as far as the clinic knows them. What it does not know is empty, and then proves nothing.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Person {
    /// Whoever keeps the facts calls them so.
    pub id: String,
    /// The whole name, in one text.
    pub name: String,
    /// The day of birth.
    pub birth: Option<NaiveDate>,
    /// As it was typed.
    pub phone: Option<String>,
    /// The LINE account.
    pub line_id: Option<String>,
    /// A one-way fingerprint of the identity card.
    pub id_hash: Option<String>,
    /// What the payment terminal calls their cards.
    pub cards: Vec<String>,
    /// As it was typed.
    pub address: Option<String>,
    /// From where they registered.
    pub device: Option<Device>,
}

/// From where somebody registered.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Device {
    /// Its name.
    pub id: String,
    /// It is the clinic's own, which everybody uses: then it proves nothing.
    #[serde(default)]
    pub is_clinics: bool,
}

/// That the friend was somebody's customer before.
#[derive(Clone, Debug, Deserialize)]
pub struct Known {
    /// The first visit; none for who was only written down.
    pub first_visit: Option<NaiveDate>,
    /// Known again by a name alone, which two people may share.
    #[serde(default)]
    pub by_name_only: bool,
}

/// A treatment with what was paid for it.
#[derive(Clone, Debug, Deserialize)]
pub struct Treatment {
    /// When it was paid.
    pub at: DateTime<Utc>,
    /// What it costs.
    pub price: i64,
    /// What of that was paid in money, in satang: no points, no vouchers.
    pub paid: i64,
    /// With which card.
    #[serde(default)]
    pub card: Option<String>,
}

/// Money given back.
#[derive(Clone, Debug, Deserialize)]
pub struct Refund {
    /// When.
    pub at: DateTime<Utc>,
    /// How much, in satang.
    pub satang: i64,
    /// For which treatment, by its place in the list.
    pub of: usize,
}

/// Another referral of the same referrer.
#[derive(Clone, Debug, Deserialize)]
pub struct Earlier {
    /// When it was recorded.
    pub made_at: DateTime<Utc>,
    /// From where that friend registered.
    #[serde(default)]
    pub device: Option<Device>,
    /// What that friend paid with.
    #[serde(default)]
    pub card: Option<String>,
    /// That friend's treatment was given back.
    #[serde(default)]
    pub is_refunded: bool,
}

/// Everything that is known of one referral at one moment.
#[derive(Clone, Debug, Deserialize)]
pub struct Facts {
    /// Who sent somebody.
    pub referrer: Person,
    /// Who was sent.
    pub friend: Person,
    /// When it was recorded.
    pub made_at: DateTime<Utc>,
    /// Who recorded it, where that may be one of the two.
    #[serde(default)]
    pub registered_by: Option<String>,
    /// The friend in the clinic's books before that.
    #[serde(default)]
    pub known: Option<Known>,
    /// When somebody else had referred the friend.
    #[serde(default)]
    pub other_referrer_at: Option<DateTime<Utc>>,
    /// Whom the friend has referred.
    #[serde(default)]
    pub friend_referred: Vec<String>,
    /// Through whom, from earlier referrals, the referrer came.
    #[serde(default)]
    pub chain: Vec<String>,
    /// What the friend paid for, in any order.
    #[serde(default)]
    pub treatments: Vec<Treatment>,
    /// What was given back.
    #[serde(default)]
    pub refunds: Vec<Refund>,
    /// The referrer's other referrals.
    #[serde(default)]
    pub earlier: Vec<Earlier>,
    /// What it brings the referrer, in points, as the clinic promised when it was recorded.
    #[serde(default = "usual_points")]
    pub points: i64,
}

fn usual_points() -> i64 {
    Bonuses::default().referral
}

/// What to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(rename = "ReferralDecision")]
pub enum Decision {
    /// The referrer gets the points.
    Pay,
    /// Not now: it is not ripe, or a person has to look.
    Hold,
    /// Never.
    Refuse,
}

/// Why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(rename = "ReferralReason")]
pub enum Reason {
    /// Both are one person: the same record, or the same name and day of birth.
    SamePerson,
    /// The same phone number.
    SamePhone,
    /// The same LINE account.
    SameLine,
    /// The same identity card.
    SameIdCard,
    /// Paid with the referrer's card.
    SameCard,
    /// The same home, device and day of birth.
    SameHomeAndDevice,
    /// The friend was a customer before.
    NotNew,
    /// Somebody else referred the friend first.
    AlreadyReferred,
    /// The two referred each other, perhaps through others.
    Circle,
    /// The friends of this referrer get their money back, this one too.
    RefundHabit,
    /// Nothing was paid in money yet.
    WaitsForPayment,
    /// The first treatment has not been kept long enough.
    WaitsForDays,
    /// What was paid was given back.
    NotKept,
    /// What was paid is worth less than the points.
    PaidTooLittle,
    /// The same address: a family, flatmates, or one person.
    SameAddress,
    /// The same name, and nothing else that tells the two apart.
    SameName,
    /// Both used one device that is not the clinic's.
    SameDevice,
    /// Several friends of this referrer came from one device.
    ManyFromOneDevice,
    /// Several friends of this referrer paid with one card.
    ManyWithOneCard,
    /// Several friends of this referrer had their money given back.
    OthersRefunded,
    /// Somebody with the same name was a customer before.
    PerhapsKnown,
    /// One of the two recorded it.
    RecordedByThemselves,
    /// What is on file about the two cannot be read.
    Unreadable,
    /// The second within a day.
    SecondInADay,
    /// More than ten in a month.
    ManyInAMonth,
}

impl Reason {
    /// What this reason alone leads to.
    pub fn decision(self) -> Decision {
        match self {
            Self::SamePerson
            | Self::SamePhone
            | Self::SameLine
            | Self::SameIdCard
            | Self::SameCard
            | Self::SameHomeAndDevice
            | Self::NotNew
            | Self::AlreadyReferred
            | Self::Circle
            | Self::RefundHabit => Decision::Refuse,
            Self::WaitsForPayment
            | Self::WaitsForDays
            | Self::NotKept
            | Self::PaidTooLittle
            | Self::SameAddress
            | Self::SameName
            | Self::SameDevice
            | Self::ManyFromOneDevice
            | Self::ManyWithOneCard
            | Self::OthersRefunded
            | Self::PerhapsKnown
            | Self::RecordedByThemselves
            | Self::Unreadable
            | Self::SecondInADay
            | Self::ManyInAMonth => Decision::Hold,
        }
    }

    /// Time or a payment may do away with it; a person need not look.
    pub fn is_waiting(self) -> bool {
        matches!(
            self,
            Self::WaitsForPayment | Self::WaitsForDays | Self::NotKept | Self::PaidTooLittle
        )
    }
}

/// What to do, and why: every reason that was found, those that weigh most first. None: it is paid.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Verdict {
    /// What to do.
    pub decision: Decision,
    /// Why.
    pub reasons: Vec<Reason>,
}

impl Verdict {
    /// A person has to look: nothing but their word lets it go on.
    pub fn needs_a_person(&self) -> bool {
        self.decision == Decision::Hold && !self.reasons.iter().any(|reason| reason.is_waiting())
    }
}

/// What becomes of one whose facts cannot be read: whatever stands on file, a person looks.
pub fn unreadable() -> Verdict {
    Verdict {
        decision: Decision::Hold,
        reasons: vec![Reason::Unreadable],
    }
}

/// What becomes of a referral at `now`; months are those of `zone`.
///
/// Pays after the first treatment that was paid in money and kept for 14 days; not if phone, LINE account, identity card, payment card or home match; one referrer
/// a person for ever; one a referrer in 24 hours and ten in a month, more than that a person looks at.
pub fn decide(facts: &Facts, now: DateTime<Utc>, zone: Tz) -> Verdict {
    let mut reasons = same::reasons(facts);
    reasons.extend(newness(facts, zone));
    reasons.extend(money::reasons(facts, now));
    reasons.extend(pace::reasons(facts, zone));
    reasons.sort_unstable();
    reasons.dedup();
    let worst = [Decision::Refuse, Decision::Hold]
        .into_iter()
        .find(|worst| reasons.iter().any(|reason| reason.decision() == *worst));
    Verdict {
        decision: worst.unwrap_or(Decision::Pay),
        reasons,
    }
}

/// Whether the friend is a new customer, whom nobody else sent and who sent nobody in a circle.
fn newness(facts: &Facts, zone: Tz) -> Vec<Reason> {
    let mut found = Vec::new();
    let known = facts.known.as_ref();
    let day = crate::day::date(facts.made_at, zone);
    if let Some(known) = known.filter(|known| known.first_visit.is_some_and(|first| first < day)) {
        let reason = if known.by_name_only {
            Reason::PerhapsKnown
        } else {
            Reason::NotNew
        };
        found.push(reason);
    }
    if facts
        .treatments
        .iter()
        .any(|paid| crate::day::date(paid.at, zone) < day)
    {
        found.push(Reason::NotNew);
    }
    if facts.other_referrer_at.is_some_and(|at| at <= facts.made_at) {
        found.push(Reason::AlreadyReferred);
    }
    let leads_back = |id: &String| *id == facts.referrer.id || facts.chain.contains(id);
    if facts.friend_referred.iter().any(leads_back) || facts.chain.contains(&facts.friend.id) {
        found.push(Reason::Circle);
    }
    let by = facts.registered_by.as_ref();
    if by.is_some_and(|by| *by == facts.referrer.id || *by == facts.friend.id) {
        found.push(Reason::RecordedByThemselves);
    }
    found
}
