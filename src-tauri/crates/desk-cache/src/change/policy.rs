//! Another version of what the clinic promises. The database gives the number and decides.

use chrono::{NaiveDate, NaiveTime};
use desk_core::{day, synced::Value};
use serde_json::Value as Json;

use super::{Action, Ledger, assign};
use crate::{
    error::{CacheError, Result},
    query::{clinic, policy},
    row,
};

pub(super) fn plan(ledger: &Ledger<'_>, action: &Action) -> Result<()> {
    assign::require_role(ledger.connection, action, &["owner", "manager"])?;
    let newest = policy::versions(ledger.connection)?
        .first()
        .map_or(0, |version| version.policy.version);
    if action.args.get("expected").and_then(Json::as_i64) != Some(newest) {
        return Err(CacheError::Refused("changed_meanwhile"));
    }
    let text = |field: &str| Value::text(action.text(field).map(str::to_owned));
    let number = |field: &str| {
        action
            .args
            .get(field)
            .and_then(Json::as_i64)
            .map_or(Value::Null, Value::Int)
    };
    let json = |field: &str| Value::text(action.args.get(field).map(Json::to_string));
    let id = action.uuid("id")?;
    let table = ledger.touch("loyalty_policy", id)?;
    let values = [
        Value::Uuid(id),
        Value::Int(newest + 1),
        Value::Int(starts_at(ledger, action)?),
        text("basis"),
        json("multipliers"),
        json("floors"),
        number("months"),
        number("welcome"),
        number("point_satang"),
        text("reason"),
        Value::Uuid(action.person),
        Value::Int(action.at),
        json("bonuses"),
        json("discounts"),
        number("redeem_satang"),
    ];
    row::put(ledger.connection, table, &values)
}

/// From today on is from now on; else from the beginning of the day.
fn starts_at(ledger: &Ledger<'_>, action: &Action) -> Result<i64> {
    let from: Option<NaiveDate> = action.text("from").and_then(|day| day.parse().ok());
    let from = from.ok_or(CacheError::Refused("date_out_of_range"))?;
    let today = policy::day_of(ledger.connection, action.at)?;
    if from < today {
        return Err(CacheError::Refused("date_out_of_range"));
    }
    if from == today {
        return Ok(action.at);
    }
    Ok(day::instant(from, NaiveTime::MIN, clinic::zone(ledger.connection)?).timestamp_micros())
}
