//! Connecting this PC to a clinic, and people to this PC: a one-time code becomes a login of its own, whose password only this PC's keyring has.

use std::{fs, sync::Arc};

use desk_cache::{Cache, Key, outbox};
use desk_clinic::{
    connect::ConnectTo,
    enrol::{self, Enrolled},
    ticket::{self, EnrolmentTicket},
};
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::{
    age::Contact,
    api::session::{ClinicName, Connect, Role, StartState},
    desk::{Desk, Home, blocking},
    error::{AppError, Code},
    start::DEVICE,
    vault::{self, Member, Server, Vault},
};

impl Desk {
    /// Connects this PC to a clinic, or adds a person to it: uses up the code, keeps the new credential, and begins the first load.
    ///
    /// # Errors
    /// As listed at [`Connect`].
    pub async fn connect(self: &Arc<Self>, request: Connect) -> Result<StartState, AppError> {
        vault::check_pin(&request.pin)?;
        let ticket = ticket::parse(&request.code)?;
        let known = self.known_key(&request.pin)?;
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
        let (is_known, is_open) = (known.is_some(), self.cache().is_ok());
        let (mut home, key) = match known {
            Some((home, key)) if home.vault.clinic_id == enrolled.clinic_id => (home, key),
            Some(_) => return Err(Code::OtherClinic.into()),
            None => (
                self.new_home(&ticket, &enrolled, &request.device).await?,
                Key::random()?,
            ),
        };
        home.vault.contact = Some(Contact::at(self.now().timestamp_millis()));
        home.vault.put(member(&enrolled, &ticket.login, &request.pin, &key)?);
        home.save()?;
        if is_known && !is_open {
            begin_outbox_anew(&home, &key, enrolled.person_id).await;
        }
        if is_known && is_open {
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
        // Who has a new login is let in again.
        if let Some(status) = state.status.as_mut() {
            status.shut_out.retain(|other| *other != person);
        }
        (state.home, state.offered_code) = (Some(home), None);
        drop(state);
        self.sign_in(person);
        Ok(())
    }

    /// The clinic that is open here, with its key. A PC whose clinic is still locked cannot take in another person, unless nobody is left at it: the
    /// code opens it then. Where nobody has its key any more the cache is set aside, as one whose key was lost.
    fn known_key(&self, pin: &str) -> Result<Option<(Home, Key)>, AppError> {
        let (home, key) = {
            let state = self.state();
            (state.home.clone(), state.open.as_ref().map(|open| open.key.clone()))
        };
        match (home, key) {
            (None, _) => Ok(None),
            (Some(home), _) if home.is_demo => Ok(None),
            (Some(home), Some(key)) => Ok(Some((home, key))),
            (Some(home), None) if home.vault.is_left_by_all() => {
                let key = home.vault.key_for_code(pin, &home.secret);
                Ok(Some((home, key.map_or_else(Key::random, Ok)?)))
            }
            (Some(_), None) => Err(Code::Locked.into()),
        }
    }

    async fn new_home(&self, ticket: &EnrolmentTicket, enrolled: &Enrolled, device: &str) -> Result<Home, AppError> {
        self.forget_wipe().await;
        let secret = vault::new_secret()?;
        self.ports.secrets.set(DEVICE, secret.as_slice())?;
        let folder = self.clinic_folder();
        fs::create_dir_all(&folder).map_err(|_| Code::Unexpected)?;
        let clinic = ClinicName {
            th: enrolled.clinic_name_th.clone(),
            en: enrolled.clinic_name_en.clone(),
        };
        let server = Server {
            host: ticket.host.clone(),
            port: ticket.port,
            database: ticket.database.clone(),
            ca: ticket.ca.clone(),
        };
        let vault = Vault::new(device.to_owned(), enrolled.clinic_id, clinic, Some(server));
        Ok(Home {
            folder,
            vault,
            secret,
            is_demo: false,
        })
    }

    pub(crate) fn login(&self, home: &Home, person: Uuid) -> Result<ConnectTo, AppError> {
        let member = home.vault.people.iter().find(|member| member.id == person);
        let member = member.ok_or(Code::PersonNotFound)?;
        let server = home.vault.server.as_ref().ok_or(Code::ClinicUnreachable)?;
        self.connect_as(server, &member.login)
    }

    /// The way to the clinic as this login, with the password out of the keyring.
    pub(crate) fn connect_as(&self, server: &Server, login: &str) -> Result<ConnectTo, AppError> {
        let kept = self.ports.secrets.get(&password_entry(login))?;
        let password = kept.ok_or(Code::KeyringEmpty)?;
        let server = server.clone();
        Ok(ConnectTo {
            host: server.host,
            port: server.port,
            database: server.database,
            login: login.to_owned(),
            password: String::from_utf8_lossy(&password).into_owned(),
            ca: server.ca,
        })
    }
}

/// What waits in a cache that nobody has open goes on under a new login. One that cannot be opened is told of when it is opened for work.
async fn begin_outbox_anew(home: &Home, key: &Key, person: Uuid) {
    let (path, key) = (home.cache_path(), key.clone());
    let begun = blocking(move || {
        let cache = Cache::open(&path, &key)?;
        cache.write(|transaction| outbox::begin_anew(transaction, person))
    });
    if let Err(error) = begun.await {
        tracing::warn!(%error, "the outbox does not begin anew");
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

pub(crate) fn password_entry(login: &str) -> String {
    format!("login {login}")
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
