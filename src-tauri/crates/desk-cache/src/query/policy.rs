//! What the clinic promises its members, and what of a customer decides the tier by it.

use chrono::{DateTime, Days, NaiveDate};
use desk_core::{
    day,
    loyalty::{
        Tier,
        policy::{Basis, Bonuses, Policy, in_force},
        standing::year_before,
    },
};
use rusqlite::{Connection, OptionalExtension as _, Row};
use serde_json::Value as Json;
use uuid::Uuid;

use super::{clinic, list};
use crate::error::Result;

/// A version as it was made.
#[derive(Clone, Debug)]
pub struct Version {
    /// Its row.
    pub id: Uuid,
    /// What it says.
    pub policy: Policy,
    /// Why it was made.
    pub reason: Option<String>,
    /// Nickname of who made it; none for the clinic's first one and those of the IT person.
    pub by: Option<String>,
    /// Microseconds since 1970.
    pub made_at: i64,
}

/// All versions, newest first. None in a file that was loaded before there were any.
///
/// # Errors
/// What SQLite says.
pub fn versions(connection: &Connection) -> Result<Vec<Version>> {
    let sql = "SELECT p.id, coalesce(p.version, 0), coalesce(p.starts_at, 0), coalesce(p.basis, ''), coalesce(p.multipliers, ''), coalesce(p.floors, ''),
                      p.months, p.welcome, p.point_satang, p.reason, coalesce(s.nickname, s.display_name), coalesce(p.created_at, 0), coalesce(p.bonuses, ''),
                      coalesce(p.discounts, ''), p.redeem_satang
               FROM loyalty_policy p LEFT JOIN staff s ON s.id = p.made_by ORDER BY p.version DESC";
    list(connection, sql, [], version)
}

fn version(row: &Row<'_>) -> rusqlite::Result<Version> {
    let usual = Policy::default();
    let basis = Basis::from_word(row.get_ref(3)?.as_str()?);
    let [silver, gold, platinum, diamond] = basis.usual_floors();
    let floors: String = row.get(5)?;
    let floor = |tier: Tier, usual: i64| number(&floors, tier).map_or(usual, rounded);
    Ok(Version {
        id: row.get(0)?,
        policy: Policy {
            version: row.get(1)?,
            starts_at: row.get(2)?,
            basis,
            tenths: tenths(row.get_ref(4)?.as_str()?),
            floors: [
                floor(Tier::Silver, silver),
                floor(Tier::Gold, gold),
                floor(Tier::Platinum, platinum),
                floor(Tier::Diamond, diamond),
            ],
            months: row.get::<_, Option<u32>>(6)?.unwrap_or(usual.months),
            welcome: row.get::<_, Option<i64>>(7)?.unwrap_or(usual.welcome),
            point_satang: row.get::<_, Option<i64>>(8)?.unwrap_or(usual.point_satang),
            bonuses: bonuses(row.get_ref(12)?.as_str()?),
            discounts: discounts(row.get_ref(13)?.as_str()?),
            redeem_satang: row.get::<_, Option<i64>>(14)?.unwrap_or(0),
        },
        reason: row.get(9)?,
        by: row.get(10)?,
        made_at: row.get(11)?,
    })
}

/// What a version from before there were any says too.
fn bonuses(document: &str) -> Bonuses {
    let read: Json = serde_json::from_str(document).unwrap_or_default();
    let usual = Bonuses::default();
    let of = |field: &str, usual: i64| read.get(field).and_then(Json::as_i64).unwrap_or(usual);
    Bonuses {
        treatment: of("treatment", usual.treatment),
        review: of("review", usual.review),
        referral: of("referral", usual.referral),
        birthday: of("birthday", usual.birthday),
        check_in: of("check_in", usual.check_in),
    }
}

/// A version from before there were any takes nothing off: its clinic does not know them yet.
fn discounts(document: &str) -> [i64; 5] {
    Tier::ALL.map(|tier| number(document, tier).map_or(0, rounded))
}

fn number(document: &str, tier: Tier) -> Option<f64> {
    let read: Option<Json> = serde_json::from_str(document).ok();
    read.and_then(|read| read.get(tier.word()).and_then(Json::as_f64))
}

#[allow(clippy::cast_possible_truncation)] // multipliers are small numbers with one decimal, floors have nine digits at most
fn rounded(number: f64) -> i64 {
    number.round() as i64
}

fn tenths(multipliers: &str) -> [i64; 5] {
    Tier::ALL.map(|tier| {
        number(multipliers, tier).map_or_else(|| tier.default_multiplier_tenths(), |times| rounded(times * 10.0))
    })
}

/// What counts at a moment, in microseconds since 1970.
///
/// # Errors
/// What SQLite says.
pub fn at(connection: &Connection, at: i64) -> Result<Policy> {
    let all: Vec<Policy> = versions(connection)?
        .into_iter()
        .map(|version| version.policy)
        .collect();
    match in_force(&all, at) {
        Some(policy) => Ok(policy.clone()),
        None => first(connection),
    }
}

/// What the clinic's own row says, in a file without versions.
fn first(connection: &Connection) -> Result<Policy> {
    let own: Option<Option<String>> = connection
        .prepare_cached("SELECT loyalty_multipliers FROM clinic LIMIT 1")?
        .query_row([], |row| row.get(0))
        .optional()?;
    let own = own.flatten().unwrap_or_default();
    Ok(Policy {
        tenths: tenths(&own),
        ..Policy::default()
    })
}

/// What decides a customer's tier on a day of the clinic: points ever earned, or satang received less refunds in the twelve months that end with it.
///
/// # Errors
/// What SQLite says.
pub fn measure(connection: &Connection, policy: &Policy, customer: Uuid, day: NaiveDate) -> Result<i64> {
    match policy.basis {
        Basis::Points => {
            let sql = "SELECT coalesce(total_points, 0) FROM loyalty_profile WHERE customer_id = ?1";
            let found = connection
                .prepare_cached(sql)?
                .query_row([customer], |row| row.get(0))
                .optional()?;
            Ok(found.unwrap_or(0))
        }
        Basis::Baht => paid(connection, customer, day),
    }
}

/// The twelve months that end with the clinic's day of a moment: from, and before, in microseconds since 1970.
///
/// # Errors
/// What SQLite says.
pub fn year(connection: &Connection, at: i64) -> Result<(i64, i64)> {
    year_to(connection, day_of(connection, at)?)
}

fn year_to(connection: &Connection, day: NaiveDate) -> Result<(i64, i64)> {
    let zone = clinic::zone(connection)?;
    let start = |day: NaiveDate| day::instant(day, chrono::NaiveTime::MIN, zone).timestamp_micros();
    let next = day.checked_add_days(Days::new(1)).unwrap_or(day);
    Ok((start(year_before(day)), start(next)))
}

fn paid(connection: &Connection, customer: Uuid, day: NaiveDate) -> Result<i64> {
    let (from, to) = year_to(connection, day)?;
    let sql = "SELECT coalesce(sum(CASE WHEN refunds IS NULL THEN satang ELSE -satang END), 0) FROM payment
               WHERE customer_id = ?1 AND held_as IS NULL AND taken_at >= ?2 AND taken_at < ?3";
    let sum: i64 = connection
        .prepare_cached(sql)?
        .query_row((customer, from, to), |row| row.get(0))?;
    Ok(sum.max(0))
}

/// The clinic's day of a moment, in microseconds since 1970.
///
/// # Errors
/// What SQLite says.
pub fn day_of(connection: &Connection, at: i64) -> Result<NaiveDate> {
    Ok(day::date(
        DateTime::from_timestamp_micros(at).unwrap_or_default(),
        clinic::zone(connection)?,
    ))
}

/// The last day that takes no entry any more; none where no month is closed.
///
/// # Errors
/// What SQLite says.
pub fn closed_to(connection: &Connection) -> Result<Option<NaiveDate>> {
    let found: Option<Option<String>> = connection
        .prepare_cached("SELECT books_closed_to FROM clinic LIMIT 1")?
        .query_row([], |row| row.get(0))
        .optional()?;
    Ok(found.flatten().and_then(|day| day.parse().ok()))
}
