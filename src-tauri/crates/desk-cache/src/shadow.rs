//! Pre-images: what a row was before an unsent action touched it. Restoring them gives back, to the byte, what the clinic last said; only
//! dirty rows have one, so the cost follows what waits and not what exists.

use desk_core::synced::{self, Kind, Table, Value};
use rusqlite::Connection;
use serde_json::Value as Json;
use uuid::Uuid;

use crate::{
    error::{CacheError, Result},
    row,
    search::Stale,
};

/// Keeps the row as it is now, unless an earlier unsent action already kept it.
pub(crate) fn keep(connection: &Connection, table: &'static Table, id: Uuid) -> Result<()> {
    let before = row::get(connection, table, id)?;
    let text = before.as_deref().map(to_text);
    connection
        .prepare_cached("INSERT OR IGNORE INTO shadow (tbl, pk, row) VALUES (?1, ?2, ?3)")?
        .execute((table.number, id, text))?;
    Ok(())
}

/// Puts every kept row back and forgets them all; how many there were.
pub(crate) fn restore_all(connection: &Connection, stale: &Stale) -> Result<usize> {
    let kept: Vec<(i16, Uuid, Option<String>)> = connection
        .prepare_cached("SELECT tbl, pk, row FROM shadow")?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
        .collect::<rusqlite::Result<_>>()?;
    for (number, id, before) in &kept {
        let table = synced::table(*number).ok_or(CacheError::Damaged)?;
        restore(connection, table, *id, before.as_deref())?;
        stale.note(table, *id);
    }
    // Emptying an empty table writes its page all the same, and most pages of the feed come while nothing waits.
    if !kept.is_empty() {
        connection.prepare_cached("DELETE FROM shadow")?.execute([])?;
    }
    Ok(kept.len())
}

fn restore(connection: &Connection, table: &'static Table, id: Uuid, before: Option<&str>) -> Result<()> {
    match before {
        None => row::delete(connection, table, id),
        Some(text) => row::put(connection, table, &from_text(table, text)?),
    }
}

/// A row as text: a JSON array in column order.
pub(crate) fn to_text(row: &[Value]) -> String {
    Json::Array(row.iter().map(to_json).collect()).to_string()
}

fn to_json(value: &Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Uuid(id) => Json::String(id.to_string()),
        Value::Int(number) => Json::from(*number),
        Value::Text(text) => Json::String(text.clone()),
    }
}

/// The row that [`to_text`] wrote.
pub(crate) fn from_text(table: &'static Table, text: &str) -> Result<Vec<Value>> {
    let fields: Vec<Json> = serde_json::from_str(text).map_err(|_| CacheError::Damaged)?;
    let row: Option<Vec<Value>> = fields
        .into_iter()
        .zip(table.columns)
        .map(|(field, column)| from_json(column.kind, field))
        .collect();
    row.ok_or(CacheError::Damaged)
}

fn from_json(kind: Kind, field: Json) -> Option<Value> {
    Some(match (kind, field) {
        (_, Json::Null) => Value::Null,
        (Kind::Uuid, Json::String(text)) => Value::Uuid(Uuid::parse_str(&text).ok()?),
        (Kind::Text, Json::String(text)) => Value::Text(text),
        (Kind::Int | Kind::Bool | Kind::Instant, Json::Number(number)) => Value::Int(number.as_i64()?),
        _ => return None,
    })
}
