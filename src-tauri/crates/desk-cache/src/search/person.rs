//! A customer as search sees one: every field folded. All terms of the index derive from this, so a row knows its own terms.

use desk_core::{phone, text};
use rusqlite::{Result, Row};
use uuid::Uuid;

/// The folded fields. `doc` is 0 until the row has its place.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Person {
    pub doc: i64,
    pub nickname: String,
    pub name: String,
    pub line_name: String,
    pub email: String,
    pub phone: String,
    pub code: String,
    pub id: Uuid,
}

/// The columns of `customer` that [`Person::from_customer`] reads, in its order.
pub(super) const CUSTOMER_COLUMNS: &str = "id, nickname, full_name, line_name, email, phone, code, last_visit_date";

impl Person {
    /// A person from [`CUSTOMER_COLUMNS`].
    pub(super) fn from_customer(row: &Row<'_>) -> Result<Self> {
        let folded = |index: usize| {
            Ok::<_, rusqlite::Error>(text::fold(&row.get::<_, Option<String>>(index)?.unwrap_or_default()))
        };
        let (nickname, name) = (folded(1)?, folded(2)?);
        Ok(Self {
            doc: 0,
            nickname: text::strip_titles(&nickname).to_owned(),
            name: text::strip_titles(&name).to_owned(),
            line_name: folded(3)?,
            email: folded(4)?.replace(' ', ""),
            phone: phones(&row.get::<_, Option<String>>(5)?.unwrap_or_default()),
            code: compact(&folded(6)?),
            id: id(row, 0)?,
        })
    }

    /// A person from `SELECT doc, nickname, name, line_name, email, phone, code, id FROM search_person`.
    pub(super) fn from_index(row: &Row<'_>) -> Result<Self> {
        Ok(Self {
            doc: row.get(0)?,
            nickname: row.get(1)?,
            name: row.get(2)?,
            line_name: row.get(3)?,
            email: row.get(4)?,
            phone: row.get(5)?,
            code: row.get(6)?,
            id: id(row, 7)?,
        })
    }

    /// The words of the name, given name first.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.name.split(' ').filter(|word| !word.is_empty())
    }

    /// The first consonant of the family name: what staff add to a nickname that many have.
    pub(super) fn initial(&self) -> Option<char> {
        self.names().nth(1).and_then(text::first_consonant)
    }

    /// The words and emoji of the LINE name; `n'แนน` is the word แนน.
    pub(super) fn line_words(&self) -> Vec<String> {
        let mut words = words_and_symbols(&self.line_name);
        let stripped = text::strip_titles(&self.line_name);
        if stripped.len() < self.line_name.len() {
            words.extend(words_and_symbols(stripped).into_iter().take(1));
        }
        words
    }

    /// The LINE name without its spaces: `t o n` is also ton.
    pub(super) fn line_compact(&self) -> String {
        self.line_name.replace(' ', "")
    }

    /// The e-mail address from each word of its local part on.
    pub(super) fn email_words(&self) -> Vec<&str> {
        let local = self.email.split('@').next().unwrap_or_default();
        let starts = local.char_indices().scan('.', |before, (index, c)| {
            let start = c.is_alphanumeric() && !before.is_alphanumeric();
            *before = c;
            Some(start.then_some(index))
        });
        starts.flatten().filter_map(|index| self.email.get(index..)).collect()
    }
}

fn id(row: &Row<'_>, index: usize) -> Result<Uuid> {
    let bytes: [u8; 16] = row.get(index)?;
    Ok(Uuid::from_bytes(bytes))
}

/// Letters and digits only.
pub(super) fn compact(folded: &str) -> String {
    folded.chars().filter(|c| c.is_alphanumeric()).collect()
}

fn phones(on_file: &str) -> String {
    let digits = |part: &str| {
        text::fold(part)
            .chars()
            .filter(char::is_ascii_digit)
            .collect::<String>()
    };
    let each = on_file
        .split([',', '/', ';', '\n'])
        .map(|part| phone::e164(part).unwrap_or_else(|| digits(part)));
    each.filter(|number| !number.is_empty()).collect::<Vec<_>>().join(" ")
}

fn words_and_symbols(folded: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut inside = false;
    for c in folded.chars() {
        let letter = c.is_alphanumeric() || text::is_thai(c) || ('\u{3099}'..='\u{309a}').contains(&c);
        match words.last_mut().filter(|_| letter && inside) {
            Some(word) => word.push(c),
            None if letter || !c.is_ascii() => words.push(c.to_string()),
            None => {}
        }
        inside = letter;
    }
    words
}
