//! What this PC knows: an encrypted SQLite file with the clinic's nouns as last seen, the actions that still wait to be sent, and search.
//! It is synchronous and knows no network. One connection writes and checkpoints; readers are read-only. How both sides come to agree
//! is `desk-sync`'s question; this crate gives it whole transactions to do so.

pub mod alert;
mod arriving;
pub mod attention;
pub mod change;
pub mod choice;
pub mod error;
pub mod lease;
pub mod load;
mod migrate;
pub mod open;
pub mod outbox;
pub mod query;
pub mod rebase;
pub mod redemption;
pub mod row;
pub mod schema;
pub mod search;
mod shadow;
pub mod support;
pub mod undo;

pub use error::CacheError;
pub use open::{Cache, Key};
