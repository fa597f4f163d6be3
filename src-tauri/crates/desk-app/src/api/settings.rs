//! Settings: of the person and of this PC.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// How the desk looks and when it speaks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", default)]
pub struct Settings {
    /// Language of the window and of toasts.
    pub language: Language,
    /// Light, dark or as the system.
    pub theme: Theme,
    /// Row height.
    pub density: Density,
    /// Text size in per cent: 100, 110, 125 or 150.
    pub scale: u32,
    /// Toasts for hot leads.
    pub toast_hot_leads: bool,
    /// Toasts for due follow-ups.
    pub toast_followups: bool,
    /// Toasts for one's own tasks that are due, and for urgent new ones.
    pub toast_tasks: bool,
    /// Toasts for arrivals and long waits.
    pub toast_visits: bool,
    /// Toasts for bookings.
    pub toast_bookings: bool,
    /// Toasts for journeys that move.
    pub toast_journeys: bool,
    /// Toasts for one's own work that the clinic did not take.
    pub toast_attention: bool,
    /// Toasts for whatever else the clinic tells.
    pub toast_clinic: bool,
    /// No toasts in quiet hours.
    pub quiet: bool,
    /// The person's own quiet hours begin, `HH:MM` of the clinic's day; without them the clinic's hold.
    pub quiet_from: Option<String>,
    /// They end, `HH:MM`; absent together with their begin.
    pub quiet_to: Option<String>,
    /// Lock after so many minutes without a key.
    pub auto_lock_minutes: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            language: Language::Th,
            theme: Theme::System,
            density: Density::Compact,
            scale: 100,
            toast_hot_leads: true,
            toast_followups: true,
            toast_tasks: true,
            toast_visits: true,
            toast_bookings: true,
            toast_journeys: true,
            toast_attention: true,
            toast_clinic: true,
            quiet: true,
            quiet_from: None,
            quiet_to: None,
            auto_lock_minutes: 2,
        }
    }
}

/// Language.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Language {
    /// Thai.
    Th,
    /// English.
    En,
}

/// Light, dark or as the system.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Theme {
    /// As the system.
    System,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

/// Row height.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Density {
    /// More rows.
    Compact,
    /// More air.
    Comfortable,
}

/// Change settings of the signed-in person (before unlock: of this PC). Error: `value_not_allowed` with `fields.field`.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SettingsSet {
    /// All of them.
    pub settings: Settings,
}
