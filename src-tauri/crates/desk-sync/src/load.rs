//! Loads of everything: the first one into a fresh cache, and later ones that take an open cache's place.

use std::{collections::HashSet, path::Path, time::Duration};

use desk_cache::{
    Cache, CacheError, Key, attention,
    load::{Field, Loader, Memory},
    outbox,
    rebase::{Position, Stream, person_scope},
};
use desk_clinic::{
    ClinicError,
    connect::{self, ConnectTo},
    feed::Head,
    snapshot,
};
use desk_core::synced::{Kind, SYNCED, Table, Value};
use uuid::Uuid;

use crate::{
    ahead::{Ahead, Expected},
    clinic::{Clinic, Failure, Tell, only_primary},
    postgres::in_time,
};

/// PostgreSQL counts microseconds from 2000, the cache from 1970.
const MICROS_1970_TO_2000: i64 = 946_684_800_000_000;

/// How often progress is told: rows in between.
const TELL_EVERY: i64 = 2_000;

/// What stopped a load.
#[derive(Debug)]
enum Stop {
    Clinic(ClinicError),
    Cache(CacheError),
    Shape,
}

impl From<ClinicError> for Stop {
    fn from(error: ClinicError) -> Self {
        Self::Clinic(error)
    }
}

impl From<CacheError> for Stop {
    fn from(error: CacheError) -> Self {
        Self::Cache(error)
    }
}

impl From<Stop> for Failure {
    fn from(stop: Stop) -> Self {
        match stop {
            Stop::Clinic(error) => error.into(),
            Stop::Cache(error) => error.into(),
            Stop::Shape => Self::Schema,
        }
    }
}

/// What is loaded for the first time, for whom and where to.
pub struct Load<'a> {
    /// Who reads; their own stream is loaded too.
    pub person: Uuid,
    /// The clinic, noted in the file.
    pub clinic: Uuid,
    /// Where the cache is to lie.
    pub path: &'a Path,
    /// Its key.
    pub key: &'a Key,
    /// An earlier cache that cannot be used any more, out of which unsent work is read.
    pub damaged: Option<&'a Path>,
    /// Microseconds since 1970.
    pub now: i64,
}

/// Loads a cache where there is none. Blocks the thread for SQLite's part: call it on one of its own.
///
/// # Errors
/// Why the clinic gave no answer or the file could not be written; nothing is left behind then.
pub async fn first_load(clinic: &impl Clinic, load: &Load<'_>, tell: &Tell<'_>) -> Result<(), Failure> {
    let loader = Loader::begin(load.path, load.key)?;
    match clinic.fill(load.person, &loader, load.now, tell).await {
        Ok(stream) => Ok(loader.finish(&load.clinic.to_string(), &streams(load.person, &stream), load.damaged)?),
        Err(failure) => {
            loader.discard();
            Err(failure)
        }
    }
}

/// How long a confirmed action is asked about after the database began another life: longer than a clinic needs to notice that it worked
/// on a restored backup.
pub const REMEMBERED: Duration = Duration::from_secs(14 * 24 * 60 * 60);

/// Loads everything anew beside the open cache and puts it in its place. Unsent work stays in force; what the clinic confirmed within
/// [`REMEMBERED`], or lately by this PC's own count, and knows no more is sent again. Blocks the thread as [`first_load`] does.
///
/// # Errors
/// As [`first_load`]; the open cache stays as it was then.
pub async fn load_anew(
    cache: &Cache,
    clinic: &impl Clinic,
    person: Uuid,
    now: i64,
    tell: &Tell<'_>,
) -> Result<(), Failure> {
    let loader = Loader::beside(cache)?;
    match read_anew(cache, clinic, person, now, &loader, tell).await {
        Ok((stream, memory)) => Ok(loader.replace(cache, &streams(person, &stream), &memory)?),
        Err(failure) => {
            loader.discard();
            Err(failure)
        }
    }
}

async fn read_anew(
    cache: &Cache,
    clinic: &impl Clinic,
    person: Uuid,
    now: i64,
    loader: &Loader,
    tell: &Tell<'_>,
) -> Result<(Stream, Memory), Failure> {
    let stream = clinic.fill(person, loader, now, tell).await?;
    let since = now.saturating_sub(i64::try_from(REMEMBERED.as_micros()).unwrap_or(i64::MAX));
    let (confirmed, refused) = believed(cache, since)?;
    let asked: Vec<Uuid> = confirmed.iter().chain(&refused).copied().collect();
    let known: HashSet<Uuid> = clinic.known(person, &asked).await?.into_iter().collect();
    let memory = Memory {
        forgotten: confirmed.into_iter().filter(|id| !known.contains(id)).collect(),
        done: refused.into_iter().filter(|id| known.contains(id)).collect(),
    };
    Ok((stream, memory))
}

/// What this PC believes done, and what refused.
fn believed(cache: &Cache, since: i64) -> Result<(Vec<Uuid>, Vec<Uuid>), Failure> {
    let reader = cache.read()?;
    Ok((
        outbox::confirmed_since(&reader, since)?,
        attention::ids(&reader, since)?,
    ))
}

fn streams(person: Uuid, stream: &Stream) -> Vec<(String, Stream)> {
    vec![
        ("clinic".to_owned(), stream.clone()),
        (person_scope(person), stream.clone()),
    ]
}

/// [`Clinic::fill`] on a real PostgreSQL: every noun by COPY out of one snapshot, straight from the wire into SQLite.
pub(crate) async fn fill(login: &ConnectTo, loader: &Loader, now: i64, tell: &Tell<'_>) -> Result<Stream, Failure> {
    let mut connection = in_time(connect::connect(&connect::options(login))).await?;
    let head = in_time(snapshot::begin(&mut connection)).await?;
    only_primary(&head)?;
    let expected = Expected::ask(login);
    let mut ahead = Ahead::of(connection);
    let taken = take_in(&mut ahead, loader, &|noun, rows| tell(noun, rows, expected.rows())).await;
    // Why nothing more came, before what was made of that here.
    ahead.end().await?;
    let rows = taken?;
    tell("index", rows, expected.rows().max(rows));
    Ok(stream(&head, now))
}

async fn take_in(ahead: &mut Ahead, loader: &Loader, tell: &dyn Fn(&str, i64)) -> Result<i64, Stop> {
    let mut rows = 0;
    for table in SYNCED {
        rows = copy(ahead, loader, table, rows, tell).await?;
    }
    Ok(rows)
}

async fn copy(
    ahead: &mut Ahead,
    loader: &Loader,
    table: &'static Table,
    before: i64,
    tell: &dyn Fn(&str, i64),
) -> Result<i64, Stop> {
    let mut rows = loader.rows(table)?;
    let mut count = before;
    tell(table.name, count);
    let taken = ahead.noun(|fields| {
        let mut fits = true;
        let shaped = fields.iter().zip(table.columns).map(|(field, column)| {
            borrowed(column.kind, *field).unwrap_or_else(|| {
                fits = false;
                Field::Null
            })
        });
        rows.add(shaped)?;
        count += 1;
        if count % TELL_EVERY == 0 {
            tell(table.name, count);
        }
        if fits { Ok(()) } else { Err(Stop::Shape) }
    });
    taken.await?;
    Ok(count)
}

fn stream(head: &Head, now: i64) -> Stream {
    Stream {
        position: Position::end_of(head.version),
        epoch: head.life(),
        synced_at: now,
    }
}

/// Loads what is addressed to one more person of this PC: their notifications, and where their stream goes on.
///
/// # Errors
/// Why the clinic gave no answer.
pub async fn load_person(login: &ConnectTo, now: i64) -> Result<(Vec<Vec<Value>>, Stream), Failure> {
    let mut connection = in_time(connect::connect(&connect::options(login))).await?;
    let head = in_time(snapshot::begin(&mut connection)).await?;
    only_primary(&head)?;
    let mut rows = vec![];
    for table in SYNCED.iter().filter(|table| table.name == "notification") {
        snapshot::copy_table(&mut connection, table, |fields| {
            rows.push(owned(table, fields).ok_or(Stop::Shape)?);
            Ok::<(), Stop>(())
        })
        .await?;
    }
    in_time(snapshot::end(&mut connection)).await?;
    Ok((rows, stream(&head, now)))
}

fn owned(table: &Table, fields: &[Option<&[u8]>]) -> Option<Vec<Value>> {
    fields
        .iter()
        .zip(table.columns)
        .map(|(field, column)| borrowed(column.kind, *field).and_then(value))
        .collect()
}

fn value(field: Field<'_>) -> Option<Value> {
    Some(match field {
        Field::Null => Value::Null,
        Field::Uuid(bytes) => Value::Uuid(Uuid::from_slice(bytes).ok()?),
        Field::Text(text) => Value::Text(text.to_owned()),
        Field::Int(number) => Value::Int(number),
    })
}

/// A field of binary COPY as the cache takes it; nothing if it has another shape.
fn borrowed(kind: Kind, field: Option<&[u8]>) -> Option<Field<'_>> {
    let Some(bytes) = field else {
        return Some(Field::Null);
    };
    Some(match kind {
        Kind::Uuid => Field::Uuid(bytes.first_chunk::<16>().filter(|_| bytes.len() == 16)?),
        Kind::Text => Field::Text(std::str::from_utf8(bytes).ok()?),
        Kind::Int => Field::Int(number(bytes)?),
        Kind::Bool => Field::Int(i64::from(*bytes.first()?)),
        Kind::Instant => Field::Int(number(bytes)?.saturating_add(MICROS_1970_TO_2000)),
    })
}

fn number(bytes: &[u8]) -> Option<i64> {
    Some(i64::from_be_bytes(bytes.try_into().ok()?))
}
