//! What a person can do with follow-ups.

use std::sync::Arc;

use serde_json::json;
use uuid::Uuid;

use crate::{
    api::{
        Saved,
        followup::{FollowupCancel, FollowupDone},
    },
    check,
    desk::Desk,
    error::AppError,
};

impl Desk {
    /// Marks a follow-up as done.
    ///
    /// # Errors
    /// As listed at [`FollowupDone`].
    pub async fn followup_done(self: &Arc<Self>, request: FollowupDone) -> Result<Saved, AppError> {
        let note = check::optional("note", request.note, check::LONG)?;
        let args = json!({ "id": request.id, "note": note });
        self.act(Uuid::now_v7(), "followup.done", args, request.id).await
    }

    /// Cancels a follow-up.
    ///
    /// # Errors
    /// As listed at [`FollowupCancel`].
    pub async fn followup_cancel(self: &Arc<Self>, request: FollowupCancel) -> Result<Saved, AppError> {
        let reason = check::optional("reason", request.reason, check::LONG)?;
        let args = json!({ "id": request.id, "reason": reason });
        self.act(Uuid::now_v7(), "followup.cancel", args, request.id).await
    }
}
