//! To whom tasks go, on the cache: by role, who is here, whose journey it is, and load. As `desk.person_for` in the database.

use chrono::TimeDelta;
use desk_core::task::{self as kinds, Kind};
use rusqlite::{Connection, OptionalExtension as _};
use serde_json::json;
use uuid::Uuid;

use super::{Action, Ledger, task};
use crate::error::{CacheError, Result};

/// Whether this person works here.
pub(super) fn works_here(connection: &Connection, person: Uuid) -> Result<bool> {
    Ok(connection
        .prepare_cached("SELECT 1 FROM staff WHERE id = ?1 AND active = 1")?
        .exists([person])?)
}

/// Who suits a task best; nobody outside its roles.
pub(super) fn person_for(
    connection: &Connection,
    kind: &Kind,
    journey: Uuid,
    but: Option<Uuid>,
    now: i64,
) -> Result<Option<Uuid>> {
    let sql = "SELECT s.id FROM staff s JOIN json_each(?1) r ON r.value = s.role LEFT JOIN journey j ON j.id = ?2
         WHERE s.active = 1 AND coalesce(s.away_until, 0) <= ?4 AND s.id IS NOT ?3
         ORDER BY coalesce(s.id IN (j.sales_id, j.beautician_id), 0) DESC,
           (SELECT count(*) FROM task t WHERE t.assigned_to = s.id AND t.status IN ('pending', 'in_progress')), r.key, s.id LIMIT 1";
    let roles = json!(kind.roles).to_string();
    Ok(connection
        .prepare_cached(sql)?
        .query_row((roles, journey, but, now), |row| row.get(0))
        .optional()?)
}

/// This person, unless they are away and somebody who is here suits.
pub(super) fn or_who_is_here(
    connection: &Connection,
    kind: &Kind,
    journey: Uuid,
    person: Uuid,
    now: i64,
) -> Result<Uuid> {
    let is_away = connection
        .prepare_cached("SELECT 1 FROM staff WHERE id = ?1 AND active = 1 AND coalesce(away_until, 0) > ?2")?
        .exists((person, now))?;
    let other = if is_away {
        person_for(connection, kind, journey, None, now)?
    } else {
        None
    };
    Ok(other.unwrap_or(person))
}

/// Who suits a task best, or a manager.
pub(super) fn person_or_head(connection: &Connection, kind: &Kind, journey: Uuid, now: i64) -> Result<Option<Uuid>> {
    if let Some(person) = person_for(connection, kind, journey, None, now)? {
        return Ok(Some(person));
    }
    let sql = "SELECT id FROM staff WHERE role IN ('manager', 'owner') AND active = 1 ORDER BY coalesce(away_until, 0) <= ?1 DESC, role, id LIMIT 1";
    Ok(connection
        .prepare_cached(sql)?
        .query_row([now], |row| row.get(0))
        .optional()?)
}

/// Refuses who is none of these.
pub(super) fn require_role(connection: &Connection, action: &Action, roles: &[&str]) -> Result<()> {
    let role: Option<String> = connection
        .prepare_cached("SELECT role FROM staff WHERE id = ?1 AND active = 1")?
        .query_row([action.person], |row| row.get(0))
        .optional()?
        .flatten();
    if role.is_some_and(|role| roles.contains(&role.as_str())) {
        Ok(())
    } else {
        Err(CacheError::Refused("role_not_allowed"))
    }
}

const HEADS: [&str; 2] = ["owner", "manager"];

/// A pending task that is to be looked at.
struct Pending {
    id: Uuid,
    journey: Uuid,
    kind: &'static Kind,
    is_here: bool,
}

/// Every pending task whose person has left, is away, or does not suit its kind goes to who does. Each that is given counts for the next.
pub(super) fn assign_all(ledger: &Ledger<'_>, action: &Action) -> Result<()> {
    require_role(ledger.connection, action, &HEADS)?;
    for (pending, owner) in misplaced(ledger.connection, action.at)? {
        let why = if pending.is_here {
            "งานนี้เป็นของหน้าที่อื่น"
        } else {
            "ไม่อยู่"
        };
        give(ledger, action, &pending, owner, None, why)?;
    }
    Ok(())
}

fn misplaced(connection: &Connection, now: i64) -> Result<Vec<(Pending, Uuid)>> {
    let sql = "SELECT t.id, t.journey_id, t.task_type, t.assigned_to, s.role, s.active = 1 AND coalesce(s.away_until, 0) <= ?1 FROM task t JOIN staff s ON s.id = t.assigned_to
         WHERE t.status = 'pending' AND t.journey_id IS NOT NULL ORDER BY t.due_at IS NULL, t.due_at, t.id";
    let rows: Vec<(Uuid, Uuid, String, Uuid, String, bool)> = connection
        .prepare_cached(sql)?
        .query_map([now], |row| {
            Ok((
                row.get(0)?,
                row.get(1)?,
                row.get(2)?,
                row.get(3)?,
                row.get(4)?,
                row.get(5)?,
            ))
        })?
        .collect::<rusqlite::Result<_>>()?;
    let of = |(id, journey, word, owner, role, is_here): (Uuid, Uuid, String, Uuid, String, bool)| {
        let kind = kinds::kind(&word).filter(|kind| kind.assigns_itself)?;
        let suits = kind.roles.contains(&role.as_str()) || HEADS.contains(&role.as_str());
        let pending = Pending {
            id,
            journey,
            kind,
            is_here,
        };
        (!(is_here && suits)).then_some((pending, owner))
    };
    Ok(rows.into_iter().filter_map(of).collect())
}

/// Gives a task to who suits best but `but`; what suits nobody stays.
fn give(
    ledger: &Ledger<'_>,
    action: &Action,
    pending: &Pending,
    owner: Uuid,
    but: Option<Uuid>,
    why: &str,
) -> Result<()> {
    let who = person_for(ledger.connection, pending.kind, pending.journey, but, action.at)?;
    let Some(who) = who.filter(|who| *who != owner) else {
        return Ok(());
    };
    ledger.touch("task", pending.id)?;
    ledger
        .connection
        .prepare_cached("UPDATE task SET assigned_to = ?2, updated_at = ?3 WHERE id = ?1")?
        .execute((pending.id, who, action.at))?;
    let name: Option<String> = ledger
        .connection
        .prepare_cached("SELECT coalesce(nullif(nickname, ''), display_name) FROM staff WHERE id = ?1")?
        .query_row([owner], |row| row.get(0))
        .optional()?
        .flatten();
    task::add_line(
        ledger,
        action,
        pending.id,
        &format!("ย้ายจาก {}: {why}", name.unwrap_or_else(|| "-".into())),
    )
}

/// The priorities that the formula gives now. The scan's urgency is not known on a desk: only where this file is the clinic is it taken for none, elsewhere
/// the database's answer is waited for.
pub(super) fn reprioritise(ledger: &Ledger<'_>, action: &Action) -> Result<()> {
    require_role(ledger.connection, action, &HEADS)?;
    if !ledger.is_the_clinic() {
        return Ok(());
    }
    let sql = "SELECT t.id, t.task_type, t.due_at, coalesce(j.stage, '') FROM task t LEFT JOIN journey j ON j.id = t.journey_id WHERE t.status = 'pending'";
    let rows: Vec<(Uuid, String, Option<i64>, String)> = ledger
        .connection
        .prepare_cached(sql)?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))?
        .collect::<rusqlite::Result<_>>()?;
    for (id, word, due, stage) in rows {
        let left = due.map(|due| TimeDelta::microseconds(due - action.at));
        let priority = kinds::priority(&word, left, 0, &stage);
        ledger.touch("task", id)?;
        ledger
            .connection
            .prepare_cached("UPDATE task SET priority = ?2 WHERE id = ?1")?
            .execute((id, priority.word()))?;
    }
    Ok(())
}

/// Somebody is away until then, and what is due meanwhile goes to others.
pub(super) fn away(ledger: &Ledger<'_>, action: &Action) -> Result<()> {
    let person = colleague(ledger, action)?;
    let until = action
        .instant("until")
        .ok_or(CacheError::Refused("date_out_of_range"))?;
    if until <= action.at {
        return Ok(());
    }
    mark_away(ledger, person, Some(until))?;
    let sql = "SELECT t.id, t.journey_id, t.task_type FROM task t WHERE t.assigned_to = ?1 AND t.status = 'pending' AND t.journey_id IS NOT NULL AND coalesce(t.due_at, ?3) < ?2
         ORDER BY t.due_at IS NULL, t.due_at, t.id";
    let rows: Vec<(Uuid, Uuid, String)> = ledger
        .connection
        .prepare_cached(sql)?
        .query_map((person, until, action.at), |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })?
        .collect::<rusqlite::Result<_>>()?;
    let why = action
        .text("reason")
        .filter(|reason| !reason.is_empty())
        .unwrap_or("ไม่อยู่");
    for (id, journey, word) in rows {
        let Some(kind) = kinds::kind(&word) else { continue };
        let pending = Pending {
            id,
            journey,
            kind,
            is_here: false,
        };
        give(ledger, action, &pending, person, Some(person), why)?;
    }
    Ok(())
}

/// Somebody is here again.
pub(super) fn back(ledger: &Ledger<'_>, action: &Action) -> Result<()> {
    let person = colleague(ledger, action)?;
    mark_away(ledger, person, None)
}

/// The person of the action: oneself, or whom a manager names.
fn colleague(ledger: &Ledger<'_>, action: &Action) -> Result<Uuid> {
    let person = action.uuid("id")?;
    if person != action.person {
        require_role(ledger.connection, action, &HEADS)?;
    }
    if works_here(ledger.connection, person)? {
        Ok(person)
    } else {
        Err(CacheError::Refused("person_not_found"))
    }
}

fn mark_away(ledger: &Ledger<'_>, person: Uuid, until: Option<i64>) -> Result<()> {
    ledger.touch("staff", person)?;
    ledger
        .connection
        .prepare_cached("UPDATE staff SET away_until = ?2 WHERE id = ?1")?
        .execute((person, until))?;
    Ok(())
}
