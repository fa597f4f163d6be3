//! Native notifications: looks at what wants a person, asks the rule in `desk_core::toast`, and does what it says. It looks after every
//! change and at least every few seconds by the wall clock, so sleep, restart and clock changes make no difference.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Weak},
    time::Duration,
};

use desk_cache::{
    CacheError,
    alert::{self, Alert},
    open::Reader,
    query::{
        followup::{self, Followup},
        lead::{self, Lead},
        notification, staff,
    },
};
use desk_core::toast::{self, Class, DIGEST, Facts, Past, Verdict};
use uuid::Uuid;

use crate::{
    api::{followup::FollowupDone, notification::NotificationRead, settings::Settings, task::SnoozeUntil},
    desk::Desk,
    error::AppError,
    ports::{Toast, ToastAction},
    row,
    task::snooze_until,
    words::Words,
};

/// The longest time between two looks.
const LOOK_EVERY: Duration = Duration::from_secs(10);

/// What wants a person now, with what their toasts would say, and in which words.
struct Wanting {
    facts: Facts,
    toasts: HashMap<String, Toast>,
    words: Words,
}

/// Looks for ever, as long as the desk lives.
pub(crate) async fn run(desk: Weak<Desk>) {
    let mut is_backlog = true;
    loop {
        let Some(here) = desk.upgrade() else { return };
        let look_again = here.look_again.clone();
        match look(&here, is_backlog).await {
            Ok(Some(was_quiet)) => is_backlog = was_quiet,
            Ok(None) => {}
            Err(error) => tracing::warn!(%error, "toasts"),
        }
        drop(here);
        tokio::time::timeout(LOOK_EVERY, look_again.notified()).await.ok();
    }
}

/// One look. Answers whether quiet hours hold (what gathers in them is a backlog); nothing while nobody has signed in.
async fn look(desk: &Arc<Desk>, is_backlog: bool) -> Result<Option<bool>, AppError> {
    let Some(person) = addressee(desk) else {
        return Ok(None);
    };
    let settings = desk.settings_of(person).await?;
    let is_quiet = desk.is_quiet(&settings);
    let wanting = wanting(desk, person, settings, is_quiet, is_backlog).await?;
    let now = wanting.facts.now;
    for verdict in toast::decide(&wanting.facts) {
        carry_out(desk, person, &wanting, verdict, now).await?;
    }
    Ok(Some(is_quiet))
}

/// Toasts are for the person at the PC, also while it is locked.
fn addressee(desk: &Arc<Desk>) -> Option<Uuid> {
    let state = desk.state();
    state.open.as_ref()?;
    state.me.or(state.last_person)
}

async fn wanting(
    desk: &Arc<Desk>,
    person: Uuid,
    settings: Settings,
    is_quiet: bool,
    is_backlog: bool,
) -> Result<Wanting, AppError> {
    let now = desk.micros();
    let digest = desk.state().digest.clone();
    desk.with_cache(move |cache| {
        let reader = cache.read()?;
        let words = Words(settings.language);
        let mut toasts = HashMap::new();
        let mut subjects = vec![];
        if settings.toast_hot_leads && answers_leads(&reader, person)? {
            for (subject, toast) in lead_toasts(&reader, person, &words, now)? {
                subjects.push((subject.clone(), Class::HotLead));
                toasts.insert(subject, toast);
            }
        }
        if settings.toast_followups {
            for (subject, toast) in followup_toasts(&reader, &words, now)? {
                subjects.push((subject.clone(), Class::Followup));
                toasts.insert(subject, toast);
            }
        }
        let past = past(&reader, person)?;
        let facts = Facts {
            wanting: subjects,
            past,
            digest,
            now,
            is_quiet,
            is_backlog,
        };
        Ok(Wanting { facts, toasts, words })
    })
    .await
}

fn past(reader: &Reader<'_>, person: Uuid) -> Result<BTreeMap<String, Past>, CacheError> {
    let known = alert::all(reader, person)?;
    Ok(known
        .into_iter()
        .map(|(subject, alert)| {
            (
                subject,
                Past {
                    shown_at: alert.shown_at,
                    next_at: alert.next_at,
                },
            )
        })
        .collect())
}

/// Leads go to those who sell and receive; whoever treats is not interrupted.
fn answers_leads(reader: &Reader<'_>, person: Uuid) -> Result<bool, CacheError> {
    Ok(staff::one(reader, person)?.is_none_or(|colleague| colleague.role != "beautician"))
}

/// Hot leads whose notification this person has not read, on this PC or another.
fn lead_toasts(reader: &Reader<'_>, person: Uuid, words: &Words, now: i64) -> Result<Vec<(String, Toast)>, CacheError> {
    let mut toasts = vec![];
    for lead in lead::hot(reader)? {
        let subject = format!("lead:{}", lead.id);
        if !notification::is_read_about(reader, person, &subject)? {
            toasts.push((subject.clone(), lead_toast(subject, &lead, words, now)));
        }
    }
    Ok(toasts)
}

fn lead_toast(subject: String, lead: &Lead, words: &Words, now: i64) -> Toast {
    let name = first_word(&lead.name).unwrap_or_else(|| words.someone());
    let minutes = (now - lead.created_at).max(0) / 60_000_000;
    Toast {
        subject,
        title: words.hot_lead(&name, minutes),
        body: row::facts(lead.reasons.as_deref())
            .into_iter()
            .next()
            .unwrap_or_default(),
        is_urgent: true,
        actions: vec![(ToastAction::Open, words.open()), (ToastAction::Snooze, words.snooze())],
    }
}

fn followup_toasts(reader: &Reader<'_>, words: &Words, now: i64) -> Result<Vec<(String, Toast)>, CacheError> {
    let due = followup::due(reader, now.saturating_add(1))?;
    Ok(due
        .iter()
        .map(|followup| {
            let subject = format!("followup:{}", followup.id);
            (subject.clone(), followup_toast(subject, followup, words))
        })
        .collect())
}

fn followup_toast(subject: String, followup: &Followup, words: &Words) -> Toast {
    let name = followup.customer.nickname.clone().filter(|name| !name.is_empty());
    let name = name.or_else(|| first_word(&followup.customer.full_name));
    Toast {
        subject,
        title: words.followup(&name.unwrap_or_else(|| words.someone())),
        body: words.followup_how(&followup.channel),
        is_urgent: false,
        actions: vec![
            (ToastAction::Open, words.open()),
            (ToastAction::Done, words.done()),
            (ToastAction::Snooze, words.snooze()),
        ],
    }
}

fn digest_toast(words: &Words, followups: usize, leads: usize) -> Toast {
    Toast {
        subject: DIGEST.to_owned(),
        title: words.digest(followups, leads),
        body: words.digest_hint(),
        is_urgent: false,
        actions: vec![(ToastAction::Open, words.open())],
    }
}

/// A given name or nickname: never the surname.
fn first_word(name: &str) -> Option<String> {
    name.split_whitespace().next().map(str::to_owned)
}

async fn carry_out(
    desk: &Arc<Desk>,
    person: Uuid,
    wanting: &Wanting,
    verdict: Verdict,
    now: i64,
) -> Result<(), AppError> {
    match verdict {
        Verdict::Show(subject, _) => {
            // Remembered first: a crash in between shows nothing, which the list in the window makes up for.
            remember(desk, person, vec![subject.clone()], now).await?;
            if let Some(toast) = wanting.toasts.get(&subject) {
                desk.ports.notifier.show(toast.clone());
            }
        }
        Verdict::Digest {
            subjects,
            leads,
            followups,
        } => {
            remember(desk, person, subjects.clone(), now).await?;
            desk.state().digest = subjects.into_iter().collect();
            desk.ports.notifier.show(digest_toast(&wanting.words, followups, leads));
        }
        Verdict::Withdraw(subject) if subject == DIGEST => desk.put_digest_away(),
        Verdict::Withdraw(subject) => {
            desk.ports.notifier.withdraw(&subject);
            desk.with_cache(move |cache| alert::forget(cache, &subject, person))
                .await?;
        }
    }
    Ok(())
}

async fn remember(desk: &Arc<Desk>, person: Uuid, subjects: Vec<String>, now: i64) -> Result<(), AppError> {
    desk.with_cache(move |cache| {
        let shown = Alert {
            shown_at: Some(now),
            next_at: None,
        };
        subjects
            .iter()
            .try_for_each(|subject| alert::set(cache, subject, person, &shown))
    })
    .await
}

impl Desk {
    /// A person pressed a button of a toast.
    pub async fn toast_pressed(self: &Arc<Self>, subject: &str, action: ToastAction) {
        if let Err(error) = self.answer_toast(subject, action).await {
            tracing::warn!(%error, "toast");
        }
    }

    async fn answer_toast(self: &Arc<Self>, subject: &str, action: ToastAction) -> Result<(), AppError> {
        let Some(person) = addressee(self) else {
            self.ports.window.open("/");
            return Ok(());
        };
        match action {
            ToastAction::Open => self.open_subject(subject, person).await,
            ToastAction::Snooze => self.snooze_subject(subject, person).await,
            ToastAction::Done => self.finish_subject(subject).await,
        }
    }

    /// What gathers from here on gets a digest of its own.
    fn put_digest_away(&self) {
        self.state().digest.clear();
        self.ports.notifier.withdraw(DIGEST);
    }

    async fn open_subject(self: &Arc<Self>, subject: &str, person: Uuid) -> Result<(), AppError> {
        self.ports.window.open(&path_of(subject));
        if subject == DIGEST {
            self.put_digest_away();
        }
        self.read_subject(subject, person).await
    }

    async fn snooze_subject(self: &Arc<Self>, subject: &str, person: Uuid) -> Result<(), AppError> {
        let next = snooze_until(self.now(), SnoozeUntil::Quarter, self.zone()).timestamp_micros();
        let (subject, now) = (subject.to_owned(), self.micros());
        let later = Alert {
            shown_at: Some(now),
            next_at: Some(next),
        };
        self.with_cache(move |cache| alert::set(cache, &subject, person, &later))
            .await
    }

    /// Done from the toast needs somebody signed in; on a locked PC it opens the program instead.
    async fn finish_subject(self: &Arc<Self>, subject: &str) -> Result<(), AppError> {
        match subject
            .strip_prefix("followup:")
            .and_then(|id| Uuid::parse_str(id).ok())
        {
            Some(id) if self.me().is_ok() => self.followup_done(FollowupDone { id, note: None }).await.map(|_| ()),
            _ => {
                self.ports.window.open(&path_of(subject));
                Ok(())
            }
        }
    }

    /// Opening what a notification is about is reading it.
    async fn read_subject(self: &Arc<Self>, subject: &str, person: Uuid) -> Result<(), AppError> {
        if self.me().ok() != Some(person) {
            return Ok(());
        }
        let about = subject.to_owned();
        let unread = self
            .read(move |reader| notification::unread_about(reader, person, &about))
            .await?;
        for id in unread {
            self.notification_read(NotificationRead { id }).await?;
        }
        Ok(())
    }
}

/// Where a subject is shown.
fn path_of(subject: &str) -> String {
    match subject.split_once(':') {
        Some(("lead", id)) => format!("/leads/{id}"),
        Some(("followup", id)) => format!("/followups/{id}"),
        _ => "/today".to_owned(),
    }
}
