//! Who is this? One line of text in, the few customers it most likely means out, at every keystroke, from this PC alone.
//!
//! Order: exact code, phone, booked today, nickname, name, LINE name, sounds alike, e-mail, inside a name; within one of these the
//! most recent visit first. Text that finds nothing good is tried again as typed on the wrong keyboard layout. Nothing found is
//! nothing, never a guess: a phone number with one wrong digit finds nobody.
//!
//! [`index`] keeps the tables, `reading` understands what was typed, `lookup` asks the tables, `find` collects and
//! orders candidates, `grade` judges a person.

mod find;
mod grade;
mod highlight;
pub mod index;
mod lookup;
mod person;
mod reading;
mod stale;

use rusqlite::{Connection, Result};
use uuid::Uuid;

pub use highlight::{Highlight, Shown};
pub use index::{build_index, create_indexes, reindex, remove};
pub(crate) use stale::Stale;

/// What is asked.
#[derive(Clone, Copy, Debug)]
pub struct Query<'a> {
    /// What was typed so far, untouched.
    pub text: &'a str,
    /// The clinic's today, `YYYY-MM-DD`: who is booked comes first.
    pub today: &'a str,
    /// How many hits at most.
    pub limit: usize,
}

/// The answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// Best first.
    pub hits: Vec<Hit>,
    /// Set when some hits were found by repairing the keyboard layout.
    pub repaired: Option<Repaired>,
}

/// What the same keys give on the other layout.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repaired {
    /// The text that was searched for.
    pub text: String,
}

/// One customer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit {
    /// Who.
    pub customer_id: Uuid,
    /// Why, in one word: the row says it.
    pub why: MatchKind,
    /// When they are booked today, `HH:MM`.
    pub booked_at: Option<String>,
    /// What to mark in the row.
    pub highlights: Vec<Highlight>,
    /// The name that they were found by, where that is one of a customer who was merged into them.
    pub found_as: Option<String>,
}

/// Why a customer was found, best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MatchKind {
    /// The customer code.
    Code,
    /// The phone number, its last digits or at least four of its digits.
    Phone,
    /// A name of someone who comes today.
    BookedToday,
    /// The whole nickname.
    Nickname,
    /// The beginning of the nickname.
    NicknamePrefix,
    /// A given or family name or its beginning.
    Name,
    /// The LINE display name, a word or an emoji of it.
    LineName,
    /// A name that sounds alike.
    SoundsLike,
    /// The e-mail address or a word of it.
    Email,
    /// In the middle of a name.
    Substring,
}

/// Searches. Answers an empty list to empty text.
///
/// # Errors
/// What SQLite says.
pub fn search(connection: &Connection, query: &Query<'_>) -> Result<Found> {
    let mut search = find::Search::new(connection, query)?;
    for reading in reading::as_typed(query.text) {
        search.run(&reading)?;
    }
    if let Some(repaired) = reading::repaired(query.text).filter(|_| !search.has_whole_match()) {
        search.run_repaired(&repaired)?;
    }
    search.finish()
}

#[cfg(test)]
mod tests;
