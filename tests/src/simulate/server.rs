//! The clinic's PostgreSQL in memory: rows, the commit clock, the feed coalesced per scope and key, the outboxes it has seen, and every
//! action's outcome. It says what `migrations/clinic/*create_feed*` and `*create_push*` say; `tests/tests/simulation_model.rs` holds one against
//! the other. Where a planted bug lives in the database, it is marked here.

use std::{collections::BTreeMap, sync::Arc};

use desk_cache::{
    outbox::{Outcome, Refusal, Waiting},
    rebase::{Change, Entry, Op, Position},
};
use desk_clinic::{
    ClinicError,
    feed::{self, Head},
};
use desk_core::{
    loyalty::{
        Tier,
        account::{Account, Lot, Use},
    },
    synced::Value,
};
use desk_sync::{Failure, clinic};
use serde_json::Value as Json;
use uuid::Uuid;

use super::{
    chance::Chance,
    decide,
    pay::payments,
    planted::Bug,
    row::{Key, Row, Rows, Scope, key, noun, text},
    tell::Woken,
    tier::Held,
};

/// What every login calls its PC.
pub const DEVICE: &str = "PC";

/// The clinic of the simulation.
pub const CLINIC: Uuid = Uuid::from_u128(0xc11c);

/// One PostgreSQL role: one person on one PC, once enrolled.
pub type Login = u32;

/// Which history of which cluster this is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Life {
    /// The feed's epoch.
    pub epoch: Uuid,
    /// The cluster.
    pub sysid: u32,
    /// Its timeline.
    pub timeline: u32,
    /// The clock's table.
    pub clock_oid: i64,
}

/// Who a login is, and whether it still is.
#[derive(Clone, Copy, Debug)]
pub struct Member {
    /// The person.
    pub person: Uuid,
    /// False once access has ended.
    pub is_active: bool,
}

/// What was asked and what became of it.
#[derive(Clone, Debug)]
pub struct Mutation {
    /// What was asked.
    pub action: Waiting,
    /// Who asked.
    pub person: Uuid,
    /// The instant of its transaction.
    pub at: i64,
    /// What became of it.
    pub outcome: Outcome,
    /// The commit in which it was decided.
    pub version: i64,
}

#[derive(Clone, Debug)]
struct Client {
    login: Login,
    last_seq: i64,
    /// Only for the planted bug that knows actions by their number.
    by_seq: BTreeMap<i64, Outcome>,
}

/// The database.
#[derive(Clone, Debug)]
pub struct Server {
    /// All rows.
    pub rows: Rows,
    /// The last event per scope and key.
    pub feed: BTreeMap<(Scope, Key), (i64, Op)>,
    /// Of the last commit.
    pub version: i64,
    /// Tombstones up to here are gone.
    pub trimmed_to: i64,
    /// Which history.
    pub life: Life,
    /// Who may connect.
    pub logins: BTreeMap<Login, Member>,
    /// By action.
    pub mutations: BTreeMap<Uuid, Arc<Mutation>>,
    /// What the rows do not say.
    pub behind: BTreeMap<Uuid, Behind>,
    /// The last number of each kind.
    pub given: Given,
    /// How often each action took effect in this history: what must never be two.
    pub effects: BTreeMap<Uuid, u32>,
    /// The rows as they were at each version.
    pub past: Vec<Arc<Rows>>,
    /// It does not know the desks' newest actions yet.
    pub is_older: bool,
    /// The bug that lives in it.
    pub bug: Option<Bug>,
    clients: BTreeMap<Uuid, Client>,
}

/// The keys of a page, read before its rows.
#[derive(Clone, Debug)]
pub struct Keys {
    found: Vec<(i64, Key, Op)>,
    /// Where to go on.
    pub next: Position,
    /// Nothing was left out.
    pub is_last: bool,
    /// Of the clinic's clock when they were read.
    pub version: i64,
}

impl Keys {
    /// Whether there are rows to ask for.
    pub fn want_rows(&self) -> bool {
        self.found.iter().any(|(_, _, op)| *op == Op::Put)
    }
}

/// What only the database knows of a task or a ledger entry.
#[derive(Clone, Debug, Default)]
pub struct Behind {
    /// Of a task: it is put away.
    pub is_archived: bool,
    /// The entry that it cancels.
    pub reverses: Option<Uuid>,
    /// Who made it, at a desk.
    pub by: Option<Uuid>,
    /// The lots that it took points from.
    pub uses: Vec<Use>,
    /// The tier that was held before this entry reached a higher one.
    pub held_before: Option<Held>,
}

/// Numbers that were given out, and are never given again.
#[derive(Clone, Debug, Default)]
pub struct Given {
    /// To visits, by the clinic's day.
    pub queue: BTreeMap<String, i64>,
    /// To bookings.
    pub bookings: i64,
    /// To money that came in or was given back.
    pub payments: i64,
}

/// A row of the lots as the rules read it.
fn lot(row: &Row) -> Lot {
    Lot {
        id: row.id("id").unwrap_or_default(),
        points: row.int("points").unwrap_or_default(),
        remaining: row.int("remaining").unwrap_or_default(),
        expires_at: row.int("expires_at"),
        effective_at: row.int("effective_at").unwrap_or_default(),
    }
}

/// What an entry counts for the tier: what was earned or given, less what is taken back of it.
fn counts(entry: &Row, is_reversal: bool) -> i64 {
    let amount = entry.int("amount").unwrap_or_default();
    let is_gain = matches!(entry.text("type"), Some("earned" | "bonus")) && amount > 0;
    if is_gain || is_reversal && amount < 0 {
        amount
    } else {
        0
    }
}

fn lot_row(lot: &Lot, customer: Option<Uuid>) -> Row {
    let fields = [
        ("customer_id", customer.map_or(Value::Null, Value::Uuid)),
        ("points", Value::Int(lot.points)),
        ("remaining", Value::Int(lot.remaining)),
        ("expires_at", lot.expires_at.map_or(Value::Null, Value::Int)),
        ("effective_at", Value::Int(lot.effective_at)),
    ];
    Row::new("lot", lot.id, &fields)
}

/// A transaction under way: its own view of the rows, and the events that it leaves in the feed.
#[derive(Clone, Debug)]
pub struct Tx {
    /// The rows as this transaction sees them.
    pub rows: Rows,
    /// What the rows do not say.
    pub behind: BTreeMap<Uuid, Behind>,
    /// The last number of each kind.
    pub given: Given,
    /// Microseconds since 1970.
    pub now: i64,
    events: BTreeMap<(Scope, Key), Op>,
    bug: Option<Bug>,
}

impl Tx {
    /// A row.
    pub fn row(&self, name: &str, id: Uuid) -> Option<&Row> {
        self.rows.get(&key(name, id)).map(Arc::as_ref)
    }

    /// All rows of a noun.
    pub fn all(&self, name: &str) -> impl Iterator<Item = &Row> {
        let number = noun(name).number;
        let range = self.rows.range((number, Uuid::nil())..=(number, Uuid::max()));
        range.map(|(_, row)| row.as_ref())
    }

    /// Writes a row, as the capture sees it: U where it is now, L where it was if its scope moved, nothing if nothing changed.
    pub fn put(&mut self, row: Row) {
        let (key, scope) = (row.key(), row.scope());
        let before = self.rows.get(&key).map(|before| (before.scope(), **before == row));
        if before.is_some_and(|(_, is_same)| is_same) {
            return;
        }
        self.note(scope, key, Op::Put);
        if let Some((old, _)) = before.filter(|(old, _)| *old != scope) {
            match self.bug {
                Some(Bug::NoLeave) => {}
                Some(Bug::LeaveNotForgotten) => self.note(scope, key, Op::Leave),
                _ => self.note(old, key, Op::Leave),
            }
        }
        self.rows.insert(key, Arc::new(row));
    }

    /// Writes a task. One that changed says when; one that did not is as it was.
    pub fn put_task(&mut self, mut task: Row) {
        if self.row("task", task.id("id").unwrap_or_default()) != Some(&task) {
            task.set("updated_at", Value::Int(self.now));
            self.put(task);
        }
    }

    /// Deletes a row.
    pub fn remove(&mut self, key: Key) {
        if let Some(row) = self.rows.remove(&key) {
            let was_written = self.events.get(&(row.scope(), key)) == Some(&Op::Put);
            if was_written && self.bug == Some(Bug::DeleteLostInOneTransaction) {
                self.events.remove(&(row.scope(), key));
            } else {
                self.note(row.scope(), key, Op::Delete);
            }
        }
    }

    /// Changes rows without anybody noticing, as with triggers switched off.
    pub fn put_unseen(&mut self, row: Row) {
        self.rows.insert(row.key(), Arc::new(row));
    }

    /// Whether a row of this key was written or deleted in this transaction.
    pub fn has_touched(&self, key: Key) -> bool {
        self.events.keys().any(|(_, touched)| *touched == key)
    }

    fn note(&mut self, scope: Scope, key: Key, op: Op) {
        self.events.insert((scope, key), op);
    }

    /// Writes a ledger entry; lots and its member's points follow.
    pub fn add_entry(&mut self, entry: Row, mut behind: Behind) {
        let (id, customer) = (
            entry.id("id").unwrap_or_default(),
            entry.id("customer_id").unwrap_or_default(),
        );
        let is_bill = entry.text("type") == Some("earned") && entry.int("amount") > Some(0);
        let (invoice, counts) = (behind.reverses.unwrap_or(id), counts(&entry, behind.reverses.is_some()));
        behind.uses = self.book(&entry, &behind);
        self.behind.insert(id, behind);
        self.put(entry);
        if let Some(mut profile) = self.membership(customer) {
            if counts != 0 {
                self.judge_tier(&mut profile, invoice, counts);
            }
            self.put_profile(profile);
        }
        if is_bill {
            self.wake_tasks(customer, Woken::Payment);
        }
    }

    /// The membership of a customer.
    pub fn membership(&self, customer: Uuid) -> Option<Row> {
        let mut all = self.all("loyalty_profile");
        all.find(|row| row.id("customer_id") == Some(customer)).cloned()
    }

    fn book(&mut self, entry: &Row, behind: &Behind) -> Vec<Use> {
        let (customer, amount) = (entry.id("customer_id"), entry.int("amount").unwrap_or_default());
        let made = Lot {
            id: entry.id("id").unwrap_or_default(),
            points: amount,
            remaining: amount,
            expires_at: entry.int("expires_at"),
            effective_at: entry
                .int("effective_at")
                .or(entry.int("created_at"))
                .unwrap_or_default(),
        };
        let profile = customer.and_then(|customer| self.membership(customer));
        let lots = self.all("lot").filter(|row| row.id("customer_id") == customer).map(lot);
        let mut account = Account {
            lots: lots.collect(),
            owed: profile.and_then(|profile| profile.int("owed")).unwrap_or(0),
        };
        let mut uses = vec![];
        match (behind.reverses, amount) {
            (_, 0) => {}
            (None, 1..) => drop(account.gain(made)),
            (None, _) => uses = account.spend_or_owe(-amount, i64::MIN),
            (Some(award), ..0) => uses = account.reverse(award, -amount, 0),
            (Some(spent), _) => {
                let took = self.behind.get(&spent).map(|spent| spent.uses.clone());
                account.give_back(&took.unwrap_or_default(), made);
            }
        }
        for lot in &account.lots {
            self.put(lot_row(lot, customer));
        }
        uses
    }

    /// Writes a membership: whatever sums are written, the ledger's are stored. The tier is what is held.
    pub fn put_profile(&mut self, mut profile: Row) {
        let customer = profile.id("customer_id");
        let (mut lifetime, mut available) = (0, 0);
        for entry in self
            .all("point_entry")
            .filter(|entry| entry.id("customer_id") == customer)
        {
            let amount = entry.int("amount").unwrap_or_default();
            let behind = entry.id("id").and_then(|id| self.behind.get(&id));
            lifetime += counts(entry, behind.is_some_and(|behind| behind.reverses.is_some()));
            available += match entry.text("type") {
                Some("redeemed" | "expired") => -amount.abs(),
                _ => amount,
            };
        }
        profile.set("total_points", Value::Int(lifetime));
        profile.set("available_points", Value::Int(available.max(0)));
        profile.set("owed", Value::Int((-available).max(0)));
        if profile.text("tier").is_none() {
            profile.set("tier", text(Tier::Bronze.word()));
        }
        self.put(profile);
    }
}

impl Server {
    /// A database with these rows, at a version.
    pub fn new(rows: Rows, version: i64) -> Self {
        let here = Arc::new(rows.clone());
        let given = Given {
            payments: i64::try_from(payments(&rows).count()).unwrap_or(0),
            ..Given::default()
        };
        Self {
            rows,
            feed: BTreeMap::new(),
            version,
            trimmed_to: 0,
            life: Life {
                epoch: Uuid::from_u128(1),
                sysid: 1,
                timeline: 1,
                clock_oid: 1,
            },
            logins: BTreeMap::new(),
            mutations: BTreeMap::new(),
            behind: BTreeMap::new(),
            given,
            effects: BTreeMap::new(),
            past: (0..=version).map(|_| here.clone()).collect(),
            is_older: false,
            bug: None,
            clients: BTreeMap::new(),
        }
    }

    /// Where the clock stands, as a desk is told; `is_standby`: as a standby tells it.
    pub fn head(&self, is_standby: bool) -> Head {
        Head {
            clinic_id: CLINIC,
            version: self.version,
            trimmed_to: self.trimmed_to,
            epoch: self.life.epoch,
            channel: Uuid::nil(),
            sysid: Some(self.life.sysid.to_string()),
            timeline: (!is_standby).then(|| self.life.timeline.to_string()),
            in_recovery: is_standby,
            clock_oid: self.life.clock_oid,
            timers_late: 0,
            clock: 0,
        }
    }

    /// The person behind a login.
    ///
    /// # Errors
    /// What a login hears that is not let in any more.
    pub fn person(&self, login: Login) -> Result<Uuid, Failure> {
        let member = self.logins.get(&login);
        let member = member.filter(|member| member.is_active || self.bug == Some(Bug::RevokedServed));
        Ok(member.ok_or(ClinicError::LoginEnded)?.person)
    }

    /// Begins a transaction.
    pub fn begin(&self, now: i64) -> Tx {
        Tx {
            rows: self.rows.clone(),
            behind: self.behind.clone(),
            given: self.given.clone(),
            now,
            events: BTreeMap::new(),
            bug: self.bug,
        }
    }

    /// Commits: the clock moves if anything synced changed, or if `must_move`. Answers the version.
    pub fn commit(&mut self, tx: Tx, must_move: bool) -> i64 {
        if tx.events.is_empty() && !must_move {
            return self.version;
        }
        self.version += 1;
        let version = self.version;
        self.write(tx, version);
        self.past.push(Arc::new(self.rows.clone()));
        version
    }

    fn write(&mut self, tx: Tx, version: i64) {
        for (place, op) in tx.events {
            self.feed.insert(place, (version, op));
        }
        (self.rows, self.behind, self.given) = (tx.rows, tx.behind, tx.given);
    }

    /// Planted: a number taken when a transaction began, not when it became visible.
    pub fn reserve(&mut self) -> i64 {
        self.version += 1;
        self.past.push(Arc::new(self.rows.clone()));
        self.version
    }

    /// Planted: commits under a number taken earlier.
    pub fn commit_as(&mut self, tx: Tx, version: i64) {
        self.write(tx, version);
        if let Some(last) = self.past.last_mut() {
            *last = Arc::new(self.rows.clone());
        }
    }

    /// The allowance of a PC for the day of the clinic that it is now; made on first asking.
    pub fn take_lease(&mut self, device: &str, now: i64) -> Uuid {
        const DAY: i64 = 86_400_000_000;
        // Bangkok is ahead by so much, all year.
        let day = (now + 7 * DAY / 24).div_euclid(DAY);
        let ends_at = (day + 1) * DAY - 7 * DAY / 24 - 1_000_000;
        let number = noun("lease").number;
        let mut leases = self.rows.range((number, Uuid::nil())..=(number, Uuid::max()));
        let is_this = |row: &Row| row.text("device") == Some(device) && row.int("ends_at") == Some(ends_at);
        if let Some(((_, id), _)) = leases.find(|(_, row)| is_this(row)) {
            return *id;
        }
        let given = leases_until(&self.rows, now);
        let id = named(device, day);
        let fields = [
            ("device", Value::Text(device.to_owned())),
            ("points", Value::Int((10_000 - given).clamp(0, 2_000))),
            ("per_customer", Value::Int(500)),
            ("used", Value::Int(0)),
            ("taken_at", Value::Int(now)),
            ("ends_at", Value::Int(ends_at)),
        ];
        let mut tx = self.begin(now);
        tx.put(Row::new("lease", id, &fields));
        self.commit(tx, false);
        id
    }

    /// Forgets tombstones up to a version.
    pub fn trim(&mut self, to: i64) {
        self.feed.retain(|_, (version, op)| *op == Op::Put || *version > to);
        self.trimmed_to = self.trimmed_to.max(to);
    }

    /// Reads on in a stream, with nothing in between.
    pub fn pull(&self, reader: Uuid, scope: Scope, from: Position, limit: usize) -> (Vec<Entry>, Position, bool) {
        let keys = self.keys(reader, scope, from, limit);
        let next = keys.next;
        let (changes, is_consistent) = self.rows_of(reader, keys);
        (changes, next, is_consistent)
    }

    /// The keys of a page.
    pub fn keys(&self, reader: Uuid, scope: Scope, from: Position, limit: usize) -> Keys {
        let mut found: Vec<(i64, Key, Op)> = self
            .feed
            .range((scope, (i16::MIN, Uuid::nil()))..=(scope, (i16::MAX, Uuid::max())))
            .map(|((_, key), (version, op))| (*version, *key, *op))
            .filter(|(version, (tbl, pk), _)| (*version, *tbl, *pk) > (from.version, from.tbl, from.pk))
            .filter(|(_, _, op)| self.bug != Some(Bug::DeletesLost) || *op != Op::Delete)
            .collect();
        found.sort_by_key(|(version, key, _)| (*version, *key));
        found.truncate(limit);
        let may_read = scope == Scope::Clinic || scope == Scope::Person(reader);
        if !may_read && self.bug != Some(Bug::ScopeLeak) {
            found.clear();
        }
        let is_last = found.len() < limit;
        let next = match found.last() {
            Some((version, (tbl, pk), _)) if !is_last => self.next_of_full_page(*version, *tbl, *pk),
            _ => Position::end_of(self.version),
        };
        Keys {
            found,
            next,
            is_last,
            version: self.version,
        }
    }

    /// The rows of a page as they are now, which may be later than its keys; and whether the stream is read to its end.
    pub fn rows_of(&self, reader: Uuid, keys: Keys) -> (Vec<Entry>, bool) {
        // Without a row to ask for, nothing is asked.
        let read_at = if keys.want_rows() { self.version } else { keys.version };
        let is_end = match self.bug {
            Some(Bug::VersionUnchecked) => keys.is_last,
            _ => feed::ends(keys.is_last, keys.version, read_at),
        };
        let changes = keys.found.into_iter().map(|(version, key, op)| Entry {
            version,
            change: self.change(reader, key, op),
        });
        (changes.collect(), is_end)
    }

    fn next_of_full_page(&self, version: i64, tbl: i16, pk: Uuid) -> Position {
        match self.bug {
            Some(Bug::PageByVersion) => Position::end_of(version),
            Some(Bug::NextIsHead) => Position::end_of(self.version),
            _ => Position { version, tbl, pk },
        }
    }

    fn change(&self, reader: Uuid, key: Key, op: Op) -> Change {
        let older = self.past.len().checked_sub(2).and_then(|nth| self.past.get(nth));
        let rows = match (self.bug, older) {
            (Some(Bug::PayloadOfAnotherSnapshot), Some(older)) => older.as_ref(),
            _ => &self.rows,
        };
        let is_in_sight = |row: &&Arc<Row>| may_see(row, reader) || self.bug == Some(Bug::ScopeLeak);
        let row = (op == Op::Put).then(|| rows.get(&key).filter(is_in_sight)).flatten();
        let (op, row) = match (op, row) {
            (Op::Put, Some(row)) => (Op::Put, Some(row.values.clone())),
            (Op::Put, None) => (Op::Leave, None),
            (op, _) => (op, None),
        };
        Change {
            tbl: key.0,
            op,
            pk: key.1,
            row,
        }
    }

    /// What a login may see.
    pub fn visible(&self, person: Uuid) -> Vec<Arc<Row>> {
        self.rows.values().filter(|row| may_see(row, person)).cloned().collect()
    }

    /// Which of these actions are remembered as done.
    pub fn known(&self, actions: &[Uuid]) -> Vec<Uuid> {
        let is_done = |id: &Uuid| {
            self.mutations
                .get(id)
                .is_some_and(|known| known.outcome.refused.is_none())
        };
        let is_known = |id: &&Uuid| is_done(id) || self.bug == Some(Bug::KnownToAll);
        actions.iter().filter(is_known).copied().collect()
    }

    /// Decides a batch: all of it has an outcome, or none of it happened.
    ///
    /// # Errors
    /// As `desk.push` says.
    pub fn push(
        &mut self,
        login: Login,
        client: Uuid,
        batch: &[Waiting],
        now: i64,
        chance: &mut Chance,
    ) -> Result<Vec<Outcome>, ClinicError> {
        let member = self.logins.get(&login).filter(|member| member.is_active);
        let person = member.ok_or(ClinicError::LoginEnded)?.person;
        let seen = self.clients.get(&client).cloned().unwrap_or(Client {
            login,
            last_seq: 0,
            by_seq: BTreeMap::new(),
        });
        if seen.login != login {
            return Err(refused("client_of_another_login"));
        }
        let mut push = Push {
            tx: self.begin(now),
            client: seen,
            person,
            decided: vec![],
        };
        let mut answers = vec![];
        for action in batch {
            answers.push(self.one(&mut push, action, chance)?);
        }
        if self.bug == Some(Bug::LastOfBatchLost) && batch.len() > 1 {
            push.decided.pop();
        }
        self.finish(client, push);
        Ok(answers)
    }

    fn one(&self, push: &mut Push, action: &Waiting, chance: &mut Chance) -> Result<Outcome, ClinicError> {
        let last = push.client.last_seq;
        if action.seq > last + 1 {
            return Err(ClinicError::Gap);
        }
        if let Some(outcome) = self.remembered(push, action)? {
            push.client.last_seq = last.max(action.seq);
            return Ok(outcome);
        }
        if action.seq <= last && self.bug != Some(Bug::NoDedupe) {
            return Err(ClinicError::Forked);
        }
        let outcome = self.decide(push, action, chance)?;
        push.client.last_seq = action.seq;
        push.client.by_seq.insert(action.seq, outcome.clone());
        push.decided.push((action.clone(), outcome.clone()));
        Ok(outcome)
    }

    /// The stored outcome of an action asked again, whoever asks.
    fn remembered(&self, push: &Push, action: &Waiting) -> Result<Option<Outcome>, ClinicError> {
        match self.bug {
            Some(Bug::NoDedupe) => return Ok(None),
            Some(Bug::KnownByNumber) => {
                return Ok(push.client.by_seq.get(&action.seq).map(|known| Outcome {
                    id: action.id,
                    ..known.clone()
                }));
            }
            _ => {}
        }
        let here = push.decided.iter().find(|(other, _)| other.id == action.id);
        let known = here.map(|(other, outcome)| (other, outcome));
        let known = known.or(self
            .mutations
            .get(&action.id)
            .map(|known| (&known.action, &known.outcome)));
        match known {
            Some((asked, _)) if (&asked.name, &asked.args, asked.v) != (&action.name, &action.args, action.v) => {
                Err(ClinicError::Forked)
            }
            Some((_, outcome)) => Ok(Some(outcome.clone())),
            None => Ok(None),
        }
    }

    fn decide(&self, push: &mut Push, action: &Waiting, chance: &mut Chance) -> Result<Outcome, ClinicError> {
        // An action of the first version that nobody knows was never one; of a later version, it is one of a newer desk.
        if action.v > 1 || self.is_older && decide::is_new(&action.name) {
            return Err(ClinicError::TooOld);
        }
        let before = push.tx.clone();
        let mut desk = decide::Desk {
            tx: &mut push.tx,
            person: push.person,
            known: &self.mutations,
            decided: &push.decided,
            chance,
            bug: self.bug,
        };
        let refused = decide::decide(&mut desk, &action.name, &action.args).err();
        if refused.is_some() {
            push.tx = before;
            if self.bug == Some(Bug::PoisonBlocks) {
                return Err(ClinicError::Retry("P0001".into()));
            }
        }
        let refused = refused.map(|refused| Refusal {
            code: refused.code.to_owned(),
            detail: Some(refused.detail.to_string()),
        });
        let refused = refused.filter(|_| self.bug != Some(Bug::RefusalsAnsweredOk));
        Ok(Outcome { id: action.id, refused })
    }

    fn finish(&mut self, client: Uuid, push: Push) {
        let Push {
            tx,
            client: seen,
            person,
            decided,
        } = push;
        let at = tx.now;
        let version = self.commit(tx, true);
        self.clients.insert(client, seen);
        for (action, outcome) in decided {
            if outcome.refused.is_none() {
                *self.effects.entry(action.id).or_default() += 1;
            }
            let mutation = Mutation {
                person,
                at,
                outcome,
                version,
                action,
            };
            self.mutations.insert(mutation.action.id, Arc::new(mutation));
        }
    }

    /// Checks a place as the shipped code does, unless a bug is planted there.
    ///
    /// # Errors
    /// As [`clinic::check`].
    pub fn check(&self, head: &Head, from: Position, epoch: &str) -> Result<(), Failure> {
        let mut head = head.clone();
        match self.bug {
            Some(Bug::LifeIgnored) => {
                return clinic::check(&head, from.min(Position::end_of(head.version)), &head.life());
            }
            Some(Bug::TrimIgnored) => head.trimmed_to = 0,
            Some(Bug::TrimByVersion) if from.version >= head.trimmed_to => head.trimmed_to = 0,
            _ => {}
        }
        clinic::check(&head, from, epoch)
    }
}

fn may_see(row: &Row, person: Uuid) -> bool {
    matches!(row.scope(), Scope::Clinic) || row.scope() == Scope::Person(person)
}

/// The same key for the same PC and day, so that a seed's history is the same each time.
fn named(device: &str, day: i64) -> Uuid {
    let mixed = device
        .bytes()
        .fold(0x1ea5e_u64, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into()));
    Uuid::from_u64_pair(mixed, day.unsigned_abs())
}

/// Points of the allowances that are in force.
fn leases_until(rows: &Rows, now: i64) -> i64 {
    let number = noun("lease").number;
    let leases = rows.range((number, Uuid::nil())..=(number, Uuid::max()));
    let in_force = leases.filter(|(_, row)| row.int("ends_at").is_some_and(|end| end >= now));
    in_force.filter_map(|(_, row)| row.int("points")).sum()
}

/// A batch on its way to an outcome.
struct Push {
    tx: Tx,
    client: Client,
    person: Uuid,
    decided: Vec<(Waiting, Outcome)>,
}

fn refused(code: &str) -> ClinicError {
    ClinicError::Refused {
        code: code.to_owned(),
        detail: Json::Object(serde_json::Map::new()),
    }
}
