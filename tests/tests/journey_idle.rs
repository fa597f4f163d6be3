//! What a desk costs the clinic's server while nothing happens: counted on the wire and in the server's log, not timed.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test: what is not as expected ends it, in its helpers too"
)]

mod clinic_support;
mod journey_support;

use std::{
    cell::Cell,
    sync::Arc,
    time::{Duration, Instant},
};

use clinic_support::{A, DB, migrated, ticket, uid};
use desk_app::{
    Desk,
    api::{
        customer::{CustomerEdit, CustomerField, CustomerOpen, FieldChange},
        sync::Wake,
    },
};
use desk_tests::harness::{netcut::NetCut, pg::PgCluster, pooler::Pooler, wait::eventually};
use journey_support::{LONG, Pc, sync, until_agreed};

/// Longer than several polls, shorter than the pause between two rounds for safety's sake (45 s).
const IDLE: Duration = Duration::from_secs(11);

/// Longer than two polls: what a desk itself did at its last one, like taking its allowance, it hears of at the next.
const QUIET: Duration = Duration::from_secs(5);

/// What a desk that has to ask asks.
const QUESTION: &str = "select k.clinic_id, k.version";

async fn connected(pc: &Pc, pg: &PgCluster, n: u32, port: u16) -> Arc<Desk> {
    let mut ticket = ticket(pg, A, n).await;
    ticket.port = port;
    pc.connect(ticket.code(), "PC-A").await
}

/// Waits until news arrive this way and everything that this sets off is over: nothing was sent for a second.
async fn until_quiet(desk: &Arc<Desk>, wake: Wake, sent: impl Fn() -> usize) {
    eventually(format!("{wake:?}"), LONG, async || {
        (sync(desk).await.wake == wake).then_some(())
    })
    .await;
    until_agreed(desk).await;
    until_silent(QUIET, sent).await;
}

async fn until_silent(long: Duration, sent: impl Fn() -> usize) {
    let last = Cell::new((sent(), Instant::now()));
    eventually("nothing more is sent", LONG, async || {
        let (before, since) = last.get();
        if sent() != before {
            last.set((sent(), Instant::now()));
        }
        (sent() == before && since.elapsed() > long).then_some(())
    })
    .await;
}

async fn idle() {
    let began = Instant::now();
    eventually("a while has passed", LONG, async || {
        (began.elapsed() > IDLE).then_some(())
    })
    .await;
}

/// What desks have asked the server, as it has logged it.
fn statements(pg: &PgCluster) -> Vec<String> {
    let log = pg.log();
    let of_desks = log.lines().filter(|line| line.contains(" desk_"));
    let asked = of_desks.filter_map(|line| {
        let statement = line.split_once("statement: ").map(|(_, text)| text);
        statement.or_else(|| line.split_once("execute ").map(|(_, text)| text))
    });
    asked.map(str::to_owned).collect()
}

/// Which streams desks have read, as the server has logged it.
fn streams_read(pg: &PgCluster) -> Vec<String> {
    let log = pg.log();
    let scopes = log.lines().filter_map(|line| {
        let (_, parameters) = line.split_once("parameters: $1 = '")?;
        Some(parameters.split_once('\'')?.0)
    });
    let streams = scopes.filter(|scope| *scope == "clinic" || scope.starts_with("person:"));
    streams.map(str::to_owned).collect()
}

fn log_statements(pg: &PgCluster) {
    pg.psql("postgres", "alter system set log_statement = 'all'");
    pg.psql("postgres", "select pg_reload_conf()");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_desk_that_is_called_sends_nothing_at_all_while_nothing_happens() {
    let pg = migrated().await;
    let net = NetCut::to(pg.port());
    let pc = Pc::default();
    let desk = connected(&pc, &pg, 7, net.port()).await;
    until_quiet(&desk, Wake::Live, || net.sent()).await;
    let (sent, accepted) = (net.sent(), net.accepted());
    idle().await;
    assert_eq!((net.sent(), net.accepted()), (sent, accepted));
    assert_eq!(net.connections(), 2, "one to ask, one to listen");

    // The silence was not deafness.
    let customer = uid(&pg, "customer", 1);
    pg.psql(
        DB,
        &format!("update public.customers set nickname = 'ใหม่' where id = '{customer}'"),
    );
    eventually("it hears", LONG, async || {
        let card = desk.customer_card(CustomerOpen { id: customer }).await.unwrap();
        (card.profile.nickname.as_deref() == Some("ใหม่")).then_some(())
    })
    .await;
    assert!(net.sent() > sent);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_desk_reads_what_it_is_called_for_and_nothing_twice() {
    let pg = migrated().await;
    let pc = Pc::default();
    let desk = connected(&pc, &pg, 7, pg.port()).await;
    log_statements(&pg);
    let (customer, me) = (uid(&pg, "customer", 1), uid(&pg, "user", 7));
    let read = || streams_read(&pg);
    until_quiet(&desk, Wake::Live, || read().len()).await;
    let mine = format!("person:{me}");

    let seen = async |before: usize| {
        eventually("it reads", LONG, async || (read().len() > before).then_some(())).await;
        until_silent(Duration::from_secs(1), || read().len()).await;
        read().split_off(before)
    };
    let tell = |n: u32| {
        format!(
            "insert into public.notifications (user_id, type, title, message) values (md5('user:{n}')::uuid, 'x', 'x', 'x')"
        )
    };
    let edit = format!("update public.customers set nickname = 'ใหม่' where id = '{customer}'");
    for (change, streams) in [
        (edit, vec!["clinic"]),
        (tell(5), vec!["clinic"]),
        (tell(7), vec![mine.as_str(), "clinic"]),
    ] {
        let before = read().len();
        pg.psql(DB, &change);
        assert_eq!(seen(before).await, streams, "{change}");
    }
    let before = read().len();
    let nickname = FieldChange {
        field: CustomerField::Nickname,
        from: Some("ใหม่".into()),
        to: Some("พลอย".into()),
    };
    desk.customer_edit(CustomerEdit {
        id: customer,
        changes: vec![nickname],
    })
    .await
    .unwrap();
    assert_eq!(
        seen(before).await,
        [mine.as_str(), "clinic"],
        "and the call for it brings nothing more"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_desk_that_has_to_ask_asks_one_small_question_every_two_seconds() {
    let pg = migrated().await;
    let pooler = Pooler::before(&pg);
    let pc = Pc::default();
    let desk = connected(&pc, &pg, 7, pooler.port()).await;
    log_statements(&pg);
    let is_more = |statement: &String| !statement.starts_with(QUESTION);
    until_quiet(&desk, Wake::Polling, || {
        statements(&pg).iter().filter(|asked| is_more(asked)).count()
    })
    .await;
    let before = statements(&pg).len();
    idle().await;
    let asked = statements(&pg).split_off(before);
    assert!((4..=7).contains(&asked.len()), "{asked:#?}");
    for statement in asked {
        assert!(statement.starts_with(QUESTION), "{statement}");
    }
}
