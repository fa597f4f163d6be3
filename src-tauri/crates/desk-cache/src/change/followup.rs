//! Follow-up actions on the cache.

use rusqlite::OptionalExtension as _;

use super::{Action, Ledger};
use crate::error::{CacheError, Result};

/// Closes a follow-up as done (`sent`) or cancelled.
pub(super) fn close(ledger: &Ledger<'_>, action: &Action, status: &str) -> Result<()> {
    let id = action.uuid("id")?;
    let found: Option<Option<String>> = ledger
        .connection
        .prepare_cached("SELECT status FROM followup WHERE id = ?1")?
        .query_row([id], |row| row.get(0))
        .optional()?;
    match found.as_ref().map(|status| status.as_deref().unwrap_or("pending")) {
        None => return Err(CacheError::Refused("followup_not_found")),
        Some("pending" | "failed") => {}
        Some(_) => return Err(CacheError::Refused("followup_already_closed")),
    }
    ledger.touch("followup", id)?;
    ledger
        .connection
        .prepare_cached("UPDATE followup SET status = ?2, executed_at = ?3 WHERE id = ?1")?
        .execute((id, status, action.at))?;
    Ok(())
}
