//! Task actions on the cache.

use rusqlite::{Connection, OptionalExtension as _};
use serde_json::{Value as Json, json};
use uuid::Uuid;

use super::{Action, Ledger, note_line, one_line, task_work, written};
use crate::error::{CacheError, Result};

/// What the database writes into the notes of a task that is opened again.
const REOPENED: &str = "เปิดงานอีกครั้ง";

/// What an action on a task replaces. One answer for all of them: none replaces more than these.
pub(super) fn before(connection: &Connection, action: &Action) -> Result<Json> {
    let found = connection
        .prepare_cached("SELECT coalesce(status, 'pending'), snoozed_until, assigned_to FROM task WHERE id = ?1")?
        .query_row([action.uuid("id")?], |row| {
            let (status, until): (String, Option<i64>) = (row.get(0)?, row.get(1)?);
            let owner: Option<Uuid> = row.get(2)?;
            Ok(json!({ "status": status, "until": written(until), "assigned_to": owner }))
        })
        .optional()?;
    // Nothing was replaced where there is no task; the action will be refused.
    Ok(found.unwrap_or_default())
}

pub(super) fn reopening(done: &Action, before: &Json) -> Json {
    json!({ "id": done.args.get("id"), "of": done.id, "status": before.get("status"), "until": before.get("until") })
}

pub(super) fn waking(connection: &Connection, done: &Action, before: &Json) -> Result<Json> {
    let sql = "SELECT 1 FROM task WHERE id = ?1 AND snoozed_until IS ?2";
    still(connection, sql, done.uuid("id")?, done.instant("until"))?;
    Ok(json!({ "id": done.args.get("id"), "of": done.id, "until": before.get("until") }))
}

pub(super) fn handing_back(connection: &Connection, done: &Action, before: &Json) -> Result<Json> {
    let sql = "SELECT 1 FROM task WHERE id = ?1 AND assigned_to IS ?2";
    still(connection, sql, done.uuid("id")?, done.uuid("to")?)?;
    Ok(json!({ "id": done.args.get("id"), "of": done.id, "to": before.get("assigned_to") }))
}

pub(super) fn unnoting(done: &Action) -> Json {
    json!({ "id": done.args.get("id"), "of": done.id, "text": done.args.get("text") })
}

/// Whether the task still holds what the action wrote.
pub(super) fn still(connection: &Connection, sql: &str, id: Uuid, wrote: impl rusqlite::ToSql) -> Result<()> {
    let found = connection.prepare_cached(sql)?.exists((id, wrote))?;
    if found {
        Ok(())
    } else {
        Err(CacheError::Refused("changed_meanwhile"))
    }
}

pub(super) fn complete(ledger: &Ledger<'_>, action: &Action) -> Result<()> {
    let id = open_task(ledger, action)?;
    ledger
        .connection
        .prepare_cached(
            "UPDATE task SET status = 'completed', completed_at = ?2, completed_by = ?3, updated_at = ?2 WHERE id = ?1",
        )?
        .execute((id, action.at, action.person))?;
    if let Some(note) = action.text("note").filter(|note| !note.is_empty()) {
        add_line(ledger, action, id, note)?;
    }
    task_work::follow(ledger, action, id)
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
    let until = action.instant("until");
    sleep(
        ledger,
        action,
        Some(until.ok_or(CacheError::Refused("date_out_of_range"))?),
    )
}

pub(super) fn unsnooze(ledger: &Ledger<'_>, action: &Action) -> Result<()> {
    sleep(ledger, action, action.instant("until"))
}

fn sleep(ledger: &Ledger<'_>, action: &Action, until: Option<i64>) -> Result<()> {
    let id = open_task(ledger, action)?;
    ledger
        .connection
        .prepare_cached(
            "UPDATE task SET snoozed_until = ?2, woken_at = NULL, woken_by = NULL, updated_at = ?3 WHERE id = ?1",
        )?
        .execute((id, until, action.at))?;
    Ok(())
}

/// Opens a task again that this person closed.
pub(super) fn reopen(ledger: &Ledger<'_>, action: &Action) -> Result<()> {
    let id = action.uuid("id")?;
    status(ledger, id)?.ok_or(CacheError::Refused("task_not_found"))?;
    still(
        ledger.connection,
        "SELECT 1 FROM task WHERE id = ?1 AND status = 'completed' AND completed_by = ?2",
        id,
        action.person,
    )?;
    ledger.touch("task", id)?;
    ledger
        .connection
        .prepare_cached(
            "UPDATE task SET status = ?2, completed_at = NULL, completed_by = NULL, snoozed_until = ?3, updated_at = ?4 WHERE id = ?1",
        )?
        .execute((id, action.text("status").unwrap_or("pending"), action.instant("until"), action.at))?;
    add_line(ledger, action, id, REOPENED)?;
    task_work::unfollow(ledger, action, id)
}

/// Takes out the last line that says this.
pub(super) fn unnote(ledger: &Ledger<'_>, action: &Action) -> Result<()> {
    let id = action.uuid("id")?;
    status(ledger, id)?.ok_or(CacheError::Refused("task_not_found"))?;
    let notes: Option<String> = ledger
        .connection
        .prepare_cached("SELECT notes FROM task WHERE id = ?1")?
        .query_row([id], |row| row.get(0))?;
    let mut lines: Vec<&str> = notes.iter().flat_map(|notes| notes.split('\n')).collect();
    let end = format!(": {}", one_line(action.text("text").unwrap_or_default()));
    let nth = lines.iter().rposition(|line| line.ends_with(&end));
    lines.remove(nth.ok_or(CacheError::Refused("changed_meanwhile"))?);
    ledger.touch("task", id)?;
    let left = Some(lines.join("\n")).filter(|left| !left.is_empty());
    ledger
        .connection
        .prepare_cached("UPDATE task SET notes = ?2 WHERE id = ?1")?
        .execute((id, left))?;
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
pub(super) fn open_task(ledger: &Ledger<'_>, action: &Action) -> Result<Uuid> {
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

pub(super) fn status(ledger: &Ledger<'_>, id: Uuid) -> Result<Option<String>> {
    Ok(ledger
        .connection
        .prepare_cached("SELECT coalesce(status, 'pending') FROM task WHERE id = ?1")?
        .query_row([id], |row| row.get(0))
        .optional()?)
}

/// Appends a line of the running notes, as the database does.
pub(super) fn add_line(ledger: &Ledger<'_>, action: &Action, id: Uuid, text: &str) -> Result<()> {
    let line = note_line(ledger.connection, action, text)?;
    ledger
        .connection
        .prepare_cached(
            "UPDATE task SET notes = CASE WHEN coalesce(notes, '') = '' THEN ?2 ELSE notes || char(10) || ?2 END WHERE id = ?1",
        )?
        .execute((id, line))?;
    Ok(())
}
