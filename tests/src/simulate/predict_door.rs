//! As [`super::predict`], for who comes and who is booked.

use std::sync::Arc;

use chrono::{NaiveDate, NaiveDateTime, NaiveTime, TimeZone as _};
use desk_core::{
    synced::Value,
    visit::{State, refusal},
};
use serde_json::json;
use uuid::Uuid;

use super::{
    booking::slot_of,
    decide::{BANGKOK, local},
    predict::{Done, field, instant, put, uuid},
    row::{Key, Row, id, int, key, noun, text, to_change},
    seen::{Table, Waits},
    visit::LIVE,
};

pub(super) fn apply(rows: &mut Table, action: &Waits) -> Done {
    match action.name.as_str() {
        "visit.check_in" => check_in(rows, action),
        "visit.undo_check_in" => undo_check_in(rows, action),
        "visit.leave" => leave(rows, action),
        "visit.return" => step_back(rows, action, State::Left, "confirmed"),
        "visit.start" => start(rows, action),
        "visit.unstart" => step_back(rows, action, State::Serving, "confirmed"),
        "visit.finish" => finish(rows, action),
        "visit.unfinish" => step_back(rows, action, State::Done, "in_progress"),
        "appointment.book" => book(rows, action),
        "appointment.unbook" => unbook(rows, action),
        "appointment.reschedule" => reschedule(rows, action),
        "appointment.move_back" => move_back(rows, action),
        "appointment.no_show" => close(rows, action, "no_show"),
        "appointment.cancel" => close(rows, action, "cancelled"),
        "appointment.reopen" => reopen(rows, action),
        _ => None,
    }
}

/// When the person did it.
fn happened(action: &Waits) -> i64 {
    instant(action, "at").unwrap_or(action.at)
}

fn state(visit: &Row) -> Option<State> {
    State::from_word(visit.text("state").unwrap_or_default())
}

fn status(booking: &Row) -> &str {
    booking.text("status").unwrap_or("scheduled")
}

fn row(rows: &Table, name: &str, id: Uuid) -> Option<Row> {
    rows.get(&key(name, id)).map(|row| row.as_ref().clone())
}

fn visits(rows: &Table) -> impl Iterator<Item = &Row> {
    let number = noun("visit").number;
    let range = rows.range((number, Uuid::nil())..=(number, Uuid::max()));
    range.map(|(_, row)| row.as_ref())
}

fn nested<'a>(action: &'a Waits, part: &str, field: &str) -> Option<&'a str> {
    action.args.get(part)?.get(field)?.as_str()
}

/// A visit of a booking that was no mistake and no farewell.
fn is_here(rows: &Table, booking: Uuid) -> Option<Row> {
    let of_it = |row: &&Row| {
        row.id("appointment_id") == Some(booking) && row.text("state").is_some_and(|state| LIVE.contains(&state))
    };
    visits(rows).find(of_it).cloned()
}

fn check_in(rows: &mut Table, action: &Waits) -> Done {
    let (visit, customer) = (uuid(action, "id")?, uuid(action, "customer_id")?);
    rows.contains_key(&key("customer", customer)).then_some(())?;
    // What the clinic says of it already stands.
    (!rows.contains_key(&key("visit", visit))).then_some(())?;
    let today = local(happened(action)).date_naive().to_string();
    let booking = match action.args.get("appointment_id").filter(|id| !id.is_null()) {
        Some(_) => Some(arrived(rows, action, customer, &today)?),
        None => None,
    };
    let was_quicker = |row: &Row| {
        let is_here = matches!(state(row), Some(State::Waiting | State::Serving)) && row.text("day") == Some(&today);
        let is_theirs = row.id("customer_id") == Some(customer) && row.id("appointment_id") == booking;
        is_theirs && (is_here || booking.is_some() && state(row) == Some(State::Done))
    };
    (!visits(rows).any(was_quicker)).then_some(())?;
    let booked = booking.and_then(|booking| row(rows, "appointment", booking));
    let is_treatment = |booked: &Row| booked.text("type").unwrap_or("treatment") == "treatment";
    let journey = booked.filter(is_treatment).and_then(|booked| booked.id("journey_id"));
    let fields = [
        ("customer_id", id(customer)),
        ("appointment_id", id(booking)),
        ("journey_id", id(journey)),
        ("day", text(&today)),
        ("state", text("waiting")),
        ("arrived_at", int(happened(action))),
        ("arrived_by", id(action.person)),
    ];
    put(rows, Row::new("visit", visit, &fields));
    Some(())
}

/// The booking that somebody has come for: today's, open, and where the person saw it.
fn arrived(rows: &mut Table, action: &Waits, customer: Uuid, today: &str) -> Option<Uuid> {
    let booking = uuid(action, "appointment_id")?;
    let found = row(rows, "appointment", booking)?;
    (found.id("customer_id") == Some(customer)).then_some(())?;
    let slot = settle_slot(rows, action, &found)?;
    (slot.split(' ').next() == Some(today)).then_some(())?;
    match status(&found) {
        "completed" | "cancelled" => return None,
        "no_show" => becomes(rows, Some(booking), "confirmed"),
        _ => {}
    }
    Some(booking)
}

/// The booking's time once the action has said where it wants it; none where it stands elsewhere than the person saw.
fn settle_slot(rows: &mut Table, action: &Waits, booking: &Row) -> Option<String> {
    let is_at = slot_of(booking);
    let (seen, wanted) = (nested(action, "base", "slot"), nested(action, "set", "slot"));
    let is_elsewhere = seen.is_some_and(|seen| seen != is_at) && wanted != Some(&is_at);
    (!is_elsewhere).then_some(())?;
    match wanted.filter(|wanted| *wanted != is_at) {
        None => Some(is_at),
        Some(wanted) => {
            put_slot(rows, booking.key(), wanted)?;
            Some(wanted.to_owned())
        }
    }
}

fn put_slot(rows: &mut Table, booking: Key, slot: &str) -> Done {
    let (date, times) = slot.split_once(' ')?;
    let (starts, ends) = times.split_once('-')?;
    (ends > starts).then_some(())?;
    let row = to_change(rows, booking)?;
    row.set("date", text(date));
    row.set("start_time", text(starts));
    row.set("end_time", text(ends));
    Some(())
}

/// Gives a booking another word; nothing where there is none.
fn becomes(rows: &mut Table, booking: Option<Uuid>, word: &str) {
    if let Some(row) = booking.and_then(|booking| to_change(rows, key("appointment", booking))) {
        row.set("status", text(word));
    }
}

/// The visit of the action, if it may become this.
fn allowed(rows: &Table, action: &Waits, wanted: State) -> Option<Row> {
    let visit = row(rows, "visit", uuid(action, "id")?)?;
    refusal(state(&visit)?, wanted).is_none().then_some(visit)
}

/// Writes the visit, and the word that its booking gets.
fn put_visit(rows: &mut Table, visit: Row, word: Option<&str>) -> Done {
    let booking = visit.id("appointment_id");
    put(rows, visit);
    if let Some(word) = word {
        becomes(rows, booking, word);
    }
    Some(())
}

fn ended(mut visit: Row, action: &Waits, wanted: State) -> Row {
    let since = visit.int("started_at").or(visit.int("arrived_at"));
    visit.set("state", text(wanted.word()));
    visit.set("finished_at", int(since.map(|since| happened(action).max(since))));
    visit.set("finished_by", id(action.person));
    visit.set("finished_device", Value::Null);
    visit.set("reason", Value::text(field(action, "reason").map(str::to_owned)));
    visit
}

fn without(mut visit: Row, deed: &str) -> Row {
    for part in ["at", "by", "device"] {
        visit.set(&format!("{deed}_{part}"), Value::Null);
    }
    visit
}

fn undo_check_in(rows: &mut Table, action: &Waits) -> Done {
    let visit = row(rows, "visit", uuid(action, "id")?)?;
    (state(&visit) == Some(State::Waiting)).then_some(())?;
    put_visit(rows, ended(visit, action, State::Undone), None)
}

fn leave(rows: &mut Table, action: &Waits) -> Done {
    let visit = allowed(rows, action, State::Left)?;
    put_visit(rows, ended(visit, action, State::Left), Some("cancelled"))
}

/// No journey of the simulation waits for a treatment, so none goes along: a visit that should move one is not started.
fn has_no_journey(visit: &Row) -> Done {
    visit.id("journey_id").is_none().then_some(())
}

fn start(rows: &mut Table, action: &Waits) -> Done {
    let mut visit = allowed(rows, action, State::Serving)?;
    has_no_journey(&visit)?;
    let since = visit.int("arrived_at").unwrap_or(i64::MIN);
    visit.set("state", text("serving"));
    visit.set("started_at", int(happened(action).max(since)));
    visit.set("started_by", id(action.person));
    visit.set("started_device", Value::Null);
    put_visit(rows, visit, Some("in_progress"))
}

fn finish(rows: &mut Table, action: &Waits) -> Done {
    let visit = allowed(rows, action, State::Done)?;
    has_no_journey(&visit)?;
    put_visit(rows, ended(visit, action, State::Done), Some("completed"))
}

/// Takes back the step that led to a state.
fn step_back(rows: &mut Table, action: &Waits, from: State, word: &str) -> Done {
    let visit = row(rows, "visit", uuid(action, "id")?)?;
    (state(&visit) == Some(from)).then_some(())?;
    let visit = match from {
        State::Serving => without(visit, "started").with("state", text("waiting")),
        State::Done => without(visit, "finished").with("state", text("serving")),
        _ => without(visit, "finished")
            .with("reason", Value::Null)
            .with("state", text("waiting")),
    };
    put_visit(rows, visit, Some(word))
}

fn book(rows: &mut Table, action: &Waits) -> Done {
    let (booking, customer) = (uuid(action, "id")?, uuid(action, "customer_id")?);
    rows.contains_key(&key("customer", customer)).then_some(())?;
    let person = uuid(action, "staff_id")?;
    let works = rows.get(&key("staff", person))?.int("active") == Some(1);
    (works && !rows.contains_key(&key("appointment", booking))).then_some(())?;
    let said = |name: &str| Value::text(field(action, name).map(str::to_owned));
    let services = field(action, "service").map_or_else(|| json!([]), |service| json!([service]));
    let fields = [
        ("customer_id", id(customer)),
        ("staff_id", id(person)),
        ("type", text(field(action, "type").unwrap_or("treatment"))),
        ("status", text("scheduled")),
        ("services", Value::Text(services.to_string())),
        ("room", said("room")),
        ("notes", said("notes")),
        ("journey_id", id(uuid(action, "journey_id"))),
    ];
    let made = Row::new("appointment", booking, &fields);
    let place = made.key();
    put(rows, made);
    put_slot(rows, place, field(action, "slot").unwrap_or_default())
}

fn booking_of(rows: &Table, action: &Waits) -> Option<(Uuid, Row)> {
    let booking = uuid(action, "id")?;
    Some((booking, row(rows, "appointment", booking)?))
}

fn reschedule(rows: &mut Table, action: &Waits) -> Done {
    let (booking, found) = booking_of(rows, action)?;
    (!matches!(status(&found), "in_progress" | "completed")).then_some(())?;
    let is_moved = nested(action, "set", "slot").is_some();
    if is_moved {
        send_away(rows, action, booking)?;
    }
    place(rows, action, &found)?;
    if is_moved {
        becomes(rows, Some(booking), "scheduled");
    }
    Some(())
}

/// Who has come for a booking that is moved waits no longer, if the person knows of them.
fn send_away(rows: &mut Table, action: &Waits, booking: Uuid) -> Done {
    let Some(mut visit) = is_here(rows, booking) else {
        return Some(());
    };
    let is_known = nested(action, "base", "visit").and_then(|known| Uuid::parse_str(known).ok()) == visit.id("id");
    (state(&visit) == Some(State::Waiting) && is_known).then_some(())?;
    let since = visit.int("arrived_at").unwrap_or(i64::MIN);
    visit.set("state", text("left"));
    visit.set("finished_at", int(action.at.max(since)));
    visit.set("finished_by", id(action.person));
    put(rows, visit);
    Some(())
}

fn place(rows: &mut Table, action: &Waits, booking: &Row) -> Done {
    settle_slot(rows, action, booking)?;
    let set = action.args.get("set");
    let row = to_change(rows, booking.key())?;
    if let Some(room) = set.and_then(|set| set.get("room")) {
        row.set("room", Value::text(room.as_str().map(str::to_owned)));
    }
    if let Some(person) = nested(action, "set", "staff_id").and_then(|person| Uuid::parse_str(person).ok()) {
        row.set("staff_id", id(person));
    }
    Some(())
}

fn move_back(rows: &mut Table, action: &Waits) -> Done {
    let (booking, found) = booking_of(rows, action)?;
    is_here(rows, booking).is_none().then_some(())?;
    place(rows, action, &found)?;
    becomes(rows, Some(booking), field(action, "status").unwrap_or("scheduled"));
    Some(())
}

/// Nobody came, or it was called off.
fn close(rows: &mut Table, action: &Waits, word: &str) -> Done {
    let (booking, found) = booking_of(rows, action)?;
    is_here(rows, booking).is_none().then_some(())?;
    matches!(status(&found), "scheduled" | "confirmed").then_some(())?;
    settle_slot(rows, action, &found)?;
    (word != "no_show" || happened(action) >= starts(&found)).then_some(())?;
    becomes(rows, Some(booking), word);
    Some(())
}

/// When a booking begins; what has no time never does.
fn starts(booking: &Row) -> i64 {
    let day = booking.text("date").and_then(|day| day.parse::<NaiveDate>().ok());
    let time = NaiveTime::parse_from_str(booking.text("start_time").unwrap_or_default(), "%H:%M").ok();
    let at = day.zip(time).map(|(day, time)| NaiveDateTime::new(day, time));
    let at = at.and_then(|at| BANGKOK.from_local_datetime(&at).single());
    at.map_or(i64::MAX, |at| at.timestamp_micros())
}

fn reopen(rows: &mut Table, action: &Waits) -> Done {
    let (booking, found) = booking_of(rows, action)?;
    matches!(status(&found), "no_show" | "cancelled").then_some(())?;
    becomes(rows, Some(booking), field(action, "status").unwrap_or("scheduled"));
    Some(())
}

fn unbook(rows: &mut Table, action: &Waits) -> Done {
    let (booking, found) = booking_of(rows, action)?;
    (status(&found) == "scheduled" && is_here(rows, booking).is_none()).then_some(())?;
    becomes(rows, Some(booking), "cancelled");
    Some(())
}

/// Whether a waiting action may have touched a row: its own, the booking of its visit, or the visit of its booking. `tables`: where the two are
/// looked for.
pub(super) fn touches(action: &Waits, kept: Key, tables: [&Table; 2]) -> bool {
    let (visits, bookings) = (noun("visit").number, noun("appointment").number);
    let own = uuid(action, "id");
    let booking_of = |visit: Uuid| {
        let found = tables.iter().filter_map(|table| table.get(&(visits, visit)));
        found
            .filter_map(|row: &Arc<Row>| row.id("appointment_id"))
            .collect::<Vec<_>>()
    };
    match action.name.split('.').next() {
        Some("visit") if kept.0 == visits => own == Some(kept.1),
        Some("visit") if kept.0 == bookings => {
            uuid(action, "appointment_id") == Some(kept.1) || own.is_some_and(|own| booking_of(own).contains(&kept.1))
        }
        Some("appointment") if kept.0 == bookings => own == Some(kept.1),
        Some("appointment") if kept.0 == visits => own.is_some_and(|own| booking_of(kept.1).contains(&own)),
        _ => false,
    }
}
