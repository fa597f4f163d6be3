//! What the people of a history against PostgreSQL send: what they do on screens of some steps ago, what they take back, the absurd, and all
//! of it once more, with a gap, or as somebody else.

use std::collections::BTreeSet;

use desk_cache::outbox::Waiting;
use serde_json::Value as Json;
use uuid::Uuid;

use super::{
    absurd,
    against::History,
    person::{self, Drawn, Screen},
    row::Key,
    seen::Table,
};

impl History {
    /// What is sent, under which outbox's name.
    pub(super) fn batch(&mut self, nth: usize) -> (Uuid, Vec<Waiting>) {
        let client = self.seats[nth].client;
        let sent = self.seats[nth].sent.clone();
        let next = self.seats[nth].last_seq + 1;
        let count = self.chance.below(8);
        match self.chance.below(36) {
            // The answer was lost, and more was done since.
            0 | 1 => (client, [sent, self.actions(nth, next, count)].concat()),
            // The file was copied, and goes on under a new name.
            2 => (self.chance.uuid(), numbered(sent, 1)),
            // A gap.
            3 => (client, self.actions(nth, next + 1, count)),
            // A fork.
            4 => (client, self.actions(nth, next - 1, count)),
            // An action's id for something else.
            5 => {
                let mut batch = numbered(sent, next);
                if let Some(last) = batch.last_mut() {
                    last.args = absurd::bent(&last.args, &mut self.chance);
                }
                (client, batch)
            }
            // Somebody else's outbox.
            6 => {
                let other = self.chance.below(self.seats.len());
                (self.seats[other].client, self.actions(nth, next, count))
            }
            _ => (client, self.actions(nth, next, count)),
        }
    }

    pub(super) fn actions(&mut self, nth: usize, from: i64, count: usize) -> Vec<Waiting> {
        let drawn: Vec<Waiting> = (0..count).filter_map(|_| self.action(nth)).collect();
        numbered(drawn, from)
    }

    fn action(&mut self, nth: usize) -> Option<Waiting> {
        let person = self.seats[nth].desk.person;
        let drawn = match self.chance.below(20) {
            0..=6 => self.take_back(person),
            7..=9 => self.again(),
            _ => self
                .act(nth, person)
                .map(|(name, id, args)| (name.to_owned(), id, args)),
        };
        let (mut name, id, mut args) = drawn?;
        if self.chance.percent(20) {
            args = absurd::bent(&args, &mut self.chance);
        }
        if self.chance.percent(1) {
            name = "task.fly".into();
        }
        Some(Waiting {
            id,
            person,
            seq: 0,
            name,
            args,
            v: if self.chance.below(200) == 0 { 2 } else { 1 },
            at: self.now,
            is_answered: false,
        })
    }

    /// What a person does on a screen that shows what was there some steps ago.
    fn act(&mut self, nth: usize, person: Uuid) -> Option<Drawn> {
        let age = self.chance.below(8);
        let shown = self.seen.iter().rev().nth(age).or(self.seen.last())?;
        let near = self.chance.percent(60).then(|| self.spoken_of());
        let is_shown = |key: &Key| key.0 != 1 || near.as_ref().is_none_or(|near| near.contains(&key.1));
        let view: Table = shown
            .iter()
            .filter(|(key, _)| is_shown(key))
            .map(|(key, row)| (*key, row.clone()))
            .collect();
        let mut screen = Screen {
            view: &view,
            form: &mut self.seats[nth].form,
            now: self.now,
        };
        person::draw(&mut screen, person, &mut self.chance)
    }

    /// Whom the last actions were about: a day's work meets the same people again and again.
    fn spoken_of(&self) -> BTreeSet<Uuid> {
        let last = self.done.iter().rev().take(15);
        let ids = last.flat_map(|done| ["id", "customer_id"].map(|field| done.args.get(field).and_then(Json::as_str)));
        ids.flatten().filter_map(|id| id.parse().ok()).collect()
    }

    /// Mostly one's own action, and a new one.
    fn take_back(&mut self, person: Uuid) -> Option<(String, Uuid, Json)> {
        let (is_own, is_new) = (self.chance.percent(85), self.chance.percent(60));
        let within_reach = if is_new { 10 } else { self.done.len() };
        let age = self.chance.below(within_reach);
        let id = self.chance.uuid();
        let mut found = self.done.iter().rev().filter(|done| !is_own || done.person == person);
        let (name, id, args) = absurd::reversal(found.nth(age)?, id)?;
        Some((name.to_owned(), id, args))
    }

    /// What somebody did before, as if nobody had.
    fn again(&mut self) -> Option<(String, Uuid, Json)> {
        let age = self.chance.below(30);
        let id = self.chance.uuid();
        let done = self.done.iter().rev().nth(age)?;
        Some((done.name.clone(), id, done.args.clone()))
    }
}

fn numbered(mut batch: Vec<Waiting>, from: i64) -> Vec<Waiting> {
    for (seq, action) in (from..).zip(&mut batch) {
        action.seq = seq;
    }
    batch
}
