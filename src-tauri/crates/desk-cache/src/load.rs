//! The first load: rows stream into a fresh file beside the final one, without journal and without indexes, then indexes and search are
//! built, the file is marked complete as the very last write, synced to the disk and renamed. A crash in the middle leaves no cache at all.

use std::{
    fs::File,
    path::{Path, PathBuf},
};

use desk_core::synced::{Table, Value};
use rusqlite::{
    CachedStatement, Connection, OpenFlags, ToSql,
    types::{ToSqlOutput, ValueRef},
};

use crate::{
    error::Result,
    migrate, open,
    open::Key,
    rebase::{self, Stream},
    row::{self, Bound},
    search,
};

/// A file that is being filled.
pub struct Loader {
    connection: Connection,
    filling: PathBuf,
    target: PathBuf,
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
        let mut connection = open::connect(&filling, key, OpenFlags::default())?;
        connection.execute_batch(
            "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -65536; PRAGMA temp_store = MEMORY;",
        )?;
        migrate::tables(&mut connection)?;
        connection.execute_batch("BEGIN")?;
        Ok(Self {
            connection,
            filling,
            target: target.to_owned(),
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

    /// Builds indexes and search, notes where each stream goes on, and puts the file in place.
    ///
    /// # Errors
    /// What SQLite or the file system says; the target is untouched then.
    pub fn finish(mut self, clinic: &str, streams: &[(String, Stream)]) -> Result<()> {
        self.connection.execute_batch("COMMIT")?;
        migrate::indexes(&mut self.connection)?;
        search::build_index(&self.connection)?;
        for (scope, stream) in streams {
            rebase::save(&self.connection, scope, stream)?;
        }
        let mark = "INSERT INTO meta (name, value) VALUES ('clinic_id', ?1), ('loaded', '1')";
        self.connection.execute(mark, [clinic])?;
        self.connection.execute_batch("ANALYZE; PRAGMA optimize;")?;
        drop(self.connection);
        File::open(&self.filling)?.sync_all()?;
        std::fs::rename(&self.filling, &self.target)?;
        sync_folder(&self.target)
    }
}

#[cfg(unix)]
fn sync_folder(path: &Path) -> Result<()> {
    match path.parent() {
        Some(folder) => Ok(File::open(folder)?.sync_all()?),
        None => Ok(()),
    }
}

/// Windows makes a rename durable by itself and cannot open folders.
#[cfg(not(unix))]
fn sync_folder(_: &Path) -> Result<()> {
    Ok(())
}
