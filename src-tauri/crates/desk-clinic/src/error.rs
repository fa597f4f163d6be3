//! What can go wrong between a desk and its PostgreSQL, in the few kinds that callers treat differently.
//! No variant carries a row's content: messages go to logs and reports.

use std::borrow::Cow;

use serde_json::Value as Json;
use sqlx::error::DatabaseError;
use thiserror::Error;

use crate::ticket::TicketError;

/// A result with [`ClinicError`].
pub type Result<T, E = ClinicError> = std::result::Result<T, E>;

/// Why PostgreSQL did not do what was asked.
#[derive(Debug, Error)]
pub enum ClinicError {
    /// No connection, or it broke: try again later, nothing is known about what happened to the request.
    #[error("the clinic's database cannot be reached ({0})")]
    Unreachable(&'static str),
    /// The login or its password is not accepted. Nobody need have meant that: a rule of the server may be wrong, or the passwords missing after
    /// a restore.
    #[error("the clinic's database does not accept this login")]
    AuthRefused,
    /// The login was switched off, or is none any more: the server knew whom it refused.
    #[error("the clinic's database has ended this login")]
    LoginEnded,
    /// The server's certificate is not the expected one, or it offers no TLS.
    #[error("no trusted encrypted connection to the clinic's database")]
    Tls,
    /// The database decided against it: a code in `snake_case` and what a person needs to decide.
    #[error("refused: {code}")]
    Refused {
        /// The code of architecture.md.
        code: String,
        /// A small JSON object; may hold values a person typed, so it is not printed.
        detail: Json,
    },
    /// A deadlock, a lock or a time limit: the same request may succeed when sent again.
    #[error("try again (SQLSTATE {0})")]
    Retry(String),
    /// This outbox is not the continuation of what the database has seen: restored or copied.
    #[error("this desk's outbox was restored or copied")]
    Forked,
    /// The batch starts beyond the next expected number.
    #[error("actions are missing before this batch")]
    Gap,
    /// The database's schema lacks migrations that this program needs, or does not know an action.
    #[error("the clinic's database is older than this program: run `desk-server migrate up`")]
    TooOld,
    /// The database has migrations that this program does not know.
    #[error("the clinic's database is newer than this program")]
    TooNew,
    /// A migration cannot go on; the text names tables and versions only.
    #[error("{0}")]
    Migration(String),
    /// An enrolment code cannot be read.
    #[error(transparent)]
    Ticket(#[from] TicketError),
    /// A file could not be written or read.
    #[error("file: {0}")]
    File(#[from] std::io::Error),
    /// The answer is not what this program understands.
    #[error("unexpected answer: {0}")]
    Answer(&'static str),
    /// Anything else the server says, as its five-letter code and the constraint it names.
    #[error("database error {code}{}", .constraint.as_deref().map(|name| format!(" ({name})")).unwrap_or_default())]
    Sql {
        /// SQLSTATE, or a word where there is none.
        code: Cow<'static, str>,
        /// The constraint's name, if the server named one.
        constraint: Option<String>,
    },
}

impl ClinicError {
    /// Whether the same request may succeed later without anybody doing anything.
    pub fn is_passing(&self) -> bool {
        matches!(self, Self::Unreachable(_) | Self::Retry(_))
    }

    pub(crate) fn refused(code: &str) -> Self {
        Self::Refused {
            code: code.to_owned(),
            detail: Json::Object(serde_json::Map::new()),
        }
    }
}

impl From<sqlx::Error> for ClinicError {
    fn from(error: sqlx::Error) -> Self {
        match error {
            sqlx::Error::Database(error) => of_server(&*error),
            sqlx::Error::Io(error) if error.kind() == std::io::ErrorKind::InvalidData => Self::Tls,
            sqlx::Error::Io(_) => Self::Unreachable("connection"),
            sqlx::Error::Tls(_) => Self::Tls,
            sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::WorkerCrashed => {
                Self::Unreachable("pool")
            }
            sqlx::Error::RowNotFound => Self::Answer("no row"),
            sqlx::Error::ColumnDecode { .. }
            | sqlx::Error::Decode(_)
            | sqlx::Error::ColumnNotFound(_)
            | sqlx::Error::ColumnIndexOutOfBounds { .. } => Self::Answer("a column of another type"),
            sqlx::Error::Protocol(_) => Self::Unreachable("protocol"),
            _ => Self::Sql {
                code: Cow::Borrowed("client"),
                constraint: None,
            },
        }
    }
}

fn of_server(error: &dyn DatabaseError) -> ClinicError {
    let code = error.code().unwrap_or_default().into_owned();
    match code.as_str() {
        "P0001" if is_code(error.message()) => ClinicError::Refused {
            code: error.message().to_owned(),
            detail: detail_of(error),
        },
        "P0F01" => ClinicError::Forked,
        "P0F02" => ClinicError::Gap,
        "P0F04" => ClinicError::TooOld,
        "P0D01" | "P0D02" => ClinicError::Migration(error.message().to_owned()),
        "28000" if is_of_the_role(error) => ClinicError::LoginEnded,
        "28000" | "28P01" => ClinicError::AuthRefused,
        "3F000" | "42883" | "42P01" | "42703" => ClinicError::TooOld,
        "53300" | "57P01" | "57P02" | "57P03" => ClinicError::Unreachable("server"),
        // A standby: the primary will be back, or the address is the wrong one.
        "25006" => ClinicError::Unreachable("read-only server"),
        "55P03" | "57014" => ClinicError::Retry(code),
        _ if code.starts_with("40") => ClinicError::Retry(code),
        _ if code.starts_with("08") => ClinicError::Unreachable("connection"),
        _ => ClinicError::Sql {
            code: Cow::Owned(code),
            constraint: error.constraint().map(str::to_owned),
        },
    }
}

/// Whether a role that may not log in was refused, and not whatever somebody at this address would be. SQLSTATE is the same for both and the
/// words are in the server's language, so it is told by the place in PostgreSQL, which asks for the role after the password.
fn is_of_the_role(error: &dyn DatabaseError) -> bool {
    error
        .try_downcast_ref::<sqlx::postgres::PgDatabaseError>()
        .and_then(sqlx::postgres::PgDatabaseError::routine)
        == Some("InitializeSessionUserId")
}

fn is_code(message: &str) -> bool {
    !message.is_empty()
        && message
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}

fn detail_of(error: &dyn DatabaseError) -> Json {
    error
        .try_downcast_ref::<sqlx::postgres::PgDatabaseError>()
        .and_then(sqlx::postgres::PgDatabaseError::detail)
        .and_then(|text| serde_json::from_str(text).ok())
        .unwrap_or_else(|| Json::Object(serde_json::Map::new()))
}
