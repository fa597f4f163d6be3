//! Keeps the search tables: all at once after a bulk load, or one customer at a time. Rows go in sorted, so that a hundred thousand
//! customers take seconds; what a bulk build holds in memory is about a hundred bytes a term.

use std::{collections::BTreeSet, sync::LazyLock};

use chrono::{Datelike as _, NaiveDate};
use desk_core::{phone, text, text::sound};
use rusqlite::{Connection, OptionalExtension as _, Result, params};
use uuid::Uuid;

use super::person::{CUSTOMER_COLUMNS, Person};

/// What a term is the beginning of. The numbers are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Field {
    /// The nickname.
    Nickname = 1,
    /// The nickname, a space, the first consonant of the family name. Only whole terms are looked up.
    NicknameInitial = 2,
    /// One word of the name.
    Name = 3,
    /// The LINE name from its beginning.
    Line = 4,
    /// One word or emoji of the LINE name.
    LineWord = 5,
    /// The e-mail address from one of its words on.
    Email = 6,
    /// All digits of the code without leading zeros. Only whole terms are looked up.
    Code = 7,
}

/// Longer terms are cut: nobody types further, and long LINE names are decoration.
pub(super) const LONGEST_TERM: usize = 40;

/// The days of a visit take the upper bits of a doc, a running number the lower ones.
const NUMBERS_A_DAY: i64 = 1 << 20;

/// Fills the search tables from the customer rows; what was in them is thrown away. Run once after a bulk load. It is one transaction,
/// the caller's if there is one.
///
/// # Errors
/// What SQLite says.
pub fn build_index(connection: &Connection) -> Result<()> {
    if !connection.is_autocommit() {
        return fill(connection);
    }
    let transaction = connection.unchecked_transaction()?;
    fill(&transaction)?;
    transaction.commit()
}

fn fill(connection: &Connection) -> Result<()> {
    connection.execute_batch(
        "DROP INDEX IF EXISTS search_person_id; DELETE FROM search_person; DELETE FROM search_term; DELETE FROM search_inside;
         DELETE FROM search_sound; DELETE FROM search_digits;",
    )?;
    let mut terms = Terms::default();
    fill_people(connection, &mut terms)?;
    terms.insert(connection)?;
    create_indexes(connection)
}

/// The index that a bulk load creates last: who has which row.
///
/// # Errors
/// What SQLite says.
pub fn create_indexes(connection: &Connection) -> Result<()> {
    connection.execute_batch("CREATE UNIQUE INDEX IF NOT EXISTS search_person_id ON search_person (id)")
}

/// Brings one customer's search rows up to date; a customer that is gone loses them. One whose searched fields are as they were keeps them:
/// most of what the clinic changes in a customer nobody searches for.
///
/// # Errors
/// What SQLite says.
pub fn reindex(connection: &Connection, customer_id: Uuid) -> Result<()> {
    let known = known(connection, customer_id)?;
    let fresh = fresh(connection, customer_id)?;
    if let (Some(known), Some((person, day))) = (&known, &fresh)
        && known.doc / NUMBERS_A_DAY == *day
        && *known
            == (Person {
                doc: known.doc,
                ..person.clone()
            })
    {
        return Ok(());
    }
    if let Some(known) = known {
        forget(connection, &known)?;
    }
    let Some((mut person, day)) = fresh else { return Ok(()) };
    person.doc = free_doc(connection, day)?;
    insert_person(connection, &person)?;
    let mut terms = Terms::default();
    terms.add(&person);
    terms.insert(connection)
}

/// Takes one customer out of search; an unknown one is fine.
///
/// # Errors
/// What SQLite says.
pub fn remove(connection: &Connection, customer_id: Uuid) -> Result<()> {
    known(connection, customer_id)?.map_or(Ok(()), |person| forget(connection, &person))
}

/// A customer as search knows them.
fn known(connection: &Connection, customer_id: Uuid) -> Result<Option<Person>> {
    let sql = "SELECT doc, nickname, name, line_name, email, phone, code, id FROM search_person WHERE id = ?1";
    connection
        .prepare_cached(sql)?
        .query_row([customer_id.as_bytes()], Person::from_index)
        .optional()
}

/// A customer as the row has them, and the day of their last visit.
fn fresh(connection: &Connection, customer_id: Uuid) -> Result<Option<(Person, i64)>> {
    static SELECT: LazyLock<String> =
        LazyLock::new(|| format!("SELECT {CUSTOMER_COLUMNS} FROM customer WHERE id = ?1"));
    let read = |row: &rusqlite::Row<'_>| {
        let visit: Option<String> = row.get(7)?;
        Ok((Person::from_customer(row)?, day(visit.as_deref())))
    };
    connection
        .prepare_cached(&SELECT)?
        .query_row([customer_id.as_bytes()], read)
        .optional()
}

fn forget(connection: &Connection, person: &Person) -> Result<()> {
    let mut terms = Terms::default();
    terms.add(person);
    // Names without people stay in search_inside and search_sound: they lead nowhere, and the next bulk build leaves them out.
    let mut delete_term =
        connection.prepare_cached("DELETE FROM search_term WHERE field = ?1 AND term = ?2 AND doc = ?3")?;
    for (field, term, doc) in &terms.words {
        delete_term.execute(params![*field as i64, term, doc])?;
    }
    let mut delete_digits =
        connection.prepare_cached("DELETE FROM search_digits WHERE four = ?1 AND is_last = ?2 AND doc = ?3")?;
    for (four, is_last, doc) in &terms.digits {
        delete_digits.execute(params![four, is_last, doc])?;
    }
    connection
        .prepare_cached("DELETE FROM search_person WHERE doc = ?1")?
        .execute([person.doc])?;
    Ok(())
}

fn fill_people(connection: &Connection, terms: &mut Terms) -> Result<()> {
    let mut select = connection.prepare(&format!(
        "SELECT {CUSTOMER_COLUMNS} FROM customer ORDER BY coalesce(last_visit_date, '')"
    ))?;
    let mut rows = select.query([])?;
    let mut last = 0;
    while let Some(row) = rows.next()? {
        let mut person = Person::from_customer(row)?;
        let visit: Option<String> = row.get(7)?;
        person.doc = (day(visit.as_deref()) * NUMBERS_A_DAY).max(last) + 1;
        last = person.doc;
        insert_person(connection, &person)?;
        terms.add(&person);
    }
    Ok(())
}

/// Days since the year 0, or 0 for a customer who never came.
fn day(visit: Option<&str>) -> i64 {
    let date = visit
        .and_then(|text| text.get(..10))
        .and_then(|text| text.parse::<NaiveDate>().ok());
    date.map_or(0, |date| i64::from(date.num_days_from_ce()).max(0))
}

fn free_doc(connection: &Connection, day: i64) -> Result<i64> {
    let (first, next_day) = (day * NUMBERS_A_DAY, (day + 1) * NUMBERS_A_DAY);
    let sql = "SELECT coalesce(max(doc), ?1) + 1 FROM search_person WHERE doc > ?1 AND doc < ?2";
    connection
        .prepare_cached(sql)?
        .query_row([first, next_day], |row| row.get(0))
}

fn insert_person(connection: &Connection, person: &Person) -> Result<()> {
    let sql = "INSERT INTO search_person (doc, nickname, name, line_name, email, phone, code, id) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
    let Person {
        doc,
        nickname,
        name,
        line_name,
        email,
        phone,
        code,
        id,
    } = person;
    connection.prepare_cached(sql)?.execute(params![
        doc,
        nickname,
        name,
        line_name,
        email,
        phone,
        code,
        id.as_bytes()
    ])?;
    Ok(())
}

/// Terms on their way into the tables.
#[derive(Default)]
struct Terms {
    words: Vec<(Field, String, i64)>,
    digits: Vec<(i64, bool, i64)>,
    /// Distinct names, for the tables that are kept per name.
    names: BTreeSet<(Field, String)>,
}

impl Terms {
    fn add(&mut self, person: &Person) {
        self.add_names(person);
        let line = [person.line_name.clone(), person.line_compact()];
        let email = person.email_words();
        self.push_all(Field::Line, line, person.doc);
        self.push_all(Field::LineWord, person.line_words(), person.doc);
        self.push_all(Field::Email, email.into_iter().map(str::to_owned), person.doc);
        self.push_all(Field::Code, code_number(&person.code), person.doc);
        for number in person.phone.split(' ') {
            let national = phone::national(number).unwrap_or_else(|| number.to_owned());
            self.digits
                .extend(fours(&national).map(|(four, is_last)| (four, is_last, person.doc)));
        }
    }

    fn add_names(&mut self, person: &Person) {
        let initial = person.initial().filter(|_| !person.nickname.is_empty());
        self.push_all(
            Field::NicknameInitial,
            initial.map(|c| format!("{} {c}", person.nickname)),
            person.doc,
        );
        for (field, name) in
            std::iter::once((Field::Nickname, person.nickname.as_str())).chain(person.names().map(|n| (Field::Name, n)))
        {
            self.push_all(field, [name.to_owned()], person.doc);
            let known = (field, name.to_owned());
            if !name.is_empty() && !self.names.contains(&known) {
                self.names.insert(known);
            }
        }
    }

    fn push_all(&mut self, field: Field, terms: impl IntoIterator<Item = String>, doc: i64) {
        let cut = |term: String| term.chars().take(LONGEST_TERM).collect::<String>();
        self.words.extend(
            terms
                .into_iter()
                .filter(|term| !term.is_empty())
                .map(|term| (field, cut(term), doc)),
        );
    }

    fn insert(mut self, connection: &Connection) -> Result<()> {
        self.words.sort_unstable();
        self.words.dedup();
        self.digits.sort_unstable();
        self.digits.dedup();
        let mut term =
            connection.prepare_cached("INSERT OR IGNORE INTO search_term (field, term, doc) VALUES (?1, ?2, ?3)")?;
        for (field, word, doc) in &self.words {
            term.execute(params![*field as i64, word, doc])?;
        }
        let mut digits = connection
            .prepare_cached("INSERT OR IGNORE INTO search_digits (four, is_last, doc) VALUES (?1, ?2, ?3)")?;
        for (four, is_last, doc) in &self.digits {
            digits.execute(params![four, is_last, doc])?;
        }
        self.insert_names(connection)
    }

    fn insert_names(self, connection: &Connection) -> Result<()> {
        let mut parts: Vec<(&str, &str)> = self
            .names
            .iter()
            .flat_map(|(_, name)| parts(name).map(|part| (part, name.as_str())))
            .collect();
        parts.sort_unstable();
        let mut inside =
            connection.prepare_cached("INSERT OR IGNORE INTO search_inside (part, term) VALUES (?1, ?2)")?;
        for (part, name) in parts {
            inside.execute([part, name])?;
        }
        let heard = self
            .names
            .iter()
            .filter_map(|(field, name)| Some((sound::sounds(name)?.key(), *field, name)));
        let mut heard: Vec<_> = heard.collect();
        heard.sort_unstable();
        let mut alike =
            connection.prepare_cached("INSERT OR IGNORE INTO search_sound (key, field, term) VALUES (?1, ?2, ?3)")?;
        for (key, field, name) in heard {
            alike.execute(params![key, field as i64, name])?;
        }
        Ok(())
    }
}

/// All digits of a code without leading zeros.
pub(super) fn code_number(code: &str) -> Option<String> {
    let digits: String = code.chars().filter(char::is_ascii_digit).collect();
    (!digits.is_empty()).then(|| digits.trim_start_matches('0').to_owned())
}

/// Every four digits in a row, as numbers, and whether they are the last.
fn fours(digits: &str) -> impl Iterator<Item = (i64, bool)> {
    let starts = 0..digits.len().saturating_sub(3);
    starts.filter_map(|start| Some((digits.get(start..start + 4)?.parse().ok()?, start + 4 == digits.len())))
}

/// A name from each of its later letters on: of Thai where a syllable can begin, at least two characters.
fn parts(name: &str) -> impl Iterator<Item = &str> {
    let starts = name
        .char_indices()
        .skip(1)
        .filter(|(_, c)| !text::is_thai(*c) || text::is_thai_consonant(*c) || ('เ'..='ไ').contains(c));
    starts
        .filter_map(|(index, _)| name.get(index..))
        .filter(|part| part.chars().nth(1).is_some())
}
