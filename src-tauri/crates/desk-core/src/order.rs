//! In which order a person does tasks, and why: value × urgency × chance, and the reasons out of the same numbers. The same facts give the same order on
//! every desk, online or not: whole numbers only, and ties end at the task's id.

use std::cmp::Reverse;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use ts_rs::TS;
use uuid::Uuid;

use crate::{priority::Priority, task};

/// What of a task and its customer bears on its place.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// The task.
    pub id: Uuid,
    /// Its kind, as stored.
    pub kind: String,
    /// Its priority.
    pub priority: Priority,
    /// When it is due.
    pub due: Option<DateTime<Utc>>,
    /// When it woke up after a snooze, and before its time because of what.
    pub woke: Option<(DateTime<Utc>, Option<WokenBy>)>,
    /// `HH:MM` of the customer's booking today.
    pub booked_today: Option<String>,
    /// Calls in a row that nobody answered.
    pub unanswered: u32,
    /// The customer asked not to be contacted.
    pub do_not_contact: bool,
    /// The stage of the journey.
    pub stage: Option<String>,
}

/// What woke a task before its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum WokenBy {
    /// The customer wrote or called back.
    Reply,
    /// The customer paid.
    Payment,
    /// The customer came.
    CheckIn,
}

impl WokenBy {
    /// As the database writes it.
    pub fn from_word(word: &str) -> Option<Self> {
        match word {
            "reply" => Some(Self::Reply),
            "payment" => Some(Self::Payment),
            "check_in" => Some(Self::CheckIn),
            _ => None,
        }
    }
}

/// One reason for a task's place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Due has passed.
    Overdue(DateTime<Utc>),
    /// Due then.
    DueAt(DateTime<Utc>),
    /// No time is set for it.
    NoDueDate,
    /// Its priority is not the usual one.
    Urgent(Priority),
    /// It woke up after a snooze.
    Woke(DateTime<Utc>, Option<WokenBy>),
    /// The customer comes today, at `HH:MM`.
    BookedToday(String),
    /// So many calls in a row were not answered.
    Tried(u32),
    /// Asked not to be contacted.
    DoNotContact,
    /// Its kind, as stored: some are worth a little more.
    Kind(String),
    /// The journey stands at this stage. It weighs nothing; it says what the task is about.
    Stage(String),
}

/// A reason with what it weighs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// The factor, in thousandths; 1,000 changes nothing.
    pub thousandths: u64,
    /// What it comes from.
    pub reason: Reason,
}

/// A task's place, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The heavier, the earlier.
    pub weight: u64,
    /// What made it so, the strongest first: the weight is a million times their product, but for rounding.
    pub parts: Vec<Part>,
}

/// Neutral, in thousandths, which every factor here is in.
const ONE: u64 = 1000;
/// Urgency of what is due within a day: what other times are measured against.
const USUAL_URGENCY: u64 = 400;
/// What a priority is worth against the next lower one. Everything but urgency together moves less than that, so that of two tasks
/// with one due time the more urgent word always comes first.
const STEP: u64 = 3;

/// A factor of the product, and what it says where it is not neutral.
struct Factor {
    thousandths: u64,
    reason: Option<Reason>,
}

impl Factor {
    fn told(self) -> Option<Part> {
        let Self { thousandths, reason } = self;
        reason.map(|reason| Part { thousandths, reason })
    }
}

/// Where a task stands, from the facts of now.
pub fn place(facts: &Facts, now: DateTime<Utc>) -> Place {
    let [value, kind] = value(facts);
    let factors: Vec<Factor> = [urgency(facts, now), value, kind]
        .into_iter()
        .chain(chance(facts))
        .collect();
    let weight = factors
        .iter()
        .fold(ONE * ONE, |product, factor| product * factor.thousandths / ONE);
    let stage = facts.stage.clone().map(|stage| Part {
        thousandths: ONE,
        reason: Reason::Stage(stage),
    });
    let mut parts: Vec<Part> = factors.into_iter().filter_map(Factor::told).collect();
    parts.sort_by_key(|part| Reverse(strength(part.thousandths)));
    parts.extend(stage);
    Place { weight, parts }
}

/// Brings tasks into their order: the heaviest first, then the earlier due, then by id.
pub fn sort<T>(tasks: &mut [T], facts: impl Fn(&T) -> Facts, now: DateTime<Utc>) {
    tasks.sort_by_cached_key(|task| {
        let facts = facts(task);
        (
            Reverse(place(&facts, now).weight),
            facts.due.is_none(),
            facts.due,
            facts.id,
        )
    });
}

/// How far a factor is from neutral, up or down.
fn strength(thousandths: u64) -> u64 {
    if thousandths >= ONE {
        thousandths
    } else {
        ONE * ONE / thousandths.max(1)
    }
}

/// What it is worth: by its priority, and a little by its kind.
fn value(facts: &Facts) -> [Factor; 2] {
    let (thousandths, is_usual) = match facts.priority {
        Priority::Low => (ONE / STEP, false),
        Priority::Medium => (ONE, true),
        Priority::High => (ONE * STEP, false),
        Priority::Critical => (ONE * STEP * STEP, false),
    };
    [
        Factor {
            thousandths,
            reason: (!is_usual).then_some(Reason::Urgent(facts.priority)),
        },
        Factor {
            thousandths: ONE + 2 * u64::from(task::base(&facts.kind)),
            reason: Some(Reason::Kind(facts.kind.clone())),
        },
    ]
}

/// How much it presses. The longer overdue, the more, up to ten days.
fn urgency(facts: &Facts, now: DateTime<Utc>) -> Factor {
    let Some(due) = facts.due else {
        return Factor {
            thousandths: 150 * ONE / USUAL_URGENCY,
            reason: Some(Reason::NoDueDate),
        };
    };
    let left = due - now;
    let presses = match left {
        left if left < TimeDelta::zero() => 1000 + 100 * (-left).num_days().clamp(0, 10).unsigned_abs(),
        left if left < TimeDelta::hours(1) => 800,
        left if left < TimeDelta::hours(4) => 600,
        left if left < TimeDelta::hours(24) => USUAL_URGENCY,
        left if left < TimeDelta::days(7) => 200,
        _ => 100,
    };
    let is_overdue = left < TimeDelta::zero();
    Factor {
        thousandths: presses * ONE / USUAL_URGENCY,
        reason: Some(if is_overdue {
            Reason::Overdue(due)
        } else {
            Reason::DueAt(due)
        }),
    }
}

/// How likely it succeeds now: somebody who is coming or has just written is reached, somebody who asked not to be called is not.
fn chance(facts: &Facts) -> Vec<Factor> {
    let booked = facts.booked_today.clone().map(|time| (1150, Reason::BookedToday(time)));
    let woke = facts
        .woke
        .map(|(at, because)| (if because.is_some() { 1150 } else { ONE }, Reason::Woke(at, because)));
    let tried = (facts.unanswered > 0).then(|| {
        (
            ONE - 100 * u64::from(facts.unanswered.min(2)),
            Reason::Tried(facts.unanswered),
        )
    });
    let is_unwanted = facts.do_not_contact;
    let unwanted = is_unwanted.then(|| (if task::is_call(&facts.kind) { 800 } else { ONE }, Reason::DoNotContact));
    let factors = [booked, woke, tried, unwanted].into_iter().flatten();
    factors
        .map(|(thousandths, reason)| Factor {
            thousandths,
            reason: Some(reason),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn now() -> DateTime<Utc> {
        "2026-10-01T03:00:00Z".parse().unwrap()
    }

    fn facts(priority: Priority, due: Option<i64>) -> Facts {
        Facts {
            kind: "customer_follow_up".into(),
            priority,
            due: due.map(|minutes| now() + TimeDelta::minutes(minutes)),
            ..Facts::default()
        }
    }

    fn reasons(facts: &Facts) -> Vec<Reason> {
        let parts = place(facts, now()).parts;
        parts.into_iter().map(|part| part.reason).collect()
    }

    #[test]
    fn an_overdue_high_task_comes_before_a_critical_one_of_next_week() {
        let overdue = place(&facts(Priority::High, Some(-60)), now()).weight;
        let critical = place(&facts(Priority::Critical, Some(3 * 24 * 60)), now()).weight;
        assert!(overdue > critical);
        let low = place(&facts(Priority::Low, Some(-60)), now()).weight;
        assert!(critical > low);
    }

    #[test]
    fn the_strongest_reason_comes_first_and_each_factor_says_why() {
        let at = |minutes: i64| now() + TimeDelta::minutes(minutes);
        let told = Facts {
            booked_today: Some("10:30".into()),
            woke: Some((at(-5), Some(WokenBy::Reply))),
            unanswered: 2,
            do_not_contact: true,
            stage: Some("follow_up".into()),
            ..facts(Priority::Critical, Some(-60))
        };
        assert_eq!(
            reasons(&told),
            [
                Reason::Urgent(Priority::Critical),
                Reason::Overdue(at(-60)),
                Reason::Tried(2),
                Reason::DoNotContact,
                Reason::BookedToday("10:30".into()),
                Reason::Woke(at(-5), Some(WokenBy::Reply)),
                Reason::Kind("customer_follow_up".into()),
                Reason::Stage("follow_up".into()),
            ]
        );
        assert_eq!(
            reasons(&facts(Priority::Medium, None)),
            [Reason::NoDueDate, Reason::Kind("customer_follow_up".into())]
        );
    }

    #[test]
    fn who_comes_today_is_called_first_and_who_did_not_answer_later() {
        let plain = facts(Priority::Medium, Some(30));
        let booked = Facts {
            booked_today: Some("10:30".into()),
            ..plain.clone()
        };
        let tried = Facts {
            unanswered: 1,
            ..plain.clone()
        };
        let weight = |facts: &Facts| place(facts, now()).weight;
        assert!(weight(&booked) > weight(&plain) && weight(&plain) > weight(&tried));
    }

    prop_compose! {
        fn any_facts()(
            id in any::<u128>(),
            kind in prop::sample::select(vec!["scan_customer", "send_proposal", "prepare_treatment", "follow_up_upsell", "customer_follow_up", "payment_reminder",
                "appointment_reminder", "review_request", "call"]),
            priority in prop::sample::select(vec![Priority::Low, Priority::Medium, Priority::High, Priority::Critical]),
            due in prop::option::of(-20_000_i64..20_000),
            woke in prop::option::of(prop::option::of(prop::sample::select(vec![WokenBy::Reply, WokenBy::Payment, WokenBy::CheckIn]))),
            booked in any::<bool>(), unanswered in 0_u32..6, do_not_contact in any::<bool>(),
        ) -> Facts {
            Facts {
                id: Uuid::from_u128(id),
                kind: kind.into(),
                woke: woke.map(|because| (now(), because)),
                booked_today: booked.then(|| "10:30".into()),
                unanswered,
                do_not_contact,
                stage: None,
                ..facts(priority, due)
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(5_000))]

        #[test]
        fn of_two_tasks_with_one_due_time_the_more_urgent_word_comes_first(mut one in any_facts(), two in any_facts()) {
            one.due = two.due;
            let order = place(&one, now()).weight.cmp(&place(&two, now()).weight);
            if one.priority != two.priority {
                prop_assert_eq!(order, one.priority.cmp(&two.priority));
            }
        }

        #[test]
        fn what_is_said_of_a_place_is_the_whole_of_it(facts in any_facts()) {
            let Place { weight, parts } = place(&facts, now());
            let whole = parts.iter().fold(1_000_000.0, |product, part| product * part.thousandths as f64 / 1000.0);
            // The least that a factor may change is four hundredths; what the whole numbers round away is far less.
            prop_assert!((weight as f64 / whole - 1.0).abs() < 0.001, "{weight} is not {whole}: {parts:?}");
        }

        #[test]
        fn the_order_is_the_same_wherever_the_rows_come_from(rows in prop::collection::vec(any_facts(), 0..30), turn in any::<prop::sample::Index>()) {
            let (mut here, mut there) = (rows.clone(), rows);
            let by = turn.index(there.len().max(1));
            there.rotate_left(by);
            there.reverse();
            sort(&mut here, Facts::clone, now());
            sort(&mut there, Facts::clone, now());
            let ids = |rows: &[Facts]| rows.iter().map(|row| row.id).collect::<Vec<_>>();
            prop_assert_eq!(ids(&here), ids(&there));
        }
    }
}
