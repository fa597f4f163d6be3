//! Times as people type them, as instants of the clinic's clock. A day without an hour is when the clinic opens on it; what could be several things is asked.

use std::sync::Arc;

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc};
use desk_cache::query::clinic;
use desk_core::{
    day::{self, Tz},
    moment::{self, Context, Moment, Why},
    opening::Hours,
};

use crate::{
    api::call::{MomentRead, TypedTime, Understood, Wanted},
    desk::Desk,
    error::{AppError, Code},
};

impl Desk {
    /// What a typed time means: one that a thing can still be put off to, a day, or an hour of one.
    ///
    /// # Errors
    /// `locked`, `date_out_of_range` (field `day`).
    pub async fn moment_read(self: &Arc<Self>, request: MomentRead) -> Result<Understood, AppError> {
        let (now, zone) = (self.now(), self.zone());
        let hours = self.read(|reader| clinic::hours(reader)).await?;
        let clock = Clock {
            now,
            zone,
            hours: &hours,
        };
        Ok(match request.wants {
            Wanted::Ahead => understood(&request.text, &clock),
            Wanted::Day => clock.day(&request.text),
            Wanted::Hour { day } => clock.hour(&request.text, day_named(&day)?),
        })
    }
}

fn understood(text: &str, clock: &Clock<'_>) -> Understood {
    let here = clock.here();
    match moment::read(text, here, Context::Booking) {
        Moment::Invalid(why) => refused(word(why)),
        Moment::Ambiguous(options) => asked(options.iter().filter_map(|option| clock.ahead(option)).collect()),
        Moment::Days(first, _) => asked(clock.ahead(&Moment::Date(first)).into_iter().collect()),
        Moment::Times(from, _) => asked(clock.ahead(&Moment::At(from)).into_iter().collect()),
        certain @ (Moment::Date(_) | Moment::At(_)) => clock.certain(&certain, here.date()),
    }
}

struct Clock<'a> {
    now: DateTime<Utc>,
    zone: Tz,
    hours: &'a Hours,
}

impl Clock<'_> {
    fn here(&self) -> NaiveDateTime {
        self.now.with_timezone(&self.zone).naive_local()
    }

    /// A day alone; beside it no hour may be said, which would be lost.
    fn day(&self, text: &str) -> Understood {
        let shown = |date: NaiveDate| TypedTime {
            at: self.opens(date).timestamp_millis(),
            is_day_only: true,
        };
        match moment::read(text, self.here(), Context::Booking) {
            Moment::Date(date) => Understood::Certain { time: shown(date) },
            Moment::Days(first, _) => asked(vec![shown(first)]),
            Moment::Ambiguous(options) => asked(options.iter().filter_map(date_of).map(shown).collect()),
            Moment::At(_) | Moment::Times(..) => refused(word(Why::NotUnderstood)),
            Moment::Invalid(why) => refused(word(why)),
        }
    }

    /// An hour of a day. What depends on when it is said, `in two hours`, is no hour of another day.
    fn hour(&self, text: &str, day: NaiveDate) -> Understood {
        let midnight = day.and_time(NaiveTime::MIN);
        let read = |said_at| moment::read(text, said_at, Context::Booking);
        let said = read(midnight);
        if said != read(midnight + TimeDelta::minutes(1)) {
            return refused(word(Why::NotUnderstood));
        }
        let on_day = |moment: &Moment| match moment {
            Moment::At(at) | Moment::Times(at, _) if at.date() == day => Some(TypedTime {
                at: self.instant(*at).timestamp_millis(),
                is_day_only: false,
            }),
            _ => None,
        };
        match &said {
            Moment::Invalid(why) => refused(word(*why)),
            Moment::Ambiguous(options) => asked(options.iter().filter_map(on_day).collect()),
            Moment::Times(..) => asked(on_day(&said).into_iter().collect()),
            Moment::At(_) | Moment::Date(_) | Moment::Days(..) => match on_day(&said) {
                Some(time) => Understood::Certain { time },
                None => refused(word(Why::NotUnderstood)),
            },
        }
    }

    fn certain(&self, moment: &Moment, today: NaiveDate) -> Understood {
        match self.ahead(moment) {
            Some(time) => Understood::Certain { time },
            // Today without an hour has begun already; which hour is meant is not known.
            None if *moment == Moment::Date(today) => asked(vec![]),
            None => refused("past"),
        }
    }

    /// The instant, unless it has passed.
    fn ahead(&self, moment: &Moment) -> Option<TypedTime> {
        let (at, is_day_only) = match moment {
            Moment::Date(date) | Moment::Days(date, _) => (self.opens(*date), true),
            Moment::At(at) | Moment::Times(at, _) => (self.instant(*at), false),
            Moment::Ambiguous(_) | Moment::Invalid(_) => return None,
        };
        (at > self.now).then(|| TypedTime {
            at: at.timestamp_millis(),
            is_day_only,
        })
    }

    fn instant(&self, at: NaiveDateTime) -> DateTime<Utc> {
        day::instant(at.date(), at.time(), self.zone)
    }

    /// When the clinic opens on a day; on one on which it stays closed, when it usually does.
    fn opens(&self, date: NaiveDate) -> DateTime<Utc> {
        let midnight = day::instant(date, NaiveTime::MIN, self.zone);
        let turns = self.hours.clock(midnight, midnight).turns_at;
        let opens = turns.filter(|at| day::date(*at, self.zone) == date);
        opens.unwrap_or(midnight + TimeDelta::hours(USUAL_OPENING))
    }
}

/// The hour at which a day is taken to begin where the clinic does not say.
const USUAL_OPENING: i64 = 9;

fn day_named(day: &str) -> Result<NaiveDate, AppError> {
    day.parse()
        .map_err(|_| AppError::new(Code::DateOutOfRange).with("field", "day"))
}

fn date_of(moment: &Moment) -> Option<NaiveDate> {
    match moment {
        Moment::Date(date) | Moment::Days(date, _) => Some(*date),
        Moment::At(_) | Moment::Times(..) | Moment::Ambiguous(_) | Moment::Invalid(_) => None,
    }
}

fn asked(times: Vec<TypedTime>) -> Understood {
    Understood::Ask { times }
}

fn refused(why: &str) -> Understood {
    Understood::Refused { why: why.into() }
}

fn word(why: Why) -> &'static str {
    match why {
        Why::NotUnderstood => "not_understood",
        Why::NoSuchDay | Why::NoBirth => "no_such_day",
        Why::NoSuchTime => "no_such_time",
        Why::OtherWeekday => "other_weekday",
        Why::Backwards => "backwards",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        DateTime::parse_from_rfc3339(&format!("{text}:00+07:00"))
            .unwrap()
            .with_timezone(&Utc)
    }

    fn read(text: &str) -> Understood {
        let hours = Hours::usual(day::USUAL_ZONE).but_closed(["2026-10-10".parse().unwrap()]);
        let clock = Clock {
            now: at("2026-10-01T10:00"),
            zone: day::USUAL_ZONE,
            hours: &hours,
        };
        understood(text, &clock)
    }

    fn read_as(text: &str, wants: Option<&str>) -> Understood {
        let hours = Hours::usual(day::USUAL_ZONE);
        let clock = Clock {
            now: at("2026-10-01T10:00"),
            zone: day::USUAL_ZONE,
            hours: &hours,
        };
        match wants {
            None => clock.day(text),
            Some(day) => clock.hour(text, day.parse().unwrap()),
        }
    }

    #[test]
    fn a_day_is_read_alone_and_today_is_one_although_it_has_begun() {
        let dated = |day: &str| vec![at(&format!("{day}T09:00")).timestamp_millis()];
        for text in ["1/12/69", "1 ธ.ค. 69", "1 ธันวาคม 2569", "1 Dec 2026"] {
            assert_eq!(times(read_as(text, None)), dated("2026-12-01"), "{text}");
        }
        assert_eq!(times(read_as("พรุ่งนี้", None)), dated("2026-10-02"));
        assert_eq!(times(read_as("วันนี้", None)), dated("2026-10-01"));
        assert!(
            matches!(read_as("พรุ่งนี้บ่ายสอง", None), Understood::Refused { .. }),
            "its hour would be lost"
        );
        assert!(matches!(read_as("31/9", None), Understood::Refused { .. }));
    }

    #[test]
    fn an_hour_is_read_on_its_day_and_nothing_that_moves_with_the_clock() {
        for text in ["บ่ายสอง", "2pm", "14.00 น.", "บ่าย 2 โมง"] {
            let read = read_as(text, Some("2026-12-01"));
            assert!(matches!(read, Understood::Certain { .. }), "{text}");
            assert_eq!(times(read), [at("2026-12-01T14:00").timestamp_millis()], "{text}");
        }
        for text in ["อีก 2 ชั่วโมง", "พรุ่งนี้บ่ายสอง", "สวัสดี", "25:00"]
        {
            let read = read_as(text, Some("2026-12-01"));
            assert!(matches!(read, Understood::Refused { .. }), "{text} {read:?}");
        }
    }

    fn times(understood: Understood) -> Vec<i64> {
        match understood {
            Understood::Certain { time } => vec![time.at],
            Understood::Ask { times } => times.iter().map(|time| time.at).collect(),
            Understood::Refused { why } => panic!("{why}"),
        }
    }

    #[test]
    fn tomorrow_at_two_is_certain_and_next_saturday_is_asked() {
        assert!(matches!(read("พรุ่งนี้บ่ายสอง"), Understood::Certain { .. }));
        assert_eq!(times(read("พรุ่งนี้บ่ายสอง")), [at("2026-10-02T14:00").timestamp_millis()]);
        assert_eq!(times(read("พรุ่งนี้")), [at("2026-10-02T09:00").timestamp_millis()]);
        let saturday = read("เสาร์หน้าบ่ายสอง");
        assert!(matches!(saturday, Understood::Ask { .. }));
        assert_eq!(
            times(saturday),
            [
                at("2026-10-10T14:00").timestamp_millis(),
                at("2026-10-03T14:00").timestamp_millis()
            ]
        );
    }

    #[test]
    fn what_has_passed_is_refused_and_not_offered() {
        let why = |text: &str| match read(text) {
            Understood::Refused { why } => why,
            other => panic!("{other:?}"),
        };
        assert_eq!(why("เมื่อวาน"), "past");
        assert_eq!(why("วันนี้ 8.00 น."), "past");
        assert_eq!(why("31/9"), "no_such_day");
        assert_eq!(why("สวัสดีค่ะ"), "not_understood");
        assert_eq!(times(read("วันนี้")), [0_i64; 0]);
        assert_eq!(times(read("สัปดาห์หน้า")), [at("2026-10-05T09:00").timestamp_millis()]);
    }

    #[test]
    fn a_closed_day_begins_at_nine() {
        assert_eq!(times(read("วันที่ 10")), [at("2026-10-10T09:00").timestamp_millis()]);
    }
}
