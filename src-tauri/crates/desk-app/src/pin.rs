//! PINs: trying one, whether to sign in or to answer for something while somebody else stays signed in. A wrong one counts wherever it was typed, and is written down
//! before anybody hears of it.

use desk_cache::{CacheError, Key, open::Reader, query::staff};
use uuid::Uuid;

use crate::{
    api::session::{Person, Role},
    desk::{Desk, Home},
    error::{AppError, Code},
    start,
};

impl Desk {
    /// Tries somebody's PIN. Answers this PC's clinic as it is afterwards and the cache's key, which is whoever asked's to drop.
    ///
    /// # Errors
    /// `wrong_pin`, `pin_paused`, `person_not_found`, `login_ended`, `access_ended`.
    pub(crate) async fn try_pin(&self, person: Uuid, pin: String) -> Result<(Home, Key), AppError> {
        let _turn = self.pin_turn.lock().await;
        let home = self.state().home.clone().ok_or(Code::Locked)?;
        let (mut vault, secret) = (home.vault, home.secret);
        let now = self.now().timestamp_millis();
        // Making a PIN expensive to guess takes a while.
        let (tried, vault) = tokio::task::spawn_blocking(move || {
            let tried = vault.try_pin(person, &pin, now);
            let kept = vault.keep_key(person, &pin, &secret);
            (kept.and(tried), vault)
        })
        .await
        .map_err(|_| Code::Unexpected)?;
        let mut state = self.state();
        if state.home.as_ref().is_some_and(|home| !home.is_demo) {
            self.check_not_leaving(&state)?;
        }
        // Only the tries: somebody else may have come to this PC meanwhile.
        let home = state.home.as_mut().ok_or(Code::Locked)?;
        home.vault.keep_tries(&vault, person);
        home.save()?;
        Ok((home.clone(), tried?))
    }

    /// The people of this PC.
    pub(crate) fn people_here(&self) -> Vec<Person> {
        let state = self.state();
        let people = state.home.iter().flat_map(|home| &home.vault.people);
        people.map(start::person).collect()
    }
}

/// Those of this PC's people who have one of these roles now, but for `not`: what they were when they came here does not count.
pub(crate) fn with_role(
    reader: &Reader<'_>,
    here: Vec<Person>,
    roles: &[&str],
    not: Uuid,
) -> Result<Vec<Person>, CacheError> {
    let mut found = vec![];
    for person in here.into_iter().filter(|person| person.id != not) {
        let known = staff::one(reader, person.id)?;
        if let Some(known) = known.filter(|known| known.is_active && roles.contains(&known.role.as_str())) {
            let (nickname, role) = (known.nickname, Role::from_word(&known.role));
            found.push(Person {
                nickname,
                role,
                ..person
            });
        }
    }
    Ok(found)
}
