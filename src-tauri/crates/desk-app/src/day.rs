//! The clinic's day as this PC knows it: what "today" is, when it ends, and whether it is quiet. Zone and quiet hours come from the cache; before
//! it is open they are those that were last seen, kept beside the people of this PC.

use std::sync::Arc;

use chrono::{Days, NaiveDate, NaiveTime};
use desk_cache::query::clinic::{self, Clinic};
use desk_core::{
    day::{self, Tz},
    toast,
};

use crate::{
    api::{session::ClinicDay, settings::Settings},
    desk::{Desk, State},
    settings::minute_of_day,
};

/// By which clock the clinic lives.
pub(crate) fn of(state: &State) -> ClinicDay {
    let last_seen = || state.home.as_ref().map(|home| home.vault.day.clone());
    state.day.clone().or_else(last_seen).unwrap_or_default()
}

impl Desk {
    pub(crate) fn zone(&self) -> Tz {
        day::zone(&of(&self.state()).timezone).unwrap_or(day::USUAL_ZONE)
    }

    fn today_here(&self) -> NaiveDate {
        day::date(self.now(), self.zone())
    }

    /// The clinic's day, `YYYY-MM-DD`.
    pub(crate) fn today_date(&self) -> String {
        self.today_here().to_string()
    }

    /// End of the clinic's day, in microseconds since 1970.
    pub(crate) fn midnight(&self) -> i64 {
        let today = self.today_here();
        let tomorrow = today.checked_add_days(Days::new(1)).unwrap_or(today);
        day::instant(tomorrow, NaiveTime::MIN, self.zone()).timestamp_micros()
    }

    /// The clinic's clock, `HH:MM`.
    pub(crate) fn clock_time(&self) -> String {
        self.now().with_timezone(&self.zone()).format("%H:%M").to_string()
    }

    /// Whether nothing may be shown now: a person's own quiet hours come before the clinic's.
    pub(crate) fn is_quiet(&self, settings: &Settings) -> bool {
        let clinic = of(&self.state());
        let from = settings.quiet_from.as_ref().unwrap_or(&clinic.quiet_from);
        let to = settings.quiet_to.as_ref().unwrap_or(&clinic.quiet_to);
        let minute = day::minute(self.now(), self.zone());
        match (minute_of_day(from), minute_of_day(to)) {
            (Some(from), Some(to)) => settings.quiet && toast::is_quiet(minute, from, to),
            _ => false,
        }
    }

    /// Takes in the clinic's zone and quiet hours, now that its row is there or has changed.
    pub(crate) async fn learn_day(self: &Arc<Self>) {
        match self.with_cache(|cache| clinic::get(&*cache.read()?)).await {
            Ok(Some(clinic)) => self.keep_day(self.day_of(&clinic)),
            Ok(None) => {}
            Err(error) => tracing::warn!(%error, "the clinic's day is not known"),
        }
    }

    fn day_of(&self, clinic: &Clinic) -> ClinicDay {
        let usual = ClinicDay::default();
        let known = day::zone(&clinic.timezone).map(|zone| zone.name().to_owned());
        if known.is_none() && self.state().odd_zone.replace(clinic.timezone.clone()).as_ref() != Some(&clinic.timezone)
        {
            tracing::warn!(
                zone = clinic.timezone,
                instead = usual.timezone,
                "nobody knows the clinic's time zone"
            );
        }
        let is_time = |pair: &(String, String)| minute_of_day(&pair.0).and(minute_of_day(&pair.1)).is_some();
        let quiet = clinic.quiet.clone().filter(is_time);
        let (quiet_from, quiet_to) = quiet.unwrap_or((usual.quiet_from, usual.quiet_to));
        ClinicDay {
            timezone: known.unwrap_or(usual.timezone),
            quiet_from,
            quiet_to,
            days_unseen: clinic
                .days_unseen
                .and_then(|days| u32::try_from(days).ok())
                .unwrap_or(usual.days_unseen),
        }
    }

    fn keep_day(self: &Arc<Self>, day: ClinicDay) {
        let home = {
            let mut state = self.state();
            state.day = Some(day.clone());
            let changed = state.home.as_mut().filter(|home| home.vault.day != day);
            changed.map(|home| {
                home.vault.day = day;
                home.clone()
            })
        };
        let Some(home) = home else { return };
        if let Err(error) = home.save() {
            tracing::warn!(%error, "the clinic's day is not kept");
        }
        self.changed(&["start", "today", "tasks", "customers", "followups"]);
        self.look_again.notify_one();
    }
}
