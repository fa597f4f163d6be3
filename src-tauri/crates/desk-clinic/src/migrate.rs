//! Brings the clinic's database up to this program, and back to what it was before us.
//!
//! One `up` is one transaction under one lock: two at once take turns, a crash leaves the old state, a second one changes nothing.
//! The scripts are `migrations/clinic/*.sql` (their rules: `migrations/README.md`), embedded when this crate is built.

mod rows;
mod verify;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::PathBuf;

use chrono::{DateTime, Utc};
use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::postgres::{PgConnection, PgTransaction};
use sqlx::{Connection as _, raw_sql};

pub use rows::Kept;
pub use verify::{Problem, verify};

use crate::{ClinicError, Result};

static SCRIPTS: Migrator = sqlx::migrate!("../../../migrations/clinic");

/// One number for one purpose in this database's space of advisory locks: "aura" in ASCII.
const LOCK: i64 = 0x6175_7261;

/// What `down` does with rows in tables that it would drop.
#[derive(Clone, Debug)]
pub enum Data {
    /// Refuses, naming the tables.
    Refuse,
    /// First writes each table as CSV into this folder.
    DumpTo(PathBuf),
}

/// One migration and whether this database has it.
#[derive(Clone, Debug)]
pub struct Step {
    /// Its number: the date and time in its file name.
    pub version: i64,
    /// Its name.
    pub name: String,
    /// When it was applied; nothing if it is still to come.
    pub applied_at: Option<DateTime<Utc>>,
}

struct Applied {
    checksum: Vec<u8>,
    at: DateTime<Utc>,
}

/// Applies what is missing. Returns the versions applied now, none if there was nothing to do.
///
/// # Errors
/// `Migration` in plain words (missing core tables, tables of ours that exist already, a released script that was changed); `TooNew`.
/// Whatever the error, the database is as it was.
pub async fn up(conn: &mut PgConnection) -> Result<Vec<i64>> {
    let mut tx = locked(conn).await?;
    let applied = applied(&mut tx).await?;
    check(&applied)?;
    let pending: Vec<_> = scripts(MigrationType::ReversibleUp)
        .filter(|script| !applied.contains_key(&script.version))
        .collect();
    if pending.is_empty() {
        return Ok(Vec::new());
    }
    if applied.is_empty() {
        make_home(&mut tx).await?;
    }
    for script in &pending {
        run(&mut tx, script).await?;
        let record = sqlx::query("insert into desk.migration (version, name, checksum) values ($1, $2, $3)");
        record
            .bind(script.version)
            .bind(&*script.description)
            .bind(&*script.checksum)
            .execute(&mut *tx)
            .await?;
    }
    raw_sql("delete from desk.expected; insert into desk.expected select * from desk.inventory();")
        .execute(&mut *tx)
        .await?;
    tx.commit().await?;
    Ok(pending.iter().map(|script| script.version).collect())
}

/// Takes everything of ours away again; the schema is then what it was. Returns what was written to files.
///
/// # Errors
/// `Migration` naming the tables that hold rows, under [`Data::Refuse`]; `File`. Whatever the error, the database is as it was.
pub async fn down(conn: &mut PgConnection, data: Data) -> Result<Vec<Kept>> {
    let mut tx = locked(conn).await?;
    let applied = applied(&mut tx).await?;
    if applied.is_empty() {
        return Ok(Vec::new());
    }
    known(&applied)?;
    let kept = rows::keep(&mut tx, &data).await?;
    let scripts: BTreeMap<_, _> = scripts(MigrationType::ReversibleDown)
        .map(|script| (script.version, script))
        .collect();
    for version in applied.keys().rev() {
        let script = scripts.get(version).ok_or(ClinicError::TooNew)?;
        run(&mut tx, script).await?;
    }
    raw_sql("drop table desk.migration; drop schema desk;")
        .execute(&mut *tx)
        .await?;
    tx.commit().await?;
    Ok(kept)
}

/// Every migration this program knows, in order.
///
/// # Errors
/// `Unreachable`, or `TooNew` when the database has one that this program does not know.
pub async fn status(conn: &mut PgConnection) -> Result<Vec<Step>> {
    let applied = applied(conn).await?;
    known(&applied)?;
    let step = |script: &Migration| Step {
        version: script.version,
        name: script.description.clone().into_owned(),
        applied_at: applied.get(&script.version).map(|found| found.at),
    };
    Ok(scripts(MigrationType::ReversibleUp).map(step).collect())
}

fn scripts(kind: MigrationType) -> impl Iterator<Item = &'static Migration> {
    SCRIPTS.iter().filter(move |script| script.migration_type == kind)
}

/// A transaction that is alone with the schema, and that no unusual setting of the server or the login can lead astray.
async fn locked(conn: &mut PgConnection) -> Result<PgTransaction<'_>> {
    let mut tx = conn.begin().await?;
    raw_sql("set local search_path = pg_catalog, pg_temp; set local statement_timeout = 0; set local idle_in_transaction_session_timeout = 0; set local lock_timeout = '60s'; set local client_min_messages = warning; set local row_security = off;")
        .execute(&mut *tx)
        .await?;
    sqlx::query("select pg_advisory_xact_lock($1)")
        .bind(LOCK)
        .execute(&mut *tx)
        .await?;
    Ok(tx)
}

async fn applied(conn: &mut PgConnection) -> Result<BTreeMap<i64, Applied>> {
    let (schema, ours): (bool, bool) =
        sqlx::query_as("select to_regnamespace('desk') is not null, to_regclass('desk.migration') is not null")
            .fetch_one(&mut *conn)
            .await?;
    if !ours {
        return if schema {
            Err(ClinicError::Migration(
                "a schema named desk exists and is not ours".into(),
            ))
        } else {
            Ok(BTreeMap::new())
        };
    }
    let rows: Vec<(i64, Vec<u8>, DateTime<Utc>)> =
        sqlx::query_as("select version, checksum, applied_at from desk.migration")
            .fetch_all(conn)
            .await?;
    Ok(rows
        .into_iter()
        .map(|(version, checksum, at)| (version, Applied { checksum, at }))
        .collect())
}

async fn make_home(tx: &mut PgConnection) -> Result<()> {
    raw_sql(
        "create schema desk; revoke all on schema desk from public; \
         create table desk.migration (version bigint primary key, name text not null, checksum bytea not null, applied_at timestamptz not null default now()); \
         alter table desk.migration enable row level security;",
    )
    .execute(tx)
    .await?;
    Ok(())
}

async fn run(tx: &mut PgConnection, script: &Migration) -> Result<()> {
    raw_sql(script.sql.clone())
        .execute(tx)
        .await
        .map(|_| ())
        .map_err(|error| in_script(script, error.into()))
}

/// Says in which script it went wrong, keeping errors that callers treat by kind.
fn in_script(script: &Migration, error: ClinicError) -> ClinicError {
    match error {
        ClinicError::Sql { code, constraint } => {
            let named = constraint.map_or(Cow::Borrowed(""), |name| Cow::Owned(format!(", {name}")));
            ClinicError::Migration(format!(
                "migration {} {} failed: {code}{named}",
                script.version, script.description
            ))
        }
        ClinicError::TooOld => ClinicError::Migration(format!(
            "migration {} {} does not fit this database",
            script.version, script.description
        )),
        other => other,
    }
}

fn known(applied: &BTreeMap<i64, Applied>) -> Result<()> {
    if applied.keys().all(|version| SCRIPTS.version_exists(*version)) {
        Ok(())
    } else {
        Err(ClinicError::TooNew)
    }
}

fn check(applied: &BTreeMap<i64, Applied>) -> Result<()> {
    known(applied)?;
    let changed = scripts(MigrationType::ReversibleUp).find(|script| {
        applied
            .get(&script.version)
            .is_some_and(|found| found.checksum != *script.checksum)
    });
    match changed {
        Some(script) => Err(ClinicError::Migration(format!(
            "migration {} {} was changed after it was applied; add a new one instead",
            script.version, script.description
        ))),
        None => Ok(()),
    }
}
