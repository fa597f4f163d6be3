//! What a customer has achieved, and how far they are with the rest; and what the clinic offers.

use rusqlite::{Connection, OptionalExtension as _, Row};
use uuid::Uuid;

use super::list;
use crate::error::Result;

/// An achievement as it stands with one customer.
#[derive(Clone, Debug)]
pub struct Achievement {
    /// The achievement.
    pub id: Uuid,
    /// Its name.
    pub name: String,
    /// What has to be done.
    pub description: Option<String>,
    /// Badge.
    pub icon: Option<String>,
    /// Which year or month, of one that can be earned again.
    pub period: String,
    /// How far, of a hundred.
    pub percent: i64,
    /// Since when they have it; microseconds since 1970.
    pub earned_at: Option<i64>,
    /// Points that it gave, or gives.
    pub points: i64,
    /// The special reward in words.
    pub reward: Option<String>,
}

/// What they have, newest first, then what is open, nearest first. A secret one is there only when it is earned.
///
/// # Errors
/// What SQLite says.
pub fn of_customer(connection: &Connection, customer: Uuid) -> Result<Vec<Achievement>> {
    let sql = "SELECT a.id, coalesce(a.name, ''), a.description, a.icon, coalesce(d.period, ''), coalesce(d.percent, 0), d.earned_at,
        CASE WHEN d.earned_at IS NULL THEN coalesce(a.points, 0) ELSE coalesce(d.points, 0) END, d.reward
      FROM achievement a LEFT JOIN achieved d ON d.achievement_id = a.id AND d.customer_id = ?1
      WHERE d.earned_at IS NOT NULL OR (coalesce(a.is_active, 1) = 1 AND coalesce(a.is_secret, 0) = 0)
      ORDER BY d.earned_at IS NULL, d.earned_at DESC, d.percent DESC, a.points, a.id";
    list(connection, sql, [customer], read)
}

/// An achievement as whoever keeps them sees it.
#[derive(Clone, Debug)]
pub struct Kept {
    /// The achievement.
    pub id: Uuid,
    /// Its name.
    pub name: String,
    /// What has to be done, in words.
    pub description: Option<String>,
    /// Badge.
    pub icon: Option<String>,
    /// Points that it gives.
    pub points: i64,
    /// The special reward as the table holds it.
    pub reward: Option<String>,
    /// What has to be done, as the table holds it.
    pub conditions: Option<String>,
    /// The clinic offers it.
    pub is_active: bool,
    /// Shown only to who has earned it.
    pub is_secret: bool,
    /// How often it was changed, for who changes it.
    pub version: i64,
    /// How often it was earned.
    pub earned: i64,
    /// An unsent action wrote it.
    pub is_waiting: bool,
}

/// Every achievement, offered ones first.
///
/// # Errors
/// What SQLite says.
pub fn all(connection: &Connection) -> Result<Vec<Kept>> {
    let sql = "SELECT a.id, coalesce(a.name, ''), a.description, a.icon, coalesce(a.points, 0), a.special_reward, a.conditions, coalesce(a.is_active, 1), coalesce(a.is_secret, 0),
        coalesce(a.version, 1), coalesce(d.earned, 0), EXISTS (SELECT 1 FROM shadow x WHERE x.tbl = 27 AND x.pk = a.id)
      FROM achievement a LEFT JOIN (SELECT achievement_id, count(*) AS earned FROM achieved WHERE earned_at IS NOT NULL GROUP BY achievement_id) d ON d.achievement_id = a.id
      ORDER BY coalesce(a.is_active, 1) DESC, a.points, a.name, a.id";
    list(connection, sql, (), kept)
}

fn kept(row: &Row<'_>) -> rusqlite::Result<Kept> {
    Ok(Kept {
        id: row.get(0)?,
        name: row.get(1)?,
        description: row.get(2)?,
        icon: row.get(3)?,
        points: row.get(4)?,
        reward: row.get(5)?,
        conditions: row.get(6)?,
        is_active: row.get(7)?,
        is_secret: row.get(8)?,
        version: row.get(9)?,
        earned: row.get(10)?,
        is_waiting: row.get(11)?,
    })
}

/// The version of one; none where there is no such.
///
/// # Errors
/// What SQLite says.
pub fn version(connection: &Connection, id: Uuid) -> Result<Option<i64>> {
    let sql = "SELECT coalesce(version, 1) FROM achievement WHERE id = ?1";
    Ok(connection
        .prepare_cached(sql)?
        .query_row([id], |row| row.get(0))
        .optional()?)
}

/// Whether the clinic has any.
///
/// # Errors
/// What SQLite says.
pub fn is_any(connection: &Connection) -> Result<bool> {
    Ok(connection
        .prepare_cached("SELECT 1 FROM achievement LIMIT 1")?
        .exists([])?)
}

fn read(row: &Row<'_>) -> rusqlite::Result<Achievement> {
    Ok(Achievement {
        id: row.get(0)?,
        name: row.get(1)?,
        description: row.get(2)?,
        icon: row.get(3)?,
        period: row.get(4)?,
        percent: row.get(5)?,
        earned_at: row.get(6)?,
        points: row.get(7)?,
        reward: row.get(8)?,
    })
}
