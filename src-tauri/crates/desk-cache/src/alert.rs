//! What was shown to whom on the desktop, and what is to come (again). It survives restarts: nothing is shown twice, nothing snoozed is lost,
//! and what is over can be found for a while.

use rusqlite::{Connection, Row};
use uuid::Uuid;

use crate::{error::Result, open::Cache};

/// What is over is kept for 14 days, in microseconds.
const KEPT: i64 = 14 * 86_400_000_000;

/// A toast's past and future; microseconds since 1970.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Alert {
    /// When it was last shown.
    pub shown_at: Option<i64>,
    /// When it is to be shown again.
    pub next_at: Option<i64>,
    /// When its person saw it, unless it was shown again since.
    pub read_at: Option<i64>,
    /// When it was handled.
    pub over_at: Option<i64>,
    /// When its person put it away, unless it was shown again since.
    pub dismissed_at: Option<i64>,
}

fn alert(row: &Row<'_>) -> rusqlite::Result<(String, Alert)> {
    let alert = Alert {
        shown_at: row.get(1)?,
        next_at: row.get(2)?,
        read_at: row.get(3)?,
        over_at: row.get(4)?,
        dismissed_at: row.get(5)?,
    };
    Ok((row.get(0)?, alert))
}

/// Remembers what became of a subject.
///
/// # Errors
/// What SQLite says.
pub fn set(cache: &Cache, subject: &str, person: Uuid, alert: &Alert) -> Result<()> {
    cache.write(|transaction| {
        transaction
            .prepare_cached(
                "INSERT OR REPLACE INTO alert (subject, person_id, shown_at, next_at, read_at, over_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?
            .execute((
                subject,
                person,
                alert.shown_at,
                alert.next_at,
                alert.read_at,
                alert.over_at,
            ))?;
        Ok(())
    })
}

/// What is known of each subject for a person.
///
/// # Errors
/// What SQLite says.
pub fn all(connection: &Connection, person: Uuid) -> Result<Vec<(String, Alert)>> {
    let mut statement = connection.prepare_cached(
        "SELECT subject, shown_at, next_at, read_at, over_at, dismissed_at FROM alert WHERE person_id = ?1",
    )?;
    let rows = statement.query_map([person], alert)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// A person has seen it: it need not be shown any more.
///
/// # Errors
/// What SQLite says.
pub fn read(cache: &Cache, subject: &str, person: Uuid, now: i64) -> Result<()> {
    cache.write(|transaction| {
        transaction
            .prepare_cached(
                "INSERT INTO alert (subject, person_id, shown_at, read_at) VALUES (?1, ?2, ?3, ?3)
                 ON CONFLICT DO UPDATE SET shown_at = coalesce(shown_at, excluded.shown_at), read_at = excluded.read_at",
            )?
            .execute((subject, person, now))?;
        Ok(())
    })
}

/// A person has put it away: it is seen, and the notification centre shows it no more.
///
/// # Errors
/// What SQLite says.
pub fn dismiss(cache: &Cache, subject: &str, person: Uuid, now: i64) -> Result<()> {
    read(cache, subject, person, now)?;
    cache.write(|transaction| {
        transaction
            .prepare_cached("UPDATE alert SET dismissed_at = ?3 WHERE subject = ?1 AND person_id = ?2")?
            .execute((subject, person, now))?;
        Ok(())
    })
}

/// A subject is over. It is kept for a while; what was over long ago is forgotten.
///
/// # Errors
/// What SQLite says.
pub fn end(cache: &Cache, subject: &str, person: Uuid, now: i64) -> Result<()> {
    cache.write(|transaction| {
        transaction
            .prepare_cached("UPDATE alert SET over_at = ?3, next_at = NULL WHERE subject = ?1 AND person_id = ?2")?
            .execute((subject, person, now))?;
        transaction
            .prepare_cached("DELETE FROM alert WHERE over_at < ?1")?
            .execute([now - KEPT])?;
        Ok(())
    })
}
