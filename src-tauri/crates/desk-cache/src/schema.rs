//! What a fresh file is made of: the end of all migrations without the way there. Steps that add a column have SQLite read its whole schema
//! again, each of them; a load needs none of that, because its file is empty.

use std::sync::OnceLock;

use rusqlite::Connection;

use crate::{error::Result, migrate};

/// The newest schema as SQL, in two parts: filling bare tables and indexing them afterwards is faster.
struct Schema {
    tables: String,
    indexes: String,
}

/// Creates the tables without their indexes. The transaction is the caller's.
///
/// # Errors
/// What SQLite says.
pub fn create_tables(connection: &Connection) -> Result<()> {
    Ok(connection.execute_batch(&newest()?.tables)?)
}

/// Creates what [`create_tables`] left out. From here on the file is of the newest schema.
///
/// # Errors
/// What SQLite says.
pub fn create_indexes(connection: &Connection) -> Result<()> {
    connection.execute_batch(&newest()?.indexes)?;
    migrate::mark_newest(connection)
}

/// Found once in a process, by migrating an empty database in memory.
fn newest() -> Result<&'static Schema> {
    static NEWEST: OnceLock<Schema> = OnceLock::new();
    if let Some(schema) = NEWEST.get() {
        return Ok(schema);
    }
    let empty = Connection::open_in_memory()?;
    migrate::advance(&empty)?;
    let schema = Schema {
        tables: sql_of(&empty, "type = 'table'")?,
        indexes: sql_of(&empty, "type <> 'table'")?,
    };
    Ok(NEWEST.get_or_init(|| schema))
}

/// In the order in which they were created. What SQLite makes by itself has no SQL of its own, or a name that it keeps for itself.
fn sql_of(connection: &Connection, which: &str) -> Result<String> {
    let sql = format!(
        "SELECT sql FROM sqlite_master WHERE {which} AND sql IS NOT NULL AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY rowid"
    );
    let mut statement = connection.prepare(&sql)?;
    let parts: Vec<String> = statement
        .query_map([], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    Ok(parts.iter().map(|part| format!("{part};\n")).collect())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test: what is not as expected ends it")]
mod tests {
    use super::*;

    fn of(connection: &Connection) -> Vec<(String, String, Option<String>)> {
        let mut statement = connection
            .prepare("SELECT type, name, sql FROM sqlite_master ORDER BY type, name")
            .unwrap();
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)));
        rows.unwrap().collect::<rusqlite::Result<_>>().unwrap()
    }

    #[test]
    fn a_fresh_file_is_what_a_migrated_one_is() {
        let [migrated, fresh] = [(); 2].map(|()| Connection::open_in_memory().unwrap());
        migrate::advance(&migrated).unwrap();
        create_tables(&fresh).unwrap();
        create_indexes(&fresh).unwrap();
        assert_eq!(of(&migrated), of(&fresh));
        assert_eq!(migrate::version(&migrated).unwrap(), migrate::version(&fresh).unwrap());
    }

    #[test]
    fn no_migration_puts_rows_into_an_empty_file() {
        let migrated = Connection::open_in_memory().unwrap();
        migrate::advance(&migrated).unwrap();
        for (_, table, _) in of(&migrated).into_iter().filter(|(kind, ..)| kind == "table") {
            let sql = format!("SELECT count(*) FROM {table}");
            let rows: i64 = migrated.query_row(&sql, [], |row| row.get(0)).unwrap();
            assert_eq!(rows, 0, "a fresh file would lack what a migration puts into {table}");
        }
    }
}
