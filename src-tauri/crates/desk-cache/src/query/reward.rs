//! What points can buy, as the clinic or its web system wrote it.

use desk_core::loyalty::{
    Tier,
    reward::{Kind, Offer},
};
use rusqlite::{Connection, OptionalExtension as _, Row};
use uuid::Uuid;

use super::list;
use crate::error::Result;

/// Something that points can buy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reward {
    /// The reward.
    pub id: Uuid,
    /// Its name.
    pub name: String,
    /// What it is in more words.
    pub description: Option<String>,
    /// Who can have it.
    pub offer: Offer,
    /// Offered by itself on a bill.
    pub is_automatic: bool,
    /// Its codes may stand beside others.
    pub is_stackable: bool,
    /// How many days a code of it can be used; none: as usual.
    pub days: Option<i64>,
    /// How often it was changed, for who changes it.
    pub version: i64,
    /// An unsent action wrote it.
    pub is_waiting: bool,
}

const SELECT: &str = "SELECT r.id, coalesce(r.name, ''), r.description, coalesce(r.type, ''), r.monetary_value, coalesce(r.points_cost, 0), coalesce(r.is_active, 1),
    r.valid_from, r.valid_until, r.max_redemptions, coalesce(r.current_redemptions, 0), coalesce(r.tier_requirement, ''), coalesce(r.auto_apply, 0), coalesce(r.stackable, 1),
    r.days, coalesce(r.version, 1), EXISTS (SELECT 1 FROM shadow x WHERE x.tbl = 8 AND x.pk = r.id)
  FROM reward r";

/// Every reward, cheapest first, whether or not anybody can have it.
///
/// # Errors
/// What SQLite says.
pub fn all(connection: &Connection) -> Result<Vec<Reward>> {
    list(
        connection,
        &format!("{SELECT} ORDER BY r.points_cost, r.name, r.id"),
        (),
        read,
    )
}

/// One reward.
///
/// # Errors
/// What SQLite says.
pub fn one(connection: &Connection, id: Uuid) -> Result<Option<Reward>> {
    let mut statement = connection.prepare_cached(&format!("{SELECT} WHERE r.id = ?1"))?;
    Ok(statement.query_row([id], read).optional()?)
}

/// Of all rewards, those that so many points can buy at this tier, at `now`.
///
/// # Errors
/// What SQLite says.
pub fn affordable(connection: &Connection, points: i64, tier: Tier, now: i64) -> Result<Vec<Reward>> {
    let mut rewards = all(connection)?;
    rewards.retain(|reward| reward.offer.bar(points, tier, now, false).is_none());
    Ok(rewards)
}

fn read(row: &Row<'_>) -> rusqlite::Result<Reward> {
    let name: String = row.get(1)?;
    Ok(Reward {
        id: row.get(0)?,
        description: row.get(2)?,
        offer: Offer {
            kind: Kind::from_word(row.get_ref(3)?.as_str()?),
            value: row.get(4)?,
            points_cost: row.get(5)?,
            is_named: !name.trim().is_empty(),
            is_active: row.get(6)?,
            from: row.get(7)?,
            until: row.get(8)?,
            limit: row.get(9)?,
            handed_out: row.get(10)?,
            tier: Tier::from_word(row.get_ref(11)?.as_str()?),
        },
        name,
        is_automatic: row.get(12)?,
        is_stackable: row.get(13)?,
        days: row.get(14)?,
        version: row.get(15)?,
        is_waiting: row.get(16)?,
    })
}
