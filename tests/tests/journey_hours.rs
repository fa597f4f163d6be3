//! Opening hours said at two desks of one clinic, with and without the network: what one says the other counts by, and what both say differently a person settles.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test: what is not as expected ends it, in its helpers too"
)]

mod clinic_support;
mod journey_support;

use std::sync::Arc;

use clinic_support::{A, DB, migrated, ticket};
use desk_app::{
    Desk,
    api::{
        Nothing,
        call::{MomentRead, Understood, Wanted},
        opening::{DayClose, OpeningChange, OpeningSet, OpeningShown},
        sync::{AttentionSettle, Settle, SyncMode},
    },
    error::Code,
};
use desk_tests::harness::{netcut::NetCut, pg::PgCluster, wait::eventually};
use journey_support::{LONG, Pc, sync, until_agreed, until_mode};

async fn code(pg: &PgCluster, n: u32, port: u16) -> String {
    let mut ticket = ticket(pg, A, n).await;
    ticket.port = port;
    ticket.code()
}

async fn shown(desk: &Arc<Desk>) -> OpeningShown {
    desk.opening(Nothing {}).await.unwrap()
}

async fn monday(desk: &Arc<Desk>) -> String {
    shown(desk).await.week[0].hours.clone()
}

fn monday_is(hours: &str, seen: &str) -> OpeningSet {
    let change = OpeningChange {
        weekday: "mon".into(),
        hours: hours.into(),
        seen: seen.into(),
    };
    OpeningSet { days: vec![change] }
}

/// Everybody manages from now on, and these desks know it.
async fn let_manage(pg: &PgCluster, desks: &[&Arc<Desk>]) {
    pg.psql(
        DB,
        &format!("update desk.staff set role = 'manager' where clinic_id = '{A}'"),
    );
    for desk in desks {
        eventually("who may knows it", LONG, async || {
            shown(desk).await.may_change.then_some(())
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_two_managers_say_differently_without_the_network_one_of_them_settles() {
    let pg = migrated().await;
    let net = NetCut::to(pg.port());
    let (pc_a, pc_b) = (Pc::default(), Pc::default());
    let a = pc_a.connect(code(&pg, 7, net.port()).await, "PC-A").await;
    let b = pc_b.connect(code(&pg, 5, pg.port()).await, "PC-B").await;
    let_manage(&pg, &[&a, &b]).await;
    net.cut();
    until_mode(&a, SyncMode::Offline).await;

    a.opening_set(monday_is("10:00-20:00", "09:00-20:00")).await.unwrap();
    let songkran = DayClose {
        day: "2027-04-13".into(),
        name: "วันสงกรานต์".into(),
    };
    a.day_close(songkran).await.unwrap();
    assert_eq!(monday(&a).await, "10:00-20:00", "at once, without the network");
    b.opening_set(monday_is("11:00-19:00", "09:00-20:00")).await.unwrap();
    until_agreed(&b).await;

    net.resume();
    eventually("A hears of it", LONG, async || {
        (sync(&a).await.attention.len() == 1).then_some(())
    })
    .await;
    until_agreed(&a).await;
    let row = sync(&a).await.attention.remove(0);
    let side = &row.sides[0];
    assert_eq!(
        (row.name.as_str(), side.field.as_str(), row.can_retry),
        ("clinic.set_opening", "mon", true)
    );
    assert_eq!(
        (side.yours.as_deref(), side.theirs.as_deref(), side.by.as_deref()),
        (Some("10:00-20:00"), Some("11:00-19:00"), Some("นิก5"))
    );
    assert_eq!(monday(&a).await, "11:00-19:00");
    eventually("B has the holiday", LONG, async || {
        shown(&b)
            .await
            .closed
            .iter()
            .any(|day| day.name == "วันสงกรานต์")
            .then_some(())
    })
    .await;

    let mine = AttentionSettle {
        id: row.id,
        how: Settle::Mine,
    };
    a.attention_settle(mine).await.unwrap();
    eventually("B counts by it", LONG, async || {
        (monday(&b).await == "10:00-20:00").then_some(())
    })
    .await;
    assert!(sync(&a).await.attention.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_is_refused_before_anything_waits() {
    let pg = migrated().await;
    let pc = Pc::default();
    pc.clock.set("2026-10-01T10:00:00+07:00");
    let desk = pc.connect(code(&pg, 7, pg.port()).await, "PC-A").await;
    pg.psql(
        DB,
        &format!("update desk.staff set role = 'front_desk' where clinic_id = '{A}'"),
    );
    eventually("the role is known", LONG, async || {
        (!shown(&desk).await.may_change).then_some(())
    })
    .await;
    let refused = desk
        .opening_set(monday_is("10:00-20:00", "09:00-20:00"))
        .await
        .unwrap_err();
    assert_eq!(refused.code, Code::RoleNotAllowed);
    let refused = desk.opening_set(monday_is("20-9", "09:00-20:00")).await.unwrap_err();
    assert_eq!(
        (refused.code, refused.fields["field"].as_str()),
        (Code::OpeningInvalid, "mon")
    );
    for day in ["2026-09-30", "2031-11-01", "2027-02-30", "soon"] {
        let request = DayClose {
            day: day.into(),
            name: String::new(),
        };
        assert_eq!(
            desk.day_close(request).await.unwrap_err().code,
            Code::DateOutOfRange,
            "{day}"
        );
    }
    let long = DayClose {
        day: "2026-10-05".into(),
        name: "ก".repeat(121),
    };
    assert_eq!(desk.day_close(long).await.unwrap_err().code, Code::TextTooLong);
    assert!(sync(&desk).await.waiting.is_empty());
    let text = "13 เม.ย. 2570".into();
    let holiday = desk
        .moment_read(MomentRead {
            text,
            wants: Wanted::Ahead,
        })
        .await
        .unwrap();
    let Understood::Certain { time } = holiday else {
        panic!("{holiday:?}");
    };
    assert_eq!(time.at, 1_807_581_600_000, "13 April 2027, nine o'clock in Bangkok");
}
