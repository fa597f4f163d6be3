//! Points of a bill on the cache: a ledger entry and the membership that follows from it. The database repeats the sum and decides.

use desk_core::{
    loyalty::{self, Tier},
    synced::Value,
};
use rusqlite::{Connection, OptionalExtension as _};
use serde_json::{Value as Json, json};
use uuid::Uuid;

use super::{Action, Ledger, written};
use crate::{
    error::{CacheError, Result},
    query::loyalty::{multiplier_tenths, newcomer},
    row,
};

/// A membership as far as an award needs it.
struct Member {
    profile: Uuid,
    lifetime: i64,
    available: i64,
    tier: Tier,
}

/// What an award replaces beyond the sums, which follow from the ledger.
pub(super) fn before(connection: &Connection, action: &Action) -> Result<Json> {
    let visit: Option<Option<i64>> = connection
        .prepare_cached("SELECT last_visit FROM loyalty_profile WHERE customer_id = ?1")?
        .query_row([action.uuid("customer_id")?], |row| row.get(0))
        .optional()?;
    Ok(json!({ "last_visit": written(visit.flatten()) }))
}

/// A second entry, called like the action, as an award's is.
pub(super) fn reversing(id: Uuid, done: &Action, before: &Json) -> Json {
    let (customer, visit) = (done.args.get("customer_id"), before.get("last_visit"));
    json!({ "id": id, "of": done.id, "customer_id": customer, "last_visit": visit })
}

/// Cancels an award: a second entry takes its points away, and both stay.
pub(super) fn reverse(ledger: &Ledger<'_>, action: &Action) -> Result<()> {
    let (customer, cancelling) = cancelled(ledger, action)?;
    let member = member(ledger, customer)?;
    let points = -cancelling.points;
    if member.as_ref().is_some_and(|member| member.available < points) {
        return Err(CacheError::Refused("points_spent"));
    }
    write_entry(ledger, action.uuid("id")?, action.at, customer, &cancelling)?;
    match member {
        Some(member) => lower(ledger, &member, points),
        None => Ok(()),
    }
}

/// The entry that cancels the award's own. It ends when that one does: those are the points it takes.
fn cancelled(ledger: &Ledger<'_>, action: &Action) -> Result<(Uuid, Entry)> {
    ledger
        .connection
        .prepare_cached(
            "SELECT customer_id, coalesce(amount, 0), description, expires_at FROM point_entry WHERE id = ?1",
        )?
        .query_row([action.uuid("of")?], |row| {
            let (points, said): (i64, Option<String>) = (row.get(1)?, row.get(2)?);
            let entry = Entry {
                kind: "refund",
                points: points.saturating_neg(),
                said: Some(format!("ย้อน: {}", said.unwrap_or_default())),
                expires_at: row.get(3)?,
            };
            Ok((row.get(0)?, entry))
        })
        .optional()?
        .ok_or(CacheError::Refused("nothing_to_undo"))
}

/// The tier is what is left reaches: points given by mistake raise nobody.
fn lower(ledger: &Ledger<'_>, member: &Member, points: i64) -> Result<()> {
    ledger.touch("loyalty_profile", member.profile)?;
    let reached = Tier::of_lifetime_points(member.lifetime.saturating_sub(points));
    ledger
        .connection
        .prepare_cached(
            "UPDATE loyalty_profile SET total_points = coalesce(total_points, 0) - ?2,
               available_points = coalesce(available_points, 0) - ?2, tier = ?3 WHERE id = ?1",
        )?
        .execute((member.profile, points, reached.word()))?;
    Ok(())
}

/// An entry of the ledger as it is first written here.
struct Entry {
    kind: &'static str,
    points: i64,
    said: Option<String>,
    expires_at: Option<i64>,
}

pub(super) fn award(ledger: &Ledger<'_>, action: &Action) -> Result<()> {
    let satang = action.args.get("satang").and_then(Json::as_i64).unwrap_or_default();
    if !(1..=loyalty::LARGEST_BILL_SATANG).contains(&satang) {
        return Err(CacheError::Refused("amount_out_of_range"));
    }
    let customer = action.uuid("customer_id")?;
    let member = match member(ledger, customer)? {
        None if ledger.is_the_clinic() => Some(join(ledger, customer, action.at)?),
        member => member,
    };
    let tier = match &member {
        Some(member) => member.tier,
        None => newcomer(ledger.connection, customer)?.tier,
    };
    let points = loyalty::points_for(satang, multiplier_tenths(ledger.connection, tier)?);
    let entry = Entry {
        kind: "earned",
        points,
        said: action.text("note").map(str::to_owned),
        expires_at: None,
    };
    write_entry(ledger, action.uuid("id")?, action.at, customer, &entry)?;
    match member {
        Some(member) => raise(ledger, &member, points),
        // Becoming a member, with its code and welcome points, is the database's to do.
        None => Ok(()),
    }
}

/// Makes a member in the demo clinic, which has no database to do it. Nobody joins twice, so the customer's key serves both rows.
fn join(ledger: &Ledger<'_>, customer: Uuid, at: i64) -> Result<Member> {
    let welcome = Entry {
        kind: "bonus",
        points: loyalty::WELCOME_POINTS,
        said: Some("คะแนนต้อนรับ".into()),
        expires_at: None,
    };
    write_entry(ledger, customer, at, customer, &welcome)?;
    ledger.touch("loyalty_profile", customer)?;
    ledger
        .connection
        .prepare_cached(
            "INSERT INTO loyalty_profile (id, customer_id, total_points, available_points, tier, joined_at)
             VALUES (?1, ?1, ?2, ?2, ?3, ?4)",
        )?
        .execute((customer, welcome.points, Tier::Bronze.word(), at))?;
    Ok(Member {
        profile: customer,
        lifetime: welcome.points,
        available: welcome.points,
        tier: Tier::Bronze,
    })
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
        .prepare_cached("SELECT id, total_points, tier, available_points FROM loyalty_profile WHERE customer_id = ?1")?
        .query_row([customer], |row| {
            Ok(Member {
                profile: row.get(0)?,
                lifetime: row.get::<_, Option<i64>>(1)?.unwrap_or_default(),
                tier: Tier::from_word(&row.get::<_, Option<String>>(2)?.unwrap_or_default()),
                available: row.get::<_, Option<i64>>(3)?.unwrap_or_default(),
            })
        })
        .optional()?)
}

fn write_entry(ledger: &Ledger<'_>, id: Uuid, at: i64, customer: Uuid, entry: &Entry) -> Result<()> {
    let table = ledger.touch("point_entry", id)?;
    let values = [
        Value::Uuid(id),
        Value::Uuid(customer),
        Value::Text(entry.kind.into()),
        Value::Int(entry.points),
        Value::text(entry.said.clone()),
        Value::Int(at),
        entry.expires_at.map_or(Value::Null, Value::Int),
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
