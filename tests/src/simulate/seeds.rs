//! Many seeds, on as many threads as the machine has cores.

use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use super::{
    check::Violation,
    plan::Plan,
    planted::Bug,
    run::{self, Outcome},
};

/// Which seeds.
#[derive(Clone, Copy, Debug)]
pub struct Seeds {
    /// The first.
    pub from: u64,
    /// How many.
    pub count: u64,
    /// Threads.
    pub threads: usize,
    /// No new one begins after this long.
    pub within: Option<Duration>,
    /// The bug planted in all of them.
    pub bug: Option<Bug>,
}

/// A seed that broke a promise.
#[derive(Clone, Debug)]
pub struct Failed {
    /// The seed.
    pub seed: u64,
    /// The promise.
    pub violation: Violation,
}

/// What came of it.
#[derive(Debug)]
pub struct Found {
    /// Seeds that were run.
    pub ran: u64,
    /// Actions that people did in them.
    pub actions: u64,
    /// How long it took.
    pub took: Duration,
    /// The failing seed with the smallest number.
    pub failed: Option<Failed>,
}

/// Runs seeds until all are done, time is up, or one fails.
pub fn run(seeds: Seeds) -> Found {
    let (next, ran, actions) = (AtomicU64::new(seeds.from), AtomicU64::new(0), AtomicU64::new(0));
    let (stop, failed, began) = (AtomicBool::new(false), Mutex::new(None::<Failed>), Instant::now());
    let work = || {
        while !stop.load(Ordering::Relaxed) && seeds.within.is_none_or(|within| began.elapsed() < within) {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= seeds.from + seeds.count {
                return;
            }
            let outcome = one(seed, seeds.bug);
            ran.fetch_add(1, Ordering::Relaxed);
            actions.fetch_add(outcome.actions as u64, Ordering::Relaxed);
            if let Some((violation, _)) = outcome.violation {
                stop.store(true, Ordering::Relaxed);
                let mut first = failed.lock().unwrap_or_else(PoisonError::into_inner);
                if first.as_ref().is_none_or(|first| seed < first.seed) {
                    *first = Some(Failed { seed, violation });
                }
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..seeds.threads {
            scope.spawn(work);
        }
    });
    Found {
        ran: ran.into_inner(),
        actions: actions.into_inner(),
        took: began.elapsed(),
        failed: failed.into_inner().unwrap_or_else(PoisonError::into_inner),
    }
}

/// One seed. A panic in shipped code is a broken promise too.
pub fn one(seed: u64, bug: Option<Bug>) -> Outcome {
    let plan = Plan::of(seed);
    let ran = std::panic::catch_unwind(|| run::run(&plan, bug, false));
    ran.unwrap_or_else(|panic| {
        let said = panic.downcast_ref::<String>().cloned();
        let said = said.or(panic.downcast_ref::<&str>().map(|said| (*said).to_owned()));
        Outcome {
            hash: 0,
            violation: Some((
                Violation {
                    promise: "no panic",
                    how: said.unwrap_or_default(),
                },
                0,
            )),
            trace: vec![],
            actions: 0,
        }
    })
}
