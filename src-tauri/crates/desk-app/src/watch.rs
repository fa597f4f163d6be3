//! Hearing the clinic while no session does: at the lock screen after a start, and when every login's access has ended. It needs no PIN: a
//! stolen PC that nobody can unlock must still learn that it is to be wiped.

use std::{
    sync::{Arc, Weak},
    time::Duration,
};

use desk_clinic::pc::Unsent;
use desk_sync::{Failure, leave};

use crate::desk::{Desk, Home, State};

/// How often the clinic is asked.
const ASK_EVERY: Duration = Duration::from_secs(10);

/// Asks for ever, as long as the desk lives.
pub(crate) async fn run(desk: Weak<Desk>) {
    loop {
        let Some(here) = desk.upgrade() else { return };
        here.look_at_clock();
        here.ask_if_nobody_does().await;
        drop(here);
        tokio::time::sleep(ASK_EVERY).await;
    }
}

impl Desk {
    async fn ask_if_nobody_does(self: &Arc<Self>) {
        let home = unheard(&self.state());
        if let Some(order) = match home {
            Some(home) => self.ask(&home).await,
            None => None,
        } {
            self.hear_order(order);
        }
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
}

/// This PC's clinic, when nothing else is in contact with it.
fn unheard(state: &State) -> Option<Home> {
    let home = state.home.as_ref().filter(|home| !home.is_demo)?;
    let failure = state.status.as_ref().and_then(|status| status.failure.as_ref());
    let is_silent = state.open.is_none() || failure == Some(&Failure::AccessEnded);
    (is_silent && state.loading.is_none() && !state.is_leaving).then(|| home.clone())
}
