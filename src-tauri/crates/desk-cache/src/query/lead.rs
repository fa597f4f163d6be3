//! Leads.

use rusqlite::{Connection, OptionalExtension as _, Row};
use uuid::Uuid;

use super::list;
use crate::error::Result;

/// Rows of a list.
const MOST: i64 = 300;
/// Outcomes of which odds are counted: the latest.
const OUTCOMES: i64 = 500;

/// Somebody of the staff: id, nickname, role.
pub type Someone = (Uuid, String, String);

/// A lead.
#[derive(Clone, Debug)]
pub struct Lead {
    /// The lead.
    pub id: Uuid,
    /// The customer, where there is one.
    pub customer_id: Option<Uuid>,
    /// Name as given.
    pub name: String,
    /// Phone as given.
    pub phone: Option<String>,
    /// E-mail.
    pub email: Option<String>,
    /// Where it came from.
    pub source: Option<String>,
    /// What they wrote.
    pub message: Option<String>,
    /// 0 to 100.
    pub score: Option<i64>,
    /// From where to where it may lie.
    pub range: Option<(i64, i64)>,
    /// JSON: what it is made of.
    pub factors: Option<String>,
    /// Score reached the threshold, or a hot signal.
    pub is_hot: bool,
    /// JSON array of sentences.
    pub reasons: Option<String>,
    /// Word of the status.
    pub status: String,
    /// Who has taken it.
    pub claimed_by: Option<Someone>,
    /// Microseconds since 1970, as every instant here.
    pub claimed_at: Option<i64>,
    /// When it came.
    pub created_at: i64,
    /// JSON array of the people who were told.
    pub told: Option<String>,
    /// The first answer of a person.
    pub answered_at: Option<i64>,
    /// Whose answer that was.
    pub answered_by: Option<Someone>,
    /// What came of the latest contact.
    pub outcome: Option<String>,
    /// When whoever has it wants to ask again.
    pub next_at: Option<i64>,
    /// Lines of notes, oldest first.
    pub notes: Option<String>,
    /// The next person.
    pub passed_to: Option<Someone>,
    /// When it was passed on.
    pub passed_at: Option<i64>,
    /// When the managers were told.
    pub raised_at: Option<i64>,
    /// A change made here has not been confirmed yet.
    pub is_waiting: bool,
}

/// One text for list and single.
macro_rules! leads {
    ($rest:literal) => {
        concat!(
            "SELECT l.id, l.customer_id, coalesce(l.name, ''), l.phone, l.email, l.source, l.message, l.score, l.score_low, l.score_high, l.factors,
                    coalesce(l.is_hot, 0), l.reasons, coalesce(l.status, 'open'), l.claimed_at, coalesce(l.created_at, 0), l.told, l.answered_at,
                    l.outcome, l.next_at, l.notes, l.passed_at, l.raised_at,
                    EXISTS (SELECT 1 FROM shadow w WHERE w.tbl = 12 AND w.pk = l.id),
                    l.claimed_by, coalesce(s.nickname, s.display_name, ''), coalesce(s.role, ''),
                    l.answered_by, coalesce(a.nickname, a.display_name, ''), coalesce(a.role, ''),
                    l.passed_to, coalesce(p.nickname, p.display_name, ''), coalesce(p.role, '')
             FROM lead l LEFT JOIN staff s ON s.id = l.claimed_by LEFT JOIN staff a ON a.id = l.answered_by LEFT JOIN staff p ON p.id = l.passed_to ",
            $rest
        )
    };
}

fn someone(row: &Row<'_>, first: usize) -> rusqlite::Result<Option<Someone>> {
    let id: Option<Uuid> = row.get(first)?;
    let (nickname, role): (String, String) = (row.get(first + 1)?, row.get(first + 2)?);
    Ok(id.map(|id| (id, nickname, role)))
}

fn lead(row: &Row<'_>) -> rusqlite::Result<Lead> {
    let range: (Option<i64>, Option<i64>) = (row.get(8)?, row.get(9)?);
    Ok(Lead {
        id: row.get(0)?,
        customer_id: row.get(1)?,
        name: row.get(2)?,
        phone: row.get(3)?,
        email: row.get(4)?,
        source: row.get(5)?,
        message: row.get(6)?,
        score: row.get(7)?,
        range: range.0.zip(range.1),
        factors: row.get(10)?,
        is_hot: row.get(11)?,
        reasons: row.get(12)?,
        status: row.get(13)?,
        claimed_at: row.get(14)?,
        created_at: row.get(15)?,
        told: row.get(16)?,
        answered_at: row.get(17)?,
        outcome: row.get(18)?,
        next_at: row.get(19)?,
        notes: row.get(20)?,
        passed_at: row.get(21)?,
        raised_at: row.get(22)?,
        is_waiting: row.get(23)?,
        claimed_by: someone(row, 24)?,
        answered_by: someone(row, 27)?,
        passed_to: someone(row, 30)?,
    })
}

/// Hot leads that nobody has taken or answered, longest waiting first.
///
/// # Errors
/// What SQLite says.
pub fn hot(connection: &Connection) -> Result<Vec<Lead>> {
    let sql = leads!(
        "WHERE l.status = 'open' AND l.is_hot = 1 AND l.answered_at IS NULL ORDER BY l.created_at, l.id LIMIT 300"
    );
    list(connection, sql, [], lead)
}

/// Hot leads that somebody has and has not answered yet, longest waiting first.
///
/// # Errors
/// What SQLite says.
pub fn taken(connection: &Connection) -> Result<Vec<Lead>> {
    let sql = leads!(
        "WHERE l.status = 'claimed' AND l.is_hot = 1 AND l.answered_at IS NULL ORDER BY l.created_at, l.id LIMIT 20"
    );
    list(connection, sql, [], lead)
}

/// Leads of a person whose next step has come, the earliest first. Whoever has spoken to the customer since, from wherever, has taken it. `now` in
/// microseconds since 1970.
///
/// # Errors
/// What SQLite says.
pub fn next_due(connection: &Connection, person: Uuid, now: i64) -> Result<Vec<Lead>> {
    let sql = leads!(
        "WHERE l.status = 'claimed' AND l.claimed_by = ?1 AND l.next_at <= ?2
           AND NOT EXISTS (SELECT 1 FROM contact k WHERE k.customer_id = l.customer_id AND k.retracted_at IS NULL AND k.at >= l.next_at)
         ORDER BY l.next_at, l.id LIMIT 300"
    );
    list(connection, sql, (person, now), lead)
}

/// The other leads that nobody has taken: those without an answer first, then the newest.
///
/// # Errors
/// What SQLite says.
pub fn open(connection: &Connection) -> Result<Vec<Lead>> {
    let sql = leads!(
        "WHERE l.status = 'open' AND NOT (l.is_hot = 1 AND l.answered_at IS NULL)
         ORDER BY l.answered_at IS NOT NULL, l.created_at DESC, l.id LIMIT ?1"
    );
    list(connection, sql, [MOST], lead)
}

/// Leads that somebody has: those of this person first, without an answer before with one, longest waiting first.
///
/// # Errors
/// What SQLite says.
pub fn claimed(connection: &Connection, person: Uuid) -> Result<Vec<Lead>> {
    let sql = leads!(
        "WHERE l.status = 'claimed' ORDER BY l.claimed_by IS NOT ?1, l.answered_at IS NOT NULL, coalesce(l.next_at, l.created_at), l.id LIMIT ?2"
    );
    list(connection, sql, (person, MOST), lead)
}

/// How many leads wait: hot without an answer, and all that nobody has.
///
/// # Errors
/// What SQLite says.
pub fn counts(connection: &Connection) -> Result<(i64, i64)> {
    let sql =
        "SELECT count(*) FILTER (WHERE is_hot = 1 AND answered_at IS NULL), count(*) FROM lead WHERE status = 'open'";
    Ok(connection
        .prepare_cached(sql)?
        .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))?)
}

/// One lead.
///
/// # Errors
/// What SQLite says.
pub fn one(connection: &Connection, id: Uuid) -> Result<Option<Lead>> {
    Ok(connection
        .prepare_cached(leads!("WHERE l.id = ?1"))?
        .query_row([id], lead)
        .optional()?)
}

/// Of the latest leads whose end is known: how many there were with a fact, and how many of them bought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Odds {
    /// `source`, another factor of the score, or nothing for all leads.
    pub factor: String,
    /// Of a source: which.
    pub value: String,
    /// How many bought.
    pub bought: i64,
    /// Of how many.
    pub of: i64,
}

/// What has become of leads so far, by what was known of them.
///
/// # Errors
/// What SQLite says.
pub fn odds(connection: &Connection) -> Result<Vec<Odds>> {
    let sql = "WITH ended AS MATERIALIZED (
           SELECT source, factors, bought FROM lead WHERE bought IS NOT NULL ORDER BY created_at DESC LIMIT ?1)
         SELECT '', '', coalesce(sum(bought), 0), count(*) FROM ended
         UNION ALL SELECT 'source', source, sum(bought), count(*) FROM ended WHERE coalesce(source, '') <> '' GROUP BY source
         UNION ALL SELECT f.value ->> 'factor', '', sum(bought), count(*) FROM ended, json_each(coalesce(factors, '[]')) f
           WHERE f.value ->> 'value' = 'true' GROUP BY f.value ->> 'factor'";
    list(connection, sql, [OUTCOMES], |row| {
        Ok(Odds {
            factor: row.get(0)?,
            value: row.get(1)?,
            bought: row.get(2)?,
            of: row.get(3)?,
        })
    })
}
