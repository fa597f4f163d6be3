//! Times and dates as people type them, in Thai and English: `พรุ่งนี้บ่ายสอง`, `ศุกร์หน้า`, `1 ต.ค. 69`, `tomorrow 2pm`. What could mean two things is asked
//! back with what it could mean, and a day that is not in the calendar is refused: no wrong day is ever given silently. It knows no clock: now is given.

use chrono::{NaiveDate, NaiveDateTime};

mod clock;
mod combine;
mod cursor;
mod day;
mod duration;
mod fields;
mod lexer;
mod lexicon;
mod range;
mod scan;
mod span;
mod written;
mod year;

/// What the text is about. A birth lies behind us and its year may be short for one of the last century; a booking lies ahead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Context {
    /// When something is to be done or was done.
    Booking,
    /// When somebody was born.
    Birth,
}

/// What a text means. Everything is by the clinic's own clock and calendar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Moment {
    /// A day.
    Date(NaiveDate),
    /// A day and a time.
    At(NaiveDateTime),
    /// Days, the first and the last included.
    Days(NaiveDate, NaiveDate),
    /// From one time until before another.
    Times(NaiveDateTime, NaiveDateTime),
    /// More than one thing, or nothing exact: whoever typed it is asked, with what it may have meant (possibly nothing).
    Ambiguous(Vec<Moment>),
    /// Nothing that there is.
    Invalid(Why),
}

/// Why a text means nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// It says no time.
    NotUnderstood,
    /// The calendar has no such day, month or year.
    NoSuchDay,
    /// The clock has no such time.
    NoSuchTime,
    /// The day is another weekday than the one beside it.
    OtherWeekday,
    /// It ends before it begins, or counts backwards.
    Backwards,
    /// Nobody is born in the future or before the year 2400.
    NoBirth,
}

/// Longer texts are no moment; reading stays short whatever is pasted.
const LONGEST: usize = 120;

/// Reads what somebody typed at a moment of the clinic's clock.
pub fn read(text: &str, now: NaiveDateTime, context: Context) -> Moment {
    if text.chars().count() > LONGEST {
        return Moment::Invalid(Why::NotUnderstood);
    }
    let tokens = lexer::tokens(text);
    born(range::read(&tokens, now, context), now, context)
}

/// A birth that lies ahead, or before the oldest year that is read, is none.
fn born(moment: Moment, now: NaiveDateTime, context: Context) -> Moment {
    let is_birth = |day: NaiveDate| day <= now.date() && day >= year::first_day();
    let fits = |moment: &Moment| match moment {
        Moment::Date(day) => is_birth(*day),
        Moment::At(at) => is_birth(at.date()),
        Moment::Days(first, last) => is_birth(*first) && is_birth(*last),
        Moment::Times(..) => false,
        Moment::Ambiguous(_) | Moment::Invalid(_) => true,
    };
    match (context, moment) {
        (Context::Birth, Moment::Ambiguous(mut options)) => {
            options.retain(fits);
            Moment::Ambiguous(options)
        }
        (Context::Birth, moment) if !fits(&moment) => Moment::Invalid(Why::NoBirth),
        (Context::Birth | Context::Booking, moment) => moment,
    }
}

#[cfg(test)]
mod tests;
