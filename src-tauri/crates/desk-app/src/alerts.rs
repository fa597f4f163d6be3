//! Native notifications: looks at what wants a person, asks the rule in `desk_core::toast`, and does what it says. It looks after every
//! change and at least every few seconds by the wall clock, so sleep, restart and clock changes make no difference.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::{Arc, Weak},
    time::Duration,
};

use desk_cache::{
    CacheError,
    alert::{self, Alert},
    open::Reader,
    query::notification,
};
use desk_core::toast::{self, Class, DIGEST, Facts, Past, Stillness, Verdict, Want};
use uuid::Uuid;

use crate::{
    api::{
        followup::FollowupDone, lead::LeadClaim, notification::NotificationRead, settings::Settings, task::SnoozeUntil,
    },
    desk::Desk,
    error::AppError,
    interruptions::{self, Interruptions},
    ports::{Toast, ToastAction},
    settings::switch_of,
    task::snooze_until,
    told::{self, Told},
    words::Words,
};

/// The longest time between two looks.
const LOOK_EVERY: Duration = Duration::from_secs(10);

/// The shortest one, so that a clock that stands still keeps nobody busy.
const REST: Duration = Duration::from_millis(200);

/// What wants a person now, with what their toasts would say, and in which words.
struct Wanting {
    facts: Facts,
    toasts: HashMap<String, Toast>,
    words: Words,
    /// Everything, whether it may become a toast or not: the notification centre shows it all.
    subjects: BTreeSet<String>,
    interruptions: Interruptions,
}

impl Wanting {
    /// What gathered and is handled is no line of the centre any more.
    fn forget_handled(&mut self) {
        let subjects = &self.subjects;
        self.interruptions.gathered.retain(|subject| subjects.contains(subject));
    }
}

/// What the last look left for the next.
struct Last {
    /// What has gathered since is a backlog.
    is_backlog: bool,
    subjects: BTreeSet<String>,
    /// When the next notification that is held back may be shown.
    held: Option<i64>,
}

/// Looks for ever, as long as the desk lives.
pub(crate) async fn run(desk: Weak<Desk>) {
    let mut last = Last {
        is_backlog: true,
        subjects: BTreeSet::new(),
        held: None,
    };
    loop {
        let Some(here) = desk.upgrade() else { return };
        let look_again = here.look_again.clone();
        if let Err(error) = look(&here, &mut last).await {
            tracing::warn!(%error, "toasts");
        }
        let wait = let_out(&here, &mut last).await.unwrap_or(LOOK_EVERY);
        drop(here);
        tokio::time::timeout(wait, look_again.notified()).await.ok();
    }
}

/// What was held back becomes visible by the clock and not by a change: the window is told. How long to wait for the next.
async fn let_out(desk: &Arc<Desk>, last: &mut Last) -> Result<Duration, AppError> {
    let Some(person) = addressee(desk) else {
        return Ok(LOOK_EVERY);
    };
    let now = desk.micros();
    if last.held.take().is_some_and(|at| at <= now) {
        desk.changed(&["notifications"]);
    }
    last.held = desk
        .with_cache(move |cache| notification::next_held(&*cache.read()?, person, now))
        .await?;
    let wait = last.held.and_then(|at| u64::try_from(at - now).ok());
    Ok(wait.map_or(LOOK_EVERY, |micros| {
        Duration::from_micros(micros).clamp(REST, LOOK_EVERY)
    }))
}

/// One look; none while nobody has signed in.
async fn look(desk: &Arc<Desk>, last: &mut Last) -> Result<(), AppError> {
    let Some(person) = addressee(desk) else {
        return Ok(());
    };
    let settings = desk.settings_of(person).await?;
    let stillness = desk.stillness(person, &settings).await?;
    let mut wanting = wanting(desk, person, settings, stillness, last.is_backlog).await?;
    let before = wanting.interruptions.clone();
    for verdict in toast::decide(&wanting.facts) {
        carry_out(desk, person, &mut wanting, verdict).await?;
    }
    wanting.forget_handled();
    if wanting.interruptions != before {
        desk.keep_interruptions(person, &wanting.interruptions).await?;
        desk.changed(&["notifications"]);
    }
    // What gathers while the desk is held is a backlog too.
    last.is_backlog = stillness != Stillness::Open;
    if last.subjects != wanting.subjects {
        last.subjects = wanting.subjects;
        // What has come by the clock is no change of a row: Today shows it too.
        desk.changed(&["notifications", "today"]);
    }
    Ok(())
}

/// Toasts are for the person at the PC, also while it is locked.
fn addressee(desk: &Arc<Desk>) -> Option<Uuid> {
    let state = desk.state();
    state.open.as_ref()?;
    // A PC that nobody may unlock shows no names either.
    if Desk::stale_since(&state).is_some() {
        return None;
    }
    state.me.or(state.last_person)
}

async fn wanting(
    desk: &Arc<Desk>,
    person: Uuid,
    settings: Settings,
    stillness: Stillness,
    is_backlog: bool,
) -> Result<Wanting, AppError> {
    let now = desk.micros();
    let digest = desk.state().digest.clone();
    desk.with_cache(move |cache| {
        let reader = cache.read()?;
        let words = Words(settings.language);
        let due = told::due(&reader, person, &words, now)?;
        let subjects = due.iter().map(|told| told.toast.subject.clone()).collect();
        // Each class can be muted for itself; the notification centre shows it all the same.
        let mut settings = settings;
        let due = due.into_iter().filter(|told| *switch_of(&mut settings, told.class));
        let (wanting, toasts) = due.map(wanted).unzip();
        let past = past(&reader, person)?;
        let interruptions = interruptions::of(&reader, person)?;
        let facts = Facts {
            wanting,
            past,
            digest,
            interruptions: interruptions.at.clone(),
            now,
            stillness,
            is_backlog,
        };
        Ok(Wanting {
            facts,
            toasts,
            words,
            subjects,
            interruptions,
        })
    })
    .await
}

fn wanted(told: Told) -> (Want, (String, Toast)) {
    let want = Want {
        subject: told.toast.subject.clone(),
        class: told.class,
        is_urgent: told.is_urgent,
        passes_budget: told.passes_budget,
    };
    (want, (told.toast.subject.clone(), told.toast))
}

fn past(reader: &Reader<'_>, person: Uuid) -> Result<BTreeMap<String, Past>, CacheError> {
    let known = alert::all(reader, person)?;
    let past = |alert: Alert| Past {
        shown_at: alert.shown_at,
        next_at: alert.next_at,
    };
    Ok(known
        .into_iter()
        .filter(|(_, alert)| alert.over_at.is_none())
        .map(|(subject, alert)| (subject, past(alert)))
        .collect())
}

fn digest_toast(words: &Words, counts: &BTreeMap<Class, usize>, is_urgent: bool) -> Toast {
    Toast {
        subject: DIGEST.to_owned(),
        title: words.digest(counts),
        body: words.digest_hint(),
        is_urgent,
        actions: vec![(ToastAction::Open, words.open())],
    }
}

async fn carry_out(desk: &Arc<Desk>, person: Uuid, wanting: &mut Wanting, verdict: Verdict) -> Result<(), AppError> {
    let now = wanting.facts.now;
    match verdict {
        Verdict::Show(want) => {
            interrupt(desk, person, wanting, vec![want.subject.clone()]).await?;
            if let Some(toast) = wanting.toasts.get(&want.subject) {
                desk.ports.notifier.show(toast.clone());
            }
        }
        Verdict::Digest {
            subjects,
            counts,
            is_urgent,
        } => {
            let news = news(&wanting.facts, &subjects);
            interrupt(desk, person, wanting, news).await?;
            desk.state().digest = subjects.into_iter().collect();
            desk.ports
                .notifier
                .show(digest_toast(&wanting.words, &counts, is_urgent));
        }
        Verdict::Gather(subjects) => {
            remember(desk, person, subjects.clone(), now).await?;
            wanting.interruptions.gathered.extend(subjects);
        }
        Verdict::Withdraw(subject) if subject == DIGEST => desk.put_digest_away(),
        Verdict::Withdraw(subject) => {
            desk.ports.notifier.withdraw(&subject);
            desk.with_cache(move |cache| alert::end(cache, &subject, person, now))
                .await?;
        }
    }
    Ok(())
}

/// What an older digest told of has been told, and perhaps read.
fn news(facts: &Facts, subjects: &[String]) -> Vec<String> {
    let was_told = |past: &Past| past.shown_at.is_some() && past.next_at.is_none();
    let news = subjects
        .iter()
        .filter(|subject| !facts.past.get(*subject).is_some_and(was_told));
    news.cloned().collect()
}

/// Remembered before it is shown: a crash in between shows nothing, which the list in the window makes up for.
async fn interrupt(
    desk: &Arc<Desk>,
    person: Uuid,
    wanting: &mut Wanting,
    subjects: Vec<String>,
) -> Result<(), AppError> {
    let now = wanting.facts.now;
    wanting.interruptions.add(now);
    desk.keep_interruptions(person, &wanting.interruptions).await?;
    remember(desk, person, subjects, now).await
}

async fn remember(desk: &Arc<Desk>, person: Uuid, subjects: Vec<String>, now: i64) -> Result<(), AppError> {
    desk.with_cache(move |cache| {
        let shown = Alert {
            shown_at: Some(now),
            ..Alert::default()
        };
        subjects
            .iter()
            .try_for_each(|subject| alert::set(cache, subject, person, &shown))
    })
    .await
}

fn notice_of(subject: &str) -> Option<Uuid> {
    let id = subject.strip_prefix("notice:")?;
    Uuid::parse_str(id).ok()
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
            ToastAction::Claim => self.claim_subject(subject, person).await,
        }
    }

    /// What gathers from here on gets a digest of its own.
    fn put_digest_away(&self) {
        self.state().digest.clear();
        self.ports.notifier.withdraw(DIGEST);
    }

    async fn open_subject(self: &Arc<Self>, subject: &str, person: Uuid) -> Result<(), AppError> {
        self.ports.window.open(&self.path_of(subject, person).await?);
        if subject == DIGEST {
            self.put_digest_away();
        }
        self.read_subject(subject, person).await
    }

    /// A notification of the clinic's says itself where it leads.
    async fn path_of(&self, subject: &str, person: Uuid) -> Result<String, AppError> {
        let Some(id) = notice_of(subject) else {
            return Ok(told::path_of(subject));
        };
        let said = self
            .with_cache(move |cache| notification::path_of(&*cache.read()?, person, id))
            .await?;
        let is_ours = |path: &String| path.starts_with('/');
        Ok(said.filter(is_ours).unwrap_or_else(|| told::path_of(subject)))
    }

    async fn snooze_subject(self: &Arc<Self>, subject: &str, person: Uuid) -> Result<(), AppError> {
        let next = snooze_until(self.now(), SnoozeUntil::Quarter, self.zone()).timestamp_micros();
        let (subject, now) = (subject.to_owned(), self.micros());
        let later = Alert {
            shown_at: Some(now),
            next_at: Some(next),
            read_at: Some(now),
            ..Alert::default()
        };
        self.with_cache(move |cache| alert::set(cache, &subject, person, &later))
            .await?;
        self.changed(&["notifications"]);
        Ok(())
    }

    /// Done from the toast needs somebody signed in; on a locked PC it opens the program instead.
    async fn finish_subject(self: &Arc<Self>, subject: &str) -> Result<(), AppError> {
        match subject
            .strip_prefix("followup:")
            .and_then(|id| Uuid::parse_str(id).ok())
        {
            Some(id) if self.me().is_ok() => self.followup_done(FollowupDone { id, note: None }).await.map(|_| ()),
            _ => {
                self.ports.window.open(&told::path_of(subject));
                Ok(())
            }
        }
    }

    /// Takes a lead as its key in the window does. On a locked PC, or where a colleague was quicker, the window opens on it and says whose it is.
    async fn claim_subject(self: &Arc<Self>, subject: &str, person: Uuid) -> Result<(), AppError> {
        let id = subject.strip_prefix("lead:").and_then(|id| Uuid::parse_str(id).ok());
        let taken = match id {
            Some(id) if self.me().ok() == Some(person) => self.lead_claim(LeadClaim { id }).await.map(|_| ()),
            _ => Ok(()),
        };
        self.ports.window.open(&told::path_of(subject));
        taken
    }

    /// Opening what a notification is about is reading it.
    async fn read_subject(self: &Arc<Self>, subject: &str, person: Uuid) -> Result<(), AppError> {
        if self.me().ok() != Some(person) {
            return Ok(());
        }
        let about = subject.to_owned();
        let mut unread = self
            .read(move |reader| notification::unread_about(reader, person, &about))
            .await?;
        unread.extend(notice_of(subject));
        for id in unread {
            self.notification_read(NotificationRead { id }).await?;
        }
        if subject == DIGEST {
            Ok(())
        } else {
            self.read_here(subject.to_owned(), person).await
        }
    }

    /// Remembers on this PC that a person has seen what it told them of itself.
    pub(crate) async fn read_here(&self, subject: String, person: Uuid) -> Result<(), AppError> {
        let now = self.micros();
        self.with_cache(move |cache| alert::read(cache, &subject, person, now))
            .await?;
        self.changed(&["notifications"]);
        Ok(())
    }
}
