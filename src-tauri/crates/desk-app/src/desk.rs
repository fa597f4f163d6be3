//! The running desk: which clinic is open, who is signed in, and the background work that goes with it. Each command is a method; the
//! methods live beside their noun. This file holds the state and the ways to reach the cache.

use std::{
    collections::BTreeSet,
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
};

use chrono::{DateTime, Utc};
use desk_cache::{
    Cache, CacheError, Key,
    change::{self, Action, Destination},
};
use desk_core::synced;
use desk_sync::{Failure, Session, Status, round::Done, session::Listener};
use serde_json::Value as Json;
use tokio::sync::Notify;
use uuid::Uuid;

use crate::{
    alerts,
    api::{
        Saved,
        session::{ClinicDay, Loading},
    },
    display::Display,
    error::{AppError, Code},
    ports::{Clock, Notifier, Secrets, Window},
    topic,
    vault::{DeviceSecret, Vault},
    watch,
};

/// What the desk needs from the machine.
#[derive(Clone)]
pub struct Ports {
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Keyring.
    pub secrets: Arc<dyn Secrets>,
    /// Toasts.
    pub notifier: Arc<dyn Notifier>,
    /// The window.
    pub window: Arc<dyn Window>,
}

/// Where files lie.
#[derive(Clone, Debug)]
pub struct Places {
    /// The program's data folder on this PC (local, not roaming).
    pub data: PathBuf,
}

/// The running desk.
pub struct Desk {
    pub(crate) ports: Ports,
    pub(crate) places: Places,
    pub(crate) version: String,
    pub(crate) look_again: Arc<Notify>,
    pub(crate) wake: Arc<WakeUps>,
    /// The clinic may have ended a login: it is asked at once.
    pub(crate) ask_now: Arc<Notify>,
    /// The sync has moved: something was answered, or it stands otherwise.
    pub(crate) moved: Notify,
    /// How many customers the cache has; none while it must be counted anew. Counting at every key of a search would scan them all.
    pub(crate) customers: Mutex<Option<i64>>,
    /// The customer's own screen.
    pub(crate) display: Mutex<Display>,
    /// PINs are tried one after the other: two at once would count as one.
    pub(crate) pin_turn: tokio::sync::Mutex<()>,
    state: Mutex<State>,
}

/// What is open and who is here.
#[derive(Default)]
pub(crate) struct State {
    pub(crate) home: Option<Home>,
    pub(crate) open: Option<Open>,
    pub(crate) me: Option<Uuid>,
    pub(crate) last_person: Option<Uuid>,
    pub(crate) loading: Option<Loading>,
    pub(crate) blocked: Option<Code>,
    pub(crate) offered_code: Option<String>,
    /// Who calls while nobody is signed in, and until when it may ring.
    pub(crate) ringing: Option<(String, DateTime<Utc>)>,
    pub(crate) status: Option<Status>,
    /// When the time without contact was last written down, in milliseconds since 1970.
    pub(crate) age_kept: i64,
    /// An order to wipe this PC is being obeyed.
    pub(crate) is_leaving: bool,
    /// What the digest on the screen stands for. In memory, because its toast goes with the program.
    pub(crate) digest: BTreeSet<String>,
    /// Who has a dialog on a customer's money open. In memory, because the dialog goes with the program.
    pub(crate) with_customer: Option<Uuid>,
    /// The clinic's zone and quiet hours, once the cache is open.
    pub(crate) day: Option<ClinicDay>,
    /// The last name of a zone that nobody knows, so that it is logged once.
    pub(crate) odd_zone: Option<String>,
}

/// The clinic of this PC: its folder, its people, and the secret that seals them.
#[derive(Clone)]
pub(crate) struct Home {
    pub(crate) folder: PathBuf,
    pub(crate) vault: Vault,
    pub(crate) secret: DeviceSecret,
    pub(crate) is_demo: bool,
}

/// An open cache and its sync.
pub(crate) struct Open {
    pub(crate) cache: Arc<Cache>,
    pub(crate) key: Key,
    pub(crate) session: Option<Session>,
}

impl Home {
    pub(crate) fn vault_path(&self) -> PathBuf {
        self.folder.join("people.sealed")
    }

    pub(crate) fn cache_path(&self) -> PathBuf {
        self.folder.join("cache.db")
    }

    pub(crate) fn save(&self) -> Result<(), AppError> {
        self.vault.save(&self.vault_path(), &self.secret)
    }
}

impl Desk {
    /// Starts the desk: finds this PC's clinic, if there is one, and the background work. Call inside a tokio runtime.
    pub async fn launch(ports: Ports, places: Places, version: String) -> Arc<Self> {
        let desk = Arc::new(Self {
            ports,
            places,
            version,
            look_again: Arc::new(Notify::new()),
            wake: Arc::new(WakeUps::default()),
            ask_now: Arc::new(Notify::new()),
            moved: Notify::new(),
            customers: Mutex::new(None),
            display: Mutex::default(),
            pin_turn: tokio::sync::Mutex::default(),
            state: Mutex::new(State::default()),
        });
        desk.wake.belongs_to(&desk);
        desk.find_home().await;
        tokio::spawn(alerts::run(Arc::downgrade(&desk)));
        tokio::spawn(watch::run(Arc::downgrade(&desk)));
        desk
    }

    /// Stops background work; everything confirmed is on the disk already.
    pub async fn shut_down(self: &Arc<Self>) {
        let session = self.state().open.take().and_then(|open| open.session);
        if let Some(session) = session {
            session.stop().await;
        }
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.ports.clock.now()
    }

    /// Microseconds since 1970, as the cache counts.
    pub(crate) fn micros(&self) -> i64 {
        self.now().timestamp_micros()
    }

    pub(crate) fn cache(&self) -> Result<Arc<Cache>, AppError> {
        let state = self.state();
        let open = state.open.as_ref().ok_or(Code::Locked)?;
        Ok(open.cache.clone())
    }

    /// Who is signed in.
    pub(crate) fn me(&self) -> Result<Uuid, AppError> {
        self.state().me.ok_or_else(|| Code::Locked.into())
    }

    pub(crate) fn is_demo(&self) -> bool {
        self.state().home.as_ref().is_some_and(|home| home.is_demo)
    }

    /// Reads from the cache on a thread that may block. Only for someone who is signed in.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        query: impl FnOnce(&desk_cache::open::Reader<'_>) -> Result<T, CacheError> + Send + 'static,
    ) -> Result<T, AppError> {
        self.me()?;
        let cache = self.cache()?;
        blocking(move || query(&cache.read()?)).await
    }

    /// Works on the cache on a thread that may block.
    pub(crate) async fn with_cache<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Cache) -> Result<T, CacheError> + Send + 'static,
    ) -> Result<T, AppError> {
        let cache = self.cache()?;
        blocking(move || work(&cache)).await
    }

    /// Does something as the signed-in person: durable when this returns. `row` is what the answer names.
    pub(crate) async fn act(&self, id: Uuid, name: &'static str, args: Json, row: Uuid) -> Result<Saved, AppError> {
        let topics = topic::of_action(name).iter().copied().map(str::to_owned).collect();
        self.act_telling(topics, id, name, args, row).await
    }

    /// The same, where it is known more exactly what shows it.
    pub(crate) async fn act_telling(
        &self,
        topics: Vec<String>,
        id: Uuid,
        name: &'static str,
        args: Json,
        row: Uuid,
    ) -> Result<Saved, AppError> {
        let action = Action {
            id,
            person: self.me()?,
            name: name.to_owned(),
            args,
            at: self.micros(),
        };
        let destination = self.perform(action, &topics).await?;
        Ok(Saved {
            id: row,
            waiting: destination == Destination::Clinic,
            undo: change::can_be_undone(name).then_some(id),
        })
    }

    /// Does it as whoever the action names, and tells. Who that may be is the caller's to know.
    pub(crate) async fn perform(&self, action: Action, topics: &[String]) -> Result<Destination, AppError> {
        let destination = self.destination();
        self.with_cache(move |cache| change::perform(cache, &action, destination))
            .await?;
        self.tell(topics);
        self.nudge();
        Ok(destination)
    }

    /// Does several things at once as the signed-in person: all of them, or none. `row` is what the answer names.
    pub(crate) async fn act_all(&self, all: Vec<(Uuid, &'static str, Json)>, row: Uuid) -> Result<Saved, AppError> {
        let (destination, person, at) = (self.destination(), self.me()?, self.micros());
        let names: Vec<&'static str> = all.iter().map(|(_, name, _)| *name).collect();
        let action = |(id, name, args): (Uuid, &str, Json)| Action {
            id,
            person,
            name: name.to_owned(),
            args,
            at,
        };
        let actions: Vec<Action> = all.into_iter().map(action).collect();
        self.with_cache(move |cache| change::perform_all(cache, &actions, destination))
            .await?;
        for name in names {
            self.changed(topic::of_action(name));
        }
        self.nudge();
        Ok(Saved {
            id: row,
            waiting: destination == Destination::Clinic,
            undo: None,
        })
    }

    pub(crate) fn destination(&self) -> Destination {
        if self.is_demo() {
            Destination::Here
        } else {
            Destination::Clinic
        }
    }

    /// Something waits to be sent, or a toast may have become due or void.
    pub(crate) fn nudge(&self) {
        let state = self.state();
        if let Some(session) = state.open.as_ref().and_then(|open| open.session.as_ref()) {
            session.nudge();
        }
        self.look_again.notify_one();
    }

    pub(crate) fn changed(&self, topics: &[&str]) {
        let topics: Vec<String> = topics.iter().map(|topic| (*topic).to_owned()).collect();
        self.tell(&topics);
    }

    fn tell(&self, topics: &[String]) {
        if topics.iter().any(|topic| topic == "customers" || topic == "start") {
            self.keep_count(None);
        }
        self.ports.window.changed(topics);
    }

    pub(crate) fn keep_count(&self, customers: Option<i64>) {
        *self.customers.lock().unwrap_or_else(PoisonError::into_inner) = customers;
    }

    pub(crate) fn counted(&self) -> Option<i64> {
        *self.customers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// SQLite blocks; the runtime's own threads must not.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, CacheError> + Send + 'static,
) -> Result<T, AppError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result.map_err(AppError::from),
        Err(_) => Err(Code::Unexpected.into()),
    }
}

impl From<CacheError> for AppError {
    fn from(error: CacheError) -> Self {
        let code = match &error {
            CacheError::Newer { .. } => Code::CacheNewer,
            CacheError::Damaged => Code::CacheDamaged,
            CacheError::Busy => Code::CacheBusy,
            CacheError::DiskFull => Code::DiskFull,
            CacheError::Refused(word) => Code::from_word(word).unwrap_or(Code::Unexpected),
            CacheError::Shape { .. } => Code::SchemaMismatch,
            CacheError::File(error) if error.kind() == std::io::ErrorKind::StorageFull => Code::DiskFull,
            CacheError::File(_) | CacheError::Sqlite(_) => Code::Unexpected,
        };
        let answer = Self::new(code);
        if code == Code::Unexpected {
            tracing::error!(ref_id = answer.ref_id, %error, "cache");
        }
        answer
    }
}

impl From<Failure> for Code {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Unreachable | Failure::Forked => Self::ClinicUnreachable,
            Failure::AccessEnded => Self::AccessEnded,
            Failure::LoginRefused => Self::LoginRefused,
            Failure::WipeOrdered(_) => Self::WipeOrdered,
            Failure::Certificate => Self::CertificateRefused,
            Failure::Schema | Failure::Reload => Self::SchemaMismatch,
            Failure::Other(_) | Failure::Cache(_) => Self::Unexpected,
        }
    }
}

/// Whether the window would show the same.
fn is_same(before: &Status, now: &Status) -> bool {
    let shown = |status: &Status| {
        (
            status.is_live,
            status.is_reloading,
            status.timers_late_since,
            status.clock_ahead,
        )
    };
    before.failure == now.failure && shown(before) == shown(now)
}

/// Passes what the sync says on to the window and the toasts. It holds the desk weakly: the sync must not keep it alive.
#[derive(Default)]
pub(crate) struct WakeUps(Mutex<Weak<Desk>>);

impl WakeUps {
    fn belongs_to(&self, desk: &Arc<Desk>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Arc::downgrade(desk);
    }

    fn desk(&self) -> Option<Arc<Desk>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).upgrade()
    }
}

impl Listener for WakeUps {
    fn changed(&self, done: &Done) {
        let Some(desk) = self.desk() else { return };
        let mut topics = topic::of_nouns(&done.nouns);
        topics.push("sync".into());
        desk.tell(&topics);
        desk.look_again.notify_one();
        desk.moved.notify_waiters();
        // Who was dismissed is heard of by their own login, and the clinic need not have called that.
        let staff = synced::named("staff").map(|table| table.number);
        if staff.is_some_and(|staff| done.nouns.contains(&staff)) {
            desk.nudge();
        }
        if topics.iter().any(|topic| topic == "start") {
            tokio::spawn(async move { desk.learn_day().await });
        }
    }

    fn stands(&self, status: &Status) {
        let Some(desk) = self.desk() else { return };
        let before = desk.state().status.replace(status.clone());
        let has_synced = before
            .as_ref()
            .is_some_and(|before| before.last_synced_at != status.last_synced_at);
        if status.failure.is_none() || has_synced {
            desk.had_contact();
        }
        desk.moved.notify_waiters();
        let was_out = |person| before.as_ref().is_some_and(|before| before.shut_out.contains(person));
        let is_news = status.shut_out.iter().any(|person| !was_out(person));
        let told = before.is_some_and(|before| is_same(&before, status));
        if !told {
            desk.changed(&["sync"]);
        }
        match status.failure {
            Some(Failure::WipeOrdered(unsent)) => desk.hear_order(unsent),
            Some(Failure::AccessEnded) => desk.ask_now.notify_one(),
            _ if is_news => desk.ask_now.notify_one(),
            _ => {}
        }
    }

    fn now(&self) -> i64 {
        self.desk().map_or(0, |desk| desk.micros())
    }
}
