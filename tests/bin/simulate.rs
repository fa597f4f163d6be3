//! The sync in a deterministic simulation: many seeds, one seed with its shortest trace, or every planted bug.
//! `cargo run --release -p desk-tests --bin simulate -- [--seeds N] [--from N] [--threads N] [--bug NAME | --bugs] [--seed N]`
//!
//! Many seeds are shared out to processes, one a core: threads of one process wait for each other at locks that SQLite and OpenSSL have once a process,
//! which took a third of the time.

use std::{
    num::NonZero,
    process::{Child, Command, ExitCode},
    str::FromStr,
    time::{Duration, Instant},
};

use desk_tests::harness::wait::wait_until;
use desk_tests::simulate::{
    plan::Plan,
    planted::Bug,
    run,
    seeds::{self, Failed, Seeds},
    shrink::shrink,
};

/// No run takes this long.
const A_WEEK: Duration = Duration::from_secs(7 * 24 * 3_600);

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let threads = std::thread::available_parallelism().map_or(1, NonZero::get);
    let wanted = Seeds {
        from: number(&words, "--from").unwrap_or(0),
        count: number(&words, "--seeds").unwrap_or(1_000),
        threads: number(&words, "--threads").unwrap_or(threads),
        within: None,
        bug: word(&words, "--bug").and_then(Bug::named),
    };
    let is_fine = match number(&words, "--seed") {
        Some(seed) => one(seed, wanted.bug),
        None if words.iter().any(|word| word == "--bugs") => every_bug(wanted),
        None if wanted.threads > 1 && wanted.bug.is_none() => shared_out(&wanted),
        None => many(wanted),
    };
    if is_fine { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn word<'a>(words: &'a [String], name: &str) -> Option<&'a str> {
    let at = words.iter().position(|word| word == name)?;
    words.get(at + 1).map(String::as_str)
}

fn number<T: FromStr>(words: &[String], name: &str) -> Option<T> {
    word(words, name)?.parse().ok()
}

/// How to see a seed again.
fn replay(seed: u64, bug: Option<Bug>) -> String {
    let bug = bug.map(|bug| format!(" --bug {bug:?}")).unwrap_or_default();
    format!("cargo run --release -p desk-tests --bin simulate -- --seed {seed}{bug}")
}

/// The same program once a core, each with a range of its own; the first that fails ends the others.
fn shared_out(wanted: &Seeds) -> bool {
    let began = Instant::now();
    let mut running: Vec<Child> = ranges(wanted)
        .filter_map(|(from, count)| part(from, count).ok())
        .collect();
    let is_fine = running.len() == wanted.threads
        && wait_until("every part ends, or one fails", A_WEEK, || are_fine(&mut running));
    for child in &mut running {
        let _ = child.kill();
    }
    if is_fine {
        println!("{} seeds from {} in {:.1?}", wanted.count, wanted.from, began.elapsed());
    }
    is_fine
}

/// Whether all have ended well; nothing while some go on and none has failed.
fn are_fine(running: &mut [Child]) -> Option<bool> {
    let mut goes_on = false;
    for child in running {
        match child.try_wait() {
            Ok(None) => goes_on = true,
            Ok(Some(status)) if status.success() => {}
            _ => return Some(false),
        }
    }
    (!goes_on).then_some(true)
}

fn ranges(wanted: &Seeds) -> impl Iterator<Item = (u64, u64)> {
    let (from, count, parts) = (wanted.from, wanted.count, wanted.threads as u64);
    (0..parts).map(move |nth| {
        (
            from + count * nth / parts,
            count * (nth + 1) / parts - count * nth / parts,
        )
    })
}

fn part(from: u64, count: u64) -> std::io::Result<Child> {
    Command::new(std::env::current_exe()?)
        .args([
            "--threads",
            "1",
            "--from",
            &from.to_string(),
            "--seeds",
            &count.to_string(),
        ])
        .spawn()
}

fn many(wanted: Seeds) -> bool {
    let found = seeds::run(wanted);
    let rate = per_second(&found);
    println!(
        "{} seeds from {}, {} actions, {:.1?} on {} threads: {rate:.0} seeds/s",
        found.ran, wanted.from, found.actions, found.took, wanted.threads
    );
    match found.failed {
        None => {
            println!("0 violations");
            true
        }
        Some(failed) => {
            tell(&failed, wanted.bug);
            false
        }
    }
}

#[allow(clippy::cast_precision_loss, reason = "a rate for people")]
fn per_second(found: &seeds::Found) -> f64 {
    found.ran as f64 / found.took.as_secs_f64()
}

fn tell(failed: &Failed, bug: Option<Bug>) {
    println!("seed {} broke a promise: {}", failed.seed, failed.violation.promise);
    println!("  {}", failed.violation.how);
    println!("see it: {}", replay(failed.seed, bug));
}

fn one(seed: u64, bug: Option<Bug>) -> bool {
    let plan = Plan::of(seed);
    let outcome = run::run(&plan, bug, true);
    let Some((violation, step)) = &outcome.violation else {
        println!(
            "{}\nseed {seed} keeps every promise; hash {:016x}",
            outcome.trace.join("\n"),
            outcome.hash
        );
        return true;
    };
    println!(
        "seed {seed} breaks at step {step} of {}: {}\n  {}",
        plan.steps.len(),
        violation.promise,
        violation.how
    );
    let (short, outcome) = shrink(&plan, bug);
    println!(
        "the shortest run found, {} steps on {:?} people a PC, page {}:",
        short.steps.len(),
        short.people,
        short.page
    );
    println!("{}", outcome.trace.join("\n"));
    if let Some((violation, _)) = outcome.violation {
        println!("{}: {}", violation.promise, violation.how);
    }
    false
}

fn every_bug(wanted: Seeds) -> bool {
    let mut is_fine = true;
    for bug in Bug::ALL {
        let found = seeds::run(Seeds {
            bug: Some(*bug),
            ..wanted
        });
        match found.failed {
            Some(failed) => println!(
                "{:>28}  caught by seed {:>5}: {}",
                format!("{bug:?}"),
                failed.seed,
                failed.violation.promise
            ),
            None => {
                is_fine = false;
                println!("{:>28}  NOT CAUGHT in {} seeds", format!("{bug:?}"), found.ran);
            }
        }
    }
    is_fine
}
