//! Everything that is not on a PC: the clinic's database with its backups and its standby, other programs' open transactions, the network
//! to each PC, and time.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use desk_cache::{outbox::Waiting, rebase::Position};
use uuid::Uuid;

use super::{
    chance::Chance,
    planted::Bug,
    row::Rows,
    seen::Stream,
    server::{Login, Member, Server},
    trace::Trace,
    web::{self, Edit},
};

/// The world as everyone holds it.
pub type Shared = Arc<Mutex<World>>;

/// What becomes of the next request or answer of a PC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Fate {
    /// It arrives.
    #[default]
    Arrives,
    /// The request is lost.
    RequestLost,
    /// The PC hears nothing and gives up; the request arrives later.
    RequestLate,
    /// The request arrives twice.
    Twice,
    /// The answer is lost.
    AnswerLost,
}

/// The network between one PC and the clinic.
#[derive(Debug, Default)]
pub struct Wire {
    /// Nothing gets through.
    pub is_down: bool,
    /// What happens next.
    pub fate: Fate,
    /// Each person's login at this PC.
    pub logins: BTreeMap<Uuid, Login>,
    /// For the planted bug: an answer that came too late for its own request.
    pub late: Option<desk_sync::clinic::Pulled>,
    /// Ends of streams that this PC read while the clinic went on: life, scope, version. Who stands there stands in the middle.
    pub torn: BTreeSet<(String, String, i64)>,
    /// The last request that was answered, and how often it was the same.
    pub repeated: (String, u32),
}

/// A request whose sender has given up.
#[derive(Debug)]
pub struct Stray {
    boot: u32,
    login: Login,
    client: Uuid,
    batch: Vec<Waiting>,
}

/// Another program's transaction that has begun.
#[derive(Debug)]
pub struct Open {
    edits: Vec<Edit>,
    /// It ends as soon as somebody has read keys, before they read the rows.
    waits_for_reader: bool,
    /// For the planted bug: the number it took.
    reserved: Option<i64>,
}

/// Everything that is not on a PC.
#[derive(Debug)]
pub struct World {
    /// The clinic's database.
    pub server: Server,
    /// Its standby, as far as it came.
    pub standby: Server,
    /// A pooler asks the standby instead.
    pub standby_answers: bool,
    /// Microseconds since 1970.
    pub now: i64,
    /// How often the database was started: no connection outlives a start.
    pub boot: u32,
    /// Rows in a page.
    pub page: usize,
    /// The version in whose middle a desk was left last, with more to read.
    pub halfway: i64,
    /// The network to each PC.
    pub wires: Vec<Wire>,
    /// Transactions of other programs.
    pub open: Vec<Open>,
    /// Backups.
    pub backups: Vec<Server>,
    /// Requests on their way whose senders gave up.
    pub strays: Vec<Stray>,
    /// What happened.
    pub trace: Trace,
    /// The planted bug.
    pub bug: Option<Bug>,
    /// For what the database makes up. Apart from the schedule, so that a step left out changes no other step.
    pub chance: Chance,
    ended: BTreeMap<String, Vec<Arc<Rows>>>,
    /// In which life and at which version each login's access ended.
    access_ended: BTreeMap<Login, (String, i64)>,
    next_login: Login,
    starts: u32,
}

/// The world, held.
pub fn hold(world: &Shared) -> MutexGuard<'_, World> {
    world.lock().unwrap_or_else(PoisonError::into_inner)
}

impl World {
    /// A world with this database.
    pub fn new(mut server: Server, page: usize, now: i64, bug: Option<Bug>, trace: Trace) -> Self {
        server.bug = bug;
        Self {
            standby: server.clone(),
            standby_answers: false,
            now,
            boot: 0,
            page,
            halfway: 0,
            wires: vec![],
            open: vec![],
            backups: vec![],
            strays: vec![],
            trace,
            bug,
            chance: Chance::new(7),
            ended: BTreeMap::new(),
            access_ended: BTreeMap::new(),
            next_login: 0,
            starts: 0,
            server,
        }
    }

    /// A new login for a person, enrolled.
    pub fn enrol(&mut self, person: Uuid) -> Login {
        self.next_login += 1;
        let member = Member {
            person,
            is_active: true,
        };
        self.server.logins.insert(self.next_login, member);
        let moved = self.server.begin(self.now);
        self.server.commit(moved, true);
        self.next_login
    }

    /// Ends a person's access, at every PC.
    pub fn end_access(&mut self, person: Uuid) {
        let (life, version) = (self.life(), self.server.version);
        for (login, member) in &mut self.server.logins {
            if member.person == person && member.is_active {
                member.is_active = false;
                self.access_ended.insert(*login, (life.clone(), version));
            }
        }
        let moved = self.server.begin(self.now);
        self.server.commit(moved, true);
    }

    /// The newest version that a PC may have read, if everybody's access there has ended in this history.
    pub fn read_until(&self, pc: usize) -> Option<(String, i64)> {
        let logins: Vec<&Login> = self.wires[pc].logins.values().collect();
        let has_ended = |login: &&Login| self.server.logins.get(login).is_some_and(|member| !member.is_active);
        if logins.is_empty() || !logins.iter().all(has_ended) {
            return None;
        }
        let ends = logins.iter().filter_map(|login| self.access_ended.get(login));
        let ends = ends.filter(|(life, _)| *life == self.life());
        ends.max_by_key(|(_, version)| *version).cloned()
    }

    /// Who answers, and whether it is the standby.
    pub fn answering(&self) -> (&Server, bool) {
        if self.standby_answers {
            (&self.standby, self.bug != Some(Bug::StandbyBelieved))
        } else {
            (&self.server, false)
        }
    }

    /// One transaction of the web system, begun and committed.
    pub fn commit(&mut self, edits: &[Edit]) {
        let mut tx = self.server.begin(self.now);
        for edit in edits {
            web::make(&mut tx, edit);
        }
        self.server.commit(tx, false);
    }

    /// A transaction that takes its time.
    pub fn begin(&mut self, edits: Vec<Edit>, waits_for_reader: bool) {
        let reserved = (self.bug == Some(Bug::SequenceCursor)).then(|| self.server.reserve());
        self.open.push(Open {
            edits,
            waits_for_reader,
            reserved,
        });
    }

    /// Somebody has read keys and not yet the rows.
    pub fn go_on(&mut self) {
        if let Some(nth) = self.open.iter().position(|open| open.waits_for_reader) {
            self.end(nth);
        }
    }

    /// Ends the open transaction `nth`. Its edits see what was committed meanwhile, as READ COMMITTED does.
    pub fn end(&mut self, nth: usize) {
        if nth >= self.open.len() {
            return;
        }
        let open = self.open.remove(nth);
        match open.reserved {
            None => self.commit(&open.edits),
            Some(version) => {
                let mut tx = self.server.begin(self.now);
                open.edits.iter().for_each(|edit| web::make(&mut tx, edit));
                self.server.commit_as(tx, version);
            }
        }
    }

    /// The rows at a version of a life of the database.
    pub fn rows_at(&self, life: &str, version: i64) -> Option<Arc<Rows>> {
        let past = if self.life() == life {
            Some(&self.server.past)
        } else {
            self.ended.get(life)
        };
        past?.get(usize::try_from(version).ok()?).cloned()
    }

    /// Rows at versions of a life from (not including) one to another, newest last.
    pub fn rows_between(&self, life: &str, from: i64, to: i64) -> Vec<Arc<Rows>> {
        (from + 1..=to)
            .filter_map(|version| self.rows_at(life, version))
            .collect()
    }

    /// The life of the database in one word.
    pub fn life(&self) -> String {
        self.server.head(false).life()
    }

    /// The database's process ends and starts, with another history: `change` says which. Nothing under way survives.
    pub fn begin_another_life(&mut self, change: impl FnOnce(&mut Self, u32)) {
        self.starts += 1;
        let (life, past) = (self.life(), self.server.past.clone());
        self.ended.insert(life, past);
        let number = self.starts;
        change(self, number);
        self.restart();
    }

    /// The database's process ends and starts.
    pub fn restart(&mut self) {
        self.boot += 1;
        self.open.clear();
        self.strays.clear();
        self.standby_answers = false;
    }

    /// The triggers were off; the keeper declares history broken. No connection ends.
    pub fn reset(&mut self, change: impl FnOnce(&mut super::server::Tx, &mut Chance)) {
        self.starts += 1;
        let (life, past) = (self.life(), self.server.past.clone());
        let mut tx = self.server.begin(self.now);
        change(&mut tx, &mut self.chance);
        self.server.commit(tx, true);
        self.server.life.epoch = Uuid::from_u128(u128::from(self.starts) << 64);
        self.ended.insert(life, past);
    }

    /// A request without a sender arrives after all, if its connection's server still runs.
    pub fn arrive_late(&mut self, nth: usize) {
        if nth >= self.strays.len() {
            return;
        }
        let stray = self.strays.remove(nth);
        if stray.boot == self.boot && !self.standby_answers {
            let decided = self
                .server
                .push(stray.login, stray.client, &stray.batch, self.now, &mut self.chance);
            self.trace.note(format_args!(
                "  a late push of {} arrives: {}",
                stray.batch.len(),
                decided.is_ok()
            ));
        }
    }

    /// Remembers a request whose sender gives up.
    pub fn stray(&mut self, login: Login, client: Uuid, batch: &[Waiting]) {
        self.strays.push(Stray {
            boot: self.boot,
            login,
            client,
            batch: batch.to_vec(),
        });
    }

    /// The clinic went on between the keys and the rows of a page that a PC reads.
    pub fn tore(&mut self, pc: usize, life: &str, scope: &str, [version, later]: [i64; 2]) {
        let said = format_args!("  PC {pc} {scope}: keys of v{version}, rows of v{later}");
        self.trace.note(said);
        self.wires[pc].torn.insert((life.to_owned(), scope.to_owned(), version));
    }

    /// Whether a PC's stream stands at a moment that the clinic has been in.
    pub fn is_whole(&self, pc: usize, scope: &str, stream: &Stream) -> bool {
        let here = (stream.life.clone(), scope.to_owned(), stream.at.version);
        stream.at == Position::end_of(stream.at.version) && !self.wires[pc].torn.contains(&here)
    }

    /// Counts how often a PC asks the same and hears the same.
    pub fn repeats(&mut self, pc: usize, said: String) {
        let repeated = &mut self.wires[pc].repeated;
        if repeated.0 == said {
            repeated.1 += 1;
        } else {
            *repeated = (said, 1);
        }
    }

    /// A place and who asks, as one word.
    pub fn asked(person: Uuid, scope: &str, from: Position) -> String {
        format!("{person} {scope} {}.{}.{}", from.version, from.tbl, from.pk)
    }
}
