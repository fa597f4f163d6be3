//! Rows of the synced nouns: reading, writing and deleting one as a list of values, from statements made once per noun out of the
//! column list in `desk_core::synced`.

use std::sync::LazyLock;

use desk_core::synced::{Kind, SYNCED, Table, Value};
use rusqlite::{
    Connection, OptionalExtension as _, Row, params_from_iter,
    types::{ToSqlOutput, ValueRef},
};
use uuid::Uuid;

use crate::error::{CacheError, Result};

/// The statements of one noun.
pub(crate) struct Statements {
    pub(crate) insert: String,
    put: String,
    get: String,
    delete: String,
}

static STATEMENTS: LazyLock<Vec<Statements>> = LazyLock::new(|| SYNCED.iter().map(statements).collect());

fn statements(table: &Table) -> Statements {
    let names: Vec<&str> = table.columns.iter().map(|column| column.name).collect();
    let marks: Vec<String> = (1..=names.len()).map(|n| format!("?{n}")).collect();
    let (list, marks) = (names.join(", "), marks.join(", "));
    let name = table.name;
    Statements {
        insert: format!("INSERT INTO {name} ({list}) VALUES ({marks})"),
        put: format!("INSERT OR REPLACE INTO {name} ({list}) VALUES ({marks})"),
        get: format!("SELECT {list} FROM {name} WHERE id = ?1"),
        delete: format!("DELETE FROM {name} WHERE id = ?1"),
    }
}

/// The statements of a noun.
pub(crate) fn of(table: &'static Table) -> Result<&'static Statements> {
    let index = SYNCED.iter().position(|known| known.number == table.number);
    index
        .and_then(|index| STATEMENTS.get(index))
        .ok_or(CacheError::Shape { table: table.name })
}

/// Writes a row, replacing the one with its key.
///
/// # Errors
/// [`CacheError::Shape`] when the values do not fit the noun's columns.
pub fn put(connection: &Connection, table: &'static Table, row: &[Value]) -> Result<()> {
    if !fits(table, row) {
        return Err(CacheError::Shape { table: table.name });
    }
    connection
        .prepare_cached(&of(table)?.put)?
        .execute(params_from_iter(row.iter().map(Bound)))?;
    Ok(())
}

/// Reads the row with this key.
///
/// # Errors
/// What SQLite says.
pub fn get(connection: &Connection, table: &'static Table, id: Uuid) -> Result<Option<Vec<Value>>> {
    let mut statement = connection.prepare_cached(&of(table)?.get)?;
    Ok(statement.query_row([id], |row| values(table, row)).optional()?)
}

/// Deletes the row with this key; an absent one is fine.
///
/// # Errors
/// What SQLite says.
pub fn delete(connection: &Connection, table: &'static Table, id: Uuid) -> Result<()> {
    connection.prepare_cached(&of(table)?.delete)?.execute([id])?;
    Ok(())
}

/// Whether the values have the kinds of the noun's columns.
pub fn fits(table: &Table, row: &[Value]) -> bool {
    row.len() == table.columns.len()
        && row.iter().zip(table.columns).all(|(value, column)| {
            matches!(
                (value, column.kind),
                (Value::Null, _)
                    | (Value::Uuid(_), Kind::Uuid)
                    | (Value::Text(_), Kind::Text)
                    | (Value::Int(_), Kind::Int | Kind::Bool | Kind::Instant)
            )
        })
}

fn values(table: &'static Table, row: &Row<'_>) -> rusqlite::Result<Vec<Value>> {
    (0..table.columns.len())
        .map(|index| value(row.get_ref(index)?))
        .collect()
}

fn value(stored: ValueRef<'_>) -> rusqlite::Result<Value> {
    Ok(match stored {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(number) => Value::Int(number),
        ValueRef::Text(_) => Value::Text(stored.as_str()?.to_owned()),
        ValueRef::Blob(bytes) => Uuid::from_slice(bytes).map_or(Value::Null, Value::Uuid),
        ValueRef::Real(_) => Value::Null,
    })
}

/// A value on its way into a statement.
pub(crate) struct Bound<'a>(pub(crate) &'a Value);

impl rusqlite::ToSql for Bound<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self.0 {
            Value::Null => ValueRef::Null,
            Value::Uuid(id) => ValueRef::Blob(id.as_bytes()),
            Value::Int(number) => ValueRef::Integer(*number),
            Value::Text(text) => ValueRef::Text(text.as_bytes()),
        }))
    }
}
