//! Opening time is counted twice: in PostgreSQL for due times and in `desk-core` for the clocks on the screen. Both must say the same, whatever
//! the hours, the closed days and the zone.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)] // a test ends where it is surprised

mod clinic_support;

use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};
use clinic_support::{A, DB, admin, migrated};
use desk_core::{
    day,
    opening::{Hours, WEEK},
};
use desk_tests::{harness::pg::PgCluster, simulate::chance::Chance};
use serde_json::{Map, Value as Json, json};
use sqlx::PgConnection;

/// Clocks change in March, in October, at midnight, by half an hour, never; and one that nobody knows.
const ZONES: [&str; 7] = [
    "Asia/Bangkok",
    "Europe/Berlin",
    "America/Santiago",
    "Africa/Cairo",
    "Australia/Lord_Howe",
    "America/Havana",
    "Asia/Ari",
];
/// Tables of hours, and questions about each.
const TABLES: usize = 70;
const QUESTIONS: usize = 60;

fn time(quarter: i64) -> String {
    format!("{:02}:{:02}", quarter / 4, quarter % 4 * 15)
}

/// Up to three spans of a day, in order and apart, by quarters of an hour.
fn spans(chance: &mut Chance) -> Json {
    let (mut spans, mut from) = (vec![], chance.between(0, 60));
    for _ in 0..chance.between(0, 3) {
        let to = from + chance.between(1, 40);
        if to > 96 {
            break;
        }
        spans.push(json!([time(from), time(to)]));
        from = to + chance.between(1, 12);
    }
    Json::Array(spans)
}

fn week(chance: &mut Chance) -> Json {
    let days = WEEK.iter().filter_map(|name| {
        let has_it = chance.below(6) > 0;
        has_it.then(|| ((*name).to_owned(), spans(chance)))
    });
    Json::Object(days.collect::<Map<_, _>>())
}

/// The days around which something is asked: most of them near a change of clocks.
fn some_day(chance: &mut Chance) -> NaiveDate {
    let first = NaiveDate::from_ymd_opt(i32::try_from(chance.between(2015, 2025)).unwrap(), 3, 1).unwrap();
    let near_a_change = chance.between(0, 40) + [0, 210][chance.below(2)];
    let anywhere = chance.between(0, 300);
    let ahead = if chance.below(3) > 0 { near_a_change } else { anywhere };
    first + Days::new(u64::try_from(ahead).unwrap())
}

fn some_instant(chance: &mut Chance) -> DateTime<Utc> {
    let midnight = some_day(chance).and_hms_opt(0, 0, 0).unwrap().and_utc();
    midnight + TimeDelta::seconds(chance.between(0, 86_399)) + TimeDelta::microseconds(chance.between(0, 1) * 123_457)
}

fn closed_days(chance: &mut Chance) -> Vec<NaiveDate> {
    (0..chance.between(0, 30)).map(|_| some_day(chance)).collect()
}

/// Writes hours into the clinic, and reads them as a desk does.
fn set_hours(pg: &PgCluster, chance: &mut Chance) -> Hours {
    let (zone, hours, closed) = (ZONES[chance.below(ZONES.len())], week(chance), closed_days(chance));
    let values: Vec<String> = closed.iter().map(|day| format!("('{A}', '{day}')")).collect();
    let insert = match values.is_empty() {
        true => String::new(),
        false => format!(
            "insert into desk.closed_day (clinic_id, day) values {} on conflict do nothing",
            values.join(", ")
        ),
    };
    pg.psql(DB, &format!("delete from desk.closed_day; update desk.clinic set timezone = '{zone}', opening = '{hours}' where clinic_id = '{A}'; {insert}"));
    let zone = day::zone(zone).unwrap_or(day::USUAL_ZONE);
    Hours::read(&hours.to_string(), zone).unwrap().but_closed(closed)
}

/// Microseconds of opening time between two instants, and when so many minutes of it have passed, as the database counts them.
async fn asked(
    conn: &mut PgConnection,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
    minutes: i32,
) -> (i64, Option<DateTime<Utc>>) {
    let sql = format!(
        "select round(desk.opening_minutes('{A}', $1, $2) * 60000000)::int8, desk.opening_after('{A}', $1, $3)"
    );
    let row = sqlx::query_as(sqlx::AssertSqlSafe(sql))
        .bind(from)
        .bind(to)
        .bind(minutes);
    row.fetch_one(conn).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_database_and_the_desks_count_the_same_opening_time() {
    let pg = migrated().await;
    let (mut conn, mut chance) = (admin(&pg).await, Chance::new(20_261_128));
    let (mut some_time, mut never) = (0, 0);
    for table in 0..TABLES {
        let hours = set_hours(&pg, &mut chance);
        for _ in 0..QUESTIONS {
            let from = some_instant(&mut chance);
            let to = from + TimeDelta::minutes(chance.between(-100, 9_000));
            let minutes = i32::try_from(chance.between(0, 2_000)).unwrap();
            let (passed, due) = asked(&mut conn, from, to, minutes).await;
            let here = hours.between(from, to).num_microseconds().unwrap();
            assert_eq!(passed, here, "table {table}: {hours:?} from {from} to {to}");
            let after = hours.after(from, TimeDelta::minutes(minutes.into()));
            assert_eq!(due, after, "table {table}: {hours:?} {minutes} minutes after {from}");
            some_time += usize::from(passed > 0);
            never += usize::from(due.is_none());
        }
    }
    let all = TABLES * QUESTIONS;
    assert!(
        some_time > all / 3,
        "only {some_time} of {all} questions were about opening time"
    );
    println!("{all} questions, {some_time} with opening time, {never} about clinics that never open");
}

#[tokio::test(flavor = "multi_thread")]
async fn hours_that_no_desk_could_read_are_refused() {
    let pg = migrated().await;
    for hours in [
        r"[]",
        r#""""#,
        r#"{"Mon":[]}"#,
        r#"{"mon":["09:00","20:00"]}"#,
        r#"{"mon":[["20:00","09:00"]]}"#,
        r#"{"mon":[["09:00","24:01"]]}"#,
        r#"{"mon":[["9:00","20:00"]]}"#,
        r#"{"mon":[["09:00","13:00"],["13:00","20:00"]]}"#,
        r#"{"mon":[["09:00",null]]}"#,
        r#"{"mon":[[1,2]]}"#,
        r#"{"mon":null}"#,
        r#"{"mon":[["00:00","01:00"],["02:00","03:00"],["04:00","05:00"],["06:00","07:00"],["08:00","09:00"]]}"#,
    ] {
        assert_eq!(Hours::read(hours, day::USUAL_ZONE), None, "{hours}");
        let accepted = pg.psql(DB, &format!("select desk.is_opening('{hours}')"));
        assert_eq!(accepted, "f", "{hours}");
    }
    let given = pg.psql(DB, &format!("select opening from desk.clinic where clinic_id = '{A}'"));
    assert_eq!(
        Hours::read(&given, day::USUAL_ZONE),
        Some(Hours::usual(day::USUAL_ZONE))
    );
}
