//! What to mark in a row, so that a person sees at a glance why it is there. Ranges count characters (Unicode scalar values, as
//! `Array.from` gives them in JavaScript) of the field as the clinic has it; for phones, of [`desk_core::phone::display`].

use desk_core::{
    phone,
    text::{self, Folded},
};
use rusqlite::{Connection, Result};
use uuid::Uuid;

use super::reading::Reading;

/// A field that a row shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Shown {
    /// `customer.nickname`
    Nickname,
    /// `customer.full_name`
    FullName,
    /// `customer.line_name`
    LineName,
    /// `customer.email`
    Email,
    /// `customer.phone` in its display form
    Phone,
    /// `customer.code`
    Code,
}

/// Characters `start..end` of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Highlight {
    /// Which field.
    pub field: Shown,
    /// First character.
    pub start: usize,
    /// The one after the last.
    pub end: usize,
}

/// A customer's fields as the row shows them.
pub(super) fn shown(connection: &Connection, id: Uuid) -> Result<Vec<(Shown, String)>> {
    let sql = "SELECT nickname, full_name, line_name, email, phone, code FROM customer WHERE id = ?1";
    let fields = [
        Shown::Nickname,
        Shown::FullName,
        Shown::LineName,
        Shown::Email,
        Shown::Phone,
        Shown::Code,
    ];
    connection.prepare_cached(sql)?.query_row([id.as_bytes()], |row| {
        let each = fields.iter().enumerate().map(|(index, field)| {
            let value = row.get::<_, Option<String>>(index)?.unwrap_or_default();
            Ok((
                *field,
                if *field == Shown::Phone {
                    phone::display(&value)
                } else {
                    value
                },
            ))
        });
        each.collect()
    })
}

/// The first place of each word in each field, and of the digits in phone and code.
pub(super) fn mark(fields: &[(Shown, String)], reading: &Reading) -> Vec<Highlight> {
    let marks = fields.iter().flat_map(|(field, value)| match field {
        Shown::Phone | Shown::Code => digits_in(value, reading)
            .into_iter()
            .map(|range| (*field, range))
            .collect::<Vec<_>>(),
        Shown::Nickname | Shown::FullName | Shown::LineName | Shown::Email => words_in(value, reading)
            .into_iter()
            .map(|range| (*field, range))
            .collect(),
    });
    marks
        .map(|(field, (start, end))| Highlight { field, start, end })
        .collect()
}

fn words_in(value: &str, reading: &Reading) -> Vec<(usize, usize)> {
    let folded = text::fold_mapped(value);
    let words = reading
        .words
        .iter()
        .filter(|word| word.initial.is_none() || reading.words.len() == 1);
    words.filter_map(|word| first(&folded, &word.text)).collect()
}

fn first(folded: &Folded, word: &str) -> Option<(usize, usize)> {
    let places: Vec<usize> = folded.text.match_indices(word).map(|(start, _)| start).collect();
    let begins_a_word = |start: &&usize| {
        folded
            .text
            .get(..**start)
            .is_none_or(|before| before.is_empty() || before.ends_with(' '))
    };
    let start = places.iter().find(begins_a_word).or(places.first())?;
    folded.original_range(*start, start + word.len())
}

/// Where the typed digits stand among those of the field; the last place, because people say the last digits.
fn digits_in(value: &str, reading: &Reading) -> Option<(usize, usize)> {
    let words = reading.words.iter().filter_map(|word| word.phone.as_ref());
    let wanted = reading.phone.as_ref().or_else(|| words.into_iter().next())?.digits();
    let digits: Vec<(usize, char)> = value.chars().enumerate().filter(|(_, c)| c.is_ascii_digit()).collect();
    let text: String = digits.iter().map(|(_, c)| *c).collect();
    let place = |wanted: &str| text.rfind(wanted).map(|start| (start, start + wanted.len()));
    let (start, end) = place(wanted)
        .or_else(|| place(wanted.strip_prefix('0')?))
        .filter(|(start, end)| start < end)?;
    Some((digits.get(start)?.0, digits.get(end - 1)?.0 + 1))
}
