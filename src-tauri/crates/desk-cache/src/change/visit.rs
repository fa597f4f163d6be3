//! Arrivals on the cache: checking in, leaving, and taking either back. The queue number is the clinic's to give; until it has, there is none.

use chrono::{DateTime, Utc};
use desk_core::{
    day,
    visit::{State, refusal},
};
use rusqlite::{Connection, OptionalExtension as _, Row};
use serde_json::{Value as Json, json};
use uuid::Uuid;

use super::{Action, Ledger, booking, journey};
use crate::{
    error::{CacheError, Result},
    query::clinic,
};

/// A visit, as far as an action needs it.
pub(super) struct Visit {
    pub(super) id: Uuid,
    pub(super) booking: Option<Uuid>,
    journey: Option<Uuid>,
    pub(super) state: Option<State>,
}

/// What an action on a visit replaces: each has its own way back, but for what its journey was.
pub(super) fn before(connection: &Connection, action: &Action) -> Result<Json> {
    let sql = "SELECT journey_id FROM visit WHERE id = ?1 AND journey_id IS NOT NULL";
    let found = connection
        .prepare_cached(sql)?
        .query_row([action.uuid("id")?], |row| row.get::<_, Uuid>(0))
        .optional()?;
    match found.filter(|_| matches!(action.name.as_str(), "visit.start" | "visit.finish")) {
        Some(way) => journey::before(connection, &of_journey(action, way, json!({}))),
        None => Ok(json!({})),
    }
}

/// The arguments of the action that takes one back. `id` becomes the row of the journey's history that says so.
pub(super) fn reversing(id: Uuid, done: &Action, before: &Json) -> Json {
    json!({ "id": done.args.get("id"), "of": done.id, "entry": id, "was": before })
}

/// The same person and moment, with the visit's journey for an object.
pub(super) fn of_journey(action: &Action, way: Uuid, mut args: Json) -> Action {
    if let Some(fields) = args.as_object_mut() {
        fields.insert("id".to_owned(), json!(way));
        fields.insert(
            "entry".to_owned(),
            action.args.get("entry").cloned().unwrap_or_default(),
        );
    }
    Action {
        name: "journey.move".to_owned(),
        args,
        at: happened(action),
        ..action.clone()
    }
}

/// The journey goes along, or refuses with its own reason.
fn move_along(ledger: &Ledger<'_>, action: &Action, visit: &Visit, word: &str) -> Result<()> {
    match visit.journey {
        Some(way) => journey::step(ledger, &of_journey(action, way, json!({ "action": word }))),
        None => Ok(()),
    }
}

/// And comes back with it, if it went along: what is here of a visit that another PC checked in may have had no journey yet.
fn move_back(ledger: &Ledger<'_>, action: &Action, visit: &Visit) -> Result<()> {
    let was = action.args.get("was").filter(|was| was.get("stage").is_some());
    match (visit.journey, was) {
        (Some(way), Some(was)) => journey::unmove(ledger, &of_journey(action, way, json!({ "was": was }))),
        _ => Ok(()),
    }
}

pub(super) fn check_in(ledger: &Ledger<'_>, action: &Action) -> Result<()> {
    let (id, customer) = (action.uuid("id")?, action.uuid("customer_id")?);
    let knows = |sql: &str, id: Uuid| -> Result<bool> { Ok(ledger.connection.prepare_cached(sql)?.exists([id])?) };
    if !knows("SELECT 1 FROM customer WHERE id = ?1", customer)? {
        return Err(CacheError::Refused("customer_not_found"));
    }
    // Its answer was lost, and the clinic's row is here before it is asked for again: the row stands.
    if knows("SELECT 1 FROM visit WHERE id = ?1", id)? {
        return Err(CacheError::Refused("value_not_allowed"));
    }
    let today = day_of(ledger.connection, happened(action))?;
    let booking = match action.args.get("appointment_id").filter(|id| !id.is_null()) {
        Some(_) => Some(booking::arrived(ledger, action, customer, &today)?),
        None => None,
    };
    nobody_was_quicker(ledger, customer, booking, &today)?;
    let journey = journey_of(ledger, customer, booking)?;
    ledger.touch("visit", id)?;
    ledger
        .connection
        .prepare_cached(
            "INSERT INTO visit (id, customer_id, appointment_id, journey_id, day, queue_number, state, arrived_at, arrived_by)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'waiting', ?7, ?8)",
        )?
        .execute((
            id,
            customer,
            booking,
            journey,
            &today,
            next_number(ledger, &today)?,
            happened(action),
            action.person,
        ))?;
    Ok(())
}

/// She is here already, as far as this PC knows.
fn nobody_was_quicker(ledger: &Ledger<'_>, customer: Uuid, booking: Option<Uuid>, today: &str) -> Result<()> {
    let sql = "SELECT 1 FROM visit WHERE customer_id = ?1 AND appointment_id IS ?2
         AND (state IN ('waiting', 'serving') AND day = ?3 OR ?2 IS NOT NULL AND state = 'done')";
    if ledger
        .connection
        .prepare_cached(sql)?
        .exists((customer, booking, today))?
    {
        return Err(CacheError::Refused("already_arrived"));
    }
    Ok(())
}

/// In the demo clinic nobody else gives numbers.
fn next_number(ledger: &Ledger<'_>, today: &str) -> Result<Option<i64>> {
    if !ledger.is_the_clinic() {
        return Ok(None);
    }
    let sql = "SELECT coalesce(max(queue_number), 0) + 1 FROM visit WHERE day = ?1";
    Ok(Some(
        ledger
            .connection
            .prepare_cached(sql)?
            .query_row([today], |row| row.get(0))?,
    ))
}

/// The journey that the visit moves: the booked one, else the customer's only one that waits for a treatment. Two such: none.
fn journey_of(ledger: &Ledger<'_>, customer: Uuid, booking: Option<Uuid>) -> Result<Option<Uuid>> {
    let (kind, booked): (String, Option<Uuid>) = ledger
        .connection
        .prepare_cached("SELECT coalesce(type, 'treatment'), journey_id FROM appointment WHERE id = ?1")?
        .query_row([booking], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?
        .unwrap_or_else(|| ("treatment".into(), None));
    if kind != "treatment" || booked.is_some() {
        return Ok(booked.filter(|_| kind == "treatment"));
    }
    let sql = "SELECT id FROM journey WHERE customer_id = ?1 AND stage = 'treatment_scheduled' LIMIT 2";
    let mut statement = ledger.connection.prepare_cached(sql)?;
    let ways: Vec<Uuid> = statement
        .query_map([customer], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    Ok(match ways.as_slice() {
        [only] => Some(*only),
        _ => None,
    })
}

pub(super) fn undo_check_in(ledger: &Ledger<'_>, action: &Action) -> Result<()> {
    let visit = found(ledger, action)?;
    if visit.state != Some(State::Waiting) {
        return Err(CacheError::Refused("changed_meanwhile"));
    }
    end(ledger, action, &visit, State::Undone)
}

pub(super) fn leave(ledger: &Ledger<'_>, action: &Action) -> Result<()> {
    let visit = found(ledger, action)?;
    allow(&visit, State::Left)?;
    end(ledger, action, &visit, State::Left)?;
    booking::becomes(ledger, visit.booking, "cancelled")
}

/// Takes a leaving back: she waits again.
pub(super) fn come_back(ledger: &Ledger<'_>, action: &Action) -> Result<()> {
    let visit = found(ledger, action)?;
    if visit.state != Some(State::Left) {
        return Err(CacheError::Refused("changed_meanwhile"));
    }
    ledger.touch("visit", visit.id)?;
    ledger
        .connection
        .prepare_cached(
            "UPDATE visit SET state = 'waiting', finished_at = NULL, finished_by = NULL, finished_device = NULL, reason = NULL WHERE id = ?1",
        )?
        .execute([visit.id])?;
    booking::becomes(ledger, visit.booking, "confirmed")
}

pub(super) fn start(ledger: &Ledger<'_>, action: &Action) -> Result<()> {
    let visit = found(ledger, action)?;
    allow(&visit, State::Serving)?;
    move_along(ledger, action, &visit, "start_treatment")?;
    ledger.touch("visit", visit.id)?;
    ledger
        .connection
        .prepare_cached(
            "UPDATE visit SET state = 'serving', started_at = max(?2, arrived_at), started_by = ?3, started_device = NULL WHERE id = ?1",
        )?
        .execute((visit.id, happened(action), action.person))?;
    booking::becomes(ledger, visit.booking, "in_progress")
}

pub(super) fn unstart(ledger: &Ledger<'_>, action: &Action) -> Result<()> {
    let visit = found(ledger, action)?;
    if visit.state != Some(State::Serving) {
        return Err(CacheError::Refused("changed_meanwhile"));
    }
    move_back(ledger, action, &visit)?;
    ledger.touch("visit", visit.id)?;
    ledger
        .connection
        .prepare_cached(
            "UPDATE visit SET state = 'waiting', started_at = NULL, started_by = NULL, started_device = NULL WHERE id = ?1",
        )?
        .execute([visit.id])?;
    booking::becomes(ledger, visit.booking, "confirmed")
}

pub(super) fn finish(ledger: &Ledger<'_>, action: &Action) -> Result<()> {
    let visit = found(ledger, action)?;
    allow(&visit, State::Done)?;
    move_along(ledger, action, &visit, "complete_treatment")?;
    end(ledger, action, &visit, State::Done)?;
    booking::becomes(ledger, visit.booking, "completed")
}

pub(super) fn unfinish(ledger: &Ledger<'_>, action: &Action) -> Result<()> {
    let visit = found(ledger, action)?;
    if visit.state != Some(State::Done) {
        return Err(CacheError::Refused("changed_meanwhile"));
    }
    move_back(ledger, action, &visit)?;
    ledger.touch("visit", visit.id)?;
    ledger
        .connection
        .prepare_cached(
            "UPDATE visit SET state = 'serving', finished_at = NULL, finished_by = NULL, finished_device = NULL WHERE id = ?1",
        )?
        .execute([visit.id])?;
    booking::becomes(ledger, visit.booking, "in_progress")
}

fn end(ledger: &Ledger<'_>, action: &Action, visit: &Visit, state: State) -> Result<()> {
    ledger.touch("visit", visit.id)?;
    ledger
        .connection
        .prepare_cached(
            "UPDATE visit SET state = ?2, finished_at = max(?3, coalesce(started_at, arrived_at)), finished_by = ?4, finished_device = NULL, reason = ?5 WHERE id = ?1",
        )?
        .execute((visit.id, state.word(), happened(action), action.person, action.text("reason")))?;
    Ok(())
}

/// Refuses a step that the visit's state does not allow.
pub(super) fn allow(visit: &Visit, wanted: State) -> Result<()> {
    let is = visit.state.ok_or(CacheError::Refused("value_not_allowed"))?;
    match refusal(is, wanted) {
        Some(word) => Err(CacheError::Refused(word)),
        None => Ok(()),
    }
}

/// The visit of the action.
pub(super) fn found(ledger: &Ledger<'_>, action: &Action) -> Result<Visit> {
    let sql = "SELECT id, appointment_id, coalesce(state, ''), journey_id FROM visit WHERE id = ?1";
    let read = |row: &Row<'_>| {
        let state: String = row.get(2)?;
        Ok(Visit {
            id: row.get(0)?,
            booking: row.get(1)?,
            journey: row.get(3)?,
            state: State::from_word(&state),
        })
    };
    let found = ledger
        .connection
        .prepare_cached(sql)?
        .query_row([action.uuid("id")?], read);
    found.optional()?.ok_or(CacheError::Refused("visit_not_found"))
}

/// When the person did it.
pub(super) fn happened(action: &Action) -> i64 {
    action.instant("at").unwrap_or(action.at)
}

/// The clinic's day at an instant.
pub(super) fn day_of(connection: &Connection, at: i64) -> Result<String> {
    let at = DateTime::<Utc>::from_timestamp_micros(at).unwrap_or_default();
    Ok(day::date(at, clinic::zone(connection)?).to_string())
}
