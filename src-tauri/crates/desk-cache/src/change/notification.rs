//! Notification actions on the cache.

use super::{Action, Ledger};
use crate::error::{CacheError, Result};

pub(super) fn read(ledger: &Ledger<'_>, action: &Action) -> Result<()> {
    let id = action.uuid("id")?;
    ledger.touch("notification", id)?;
    let changed = ledger
        .connection
        .prepare_cached(
            "UPDATE notification SET is_read = 1, read_at = coalesce(read_at, ?2) WHERE id = ?1 AND user_id = ?3",
        )?
        .execute((id, action.at, action.person))?;
    if changed == 0 {
        return Err(CacheError::Refused("notification_not_found"));
    }
    Ok(())
}
