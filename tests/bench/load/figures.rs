//! Three goals of the sync's specification, each by itself: ten changed rows among a million, five hundred waiting actions, and what capture
//! costs a clinic that writes fifty times a second.

use std::time::{Duration, Instant};

use desk_clinic::{
    connect, feed,
    push::{self, BATCH, Mutation, Status},
};
use serde_json::json;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use uuid::Uuid;

use crate::chain::{Chain, DB};
use crate::server;

const TRIES: usize = 50;

/// Measures and prints all three.
pub async fn measure(rows: u32) {
    let chain = Chain::open(1, 1).await;
    let began = Instant::now();
    let clinic = "md5('clinic:0')::uuid";
    chain.pg.psql(DB, &format!("insert into public.customers (id, clinic_id, customer_code, full_name, phone) select md5('many:' || n)::uuid, {clinic}, 'M-' || n, 'ลูกค้า ' || n, '08' || lpad(n::text, 8, '0') from generate_series(1, {rows}) n"));
    chain.pg.psql(DB, "vacuum analyze");
    println!(
        "{rows} customers inserted with capture and analyzed in {:.1?}",
        began.elapsed()
    );
    let login = chain.logins(chain.pg.port()).remove(0);
    let mut desk = connect::connect(&connect::options(&login)).await.unwrap();
    ten_among_many(&chain, &mut desk, rows).await;
    five_hundred_waiting(&chain, &mut desk).await;
    fifty_a_second(&chain).await;
}

async fn ten_among_many(chain: &Chain, desk: &mut PgConnection, rows: u32) {
    let (mut times, mut idle, mut heads) = (vec![], vec![], vec![]);
    for turn in 0..TRIES {
        let at = feed::Position::end_of(feed::head(desk).await.unwrap().version);
        let first = turn * 10 + 1;
        chain.pg.psql(DB, &format!("update public.customers set notes = 'x' where id in (select md5('many:' || n)::uuid from generate_series({first}, {first} + 9) n)"));
        let began = Instant::now();
        let page = feed::pull(desk, feed::CLINIC, at, 1_000, &[]).await.unwrap();
        times.push(began.elapsed());
        assert_eq!(page.rows.len(), 10);
        let began = Instant::now();
        feed::pull(desk, feed::CLINIC, page.next, 1_000, &[]).await.unwrap();
        idle.push(began.elapsed());
        let began = Instant::now();
        feed::head(desk).await.unwrap();
        heads.push(began.elapsed());
    }
    tell(&format!("10 changed rows among {rows}, round trip of the pull"), times);
    tell("a pull that brings nothing", idle);
    tell("the question where the clock stands", heads);
}

/// The dearest action, whose points, tier and lots the database works out, and a cheap one.
async fn five_hundred_waiting(chain: &Chain, desk: &mut PgConnection) {
    let customers = chain.customers_of(0);
    let award = |n: usize| {
        let customer = customers[n % customers.len()];
        json!({ "id": Uuid::now_v7(), "customer_id": customer, "satang": 150_000 })
    };
    push_500(chain, desk, "points.award", award).await;
    let ids = "select md5('many:' || n)::uuid from generate_series(10001, 12500) n";
    let ids: Vec<Uuid> = chain.pg.psql(DB, ids).lines().map(|id| id.parse().unwrap()).collect();
    let edit = |n: usize| json!({ "id": ids[n], "set": { "notes": "y" }, "base": { "notes": null } });
    push_500(chain, desk, "customer.edit", edit).await;
}

async fn push_500(chain: &Chain, desk: &mut PgConnection, name: &str, args: impl Fn(usize) -> serde_json::Value) {
    let (client, mut times) = (Uuid::now_v7(), vec![]);
    let before = server::cpu(&chain.pg, None).postgres;
    for turn in 0..5 {
        let action = |n: usize| Mutation {
            seq: i64::try_from(n + 1).unwrap(),
            id: Uuid::now_v7(),
            name: name.into(),
            args: args(n),
            v: 1,
        };
        let actions: Vec<Mutation> = (turn * 500..turn * 500 + 500).map(action).collect();
        let began = Instant::now();
        for batch in actions.chunks(BATCH) {
            let outcomes = push::push(desk, client, batch).await.unwrap();
            assert!(
                outcomes.iter().all(|outcome| outcome.status == Status::Ok),
                "{outcomes:?}"
            );
        }
        times.push(began.elapsed());
    }
    tell(&format!("500 waiting actions ({name}) pushed"), times);
    let worked = (server::cpu(&chain.pg, None).postgres - before) / 5;
    println!("  of that, processor time of PostgreSQL: {worked:.1?}");
}

/// Alternately with the triggers of capture and without any trigger, fifty writes a second each.
async fn fifty_a_second(chain: &Chain) {
    let mut web = PgConnection::connect(&chain.pg.superuser_url(DB)).await.unwrap();
    let mut times = [vec![], vec![]];
    for turn in 0..500 {
        let is_captured = turn % 2;
        let role = ["replica", "origin"][is_captured];
        let set = AssertSqlSafe(format!("set session_replication_role = {role}"));
        sqlx::raw_sql(set).execute(&mut web).await.unwrap();
        let began = Instant::now();
        sqlx::query("update public.customers set notes = $1 where id = md5('many:' || $2)::uuid")
            .bind(turn.to_string())
            .bind((turn * 7 + 1).to_string())
            .execute(&mut web)
            .await
            .unwrap();
        times[is_captured].push(began.elapsed());
        tokio::time::sleep(Duration::from_millis(20).saturating_sub(began.elapsed())).await;
    }
    let [without, with] = times;
    tell("one write of the web system, no trigger at all", without);
    tell("the same, captured", with);
}

fn tell(what: &str, mut times: Vec<Duration>) {
    times.sort();
    let at = |part: usize| times[(times.len() * part / 100).min(times.len() - 1)];
    println!(
        "{what}: n {}  p50 {:.2?}  p95 {:.2?}  worst {:.2?}",
        times.len(),
        at(50),
        at(95),
        at(100)
    );
}
