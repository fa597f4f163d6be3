//! The sync in a deterministic simulation (`desk_tests::simulate`): a first stretch of seeds, and bugs that must not go unnoticed. Longer runs:
//! `make simulate SEEDS=10000`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test: what is not as expected ends it, in its helpers too"
)]

use std::time::Duration;

use desk_tests::simulate::{
    plan::Plan,
    planted::Bug,
    run,
    seeds::{self, Seeds},
};

fn some(count: u64, bug: Option<Bug>) -> Seeds {
    Seeds {
        from: 0,
        count,
        threads: 2,
        within: Some(Duration::from_secs(25)),
        bug,
    }
}

#[test]
fn the_first_seeds_keep_every_promise() {
    let found = seeds::run(some(60, None));
    assert!(found.failed.is_none(), "make simulate SEED=…: {:?}", found.failed);
    assert!(found.ran > 0 && found.actions > 0);
}

#[test]
fn the_same_seed_goes_the_same_way() {
    for seed in 0..3 {
        let plan = Plan::of(seed);
        let hashes = [(); 2].map(|()| run::run(&plan, None, false).hash);
        assert_eq!(hashes[0], hashes[1], "seed {seed}");
    }
}

#[test]
fn planted_bugs_are_caught_by_the_first_seeds() {
    let quick = [
        Bug::NoDedupe,
        Bug::KnownByNumber,
        Bug::PoisonBlocks,
        Bug::LastOfBatchLost,
        Bug::SequenceCursor,
        Bug::PageByVersion,
        Bug::NextIsHead,
        Bug::ConsistentOnFullPage,
        Bug::EmptyPageForever,
        Bug::PayloadOfAnotherSnapshot,
    ];
    for bug in quick {
        must_be_caught(bug, some(30, Some(bug)));
    }
    // Two who do just these things at two counters meet later, and so do who writes and who reads.
    let rare = [
        (Bug::VersionUnchecked, 20),
        (Bug::NumberOfWhoIsHere, 0),
        (Bug::SlotIgnored, 30),
        (Bug::SecondCheckIn, 320),
        (Bug::SecondClaimWins, 10),
        (Bug::WhoIsUntold, 10),
        (Bug::LastAnswerCounts, 10),
        (Bug::NumberOfLastPaid, 0),
        (Bug::RefundsForgotten, 450),
        (Bug::PointsStay, 0),
    ];
    for (bug, from) in rare {
        let seeds = some(30, Some(bug));
        must_be_caught(bug, Seeds { from, ..seeds });
    }
}

fn must_be_caught(bug: Bug, seeds: Seeds) {
    let found = seeds::run(seeds);
    assert!(found.failed.is_some(), "{bug:?} went unnoticed in {} seeds", found.ran);
}
