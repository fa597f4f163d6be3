//! What a person can do with bookings: make one, move it, call it off, or say that nobody came.

use std::sync::Arc;

use chrono::{Days, NaiveDate, NaiveTime};
use serde_json::{Map, Value as Json, json};
use uuid::Uuid;

use crate::{
    api::{
        Saved,
        booking::{AppointmentBook, AppointmentCancel, AppointmentNoShow, AppointmentReschedule, BookingPlace},
    },
    check,
    desk::Desk,
    error::{AppError, Code},
};

/// As the database's own check has them.
const KINDS: [&str; 4] = ["consultation", "treatment", "follow_up", "scan"];
/// Days ahead for which one can book.
const AHEAD: u64 = 730;
/// Longest room and reason, in characters.
const ROOM: usize = 60;
const REASON: usize = 500;

impl Desk {
    /// Books a customer.
    ///
    /// # Errors
    /// As listed at [`AppointmentBook`].
    pub async fn appointment_book(self: &Arc<Self>, request: AppointmentBook) -> Result<Saved, AppError> {
        let id = Uuid::now_v7();
        let args = json!({
            "id": id,
            "customer_id": request.customer_id,
            "type": check::one_of("type", Some(request.kind), &KINDS)?.ok_or_else(|| not_allowed("type"))?,
            "slot": self.slot(&request.place)?,
            "room": check::optional("room", request.place.room, ROOM)?,
            "staff_id": request.place.staff_id,
            "service": check::optional("service", request.service, check::NAME)?,
            "notes": check::optional("notes", request.notes, check::LONG)?,
            "journey_id": request.journey_id,
            "entry": Uuid::now_v7(),
            "at": self.happens(),
        });
        self.act(Uuid::now_v7(), "appointment.book", args, id).await
    }

    /// Moves a booking.
    ///
    /// # Errors
    /// As listed at [`AppointmentReschedule`].
    pub async fn appointment_reschedule(self: &Arc<Self>, request: AppointmentReschedule) -> Result<Saved, AppError> {
        let (from, to) = (&request.from, &request.to);
        let (mut set, mut base) = (Map::new(), Map::new());
        let mut change = |field: &str, was: Json, wanted: Json| {
            base.insert(field.to_owned(), was);
            set.insert(field.to_owned(), wanted);
        };
        if slot_of(from) != slot_of(to) {
            change("slot", json!(slot_of(from)), json!(self.slot(to)?));
        }
        let (was, wanted) = (
            check::optional("room", from.room.clone(), ROOM)?,
            check::optional("room", to.room.clone(), ROOM)?,
        );
        if was != wanted {
            change("room", json!(was), json!(wanted));
        }
        if from.staff_id != to.staff_id {
            change("staff_id", json!(from.staff_id), json!(to.staff_id));
        }
        if set.is_empty() {
            return Ok(Saved {
                id: request.id,
                waiting: false,
                undo: None,
            });
        }
        let args = json!({ "id": request.id, "set": set, "base": base, "entry": Uuid::now_v7(), "at": self.happens() });
        self.act(Uuid::now_v7(), "appointment.reschedule", args, request.id)
            .await
    }

    /// Nobody came.
    ///
    /// # Errors
    /// As listed at [`AppointmentNoShow`].
    pub async fn appointment_no_show(self: &Arc<Self>, request: AppointmentNoShow) -> Result<Saved, AppError> {
        let base = seen(request.slot)?;
        let args = json!({ "id": request.id, "base": base, "entry": Uuid::now_v7(), "at": self.happens() });
        self.act(Uuid::now_v7(), "appointment.no_show", args, request.id).await
    }

    /// Calls a booking off.
    ///
    /// # Errors
    /// As listed at [`AppointmentCancel`].
    pub async fn appointment_cancel(self: &Arc<Self>, request: AppointmentCancel) -> Result<Saved, AppError> {
        let (base, reason) = (seen(request.slot)?, check::optional("reason", request.reason, REASON)?);
        let args = json!({ "id": request.id, "base": base, "reason": reason, "at": self.happens() });
        self.act(Uuid::now_v7(), "appointment.cancel", args, request.id).await
    }

    /// A booking's time as one value; refused where it cannot be. The past is for what is there already.
    fn slot(&self, place: &BookingPlace) -> Result<String, AppError> {
        let time = |field: &str, text: &str| {
            let time = NaiveTime::parse_from_str(text, "%H:%M")
                .ok()
                .filter(|_| text.len() == 5);
            time.ok_or_else(|| not_allowed(field))
        };
        let (start, end) = (
            time("start_time", &place.start_time)?,
            time("end_time", &place.end_time)?,
        );
        if end <= start {
            return Err(not_allowed("end_time"));
        }
        let out_of_range = || AppError::new(Code::DateOutOfRange).with("field", "date");
        let date = NaiveDate::parse_from_str(&place.date, "%Y-%m-%d").map_err(|_| out_of_range())?;
        let today = self.today_date().parse::<NaiveDate>().map_err(|_| out_of_range())?;
        let last = today.checked_add_days(Days::new(AHEAD)).unwrap_or(today);
        if place.date.len() != 10 || date < today || date > last {
            return Err(out_of_range());
        }
        Ok(slot_of(place))
    }
}

fn slot_of(place: &BookingPlace) -> String {
    format!("{} {}-{}", place.date, place.start_time, place.end_time)
}

fn seen(slot: Option<String>) -> Result<Option<Json>, AppError> {
    let slot = check::optional("slot", slot, 30)?;
    Ok(slot.map(|slot| json!({ "slot": slot })))
}

fn not_allowed(field: &str) -> AppError {
    AppError::new(Code::ValueNotAllowed).with("field", field)
}
