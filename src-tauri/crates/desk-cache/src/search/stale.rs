//! Customers whose rows were written in this transaction. Search follows once, at its end: most of what is put back is done again right
//! away, and a customer who is in the end who they were keeps their search rows untouched.

use std::{cell::RefCell, collections::BTreeSet};

use desk_core::synced::Table;
use rusqlite::{Connection, Result};
use uuid::Uuid;

/// Who they are.
#[derive(Default)]
pub(crate) struct Stale(RefCell<BTreeSet<Uuid>>);

impl Stale {
    /// A row was written, or is about to be.
    pub(crate) fn note(&self, table: &Table, id: Uuid) {
        if table.name == "customer" {
            self.0.borrow_mut().insert(id);
        }
    }

    /// Brings search up to date.
    pub(crate) fn follow(self, connection: &Connection) -> Result<()> {
        let mut customers = self.0.into_inner().into_iter();
        customers.try_for_each(|id| super::reindex(connection, id))
    }
}
