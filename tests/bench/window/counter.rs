//! The counter without a line: the card of a customer whose ledger has 2,000 lines, points given for a payment and points spent, from the key to what is
//! painted.

use desk_tests::harness::{desk::Desk, pg::PgCluster, wait::eventually};
use serde_json::json;
use thirtyfour::Key;

use crate::clinic_support::DB;
use crate::e2e_support::{LONG, call, ctrl, find, gone, key, press, screen, type_keys};
use crate::{against, keys, lists::watch};

/// A name that nobody else has.
const NAME: &str = "บัญชีสองพัน";
const LINES: usize = 2_000;
const TIMES: usize = 8;
/// Milliseconds.
const CARD: f64 = 100.0;
const SAVED: f64 = 150.0;

/// Gives one customer a ledger of that length.
pub fn prepare(pg: &PgCluster) {
    let who = "(select id from public.customers order by id limit 1)";
    pg.psql(
        DB,
        &format!("update public.customers set full_name = '{NAME}' where id = {who}"),
    );
    pg.psql(DB, &format!("insert into public.point_transactions (clinic_id, customer_id, type, amount, created_at)
        select c.clinic_id, c.id, 'earned', 10, now() - n * interval '4 hours' from public.customers c, generate_series(1, {LINES}) n where c.full_name = '{NAME}'"));
}

pub async fn measure(pc: &Desk, pg: &mut PgCluster, frames: &[f64]) {
    pg.stop();
    eventually("the desk knows that there is no line", LONG, async || {
        (call(pc, "sync_state", json!({})).await["mode"] == "offline").then_some(())
    })
    .await;
    against("a card with a ledger of 2,000 lines", CARD, &cards(pc).await, frames);
    against("its ledger", CARD, &ledgers(pc).await, frames);
    against(
        "a payment with its points, without a line",
        SAVED,
        &awards(pc).await,
        frames,
    );
    against("points spent, without a line", SAVED, &redemptions(pc).await, frames);
}

/// From the Enter in the search to the card with its points and its history.
async fn cards(pc: &Desk) -> Vec<f64> {
    let mut times = vec![];
    for nth in 0..TIMES {
        ctrl(pc, '0').await;
        screen(pc, "settings").await;
        ctrl(pc, 'k').await;
        find(pc, "dialog[open] input").await;
        type_keys(pc, NAME).await;
        find(pc, "dialog[open] [data-row-id]").await;
        let name = format!("card{nth}");
        watch(pc, &name, "[data-screen=card]:has([data-points]) #history li").await;
        key(pc, Key::Enter).await;
        times.push(keys::at(pc, &name).await);
    }
    times
}

/// From the key of the points to the tab with nothing but them.
async fn ledgers(pc: &Desk) -> Vec<f64> {
    let mut times = vec![];
    for nth in 0..TIMES {
        press(pc, "[data-tab=all]").await;
        let name = format!("ledger{nth}");
        watch(pc, &name, "[data-tab=points][aria-selected=true]").await;
        type_keys(pc, "p").await;
        times.push(keys::at(pc, &name).await);
    }
    times
}

async fn awards(pc: &Desk) -> Vec<f64> {
    let mut times = vec![];
    for _ in 0..TIMES {
        key(pc, Key::F9).await;
        find(pc, "[data-dialog=award]").await;
        type_keys(pc, "1500").await;
        times.push(saved(pc, "award").await);
    }
    times
}

async fn redemptions(pc: &Desk) -> Vec<f64> {
    let mut times = vec![];
    for _ in 0..TIMES {
        type_keys(pc, "r").await;
        find(pc, "[data-dialog=redeem]").await;
        type_keys(pc, "20").await;
        times.push(saved(pc, "redeem").await);
    }
    times
}

/// From Ctrl Enter to the card with other points than before.
async fn saved(pc: &Desk, dialog: &str) -> f64 {
    find(pc, &format!("[data-dialog={dialog}] [data-action=save]:enabled")).await;
    let panel = find(pc, "[data-screen=card] [data-points]").await;
    let before = panel.attr("data-points").await.unwrap().unwrap();
    let name = format!("{dialog}{before}");
    watch(
        pc,
        &name,
        &format!("[data-screen=card] [data-points]:not([data-points=\"{before}\"])"),
    )
    .await;
    ctrl(pc, Key::Enter.value()).await;
    let took = keys::at(pc, &name).await;
    gone(pc, "dialog[open]").await;
    took
}
