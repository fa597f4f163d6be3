//! Settings: a person's own, kept in the cache; and this PC's, kept beside it, which hold before anyone unlocks and for whoever has
//! not chosen yet.

use std::sync::Arc;

use desk_cache::choice;
use desk_core::toast::Class;
use uuid::Uuid;

use crate::{
    api::{
        Nothing,
        settings::{Settings, SettingsSet},
    },
    desk::Desk,
    error::{AppError, Code},
};

const NAME: &str = "settings";
const FILE: &str = "settings.json";

impl Desk {
    /// The settings in force.
    ///
    /// # Errors
    /// None before unlock; then what the cache says.
    pub async fn settings(self: &Arc<Self>, _: Nothing) -> Result<Settings, AppError> {
        let person = {
            let state = self.state();
            state.open.as_ref().and(state.me.or(state.last_person))
        };
        match person {
            Some(person) => self.settings_of(person).await,
            None => Ok(self.settings_here()),
        }
    }

    pub(crate) async fn settings_of(&self, person: Uuid) -> Result<Settings, AppError> {
        let kept = self
            .with_cache(move |cache| choice::get(&*cache.read()?, person, NAME))
            .await?;
        // What an older or newer version kept is read as far as it fits.
        let own = kept.and_then(|text| serde_json::from_str(&text).ok());
        Ok(own.unwrap_or_else(|| self.settings_here()))
    }

    /// This PC's settings: how it looks before anyone unlocks. They name nobody.
    fn settings_here(&self) -> Settings {
        let kept = std::fs::read_to_string(self.places.data.join(FILE)).ok();
        kept.and_then(|text| serde_json::from_str(&text).ok())
            .unwrap_or_default()
    }

    /// Changes the signed-in person's settings; before unlock, this PC's.
    ///
    /// # Errors
    /// `value_not_allowed` with the field.
    pub async fn settings_set(self: &Arc<Self>, request: SettingsSet) -> Result<Settings, AppError> {
        check(&request.settings)?;
        let text = serde_json::to_string(&request.settings).map_err(|_| Code::Unexpected)?;
        match self.me() {
            Ok(me) => {
                self.with_cache(move |cache| choice::set(cache, me, NAME, &text))
                    .await?
            }
            Err(_) => std::fs::write(self.places.data.join(FILE), text).map_err(|_| Code::Unexpected)?,
        }
        self.changed(&["settings"]);
        self.look_again.notify_one();
        Ok(request.settings)
    }
}

/// Whether toasts of a class are shown.
pub(crate) fn switch_of(settings: &mut Settings, class: Class) -> &mut bool {
    match class {
        Class::HotLead => &mut settings.toast_hot_leads,
        Class::Followup => &mut settings.toast_followups,
        Class::Task => &mut settings.toast_tasks,
        Class::Visit => &mut settings.toast_visits,
        Class::Booking => &mut settings.toast_bookings,
        Class::Journey => &mut settings.toast_journeys,
        Class::Attention => &mut settings.toast_attention,
        Class::Clinic => &mut settings.toast_clinic,
    }
}

fn check(settings: &Settings) -> Result<(), AppError> {
    let wrong = |field: &str| Err(AppError::new(Code::ValueNotAllowed).with("field", field));
    if ![100, 110, 125, 150].contains(&settings.scale) {
        return wrong("scale");
    }
    let is_quiet_right = match (&settings.quiet_from, &settings.quiet_to) {
        (None, None) => true,
        (Some(from), Some(to)) => minute_of_day(from).is_some() && minute_of_day(to).is_some(),
        _ => false,
    };
    if !is_quiet_right {
        return wrong("quiet");
    }
    if !(1..=60).contains(&settings.auto_lock_minutes) {
        return wrong("autoLockMinutes");
    }
    Ok(())
}

/// `HH:MM` as minutes since midnight.
pub(crate) fn minute_of_day(text: &str) -> Option<u32> {
    let (hour, minute) = text.split_once(':')?;
    let (hour, minute): (u32, u32) = (hour.parse().ok()?, minute.parse().ok()?);
    (hour < 24 && minute < 60 && text.len() == 5).then_some(hour * 60 + minute)
}
