//! Not to be disturbed: because a person asked for it, because a customer's money is on the screen, or because it is night. What is held
//! meanwhile is shown afterwards; nothing is dropped.

use std::sync::Arc;

use chrono::Duration;
use desk_cache::choice;
use desk_core::toast::Stillness;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    api::{
        Nothing,
        notification::{Disturb, DisturbFor, DisturbSet, WithCustomer},
        settings::Settings,
    },
    desk::Desk,
    error::{AppError, Code},
    row,
};

const NAME: &str = "disturb";

/// As it is kept for a person, so that a restart keeps it.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
struct Kept {
    is_on: bool,
    /// Microseconds since 1970; absent: until it is switched off.
    until: Option<i64>,
}

impl Desk {
    /// Holds everything but what is urgent, for the signed-in person.
    ///
    /// # Errors
    /// `locked`.
    pub async fn disturb_set(self: &Arc<Self>, request: DisturbSet) -> Result<Disturb, AppError> {
        let me = self.me()?;
        let kept = self.kept_for(request.how_long);
        let text = serde_json::to_string(&kept).map_err(|_| Code::Unexpected)?;
        self.with_cache(move |cache| choice::set(cache, me, NAME, &text))
            .await?;
        self.changed(&["notifications"]);
        self.look_again.notify_one();
        self.disturb_of(me).await
    }

    /// Holds everything but what is urgent while a customer's money is on the screen.
    ///
    /// # Errors
    /// `locked`.
    pub async fn with_customer(self: &Arc<Self>, request: WithCustomer) -> Result<Nothing, AppError> {
        let me = self.me()?;
        self.state().with_customer = request.is_open.then_some(me);
        self.look_again.notify_one();
        Ok(Nothing {})
    }

    fn kept_for(&self, how_long: DisturbFor) -> Kept {
        let after = |duration: Duration| Some((self.now() + duration).timestamp_micros());
        let (is_on, until) = match how_long {
            DisturbFor::HalfHour => (true, after(Duration::minutes(30))),
            DisturbFor::Hour => (true, after(Duration::hours(1))),
            DisturbFor::Day => (true, Some(self.midnight())),
            DisturbFor::ByHand => (true, None),
            DisturbFor::Off => (false, None),
        };
        Kept { is_on, until }
    }

    /// Whether a person asked not to be disturbed, and until when.
    pub(crate) async fn disturb_of(&self, person: Uuid) -> Result<Disturb, AppError> {
        let kept = self
            .with_cache(move |cache| choice::get(&*cache.read()?, person, NAME))
            .await?;
        let kept: Kept = kept
            .and_then(|text| serde_json::from_str(&text).ok())
            .unwrap_or_default();
        let now = self.micros();
        let is_on = kept.is_on && kept.until.is_none_or(|until| now < until);
        Ok(Disturb {
            is_on,
            until: kept.until.filter(|_| is_on).map(row::millis),
        })
    }

    /// What may be shown to a person now.
    pub(crate) async fn stillness(&self, person: Uuid, settings: &Settings) -> Result<Stillness, AppError> {
        if self.is_quiet(settings) {
            return Ok(Stillness::Quiet);
        }
        // The lock screen has no dialog on it.
        let is_occupied = {
            let state = self.state();
            state.me == Some(person) && state.with_customer == Some(person)
        };
        let is_held = is_occupied || self.disturb_of(person).await?.is_on;
        Ok(if is_held { Stillness::Urgent } else { Stillness::Open })
    }
}
