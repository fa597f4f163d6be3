//! What was paid in advance, used and given back, by what was sent and confirmed alone: the test's own sums of held money, which ask no rule of the clinic (rule L6).

use std::collections::{BTreeMap, HashMap};

use desk_clinic::push::Mutation;
use desk_tests::harness::pg::PgCluster;
use serde_json::Value as Json;
use uuid::Uuid;

use crate::clinic_support::{A, DB};

/// What came in, with what has gone back of it since.
struct Paid {
    customer: Uuid,
    satang: i64,
    /// It is for later, none of it for a bill.
    is_kept: bool,
    /// How much of the bill held money paid.
    held: i64,
    returned: i64,
}

impl Paid {
    /// What of it is held again: the rest of the bill's own money went back first.
    fn held_again(&self) -> i64 {
        if self.is_kept {
            return 0;
        }
        (self.returned - (self.satang - self.held)).max(0)
    }

    /// What it adds to what is held, or takes from it.
    fn adds(&self) -> i64 {
        if self.is_kept {
            self.satang - self.returned
        } else {
            self.held_again() - self.held
        }
    }
}

/// Every confirmed payment and what became of it.
#[derive(Default)]
pub struct Book {
    payments: HashMap<Uuid, Paid>,
    /// Of each merge, which payments changed hands.
    moved: HashMap<Uuid, (Uuid, Vec<Uuid>)>,
    /// Who is who since they were merged.
    survivors: HashMap<Uuid, Uuid>,
    /// Everybody who was ever one with another, by whom they are counted with.
    counted_with: HashMap<Uuid, Uuid>,
    /// How many payments have changed hands.
    changed_hands: usize,
}

/// How much money for later came in, paid bills and went back, in satang.
#[derive(Debug)]
pub struct Sums {
    pub paid_in: i64,
    pub used: i64,
    pub returned: i64,
}

/// How often held money was moved in each way.
pub type Ways = BTreeMap<&'static str, usize>;

fn id(args: &Json, field: &str) -> Uuid {
    args[field].as_str().unwrap().parse().unwrap()
}

impl Book {
    /// Notes what the clinic has confirmed.
    pub fn note(&mut self, sent: &Mutation) {
        let args = &sent.args;
        match sent.name.as_str() {
            "payment.take" => self.take(args),
            "payment.refund" => {
                let of = self.payments.get_mut(&id(args, "payment_id")).unwrap();
                of.returned += args["satang"].as_i64().unwrap();
            }
            "customer.merge" => self.merge(id(args, "id"), id(args, "from"), id(args, "into")),
            "customer.separate" => self.separate(id(args, "merge_id")),
            _ => {}
        }
    }

    fn take(&mut self, args: &Json) {
        let paid = Paid {
            customer: self.survivor(id(args, "customer_id")),
            satang: args["satang"].as_i64().unwrap(),
            is_kept: args["held_as"].is_string(),
            held: args["held"].as_i64().unwrap_or(0),
            returned: 0,
        };
        self.payments.insert(id(args, "id"), paid);
    }

    fn survivor(&self, customer: Uuid) -> Uuid {
        let kept = self.survivors.get(&customer);
        kept.map_or(customer, |kept| self.survivor(*kept))
    }

    fn merge(&mut self, merge: Uuid, from: Uuid, into: Uuid) {
        let mut moved = vec![];
        for (payment, paid) in &mut self.payments {
            if paid.customer == from {
                paid.customer = into;
                moved.push(*payment);
            }
        }
        self.changed_hands += moved.len();
        self.moved.insert(merge, (from, moved));
        self.survivors.insert(from, into);
        let (one, other) = (self.counted_with(from), self.counted_with(into));
        if one != other {
            self.counted_with.insert(one, other);
        }
    }

    fn separate(&mut self, merge: Uuid) {
        let (from, moved) = self.moved.remove(&merge).unwrap();
        self.survivors.remove(&from);
        for payment in moved {
            self.payments.get_mut(&payment).unwrap().customer = from;
        }
    }

    fn counted_with(&self, customer: Uuid) -> Uuid {
        let with = self.counted_with.get(&customer);
        with.map_or(customer, |with| self.counted_with(*with))
    }

    /// What became of all money for later.
    pub fn sums(&self) -> Sums {
        let sum = |of: &dyn Fn(&Paid) -> i64| self.payments.values().map(of).sum();
        Sums {
            paid_in: sum(&|paid| if paid.is_kept { paid.satang } else { 0 }),
            used: sum(&|paid| paid.held - paid.held_again()),
            returned: sum(&|paid| if paid.is_kept { paid.returned } else { 0 }),
        }
    }

    /// What must be held for each customer; who has nothing is left out.
    fn held(&self) -> HashMap<Uuid, i64> {
        let mut held = HashMap::new();
        for paid in self.payments.values() {
            *held.entry(paid.customer).or_default() += paid.adds();
        }
        held.retain(|_, satang| *satang != 0);
        held
    }

    /// In which ways held money was moved.
    pub fn ways(&self) -> Ways {
        let count = |is: &dyn Fn(&Paid) -> bool| self.payments.values().filter(|paid| is(paid)).count();
        Ways::from([
            ("held for later", count(&|paid| paid.is_kept)),
            (
                "paid a part of a bill",
                count(&|paid| (1..paid.satang).contains(&paid.held)),
            ),
            ("paid a whole bill", count(&|paid| paid.held == paid.satang)),
            ("held again", count(&|paid| paid.held_again() > 0)),
            (
                "went back in part",
                count(&|paid| paid.is_kept && (1..paid.satang).contains(&paid.returned)),
            ),
            (
                "went back whole",
                count(&|paid| paid.is_kept && paid.returned == paid.satang),
            ),
            ("changed hands", self.changed_hands),
        ])
    }

    /// Where the clinic does not hold what must be held: customer, what must be, what is.
    pub fn differences(&self, pg: &PgCluster) -> Vec<(Uuid, i64, i64)> {
        let ours = self.held();
        let theirs: HashMap<Uuid, i64> = rows(
            pg,
            &format!(
                "select c.id, desk.held_left('{A}', c.id) from public.customers c where c.clinic_id = '{A}' and desk.held_left('{A}', c.id) <> 0"
            ),
        );
        let everybody = ours.keys().chain(theirs.keys());
        let mut differences: Vec<_> = everybody
            .map(|customer| {
                let of = |held: &HashMap<Uuid, i64>| held.get(customer).copied().unwrap_or(0);
                (*customer, of(&ours), of(&theirs))
            })
            .filter(|(_, ours, theirs)| ours != theirs)
            .collect();
        differences.sort_unstable();
        differences.dedup();
        differences
    }

    /// The payment with which somebody used more than was held just then. The numbers are the order in which it happened, because the clinic gives them one after the other;
    /// who was one with another meanwhile is counted with them.
    pub fn used_too_much(&self, pg: &PgCluster) -> Option<i64> {
        let sql = "select number, customer_id || ' ' || case when held_as is not null then satang else -held end * case when refunds is null then 1 else -1 end
            from desk.payment where held_as is not null or held > 0 order by number";
        let mut held: HashMap<Uuid, i64> = HashMap::new();
        for (number, said) in lines::<i64, String>(pg, sql) {
            let (customer, adds) = said.split_once(' ').unwrap();
            let left = held.entry(self.counted_with(customer.parse().unwrap())).or_default();
            *left += adds.parse::<i64>().unwrap();
            if *left < 0 {
                return Some(number);
            }
        }
        None
    }
}

/// Two columns of a query.
fn lines<K: std::str::FromStr, V: std::str::FromStr>(pg: &PgCluster, sql: &str) -> Vec<(K, V)> {
    let answer = pg.psql(DB, sql);
    let parsed = answer.lines().map(|line| {
        let (key, value) = line.split_once('|').unwrap();
        let key = key.parse().unwrap_or_else(|_| panic!("{line}"));
        (key, value.parse().unwrap_or_else(|_| panic!("{line}")))
    });
    parsed.collect()
}

fn rows(pg: &PgCluster, sql: &str) -> HashMap<Uuid, i64> {
    lines(pg, sql).into_iter().collect()
}
