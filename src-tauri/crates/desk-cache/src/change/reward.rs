//! What managers do with rewards, on the cache. Nothing is deleted: what is over is not active.

use desk_core::loyalty::reward::Kind;
use rusqlite::OptionalExtension as _;
use serde_json::Value as Json;
use uuid::Uuid;

use super::{Action, Ledger, assign, coupon};
use crate::{
    error::{CacheError, Result},
    query::reward,
};

/// Roles that say what points can buy; the database asks for the same.
pub const KEEPERS: [&str; 2] = ["owner", "manager"];

/// Name, kind, points and value of those that a clinic usually begins with, and whether their codes stand beside others.
const USUAL: [(&str, Kind, i64, i64, bool); 4] = [
    ("ส่วนลด 5%", Kind::DiscountPercentage, 500, 500, false),
    ("ส่วนลด 10%", Kind::DiscountPercentage, 1_000, 1_000, false),
    ("ทรีตเมนต์หน้าพื้นฐาน", Kind::FreeService, 1_500, 0, true),
    ("มาสก์พรีเมียม", Kind::FreeService, 800, 0, true),
];

/// What an offer says.
struct Said<'a> {
    name: &'a str,
    description: Option<&'a str>,
    kind: &'a str,
    points_cost: i64,
    value: i64,
    is_active: bool,
    limit: Option<i64>,
    tier: Option<&'a str>,
    from: Option<i64>,
    until: Option<i64>,
    is_automatic: bool,
    is_stackable: bool,
    days: Option<i64>,
}

/// What is done about rewards and their codes.
pub(super) fn apply(ledger: &Ledger<'_>, action: &Action) -> Result<()> {
    match action.name.as_str() {
        "reward.save" => save(ledger, action),
        "reward.add_usual" => add_usual(ledger, action),
        _ => coupon::apply(ledger, action),
    }
}

/// Makes one, or changes the one that was seen.
fn save(ledger: &Ledger<'_>, action: &Action) -> Result<()> {
    assign::require_role(ledger.connection, action, &KEEPERS)?;
    let id = action.uuid("id")?;
    if let Some(expected) = number(action, "expected") {
        let found = reward::one(ledger.connection, id)?.ok_or(CacheError::Refused("reward_not_found"))?;
        if found.version != expected {
            return Err(CacheError::Refused("changed_meanwhile"));
        }
    }
    put(ledger, id, &said(action))
}

/// Those that a clinic usually begins with, where it has none.
fn add_usual(ledger: &Ledger<'_>, action: &Action) -> Result<()> {
    assign::require_role(ledger.connection, action, &KEEPERS)?;
    let any = "SELECT 1 FROM reward LIMIT 1";
    if ledger
        .connection
        .prepare_cached(any)?
        .query_row([], |_| Ok(()))
        .optional()?
        .is_some()
    {
        return Err(CacheError::Refused("rewards_exist"));
    }
    let ids = action.args.get("rewards").and_then(Json::as_array);
    let ids = ids
        .into_iter()
        .flatten()
        .filter_map(|id| Uuid::parse_str(id.as_str()?).ok());
    for (id, (name, kind, points_cost, value, is_stackable)) in ids.zip(USUAL) {
        let said = Said {
            name,
            description: None,
            kind: kind.word(),
            points_cost,
            value,
            is_active: true,
            limit: None,
            tier: None,
            from: Some(action.at),
            until: None,
            is_automatic: false,
            is_stackable,
            days: None,
        };
        put(ledger, id, &said)?;
    }
    Ok(())
}

fn said(action: &Action) -> Said<'_> {
    let flag = |field: &str| action.args.get(field).and_then(Json::as_bool).unwrap_or_default();
    Said {
        name: action.text("name").unwrap_or_default(),
        description: action.text("description"),
        kind: action.text("type").unwrap_or_default(),
        points_cost: number(action, "points_cost").unwrap_or_default(),
        value: number(action, "value").unwrap_or_default(),
        is_active: flag("is_active"),
        limit: number(action, "max_redemptions"),
        tier: action.text("tier_requirement"),
        from: action.instant("valid_from"),
        until: action.instant("valid_until"),
        is_automatic: flag("auto_apply"),
        is_stackable: flag("stackable"),
        days: number(action, "days"),
    }
}

fn number(action: &Action, field: &str) -> Option<i64> {
    action.args.get(field).and_then(Json::as_i64)
}

fn put(ledger: &Ledger<'_>, id: Uuid, said: &Said<'_>) -> Result<()> {
    ledger.touch("reward", id)?;
    let sql = "INSERT INTO reward (id, name, description, type, points_cost, monetary_value, is_active, max_redemptions, tier_requirement, valid_from, valid_until, auto_apply, stackable, days, current_redemptions, version)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, 0, 1)
               ON CONFLICT (id) DO UPDATE SET name = ?2, description = ?3, type = ?4, points_cost = ?5, monetary_value = ?6, is_active = ?7, max_redemptions = ?8, tier_requirement = ?9,
                 valid_from = coalesce(?10, valid_from), valid_until = ?11, auto_apply = ?12, stackable = ?13, days = ?14, version = coalesce(version, 1) + 1";
    let mut statement = ledger.connection.prepare_cached(sql)?;
    statement.execute(rusqlite::params![
        id,
        said.name,
        said.description,
        said.kind,
        said.points_cost,
        said.value,
        said.is_active,
        said.limit,
        said.tier,
        said.from,
        said.until,
        said.is_automatic,
        said.is_stackable,
        said.days
    ])?;
    Ok(())
}
