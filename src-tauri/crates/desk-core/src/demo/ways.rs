//! Journeys with their whole history: every step that leads to where one stands was taken by somebody at some time, as the rules allow. Most
//! have ended; of the open ones a few stand too long, as in any clinic.

use uuid::Uuid;

use super::{Demo, micros, names, people::Customer, random::Random, text};
use crate::{
    journey::{Action, Outcome, Stage, transitions},
    synced::Value,
};

/// So many customers at the beginning have most of the open journeys: what is open depends little on the size of the clinic.
const BUSY: usize = 450;
const MINUTE: i64 = 60_000_000;
const DAY: i64 = 24 * 60 * MINUTE;

/// One customer's way.
pub(super) struct Journey {
    pub number: usize,
    /// Place of its stage among the nine, from 0.
    pub stage: usize,
    pub customer: Customer,
    /// How it goes, first step first; the opening is none of them.
    steps: Vec<Step>,
    outcome: Option<Outcome>,
    treatment: (&'static str, i64, i64),
    sessions: i64,
}

#[derive(Clone)]
struct Step {
    action: Action,
    from: Stage,
    to: Stage,
    /// Microseconds since 1970.
    at: i64,
    note: &'static str,
}

/// Where a journey is to end up, and with how many sessions done before.
struct Goal {
    stage: Stage,
    done: i64,
    ending: Option<(Outcome, &'static str)>,
}

const LOST: [&str; 4] = ["แพงไป", "ไปทำที่อื่นแล้ว", "เงียบหายไป ติดต่อ 3 ครั้ง", "ยังไม่พร้อม"];
const CANCELLED: [&str; 3] = ["ย้ายไปต่างจังหวัด", "ตั้งครรภ์", "เปิดซ้ำ"];

impl Demo {
    pub(super) fn ways(&self) -> impl Iterator<Item = Journey> + '_ {
        let has_one = |(number, _): &(usize, Customer)| matches!(number, 0 | 3 | 4) || number % 3 == 1;
        self.everyone()
            .filter(has_one)
            .map(|(number, customer)| self.way(number, customer))
    }

    fn way(&self, number: usize, customer: Customer) -> Journey {
        let mut random = self.random("journey", number);
        let treatment = if number == 0 {
            ("HydraFacial", 60, 3_500)
        } else {
            random.pick(&names::TREATMENTS)
        };
        let sessions = if number == 0 { 5 } else { random.pick(&[1, 1, 3, 5]) };
        let goal = goal(number, sessions, &mut random);
        let path = path(&goal, sessions);
        let last = self.last_step(&goal, &mut random);
        let steps = timed(&path, last, 1 + random.below(6), self.now);
        Journey {
            number,
            stage: goal.stage.number() - 1,
            customer,
            outcome: steps.last().filter(|step| step.to == Stage::Completed).map(|_| {
                let ending = goal.ending.as_ref().map(|(outcome, _)| *outcome);
                ending.unwrap_or(Outcome::Completed)
            }),
            steps,
            treatment,
            sessions,
        }
    }

    /// When the last step was taken: mostly within what the stage allows.
    fn last_step(&self, goal: &Goal, random: &mut Random) -> i64 {
        let usual = match goal.stage {
            Stage::LeadCreated => 12,
            Stage::Scanned => 2_880,
            Stage::ProposalSent => 7_200,
            Stage::PaymentConfirmed => 4_320,
            Stage::TreatmentScheduled => 8_000,
            Stage::InTreatment => 90,
            Stage::TreatmentCompleted => 1_440,
            Stage::FollowUp => 10_080,
            Stage::Completed => 43_200 + 1_440 * random.days_ago(60),
        };
        let part = random.pick(&[5, 15, 25, 35, 50, 60, 75, 90, 130, 260]);
        let ago = usual * part / 100 * MINUTE;
        if ago < DAY {
            return self.now - ago.max(2 * MINUTE);
        }
        let minute = 600 + random.below(420);
        micros(self.day(-(ago / DAY)), minute).min(self.now)
    }

    pub(super) fn journey_id(&self, number: usize) -> Uuid {
        self.id("journey", number)
    }

    pub(super) fn of_journey(&self, way: &Journey) -> Uuid {
        self.journey_id(way.number)
    }

    pub(super) fn journeys(&self) -> impl Iterator<Item = Vec<Value>> + '_ {
        self.ways().map(|way| self.journey(&way))
    }

    fn journey(&self, way: &Journey) -> Vec<Value> {
        let reached = |action: Action| way.steps.iter().any(|step| step.action == action);
        let count = |action: Action| way.steps.iter().filter(|step| step.action == action).count();
        let is_offered = reached(Action::SendProposal);
        let opened = way.opened(self.now);
        let last = way.steps.last().map_or(opened, |step| step.at);
        let number = |count: usize| Value::Int(i64::try_from(count).unwrap_or(0));
        let reason = way.steps.last().map_or("", |step| step.note);
        vec![
            Value::Uuid(self.journey_id(way.number)),
            Value::Uuid(way.customer.id),
            text(stage_of(way).word()),
            self.by("เมย์"),
            if reached(Action::ScheduleAppointment) {
                self.by("ฟาง")
            } else {
                Value::Null
            },
            text(way.plan(is_offered)),
            Value::Int(opened),
            Value::Int(last),
            number(way.steps.len() + 1),
            Value::Int(last),
            text(way.outcome.map_or("", Outcome::word)),
            text(reason),
            text(way.title(is_offered)),
            if is_offered {
                Value::Int(way.sessions)
            } else {
                Value::Null
            },
            number(count(Action::CompleteTreatment)),
            self.comes(way),
        ]
    }

    /// When she comes: C1 this morning, the others today and on the next days; a few should have come already.
    fn comes(&self, way: &Journey) -> Value {
        let mut random = self.random("booked", way.number);
        match stage_of(way) {
            Stage::TreatmentScheduled if way.number == 0 => Value::Int(micros(self.today, 630)),
            Stage::TreatmentScheduled => {
                let (day, minute) = (
                    self.day(random.pick(&[0, 0, 0, 1, 1, 2, 3, 5])),
                    600 + 15 * random.below(32),
                );
                Value::Int(micros(day, minute))
            }
            Stage::InTreatment => way
                .steps
                .last()
                .map_or(Value::Null, |step| Value::Int(step.at - 10 * MINUTE)),
            _ => Value::Null,
        }
    }

    pub(super) fn journey_actions(&self) -> impl Iterator<Item = Vec<Value>> + '_ {
        self.ways().flat_map(move |way| {
            let steps = way
                .steps
                .iter()
                .enumerate()
                .map(|(nth, step)| self.action(&way, nth, step));
            let opening = std::iter::once(self.opening(&way));
            opening.chain(steps).collect::<Vec<_>>()
        })
    }

    /// One that nobody has moved yet came in by itself: from an advertisement or the web page.
    fn opening(&self, way: &Journey) -> Vec<Value> {
        let by = if way.steps.is_empty() {
            Value::Uuid(super::AUTOMATION)
        } else {
            self.by("เมย์")
        };
        let id = Value::Uuid(self.journey_id(way.number));
        let stage = text(Stage::LeadCreated.word());
        let at = Value::Int(way.opened(self.now));
        vec![
            id.clone(),
            id,
            text(Action::Open.word()),
            by,
            at,
            stage.clone(),
            stage,
            Value::Null,
            Value::Null,
            Value::Int(1),
        ]
    }

    fn action(&self, way: &Journey, nth: usize, step: &Step) -> Vec<Value> {
        let (who, device) = match step.action {
            Action::StartTreatment | Action::CompleteTreatment => ("ฟาง", "PC-B"),
            Action::ConfirmPayment | Action::ScheduleAppointment | Action::NextSession | Action::SendFollowUp => {
                ("นก", "PC-A")
            }
            Action::Cancel => ("บีม", "PC-A"),
            _ => ("เมย์", "PC-B"),
        };
        vec![
            Value::Uuid(self.id("action", way.number * 64 + nth)),
            Value::Uuid(self.journey_id(way.number)),
            text(step.action.word()),
            self.by(who),
            Value::Int(step.at),
            text(step.from.word()),
            text(step.to.word()),
            text(step.note),
            text(device),
            Value::Int(i64::try_from(nth).unwrap_or(0) + 2),
        ]
    }

    pub(super) fn by(&self, nickname: &str) -> Value {
        self.staff_id(nickname).map_or(Value::Null, Value::Uuid)
    }
}

impl Journey {
    /// Some hours before its first step; a lead that nobody has touched came minutes ago.
    fn opened(&self, now: i64) -> i64 {
        let mut random = Random::new(1, "opened", self.number);
        match self.steps.first() {
            Some(step) => step.at - (20 + random.below(180)) * MINUTE,
            None => now - random.pick(&[3, 4, 8, 11, 26]) * MINUTE,
        }
    }

    fn plan(&self, is_offered: bool) -> String {
        let (name, _, price) = self.treatment;
        if !is_offered {
            return "{}".into();
        }
        format!(
            "{{\"name\":\"{name}\",\"sessions\":{},\"totalAmount\":{}}}",
            self.sessions,
            price * self.sessions
        )
    }

    fn title(&self, is_offered: bool) -> String {
        if is_offered {
            self.treatment.0.to_owned()
        } else {
            String::new()
        }
    }
}

fn stage_of(way: &Journey) -> Stage {
    way.steps.last().map_or(Stage::LeadCreated, |step| step.to)
}

/// Where the nth journey stands. C1 comes today for the third of five sessions.
fn goal(number: usize, sessions: i64, random: &mut Random) -> Goal {
    let open = |stage, done| Goal {
        stage,
        done,
        ending: None,
    };
    match number {
        0 => return open(Stage::TreatmentScheduled, 2),
        3 => return open(Stage::ProposalSent, 0),
        4 => return open(Stage::FollowUp, 0),
        7 => return open(Stage::InTreatment, 0),
        _ => {}
    }
    let is_open = random.percent(if number < BUSY { 45 } else { 2 });
    let stage = random.pick(&OPEN);
    let done = random.below(sessions);
    if is_open {
        return open(Stage::from_word(stage).unwrap_or(Stage::Scanned), done);
    }
    let ending = match random.below(10) {
        0..7 => None,
        7 | 8 => Some((Outcome::Lost, random.pick(&LOST))),
        _ => Some((Outcome::Cancelled, random.pick(&CANCELLED))),
    };
    Goal {
        stage: Stage::Completed,
        done: sessions - 1,
        ending,
    }
}

/// How often an open journey stands where: many wait for their booking or are followed up, few are treated right now.
const OPEN: [&str; 20] = [
    "lead_created",
    "scanned",
    "scanned",
    "proposal_sent",
    "proposal_sent",
    "proposal_sent",
    "payment_confirmed",
    "payment_confirmed",
    "treatment_scheduled",
    "treatment_scheduled",
    "treatment_scheduled",
    "treatment_scheduled",
    "treatment_scheduled",
    "in_treatment",
    "treatment_completed",
    "treatment_completed",
    "follow_up",
    "follow_up",
    "follow_up",
    "follow_up",
];

/// The steps that lead there, with the days before each; a treatment takes under an hour.
fn path(goal: &Goal, sessions: i64) -> Vec<(Action, Stage, Stage, bool, &'static str)> {
    let mut wanted = vec![Action::ScanCustomer, Action::SendProposal];
    match &goal.ending {
        Some((Outcome::Lost, _)) => wanted.push(Action::MarkLost),
        Some((Outcome::Cancelled, _)) => wanted.extend([Action::ConfirmPayment, Action::Cancel]),
        Some((Outcome::Completed, _)) | None => wanted.extend(treated(goal, sessions)),
    }
    let mut stage = Stage::LeadCreated;
    let mut steps = vec![];
    for action in wanted {
        if stage == goal.stage && goal.stage.number() < Stage::TreatmentScheduled.number() {
            break;
        }
        let Some(row) = transitions().find(|row| row.rule.action == action && row.from == stage) else {
            break;
        };
        let note = goal
            .ending
            .as_ref()
            .filter(|_| row.rule.asks_reason)
            .map_or("", |(_, why)| *why);
        steps.push((action, row.from, row.to, action == Action::CompleteTreatment, note));
        stage = row.to;
    }
    steps
}

/// From the payment on: the sessions done before, then as far as the goal.
fn treated(goal: &Goal, sessions: i64) -> Vec<Action> {
    let mut steps = vec![Action::ConfirmPayment, Action::ScheduleAppointment];
    for _ in 0..goal.done.min(sessions - 1) {
        steps.extend([Action::StartTreatment, Action::CompleteTreatment, Action::NextSession]);
    }
    let rest = [
        Action::StartTreatment,
        Action::CompleteTreatment,
        Action::SendFollowUp,
        Action::CloseCase,
    ];
    let more = goal.stage.number().saturating_sub(Stage::TreatmentScheduled.number());
    steps.extend(rest.into_iter().take(more));
    steps
}

/// The steps with their times: the last one at `last`, those before it `pace` days apart.
fn timed(path: &[(Action, Stage, Stage, bool, &'static str)], last: i64, pace: i64, now: i64) -> Vec<Step> {
    let mut at = last.min(now);
    let mut steps: Vec<Step> = path
        .iter()
        .rev()
        .map(|(action, from, to, is_short, note)| {
            let step = Step {
                action: *action,
                from: *from,
                to: *to,
                at,
                note,
            };
            at -= if *is_short { 50 * MINUTE } else { pace * DAY };
            step
        })
        .collect();
    steps.reverse();
    steps
}
