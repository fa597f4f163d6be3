//! Opening the file: the lock, the key, the one writer and the readers.
//!
//! SQLCipher here is SQLite 3.50, which can corrupt a WAL when two connections write or checkpoint at once. So one connection does both, the
//! others are opened read-only, and a lock file keeps a second process out.

use std::{
    fs::{File, OpenOptions},
    ops::Deref,
    path::{Path, PathBuf},
    sync::{
        Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use fs4::fs_std::FileExt as _;
use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior};
use zeroize::Zeroizing;

use crate::{
    error::{CacheError, Result},
    load, migrate,
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
    pub(crate) fn pragma(&self) -> Zeroizing<String> {
        let hex = self.0.iter().map(|byte| format!("{byte:02x}"));
        Zeroizing::new(format!("x'{}'", hex.collect::<String>()))
    }
}

/// The open cache of one clinic on this PC.
pub struct Cache {
    path: PathBuf,
    key: Key,
    writer: Mutex<Writer>,
    readers: Mutex<Readers>,
    returned: Condvar,
    /// How many want to write before what is written behind.
    turns: Mutex<usize>,
    nobody: Condvar,
    has_every_column: AtomicBool,
    _lock: File,
}

/// The connection that alone writes, and how it does so at the moment.
struct Writer {
    connection: Connection,
    pace: Pace,
}

/// How the writer writes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Pace {
    /// A person's work: on the disk before it counts, and with the log copied into the file only when that was long not done.
    Ahead,
    /// What is written behind: the log is copied often, so that a person never waits for much of it.
    Behind,
}

impl Pace {
    fn pragmas(self) -> &'static str {
        match self {
            Self::Ahead => "PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 4000;",
            Self::Behind => "PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 250;",
        }
    }
}

impl Writer {
    fn open(path: &Path, key: &Key) -> Result<Self> {
        Ok(Self {
            connection: open_writer(path, key)?,
            pace: Pace::Ahead,
        })
    }

    /// Runs `change` in one transaction at a pace. It is set only where the last transaction had another: setting it costs as much as a small
    /// transaction does.
    fn commit<T>(&mut self, pace: Pace, change: impl FnOnce(&Transaction<'_>) -> Result<T>) -> Result<T> {
        if self.pace != pace {
            self.connection.execute_batch(pace.pragmas())?;
            self.pace = pace;
        }
        let transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        let value = change(&transaction)?;
        transaction.commit()?;
        Ok(value)
    }
}

/// Somebody who writes, or waits to.
struct Turn<'a>(&'a Cache);

impl<'a> Turn<'a> {
    fn ask(cache: &'a Cache) -> Self {
        *held(&cache.turns) += 1;
        Self(cache)
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        *held(&self.0.turns) -= 1;
        self.0.nobody.notify_all();
    }
}

/// Read-only connections: those at rest, and how many are lent out.
#[derive(Default)]
struct Readers {
    idle: Vec<Connection>,
    lent: usize,
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
        let writer = Writer::open(path, key)?;
        let has_every_column = load::has_every_column(&writer.connection)?.into();
        Ok(Self {
            path: path.to_owned(),
            key: key.clone(),
            writer: Mutex::new(writer),
            readers: Mutex::default(),
            returned: Condvar::new(),
            turns: Mutex::default(),
            nobody: Condvar::new(),
            has_every_column,
            _lock: lock,
        })
    }

    /// Runs `change` in one transaction on the writer: all of it is durable when this returns, or none of it happened.
    ///
    /// # Errors
    /// Whatever `change` answers, and what SQLite says at commit (for example [`CacheError::DiskFull`]).
    pub fn write<T>(&self, change: impl FnOnce(&Transaction<'_>) -> Result<T>) -> Result<T> {
        let _turn = Turn::ask(self);
        self.writer().commit(Pace::Ahead, change)
    }

    /// The same for what the clinic has said and will say again. It lets every [`Cache::write`] go first, and a power cut may take it back:
    /// the disk is not waited for, but of such transactions and all others an earlier one is never missing while a later one is there.
    ///
    /// # Errors
    /// As [`Cache::write`].
    pub fn write_behind<T>(&self, change: impl FnOnce(&Transaction<'_>) -> Result<T>) -> Result<T> {
        let turns = self.nobody.wait_while(held(&self.turns), |turns| *turns > 0);
        drop(turns.unwrap_or_else(PoisonError::into_inner));
        self.writer().commit(Pace::Behind, change)
    }

    /// A read-only connection.
    ///
    /// # Errors
    /// What SQLite says when a new connection cannot be opened.
    pub fn read(&self) -> Result<Reader<'_>> {
        let mut readers = held(&self.readers);
        let connection = match readers.idle.pop() {
            Some(connection) => connection,
            None => self.reader()?,
        };
        readers.lent += 1;
        Ok(Reader {
            cache: self,
            connection: Some(connection),
        })
    }

    /// Puts another file in this one's place. `prepare` gets the writer, with nothing else going on, and makes the file ready; from then
    /// until the new file is open nobody reads or writes. A crash in between leaves either file whole.
    ///
    /// # Errors
    /// What `prepare` answers (this file stays then), and what SQLite or the file system says.
    pub(crate) fn replace_with(&self, fresh: &Path, prepare: impl FnOnce(&Connection) -> Result<()>) -> Result<()> {
        // Readers first, then the writer: who reads may wait for the writer, and who writes never reads elsewhere.
        let mut readers = self
            .returned
            .wait_while(held(&self.readers), |readers| readers.lent > 0)
            .unwrap_or_else(PoisonError::into_inner);
        let mut writer = self.writer();
        prepare(&writer.connection)?;
        readers.idle.clear();
        // A log left behind would be taken for the new file's.
        let checkpoint = "PRAGMA wal_checkpoint(TRUNCATE)";
        let is_busy: bool = writer.connection.query_row(checkpoint, [], |row| row.get(0))?;
        if is_busy {
            return Err(CacheError::Busy);
        }
        drop(std::mem::replace(&mut writer.connection, Connection::open_in_memory()?));
        let renamed = std::fs::rename(fresh, &self.path);
        *writer = Writer::open(&self.path, &self.key)?;
        let has_every_column = load::has_every_column(&writer.connection)?;
        self.has_every_column.store(has_every_column, Ordering::Release);
        renamed?;
        sync_folder(&self.path)
    }

    /// Whether the rows here have every noun and column that this program knows. If not, everything has to be loaded anew.
    pub fn has_every_column(&self) -> bool {
        self.has_every_column.load(Ordering::Acquire)
    }

    /// Where the file lies.
    pub fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn key(&self) -> &Key {
        &self.key
    }

    fn reader(&self) -> Result<Connection> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = connect(&self.path, &self.key, flags)?;
        // 32 MiB of pages: decrypting the same pages of the search index again is half of what a key of a search costs.
        connection.execute_batch("PRAGMA query_only = ON; PRAGMA cache_size = -32768;")?;
        Ok(connection)
    }

    fn writer(&self) -> MutexGuard<'_, Writer> {
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
            let mut readers = held(&self.cache.readers);
            readers.idle.push(connection);
            readers.lent -= 1;
            self.cache.returned.notify_all();
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

/// The connection that alone writes and checkpoints, on the newest schema.
fn open_writer(path: &Path, key: &Key) -> Result<Connection> {
    let writer = connect(path, key, OpenFlags::default())?;
    writer.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON; PRAGMA cache_size = -32768;",
    )?;
    writer.execute_batch(Pace::Ahead.pragmas())?;
    migrate::run(&writer, path)?;
    Ok(writer)
}

/// Makes a rename durable.
#[cfg(unix)]
pub(crate) fn sync_folder(path: &Path) -> Result<()> {
    match path.parent() {
        Some(folder) => Ok(File::open(folder)?.sync_all()?),
        None => Ok(()),
    }
}

/// Windows makes a rename durable by itself and cannot open folders.
#[cfg(not(unix))]
pub(crate) fn sync_folder(_: &Path) -> Result<()> {
    Ok(())
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

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test: what is not as expected ends it")]
mod tests {
    use std::{sync::mpsc, thread};

    use super::*;

    #[test]
    fn a_person_who_writes_goes_before_what_is_written_behind() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::open(&folder.path().join("cache.db"), &Key::new([7; 32])).unwrap();
        let (done, order) = mpsc::channel();
        let until_asked = |turns| {
            while *held(&cache.turns) < turns {
                thread::yield_now();
            }
        };
        thread::scope(|scope| {
            let writer = cache.writer();
            let person = |name: &'static str| {
                let (cache, done) = (&cache, done.clone());
                scope.spawn(move || cache.write(|_| done.send(name).map_err(|_| CacheError::Busy)).unwrap());
            };
            person("first");
            until_asked(1);
            let (behind, done) = (&cache, done.clone());
            scope.spawn(move || {
                behind
                    .write_behind(|_| done.send("behind").map_err(|_| CacheError::Busy))
                    .unwrap()
            });
            person("second");
            until_asked(2);
            drop(writer);
        });
        let order: Vec<&str> = order.try_iter().collect();
        assert_eq!(order.last(), Some(&"behind"), "{order:?}");
    }

    #[test]
    fn after_writing_behind_a_persons_work_waits_for_the_disk_again() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::open(&folder.path().join("cache.db"), &Key::new([7; 32])).unwrap();
        let synchronous = |transaction: &Transaction<'_>| {
            Ok(transaction.query_row("PRAGMA synchronous", [], |row| row.get::<_, i64>(0))?)
        };
        assert_eq!(cache.write_behind(synchronous).unwrap(), 1);
        assert!(cache.write_behind(|_| Err::<(), _>(CacheError::Damaged)).is_err());
        assert_eq!(cache.write(synchronous).unwrap(), 2);
    }
}
