//! The notification centre.

use std::sync::Arc;

use desk_cache::{
    alert,
    query::notification::{self, Notification},
};
use desk_core::priority::Priority;
use serde_json::json;
use uuid::Uuid;

use crate::{
    api::{
        Nothing, Saved,
        notification::{NotificationDismiss, NotificationRead, NotificationRow, Notifications},
    },
    desk::Desk,
    dismissals,
    error::{AppError, Code},
    row, told,
    words::Words,
};

/// Rows of the list.
const MOST: usize = 200;

impl Desk {
    /// The signed-in person's notifications: the clinic's, and what this PC told them of itself.
    ///
    /// # Errors
    /// `locked`.
    pub async fn notification_list(self: &Arc<Self>, _: Nothing) -> Result<Notifications, AppError> {
        let (me, now) = (self.me()?, self.micros());
        let settings = self.settings_of(me).await?;
        let words = Words(settings.language);
        let disturb = self.disturb_of(me).await?;
        self.read(move |reader| {
            let told = told::rows(reader, me, &words, now)?;
            let unread = told.iter().filter(|row| !row.is_read).count();
            let mut rows: Vec<_> = notification::of_person(reader, me, now)?
                .into_iter()
                .map(|one| shown(one, &words))
                .chain(told)
                .collect();
            rows.sort_by_key(|row| std::cmp::Reverse(row.created_at));
            rows.truncate(MOST);
            Ok(Notifications {
                rows,
                unread: notification::unread(reader, me, now)? + i64::try_from(unread).unwrap_or(i64::MAX),
                gathered: told::gathered(reader, me, &words, now)?,
                proposal: dismissals::proposal(reader, me, &settings)?,
                disturb,
            })
        })
        .await
    }

    /// Marks a notification as read: in the clinic, or where only this PC has it, here.
    ///
    /// # Errors
    /// `notification_not_found`.
    pub async fn notification_read(self: &Arc<Self>, request: NotificationRead) -> Result<Saved, AppError> {
        if let Some(row) = self.in_centre(request.id).await? {
            self.note_used(&row).await?;
        }
        self.mark_read(request).await
    }

    async fn in_centre(self: &Arc<Self>, id: Uuid) -> Result<Option<NotificationRow>, AppError> {
        let all = self.notification_list(Nothing {}).await?;
        Ok(all.rows.into_iter().find(|row| row.id == id))
    }

    async fn mark_read(self: &Arc<Self>, request: NotificationRead) -> Result<Saved, AppError> {
        let (id, args) = (request.id, json!({ "id": request.id }));
        match self.act(Uuid::now_v7(), "notification.read", args, id).await {
            Err(error) if error.code == Code::NotificationNotFound => self.read_told(id).await,
            done => done,
        }
    }

    async fn read_told(&self, id: Uuid) -> Result<Saved, AppError> {
        let subject = self.read(move |reader| told::subject_of(reader, id)).await?;
        self.read_here(subject.ok_or(Code::NotificationNotFound)?, self.me()?)
            .await?;
        Ok(Saved {
            id,
            waiting: false,
            undo: None,
        })
    }

    /// Puts a notification away: in the clinic, or where only this PC has it, here.
    ///
    /// # Errors
    /// `notification_not_found`.
    pub async fn notification_dismiss(self: &Arc<Self>, request: NotificationDismiss) -> Result<Saved, AppError> {
        if let Some(row) = self.in_centre(request.id).await? {
            self.note_put_away(&row).await?;
        }
        let (id, args) = (request.id, json!({ "id": request.id }));
        match self.act(Uuid::now_v7(), "notification.dismiss", args, id).await {
            Err(error) if error.code == Code::NotificationNotFound => self.dismiss_told(id).await,
            done => done,
        }
    }

    async fn dismiss_told(&self, id: Uuid) -> Result<Saved, AppError> {
        let (me, now) = (self.me()?, self.micros());
        let subject = self.read(move |reader| told::subject_of(reader, id)).await?;
        let subject = subject.ok_or(Code::NotificationNotFound)?;
        self.ports.notifier.withdraw(&subject);
        self.with_cache(move |cache| alert::dismiss(cache, &subject, me, now))
            .await?;
        self.changed(&["notifications"]);
        Ok(Saved {
            id,
            waiting: false,
            undo: None,
        })
    }

    /// Marks all of the signed-in person's notifications as read.
    ///
    /// # Errors
    /// `locked`.
    pub async fn notification_read_all(self: &Arc<Self>, _: Nothing) -> Result<Nothing, AppError> {
        let all = self.notification_list(Nothing {}).await?;
        for row in all.rows.into_iter().filter(|row| !row.is_read) {
            self.mark_read(NotificationRead { id: row.id }).await?;
        }
        Ok(Nothing {})
    }
}

fn shown(notification: Notification, words: &Words) -> NotificationRow {
    let (title, message) = words.clinics(&notification.title, &notification.message);
    NotificationRow {
        id: notification.id,
        kind: notification.kind,
        title,
        message,
        priority: Priority::from_word(&notification.priority),
        action_url: notification.action_url,
        created_at: row::millis(notification.created_at),
        is_read: notification.is_read,
    }
}
