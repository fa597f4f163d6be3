//! The engine with the real clock and network: one task per open clinic. It reports what changed and how it stands; it never keeps a
//! person's action waiting.

use std::{sync::Arc, time::Duration};

use desk_cache::{
    Cache,
    rebase::{self, Position, Stream, person_scope},
};
use desk_clinic::{
    connect::{self, Way},
    feed::{self, Head},
    wake::{self, Call},
};
use desk_core::synced::SYNCED;
use tokio::{sync::Notify, task::JoinHandle, time::Instant};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::{
    clinic::{Failure, same_life},
    engine::{Engine, Event, Pace, Step},
    load::load_anew,
    postgres::{PostgresClinic, in_time},
    round::{self, Done, Failed},
};

/// LISTEN is tried again this long after it could not be tried out.
const TRY_LISTEN_AGAIN: Duration = Duration::from_secs(60);
/// And this long after it was proven not to deliver: somebody has to rebuild the way for that to change, and that breaks connections, after
/// which it is tried at once.
const PROVE_LISTEN_AGAIN: Duration = Duration::from_secs(3_600);

/// Seconds from which on a person is told that what is due at the clinic waits.
const TIMERS_ARE_LATE: i64 = 60;

/// Whole minutes between this PC's clock and the clinic's from which on a person is told (spec, sync.md §2.13).
const CLOCK_IS_WRONG: i64 = 2;

/// How things stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// Why the last round failed, if it did.
    pub failure: Option<Failure>,
    /// Microseconds since 1970 at which it became so.
    pub since: i64,
    /// Microseconds since 1970 at which this PC last held what the clinic held.
    pub last_synced_at: Option<i64>,
    /// The clinic calls when something changes.
    pub is_live: bool,
    /// No round has ended yet.
    pub is_starting: bool,
    /// Everything is being loaded anew; work goes on meanwhile.
    pub is_reloading: bool,
    /// Microseconds since 1970 since when something that is due at the clinic waits to be fired; none while it is on time.
    pub timers_late_since: Option<i64>,
    /// By how many whole minutes this PC's clock is ahead of the clinic's, or behind it if negative; none while they agree within two minutes.
    pub clock_ahead: Option<i64>,
    /// People of this PC whose logins the clinic has ended or refuses: they are out of the rounds until a session begins anew with them.
    pub shut_out: Vec<Uuid>,
}

/// Told about everything that a screen may want to show anew. Must not block.
pub trait Listener: Send + Sync {
    /// Rows of these nouns changed, or actions were answered.
    fn changed(&self, done: &Done);
    /// Online, offline, live or not.
    fn stands(&self, status: &Status);
    /// Microseconds since 1970.
    fn now(&self) -> i64;
}

/// A running sync.
pub struct Session {
    stop: CancellationToken,
    wanted: Arc<Notify>,
    task: JoinHandle<()>,
}

impl Session {
    /// Starts syncing for the people of this PC; the first of them reads the clinic's stream.
    pub fn start(cache: Arc<Cache>, clinic: PostgresClinic, people: Vec<Uuid>, listener: Arc<dyn Listener>) -> Self {
        let (stop, wanted) = (CancellationToken::new(), Arc::new(Notify::new()));
        let runner = Runner {
            last_synced_at: synced_at(&cache),
            cache,
            clinic: Arc::new(clinic),
            people,
            listener,
            wanted: wanted.clone(),
            live: None,
            listen_again: Instant::now(),
            round_again: Instant::now(),
            heard: 0,
            status: None,
            hindrance: None,
            is_reloading: false,
            timers_late_since: None,
            clock_ahead: None,
            shut_out: vec![],
        };
        let stopped = stop.clone();
        let task = tokio::spawn(async move {
            stopped.run_until_cancelled(Box::pin(runner.run())).await;
        });
        Self { stop, wanted, task }
    }

    /// Something was done here: send it now.
    pub fn nudge(&self) {
        self.wanted.notify_one();
    }

    /// Stops; a step under way is abandoned, which is safe because every step is repeatable.
    pub async fn stop(mut self) {
        self.stop.cancel();
        (&mut self.task).await.ok();
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

fn synced_at(cache: &Cache) -> Option<i64> {
    let reader = cache.read().ok()?;
    let stream = rebase::stream(&reader, "clinic").ok()??;
    (stream.synced_at > 0).then_some(stream.synced_at)
}

struct Runner {
    cache: Arc<Cache>,
    clinic: Arc<PostgresClinic>,
    people: Vec<Uuid>,
    listener: Arc<dyn Listener>,
    wanted: Arc<Notify>,
    live: Option<wake::Wake>,
    listen_again: Instant,
    /// Until then it is enough to read what the clinic calls for, or to ask where it stands, as long as it stands where we do.
    round_again: Instant,
    /// The last version that the clinic called about, or at which we began to listen.
    heard: i64,
    last_synced_at: Option<i64>,
    status: Option<Status>,
    /// Whose actions the clinic did not take last, and why not.
    hindrance: Option<(Uuid, Failure)>,
    is_reloading: bool,
    timers_late_since: Option<i64>,
    clock_ahead: Option<i64>,
    /// Who was taken out of the rounds.
    shut_out: Vec<Uuid>,
}

impl Runner {
    async fn run(mut self) {
        let mut engine = Engine::new(self.people.clone(), Pace::POLLING);
        let mut step = engine.step(Event::Wanted);
        while let Some(reader) = self.people.first().copied() {
            let event = match &step {
                Step::Wait(pause) => self.rest(reader, &mut engine, *pause).await,
                step => self.work(reader, step, &mut engine).await,
            };
            step = engine.step(event);
        }
    }

    async fn work(&mut self, reader: Uuid, step: &Step, engine: &mut Engine) -> Event {
        let now = self.listener.now();
        let done = match step {
            Step::Reload => self.reload(reader, now).await,
            step => round::carry_out(&self.cache, &*self.clinic, reader, step, now).await,
        };
        let event = round::event(step, &done);
        match done {
            Ok(done) => self.note_success(step, &done, now),
            Err(Failed {
                failure: Failure::Reload,
                ..
            }) => {}
            Err(Failed { person, failure }) => {
                let is_hindered = matches!(event, Event::Hindered(_));
                self.hindrance = is_hindered.then(|| (person, failure.clone()));
                self.failed(failure, person, engine);
            }
        }
        event
    }

    fn failed(&mut self, failure: Failure, person: Uuid, engine: &mut Engine) {
        let before = self.status.as_ref().and_then(|status| status.failure.as_ref());
        if before != Some(&failure) {
            tracing::warn!(%failure, "sync step failed");
        }
        if self.hindrance.is_none() {
            self.deaf();
        }
        let is_shut_out = failure.shuts_out();
        if is_shut_out {
            self.dismiss(person, engine);
        }
        // Where colleagues go on, the line is as it was: that one of them is not let in is said beside it.
        let stands = match is_shut_out && !self.people.is_empty() {
            true => self.hindrance.clone().map(|(_, failure)| failure),
            false => Some(failure),
        };
        self.note(stands);
    }

    /// Loads everything anew, on a thread of its own. All nouns changed then.
    async fn reload(&mut self, reader: Uuid, now: i64) -> Result<Done, Failed> {
        tracing::warn!("the database has another life or has forgotten: everything is loaded anew");
        self.is_reloading = true;
        self.note(None);
        let (cache, clinic) = (self.cache.clone(), self.clinic.clone());
        let runtime = tokio::runtime::Handle::current();
        let work = move || runtime.block_on(load_anew(&cache, &*clinic, reader, now, &|_, _, _| ()));
        let loaded = tokio::task::spawn_blocking(work).await;
        self.is_reloading = false;
        let loaded = loaded.unwrap_or_else(|_| Err(Failure::Other("load".into())));
        loaded.map_err(|failure| Failed {
            person: reader,
            failure,
        })?;
        Ok(Done {
            nouns: SYNCED.iter().map(|table| table.number).collect(),
            outbox_moved: true,
            is_consistent: true,
            ..Done::default()
        })
    }

    /// A login that is not let in takes its person out of the rounds; colleagues on this PC go on. Whether it has ended is for whoever hears of it to
    /// find out, and so is to begin anew when it is let in again.
    fn dismiss(&mut self, person: Uuid, engine: &mut Engine) {
        self.people.retain(|other| *other != person);
        self.shut_out.push(person);
        self.hindrance.take_if(|(hindered, _)| *hindered == person);
        engine.set_people(self.people.clone());
    }

    fn note_success(&mut self, step: &Step, done: &Done, now: i64) {
        // All of it was sent.
        if let (Step::Push(people), false) = (step, done.again) {
            self.hindrance.take_if(|(hindered, _)| people.contains(hindered));
        }
        if let Some(seconds) = done.timers_late {
            self.note_timers(seconds);
        }
        if let Some(clock) = done.clock {
            self.clock_ahead = minutes_ahead(now, clock, self.listener.now());
        }
        if done.is_consistent && *step == Step::PullClinic {
            self.last_synced_at = Some(now);
            self.note(self.hindrance.clone().map(|(_, failure)| failure));
        }
        if done.outbox_moved || (done.is_consistent && !done.nouns.is_empty()) {
            self.listener.changed(done);
        }
    }

    /// Since when, and not how late: said once it stays true, and the clinic's clock may differ from this PC's.
    fn note_timers(&mut self, seconds: i64) {
        let is_late = seconds > TIMERS_ARE_LATE;
        let since = self.listener.now().saturating_sub(seconds.saturating_mul(1_000_000));
        self.timers_late_since = is_late.then(|| self.timers_late_since.unwrap_or(since));
    }

    fn note(&mut self, failure: Option<Failure>) {
        let is_live = self.live.is_some();
        let before = self.status.as_ref();
        let since = match before {
            Some(status) if status.failure.is_some() == failure.is_some() => status.since,
            _ => self.listener.now(),
        };
        let status = Status {
            failure,
            since,
            last_synced_at: self.last_synced_at,
            is_live,
            is_starting: false,
            is_reloading: self.is_reloading,
            timers_late_since: self.timers_late_since,
            clock_ahead: self.clock_ahead,
            shut_out: self.shut_out.clone(),
        };
        self.status = Some(status.clone());
        self.listener.stands(&status);
    }

    /// Between rounds: waits for a call, an action here, or the time to ask. Where nothing calls it asks, and goes on waiting while the clinic
    /// stands where this PC does.
    async fn rest(&mut self, reader: Uuid, engine: &mut Engine, pause: Duration) -> Event {
        loop {
            self.listen_if_due(reader).await;
            let pace = if self.live.is_some() { Pace::LIVE } else { Pace::POLLING };
            engine.set_pace(pace);
            let pause = if self.is_online() { pace.between } else { pause };
            match self.wait(around(pause)).await {
                End::Call(call) if self.has_read(&call) => continue,
                End::Call(call) if Instant::now() < self.round_again => return self.called(&call),
                End::Time if self.has_nothing_new(reader).await => self.last_synced_at = Some(self.listener.now()),
                End::Call(_) | End::Wish | End::Time => {
                    self.round_again = Instant::now() + Pace::LIVE.between;
                    return Event::Wanted;
                }
            }
            self.note(None);
        }
    }

    async fn wait(&mut self, pause: Duration) -> End {
        let wanted = self.wanted.clone();
        tokio::select! {
            () = wanted.notified() => End::Wish,
            called = called(&mut self.live) => called.map_or_else(|()| { self.deaf(); End::Wish }, End::Call),
            () = tokio::time::sleep(pause) => End::Time,
        }
    }

    fn called(&self, call: &Call) -> Event {
        let concerned = self.people.iter().filter(|person| call.concerns(**person));
        Event::Called(concerned.copied().collect())
    }

    /// Whether what the clinic calls about is here already, as one's own work is by the time the call for it comes. Versions that run backwards are of
    /// another life of the database.
    fn has_read(&mut self, call: &Call) -> bool {
        let Some(version) = call.version() else { return false };
        let is_in_order = version > std::mem::replace(&mut self.heard, version);
        if !is_in_order || !self.is_online() {
            return false;
        }
        let concerned = self.people.iter().filter(|person| call.concerns(**person));
        let mut streams = concerned
            .map(|person| person_scope(*person))
            .chain(["clinic".to_owned()]);
        let Ok(cache) = self.cache.read() else { return false };
        let position = |scope: &String| Some(rebase::stream(&cache, scope).ok()??.position);
        streams.all(|scope| position(&scope).is_some_and(|position| position >= Position::end_of(version)))
    }

    fn is_online(&self) -> bool {
        self.status.as_ref().is_some_and(|status| status.failure.is_none())
    }

    /// Whether a round would bring nothing, by one small question instead of a question a stream. Now and then a round is made all the same.
    async fn has_nothing_new(&mut self, reader: Uuid) -> bool {
        if self.live.is_some() || !self.is_online() || Instant::now() >= self.round_again {
            return false;
        }
        let asked = self.listener.now();
        let Ok(head) = self.clinic.head(reader).await else {
            return false;
        };
        self.note_timers(head.timers_late);
        self.clock_ahead = minutes_ahead(asked, head.clock, self.listener.now());
        let streams = self.people.iter().map(|person| person_scope(*person));
        let mut streams = streams.chain(["clinic".to_owned()]);
        let Ok(cache) = self.cache.read() else { return false };
        streams.all(|scope| rebase::stream(&cache, &scope).is_ok_and(|stream| stands_at(stream.as_ref(), &head)))
    }

    /// Nothing calls any more, and the next connection may lead another way.
    fn deaf(&mut self) {
        self.live = None;
        self.listen_again = Instant::now();
        self.clinic.set_way(Way::Shared);
    }

    async fn listen_if_due(&mut self, reader: Uuid) {
        // The clinic that does not take something is there.
        let is_there = self.is_online() || self.hindrance.is_some();
        if !is_there || self.live.is_some() || Instant::now() < self.listen_again {
            return;
        }
        let listening = self.listen(reader).await;
        let again = if listening.is_ok() {
            PROVE_LISTEN_AGAIN
        } else {
            TRY_LISTEN_AGAIN
        };
        self.listen_again = Instant::now() + again;
        if let Ok(Some((live, from))) = listening {
            (self.live, self.heard) = (Some(live), from);
            self.clinic.set_way(Way::Own);
            // Anything committed between the last round and now was not announced to us.
            self.wanted.notify_one();
            self.note(self.hindrance.clone().map(|(_, failure)| failure));
        }
    }

    /// LISTEN on a connection of its own, after proof that it delivers; calls are about later versions than the one that is given back too.
    async fn listen(&self, reader: Uuid) -> Result<Option<(wake::Wake, i64)>, Failure> {
        let login = self.clinic.login(reader).ok_or(Failure::AccessEnded)?;
        let options = connect::options(login);
        if !in_time(wake::probe(&options)).await? {
            return Ok(None);
        }
        let mut connection = in_time(connect::connect(&options)).await?;
        let head = in_time(feed::head(&mut connection)).await?;
        let live = in_time(wake::listen(&options, head.channel)).await?;
        Ok(Some((live, head.version)))
    }
}

/// Why a rest is over.
enum End {
    /// Somebody did something here, or nothing calls any more.
    Wish,
    /// The clinic called.
    Call(Call),
    /// It has lasted long enough.
    Time,
}

/// Give or take a tenth: a clinic's desks, cut off together, shall not all come back in the same moment, again and again.
fn around(pause: Duration) -> Duration {
    let (_, chance) = Uuid::new_v4().as_u64_pair();
    pause.mul_f64(0.9 + 0.2 * f64::from(u16::try_from(chance % 1_000).unwrap_or_default()) / 1_000.0)
}

/// Whether this stream has been read to where the clinic stands, in the same life.
fn stands_at(stream: Option<&Stream>, head: &Head) -> bool {
    stream.is_some_and(|stream| {
        stream.position == Position::end_of(head.version) && same_life(&head.life(), &stream.epoch).is_ok()
    })
}

/// By how many whole minutes a PC is ahead of a clinic whose clock said `theirs` somewhere between `asked` and `answered`, all in microseconds
/// since 1970: half the time of a question is what the estimate may be wrong by, so a question that took a minute tells nothing.
fn minutes_ahead(asked: i64, theirs: i64, answered: i64) -> Option<i64> {
    const MINUTE: i64 = 60_000_000;
    let took = answered.checked_sub(asked).filter(|took| (0..MINUTE).contains(took))?;
    let ahead = asked.saturating_add(took / 2).saturating_sub(theirs) / MINUTE;
    (ahead.abs() >= CLOCK_IS_WRONG).then_some(ahead)
}

/// Resolves at the next call of the clinic; never, where it cannot call.
async fn called(live: &mut Option<wake::Wake>) -> Result<Call, ()> {
    match live {
        Some(live) => live.next().await.map_err(|_| ()),
        None => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: i64 = 60_000_000;
    const NOON: i64 = 1_790_000_000_000_000;

    #[test]
    fn a_clock_is_wrong_from_two_whole_minutes_on_either_way() {
        for (ahead, expected) in [
            (0, None),
            (1, None),
            (2, Some(2)),
            (-1, None),
            (-2, Some(-2)),
            (-600, Some(-600)),
        ] {
            assert_eq!(
                minutes_ahead(NOON + ahead * MINUTE, NOON, NOON + ahead * MINUTE),
                expected
            );
        }
    }

    #[test]
    fn an_answer_that_took_a_minute_or_a_clock_that_was_set_meanwhile_tells_nothing() {
        assert_eq!(minutes_ahead(NOON + 9 * MINUTE, NOON, NOON + 10 * MINUTE), None);
        assert_eq!(minutes_ahead(NOON + 9 * MINUTE, NOON, NOON), None);
        assert_eq!(minutes_ahead(i64::MIN, NOON, i64::MAX), None);
    }
}
