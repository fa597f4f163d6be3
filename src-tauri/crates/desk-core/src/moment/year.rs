//! Years as people write them: Buddhist and Christian, whole and of two digits.

use chrono::{Datelike as _, NaiveDate};

use super::{Context, Why, span::Found};

/// Between the year of the Buddhist and of the Christian calendar. Until 2483 the Buddhist year began in April, so that its first three months lay one
/// year later; documents of today count back evenly, and so does this, which shows the same year again as was typed.
pub(super) const BUDDHIST: i32 = 543;

/// The oldest Buddhist year that is read; from here on a year without a name is Buddhist.
const OLDEST: i32 = 2400;
/// The newest year that is read, by the Christian calendar. `1/10/3112` is a Buddhist year that was counted twice.
const NEWEST: i32 = 2156;

/// The calendar that a year is of, where that is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Era {
    Buddhist,
    Christian,
}

/// The first day that is read.
pub(super) fn first_day() -> NaiveDate {
    NaiveDate::from_ymd_opt(OLDEST - BUDDHIST, 1, 1).unwrap_or_default()
}

/// The Christian year behind a typed one.
pub(super) fn read((number, digits): (u32, usize), era: Option<Era>, context: Context) -> Found<i32> {
    let Ok(number) = i32::try_from(number) else {
        return Found::Bad(Why::NoSuchDay);
    };
    match digits {
        2 => short(number, era, context),
        4 => whole(number, era),
        _ => Found::Bad(Why::NoSuchDay),
    }
}

fn whole(number: i32, era: Option<Era>) -> Found<i32> {
    let year = match era {
        Some(Era::Buddhist) => number - BUDDHIST,
        Some(Era::Christian) => number,
        None if number >= OLDEST => number - BUDDHIST,
        None => number,
    };
    if (OLDEST - BUDDHIST..=NEWEST).contains(&year) {
        Found::One(year)
    } else {
        Found::Bad(Why::NoSuchDay)
    }
}

/// Two digits: what they usually stand for, else whoever typed them is asked.
fn short(number: i32, era: Option<Era>, context: Context) -> Found<i32> {
    let buddhist = 2500 + number - BUDDHIST;
    let (last_century, this_century) = (1900 + number, 2000 + number);
    match (era, context) {
        (Some(Era::Buddhist), Context::Birth) if number >= 70 => Found::Ask(vec![buddhist - 100]),
        (Some(Era::Buddhist), _) => Found::One(buddhist),
        (Some(Era::Christian), Context::Booking) => Found::One(this_century),
        (Some(Era::Christian), Context::Birth) => Found::Ask(vec![last_century, this_century]),
        (None, Context::Birth) if number < 70 => Found::One(buddhist),
        (None, Context::Birth) => Found::Ask(vec![buddhist - 100, last_century]),
        (None, Context::Booking) if (59..=79).contains(&number) => Found::One(buddhist),
        (None, Context::Booking) if (16..=36).contains(&number) => Found::One(this_century),
        (None, Context::Booking) => Found::Ask(vec![buddhist, this_century]),
    }
}

/// Whether a day lies in the years that are read.
pub(super) fn holds(day: NaiveDate) -> bool {
    (OLDEST - BUDDHIST..=NEWEST).contains(&day.year())
}
