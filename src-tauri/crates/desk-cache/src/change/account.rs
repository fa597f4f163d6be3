//! A customer's points on the cache: the membership, its lots, and writing back what an action changed of them. The rules are those of
//! `desk_core::loyalty::account`.

use desk_core::{
    loyalty::{
        self, Tier,
        account::{Account, Lot},
        standing::Standing,
    },
    synced::Value,
};
use rusqlite::{Connection, OptionalExtension as _};
use uuid::Uuid;

use super::Ledger;
use crate::{
    error::{CacheError, Result},
    query::{clinic, loyalty as query, policy},
    row,
};

/// A membership as far as actions need it.
pub(super) struct Member {
    pub(super) profile: Uuid,
    pub(super) lifetime: i64,
    pub(super) available: i64,
    pub(super) owed: i64,
    pub(super) tier: Tier,
    pub(super) tier_by: Option<Uuid>,
}

impl Member {
    /// The tier that is held.
    pub(super) fn standing(&self) -> Standing {
        Standing {
            tier: self.tier,
            reached_by: self.tier_by,
        }
    }
}

/// A customer who has to be there, and their membership if there is one.
pub(super) fn member(connection: &Connection, customer: Uuid) -> Result<Option<Member>> {
    connection
        .prepare_cached("SELECT 1 FROM customer WHERE id = ?1")?
        .query_row([customer], |_| Ok(()))
        .optional()?
        .ok_or(CacheError::Refused("customer_not_found"))?;
    Ok(connection
        .prepare_cached(
            "SELECT id, coalesce(total_points, 0), coalesce(available_points, 0), coalesce(owed, 0), coalesce(tier, ''), tier_by
             FROM loyalty_profile WHERE customer_id = ?1",
        )?
        .query_row([customer], |row| {
            Ok(Member {
                profile: row.get(0)?,
                lifetime: row.get(1)?,
                available: row.get(2)?,
                owed: row.get(3)?,
                tier: Tier::from_word(row.get_ref(4)?.as_str()?),
                tier_by: row.get(5)?,
            })
        })
        .optional()?)
}

/// What a customer has: lots with something left, and those that `named` names.
pub(super) fn account(connection: &Connection, customer: Uuid, owed: i64, named: &[Uuid]) -> Result<Account> {
    let mut lots = query::lots(connection, customer)?;
    for id in named {
        if lots.iter().all(|lot| lot.id != *id) {
            lots.extend(query::lot(connection, *id)?);
        }
    }
    Ok(Account { lots, owed })
}

/// The last second of points that count from `at` on, by the version that counted then.
pub(super) fn ends_at(connection: &Connection, at: i64) -> Result<Option<i64>> {
    let months = policy::at(connection, at)?.months;
    Ok(loyalty::ends_at(at, months, clinic::zone(connection)?))
}

/// What an action changes of a membership.
pub(super) struct Moved {
    /// Points that come in or, less than nothing, go: they pay what is owed, or are owed where none are left.
    pub(super) net: i64,
    /// What that counts for the tier.
    pub(super) lifetime: i64,
    /// The tier afterwards.
    pub(super) tier: Tier,
}

/// Writes the lots that are not as they were, and the membership.
pub(super) fn keep(
    ledger: &Ledger<'_>,
    customer: Uuid,
    member: Option<&Member>,
    (before, after): (&Account, &Account),
    moved: &Moved,
) -> Result<()> {
    for lot in &after.lots {
        if !before.lots.contains(lot) {
            put(ledger, customer, lot)?;
        }
    }
    let Some(member) = member else { return Ok(()) };
    let net = member.available.saturating_sub(member.owed).saturating_add(moved.net);
    ledger.touch("loyalty_profile", member.profile)?;
    ledger
        .connection
        .prepare_cached(
            "UPDATE loyalty_profile SET total_points = coalesce(total_points, 0) + ?2,
               available_points = max(?3, 0), owed = max(-?3, 0), tier = ?4 WHERE id = ?1",
        )?
        .execute((member.profile, moved.lifetime, net, moved.tier.word()))?;
    Ok(())
}

fn put(ledger: &Ledger<'_>, customer: Uuid, lot: &Lot) -> Result<()> {
    let table = ledger.touch("lot", lot.id)?;
    let values = [
        Value::Uuid(lot.id),
        Value::Uuid(customer),
        Value::Int(lot.points),
        Value::Int(lot.remaining),
        lot.expires_at.map_or(Value::Null, Value::Int),
        Value::Int(lot.effective_at),
        query::branch(ledger.connection, lot.id)?.map_or(Value::Null, Value::Text),
    ];
    row::put(ledger.connection, table, &values)
}

/// An entry of the ledger as it is first written here.
#[derive(Default)]
pub(super) struct Entry {
    pub(super) id: Uuid,
    pub(super) kind: &'static str,
    pub(super) points: i64,
    pub(super) said: Option<String>,
    pub(super) expires_at: Option<i64>,
    pub(super) lease: Option<Uuid>,
    /// When it counts from, where that is not when it is written.
    pub(super) effective_at: Option<i64>,
    /// How the customer agreed, of points that are spent.
    pub(super) method: Option<String>,
    /// The entry that it takes back, all or a part.
    pub(super) reverses: Option<Uuid>,
    /// What it comes from, in the database's words: see [`desk_core::loyalty::origin`].
    pub(super) from: (&'static str, &'static str),
    /// Satang, and points per ten baht in tenths; of a bill.
    pub(super) counted: Option<(i64, i64)>,
}

pub(super) fn write_entry(ledger: &Ledger<'_>, at: i64, customer: Uuid, entry: &Entry) -> Result<()> {
    let table = ledger.touch("point_entry", entry.id)?;
    let values = [
        Value::Uuid(entry.id),
        Value::Uuid(customer),
        Value::Text(entry.kind.into()),
        Value::Int(entry.points),
        Value::text(entry.said.clone()),
        Value::Int(at),
        entry.expires_at.map_or(Value::Null, Value::Int),
        entry.lease.map_or(Value::Null, Value::Uuid),
        entry.effective_at.map_or(Value::Null, Value::Int),
        Value::Text(entry.from.1.into()),
        Value::Null,
        Value::Null,
        Value::Null,
        Value::text(entry.method.clone()),
        entry.reverses.map_or(Value::Null, Value::Uuid),
        Value::Null,
        Value::Text(entry.from.0.into()),
        entry.counted.map_or(Value::Null, |(satang, _)| Value::Int(satang)),
        entry.counted.map_or(Value::Null, |(_, tenths)| Value::Int(tenths)),
        Value::Null,
    ];
    row::put(ledger.connection, table, &values)
}

/// What an entry of a bill was counted with, as far as it is known.
pub(super) fn counted(connection: &Connection, id: Uuid) -> Result<Option<(i64, i64)>> {
    let sql = "SELECT satang, multiplier_tenths FROM point_entry WHERE id = ?1 AND satang IS NOT NULL AND multiplier_tenths IS NOT NULL";
    let found = connection
        .prepare_cached(sql)?
        .query_row([id], |row| Ok((row.get(0)?, row.get(1)?)));
    Ok(found.optional()?)
}

impl Entry {
    /// The lot that these points are, before they pay what is owed.
    pub(super) fn lot(&self, at: i64) -> Lot {
        Lot {
            id: self.id,
            points: self.points,
            remaining: self.points,
            expires_at: self.expires_at,
            effective_at: at,
        }
    }
}

/// Customer, points, what for, end.
type Found = (Uuid, i64, Option<String>, Option<i64>);

/// An entry as it stands: customer, points, what for, and its end.
pub(super) fn written_entry(connection: &Connection, id: Uuid) -> Result<Option<Found>> {
    Ok(connection
        .prepare_cached(
            "SELECT customer_id, coalesce(amount, 0), description, expires_at FROM point_entry WHERE id = ?1",
        )?
        .query_row([id], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))
        .optional()?)
}
