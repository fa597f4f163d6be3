//! Who comes, who is here and who was: the lines of a day, with what the counter should know before it says hello.

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension as _, Row};
use uuid::Uuid;

use super::{list, task::About};
use crate::error::Result;

/// A booking of the day.
#[derive(Clone, Debug)]
pub struct Booked {
    /// The booking.
    pub id: Uuid,
    /// `HH:MM`.
    pub start_time: String,
    /// `HH:MM`.
    pub end_time: String,
    /// Its word.
    pub status: String,
    /// `consultation`, `treatment`, `follow_up`, `scan`.
    pub kind: String,
    /// Room.
    pub room: Option<String>,
    /// JSON of what is done.
    pub services: Option<String>,
    /// The booked course.
    pub journey: Option<Uuid>,
    /// Who treats: person, nickname, role.
    pub staff: Option<(Uuid, String, String)>,
    /// Which session of a course it is, and of how many.
    pub session: Option<(i64, i64)>,
}

/// Somebody's presence: who did what with it, when, and on which PC. Instants in microseconds since 1970.
#[derive(Clone, Debug)]
pub struct Visit {
    /// The visit.
    pub id: Uuid,
    /// Who came.
    pub customer: Uuid,
    /// For which booking.
    pub booking: Option<Uuid>,
    /// The journey that it moves.
    pub journey: Option<Uuid>,
    /// The clinic's day, `YYYY-MM-DD`.
    pub day: String,
    /// Given by the clinic; none until it has.
    pub queue_number: Option<i64>,
    /// Its word.
    pub state: String,
    /// Came.
    pub arrived: Deed,
    /// Was taken in.
    pub started: Option<Deed>,
    /// Ended.
    pub finished: Option<Deed>,
    /// Why they left.
    pub reason: Option<String>,
    /// An unsent action touched it.
    pub is_waiting: bool,
}

/// Something that was done with a visit.
#[derive(Clone, Debug)]
pub struct Deed {
    /// When.
    pub at: i64,
    /// Who, as colleagues call them.
    pub by: Option<String>,
    /// On which PC; none while the clinic has not said.
    pub device: Option<String>,
}

/// Who comes, and what must not be overlooked.
#[derive(Clone, Debug)]
pub struct Guest {
    /// Who.
    pub about: About,
    /// `YYYY-MM-DD`.
    pub birth_date: Option<String>,
    /// Points that may be used; below zero what they owe.
    pub points: Option<i64>,
    /// An open task says that something is to be paid.
    pub is_unpaid: bool,
    /// Their contact wishes were recorded.
    pub has_wishes: bool,
    /// Language they prefer.
    pub language: Option<String>,
}

/// One line of the agenda.
#[derive(Clone, Debug)]
pub struct Line {
    /// The booking; none for a walk-in.
    pub booking: Option<Booked>,
    /// Everything that happened at the door that day, oldest first.
    pub visits: Vec<Visit>,
    /// Who.
    pub guest: Guest,
    /// An unsent action touched the booking.
    pub is_waiting: bool,
}

/// What a line says of its customer. The columns begin at the index given to [`guest`].
macro_rules! guest_columns {
    () => {
        "c.id, c.full_name, c.nickname, c.birth_date,
         (SELECT max(available_points) FROM loyalty_profile l WHERE l.customer_id = c.id),
         EXISTS (SELECT 1 FROM journey j JOIN task t ON t.journey_id = j.id WHERE j.customer_id = c.id AND t.task_type = 'payment_reminder'
           AND t.status IN ('pending', 'in_progress')),
         (SELECT max(do_not_contact) FROM preference p WHERE p.customer_id = c.id),
         (SELECT max(language) FROM preference p WHERE p.customer_id = c.id)"
    };
}

fn guest(row: &Row<'_>, first: usize) -> rusqlite::Result<Guest> {
    let wishes: Option<bool> = row.get(first + 6)?;
    Ok(Guest {
        about: About {
            id: row.get(first)?,
            full_name: row.get::<_, Option<String>>(first + 1)?.unwrap_or_default(),
            nickname: row.get(first + 2)?,
            do_not_contact: wishes.unwrap_or(false),
        },
        birth_date: row.get(first + 3)?,
        points: row.get(first + 4)?,
        is_unpaid: row.get(first + 5)?,
        has_wishes: wishes.is_some(),
        language: row.get(first + 7)?,
    })
}

/// Every line of a day: bookings by their time, then who came without one, by their coming.
///
/// # Errors
/// What SQLite says.
pub fn of_day(connection: &Connection, day: &str) -> Result<Vec<Line>> {
    let mut lines = booked(connection, day)?;
    let place: HashMap<Uuid, usize> = lines
        .iter()
        .enumerate()
        .filter_map(|(nth, line)| Some((line.booking.as_ref()?.id, nth)))
        .collect();
    let mut walked_in: Vec<Line> = vec![];
    for visit in visits(connection, day)? {
        let known = visit.booking.and_then(|booking| place.get(&booking));
        match known.and_then(|nth| lines.get_mut(*nth)) {
            Some(line) => line.visits.push(visit),
            None => walk_in(connection, &mut walked_in, visit)?,
        }
    }
    lines.append(&mut walked_in);
    Ok(lines)
}

/// A visit without a booking that day belongs to the walk-in's line, or begins one.
fn walk_in(connection: &Connection, lines: &mut Vec<Line>, visit: Visit) -> Result<()> {
    let same = |line: &&mut Line| {
        line.guest.about.id == visit.customer && line.visits.iter().all(|other| other.state == "undone")
    };
    if let Some(line) = lines.iter_mut().find(same) {
        line.visits.push(visit);
    } else if let Some(guest) = guest_of(connection, visit.customer)? {
        lines.push(Line {
            booking: None,
            guest,
            is_waiting: false,
            visits: vec![visit],
        });
    }
    Ok(())
}

fn booked(connection: &Connection, day: &str) -> Result<Vec<Line>> {
    let sql = concat!(
        "SELECT a.id, coalesce(a.start_time, ''), coalesce(a.end_time, ''), coalesce(a.status, 'scheduled'), coalesce(a.type, ''), a.room,
                a.services, a.journey_id, s.id, coalesce(s.nickname, s.display_name, ''), coalesce(s.role, ''),
                EXISTS (SELECT 1 FROM shadow x WHERE x.tbl = 11 AND x.pk = a.id), j.sessions_planned, coalesce(j.sessions_done, 0),
                coalesce(j.stage, '') IN ('treatment_completed', 'follow_up', 'completed'), ",
        guest_columns!(),
        " FROM appointment a JOIN customer c ON c.id = a.customer_id LEFT JOIN staff s ON s.id = a.staff_id
          LEFT JOIN journey j ON j.id = a.journey_id
          WHERE a.date = ?1 ORDER BY a.start_time, a.room, a.id LIMIT 2000"
    );
    list(connection, sql, [day], |row| {
        let staff: Option<Uuid> = row.get(8)?;
        let (nickname, role) = (row.get(9)?, row.get(10)?);
        let (planned, done, is_after): (Option<i64>, i64, bool) = (row.get(12)?, row.get(13)?, row.get(14)?);
        Ok(Line {
            booking: Some(Booked {
                id: row.get(0)?,
                start_time: row.get(1)?,
                end_time: row.get(2)?,
                status: row.get(3)?,
                kind: row.get(4)?,
                room: row.get(5)?,
                services: row.get(6)?,
                journey: row.get(7)?,
                staff: staff.map(|id| (id, nickname, role)),
                session: planned.map(|planned| (done + i64::from(!is_after), planned)),
            }),
            visits: vec![],
            is_waiting: row.get(11)?,
            guest: guest(row, 15)?,
        })
    })
}

fn guest_of(connection: &Connection, customer: Uuid) -> Result<Option<Guest>> {
    let sql = concat!("SELECT ", guest_columns!(), " FROM customer c WHERE c.id = ?1");
    let mut statement = connection.prepare_cached(sql)?;
    Ok(statement.query_row([customer], |row| guest(row, 0)).optional()?)
}

/// One text for all visits: columns and joins, then `WHERE`.
macro_rules! visits {
    ($rest:literal) => {
        concat!(
            "SELECT v.id, v.customer_id, v.appointment_id, v.journey_id, coalesce(v.day, ''), v.queue_number, coalesce(v.state, ''),
                    v.arrived_at, (SELECT coalesce(s.nickname, s.display_name) FROM staff s WHERE s.id = v.arrived_by), v.arrived_device,
                    v.started_at, (SELECT coalesce(s.nickname, s.display_name) FROM staff s WHERE s.id = v.started_by), v.started_device,
                    v.finished_at, (SELECT coalesce(s.nickname, s.display_name) FROM staff s WHERE s.id = v.finished_by), v.finished_device,
                    v.reason, EXISTS (SELECT 1 FROM shadow x WHERE x.tbl = 16 AND x.pk = v.id)
             FROM visit v ",
            $rest
        )
    };
}

fn visit(row: &Row<'_>) -> rusqlite::Result<Visit> {
    Ok(Visit {
        id: row.get(0)?,
        customer: row.get::<_, Option<Uuid>>(1)?.unwrap_or_default(),
        booking: row.get(2)?,
        journey: row.get(3)?,
        day: row.get(4)?,
        queue_number: row.get(5)?,
        state: row.get(6)?,
        arrived: deed(row, 7)?.unwrap_or(Deed {
            at: 0,
            by: None,
            device: None,
        }),
        started: deed(row, 10)?,
        finished: deed(row, 13)?,
        reason: row.get(16)?,
        is_waiting: row.get(17)?,
    })
}

fn deed(row: &Row<'_>, first: usize) -> rusqlite::Result<Option<Deed>> {
    let Some(at) = row.get(first)? else {
        return Ok(None);
    };
    Ok(Some(Deed {
        at,
        by: row.get(first + 1)?,
        device: row.get(first + 2)?,
    }))
}

fn visits(connection: &Connection, day: &str) -> Result<Vec<Visit>> {
    let sql = visits!("WHERE v.day = ?1 ORDER BY v.arrived_at, v.id LIMIT 4000");
    list(connection, sql, [day], visit)
}

/// A customer's last hundred visits, newest first, those that were a mistake among them.
///
/// # Errors
/// What SQLite says.
pub fn of_customer(connection: &Connection, customer: Uuid) -> Result<Vec<Visit>> {
    let sql = visits!("WHERE v.customer_id = ?1 ORDER BY v.arrived_at DESC LIMIT 100");
    list(connection, sql, [customer], visit)
}

/// One visit.
///
/// # Errors
/// What SQLite says.
pub fn one(connection: &Connection, id: Uuid) -> Result<Option<Visit>> {
    let mut statement = connection.prepare_cached(visits!("WHERE v.id = ?1"))?;
    Ok(statement.query_row([id], visit).optional()?)
}

/// Whose visit or booking it is: their full name.
///
/// # Errors
/// What SQLite says.
pub fn whose(connection: &Connection, id: Uuid) -> Result<Option<String>> {
    let sql = "SELECT c.full_name FROM customer c WHERE c.id = coalesce((SELECT customer_id FROM visit WHERE id = ?1), (SELECT customer_id FROM appointment WHERE id = ?1))";
    let mut statement = connection.prepare_cached(sql)?;
    Ok(statement.query_row([id], |row| row.get(0)).optional()?.flatten())
}

/// Whose booking it is.
///
/// # Errors
/// What SQLite says.
pub fn customer_of(connection: &Connection, booking: Uuid) -> Result<Option<Uuid>> {
    let mut statement = connection.prepare_cached("SELECT customer_id FROM appointment WHERE id = ?1")?;
    Ok(statement.query_row([booking], |row| row.get(0)).optional()?.flatten())
}
