//! Lead actions on the cache.

use desk_core::lead::{self, Outcome};
use rusqlite::{Connection, OptionalExtension as _, Row};
use serde_json::{Value as Json, json};
use uuid::Uuid;

use super::{Action, Ledger, note_line, written};
use crate::error::{CacheError, Result};

/// Who answers leads.
const ANSWER: [&str; 4] = ["sales", "front_desk", "manager", "owner"];

/// What the database writes into the notes of a lead that stays closed although a call with it was taken back.
const STAYS_CLOSED: &str = "เรียกคืนการโทรแล้ว ผลที่ปิดไว้ยังอยู่";

/// What an action on a lead looks at.
struct Stand {
    status: String,
    claimed_by: Option<Uuid>,
    claimed_at: Option<i64>,
    created_at: i64,
    answered_at: Option<i64>,
    answered_by: Option<Uuid>,
    outcome: Option<String>,
    next_at: Option<i64>,
}

fn stand(row: &Row<'_>) -> rusqlite::Result<Stand> {
    Ok(Stand {
        status: row.get(0)?,
        claimed_by: row.get(1)?,
        claimed_at: row.get(2)?,
        created_at: row.get(3)?,
        answered_at: row.get(4)?,
        answered_by: row.get(5)?,
        outcome: row.get(6)?,
        next_at: row.get(7)?,
    })
}

fn find(connection: &Connection, id: Uuid) -> Result<Option<Stand>> {
    let sql = "SELECT coalesce(status, 'open'), claimed_by, claimed_at, coalesce(created_at, 0), answered_at, answered_by, outcome, next_at
               FROM lead WHERE id = ?1";
    Ok(connection.prepare_cached(sql)?.query_row([id], stand).optional()?)
}

/// The lead of the action, kept as it was.
fn touched(ledger: &Ledger<'_>, action: &Action) -> Result<(Uuid, Stand)> {
    if !ANSWER.contains(&role(ledger.connection, action.person)?.as_str()) {
        return Err(CacheError::Refused("role_not_allowed"));
    }
    let id = action.uuid("id")?;
    let found = find(ledger.connection, id)?.ok_or(CacheError::Refused("lead_not_found"))?;
    ledger.touch("lead", id)?;
    Ok((id, found))
}

fn role(connection: &Connection, person: Uuid) -> Result<String> {
    let sql = "SELECT coalesce(role, '') FROM staff WHERE id = ?1 AND active = 1";
    let found = connection.prepare_cached(sql)?.query_row([person], |row| row.get(0));
    Ok(found.optional()?.unwrap_or_default())
}

/// What an action on a lead replaces.
pub(super) fn before(connection: &Connection, action: &Action) -> Result<Json> {
    state(connection, action.uuid("id")?)
}

/// How a lead stands, for putting it back.
pub(super) fn state(connection: &Connection, id: Uuid) -> Result<Json> {
    Ok(find(connection, id)?.map_or(Json::Null, |lead| {
        json!({
            "id": id,
            "status": lead.status,
            "claimed_by": lead.claimed_by,
            "claimed_at": written(lead.claimed_at),
            "next_at": written(lead.next_at),
            "answered_at": written(lead.answered_at),
            "answered_by": lead.answered_by,
            "outcome": lead.outcome,
        })
    }))
}

pub(super) fn unclaiming(connection: &Connection, done: &Action) -> Result<Json> {
    let lead = find(connection, done.uuid("id")?)?;
    let is_mine = |lead: &Stand| lead.status == "claimed" && lead.claimed_by == Some(done.person);
    if lead.as_ref().is_some_and(is_mine) {
        Ok(json!({ "id": done.args.get("id"), "of": done.id }))
    } else {
        Err(CacheError::Refused("changed_meanwhile"))
    }
}

pub(super) fn unanswering(done: &Action, before: &Json) -> Json {
    let of = |field: &str| before.get(field).cloned().unwrap_or_default();
    json!({
        "id": done.args.get("id"), "of": done.id, "status": of("status"), "claimed_by": of("claimed_by"),
        "answered_at": of("answered_at"), "answered_by": of("answered_by"), "outcome": of("outcome"),
    })
}

/// Carries out an action on a lead.
pub(super) fn apply(ledger: &Ledger<'_>, action: &Action) -> Result<()> {
    match action.name.as_str() {
        "lead.claim" => claim(ledger, action),
        "lead.release" => release(ledger, action),
        "lead.unclaim" => unclaim(ledger, action),
        "lead.unanswer" => unanswer(ledger, action),
        _ => answer(ledger, action),
    }
}

/// Takes it, unless somebody has.
fn claim(ledger: &Ledger<'_>, action: &Action) -> Result<()> {
    let (id, lead) = touched(ledger, action)?;
    match lead.status.as_str() {
        "closed" => return Err(CacheError::Refused("lead_closed")),
        "claimed" if lead.claimed_by == Some(action.person) => return Ok(()),
        "claimed" => return Err(CacheError::Refused("lead_taken")),
        _ => {}
    }
    ledger
        .connection
        .prepare_cached(
            "UPDATE lead SET status = 'claimed', claimed_by = ?2, claimed_at = ?3, updated_at = ?3 WHERE id = ?1",
        )?
        .execute((id, action.person, action.at))?;
    Ok(())
}

/// Gives it back: what one has, or as a manager what somebody has.
fn release(ledger: &Ledger<'_>, action: &Action) -> Result<()> {
    let (id, lead) = touched(ledger, action)?;
    let is_manager = matches!(role(ledger.connection, action.person)?.as_str(), "manager" | "owner");
    match lead.status.as_str() {
        "closed" => Err(CacheError::Refused("lead_closed")),
        "open" => Ok(()),
        _ if lead.claimed_by == Some(action.person) || is_manager => open_again(ledger, action, id),
        _ => Err(CacheError::Refused("lead_taken")),
    }
}

/// A claim that was a mistake.
fn unclaim(ledger: &Ledger<'_>, action: &Action) -> Result<()> {
    let (id, lead) = touched(ledger, action)?;
    if lead.status != "claimed" || lead.claimed_by != Some(action.person) {
        return Err(CacheError::Refused("changed_meanwhile"));
    }
    open_again(ledger, action, id)
}

fn open_again(ledger: &Ledger<'_>, action: &Action, id: Uuid) -> Result<()> {
    ledger
        .connection
        .prepare_cached(
            "UPDATE lead SET status = 'open', claimed_by = NULL, claimed_at = NULL, updated_at = ?2 WHERE id = ?1",
        )?
        .execute((id, action.at))?;
    Ok(())
}

/// Somebody has called or written: whose lead it is makes no difference, it has happened. The earliest answer stops the clock.
fn answer(ledger: &Ledger<'_>, action: &Action) -> Result<()> {
    let outcome = action.text("outcome").and_then(lead::outcome_of);
    let outcome = outcome.ok_or(CacheError::Refused("value_not_allowed"))?;
    let (id, lead) = touched(ledger, action)?;
    take(ledger, action, id, &lead, outcome, action.instant("next_at"))
}

/// The leads that a call answers: the one it was made for, else every one of this customer's that was there when it was made and is not closed.
pub(super) fn answered_by_call(connection: &Connection, action: &Action, customer: Option<Uuid>) -> Result<Vec<Uuid>> {
    if let Ok(lead) = action.uuid("lead_id") {
        return Ok(vec![lead]);
    }
    if !ANSWER.contains(&role(connection, action.person)?.as_str()) {
        return Ok(vec![]);
    }
    let sql = "SELECT id FROM lead WHERE customer_id = ?1 AND coalesce(status, 'open') <> 'closed' AND coalesce(created_at, 0) <= ?2 ORDER BY id";
    let at = action.instant("at").unwrap_or(action.at);
    let mut statement = connection.prepare_cached(sql)?;
    let found = statement.query_map((customer, at), |row| row.get(0))?;
    Ok(found.collect::<rusqlite::Result<_>>()?)
}

/// A call answers its leads as an answer of their own does. What comes next is kept with the lead where the call was made for it.
pub(super) fn answer_by_call(ledger: &Ledger<'_>, action: &Action, customer: Option<Uuid>) -> Result<()> {
    let Some(outcome) = action.text("outcome").and_then(lead::outcome_of) else {
        return Ok(());
    };
    let is_its_own = action.uuid("lead_id").is_ok();
    if is_its_own && !ANSWER.contains(&role(ledger.connection, action.person)?.as_str()) {
        return Err(CacheError::Refused("role_not_allowed"));
    }
    for id in answered_by_call(ledger.connection, action, customer)? {
        let Some(found) = find(ledger.connection, id)? else {
            continue;
        };
        ledger.touch("lead", id)?;
        let next = if is_its_own {
            action.instant("next_at")
        } else {
            found.next_at
        };
        take(ledger, action, id, &found, outcome, next)?;
    }
    Ok(())
}

fn take(
    ledger: &Ledger<'_>,
    action: &Action,
    id: Uuid,
    lead: &Stand,
    outcome: Outcome,
    next: Option<i64>,
) -> Result<()> {
    let at = action.instant("at").unwrap_or(action.at).max(lead.created_at);
    write_answer(ledger, action, id, &answered(lead, action, outcome, at), next)?;
    match action.text("note").filter(|note| !note.is_empty()) {
        Some(note) => add_note(ledger, action, id, note),
        None => Ok(()),
    }
}

/// The lead as it stands after an answer.
fn answered(lead: &Stand, action: &Action, outcome: Outcome, at: i64) -> Stand {
    let is_first = lead.answered_at.is_none_or(|before| at < before);
    let is_closed = lead.status == "closed";
    let keeps = is_closed && !is_first;
    Stand {
        status: if is_closed || outcome.closes {
            "closed"
        } else {
            "claimed"
        }
        .to_owned(),
        claimed_by: lead.claimed_by.or(Some(action.person)),
        claimed_at: lead.claimed_at.or(Some(at)),
        created_at: lead.created_at,
        answered_at: if is_first { Some(at) } else { lead.answered_at },
        answered_by: if is_first {
            Some(action.person)
        } else {
            lead.answered_by
        },
        outcome: if keeps {
            lead.outcome.clone()
        } else {
            Some(outcome.word.to_owned())
        },
        next_at: lead.next_at,
    }
}

fn write_answer(ledger: &Ledger<'_>, action: &Action, id: Uuid, lead: &Stand, next: Option<i64>) -> Result<()> {
    let next = next.filter(|_| lead.status != "closed");
    ledger
        .connection
        .prepare_cached(
            "UPDATE lead SET status = ?2, claimed_by = ?3, claimed_at = ?4, answered_at = ?5, answered_by = ?6, outcome = ?7,
                    next_at = ?8, updated_at = ?9 WHERE id = ?1",
        )?
        .execute((
            id,
            &lead.status,
            lead.claimed_by,
            lead.claimed_at,
            lead.answered_at,
            lead.answered_by,
            &lead.outcome,
            next,
            action.at,
        ))?;
    Ok(())
}

fn add_note(ledger: &Ledger<'_>, action: &Action, id: Uuid, note: &str) -> Result<()> {
    let line = note_line(ledger.connection, action, note)?;
    ledger
        .connection
        .prepare_cached(
            "UPDATE lead SET notes = CASE WHEN coalesce(notes, '') = '' THEN ?2 ELSE notes || char(10) || ?2 END WHERE id = ?1",
        )?
        .execute((id, line))?;
    Ok(())
}

/// An outcome that was a mistake.
fn unanswer(ledger: &Ledger<'_>, action: &Action) -> Result<()> {
    let (id, lead) = touched(ledger, action)?;
    let person = |field: &str| action.text(field).and_then(|text| Uuid::parse_str(text).ok());
    let holder = person("claimed_by");
    let claimed_at = lead
        .claimed_at
        .filter(|_| holder == lead.claimed_by && holder.is_some());
    ledger
        .connection
        .prepare_cached(
            "UPDATE lead SET status = ?2, claimed_by = ?3, claimed_at = ?4, answered_at = ?5, answered_by = ?6, outcome = ?7,
                    next_at = NULL, updated_at = ?8 WHERE id = ?1",
        )?
        .execute((
            id,
            action.text("status").unwrap_or("open"),
            holder,
            claimed_at,
            action.instant("answered_at"),
            person("answered_by"),
            action.text("outcome"),
            action.at,
        ))?;
    Ok(())
}

/// Whether a lead is closed, and not by a call with this outcome.
pub(super) fn is_closed_otherwise(connection: &Connection, id: Uuid, outcome: Option<&str>) -> Result<bool> {
    let closes = outcome.and_then(lead::outcome_of).is_some_and(|outcome| outcome.closes);
    Ok(find(connection, id)?
        .is_some_and(|lead| lead.status == "closed" && !(closes && lead.outcome.as_deref() == outcome)))
}

/// What was decided after a call that was logged by mistake stands, and says so. Who answered first without it, the database knows.
pub(super) fn leave_closed(ledger: &Ledger<'_>, action: &Action, was: &Json) -> Result<()> {
    let held = Action {
        args: was.clone(),
        ..action.clone()
    };
    let Ok(id) = held.uuid("id") else { return Ok(()) };
    ledger.touch("lead", id)?;
    add_note(ledger, action, id, STAYS_CLOSED)
}

/// A lead as it was before a call that was logged by mistake.
pub(super) fn put_back(ledger: &Ledger<'_>, action: &Action, was: &Json) -> Result<()> {
    let held = Action {
        args: was.clone(),
        ..action.clone()
    };
    let Ok(id) = held.uuid("id") else { return Ok(()) };
    ledger.touch("lead", id)?;
    ledger
        .connection
        .prepare_cached(
            "UPDATE lead SET status = ?2, claimed_by = ?3, claimed_at = ?4, answered_at = ?5, answered_by = ?6, outcome = ?7,
                    next_at = ?8, updated_at = ?9 WHERE id = ?1",
        )?
        .execute((
            id,
            held.text("status").unwrap_or("open"),
            held.uuid("claimed_by").ok(),
            held.instant("claimed_at"),
            held.instant("answered_at"),
            held.uuid("answered_by").ok(),
            held.text("outcome"),
            held.instant("next_at"),
            action.at,
        ))?;
    Ok(())
}
