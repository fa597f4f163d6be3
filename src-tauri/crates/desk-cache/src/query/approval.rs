//! What waits for a second person, and how much somebody has given by hand.

use chrono::NaiveTime;
use desk_core::{
    day,
    loyalty::gift::{Limits, Reason, USUAL_LIMITS},
};
use rusqlite::{Connection, OptionalExtension as _, Row};
use uuid::Uuid;

use super::{clinic, list, policy};
use crate::error::Result;

/// What a second person is asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Points that are given by hand.
    Gift,
    /// Points that are spent without the customer's own word.
    Redemption,
}

/// Something that waits for a second person.
#[derive(Clone, Debug)]
pub struct Approval {
    /// It is called like what asked for it.
    pub id: Uuid,
    /// What it is about.
    pub kind: Kind,
    /// Whose points.
    pub customer: Uuid,
    /// How many.
    pub points: i64,
    /// Why, of a gift.
    pub reason: Option<Reason>,
    /// In words.
    pub note: Option<String>,
    /// For which reward.
    pub reward: Option<Uuid>,
    /// Microseconds since 1970.
    pub asked_at: i64,
    /// Who asked.
    pub asker: Option<Uuid>,
    /// Nickname of who asked.
    pub asked_by: Option<String>,
    /// Nobody has said anything yet.
    pub is_open: bool,
    /// An unsent action made or changed it.
    pub is_waiting: bool,
}

const SELECT: &str = "SELECT a.id, coalesce(a.kind, ''), a.customer_id, coalesce(a.points, 0), a.reason, a.note, a.reward_id, coalesce(a.asked_at, 0), a.asked_by,
    coalesce(s.nickname, s.display_name), coalesce(a.state, '') = 'asked', EXISTS (SELECT 1 FROM shadow x WHERE x.tbl = 29 AND x.pk = a.id)
  FROM approval a LEFT JOIN staff s ON s.id = a.asked_by";

/// What waits about a customer, oldest first.
///
/// # Errors
/// What SQLite says.
pub fn of_customer(connection: &Connection, customer: Uuid) -> Result<Vec<Approval>> {
    let sql = format!("{SELECT} WHERE a.customer_id = ?1 AND a.state = 'asked' ORDER BY a.asked_at, a.id LIMIT 50");
    list(connection, &sql, [customer], read)
}

/// One of them, whatever has become of it.
///
/// # Errors
/// What SQLite says.
pub fn one(connection: &Connection, id: Uuid) -> Result<Option<Approval>> {
    let sql = format!("{SELECT} WHERE a.id = ?1");
    Ok(connection.prepare_cached(&sql)?.query_row([id], read).optional()?)
}

fn read(row: &Row<'_>) -> rusqlite::Result<Approval> {
    let reason: Option<String> = row.get(4)?;
    Ok(Approval {
        id: row.get(0)?,
        kind: if row.get_ref(1)?.as_str()? == "gift" {
            Kind::Gift
        } else {
            Kind::Redemption
        },
        customer: row.get(2)?,
        points: row.get(3)?,
        reason: reason.as_deref().and_then(Reason::from_word),
        note: row.get(5)?,
        reward: row.get(6)?,
        asked_at: row.get(7)?,
        asker: row.get(8)?,
        asked_by: row.get(9)?,
        is_open: row.get(10)?,
        is_waiting: row.get(11)?,
    })
}

/// What one person may do alone; the usual where the clinic has not said.
///
/// # Errors
/// What SQLite says.
pub fn limits(connection: &Connection) -> Result<Limits> {
    let usual = USUAL_LIMITS;
    let found = connection
        .prepare_cached(
            "SELECT coalesce(gift_daily, ?1), coalesce(gift_alone, ?2), coalesce(redeem_alone, ?3) FROM clinic LIMIT 1",
        )?
        .query_row((usual.daily, usual.alone, usual.redeem_alone), |row| {
            Ok(Limits {
                daily: row.get(0)?,
                alone: row.get(1)?,
                redeem_alone: row.get(2)?,
            })
        })
        .optional()?;
    Ok(found.unwrap_or(usual))
}

/// What was redeemed for a customer on the clinic's day of `at` by staff's word alone. What was taken back is not redeemed.
///
/// # Errors
/// What SQLite says.
pub fn redeemed_alone_on(connection: &Connection, customer: Uuid, at: i64) -> Result<i64> {
    let sql = "SELECT coalesce(-sum(e.amount), 0) FROM point_entry e WHERE e.customer_id = ?1 AND e.created_at >= ?2 AND e.method NOT IN ('display', 'two')
                 AND NOT EXISTS (SELECT 1 FROM point_entry r WHERE r.customer_id = ?1 AND r.created_at >= ?2 AND r.reverses = e.id)";
    Ok(connection
        .prepare_cached(sql)?
        .query_row((customer, start_of_day(connection, at)?), |row| row.get(0))?)
}

fn start_of_day(connection: &Connection, at: i64) -> Result<i64> {
    let today = policy::day_of(connection, at)?;
    Ok(day::instant(today, NaiveTime::MIN, clinic::zone(connection)?).timestamp_micros())
}

/// What a person has given by hand on the clinic's day of `at`: alone, and what waits for a second person or had one. What was taken back is not given.
///
/// # Errors
/// What SQLite says.
pub fn given_on(connection: &Connection, person: Uuid, at: i64) -> Result<i64> {
    let start = start_of_day(connection, at)?;
    let sql = "SELECT coalesce((SELECT sum(e.amount) FROM point_entry e WHERE e.given_by = ?1 AND e.created_at >= ?2 AND e.purpose IN ('gift', 'ungive')
                 AND NOT EXISTS (SELECT 1 FROM approval a WHERE a.entry_id = e.id)), 0)
               + coalesce((SELECT sum(a.points) FROM approval a WHERE a.asked_by = ?1 AND a.asked_at >= ?2 AND a.kind = 'gift' AND a.state IN ('asked', 'agreed')), 0)";
    let given: i64 = connection
        .prepare_cached(sql)?
        .query_row((person, start), |row| row.get(0))?;
    Ok(given.max(0))
}
