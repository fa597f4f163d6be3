//! Days that were found, or what they may be, or why there are none.

use chrono::{Datelike as _, Days as Count, Months, NaiveDate};

use super::{Moment, Why};

/// Days in a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) first: NaiveDate,
    pub(super) last: NaiveDate,
    /// A day was meant, not a stretch that happens to be one day long.
    pub(super) is_day: bool,
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Found<T> {
    One(T),
    /// One of these, or nothing exact.
    Ask(Vec<T>),
    Bad(Why),
}

impl<T> Found<T> {
    /// One of these; the only one is certain.
    pub(super) fn among(mut options: Vec<T>) -> Self {
        match options.pop() {
            Some(only) if options.is_empty() => Self::One(only),
            last => {
                options.extend(last);
                Self::Ask(options)
            }
        }
    }

    pub(super) fn map<U>(self, f: impl FnMut(T) -> U) -> Found<U> {
        match self {
            Self::One(one) => Found::among(vec![one].into_iter().map(f).collect()),
            Self::Ask(options) => Found::Ask(options.into_iter().map(f).collect()),
            Self::Bad(why) => Found::Bad(why),
        }
    }

    /// What may be meant, certain or not.
    pub(super) fn options(self) -> Vec<T> {
        match self {
            Self::One(one) => vec![one],
            Self::Ask(options) => options,
            Self::Bad(_) => Vec::new(),
        }
    }
}

impl Found<Moment> {
    pub(super) fn moment(self) -> Moment {
        match self {
            Self::One(one) => one,
            Self::Ask(options) => Moment::Ambiguous(options),
            Self::Bad(why) => Moment::Invalid(why),
        }
    }
}

impl Span {
    pub(super) fn day(day: NaiveDate) -> Self {
        Self {
            first: day,
            last: day,
            is_day: true,
        }
    }

    pub(super) fn days(first: NaiveDate, last: NaiveDate) -> Self {
        Self {
            first,
            last,
            is_day: false,
        }
    }

    pub(super) fn moment(self) -> Moment {
        if self.is_day {
            Moment::Date(self.first)
        } else {
            Moment::Days(self.first, self.last)
        }
    }
}

/// Monday of the week that a day is in, some weeks on.
pub(super) fn monday(day: NaiveDate, weeks: i64) -> Option<NaiveDate> {
    let back = i64::from(day.weekday().num_days_from_monday());
    days_on(day, weeks.checked_mul(7)?.checked_sub(back)?)
}

/// Some days on, or back.
pub(super) fn days_on(day: NaiveDate, days: i64) -> Option<NaiveDate> {
    let count = Count::new(days.unsigned_abs());
    if days < 0 {
        day.checked_sub_days(count)
    } else {
        day.checked_add_days(count)
    }
}

/// Some months on, or back; on the last day of a shorter month where it has no such day.
pub(super) fn months_on(day: NaiveDate, months: i64) -> Option<NaiveDate> {
    let count = Months::new(u32::try_from(months.unsigned_abs()).ok()?);
    if months < 0 {
        day.checked_sub_months(count)
    } else {
        day.checked_add_months(count)
    }
}

/// Some months from the first of a month.
pub(super) fn months(year: i32, month: u32, count: i64) -> Option<Span> {
    let first = NaiveDate::from_ymd_opt(year, month, 1)?;
    Some(Span::days(first, months_on(first, count)?.pred_opt()?))
}
