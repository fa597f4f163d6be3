//! What crosses from the window to Rust and back: one request and one response per command, by noun.
//! Instants are milliseconds since 1970 UTC, money is satang, dates are `YYYY-MM-DD`. The TypeScript types are generated from these.

pub mod achievement;
pub mod agenda;
pub mod booking;
pub mod call;
pub mod coupon;
pub mod customer;
pub mod display;
pub mod followup;
pub mod friends;
pub mod gift;
pub mod journey;
pub mod lead;
pub mod manage;
pub mod merge;
pub mod notification;
pub mod opening;
pub mod payment;
pub mod points;
pub mod reward;
pub mod rule;
pub mod session;
pub mod settings;
pub mod support;
pub mod sync;
pub mod task;
pub mod today;
pub mod undo;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Asks nothing.
#[derive(Clone, Debug, Default, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct Nothing {}

/// It is saved on this PC; `waiting` tells whether it still has to reach the clinic.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Saved {
    /// The row that was written.
    pub id: uuid::Uuid,
    /// It waits in the outbox (never so in the demo clinic).
    pub waiting: bool,
    /// The action, where it can be taken back.
    pub undo: Option<uuid::Uuid>,
}
