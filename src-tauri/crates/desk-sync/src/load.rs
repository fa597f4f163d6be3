//! The first load of a clinic into a fresh cache: every noun by COPY out of one snapshot, straight from the wire into SQLite.

use std::path::Path;

use desk_cache::{
    CacheError, Key,
    load::{Field, Loader},
    rebase::{Position, Stream, person_scope},
};
use desk_clinic::{
    ClinicError,
    connect::{self, ConnectTo, PgConnection},
    feed::Head,
    snapshot,
};
use desk_core::synced::{Kind, SYNCED, Table, Value};
use uuid::Uuid;

use crate::{clinic::Failure, postgres::in_time};

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
            Stop::Clinic(ClinicError::Unreachable(_) | ClinicError::Retry(_)) => Self::Unreachable,
            Stop::Clinic(ClinicError::AuthRefused) => Self::AccessEnded,
            Stop::Clinic(error) => Self::Other(error.to_string()),
            Stop::Cache(error) => error.into(),
            Stop::Shape => Self::Schema,
        }
    }
}

/// What is loaded, for whom and where to.
pub struct Load<'a> {
    /// The login that reads.
    pub login: &'a ConnectTo,
    /// Its person, whose own stream is loaded too.
    pub person: Uuid,
    /// The clinic, noted in the file.
    pub clinic: Uuid,
    /// Where the cache is to lie.
    pub path: &'a Path,
    /// Its key.
    pub key: &'a Key,
    /// Microseconds since 1970.
    pub now: i64,
}

/// Loads. `tell` gets the noun, the rows so far and the rows expected. Blocks the thread for SQLite's part: call it on one of its own.
///
/// # Errors
/// Why the clinic gave no answer or the file could not be written; nothing is left behind then.
pub async fn first_load(load: &Load<'_>, tell: &dyn Fn(&str, i64, i64)) -> Result<(), Failure> {
    let mut connection = in_time(connect::connect(&connect::options(load.login))).await?;
    let head = in_time(snapshot::begin(&mut connection)).await?;
    let loader = Loader::begin(load.path, load.key)?;
    let expected = in_time(snapshot::expected_rows(&mut connection)).await?;
    let mut rows = 0;
    for table in SYNCED {
        rows = copy(&mut connection, &loader, table, rows, &|noun, rows| {
            tell(noun, rows, expected)
        })
        .await?;
    }
    in_time(snapshot::end(&mut connection)).await?;
    tell("index", rows, expected.max(rows));
    loader.finish(&load.clinic.to_string(), &streams(&head, load))?;
    Ok(())
}

async fn copy(
    connection: &mut PgConnection,
    loader: &Loader,
    table: &'static Table,
    before: i64,
    tell: &dyn Fn(&str, i64),
) -> Result<i64, Stop> {
    let mut rows = loader.rows(table)?;
    let mut count = before;
    tell(table.name, count);
    snapshot::copy_table(connection, table, |fields| {
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
    })
    .await?;
    Ok(count)
}

fn streams(head: &Head, load: &Load<'_>) -> Vec<(String, Stream)> {
    let here = stream(head, load.now);
    vec![("clinic".to_owned(), here.clone()), (person_scope(load.person), here)]
}

fn stream(head: &Head, now: i64) -> Stream {
    Stream {
        position: Position::end_of(head.version),
        epoch: head.epoch.to_string(),
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
