//! A day and a time of day together.

use chrono::{NaiveDate, NaiveDateTime, NaiveTime, TimeDelta};

use super::{
    Context, Moment, Why,
    clock::{self, Clock, Hour},
    day,
    fields::{Fields, Guess},
    lexicon::Part,
    span::{Found, Span, days_on},
};

/// What the pieces mean together.
pub(super) fn moment(fields: &Fields, now: NaiveDateTime, context: Context) -> Found<Moment> {
    if let Some(why) = fields.bad {
        return Found::Bad(why);
    }
    if !fields.says_something() {
        return Found::Bad(Why::NotUnderstood);
    }
    let found = exact(fields).unwrap_or_else(|| by_day(fields, now, context));
    match found {
        found @ (Found::One(_) | Found::Ask(_)) if fields.is_vague || fields.has_unknown => {
            Found::Ask(offered(fields, found))
        }
        found => found,
    }
}

/// What may have been meant by something inexact.
fn offered(fields: &Fields, found: Found<Moment>) -> Vec<Moment> {
    match fields.guess {
        Some(Guess::Day(day)) => vec![Moment::Date(day)],
        Some(Guess::At(at)) => vec![Moment::At(at)],
        None => found.options(),
    }
}

fn exact(fields: &Fields) -> Option<Found<Moment>> {
    let at = fields.exact?;
    let is_alone = !fields.has_day() && fields.clock.is_none() && fields.part.is_none();
    Some(if is_alone {
        Found::One(Moment::At(at))
    } else {
        Found::Ask(vec![Moment::At(at)])
    })
}

fn by_day(fields: &Fields, now: NaiveDateTime, context: Context) -> Found<Moment> {
    let days = day::days(fields, now.date(), context);
    match (days, fields.clock, fields.part) {
        (Some(Found::Bad(why)), ..) => Found::Bad(why),
        (None, None, None) => Found::Ask(Vec::new()),
        (Some(days), None, None) => days.map(Span::moment),
        (None, Some(clock), part) => next(clock, part, now),
        (Some(days), Some(clock), part) => at_times(days, clock, part, now),
        (days, None, Some(part)) => usual(days, part, now),
    }
}

/// A part of a day is no time; one is offered.
fn usual(days: Option<Found<Span>>, part: Part, now: NaiveDateTime) -> Found<Moment> {
    let minutes = clock::usual(part);
    let Some(days) = days else {
        return Found::Ask(next_at(minutes, now));
    };
    let days = days.options().into_iter().filter(|span| span.is_day);
    Found::Ask(days.filter_map(|span| at(span.first, minutes)).collect())
}

/// A time without a day is the next such time.
fn next(clock: Clock, part: Option<Part>, now: NaiveDateTime) -> Found<Moment> {
    match clock.times(part) {
        Found::One(minutes) => Found::among(next_at(minutes, now)),
        Found::Ask(options) => Found::Ask(options.into_iter().flat_map(|minutes| next_at(minutes, now)).collect()),
        Found::Bad(why) => Found::Bad(why),
    }
}

/// The next moment at these minutes of a day; exactly now may be now or tomorrow.
fn next_at(minutes: u32, now: NaiveDateTime) -> Vec<Moment> {
    let days = [-1, 0, 1, 2].into_iter().filter_map(|days| days_on(now.date(), days));
    let mut ahead = days.filter_map(|day| at_minutes(day, minutes)).filter(|at| *at >= now);
    let first = ahead.next();
    let is_now = first == Some(now);
    let second = ahead.next().filter(|_| is_now);
    first.into_iter().chain(second).map(Moment::At).collect()
}

fn at_times(days: Found<Span>, clock: Clock, part: Option<Part>, now: NaiveDateTime) -> Found<Moment> {
    let times = match clock.times(part) {
        Found::Bad(why) => return Found::Bad(why),
        times => times,
    };
    let is_certain = matches!((&days, &times), (Found::One(span), Found::One(_)) if span.is_day);
    let (days, times) = (days.options(), times.options());
    let mut options = Vec::new();
    for span in days.into_iter().filter(|span| span.is_day) {
        for minutes in &times {
            options.extend(of_day(span.first, *minutes, clock, part, now));
        }
    }
    if is_certain {
        Found::among(options)
    } else {
        Found::Ask(options)
    }
}

/// The moments that a time of a day may be: midnight and the small hours belong to the day before as often as to their own.
fn of_day(day: NaiveDate, minutes: u32, clock: Clock, part: Option<Part>, now: NaiveDateTime) -> Vec<Moment> {
    let next_day = |days| days_on(day, days);
    let is_today = day == now.date();
    let is_small = minutes < 6 * 60 && (clock.is_small_hour() || part == Some(Part::Night));
    let options = if clock.hour == Hour::Midnight {
        // Of today only the midnight that ends it is left.
        let begins = next_day(-1)
            .filter(|_| !is_today)
            .and_then(|before| at(before, minutes));
        vec![begins, at(day, minutes)]
    } else if is_small && part == Some(Part::Night) && is_today {
        vec![next_day(1).and_then(|after| at(after, minutes))]
    } else if is_small && (part == Some(Part::Night) || is_today && at_minutes(day, minutes).is_some_and(|at| at < now))
    {
        vec![at(day, minutes), next_day(1).and_then(|after| at(after, minutes))]
    } else {
        vec![at(day, minutes)]
    };
    options.into_iter().flatten().collect()
}

fn at(day: NaiveDate, minutes: u32) -> Option<Moment> {
    moment_of(at_minutes(day, minutes))
}

fn moment_of(at: Option<NaiveDateTime>) -> Option<Moment> {
    at.map(Moment::At)
}

fn at_minutes(day: NaiveDate, minutes: u32) -> Option<NaiveDateTime> {
    day.and_time(NaiveTime::MIN)
        .checked_add_signed(TimeDelta::minutes(i64::from(minutes)))
}
