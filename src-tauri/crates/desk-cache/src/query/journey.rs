//! Journeys and what happened on them.

use rusqlite::{Connection, Row};
use uuid::Uuid;

use super::list;
use crate::error::Result;

/// A journey.
#[derive(Clone, Debug)]
pub struct Journey {
    /// The journey.
    pub id: Uuid,
    /// Stage.
    pub stage: String,
    /// JSON of the plan.
    pub treatment_plan: Option<String>,
    /// Microseconds since 1970.
    pub created_at: i64,
    /// Microseconds since 1970.
    pub updated_at: i64,
}

/// One step.
#[derive(Clone, Debug)]
pub struct JourneyAction {
    /// The step.
    pub id: Uuid,
    /// Kind.
    pub kind: String,
    /// From stage.
    pub from_stage: String,
    /// To stage.
    pub to_stage: String,
    /// Nickname of who did it.
    pub by: Option<String>,
    /// Microseconds since 1970.
    pub at: i64,
    /// A note.
    pub notes: Option<String>,
}

/// A customer's journeys, the most recently touched first.
///
/// # Errors
/// What SQLite says.
pub fn of_customer(connection: &Connection, customer: Uuid) -> Result<Vec<Journey>> {
    let sql = "SELECT id, coalesce(stage, ''), treatment_plan, coalesce(created_at, 0), coalesce(updated_at, 0)
               FROM journey WHERE customer_id = ?1 ORDER BY updated_at DESC LIMIT 20";
    list(connection, sql, [customer], |row: &Row<'_>| {
        Ok(Journey {
            id: row.get(0)?,
            stage: row.get(1)?,
            treatment_plan: row.get(2)?,
            created_at: row.get(3)?,
            updated_at: row.get(4)?,
        })
    })
}

/// What happened on a journey, newest first.
///
/// # Errors
/// What SQLite says.
pub fn actions(connection: &Connection, journey: Uuid) -> Result<Vec<JourneyAction>> {
    let sql = "SELECT a.id, coalesce(a.type, ''), coalesce(a.from_stage, ''), coalesce(a.to_stage, ''),
                      coalesce(s.nickname, s.display_name), coalesce(a.performed_at, 0), a.notes
               FROM journey_action a LEFT JOIN staff s ON s.id = a.performed_by
               WHERE a.journey_id = ?1 ORDER BY a.performed_at DESC LIMIT 100";
    list(connection, sql, [journey], |row: &Row<'_>| {
        Ok(JourneyAction {
            id: row.get(0)?,
            kind: row.get(1)?,
            from_stage: row.get(2)?,
            to_stage: row.get(3)?,
            by: row.get(4)?,
            at: row.get(5)?,
            notes: row.get(6)?,
        })
    })
}
