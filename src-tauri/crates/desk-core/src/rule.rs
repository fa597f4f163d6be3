//! Automation rules: what can be said in one, as closed lists. The database holds, checks and executes them (`desk.rule_problem` and beside); this is
//! the same shape with types, so that a desk offers nothing that would be refused, and shows what it does not understand as such. A test compares the two.

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use ts_rs::TS;
use uuid::Uuid;

use crate::priority::Priority;

/// Longest name of a rule, in characters.
pub const NAME: usize = 120;
/// Longest text of a notification, in characters: it has to fit a toast.
pub const TEXT: usize = 200;
/// Longest delay: a year, in minutes.
pub const DELAY: u32 = 525_600;
/// Longest time that a task may be given: ninety days, in minutes.
pub const TASK_DUE: u32 = 129_600;
/// Longest list of words in a condition, and the longest of them in characters.
pub const WORDS: (usize, usize) = (20, 60);
/// Longest that somebody may not have been here: ten years, in days.
pub const AWAY: u32 = 3_650;

/// The kinds of task that a rule may give or ask about.
pub const TASK_KINDS: [&str; 8] = [
    "scan_customer",
    "send_proposal",
    "prepare_treatment",
    "follow_up_upsell",
    "customer_follow_up",
    "payment_reminder",
    "appointment_reminder",
    "review_request",
];

/// A stage in which a rule may begin: the actions that lead there, and those that the clinic itself may do from there.
pub struct Stage {
    /// The word that the database stores.
    pub word: &'static str,
    /// What leads there.
    pub led_by: &'static [&'static str],
    /// What an automatic step may be.
    pub moves: &'static [&'static str],
}

const fn stage(word: &'static str, led_by: &'static [&'static str], moves: &'static [&'static str]) -> Stage {
    Stage { word, led_by, moves }
}

/// The nine stages in their order, as `desk.transition` has them; a test compares the two.
pub const STAGES: [Stage; 9] = [
    stage("lead_created", &["open", "step_back"], &[]),
    stage("scanned", &["scan_customer", "step_back"], &["send_proposal"]),
    stage("proposal_sent", &["send_proposal", "step_back"], &[]),
    stage("payment_confirmed", &["confirm_payment", "no_show", "step_back"], &[]),
    stage(
        "treatment_scheduled",
        &["schedule_appointment", "next_session", "step_back"],
        &[],
    ),
    stage("in_treatment", &["start_treatment", "step_back"], &[]),
    stage(
        "treatment_completed",
        &["complete_treatment", "step_back"],
        &["send_follow_up"],
    ),
    stage("follow_up", &["send_follow_up", "step_back"], &["close_case"]),
    stage("completed", &["close_case", "mark_lost", "cancel"], &[]),
];

/// What must be true when the time has come, besides the journey's stage. All of it has to hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct Conditions {
    /// The journey is still in the stage that began it.
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    #[ts(optional, as = "Option<bool>")]
    pub stays: bool,
    /// It has, or has no, seller.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub seller: Option<bool>,
    /// It has, or has no, beautician.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub beautician: Option<bool>,
    /// The customer has, or has no, appointment from today on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub appointment: Option<bool>,
    /// The customer is of one of these types.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(optional, as = "Option<Vec<String>>")]
    pub types: Vec<String>,
    /// The customer has one of these tags.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(optional, as = "Option<Vec<String>>")]
    pub tags: Vec<String>,
    /// The customer has not been here for so many days, or never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub not_visited_days: Option<u32>,
    /// No task of this kind is open on the journey.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub without_task: Option<String>,
}

fn yes() -> bool {
    true
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "what serde asks for")]
fn is_yes(said: &bool) -> bool {
    *said
}

impl Default for Conditions {
    fn default() -> Self {
        Self {
            stays: true,
            seller: None,
            beautician: None,
            appointment: None,
            types: vec![],
            tags: vec![],
            not_visited_days: None,
            without_task: None,
        }
    }
}

/// Whom a rule means: the journey's own, else the first of that role, else a manager.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Recipient {
    /// The journey's seller.
    Seller,
    /// The journey's beautician.
    Beautician,
    /// Everyone at the front desk.
    FrontDesk,
    /// Everyone in sales.
    Sales,
    /// The managers.
    Manager,
}

/// What a rule does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "target_action", content = "target_data", rename_all = "snake_case")]
pub enum Target {
    /// Gives somebody a task, unless one of its kind is open already.
    CreateTask(NewTask),
    /// Tells somebody.
    Notify(Notice),
    /// Moves the journey on, where the clinic may do so by itself.
    Move(Step),
    /// Plans a follow-up by one of the clinic's follow-up rules.
    PlanFollowup(Plan),
}

/// A task that a rule gives.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct NewTask {
    /// One of the eight kinds.
    pub kind: String,
    /// To whom.
    pub to: Recipient,
    /// Due so many minutes later.
    #[serde(default)]
    pub due_minutes: u32,
}

/// A notification that a rule sends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct Notice {
    /// To whom.
    pub to: Recipient,
    /// What it says. Whom it is about is added by the link, never by a name.
    pub text: String,
    /// How much it matters; nothing automatic is critical.
    #[serde(default)]
    pub importance: Priority,
}

/// A move of the journey.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// One of the actions that the clinic itself may do.
    pub action: String,
}

/// A follow-up to be planned.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// By which follow-up rule of the clinic.
    pub followup_rule: Uuid,
    /// So many minutes later.
    #[serde(default)]
    pub after_minutes: u32,
}

/// What a rule says. `None` where the stored words are of a shape that this program does not know: a newer one's, or an odd row's.
///
/// # Errors
/// None: what cannot be read is not there.
pub fn read(conditions: &str, target_action: &str, target_data: &str) -> Option<(Conditions, Target)> {
    let object = |text: &str| serde_json::from_str(text).ok().filter(Json::is_object);
    let conditions = serde_json::from_value(object(conditions)?).ok()?;
    let data = object(target_data)?;
    let target = serde_json::json!({ "target_action": target_action, "target_data": data });
    Some((conditions, serde_json::from_value(target).ok()?))
}

impl Target {
    /// The action's word and its data, as the database stores them.
    pub fn written(&self) -> (&'static str, Json) {
        let data = |data: serde_json::Result<Json>| data.unwrap_or_default();
        match self {
            Self::CreateTask(task) => ("create_task", data(serde_json::to_value(task))),
            Self::Notify(notice) => ("notify", data(serde_json::to_value(notice))),
            Self::Move(step) => ("move", data(serde_json::to_value(step))),
            Self::PlanFollowup(plan) => ("plan_followup", data(serde_json::to_value(plan))),
        }
    }
}

/// The field that cannot be, by the database's name of it; none when all can. Stages, actions, kinds and follow-up rules come out of lists of
/// the clinic's and are the database's to check.
pub fn problem(name: &str, delay_minutes: u32, conditions: &Conditions, target: &Target) -> Option<&'static str> {
    let is_text = |text: &str, most: usize| !text.trim().is_empty() && text.trim().chars().count() <= most;
    let is_list = |words: &[String]| words.len() <= WORDS.0 && words.iter().all(|word| is_text(word, WORDS.1));
    let is_away = |days: u32| (1..=AWAY).contains(&days);
    let checks = [
        (is_text(name, NAME), "rule_name"),
        (delay_minutes <= DELAY, "delay_minutes"),
        (is_list(&conditions.types), "conditions.types"),
        (is_list(&conditions.tags), "conditions.tags"),
        (
            conditions.not_visited_days.is_none_or(is_away),
            "conditions.not_visited_days",
        ),
    ];
    let wrong = checks.into_iter().find(|(fits, _)| !fits).map(|(_, field)| field);
    wrong.or_else(|| target_problem(target, is_text))
}

fn target_problem(target: &Target, is_text: impl Fn(&str, usize) -> bool) -> Option<&'static str> {
    match target {
        Target::CreateTask(task) => (task.due_minutes > TASK_DUE).then_some("target_data.due_minutes"),
        Target::Notify(notice) if !is_text(&notice.text, TEXT) => Some("target_data.text"),
        Target::Notify(notice) => (notice.importance == Priority::Critical).then_some("target_data.importance"),
        Target::Move(_) => None,
        Target::PlanFollowup(plan) => (plan.after_minutes > DELAY).then_some("target_data.after_minutes"),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn notify(text: &str) -> Target {
        Target::Notify(Notice {
            to: Recipient::Seller,
            text: text.into(),
            importance: Priority::Medium,
        })
    }

    #[test]
    fn nothing_said_means_that_the_journey_stays_and_nothing_else_is_asked() {
        let (conditions, _) = read("{}", "move", r#"{"action": "close_case"}"#).unwrap();
        assert_eq!(conditions, Conditions::default());
        assert_eq!(serde_json::to_value(&conditions).unwrap(), json!({}));
    }

    #[test]
    fn what_this_program_does_not_know_is_not_guessed() {
        let data = r#"{"action": "close_case"}"#;
        assert_eq!(read(r#"{"phase_of_moon": "full"}"#, "move", data), None);
        assert_eq!(read("[]", "move", data), None);
        assert_eq!(read("{}", "send_flowers", "{}"), None);
        assert_eq!(read("{}", "move", r#"{"action": "close_case", "twice": true}"#), None);
        assert_eq!(read("{}", "notify", r#"{"to": "everyone", "text": "x"}"#), None);
    }

    #[test]
    fn what_cannot_be_is_named_by_its_field() {
        let none = Conditions::default();
        assert_eq!(problem("ชื่อ", 5, &none, &notify("ข้อความ")), None);
        assert_eq!(problem("  ", 5, &none, &notify("x")), Some("rule_name"));
        assert_eq!(problem("x", DELAY + 1, &none, &notify("x")), Some("delay_minutes"));
        assert_eq!(
            problem("x", 5, &none, &notify(&"ก".repeat(TEXT + 1))),
            Some("target_data.text")
        );
        let away = Conditions {
            not_visited_days: Some(0),
            ..none
        };
        assert_eq!(
            problem("x", 5, &away, &notify("x")),
            Some("conditions.not_visited_days")
        );
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_as_it_was(seller in any::<Option<bool>>(), stays: bool, days in proptest::option::of(1..AWAY), tags in proptest::collection::vec("[a-zก-ฮ]{1,9}", 0..4), due in 0..TASK_DUE) {
            let conditions = Conditions { stays, seller, not_visited_days: days, tags, ..Conditions::default() };
            let target = Target::CreateTask(NewTask { kind: "send_proposal".into(), to: Recipient::Beautician, due_minutes: due });
            let (word, data) = target.written();
            let text = serde_json::to_string(&conditions).unwrap();
            prop_assert_eq!(read(&text, word, &data.to_string()), Some((conditions, target)));
        }
    }
}
