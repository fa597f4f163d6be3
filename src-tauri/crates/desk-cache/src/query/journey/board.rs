//! What the board reads: one stage after the other by its index, each journey with its customer and with what says when the next thing is due.

use rusqlite::{Connection, OptionalExtension as _, Row};
use uuid::Uuid;

use super::{
    super::{list, task::About},
    named,
};
use crate::error::Result;

/// A journey on the board.
#[derive(Clone, Debug)]
pub struct Card {
    /// The journey.
    pub id: Uuid,
    /// Whose.
    pub customer: About,
    /// What she comes for.
    pub title: Option<String>,
    /// When it came into the stage; microseconds since 1970.
    pub since: i64,
    /// Counts its moves.
    pub version: i64,
    /// Sessions of the course.
    pub sessions_planned: Option<i64>,
    /// Of these done.
    pub sessions_done: i64,
    /// When she is expected, as the move said; microseconds since 1970.
    pub booked_at: Option<i64>,
    /// Her next booking, `YYYY-MM-DD HH:MM`, where no move said one.
    pub appointment: Option<String>,
    /// The next planned follow-up; microseconds since 1970.
    pub planned_at: Option<i64>,
    /// How it ended.
    pub outcome: Option<String>,
    /// Who sells, with what colleagues call them.
    pub sales: Option<(Uuid, String)>,
    /// Who treats.
    pub beautician: Option<(Uuid, String)>,
    /// An unsent action touched it.
    pub is_waiting: bool,
}

/// What says until when a journey may stay where it is. Read of every journey, where its card is read only of those that are looked at.
#[derive(Clone, Debug)]
pub struct Waits {
    /// The journey.
    pub id: Uuid,
    /// When it came into the stage; microseconds since 1970.
    pub since: i64,
    /// When she is expected, as the move said; microseconds since 1970.
    pub booked_at: Option<i64>,
    /// Her next booking, `YYYY-MM-DD HH:MM`, where no move said one.
    pub appointment: Option<String>,
    /// The next planned follow-up; microseconds since 1970.
    pub planned_at: Option<i64>,
}

impl Card {
    /// What says until when it may stay where it is.
    pub fn waits(&self) -> Waits {
        Waits {
            id: self.id,
            since: self.since,
            booked_at: self.booked_at,
            appointment: self.appointment.clone(),
            planned_at: self.planned_at,
        }
    }
}

/// Which journeys are asked for.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Only those that this person sells or treats.
    pub whose: Option<Uuid>,
    /// Only those for this, however it is written; empty: those of which nobody has said what for.
    pub service: Option<String>,
}

/// What customers come for, and how many journeys for it are open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    /// As it was written first in the alphabet; empty where nobody has said.
    pub title: String,
    /// Open journeys.
    pub open: i64,
}

/// Services that are offered at most; the rarest are left out.
const MOST_SERVICES: i64 = 200;

/// Her next booking, and the next planned follow-up, each where it matters. `?3` is the clinic's day.
macro_rules! expected {
    () => {
        "CASE WHEN j.stage = 'treatment_scheduled' AND j.booked_at IS NULL THEN
                 (SELECT min(a.date || ' ' || coalesce(a.start_time, '00:00')) FROM appointment a
                  WHERE a.customer_id = j.customer_id AND a.date >= ?3 AND a.status IN ('scheduled', 'confirmed')) END,
               CASE WHEN j.stage = 'follow_up' THEN
                 (SELECT min(f.scheduled_at) FROM followup f
                  WHERE f.customer_id = j.customer_id AND f.status = 'pending' AND coalesce(f.journey_id, j.id) = j.id) END"
    };
}

macro_rules! cards {
    ($rest:literal) => {
        concat!(
            "SELECT j.id, c.id, coalesce(c.full_name, ''), c.nickname,
               coalesce((SELECT max(do_not_contact) FROM preference p WHERE p.customer_id = c.id), 0),
               j.title, coalesce(j.stage_since, j.updated_at, 0), coalesce(j.version, 1), j.sessions_planned, coalesce(j.sessions_done, 0), j.booked_at,
               ",
            expected!(),
            ",
               j.outcome, j.sales_id, coalesce(s.nickname, s.display_name, ''), j.beautician_id, coalesce(b.nickname, b.display_name, ''),
               EXISTS (SELECT 1 FROM shadow x WHERE x.tbl = 2 AND x.pk = j.id)
             FROM journey j JOIN customer c ON c.id = j.customer_id
             LEFT JOIN staff s ON s.id = j.sales_id LEFT JOIN staff b ON b.id = j.beautician_id ",
            $rest
        )
    };
}

fn card(row: &Row<'_>) -> rusqlite::Result<Card> {
    Ok(Card {
        id: row.get(0)?,
        customer: About {
            id: row.get(1)?,
            full_name: row.get(2)?,
            nickname: row.get(3)?,
            do_not_contact: row.get(4)?,
        },
        title: row.get(5)?,
        since: row.get(6)?,
        version: row.get(7)?,
        sessions_planned: row.get(8)?,
        sessions_done: row.get(9)?,
        booked_at: row.get(10)?,
        appointment: row.get(11)?,
        planned_at: row.get(12)?,
        outcome: row.get(13)?,
        sales: named(row, 14)?,
        beautician: named(row, 16)?,
        is_waiting: row.get(18)?,
    })
}

/// Journeys in a stage that came into it at or after an instant, the longest there first. `today` is the clinic's day.
///
/// # Errors
/// What SQLite says.
pub fn in_stage(connection: &Connection, stage: &str, since: i64, today: &str, asked: &Filter) -> Result<Vec<Waits>> {
    let sql = concat!(
        "SELECT j.id, coalesce(j.stage_since, j.updated_at, 0), j.booked_at, ",
        expected!(),
        " FROM journey j JOIN customer c ON c.id = j.customer_id
         WHERE j.stage = ?1 AND j.stage_since >= ?2 AND (?4 IS NULL OR j.sales_id = ?4 OR j.beautician_id = ?4)
           AND (?5 IS NULL OR lower(trim(coalesce(j.title, ''))) = lower(trim(?5))) ORDER BY j.stage_since"
    );
    list(
        connection,
        sql,
        (stage, since, today, asked.whose, &asked.service),
        |row| {
            Ok(Waits {
                id: row.get(0)?,
                since: row.get(1)?,
                booked_at: row.get(2)?,
                appointment: row.get(3)?,
                planned_at: row.get(4)?,
            })
        },
    )
}

/// Their cards, of all of them at once. `today` is the clinic's day.
///
/// # Errors
/// What SQLite says.
pub fn cards_in_stage(connection: &Connection, stage: &str, since: i64, today: &str) -> Result<Vec<Card>> {
    let sql = cards!("WHERE j.stage = ?1 AND j.stage_since >= ?2");
    list(connection, sql, (stage, since, today), card)
}

/// What the journeys are for that are open, or ended at or after an instant; the most frequent first.
///
/// # Errors
/// What SQLite says.
pub fn services(connection: &Connection, since: i64, whose: Option<Uuid>) -> Result<Vec<Service>> {
    let sql = "SELECT min(trim(coalesce(title, ''))), sum(stage <> 'completed') AS open FROM journey
               WHERE (stage <> 'completed' OR stage_since >= ?1) AND (?2 IS NULL OR sales_id = ?2 OR beautician_id = ?2)
               GROUP BY lower(trim(coalesce(title, ''))) ORDER BY open DESC, 1 LIMIT ?3";
    list(connection, sql, (since, whose, MOST_SERVICES), |row| {
        Ok(Service {
            title: row.get(0)?,
            open: row.get(1)?,
        })
    })
}

/// One journey as on the board.
///
/// # Errors
/// What SQLite says.
pub fn one_card(connection: &Connection, id: Uuid, today: &str) -> Result<Option<Card>> {
    Ok(connection
        .prepare_cached(cards!("WHERE j.id = ?1 AND ?2 = 0"))?
        .query_row((id, 0, today), card)
        .optional()?)
}

/// The next planned follow-up of a journey: which, by which rule, and when in microseconds since 1970.
///
/// # Errors
/// What SQLite says.
pub fn next_followup(connection: &Connection, journey: Uuid) -> Result<Option<(Uuid, String, i64)>> {
    let sql = "SELECT f.id, coalesce(r.name, ''), f.scheduled_at FROM journey j JOIN followup f ON f.customer_id = j.customer_id
               LEFT JOIN followup_rule r ON r.id = f.rule_id
               WHERE j.id = ?1 AND f.status = 'pending' AND f.scheduled_at IS NOT NULL AND coalesce(f.journey_id, j.id) = j.id
               ORDER BY f.scheduled_at LIMIT 1";
    Ok(connection
        .prepare_cached(sql)?
        .query_row([journey], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .optional()?)
}
