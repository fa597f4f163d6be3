//! Memberships and their ledger: what was earned and spent adds up to what is there, in the demo as it must everywhere.

use chrono::{Datelike as _, NaiveDate};
use uuid::Uuid;

use super::{
    Demo, micros,
    people::{CAST_SIZE, Customer},
    shifted, text,
};
use crate::{
    loyalty::{
        Tier,
        account::{Account, Lot},
        origin::{UNSAID_BILL, WELCOMED},
        points_for,
    },
    payment::Method,
    synced::Value,
};

/// One line of the ledger.
struct Entry {
    kind: &'static str,
    amount: i64,
    note: String,
    day: NaiveDate,
    expires: Option<NaiveDate>,
    /// Money that it was earned with.
    satang: i64,
}

impl Entry {
    /// As the database notes it.
    fn from(&self) -> (&'static str, &'static str) {
        match self.kind {
            "earned" => ("desk", "earn"),
            "redeemed" => ("desk", "redeem"),
            _ => ("member", "welcome"),
        }
    }

    /// Points per ten baht that these points are of this bill with, as far as they are those of a tier.
    fn tenths(&self) -> Option<i64> {
        let with = |tenths: &i64| self.satang > 0 && points_for(self.satang, *tenths) == self.amount;
        TIERS.map(Tier::default_multiplier_tenths).into_iter().find(with)
    }
}

/// A bill of somebody's, and what it earned.
struct Paid {
    customer: Uuid,
    entry: Uuid,
    day: NaiveDate,
    satang: i64,
    points: i64,
    tenths: i64,
}

/// Points that were spent.
pub(super) struct Spent {
    pub(super) entry: Uuid,
    pub(super) points: i64,
    pub(super) day: NaiveDate,
    /// Which lots paid, and how much each.
    pub(super) lots: Vec<(Uuid, i64)>,
}

const TIERS: [Tier; 5] = [Tier::Bronze, Tier::Silver, Tier::Gold, Tier::Platinum, Tier::Diamond];
const METHODS: [Method; 4] = [Method::Cash, Method::Card, Method::Promptpay, Method::Transfer];

/// A member's ledger and what it says together.
#[derive(Default)]
struct Ledger {
    entries: Vec<Entry>,
    satang: i64,
    visits: i64,
}

impl Ledger {
    fn available(&self) -> i64 {
        self.entries.iter().map(|entry| entry.amount).sum()
    }

    /// Everything ever earned; spending and expiry do not lower a tier.
    fn lifetime(&self) -> i64 {
        self.entries.iter().map(|entry| entry.amount.max(0)).sum()
    }

    /// The day on which the tier was reached; none for the lowest.
    fn tier_since(&self) -> Option<NaiveDate> {
        let tier = Tier::of_lifetime_points(self.lifetime());
        let mut earned = 0;
        let mut crossing = self.entries.iter().filter(|entry| entry.amount > 0).filter(|entry| {
            earned += entry.amount;
            earned >= tier.floor()
        });
        crossing.next().map(|entry| entry.day).filter(|_| tier > Tier::Bronze)
    }

    fn add(
        &mut self,
        kind: &'static str,
        amount: i64,
        note: impl Into<String>,
        day: NaiveDate,
        expires: Option<NaiveDate>,
    ) {
        self.entries.push(Entry {
            kind,
            amount,
            note: note.into(),
            day,
            expires,
            satang: 0,
        });
    }

    fn earn(&mut self, satang: i64, points: i64, day: NaiveDate, expires: NaiveDate) {
        self.satang += satang;
        self.visits += 1;
        self.add("earned", points, UNSAID_BILL, day, Some(expires));
        if let Some(entry) = self.entries.last_mut() {
            entry.satang = satang;
        }
    }

    fn redeem(&mut self, points: i64, what: &str, day: NaiveDate) {
        self.add("redeemed", -points, format!("แลก{what}"), day, None);
    }
}

impl Demo {
    pub(super) fn loyalty_profiles(&self) -> impl Iterator<Item = Vec<Value>> + '_ {
        self.everyone().filter_map(|(number, customer)| {
            let ledger = self.ledger(number, &customer)?;
            let last = customer.last_visit?;
            let since = ledger.tier_since();
            Some(vec![
                Value::Uuid(self.id("loyalty", number)),
                Value::Uuid(customer.id),
                Value::Int(ledger.lifetime()),
                Value::Int(ledger.available()),
                text(Tier::of_lifetime_points(ledger.lifetime()).word()),
                Value::Int(ledger.satang),
                Value::Int(ledger.visits),
                self.past(last, 960),
                text(format!("BN{:06}", number + 1)),
                self.past(customer.first_visit.unwrap_or(last), 600),
                Value::Int(0),
                since.map_or(Value::Null, |day| text(day.to_string())),
                since.map_or(Value::Null, |day| text(anniversary(day, self.today).to_string())),
                Value::Null,
            ])
        })
    }

    pub(super) fn point_entries(&self) -> impl Iterator<Item = Vec<Value>> + '_ {
        self.everyone().flat_map(move |(number, customer)| {
            let entries = self
                .ledger(number, &customer)
                .map(|ledger| ledger.entries)
                .unwrap_or_default();
            entries.into_iter().enumerate().map(move |(index, entry)| {
                let ((source, purpose), tenths) = (entry.from(), entry.tenths());
                vec![
                    Value::Uuid(self.entry_id(number, index)),
                    Value::Uuid(customer.id),
                    text(entry.kind),
                    Value::Int(entry.amount),
                    text(entry.note),
                    self.past(entry.day, 900),
                    entry.expires.map_or(Value::Null, |day| Value::Int(last_second(day))),
                    Value::Null,
                    Value::Null,
                    text(purpose),
                    Value::Int(1),
                    Value::Null,
                    Value::Null,
                    if entry.kind == "redeemed" {
                        text("display")
                    } else {
                        Value::Null
                    },
                    Value::Null,
                    Value::Null,
                    text(source),
                    tenths.map_or(Value::Null, |_| Value::Int(entry.satang)),
                    tenths.map_or(Value::Null, Value::Int),
                    Value::Null,
                ]
            })
        })
    }

    /// The clinic's first and only version: the usual one.
    pub(super) fn policy(&self) -> Vec<Value> {
        vec![
            Value::Uuid(self.id("policy", 1)),
            Value::Int(1),
            Value::Int(0),
            text("points"),
            text(r#"{"bronze":1,"silver":1.5,"gold":2,"platinum":2.5,"diamond":3}"#),
            text(r#"{"silver":1000,"gold":3000,"platinum":7000,"diamond":15000}"#),
            Value::Int(24),
            Value::Int(100),
            Value::Int(100),
            Value::Null,
            Value::Null,
            Value::Int(0),
            text(r#"{"treatment":50,"review":50,"referral":200,"birthday":100,"check_in":10}"#),
            text(r#"{"bronze":5,"silver":8,"gold":10,"platinum":12,"diamond":15}"#),
            Value::Int(20),
        ]
    }

    fn entry_id(&self, number: usize, index: usize) -> Uuid {
        self.id("point", number * 64 + index)
    }

    /// What the people of the stories paid, as far as its points are those of a tier, numbered in the order of the days.
    pub(super) fn payments(&self) -> impl Iterator<Item = Vec<Value>> + '_ {
        let mut paid: Vec<Paid> = self
            .everyone()
            .take(CAST_SIZE)
            .flat_map(|(number, customer)| self.paid(number, &customer))
            .collect();
        paid.sort_by_key(|paid| paid.day);
        let cashier = self.staff_id("นก");
        paid.into_iter().zip(1..).map(move |(paid, number)| {
            vec![
                Value::Uuid(self.id("payment", usize::try_from(number).unwrap_or_default())),
                Value::Int(number),
                Value::Uuid(paid.customer),
                Value::Null,
                Value::Int(paid.satang),
                Value::Null,
                text(
                    METHODS
                        .iter()
                        .cycle()
                        .nth(usize::try_from(number).unwrap_or_default())
                        .map_or("cash", |way| way.word()),
                ),
                self.past(paid.day, 900),
                cashier.map_or(Value::Null, Value::Uuid),
                text("PC-A"),
                Value::Null,
                Value::Uuid(paid.entry),
                Value::Int(paid.points),
                Value::Int(paid.tenths),
                Value::Null,
                Value::Null,
                Value::Null,
                Value::Int(0),
                Value::Int(0),
                Value::Int(0),
            ]
        })
    }

    /// What a customer has paid altogether, in satang.
    pub(super) fn spent(&self, number: usize, customer: &Customer) -> i64 {
        self.ledger(number, customer).map_or(0, |ledger| ledger.satang)
    }

    fn paid(&self, number: usize, customer: &Customer) -> Vec<Paid> {
        let entries = self
            .ledger(number, customer)
            .map(|ledger| ledger.entries)
            .unwrap_or_default();
        let paid = entries.iter().enumerate().filter_map(|(index, entry)| {
            let tenths = entry.tenths()?;
            Some(Paid {
                customer: customer.id,
                entry: self.entry_id(number, index),
                day: entry.day,
                satang: entry.satang,
                points: entry.amount,
                tenths,
            })
        });
        paid.collect()
    }

    /// What is left of each entry, by the rules of everybody's ledger.
    pub(super) fn lots(&self) -> impl Iterator<Item = Vec<Value>> + '_ {
        self.everyone().flat_map(move |(number, customer)| {
            let account = self.account(number, &customer);
            account.lots.into_iter().map(move |lot| {
                vec![
                    Value::Uuid(lot.id),
                    Value::Uuid(customer.id),
                    Value::Int(lot.points),
                    Value::Int(lot.remaining),
                    lot.expires_at.map_or(Value::Null, Value::Int),
                    Value::Int(lot.effective_at),
                    Value::Null,
                ]
            })
        })
    }

    fn account(&self, number: usize, customer: &Customer) -> Account {
        self.kept_books(number, customer).0
    }

    /// What somebody spent, and which lots paid for it.
    pub(super) fn redeemed(&self, number: usize, customer: &Customer) -> Vec<Spent> {
        self.kept_books(number, customer).1
    }

    fn kept_books(&self, number: usize, customer: &Customer) -> (Account, Vec<Spent>) {
        let (mut account, mut spent) = (Account::default(), vec![]);
        let ledger = self.ledger(number, customer).unwrap_or_default();
        for (index, entry) in ledger.entries.iter().enumerate() {
            let at = micros(entry.day, 900).min(self.now);
            if entry.amount < 0 {
                let uses = account.spend_or_owe(-entry.amount, at);
                spent.push(Spent {
                    entry: self.entry_id(number, index),
                    points: -entry.amount,
                    day: entry.day,
                    lots: uses.iter().map(|used| (used.lot, used.points)).collect(),
                });
                continue;
            }
            account.gain(Lot {
                id: self.entry_id(number, index),
                points: entry.amount,
                remaining: entry.amount,
                expires_at: entry.expires.map(last_second),
                effective_at: at,
            });
        }
        (account, spent)
    }

    /// The ledger of a customer who is a member; who never came is none.
    fn ledger(&self, number: usize, customer: &Customer) -> Option<Ledger> {
        let last = customer.last_visit?;
        Some(if number < CAST_SIZE {
            self.known_ledger(number, last)
        } else {
            self.made_up_ledger(number, last)
        })
    }

    /// The balances of the acceptance stories: C1 1,240 in two lots, C2 40, C5 99, C6 120 and 80.
    fn known_ledger(&self, number: usize, last: NaiveDate) -> Ledger {
        let mut ledger = Ledger::default();
        let (earlier, long_ago) = (shifted(last, -60), shifted(last, -300));
        let later = shifted(last, 730);
        match number {
            0 => {
                ledger.earn(3_560_000, 3_560, long_ago, shifted(long_ago, 730));
                ledger.redeem(3_560, "ทรีตเมนต์", earlier);
                ledger.earn(100_000, 100, earlier, self.month_end());
                ledger.earn(1_140_000, 1_140, last, self.next_year_end());
            }
            1 => ledger.earn(40_000, 40, last, later),
            4 => {
                ledger.earn(4_600_100, 2_700, long_ago, shifted(long_ago, 730));
                ledger.redeem(2_700, "ทรีตเมนต์", earlier);
                ledger.earn(199_900, 399, last, later);
                ledger.redeem(300, "ส่วนลด", last);
            }
            5 => ledger.earn(120_000, 120, last, later),
            6 => ledger.earn(80_000, 80, last, later),
            _ => {}
        }
        ledger
    }

    fn month_end(&self) -> NaiveDate {
        let next = if self.today.month() == 12 {
            (self.today.year() + 1, 1)
        } else {
            (self.today.year(), self.today.month() + 1)
        };
        NaiveDate::from_ymd_opt(next.0, next.1, 1).map_or(self.today, |first| shifted(first, -1))
    }

    fn next_year_end(&self) -> NaiveDate {
        NaiveDate::from_ymd_opt(self.today.year() + 1, 12, 31).unwrap_or(self.today)
    }

    /// About ten entries, the newest on the last visit, none old enough to have expired.
    fn made_up_ledger(&self, number: usize, last: NaiveDate) -> Ledger {
        let mut random = self.random("ledger", number);
        let mut ledger = Ledger::default();
        let visits = random.below(14) + 2;
        let apart = 20 + random.below(20);
        let begin = shifted(last, -visits * apart).max(self.day(-700));
        ledger.add("bonus", 100, WELCOMED, begin, Some(shifted(begin, 730)));
        for visit in (0..visits).rev() {
            let day = shifted(last, -visit * apart).max(begin);
            let satang = (random.below(60) + 5) * 10_000 - random.below(2) * 100;
            let tenths = Tier::of_lifetime_points(ledger.lifetime()).default_multiplier_tenths();
            ledger.earn(satang, points_for(satang, tenths), day, shifted(day, 730));
            if ledger.available() >= 800 && random.percent(20) {
                ledger.redeem(if random.percent(60) { 500 } else { 800 }, "ของรางวัล", day);
            }
        }
        ledger
    }
}

/// The next anniversary after a day.
fn anniversary(since: NaiveDate, today: NaiveDate) -> NaiveDate {
    let of = |years: u32| {
        since
            .checked_add_months(chrono::Months::new(12 * years))
            .unwrap_or(today)
    };
    (1..10).map(of).find(|day| *day > today).unwrap_or(today)
}

/// The last second of a day in Bangkok.
fn last_second(day: NaiveDate) -> i64 {
    micros(shifted(day, 1), 0) - 1_000_000
}
