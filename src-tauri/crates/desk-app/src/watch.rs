//! Hearing the clinic where no session does: at the lock screen after a start, and as whoever it does not let in. It needs no PIN: a stolen PC
//! that nobody can unlock must still learn that it is to be wiped, and who was dismissed must not open it.
//!
//! Here is also decided what a refusal means. A login that the clinic has ended for certain is sealed: its person is locked out, and stays so
//! until a new code. Any other refusal may be nobody's will; it is asked again, and the session begins anew when it is over.

use std::{
    sync::{Arc, Weak},
    time::Duration,
};

use desk_cache::rebase;
use desk_clinic::{connect::ConnectTo, pc::Unsent};
use desk_sync::{Failure, leave};
use uuid::Uuid;

use crate::{
    desk::{Desk, Home, State},
    error::{AppError, Code},
};

/// How often the clinic is asked.
const ASK_EVERY: Duration = Duration::from_secs(10);

/// Asks for ever, as long as the desk lives; at once when a session was told that a login has ended.
pub(crate) async fn run(desk: Weak<Desk>) {
    let mut is_due = true;
    loop {
        let Some(here) = desk.upgrade() else { return };
        here.look_at_clock();
        here.ask_as_whom_nobody_hears(is_due).await;
        let ask_now = here.ask_now.clone();
        drop(here);
        is_due = tokio::select! {
            () = ask_now.notified() => false,
            () = tokio::time::sleep(ASK_EVERY) => true,
        };
    }
}

impl Desk {
    /// A session begins anew only when it is due: whatever it is refused for, it must not ask without a pause.
    async fn ask_as_whom_nobody_hears(self: &Arc<Self>, is_due: bool) {
        let Some((home, people)) = unheard(&self.state()) else {
            return;
        };
        let mut is_let_in = false;
        for person in people {
            let Ok(login) = self.login(&home, person) else { continue };
            match self.ask_as(person, &login).await {
                Ok(Some(order)) => return self.hear_order(order),
                Ok(None) => is_let_in |= !home.vault.has_ended(person),
                Err(_) => {}
            }
        }
        if is_let_in && is_due {
            self.begin_session_anew().await;
        }
    }

    async fn ask_as(self: &Arc<Self>, person: Uuid, login: &ConnectTo) -> Result<Option<Unsent>, Failure> {
        let said = leave::ask(login).await;
        match &said {
            Ok(None) => self.had_contact(),
            Err(Failure::AccessEnded) => self.seal(person, &login.login).await,
            Ok(Some(_)) | Err(_) => {}
        }
        Ok(said?.map(|order| order.unsent))
    }

    /// Asks with each login of this PC until one has heard of an order.
    pub(crate) async fn ask(self: &Arc<Self>, home: &Home) -> Option<Unsent> {
        let (people, logins) = self.logins(home);
        for login in people.iter().filter_map(|person| logins.get(person)) {
            match leave::ask(login).await {
                Ok(Some(order)) => return Some(order.unsent),
                Ok(None) => self.had_contact(),
                Err(_) => {}
            }
        }
        None
    }

    /// The clinic has ended this login of a person: from now on nothing here opens to them, and what was addressed to them goes. What they did and
    /// was not sent stays, for a new code.
    async fn seal(self: &Arc<Self>, person: Uuid, login: &str) {
        let is_news = shut(&mut self.state(), person, login).unwrap_or_else(|error| {
            tracing::error!(%error, "that a login has ended is not written down");
            true
        });
        if !is_news {
            return;
        }
        tracing::warn!(login, "the clinic has ended a login");
        if self.me().is_err() {
            self.blank_display();
        }
        // Where the cache is closed it is done when it is opened.
        let forgotten = self.with_cache(move |cache| rebase::forget_person(cache, person)).await;
        if let Err(error) = forgotten.as_ref()
            && error.code != Code::Locked
        {
            tracing::error!(%error, "somebody's notifications are not taken out");
        }
        self.changed(&["start", "sync", "notifications", "today"]);
    }

    /// The clinic lets somebody in again whom it had refused.
    async fn begin_session_anew(self: &Arc<Self>) {
        let before = self.state().open.as_mut().and_then(|open| open.session.take());
        let Some(before) = before else { return };
        before.stop().await;
        let home = self.state().home.clone();
        let (Some(home), Ok(cache)) = (home, self.cache()) else {
            return;
        };
        let session = self.start_session(&home, &cache);
        let mut state = self.state();
        if let Some(open) = state.open.as_mut() {
            open.session = Some(session);
        }
        if let Some(status) = state.status.as_mut() {
            status.shut_out.clear();
        }
    }
}

/// This PC's clinic, and those as whom nothing else is in contact with it. As whom it has ended is asked too where nobody else could hear of an order.
fn unheard(state: &State) -> Option<(Home, Vec<Uuid>)> {
    let home = state.home.as_ref().filter(|home| !home.is_demo)?;
    if state.loading.is_some() || state.is_leaving {
        return None;
    }
    let status = state.status.as_ref().filter(|_| state.open.is_some());
    let is_out = |person: &Uuid| status.is_some_and(|status| status.shut_out.contains(person));
    let all: Vec<Uuid> = home.vault.people.iter().map(|member| member.id).collect();
    let mut people = all.clone();
    let nobody_hears = all.iter().all(|person| is_out(person) || home.vault.has_ended(*person));
    if state.open.is_some() && !nobody_hears {
        people.retain(|person| is_out(person) && !home.vault.has_ended(*person));
    }
    (!people.is_empty()).then(|| (home.clone(), people))
}

/// Notes that a login has ended and signs its person out. Whether that is news.
fn shut(state: &mut State, person: Uuid, login: &str) -> Result<bool, AppError> {
    let key = state.open.as_ref().map(|open| open.key.clone());
    let Some(home) = state.home.as_mut() else {
        return Ok(false);
    };
    if !home.vault.end(person, login, key.as_ref(), &home.secret)? {
        return Ok(false);
    }
    let kept = home.save();
    state.last_person.take_if(|last| *last == person);
    if state.me.take_if(|me| *me == person).is_some() {
        state.with_customer = None;
    }
    kept.map(|()| true)
}
