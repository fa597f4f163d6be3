//! Bookings.

use rusqlite::{Connection, Row};
use uuid::Uuid;

use super::list;
use crate::error::Result;

/// A booking.
#[derive(Clone, Debug)]
pub struct Appointment {
    /// The booking.
    pub id: Uuid,
    /// Day.
    pub date: String,
    /// `HH:MM`.
    pub start_time: String,
    /// `HH:MM`.
    pub end_time: String,
    /// Status.
    pub status: String,
    /// Kind.
    pub kind: String,
    /// Room.
    pub room: Option<String>,
    /// Nickname of who treats.
    pub staff: Option<String>,
    /// JSON of what is done.
    pub services: Option<String>,
}

/// A customer's bookings: from `today` on, and the last ten before, in order of time.
///
/// # Errors
/// What SQLite says.
pub fn of_customer(connection: &Connection, customer: Uuid, today: &str) -> Result<Vec<Appointment>> {
    let sql =
        "SELECT a.id, a.date, coalesce(a.start_time, ''), coalesce(a.end_time, ''), coalesce(a.status, 'scheduled'),
                      coalesce(a.type, ''), a.room, coalesce(s.nickname, s.display_name), a.services
               FROM appointment a LEFT JOIN staff s ON s.id = a.staff_id
               WHERE a.customer_id = ?1 AND a.date >= coalesce((SELECT min(date) FROM (SELECT date FROM appointment
                 WHERE customer_id = ?1 AND date < ?2 ORDER BY date DESC LIMIT 10)), ?2)
               ORDER BY a.date, a.start_time LIMIT 60";
    list(connection, sql, (customer, today), |row: &Row<'_>| {
        Ok(Appointment {
            id: row.get(0)?,
            date: row.get(1)?,
            start_time: row.get(2)?,
            end_time: row.get(3)?,
            status: row.get(4)?,
            kind: row.get(5)?,
            room: row.get(6)?,
            staff: row.get(7)?,
            services: row.get(8)?,
        })
    })
}

/// A booking that is still to come.
#[derive(Clone, Debug)]
pub struct Open {
    /// The booking.
    pub id: Uuid,
    /// Day.
    pub date: String,
    /// `HH:MM`.
    pub start_time: String,
    /// `HH:MM`.
    pub end_time: String,
    /// `scheduled` or `confirmed`.
    pub status: String,
    /// Kind.
    pub kind: String,
    /// Room.
    pub room: Option<String>,
    /// JSON of what is done.
    pub services: Option<String>,
    /// Who treats: person, nickname, role.
    pub staff: Option<(Uuid, String, String)>,
}

/// The open bookings of a journey from `today` on for which nobody has come, in order of time.
///
/// # Errors
/// What SQLite says.
pub fn open_of_journey(connection: &Connection, journey: Uuid, today: &str) -> Result<Vec<Open>> {
    let sql = "SELECT a.id, a.date, coalesce(a.start_time, ''), coalesce(a.end_time, ''), coalesce(a.status, 'scheduled'), coalesce(a.type, ''), a.room, a.services,
                      s.id, coalesce(s.nickname, s.display_name, ''), coalesce(s.role, '')
               FROM appointment a LEFT JOIN staff s ON s.id = a.staff_id
               WHERE a.customer_id = (SELECT customer_id FROM journey WHERE id = ?1) AND a.journey_id = ?1 AND a.date >= ?2
                 AND coalesce(a.status, 'scheduled') IN ('scheduled', 'confirmed')
                 AND NOT EXISTS (SELECT 1 FROM visit v WHERE v.appointment_id = a.id AND v.state IN ('waiting', 'serving', 'done'))
               ORDER BY a.date, a.start_time, a.id";
    list(connection, sql, (journey, today), |row: &Row<'_>| {
        let staff: Option<Uuid> = row.get(8)?;
        Ok(Open {
            id: row.get(0)?,
            date: row.get(1)?,
            start_time: row.get(2)?,
            end_time: row.get(3)?,
            status: row.get(4)?,
            kind: row.get(5)?,
            room: row.get(6)?,
            services: row.get(7)?,
            staff: staff
                .map(|id| Ok::<_, rusqlite::Error>((id, row.get(9)?, row.get(10)?)))
                .transpose()?,
        })
    })
}

/// Start of the next booking of a day after a time, both `HH:MM`.
///
/// # Errors
/// What SQLite says.
pub fn next_start(connection: &Connection, today: &str, after: &str) -> Result<Option<String>> {
    Ok(connection
        .prepare_cached(
            "SELECT min(start_time) FROM appointment WHERE date = ?1 AND start_time > ?2 AND status IN ('scheduled', 'confirmed')",
        )?
        .query_row((today, after), |row| row.get(0))?)
}
