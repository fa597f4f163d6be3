//! The clinic itself: its people, its rewards, its leads and what its people were told.

use chrono::Datelike as _;

use super::{Demo, flag, instant, text};
use crate::{loyalty::gift::USUAL_LIMITS, synced::Value};

/// Someone who works here.
pub(super) struct Person {
    pub nickname: &'static str,
    role: &'static str,
    name: &'static str,
}

impl Person {
    /// Who sells, who receives, and who is told when they do not.
    pub(super) fn answers_leads(&self) -> bool {
        self.role != "beautician"
    }
}

/// The staff of the acceptance stories, the owner and a beautician.
#[rustfmt::skip]
pub(super) const STAFF: [Person; 6] = [
    Person { nickname: "นก", role: "front_desk", name: "สุนันทา ปานทอง" },
    Person { nickname: "บีม", role: "front_desk", name: "ภูมิรพี เหมือนฝัน" },
    Person { nickname: "เมย์", role: "sales", name: "เมษา ทิพย์สุข" },
    Person { nickname: "ดาว", role: "manager", name: "ดวงดาว เรืองกิจ" },
    Person { nickname: "หมอพิม", role: "owner", name: "พิมพ์พิศา วัฒนเวช" },
    Person { nickname: "ฟาง", role: "beautician", name: "ฟางข้าว ชื่นบาน" },
];

/// Every day from nine to eight.
const OPENING: &str = r#"{"mon":[["09:00","20:00"]],"tue":[["09:00","20:00"]],"wed":[["09:00","20:00"]],"thu":[["09:00","20:00"]],"fri":[["09:00","20:00"]],"sat":[["09:00","20:00"]],"sun":[["09:00","20:00"]]}"#;

/// Month and day on which it is closed, and why.
const CLOSED: [(&str, &str); 4] = [
    ("01-01", "วันขึ้นปีใหม่"),
    ("04-13", "วันสงกรานต์"),
    ("04-14", "วันสงกรานต์"),
    ("04-15", "วันสงกรานต์"),
];

/// Name, kind, points, value in satang (of a percentage: in hundredths).
#[rustfmt::skip]
const REWARDS: [(&str, &str, &str, i64, i64); 4] = [
    ("ส่วนลด 5 %", "ลดจากยอดบิลครั้งนี้", "discount_percentage", 500, 500),
    ("ส่วนลด 10 %", "ลดจากยอดบิลครั้งนี้", "discount_percentage", 1_000, 1_000),
    ("มาสก์พรีเมียม", "มาสก์บำรุงผิว 1 แผ่นหลังทรีตเมนต์", "free_service", 800, 80_000),
    ("ทรีตเมนต์หน้าพื้นฐาน", "ทำความสะอาดผิวหน้า 1 ครั้ง", "free_service", 1_500, 150_000),
];

/// Kind, title, message, priority.
#[rustfmt::skip]
const TOLD: [(&str, &str, &str, &str); 5] = [
    ("task_assigned", "งานใหม่ 2 งาน", "จัดโดย ดาว", "high"),
    ("appointment_reminder", "นัดแรก 10:30", "พลอย HydraFacial ครั้งที่ 3 จาก 5 ห้อง 1", "medium"),
    ("tier_upgrade", "ลูกค้าขึ้นระดับ Gold", "มุก ครบ 3,000 แต้มสะสม", "medium"),
    ("followup_due", "ติดตามหลังทำ 3 ราย", "ครบ 1 วันหลังทำเมื่อวาน", "medium"),
    ("upsell_opportunity", "จบคอร์สแล้ว 1 ราย", "แนะนำแพ็กเกจดูแลต่อเนื่อง", "low"),
];

impl Demo {
    pub(super) fn clinic(&self) -> Vec<Value> {
        vec![
            Value::Uuid(self.clinic_id()),
            text("ออร่า อารีย์"),
            text("Aura Ari"),
            text("Asia/Bangkok"),
            Value::Int(70),
            text("20:00"),
            text("09:00"),
            text(r#"{"bronze":1,"silver":1.5,"gold":2,"platinum":2.5,"diamond":3}"#),
            Value::Int(7),
            text(OPENING),
            Value::Int(5),
            Value::Int(15),
            // Nobody's: a code on the demo's screen must take nobody's money anywhere.
            text("0".repeat(15)),
            Value::Null,
            Value::Int(USUAL_LIMITS.daily),
            Value::Int(USUAL_LIMITS.alone),
            Value::Int(USUAL_LIMITS.redeem_alone),
        ]
    }

    /// The first of January and the three days of Songkran of this year and the next.
    pub(super) fn closed_days(&self) -> impl Iterator<Item = Vec<Value>> + '_ {
        let days = [self.today.year(), self.today.year() + 1]
            .into_iter()
            .flat_map(|year| CLOSED.iter().map(move |closed| (year, closed)));
        days.enumerate().map(|(index, (year, (day, name)))| {
            let id = self.id("closed_day", index);
            vec![Value::Uuid(id), text(format!("{year}-{day}")), text(*name)]
        })
    }

    /// Its people; the last row is nobody, but the clinic acting by itself.
    pub(super) fn staff(&self) -> impl Iterator<Item = Vec<Value>> + '_ {
        let people = STAFF.iter().enumerate().map(|(index, person)| {
            vec![
                Value::Uuid(self.id("staff", index)),
                text(person.role),
                text(person.name),
                text(person.nickname),
                flag(true),
                Value::Null,
            ]
        });
        let itself = [
            text("manager"),
            text("ระบบอัตโนมัติ"),
            text("ระบบ"),
            flag(false),
            Value::Null,
        ];
        let itself = std::iter::once(Value::Uuid(super::AUTOMATION)).chain(itself).collect();
        people.chain(std::iter::once(itself))
    }

    pub(super) fn rewards(&self) -> impl Iterator<Item = Vec<Value>> + '_ {
        REWARDS
            .iter()
            .enumerate()
            .map(|(index, (name, description, kind, points, value))| {
                vec![
                    Value::Uuid(self.id("reward", index)),
                    text(*name),
                    text(*description),
                    text(*kind),
                    Value::Int(*points),
                    Value::Int(*value),
                    flag(true),
                    text("bronze"),
                    instant(self.day(-200), 0),
                    Value::Null,
                    Value::Null,
                    Value::Int(0),
                    flag(false),
                    flag(!kind.starts_with("discount")),
                    Value::Null,
                    Value::Int(1),
                ]
            })
    }

    /// What each person was told today and the days before; hot leads go to those who answer leads.
    pub(super) fn notifications(&self) -> impl Iterator<Item = Vec<Value>> + '_ {
        STAFF.iter().enumerate().flat_map(move |(staff, _)| {
            let told = TOLD
                .iter()
                .enumerate()
                .map(move |(index, told)| self.notification(staff, index, told));
            told.chain(self.lead_notifications(staff))
        })
    }

    fn notification(
        &self,
        staff: usize,
        index: usize,
        (kind, title, message, priority): &(&str, &str, &str, &str),
    ) -> Vec<Value> {
        let behind = i64::try_from(index).unwrap_or(0);
        let told = match behind {
            0 => self.ago(130),
            _ => instant(self.day(-behind), 500 + behind * 9),
        };
        let is_read = index > 1;
        vec![
            Value::Uuid(self.id("notification", staff * 100 + index)),
            Value::Uuid(self.id("staff", staff)),
            text(*kind),
            text(*title),
            text(*message),
            text(*priority),
            Value::Null,
            Value::Null,
            flag(is_read),
            told.clone(),
            if is_read { told } else { Value::Null },
            Value::Null,
            flag(false),
            Value::Null,
        ]
    }
}
