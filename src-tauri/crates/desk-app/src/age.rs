//! How long this PC's copy may go without the clinic. An order to wipe or the end of an access reaches only a PC that is in contact; one that
//! is kept offline locks by itself after as many days as the clinic says (a week, if it says nothing), until the clinic has been heard again. Nothing is destroyed: what waits is sent then.
//!
//! No clock of a PC can be trusted, so what counts is how far it was seen to go forward since the last contact. Set back, it takes nothing
//! away; set forward by mistake, it locks too early, and contact opens.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::desk::{Desk, Home, State};

const DAY: i64 = 24 * 60 * 60 * 1000;
/// How much of it may be forgotten when the PC loses power: it is not written down at every look.
const KEEP_EVERY: i64 = 10 * 60 * 1000;

/// The time without contact, kept sealed with the people of this PC. Milliseconds throughout.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    /// What the clock said at the last contact.
    pub at: i64,
    /// What it said when it was last looked at.
    seen: i64,
    /// How far it has gone forward since the contact, all looks together.
    silent: i64,
}

impl Contact {
    /// In contact now.
    pub fn at(now: i64) -> Self {
        Self {
            at: now,
            seen: now,
            silent: 0,
        }
    }

    fn look(&mut self, now: i64) {
        self.silent = self.silent.saturating_add(now.saturating_sub(self.seen).max(0));
        self.seen = now;
    }

    /// It has been longer than so many days.
    pub fn is_over(&self, days: u32) -> bool {
        self.silent >= i64::from(days) * DAY
    }
}

impl Desk {
    /// Since when the clinic was not heard, in milliseconds since 1970, if that is too long ago for anybody to go on here.
    pub(crate) fn stale_since(state: &State) -> Option<i64> {
        let vault = &state.home.as_ref()?.vault;
        let contact = vault.contact.as_ref()?;
        contact.is_over(vault.day.days_unseen).then_some(contact.at)
    }

    /// Looks at the clock. Who works here when the time is over is locked out; what they typed and did waits for them.
    pub(crate) fn look_at_clock(self: &Arc<Self>) {
        self.count(|contact, now| match contact {
            Some(contact) => contact.look(now),
            None => *contact = Some(Contact::at(now)),
        });
    }

    /// The clinic was heard.
    pub(crate) fn had_contact(self: &Arc<Self>) {
        self.count(|contact, now| *contact = Some(Contact::at(now)));
    }

    fn count(self: &Arc<Self>, change: impl FnOnce(&mut Option<Contact>, i64)) {
        let now = self.now().timestamp_millis();
        let mut state = self.state();
        let was_over = Self::stale_since(&state).is_some();
        let is_leaving = state.is_leaving;
        let Some(home) = state.home.as_mut().filter(|home| !home.is_demo && !is_leaving) else {
            return;
        };
        change(&mut home.vault.contact, now);
        let kept = home.clone();
        let is_over = Self::stale_since(&state).is_some();
        let is_locked_out = is_over && state.me.take().is_some();
        let is_due = (state.age_kept - now).abs() >= KEEP_EVERY || is_over != was_over;
        if is_due && keep(&kept) {
            state.age_kept = now;
        }
        drop(state);
        if is_over {
            // A PC that slept for a week and is online again should not wait for the next round.
            self.nudge();
        }
        if is_locked_out || is_over != was_over {
            tracing::warn!(is_over, "the time without contact");
            self.changed(&["start"]);
        }
    }
}

fn keep(home: &Home) -> bool {
    let kept = home.save();
    if let Err(error) = &kept {
        tracing::warn!(%error, "the time without contact is not kept");
    }
    kept.is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn over_after(looks: &[i64]) -> bool {
        let mut contact = Contact::at(100 * DAY);
        looks.iter().for_each(|day| contact.look((100 + day) * DAY));
        contact.is_over(7)
    }

    #[test]
    fn seven_days_without_contact_are_too_long_and_six_are_not() {
        assert!(!over_after(&[1, 3, 6]));
        assert!(over_after(&[1, 3, 6, 7]));
    }

    #[test]
    fn the_clinic_says_how_many_days_are_too_long() {
        let mut contact = Contact::at(100 * DAY);
        contact.look(102 * DAY);
        assert!(contact.is_over(2));
        assert!(!contact.is_over(30));
    }

    #[test]
    fn a_clock_set_back_takes_nothing_away_and_goes_on_counting() {
        assert!(!over_after(&[4, -20, -18]));
        assert!(over_after(&[4, -20, -17]));
        assert!(over_after(&[8, -20]));
    }

    #[test]
    fn a_clock_set_forward_by_mistake_locks_and_contact_opens_whatever_it_says_then() {
        assert!(over_after(&[3_000, 1]));
        let mut contact = Contact::at(3_100 * DAY);
        contact.look(101 * DAY);
        contact.look(107 * DAY);
        assert!(!contact.is_over(7));
    }
}
