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
    for notice in notification::pressing(reader, person, now)? {
        let of = task_of(&notice)
            .map(|id| task::one(reader, "", id))
            .transpose()?
            .flatten();
        told.push(of_notice(&notice, of.as_ref(), words));
    }
    Ok(told)
}

/// The subject of a row of the centre that is a task or a refused action.
pub(super) fn subject_of(reader: &Reader<'_>, id: Uuid) -> Result<Option<String>, CacheError> {
    if task::one(reader, "", id)?.is_some() {
        return Ok(Some(format!("task:{id}")));
    }
    Ok(attention::one(reader, id)?.map(|_| format!("attention:{id}")))
}

/// A task's title is typed by a person and may hold anything: its toast says of what kind it is, and whom it is about.
pub(super) fn of_task(task: &Task, words: &Words) -> Told {
    let title = words.task_due(&called(task, words));
    let toast = openable(format!("task:{}", task.id), title, words.task_kind(&task.kind), words);
    told(Class::Task, toast, task.id, task.due_at.unwrap_or_default())
}

fn called(task: &Task, words: &Words) -> String {
    let about = task.customer.as_ref();
    let nickname = about
        .and_then(|about| about.nickname.clone())
        .filter(|name| !name.is_empty() && !reaches_somebody(name));
    let name = nickname.or_else(|| about.and_then(|about| first_word(&about.full_name)));
    name.unwrap_or_else(|| words.someone())
}

/// Digits of the shortest phone number.
const LEAST_PHONE: usize = 9;

/// Kinds whose words this program makes itself, of a first name and what the clinic counts: nobody types them.
const OUR_WORDS: [&str; 16] = [
    "visit_arrived",
    "visit_waiting",
    "visit_withdrawn",
    "booking_made",
    "booking_moved",
    "booking_cancelled",
    "customer_scanned",
    "payment_received",
    "appointment_scheduled",
    "treatment_completed",
    "task_uncovered",
    "automation_failed",
    "points_owed",
    "tier_notice",
    "referral_review",
    "second_person",
];

/// What is typed or what another program wrote may hold anything, whatever subject stands beside it: a toast says only of what kind it is. The centre
/// shows it all.
fn of_notice(notice: &Notification, task: Option<&Task>, words: &Words) -> Told {
    let class = Class::of_kind(&notice.kind);
    let is_ours = notice.subject.is_some() && OUR_WORDS.contains(&notice.kind.as_str());
    let is_ours = is_ours && !reaches_somebody(&notice.title) && !reaches_somebody(&notice.message);
    let (title, body) = match task {
        Some(task) => (
            words.task_told(&notice.kind, &called(task, words)),
            words.task_kind(&task.kind),
        ),
        None if is_ours => words.clinics(&notice.title, &notice.message),
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

/// A phone number or an address, however its digits are set apart. A day, an hour and points are shorter.
fn reaches_somebody(text: &str) -> bool {
    let mut run = 0;
    text.chars().any(|sign| {
        run = match sign {
            ' ' | '-' | '.' | '(' | ')' => run,
            sign if sign.is_numeric() => run + 1,
            _ => 0,
        };
        run >= LEAST_PHONE || sign == '@'
    })
}

/// A task that the clinic tells of is the same subject as the task that is due.
fn subject(notice: &Notification) -> String {
    match task_of(notice) {
        Some(task) => format!("task:{task}"),
        None => format!("notice:{}", notice.id),
    }
}

fn task_of(notice: &Notification) -> Option<Uuid> {
    let path = notice.action_url.as_deref()?;
    Uuid::parse_str(path.strip_prefix("/tasks/")?).ok()
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::settings::Language;

    fn notice(kind: &str, title: &str) -> Notification {
        Notification {
            id: Uuid::now_v7(),
            kind: kind.into(),
            title: title.into(),
            message: "คิว 4".into(),
            priority: "high".into(),
            action_url: None,
            subject: Some("visit:1".into()),
            is_read: false,
            created_at: 0,
        }
    }

    #[test]
    fn a_toast_shows_the_words_of_our_own_kinds_and_of_nothing_else() {
        let words = Words(Language::Th);
        let toast = |kind, title| of_notice(&notice(kind, title), None, &words).toast;
        assert_eq!(toast("visit_waiting", "มายด์ รอเกิน 10 นาที").body, "คิว 4");
        for (kind, title) in [
            ("general", "คุณสมศรี ใจดี แพ้ยา"),
            ("workflow_updated", "คุณสมศรี ใจดี แพ้ยา"),
            ("second_person_said", "ไม่เห็นชอบ"),
            ("visit_waiting", "โทร 081-234-5678"),
            ("visit_waiting", "โทร ๐๘๑ ๒๓๔ ๕๖๗๘"),
            ("visit_waiting", "somsri@example.test"),
        ] {
            let toast = toast(kind, title);
            assert!(toast.title.starts_with("แจ้งเตือนด่วน: "), "{kind}: {}", toast.title);
            assert_eq!(toast.body, words.notice_hint());
        }
    }
}
