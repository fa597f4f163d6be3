//! Two customers who are one person: who somebody is now, and what was merged into a customer.

use rusqlite::{Connection, OptionalExtension as _, Row};
use uuid::Uuid;

use super::list;
use crate::error::Result;

/// A merge, as the history of who was kept shows it.
#[derive(Clone, Debug)]
pub struct Merge {
    /// The merge.
    pub id: Uuid,
    /// Who is in this one.
    pub from: Uuid,
    /// Their name.
    pub name: String,
    /// Their code.
    pub code: Option<String>,
    /// When, microseconds since 1970.
    pub at: i64,
    /// Who did it.
    pub by: Option<String>,
    /// Until when it can be undone.
    pub until: i64,
    /// When it was undone.
    pub separated_at: Option<i64>,
    /// By whom.
    pub separated_by: Option<String>,
}

/// Who a customer is now, however often they were merged.
///
/// # Errors
/// What SQLite says.
pub fn survivor(connection: &Connection, customer: Uuid) -> rusqlite::Result<Uuid> {
    let sql = "SELECT into_id FROM merge WHERE from_id = ?1 AND separated_at IS NULL AND into_id <> ?1";
    let mut one = customer;
    // Nobody is merged so often; rows that arrive in a strange order must not turn in a circle.
    for _ in 0..32 {
        let next: Option<Uuid> = connection
            .prepare_cached(sql)?
            .query_row([one], |row| row.get(0))
            .optional()?;
        match next {
            Some(next) => one = next,
            None => return Ok(one),
        }
    }
    Ok(customer)
}

/// What was merged into a customer, newest first; what was separated again is among it.
///
/// # Errors
/// What SQLite says.
pub fn into(connection: &Connection, customer: Uuid) -> Result<Vec<Merge>> {
    list(
        connection,
        "SELECT m.id, m.from_id, coalesce(c.full_name, ''), c.code, m.merged_at, coalesce(b.nickname, b.display_name), m.until,
                    m.separated_at, coalesce(s.nickname, s.display_name)
             FROM merge m LEFT JOIN customer c ON c.id = m.from_id LEFT JOIN staff b ON b.id = m.merged_by LEFT JOIN staff s ON s.id = m.separated_by
             WHERE m.into_id = ?1 ORDER BY m.merged_at DESC, m.id DESC",
        [customer],
        read,
    )
}

fn read(row: &Row<'_>) -> rusqlite::Result<Merge> {
    Ok(Merge {
        id: row.get(0)?,
        from: row.get(1)?,
        name: row.get(2)?,
        code: row.get(3)?,
        at: row.get(4)?,
        by: row.get(5)?,
        until: row.get(6)?,
        separated_at: row.get(7)?,
        separated_by: row.get(8)?,
    })
}
