//! What is held against what: PostgreSQL's answer and the model's, and how they differ.

use std::collections::BTreeMap;

use chrono::DateTime;
use desk_cache::{
    outbox::Outcome,
    rebase::{Entry, Op, Position},
};
use desk_core::synced::Value;
use serde_json::{Value as Json, json};

use super::{
    real::detail,
    row::{Key, Row, table},
};

/// How the two differ.
pub type Difference = String;

/// Something, unless the two differ.
pub type Found<T = ()> = Result<T, Difference>;

/// The same answer.
pub(super) fn same<T: PartialEq + std::fmt::Debug>(what: &str, real: &T, model: &T) -> Found {
    if real == model {
        Ok(())
    } else {
        Err(format!("{what}\n  PostgreSQL {real:?}\n  model      {model:?}"))
    }
}

/// Outcomes as they are compared.
pub(super) fn plainly(outcomes: &Result<Vec<Outcome>, String>) -> Json {
    let one = |outcome: &Outcome| match &outcome.refused {
        None => json!([outcome.id, "ok"]),
        Some(refused) => json!([outcome.id, refused.code, without_one_of_many(detail(refused))]),
    };
    match outcomes {
        Ok(outcomes) => outcomes.iter().map(one).collect(),
        Err(word) => json!(word),
    }
}

/// When a booking was moved last: of several moves in one transaction the database may name any.
fn without_one_of_many(mut detail: Json) -> Json {
    if detail.get("field").and_then(Json::as_str) == Some("slot")
        && let Some(fields) = detail.as_object_mut()
    {
        fields.remove("at");
    }
    detail
}

/// Columns that hold documents: PostgreSQL writes them with blanks and with its own order of keys.
const DOCUMENTS: [(&str, &str); 10] = [
    ("customer", "tags"),
    ("appointment", "services"),
    ("journey", "treatment_plan"),
    ("followup", "content"),
    ("followup", "response"),
    ("clinic", "loyalty_multipliers"),
    ("followup_rule", "channels"),
    ("lead", "reasons"),
    ("lead", "told"),
    ("lead", "factors"),
];

/// An instant that is carried as text, in the time zone of whoever wrote it.
const HELD: (&str, &str) = ("notification", "after");

fn moment(text: &str) -> Option<i64> {
    let at = DateTime::parse_from_rfc3339(text).ok()?;
    Some(at.timestamp_micros())
}

/// What PostgreSQL notes beside an entry, and the model does not; `clinic_points` and `clinic_payments` hold it.
const NOTED: [(&str, &[&str]); 1] = [(
    "point_entry",
    &[
        "agreed_by",
        "effective_at",
        "given_by",
        "multiplier_tenths",
        "policy",
        "purpose",
        "satang",
        "source",
    ],
)];

/// A row by the names of its columns, with documents read.
fn readable(row: &Row) -> BTreeMap<&'static str, String> {
    let noun = table(row.tbl);
    let is_noted = |column: &str| {
        NOTED
            .iter()
            .any(|(of, columns)| *of == noun.name && columns.contains(&column))
    };
    let columns = noun.columns.iter().zip(&row.values);
    let columns = columns.filter(|(column, _)| !is_noted(column.name));
    let columns = columns.map(|(column, value)| match value {
        Value::Text(text) if DOCUMENTS.contains(&(noun.name, column.name)) => {
            let mut read: Json = serde_json::from_str(text).unwrap_or_default();
            read.sort_all_objects();
            (column.name, read.to_string())
        }
        Value::Text(text) if (noun.name, column.name) == HELD => (column.name, format!("{:?}", moment(text))),
        other => (column.name, format!("{other:?}")),
    });
    columns.collect()
}

fn same_row(what: &str, real: &Row, model: &Row) -> Found {
    let (real, model) = (readable(real), readable(model));
    let differs: Vec<_> = real
        .iter()
        .filter(|(name, value)| model.get(*name) != Some(value))
        .collect();
    if differs.is_empty() {
        return Ok(());
    }
    let ours = differs.iter().map(|(name, _)| (*name, model.get(*name)));
    let ours: Vec<_> = ours.collect();
    Err(format!(
        "{what}: {}\n  PostgreSQL {differs:?}\n  model      {ours:?}",
        real["id"]
    ))
}

/// The same changes in the same order.
pub(super) fn same_changes(what: &str, real: &[Entry], model: &[Entry]) -> Found {
    let keys = |entries: &[Entry]| -> Vec<(Position, Op, bool)> {
        let key = |entry: &Entry| (entry.place(), entry.change.op, entry.change.row.is_some());
        entries.iter().map(key).collect()
    };
    same(what, &keys(real), &keys(model))?;
    let changes = real.iter().map(|entry| &entry.change);
    for (real, model) in changes.zip(model.iter().map(|entry| &entry.change)) {
        if let (Some(values), Some(ours)) = (&real.row, &model.row) {
            let row = |values: &Vec<Value>| Row {
                tbl: real.tbl,
                values: values.clone(),
            };
            same_row(&format!("{what}: {}", table(real.tbl).name), &row(values), &row(ours))?;
        }
    }
    Ok(())
}

/// The same rows, in whatever order.
pub(super) fn same_rows(what: &str, real: Vec<Row>, model: impl Iterator<Item = Row>) -> Found {
    let by_key = |rows: Vec<Row>| -> BTreeMap<Key, Row> { rows.into_iter().map(|row| (row.key(), row)).collect() };
    let (real, model) = (by_key(real), by_key(model.collect()));
    let keys = |rows: &BTreeMap<Key, Row>, other: &BTreeMap<Key, Row>| -> Vec<Key> {
        rows.keys().filter(|key| !other.contains_key(key)).copied().collect()
    };
    same(&format!("rows of {what}"), &keys(&real, &model), &keys(&model, &real))?;
    for (key, row) in &real {
        same_row(&format!("{what}: {}", table(key.0).name), row, &model[key])?;
    }
    Ok(())
}
