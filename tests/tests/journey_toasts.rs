//! What speaks up on the desktop, and when it falls silent again.
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
    api::Nothing,
    ports::{Toast, ToastAction},
};
use desk_tests::harness::{pg::PgCluster, wait::eventually};
use journey_support::{LONG, Pc};

/// So many leads of the web system in one commit, each of them hot.
fn hot_leads(pg: &PgCluster, first: usize, count: usize) {
    let last = first + count - 1;
    pg.psql(DB, &format!("insert into public.lead_scoring_data (clinic_id, customer_name, overall_score, lead_category, priority) select '{A}', 'ลีด' || n, 92, 'hot', 'high' from generate_series({first}, {last}) n"));
}

fn close_leads(pg: &PgCluster, names: &str) {
    pg.psql(
        DB,
        &format!("update desk.lead set status = 'closed' where name in ({names})"),
    );
}

/// A desk of the fixture's seller that finds a backlog of three hot leads.
async fn desk_with_three(pg: &PgCluster, pc: &Pc) -> Arc<Desk> {
    pc.clock.set("2026-10-01T10:00:00+07:00");
    hot_leads(pg, 1, 3);
    let desk = pc.connect(ticket(pg, A, 7).await.code(), "PC-A").await;
    digest(pc).await;
    desk
}

/// Waits for the digest.
async fn digest(pc: &Pc) -> Toast {
    eventually("the digest", LONG, async || {
        let shown = pc.toasts.shown.lock().unwrap();
        shown.iter().find(|toast| toast.subject == "digest").cloned()
    })
    .await
}

fn is_withdrawn(pc: &Pc) -> bool {
    pc.toasts
        .withdrawn
        .lock()
        .unwrap()
        .iter()
        .any(|subject| subject == "digest")
}

async fn until_leads(desk: &Arc<Desk>, count: usize) {
    eventually(format!("{count} hot leads in Today"), LONG, async || {
        (desk.today(Nothing {}).await.unwrap().leads.len() == count).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_digest_goes_when_the_last_thing_in_it_was_handled_elsewhere() {
    let (pg, pc) = (migrated().await, Pc::default());
    let desk = desk_with_three(&pg, &pc).await;
    assert!(digest(&pc).await.title.ends_with("ลีดร้อน 3"));
    close_leads(&pg, "'ลีด1', 'ลีด2'");
    until_leads(&desk, 1).await;
    eventually("a lead's own toast is taken back", LONG, async || {
        (pc.toasts.withdrawn.lock().unwrap().len() == 2).then_some(())
    })
    .await;
    assert!(!is_withdrawn(&pc), "one of the three still waits");
    close_leads(&pg, "'ลีด3'");
    eventually("the digest is taken back", LONG, async || {
        is_withdrawn(&pc).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_opened_digest_is_gone_and_the_next_backlog_gets_its_own() {
    let (pg, pc) = (migrated().await, Pc::default());
    let desk = desk_with_three(&pg, &pc).await;
    desk.toast_pressed("digest", ToastAction::Open).await;
    assert_eq!(pc.window.opened.lock().unwrap().last().unwrap(), "/today");
    assert!(is_withdrawn(&pc));
    pc.toasts.shown.lock().unwrap().clear();
    hot_leads(&pg, 4, 5);
    until_leads(&desk, 8).await;
    assert!(digest(&pc).await.title.ends_with("ลีดร้อน 5"), "the five that are new");
}
