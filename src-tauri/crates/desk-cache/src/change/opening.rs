//! When the clinic is open and on which days it is not, as who answers for it says.

use desk_core::opening::{USUAL_WEEK, WEEK, day_text, with_day};
use rusqlite::{Connection, OptionalExtension as _};
use serde_json::{Map, Value as Json, json};
use uuid::Uuid;

use super::{Action, Ledger, assign};
use crate::error::{CacheError, Result};

/// Roles that answer for the clinic.
const HEADS: [&str; 2] = ["owner", "manager"];

/// Carries out what is said about the clinic's hours.
pub(super) fn apply(ledger: &Ledger<'_>, action: &Action) -> Result<()> {
    assign::require_role(ledger.connection, action, &HEADS)?;
    match action.name.as_str() {
        "clinic.set_opening" | "clinic.revert_opening" => set_opening(ledger, action),
        "clinic.close_day" | "clinic.reclose_day" => close_day(ledger, action),
        _ => open_day(ledger, action),
    }
}

/// What an action is about to replace: the hours of the weekdays that it names, or the closed day that goes.
pub(super) fn before(connection: &Connection, action: &Action) -> Result<Json> {
    match action.name.as_str() {
        "clinic.set_opening" => hours_of(connection, action).map(Json::Object),
        "clinic.open_day" => closed(connection, action.uuid("id")?),
        _ => Ok(json!({})),
    }
}

/// What stands now on the weekdays that an action names.
fn hours_of(connection: &Connection, action: &Action) -> Result<Map<String, Json>> {
    let document = opening(connection)?.map_or_else(|| USUAL_WEEK.to_owned(), |(_, document)| document);
    let named = action.args.get("set").and_then(Json::as_object);
    let hours = |weekday: &String| (weekday.clone(), Json::from(day_text(&document, weekday)));
    Ok(named.into_iter().flatten().map(|(weekday, _)| hours(weekday)).collect())
}

fn closed(connection: &Connection, id: Uuid) -> Result<Json> {
    let sql = "SELECT day, coalesce(name, '') FROM closed_day WHERE id = ?1";
    let found = connection.prepare_cached(sql)?.query_row([id], |row| {
        let (day, name): (String, String) = (row.get(0)?, row.get(1)?);
        Ok(json!({ "day": day, "name": name }))
    });
    Ok(found.optional()?.unwrap_or_default())
}

/// Whether all that was said still stands; what somebody said of the same days since was said knowing it.
pub(super) fn still_stands(connection: &Connection, done: &Action) -> Result<()> {
    let said = done.args.get("set").and_then(Json::as_object);
    if said == Some(&hours_of(connection, done)?) {
        Ok(())
    } else {
        Err(CacheError::Refused("changed_meanwhile"))
    }
}

/// The hours the other way round.
pub(super) fn reverting(connection: &Connection, done: &Action, before: &Json) -> Result<Json> {
    still_stands(connection, done)?;
    Ok(json!({ "id": done.args.get("id"), "of": done.id, "set": before, "base": done.args.get("set") }))
}

/// The arguments that take a closed day off the list because it was a mistake.
pub(super) fn unclosing(done: &Action) -> Json {
    json!({ "id": done.args.get("id"), "of": done.id, "name": done.args.get("name") })
}

/// The arguments that put a day on the list again. Where it was gone already there is nothing to put back.
pub(super) fn reclosing(done: &Action, before: &Json) -> Result<Json> {
    let day = before.get("day").ok_or(CacheError::Refused("nothing_to_undo"))?;
    Ok(json!({ "id": done.args.get("id"), "of": done.id, "day": day, "name": before.get("name") }))
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
