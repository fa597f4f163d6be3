//! Somebody at a desk who does anything to the ledger, right or wrong, and sends it until it is answered.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering},
    },
};

use desk_clinic::{
    connect::connect,
    push::{Mutation, Status},
};
use desk_tests::simulate::chance::Chance;
use serde_json::{Value as Json, json};
use uuid::Uuid;

use super::book::Book;
use crate::clinic_support::Desk;

/// What one desk sends at once.
const BATCH: usize = 60;

/// What everybody of a run shares.
#[derive(Default)]
pub struct Run {
    /// Operations that were confirmed, refused or written.
    pub operations: AtomicUsize,
    /// How often each action was answered what.
    pub answers: Mutex<BTreeMap<String, usize>>,
    /// What was paid in advance and became of it.
    pub book: Mutex<Book>,
    /// Gifts that wait for a second person.
    pub asked: Mutex<Vec<Uuid>>,
    /// How many times somebody had to connect again.
    pub reconnects: AtomicUsize,
    /// Days by which the sweep's clock is ahead.
    pub days: AtomicI64,
    pub is_over: AtomicBool,
}

impl Run {
    /// In which ways held money was not moved or refused yet.
    pub fn has_not_shown(&self) -> Vec<&'static str> {
        let ways = self.book.lock().unwrap().ways();
        let moved = ways.into_iter().filter(|(_, count)| *count == 0).map(|(way, _)| way);
        let answers = self.answers.lock().unwrap();
        let refused = ["payment.take held_short", "payment.refund held_used"];
        let refused = refused.into_iter().filter(|word| !answers.contains_key(*word));
        moved.chain(refused).collect()
    }
}

/// Somebody with a desk and what they remember of what they did.
pub struct Person {
    desk: Desk,
    run: Arc<Run>,
    chance: Chance,
    own: Vec<Uuid>,
    met: Vec<Uuid>,
    rewards: [Uuid; 2],
    payments: Vec<(Uuid, i64)>,
    redemptions: Vec<Uuid>,
    awards: Vec<Uuid>,
    gifts: Vec<Uuid>,
    codes: Vec<(Uuid, Uuid)>,
    /// What they may hold for each customer, if all goes well.
    held: BTreeMap<Uuid, i64>,
    merges: Vec<Uuid>,
}

impl Person {
    /// Somebody who has done nothing yet, with customers and two rewards of their own, and those whom everybody meets.
    pub fn new(desk: Desk, run: Arc<Run>, chance: Chance, own: Vec<Uuid>, met: Vec<Uuid>, rewards: [Uuid; 2]) -> Self {
        Self {
            desk,
            run,
            chance,
            own,
            met,
            rewards,
            payments: vec![],
            redemptions: vec![],
            awards: vec![],
            gifts: vec![],
            codes: vec![],
            held: BTreeMap::new(),
            merges: vec![],
        }
    }

    fn mutation(&mut self, name: &str, args: Json) -> Mutation {
        self.desk.mutation(name, args)
    }

    /// The same, called like its first argument, so that it can be taken back by that.
    fn named(&mut self, id: Uuid, name: &str, args: Json) -> Mutation {
        let mut made = self.mutation(name, args);
        made.id = id;
        made
    }

    fn satang(&mut self) -> i64 {
        self.chance.between(1, 300_000)
    }

    fn pay(&mut self, customer: Uuid, satang: i64) -> Mutation {
        let id = Uuid::now_v7();
        let mut args =
            json!({ "id": id, "entry": Uuid::now_v7(), "customer_id": customer, "satang": satang, "method": "cash" });
        if self.chance.percent(15) {
            let back = self.chance.between(0, 360);
            let day = chrono::Utc::now().date_naive() - chrono::Days::new(u64::try_from(back).unwrap());
            args["paid_on"] = json!(day);
            args["late_reason"] = json!("ลืมลง");
        }
        self.in_advance(customer, satang, &mut args);
        self.payments.push((id, satang));
        self.mutation("payment.take", args)
    }

    /// Some of it is paid for later, and some bills are paid with what was: with all that may be there, with half of it, or with more than that.
    fn in_advance(&mut self, customer: Uuid, satang: i64, args: &mut Json) {
        let there = self.held.entry(customer).or_default();
        let held = match self.chance.below(10) {
            0..3 => {
                args["held_as"] = json!(self.chance.pick(&["deposit", "gift_card"]));
                *there += satang;
                return;
            }
            3 => satang,
            4..6 => satang.min(*there),
            6 => satang.min(*there / 2),
            _ => return,
        };
        args["held"] = json!(held);
        if held == satang {
            args["method"] = json!("held");
        }
        *there = (*there - held).max(0);
    }

    /// This customer, or one of one's own for whom something may be held.
    fn payer(&mut self, customer: Uuid) -> Uuid {
        let who = self
            .held
            .iter()
            .filter(|(who, held)| **held > 0 && !self.met.contains(who));
        let who: Vec<Uuid> = who.map(|(who, _)| *who).collect();
        let holder = self.chance.pick(&who).copied();
        holder.filter(|_| self.chance.percent(60)).unwrap_or(customer)
    }

    /// Two of one's own customers are found to be one, or are separated again: mostly those who were merged last.
    fn merge_or_separate(&mut self) -> Mutation {
        if self.chance.percent(50) && !self.merges.is_empty() {
            let nth = if self.chance.percent(80) {
                self.merges.len() - 1
            } else {
                0
            };
            let args = json!({ "id": Uuid::now_v7(), "merge_id": self.merges.remove(nth) });
            return self.mutation("customer.separate", args);
        }
        let (id, nth) = (Uuid::now_v7(), self.chance.below(self.own.len()));
        let (one, other) = (self.own[nth], self.payer(self.own[(nth + 1) % self.own.len()]));
        let (from, into) = if self.chance.percent(50) {
            (one, other)
        } else {
            (other, one)
        };
        self.merges.push(id);
        self.mutation("customer.merge", json!({ "id": id, "from": from, "into": into }))
    }

    fn redeem(&mut self, customer: Uuid, reward: Option<(Uuid, i64)>) -> Mutation {
        let id = Uuid::now_v7();
        let points = reward.map_or_else(|| self.chance.between(1, 400), |(_, cost)| cost);
        let args = json!({ "id": id, "customer_id": customer, "points": points, "reward_id": reward.map(|(reward, _)| reward) });
        if reward.is_some() {
            self.codes.push((id, customer));
        }
        self.redemptions.push(id);
        self.named(id, "points.redeem", args)
    }

    fn award(&mut self, customer: Uuid) -> Mutation {
        let (id, satang) = (Uuid::now_v7(), self.satang());
        self.awards.push(id);
        self.named(
            id,
            "points.award",
            json!({ "id": id, "customer_id": customer, "satang": satang }),
        )
    }

    fn give(&mut self, customer: Uuid) -> Mutation {
        let (id, points) = (Uuid::now_v7(), self.chance.between(1, 350));
        self.gifts.push(id);
        if points > 300 {
            self.run.asked.lock().unwrap().push(id);
        }
        self.named(
            id,
            "points.give",
            json!({ "id": id, "customer_id": customer, "points": points, "reason": "goodwill" }),
        )
    }

    fn refund(&mut self) -> Option<Mutation> {
        let nth = self.chance.below(self.payments.len().max(1));
        let (id, rest) = *self.payments.get(nth)?;
        let part = if self.chance.percent(40) {
            rest
        } else {
            self.chance.between(1, rest)
        };
        if part == rest {
            self.payments.swap_remove(nth);
        } else {
            self.payments[nth].1 = rest - part;
        }
        let args =
            json!({ "id": Uuid::now_v7(), "entry": Uuid::now_v7(), "payment_id": id, "satang": part, "reason": "คืน" });
        Some(self.mutation("payment.refund", args))
    }

    fn take_back(&mut self) -> Option<Mutation> {
        let (name, of) = match self.chance.below(3) {
            0 => ("points.unredeem", &mut self.redemptions),
            1 => ("points.reverse", &mut self.awards),
            _ => ("points.ungive", &mut self.gifts),
        };
        let id = of.pop()?;
        Some(self.mutation(name, json!({ "id": Uuid::now_v7(), "of": id })))
    }

    /// A code is put on a bill with what is left of it to pay, or handed over, or given back.
    fn code(&mut self) -> Vec<Mutation> {
        let nth = self.chance.below(self.codes.len().max(1));
        let Some((id, customer)) = self.codes.get(nth).copied() else {
            return vec![];
        };
        if self.chance.percent(70) {
            self.codes.swap_remove(nth);
        }
        if self.chance.percent(35) {
            let args = json!({ "id": Uuid::now_v7(), "entry": Uuid::now_v7(), "coupon_id": id, "by": "customer" });
            return vec![self.mutation("reward.cancel", args)];
        }
        let paid = self.pay(customer, 15_000);
        let using = json!({ "id": Uuid::now_v7(), "customer_id": customer, "coupons": [id], "payment_id": paid.args["id"], "bill": 20_000 });
        vec![paid, self.mutation("reward.use", using)]
    }

    fn one(&mut self, customer: Uuid) -> Vec<Mutation> {
        let rewards = self.rewards;
        match self.chance.below(100) {
            0..25 => {
                let (satang, payer) = (self.satang(), self.payer(customer));
                vec![self.pay(payer, satang)]
            }
            25..38 => vec![self.award(customer)],
            38..60 => vec![self.redeem(customer, None)],
            60..68 => {
                let dear = self.chance.percent(50);
                vec![self.redeem(
                    customer,
                    Some((rewards[usize::from(dear)], if dear { 120 } else { 50 })),
                )]
            }
            68..76 => self.code(),
            76..88 => self.refund().into_iter().collect(),
            88..94 => self.take_back().into_iter().collect(),
            _ => vec![self.give(customer)],
        }
    }

    /// A batch at one's own customers; or a single thing where all meet, or about which a colleague has asked.
    fn next(&mut self) -> Vec<Mutation> {
        if self.chance.percent(20) {
            let customer = *self.chance.pick(&self.met).unwrap();
            let (id, satang) = (Uuid::now_v7(), self.satang());
            return match self.chance.below(3) {
                0 => vec![self.pay(customer, satang)],
                1 => vec![self.redeem(customer, None)],
                _ => vec![self.named(
                    id,
                    "points.award",
                    json!({ "id": id, "customer_id": customer, "satang": satang }),
                )],
            };
        }
        if self.chance.percent(20) {
            let asked = self.run.asked.lock().unwrap().pop();
            if let Some(id) = asked {
                let (agree, entry) = (self.chance.percent(70), Uuid::now_v7());
                let args = json!({ "id": id, "entry": entry, "agree": agree, "why": "มากไป" });
                return vec![self.mutation("approval.decide", args)];
            }
        }
        let mut batch = vec![];
        while batch.len() < BATCH {
            let customer = *self.chance.pick(&self.own).unwrap();
            batch.extend(self.one(customer));
        }
        batch.push(self.merge_or_separate());
        batch
    }

    /// Sends a batch until it is answered, over as many connections as that takes.
    async fn send(&mut self, batch: &[Mutation]) {
        loop {
            if let Ok(outcomes) = self.desk.push(batch).await {
                let mut answers = self.run.answers.lock().unwrap();
                let mut book = self.run.book.lock().unwrap();
                for (sent, outcome) in batch.iter().zip(&outcomes) {
                    let word = if outcome.status == Status::Ok {
                        book.note(sent);
                        "ok"
                    } else {
                        outcome.code.as_deref().unwrap_or("?")
                    };
                    *answers.entry(format!("{} {word}", sent.name)).or_default() += 1;
                }
                self.run.operations.fetch_add(batch.len(), Ordering::Relaxed);
                return;
            }
            self.run.reconnects.fetch_add(1, Ordering::Relaxed);
            while !self.reconnect().await {
                tokio::task::yield_now().await;
            }
        }
    }

    async fn reconnect(&mut self) -> bool {
        match connect(&self.desk.options).await {
            Ok(conn) => {
                self.desk.conn = conn;
                true
            }
            Err(_) => false,
        }
    }

    /// Works until the run is over.
    pub async fn work(mut self) {
        while !self.run.is_over.load(Ordering::Relaxed) {
            let batch = self.next();
            self.send(&batch).await;
        }
    }
}
