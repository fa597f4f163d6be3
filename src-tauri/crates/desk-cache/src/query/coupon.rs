//! Codes that points bought, and what happened to them.

use desk_core::loyalty::reward::{self, Kind, State};
use rusqlite::{Connection, OptionalExtension as _, Row};
use serde_json::Value as Json;
use uuid::Uuid;

use super::list;
use crate::error::Result;

/// A code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Coupon {
    /// The entry of the ledger that paid for it.
    pub id: Uuid,
    /// What stands on the paper.
    pub code: String,
    /// Whose.
    pub customer: Uuid,
    /// The reward.
    pub reward: Option<Uuid>,
    /// What was promised.
    pub name: String,
    /// What it is; none where this version does not know it.
    pub kind: Option<Kind>,
    /// Satang, or hundredths of a percent.
    pub value: i64,
    /// It may stand on a bill beside others.
    pub is_stackable: bool,
    /// What it cost.
    pub points: i64,
    /// Which lots paid, and how much each.
    pub lots: Vec<(Uuid, i64)>,
    /// Microseconds since 1970 of the last second.
    pub expires_at: i64,
    /// What has become of it.
    pub state: State,
    /// Microseconds since 1970.
    pub issued_at: i64,
    /// Nickname of who issued it.
    pub issued_by: Option<String>,
    /// Microseconds since 1970.
    pub used_at: Option<i64>,
    /// Nickname of who took it in.
    pub used_by: Option<String>,
    /// The payment that it reduced.
    pub payment: Option<Uuid>,
    /// The bill before it, in satang.
    pub bill: Option<i64>,
    /// By so much it reduced the bill.
    pub satang: Option<i64>,
    /// Microseconds since 1970.
    pub closed_at: Option<i64>,
    /// Nickname of who cancelled it.
    pub closed_by: Option<String>,
    /// Why it was cancelled.
    pub reason: Option<String>,
    /// An unsent action wrote it.
    pub is_waiting: bool,
}

impl Coupon {
    /// Whether it can be used at `now`.
    pub fn is_usable(&self, now: i64) -> bool {
        self.state == State::Issued && self.expires_at >= now && self.kind.is_some()
    }

    /// What was promised, by name; none of money, which every reader says in their own language.
    pub fn title(&self) -> Option<&str> {
        self.reward.map(|_| self.name.as_str())
    }

    /// What it is to a bill.
    pub fn on_bill(&self) -> Option<reward::Coupon> {
        Some(reward::Coupon {
            id: self.id,
            kind: self.kind?,
            value: self.value,
            is_stackable: self.is_stackable,
        })
    }
}

const SELECT: &str = "SELECT c.id, coalesce(c.code, ''), c.customer_id, c.reward_id, coalesce(c.name, ''), coalesce(c.kind, ''), coalesce(c.value, 0), coalesce(c.is_stackable, 0), coalesce(c.points, 0),
    coalesce(c.lots, '[]'), coalesce(c.expires_at, 0), coalesce(c.state, ''), coalesce(c.issued_at, 0), coalesce(i.nickname, i.display_name), c.used_at, coalesce(u.nickname, u.display_name), c.payment_id, c.bill, c.satang,
    c.closed_at, coalesce(k.nickname, k.display_name), c.reason, EXISTS (SELECT 1 FROM shadow x WHERE x.tbl = 24 AND x.pk = c.id)
  FROM coupon c LEFT JOIN staff i ON i.id = c.issued_by LEFT JOIN staff u ON u.id = c.used_by LEFT JOIN staff k ON k.id = c.closed_by";

/// A customer's codes: those that can be used first, next to end before the others, then what is over, newest first; at most fifty.
///
/// # Errors
/// What SQLite says.
pub fn of_customer(connection: &Connection, customer: Uuid) -> Result<Vec<Coupon>> {
    let order = "WHERE c.customer_id = ?1 ORDER BY c.state <> 'issued', CASE WHEN c.state = 'issued' THEN c.expires_at ELSE -c.issued_at END, c.id LIMIT 50";
    list(connection, &format!("{SELECT} {order}"), [customer], read)
}

/// The codes that reduced a payment.
///
/// # Errors
/// What SQLite says.
pub fn of_payment(connection: &Connection, payment: Uuid) -> Result<Vec<Coupon>> {
    list(
        connection,
        &format!("{SELECT} WHERE c.payment_id = ?1 ORDER BY c.id"),
        [payment],
        read,
    )
}

/// One code.
///
/// # Errors
/// What SQLite says.
pub fn one(connection: &Connection, id: Uuid) -> Result<Option<Coupon>> {
    let mut statement = connection.prepare_cached(&format!("{SELECT} WHERE c.id = ?1"))?;
    Ok(statement.query_row([id], read).optional()?)
}

fn read(row: &Row<'_>) -> rusqlite::Result<Coupon> {
    Ok(Coupon {
        id: row.get(0)?,
        code: row.get(1)?,
        customer: row.get(2)?,
        reward: row.get(3)?,
        name: row.get(4)?,
        kind: Kind::from_word(row.get_ref(5)?.as_str()?),
        value: row.get(6)?,
        is_stackable: row.get(7)?,
        points: row.get(8)?,
        lots: lots(row.get_ref(9)?.as_str()?),
        expires_at: row.get(10)?,
        state: State::from_word(row.get_ref(11)?.as_str()?),
        issued_at: row.get(12)?,
        issued_by: row.get(13)?,
        used_at: row.get(14)?,
        used_by: row.get(15)?,
        payment: row.get(16)?,
        bill: row.get(17)?,
        satang: row.get(18)?,
        closed_at: row.get(19)?,
        closed_by: row.get(20)?,
        reason: row.get(21)?,
        is_waiting: row.get(22)?,
    })
}

fn lots(text: &str) -> Vec<(Uuid, i64)> {
    let said: Vec<Json> = serde_json::from_str(text).unwrap_or_default();
    let used = |used: &Json| {
        Some((
            Uuid::parse_str(used.get("lot")?.as_str()?).ok()?,
            used.get("points")?.as_i64()?,
        ))
    };
    said.iter().filter_map(used).collect()
}
