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
    api::call::{MomentRead, TypedTime, Understood},
    desk::Desk,
    error::AppError,
};

impl Desk {
    /// What a typed time means, if a thing can still be put off to it.
    ///
    /// # Errors
    /// `locked`.
    pub async fn moment_read(self: &Arc<Self>, request: MomentRead) -> Result<Understood, AppError> {
        let (now, zone) = (self.now(), self.zone());
        let hours = self.read(|reader| clinic::hours(reader)).await?;
        Ok(understood(&request.text, now, zone, &hours))
    }
}

fn understood(text: &str, now: DateTime<Utc>, zone: Tz, hours: &Hours) -> Understood {
    let here = now.with_timezone(&zone).naive_local();
    let clock = Clock { now, zone, hours };
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
        understood(text, at("2026-10-01T10:00"), day::USUAL_ZONE, &hours)
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
