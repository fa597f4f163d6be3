//! The demo clinic without a server: everything works, nothing waits, and it is gone when it is removed.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test: what is not as expected ends it, in its helpers too"
)]

mod journey_support;

use desk_app::api::{
    Nothing,
    customer::{CustomerOpen, CustomerSearch, PointsAward},
    session::{Phase, Unlock},
    sync::SyncMode,
    task::TaskComplete,
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
