//! What somebody is in a clinic. The database enforces what follows from it; a desk uses it to say beforehand what will be refused, and why.

use crate::words::words;

words! {
    /// A role.
    pub enum Role {
        /// Owns the clinic.
        Owner = "owner",
        /// Runs it.
        Manager = "manager",
        /// Receives and books.
        FrontDesk = "front_desk",
        /// Sells.
        Sales = "sales",
        /// Treats.
        Beautician = "beautician",
        /// The clinic's own automation: nobody pressed a key.
        System = "system",
    }
}
