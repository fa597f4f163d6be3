//! The simulation's model of the clinic (`desk_tests::simulate::server` and its neighbours) against a real, migrated PostgreSQL. What the
//! simulation proves of the sync is proven of the product only as long as the two decide alike.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test: what is not as expected ends it, in its helpers too"
)]

mod clinic_support;

use clinic_support::{DB, admin, database};
use desk_clinic::migrate;
use desk_tests::{
    harness::pg::PgCluster,
    simulate::{
        against::{Tally, play},
        alike::Difference,
        planted::Bug,
    },
};

const STEPS: usize = 150;

const ACTIONS: [&str; 42] = [
    "task.complete",
    "task.reassign",
    "task.snooze",
    "task.note",
    "customer.create",
    "customer.edit",
    "points.award",
    "followup.done",
    "followup.cancel",
    "notification.read",
    "task.reopen",
    "task.unsnooze",
    "task.hand_back",
    "task.unnote",
    "followup.reopen",
    "points.reverse",
    "points.redeem",
    "points.unredeem",
    "customer.revert",
    "customer.remove",
    "visit.check_in",
    "visit.undo_check_in",
    "visit.leave",
    "visit.return",
    "visit.start",
    "visit.unstart",
    "visit.finish",
    "visit.unfinish",
    "appointment.book",
    "appointment.unbook",
    "appointment.reschedule",
    "appointment.move_back",
    "appointment.no_show",
    "appointment.cancel",
    "appointment.reopen",
    "lead.claim",
    "lead.release",
    "lead.answer",
    "lead.unclaim",
    "lead.unanswer",
    "payment.take",
    "payment.refund",
];

const REFUSALS: [&str; 38] = [
    "task_not_found",
    "task_already_closed",
    "person_not_found",
    "date_out_of_range",
    "text_too_long",
    "text_empty",
    "name_empty",
    "phone_invalid",
    "value_not_allowed",
    "customer_not_found",
    "changed_meanwhile",
    "amount_out_of_range",
    "followup_not_found",
    "followup_already_closed",
    "notification_not_found",
    "nothing_to_undo",
    "already_undone",
    "points_spent",
    "points_short",
    "customer_in_use",
    "visit_not_started",
    "visit_already_started",
    "visit_ended",
    "appointment_not_found",
    "appointment_closed",
    "already_arrived",
    "booking_of_another_day",
    "not_yet",
    "journey_not_found",
    "lead_not_found",
    "lead_taken",
    "lead_closed",
    "role_not_allowed",
    "payment_not_found",
    "refund_too_large",
    "reason_missing",
    "held_short",
    "action_unknown",
];

/// A server whose database [`DB`] is migrated and has no clinic.
async fn migrated() -> PgCluster {
    let pg = database(&["core.sql"]);
    migrate::up(&mut admin(&pg).await).await.unwrap();
    pg
}

async fn played(pg: &PgCluster, seed: u64, bug: Option<Bug>) -> Result<Tally, Difference> {
    let name = format!("seed{seed}");
    pg.drop_database(&name);
    pg.create_database(&name, Some(DB));
    play(pg, &name, seed, STEPS, bug).await
}

/// Seeds in which everything happens, nearly all of it in two of them: what the database makes up differs from run to run, and with it a little of what people do.
const USUAL: [u64; 11] = [0, 7, 8, 14, 15, 17, 18, 19, 30, 34, 37];

/// The seeds to play: the one that is asked for (`SEED`), so many (`SEEDS`), or the usual ones.
fn seeds() -> Vec<u64> {
    let asked = |name: &str| std::env::var(name).ok()?.parse().ok();
    match (asked("SEED"), asked("SEEDS")) {
        (Some(seed), _) => vec![seed],
        (None, Some(count)) => (0..count).collect(),
        (None, None) => USUAL.to_vec(),
    }
}

#[tokio::test]
async fn the_model_decides_as_postgresql_does() {
    let pg = migrated().await;
    let mut decided = Tally::new();
    for seed in seeds() {
        let played = played(&pg, seed, None).await;
        let tally = played.unwrap_or_else(|difference| panic!("seed {seed}: {difference}\n{}", again(seed)));
        for (word, times) in tally {
            *decided.entry(word).or_default() += times;
        }
    }
    println!("{decided:#?}");
    if std::env::var("SEED").is_err() {
        everything_was_decided(&decided);
    }
}

fn again(seed: u64) -> String {
    format!("again: SEED={seed} cargo nextest run -p desk-tests the_model_decides_as_postgresql_does")
}

/// Two that never did anything agree too.
fn everything_was_decided(decided: &Tally) {
    let missing = |words: &[&'static str], is: &dyn Fn(&str, &str) -> bool| -> Vec<&'static str> {
        let missing = words.iter().filter(|word| !decided.keys().any(|found| is(found, word)));
        missing.copied().collect()
    };
    let undone = missing(&ACTIONS, &|found, name| found == format!("{name} ok"));
    let unsaid = missing(&REFUSALS, &|found, code| found.ends_with(&format!(" {code}")));
    assert!(undone.is_empty() && unsaid.is_empty(), "{undone:?} {unsaid:?}");
}

#[tokio::test]
async fn a_model_that_is_wrong_is_found_out() {
    let pg = migrated().await;
    let planted = [
        Bug::NoDedupe,
        Bug::PageByVersion,
        Bug::LeaveNotForgotten,
        Bug::BaseIgnored,
        Bug::SlotIgnored,
        Bug::SecondClaimWins,
        Bug::LastAnswerCounts,
        Bug::PointsStay,
    ];
    for bug in planted {
        assert!(is_noticed(&pg, bug).await, "{bug:?} went unnoticed");
    }
}

async fn is_noticed(pg: &PgCluster, bug: Bug) -> bool {
    for seed in 0..24 {
        if let Err(difference) = played(pg, seed, Some(bug)).await {
            println!(
                "{bug:?} in seed {seed}: {}",
                difference.chars().take(200).collect::<String>()
            );
            return true;
        }
    }
    false
}
