//! What is in a PC's file, read out plainly: the rows as screens see them, the same with kept rows put back (what the clinic last said),
//! and where every action is. Nothing here goes through the cache's own reading, so that it can be held against it.

use std::{
    collections::BTreeMap,
    sync::{Arc, LazyLock},
};

use desk_cache::rebase::Position;
use desk_core::synced::{Kind, SYNCED, Value};
use rusqlite::{Connection, types::ValueRef};
use serde_json::Value as Json;
use uuid::Uuid;

use super::row::{Key, Row, Rows, table};

/// Rows by key.
pub type Table = Rows;

/// Where an action is, on one PC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// In the outbox.
    Waits,
    /// In the archive, done.
    Done,
    /// In the archive, taken back before it was sent.
    TakenBack,
    /// Refused; a person is to look at it.
    Attention,
    /// Refused, and a person has looked at it.
    Settled,
}

/// A waiting action.
#[derive(Clone, Debug)]
pub struct Waits {
    /// The action.
    pub id: Uuid,
    /// Whose.
    pub person: Uuid,
    /// Its number in the outbox of this person.
    pub seq: i64,
    /// What.
    pub name: String,
    /// With what.
    pub args: Json,
    /// When.
    pub at: i64,
    /// The database has answered.
    pub is_answered: bool,
    /// It was taken back, or that was tried.
    pub is_undone: bool,
}

/// How far a stream was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stream {
    /// To here.
    pub at: Position,
    /// In this life of the database.
    pub life: String,
}

/// Everything in the file.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// As screens see it.
    pub view: Table,
    /// As the clinic last said it.
    pub base: Table,
    /// Keys of kept rows.
    pub kept: Vec<Key>,
    /// By scope.
    pub streams: BTreeMap<String, Stream>,
    /// In the order in which they were made.
    pub waiting: Vec<Waits>,
    /// The last number given out, by person.
    pub numbers: BTreeMap<Uuid, i64>,
    /// Of every action ever made here.
    pub places: BTreeMap<Uuid, Place>,
}

static SELECTS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let select = |table: &desk_core::synced::Table| {
        let columns: Vec<&str> = table.columns.iter().map(|column| column.name).collect();
        format!("SELECT {} FROM {}", columns.join(", "), table.name)
    };
    SYNCED.iter().map(select).collect()
});

/// Reads a file, all of it. `before` is what was there at the last look: a row that is the same to the byte is not made anew.
///
/// # Errors
/// What SQLite says.
pub fn read(connection: &Connection, before: &Table) -> rusqlite::Result<Seen> {
    let view = rows(connection, before)?;
    let (base, kept) = with_kept_rows(connection, view.clone())?;
    Ok(Seen {
        view,
        base,
        kept,
        streams: streams(connection)?,
        waiting: waiting(connection)?,
        numbers: numbers(connection)?,
        places: places(connection)?,
    })
}

fn rows(connection: &Connection, before: &Table) -> rusqlite::Result<Table> {
    let mut all = Vec::with_capacity(before.len());
    for (table, select) in SYNCED.iter().zip(SELECTS.iter()) {
        let mut statement = connection.prepare_cached(select)?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let key = (
                table.number,
                Uuid::from_slice(row.get_ref(0)?.as_blob()?).unwrap_or_default(),
            );
            let known = before.get(&key).filter(|known| is_same(row, known));
            let row = known.map_or_else(
                || made(table.number, table.columns.len(), row),
                |known| Ok(known.clone()),
            );
            all.push((key, row?));
        }
    }
    Ok(all.into_iter().collect())
}

fn is_same(stored: &rusqlite::Row<'_>, known: &Row) -> bool {
    let same = |(nth, value): (usize, &Value)| match (stored.get_ref(nth), value) {
        (Ok(ValueRef::Integer(number)), Value::Int(known)) => number == *known,
        (Ok(ValueRef::Text(text)), Value::Text(known)) => text == known.as_bytes(),
        (Ok(ValueRef::Blob(bytes)), Value::Uuid(known)) => bytes == known.as_bytes(),
        (Ok(ValueRef::Null), Value::Null) => true,
        _ => false,
    };
    known.values.iter().enumerate().all(same)
}

fn made(tbl: i16, columns: usize, stored: &rusqlite::Row<'_>) -> rusqlite::Result<Arc<Row>> {
    let values = (0..columns).map(|nth| Ok(value(stored.get_ref(nth)?)));
    let values = values.collect::<rusqlite::Result<_>>()?;
    Ok(Arc::new(Row { tbl, values }))
}

fn value(stored: ValueRef<'_>) -> Value {
    match stored {
        ValueRef::Integer(number) => Value::Int(number),
        ValueRef::Text(text) => Value::Text(String::from_utf8_lossy(text).into_owned()),
        ValueRef::Blob(bytes) => Uuid::from_slice(bytes).map_or(Value::Null, Value::Uuid),
        ValueRef::Null | ValueRef::Real(_) => Value::Null,
    }
}

fn with_kept_rows(connection: &Connection, mut base: Table) -> rusqlite::Result<(Table, Vec<Key>)> {
    let mut statement = connection.prepare_cached("SELECT tbl, pk, row FROM shadow")?;
    let mut rows = statement.query([])?;
    let mut kept = vec![];
    while let Some(row) = rows.next()? {
        let key: Key = (row.get(0)?, row.get(1)?);
        let before: Option<String> = row.get(2)?;
        match before.and_then(|text| serde_json::from_str::<Vec<Json>>(&text).ok()) {
            Some(fields) => base.insert(key, Arc::new(kept_row(key.0, fields))),
            None => base.remove(&key),
        };
        kept.push(key);
    }
    Ok((base, kept))
}

fn kept_row(tbl: i16, fields: Vec<Json>) -> Row {
    let read = |(field, kind): (Json, Kind)| match (field, kind) {
        (Json::String(text), Kind::Uuid) => Uuid::parse_str(&text).map_or(Value::Null, Value::Uuid),
        (Json::String(text), _) => Value::Text(text),
        (Json::Number(number), _) => number.as_i64().map_or(Value::Null, Value::Int),
        _ => Value::Null,
    };
    let kinds = table(tbl).columns.iter().map(|column| column.kind);
    Row {
        tbl,
        values: fields.into_iter().zip(kinds).map(read).collect(),
    }
}

fn streams(connection: &Connection) -> rusqlite::Result<BTreeMap<String, Stream>> {
    let mut statement = connection.prepare_cached("SELECT scope, version, tbl, pk, epoch FROM stream")?;
    let read = |row: &rusqlite::Row<'_>| {
        let at = Position {
            version: row.get(1)?,
            tbl: row.get(2)?,
            pk: row.get(3)?,
        };
        let life = row.get(4)?;
        Ok((row.get(0)?, Stream { at, life }))
    };
    statement.query_map([], read)?.collect()
}

fn waiting(connection: &Connection) -> rusqlite::Result<Vec<Waits>> {
    let mut statement = connection.prepare_cached(
        "SELECT id, person_id, seq, name, args, at, outcome IS NOT NULL, undone_at IS NOT NULL FROM outbox ORDER BY number",
    )?;
    let read = |row: &rusqlite::Row<'_>| {
        let args: String = row.get(4)?;
        Ok(Waits {
            id: row.get(0)?,
            person: row.get(1)?,
            seq: row.get(2)?,
            name: row.get(3)?,
            args: serde_json::from_str(&args).unwrap_or_default(),
            at: row.get(5)?,
            is_answered: row.get(6)?,
            is_undone: row.get(7)?,
        })
    };
    statement.query_map([], read)?.collect()
}

fn numbers(connection: &Connection) -> rusqlite::Result<BTreeMap<Uuid, i64>> {
    let mut statement = connection.prepare_cached("SELECT person_id, last_seq FROM sender")?;
    statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
}

fn places(connection: &Connection) -> rusqlite::Result<BTreeMap<Uuid, Place>> {
    let mut statement = connection.prepare_cached(
        "SELECT id, outcome FROM archive UNION ALL SELECT id, 'attention' FROM attention UNION ALL SELECT id, 'waits' FROM outbox",
    )?;
    let read = |row: &rusqlite::Row<'_>| {
        let place = match row.get_ref(1)?.as_str().unwrap_or_default() {
            "waits" => Place::Waits,
            "attention" => Place::Attention,
            "taken_back" => Place::TakenBack,
            "ok" => Place::Done,
            _ => Place::Settled,
        };
        Ok((row.get(0)?, place))
    };
    statement.query_map([], read)?.collect()
}
