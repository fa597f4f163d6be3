//! Desks whose way to PostgreSQL leads through a pooler in transaction mode, where LISTEN is accepted and delivers nothing and no two
//! transactions meet the same server connection; and desks whose address is a read-only copy.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test: what is not as expected ends it, in its helpers too"
)]

mod clinic_support;
mod journey_support;

use std::{sync::Arc, time::Instant};

use clinic_support::{A, DB, journey, migrated, ticket, uid};
use desk_app::{
    Desk,
    api::{
        customer::{CustomerOpen, PointsAward},
        session::Connect,
        sync::{SyncMode, Wake},
        task::{TaskComplete, TaskNote},
    },
    error::Code,
};
use desk_tests::harness::{
    netcut::NetCut,
    pg::PgCluster,
    pooler::Pooler,
    wait::{eventually, secs},
};
use journey_support::{LONG, Pc, sync, until_agreed, until_mode};
use uuid::Uuid;

/// A code of the fixture's person `n`, with the way to PostgreSQL through `port`.
async fn code(pg: &PgCluster, n: u32, port: u16) -> String {
    let mut ticket = ticket(pg, A, n).await;
    ticket.port = port;
    ticket.code()
}

async fn until_woken(desk: &Arc<Desk>, wake: Wake) {
    eventually(format!("{wake:?}"), LONG, async || {
        (sync(desk).await.wake == wake).then_some(())
    })
    .await;
}

async fn nickname(desk: &Arc<Desk>, id: Uuid) -> Option<String> {
    desk.customer_card(CustomerOpen { id }).await.unwrap().profile.nickname
}

fn award(customer_id: Uuid) -> PointsAward {
    PointsAward {
        entry_id: Uuid::now_v7(),
        customer_id,
        satang: 100_000,
        note: None,
    }
}

fn rename(pg: &PgCluster, customer: Uuid, to: &str) {
    let text = format!("update public.customers set nickname = '{to}' where id = '{customer}'");
    pg.psql(DB, &text);
}

#[tokio::test(flavor = "multi_thread")]
async fn through_a_pooler_desks_notice_that_nobody_calls_and_ask_instead() {
    let pg = migrated().await;
    let (_, task) = journey(&pg, A, 1, 7);
    let pooler = Pooler::before(&pg);
    let (pc_a, pc_b) = (Pc::default(), Pc::default());
    let a = pc_a.connect(code(&pg, 7, pooler.port()).await, "PC-A").await;
    let b = pc_b.connect(code(&pg, 5, pooler.port()).await, "PC-B").await;
    for desk in [&a, &b] {
        until_agreed(desk).await;
        until_woken(desk, Wake::Polling).await;
    }

    let customer = uid(&pg, "customer", 1);
    for turn in 0..6 {
        let (name, began) = (format!("รอบ{turn}"), Instant::now());
        rename(&pg, customer, &name);
        eventually("B sees it", secs(8), async || {
            (nickname(&b, customer).await.as_deref() == Some(&name)).then_some(())
        })
        .await;
        println!("seen after {:.1?}", began.elapsed());
    }

    let bill = award(customer);
    a.points_award(bill.clone()).await.unwrap();
    a.task_note(TaskNote {
        id: task,
        text: "โทรแล้ว".into(),
    })
    .await
    .unwrap();
    a.task_complete(TaskComplete { id: task, note: None }).await.unwrap();
    until_agreed(&a).await;
    let once = format!(
        "select count(*) from public.point_transactions where id = '{}'",
        bill.entry_id
    );
    assert_eq!(pg.psql(DB, &once), "1");
    assert_eq!(
        pg.psql(
            DB,
            "select count(*) || ' ' || count(distinct id) from desk.mutation where status = 'ok'"
        ),
        "3 3"
    );
    let refusals: Vec<String> = pg
        .log()
        .lines()
        .filter(|line| line.contains("ERROR"))
        .map(str::to_owned)
        .collect();
    assert_eq!(refusals, Vec::<String>::new(), "the pooler mixed something up");
    assert!(!pooler.log().contains("rror"), "{}", pooler.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn when_the_pooler_is_taken_away_the_next_connection_is_called_again() {
    let pg = migrated().await;
    let pooler = Pooler::before(&pg);
    let net = NetCut::to(pooler.port());
    let pc = Pc::default();
    let desk = pc.connect(code(&pg, 7, net.port()).await, "PC-A").await;
    until_agreed(&desk).await;
    until_woken(&desk, Wake::Polling).await;

    net.cut();
    until_mode(&desk, SyncMode::Offline).await;
    net.lead_to(pg.port());
    net.resume();
    until_agreed(&desk).await;
    until_woken(&desk, Wake::Live).await;

    net.cut();
    until_mode(&desk, SyncMode::Offline).await;
    net.lead_to(pooler.port());
    net.resume();
    until_agreed(&desk).await;
    until_woken(&desk, Wake::Polling).await;
    let customer = uid(&pg, "customer", 1);
    desk.points_award(award(customer)).await.unwrap();
    until_agreed(&desk).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_that_leads_to_a_standby_is_not_used_up_and_works_where_the_clinic_is() {
    let pg = migrated().await;
    let standby = pg.standby();
    let pc = Pc::default();
    let desk = pc.start().await;
    let mut ticket = ticket(&pg, A, 7).await;
    let login = format!("select count(*) from pg_roles where rolname = '{}'", ticket.login);
    eventually("the standby knows the login", LONG, async || {
        (standby.psql(DB, &login) == "1").then_some(())
    })
    .await;
    ticket.port = standby.port();
    let with = |code: String| Connect {
        code,
        pin: "2468".into(),
        device: "PC-A".into(),
    };
    let refused = desk.connect(with(ticket.code())).await.unwrap_err();
    assert_eq!(refused.code, Code::ClinicUnreachable);

    ticket.port = pg.port();
    desk.connect(with(ticket.code())).await.unwrap();
    until_agreed(&desk).await;
}
