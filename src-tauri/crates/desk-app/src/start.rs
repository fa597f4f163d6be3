//! Starting: which clinic this PC belongs to, unlocking, locking, and the demo clinic.

use std::{fs, path::PathBuf, sync::Arc};

use uuid::Uuid;
use zeroize::Zeroizing;

use crate::{
    api::{
        Nothing,
        session::{Person, Phase, StartState, Unlock},
    },
    day, demo,
    desk::{Desk, Home, State, blocking},
    error::{AppError, Code},
    link::{self, Link},
    vault::{Member, Vault},
};

/// The keyring's entry for the secret that seals this PC's people.
pub(crate) const DEVICE: &str = "device";

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
        if self.finish_wipe() {
            return;
        }
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
        self.look_at_clock();
    }

    pub(crate) fn clinic_folder(&self) -> PathBuf {
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
            day: day::of(&state),
            me,
            people,
            is_demo: state.home.as_ref().is_some_and(|home| home.is_demo),
            device: state
                .home
                .as_ref()
                .map_or_else(String::new, |home| home.vault.device.clone()),
            version: self.version.clone(),
            loading: state.loading.clone(),
            blocked: why_blocked(&state).map(|code| code.word().to_owned()),
            stale_since: Self::stale_since(&state),
            offered_code: state.offered_code.clone(),
        }
    }

    /// Unlocks as a person; the first unlock after a start opens the cache.
    ///
    /// # Errors
    /// `wrong_pin`, `pin_paused`, `login_ended`, `access_ended`, and what opening the cache says.
    pub async fn unlock(self: &Arc<Self>, request: Unlock) -> Result<StartState, AppError> {
        if self.is_demo() && !demo::is_of_today(&self.demo_folder(), self.now()) {
            self.demo_open(Nothing {}).await?;
        }
        self.look_at_clock();
        if let Some(since) = Self::stale_since(&self.state()) {
            return Err(AppError::new(Code::CacheStale).with("since", since));
        }
        let (home, key) = self.try_pin(request.person, request.pin).await?;
        if self.state().open.is_some() {
            self.sign_in(request.person);
        } else {
            self.settle_in(home, key, request.person).await?;
        }
        self.bring_display_back();
        Ok(self.stand())
    }

    /// Locks. Sync and toasts go on: the PC still belongs to the clinic.
    ///
    /// # Errors
    /// None.
    pub async fn lock(self: &Arc<Self>, _: Nothing) -> Result<StartState, AppError> {
        let mut state = self.state();
        state.me = None;
        state.with_customer = None;
        drop(state);
        self.blank_display();
        Ok(self.stand())
    }

    pub(crate) fn sign_in(&self, person: Uuid) {
        let mut state = self.state();
        state.me = Some(person);
        state.last_person = Some(person);
        drop(state);
        self.look_again.notify_one();
        self.ring_again();
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

    /// A link from outside: an enrolment link is offered on the first screen, never used by itself; a call opens who calls, once somebody is
    /// signed in. What is neither does nothing, and brings nothing to the front.
    pub async fn open_link(self: &Arc<Self>, url: &str) {
        match link::read(url) {
            Some(Link::Enrol) => {
                self.state().offered_code = Some(url.to_owned());
                self.changed(&["start"]);
                self.ports.window.open("/");
            }
            Some(Link::Call(number)) => self.ring(number),
            None => tracing::warn!(length = url.len(), "a link that is none of ours was refused"),
        }
    }
}

/// What stands in everybody's way; where nobody is left, that.
fn why_blocked(state: &State) -> Option<Code> {
    let is_left = state.home.as_ref().is_some_and(|home| home.vault.is_left_by_all());
    state.blocked.or(is_left.then_some(Code::AccessEnded))
}

fn phase(state: &State) -> Phase {
    match state {
        _ if state.loading.is_some() => Phase::Loading,
        _ if state.me.is_some() => Phase::Ready,
        // Without its key the old cache stays closed for good: the PC begins anew with a code.
        _ if state.home.is_none() && matches!(state.blocked, Some(Code::KeyringEmpty | Code::PcWiped)) => {
            Phase::FirstStart
        }
        _ if state.blocked.is_some() && state.home.is_none() => Phase::Blocked,
        _ if state.home.is_some() => Phase::Locked,
        _ => Phase::FirstStart,
    }
}

pub(crate) fn person(member: &Member) -> Person {
    Person {
        id: member.id,
        nickname: member.nickname.clone(),
        role: member.role,
        paused_until: member.paused_until,
        has_ended: member.ended,
    }
}
