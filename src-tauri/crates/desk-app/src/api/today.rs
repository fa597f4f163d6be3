//! The first screen: what must be done now, each with why it is here.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use uuid::Uuid;

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
    /// Hot leads that nobody has, longest waiting first; those of the signed-in person whose next step has come; hot ones that somebody has and has not answered.
    pub leads: Vec<LeadRow>,
    /// Follow-ups due today or before, in order of time.
    pub followups: Vec<FollowupRow>,
    /// The signed-in person's open tasks, most urgent first.
    pub task_ids: Vec<Uuid>,
    /// The first 30 of them; for others ask `task_rows`.
    pub tasks: Vec<TaskRow>,
    /// Start of the next booking today, `HH:MM`.
    pub next_booking: Option<String>,
}

/// What waits on every screen.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct OpenCounts {
    /// The signed-in person's tasks that are awake.
    pub tasks: i64,
    /// Hot leads that nobody has.
    pub leads: i64,
}
