//! The customer's own screen: what it shows, and what the customer says there. It knows no more of a customer than it shows.

use desk_core::{loyalty::Tier, payment::Method};
use serde::{Deserialize, Serialize};
use ts_rs::TS;
use uuid::Uuid;

use super::{
    customer::Expiring,
    payment::QrPicture,
    session::{ClinicDay, ClinicName},
    settings::Language,
};

/// Turn the customer's screen to the customer whose card is open, or blank it. A question that waits there is dropped.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DisplayTurn {
    /// Whose; none: nobody's.
    pub customer_id: Option<Uuid>,
}

/// Ask the customer whether so many points are to be spent. Errors: `display_closed`, `points_short` (fields: `missing`, `available`).
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DisplayAsk {
    /// The redemption that would be made, by its entry.
    pub entry_id: Uuid,
    /// How many.
    pub points: i64,
    /// For which reward.
    pub reward_id: Option<Uuid>,
}

/// Show the customer what is to be paid, or nothing any more. Errors: `display_closed`, `amount_out_of_range`.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DisplayCharge {
    /// What; none: it was paid, or is not going to be.
    pub bill: Option<DisplayBill>,
}

/// What is to be paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DisplayBill {
    /// Money.
    pub satang: i64,
    /// How.
    pub method: Method,
}

/// How the customer's screen stands, for the counter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct DisplayStanding {
    /// The window is there.
    pub is_open: bool,
    /// The redemption that the customer is asked about.
    pub question: Option<Uuid>,
    /// What the customer has said; none while they think.
    pub answer: Option<bool>,
}

/// What the customer sees.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct DisplayShown {
    /// The clinic.
    pub clinic: Option<ClinicName>,
    /// By whose clock.
    pub day: ClinicDay,
    /// The counter's language; the customer may choose another.
    pub language: Language,
    /// Whose points; none while nobody's card is open.
    pub guest: Option<DisplayGuest>,
    /// What is asked.
    pub question: Option<DisplayQuestion>,
    /// What is to be paid.
    pub due: Option<DisplayDue>,
}

/// A payment that is about to be made.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct DisplayDue {
    /// The sum, and how.
    pub bill: DisplayBill,
    /// The code that asks for it, as at the counter.
    pub qr: Option<QrPicture>,
}

/// A customer, as far as their own screen says.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct DisplayGuest {
    /// What they are called.
    pub name: String,
    /// Their tier.
    pub tier: Tier,
    /// Points that they can use.
    pub available: i64,
    /// What ends next, by day.
    pub ends: Vec<Expiring>,
}

/// A redemption that waits for the customer's word.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct DisplayQuestion {
    /// Which one.
    pub id: Uuid,
    /// How many points.
    pub points: i64,
    /// What would be left.
    pub available_after: i64,
    /// Which points it takes, by the day on which they end.
    pub takes: Vec<Expiring>,
    /// For what.
    pub reward: Option<String>,
    /// Without a reward: what the points take off a bill, in satang; 0: nothing.
    pub worth: i64,
    /// What was said.
    pub answer: Option<bool>,
}

/// The customer's word. An answer to a question that is not asked any more changes nothing.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DisplayAnswer {
    /// To which question.
    pub question: Uuid,
    /// Yes.
    pub yes: bool,
}
