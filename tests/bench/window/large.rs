//! The keys and the start again on a large clinic: PostgreSQL filled as `desk-server demo` fills it, and a new PC that connects and loads it.

use std::time::Instant;

use desk_clinic::demo::{Into, fill};
use desk_clinic::staff::{self, NewStaff};
use desk_core::demo::Demo;
use desk_tests::harness::desk::Desk;
use desk_tests::harness::pg::PgCluster;
use desk_tests::harness::wait::{eventually, secs};
use thirtyfour::By;

use crate::clinic_support::{DB, admin, migrated};
use crate::e2e_support::{fill as fill_in, press, screen};
use crate::{desk, keys, start};

pub async fn measure(customers: usize) {
    let pg = migrated().await;
    let begun = Instant::now();
    let code = clinic(&pg, customers).await;
    println!(
        "\nlarge: {customers} customers made up and inserted into PostgreSQL in {:.1?}",
        begun.elapsed()
    );
    let mut pc = desk();
    pc.start(&[]).await;
    let begun = Instant::now();
    connect(&pc, &code).await;
    println!(
        "large: a new PC connected and loaded them in {:.1?}, typing the code and PIN included",
        begun.elapsed()
    );
    let size = format!("{customers} customers");
    keys::measure(&mut pc, &[], &size).await;
    start::measure(&mut pc, &[], &size).await;
}

/// A filled clinic and a code for the person at its front desk.
async fn clinic(pg: &PgCluster, customers: usize) -> String {
    let demo = Demo::new(2569, customers, "2026-10-01".parse().unwrap());
    let made = fill(&mut admin(pg).await, Into::New("large"), &demo).await.unwrap();
    let new = NewStaff {
        clinic: made.prefix,
        user: made.people[0].email.clone(),
        create: false,
        nickname: None,
        display_name: None,
        role: None,
        valid_minutes: 60,
        host: "127.0.0.1".into(),
        port: pg.port(),
        database: DB.into(),
        ca: None,
    };
    staff::add(&mut admin(pg).await, &new).await.unwrap().code()
}

/// As `e2e_support::connect`, with the patience that a large first load needs.
async fn connect(pc: &Desk, code: &str) {
    screen(pc, "first-start").await;
    fill_in(pc, "code", code).await;
    press(pc, "[data-action=\"next\"]").await;
    fill_in(pc, "pin", "2468").await;
    fill_in(pc, "pin-again", "2468").await;
    press(pc, "[data-action=\"connect\"]").await;
    eventually("the first load", secs(900), async || {
        let today = pc.window().find(By::Css("[data-screen=\"today\"]")).await;
        today.ok().map(|_| ())
    })
    .await;
}
