//! A redemption on its way: with the network it waits for the clinic's word, without it an allowance must cover it. Which of the two, and that
//! nothing is given away that neither covers, is settled in one transaction.

use desk_core::loyalty::{account::Account, lease::Barred};
use rusqlite::{Connection, OptionalExtension as _};
use serde_json::{Value as Json, json};
use uuid::Uuid;

use crate::{
    change::{self, Action, Destination},
    error::{CacheError, Result},
    lease,
    open::Cache,
    outbox, query, undo,
};

/// What has become of an action that was done here.
#[derive(Clone, Debug, PartialEq)]
pub enum Fate {
    /// It waits; once it may have left this PC, nobody here knows whether it has arrived.
    Waits {
        /// It may have left.
        is_sent: bool,
        /// It stands on an allowance.
        is_covered: bool,
    },
    /// The clinic has done it.
    Done,
    /// The clinic has decided against it.
    Refused {
        /// Why.
        code: String,
        /// What a person needs to decide.
        detail: Json,
    },
    /// It was taken out before it left.
    TakenOut,
}

/// What has become of an action; nothing for one that was never done here.
///
/// # Errors
/// What SQLite says.
pub fn fate(connection: &Connection, id: Uuid) -> Result<Option<Fate>> {
    if let Some(fate) = waiting(connection, id)? {
        return Ok(Some(fate));
    }
    if let Some(refused) = crate::attention::one(connection, id)? {
        let (code, detail) = (refused.code, refused.detail);
        return Ok(Some(Fate::Refused { code, detail }));
    }
    let outcome: Option<String> = connection
        .prepare_cached("SELECT outcome FROM archive WHERE id = ?1")?
        .query_row([id], |row| row.get(0))
        .optional()?;
    Ok(outcome.map(|word| if word == "ok" { Fate::Done } else { Fate::TakenOut }))
}

fn waiting(connection: &Connection, id: Uuid) -> Result<Option<Fate>> {
    Ok(connection
        .prepare_cached("SELECT sent_at IS NOT NULL, args, outcome FROM outbox WHERE id = ?1")?
        .query_row([id], |row| {
            let args: Json = serde_json::from_str(row.get_ref(1)?.as_str()?).unwrap_or_default();
            Ok(Fate::Waits {
                is_sent: row.get::<_, bool>(0)? || row.get::<_, Option<String>>(2)?.is_some(),
                is_covered: args.get("lease_id").is_some_and(Json::is_string),
            })
        })
        .optional()?)
}

/// Redeems without the network. Answers what is left of the allowance for this customer.
///
/// # Errors
/// [`CacheError::Refused`] with `points_short`, `reward_needs_clinic`, `lease_missing`, `balance_stale` or `lease_exceeded`, and as for [`change::perform`].
pub fn within_allowance(cache: &Cache, action: &Action) -> Result<i64> {
    cache.write(|transaction| {
        if outbox::is_known(transaction, action.id)? {
            return Ok(left(transaction, action)?.map_or(0, |(_, left)| left));
        }
        cover(transaction, action)
    })
}

/// Puts a redemption that has not left this PC onto the allowance instead, because there is no answer to be had. Nothing if it may have left;
/// where the allowance does not cover it, it is taken out, and why.
///
/// # Errors
/// What SQLite says.
pub fn without_the_network(cache: &Cache, id: Uuid) -> Result<Option<std::result::Result<i64, &'static str>>> {
    cache.write(|transaction| {
        let Some(action) = unsent(transaction, id)? else {
            return Ok(None);
        };
        undo::outbox_without(transaction, id, action.at)?;
        match cover(transaction, &action) {
            Ok(left) => {
                transaction.execute("DELETE FROM archive WHERE id = ?1", [id])?;
                Ok(Some(Ok(left)))
            }
            Err(CacheError::Refused(code)) => Ok(Some(Err(code))),
            Err(error) => Err(error),
        }
    })
}

/// Takes out what has not left this PC. False: it may have left, or is not there.
///
/// # Errors
/// What SQLite says.
pub fn take_out(cache: &Cache, id: Uuid) -> Result<bool> {
    cache.write(|transaction| {
        let Some(action) = unsent(transaction, id)? else {
            return Ok(false);
        };
        undo::outbox_without(transaction, id, action.at)?;
        Ok(true)
    })
}

fn unsent(connection: &Connection, id: Uuid) -> Result<Option<Action>> {
    let waiting = outbox::waiting(connection)?;
    let Some(action) = waiting.into_iter().find(|action| action.id == id) else {
        return Ok(None);
    };
    let may_leave = matches!(
        self::waiting(connection, id)?,
        Some(Fate::Waits {
            is_sent: false,
            is_covered: false
        })
    );
    Ok(may_leave.then_some(Action {
        id,
        person: action.person,
        name: action.name,
        args: action.args,
        at: action.at,
    }))
}

/// Does it on the allowance, if that and the points suffice. Nothing is written before both are known to.
fn cover(connection: &Connection, action: &Action) -> Result<i64> {
    let (customer, points) = about(action)?;
    let account = Account {
        lots: query::loyalty::lots(connection, customer)?,
        owed: 0,
    };
    if account.spendable(action.at) < points {
        return Err(CacheError::Refused("points_short"));
    }
    if is_counted(connection, action)? {
        return Err(CacheError::Refused("reward_needs_clinic"));
    }
    let (lease, left) = match lease::allowance(connection, customer, action.at)? {
        Ok((lease, left)) if left >= points => (lease, left),
        Ok(_) | Err(Barred::UsedUp) => return Err(CacheError::Refused("lease_exceeded")),
        Err(Barred::NoLease) => return Err(CacheError::Refused("lease_missing")),
        Err(Barred::Stale) => return Err(CacheError::Refused("balance_stale")),
    };
    let mut covered = action.clone();
    if let Some(args) = covered.args.as_object_mut() {
        args.insert("lease_id".into(), json!(lease));
        args.insert("at".into(), change::written(Some(action.at)));
    }
    let before = change::before(connection, &covered)?;
    change::enact(connection, &covered, Destination::Clinic, before.as_ref())?;
    Ok(left - points)
}

/// How many of such a reward are left is known to the clinic alone.
fn is_counted(connection: &Connection, action: &Action) -> Result<bool> {
    let id = action.args.get("reward_id").and_then(Json::as_str);
    let Some(id) = id.and_then(|id| Uuid::parse_str(id).ok()) else {
        return Ok(false);
    };
    let bought = query::reward::one(connection, id)?;
    Ok(bought.is_some_and(|bought| bought.offer.limit.is_some()))
}

fn left(connection: &Connection, action: &Action) -> Result<Option<(Uuid, i64)>> {
    Ok(lease::allowance(connection, about(action)?.0, action.at)?.ok())
}

fn about(action: &Action) -> Result<(Uuid, i64)> {
    let field = |name: &str| action.args.get(name);
    let customer = field("customer_id")
        .and_then(Json::as_str)
        .and_then(|id| Uuid::parse_str(id).ok());
    let points = field("points").and_then(Json::as_i64);
    customer.zip(points).ok_or(CacheError::Refused("value_not_allowed"))
}
