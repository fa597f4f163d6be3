//! What the people of the test did and were told, against which PostgreSQL is held at the end.

use uuid::Uuid;

/// One thing a person did at a desk.
#[derive(Clone, Debug)]
pub struct Deed {
    /// Stands in the text of the action, so that it is found again wherever it went.
    pub token: String,
    pub name: &'static str,
    /// What it was done to; for an award, the entry.
    pub target: Uuid,
    pub told: Told,
    pub undo: Undo,
}

/// What the desk answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// Saved, as this action.
    Confirmed(Uuid),
    /// Not done.
    Refused,
    /// The desk was killed before it answered.
    Nothing,
}

/// What became of taking it back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Undo {
    NotTried,
    /// It never left the PC, and never will.
    TakenOut,
    /// A reversal was added.
    Reversed,
    Refused,
    /// The desk was killed before it answered.
    Unknown,
}

impl Deed {
    pub fn confirmed(&self) -> Option<Uuid> {
        match self.told {
            Told::Confirmed(id) => Some(id),
            Told::Refused | Told::Nothing => None,
        }
    }
}
