//! What the screens ask the cache, by noun. Each query reads by key or index; none scans a whole noun.

pub mod achievement;
pub mod appointment;
pub mod clinic;
pub mod closed_day;
pub mod contact;
pub mod coupon;
pub mod customer;
pub mod followup;
pub mod journey;
pub mod lead;
pub mod loyalty;
pub mod notification;
pub mod payment;
pub mod policy;
pub mod referral;
pub mod report;
pub mod reward;
pub mod rule;
pub mod staff;
pub mod task;
pub mod trial;
pub mod visit;

use rusqlite::{Connection, Params, Row};

use crate::error::Result;

/// Every row of a query, made into a noun.
fn list<T>(
    connection: &Connection,
    sql: &str,
    params: impl Params,
    make: fn(&Row<'_>) -> rusqlite::Result<T>,
) -> Result<Vec<T>> {
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map(params, make)?.collect::<rusqlite::Result<_>>()?;
    Ok(rows)
}
