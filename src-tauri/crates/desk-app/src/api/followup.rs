//! Follow-ups that a person must do: calls and in-person ones.

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use uuid::Uuid;

use super::task::{CustomerRef, Reason};

/// One follow-up, with why it is here.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct FollowupRow {
    /// The follow-up.
    pub id: Uuid,
    /// About whom.
    pub customer: CustomerRef,
    /// One of the eight kinds of rule.
    pub kind: String,
    /// The rule's name.
    pub rule: String,
    /// `call`, `in_app`, `line`, `sms`, `email`.
    pub channel: String,
    /// What to say or ask, in words.
    pub message: Option<String>,
    /// Planned for.
    pub scheduled_at: i64,
    /// `pending`, `sent`, `delivered`, `failed`, `cancelled`.
    pub status: String,
    /// Closed at.
    pub executed_at: Option<i64>,
    /// Due has passed: derived, never stored.
    pub is_due: bool,
    /// Why it is here.
    pub reasons: Vec<Reason>,
    /// A change made here still waits to be sent.
    pub is_waiting: bool,
}

/// Mark as done. Errors: `followup_not_found`, `followup_already_closed`, `text_too_long`.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FollowupDone {
    /// Which.
    pub id: Uuid,
    /// What came of it.
    pub note: Option<String>,
}

/// Cancel. Errors as for done.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FollowupCancel {
    /// Which.
    pub id: Uuid,
    /// Why.
    pub reason: Option<String>,
}
