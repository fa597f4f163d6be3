//! Counts for support: how much is here and how it stands, never what. A text of a row leaves this file only if it is one of our own words.

use rusqlite::Connection;
use serde::Serialize;

use crate::{error::Result, migrate};

/// The names of our actions. What is called otherwise counts as [`OTHER`].
const ACTIONS: [&str; 32] = [
    "clinic.close_day",
    "clinic.open_day",
    "clinic.reclose_day",
    "clinic.revert_opening",
    "clinic.set_opening",
    "clinic.set_promptpay",
    "clinic.unclose_day",
    "customer.create",
    "customer.edit",
    "customer.remove",
    "customer.revert",
    "followup.cancel",
    "followup.done",
    "followup.reopen",
    "notification.read",
    "notification.dismiss",
    "payment.refund",
    "referral.record",
    "referral.decide",
    "achievement.add_usual",
    "achievement.save",
    "payment.take",
    "points.award",
    "points.reverse",
    "task.complete",
    "task.hand_back",
    "task.note",
    "task.reassign",
    "task.reopen",
    "task.snooze",
    "task.unnote",
    "task.unsnooze",
];
/// Anything that is not a word of ours.
pub const OTHER: &str = "other";

/// A cache in numbers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// The schema's number.
    pub schema: usize,
    /// Pages of the file, as SQLite counts them.
    pub pages: i64,
    /// Rows of each table.
    pub rows: Vec<(String, i64)>,
    /// Actions that were not let go yet: what they are and how far they are.
    pub outbox: Vec<Actions>,
    /// Actions that the clinic refused and nobody has settled.
    pub attention: Vec<Actions>,
    /// How far each stream was read: `clinic` or `person`, its version, and when it was consistent (microseconds since 1970).
    pub streams: Vec<(String, i64, i64)>,
}

/// How many actions of one kind are in one state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Actions {
    /// For example `task.complete`.
    pub action: String,
    /// `unsent`, `sent`, `ok` or `rejected`; of a refused one, the code of the refusal.
    pub state: String,
    /// How many.
    pub count: i64,
}

/// Counts everything. `is_code` tells a refusal's code from any other text.
///
/// # Errors
/// What SQLite says.
pub fn count(connection: &Connection, is_code: impl Fn(&str) -> bool) -> Result<Counts> {
    Ok(Counts {
        schema: migrate::version(connection)?,
        pages: connection.query_row("PRAGMA page_count", [], |row| row.get(0))?,
        rows: rows(connection)?,
        outbox: actions(
            connection,
            "SELECT name, CASE WHEN outcome IS NOT NULL THEN outcome WHEN sent_at IS NULL THEN 'unsent' ELSE 'sent' END, count(*) FROM outbox GROUP BY 1, 2",
            |state| ["unsent", "sent", "ok", "rejected"].contains(&state),
        )?,
        attention: actions(
            connection,
            "SELECT name, code, count(*) FROM attention GROUP BY 1, 2",
            is_code,
        )?,
        streams: streams(connection)?,
    })
}

fn rows(connection: &Connection) -> Result<Vec<(String, i64)>> {
    let mut tables = connection
        .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name")?;
    let names: Vec<String> = tables
        .query_map([], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    names
        .into_iter()
        .map(|name| {
            // The name comes out of the schema, which is ours.
            let text = format!("SELECT count(*) FROM \"{name}\"");
            Ok((name, connection.query_row(&text, [], |row| row.get(0))?))
        })
        .collect()
}

fn actions(connection: &Connection, text: &str, is_state: impl Fn(&str) -> bool) -> Result<Vec<Actions>> {
    let mut statement = connection.prepare(text)?;
    let found = statement.query_map([], |row| {
        let (action, state): (String, String) = (row.get(0)?, row.get(1)?);
        Ok(Actions {
            action: ours(action, |name| ACTIONS.contains(&name)),
            state: ours(state, &is_state),
            count: row.get(2)?,
        })
    })?;
    Ok(found.collect::<rusqlite::Result<_>>()?)
}

fn ours(word: String, is_ours: impl Fn(&str) -> bool) -> String {
    if is_ours(&word) { word } else { OTHER.to_owned() }
}

fn streams(connection: &Connection) -> Result<Vec<(String, i64, i64)>> {
    let mut statement = connection.prepare(
        "SELECT CASE WHEN scope = 'clinic' THEN 'clinic' ELSE 'person' END, version, synced_at FROM stream ORDER BY 1, 2",
    )?;
    let found = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    Ok(found.collect::<rusqlite::Result<_>>()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Cache, Key};

    #[test]
    fn words_that_are_not_ours_do_not_leave() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::open(&folder.path().join("cache.db"), &Key::random().unwrap()).unwrap();
        cache
            .write(|transaction| {
                transaction.execute_batch(
                    "INSERT INTO attention (id, person_id, name, args, code, at, refused_at)
                     VALUES (x'01', x'02', 'task.note', '{}', 'task_not_found', 1, 1), (x'03', x'02', 'ploy', '{}', '0812345678', 1, 1)",
                )?;
                Ok(())
            })
            .unwrap();
        let counts = count(&cache.read().unwrap(), |code| code == "task_not_found").unwrap();
        let found: Vec<(&str, &str)> = counts
            .attention
            .iter()
            .map(|of| (of.action.as_str(), of.state.as_str()))
            .collect();
        assert_eq!(found, [(OTHER, OTHER), ("task.note", "task_not_found")]);
        assert!(counts.rows.contains(&("attention".to_owned(), 2)));
    }
}
