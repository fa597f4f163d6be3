//! What a person did stays in force until the clinic's own rows show it, and what the clinic sends is exactly what remains afterwards.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test: what is not as expected ends it, in its helpers too"
)]

mod support;

use desk_cache::{
    Cache, CacheError, Key, attention,
    outbox::{self, Refusal},
    query::{customer, loyalty, task},
    rebase::{self, Change, Op, Page, Position, Stream},
    row,
};
use desk_core::synced::{self, Kind, Value};
use serde_json::json;
use support::{Desk, TODAY, a_cashier, a_task, id, noun, of_version, put, row_of, text};
use uuid::Uuid;

#[test]
fn what_was_confirmed_is_there_after_a_restart() {
    let mut desk = Desk::new();
    desk.pull(1, vec![a_task(id(10), "pending", "call")], vec![]);
    desk.act(100, "task.complete", json!({ "id": id(10) })).unwrap();
    desk.start_again();
    assert_eq!(desk.task_status(id(10)).as_deref(), Some("completed"));
    assert_eq!(desk.waiting(), 1);
}

#[test]
fn an_action_stays_in_force_over_rows_that_do_not_show_it_yet() {
    let desk = Desk::new();
    desk.pull(1, vec![a_task(id(10), "pending", "call")], vec![]);
    desk.act(100, "task.complete", json!({ "id": id(10) })).unwrap();
    desk.pull(2, vec![a_task(id(10), "pending", "call again")], vec![]);
    let row = task::one(&desk.cache().read().unwrap(), TODAY, id(10))
        .unwrap()
        .unwrap();
    assert_eq!(
        (row.status.as_str(), row.title.as_str(), row.is_waiting),
        ("completed", "call again", true)
    );
}

#[test]
fn an_answer_alone_does_not_let_an_action_go() {
    let desk = Desk::new();
    desk.pull(1, vec![a_task(id(10), "pending", "call")], vec![]);
    desk.act(100, "task.complete", json!({ "id": id(10) })).unwrap();
    desk.answer(100, None);
    assert_eq!(
        (desk.task_status(id(10)).as_deref(), desk.waiting()),
        (Some("completed"), 1)
    );
    desk.pull(2, vec![a_task(id(10), "completed", "call")], vec![id(100)]);
    assert_eq!(
        (desk.task_status(id(10)).as_deref(), desk.waiting()),
        (Some("completed"), 0)
    );
}

#[test]
fn a_refused_action_is_undone_and_becomes_an_item_with_what_was_typed() {
    let desk = Desk::new();
    desk.pull(1, vec![a_task(id(10), "pending", "call")], vec![]);
    desk.act(100, "task.complete", json!({ "id": id(10), "note": "she will come" }))
        .unwrap();
    let refusal = Refusal {
        code: "task_already_closed".into(),
        detail: Some("{}".into()),
    };
    desk.answer(100, Some(refusal));
    desk.pull(2, vec![], vec![id(100)]);
    assert_eq!(desk.task_status(id(10)).as_deref(), Some("pending"));
    let items = attention::all(&desk.cache().read().unwrap()).unwrap();
    assert_eq!(items.len(), 1);
    assert_eq!(
        (items[0].code.as_str(), &items[0].args["note"]),
        ("task_already_closed", &json!("she will come"))
    );
}

#[test]
fn doing_the_same_thing_twice_does_it_once() {
    let desk = Desk::new();
    let customer = put("customer", id(20), &[("full_name", text("นภา แสงทอง"))]);
    desk.pull(1, vec![customer, a_cashier(desk.person, "นก")], vec![]);
    let args = json!({ "id": id(100), "customer_id": id(20), "satang": 199_900 });
    desk.act(100, "points.award", args.clone()).unwrap();
    desk.act(100, "points.award", args).unwrap();
    let entries = loyalty::ledger(&desk.cache().read().unwrap(), id(20), 0, 10).unwrap();
    assert_eq!((entries.len(), entries[0].amount, desk.waiting()), (1, 199, 1));
}

/// A page of which more is to come.
fn half(desk: &Desk, at: Position, changes: Vec<Change>) {
    let page = Page {
        scope: "clinic".into(),
        changes: of_version(at.version, changes),
        next: at,
        epoch: "e".into(),
        is_consistent: false,
        settled: vec![],
        now: at.version,
    };
    rebase::apply(desk.cache(), &page).unwrap();
}

fn points_shown(desk: &Desk, customer: Uuid) -> i64 {
    let reader = desk.cache().read().unwrap();
    let lots = loyalty::lots(&reader, customer).unwrap();
    lots.iter().map(|lot| lot.remaining).sum()
}

fn a_profile(points: i64) -> Change {
    let fields = [
        ("customer_id", Value::Uuid(id(20))),
        ("available_points", Value::Int(points)),
        ("tier", text("bronze")),
    ];
    put("loyalty_profile", id(21), &fields)
}

fn a_lot(key: Uuid, points: i64, remaining: i64) -> Change {
    let fields = [
        ("customer_id", Value::Uuid(id(20))),
        ("points", Value::Int(points)),
        ("remaining", Value::Int(remaining)),
        ("effective_at", Value::Int(1)),
    ];
    put("lot", key, &fields)
}

#[test]
fn sending_a_refused_action_again_lets_it_go_with_it_and_a_second_press_sends_nothing() {
    let desk = Desk::new();
    desk.pull(1, vec![a_task(id(10), "pending", "call")], vec![]);
    desk.act(100, "task.note", json!({ "id": id(10), "text": "busy" }))
        .unwrap();
    let refusal = Refusal {
        code: "action_failed".into(),
        detail: None,
    };
    desk.answer(100, Some(refusal));
    desk.pull(2, vec![], vec![id(100)]);
    let press = |action: u128, task: Uuid| {
        let again = desk_cache::change::Action {
            id: id(action),
            person: id(1),
            name: "task.note".into(),
            args: json!({ "id": task, "text": "busy" }),
            at: 2_000_000,
        };
        attention::insist(desk.cache(), id(100), &again).map_err(|error| error.to_string())
    };
    let left = || attention::all(&desk.cache().read().unwrap()).unwrap().len();
    assert!(press(101, id(11)).is_err(), "on what is not there");
    assert_eq!((left(), desk.waiting()), (1, 0), "then it stays, and nothing waits");
    press(102, id(10)).unwrap();
    assert!(press(103, id(10)).is_err());
    assert_eq!((left(), desk.waiting()), (0, 1));
}

#[test]
fn half_of_a_transaction_is_not_shown_under_an_action_that_is_part_of_it() {
    let desk = Desk::new();
    let customer = put("customer", id(20), &[("full_name", text("นภา แสงทอง"))]);
    desk.pull(1, vec![customer, a_profile(300), a_lot(id(22), 300, 300)], vec![]);
    let args = json!({ "id": id(100), "customer_id": id(20), "points": 120, "seen": 300 });
    desk.act(100, "points.redeem", args).unwrap();
    desk.answer(100, None);
    assert_eq!(points_shown(&desk, id(20)), 180);
    let in_the_middle = Position {
        pk: id(22),
        tbl: noun("lot").number,
        version: 2,
    };
    half(&desk, in_the_middle, vec![a_lot(id(22), 300, 180)]);
    assert_eq!(points_shown(&desk, id(20)), 180);
    desk.pull(2, vec![a_profile(180)], vec![id(100)]);
    assert_eq!((points_shown(&desk, id(20)), desk.waiting()), (180, 0));
}

/// The first points of somebody make them a member; the page that brings them ends between the membership and its points.
fn first_points(there: Vec<Change>, name: &str, args: serde_json::Value) {
    let desk = Desk::new();
    let customer = put("customer", id(20), &[("full_name", text("นภา แสงทอง"))]);
    desk.pull(1, there.into_iter().chain([customer]).collect(), vec![]);
    desk.act(100, name, args).unwrap();
    desk.answer(100, None);
    let in_the_middle = Position {
        pk: id(21),
        tbl: noun("loyalty_profile").number,
        version: 2,
    };
    half(&desk, in_the_middle, vec![a_profile(299)]);
    let shown = || {
        let reader = desk.cache().read().unwrap();
        row::get(&reader, noun("loyalty_profile"), id(21)).unwrap()
    };
    assert_eq!(shown(), None, "{name}");
    desk.pull(
        2,
        vec![a_lot(id(101), 199, 199), a_lot(id(23), 100, 100)],
        vec![id(100)],
    );
    assert_eq!((shown().is_some(), points_shown(&desk, id(20))), (true, 299), "{name}");
}

#[test]
fn a_membership_that_an_award_made_is_not_shown_with_the_award_on_top_of_it() {
    first_points(
        vec![a_cashier(id(1), "นก")],
        "points.award",
        json!({ "id": id(101), "customer_id": id(20), "satang": 199_900 }),
    );
}

#[test]
fn a_membership_that_a_payment_made_is_not_shown_with_the_payment_on_top_of_it() {
    first_points(
        vec![a_cashier(id(1), "นก")],
        "payment.take",
        json!({ "id": id(102), "entry": id(101), "customer_id": id(20), "satang": 199_900, "method": "cash" }),
    );
}

#[test]
fn a_membership_that_an_agreed_gift_made_is_not_shown_with_the_gift_on_top_of_it() {
    let manager = [("role", text("manager")), ("active", Value::Int(1))];
    let asked = [
        ("kind", text("gift")),
        ("customer_id", Value::Uuid(id(20))),
        ("points", Value::Int(199)),
        ("reason", text("goodwill")),
        ("asked_by", Value::Uuid(id(2))),
        ("state", text("asked")),
    ];
    first_points(
        vec![put("staff", id(1), &manager), put("approval", id(30), &asked)],
        "approval.decide",
        json!({ "id": id(30), "entry": id(101), "agree": true }),
    );
}

#[test]
fn what_was_held_back_outlives_a_restart_and_gives_way_to_what_is_newer() {
    let mut desk = Desk::new();
    desk.pull(1, vec![a_task(id(10), "pending", "call")], vec![]);
    desk.act(100, "task.note", json!({ "id": id(10), "text": "busy" }))
        .unwrap();
    half(
        &desk,
        Position {
            pk: id(10),
            tbl: noun("task").number,
            version: 2,
        },
        vec![a_task(id(10), "pending", "older")],
    );
    desk.start_again();
    half(
        &desk,
        Position {
            pk: id(10),
            tbl: noun("task").number,
            version: 3,
        },
        vec![a_task(id(10), "pending", "newer")],
    );
    let title = || {
        task::one(&desk.cache().read().unwrap(), TODAY, id(10))
            .unwrap()
            .unwrap()
            .title
    };
    assert_eq!(title(), "call");
    desk.pull(3, vec![], vec![]);
    assert_eq!(title(), "newer");
}

#[test]
fn people_of_one_pc_take_turns_in_the_order_in_which_they_did_it() {
    let desk = Desk::new();
    desk.pull(1, vec![a_task(id(10), "pending", "call")], vec![]);
    let note = |action: u128, person: Uuid| {
        let desk_of = |person| desk_cache::change::Action {
            id: id(action),
            person,
            name: "task.note".into(),
            args: json!({ "id": id(10), "text": "busy" }),
            at: 1_000_000,
        };
        desk_cache::change::perform(desk.cache(), &desk_of(person), desk_cache::change::Destination::Clinic).unwrap();
    };
    for (action, person) in [(100, 1), (101, 1), (102, 2), (103, 1)] {
        note(action, id(person));
    }
    let next = |people: &[Uuid]| {
        desk.cache()
            .write(|transaction| {
                let Some(person) = outbox::turn(transaction, people)? else {
                    return Ok(vec![]);
                };
                outbox::choose(transaction, person, people, 100, 5)
            })
            .unwrap()
            .iter()
            .map(|action| action.id)
            .collect::<Vec<_>>()
    };
    let both = [id(2), id(1)];
    assert_eq!(next(&both), [id(100), id(101)]);
    [100, 101].into_iter().for_each(|action| desk.answer(action, None));
    assert_eq!(next(&both), [id(102)]);
    assert_eq!(
        next(&[id(1)]),
        [id(103)],
        "whom the clinic does not let in any more holds nobody back"
    );
    desk.answer(102, None);
    assert_eq!(next(&both), [id(103)]);
}

#[test]
fn an_action_on_what_is_not_here_changes_nothing() {
    let desk = Desk::new();
    let refused = desk.act(100, "task.complete", json!({ "id": id(10) }));
    assert!(matches!(refused, Err(CacheError::Refused("task_not_found"))));
    assert_eq!(desk.waiting(), 0);
}

#[test]
fn a_customer_made_here_gets_the_code_of_the_clinic_and_no_twin() {
    let desk = Desk::new();
    desk.act(
        100,
        "customer.create",
        json!({ "id": id(20), "full_name": "ฟ้า", "phone": "085-777-8888" }),
    )
    .unwrap();
    desk.answer(100, None);
    let fields = [("full_name", text("ฟ้า")), ("code", text("A-000777"))];
    desk.pull(2, vec![put("customer", id(20), &fields)], vec![id(100)]);
    let reader = desk.cache().read().unwrap();
    assert_eq!(customer::count(&reader).unwrap(), 1);
    assert_eq!(
        customer::profile(&reader, id(20)).unwrap().unwrap().code.as_deref(),
        Some("A-000777")
    );
}

#[test]
fn a_row_that_left_another_persons_scope_is_not_taken_from_this_one() {
    let desk = Desk::new();
    desk.pull(
        1,
        vec![put("notification", id(30), &[("user_id", Value::Uuid(id(1)))])],
        vec![],
    );
    let leave = Change {
        tbl: noun("notification").number,
        op: Op::Leave,
        pk: id(30),
        row: None,
    };
    let mut page = Page {
        scope: rebase::person_scope(id(2)),
        changes: of_version(2, vec![leave]),
        next: Position::end_of(2),
        epoch: "e".into(),
        is_consistent: true,
        settled: vec![],
        now: 2,
    };
    rebase::apply(desk.cache(), &page).unwrap();
    let here = || {
        row::get(&desk.cache().read().unwrap(), noun("notification"), id(30))
            .unwrap()
            .is_some()
    };
    assert!(here());
    page.scope = rebase::person_scope(id(1));
    rebase::apply(desk.cache(), &page).unwrap();
    assert!(!here());
}

#[test]
fn a_row_deleted_for_one_person_and_made_anew_for_another_stays_theirs() {
    let desk = Desk::new();
    let note = put("notification", id(30), &[("user_id", Value::Uuid(id(2)))]);
    let page = |person, change| Page {
        scope: rebase::person_scope(person),
        changes: of_version(2, vec![change]),
        next: Position::end_of(2),
        epoch: "e".into(),
        is_consistent: true,
        settled: vec![],
        now: 2,
    };
    let gone = Change {
        op: Op::Delete,
        row: None,
        ..note.clone()
    };
    rebase::apply(desk.cache(), &page(id(2), note)).unwrap();
    rebase::apply(desk.cache(), &page(id(1), gone)).unwrap();
    let reader = desk.cache().read().unwrap();
    assert!(row::get(&reader, noun("notification"), id(30)).unwrap().is_some());
}

#[test]
fn a_new_identity_begins_with_the_first_action_that_is_still_to_be_sent() {
    let desk = Desk::new();
    desk.pull(1, vec![a_task(id(10), "pending", "call")], vec![]);
    desk.act(100, "task.note", json!({ "id": id(10), "text": "a" }))
        .unwrap();
    desk.act(101, "task.note", json!({ "id": id(10), "text": "b" }))
        .unwrap();
    desk.answer(100, None);
    desk.cache()
        .write(|transaction| outbox::begin_anew(transaction, desk.person))
        .unwrap();
    let unsent = outbox::unsent(&desk.cache().read().unwrap(), desk.person, 9).unwrap();
    let numbers: Vec<_> = unsent.iter().map(|action| (action.id, action.seq)).collect();
    assert_eq!(numbers, [(id(101), 1)], "a gap would stop this desk for good");
}

#[test]
fn what_a_person_read_before_their_notifications_were_loaded_again_stays_read_and_stays() {
    let desk = Desk::new();
    let (note, scope) = (id(30), rebase::person_scope(desk.person));
    let unread = row_of(
        "notification",
        note,
        &[("user_id", Value::Uuid(desk.person)), ("is_read", Value::Int(0))],
    );
    let stream = |version| Stream {
        position: Position::end_of(version),
        epoch: "e".into(),
        synced_at: version,
    };
    let load = |version| {
        rebase::take_in_all(
            desk.cache(),
            &scope,
            "notification",
            std::slice::from_ref(&unread),
            &stream(version),
        )
    };
    load(1).unwrap();
    desk.act(100, "notification.read", json!({ "id": note })).unwrap();
    // Everything was loaded anew for a colleague: this person's notifications are not here for a moment.
    let gone = Change {
        tbl: noun("notification").number,
        op: Op::Delete,
        pk: note,
        row: None,
    };
    desk.pull(2, vec![gone], vec![]);
    load(3).unwrap();
    let is_read = || {
        let reader = desk.cache().read().unwrap();
        row::get(&reader, noun("notification"), note)
            .unwrap()
            .map(|row| row[8].clone())
    };
    assert_eq!(is_read(), Some(Value::Int(1)));
    desk.pull(4, vec![], vec![]);
    assert_eq!(is_read(), Some(Value::Int(1)));
}

#[test]
fn what_is_addressed_to_whom_has_left_goes_and_comes_again_with_them_while_what_they_did_waits() {
    let desk = Desk::new();
    let (theirs, other, scope) = (id(30), id(31), rebase::person_scope(desk.person));
    let addressed = |note, person| {
        row_of(
            "notification",
            note,
            &[("user_id", Value::Uuid(person)), ("is_read", Value::Int(0))],
        )
    };
    let stream = Stream {
        position: Position::end_of(1),
        epoch: "e".into(),
        synced_at: 1,
    };
    let load = |rows: &[Vec<Value>]| rebase::take_in_all(desk.cache(), &scope, "notification", rows, &stream).unwrap();
    load(&[addressed(theirs, desk.person), addressed(other, id(7))]);
    desk.act(100, "notification.read", json!({ "id": theirs })).unwrap();
    rebase::forget_person(desk.cache(), desk.person).unwrap();
    let kept = |note| {
        let reader = desk.cache().read().unwrap();
        row::get(&reader, noun("notification"), note)
            .unwrap()
            .map(|row| row[8].clone())
    };
    assert_eq!((kept(theirs), kept(other)), (None, Some(Value::Int(0))));
    assert!(rebase::stream(&desk.cache().read().unwrap(), &scope).unwrap().is_none());
    let waits = outbox::unsent(&desk.cache().read().unwrap(), desk.person, 9).unwrap();
    assert_eq!(waits.len(), 1);
    load(&[addressed(theirs, desk.person)]);
    assert_eq!(kept(theirs), Some(Value::Int(1)), "what they did is still so");
}

#[test]
fn a_page_that_fails_in_the_middle_says_that_it_is_in_the_middle() {
    let desk = Desk::new();
    desk.pull(1, vec![], vec![]);
    let full = format!(
        "CREATE TRIGGER full BEFORE INSERT ON task WHEN new.id = x'{}' BEGIN SELECT RAISE(ABORT, 'disk full'); END",
        id(1060).simple()
    );
    let run = |sql: &str| {
        desk.cache()
            .write(|transaction| Ok(transaction.execute_batch(sql)?))
            .unwrap()
    };
    run(&full);
    let page = Page {
        scope: "clinic".into(),
        changes: of_version(2, (1001..=1080).map(|key| a_task(id(key), "pending", "call")).collect()),
        next: Position::end_of(2),
        epoch: "e".into(),
        is_consistent: true,
        settled: vec![],
        now: 2,
    };
    assert!(rebase::apply(desk.cache(), &page).is_err());

    let stream = || {
        rebase::stream(&desk.cache().read().unwrap(), "clinic")
            .unwrap()
            .unwrap()
    };
    let place = stream().position;
    assert_eq!((place, stream().synced_at), (page.changes[49].place(), 1));
    assert!(desk.task_status(place.pk).is_some() && desk.task_status(id(1051)).is_none());

    run("DROP TRIGGER full");
    let rest = Page {
        changes: page.changes[50..].to_vec(),
        ..page
    };
    rebase::apply(desk.cache(), &rest).unwrap();
    assert_eq!((stream().position, stream().synced_at), (Position::end_of(2), 2));
    assert!(desk.task_status(id(1080)).is_some());
}

#[test]
fn a_row_of_another_shape_changes_nothing() {
    let desk = Desk::new();
    let mut broken = a_task(id(10), "pending", "call");
    broken.row.as_mut().unwrap().pop();
    let page = Page {
        scope: "clinic".into(),
        changes: of_version(1, vec![a_task(id(11), "pending", "first"), broken]),
        next: Position::end_of(1),
        epoch: "e".into(),
        is_consistent: true,
        settled: vec![],
        now: 1,
    };
    assert!(matches!(
        rebase::apply(desk.cache(), &page),
        Err(CacheError::Shape { .. })
    ));
    assert_eq!(desk.task_status(id(11)), None);
    assert_eq!(rebase::stream(&desk.cache().read().unwrap(), "clinic").unwrap(), None);
}

#[test]
fn the_file_is_encrypted_and_opens_with_its_key_alone() {
    let mut desk = Desk::new();
    desk.pull(
        1,
        vec![put("customer", id(20), &[("full_name", text("Emily Carter"))])],
        vec![],
    );
    desk.cache = None;
    let path = desk.folder.path().join("cache.db");
    let bytes = std::fs::read(&path).unwrap();
    assert!(!bytes.windows(5).any(|part| part == b"Emily") && !bytes.starts_with(b"SQLite"));
    assert!(matches!(
        Cache::open(&path, &Key::random().unwrap()),
        Err(CacheError::Damaged)
    ));
    assert!(Cache::open(&path, &desk.key).is_ok());
}

#[test]
fn a_second_process_is_kept_out() {
    let desk = Desk::new();
    let again = Cache::open(&desk.folder.path().join("cache.db"), &desk.key);
    assert!(matches!(again, Err(CacheError::Busy)));
}

#[test]
fn a_newer_file_is_refused_politely() {
    let mut desk = Desk::new();
    desk.cache()
        .write(|transaction| Ok(transaction.pragma_update(None, "user_version", 999)?))
        .unwrap();
    desk.cache = None;
    let opened = Cache::open(&desk.folder.path().join("cache.db"), &desk.key);
    assert!(matches!(opened, Err(CacheError::Newer { found: 999, .. })));
}

#[test]
fn readers_cannot_write() {
    let desk = Desk::new();
    let reader = desk.cache().read().unwrap();
    assert!(reader.execute("DELETE FROM customer", []).is_err());
}

#[test]
fn every_noun_has_a_table_with_its_columns_and_kinds() {
    let desk = Desk::new();
    let reader = desk.cache().read().unwrap();
    for table in synced::SYNCED {
        let mut statement = reader.prepare("SELECT name, type FROM pragma_table_info(?1)").unwrap();
        let found: Vec<(String, String)> = statement
            .query_map([table.name], |row| Ok((row.get(0)?, row.get(1)?)))
            .unwrap()
            .collect::<Result<_, _>>()
            .unwrap();
        let wanted: Vec<(String, String)> = table
            .columns
            .iter()
            .map(|column| (column.name.to_owned(), sqlite_type(column.kind).to_owned()))
            .collect();
        assert_eq!(found, wanted, "{}", table.name);
    }
}

fn sqlite_type(kind: Kind) -> &'static str {
    match kind {
        Kind::Uuid => "BLOB",
        Kind::Text => "TEXT",
        Kind::Int | Kind::Bool | Kind::Instant => "INTEGER",
    }
}

mod laws {
    use proptest::prelude::*;

    use super::*;

    /// One thing that happens to a desk.
    #[derive(Clone, Debug)]
    enum Happening {
        Sent { task: u128, status: bool, title: u8 },
        Gone { task: u128 },
        Completed { task: u128 },
        Noted { task: u128 },
        Snoozed { task: u128 },
        Restarted,
    }

    fn happening() -> impl Strategy<Value = Happening> {
        let task = 10_u128..14;
        prop_oneof![
            (task.clone(), any::<bool>(), any::<u8>()).prop_map(|(task, status, title)| Happening::Sent {
                task,
                status,
                title
            }),
            task.clone().prop_map(|task| Happening::Gone { task }),
            task.clone().prop_map(|task| Happening::Completed { task }),
            task.clone().prop_map(|task| Happening::Noted { task }),
            task.prop_map(|task| Happening::Snoozed { task }),
            Just(Happening::Restarted),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        /// Whatever was done here in between: once everything is answered, the cache is what the clinic sent, to the value.
        #[test]
        fn with_nothing_waiting_the_cache_is_what_the_clinic_sent(happenings in prop::collection::vec(happening(), 1..25)) {
            let mut desk = Desk::new();
            let mut clinic = std::collections::BTreeMap::new();
            for (number, happening) in happenings.into_iter().enumerate() {
                let (version, action) = (i64::try_from(number).unwrap() + 1, 1_000 + number as u128);
                match happening {
                    Happening::Sent { task, status, title } => {
                        let change = a_task(id(task), if status { "pending" } else { "completed" }, &title.to_string());
                        clinic.insert(task, change.row.clone().unwrap());
                        desk.pull(version, vec![change], vec![]);
                    }
                    Happening::Gone { task } => {
                        clinic.remove(&task);
                        let change = Change { tbl: noun("task").number, op: Op::Delete, pk: id(task), row: None };
                        desk.pull(version, vec![change], vec![]);
                    }
                    Happening::Completed { task } => drop(desk.act(action, "task.complete", json!({ "id": id(task) }))),
                    Happening::Noted { task } => drop(desk.act(action, "task.note", json!({ "id": id(task), "text": "x" }))),
                    Happening::Snoozed { task } => {
                        let args = json!({ "id": id(task), "until": "2026-10-02T09:00:00+07:00" });
                        drop(desk.act(action, "task.snooze", args));
                    }
                    Happening::Restarted => desk.start_again(),
                }
            }
            let waiting = outbox::waiting(&desk.cache().read().unwrap()).unwrap();
            let ids: Vec<Uuid> = waiting.iter().map(|action| action.id).collect();
            for action in &ids {
                desk.answer(action.as_u128(), None);
            }
            desk.pull(1_000, vec![], ids);
            prop_assert_eq!(desk.waiting(), 0);
            let reader = desk.cache().read().unwrap();
            for task in 10..14 {
                prop_assert_eq!(row::get(&reader, noun("task"), id(task)).unwrap(), clinic.get(&task).cloned());
            }
        }
    }
}
