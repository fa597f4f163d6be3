//! Referrals on the cache: who sent whom, and a manager's word. Whether one is paid is judged beside the database, so the desk shows that it waits; only in the
//! demo clinic, where this file is all there is, does a manager's word give the points here.

use desk_core::synced::Value;
use rusqlite::{Connection, OptionalExtension as _};
use uuid::Uuid;

use super::{Action, Ledger, assign, points};
use crate::{
    error::{CacheError, Result},
    query::{
        policy,
        referral::{State, get, of_friend, referrer_of},
    },
    row,
};

/// Who may record one; the database asks for the same.
pub const RECORDERS: [&str; 4] = ["owner", "manager", "front_desk", "sales"];
/// Who may decide one.
pub const DECIDERS: [&str; 2] = ["owner", "manager"];

pub(super) fn apply(ledger: &Ledger<'_>, action: &Action) -> Result<()> {
    match action.name.as_str() {
        "referral.record" => record(ledger, action),
        _ => decide(ledger, action),
    }
}

fn record(ledger: &Ledger<'_>, action: &Action) -> Result<()> {
    assign::require_role(ledger.connection, action, &RECORDERS)?;
    let friend = action.uuid("customer_id")?;
    let code = action.text("code");
    let referrer = match code {
        Some(code) => referrer_of(ledger.connection, code)?.ok_or(CacheError::Refused("referral_code_unknown"))?,
        None => action.uuid("referrer_id")?,
    };
    for customer in [friend, referrer] {
        is_there(ledger.connection, customer)?;
    }
    if referrer == friend {
        return Err(CacheError::Refused("referral_of_oneself"));
    }
    if of_friend(ledger.connection, friend)?.is_some() {
        return Err(CacheError::Refused("already_referred"));
    }
    put(ledger, action, (referrer, friend), code.is_some())
}

fn is_there(connection: &Connection, customer: Uuid) -> Result<()> {
    let sql = "SELECT 1 FROM customer WHERE id = ?1";
    if connection.prepare_cached(sql)?.exists([customer])? {
        Ok(())
    } else {
        Err(CacheError::Refused("customer_not_found"))
    }
}

fn put(ledger: &Ledger<'_>, action: &Action, (referrer, friend): (Uuid, Uuid), by_code: bool) -> Result<()> {
    let id = action.uuid("id")?;
    let table = ledger.touch("referral", id)?;
    let values = [
        Value::Uuid(id),
        Value::Uuid(referrer),
        Value::Uuid(friend),
        Value::Int(action.at),
        Value::Uuid(action.person),
        Value::Int(i64::from(by_code)),
        Value::Text("waiting".into()),
        Value::Text("waits_for_payment".into()),
        Value::Null,
        Value::Null,
        Value::Null,
        Value::Int(0),
    ];
    row::put(ledger.connection, table, &values)
}

fn decide(ledger: &Ledger<'_>, action: &Action) -> Result<()> {
    assign::require_role(ledger.connection, action, &DECIDERS)?;
    let id = action.uuid("id")?;
    let why = action.text("reason").ok_or(CacheError::Refused("reason_missing"))?;
    let found = get(ledger.connection, id)?.ok_or(CacheError::Refused("referral_not_found"))?;
    let pays = action.text("decision") == Some("pay");
    let may = match found.state {
        State::Review => true,
        State::Refused => pays,
        State::Waiting | State::Paid | State::Reversed => false,
    };
    if !may {
        return Err(CacheError::Refused("referral_decided"));
    }
    if pays && found.friend.paid <= 0 {
        return Err(CacheError::Refused("referral_not_paid_for"));
    }
    ledger.touch("referral", id)?;
    let promised = policy::at(ledger.connection, found.made_at)?.bonuses.referral;
    let (state, given) = if pays { ("paid", promised) } else { ("refused", 0) };
    ledger
        .connection
        .prepare_cached(
            "UPDATE referral SET state = ?2, points = ?3, decided_at = ?4, decided_by = ?5, note = ?6 WHERE id = ?1",
        )?
        .execute((id, state, given, action.at, action.person, why))?;
    if pays && ledger.is_the_clinic() {
        points::give(ledger, action.at, found.referrer.id, promised, "แนะนำเพื่อน", id)?;
    }
    Ok(())
}

/// Whether somebody waits for a colleague's word, and whose roles may give it.
pub fn may(connection: &Connection, person: Uuid, roles: &[&str]) -> Result<bool> {
    let role: Option<String> = connection
        .prepare_cached("SELECT role FROM staff WHERE id = ?1 AND active = 1")?
        .query_row([person], |row| row.get(0))
        .optional()?
        .flatten();
    Ok(role.is_some_and(|role| roles.contains(&role.as_str())))
}
