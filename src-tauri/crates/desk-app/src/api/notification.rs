//! The notification centre: the record behind every toast.

use desk_core::priority::Priority;
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
