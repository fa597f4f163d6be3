//! Task actions on the cache.

use chrono::{DateTime, TimeZone as _, Utc};
use rusqlite::OptionalExtension as _;
use uuid::Uuid;

use super::{Action, Ledger};
use crate::error::{CacheError, Result};

pub(super) fn complete(ledger: &Ledger<'_>, action: &Action) -> Result<()> {
    let id = open_task(ledger, action)?;
    ledger
        .connection
        .prepare_cached(
            "UPDATE task SET status = 'completed', completed_at = ?2, completed_by = ?3, updated_at = ?2 WHERE id = ?1",
        )?
        .execute((id, action.at, action.person))?;
    match action.text("note").filter(|note| !note.is_empty()) {
        Some(note) => add_line(ledger, action, id, note),
        None => Ok(()),
    }
}

pub(super) fn reassign(ledger: &Ledger<'_>, action: &Action) -> Result<()> {
    let to = action.uuid("to")?;
    ledger
        .connection
        .prepare_cached("SELECT 1 FROM staff WHERE id = ?1 AND active = 1")?
        .query_row([to], |_| Ok(()))
        .optional()?
        .ok_or(CacheError::Refused("person_not_found"))?;
    let id = open_task(ledger, action)?;
    ledger
        .connection
        .prepare_cached("UPDATE task SET assigned_to = ?2, updated_at = ?3 WHERE id = ?1")?
        .execute((id, to, action.at))?;
    Ok(())
}

pub(super) fn snooze(ledger: &Ledger<'_>, action: &Action) -> Result<()> {
    let until = action
        .text("until")
        .and_then(|text| DateTime::parse_from_rfc3339(text).ok())
        .ok_or(CacheError::Refused("date_out_of_range"))?;
    let id = open_task(ledger, action)?;
    ledger
        .connection
        .prepare_cached("UPDATE task SET snoozed_until = ?2, updated_at = ?3 WHERE id = ?1")?
        .execute((id, until.timestamp_micros(), action.at))?;
    Ok(())
}

pub(super) fn note(ledger: &Ledger<'_>, action: &Action) -> Result<()> {
    let id = action.uuid("id")?;
    status(ledger, id)?.ok_or(CacheError::Refused("task_not_found"))?;
    ledger.touch("task", id)?;
    let text = action.text("text").unwrap_or_default();
    add_line(ledger, action, id, text)
}

/// The task of the action, kept as it was, if it can still be worked on.
fn open_task(ledger: &Ledger<'_>, action: &Action) -> Result<Uuid> {
    let id = action.uuid("id")?;
    match status(ledger, id)?.as_deref() {
        None => Err(CacheError::Refused("task_not_found")),
        Some("completed" | "cancelled") => Err(CacheError::Refused("task_already_closed")),
        Some(_) => {
            ledger.touch("task", id)?;
            Ok(id)
        }
    }
}

fn status(ledger: &Ledger<'_>, id: Uuid) -> Result<Option<String>> {
    Ok(ledger
        .connection
        .prepare_cached("SELECT coalesce(status, 'pending') FROM task WHERE id = ?1")?
        .query_row([id], |row| row.get(0))
        .optional()?)
}

/// Appends `DD/MM HH:MM nickname: text`, as the database does.
fn add_line(ledger: &Ledger<'_>, action: &Action, id: Uuid, text: &str) -> Result<()> {
    let nickname: Option<String> = ledger
        .connection
        .prepare_cached("SELECT coalesce(nickname, display_name) FROM staff WHERE id = ?1")?
        .query_row([action.person], |row| row.get(0))
        .optional()?
        .flatten();
    let line = format!("{} {}: {text}", stamp(action.at), nickname.unwrap_or_default());
    ledger
        .connection
        .prepare_cached(
            "UPDATE task SET notes = CASE WHEN coalesce(notes, '') = '' THEN ?2 ELSE notes || char(10) || ?2 END WHERE id = ?1",
        )?
        .execute((id, line))?;
    Ok(())
}

fn stamp(at: i64) -> String {
    let utc = Utc.timestamp_micros(at).single().unwrap_or_default();
    utc.with_timezone(&chrono_tz::Asia::Bangkok)
        .format("%d/%m %H:%M")
        .to_string()
}
