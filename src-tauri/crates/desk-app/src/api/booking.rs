//! Bookings: made, moved and closed at the counter.

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use uuid::Uuid;

/// When and where, and with whom.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BookingPlace {
    /// The clinic's day, `YYYY-MM-DD`.
    pub date: String,
    /// `HH:MM` on the clinic's clock.
    pub start_time: String,
    /// `HH:MM`, the same day.
    pub end_time: String,
    /// Room.
    pub room: Option<String>,
    /// Who treats.
    pub staff_id: Uuid,
}

/// Book a customer. Errors: `customer_not_found`, `person_not_found`, `journey_not_found`, `date_out_of_range`, `value_not_allowed` and
/// `text_too_long` with `fields.field`, and what stands in the way of the journey.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AppointmentBook {
    /// Who.
    pub customer_id: Uuid,
    /// `consultation`, `treatment`, `follow_up`, `scan`.
    pub kind: String,
    /// When and where, and with whom.
    pub place: BookingPlace,
    /// What is done, in words.
    pub service: Option<String>,
    /// Notes.
    pub notes: Option<String>,
    /// The course that it is a session of.
    pub journey_id: Option<Uuid>,
}

/// Move a booking. Only what differs counts. Errors: those of booking one, `appointment_not_found`, `appointment_closed`, `already_arrived`,
/// `changed_meanwhile`.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AppointmentReschedule {
    /// Which.
    pub id: Uuid,
    /// What the person saw.
    pub from: BookingPlace,
    /// What the person wants.
    pub to: BookingPlace,
}

/// Somebody did not come. Errors: `appointment_not_found`, `appointment_closed`, `already_arrived`, `not_yet`, `changed_meanwhile`.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AppointmentNoShow {
    /// Which booking.
    pub id: Uuid,
    /// Where the person saw it stand.
    pub slot: Option<String>,
}

/// Call a booking off. Errors: those of not having come but `not_yet`, and `text_too_long`.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AppointmentCancel {
    /// Which booking.
    pub id: Uuid,
    /// Where the person saw it stand.
    pub slot: Option<String>,
    /// Why, if they said.
    pub reason: Option<String>,
}
