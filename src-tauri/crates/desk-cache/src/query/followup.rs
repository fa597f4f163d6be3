//! Follow-ups, with the customer and the rule behind them.

use rusqlite::{Connection, OptionalExtension as _, Row};
use uuid::Uuid;

use super::{list, task::About};
use crate::error::Result;

/// A follow-up and what its row shows.
#[derive(Clone, Debug)]
pub struct Followup {
    /// The follow-up.
    pub id: Uuid,
    /// About whom.
    pub customer: About,
    /// Kind of the rule.
    pub kind: String,
    /// Name of the rule.
    pub rule: String,
    /// Channel.
    pub channel: String,
    /// JSON with what to say.
    pub content: Option<String>,
    /// Microseconds since 1970.
    pub scheduled_at: i64,
    /// Microseconds since 1970.
    pub executed_at: Option<i64>,
    /// Word of the status.
    pub status: String,
    /// An unsent action touched it.
    pub is_waiting: bool,
}

/// One text for all lists. A follow-up whose customer is not on this PC cannot be done here and is not listed.
macro_rules! followups {
    ($rest:literal) => {
        concat!(
            "SELECT f.id, c.id, coalesce(c.full_name, ''), c.nickname,
                    coalesce((SELECT max(do_not_contact) FROM preference p WHERE p.customer_id = c.id), 0),
                    coalesce(r.type, ''), coalesce(r.name, ''), coalesce(f.channel, ''), f.content, coalesce(f.scheduled_at, 0),
                    f.executed_at, coalesce(f.status, 'pending'),
                    EXISTS (SELECT 1 FROM shadow x WHERE x.tbl = 5 AND x.pk = f.id)
             FROM followup f JOIN customer c ON c.id = f.customer_id LEFT JOIN followup_rule r ON r.id = f.rule_id ",
            $rest
        )
    };
}

fn followup(row: &Row<'_>) -> rusqlite::Result<Followup> {
    Ok(Followup {
        id: row.get(0)?,
        customer: About {
            id: row.get(1)?,
            full_name: row.get(2)?,
            nickname: row.get(3)?,
            do_not_contact: row.get(4)?,
        },
        kind: row.get(5)?,
        rule: row.get(6)?,
        channel: row.get(7)?,
        content: row.get(8)?,
        scheduled_at: row.get(9)?,
        executed_at: row.get(10)?,
        status: row.get(11)?,
        is_waiting: row.get(12)?,
    })
}

/// Follow-ups that a person must do, planned before `until` (microseconds since 1970), in order of time.
///
/// # Errors
/// What SQLite says.
pub fn due(connection: &Connection, until: i64) -> Result<Vec<Followup>> {
    let sql = followups!(
        "WHERE f.status = 'pending' AND f.channel IN ('call', 'in_app') AND f.scheduled_at < ?1
         ORDER BY f.scheduled_at LIMIT 500"
    );
    list(connection, sql, [until], followup)
}

/// Follow-ups of a customer: open ones by time, then closed ones, newest first.
///
/// # Errors
/// What SQLite says.
pub fn of_customer(connection: &Connection, customer: Uuid) -> Result<Vec<Followup>> {
    let sql = followups!(
        "WHERE f.customer_id = ?1 ORDER BY f.status <> 'pending',
           CASE WHEN f.status = 'pending' THEN f.scheduled_at ELSE -f.scheduled_at END LIMIT 50"
    );
    list(connection, sql, [customer], followup)
}

/// One follow-up.
///
/// # Errors
/// What SQLite says.
pub fn one(connection: &Connection, id: Uuid) -> Result<Option<Followup>> {
    Ok(connection
        .prepare_cached(followups!("WHERE f.id = ?1"))?
        .query_row([id], followup)
        .optional()?)
}

/// When the next follow-up after `now` falls due.
///
/// # Errors
/// What SQLite says.
pub fn next_due(connection: &Connection, now: i64) -> Result<Option<i64>> {
    Ok(connection
        .prepare_cached(
            "SELECT min(scheduled_at) FROM followup WHERE status = 'pending' AND channel IN ('call', 'in_app') AND scheduled_at > ?1",
        )?
        .query_row([now], |row| row.get(0))?)
}

/// The clinic's follow-up rules that are on: id and name.
///
/// # Errors
/// What SQLite says.
pub fn rules(connection: &Connection) -> Result<Vec<(Uuid, String)>> {
    let sql = "SELECT id, coalesce(name, '') FROM followup_rule WHERE active = 1 ORDER BY name, id";
    list(connection, sql, [], |row| Ok((row.get(0)?, row.get(1)?)))
}
