//! Notification actions on the cache.

use super::{Action, Ledger};
use crate::error::{CacheError, Result};

pub(super) fn apply(ledger: &Ledger<'_>, action: &Action) -> Result<()> {
    match action.name.as_str() {
        "notification.dismiss" => dismiss(ledger, action),
        _ => read(ledger, action),
    }
}

fn read(ledger: &Ledger<'_>, action: &Action) -> Result<()> {
    change(
        ledger,
        action,
        "UPDATE notification SET is_read = 1, read_at = coalesce(read_at, ?2) WHERE id = ?1 AND user_id = ?3",
    )
}

/// What is put away counts as read.
fn dismiss(ledger: &Ledger<'_>, action: &Action) -> Result<()> {
    change(
        ledger,
        action,
        "UPDATE notification SET is_read = 1, read_at = coalesce(read_at, ?2), dismissed = 1 WHERE id = ?1 AND user_id = ?3",
    )
}

fn change(ledger: &Ledger<'_>, action: &Action, sql: &'static str) -> Result<()> {
    let id = action.uuid("id")?;
    ledger.touch("notification", id)?;
    let changed = ledger
        .connection
        .prepare_cached(sql)?
        .execute((id, action.at, action.person))?;
    if changed == 0 {
        return Err(CacheError::Refused("notification_not_found"));
    }
    Ok(())
}
