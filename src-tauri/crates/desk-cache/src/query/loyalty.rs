//! Memberships and the points ledger.

use desk_core::loyalty::{Tier, account::Lot, policy::Basis};
use rusqlite::{Connection, OptionalExtension as _, Row};
use uuid::Uuid;

use super::{list, policy};
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
    /// The clinic's day on which the tier was reached, `YYYY-MM-DD`.
    pub tier_since: Option<String>,
    /// Its anniversary, on which it is looked at again.
    pub tier_until: Option<String>,
    /// The entry or payment that reached it.
    pub tier_by: Option<Uuid>,
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
    /// How it came to be.
    pub why: Why,
}

/// What is noted beside an entry: of the web system's, and of what is older than this, little.
#[derive(Clone, Debug)]
pub struct Why {
    /// What it comes from, and what of it: words of the database.
    pub from: (Option<String>, Option<String>),
    /// The version of the terms.
    pub policy: Option<i64>,
    /// A code of the database's or what somebody wrote.
    pub reason: Option<String>,
    /// Satang of a bill; less than nothing where they were given back.
    pub satang: Option<i64>,
    /// Points per ten baht, in tenths.
    pub multiplier_tenths: Option<i64>,
    /// How a customer agreed to spend.
    pub method: Option<String>,
    /// Who booked it.
    pub by: Option<String>,
    /// Who agreed, as the second person.
    pub agreed_by: Option<String>,
    /// The entry that it takes back or whose points it ends.
    pub other: Option<Other>,
    /// The payment or refund that it belongs to, and its number.
    pub payment: Option<(Uuid, Option<i64>)>,
    /// The reward that was bought.
    pub spent_on: Option<String>,
}

/// An entry that another one is about.
#[derive(Clone, Debug)]
pub struct Other {
    /// Its points.
    pub amount: i64,
    /// Microseconds since 1970.
    pub at: i64,
    /// Satang of it that were not given back before.
    pub satang: Option<i64>,
}

/// A customer's membership, where there is one.
///
/// # Errors
/// What SQLite says.
pub fn member(connection: &Connection, customer: Uuid) -> Result<Option<Member>> {
    Ok(connection
        .prepare_cached(
            "SELECT coalesce(available_points, 0), coalesce(total_points, 0), coalesce(tier, 'bronze'), referral_code, coalesce(owed, 0),
                    tier_since, tier_until, tier_by
             FROM loyalty_profile WHERE customer_id = ?1",
        )?
        .query_row([customer], |row| {
            Ok(Member {
                available_points: row.get(0)?,
                lifetime_points: row.get(1)?,
                tier: Tier::from_word(row.get_ref(2)?.as_str()?),
                referral_code: row.get(3)?,
                owed: row.get(4)?,
                tier_since: row.get(5)?,
                tier_until: row.get(6)?,
                tier_by: row.get(7)?,
            })
        })
        .optional()?)
}

/// How a customer without a membership stands at a moment. The database makes the member with the first award; one that waits here comes first.
///
/// # Errors
/// What SQLite says.
pub fn newcomer(connection: &Connection, customer: Uuid, at: i64) -> Result<Newcomer> {
    let promised = policy::at(connection, at)?;
    let waits: Option<i64> = connection
        .prepare_cached(
            "SELECT sum(e.amount) FROM shadow x JOIN point_entry e ON e.id = x.pk WHERE x.tbl = 7 AND e.customer_id = ?1",
        )?
        .query_row([customer], |row| row.get(0))?;
    let points = waits.map_or(0, |waiting| promised.welcome.saturating_add(waiting));
    let welcome = if waits.is_none() { promised.welcome } else { 0 };
    let measure = match promised.basis {
        Basis::Points => points,
        Basis::Baht => policy::measure(connection, &promised, customer, policy::day_of(connection, at)?)?,
    };
    let tier = promised.reached(measure);
    Ok(Newcomer { points, welcome, tier })
}

/// The ledger of a customer, newest first. What came to the clinic together has one time; its ids are in the order in which it was done.
///
/// # Errors
/// What SQLite says.
pub fn ledger(connection: &Connection, customer: Uuid, offset: u32, limit: u32) -> Result<Vec<Entry>> {
    let sql = "SELECT e.id, coalesce(e.type, ''), coalesce(e.amount, 0), e.description, coalesce(e.created_at, 0), e.expires_at,
                      EXISTS (SELECT 1 FROM shadow x WHERE x.tbl = 7 AND x.pk = e.id),
                      e.source, e.purpose, e.policy, e.reason, e.satang, e.multiplier_tenths, e.method,
                      coalesce(s.nickname, s.display_name), coalesce(a.nickname, a.display_name), p.id, p.number, c.name,
                      o.amount, coalesce(o.created_at, 0), o.satang + (SELECT coalesce(sum(b.satang), 0) FROM point_entry b
                        WHERE b.customer_id = e.customer_id AND b.reverses = o.id AND (b.created_at, b.id) < (e.created_at, e.id))
               FROM point_entry e LEFT JOIN staff s ON s.id = e.given_by LEFT JOIN staff a ON a.id = e.agreed_by
                 LEFT JOIN point_entry o ON o.id = coalesce(e.reverses, e.ended_lot)
                 LEFT JOIN payment p ON p.customer_id = e.customer_id AND p.entry_id = e.id LEFT JOIN coupon c ON c.id = e.id
               WHERE e.customer_id = ?1 ORDER BY e.created_at DESC, e.id DESC LIMIT ?2 OFFSET ?3";
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
        why: why(row)?,
    })
}

fn why(row: &Row<'_>) -> rusqlite::Result<Why> {
    let (amount, at, satang): (Option<i64>, i64, Option<i64>) = (row.get(19)?, row.get(20)?, row.get(21)?);
    let (payment, number): (Option<Uuid>, Option<i64>) = (row.get(16)?, row.get(17)?);
    Ok(Why {
        from: (row.get(7)?, row.get(8)?),
        policy: row.get(9)?,
        reason: row.get(10)?,
        satang: row.get(11)?,
        multiplier_tenths: row.get(12)?,
        method: row.get(13)?,
        by: row.get(14)?,
        agreed_by: row.get(15)?,
        payment: payment.map(|id| (id, number)),
        spent_on: row.get(18)?,
        other: amount.map(|amount| Other { amount, at, satang }),
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

/// Points of a customer's lot that ended, less those that came back to it since.
///
/// # Errors
/// What SQLite says.
pub fn ended(connection: &Connection, customer: Uuid, lot: Uuid) -> Result<i64> {
    let sql = "WITH own AS (SELECT id, amount, ended_lot, reverses FROM point_entry WHERE customer_id = ?1), over AS (SELECT id FROM own WHERE ended_lot = ?2)
               SELECT coalesce(-sum(amount), 0) FROM own WHERE ended_lot = ?2 OR reverses IN (SELECT id FROM over)";
    Ok(connection
        .prepare_cached(sql)?
        .query_row((customer, lot), |row| row.get(0))?)
}

/// The branch of a lot, as far as it is known.
///
/// # Errors
/// What SQLite says.
pub fn branch(connection: &Connection, lot: Uuid) -> Result<Option<String>> {
    let found = connection
        .prepare_cached("SELECT branch FROM lot WHERE id = ?1")?
        .query_row([lot], |row| row.get(0))
        .optional()?;
    Ok(found.flatten())
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
