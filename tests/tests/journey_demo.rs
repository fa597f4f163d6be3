//! The demo clinic without a server: everything works, nothing waits, and it is gone when it is removed.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test: what is not as expected ends it, in its helpers too"
)]

mod journey_support;

use std::sync::Arc;

use desk_app::{
    Desk,
    api::{
        Nothing,
        customer::{CustomerCard, CustomerCreate, CustomerOpen, CustomerSearch, PointsAward, PointsPreview},
        session::{Phase, Unlock},
        sync::SyncMode,
        task::{TaskComplete, TaskIds, TaskList, TaskRow, TaskState, Whose},
        today::Today,
    },
    error::Code,
};
use journey_support::{Pc, stand, sync};
use uuid::Uuid;

#[tokio::test(flavor = "multi_thread")]
async fn a_morning_in_the_demo_clinic() {
    let pc = Pc::default();
    pc.clock.set("2026-10-01T10:00:00+07:00");
    let desk = pc.start().await;
    assert_eq!(stand(&desk).await.phase, Phase::FirstStart);
    let state = desk.demo_open(Nothing {}).await.unwrap();
    assert_eq!(
        (state.phase, state.people.len(), state.is_demo),
        (Phase::Locked, 4, true)
    );
    let nok = state.people[0].id;
    let state = desk
        .unlock(Unlock {
            person: nok,
            pin: "2468".into(),
        })
        .await
        .unwrap();
    assert_eq!((state.phase, state.me.unwrap().nickname.as_str()), (Phase::Ready, "นก"));

    let today = desk.today(Nothing {}).await.unwrap();
    assert!(today.leads.len() >= 3 && !today.tasks.is_empty() && !today.followups.is_empty());
    assert!(today.leads.iter().all(|lead| !lead.reasons.is_empty()));
    let done = desk
        .task_complete(TaskComplete {
            id: today.tasks[0].id,
            note: None,
        })
        .await
        .unwrap();
    assert!(!done.waiting);

    let found = desk
        .customer_search(CustomerSearch { text: "ploy".into() })
        .await
        .unwrap();
    let customer = found.hits[0].id;
    let before = desk
        .customer_card(CustomerOpen { id: customer })
        .await
        .unwrap()
        .loyalty
        .unwrap();
    let bill = PointsAward {
        entry_id: Uuid::now_v7(),
        customer_id: customer,
        satang: 199_900,
        note: None,
    };
    desk.points_award(bill).await.unwrap();
    let after = desk
        .customer_card(CustomerOpen { id: customer })
        .await
        .unwrap()
        .loyalty
        .unwrap();
    assert_eq!(after.available_points - before.available_points, 399);
    let state = sync(&desk).await;
    assert_eq!((state.mode, state.waiting.len()), (SyncMode::Demo, 0));

    let state = desk.demo_remove(Nothing {}).await.unwrap();
    assert_eq!(state.phase, Phase::FirstStart);
    assert!(!pc.folder.path().join("demo").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_client_of_the_demo_gets_the_points_that_were_promised() {
    let pc = Pc::default();
    let desk = pc.start().await;
    desk.demo_open(Nothing {}).await.unwrap();
    unlock_as_nok(&desk).await;
    let customer_id = desk
        .customer_create(CustomerCreate {
            full_name: "ฟ้า".into(),
            nickname: None,
            phone: None,
            email: None,
            birth_date: None,
            gender: None,
            notes: None,
            lead: None,
        })
        .await
        .unwrap()
        .id;
    let bill = |satang| PointsAward {
        entry_id: Uuid::now_v7(),
        customer_id,
        satang,
        note: None,
    };

    let refused = desk.points_award(bill(999)).await.unwrap_err();
    assert_eq!(refused.code, Code::AmountOutOfRange);
    assert_eq!(refused.fields["least"], "1000", "one point is ten baht");
    assert_eq!(open(&desk, customer_id).await.loyalty.map(|it| it.ledger_total), None);

    let first = desk
        .points_preview(PointsPreview {
            customer_id,
            satang: 199_900,
        })
        .await
        .unwrap();
    assert_eq!(
        (first.points, first.welcome_points, first.available_after),
        (199, 100, 299)
    );
    desk.points_award(bill(199_900)).await.unwrap();
    let loyalty = open(&desk, customer_id).await.loyalty.unwrap();
    assert_eq!((loyalty.available_points, loyalty.ledger_total), (299, 2));
    let second = desk
        .points_preview(PointsPreview {
            customer_id,
            satang: 1_000,
        })
        .await
        .unwrap();
    assert_eq!(
        (second.points, second.welcome_points, second.available_after),
        (1, 0, 300)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_of_tasks_has_them_all_in_order_and_rows_for_those_that_are_looked_at() {
    let pc = Pc::default();
    pc.clock.set("2026-10-01T10:00:00+07:00");
    let desk = pc.start().await;
    desk.demo_open(Nothing {}).await.unwrap();
    unlock_as_nok(&desk).await;
    let list = async |whose, state| desk.task_list(TaskList { whose, state }).await.unwrap();
    let rows = async |ids: &[Uuid]| desk.task_rows(TaskIds { ids: ids.to_vec() }).await.unwrap().rows;
    let all = list(Whose::Everyone, TaskState::Open).await;
    assert!(all.ids.len() > 30, "{}", all.ids.len());
    assert_eq!(ids(&all.rows), all.ids[..30]);
    let read = rows(&all.ids).await;
    assert_eq!(ids(&read), all.ids, "each by its id, in the order that was asked for");
    let calls = list(Whose::Everyone, TaskState::Calls).await;
    let can_be_called = |row: &&TaskRow| row.is_call && row.customer.as_ref().is_some_and(|who| !who.do_not_contact);
    let expected: Vec<Uuid> = read.iter().filter(can_be_called).map(|row| row.id).collect();
    assert!(!expected.is_empty() && expected.len() < all.ids.len());
    assert_eq!(calls.ids, expected, "in the same order");
    let mine = list(Whose::Mine, TaskState::Open).await;
    assert_eq!(desk.today(Nothing {}).await.unwrap().task_ids, mine.ids);
    let counts = desk.open_counts(Nothing {}).await.unwrap();
    let hot = desk.lead_list(Nothing {}).await.unwrap().hot.len();
    assert_eq!((counts.tasks, counts.leads), (count(mine.ids.len()), count(hot)));
    assert_eq!(
        rows(&[Uuid::now_v7(), mine.ids[0]]).await.len(),
        1,
        "what is not there is left out"
    );
}

fn ids(rows: &[TaskRow]) -> Vec<Uuid> {
    rows.iter().map(|row| row.id).collect()
}

fn count(of: usize) -> i64 {
    i64::try_from(of).unwrap()
}

async fn open(desk: &Arc<Desk>, id: Uuid) -> CustomerCard {
    desk.customer_card(CustomerOpen { id }).await.unwrap()
}

/// Unlocks as นก.
async fn unlock_as_nok(desk: &Arc<Desk>) {
    let person = stand(desk).await.people[0].id;
    let pin = "2468".into();
    desk.unlock(Unlock { person, pin }).await.unwrap();
}

async fn is_alive(desk: &Arc<Desk>, date: &str) -> Today {
    let today = desk.today(Nothing {}).await.unwrap();
    assert_eq!(today.date, date);
    let waited: Vec<i64> = today
        .leads
        .iter()
        .map(|lead| (today.now - lead.created_at) / 60_000)
        .collect();
    assert!(
        waited.len() == 3 && waited.iter().all(|minutes| (1..180).contains(minutes)),
        "{waited:?}"
    );
    assert!(!today.tasks.is_empty() && !today.followups.is_empty());
    today
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_clinic_keeps_its_day_and_is_made_anew_on_the_next() {
    let pc = Pc::default();
    pc.clock.set("2026-10-01T06:30:00+07:00");
    let desk = pc.start().await;
    desk.demo_open(Nothing {}).await.unwrap();
    unlock_as_nok(&desk).await;
    let first = is_alive(&desk, "2026-10-01").await;
    let id = first.tasks[0].id;
    desk.task_complete(TaskComplete { id, note: None }).await.unwrap();
    desk.shut_down().await;
    drop(desk);

    pc.clock.set("2026-10-01T21:00:00+07:00");
    let desk = pc.start().await;
    unlock_as_nok(&desk).await;
    let evening = desk.today(Nothing {}).await.unwrap();
    assert_eq!(
        evening.tasks.len(),
        first.tasks.len() - 1,
        "what was done today stays done"
    );

    desk.lock(Nothing {}).await.unwrap();
    pc.clock.set("2026-10-02T00:20:00+07:00");
    unlock_as_nok(&desk).await;
    is_alive(&desk, "2026-10-02").await;
    desk.shut_down().await;
    drop(desk);

    pc.clock.set("2026-11-15T23:50:00+07:00");
    let desk = pc.start().await;
    unlock_as_nok(&desk).await;
    is_alive(&desk, "2026-11-15").await;
}
