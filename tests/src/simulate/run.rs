//! A run: the first morning, the steps of a plan with a look at everything after each, then the faults stop, and everything must agree.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
    sync::{Arc, Mutex},
};

use desk_sync::engine::Step as Doing;
use tempfile::TempDir;
use uuid::Uuid;

use super::{
    chance::Chance,
    check::{self, Before, Checked, Violation, broken},
    check_counter, check_door, decide,
    pc::{Pc, scratch},
    person::{self, Did, Intention},
    plan::{Plan, Step, What},
    planted::Bug,
    seen::Place,
    start::{self, MORNING, PEOPLE},
    trace::Trace,
    web,
    world::{Fate, Shared, Wire, World, hold},
};

const MINUTE: i64 = 60_000_000;
const DAY: i64 = 24 * 60 * MINUTE;

/// More PCs do not come.
const MOST_PCS: usize = 4;

/// Rounds of all PCs after the last fault, within which everything agrees.
const ROUNDS: usize = 10;

/// Steps of one PC in one round, after which it does not come to rest any more.
const STEPS: usize = 400;

/// How a run ended.
#[derive(Debug)]
pub struct Outcome {
    /// The number that stands for everything that happened.
    pub hash: u64,
    /// The promise that was broken, if one was, and at which step.
    pub violation: Option<(Violation, usize)>,
    /// What happened, where it was kept.
    pub trace: Vec<String>,
    /// What people did.
    pub actions: usize,
}

/// Runs a plan.
pub fn run(plan: &Plan, bug: Option<Bug>, keep_trace: bool) -> Outcome {
    let mut run = Run::begin(plan, bug, keep_trace);
    let violation = run.play(plan).err().map(|violation| (violation, run.step));
    let world = hold(&run.world);
    Outcome {
        hash: world.trace.hash(),
        violation,
        trace: world.trace.lines().to_vec(),
        actions: run.intentions.len(),
    }
}

struct Run {
    world: Shared,
    pcs: Vec<Pc>,
    before: Vec<Before>,
    intentions: BTreeMap<Uuid, Intention>,
    /// Nobody can have these any more: their only copy was on a disk or a server that was put back.
    excused: BTreeSet<Uuid>,
    taken_back: BTreeSet<Uuid>,
    /// Waited when a folder was copied: the copy may send them, whatever happens here.
    copied: BTreeSet<Uuid>,
    folder: TempDir,
    folders: usize,
    step: usize,
    judged: i64,
}

impl Run {
    fn begin(plan: &Plan, bug: Option<Bug>, keep_trace: bool) -> Self {
        let trace = if keep_trace { Trace::kept() } else { Trace::default() };
        let world = World::new(start::server(plan.version), plan.page, MORNING, bug, trace);
        let mut run = Self {
            world: Arc::new(Mutex::new(world)),
            pcs: vec![],
            before: vec![],
            intentions: BTreeMap::new(),
            excused: BTreeSet::new(),
            taken_back: BTreeSet::new(),
            copied: BTreeSet::new(),
            folder: scratch(),
            folders: 0,
            step: 0,
            judged: 0,
        };
        for (nth, count) in plan.people.iter().enumerate() {
            let people: Vec<Uuid> = (0..*count).map(|other| PEOPLE[(nth + other) % PEOPLE.len()]).collect();
            run.add_pc(people, plan.version);
        }
        let mut world = hold(&run.world);
        world.standby = world.server.clone();
        drop(world);
        run
    }

    fn add_pc(&mut self, people: Vec<Uuid>, version: i64) {
        let (nth, folder) = (self.pcs.len(), self.new_folder());
        let mut world = hold(&self.world);
        let logins = people.iter().map(|person| (*person, world.enrol(*person))).collect();
        world.wires.push(Wire {
            logins,
            ..Wire::default()
        });
        drop(world);
        let file = start::file(people[0], version);
        self.pcs.push(Pc::new(&self.world, nth, folder, &file, people));
        self.before.push(Before::default());
    }

    fn new_folder(&mut self) -> PathBuf {
        self.folders += 1;
        self.folder.path().join(self.folders.to_string())
    }

    fn play(&mut self, plan: &Plan) -> Checked {
        self.check_all()?;
        for (nth, step) in plan.steps.iter().enumerate() {
            self.step = nth;
            self.take(step)?;
            self.check_all()?;
        }
        self.step = plan.steps.len();
        self.converge(plan)
    }

    fn say(&self, said: std::fmt::Arguments<'_>) {
        hold(&self.world).trace.note(said);
    }

    fn take(&mut self, step: &Step) -> Checked {
        let pc = step.pc % self.pcs.len();
        let mut chance = Chance::new(step.dice);
        self.say(format_args!("{} {:?} {pc}", self.step, step.what));
        hold(&self.world).now += chance.between(1, MINUTE);
        match step.what {
            What::Act => self.act(pc, &mut chance),
            What::Poll => {
                self.pcs[pc].poll();
            }
            What::Go => self.pcs[pc].go(),
            What::Round => return self.round(pc, 8),
            What::Web | What::Begin | What::End | What::Time | What::Late => self.elsewhere(step.what, &mut chance),
            What::Lose | What::Cut | What::Mend => self.network(step.what, pc, &mut chance),
            What::Kill
            | What::Restart
            | What::Keep
            | What::PutBack
            | What::Clone
            | What::Clock
            | What::Disk
            | What::Abandoned => {
                self.at_pc(step.what, pc, &mut chance);
            }
            What::EndAccess | What::Join => self.access(step.what, pc, &mut chance),
            What::Backup
            | What::Restore
            | What::Replicate
            | What::Failover
            | What::Standby
            | What::Bounce
            | What::Reset
            | What::Trim
            | What::Older => self.at_server(step.what, &mut chance),
        }
        Ok(())
    }

    /// Goes on until the PC rests, with a look after each step.
    fn round(&mut self, pc: usize, most: usize) -> Checked {
        for _ in 0..most {
            self.pcs[pc].go();
            self.check_pc(pc)?;
            if matches!(self.pcs[pc].step, Doing::Wait(_)) {
                break;
            }
        }
        Ok(())
    }

    fn act(&mut self, pc: usize, chance: &mut Chance) {
        let did = person::act(&mut self.pcs[pc], chance);
        match did {
            Did::Acted(intention) => {
                self.say(format_args!("  {} {} {}", intention.name, intention.id, intention.args));
                self.intentions.insert(intention.id, intention);
            }
            Did::TookOut(id) => {
                self.say(format_args!("  took out {id}"));
                self.taken_back.insert(id);
            }
            Did::Nothing | Did::LookedAt | Did::Settled => {}
        }
    }

    fn elsewhere(&mut self, what: What, chance: &mut Chance) {
        let mut world = hold(&self.world);
        match what {
            What::Web | What::Begin => {
                let edits = web::transaction(&world.server.rows, chance);
                world.trace.note(format_args!("  {edits:?}"));
                let waits_for_reader = what == What::Web && chance.percent(30);
                if what == What::Web && !waits_for_reader {
                    world.commit(&edits)
                } else {
                    world.begin(edits, waits_for_reader)
                }
            }
            What::End => {
                let nth = chance.below(world.open.len());
                world.end(nth);
            }
            What::Late => {
                let nth = chance.below(world.strays.len());
                world.arrive_late(nth);
            }
            _ => world.now += chance.between(MINUTE, 20 * DAY),
        }
    }

    fn network(&mut self, what: What, pc: usize, chance: &mut Chance) {
        let mut world = hold(&self.world);
        let wire = &mut world.wires[pc];
        match what {
            What::Cut => wire.is_down = true,
            What::Mend => wire.is_down = false,
            _ => {
                wire.fate = [
                    Fate::RequestLost,
                    Fate::RequestLate,
                    Fate::Twice,
                    Fate::AnswerLost,
                    Fate::AnswerLost,
                ][chance.below(5)]
            }
        }
        let fate = wire.fate;
        world.trace.note(format_args!("  {fate:?}"));
    }

    fn at_pc(&mut self, what: What, pc: usize, chance: &mut Chance) {
        let folder = self.new_folder();
        match what {
            What::Kill => self.pcs[pc].kill(folder),
            What::Restart => self.pcs[pc].restart(),
            What::Keep => {
                self.pcs[pc].keep_copy(folder);
                // What waits there, and what was confirmed too: in another life of the database the copy sends it again.
                let known = self.pcs[pc].seen.places.iter();
                self.copied.extend(
                    known
                        .filter(|(_, place)| **place != Place::TakenBack)
                        .map(|(id, _)| *id),
                );
            }
            What::PutBack => {
                if self.pcs[pc].put_back(folder) {
                    self.say(format_args!("  the folder is put back"));
                    self.pcs[pc].look();
                    self.excuse();
                }
            }
            What::Clone => self.clone_pc(pc, folder),
            What::Clock => {
                self.pcs[pc].skew = [0, 0, -3, 60, -400, 3_650].map(|hours| hours * 60 * MINUTE)[chance.below(6)]
            }
            What::Disk => self.pcs[pc].fill_disk(chance.percent(50)),
            _ => self.pcs[pc].poll_abandoned(1 + chance.below(4)),
        }
    }

    fn clone_pc(&mut self, pc: usize, folder: PathBuf) {
        let nth = self.pcs.len();
        if nth >= MOST_PCS {
            return;
        }
        if let Some((other, logins)) = self.pcs[pc].clone_of(&self.world, nth, folder) {
            self.say(format_args!("  PC {nth} is a copy of PC {pc}"));
            let mut world = hold(&self.world);
            let wire = Wire {
                logins,
                torn: world.wires[pc].torn.clone(),
                ..Wire::default()
            };
            world.wires.push(wire);
            drop(world);
            self.pcs.push(other);
            self.before.push(Before::default());
        }
    }

    fn access(&mut self, what: What, pc: usize, chance: &mut Chance) {
        let person = PEOPLE[chance.below(PEOPLE.len())];
        match what {
            What::EndAccess => hold(&self.world).end_access(person),
            _ => self.pcs[pc].join(person),
        }
        self.say(format_args!("  {person}"));
    }

    fn at_server(&mut self, what: What, chance: &mut Chance) {
        let mut world = hold(&self.world);
        match what {
            What::Backup => {
                let backup = world.server.clone();
                world.backups.push(backup);
            }
            What::Restore => {
                if let Some(backup) = chance.pick(&world.backups).cloned() {
                    let kind = chance.below(3);
                    world.begin_another_life(|world, start| {
                        let was = world.server.life.clone();
                        world.server = backup;
                        world.server.life = match kind {
                            0 => super::server::Life {
                                clock_oid: i64::from(start) + 100,
                                ..was
                            },
                            1 => super::server::Life {
                                timeline: start + 100,
                                ..was
                            },
                            _ => super::server::Life {
                                sysid: start + 100,
                                ..was
                            },
                        };
                    });
                    world.standby = world.server.clone();
                }
            }
            What::Replicate => world.standby = world.server.clone(),
            What::Failover => world.begin_another_life(|world, start| {
                world.server = world.standby.clone();
                world.server.life.timeline = start + 100;
            }),
            What::Standby => world.standby_answers = !world.standby_answers,
            What::Bounce => world.restart(),
            What::Reset => {
                let edits = web::transaction(&world.server.rows, chance);
                world.reset(|tx, _| unseen(tx, &edits));
            }
            What::Trim => {
                // As often as not up to where some desk stands in the middle: no other place is as hard to judge.
                let to = match chance.percent(50) {
                    true => world.halfway.min(world.server.version),
                    false => (world.server.version - chance.between(0, 6)).max(0),
                };
                world.server.trim(to);
                world.trace.note(format_args!("  up to {to}"));
            }
            _ => world.server.is_older = !world.server.is_older,
        }
        drop(world);
        if matches!(what, What::Restore | What::Failover) {
            self.excuse();
        }
    }

    /// What exists nowhere any more, after a disk or a server was put back, can be nobody's promise.
    fn excuse(&mut self) {
        let world = hold(&self.world);
        let gone = self
            .intentions
            .keys()
            .filter(|id| !check::survives(**id, &self.pcs, &world));
        let gone: Vec<Uuid> = gone.copied().collect();
        drop(world);
        self.excused.extend(gone);
    }

    fn check_all(&mut self) -> Checked {
        for pc in 0..self.pcs.len() {
            self.check_pc(pc)?;
        }
        let world = hold(&self.world);
        check::server(&world, &self.intentions)?;
        check::causal(&world, self.judged)?;
        check_door::since(&world, self.judged)?;
        check_counter::since(&world, self.judged)?;
        self.judged = world.server.version;
        for (id, intention) in &self.intentions {
            if !self.excused.contains(id) && !check::survives(*id, &self.pcs, &world) {
                return broken(
                    "no silent loss",
                    format!("{} {id} of PC {} is nowhere", intention.name, intention.pc),
                );
            }
        }
        Ok(())
    }

    fn check_pc(&mut self, nth: usize) -> Checked {
        let pc = &mut self.pcs[nth];
        pc.look();
        if !pc.is_unchecked {
            return Ok(());
        }
        pc.is_unchecked = false;
        check::pc(pc, &self.before[nth], &hold(&self.world))?;
        pc.was_replaced = false;
        self.before[nth] = Before::of(&pc.seen);
        Ok(())
    }

    /// The faults stop; within a few rounds everybody agrees.
    fn converge(&mut self, plan: &Plan) -> Checked {
        self.say(format_args!("the faults stop"));
        self.heal(plan);
        // The first round may be the rest of one that began before.
        let mut quiet = 0;
        for _ in 0..ROUNDS {
            let version = hold(&self.world).server.version;
            for pc in 0..self.pcs.len() {
                self.last_round(pc)?;
            }
            self.check_all()?;
            let is_older = hold(&self.world).server.is_older;
            let is_still = hold(&self.world).server.version == version;
            let is_quiet = is_still && self.pcs.iter().all(|pc| is_at_rest(pc, is_older));
            quiet = if is_quiet { quiet + 1 } else { 0 };
            if quiet == 2 {
                return self.agreed();
            }
        }
        let waiting: Vec<usize> = self.pcs.iter().map(|pc| pc.seen.waiting.len()).collect();
        broken("convergence", format!("after {ROUNDS} rounds {waiting:?} actions wait"))
    }

    fn heal(&mut self, plan: &Plan) {
        let mut world = hold(&self.world);
        while !world.open.is_empty() {
            world.end(0);
        }
        while !world.strays.is_empty() {
            world.arrive_late(0);
        }
        world.standby_answers = false;
        world.server.is_older &= plan.stays_older;
        for wire in &mut world.wires {
            (wire.is_down, wire.fate, wire.repeated) = (false, Fate::Arrives, (String::new(), 0));
        }
        drop(world);
        for pc in &mut self.pcs {
            pc.fill_disk(false);
            while pc.abandoned() > 0 {
                pc.poll_abandoned(1);
            }
        }
    }

    fn last_round(&mut self, pc: usize) -> Checked {
        for _ in 0..STEPS {
            if self.pcs[pc].session.is_empty() {
                return Ok(());
            }
            self.pcs[pc].go();
            self.check_pc(pc)?;
            let repeated = hold(&self.world).wires[pc].repeated.clone();
            if repeated.1 > 4 && !hold(&self.world).server.is_older {
                return broken("no endless repeat", repeated.0);
            }
            if matches!(self.pcs[pc].step, Doing::Wait(_)) {
                return Ok(());
            }
        }
        broken("no endless repeat", format!("PC {pc} does not come to rest"))
    }

    /// At the end: every PC has what the clinic has, nothing waits that can be sent, and everything that was done once is accounted for.
    fn agreed(&self) -> Checked {
        let world = hold(&self.world);
        for pc in &self.pcs {
            self.is_current(pc, &world)?;
        }
        for (id, intention) in &self.intentions {
            if !self.excused.contains(id) {
                self.accounted(*id, intention, &world)?;
            }
        }
        Ok(())
    }

    fn is_current(&self, pc: &Pc, world: &World) -> Checked {
        if pc.session.is_empty() {
            return Ok(());
        }
        for (scope, stream) in &pc.seen.streams {
            let is_read = scope == "clinic" || pc.session.iter().any(|person| scope.ends_with(&person.to_string()));
            if is_read && (stream.life != world.life() || stream.at.version != world.server.version) {
                return broken(
                    "convergence",
                    format!(
                        "PC {} {scope} stands at {:?}, the clinic at {}",
                        pc.nth, stream.at, world.server.version
                    ),
                );
            }
        }
        let known = pc
            .session
            .iter()
            .all(|person| pc.seen.streams.contains_key(&format!("person:{person}")));
        if !known {
            return broken("convergence", format!("PC {} never read a person's stream", pc.nth));
        }
        self.searchable(pc)
    }

    /// Search knows every customer, and nobody else.
    fn searchable(&self, pc: &Pc) -> Checked {
        let cache = pc.cache();
        let reader = cache
            .read()
            .map_err(|error| violation("durability", error.to_string()))?;
        let count = |sql: &str| reader.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap_or(-1);
        let (found, are) = (
            count("SELECT count(*) FROM search_person"),
            count("SELECT count(*) FROM customer"),
        );
        if found != are {
            return broken("search", format!("PC {} finds {found} of {are} customers", pc.nth));
        }
        // Costs too much for every run.
        let is_whole: String = match self.folders % 8 {
            0 => reader
                .query_row("PRAGMA integrity_check", [], |row| row.get(0))
                .unwrap_or_default(),
            _ => "ok".into(),
        };
        if is_whole == "ok" {
            Ok(())
        } else {
            broken("durability", is_whole)
        }
    }

    /// An action ends done, refused with a reason on somebody's screen, or taken back; or it waits for a person who is not let in.
    fn accounted(&self, id: Uuid, intention: &Intention, world: &World) -> Checked {
        let places: Vec<(&Pc, Place)> = self
            .pcs
            .iter()
            .filter_map(|pc| Some((pc, *pc.seen.places.get(&id)?)))
            .collect();
        let is = |wanted: Place| places.iter().any(|(_, place)| *place == wanted);
        let known = world.server.mutations.get(&id);
        let is_done = known.is_some_and(|known| known.outcome.refused.is_none());
        let what = format!("{} {id} of PC {}", intention.name, intention.pc);
        let waits_for_nobody =
            world.server.is_older || places.iter().any(|(pc, _)| !pc.session.contains(&intention.person));
        if self.taken_back.contains(&id) && !self.copied.contains(&id) && is_done {
            return broken("exactly once", format!("{what} was taken back, and done"));
        }
        // Refused here in one life and done in the next by a copy of this PC: nobody can tell this one.
        if is_done && !self.copied.contains(&id) && (is(Place::Attention) || is(Place::Settled)) {
            return broken("settled", format!("{what} is called refused, and done"));
        }
        if is_done || is(Place::Attention) || is(Place::Settled) || is(Place::TakenBack) || waits_for_nobody {
            return Ok(());
        }
        broken(
            "no silent loss",
            format!(
                "{what} is {places:?} here, the database says {:?}",
                known.map(|known| &known.outcome),
                places = places.iter().map(|(_, place)| place).collect::<Vec<_>>()
            ),
        )
    }
}

fn violation(promise: &'static str, how: String) -> Violation {
    Violation { promise, how }
}

/// Nothing waits that this PC can send, and what it last read was the end of the clinic's stream. An older database takes nothing of who waits
/// with something that it does not know.
fn is_at_rest(pc: &Pc, is_older: bool) -> bool {
    let of = |person: &Uuid| {
        pc.seen
            .waiting
            .iter()
            .filter(|action| action.person == *person)
            .collect::<Vec<_>>()
    };
    let waits = |person: &Uuid| {
        let waiting = of(person);
        let is_blocked = is_older && waiting.iter().any(|action| decide::is_new(&action.name));
        !waiting.is_empty() && !is_blocked
    };
    pc.session.is_empty() || (pc.is_current && !pc.session.iter().any(waits))
}

/// Edits that no trigger notices.
fn unseen(tx: &mut super::server::Tx, edits: &[web::Edit]) {
    let mut aside = tx.clone();
    edits.iter().for_each(|edit| web::make(&mut aside, edit));
    tx.rows = aside.rows;
}
