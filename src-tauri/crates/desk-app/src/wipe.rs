//! Wiping this PC because the clinic ordered it. The order of steps is what matters: first a mark that the wipe is decided, then the secret
//! in the keyring that everything is sealed with, then the files. From the mark on there is no way back: a program that is killed in between
//! finishes at its next start. Last, the clinic is told, with what the mark keeps for that.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{Arc, Weak},
    time::Duration,
};

use desk_cache::Cache;
use desk_clinic::pc::Unsent;
use desk_sync::{Failure, leave, postgres::PostgresClinic};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::{
    connect::password_entry,
    desk::{Desk, Home, Open, State},
    error::{AppError, Code},
    start::DEVICE,
    vault::{self, Server},
};

/// The mark in the data folder, and the keyring's entry for the secret that seals what it says.
const MARK: &str = "wiped";
/// How long until the clinic is tried again.
const AGAIN: Duration = Duration::from_secs(5);

/// Whom to tell, and as whom: sealed, because a wiped PC says nothing of its clinic.
#[derive(Serialize, Deserialize)]
struct WayBack {
    server: Server,
    logins: Vec<String>,
}

impl Desk {
    /// Obeys an order, once. One that lets the PC send first waits for somebody to unlock: without the cache's key nothing can be sent.
    pub(crate) fn hear_order(self: &Arc<Self>, unsent: Unsent) {
        let taken = take_leave(&mut self.state(), unsent);
        self.changed(&["start"]);
        if let Some((home, open)) = taken {
            tokio::spawn(self.clone().obey(home, open, unsent));
        }
    }

    async fn obey(self: Arc<Self>, home: Home, open: Option<Open>, unsent: Unsent) {
        tracing::warn!(?unsent, "the clinic has ordered this PC wiped");
        if let Some(open) = open {
            if let Some(session) = open.session {
                session.stop().await;
            }
            if unsent == Unsent::SentFirst {
                self.send_rest(&home, &open.cache).await;
            }
            let_go(open.cache).await;
        }
        self.mark(&home);
        // Nobody writes down anything about the clinic's people from here on.
        self.state().home = None;
        self.destroy();
        *self.state() = State {
            blocked: Some(Code::PcWiped),
            ..State::default()
        };
        self.changed(&["start", "sync", "settings", "today", "customers"]);
        confirm(Arc::downgrade(&self)).await;
    }

    /// Sends what waits, however long the clinic cannot be reached; until it orders that nothing be sent.
    async fn send_rest(self: &Arc<Self>, home: &Home, cache: &Cache) {
        let (people, logins) = self.logins(home);
        let clinic = PostgresClinic::leaving(logins);
        while let Err(failure) = leave::send_rest(cache, &clinic, &people, self.micros()).await {
            tracing::warn!(%failure, "not everything is sent; the wipe waits");
            if self.ask(home).await == Some(Unsent::Destroyed) {
                return;
            }
            tokio::time::sleep(AGAIN).await;
        }
    }

    /// After a wipe that was killed: finishes it. Whether there was one.
    pub(crate) fn finish_wipe(self: &Arc<Self>) -> bool {
        if !self.mark_path().exists() {
            return false;
        }
        self.destroy();
        self.state().blocked = Some(Code::PcWiped);
        tokio::spawn(confirm(Arc::downgrade(self)));
        true
    }

    /// This PC is connected anew: what was is over. Once more the clinic is told, which can be reached now.
    pub(crate) async fn forget_wipe(&self) {
        if !self.mark_path().exists() {
            return;
        }
        self.confirm_once().await;
        fs::remove_file(self.mark_path()).ok();
        self.ports.secrets.forget(MARK).ok();
    }

    /// Nothing of the clinic is opened any more once the wipe is decided.
    ///
    /// # Errors
    /// `wipe_ordered`, `pc_wiped`.
    pub(crate) fn check_not_leaving(&self, state: &State) -> Result<(), AppError> {
        if state.is_leaving {
            return Err(Code::WipeOrdered.into());
        }
        if self.mark_path().exists() {
            return Err(Code::PcWiped.into());
        }
        Ok(())
    }

    fn mark_path(&self) -> PathBuf {
        self.places.data.join(MARK)
    }

    /// Decides the wipe. A mark that cannot say whom to tell is a mark all the same.
    fn mark(&self, home: &Home) {
        let said = self.way_back_of(home).unwrap_or_else(|error| {
            tracing::error!(%error, "the clinic will not hear of the wipe");
            vec![]
        });
        if let Err(error) = vault::write_whole(&self.mark_path(), &said).and_then(|()| settle(&self.places.data)) {
            tracing::error!(%error, "the wipe is not marked");
        }
    }

    fn way_back_of(&self, home: &Home) -> Result<Vec<u8>, AppError> {
        let back = WayBack {
            server: home.vault.server.clone().ok_or(Code::ClinicUnreachable)?,
            logins: home.vault.people.iter().map(|member| member.login.clone()).collect(),
        };
        let secret = vault::new_secret()?;
        self.ports.secrets.set(MARK, secret.as_slice())?;
        vault::seal(&secret, &serde_json::to_vec(&back).map_err(|_| Code::Unexpected)?)
    }

    fn way_back(&self) -> Option<WayBack> {
        let sealed = fs::read(self.mark_path()).ok().filter(|sealed| !sealed.is_empty())?;
        let kept = self.ports.secrets.get(MARK).ok()??;
        let secret = Zeroizing::new(<[u8; 32]>::try_from(kept.as_slice()).ok()?);
        serde_json::from_slice(&vault::unseal(&secret, &sealed)?).ok()
    }

    /// The secret first: from then on nothing here can be read, whatever becomes of the files. What fails is tried again at the next start.
    fn destroy(&self) {
        if let Err(error) = self.ports.secrets.forget(DEVICE) {
            tracing::error!(%error, "the keyring keeps this PC's secret");
        }
        let folder = self.clinic_folder();
        fs::remove_file(folder.join("people.sealed")).ok();
        if let Err(error) = remove(&folder) {
            tracing::error!(%error, "files of the clinic are left, unreadable");
        }
        settle(&self.places.data).ok();
    }

    /// Tells the clinic as each login of this PC. Whether there is nothing more to tell.
    async fn confirm_once(&self) -> bool {
        let Some(back) = self.way_back() else { return true };
        let mut is_done = true;
        for login in &back.logins {
            is_done &= self.confirm_as(&back.server, login).await;
        }
        if is_done && self.mark_path().exists() {
            // The mark stays, empty: the first screen says what happened until this PC is connected anew.
            fs::write(self.mark_path(), []).ok();
            self.ports.secrets.forget(MARK).ok();
        }
        is_done
    }

    async fn confirm_as(&self, server: &Server, login: &str) -> bool {
        let told = match self.connect_as(server, login) {
            Ok(to) => leave::confirm(&to).await,
            // Told before: its password was forgotten then.
            Err(error) if error.code == Code::KeyringEmpty => return true,
            Err(_) => return false,
        };
        match told {
            Ok(()) | Err(Failure::AccessEnded | Failure::LoginRefused) => {
                self.ports.secrets.forget(&password_entry(login)).is_ok()
            }
            Err(_) => false,
        }
    }
}

/// Waits for who still reads, so that no file is made anew while the folder goes; not for ever, because the secret goes first anyway.
async fn let_go(cache: Arc<Cache>) {
    for _ in 0..100 {
        if Arc::strong_count(&cache) == 1 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Removes a folder; again, if something was put into it meanwhile.
fn remove(folder: &Path) -> std::io::Result<()> {
    let mut removed = Ok(());
    for _ in 0..3 {
        removed = if folder.exists() {
            fs::remove_dir_all(folder)
        } else {
            Ok(())
        };
        if removed.is_ok() {
            break;
        }
    }
    removed
}

/// Until the clinic has heard, as long as the desk lives.
async fn confirm(desk: Weak<Desk>) {
    while let Some(here) = desk.upgrade() {
        if here.confirm_once().await {
            return;
        }
        drop(here);
        tokio::time::sleep(AGAIN).await;
    }
}

/// Takes clinic and cache out of everybody's hands, unless that has happened already.
fn take_leave(state: &mut State, unsent: Unsent) -> Option<(Home, Option<Open>)> {
    let home = state.home.clone().filter(|home| !home.is_demo)?;
    // A first load ends by itself, because the clinic shows it nothing any more; then the watch asks again.
    if state.is_leaving || state.loading.is_some() {
        return None;
    }
    state.blocked = Some(Code::WipeOrdered);
    if unsent == Unsent::SentFirst && state.open.is_none() && home.cache_path().exists() {
        return None;
    }
    (state.is_leaving, state.me) = (true, None);
    Some((home, state.open.take()))
}

/// Makes what happened in a folder durable; Windows does so by itself and cannot open folders.
fn settle(folder: &Path) -> std::io::Result<()> {
    if cfg!(unix) {
        fs::File::open(folder)?.sync_all()?;
    }
    Ok(())
}
