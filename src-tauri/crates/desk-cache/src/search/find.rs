//! Collects candidates for a reading, best source first and no further than needed, and puts them in order. Every source is bounded,
//! so that one letter that begins a third of all names costs no more than a rare name.

use std::{
    cmp::Reverse,
    collections::{HashMap, HashSet},
};

use rusqlite::{Connection, Result};

use super::{
    Found, Hit, Query, Repaired, Shown,
    grade::{Grade, code_grade, grade, is_long_enough_inside, phone_grade},
    highlight,
    index::{Field, code_number},
    lookup::{COMMON, Lookup, booked},
    person::Person,
    reading::{Reading, Word},
};
use crate::query::merge;

/// A hit's place: smaller is better.
type Rank = (Grade, u8, Grade, u32, Reverse<bool>, Reverse<i64>);

/// One search from its first reading to its answer.
pub(super) struct Search<'a> {
    connection: &'a Connection,
    lookup: Lookup<'a>,
    limit: usize,
    booked: HashMap<i64, (Person, String)>,
    found: HashMap<i64, Rank>,
    readings: Vec<Reading>,
}

impl<'a> Search<'a> {
    pub(super) fn new(connection: &'a Connection, query: &Query<'_>) -> Result<Self> {
        Ok(Self {
            connection,
            lookup: Lookup(connection),
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
        let mut hits: Vec<Hit> = hits.into_iter().flatten().collect();
        let mut known = HashSet::new();
        hits.retain(|hit| known.insert(hit.customer_id));
        Ok(Found { hits, repaired })
    }

    fn hit(&self, rank: &Rank, doc: i64) -> Result<Option<Hit>> {
        let Some(person) = self.lookup.person(doc)? else {
            return Ok(None);
        };
        let reading = self.readings.iter().find(|reading| reading.order == rank.1);
        // Who was merged leads to who was kept, whose row has other words to mark.
        let one = merge::survivor(self.connection, person.id)?;
        let reading = reading.filter(|_| one == person.id);
        let shown = highlight::shown(self.connection, person.id)?;
        Ok(Some(Hit {
            customer_id: one,
            found_as: shown
                .iter()
                .find(|(field, _)| one != person.id && *field == Shown::FullName)
                .map(|(_, name)| name.clone()),
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
        for doc in self.lookup.exact(Field::Code, &number, COMMON)? {
            let Some(person) = self.lookup.person(doc)? else {
                continue;
            };
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
            for doc in self.lookup.with_digits(wanted, is_last)? {
                let Some(person) = self.lookup.person(doc)? else {
                    continue;
                };
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
            self.add_all(self.lookup.exact(field, text, self.limit)?, grade, reading);
        }
        for (grade, field) in [(NickPrefix, Field::Nickname), (NamePrefix, Field::Name)] {
            if !self.is_full_before(grade) {
                self.add_all(self.lookup.beginning(field, text, self.limit)?, grade, reading);
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
                self.add_all(self.lookup.beginning(field, text, self.limit)?, grade, reading);
            }
        }
        self.by_middle(reading, word)
    }

    /// The weaker reasons: inside a name, a name that sounds alike, two names written as one word.
    fn by_middle(&mut self, reading: &Reading, word: &Word) -> Result<()> {
        if !self.is_full_before(Grade::Substring) && is_long_enough_inside(&word.text) {
            let docs = self.lookup.named_inside(&word.text)?;
            self.add_all(docs.into_iter().take(self.limit).collect(), Grade::Substring, reading);
        }
        if !self.is_full_before(Grade::SoundName) {
            self.by_sound(reading, word, Field::Name, Grade::SoundName)?;
        }
        if !self.found.is_empty() {
            return Ok(());
        }
        match self.lookup.two_names(&word.text)? {
            Some((given, family)) => {
                let apart = reading.with_text(&format!("{given} {family}"));
                self.by_words(&apart, &apart.words)
            }
            None => Ok(()),
        }
    }

    fn by_sound(&mut self, reading: &Reading, word: &Word, field: Field, grade: Grade) -> Result<()> {
        let each = self.limit.div_ceil(4);
        for (distance, name) in self.lookup.alike(word, field)? {
            for doc in self.lookup.exact(field, &name, each)? {
                self.add(doc, grade, reading, distance);
            }
        }
        Ok(())
    }

    fn by_words(&mut self, reading: &Reading, words: &[Word]) -> Result<()> {
        if let [nickname, initial] = words {
            self.by_initial(reading, nickname, initial)?;
        }
        self.add_all(
            self.lookup.beginning(Field::Line, &reading.text, self.limit)?,
            Grade::LineStart,
            reading,
        );
        if self.is_full_before(Grade::NickPrefix) {
            return Ok(());
        }
        for thorough in [false, true] {
            for person in self.lookup.combined(words, thorough)? {
                if let Some((grade, distance)) = grade(&person, reading) {
                    self.add(person.doc, grade, reading, distance);
                }
            }
            if self.is_full_before(Grade::Substring) {
                break;
            }
        }
        Ok(())
    }

    fn by_initial(&mut self, reading: &Reading, nickname: &Word, initial: &Word) -> Result<()> {
        let Some(letter) = initial.initial else { return Ok(()) };
        let term = |name: &str| format!("{name} {letter}");
        self.add_all(
            self.lookup
                .exact(Field::NicknameInitial, &term(&nickname.text), self.limit)?,
            Grade::NickWhole,
            reading,
        );
        for (distance, name) in self.lookup.alike(nickname, Field::Nickname)? {
            for doc in self.lookup.exact(Field::NicknameInitial, &term(&name), self.limit)? {
                self.add(doc, Grade::SoundNick, reading, distance);
            }
        }
        Ok(())
    }
}
