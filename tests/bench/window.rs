//! What a person waits for, measured in real windows: the program's start, a key in search, and a hot lead's toast. Each against a floor of
//! the same run: an empty WebKitGTK window, a frame that paints next to nothing, and PostgreSQL's own NOTIFY.
//!
//! `cargo run --release -p desk-tests --bin bench-window [start] [keys] [lists] [toasts] [large=CUSTOMERS]`: without words, all but the last. `large`
//! asks the keys again on a clinic of that size, loaded from a PostgreSQL that `desk-server demo` filled; the demo clinic on the PC itself
//! has always 2,000 customers. It drives the release build if there is one (`make bench`), otherwise the debug build, and says which.
//! No result is a failure: what is too slow for a clinic is decided by people who read this.
// A benchmark may stop at the first thing that is not as it must be.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

#[path = "../tests/clinic_support/mod.rs"]
mod clinic_support;
#[path = "window/counter.rs"]
mod counter;
#[path = "../tests/e2e_support/mod.rs"]
mod e2e_support;
#[path = "window/keys.rs"]
mod keys;
#[path = "window/large.rs"]
mod large;
#[path = "window/lists.rs"]
mod lists;
#[path = "window/start.rs"]
mod start;
#[path = "window/toasts.rs"]
mod toasts;

use std::path::PathBuf;

use desk_tests::harness::desk::{Desk, built};

#[tokio::main]
async fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let wants = |word: &str| words.is_empty() || words.iter().any(|given| given == word);
    let large = words.iter().find_map(|word| word.strip_prefix("large=")?.parse().ok());
    let build = if is_release() { "release" } else { "debug" };
    println!("program: {} ({build} build)", program().display());
    if wants("start") {
        start::demo().await;
    }
    if wants("keys") {
        keys::demo().await;
    }
    if wants("lists") {
        lists::measure().await;
    }
    if let Some(customers) = large {
        large::measure(customers).await;
    } else {
        println!("keys: only the demo clinic's 2,000 customers; for more: large=100000");
    }
    if wants("toasts") {
        toasts::measure().await;
    }
}

/// The release build where there is one.
fn program() -> PathBuf {
    let debug = built("aura-desk");
    let release = debug.parent().unwrap().with_file_name("release").join("aura-desk");
    let found = if release.is_file() { release } else { debug };
    found.canonicalize().expect("aura-desk is built: make build")
}

/// Whether what is measured is what a clinic would get.
fn is_release() -> bool {
    program().parent().is_some_and(|folder| folder.ends_with("release"))
}

/// A PC with the program, not yet started.
fn desk() -> Desk {
    Desk::with_app(program())
}

/// Milliseconds at this percentile.
fn percentile(times: &[f64], percent: usize) -> f64 {
    let mut sorted = times.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[(sorted.len() - 1) * percent / 100]
}

fn report(what: &str, times: &[f64]) {
    let [least, p50, p95, most] = [0, 50, 95, 100].map(|percent| percentile(times, percent));
    println!(
        "{what}: {} times, p50 {p50:.0} ms, p95 {p95:.0} ms ({least:.0} to {most:.0})",
        times.len()
    );
}

/// Two medians of one run.
fn ratio(what: &str, times: &[f64], floor: &[f64]) {
    println!("{what}: {:.2} x", percentile(times, 50) / percentile(floor, 50));
}

/// What was measured beside what it has to stay under, and against the floor of the same run.
fn against(what: &str, bar: f64, times: &[f64], floor: &[f64]) {
    let [p50, p95, p50_floor] = [percentile(times, 50), percentile(times, 95), percentile(floor, 50)];
    let verdict = match (p50 <= bar, p95 <= bar) {
        (true, true) => "under it",
        (true, false) => "p50 under it, p95 over it",
        (false, _) => "OVER IT",
    };
    println!(
        "{what}: {} times, p50 {p50:.0} ms, p95 {p95:.0} ms; bar {bar:.0} ms: {verdict}; {:.1} x the floor",
        times.len(),
        p50 / p50_floor
    );
}
