//! The clinic as the sync needs it. The real one is [`crate::postgres`]; a simulator can stand in its place.

use std::future::Future;

use desk_cache::{
    outbox::{Outcome, Waiting},
    rebase::{Change, Position, Stream},
};
use desk_core::synced::Value;
use uuid::Uuid;

/// Why the clinic gave no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// No connection, or it broke. Work goes on; the desk tries again.
    #[error("the clinic cannot be reached")]
    Unreachable,
    /// The clinic does not let this login in any more.
    #[error("access has ended")]
    AccessEnded,
    /// The server's certificate is not the clinic's.
    #[error("the certificate was refused")]
    Certificate,
    /// Database and program do not understand each other.
    #[error("the database has another version")]
    Schema,
    /// The position belongs to another life of the database (restored, trimmed): the cache must be loaded anew.
    #[error("the cache must be loaded anew")]
    Reload,
    /// Something else went wrong in the database; the text holds no data.
    #[error("the database failed: {0}")]
    Other(String),
    /// The cache could not take it in.
    #[error("the cache failed: {0}")]
    Cache(String),
}

impl From<desk_cache::CacheError> for Failure {
    fn from(error: desk_cache::CacheError) -> Self {
        Self::Cache(error.to_string())
    }
}

/// A stretch of a stream as the clinic sends it.
#[derive(Clone, Debug)]
pub struct Pulled {
    /// In order of the feed.
    pub changes: Vec<Change>,
    /// Where to go on.
    pub next: Position,
    /// The feed's epoch.
    pub epoch: String,
    /// Nothing was left out: the stream now equals the clinic's state at one moment.
    pub is_consistent: bool,
}

/// What the sync asks of a clinic. Every call is repeatable.
pub trait Clinic: Send + Sync {
    /// Sends a person's actions, in order; answers each.
    fn push(
        &self,
        person: Uuid,
        client: Uuid,
        actions: &[Waiting],
    ) -> impl Future<Output = Result<Vec<Outcome>, Failure>> + Send;

    /// Reads on in a stream, as a person.
    fn pull(
        &self,
        person: Uuid,
        scope: &str,
        from: Position,
        epoch: &str,
    ) -> impl Future<Output = Result<Pulled, Failure>> + Send;

    /// What was addressed to a person before they came to this PC: their notifications, and where their stream goes on.
    fn load_person(
        &self,
        person: Uuid,
        now: i64,
    ) -> impl Future<Output = Result<(Vec<Vec<Value>>, Stream), Failure>> + Send;
}
