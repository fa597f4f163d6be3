//! What the tests of the whole share. Tests themselves stand in `tests/tests/`, one file a subject.
//!
//! Not for tests of one crate: those live in that crate.

pub mod harness;
pub mod server;
pub mod simulate;
