//! The clinic as the sync needs it. The real one is [`crate::postgres`]; a simulator can stand in its place.

use std::future::Future;

use desk_cache::{
    load::Loader,
    outbox::{Outcome, Waiting},
    rebase::{Entry, Position, Stream},
};
use desk_clinic::{ClinicError, feed::Head, pc::Unsent};
use desk_core::synced::Value;
use uuid::Uuid;

/// Why the clinic gave no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// No connection, or it broke. Work goes on; the desk tries again.
    #[error("the clinic cannot be reached")]
    Unreachable,
    /// The clinic has ended this login: switched off, or its person does not work there.
    #[error("access has ended")]
    AccessEnded,
    /// The server does not let this login in, and nobody need have meant that. It is asked again.
    #[error("the server refuses the login")]
    LoginRefused,
    /// The clinic wants this PC wiped.
    #[error("the clinic has ordered this PC wiped")]
    WipeOrdered(Unsent),
    /// The server's certificate is not the clinic's.
    #[error("the certificate was refused")]
    Certificate,
    /// Database and program do not understand each other.
    #[error("the database has another version")]
    Schema,
    /// The position belongs to another life of the database (restored, trimmed): the cache must be loaded anew.
    #[error("the cache must be loaded anew")]
    Reload,
    /// The database has seen another continuation of this outbox: the file was restored or copied. What waits goes on under a new identity.
    #[error("the outbox was restored or copied")]
    Forked,
    /// Something else went wrong in the database; the text holds no data.
    #[error("the database failed: {0}")]
    Other(String),
    /// The cache could not take it in.
    #[error("the cache failed: {0}")]
    Cache(String),
}

impl Failure {
    /// Whether it is about the login and not about the clinic: colleagues at the same PC may go on.
    pub fn shuts_out(&self) -> bool {
        matches!(self, Self::AccessEnded | Self::LoginRefused)
    }
}

impl From<desk_cache::CacheError> for Failure {
    fn from(error: desk_cache::CacheError) -> Self {
        Self::Cache(error.to_string())
    }
}

impl From<ClinicError> for Failure {
    fn from(error: ClinicError) -> Self {
        match error {
            ClinicError::Unreachable(_) | ClinicError::Retry(_) => Self::Unreachable,
            ClinicError::AuthRefused => Self::LoginRefused,
            ClinicError::LoginEnded => Self::AccessEnded,
            // The login still exists, but its person or this PC was switched off.
            ClinicError::Refused { code, .. } if code == "not_enrolled" => Self::AccessEnded,
            // A grant is missing: the clinic's people are who they were.
            ClinicError::Sql { code, .. } if code == "42501" => Self::Schema,
            ClinicError::Tls => Self::Certificate,
            ClinicError::Forked | ClinicError::Gap => Self::Forked,
            ClinicError::TooOld | ClinicError::TooNew | ClinicError::Answer(_) => Self::Schema,
            other => Self::Other(other.to_string()),
        }
    }
}

/// Whether a stream's place still belongs to this life of the database, and lies where the feed still tells everything.
///
/// # Errors
/// [`Failure::Reload`] if not; [`Failure::Unreachable`] when a standby answered.
pub fn check(head: &Head, from: Position, epoch: &str) -> Result<(), Failure> {
    only_primary(head)?;
    same_life(&head.life(), epoch)?;
    let is_ahead = from.version > head.version;
    // A clinic in which nothing has changed yet stands at version 0, and a desk that read it then has read something.
    let is_trimmed = from != Position::default() && from < Position::end_of(head.trimmed_to);
    if is_ahead || is_trimmed {
        Err(Failure::Reload)
    } else {
        Ok(())
    }
}

/// A standby may lag behind what this PC has seen; only the primary answers for the clinic.
///
/// # Errors
/// [`Failure::Unreachable`]: the primary will be back.
pub fn only_primary(head: &Head) -> Result<(), Failure> {
    if head.in_recovery {
        Err(Failure::Unreachable)
    } else {
        Ok(())
    }
}

/// A desk that has read nothing yet belongs to any life.
///
/// # Errors
/// [`Failure::Reload`] in another life than the one that the desk has read.
pub fn same_life(life: &str, epoch: &str) -> Result<(), Failure> {
    if epoch.is_empty() || life == epoch {
        Ok(())
    } else {
        Err(Failure::Reload)
    }
}

/// A stretch of a stream as the clinic sends it.
#[derive(Clone, Debug)]
pub struct Pulled {
    /// In order of the feed.
    pub changes: Vec<Entry>,
    /// Where to go on.
    pub next: Position,
    /// The life of the database that answered.
    pub epoch: String,
    /// Nothing was left out: the stream now equals the clinic's state at one moment.
    pub is_consistent: bool,
    /// How many seconds the clinic's longest due time has been waiting to be fired.
    pub timers_late: i64,
    /// What the clinic's clock said then, in microseconds since 1970.
    pub clock: i64,
}

/// What the sync asks of a clinic. Every call is repeatable.
pub trait Clinic: Send + Sync {
    /// Proves that the clinic is there for a person, in the life of the database that this PC knows (see [`Clinic::push`]), without sending
    /// anything: what cannot be sent now must not count as sent.
    fn reach(&self, person: Uuid, epoch: &str) -> impl Future<Output = Result<(), Failure>> + Send;

    /// Sends a person's actions, in order; answers each. `epoch` is the life of the database that they were made on: another one is a
    /// [`Failure::Reload`], because what they build on may be forgotten there.
    fn push(
        &self,
        person: Uuid,
        client: Uuid,
        epoch: &str,
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

    /// Copies everything that a login may see, as it is at one moment, into a fresh file; answers where the streams go on. `tell` gets the
    /// noun, the rows so far and the rows expected. The future stays on its thread, because SQLite's statements do.
    fn fill(
        &self,
        person: Uuid,
        loader: &Loader,
        now: i64,
        tell: &Tell<'_>,
    ) -> impl Future<Output = Result<Stream, Failure>>;

    /// Today's allowance of this PC to redeem points without the network: the same one whoever of its people asks.
    fn take_lease(&self, person: Uuid) -> impl Future<Output = Result<Uuid, Failure>> + Send;

    /// Which of these actions the clinic remembers as done.
    fn known(&self, person: Uuid, actions: &[Uuid]) -> impl Future<Output = Result<Vec<Uuid>, Failure>> + Send;
}

/// Hears how a load goes on: noun, rows so far, rows expected (0 as long as that is not known).
pub type Tell<'a> = dyn Fn(&str, i64, i64) + 'a;

#[cfg(test)]
mod tests {
    use super::*;

    fn head(version: i64, trimmed_to: i64) -> Head {
        Head {
            clinic_id: Uuid::nil(),
            version,
            trimmed_to,
            epoch: Uuid::nil(),
            channel: Uuid::nil(),
            sysid: None,
            timeline: Some("1".into()),
            in_recovery: false,
            clock_oid: 1,
            timers_late: 0,
            clock: 0,
        }
    }

    fn checked(from: Position, head: &Head) -> Result<(), Failure> {
        check(head, from, &head.life())
    }

    #[test]
    fn a_place_holds_from_the_end_of_what_was_trimmed_to_the_head() {
        let head = head(9, 5);
        let in_the_middle = Position {
            tbl: 3,
            ..Position::end_of(5)
        };
        assert_eq!(checked(Position::end_of(5), &head), Ok(()));
        assert_eq!(checked(Position::end_of(9), &head), Ok(()));
        assert_eq!(checked(in_the_middle, &head), Err(Failure::Reload));
        assert_eq!(checked(Position::end_of(10), &head), Err(Failure::Reload));
    }

    #[test]
    fn a_desk_that_read_the_clinic_before_its_first_change_misses_what_was_trimmed_too() {
        assert_eq!(checked(Position::end_of(0), &head(9, 5)), Err(Failure::Reload));
        assert_eq!(checked(Position::default(), &head(9, 5)), Ok(()));
    }

    #[test]
    fn another_life_is_noticed_and_a_standby_is_not_believed() {
        let mut other = head(9, 0);
        let epoch = other.life();
        other.timeline = Some("2".into());
        assert_eq!(check(&other, Position::end_of(3), &epoch), Err(Failure::Reload));
        other.in_recovery = true;
        assert_eq!(check(&other, Position::end_of(3), &epoch), Err(Failure::Unreachable));
    }
}
