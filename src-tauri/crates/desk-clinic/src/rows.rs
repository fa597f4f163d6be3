//! Rows as they are now, by table and key: one statement about the tables concerned, in one round trip, with nothing prepared.

use std::collections::{BTreeMap, HashMap};

use serde_json::Value as Json;
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Row as _};
use uuid::Uuid;

use crate::feed::Head;
use crate::synced::{json_list, pairs};
use crate::{ClinicError, Result};

/// What was found.
pub(crate) struct Rows {
    /// The clinic's clock in the snapshot in which they were read.
    pub(crate) version: i64,
    rows: HashMap<(i16, Uuid), Vec<Json>>,
}

impl Rows {
    /// The row of a key, in the order of [`desk_core::synced`]; none where it is gone or out of sight.
    pub(crate) fn take(&mut self, tbl: i16, pk: Uuid) -> Option<Vec<Json>> {
        self.rows.remove(&(tbl, pk))
    }
}

/// Reads these rows. Tables that this version does not know are passed over; without any known one nothing is asked.
pub(crate) async fn read(
    conn: &mut PgConnection,
    head: &Head,
    wanted: impl Iterator<Item = (i16, Uuid)>,
) -> Result<Rows> {
    let Some(text) = statement(head.clinic_id, wanted) else {
        return Ok(Rows {
            version: head.version,
            rows: HashMap::new(),
        });
    };
    let row = sqlx::raw_sql(AssertSqlSafe(text)).fetch_optional(conn).await?;
    let row = row.ok_or_else(|| ClinicError::refused("not_enrolled"))?;
    let found: Vec<(i16, Uuid, Vec<Json>)> =
        serde_json::from_value(row.try_get("rows")?).map_err(|_| ClinicError::Answer("rows"))?;
    Ok(Rows {
        version: row.try_get("version")?,
        rows: found.into_iter().map(|(tbl, pk, row)| ((tbl, pk), row)).collect(),
    })
}

/// Keys are numbers in here, never anybody's words: they can stand in the text.
fn statement(clinic: Uuid, wanted: impl Iterator<Item = (i16, Uuid)>) -> Option<String> {
    let mut keys: BTreeMap<i16, Vec<String>> = BTreeMap::new();
    for (tbl, pk) in wanted {
        keys.entry(tbl).or_default().push(pk.to_string());
    }
    let parts: Vec<String> = pairs()
        .filter_map(|(table, source)| {
            let (from, key, keys) = (source.from, source.key, keys.get(&source.number)?.join(","));
            let (number, columns) = (source.number, json_list(table, source));
            Some(format!(
                "select jsonb_build_array({number}, r.{key}, jsonb_build_array({columns})) as row from {from} r where r.clinic_id = '{clinic}' and r.{key} = any('{{{keys}}}')"
            ))
        })
        .collect();
    if parts.is_empty() {
        return None;
    }
    let parts = parts.join(" union all ");
    Some(format!(
        "select k.version, (select coalesce(jsonb_agg(f.row), '[]') from ({parts}) f) as rows from desk.clock k"
    ))
}
