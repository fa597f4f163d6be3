//! The questions that search asks the tables, each bounded: it would rather miss the hundredth of a thousand than make a person wait.

use std::{cmp::Reverse, collections::HashMap};

use desk_core::{phone::Wanted, text::sound};
use rusqlite::{Connection, OptionalExtension as _, Params, Result, params};

use super::{
    grade::is_long_enough_inside,
    index::{Field, LONGEST_TERM},
    person::Person,
    reading::Word,
};

/// A range of terms longer than this is common; its best hits are met sooner by going through people by their last visit.
pub(super) const COMMON: usize = 3_000;
/// How many people of a combination of words are looked at, most recent first.
const LOOKED_AT: usize = 200;
/// How many recent people are looked at when every word is common.
const RECENT: usize = 1_000;
/// How many names a part or a sound may lead to.
const NAMES: usize = 40;
/// How many names that sound alike are worth showing.
const ALIKE: usize = 8;
/// How many of today's bookings are looked at.
const BOOKINGS: usize = 1_000;

const PERSON: &str = "SELECT doc, nickname, name, line_name, email, phone, code, id FROM search_person";

/// Reads the search tables.
#[derive(Clone, Copy)]
pub(super) struct Lookup<'a>(pub &'a Connection);

impl Lookup<'_> {
    /// People in whom every word may be found, most recent first. `thorough` also looks inside names and for names that sound alike.
    pub(super) fn combined(&self, words: &[Word], thorough: bool) -> Result<Vec<Person>> {
        let long = words.iter().filter(|word| word.initial.is_none());
        let sets = long
            .map(|word| self.owners(word, thorough))
            .collect::<Result<Vec<_>>>()?;
        let mut sets: Vec<Vec<i64>> = sets.into_iter().flatten().collect();
        sets.sort_by_key(Vec::len);
        let Some((rarest, others)) = sets.split_first() else {
            return self.recent();
        };
        let in_all = |doc: &&i64| others.iter().all(|docs| docs.binary_search(doc).is_ok());
        let found = rarest.iter().rev().filter(in_all).take(LOOKED_AT);
        let people = found.map(|doc| self.person(*doc)).collect::<Result<Vec<_>>>()?;
        Ok(people.into_iter().flatten().collect())
    }

    /// In whom this word may be found, in ascending order; nothing if they are too many to list.
    fn owners(&self, word: &Word, thorough: bool) -> Result<Option<Vec<i64>>> {
        let mut docs = Vec::new();
        for field in [Field::Nickname, Field::Name, Field::Line, Field::LineWord, Field::Email] {
            let range = self.range(field, &word.text, 2 * COMMON)?;
            if range.len() >= 2 * COMMON {
                return Ok(None);
            }
            docs.extend(range);
        }
        if let Some(wanted) = &word.phone {
            docs.extend(self.with_digits(wanted, true)?);
            docs.extend(self.with_digits(wanted, false)?);
        }
        if thorough {
            self.weaker_owners(word, &mut docs)?;
        }
        docs.sort_unstable();
        docs.dedup();
        Ok(Some(docs))
    }

    /// Those who have the word inside a name, or whose names sound like it.
    fn weaker_owners(&self, word: &Word, docs: &mut Vec<i64>) -> Result<()> {
        if is_long_enough_inside(&word.text) {
            docs.extend(self.named_inside(&word.text)?);
        }
        for field in [Field::Nickname, Field::Name] {
            for (_, name) in self.alike(word, field)? {
                docs.extend(self.exact(field, &name, COMMON)?);
            }
        }
        Ok(())
    }

    fn recent(&self) -> Result<Vec<Person>> {
        let mut statement = self.0.prepare_cached(&format!("{PERSON} ORDER BY doc DESC LIMIT ?1"))?;
        statement.query_map([bound(RECENT)], Person::from_index)?.collect()
    }

    pub(super) fn person(&self, doc: i64) -> Result<Option<Person>> {
        let sql = format!("{PERSON} WHERE doc = ?1");
        self.0
            .prepare_cached(&sql)?
            .query_row([doc], Person::from_index)
            .optional()
    }

    /// Most recent first.
    pub(super) fn exact(&self, field: Field, term: &str, limit: usize) -> Result<Vec<i64>> {
        let sql = "SELECT doc FROM search_term WHERE field = ?1 AND term = ?2 ORDER BY doc DESC LIMIT ?3";
        self.docs(sql, params![field as i64, cut(term), bound(limit)])
    }

    fn range(&self, field: Field, beginning: &str, limit: usize) -> Result<Vec<i64>> {
        let sql = "SELECT doc FROM search_term WHERE field = ?1 AND term >= ?2 AND term < ?3 LIMIT ?4";
        let beginning = cut(beginning);
        self.docs(sql, params![field as i64, beginning, after(&beginning), bound(limit)])
    }

    /// The most recent people with a term that begins so.
    pub(super) fn beginning(&self, field: Field, beginning: &str, limit: usize) -> Result<Vec<i64>> {
        let mut docs = self.range(field, beginning, COMMON)?;
        if docs.len() >= COMMON {
            let next = after(beginning);
            docs = match field {
                Field::Nickname => self.docs(
                    "SELECT doc FROM search_person WHERE nickname >= ?1 AND nickname < ?2 ORDER BY doc DESC LIMIT ?3",
                    params![beginning, next, bound(limit)],
                )?,
                Field::Name => self.docs(
                    "SELECT doc FROM search_person WHERE instr(' ' || name, ' ' || ?1) > 0 ORDER BY doc DESC LIMIT ?2",
                    params![beginning, bound(limit)],
                )?,
                Field::Line | Field::LineWord | Field::Email | Field::NicknameInitial | Field::Code => docs,
            };
        }
        docs.sort_unstable_by_key(|doc| Reverse(*doc));
        docs.dedup();
        docs.truncate(limit);
        Ok(docs)
    }

    /// People whose names go on like this after their beginning, most recent first.
    pub(super) fn named_inside(&self, part: &str) -> Result<Vec<i64>> {
        let mut statement = self
            .0
            .prepare_cached("SELECT DISTINCT term FROM search_inside WHERE part >= ?1 AND part < ?2 LIMIT ?3")?;
        let names = statement.query_map(params![part, after(part), bound(NAMES)], |row| row.get::<_, String>(0))?;
        let mut docs = Vec::new();
        for name in names {
            let name = name?;
            docs.extend(self.exact(Field::Nickname, &name, LOOKED_AT)?);
            docs.extend(self.exact(Field::Name, &name, LOOKED_AT)?);
        }
        docs.sort_unstable_by_key(|doc| Reverse(*doc));
        docs.dedup();
        Ok(docs)
    }

    /// Names that sound like the word but are not it, nearest first, with their distance.
    pub(super) fn alike(&self, word: &Word, field: Field) -> Result<Vec<(u32, String)>> {
        let Some(typed) = &word.sounds else {
            return Ok(Vec::new());
        };
        let mut statement = self
            .0
            .prepare_cached("SELECT term FROM search_sound WHERE key = ?1 AND field = ?2")?;
        let names = statement
            .query_map(params![typed.key(), field as i64], |row| row.get::<_, String>(0))?
            .collect::<Result<Vec<_>>>()?;
        let near = names.into_iter().filter(|name| *name != word.text).filter_map(|name| {
            let heard = sound::sounds(&name)?;
            heard.is_like(typed).then(|| (heard.distance(typed), name))
        });
        let mut near: Vec<_> = near.collect();
        near.sort_unstable();
        near.truncate(ALIKE);
        Ok(near)
    }

    /// Owners of numbers that end in the last four of the typed digits, or have them elsewhere; most recent first.
    pub(super) fn with_digits(&self, wanted: &Wanted, is_last: bool) -> Result<Vec<i64>> {
        let digits = wanted.digits();
        let last = digits.len().checked_sub(4).and_then(|start| digits.get(start..));
        let Some(four) = last.and_then(|four| four.parse::<i64>().ok()) else {
            return Ok(Vec::new());
        };
        let sql = "SELECT doc FROM search_digits WHERE four = ?1 AND is_last = ?2 ORDER BY doc DESC LIMIT ?3";
        self.docs(sql, params![four, is_last, bound(LOOKED_AT)])
    }
    /// A given and a family name written as one word, if both are names here.
    pub(super) fn two_names<'w>(&self, word: &'w str) -> Result<Option<(&'w str, &'w str)>> {
        if word.chars().nth(5).is_none() {
            return Ok(None);
        }
        for (index, _) in word.char_indices().skip(2) {
            let Some((given, family)) = word.split_at_checked(index) else {
                continue;
            };
            if !self.exact(Field::Name, given, 1)?.is_empty() && !self.range(Field::Name, family, 1)?.is_empty() {
                return Ok(Some((given, family)));
            }
        }
        Ok(None)
    }
    fn docs(&self, sql: &str, values: impl Params) -> Result<Vec<i64>> {
        self.0
            .prepare_cached(sql)?
            .query_map(values, |row| row.get(0))?
            .collect()
    }
}

/// Who is booked today and comes: by doc, with their first booking.
pub(super) fn booked(connection: &Connection, today: &str) -> Result<HashMap<i64, (Person, String)>> {
    let sql =
        "SELECT p.doc, p.nickname, p.name, p.line_name, p.email, p.phone, p.code, p.id, min(coalesce(a.start_time, ''))
        FROM appointment a JOIN search_person p ON p.id = a.customer_id
        WHERE a.date = ?1 AND coalesce(a.status, '') NOT IN ('cancelled', 'no_show') GROUP BY p.doc LIMIT ?2";
    let mut statement = connection.prepare_cached(sql)?;
    let each = statement.query_map(params![today, bound(BOOKINGS)], |row| {
        let person = Person::from_index(row)?;
        let start: String = row.get(8)?;
        Ok((person.doc, (person, start.chars().take(5).collect())))
    })?;
    each.collect()
}

fn cut(term: &str) -> String {
    term.chars().take(LONGEST_TERM).collect()
}

/// A text after every text with this beginning.
fn after(beginning: &str) -> String {
    format!("{beginning}\u{10ffff}")
}

/// A LIMIT as SQLite takes it.
fn bound(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}
