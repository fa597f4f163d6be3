//! The steps of a round with a bug planted in them. What has no bug is the shipped step.

use desk_cache::{
    Cache, outbox,
    rebase::{self, Entry, Op, Page, Position, Stream},
    row,
};
use desk_sync::{
    Clinic, Failure,
    engine::Step,
    round::{self, Done, Failed},
};
use uuid::Uuid;

use super::{line::pause, planted::Bug};

/// One step with a bug in it.
///
/// # Errors
/// As the shipped step.
pub async fn carry_out(
    bug: Bug,
    cache: &Cache,
    clinic: &impl Clinic,
    reader: Uuid,
    step: &Step,
    now: i64,
) -> Result<Done, Failed> {
    let shipped = round::carry_out(cache, clinic, reader, step, now);
    match (bug, step) {
        (Bug::ForkIgnored | Bug::NewIdOnRetry | Bug::TakenOutThoughSent, Step::Push(people)) => {
            push(bug, cache, clinic, reader, people, now).await
        }
        (Bug::PersonByPerson, Step::Push(people)) => person_by_person(cache, clinic, reader, people, now).await,
        (Bug::PositionFirst, Step::PullClinic) => position_first(cache, clinic, reader, now).await.map_err(of(reader)),
        (Bug::HeldTooShort, Step::PullClinic) => held_too_short(cache, clinic, reader, now).await.map_err(of(reader)),
        (Bug::ClinicFirst, Step::PullPerson(_)) => {
            while round::carry_out(cache, clinic, reader, &Step::PullClinic, now)
                .await?
                .again
            {}
            shipped.await
        }
        (Bug::LeaveIsDelete, Step::PullPerson(person)) => naive(cache, clinic, *person, now).await,
        (Bug::StreamFromHead, Step::PullPerson(person)) => {
            from_head(cache, *person).map_err(of(reader))?;
            shipped.await
        }
        (Bug::ShadowsForgotten, Step::PullClinic) => {
            execute(cache, "DELETE FROM shadow").map_err(of(reader))?;
            shipped.await
        }
        _ => {
            let done = shipped.await?;
            afterwards(bug, cache, step, &done, now).map_err(of(reader))?;
            Ok(done)
        }
    }
}

fn of(person: Uuid) -> impl Fn(Failure) -> Failed {
    move |failure| Failed { person, failure }
}

/// One sends all of theirs before the next one does, whoever was first.
async fn person_by_person(
    cache: &Cache,
    clinic: &impl Clinic,
    reader: Uuid,
    people: &[Uuid],
    now: i64,
) -> Result<Done, Failed> {
    for person in people {
        let alone = Step::Push(vec![*person]);
        while round::carry_out(cache, clinic, reader, &alone, now).await?.again {}
    }
    Ok(Done {
        outbox_moved: true,
        ..Done::default()
    })
}

fn afterwards(bug: Bug, cache: &Cache, step: &Step, done: &Done, now: i64) -> Result<(), Failure> {
    match (bug, step) {
        (Bug::SettledOnPush, Step::Push(_)) => settle(cache, now),
        (Bug::SettledOnPartialPage, Step::PullClinic) if done.again => settle(cache, now),
        (Bug::RefusalForgotten, Step::PullClinic) => execute(cache, "DELETE FROM attention"),
        _ => Ok(()),
    }
}

/// What happens before a load anew.
///
/// # Errors
/// What SQLite says.
pub fn before_reload(cache: &Cache, bug: Option<Bug>) -> Result<(), Failure> {
    match bug {
        Some(Bug::ReloadForgetsOutbox) => execute(cache, "DELETE FROM outbox"),
        Some(Bug::ReloadKeepsAnswers) => execute(cache, "DELETE FROM outbox WHERE outcome IS NOT NULL"),
        _ => Ok(()),
    }
}

fn execute(cache: &Cache, sql: &str) -> Result<(), Failure> {
    Ok(cache.write(|transaction| Ok(transaction.execute_batch(sql)?))?)
}

fn known_stream(cache: &Cache, scope: &str) -> Result<Option<Stream>, Failure> {
    Ok(rebase::stream(&*cache.read()?, scope)?)
}

fn clinic_stream(cache: &Cache) -> Result<Option<Stream>, Failure> {
    known_stream(cache, "clinic")
}

fn page(
    stream: &Stream,
    changes: Vec<Entry>,
    next: Position,
    is_consistent: bool,
    settled: Vec<Uuid>,
    now: i64,
) -> Page {
    Page {
        scope: "clinic".into(),
        changes,
        next,
        epoch: stream.epoch.clone(),
        is_consistent,
        settled,
        now,
    }
}

/// Lets answered actions go, whatever has arrived.
fn settle(cache: &Cache, now: i64) -> Result<(), Failure> {
    let answered = rebase::answered(&*cache.read()?)?;
    let Some(stream) = clinic_stream(cache)?.filter(|_| !answered.is_empty()) else {
        return Ok(());
    };
    Ok(rebase::apply(
        cache,
        &page(&stream, vec![], stream.position, true, answered, now),
    )?)
}

async fn position_first(cache: &Cache, clinic: &impl Clinic, reader: Uuid, now: i64) -> Result<Done, Failure> {
    let answered = rebase::answered(&*cache.read()?)?;
    let Some(stream) = clinic_stream(cache)? else {
        return Ok(Done::default());
    };
    let pulled = clinic.pull(reader, "clinic", stream.position, &stream.epoch).await?;
    let moved = Stream {
        position: pulled.next,
        ..stream.clone()
    };
    cache.write(|transaction| rebase::save(transaction, "clinic", &moved))?;
    pause().await;
    let page = page(
        &stream,
        pulled.changes,
        pulled.next,
        pulled.is_consistent,
        answered,
        now,
    );
    rebase::apply(cache, &page)?;
    Ok(Done {
        again: !pulled.is_consistent,
        is_consistent: pulled.is_consistent,
        ..Done::default()
    })
}

/// Every page counts as the end of a catch-up, but for what is let go.
async fn held_too_short(cache: &Cache, clinic: &impl Clinic, reader: Uuid, now: i64) -> Result<Done, Failure> {
    let answered = rebase::answered(&*cache.read()?)?;
    let Some(stream) = clinic_stream(cache)? else {
        return Ok(Done::default());
    };
    let pulled = clinic.pull(reader, "clinic", stream.position, &stream.epoch).await?;
    let settled = if pulled.is_consistent { answered } else { vec![] };
    rebase::apply(cache, &page(&stream, pulled.changes, pulled.next, true, settled, now))?;
    Ok(Done {
        again: !pulled.is_consistent,
        is_consistent: pulled.is_consistent,
        ..Done::default()
    })
}

/// A person's stream, read as if a row were in one stream only.
async fn naive(cache: &Cache, clinic: &impl Clinic, person: Uuid, now: i64) -> Result<Done, Failed> {
    let scope = rebase::person_scope(person);
    match known_stream(cache, &scope).map_err(of(person))? {
        Some(stream) => deleting(cache, clinic, person, scope, &stream, now)
            .await
            .map_err(of(person)),
        None => round::carry_out(cache, clinic, person, &Step::PullPerson(person), now).await,
    }
}

async fn deleting(
    cache: &Cache,
    clinic: &impl Clinic,
    person: Uuid,
    scope: String,
    stream: &Stream,
    now: i64,
) -> Result<Done, Failure> {
    let pulled = clinic.pull(person, &scope, stream.position, &stream.epoch).await?;
    let left = pulled
        .changes
        .iter()
        .map(|entry| &entry.change)
        .filter(|change| change.op == Op::Leave);
    let left: Vec<(i16, Uuid)> = left.map(|change| (change.tbl, change.pk)).collect();
    let page = Page {
        scope,
        ..page(stream, pulled.changes, pulled.next, pulled.is_consistent, vec![], now)
    };
    rebase::apply(cache, &page)?;
    cache.write(|transaction| {
        left.iter()
            .try_for_each(|(tbl, id)| row::delete(transaction, super::row::table(*tbl), *id))
    })?;
    Ok(Done {
        again: !pulled.is_consistent,
        is_consistent: pulled.is_consistent,
        ..Done::default()
    })
}

fn from_head(cache: &Cache, person: Uuid) -> Result<(), Failure> {
    let scope = rebase::person_scope(person);
    let is_known = rebase::stream(&*cache.read()?, &scope)?.is_some();
    match clinic_stream(cache)?.filter(|_| !is_known) {
        Some(stream) => Ok(cache.write(|transaction| rebase::save(transaction, &scope, &stream))?),
        None => Ok(()),
    }
}

async fn push(
    bug: Bug,
    cache: &Cache,
    clinic: &impl Clinic,
    reader: Uuid,
    people: &[Uuid],
    now: i64,
) -> Result<Done, Failed> {
    let turn = cache.read().and_then(|cache| outbox::turn(&cache, people));
    match turn.map_err(|error| of(reader)(error.into()))? {
        Some(person) => push_of(bug, cache, clinic, person, people, now)
            .await
            .map_err(of(person)),
        None => Ok(Done::default()),
    }
}

async fn push_of(
    bug: Bug,
    cache: &Cache,
    clinic: &impl Clinic,
    person: Uuid,
    people: &[Uuid],
    now: i64,
) -> Result<Done, Failure> {
    if bug == Bug::NewIdOnRetry {
        renamed(cache, person)?;
    }
    let epoch = clinic_stream(cache)?.map_or_else(String::new, |stream| stream.epoch);
    clinic.reach(person, &epoch).await?;
    let (client, actions) = cache.write(|transaction| {
        let client = outbox::sender(transaction, person)?;
        let actions = match bug {
            Bug::TakenOutThoughSent => outbox::unsent(transaction, person, 100)?,
            _ => outbox::choose(transaction, person, people, 100, now)?,
        };
        Ok((client, actions))
    })?;
    let sent = clinic.push(person, client, &epoch, &actions).await;
    if matches!(sent, Err(Failure::Forked)) && bug != Bug::ForkIgnored {
        cache.write(|transaction| outbox::begin_anew(transaction, person))?;
    }
    let outcomes = sent?;
    cache.write(|transaction| {
        outcomes
            .iter()
            .try_for_each(|outcome| outbox::answered(transaction, outcome))
    })?;
    Ok(Done {
        again: outbox::turn(&*cache.read()?, people)?.is_some(),
        outbox_moved: true,
        ..Done::default()
    })
}

fn renamed(cache: &Cache, person: Uuid) -> Result<(), Failure> {
    let again = outbox::unsent(&*cache.read()?, person, 100)?;
    Ok(cache.write(|transaction| {
        for action in again {
            let other = Uuid::from_u128(action.id.as_u128().wrapping_add(1));
            transaction.execute(
                "UPDATE outbox SET id = ?2 WHERE id = ?1 AND sent_at IS NOT NULL AND outcome IS NULL",
                (action.id, other),
            )?;
        }
        Ok(())
    })?)
}
