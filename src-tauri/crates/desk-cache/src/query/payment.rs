//! Money that a customer paid and was given back.

use desk_core::payment::{
    Method,
    held::{HeldAs, held_by},
};
use rusqlite::{Connection, OptionalExtension as _, Row};
use uuid::Uuid;

use super::list;
use crate::error::Result;

/// A payment, or money given back.
#[derive(Clone, Debug)]
pub struct Payment {
    /// The payment.
    pub id: Uuid,
    /// Its number; none until the clinic's database has given it.
    pub number: Option<i64>,
    /// Whose.
    pub customer: Uuid,
    /// The journey that it was paid for.
    pub journey: Option<Uuid>,
    /// How much.
    pub satang: i64,
    /// The payment that is given back, or a part of it.
    pub refunds: Option<Uuid>,
    /// How.
    pub method: Method,
    /// Microseconds since 1970.
    pub at: i64,
    /// Nickname of who took it.
    pub by: Option<String>,
    /// What for, or why it was given back.
    pub note: Option<String>,
    /// Its entry of the points ledger.
    pub entry: Option<Uuid>,
    /// Points that it earned or, less than nothing, took back.
    pub points: i64,
    /// Points per 10 baht at that time, in tenths.
    pub multiplier_tenths: i64,
    /// What of it was given back, what waits here included.
    pub refunded: i64,
    /// It still waits to be sent.
    pub is_waiting: bool,
    /// When it was written down, microseconds since 1970, where that is not when it was paid.
    pub posted_at: Option<i64>,
    /// Why it was written down so late.
    pub late_reason: Option<String>,
    /// As what all of it is held for later; none: it paid a bill.
    pub held_as: Option<HeldAs>,
    /// Of a bill, how much was paid with held money; of money given back, how much is held again.
    pub held: i64,
    /// Of a bill, how much of that is held again.
    pub held_again: i64,
    /// What its customer's tier took off the bill, which was so much more.
    pub discount: i64,
    /// By so many percent.
    pub discount_percent: i64,
}

impl Payment {
    /// What can still be given back; nothing of what was given back itself.
    pub fn rest(&self) -> i64 {
        if self.refunds.is_some() {
            return 0;
        }
        self.satang.saturating_sub(self.refunded).max(0)
    }

    /// The same, where so much is held for its customer: what of a deposit has paid a bill is not there any more.
    pub fn refundable(&self, there: i64) -> i64 {
        match self.held_as {
            Some(HeldAs::Deposit | HeldAs::GiftCard) => self.rest().min(there).max(0),
            None => self.rest(),
        }
    }

    /// What of a bill was paid in money of that day and has not been given back.
    pub fn money_left(&self) -> i64 {
        (self.satang - self.held) - (self.refunded - self.held_again)
    }

    /// What it adds to what is held for its customer, or takes from it.
    pub fn holds(&self) -> i64 {
        let adds = held_by(self.satang, self.held_as, self.held);
        if self.refunds.is_some() { -adds } else { adds }
    }
}

const SELECT: &str = "SELECT p.id, p.number, p.customer_id, p.journey_id, coalesce(p.satang, 0), p.refunds, coalesce(p.method, ''), coalesce(p.taken_at, 0),
    coalesce(s.nickname, s.display_name), p.note, p.entry_id, coalesce(p.points, 0), coalesce(p.multiplier_tenths, 0),
    coalesce((SELECT sum(r.satang) FROM payment r WHERE r.refunds = p.id), 0), EXISTS (SELECT 1 FROM shadow x WHERE x.tbl = 22 AND x.pk = p.id),
    p.posted_at, p.late_reason, p.held_as, coalesce(p.held, 0), coalesce((SELECT sum(coalesce(r.held, 0)) FROM payment r WHERE r.refunds = p.id), 0),
    coalesce(p.discount, 0), coalesce(p.discount_percent, 0)
  FROM payment p LEFT JOIN staff s ON s.id = p.taken_by";

/// A customer's payments and refunds, newest first, at most fifty.
///
/// # Errors
/// What SQLite says.
pub fn of_customer(connection: &Connection, customer: Uuid) -> Result<Vec<Payment>> {
    let sql = format!("{SELECT} WHERE p.customer_id = ?1 ORDER BY p.taken_at DESC, p.number DESC, p.id LIMIT 50");
    list(connection, &sql, [customer], read)
}

/// One payment.
///
/// # Errors
/// What SQLite says.
pub fn get(connection: &Connection, id: Uuid) -> Result<Option<Payment>> {
    let sql = format!("{SELECT} WHERE p.id = ?1");
    Ok(connection.prepare_cached(&sql)?.query_row([id], read).optional()?)
}

/// What is held for a customer: nowhere written down, but what came in less what paid bills and was given back. Less than nothing where two PCs have used it at once and the
/// clinic has not said yet who was quicker.
///
/// # Errors
/// What SQLite says.
pub fn held_left(connection: &Connection, customer: Uuid) -> Result<i64> {
    let sql = "SELECT coalesce(sum(CASE WHEN refunds IS NULL THEN 1 ELSE -1 END * CASE WHEN held_as IS NULL THEN -coalesce(held, 0) ELSE satang END), 0) FROM payment WHERE customer_id = ?1";
    Ok(connection
        .prepare_cached(sql)?
        .query_row([customer], |row| row.get(0))?)
}

fn read(row: &Row<'_>) -> rusqlite::Result<Payment> {
    let method: String = row.get(6)?;
    let held_as: Option<String> = row.get(17)?;
    Ok(Payment {
        id: row.get(0)?,
        number: row.get(1)?,
        customer: row.get(2)?,
        journey: row.get(3)?,
        satang: row.get(4)?,
        refunds: row.get(5)?,
        method: Method::from_word(&method).unwrap_or(Method::Cash),
        at: row.get(7)?,
        by: row.get(8)?,
        note: row.get(9)?,
        entry: row.get(10)?,
        points: row.get(11)?,
        multiplier_tenths: row.get(12)?,
        refunded: row.get(13)?,
        is_waiting: row.get(14)?,
        posted_at: row.get(15)?,
        late_reason: row.get(16)?,
        held_as: held_as.as_deref().and_then(HeldAs::from_word),
        held: row.get(18)?,
        held_again: row.get(19)?,
        discount: row.get(20)?,
        discount_percent: row.get(21)?,
    })
}
