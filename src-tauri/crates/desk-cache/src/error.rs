//! What can go wrong with the cache, in the few kinds that a person or a caller can act on differently.

/// A failure of the cache. Its text holds no row's contents.
#[derive(Debug, thiserror::Error)]
pub enum CacheError {
    /// The file was written by a newer version of the program.
    #[error("the cache has schema {found}, this program knows {known}")]
    Newer {
        /// Schema of the file.
        found: i64,
        /// Newest schema this program knows.
        known: i64,
    },
    /// The file is damaged, or the key is not its key.
    #[error("the cache is damaged or the key is wrong")]
    Damaged,
    /// Another process holds the file.
    #[error("another copy of the program holds the cache")]
    Busy,
    /// The disk is full.
    #[error("the disk is full")]
    DiskFull,
    /// A row of the feed does not have the shape this version expects.
    #[error("a row of {table} does not have the expected shape")]
    Shape {
        /// The noun.
        table: &'static str,
    },
    /// What an action needs is not there; the code is one of the refusal codes.
    #[error("refused: {0}")]
    Refused(&'static str),
    /// Reading or writing a file failed.
    #[error("file: {0}")]
    File(#[from] std::io::Error),
    /// Anything else SQLite says.
    #[error("sqlite: {0}")]
    Sqlite(rusqlite::Error),
}

/// The result of anything the cache does.
pub type Result<T> = std::result::Result<T, CacheError>;

impl From<rusqlite::Error> for CacheError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode;
        match error.sqlite_error_code() {
            Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => Self::Damaged,
            Some(ErrorCode::DiskFull) => Self::DiskFull,
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy,
            _ => Self::Sqlite(error),
        }
    }
}
