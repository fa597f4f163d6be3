//! Calls with a customer.

use rusqlite::{Connection, Row};
use uuid::Uuid;

use super::list;
use crate::error::Result;

/// A call.
#[derive(Clone, Debug)]
pub struct Contact {
    /// The call.
    pub id: Uuid,
    /// `out` or `in`.
    pub direction: String,
    /// Word of what came of it.
    pub outcome: String,
    /// The note.
    pub note: Option<String>,
    /// Microseconds since 1970.
    pub at: i64,
    /// Nickname of who called or answered.
    pub by: Option<String>,
    /// When the next step that it decided is due.
    pub next_at: Option<i64>,
    /// It still waits to be sent.
    pub is_waiting: bool,
}

/// The last calls with a customer, newest first; those taken back are left out.
///
/// # Errors
/// What SQLite says.
pub fn of_customer(connection: &Connection, customer: Uuid) -> Result<Vec<Contact>> {
    let sql = "SELECT k.id, coalesce(k.direction, 'out'), coalesce(k.outcome, ''), k.note, coalesce(k.at, 0), coalesce(s.nickname, s.display_name), k.next_at,
                 EXISTS (SELECT 1 FROM shadow x WHERE x.tbl = 19 AND x.pk = k.id)
               FROM contact k LEFT JOIN staff s ON s.id = k.person_id
               WHERE k.customer_id = ?1 AND k.retracted_at IS NULL ORDER BY k.at DESC, k.id LIMIT 20";
    list(connection, sql, [customer], |row: &Row<'_>| {
        Ok(Contact {
            id: row.get(0)?,
            direction: row.get(1)?,
            outcome: row.get(2)?,
            note: row.get(3)?,
            at: row.get(4)?,
            by: row.get(5)?,
            next_at: row.get(6)?,
            is_waiting: row.get(7)?,
        })
    })
}

/// Calls in a row that a customer did not answer.
///
/// # Errors
/// What SQLite says.
pub fn unanswered(connection: &Connection, customer: Uuid) -> Result<u32> {
    let sql = "SELECT count(*) FROM contact k WHERE k.customer_id = ?1 AND k.outcome = 'no_answer' AND k.retracted_at IS NULL
         AND k.at > coalesce((SELECT max(r.at) FROM contact r WHERE r.customer_id = ?1 AND r.retracted_at IS NULL AND r.outcome NOT IN ('no_answer', 'wrong_number')), 0)";
    Ok(connection
        .prepare_cached(sql)?
        .query_row([customer], |row| row.get(0))?)
}
