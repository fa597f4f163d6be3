//! What a person chose on this PC: JSON by name, such as their settings and the customers they opened last.

use rusqlite::{Connection, OptionalExtension as _};
use uuid::Uuid;

use crate::{error::Result, open::Cache};

/// A choice, as JSON text.
///
/// # Errors
/// What SQLite says.
pub fn get(connection: &Connection, person: Uuid, name: &str) -> Result<Option<String>> {
    Ok(connection
        .prepare_cached("SELECT value FROM choice WHERE person_id = ?1 AND name = ?2")?
        .query_row((person, name), |row| row.get(0))
        .optional()?)
}

/// Remembers a choice.
///
/// # Errors
/// What SQLite says.
pub fn set(cache: &Cache, person: Uuid, name: &str, value: &str) -> Result<()> {
    cache.write(|transaction| {
        transaction
            .prepare_cached("INSERT OR REPLACE INTO choice (person_id, name, value) VALUES (?1, ?2, ?3)")?
            .execute((person, name, value))?;
        Ok(())
    })
}
