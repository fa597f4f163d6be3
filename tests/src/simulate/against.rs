//! The model of the clinic against a real PostgreSQL: one seeded history of what people send and the web system writes, given to both,
//! compared after every step. What PostgreSQL makes up by itself (keys and codes, the instant of a transaction) is told to the model.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use desk_cache::{
    outbox::{Outcome, Waiting},
    rebase::{Op, Position},
};
use desk_clinic::push::without_nul;
use desk_core::synced::Value;
use uuid::Uuid;

use super::{
    absurd::Before,
    alike::{Difference, Found, plainly, same, same_changes, same_rows},
    chance::Chance,
    person::Form,
    planted::Bug,
    real::{Desk, Real, word},
    row::{Key, Row, Rows, Scope, key, noun},
    server::{Login, Member, Server},
    start::{MORNING, PEOPLE, rows},
    web::{self, Edit},
};
use crate::harness::pg::PgCluster;

/// What was decided how often: `task.note ok`, `task.note text_empty`; and batches by the word of their error.
pub type Tally = BTreeMap<String, u32>;

/// A person at a PC, in both.
pub(super) struct Seat {
    pub(super) desk: Desk,
    pub(super) login: Login,
    pub(super) client: Uuid,
    pub(super) last_seq: i64,
    pub(super) sent: Vec<Waiting>,
    pub(super) form: Form,
}

/// One history.
pub(super) struct History {
    pub(super) real: Real,
    pub(super) model: Server,
    pub(super) seats: Vec<Seat>,
    pub(super) chance: Chance,
    /// For what the model makes up; PostgreSQL's takes its place.
    pub(super) made: Chance,
    pub(super) now: i64,
    pub(super) done: Vec<Before>,
    pub(super) seen: Vec<Arc<Rows>>,
    pub(super) tally: Tally,
}

/// Plays a seed's history of so many steps against a migrated database without a clinic, with a bug planted in the model or none. Answers
/// what was decided.
///
/// # Errors
/// The first difference, and at which step.
pub async fn play(pg: &PgCluster, database: &str, seed: u64, steps: usize, bug: Option<Bug>) -> Found<Tally> {
    let mut history = History::start(pg, database, seed, bug).await?;
    for nth in 0..steps {
        let what = history.step().await;
        let what = what.map_err(|how| format!("step {nth}: {how}"))?;
        let compared = history.compare(nth).await;
        compared.map_err(|how| format!("after step {nth} ({what}): {how}"))?;
    }
    let end = history.end().await;
    end.map_err(|how| format!("at the end: {how}"))?;
    Ok(history.tally)
}

fn failed(error: impl std::fmt::Display) -> Difference {
    format!("PostgreSQL: {error}")
}

impl History {
    async fn start(pg: &PgCluster, database: &str, seed: u64, bug: Option<Bug>) -> Found<Self> {
        let mut real = Real::start(pg, database, &rows()).await;
        let mut model = Server::new(Rows::new(), 0);
        model.given = Server::new(rows(), 0).given;
        let mut first = model.begin(MORNING);
        first.rows = Rows::new();
        rows().values().for_each(|row| first.put(row.as_ref().clone()));
        // What the clinic promises its members comes with the clinic, under a key of the database's own.
        let promised = real.everything().await.map_err(failed)?;
        let promised = promised
            .into_iter()
            .filter(|row| row.tbl == noun("loyalty_policy").number);
        promised.for_each(|row| first.put(row));
        model.commit(first, false);
        model.bug = bug;
        let mut history = Self {
            real,
            model,
            seats: vec![],
            chance: Chance::new(seed),
            made: Chance::new(seed ^ 0xdead),
            now: MORNING,
            done: vec![],
            seen: vec![],
            tally: Tally::new(),
        };
        for person in [PEOPLE[0], PEOPLE[1], PEOPLE[0], PEOPLE[3]] {
            history.enrol(person).await;
        }
        history.compare_rows().await?;
        Ok(history)
    }

    async fn enrol(&mut self, person: Uuid) {
        let desk = self.real.enrol(person).await;
        let login = u32::try_from(self.seats.len()).unwrap_or_default();
        let is_active = true;
        self.model.logins.insert(login, Member { person, is_active });
        // A login that is made and one that is used up for the first time each move the clock.
        for _ in 0..2 {
            let moved = self.model.begin(self.now);
            self.model.commit(moved, true);
        }
        self.seats.push(Seat {
            desk,
            login,
            client: self.chance.uuid(),
            last_seq: 0,
            sent: vec![],
            form: None,
        });
    }

    /// One step in both. Answers what it was.
    async fn step(&mut self) -> Found<String> {
        self.seen.push(Arc::new(self.model.rows.clone()));
        match self.chance.below(100) {
            0..=64 => self.push().await,
            65..=92 => {
                let edits = web::transaction(&self.model.rows, &mut self.chance);
                self.web(edits).await
            }
            93..=95 => {
                let edits = self.bare_customer().map(|id| Edit::DropCustomer { id });
                self.web(edits.into_iter().collect()).await
            }
            96..=98 => {
                let to = self.real.trim().await.map_err(failed)?;
                self.model.trim(to);
                Ok("trim".into())
            }
            _ => {
                self.real.reset().await.map_err(failed)?;
                let moved = self.model.begin(self.now);
                self.model.commit(moved, true);
                Ok("reset".into())
            }
        }
    }

    /// A customer with nothing that would go along.
    fn bare_customer(&mut self) -> Option<Uuid> {
        let rows = &self.model.rows;
        let is_used = |id: Uuid| {
            rows.values()
                .any(|row| row.tbl != 1 && row.values.contains(&Value::Uuid(id)))
        };
        let id = web::one(rows, "customer", &mut self.chance)?;
        (!is_used(id)).then_some(id)
    }

    async fn web(&mut self, edits: Vec<Edit>) -> Found<String> {
        self.real
            .commit(&edits)
            .await
            .map_err(|error| format!("{edits:?}: {}", failed(error)))?;
        self.learn_now().await?;
        let mut tx = self.model.begin(self.now);
        edits.iter().for_each(|edit| web::make(&mut tx, edit));
        self.model.commit(tx, false);
        self.adopt().await?;
        Ok(format!("{edits:?}"))
    }

    /// The model's transaction has PostgreSQL's instant: everything that it writes says `now()`.
    async fn learn_now(&mut self) -> Found {
        let (_, _, at) = self.real.clock().await.map_err(failed)?;
        self.now = at.unwrap_or(self.now);
        Ok(())
    }

    async fn push(&mut self) -> Found<String> {
        let nth = self.chance.below(self.seats.len());
        let (client, batch) = self.batch(nth);
        let seat = &mut self.seats[nth];
        let told = seat.desk.push(client, &batch).await.map_err(|error| word(&error));
        self.learn_now().await?;
        let (login, before) = (self.seats[nth].login, self.model.rows.clone());
        let sent: Vec<Waiting> = batch.iter().map(sent).collect();
        let decided = self.model.push(login, client, &sent, self.now, &mut self.made);
        let decided = decided.map_err(|error| word(&error));
        let what = format!("{client} sends {batch:#?}");
        same(&what, &plainly(&told), &plainly(&decided))?;
        self.count(&batch, &told);
        if let Ok(outcomes) = told {
            self.remember(nth, client, batch, &outcomes, before);
            self.adopt().await?;
        }
        Ok(what)
    }

    fn count(&mut self, batch: &[Waiting], told: &Result<Vec<Outcome>, String>) {
        let said = match told {
            Err(word) => vec![word.clone()],
            Ok(outcomes) => {
                let code = |outcome: &Outcome| outcome.refused.as_ref().map_or("ok".to_owned(), |no| no.code.clone());
                let both = batch.iter().zip(outcomes);
                both.map(|(action, outcome)| format!("{} {}", action.name, code(outcome)))
                    .collect()
            }
        };
        for word in said {
            *self.tally.entry(word).or_default() += 1;
        }
    }

    fn remember(&mut self, nth: usize, client: Uuid, batch: Vec<Waiting>, outcomes: &[Outcome], before: Rows) {
        let before = Arc::new(before);
        let seat = &mut self.seats[nth];
        if client == seat.client {
            seat.last_seq = batch
                .iter()
                .map(|action| action.seq)
                .max()
                .unwrap_or(0)
                .max(seat.last_seq);
        }
        for (action, _) in batch.iter().zip(outcomes) {
            self.done.push(Before {
                id: action.id,
                person: seat.desk.person,
                name: action.name.clone(),
                args: action.args.clone(),
                rows: before.clone(),
            });
        }
        if !batch.is_empty() {
            seat.sent = batch;
        }
    }

    /// Keys and codes that PostgreSQL draws by lot take the place of those that the model drew.
    async fn adopt(&mut self) -> Found {
        let made = self.real.made().await.map_err(failed)?;
        for (id, customer, code) in made.profiles {
            let ours = self.of(customer, "loyalty_profile", |_| true);
            if let Some(row) = ours.filter(|row| row.id("id") != Some(id)) {
                same("a referral code", &(code.starts_with("BN") && code.len() == 8), &true)?;
                let named = row.with("id", Value::Uuid(id)).with("referral_code", Value::Text(code));
                self.replace(row.key(), named);
            }
        }
        for (id, customer) in made.welcomes {
            let ours = self.of(customer, "point_entry", |row| {
                row.text("description") == Some("คะแนนต้อนรับ")
            });
            if let Some(row) = ours.filter(|row| row.id("id") != Some(id)) {
                let drawn = row.id("id").unwrap_or_default();
                self.replace(row.key(), row.with("id", Value::Uuid(id)));
                // A lot is called like its entry, and who spent of it says so.
                let lot = self
                    .model
                    .rows
                    .get(&key("lot", drawn))
                    .map(|lot| lot.with("id", Value::Uuid(id)));
                if let Some(lot) = lot {
                    self.replace(key("lot", drawn), lot);
                }
                let uses = self.model.behind.values_mut().flat_map(|behind| &mut behind.uses);
                uses.filter(|used| used.lot == drawn).for_each(|used| used.lot = id);
            }
        }
        let theirs: BTreeSet<Uuid> = made.told.iter().map(|(id, ..)| *id).collect();
        for (id, person, kind, path, subject) in made.told {
            if self.model.rows.contains_key(&key("notification", id)) {
                continue;
            }
            let number = noun("notification").number;
            let ours = self.model.rows.values().find(|row| {
                row.tbl == number
                    && row.id("user_id") == Some(person)
                    && row.text("type") == Some(&kind)
                    && row.text("action_url") == Some(&path)
                    && row.text("subject").is_some_and(|ours| is_same_subject(ours, &subject))
                    && row.id("id").is_none_or(|id| !theirs.contains(&id))
            });
            if let Some(row) = ours.map(|row| row.as_ref().clone()) {
                let named = row.with("id", Value::Uuid(id)).with("subject", Value::Text(subject));
                self.replace(row.key(), named);
            }
        }
        self.adopt_gone(made.gone);
        for (id, code) in made.customers {
            let ours = self.model.rows.get(&key("customer", id));
            let drawn = ours.filter(|row| row.text("code").is_some_and(|code| code.starts_with("CUST-")));
            if let Some(row) = drawn.map(|row| row.as_ref().clone()) {
                same("a code", &(code.starts_with("SIM-") && code.len() == 10), &true)?;
                self.replace(row.key(), row.with("code", Value::Text(code)));
            }
        }
        Ok(())
    }

    /// What was made and deleted in one transaction leaves a tombstone, under a key that PostgreSQL drew.
    fn adopt_gone(&mut self, gone: Vec<(String, i16, Uuid)>) {
        let version = self.model.version;
        let theirs: BTreeSet<(String, Key)> = gone.into_iter().map(|(scope, tbl, id)| (scope, (tbl, id))).collect();
        let deleted = self
            .model
            .feed
            .iter()
            .filter(|(_, event)| **event == (version, Op::Delete));
        let ours: Vec<(Scope, Key)> = deleted.map(|(place, _)| *place).collect();
        for (scope, drawn) in &ours {
            let is_theirs = |(there, key): &&(String, Key)| *there == scope.text() && key.0 == drawn.0;
            let is_known =
                |key: &Key| ours.iter().any(|(_, ours)| ours == key) || self.model.feed.contains_key(&(*scope, *key));
            let free = theirs
                .iter()
                .filter(is_theirs)
                .map(|(_, key)| *key)
                .find(|key| !is_known(key));
            if let Some(key) = free.filter(|_| !theirs.contains(&(scope.text(), *drawn))) {
                self.model.feed.remove(&(*scope, *drawn));
                self.model.feed.insert((*scope, key), (version, Op::Delete));
            }
        }
    }

    fn of(&self, customer: Uuid, name: &str, is: impl Fn(&Row) -> bool) -> Option<Row> {
        let number = noun(name).number;
        let mut rows = self.model.rows.values().filter(|row| row.tbl == number);
        let found = rows.find(|row| row.id("customer_id") == Some(customer) && is(row))?;
        Some(found.as_ref().clone())
    }

    fn replace(&mut self, old: Key, row: Row) {
        let scope = row.scope();
        if let Some(event) = self.model.feed.remove(&(scope, old)) {
            self.model.feed.insert((scope, row.key()), event);
        }
        self.model.rows.remove(&old);
        self.model.rows.insert(row.key(), Arc::new(row));
        if let Some(last) = self.model.past.last_mut() {
            *last = Arc::new(self.model.rows.clone());
        }
    }

    async fn compare(&mut self, nth: usize) -> Found {
        let (version, trimmed, _) = self.real.clock().await.map_err(failed)?;
        same(
            "the clock",
            &(version, trimmed),
            &(self.model.version, self.model.trimmed_to),
        )?;
        let (seat, from, limit) = (
            self.chance.below(self.seats.len()),
            self.place(),
            1 + self.chance.below(9),
        );
        self.compare_pull(seat, from, limit).await?;
        if nth.is_multiple_of(20) {
            let seat = self.chance.below(self.seats.len());
            self.compare_load(seat).await?;
            self.compare_known(seat).await?;
        }
        Ok(())
    }

    /// A place in a stream: of an event, of a whole version, the beginning, or somewhere that nobody has been.
    fn place(&mut self) -> Position {
        let events: Vec<_> = self
            .model
            .feed
            .iter()
            .map(|((_, key), (version, _))| (*version, *key))
            .collect();
        let version = self.chance.between(0, self.model.version + 1);
        match (self.chance.below(10), self.chance.pick(&events)) {
            (0..=3, Some((version, (tbl, pk)))) => Position {
                version: *version,
                tbl: *tbl,
                pk: *pk,
            },
            (4, _) => Position::default(),
            (5, Some((_, (tbl, pk)))) => Position {
                version,
                tbl: *tbl,
                pk: *pk,
            },
            _ => Position::end_of(version.max(self.model.version - self.chance.between(0, 12))),
        }
    }

    /// A few pages of any stream, the reader's or not.
    async fn compare_pull(&mut self, nth: usize, mut from: Position, limit: usize) -> Found {
        let seat = &mut self.seats[nth];
        let reader = seat.desk.person;
        let scope = match self.chance.below(10) {
            0..=4 => Scope::Clinic,
            5..=8 => Scope::Person(reader),
            _ => Scope::Person(PEOPLE[2]),
        };
        for _ in 0..4 {
            let (page, _) = seat.desk.pull(scope, from, limit).await.map_err(failed)?;
            let (ours, next, is_consistent) = self.model.pull(reader, scope, from, limit);
            let what = format!("{reader} pulls {scope:?} from {from:?}, {limit} at once");
            same_changes(&what, &page.0, &ours)?;
            same(&what, &(page.1, page.2), &(next, is_consistent))?;
            if page.2 {
                break;
            }
            from = page.1;
        }
        Ok(())
    }

    async fn compare_load(&mut self, nth: usize) -> Found {
        let seat = &mut self.seats[nth];
        let (rows, version) = seat.desk.load().await.map_err(failed)?;
        same("the version of a load", &version, &self.model.version)?;
        let ours = self.model.visible(seat.desk.person);
        same_rows("a load", rows, ours.iter().map(|row| row.as_ref().clone()))
    }

    async fn compare_known(&mut self, nth: usize) -> Found {
        let mut asked: Vec<Uuid> = self
            .model
            .mutations
            .keys()
            .copied()
            .filter(|_| self.chance.percent(30))
            .collect();
        asked.push(self.chance.uuid());
        let mut known = self.seats[nth].desk.known(&asked).await.map_err(failed)?;
        let mut ours = self.model.known(&asked);
        known.sort();
        ours.sort();
        same("actions known as done", &known, &ours)
    }

    async fn compare_rows(&mut self) -> Found {
        let rows = self.real.everything().await.map_err(failed)?;
        let ours = self.model.rows.values().map(|row| row.as_ref().clone());
        same_rows("the clinic", rows, ours)
    }

    /// Everything, once more; and what a login hears that has ended.
    async fn end(&mut self) -> Found {
        self.compare_rows().await?;
        for nth in 0..self.seats.len() {
            self.compare_load(nth).await?;
            self.compare_known(nth).await?;
        }
        let seat = &self.seats[0];
        self.real.end_access(&seat.desk).await.map_err(failed)?;
        if let Some(member) = self.model.logins.get_mut(&seat.login) {
            member.is_active = false;
        }
        let moved = self.model.begin(self.now);
        self.model.commit(moved, true);
        let (client, batch) = (self.seats[0].client, self.actions(0, 1, 2));
        let told = self.seats[0]
            .desk
            .push(client, &batch)
            .await
            .map_err(|error| word(&error));
        let decided = self
            .model
            .push(self.seats[0].login, client, &batch, self.now, &mut self.made);
        same(
            "after the end",
            &plainly(&told),
            &plainly(&decided.map_err(|error| word(&error))),
        )?;
        let (version, ..) = self.real.clock().await.map_err(failed)?;
        same("the clock", &version, &self.model.version)
    }
}

/// What an event of its own is about is called by a key that each draws.
fn is_same_subject(ours: &str, theirs: &str) -> bool {
    ours == theirs || ours.starts_with("event:") && theirs.starts_with("event:")
}

/// An action as it leaves a PC.
fn sent(action: &Waiting) -> Waiting {
    Waiting {
        args: without_nul(&action.args),
        ..action.clone()
    }
}
