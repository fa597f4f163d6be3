//! Calls on the cache: the row, what becomes of the task, what follows, and the consent of who never wants to be called again.

use desk_core::{
    call::{self, Rule, Settles},
    task as kinds,
};
use rusqlite::{Connection, OptionalExtension as _};
use serde_json::{Value as Json, json};
use uuid::Uuid;

use super::{
    Action, Ledger, assign, lead, task,
    task_work::{self, New},
    written,
};
use crate::error::{CacheError, Result};

/// What the database writes into the notes of a task that is opened again.
const REOPENED: &str = "เปิดงานอีกครั้ง";

/// What a call replaces: how its task stood, and what a wish for no more calls ends.
pub(super) fn before(connection: &Connection, action: &Action) -> Result<Json> {
    let task = match action.uuid("task_id") {
        Ok(id) => state(connection, id)?,
        Err(_) => Json::Null,
    };
    let is_stop = action
        .text("outcome")
        .and_then(call::named)
        .is_some_and(|rule| rule.settles == Settles::Stop);
    let customer = customer(connection, action)?;
    let stopped = match customer {
        Some(customer) if is_stop => stoppable(connection, action, customer)?,
        _ => Json::Null,
    };
    let leads: Vec<Json> = lead::answered_by_call(connection, action, customer)?
        .into_iter()
        .map(|id| lead::state(connection, id))
        .collect::<Result<_>>()?;
    Ok(json!({ "task": task, "stopped": stopped, "leads": leads }))
}

fn state(connection: &Connection, id: Uuid) -> Result<Json> {
    let sql = "SELECT coalesce(status, 'pending'), snoozed_until, started_at, started_by FROM task WHERE id = ?1 AND coalesce(status, 'pending') IN ('pending', 'in_progress')";
    let found = connection
        .prepare_cached(sql)?
        .query_row([id], |row| {
            let (status, until, at): (String, Option<i64>, Option<i64>) = (row.get(0)?, row.get(1)?, row.get(2)?);
            let by: Option<Uuid> = row.get(3)?;
            Ok(json!({ "id": id, "status": status, "until": written(until), "started_at": written(at), "started_by": by }))
        })
        .optional()?;
    Ok(found.unwrap_or_default())
}

fn stoppable(connection: &Connection, action: &Action, customer: Uuid) -> Result<Json> {
    let tasks = open_calls(connection, action, customer)?;
    let tasks: Vec<Json> = tasks
        .into_iter()
        .map(|id| state(connection, id))
        .collect::<Result<_>>()?;
    let was: Option<bool> = connection
        .prepare_cached("SELECT coalesce(do_not_contact, 0) FROM preference WHERE customer_id = ?1")?
        .query_row([customer], |row| row.get(0))
        .optional()?;
    let followups = planned_calls(connection, customer)?;
    Ok(json!({ "do_not_contact": was.unwrap_or(false), "tasks": tasks, "followups": followups }))
}

/// Open tasks of a customer that are calls, with the one that this call was about.
fn open_calls(connection: &Connection, action: &Action, customer: Uuid) -> Result<Vec<Uuid>> {
    let sql = "SELECT t.id, t.task_type FROM task t JOIN journey j ON j.id = t.journey_id WHERE j.customer_id = ?1 AND t.status IN ('pending', 'in_progress')";
    let rows: Vec<(Uuid, String)> = connection
        .prepare_cached(sql)?
        .query_map([customer], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<_>>()?;
    let about = action.uuid("task_id").ok();
    let is_call = |(id, word): &(Uuid, String)| Some(*id) == about || kinds::is_call(word);
    Ok(rows.into_iter().filter(is_call).map(|(id, _)| id).collect())
}

fn planned_calls(connection: &Connection, customer: Uuid) -> Result<Vec<Uuid>> {
    let sql = "SELECT id FROM followup WHERE customer_id = ?1 AND channel = 'call' AND status = 'pending'";
    let found = connection
        .prepare_cached(sql)?
        .query_map([customer], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    Ok(found)
}

/// Who was called: the customer, or the one that the lead belongs to.
fn customer(connection: &Connection, action: &Action) -> Result<Option<Uuid>> {
    if let Ok(customer) = action.uuid("customer_id") {
        return Ok(Some(customer));
    }
    let Ok(lead) = action.uuid("lead_id") else {
        return Ok(None);
    };
    let found: Option<Option<Uuid>> = connection
        .prepare_cached("SELECT customer_id FROM lead WHERE id = ?1")?
        .query_row([lead], |row| row.get(0))
        .optional()?;
    Ok(found.flatten())
}

/// A call, out or in.
pub(super) fn log(ledger: &Ledger<'_>, action: &Action) -> Result<()> {
    let rule = action
        .text("outcome")
        .and_then(call::named)
        .ok_or(CacheError::Refused("value_not_allowed"))?;
    let customer = customer(ledger.connection, action)?;
    is_somebody(ledger.connection, action, customer)?;
    let is_with_lead = action.uuid("lead_id").is_ok();
    let next_at = action
        .instant("next_at")
        .filter(|_| rule.next.is_some() && (customer.is_some() || is_with_lead));
    insert(ledger, action, customer, rule, next_at)?;
    if let (Some("in"), Some(customer)) = (action.text("direction"), customer) {
        wake(ledger, action, customer)?;
    }
    if let (Settles::Stop, Some(customer)) = (rule.settles, customer) {
        stop_calls(ledger, action, customer)?;
    }
    let sleeps = settle(ledger, action, rule, next_at)?;
    lead::answer_by_call(ledger, action, customer)?;
    match (next_at, customer) {
        // What follows a call with a lead stays with the lead.
        (Some(at), Some(customer)) if !sleeps && !is_with_lead => next(ledger, action, customer, rule, at),
        _ => Ok(()),
    }
}

fn is_somebody(connection: &Connection, action: &Action, customer: Option<Uuid>) -> Result<()> {
    let (sql, id, code) = match (customer, action.uuid("lead_id")) {
        (Some(customer), _) => ("SELECT 1 FROM customer WHERE id = ?1", customer, "customer_not_found"),
        (None, Ok(lead)) => ("SELECT 1 FROM lead WHERE id = ?1", lead, "lead_not_found"),
        (None, Err(_)) => return Err(CacheError::Refused("customer_not_found")),
    };
    if connection.prepare_cached(sql)?.exists([id])? {
        Ok(())
    } else {
        Err(CacheError::Refused(code))
    }
}

fn insert(
    ledger: &Ledger<'_>,
    action: &Action,
    customer: Option<Uuid>,
    rule: &Rule,
    next_at: Option<i64>,
) -> Result<()> {
    let id = action.uuid("id")?;
    ledger.touch("contact", id)?;
    let optional = |field: &str| action.uuid(field).ok();
    ledger
        .connection
        .prepare_cached(
            "INSERT INTO contact (id, customer_id, lead_id, task_id, person_id, direction, outcome, note, at, next_task_id, next_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
        )?
        .execute((
            id,
            customer,
            optional("lead_id"),
            optional("task_id"),
            action.person,
            action.text("direction").unwrap_or("out"),
            rule.word,
            action.text("note").filter(|note| !note.is_empty()),
            action.instant("at").unwrap_or(action.at),
            optional("next_id").filter(|_| next_at.is_some() && optional("lead_id").is_none()),
            next_at,
        ))?;
    Ok(())
}

/// Somebody who calls has answered: what slept until then is there again.
fn wake(ledger: &Ledger<'_>, action: &Action, customer: Uuid) -> Result<()> {
    let sql = "SELECT t.id FROM task t JOIN journey j ON j.id = t.journey_id WHERE j.customer_id = ?1 AND t.status IN ('pending', 'in_progress') AND t.snoozed_until > ?2";
    let asleep: Vec<Uuid> = ledger
        .connection
        .prepare_cached(sql)?
        .query_map((customer, action.at), |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    for id in asleep {
        ledger.touch("task", id)?;
        ledger
            .connection
            .prepare_cached(
                "UPDATE task SET snoozed_until = ?2, woken_at = ?2, woken_by = 'reply', updated_at = ?2 WHERE id = ?1",
            )?
            .execute((id, action.at))?;
    }
    Ok(())
}

/// The consent holds at once, and every later call goes.
fn stop_calls(ledger: &Ledger<'_>, action: &Action, customer: Uuid) -> Result<()> {
    for id in open_calls(ledger.connection, action, customer)? {
        task_work::close(ledger, action, id, "cancelled")?;
        task::add_line(ledger, action, id, "ลูกค้าขอไม่ให้โทรอีก")?;
    }
    for id in planned_calls(ledger.connection, customer)? {
        set_followup(ledger, id, "cancelled")?;
    }
    forbid(ledger, action, customer)
}

fn set_followup(ledger: &Ledger<'_>, id: Uuid, status: &str) -> Result<()> {
    ledger.touch("followup", id)?;
    ledger
        .connection
        .prepare_cached("UPDATE followup SET status = ?2 WHERE id = ?1")?
        .execute((id, status))?;
    Ok(())
}

fn forbid(ledger: &Ledger<'_>, action: &Action, customer: Uuid) -> Result<()> {
    if let Some(id) = preference(ledger.connection, customer)? {
        return set_preference(ledger, id, true);
    }
    let Ok(id) = action.uuid("preference_id") else {
        return Ok(());
    };
    ledger.touch("preference", id)?;
    ledger
        .connection
        .prepare_cached("INSERT INTO preference (id, customer_id, do_not_contact, marketing_opt_in, preferred_channels, best_contact_time, language) VALUES (?1, ?2, 1, 0, '[\"email\", \"sms\"]', 'anytime', 'th')")?
        .execute((id, customer))?;
    Ok(())
}

fn preference(connection: &Connection, customer: Uuid) -> Result<Option<Uuid>> {
    Ok(connection
        .prepare_cached("SELECT id FROM preference WHERE customer_id = ?1")?
        .query_row([customer], |row| row.get(0))
        .optional()?)
}

fn set_preference(ledger: &Ledger<'_>, id: Uuid, do_not_contact: bool) -> Result<()> {
    ledger.touch("preference", id)?;
    ledger
        .connection
        .prepare_cached("UPDATE preference SET do_not_contact = ?2 WHERE id = ?1")?
        .execute((id, do_not_contact))?;
    Ok(())
}

/// What becomes of the task; whether it sleeps now instead of being done.
fn settle(ledger: &Ledger<'_>, action: &Action, rule: &Rule, next_at: Option<i64>) -> Result<bool> {
    let Ok(id) = action.uuid("task_id") else {
        return Ok(false);
    };
    let Some(status) = task::status(ledger, id)? else {
        return Err(CacheError::Refused("task_not_found"));
    };
    if matches!(status.as_str(), "completed" | "cancelled") {
        return Ok(false);
    }
    let sleeps = next_at.filter(|_| rule.settles == Settles::Later);
    match sleeps {
        Some(until) => sleep(ledger, action, id, until)?,
        None => task_work::close(ledger, action, id, "completed")?,
    }
    let note = action.text("note").filter(|note| !note.is_empty());
    let line = [Some(format!("[{}]", rule.word)), note.map(str::to_owned)];
    task::add_line(
        ledger,
        action,
        id,
        &line.into_iter().flatten().collect::<Vec<_>>().join(" "),
    )?;
    Ok(sleeps.is_some())
}

fn sleep(ledger: &Ledger<'_>, action: &Action, id: Uuid, until: i64) -> Result<()> {
    ledger.touch("task", id)?;
    ledger
        .connection
        .prepare_cached(
            "UPDATE task SET snoozed_until = ?2, status = 'pending', started_at = NULL, started_by = NULL, woken_at = NULL, woken_by = NULL, updated_at = ?3 WHERE id = ?1",
        )?
        .execute((id, until, action.at))?;
    Ok(())
}

/// The next step. One of its kind that is open already is due when this call says, if that is sooner.
fn next(ledger: &Ledger<'_>, action: &Action, customer: Uuid, rule: &Rule, at: i64) -> Result<()> {
    let Some(kind) = rule.next.and_then(kinds::kind) else {
        return Ok(());
    };
    let journey = of_task(ledger.connection, action)?;
    let journey = journey.map_or_else(|| task_work::journey_for(ledger, action, customer), Ok)?;
    if let Some(open) = task_work::open_of_kind(ledger.connection, journey, kind.word)? {
        ledger.touch("task", open)?;
        let sql = "UPDATE task SET due_at = ?2, snoozed_until = NULL, updated_at = ?3 WHERE id = ?1 AND coalesce(due_at, ?2 + 1) > ?2";
        ledger.connection.prepare_cached(sql)?.execute((open, at, action.at))?;
        return Ok(());
    }
    let Ok(id) = action.uuid("next_id") else { return Ok(()) };
    let suits: Vec<&str> = kind.roles.iter().copied().chain(["owner", "manager"]).collect();
    let person = match assign::require_role(ledger.connection, action, &suits) {
        Ok(()) => Some(action.person),
        Err(CacheError::Refused(_)) => assign::person_or_head(ledger.connection, kind, journey, action.at)?,
        Err(error) => return Err(error),
    };
    let name = task_work::customer_name(ledger.connection, journey)?;
    let title = (rule.outcome == call::Outcome::WrongNumber).then(|| format!("หาเบอร์ใหม่ของ{name}"));
    let new = New {
        id,
        journey,
        person: person.ok_or(CacheError::Refused("person_not_found"))?,
        kind,
        title: title.as_deref(),
        priority: None,
        due: Some(at),
        follows: action.uuid("task_id").ok(),
    };
    task_work::insert(ledger, action, &new)
}

fn of_task(connection: &Connection, action: &Action) -> Result<Option<Uuid>> {
    let Ok(id) = action.uuid("task_id") else {
        return Ok(None);
    };
    let found: Option<Option<Uuid>> = connection
        .prepare_cached("SELECT journey_id FROM task WHERE id = ?1")?
        .query_row([id], |row| row.get(0))
        .optional()?;
    Ok(found.flatten())
}

/// The database knows what the call changed; this PC puts back what it replaced here.
pub(super) fn retracting(done: &Action, before: &Json) -> Json {
    json!({ "id": done.args.get("id"), "of": done.id, "next_id": done.args.get("next_id"), "customer_id": done.args.get("customer_id"), "was": before })
}

/// A call that was logged by mistake.
pub(super) fn retract(ledger: &Ledger<'_>, action: &Action) -> Result<()> {
    let id = action.uuid("id")?;
    ledger.touch("contact", id)?;
    ledger
        .connection
        .prepare_cached("UPDATE contact SET retracted_at = ?2 WHERE id = ?1")?
        .execute((id, action.at))?;
    if let Ok(next) = action.uuid("next_id") {
        withdraw_next(ledger, action, next)?;
    }
    let was = action.args.get("was").cloned().unwrap_or_default();
    put_back(ledger, action, was.get("task").unwrap_or(&Json::Null))?;
    for lead in leads_of(&was) {
        if is_closed_since(ledger.connection, id, lead)? {
            lead::leave_closed(ledger, action, lead)?;
        } else {
            lead::put_back(ledger, action, lead)?;
        }
    }
    let stopped = was.get("stopped").cloned().unwrap_or_default();
    let list = |name: &str| stopped.get(name).and_then(Json::as_array).cloned().unwrap_or_default();
    for task in list("tasks") {
        put_back(ledger, action, &task)?;
    }
    for followup in list("followups").iter().filter_map(uuid) {
        set_followup(ledger, followup, "pending")?;
    }
    let wanted = stopped.get("do_not_contact").and_then(Json::as_bool);
    match (wanted, action.uuid("customer_id")) {
        (Some(wanted), Ok(customer)) => restore_preference(ledger, customer, wanted),
        _ => Ok(()),
    }
}

fn leads_of(was: &Json) -> impl Iterator<Item = &Json> {
    was.get("leads").and_then(Json::as_array).into_iter().flatten()
}

/// Whether a lead that the call had answered is closed, by something else: that decision is not the call's to take back.
fn is_closed_since(connection: &Connection, call: Uuid, lead: &Json) -> Result<bool> {
    let Some(id) = lead.get("id").and_then(uuid) else {
        return Ok(false);
    };
    let outcome: Option<String> = connection
        .prepare_cached("SELECT outcome FROM contact WHERE id = ?1")?
        .query_row([call], |row| row.get(0))
        .optional()?
        .flatten();
    lead::is_closed_otherwise(connection, id, outcome.as_deref())
}

/// Whether taking this call back leaves something standing that was decided after it.
pub(super) fn leaves_standing(connection: &Connection, done: &Action, before: &Json) -> Result<bool> {
    let call = done.uuid("id")?;
    for lead in leads_of(before) {
        if is_closed_since(connection, call, lead)? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn restore_preference(ledger: &Ledger<'_>, customer: Uuid, wanted: bool) -> Result<()> {
    match preference(ledger.connection, customer)? {
        Some(id) => set_preference(ledger, id, wanted),
        None => Ok(()),
    }
}

fn withdraw_next(ledger: &Ledger<'_>, action: &Action, next: Uuid) -> Result<()> {
    let found: Option<(String, Option<i64>)> = ledger
        .connection
        .prepare_cached("SELECT coalesce(status, 'pending'), started_at FROM task WHERE id = ?1")?
        .query_row([next], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    match found {
        None => Ok(()),
        Some((status, None)) if status == "pending" => task_work::close(ledger, action, next, "cancelled"),
        Some(_) => Err(CacheError::Refused("changed_meanwhile")),
    }
}

/// A task as it was before the call; nothing where there was none.
fn put_back(ledger: &Ledger<'_>, action: &Action, was: &Json) -> Result<()> {
    let Some(id) = was.get("id").and_then(uuid) else {
        return Ok(());
    };
    let held = Action {
        args: was.clone(),
        ..action.clone()
    };
    ledger.touch("task", id)?;
    ledger
        .connection
        .prepare_cached(
            "UPDATE task SET status = ?2, snoozed_until = ?3, started_at = ?4, started_by = ?5, completed_at = NULL, completed_by = NULL, updated_at = ?6 WHERE id = ?1",
        )?
        .execute((id, held.text("status").unwrap_or("pending"), held.instant("until"), held.instant("started_at"), held.uuid("started_by").ok(), action.at))?;
    task::add_line(ledger, action, id, REOPENED)
}

fn uuid(value: &Json) -> Option<Uuid> {
    Uuid::parse_str(value.as_str()?).ok()
}
