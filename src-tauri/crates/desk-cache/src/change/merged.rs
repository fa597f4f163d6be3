//! Actions and customers who were merged: what names the old one is done to who was kept. Merging itself is the database's.

use rusqlite::Connection;
use serde_json::{Value as Json, json};
use uuid::Uuid;

use super::{Action, Ledger, assign, referral::DECIDERS};
use crate::{error::Result, query::merge};

/// The action for who was kept; nothing where nobody in it was merged.
pub(super) fn to_survivors(connection: &Connection, action: &Action) -> Result<Option<Action>> {
    let mut changed: Option<Action> = None;
    let is_edit = matches!(action.name.as_str(), "customer.edit" | "customer.revert");
    let names = ["customer_id", "referrer_id"]
        .into_iter()
        .chain(is_edit.then_some("id"));
    for name in names {
        let named = action.args.get(name).and_then(Json::as_str);
        let Some(was) = named.and_then(|id| Uuid::parse_str(id).ok()) else {
            continue;
        };
        let one = merge::survivor(connection, was)?;
        if one == was {
            continue;
        }
        let action = changed.get_or_insert_with(|| action.clone());
        if let Some(args) = action.args.as_object_mut() {
            args.insert(name.to_owned(), json!(one));
        }
    }
    Ok(changed)
}

/// Nothing changes here before the clinic has answered.
pub(super) fn asks(ledger: &Ledger<'_>, action: &Action) -> Result<()> {
    assign::require_role(ledger.connection, action, &DECIDERS)
}
