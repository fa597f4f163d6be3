//! The ledger under anything (rule L1): several desks award, redeem, use and give back codes, give money back in parts, give points by hand and take things back, some of
//! it written down late; they take deposits and sell gift cards, pay bills with them, give both back, and merge customers and separate them; the web system writes entries by
//! the hundred; a sweep ends points and codes by a clock that runs ahead; and meanwhile connections are cut and the whole server is killed. In the end the ledger has no
//! difference, everything that was confirmed is there once, and what is held is what was paid in less what was used and given back.
//! `AURA_LEDGER=1000000` asks for more operations than `make test` does; `AURA_SEED` for others.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test: what is not as expected ends it, in its helpers too"
)]

mod clinic_support;
mod ledger_support;

use std::{
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant},
};

use clinic_support::{A, DB, admin, desk, migrated};
use desk_clinic::loyalty::verify;
use desk_tests::{harness::pg::PgCluster, simulate::chance::Chance};
use ledger_support::person::{Person, Run};
use sqlx::{Connection as _, PgConnection};
use uuid::Uuid;

/// Operations of an ordinary run.
const USUAL: usize = 4_000;
/// So many times as many operations a run may last that has not shown everything.
const LONGER: usize = 5;
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
        let chance = Chance::new(u64::try_from(seed * 100 + nth).unwrap());
        let own = others[nth * share..(nth + 1) * share].to_vec();
        people.push(Person::new(
            desk,
            Arc::clone(run),
            chance,
            own,
            met.to_vec(),
            [reward(1), reward(2)],
        ));
    }
    people
}

/// Cuts connections, and kills the server so many times over the run, which goes on until held money has moved in each way: how often it does in a short one is chance.
fn crash(mut pg: PgCluster, run: &Run, wanted: usize, server_kills: usize) -> (PgCluster, usize, usize) {
    let (mut cut, mut killed) = (0, 0);
    let mut next_cut = Instant::now() + Duration::from_millis(300);
    loop {
        let done = run.operations.load(Ordering::Relaxed);
        if done >= wanted * LONGER || done >= wanted && run.has_not_shown().is_empty() {
            break;
        }
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

/// What is held is what was paid in, less what was used and given back, of each customer and at any moment; and the run has shown each way in which it can move.
fn is_held_once(pg: &PgCluster, run: &Run) {
    let book = run.book.lock().unwrap();
    let (sums, ways) = (book.sums(), book.ways());
    println!("{sums:?} {ways:?}");
    let there: i64 = pg
        .psql(
            DB,
            &format!("select sum(desk.held_left('{A}', c.id)) from public.customers c where c.clinic_id = '{A}'"),
        )
        .parse()
        .unwrap();
    assert_eq!(sums.paid_in - sums.used - sums.returned, there, "{sums:?}");
    assert_eq!(book.differences(pg), vec![]);
    assert_eq!(
        book.used_too_much(pg),
        None,
        "with this number more was used than was held"
    );
    drop(book);
    let lacks = run.has_not_shown();
    assert!(lacks.is_empty(), "this run shows little: {lacks:?}");
}

/// A payment past every guard, as a fault of theirs would let it through, of somebody who has never paid.
fn past_the_guards(pg: &PgCluster, fields: &str, values: &str) {
    pg.psql(DB, &format!("set session_replication_role = replica; insert into desk.payment (clinic_id, id, number, customer_id, satang, taken_at, taken_by, {fields})
        select '{A}', gen_random_uuid(), (select max(number) + 1 from desk.payment where clinic_id = '{A}'), id, 50000, now(), gen_random_uuid(), {values} from trial.customer order by n desc limit 1"));
}

/// The proofs are such that can fail.
async fn what_is_wrong_is_found(pg: &PgCluster, run: &Run, admin: &mut PgConnection) {
    past_the_guards(pg, "method, held_as", "'cash', 'deposit'");
    assert!(
        !run.book.lock().unwrap().differences(pg).is_empty(),
        "held, and nobody paid it in"
    );
    for _ in 0..2 {
        past_the_guards(pg, "method, held", "'held', 50000");
    }
    assert!(run.book.lock().unwrap().used_too_much(pg).is_some(), "used twice");
    pg.psql(DB, "update desk.lot set remaining = remaining - 1 where id = (select id from desk.lot where remaining > 0 limit 1)");
    let found = verify(admin, A.parse().unwrap()).await.unwrap();
    for what in ["lot ", "held money is there"] {
        assert!(
            found.iter().any(|difference| difference.what.starts_with(what)),
            "{what}"
        );
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
    is_held_once(&pg, &run);
    what_is_wrong_is_found(&pg, &run, &mut admin).await;
}
