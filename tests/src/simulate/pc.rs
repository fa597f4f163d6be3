//! One PC: a real cache file, the real engine, and what its session does between them. The scheduler decides how far a step gets; killing
//! the program drops the step where it stands and goes on with the bytes that were on the disk.

use std::{
    cell::Cell,
    collections::BTreeMap,
    fs,
    future::Future,
    path::{Path, PathBuf},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, Waker},
    time::Duration,
};

use desk_cache::{Cache, Key, outbox};
use desk_sync::{
    Failure,
    engine::{Engine, Event, Pace, Step},
    load::{Load, first_load, load_anew},
    round::{self, Done, Failed},
};
use tempfile::TempDir;
use uuid::Uuid;

use super::{
    line::Line,
    planted::Bug,
    rounds,
    seen::{self, Seen},
    server::{CLINIC, Login},
    world::{Shared, hold},
};

type Work = Pin<Box<dyn Future<Output = Result<Done, Failed>>>>;

/// Where runs keep their files: in memory, where the machine has such a place.
pub fn scratch() -> TempDir {
    let memory = Path::new("/dev/shm");
    let mut made = tempfile::Builder::new();
    made.prefix("aura-simulate-");
    if memory.is_dir()
        && let Ok(folder) = made.tempdir_in(memory)
    {
        return folder;
    }
    made.tempdir().expect("a folder for the run's files")
}

/// The key of every cache here.
pub fn cache_key() -> Key {
    Key::new([7; 32])
}

/// A copy of a PC's folder, made at some moment.
#[derive(Clone, Debug)]
pub struct Copy {
    folder: PathBuf,
    people: Vec<Uuid>,
    logins: BTreeMap<Uuid, Login>,
}

/// One PC.
pub struct Pc {
    /// Its number.
    pub nth: usize,
    /// Who uses it.
    pub people: Vec<Uuid>,
    /// Those of them whom the clinic let in, as far as this session knows.
    pub session: Vec<Uuid>,
    /// What happens next.
    pub engine: Engine,
    /// What it said last.
    pub step: Step,
    /// How wrong its clock is, in microseconds.
    pub skew: i64,
    /// A copy of its folder.
    pub copy: Option<Copy>,
    /// What is in its file, as of the last look.
    pub seen: Seen,
    /// The file took another one's place since the last look, or went back to an earlier state.
    pub was_replaced: bool,
    /// What was seen has not been checked.
    pub is_unchecked: bool,
    /// The last round ended with the clinic's stream read to its end, nothing failing.
    pub is_current: bool,
    /// A form that somebody has open.
    pub form: Option<(Uuid, &'static str, String)>,
    line: Line,
    folder: PathBuf,
    cache: Option<Arc<Cache>>,
    work: Option<Work>,
    zombies: Vec<Work>,
    failed: bool,
    looked_at: Option<u64>,
    /// Something has had the cache in its hands since the last look; else there is nothing new in it.
    was_touched: Cell<bool>,
}

/// A first load of the world's clinic, as bytes: what a new PC's file is.
pub fn first_file(world: &Shared, pc: usize, person: Uuid) -> Vec<u8> {
    let folder = scratch();
    let path = folder.path().join("cache.db");
    let line = Line {
        world: world.clone(),
        pc,
    };
    let key = cache_key();
    let load = Load {
        person,
        clinic: CLINIC,
        path: &path,
        key: &key,
        damaged: None,
        now: hold(world).now,
    };
    let mut loading = std::pin::pin!(first_load(&line, &load, &|_, _, _| ()));
    while poll(loading.as_mut()).is_pending() {}
    fs::read(&path).expect("the first load left a file")
}

fn poll<T>(work: Pin<&mut (impl Future<Output = T> + ?Sized)>) -> Poll<T> {
    work.poll(&mut Context::from_waker(Waker::noop()))
}

impl Pc {
    /// A PC whose file was just loaded for the first of its people.
    pub fn new(world: &Shared, nth: usize, folder: PathBuf, file: &[u8], people: Vec<Uuid>) -> Self {
        fs::create_dir_all(&folder).expect("a folder for a PC");
        fs::write(folder.join("cache.db"), file).expect("a file for a PC");
        Self::start(world, nth, folder, people)
    }

    /// The program starts over a folder.
    pub fn start(world: &Shared, nth: usize, folder: PathBuf, people: Vec<Uuid>) -> Self {
        let cache = open(&folder);
        let (engine, step) = session(&people);
        Self {
            nth,
            cache: Some(cache),
            session: people.clone(),
            people,
            engine,
            step,
            skew: 0,
            copy: None,
            seen: Seen::default(),
            was_replaced: true,
            is_unchecked: true,
            is_current: false,
            form: None,
            line: Line {
                world: world.clone(),
                pc: nth,
            },
            folder,
            work: None,
            zombies: vec![],
            failed: false,
            looked_at: None,
            was_touched: Cell::new(true),
        }
    }

    /// The time that this PC believes it is.
    pub fn now(&self) -> i64 {
        hold(&self.line.world).now + self.skew
    }

    /// Its cache, for whatever may change it. What keeps it beyond that is a step under way, which goes on where it is polled.
    pub fn cache(&self) -> Arc<Cache> {
        self.was_touched.set(true);
        self.cache.clone().expect("a program that runs")
    }

    /// Whether a step is under way.
    pub fn is_working(&self) -> bool {
        self.work.is_some()
    }

    /// How many abandoned loads still run.
    pub fn abandoned(&self) -> usize {
        self.zombies.len()
    }

    /// Looks at what is under way once; begins it first where nothing is. Answers whether a step ended.
    pub fn poll(&mut self) -> bool {
        let Some(reader) = self.session.first().copied() else {
            return true;
        };
        if self.work.is_none() {
            if let Step::Wait(pause) = self.step {
                self.wait(pause);
            }
            self.work = Some(self.begin(reader));
        }
        let Some(work) = self.work.as_mut() else {
            return true;
        };
        self.was_touched.set(true);
        match poll(work.as_mut()) {
            Poll::Pending => false,
            Poll::Ready(done) => {
                self.work = None;
                self.finish(&done);
                true
            }
        }
    }

    /// Goes on until the step ends.
    pub fn go(&mut self) {
        while !self.poll() {}
    }

    /// Goes on until the engine rests, or so many steps are done. Answers whether it rests.
    pub fn round(&mut self, most: usize) -> bool {
        for _ in 0..most {
            self.go();
            if matches!(self.step, Step::Wait(_)) || self.session.is_empty() {
                return true;
            }
        }
        false
    }

    fn wait(&mut self, pause: Duration) {
        let micros = i64::try_from(pause.as_micros()).unwrap_or(0);
        hold(&self.line.world).now += micros;
        self.step = self.engine.step(Event::TimeIsUp);
        (self.failed, self.is_current) = (false, false);
    }

    fn begin(&self, reader: Uuid) -> Work {
        let (cache, line, step, now) = (self.cache(), self.line.clone(), self.step.clone(), self.now());
        let bug = hold(&self.line.world).bug;
        match step {
            Step::Reload => Box::pin(async move {
                let loaded = match rounds::before_reload(&cache, bug) {
                    Ok(()) => load_anew(&cache, &line, reader, now, &|_, _, _| ()).await,
                    Err(failure) => Err(failure),
                };
                loaded.map_err(|failure| Failed {
                    person: reader,
                    failure,
                })?;
                Ok(Done {
                    outbox_moved: true,
                    is_consistent: true,
                    ..Done::default()
                })
            }),
            step => Box::pin(async move {
                match bug {
                    Some(bug) => rounds::carry_out(bug, &cache, &line, reader, &step, now).await,
                    None => round::carry_out(&cache, &line, reader, &step, now).await,
                }
            }),
        }
    }

    /// As the session does.
    fn finish(&mut self, done: &Result<Done, Failed>) {
        self.note(done);
        let bug = hold(&self.line.world).bug;
        let step = self.step.clone();
        match done {
            Ok(done) => {
                self.was_replaced |= step == Step::Reload;
                self.is_current = step == Step::PullClinic && done.is_consistent && !self.failed;
            }
            Err(Failed {
                person,
                failure: Failure::AccessEnded,
            }) => self.dismiss(*person),
            Err(_) => {}
        }
        // What the clinic does not take may wait; the rest must be current all the same.
        self.failed |= done.is_err() && !matches!(round::event(&step, done), Event::Hindered(_));
        let event = match round::event(&step, done) {
            Event::Stale if bug == Some(Bug::ReloadIgnored) => Event::Failed,
            event => event,
        };
        self.step = self.engine.step(event);
    }

    fn note(&self, done: &Result<Done, Failed>) {
        let name = match &self.step {
            Step::Reload => "reload",
            Step::Push(_) => "push",
            Step::PullPerson(_) => "pull person",
            Step::PullClinic => "pull clinic",
            Step::Wait(_) => "wait",
        };
        let mut world = hold(&self.line.world);
        match done {
            Ok(done) => world.trace.note(format_args!(
                "  PC {} {name}: done{}{}",
                self.nth,
                if done.again { ", more" } else { "" },
                if done.outbox_moved { ", outbox moved" } else { "" }
            )),
            Err(failed) => world
                .trace
                .note(format_args!("  PC {} {name}: {}", self.nth, failed.failure)),
        }
    }

    fn dismiss(&mut self, person: Uuid) {
        self.session.retain(|other| *other != person);
        self.engine.set_people(self.session.clone());
    }

    /// Another session begins, as after a person joined. A load goes on by itself, on its own thread; any other step is dropped.
    pub fn begin_session(&mut self) {
        let abandoned = self.work.take().filter(|_| self.step == Step::Reload);
        self.zombies.extend(abandoned);
        self.session.clone_from(&self.people);
        (self.engine, self.step) = session(&self.people);
    }

    /// A person gets a new login at this PC.
    pub fn join(&mut self, person: Uuid) {
        let login = hold(&self.line.world).enrol(person);
        if !self.people.contains(&person) {
            self.people.push(person);
        }
        let abandoned = self.work.take().filter(|_| self.step == Step::Reload);
        self.zombies.extend(abandoned);
        let renewed = self
            .cache()
            .write(|transaction| outbox::begin_anew(transaction, person));
        hold(&self.line.world).wires[self.nth].logins.insert(person, login);
        // A full disk: the person tries again later.
        if renewed.is_ok() {
            self.begin_session();
        }
    }

    /// An abandoned load goes on.
    pub fn poll_abandoned(&mut self, times: usize) {
        for _ in 0..times {
            let Some(mut work) = self.zombies.pop() else { return };
            self.was_touched.set(true);
            match poll(work.as_mut()) {
                Poll::Pending => self.zombies.push(work),
                Poll::Ready(done) => {
                    self.was_replaced |= done.is_ok();
                    let mut world = hold(&self.line.world);
                    world.trace.note(format_args!(
                        "  PC {} an abandoned load ends: {}",
                        self.nth,
                        done.is_ok()
                    ));
                }
            }
        }
    }

    /// The program is killed: the disk keeps what it has, the rest is gone.
    pub fn kill(&mut self, folder: PathBuf) {
        copy_files(&self.folder, &folder);
        self.swap(folder);
    }

    /// The program is closed and started again.
    pub fn restart(&mut self) {
        let folder = self.folder.clone();
        self.close();
        self.cache = Some(open(&folder));
        self.looked_at = None;
        self.begin_session();
    }

    fn close(&mut self) {
        self.work = None;
        self.zombies.clear();
        // Nothing else may hold the cache when it is opened again.
        self.cache = None;
        self.was_touched.set(true);
    }

    fn swap(&mut self, folder: PathBuf) {
        self.close();
        fs::remove_dir_all(&self.folder).ok();
        self.cache = Some(open(&folder));
        self.folder = folder;
        self.looked_at = None;
        self.begin_session();
    }

    /// Somebody copies the folder.
    pub fn keep_copy(&mut self, folder: PathBuf) {
        copy_files(&self.folder, &folder);
        let logins = hold(&self.line.world).wires[self.nth].logins.clone();
        self.copy = Some(Copy {
            folder,
            people: self.people.clone(),
            logins,
        });
    }

    /// Somebody puts the copy back. Answers whether there was one.
    pub fn put_back(&mut self, folder: PathBuf) -> bool {
        let Some(copy) = self.copy.clone() else { return false };
        copy_files(&copy.folder, &folder);
        self.people.clone_from(&copy.people);
        self.swap(folder);
        self.was_replaced = true;
        self.form = None;
        hold(&self.line.world).wires[self.nth].logins.clone_from(&copy.logins);
        true
    }

    /// Another PC that begins with the copy, logins and all, as a cloned machine does.
    pub fn clone_of(&self, world: &Shared, nth: usize, folder: PathBuf) -> Option<(Self, BTreeMap<Uuid, Login>)> {
        let copy = self.copy.as_ref()?;
        copy_files(&copy.folder, &folder);
        Some((
            Self::start(world, nth, folder, copy.people.clone()),
            copy.logins.clone(),
        ))
    }

    /// Reads the file if it has changed since the last look.
    pub fn look(&mut self) {
        if !self.was_touched.replace(false) && !self.was_replaced {
            return;
        }
        let looked_at = self.looked_at.filter(|_| !self.was_replaced);
        // Through the writer: it knows its own pages, whereas a reader decrypts the whole file again after every commit.
        let cache = self.cache.as_ref().expect("a program that runs");
        let seen = cache.write(|writer| {
            let changes = writer.total_changes();
            let is_new = looked_at != Some(changes);
            let seen = is_new.then(|| seen::read(writer, &self.seen.view)).transpose()?;
            Ok(seen.map(|seen| (changes, seen)))
        });
        let Some((changes, seen)) = seen.expect("what is in the file") else {
            return;
        };
        self.seen = seen;
        self.looked_at = Some(changes);
        self.is_unchecked = true;
    }

    /// The disk is full from here on, or has room again.
    pub fn fill_disk(&mut self, is_full: bool) {
        let pages: i64 = if is_full { 1 } else { 1 << 30 };
        let set = self.cache().write(|transaction| {
            // SQLite takes no fewer than the file has.
            transaction.query_row(&format!("PRAGMA max_page_count = {pages}"), [], |_| Ok(()))?;
            Ok(())
        });
        set.expect("a limit for the file");
    }
}

fn session(people: &[Uuid]) -> (Engine, Step) {
    let mut engine = Engine::new(people.to_vec(), Pace::POLLING);
    let step = engine.step(Event::Wanted);
    (engine, step)
}

fn open(folder: &Path) -> Arc<Cache> {
    Arc::new(Cache::open(&folder.join("cache.db"), &cache_key()).expect("the cache opens"))
}

/// The file and its log; the rest is made again.
fn copy_files(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder for a copy");
    for name in ["cache.db", "cache.db-wal"] {
        if from.join(name).exists() {
            fs::copy(from.join(name), to.join(name)).expect("a copy of a file");
        }
    }
}
