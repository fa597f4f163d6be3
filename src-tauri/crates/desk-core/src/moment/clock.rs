//! Times of day as they are said: `บ่ายสอง`, `สองทุ่มครึ่ง`, `ตีห้า`, `14.30 น.`, `2pm`. Which hour it is may depend on a part of the day said elsewhere.

use super::{
    Why,
    cursor::Cursor,
    lexer::Token,
    lexicon::{Part, Unit, Word},
    span::Found,
};

const NOON: u32 = 12;

/// A time as it was said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Clock {
    pub(super) hour: Hour,
    pub(super) minute: u32,
}

/// An hour as it was said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hour {
    /// By a clock of 24 hours.
    Full(u32),
    /// `2:30`: maybe after noon.
    Written(u32),
    /// A number alone.
    Bare(u32),
    /// `สามโมง`.
    Mong(u32),
    /// `โมง` alone: seven, or one after noon.
    OneMong,
    /// `สองทุ่ม`.
    Thum(u32),
    /// `ตีสอง`.
    Tee(u32),
    Am(u32),
    Pm(u32),
    Midnight,
}

/// A time that stands at the front; with the part of the day that stands in it.
pub(super) fn read(cursor: &mut Cursor<'_>) -> Option<(Clock, Option<Part>)> {
    let mut ahead = *cursor;
    let (hour, minute) = hour(&mut ahead)?;
    let part = part_behind(&mut ahead, hour);
    let minute = minute.or_else(|| minutes(&mut ahead)).unwrap_or(0);
    *cursor = ahead;
    Some((Clock { hour, minute }, part))
}

fn hour(ahead: &mut Cursor<'_>) -> Option<(Hour, Option<u32>)> {
    match ahead.word() {
        Some(Word::Noon) => word(ahead, Hour::Full(NOON)),
        Some(Word::Midnight) => word(ahead, Hour::Midnight),
        Some(Word::Mong) => word(ahead, Hour::OneMong),
        Some(Word::Thum) => {
            let one = word(ahead, Hour::Thum(1));
            let mut behind = *ahead;
            // `ทุ่มหนึ่ง` is one ทุ่ม; `ทุ่มหนึ่งนาที` nobody says.
            if behind.digit() == Some(1) {
                *ahead = behind;
            }
            one
        }
        Some(Word::Tee) => {
            ahead.skip();
            small_number(ahead).map(|number| (Hour::Tee(number), None))
        }
        Some(Word::At) => {
            ahead.skip();
            let mut numbered_hour = *ahead;
            let Some(hour) = numbered(&mut numbered_hour) else {
                return bare(ahead);
            };
            *ahead = numbered_hour;
            Some(hour)
        }
        _ => numbered(ahead),
    }
}

fn word(ahead: &mut Cursor<'_>, hour: Hour) -> Option<(Hour, Option<u32>)> {
    ahead.skip();
    Some((hour, None))
}

fn bare(ahead: &mut Cursor<'_>) -> Option<(Hour, Option<u32>)> {
    let (number, _) = ahead.number()?;
    Some((Hour::Bare(number), None))
}

/// A number of one digit in words, so that the minutes may follow: `ตีสามสิบห้า` is a quarter past.
fn small_number(ahead: &mut Cursor<'_>) -> Option<u32> {
    ahead.digit().or_else(|| ahead.number().map(|(number, _)| number))
}

/// A number with something beside it that makes it an hour.
fn numbered(ahead: &mut Cursor<'_>) -> Option<(Hour, Option<u32>)> {
    let (number, digits) = ahead.number()?;
    if let Some(minute) = marked_minutes(ahead) {
        return Some((
            suffixed(ahead).map_or_else(|| written(number, digits), |hour| hour(number)),
            Some(minute),
        ));
    }
    if digits == 4 && ahead.takes(Word::Hours24) {
        return Some((Hour::Full(number / 100), Some(number % 100)));
    }
    suffixed(ahead).map(|hour| (hour(number), None))
}

/// `02:30` is by the clock of 24 hours, `2:30` may be either.
fn written(number: u32, digits: usize) -> Hour {
    if digits == 2 && number < 10 {
        Hour::Full(number)
    } else {
        Hour::Written(number)
    }
}

/// `:30` or `.30` behind an hour, with seconds that nobody needs.
fn marked_minutes(ahead: &mut Cursor<'_>) -> Option<u32> {
    let mut behind = *ahead;
    if !behind.takes_mark(':') && !behind.takes_mark('.') {
        return None;
    }
    let (minute, 2) = behind.number()? else { return None };
    let seconds = behind;
    if behind.takes_mark(':') && behind.number().is_none() {
        behind = seconds;
    }
    *ahead = behind;
    Some(minute)
}

fn suffixed(ahead: &mut Cursor<'_>) -> Option<fn(u32) -> Hour> {
    let hour: fn(u32) -> Hour = match ahead.word()? {
        Word::Mong => Hour::Mong,
        Word::Thum => Hour::Thum,
        Word::Hours24 => Hour::Full,
        Word::Am => Hour::Am,
        Word::Pm => Hour::Pm,
        Word::OClock => Hour::Bare,
        _ => return None,
    };
    ahead.skip();
    Some(hour)
}

/// `เช้า` of `หกโมงเช้า`.
fn part_behind(ahead: &mut Cursor<'_>, hour: Hour) -> Option<Part> {
    let (Hour::Mong(_) | Hour::OneMong, Some(Word::Part(part))) = (hour, ahead.word()) else {
        return None;
    };
    ahead.skip();
    Some(part)
}

/// Half an hour, or minutes, behind an hour. A number that belongs to a date is left alone.
fn minutes(ahead: &mut Cursor<'_>) -> Option<u32> {
    if ahead.takes(Word::Half) {
        return Some(30);
    }
    let mut behind = *ahead;
    behind.skip_fillers();
    let (minute, digits) = behind.number()?;
    let is_named = behind.takes(Word::Unit(Unit::Minute));
    let is_last = matches!(
        behind.peek(),
        None | Some(Token::Word(Word::Part(_) | Word::Filler | Word::Hours24))
    );
    if !(is_named || is_last && (digits == 2 || digits == 0 && minute >= 10)) {
        return None;
    }
    *ahead = behind;
    Some(minute)
}

/// An hour behind a part of the day: `บ่ายสอง`, `เย็น 5`. A number that something else explains is left alone.
pub(super) fn behind_part(cursor: &mut Cursor<'_>, part: Part) -> Option<Clock> {
    let mut ahead = *cursor;
    let hour = match part {
        Part::Afternoon => small_number(&mut ahead)?,
        Part::Morning | Part::Evening | Part::Night => ahead.number()?.0,
    };
    let minute = minutes(&mut ahead);
    let is_explained = matches!(
        ahead.peek(),
        Some(
            Token::Mark(_)
                | Token::Number(..)
                | Token::Word(
                    Word::Month(..) | Word::Unit(_) | Word::Mong | Word::Thum | Word::Hours24 | Word::Am | Word::Pm
                )
        )
    );
    if is_explained || hour > 24 {
        return None;
    }
    *cursor = ahead;
    Some(Clock {
        hour: Hour::Bare(hour),
        minute: minute.unwrap_or(0),
    })
}

impl Clock {
    /// The minutes of the day that it may be; from 1440 on they lie in the night behind it.
    pub(super) fn times(self, part: Option<Part>) -> Found<u32> {
        let found = match self.hour {
            Hour::Full(hour) => full_in(hour, part),
            Hour::Midnight => Found::One(24),
            Hour::Am(hour) => one(hour % 12, (1..=12).contains(&hour)),
            Hour::Pm(hour) => one(hour % 12 + 12, (1..=12).contains(&hour)),
            Hour::Thum(hour) => thum(hour),
            Hour::Tee(hour) => tee(hour),
            Hour::Mong(hour) => mong(hour, part),
            Hour::OneMong => one_mong(part),
            Hour::Written(hour) => written_in(hour, part),
            Hour::Bare(hour) => bare_in(hour, part),
        };
        match found {
            _ if self.minute > 59 => Found::Bad(Why::NoSuchTime),
            // The end of a day is a time; a quarter past it is written as the day after.
            _ if self.minute > 0 && matches!(self.hour, Hour::Full(24) | Hour::Written(24)) => {
                Found::Bad(Why::NoSuchTime)
            }
            found => found.map(|hour| hour * 60 + self.minute),
        }
    }

    /// Whether it is said of the small hours: they belong to the night before as often as to their date.
    pub(super) fn is_small_hour(self) -> bool {
        matches!(self.hour, Hour::Tee(_))
    }
}

fn one(hour: u32, is_there: bool) -> Found<u32> {
    if is_there {
        Found::One(hour)
    } else {
        Found::Bad(Why::NoSuchTime)
    }
}

/// `บ่าย 2.30 น.` is half past two after noon all the same.
fn full_in(hour: u32, part: Option<Part>) -> Found<u32> {
    match part {
        Some(part) if (1..12).contains(&hour) => within(part, hour),
        _ => one(hour, hour <= 24),
    }
}

fn thum(hour: u32) -> Found<u32> {
    match hour {
        1..=5 => Found::One(18 + hour),
        6 => Found::Ask(vec![24]),
        _ => Found::Bad(Why::NoSuchTime),
    }
}

fn tee(hour: u32) -> Found<u32> {
    match hour {
        1..=5 => Found::One(hour),
        6 => Found::Ask(vec![6]),
        _ => Found::Bad(Why::NoSuchTime),
    }
}

/// From seven to eleven `โมง` is the morning, from two to five the afternoon, and six is both. In the mornings of the elder it counts from six.
fn mong(hour: u32, part: Option<Part>) -> Found<u32> {
    match (part, hour) {
        (None, 1) => Found::Ask(vec![13]),
        (None, 2..=5) | (Some(Part::Afternoon), 1..=5) | (Some(Part::Evening), 3..=7) | (Some(Part::Night), 6..=7) => {
            Found::One(hour + 12)
        }
        (None, 6) => Found::Ask(vec![6, 18]),
        (None, 7..=11) | (Some(Part::Morning), 6..=11) => Found::One(hour),
        (None, 12) => Found::Ask(vec![12]),
        (Some(Part::Morning), 1..=5) => Found::Ask(vec![hour + 6]),
        (Some(Part::Afternoon), 6) | (Some(Part::Evening), 1..=2) => Found::Ask(vec![hour + 12]),
        _ => Found::Bad(Why::NoSuchTime),
    }
}

fn one_mong(part: Option<Part>) -> Found<u32> {
    match part {
        Some(Part::Morning) => Found::One(7),
        Some(Part::Afternoon) => Found::One(13),
        None => Found::Ask(vec![7, 13]),
        Some(Part::Evening | Part::Night) => Found::Bad(Why::NoSuchTime),
    }
}

fn written_in(hour: u32, part: Option<Part>) -> Found<u32> {
    match (part, hour) {
        (_, 25..) => Found::Bad(Why::NoSuchTime),
        (Some(part), _) => within(part, hour),
        (None, 1..=6) => Found::Ask(vec![hour, hour + 12]),
        (None, 24) => Found::Ask(vec![24]),
        (None, _) => Found::One(hour),
    }
}

fn bare_in(hour: u32, part: Option<Part>) -> Found<u32> {
    match (part, hour) {
        (_, 24..) => Found::Bad(Why::NoSuchTime),
        (Some(part), _) => within(part, hour),
        (None, 12) => Found::Ask(vec![12, 24]),
        (None, 0..=11) => Found::Ask(vec![hour, hour + 12]),
        (None, _) => Found::One(hour),
    }
}

/// The hour, or the one of that number after noon, that lies in a part of the day.
fn within(part: Part, hour: u32) -> Found<u32> {
    let lies_in = |hour: u32| match part {
        Part::Morning => hour < 12,
        Part::Afternoon => (12..18).contains(&hour),
        Part::Evening => (15..21).contains(&hour),
        Part::Night => !(6..18).contains(&hour),
    };
    let options: Vec<u32> = [hour, hour + 12]
        .into_iter()
        .filter(|hour| *hour < 24 && lies_in(*hour))
        .collect();
    if options.is_empty() {
        Found::Bad(Why::NoSuchTime)
    } else {
        Found::among(options)
    }
}

/// An hour that is usual for a part of the day: what is offered where none was said.
pub(super) fn usual(part: Part) -> u32 {
    60 * match part {
        Part::Morning => 9,
        Part::Afternoon => 13,
        Part::Evening => 17,
        Part::Night => 19,
    }
}
