//! The command beside the clinic's PostgreSQL: migrations, people and their logins, the worker that fires what is due, a made-up clinic, and a look at what is wrong.
//! It prints plain sentences for the clinic's IT person; what the sentences are about is decided in `desk-clinic`.

pub mod cli;
mod clinic;
mod demo;
mod doctor;
mod feed;
mod loyalty;
mod migrate;
mod pc;
mod staff;
mod support;
mod words;
mod worker;

pub use words::sentence;
