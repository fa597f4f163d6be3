//! What happens with customers: tasks, follow-ups and bookings, most of it around today.

use uuid::Uuid;

use super::{Demo, clinic::STAFF, instant, names, people::Customer, random::Random, shifted, text, ways::Journey};
use crate::{synced::Value, text::is_thai};

/// Kind, title before the name, description, priority, the nickname of who does it.
#[rustfmt::skip]
const TASKS: [(&str, &str, &str, &str, &str); 8] = [
    ("scan_customer", "สแกนผิว", "ตรวจสภาพผิวและบันทึกผล 15 นาที", "high", "เมย์"),
    ("send_proposal", "ส่งข้อเสนอให้", "ทำแผนและราคาจากผลสแกน แล้วส่งทาง LINE", "high", "เมย์"),
    ("prepare_treatment", "เตรียมห้องให้", "เตรียมอุปกรณ์และแฟ้มก่อนถึงเวลานัด", "medium", "ฟาง"),
    ("follow_up_upsell", "แนะนำคอร์สต่อเนื่องกับ", "จบคอร์สแล้ว ถามผลและเสนอการดูแลต่อ", "medium", "เมย์"),
    ("customer_follow_up", "โทรถามอาการ", "ถามอาการหลังทำและนัดครั้งต่อไป", "low", "นก"),
    ("payment_reminder", "แจ้งยอดค้างชำระ", "ค้างงวดสุดท้าย ยืนยันวันโอน", "high", "บีม"),
    ("appointment_reminder", "ยืนยันนัดกับ", "โทรหรือส่งข้อความยืนยันเวลา", "medium", "นก"),
    ("review_request", "ขอรีวิวจาก", "ส่งลิงก์รีวิวหลังทำ 7 วัน", "low", "บีม"),
];

/// Kind, name, channel, priority, message with the name in front.
#[rustfmt::skip]
const RULES: [(&str, &str, &str, &str, &str); 8] = [
    ("post_treatment", "หลังทำ 1 วัน", "line", "high", "วันนี้ผิวเป็นอย่างไรบ้างคะ ถ้ามีรอยแดงให้ประคบเย็นและทากันแดดนะคะ"),
    ("payment_reminder", "ก่อนครบกำหนดชำระ 3 วัน", "sms", "high", "แจ้งยอดชำระงวดถัดไปค่ะ สอบถามเพิ่มเติมโทรกลับได้เลยนะคะ"),
    ("appointment_reminder", "ก่อนนัด 1 วัน", "line", "high", "พรุ่งนี้มีนัดกับคลินิกนะคะ มาถึงก่อนเวลา 10 นาทีค่ะ"),
    ("satisfaction_survey", "ถามความพอใจหลัง 7 วัน", "line", "low", "ขอ 1 นาทีให้คะแนนการดูแลครั้งล่าสุดนะคะ"),
    ("upsell_opportunity", "แนะนำหลังจบคอร์ส 14 วัน", "call", "medium", "ถามผลหลังจบคอร์ส แล้วเสนอการดูแลต่อเนื่อง"),
    ("loyalty_reward", "แต้มใกล้หมดอายุ", "line", "medium", "มีแต้มที่จะหมดอายุสิ้นเดือนนี้ค่ะ แลกได้ที่เคาน์เตอร์"),
    ("birthday_special", "วันเกิด", "line", "medium", "สุขสันต์วันเกิดค่ะ ขอให้เป็นปีที่ดีนะคะ"),
    ("inactive_reactivation", "ไม่มา 60 วัน", "call", "low", "ไม่ได้เจอกันนาน ถามสารทุกข์และเสนอเวลานัด"),
];

const ROOMS: [&str; 3] = ["ห้อง 1", "ห้อง 2", "ปรึกษา"];
/// Today's bookings: minute of the day and room; the first is C1's. The next seven are also booked on other days.
#[rustfmt::skip]
pub(super) const TODAY: [(i64, usize); 14] = [
    (630, 0), (600, 1), (615, 2), (570, 0), (540, 1), (675, 1), (690, 2), (720, 0), (750, 1), (810, 0), (825, 2), (870, 1), (915, 0), (960, 1),
];

/// Open tasks and follow-ups at most, whatever the size: people do them.
const MOST_OPEN: usize = 48;

impl Demo {
    /// Open tasks around today, then as many done ones.
    pub(super) fn tasks(&self) -> impl Iterator<Item = Vec<Value>> + '_ {
        let open = self
            .ways()
            .filter(|way| way.stage < 8)
            .take(MOST_OPEN)
            .enumerate()
            .map(|(index, way)| self.task(index, &way, true));
        let done = self
            .ways()
            .take(MOST_OPEN)
            .enumerate()
            .map(|(index, way)| self.task(1_000 + index, &way, false));
        open.chain(done)
    }

    fn task(&self, index: usize, way: &Journey, is_open: bool) -> Vec<Value> {
        let mut random = self.random("task", index);
        let Some((kind, title, description, priority, who)) = TASKS.iter().cycle().nth(index) else {
            return Vec::new();
        };
        let due_day = if is_open {
            self.day(random.pick(&[-2, -1, -1, 0, 0, 0, 0, 0, 1, 1, 2, 4]))
        } else {
            self.day(-random.below(20) - 1)
        };
        let due = instant(due_day, 560 + 15 * random.below(32));
        let made = self.past(shifted(due_day, -2), 700);
        let status = if !is_open {
            "completed"
        } else if random.percent(12) {
            "in_progress"
        } else {
            "pending"
        };
        let priority = if index == 0 { "critical" } else { priority };
        let done = if is_open { Value::Null } else { due.clone() };
        vec![
            Value::Uuid(self.id("task", index)),
            Value::Uuid(self.of_journey(way)),
            self.by(who),
            text(*kind),
            text(format!("{title} {}", called(&way.customer))),
            text(*description),
            text(priority),
            text(status),
            due,
            Value::Null,
            made.clone(),
            if is_open { made } else { done.clone() },
            done,
            if is_open { Value::Null } else { self.by(who) },
            Value::Null,
        ]
    }

    pub(super) fn followup_rules(&self) -> impl Iterator<Item = Vec<Value>> + '_ {
        RULES
            .iter()
            .enumerate()
            .map(|(index, (kind, name, channel, priority, _))| {
                vec![
                    Value::Uuid(self.id("rule", index)),
                    text(*name),
                    text(*kind),
                    text(format!("[\"{channel}\"]")),
                    text(*priority),
                    super::flag(true),
                ]
            })
    }

    /// Planned ones around today, then sent ones.
    pub(super) fn followups(&self) -> impl Iterator<Item = Vec<Value>> + '_ {
        let late = self.ways().filter(|way| way.stage >= 4);
        let planned = late
            .take(MOST_OPEN / 2)
            .enumerate()
            .map(|(index, way)| self.followup(index, &way, true));
        let sent = self
            .ways()
            .take(MOST_OPEN)
            .enumerate()
            .map(|(index, way)| self.followup(1_000 + index, &way, false));
        planned.chain(sent)
    }

    fn followup(&self, index: usize, way: &Journey, is_planned: bool) -> Vec<Value> {
        let mut random = self.random("followup", index);
        let rule = index % RULES.len();
        let Some((_, _, channel, _, message)) = RULES.get(rule) else {
            return Vec::new();
        };
        let ahead = if is_planned {
            random.pick(&[-1, 0, 0, 0, 0, 0, 1, 1, 2, 3])
        } else {
            -random.below(30) - 1
        };
        let at = instant(self.day(ahead), 540 + 20 * random.below(30));
        let status = if is_planned {
            "pending"
        } else {
            random.pick(&["sent", "delivered", "delivered", "failed", "cancelled"])
        };
        let executed = if is_planned || status == "cancelled" {
            Value::Null
        } else {
            at.clone()
        };
        let content = format!("{{\"message\":\"{} {message}\"}}", called(&way.customer));
        vec![
            Value::Uuid(self.id("followup", index)),
            Value::Uuid(self.id("rule", rule)),
            Value::Uuid(way.customer.id),
            Value::Uuid(self.of_journey(way)),
            text(*channel),
            at,
            executed,
            text(status),
            text(content),
            text("{}"),
        ]
    }

    /// Fourteen today, C1 at 10:30 first; fewer on the thirty days before and the fourteen after.
    pub(super) fn appointments(&self) -> impl Iterator<Item = Vec<Value>> + '_ {
        let others = (-30..=14).filter(|ahead| *ahead != 0);
        std::iter::once(0).chain(others).flat_map(move |ahead| {
            let slots = TODAY.iter().take(self.appointments_of(ahead)).enumerate();
            slots.map(move |(slot, (minute, room))| self.appointment(ahead, slot, *minute, *room))
        })
    }

    /// How many bookings a day has.
    pub(super) fn appointments_of(&self, ahead: i64) -> usize {
        self.size.min(if ahead == 0 { TODAY.len() } else { 8 })
    }

    /// The number of a booking among all.
    pub(super) fn booking(&self, ahead: i64, slot: usize) -> usize {
        usize::try_from(ahead + 100).unwrap_or(0) * 20 + slot
    }

    pub(super) fn customer_of(&self, ahead: i64, slot: usize) -> Uuid {
        let mut random = self.random("appointment", self.booking(ahead, slot));
        self.customer(self.booked(ahead, slot, &mut random)).id
    }

    pub(super) fn status(&self, ahead: i64, slot: usize) -> &'static str {
        let mut random = self.random("booking status", self.booking(ahead, slot));
        match ahead {
            ..0 => random.pick(&[
                "completed",
                "completed",
                "completed",
                "completed",
                "no_show",
                "cancelled",
            ]),
            0 => "confirmed",
            _ => random.pick(&["scheduled", "confirmed"]),
        }
    }

    fn appointment(&self, ahead: i64, slot: usize, minute: i64, room: usize) -> Vec<Value> {
        let number = self.booking(ahead, slot);
        let mut random = self.random("appointment", number);
        let customer = self.customer(self.booked(ahead, slot, &mut random));
        let is_first = ahead == 0 && slot == 0;
        let (service, minutes, _) = if is_first {
            ("HydraFacial", 60, 0)
        } else {
            random.pick(&names::TREATMENTS)
        };
        let kind = if room == 2 {
            "consultation"
        } else if !is_first && random.percent(15) {
            "follow_up"
        } else {
            "treatment"
        };
        let minutes = minutes.min(45);
        vec![
            Value::Uuid(self.id("appointment", number)),
            Value::Uuid(customer.id),
            self.by(if room == 2 { "หมอพิม" } else { "ฟาง" }),
            text(format!("AP-{number:06}")),
            text(kind),
            text(self.status(ahead, slot)),
            super::date(Some(self.day(ahead))),
            text(clock(minute)),
            text(clock(minute + minutes)),
            text(format!("[\"{service}\"]")),
            text(ROOMS.get(room).copied().unwrap_or_default()),
            Value::Null,
            if is_first {
                Value::Uuid(self.journey_id(0))
            } else {
                Value::Null
            },
        ]
    }

    /// Who has a slot: C1 and C4 today, then different people spread over all customers.
    fn booked(&self, ahead: i64, slot: usize, random: &mut Random) -> usize {
        if ahead == 0 && slot < STAFF.len().min(self.size) && slot < 2 {
            return slot * 3 % self.size.max(1);
        }
        let apart = self.size / TODAY.len();
        let within = usize::try_from(random.below(i64::try_from(apart.max(1)).unwrap_or(1))).unwrap_or(0);
        (slot * apart + within).min(self.size.saturating_sub(1))
    }
}

/// `คุณพลอย`, but `คุณ Wei`: a Latin word inside Thai has a space before it.
fn called(customer: &Customer) -> String {
    let name = if customer.nickname.is_empty() {
        customer.name.split(' ').next().unwrap_or_default()
    } else {
        customer.nickname
    };
    let gap = if name.starts_with(is_thai) { "" } else { " " };
    format!("คุณ{gap}{name}")
}

fn clock(minute: i64) -> String {
    format!("{:02}:{:02}", minute / 60, minute % 60)
}
