//! Stretches from one day or time to another, `1-15 ต.ค. 69`, `บ่ายสองถึงสี่โมง`; each side lends the other what it does not say itself.

use chrono::{Datelike as _, NaiveDate, NaiveDateTime, Timelike as _};

use super::{
    Context, Moment, Why, combine,
    fields::Fields,
    lexer::Token,
    lexicon::Word,
    scan,
    span::{Found, days_on, months_on},
};

/// What the tokens mean: a stretch if they join two ends, else one moment.
pub(super) fn read(tokens: &[Token], now: NaiveDateTime, context: Context) -> Moment {
    let alone = || combine::moment(&scan::fields(tokens, now, context), now, context).moment();
    match joints(tokens).as_slice() {
        [] => alone(),
        [joint] => between(tokens, *joint, now, context).unwrap_or_else(alone),
        _ => inexact(alone()),
    }
}

/// Where two ends are joined.
fn joints(tokens: &[Token]) -> Vec<usize> {
    let is_joint = |index: usize, token: &Token| match token {
        Token::Word(Word::To) => index > 0,
        Token::Mark('-') => is_between(tokens, index),
        _ => false,
    };
    tokens
        .iter()
        .enumerate()
        .filter(|(index, token)| is_joint(*index, token))
        .map(|(index, _)| index)
        .collect()
}

/// Whether the dash has an end on both sides; behind `อีก` it is a sign, behind `mid` a hyphen.
fn is_between(tokens: &[Token], index: usize) -> bool {
    let before = index.checked_sub(1).and_then(|before| tokens.get(before));
    let after = tokens.get(index + 1);
    !matches!(
        before,
        None | Some(Token::Word(Word::In(_) | Word::Stage(_)) | Token::Mark(_))
    ) && after.is_some()
}

/// Something was understood, but not exactly that.
fn inexact(moment: Moment) -> Moment {
    match moment {
        Moment::Invalid(why) => Moment::Invalid(why),
        _ => Moment::Ambiguous(Vec::new()),
    }
}

/// The stretch between the two sides of a joint; nothing where the sides are no ends.
fn between(tokens: &[Token], joint: usize, now: NaiveDateTime, context: Context) -> Option<Moment> {
    let (left, right) = (tokens.get(..joint)?, tokens.get(joint + 1..)?);
    let (left, right) = (completed(left, right, true), completed(right, left, false));
    let (mut from, mut to) = (scan::fields(&left, now, context), scan::fields(&right, now, context));
    lend(&mut from, &mut to);
    if !from.says_something() && !to.says_something() && from.bad.is_none() && to.bad.is_none() {
        return None;
    }
    let begins = begins_now(combine::moment(&from, now, context), now);
    let ends = (begins, combine::moment(&to, now, context));
    Some(match ends {
        (Found::Bad(why), _) | (_, Found::Bad(why)) => Moment::Invalid(why),
        (Found::One(first), Found::One(last)) => join(first, last, &from, &to),
        _ => Moment::Ambiguous(Vec::new()),
    })
}

/// A stretch that begins exactly now begins today.
fn begins_now(found: Found<Moment>, now: NaiveDateTime) -> Found<Moment> {
    match found {
        Found::Ask(options) if options.first() == Some(&Moment::At(now)) => Found::One(Moment::At(now)),
        found => found,
    }
}

/// A side that is a number, with the words that stand around the number on the other side: `2-4 pm`, `บ่าย 2-4`, `สองถึงสามทุ่ม`.
fn completed(side: &[Token], other: &[Token], is_left: bool) -> Vec<Token> {
    let is_number = |token: &Token| {
        matches!(
            token,
            Token::Number(..) | Token::Word(Word::Digit(_) | Word::Ten | Word::Twice | Word::Count(_))
        )
    };
    let fits = |token: &&Token| match token {
        Token::Word(Word::Mong | Word::Thum | Word::Am | Word::Pm | Word::Hours24) => is_left,
        Token::Word(Word::Part(_) | Word::Tee) => !is_left,
        _ => false,
    };
    let lent = other.iter().filter(fits).copied();
    let ends_in_number = side.last().is_some_and(is_number);
    if is_left && ends_in_number {
        side.iter().copied().chain(lent).collect()
    } else if !is_left && side.iter().all(is_number) {
        lent.chain(side.iter().copied()).collect()
    } else {
        side.to_vec()
    }
}

/// Each side takes from the other what it does not say: the month and year of the end, the day that a time is of.
fn lend(from: &mut Fields, to: &mut Fields) {
    if from.day.is_some() || to.day.is_some() {
        take_day(from);
        take_day(to);
    }
    from.month = from.month.or(to.month.filter(|_| from.day.is_some()));
    from.year = from.year.or(to.year.filter(|_| from.month.is_some()));
    from.era = from.era.or(to.era);
    to.month = to.month.or(from.month.filter(|_| to.day.is_some()));
    if from.weekday.is_some() && from.week.is_none() {
        from.week = to.week;
        from.sunday_or_week = from
            .sunday_or_week
            .or(to.sunday_or_week.filter(|_| to.weekday.is_some()));
    }
    if to.clock.is_some() && !to.has_day() {
        *to = on_the_day_of(from, to);
    }
}

/// A number alone is a day of the month if the other end is one.
fn take_day(fields: &mut Fields) {
    if let Some(day) = fields.maybe_day.take() {
        fields.day = Some(day);
        fields.is_vague = false;
    }
}

fn on_the_day_of(from: &Fields, to: &Fields) -> Fields {
    Fields {
        clock: to.clock,
        part: to.part.or(from.part),
        is_vague: to.is_vague,
        has_unknown: to.has_unknown,
        bad: to.bad,
        ..from.clone()
    }
}

fn join(first: Moment, last: Moment, from: &Fields, to: &Fields) -> Moment {
    let backwards = Moment::Invalid(Why::Backwards);
    match (first, last) {
        (Moment::Date(first), Moment::Date(last)) if first <= last => Moment::Days(first, last),
        (Moment::Date(first), Moment::Date(last)) if from.day.is_some() && to.day.is_some() => {
            over_new_year(first, last, to)
        }
        (Moment::Days(first, _), Moment::Days(_, last)) if first <= last => Moment::Days(first, last),
        (Moment::Date(_), Moment::Date(_)) | (Moment::Days(..), Moment::Days(..)) if from.year.is_some() => backwards,
        (Moment::At(first), Moment::At(until)) if first < until => Moment::Times(first, until),
        (Moment::At(first), Moment::At(until)) if from.has_day() => over_midnight(first, until),
        _ => Moment::Ambiguous(Vec::new()),
    }
}

/// From the end of one year into the next: each end was taken for the next such day, or for one of the year that only the second end says.
fn over_new_year(first: NaiveDate, last: NaiveDate, from: &Fields) -> Moment {
    let earlier = months_on(first, -12).filter(|first| *first <= last);
    match earlier {
        _ if from.month.is_none() => Moment::Ambiguous(Vec::new()),
        _ if first.month() == last.month() && first.year() == last.year() => Moment::Invalid(Why::Backwards),
        Some(first) => Moment::Days(first, last),
        _ => Moment::Ambiguous(Vec::new()),
    }
}

/// From an evening into the night behind it.
fn over_midnight(first: NaiveDateTime, until: NaiveDateTime) -> Moment {
    let next_day = days_on(until.date(), 1).map(|day| day.and_time(until.time()));
    match next_day {
        Some(until) if first.hour() >= 18 && until.hour() < 6 => Moment::Times(first, until),
        _ => Moment::Invalid(Why::Backwards),
    }
}
