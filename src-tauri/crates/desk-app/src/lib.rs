//! What a person can do here: the use cases behind every command, their errors, and the ports to the machine. It composes cache, clinic and
//! sync; it knows no window and no operating system.

mod age;
mod agenda;
mod alerts;
pub mod api;
mod booking;
mod call;
mod check;
pub mod command;
mod connect;
mod customer;
mod day;
mod demo;
mod desk;
mod display;
pub mod error;
mod followup;
mod journey;
mod lead;
mod lead_row;
mod line;
mod notification;
mod opening;
mod payment;
pub mod ports;
mod qr;
mod redeem;
mod row;
mod rule;
mod settings;
mod start;
mod support;
mod sync;
mod task;
mod today;
mod told;
mod topic;
mod translate;
mod typed;
mod undo;
pub mod vault;
mod watch;
mod wipe;
mod words;

pub use desk::{Desk, Places, Ports};
