//! When the clinic is open: what everybody may read and who answers for the clinic may change. What counts opening time is `desk_core::opening`.

use std::sync::Arc;

use chrono::{Months, NaiveDate};
use desk_cache::query::{clinic, closed_day};
use desk_core::opening::{USUAL_WEEK, WEEK, day_text, with_day};
use serde_json::{Map, Value as Json, json};
use uuid::Uuid;

use crate::{
    api::{
        Nothing, Saved,
        opening::{ClosedDayRow, DayClose, DayOpen, OpeningDay, OpeningSet, OpeningShown},
    },
    check,
    desk::Desk,
    error::{AppError, Code},
    payment::is_one_of,
};

/// How far ahead a day is closed, as in the database.
const YEARS_AHEAD: u32 = 5;
/// Longest name of a closed day, in characters, as in the database.
const DAY_NAME: usize = 120;

impl Desk {
    /// When the clinic is open.
    ///
    /// # Errors
    /// `locked`.
    pub async fn opening(self: &Arc<Self>, _: Nothing) -> Result<OpeningShown, AppError> {
        let (me, today) = (self.me()?, self.today_date());
        self.read(move |reader| {
            let document = clinic::week(reader)?;
            let closed = closed_day::since(reader, &today)?;
            Ok(OpeningShown {
                week: WEEK.iter().map(|weekday| day(&document, weekday)).collect(),
                closed: closed.into_iter().map(closed_row).collect(),
                may_change: is_one_of(reader, me, &["owner", "manager"])?,
            })
        })
        .await
    }

    /// Says other hours.
    ///
    /// # Errors
    /// As listed at [`OpeningSet`].
    pub async fn opening_set(self: &Arc<Self>, request: OpeningSet) -> Result<Saved, AppError> {
        let (mut set, mut base) = (Map::new(), Map::new());
        for change in request.days {
            if with_day(USUAL_WEEK, &change.weekday, &change.hours).is_none() {
                return Err(AppError::from(Code::OpeningInvalid).with("field", change.weekday));
            }
            set.insert(change.weekday.clone(), Json::from(one_space(&change.hours)));
            base.insert(change.weekday, Json::from(change.seen));
        }
        let action = Uuid::now_v7();
        let args = json!({ "id": action, "set": set, "base": base });
        self.act(action, "clinic.set_opening", args, action).await
    }

    /// Closes the clinic on a day.
    ///
    /// # Errors
    /// As listed at [`DayClose`].
    pub async fn day_close(self: &Arc<Self>, request: DayClose) -> Result<Saved, AppError> {
        let name = check::optional("name", Some(request.name), DAY_NAME)?.unwrap_or_default();
        let wanted: NaiveDate = request.day.parse().map_err(|_| Code::DateOutOfRange)?;
        let today: NaiveDate = self.today_date().parse().map_err(|_| Code::Unexpected)?;
        let last = today.checked_add_months(Months::new(12 * YEARS_AHEAD));
        if wanted < today || last.is_some_and(|last| wanted > last) {
            return Err(Code::DateOutOfRange.into());
        }
        let id = Uuid::now_v7();
        let args = json!({ "id": id, "day": wanted.to_string(), "name": name });
        self.act(Uuid::now_v7(), "clinic.close_day", args, id).await
    }

    /// Takes a closed day off the list.
    ///
    /// # Errors
    /// As listed at [`DayOpen`].
    pub async fn day_open(self: &Arc<Self>, request: DayOpen) -> Result<Saved, AppError> {
        let args = json!({ "id": request.id });
        self.act(Uuid::now_v7(), "clinic.open_day", args, request.id).await
    }
}

fn day(document: &str, weekday: &str) -> OpeningDay {
    OpeningDay {
        weekday: weekday.to_owned(),
        hours: day_text(document, weekday),
    }
}

fn closed_row(closed: closed_day::ClosedDay) -> ClosedDayRow {
    ClosedDayRow {
        id: closed.id,
        day: closed.day,
        name: closed.name,
    }
}

/// As the database writes it.
fn one_space(hours: &str) -> String {
    hours.split_whitespace().collect::<Vec<_>>().join(" ")
}
