//! Doing something here: the action's effect on the cache and its outbox row, in one transaction. The same effects are replayed over what
//! the clinic sends until the clinic's own answer is among it. The database decides; this is the desk's honest guess.

mod customer;
mod followup;
mod notification;
mod points;
mod task;

use desk_core::synced::{self, Table};
use rusqlite::Connection;
use serde_json::Value as Json;
use uuid::Uuid;

use crate::{
    error::{CacheError, Result},
    open::Cache,
    outbox, shadow,
};

/// Something a person did.
#[derive(Clone, Debug)]
pub struct Action {
    /// The mutation's identity: doing the same one twice does it once.
    pub id: Uuid,
    /// Who.
    pub person: Uuid,
    /// For example `task.complete`.
    pub name: String,
    /// As in the list of actions in the architecture page.
    pub args: Json,
    /// Microseconds since 1970.
    pub at: i64,
}

/// Whether there is a clinic to send to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Destination {
    /// The clinic's PostgreSQL: the action waits in the outbox.
    Clinic,
    /// The demo clinic: this file is all there is.
    Here,
}

/// Does it: when this returns, the effect and the outbox row are on the disk.
///
/// # Errors
/// [`CacheError::Refused`] when it cannot be done on what this PC knows (nothing is changed), else what SQLite says.
pub fn perform(cache: &Cache, action: &Action, destination: Destination) -> Result<()> {
    cache.write(|transaction| {
        if outbox::is_known(transaction, action.id)? {
            return Ok(());
        }
        let ledger = Ledger {
            connection: transaction,
            keeps_shadows: destination == Destination::Clinic,
        };
        apply(&ledger, action)?;
        match destination {
            Destination::Clinic => outbox::add(transaction, action),
            Destination::Here => outbox::archive(transaction, action),
        }
    })
}

/// Replays what waits over rows that have just arrived. What no longer fits is left to the database's answer.
pub(crate) fn replay(connection: &Connection) -> Result<()> {
    let ledger = Ledger {
        connection,
        keeps_shadows: true,
    };
    for waiting in outbox::waiting(connection)? {
        let action = Action {
            id: waiting.id,
            person: waiting.person,
            name: waiting.name,
            args: waiting.args,
            at: waiting.at,
        };
        match apply(&ledger, &action) {
            Err(CacheError::Refused(_)) | Ok(()) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

fn apply(ledger: &Ledger<'_>, action: &Action) -> Result<()> {
    match action.name.as_str() {
        "task.complete" => task::complete(ledger, action),
        "task.reassign" => task::reassign(ledger, action),
        "task.snooze" => task::snooze(ledger, action),
        "task.note" => task::note(ledger, action),
        "customer.create" => customer::create(ledger, action),
        "customer.edit" => customer::edit(ledger, action),
        "points.award" => points::award(ledger, action),
        "followup.done" => followup::close(ledger, action, "sent"),
        "followup.cancel" => followup::close(ledger, action, "cancelled"),
        "notification.read" => notification::read(ledger, action),
        _ => Err(CacheError::Refused("value_not_allowed")),
    }
}

/// The cache while an action is applied: every row is kept as it was before it is touched.
struct Ledger<'a> {
    connection: &'a Connection,
    keeps_shadows: bool,
}

impl Ledger<'_> {
    /// Announces that a row is about to change.
    fn touch(&self, noun: &str, id: Uuid) -> Result<&'static Table> {
        let table = synced::named(noun).ok_or(CacheError::Shape { table: "unknown" })?;
        if self.keeps_shadows {
            shadow::keep(self.connection, table, id)?;
        }
        Ok(table)
    }

    /// Search follows a customer row that changed.
    fn reindex(&self, table: &'static Table, id: Uuid) -> Result<()> {
        shadow::index(self.connection, table, id)
    }
}

impl Action {
    fn uuid(&self, field: &str) -> Result<Uuid> {
        self.text(field)
            .and_then(|text| Uuid::parse_str(text).ok())
            .ok_or(CacheError::Refused("value_not_allowed"))
    }

    fn text(&self, field: &str) -> Option<&str> {
        self.args.get(field).and_then(Json::as_str)
    }
}
