//! Points of a bill on the cache: a ledger entry, its lot and the membership that follows from them. The database repeats the sum and decides.

use desk_core::{
    loyalty::{
        self, Tier,
        account::{Account, loss},
        origin::WELCOMED,
        policy::{Basis, Policy},
        standing::{self, Outcome, Standing},
    },
    synced::Value,
};
use rusqlite::{Connection, OptionalExtension as _};
use serde_json::{Value as Json, json};
use uuid::Uuid;

use super::{
    Action, Ledger,
    account::{self, Entry, Member, Moved, account, counted, ends_at, keep, member, write_entry},
    assign,
    payment::TAKERS,
    written,
};
use crate::{
    error::{CacheError, Result},
    query::{
        loyalty::{ended, newcomer},
        policy,
    },
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
pub(super) fn reverse(ledger: &Ledger<'_>, action: &Action) -> Result<()> {
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
        reverses: Some(award),
        from: ("undo", "reverse"),
        ..Entry::default()
    };
    write_entry(ledger, action.at, customer, &entry)?;
    let gone = Gone {
        award,
        invoice: award,
        points,
        satang: 0,
    };
    lose(ledger, action.at, customer, &gone)
}

fn held(connection: &Connection, customer: Uuid, member: Option<&Member>) -> Result<Account> {
    account(connection, customer, member.map_or(0, |member| member.owed), &[])
}

/// What of a bill goes.
pub(super) struct Gone {
    /// The entry that it had earned.
    pub(super) award: Uuid,
    /// What reached a tier, if it did: the entry, or the payment where baht decide.
    pub(super) invoice: Uuid,
    /// Points that go.
    pub(super) points: i64,
    /// Money that goes; none where an award is taken back by itself.
    pub(super) satang: i64,
}

/// A part of an award, or all of it, goes because its money was given back. What was spent of it is owed.
pub(super) fn give_back(ledger: &Ledger<'_>, at: i64, id: Uuid, gone: &Gone) -> Result<()> {
    let (customer, _, said, expires_at) =
        account::written_entry(ledger.connection, gone.award)?.ok_or(CacheError::Refused("nothing_to_undo"))?;
    let entry = Entry {
        id,
        kind: "refund",
        points: gone.points.saturating_neg(),
        said: Some(format!("คืนเงิน: {}", said.unwrap_or_default())),
        expires_at,
        reverses: Some(gone.award),
        from: ("desk", "refund"),
        counted: counted(ledger.connection, gone.award)?.map(|(_, tenths)| (gone.satang.saturating_neg(), tenths)),
        ..Entry::default()
    };
    write_entry(ledger, at, customer, &entry)?;
    lose(ledger, at, customer, gone)
}

/// The points of an award go: out of its own lot first.
fn lose(ledger: &Ledger<'_>, at: i64, customer: Uuid, gone: &Gone) -> Result<()> {
    let member = member(ledger.connection, customer)?;
    let before = held(ledger.connection, customer, member.as_ref())?;
    let mut after = before.clone();
    let over = ended(ledger.connection, customer, gone.award)?;
    let own = before.lots.iter().find(|lot| lot.id == gone.award);
    let net = loss(gone.points, own.map_or(0, |lot| lot.remaining), over);
    after.reverse(gone.award, gone.points, over);
    let (promised, measure) = stands(ledger.connection, customer, member.as_ref(), at)?;
    let goes = match promised.basis {
        Basis::Points => gone.points,
        Basis::Baht => gone.satang,
    };
    let standing = standing_of(member.as_ref());
    let moved = Moved {
        net: net.saturating_neg(),
        lifetime: gone.points.saturating_neg(),
        tier: standing.after_refund(&promised, measure.saturating_sub(goes), gone.invoice),
    };
    keep(ledger, customer, member.as_ref(), (&before, &after), &moved)
}

fn standing_of(member: Option<&Member>) -> Standing {
    member.map_or(
        Standing {
            tier: Tier::Bronze,
            reached_by: None,
        },
        Member::standing,
    )
}

/// What counts at a moment, and what decides the tier by it. Points that are about to be booked here are not in it.
fn stands(connection: &Connection, customer: Uuid, member: Option<&Member>, at: i64) -> Result<(Policy, i64)> {
    let promised = policy::at(connection, at)?;
    let measure = match promised.basis {
        Basis::Points => member.map_or(0, |member| member.lifetime),
        Basis::Baht => policy::measure(connection, &promised, customer, policy::day_of(connection, at)?)?,
    };
    Ok((promised, measure))
}

/// Money that was paid, as the ledger of points needs it.
pub(super) struct Bill {
    pub(super) entry: Uuid,
    pub(super) customer: Uuid,
    pub(super) satang: i64,
    pub(super) said: Option<String>,
    /// When it counts from, microseconds since 1970.
    pub(super) from: i64,
    /// It is a payment, which counts as money of its day.
    pub(super) is_money: bool,
}

pub(super) fn apply(ledger: &Ledger<'_>, action: &Action) -> Result<()> {
    match action.name.as_str() {
        "points.reverse" => reverse(ledger, action),
        _ => award(ledger, action),
    }
}

fn award(ledger: &Ledger<'_>, action: &Action) -> Result<()> {
    assign::require_role(ledger.connection, action, &TAKERS)?;
    let satang = action.args.get("satang").and_then(Json::as_i64).unwrap_or_default();
    if !(1..=loyalty::LARGEST_BILL_SATANG).contains(&satang) {
        return Err(CacheError::Refused("amount_out_of_range"));
    }
    let bill = Bill {
        entry: action.uuid("id")?,
        customer: action.uuid("customer_id")?,
        satang,
        said: action.text("note").map(str::to_owned),
        from: action.at,
        is_money: false,
    };
    earn(ledger, action.at, &bill)
}

/// Points per 10 baht that a customer's bill earns by the version of a moment, in tenths. The customer has to be there.
pub(super) fn tenths(connection: &Connection, customer: Uuid, from: i64) -> Result<i64> {
    let tier = match member(connection, customer)? {
        Some(member) => member.tier,
        None => newcomer(connection, customer, from)?.tier,
    };
    Ok(policy::at(connection, from)?.tenths_of(tier))
}

/// The points of a bill, whatever it was booked as.
pub(super) fn earn(ledger: &Ledger<'_>, at: i64, bill: &Bill) -> Result<()> {
    let member = match member(ledger.connection, bill.customer)? {
        None if ledger.is_the_clinic() => Some(join(ledger, bill.customer, at)?),
        member => member,
    };
    let outcome = outcome(ledger.connection, member.as_ref(), at, bill)?;
    let entry = Entry {
        id: bill.entry,
        kind: "earned",
        points: outcome.points,
        said: bill.said.clone(),
        expires_at: ends_at(ledger.connection, bill.from)?,
        effective_at: (bill.from != at).then_some(bill.from),
        from: ("desk", "earn"),
        counted: Some((bill.satang, tenths(ledger.connection, bill.customer, bill.from)?)),
        ..Entry::default()
    };
    write_entry(ledger, at, bill.customer, &entry)?;
    // Becoming a member, with its code and welcome points, is the database's to do.
    gain(ledger, bill.customer, member.as_ref(), &entry, (at, outcome.tier))
}

/// What the bill does: the same answer as the preview gives.
fn outcome(connection: &Connection, member: Option<&Member>, at: i64, bill: &Bill) -> Result<Outcome> {
    let (now, measure) = stands(connection, bill.customer, member, at)?;
    let standing = match member {
        Some(member) => member.standing(),
        None => Standing {
            tier: newcomer(connection, bill.customer, bill.from)?.tier,
            reached_by: None,
        },
    };
    let paid = standing::Bill {
        satang: bill.satang,
        is_money: bill.is_money,
        beside: 0,
    };
    Ok(standing::pay(
        &policy::at(connection, bill.from)?,
        &now,
        standing,
        measure,
        paid,
    ))
}

/// Points come in: they pay what is owed, and raise the tier.
fn gain(
    ledger: &Ledger<'_>,
    customer: Uuid,
    member: Option<&Member>,
    entry: &Entry,
    (at, tier): (i64, Tier),
) -> Result<()> {
    let before = held(ledger.connection, customer, member)?;
    let mut after = before.clone();
    after.gain(entry.lot(entry.effective_at.unwrap_or(at)));
    let moved = Moved {
        net: entry.points,
        lifetime: entry.points,
        tier,
    };
    keep(ledger, customer, member, (&before, &after), &moved)
}

/// Points that no bill earned. Becoming a member is the database's to do, where there is one.
pub(super) fn give(ledger: &Ledger<'_>, at: i64, customer: Uuid, points: i64, said: &str, key: Uuid) -> Result<()> {
    let member = match member(ledger.connection, customer)? {
        None if ledger.is_the_clinic() => Some(join(ledger, customer, at)?),
        member => member,
    };
    let entry = Entry {
        id: key,
        kind: "bonus",
        points,
        said: Some(said.to_owned()),
        expires_at: ends_at(ledger.connection, at)?,
        from: ("gift", "gift"),
        ..Entry::default()
    };
    write_entry(ledger, at, customer, &entry)?;
    let (now, measure) = stands(ledger.connection, customer, member.as_ref(), at)?;
    let counts = match now.basis {
        Basis::Points => points,
        Basis::Baht => 0,
    };
    let tier = standing_of(member.as_ref()).after_gain(&now, measure.saturating_add(counts));
    gain(ledger, customer, member.as_ref(), &entry, (at, tier))
}

/// Makes a member in the demo clinic, which has no database to do it. Nobody joins twice, so the customer's key serves all three rows.
fn join(ledger: &Ledger<'_>, customer: Uuid, at: i64) -> Result<Member> {
    let welcome = Entry {
        id: customer,
        kind: "bonus",
        points: policy::at(ledger.connection, at)?.welcome,
        said: Some(WELCOMED.into()),
        expires_at: ends_at(ledger.connection, at)?,
        from: ("member", "welcome"),
        ..Entry::default()
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
    let reached = policy::at(ledger.connection, at)?;
    let tier = match reached.basis {
        Basis::Points => reached.reached(welcome.points),
        Basis::Baht => Tier::Bronze,
    };
    gain(ledger, customer, new.as_ref(), &welcome, (at, tier))?;
    member(ledger.connection, customer)?.ok_or(CacheError::Damaged)
}
