//! What else a person is told about: the clinic's own notifications that are important, their tasks that are due, and their work that the clinic
//! did not take.

use desk_cache::{
    CacheError,
    attention::{self, Refused},
    open::Reader,
    query::{
        notification::{self, Notification},
        task::{self, Task},
    },
};
use desk_core::toast::Class;
use uuid::Uuid;

use super::{Told, first_word};
use crate::{
    ports::{Toast, ToastAction},
    words::Words,
};

pub(super) fn due(reader: &Reader<'_>, person: Uuid, words: &Words, now: i64) -> Result<Vec<Told>, CacheError> {
    let refused = attention::all(reader)?;
    let mine = refused.iter().filter(|refused| refused.person == person);
    let mut told: Vec<Told> = mine.map(|refused| of_refused(refused, words)).collect();
    let notices = notification::pressing(reader, person, now)?;
    told.extend(notices.iter().map(|notice| of_notice(notice, words)));
    Ok(told)
}

/// The subject of a row of the centre that is a task or a refused action.
pub(super) fn subject_of(reader: &Reader<'_>, id: Uuid) -> Result<Option<String>, CacheError> {
    if task::one(reader, "", id)?.is_some() {
        return Ok(Some(format!("task:{id}")));
    }
    Ok(attention::one(reader, id)?.map(|_| format!("attention:{id}")))
}

pub(super) fn of_task(task: &Task, words: &Words) -> Told {
    let about = task.customer.as_ref();
    let nickname = about
        .and_then(|about| about.nickname.clone())
        .filter(|name| !name.is_empty());
    let name = nickname.or_else(|| about.and_then(|about| first_word(&about.full_name)));
    let title = words.task_due(&name.unwrap_or_else(|| words.someone()));
    let toast = openable(format!("task:{}", task.id), title, words.task_hint(), words);
    told(Class::Task, toast, task.id, task.due_at.unwrap_or_default())
}

/// A title that another program wrote may hold anything. Those of this program have a subject, and follow the rule of toasts.
fn of_notice(notice: &Notification, words: &Words) -> Told {
    let class = Class::of_kind(&notice.kind);
    let (title, body) = match notice.subject {
        Some(_) => (notice.title.clone(), notice.message.clone()),
        None => (words.notice(class), words.notice_hint()),
    };
    let is_urgent = notice.priority == "critical";
    let mut toast = openable(subject(notice), title, body, words);
    toast.is_urgent = is_urgent;
    Told {
        is_urgent,
        passes_budget: is_urgent,
        is_clinics: true,
        ..told(class, toast, notice.id, notice.created_at)
    }
}

/// A task that the clinic tells of is the same subject as the task that is due.
fn subject(notice: &Notification) -> String {
    let task = notice
        .action_url
        .as_deref()
        .and_then(|path| path.strip_prefix("/tasks/"));
    match task.and_then(|id| Uuid::parse_str(id).ok()) {
        Some(task) => format!("task:{task}"),
        None => format!("notice:{}", notice.id),
    }
}

fn of_refused(refused: &Refused, words: &Words) -> Told {
    let taken_by = (refused.code == "lead_taken").then(|| refused.detail.get("by").and_then(|by| by.as_str()));
    let title = words.refused(taken_by.flatten());
    let toast = openable(format!("attention:{}", refused.id), title, words.refused_hint(), words);
    told(Class::Attention, toast, refused.id, refused.at)
}

fn openable(subject: String, title: String, body: String, words: &Words) -> Toast {
    Toast {
        subject,
        title,
        body,
        is_urgent: false,
        actions: vec![(ToastAction::Open, words.open()), (ToastAction::Snooze, words.snooze())],
    }
}

fn told(class: Class, toast: Toast, id: Uuid, since: i64) -> Told {
    Told {
        class,
        is_urgent: false,
        passes_budget: false,
        is_clinics: false,
        is_next_step: false,
        title: toast.title.clone(),
        toast,
        id,
        since,
    }
}
