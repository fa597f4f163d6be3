//! What a person can do here: the use cases behind every command, their errors, and the ports to the machine. It composes cache, clinic and
//! sync; it knows no window and no operating system.

pub mod api;
pub mod command;
pub mod error;
pub mod ports;
