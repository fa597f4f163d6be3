//! What was typed, understood: words, a phone number, a code; with and without a form of address; on the other keyboard layout.

use desk_core::{
    phone::{self, Wanted},
    text::{self, sound::Sounds},
};

use super::person::compact;

/// One way to understand the typed text.
#[derive(Clone, Debug)]
pub(super) struct Reading {
    /// The folded text.
    pub text: String,
    /// Its words, without forms of address that stand alone.
    pub words: Vec<Word>,
    /// The same as a phone number or a part of at least four digits.
    pub phone: Option<Wanted>,
    /// Its letters and digits, if they can be a customer code.
    pub code: Option<String>,
    /// 0 as typed, 1 without a form of address, 2 and 3 the same on the other layout.
    pub order: u8,
}

/// One word of a reading.
#[derive(Clone, Debug)]
pub(super) struct Word {
    pub text: String,
    /// The word as the initial of a family name, if it is one letter.
    pub initial: Option<char>,
    pub sounds: Option<Sounds>,
    /// The word as a phone number or a part of at least four digits.
    pub phone: Option<Wanted>,
}

/// From this many digits on, what was typed is a whole phone number and nothing else.
const WHOLE_NUMBER: usize = 9;

impl Reading {
    fn new(text: &str, order: u8) -> Self {
        Self {
            words: text
                .split(' ')
                .filter(|word| !word.is_empty())
                .take(6)
                .map(Word::new)
                .collect(),
            code: code(text),
            text: text.to_owned(),
            phone: wanted(text),
            order,
        }
    }

    /// The same reading of other text.
    pub(super) fn with_text(&self, text: &str) -> Self {
        Self::new(text, self.order)
    }

    /// A complete phone number: who does not have it is not meant.
    pub(super) fn is_whole_number(&self) -> bool {
        self.phone
            .as_ref()
            .is_some_and(|phone| phone.digits().len() >= WHOLE_NUMBER)
    }

    /// Whether the text was repaired.
    pub(super) fn is_repaired(&self) -> bool {
        self.order >= 2
    }
}

impl Word {
    fn new(text: &str) -> Self {
        let letter = text.trim_end_matches('.');
        let mut letters = letter.chars();
        let initial = letters
            .next()
            .filter(|c| letters.next().is_none() && (text::is_thai_consonant(*c) || c.is_ascii_alphabetic()));
        let text = if initial.is_some() { letter } else { text };
        Self {
            initial,
            sounds: text::sound::sounds(text),
            phone: wanted(text),
            text: text.to_owned(),
        }
    }
}

fn wanted(text: &str) -> Option<Wanted> {
    Wanted::read(text).filter(|wanted| wanted.digits().len() >= phone::LEAST_DIGITS)
}

/// The text as typed, and without a form of address if it begins with one.
pub(super) fn as_typed(typed: &str) -> Vec<Reading> {
    readings(typed, 0)
}

/// The text as the other keyboard layout would have given it, if all of it can be one.
pub(super) fn repaired(typed: &str) -> Option<Vec<Reading>> {
    let thai = typed.chars().any(text::is_thai);
    let other = if thai {
        text::th_to_us(typed)
    } else {
        text::us_to_th(typed)
    };
    let one_layout = if thai { other.is_ascii() } else { typed.is_ascii() };
    let changed = one_layout && text::fold(&other) != text::fold(typed);
    changed
        .then(|| readings(&other, 2))
        .filter(|readings| !readings.is_empty())
}

fn readings(typed: &str, order: u8) -> Vec<Reading> {
    let folded = text::fold(typed);
    if folded.is_empty() {
        return Vec::new();
    }
    let stripped = text::strip_titles(&folded);
    let without_title = (stripped.len() < folded.len()).then(|| Reading::new(stripped, order + 1));
    std::iter::once(Reading::new(&folded, order))
        .chain(without_title)
        .collect()
}

/// Letters, then digits, with nothing but separators between: `a-000123`, `a 123`, `000123`.
fn code(folded: &str) -> Option<String> {
    let plain = folded
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || " -_./#".contains(c));
    let compact = compact(folded);
    let number = compact.trim_start_matches(|c: char| c.is_ascii_alphabetic());
    let ends_in_digits = !number.is_empty() && number.len() <= 8 && number.chars().all(|c| c.is_ascii_digit());
    (plain && ends_in_digits && compact.len() - number.len() <= 6).then_some(compact)
}
