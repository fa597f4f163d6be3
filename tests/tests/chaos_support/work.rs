//! People at work: random actions at one desk, each written down with what the desk answered.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use desk_app::api::Saved;
use desk_app::api::customer::{
    CustomerCard, CustomerCreate, CustomerEdit, CustomerField, CustomerOpen, FieldChange, PointsAward,
};
use desk_app::api::followup::{FollowupCancel, FollowupDone};
use desk_app::api::task::{SnoozeUntil, TaskComplete, TaskNote, TaskSnooze};
use desk_app::api::undo::{Undo as UndoRequest, Undone};
use desk_app::error::Code;
use serde::Serialize;
use uuid::Uuid;

use super::Chance;
use super::book::{Deed, Told, Undo};
use super::desk::{Answer, Desk};

/// What the desks of one clinic work on. The web system adds tasks and follow-ups meanwhile.
#[derive(Default)]
pub struct Pool {
    pub customers: Mutex<Vec<Uuid>>,
    pub tasks: Mutex<Vec<Uuid>>,
    pub followups: Mutex<Vec<Uuid>>,
}

/// Newer things are chosen more often: old tasks are mostly closed.
fn recent(chance: &Chance, of: &Mutex<Vec<Uuid>>) -> Uuid {
    let of = of.lock().unwrap();
    let reach = of.len().min(60);
    of[of.len() - 1 - chance.below(reach)]
}

/// One person at one desk.
pub struct Worker {
    pub desk: Arc<Desk>,
    pub pool: Arc<Pool>,
    pub chance: Chance,
    /// Begins every token of this desk.
    pub mark: String,
    pub deeds: Vec<Deed>,
    /// The longest that a person waited for an answer.
    pub longest: Duration,
    pub revivals: Arc<AtomicUsize>,
}

impl Worker {
    /// Works until told to stop.
    pub fn work(mut self, stop: &AtomicBool) -> Self {
        while !stop.load(Ordering::Relaxed) {
            if self.chance.percent(12) {
                self.undo_one();
            } else {
                self.act();
            }
            std::thread::sleep(Duration::from_millis(self.chance.below(20) as u64));
        }
        self
    }

    fn act(&mut self) {
        let token = format!("{}n{:06}", self.mark, self.deeds.len());
        let (customer, task) = (
            recent(&self.chance, &self.pool.customers),
            recent(&self.chance, &self.pool.tasks),
        );
        match self.chance.below(16) {
            0..3 => {
                let note = Some(token.clone());
                self.run(
                    "task_complete",
                    "task.complete",
                    task,
                    token,
                    &TaskComplete { id: task, note },
                );
            }
            3..6 => {
                let text = token.clone();
                self.run("task_note", "task.note", task, token, &TaskNote { id: task, text });
            }
            6 => {
                let until = *self.chance.one(&[SnoozeUntil::Quarter, SnoozeUntil::Hour]);
                self.run(
                    "task_snooze",
                    "task.snooze",
                    task,
                    token,
                    &TaskSnooze { id: task, until },
                );
            }
            7..10 => self.award(customer, token),
            10..12 => {
                let create = walk_in(&token);
                self.run("customer_create", "customer.create", Uuid::nil(), token, &create);
            }
            12..14 => self.edit(customer, token),
            14 => {
                let (id, note) = (recent(&self.chance, &self.pool.followups), Some(token.clone()));
                self.run("followup_done", "followup.done", id, token, &FollowupDone { id, note });
            }
            _ => {
                let (id, reason) = (recent(&self.chance, &self.pool.followups), Some(token.clone()));
                self.run(
                    "followup_cancel",
                    "followup.cancel",
                    id,
                    token,
                    &FollowupCancel { id, reason },
                );
            }
        }
    }

    fn award(&mut self, customer_id: Uuid, token: String) {
        let entry_id = Uuid::now_v7();
        let award = PointsAward {
            entry_id,
            customer_id,
            satang: 10_000 + i64::try_from(self.deeds.len()).unwrap() * 100 + 37,
            note: Some(token.clone()),
        };
        // A person who gets no answer presses again, and so does one who is impatient.
        let times = if self.chance.percent(20) { 2 } else { 1 };
        for _ in 0..times {
            self.run("points_award", "points.award", entry_id, token.clone(), &award);
        }
    }

    fn edit(&mut self, customer: Uuid, token: String) {
        let Answer::Said(card) = self.timed::<CustomerCard>("customer_card", &CustomerOpen { id: customer }) else {
            return self.desk.revive();
        };
        let change = FieldChange {
            field: CustomerField::Nickname,
            from: card.profile.nickname,
            to: Some(token.clone()),
        };
        let edit = CustomerEdit {
            id: customer,
            changes: vec![change],
        };
        self.run("customer_edit", "customer.edit", customer, token, &edit);
    }

    fn timed<T: serde::de::DeserializeOwned>(&mut self, command: &str, request: &impl Serialize) -> Answer<T> {
        let began = Instant::now();
        let answer = self.desk.ask(command, request);
        if !matches!(answer, Answer::Silent) {
            self.longest = self.longest.max(began.elapsed());
        }
        answer
    }

    fn run(&mut self, command: &str, name: &'static str, target: Uuid, token: String, request: &impl Serialize) {
        let told = match self.timed::<Saved>(command, request) {
            Answer::Said(saved) => {
                if name == "customer.create" {
                    self.pool.customers.lock().unwrap().push(saved.id);
                }
                Told::Confirmed(saved.undo.unwrap())
            }
            Answer::Refused(error) => {
                assert_ne!(
                    error.code,
                    Code::Unexpected,
                    "{name} {}\n{}",
                    error.ref_id,
                    self.desk.log_tail()
                );
                Told::Refused
            }
            Answer::Silent => Told::Nothing,
        };
        // Pressed twice, it is one deed: the better answer counts.
        match self.deeds.iter_mut().find(|deed| deed.token == token) {
            Some(deed) if deed.confirmed().is_none() => deed.told = told,
            Some(_) => {}
            None => self.deeds.push(Deed {
                token,
                name,
                target,
                told,
                undo: Undo::NotTried,
            }),
        }
        if told == Told::Nothing {
            self.revive();
        }
    }

    /// Ctrl Z for one of the last things done here.
    fn undo_one(&mut self) {
        let reach = self.deeds.len().saturating_sub(8);
        let can = |(n, deed): (usize, &Deed)| (deed.undo == Undo::NotTried && deed.confirmed().is_some()).then_some(n);
        let candidates: Vec<usize> = self.deeds.iter().enumerate().skip(reach).filter_map(can).collect();
        if candidates.is_empty() {
            return;
        }
        let n = *self.chance.one(&candidates);
        let of = self.deeds[n].confirmed();
        self.deeds[n].undo = match self.timed::<Undone>("undo", &UndoRequest { of }) {
            Answer::Said(undone) if undone.refused.is_some() => Undo::Refused,
            Answer::Said(undone) if undone.waiting => Undo::Reversed,
            Answer::Said(_) => Undo::TakenOut,
            Answer::Refused(error) => {
                assert_eq!(error.code, Code::NothingToUndo);
                Undo::Refused
            }
            Answer::Silent => Undo::Unknown,
        };
        if self.deeds[n].undo == Undo::Unknown {
            self.revive();
        }
    }

    fn revive(&self) {
        self.desk.revive();
        self.revivals.fetch_add(1, Ordering::Relaxed);
    }
}

fn walk_in(name: &str) -> CustomerCreate {
    CustomerCreate {
        full_name: name.into(),
        nickname: None,
        phone: None,
        email: None,
        birth_date: None,
        gender: None,
        notes: None,
        lead: None,
    }
}
