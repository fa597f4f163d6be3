//! What the clinic's PostgreSQL promises: its migrations, who may sign in, the change feed down and the actions up.
//! Every SQL text for PostgreSQL is here; nothing here knows SQLite, the cache or the window.

pub mod connect;
pub mod demo;
pub mod doctor;
pub mod enrol;
mod error;
pub mod feed;
pub mod keep;
pub mod lease;
pub mod loyalty;
pub mod merge;
pub mod migrate;
pub mod pc;
pub mod push;
mod rows;
pub mod rule;
mod scram;
pub mod settings;
pub mod snapshot;
pub mod staff;
pub mod support;
pub mod synced;
pub mod ticket;
pub mod wake;
pub mod worker;

pub use error::{ClinicError, Result};
