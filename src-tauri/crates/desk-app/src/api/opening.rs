//! When the clinic is open.

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use uuid::Uuid;

/// The week's hours and the days on which it stays closed.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct OpeningShown {
    /// The seven days, Monday first.
    pub week: Vec<OpeningDay>,
    /// From today on, in order.
    pub closed: Vec<ClosedDayRow>,
    /// The person who is signed in may change it.
    pub may_change: bool,
}

/// The hours of a weekday.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct OpeningDay {
    /// `mon` to `sun`.
    pub weekday: String,
    /// `09:00-12:00 13:00-20:00`; empty: closed.
    pub hours: String,
}

/// A day on which it is closed.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ClosedDayRow {
    /// Its row.
    pub id: Uuid,
    /// `YYYY-MM-DD`.
    pub day: String,
    /// Why.
    pub name: String,
}

/// Say other hours for some weekdays. Errors: `opening_invalid` (fields: field, the weekday), `role_not_allowed`, `changed_meanwhile`.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OpeningSet {
    /// The days that are changed.
    pub days: Vec<OpeningChange>,
}

/// Other hours for a weekday.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OpeningChange {
    /// `mon` to `sun`.
    pub weekday: String,
    /// `09:00-12:00 13:00-20:00`, at most four spans; empty: closed.
    pub hours: String,
    /// What was there when it was changed.
    pub seen: String,
}

/// Close the clinic on a day. Errors: `date_out_of_range`, `text_too_long`, `day_closed_already`, `role_not_allowed`.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DayClose {
    /// `YYYY-MM-DD`.
    pub day: String,
    /// Why; a public holiday's name, for example.
    pub name: String,
}

/// Take a closed day off the list. Errors: `role_not_allowed`.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DayOpen {
    /// Its row.
    pub id: Uuid,
}
