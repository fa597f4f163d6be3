//! A load: rows stream into a fresh file beside the final one, without journal and without indexes, then indexes and search are built, the
//! file is marked complete as the very last write, synced to the disk and renamed. A crash in the middle of the first load leaves no cache
//! at all. A later load takes the place of the open cache: see [`Loader::replace`].

use std::{
    fs::File,
    path::{Path, PathBuf},
};

use desk_core::synced::{self, Table, Value};
use rusqlite::{
    CachedStatement, Connection, OpenFlags, ToSql,
    types::{ToSqlOutput, ValueRef},
};

use crate::{
    attention, change,
    error::Result,
    open,
    open::{Cache, Key},
    outbox,
    rebase::{self, Stream},
    row::{self, Bound},
    schema,
    search::{self, Stale},
};
use uuid::Uuid;

/// What belongs to this PC alone and goes with it into a fresh file. Everything else is the clinic's, or is made from it.
const OWN: [&str; 7] = ["outbox", "sender", "archive", "attention", "alert", "choice", "meta"];

/// Four megabytes. A file without rows has eighty pages.
const FEW_PAGES: i64 = 1_000;

/// What the clinic remembers otherwise than this PC, in the life of the database that was loaded.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    /// Actions that it once confirmed and knows no more: they wait to be sent again.
    pub forgotten: Vec<Uuid>,
    /// Actions that it refused here and knows as done: between them lies a restore from a backup of a later day than the life that refused
    /// them came from.
    pub done: Vec<Uuid>,
}

/// A file that is being filled.
pub struct Loader {
    connection: Connection,
    filling: PathBuf,
    target: PathBuf,
    key: Key,
}

/// One field on its way into the file, borrowed from the wire.
#[derive(Clone, Copy, Debug)]
pub enum Field<'a> {
    /// No value.
    Null,
    /// 16 bytes.
    Uuid(&'a [u8]),
    /// Text.
    Text(&'a str),
    /// A number, a truth value or microseconds since 1970.
    Int(i64),
}

impl ToSql for Field<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match *self {
            Self::Null => ValueRef::Null,
            Self::Uuid(bytes) => ValueRef::Blob(bytes),
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
            Self::Int(number) => ValueRef::Integer(number),
        }))
    }
}

/// Inserts the rows of one noun; the statement is prepared once.
pub struct Rows<'a> {
    statement: CachedStatement<'a>,
}

impl Rows<'_> {
    /// Adds a row, fields in column order.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn add<'a>(&mut self, fields: impl Iterator<Item = Field<'a>>) -> Result<()> {
        for (index, field) in fields.enumerate() {
            self.statement.raw_bind_parameter(index + 1, field)?;
        }
        self.statement.raw_execute()?;
        Ok(())
    }

    /// Adds a row of owned values, in column order.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn add_values(&mut self, values: &[Value]) -> Result<()> {
        self.statement
            .execute(rusqlite::params_from_iter(values.iter().map(Bound)))?;
        Ok(())
    }
}

impl Loader {
    /// Begins a fresh file for `target`; an earlier half-filled one is thrown away.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn begin(target: &Path, key: &Key) -> Result<Self> {
        let filling = target.with_extension("filling");
        if filling.exists() {
            std::fs::remove_file(&filling)?;
        }
        let connection = open::connect(&filling, key, OpenFlags::default())?;
        connection.execute_batch(
            "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -65536; PRAGMA temp_store = MEMORY;",
        )?;
        // One transaction until the file is complete: a page that is written twice is encrypted twice.
        connection.execute_batch("BEGIN")?;
        schema::create_tables(&connection)?;
        Ok(Self {
            connection,
            filling,
            target: target.to_owned(),
            key: key.clone(),
        })
    }

    /// The inserter of one noun.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn rows(&self, table: &'static Table) -> Result<Rows<'_>> {
        let statement = self.connection.prepare_cached(&row::of(table)?.insert)?;
        Ok(Rows { statement })
    }

    /// A fresh file that is to take the place of an open cache.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn beside(cache: &Cache) -> Result<Self> {
        Self::begin(cache.path(), cache.key())
    }

    /// Throws the file away.
    pub fn discard(self) {
        drop(self.connection);
        std::fs::remove_file(self.filling).ok();
    }

    /// Builds indexes and search, notes where each stream goes on, and puts the file in place. `damaged` is an earlier cache that cannot be
    /// used any more: what belongs to this PC is read out of it as far as it goes.
    ///
    /// # Errors
    /// What SQLite or the file system says; the target is untouched then.
    pub fn finish(self, clinic: &str, streams: &[(String, Stream)], damaged: Option<&Path>) -> Result<()> {
        self.complete(streams)?;
        if let Some(damaged) = damaged {
            self.connection.execute_batch("PRAGMA journal_mode = DELETE")?;
            salvage(&self.connection, damaged, &self.key)?;
        }
        let mark = "INSERT OR REPLACE INTO meta (name, value) VALUES ('clinic_id', ?1), ('loaded', '1')";
        self.connection.execute(mark, [clinic])?;
        note_shape(&self.connection)?;
        drop(self.connection);
        File::open(&self.filling)?.sync_all()?;
        std::fs::rename(&self.filling, &self.target)?;
        open::sync_folder(&self.target)
    }

    /// Puts the file in the place of the open cache. What belongs to this PC comes along: unsent work stays in force over the fresh rows,
    /// and what the clinic remembers otherwise than this PC does is set right. Whatever the clinic answered before is asked again: it may
    /// have been answered in a life of the database that is over.
    ///
    /// # Errors
    /// What SQLite or the file system says; the open cache is untouched then.
    pub fn replace(self, cache: &Cache, streams: &[(String, Stream)], memory: &Memory) -> Result<()> {
        self.complete(streams)?;
        let Self {
            connection, filling, ..
        } = self;
        // From here on a failure must roll back.
        connection.execute_batch("PRAGMA journal_mode = DELETE; PRAGMA synchronous = FULL;")?;
        let fresh = filling.clone();
        cache.replace_with(&filling, move |_| {
            attach_old(&connection, cache.path(), cache.key())?;
            let transaction = connection.unchecked_transaction()?;
            carry_over(&transaction, memory)?;
            note_shape(&transaction)?;
            transaction.commit()?;
            drop(connection);
            Ok(File::open(fresh)?.sync_all()?)
        })
    }

    fn complete(&self, streams: &[(String, Stream)]) -> Result<()> {
        schema::create_indexes(&self.connection)?;
        search::build_index(&self.connection)?;
        for (scope, stream) in streams {
            rebase::save(&self.connection, scope, stream)?;
        }
        if is_worth_analyzing(&self.connection)? {
            self.connection.execute_batch("ANALYZE")?;
        }
        Ok(self.connection.execute_batch("COMMIT")?)
    }
}

/// What is known of a clinic with a handful of rows misleads the planner when there are many, and each connection reads all of it.
fn is_worth_analyzing(connection: &Connection) -> Result<bool> {
    let pages: i64 = connection.query_row("PRAGMA page_count", [], |row| row.get(0))?;
    Ok(pages > FEW_PAGES)
}

/// Notes which nouns and columns the rows were loaded with.
fn note_shape(connection: &Connection) -> Result<()> {
    let sql = "INSERT OR REPLACE INTO meta (name, value) VALUES ('shape', ?1)";
    connection.execute(sql, [synced::shape()])?;
    Ok(())
}

/// Whether the rows were loaded by a program that knew the same nouns and columns. If not, what has been added since is empty here and stays
/// so until a row happens to change: everything has to be loaded anew.
pub(crate) fn has_every_column(connection: &Connection) -> Result<bool> {
    let mut statement = connection.prepare_cached("SELECT 1 FROM meta WHERE name = 'shape' AND value = ?1")?;
    Ok(statement.exists([synced::shape()])?)
}

fn attach_old(connection: &Connection, path: &Path, key: &Key) -> Result<()> {
    connection.execute(
        "ATTACH ?1 AS old KEY ?2",
        (path.to_string_lossy(), key.pragma().as_str()),
    )?;
    Ok(())
}

fn carry_over(connection: &Connection, memory: &Memory) -> Result<()> {
    for table in OWN {
        connection.execute_batch(&format!("INSERT INTO main.{table} SELECT * FROM old.{table}"))?;
    }
    // Numbers go on where they were, so that the archive keeps its order.
    connection.execute_batch(
        "DELETE FROM main.sqlite_sequence WHERE name = 'outbox';
         INSERT INTO main.sqlite_sequence SELECT * FROM old.sqlite_sequence WHERE name = 'outbox'",
    )?;
    outbox::ask_again(connection, &memory.forgotten)?;
    memory
        .done
        .iter()
        .try_for_each(|id| attention::done_after_all(connection, *id))?;
    replay(connection)
}

/// Does everything that waits over the fresh rows.
fn replay(connection: &Connection) -> Result<()> {
    let stale = Stale::default();
    change::replay(connection, &stale)?;
    Ok(stale.follow(connection)?)
}

/// Reads out of a damaged file what can be read. Only a failure of the new file is one.
fn salvage(connection: &Connection, damaged: &Path, key: &Key) -> Result<()> {
    if let Err(error) = attach_old(connection, damaged, key) {
        tracing::error!(%error, "nothing can be read from the damaged cache");
        return Ok(());
    }
    let transaction = connection.unchecked_transaction()?;
    for table in OWN {
        let rows = salvage_table(&transaction, table)?;
        tracing::warn!(table, rows, "read from the damaged cache");
    }
    outbox::ask_again(&transaction, &[])?;
    replay(&transaction)?;
    transaction.commit()?;
    Ok(connection.execute_batch("DETACH old")?)
}

/// Row by row, up to the first that is broken. By the names of its columns: the file may be of an earlier program.
fn salvage_table(connection: &Connection, table: &str) -> Result<usize> {
    let Ok(mut select) = connection.prepare(&format!("SELECT * FROM old.{table}")) else {
        return Ok(0);
    };
    let (names, marks) = (
        select.column_names().join(", "),
        vec!["?"; select.column_count()].join(", "),
    );
    let mut insert = connection.prepare(&format!(
        "INSERT OR IGNORE INTO main.{table} ({names}) VALUES ({marks})"
    ))?;
    let (width, mut count) = (select.column_count(), 0);
    let Ok(mut rows) = select.query([]) else { return Ok(0) };
    while let Ok(Some(row)) = rows.next() {
        let values: Vec<rusqlite::types::Value> = (0..width).map(|at| row.get(at)).collect::<rusqlite::Result<_>>()?;
        count += insert.execute(rusqlite::params_from_iter(values))?;
    }
    Ok(count)
}
