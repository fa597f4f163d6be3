//! Journeys: the board, one journey with what can be done with it, and the moves.

use std::collections::BTreeMap;

use desk_core::journey::{Action, Limit, Outcome, Stage};
use serde::{Deserialize, Serialize};
use ts_rs::TS;
use uuid::Uuid;

use super::{
    customer::{Journey, PersonRef},
    task::{CustomerRef, StaffRef, Whose},
};
use crate::error::Code;

/// Which journeys stand on the board.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BoardAsk {
    /// Whose: mine are those that I sell or treat.
    pub whose: Whose,
    /// Only those that are over their limit.
    pub only_over: bool,
    /// Only those for this service, one of [`BoardServices`]; empty: those of which nobody has said what for.
    pub service: Option<String>,
    /// What is read: each of these columns, in the places that are looked at. The others stay as they are.
    pub windows: Vec<BoardWindow>,
    /// Where this one stands is answered, if it is among those asked for.
    pub select: Option<Uuid>,
    /// Its column is read around it where the window does not hold it.
    pub is_followed: bool,
}

/// The places of a column that are looked at.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BoardWindow {
    /// Which column.
    pub stage: Stage,
    /// The first place, from 0 on.
    pub from: u32,
    /// The first that is not looked at any more; at most 200 after the first.
    pub to: u32,
}

/// The board.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Board {
    /// The columns that were asked for.
    pub columns: Vec<BoardColumn>,
    /// Where the selected journey stands.
    pub spot: Option<BoardSpot>,
}

/// Where a journey stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct BoardSpot {
    /// In which column.
    pub stage: Stage,
    /// At which place, from 0 on.
    pub nth: u32,
}

/// What the journeys are for is asked for.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BoardServicesAsk {
    /// Whose journeys.
    pub whose: Whose,
}

/// What the journeys on the board are for.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct BoardServices {
    /// The most frequent first.
    pub rows: Vec<BoardService>,
}

/// What customers come for.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct BoardService {
    /// Its name; empty where nobody has said yet.
    pub title: String,
    /// Open journeys for it.
    pub open: i64,
}

/// One stage of the board.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct BoardColumn {
    /// Which.
    pub stage: Stage,
    /// How many are asked for.
    pub count: i64,
    /// How many there are with those in time, where only those over the limit are asked for.
    pub all: i64,
    /// Of these over the limit.
    pub over: i64,
    /// The limit.
    pub limit: Limit,
    /// When the next one comes over it.
    pub turns_at: Option<i64>,
    /// The place of the first card.
    pub from: u32,
    /// From that place on. What is due first comes first; of the ended the last first.
    pub cards: Vec<BoardCard>,
}

/// A journey on the board.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct BoardCard {
    /// The journey.
    pub id: Uuid,
    /// Whose.
    pub customer: CustomerRef,
    /// What she comes for.
    pub title: Option<String>,
    /// Where.
    pub stage: Stage,
    /// Since when.
    pub since: i64,
    /// Until when that is in order; none where nothing limits it.
    pub until: Option<i64>,
    /// From when it is twice too long.
    pub twice: Option<i64>,
    /// When she is expected.
    pub booked_at: Option<i64>,
    /// When the next follow-up is planned.
    pub planned_at: Option<i64>,
    /// Sessions of the course; none where it is not one.
    pub sessions_planned: Option<i64>,
    /// Of these done.
    pub sessions_done: i64,
    /// How it ended.
    pub outcome: Option<Outcome>,
    /// Who sells.
    pub sales: Option<PersonRef>,
    /// Who treats.
    pub beautician: Option<PersonRef>,
    /// Counts its moves; a move names the one it saw.
    pub version: i64,
    /// A change made here still waits to be sent.
    pub is_waiting: bool,
}

/// Which journey. Error: `journey_not_found`.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct JourneyShow {
    /// Which.
    pub id: Uuid,
}

/// A journey, why it is where it is, and what can be done with it.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct JourneyShown {
    /// The journey with its history.
    pub journey: Journey,
    /// Whose.
    pub customer: CustomerRef,
    /// The move that brought it here; none for one that was here before us.
    pub moved_by: Option<Uuid>,
    /// Until when it may stay; none where nothing limits it.
    pub until: Option<i64>,
    /// From when it is twice too long.
    pub twice: Option<i64>,
    /// The next planned follow-up, and when.
    pub planned: Option<Planned>,
    /// What is booked for it and still to come, in order of time: what is moved with it, and cancelled with it.
    pub bookings: Vec<JourneyBooking>,
    /// What can be done first, then what cannot and why.
    pub offers: Vec<Offer>,
}

/// An open booking of a journey.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct JourneyBooking {
    /// The booking.
    pub id: Uuid,
    /// The clinic's day, `YYYY-MM-DD`.
    pub date: String,
    /// `HH:MM` on the clinic's clock.
    pub time: String,
    /// Its time as one value, `YYYY-MM-DD HH:MM-HH:MM`: what the person saw.
    pub slot: String,
    /// `consultation`, `treatment`, `follow_up`, `scan`.
    pub kind: String,
    /// What is done, in words.
    pub service: Option<String>,
    /// Room.
    pub room: Option<String>,
    /// Who treats.
    pub staff: Option<StaffRef>,
}

/// The next planned follow-up.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Planned {
    /// The follow-up.
    pub id: Uuid,
    /// By which rule.
    pub rule: String,
    /// When.
    pub at: i64,
}

/// One thing that could be done with a journey.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Offer {
    /// What.
    pub action: Action,
    /// Where it leads; none when it cannot be done.
    pub to: Option<Stage>,
    /// What has to be said with it.
    pub asks: Vec<Ask>,
    /// Why it cannot be done.
    pub refusal: Option<Refusal>,
}

/// Something to be said with a move.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Ask {
    /// Why.
    Reason,
    /// What she comes for, and how many sessions.
    Plan,
    /// A sum.
    Amount,
    /// When, and who treats.
    Booking,
}

/// Why something cannot be done: a code and what its words need.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Refusal {
    /// A word of the list of codes.
    pub code: Code,
    /// Facts for the sentence.
    pub fields: BTreeMap<String, String>,
}

/// Begin a journey. Errors: `customer_not_found`, `role_not_allowed`, `person_not_found`, `text_too_long`, `value_not_allowed` (fields: `field`).
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct JourneyOpen {
    /// Whose.
    pub customer_id: Uuid,
    /// What she comes for.
    pub title: Option<String>,
    /// How many sessions, where it is a course.
    pub sessions: Option<i64>,
    /// Who sells; a seller who opens one keeps it.
    pub sales_id: Option<Uuid>,
    /// Who treats.
    pub beautician_id: Option<Uuid>,
}

/// Move a journey. Errors: `journey_not_found`, `journey_changed`, `journey_closed`, `move_not_allowed`, `role_not_allowed`, `reason_missing`,
/// `condition_not_met`, `sessions_left`, `person_not_found`, `text_too_long`, `amount_out_of_range`, `value_not_allowed`.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct JourneyMove {
    /// Which.
    pub id: Uuid,
    /// What is done.
    pub action: Action,
    /// The version that was seen.
    pub expected: i64,
    /// A note; for some moves the reason, which must be there.
    pub note: Option<String>,
    /// What she comes for.
    pub title: Option<String>,
    /// How many sessions.
    pub sessions: Option<i64>,
    /// A sum, in satang.
    pub satang: Option<i64>,
    /// When she is expected.
    pub booked_at: Option<i64>,
    /// Who treats.
    pub beautician_id: Option<Uuid>,
}

/// Give a journey to somebody. Errors: `journey_not_found`, `journey_closed`, `person_not_found`, `role_not_allowed`.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct JourneyAssign {
    /// Which.
    pub id: Uuid,
    /// As what.
    pub part: Part,
    /// To whom; none takes it away.
    pub to: Option<Uuid>,
}

/// As what somebody looks after a journey.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// Sells.
    Sales,
    /// Treats.
    Beautician,
}
