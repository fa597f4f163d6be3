//! Customers: a profile, and what a result row shows besides.

use rusqlite::{Connection, OptionalExtension as _, Row};
use uuid::Uuid;

use crate::error::Result;

/// A customer as the cache knows them.
#[derive(Clone, Debug)]
pub struct Profile {
    /// The customer.
    pub id: Uuid,
    /// Code.
    pub code: Option<String>,
    /// Full name.
    pub full_name: String,
    /// Nickname.
    pub nickname: Option<String>,
    /// Phone as on file.
    pub phone: Option<String>,
    /// E-mail.
    pub email: Option<String>,
    /// LINE display name.
    pub line_name: Option<String>,
    /// `YYYY-MM-DD`.
    pub birth_date: Option<String>,
    /// Gender.
    pub gender: Option<String>,
    /// Status.
    pub status: Option<String>,
    /// Type.
    pub customer_type: Option<String>,
    /// Source.
    pub source: Option<String>,
    /// Allergies.
    pub allergies: Option<String>,
    /// Notes.
    pub notes: Option<String>,
    /// Nickname of the seller who looks after them.
    pub sales: Option<String>,
    /// `YYYY-MM-DD`.
    pub first_visit_date: Option<String>,
    /// `YYYY-MM-DD`.
    pub last_visit_date: Option<String>,
    /// Microseconds since 1970.
    pub created_at: Option<i64>,
    /// An unsent action touched it.
    pub is_waiting: bool,
}

/// A customer by key.
///
/// # Errors
/// What SQLite says.
pub fn profile(connection: &Connection, id: Uuid) -> Result<Option<Profile>> {
    Ok(connection
        .prepare_cached(
            "SELECT c.id, c.code, coalesce(c.full_name, ''), c.nickname, c.phone, c.email, c.line_name, c.birth_date, c.gender,
                    c.status, c.customer_type, c.source, c.allergies, c.notes, coalesce(s.nickname, s.display_name),
                    c.first_visit_date, c.last_visit_date, c.created_at,
                    EXISTS (SELECT 1 FROM shadow WHERE tbl = 1 AND pk = c.id)
             FROM customer c LEFT JOIN staff s ON s.id = c.assigned_sales_id WHERE c.id = ?1",
        )?
        .query_row([id], profile_row)
        .optional()?)
}

fn profile_row(row: &Row<'_>) -> rusqlite::Result<Profile> {
    Ok(Profile {
        id: row.get(0)?,
        code: row.get(1)?,
        full_name: row.get(2)?,
        nickname: row.get(3)?,
        phone: row.get(4)?,
        email: row.get(5)?,
        line_name: row.get(6)?,
        birth_date: row.get(7)?,
        gender: row.get(8)?,
        status: row.get(9)?,
        customer_type: row.get(10)?,
        source: row.get(11)?,
        allergies: row.get(12)?,
        notes: row.get(13)?,
        sales: row.get(14)?,
        first_visit_date: row.get(15)?,
        last_visit_date: row.get(16)?,
        created_at: row.get(17)?,
        is_waiting: row.get(18)?,
    })
}

/// What a result row shows besides the profile.
#[derive(Clone, Debug)]
pub struct Beside {
    /// Tier, for members.
    pub tier: Option<String>,
    /// Start of today's booking.
    pub booked_today: Option<String>,
    /// Asked not to be contacted.
    pub do_not_contact: bool,
}

/// Tier, today's booking and contact wish of a customer. `today` is the clinic's day.
///
/// # Errors
/// What SQLite says.
pub fn beside(connection: &Connection, id: Uuid, today: &str) -> Result<Beside> {
    Ok(connection
        .prepare_cached(
            "SELECT (SELECT tier FROM loyalty_profile WHERE customer_id = ?1),
                    (SELECT min(start_time) FROM appointment WHERE customer_id = ?1 AND date = ?2
                       AND status IN ('scheduled', 'confirmed', 'in_progress')),
                    coalesce((SELECT max(do_not_contact) FROM preference WHERE customer_id = ?1), 0)",
        )?
        .query_row((id, today), |row| {
            Ok(Beside {
                tier: row.get(0)?,
                booked_today: row.get(1)?,
                do_not_contact: row.get(2)?,
            })
        })?)
}

/// How many customers this PC knows.
///
/// # Errors
/// What SQLite says.
pub fn count(connection: &Connection) -> Result<i64> {
    Ok(connection
        .prepare_cached(
            "SELECT (SELECT count(*) FROM customer) - (SELECT count(*) FROM merge WHERE separated_at IS NULL)",
        )?
        .query_row([], |row| row.get(0))?)
}

/// A customer's contact wishes.
#[derive(Clone, Debug)]
pub struct Preference {
    /// Asked not to be contacted.
    pub do_not_contact: bool,
    /// Agreed to marketing.
    pub marketing_opt_in: bool,
    /// JSON array.
    pub preferred_channels: Option<String>,
    /// `th` or `en`.
    pub language: Option<String>,
}

/// A customer's contact wishes, where they were recorded.
///
/// # Errors
/// What SQLite says.
pub fn preference(connection: &Connection, id: Uuid) -> Result<Option<Preference>> {
    Ok(connection
        .prepare_cached(
            "SELECT coalesce(do_not_contact, 0), coalesce(marketing_opt_in, 0), preferred_channels, language
             FROM preference WHERE customer_id = ?1",
        )?
        .query_row([id], |row| {
            Ok(Preference {
                do_not_contact: row.get(0)?,
                marketing_opt_in: row.get(1)?,
                preferred_channels: row.get(2)?,
                language: row.get(3)?,
            })
        })
        .optional()?)
}
