//! Starting: which clinic this PC belongs to, connecting it, unlocking, locking, and the demo clinic.

use std::{
    collections::HashMap,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use desk_cache::{Cache, CacheError, Key, outbox};
use desk_clinic::{
    ClinicError,
    connect::ConnectTo,
    enrol::{self, Enrolled},
    ticket::{self, EnrolmentTicket, TicketError},
};
use desk_sync::{
    Failure, Session,
    load::{self, Load},
    postgres::PostgresClinic,
};
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::{
    api::{
        Nothing,
        session::{ClinicName, Connect, Loading, Person, Phase, Role, StartState, Unlock},
    },
    demo,
    desk::{Desk, Home, Open, blocking},
    error::{AppError, Code},
    ports::SecretsError,
    vault::{self, Member, Server, Vault},
};

/// The keyring's entry for the secret that seals this PC's people.
const DEVICE: &str = "device";

/// How the name of a damaged cache ends once unsent work was read out of it.
const READ: &str = "-read.db";

impl Desk {
    /// Where the program stands.
    ///
    /// # Errors
    /// None; trouble is part of the answer.
    pub async fn start(self: &Arc<Self>, _: Nothing) -> Result<StartState, AppError> {
        Ok(self.stand())
    }

    /// Finds this PC's clinic, else the demo clinic, if there is one.
    pub(crate) async fn find_home(self: &Arc<Self>) {
        let found = if self.clinic_folder().join("people.sealed").exists() {
            self.open_clinic_home()
        } else if demo::exists(&self.demo_folder()) {
            self.prepare_demo().await
        } else {
            return;
        };
        match found {
            Ok(home) => self.state().home = Some(home),
            Err(error) => self.state().blocked = Some(error.code),
        }
    }

    fn clinic_folder(&self) -> PathBuf {
        self.places.data.join("clinic")
    }

    pub(crate) fn demo_folder(&self) -> PathBuf {
        self.places.data.join("demo")
    }

    fn open_clinic_home(&self) -> Result<Home, AppError> {
        let folder = self.clinic_folder();
        let kept = self.ports.secrets.get(DEVICE)?.ok_or(Code::KeyringEmpty)?;
        let bytes: [u8; 32] = kept.as_slice().try_into().map_err(|_| Code::KeyringEmpty)?;
        let secret = Zeroizing::new(bytes);
        let vault = Vault::open(&folder.join("people.sealed"), &secret)?;
        Ok(Home {
            folder,
            vault,
            secret,
            is_demo: false,
        })
    }

    /// The answer to `start`.
    pub(crate) fn stand(&self) -> StartState {
        let state = self.state();
        let people: Vec<Person> = state
            .home
            .iter()
            .flat_map(|home| &home.vault.people)
            .map(person)
            .collect();
        let me = state
            .me
            .and_then(|me| people.iter().find(|person| person.id == me).cloned());
        StartState {
            phase: phase(&state),
            clinic: state.home.as_ref().map(|home| home.vault.clinic.clone()),
            me,
            people,
            is_demo: state.home.as_ref().is_some_and(|home| home.is_demo),
            device: state
                .home
                .as_ref()
                .map_or_else(String::new, |home| home.vault.device.clone()),
            version: self.version.clone(),
            loading: state.loading.clone(),
            blocked: state.blocked.map(|code| code.word().to_owned()),
            offered_code: state.offered_code.clone(),
        }
    }

    /// Connects this PC to a clinic, or adds a person to it: uses up the code, keeps the new credential, and begins the first load.
    ///
    /// # Errors
    /// As listed at [`Connect`].
    pub async fn connect(self: &Arc<Self>, request: Connect) -> Result<StartState, AppError> {
        vault::check_pin(&request.pin)?;
        let ticket = ticket::parse(&request.code)?;
        let known = self.known_key()?;
        // Before anything is used up, so that the code stays good where it belongs. A code of an earlier server does not say; then
        // only the answer to the enrolment does.
        if let (Some((home, _)), Some(clinic)) = (&known, ticket.clinic)
            && home.vault.clinic_id != clinic
        {
            return Err(Code::OtherClinic.into());
        }
        let password = Zeroizing::new(enrol::new_password()?);
        // The credential is kept before the code is used up: a crash in between must not lose the only key to the login.
        self.ports
            .secrets
            .set(&password_entry(&ticket.login), password.as_bytes())?;
        let enrolled = enrol::enrol(&ticket, &password, &request.device).await?;
        let is_known = known.is_some();
        let (mut home, key) = match known {
            Some((home, key)) if home.vault.clinic_id == enrolled.clinic_id => (home, key),
            Some(_) => return Err(Code::OtherClinic.into()),
            None => (self.new_home(&ticket, &enrolled, &request.device)?, Key::random()?),
        };
        home.vault.put(member(&enrolled, &ticket.login, &request.pin, &key)?);
        home.save()?;
        if is_known {
            self.join(home, enrolled.person_id).await?;
        } else {
            self.settle_in(home, key, enrolled.person_id).await?;
        }
        Ok(self.stand())
    }

    /// One more person at an open PC, or one with a new login: the sync goes on with them, over the same cache.
    async fn join(self: &Arc<Self>, home: Home, person: Uuid) -> Result<(), AppError> {
        let before = self.state().open.as_mut().and_then(|open| open.session.take());
        if let Some(session) = before {
            session.stop().await;
        }
        self.with_cache(move |cache| cache.write(|transaction| outbox::begin_anew(transaction, person)))
            .await?;
        let session = self.start_session(&home, &self.cache()?);
        let mut state = self.state();
        if let Some(open) = state.open.as_mut() {
            open.session = Some(session);
        }
        (state.home, state.offered_code) = (Some(home), None);
        drop(state);
        self.sign_in(person);
        Ok(())
    }

    /// The clinic that is open here, with its key. A PC whose clinic is still locked cannot take in another person.
    fn known_key(&self) -> Result<Option<(Home, Key)>, AppError> {
        let state = self.state();
        match (&state.home, &state.open) {
            (None, _) => Ok(None),
            (Some(home), _) if home.is_demo => Ok(None),
            (Some(home), Some(open)) => Ok(Some((home.clone(), open.key.clone()))),
            (Some(_), None) => Err(Code::Locked.into()),
        }
    }

    fn new_home(&self, ticket: &EnrolmentTicket, enrolled: &Enrolled, device: &str) -> Result<Home, AppError> {
        let secret = vault::new_secret()?;
        self.ports.secrets.set(DEVICE, secret.as_slice())?;
        let folder = self.clinic_folder();
        fs::create_dir_all(&folder).map_err(|_| Code::Unexpected)?;
        let vault = Vault {
            device: device.to_owned(),
            clinic_id: enrolled.clinic_id,
            clinic: ClinicName {
                th: enrolled.clinic_name_th.clone(),
                en: enrolled.clinic_name_en.clone(),
            },
            server: Some(Server {
                host: ticket.host.clone(),
                port: ticket.port,
                database: ticket.database.clone(),
                ca: ticket.ca.clone(),
            }),
            people: vec![],
        };
        Ok(Home {
            folder,
            vault,
            secret,
            is_demo: false,
        })
    }

    /// Makes `home` this PC's clinic and signs `person` in: at once where the cache is there, else after the first load.
    async fn settle_in(self: &Arc<Self>, home: Home, key: Key, person: Uuid) -> Result<(), AppError> {
        self.close().await;
        {
            let mut state = self.state();
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

    /// Unlocks as a person; the first unlock after a start opens the cache.
    ///
    /// # Errors
    /// `wrong_pin`, `pin_paused`, and what opening the cache says.
    pub async fn unlock(self: &Arc<Self>, request: Unlock) -> Result<StartState, AppError> {
        if self.is_demo() && !demo::is_of_today(&self.demo_folder(), self.now()) {
            self.demo_open(Nothing {}).await?;
        }
        let mut home = self.state().home.clone().ok_or(Code::Locked)?;
        let now = self.now().timestamp_millis();
        let (tried, home) = tokio::task::spawn_blocking(move || {
            let tried = home.vault.try_pin(request.person, &request.pin, now);
            (tried, home)
        })
        .await
        .map_err(|_| Code::Unexpected)?;
        home.save()?;
        self.state().home = Some(home.clone());
        let key = tried?;
        if self.state().open.is_some() {
            self.sign_in(request.person);
        } else {
            self.settle_in(home, key, request.person).await?;
        }
        Ok(self.stand())
    }

    /// Locks. Sync and toasts go on: the PC still belongs to the clinic.
    ///
    /// # Errors
    /// None.
    pub async fn lock(self: &Arc<Self>, _: Nothing) -> Result<StartState, AppError> {
        self.state().me = None;
        Ok(self.stand())
    }

    fn sign_in(&self, person: Uuid) {
        let mut state = self.state();
        state.me = Some(person);
        state.last_person = Some(person);
        drop(state);
        self.look_again.notify_one();
    }

    async fn open_cache(self: &Arc<Self>, home: &Home, key: &Key, person: Uuid) -> Result<(), AppError> {
        let (path, cache_key) = (home.cache_path(), key.clone());
        let cache = Arc::new(blocking(move || Cache::open(&path, &cache_key)).await?);
        let session = (!home.is_demo).then(|| self.start_session(home, &cache));
        self.state().open = Some(Open {
            cache,
            key: key.clone(),
            session,
        });
        self.sign_in(person);
        Ok(())
    }

    fn start_session(self: &Arc<Self>, home: &Home, cache: &Arc<Cache>) -> Session {
        let logins: HashMap<Uuid, ConnectTo> = home
            .vault
            .people
            .iter()
            .filter_map(|member| Some((member.id, self.login(home, member.id).ok()?)))
            .collect();
        let people: Vec<Uuid> = home
            .vault
            .people
            .iter()
            .map(|member| member.id)
            .filter(|id| logins.contains_key(id))
            .collect();
        Session::start(cache.clone(), PostgresClinic::new(logins), people, self.wake.clone())
    }

    fn login(&self, home: &Home, person: Uuid) -> Result<ConnectTo, AppError> {
        let member = home.vault.people.iter().find(|member| member.id == person);
        let member = member.ok_or(Code::PersonNotFound)?;
        let server = home.vault.server.clone().ok_or(Code::ClinicUnreachable)?;
        let kept = self.ports.secrets.get(&password_entry(&member.login))?;
        let password = kept.ok_or(Code::KeyringEmpty)?;
        Ok(ConnectTo {
            host: server.host,
            port: server.port,
            database: server.database,
            login: member.login.clone(),
            password: String::from_utf8_lossy(&password).into_owned(),
            ca: server.ca,
        })
    }

    pub(crate) async fn close(self: &Arc<Self>) {
        self.keep_count(None);
        let open = {
            let mut state = self.state();
            (state.me, state.status) = (None, None);
            state.open.take()
        };
        if let Some(session) = open.and_then(|open| open.session) {
            session.stop().await;
        }
    }

    async fn prepare_demo(&self) -> Result<Home, AppError> {
        let (folder, now) = (self.demo_folder(), self.now());
        blocking(move || demo::prepare(folder, now)).await
    }

    /// Opens the demo clinic, making it on the first use of a day. It needs no server and no keyring: everything in it is made up.
    ///
    /// # Errors
    /// `disk_full`, and `other_clinic` on a PC that belongs to a clinic.
    pub async fn demo_open(self: &Arc<Self>, _: Nothing) -> Result<StartState, AppError> {
        if self.state().home.as_ref().is_some_and(|home| !home.is_demo) {
            return Err(Code::OtherClinic.into());
        }
        self.close().await;
        let home = self.prepare_demo().await?;
        let mut state = self.state();
        state.home = Some(home);
        state.blocked = None;
        drop(state);
        Ok(self.stand())
    }

    /// Removes the demo clinic from this PC.
    ///
    /// # Errors
    /// `other_clinic` when the open clinic is a real one.
    pub async fn demo_remove(self: &Arc<Self>, _: Nothing) -> Result<StartState, AppError> {
        if !self.is_demo() {
            return Err(Code::OtherClinic.into());
        }
        self.close().await;
        self.state().home = None;
        fs::remove_dir_all(self.demo_folder()).map_err(|_| Code::Unexpected)?;
        Ok(self.stand())
    }

    /// A link from outside, such as an enrolment link from an e-mail: offered on the first screen, never used by itself.
    pub async fn open_link(self: &Arc<Self>, url: &str) {
        if ticket::parse(url).is_ok() {
            self.state().offered_code = Some(url.to_owned());
            self.changed(&["start"]);
        }
        self.ports.window.open("/");
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

fn phase(state: &crate::desk::State) -> Phase {
    match state {
        _ if state.loading.is_some() => Phase::Loading,
        _ if state.me.is_some() => Phase::Ready,
        // Without its key the old cache stays closed for good: the PC begins anew with a code.
        _ if state.home.is_none() && state.blocked == Some(Code::KeyringEmpty) => Phase::FirstStart,
        _ if state.blocked.is_some() && state.home.is_none() => Phase::Blocked,
        _ if state.home.is_some() => Phase::Locked,
        _ => Phase::FirstStart,
    }
}

fn person(member: &Member) -> Person {
    Person {
        id: member.id,
        nickname: member.nickname.clone(),
        role: member.role,
        paused_until: member.paused_until,
    }
}

fn member(enrolled: &Enrolled, login: &str, pin: &str, key: &Key) -> Result<Member, AppError> {
    let nickname = enrolled
        .nickname
        .clone()
        .unwrap_or_else(|| enrolled.display_name.clone());
    let role = Role::from_word(&enrolled.role);
    Member::new(enrolled.person_id, nickname, role, login.to_owned(), pin, key)
}

impl Role {
    /// The role as the database writes it; an unknown word counts as the one with the least rights.
    pub fn from_word(word: &str) -> Self {
        match word {
            "owner" => Self::Owner,
            "manager" => Self::Manager,
            "sales" => Self::Sales,
            "beautician" => Self::Beautician,
            _ => Self::FrontDesk,
        }
    }
}

fn password_entry(login: &str) -> String {
    format!("login {login}")
}

impl From<SecretsError> for AppError {
    fn from(error: SecretsError) -> Self {
        match error {
            SecretsError::Missing => Code::KeyringMissing.into(),
            SecretsError::Locked => Code::KeyringLocked.into(),
            SecretsError::Failed(text) => {
                tracing::error!(text, "keyring");
                Code::KeyringMissing.into()
            }
        }
    }
}

impl From<TicketError> for AppError {
    fn from(_: TicketError) -> Self {
        Code::CodeMalformed.into()
    }
}

impl From<ClinicError> for AppError {
    fn from(error: ClinicError) -> Self {
        let code = match &error {
            ClinicError::Unreachable(_) | ClinicError::Retry(_) => Code::ClinicUnreachable,
            ClinicError::AuthRefused => Code::AccessEnded,
            ClinicError::Tls => Code::CertificateRefused,
            ClinicError::Refused { code, .. } => Code::from_word(code).unwrap_or(Code::Unexpected),
            ClinicError::TooOld | ClinicError::TooNew | ClinicError::Answer(_) => Code::SchemaMismatch,
            ClinicError::Ticket(_) => Code::CodeMalformed,
            _ => Code::Unexpected,
        };
        let answer = Self::new(code);
        tracing::warn!(ref_id = answer.ref_id, %error, "clinic");
        answer
    }
}

/// Trouble with the demo's own files counts as trouble with a cache.
pub(crate) fn as_cache_error(error: AppError) -> CacheError {
    match error.code {
        Code::DiskFull => CacheError::DiskFull,
        _ => CacheError::Damaged,
    }
}
