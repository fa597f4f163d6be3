//! What a booking and its journey do to each other here, as in the database: a booked treatment brings its journey along, a booking that is called off leaves it
//! waiting for one, and a journey that is cancelled takes its open bookings with it.

use std::collections::BTreeMap;

use chrono::{NaiveDate, NaiveTime};
use desk_core::{day, role::Role};
use rusqlite::{Connection, OptionalExtension as _};
use serde_json::{Value as Json, json};
use uuid::Uuid;

use super::{Action, Ledger, booking, journey, visit, written};
use crate::{
    error::{CacheError, Result},
    query::{appointment, clinic, journey as ways, staff},
};

/// A treatment that is a session of a course.
struct Booked {
    way: Uuid,
    staff: Option<Uuid>,
    day: String,
    starts: String,
}

/// Where a booking goes along: to which step from which stage. From anywhere else it moves nothing.
type Steps = &'static [(&'static str, &'static str)];
/// A booking is made.
pub(super) const MADE: Steps = &[
    ("payment_confirmed", "schedule_appointment"),
    ("treatment_scheduled", "reschedule"),
    ("treatment_completed", "next_session"),
    ("follow_up", "next_session"),
];
/// A booking is moved.
pub(super) const MOVED: Steps = &[
    ("payment_confirmed", "schedule_appointment"),
    ("treatment_scheduled", "reschedule"),
];
/// Nobody came.
pub(super) const MISSED: Steps = &[("treatment_scheduled", "no_show")];

/// What the journey of a booking was before an action on it; null where there is none.
pub(super) fn before(connection: &Connection, action: &Action) -> Result<Json> {
    let named = action.uuid("journey_id").ok();
    let way = match of(connection, action.uuid("id")?)? {
        Some(booked) => Some(booked.way),
        None => named.filter(|_| action.name == "appointment.book"),
    };
    way.map_or(Ok(Json::Null), |way| journey::standing_of(connection, way))
}

/// The booking's time is known to the journey; its step bears the `entry` of the action, as the database's does.
pub(super) fn go_along(ledger: &Ledger<'_>, action: &Action, id: Uuid, steps: Steps) -> Result<()> {
    let Some(booked) = of(ledger.connection, id)?.filter(|_| action.uuid("entry").is_ok()) else {
        return Ok(());
    };
    let stage = ways::one(ledger.connection, booked.way)?.map(|way| way.stage);
    let Some((_, word)) = steps.iter().find(|(from, _)| stage.as_deref() == Some(*from)) else {
        return Ok(());
    };
    let mut facts = json!({ "booked_at": written(starts(ledger.connection, &booked)?) });
    if let Some((person, facts)) = treats(ledger.connection, &booked)?.zip(facts.as_object_mut()) {
        facts.insert("beautician_id".to_owned(), json!(person));
    }
    let args = json!({ "action": word, "facts": facts });
    journey::step(ledger, &visit::of_journey(action, booked.way, args))
}

/// Takes back the step that an action made, if it made one. `moved` is its row of history, `was` what the journey was before.
pub(super) fn move_back(ledger: &Ledger<'_>, action: &Action) -> Result<()> {
    let (Some(booked), Some(was)) = (of(ledger.connection, action.uuid("id")?)?, was(action)) else {
        return Ok(());
    };
    let Ok(moved) = action.uuid("moved") else { return Ok(()) };
    let sql = "SELECT 1 FROM journey_action WHERE id = ?1 AND journey_id = ?2";
    if !ledger.connection.prepare_cached(sql)?.exists((moved, booked.way))? {
        return Ok(());
    }
    if ways::last_move(ledger.connection, booked.way)?.is_none_or(|last| last.id != moved) {
        return Err(CacheError::Refused("journey_changed"));
    }
    journey::unmove(ledger, &visit::of_journey(action, booked.way, json!({ "was": was })))
}

/// A booking is called off: the course waits for one again, or for the next that is open. The row of history that says so is the database's to write.
pub(super) fn unbook(ledger: &Ledger<'_>, action: &Action, id: Uuid) -> Result<()> {
    let Some(booked) = of(ledger.connection, id)? else {
        return Ok(());
    };
    let mut next: Option<i64> = None;
    for other in open(ledger, action, booked.way)? {
        if let Some(other) = of(ledger.connection, other.id)? {
            let at = starts(ledger.connection, &other)?;
            next = [next, at].into_iter().flatten().min();
        }
    }
    journey::expect_next(ledger, booked.way, visit::happened(action), next)
}

/// The calling off is taken back, and so is what it did to the journey, if nothing came after.
pub(super) fn rebook(ledger: &Ledger<'_>, action: &Action) -> Result<()> {
    match (of(ledger.connection, action.uuid("id")?)?, was(action)) {
        (Some(booked), Some(was)) => journey::expect_again(ledger, booked.way, action.at, was),
        _ => Ok(()),
    }
}

fn was(action: &Action) -> Option<&Json> {
    action.args.get("was").filter(|was| was.get("stage").is_some())
}

/// The open bookings of a journey that is cancelled, and what their word was.
pub(super) fn words(connection: &Connection, way: Uuid, today: &str) -> Result<BTreeMap<String, String>> {
    let open = appointment::open_of_journey(connection, way, today)?;
    Ok(open.into_iter().map(|one| (one.id.to_string(), one.status)).collect())
}

/// They are cancelled with it.
pub(super) fn cancel(ledger: &Ledger<'_>, action: &Action, way: Uuid) -> Result<()> {
    for one in open(ledger, action, way)? {
        booking::becomes(ledger, Some(one.id), "cancelled")?;
    }
    Ok(())
}

/// And get their word back with it; one that somebody has opened again since is theirs.
pub(super) fn reopen(ledger: &Ledger<'_>, was: &Json) -> Result<()> {
    let closed = was.get("bookings").and_then(Json::as_object);
    for (id, word) in closed.into_iter().flatten() {
        let (Ok(id), Some(word)) = (Uuid::parse_str(id), word.as_str()) else {
            continue;
        };
        let sql = "SELECT 1 FROM appointment WHERE id = ?1 AND status = 'cancelled'";
        if ledger.connection.prepare_cached(sql)?.exists([id])? {
            booking::becomes(ledger, Some(id), word)?;
        }
    }
    Ok(())
}

fn open(ledger: &Ledger<'_>, action: &Action, way: Uuid) -> Result<Vec<appointment::Open>> {
    appointment::open_of_journey(ledger.connection, way, &visit::day_of(ledger.connection, action.at)?)
}

fn of(connection: &Connection, id: Uuid) -> Result<Option<Booked>> {
    let sql = "SELECT journey_id, staff_id, coalesce(date, ''), coalesce(start_time, '') FROM appointment
         WHERE id = ?1 AND journey_id IS NOT NULL AND type = 'treatment'";
    let found = connection.prepare_cached(sql)?.query_row([id], |row| {
        Ok(Booked {
            way: row.get(0)?,
            staff: row.get(1)?,
            day: row.get(2)?,
            starts: row.get(3)?,
        })
    });
    Ok(found.optional()?)
}

/// When it begins; what has no time never does.
fn starts(connection: &Connection, booked: &Booked) -> Result<Option<i64>> {
    let zone = clinic::zone(connection)?;
    let day: Option<NaiveDate> = booked.day.parse().ok();
    let time = NaiveTime::parse_from_str(&booked.starts, "%H:%M").ok();
    Ok(day
        .zip(time)
        .map(|(day, time)| day::instant(day, time, zone).timestamp_micros()))
}

/// Who is booked treats the journey from then on; whoever does something else here does not.
fn treats(connection: &Connection, booked: &Booked) -> Result<Option<Uuid>> {
    let Some(person) = booked.staff else { return Ok(None) };
    let colleague = staff::one(connection, person)?.filter(|colleague| colleague.is_active);
    let is_one = |role: &str| Role::from_word(role) == Some(Role::Beautician);
    Ok(colleague.filter(|colleague| is_one(&colleague.role)).map(|_| person))
}
