//! Customer actions on the cache.

use desk_core::synced::Value;
use rusqlite::OptionalExtension as _;
use serde_json::Value as Json;
use uuid::Uuid;

use super::{Action, Ledger};
use crate::{
    error::{CacheError, Result},
    row,
};

/// What the counter may write, by the name of the column.
const FIELDS: [&str; 7] = [
    "full_name",
    "nickname",
    "phone",
    "email",
    "birth_date",
    "gender",
    "notes",
];

pub(super) fn create(ledger: &Ledger<'_>, action: &Action) -> Result<()> {
    let id = action.uuid("id")?;
    let table = ledger.touch("customer", id)?;
    let values: Vec<Value> = table
        .columns
        .iter()
        .map(|column| initial(action, id, column.name))
        .collect();
    row::put(ledger.connection, table, &values)?;
    ledger.reindex(table, id)
}

/// A new customer's column before the database has added what it knows better, such as the code.
fn initial(action: &Action, id: Uuid, column: &str) -> Value {
    match column {
        "id" => Value::Uuid(id),
        "status" => Value::Text("active".into()),
        "customer_type" => Value::Text("regular".into()),
        "source" => Value::Text("walk_in".into()),
        "created_at" | "updated_at" => Value::Int(action.at),
        field if FIELDS.contains(&field) => Value::text(action.text(field).map(str::to_owned)),
        _ => Value::Null,
    }
}

pub(super) fn edit(ledger: &Ledger<'_>, action: &Action) -> Result<()> {
    let id = action.uuid("id")?;
    ledger
        .connection
        .prepare_cached("SELECT 1 FROM customer WHERE id = ?1")?
        .query_row([id], |_| Ok(()))
        .optional()?
        .ok_or(CacheError::Refused("customer_not_found"))?;
    let table = ledger.touch("customer", id)?;
    for (field, value) in action.args.get("set").and_then(Json::as_object).into_iter().flatten() {
        set(ledger, id, field, value.as_str())?;
    }
    ledger.reindex(table, id)
}

fn set(ledger: &Ledger<'_>, id: Uuid, field: &str, value: Option<&str>) -> Result<()> {
    let sql = match field {
        "full_name" => "UPDATE customer SET full_name = ?2 WHERE id = ?1",
        "nickname" => "UPDATE customer SET nickname = ?2 WHERE id = ?1",
        "phone" => "UPDATE customer SET phone = ?2 WHERE id = ?1",
        "email" => "UPDATE customer SET email = ?2 WHERE id = ?1",
        "birth_date" => "UPDATE customer SET birth_date = ?2 WHERE id = ?1",
        "gender" => "UPDATE customer SET gender = ?2 WHERE id = ?1",
        "notes" => "UPDATE customer SET notes = ?2 WHERE id = ?1",
        _ => return Err(CacheError::Refused("value_not_allowed")),
    };
    ledger.connection.prepare_cached(sql)?.execute((id, value))?;
    Ok(())
}
