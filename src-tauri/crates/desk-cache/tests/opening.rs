//! Opening hours and closed days on the cache: said offline they hold at once, and what the clinic answers stands over them.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test: what is not as expected ends it, in its helpers too"
)]

mod support;

use desk_cache::{
    CacheError,
    change::Destination,
    outbox::{self, Refusal},
    query::{clinic, closed_day},
    undo::{self, How, Wish},
};
use desk_core::{
    opening::{USUAL_WEEK, day_text, with_day},
    synced::Value,
};
use serde_json::{Value as Json, json};
use support::{Desk, id, put, text};

fn clinic_row(opening: &str) -> desk_cache::rebase::Change {
    put(
        "clinic",
        id(90),
        &[("opening", text(opening)), ("timezone", text("Asia/Bangkok"))],
    )
}

fn began(role: &str) -> Desk {
    let desk = Desk::new();
    let me = [
        ("role", text(role)),
        ("nickname", text("ดาว")),
        ("active", Value::Int(1)),
    ];
    desk.pull(1, vec![put("staff", id(1), &me), clinic_row(USUAL_WEEK)], vec![]);
    desk
}

fn hours(desk: &Desk, weekday: &str) -> String {
    day_text(&clinic::week(&desk.cache().read().unwrap()).unwrap(), weekday)
}

fn closed(desk: &Desk) -> Vec<String> {
    let days = closed_day::since(&desk.cache().read().unwrap(), "2026-01-01").unwrap();
    days.into_iter()
        .map(|day| format!("{} {}", day.day, day.name))
        .collect()
}

fn code(result: Result<(), CacheError>) -> &'static str {
    match result {
        Ok(()) => "ok",
        Err(CacheError::Refused(code)) => code,
        Err(other) => panic!("{other}"),
    }
}

fn set(desk: &Desk, action: u128, set: Json, base: Json) -> &'static str {
    code(desk.act(
        action,
        "clinic.set_opening",
        json!({ "id": id(action), "set": set, "base": base }),
    ))
}

#[test]
fn hours_said_offline_hold_at_once_and_beside_what_a_colleague_said_of_another_day() {
    let desk = began("manager");
    let base = || json!({ "thu": "09:00-20:00" });
    assert_eq!(
        set(&desk, 100, json!({ "thu": "09:00-12:00 13:00-20:00" }), base()),
        "ok"
    );
    assert_eq!(hours(&desk, "thu"), "09:00-12:00 13:00-20:00");
    let theirs = with_day(USUAL_WEEK, "sun", "").unwrap();
    desk.pull(2, vec![clinic_row(&theirs)], vec![]);
    assert_eq!(
        (hours(&desk, "thu"), hours(&desk, "sun")),
        ("09:00-12:00 13:00-20:00".into(), String::new())
    );
    let refused = Refusal {
        code: "changed_meanwhile".into(),
        detail: Some("{}".into()),
    };
    desk.answer(100, Some(refused));
    let other = with_day(&theirs, "thu", "11:00-20:00").unwrap();
    desk.pull(3, vec![clinic_row(&other)], vec![id(100)]);
    assert_eq!(hours(&desk, "thu"), "11:00-20:00");
}

#[test]
fn what_the_database_would_refuse_is_refused_here() {
    let nok = began("front_desk");
    assert_eq!(set(&nok, 100, json!({ "mon": "" }), json!({})), "role_not_allowed");
    let dao = began("owner");
    assert_eq!(
        set(&dao, 100, json!({ "mon": "20:00-09:00" }), json!({})),
        "opening_invalid"
    );
    assert_eq!(
        set(&dao, 101, json!({ "moon": "09:00-20:00" }), json!({})),
        "value_not_allowed"
    );
    assert_eq!(
        set(
            &dao,
            102,
            json!({ "mon": "10:00-20:00" }),
            json!({ "mon": "08:00-20:00" })
        ),
        "changed_meanwhile"
    );
    assert_eq!((dao.waiting(), hours(&dao, "mon")), (0, "09:00-20:00".into()));
}

#[test]
fn a_day_is_closed_and_opened_and_the_same_twice_is_one() {
    let desk = began("manager");
    let close = |action, row, day: &str, name: &str| {
        code(desk.act(
            action,
            "clinic.close_day",
            json!({ "id": id(row), "day": day, "name": name }),
        ))
    };
    assert_eq!(close(100, 50, "2027-04-13", "วันสงกรานต์"), "ok");
    assert_eq!(close(101, 51, "2027-04-13", "วันสงกรานต์"), "ok");
    assert_eq!(close(102, 52, "2027-04-13", "ซ่อม"), "day_closed_already");
    assert_eq!(closed(&desk), ["2027-04-13 วันสงกรานต์"]);
    assert_eq!(code(desk.act(103, "clinic.open_day", json!({ "id": id(50) }))), "ok");
    assert!(closed(&desk).is_empty());
}

/// Ctrl Z.
fn undo(desk: &Desk, reversal: u128) -> Option<How> {
    let wish = Wish {
        person: desk.person,
        of: None,
        id: id(reversal),
        at: 2_000_000,
    };
    let undone = undo::undo(desk.cache(), &wish, Destination::Clinic).unwrap();
    undone.map(|undone| undone.how)
}

/// What waits has left this PC.
fn send(desk: &Desk) {
    desk.cache()
        .write(|transaction| outbox::choose(transaction, desk.person, &[desk.person], 100, 5))
        .unwrap();
}

#[test]
fn hours_said_by_mistake_go_back_whether_they_have_left_or_not() {
    let desk = began("manager");
    let base = || json!({ "thu": "09:00-20:00", "sun": "09:00-20:00" });
    set(&desk, 100, json!({ "thu": "10:00-20:00", "sun": "" }), base());
    assert_eq!(undo(&desk, 200), Some(How::TakenOut));
    assert_eq!(
        (
            hours(&desk, "thu").as_str(),
            hours(&desk, "sun").as_str(),
            desk.waiting()
        ),
        ("09:00-20:00", "09:00-20:00", 0)
    );
    set(&desk, 101, json!({ "thu": "10:00-20:00", "sun": "" }), base());
    send(&desk);
    // Another weekday is another matter.
    let theirs = with_day(USUAL_WEEK, "mon", "").unwrap();
    desk.pull(2, vec![clinic_row(&theirs)], vec![]);
    assert_eq!(undo(&desk, 201), Some(How::Reversed));
    assert_eq!(
        (
            hours(&desk, "thu").as_str(),
            hours(&desk, "sun").as_str(),
            hours(&desk, "mon").as_str()
        ),
        ("09:00-20:00", "09:00-20:00", "")
    );
    assert_eq!((undo(&desk, 202), desk.waiting()), (None, 2));
}

#[test]
fn what_somebody_said_of_the_same_day_since_is_not_taken_back() {
    let desk = began("manager");
    set(
        &desk,
        100,
        json!({ "thu": "10:00-20:00" }),
        json!({ "thu": "09:00-20:00" }),
    );
    set(
        &desk,
        101,
        json!({ "thu": "11:00-20:00" }),
        json!({ "thu": "10:00-20:00" }),
    );
    let earlier = Wish {
        person: desk.person,
        of: Some(id(100)),
        id: id(200),
        at: 2_000_000,
    };
    let undone = undo::undo(desk.cache(), &earlier, Destination::Clinic).unwrap();
    assert_eq!(undone.unwrap().how, How::Refused("changed_meanwhile"));
    assert_eq!((hours(&desk, "thu").as_str(), desk.waiting()), ("11:00-20:00", 2));
    send(&desk);
    desk.answer(101, None);
    let other = with_day(USUAL_WEEK, "thu", "12:00-20:00").unwrap();
    desk.answer(100, None);
    desk.pull(2, vec![clinic_row(&other)], vec![id(100), id(101)]);
    assert_eq!(undo(&desk, 201), Some(How::Refused("changed_meanwhile")));
    assert_eq!((hours(&desk, "thu").as_str(), desk.waiting()), ("12:00-20:00", 0));
}

#[test]
fn a_closed_day_goes_off_the_list_again_and_comes_back_as_it_was() {
    let desk = began("manager");
    let close = json!({ "id": id(50), "day": "2027-04-13", "name": "วันสงกรานต์" });
    assert_eq!(code(desk.act(100, "clinic.close_day", close)), "ok");
    send(&desk);
    assert_eq!(undo(&desk, 200), Some(How::Reversed));
    assert!(closed(&desk).is_empty());
    let theirs = [("day", text("2027-12-31")), ("name", text("สิ้นปี"))];
    desk.pull(2, vec![put("closed_day", id(60), &theirs)], vec![]);
    assert_eq!(code(desk.act(101, "clinic.open_day", json!({ "id": id(60) }))), "ok");
    assert!(closed(&desk).is_empty());
    send(&desk);
    assert_eq!(undo(&desk, 201), Some(How::Reversed));
    assert_eq!(closed(&desk), ["2027-12-31 สิ้นปี"]);
}
