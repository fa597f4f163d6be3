//! Leads.

use rusqlite::{Connection, OptionalExtension as _, Row};
use uuid::Uuid;

use super::list;
use crate::error::Result;

/// A lead.
#[derive(Clone, Debug)]
pub struct Lead {
    /// The lead.
    pub id: Uuid,
    /// The customer, where there is one.
    pub customer_id: Option<Uuid>,
    /// Name as given.
    pub name: String,
    /// Phone as given.
    pub phone: Option<String>,
    /// E-mail.
    pub email: Option<String>,
    /// Where it came from.
    pub source: Option<String>,
    /// 0 to 100.
    pub score: Option<i64>,
    /// Score reached the threshold, or a hot signal.
    pub is_hot: bool,
    /// JSON array of sentences.
    pub reasons: Option<String>,
    /// Word of the status.
    pub status: String,
    /// Who has taken it: id, nickname, role.
    pub claimed_by: Option<(Uuid, String, String)>,
    /// Microseconds since 1970.
    pub created_at: i64,
}

/// One text for list and single.
macro_rules! leads {
    ($rest:literal) => {
        concat!(
            "SELECT l.id, l.customer_id, coalesce(l.name, ''), l.phone, l.email, l.source, l.score, coalesce(l.is_hot, 0), l.reasons,
                    coalesce(l.status, 'open'), l.claimed_by, coalesce(s.nickname, s.display_name, ''), coalesce(s.role, ''),
                    coalesce(l.created_at, 0)
             FROM lead l LEFT JOIN staff s ON s.id = l.claimed_by ",
            $rest
        )
    };
}

fn lead(row: &Row<'_>) -> rusqlite::Result<Lead> {
    let claimed: Option<Uuid> = row.get(10)?;
    let (nickname, role): (String, String) = (row.get(11)?, row.get(12)?);
    Ok(Lead {
        id: row.get(0)?,
        customer_id: row.get(1)?,
        name: row.get(2)?,
        phone: row.get(3)?,
        email: row.get(4)?,
        source: row.get(5)?,
        score: row.get(6)?,
        is_hot: row.get(7)?,
        reasons: row.get(8)?,
        status: row.get(9)?,
        claimed_by: claimed.map(|id| (id, nickname, role)),
        created_at: row.get(13)?,
    })
}

/// Hot leads without an answer, longest waiting first.
///
/// # Errors
/// What SQLite says.
pub fn hot(connection: &Connection) -> Result<Vec<Lead>> {
    let sql = leads!("WHERE l.status = 'open' AND l.is_hot = 1 ORDER BY l.created_at LIMIT 200");
    list(connection, sql, [], lead)
}

/// One lead.
///
/// # Errors
/// What SQLite says.
pub fn one(connection: &Connection, id: Uuid) -> Result<Option<Lead>> {
    Ok(connection
        .prepare_cached(leads!("WHERE l.id = ?1"))?
        .query_row([id], lead)
        .optional()?)
}
