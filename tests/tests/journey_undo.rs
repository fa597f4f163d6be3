//! Ctrl Z across two counters and a real PostgreSQL: what was taken back is gone everywhere, or stands there with what took it back; and
//! what never left one PC leaves no trace at all.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test: what is not as expected ends it, in its helpers too"
)]

mod clinic_support;
mod journey_support;

use std::sync::Arc;

use clinic_support::{A, DB, admin, journey, migrated, ticket, uid};
use desk_app::{
    Desk,
    api::{
        Nothing,
        customer::{CustomerCard, CustomerCreate, CustomerEdit, CustomerField, CustomerOpen, FieldChange, PointsAward},
        session::Unlock,
        sync::SyncMode,
        task::{
            SnoozeUntil, TaskComplete, TaskIds, TaskList, TaskNote, TaskReassign, TaskRow, TaskSnooze, TaskState, Whose,
        },
        undo::{Undo, Undone},
    },
    error::Code,
};
use desk_tests::harness::{netcut::NetCut, pg::PgCluster, wait::eventually};
use journey_support::{LONG, Pc, sync, until_agreed, until_mode};
use sqlx::Connection as _;
use uuid::Uuid;

/// A code of the fixture's person `n`, with the way to PostgreSQL through `port`.
async fn code(pg: &PgCluster, n: u32, port: u16) -> String {
    let mut ticket = ticket(pg, A, n).await;
    ticket.port = port;
    ticket.code()
}

async fn open(desk: &Arc<Desk>, task: Uuid) -> Option<TaskRow> {
    let list = TaskList {
        whose: Whose::Everyone,
        state: TaskState::Open,
    };
    let is_open = desk.task_list(list).await.unwrap().ids.contains(&task);
    let ids = vec![task];
    let mut rows = desk.task_rows(TaskIds { ids }).await.unwrap().rows;
    rows.pop().filter(|_| is_open)
}

async fn card(desk: &Arc<Desk>, id: Uuid) -> CustomerCard {
    desk.customer_card(CustomerOpen { id }).await.unwrap()
}

/// Ctrl Z.
async fn undo(desk: &Arc<Desk>) -> Undone {
    desk.undo(Undo::default()).await.unwrap()
}

async fn complete(desk: &Arc<Desk>, task: Uuid) {
    let done = TaskComplete {
        id: task,
        note: Some("มาแน่".into()),
    };
    assert!(desk.task_complete(done).await.unwrap().undo.is_some());
}

fn bill(customer: Uuid) -> PointsAward {
    PointsAward {
        entry_id: Uuid::now_v7(),
        customer_id: customer,
        satang: 199_900,
        note: Some("INV-1".into()),
    }
}

fn fah() -> CustomerCreate {
    CustomerCreate {
        full_name: "ฟ้าใส รุ่งเรือง".into(),
        nickname: Some("ฟ้า".into()),
        phone: Some("085-777-8888".into()),
        email: None,
        birth_date: None,
        gender: None,
        notes: None,
        lead: None,
    }
}

fn refused(pg: &PgCluster) -> String {
    pg.psql(
        DB,
        "select coalesce(string_agg(name || ' ' || code, ', '), '') from desk.mutation where status <> 'ok'",
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closing_taken_back_reaches_the_colleague_who_had_seen_it() {
    let pg = migrated().await;
    let (_, task) = journey(&pg, A, 1, 7);
    let (pc_a, pc_b) = (Pc::default(), Pc::default());
    let a = pc_a.connect(code(&pg, 7, pg.port()).await, "PC-A").await;
    let b = pc_b.connect(code(&pg, 5, pg.port()).await, "PC-B").await;
    until_agreed(&b).await;
    complete(&a, task).await;
    eventually("B sees it done", LONG, async || {
        open(&b, task).await.is_none().then_some(())
    })
    .await;
    until_agreed(&a).await;

    let undone = undo(&a).await;
    assert_eq!(
        (
            undone.step.name.as_str(),
            undone.step.subject.as_deref(),
            undone.waiting,
            undone.refused
        ),
        ("task.complete", Some("โทรหาลูกค้า"), true, None)
    );
    let again = eventually("B sees it open", LONG, async || open(&b, task).await).await;
    let notes = again.notes.unwrap();
    assert!(notes.contains("มาแน่") && notes.contains("เปิดงานอีกครั้ง"), "{notes}");
    until_agreed(&a).await;
    assert_eq!(a.undo(Undo::default()).await.unwrap_err().code, Code::NothingToUndo);
    assert_eq!(refused(&pg), "");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_award_taken_back_shows_both_entries_on_both_counters() {
    let pg = migrated().await;
    let customer = uid(&pg, "customer", 1);
    let (pc_a, pc_b) = (Pc::default(), Pc::default());
    let a = pc_a.connect(code(&pg, 7, pg.port()).await, "PC-A").await;
    let b = pc_b.connect(code(&pg, 5, pg.port()).await, "PC-B").await;
    a.points_award(bill(customer)).await.unwrap();
    until_agreed(&a).await;
    let given = card(&a, customer).await.loyalty.unwrap().available_points;
    undo(&a).await;
    for desk in [&a, &b] {
        eventually("both entries", LONG, async || {
            let loyalty = card(desk, customer).await.loyalty?;
            let bills: Vec<i64> = loyalty
                .ledger
                .iter()
                .map(|entry| entry.amount)
                .filter(|amount| amount.abs() != 100)
                .collect();
            (bills == [-199, 199] && loyalty.available_points == given - 199).then_some(())
        })
        .await;
    }
    until_agreed(&a).await;
    let loyalty = card(&a, customer).await.loyalty.unwrap();
    assert_eq!(
        loyalty.expiring.iter().map(|lot| lot.points).collect::<Vec<_>>(),
        [100],
        "the welcome points are whole"
    );
    assert_eq!(
        pg.psql(DB, "select sum(amount), count(*) from public.point_transactions"),
        "100|3"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_done_without_network_and_taken_back_leaves_no_trace() {
    let pg = migrated().await;
    let (_, task) = journey(&pg, A, 1, 7);
    let customer = uid(&pg, "customer", 1);
    let net = NetCut::to(pg.port());
    let pc = Pc::default();
    let desk = pc.connect(code(&pg, 7, net.port()).await, "PC-A").await;
    until_agreed(&desk).await;
    net.cut();
    until_mode(&desk, SyncMode::Offline).await;

    let kept = TaskNote {
        id: task,
        text: "อยู่ต่อ".into(),
    };
    desk.task_note(kept).await.unwrap();
    complete(&desk, task).await;
    let made = desk.customer_create(fah()).await.unwrap().id;
    desk.points_award(bill(customer)).await.unwrap();
    // The desk tries to send, and a dead router takes the connection: none of it may count as sent.
    let before = net.accepted();
    net.half_open();
    eventually("it tries", LONG, async || (net.accepted() > before).then_some(())).await;
    desk.shut_down().await;
    drop(desk);
    let desk = pc.start_and_unlock().await;
    for name in ["points.award", "customer.create", "task.complete"] {
        let undone = undo(&desk).await;
        assert_eq!(
            (undone.step.name.as_str(), undone.waiting, undone.refused),
            (name, false, None)
        );
    }
    assert_eq!(sync(&desk).await.waiting.len(), 1);
    assert!(open(&desk, task).await.is_some());

    net.resume();
    until_agreed(&desk).await;
    assert_eq!(
        pg.psql(DB, "select string_agg(name, ', ') from desk.mutation"),
        "task.note"
    );
    assert_eq!(
        pg.psql(
            DB,
            &format!("select count(*) from public.customers where id = '{made}'")
        ),
        "0"
    );
    complete(&desk, task).await;
    until_agreed(&desk).await;
    assert_eq!(refused(&pg), "", "the numbers go on without a gap");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_on_its_way_is_reversed_and_happens_once() {
    let pg = migrated().await;
    let (_, task) = journey(&pg, A, 1, 7);
    let pc = Pc::default();
    let desk = pc.connect(code(&pg, 7, pg.port()).await, "PC-A").await;
    until_agreed(&desk).await;
    let mut holder = admin(&pg).await;
    let mut held = holder.begin().await.unwrap();
    sqlx::query("select 1 from public.task_queue for update")
        .execute(&mut *held)
        .await
        .unwrap();
    complete(&desk, task).await;
    eventually("the push hangs in the lock", LONG, async || {
        (pg.psql(
            DB,
            "select count(*) from pg_stat_activity where wait_event_type = 'Lock'",
        ) != "0")
            .then_some(())
    })
    .await;
    let undone = undo(&desk).await;
    assert!(undone.waiting, "it may have been done already: only the database knows");
    held.rollback().await.unwrap();
    until_agreed(&desk).await;
    assert_eq!(
        pg.psql(
            DB,
            "select string_agg(name || ' ' || status, ', ' order by seq) from desk.mutation"
        ),
        "task.complete ok, task.reopen ok"
    );
    assert_eq!(pg.psql(DB, "select status from public.task_queue"), "pending");
    assert!(open(&desk, task).await.is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_colleague_did_since_stays_whether_this_pc_knows_of_it_or_not() {
    let pg = migrated().await;
    let (_, task) = journey(&pg, A, 1, 7);
    let customer = uid(&pg, "customer", 1);
    let net = NetCut::to(pg.port());
    let (pc_a, pc_b) = (Pc::default(), Pc::default());
    let a = pc_a.connect(code(&pg, 7, net.port()).await, "PC-A").await;
    let b = pc_b.connect(code(&pg, 5, pg.port()).await, "PC-B").await;
    until_agreed(&a).await;
    let seen = card(&a, customer).await.profile;
    edit(&a, customer, seen.nickname.clone(), "เอ").await;
    let colleague = uid(&pg, "user", 5);
    a.task_reassign(TaskReassign {
        id: task,
        to: colleague,
    })
    .await
    .unwrap();
    until_agreed(&a).await;
    eventually("B has both", LONG, async || {
        let is_given = open(&b, task).await?.assigned_to?.id == colleague;
        (is_given && card(&b, customer).await.profile.nickname.as_deref() == Some("เอ")).then_some(())
    })
    .await;

    // Known here: the colleague has closed the task that was given.
    complete(&b, task).await;
    eventually("A sees it done", LONG, async || {
        open(&a, task).await.is_none().then_some(())
    })
    .await;
    let undone = undo(&a).await;
    assert_eq!(
        (undone.step.name.as_str(), undone.refused),
        ("task.reassign", Some(Code::TaskAlreadyClosed))
    );

    // Not known here: the colleague has changed the name while this PC was offline.
    net.cut();
    until_mode(&a, SyncMode::Offline).await;
    edit(&b, customer, Some("เอ".into()), "บี").await;
    until_agreed(&b).await;
    let undone = undo(&a).await;
    assert_eq!(
        (undone.step.name.as_str(), undone.refused, undone.waiting),
        ("customer.edit", None, true)
    );
    net.resume();
    until_agreed(&a).await;
    let item = sync(&a).await.attention.remove(0);
    assert_eq!(
        (item.name.as_str(), item.code.as_str(), item.can_retry),
        ("customer.revert", "changed_meanwhile", true)
    );
    assert_eq!(item.sides[0].theirs.as_deref(), Some("บี"));
    assert_eq!(item.sides[0].yours, seen.nickname);
    assert_eq!(card(&a, customer).await.profile.nickname.as_deref(), Some("บี"));
}

async fn edit(desk: &Arc<Desk>, customer: Uuid, from: Option<String>, to: &str) {
    let change = FieldChange {
        field: CustomerField::Nickname,
        from,
        to: Some(to.into()),
    };
    let edit = CustomerEdit {
        id: customer,
        changes: vec![change],
    };
    desk.customer_edit(edit).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_a_person_did_goes_back_in_order_and_the_clinic_is_as_before() {
    let pg = migrated().await;
    let (_, task) = journey(&pg, A, 1, 7);
    let customer = uid(&pg, "customer", 1);
    let pc = Pc::default();
    let desk = pc.connect(code(&pg, 7, pg.port()).await, "PC-A").await;
    until_agreed(&desk).await;
    let state = "select (select row(status, assigned_to, snoozed_until, completed_by) from public.task_queue),
        (select row(nickname, phone, notes) from public.customers where id = md5('customer:1')::uuid), (select count(*) from public.customers)";
    let before = pg.psql(DB, state);
    let seen = card(&desk, customer).await.profile;
    edit(&desk, customer, seen.nickname, "เอ").await;
    let snooze = TaskSnooze {
        id: task,
        until: SnoozeUntil::Hour,
    };
    desk.task_snooze(snooze).await.unwrap();
    let to = uid(&pg, "user", 5);
    desk.task_reassign(TaskReassign { id: task, to }).await.unwrap();
    let note = TaskNote {
        id: task,
        text: "ผิดงาน".into(),
    };
    desk.task_note(note).await.unwrap();
    desk.customer_create(fah()).await.unwrap();
    complete(&desk, task).await;
    until_agreed(&desk).await;
    assert_ne!(pg.psql(DB, state), before);
    let next = desk.undo_next(Nothing {}).await.unwrap().step.unwrap();
    assert_eq!(
        (next.name.as_str(), next.subject.as_deref()),
        ("task.complete", Some("โทรหาลูกค้า"))
    );
    for name in [
        "task.complete",
        "customer.create",
        "task.note",
        "task.reassign",
        "task.snooze",
        "customer.edit",
    ] {
        let undone = undo(&desk).await;
        assert_eq!((undone.step.name.as_str(), undone.refused), (name, None));
        until_agreed(&desk).await;
    }
    assert_eq!(refused(&pg), "");
    assert_eq!(pg.psql(DB, state), before);
    assert!(desk.undo_next(Nothing {}).await.unwrap().step.is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn in_the_demo_clinic_it_is_the_same() {
    let pc = Pc::default();
    pc.clock.set("2026-10-01T10:00:00+07:00");
    let desk = pc.start().await;
    let nok = desk.demo_open(Nothing {}).await.unwrap().people[0].id;
    let unlock = Unlock {
        person: nok,
        pin: "2468".into(),
    };
    desk.unlock(unlock).await.unwrap();
    let today = desk.today(Nothing {}).await.unwrap();
    let task = today.tasks[0].clone();
    complete(&desk, task.id).await;
    let made = desk.customer_create(fah()).await.unwrap().id;
    let undone = undo(&desk).await;
    assert_eq!(
        (undone.step.subject.as_deref(), undone.waiting),
        (Some("ฟ้าใส รุ่งเรือง"), false)
    );
    assert!(desk.customer_card(CustomerOpen { id: made }).await.is_err());
    undo(&desk).await;
    let again = desk.today(Nothing {}).await.unwrap();
    assert_eq!(again.tasks[0].id, task.id);
    assert_eq!(desk.undo(Undo::default()).await.unwrap_err().code, Code::NothingToUndo);
}
