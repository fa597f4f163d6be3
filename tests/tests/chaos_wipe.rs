//! A desk process that is killed while it wipes itself, at random moments after the clinic's order: the next start shows a wiped PC, or one that
//! had not begun and is wiped then. Nothing in between.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test: what is not as expected ends it, in its helpers too"
)]

mod chaos_support;
mod clinic_support;

use std::thread::sleep;
use std::time::Duration;

use chaos_support::Chance;
use chaos_support::desk::Desk;
use clinic_support::{A, admin, migrated, ticket};
use desk_app::api::session::Phase;
use desk_clinic::pc::{self, Unsent};
use desk_tests::harness::pg::PgCluster;
use desk_tests::harness::wait::{secs, wait_until};
use tokio::runtime::Runtime;

const ROUNDS: usize = 8;
const SEED: u64 = 2569;

fn is_wiped(desk: &Desk) -> bool {
    let state = desk.stand().said();
    state.phase == Phase::FirstStart && state.blocked.as_deref() == Some("pc_wiped")
}

async fn connect_and_order(pg: &PgCluster, desk: &Desk) {
    let mut ticket = ticket(pg, A, 7).await;
    ticket.port = desk.net.port();
    desk.connect(ticket.code());
    desk.until_agreed();
    pc::order_wipe(&mut admin(pg).await, A, "PC-A", Unsent::Destroyed)
        .await
        .unwrap();
}

#[test]
fn a_pc_killed_while_it_wipes_itself_is_wiped_at_the_next_start() {
    let runtime = Runtime::new().unwrap();
    let pg = runtime.block_on(migrated());
    let desk = Desk::new("PC-A", pg.port());
    let chance = Chance::of(SEED);
    let data = desk.folder().join("data");
    let (mark, files, secret) = (
        data.join("wiped"),
        data.join("clinic"),
        desk.folder().join("keyring/device"),
    );
    let mut died_between = 0;
    for _ in 0..ROUNDS {
        runtime.block_on(connect_and_order(&pg, &desk));
        wait_until("the wipe is near", secs(30), || {
            (mark.exists() || desk.stand().said().phase != Phase::Ready).then_some(())
        });
        sleep(Duration::from_micros(chance.below(2_000) as u64));
        desk.kill();
        let was_decided = mark.exists();
        died_between += usize::from(was_decided && (files.exists() || secret.exists()));
        desk.start();
        if was_decided {
            assert!(is_wiped(&desk), "the first thing that this start shows");
        }
        wait_until("the PC is wiped", secs(30), || is_wiped(&desk).then_some(()));
        assert!(!files.exists() && !secret.exists());
        wait_until("the clinic has heard", secs(30), || {
            let rows = runtime.block_on(async { pc::list(&mut admin(&pg).await).await.unwrap() });
            rows.iter().all(|row| row.wiped_at.is_some()).then_some(())
        });
    }
    println!("killed between the decision and the end: {died_between} of {ROUNDS}");
}
