//! Taking in what the clinic sends while unsent actions stay in force: put back what they touched, apply the clinic's rows, let go of the
//! actions the clinic has settled, do the rest again on top, and save how far we are. Every transaction leaves a state that a person may see
//! and a crash may leave; they are short, because a person who presses a key waits for no more than one of them.

use desk_core::synced::{self, Table, Value};
use rusqlite::{Connection, OptionalExtension as _};
use uuid::Uuid;

use crate::{
    arriving::{self, Held},
    change,
    error::{CacheError, Result},
    open::Cache,
    outbox::{self, Outcome, Refusal},
    row,
    search::Stale,
    shadow,
};

/// Rows of one transaction, or as many as have been put back for it when those are more: putting back costs as much as taking in.
const SLICE: usize = 25;

/// How far a stream has been read: everything up to and including this key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// Version of the clinic's clock.
    pub version: i64,
    /// Number of the noun.
    pub tbl: i16,
    /// Key of the row.
    pub pk: Uuid,
}

impl Position {
    /// Behind everything of this version.
    pub fn end_of(version: i64) -> Self {
        Self {
            version,
            tbl: i16::MAX,
            pk: Uuid::max(),
        }
    }
}

/// What happened to a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    /// It is there, with these values.
    Put,
    /// It is gone.
    Delete,
    /// It left this stream's scope; it may live on in another one.
    Leave,
}

/// One row of the feed.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// Number of the noun.
    pub tbl: i16,
    /// What happened.
    pub op: Op,
    /// Which row.
    pub pk: Uuid,
    /// Its values, for [`Op::Put`]. None if it was deleted after the feed was written: a later entry says so.
    pub row: Option<Vec<Value>>,
}

/// A row of the feed, and when it happened.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Version of the clinic's clock.
    pub version: i64,
    /// What happened.
    pub change: Change,
}

impl Entry {
    /// Where a stream stands that has taken in this and everything before it.
    pub fn place(&self) -> Position {
        Position {
            version: self.version,
            tbl: self.change.tbl,
            pk: self.change.pk,
        }
    }
}

/// A stretch of one stream.
#[derive(Clone, Debug)]
pub struct Page {
    /// `clinic` or `person:<uuid>`.
    pub scope: String,
    /// In order of the feed.
    pub changes: Vec<Entry>,
    /// Where to go on.
    pub next: Position,
    /// The feed's epoch.
    pub epoch: String,
    /// After this page the stream equals the clinic's state at one moment.
    pub is_consistent: bool,
    /// Actions that were answered before this round began; they are let go at a consistent point.
    pub settled: Vec<Uuid>,
    /// Microseconds since 1970.
    pub now: i64,
}

/// A stream's place and when it last equalled the clinic's state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stream {
    /// Where to go on.
    pub position: Position,
    /// The feed's epoch it belongs to.
    pub epoch: String,
    /// Microseconds since 1970.
    pub synced_at: i64,
}

/// Applies a page.
///
/// # Errors
/// [`CacheError::Shape`] when a row does not fit this version's nouns; nothing is changed then.
pub fn apply(cache: &Cache, page: &Page) -> Result<()> {
    page.changes.iter().try_for_each(|entry| check(&entry.change))?;
    let mut rest = page.changes.as_slice();
    loop {
        let taken = cache.write_behind(|transaction| take_slice(transaction, page, rest))?;
        match rest.get(taken..) {
            Some(later) if !later.is_empty() => rest = later,
            _ => return Ok(()),
        }
    }
}

fn check(change: &Change) -> Result<()> {
    match (synced::table(change.tbl), &change.row) {
        (Some(table), Some(row)) if !row::fits(table, row) => Err(CacheError::Shape { table: table.name }),
        _ => Ok(()),
    }
}

/// Takes in the next rows, as one transaction, and moves the place behind them; how many. Where the next transaction does not come about (a
/// full disk), the place says that the stream is in the middle of something, and the next page begins there. Actions are let go with the last.
fn take_slice(transaction: &Connection, page: &Page, rest: &[Entry]) -> Result<usize> {
    let stale = Stale::default();
    let held = Held::of(transaction, &page.scope)?;
    let dirty = shadow::restore_all(transaction, &stale)?;
    let (slice, later) = rest.split_at(rest.len().min(SLICE.max(dirty)));
    let is_last = later.is_empty();
    if is_last && page.is_consistent {
        let arrived = arriving::take(transaction, &page.scope)?;
        let together = arrived.iter().chain(slice.iter().map(|entry| &entry.change));
        together
            .into_iter()
            .try_for_each(|change| take_in(transaction, &page.scope, change, &stale))?;
        settle(transaction, page)?;
    } else {
        hold_or_take_in(transaction, &page.scope, slice, &held, &stale)?;
    }
    change::replay(transaction, &stale)?;
    stale.follow(transaction)?;
    let reached = match slice.last() {
        Some(entry) if !is_last => Reached::Within(entry.place()),
        _ => Reached::End,
    };
    save(transaction, &page.scope, &stream_after(transaction, page, reached)?)?;
    Ok(slice.len())
}

/// In the middle of a page, or of several that belong together.
fn hold_or_take_in(connection: &Connection, scope: &str, slice: &[Entry], held: &Held, stale: &Stale) -> Result<()> {
    for Entry { change, .. } in slice {
        if held.holds(change) {
            arriving::hold(connection, scope, change)?;
        } else {
            take_in(connection, scope, change, stale)?;
        }
    }
    Ok(())
}

fn take_in(connection: &Connection, scope: &str, change: &Change, stale: &Stale) -> Result<()> {
    // A noun this version does not know yet is passed over: a newer program will load it anew.
    let Some(table) = synced::table(change.tbl) else {
        return Ok(());
    };
    match (change.op, &change.row) {
        (Op::Put, Some(row)) => row::put(connection, table, row)?,
        (Op::Put, None) => {}
        // Another stream of this PC may have brought the row meanwhile: moved, or deleted and made anew for somebody else.
        (Op::Delete | Op::Leave, _) if belongs_to(connection, table, change.pk, scope)? => {
            row::delete(connection, table, change.pk)?;
        }
        (Op::Delete | Op::Leave, _) => {}
    }
    stale.note(table, change.pk);
    Ok(())
}

/// Whether the row, as it is here, is in the scope that it left or was deleted from. Only notifications have a scope other than the clinic's.
fn belongs_to(connection: &Connection, table: &Table, id: Uuid, scope: &str) -> Result<bool> {
    if table.name != "notification" {
        return Ok(scope == "clinic");
    }
    let owner: Option<Uuid> = connection
        .prepare_cached("SELECT user_id FROM notification WHERE id = ?1")?
        .query_row([id], |row| row.get(0))
        .optional()?;
    Ok(owner.is_some_and(|owner| scope == person_scope(owner)))
}

/// The scope of what is addressed to one person.
pub fn person_scope(person: Uuid) -> String {
    format!("person:{person}")
}

fn settle(connection: &Connection, page: &Page) -> Result<()> {
    for id in &page.settled {
        if let Some(outcome) = answer(connection, *id)? {
            outbox::settle(connection, &outcome, page.now)?;
        }
    }
    Ok(())
}

fn answer(connection: &Connection, id: Uuid) -> Result<Option<Outcome>> {
    Ok(connection
        .prepare_cached("SELECT outcome, code, detail FROM outbox WHERE id = ?1 AND outcome IS NOT NULL")?
        .query_row([id], |row| {
            let code: Option<String> = row.get(1)?;
            let refused = code.filter(|_| row.get_ref(0).is_ok_and(|word| word.as_str() == Ok("rejected")));
            Ok(Outcome {
                id,
                refused: refused.map(|code| Refusal {
                    code,
                    detail: row.get(2).unwrap_or_default(),
                }),
            })
        })
        .optional()?)
}

/// How far a transaction came in its page.
enum Reached {
    /// Up to this place in it.
    Within(Position),
    End,
}

fn stream_after(connection: &Connection, page: &Page, reached: Reached) -> Result<Stream> {
    let before = stream(connection, &page.scope)?.map_or(0, |stream| stream.synced_at);
    let (position, synced_at) = match reached {
        Reached::Within(place) => (place, before),
        Reached::End if page.is_consistent => (page.next, page.now),
        Reached::End => (page.next, before),
    };
    Ok(Stream {
        position,
        epoch: page.epoch.clone(),
        synced_at,
    })
}

/// Where a stream stands, if it was ever read.
///
/// # Errors
/// What SQLite says.
pub fn stream(connection: &Connection, scope: &str) -> Result<Option<Stream>> {
    Ok(connection
        .prepare_cached("SELECT version, tbl, pk, epoch, synced_at FROM stream WHERE scope = ?1")?
        .query_row([scope], |row| {
            Ok(Stream {
                position: Position {
                    version: row.get(0)?,
                    tbl: row.get(1)?,
                    pk: row.get(2)?,
                },
                epoch: row.get(3)?,
                synced_at: row.get(4)?,
            })
        })
        .optional()?)
}

/// Saves where a stream stands.
///
/// # Errors
/// What SQLite says.
pub fn save(connection: &Connection, scope: &str, stream: &Stream) -> Result<()> {
    let Position { version, tbl, pk } = stream.position;
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO stream (scope, version, tbl, pk, epoch, synced_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute((scope, version, tbl, pk, &stream.epoch, stream.synced_at))?;
    Ok(())
}

/// Takes in rows read outside the feed, such as a person's notifications on their first day at this PC, and the place to go on from. Actions
/// that wait stay in force over them, as over a page.
///
/// # Errors
/// [`CacheError::Shape`] when a row does not fit.
pub fn take_in_all(cache: &Cache, scope: &str, noun: &str, rows: &[Vec<Value>], stream: &Stream) -> Result<()> {
    let table = synced::named(noun).ok_or(CacheError::Shape { table: "unknown" })?;
    cache.write(|transaction| {
        let stale = Stale::default();
        shadow::restore_all(transaction, &stale)?;
        for values in rows {
            row::put(transaction, table, values)?;
        }
        change::replay(transaction, &stale)?;
        stale.follow(transaction)?;
        save(transaction, scope, stream)
    })
}

/// Takes out what was addressed to a person whose login here has ended. What they did stays and waits; should they come to this PC again, they
/// begin as on their first day.
///
/// # Errors
/// What SQLite says.
pub fn forget_person(cache: &Cache, person: Uuid) -> Result<()> {
    let table = synced::named("notification").ok_or(CacheError::Shape { table: "unknown" })?;
    cache.write(|transaction| {
        let stale = Stale::default();
        shadow::restore_all(transaction, &stale)?;
        let theirs: Vec<Uuid> = transaction
            .prepare("SELECT id FROM notification WHERE user_id = ?1")?
            .query_map([person], |row| row.get(0))?
            .collect::<rusqlite::Result<_>>()?;
        for id in theirs {
            row::delete(transaction, table, id)?;
            stale.note(table, id);
        }
        transaction.execute("DELETE FROM stream WHERE scope = ?1", [person_scope(person)])?;
        change::replay(transaction, &stale)?;
        stale.follow(transaction)?;
        Ok(())
    })
}

/// Actions whose answer is known and which the next consistent page may let go.
///
/// # Errors
/// What SQLite says.
pub fn answered(connection: &Connection) -> Result<Vec<Uuid>> {
    let mut statement = connection.prepare_cached("SELECT id FROM outbox WHERE outcome IS NOT NULL ORDER BY number")?;
    Ok(statement
        .query_map([], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?)
}
