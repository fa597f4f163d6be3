//! Arrivals on this PC: at once on the screen, a number when the clinic has given one, and taken back without a trace or with one.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test: what is not as expected ends it, in its helpers too"
)]

mod support;

use desk_cache::{
    CacheError,
    change::{self, Action, Destination},
    outbox::{self, Refusal},
    rebase::Change,
    row,
    undo::{self, How, Undone, Wish},
};
use desk_core::synced::{SYNCED, Value};
use serde_json::{Value as Json, json};
use support::{Desk, id, noun, put, text};
use uuid::Uuid;

const SLOT: &str = "2026-10-01 10:30-11:30";
/// 10:24 in Bangkok on that day.
const NOW: i64 = 1_790_825_040_000_000;

fn a_customer() -> Change {
    put("customer", id(20), &[("full_name", text("พลอยไพลิน ศรีสุข"))])
}

fn a_booking(status: &str, start: &str) -> Change {
    let fields = [
        ("customer_id", Value::Uuid(id(20))),
        ("type", text("treatment")),
        ("status", text(status)),
        ("date", text("2026-10-01")),
        ("start_time", text(start)),
        ("end_time", text("11:30")),
    ];
    put("appointment", id(30), &fields)
}

/// The clinic's row of a visit.
fn a_visit(visit: u128, by: u128, number: i64, state: &str) -> Change {
    let fields = [
        ("customer_id", Value::Uuid(id(20))),
        ("appointment_id", Value::Uuid(id(30))),
        ("day", text("2026-10-01")),
        ("queue_number", Value::Int(number)),
        ("state", text(state)),
        ("arrived_at", Value::Int(NOW)),
        ("arrived_by", Value::Uuid(id(by))),
        ("arrived_device", text("PC-B")),
    ];
    put("visit", id(visit), &fields)
}

fn check_in(visit: u128) -> Json {
    json!({ "id": id(visit), "customer_id": id(20), "appointment_id": id(30), "set": { "slot": SLOT }, "base": { "slot": SLOT } })
}

/// A desk that knows one customer with a booking at half past ten.
fn booked() -> Desk {
    let desk = Desk::new();
    desk.pull(1, vec![a_customer(), a_booking("confirmed", "10:30")], vec![]);
    desk
}

impl Desk {
    fn press(&self, action: u128, name: &str, args: Json) -> Result<(), CacheError> {
        self.press_at(Destination::Clinic, action, name, args)
    }

    fn press_at(&self, destination: Destination, action: u128, name: &str, args: Json) -> Result<(), CacheError> {
        let action = Action {
            id: id(action),
            person: self.person,
            name: name.into(),
            args,
            at: NOW,
        };
        change::perform(self.cache(), &action, destination)
    }

    fn visit(&self, visit: u128) -> Option<Vec<Value>> {
        row::get(&self.cache().read().unwrap(), noun("visit"), id(visit)).unwrap()
    }

    fn field(&self, visit: u128, name: &str) -> Value {
        let at = noun("visit")
            .columns
            .iter()
            .position(|column| column.name == name)
            .unwrap();
        self.visit(visit).unwrap()[at].clone()
    }

    fn booking_status(&self) -> Value {
        row::get(&self.cache().read().unwrap(), noun("appointment"), id(30))
            .unwrap()
            .unwrap()[5]
            .clone()
    }

    fn take_back(&self, reversal: u128) -> Option<Undone> {
        let wish = Wish {
            person: self.person,
            of: None,
            id: id(reversal),
            at: NOW + 1,
        };
        undo::undo(self.cache(), &wish, Destination::Clinic).unwrap()
    }

    fn sent(&self) -> Vec<String> {
        let waiting = outbox::waiting(&self.cache().read().unwrap()).unwrap();
        self.cache()
            .write(|t| outbox::choose(t, self.person, &[self.person], 100, 5))
            .unwrap();
        waiting.into_iter().map(|action| action.name).collect()
    }
}

fn refused(result: Result<(), CacheError>) -> &'static str {
    match result {
        Err(CacheError::Refused(word)) => word,
        other => panic!("{other:?}"),
    }
}

#[test]
fn she_waits_at_once_and_has_a_number_when_the_clinic_has_given_one() {
    let desk = booked();
    desk.press(100, "visit.check_in", check_in(40)).unwrap();
    assert_eq!(desk.field(40, "state"), text("waiting"));
    assert_eq!(
        (desk.field(40, "day"), desk.field(40, "queue_number")),
        (text("2026-10-01"), Value::Null)
    );
    assert_eq!(
        (desk.field(40, "arrived_at"), desk.field(40, "arrived_by")),
        (Value::Int(NOW), Value::Uuid(id(1)))
    );
    desk.sent();
    desk.answer(100, None);
    desk.pull(2, vec![a_visit(40, 1, 12, "waiting")], vec![id(100)]);
    assert_eq!((desk.field(40, "queue_number"), desk.waiting()), (Value::Int(12), 0));
}

#[test]
fn what_the_clinic_did_and_could_not_answer_stands_as_its_rows_say() {
    let desk = booked();
    let staff = [("active", Value::Int(1))];
    desk.pull(2, vec![put("staff", id(2), &staff)], vec![]);
    let booking = json!({ "id": id(31), "customer_id": id(20), "staff_id": id(2), "slot": SLOT });
    desk.press(100, "visit.check_in", check_in(40)).unwrap();
    desk.press(101, "appointment.book", booking).unwrap();
    desk.sent();
    let booked = put(
        "appointment",
        id(31),
        &[("code", text("BN-B000001")), ("status", text("cancelled"))],
    );
    desk.pull(3, vec![a_visit(40, 1, 12, "left"), booked], vec![]);
    assert_eq!(
        (desk.field(40, "state"), desk.field(40, "queue_number")),
        (text("left"), Value::Int(12))
    );
    let booking = row::get(&desk.cache().read().unwrap(), noun("appointment"), id(31)).unwrap();
    assert!(booking.unwrap().contains(&text("BN-B000001")));
    assert_eq!(desk.waiting(), 2);
}

#[test]
fn in_the_demo_clinic_this_pc_gives_the_numbers() {
    let desk = booked();
    desk.pull(2, vec![put("customer", id(21), &[("full_name", text("นภา"))])], vec![]);
    desk.press_at(Destination::Here, 100, "visit.check_in", check_in(40))
        .unwrap();
    desk.press_at(
        Destination::Here,
        101,
        "visit.check_in",
        json!({ "id": id(41), "customer_id": id(21) }),
    )
    .unwrap();
    assert_eq!(
        (desk.field(40, "queue_number"), desk.field(41, "queue_number")),
        (Value::Int(1), Value::Int(2))
    );
}

#[test]
fn a_check_in_that_never_left_this_pc_was_never_made() {
    let desk = booked();
    let before = rows(&desk);
    desk.press(100, "visit.check_in", check_in(40)).unwrap();
    assert_eq!(desk.take_back(900).unwrap().how, How::TakenOut);
    assert_eq!((rows(&desk), desk.waiting()), (before, 0));
}

#[test]
fn one_that_may_have_left_is_reversed_and_stays_in_the_history() {
    let desk = booked();
    desk.press(100, "visit.check_in", check_in(40)).unwrap();
    desk.sent();
    assert_eq!(desk.take_back(900).unwrap().how, How::Reversed);
    assert_eq!(
        (desk.field(40, "state"), desk.field(40, "finished_by")),
        (text("undone"), Value::Uuid(id(1)))
    );
    desk.press(101, "visit.check_in", check_in(41)).unwrap();
    assert_eq!(desk.sent(), ["visit.check_in", "visit.undo_check_in", "visit.check_in"]);
    assert_eq!(desk.field(41, "state"), text("waiting"));
}

#[test]
fn a_colleague_who_was_as_quick_keeps_the_visit() {
    let desk = booked();
    desk.press(100, "visit.check_in", check_in(40)).unwrap();
    desk.sent();
    desk.pull(2, vec![a_visit(41, 2, 7, "waiting")], vec![]);
    assert!(
        desk.visit(40).is_none(),
        "one arrival, not two, while ours has no answer yet"
    );
    desk.answer(100, None);
    desk.pull(3, vec![], vec![id(100)]);
    assert_eq!((desk.visit(40), desk.field(41, "queue_number")), (None, Value::Int(7)));
    assert_eq!(desk.take_back(900).unwrap().how, How::Refused("visit_not_found"));
}

#[test]
fn what_this_pc_knows_to_be_impossible_is_refused_before_anything_is_saved() {
    let desk = booked();
    let with = |key: &str, value: Json| {
        let mut args = check_in(40);
        args[key] = value;
        args
    };
    let of_another_day = json!({ "slot": "2026-10-02 10:30-11:30" });
    for (args, word) in [
        (with("customer_id", json!(id(21))), "customer_not_found"),
        (with("appointment_id", json!(id(31))), "appointment_not_found"),
        (with("set", of_another_day), "booking_of_another_day"),
    ] {
        assert_eq!(refused(desk.press(100, "visit.check_in", args)), word);
    }
    assert_eq!((desk.visit(40), desk.waiting()), (None, 0));
    desk.press(101, "visit.check_in", check_in(40)).unwrap();
    assert_eq!(
        refused(desk.press(102, "visit.check_in", check_in(41))),
        "already_arrived"
    );
    for status in ["completed", "cancelled"] {
        let desk = booked();
        desk.pull(2, vec![a_booking(status, "10:30")], vec![]);
        assert_eq!(
            refused(desk.press(100, "visit.check_in", check_in(40))),
            "appointment_closed"
        );
    }
}

#[test]
fn a_booking_that_was_moved_meanwhile_is_not_checked_in_as_if_nothing_were() {
    let desk = booked();
    desk.pull(2, vec![a_booking("confirmed", "09:00")], vec![]);
    assert_eq!(
        refused(desk.press(100, "visit.check_in", check_in(40))),
        "changed_meanwhile"
    );
    let mut decided = check_in(40);
    decided["base"]["slot"] = json!("2026-10-01 09:00-11:30");
    desk.press(101, "visit.check_in", decided).unwrap();
    let booking = row::get(&desk.cache().read().unwrap(), noun("appointment"), id(30))
        .unwrap()
        .unwrap();
    assert_eq!(
        (booking[7].clone(), booking[8].clone()),
        (text("10:30"), text("11:30")),
        "decided for where it was seen"
    );
}

#[test]
fn who_leaves_takes_the_booking_along_and_who_comes_back_brings_it() {
    let desk = booked();
    desk.press(100, "visit.check_in", check_in(40)).unwrap();
    desk.sent();
    desk.press(101, "visit.leave", json!({ "id": id(40), "reason": "รอนาน" }))
        .unwrap();
    assert_eq!(
        (desk.field(40, "state"), desk.field(40, "reason"), desk.booking_status()),
        (text("left"), text("รอนาน"), text("cancelled"))
    );
    assert_eq!(
        refused(desk.press(102, "visit.leave", json!({ "id": id(40) }))),
        "visit_ended"
    );
    desk.sent();
    assert_eq!(desk.take_back(900).unwrap().how, How::Reversed);
    assert_eq!(
        (desk.field(40, "state"), desk.field(40, "reason"), desk.booking_status()),
        (text("waiting"), Value::Null, text("confirmed"))
    );
    assert_eq!(
        refused(desk.press(103, "visit.leave", json!({ "id": id(49) }))),
        "visit_not_found"
    );
}

#[test]
fn a_move_that_no_longer_fits_leaves_nothing_of_itself_not_half_of_it() {
    let desk = booked();
    desk.pull(2, vec![a_visit(40, 2, 7, "waiting")], vec![]);
    let args =
        json!({ "id": id(30), "set": { "slot": "2026-10-01 15:00-16:00" }, "base": { "slot": SLOT, "visit": id(40) } });
    desk.press(100, "appointment.reschedule", args).unwrap();
    assert_eq!(
        desk.field(40, "state"),
        text("left"),
        "whoever had come for it waits no longer"
    );
    // A colleague has moved the booking meanwhile: this PC's move is refused, whichever row it looks at last.
    desk.pull(3, vec![a_booking("confirmed", "10:45")], vec![]);
    let clinics = (text("waiting"), Value::Null);
    assert_eq!((desk.field(40, "state"), desk.field(40, "finished_by")), clinics);
    assert_eq!((desk.booking_status(), desk.waiting()), (text("confirmed"), 1));
    desk.pull(4, vec![a_booking("confirmed", "10:30")], vec![]);
    assert_eq!(
        desk.field(40, "state"),
        text("left"),
        "where it fits again, all of it is done again"
    );
    desk.sent();
    desk.answer(
        100,
        Some(Refusal {
            code: "changed_meanwhile".into(),
            detail: None,
        }),
    );
    desk.pull(5, vec![], vec![id(100)]);
    assert_eq!(
        (desk.field(40, "state"), desk.booking_status()),
        (text("waiting"), text("confirmed"))
    );
}

#[test]
fn what_was_done_before_and_after_one_that_no_longer_fits_stays_done() {
    let desk = booked();
    desk.pull(
        2,
        vec![
            a_visit(40, 2, 7, "waiting"),
            put("customer", id(21), &[("full_name", text("นภา"))]),
        ],
        vec![],
    );
    desk.press(
        100,
        "customer.edit",
        json!({ "id": id(21), "set": { "nickname": "ก่อน" } }),
    )
    .unwrap();
    let args =
        json!({ "id": id(30), "set": { "slot": "2026-10-01 15:00-16:00" }, "base": { "slot": SLOT, "visit": id(40) } });
    desk.press(101, "appointment.reschedule", args).unwrap();
    desk.press(102, "customer.edit", json!({ "id": id(21), "set": { "notes": "หลัง" } }))
        .unwrap();
    desk.pull(3, vec![a_booking("confirmed", "10:45")], vec![]);
    let written: (String, String) = desk
        .cache()
        .read()
        .unwrap()
        .query_row("SELECT nickname, notes FROM customer WHERE id = ?1", [id(21)], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .unwrap();
    assert_eq!(written, ("ก่อน".into(), "หลัง".into()));
    assert_eq!((desk.field(40, "state"), desk.waiting()), (text("waiting"), 3));
}

/// A course of three, one of them done, with a beautician who may treat.
fn scheduled() -> Desk {
    let desk = booked();
    let journey = [
        ("customer_id", Value::Uuid(id(20))),
        ("stage", text("treatment_scheduled")),
        ("version", Value::Int(5)),
        ("stage_since", Value::Int(1)),
        ("sessions_planned", Value::Int(3)),
        ("sessions_done", Value::Int(1)),
    ];
    let staff = [
        ("nickname", text("หมิว")),
        ("role", text("beautician")),
        ("active", Value::Int(1)),
    ];
    desk.pull(
        2,
        vec![put("journey", id(50), &journey), put("staff", id(1), &staff)],
        vec![],
    );
    desk.press(100, "visit.check_in", check_in(40)).unwrap();
    desk
}

impl Desk {
    /// Stage, version and sessions done of the journey, and what its history says.
    fn way(&self) -> (String, i64, i64, Vec<String>) {
        let reader = self.cache().read().unwrap();
        let (stage, version, done) = reader
            .query_row(
                "SELECT stage, version, sessions_done FROM journey WHERE id = ?1",
                [id(50)],
                |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
            )
            .unwrap();
        let mut told = reader
            .prepare("SELECT type FROM journey_action ORDER BY version")
            .unwrap();
        let told = told.query_map([], |row| row.get(0)).unwrap();
        (stage, version, done, told.map(Result::unwrap).collect())
    }
}

fn stood(way: &(String, i64, i64, Vec<String>)) -> (&str, i64, i64) {
    (way.0.as_str(), way.1, way.2)
}

#[test]
fn a_treatment_that_begins_and_ends_takes_the_journey_along_without_the_network() {
    let desk = scheduled();
    desk.press(101, "visit.start", json!({ "id": id(40), "entry": id(60) }))
        .unwrap();
    assert_eq!(stood(&desk.way()), ("in_treatment", 6, 1));
    desk.press(102, "visit.finish", json!({ "id": id(40), "entry": id(61) }))
        .unwrap();
    assert_eq!(stood(&desk.way()), ("treatment_completed", 7, 2));
    assert_eq!(desk.way().3, ["start_treatment", "complete_treatment"]);
}

#[test]
fn taking_the_end_of_a_treatment_back_takes_the_journey_back_too() {
    let desk = scheduled();
    desk.press(101, "visit.start", json!({ "id": id(40), "entry": id(60) }))
        .unwrap();
    desk.press(102, "visit.finish", json!({ "id": id(40), "entry": id(61) }))
        .unwrap();
    desk.sent();
    assert_eq!(desk.take_back(900).unwrap().how, How::Reversed);
    assert_eq!(
        (stood(&desk.way()), desk.field(40, "state")),
        (("in_treatment", 8, 1), text("serving"))
    );
    assert_eq!(desk.way().3, ["start_treatment", "complete_treatment", "unmove"]);
}

#[test]
fn who_may_not_treat_starts_nothing_and_a_journey_elsewhere_keeps_the_visit_where_it_is() {
    let desk = scheduled();
    desk.pull(
        3,
        vec![put(
            "staff",
            id(1),
            &[("role", text("sales")), ("active", Value::Int(1))],
        )],
        vec![],
    );
    let start = || desk.press(101, "visit.start", json!({ "id": id(40), "entry": id(60) }));
    assert_eq!(refused(start()), "role_not_allowed");
    let elsewhere = [
        ("customer_id", Value::Uuid(id(20))),
        ("stage", text("in_treatment")),
        ("version", Value::Int(6)),
        ("sessions_done", Value::Int(0)),
    ];
    desk.pull(
        4,
        vec![put(
            "staff",
            id(1),
            &[("role", text("beautician")), ("active", Value::Int(1))],
        )],
        vec![],
    );
    desk.pull(5, vec![put("journey", id(50), &elsewhere)], vec![]);
    // The check-in is done again on these rows and finds no journey that waits: the visit has none to take along.
    start().unwrap();
    assert_eq!(
        (stood(&desk.way()), desk.field(40, "state")),
        (("in_treatment", 6, 0), text("serving"))
    );
}

/// Every row of every noun.
fn rows(desk: &Desk) -> Vec<Vec<Value>> {
    let reader = desk.cache().read().unwrap();
    let mut all = vec![];
    for table in SYNCED {
        let mut statement = reader
            .prepare(&format!("SELECT id FROM {} ORDER BY id", table.name))
            .unwrap();
        let ids: Vec<Uuid> = statement
            .query_map([], |row| row.get(0))
            .unwrap()
            .map(Result::unwrap)
            .collect();
        all.extend(ids.into_iter().map(|id| row::get(&reader, table, id).unwrap().unwrap()));
    }
    all
}
