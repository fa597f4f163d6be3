//! Rows on their way in. What the clinic did in one transaction may come in several pages, and a waiting action that is done again on half of
//! it would show what it gives or takes twice. So the rows that waiting actions touch stay as they are until the stream has come to a moment
//! that the clinic was in, and are taken in there together. They are few: as many as what waits has touched.

use std::collections::BTreeSet;

use desk_core::synced::{self, Value};
use rusqlite::Connection;
use uuid::Uuid;

use crate::{
    error::{CacheError, Result},
    rebase::{Change, Op},
    shadow,
};

/// Nouns that the database writes for a customer when points move. The first points of somebody make a membership that the desk cannot know the key of.
const LEDGER: [&str; 3] = ["loyalty_profile", "point_entry", "lot"];

/// What is held back.
pub(crate) struct Held {
    rows: BTreeSet<(i16, Uuid)>,
    /// Customers whose points are about to move.
    customers: BTreeSet<Uuid>,
}

impl Held {
    /// What waiting actions touch, before kept rows are put back, and what is held already: a later state of it must not overtake.
    pub(crate) fn of(connection: &Connection, scope: &str) -> Result<Self> {
        let mut rows = connection
            .prepare_cached("SELECT tbl, pk FROM shadow UNION SELECT tbl, pk FROM arriving WHERE scope = ?1")?;
        // Whose points move is said by what waits, or by the entry that it has written here: who agrees to a gift names no customer.
        let mut customers = connection.prepare_cached(
            "SELECT args ->> 'customer_id' FROM outbox WHERE args ->> 'customer_id' IS NOT NULL
             UNION SELECT hex(entry.customer_id) FROM shadow JOIN point_entry AS entry ON entry.id = shadow.pk
             WHERE shadow.tbl = ?1 AND entry.customer_id IS NOT NULL",
        )?;
        let entries = synced::named("point_entry").map(|table| table.number);
        let customers = customers.query_map([entries], |row| row.get::<_, String>(0))?;
        Ok(Self {
            rows: rows
                .query_map([scope], |row| Ok((row.get(0)?, row.get(1)?)))?
                .collect::<rusqlite::Result<_>>()?,
            customers: customers
                .filter_map(|id| id.map(|id| Uuid::parse_str(&id).ok()).transpose())
                .collect::<rusqlite::Result<_>>()?,
        })
    }

    /// Whether this one waits.
    pub(crate) fn holds(&self, change: &Change) -> bool {
        self.rows.contains(&(change.tbl, change.pk)) || (!self.customers.is_empty() && self.is_of_a_customer(change))
    }

    fn is_of_a_customer(&self, change: &Change) -> bool {
        let table = synced::table(change.tbl).filter(|table| LEDGER.contains(&table.name));
        let column = table.and_then(|table| table.columns.iter().position(|column| column.name == "customer_id"));
        let value = change
            .row
            .as_ref()
            .zip(column)
            .and_then(|(row, column)| row.get(column));
        matches!(value, Some(Value::Uuid(customer)) if self.customers.contains(customer))
    }
}

/// Holds one back.
pub(crate) fn hold(connection: &Connection, scope: &str, change: &Change) -> Result<()> {
    connection
        .prepare_cached("INSERT OR REPLACE INTO arriving (scope, tbl, pk, op, row) VALUES (?1, ?2, ?3, ?4, ?5)")?
        .execute((
            scope,
            change.tbl,
            change.pk,
            number(change.op),
            change.row.as_deref().map(shadow::to_text),
        ))?;
    Ok(())
}

/// Everything that this stream has brought and that was held back; it is held no longer.
pub(crate) fn take(connection: &Connection, scope: &str) -> Result<Vec<Change>> {
    let held: Vec<(i16, Uuid, i64, Option<String>)> = connection
        .prepare_cached("SELECT tbl, pk, op, row FROM arriving WHERE scope = ?1 ORDER BY tbl, pk")?
        .query_map([scope], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))?
        .collect::<rusqlite::Result<_>>()?;
    if !held.is_empty() {
        connection
            .prepare_cached("DELETE FROM arriving WHERE scope = ?1")?
            .execute([scope])?;
    }
    held.into_iter()
        .map(|(tbl, pk, op, row)| {
            let table = synced::table(tbl).ok_or(CacheError::Damaged)?;
            let row = row.map(|text| shadow::from_text(table, &text)).transpose()?;
            Ok(Change {
                tbl,
                op: op_of(op)?,
                pk,
                row,
            })
        })
        .collect()
}

fn number(op: Op) -> i64 {
    match op {
        Op::Put => 0,
        Op::Delete => 1,
        Op::Leave => 2,
    }
}

fn op_of(number: i64) -> Result<Op> {
    match number {
        0 => Ok(Op::Put),
        1 => Ok(Op::Delete),
        2 => Ok(Op::Leave),
        _ => Err(CacheError::Damaged),
    }
}
