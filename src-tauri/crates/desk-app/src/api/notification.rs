//! The notification centre: the record behind every toast.

use desk_core::{priority::Priority, toast::Class};
use serde::{Deserialize, Serialize};
use ts_rs::TS;
use uuid::Uuid;

/// The signed-in person's notifications.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Notifications {
    /// Newest first, at most 200.
    pub rows: Vec<NotificationRow>,
    /// How many are unread.
    pub unread: i64,
    /// What would have interrupted once too often and still waits, by class: it was not shown on the desktop.
    pub gathered: Vec<Gathered>,
    /// A class that the person keeps putting away unread: perhaps it need not appear.
    pub proposal: Option<MuteProposal>,
    /// Do not disturb.
    pub disturb: Disturb,
}

/// Put it away. Error: `notification_not_found`.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NotificationDismiss {
    /// Which.
    pub id: Uuid,
}

/// A class that is put away unread over and over. Never one that is critical.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct MuteProposal {
    /// Which.
    pub class: Class,
    /// How many in a row.
    pub count: u32,
}

/// Answer a proposal. Error: `locked`.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MuteAnswer {
    /// Which class.
    pub class: Class,
    /// It does not appear on the desktop any more; else it is kept.
    pub is_muted: bool,
}

/// How many of a class.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Gathered {
    /// Of which class.
    pub class: Class,
    /// How many.
    pub count: usize,
}

/// Whether a person asked not to be disturbed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Disturb {
    /// Only what is urgent is shown.
    pub is_on: bool,
    /// Until then; absent: until it is switched off.
    pub until: Option<i64>,
}

/// How long not to disturb.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum DisturbFor {
    /// 30 minutes.
    HalfHour,
    /// An hour.
    Hour,
    /// Until the clinic's day ends.
    Day,
    /// Until it is switched off.
    ByHand,
    /// Not any more.
    Off,
}

/// Ask not to be disturbed, or end it. Error: `locked`.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DisturbSet {
    /// How long.
    pub how_long: DisturbFor,
}

/// A dialog on a customer's money is open, or closed again: only what is urgent is shown meanwhile. Error: `locked`.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct WithCustomer {
    /// It is open.
    pub is_open: bool,
}

/// One notification.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct NotificationRow {
    /// The notification; where the clinic wrote none, the lead or follow-up itself, of which this PC told by itself.
    pub id: Uuid,
    /// For example `hot_lead`, `followup_due`, `task_assigned`.
    pub kind: String,
    /// First line.
    pub title: String,
    /// Second line.
    pub message: String,
    /// How urgent.
    pub priority: Priority,
    /// Where it leads: `/leads/<id>`, `/customers/<id>`, `/tasks/<id>`, `/today`.
    pub action_url: Option<String>,
    /// When.
    pub created_at: i64,
    /// Seen.
    pub is_read: bool,
}

/// Mark as read. Error: `notification_not_found`.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NotificationRead {
    /// Which.
    pub id: Uuid,
}
