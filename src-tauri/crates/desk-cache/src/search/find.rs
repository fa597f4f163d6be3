//! Collects candidates for a reading, best source first and no further than needed, and puts them in order. Every source is bounded,
//! so that one letter that begins a third of all names costs no more than a rare name.

use std::{cmp::Reverse, collections::HashMap};

use desk_core::{phone::Wanted, text::sound};
use rusqlite::{Connection, OptionalExtension as _, Params, Result, params};

use super::{
    Found, Hit, Query, Repaired,
    grade::{Grade, code_grade, grade, is_long_enough_inside, phone_grade},
    highlight,
    index::{Field, LONGEST_TERM, code_number},
    person::Person,
    reading::{Reading, Word},
};

/// A range of terms longer than this is common; its best hits are met sooner by going through people by their last visit.
const COMMON: usize = 3_000;
/// How many people of a combination of words are looked at, most recent first.
const LOOKED_AT: usize = 200;
/// How many recent people are looked at when every word is common.
const RECENT: usize = 1_000;
/// A word that begins fewer people's names than this is also looked for inside names and by its sound.
const FEW: usize = 200;
/// How many names a part or a sound may lead to.
const NAMES: usize = 40;
/// How many names that sound alike are worth showing.
const ALIKE: usize = 8;
/// How many of today's bookings are looked at.
const BOOKINGS: usize = 1_000;

const PERSON: &str = "SELECT doc, nickname, name, line_name, email, phone, code, id FROM search_person";

/// People in whom a word may be found.
struct Owners {
    /// In ascending order.
    docs: Vec<i64>,
    /// Whether nobody else can have it; a word that begins many names is not looked for inside others.
    is_all: bool,
}

/// A hit's place: smaller is better.
type Rank = (Grade, u8, Grade, u32, Reverse<bool>, Reverse<i64>);

/// One search from its first reading to its answer.
pub(super) struct Search<'a> {
    connection: &'a Connection,
    limit: usize,
    booked: HashMap<i64, (Person, String)>,
    found: HashMap<i64, Rank>,
    readings: Vec<Reading>,
}

impl<'a> Search<'a> {
    pub(super) fn new(connection: &'a Connection, query: &Query<'_>) -> Result<Self> {
        Ok(Self {
            connection,
            limit: query.limit,
            booked: booked(connection, query.today)?,
            found: HashMap::new(),
            readings: Vec::new(),
        })
    }

    /// Adds what one reading finds.
    pub(super) fn run(&mut self, reading: &Reading) -> Result<()> {
        self.readings.push(reading.clone());
        self.by_code(reading)?;
        self.by_phone(reading)?;
        if reading.is_whole_number() {
            return Ok(());
        }
        self.by_booking(reading);
        match reading.words.as_slice() {
            [] => Ok(()),
            [word] => self.by_word(reading, word),
            words => self.by_words(reading, words),
        }
    }

    /// Adds what the repaired text finds, but no weak hits: text on the wrong layout is noise until it is a name. Then the weak hits of
    /// the text as typed were noise.
    pub(super) fn run_repaired(&mut self, readings: &[Reading]) -> Result<()> {
        let has_good = self.found.values().any(|rank| rank.2.is_good());
        for reading in readings {
            self.run(reading)?;
        }
        let long = readings.iter().any(|reading| reading.text.chars().count() >= 3);
        let fits = |grade: Grade| {
            if has_good {
                long && grade.is_whole()
            } else {
                grade.is_good()
            }
        };
        let helps = self.found.values().any(|rank| rank.1 >= 2 && fits(rank.2));
        self.found
            .retain(|_, rank| if rank.1 >= 2 { fits(rank.2) } else { has_good || !helps });
        Ok(())
    }

    /// Whether a whole code, number or name was typed.
    pub(super) fn has_whole_match(&self) -> bool {
        self.found.values().any(|rank| rank.2.is_whole())
    }

    /// The best hits with their reasons.
    pub(super) fn finish(self) -> Result<Found> {
        let mut ranked: Vec<(Rank, i64)> = self.found.iter().map(|(doc, rank)| (*rank, *doc)).collect();
        ranked.sort_unstable();
        ranked.truncate(self.limit);
        let repaired = ranked
            .iter()
            .find_map(|(rank, _)| self.readings.iter().find(|r| r.is_repaired() && r.order == rank.1));
        let repaired = repaired.map(|reading| Repaired {
            text: reading.text.clone(),
        });
        let hits = ranked
            .iter()
            .map(|(rank, doc)| self.hit(rank, *doc))
            .collect::<Result<Vec<_>>>()?;
        Ok(Found {
            hits: hits.into_iter().flatten().collect(),
            repaired,
        })
    }

    fn hit(&self, rank: &Rank, doc: i64) -> Result<Option<Hit>> {
        let Some(person) = self.person(doc)? else {
            return Ok(None);
        };
        let reading = self.readings.iter().find(|reading| reading.order == rank.1);
        let shown = highlight::shown(self.connection, person.id)?;
        Ok(Some(Hit {
            customer_id: person.id,
            why: rank.0.kind(),
            booked_at: self.booked.get(&doc).map(|(_, start)| start.clone()),
            highlights: reading.map_or_else(Vec::new, |reading| highlight::mark(&shown, reading)),
        }))
    }

    fn add(&mut self, doc: i64, grade: Grade, reading: &Reading, distance: u32) {
        let is_booked = self.booked.contains_key(&doc);
        let class = if is_booked { grade.when_booked() } else { grade };
        let rank = (class, reading.order, grade, distance, Reverse(is_booked), Reverse(doc));
        let best = self.found.entry(doc).or_insert(rank);
        *best = rank.min(*best);
    }

    fn add_all(&mut self, docs: Vec<i64>, grade: Grade, reading: &Reading) {
        for doc in docs {
            self.add(doc, grade, reading, 0);
        }
    }

    /// Whether nothing of this grade or worse can still get into the answer.
    fn is_full_before(&self, grade: Grade) -> bool {
        self.found.values().filter(|rank| rank.0 < grade).count() >= self.limit
    }

    fn by_code(&mut self, reading: &Reading) -> Result<()> {
        let Some(typed) = &reading.code else { return Ok(()) };
        let Some(number) = code_number(typed) else {
            return Ok(());
        };
        for doc in self.exact(Field::Code, &number, COMMON)? {
            let Some(person) = self.person(doc)? else { continue };
            if let Some(grade) = code_grade(&person.code, typed) {
                self.add(doc, grade, reading, 0);
            }
        }
        Ok(())
    }

    /// Digits from the middle of a number count only while nobody's number ends in them.
    fn by_phone(&mut self, reading: &Reading) -> Result<()> {
        let Some(wanted) = &reading.phone else { return Ok(()) };
        for is_last in [true, false] {
            for doc in self.with_digits(wanted, is_last)? {
                let Some(person) = self.person(doc)? else { continue };
                if let Some(grade) = phone_grade(&person, wanted) {
                    self.add(doc, grade, reading, 0);
                }
            }
            if self
                .found
                .values()
                .any(|rank| matches!(rank.2, Grade::PhoneWhole | Grade::PhoneSuffix))
            {
                break;
            }
        }
        Ok(())
    }

    fn by_booking(&mut self, reading: &Reading) {
        let fits = |(doc, (person, _)): (&i64, &(Person, String))| Some((*doc, grade(person, reading)?));
        let fits: Vec<_> = self.booked.iter().filter_map(fits).collect();
        // A phone number's own order was settled before.
        for (doc, (grade, distance)) in fits.into_iter().filter(|(_, (grade, _))| *grade >= Grade::NickWhole) {
            self.add(doc, grade, reading, distance);
        }
    }

    fn by_word(&mut self, reading: &Reading, word: &Word) -> Result<()> {
        use Grade::{Email, LineStart, LineWhole, LineWord, NamePrefix, NameWhole, NickPrefix, NickWhole, SoundNick};
        let text = word.text.as_str();
        let exact = [
            (NickWhole, Field::Nickname),
            (NameWhole, Field::Name),
            (LineWhole, Field::Line),
            (LineWhole, Field::LineWord),
        ];
        for (grade, field) in exact {
            self.add_all(self.exact(field, text, self.limit)?, grade, reading);
        }
        for (grade, field) in [(NickPrefix, Field::Nickname), (NamePrefix, Field::Name)] {
            if !self.is_full_before(grade) {
                self.add_all(self.beginning(field, text)?, grade, reading);
            }
        }
        if !self.is_full_before(SoundNick) {
            self.by_sound(reading, word, Field::Nickname, SoundNick)?;
        }
        for (grade, field) in [
            (LineStart, Field::Line),
            (LineWord, Field::LineWord),
            (Email, Field::Email),
        ] {
            if !self.is_full_before(grade) {
                self.add_all(self.beginning(field, text)?, grade, reading);
            }
        }
        self.by_middle(reading, word)
    }

    /// The weaker reasons: inside a name, a name that sounds alike, two names written as one word.
    fn by_middle(&mut self, reading: &Reading, word: &Word) -> Result<()> {
        if !self.is_full_before(Grade::Substring) && is_long_enough_inside(&word.text) {
            let docs = self.named_inside(&word.text)?;
            self.add_all(docs.into_iter().take(self.limit).collect(), Grade::Substring, reading);
        }
        if !self.is_full_before(Grade::SoundName) {
            self.by_sound(reading, word, Field::Name, Grade::SoundName)?;
        }
        match self.two_names(reading, &word.text)? {
            Some(apart) if self.found.is_empty() => self.by_words(&apart, &apart.words),
            _ => Ok(()),
        }
    }

    fn by_sound(&mut self, reading: &Reading, word: &Word, field: Field, grade: Grade) -> Result<()> {
        let each = self.limit.div_ceil(4);
        for (distance, name) in self.alike(word, field)? {
            for doc in self.exact(field, &name, each)? {
                self.add(doc, grade, reading, distance);
            }
        }
        Ok(())
    }

    fn by_words(&mut self, reading: &Reading, words: &[Word]) -> Result<()> {
        if let [nickname, initial] = words {
            self.by_initial(reading, nickname, initial)?;
        }
        self.add_all(self.beginning(Field::Line, &reading.text)?, Grade::LineStart, reading);
        if self.is_full_before(Grade::NickPrefix) {
            return Ok(());
        }
        for person in self.combined(words)? {
            if let Some((grade, distance)) = grade(&person, reading) {
                self.add(person.doc, grade, reading, distance);
            }
        }
        Ok(())
    }

    fn by_initial(&mut self, reading: &Reading, nickname: &Word, initial: &Word) -> Result<()> {
        let Some(letter) = initial.initial else { return Ok(()) };
        let term = |name: &str| format!("{name} {letter}");
        self.add_all(
            self.exact(Field::NicknameInitial, &term(&nickname.text), self.limit)?,
            Grade::NickWhole,
            reading,
        );
        for (distance, name) in self.alike(nickname, Field::Nickname)? {
            for doc in self.exact(Field::NicknameInitial, &term(&name), self.limit)? {
                self.add(doc, Grade::SoundNick, reading, distance);
            }
        }
        Ok(())
    }

    /// People in whom every word may be found: the owners of the rarest word, less those the other words exclude.
    fn combined(&self, words: &[Word]) -> Result<Vec<Person>> {
        let long = words.iter().filter(|word| word.initial.is_none());
        let mut sets: Vec<Owners> = long
            .map(|word| self.owners(word))
            .collect::<Result<Vec<_>>>()?
            .into_iter()
            .flatten()
            .collect();
        if sets.iter().any(|owners| owners.is_all) {
            sets.retain(|owners| owners.is_all);
        }
        sets.sort_by_key(|owners| owners.docs.len());
        let Some((rarest, others)) = sets.split_first() else {
            return self.recent();
        };
        let in_all = |doc: &&i64| others.iter().all(|owners| owners.docs.binary_search(doc).is_ok());
        let people = rarest
            .docs
            .iter()
            .rev()
            .filter(in_all)
            .take(LOOKED_AT)
            .map(|doc| self.person(*doc))
            .collect::<Result<Vec<_>>>()?;
        Ok(people.into_iter().flatten().collect())
    }

    /// In whom this word may be found; nothing if they are too many to list.
    fn owners(&self, word: &Word) -> Result<Option<Owners>> {
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
        let is_all = docs.len() < FEW;
        if is_all {
            self.weaker_owners(word, &mut docs)?;
        }
        docs.sort_unstable();
        docs.dedup();
        Ok(Some(Owners { docs, is_all }))
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
        let mut statement = self
            .connection
            .prepare_cached(&format!("{PERSON} ORDER BY doc DESC LIMIT ?1"))?;
        statement.query_map([bound(RECENT)], Person::from_index)?.collect()
    }

    fn person(&self, doc: i64) -> Result<Option<Person>> {
        let sql = format!("{PERSON} WHERE doc = ?1");
        self.connection
            .prepare_cached(&sql)?
            .query_row([doc], Person::from_index)
            .optional()
    }

    /// Most recent first.
    fn exact(&self, field: Field, term: &str, limit: usize) -> Result<Vec<i64>> {
        let sql = "SELECT doc FROM search_term WHERE field = ?1 AND term = ?2 ORDER BY doc DESC LIMIT ?3";
        self.docs(sql, params![field as i64, cut(term), bound(limit)])
    }

    fn range(&self, field: Field, beginning: &str, limit: usize) -> Result<Vec<i64>> {
        let sql = "SELECT doc FROM search_term WHERE field = ?1 AND term >= ?2 AND term < ?3 LIMIT ?4";
        let beginning = cut(beginning);
        self.docs(sql, params![field as i64, beginning, after(&beginning), bound(limit)])
    }

    /// The most recent people with a term that begins so.
    fn beginning(&self, field: Field, beginning: &str) -> Result<Vec<i64>> {
        let mut docs = self.range(field, beginning, COMMON)?;
        if docs.len() >= COMMON {
            let next = after(beginning);
            docs = match field {
                Field::Nickname => self.docs(
                    "SELECT doc FROM search_person WHERE nickname >= ?1 AND nickname < ?2 ORDER BY doc DESC LIMIT ?3",
                    params![beginning, next, bound(self.limit)],
                )?,
                Field::Name => self.docs(
                    "SELECT doc FROM search_person WHERE instr(' ' || name, ' ' || ?1) > 0 ORDER BY doc DESC LIMIT ?2",
                    params![beginning, bound(self.limit)],
                )?,
                Field::Line | Field::LineWord | Field::Email | Field::NicknameInitial | Field::Code => docs,
            };
        }
        docs.sort_unstable_by_key(|doc| Reverse(*doc));
        docs.dedup();
        docs.truncate(self.limit);
        Ok(docs)
    }

    /// People whose names go on like this after their beginning, most recent first.
    fn named_inside(&self, part: &str) -> Result<Vec<i64>> {
        let mut statement = self
            .connection
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
    fn alike(&self, word: &Word, field: Field) -> Result<Vec<(u32, String)>> {
        let Some(typed) = &word.sounds else {
            return Ok(Vec::new());
        };
        let mut statement = self
            .connection
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
    fn with_digits(&self, wanted: &Wanted, is_last: bool) -> Result<Vec<i64>> {
        let digits = wanted.digits();
        let last = digits.len().checked_sub(4).and_then(|start| digits.get(start..));
        let Some(four) = last.and_then(|four| four.parse::<i64>().ok()) else {
            return Ok(Vec::new());
        };
        let sql = "SELECT doc FROM search_digits WHERE four = ?1 AND is_last = ?2 ORDER BY doc DESC LIMIT ?3";
        self.docs(sql, params![four, is_last, bound(LOOKED_AT)])
    }

    /// A given and a family name written as one word, if both are names here.
    fn two_names(&self, reading: &Reading, word: &str) -> Result<Option<Reading>> {
        if word.chars().nth(5).is_none() {
            return Ok(None);
        }
        for (index, _) in word.char_indices().skip(2) {
            let Some((given, family)) = word.split_at_checked(index) else {
                continue;
            };
            if !self.exact(Field::Name, given, 1)?.is_empty() && !self.range(Field::Name, family, 1)?.is_empty() {
                return Ok(Some(reading.with_text(&format!("{given} {family}"))));
            }
        }
        Ok(None)
    }

    fn docs(&self, sql: &str, values: impl Params) -> Result<Vec<i64>> {
        self.connection
            .prepare_cached(sql)?
            .query_map(values, |row| row.get(0))?
            .collect()
    }
}

/// Who is booked today and comes: by doc, with their first booking.
fn booked(connection: &Connection, today: &str) -> Result<HashMap<i64, (Person, String)>> {
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
