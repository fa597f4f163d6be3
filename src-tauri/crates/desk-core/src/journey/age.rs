//! How long a journey may stay in a stage: over once, over twice. Where a booking or a plan says when the next thing is due, that counts and
//! not a number of hours; an answer is awaited in opening time only.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::Stage;
use crate::opening::Hours;

const MINUTE: i64 = 60_000_000;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
/// Further back than opening hours look ahead.
const FARTHEST: i64 = 2_000 * DAY;
/// A customer who comes later than this is late (product.md, F9).
const LATE: i64 = 15 * MINUTE;

/// What limits a stay in a stage, for a column's head.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case", tag = "kind")]
#[ts(rename = "StageLimit")]
pub enum Limit {
    /// So much opening time.
    Opening {
        /// In minutes.
        minutes: i64,
    },
    /// So much time.
    Within {
        /// In minutes.
        minutes: i64,
    },
    /// The booking; where there is none, so much time.
    Booking {
        /// In minutes.
        minutes: i64,
    },
    /// The next planned follow-up; where there is none, so much time.
    Plan {
        /// In minutes.
        minutes: i64,
    },
    /// Nothing.
    None {},
}

/// The limit of a stage.
pub fn limit(stage: Stage) -> Limit {
    let minutes = |length: i64| length / MINUTE;
    match stage {
        Stage::LeadCreated => Limit::Opening { minutes: 15 },
        Stage::Scanned => Limit::Within {
            minutes: minutes(2 * DAY),
        },
        Stage::ProposalSent => Limit::Within {
            minutes: minutes(5 * DAY),
        },
        Stage::PaymentConfirmed => Limit::Within {
            minutes: minutes(3 * DAY),
        },
        Stage::TreatmentScheduled => Limit::Booking {
            minutes: minutes(3 * DAY),
        },
        Stage::InTreatment => Limit::Within {
            minutes: minutes(3 * HOUR),
        },
        Stage::TreatmentCompleted => Limit::Within { minutes: minutes(DAY) },
        Stage::FollowUp => Limit::Plan {
            minutes: minutes(7 * DAY),
        },
        Stage::Completed => Limit::None {},
    }
}

/// The instants that matter, in microseconds since 1970.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    /// When it came into the stage.
    pub since: i64,
    /// When she is expected.
    pub booked: Option<i64>,
    /// When the next follow-up is planned.
    pub planned: Option<i64>,
}

/// Until when a stay is in order, and from when it is twice too long; microseconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// The end of what is in order.
    pub until: i64,
    /// As much again.
    pub twice: i64,
}

/// In which order the journeys of a stage are due, and which of them are over by now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Who came first is due first. Over is who came before this instant, in microseconds since 1970.
    First {
        /// Before it: over.
        over_before: i64,
    },
    /// Bookings and plans decide, so each has to be looked at.
    Each,
    /// Nothing limits them: who came last comes first.
    Last,
}

/// The order of a stage. What it says is what [`bounds`] says of each journey without a booking or a plan: a list of thousands is counted by it
/// without looking at any.
pub fn order(stage: Stage, now: i64, hours: &Hours) -> Order {
    match limit(stage) {
        Limit::None {} => Order::Last,
        Limit::Booking { .. } | Limit::Plan { .. } => Order::Each,
        Limit::Within { minutes } => Order::First {
            over_before: now.saturating_sub(minutes * MINUTE),
        },
        Limit::Opening { .. } => Order::First {
            over_before: first_in_time(stage, now, hours),
        },
    }
}

/// The earliest coming that is not over by now. Who comes later is never over sooner, so it can be halved for.
fn first_in_time(stage: Stage, now: i64, hours: &Hours) -> i64 {
    let is_over = |since: i64| {
        let clock = Clock {
            since,
            booked: None,
            planned: None,
        };
        bounds(stage, &clock, hours).is_some_and(|bounds| now > bounds.until)
    };
    let (mut over, mut back) = (now, DAY);
    while !is_over(over) && back <= FARTHEST {
        over = now.saturating_sub(back);
        back *= 2;
    }
    let mut in_time = now;
    while in_time - over > 1 {
        let middle = over + (in_time - over) / 2;
        if is_over(middle) {
            over = middle;
        } else {
            in_time = middle;
        }
    }
    in_time
}

/// The bounds of a stay; none where nothing limits it.
pub fn bounds(stage: Stage, clock: &Clock, hours: &Hours) -> Option<Bounds> {
    let after = |minutes: i64| Some(stretch(clock.since, minutes * MINUTE));
    let around = |at: i64, grace: i64| Some(stretch(at, grace));
    match limit(stage) {
        Limit::None {} => None,
        Limit::Opening { minutes } => open_for(clock.since, minutes, hours).or_else(|| after(minutes)),
        Limit::Within { minutes } => after(minutes),
        Limit::Booking { minutes } => clock.booked.map_or_else(|| after(minutes), |at| around(at, LATE)),
        Limit::Plan { minutes } => clock.planned.map_or_else(
            || after(minutes),
            |at| {
                Some(Bounds {
                    until: at,
                    twice: at.saturating_add(DAY),
                })
            },
        ),
    }
}

fn stretch(from: i64, length: i64) -> Bounds {
    let until = from.saturating_add(length);
    Bounds {
        until,
        twice: until.saturating_add(length),
    }
}

fn open_for(since: i64, minutes: i64, hours: &Hours) -> Option<Bounds> {
    let since: DateTime<Utc> = DateTime::from_timestamp_micros(since)?;
    let after = |minutes| Some(hours.after(since, TimeDelta::minutes(minutes))?.timestamp_micros());
    Some(Bounds {
        until: after(minutes)?,
        twice: after(2 * minutes)?,
    })
}
