//! The clinic's day: which zone it is in, and when a time of its clock comes. It knows no clock: the instant is given.

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, TimeZone as _, Timelike as _, Utc};
pub use chrono_tz::Tz;

/// The zone of a clinic that names none, or one that nobody knows: most are in Thailand.
pub const USUAL_ZONE: Tz = Tz::Asia__Bangkok;

/// The zone with this name of the IANA database, for example `Asia/Bangkok`.
pub fn zone(name: &str) -> Option<Tz> {
    name.parse().ok()
}

/// The day in a zone at an instant.
pub fn date(at: DateTime<Utc>, zone: Tz) -> NaiveDate {
    at.with_timezone(&zone).date_naive()
}

/// The minute of the day in a zone at an instant.
pub fn minute(at: DateTime<Utc>, zone: Tz) -> u32 {
    let here = at.with_timezone(&zone);
    here.hour() * 60 + here.minute()
}

/// When the clocks of a zone show this time on this day; where they skip it, the first time that they show after.
pub fn instant(day: NaiveDate, time: NaiveTime, zone: Tz) -> DateTime<Utc> {
    // Clocks change by quarters of an hour, and once by a whole day (Samoa, 2011).
    const QUARTERS: i32 = 2 * 96;
    let shown = |quarter| {
        let time = day.and_time(time) + TimeDelta::minutes(15) * quarter;
        zone.from_local_datetime(&time).earliest()
    };
    (0..QUARTERS)
        .find_map(shown)
        .map_or_else(|| day.and_time(time).and_utc(), |at| at.with_timezone(&Utc))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utc(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn midnight(name: &str, day: &str) -> DateTime<Utc> {
        instant(day.parse().unwrap(), NaiveTime::MIN, zone(name).unwrap())
    }

    #[test]
    fn the_same_instant_is_another_day_elsewhere() {
        let at = utc("2026-10-01T17:30:00Z");
        let in_zone = |name: &str| {
            (
                date(at, zone(name).unwrap()).to_string(),
                minute(at, zone(name).unwrap()),
            )
        };
        assert_eq!(in_zone("Asia/Bangkok"), ("2026-10-02".into(), 30));
        assert_eq!(in_zone("Europe/London"), ("2026-10-01".into(), 18 * 60 + 30));
        assert_eq!(in_zone("Asia/Kathmandu"), ("2026-10-01".into(), 23 * 60 + 15));
    }

    #[test]
    fn a_day_begins_also_where_clocks_skip_its_midnight_or_show_it_twice() {
        assert_eq!(midnight("Asia/Bangkok", "2026-10-01"), utc("2026-09-30T17:00:00Z"));
        // Summer time begins at midnight in Cairo: the day begins at one.
        assert_eq!(midnight("Africa/Cairo", "2026-04-24"), utc("2026-04-23T22:00:00Z"));
        // It ends at one in Havana: midnight comes twice, and the first begins the day.
        assert_eq!(midnight("America/Havana", "2026-11-01"), utc("2026-11-01T04:00:00Z"));
        assert_eq!(midnight("Pacific/Apia", "2011-12-30"), utc("2011-12-30T10:00:00Z"));
    }

    #[test]
    fn a_name_nobody_knows_is_no_zone() {
        assert_eq!(zone("Asia/Ari"), None);
        assert_eq!(zone(""), None);
    }
}
