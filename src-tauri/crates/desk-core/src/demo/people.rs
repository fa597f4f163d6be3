//! Customers and what they want to hear from us: first the people of the acceptance stories, then made-up ones.

use chrono::{Datelike as _, NaiveDate};
use uuid::Uuid;

use super::{Demo, date, flag, names, random::Random, shifted, text};
use crate::synced::Value;

/// One customer, as the other nouns need them.
#[derive(Clone, Debug)]
pub(super) struct Customer {
    pub id: Uuid,
    pub code: String,
    pub name: String,
    pub nickname: &'static str,
    pub phone: String,
    email: String,
    line: String,
    is_woman: bool,
    is_foreign: bool,
    pub first_visit: Option<NaiveDate>,
    pub last_visit: Option<NaiveDate>,
    pub do_not_contact: bool,
    marketing: bool,
}

/// A person of the acceptance stories.
struct Known {
    code: &'static str,
    name: &'static str,
    nickname: &'static str,
    phone: &'static str,
    email: &'static str,
    line: &'static str,
    days_ago: i64,
}

/// C1 to C5, C6a and C6b.
#[rustfmt::skip]
const CAST: [Known; 7] = [
    Known { code: "A-000123", name: "พลอยไพลิน ศรีสุข", nickname: "พลอย", phone: "081-234-5678", email: "ploy.s@example.com", line: "ploy🌸", days_ago: 21 },
    Known { code: "A-000456", name: "พลอยชมพู ใจดี", nickname: "พลอย", phone: "089-999-5678", email: "", line: "พลอยพลอย 💜", days_ago: 134 },
    Known { code: "A-000500", name: "Emily Carter", nickname: "", phone: "+44 7700 900123", email: "emily.carter@example.co.uk", line: "", days_ago: 64 },
    Known { code: "A-000511", name: "ธีรภัทร วงศ์ดี", nickname: "ต้น", phone: "086-111-2222", email: "", line: "T O N 🏍️", days_ago: 40 },
    Known { code: "A-000522", name: "นภา แสงทอง", nickname: "มุก", phone: "082-345-6789", email: "napa.m@example.com", line: "mook🐚mook", days_ago: 12 },
    Known { code: "A-000533", name: "ปานวาด ทองใบ", nickname: "ปาน", phone: "083-000-1111", email: "", line: "PaN★", days_ago: 52 },
    Known { code: "A-000534", name: "ปานวาด ทองใบ", nickname: "ปาน", phone: "083 000 1111", email: "", line: "", days_ago: 90 },
];

/// How many customers are people of the stories.
pub(super) const CAST_SIZE: usize = CAST.len();

impl Demo {
    pub(super) fn customer(&self, number: usize) -> Customer {
        let mut random = self.random("customer", number);
        match CAST.get(number) {
            Some(known) => self.known(number, known),
            None if random.percent(3) => self.foreigner(number, &mut random),
            None => self.local(number, &mut random),
        }
    }

    pub(super) fn everyone(&self) -> impl Iterator<Item = (usize, Customer)> + '_ {
        (0..self.size).map(|number| (number, self.customer(number)))
    }

    pub(super) fn customers(&self) -> impl Iterator<Item = Vec<Value>> + '_ {
        self.everyone()
            .map(|(number, customer)| self.customer_row(number, customer))
    }

    /// Preferences where someone has said what they want.
    pub(super) fn preferences(&self) -> impl Iterator<Item = Vec<Value>> + '_ {
        let stated =
            |(number, customer): &(usize, Customer)| *number < CAST_SIZE || customer.do_not_contact || number % 3 == 0;
        self.everyone()
            .filter(stated)
            .map(|(number, customer)| self.preference_row(number, &customer))
    }

    fn known(&self, number: usize, known: &Known) -> Customer {
        Customer {
            id: self.id("customer", number),
            code: known.code.into(),
            name: known.name.into(),
            nickname: known.nickname,
            phone: known.phone.into(),
            email: known.email.into(),
            line: known.line.into(),
            is_woman: number != 3,
            is_foreign: number == 2,
            first_visit: Some(self.day(-known.days_ago - 400)),
            last_visit: Some(self.day(-known.days_ago)),
            do_not_contact: number == 3,
            marketing: number == 3,
        }
    }

    fn local(&self, number: usize, random: &mut Random) -> Customer {
        let is_woman = random.percent(84);
        let given = if is_woman {
            random.pick(&names::WOMEN)
        } else {
            random.pick(&names::MEN)
        };
        let family = format!(
            "{}{}",
            random.pick(&names::FAMILY_FIRST),
            random.pick(&names::FAMILY_SECOND)
        );
        let (nickname, latin) = if random.percent(95) {
            random.pick_early(&names::NICKNAMES)
        } else {
            ("", "aura")
        };
        Customer {
            name: format!("{given} {family}"),
            nickname,
            phone: thai_phone(number, random),
            email: if random.percent(40) {
                format!("{latin}{}@example.com", random.below(90_000) + 10)
            } else {
                String::new()
            },
            line: if random.percent(70) {
                line_name(given, nickname, latin, random)
            } else {
                String::new()
            },
            is_woman,
            is_foreign: false,
            ..self.unnamed(number, random)
        }
    }

    fn foreigner(&self, number: usize, random: &mut Random) -> Customer {
        let (given, family, country, prefix) = random.pick(&names::FOREIGNERS);
        let email = format!(
            "{}.{}@example.org",
            given.to_ascii_lowercase().replace(' ', ""),
            random.below(9_000) + 1
        );
        Customer {
            name: format!("{given} {family}"),
            phone: format!("{country}{prefix}{:06}", unique(number) % 1_000_000),
            email: if email.is_ascii() { email } else { String::new() },
            is_woman: random.percent(60),
            is_foreign: true,
            ..self.unnamed(number, random)
        }
    }

    /// What does not depend on where someone comes from: id, code, visits, wishes.
    fn unnamed(&self, number: usize, random: &mut Random) -> Customer {
        let last = random.days_ago(90);
        let first = last + random.days_ago(180);
        let has_come = random.percent(95);
        Customer {
            id: self.id("customer", number),
            code: format!("A-{:06}", number + 1_000),
            name: String::new(),
            nickname: "",
            phone: String::new(),
            email: String::new(),
            line: String::new(),
            is_woman: true,
            is_foreign: false,
            first_visit: has_come.then(|| self.day(-first)),
            last_visit: has_come.then(|| self.day(-last)),
            do_not_contact: random.percent(2),
            marketing: random.percent(60),
        }
    }

    fn customer_row(&self, number: usize, customer: Customer) -> Vec<Value> {
        let mut random = self.random("about", number);
        let created = customer.first_visit.unwrap_or(self.day(-random.below(30)));
        let born = shifted(self.today, -(365 * 18 + random.below(365 * 45)));
        let kind = if number == 0 || random.percent(6) {
            "vip"
        } else if random.percent(30) {
            "member"
        } else {
            "regular"
        };
        let note = if random.percent(12) { random.pick(&NOTES) } else { "" };
        let allergy = if random.percent(3) { random.pick(&ALLERGIES) } else { "" };
        let tag = random.percent(25).then(|| format!("[\"{}\"]", random.pick(&TAGS)));
        let sales = random.percent(60).then(|| self.staff_id("เมย์")).flatten();
        vec![
            Value::Uuid(customer.id),
            text(customer.code),
            text(customer.name),
            text(customer.nickname),
            text(customer.phone),
            text(customer.email),
            text(customer.line),
            date(Some(born).filter(|_| born.year() > 1900)),
            text(if customer.is_woman { "female" } else { "male" }),
            text(if number >= CAST_SIZE && random.percent(2) {
                "inactive"
            } else {
                "active"
            }),
            text(kind),
            text(random.pick(&SOURCES)),
            text(allergy),
            text(note),
            text(tag.unwrap_or_else(|| "[]".into())),
            sales.map_or(Value::Null, Value::Uuid),
            date(customer.first_visit),
            date(customer.last_visit),
            self.past(created, 600),
            self.past(customer.last_visit.unwrap_or(created), 1_020),
        ]
    }

    fn preference_row(&self, number: usize, customer: &Customer) -> Vec<Value> {
        let mut random = self.random("preference", number);
        let channels = match number {
            2 => "[\"email\"]",
            0 | 1 | 3 => "[\"line\"]",
            _ => random.pick(&["[\"line\"]", "[\"line\",\"sms\"]", "[\"call\"]", "[\"sms\"]"]),
        };
        vec![
            Value::Uuid(self.id("preference", number)),
            Value::Uuid(customer.id),
            flag(customer.do_not_contact),
            flag(customer.marketing),
            text(channels),
            text(random.pick(&["morning", "afternoon", "evening", "anytime", "business_hours"])),
            text(if customer.is_foreign { "en" } else { "th" }),
        ]
    }
}

const SOURCES: [&str; 5] = ["walk_in", "referral", "social_media", "website", "ads"];
const NOTES: [&str; 5] = [
    "ชอบนัดช่วงเย็น",
    "ขอห้องเงียบ",
    "โอนเงินเท่านั้น",
    "มากับเพื่อนเป็นประจำ",
    "ขอใบเสร็จในนามบริษัท",
];
const ALLERGIES: [&str; 3] = ["แพ้ยาชา", "แพ้น้ำหอม", "แพ้แอสไพริน"];
const TAGS: [&str; 4] = ["ผิวแพ้ง่าย", "คอร์สค้าง", "เจ้าสาว", "รีวิวแล้ว"];

/// A number of seven digits that no other customer below ten million has.
fn unique(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(0).wrapping_mul(7_368_787) % 10_000_000
}

fn thai_phone(number: usize, random: &mut Random) -> String {
    let prefix = random.pick(&[
        "081", "082", "083", "084", "085", "086", "087", "088", "089", "091", "092", "093", "094", "095", "061", "062",
        "063", "064", "065", "098",
    ]);
    let digits = format!("{:07}", unique(number));
    let (middle, last) = digits.split_at_checked(3).unwrap_or_default();
    match random.below(4) {
        0 => format!("{prefix}{digits}"),
        1 => format!("{prefix} {middle} {last}"),
        _ => format!("{prefix}-{middle}-{last}"),
    }
}

fn line_name(given: &str, nickname: &str, latin: &str, random: &mut Random) -> String {
    let core = match random.below(6) {
        0 | 1 if !nickname.is_empty() => nickname.to_owned(),
        2 => given.to_owned(),
        3 if !nickname.is_empty() => format!("♡{nickname}"),
        4 => latin.to_uppercase(),
        _ => latin.to_owned(),
    };
    let emoji = if random.percent(55) {
        random.pick(&names::EMOJI)
    } else {
        ""
    };
    format!(
        "{core}{}{emoji}",
        if random.percent(30) && !emoji.is_empty() {
            " "
        } else {
            ""
        }
    )
}
