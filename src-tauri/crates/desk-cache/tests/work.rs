//! Tasks and calls on the cache: what follows is there at once, offline, and all of it can be taken back.
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
    query::{contact, customer, staff, task},
    rebase::Change,
    undo::{self, How, Undone, Wish},
};
use desk_core::synced::Value;
use serde_json::json;
use support::{Desk, TODAY, id, put, text};
use uuid::Uuid;

/// The moment of every action in these tests.
const NOW: i64 = 1_000_000;

fn a_person(key: u128, role: &str, name: &str) -> Change {
    put(
        "staff",
        id(key),
        &[
            ("role", text(role)),
            ("nickname", text(name)),
            ("active", Value::Int(1)),
        ],
    )
}

fn a_journey_task(key: u128, kind: &str, owner: u128) -> Change {
    let fields = [
        ("journey_id", Value::Uuid(id(20))),
        ("assigned_to", Value::Uuid(id(owner))),
        ("task_type", text(kind)),
        ("title", text(kind)),
        ("status", text("pending")),
    ];
    put("task", id(key), &fields)
}

/// Person 1 sells, 2 sells, 3 is at the front desk, 4 manages; พลอย with her journey.
fn clinic(more: Vec<Change>) -> Desk {
    let desk = Desk::new();
    let mut rows = vec![
        a_person(1, "sales", "เมย์"),
        a_person(2, "sales", "มิน"),
        a_person(3, "front_desk", "นก"),
        a_person(4, "manager", "ดาว"),
        put(
            "customer",
            id(10),
            &[("full_name", text("พลอยไพลิน ศรีสุข")), ("nickname", text("พลอย"))],
        ),
        put(
            "journey",
            id(20),
            &[("customer_id", Value::Uuid(id(10))), ("stage", text("scanned"))],
        ),
    ];
    rows.extend(more);
    desk.pull(1, rows, vec![]);
    desk
}

impl Desk {
    fn task(&self, key: u128) -> task::Task {
        task::one(&self.cache().read().unwrap(), TODAY, id(key))
            .unwrap()
            .unwrap()
    }

    fn open_kinds(&self) -> Vec<String> {
        let open = task::of_customer(&self.cache().read().unwrap(), TODAY, id(10)).unwrap();
        let mut kinds: Vec<String> = open.into_iter().map(|task| task.kind).collect();
        kinds.sort();
        kinds
    }

    fn is_not_to_be_called(&self) -> bool {
        let preference = customer::preference(&self.cache().read().unwrap(), id(10)).unwrap();
        preference.is_some_and(|preference| preference.do_not_contact)
    }

    fn undo(&self, reversal: u128) -> How {
        self.undone(reversal).how
    }

    fn undone(&self, reversal: u128) -> Undone {
        let wish = Wish {
            person: self.person,
            of: None,
            id: id(reversal),
            at: 2_000_000,
        };
        undo::undo(self.cache(), &wish, Destination::Clinic).unwrap().unwrap()
    }

    fn refused(&self, action: u128, name: &str, args: serde_json::Value) -> &'static str {
        match self.act(action, name, args) {
            Err(CacheError::Refused(code)) => code,
            other => panic!("{other:?}"),
        }
    }
}

fn call(outcome: &str, task: u128) -> serde_json::Value {
    json!({
        "id": id(300), "customer_id": id(10), "task_id": id(task), "direction": "out", "outcome": outcome, "note": "คุยสั้น ๆ",
        "at": "1970-01-01T00:00:01Z", "next_at": "1970-01-03T00:00:00Z", "next_id": id(301), "preference_id": id(302), "journey_id": id(303),
    })
}

#[test]
fn what_follows_a_task_is_there_at_once_and_goes_when_it_is_taken_back() {
    let desk = clinic(vec![a_journey_task(30, "scan_customer", 1)]);
    desk.act(100, "task.complete", json!({ "id": id(30), "next": id(31) }))
        .unwrap();
    let next = desk.task(31);
    assert_eq!(
        (next.kind.as_str(), next.title.as_str(), next.priority.as_str()),
        ("send_proposal", "ส่งใบเสนอราคาให้พลอย", "high")
    );
    assert_eq!(next.due_at, Some(NOW));
    assert_eq!(desk.undo(900), How::TakenOut);
    assert_eq!(desk.open_kinds(), ["scan_customer"]);
}

#[test]
fn what_follows_is_not_made_twice_and_not_pulled_from_under_a_colleague() {
    let desk = clinic(vec![
        a_journey_task(30, "scan_customer", 1),
        a_journey_task(32, "send_proposal", 2),
    ]);
    desk.act(100, "task.complete", json!({ "id": id(30), "next": id(31) }))
        .unwrap();
    assert_eq!(desk.open_kinds(), ["send_proposal"]);
    let desk = clinic(vec![a_journey_task(30, "scan_customer", 1)]);
    desk.act(100, "task.complete", json!({ "id": id(30), "next": id(31) }))
        .unwrap();
    desk.act(101, "task.note", json!({ "id": id(31), "text": "ส่งแล้ว" }))
        .unwrap();
    let wish = Wish {
        person: desk.person,
        of: Some(id(100)),
        id: id(900),
        at: 2_000_000,
    };
    let how = undo::undo(desk.cache(), &wish, Destination::Clinic)
        .unwrap()
        .unwrap()
        .how;
    assert_eq!(how, How::Refused("changed_meanwhile"), "the note would hang in the air");
}

#[test]
fn a_task_is_begun_by_one_person() {
    let desk = clinic(vec![a_journey_task(30, "customer_follow_up", 1)]);
    desk.act(100, "task.start", json!({ "id": id(30) })).unwrap();
    assert_eq!(desk.task(30).started_by.map(|(id, ..)| id), Some(id(1)));
    assert_eq!(desk.undo(900), How::TakenOut);
    assert_eq!(desk.task(30).status, "pending");
    let mut theirs = a_journey_task(30, "customer_follow_up", 2);
    let row = theirs.row.as_mut().unwrap();
    let at = |name: &str| {
        support::noun("task")
            .columns
            .iter()
            .position(|column| column.name == name)
            .unwrap()
    };
    row[at("status")] = text("in_progress");
    row[at("started_by")] = Value::Uuid(id(2));
    desk.pull(2, vec![theirs], vec![]);
    assert_eq!(desk.refused(101, "task.start", json!({ "id": id(30) })), "task_started");
}

#[test]
fn a_task_made_by_hand_goes_to_who_has_least_and_suits() {
    let desk = clinic(vec![a_journey_task(30, "review_request", 1)]);
    desk.act(
        100,
        "task.create",
        json!({ "id": id(40), "customer_id": id(10), "kind": "customer_follow_up", "note": "ถามอาการ" }),
    )
    .unwrap();
    let made = desk.task(40);
    assert_eq!(
        made.assigned_to.map(|(id, ..)| id),
        Some(id(2)),
        "the seller without a task"
    );
    assert_eq!((made.title.as_str(), made.priority.as_str()), ("โทรติดตามพลอย", "low"));
    assert!(made.notes.unwrap().ends_with("เมย์: ถามอาการ"));
    let again = json!({ "id": id(41), "customer_id": id(10), "kind": "customer_follow_up" });
    assert_eq!(desk.refused(101, "task.create", again), "task_exists");
    let nobody = json!({ "id": id(42), "customer_id": id(99), "journey_id": id(50), "kind": "customer_follow_up" });
    assert_eq!(desk.refused(102, "task.create", nobody), "customer_not_found");
}

#[test]
fn nobody_answered_puts_the_task_off_and_counts() {
    let desk = clinic(vec![a_journey_task(30, "customer_follow_up", 1)]);
    desk.act(100, "contact.log", call("no_answer", 30)).unwrap();
    let waits = desk.task(30);
    assert_eq!(
        (waits.status.as_str(), waits.snoozed_until, waits.unanswered),
        ("pending", Some(172_800_000_000), 1)
    );
    assert!(waits.notes.unwrap().ends_with("เมย์: [no_answer] คุยสั้น ๆ"));
    assert_eq!(desk.undo(900), How::TakenOut);
    let (back, calls) = (
        desk.task(30),
        contact::of_customer(&desk.cache().read().unwrap(), id(10)).unwrap(),
    );
    assert_eq!((back.snoozed_until, back.unanswered, calls.len()), (None, 0, 0));
}

#[test]
fn whoever_wants_to_think_is_called_again_by_a_new_task() {
    let desk = clinic(vec![a_journey_task(30, "follow_up_upsell", 1)]);
    desk.act(100, "contact.log", call("thinking", 30)).unwrap();
    assert_eq!(desk.task(30).status, "completed");
    let next = desk.task(301);
    assert_eq!(
        (next.kind.as_str(), next.due_at),
        ("customer_follow_up", Some(172_800_000_000))
    );
    assert_eq!(next.assigned_to.map(|(id, ..)| id), Some(id(1)));
    let calls = contact::of_customer(&desk.cache().read().unwrap(), id(10)).unwrap();
    assert_eq!(
        (calls[0].outcome.as_str(), calls[0].at, calls[0].is_waiting),
        ("thinking", 1_000_000, true)
    );
}

#[test]
fn do_not_call_holds_at_once_and_is_put_back_whole() {
    let rows = vec![
        a_journey_task(30, "customer_follow_up", 1),
        a_journey_task(31, "review_request", 2),
        a_journey_task(32, "prepare_treatment", 2),
        put(
            "followup",
            id(60),
            &[
                ("customer_id", Value::Uuid(id(10))),
                ("channel", text("call")),
                ("status", text("pending")),
            ],
        ),
    ];
    let desk = clinic(rows);
    desk.act(100, "contact.log", call("do_not_call", 30)).unwrap();
    assert_eq!(
        (desk.open_kinds(), desk.is_not_to_be_called()),
        (vec!["prepare_treatment".to_owned()], true)
    );
    // It may have been sent: then it is reversed by an action, with the same effect here.
    let chosen = desk
        .cache()
        .write(|t| desk_cache::outbox::choose(t, desk.person, &[desk.person], 10, 5))
        .unwrap();
    assert_eq!(chosen.len(), 1);
    assert_eq!(desk.undo(900), How::Reversed);
    assert_eq!(
        desk.open_kinds(),
        ["customer_follow_up", "prepare_treatment", "review_request"]
    );
    assert!(!desk.is_not_to_be_called());
    assert!(
        contact::of_customer(&desk.cache().read().unwrap(), id(10))
            .unwrap()
            .is_empty()
    );
}

#[test]
fn what_sleeps_wakes_when_the_customer_calls() {
    let desk = clinic(vec![a_journey_task(30, "customer_follow_up", 1)]);
    desk.act(
        100,
        "task.snooze",
        json!({ "id": id(30), "until": "1970-01-02T00:00:00Z" }),
    )
    .unwrap();
    let mut incoming = call("asked_price", 30);
    incoming["direction"] = json!("in");
    incoming["task_id"] = json!(null);
    desk.act(101, "contact.log", incoming).unwrap();
    let woken = desk.task(30);
    assert_eq!(
        (woken.snoozed_until, woken.woken_by.as_deref()),
        (Some(NOW), Some("reply"))
    );
    assert_eq!(desk.task(301).kind, "send_proposal");
}

#[test]
fn giving_out_counts_what_it_has_given_and_needs_a_manager() {
    let strays: Vec<Change> = (0..6).map(|n| a_journey_task(70 + n, "review_request", 3)).collect();
    let mut desk = clinic(strays);
    assert_eq!(desk.refused(100, "task.assign_all", json!({})), "role_not_allowed");
    desk.person = id(4);
    desk.act(101, "task.assign_all", json!({})).unwrap();
    let given = |who: u128| {
        (0..6)
            .filter(|n| desk.task(70 + n).assigned_to.as_ref().map(|(id, ..)| *id) == Some(id(who)))
            .count()
    };
    assert_eq!((given(1), given(2), given(3)), (3, 3, 0));
}

#[test]
fn whoever_is_away_gives_what_is_due_meanwhile_to_others() {
    let desk = clinic(vec![a_journey_task(30, "customer_follow_up", 1)]);
    desk.act(
        100,
        "staff.away",
        json!({ "id": id(1), "until": "1970-01-02T00:00:00Z", "reason": "ไม่สบาย" }),
    )
    .unwrap();
    let moved = desk.task(30);
    assert_eq!(moved.assigned_to.map(|(id, ..)| id), Some(id(2)));
    assert!(moved.notes.unwrap().ends_with("เมย์: ย้ายจาก เมย์: ไม่สบาย"));
    let away = |desk: &Desk| {
        let people: Vec<(Uuid, Option<i64>)> = staff::active(&desk.cache().read().unwrap())
            .unwrap()
            .into_iter()
            .map(|person| (person.id, person.away_until))
            .collect();
        people.into_iter().find(|(found, _)| *found == id(1)).unwrap().1
    };
    assert_eq!(away(&desk), Some(86_400_000_000));
    assert_eq!(
        desk.refused(
            101,
            "staff.away",
            json!({ "id": id(2), "until": "1970-01-02T00:00:00Z" })
        ),
        "role_not_allowed"
    );
    desk.act(102, "staff.back", json!({ "id": id(1) })).unwrap();
    assert_eq!(away(&desk), None);
}

fn a_lead(key: u128, customer: Option<u128>, created_at: i64) -> Change {
    let customer = customer.map_or(Value::Null, |key| Value::Uuid(id(key)));
    let fields = [
        ("name", text("พลอย")),
        ("status", text("open")),
        ("created_at", Value::Int(created_at)),
        ("customer_id", customer),
    ];
    put("lead", id(key), &fields)
}

fn lead_of(desk: &Desk, key: u128) -> (String, Option<i64>, Option<String>) {
    let found = desk_cache::query::lead::one(&desk.cache().read().unwrap(), id(key)).unwrap();
    let lead = found.unwrap();
    (lead.status, lead.answered_at, lead.outcome)
}

#[test]
fn a_call_answers_its_lead_and_the_leads_that_the_customer_had_by_then_and_both_can_be_taken_back() {
    let at = "1970-01-01T00:00:01Z";
    let open = || ("open".to_owned(), None, None);
    let desk = clinic(vec![
        a_lead(70, Some(10), 5),
        a_lead(71, Some(10), NOW + 5),
        a_lead(72, None, 5),
    ]);
    let to_customer =
        json!({ "id": id(500), "customer_id": id(10), "direction": "out", "outcome": "booked", "at": at });
    desk.act(100, "contact.log", to_customer).unwrap();
    assert_eq!(lead_of(&desk, 70), ("closed".into(), Some(NOW), Some("booked".into())));
    assert_eq!((lead_of(&desk, 71), lead_of(&desk, 72)), (open(), open()));
    let to_lead = json!({ "id": id(501), "lead_id": id(72), "direction": "out", "outcome": "thinking", "at": at, "next_at": "1970-01-01T01:00:00Z" });
    desk.act(101, "contact.log", to_lead).unwrap();
    assert_eq!(
        lead_of(&desk, 72),
        ("claimed".into(), Some(NOW), Some("thinking".into()))
    );
    assert!(desk.open_kinds().is_empty(), "what follows stays with the lead");
    for action in [100, 101] {
        desk.answer(action, None);
    }
    desk.pull(2, vec![a_lead(72, None, 5)], vec![]);
    assert_eq!(lead_of(&desk, 72).0, "claimed", "it is in force until its rows come");
    desk.undo(900);
    assert_eq!(lead_of(&desk, 72), open());
    desk.undo(901);
    assert_eq!(lead_of(&desk, 70), open());
}

#[test]
fn a_call_is_taken_back_and_what_was_decided_after_it_stands() {
    let desk = clinic(vec![a_lead(70, Some(10), 5)]);
    let call = |key: u128| json!({ "id": id(key), "lead_id": id(70), "direction": "out", "outcome": "thinking", "at": "1970-01-01T00:00:01Z" });
    desk.act(100, "contact.log", call(500)).unwrap();
    desk.answer(100, None);
    let closed = [
        ("name", text("พลอย")),
        ("status", text("closed")),
        ("outcome", text("booked")),
        ("customer_id", Value::Uuid(id(10))),
    ];
    let called = [("outcome", text("thinking")), ("lead_id", Value::Uuid(id(70)))];
    desk.pull(
        2,
        vec![put("lead", id(70), &closed), put("contact", id(500), &called)],
        vec![id(100)],
    );
    let undone = desk.undone(900);
    assert!(undone.how == How::Reversed && undone.leaves_standing);
    let (status, _, outcome) = lead_of(&desk, 70);
    assert_eq!((status.as_str(), outcome.as_deref()), ("closed", Some("booked")));
}
