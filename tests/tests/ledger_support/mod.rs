//! Who does anything to the ledger, and what they know of the money that was paid in advance.

pub mod book;
pub mod person;
