//! Who sent whom, and what became of it.

use desk_core::referral::Reason;
use rusqlite::{Connection, OptionalExtension as _, Row};
use serde_json::Value as Json;
use uuid::Uuid;

use super::{list, merge};
use crate::error::Result;

/// How a referral stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Nothing to decide yet.
    Waiting,
    /// A manager has to look.
    Review,
    /// The referrer has the points.
    Paid,
    /// It is not paid.
    Refused,
    /// It was paid, and taken back with the friend's money.
    Reversed,
}

impl State {
    const ALL: [(Self, &'static str); 5] = [
        (Self::Waiting, "waiting"),
        (Self::Review, "review"),
        (Self::Paid, "paid"),
        (Self::Refused, "refused"),
        (Self::Reversed, "reversed"),
    ];

    /// The state with this word; one that nobody knows yet waits.
    pub fn from_word(word: &str) -> Self {
        let found = Self::ALL.into_iter().find(|(_, known)| *known == word);
        found.map_or(Self::Waiting, |(state, _)| state)
    }
}

/// One of the two people.
#[derive(Clone, Debug)]
pub struct Person {
    /// Their card.
    pub id: Uuid,
    /// Full name.
    pub full_name: String,
    /// Nickname.
    pub nickname: Option<String>,
    /// As on file.
    pub phone: Option<String>,
    /// LINE name.
    pub line_name: Option<String>,
    /// `YYYY-MM-DD`.
    pub birth_date: Option<String>,
    /// `YYYY-MM-DD`.
    pub first_visit: Option<String>,
    /// Money received less money given back, in satang.
    pub paid: i64,
}

/// A referral.
#[derive(Clone, Debug)]
pub struct Referral {
    /// The referral.
    pub id: Uuid,
    /// Who sent somebody.
    pub referrer: Person,
    /// Who was sent.
    pub friend: Person,
    /// Microseconds since 1970.
    pub made_at: i64,
    /// Nickname of who recorded it.
    pub made_by: Option<String>,
    /// The friend brought a code.
    pub by_code: bool,
    /// How it stands.
    pub state: State,
    /// Why; words that this version does not know are left out.
    pub reasons: Vec<Reason>,
    /// Microseconds since 1970.
    pub decided_at: Option<i64>,
    /// Nickname of who decided; none: the rule.
    pub decided_by: Option<String>,
    /// Why they decided so.
    pub note: Option<String>,
    /// Points that the referrer has for it.
    pub points: i64,
    /// An unsent action made or changed it.
    pub is_waiting: bool,
}

const SELECT: &str = "SELECT r.id, coalesce(r.made_at, 0), coalesce(s.nickname, s.display_name), coalesce(r.by_code, 0), coalesce(r.state, ''), coalesce(r.reasons, ''), r.decided_at,
    coalesce(d.nickname, d.display_name), r.note, coalesce(r.points, 0), EXISTS (SELECT 1 FROM shadow x WHERE x.tbl = 26 AND x.pk = r.id),
    a.id, coalesce(a.full_name, ''), a.nickname, a.phone, a.line_name, a.birth_date, a.first_visit_date,
    coalesce((SELECT sum(CASE WHEN p.refunds IS NULL THEN p.satang ELSE -p.satang END) FROM payment p WHERE p.customer_id = a.id AND p.held_as IS NULL), 0),
    b.id, coalesce(b.full_name, ''), b.nickname, b.phone, b.line_name, b.birth_date, b.first_visit_date,
    coalesce((SELECT sum(CASE WHEN p.refunds IS NULL THEN p.satang ELSE -p.satang END) FROM payment p WHERE p.customer_id = b.id AND p.held_as IS NULL), 0)
  FROM referral r JOIN customer a ON a.id = r.referrer_id JOIN customer b ON b.id = r.friend_id LEFT JOIN staff s ON s.id = r.made_by LEFT JOIN staff d ON d.id = r.decided_by";

/// Who sent this customer.
///
/// # Errors
/// What SQLite says.
pub fn of_friend(connection: &Connection, friend: Uuid) -> Result<Option<Referral>> {
    let sql = format!("{SELECT} WHERE r.friend_id = ?1");
    Ok(connection.prepare_cached(&sql)?.query_row([friend], read).optional()?)
}

/// Whom this customer sent, newest first, at most fifty.
///
/// # Errors
/// What SQLite says.
pub fn of_referrer(connection: &Connection, referrer: Uuid) -> Result<Vec<Referral>> {
    let sql = format!("{SELECT} WHERE r.referrer_id = ?1 ORDER BY r.made_at DESC, r.id LIMIT 50");
    list(connection, &sql, [referrer], read)
}

/// Those that a manager has to look at, oldest first, at most two hundred.
///
/// # Errors
/// What SQLite says.
pub fn in_review(connection: &Connection) -> Result<Vec<Referral>> {
    let sql = format!("{SELECT} WHERE r.state = 'review' ORDER BY r.made_at, r.id LIMIT 200");
    list(connection, &sql, [], read)
}

/// One referral.
///
/// # Errors
/// What SQLite says.
pub fn get(connection: &Connection, id: Uuid) -> Result<Option<Referral>> {
    let sql = format!("{SELECT} WHERE r.id = ?1");
    Ok(connection.prepare_cached(&sql)?.query_row([id], read).optional()?)
}

/// Whose code this is, as it was told over the counter: in whatever case, with blanks and dashes, and with O, I and L for 0 and 1.
///
/// # Errors
/// What SQLite says.
pub fn referrer_of(connection: &Connection, typed: &str) -> Result<Option<Uuid>> {
    let plain: String = typed.chars().filter(|c| !c.is_whitespace() && *c != '-').collect();
    let plain = plain.to_ascii_uppercase();
    let Some(rest) = plain
        .strip_prefix("BN")
        .filter(|rest| !rest.is_empty() && plain.is_ascii())
    else {
        return Ok(None);
    };
    let read = rest.replace('O', "0").replace(['I', 'L'], "1");
    let spelled = [
        typed.trim().to_owned(),
        plain.clone(),
        format!("BN{}", rest.to_ascii_lowercase()),
        format!("BN{read}"),
    ];
    let sql = "SELECT customer_id FROM loyalty_profile WHERE referral_code = ?1";
    for code in spelled {
        let found: Option<Uuid> = connection
            .prepare_cached(sql)?
            .query_row([code], |row| row.get(0))
            .optional()?;
        if let Some(found) = found {
            return Ok(Some(merge::survivor(connection, found)?));
        }
    }
    Ok(None)
}

fn read(row: &Row<'_>) -> rusqlite::Result<Referral> {
    let (state, reasons): (String, String) = (row.get(4)?, row.get(5)?);
    let known = reasons
        .split(' ')
        .filter_map(|word| serde_json::from_value(Json::from(word)).ok());
    Ok(Referral {
        id: row.get(0)?,
        made_at: row.get(1)?,
        made_by: row.get(2)?,
        by_code: row.get(3)?,
        state: State::from_word(&state),
        reasons: known.collect(),
        decided_at: row.get(6)?,
        decided_by: row.get(7)?,
        note: row.get(8)?,
        points: row.get(9)?,
        is_waiting: row.get(10)?,
        referrer: person(row, 11)?,
        friend: person(row, 19)?,
    })
}

fn person(row: &Row<'_>, from: usize) -> rusqlite::Result<Person> {
    Ok(Person {
        id: row.get(from)?,
        full_name: row.get(from + 1)?,
        nickname: row.get(from + 2)?,
        phone: row.get(from + 3)?,
        line_name: row.get(from + 4)?,
        birth_date: row.get(from + 5)?,
        first_visit: row.get(from + 6)?,
        paid: row.get(from + 7)?,
    })
}
