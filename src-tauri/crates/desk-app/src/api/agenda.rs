//! The agenda: who comes, who is here, and what can be done with a visit or a booking.

use desk_core::visit::Standing;
use serde::{Deserialize, Serialize};
use ts_rs::TS;
use uuid::Uuid;

use super::task::{CustomerRef, StaffRef};

/// The lines of a day.
#[derive(Clone, Debug, Default, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AgendaList {
    /// The clinic's day, `YYYY-MM-DD`; none means today. Error: `date_out_of_range`.
    pub date: Option<String>,
}

/// A day of the clinic.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Agenda {
    /// Which day.
    pub date: String,
    /// The clinic's today.
    pub today: String,
    /// Now.
    pub now: i64,
    /// By time: bookings where they begin, walk-ins where they came.
    pub rows: Vec<AgendaRow>,
}

/// One line of the agenda.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct AgendaRow {
    /// The booking, or the visit of a walk-in.
    pub id: Uuid,
    /// The booking; none for a walk-in.
    pub booking_id: Option<Uuid>,
    /// The visit, once somebody is here or was.
    pub visit_id: Option<Uuid>,
    /// Who.
    pub customer: CustomerRef,
    /// How it stands.
    pub standing: Standing,
    /// `HH:MM` on the clinic's clock; of a walk-in, when they came.
    pub time: String,
    /// Begins; of a walk-in, when they came.
    pub starts_at: i64,
    /// Ends, where it is booked.
    pub ends_at: Option<i64>,
    /// The booking's time as one value, `YYYY-MM-DD HH:MM-HH:MM`: what the person saw.
    pub slot: Option<String>,
    /// `consultation`, `treatment`, `follow_up`, `scan`; none for a walk-in.
    pub kind: Option<String>,
    /// What is done, in words.
    pub service: Option<String>,
    /// Room.
    pub room: Option<String>,
    /// Who treats.
    pub staff: Option<StaffRef>,
    /// Which session of a course it is.
    pub session: Option<Session>,
    /// The number as it is called; none until the clinic has given one.
    pub queue: Option<String>,
    /// From when on it is late; none for who came without a booking.
    pub late_at: Option<i64>,
    /// Came.
    pub arrived_at: Option<i64>,
    /// From when on the wait is too long.
    pub long_wait_at: Option<i64>,
    /// Was taken in.
    pub started_at: Option<i64>,
    /// Ended.
    pub finished_at: Option<i64>,
    /// The signed-in person's check-in, while it can be taken back.
    pub undo: Option<Uuid>,
    /// What must not be overlooked.
    pub marks: Vec<AgendaMark>,
    /// Everything that happened at the door, oldest first.
    pub history: Vec<VisitStep>,
    /// A change made here still waits to be sent.
    pub is_waiting: bool,
}

/// A session of a course.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Session {
    /// Which.
    pub nth: i64,
    /// Of how many.
    pub of: i64,
}

/// Something the counter should know of who comes: a code and the facts that go with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case", tag = "code")]
pub enum AgendaMark {
    /// It is their birthday.
    Birthday {},
    /// They owe points.
    OwedPoints {
        /// How many.
        points: i64,
    },
    /// An open task says that something is to be paid.
    Unpaid {},
    /// Nobody has recorded what they agree to.
    ConsentMissing {},
    /// Asked not to be contacted.
    DoNotContact {},
    /// They prefer another language than Thai.
    Language {
        /// Which, for example `en`.
        language: String,
    },
    /// Another booking has the same room at the same time.
    RoomTaken {},
    /// Another booking has the same person at the same time.
    StaffTaken {},
}

/// Something that happened at the door.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct VisitStep {
    /// What.
    pub kind: VisitStepKind,
    /// When.
    pub at: i64,
    /// Who.
    pub by: Option<String>,
    /// On which PC; none until the clinic has confirmed it.
    pub device: Option<String>,
    /// The number of that visit.
    pub queue: Option<String>,
    /// Why they left.
    pub reason: Option<String>,
}

/// What happened at the door.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum VisitStepKind {
    /// Checked in.
    Arrived,
    /// The check-in was taken back.
    Undone,
    /// Taken in.
    Started,
    /// Treated.
    Finished,
    /// Went without having been treated.
    Left,
}

/// A visit on a customer's card.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct VisitShown {
    /// The visit.
    pub id: Uuid,
    /// The clinic's day.
    pub day: String,
    /// `waiting`, `serving`, `done`, `left`, `undone`.
    pub state: String,
    /// For which booking.
    pub booking_id: Option<Uuid>,
    /// The number as it is called.
    pub queue: Option<String>,
    /// What happened, oldest first.
    pub steps: Vec<VisitStep>,
    /// A change made here still waits to be sent.
    pub is_waiting: bool,
}

/// What a visit's number is by now.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct VisitNumber {
    /// Which visit. Error: `visit_not_found`.
    pub id: Uuid,
}

/// A visit's number.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct QueueNumber {
    /// As it is called; none until the clinic has given one.
    pub queue: Option<String>,
}

/// Somebody is here. Errors: `customer_not_found`, `appointment_not_found`, `appointment_closed`, `booking_of_another_day`, `already_arrived`,
/// `changed_meanwhile`.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct VisitCheckIn {
    /// Who.
    pub customer_id: Uuid,
    /// For which booking; none for a walk-in.
    pub booking_id: Option<Uuid>,
    /// Where the person saw the booking stand.
    pub slot: Option<String>,
}

/// Take somebody in, or say that they are treated. Errors: `visit_not_found`, `visit_not_started`, `visit_already_started`, `visit_ended`, and
/// what stands in the way of their journey.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct VisitMove {
    /// Which visit.
    pub id: Uuid,
}

/// Somebody went without having been treated. Errors: `visit_not_found`, `visit_already_started`, `visit_ended`, `text_too_long`.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct VisitLeave {
    /// Which visit.
    pub id: Uuid,
    /// Why, if they said.
    pub reason: Option<String>,
}
