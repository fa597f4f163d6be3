//! When a native notification is due, as a rule over facts: one per subject, never for what is handled, a digest instead of a backlog
//! until the last thing in it is handled, a budget an hour, nothing in quiet hours (held, not dropped). It knows no clock and shows nothing.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// At most this many single toasts within [`BUNDLE_WITHIN`]; more become one digest.
pub const MOST_AT_ONCE: usize = 3;
/// Microseconds: toasts this close together count as a burst.
pub const BUNDLE_WITHIN: i64 = 60_000_000;
/// At most this many interruptions of a person within [`HOUR`]; a digest is one. Only what passes the budget goes beyond.
pub const BUDGET: usize = 6;
/// Microseconds of an hour.
pub const HOUR: i64 = 3_600_000_000;
/// The subject of the digest.
pub const DIGEST: &str = "digest";

/// What a toast may be about: each can be muted for itself. In the order in which a digest counts them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// A task of this person.
    Task,
    /// A follow-up that a person must do now.
    Followup,
    /// Somebody arrived, or waits too long.
    Visit,
    /// A booking was made, moved or cancelled.
    Booking,
    /// A journey moved, was paid or ended.
    Journey,
    /// Work of this person that the clinic did not take.
    Attention,
    /// Whatever else the clinic tells: a rule that failed, points that are owed.
    Clinic,
    /// A hot lead without an answer.
    HotLead,
}

impl Class {
    /// The class of a notification by the word of its type.
    pub fn of_kind(kind: &str) -> Self {
        match kind {
            "hot_lead" | "lead_raised" => Self::HotLead,
            "followup_due" => Self::Followup,
            "task_assigned" | "task_due" | "task_woken" | "task_uncovered" => Self::Task,
            "needs_attention" => Self::Attention,
            "visit_arrived" | "visit_waiting" | "visit_withdrawn" => Self::Visit,
            "customer_scanned"
            | "appointment_scheduled"
            | "treatment_completed"
            | "payment_received"
            | "upsell_opportunity"
            | "workflow_updated" => Self::Journey,
            kind if kind.starts_with("booking_") || kind.starts_with("appointment_") => Self::Booking,
            _ => Self::Clinic,
        }
    }
}

/// Something that wants a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Want {
    /// What it is about.
    pub subject: String,
    /// What kind of thing.
    pub class: Class,
    /// It passes a held desk: the one class that may interrupt, a hot lead that nobody has, and what is critical.
    pub is_urgent: bool,
    /// It passes the budget of an hour too: what was passed on to this very person, and what is critical.
    pub passes_budget: bool,
}

/// What was shown of a subject, and what is to come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Past {
    /// Microseconds since 1970.
    pub shown_at: Option<i64>,
    /// Snoozed until; microseconds since 1970.
    pub next_at: Option<i64>,
}

/// What may be shown now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Stillness {
    /// Everything.
    #[default]
    Open,
    /// Only what is urgent: the person asked not to be disturbed, or sits with a customer.
    Urgent,
    /// Nothing: quiet hours.
    Quiet,
}

/// Everything the rule looks at.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// Subjects that want a person now, in the order of their importance.
    pub wanting: Vec<Want>,
    /// What is known of subjects already shown or snoozed.
    pub past: BTreeMap<String, Past>,
    /// What the digest on the screen stands for; empty when there is none.
    pub digest: BTreeSet<String>,
    /// When this person was interrupted last, microseconds since 1970; at least those of the last hour.
    pub interruptions: Vec<i64>,
    /// Microseconds since 1970.
    pub now: i64,
    /// What may be shown now.
    pub stillness: Stillness,
    /// The first look after the start, or after something was held: what has gathered is a backlog.
    pub is_backlog: bool,
}

/// What to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Show this one.
    Show(Want),
    /// Show one for all of these, in the place of the digest that is there; they count as shown.
    Digest {
        /// What is due, and what still waits of the digest that it replaces.
        subjects: Vec<String>,
        /// How many of each class.
        counts: BTreeMap<Class, usize>,
        /// Something in it is urgent.
        is_urgent: bool,
    },
    /// The budget is spent: these interrupt nobody and are one line of the notification centre.
    Gather(Vec<String>),
    /// Take it off the screen and forget it: it is handled.
    Withdraw(String),
}

/// What to do now.
pub fn decide(facts: &Facts) -> Vec<Verdict> {
    let mut verdicts = withdrawals(facts);
    let due: Vec<&Want> = facts.wanting.iter().filter(|want| is_due(facts, want)).collect();
    let left = BUDGET.saturating_sub(interrupted(facts));
    let burst = recently_shown(facts) + due.len() > MOST_AT_ONCE;
    let is_bundle = due.len() > 1 && (facts.is_backlog || burst || due.len() > left);
    if is_bundle && left > 0 {
        verdicts.push(digest(facts, &due));
    } else if due.len() <= left {
        verdicts.extend(due.into_iter().cloned().map(Verdict::Show));
    } else {
        verdicts.extend(over_budget(facts, &due, burst));
    }
    verdicts
}

/// Those that pass the budget interrupt all the same; the others gather.
fn over_budget(facts: &Facts, due: &[&Want], burst: bool) -> Vec<Verdict> {
    let (beyond, others): (Vec<&Want>, Vec<&Want>) = due.iter().copied().partition(|want| want.passes_budget);
    let mut verdicts = vec![];
    if beyond.len() > 1 && (facts.is_backlog || burst) {
        verdicts.push(digest(facts, &beyond));
    } else {
        verdicts.extend(beyond.into_iter().cloned().map(Verdict::Show));
    }
    if !others.is_empty() {
        verdicts.push(Verdict::Gather(
            others.iter().map(|want| want.subject.clone()).collect(),
        ));
    }
    verdicts
}

fn withdrawals(facts: &Facts) -> Vec<Verdict> {
    let wanting: BTreeSet<&String> = facts.wanting.iter().map(|want| &want.subject).collect();
    let gone = facts.past.keys().filter(|subject| !wanting.contains(subject));
    let mut verdicts: Vec<Verdict> = gone.map(|subject| Verdict::Withdraw(subject.clone())).collect();
    if !facts.digest.is_empty() && facts.digest.iter().all(|subject| !wanting.contains(subject)) {
        verdicts.push(Verdict::Withdraw(DIGEST.to_owned()));
    }
    verdicts
}

fn is_due(facts: &Facts, want: &Want) -> bool {
    let may_show = match facts.stillness {
        Stillness::Open => true,
        Stillness::Urgent => want.is_urgent,
        Stillness::Quiet => false,
    };
    let has_come = match facts.past.get(&want.subject) {
        None => true,
        Some(past) => past.next_at.map_or(past.shown_at.is_none(), |next| next <= facts.now),
    };
    may_show && has_come
}

/// A clock that was set back leaves interruptions in the future: they count while they are near.
fn interrupted(facts: &Facts) -> usize {
    let is_near = |at: &&i64| facts.now.abs_diff(**at) < HOUR.unsigned_abs();
    facts.interruptions.iter().filter(is_near).count()
}

fn recently_shown(facts: &Facts) -> usize {
    let recent = |past: &&Past| {
        past.shown_at
            .is_some_and(|at| (0..BUNDLE_WITHIN).contains(&(facts.now - at)))
    };
    facts.past.values().filter(recent).count()
}

fn digest(facts: &Facts, due: &[&Want]) -> Verdict {
    let due: BTreeSet<&String> = due.iter().map(|want| &want.subject).collect();
    let stays = |want: &&Want| facts.digest.contains(&want.subject) || due.contains(&want.subject);
    let all: Vec<&Want> = facts.wanting.iter().filter(stays).collect();
    let mut counts = BTreeMap::new();
    for want in &all {
        *counts.entry(want.class).or_default() += 1;
    }
    Verdict::Digest {
        subjects: all.iter().map(|want| want.subject.clone()).collect(),
        counts,
        is_urgent: all.iter().any(|want| want.is_urgent && due.contains(&want.subject)),
    }
}

/// Whether `minute` of the day lies in quiet hours from `from` to `to` (minutes of the day), which may pass midnight.
pub fn is_quiet(minute: u32, from: u32, to: u32) -> bool {
    if from <= to {
        (from..to).contains(&minute)
    } else {
        minute >= from || minute < to
    }
}

#[cfg(test)]
mod tests;
