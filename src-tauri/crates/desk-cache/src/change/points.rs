//! Points of a bill on the cache: a ledger entry, its lot and the membership that follows from them. The database repeats the sum and decides.

use desk_core::{
    loyalty::{self, Tier, account::Account},
    synced::Value,
};
use rusqlite::{Connection, OptionalExtension as _};
use serde_json::{Value as Json, json};
use uuid::Uuid;

use super::{
    Action, Ledger,
    account::{self, Entry, Member, Moved, account, ends_at, keep, member, write_entry},
    written,
};
use crate::{
    error::{CacheError, Result},
    query::loyalty::{multiplier_tenths, newcomer},
    row,
};

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

/// Points that were redeemed cannot be taken out from under it.
pub(super) fn are_unspent(connection: &Connection, done: &Action) -> Result<()> {
    let Some((customer, points, ..)) = account::written_entry(connection, done.uuid("id")?)? else {
        return Ok(());
    };
    match member(connection, customer)? {
        Some(member) if member.available < points => Err(CacheError::Refused("points_spent")),
        _ => Ok(()),
    }
}

/// Cancels an award: a second entry takes its points away, and both stay.
fn reverse(ledger: &Ledger<'_>, action: &Action) -> Result<()> {
    let award = action.uuid("of")?;
    let (customer, points, said, expires_at) =
        account::written_entry(ledger.connection, award)?.ok_or(CacheError::Refused("nothing_to_undo"))?;
    let member = member(ledger.connection, customer)?;
    if member.as_ref().is_some_and(|member| member.available < points) {
        return Err(CacheError::Refused("points_spent"));
    }
    let entry = Entry {
        id: action.uuid("id")?,
        kind: "refund",
        points: points.saturating_neg(),
        said: Some(format!("ย้อน: {}", said.unwrap_or_default())),
        expires_at,
        lease: None,
    };
    write_entry(ledger, action.at, customer, &entry)?;
    lose(ledger, customer, award, points)
}

fn held(connection: &Connection, customer: Uuid, member: Option<&Member>) -> Result<Account> {
    account(connection, customer, member.map_or(0, |member| member.owed), &[])
}

/// A part of an award, or all of it, goes because its money was given back. What was spent of it is owed.
pub(super) fn give_back(ledger: &Ledger<'_>, at: i64, id: Uuid, award: Uuid, points: i64) -> Result<()> {
    let (customer, _, said, expires_at) =
        account::written_entry(ledger.connection, award)?.ok_or(CacheError::Refused("nothing_to_undo"))?;
    let entry = Entry {
        id,
        kind: "refund",
        points: points.saturating_neg(),
        said: Some(format!("คืนเงิน: {}", said.unwrap_or_default())),
        expires_at,
        lease: None,
    };
    write_entry(ledger, at, customer, &entry)?;
    lose(ledger, customer, award, points)
}

/// The points of an award go: out of its own lot first.
fn lose(ledger: &Ledger<'_>, customer: Uuid, award: Uuid, points: i64) -> Result<()> {
    let member = member(ledger.connection, customer)?;
    let before = held(ledger.connection, customer, member.as_ref())?;
    let mut after = before.clone();
    after.reverse(award, points);
    let lifetime = member.as_ref().map_or(0, |member| member.lifetime);
    // The tier is what is left reaches: points given by mistake raise nobody.
    let reached = Tier::of_lifetime_points(lifetime.saturating_sub(points));
    let moved = Moved {
        net: points.saturating_neg(),
        lifetime: points.saturating_neg(),
        tier: reached,
    };
    keep(ledger, customer, member.as_ref(), (&before, &after), &moved)
}

/// Money that was paid, as the ledger of points needs it.
pub(super) struct Bill {
    pub(super) entry: Uuid,
    pub(super) customer: Uuid,
    pub(super) satang: i64,
    pub(super) said: Option<String>,
}

pub(super) fn apply(ledger: &Ledger<'_>, action: &Action) -> Result<()> {
    match action.name.as_str() {
        "points.reverse" => reverse(ledger, action),
        _ => award(ledger, action),
    }
}

fn award(ledger: &Ledger<'_>, action: &Action) -> Result<()> {
    let satang = action.args.get("satang").and_then(Json::as_i64).unwrap_or_default();
    if !(1..=loyalty::LARGEST_BILL_SATANG).contains(&satang) {
        return Err(CacheError::Refused("amount_out_of_range"));
    }
    let bill = Bill {
        entry: action.uuid("id")?,
        customer: action.uuid("customer_id")?,
        satang,
        said: action.text("note").map(str::to_owned),
    };
    earn(ledger, action.at, &bill)
}

/// Points per 10 baht that a customer's next bill earns, in tenths. The customer has to be there.
pub(super) fn tenths(connection: &Connection, customer: Uuid) -> Result<i64> {
    let tier = match member(connection, customer)? {
        Some(member) => member.tier,
        None => newcomer(connection, customer)?.tier,
    };
    multiplier_tenths(connection, tier)
}

/// The points of a bill, whatever it was booked as.
pub(super) fn earn(ledger: &Ledger<'_>, at: i64, bill: &Bill) -> Result<()> {
    let member = match member(ledger.connection, bill.customer)? {
        None if ledger.is_the_clinic() => Some(join(ledger, bill.customer, at)?),
        member => member,
    };
    let entry = Entry {
        id: bill.entry,
        kind: "earned",
        points: loyalty::points_for(bill.satang, tenths(ledger.connection, bill.customer)?),
        said: bill.said.clone(),
        expires_at: ends_at(ledger.connection, at)?,
        lease: None,
    };
    write_entry(ledger, at, bill.customer, &entry)?;
    // Becoming a member, with its code and welcome points, is the database's to do.
    gain(ledger, bill.customer, member.as_ref(), &entry, at)
}

/// Points come in: they pay what is owed, and raise the tier.
fn gain(ledger: &Ledger<'_>, customer: Uuid, member: Option<&Member>, entry: &Entry, at: i64) -> Result<()> {
    let before = held(ledger.connection, customer, member)?;
    let mut after = before.clone();
    after.gain(entry.lot(at));
    let (lifetime, tier) = member.map_or((0, Tier::Bronze), |member| (member.lifetime, member.tier));
    let reached = Tier::of_lifetime_points(lifetime.saturating_add(entry.points)).max(tier);
    let moved = Moved {
        net: entry.points,
        lifetime: entry.points,
        tier: reached,
    };
    keep(ledger, customer, member, (&before, &after), &moved)
}

/// Points that no bill earned, where this file is the clinic: elsewhere the database gives them.
pub(super) fn give(ledger: &Ledger<'_>, at: i64, customer: Uuid, points: i64, said: &str, key: Uuid) -> Result<()> {
    let member = match member(ledger.connection, customer)? {
        Some(member) => member,
        None => join(ledger, customer, at)?,
    };
    let entry = Entry {
        id: key,
        kind: "bonus",
        points,
        said: Some(said.to_owned()),
        expires_at: ends_at(ledger.connection, at)?,
        lease: None,
    };
    write_entry(ledger, at, customer, &entry)?;
    gain(ledger, customer, Some(&member), &entry, at)
}

/// Makes a member in the demo clinic, which has no database to do it. Nobody joins twice, so the customer's key serves all three rows.
fn join(ledger: &Ledger<'_>, customer: Uuid, at: i64) -> Result<Member> {
    let welcome = Entry {
        id: customer,
        kind: "bonus",
        points: loyalty::WELCOME_POINTS,
        said: Some("คะแนนต้อนรับ".into()),
        expires_at: ends_at(ledger.connection, at)?,
        lease: None,
    };
    write_entry(ledger, at, customer, &welcome)?;
    let table = ledger.touch("loyalty_profile", customer)?;
    let fields = table.columns.iter().map(|column| match column.name {
        "id" | "customer_id" => Value::Uuid(customer),
        "total_points" | "available_points" | "owed" => Value::Int(0),
        "tier" => Value::Text(Tier::Bronze.word().into()),
        "joined_at" => Value::Int(at),
        _ => Value::Null,
    });
    row::put(ledger.connection, table, &fields.collect::<Vec<_>>())?;
    let new = member(ledger.connection, customer)?;
    gain(ledger, customer, new.as_ref(), &welcome, at)?;
    member(ledger.connection, customer)?.ok_or(CacheError::Damaged)
}
