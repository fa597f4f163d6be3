//! Calls: the nine things that come of one, and what each decides for the task it was about and for the next step, in opening hours. `desk.call_outcome` in
//! PostgreSQL holds the same rows; a test compares them.

use chrono::{DateTime, Days, NaiveTime, TimeDelta, Timelike as _, Utc};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{
    day::{self, Tz},
    opening::Hours,
};

/// What came of a call, in the order of the digits that say it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Spoken to.
    Talked,
    /// Spoken to, and comes.
    Booked,
    /// Wants to know what it costs.
    AskedPrice,
    /// Wants to think about it.
    Thinking,
    /// Nobody answered.
    NoAnswer,
    /// Asked to be called again.
    CallBack,
    /// Does not want it.
    NotInterested,
    /// Not this customer's number.
    WrongNumber,
    /// Never wants to be called again.
    DoNotCall,
}

/// What becomes of the task that the call was about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settles {
    /// It is done.
    Done,
    /// It sleeps until the next try.
    Later,
    /// It is given up, and so is every other call of this customer.
    Stop,
}

/// An outcome with what it decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// The outcome.
    pub outcome: Outcome,
    /// The word that the database stores.
    pub word: &'static str,
    /// The digit that says it.
    pub key: u8,
    /// What becomes of the task.
    pub settles: Settles,
    /// The kind of task that follows; none: nothing does.
    pub next: Option<&'static str>,
    /// The customer was spoken to.
    pub is_reached: bool,
}

const fn rule(
    outcome: Outcome,
    word: &'static str,
    key: u8,
    settles: Settles,
    next: Option<&'static str>,
    is_reached: bool,
) -> Rule {
    Rule {
        outcome,
        word,
        key,
        settles,
        next,
        is_reached,
    }
}

/// Every outcome, by digit.
pub const RULES: [Rule; 9] = [
    rule(
        Outcome::Talked,
        "talked",
        1,
        Settles::Done,
        Some("customer_follow_up"),
        true,
    ),
    rule(
        Outcome::Booked,
        "booked",
        2,
        Settles::Done,
        Some("appointment_reminder"),
        true,
    ),
    rule(
        Outcome::AskedPrice,
        "asked_price",
        3,
        Settles::Done,
        Some("send_proposal"),
        true,
    ),
    rule(
        Outcome::Thinking,
        "thinking",
        4,
        Settles::Done,
        Some("customer_follow_up"),
        true,
    ),
    rule(
        Outcome::NoAnswer,
        "no_answer",
        5,
        Settles::Later,
        Some("customer_follow_up"),
        false,
    ),
    rule(
        Outcome::CallBack,
        "call_back",
        6,
        Settles::Later,
        Some("customer_follow_up"),
        true,
    ),
    rule(Outcome::NotInterested, "not_interested", 7, Settles::Done, None, true),
    rule(
        Outcome::WrongNumber,
        "wrong_number",
        8,
        Settles::Done,
        Some("customer_follow_up"),
        false,
    ),
    rule(Outcome::DoNotCall, "do_not_call", 9, Settles::Stop, None, true),
];

/// The rule of the outcome with this word.
pub fn named(word: &str) -> Option<&'static Rule> {
    RULES.iter().find(|rule| rule.word == word)
}

impl Outcome {
    /// Its rule.
    pub fn rule(self) -> &'static Rule {
        let [
            talked,
            booked,
            asked_price,
            thinking,
            no_answer,
            call_back,
            not_interested,
            wrong_number,
            do_not_call,
        ] = &RULES;
        match self {
            Self::Talked => talked,
            Self::Booked => booked,
            Self::AskedPrice => asked_price,
            Self::Thinking => thinking,
            Self::NoAnswer => no_answer,
            Self::CallBack => call_back,
            Self::NotInterested => not_interested,
            Self::WrongNumber => wrong_number,
            Self::DoNotCall => do_not_call,
        }
    }
}

/// After so many unanswered calls in a row a customer is left alone for a week: who calls on is a nuisance.
pub const TRIES: u32 = 3;

/// When the next step after a call is due, if the outcome has one and nobody says another time. `unanswered` counts the calls in a row before this one.
///
/// A booking's own time is not known here, so a reminder of it is only made when somebody says when.
pub fn next_at(outcome: Outcome, unanswered: u32, at: DateTime<Utc>, hours: &Hours, zone: Tz) -> Option<DateTime<Utc>> {
    let in_hours = |minutes: i64| hours.after(at, TimeDelta::minutes(minutes));
    let same_time = |days: u64| open_from(on_day(at, days, None, zone)?, hours);
    match outcome {
        Outcome::Talked => same_time(3),
        Outcome::AskedPrice | Outcome::CallBack => in_hours(120),
        Outcome::Thinking => same_time(2),
        Outcome::NoAnswer => match unanswered {
            0 => in_hours(180),
            // Who does not answer in the morning is tried in the afternoon, and the other way round.
            tried if tried + 1 < TRIES => open_from(on_day(at, 1, Some(other_half(at, zone)), zone)?, hours),
            _ => same_time(7),
        },
        Outcome::WrongNumber => open_from(on_day(at, 1, Some(MORNING), zone)?, hours),
        Outcome::Booked | Outcome::NotInterested | Outcome::DoNotCall => None,
    }
}

/// Hours of the day at which people are called first.
const MORNING: u32 = 10;
const AFTERNOON: u32 = 16;

fn other_half(at: DateTime<Utc>, zone: Tz) -> u32 {
    if at.with_timezone(&zone).hour() < 13 {
        AFTERNOON
    } else {
        MORNING
    }
}

/// The same time of the clinic's clock, or this hour, some days on.
fn on_day(at: DateTime<Utc>, days: u64, hour: Option<u32>, zone: Tz) -> Option<DateTime<Utc>> {
    let here = at.with_timezone(&zone);
    let day = here.date_naive().checked_add_days(Days::new(days))?;
    let same = NaiveTime::from_hms_opt(here.hour(), here.minute(), 0)?;
    let time = hour.map_or(Some(same), |hour| NaiveTime::from_hms_opt(hour, 0, 0))?;
    Some(day::instant(day, time, zone))
}

/// That instant if the clinic is open then, else when it opens next.
fn open_from(at: DateTime<Utc>, hours: &Hours) -> Option<DateTime<Utc>> {
    let clock = hours.clock(at, at);
    if clock.is_running { Some(at) } else { clock.turns_at }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn bangkok(text: &str) -> DateTime<Utc> {
        DateTime::parse_from_rfc3339(&format!("{text}:00+07:00"))
            .unwrap()
            .with_timezone(&Utc)
    }

    fn usual() -> Hours {
        Hours::usual(day::USUAL_ZONE)
    }

    fn next(outcome: Outcome, unanswered: u32, at: &str) -> Option<DateTime<Utc>> {
        next_at(outcome, unanswered, bangkok(at), &usual(), day::USUAL_ZONE)
    }

    #[test]
    fn each_digit_says_one_outcome_and_each_next_step_is_a_kind() {
        for (index, rule) in RULES.iter().enumerate() {
            assert_eq!(usize::from(rule.key), index + 1);
            assert_eq!(rule.outcome.rule(), rule);
            assert_eq!(named(rule.word), Some(rule));
            assert!(rule.next.is_none_or(|next| crate::task::kind(next).is_some()));
        }
    }

    #[test]
    fn whoever_wants_to_think_is_called_in_two_days_at_the_same_hour() {
        assert_eq!(
            next(Outcome::Thinking, 0, "2026-10-01T10:40"),
            Some(bangkok("2026-10-03T10:40"))
        );
        assert_eq!(
            next(Outcome::AskedPrice, 0, "2026-10-01T19:00"),
            Some(bangkok("2026-10-02T10:00")),
            "two opening hours"
        );
        assert_eq!(
            next(Outcome::Thinking, 0, "2026-10-01T21:30"),
            Some(bangkok("2026-10-04T09:00")),
            "a call after closing"
        );
        assert_eq!(next(Outcome::NotInterested, 0, "2026-10-01T10:00"), None);
        assert_eq!(next(Outcome::DoNotCall, 0, "2026-10-01T10:00"), None);
    }

    #[test]
    fn whoever_does_not_answer_is_tried_at_other_hours_and_then_left_alone_for_a_week() {
        assert_eq!(
            next(Outcome::NoAnswer, 0, "2026-10-01T10:00"),
            Some(bangkok("2026-10-01T13:00"))
        );
        assert_eq!(
            next(Outcome::NoAnswer, 1, "2026-10-01T13:05"),
            Some(bangkok("2026-10-02T10:00"))
        );
        assert_eq!(
            next(Outcome::NoAnswer, 1, "2026-10-02T10:05"),
            Some(bangkok("2026-10-03T16:00"))
        );
        assert_eq!(
            next(Outcome::NoAnswer, 2, "2026-10-02T10:05"),
            Some(bangkok("2026-10-09T10:05"))
        );
    }

    #[test]
    fn on_a_closed_day_nobody_is_called() {
        let closed = usual().but_closed(["2026-10-03".parse().unwrap()]);
        let found = next_at(
            Outcome::Thinking,
            0,
            bangkok("2026-10-01T10:40"),
            &closed,
            day::USUAL_ZONE,
        );
        assert_eq!(found, Some(bangkok("2026-10-04T09:00")));
    }

    proptest! {
        #[test]
        fn a_next_step_lies_ahead_and_in_opening_hours(minutes in 0_i64..20_000, unanswered in 0_u32..6, key in 0_usize..9) {
            let at = bangkok("2026-10-01T00:00") + TimeDelta::minutes(minutes);
            if let Some(found) = next_at(RULES[key].outcome, unanswered, at, &usual(), day::USUAL_ZONE) {
                prop_assert!(found > at);
                let is_open = usual().clock(found, found).is_running || usual().between(found - TimeDelta::minutes(1), found) > TimeDelta::zero();
                prop_assert!(is_open, "{found}");
            }
        }
    }
}
