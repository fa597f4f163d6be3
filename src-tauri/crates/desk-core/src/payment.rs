//! Money that comes in at the counter and is given back: how it is paid, what of it is held for later ([`held`]), what paper says of it ([`receipt`], and of a code [`slip`]) and whom
//! a phone pays ([`promptpay`]). What it earns is the rule of [`crate::loyalty`].

pub mod held;
pub mod promptpay;
pub mod receipt;
pub mod slip;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// How money changed hands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// Notes and coins.
    Cash,
    /// A card, on the bank's own terminal.
    Card,
    /// PromptPay, by a code that the customer's phone reads.
    Promptpay,
    /// A transfer that the customer made themselves.
    Transfer,
    /// With nothing but what was held for the customer.
    Held,
}

impl Method {
    /// The word for the database.
    pub fn word(self) -> &'static str {
        match self {
            Self::Cash => "cash",
            Self::Card => "card",
            Self::Promptpay => "promptpay",
            Self::Transfer => "transfer",
            Self::Held => "held",
        }
    }

    /// The way with this word.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Cash, Self::Card, Self::Promptpay, Self::Transfer, Self::Held]
            .into_iter()
            .find(|way| way.word() == word)
    }
}
