//! Stretches of time from now or back: `อีกสองชั่วโมงครึ่ง`, `in 2 weeks`, `3 วันก่อน`.

use chrono::{NaiveDateTime, TimeDelta};

use super::{
    Why,
    cursor::Cursor,
    fields::{Fields, Guess},
    lexicon::{Unit, Which, Word},
    span::{days_on, months_on},
};

/// So many of a unit, and perhaps half a one.
#[derive(Clone, Copy)]
struct Amount {
    count: i64,
    unit: Unit,
    has_half: bool,
}

/// Which way it counts.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    On,
    Back,
    /// Nobody said.
    Unsaid,
}

/// Takes in a stretch that stands at the front, if one does.
pub(super) fn read(cursor: &mut Cursor<'_>, now: NaiveDateTime, fields: &mut Fields) -> bool {
    let mut ahead = *cursor;
    let started = match ahead.word() {
        Some(Word::In(is_certain)) => {
            ahead.skip();
            ahead.skip_fillers();
            Some(is_certain)
        }
        _ => None,
    };
    let is_negative = ahead.takes(Word::Minus) || started.is_some() && ahead.takes_mark('-');
    let amounts = amounts(&mut ahead, started.is_some());
    if amounts.is_empty() {
        return unfinished(cursor, started, is_negative, fields);
    }
    let way = way(&mut ahead, started.is_some());
    *cursor = ahead;
    if is_negative {
        fields.forbid(Why::Backwards);
    } else {
        take(&amounts, way, now, fields);
    }
    true
}

/// `อีก` without a stretch behind it is inexact; the English `in` then only stands in front of something else.
fn unfinished(cursor: &mut Cursor<'_>, started: Option<bool>, is_negative: bool, fields: &mut Fields) -> bool {
    if let Some(is_certain) = started {
        cursor.skip();
        fields.is_vague |= is_certain;
        return true;
    }
    if is_negative {
        cursor.skip();
        fields.forbid(Why::Backwards);
    }
    is_negative
}

fn amounts(ahead: &mut Cursor<'_>, has_start: bool) -> Vec<Amount> {
    let mut found = Vec::new();
    while let Some(amount) = amount(ahead, has_start && found.is_empty()) {
        found.push(amount);
        let mut behind = *ahead;
        if behind.takes(Word::And) && amount_follows(behind) {
            *ahead = behind;
        }
    }
    found
}

fn amount_follows(mut ahead: Cursor<'_>) -> bool {
    amount(&mut ahead, false).is_some()
}

/// `สองชั่วโมงครึ่ง`, `ครึ่งชั่วโมง`, `an hour and a half`; behind `อีก` also `ชั่วโมง` alone.
fn amount(ahead: &mut Cursor<'_>, may_be_bare: bool) -> Option<Amount> {
    let mut behind = *ahead;
    let is_half = behind.takes(Word::Half);
    let number = if is_half { Some((0, 0)) } else { behind.number() };
    let has_tenths = !is_half && half_in_tenths(&mut behind);
    let unit = match (number, behind.takes_unit()?) {
        (None, _) if !may_be_bare => return None,
        // A number of four digits in front of a unit is a year, or nothing that anybody waits for.
        (Some((1000.., _)), _) => return None,
        // `7 เดือนหน้า` is a day of the next month, or nothing.
        (Some(_), Unit::Month) if matches!(behind.word(), Some(Word::Which(Which::Next | Which::This, false))) => {
            return None;
        }
        // `12 เดือน 8` is a day of the eighth month.
        (Some(_), Unit::Month) if !may_be_bare && starts_with_number(behind) => return None,
        (_, unit) => unit,
    };
    // `อาทิตย์หนึ่ง` is one week.
    if number.is_none() {
        let mut one = behind;
        if one.digit() == Some(1) {
            behind = one;
        }
    }
    let count = number.map_or(1, |(number, _)| i64::from(number));
    *ahead = behind;
    Some(Amount {
        count,
        unit,
        has_half: is_half || has_tenths || half_behind(ahead),
    })
}

fn starts_with_number(mut ahead: Cursor<'_>) -> bool {
    ahead.number().is_some()
}

/// `.5` behind a number.
fn half_in_tenths(behind: &mut Cursor<'_>) -> bool {
    let mut ahead = *behind;
    let is_half = ahead.takes_mark('.') && ahead.number() == Some((5, 1));
    if is_half {
        *behind = ahead;
    }
    is_half
}

/// `ครึ่ง` or `and a half`.
fn half_behind(ahead: &mut Cursor<'_>) -> bool {
    let mut half = *ahead;
    half.takes(Word::And);
    half.takes(Word::Count(1));
    let is_half = half.takes(Word::Half);
    let mut behind = half;
    // `ครึ่งชั่วโมง` behind it would be a stretch of its own.
    let is_own = behind.takes_unit().is_some();
    if is_half && !is_own {
        *ahead = half;
    }
    is_half && !is_own
}

fn way(ahead: &mut Cursor<'_>, has_start: bool) -> Way {
    match ahead.word() {
        Some(Word::Before | Word::Which(Which::Last, false)) => {
            ahead.skip();
            Way::Back
        }
        Some(Word::FromNow) => {
            ahead.skip();
            Way::On
        }
        _ if has_start => Way::On,
        _ => Way::Unsaid,
    }
}

fn take(amounts: &[Amount], way: Way, now: NaiveDateTime, fields: &mut Fields) {
    let sign = if way == Way::Back { -1 } else { 1 };
    let is_inexact =
        amounts.iter().any(is_inexact) || amounts.iter().all(|amount| amount.count == 0 && !amount.has_half);
    let ends = amounts.iter().try_fold(now, |at, amount| on(at, *amount, sign));
    let Some(at) = ends.filter(|at| super::year::holds(at.date())) else {
        return fields.forbid(Why::NoSuchDay);
    };
    let is_moment = amounts
        .iter()
        .any(|amount| matches!(amount.unit, Unit::Minute | Unit::Hour));
    let guess = if is_moment {
        Guess::At(at)
    } else {
        Guess::Day(at.date())
    };
    if way == Way::Unsaid || is_inexact {
        fields.is_vague = true;
        fields.guess = Some(guess).filter(|_| !is_inexact);
        return;
    }
    match guess {
        Guess::At(at) => Fields::set(&mut fields.exact, at, &mut fields.is_vague),
        Guess::Day(day) => Fields::set(&mut fields.whole, day, &mut fields.is_vague),
    }
}

/// Half of a day, a week or a month may be rounded either way.
fn is_inexact(amount: &Amount) -> bool {
    amount.has_half
        && matches!(
            amount.unit,
            Unit::Day | Unit::Week | Unit::Fortnight | Unit::Month | Unit::Quarter | Unit::Minute
        )
}

fn on(at: NaiveDateTime, amount: Amount, sign: i64) -> Option<NaiveDateTime> {
    let count = amount.count * sign;
    let half = if amount.has_half { sign } else { 0 };
    let days = |days| Some(days_on(at.date(), days)?.and_time(at.time()));
    let months = |months| Some(months_on(at.date(), months)?.and_time(at.time()));
    match amount.unit {
        Unit::Minute => at.checked_add_signed(TimeDelta::minutes(count)),
        Unit::Hour => at.checked_add_signed(TimeDelta::minutes(count * 60 + half * 30)),
        Unit::Day => days(count),
        Unit::Week => days(count * 7),
        Unit::Fortnight => days(count * 14),
        Unit::Month => months(count),
        Unit::Quarter => months(count * 3),
        Unit::Year => months(count * 12 + half * 6),
    }
}
