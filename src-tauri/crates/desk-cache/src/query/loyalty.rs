//! Memberships and the points ledger.

use desk_core::loyalty::{self, Tier, account::Lot};
use rusqlite::{Connection, OptionalExtension as _, Row};
use uuid::Uuid;

use super::list;
use crate::error::Result;

/// A membership.
#[derive(Clone, Debug)]
pub struct Member {
    /// Points that can be used.
    pub available_points: i64,
    /// Points that were taken back after they had been spent; what comes in pays them first.
    pub owed: i64,
    /// Points ever earned.
    pub lifetime_points: i64,
    /// Tier.
    pub tier: Tier,
    /// Referral code.
    pub referral_code: Option<String>,
}

/// Somebody without a membership, as the clinic will see them when what waits here has reached it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Newcomer {
    /// What they will have by then: nothing, or the welcome points and what waits.
    pub points: i64,
    /// What the next award brings beside its own points: the first one makes the member.
    pub welcome: i64,
    /// The tier of the next award.
    pub tier: Tier,
}

/// One entry of the ledger.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The entry.
    pub id: Uuid,
    /// Kind.
    pub kind: String,
    /// Points; spent ones are negative.
    pub amount: i64,
    /// What for.
    pub description: Option<String>,
    /// Microseconds since 1970.
    pub at: i64,
    /// Microseconds since 1970.
    pub expires_at: Option<i64>,
    /// An unsent action made it.
    pub is_waiting: bool,
}

/// A customer's membership, where there is one.
///
/// # Errors
/// What SQLite says.
pub fn member(connection: &Connection, customer: Uuid) -> Result<Option<Member>> {
    Ok(connection
        .prepare_cached(
            "SELECT coalesce(available_points, 0), coalesce(total_points, 0), coalesce(tier, 'bronze'), referral_code, coalesce(owed, 0)
             FROM loyalty_profile WHERE customer_id = ?1",
        )?
        .query_row([customer], |row| {
            Ok(Member {
                available_points: row.get(0)?,
                lifetime_points: row.get(1)?,
                tier: Tier::from_word(row.get_ref(2)?.as_str()?),
                referral_code: row.get(3)?,
                owed: row.get(4)?,
            })
        })
        .optional()?)
}

/// How a customer without a membership stands. The database makes the member with the first award; one that waits here comes first.
///
/// # Errors
/// What SQLite says.
pub fn newcomer(connection: &Connection, customer: Uuid) -> Result<Newcomer> {
    let waits: Option<i64> = connection
        .prepare_cached(
            "SELECT sum(e.amount) FROM shadow x JOIN point_entry e ON e.id = x.pk WHERE x.tbl = 7 AND e.customer_id = ?1",
        )?
        .query_row([customer], |row| row.get(0))?;
    let points = waits.map_or(0, |waiting| loyalty::WELCOME_POINTS.saturating_add(waiting));
    let welcome = if waits.is_none() { loyalty::WELCOME_POINTS } else { 0 };
    let tier = Tier::of_lifetime_points(points);
    Ok(Newcomer { points, welcome, tier })
}

/// The ledger of a customer, newest first.
///
/// # Errors
/// What SQLite says.
pub fn ledger(connection: &Connection, customer: Uuid, offset: u32, limit: u32) -> Result<Vec<Entry>> {
    let sql = "SELECT e.id, coalesce(e.type, ''), coalesce(e.amount, 0), e.description, coalesce(e.created_at, 0), e.expires_at,
                      EXISTS (SELECT 1 FROM shadow x WHERE x.tbl = 7 AND x.pk = e.id)
               FROM point_entry e WHERE e.customer_id = ?1 ORDER BY e.created_at DESC LIMIT ?2 OFFSET ?3";
    list(connection, sql, (customer, limit, offset), entry)
}

fn entry(row: &Row<'_>) -> rusqlite::Result<Entry> {
    Ok(Entry {
        id: row.get(0)?,
        kind: row.get(1)?,
        amount: row.get(2)?,
        description: row.get(3)?,
        at: row.get(4)?,
        expires_at: row.get(5)?,
        is_waiting: row.get(6)?,
    })
}

/// How many entries a ledger has.
///
/// # Errors
/// What SQLite says.
pub fn ledger_length(connection: &Connection, customer: Uuid) -> Result<i64> {
    Ok(connection
        .prepare_cached("SELECT count(*) FROM point_entry WHERE customer_id = ?1")?
        .query_row([customer], |row| row.get(0))?)
}

/// A customer's lots with something left, next to end first, those that never end last.
///
/// # Errors
/// What SQLite says.
pub fn lots(connection: &Connection, customer: Uuid) -> Result<Vec<Lot>> {
    let sql = "SELECT id, coalesce(points, 0), remaining, expires_at, coalesce(effective_at, 0) FROM lot
               WHERE customer_id = ?1 AND remaining > 0 ORDER BY expires_at IS NULL, expires_at, effective_at, id";
    list(connection, sql, [customer], read_lot)
}

/// One lot, whatever is left of it.
///
/// # Errors
/// What SQLite says.
pub fn lot(connection: &Connection, id: Uuid) -> Result<Option<Lot>> {
    let sql = "SELECT id, coalesce(points, 0), coalesce(remaining, 0), expires_at, coalesce(effective_at, 0) FROM lot WHERE id = ?1";
    Ok(connection.prepare_cached(sql)?.query_row([id], read_lot).optional()?)
}

fn read_lot(row: &Row<'_>) -> rusqlite::Result<Lot> {
    Ok(Lot {
        id: row.get(0)?,
        points: row.get(1)?,
        remaining: row.get(2)?,
        expires_at: row.get(3)?,
        effective_at: row.get(4)?,
    })
}

/// Points per 10 baht at a tier, in tenths: the clinic's policy, or the default where it has none.
///
/// # Errors
/// What SQLite says.
pub fn multiplier_tenths(connection: &Connection, tier: Tier) -> Result<i64> {
    let policy: Option<String> = connection
        .prepare_cached("SELECT loyalty_multipliers FROM clinic LIMIT 1")?
        .query_row([], |row| row.get(0))
        .optional()?
        .flatten();
    let own = policy
        .and_then(|text| serde_json::from_str::<serde_json::Value>(&text).ok())
        .and_then(|policy| policy.get(tier.word()).and_then(serde_json::Value::as_f64));
    #[allow(clippy::cast_possible_truncation)] // multipliers are small numbers with one decimal
    Ok(own.map_or_else(
        || tier.default_multiplier_tenths(),
        |multiplier| (multiplier * 10.0).round() as i64,
    ))
}

/// Points that came in here for a customer and that the clinic has not confirmed.
///
/// # Errors
/// What SQLite says.
pub fn waiting_points(connection: &Connection, customer: Uuid) -> Result<i64> {
    Ok(connection
        .prepare_cached(
            "SELECT coalesce(sum(e.amount), 0) FROM shadow x JOIN point_entry e ON e.id = x.pk
             WHERE x.tbl = 7 AND e.customer_id = ?1 AND e.amount > 0",
        )?
        .query_row([customer], |row| row.get(0))?)
}
