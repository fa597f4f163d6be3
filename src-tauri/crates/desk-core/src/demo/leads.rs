//! Leads of the demo clinic: some that wait, some that somebody has, and those of the last half year with what became of them, so that
//! "so many of so many bought" is counted from rows.

use super::{Demo, clinic::STAFF, flag, instant, names, text};
use crate::{lead::OUTCOMES, synced::Value};

/// Where a waiting lead stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stand {
    /// Nobody has taken it.
    Open,
    /// Somebody has it and has not answered.
    Claimed,
    /// Somebody has it, has answered, and goes on.
    Answered,
}

/// A lead that is not over. The scores are what `desk.score_lead` says of these factors.
struct Waiting {
    name: &'static str,
    phone: &'static str,
    source: &'static str,
    message: &'static str,
    /// Score, and from where to where it may lie.
    score: (i64, i64, i64),
    is_hot: bool,
    factors: &'static str,
    stand: Stand,
}

#[rustfmt::skip]
const WAITING: [Waiting; 9] = [
    Waiting { name: "มายด์", phone: "084-555-6666", source: "ads", message: "สนใจโปรเลเซอร์ วันนี้ได้ไหม", score: (81, 54, 94), is_hot: true, stand: Stand::Open,
        factors: r#"[{"factor":"asked_today","value":"true","weight":1.1},{"factor":"asked_price","value":"true","weight":0.7},{"factor":"replied","value":"true","weight":0.6},{"factor":"source","value":"ads","weight":-0.1},{"factor":"web_score","weight":0},{"factor":"budget","weight":0}]"# },
    Waiting { name: "วิภู", phone: "091-220-4418", source: "social_media", message: "คอร์สยกกระชับเท่าไรครับ", score: (66, 37, 87), is_hot: true, stand: Stand::Open,
        factors: r#"[{"factor":"asked_price","value":"true","weight":0.7},{"factor":"replied","value":"true","weight":0.6},{"factor":"budget","value":"true","weight":0.3},{"factor":"source","value":"social_media","weight":-0.1},{"factor":"web_score","weight":0}]"# },
    Waiting { name: "อรอินทร์", phone: "063-918-2204", source: "referral", message: "เพื่อนแนะนำมา ขอคิวเสาร์นี้ค่ะ", score: (68, 37, 89), is_hot: true, stand: Stand::Open,
        factors: r#"[{"factor":"asked_today","value":"true","weight":1.1},{"factor":"source","value":"referral","weight":0.5},{"factor":"web_score","weight":0},{"factor":"budget","weight":0}]"# },
    Waiting { name: "ปิ่น", phone: "082-771-9035", source: "website", message: "", score: (58, 38, 75), is_hot: false, stand: Stand::Open,
        factors: r#"[{"factor":"web_score","value":"58","weight":1.1728},{"factor":"source","value":"website","weight":0},{"factor":"budget","weight":0}]"# },
    Waiting { name: "Daniel", phone: "+6591884402", source: "website", message: "Do you have an English-speaking doctor?", score: (44, 17, 74), is_hot: false, stand: Stand::Open,
        factors: r#"[{"factor":"replied","value":"true","weight":0.6},{"factor":"source","value":"website","weight":0},{"factor":"web_score","weight":0},{"factor":"budget","weight":0}]"# },
    Waiting { name: "ณิชา", phone: "095-330-1172", source: "walk_in", message: "", score: (44, 17, 74), is_hot: false, stand: Stand::Claimed,
        factors: r#"[{"factor":"source","value":"walk_in","weight":0.6},{"factor":"web_score","weight":0},{"factor":"budget","weight":0}]"# },
    Waiting { name: "แอ้ม", phone: "087-402-5518", source: "ads", message: "", score: (39, 22, 58), is_hot: false, stand: Stand::Open,
        factors: r#"[{"factor":"web_score","value":"41","weight":0.486},{"factor":"source","value":"ads","weight":-0.1},{"factor":"budget","weight":0}]"# },
    Waiting { name: "ตุลยา", phone: "098-114-7763", source: "referral", message: "", score: (51, 32, 70), is_hot: false, stand: Stand::Answered,
        factors: r#"[{"factor":"source","value":"referral","weight":0.5},{"factor":"web_score","value":"39","weight":0.4027},{"factor":"budget","weight":0}]"# },
    Waiting { name: "โอปอ", phone: "085-902-3316", source: "social_media", message: "", score: (26, 14, 44), is_hot: false, stand: Stand::Open,
        factors: r#"[{"factor":"source","value":"social_media","weight":-0.1},{"factor":"web_score","value":"28","weight":-0.0945},{"factor":"budget","weight":0}]"# },
];

/// Where past leads came from, how many there were, and how many of them bought.
const PAST: [(&str, usize, usize); 5] = [
    ("ads", 41, 18),
    ("social_media", 29, 7),
    ("website", 30, 5),
    ("walk_in", 20, 8),
    ("referral", 16, 9),
];

impl Demo {
    pub(super) fn leads(&self) -> impl Iterator<Item = Vec<Value>> + '_ {
        let waiting = WAITING.iter().enumerate();
        let past = PAST
            .iter()
            .flat_map(|(source, all, bought)| (0..*all).map(move |nth| (*source, nth < *bought)));
        waiting.map(|(index, lead)| self.waiting(index, lead)).chain(
            past.enumerate()
                .map(|(index, (source, bought))| self.past_lead(index, source, bought)),
        )
    }

    fn waiting(&self, index: usize, lead: &Waiting) -> Vec<Value> {
        let came = self.lead_came(index);
        let (may, answered) = (lead.stand != Stand::Open, lead.stand == Stand::Answered);
        let seller = || self.staff_id("เมย์").map_or(Value::Null, Value::Uuid);
        let or_null = |holds: bool, value: Value| if holds { value } else { Value::Null };
        let after = |minutes: i64| match came {
            Value::Int(at) => Value::Int((at + minutes * 60_000_000).min(self.now)),
            _ => Value::Null,
        };
        vec![
            Value::Uuid(self.id("lead", index)),
            Value::Null,
            text(lead.name),
            text(lead.phone),
            Value::Null,
            text(lead.source),
            Value::Int(lead.score.0),
            flag(lead.is_hot),
            text(format!(r#"["คะแนน {} จาก 100"]"#, lead.score.0)),
            text(if may { "claimed" } else { "open" }),
            or_null(may, seller()),
            came.clone(),
            came.clone(),
            Value::Null,
            text(if lead.is_hot { self.told() } else { "[]".to_owned() }),
            or_null(lead.is_hot, came.clone()),
            or_null(may, after(3)),
            or_null(answered, after(4)),
            or_null(answered, seller()),
            text(if answered { "thinking" } else { "" }),
            Value::Null,
            Value::Null,
            Value::Null,
            Value::Null,
            Value::Null,
            text(lead.message),
            Value::Null,
            Value::Int(lead.score.1),
            Value::Int(lead.score.2),
            text(lead.factors),
        ]
    }

    /// A lead of the last half year that is over.
    fn past_lead(&self, index: usize, source: &str, bought: bool) -> Vec<Value> {
        let mut random = self.random("past lead", index);
        let (name, _) = random.pick(&names::NICKNAMES);
        let day = self.day(-(2 + random.below(180)));
        let came = 560 + random.below(600);
        let outcome = if bought {
            "booked"
        } else {
            random.pick(&["not_interested", "wrong_number"])
        };
        let outcome = OUTCOMES
            .iter()
            .find(|known| known.word == outcome)
            .map_or("", |known| known.word);
        let seller = self
            .staff_id(random.pick(&["เมย์", "นก", "บีม"]))
            .map_or(Value::Null, Value::Uuid);
        let answered = instant(day, came + 1 + random.below(20));
        vec![
            Value::Uuid(self.id("past lead", index)),
            Value::Null,
            text(name),
            Value::Null,
            Value::Null,
            text(source),
            Value::Int(30),
            flag(false),
            text("[]"),
            text("closed"),
            seller.clone(),
            instant(day, came),
            answered.clone(),
            Value::Null,
            text("[]"),
            Value::Null,
            answered.clone(),
            answered,
            seller,
            text(outcome),
            Value::Null,
            Value::Null,
            Value::Null,
            Value::Null,
            Value::Null,
            Value::Null,
            flag(bought),
            Value::Int(9),
            Value::Int(65),
            text("[]"),
        ]
    }

    /// Those who answer leads, as a lead names whom it was told.
    fn told(&self) -> String {
        let people = STAFF.iter().filter(|person| person.answers_leads());
        let ids: Vec<String> = people
            .filter_map(|person| self.staff_id(person.nickname))
            .map(|id| format!("\"{id}\""))
            .collect();
        format!("[{}]", ids.join(","))
    }

    /// When the nth lead came: the first just now, the next hot ones some while before, the others on the days before.
    fn lead_came(&self, index: usize) -> Value {
        let behind = i64::try_from(index).unwrap_or(0);
        match WAITING.get(index) {
            Some(lead) if lead.is_hot => self.ago(4 + 41 * behind),
            _ => instant(self.day(-behind), 700 + behind),
        }
    }

    /// What those who answer leads were told of the hot ones.
    pub(super) fn lead_notifications(&self, staff: usize) -> impl Iterator<Item = Vec<Value>> + '_ {
        let hot = WAITING.iter().enumerate().filter(|(_, lead)| lead.is_hot);
        let answers = STAFF.get(staff).is_some_and(super::clinic::Person::answers_leads);
        hot.filter(move |_| answers)
            .map(move |(index, lead)| self.lead_notification(staff, index, lead))
    }

    fn lead_notification(&self, staff: usize, index: usize, lead: &Waiting) -> Vec<Value> {
        let id = self.id("lead", index);
        vec![
            Value::Uuid(self.id("notification", staff * 100 + 50 + index)),
            Value::Uuid(self.id("staff", staff)),
            text("hot_lead"),
            text(format!("ลีดร้อน: {}", lead.name)),
            text(format!("คะแนน {} จาก 100", lead.score.0)),
            text("critical"),
            text(format!("/leads/{id}")),
            text(format!("lead:{id}")),
            flag(false),
            self.lead_came(index),
            Value::Null,
            Value::Null,
            flag(false),
            Value::Null,
        ]
    }
}
