//! What a person can do with tasks.

use std::sync::Arc;

use chrono::{DateTime, Datelike as _, Days, Duration, NaiveTime, SecondsFormat, Utc};
use desk_cache::query::{staff, task};
use desk_core::day::{self, Tz};
use serde_json::json;
use uuid::Uuid;

use crate::{
    api::{
        Nothing, Saved,
        task::{
            Colleague, Colleagues, SnoozeUntil, StaffAway, StaffBack, TaskComplete, TaskCreate, TaskIds, TaskList,
            TaskNote, TaskReassign, TaskRows, TaskSnooze, TaskSnoozeUntil, TaskStart, TaskState, TasksFound, Whose,
        },
    },
    call, check,
    desk::Desk,
    error::{AppError, Code},
    row,
    todo::{self, Awake},
};

/// Rows that are read at once, at most.
const MOST_ROWS: usize = 200;
/// Hour of the clinic's day at which a thing snoozed to another day comes back.
const MORNING: u32 = 9;

impl Desk {
    /// Tasks, most urgent first; closed ones newest first. Rows only of the first: a list of thousands is looked at by the dozen.
    ///
    /// # Errors
    /// `locked`.
    pub async fn task_list(self: &Arc<Self>, request: TaskList) -> Result<TaskRows, AppError> {
        let (me, now, date) = (self.me()?, self.micros(), self.today_date());
        let person = match request.whose {
            Whose::Mine => Some(me),
            Whose::Everyone => None,
        };
        self.read(move |reader| {
            let ids = match request.state {
                TaskState::Open => todo::open(reader, &date, person, Awake::Now, now)?,
                TaskState::Calls => todo::open(reader, &date, person, Awake::Calls, now)?,
                TaskState::Snoozed => todo::open(reader, &date, person, Awake::Later, now)?,
                TaskState::Closed => task::closed(reader, person)?,
            };
            let rows = todo::first(reader, &ids, &date, now)?;
            Ok(TaskRows { ids, rows })
        })
        .await
    }

    /// Some tasks as rows.
    ///
    /// # Errors
    /// `locked`.
    pub async fn task_rows(self: &Arc<Self>, request: TaskIds) -> Result<TasksFound, AppError> {
        let (now, date) = (self.micros(), self.today_date());
        self.read(move |reader| {
            let rows = todo::rows(reader, request.ids.iter().take(MOST_ROWS), &date, now)?;
            Ok(TasksFound { rows })
        })
        .await
    }

    /// Closes a task as done.
    ///
    /// # Errors
    /// As listed at [`TaskComplete`].
    pub async fn task_complete(self: &Arc<Self>, request: TaskComplete) -> Result<Saved, AppError> {
        let note = check::optional("note", request.note, check::LONG)?;
        // What follows it gets its identity here, so that it can be worked on before the clinic has answered.
        let args = json!({ "id": request.id, "note": note, "next": Uuid::now_v7() });
        self.act(Uuid::now_v7(), "task.complete", args, request.id).await
    }

    /// Gives a task to someone.
    ///
    /// # Errors
    /// As listed at [`TaskReassign`].
    pub async fn task_reassign(self: &Arc<Self>, request: TaskReassign) -> Result<Saved, AppError> {
        let args = json!({ "id": request.id, "to": request.to });
        self.act(Uuid::now_v7(), "task.reassign", args, request.id).await
    }

    /// Lets a task sleep.
    ///
    /// # Errors
    /// As listed at [`TaskSnooze`].
    pub async fn task_snooze(self: &Arc<Self>, request: TaskSnooze) -> Result<Saved, AppError> {
        let until = snooze_until(self.now(), request.until, self.zone());
        let args = json!({ "id": request.id, "until": until.to_rfc3339_opts(SecondsFormat::Secs, true) });
        self.act(Uuid::now_v7(), "task.snooze", args, request.id).await
    }

    /// Lets a task sleep until an instant that was typed.
    ///
    /// # Errors
    /// As listed at [`TaskSnoozeUntil`].
    pub async fn task_snooze_until(self: &Arc<Self>, request: TaskSnoozeUntil) -> Result<Saved, AppError> {
        let until = call::instant(request.at)?;
        if until <= self.now() || until > self.now() + Duration::days(366) {
            return Err(AppError::new(Code::DateOutOfRange).with("field", "until"));
        }
        let args = json!({ "id": request.id, "until": until.to_rfc3339_opts(SecondsFormat::Secs, true) });
        self.act(Uuid::now_v7(), "task.snooze", args, request.id).await
    }

    /// Begins a task.
    ///
    /// # Errors
    /// As listed at [`TaskStart`].
    pub async fn task_start(self: &Arc<Self>, request: TaskStart) -> Result<Saved, AppError> {
        let args = json!({ "id": request.id });
        self.act(Uuid::now_v7(), "task.start", args, request.id).await
    }

    /// Makes a task about a customer.
    ///
    /// # Errors
    /// As listed at [`TaskCreate`].
    pub async fn task_create(self: &Arc<Self>, request: TaskCreate) -> Result<Saved, AppError> {
        let (title, note) = (
            check::optional("title", request.title, check::NAME)?,
            check::optional("note", request.note, check::LONG)?,
        );
        let due = request.due_at.map(call::instant).transpose()?;
        let id = Uuid::now_v7();
        let args = json!({
            "id": id, "customer_id": request.customer_id, "journey_id": Uuid::now_v7(), "kind": request.kind, "title": title,
            "due_at": due.map(call::written), "to": request.to, "priority": request.priority, "note": note,
        });
        self.act(id, "task.create", args, id).await
    }

    /// Gives every pending task of the clinic the priority that the formula gives now.
    ///
    /// # Errors
    /// `role_not_allowed`.
    pub async fn task_reprioritise(self: &Arc<Self>, _: Nothing) -> Result<Saved, AppError> {
        let id = Uuid::now_v7();
        self.act(id, "task.reprioritise", json!({}), id).await
    }

    /// Gives every pending task that nobody suitable has to who suits best.
    ///
    /// # Errors
    /// `role_not_allowed`.
    pub async fn task_assign_all(self: &Arc<Self>, _: Nothing) -> Result<Saved, AppError> {
        let id = Uuid::now_v7();
        self.act(id, "task.assign_all", json!({}), id).await
    }

    /// Somebody is away until an instant.
    ///
    /// # Errors
    /// As listed at [`StaffAway`].
    pub async fn staff_away(self: &Arc<Self>, request: StaffAway) -> Result<Saved, AppError> {
        let reason = check::optional("reason", request.reason, check::NAME)?;
        let until = call::instant(request.until)?;
        if until <= self.now() || until > self.now() + Duration::days(366) {
            return Err(AppError::new(Code::DateOutOfRange).with("field", "until"));
        }
        let args = json!({ "id": request.id, "until": call::written(until), "reason": reason });
        self.act(Uuid::now_v7(), "staff.away", args, request.id).await
    }

    /// Somebody is here again.
    ///
    /// # Errors
    /// As listed at [`StaffBack`].
    pub async fn staff_back(self: &Arc<Self>, request: StaffBack) -> Result<Saved, AppError> {
        let args = json!({ "id": request.id });
        self.act(Uuid::now_v7(), "staff.back", args, request.id).await
    }

    /// Adds a note to a task.
    ///
    /// # Errors
    /// As listed at [`TaskNote`].
    pub async fn task_note(self: &Arc<Self>, request: TaskNote) -> Result<Saved, AppError> {
        let text = check::required("text", &request.text, check::LONG)?;
        let args = json!({ "id": request.id, "text": text });
        self.act(Uuid::now_v7(), "task.note", args, request.id).await
    }

    /// The clinic's active staff.
    ///
    /// # Errors
    /// `locked`.
    pub async fn staff_list(self: &Arc<Self>, _: Nothing) -> Result<Colleagues, AppError> {
        let now = self.micros();
        self.read(move |reader| {
            let rows = staff::active(reader)?
                .into_iter()
                .map(|colleague| Colleague {
                    id: colleague.id,
                    nickname: colleague.nickname,
                    role: colleague.role,
                    away_until: colleague.away_until.filter(|until| *until > now).map(row::millis),
                })
                .collect();
            Ok(Colleagues { rows })
        })
        .await
    }
}

/// When a thing snoozed now comes back, in the clinic's own day.
pub(crate) fn snooze_until(now: DateTime<Utc>, until: SnoozeUntil, zone: Tz) -> DateTime<Utc> {
    let today = day::date(now, zone);
    let to_monday = 7 - u64::from(today.weekday().num_days_from_monday());
    let morning = |days: u64| {
        let time = NaiveTime::from_hms_opt(MORNING, 0, 0)?;
        Some(day::instant(today.checked_add_days(Days::new(days))?, time, zone))
    };
    match until {
        SnoozeUntil::Quarter => now + Duration::minutes(15),
        SnoozeUntil::Hour => now + Duration::hours(1),
        SnoozeUntil::Tomorrow => morning(1).unwrap_or(now + Duration::days(1)),
        SnoozeUntil::NextWeek => morning(to_monday).unwrap_or(now + Duration::days(7)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        DateTime::parse_from_rfc3339(text).unwrap().with_timezone(&Utc)
    }

    #[test]
    fn a_snooze_ends_in_the_clinics_morning() {
        let thursday = at("2026-10-01T10:00:00+07:00");
        assert_eq!(
            snooze_until(thursday, SnoozeUntil::Tomorrow, day::USUAL_ZONE),
            at("2026-10-02T09:00:00+07:00")
        );
        assert_eq!(
            snooze_until(thursday, SnoozeUntil::NextWeek, day::USUAL_ZONE),
            at("2026-10-05T09:00:00+07:00")
        );
        assert_eq!(
            snooze_until(thursday, SnoozeUntil::Hour, day::USUAL_ZONE),
            at("2026-10-01T11:00:00+07:00")
        );
    }

    #[test]
    fn tomorrow_is_the_day_after_the_clinics_own() {
        let tomorrow = |zone| snooze_until(at("2026-10-01T17:30:00Z"), SnoozeUntil::Tomorrow, zone);
        let london = day::zone("Europe/London").unwrap();
        assert_eq!(tomorrow(day::USUAL_ZONE), at("2026-10-03T09:00:00+07:00"));
        assert_eq!(tomorrow(london), at("2026-10-02T09:00:00+01:00"));
    }
}
