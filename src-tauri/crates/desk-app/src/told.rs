//! What a person is told about by this PC itself: hot leads that have no answer, leads whose next step has come, and follow-ups that are due.
//! Toasts are made of it, and the notification centre shows it where the clinic wrote no notification.

mod notice;

use std::collections::{BTreeMap, HashMap, HashSet};

use desk_cache::{
    CacheError,
    alert::{self, Alert},
    open::Reader,
    query::{
        followup::{self, Followup},
        lead::{self, Lead},
        notification, task,
    },
};
use desk_core::{priority::Priority, toast::Class};
use uuid::Uuid;

use crate::{
    api::notification::{Gathered, NotificationRow},
    interruptions,
    ports::{Toast, ToastAction},
    row,
    words::Words,
};

/// Of why a lead is hot a toast says so much.
const REASONS: usize = 2;

/// One thing that a person is told about.
pub(crate) struct Told {
    pub(crate) class: Class,
    /// It passes a held desk.
    pub(crate) is_urgent: bool,
    /// It passes the budget of an hour too.
    pub(crate) passes_budget: bool,
    pub(crate) toast: Toast,
    id: Uuid,
    /// The clinic's own notification: the centre has it already.
    is_clinics: bool,
    /// The next step of a lead: the clinic's notification of the lead itself does not stand for it.
    is_next_step: bool,
    /// In the list, where it may be read much later.
    title: String,
    /// Since when it wants a person; microseconds since 1970.
    since: i64,
}

/// What wants a person now, the most important first.
pub(crate) fn due(reader: &Reader<'_>, person: Uuid, words: &Words, now: i64) -> Result<Vec<Told>, CacheError> {
    let mut told = leads(reader, person, words, now)?;
    told.extend(notice::due(reader, person, words, now)?);
    let next_steps = lead::next_due(reader, person, now)?;
    told.extend(next_steps.iter().map(|lead| of_next_step(lead, words)));
    let followups = followup::due(reader, now.saturating_add(1))?;
    told.extend(followups.iter().map(|followup| of_followup(followup, words)));
    let tasks = task::due(reader, "", person, now)?;
    told.extend(tasks.iter().map(|task| notice::of_task(task, words)));
    // One a subject: a task that the clinic told of is not told again because it is due.
    let mut known = HashSet::new();
    told.retain(|one| known.insert(one.toast.subject.clone()));
    Ok(told)
}

fn leads(reader: &Reader<'_>, person: Uuid, words: &Words, now: i64) -> Result<Vec<Told>, CacheError> {
    let mut told = vec![];
    for lead in lead::hot(reader)? {
        let subject = lead_subject(lead.id);
        // Who has read of it, on this PC or another, knows.
        if was_told(&lead, person) && !notification::is_read_about(reader, person, &subject)? {
            let is_passed = lead.passed_to.as_ref().is_some_and(|(to, ..)| *to == person);
            let passes_budget = is_passed || notification::was_raised_to(reader, person, &subject)?;
            told.push(Told {
                // Nobody has it, and it is getting cold: the one class that may interrupt.
                is_urgent: true,
                passes_budget,
                ..of_lead(&lead, words, now)
            });
        }
    }
    Ok(told)
}

/// What the centre shows besides the clinic's own notifications, newest first: what is due, and what was shown on the desktop and is over.
pub(crate) fn rows(
    reader: &Reader<'_>,
    person: Uuid,
    words: &Words,
    now: i64,
) -> Result<Vec<NotificationRow>, CacheError> {
    let clinics: HashSet<String> = notification::subjects(reader, person)?.into_iter().collect();
    let mut alerts: HashMap<String, Alert> = alert::all(reader, person)?.into_iter().collect();
    let mut rows = vec![];
    for told in due(reader, person, words, now)? {
        let alert = alerts.remove(&told.toast.subject).unwrap_or_default();
        if alert.dismissed_at.is_none() {
            rows.push((told, alert.read_at.is_some()));
        }
    }
    alerts.retain(|_, alert| alert.dismissed_at.is_none());
    for subject in alerts.into_keys() {
        // What is over wants nobody: it can be found, and does not count as new.
        rows.extend(find(reader, &subject, words, now)?.map(|told| (told, true)));
    }
    rows.retain(|(told, _)| !told.is_clinics && (told.is_next_step || !clinics.contains(&told.toast.subject)));
    rows.sort_by_key(|(told, _)| std::cmp::Reverse((told.since, told.id)));
    Ok(rows.into_iter().map(|(told, is_read)| shown(told, is_read)).collect())
}

/// What gathered over the budget and still wants its person, by class.
pub(crate) fn gathered(
    reader: &Reader<'_>,
    person: Uuid,
    words: &Words,
    now: i64,
) -> Result<Vec<Gathered>, CacheError> {
    let kept = interruptions::of(reader, person)?.gathered;
    if kept.is_empty() {
        return Ok(vec![]);
    }
    let mut counts = BTreeMap::new();
    for told in due(reader, person, words, now)? {
        if kept.contains(&told.toast.subject) {
            *counts.entry(told.class).or_default() += 1;
        }
    }
    let gathered = counts.into_iter().map(|(class, count)| Gathered { class, count });
    Ok(gathered.collect())
}

/// The subject of a row of the centre that is no notification of the clinic's.
pub(crate) fn subject_of(reader: &Reader<'_>, id: Uuid) -> Result<Option<String>, CacheError> {
    if followup::one(reader, id)?.is_some() {
        return Ok(Some(followup_subject(id)));
    }
    if let Some(subject) = notice::subject_of(reader, id)? {
        return Ok(Some(subject));
    }
    Ok(lead::one(reader, id)?.map(|lead| lead_subject(lead.id)))
}

/// Where a subject is shown.
pub(crate) fn path_of(subject: &str) -> String {
    match subject.split_once(':') {
        Some(("lead", id)) => format!("/leads/{id}"),
        Some(("followup", id)) => format!("/followups/{id}"),
        Some(("task", id)) => format!("/tasks/{id}"),
        Some(("attention", _)) => "/sync".to_owned(),
        Some(("notice", _)) => "/notifications".to_owned(),
        _ => "/today".to_owned(),
    }
}

/// Whom a lead is told is decided in the clinic: first those who sell, later the next person, in the end the managers.
fn was_told(lead: &Lead, person: Uuid) -> bool {
    let told: Vec<Uuid> = lead
        .told
        .as_deref()
        .and_then(|list| serde_json::from_str(list).ok())
        .unwrap_or_default();
    told.contains(&person)
}

fn find(reader: &Reader<'_>, subject: &str, words: &Words, now: i64) -> Result<Option<Told>, CacheError> {
    let parts = subject.split_once(':').map(|(noun, id)| (noun, Uuid::parse_str(id)));
    match parts {
        Some(("lead", Ok(id))) => Ok(lead::one(reader, id)?.map(|lead| of_lead(&lead, words, now))),
        Some(("followup", Ok(id))) => Ok(followup::one(reader, id)?.map(|followup| of_followup(&followup, words))),
        Some(("task", Ok(id))) => Ok(task::one(reader, "", id)?.map(|task| notice::of_task(&task, words))),
        _ => Ok(None),
    }
}

fn of_lead(lead: &Lead, words: &Words, now: i64) -> Told {
    let name = first_word(&lead.name).unwrap_or_else(|| words.someone());
    let minutes = (now - lead.created_at).max(0) / 60_000_000;
    let mut why = row::facts(lead.reasons.as_deref());
    why.truncate(REASONS);
    let toast = Toast {
        subject: lead_subject(lead.id),
        title: words.hot_lead(&name, minutes),
        body: why.join(" · "),
        is_urgent: true,
        actions: vec![
            (ToastAction::Open, words.open()),
            (ToastAction::Claim, words.claim()),
            (ToastAction::Snooze, words.snooze()),
        ],
    };
    Told {
        class: Class::HotLead,
        is_urgent: false,
        passes_budget: false,
        is_clinics: false,
        is_next_step: false,
        toast,
        id: lead.id,
        title: words.lead(&name),
        since: lead.created_at,
    }
}

/// What its person wanted to do next with a lead. It says no more than a follow-up: when it was called and why stands in the window.
fn of_next_step(lead: &Lead, words: &Words) -> Told {
    let name = first_word(&lead.name).unwrap_or_else(|| words.someone());
    let title = words.next_step(&name);
    let toast = Toast {
        subject: lead_subject(lead.id),
        title: title.clone(),
        body: words.next_step_hint(),
        is_urgent: false,
        actions: vec![(ToastAction::Open, words.open()), (ToastAction::Snooze, words.snooze())],
    };
    Told {
        class: Class::Followup,
        is_urgent: false,
        passes_budget: false,
        is_clinics: false,
        is_next_step: true,
        toast,
        id: lead.id,
        title,
        since: lead.next_at.unwrap_or(lead.created_at),
    }
}

fn of_followup(followup: &Followup, words: &Words) -> Told {
    let name = followup.customer.nickname.clone().filter(|name| !name.is_empty());
    let name = name.or_else(|| first_word(&followup.customer.full_name));
    let title = words.followup(&name.unwrap_or_else(|| words.someone()));
    let toast = Toast {
        subject: followup_subject(followup.id),
        title: title.clone(),
        body: words.followup_how(&followup.channel),
        is_urgent: false,
        actions: vec![
            (ToastAction::Open, words.open()),
            (ToastAction::Done, words.done()),
            (ToastAction::Snooze, words.snooze()),
        ],
    };
    Told {
        class: Class::Followup,
        is_urgent: false,
        passes_budget: false,
        is_clinics: false,
        is_next_step: false,
        toast,
        id: followup.id,
        title,
        since: followup.scheduled_at,
    }
}

fn shown(told: Told, is_read: bool) -> NotificationRow {
    let (kind, priority) = match told.class {
        Class::HotLead => ("hot_lead", Priority::Critical),
        Class::Followup => ("followup_due", Priority::Medium),
        Class::Task => ("task_due", Priority::Medium),
        Class::Attention => ("needs_attention", Priority::High),
        Class::Visit | Class::Booking | Class::Journey | Class::Clinic => ("general", Priority::Medium),
    };
    NotificationRow {
        id: told.id,
        kind: kind.to_owned(),
        title: told.title,
        message: told.toast.body,
        priority,
        action_url: Some(path_of(&told.toast.subject)),
        created_at: row::millis(told.since),
        is_read,
    }
}

pub(crate) fn lead_subject(id: Uuid) -> String {
    format!("lead:{id}")
}

fn followup_subject(id: Uuid) -> String {
    format!("followup:{id}")
}

/// A given name or nickname: never the surname, and no number or address, which some forms leave as a name.
pub(crate) fn first_word(name: &str) -> Option<String> {
    let is_name = |word: &&str| !word.contains(|sign: char| sign.is_numeric() || sign == '@');
    name.split_whitespace().next().filter(is_name).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_toast_shows_a_first_name_and_nothing_that_reaches_somebody() {
        assert_eq!(first_word("มายด์ ทดสอบ").as_deref(), Some("มายด์"));
        for name in ["081-234-5678", "๐๘๑๒๓๔๕๖๗๘", "mai@example.test", " ", ""] {
            assert_eq!(first_word(name), None, "{name}");
        }
    }
}
