//! Taking back: what never left this PC is as if it had not been done, what may have left is reversed by an action of its own, and either
//! happens once.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test: what is not as expected ends it, in its helpers too"
)]

mod support;

use desk_cache::{
    change::{self, Action, Destination},
    outbox::{self, Refusal},
    query::{customer, followup, loyalty, task},
    rebase::Change,
    row,
    undo::{self, How, Undone, Wish},
};
use desk_core::synced::{SYNCED, Value};
use serde_json::{Value as Json, json};
use support::{Desk, TODAY, a_cashier, a_task, id, put, text};
use uuid::Uuid;

fn wish(person: Uuid, of: Option<Uuid>, reversal: u128) -> Wish {
    Wish {
        person,
        of,
        id: id(reversal),
        at: 2_000_000,
    }
}

impl Desk {
    /// Ctrl Z.
    fn undo(&self, reversal: u128) -> Option<Undone> {
        undo::undo(self.cache(), &wish(self.person, None, reversal), Destination::Clinic).unwrap()
    }

    /// What a push would send now; from then on it counts as sent.
    fn send(&self, limit: u32) -> Vec<(i64, Uuid)> {
        let chosen = self
            .cache()
            .write(|t| outbox::choose(t, self.person, &[self.person], limit, 5))
            .unwrap();
        chosen.iter().map(|action| (action.seq, action.id)).collect()
    }

    /// Everything waiting is sent, confirmed and shown by these rows.
    fn agree(&self, version: i64, changes: Vec<Change>) {
        let ids: Vec<Uuid> = self.send(100).into_iter().map(|(_, id)| id).collect();
        for id in &ids {
            self.answer(id.as_u128(), None);
        }
        self.pull(version, changes, ids);
    }

    fn next(&self) -> Option<Uuid> {
        let reader = self.cache().read().unwrap();
        undo::newest(&reader, self.person).unwrap().map(|done| done.action.id)
    }

    fn waiting_names(&self) -> Vec<String> {
        let waiting = outbox::waiting(&self.cache().read().unwrap()).unwrap();
        waiting.into_iter().map(|action| action.name).collect()
    }

    fn waiting_args(&self, action: u128) -> Json {
        let waiting = outbox::waiting(&self.cache().read().unwrap()).unwrap();
        waiting.into_iter().find(|found| found.id == id(action)).unwrap().args
    }

    /// Every row of every noun.
    fn rows(&self) -> Vec<Vec<Value>> {
        let reader = self.cache().read().unwrap();
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
}

fn completed(task: Uuid, by: Uuid) -> Change {
    let fields = [
        ("title", text("call")),
        ("status", text("completed")),
        ("completed_by", Value::Uuid(by)),
    ];
    put("task", task, &fields)
}

#[test]
fn what_never_left_is_taken_out_and_the_numbers_close_up() {
    let desk = Desk::new();
    desk.pull(
        1,
        vec![a_task(id(10), "pending", "call"), a_task(id(11), "pending", "write")],
        vec![],
    );
    desk.act(100, "task.note", json!({ "id": id(11), "text": "first" }))
        .unwrap();
    assert_eq!(desk.send(100), [(1, id(100))]);
    let before = desk.rows();
    desk.act(101, "task.complete", json!({ "id": id(10), "note": "done" }))
        .unwrap();
    let undone = desk.undo(900).unwrap();
    assert_eq!((undone.action.id, undone.how), (id(101), How::TakenOut));
    assert_eq!(
        (desk.rows(), desk.waiting_names()),
        (before, vec!["task.note".to_owned()])
    );
    desk.act(102, "task.complete", json!({ "id": id(10) })).unwrap();
    assert_eq!(desk.send(100), [(1, id(100)), (2, id(102))]);
}

#[test]
fn the_same_press_heard_late_does_not_do_it_again() {
    let desk = Desk::new();
    desk.pull(1, vec![a_task(id(10), "pending", "call")], vec![]);
    desk.act(100, "task.complete", json!({ "id": id(10) })).unwrap();
    desk.undo(900).unwrap();
    desk.act(100, "task.complete", json!({ "id": id(10) })).unwrap();
    assert_eq!(
        (desk.task_status(id(10)).as_deref(), desk.waiting()),
        (Some("pending"), 0)
    );
    assert!(desk.undo(901).is_none());
}

#[test]
fn what_may_have_been_sent_is_reversed_although_no_answer_came() {
    let desk = Desk::new();
    desk.pull(1, vec![a_task(id(10), "in_progress", "call")], vec![]);
    desk.act(100, "task.complete", json!({ "id": id(10) })).unwrap();
    desk.send(100);
    assert_eq!(desk.undo(900).unwrap().how, How::Reversed);
    assert_eq!(desk.waiting_names(), ["task.complete", "task.reopen"]);
    let args = desk.waiting_args(900);
    assert_eq!((&args["of"], &args["status"]), (&json!(id(100)), &json!("in_progress")));
    assert_eq!(desk.task_status(id(10)).as_deref(), Some("in_progress"));
    assert_eq!(desk.send(100), [(1, id(100)), (2, id(900))]);
    assert!(desk.undo(901).is_none(), "a reversal is not undone, and nothing twice");
}

#[test]
fn what_was_confirmed_is_reversed_too_and_stays_in_force_until_the_rows_show_it() {
    let desk = Desk::new();
    desk.pull(1, vec![a_task(id(10), "pending", "call")], vec![]);
    desk.act(100, "task.complete", json!({ "id": id(10) })).unwrap();
    desk.agree(2, vec![completed(id(10), id(1))]);
    assert_eq!(desk.next(), Some(id(100)));
    assert_eq!(desk.undo(900).unwrap().how, How::Reversed);
    desk.pull(3, vec![completed(id(10), id(1))], vec![]);
    assert_eq!(desk.task_status(id(10)).as_deref(), Some("pending"));
    desk.agree(4, vec![a_task(id(10), "pending", "call")]);
    assert_eq!(
        (desk.task_status(id(10)).as_deref(), desk.waiting()),
        (Some("pending"), 0)
    );
    assert_eq!(desk.next(), None);
}

#[test]
fn what_a_colleague_has_changed_since_is_refused_and_does_not_block_what_was_before() {
    let desk = Desk::new();
    desk.pull(
        1,
        vec![a_task(id(10), "pending", "call"), a_task(id(11), "pending", "write")],
        vec![],
    );
    desk.act(100, "task.complete", json!({ "id": id(11) })).unwrap();
    desk.act(101, "task.complete", json!({ "id": id(10) })).unwrap();
    desk.agree(2, vec![completed(id(10), id(2)), completed(id(11), id(1))]);
    let before = desk.rows();
    let undone = desk.undo(900).unwrap();
    assert_eq!(
        (undone.action.id, undone.how),
        (id(101), How::Refused("changed_meanwhile"))
    );
    assert_eq!((desk.rows(), desk.waiting()), (before, 0));
    assert_eq!(desk.undo(901).unwrap().action.id, id(100));
}

#[test]
fn nobody_takes_back_what_a_colleague_did() {
    let mut desk = Desk::new();
    desk.pull(1, vec![a_task(id(10), "pending", "call")], vec![]);
    desk.act(100, "task.complete", json!({ "id": id(10) })).unwrap();
    desk.person = id(2);
    assert!(desk.undo(900).is_none());
    let named = undo::undo(desk.cache(), &wish(id(2), Some(id(100)), 901), Destination::Clinic).unwrap();
    assert!(named.is_none());
}

#[test]
fn a_refused_action_is_not_among_them() {
    let desk = Desk::new();
    desk.pull(1, vec![a_task(id(10), "pending", "call")], vec![]);
    desk.act(100, "task.complete", json!({ "id": id(10) })).unwrap();
    desk.send(100);
    let refusal = Refusal {
        code: "task_already_closed".into(),
        detail: None,
    };
    desk.answer(100, Some(refusal));
    assert_eq!(desk.next(), None);
    desk.pull(2, vec![], vec![id(100)]);
    assert_eq!(desk.next(), None);
}

#[test]
fn a_person_can_go_back_twenty_actions_and_no_further() {
    let desk = Desk::new();
    desk.pull(1, vec![a_task(id(10), "pending", "call")], vec![]);
    for n in 0..25_u128 {
        desk.act(100 + n, "task.note", json!({ "id": id(10), "text": n.to_string() }))
            .unwrap();
        if n == 12 {
            desk.agree(2, vec![put("task", id(10), &[("notes", text(&notes(13)))])]);
        }
    }
    let undone: Vec<u128> = (0..30)
        .filter_map(|n| desk.undo(900 + n))
        .map(|undone| undone.action.id.as_u128())
        .collect();
    assert_eq!(undone, (105..125).rev().collect::<Vec<_>>());
    let row = task::one(&desk.cache().read().unwrap(), TODAY, id(10))
        .unwrap()
        .unwrap();
    assert_eq!(row.notes.as_deref(), Some(notes(5).as_str()));
}

/// The notes of a task after the first so many of the test's.
fn notes(count: u32) -> String {
    let lines: Vec<_> = (0..count).map(|n| format!("01/01 07:00 : {n}")).collect();
    lines.join("\n")
}

#[test]
fn a_follow_up_a_snooze_and_a_task_given_away_go_back_to_what_they_were() {
    let desk = Desk::new();
    let staff = |n, name: &str| put("staff", id(n), &[("nickname", text(name)), ("active", Value::Int(1))]);
    let given = [
        ("status", text("pending")),
        ("assigned_to", Value::Uuid(id(1))),
        ("snoozed_until", Value::Int(77_000_000)),
    ];
    let due = [("status", text("failed")), ("customer_id", Value::Uuid(id(20)))];
    let rows = vec![
        staff(1, "นก"),
        staff(2, "เมย์"),
        put("task", id(10), &given),
        put("customer", id(20), &[("full_name", text("นภา"))]),
        put("followup", id(30), &due),
    ];
    desk.pull(1, rows, vec![]);
    let before = desk.rows();
    desk.act(
        100,
        "task.snooze",
        json!({ "id": id(10), "until": "2026-10-02T09:00:00+07:00" }),
    )
    .unwrap();
    desk.act(101, "task.reassign", json!({ "id": id(10), "to": id(2) }))
        .unwrap();
    desk.act(102, "followup.done", json!({ "id": id(30), "note": "x" }))
        .unwrap();
    desk.send(100);
    for reversal in [900, 901, 902] {
        assert_eq!(desk.undo(reversal).unwrap().how, How::Reversed);
    }
    assert_eq!(
        desk.waiting_names()[3..],
        ["followup.reopen", "task.hand_back", "task.unsnooze"]
    );
    let reader = desk.cache().read().unwrap();
    let row = row::get(&reader, support::noun("task"), id(10)).unwrap().unwrap();
    assert_eq!((&row[2], &row[9]), (&Value::Uuid(id(1)), &Value::Int(77_000_000)));
    assert_eq!(followup::one(&reader, id(30)).unwrap().unwrap().status, "failed");
    assert_eq!(desk.waiting_args(902)["until"], json!("1970-01-01T00:01:17.000000Z"));
    drop(reader);
    // Once the clinic has undone them as well nothing is left of them.
    let unchanged = before.clone();
    desk.agree(2, vec![put("task", id(10), &given), put("followup", id(30), &due)]);
    assert_eq!(desk.rows(), unchanged);
}

#[test]
fn an_edit_goes_back_field_by_field_unless_one_of_them_was_changed() {
    let desk = Desk::new();
    let napa = |nickname: &str| {
        put(
            "customer",
            id(20),
            &[("full_name", text("นภา")), ("nickname", text(nickname))],
        )
    };
    desk.pull(1, vec![napa("นา")], vec![]);
    let edit = json!({ "id": id(20), "set": { "nickname": "ภา", "phone": "0812345678" }, "base": { "nickname": "นา", "phone": null } });
    desk.act(100, "customer.edit", edit.clone()).unwrap();
    desk.send(100);
    assert_eq!(desk.undo(900).unwrap().how, How::Reversed);
    let args = desk.waiting_args(900);
    assert_eq!(
        (&args["set"], &args["base"]),
        (&json!({ "nickname": "นา", "phone": null }), &edit["set"])
    );
    let profile = customer::profile(&desk.cache().read().unwrap(), id(20))
        .unwrap()
        .unwrap();
    assert_eq!((profile.nickname.as_deref(), profile.phone), (Some("นา"), None));
    desk.agree(2, vec![napa("นา")]);

    let edit = json!({ "id": id(20), "set": { "nickname": "ภา" }, "base": { "nickname": "นา" } });
    desk.act(101, "customer.edit", edit).unwrap();
    desk.agree(3, vec![napa("หญิง")]);
    assert_eq!(desk.undo(901).unwrap().how, How::Refused("changed_meanwhile"));
}

/// A membership of customer 20.
fn member(total: i64, available: i64, tier: &str) -> Change {
    let fields = [
        ("customer_id", Value::Uuid(id(20))),
        ("total_points", Value::Int(total)),
        ("available_points", Value::Int(available)),
        ("tier", text(tier)),
    ];
    put("loyalty_profile", id(40), &fields)
}

/// A member with 900 points gets 200 more, and the clinic has confirmed it with this membership.
fn awarded(after: Change) -> Desk {
    let desk = Desk::new();
    let napa = put("customer", id(20), &[("full_name", text("นภา"))]);
    let rows = vec![napa, member(900, 900, "bronze"), a_cashier(desk.person, "นก")];
    desk.pull(1, rows, vec![]);
    let bill = json!({ "id": id(100), "customer_id": id(20), "satang": 200_000 });
    desk.act(100, "points.award", bill).unwrap();
    let entry = [
        ("customer_id", Value::Uuid(id(20))),
        ("type", text("earned")),
        ("amount", Value::Int(200)),
        ("expires_at", Value::Int(99)),
    ];
    desk.agree(2, vec![put("point_entry", id(100), &entry), after]);
    desk
}

#[test]
fn points_are_cancelled_by_a_second_entry() {
    let desk = awarded(member(1_100, 1_100, "silver"));
    assert_eq!(desk.undo(900).unwrap().how, How::Reversed);
    let reader = desk.cache().read().unwrap();
    let ledger = loyalty::ledger(&reader, id(20), 0, 10).unwrap();
    let shown: Vec<_> = ledger
        .iter()
        .map(|entry| (entry.kind.as_str(), entry.amount, entry.expires_at))
        .collect();
    assert_eq!(shown, [("refund", -200, Some(99)), ("earned", 200, Some(99))]);
    let now = loyalty::member(&reader, id(20)).unwrap().unwrap();
    assert_eq!(
        (now.available_points, now.lifetime_points, now.tier.word()),
        (900, 900, "bronze")
    );
}

#[test]
fn points_that_were_spent_since_are_not_taken_back() {
    let desk = awarded(member(1_100, 150, "silver"));
    assert_eq!(desk.undo(900).unwrap().how, How::Refused("points_spent"));
}

#[test]
fn a_new_customer_goes_unless_something_hangs_on_them() {
    let desk = Desk::new();
    desk.pull(1, vec![a_cashier(desk.person, "นก")], vec![]);
    let napa = json!({ "id": id(20), "full_name": "นภา" });
    desk.act(100, "customer.create", napa.clone()).unwrap();
    desk.act(
        101,
        "customer.edit",
        json!({ "id": id(20), "set": { "nickname": "นา" }, "base": { "nickname": null } }),
    )
    .unwrap();
    desk.send(100);
    assert_eq!(desk.undo(900).unwrap().how, How::Reversed);
    assert_eq!(desk.undo(901).unwrap().how, How::Reversed);
    assert_eq!(desk.waiting_names()[2..], ["customer.revert", "customer.remove"]);
    assert_eq!(customer::count(&desk.cache().read().unwrap()).unwrap(), 0);

    desk.act(102, "customer.create", json!({ "id": id(21), "full_name": "มะลิ" }))
        .unwrap();
    desk.act(
        103,
        "points.award",
        json!({ "id": id(103), "customer_id": id(21), "satang": 100_000 }),
    )
    .unwrap();
    let named = undo::undo(
        desk.cache(),
        &wish(desk.person, Some(id(102)), 902),
        Destination::Clinic,
    )
    .unwrap();
    assert_eq!(named.unwrap().how, How::Refused("customer_in_use"));
    assert!(
        customer::profile(&desk.cache().read().unwrap(), id(21))
            .unwrap()
            .is_some()
    );
}

#[test]
fn a_lead_is_whose_it_was_made_and_nobodys_when_that_is_taken_back() {
    let desk = Desk::new();
    desk.pull(
        1,
        vec![put("lead", id(30), &[("name", text("มายด์")), ("status", text("open"))])],
        vec![],
    );
    let of = || -> Option<Uuid> {
        let reader = desk.cache().read().unwrap();
        let sql = "SELECT customer_id FROM lead WHERE id = ?1";
        reader.query_row(sql, [id(30)], |row| row.get(0)).unwrap()
    };
    for (nth, is_sent) in [(100, false), (101, true)] {
        let new = json!({ "id": id(nth), "full_name": "มายด์", "lead_id": id(30) });
        desk.act(nth, "customer.create", new).unwrap();
        assert_eq!(of(), Some(id(nth)));
        if is_sent {
            desk.send(100);
        }
        let how = if is_sent { How::Reversed } else { How::TakenOut };
        assert_eq!(desk.undo(800 + nth).unwrap().how, how);
        assert_eq!(of(), None);
    }
}

#[test]
fn in_the_demo_clinic_the_same_is_done_at_once() {
    let desk = Desk::new();
    desk.pull(1, vec![a_task(id(10), "in_progress", "call")], vec![]);
    let complete = Action {
        id: id(100),
        person: desk.person,
        name: "task.complete".into(),
        args: json!({ "id": id(10) }),
        at: 1,
    };
    change::perform(desk.cache(), &complete, Destination::Here).unwrap();
    let undone = undo::undo(desk.cache(), &wish(desk.person, None, 900), Destination::Here).unwrap();
    assert_eq!(undone.unwrap().how, How::Reversed);
    assert_eq!(
        (desk.task_status(id(10)).as_deref(), desk.waiting()),
        (Some("in_progress"), 0)
    );
    assert_eq!(desk.next(), None);
}

#[test]
fn points_taken_back_before_the_clinic_dated_them_leave_the_dated_ones_alone() {
    let desk = Desk::new();
    let older = [
        ("customer_id", Value::Uuid(id(20))),
        ("type", text("earned")),
        ("amount", Value::Int(1_140)),
        ("expires_at", Value::Int(99)),
    ];
    let napa = put("customer", id(20), &[("full_name", text("นภา"))]);
    let lot = [
        ("customer_id", Value::Uuid(id(20))),
        ("points", Value::Int(1_140)),
        ("remaining", Value::Int(1_140)),
        ("expires_at", Value::Int(99)),
    ];
    let rows = vec![
        napa,
        member(1_140, 1_140, "bronze"),
        a_cashier(desk.person, "นก"),
        put("point_entry", id(50), &older),
        put("lot", id(50), &lot),
    ];
    desk.pull(1, rows, vec![]);
    let award = Action {
        id: id(100),
        person: desk.person,
        name: "points.award".into(),
        args: json!({ "id": id(100), "customer_id": id(20), "satang": 20_000 }),
        at: 1_000_000,
    };
    change::perform(desk.cache(), &award, Destination::Here).unwrap();
    undo::undo(desk.cache(), &wish(desk.person, None, 900), Destination::Here).unwrap();
    let reader = desk.cache().read().unwrap();
    let lots = loyalty::lots(&reader, id(20)).unwrap();
    assert_eq!(lots.iter().map(|lot| lot.remaining).collect::<Vec<_>>(), [1_140]);
}

mod laws {
    use proptest::prelude::*;

    use super::*;

    /// One thing that happens to a desk.
    #[derive(Clone, Debug)]
    enum Happening {
        /// The clinic sends a task.
        Task { task: u128, is_open: bool },
        /// The clinic sends a customer with so many points.
        Customer {
            customer: u128,
            nickname: String,
            points: i64,
        },
        /// A person here does something.
        Act {
            person: u128,
            name: &'static str,
            row: u128,
            word: u8,
        },
        /// So many actions of a person are on their way.
        Sent { person: u128, count: u32 },
    }

    const NAMES: [&str; 9] = [
        "task.complete",
        "task.snooze",
        "task.reassign",
        "task.note",
        "followup.done",
        "customer.create",
        "customer.edit",
        "points.award",
        "notification.read",
    ];

    fn happening() -> impl Strategy<Value = Happening> {
        let act = (1_u128..3, prop::sample::select(&NAMES[..]), 0_u128..3, any::<u8>()).prop_map(
            |(person, name, row, word)| Happening::Act {
                person,
                name,
                row,
                word,
            },
        );
        prop_oneof![
            2 => (10_u128..13, any::<bool>()).prop_map(|(task, is_open)| Happening::Task { task, is_open }),
            2 => (20_u128..22, "[a-c]", 0_i64..5_000).prop_map(|(customer, nickname, points)| Happening::Customer { customer, nickname, points }),
            8 => act,
            1 => (1_u128..3, 0_u32..3).prop_map(|(person, count)| Happening::Sent { person, count }),
        ]
    }

    fn args(name: &str, row: u128, word: u8, action: u128) -> Json {
        match name {
            "task.snooze" => {
                json!({ "id": id(10 + row), "until": format!("2026-10-{:02}T09:00:00+07:00", word % 28 + 1) })
            }
            "task.reassign" => json!({ "id": id(10 + row), "to": id(u128::from(word % 2) + 1) }),
            "task.note" | "task.complete" => {
                json!({ "id": id(10 + row), "text": word.to_string(), "note": word.to_string() })
            }
            "followup.done" => json!({ "id": id(30 + row) }),
            "customer.create" => json!({ "id": id(20 + row), "full_name": word.to_string() }),
            "customer.edit" => json!({ "id": id(20 + row), "set": { "nickname": word.to_string() }, "base": {} }),
            "points.award" => {
                json!({ "id": id(action), "customer_id": id(20 + row), "satang": 10_000 * i64::from(word) + 10 })
            }
            _ => json!({ "id": id(60 + row) }),
        }
    }

    fn begin() -> Desk {
        let desk = Desk::new();
        let staff = |n| a_cashier(id(n), "ก");
        let due = |n| {
            put(
                "followup",
                id(n),
                &[("status", text("pending")), ("customer_id", Value::Uuid(id(20)))],
            )
        };
        let told = |n| put("notification", id(n), &[("user_id", Value::Uuid(id(1)))]);
        let task = |n| a_task(id(n), "pending", "call");
        let rows = vec![staff(1), staff(2), due(30), due(31), told(60), task(10), task(11)];
        desk.pull(1, rows, vec![]);
        desk
    }

    /// Lets it happen; whether it was done, where it is something that a person does.
    fn happen(desk: &mut Desk, nth: usize, happening: &Happening) -> bool {
        let (version, action) = (i64::try_from(nth).unwrap() + 2, 1_000 + nth as u128);
        match happening {
            Happening::Task { task, is_open } => {
                desk.pull(
                    version,
                    vec![a_task(
                        id(*task),
                        if *is_open { "pending" } else { "cancelled" },
                        "call",
                    )],
                    vec![],
                );
                true
            }
            Happening::Customer {
                customer,
                nickname,
                points,
            } => {
                let member = [
                    ("customer_id", Value::Uuid(id(*customer))),
                    ("available_points", Value::Int(*points)),
                    ("total_points", Value::Int(*points)),
                ];
                let rows = vec![
                    put("customer", id(*customer), &[("nickname", text(nickname))]),
                    put("loyalty_profile", id(customer + 20), &member),
                ];
                desk.pull(version, rows, vec![]);
                true
            }
            Happening::Act {
                person,
                name,
                row,
                word,
            } => {
                desk.person = id(*person);
                desk.act(action, name, args(name, *row, *word, action)).is_ok()
            }
            Happening::Sent { person, count } => {
                desk.person = id(*person);
                desk.send(*count);
                true
            }
        }
    }

    fn outbox_of(desk: &Desk) -> Vec<(Uuid, i64, Json)> {
        let waiting = outbox::waiting(&desk.cache().read().unwrap()).unwrap();
        waiting
            .into_iter()
            .map(|action| (action.id, action.seq, action.args))
            .collect()
    }

    fn shadows(desk: &Desk) -> Vec<(i64, Uuid, Option<String>)> {
        let reader = desk.cache().read().unwrap();
        let mut statement = reader.prepare("SELECT tbl, pk, row FROM shadow ORDER BY 1, 2").unwrap();
        let rows = statement
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
            .unwrap();
        rows.map(Result::unwrap).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(96))]

        /// Any action that never left this PC, taken back: rows, outbox, numbers and pre-images are those of a desk on which it was never done.
        #[test]
        fn taken_out_is_never_done(happenings in prop::collection::vec(happening(), 1..24), which in any::<prop::sample::Index>()) {
            let mut with = begin();
            let done: Vec<bool> = happenings.iter().enumerate().map(|(nth, happening)| happen(&mut with, nth, happening)).collect();
            let acts: Vec<usize> = happenings.iter().enumerate()
                .filter(|(nth, happening)| done[*nth] && matches!(happening, Happening::Act { name, .. } if change::can_be_undone(name)))
                .map(|(nth, _)| nth).collect();
            prop_assume!(!acts.is_empty());
            let nth = acts[which.index(acts.len())];
            let Happening::Act { person, .. } = &happenings[nth] else { unreachable!() };
            let wish = wish(id(*person), Some(id(1_000 + nth as u128)), 900);
            let undone = undo::undo(with.cache(), &wish, Destination::Clinic).unwrap();
            let is_taken_out = undone.is_some_and(|undone| undone.how == How::TakenOut);
            prop_assume!(is_taken_out);

            let mut without = begin();
            for (other, happening) in happenings.iter().enumerate().filter(|(other, _)| *other != nth && done[*other]) {
                happen(&mut without, other, happening);
            }
            prop_assert_eq!(with.rows(), without.rows());
            prop_assert_eq!(outbox_of(&with), outbox_of(&without));
            prop_assert_eq!(shadows(&with), shadows(&without));
            for person in [1, 2] {
                (with.person, without.person) = (id(person), id(person));
                prop_assert_eq!(with.send(100), without.send(100));
            }
        }

        /// Whatever is refused changes nothing.
        #[test]
        fn what_is_refused_changes_no_row(happenings in prop::collection::vec(happening(), 1..24), which in any::<prop::sample::Index>()) {
            let mut desk = begin();
            for (nth, happening) in happenings.iter().enumerate() {
                happen(&mut desk, nth, happening);
            }
            let (rows, waiting) = (desk.rows(), outbox_of(&desk));
            let nth = which.index(happenings.len());
            let Happening::Act { person, .. } = &happenings[nth] else { return Ok(()) };
            let wish = wish(id(*person), Some(id(1_000 + nth as u128)), 900);
            let undone = undo::undo(desk.cache(), &wish, Destination::Clinic).unwrap();
            if undone.is_none_or(|undone| matches!(undone.how, How::Refused(_))) {
                prop_assert_eq!((desk.rows(), outbox_of(&desk)), (rows, waiting));
            }
        }
    }
}
