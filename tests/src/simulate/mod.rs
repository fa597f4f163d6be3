//! The sync in a deterministic simulation.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    clippy::too_many_lines,
    reason = "the simulation is code of tests: what is not as expected ends it, and the panic names it"
)]

pub mod absurd;
pub mod against;
pub mod alike;
mod booking;
pub mod chance;
pub mod check;
mod check_counter;
mod check_door;
mod code;
mod counter;
pub mod decide;
mod door;
mod draw;
mod lead;
pub mod line;
mod pay;
pub mod pc;
pub mod person;
pub mod plan;
pub mod planted;
pub mod predict;
mod predict_door;
mod predict_lead;
mod predict_pay;
pub mod real;
mod redeem;
mod reverse;
pub mod rounds;
pub mod row;
pub mod run;
pub mod seeds;
pub mod seen;
pub mod server;
pub mod shrink;
pub mod start;
pub mod tell;
mod tier;
pub mod trace;
mod visit;
pub mod web;
pub mod world;
