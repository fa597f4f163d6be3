//! Taking back what a person did here. What never left this PC is taken out of the outbox, exactly as if it had not been done; anything else
//! is reversed by a new action that names it, and the database decides. Which of the two is settled in the transaction in which it happens.

use rusqlite::{Connection, Row};
use serde_json::Value as Json;
use uuid::Uuid;

use crate::{
    change::{self, Action, Destination},
    error::{CacheError, Result},
    open::Cache,
    outbox,
    search::Stale,
    shadow,
};

/// How far back a person can go: so many of their own actions, taken back or not.
pub const REACH: u32 = 20;

/// Something that could be taken back.
#[derive(Clone, Debug)]
pub struct Done {
    /// What was done.
    pub action: Action,
    /// What it replaced.
    before: Json,
    /// It has never left this PC.
    is_unsent: bool,
    /// It was taken back, or that was tried.
    is_undone: bool,
}

/// A wish to take something back.
#[derive(Clone, Copy, Debug)]
pub struct Wish {
    /// Whose action; nobody takes back a colleague's.
    pub person: Uuid,
    /// Which; none means the newest.
    pub of: Option<Uuid>,
    /// The identity of the reversal, if there must be one.
    pub id: Uuid,
    /// Microseconds since 1970.
    pub at: i64,
}

/// What was taken back, and how.
#[derive(Clone, Debug)]
pub struct Undone {
    /// What had been done.
    pub action: Action,
    /// How.
    pub how: How,
    /// What somebody had decided after it stands.
    pub leaves_standing: bool,
}

/// How it was taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// It had never left this PC, and never will.
    TakenOut,
    /// A reversal was added.
    Reversed,
    /// It could not be taken back, for the reason with this code; it is not offered again.
    Refused(&'static str),
}

/// The newest action of a person that can be taken back.
///
/// # Errors
/// What SQLite says.
pub fn newest(connection: &Connection, person: Uuid) -> Result<Option<Done>> {
    Ok(within_reach(connection, person)?
        .into_iter()
        .find(|done| !done.is_undone))
}

/// Everything within a person's reach that is not taken back yet, newest first.
///
/// # Errors
/// What SQLite says.
pub fn open(connection: &Connection, person: Uuid) -> Result<Vec<Done>> {
    let mut done = within_reach(connection, person)?;
    done.retain(|done| !done.is_undone);
    Ok(done)
}

/// Takes back what is wished for. None when there is nothing, or it was taken back before.
///
/// # Errors
/// What SQLite says.
pub fn undo(cache: &Cache, wish: &Wish, destination: Destination) -> Result<Option<Undone>> {
    let undone = cache.write(|transaction| {
        let Some(done) = wished(transaction, wish)? else {
            return Ok(None);
        };
        let leaves_standing = change::leaves_standing(transaction, &done.action, &done.before)?;
        let how = if done.is_unsent {
            take_out(transaction, &done, wish.at)?
        } else {
            reverse(transaction, &done, wish, destination)?
        };
        let action = done.action;
        Ok(Some(Undone {
            action,
            how,
            leaves_standing,
        }))
    });
    match undone {
        Err(CacheError::Refused(code)) => pass_over(cache, wish, code),
        other => other,
    }
}

/// What cannot be taken back does not stand in the way of what was done before it.
fn pass_over(cache: &Cache, wish: &Wish, code: &'static str) -> Result<Option<Undone>> {
    cache.write(|transaction| {
        let Some(done) = wished(transaction, wish)? else {
            return Ok(None);
        };
        mark(transaction, done.action.id, wish.at)?;
        Ok(Some(Undone {
            action: done.action,
            how: How::Refused(code),
            leaves_standing: false,
        }))
    })
}

fn take_out(connection: &Connection, done: &Done, now: i64) -> Result<How> {
    change::nothing_hangs_on(connection, &done.action)?;
    no_later_one(connection, &done.action)?;
    outbox_without(connection, done.action.id, now)?;
    Ok(How::TakenOut)
}

/// Puts back what unsent actions touched and does all but this one again.
pub(crate) fn outbox_without(connection: &Connection, id: Uuid, now: i64) -> Result<()> {
    let stale = Stale::default();
    shadow::restore_all(connection, &stale)?;
    outbox::take_out(connection, id, now)?;
    change::replay(connection, &stale)?;
    Ok(stale.follow(connection)?)
}

/// Somebody here has done something to the same row after it: what they saw included it.
fn no_later_one(connection: &Connection, action: &Action) -> Result<()> {
    let sql = "SELECT 1 FROM outbox later JOIN outbox mine ON mine.id = ?1
         WHERE later.number > mine.number AND later.undone_at IS NULL AND later.args ->> 'id' = mine.args ->> 'id'";
    let is_built_on = connection.prepare_cached(sql)?.exists([action.id])?;
    if is_built_on {
        Err(CacheError::Refused("changed_meanwhile"))
    } else {
        Ok(())
    }
}

fn reverse(connection: &Connection, done: &Done, wish: &Wish, destination: Destination) -> Result<How> {
    let (name, args) = change::reversal(connection, wish.id, &done.action, &done.before)?;
    let reversal = Action {
        id: wish.id,
        person: wish.person,
        name: name.to_owned(),
        args,
        at: wish.at,
    };
    // Marked first: what is taken back does not hang on anything itself.
    mark(connection, done.action.id, wish.at)?;
    change::enact(connection, &reversal, destination, None)?;
    Ok(How::Reversed)
}

fn mark(connection: &Connection, id: Uuid, now: i64) -> Result<()> {
    for sql in [
        "UPDATE outbox SET undone_at = ?2 WHERE id = ?1",
        "UPDATE archive SET undone_at = ?2 WHERE id = ?1",
    ] {
        connection.prepare_cached(sql)?.execute((id, now))?;
    }
    Ok(())
}

fn wished(connection: &Connection, wish: &Wish) -> Result<Option<Done>> {
    match wish.of {
        None => newest(connection, wish.person),
        Some(of) => {
            let done = within_reach(connection, wish.person)?;
            Ok(done.into_iter().find(|done| done.action.id == of && !done.is_undone))
        }
    }
}

/// The last actions of a person that could be taken back, newest first. What the clinic refused is not among them: it changed nothing.
fn within_reach(connection: &Connection, person: Uuid) -> Result<Vec<Done>> {
    let sql = "SELECT id, name, args, at, before, undone_at, is_unsent FROM (
           SELECT * FROM (SELECT number, id, name, args, at, before, undone_at, sent_at IS NULL AND outcome IS NULL AS is_unsent FROM outbox
             WHERE person_id = ?1 AND before IS NOT NULL AND coalesce(outcome, 'ok') = 'ok' ORDER BY number DESC LIMIT ?2)
           UNION ALL
           SELECT * FROM (SELECT number, id, name, args, at, before, undone_at, 0 FROM archive
             WHERE person_id = ?1 AND before IS NOT NULL AND outcome IN ('ok', 'taken_back') ORDER BY number DESC, at DESC LIMIT ?2))
         ORDER BY number DESC, at DESC LIMIT ?2";
    let mut statement = connection.prepare_cached(sql)?;
    let found = statement
        .query_map((person, REACH), |row| done(row, person))?
        .collect::<rusqlite::Result<_>>()?;
    Ok(found)
}

fn done(row: &Row<'_>, person: Uuid) -> rusqlite::Result<Done> {
    let json = |index| -> rusqlite::Result<Json> {
        let text: String = row.get(index)?;
        Ok(serde_json::from_str(&text).unwrap_or_default())
    };
    Ok(Done {
        action: Action {
            id: row.get(0)?,
            person,
            name: row.get(1)?,
            args: json(2)?,
            at: row.get(3)?,
        },
        before: json(4)?,
        is_undone: row.get::<_, Option<i64>>(5)?.is_some(),
        is_unsent: row.get(6)?,
    })
}
