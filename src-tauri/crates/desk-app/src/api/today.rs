//! The first screen: what must be done now, each with why it is here.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::{followup::FollowupRow, lead::LeadRow, sync::AttentionRow, task::TaskRow};

/// What is due now.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Today {
    /// The clinic's day, `YYYY-MM-DD`.
    pub date: String,
    /// Now.
    pub now: i64,
    /// What the clinic refused and a person must look at.
    pub attention: Vec<AttentionRow>,
    /// Hot leads without an answer: those nobody has, longest waiting first, then those somebody has.
    pub leads: Vec<LeadRow>,
    /// Follow-ups due today or before, in order of time.
    pub followups: Vec<FollowupRow>,
    /// The signed-in person's open tasks, most urgent first.
    pub tasks: Vec<TaskRow>,
    /// Start of the next booking today, `HH:MM`.
    pub next_booking: Option<String>,
}
