//! The ledger's sums for who answers for the clinic. Everything that they are made of is on this PC, so they need no network and say as of when.

use desk_core::loyalty::{
    Tier,
    gift::Reason,
    policy::{Basis, Policy},
    trial::{Billed, Standing},
};
use rusqlite::Connection;
use uuid::Uuid;

use super::{list, policy};
use crate::error::Result;

/// A lot with something left.
#[derive(Clone, Debug)]
pub struct Left {
    /// Whose.
    pub customer: Uuid,
    /// Code of the customer.
    pub code: String,
    /// Name of the customer.
    pub name: String,
    /// Points.
    pub points: i64,
    /// When they end, microseconds since 1970; none: never.
    pub ends_at: Option<i64>,
    /// Where they came in, as far as it is known.
    pub branch: Option<String>,
}

/// Every lot with something left, next to end first.
///
/// # Errors
/// What SQLite says.
pub fn left(connection: &Connection) -> Result<Vec<Left>> {
    let sql = "SELECT l.customer_id, coalesce(c.code, ''), coalesce(c.full_name, ''), l.remaining, l.expires_at, l.branch
               FROM lot l LEFT JOIN customer c ON c.id = l.customer_id WHERE l.remaining > 0 ORDER BY l.expires_at IS NULL, l.expires_at, l.id";
    list(connection, sql, [], |row| {
        Ok(Left {
            customer: row.get(0)?,
            code: row.get(1)?,
            name: row.get(2)?,
            points: row.get(3)?,
            ends_at: row.get(4)?,
            branch: row.get(5)?,
        })
    })
}

/// An entry of the ledger with whom it concerns.
#[derive(Clone, Debug)]
pub struct Moved {
    /// Code of the customer.
    pub code: String,
    /// Name of the customer.
    pub name: String,
    /// Kind.
    pub kind: String,
    /// Points; what goes is less than nothing.
    pub amount: i64,
    /// When it counts from, microseconds since 1970.
    pub at: i64,
    /// Who wrote it.
    pub by: Option<String>,
    /// What for.
    pub said: Option<String>,
    /// Kind of the entry that it takes back.
    pub takes_back: Option<String>,
    /// What was there before this ledger: nobody earned it here, and nobody spent it.
    pub is_opening: bool,
    /// Somebody gave it by hand, or took that back: no bill, no welcome.
    pub is_gift: bool,
    /// Of a gift: why, if it was one of the clinic's reasons.
    pub reason: Option<Reason>,
    /// The second person who agreed.
    pub agreed_by: Option<String>,
}

/// Entries that count from a moment on, oldest first.
///
/// # Errors
/// What SQLite says.
pub fn moved(connection: &Connection, since: i64) -> Result<Vec<Moved>> {
    let sql = "SELECT coalesce(c.code, ''), coalesce(c.full_name, ''), coalesce(e.type, ''), coalesce(e.amount, 0), coalesce(e.effective_at, e.created_at, 0),
                      coalesce(s.nickname, s.display_name), CASE WHEN e.purpose IN ('gift', 'ungive') THEN e.description ELSE coalesce(e.reason, e.description) END,
                      coalesce(e.purpose IN ('gift', 'ungive'), e.type = 'bonus' AND e.given_by IS NOT NULL), e.reason, (SELECT coalesce(d.nickname, d.display_name) FROM approval a JOIN staff d ON d.id = a.decided_by WHERE a.entry_id = e.id),
                      (SELECT o.type FROM point_entry o WHERE o.id = e.reverses), coalesce(e.purpose = 'opening', 0)
               FROM point_entry e LEFT JOIN customer c ON c.id = e.customer_id LEFT JOIN staff s ON s.id = e.given_by
               WHERE coalesce(e.effective_at, e.created_at, 0) >= ?1 ORDER BY 5, e.id";
    list(connection, sql, [since], |row| {
        Ok(Moved {
            code: row.get(0)?,
            name: row.get(1)?,
            kind: row.get(2)?,
            amount: row.get(3)?,
            at: row.get(4)?,
            by: row.get(5)?,
            said: row.get(6)?,
            is_gift: row.get(7)?,
            reason: row.get::<_, Option<String>>(8)?.as_deref().and_then(Reason::from_word),
            agreed_by: row.get(9)?,
            takes_back: row.get(10)?,
            is_opening: row.get(11)?,
        })
    })
}

/// A member.
#[derive(Clone, Debug)]
pub struct Held {
    /// Code of the customer.
    pub code: String,
    /// Name of the customer.
    pub name: String,
    /// What is held.
    pub tier: Tier,
    /// Points that can be used.
    pub points: i64,
    /// Points that are owed.
    pub owed: i64,
    /// The tier's anniversary.
    pub until: Option<String>,
}

/// Every member, highest tier first.
///
/// # Errors
/// What SQLite says.
pub fn held(connection: &Connection) -> Result<Vec<Held>> {
    let sql = "SELECT coalesce(c.code, ''), coalesce(c.full_name, ''), coalesce(p.tier, ''), coalesce(p.available_points, 0), coalesce(p.owed, 0), p.tier_until
               FROM loyalty_profile p LEFT JOIN customer c ON c.id = p.customer_id
               WHERE NOT EXISTS (SELECT 1 FROM merge m WHERE m.from_id = p.customer_id AND m.separated_at IS NULL) ORDER BY p.total_points DESC, p.id";
    list(connection, sql, [], |row| {
        Ok(Held {
            code: row.get(0)?,
            name: row.get(1)?,
            tier: Tier::from_word(row.get_ref(2)?.as_str()?),
            points: row.get(3)?,
            owed: row.get(4)?,
            until: row.get(5)?,
        })
    })
}

/// An achievement that a member has.
#[derive(Clone, Debug)]
pub struct Unlocked {
    /// Which.
    pub achievement: Uuid,
    /// Its name.
    pub what: String,
    /// Who.
    pub customer: Uuid,
    /// Code of the customer.
    pub code: String,
    /// Name of the customer.
    pub name: String,
    /// Since when, microseconds since 1970.
    pub at: i64,
}

/// What members have achieved, oldest first.
///
/// # Errors
/// What SQLite says.
pub fn unlocked(connection: &Connection) -> Result<Vec<Unlocked>> {
    let sql = "SELECT d.achievement_id, coalesce(a.name, ''), d.customer_id, coalesce(c.code, ''), coalesce(c.full_name, ''), d.earned_at
               FROM achieved d JOIN achievement a ON a.id = d.achievement_id JOIN loyalty_profile p ON p.customer_id = d.customer_id LEFT JOIN customer c ON c.id = d.customer_id
               WHERE d.earned_at IS NOT NULL AND NOT EXISTS (SELECT 1 FROM merge m WHERE m.from_id = d.customer_id AND m.separated_at IS NULL) ORDER BY d.earned_at, d.id";
    list(connection, sql, [], |row| {
        Ok(Unlocked {
            achievement: row.get(0)?,
            what: row.get(1)?,
            customer: row.get(2)?,
            code: row.get(3)?,
            name: row.get(4)?,
            at: row.get(5)?,
        })
    })
}

/// Bills that were paid from a moment on, each less what was given back of it; what is held is none.
///
/// # Errors
/// What SQLite says.
pub fn bills(connection: &Connection, since: i64) -> Result<Vec<Billed>> {
    let sql = "SELECT p.satang - coalesce((SELECT sum(r.satang) FROM payment r WHERE r.refunds = p.id), 0), coalesce(p.multiplier_tenths, 0), coalesce(l.tier, '')
               FROM payment p LEFT JOIN loyalty_profile l ON l.customer_id = p.customer_id WHERE p.refunds IS NULL AND p.held_as IS NULL AND p.taken_at >= ?1";
    list(connection, sql, [since], |row| {
        Ok(Billed {
            satang: row.get(0)?,
            tenths: row.get(1)?,
            tier: Tier::from_word(row.get_ref(2)?.as_str()?),
        })
    })
}

/// What decides every member's tier, by the policy that counts now and by another one.
///
/// # Errors
/// What SQLite says.
pub fn standings(connection: &Connection, now: &Policy, then: &Policy, at: i64) -> Result<Vec<Standing>> {
    let (from, to) = policy::year(connection, at)?;
    let sql = "SELECT coalesce(l.total_points, 0), max(coalesce((SELECT sum(CASE WHEN p.refunds IS NULL THEN p.satang ELSE -p.satang END) FROM payment p
                 WHERE p.customer_id = l.customer_id AND p.held_as IS NULL AND p.taken_at >= ?1 AND p.taken_at < ?2), 0), 0) FROM loyalty_profile l
               WHERE NOT EXISTS (SELECT 1 FROM merge m WHERE m.from_id = l.customer_id AND m.separated_at IS NULL)";
    let by = |basis: Basis, points: i64, satang: i64| match basis {
        Basis::Points => points,
        Basis::Baht => satang,
    };
    let all: Vec<(i64, i64)> = list(connection, sql, (from, to), |row| Ok((row.get(0)?, row.get(1)?)))?;
    let stand = |(points, satang): (i64, i64)| Standing {
        now: by(now.basis, points, satang),
        then: by(then.basis, points, satang),
    };
    Ok(all.into_iter().map(stand).collect())
}
