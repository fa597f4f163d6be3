//! The board of the demo clinic: any window onto a column is a part of the whole column, and where a journey stands is said wherever that is.
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
        customer::PersonRef,
        journey::{Board, BoardAsk, BoardCard, BoardServicesAsk, BoardSpot, BoardWindow, JourneyMove, JourneyShow},
        session::Unlock,
        task::Whose,
    },
};
use desk_core::journey::{Action, Stage};
use journey_support::{Pc, stand};
use uuid::Uuid;

const NOW: &str = "2026-10-01T10:00:00+07:00";

/// The demo clinic at ten on a Thursday, with นก at the counter.
async fn morning(pc: &Pc) -> Arc<Desk> {
    pc.clock.set(NOW);
    let desk = pc.start().await;
    desk.demo_open(Nothing {}).await.unwrap();
    let person = stand(&desk).await.people[0].id;
    let pin = "2468".into();
    desk.unlock(Unlock { person, pin }).await.unwrap();
    desk
}

fn whole() -> BoardAsk {
    let window = |stage: &Stage| BoardWindow {
        stage: *stage,
        from: 0,
        to: 200,
    };
    BoardAsk {
        whose: Whose::Everyone,
        only_over: false,
        service: None,
        windows: Stage::ALL.iter().map(window).collect(),
        select: None,
        is_followed: false,
    }
}

async fn board(desk: &Arc<Desk>, whose: Whose) -> Board {
    desk.journey_board(BoardAsk { whose, ..whole() }).await.unwrap()
}

fn open(board: &Board) -> i64 {
    let open = board.columns.iter().filter(|column| column.stage != Stage::Completed);
    open.map(|column| column.count).sum()
}

fn closed(board: &Board) -> i64 {
    board.columns.last().unwrap().all
}

fn ids(cards: &[BoardCard]) -> Vec<Uuid> {
    cards.iter().map(|card| card.id).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_card_of_the_board_names_who_sells_and_who_treats_as_the_journey_itself_does() {
    let pc = Pc::default();
    let desk = morning(&pc).await;
    let name = |person: &Option<PersonRef>| person.as_ref().map(|person| person.nickname.clone());
    let all = board(&desk, Whose::Everyone).await;
    let cards: Vec<_> = all.columns.iter().flat_map(|column| &column.cards).collect();
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
    let desk = morning(&pc).await;
    let services = async |whose| desk.board_services(BoardServicesAsk { whose }).await.unwrap().rows;
    let of = async |title: &str| {
        let service = Some(title.to_owned());
        desk.journey_board(BoardAsk { service, ..whole() }).await.unwrap()
    };
    let (all, offered) = (board(&desk, Whose::Everyone).await, services(Whose::Everyone).await);
    assert_eq!(offered.iter().map(|service| service.open).sum::<i64>(), open(&all));
    let named = offered.iter().find(|service| !service.title.is_empty()).unwrap();
    for written in [named.title.clone(), format!("  {} ", named.title.to_lowercase())] {
        let of_it = of(&written).await;
        let mut cards = of_it.columns.iter().flat_map(|column| &column.cards);
        assert!(cards.all(|card| card.title.as_ref() == Some(&named.title)));
        assert_eq!(open(&of_it), named.open);
    }
    let mut sums = (0, 0);
    for service in &offered {
        let of_it = of(&service.title).await;
        sums = (sums.0 + open(&of_it), sums.1 + closed(&of_it));
    }
    assert_eq!(sums, (open(&all), closed(&all)), "each journey is for exactly one");
    let mine = services(Whose::Mine).await;
    let sum = mine.iter().map(|service| service.open).sum::<i64>();
    assert_eq!(sum, open(&board(&desk, Whose::Mine).await));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_window_onto_a_column_is_a_part_of_the_column_whatever_is_left_out_of_it() {
    let pc = Pc::default();
    let desk = morning(&pc).await;
    let now = chrono::DateTime::parse_from_rfc3339(NOW).unwrap().timestamp_millis();
    for (whose, only_over) in [(Whose::Everyone, false), (Whose::Mine, false), (Whose::Everyone, true)] {
        let ask = BoardAsk {
            whose,
            only_over,
            ..whole()
        };
        let all = desk.journey_board(ask.clone()).await.unwrap();
        for column in &all.columns {
            let (shown, from) = (i64::try_from(column.cards.len()).unwrap(), column.from);
            assert_eq!((shown, from), (column.count.min(200), 0), "{:?}", column.stage);
            let due = |card: &BoardCard| card.until.unwrap_or(-card.since);
            assert!(
                column.cards.is_sorted_by_key(due),
                "what is due first comes first: {:?}",
                column.stage
            );
            let over = column
                .cards
                .iter()
                .filter(|card| card.until.is_some_and(|until| until < now));
            assert_eq!(column.over, i64::try_from(over.count()).unwrap(), "{:?}", column.stage);
            let next = column
                .cards
                .iter()
                .filter_map(|card| card.until)
                .find(|until| *until >= now);
            if !only_over {
                assert_eq!(column.turns_at, next, "{:?}", column.stage);
            }
            let window = BoardWindow {
                stage: column.stage,
                from: 1,
                to: 4,
            };
            let windows = vec![window];
            let part = desk.journey_board(BoardAsk { windows, ..ask.clone() }).await.unwrap();
            let [part] = &part.columns[..] else {
                panic!("one column")
            };
            let from = usize::try_from(part.from).unwrap();
            let expected = &column.cards[from..column.cards.len().min(from + 3)];
            assert_eq!(ids(&part.cards), ids(expected), "{:?}", column.stage);
            assert_eq!(part.count, column.count);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn where_a_journey_stands_is_said_also_outside_the_window_and_its_column_is_read_around_it() {
    let pc = Pc::default();
    let desk = morning(&pc).await;
    let all = board(&desk, Whose::Everyone).await;
    for column in &all.columns {
        for (nth, card) in column.cards.iter().enumerate() {
            let window = BoardWindow {
                stage: column.stage,
                from: 0,
                to: 2,
            };
            let ask = BoardAsk {
                windows: vec![window],
                select: Some(card.id),
                is_followed: true,
                ..whole()
            };
            let followed = desk.journey_board(ask.clone()).await.unwrap();
            let (stage, nth) = (column.stage, u32::try_from(nth).unwrap());
            assert_eq!(followed.spot, Some(BoardSpot { stage, nth }));
            assert!(ids(&followed.columns[0].cards).contains(&card.id), "{stage:?} {nth}");
            assert!(followed.columns[0].cards.len() <= 2);
            let is_followed = false;
            let left = desk
                .journey_board(BoardAsk {
                    is_followed,
                    ..ask.clone()
                })
                .await
                .unwrap();
            assert_eq!((left.spot, left.columns[0].from), (followed.spot, 0));
            let windows = vec![];
            let elsewhere = desk.journey_board(BoardAsk { windows, ..ask }).await.unwrap();
            assert_eq!((elsewhere.spot, elsewhere.columns.len()), (followed.spot, 0));
        }
    }
    let select = Some(Uuid::now_v7());
    let nobody = desk.journey_board(BoardAsk { select, ..whole() }).await.unwrap();
    assert_eq!(nobody.spot, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_move_tells_the_window_of_the_two_columns_between_which_it_went() {
    let pc = Pc::default();
    let desk = morning(&pc).await;
    let all = board(&desk, Whose::Everyone).await;
    let booked = all
        .columns
        .iter()
        .find(|column| column.stage == Stage::TreatmentScheduled);
    let card = booked.unwrap().cards[0].clone();
    pc.window.topics.lock().unwrap().clear();
    let step = JourneyMove {
        id: card.id,
        action: Action::StartTreatment,
        expected: card.version,
        note: None,
        title: None,
        sessions: None,
        satang: None,
        booked_at: None,
        beautician_id: None,
    };
    desk.journey_move(step).await.unwrap();
    let topics = pc.window.topics.lock().unwrap().clone();
    let is_of_the_board = |topic: &&String| topic.starts_with("journeys");
    let columns: Vec<&String> = topics.iter().filter(is_of_the_board).collect();
    assert_eq!(columns, ["journeys:treatment_scheduled", "journeys:in_treatment"]);
    assert!(topics.iter().any(|topic| topic == "customers"), "{topics:?}");
}
