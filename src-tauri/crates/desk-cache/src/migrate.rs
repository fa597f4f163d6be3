//! Brings the file to the newest schema. Forward only; a newer file is refused; a copy is kept beside it before anything changes.

use std::path::Path;

use rusqlite::{Connection, Transaction};

use crate::{
    error::{CacheError, Result},
    search,
};

/// One step: its SQL and what only Rust can do after it.
struct Step {
    sql: &'static str,
    after: fn(&Transaction<'_>) -> Result<()>,
}

const NOTHING: fn(&Transaction<'_>) -> Result<()> = |_| Ok(());

const STEPS: &[Step] = &[
    Step {
        sql: include_str!("../../../../migrations/cache/20261122090000_create_nouns.sql"),
        after: NOTHING,
    },
    Step {
        sql: include_str!("../../../../migrations/cache/20261122090100_create_search.sql"),
        after: NOTHING,
    },
    Step {
        sql: include_str!("../../../../migrations/cache/20261122090200_index_nouns.sql"),
        after: |transaction| Ok(search::create_indexes(transaction)?),
    },
    Step {
        sql: include_str!("../../../../migrations/cache/20261122120000_keep_action_order.sql"),
        after: NOTHING,
    },
    Step {
        sql: include_str!("../../../../migrations/cache/20261122130000_remember_undo.sql"),
        after: NOTHING,
    },
    Step {
        sql: include_str!("../../../../migrations/cache/20261122140000_keep_alerts.sql"),
        after: NOTHING,
    },
];

/// How many steps a bulk load runs before it fills the tables; the rest are indexes.
const TABLES_ONLY: usize = 2;

/// Migrates an opened file to the newest schema.
pub(crate) fn run(connection: &Connection, path: &Path) -> Result<()> {
    let found = version(connection)?;
    let known = STEPS.len();
    if found > known {
        return Err(CacheError::Newer {
            found: as_number(found),
            known: as_number(known),
        });
    }
    if found > 0 && found < known {
        keep_copy(connection, path, found)?;
    }
    advance(connection, known)
}

/// Creates the tables without their indexes, for a bulk load.
pub(crate) fn tables(connection: &Connection) -> Result<()> {
    advance(connection, TABLES_ONLY)
}

/// Creates what [`tables`] left out.
pub(crate) fn indexes(connection: &Connection) -> Result<()> {
    advance(connection, STEPS.len())
}

fn advance(connection: &Connection, to: usize) -> Result<()> {
    for (number, step) in STEPS.iter().enumerate().take(to).skip(version(connection)?) {
        let transaction = connection.unchecked_transaction()?;
        transaction.execute_batch(step.sql)?;
        (step.after)(&transaction)?;
        transaction.pragma_update(None, "user_version", as_number(number + 1))?;
        transaction.commit()?;
    }
    Ok(())
}

pub(crate) fn version(connection: &Connection) -> Result<usize> {
    let version: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    Ok(usize::try_from(version).unwrap_or(usize::MAX))
}

fn as_number(version: usize) -> i64 {
    i64::try_from(version).unwrap_or(i64::MAX)
}

/// `VACUUM INTO` writes a copy with the same key; an older copy of the same schema is replaced.
fn keep_copy(connection: &Connection, path: &Path, found: usize) -> Result<()> {
    let copy = path.with_extension(format!("before-{}", found + 1));
    if copy.exists() {
        std::fs::remove_file(&copy)?;
    }
    connection.execute("VACUUM INTO ?1", [copy.to_string_lossy()])?;
    Ok(())
}
