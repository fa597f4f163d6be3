//! How a line of the agenda stands and what it warns of.

use desk_cache::query::task::About;
use desk_core::visit::Standing;
use uuid::Uuid;

use super::*;

const DATE: &str = "2026-10-01";
const MINUTE: i64 = 60_000_000;

/// 10:30 in Bangkok on that day.
fn half_past_ten() -> i64 {
    instant(DATE, "10:30", day::USUAL_ZONE)
}

fn guest() -> Guest {
    Guest {
        about: About {
            id: Uuid::from_u128(1),
            full_name: "พลอยไพลิน ศรีสุข".into(),
            nickname: Some("พลอย".into()),
            do_not_contact: false,
        },
        birth_date: None,
        points: Some(1_240),
        is_unpaid: false,
        has_wishes: true,
        language: Some("th".into()),
    }
}

fn booked(id: u128, times: (&str, &str), room: &str) -> Line {
    Line {
        booking: Some(Booked {
            id: Uuid::from_u128(id),
            start_time: times.0.into(),
            end_time: times.1.into(),
            status: "confirmed".into(),
            kind: "treatment".into(),
            room: Some(room.into()),
            services: Some("[\"HydraFacial\"]".into()),
            journey: None,
            staff: None,
            session: None,
        }),
        visits: vec![],
        guest: guest(),
        is_waiting: false,
    }
}

fn visit(id: u128, state: &str, minute: i64) -> Visit {
    let deed = |after: i64| Deed {
        at: half_past_ten() + (minute + after) * MINUTE,
        by: Some("นก".into()),
        device: Some("PC-A".into()),
    };
    Visit {
        id: Uuid::from_u128(id),
        customer: Uuid::from_u128(1),
        booking: None,
        journey: None,
        day: DATE.into(),
        queue_number: Some(11 + i64::try_from(id).unwrap_or(0)),
        state: state.into(),
        arrived: deed(0),
        started: matches!(state, "serving" | "done").then(|| deed(2)),
        finished: matches!(state, "done" | "left" | "undone").then(|| deed(30)),
        reason: None,
        is_waiting: false,
    }
}

fn one(line: Line, minute: i64) -> AgendaRow {
    rows(vec![line], DATE, day::USUAL_ZONE, half_past_ten() + minute * MINUTE).remove(0)
}

#[test]
fn a_booking_says_when_and_where_and_turns_late() {
    let row = one(booked(5, ("10:30", "11:30"), "ห้อง 1"), 14);
    assert_eq!(
        (row.standing, row.time.as_str(), row.service.as_deref()),
        (Standing::Booked, "10:30", Some("HydraFacial"))
    );
    assert_eq!(row.slot.as_deref(), Some("2026-10-01 10:30-11:30"));
    assert_eq!(one(booked(5, ("10:30", "11:30"), "ห้อง 1"), 15).standing, Standing::Late);
    assert_eq!(
        one(booked(5, ("", ""), "ห้อง 1"), 900).standing,
        Standing::Booked,
        "without a time nothing is late"
    );
}

#[test]
fn a_mistaken_check_in_is_history_and_the_next_one_counts() {
    let mut line = booked(5, ("10:30", "11:30"), "ห้อง 1");
    line.visits = vec![visit(1, "undone", 0)];
    let row = one(line.clone(), 3);
    assert_eq!(
        (row.standing, row.visit_id, row.queue.clone(), row.arrived_at),
        (Standing::Booked, None, None, None)
    );
    line.visits.push(visit(2, "waiting", 1));
    let row = one(line, 3);
    assert_eq!(
        (row.standing, row.visit_id, row.queue.as_deref()),
        (Standing::Waiting, Some(Uuid::from_u128(2)), Some("A13"))
    );
    let kinds: Vec<_> = row.history.iter().map(|step| step.kind).collect();
    assert_eq!(
        kinds,
        [VisitStepKind::Arrived, VisitStepKind::Undone, VisitStepKind::Arrived]
    );
    assert!(
        row.history
            .iter()
            .all(|step| step.by.as_deref() == Some("นก") && step.device.as_deref() == Some("PC-A"))
    );
}

#[test]
fn a_walk_in_stands_where_they_came() {
    let line = Line {
        booking: None,
        visits: vec![visit(1, "waiting", 7)],
        guest: guest(),
        is_waiting: true,
    };
    let row = one(line, 8);
    assert_eq!(
        (row.time.as_str(), row.slot, row.kind, row.is_waiting),
        ("10:37", None, None, true)
    );
    assert_eq!(row.id, Uuid::from_u128(1));
}

#[test]
fn chips_say_what_must_not_be_overlooked() {
    let mut line = booked(5, ("10:30", "11:30"), "ห้อง 1");
    line.guest.birth_date = Some("1992-10-01".into());
    line.guest.points = Some(-101);
    line.guest.is_unpaid = true;
    line.guest.has_wishes = false;
    line.guest.language = Some("en".into());
    assert_eq!(
        one(line, 0).marks,
        [
            AgendaMark::Birthday {},
            AgendaMark::OwedPoints { points: 101 },
            AgendaMark::Unpaid {},
            AgendaMark::ConsentMissing {},
            AgendaMark::Language { language: "en".into() },
        ]
    );
    assert_eq!(one(booked(5, ("10:30", "11:30"), "ห้อง 1"), 0).marks, []);
}

#[test]
fn a_leap_days_birthday_is_on_the_28th_in_other_years() {
    assert!(is_birthday("1992-02-29", "2026-02-28"));
    assert!(is_birthday("1992-02-29", "2028-02-29"));
    assert!(!is_birthday("1992-02-29", "2028-02-28"));
    assert!(!is_birthday("", "2026-02-28") && !is_birthday("1992-02-28", "2026-03-01"));
}

#[test]
fn two_bookings_in_one_room_at_once_say_so_and_neighbours_do_not() {
    let lines = vec![
        booked(5, ("10:30", "11:30"), "ห้อง 1"),
        booked(6, ("11:00", "12:00"), "ห้อง 1"),
        booked(7, ("12:00", "12:30"), "ห้อง 1"),
        booked(8, ("10:30", "11:30"), "ห้อง 2"),
    ];
    let marks: Vec<bool> = rows(lines, DATE, day::USUAL_ZONE, half_past_ten())
        .into_iter()
        .map(|row| row.marks.contains(&AgendaMark::RoomTaken {}))
        .collect();
    assert_eq!(marks, [true, false, true, false], "by time: 5, 8, 6, 7");
}

#[test]
fn lines_stand_in_the_order_of_time_walk_ins_among_them() {
    let walk_in = Line {
        booking: None,
        visits: vec![visit(1, "waiting", 7)],
        guest: guest(),
        is_waiting: false,
    };
    let lines = vec![
        booked(6, ("11:00", "12:00"), "ห้อง 1"),
        booked(5, ("10:30", "11:30"), "ห้อง 1"),
        walk_in,
    ];
    let times: Vec<String> = rows(lines, DATE, day::USUAL_ZONE, half_past_ten())
        .into_iter()
        .map(|row| row.time)
        .collect();
    assert_eq!(times, ["10:30", "10:37", "11:00"]);
}
