//! Actions that wait to be sent, in the order in which they were made. An action enters in the same transaction as its effect on the
//! cache, and leaves only when the rows that show its outcome have arrived.

use rusqlite::{Connection, OptionalExtension as _, Row};
use serde_json::Value as Json;
use uuid::Uuid;

use crate::{
    change::Action,
    error::{CacheError, Result},
};

/// Version of the shape of every action's arguments that this program writes.
pub const ARGS_VERSION: i32 = 1;

/// One action that waits.
#[derive(Clone, Debug, PartialEq)]
pub struct Waiting {
    /// The mutation's identity.
    pub id: Uuid,
    /// Who did it.
    pub person: Uuid,
    /// Consecutive per person.
    pub seq: i64,
    /// For example `task.complete`.
    pub name: String,
    /// Its arguments.
    pub args: Json,
    /// Version of the shape of the arguments.
    pub v: i32,
    /// Microseconds since 1970.
    pub at: i64,
    /// The database has answered; the rows that show it have not arrived.
    pub is_answered: bool,
}

/// Adds an action; the caller has seen that it is not known. `before` is what it replaced, where it can be taken back.
pub(crate) fn add(connection: &Connection, action: &Action, before: Option<&Json>) -> Result<()> {
    let seq = next_seq(connection, action.person)?;
    connection
        .prepare_cached(
            "INSERT INTO outbox (id, person_id, seq, name, args, v, at, before) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        )?
        .execute((
            action.id,
            action.person,
            seq,
            &action.name,
            action.args.to_string(),
            ARGS_VERSION,
            action.at,
            before.map(Json::to_string),
        ))?;
    Ok(())
}

/// Remembers an action that has nowhere to go: in the demo clinic it is settled as soon as it is done.
pub(crate) fn archive(connection: &Connection, action: &Action, before: Option<&Json>) -> Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO archive (id, person_id, name, args, at, settled_at, outcome, before)
             VALUES (?1, ?2, ?3, ?4, ?5, ?5, 'ok', ?6)",
        )?
        .execute((
            action.id,
            action.person,
            &action.name,
            action.args.to_string(),
            action.at,
            before.map(Json::to_string),
        ))?;
    Ok(())
}

/// Whether this action was made here before, whatever became of it.
pub(crate) fn is_known(connection: &Connection, id: Uuid) -> Result<bool> {
    Ok(connection
        .prepare_cached(
            "SELECT 1 FROM outbox WHERE id = ?1 UNION ALL SELECT 1 FROM archive WHERE id = ?1
             UNION ALL SELECT 1 FROM attention WHERE id = ?1 LIMIT 1",
        )?
        .query_row([id], |_| Ok(()))
        .optional()?
        .is_some())
}

fn next_seq(connection: &Connection, person: Uuid) -> Result<i64> {
    sender(connection, person)?;
    Ok(connection
        .prepare_cached("UPDATE sender SET last_seq = last_seq + 1 WHERE person_id = ?1 RETURNING last_seq")?
        .query_row([person], |row| row.get(0))?)
}

/// The identity under which this PC sends a person's actions; made on first use.
///
/// # Errors
/// What SQLite says.
pub fn sender(connection: &Connection, person: Uuid) -> Result<Uuid> {
    let known = connection
        .prepare_cached("SELECT client_id FROM sender WHERE person_id = ?1")?
        .query_row([person], |row| row.get::<_, Uuid>(0))
        .optional()?;
    if let Some(client) = known {
        return Ok(client);
    }
    let client = Uuid::new_v4();
    connection
        .prepare_cached("INSERT INTO sender (person_id, client_id, last_seq) VALUES (?1, ?2, 0)")?
        .execute((person, client))?;
    Ok(client)
}

/// Gives a person a new sending identity, because the database ties one to a login and this person has a new login, or because it was
/// continued elsewhere. What is still to be sent is numbered anew, from 1; the database knows each action by its own id, so nothing is done
/// twice. What was answered is not sent again and has no place among the new numbers.
///
/// # Errors
/// What SQLite says.
pub fn begin_anew(connection: &Connection, person: Uuid) -> Result<()> {
    connection.execute("DELETE FROM sender WHERE person_id = ?1", [person])?;
    sender(connection, person)?;
    let waiting: Vec<i64> = connection
        .prepare("SELECT number FROM outbox WHERE person_id = ?1 AND outcome IS NULL ORDER BY number")?
        .query_map([person], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    for number in waiting {
        let seq = next_seq(connection, person)?;
        connection.execute("UPDATE outbox SET seq = ?2 WHERE number = ?1", (number, seq))?;
    }
    Ok(())
}

/// So many of the last actions are remembered whatever the clock says: a PC may have been off for a month, or its clock been wrong.
const REMEMBERED: i64 = 1_000;

/// Actions that the clinic confirmed and that a restored server may have forgotten: those settled since `since` (microseconds since 1970),
/// and in any case the last ones made here.
///
/// # Errors
/// What SQLite says.
pub fn confirmed_since(connection: &Connection, since: i64) -> Result<Vec<Uuid>> {
    let mut statement = connection.prepare_cached(
        "SELECT id FROM archive WHERE outcome = 'ok'
         AND (settled_at >= ?1 OR number > (SELECT max(number) FROM archive) - ?2)",
    )?;
    let ids = statement
        .query_map((since, REMEMBERED), |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    Ok(ids)
}

/// Everything that waits is asked anew, and `forgotten` actions from the archive with it, in the order in which they were made. Everyone
/// sends under a new identity: the old one may count further than the database remembers.
pub(crate) fn ask_again(connection: &Connection, forgotten: &[Uuid]) -> Result<()> {
    connection.execute("UPDATE outbox SET outcome = NULL, code = NULL, detail = NULL", [])?;
    for id in forgotten {
        connection
            .prepare_cached(
                "INSERT OR IGNORE INTO outbox (number, id, person_id, seq, name, args, v, at, sent_at, before, undone_at)
                 SELECT nullif(number, 0), id, person_id, 0, name, args, v, at, settled_at, before, undone_at
                 FROM archive WHERE id = ?1",
            )?
            .execute([id])?;
        connection
            .prepare_cached("DELETE FROM archive WHERE id = ?1")?
            .execute([id])?;
    }
    for person in senders(connection)? {
        begin_anew(connection, person)?;
    }
    Ok(())
}

fn senders(connection: &Connection) -> Result<Vec<Uuid>> {
    let mut statement =
        connection.prepare_cached("SELECT DISTINCT person_id FROM outbox UNION SELECT person_id FROM sender")?;
    let people = statement
        .query_map([], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    Ok(people)
}

/// All actions that wait, oldest first.
///
/// # Errors
/// What SQLite says.
pub fn waiting(connection: &Connection) -> Result<Vec<Waiting>> {
    let mut statement = connection
        .prepare_cached("SELECT id, person_id, seq, name, args, v, at, outcome FROM outbox ORDER BY number")?;
    let rows = statement.query_map([], waiting_row)?.collect::<rusqlite::Result<_>>()?;
    Ok(rows)
}

/// Whose turn it is to send, of these people: who did the oldest thing that the database has not answered.
///
/// # Errors
/// What SQLite says.
pub fn turn(connection: &Connection, people: &[Uuid]) -> Result<Option<Uuid>> {
    let mut statement =
        connection.prepare_cached("SELECT person_id FROM outbox WHERE outcome IS NULL ORDER BY number")?;
    let mut oldest = statement.query_map([], |row| row.get(0))?;
    let turn = oldest.find(|person| person.as_ref().map_or(true, |person| people.contains(person)));
    Ok(turn.transpose()?)
}

/// Actions of one person that the database has not answered, oldest first, at most `limit`.
///
/// # Errors
/// What SQLite says.
pub fn unsent(connection: &Connection, person: Uuid, limit: u32) -> Result<Vec<Waiting>> {
    before_others(connection, person, &[person], limit)
}

/// What a person may send, oldest first: up to the first action of another of `people` that waits too, because theirs may build on each
/// other's.
fn before_others(connection: &Connection, person: Uuid, people: &[Uuid], limit: u32) -> Result<Vec<Waiting>> {
    let mut statement = connection.prepare_cached(
        "SELECT id, person_id, seq, name, args, v, at, outcome FROM outbox WHERE outcome IS NULL ORDER BY number",
    )?;
    let waiting = statement.query_map([], waiting_row)?;
    let is_of = |of: &[Uuid], action: &rusqlite::Result<Waiting>| {
        action.as_ref().map_or(true, |action| of.contains(&action.person))
    };
    Ok(waiting
        .filter(|action| is_of(people, action))
        .take_while(|action| is_of(&[person], action))
        .take(usize::try_from(limit).unwrap_or(usize::MAX))
        .collect::<rusqlite::Result<_>>()?)
}

/// Chooses what a person sends next, up to the first action of another of `people`, and notes that it may have left this PC from now on: it
/// can no longer be taken out. To be called once the clinic is known to be there, right before sending.
///
/// # Errors
/// What SQLite says.
pub fn choose(connection: &Connection, person: Uuid, people: &[Uuid], limit: u32, now: i64) -> Result<Vec<Waiting>> {
    let chosen = before_others(connection, person, people, limit)?;
    let mut mark = connection.prepare_cached("UPDATE outbox SET sent_at = coalesce(sent_at, ?2) WHERE id = ?1")?;
    for action in &chosen {
        mark.execute((action.id, now))?;
    }
    Ok(chosen)
}

/// Takes an action out that has never left this PC, as if it had not been made: the numbers of those after it close up, which were not given
/// to the clinic either. The archive keeps that it was there, so that the same press, heard late, does not do it again.
///
/// # Errors
/// [`CacheError::Refused`] with `nothing_to_undo` when it may have been sent.
pub(crate) fn take_out(connection: &Connection, id: Uuid, now: i64) -> Result<()> {
    let (person, seq): (Uuid, i64) = connection
        .prepare_cached("SELECT person_id, seq FROM outbox WHERE id = ?1 AND sent_at IS NULL AND outcome IS NULL")?
        .query_row([id], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?
        .ok_or(CacheError::Refused("nothing_to_undo"))?;
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO archive (id, number, person_id, name, args, v, at, settled_at, outcome, before, undone_at)
             SELECT id, number, person_id, name, args, v, at, ?2, 'taken_back', before, ?2 FROM outbox WHERE id = ?1",
        )?
        .execute((id, now))?;
    connection
        .prepare_cached("DELETE FROM outbox WHERE id = ?1")?
        .execute([id])?;
    connection
        .prepare_cached("UPDATE outbox SET seq = seq - 1 WHERE person_id = ?1 AND seq > ?2")?
        .execute((person, seq))?;
    connection
        .prepare_cached("UPDATE sender SET last_seq = last_seq - 1 WHERE person_id = ?1")?
        .execute([person])?;
    Ok(())
}

fn waiting_row(row: &Row<'_>) -> rusqlite::Result<Waiting> {
    Ok(Waiting {
        id: row.get(0)?,
        person: row.get(1)?,
        seq: row.get(2)?,
        name: row.get(3)?,
        args: serde_json::from_str(row.get_ref(4)?.as_str()?).unwrap_or(Json::Null),
        v: row.get(5)?,
        at: row.get(6)?,
        is_answered: row.get::<_, Option<String>>(7)?.is_some(),
    })
}

/// What the database answered to one action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The action.
    pub id: Uuid,
    /// Applied, or refused with a code and what a person needs to decide.
    pub refused: Option<Refusal>,
}

/// Why an action was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The code.
    pub code: String,
    /// JSON of the database.
    pub detail: Option<String>,
}

/// Remembers an answer to a push. The action stays in force on the cache until its rows arrive: removing it now would make the change
/// flicker away.
///
/// # Errors
/// What SQLite says.
pub fn answered(connection: &Connection, outcome: &Outcome) -> Result<()> {
    let refusal = outcome.refused.as_ref();
    connection
        .prepare_cached("UPDATE outbox SET outcome = ?2, code = ?3, detail = ?4 WHERE id = ?1")?
        .execute((
            outcome.id,
            if refusal.is_some() { "rejected" } else { "ok" },
            refusal.map(|refusal| refusal.code.as_str()),
            refusal.and_then(|refusal| refusal.detail.as_deref()),
        ))?;
    Ok(())
}

/// Takes a settled action out: an applied one goes to the archive, a refused one to *needs attention*.
pub(crate) fn settle(connection: &Connection, outcome: &Outcome, now: i64) -> Result<()> {
    if let Some(refusal) = &outcome.refused {
        connection
            .prepare_cached(
                "INSERT OR IGNORE INTO attention (id, person_id, name, args, code, detail, at, refused_at)
                 SELECT id, person_id, name, args, ?2, ?3, at, ?4 FROM outbox WHERE id = ?1",
            )?
            .execute((outcome.id, &refusal.code, &refusal.detail, now))?;
    } else {
        connection
            .prepare_cached(
                "INSERT OR IGNORE INTO archive (id, number, person_id, name, args, v, at, settled_at, outcome, before, undone_at)
                 SELECT id, number, person_id, name, args, v, at, ?2, 'ok', before, undone_at FROM outbox WHERE id = ?1",
            )?
            .execute((outcome.id, now))?;
    }
    connection
        .prepare_cached("DELETE FROM outbox WHERE id = ?1")?
        .execute([outcome.id])?;
    Ok(())
}
