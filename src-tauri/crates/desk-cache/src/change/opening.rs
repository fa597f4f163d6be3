//! When the clinic is open and on which days it is not, as who answers for it says.

use desk_core::opening::{USUAL_WEEK, WEEK, day_text, with_day};
use rusqlite::{Connection, OptionalExtension as _};
use serde_json::{Map, Value as Json};
use uuid::Uuid;

use super::{Action, Ledger, assign};
use crate::error::{CacheError, Result};

/// Roles that answer for the clinic.
const HEADS: [&str; 2] = ["owner", "manager"];

/// Carries out what is said about the clinic's hours.
pub(super) fn apply(ledger: &Ledger<'_>, action: &Action) -> Result<()> {
    assign::require_role(ledger.connection, action, &HEADS)?;
    match action.name.as_str() {
        "clinic.set_opening" => set_opening(ledger, action),
        "clinic.close_day" => close_day(ledger, action),
        _ => open_day(ledger, action),
    }
}

/// Other hours on some weekdays. A day that was changed otherwise since it was looked at is left to the person.
fn set_opening(ledger: &Ledger<'_>, action: &Action) -> Result<()> {
    let wanted = action.args.get("set").and_then(Json::as_object);
    let wanted = wanted.ok_or(CacheError::Refused("value_not_allowed"))?;
    let none = Map::new();
    let base = action.args.get("base").and_then(Json::as_object).unwrap_or(&none);
    let Some((id, mut document)) = opening(ledger.connection)? else {
        return Ok(());
    };
    for (weekday, hours) in wanted {
        let (hours, theirs) = (hours.as_str().unwrap_or_default(), day_text(&document, weekday));
        let seen = base.get(weekday).map(|seen| seen.as_str().unwrap_or_default());
        if hours != theirs && seen.is_some_and(|seen| seen != theirs) {
            return Err(CacheError::Refused("changed_meanwhile"));
        }
        document = day_of(&document, weekday, hours)?;
    }
    ledger.touch("clinic", id)?;
    let sql = "UPDATE clinic SET opening = ?2 WHERE id = ?1";
    ledger.connection.prepare_cached(sql)?.execute((id, document))?;
    Ok(())
}

fn day_of(document: &str, weekday: &str, hours: &str) -> Result<String> {
    if !WEEK.contains(&weekday) {
        return Err(CacheError::Refused("value_not_allowed"));
    }
    with_day(document, weekday, hours).ok_or(CacheError::Refused("opening_invalid"))
}

fn opening(connection: &Connection) -> Result<Option<(Uuid, String)>> {
    let mut statement = connection.prepare_cached("SELECT id, opening FROM clinic LIMIT 1")?;
    let found = statement.query_row([], |row| {
        let document: Option<String> = row.get(1)?;
        Ok((row.get(0)?, document.unwrap_or_else(|| USUAL_WEEK.to_owned())))
    });
    Ok(found.optional()?)
}

/// A day more on which it is closed. The same day under the same name is what was wanted.
fn close_day(ledger: &Ledger<'_>, action: &Action) -> Result<()> {
    let (id, name) = (action.uuid("id")?, action.text("name").unwrap_or_default());
    let day = action.text("day").ok_or(CacheError::Refused("value_not_allowed"))?;
    let known: Option<String> = ledger
        .connection
        .prepare_cached("SELECT coalesce(name, '') FROM closed_day WHERE day = ?1 AND id <> ?2")?
        .query_row((day, id), |row| row.get(0))
        .optional()?;
    match known {
        Some(known) if known == name => return Ok(()),
        Some(_) => return Err(CacheError::Refused("day_closed_already")),
        None => ledger.touch("closed_day", id)?,
    };
    let sql = "INSERT INTO closed_day (id, day, name) VALUES (?1, ?2, ?3) ON CONFLICT (id) DO NOTHING";
    ledger.connection.prepare_cached(sql)?.execute((id, day, name))?;
    Ok(())
}

/// A day off the list.
fn open_day(ledger: &Ledger<'_>, action: &Action) -> Result<()> {
    let id = action.uuid("id")?;
    ledger.touch("closed_day", id)?;
    let sql = "DELETE FROM closed_day WHERE id = ?1";
    ledger.connection.prepare_cached(sql)?.execute([id])?;
    Ok(())
}
