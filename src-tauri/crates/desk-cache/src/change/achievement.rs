//! What managers do with achievements, on the cache. Nothing is deleted: what is over is not active, and stays with those who have it. Who has one is judged beside
//! the database.

use serde_json::Value as Json;
use uuid::Uuid;

use super::{Action, Ledger, assign};
use crate::{
    error::{CacheError, Result},
    query::achievement,
};

/// Roles that say what can be achieved; the database asks for the same.
pub const KEEPERS: [&str; 2] = ["owner", "manager"];

pub(super) fn apply(ledger: &Ledger<'_>, action: &Action) -> Result<()> {
    assign::require_role(ledger.connection, action, &KEEPERS)?;
    match action.name.as_str() {
        "achievement.save" => save(ledger, action),
        // The database makes the usual ones, and they arrive like everybody's rows.
        _ => Ok(()),
    }
}

/// Makes one, or changes the one that was seen.
fn save(ledger: &Ledger<'_>, action: &Action) -> Result<()> {
    let id = action.uuid("id")?;
    if let Some(expected) = action.args.get("expected").and_then(Json::as_i64) {
        let found = achievement::version(ledger.connection, id)?.ok_or(CacheError::Refused("achievement_not_found"))?;
        if found != expected {
            return Err(CacheError::Refused("changed_meanwhile"));
        }
    }
    put(ledger, id, action)
}

fn put(ledger: &Ledger<'_>, id: Uuid, action: &Action) -> Result<()> {
    ledger.touch("achievement", id)?;
    let flag = |field: &str| action.args.get(field).and_then(Json::as_bool).unwrap_or_default();
    let conditions = action.args.get("conditions").filter(|said| !said.is_null());
    let sql = "INSERT INTO achievement (id, name, description, category, points, icon, special_reward, is_active, is_secret, conditions, version)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, 1)
               ON CONFLICT (id) DO UPDATE SET name = ?2, description = ?3, category = CASE WHEN ?10 IS NULL THEN category ELSE ?4 END, points = ?5, icon = ?6, special_reward = ?7,
                 is_active = ?8, is_secret = ?9, conditions = coalesce(?10, conditions), version = coalesce(version, 1) + 1";
    ledger.connection.prepare_cached(sql)?.execute(rusqlite::params![
        id,
        action.text("name"),
        action.text("description"),
        action.text("category"),
        action.args.get("points").and_then(Json::as_i64),
        action.text("icon"),
        action.text("reward").map(|said| Json::from(said).to_string()),
        flag("is_active"),
        flag("is_secret"),
        conditions.map(Json::to_string),
    ])?;
    Ok(())
}
