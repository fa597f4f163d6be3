//! Who sent whom, and what customers have achieved: a few of the cast, so that every state can be seen.

use super::{Demo, flag, people::CAST_SIZE, text};
use crate::{loyalty::gift::Reason, synced::Value};

/// Name, what has to be done in words and as the table has it, category, points, badge.
const ACHIEVEMENTS: [(&str, &str, &str, &str, i64, &str); 4] = [
    (
        "ก้าวแรก",
        "ชำระเงินครั้งแรก",
        r#"{"visitCount":1,"totalSpent":1}"#,
        "spending",
        100,
        "🌱",
    ),
    (
        "ดูแลตัวเอง",
        "ใช้บริการครบ 10,000 บาท",
        r#"{"totalSpent":10000}"#,
        "spending",
        300,
        "💗",
    ),
    (
        "มาบ่อย",
        "มา 5 ครั้งใน 3 เดือน",
        r#"{"visitCount":5,"withinMonths":3}"#,
        "frequency",
        200,
        "⭐",
    ),
    (
        "เพื่อนคนแรก",
        "แนะนำเพื่อน 1 คน",
        r#"{"referralCount":1}"#,
        "referral",
        150,
        "🤝",
    ),
];
/// What the second one asks, in satang.
const GOAL_SATANG: i64 = 1_000_000;

/// Referrer and friend by their number, state, reasons.
const REFERRALS: [(usize, usize, &str, &str); 4] = [
    (0, 5, "waiting", "waits_for_days"),
    (0, 7, "refused", "not_new"),
    (2, 6, "review", "same_address"),
    (3, 8, "review", "second_in_a_day"),
];

impl Demo {
    pub(super) fn achievements(&self) -> impl Iterator<Item = Vec<Value>> + '_ {
        ACHIEVEMENTS
            .iter()
            .enumerate()
            .map(|(nth, (name, said, asks, category, points, icon))| {
                vec![
                    Value::Uuid(self.id("achievement", nth)),
                    text(*name),
                    text(*said),
                    text(*category),
                    Value::Int(*points),
                    text(*icon),
                    Value::Null,
                    flag(true),
                    flag(false),
                    text(*asks),
                    Value::Int(1),
                ]
            })
    }

    pub(super) fn achieved(&self) -> impl Iterator<Item = Vec<Value>> + '_ {
        let members = self.everyone().take(CAST_SIZE);
        members.flat_map(move |(number, customer)| {
            let spent = self.spent(number, &customer);
            let first = customer.first_visit.or(customer.last_visit).filter(|_| spent > 0);
            let reached = [(0, 100), (1, (spent * 100 / GOAL_SATANG).min(100))];
            let rows = reached.into_iter().filter_map(move |(nth, percent)| {
                let day = first.filter(|_| percent > 0)?;
                Some((nth, percent, day))
            });
            rows.map(move |(nth, percent, day)| {
                vec![
                    Value::Uuid(self.id("achieved", number * ACHIEVEMENTS.len() + nth)),
                    Value::Uuid(customer.id),
                    Value::Uuid(self.id("achievement", nth)),
                    Value::Text(String::new()),
                    Value::Int(percent),
                    if percent == 100 {
                        self.past(day, 960)
                    } else {
                        Value::Null
                    },
                    Value::Int(0),
                    Value::Null,
                ]
            })
            .collect::<Vec<_>>()
        })
    }

    /// A gift that is too large for one: it waits for the manager.
    pub(super) fn approval(&self) -> Vec<Value> {
        let by = self.staff_id("นก").map_or(Value::Null, Value::Uuid);
        let mut row = vec![
            Value::Uuid(self.id("approval", 0)),
            text("gift"),
            Value::Uuid(self.id("customer", 2)),
            Value::Int(500),
            text(Reason::Complaint.word()),
            text("รอคิวเกือบหนึ่งชั่วโมง"),
            Value::Null,
            self.ago(95),
            by,
            text("PC-A"),
            text("asked"),
        ];
        row.resize(15, Value::Null);
        row
    }

    pub(super) fn referrals(&self) -> impl Iterator<Item = Vec<Value>> + '_ {
        let by = self.staff_id("นก");
        let known = REFERRALS
            .iter()
            .enumerate()
            .filter(|(_, (a, b, ..))| a.max(b) < &self.size);
        known.map(move |(nth, (referrer, friend, state, reasons))| {
            vec![
                Value::Uuid(self.id("referral", nth)),
                Value::Uuid(self.id("customer", *referrer)),
                Value::Uuid(self.id("customer", *friend)),
                self.ago(i64::try_from(nth).unwrap_or_default() * 1_700 + 3_000),
                by.map_or(Value::Null, Value::Uuid),
                flag(nth % 2 == 0),
                text(*state),
                text(*reasons),
                Value::Null,
                Value::Null,
                Value::Null,
                Value::Int(0),
            ]
        })
    }
}
