//! What the database tells people by itself, as `desk.notify` and its callers say it.

use desk_core::synced::Value;
use uuid::Uuid;

use super::{
    person::written,
    row::{Row, key, text},
    server::Tx,
    web,
};

/// Why a sleeping task is there again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Woken {
    /// Its customer paid.
    Payment,
    /// Its customer is here.
    CheckIn,
}

impl Woken {
    fn word(self) -> &'static str {
        match self {
            Self::Payment => "payment",
            Self::CheckIn => "check_in",
        }
    }

    fn said(self) -> &'static str {
        match self {
            Self::Payment => "ลูกค้าชำระเงินแล้ว",
            Self::CheckIn => "ลูกค้ามาถึงแล้ว",
        }
    }
}

/// Something that people are told.
#[derive(Clone, Debug)]
pub struct News {
    /// Its kind.
    pub kind: &'static str,
    /// What it is about, in a few words.
    pub title: String,
    /// And what of it.
    pub message: String,
    /// Its importance.
    pub priority: String,
    /// Where it leads.
    pub path: String,
    /// What it is about, as a key: nobody is told twice of the same while they have not read it.
    pub subject: String,
    /// It is not shown before so many microseconds are over.
    pub hold: Option<i64>,
}

impl Tx {
    /// Tells people who work here, unless they have not read the last one of this kind about the same.
    pub fn notify(&mut self, people: &[Uuid], news: &News) {
        let mut told: Vec<Uuid> = people.to_vec();
        told.sort();
        told.dedup();
        for person in told {
            let works = self.row("staff", person).and_then(|staff| staff.int("active")) == Some(1);
            let note = self.told(person, news);
            let same = ["user_id", "type", "subject"];
            let is_told = self.all("notification").any(|known| {
                known.int("is_read") != Some(1) && same.iter().all(|name| known.get(name) == note.get(name))
            });
            if works && !is_told {
                self.put(note);
            }
        }
    }

    fn told(&self, person: Uuid, news: &News) -> Row {
        let mut note = web::notification(self.free_notification(), person, &news.title, self.now);
        note.set("type", text(news.kind));
        note.set("message", text(&news.message));
        note.set("priority", text(&news.priority));
        note.set("action_url", text(&news.path));
        note.set("subject", text(&news.subject));
        let after = news.hold.map(|hold| written(self.now + hold));
        note.set(
            "after",
            Value::text(after.and_then(|after| Some(after.as_str()?.to_owned()))),
        );
        note
    }

    /// A key that no notification has or had.
    fn free_notification(&self) -> Uuid {
        let mut drawn = (0_u64..).map(|nth| Uuid::from_u64_pair(self.now.unsigned_abs(), nth));
        drawn
            .find(|id| self.row("notification", *id).is_none() && !self.has_touched(key("notification", *id)))
            .unwrap_or_default()
    }

    /// Something happened that sleeping tasks of a customer waited for: they are there again, and their people hear of it.
    pub fn wake_tasks(&mut self, customer: Uuid, because: Woken) {
        let journeys = self
            .all("journey")
            .filter(|row| row.id("customer_id") == Some(customer));
        let journeys: Vec<_> = journeys.map(|row| row.id("id")).collect();
        let sleeps = |task: &&Row| {
            journeys.contains(&task.id("journey_id"))
                && task.int("snoozed_until") > Some(self.now)
                && matches!(task.text("status"), Some("pending" | "in_progress"))
        };
        let asleep: Vec<Row> = self.all("task").filter(sleeps).cloned().collect();
        for mut task in asleep {
            task.set("snoozed_until", Value::Int(self.now));
            task.set("woken_at", Value::Int(self.now));
            task.set("woken_by", text(because.word()));
            let about = task.id("id").unwrap_or_default();
            let news = of_task(&task, "task_woken", because.said(), "high", format!("task:{about}"));
            self.notify(task.id("assigned_to").as_slice(), &news);
            self.put_task(task);
        }
    }

    /// Whoever is given a task by somebody else hears of it. Every time, so it has a subject of its own.
    pub fn tell_assigned(&mut self, task: &Row) {
        let event = self.free_notification();
        let priority = task.text("priority").unwrap_or_default();
        let news = of_task(task, "task_assigned", "งานใหม่", priority, format!("event:{event}"));
        self.notify(task.id("assigned_to").as_slice(), &news);
    }

    /// What people are told of a subject is taken away where it has not been shown yet, and read where it has. Answers who has it.
    pub fn withdraw(&mut self, subject: &str) -> Vec<Uuid> {
        let is_held = |row: &&Row| row.text("subject") == Some(subject) && row.text("after").is_some();
        let held: Vec<Row> = self.all("notification").filter(is_held).cloned().collect();
        let mut told = vec![];
        for mut note in held {
            if shown_after(&note) > Some(self.now) {
                self.remove(key("notification", note.id("id").unwrap_or_default()));
            } else {
                told.extend(note.id("user_id"));
                super::decide::mark_read(&mut note, self.now);
                self.put(note);
            }
        }
        told
    }

    /// People who have this role and work here.
    pub fn people_of(&self, roles: &[&str]) -> Vec<Uuid> {
        let has =
            |row: &&Row| row.int("active") == Some(1) && row.text("role").is_some_and(|role| roles.contains(&role));
        self.all("staff").filter(has).filter_map(|row| row.id("id")).collect()
    }

    /// The one name of a customer that may stand in a notification.
    pub fn called(&self, customer: Uuid) -> String {
        let row = self.row("customer", customer);
        let nickname = row.and_then(|row| row.text("nickname")).filter(|name| !name.is_empty());
        let name = nickname.or(row.and_then(|row| row.text("full_name")));
        short_name(name.unwrap_or_default())
    }
}

fn of_task(task: &Row, kind: &'static str, title: &str, priority: &str, subject: String) -> News {
    News {
        kind,
        title: title.to_owned(),
        message: task.text("title").unwrap_or_default().to_owned(),
        priority: priority.to_owned(),
        path: format!("/tasks/{}", task.id("id").unwrap_or_default()),
        subject,
        hold: None,
    }
}

fn shown_after(note: &Row) -> Option<i64> {
    let after = chrono::DateTime::parse_from_rfc3339(note.text("after")?).ok()?;
    Some(after.timestamp_micros())
}

const ADDRESSED: [&str; 10] = ["คุณ", "นางสาว", "นาง", "นาย", "Mrs.", "Mrs", "Mr.", "Mr", "Ms.", "Ms"];

/// The first word, if it is a word.
pub(super) fn short_name(name: &str) -> String {
    let bare = ADDRESSED
        .iter()
        .find_map(|form| name.strip_prefix(form))
        .map_or(name, str::trim_start);
    let first = bare.trim_matches(' ').split(' ').next().unwrap_or_default();
    let is_word =
        (1..=40).contains(&first.chars().count()) && !first.contains(|c: char| c.is_ascii_digit() || c == '@');
    if is_word {
        first.to_owned()
    } else {
        "ลูกค้าใหม่".to_owned()
    }
}
