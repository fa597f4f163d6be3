//! Which toasts were shown to whom, and which are to come (again). It survives restarts: nothing is shown twice, nothing snoozed is lost.

use rusqlite::{Connection, OptionalExtension as _};
use uuid::Uuid;

use crate::{error::Result, open::Cache};

/// A toast's past and future.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Alert {
    /// When it was last shown.
    pub shown_at: Option<i64>,
    /// When it is to be shown again.
    pub next_at: Option<i64>,
}

/// What is known of a subject for a person.
///
/// # Errors
/// What SQLite says.
pub fn get(connection: &Connection, subject: &str, person: Uuid) -> Result<Option<Alert>> {
    Ok(connection
        .prepare_cached("SELECT shown_at, next_at FROM alert WHERE subject = ?1 AND person_id = ?2")?
        .query_row((subject, person), |row| {
            Ok(Alert {
                shown_at: row.get(0)?,
                next_at: row.get(1)?,
            })
        })
        .optional()?)
}

/// Remembers what became of a subject.
///
/// # Errors
/// What SQLite says.
pub fn set(cache: &Cache, subject: &str, person: Uuid, alert: &Alert) -> Result<()> {
    cache.write(|transaction| {
        transaction
            .prepare_cached(
                "INSERT OR REPLACE INTO alert (subject, person_id, shown_at, next_at) VALUES (?1, ?2, ?3, ?4)",
            )?
            .execute((subject, person, alert.shown_at, alert.next_at))?;
        Ok(())
    })
}

/// Subjects shown or waiting for a person.
///
/// # Errors
/// What SQLite says.
pub fn all(connection: &Connection, person: Uuid) -> Result<Vec<(String, Alert)>> {
    let mut statement =
        connection.prepare_cached("SELECT subject, shown_at, next_at FROM alert WHERE person_id = ?1")?;
    let rows = statement
        .query_map([person], |row| {
            let alert = Alert {
                shown_at: row.get(1)?,
                next_at: row.get(2)?,
            };
            Ok((row.get(0)?, alert))
        })?
        .collect::<rusqlite::Result<_>>()?;
    Ok(rows)
}

/// Forgets a subject that is over.
///
/// # Errors
/// What SQLite says.
pub fn forget(cache: &Cache, subject: &str, person: Uuid) -> Result<()> {
    cache.write(|transaction| {
        transaction
            .prepare_cached("DELETE FROM alert WHERE subject = ?1 AND person_id = ?2")?
            .execute((subject, person))?;
        Ok(())
    })
}
