//! How this PC and the clinic agree, in words a person can act on.

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use uuid::Uuid;

/// The state of the connection and of what waits.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct SyncState {
    /// Connected or not.
    pub mode: SyncMode,
    /// Since when it is so.
    pub since: Option<i64>,
    /// When this PC last held what the clinic held.
    pub last_synced_at: Option<i64>,
    /// How news arrive while online.
    pub wake: Wake,
    /// Since when something that is due at the clinic (a rule, an escalation) waits because nothing fires it; none while it is on time or unknown.
    pub timers_late_since: Option<i64>,
    /// By how many whole minutes this PC's clock is ahead of the clinic's, or behind it if negative; none while they agree within two minutes, or unknown.
    pub clock_ahead: Option<i64>,
    /// Actions saved here that the clinic has not confirmed, oldest first.
    pub waiting: Vec<WaitingRow>,
    /// What the clinic refused.
    pub attention: Vec<AttentionRow>,
    /// The database's address, without credentials.
    pub server: Option<String>,
    /// An error code, when the connection fails for a reason a person can mend.
    pub problem: Option<String>,
}

/// Connected or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum SyncMode {
    /// The demo clinic: there is no server.
    Demo,
    /// Connected.
    Online,
    /// Not connected; work goes on.
    Offline,
    /// Everything is being loaded anew beside what is here, because the database was restored or has forgotten; work goes on.
    Reloading,
    /// The clinic has ended this PC's access.
    Revoked,
}

/// How news arrive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Wake {
    /// The database calls.
    Live,
    /// The desk asks every few seconds.
    Polling,
    /// Neither, while offline.
    None,
}

/// One action that waits.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct WaitingRow {
    /// The action.
    pub id: Uuid,
    /// For example `task.complete`.
    pub name: String,
    /// About whom or what, in the clinic's words.
    pub subject: Option<String>,
    /// Done at.
    pub at: i64,
    /// Done by.
    pub by: Option<String>,
    /// The login of who did it has ended at this PC: it leaves when they are connected here anew.
    pub needs_code: bool,
}

/// One refused action, with what was typed.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct AttentionRow {
    /// The action.
    pub id: Uuid,
    /// For example `customer.edit`.
    pub name: String,
    /// Why, as a code the window has words for.
    pub code: String,
    /// About whom or what.
    pub subject: Option<String>,
    /// The customer card to open, where there is one.
    pub customer_id: Option<Uuid>,
    /// Done at.
    pub at: i64,
    /// Done by.
    pub by: Option<String>,
    /// Both sides, where two people changed the same thing.
    pub sides: Vec<Side>,
    /// What was typed, field by field, so that nothing is lost.
    pub input: Vec<InputField>,
    /// It can be sent again as it is, or with "mine".
    pub can_retry: bool,
}

/// One field with both versions.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Side {
    /// The field.
    pub field: String,
    /// What was typed here.
    pub yours: Option<String>,
    /// What the clinic has.
    pub theirs: Option<String>,
    /// Who changed it there.
    pub by: Option<String>,
    /// When, where the clinic says so.
    pub at: Option<i64>,
}

/// One typed field.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct InputField {
    /// The field.
    pub field: String,
    /// The text.
    pub value: String,
}

/// Settle a refused action. Error: `attention_not_found`.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AttentionSettle {
    /// Which.
    pub id: Uuid,
    /// How.
    pub how: Settle,
}

/// How to settle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Settle {
    /// Keep what the clinic has; the item moves to the archive.
    Theirs,
    /// Send mine again over what the clinic has now.
    Mine,
}
