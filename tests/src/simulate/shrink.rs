//! Makes a failing run short: leaves out steps, in ever smaller portions, as long as the same promise stays broken (Zeller & Hildebrandt 2002).

use super::{
    plan::Plan,
    planted::Bug,
    run::{self, Outcome},
};

/// The shortest plan found that breaks the same promise, and how it ends, with its trace.
pub fn shrink(plan: &Plan, bug: Option<Bug>) -> (Plan, Outcome) {
    let mut best = plan.clone();
    let promise = promise(&run::run(&best, bug, false));
    let mut portion = best.steps.len().div_ceil(2);
    while portion > 0 && promise.is_some() {
        let shorter = without_portions(&best, portion, |plan| {
            self::promise(&run::run(plan, bug, false)) == promise
        });
        let is_shorter = shorter.steps.len() < best.steps.len();
        best = shorter;
        if !is_shorter || portion > best.steps.len() {
            portion /= 2;
        }
    }
    let outcome = run::run(&best, bug, true);
    (best, outcome)
}

fn promise(outcome: &Outcome) -> Option<&'static str> {
    outcome.violation.as_ref().map(|(violation, _)| violation.promise)
}

fn without_portions(plan: &Plan, portion: usize, still_fails: impl Fn(&Plan) -> bool) -> Plan {
    let mut best = plan.clone();
    let mut at = 0;
    while at < best.steps.len() {
        let mut shorter = best.clone();
        let end = (at + portion).min(shorter.steps.len());
        shorter.steps.drain(at..end);
        if still_fails(&shorter) {
            best = shorter;
        } else {
            at += portion;
        }
    }
    best
}
