//! Bookings on the cache. A booking's time is one value, `YYYY-MM-DD HH:MM-HH:MM`: whoever moves a booking moves all of it.

use chrono::{NaiveDate, NaiveTime};
use desk_core::day;
use rusqlite::{Connection, OptionalExtension as _};
use serde_json::{Value as Json, json};
use uuid::Uuid;

use super::{Action, Ledger, booked, visit};
use crate::{
    error::{CacheError, Result},
    query::clinic,
};

/// Where a booking stands.
struct Booking {
    id: Uuid,
    customer: Option<Uuid>,
    status: String,
    slot: String,
}

/// What an action on a booking replaces, of it and of its journey; making one replaces nothing of it.
pub(super) fn before(connection: &Connection, action: &Action) -> Result<Json> {
    let sql = "SELECT coalesce(status, 'scheduled'), coalesce(date, '') || ' ' || coalesce(start_time, '') || '-' || coalesce(end_time, ''), room, staff_id
         FROM appointment WHERE id = ?1";
    let found = connection.prepare_cached(sql)?.query_row([action.uuid("id")?], |row| {
        let (status, slot): (String, String) = (row.get(0)?, row.get(1)?);
        let (room, staff): (Option<String>, Option<Uuid>) = (row.get(2)?, row.get(3)?);
        Ok(json!({ "status": status, "slot": slot, "room": room, "staff_id": staff }))
    });
    let mut before = found.optional()?.unwrap_or_else(|| json!({}));
    if let Some(before) = before.as_object_mut() {
        before.insert("journey".to_owned(), booked::before(connection, action)?);
    }
    Ok(before)
}

/// What every action says that takes one back. `id` becomes the row of the journey's history that says so; `moved` is the row that it takes back.
fn reversing(id: Uuid, done: &Action, before: &Json) -> Json {
    json!({ "id": done.args.get("id"), "of": done.id, "entry": id, "moved": done.args.get("entry"), "was": before.get("journey") })
}

fn reversing_with(id: Uuid, done: &Action, before: &Json, more: Json) -> Json {
    let mut args = reversing(id, done, before);
    if let (Some(args), Json::Object(more)) = (args.as_object_mut(), more) {
        args.extend(more);
    }
    args
}

pub(super) fn unbooking(id: Uuid, done: &Action, before: &Json) -> Json {
    reversing(id, done, before)
}

pub(super) fn reopening(id: Uuid, done: &Action, before: &Json) -> Json {
    reversing_with(id, done, before, json!({ "status": before.get("status") }))
}

/// Back to where it was, from where the action has put it.
pub(super) fn moving_back(id: Uuid, done: &Action, before: &Json) -> Json {
    let wrote = done.args.get("set").and_then(Json::as_object);
    let fields = || wrote.into_iter().flat_map(|wrote| wrote.keys());
    let set: serde_json::Map<String, Json> = fields()
        .map(|field| (field.clone(), before.get(field).cloned().unwrap_or_default()))
        .collect();
    let more = json!({ "set": set, "base": wrote, "status": before.get("status") });
    reversing_with(id, done, before, more)
}

pub(super) fn book(ledger: &Ledger<'_>, action: &Action) -> Result<()> {
    let (id, customer) = (action.uuid("id")?, action.uuid("customer_id")?);
    let knows = |sql: &str, id: Uuid| -> Result<bool> { Ok(ledger.connection.prepare_cached(sql)?.exists([id])?) };
    if !knows("SELECT 1 FROM customer WHERE id = ?1", customer)? {
        return Err(CacheError::Refused("customer_not_found"));
    }
    let staff = action.uuid("staff_id")?;
    if !knows("SELECT 1 FROM staff WHERE id = ?1 AND active = 1", staff)? {
        return Err(CacheError::Refused("person_not_found"));
    }
    // Its answer was lost, and the clinic's row is here before it is asked for again: the row stands.
    if knows("SELECT 1 FROM appointment WHERE id = ?1", id)? {
        return Err(CacheError::Refused("value_not_allowed"));
    }
    let services = action
        .text("service")
        .map_or_else(|| json!([]), |service| json!([service]));
    ledger.touch("appointment", id)?;
    ledger
        .connection
        .prepare_cached(
            "INSERT INTO appointment (id, customer_id, staff_id, type, status, services, room, notes, journey_id)
             VALUES (?1, ?2, ?3, ?4, 'scheduled', ?5, ?6, ?7, ?8)",
        )?
        .execute((
            id,
            customer,
            staff,
            action.text("type").unwrap_or("treatment"),
            services.to_string(),
            action.text("room"),
            action.text("notes"),
            action.uuid("journey_id").ok(),
        ))?;
    put_slot(ledger, id, action.text("slot").unwrap_or_default())?;
    booked::go_along(ledger, action, id, booked::MADE)
}

pub(super) fn reschedule(ledger: &Ledger<'_>, action: &Action) -> Result<()> {
    let booking = one(ledger, action.uuid("id")?)?;
    if matches!(booking.status.as_str(), "in_progress" | "completed") {
        return Err(CacheError::Refused("appointment_closed"));
    }
    let is_moved = nested(action, "set", "slot").is_some();
    if is_moved {
        arrival_is_known(ledger, action, booking.id)?;
    }
    place(ledger, action, &booking)?;
    if is_moved {
        becomes(ledger, Some(booking.id), "scheduled")?;
        booked::go_along(ledger, action, booking.id, booked::MOVED)?;
    }
    Ok(())
}

pub(super) fn move_back(ledger: &Ledger<'_>, action: &Action) -> Result<()> {
    let booking = one(ledger, action.uuid("id")?)?;
    if is_here(ledger, booking.id)?.is_some() {
        return Err(CacheError::Refused("changed_meanwhile"));
    }
    place(ledger, action, &booking)?;
    booked::move_back(ledger, action)?;
    becomes(ledger, Some(booking.id), action.text("status").unwrap_or("scheduled"))
}

fn place(ledger: &Ledger<'_>, action: &Action, booking: &Booking) -> Result<()> {
    settle_slot(ledger, action, booking)?;
    let set = action.args.get("set");
    ledger.touch("appointment", booking.id)?;
    if let Some(room) = set.and_then(|set| set.get("room")) {
        ledger
            .connection
            .prepare_cached("UPDATE appointment SET room = ?2 WHERE id = ?1")?
            .execute((booking.id, room.as_str()))?;
    }
    let staff = nested(action, "set", "staff_id").and_then(|id| Uuid::parse_str(id).ok());
    if let Some(staff) = staff {
        ledger
            .connection
            .prepare_cached("UPDATE appointment SET staff_id = ?2 WHERE id = ?1")?
            .execute((booking.id, staff))?;
    }
    Ok(())
}

/// Moving a booking for which somebody has come needs to say that this is known; then they wait no longer.
fn arrival_is_known(ledger: &Ledger<'_>, action: &Action, booking: Uuid) -> Result<()> {
    let Some((visit, state)) = is_here(ledger, booking)? else {
        return Ok(());
    };
    if state != "waiting" {
        return Err(CacheError::Refused("appointment_closed"));
    }
    let known = nested(action, "base", "visit").and_then(|id| Uuid::parse_str(id).ok());
    if known != Some(visit) {
        return Err(CacheError::Refused("already_arrived"));
    }
    ledger.touch("visit", visit)?;
    ledger
        .connection
        .prepare_cached(
            "UPDATE visit SET state = 'left', finished_at = max(?2, arrived_at), finished_by = ?3 WHERE id = ?1",
        )?
        .execute((visit, action.at, action.person))?;
    Ok(())
}

fn is_here(ledger: &Ledger<'_>, booking: Uuid) -> Result<Option<(Uuid, String)>> {
    let sql = "SELECT id, state FROM visit WHERE appointment_id = ?1 AND state IN ('waiting', 'serving', 'done')";
    let found = ledger
        .connection
        .prepare_cached(sql)?
        .query_row([booking], |row| Ok((row.get(0)?, row.get(1)?)));
    Ok(found.optional()?)
}

/// Nobody came, or it was called off.
pub(super) fn close(ledger: &Ledger<'_>, action: &Action, word: &str) -> Result<()> {
    let booking = one(ledger, action.uuid("id")?)?;
    if is_here(ledger, booking.id)?.is_some() {
        return Err(CacheError::Refused("already_arrived"));
    }
    if !matches!(booking.status.as_str(), "scheduled" | "confirmed") {
        return Err(CacheError::Refused("appointment_closed"));
    }
    settle_slot(ledger, action, &booking)?;
    if word == "no_show" && visit::happened(action) < starts(ledger, &booking)? {
        return Err(CacheError::Refused("not_yet"));
    }
    becomes(ledger, Some(booking.id), word)?;
    match word {
        "no_show" => booked::go_along(ledger, action, booking.id, booked::MISSED),
        _ => booked::unbook(ledger, action, booking.id),
    }
}

pub(super) fn reopen(ledger: &Ledger<'_>, action: &Action) -> Result<()> {
    let booking = one(ledger, action.uuid("id")?)?;
    if !matches!(booking.status.as_str(), "no_show" | "cancelled") {
        return Err(CacheError::Refused("changed_meanwhile"));
    }
    match booking.status.as_str() {
        "no_show" => booked::move_back(ledger, action)?,
        _ => booked::rebook(ledger, action)?,
    }
    becomes(ledger, Some(booking.id), action.text("status").unwrap_or("scheduled"))
}

/// A booking made by mistake is called off: the clinic keeps its row.
pub(super) fn unbook(ledger: &Ledger<'_>, action: &Action) -> Result<()> {
    let booking = one(ledger, action.uuid("id")?)?;
    if booking.status != "scheduled" || is_here(ledger, booking.id)?.is_some() {
        return Err(CacheError::Refused("changed_meanwhile"));
    }
    booked::move_back(ledger, action)?;
    becomes(ledger, Some(booking.id), "cancelled")
}

/// When a booking begins; what has no time never does.
fn starts(ledger: &Ledger<'_>, booking: &Booking) -> Result<i64> {
    let zone = clinic::zone(ledger.connection)?;
    let (date, times) = booking.slot.split_once(' ').unwrap_or_default();
    let time = times.split('-').next().unwrap_or_default();
    let day: Option<NaiveDate> = date.parse().ok();
    let time = NaiveTime::parse_from_str(time, "%H:%M").ok();
    Ok(day
        .zip(time)
        .map_or(i64::MAX, |(day, time)| day::instant(day, time, zone).timestamp_micros()))
}

/// The booking that somebody has come for: today's, open, and where the person saw it.
pub(super) fn arrived(ledger: &Ledger<'_>, action: &Action, customer: Uuid, today: &str) -> Result<Uuid> {
    let booking = one(ledger, action.uuid("appointment_id")?)?;
    if booking.customer != Some(customer) {
        return Err(CacheError::Refused("appointment_not_found"));
    }
    let slot = settle_slot(ledger, action, &booking)?;
    if slot.split(' ').next() != Some(today) {
        return Err(CacheError::Refused("booking_of_another_day"));
    }
    match booking.status.as_str() {
        "completed" | "cancelled" => return Err(CacheError::Refused("appointment_closed")),
        "no_show" => becomes(ledger, Some(booking.id), "confirmed")?,
        _ => {}
    }
    Ok(booking.id)
}

/// The booking's time once the action has said where it wants it; refused where it stands elsewhere than the person saw.
fn settle_slot(ledger: &Ledger<'_>, action: &Action, booking: &Booking) -> Result<String> {
    let (seen, wanted) = (nested(action, "base", "slot"), nested(action, "set", "slot"));
    let is_elsewhere = seen.is_some_and(|seen| seen != booking.slot) && wanted != Some(&booking.slot);
    if is_elsewhere {
        return Err(CacheError::Refused("changed_meanwhile"));
    }
    match wanted.filter(|wanted| **wanted != booking.slot) {
        None => Ok(booking.slot.clone()),
        Some(wanted) => {
            put_slot(ledger, booking.id, wanted)?;
            Ok(wanted.to_owned())
        }
    }
}

fn put_slot(ledger: &Ledger<'_>, id: Uuid, slot: &str) -> Result<()> {
    let (date, times) = slot.split_once(' ').ok_or(CacheError::Refused("value_not_allowed"))?;
    let (start, end) = times.split_once('-').ok_or(CacheError::Refused("value_not_allowed"))?;
    if end <= start {
        return Err(CacheError::Refused("value_not_allowed"));
    }
    ledger.touch("appointment", id)?;
    ledger
        .connection
        .prepare_cached("UPDATE appointment SET date = ?2, start_time = ?3, end_time = ?4 WHERE id = ?1")?
        .execute((id, date, start, end))?;
    Ok(())
}

/// Gives a booking another word; nothing where there is no booking.
pub(super) fn becomes(ledger: &Ledger<'_>, id: Option<Uuid>, status: &str) -> Result<()> {
    let Some(id) = id else { return Ok(()) };
    ledger.touch("appointment", id)?;
    ledger
        .connection
        .prepare_cached("UPDATE appointment SET status = ?2 WHERE id = ?1")?
        .execute((id, status))?;
    Ok(())
}

fn one(ledger: &Ledger<'_>, id: Uuid) -> Result<Booking> {
    let sql = "SELECT customer_id, coalesce(status, 'scheduled'), coalesce(date, '') || ' ' || coalesce(start_time, '') || '-' || coalesce(end_time, '')
         FROM appointment WHERE id = ?1";
    let found = ledger.connection.prepare_cached(sql)?.query_row([id], |row| {
        Ok(Booking {
            id,
            customer: row.get(0)?,
            status: row.get(1)?,
            slot: row.get(2)?,
        })
    });
    found.optional()?.ok_or(CacheError::Refused("appointment_not_found"))
}

fn nested<'a>(action: &'a Action, part: &str, field: &str) -> Option<&'a str> {
    action.args.get(part)?.get(field).and_then(Json::as_str)
}
