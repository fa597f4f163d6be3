//! Somebody is here: what a visit may become, how a booking stands on the agenda, when a wait is long, and what a queue number is called.
//! The database keeps the same list of steps (`desk.visit_may`) and the same labels (`desk.queue_label`). It knows no clock: now is given.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// A minute, in microseconds.
const MINUTE: i64 = 60_000_000;

/// After so long without arrival a booking is late (product.md, story 9).
pub const LATE_AFTER: i64 = 15 * MINUTE;

/// After so long a wait is somebody's task (product.md, F7).
pub const LONG_WAIT: i64 = 10 * MINUTE;

/// Numbers with one letter: A1 to A99.
const PER_LETTER: i64 = 99;

/// Where a visit is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Here, and nobody has begun.
    Waiting,
    /// Being treated.
    Serving,
    /// Treated.
    Done,
    /// Went without having been treated.
    Left,
    /// The check-in was a mistake.
    Undone,
}

impl State {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Waiting, Self::Serving, Self::Done, Self::Left, Self::Undone];

    /// The state as it is stored.
    pub fn word(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Serving => "serving",
            Self::Done => "done",
            Self::Left => "left",
            Self::Undone => "undone",
        }
    }

    /// The state behind a stored word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.word() == word)
    }

    /// Whether it may become that in one step. Nothing is skipped, and what was a mistake stays one.
    pub fn may_become(self, next: Self) -> bool {
        matches!(
            (self, next),
            (Self::Waiting, Self::Serving | Self::Left | Self::Undone)
                | (Self::Serving, Self::Waiting | Self::Done)
                | (Self::Done, Self::Serving)
                | (Self::Left, Self::Waiting)
        )
    }

    /// Whether the customer is in the house.
    pub fn is_here(self) -> bool {
        matches!(self, Self::Waiting | Self::Serving)
    }
}

/// Why a visit cannot be started, finished or ended now: the word of the refusal.
pub fn refusal(is: State, wanted: State) -> Option<&'static str> {
    if is.may_become(wanted) {
        return None;
    }
    Some(match (is, wanted) {
        (State::Waiting, _) => "visit_not_started",
        (State::Serving, _) => "visit_already_started",
        (State::Done | State::Left | State::Undone, _) => "visit_ended",
    })
}

/// How a line of the agenda stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Expected.
    Booked,
    /// Expected, and [`LATE_AFTER`] over.
    Late,
    /// Here, and nobody has begun.
    Waiting,
    /// Being treated.
    Serving,
    /// Treated.
    Done,
    /// Went without having been treated.
    Left,
    /// Did not come.
    NoShow,
    /// Called off.
    Cancelled,
}

/// How a booking stands: by the visit where there is one, else by its word and the clock. Instants in microseconds since 1970.
pub fn standing(status: &str, visit: Option<State>, starts: i64, now: i64) -> Standing {
    match visit {
        Some(State::Waiting) => return Standing::Waiting,
        Some(State::Serving) => return Standing::Serving,
        Some(State::Done) => return Standing::Done,
        Some(State::Left) => return Standing::Left,
        Some(State::Undone) | None => {}
    }
    match status {
        "in_progress" => Standing::Serving,
        "completed" => Standing::Done,
        "cancelled" => Standing::Cancelled,
        "no_show" => Standing::NoShow,
        _ if now >= starts.saturating_add(LATE_AFTER) => Standing::Late,
        _ => Standing::Booked,
    }
}

/// Whether somebody who came then has waited too long.
pub fn is_long_wait(arrived_at: i64, now: i64) -> bool {
    now - arrived_at > LONG_WAIT
}

/// A queue number as it is called: A1 to A99, then B1.
pub fn queue_label(number: i64) -> String {
    let letters = ((number - 1) / PER_LETTER).clamp(0, 25);
    let letter = u8::try_from(letters).map_or('A', |nth| char::from(b'A' + nth));
    format!("{letter}{}", number - PER_LETTER * letters)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_finished_before_it_was_started_and_a_mistake_stays_one() {
        assert_eq!(refusal(State::Waiting, State::Done), Some("visit_not_started"));
        assert_eq!(refusal(State::Serving, State::Serving), Some("visit_already_started"));
        assert_eq!(refusal(State::Serving, State::Left), Some("visit_already_started"));
        for over in [State::Done, State::Left, State::Undone] {
            assert_eq!(refusal(over, State::Undone), Some("visit_ended"));
        }
        assert!(State::ALL.into_iter().all(|next| !State::Undone.may_become(next)));
        assert_eq!(refusal(State::Waiting, State::Serving), None);
        assert_eq!(refusal(State::Serving, State::Done), None);
    }

    #[test]
    fn a_booking_is_late_from_the_fifteenth_minute_on_and_never_once_somebody_is_here() {
        let starts = 1_000 * MINUTE;
        let at = |minute: i64, visit| standing("confirmed", visit, starts, starts + minute * MINUTE);
        assert_eq!(at(-30, None), Standing::Booked);
        assert_eq!(
            standing("confirmed", None, starts, starts + LATE_AFTER - 1),
            Standing::Booked
        );
        assert_eq!(at(15, None), Standing::Late);
        assert_eq!(
            at(15, Some(State::Undone)),
            Standing::Late,
            "a mistaken check-in is none"
        );
        assert_eq!(at(90, Some(State::Waiting)), Standing::Waiting);
        assert_eq!(standing("no_show", None, starts, starts), Standing::NoShow);
        assert_eq!(standing("cancelled", Some(State::Left), starts, starts), Standing::Left);
        assert_eq!(
            standing("completed", None, starts, starts),
            Standing::Done,
            "the web system says so"
        );
    }

    #[test]
    fn a_wait_is_long_after_ten_minutes() {
        assert!(!is_long_wait(0, LONG_WAIT));
        assert!(is_long_wait(0, LONG_WAIT + 1));
    }

    #[test]
    fn numbers_are_called_by_a_letter_and_two_digits_until_letters_end() {
        let called = [1, 12, 99, 100, 198, 199, 2_574, 2_575, 99_999].map(queue_label);
        assert_eq!(called, ["A1", "A12", "A99", "B1", "B99", "C1", "Z99", "Z100", "Z97524"]);
    }
}
