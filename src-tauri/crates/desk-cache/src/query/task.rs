//! Tasks, with the customer they are about.

use rusqlite::{Connection, OptionalExtension as _, Row};
use uuid::Uuid;

use super::list;
use crate::error::Result;

/// A task and what its row shows.
#[derive(Clone, Debug)]
pub struct Task {
    /// The task.
    pub id: Uuid,
    /// Title.
    pub title: String,
    /// One of the eight kinds.
    pub kind: String,
    /// More about it.
    pub description: Option<String>,
    /// Word of the priority.
    pub priority: String,
    /// Word of the status.
    pub status: String,
    /// Microseconds since 1970.
    pub due_at: Option<i64>,
    /// Microseconds since 1970.
    pub snoozed_until: Option<i64>,
    /// Microseconds since 1970.
    pub completed_at: Option<i64>,
    /// Notes, one a line.
    pub notes: Option<String>,
    /// Stage of its journey.
    pub stage: Option<String>,
    /// Whom it is about.
    pub customer: Option<About>,
    /// Whose it is.
    pub assigned_to: Option<(Uuid, String, String)>,
    /// Start of the customer's booking today.
    pub booked_today: Option<String>,
    /// An unsent action touched it.
    pub is_waiting: bool,
    /// Who has begun it.
    pub started_by: Option<(Uuid, String, String)>,
    /// What woke it before its time: `reply`, `payment`, `check_in`.
    pub woken_by: Option<String>,
    /// Calls in a row that the customer did not answer.
    pub unanswered: u32,
}

/// A customer in a row.
#[derive(Clone, Debug)]
pub struct About {
    /// The customer.
    pub id: Uuid,
    /// Full name.
    pub full_name: String,
    /// Nickname.
    pub nickname: Option<String>,
    /// Asked not to be contacted.
    pub do_not_contact: bool,
}

/// One text for all lists: columns, joins, then `WHERE`. `?1` is the clinic's day.
macro_rules! tasks {
    ($rest:literal) => {
        concat!(
            "SELECT t.id, coalesce(t.title, ''), coalesce(t.task_type, ''), t.description, coalesce(t.priority, 'medium'),
                    coalesce(t.status, 'pending'), t.due_at, t.snoozed_until, t.completed_at, t.notes, j.stage,
                    c.id, c.full_name, c.nickname,
                    coalesce((SELECT max(do_not_contact) FROM preference p WHERE p.customer_id = c.id), 0),
                    s.id, coalesce(s.nickname, s.display_name, ''), s.role,
                    (SELECT min(start_time) FROM appointment a WHERE a.customer_id = c.id AND a.date = ?1
                       AND a.status IN ('scheduled', 'confirmed', 'in_progress')),
                    EXISTS (SELECT 1 FROM shadow x WHERE x.tbl = 4 AND x.pk = t.id),
                    b.id, coalesce(b.nickname, b.display_name, ''), b.role, t.woken_by,
                    (SELECT count(*) FROM contact k WHERE k.customer_id = c.id AND k.outcome = 'no_answer' AND k.retracted_at IS NULL
                       AND k.at > coalesce((SELECT max(r.at) FROM contact r WHERE r.customer_id = c.id AND r.retracted_at IS NULL
                         AND r.outcome NOT IN ('no_answer', 'wrong_number')), 0))
             FROM task t LEFT JOIN journey j ON j.id = t.journey_id LEFT JOIN customer c ON c.id = j.customer_id
             LEFT JOIN staff s ON s.id = t.assigned_to LEFT JOIN staff b ON b.id = t.started_by AND t.status = 'in_progress' ",
            $rest
        )
    };
}

fn task(row: &Row<'_>) -> rusqlite::Result<Task> {
    Ok(Task {
        id: row.get(0)?,
        title: row.get(1)?,
        kind: row.get(2)?,
        description: row.get(3)?,
        priority: row.get(4)?,
        status: row.get(5)?,
        due_at: row.get(6)?,
        snoozed_until: row.get(7)?,
        completed_at: row.get(8)?,
        notes: row.get(9)?,
        stage: row.get(10)?,
        customer: about(row)?,
        assigned_to: colleague(row, 15)?,
        booked_today: row.get(18)?,
        is_waiting: row.get(19)?,
        started_by: colleague(row, 20)?,
        woken_by: row.get(23)?,
        unanswered: row.get(24)?,
    })
}

fn about(row: &Row<'_>) -> rusqlite::Result<Option<About>> {
    let Some(id) = row.get::<_, Option<Uuid>>(11)? else {
        return Ok(None);
    };
    Ok(Some(About {
        id,
        full_name: row.get::<_, Option<String>>(12)?.unwrap_or_default(),
        nickname: row.get(13)?,
        do_not_contact: row.get(14)?,
    }))
}

/// A person in three columns: id, nickname, role.
fn colleague(row: &Row<'_>, first: usize) -> rusqlite::Result<Option<(Uuid, String, String)>> {
    let Some(id) = row.get::<_, Option<Uuid>>(first)? else {
        return Ok(None);
    };
    let role: Option<String> = row.get(first + 2)?;
    Ok(Some((id, row.get(first + 1)?, role.unwrap_or_default())))
}

/// What says where an open task stands among the others. Of a person's tasks it comes out of the index `task_open`.
#[derive(Clone, Debug)]
pub struct Standing {
    /// The task.
    pub id: Uuid,
    /// One of the eight kinds.
    pub kind: String,
    /// Word of the priority.
    pub priority: String,
    /// Microseconds since 1970.
    pub due_at: Option<i64>,
    /// Microseconds since 1970.
    pub snoozed_until: Option<i64>,
    /// What woke it before its time.
    pub woken_by: Option<String>,
    /// Whom it is about.
    pub customer_id: Option<Uuid>,
    /// Asked not to be contacted.
    pub do_not_contact: bool,
    /// Start of the customer's booking today.
    pub booked_today: Option<String>,
    /// Calls in a row that the customer did not answer.
    pub unanswered: u32,
}

macro_rules! standing {
    ($whose:literal) => {
        concat!(
            "SELECT t.id, coalesce(t.task_type, ''), coalesce(t.priority, 'medium'), t.due_at, t.snoozed_until, t.woken_by, j.customer_id,
                    coalesce((SELECT max(do_not_contact) FROM preference p WHERE p.customer_id = j.customer_id), 0),
                    (SELECT min(start_time) FROM appointment a WHERE a.customer_id = j.customer_id AND a.date = ?1
                       AND a.status IN ('scheduled', 'confirmed', 'in_progress')),
                    (SELECT count(*) FROM contact k WHERE k.customer_id = j.customer_id AND k.outcome = 'no_answer' AND k.retracted_at IS NULL
                       AND k.at > coalesce((SELECT max(r.at) FROM contact r WHERE r.customer_id = j.customer_id AND r.retracted_at IS NULL
                         AND r.outcome NOT IN ('no_answer', 'wrong_number')), 0))
             FROM task t LEFT JOIN journey j ON j.id = t.journey_id
             WHERE t.status IN ('pending', 'in_progress') AND (coalesce(t.snoozed_until, 0) > ?2) = ?3 AND ",
            $whose,
            " LIMIT 5000"
        )
    };
}

/// Open tasks as far as their order needs them, everyone's or one person's, awake ones or sleeping ones. `now` in microseconds since 1970.
///
/// # Errors
/// What SQLite says.
pub fn standing(
    connection: &Connection,
    today: &str,
    person: Option<Uuid>,
    is_asleep: bool,
    now: i64,
) -> Result<Vec<Standing>> {
    let sql = match person {
        Some(_) => standing!("t.assigned_to = ?4"),
        None => standing!("?4 IS NULL"),
    };
    list(connection, sql, (today, now, is_asleep, person), |row| {
        Ok(Standing {
            id: row.get(0)?,
            kind: row.get(1)?,
            priority: row.get(2)?,
            due_at: row.get(3)?,
            snoozed_until: row.get(4)?,
            woken_by: row.get(5)?,
            customer_id: row.get(6)?,
            do_not_contact: row.get(7)?,
            booked_today: row.get(8)?,
            unanswered: row.get(9)?,
        })
    })
}

/// How many open tasks a person has that do not sleep. `now` in microseconds since 1970.
///
/// # Errors
/// What SQLite says.
pub fn count_awake(connection: &Connection, person: Uuid, now: i64) -> Result<i64> {
    let sql = "SELECT count(*) FROM task t WHERE t.assigned_to = ?1 AND t.status IN ('pending', 'in_progress') AND coalesce(t.snoozed_until, 0) <= ?2";
    Ok(connection
        .prepare_cached(sql)?
        .query_row((person, now), |row| row.get(0))?)
}

/// Open tasks of a person whose time has come, longest due first, at most 300. `now` in microseconds since 1970.
///
/// # Errors
/// What SQLite says.
pub fn due(connection: &Connection, today: &str, person: Uuid, now: i64) -> Result<Vec<Task>> {
    let sql = tasks!(
        "WHERE t.status IN ('pending', 'in_progress') AND t.assigned_to = ?2 AND t.due_at <= ?3
           AND coalesce(t.snoozed_until, 0) <= ?3 ORDER BY t.due_at, t.id LIMIT 300"
    );
    list(connection, sql, (today, person, now), task)
}

/// Closed tasks, newest first, at most 200.
///
/// # Errors
/// What SQLite says.
pub fn closed(connection: &Connection, person: Option<Uuid>) -> Result<Vec<Uuid>> {
    let sql =
        "SELECT t.id FROM task t WHERE t.status IN ('completed', 'cancelled') AND (?1 IS NULL OR t.assigned_to = ?1)
               ORDER BY t.completed_at DESC LIMIT 200";
    list(connection, sql, [person], |row| row.get(0))
}

/// Open tasks about a customer, awake or not.
///
/// # Errors
/// What SQLite says.
pub fn of_customer(connection: &Connection, today: &str, customer: Uuid) -> Result<Vec<Task>> {
    let sql = tasks!(
        "WHERE t.journey_id IN (SELECT id FROM journey WHERE customer_id = ?2)
           AND t.status IN ('pending', 'in_progress')"
    );
    list(connection, sql, (today, customer), task)
}

/// One task.
///
/// # Errors
/// What SQLite says.
pub fn one(connection: &Connection, today: &str, id: Uuid) -> Result<Option<Task>> {
    Ok(connection
        .prepare_cached(tasks!("WHERE t.id = ?2"))?
        .query_row((today, id), task)
        .optional()?)
}

#[cfg(test)]
mod tests {
    use super::super::plan_of;

    #[test]
    fn the_order_of_a_persons_tasks_and_their_number_come_out_of_the_index() {
        let count = "SELECT count(*) FROM task t WHERE t.assigned_to = ?1 AND t.status IN ('pending', 'in_progress') AND coalesce(t.snoozed_until, 0) <= ?2";
        for sql in [standing!("t.assigned_to = ?4"), count] {
            let plan = plan_of(sql);
            let read = "SEARCH t USING COVERING INDEX task_open (assigned_to=? AND status=?)";
            assert!(plan.contains(read), "{plan}");
        }
    }
}
