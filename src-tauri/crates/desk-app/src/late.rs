//! What is written down after its day (rule L10), and months whose books are closed.

use chrono::{DateTime, Days, NaiveDate, NaiveTime};
use desk_cache::{
    CacheError,
    change::late::{FREE_DAYS, check},
    open::Reader,
    query::{clinic, payment::Payment, policy},
};
use desk_core::{
    day::{self, Tz},
    loyalty,
};

use crate::error::{AppError, Code};

/// A typed day, as the window sends it.
pub(crate) fn day(text: &str) -> Result<NaiveDate, AppError> {
    text.parse().map_err(|_| Code::DateOutOfRange.into())
}

/// When a payment counts from.
pub(crate) struct From {
    /// Microseconds since 1970.
    pub(crate) at: i64,
    /// So long ago that it needs a manager and a reason.
    pub(crate) is_long_ago: bool,
}

/// From noon of the day that was typed, else from now.
pub(crate) fn counts_from(reader: &Reader<'_>, paid_on: Option<NaiveDate>, now: i64) -> Result<From, CacheError> {
    let Some(paid) = paid_on else {
        return Ok(From {
            at: now,
            is_long_ago: false,
        });
    };
    let today = policy::day_of(reader, now)?;
    check(reader, paid, today)?;
    let noon = NaiveTime::from_hms_opt(12, 0, 0).unwrap_or(NaiveTime::MIN);
    let free = today.checked_sub_days(Days::new(FREE_DAYS)).unwrap_or(today);
    Ok(From {
        at: day::instant(paid, noon, clinic::zone(reader)?)
            .timestamp_micros()
            .min(now),
        is_long_ago: paid < free,
    })
}

/// The last day of points that count from a moment on.
pub(crate) fn points_end(reader: &Reader<'_>, from: i64) -> Result<Option<String>, CacheError> {
    let zone = clinic::zone(reader)?;
    let end = loyalty::ends_at(from, policy::at(reader, from)?.months, zone);
    Ok(end.map(|end| shown(end, zone).to_string()))
}

/// When it was written down, where that was on a later day.
pub(crate) fn posted(paid: &Payment, zone: Tz) -> Option<i64> {
    paid.posted_at
        .filter(|posted| shown(*posted, zone) > shown(paid.at, zone))
}

fn shown(at: i64, zone: Tz) -> NaiveDate {
    day::date(DateTime::from_timestamp_micros(at).unwrap_or_default(), zone)
}
