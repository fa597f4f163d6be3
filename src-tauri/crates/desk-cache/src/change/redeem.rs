//! Points that a customer spends, on the cache. With the network the database's word is awaited; without it an allowance stands for it, and the
//! customer has had what the points buy: what is missing in the end is owed.

use desk_core::loyalty::account::{Account, Use, total};
use rusqlite::{Connection, OptionalExtension as _};
use serde_json::{Value as Json, json};
use uuid::Uuid;

use super::{
    Action, Ledger,
    account::{self, Entry, Member, Moved, account, ends_at, keep, member, write_entry},
    coupon,
};
use crate::error::{CacheError, Result};

/// Which lots it takes, so that taking it back returns to them.
pub(super) fn before(connection: &Connection, action: &Action) -> Result<Json> {
    let customer = action.uuid("customer_id")?;
    let owed = member(connection, customer)?.map_or(0, |member| member.owed);
    let mut account = account(connection, customer, owed, &[])?;
    let uses = spend(&mut account, action).unwrap_or_default();
    let uses = uses
        .iter()
        .map(|used| json!({ "lot": used.lot, "points": used.points }));
    Ok(json!({ "lots": uses.collect::<Vec<_>>() }))
}

fn spend(account: &mut Account, action: &Action) -> Result<Vec<Use>> {
    let (points, at) = (wanted(action)?, when(action));
    if action.uuid("lease_id").is_ok() {
        return Ok(account.spend_or_owe(points, at));
    }
    account
        .spend(points, at)
        .map_err(|_| CacheError::Refused("points_short"))
}

/// When it was done, which is not when it was sent.
fn when(action: &Action) -> i64 {
    action.instant("at").unwrap_or(action.at)
}

/// Spending never changes a tier.
pub(super) fn spent(member: &Member, net: i64) -> Moved {
    Moved {
        net,
        lifetime: 0,
        tier: member.tier,
    }
}

fn wanted(action: &Action) -> Result<i64> {
    let points = action.args.get("points").and_then(Json::as_i64);
    points
        .filter(|points| *points > 0)
        .ok_or(CacheError::Refused("amount_out_of_range"))
}

/// Spending points, and taking that back.
pub(super) fn apply(ledger: &Ledger<'_>, action: &Action) -> Result<()> {
    match action.name.as_str() {
        "points.redeem" => redeem(ledger, action),
        _ => unredeem(ledger, action),
    }
}

/// A redemption.
fn redeem(ledger: &Ledger<'_>, action: &Action) -> Result<()> {
    let customer = action.uuid("customer_id")?;
    let member = member(ledger.connection, customer)?.ok_or(CacheError::Refused("points_short"))?;
    let before = account(ledger.connection, customer, member.owed, &[])?;
    let mut after = before.clone();
    let ended = total(&after.end(when(action)));
    let uses = spend(&mut after, action)?;
    let lease = action.uuid("lease_id").ok();
    let entry = Entry {
        id: action.uuid("id")?,
        kind: "redeemed",
        points: wanted(action)?.saturating_neg(),
        said: Some(what_for(ledger.connection, action)?),
        lease,
        method: Some(action.text("method").unwrap_or("staff").to_owned()),
        from: ("desk", "redeem"),
        ..Entry::default()
    };
    write_entry(ledger, action.at, customer, &entry)?;
    let moved = spent(&member, -wanted(action)? - ended);
    keep(ledger, customer, Some(&member), (&before, &after), &moved)?;
    if let Some(lease) = lease {
        use_lease(ledger, lease, wanted(action)?)?;
    }
    coupon::issue(ledger, action, &uses, when(action))?;
    match action.uuid("reward_id") {
        Ok(reward) => count_reward(ledger, reward, 1),
        Err(_) => Ok(()),
    }
}

fn what_for(connection: &Connection, action: &Action) -> Result<String> {
    if let Some(note) = action.text("note").filter(|note| !note.is_empty()) {
        return Ok(note.to_owned());
    }
    let Ok(reward) = action.uuid("reward_id") else {
        return Ok("แลกแต้ม".into());
    };
    let name: Option<Option<String>> = connection
        .prepare_cached("SELECT name FROM reward WHERE id = ?1")?
        .query_row([reward], |row| row.get(0))
        .optional()?;
    Ok(format!("แลก{}", name.flatten().unwrap_or_else(|| "แต้ม".into())))
}

/// The allowance is used up by so much.
fn use_lease(ledger: &Ledger<'_>, lease: Uuid, points: i64) -> Result<()> {
    ledger.touch("lease", lease)?;
    ledger
        .connection
        .prepare_cached("UPDATE lease SET used = coalesce(used, 0) + ?2 WHERE id = ?1")?
        .execute((lease, points))?;
    Ok(())
}

/// One more of the reward is handed out, or one less.
pub(super) fn count_reward(ledger: &Ledger<'_>, reward: Uuid, more: i64) -> Result<()> {
    ledger.touch("reward", reward)?;
    ledger
        .connection
        .prepare_cached(
            "UPDATE reward SET current_redemptions = max(coalesce(current_redemptions, 0) + ?2, 0) WHERE id = ?1",
        )?
        .execute((reward, more))?;
    Ok(())
}

/// The arguments that take a redemption back. Where its points came from is this PC's memory; the database has its own.
pub(super) fn unredeeming(id: Uuid, done: &Action, before: &Json) -> Json {
    json!({
        "id": id, "of": done.id, "customer_id": done.args.get("customer_id"), "reward_id": done.args.get("reward_id"),
        "lots": before.get("lots"),
    })
}

/// Gives a redemption back: to its lots and dates, and what has ended meanwhile has ended.
fn unredeem(ledger: &Ledger<'_>, action: &Action) -> Result<()> {
    let spent = action.uuid("of")?;
    let (customer, points, said, _) =
        account::written_entry(ledger.connection, spent)?.ok_or(CacheError::Refused("nothing_to_undo"))?;
    let member = member(ledger.connection, customer)?.ok_or(CacheError::Refused("nothing_to_undo"))?;
    let entry = Entry {
        id: action.uuid("id")?,
        kind: "refund",
        points: points.saturating_neg(),
        said: Some(format!("ย้อน: {}", said.unwrap_or_default())),
        expires_at: ends_at(ledger.connection, action.at)?,
        reverses: Some(spent),
        from: ("undo", "unredeem"),
        ..Entry::default()
    };
    coupon::withdraw(ledger, action, spent)?;
    write_entry(ledger, action.at, customer, &entry)?;
    returned(ledger, customer, &member, &entry, action)?;
    match action.uuid("reward_id") {
        Ok(reward) => count_reward(ledger, reward, -1),
        Err(_) => Ok(()),
    }
}

fn returned(ledger: &Ledger<'_>, customer: Uuid, member: &Member, entry: &Entry, action: &Action) -> Result<()> {
    let uses = uses(action);
    let named: Vec<Uuid> = uses.iter().map(|used| used.lot).collect();
    let before = account(ledger.connection, customer, member.owed, &named)?;
    let mut after = before.clone();
    after.give_back(&uses, entry.lot(action.at));
    let ended = total(&after.end(action.at));
    keep(
        ledger,
        customer,
        Some(member),
        (&before, &after),
        &spent(member, entry.points - ended),
    )
}

fn uses(action: &Action) -> Vec<Use> {
    let lots = action.args.get("lots").and_then(Json::as_array);
    let used = |used: &Json| {
        Some(Use {
            lot: Uuid::parse_str(used.get("lot")?.as_str()?).ok()?,
            points: used.get("points")?.as_i64()?,
            expires_at: None,
        })
    };
    lots.into_iter().flatten().filter_map(used).collect()
}
