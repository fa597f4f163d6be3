//! Opening the cache: loading it where there is none, reading unsent work out of one that is damaged, and the sync that goes with it.

use std::{
    collections::HashMap,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use desk_cache::{Cache, Key, rebase};
use desk_clinic::connect::ConnectTo;
use desk_sync::{
    Failure, Session,
    load::{self, Load},
    postgres::PostgresClinic,
};
use uuid::Uuid;

use crate::{
    api::session::Loading,
    desk::{Desk, Home, Open, blocking},
    error::{AppError, Code},
};

/// How the name of a damaged cache ends once unsent work was read out of it.
const READ: &str = "-read.db";

impl Desk {
    /// Makes `home` this PC's clinic and signs `person` in: at once where the cache is there, else after the first load.
    pub(crate) async fn settle_in(self: &Arc<Self>, home: Home, key: Key, person: Uuid) -> Result<(), AppError> {
        self.close().await;
        {
            let mut state = self.state();
            if !home.is_demo {
                self.check_not_leaving(&state)?;
            }
            state.home = Some(home.clone());
            (state.blocked, state.offered_code) = (None, None);
        }
        if home.cache_path().exists() {
            match self.open_cache(&home, &key, person).await {
                Err(error) if error.code == Code::CacheDamaged && !home.is_demo => self.set_aside(&home)?,
                done => return done,
            }
        }
        let loading = Loading {
            noun: "customer".into(),
            rows: 0,
            expected: 0,
        };
        self.state().loading = Some(loading);
        tokio::spawn(self.clone().load(home, key, person));
        Ok(())
    }

    /// A cache that cannot be read is kept under another name, because unsent work may be in it; then it is loaded anew.
    fn set_aside(&self, home: &Home) -> Result<(), AppError> {
        let name = format!("damaged-{}.db", self.now().format("%Y%m%d-%H%M%S%3f"));
        tracing::error!(name, "the cache is damaged and was set aside");
        // The write-ahead log may hold what the file does not.
        for end in ["-wal", "-shm"] {
            fs::rename(
                home.folder.join(format!("cache.db{end}")),
                home.folder.join(format!("{name}{end}")),
            )
            .ok();
        }
        fs::rename(home.cache_path(), home.folder.join(name)).map_err(|_| Code::Unexpected.into())
    }

    /// The first load, then the desk opens. A failure returns to the lock screen, from where it is tried again.
    async fn load(self: Arc<Self>, home: Home, key: Key, person: Uuid) {
        let result = match self.load_file(home.clone(), key.clone(), person).await {
            Ok(()) => self.open_cache(&home, &key, person).await,
            Err(failure) => Err(Code::from(failure).into()),
        };
        let mut state = self.state();
        state.loading = None;
        state.blocked = result.err().map(|error| error.code);
        drop(state);
        self.changed(&["start", "sync", "today", "customers"]);
    }

    async fn load_file(self: &Arc<Self>, home: Home, key: Key, person: Uuid) -> Result<(), Failure> {
        let login = self.login(&home, person).map_err(|_| Failure::AccessEnded)?;
        let clinic = PostgresClinic::new(HashMap::from([(person, login)]));
        let (desk, runtime) = (self.clone(), tokio::runtime::Handle::current());
        let work = move || {
            let (path, damaged) = (home.cache_path(), set_aside_before(&home));
            let load = Load {
                person,
                clinic: home.vault.clinic_id,
                path: &path,
                key: &key,
                damaged: damaged.as_deref(),
                now: desk.micros(),
            };
            let tell = |noun: &str, rows, expected| desk.tell_loading(noun, rows, expected);
            runtime.block_on(load::first_load(&clinic, &load, &tell))?;
            damaged.iter().for_each(|damaged| note_read(damaged));
            Ok(())
        };
        let done = tokio::task::spawn_blocking(work).await;
        done.map_err(|_| Failure::Other("load".into()))?
    }

    fn tell_loading(&self, noun: &str, rows: i64, expected: i64) {
        let loading = Loading {
            noun: noun.to_owned(),
            rows,
            expected,
        };
        self.state().loading = Some(loading);
        self.changed(&["start"]);
    }

    async fn open_cache(self: &Arc<Self>, home: &Home, key: &Key, person: Uuid) -> Result<(), AppError> {
        let (path, cache_key) = (home.cache_path(), key.clone());
        let ended = home.vault.ended();
        let open = move || {
            let cache = Cache::open(&path, &cache_key)?;
            ended
                .iter()
                .try_for_each(|person| rebase::forget_person(&cache, *person))?;
            Ok(cache)
        };
        let cache = Arc::new(blocking(open).await?);
        let session = (!home.is_demo).then(|| self.start_session(home, &cache));
        {
            let mut state = self.state();
            if !home.is_demo {
                self.check_not_leaving(&state)?;
            }
            state.open = Some(Open {
                cache,
                key: key.clone(),
                session,
            });
        }
        self.learn_day().await;
        self.sign_in(person);
        Ok(())
    }

    pub(crate) fn start_session(self: &Arc<Self>, home: &Home, cache: &Arc<Cache>) -> Session {
        let (mut people, logins) = self.logins(home);
        people.retain(|person| !home.vault.has_ended(*person));
        Session::start(cache.clone(), PostgresClinic::new(logins), people, self.wake.clone())
    }

    /// The people of this PC whose logins are at hand, first come first.
    pub(crate) fn logins(&self, home: &Home) -> (Vec<Uuid>, HashMap<Uuid, ConnectTo>) {
        let people = home.vault.people.iter().map(|member| member.id);
        let logins: HashMap<Uuid, ConnectTo> = people
            .clone()
            .filter_map(|person| Some((person, self.login(home, person).ok()?)))
            .collect();
        (people.filter(|person| logins.contains_key(person)).collect(), logins)
    }

    pub(crate) async fn close(self: &Arc<Self>) {
        self.keep_count(None);
        let open = {
            let mut state = self.state();
            (state.me, state.status, state.day) = (None, None, None);
            state.open.take()
        };
        if let Some(session) = open.and_then(|open| open.session) {
            session.stop().await;
        }
    }
}

/// A damaged cache out of which unsent work was not read yet; the newest, should there be several.
fn set_aside_before(home: &Home) -> Option<PathBuf> {
    let files = fs::read_dir(&home.folder).ok()?.flatten();
    let unread = files.map(|file| file.path()).filter(|path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.starts_with("damaged-") && name.ends_with(".db") && !name.ends_with(READ)
    });
    unread.max()
}

/// What was read is not read again: the database knows each action by its id, but a settled item would come back to the list.
fn note_read(damaged: &Path) {
    let read = damaged.to_string_lossy().replace(".db", READ);
    if let Err(error) = fs::rename(damaged, read) {
        tracing::warn!(%error, "the damaged cache keeps its name");
    }
}
