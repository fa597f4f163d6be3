//! How urgent a task is: stored in words, ordered by rank. (Ordering the words themselves put critical last in the old system: defect W10.)

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// A task's or notification's priority, least urgent first, so that `Ord` is the rank.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Priority {
    /// Can wait.
    Low,
    /// The usual.
    #[default]
    Medium,
    /// Today.
    High,
    /// Now.
    Critical,
}

impl Priority {
    /// The priority as the database writes it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }

    /// The priority as the database writes it; an unknown word counts as the usual.
    pub fn from_word(word: &str) -> Self {
        match word {
            "low" => Self::Low,
            "high" => Self::High,
            "critical" => Self::Critical,
            _ => Self::Medium,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn critical_ranks_above_every_other() {
        assert!(Priority::Critical > Priority::High);
        assert!(Priority::High > Priority::Medium);
        assert!(Priority::Medium > Priority::Low);
    }
}
