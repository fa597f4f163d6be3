//! Automation rules, as the clinic has them.

use rusqlite::{Connection, OptionalExtension as _, Row};
use uuid::Uuid;

use super::list;
use crate::error::Result;

/// A rule. What it says is read by `desk_core::rule`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// The rule.
    pub id: Uuid,
    /// What it is called.
    pub name: String,
    /// The stage in which it begins.
    pub trigger_stage: String,
    /// Only when this action led there.
    pub trigger_action: Option<String>,
    /// JSON.
    pub conditions: String,
    /// The word of what it does.
    pub target_action: String,
    /// JSON.
    pub target_data: String,
    /// How long after.
    pub delay_minutes: i64,
    /// Switched on.
    pub is_active: bool,
    /// Microseconds since 1970 since when it is on; none where it was never switched on since rules can run.
    pub active_from: Option<i64>,
    /// Of what it does.
    pub version: i64,
    /// The field because of which it cannot run.
    pub problem: Option<String>,
    /// An unsent action touched it.
    pub is_waiting: bool,
}

macro_rules! rules {
    ($rest:literal) => {
        concat!(
            "SELECT r.id, coalesce(r.name, ''), coalesce(r.trigger_stage, ''), r.trigger_action, coalesce(r.conditions, '{}'),
                    coalesce(r.target_action, ''), coalesce(r.target_data, '{}'), coalesce(r.delay_minutes, 0), coalesce(r.active, 0),
                    r.active_from, coalesce(r.version, 1), r.problem, EXISTS (SELECT 1 FROM shadow x WHERE x.tbl = 17 AND x.pk = r.id)
             FROM automation_rule r ",
            $rest
        )
    };
}

fn rule(row: &Row<'_>) -> rusqlite::Result<Rule> {
    Ok(Rule {
        id: row.get(0)?,
        name: row.get(1)?,
        trigger_stage: row.get(2)?,
        trigger_action: row.get(3)?,
        conditions: row.get(4)?,
        target_action: row.get(5)?,
        target_data: row.get(6)?,
        delay_minutes: row.get(7)?,
        is_active: row.get(8)?,
        active_from: row.get(9)?,
        version: row.get(10)?,
        problem: row.get(11)?,
        is_waiting: row.get(12)?,
    })
}

/// Every rule, the oldest first.
///
/// # Errors
/// What SQLite says.
pub fn all(connection: &Connection) -> Result<Vec<Rule>> {
    list(connection, rules!("ORDER BY r.created_at, r.id"), [], rule)
}

/// One rule.
///
/// # Errors
/// What SQLite says.
pub fn one(connection: &Connection, id: Uuid) -> Result<Option<Rule>> {
    let mut statement = connection.prepare_cached(rules!("WHERE r.id = ?1"))?;
    Ok(statement.query_row([id], rule).optional()?)
}
