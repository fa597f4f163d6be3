//! Opening time: how long the clinic was open between two instants, and when so much of it will have passed. The clock of a lead, its
//! escalation and what a row says of both come from here; `desk.open_spans` in PostgreSQL says the same. It knows no clock.

mod week;

use std::collections::BTreeSet;

use chrono::{DateTime, Datelike as _, Days, NaiveDate, NaiveTime, TimeDelta, Utc};
use serde_json::Value as Json;

pub use week::{USUAL_WEEK, day_text, with_day};

use crate::day::{self, Tz};

/// The days of [`Hours::read`], Monday first.
pub const WEEK: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
/// How far [`Hours::after`] looks. A clinic that does not open within it has closed for good.
const FARTHEST: u64 = 400;
/// Minutes of a day; also its end, `24:00`.
const DAY: u32 = 24 * 60;

/// From when until when, in minutes of the day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Span {
    from: u32,
    to: u32,
}

/// When a clinic is open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hours {
    zone: Tz,
    week: [Vec<Span>; 7],
    closed: BTreeSet<NaiveDate>,
}

/// How a running clock stands at an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clock {
    /// Opening time that has passed.
    pub elapsed: TimeDelta,
    /// Whether it runs now: the clinic is open.
    pub is_running: bool,
    /// When it stops or goes on; none when the clinic does not open any more.
    pub turns_at: Option<DateTime<Utc>>,
}

impl Hours {
    /// Every day from nine to eight, which is what the web system assumes of a new clinic.
    pub fn usual(zone: Tz) -> Self {
        let usual = Span {
            from: 9 * 60,
            to: 20 * 60,
        };
        Self {
            zone,
            week: std::array::from_fn(|_| vec![usual]),
            closed: BTreeSet::new(),
        }
    }

    /// The hours of a document like `{"mon": [["09:00", "12:00"], ["13:00", "20:00"]], "sun": []}`. A day that is missing is closed; a span ends
    /// at `24:00` at the latest, and what passes midnight is two spans. None when it is not such a document.
    pub fn read(document: &str, zone: Tz) -> Option<Self> {
        let Json::Object(days) = serde_json::from_str(document).ok()? else {
            return None;
        };
        if days.keys().any(|name| !WEEK.contains(&name.as_str())) {
            return None;
        }
        let mut week: [Vec<Span>; 7] = Default::default();
        for (name, spans) in WEEK.iter().zip(&mut week) {
            *spans = days.get(*name).map_or(Some(vec![]), day_of)?;
        }
        Some(Self {
            zone,
            week,
            closed: BTreeSet::new(),
        })
    }

    /// The same hours, but closed on these days.
    #[must_use]
    pub fn but_closed(mut self, days: impl IntoIterator<Item = NaiveDate>) -> Self {
        self.closed.extend(days);
        self
    }

    /// How long it was open between two instants; nothing when the second is the earlier one.
    pub fn between(&self, from: DateTime<Utc>, to: DateTime<Utc>) -> TimeDelta {
        let spans = self.spans(self.around(from, -1), self.around(to, 1));
        let overlap = |(opens, closes): (DateTime<Utc>, DateTime<Utc>)| closes.min(to) - opens.max(from);
        spans
            .map(overlap)
            .filter(|time| *time > TimeDelta::zero())
            .fold(TimeDelta::zero(), |sum, time| sum + time)
    }

    /// The first instant by which it has been open for so long since `from`; none when that takes more than a year.
    pub fn after(&self, from: DateTime<Utc>, long: TimeDelta) -> Option<DateTime<Utc>> {
        if long <= TimeDelta::zero() {
            return Some(from);
        }
        let mut left = long;
        for (opens, closes) in self.ahead(from) {
            let here = closes - opens.max(from);
            if here >= left {
                return Some(opens.max(from) + left);
            }
            left -= here.max(TimeDelta::zero());
        }
        None
    }

    /// How a clock that was started at `since` stands at `now`.
    pub fn clock(&self, since: DateTime<Utc>, now: DateTime<Utc>) -> Clock {
        let is_open = |(opens, _): &(DateTime<Utc>, DateTime<Utc>)| *opens <= now;
        let next = self.ahead(now).find(|(_, closes)| *closes > now);
        let is_running = next.as_ref().is_some_and(is_open);
        Clock {
            elapsed: self.between(since, now),
            is_running,
            turns_at: next.map(|(opens, closes)| if is_running { closes } else { opens }),
        }
    }

    fn ahead(&self, from: DateTime<Utc>) -> impl Iterator<Item = (DateTime<Utc>, DateTime<Utc>)> + '_ {
        let first = self.around(from, -1);
        let last = first.checked_add_days(Days::new(FARTHEST)).unwrap_or(first);
        self.spans(first, last).filter(move |(_, closes)| *closes > from)
    }

    /// The day in the clinic's zone, and some days on: where clocks are put back over midnight a day's hours can reach into another day.
    fn around(&self, at: DateTime<Utc>, days: i64) -> NaiveDate {
        let here = day::date(at, self.zone);
        here.checked_add_signed(TimeDelta::days(days)).unwrap_or(here)
    }

    fn spans(&self, first: NaiveDate, last: NaiveDate) -> impl Iterator<Item = (DateTime<Utc>, DateTime<Utc>)> + '_ {
        let days = first.iter_days().take_while(move |day| *day <= last);
        let open = days.filter(|day| !self.closed.contains(day));
        open.flat_map(move |day| {
            let number = day.weekday().num_days_from_monday() as usize;
            let spans = self.week.get(number).into_iter().flatten();
            spans.map(move |span| (self.instant(day, span.from), self.instant(day, span.to)))
        })
    }

    fn instant(&self, on: NaiveDate, minute: u32) -> DateTime<Utc> {
        let midnight = || on.succ_opt().map(|next| (next, NaiveTime::MIN));
        let time = NaiveTime::from_num_seconds_from_midnight_opt(minute * 60, 0).map(|time| (on, time));
        let (on, time) = time.or_else(midnight).unwrap_or((on, NaiveTime::MIN));
        day::instant(on, time, self.zone)
    }
}

/// The spans of one day, in order and apart.
fn day_of(spans: &Json) -> Option<Vec<Span>> {
    let spans: Vec<Span> = spans.as_array()?.iter().map(span).collect::<Option<_>>()?;
    let in_order = spans.windows(2).all(|pair| match pair {
        [one, next] => one.to < next.from,
        _ => true,
    });
    (in_order && spans.len() <= 4).then_some(spans)
}

fn span(pair: &Json) -> Option<Span> {
    let [from, to] = pair.as_array()?.as_slice() else {
        return None;
    };
    let span = Span {
        from: minute(from.as_str()?)?,
        to: minute(to.as_str()?)?,
    };
    (span.from < span.to).then_some(span)
}

/// `HH:MM` as minutes since midnight, up to `24:00`.
fn minute(text: &str) -> Option<u32> {
    let (hour, minute) = text.split_once(':')?;
    let is_number = |part: &str| part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
    let (hour, minute): (u32, u32) = (is_number(hour) && is_number(minute))
        .then(|| Some((hour.parse().ok()?, minute.parse().ok()?)))
        .flatten()?;
    let sum = hour * 60 + minute;
    (minute < 60 && sum <= DAY).then_some(sum)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const WEEKDAYS: &str = r#"{"mon":[["09:00","20:00"]],"tue":[["09:00","20:00"]],"wed":[["09:00","20:00"]],
        "thu":[["09:00","12:00"],["13:00","20:00"]],"fri":[["09:00","24:00"]],"sat":[["00:00","02:00"],["10:00","16:00"]],"sun":[]}"#;

    fn at(text: &str) -> DateTime<Utc> {
        DateTime::parse_from_rfc3339(text).unwrap().with_timezone(&Utc)
    }

    fn bangkok(text: &str) -> DateTime<Utc> {
        at(&format!("{text}:00+07:00"))
    }

    fn hours() -> Hours {
        Hours::read(WEEKDAYS, day::USUAL_ZONE).unwrap()
    }

    fn minutes(from: &str, to: &str) -> i64 {
        hours().between(bangkok(from), bangkok(to)).num_minutes()
    }

    #[test]
    fn the_clock_stands_still_while_the_clinic_is_closed() {
        // Thursday 1 October 2026.
        assert_eq!(minutes("2026-10-01T10:12", "2026-10-01T10:24"), 12);
        assert_eq!(minutes("2026-10-01T11:55", "2026-10-01T13:05"), 10, "over lunch");
        assert_eq!(minutes("2026-10-01T19:58", "2026-10-02T09:03"), 5, "over night");
        assert_eq!(minutes("2026-10-02T23:50", "2026-10-03T00:10"), 20, "past midnight");
        assert_eq!(minutes("2026-10-03T15:50", "2026-10-05T09:10"), 20, "over a Sunday");
        assert_eq!(minutes("2026-10-01T10:24", "2026-10-01T10:12"), 0, "backwards");
    }

    #[test]
    fn a_closed_day_counts_nothing_and_an_open_holiday_counts() {
        let (from, to) = (bangkok("2026-12-04T23:59"), bangkok("2026-12-07T09:02"));
        assert_eq!(hours().between(from, to).num_minutes(), 1 + 120 + 360 + 2);
        let closed = hours().but_closed(["2026-12-05".parse().unwrap()]);
        assert_eq!(closed.between(from, to).num_minutes(), 1 + 2);
    }

    #[test]
    fn what_becomes_due_after_closing_becomes_due_in_the_morning() {
        let after = |from: &str, minutes| hours().after(bangkok(from), TimeDelta::minutes(minutes)).unwrap();
        assert_eq!(after("2026-10-01T19:57", 5), bangkok("2026-10-02T09:02"));
        assert_eq!(after("2026-10-03T15:57", 5), bangkok("2026-10-05T09:02"));
        assert_eq!(after("2026-10-01T19:55", 5), bangkok("2026-10-01T20:00"), "just still");
        assert_eq!(after("2026-10-01T03:00", 0), bangkok("2026-10-01T03:00"));
        let never = Hours::read("{}", day::USUAL_ZONE).unwrap();
        assert_eq!(never.after(bangkok("2026-10-01T10:00"), TimeDelta::minutes(5)), None);
        assert_eq!(
            never
                .clock(bangkok("2026-10-01T10:00"), bangkok("2026-10-02T10:00"))
                .turns_at,
            None
        );
    }

    #[test]
    fn a_clock_says_whether_it_runs_and_until_when() {
        let clock = |now: &str| hours().clock(bangkok("2026-10-01T19:50"), bangkok(now));
        let running = clock("2026-10-01T19:58");
        assert_eq!((running.elapsed.num_minutes(), running.is_running), (8, true));
        assert_eq!(running.turns_at, Some(bangkok("2026-10-01T20:00")));
        let still = clock("2026-10-01T20:00");
        assert_eq!((still.elapsed.num_minutes(), still.is_running), (10, false));
        assert_eq!(still.turns_at, Some(bangkok("2026-10-02T09:00")));
    }

    #[test]
    fn an_hour_that_clocks_skip_or_repeat_is_counted_as_it_passes() {
        let berlin = day::zone("Europe/Berlin").unwrap();
        let night = Hours::read(r#"{"sun":[["01:00","04:00"]]}"#, berlin).unwrap();
        let whole = |from: &str, to: &str| night.between(at(from), at(to)).num_minutes();
        assert_eq!(whole("2026-03-28T12:00:00Z", "2026-03-29T12:00:00Z"), 120, "spring");
        assert_eq!(whole("2026-10-24T12:00:00Z", "2026-10-25T12:00:00Z"), 240, "autumn");
    }

    #[test]
    fn what_is_no_table_of_hours_is_refused() {
        for wrong in [
            "",
            "[]",
            r#"{"Mon":[]}"#,
            r#"{"mon":["09:00","20:00"]}"#,
            r#"{"mon":[["20:00","09:00"]]}"#,
            r#"{"mon":[["09:00","24:01"]]}"#,
            r#"{"mon":[["9:00","20:00"]]}"#,
            r#"{"mon":[["09:00","13:00"],["13:00","20:00"]]}"#,
            r#"{"mon":[["09:60","20:00"]]}"#,
            r#"{"mon":[["+9:00","20:00"]]}"#,
            r#"{"mon":null}"#,
        ] {
            assert_eq!(Hours::read(wrong, day::USUAL_ZONE), None, "{wrong}");
        }
        let all = r#"{"mon":[["09:00","20:00"]],"tue":[["09:00","20:00"]],"wed":[["09:00","20:00"]],"thu":[["09:00","20:00"]],
            "fri":[["09:00","20:00"]],"sat":[["09:00","20:00"]],"sun":[["09:00","20:00"]]}"#;
        assert_eq!(Hours::read(all, day::USUAL_ZONE), Some(Hours::usual(day::USUAL_ZONE)));
    }

    proptest! {
        #[test]
        fn after_and_between_are_two_sides_of_one_thing(start in 0_i64..200_000_000, minutes in 1_i64..3_000) {
            let from = DateTime::from_timestamp(1_735_689_600 + start, 0).unwrap();
            let long = TimeDelta::minutes(minutes);
            let due = hours().after(from, long).unwrap();
            prop_assert_eq!(hours().between(from, due), long);
            prop_assert!(hours().between(from, due - TimeDelta::seconds(1)) < long, "it is the first such instant");
        }

        #[test]
        fn time_adds_up_and_never_runs_back(start in 0_i64..100_000_000, one in 0_i64..2_000_000, two in 0_i64..2_000_000) {
            let from = DateTime::from_timestamp(1_735_689_600 + start, 0).unwrap();
            let (middle, to) = (from + TimeDelta::seconds(one), from + TimeDelta::seconds(one + two));
            let hours = hours();
            prop_assert_eq!(hours.between(from, middle) + hours.between(middle, to), hours.between(from, to));
            prop_assert!(hours.between(from, to) <= to - from);
        }
    }
}
