//! What the demo clinic does by itself: two rules that are on, three that wait for a manager to look at them.

use super::{Demo, flag, text};
use crate::synced::Value;

/// Name, stage, action that leads there, minutes, conditions, what, data (`{followup}` is the last follow-up rule), on.
type Rule = (
    &'static str,
    &'static str,
    Option<&'static str>,
    i64,
    &'static str,
    &'static str,
    &'static str,
    bool,
);

#[rustfmt::skip]
const RULES: [Rule; 5] = [
    ("ลีดใหม่ยังไม่มีใครทัก", "lead_created", None, 30, r#"{"seller":false}"#, "notify", r#"{"to":"sales","text":"มีลูกค้าใหม่รอคำตอบเกิน 30 นาที","importance":"high"}"#, true),
    ("โทรตามใบเสนอราคา", "proposal_sent", None, 2_880, r#"{"appointment":false}"#, "create_task", r#"{"kind":"customer_follow_up","to":"seller","due_minutes":240}"#, true),
    ("ส่งต่อหลังทำเสร็จ", "treatment_completed", Some("complete_treatment"), 1_440, "{}", "move", r#"{"action":"send_follow_up"}"#, false),
    ("ชวนกลับมาหลัง 60 วัน", "follow_up", None, 0, r#"{"not_visited_days":60,"appointment":false}"#, "plan_followup", r#"{"followup_rule":"{followup}","after_minutes":60}"#, false),
    ("ขอรีวิวจากลูกค้า", "completed", None, 4_320, "{}", "create_task", r#"{"kind":"review_request","to":"seller","due_minutes":1440}"#, false),
];

impl Demo {
    pub(super) fn automation_rules(&self) -> impl Iterator<Item = Vec<Value>> + '_ {
        RULES
            .iter()
            .enumerate()
            .map(|(index, rule)| self.automation_rule(index, rule))
    }

    fn automation_rule(
        &self,
        index: usize,
        (name, stage, action, minutes, conditions, word, data, is_on): &Rule,
    ) -> Vec<Value> {
        let made = super::instant(self.day(-40), 600 + i64::try_from(index).unwrap_or(0));
        let followup = self.id("rule", 7).to_string();
        vec![
            Value::Uuid(self.id("automation_rule", index)),
            text(*name),
            text(*stage),
            action.map_or(Value::Null, text),
            text(*conditions),
            text(*word),
            text(data.replace("{followup}", &followup)),
            Value::Int(*minutes),
            flag(*is_on),
            if *is_on { made.clone() } else { Value::Null },
            Value::Int(1),
            Value::Null,
            made,
        ]
    }
}
