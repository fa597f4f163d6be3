//! A journey moved here: in force at once, over what the clinic sends, and gone again without a trace when the clinic says no or the person takes it back.
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
    outbox::Refusal,
    query::journey::{self, Journey},
    undo::{self, How, Wish},
};
use desk_core::synced::Value;
use serde_json::{Value as Json, json};
use support::{Desk, id, put, text};
use uuid::Uuid;

const WAY: u128 = 50;

fn staff(desk: &Desk, role: &str) -> desk_cache::rebase::Change {
    put(
        "staff",
        desk.person,
        &[
            ("role", text(role)),
            ("nickname", text("เมย์")),
            ("active", Value::Int(1)),
        ],
    )
}

fn way(stage: &str, version: i64, more: &[(&str, Value)]) -> desk_cache::rebase::Change {
    let mut fields = vec![
        ("customer_id", Value::Uuid(id(20))),
        ("stage", text(stage)),
        ("version", Value::Int(version)),
        ("stage_since", Value::Int(1)),
        ("sessions_done", Value::Int(0)),
    ];
    fields.extend(more.iter().cloned());
    put("journey", id(WAY), &fields)
}

fn began(desk: &Desk, role: &str, journey: desk_cache::rebase::Change) {
    let customer = put("customer", id(20), &[("full_name", text("นภา"))]);
    desk.pull(1, vec![staff(desk, role), customer, journey], vec![]);
}

fn moves(desk: &Desk, action: u128, word: &str, rest: Json) -> Result<(), CacheError> {
    let mut args = json!({ "id": id(WAY), "action": word, "entry": id(action) });
    args.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
    desk.act(action, "journey.move", args)
}

fn stands(desk: &Desk) -> Journey {
    journey::one(&desk.cache().read().unwrap(), id(WAY)).unwrap().unwrap()
}

fn history(desk: &Desk) -> Vec<String> {
    let steps = journey::actions(&desk.cache().read().unwrap(), id(WAY)).unwrap();
    steps.into_iter().map(|step| step.kind).collect()
}

fn undone(desk: &Desk, reversal: u128) -> How {
    let wish = Wish {
        person: desk.person,
        of: None,
        id: id(reversal),
        at: 2_000_000,
    };
    undo::undo(desk.cache(), &wish, Destination::Clinic)
        .unwrap()
        .unwrap()
        .how
}

fn sent(desk: &Desk) {
    let person = desk.person;
    desk.cache()
        .write(|t| desk_cache::outbox::choose(t, person, &[person], 100, 5))
        .unwrap();
}

fn refusal(result: Result<(), CacheError>) -> &'static str {
    match result {
        Err(CacheError::Refused(code)) => code,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_move_is_in_force_at_once_and_over_rows_that_do_not_show_it_yet() {
    let desk = Desk::new();
    began(&desk, "sales", way("lead_created", 1, &[]));
    moves(&desk, 100, "scan_customer", json!({ "expected": 1 })).unwrap();
    desk.pull(2, vec![way("lead_created", 1, &[("title", text("เลเซอร์"))])], vec![]);
    let now = stands(&desk);
    assert_eq!((now.stage.as_str(), now.version, now.is_waiting), ("scanned", 2, true));
    assert_eq!(now.title.as_deref(), Some("เลเซอร์"));
    assert_eq!(now.sales.map(|(who, _)| who), Some(desk.person), "who scans keeps her");
    assert_eq!(history(&desk), ["scan_customer"]);
}

#[test]
fn a_whole_course_is_played_offline_with_what_is_said_on_the_way() {
    let desk = Desk::new();
    began(
        &desk,
        "manager",
        way("lead_created", 1, &[("treatment_plan", text("{}"))]),
    );
    let steps = [
        ("scan_customer", json!({})),
        (
            "send_proposal",
            json!({ "facts": { "title": "คอร์ส", "sessions": 2, "amount": 900_050 } }),
        ),
        ("confirm_payment", json!({})),
        (
            "schedule_appointment",
            json!({ "facts": { "booked_at": "2026-10-01T03:30:00Z", "beautician_id": id(7) } }),
        ),
        ("start_treatment", json!({})),
        ("complete_treatment", json!({})),
    ];
    for (nth, (word, rest)) in steps.into_iter().enumerate() {
        moves(&desk, 100 + nth as u128, word, rest).unwrap();
    }
    let now = stands(&desk);
    assert_eq!(
        (now.sessions_done, now.sessions_planned, now.version, now.booked_at),
        (1, Some(2), 7, None)
    );
    let plan: Json = serde_json::from_str(&now.treatment_plan.unwrap()).unwrap();
    assert_eq!(plan, json!({ "name": "คอร์ส", "sessions": 2, "totalAmount": 9000.5 }));
    moves(&desk, 110, "send_follow_up", json!({})).unwrap();
    assert_eq!(refusal(moves(&desk, 111, "close_case", json!({}))), "sessions_left");
    moves(&desk, 112, "next_session", json!({})).unwrap();
    assert_eq!(stands(&desk).stage, "treatment_scheduled");
}

#[test]
fn what_the_database_would_refuse_is_refused_here_for_the_same_reason() {
    let desk = Desk::new();
    began(
        &desk,
        "sales",
        way(
            "proposal_sent",
            3,
            &[("treatment_plan", text("{\"totalAmount\": \"0\"}"))],
        ),
    );
    for (word, rest, code) in [
        ("confirm_payment", json!({ "expected": 2 }), "journey_changed"),
        ("confirm_payment", json!({}), "condition_not_met"),
        ("start_treatment", json!({}), "move_not_allowed"),
        ("fly", json!({}), "move_not_allowed"),
        ("mark_lost", json!({ "note": " " }), "reason_missing"),
        ("step_back", json!({ "note": "x" }), "role_not_allowed"),
    ] {
        assert_eq!(refusal(moves(&desk, 100, word, rest)), code, "{word}");
    }
    assert_eq!((stands(&desk).version, desk.waiting()), (3, 0));
    moves(&desk, 101, "mark_lost", json!({ "note": "แพง" })).unwrap();
    let now = stands(&desk);
    assert_eq!(
        (now.stage.as_str(), now.outcome.as_deref(), now.reason.as_deref()),
        ("completed", Some("lost"), Some("แพง"))
    );
    assert_eq!(refusal(moves(&desk, 102, "send_proposal", json!({}))), "journey_closed");
}

#[test]
fn a_move_that_the_clinic_refuses_is_gone_and_so_is_its_row_of_history() {
    let desk = Desk::new();
    began(&desk, "sales", way("lead_created", 1, &[]));
    moves(&desk, 100, "scan_customer", json!({ "expected": 1 })).unwrap();
    desk.answer(
        100,
        Some(Refusal {
            code: "journey_changed".into(),
            detail: Some("{}".into()),
        }),
    );
    desk.pull(
        2,
        vec![way("completed", 2, &[("outcome", text("cancelled"))])],
        vec![id(100)],
    );
    assert_eq!((stands(&desk).stage.as_str(), history(&desk).len()), ("completed", 0));
}

#[test]
fn taken_back_before_it_was_sent_it_never_was() {
    let desk = Desk::new();
    began(&desk, "sales", way("lead_created", 1, &[]));
    moves(&desk, 100, "scan_customer", json!({ "expected": 1 })).unwrap();
    assert_eq!(undone(&desk, 200), How::TakenOut);
    let now = stands(&desk);
    assert_eq!(
        (now.stage.as_str(), now.version, now.sales, desk.waiting()),
        ("lead_created", 1, None, 0)
    );
    assert!(history(&desk).is_empty());
}

#[test]
fn taken_back_after_it_was_sent_history_has_both() {
    let desk = Desk::new();
    let booked = [
        ("booked_at", Value::Int(77)),
        ("treatment_plan", text("{\"totalAmount\": 5}")),
    ];
    began(&desk, "front_desk", way("treatment_scheduled", 5, &booked));
    moves(&desk, 100, "no_show", json!({ "expected": 5 })).unwrap();
    assert_eq!(stands(&desk).booked_at, None);
    sent(&desk);
    assert_eq!(undone(&desk, 200), How::Reversed);
    let now = stands(&desk);
    assert_eq!(
        (now.stage.as_str(), now.version, now.booked_at, now.stage_since),
        ("treatment_scheduled", 7, Some(77), 1)
    );
    assert_eq!(history(&desk), ["unmove", "no_show"]);
    // What was undone is no move any more: the next one starts from before it.
    let last = journey::last_move(&desk.cache().read().unwrap(), id(WAY)).unwrap();
    assert!(last.is_none());
}

#[test]
fn a_move_that_others_have_built_on_is_not_taken_back() {
    let desk = Desk::new();
    began(&desk, "sales", way("lead_created", 1, &[]));
    moves(&desk, 100, "scan_customer", json!({ "expected": 1 })).unwrap();
    sent(&desk);
    desk.answer(100, None);
    let step = |n: u128, version: i64, kind: &str, from: &str, to: &str| {
        let fields = [
            ("journey_id", Value::Uuid(id(WAY))),
            ("type", text(kind)),
            ("from_stage", text(from)),
            ("to_stage", text(to)),
            ("version", Value::Int(version)),
            ("performed_by", Value::Uuid(id(9))),
        ];
        put("journey_action", id(n), &fields)
    };
    let rows = vec![
        way("proposal_sent", 3, &[]),
        step(100, 2, "scan_customer", "lead_created", "scanned"),
        step(101, 3, "send_proposal", "scanned", "proposal_sent"),
    ];
    desk.pull(2, rows, vec![id(100)]);
    assert_eq!(undone(&desk, 200), How::Refused("journey_changed"));
    assert_eq!(stands(&desk).stage, "proposal_sent");
}

#[test]
fn opened_offline_it_bears_the_key_that_the_clinic_will_know_and_can_be_moved_at_once() {
    let desk = Desk::new();
    let customer = put("customer", id(20), &[("full_name", text("นภา"))]);
    desk.pull(1, vec![staff(&desk, "sales"), customer], vec![]);
    let args = json!({ "id": id(WAY), "customer_id": id(20), "title": "เลเซอร์", "sessions": 3 });
    desk.act(100, "journey.open", args).unwrap();
    let now = stands(&desk);
    assert_eq!(
        (now.version, now.sessions_planned, now.title.as_deref()),
        (1, Some(3), Some("เลเซอร์"))
    );
    let reader = desk.cache().read().unwrap();
    assert_eq!(journey::actions(&reader, id(WAY)).unwrap()[0].id, id(WAY));
    drop(reader);
    moves(&desk, 101, "scan_customer", json!({ "expected": 1 })).unwrap();
    assert_eq!(history(&desk), ["scan_customer", "open"]);
    sent(&desk);
    assert_eq!(undone(&desk, 200), How::Reversed);
    assert_eq!(
        undone(&desk, 201),
        How::Refused("journey_changed"),
        "it has a history by now"
    );
}

#[test]
fn an_opening_that_was_sent_is_taken_back_by_ending_it() {
    let desk = Desk::new();
    let customer = put("customer", id(20), &[("full_name", text("นภา"))]);
    desk.pull(1, vec![staff(&desk, "front_desk"), customer], vec![]);
    desk.act(100, "journey.open", json!({ "id": id(WAY), "customer_id": id(20) }))
        .unwrap();
    sent(&desk);
    assert_eq!(undone(&desk, 200), How::Reversed);
    let now = stands(&desk);
    assert_eq!(
        (now.outcome.as_deref(), now.reason.as_deref()),
        (Some("cancelled"), Some("เปิดผิด"))
    );
}

#[test]
fn who_looks_after_it_changes_and_changes_back() {
    let desk = Desk::new();
    began(
        &desk,
        "front_desk",
        way("lead_created", 1, &[("sales_id", Value::Uuid(id(8)))]),
    );
    let colleague = put(
        "staff",
        id(9),
        &[
            ("role", text("sales")),
            ("nickname", text("บี")),
            ("active", Value::Int(1)),
        ],
    );
    let before = put("staff", id(8), &[("role", text("sales")), ("active", Value::Int(1))]);
    desk.pull(2, vec![colleague, before], vec![]);
    desk.act(100, "journey.assign", json!({ "id": id(WAY), "sales_id": id(9) }))
        .unwrap();
    assert_eq!(stands(&desk).sales.map(|(who, _)| who), Some(id(9)));
    sent(&desk);
    assert_eq!(undone(&desk, 200), How::Reversed);
    let raw: Option<Uuid> = desk
        .cache()
        .read()
        .unwrap()
        .query_row("SELECT sales_id FROM journey", [], |row| row.get(0))
        .unwrap();
    assert_eq!(raw, Some(id(8)));
    let gone = desk.act(101, "journey.assign", json!({ "id": id(WAY), "sales_id": id(99) }));
    assert_eq!(refusal(gone), "person_not_found");
}

#[test]
fn in_the_demo_clinic_the_same_goes_without_a_clinic() {
    let desk = Desk::new();
    began(&desk, "sales", way("lead_created", 1, &[]));
    let action = Action {
        id: id(100),
        person: desk.person,
        name: "journey.move".into(),
        args: json!({ "id": id(WAY), "action": "scan_customer", "entry": id(100) }),
        at: 1_000_000,
    };
    change::perform(desk.cache(), &action, Destination::Here).unwrap();
    assert_eq!((stands(&desk).stage.as_str(), desk.waiting()), ("scanned", 0));
}
