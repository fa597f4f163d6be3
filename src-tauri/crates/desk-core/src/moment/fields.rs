//! What a text says of a day and a time, piece by piece, before it is known which day that is.

use chrono::{NaiveDate, NaiveDateTime, Weekday};

use super::{
    Why,
    clock::Clock,
    lexicon::{Part, Stage, Which},
    year::Era,
};

/// The pieces. A piece that is said twice and differently makes the whole inexact.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Fields {
    /// A whole day: today, in three days, or written in numbers.
    pub(super) whole: Option<NaiveDate>,
    /// A moment that needs no day: in an hour.
    pub(super) exact: Option<NaiveDateTime>,
    /// Day of the month.
    pub(super) day: Option<u32>,
    pub(super) month: Option<Month>,
    pub(super) year: Option<Year>,
    pub(super) era: Option<Era>,
    /// `ปี` or the calendar's name stands beside the year.
    pub(super) has_year_word: bool,
    /// In English a number behind the month is its day.
    pub(super) has_english_month: bool,
    pub(super) weekday: Option<(Weekday, Option<Which>)>,
    /// Weeks from this one.
    pub(super) week: Option<i64>,
    /// `อาทิตย์`: a week or a Sunday.
    pub(super) sunday_or_week: Option<Option<Which>>,
    pub(super) weekend: Option<Option<Which>>,
    pub(super) quarter: Option<Quarter>,
    pub(super) stage: Option<Stage>,
    /// `เดือน` and `ปี` alone: with a stage they are this one.
    pub(super) has_bare_month: bool,
    pub(super) has_bare_year: bool,
    pub(super) clock: Option<Clock>,
    pub(super) part: Option<Part>,
    /// Numbers that nothing beside them explains.
    pub(super) loose: Vec<(u32, usize)>,
    /// A number that is a day of the month if the other end of the stretch is one.
    pub(super) maybe_day: Option<u32>,
    /// Something makes it inexact.
    pub(super) is_vague: bool,
    /// Something in it is not known.
    pub(super) has_unknown: bool,
    /// Something in it cannot be.
    pub(super) bad: Option<Why>,
    /// What it may mean although it was said inexactly.
    pub(super) guess: Option<Guess>,
}

/// A month by its name, or from this one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Month {
    Named(u32),
    /// The last one of that name.
    Past(u32),
    From(i64),
}

/// A year as it was typed, or from this one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Year {
    Typed(u32, usize),
    From(i64),
}

/// A quarter by its number, or from this one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Quarter {
    Nth(u32),
    From(i64),
}

/// A day or a moment that is offered, never taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Guess {
    Day(NaiveDate),
    At(NaiveDateTime),
}

impl Fields {
    /// Sets a piece; said again and differently it is inexact.
    pub(super) fn set<T: PartialEq>(place: &mut Option<T>, value: T, is_vague: &mut bool) {
        match place {
            Some(before) if *before != value => *is_vague = true,
            Some(_) => {}
            None => *place = Some(value),
        }
    }

    pub(super) fn forbid(&mut self, why: Why) {
        self.bad.get_or_insert(why);
    }

    /// Whether anything says which day.
    pub(super) fn has_day(&self) -> bool {
        self.has_day_but_year() || self.year.is_some()
    }

    /// Whether anything but a year says which day.
    pub(super) fn has_day_but_year(&self) -> bool {
        self.whole.is_some()
            || self.day.is_some()
            || self.month.is_some()
            || self.weekday.is_some()
            || self.week.is_some()
            || self.sunday_or_week.is_some()
            || self.weekend.is_some()
            || self.quarter.is_some()
    }

    /// Whether anything was understood at all.
    pub(super) fn says_something(&self) -> bool {
        self.has_day()
            || self.exact.is_some()
            || self.clock.is_some()
            || self.part.is_some()
            || self.stage.is_some()
            || self.is_vague
            || self.guess.is_some()
    }
}
