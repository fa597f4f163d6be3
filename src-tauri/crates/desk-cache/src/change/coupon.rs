//! Codes on the cache: a redemption for a reward issues one, a bill or the counter takes it in, and giving it back returns its points. The database repeats all
//! of it and decides.

use desk_core::{
    loyalty::{
        account::{Use, total},
        origin::MONEY,
        reward::{self, MOST_COUPONS, State},
    },
    synced::Value,
};
use serde_json::{Value as Json, json};
use uuid::Uuid;

use super::{
    Action, Ledger,
    account::{self, Entry, account, ends_at, keep, member, write_entry},
    assign,
    payment::TAKERS,
    redeem,
};
use crate::{
    error::{CacheError, Result},
    query::{
        clinic,
        coupon::{self, Coupon},
        payment, policy, reward as rewards,
    },
    row,
};

/// Who may give a code back for a customer; the database asks for the same.
pub const CANCELLERS: [&str; 3] = ["owner", "manager", "front_desk"];
/// And who for the clinic.
pub const GRANTERS: [&str; 2] = ["owner", "manager"];
/// Days that points are granted for, where the clinic gave a code back and their date had passed (rule L3).
const GRACE_DAYS: i64 = 30;

pub(super) fn apply(ledger: &Ledger<'_>, action: &Action) -> Result<()> {
    match action.name.as_str() {
        "reward.use" => take_in(ledger, action),
        _ => cancel(ledger, action),
    }
}

/// What a code promises.
struct Promised {
    reward: Option<Uuid>,
    name: String,
    kind: reward::Kind,
    value: i64,
    is_stackable: bool,
    points: i64,
    days: i64,
}

/// What a redemption buys: its reward, or money. Which reward it is, and whether it can be had, was asked before; one that is not known here is the database's to judge.
fn promised(ledger: &Ledger<'_>, action: &Action, at: i64) -> Result<Option<Promised>> {
    let Ok(id) = action.uuid("reward_id") else {
        return money(ledger, action, at);
    };
    let Some(bought) = rewards::one(ledger.connection, id)? else {
        return Ok(None);
    };
    let offer = bought.offer.kind.zip(bought.offer.value);
    let (kind, value) = offer
        .filter(|_| !bought.offer.is_broken())
        .ok_or(CacheError::Refused("reward_unavailable"))?;
    Ok(Some(Promised {
        reward: Some(bought.id),
        name: bought.name,
        kind,
        value,
        is_stackable: bought.is_stackable,
        points: bought.offer.points_cost,
        days: bought.days.unwrap_or(reward::USUAL_DAYS),
    }))
}

/// Points that name no reward are worth money on a bill, where the clinic lets them.
fn money(ledger: &Ledger<'_>, action: &Action, at: i64) -> Result<Option<Promised>> {
    let points = action.args.get("points").and_then(Json::as_i64).unwrap_or_default();
    let value = policy::at(ledger.connection, at)?.worth(points);
    Ok((value > 0).then(|| Promised {
        reward: None,
        name: MONEY.to_owned(),
        kind: reward::Kind::DiscountAmount,
        value,
        is_stackable: true,
        points,
        days: reward::USUAL_DAYS,
    }))
}

/// The code of a redemption.
pub(super) fn issue(ledger: &Ledger<'_>, action: &Action, uses: &[Use], at: i64) -> Result<()> {
    let Some(bought) = promised(ledger, action, at)? else {
        return Ok(());
    };
    let id = action.uuid("id")?;
    let ends = reward::ends_at(at, bought.days, clinic::zone(ledger.connection)?);
    let lots: Vec<Json> = uses
        .iter()
        .map(|used| json!({ "lot": used.lot, "points": used.points }))
        .collect();
    let head = [
        Value::Uuid(id),
        Value::Text(reward::code(id)),
        Value::Uuid(action.uuid("customer_id")?),
        bought.reward.map_or(Value::Null, Value::Uuid),
        Value::Text(bought.name),
        Value::Text(bought.kind.word().into()),
        Value::Int(bought.value),
        Value::Int(bought.is_stackable.into()),
        Value::Int(bought.points),
        Value::Text(Json::from(lots).to_string()),
        ends.map_or(Value::Null, Value::Int),
        Value::Text(State::Issued.word().into()),
        Value::Int(at),
        Value::Uuid(action.person),
    ];
    let table = ledger.touch("coupon", id)?;
    let rest = table.columns.len().saturating_sub(head.len());
    let values: Vec<Value> = head.into_iter().chain(std::iter::repeat_n(Value::Null, rest)).collect();
    row::put(ledger.connection, table, &values)
}

/// Whether the code of this redemption can still go with it.
pub(super) fn is_unused(connection: &rusqlite::Connection, entry: Uuid) -> Result<()> {
    match coupon::one(connection, entry)? {
        Some(found) if found.state != State::Issued => Err(CacheError::Refused("coupon_ended")),
        _ => Ok(()),
    }
}

/// A redemption is taken back: its code goes with it.
pub(super) fn withdraw(ledger: &Ledger<'_>, action: &Action, entry: Uuid) -> Result<()> {
    is_unused(ledger.connection, entry)?;
    if coupon::one(ledger.connection, entry)?.is_none() {
        return Ok(());
    }
    close(ledger, action, entry, "undo", None)
}

fn close(ledger: &Ledger<'_>, action: &Action, id: Uuid, whose: &str, reason: Option<&str>) -> Result<()> {
    ledger.touch("coupon", id)?;
    let sql = "UPDATE coupon SET state = 'cancelled', closed_at = ?2, closed_by = ?3, closed_for = ?4, reason = ?5 WHERE id = ?1";
    let mut statement = ledger.connection.prepare_cached(sql)?;
    statement.execute((id, action.at, action.person, whose, reason))?;
    Ok(())
}

/// Codes are used: on a bill by whoever may book one, or handed over without one.
fn take_in(ledger: &Ledger<'_>, action: &Action) -> Result<()> {
    let (customer, bill) = (
        action.uuid("customer_id")?,
        action.args.get("bill").and_then(Json::as_i64),
    );
    let payment = action.uuid("payment_id").ok();
    if bill.is_some() || payment.is_some() {
        assign::require_role(ledger.connection, action, &TAKERS)?;
    }
    if let Some(id) = payment {
        let paid = payment::get(ledger.connection, id)?.filter(|paid| paid.customer == customer);
        let paid = paid.ok_or(CacheError::Refused("payment_not_found"))?;
        if paid.held_as.is_some() {
            return Err(CacheError::Refused("held_takes_no_code"));
        }
    }
    let at = action.instant("at").unwrap_or(action.at);
    let held = usable(ledger, action, customer, at)?;
    let on_bill: Vec<reward::Coupon> = held.iter().filter_map(Coupon::on_bill).collect();
    let takes = reward::on_bill(bill.unwrap_or_default(), &on_bill).ok_or(CacheError::Refused("coupon_alone"))?;
    for (id, less) in takes {
        ledger.touch("coupon", id)?;
        let sql = "UPDATE coupon SET state = 'used', used_at = ?2, used_by = ?3, payment_id = ?4, bill = ?5, satang = ?6 WHERE id = ?1";
        let mut statement = ledger.connection.prepare_cached(sql)?;
        statement.execute((id, at, action.person, payment, bill, bill.map(|_| less)))?;
    }
    Ok(())
}

fn usable(ledger: &Ledger<'_>, action: &Action, customer: Uuid, at: i64) -> Result<Vec<Coupon>> {
    let said = action.args.get("coupons").and_then(Json::as_array);
    let ids: Vec<Uuid> = said
        .into_iter()
        .flatten()
        .filter_map(|id| Uuid::parse_str(id.as_str()?).ok())
        .collect();
    if ids.is_empty() || ids.len() > MOST_COUPONS {
        return Err(CacheError::Refused("value_not_allowed"));
    }
    let held = ids.into_iter().map(|id| {
        let found = coupon::one(ledger.connection, id)?.filter(|found| found.customer == customer);
        let found = found.ok_or(CacheError::Refused("coupon_not_found"))?;
        if found.is_usable(at) {
            Ok(found)
        } else {
            Err(CacheError::Refused("coupon_ended"))
        }
    });
    held.collect()
}

/// A code is given back: its points to their lots and dates (rule L3).
fn cancel(ledger: &Ledger<'_>, action: &Action) -> Result<()> {
    let is_clinic = action.text("by") == Some("clinic");
    let roles: &[&str] = if is_clinic { &GRANTERS } else { &CANCELLERS };
    assign::require_role(ledger.connection, action, roles)?;
    if is_clinic && action.text("reason").is_none() {
        return Err(CacheError::Refused("reason_missing"));
    }
    let found = coupon::one(ledger.connection, action.uuid("coupon_id")?)?;
    let found = found.ok_or(CacheError::Refused("coupon_not_found"))?;
    can_be_given_back(ledger, &found, is_clinic)?;
    close(
        ledger,
        action,
        found.id,
        if is_clinic { "clinic" } else { "customer" },
        action.text("reason"),
    )?;
    let ended = return_points(ledger, action, &found, action.uuid("entry")?)?;
    if let (Ok(id), true) = (action.uuid("grant"), ended > 0) {
        grant(ledger, action, &found, id, ended)?;
    }
    match found.reward {
        Some(reward) => redeem::count_reward(ledger, reward, -1),
        None => Ok(()),
    }
}

/// All of a bill was given back: the codes that had reduced it go with it, and their points return (rules L3 and L19).
pub(super) fn go_with_the_bill(ledger: &Ledger<'_>, action: &Action, payment: Uuid) -> Result<()> {
    for found in coupon::of_payment(ledger.connection, payment)? {
        if found.state != State::Used {
            continue;
        }
        close(ledger, action, found.id, "refund", action.text("reason"))?;
        // Every bit of the code's key turned: the database calls the entry so too.
        return_points(ledger, action, &found, Uuid::from_u128(!found.id.as_u128()))?;
        if let Some(reward) = found.reward {
            redeem::count_reward(ledger, reward, -1)?;
        }
    }
    Ok(())
}

/// One that was used only by the clinic, and only after what was paid on its bill.
fn can_be_given_back(ledger: &Ledger<'_>, found: &Coupon, is_clinic: bool) -> Result<()> {
    match found.state {
        State::Issued => Ok(()),
        State::Used if is_clinic => {
            let paid = found
                .payment
                .map(|id| payment::get(ledger.connection, id))
                .transpose()?
                .flatten();
            match paid {
                Some(paid) if paid.rest() > 0 => Err(CacheError::Refused("coupon_on_bill")),
                _ => Ok(()),
            }
        }
        State::Used | State::Cancelled | State::Expired => Err(CacheError::Refused("coupon_ended")),
    }
}

/// Answers how many of the points had ended.
fn return_points(ledger: &Ledger<'_>, action: &Action, found: &Coupon, id: Uuid) -> Result<i64> {
    let member = member(ledger.connection, found.customer)?.ok_or(CacheError::Refused("coupon_not_found"))?;
    let entry = Entry {
        id,
        kind: "refund",
        points: found.points,
        said: Some(format!("คืนแต้ม: {}", found.name)),
        expires_at: ends_at(ledger.connection, action.at)?,
        // A code is called like the entry that bought it.
        reverses: Some(found.id),
        from: ("coupon", "return"),
        ..Entry::default()
    };
    write_entry(ledger, action.at, found.customer, &entry)?;
    let named: Vec<Uuid> = found.lots.iter().map(|(lot, _)| *lot).collect();
    let uses: Vec<Use> = found
        .lots
        .iter()
        .map(|(lot, points)| Use {
            lot: *lot,
            points: *points,
            expires_at: None,
        })
        .collect();
    let before = account(ledger.connection, found.customer, member.owed, &named)?;
    let mut after = before.clone();
    let ended_before = total(&after.end(action.at));
    after.give_back(&uses, entry.lot(action.at));
    let ended = total(&after.end(action.at));
    let moved = redeem::spent(&member, entry.points - ended_before - ended);
    keep(ledger, found.customer, Some(&member), (&before, &after), &moved)?;
    Ok(ended)
}

/// What had ended is there for thirty days more.
fn grant(ledger: &Ledger<'_>, action: &Action, found: &Coupon, id: Uuid, points: i64) -> Result<()> {
    let member = member(ledger.connection, found.customer)?.ok_or(CacheError::Refused("coupon_not_found"))?;
    let entry = Entry {
        id,
        kind: "refund",
        points,
        said: Some(format!("ต่ออายุ 30 วัน: {}", found.name)),
        expires_at: reward::ends_at(action.at, GRACE_DAYS, clinic::zone(ledger.connection)?),
        from: ("coupon", "grant"),
        ..Entry::default()
    };
    write_entry(ledger, action.at, found.customer, &entry)?;
    let before = account::account(ledger.connection, found.customer, member.owed, &[])?;
    let mut after = before.clone();
    after.gain(entry.lot(action.at));
    keep(
        ledger,
        found.customer,
        Some(&member),
        (&before, &after),
        &redeem::spent(&member, points),
    )
}
