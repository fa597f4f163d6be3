//! What the database decides about who is here, as the migrations `*_add_visit_actions` and `*_add_booking_actions` say it. No journey of the
//! simulation waits for a treatment, so no visit moves one.

use desk_core::{synced::Value, visit::queue_label};
use serde_json::{Value as Json, json};
use uuid::Uuid;

use super::{
    booking::{self, status_becomes},
    decide::{DAY, Decided, Desk, Refused, arg_text, arg_uuid, because, local, refuse},
    person::written,
    planted::Bug,
    reverse::{Undone, arg_moment, changed, undoing},
    row::{Row, id, text},
    server::DEVICE,
    tell::{News, Woken},
};

const SECOND: i64 = 1_000_000;

/// Somebody has come for it, and it was no mistake.
pub(super) const LIVE: [&str; 3] = ["waiting", "serving", "done"];

/// When a person did it: a PC whose clock is ahead is not believed.
pub(super) fn happened_at(desk: &Desk<'_>, args: &Json) -> Result<i64, Refused> {
    let at = arg_moment(args, "at")?.unwrap_or(desk.tx.now);
    if at < desk.tx.now - 31 * DAY {
        return because("date_out_of_range", json!({ "field": "at" }));
    }
    Ok(at.min(desk.tx.now))
}

fn locked(desk: &Desk<'_>, visit: Uuid) -> Result<Row, Refused> {
    let found = desk.tx.row("visit", visit);
    found.cloned().map_or_else(|| refuse("visit_not_found"), Ok)
}

fn state(visit: &Row) -> &str {
    visit.text("state").unwrap_or_default()
}

/// Who has already done it, for the person who comes second.
pub(super) fn refuse_done(desk: &Desk<'_>, code: &'static str, visit: &Row, deed: &str) -> Decided {
    let by = desk.nickname(visit.id(&format!("{deed}_by")));
    let at = visit.int(&format!("{deed}_at")).map(written);
    because(code, json!({ "state": state(visit), "by": by, "at": at }))
}

/// Somebody has come for this booking.
pub(super) fn live_visit(desk: &Desk<'_>, booking: Uuid) -> Option<Row> {
    let of_it = |row: &&Row| row.id("appointment_id") == Some(booking) && LIVE.contains(&state(row));
    desk.tx.all("visit").find(of_it).cloned()
}

pub(super) fn check_in(desk: &mut Desk<'_>, args: &Json) -> Decided {
    let (visit, customer) = (arg_uuid(args, "id")?, arg_uuid(args, "customer_id")?);
    let at = happened_at(desk, args)?;
    let today = local(at).date_naive().to_string();
    if desk.tx.row("customer", customer).is_none() {
        return refuse("customer_not_found");
    }
    let booking = match args.get("appointment_id") {
        None | Some(Json::Null) => None,
        Some(_) => Some(booking::arrived(desk, args, customer, &today)?),
    };
    let of = booking.as_ref().and_then(|booking| booking.id("id"));
    if is_here_already(desk, customer, of, &today) && desk.bug != Some(Bug::SecondCheckIn) {
        return Ok(());
    }
    let is_taken = of.is_some_and(|of| live_visit(desk, of).is_some()) && desk.bug != Some(Bug::SecondCheckIn);
    let number = next_number(desk, &today);
    if is_taken || desk.tx.row("visit", visit).is_some() {
        return refuse("value_not_allowed");
    }
    let fields = [
        ("customer_id", id(customer)),
        ("appointment_id", id(of)),
        ("day", text(&today)),
        ("queue_number", Value::Int(number)),
        ("state", text("waiting")),
        ("arrived_at", Value::Int(at)),
        ("arrived_by", id(desk.person)),
        ("arrived_device", text(DEVICE)),
    ];
    desk.tx.put(Row::new("visit", visit, &fields));
    desk.tx.wake_tasks(customer, Woken::CheckIn);
    tell_arrival(desk, visit, customer, number, booking.as_ref());
    Ok(())
}

/// A second counter that was as quick finds its wish fulfilled.
fn is_here_already(desk: &Desk<'_>, customer: Uuid, booking: Option<Uuid>, today: &str) -> bool {
    desk.tx.all("visit").any(|row| {
        let is_here = matches!(state(row), "waiting" | "serving") && row.text("day") == Some(today);
        let is_theirs = row.id("customer_id") == Some(customer) && row.id("appointment_id") == booking;
        is_theirs && (is_here || booking.is_some() && state(row) == "done")
    })
}

fn next_number(desk: &mut Desk<'_>, today: &str) -> i64 {
    if desk.bug == Some(Bug::NumberOfWhoIsHere) {
        let here = |row: &&Row| row.text("day") == Some(today) && LIVE.contains(&state(row));
        return i64::try_from(desk.tx.all("visit").filter(here).count()).unwrap_or(0) + 1;
    }
    let last = desk.tx.given.queue.entry(today.to_owned()).or_default();
    *last += 1;
    *last
}

/// Whose hands it is in: who is booked, else every beautician.
fn who_treats(desk: &Desk<'_>, booking: Option<&Row>) -> Vec<Uuid> {
    let booked = booking.and_then(|booking| booking.id("staff_id"));
    match booked.filter(|booked| desk.works_here(*booked).is_ok()) {
        Some(booked) => vec![booked],
        None => desk.tx.people_of(&["beautician"]),
    }
}

fn tell_arrival(desk: &mut Desk<'_>, visit: Uuid, customer: Uuid, number: i64, booking: Option<&Row>) {
    let mut people = who_treats(desk, booking);
    people.retain(|person| *person != desk.person);
    let room = booking
        .and_then(|booking| booking.text("room"))
        .filter(|room| !room.is_empty());
    let said = [
        Some(format!("คิว {}", queue_label(number))),
        booking.and_then(|booking| Some(format!("นัด {}", booking.text("start_time")?))),
        room.map(str::to_owned),
    ];
    let news = News {
        kind: "visit_arrived",
        title: format!("{} มาถึงแล้ว", desk.tx.called(customer)),
        message: said.into_iter().flatten().collect::<Vec<_>>().join(" · "),
        priority: "high".into(),
        path: "/agenda".into(),
        subject: format!("visit:{visit}"),
        hold: Some(10 * SECOND),
    };
    desk.tx.notify(&people, &news);
}

/// What was not shown yet never was; who has been told is told that it is over.
fn withdraw_arrival(desk: &mut Desk<'_>, visit: &Row) {
    let key = visit.id("id").unwrap_or_default();
    let told = desk.tx.withdraw(&format!("visit:{key}"));
    let news = News {
        kind: "visit_withdrawn",
        title: format!("ยกเลิกเช็กอินคิว {}", queue_label(visit.int("queue_number").unwrap_or(0))),
        message: "เช็กอินผิดคน".into(),
        priority: "high".into(),
        path: "/agenda".into(),
        subject: format!("visit_undone:{key}"),
        hold: None,
    };
    desk.tx.notify(&told, &news);
}

pub(super) fn undo_check_in(desk: &mut Desk<'_>, args: &Json) -> Decided {
    let undone = undoing(desk, args, &["visit.check_in"])?;
    if !undone.was_done {
        return Ok(());
    }
    let Some(visit) = desk.tx.row("visit", arg_uuid(&undone.args, "id")?).cloned() else {
        return changed(desk, "state", Some("waiting"), who_was_quicker(desk, &undone));
    };
    if state(&visit) != "waiting" {
        return changed(desk, "state", visit.text("state"), last_hand(&visit));
    }
    let at = desk.tx.now.max(visit.int("arrived_at").unwrap_or(0));
    put_end(desk, &visit, "undone", at, None);
    withdraw_arrival(desk, &visit);
    Ok(())
}

/// A colleague was as quick: the visit is theirs.
fn who_was_quicker(desk: &Desk<'_>, undone: &Undone) -> Option<Uuid> {
    let named = undone.args.get("customer_id").and_then(Json::as_str);
    let is_theirs =
        |row: &&Row| row.id("customer_id").map(|id| id.to_string()).as_deref() == named && LIVE.contains(&state(row));
    let last = desk
        .tx
        .all("visit")
        .filter(is_theirs)
        .max_by_key(|row| row.int("arrived_at"))?;
    last.id("arrived_by")
}

fn last_hand(visit: &Row) -> Option<Uuid> {
    visit.id("finished_by").or(visit.id("started_by"))
}

fn put_end(desk: &mut Desk<'_>, visit: &Row, word: &str, at: i64, reason: Option<String>) {
    let mut visit = visit.clone();
    visit.set("state", text(word));
    visit.set("finished_at", Value::Int(at));
    visit.set("finished_by", id(desk.person));
    visit.set("finished_device", text(DEVICE));
    if reason.is_some() {
        visit.set("reason", Value::text(reason));
    }
    desk.tx.put(visit);
}

/// A visit that was decided against: its booking is elsewhere now.
pub(super) fn sent_away(desk: &mut Desk<'_>, visit: &Row) {
    let at = desk.tx.now.max(visit.int("arrived_at").unwrap_or(0));
    put_end(desk, visit, "left", at, Some("เลื่อนนัด".into()));
}

pub(super) fn leave(desk: &mut Desk<'_>, args: &Json) -> Decided {
    let visit = locked(desk, arg_uuid(args, "id")?)?;
    let why = arg_text(args, "reason", 500)?.filter(|why| !why.is_empty());
    match state(&visit) {
        "waiting" => {}
        "serving" => return refuse_done(desk, "visit_already_started", &visit, "started"),
        _ => return refuse_done(desk, "visit_ended", &visit, "finished"),
    }
    let at = happened_at(desk, args)?.max(visit.int("arrived_at").unwrap_or(0));
    put_end(desk, &visit.with("reason", Value::Null), "left", at, why);
    status_becomes(desk, visit.id("appointment_id"), None, "cancelled");
    Ok(())
}

pub(super) fn come_back(desk: &mut Desk<'_>, args: &Json) -> Decided {
    let undone = undoing(desk, args, &["visit.leave"])?;
    if !undone.was_done {
        return Ok(());
    }
    let visit = locked(desk, arg_uuid(&undone.args, "id")?)?;
    if state(&visit) != "left" {
        return changed(desk, "state", visit.text("state"), last_hand(&visit));
    }
    let booking = visit.id("appointment_id");
    if booking.is_some_and(|booking| live_visit(desk, booking).is_some()) {
        return changed(desk, "state", Some("waiting"), None);
    }
    let visit = without(visit.with("reason", Value::Null), "finished");
    desk.tx.put(visit.with("state", text("waiting")));
    status_becomes(desk, booking, Some("cancelled"), "confirmed");
    Ok(())
}

/// The visit without who did what when.
fn without(mut visit: Row, deed: &str) -> Row {
    for part in ["at", "by", "device"] {
        visit.set(&format!("{deed}_{part}"), Value::Null);
    }
    visit
}

pub(super) fn start(desk: &mut Desk<'_>, args: &Json) -> Decided {
    let mut visit = locked(desk, arg_uuid(args, "id")?)?;
    let at = happened_at(desk, args)?.max(visit.int("arrived_at").unwrap_or(0));
    match state(&visit) {
        "waiting" => {}
        "serving" => return refuse_done(desk, "visit_already_started", &visit, "started"),
        _ => return refuse_done(desk, "visit_ended", &visit, "finished"),
    }
    visit.set("state", text("serving"));
    visit.set("started_at", Value::Int(at));
    visit.set("started_by", id(desk.person));
    visit.set("started_device", text(DEVICE));
    let booking = visit.id("appointment_id");
    desk.tx.put(visit);
    status_becomes(desk, booking, None, "in_progress");
    Ok(())
}

pub(super) fn unstart(desk: &mut Desk<'_>, args: &Json) -> Decided {
    let (undone, visit) = match undone_visit(desk, args, "visit.start")? {
        Some(found) => found,
        None => return Ok(()),
    };
    if state(&visit) != "serving" || visit.id("started_by") != Some(desk.person) {
        return changed(desk, "state", visit.text("state"), last_hand(&visit));
    }
    move_back(&undone)?;
    let booking = visit.id("appointment_id");
    desk.tx.put(without(visit, "started").with("state", text("waiting")));
    status_becomes(desk, booking, Some("in_progress"), "confirmed");
    Ok(())
}

/// What is taken back, and its visit; nothing where nothing was done.
fn undone_visit(desk: &Desk<'_>, args: &Json, name: &str) -> Result<Option<(Undone, Row)>, Refused> {
    let undone = undoing(desk, args, &[name])?;
    if !undone.was_done {
        return Ok(None);
    }
    let visit = locked(desk, arg_uuid(&undone.args, "id")?)?;
    Ok(Some((undone, visit)))
}

/// No journey went along; its row of the history is asked for all the same.
pub(super) fn move_back(undone: &Undone) -> Decided {
    match undone.args.get("entry") {
        None => Ok(()),
        Some(_) => arg_uuid(&undone.args, "entry").map(drop),
    }
}

pub(super) fn finish(desk: &mut Desk<'_>, args: &Json) -> Decided {
    let visit = locked(desk, arg_uuid(args, "id")?)?;
    let at = happened_at(desk, args)?.max(visit.int("started_at").unwrap_or(0));
    match state(&visit) {
        "serving" => {}
        "waiting" => return refuse_done(desk, "visit_not_started", &visit, "arrived"),
        _ => return refuse_done(desk, "visit_ended", &visit, "finished"),
    }
    put_end(desk, &visit, "done", at, None);
    status_becomes(desk, visit.id("appointment_id"), None, "completed");
    let customer = desk
        .tx
        .row("customer", visit.id("customer_id").unwrap_or_default())
        .cloned();
    let (day, last) = (
        visit.text("day"),
        customer.as_ref().and_then(|row| row.text("last_visit_date")),
    );
    if let Some(customer) = customer.as_ref().filter(|_| last < day) {
        desk.tx.put(customer.with("last_visit_date", visit.get("day").clone()));
    }
    Ok(())
}

pub(super) fn unfinish(desk: &mut Desk<'_>, args: &Json) -> Decided {
    let (undone, visit) = match undone_visit(desk, args, "visit.finish")? {
        Some(found) => found,
        None => return Ok(()),
    };
    if state(&visit) != "done" || visit.id("finished_by") != Some(desk.person) {
        return changed(desk, "state", visit.text("state"), visit.id("finished_by"));
    }
    move_back(&undone)?;
    let booking = visit.id("appointment_id");
    desk.tx.put(without(visit, "finished").with("state", text("serving")));
    status_becomes(desk, booking, Some("completed"), "in_progress");
    Ok(())
}

/// Where a booking stands may be its visit's business: none may stand for it any more.
pub(super) fn nobody_came(desk: &Desk<'_>, booking: &Row) -> Decided {
    let came = booking.id("id").and_then(|booking| live_visit(desk, booking));
    match came {
        Some(visit) => refuse_done(desk, "already_arrived", &visit, "arrived"),
        None => Ok(()),
    }
}

/// Refuses when somebody has come for it, unless the person knows and decides against them. Answers the visit.
pub(super) fn check_arrival(desk: &Desk<'_>, booking: &Row, args: &Json) -> Result<Option<Row>, Refused> {
    let Some(visit) = live_visit(desk, booking.id("id").unwrap_or_default()) else {
        return Ok(None);
    };
    let key = visit.id("id").unwrap_or_default().to_string();
    if state(&visit) != "waiting" || matches!(booking.text("status"), Some("in_progress" | "completed")) {
        let (by, at) = (
            desk.nickname(visit.id("started_by")),
            visit.int("started_at").map(written),
        );
        return because(
            "appointment_closed",
            json!({ "status": booking.text("status"), "by": by, "at": at }),
        );
    }
    if booking::nested(args, "base", "visit").as_deref() != Some(&key) {
        let (by, at) = (
            desk.nickname(visit.id("arrived_by")),
            visit.int("arrived_at").map(written),
        );
        let yours = booking::nested(args, "set", "slot");
        let detail = json!({ "field": "visit", "yours": yours, "theirs": key, "by": by, "at": at });
        return because("changed_meanwhile", detail);
    }
    Ok(Some(visit))
}

/// Whether any visit but a mistaken one hangs on it.
pub(super) fn is_used(desk: &Desk<'_>, booking: &Row) -> bool {
    let of_it = |row: &Row| row.id("appointment_id") == booking.id("id") && state(row) != "undone";
    desk.tx.all("visit").any(of_it)
}
