//! The ledger under anything (rule L1): several desks award, redeem, use and give back codes, give money back in parts, give points by hand and take things back, some of
//! it written down late; the web system writes entries by the hundred; a sweep ends points and codes by a clock that runs ahead; and meanwhile connections are cut and
//! the whole server is killed. In the end the ledger has no difference, and everything that was confirmed is there once.
//! `AURA_LEDGER=1000000` asks for more operations than `make test` does; `AURA_SEED` for others.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test: what is not as expected ends it, in its helpers too"
)]

mod clinic_support;

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use clinic_support::{A, DB, Desk, admin, desk, migrated};
use desk_clinic::{
    connect::connect,
    loyalty::verify,
    push::{Mutation, Status},
};
use desk_tests::{harness::pg::PgCluster, simulate::chance::Chance};
use serde_json::{Value as Json, json};
use sqlx::{Connection as _, PgConnection};
use uuid::Uuid;

/// Operations of an ordinary run.
const USUAL: usize = 4_000;
/// What one desk sends at once.
const BATCH: usize = 60;
/// Rows of one statement of the web system.
const ROWS: usize = 200;
/// People with a desk, by their number in the fixture. Each has customers, a reward and codes of their own; all of them meet at a few more.
const PEOPLE: [u32; 4] = [1, 3, 5, 7];
/// Customers whom everybody serves at once.
const MET: usize = 5;

fn wanted(name: &str, usual: usize) -> usize {
    let said = std::env::var(name).ok();
    said.and_then(|text| text.parse().ok()).unwrap_or(usual)
}

/// What everybody of a run shares.
#[derive(Default)]
struct Run {
    /// Operations that were confirmed, refused or written.
    operations: AtomicUsize,
    /// How often each action was answered what.
    answers: Mutex<BTreeMap<String, usize>>,
    /// Gifts that wait for a second person.
    asked: Mutex<Vec<Uuid>>,
    /// How many times somebody had to connect again.
    reconnects: AtomicUsize,
    /// Days by which the sweep's clock is ahead.
    days: AtomicI64,
    is_over: AtomicBool,
}

/// Somebody with a desk and what they remember of what they did.
struct Person {
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
}

impl Person {
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
        // Some of it is paid for later, and some bills are paid with what was.
        match self.chance.below(10) {
            0 | 1 => args["held_as"] = json!("deposit"),
            2 => args["held"] = json!(satang / 3),
            3 => {
                args["held"] = json!(satang);
                args["method"] = json!("held");
            }
            _ => {}
        }
        self.payments.push((id, satang));
        self.mutation("payment.take", args)
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
                let satang = self.satang();
                vec![self.pay(customer, satang)]
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
        batch
    }

    /// Sends a batch until it is answered, over as many connections as that takes.
    async fn send(&mut self, batch: &[Mutation]) {
        loop {
            if let Ok(outcomes) = self.desk.push(batch).await {
                let mut answers = self.run.answers.lock().unwrap();
                for (sent, outcome) in batch.iter().zip(&outcomes) {
                    let word = if outcome.status == Status::Ok {
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

    async fn work(mut self) {
        while !self.run.is_over.load(Ordering::Relaxed) {
            let batch = self.next();
            self.send(&batch).await;
        }
    }
}

/// What the web system and the worker write by plain SQL, over and over, on a connection that is made again when it is cut.
async fn prompt(url: String, run: Arc<Run>, statement: impl Fn(&Run) -> String + Send) {
    let mut conn = None;
    while !run.is_over.load(Ordering::Relaxed) {
        let Some(open) = &mut conn else {
            conn = PgConnection::connect(&url).await.ok();
            tokio::task::yield_now().await;
            continue;
        };
        let sql = statement(&run);
        match sqlx::query_scalar::<_, i64>(sqlx::AssertSqlSafe(sql))
            .fetch_one(open)
            .await
        {
            Ok(rows) => {
                run.operations
                    .fetch_add(usize::try_from(rows).unwrap(), Ordering::Relaxed);
            }
            Err(sqlx::Error::Database(refused)) => {
                *run.answers
                    .lock()
                    .unwrap()
                    .entry(format!("sql {}", refused.code().unwrap_or_default()))
                    .or_default() += 1;
                if refused.code().is_some_and(|code| code.starts_with("57")) {
                    conn = None;
                }
            }
            Err(_) => conn = None,
        }
    }
}

/// Entries as the web system writes them, a statement of many: points come in, and some go as far as there are any.
fn web_rows(first: usize, last: usize) -> String {
    format!(
        "with c as (select k.id, coalesce(s.available, 0) as has, random() as r from trial.customer k left join desk.point_sum s on s.clinic_id = '{A}' and s.customer_id = k.id
           where k.n between {first} and {last} order by random() limit {ROWS}),
         written as (insert into public.point_transactions (clinic_id, customer_id, type, amount, description, expires_at)
           select '{A}', c.id, case when c.r < 0.3 and c.has > 40 then 'redeemed' when c.r < 0.6 then 'earned' else 'bonus' end, case when c.r < 0.3 and c.has > 40 then 20 * sign(random() - 0.5) else floor(random() * 300) + 1 end,
             'เว็บ', now() + (floor(random() * 800) + 1) * interval '1 day' from c order by c.id returning 1)
         select count(*) from written"
    )
}

fn sweep(run: &Run) -> String {
    let days = run.days.fetch_add(1, Ordering::Relaxed) % 700;
    format!(
        "select desk.sweep_points('{A}', now() + interval '{days} days', 200) + desk.sweep_coupons('{A}', now() + interval '{days} days', 20)"
    )
}

/// Customers, rewards and limits of a run; each person's customers are a stretch of them.
fn prepare(pg: &PgCluster, customers: usize) -> Vec<Uuid> {
    pg.psql(DB, &format!(
        "alter database {DB} set deadlock_timeout = '100ms';
         insert into public.customers (id, clinic_id, full_name, customer_code) select gen_random_uuid(), '{A}', 'ลูกค้า ' || n, 'LG-' || n from generate_series(1, {customers}) n;
         create schema trial; create table trial.customer as select row_number() over (order by c.id) as n, c.id from public.customers c where c.customer_code like 'LG-%'; create unique index on trial.customer (n);
         update desk.clinic set gift_daily = 1000000, redeem_alone = 1000000;
         insert into public.loyalty_rewards (clinic_id, name, type, points_cost, monetary_value) select '{A}', 'ลด ' || n || ' ' || k, 'discount_amount', (array[50, 120])[k], 50 from generate_series(0, 3) n, generate_series(1, 2) k"
    ));
    let all = pg.psql(DB, "select id from trial.customer order by n");
    all.lines().map(|id| id.parse().unwrap()).collect()
}

async fn people(pg: &PgCluster, run: &Arc<Run>, customers: &[Uuid], seed: usize) -> Vec<Person> {
    let (met, others) = customers.split_at(MET);
    let share = others.len() / (PEOPLE.len() + 1);
    let mut people = vec![];
    for (nth, number) in PEOPLE.into_iter().enumerate() {
        let desk = desk(pg, A, number).await;
        pg.psql(DB, &format!("update desk.staff set role = 'manager' where person_id = md5('user:{number}')::uuid and clinic_id = '{A}'"));
        let reward = |k: usize| -> Uuid {
            let sql = format!("select id from public.loyalty_rewards where name = 'ลด {nth} {k}'");
            pg.psql(DB, &sql).parse().unwrap()
        };
        people.push(Person {
            desk,
            run: Arc::clone(run),
            chance: Chance::new(u64::try_from(seed * 100 + nth).unwrap()),
            own: others[nth * share..(nth + 1) * share].to_vec(),
            met: met.to_vec(),
            rewards: [reward(1), reward(2)],
            payments: vec![],
            redemptions: vec![],
            awards: vec![],
            gifts: vec![],
            codes: vec![],
        });
    }
    people
}

/// Cuts connections, and kills the server so many times over the run.
fn crash(mut pg: PgCluster, run: &Run, wanted: usize, server_kills: usize) -> (PgCluster, usize, usize) {
    let (mut cut, mut killed) = (0, 0);
    let mut next_cut = Instant::now() + Duration::from_millis(300);
    while run.operations.load(Ordering::Relaxed) < wanted {
        let done = run.operations.load(Ordering::Relaxed);
        if killed < server_kills && done > wanted * (killed + 1) / (server_kills + 1) {
            pg.kill_hard();
            pg.start_again();
            killed += 1;
        } else if Instant::now() > next_cut {
            let sql = "select count(pg_terminate_backend(pid)) from (select pid from pg_stat_activity where datname = 'clinic' and pid <> pg_backend_pid() order by random() limit 1) x";
            cut += pg
                .try_psql("postgres", sql)
                .ok()
                .and_then(|n| n.parse::<usize>().ok())
                .unwrap_or(0);
            next_cut = Instant::now() + Duration::from_millis(700);
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    run.is_over.store(true, Ordering::Relaxed);
    (pg, cut, killed)
}

/// What was confirmed so often must be there so often.
fn is_there_once(pg: &PgCluster, run: &Run) {
    let answers = run.answers.lock().unwrap();
    let confirmed = |name: &str| answers.get(&format!("{name} ok")).copied().unwrap_or(0).to_string();
    let count = |what: &str| pg.psql(DB, &format!("select count(*) from {what}"));
    for (name, table) in [
        ("payment.take", "desk.payment where refunds is null"),
        ("payment.refund", "desk.payment where refunds is not null"),
        (
            "points.redeem",
            "public.point_transactions where desk_source = 'desk' and desk_purpose = 'redeem'",
        ),
        ("reward.use", "desk.coupon where used_at is not null"),
    ] {
        assert_eq!(count(table), confirmed(name), "{name}: confirmed, and in the database");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn l1_whatever_is_done_to_the_ledger_and_killed_meanwhile_verify_finds_no_difference() {
    let (operations, seed) = (wanted("AURA_LEDGER", USUAL), wanted("AURA_SEED", 1));
    let pg = migrated().await;
    let customers = prepare(&pg, (operations / 50).clamp(200, 20_000));
    let run = Arc::new(Run::default());
    let mut work = vec![];
    for person in people(&pg, &run, &customers, seed).await {
        work.push(tokio::spawn(person.work()));
    }
    let url = pg.superuser_url(DB);
    let share = (customers.len() - MET) / (PEOPLE.len() + 1);
    let (first, last) = (MET + PEOPLE.len() * share + 1, customers.len());
    work.push(tokio::spawn(prompt(url.clone(), Arc::clone(&run), move |_| {
        web_rows(first, last)
    })));
    work.push(tokio::spawn(prompt(url.clone(), Arc::clone(&run), |_| {
        web_rows(1, MET).replace(&format!("limit {ROWS}"), "limit 1")
    })));
    work.push(tokio::spawn(prompt(url, Arc::clone(&run), sweep)));
    let began = Instant::now();
    let crashing = Arc::clone(&run);
    let kills = (operations / 40_000).clamp(1, 20);
    let (pg, cut, killed) = tokio::task::spawn_blocking(move || crash(pg, &crashing, operations, kills))
        .await
        .unwrap();
    for worker in work {
        worker.await.unwrap();
    }
    let took = began.elapsed().as_secs_f64();
    let done = run.operations.load(Ordering::Relaxed);
    let mut admin = admin(&pg).await;
    let found = verify(&mut admin, A.parse().unwrap()).await.unwrap();
    println!("{:?}", run.answers.lock().unwrap());
    println!(
        "{done} operations in {took:.0} s ({:.0} a second; a million would take {:.0} min), seed {seed}: {cut} connections cut, {killed} servers killed, {} connections made again, {} differences",
        done as f64 / took,
        1e6 * took / done as f64 / 60.0,
        run.reconnects.load(Ordering::Relaxed),
        found.len()
    );
    assert!(found.is_empty(), "{:?}", &found[..found.len().min(20)]);
    assert!(killed >= 1, "no server was killed: this run shows little");
    is_there_once(&pg, &run);
    // The proof is one that can fail.
    pg.psql(DB, "update desk.lot set remaining = remaining - 1 where id = (select id from desk.lot where remaining > 0 limit 1)");
    assert!(!verify(&mut admin, A.parse().unwrap()).await.unwrap().is_empty());
}
