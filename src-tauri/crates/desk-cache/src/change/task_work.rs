//! Tasks that are begun, made, and follow each other, on the cache: as the database will decide it.

use desk_core::task::{self as kinds, Kind};
use rusqlite::{Connection, OptionalExtension as _};
use serde_json::{Value as Json, json};
use uuid::Uuid;

use super::{Action, Ledger, assign, task};
use crate::error::{CacheError, Result};

/// Microseconds of a day.
const DAY: i64 = 86_400_000_000;

/// A task that is about to be written.
pub(super) struct New<'a> {
    pub(super) id: Uuid,
    pub(super) journey: Uuid,
    pub(super) person: Uuid,
    pub(super) kind: &'static Kind,
    pub(super) title: Option<&'a str>,
    pub(super) priority: Option<&'a str>,
    pub(super) due: Option<i64>,
    pub(super) follows: Option<Uuid>,
}

/// What follows a task that was just done, under the id that the action gives it. An open one of its kind is enough.
pub(super) fn follow(ledger: &Ledger<'_>, action: &Action, id: Uuid) -> Result<()> {
    let Ok(next) = action.uuid("next") else { return Ok(()) };
    let found: Option<(String, Uuid, Uuid)> = ledger
        .connection
        .prepare_cached("SELECT task_type, journey_id, assigned_to FROM task WHERE id = ?1 AND journey_id IS NOT NULL AND assigned_to IS NOT NULL")?
        .query_row([id], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .optional()?;
    let Some((word, journey, person)) = found else {
        return Ok(());
    };
    let Some((kind, days)) = kinds::kind(&word).and_then(|kind| kind.next) else {
        return Ok(());
    };
    let Some(kind) = kinds::kind(kind) else { return Ok(()) };
    let is_unwanted = kind.is_call && refuses_contact(ledger.connection, journey)?;
    if is_unwanted || open_of_kind(ledger.connection, journey, kind.word)?.is_some() {
        return Ok(());
    }
    let new = New {
        id: next,
        journey,
        person: assign::or_who_is_here(ledger.connection, kind, journey, person, action.at)?,
        kind,
        title: None,
        priority: None,
        due: Some(action.at + i64::from(days) * DAY),
        follows: Some(id),
    };
    insert(ledger, action, &new)
}

/// Whether the customer of a journey has asked not to be contacted.
fn refuses_contact(connection: &Connection, journey: Uuid) -> Result<bool> {
    let sql = "SELECT 1 FROM journey j JOIN preference p ON p.customer_id = j.customer_id WHERE j.id = ?1 AND p.do_not_contact = 1";
    Ok(connection.prepare_cached(sql)?.exists([journey])?)
}

/// Opened again, what had followed and nobody has touched goes.
pub(super) fn unfollow(ledger: &Ledger<'_>, action: &Action, id: Uuid) -> Result<()> {
    let followers: Vec<Uuid> = ledger
        .connection
        .prepare_cached("SELECT id FROM task WHERE follows = ?1 AND status = 'pending' AND started_at IS NULL")?
        .query_map([id], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    followers
        .into_iter()
        .try_for_each(|follower| close(ledger, action, follower, "cancelled"))
}

/// Closes a task, as done or as given up.
pub(super) fn close(ledger: &Ledger<'_>, action: &Action, id: Uuid, status: &str) -> Result<()> {
    ledger.touch("task", id)?;
    ledger
        .connection
        .prepare_cached("UPDATE task SET status = ?2, completed_at = ?3, completed_by = ?4, snoozed_until = NULL, updated_at = ?3 WHERE id = ?1")?
        .execute((id, status, action.at, action.person))?;
    Ok(())
}

/// The open task of a kind on a journey.
pub(super) fn open_of_kind(connection: &Connection, journey: Uuid, kind: &str) -> Result<Option<Uuid>> {
    Ok(connection
        .prepare_cached("SELECT id FROM task WHERE journey_id = ?1 AND task_type = ?2 AND status IN ('pending', 'in_progress') LIMIT 1")?
        .query_row((journey, kind), |row| row.get(0))
        .optional()?)
}

pub(super) fn insert(ledger: &Ledger<'_>, action: &Action, new: &New<'_>) -> Result<()> {
    ledger.touch("task", new.id)?;
    let title = match new.title.filter(|title| !title.is_empty()) {
        Some(title) => title.to_owned(),
        None => new.kind.title(&customer_name(ledger.connection, new.journey)?),
    };
    let usual = new.kind.priority.word();
    ledger
        .connection
        .prepare_cached(
            "INSERT INTO task (id, journey_id, assigned_to, task_type, title, priority, status, due_at, created_at, updated_at, follows)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'pending', ?7, ?8, ?8, ?9)",
        )?
        .execute((new.id, new.journey, new.person, new.kind.word, title, new.priority.unwrap_or(usual), new.due, action.at, new.follows))?;
    Ok(())
}

pub(super) fn customer_name(connection: &Connection, journey: Uuid) -> Result<String> {
    let found: Option<(Option<String>, Option<String>)> = connection
        .prepare_cached(
            "SELECT c.nickname, c.full_name FROM journey j JOIN customer c ON c.id = j.customer_id WHERE j.id = ?1",
        )?
        .query_row([journey], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    Ok(found.map_or_else(String::new, |(nickname, name)| {
        kinds::called(nickname.as_deref(), name.as_deref())
    }))
}

/// Begins a task; one that a colleague has begun is theirs.
pub(super) fn start(ledger: &Ledger<'_>, action: &Action) -> Result<()> {
    let id = task::open_task(ledger, action)?;
    let is_anothers = ledger
        .connection
        .prepare_cached("SELECT 1 FROM task WHERE id = ?1 AND status = 'in_progress' AND started_by IS NOT NULL AND started_by <> ?2")?
        .exists((id, action.person))?;
    if is_anothers {
        return Err(CacheError::Refused("task_started"));
    }
    ledger
        .connection
        .prepare_cached(
            "UPDATE task SET started_at = CASE WHEN status = 'in_progress' THEN coalesce(started_at, ?2) ELSE ?2 END, started_by = ?3, status = 'in_progress',
                    snoozed_until = NULL, updated_at = ?2 WHERE id = ?1",
        )?
        .execute((id, action.at, action.person))?;
    Ok(())
}

pub(super) fn unstarting(done: &Action, before: &Json) -> Json {
    json!({ "id": done.args.get("id"), "of": done.id, "until": before.get("until") })
}

pub(super) fn unstart(ledger: &Ledger<'_>, action: &Action) -> Result<()> {
    let id = task::open_task(ledger, action)?;
    task::still(
        ledger.connection,
        "SELECT 1 FROM task WHERE id = ?1 AND status = 'in_progress' AND started_by IS ?2",
        id,
        action.person,
    )?;
    ledger
        .connection
        .prepare_cached("UPDATE task SET status = 'pending', started_at = NULL, started_by = NULL, snoozed_until = ?2, updated_at = ?3 WHERE id = ?1")?
        .execute((id, action.instant("until"), action.at))?;
    Ok(())
}

/// A task made by hand.
pub(super) fn create(ledger: &Ledger<'_>, action: &Action) -> Result<()> {
    let word = action.text("kind").unwrap_or_default();
    let kind = kinds::kind(word).ok_or(CacheError::Refused("value_not_allowed"))?;
    let journey = journey_for(ledger, action, action.uuid("customer_id")?)?;
    if open_of_kind(ledger.connection, journey, kind.word)?.is_some() {
        return Err(CacheError::Refused("task_exists"));
    }
    let named = action.uuid("to").ok();
    let person = match named {
        Some(person) => assign::works_here(ledger.connection, person)?.then_some(person),
        None => assign::person_or_head(ledger.connection, kind, journey, action.at)?,
    };
    let id = action.uuid("id")?;
    let new = New {
        id,
        journey,
        person: person.ok_or(CacheError::Refused("person_not_found"))?,
        kind,
        title: action.text("title"),
        priority: action.text("priority"),
        due: action.instant("due_at"),
        follows: None,
    };
    insert(ledger, action, &new)?;
    match action.text("note").filter(|note| !note.is_empty()) {
        Some(note) => task::add_line(ledger, action, id, note),
        None => Ok(()),
    }
}

pub(super) fn withdrawing(done: &Action) -> Json {
    json!({ "id": done.args.get("id"), "of": done.id })
}

/// A task made by mistake goes into the archive, if nobody has begun it.
pub(super) fn withdraw(ledger: &Ledger<'_>, action: &Action) -> Result<()> {
    let id = task::open_task(ledger, action)?;
    let is_untouched = ledger
        .connection
        .prepare_cached("SELECT 1 FROM task WHERE id = ?1 AND status = 'pending' AND started_at IS NULL")?
        .exists([id])?;
    if !is_untouched {
        return Err(CacheError::Refused("changed_meanwhile"));
    }
    close(ledger, action, id, "cancelled")
}

/// The journey that a task about this customer is of: the one that was named, else the newest open one, else the newest; for who has none, a new one with
/// the id that was named.
pub(super) fn journey_for(ledger: &Ledger<'_>, action: &Action, customer: Uuid) -> Result<Uuid> {
    let is_known = ledger
        .connection
        .prepare_cached("SELECT 1 FROM customer WHERE id = ?1")?
        .exists([customer])?;
    if !is_known {
        return Err(CacheError::Refused("customer_not_found"));
    }
    let wanted = action.uuid("journey_id").ok();
    let found: Option<Uuid> = ledger
        .connection
        .prepare_cached("SELECT id FROM journey WHERE customer_id = ?1 ORDER BY id IS ?2 DESC, stage <> 'completed' DESC, updated_at DESC, id LIMIT 1")?
        .query_row((customer, wanted), |row| row.get(0))
        .optional()?;
    match (found, wanted) {
        (Some(found), _) => Ok(found),
        (None, Some(wanted)) => begin_journey(ledger, action, wanted, customer),
        (None, None) => Err(CacheError::Refused("value_not_allowed")),
    }
}

fn begin_journey(ledger: &Ledger<'_>, action: &Action, id: Uuid, customer: Uuid) -> Result<Uuid> {
    ledger.touch("journey", id)?;
    ledger
        .connection
        .prepare_cached(
            "INSERT INTO journey (id, customer_id, stage, sales_id, treatment_plan, created_at, updated_at)
             VALUES (?1, ?2, 'lead_created', (SELECT id FROM staff WHERE id = ?3 AND role = 'sales'), '{}', ?4, ?4)",
        )?
        .execute((id, customer, action.person, action.at))?;
    Ok(id)
}
