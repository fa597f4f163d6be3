//! From what the cache knows to what a row shows: why it is here, whether its time has passed, and instants as the window counts them.

use chrono::{DateTime, Utc};
use desk_cache::query::{customer, followup::Followup, task::About, task::Task};
use desk_core::{
    order::{self, Facts, WokenBy},
    phone,
    priority::Priority,
    task as kinds,
};
use serde_json::Value as Json;

use crate::api::{
    customer::Profile,
    followup::FollowupRow,
    task::{CustomerRef, Reason, StaffRef, TaskRow},
};

/// The window counts milliseconds.
pub(crate) fn millis(micros: i64) -> i64 {
    micros.div_euclid(1000)
}

/// Into the one order in which a person does them: the same on every desk.
pub(crate) fn sort_tasks(tasks: &mut [Task], now: i64) {
    order::sort(tasks, |task| facts_of(task, now), utc(now));
}

pub(crate) fn task(task: Task, now: i64) -> TaskRow {
    let is_open = matches!(task.status.as_str(), "pending" | "in_progress");
    let colleague = |(id, nickname, role)| StaffRef { id, nickname, role };
    TaskRow {
        reasons: if is_open { task_reasons(&task, now) } else { vec![] },
        is_call: kinds::is_call(&task.kind),
        id: task.id,
        title: task.title,
        kind: task.kind,
        description: task.description,
        priority: Priority::from_word(&task.priority),
        status: task.status,
        is_overdue: is_open && task.due_at.is_some_and(|due| due < now),
        due_at: task.due_at.map(millis),
        snoozed_until: task.snoozed_until.filter(|until| *until > now).map(millis),
        customer: task.customer.map(about),
        assigned_to: task.assigned_to.map(colleague),
        started_by: task.started_by.map(colleague),
        completed_at: task.completed_at.map(millis),
        notes: task.notes,
        is_waiting: task.is_waiting,
    }
}

/// Why a task is where it is: out of the function that puts it there.
fn task_reasons(task: &Task, now: i64) -> Vec<Reason> {
    let place = order::place(&facts_of(task, now), utc(now));
    place.parts.into_iter().map(|part| reason(part.reason)).collect()
}

fn facts_of(task: &Task, now: i64) -> Facts {
    let woke = task.snoozed_until.filter(|until| *until <= now);
    let because = task.woken_by.as_deref().and_then(WokenBy::from_word);
    Facts {
        id: task.id,
        kind: task.kind.clone(),
        priority: Priority::from_word(&task.priority),
        due: task.due_at.map(utc),
        woke: woke.map(|at| (utc(at), because)),
        booked_today: task.booked_today.clone(),
        unanswered: task.unanswered,
        do_not_contact: task.customer.as_ref().is_some_and(|about| about.do_not_contact),
        stage: task.stage.clone(),
    }
}

fn reason(reason: order::Reason) -> Reason {
    match reason {
        order::Reason::Overdue(since) => Reason::Overdue {
            since: since.timestamp_millis(),
        },
        order::Reason::DueAt(at) => Reason::DueAt {
            at: at.timestamp_millis(),
        },
        order::Reason::NoDueDate => Reason::NoDueDate {},
        order::Reason::Urgent(priority) => Reason::Urgent { priority },
        order::Reason::Woke(at, because) => Reason::Woke {
            at: at.timestamp_millis(),
            because,
        },
        order::Reason::BookedToday(time) => Reason::BookedToday { time },
        order::Reason::Tried(times) => Reason::Tried { times },
        order::Reason::DoNotContact => Reason::DoNotContact {},
        order::Reason::Kind(kind) => Reason::Kind { kind },
        order::Reason::Stage(stage) => Reason::Stage { stage },
    }
}

pub(crate) fn utc(micros: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(micros).unwrap_or_default()
}

pub(crate) fn about(about: About) -> CustomerRef {
    CustomerRef {
        id: about.id,
        full_name: about.full_name,
        nickname: about.nickname,
        do_not_contact: about.do_not_contact,
    }
}

pub(crate) fn followup(followup: Followup, now: i64) -> FollowupRow {
    let is_open = followup.status == "pending";
    let is_due = is_open && followup.scheduled_at <= now;
    let mut reasons = vec![];
    if is_open {
        let at = millis(followup.scheduled_at);
        reasons.push(if is_due {
            Reason::Overdue { since: at }
        } else {
            Reason::DueAt { at }
        });
        if !followup.rule.is_empty() {
            reasons.push(Reason::Rule {
                name: followup.rule.clone(),
            });
        }
        if followup.customer.do_not_contact {
            reasons.push(Reason::DoNotContact {});
        }
    }
    FollowupRow {
        id: followup.id,
        customer: about(followup.customer),
        kind: followup.kind,
        rule: followup.rule,
        channel: followup.channel,
        message: followup.content.as_deref().and_then(message),
        scheduled_at: millis(followup.scheduled_at),
        status: followup.status,
        executed_at: followup.executed_at.map(millis),
        is_due,
        reasons,
        is_waiting: followup.is_waiting,
    }
}

/// What to say, out of the content that the rule made.
fn message(content: &str) -> Option<String> {
    let content: Json = serde_json::from_str(content).ok()?;
    let text = content.get("message").or_else(|| content.get("text"))?.as_str()?;
    (!text.is_empty()).then(|| text.to_owned())
}

/// Sentences of a JSON array of them.
pub(crate) fn facts(reasons: Option<&str>) -> Vec<String> {
    let list: Vec<Json> = reasons
        .and_then(|text| serde_json::from_str(text).ok())
        .unwrap_or_default();
    list.iter().filter_map(Json::as_str).map(str::to_owned).collect()
}

/// A phone as people read it; nothing where there is none.
pub(crate) fn shown_phone(phone: Option<&str>) -> Option<String> {
    phone.filter(|phone| !phone.is_empty()).map(phone::display)
}

pub(crate) fn profile(profile: customer::Profile) -> Profile {
    Profile {
        phone_shown: shown_phone(profile.phone.as_deref()),
        id: profile.id,
        code: profile.code,
        full_name: profile.full_name,
        nickname: profile.nickname,
        phone: profile.phone,
        email: profile.email,
        line_name: profile.line_name,
        birth_date: profile.birth_date,
        gender: profile.gender,
        status: profile.status,
        customer_type: profile.customer_type,
        source: profile.source,
        allergies: profile.allergies,
        notes: profile.notes,
        sales: profile.sales,
        first_visit_date: profile.first_visit_date,
        last_visit_date: profile.last_visit_date,
        created_at: profile.created_at.map(millis),
        is_waiting: profile.is_waiting,
    }
}

/// Words out of a JSON document that may be a string, a list of strings, or a list of objects with a name.
pub(crate) fn words(document: Option<&str>) -> Option<String> {
    let document: Json = serde_json::from_str(document?).ok()?;
    let found = match &document {
        Json::String(text) => text.clone(),
        Json::Array(list) => list.iter().filter_map(word).collect::<Vec<_>>().join(", "),
        Json::Object(_) => word(&document).unwrap_or_default(),
        Json::Null | Json::Bool(_) | Json::Number(_) => String::new(),
    };
    (!found.is_empty()).then_some(found)
}

fn word(value: &Json) -> Option<String> {
    let named = ["name", "name_th", "summary", "title", "treatment", "treatments"]
        .iter()
        .find_map(|key| value.get(key));
    match named.unwrap_or(value) {
        Json::String(text) => Some(text.clone()),
        Json::Array(list) => Some(list.iter().filter_map(word).collect::<Vec<_>>().join(", ")),
        _ => None,
    }
}
