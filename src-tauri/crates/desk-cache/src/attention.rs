//! What the clinic refused: kept with what was typed until a person settles it.

use rusqlite::{Connection, OptionalExtension as _, Row};
use serde_json::Value as Json;
use uuid::Uuid;

use crate::{
    change::{self, Action, Destination},
    error::{CacheError, Result},
    open::Cache,
};

/// A refused action.
#[derive(Clone, Debug)]
pub struct Refused {
    /// The action.
    pub id: Uuid,
    /// Who did it.
    pub person: Uuid,
    /// For example `customer.edit`.
    pub name: String,
    /// What was asked.
    pub args: Json,
    /// Why it was refused.
    pub code: String,
    /// What to decide on.
    pub detail: Json,
    /// When it was done.
    pub at: i64,
}

/// All of them, oldest first.
///
/// # Errors
/// What SQLite says.
pub fn all(connection: &Connection) -> Result<Vec<Refused>> {
    let mut statement =
        connection.prepare_cached("SELECT id, person_id, name, args, code, detail, at FROM attention ORDER BY at")?;
    let rows = statement.query_map([], refused)?.collect::<rusqlite::Result<_>>()?;
    Ok(rows)
}

/// One of them.
///
/// # Errors
/// What SQLite says.
pub fn one(connection: &Connection, id: Uuid) -> Result<Option<Refused>> {
    Ok(connection
        .prepare_cached("SELECT id, person_id, name, args, code, detail, at FROM attention WHERE id = ?1")?
        .query_row([id], refused)
        .optional()?)
}

fn refused(row: &Row<'_>) -> rusqlite::Result<Refused> {
    let json = |index| -> rusqlite::Result<Json> {
        let text: Option<String> = row.get(index)?;
        Ok(text
            .and_then(|text| serde_json::from_str(&text).ok())
            .unwrap_or(Json::Null))
    };
    Ok(Refused {
        id: row.get(0)?,
        person: row.get(1)?,
        name: row.get(2)?,
        args: json(3)?,
        code: row.get(4)?,
        detail: json(5)?,
        at: row.get(6)?,
    })
}

/// Moves a refused action to the archive: the clinic's version stands.
///
/// # Errors
/// [`CacheError::Refused`] with `attention_not_found` when it is not there any more.
pub fn accept_theirs(cache: &Cache, id: Uuid, now: i64) -> Result<()> {
    cache.write(|transaction| settle(transaction, id, now))
}

fn settle(connection: &Connection, id: Uuid, now: i64) -> Result<()> {
    connection
        .prepare_cached(
            "INSERT OR IGNORE INTO archive (id, person_id, name, args, at, settled_at, outcome)
             SELECT id, person_id, name, args, at, ?2, 'settled' FROM attention WHERE id = ?1",
        )?
        .execute((id, now))?;
    let gone = connection
        .prepare_cached("DELETE FROM attention WHERE id = ?1")?
        .execute([id])?;
    match gone {
        0 => Err(CacheError::Refused("attention_not_found")),
        _ => Ok(()),
    }
}

/// Every action that was refused and that somebody is still to look at, and those since `since` (microseconds since 1970) that somebody has.
///
/// # Errors
/// What SQLite says.
pub fn ids(connection: &Connection, since: i64) -> Result<Vec<Uuid>> {
    let mut statement = connection.prepare_cached(
        "SELECT id FROM attention UNION ALL SELECT id FROM archive WHERE outcome = 'settled' AND settled_at >= ?1",
    )?;
    Ok(statement
        .query_map([since], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?)
}

/// A refused action that the clinic now knows as done needs nobody's attention, and was not refused in the end.
pub(crate) fn done_after_all(connection: &Connection, id: Uuid) -> Result<()> {
    connection
        .prepare_cached("UPDATE archive SET outcome = 'ok' WHERE id = ?1 AND outcome = 'settled'")?
        .execute([id])?;
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO archive (id, person_id, name, args, at, settled_at, outcome)
             SELECT id, person_id, name, args, at, refused_at, 'ok' FROM attention WHERE id = ?1",
        )?
        .execute([id])?;
    connection
        .prepare_cached("DELETE FROM attention WHERE id = ?1")?
        .execute([id])?;
    Ok(())
}

/// Asks again, as a new action, and lets the refused one go: both or neither, so that two who press at once, or a kill in the middle, ask once.
///
/// # Errors
/// `attention_not_found` when somebody has settled it, and as for [`change::perform`]; the refused action stays then.
pub fn insist(cache: &Cache, id: Uuid, again: &Action) -> Result<()> {
    cache.write(|transaction| {
        settle(transaction, id, again.at)?;
        let before = change::before(transaction, again)?;
        change::enact(transaction, again, Destination::Clinic, before.as_ref())
    })
}
