//! What the clinic does by itself: the rules of its managers.

use desk_core::rule::{Conditions, Target};
use serde::{Deserialize, Serialize};
use ts_rs::TS;
use uuid::Uuid;

use super::task::CustomerRef;

/// How a rule stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum RuleState {
    /// It runs.
    On,
    /// It does not.
    Off,
    /// It says that it is on, but nobody has switched it on since rules can run: it does nothing until somebody does.
    Unstarted,
    /// It cannot run as it is.
    Broken,
}

/// One rule.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct RuleRow {
    /// The rule.
    pub id: Uuid,
    /// What it is called.
    pub name: String,
    /// How it stands.
    pub state: RuleState,
    /// The stage in which it begins.
    pub trigger_stage: String,
    /// Only when this action led there.
    pub trigger_action: Option<String>,
    /// How long after, in minutes.
    pub delay_minutes: i64,
    /// What must be true then; none where this program does not understand it.
    pub conditions: Option<Conditions>,
    /// What it does; none where this program does not understand it.
    pub target: Option<Target>,
    /// Since when it is on.
    pub active_from: Option<i64>,
    /// Of what it does: a change names the one it saw.
    pub version: i64,
    /// The field because of which it cannot run.
    pub problem: Option<String>,
    /// A change made here still waits to be sent.
    pub is_waiting: bool,
}

/// A follow-up rule that a rule may plan by.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct FollowupChoice {
    /// The follow-up rule.
    pub id: Uuid,
    /// What it is called.
    pub name: String,
}

/// What leads where.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct StageChoice {
    /// The stage.
    pub stage: String,
    /// Actions that lead there.
    pub led_by: Vec<String>,
    /// Actions that the clinic itself may do from there.
    pub moves: Vec<String>,
}

/// Every rule of the clinic, and what there is to choose from for one. Errors: `locked`, `role_not_allowed`.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct RuleRows {
    /// The oldest first.
    pub rows: Vec<RuleRow>,
    /// The nine stages in their order.
    pub stages: Vec<StageChoice>,
    /// The eight kinds of task.
    pub task_kinds: Vec<String>,
    /// The clinic's follow-up rules that are on.
    pub followups: Vec<FollowupChoice>,
}

/// What one rule did within the last 30 days.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct RuleFigure {
    /// The rule.
    pub id: Uuid,
    /// How often it did what it says.
    pub did: i64,
    /// How often its time came and it was not true any more.
    pub passed_over: i64,
    /// How often its time is still to come.
    pub waiting: i64,
    /// How often it failed for good.
    pub failed: i64,
    /// When it last did something.
    pub last_did_at: Option<i64>,
    /// The database's five letters for what went wrong last.
    pub last_error: Option<String>,
}

/// The figures of all rules, from the clinic itself. Errors: `locked`, `role_not_allowed`, `clinic_unreachable`.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct RuleFigures {
    /// One row a rule that did or will do something.
    pub rows: Vec<RuleFigure>,
}

/// Make a rule, or change one: it is off then, unless only its name changed. Errors: `role_not_allowed`, `rule_not_found`, `rule_invalid` (field),
/// `changed_meanwhile`.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RuleSave {
    /// The rule to change; none makes one.
    pub id: Option<Uuid>,
    /// The version that was seen, for a change.
    pub expected: Option<i64>,
    /// What it is called.
    pub name: String,
    /// The stage in which it begins.
    pub trigger_stage: String,
    /// Only when this action led there.
    pub trigger_action: Option<String>,
    /// How long after, in minutes.
    pub delay_minutes: u32,
    /// What must be true then.
    pub conditions: Conditions,
    /// What it does.
    pub target: Target,
}

/// Switch a rule on from now, or off. Errors as for saving.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RuleSwitch {
    /// Which.
    pub id: Uuid,
    /// The version that was seen.
    pub expected: i64,
    /// On.
    pub active: bool,
}

/// Ask whom a rule would touch now. Errors: `role_not_allowed`, `rule_not_found`, `rule_invalid`, `clinic_unreachable`.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RuleAsk {
    /// Which.
    pub id: Uuid,
}

/// So many, through this or for this.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct RuleShare {
    /// A channel, a person's word, a stage; or why they are left out.
    pub word: String,
    /// How many.
    pub count: i64,
}

/// One journey that would be touched.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct RuleTouched {
    /// The journey.
    pub journey_id: Uuid,
    /// Whose; none where this PC has not heard of them yet.
    pub customer: Option<CustomerRef>,
    /// Since when it is in the rule's stage.
    pub entered_at: i64,
    /// Through what.
    pub channel: Option<String>,
}

/// What a rule would do, if it were done to what is there now.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct RuleDryRun {
    /// Of the rule.
    pub version: i64,
    /// How many journeys.
    pub count: i64,
    /// By which a backfill knows that they are still the same.
    pub digest: String,
    /// The same by channel.
    pub by: Vec<RuleShare>,
    /// Who is left out, and why.
    pub left_out: Vec<RuleShare>,
    /// The first of them.
    pub rows: Vec<RuleTouched>,
    /// It can be done to these too; not in the demo clinic, where nothing is done by itself.
    pub can_backfill: bool,
}

/// Switch a rule on, and have it done to exactly those that the dry run showed. Errors as for saving; the clinic may refuse with `dry_run_outdated` (count).
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RuleBackfill {
    /// Which.
    pub id: Uuid,
    /// The version that was seen.
    pub expected: i64,
    /// How many.
    pub count: i64,
    /// Which ones.
    pub digest: String,
}
