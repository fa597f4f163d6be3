//! What the clinic does by itself, as its people meet it at a desk.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test: what is not as expected ends it, in its helpers too"
)]

mod clinic_support;
mod journey_support;

use clinic_support::{A, B, DB, migrated, ticket};
use desk_app::api::Nothing;
use desk_tests::harness::wait::eventually;
use journey_support::{LONG, Pc, sync, until_agreed};

/// No worker runs: a kind of due time whose decider only says so.
const KIND: &str =
    "create schema test; create function test.decide(t desk.timer) returns text language sql as $$ select 'did' $$;
    insert into desk.timer_kind values ('test', 'test.decide(desk.timer)');";

#[tokio::test(flavor = "multi_thread")]
async fn a_desk_says_since_when_its_clinic_is_late_and_stops_when_that_is_caught_up() {
    let pg = migrated().await;
    pg.psql(DB, KIND);
    let (may, ben) = (Pc::default(), Pc::default());
    let desk = may.connect(ticket(&pg, A, 7).await.code(), "PC-A").await;
    let other = ben.connect(ticket(&pg, B, 8).await.code(), "PC-B").await;
    until_agreed(&desk).await;
    assert_eq!(sync(&desk).await.timers_late_since, None);

    pg.psql(
        DB,
        &format!("select desk.arm('{A}', 'test', 'x', now() - interval '10 minutes')"),
    );
    let told = may.window.topics.lock().unwrap().len();
    desk.sync_now(Nothing {}).await.unwrap();
    let late = async || sync(&desk).await.timers_late_since;
    let since = eventually("the desk has noticed", LONG, late).await;
    let ago = pg.psql(
        DB,
        &format!("select round(extract(epoch from now()) * 1000 - {since}) / 60000 between 9.5 and 11"),
    );
    assert_eq!(ago, "t", "ten minutes ago, and not when it was noticed");
    assert!(
        may.window.topics.lock().unwrap()[told..].contains(&"sync".to_owned()),
        "the window was told"
    );

    other.sync_now(Nothing {}).await.unwrap();
    until_agreed(&other).await;
    assert_eq!(
        sync(&other).await.timers_late_since,
        None,
        "another clinic's due times are not ours"
    );

    pg.psql(DB, "select desk.fire_next()");
    desk.sync_now(Nothing {}).await.unwrap();
    eventually("caught up", LONG, async || {
        sync(&desk).await.timers_late_since.is_none().then_some(())
    })
    .await;
}
