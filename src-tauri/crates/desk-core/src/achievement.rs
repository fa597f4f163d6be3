//! What a customer has to do for an achievement, as the clinic's table keeps it in `conditions`. All that is asked has to be met; how far somebody is, PostgreSQL
//! says (`desk.achievement_percents`), and what can be asked, both say alike (`desk.is_achievable`).

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Turns that follow each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(rename = "TurnUnit")]
pub enum Turn {
    /// Calendar months.
    Month,
    /// Weeks from Monday.
    Week,
    /// Days.
    Day,
}

/// How often it can be earned again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(rename = "EarnedAgain")]
pub enum Again {
    /// Once each calendar year.
    Year,
    /// Once each calendar month.
    Month,
}

/// What has to be met. What is not asked is none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[ts(rename = "AchievementConditions")]
pub struct Conditions {
    /// Money paid less what was given back, in whole baht.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total_spent: Option<i64>,
    /// Days on which somebody was here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub visit_count: Option<i64>,
    /// Turns one after the other with a visit in each.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub consecutive_visits: Option<i64>,
    /// Which turns; none: months.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub period: Option<Turn>,
    /// Friends whose referral was paid.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub referral_count: Option<i64>,
    /// Points ever earned, but for those that achievements gave.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub points_earned: Option<i64>,
    /// A treatment whose plan names one of these was completed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub treatment_types: Vec<String>,
    /// Only money and visits of so many months back count.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub within_months: Option<i64>,
    /// It can be earned again, and only money and visits of that time count.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub each: Option<Again>,
}

/// Names of treatments that may be asked for.
const MOST_TREATMENTS: usize = 10;
/// Characters of each.
const LONGEST_TREATMENT: usize = 100;

impl Conditions {
    /// What the clinic's table holds; none where it asks what no desk can show.
    pub fn read(text: &str) -> Option<Self> {
        serde_json::from_str::<Self>(text).ok().filter(Self::is_achievable)
    }

    /// Whether anybody can meet them, and each is what it may be.
    pub fn is_achievable(&self) -> bool {
        let is_in =
            |value: Option<i64>, least: i64, most: i64| value.is_none_or(|value| (least..=most).contains(&value));
        self.asks_something()
            && is_in(self.total_spent, 1, 100_000_000)
            && is_in(self.visit_count, 1, 1_000)
            && is_in(self.consecutive_visits, 2, 120)
            && is_in(self.referral_count, 1, 1_000)
            && is_in(self.points_earned, 1, 10_000_000)
            && is_in(self.within_months, 1, 120)
            && self.treatments_are_names()
            && (self.period.is_none() || self.consecutive_visits.is_some())
            && (self.each.is_none() || self.within_months.is_none())
    }

    fn asks_something(&self) -> bool {
        let counts = [
            self.total_spent,
            self.visit_count,
            self.consecutive_visits,
            self.referral_count,
            self.points_earned,
        ];
        counts.iter().any(Option::is_some) || !self.treatment_types.is_empty()
    }

    fn treatments_are_names(&self) -> bool {
        let is_name = |name: &String| (1..=LONGEST_TREATMENT).contains(&name.trim().chars().count());
        self.treatment_types.len() <= MOST_TREATMENTS && self.treatment_types.iter().all(is_name)
    }

    /// Under which of the web system's headings it stands.
    pub fn category(&self) -> &'static str {
        if self.referral_count.is_some() {
            "referral"
        } else if self.total_spent.is_some() || self.points_earned.is_some() {
            "spending"
        } else if self.treatment_types.is_empty() {
            "frequency"
        } else {
            "milestone"
        }
    }
}

/// A special reward as the clinic's table holds it, in words: PostgreSQL says the same (`desk.special_words`).
pub fn special_words(text: &str) -> Option<String> {
    const SAYS: [&str; 6] = ["name", "title", "description", "value", "rewardId", "reward_id"];
    let value: serde_json::Value = serde_json::from_str(text).ok()?;
    let said = match &value {
        serde_json::Value::String(said) => said.clone(),
        serde_json::Value::Object(fields) => SAYS.iter().find_map(|name| match fields.get(*name)? {
            serde_json::Value::Null => None,
            serde_json::Value::String(said) => Some(said.clone()),
            other => Some(other.to_string()),
        })?,
        _ => return None,
    };
    let said: String = said.trim_matches(' ').chars().take(200).collect();
    (!said.is_empty()).then_some(said)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_table_holds_is_read_and_written_back_alike() {
        for text in [
            r#"{"totalSpent":10000}"#,
            r#"{"visitCount":5,"withinMonths":3}"#,
            r#"{"visitCount":12,"each":"year"}"#,
            r#"{"consecutiveVisits":6,"period":"month"}"#,
            r#"{"treatmentTypes":["Botox","เลเซอร์"]}"#,
        ] {
            let read = Conditions::read(text).unwrap();
            assert_eq!(serde_json::to_string(&read).unwrap(), text);
        }
    }

    #[test]
    fn what_nobody_can_meet_or_no_desk_can_show_is_none() {
        for text in [
            "{}",
            "[]",
            r#"{"withinMonths":3}"#,
            r#"{"totalSpent":0}"#,
            r#"{"totalSpent":1.5}"#,
            r#"{"visitCount":"5"}"#,
            r#"{"visitCount":1,"moon":"full"}"#,
            r#"{"visitCount":1,"period":"week"}"#,
            r#"{"visitCount":1,"withinMonths":1,"each":"year"}"#,
            r#"{"treatmentTypes":[" "]}"#,
        ] {
            assert_eq!(Conditions::read(text), None, "{text}");
        }
    }

    #[test]
    fn a_special_reward_is_read_in_whichever_way_it_was_written() {
        for (text, said) in [
            (r#""มาสก์ฟรี""#, Some("มาสก์ฟรี")),
            (r#"{"type":"points","value":50}"#, Some("50")),
            (r#"{"name":null,"title":"VIP"}"#, Some("VIP")),
            ("null", None),
            ("{}", None),
        ] {
            assert_eq!(special_words(text).as_deref(), said, "{text}");
        }
    }
}
