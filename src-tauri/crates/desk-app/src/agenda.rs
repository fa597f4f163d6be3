//! Who comes today and who is here: the agenda, and what a person does at the door.

use std::{collections::HashMap, sync::Arc};

use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use desk_cache::{CacheError, open::Reader, query::visit, undo};
use serde_json::{Value as Json, json};
use uuid::Uuid;

use crate::{
    api::{
        Saved,
        agenda::{Agenda, AgendaList, QueueNumber, VisitCheckIn, VisitLeave, VisitMove, VisitNumber},
    },
    check,
    desk::Desk,
    error::{AppError, Code},
    line,
};

/// Longest reason, in characters.
const REASON: usize = 500;

impl Desk {
    /// The lines of a day.
    ///
    /// # Errors
    /// `locked`, `date_out_of_range`.
    pub async fn agenda_list(self: &Arc<Self>, request: AgendaList) -> Result<Agenda, AppError> {
        let today = self.today_date();
        let date = self.day_asked(request.date, &today)?;
        let (me, now, zone) = (self.me()?, self.micros(), self.zone());
        self.read(move |reader| {
            let mut rows = line::rows(visit::of_day(reader, &date)?, &date, zone, now);
            let mine = check_ins(reader, me)?;
            for row in &mut rows {
                row.undo = row.visit_id.and_then(|visit| mine.get(&visit).copied());
            }
            Ok(Agenda {
                rows,
                now: now.div_euclid(1000),
                date,
                today,
            })
        })
        .await
    }

    fn day_asked(&self, date: Option<String>, today: &str) -> Result<String, AppError> {
        let Some(date) = check::optional("date", date, 10)? else {
            return Ok(today.to_owned());
        };
        match NaiveDate::parse_from_str(&date, "%Y-%m-%d") {
            Ok(day) if day.to_string() == date => Ok(date),
            _ => Err(AppError::new(Code::DateOutOfRange).with("field", "date")),
        }
    }

    /// The number of a visit, once the clinic has given one.
    ///
    /// # Errors
    /// `visit_not_found`.
    pub async fn visit_number(self: &Arc<Self>, request: VisitNumber) -> Result<QueueNumber, AppError> {
        self.read(move |reader| {
            let visit = visit::one(reader, request.id)?.ok_or(CacheError::Refused("visit_not_found"))?;
            Ok(QueueNumber {
                queue: line::number(&visit),
            })
        })
        .await
    }

    /// Somebody is here.
    ///
    /// # Errors
    /// As listed at [`VisitCheckIn`].
    pub async fn visit_check_in(self: &Arc<Self>, request: VisitCheckIn) -> Result<Saved, AppError> {
        let id = Uuid::now_v7();
        let slot = check::optional("slot", request.slot, 30)?;
        let seen = slot.map(|slot| json!({ "slot": slot }));
        let args = json!({
            "id": id,
            "customer_id": request.customer_id,
            "appointment_id": request.booking_id,
            "set": seen,
            "base": seen,
            "entry": Uuid::now_v7(),
            "at": self.happens(),
        });
        self.act(Uuid::now_v7(), "visit.check_in", args, id).await
    }

    /// Somebody is taken in; their journey goes along.
    ///
    /// # Errors
    /// As listed at [`VisitMove`].
    pub async fn visit_start(self: &Arc<Self>, request: VisitMove) -> Result<Saved, AppError> {
        self.move_visit(request.id, "visit.start").await
    }

    /// Somebody is treated; their journey goes along.
    ///
    /// # Errors
    /// As listed at [`VisitMove`].
    pub async fn visit_finish(self: &Arc<Self>, request: VisitMove) -> Result<Saved, AppError> {
        self.move_visit(request.id, "visit.finish").await
    }

    async fn move_visit(&self, id: Uuid, name: &'static str) -> Result<Saved, AppError> {
        let args = json!({ "id": id, "entry": Uuid::now_v7(), "at": self.happens() });
        self.act(Uuid::now_v7(), name, args, id).await
    }

    /// Somebody went without having been treated.
    ///
    /// # Errors
    /// As listed at [`VisitLeave`].
    pub async fn visit_leave(self: &Arc<Self>, request: VisitLeave) -> Result<Saved, AppError> {
        let reason = check::optional("reason", request.reason, REASON)?;
        let args = json!({ "id": request.id, "reason": reason, "at": self.happens() });
        self.act(Uuid::now_v7(), "visit.leave", args, request.id).await
    }

    /// Now, as arguments carry an instant: what is done offline tells later when it was done.
    pub(crate) fn happens(&self) -> String {
        written(self.now())
    }
}

/// The person's check-ins that can be taken back: action by visit.
fn check_ins(reader: &Reader<'_>, person: Uuid) -> Result<HashMap<Uuid, Uuid>, CacheError> {
    let done = undo::open(reader, person)?;
    let made = done.into_iter().filter(|done| done.action.name == "visit.check_in");
    let named = made.filter_map(|done| {
        let visit = done.action.args.get("id").and_then(Json::as_str)?;
        Some((Uuid::parse_str(visit).ok()?, done.action.id))
    });
    Ok(named.collect())
}

fn written(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Micros, true)
}
