//! Opening the file: the lock, the key, the one writer and the readers.
//!
//! SQLCipher here is SQLite 3.50, which can corrupt a WAL when two connections write or checkpoint at once. So one connection does both, the
//! others are opened read-only, and a lock file keeps a second process out.

use std::{
    fs::{File, OpenOptions},
    ops::Deref,
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};

use fs4::fs_std::FileExt as _;
use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior};
use zeroize::Zeroizing;

use crate::{
    error::{CacheError, Result},
    migrate,
};

/// The key of a cache: 32 random bytes, sealed outside this crate by the keyring and a PIN.
#[derive(Clone)]
pub struct Key(Zeroizing<[u8; 32]>);

impl std::fmt::Debug for Key {
    /// Never the bytes.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Key(…)")
    }
}

impl Key {
    /// A key from its bytes.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// A fresh random key.
    ///
    /// # Errors
    /// When the operating system has no randomness to give.
    pub fn random() -> Result<Self> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).map_err(|_| std::io::Error::other("no randomness"))?;
        Ok(Self::new(bytes))
    }

    /// The bytes, to be sealed.
    pub fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The key as SQLCipher takes a raw one, without deriving it again at each connection.
    fn pragma(&self) -> Zeroizing<String> {
        let hex = self.0.iter().map(|byte| format!("{byte:02x}"));
        Zeroizing::new(format!("x'{}'", hex.collect::<String>()))
    }
}

/// The open cache of one clinic on this PC.
pub struct Cache {
    path: PathBuf,
    key: Key,
    writer: Mutex<Connection>,
    readers: Mutex<Vec<Connection>>,
    _lock: File,
}

/// A read-only connection, given back when dropped.
pub struct Reader<'a> {
    cache: &'a Cache,
    connection: Option<Connection>,
}

impl Cache {
    /// Opens the cache at `path`, creating or migrating it. A migration is preceded by a copy of the file beside it.
    ///
    /// # Errors
    /// [`CacheError::Busy`] when another process has it, [`CacheError::Newer`] when a newer program wrote it,
    /// [`CacheError::Damaged`] when the key does not fit or the file is broken.
    pub fn open(path: &Path, key: &Key) -> Result<Self> {
        let lock = lock(path)?;
        let mut writer = connect(path, key, OpenFlags::default())?;
        writer.execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON;",
        )?;
        migrate::run(&mut writer, path)?;
        Ok(Self {
            path: path.to_owned(),
            key: key.clone(),
            writer: Mutex::new(writer),
            readers: Mutex::new(Vec::new()),
            _lock: lock,
        })
    }

    /// Runs `change` in one transaction on the writer: all of it is durable when this returns, or none of it happened.
    ///
    /// # Errors
    /// Whatever `change` answers, and what SQLite says at commit (for example [`CacheError::DiskFull`]).
    pub fn write<T>(&self, change: impl FnOnce(&Transaction<'_>) -> Result<T>) -> Result<T> {
        let mut writer = self.writer();
        let transaction = writer.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let value = change(&transaction)?;
        transaction.commit()?;
        Ok(value)
    }

    /// A read-only connection.
    ///
    /// # Errors
    /// What SQLite says when a new connection cannot be opened.
    pub fn read(&self) -> Result<Reader<'_>> {
        let pooled = held(&self.readers).pop();
        let connection = match pooled {
            Some(connection) => connection,
            None => self.reader()?,
        };
        Ok(Reader {
            cache: self,
            connection: Some(connection),
        })
    }

    /// Where the file lies.
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn reader(&self) -> Result<Connection> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = connect(&self.path, &self.key, flags)?;
        connection.execute_batch("PRAGMA query_only = ON;")?;
        Ok(connection)
    }

    fn writer(&self) -> MutexGuard<'_, Connection> {
        held(&self.writer)
    }
}

impl Deref for Reader<'_> {
    type Target = Connection;
    fn deref(&self) -> &Connection {
        // A reader is only without its connection while it is being dropped.
        #[allow(clippy::expect_used)]
        self.connection.as_ref().expect("reader in use")
    }
}

impl Drop for Reader<'_> {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take() {
            held(&self.cache.readers).push(connection);
        }
    }
}

/// A panic elsewhere does not make the connection unusable: SQLite rolled its transaction back.
fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn lock(path: &Path) -> Result<File> {
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(path.with_extension("lock"))?;
    if file.try_lock_exclusive()? {
        Ok(file)
    } else {
        Err(CacheError::Busy)
    }
}

/// Opens a keyed connection and proves that the key fits.
pub(crate) fn connect(path: &Path, key: &Key, flags: OpenFlags) -> Result<Connection> {
    let connection = Connection::open_with_flags(path, flags)?;
    connection.pragma_update(None, "key", key.pragma().as_str())?;
    connection.busy_timeout(std::time::Duration::from_secs(5))?;
    connection.set_prepared_statement_cache_capacity(128);
    connection.query_row("SELECT count(*) FROM sqlite_master", [], |_| Ok(()))?;
    Ok(connection)
}
