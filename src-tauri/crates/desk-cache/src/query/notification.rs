//! What a person was told.

use rusqlite::{Connection, OptionalExtension as _, Row};
use uuid::Uuid;

use super::list;
use crate::error::Result;

/// A notification.
#[derive(Clone, Debug)]
pub struct Notification {
    /// The notification.
    pub id: Uuid,
    /// Kind.
    pub kind: String,
    /// First line.
    pub title: String,
    /// Second line.
    pub message: String,
    /// Word of the priority.
    pub priority: String,
    /// Where it leads.
    pub action_url: Option<String>,
    /// What it is about, for example `lead:<uuid>`.
    pub subject: Option<String>,
    /// Seen.
    pub is_read: bool,
    /// Microseconds since 1970.
    pub created_at: i64,
}

fn notification(row: &Row<'_>) -> rusqlite::Result<Notification> {
    Ok(Notification {
        id: row.get(0)?,
        kind: row.get(1)?,
        title: row.get(2)?,
        message: row.get(3)?,
        priority: row.get(4)?,
        action_url: row.get(5)?,
        subject: row.get(6)?,
        is_read: row.get(7)?,
        created_at: row.get(8)?,
    })
}

/// A person's notifications that may be shown and have not expired or been dismissed, newest first, at most 200.
///
/// # Errors
/// What SQLite says.
pub fn of_person(connection: &Connection, person: Uuid, now: i64) -> Result<Vec<Notification>> {
    let sql = "SELECT id, coalesce(type, ''), coalesce(title, ''), coalesce(message, ''), coalesce(priority, 'medium'), action_url,
                      subject, coalesce(is_read, 0), coalesce(created_at, 0)
               FROM notification WHERE user_id = ?1 AND coalesce(dismissed, 0) = 0
                 AND coalesce(expires_at, 9223372036854775807) > ?2
                 AND coalesce(julianday(after), 0) <= julianday(?2 / 1000000.0, 'unixepoch') ORDER BY created_at DESC LIMIT 200";
    list(connection, sql, (person, now), notification)
}

/// Those that may interrupt: unread, important, and no lead's, which are told from the lead itself. Newest first, at most 200.
///
/// # Errors
/// What SQLite says.
pub fn pressing(connection: &Connection, person: Uuid, now: i64) -> Result<Vec<Notification>> {
    let mut all = of_person(connection, person, now)?;
    all.retain(|one| {
        let is_lead = matches!(one.kind.as_str(), "hot_lead" | "lead_raised");
        !one.is_read && !is_lead && matches!(one.priority.as_str(), "high" | "critical")
    });
    Ok(all)
}

/// Whether a person was told of a subject because nobody else had looked at it.
///
/// # Errors
/// What SQLite says.
pub fn was_raised_to(connection: &Connection, person: Uuid, subject: &str) -> Result<bool> {
    let sql = "SELECT EXISTS (SELECT 1 FROM notification WHERE user_id = ?1 AND subject = ?2 AND type = 'lead_raised')";
    Ok(connection
        .prepare_cached(sql)?
        .query_row((person, subject), |row| row.get(0))?)
}

/// Where a notification of a person leads.
///
/// # Errors
/// What SQLite says.
pub fn path_of(connection: &Connection, person: Uuid, id: Uuid) -> Result<Option<String>> {
    let sql = "SELECT action_url FROM notification WHERE user_id = ?1 AND id = ?2";
    let found: Option<Option<String>> = connection
        .prepare_cached(sql)?
        .query_row((person, id), |row| row.get(0))
        .optional()?;
    Ok(found.flatten())
}

/// How many of them are unread.
///
/// # Errors
/// What SQLite says.
pub fn unread(connection: &Connection, person: Uuid, now: i64) -> Result<i64> {
    Ok(connection
        .prepare_cached(
            "SELECT count(*) FROM notification WHERE user_id = ?1 AND is_read = 0 AND coalesce(dismissed, 0) = 0
               AND coalesce(expires_at, 9223372036854775807) > ?2 AND coalesce(julianday(after), 0) <= julianday(?2 / 1000000.0, 'unixepoch')",
        )?
        .query_row((person, now), |row| row.get(0))?)
}

/// When the next notification that is held back for a person may be shown, in microseconds since 1970.
///
/// # Errors
/// What SQLite says.
pub fn next_held(connection: &Connection, person: Uuid, now: i64) -> Result<Option<i64>> {
    let sql = "SELECT CAST(min((julianday(after) - 2440587.5) * 86400000000.0) AS INTEGER) FROM notification
               WHERE user_id = ?1 AND is_read = 0 AND julianday(after) > julianday(?2 / 1000000.0, 'unixepoch')";
    Ok(connection
        .prepare_cached(sql)?
        .query_row((person, now), |row| row.get(0))?)
}

/// What a person was told about by the clinic, whether it is still shown or not.
///
/// # Errors
/// What SQLite says.
pub fn subjects(connection: &Connection, person: Uuid) -> Result<Vec<String>> {
    let sql = "SELECT DISTINCT subject FROM notification WHERE user_id = ?1 AND subject IS NOT NULL";
    list(connection, sql, [person], |row: &Row<'_>| row.get(0))
}

/// The unread notifications of a person about a subject.
///
/// # Errors
/// What SQLite says.
pub fn unread_about(connection: &Connection, person: Uuid, subject: &str) -> Result<Vec<Uuid>> {
    let sql = "SELECT id FROM notification WHERE user_id = ?1 AND is_read = 0 AND subject = ?2";
    list(connection, sql, (person, subject), |row: &Row<'_>| row.get(0))
}

/// Whether a person was told about a subject and has read it.
///
/// # Errors
/// What SQLite says.
pub fn is_read_about(connection: &Connection, person: Uuid, subject: &str) -> Result<bool> {
    Ok(connection
        .prepare_cached("SELECT coalesce(min(is_read), 0) FROM notification WHERE user_id = ?1 AND subject = ?2")?
        .query_row((person, subject), |row| row.get(0))?)
}
