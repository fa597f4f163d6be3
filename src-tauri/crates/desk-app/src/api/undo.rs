//! Taking back what the signed-in person did here.

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use uuid::Uuid;

use crate::error::Code;

/// Take an action back. Error: `nothing_to_undo`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Undo {
    /// Which (`undo` of what was saved); none means the newest that can be taken back.
    pub of: Option<Uuid>,
}

/// Something that was done.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct UndoStep {
    /// The action.
    pub id: Uuid,
    /// For example `task.complete`.
    pub name: String,
    /// About whom or what, in the clinic's words.
    pub subject: Option<String>,
    /// Done at.
    pub at: i64,
}

/// What Ctrl Z would take back now.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct UndoNext {
    /// None when there is nothing.
    pub step: Option<UndoStep>,
}

/// What became of it.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Undone {
    /// What had been done.
    pub step: UndoStep,
    /// A reversal waits in the outbox. Not so for what had never left this PC.
    pub waiting: bool,
    /// What somebody had decided after it, as far as this PC knows, stands.
    pub leaves_standing: bool,
    /// It could not be taken back, and why; it is not offered again.
    pub refused: Option<Code>,
}
