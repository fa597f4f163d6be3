//! Follow-up actions on the cache.

use rusqlite::{Connection, OptionalExtension as _};
use serde_json::{Value as Json, json};

use super::{Action, Ledger, written};
use crate::error::{CacheError, Result};

/// What closing a follow-up replaces.
pub(super) fn before(connection: &Connection, action: &Action) -> Result<Json> {
    let found = connection
        .prepare_cached("SELECT coalesce(status, 'pending'), executed_at FROM followup WHERE id = ?1")?
        .query_row([action.uuid("id")?], |row| {
            let (status, at): (String, Option<i64>) = (row.get(0)?, row.get(1)?);
            Ok(json!({ "status": status, "executed_at": written(at) }))
        })
        .optional()?;
    Ok(found.unwrap_or_default())
}

pub(super) fn reopening(done: &Action, before: &Json) -> Json {
    let (status, at) = (before.get("status"), before.get("executed_at"));
    json!({ "id": done.args.get("id"), "of": done.id, "status": status, "executed_at": at })
}

/// Opens a follow-up again.
pub(super) fn reopen(ledger: &Ledger<'_>, action: &Action) -> Result<()> {
    let id = action.uuid("id")?;
    let found: Option<Option<String>> = ledger
        .connection
        .prepare_cached("SELECT status FROM followup WHERE id = ?1")?
        .query_row([id], |row| row.get(0))
        .optional()?;
    match found.as_ref().map(Option::as_deref) {
        None => return Err(CacheError::Refused("followup_not_found")),
        Some(Some("sent" | "cancelled")) => {}
        Some(_) => return Err(CacheError::Refused("changed_meanwhile")),
    }
    ledger.touch("followup", id)?;
    ledger
        .connection
        .prepare_cached("UPDATE followup SET status = ?2, executed_at = ?3 WHERE id = ?1")?
        .execute((
            id,
            action.text("status").unwrap_or("pending"),
            action.instant("executed_at"),
        ))?;
    Ok(())
}

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
