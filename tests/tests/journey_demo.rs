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
        customer::{CustomerCard, CustomerCreate, CustomerOpen, CustomerSearch, PersonRef, PointsAward, PointsPreview},
        journey::{Board, BoardAsk, JourneyShow},
        session::{Phase, Unlock},
        sync::SyncMode,
        task::{TaskComplete, Whose},
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

async fn board(desk: &Arc<Desk>, whose: Whose) -> Board {
    board_of(desk, whose, None).await
}

async fn board_of(desk: &Arc<Desk>, whose: Whose, service: Option<String>) -> Board {
    let ask = BoardAsk {
        whose,
        only_over: false,
        service,
        most: 500,
        select: None,
    };
    desk.journey_board(ask).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_card_of_the_board_names_who_sells_and_who_treats_as_the_journey_itself_does() {
    let pc = Pc::default();
    pc.clock.set("2026-10-01T10:00:00+07:00");
    let desk = pc.start().await;
    desk.demo_open(Nothing {}).await.unwrap();
    unlock_as_nok(&desk).await;
    let name = |person: &Option<PersonRef>| person.as_ref().map(|person| person.nickname.clone());
    let cards: Vec<_> = board(&desk, Whose::Everyone)
        .await
        .columns
        .into_iter()
        .flat_map(|column| column.cards)
        .collect();
    assert!(cards.iter().any(|card| card.sales.is_some()));
    for card in cards.iter().take(20) {
        let journey = desk.journey_show(JourneyShow { id: card.id }).await.unwrap().journey;
        assert_eq!(
            (name(&card.sales), name(&card.beautician)),
            (name(&journey.sales), name(&journey.beautician))
        );
    }
    let me = stand(&desk).await.me.unwrap().id;
    let is_me = |person: &Option<PersonRef>| person.as_ref().is_some_and(|person| person.id == me);
    let mine = board(&desk, Whose::Mine).await;
    let expected = cards
        .iter()
        .filter(|card| is_me(&card.sales) || is_me(&card.beautician))
        .count();
    assert_eq!(
        mine.columns.iter().map(|column| column.cards.len()).sum::<usize>(),
        expected
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_board_of_one_service_holds_its_journeys_and_no_others_however_it_is_written() {
    let pc = Pc::default();
    pc.clock.set("2026-10-01T10:00:00+07:00");
    let desk = pc.start().await;
    desk.demo_open(Nothing {}).await.unwrap();
    unlock_as_nok(&desk).await;
    let all = board(&desk, Whose::Everyone).await;
    assert_eq!(all.services.iter().map(|service| service.open).sum::<i64>(), all.open);
    let named = all.services.iter().find(|service| !service.title.is_empty()).unwrap();
    for written in [named.title.clone(), format!("  {} ", named.title.to_lowercase())] {
        let of_it = board_of(&desk, Whose::Everyone, Some(written)).await;
        let mut cards = of_it.columns.iter().flat_map(|column| &column.cards);
        assert!(cards.all(|card| card.title.as_ref() == Some(&named.title)));
        assert_eq!(of_it.open, named.open);
        assert_eq!(of_it.services.len(), all.services.len(), "the others are still offered");
    }
    let mut sums = (0, 0);
    for service in &all.services {
        let of_it = board_of(&desk, Whose::Everyone, Some(service.title.clone())).await;
        sums = (sums.0 + of_it.open, sums.1 + of_it.closed);
    }
    assert_eq!(sums, (all.open, all.closed), "each journey is for exactly one");
    let mine = board(&desk, Whose::Mine).await;
    assert_eq!(mine.services.iter().map(|service| service.open).sum::<i64>(), mine.open);
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
