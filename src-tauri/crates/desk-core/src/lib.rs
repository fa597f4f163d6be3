//! The clinic's nouns and rules, pure: no I/O, no clock, no randomness. What both the database and the desk must know stands here once.

pub mod achievement;
pub mod call;
pub mod csv;
pub mod day;
pub mod demo;
pub mod journey;
pub mod lead;
pub mod loyalty;
pub mod moment;
pub mod opening;
pub mod order;
pub mod payment;
pub mod phone;
pub mod phrase;
pub mod priority;
pub mod referral;
pub mod role;
pub mod rule;
pub mod synced;
pub mod task;
pub mod text;
pub mod toast;
pub mod visit;
mod words;
