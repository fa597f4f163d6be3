//! A booking and its journey on this PC, before the clinic has answered: what is booked brings its journey along, what is cancelled takes its bookings with it.
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
    outbox,
    undo::{self, How, Wish},
};
use desk_core::synced::Value;
use serde_json::{Value as Json, json};
use support::{Desk, id, put, text};

const WAY: u128 = 50;
const BOOKING: u128 = 30;
/// 10:24 in Bangkok on 1 October 2026.
const NOW: i64 = 1_790_825_040_000_000;

/// A course that is paid, at a desk of the counter, with somebody who treats.
fn paid() -> Desk {
    let desk = Desk::new();
    let staff = |role: &str| {
        [
            ("role", text(role)),
            ("nickname", text("นก")),
            ("active", Value::Int(1)),
        ]
    };
    let journey = [
        ("customer_id", Value::Uuid(id(20))),
        ("stage", text("payment_confirmed")),
        ("version", Value::Int(4)),
        ("stage_since", Value::Int(1)),
        ("sessions_done", Value::Int(0)),
    ];
    let rows = vec![
        put("staff", desk.person, &staff("front_desk")),
        put("staff", id(7), &staff("beautician")),
        put("customer", id(20), &[("full_name", text("พลอย"))]),
        put("journey", id(WAY), &journey),
    ];
    desk.pull(1, rows, vec![]);
    desk
}

impl Desk {
    fn press(&self, action: u128, name: &str, args: Json) -> Result<(), CacheError> {
        let action = Action {
            id: id(action),
            person: self.person,
            name: name.into(),
            args,
            at: NOW,
        };
        change::perform(self.cache(), &action, Destination::Clinic)
    }

    fn books(&self, action: u128, kind: &str, booking: u128, slot: &str) {
        let args = json!({ "id": id(booking), "customer_id": id(20), "type": kind, "slot": slot, "staff_id": id(7), "journey_id": id(WAY), "entry": id(action + 500) });
        self.press(action, "appointment.book", args).unwrap();
    }

    /// Stage, version, hour of the booking in Bangkok and who treats.
    fn way(&self) -> (String, i64, Option<String>, bool) {
        let sql = "SELECT stage, version, strftime('%H:%M', booked_at / 1000000, 'unixepoch', '+7 hours'), coalesce(beautician_id = ?2, 0) FROM journey WHERE id = ?1";
        let read = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?));
        self.cache()
            .read()
            .unwrap()
            .query_row(sql, (id(WAY), id(7)), read)
            .unwrap()
    }

    fn history(&self) -> Vec<String> {
        let reader = self.cache().read().unwrap();
        let mut told = reader
            .prepare("SELECT type FROM journey_action ORDER BY version")
            .unwrap();
        told.query_map([], |row| row.get(0))
            .unwrap()
            .map(Result::unwrap)
            .collect()
    }

    fn word(&self, booking: u128) -> String {
        let sql = "SELECT status FROM appointment WHERE id = ?1";
        self.cache()
            .read()
            .unwrap()
            .query_row(sql, [id(booking)], |row| row.get(0))
            .unwrap()
    }

    fn takes_back(&self, reversal: u128) -> How {
        let wish = Wish {
            person: self.person,
            of: None,
            id: id(reversal),
            at: NOW + 1,
        };
        undo::undo(self.cache(), &wish, Destination::Clinic)
            .unwrap()
            .unwrap()
            .how
    }

    fn sends(&self) {
        self.cache()
            .write(|t| outbox::choose(t, self.person, &[self.person], 100, 5))
            .unwrap();
    }
}

fn stands(stage: &str, version: i64, hour: Option<&str>, is_given: bool) -> (String, i64, Option<String>, bool) {
    (stage.into(), version, hour.map(str::to_owned), is_given)
}

const MORNING: &str = "2026-10-02 10:30-11:30";
const EVENING: &str = "2026-10-03 18:00-19:00";

#[test]
fn a_booked_treatment_brings_its_journey_along_and_so_does_its_move() {
    let desk = paid();
    desk.books(100, "treatment", BOOKING, MORNING);
    assert_eq!(desk.way(), stands("treatment_scheduled", 5, Some("10:30"), true));
    let moved = json!({ "id": id(BOOKING), "set": { "slot": EVENING }, "base": { "slot": MORNING }, "entry": id(601) });
    desk.press(101, "appointment.reschedule", moved).unwrap();
    assert_eq!(desk.way(), stands("treatment_scheduled", 6, Some("18:00"), true));
    assert_eq!(desk.history(), ["schedule_appointment", "reschedule"]);
    desk.sends();
    assert_eq!(desk.takes_back(900), How::Reversed);
    assert_eq!(desk.way(), stands("treatment_scheduled", 7, Some("10:30"), true));
    assert_eq!(desk.takes_back(901), How::Reversed);
    assert_eq!(desk.way(), stands("payment_confirmed", 8, None, false));
    assert_eq!(
        desk.history(),
        ["schedule_appointment", "reschedule", "unmove", "unmove"]
    );
    assert_eq!(desk.word(BOOKING), "cancelled");
}

#[test]
fn what_does_not_treat_and_what_is_of_no_journey_moves_none() {
    let desk = paid();
    desk.books(100, "consultation", BOOKING, MORNING);
    let args = json!({ "id": id(31), "customer_id": id(20), "type": "treatment", "slot": MORNING, "staff_id": id(7), "entry": id(600) });
    desk.press(101, "appointment.book", args).unwrap();
    assert_eq!(desk.way(), stands("payment_confirmed", 4, None, false));
    assert_eq!(desk.takes_back(900), How::TakenOut);
    assert_eq!(desk.way(), stands("payment_confirmed", 4, None, false));
}

#[test]
fn of_two_bookings_the_other_is_expected_and_without_one_the_course_waits_for_it() {
    let desk = paid();
    desk.books(100, "treatment", BOOKING, MORNING);
    desk.books(101, "treatment", 31, EVENING);
    assert_eq!(desk.way(), stands("treatment_scheduled", 6, Some("18:00"), true));
    desk.press(102, "appointment.cancel", json!({ "id": id(31) })).unwrap();
    assert_eq!(desk.way(), stands("treatment_scheduled", 7, Some("10:30"), true));
    desk.press(103, "appointment.cancel", json!({ "id": id(BOOKING) }))
        .unwrap();
    assert_eq!(desk.way(), stands("payment_confirmed", 8, None, true));
    desk.sends();
    assert_eq!(desk.takes_back(900), How::Reversed);
    assert_eq!(desk.way(), stands("treatment_scheduled", 9, Some("10:30"), true));
    assert_eq!(desk.word(BOOKING), "scheduled");
}

#[test]
fn a_cancelled_journey_takes_its_open_bookings_along_and_brings_them_back() {
    let desk = paid();
    desk.books(100, "consultation", 31, EVENING);
    desk.books(101, "treatment", BOOKING, MORNING);
    desk.books(102, "consultation", 32, "2026-09-30 10:00-11:00");
    let cancel = json!({ "id": id(WAY), "action": "cancel", "note": "ย้ายบ้าน", "entry": id(603) });
    desk.press(103, "journey.move", cancel).unwrap();
    let words = || [31, BOOKING, 32].map(|booking| desk.word(booking));
    assert_eq!(desk.way().0, "completed");
    assert_eq!(desk.way().2, None, "nobody is expected");
    assert_eq!(words(), ["cancelled", "cancelled", "scheduled"]);
    desk.sends();
    assert_eq!(desk.takes_back(900), How::Reversed);
    assert_eq!(words(), ["scheduled", "scheduled", "scheduled"]);
    assert_eq!(desk.way(), stands("treatment_scheduled", 7, Some("10:30"), true));
}

#[test]
fn a_booking_that_somebody_has_opened_again_stays_as_they_want_it() {
    let desk = paid();
    desk.books(100, "treatment", BOOKING, MORNING);
    let cancel = json!({ "id": id(WAY), "action": "cancel", "note": "ย้ายบ้าน", "entry": id(603) });
    desk.press(101, "journey.move", cancel).unwrap();
    desk.sends();
    desk.cache()
        .write(|t| {
            t.execute(
                "UPDATE appointment SET status = 'confirmed', date = '2026-10-05' WHERE id = ?1",
                [id(BOOKING)],
            )?;
            Ok(())
        })
        .unwrap();
    assert_eq!(desk.takes_back(900), How::Reversed);
    assert_eq!(desk.word(BOOKING), "confirmed");
}
