//! Calls: what may come of one and what that decides, logging one, finding who calls; and times as people type them.

use desk_core::call::Outcome;
use serde::{Deserialize, Serialize};
use ts_rs::TS;
use uuid::Uuid;

use super::task::CustomerRef;

/// What may come of a call with this customer now, and what each would decide.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CallWith {
    /// With whom; none for a lead that is no customer yet.
    pub customer_id: Option<Uuid>,
}

/// What may come of a call.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct CallChoices {
    /// By the digit that says it.
    pub rows: Vec<CallChoice>,
    /// The number as people read it.
    pub phone: Option<String>,
    /// Asked not to be contacted.
    pub do_not_contact: bool,
    /// Something on this PC can dial the number.
    pub can_dial: bool,
    /// Calls in a row that were not answered.
    pub unanswered: u32,
}

/// Dial a customer's number with what this PC has for it. Errors: `customer_not_found`, `phone_invalid`, `not_to_be_called`, `dial_failed`.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CallDial {
    /// Whom.
    pub customer_id: Uuid,
}

/// One thing that may come of a call.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct CallChoice {
    /// What.
    pub outcome: Outcome,
    /// The digit that says it.
    pub key: u8,
    /// The kind of task that follows, if a time is said.
    pub next_kind: Option<String>,
    /// When it is due unless somebody says another time.
    pub next_at: Option<i64>,
    /// Whether the task that the call was about sleeps until then, instead of a new one being made.
    pub is_retry: bool,
}

/// Log a call. Errors: `customer_not_found`, `lead_not_found`, `task_not_found`, `text_too_long`, `date_out_of_range`.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ContactLog {
    /// With whom.
    pub customer_id: Option<Uuid>,
    /// Or with which lead.
    pub lead_id: Option<Uuid>,
    /// The task it was made for.
    pub task_id: Option<Uuid>,
    /// They called us.
    pub is_incoming: bool,
    /// What came of it.
    pub outcome: Outcome,
    /// A note.
    pub note: Option<String>,
    /// When the next step is due; none: there is none.
    pub next_at: Option<i64>,
}

/// A call that was made.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ContactRow {
    /// The call.
    pub id: Uuid,
    /// They called us.
    pub is_incoming: bool,
    /// What came of it; a word that this program does not know says nothing.
    pub outcome: Option<Outcome>,
    /// The note.
    pub note: Option<String>,
    /// When.
    pub at: i64,
    /// Who called or answered.
    pub by: Option<String>,
    /// When the next step is due.
    pub next_at: Option<i64>,
    /// It still waits to be sent.
    pub is_waiting: bool,
}

/// Who has this number? Errors: `phone_invalid`.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CallerFind {
    /// The number in any form.
    pub number: String,
}

/// Who has a number.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Callers {
    /// Customers with exactly this number; none when nobody has it.
    pub rows: Vec<CustomerRef>,
    /// The number as people read it.
    pub number: String,
}

/// Read a time that was typed. Error: `date_out_of_range`.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MomentRead {
    /// As typed.
    pub text: String,
    /// What is asked for.
    pub wants: Wanted,
}

/// What a typed time is read as.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Wanted {
    /// A time that still lies ahead.
    Ahead,
    /// A day, whether its hours lie ahead or not.
    Day,
    /// An hour of a day.
    Hour {
        /// The day, `YYYY-MM-DD`.
        day: String,
    },
}

/// What a typed time means.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Understood {
    /// One thing.
    Certain {
        /// What.
        time: TypedTime,
    },
    /// One of several, or nothing exact: the person says which.
    Ask {
        /// What it may mean, possibly nothing.
        times: Vec<TypedTime>,
    },
    /// Nothing that there is.
    Refused {
        /// `not_understood`, `no_such_day`, `no_such_time`, `other_weekday`, `backwards`, `past`.
        why: String,
    },
}

/// A time that a thing may be put off to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct TypedTime {
    /// The instant.
    pub at: i64,
    /// The hour was not said: it is when the clinic opens.
    pub is_day_only: bool,
}
