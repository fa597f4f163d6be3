//! Colleagues.

use rusqlite::{Connection, OptionalExtension as _, Row};
use uuid::Uuid;

use super::list;
use crate::error::Result;

/// A colleague.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Colleague {
    /// The person.
    pub id: Uuid,
    /// What colleagues call them.
    pub nickname: String,
    /// `owner`, `manager`, `front_desk`, `sales`, `beautician`.
    pub role: String,
    /// Works here still.
    pub is_active: bool,
    /// Away until then, in microseconds since 1970.
    pub away_until: Option<i64>,
}

fn colleague(row: &Row<'_>) -> rusqlite::Result<Colleague> {
    Ok(Colleague {
        id: row.get(0)?,
        nickname: row.get(1)?,
        role: row.get(2)?,
        is_active: row.get(3)?,
        away_until: row.get(4)?,
    })
}

/// Everyone who works here, by nickname.
///
/// # Errors
/// What SQLite says.
pub fn active(connection: &Connection) -> Result<Vec<Colleague>> {
    let sql = "SELECT id, coalesce(nickname, display_name, ''), coalesce(role, ''), active, away_until FROM staff
               WHERE active = 1 ORDER BY 2";
    list(connection, sql, [], colleague)
}

/// The managers, then the owners.
///
/// # Errors
/// What SQLite says.
pub fn managers(connection: &Connection) -> Result<Vec<Colleague>> {
    let active = active(connection)?;
    let is_manager = |colleague: &Colleague| matches!(colleague.role.as_str(), "manager" | "owner");
    let mut found: Vec<Colleague> = active.into_iter().filter(is_manager).collect();
    found.sort_by_key(|colleague| colleague.role != "manager");
    Ok(found)
}

/// Whether anybody but this person works here in one of these roles.
///
/// # Errors
/// What SQLite says.
pub fn is_other(connection: &Connection, person: Uuid, roles: &[&str]) -> Result<bool> {
    let others = active(connection)?;
    Ok(others
        .iter()
        .any(|other| other.id != person && roles.contains(&other.role.as_str())))
}

/// One person, also one who has left.
///
/// # Errors
/// What SQLite says.
pub fn one(connection: &Connection, id: Uuid) -> Result<Option<Colleague>> {
    Ok(connection
        .prepare_cached(
            "SELECT id, coalesce(nickname, display_name, ''), coalesce(role, ''), active, away_until FROM staff WHERE id = ?1",
        )?
        .query_row([id], colleague)
        .optional()?)
}
