//! A chain's working day on one PostgreSQL: many desks of many clinics, each with a login of its own, that push actions by the shipped
//! functions and read what colleagues did, called by LISTEN or asking through a pooler. Prints how long a push takes, how long until a
//! colleague's desk has the row, what the server's processors did, how many connections there were and what they hold in memory.
//! `cargo run --release -p desk-tests --bin bench-load [desks] [clinics] [seconds] [speed] [direct|pooler]`, or `… bench-load figures [rows]`. Speed 0: all are idle.
// A benchmark may stop at the first thing that is not as it must be.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout
)]

#[path = "load/chain.rs"]
mod chain;
#[path = "load/counter.rs"]
mod counter;
#[path = "load/figures.rs"]
mod figures;
#[path = "load/server.rs"]
mod server;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use chain::Chain;
use counter::{Counter, Day};
use desk_tests::harness::pooler::Pooler;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |index: usize, default: u32| arguments.get(index).map_or(default, |text| text.parse().unwrap());
    let runtime = tokio::runtime::Runtime::new().unwrap();
    if arguments.first().is_some_and(|word| word == "figures") {
        return runtime.block_on(figures::measure(number(1, 1_000_000)));
    }
    let (desks, clinics, seconds) = (number(0, 1_000), number(1, 20), number(2, 120));
    let speed: f64 = arguments.get(3).map_or(1.0, |text| text.parse().unwrap());
    let is_direct = arguments.get(4).is_none_or(|word| word == "direct");
    let chain = runtime.block_on(Chain::open(desks, clinics));
    let pooler = (!is_direct).then(|| Pooler::before(&chain.pg));
    let port = pooler.as_ref().map_or(chain.pg.port(), Pooler::port);
    let day = Arc::new(Day::of(Duration::from_secs(seconds.into()), speed));
    println!(
        "{desks} desks of {clinics} clinics, {seconds} s, {speed} x two actions a minute, {}",
        if is_direct { "direct" } else { "pooler" }
    );
    runtime.block_on(play(&chain, &day, port, is_direct, pooler.as_ref()));
}

/// Opens every counter, lets the day pass, and tells what was seen.
async fn play(chain: &Chain, day: &Arc<Day>, port: u16, is_direct: bool, pooler: Option<&Pooler>) {
    let opened = Instant::now();
    let mut counters = vec![];
    for (number, login) in chain.logins(port).into_iter().enumerate() {
        counters.push(Counter::open(login, chain.customers_of(number), is_direct, number as u64).await);
    }
    println!(
        "all connected after {:.1?}; {} connections to the server",
        opened.elapsed(),
        chain.connections()
    );
    let before = server::cpu(&chain.pg, pooler);
    let began = Instant::now();
    day.begin();
    let work: Vec<_> = counters
        .into_iter()
        .map(|counter| tokio::spawn(counter.work(day.clone())))
        .collect();
    tokio::time::sleep(day.length / 2).await;
    let (connections, memory) = (chain.connections(), server::memory(&chain.pg));
    for work in work {
        work.await.unwrap();
    }
    let (took, after) = (began.elapsed(), server::cpu(&chain.pg, pooler));
    day.tell();
    println!("connections to the server at half time: {connections}, {memory} MB of their own");
    println!(
        "processors: PostgreSQL {:.2}, pooler {:.2}, these desks {:.2} (1 = one core all the time)",
        share(after.postgres - before.postgres, took),
        share(after.pooler - before.pooler, took),
        share(after.desks - before.desks, took)
    );
}

fn share(worked: Duration, of: Duration) -> f64 {
    worked.as_secs_f64() / of.as_secs_f64()
}
