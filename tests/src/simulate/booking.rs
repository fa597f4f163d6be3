//! What the database decides about bookings, as the migrations `*_add_booking_actions` and `*_tell_bookings_once` say it. A booking's time is one value: whoever moves a
//! booking moves all of it.

use chrono::{NaiveDate, NaiveDateTime, NaiveTime, TimeZone as _, Utc};
use desk_core::synced::Value;
use serde_json::{Map, Value as Json, json};
use uuid::Uuid;

use super::{
    decide::{BANGKOK, Decided, Desk, Refused, arg_text, arg_uuid, as_text, because, refuse, stamped},
    person::written,
    planted::Bug,
    reverse::{arg_moment, changed, undoing},
    row::{Row, id, text},
    tell::{News, Woken},
    visit::{check_arrival, happened_at, is_used, live_visit, move_back, nobody_came, sent_away},
};

const MINUTE: i64 = 60_000_000;

/// A booking's time as one value.
pub fn slot_of(booking: &Row) -> String {
    let part = |name| booking.text(name).unwrap_or_default();
    format!("{} {}-{}", part("date"), part("start_time"), part("end_time"))
}

/// A field of an object in the arguments, as PostgreSQL reads it as text.
pub(super) fn nested(args: &Json, part: &str, field: &str) -> Option<String> {
    let found = args.get(part)?.get(field)?;
    (!found.is_null()).then(|| as_text(found))
}

fn locked(desk: &Desk<'_>, booking: Uuid) -> Result<Row, Refused> {
    let found = desk.tx.row("appointment", booking);
    found.cloned().map_or_else(|| refuse("appointment_not_found"), Ok)
}

fn status(booking: &Row) -> &str {
    booking.text("status").unwrap_or_default()
}

/// Day, beginning and end.
type Slot = (String, String, String);

fn read_slot(desk: &Desk<'_>, args: &Json) -> Result<Slot, Refused> {
    let no = |code| because(code, json!({ "field": "slot" }));
    let typed = arg_text(args, "slot", 30)?.unwrap_or_default();
    let shape: String = typed
        .chars()
        .map(|c| if c.is_ascii_digit() { '0' } else { c })
        .collect();
    if shape != "0000-00-00 00:00-00:00" {
        return no("value_not_allowed");
    }
    let (day, starts, ends) = (&typed[..10], &typed[11..16], &typed[17..]);
    let is_time = |time: &str| NaiveTime::parse_from_str(time, "%H:%M").is_ok();
    if !is_time(starts) || !is_time(ends) {
        return no("value_not_allowed");
    }
    let Some(date) = NaiveDate::parse_from_str(day, "%Y-%m-%d")
        .ok()
        .filter(|_| &day[..4] != "0000")
    else {
        return no("date_out_of_range");
    };
    if ends <= starts {
        return no("value_not_allowed");
    }
    // PostgreSQL counts from its own day, not from the clinic's.
    let today = Utc
        .timestamp_micros(desk.tx.now)
        .single()
        .unwrap_or_default()
        .date_naive();
    let ahead = (date - today).num_days();
    if !(-400..=800).contains(&ahead) {
        return no("date_out_of_range");
    }
    Ok((day.to_owned(), starts.to_owned(), ends.to_owned()))
}

fn put_slot(booking: &mut Row, (day, starts, ends): &Slot) {
    booking.set("date", text(day));
    booking.set("start_time", text(starts));
    booking.set("end_time", text(ends));
}

/// When it begins.
fn starts_at(booking: &Row) -> i64 {
    let date: Option<NaiveDate> = booking.text("date").and_then(|date| date.parse().ok());
    let time = NaiveTime::parse_from_str(booking.text("start_time").unwrap_or_default(), "%H:%M").ok();
    let at = date.zip(time).map(|(date, time)| NaiveDateTime::new(date, time));
    let at = at.and_then(|at| BANGKOK.from_local_datetime(&at).single());
    at.map_or(i64::MAX, |at| at.timestamp_micros())
}

/// Refuses when it stands elsewhere than the person saw: both versions, and whose the other one is.
fn check_slot(desk: &Desk<'_>, booking: &Row, args: &Json) -> Decided {
    let is_at = slot_of(booking);
    let (seen, wants) = (nested(args, "base", "slot"), nested(args, "set", "slot"));
    if seen.as_ref().is_none_or(|seen| *seen == is_at)
        || wants.as_ref() == Some(&is_at)
        || desk.bug == Some(Bug::SlotIgnored)
    {
        return Ok(());
    }
    let (by, at) = match last_mover(desk, booking) {
        Some((person, at, args)) => (
            desk.nickname(Some(person)),
            Some(arg_moment(&args, "at")?.unwrap_or(at)),
        ),
        None => (None, None),
    };
    let detail = json!({ "field": "slot", "yours": wants, "theirs": is_at, "by": by, "at": at.map(written) });
    because("changed_meanwhile", detail)
}

/// Who touched a booking last through a desk, and when that was decided.
fn last_mover(desk: &Desk<'_>, booking: &Row) -> Option<(Uuid, i64, Json)> {
    let named = booking.id("id").unwrap_or_default().to_string();
    let is_it = |name: &str, args: &Json| {
        name.starts_with("appointment.") && args.get("id").and_then(Json::as_str) == Some(named.as_str())
    };
    let mut here = desk.decided.iter().rev();
    if let Some((action, _)) = here.find(|(action, said)| said.refused.is_none() && is_it(&action.name, &action.args)) {
        return Some((desk.person, desk.tx.now, action.args.clone()));
    }
    let known = desk.known.values().filter(|known| known.outcome.refused.is_none());
    let known = known.filter(|known| is_it(&known.action.name, &known.action.args));
    let last = known.max_by_key(|known| (known.at, known.version, known.action.seq))?;
    Some((last.person, last.at, last.action.args.clone()))
}

/// A booking becomes another word, if it is what it must be.
pub(super) fn status_becomes(desk: &mut Desk<'_>, booking: Option<Uuid>, only_if: Option<&str>, word: &str) {
    let Some(row) = booking.and_then(|booking| desk.tx.row("appointment", booking)).cloned() else {
        return;
    };
    if only_if.is_none_or(|only_if| status(&row) == only_if) {
        put(desk, row.with("status", text(word)));
    }
}

/// Whoever is being treated has come: what slept until then is there again.
fn put(desk: &mut Desk<'_>, booking: Row) {
    put_booking(desk.tx, booking);
}

/// As [`put`], whoever writes.
pub(super) fn put_booking(tx: &mut super::server::Tx, booking: Row) {
    let before = tx.row("appointment", booking.id("id").unwrap_or_default());
    let was = before.and_then(|before| before.text("status")).map(str::to_owned);
    let begins = was.is_some() && was.as_deref() != Some("in_progress") && status(&booking) == "in_progress";
    let customer = booking.id("customer_id").unwrap_or_default();
    tx.put(booking);
    if begins {
        tx.wake_tasks(customer, Woken::CheckIn);
    }
}

/// The booking that somebody has come for, where and when the person at the counter saw it.
pub(super) fn arrived(desk: &mut Desk<'_>, args: &Json, customer: Uuid, today: &str) -> Result<Row, Refused> {
    let mut booking = locked(desk, arg_uuid(args, "appointment_id")?)?;
    if booking.id("customer_id") != Some(customer) {
        return refuse("appointment_not_found");
    }
    check_slot(desk, &booking, args)?;
    if nested(args, "set", "slot").is_some_and(|wants| wants != slot_of(&booking)) {
        let slot = read_slot(desk, args.get("set").unwrap_or(&Json::Null))?;
        put_slot(&mut booking, &slot);
        put(desk, booking.clone());
    }
    if booking.text("date") != Some(today) {
        return because("booking_of_another_day", json!({ "date": booking.text("date") }));
    }
    match status(&booking) {
        closed @ ("completed" | "cancelled") => return because("appointment_closed", json!({ "status": closed })),
        "no_show" => {
            booking.set("status", text("confirmed"));
            put(desk, booking.clone());
        }
        _ => {}
    }
    Ok(booking)
}

fn arg_treater(desk: &Desk<'_>, args: &Json) -> Result<Uuid, Refused> {
    let person = arg_uuid(args, "staff_id")?;
    if desk.works_here(person).is_err() {
        return because("person_not_found", json!({ "field": "staff_id" }));
    }
    Ok(person)
}

/// What is said of a booking: when, and where.
fn line(booking: &Row) -> String {
    let date = booking.text("date").unwrap_or_default();
    let (month, day) = (date.get(5..7).unwrap_or_default(), date.get(8..10).unwrap_or_default());
    let room = booking.text("room").filter(|room| !room.is_empty());
    let room = room.map(|room| format!(" · {room}")).unwrap_or_default();
    format!("{day}/{month} {}{room}", booking.text("start_time").unwrap_or_default())
}

/// Who is booked hears of it in three minutes.
fn tell(desk: &mut Desk<'_>, booking: &Row, kind: &'static str, said: &str) {
    let mut people: Vec<Uuid> = booking.id("staff_id").into_iter().collect();
    people.retain(|person| *person != desk.person);
    let called = desk.tx.called(booking.id("customer_id").unwrap_or_default());
    let news = News {
        kind,
        title: format!("{said}: {called}"),
        message: line(booking),
        priority: "medium".into(),
        path: "/agenda".into(),
        subject: subject(booking),
        hold: Some(3 * MINUTE),
    };
    desk.tx.notify(&people, &news);
}

fn subject(booking: &Row) -> String {
    format!("booking:{}", booking.id("id").unwrap_or_default())
}

fn untell(desk: &mut Desk<'_>, booking: &Row) {
    desk.tx.withdraw(&subject(booking));
}

/// Something is taken back: what whoever treats has not seen never was, and only if what they saw last is not how it is now, they are told.
fn tell_again(desk: &mut Desk<'_>, booking: &Row, stands: bool) {
    untell(desk, booking);
    let (about, treats) = (subject(booking), booking.id("staff_id"));
    let is_theirs =
        |row: &&Row| row.text("subject") == Some(about.as_str()) && treats.is_some() && row.id("user_id") == treats;
    let seen = desk
        .tx
        .all("notification")
        .filter(is_theirs)
        .max_by_key(|row| row.int("created_at"));
    let seen = seen.map(|row| {
        (
            row.text("type") == Some("booking_cancelled"),
            row.text("message") == Some(&line(booking)),
        )
    });
    match (stands, seen) {
        (false, Some((false, _))) => tell(desk, booking, "booking_cancelled", "ยกเลิกนัด"),
        (true, None | Some((true, _))) => tell(desk, booking, "booking_made", "นัดใหม่"),
        (true, Some((false, false))) => tell(desk, booking, "booking_moved", "เลื่อนนัด"),
        _ => {}
    }
}

pub(super) fn book(desk: &mut Desk<'_>, args: &Json) -> Decided {
    let (key, customer) = (arg_uuid(args, "id")?, arg_uuid(args, "customer_id")?);
    let slot = read_slot(desk, args)?;
    let kind = arg_text(args, "type", 20)?.unwrap_or_else(|| "treatment".into());
    let person = arg_treater(desk, args)?;
    let service = arg_text(args, "service", 200)?.filter(|named| !named.is_empty());
    if desk.tx.row("customer", customer).is_none() {
        return refuse("customer_not_found");
    }
    if !matches!(kind.as_str(), "consultation" | "treatment" | "follow_up" | "scan") {
        return because("value_not_allowed", json!({ "field": "type" }));
    }
    let journey = booked_journey(desk, args, customer)?;
    let optional = |field, longest| Ok(arg_text(args, field, longest)?.filter(|typed| !typed.is_empty()));
    let (room, notes) = (optional("room", 60)?, optional("notes", 2_000)?);
    if desk.tx.row("appointment", key).is_some() {
        return refuse("value_not_allowed");
    }
    desk.tx.given.bookings += 1;
    let fields = [
        ("customer_id", id(customer)),
        ("staff_id", id(person)),
        ("code", Value::Text(format!("SIM-B{:06}", desk.tx.given.bookings))),
        ("type", text(&kind)),
        ("status", text("scheduled")),
        ("services", Value::Text(Json::from_iter(service).to_string())),
        ("room", Value::text(room)),
        ("notes", Value::text(notes)),
        ("journey_id", id(journey)),
    ];
    let mut booking = Row::new("appointment", key, &fields);
    put_slot(&mut booking, &slot);
    desk.tx.put(booking.clone());
    if kind == "treatment" {
        happened_at(desk, args)?;
    }
    tell(desk, &booking, "booking_made", "นัดใหม่");
    Ok(())
}

fn booked_journey(desk: &Desk<'_>, args: &Json, customer: Uuid) -> Result<Option<Uuid>, Refused> {
    if args.get("journey_id").is_none_or(Json::is_null) {
        return Ok(None);
    }
    let journey = arg_uuid(args, "journey_id")?;
    match desk.tx.row("journey", journey) {
        Some(row) if row.id("customer_id") == Some(customer) => Ok(Some(journey)),
        _ => refuse("journey_not_found"),
    }
}

pub(super) fn unbook(desk: &mut Desk<'_>, args: &Json) -> Decided {
    let undone = undoing(desk, args, &["appointment.book"])?;
    if !undone.was_done {
        return Ok(());
    }
    let booking = locked(desk, arg_uuid(&undone.args, "id")?)?;
    let made = undone.args.get("slot").and_then(Json::as_str);
    if status(&booking) != "scheduled" || Some(slot_of(&booking).as_str()) != made || is_used(desk, &booking) {
        return changed(desk, "status", booking.text("status"), None);
    }
    move_back(&undone)?;
    tell_again(desk, &booking, false);
    put(desk, booking.with("status", text("cancelled")));
    Ok(())
}

/// What stands in a field now, what the person saw there and what they want: two who want the same do not differ.
fn check_field(desk: &Desk<'_>, booking: &Row, args: &Json, field: &str) -> Decided {
    let is_now = match field {
        "room" => booking.text("room").map(str::to_owned),
        _ => booking.id(field).map(|id| id.to_string()),
    };
    let has = |part: &str| args.get(part).is_some_and(|part| part.get(field).is_some());
    let (seen, wants) = (nested(args, "base", field), nested(args, "set", field));
    let is_moved = seen.unwrap_or_default() != is_now.as_deref().unwrap_or_default() && wants != is_now;
    if has("set") && has("base") && is_moved {
        let theirs = if field == "room" {
            is_now
        } else {
            desk.nickname(booking.id("staff_id"))
        };
        return changed(desk, field, theirs.as_deref(), None);
    }
    Ok(())
}

fn place(desk: &mut Desk<'_>, booking: &Row, args: &Json) -> Result<Row, Refused> {
    let is_object = |part: Option<&Json>| part.is_none_or(|part| part.is_object() || part.is_null());
    let wants = args.get("set").and_then(Json::as_object);
    let is_known = |wants: &Map<String, Json>| wants.keys().all(|f| matches!(f.as_str(), "slot" | "room" | "staff_id"));
    let Some(wants) = wants.filter(|wants| is_object(args.get("base")) && is_known(wants)) else {
        return because("value_not_allowed", json!({ "field": "set" }));
    };
    check_slot(desk, booking, args)?;
    check_field(desk, booking, args, "room")?;
    check_field(desk, booking, args, "staff_id")?;
    let set = Json::Object(wants.clone());
    let mut placed = booking.clone();
    if wants.contains_key("slot") {
        put_slot(&mut placed, &read_slot(desk, &set)?);
        placed.set("status", text("scheduled"));
    }
    if wants.contains_key("room") {
        placed.set(
            "room",
            Value::text(arg_text(&set, "room", 60)?.filter(|room| !room.is_empty())),
        );
    }
    if wants.contains_key("staff_id") {
        placed.set("staff_id", id(arg_treater(desk, &set)?));
    }
    put(desk, placed.clone());
    Ok(placed)
}

pub(super) fn reschedule(desk: &mut Desk<'_>, args: &Json) -> Decided {
    let booking = locked(desk, arg_uuid(args, "id")?)?;
    if let closed @ ("in_progress" | "completed") = status(&booking) {
        return because("appointment_closed", json!({ "status": closed }));
    }
    let is_moved = args.get("set").is_some_and(|set| set.get("slot").is_some());
    let visit = if is_moved {
        check_arrival(desk, &booking, args)?
    } else {
        None
    };
    let booking = place(desk, &booking, args)?;
    if let Some(visit) = visit {
        sent_away(desk, &visit);
    }
    if is_moved && booking.text("type") == Some("treatment") {
        happened_at(desk, args)?;
    }
    untell(desk, &booking);
    tell(desk, &booking, "booking_moved", "เลื่อนนัด");
    Ok(())
}

pub(super) fn move_booking_back(desk: &mut Desk<'_>, args: &Json) -> Decided {
    let undone = undoing(desk, args, &["appointment.reschedule"])?;
    let word = arg_text(args, "status", 20)?.unwrap_or_else(|| "scheduled".into());
    if !matches!(word.as_str(), "scheduled" | "confirmed" | "cancelled" | "no_show") {
        return because("value_not_allowed", json!({ "field": "status" }));
    }
    if !undone.was_done {
        return Ok(());
    }
    let booking = locked(desk, arg_uuid(&undone.args, "id")?)?;
    if booking.id("id").and_then(|booking| live_visit(desk, booking)).is_some() {
        return changed(desk, "status", booking.text("status"), None);
    }
    let booking = place(desk, &booking, args)?;
    move_back(&undone)?;
    tell_again(desk, &booking, matches!(word.as_str(), "scheduled" | "confirmed"));
    put(desk, booking.with("status", text(&word)));
    Ok(())
}

fn close(desk: &mut Desk<'_>, args: &Json, word: &str) -> Result<Row, Refused> {
    let mut booking = locked(desk, arg_uuid(args, "id")?)?;
    nobody_came(desk, &booking)?;
    if !matches!(status(&booking), "scheduled" | "confirmed") {
        return because("appointment_closed", json!({ "status": status(&booking) }));
    }
    check_slot(desk, &booking, args)?;
    let reason = arg_text(args, "reason", 500)?.filter(|reason| !reason.is_empty());
    if reason.is_some() {
        let said = args.get("reason").and_then(Json::as_str).unwrap_or_default();
        let notes = stamped(desk, booking.text("notes"), &in_one_line(said));
        booking.set("notes", notes);
    }
    booking.set("status", text(word));
    put(desk, booking.clone());
    Ok(booking)
}

/// Breaks of lines, with what is blank around them, become one blank; the ends stay as they were typed.
fn in_one_line(said: &str) -> String {
    let parts: Vec<&str> = said.split(['\r', '\n']).collect();
    let last = parts.len() - 1;
    let trimmed = parts.iter().enumerate().map(|(nth, part)| match nth {
        _ if last == 0 => *part,
        0 => part.trim_end(),
        nth if nth == last => part.trim_start(),
        _ => part.trim(),
    });
    let kept = trimmed
        .enumerate()
        .filter(|(nth, part)| *nth == 0 || *nth == last || !part.is_empty());
    kept.map(|(_, part)| part).collect::<Vec<_>>().join(" ")
}

pub(super) fn no_show(desk: &mut Desk<'_>, args: &Json) -> Decided {
    let booking = close(desk, args, "no_show")?;
    let (at, starts) = (happened_at(desk, args)?, starts_at(&booking));
    if at < starts {
        return because("not_yet", json!({ "at": written(starts) }));
    }
    Ok(())
}

pub(super) fn cancel(desk: &mut Desk<'_>, args: &Json) -> Decided {
    let booking = close(desk, args, "cancelled")?;
    untell(desk, &booking);
    tell(desk, &booking, "booking_cancelled", "ยกเลิกนัด");
    Ok(())
}

pub(super) fn reopen(desk: &mut Desk<'_>, args: &Json) -> Decided {
    let undone = undoing(desk, args, &["appointment.no_show", "appointment.cancel"])?;
    let word = arg_text(args, "status", 20)?.unwrap_or_else(|| "scheduled".into());
    if !matches!(word.as_str(), "scheduled" | "confirmed") {
        return because("value_not_allowed", json!({ "field": "status" }));
    }
    if !undone.was_done {
        return Ok(());
    }
    let booking = locked(desk, arg_uuid(&undone.args, "id")?)?;
    let wrote = if undone.name == "appointment.no_show" {
        "no_show"
    } else {
        "cancelled"
    };
    if status(&booking) != wrote {
        return changed(desk, "status", booking.text("status"), None);
    }
    move_back(&undone)?;
    if wrote == "cancelled" {
        tell_again(desk, &booking, true);
    } else {
        untell(desk, &booking);
    }
    put(desk, booking.with("status", text(&word)));
    Ok(())
}
