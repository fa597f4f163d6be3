//! The notification centre.

use std::sync::Arc;

use desk_cache::query::notification::{self, Notification};
use desk_core::priority::Priority;
use serde_json::json;
use uuid::Uuid;

use crate::{
    api::{
        Nothing, Saved,
        notification::{NotificationRead, NotificationRow, Notifications},
    },
    desk::Desk,
    error::AppError,
    row,
};

impl Desk {
    /// The signed-in person's notifications.
    ///
    /// # Errors
    /// `locked`.
    pub async fn notification_list(self: &Arc<Self>, _: Nothing) -> Result<Notifications, AppError> {
        let (me, now) = (self.me()?, self.micros());
        self.read(move |reader| {
            Ok(Notifications {
                rows: notification::of_person(reader, me, now)?
                    .into_iter()
                    .map(shown)
                    .collect(),
                unread: notification::unread(reader, me, now)?,
            })
        })
        .await
    }

    /// Marks a notification as read.
    ///
    /// # Errors
    /// `notification_not_found`.
    pub async fn notification_read(self: &Arc<Self>, request: NotificationRead) -> Result<Saved, AppError> {
        let args = json!({ "id": request.id });
        self.act(Uuid::now_v7(), "notification.read", args, request.id).await
    }

    /// Marks all of the signed-in person's notifications as read.
    ///
    /// # Errors
    /// `locked`.
    pub async fn notification_read_all(self: &Arc<Self>, _: Nothing) -> Result<Nothing, AppError> {
        let all = self.notification_list(Nothing {}).await?;
        for row in all.rows.into_iter().filter(|row| !row.is_read) {
            self.notification_read(NotificationRead { id: row.id }).await?;
        }
        Ok(Nothing {})
    }
}

fn shown(notification: Notification) -> NotificationRow {
    NotificationRow {
        id: notification.id,
        kind: notification.kind,
        title: notification.title,
        message: notification.message,
        priority: Priority::from_word(&notification.priority),
        action_url: notification.action_url,
        created_at: row::millis(notification.created_at),
        is_read: notification.is_read,
    }
}
