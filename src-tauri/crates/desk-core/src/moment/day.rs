//! Which days the pieces of a text mean, seen from today.

use chrono::{Datelike as _, NaiveDate, Weekday};

use super::{
    Context, Why,
    fields::{Fields, Month, Quarter, Year},
    lexicon::{Stage, Which},
    span::{Found, Span, days_on, monday, months},
    year,
};

/// How many years ahead a day without a year is looked for: the 29th of February may be seven away.
const YEARS_AHEAD: i32 = 8;

/// The days; nothing when the text names none.
pub(super) fn days(fields: &Fields, today: NaiveDate, context: Context) -> Option<Found<Span>> {
    let days = Days { fields, today, context };
    let found = days.named()?;
    Some(days.on_its_weekday(found))
}

struct Days<'a> {
    fields: &'a Fields,
    today: NaiveDate,
    context: Context,
}

impl Days<'_> {
    fn named(&self) -> Option<Found<Span>> {
        let fields = self.fields;
        if let Some(day) = fields.whole {
            return Some(self.whole(day));
        }
        if fields.day.is_some() {
            return Some(self.day_of_month());
        }
        if let Some(stage) = fields.stage {
            return Some(self.stage(stage));
        }
        if let Some(quarter) = fields.quarter {
            return Some(self.quarter(quarter));
        }
        if fields.month.is_some() {
            return Some(self.month());
        }
        if let Some(year) = fields.year {
            return Some(self.year(year));
        }
        if let Some(which) = fields.weekend {
            return Some(self.weekend(which));
        }
        self.week()
    }

    /// A whole day, beside which nothing else may name another.
    fn whole(&self, day: NaiveDate) -> Found<Span> {
        let fields = self.fields;
        let is_more = fields.day.is_some()
            || fields.month.is_some()
            || fields.year.is_some()
            || fields.week.is_some()
            || fields.stage.is_some();
        if is_more {
            return Found::Ask(vec![Span::day(day)]);
        }
        Found::One(Span::day(day))
    }

    /// The weekday that stands beside a date has to be its own.
    fn on_its_weekday(&self, found: Found<Span>) -> Found<Span> {
        let Some(weekday) = self.said_weekday() else {
            return found;
        };
        let is_other = |span: &Span| span.is_day && span.first.weekday() != weekday;
        match found {
            Found::One(span) if is_other(&span) => Found::Bad(Why::OtherWeekday),
            // A weekday of a month or a year could be any of several.
            Found::One(span) if !span.is_day => Found::Ask(Vec::new()),
            Found::Ask(options) => Found::Ask(options.into_iter().filter(|span| !is_other(span)).collect()),
            found => found,
        }
    }

    fn said_weekday(&self) -> Option<Weekday> {
        let sunday = || {
            self.fields
                .sunday_or_week
                .filter(|_| self.fields.day.is_some())
                .map(|_| Weekday::Sun)
        };
        self.fields.weekday.map(|(day, _)| day).or_else(sunday)
    }

    fn day_of_month(&self) -> Found<Span> {
        let (Some(day), month, None) = (self.fields.day, self.fields.month, self.fields.week) else {
            return Found::Ask(Vec::new());
        };
        let found = match (month, self.fields.year) {
            (None, Some(_)) => Found::Ask(Vec::new()),
            (None, None) => self.next_of_month(day),
            (Some(Month::Past(_)), _) => Found::Ask(Vec::new()),
            (Some(Month::From(from)), _) => days_in(self.month_from(from), day),
            (Some(Month::Named(month)), None) => self.next_of_year(month, day),
            (Some(Month::Named(month)), Some(year)) => {
                self.of_years(year, |year| NaiveDate::from_ymd_opt(year, month, day))
            }
        };
        found.map(Span::day)
    }

    /// The next such day of a month, today included.
    fn next_of_month(&self, day: u32) -> Found<NaiveDate> {
        let there = (0..12).filter_map(|from| self.month_from(from)?.first.with_day(day));
        there
            .into_iter()
            .find(|found| *found >= self.today)
            .map_or(Found::Bad(Why::NoSuchDay), Found::One)
    }

    /// The next such day of a year, today included. Of a birth the year has to be said.
    fn next_of_year(&self, month: u32, day: u32) -> Found<NaiveDate> {
        let year = self.today.year();
        let there = (year..=year + YEARS_AHEAD).filter_map(|year| NaiveDate::from_ymd_opt(year, month, day));
        let next = there.into_iter().find(|found| *found >= self.today);
        match (next, self.context) {
            (None, _) => Found::Bad(Why::NoSuchDay),
            (Some(_), Context::Birth) => Found::Ask(Vec::new()),
            (Some(next), Context::Booking) => Found::One(next),
        }
    }

    /// What there is of each year that was meant.
    fn of_years<T>(&self, year: Year, make: impl Fn(i32) -> Option<T>) -> Found<T> {
        let years = match year {
            Year::From(from) => {
                i32::try_from(from).map_or(Found::Bad(Why::NoSuchDay), |from| Found::One(self.today.year() + from))
            }
            Year::Typed(number, digits) => year::read((number, digits), self.fields.era, self.context),
        };
        match years {
            Found::One(year) => make(year).map_or(Found::Bad(Why::NoSuchDay), Found::One),
            Found::Bad(why) => Found::Bad(why),
            Found::Ask(years) => {
                let there: Vec<T> = years.into_iter().filter_map(make).collect();
                if there.is_empty() {
                    Found::Bad(Why::NoSuchDay)
                } else {
                    Found::Ask(there)
                }
            }
        }
    }

    fn month_from(&self, from: i64) -> Option<Span> {
        let first = super::span::months_on(self.today.with_day(1)?, from)?;
        months(first.year(), first.month(), 1)
    }

    fn month(&self) -> Found<Span> {
        let found = match (self.fields.month, self.fields.year) {
            (Some(Month::From(from)), None) => self.month_from(from),
            (Some(Month::Named(month)), Some(year)) => return self.of_years(year, |year| months(year, month, 1)),
            (Some(Month::Named(month)), None) => self.next_month(month),
            (Some(Month::Past(month)), None) => self.past_month(month),
            (None, _) | (Some(Month::From(_) | Month::Past(_)), Some(_)) => return Found::Ask(Vec::new()),
        };
        found.map_or(Found::Bad(Why::NoSuchDay), Found::One)
    }

    /// The next such month, this one included.
    fn next_month(&self, month: u32) -> Option<Span> {
        let later = i32::from(month < self.today.month());
        months(self.today.year() + later, month, 1)
    }

    /// The last such month that is over.
    fn past_month(&self, month: u32) -> Option<Span> {
        let earlier = i32::from(month >= self.today.month());
        months(self.today.year() - earlier, month, 1)
    }

    fn year(&self, year: Year) -> Found<Span> {
        let found = self.of_years(year, |year| months(year, 1, 12));
        match (year, found) {
            // A number alone may be a time: 2030 is half past eight at night.
            (Year::Typed(number, 4), found) if number < 2400 && !self.fields.has_year_word => {
                Found::Ask(found.options())
            }
            (_, found) => found,
        }
    }

    fn quarter(&self, quarter: Quarter) -> Found<Span> {
        let this = self.today.month0() / 3 + 1;
        let of = |year: i32, quarter: u32| months(year, quarter.checked_mul(3)?.checked_sub(2)?, 3);
        let found = match (quarter, self.fields.year) {
            (Quarter::Nth(5..), _) => None,
            (Quarter::Nth(quarter), Some(year)) => return self.of_years(year, |year| of(year, quarter)),
            (Quarter::Nth(quarter), None) if quarter < this => {
                let years = [self.today.year(), self.today.year() + 1];
                return Found::Ask(years.into_iter().filter_map(|year| of(year, quarter)).collect());
            }
            (Quarter::Nth(quarter), None) => of(self.today.year(), quarter),
            (Quarter::From(_), Some(_)) => return Found::Ask(Vec::new()),
            (Quarter::From(from), None) => of(self.today.year(), this).and_then(|span| {
                let first = super::span::months_on(span.first, from * 3)?;
                months(first.year(), first.month(), 3)
            }),
        };
        found.map_or(Found::Bad(Why::NoSuchDay), Found::One)
    }

    /// `ปลายเดือนหน้า`, `สิ้นปี`. Weeks and years have no parts that everyone agrees on, but for their ends.
    fn stage(&self, stage: Stage) -> Found<Span> {
        let fields = self.fields;
        if fields.week.is_some()
            || fields.weekday.is_some()
            || fields.weekend.is_some()
            || fields.sunday_or_week.is_some()
        {
            return Found::Ask(Vec::new());
        }
        let is_of_month = fields.month.is_some();
        let whole = match (fields.quarter, fields.month, fields.year) {
            (Some(quarter), ..) => self.quarter(quarter),
            (None, Some(_), _) => self.month(),
            (None, None, Some(year)) => self.year(year),
            (None, None, None) if fields.has_bare_year => self.year(Year::From(0)),
            (None, None, None) if fields.has_bare_month => return self.stage_of_this_month(stage),
            (None, None, None) => return Found::Ask(Vec::new()),
        };
        match whole {
            Found::One(span) => part_of(span, stage, is_of_month),
            Found::Ask(_) => Found::Ask(Vec::new()),
            Found::Bad(why) => Found::Bad(why),
        }
    }

    /// Of this month; once it is over, of this one or the next.
    fn stage_of_this_month(&self, stage: Stage) -> Found<Span> {
        let of = |from| self.month_from(from).map(|span| part_of(span, stage, true));
        let (Some(Found::One(this)), Some(Found::One(next))) = (of(0), of(1)) else {
            return Found::Bad(Why::NoSuchDay);
        };
        if this.last < self.today {
            Found::Ask(vec![next, this])
        } else {
            Found::One(this)
        }
    }

    fn weekend(&self, which: Option<Which>) -> Found<Span> {
        let of = |weeks| {
            Some(Span::days(
                days_on(monday(self.today, weeks)?, 5)?,
                days_on(monday(self.today, weeks)?, 6)?,
            ))
        };
        let found = match which.or(self.week_which()) {
            None | Some(Which::This | Which::Coming) => of(0).map(Found::One),
            // The coming one is usually meant too.
            Some(Which::Next) => of(0).zip(of(1)).map(|(this, next)| Found::Ask(vec![next, this])),
            Some(Which::Last) => of(-1).map(Found::One),
        };
        found.unwrap_or(Found::Bad(Why::NoSuchDay))
    }

    fn week_which(&self) -> Option<Which> {
        match self.fields.week? {
            0 => Some(Which::This),
            1.. => Some(Which::Next),
            _ => Some(Which::Last),
        }
    }

    /// A week, a weekday, or a weekday of a week.
    fn week(&self) -> Option<Found<Span>> {
        let fields = self.fields;
        let or_week = fields.sunday_or_week.and_then(weeks_from);
        match (fields.weekday, fields.week.or(or_week), fields.sunday_or_week) {
            (Some((day, _)), Some(weeks), _) => Some(self.weekday_of(day, weeks)),
            (Some(_), None, Some(_)) => Some(Found::Ask(Vec::new())),
            (Some((day, which)), None, None) => Some(self.weekday(day, which)),
            // A week has no time of day: with one it is the Sunday.
            (None, _, Some(which)) if fields.clock.is_some() || fields.part.is_some() => {
                Some(self.weekday(Weekday::Sun, which))
            }
            (None, weeks, Some(which)) => Some(self.week_or_sunday(which, weeks)),
            (None, Some(weeks), None) => Some(self.whole_week(weeks).map_or(Found::Bad(Why::NoSuchDay), Found::One)),
            (None, None, None) => None,
        }
    }

    fn whole_week(&self, weeks: i64) -> Option<Span> {
        let first = monday(self.today, weeks)?;
        Some(Span::days(first, days_on(first, 6)?))
    }

    fn week_or_sunday(&self, which: Option<Which>, weeks: Option<i64>) -> Found<Span> {
        let mut options: Vec<Span> = weeks.and_then(|weeks| self.whole_week(weeks)).into_iter().collect();
        options.extend(self.weekday(Weekday::Sun, which).options());
        Found::Ask(options)
    }

    fn weekday_of(&self, day: Weekday, weeks: i64) -> Found<Span> {
        let found = monday(self.today, weeks).and_then(|monday| days_on(monday, i64::from(day.num_days_from_monday())));
        found.map_or(Found::Bad(Why::NoSuchDay), |day| Found::One(Span::day(day)))
    }

    /// The weekday that is meant: the coming one, but `หน้า` is the next week's and often the coming one too.
    fn weekday(&self, day: Weekday, which: Option<Which>) -> Found<Span> {
        let to = i64::from(day.days_since(self.today.weekday()));
        let on = |days| days_on(self.today, days).map(Span::day);
        let in_week = |weeks: i64| self.weekday_of(day, weeks).options().pop();
        let options = match which {
            None | Some(Which::This) if to == 0 => vec![on(0), on(7)],
            None | Some(Which::This) => vec![on(to)],
            Some(Which::Coming) => vec![on(if to == 0 { 7 } else { to })],
            Some(Which::Next) => vec![in_week(1), on(if to == 0 { 7 } else { to })],
            Some(Which::Last) => vec![in_week(-1), on(if to == 0 { -7 } else { to - 7 })],
        };
        let mut options: Vec<Span> = options.into_iter().flatten().collect();
        options.dedup();
        Found::among(options)
    }
}

fn weeks_from(which: Option<Which>) -> Option<i64> {
    match which? {
        Which::This => Some(0),
        Which::Next | Which::Coming => Some(1),
        Which::Last => Some(-1),
    }
}

fn days_in(month: Option<Span>, day: u32) -> Found<NaiveDate> {
    let found = month.and_then(|month| month.first.with_day(day));
    found.map_or(Found::Bad(Why::NoSuchDay), Found::One)
}

/// The beginning of a month is its days 1 to 10, the middle 11 to 20, the rest its end.
fn part_of(span: Span, stage: Stage, is_month: bool) -> Found<Span> {
    let from = |first: u32, last: Option<u32>| {
        let last = last.map_or(Some(span.last), |last| span.first.with_day(last));
        Some(Span::days(span.first.with_day(first)?, last?))
    };
    let found = match stage {
        Stage::First => Some(Span::day(span.first)),
        Stage::Last => Some(Span::day(span.last)),
        Stage::Start | Stage::Middle | Stage::End if !is_month => return Found::Ask(Vec::new()),
        Stage::Start => from(1, Some(10)),
        Stage::Middle => from(11, Some(20)),
        Stage::End => from(21, None),
    };
    found.map_or(Found::Bad(Why::NoSuchDay), Found::One)
}
