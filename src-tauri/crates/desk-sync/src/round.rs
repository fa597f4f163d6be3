//! Carrying out one step between a cache and a clinic.

use desk_cache::{
    Cache, lease, outbox,
    rebase::{self, Page, Position},
};
use desk_core::synced;
use uuid::Uuid;

use crate::{
    clinic::{Clinic, Failure},
    engine::{Event, Step},
};

/// Actions in one push: large enough that 500 waiting ones take a handful of calls, small enough to be repeated cheaply.
const BATCH: u32 = 100;

/// What a step did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Done {
    /// There is more of the same.
    pub again: bool,
    /// Numbers of the nouns that changed here.
    pub nouns: Vec<i16>,
    /// Something was answered or let go.
    pub outbox_moved: bool,
    /// The stream equals the clinic's state at one moment.
    pub is_consistent: bool,
    /// How many seconds the clinic's longest due time has been waiting to be fired, where the step asked.
    pub timers_late: Option<i64>,
    /// What the clinic's clock said, in microseconds since 1970, where the step asked.
    pub clock: Option<i64>,
}

/// Why a step did not succeed, and as whom it was tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failed {
    /// The person as whom the clinic was asked.
    pub person: Uuid,
    /// Why.
    pub failure: Failure,
}

/// What the end of a step means for the round. Actions that the clinic is there for and does not take, because it is older than this desk for
/// example, do not keep anybody from reading on.
pub fn event(step: &Step, done: &Result<Done, Failed>) -> Event {
    let failed = match done {
        Ok(done) => return Event::Done { again: done.again },
        Err(failed) => failed,
    };
    match failed.failure {
        Failure::Reload => Event::Stale,
        Failure::Schema | Failure::Forked | Failure::Other(_) if matches!(step, Step::Push(_)) => {
            Event::Hindered(failed.person)
        }
        Failure::Unreachable
        | Failure::AccessEnded
        | Failure::LoginRefused
        | Failure::WipeOrdered(_)
        | Failure::Certificate
        | Failure::Schema
        | Failure::Forked
        | Failure::Other(_)
        | Failure::Cache(_) => Event::Failed,
    }
}

/// Does one step; `now` in microseconds since 1970. Waiting is the caller's, and so is a load ([`crate::load::load_anew`]), which wants a
/// thread of its own.
///
/// # Errors
/// Why the clinic gave no answer, or why the cache could not take it in. The step can be repeated.
pub async fn carry_out(
    cache: &Cache,
    clinic: &impl Clinic,
    reader: Uuid,
    step: &Step,
    now: i64,
) -> Result<Done, Failed> {
    let failed = |person| move |failure| Failed { person, failure };
    match whose(cache, reader, step).map_err(failed(reader))? {
        Some(person) => act(cache, clinic, person, step, now).await.map_err(failed(person)),
        None => Ok(Done::default()),
    }
}

/// As whom the clinic is asked: for a push whose turn it is, if anybody's.
fn whose(cache: &Cache, reader: Uuid, step: &Step) -> Result<Option<Uuid>, Failure> {
    match step {
        Step::Push(people) => Ok(outbox::turn(&*cache.read()?, people)?),
        Step::PullPerson(person) => Ok(Some(*person)),
        Step::PullClinic => Ok(Some(reader)),
        Step::Reload | Step::Wait(_) => Ok(None),
    }
}

async fn act(cache: &Cache, clinic: &impl Clinic, person: Uuid, step: &Step, now: i64) -> Result<Done, Failure> {
    match step {
        Step::Push(people) => push(cache, clinic, person, people, now).await,
        Step::PullPerson(_) => pull_person(cache, clinic, person, now).await,
        Step::PullClinic if !cache.has_every_column() => Err(Failure::Reload),
        Step::PullClinic => {
            take_lease(cache, clinic, person, now).await?;
            pull(cache, clinic, person, "clinic", known(cache, "clinic")?, now).await
        }
        Step::Reload | Step::Wait(_) => Ok(Done::default()),
    }
}

/// Asks once a day what may be redeemed here without the network, before reading on, so that it comes along. A clinic that has no allowance to
/// give keeps nobody from reading on.
async fn take_lease(cache: &Cache, clinic: &impl Clinic, reader: Uuid, now: i64) -> Result<(), Failure> {
    if lease::was_asked(&*cache.read()?, now)? {
        return Ok(());
    }
    match clinic.take_lease(reader).await {
        Ok(id) => cache.write(|transaction| lease::keep(transaction, id, now))?,
        Err(failure @ (Failure::Schema | Failure::Other(_))) => tracing::warn!(%failure, "no allowance"),
        Err(failure) => return Err(failure),
    }
    Ok(())
}

/// Sends the actions of `person`, whose turn it is, up to the next one of another of `people`. An outbox that was continued elsewhere is sent
/// again at once under a new identity, so that nobody overtakes.
async fn push(cache: &Cache, clinic: &impl Clinic, person: Uuid, people: &[Uuid], now: i64) -> Result<Done, Failure> {
    let stream = rebase::stream(&*cache.read()?, "clinic")?;
    let epoch = stream.map_or_else(String::new, |stream| stream.epoch);
    clinic.reach(person, &epoch).await?;
    let sent = send(cache, clinic, person, people, &epoch, now).await;
    if !matches!(sent, Err(Failure::Forked)) {
        return sent;
    }
    cache.write(|transaction| outbox::begin_anew(transaction, person))?;
    send(cache, clinic, person, people, &epoch, now).await
}

async fn send(
    cache: &Cache,
    clinic: &impl Clinic,
    person: Uuid,
    people: &[Uuid],
    epoch: &str,
    now: i64,
) -> Result<Done, Failure> {
    // From here on these count as sent, whatever becomes of the push; until here each could still be taken out.
    let (client, actions) = cache.write(|transaction| {
        let client = outbox::sender(transaction, person)?;
        Ok((client, outbox::choose(transaction, person, people, BATCH, now)?))
    })?;
    let outcomes = clinic.push(person, client, epoch, &actions).await?;
    cache.write(|transaction| {
        outcomes
            .iter()
            .try_for_each(|outcome| outbox::answered(transaction, outcome))
    })?;
    let is_answered = outcomes.len() == actions.len();
    Ok(Done {
        again: is_answered && outbox::turn(&*cache.read()?, people)?.is_some(),
        outbox_moved: true,
        ..Done::default()
    })
}

/// A person who is new at this PC begins with what was addressed to them before; later ones follow the stream.
async fn pull_person(cache: &Cache, clinic: &impl Clinic, person: Uuid, now: i64) -> Result<Done, Failure> {
    let scope = rebase::person_scope(person);
    let known = known(cache, &scope)?;
    if known.0.is_some() {
        return pull(cache, clinic, person, &scope, known, now).await;
    }
    let (rows, stream) = clinic.load_person(person, now).await?;
    rebase::take_in_all(cache, &scope, "notification", &rows, &stream)?;
    let notification = synced::named("notification").map(|table| table.number);
    Ok(Done {
        nouns: notification.into_iter().collect(),
        is_consistent: true,
        ..Done::default()
    })
}

async fn pull(
    cache: &Cache,
    clinic: &impl Clinic,
    person: Uuid,
    scope: &str,
    (stream, settled): Known,
    now: i64,
) -> Result<Done, Failure> {
    let (position, epoch) = stream.map_or((Position::default(), String::new()), |stream| {
        (stream.position, stream.epoch)
    });
    let pulled = clinic.pull(person, scope, position, &epoch).await?;
    let nothing_new = pulled.changes.is_empty() && pulled.next == position && settled.is_empty();
    let done = Done {
        again: !pulled.is_consistent,
        nouns: nouns(&pulled.changes),
        outbox_moved: !settled.is_empty(),
        is_consistent: pulled.is_consistent,
        timers_late: Some(pulled.timers_late),
        clock: Some(pulled.clock),
    };
    if !nothing_new {
        rebase::apply(cache, &page(scope, pulled, settled, now))?;
    }
    Ok(done)
}

/// Where a stream stands, if it was ever read, and what may be let go.
type Known = (Option<rebase::Stream>, Vec<Uuid>);

/// Where the stream stands and, for the clinic's stream, what may be let go: read before asking, so that the answer's rows are in the answer.
fn known(cache: &Cache, scope: &str) -> Result<Known, Failure> {
    let reader = cache.read()?;
    let settled = match scope {
        "clinic" => rebase::answered(&reader)?,
        _ => vec![],
    };
    Ok((rebase::stream(&reader, scope)?, settled))
}

fn page(scope: &str, pulled: crate::clinic::Pulled, settled: Vec<Uuid>, now: i64) -> Page {
    Page {
        scope: scope.to_owned(),
        changes: pulled.changes,
        next: pulled.next,
        epoch: pulled.epoch,
        is_consistent: pulled.is_consistent,
        settled,
        now,
    }
}

fn nouns(changes: &[rebase::Entry]) -> Vec<i16> {
    let mut nouns: Vec<i16> = changes.iter().map(|entry| entry.change.tbl).collect();
    nouns.sort_unstable();
    nouns.dedup();
    nouns
}
