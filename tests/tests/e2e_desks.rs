//! The real thing: two built programs in real windows, each with its own display, D-Bus session, notification server and keyring, on one
//! PostgreSQL. A lead of the web system, work without the network, kill -9 in the middle, and back again.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test: what is not as expected ends it, in its helpers too"
)]

mod clinic_support;
mod e2e_support;

use clinic_support::{A, DB, journey, let_sell, migrated, ticket};
use desk_tests::harness::{desk::Desk, netcut::NetCut, notifications::Toast, pg::PgCluster, wait::eventually};
use e2e_support::{LONG, agreed, call, connect, find, gone, key, press, screen, see, type_keys, unlock};
use serde_json::json;
use thirtyfour::Key;
use uuid::Uuid;

/// Two desks of clinic A in real windows: PC-A reaches PostgreSQL only through `net`.
async fn two_desks(pg: &PgCluster, net: &NetCut) -> (Desk, Desk) {
    let (mut a, mut b) = (Desk::new(), Desk::new());
    let mut through_the_cut = ticket(pg, A, 7).await;
    through_the_cut.port = net.port();
    a.start(&[]).await;
    connect(&a, &through_the_cut.code(), "PC-A").await;
    b.start(&[]).await;
    connect(&b, &ticket(pg, A, 5).await.code(), "PC-B").await;
    agreed(&a).await;
    agreed(&b).await;
    (a, b)
}

async fn is_open_on(desk: &Desk, task: Uuid) -> bool {
    let open = call(desk, "task_list", json!({ "whose": "everyone", "state": "open" })).await;
    let ids = open["ids"].as_array().unwrap().clone();
    ids.iter().any(|id| *id == task.to_string())
}

fn status(pg: &PgCluster, task: Uuid) -> String {
    pg.psql(DB, &format!("select status from public.task_queue where id = '{task}'"))
}

/// Completes a task by keyboard in the task list.
async fn complete(desk: &Desk, task: Uuid) {
    let row = format!("[data-screen=\"tasks\"] [data-row-id=\"{task}\"]");
    key(desk, Key::F4).await;
    press(desk, &row).await;
    type_keys(desk, "d").await;
    find(desk, "dialog[open]").await;
    key(desk, Key::Enter).await;
    gone(desk, &row).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lead_of_the_web_system_toasts_on_both_desks_and_its_button_opens_it() {
    let pg = migrated().await;
    let net = NetCut::to(pg.port());
    let (a, b) = two_desks(&pg, &net).await;
    for desk in [&a, &b] {
        key(desk, Key::F4).await;
        screen(desk, "tasks").await;
    }
    let_sell(&pg, 5);
    pg.psql(DB, &format!("insert into public.lead_scoring_data (clinic_id, customer_name, customer_phone, overall_score, lead_category, priority) values ('{A}', 'มายด์ ทดสอบ', '084-555-6666', 92, 'hot', 'high')"));
    let fits = |toast: &Toast| toast.summary.contains("มายด์");
    let toast = a.notifications().toast("the lead on A", LONG, fits).await;
    let other = b.notifications().toast("the lead on B", LONG, fits).await;
    for shown in [&toast, &other] {
        assert!(!format!("{}{}", shown.summary, shown.body).contains("084") && !shown.summary.contains("ทดสอบ"));
    }
    // At once, as soon as it is there. On a service that leaves a pressed toast where it is, the program takes it away: its buttons would be dead.
    a.notifications().press_and_keep(toast.id, "open");
    screen(&a, "leads").await;
    see(&a, "084-555-6666").await;
    eventually("the opened toast goes", LONG, async || {
        a.notifications().shown().is_empty().then_some(())
    })
    .await;
    b.notifications().press(other.id, "claim");
    screen(&b, "leads").await;
    see(&b, "084-555-6666").await;
    let taken = "select s.nickname from desk.lead l join desk.staff s on s.person_id = l.claimed_by and s.clinic_id = l.clinic_id where l.name = 'มายด์ ทดสอบ'";
    eventually("the lead is whose toast was pressed", LONG, async || {
        (!pg.psql(DB, taken).is_empty()).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn work_without_network_survives_kill_9_and_arrives_once() {
    let pg = migrated().await;
    let (_, task) = journey(&pg, A, 1, 7);
    let net = NetCut::to(pg.port());
    let (mut a, b) = two_desks(&pg, &net).await;
    net.cut();
    find(&a, "[data-state=\"offline\"]").await;
    complete(&a, task).await;
    a.kill();

    // A cold start without the network: the list is there, and so is the work.
    a.start(&[]).await;
    unlock(&a, "2468").await;
    find(&a, "[data-state=\"offline\"]").await;
    assert!(!is_open_on(&a, task).await);
    assert_eq!(status(&pg, task), "pending");

    net.resume();
    agreed(&a).await;
    assert_eq!(status(&pg, task), "completed");
    let once = format!("select count(*) from desk.mutation where name = 'task.complete' and args ->> 'id' = '{task}'");
    assert_eq!(pg.psql(DB, &once), "1");
    eventually("B shows it closed", LONG, async || {
        (!is_open_on(&b, task).await).then_some(())
    })
    .await;
}
