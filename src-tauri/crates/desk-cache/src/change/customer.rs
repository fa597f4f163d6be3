//! Customer actions on the cache.

use desk_core::synced::Value;
use rusqlite::{Connection, OptionalExtension as _};
use serde_json::{Map, Value as Json, json};
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
    match action.uuid("lead_id") {
        Ok(lead) => link(ledger, lead, None, Some(id)),
        Err(_) => Ok(()),
    }
}

/// Whose a lead is, where it is nobody's else by now.
fn link(ledger: &Ledger<'_>, lead: Uuid, from: Option<Uuid>, to: Option<Uuid>) -> Result<()> {
    ledger.touch("lead", lead)?;
    ledger
        .connection
        .prepare_cached("UPDATE lead SET customer_id = ?3 WHERE id = ?1 AND customer_id IS ?2")?
        .execute((lead, from, to))?;
    Ok(())
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
    ledger.touch("customer", id)?;
    for (field, value) in action.args.get("set").and_then(Json::as_object).into_iter().flatten() {
        set(ledger, id, field, value.as_str())?;
    }
    Ok(())
}

/// What an edit replaces, field by field; a new customer replaces nothing.
pub(super) fn before(connection: &Connection, action: &Action) -> Result<Json> {
    if action.name == "customer.create" {
        return Ok(json!({}));
    }
    let now = typed(connection, action.uuid("id")?)?;
    let fields = action.args.get("set").and_then(Json::as_object).into_iter().flatten();
    let replaced = fields.map(|(field, _)| (field.clone(), now.get(field).cloned().unwrap_or_default()));
    Ok(Json::Object(replaced.collect()))
}

/// The edit the other way round, as long as everything it wrote still stands.
pub(super) fn reverting(connection: &Connection, done: &Action, before: &Json) -> Result<Json> {
    let now = typed(connection, done.uuid("id")?)?;
    let wrote = done
        .args
        .get("set")
        .and_then(Json::as_object)
        .cloned()
        .unwrap_or_default();
    let text = |value: Option<&Json>| value.and_then(Json::as_str).unwrap_or_default().to_owned();
    if wrote
        .iter()
        .any(|(field, value)| text(Some(value)) != text(now.get(field)))
    {
        return Err(CacheError::Refused("changed_meanwhile"));
    }
    Ok(json!({ "id": done.args.get("id"), "of": done.id, "set": before, "base": wrote }))
}

/// The name goes along, for lists that show what waits: the row is gone.
pub(super) fn removing(done: &Action) -> Json {
    let said = |field: &str| done.args.get(field);
    json!({ "id": said("id"), "of": done.id, "full_name": said("full_name"), "lead_id": said("lead_id") })
}

/// What of a customer the counter may write, by the name of the column.
fn typed(connection: &Connection, id: Uuid) -> Result<Map<String, Json>> {
    let found = connection
        .prepare_cached(
            "SELECT full_name, nickname, phone, email, birth_date, gender, notes FROM customer WHERE id = ?1",
        )?
        .query_row([id], |row| {
            let values = FIELDS.iter().enumerate().map(|(nth, field)| {
                let value: Option<String> = row.get(nth)?;
                Ok(((*field).to_owned(), Json::from(value)))
            });
            values.collect::<rusqlite::Result<_>>()
        })
        .optional()?;
    found.ok_or(CacheError::Refused("customer_not_found"))
}

/// Takes out a customer who was registered by mistake.
pub(super) fn remove(ledger: &Ledger<'_>, action: &Action) -> Result<()> {
    is_unused(ledger.connection, action)?;
    let id = action.uuid("id")?;
    if let Ok(lead) = action.uuid("lead_id") {
        link(ledger, lead, Some(id), None)?;
    }
    let table = ledger.touch("customer", id)?;
    row::delete(ledger.connection, table, id)
}

/// Nothing this PC knows of belongs to the customer, neither a row nor anything that waits, but the lead that they were made of.
pub(super) fn is_unused(connection: &Connection, done: &Action) -> Result<()> {
    let sql = "SELECT 1 FROM journey WHERE customer_id = ?1 UNION ALL SELECT 1 FROM followup WHERE customer_id = ?1
         UNION ALL SELECT 1 FROM loyalty_profile WHERE customer_id = ?1 UNION ALL SELECT 1 FROM point_entry WHERE customer_id = ?1
         UNION ALL SELECT 1 FROM appointment WHERE customer_id = ?1 UNION ALL SELECT 1 FROM lead WHERE customer_id = ?1 AND id IS NOT ?3
         UNION ALL SELECT 1 FROM preference WHERE customer_id = ?1 UNION ALL SELECT 1 FROM payment WHERE customer_id = ?1
         UNION ALL SELECT 1 FROM outbox WHERE undone_at IS NULL
           AND (name = 'customer.edit' AND args ->> 'id' = ?2 OR name = 'points.award' AND args ->> 'customer_id' = ?2) LIMIT 1";
    let id = done.uuid("id")?;
    let is_used = connection
        .prepare_cached(sql)?
        .exists((id, id.to_string(), done.uuid("lead_id").ok()))?;
    if is_used {
        Err(CacheError::Refused("customer_in_use"))
    } else {
        Ok(())
    }
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
