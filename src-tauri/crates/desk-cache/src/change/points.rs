//! Points of a bill on the cache: a ledger entry and the membership that follows from it. The database repeats the sum and decides.

use desk_core::{
    loyalty::{self, Tier},
    synced::Value,
};
use rusqlite::OptionalExtension as _;
use serde_json::Value as Json;
use uuid::Uuid;

use super::{Action, Ledger};
use crate::{
    error::{CacheError, Result},
    query::loyalty::multiplier_tenths,
    row,
};

/// A membership as far as an award needs it.
struct Member {
    profile: Uuid,
    lifetime: i64,
    tier: Tier,
}

pub(super) fn award(ledger: &Ledger<'_>, action: &Action) -> Result<()> {
    let satang = action.args.get("satang").and_then(Json::as_i64).unwrap_or_default();
    if !(1..=loyalty::LARGEST_BILL_SATANG).contains(&satang) {
        return Err(CacheError::Refused("amount_out_of_range"));
    }
    let customer = action.uuid("customer_id")?;
    let member = member(ledger, customer)?;
    let tier = member.as_ref().map_or(Tier::Bronze, |member| member.tier);
    let points = loyalty::points_for(satang, multiplier_tenths(ledger.connection, tier)?);
    write_entry(ledger, action, customer, points)?;
    match member {
        Some(member) => raise(ledger, &member, points),
        // Becoming a member, with its code and welcome points, is the database's to do.
        None => Ok(()),
    }
}

fn member(ledger: &Ledger<'_>, customer: Uuid) -> Result<Option<Member>> {
    ledger
        .connection
        .prepare_cached("SELECT 1 FROM customer WHERE id = ?1")?
        .query_row([customer], |_| Ok(()))
        .optional()?
        .ok_or(CacheError::Refused("customer_not_found"))?;
    Ok(ledger
        .connection
        .prepare_cached("SELECT id, total_points, tier FROM loyalty_profile WHERE customer_id = ?1")?
        .query_row([customer], |row| {
            Ok(Member {
                profile: row.get(0)?,
                lifetime: row.get::<_, Option<i64>>(1)?.unwrap_or_default(),
                tier: Tier::from_word(&row.get::<_, Option<String>>(2)?.unwrap_or_default()),
            })
        })
        .optional()?)
}

fn write_entry(ledger: &Ledger<'_>, action: &Action, customer: Uuid, points: i64) -> Result<()> {
    let entry = action.uuid("id")?;
    let table = ledger.touch("point_entry", entry)?;
    let values = [
        Value::Uuid(entry),
        Value::Uuid(customer),
        Value::Text("earned".into()),
        Value::Int(points),
        Value::text(action.text("note").map(str::to_owned)),
        Value::Int(action.at),
        Value::Null,
    ];
    row::put(ledger.connection, table, &values)
}

fn raise(ledger: &Ledger<'_>, member: &Member, points: i64) -> Result<()> {
    ledger.touch("loyalty_profile", member.profile)?;
    let reached = Tier::of_lifetime_points(member.lifetime.saturating_add(points));
    ledger
        .connection
        .prepare_cached(
            "UPDATE loyalty_profile SET total_points = coalesce(total_points, 0) + ?2,
               available_points = coalesce(available_points, 0) + ?2, tier = ?3 WHERE id = ?1",
        )?
        .execute((member.profile, points, reached.max(member.tier).word()))?;
    Ok(())
}
