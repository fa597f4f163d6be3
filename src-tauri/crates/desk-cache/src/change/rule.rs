//! What managers do with automation rules, on the cache.

use rusqlite::OptionalExtension as _;
use serde_json::Value as Json;
use uuid::Uuid;

use super::{Action, Ledger};
use crate::{
    error::{CacheError, Result},
    query::rule::{self, Rule},
};

/// Roles that answer for the clinic.
const HEADS: [&str; 2] = ["owner", "manager"];

/// A new rule is off; so is one that was changed in what it does.
pub(super) fn save(ledger: &Ledger<'_>, action: &Action) -> Result<()> {
    only_heads(ledger, action)?;
    let id = action.uuid("id")?;
    let before = match action.args.get("expected").and_then(Json::as_i64) {
        Some(_) => Some(seen(ledger, action, id)?),
        None => None,
    };
    let does_other = before.as_ref().is_none_or(|before| does_other(action, before));
    ledger.touch("automation_rule", id)?;
    ledger
        .connection
        .prepare_cached(
            "INSERT INTO automation_rule (id, name, trigger_stage, trigger_action, conditions, target_action, target_data, delay_minutes,
                                          active, active_from, version, created_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 0, NULL, 1, ?9)
             ON CONFLICT (id) DO UPDATE SET name = ?2, trigger_stage = ?3, trigger_action = ?4, conditions = ?5, target_action = ?6,
               target_data = ?7, delay_minutes = ?8, version = version + ?10, problem = NULL,
               active = CASE WHEN ?10 THEN 0 ELSE active END, active_from = CASE WHEN ?10 THEN NULL ELSE active_from END",
        )?
        .execute((
            id,
            action.text("name"),
            action.text("trigger_stage"),
            action.text("trigger_action"),
            json(action, "conditions"),
            action.text("target_action"),
            json(action, "target_data"),
            action.args.get("delay_minutes").and_then(Json::as_i64),
            action.at,
            does_other,
        ))?;
    Ok(())
}

/// On from now, or off.
pub(super) fn switch(ledger: &Ledger<'_>, action: &Action) -> Result<()> {
    let is_on = action.args.get("active").and_then(Json::as_bool);
    turn(ledger, action, is_on.ok_or(CacheError::Refused("value_not_allowed"))?)
}

/// On from now; the journeys that it is also done to are the database's.
pub(super) fn backfill(ledger: &Ledger<'_>, action: &Action) -> Result<()> {
    turn(ledger, action, true)
}

fn turn(ledger: &Ledger<'_>, action: &Action, is_on: bool) -> Result<()> {
    only_heads(ledger, action)?;
    let before = seen(ledger, action, action.uuid("id")?)?;
    if is_on && before.problem.is_some() {
        return Err(CacheError::Refused("rule_invalid"));
    }
    let runs = before.is_active && before.active_from.is_some();
    if runs == is_on && before.is_active == is_on {
        return Ok(());
    }
    ledger.touch("automation_rule", before.id)?;
    let sql = "UPDATE automation_rule SET active = ?2, active_from = CASE WHEN ?2 THEN ?3 END, version = version + ?2 WHERE id = ?1";
    let mut statement = ledger.connection.prepare_cached(sql)?;
    statement.execute((before.id, is_on, action.at))?;
    Ok(())
}

/// The rule as the person saw it.
fn seen(ledger: &Ledger<'_>, action: &Action, id: Uuid) -> Result<Rule> {
    let found = rule::one(ledger.connection, id)?.ok_or(CacheError::Refused("rule_not_found"))?;
    if action.args.get("expected").and_then(Json::as_i64) == Some(found.version) {
        Ok(found)
    } else {
        Err(CacheError::Refused("changed_meanwhile"))
    }
}

fn only_heads(ledger: &Ledger<'_>, action: &Action) -> Result<()> {
    let role: Option<String> = ledger
        .connection
        .prepare_cached("SELECT role FROM staff WHERE id = ?1 AND active = 1")?
        .query_row([action.person], |row| row.get(0))
        .optional()?
        .flatten();
    if role.is_some_and(|role| HEADS.contains(&role.as_str())) {
        Ok(())
    } else {
        Err(CacheError::Refused("role_not_allowed"))
    }
}

fn does_other(action: &Action, before: &Rule) -> bool {
    let is_same_json = |field: &str, text: &str| serde_json::from_str(text).ok() == action.args.get(field).cloned();
    action.text("trigger_stage") != Some(&before.trigger_stage)
        || action.text("trigger_action") != before.trigger_action.as_deref()
        || action.text("target_action") != Some(&before.target_action)
        || action.args.get("delay_minutes").and_then(Json::as_i64) != Some(before.delay_minutes)
        || !is_same_json("conditions", &before.conditions)
        || !is_same_json("target_data", &before.target_data)
}

fn json(action: &Action, field: &str) -> String {
    action.args.get(field).map_or_else(|| "{}".to_owned(), Json::to_string)
}
