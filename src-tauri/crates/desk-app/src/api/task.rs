//! Tasks: the list and what can be done with one.

use desk_core::{order::WokenBy, priority::Priority};
use serde::{Deserialize, Serialize};
use ts_rs::TS;
use uuid::Uuid;

use super::lead::LeadFactor;

/// Which tasks.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TaskList {
    /// Whose.
    pub whose: Whose,
    /// Open ones or closed ones.
    pub state: TaskState,
}

/// Whose tasks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Whose {
    /// The signed-in person's.
    Mine,
    /// Everyone's.
    Everyone,
}

/// Open, sleeping or closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum TaskState {
    /// To do now.
    Open,
    /// Of these the calls to somebody who may be called.
    Calls,
    /// Snoozed until later.
    Snoozed,
    /// Done or cancelled, newest first, at most 200.
    Closed,
}

/// One task, with why it is here.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct TaskRow {
    /// The task.
    pub id: Uuid,
    /// What to do.
    pub title: String,
    /// One of the eight kinds.
    pub kind: String,
    /// More about it.
    pub description: Option<String>,
    /// How urgent.
    pub priority: Priority,
    /// `pending`, `in_progress`, `completed`, `cancelled`.
    pub status: String,
    /// Due.
    pub due_at: Option<i64>,
    /// Sleeps until.
    pub snoozed_until: Option<i64>,
    /// Due has passed: derived, never stored.
    pub is_overdue: bool,
    /// The customer it is about.
    pub customer: Option<CustomerRef>,
    /// Whose it is.
    pub assigned_to: Option<StaffRef>,
    /// When it was closed.
    pub completed_at: Option<i64>,
    /// Notes, oldest first.
    pub notes: Option<String>,
    /// Why it is here, as facts the window puts into words.
    pub reasons: Vec<Reason>,
    /// A change made here still waits to be sent.
    pub is_waiting: bool,
    /// It is done by calling the customer.
    pub is_call: bool,
    /// Who has begun it.
    pub started_by: Option<StaffRef>,
}

/// Why a row is here: a code and the facts that go with it. The window has the words.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case", tag = "code")]
pub enum Reason {
    /// Due has passed.
    Overdue {
        /// Since when.
        since: i64,
    },
    /// Due soon.
    DueAt {
        /// When.
        at: i64,
    },
    /// No time is set for it.
    NoDueDate {},
    /// Its priority is not the usual one.
    Urgent {
        /// How urgent.
        priority: Priority,
    },
    /// The customer comes today.
    BookedToday {
        /// `HH:MM`.
        time: String,
    },
    /// What kind of task it is.
    Kind {
        /// The kind, as stored.
        kind: String,
    },
    /// The journey stands at this stage.
    Stage {
        /// The stage.
        stage: String,
    },
    /// It woke up after a snooze, before its time because of something.
    Woke {
        /// When.
        at: i64,
        /// Because of what.
        because: Option<WokenBy>,
    },
    /// So many calls in a row were not answered.
    Tried {
        /// How many.
        times: u32,
    },
    /// A fact in the clinic's own words.
    Fact {
        /// The words.
        text: String,
    },
    /// Score reached the clinic's threshold.
    Score {
        /// The score, 0 to 100.
        score: i64,
        /// The threshold.
        threshold: i64,
    },
    /// Nobody has answered since then.
    WaitingSince {
        /// When the lead came.
        at: i64,
    },
    /// What is known of a lead.
    Lead {
        /// The fact, with what has become of earlier leads with it.
        factor: LeadFactor,
    },
    /// Asked not to be contacted.
    DoNotContact {},
    /// A follow-up rule planned it.
    Rule {
        /// The rule's name.
        name: String,
    },
}

/// A customer in a row.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct CustomerRef {
    /// The customer.
    pub id: Uuid,
    /// Full name.
    pub full_name: String,
    /// Nickname.
    pub nickname: Option<String>,
    /// Asked not to be contacted.
    pub do_not_contact: bool,
}

/// A colleague in a row.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct StaffRef {
    /// The person.
    pub id: Uuid,
    /// What colleagues call them.
    pub nickname: String,
    /// `owner`, `manager`, `front_desk`, `sales`, `beautician`.
    pub role: String,
}

/// A colleague, with whether they are here.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Colleague {
    /// The person.
    pub id: Uuid,
    /// What colleagues call them.
    pub nickname: String,
    /// `owner`, `manager`, `front_desk`, `sales`, `beautician`.
    pub role: String,
    /// Away until then.
    pub away_until: Option<i64>,
}

/// Close a task as done. Errors: `task_not_found`, `task_already_closed`, `text_too_long`.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TaskComplete {
    /// Which.
    pub id: Uuid,
    /// What came of it.
    pub note: Option<String>,
}

/// Give a task to someone. Errors: `task_not_found`, `task_already_closed`, `person_not_found`.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TaskReassign {
    /// Which.
    pub id: Uuid,
    /// To whom.
    pub to: Uuid,
}

/// Let a task sleep. Errors: `task_not_found`, `task_already_closed`.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TaskSnooze {
    /// Which.
    pub id: Uuid,
    /// For how long.
    pub until: SnoozeUntil,
}

/// How long a thing sleeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum SnoozeUntil {
    /// 15 minutes.
    Quarter,
    /// An hour.
    Hour,
    /// Tomorrow at 09:00 in the clinic.
    Tomorrow,
    /// Monday next week at 09:00 in the clinic.
    NextWeek,
}

/// Let a task sleep until an instant, for example one that was typed. Errors: `task_not_found`, `task_already_closed`, `date_out_of_range`.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TaskSnoozeUntil {
    /// Which.
    pub id: Uuid,
    /// Until when.
    pub at: i64,
}

/// Begin a task. Errors: `task_not_found`, `task_already_closed`, `task_started`.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TaskStart {
    /// Which.
    pub id: Uuid,
}

/// Make a task about a customer. Errors: `customer_not_found`, `person_not_found`, `value_not_allowed`, `text_too_long`, `date_out_of_range`, `task_exists`.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TaskCreate {
    /// About whom.
    pub customer_id: Uuid,
    /// One of the eight kinds.
    pub kind: String,
    /// What to do; none: what a task of the kind is called.
    pub title: Option<String>,
    /// When it is due.
    pub due_at: Option<i64>,
    /// To whom; none: to who suits best.
    pub to: Option<Uuid>,
    /// How urgent; none: as the kind.
    pub priority: Option<Priority>,
    /// A note.
    pub note: Option<String>,
}

/// Somebody is away until an instant; what is due meanwhile goes to others. Errors: `person_not_found`, `role_not_allowed`, `date_out_of_range`, `text_too_long`.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StaffAway {
    /// Who.
    pub id: Uuid,
    /// Until when.
    pub until: i64,
    /// Why.
    pub reason: Option<String>,
}

/// Somebody is here again. Errors: `person_not_found`, `role_not_allowed`.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StaffBack {
    /// Who.
    pub id: Uuid,
}

/// Add a note to a task. Errors: `task_not_found`, `text_empty`, `text_too_long`.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TaskNote {
    /// Which.
    pub id: Uuid,
    /// The note.
    pub text: String,
}

/// A list of tasks: which, in their order, and the first of them as rows.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct TaskRows {
    /// All of them. Most urgent first; closed ones newest first.
    pub ids: Vec<Uuid>,
    /// The first 30 of them; for others ask `task_rows`.
    pub rows: Vec<TaskRow>,
}

/// Some tasks are looked at.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TaskIds {
    /// Which; of more than 200 the first.
    pub ids: Vec<Uuid>,
}

/// Tasks that were asked for.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct TasksFound {
    /// Those that there are, in the order in which they were asked for.
    pub rows: Vec<TaskRow>,
}

/// The clinic's active staff.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Colleagues {
    /// By nickname.
    pub rows: Vec<Colleague>,
}
