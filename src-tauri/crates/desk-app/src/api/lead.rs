//! Leads: people who asked, who has them, and how long they have waited.

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use uuid::Uuid;

use super::task::{Reason, SnoozeUntil, StaffRef};

/// Every lead that is not over.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Leads {
    /// Now.
    pub now: i64,
    /// Hot, without an owner and an answer; longest waiting first.
    pub hot: Vec<LeadRow>,
    /// The others without an owner.
    pub open: Vec<LeadRow>,
    /// Somebody has them; the signed-in person's first.
    pub claimed: Vec<LeadRow>,
    /// How many have no owner; more than the rows when there are very many.
    pub unclaimed: i64,
}

/// One lead, with why it is hot.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct LeadRow {
    /// The lead.
    pub id: Uuid,
    /// The customer card, where there is one already.
    pub customer_id: Option<Uuid>,
    /// Name as given.
    pub name: String,
    /// Phone as people read it.
    pub phone: Option<String>,
    /// E-mail.
    pub email: Option<String>,
    /// Where it came from.
    pub source: Option<String>,
    /// What they wrote.
    pub message: Option<String>,
    /// It wants an answer at once.
    pub is_hot: bool,
    /// The score, where there is one.
    pub score: Option<LeadScore>,
    /// `open`, `claimed`, `closed`.
    pub status: String,
    /// Who has taken it.
    pub claimed_by: Option<StaffRef>,
    /// When.
    pub claimed_at: Option<i64>,
    /// When it came.
    pub created_at: i64,
    /// How long it has waited for its first answer, in opening time.
    pub clock: LeadClock,
    /// What happens when nobody takes it.
    pub escalation: Escalation,
    /// The first answer of a person.
    pub answered_at: Option<i64>,
    /// Whose answer that was.
    pub answered_by: Option<StaffRef>,
    /// What came of the latest contact.
    pub outcome: Option<String>,
    /// When whoever has it wants to ask again.
    pub next_at: Option<i64>,
    /// Notes, oldest first.
    pub notes: Option<String>,
    /// The signed-in person is not reminded of it on this PC until then.
    pub snoozed_until: Option<i64>,
    /// Why it is hot.
    pub reasons: Vec<Reason>,
    /// A change made here still waits to be sent.
    pub is_waiting: bool,
}

/// A score and what it is made of. It is an estimate by rules until the clinic's own outcomes teach a better one.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct LeadScore {
    /// 0 to 100.
    pub score: i64,
    /// It may lie as low as this.
    pub low: i64,
    /// Or as high as this.
    pub high: i64,
    /// The clinic's threshold for a hot lead.
    pub threshold: i64,
    /// At most six facts, the heaviest first; what nobody knows comes last.
    pub factors: Vec<LeadFactor>,
    /// Of all leads whose end is known.
    pub all: Odds,
}

/// One fact of a score.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct LeadFactor {
    /// `web_score`, `asked_today`, `asked_price`, `replied`, `known_customer`, `source`, `budget`.
    pub factor: String,
    /// What is known; absent when nobody knows: that makes the range wide and the score no lower.
    pub value: Option<String>,
    /// What it adds to the log-odds.
    pub weight: f64,
    /// What has become of earlier leads with the same fact; absent when there were none.
    pub odds: Option<Odds>,
}

/// So many of so many bought.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Odds {
    /// How many bought.
    pub bought: i64,
    /// Of how many.
    pub of: i64,
}

/// Opening time that has passed until an instant, so that the window can go on counting. All in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct LeadClock {
    /// How much.
    pub waited: i64,
    /// Until this instant.
    pub at: i64,
    /// It runs: nobody has answered and the clinic is open.
    pub is_running: bool,
    /// When it stops or goes on, because the clinic closes or opens; absent once it was answered.
    pub turns_at: Option<i64>,
}

/// What happens to a lead that nobody takes. Times are opening time in milliseconds on its clock.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Escalation {
    /// After so much of it the next person is told.
    pub pass_after: i64,
    /// After so much of it the managers are.
    pub raise_after: i64,
    /// Who that person was.
    pub passed_to: Option<StaffRef>,
    /// When they were told.
    pub passed_at: Option<i64>,
    /// Who will be told, or was, in the end: a manager.
    pub manager: Option<StaffRef>,
    /// When the managers were told.
    pub raised_at: Option<i64>,
}

/// Open a lead. Error: `lead_not_found`.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LeadOpen {
    /// Which.
    pub id: Uuid,
}

/// Take a lead. Errors: `lead_not_found`, `lead_taken` (fields: `by`, `at`), `lead_closed`, `role_not_allowed`.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LeadClaim {
    /// Which.
    pub id: Uuid,
}

/// Give a lead back: to everyone who was told of it. Errors: those of taking one.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LeadRelease {
    /// Which.
    pub id: Uuid,
}

/// Say what came of a call or a message; the first such answer stops the lead's clock. Errors: `lead_not_found`, `role_not_allowed`,
/// `value_not_allowed`, `date_out_of_range`, `text_too_long`.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LeadAnswer {
    /// Which.
    pub id: Uuid,
    /// One of `desk_core::lead::OUTCOMES`.
    pub outcome: String,
    /// What was said.
    pub note: Option<String>,
    /// When to ask again.
    pub next_at: Option<i64>,
}

/// Do not remind the signed-in person of a lead on this PC for a while. Error: `lead_not_found`.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LeadSnooze {
    /// Which.
    pub id: Uuid,
    /// Until when.
    pub until: SnoozeUntil,
}
