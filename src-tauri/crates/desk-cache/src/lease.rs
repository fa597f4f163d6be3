//! This PC's allowance to redeem points without the network: which one it is, and what is left of it here, unsent redemptions counted.

use chrono::DateTime;
use desk_core::{
    day,
    loyalty::lease::{self, Barred, Lease},
};
use rusqlite::{Connection, OptionalExtension as _};
use uuid::Uuid;

use crate::{error::Result, query::clinic, rebase};

/// The allowance that this PC was given last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Own {
    /// Which.
    pub id: Uuid,
    /// What it says; none until its row has arrived.
    pub lease: Option<Lease>,
}

/// The name of the entry in `meta`: the allowance's id, and the day on which it was asked for.
const NAME: &str = "lease";

/// Whether the clinic was asked for the allowance of this day already.
///
/// # Errors
/// What SQLite says.
pub fn was_asked(connection: &Connection, now: i64) -> Result<bool> {
    let asked = noted(connection)?.map(|(_, day)| day);
    Ok(asked == Some(today(connection, now)?))
}

/// Notes which allowance this PC was given today.
///
/// # Errors
/// What SQLite says.
pub fn keep(connection: &Connection, id: Uuid, now: i64) -> Result<()> {
    let value = format!("{id} {}", today(connection, now)?);
    connection
        .prepare_cached("INSERT OR REPLACE INTO meta (name, value) VALUES (?1, ?2)")?
        .execute((NAME, value))?;
    Ok(())
}

fn today(connection: &Connection, now: i64) -> Result<String> {
    let at = DateTime::from_timestamp_micros(now).unwrap_or_default();
    Ok(day::date(at, clinic::zone(connection)?).to_string())
}

fn noted(connection: &Connection) -> Result<Option<(Uuid, String)>> {
    let value: Option<String> = connection
        .prepare_cached("SELECT value FROM meta WHERE name = ?1")?
        .query_row([NAME], |row| row.get(0))
        .optional()?;
    Ok(value.and_then(|value| {
        let (id, day) = value.split_once(' ')?;
        Some((Uuid::parse_str(id).ok()?, day.to_owned()))
    }))
}

/// The allowance that this PC was given last.
///
/// # Errors
/// What SQLite says.
pub fn own(connection: &Connection) -> Result<Option<Own>> {
    let Some((id, _)) = noted(connection)? else {
        return Ok(None);
    };
    let lease = connection
        .prepare_cached(
            "SELECT coalesce(points, 0), coalesce(per_customer, 0), coalesce(used, 0), coalesce(ends_at, 0) FROM lease WHERE id = ?1",
        )?
        .query_row([id], |row| {
            Ok(Lease {
                points: row.get(0)?,
                per_customer: row.get(1)?,
                used: row.get(2)?,
                ends_at: row.get(3)?,
            })
        })
        .optional()?;
    Ok(Some(Own { id, lease }))
}

/// How many points can be redeemed here for a customer without the network, and against which allowance.
///
/// # Errors
/// What SQLite says.
pub fn allowance(
    connection: &Connection,
    customer: Uuid,
    now: i64,
) -> Result<std::result::Result<(Uuid, i64), Barred>> {
    let Some(own) = own(connection)? else {
        return Ok(Err(Barred::NoLease));
    };
    let had: i64 = connection
        .prepare_cached("SELECT coalesce(-sum(amount), 0) FROM point_entry WHERE customer_id = ?1 AND lease_id = ?2")?
        .query_row((customer, own.id), |row| row.get(0))?;
    let seen_at = rebase::stream(connection, "clinic")?.map(|stream| stream.synced_at);
    Ok(lease::allowance(own.lease, had, seen_at, now).map(|left| (own.id, left)))
}
