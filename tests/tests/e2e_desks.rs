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

use clinic_support::{A, DB, journey, migrated, ticket};
use desk_tests::harness::{
    desk::Desk,
    netcut::NetCut,
    wait::{eventually, secs},
};
use e2e_support::{LONG, agreed, call, connect, find, gone, key, press, screen, see, type_keys, unlock};
use serde_json::json;
use thirtyfour::Key;

#[tokio::test(flavor = "multi_thread")]
async fn a_lead_toasts_on_both_desks_and_offline_work_survives_kill_9() {
    let pg = migrated().await;
    let (_, task) = journey(&pg, A, 1, 7);
    let net = NetCut::to(pg.port());
    let (mut a, mut b) = (Desk::new(), Desk::new());
    let mut through_the_cut = ticket(&pg, A, 7).await;
    through_the_cut.port = net.port();
    a.start(&[]).await;
    connect(&a, &through_the_cut.code(), "PC-A").await;
    b.start(&[]).await;
    connect(&b, &ticket(&pg, A, 5).await.code(), "PC-B").await;
    agreed(&a).await;
    agreed(&b).await;

    // The web system inserts a lead in its own way; both desks show one toast without phone or surname; its button opens the lead.
    pg.psql(DB, &format!("insert into public.lead_scoring_data (clinic_id, customer_name, customer_phone, overall_score, lead_category, priority) values ('{A}', 'มายด์ ทดสอบ', '084-555-6666', 92, 'hot', 'high')"));
    let fits = |toast: &desk_tests::harness::notifications::Toast| toast.summary.contains("มายด์");
    let toast = a.notifications().toast("the lead on A", LONG, fits).await;
    let other = b.notifications().toast("the lead on B", LONG, fits).await;
    for shown in [&toast, &other] {
        assert!(!format!("{}{}", shown.summary, shown.body).contains("084") && !shown.summary.contains("ทดสอบ"));
    }
    a.notifications().press(toast.id, "open");
    see(&a, "084-555-6666").await;

    // A loses its network, works on, and is killed.
    net.cut();
    find(&a, "[data-state=\"offline\"]").await;
    key(&a, Key::F4).await;
    screen(&a, "tasks").await;
    press(&a, &format!("[data-row-id=\"{task}\"]")).await;
    type_keys(&a, "d").await;
    find(&a, "dialog[open]").await;
    key(&a, Key::Enter).await;
    gone(&a, &format!("[data-screen=\"tasks\"] [data-row-id=\"{task}\"]")).await;
    a.kill();

    // It starts without the network: search and list are there, and so is the work.
    a.start(&[]).await;
    unlock(&a, "2468").await;
    find(&a, "[data-state=\"offline\"]").await;
    let waiting = call(&a, "sync_state", json!({})).await["waiting"].as_array().unwrap().len();
    assert!(waiting >= 1, "{waiting}");
    let list = call(&a, "task_list", json!({ "whose": "everyone", "state": "closed" })).await;
    assert!(list["rows"].as_array().unwrap().iter().any(|row| row["id"] == task.to_string()));
    assert_eq!(pg.psql(DB, &format!("select status from public.task_queue where id = '{task}'")), "pending");

    // Back again: PostgreSQL and B have it once.
    net.resume();
    agreed(&a).await;
    assert_eq!(pg.psql(DB, &format!("select status from public.task_queue where id = '{task}'")), "completed");
    let once = format!("select count(*) from desk.mutation where name = 'task.complete' and args ->> 'id' = '{task}'");
    assert_eq!(pg.psql(DB, &once), "1");
    eventually("B shows it closed", secs(40), async || {
        let open = call(&b, "task_list", json!({ "whose": "everyone", "state": "open" })).await;
        open["rows"].as_array()?.iter().all(|row| row["id"] != task.to_string()).then_some(())
    })
    .await;
}
