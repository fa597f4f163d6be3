//! What the screens ask the cache, by noun. Each query reads by key or index; none scans a whole noun.

pub mod achievement;
pub mod appointment;
pub mod approval;
pub mod clinic;
pub mod closed_day;
pub mod contact;
pub mod coupon;
pub mod customer;
pub mod followup;
pub mod journey;
pub mod lead;
pub mod loyalty;
pub mod merge;
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

/// How SQLite answers a question on the newest schema, a line a step.
#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test: what is not as expected ends it")]
fn plan_of(sql: &str) -> String {
    let empty = Connection::open_in_memory().unwrap();
    crate::migrate::advance(&empty).unwrap();
    let mut statement = empty.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
    let count = statement.parameter_count();
    let steps = statement.query_map(rusqlite::params_from_iter(vec![rusqlite::types::Null; count]), |row| {
        row.get::<_, String>(3)
    });
    steps.unwrap().collect::<rusqlite::Result<Vec<_>>>().unwrap().join("\n")
}
