//! Takes the pieces of a text one after the other, in whatever order they stand.

use chrono::{NaiveDateTime, Weekday};

use super::{
    Context, Why,
    clock::{self, Clock, Hour},
    cursor::Cursor,
    duration,
    fields::{Fields, Month, Quarter, Year},
    lexer::Token,
    lexicon::{Part, Unit, Which, Word},
    span::days_on,
    written,
    year::Era,
};

/// The pieces of a text.
pub(super) fn fields(tokens: &[Token], now: NaiveDateTime, context: Context) -> Fields {
    let mut scan = Scan {
        cursor: Cursor(tokens),
        fields: Fields::default(),
        now,
        context,
    };
    while scan.cursor.peek().is_some() {
        scan.step();
    }
    scan.settle();
    scan.fields
}

struct Scan<'a> {
    cursor: Cursor<'a>,
    fields: Fields,
    now: NaiveDateTime,
    context: Context,
}

impl Scan<'_> {
    fn step(&mut self) {
        if duration::read(&mut self.cursor, self.now, &mut self.fields) {
            return;
        }
        if let Some((clock, part)) = clock::read(&mut self.cursor) {
            self.set_clock(clock);
            if let Some(part) = part {
                Fields::set(&mut self.fields.part, part, &mut self.fields.is_vague);
            }
            return;
        }
        if let Some((number, digits)) = self.cursor.number() {
            return self.number(number, digits);
        }
        let Some(token) = self.cursor.peek() else { return };
        self.cursor.skip();
        match token {
            Token::Word(word) => self.word(word),
            Token::Triple(numbers) => written::triple(numbers, &mut self.fields),
            Token::Pair(first, second) => written::pair(first, second, &mut self.fields),
            Token::Mark(mark) => self.mark(mark),
            Token::Number(..) | Token::Unknown => self.fields.has_unknown = true,
        }
    }

    fn set_clock(&mut self, clock: Clock) {
        Fields::set(&mut self.fields.clock, clock, &mut self.fields.is_vague);
    }

    fn mark(&mut self, mark: char) {
        match mark {
            '-' if self.cursor.number().is_some() => self.fields.forbid(Why::Backwards),
            '-' | '.' => {}
            _ => self.fields.has_unknown = true,
        }
    }

    fn word(&mut self, word: Word) {
        match word {
            Word::Day(days) => self.day_on(days),
            Word::Tonight => {
                self.day_on(0);
                self.part(Part::Night);
            }
            Word::Now => Fields::set(&mut self.fields.exact, self.now, &mut self.fields.is_vague),
            Word::Part(part) => self.part(part),
            Word::Stage(stage) => Fields::set(&mut self.fields.stage, stage, &mut self.fields.is_vague),
            Word::Which(which, true) => self.which_ahead(which),
            Word::Unit(unit) => {
                let which = self.which_behind();
                self.unit(unit, which);
            }
            Word::Month(month, is_english) => {
                let which = self.which_behind();
                self.month(month, is_english, which);
            }
            Word::Weekday(day) => {
                let which = self.which_behind();
                self.weekday(day, which);
            }
            Word::SundayOrWeek => {
                let which = self.which_behind();
                self.sunday_or_week(which);
            }
            Word::Weekend => {
                let which = self.which_behind();
                Fields::set(&mut self.fields.weekend, which, &mut self.fields.is_vague);
            }
            Word::DayOf => self.day_of(),
            Word::Buddhist => self.era(Era::Buddhist),
            Word::Christian => self.era(Era::Christian),
            Word::Minus => self.fields.forbid(Why::Backwards),
            Word::Filler | Word::At | Word::OClock | Word::Ordinal => {}
            Word::Vague
            | Word::Before
            | Word::Which(..)
            | Word::FromNow
            | Word::In(_)
            | Word::Half
            | Word::To
            | Word::And => self.fields.is_vague = true,
            Word::Digit(_) | Word::Ten | Word::Twice | Word::Count(_) => self.fields.has_unknown = true,
            Word::Mong | Word::Thum | Word::Tee | Word::Noon | Word::Midnight | Word::Hours24 | Word::Am | Word::Pm => {
                self.fields.is_vague = true
            }
        }
    }

    fn day_on(&mut self, days: i64) {
        match days_on(self.now.date(), days) {
            Some(day) => Fields::set(&mut self.fields.whole, day, &mut self.fields.is_vague),
            None => self.fields.forbid(Why::NoSuchDay),
        }
    }

    /// A part of the day, of today if it says `นี้`, with the hour that may stand behind it.
    fn part(&mut self, part: Part) {
        if self.cursor.takes(Word::Which(Which::This, false)) {
            self.day_on(0);
        }
        Fields::set(&mut self.fields.part, part, &mut self.fields.is_vague);
        let mut ahead = self.cursor;
        ahead.skip_fillers();
        if let Some(clock) = clock::behind_part(&mut ahead, part) {
            self.cursor = ahead;
            self.set_clock(clock);
        }
    }

    /// `หน้า` behind what it belongs to.
    fn which_behind(&mut self) -> Option<Which> {
        let which = match self.cursor.word()? {
            Word::Which(which, false) => which,
            Word::Before => Which::Last,
            _ => return None,
        };
        self.cursor.skip();
        // `นี้หน้า` and their like contradict themselves.
        self.fields.is_vague |= matches!(self.cursor.word(), Some(Word::Which(_, false)));
        Some(which)
    }

    /// `next` in front of what it belongs to.
    fn which_ahead(&mut self, which: Which) {
        let Some(word) = self.cursor.word() else {
            self.fields.is_vague = true;
            return;
        };
        self.cursor.skip();
        match word {
            Word::Unit(unit) => self.unit(unit, Some(which)),
            Word::Weekday(day) => self.weekday(day, Some(which)),
            Word::Month(month, is_english) => self.month(month, is_english, Some(which)),
            Word::Weekend => Fields::set(&mut self.fields.weekend, Some(which), &mut self.fields.is_vague),
            Word::Part(part) if which == Which::This => {
                self.day_on(0);
                self.part(part);
            }
            _ => self.fields.is_vague = true,
        }
    }

    fn unit(&mut self, unit: Unit, which: Option<Which>) {
        let Some(which) = which else {
            return self.bare_unit(unit);
        };
        let from = match which {
            Which::This => 0,
            Which::Next | Which::Coming => 1,
            Which::Last => -1,
        };
        let fields = &mut self.fields;
        match unit {
            Unit::Week => Fields::set(&mut fields.week, from, &mut fields.is_vague),
            Unit::Month => Fields::set(&mut fields.month, Month::From(from), &mut fields.is_vague),
            Unit::Quarter => Fields::set(&mut fields.quarter, Quarter::From(from), &mut fields.is_vague),
            Unit::Year => Fields::set(&mut fields.year, Year::From(from), &mut fields.is_vague),
            Unit::Minute | Unit::Hour | Unit::Day | Unit::Fortnight => fields.is_vague = true,
        }
    }

    /// `เดือน 11`, `ปี 69`, `ไตรมาส 4`; a unit alone adds nothing.
    fn bare_unit(&mut self, unit: Unit) {
        if let (Unit::Quarter, Some(Token::Pair(quarter, year))) = (unit, self.cursor.peek()) {
            self.cursor.skip();
            self.fields.quarter = Some(Quarter::Nth(quarter.0));
            self.fields.year = Some(Year::Typed(year.0, year.1));
            return;
        }
        let mut ahead = self.cursor;
        let fields = &mut self.fields;
        match (unit, ahead.number()) {
            (Unit::Month, None) => return fields.has_bare_month = true,
            (Unit::Year, None) => return fields.has_bare_year = true,
            (Unit::Day, _) | (_, None) => return,
            (Unit::Month, Some((month, _))) => {
                if !(1..=12).contains(&month) {
                    fields.forbid(Why::NoSuchDay);
                }
                Fields::set(&mut fields.month, Month::Named(month), &mut fields.is_vague);
            }
            (Unit::Year, Some((year, digits))) => {
                fields.has_year_word = true;
                Fields::set(&mut fields.year, Year::Typed(year, digits), &mut fields.is_vague);
            }
            (Unit::Quarter, Some((quarter, _))) => {
                Fields::set(&mut fields.quarter, Quarter::Nth(quarter), &mut fields.is_vague)
            }
            (Unit::Minute | Unit::Hour | Unit::Week | Unit::Fortnight, Some(_)) => fields.is_vague = true,
        }
        self.cursor = ahead;
    }

    fn month(&mut self, month: u32, is_english: bool, which: Option<Which>) {
        let fields = &mut self.fields;
        let named = match which {
            Some(Which::Last) => Month::Past(month),
            Some(Which::Next) => {
                fields.is_vague = true;
                Month::Named(month)
            }
            Some(Which::This | Which::Coming) | None => Month::Named(month),
        };
        fields.has_english_month |= is_english;
        Fields::set(&mut fields.month, named, &mut fields.is_vague);
    }

    fn weekday(&mut self, day: Weekday, which: Option<Which>) {
        Fields::set(&mut self.fields.weekday, (day, which), &mut self.fields.is_vague);
    }

    fn sunday_or_week(&mut self, which: Option<Which>) {
        Fields::set(&mut self.fields.sunday_or_week, which, &mut self.fields.is_vague);
    }

    /// `วันที่ 20`; in front of anything else it adds nothing.
    fn day_of(&mut self) {
        let mut ahead = self.cursor;
        if clock::read(&mut ahead).is_some() {
            return;
        }
        if let Some((number, _)) = ahead.number() {
            ahead.takes(Word::Ordinal);
            self.cursor = ahead;
            written::day(number, &mut self.fields);
        }
    }

    fn era(&mut self, era: Era) {
        self.fields.has_year_word = true;
        Fields::set(&mut self.fields.era, era, &mut self.fields.is_vague);
    }

    /// A number that is no time and no stretch: by what stands around it a day, a year, or a whole date.
    fn number(&mut self, number: u32, digits: usize) {
        let is_next_month = matches!(self.cursor.word(), Some(Word::Month(..)));
        let fields = &mut self.fields;
        let (has_month, has_day) = (fields.month.is_some(), fields.day.is_some());
        if self.cursor.takes(Word::Ordinal) {
            return written::day(number, fields);
        }
        match digits {
            8 | 6 => written::compact(number, digits, self.context, fields),
            4 => Fields::set(&mut fields.year, Year::Typed(number, 4), &mut fields.is_vague),
            _ if is_next_month => written::day(number, fields),
            2 if fields.year.is_none() && (has_month && (has_day || number > 31) || fields.era.is_some()) => {
                fields.year = Some(Year::Typed(number, 2));
            }
            0..=2 if has_month && !has_day && fields.has_english_month => written::day(number, fields),
            0..=2 => fields.loose.push((number, digits)),
            _ => fields.forbid(Why::NoSuchDay),
        }
    }

    /// Numbers that nothing explained: an hour of the part of the day that was said, or a date with blanks between.
    fn settle(&mut self) {
        let fields = &mut self.fields;
        let loose = std::mem::take(&mut fields.loose);
        match (loose.as_slice(), fields.part, fields.clock) {
            ([], ..) => {}
            ([(hour, _)], Some(_), None) => {
                fields.clock = Some(Clock {
                    hour: Hour::Bare(*hour),
                    minute: 0,
                });
            }
            ([day, month], ..) if !fields.has_day_but_year() && fields.year.is_some() => {
                written::day(day.0, fields);
                written::month(month.0, fields);
            }
            ([day, month, year], ..) if !fields.has_day() => written::triple([*day, *month, *year], fields),
            ([(day, _)], ..) if fields.day.is_none() && fields.month.is_some() && fields.year.is_some() => {
                written::day(*day, fields)
            }
            ([(day, _)], ..) if fields.day.is_none() => {
                fields.maybe_day = Some(*day);
                fields.is_vague = true;
            }
            _ => fields.is_vague = true,
        }
    }
}
