//! Journeys and what happened on them.

mod board;

use desk_core::journey::{Outcome, Stage, Standing};
use rusqlite::{Connection, OptionalExtension as _, Row};
use serde_json::Value as Json;
use uuid::Uuid;

pub use board::{
    Card, Count, Filter, Service, Stretch, Waits, count, next_followup, one_card, place_of, places, services, stage_of,
    waiting,
};

use super::list;
use crate::error::Result;

/// A journey.
#[derive(Clone, Debug)]
pub struct Journey {
    /// The journey.
    pub id: Uuid,
    /// Whose.
    pub customer_id: Uuid,
    /// Stage.
    pub stage: String,
    /// JSON of the plan.
    pub treatment_plan: Option<String>,
    /// What she comes for.
    pub title: Option<String>,
    /// Microseconds since 1970.
    pub created_at: i64,
    /// Microseconds since 1970.
    pub updated_at: i64,
    /// Counts its moves.
    pub version: i64,
    /// When it came into its stage; microseconds since 1970.
    pub stage_since: i64,
    /// How it ended.
    pub outcome: Option<String>,
    /// Why it was lost or cancelled.
    pub reason: Option<String>,
    /// Sessions of the course.
    pub sessions_planned: Option<i64>,
    /// Of these done.
    pub sessions_done: i64,
    /// When she is expected; microseconds since 1970.
    pub booked_at: Option<i64>,
    /// Who sells, with what colleagues call them.
    pub sales: Option<(Uuid, String)>,
    /// Who treats.
    pub beautician: Option<(Uuid, String)>,
    /// An unsent action touched it.
    pub is_waiting: bool,
}

/// One step.
#[derive(Clone, Debug)]
pub struct JourneyAction {
    /// The step.
    pub id: Uuid,
    /// Kind.
    pub kind: String,
    /// From stage.
    pub from_stage: String,
    /// To stage.
    pub to_stage: String,
    /// Nickname of who did it.
    pub by: Option<String>,
    /// Microseconds since 1970.
    pub at: i64,
    /// A note.
    pub notes: Option<String>,
    /// The PC it was done on.
    pub device: Option<String>,
}

/// A step as the rules look at it.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    /// The step.
    pub id: Uuid,
    /// From where.
    pub from: Stage,
    /// To where.
    pub to: Stage,
    /// Who did it.
    pub by: Option<Uuid>,
}

/// One text for all that read journeys.
macro_rules! journeys {
    ($rest:literal) => {
        concat!(
            "SELECT j.id, j.customer_id, coalesce(j.stage, ''), j.treatment_plan, j.title, coalesce(j.created_at, 0), coalesce(j.updated_at, 0),
                    coalesce(j.version, 1), coalesce(j.stage_since, j.updated_at, 0), j.outcome, j.reason, j.sessions_planned, coalesce(j.sessions_done, 0),
                    j.booked_at, s.id, coalesce(s.nickname, s.display_name, ''), b.id, coalesce(b.nickname, b.display_name, ''),
                    EXISTS (SELECT 1 FROM shadow x WHERE x.tbl = 2 AND x.pk = j.id)
             FROM journey j LEFT JOIN staff s ON s.id = j.sales_id LEFT JOIN staff b ON b.id = j.beautician_id ",
            $rest
        )
    };
}

fn journey(row: &Row<'_>) -> rusqlite::Result<Journey> {
    Ok(Journey {
        id: row.get(0)?,
        customer_id: row.get::<_, Option<Uuid>>(1)?.unwrap_or_default(),
        stage: row.get(2)?,
        treatment_plan: row.get(3)?,
        title: row.get(4)?,
        created_at: row.get(5)?,
        updated_at: row.get(6)?,
        version: row.get(7)?,
        stage_since: row.get(8)?,
        outcome: row.get(9)?,
        reason: row.get(10)?,
        sessions_planned: row.get(11)?,
        sessions_done: row.get(12)?,
        booked_at: row.get(13)?,
        sales: named(row, 14)?,
        beautician: named(row, 16)?,
        is_waiting: row.get(18)?,
    })
}

fn named(row: &Row<'_>, at: usize) -> rusqlite::Result<Option<(Uuid, String)>> {
    let id: Option<Uuid> = row.get(at)?;
    id.map(|id| Ok((id, row.get(at + 1)?))).transpose()
}

/// A customer's journeys: the open ones first, among these the most recently touched.
///
/// # Errors
/// What SQLite says.
pub fn of_customer(connection: &Connection, customer: Uuid) -> Result<Vec<Journey>> {
    let sql = journeys!("WHERE j.customer_id = ?1 ORDER BY j.outcome IS NOT NULL, j.updated_at DESC LIMIT 20");
    list(connection, sql, [customer], journey)
}

/// One journey.
///
/// # Errors
/// What SQLite says.
pub fn one(connection: &Connection, id: Uuid) -> Result<Option<Journey>> {
    Ok(connection
        .prepare_cached(journeys!("WHERE j.id = ?1"))?
        .query_row([id], journey)
        .optional()?)
}

/// What happened on a journey, newest first.
///
/// # Errors
/// What SQLite says.
pub fn actions(connection: &Connection, journey: Uuid) -> Result<Vec<JourneyAction>> {
    let sql = "SELECT a.id, coalesce(a.type, ''), coalesce(a.from_stage, ''), coalesce(a.to_stage, ''),
                      coalesce(s.nickname, s.display_name), coalesce(a.performed_at, 0), a.notes, a.device
               FROM journey_action a LEFT JOIN staff s ON s.id = a.performed_by
               WHERE a.journey_id = ?1 ORDER BY coalesce(a.version, 0) DESC, a.performed_at DESC LIMIT 200";
    list(connection, sql, [journey], |row: &Row<'_>| {
        Ok(JourneyAction {
            id: row.get(0)?,
            kind: row.get(1)?,
            from_stage: row.get(2)?,
            to_stage: row.get(3)?,
            by: row.get(4)?,
            at: row.get(5)?,
            notes: row.get(6)?,
            device: row.get(7)?,
        })
    })
}

/// A journey as the rules look at it.
///
/// # Errors
/// What SQLite says.
pub fn standing(connection: &Connection, id: Uuid) -> Result<Option<Standing>> {
    let Some(journey) = one(connection, id)? else {
        return Ok(None);
    };
    let Some(stage) = Stage::from_word(&journey.stage) else {
        return Ok(None);
    };
    let last = match stage {
        Stage::Completed => last_move(connection, id)?,
        _ => None,
    };
    Ok(Some(Standing {
        stage,
        outcome: journey.outcome.as_deref().and_then(Outcome::from_word),
        closed_from: last.map(|step| step.from),
        planned: journey.sessions_planned,
        done: journey.sessions_done,
        has_amount: journey.treatment_plan.as_deref().is_some_and(has_amount),
    }))
}

/// The last move that was not taken back: `unmove` takes back exactly one, `noted` moves nothing.
///
/// # Errors
/// What SQLite says.
pub fn last_move(connection: &Connection, journey: Uuid) -> Result<Option<Step>> {
    let sql = "SELECT id, coalesce(type, ''), coalesce(from_stage, ''), coalesce(to_stage, ''), performed_by FROM journey_action
               WHERE journey_id = ?1 AND version IS NOT NULL ORDER BY version DESC";
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query([journey])?;
    let mut taken_back = 0;
    while let Some(row) = rows.next()? {
        let (kind, from, to): (String, String, String) = (row.get(1)?, row.get(2)?, row.get(3)?);
        match kind.as_str() {
            "unmove" => taken_back += 1,
            _ if taken_back > 0 => taken_back -= 1,
            "noted" => {}
            _ => {
                let stages = Stage::from_word(&from).zip(Stage::from_word(&to));
                let (id, by) = (row.get(0)?, row.get(4)?);
                return Ok(stages.map(|(from, to)| Step { id, from, to, by }));
            }
        }
    }
    Ok(None)
}

/// Whether a plan names a sum, under one of the names that the web system uses.
fn has_amount(plan: &str) -> bool {
    let plan: Json = serde_json::from_str(plan).unwrap_or_default();
    let sums = ["totalAmount", "total_amount", "total"].map(|name| plan.get(name));
    let named = sums
        .into_iter()
        .flatten()
        .find(|sum| sum.is_number() || sum.is_string());
    let number = named.and_then(|sum| sum.as_f64().or_else(|| sum.as_str()?.trim().parse().ok()));
    number.is_some_and(|sum| sum > 0.0)
}
