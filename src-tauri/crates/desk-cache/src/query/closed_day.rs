//! Days on which the clinic is closed.

use chrono::NaiveDate;
use rusqlite::{Connection, Row};
use uuid::Uuid;

use super::list;
use crate::error::Result;

/// A closed day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClosedDay {
    /// Its row.
    pub id: Uuid,
    /// The day, `YYYY-MM-DD`.
    pub day: String,
    /// Why.
    pub name: String,
}

fn closed_day(row: &Row<'_>) -> rusqlite::Result<ClosedDay> {
    Ok(ClosedDay {
        id: row.get(0)?,
        day: row.get(1)?,
        name: row.get(2)?,
    })
}

/// From a day on, in order.
///
/// # Errors
/// What SQLite says.
pub fn since(connection: &Connection, day: &str) -> Result<Vec<ClosedDay>> {
    let sql = "SELECT id, day, coalesce(name, '') FROM closed_day WHERE day >= ?1 ORDER BY day";
    list(connection, sql, [day], closed_day)
}

/// All of them, as days.
///
/// # Errors
/// What SQLite says.
pub fn days(connection: &Connection) -> Result<Vec<NaiveDate>> {
    let all: Vec<String> = list(
        connection,
        "SELECT day FROM closed_day WHERE day IS NOT NULL",
        [],
        |row: &Row<'_>| row.get(0),
    )?;
    Ok(all.iter().filter_map(|day| day.parse().ok()).collect())
}
