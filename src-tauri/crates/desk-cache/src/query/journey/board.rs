//! What the board reads. How many a stage holds, which are over and which stands where comes from the index `journey_board` alone; a journey
//! with its customer is read only where its card is shown.

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

/// Of which stage, and of those in it that came into it from an instant on and before another; microseconds since 1970.
#[derive(Clone, Copy, Debug)]
pub struct Stretch<'a> {
    /// The stage.
    pub stage: &'a str,
    /// At or after.
    pub from: i64,
    /// Before.
    pub before: i64,
}

/// A stage's figures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count {
    /// Journeys.
    pub all: i64,
    /// Of these came before the instant that was asked for.
    pub earlier: i64,
    /// When the first of the others came; microseconds since 1970.
    pub next: Option<i64>,
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

/// Her next booking, and the next planned follow-up, each where it matters. The parameter is the clinic's day.
macro_rules! expected {
    ($today:literal) => {
        concat!(
            "CASE WHEN j.stage = 'treatment_scheduled' AND j.booked_at IS NULL THEN
                 (SELECT min(a.date || ' ' || coalesce(a.start_time, '00:00')) FROM appointment a
                  WHERE a.customer_id = j.customer_id AND a.date >= ",
            $today,
            " AND a.status IN ('scheduled', 'confirmed')) END,
               CASE WHEN j.stage = 'follow_up' THEN
                 (SELECT min(f.scheduled_at) FROM followup f
                  WHERE f.customer_id = j.customer_id AND f.status = 'pending' AND coalesce(f.journey_id, j.id) = j.id) END"
        )
    };
}

macro_rules! cards {
    ($rest:literal) => {
        concat!(
            "SELECT j.id, j.customer_id, coalesce(c.full_name, ''), c.nickname,
               coalesce((SELECT max(do_not_contact) FROM preference p WHERE p.customer_id = c.id), 0),
               j.title, coalesce(j.stage_since, j.updated_at, 0), coalesce(j.version, 1), j.sessions_planned, coalesce(j.sessions_done, 0), j.booked_at,
               ",
            expected!("?2"),
            ",
               j.outcome, j.sales_id, coalesce(s.nickname, s.display_name, ''), j.beautician_id, coalesce(b.nickname, b.display_name, ''),
               EXISTS (SELECT 1 FROM shadow x WHERE x.tbl = 2 AND x.pk = j.id)
             FROM journey j LEFT JOIN customer c ON c.id = j.customer_id
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

/// What is asked of a stage: `?1` to `?5`. All of it stands in the index.
macro_rules! asked {
    ($select:literal, $rest:literal) => {
        concat!(
            $select,
            " FROM journey j WHERE j.stage = ?1 AND j.stage_since >= ?2 AND j.stage_since < ?3 AND j.customer_id IS NOT NULL
                AND (?4 IS NULL OR j.sales_id = ?4 OR j.beautician_id = ?4)
                AND (?5 IS NULL OR lower(trim(coalesce(j.title, ''))) = lower(trim(?5))) ",
            $rest
        )
    };
}

/// How many there are, and how many of them came before an instant.
///
/// # Errors
/// What SQLite says.
pub fn count(connection: &Connection, of: Stretch<'_>, filter: &Filter, instant: i64) -> Result<Count> {
    let sql = asked!(
        "SELECT count(*), coalesce(sum(j.stage_since < ?6), 0), min(CASE WHEN j.stage_since >= ?6 THEN j.stage_since END)",
        ""
    );
    let asked = (of.stage, of.from, of.before, filter.whose, &filter.service, instant);
    Ok(connection.prepare_cached(sql)?.query_row(asked, |row| {
        Ok(Count {
            all: row.get(0)?,
            earlier: row.get(1)?,
            next: row.get(2)?,
        })
    })?)
}

/// Which stand from a place on, at most so many: those that came first first, or the other way round.
///
/// # Errors
/// What SQLite says.
pub fn places(
    connection: &Connection,
    of: Stretch<'_>,
    filter: &Filter,
    is_last_first: bool,
    (from, most): (i64, i64),
) -> Result<Vec<Uuid>> {
    let sql = if is_last_first {
        asked!(
            "SELECT j.id",
            "ORDER BY j.stage_since DESC, j.id DESC LIMIT ?7 OFFSET ?6"
        )
    } else {
        asked!("SELECT j.id", "ORDER BY j.stage_since, j.id LIMIT ?7 OFFSET ?6")
    };
    let asked = (of.stage, of.from, of.before, filter.whose, &filter.service, from, most);
    list(connection, sql, asked, |row| row.get(0))
}

/// How many stand before one of them; none when it is not among them.
///
/// # Errors
/// What SQLite says.
pub fn place_of(
    connection: &Connection,
    of: Stretch<'_>,
    filter: &Filter,
    is_last_first: bool,
    id: Uuid,
) -> Result<Option<i64>> {
    let since: Option<i64> = connection
        .prepare_cached(asked!("SELECT j.stage_since", "AND j.id = ?6"))?
        .query_row(
            (of.stage, of.from, of.before, filter.whose, &filter.service, id),
            |row| row.get(0),
        )
        .optional()?;
    let Some(since) = since else { return Ok(None) };
    let sql = if is_last_first {
        asked!("SELECT count(*)", "AND (j.stage_since, j.id) > (?6, ?7)")
    } else {
        asked!("SELECT count(*)", "AND (j.stage_since, j.id) < (?6, ?7)")
    };
    let asked = (of.stage, of.from, of.before, filter.whose, &filter.service, since, id);
    Ok(Some(
        connection.prepare_cached(sql)?.query_row(asked, |row| row.get(0))?,
    ))
}

/// The stage that a journey is in.
///
/// # Errors
/// What SQLite says.
pub fn stage_of(connection: &Connection, id: Uuid) -> Result<Option<String>> {
    let sql = "SELECT coalesce(stage, '') FROM journey WHERE id = ?1";
    let found = connection.prepare_cached(sql)?.query_row([id], |row| row.get(0));
    Ok(found.optional()?)
}

/// What says of each when it is due, for a stage in which bookings or plans decide; the longest there first. `today` is the clinic's day.
///
/// # Errors
/// What SQLite says.
pub fn waiting(connection: &Connection, of: Stretch<'_>, filter: &Filter, today: &str) -> Result<Vec<Waits>> {
    let sql = concat!(
        "SELECT j.id, j.stage_since, j.booked_at, ",
        expected!("?6"),
        asked!("", "ORDER BY j.stage_since, j.id")
    );
    let asked = (of.stage, of.from, of.before, filter.whose, &filter.service, today);
    list(connection, sql, asked, |row| {
        Ok(Waits {
            id: row.get(0)?,
            since: row.get(1)?,
            booked_at: row.get(2)?,
            appointment: row.get(3)?,
            planned_at: row.get(4)?,
        })
    })
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
        .prepare_cached(cards!("WHERE j.id = ?1 AND j.customer_id IS NOT NULL"))?
        .query_row((id, today), card)
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

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test: what is not as expected ends it")]
mod tests {
    use super::super::super::plan_of;

    #[test]
    fn a_column_is_counted_and_its_places_are_found_without_reading_a_journey() {
        let asked = [
            asked!("SELECT count(*), sum(j.stage_since < ?6)", ""),
            asked!("SELECT j.id", "ORDER BY j.stage_since, j.id LIMIT ?7 OFFSET ?6"),
            asked!(
                "SELECT j.id",
                "ORDER BY j.stage_since DESC, j.id DESC LIMIT ?7 OFFSET ?6"
            ),
            asked!("SELECT count(*)", "AND (j.stage_since, j.id) < (?6, ?7)"),
            asked!("SELECT count(*)", "AND (j.stage_since, j.id) > (?6, ?7)"),
        ];
        for sql in asked {
            let plan = plan_of(sql);
            assert!(
                plan.contains("SEARCH j USING COVERING INDEX journey_board (stage=?"),
                "{plan}"
            );
            assert!(!plan.contains("TEMP B-TREE"), "nothing is sorted: {plan}");
        }
    }
}
