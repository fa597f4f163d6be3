//! Three PCs cut off from the clinic and from each other (rule L15): each redeems by what it knew and within its own allowance, by the desk's own rule, and awards all the
//! while; then they come back in any order. What was handed out is booked; what is missing is owed and somebody is told; no balance is less than nothing, and all that a
//! clinic lost lies within the allowances. `AURA_PARTITIONS=10000` asks for more partitions than `make test` does; `AURA_SEED` for others.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test: what is not as expected ends it, in its helpers too"
)]

mod clinic_support;

use std::{collections::BTreeMap, time::Instant};

use clinic_support::{A, DB, Desk, admin, desk, migrated};
use desk_clinic::push::Mutation;
use desk_core::loyalty::{
    account::{Account, Lot},
    lease::{Lease, allowance},
};
use desk_tests::{harness::pg::PgCluster, simulate::chance::Chance};
use serde_json::json;
use sqlx::PgConnection;
use uuid::Uuid;

/// Partitions of an ordinary run.
const USUAL: usize = 60;
/// Customers of one partition, whom all three PCs serve.
const CUSTOMERS: usize = 4;
/// Partitions for which customers are made at once.
const AHEAD: usize = 100;
const NOW: i64 = 1_800_000_000_000_000;

fn wanted(name: &str, usual: usize) -> usize {
    let said = std::env::var(name).ok();
    said.and_then(|text| text.parse().ok()).unwrap_or(usual)
}

/// One PC: its allowance, and what it knows of the customers since it lost the network.
struct Pc {
    desk: Desk,
    lease: Uuid,
    used: i64,
    had: BTreeMap<Uuid, i64>,
    known: BTreeMap<Uuid, Account>,
}

impl Pc {
    fn is_cut_off(&mut self, customers: &[(Uuid, i64)]) {
        (self.used, self.had) = (0, BTreeMap::new());
        let account = |(id, points): &(Uuid, i64)| {
            let lot = Lot {
                id: *id,
                points: *points,
                remaining: *points,
                expires_at: None,
                effective_at: 0,
            };
            (
                *id,
                Account {
                    lots: vec![lot],
                    owed: 0,
                },
            )
        };
        self.known = customers.iter().map(account).collect();
    }

    /// Redeems without the network, if the desk's rule lets it; nothing else is ever handed out.
    fn redeem(&mut self, customer: Uuid, points: i64) -> Option<Mutation> {
        let had = self.had.entry(customer).or_default();
        let lease = Lease {
            points: 2_000,
            per_customer: 500,
            used: self.used,
            ends_at: NOW + 1,
        };
        let left = allowance(Some(lease), *had, Some(NOW), NOW).unwrap_or(0);
        if points > left || self.known.get_mut(&customer)?.spend(points, NOW).is_err() {
            return None;
        }
        (self.used, *had) = (self.used + points, *had + points);
        let args = json!({ "id": Uuid::now_v7(), "customer_id": customer, "points": points, "lease_id": self.lease });
        Some(self.desk.mutation("points.redeem", args))
    }

    /// What this PC does while it is cut off: it earns always, and redeems within its allowance.
    fn day(&mut self, chance: &mut Chance, customers: &[(Uuid, i64)]) -> Vec<Mutation> {
        let mut done = vec![];
        for _ in 0..chance.between(1, 6) {
            let (customer, _) = customers[chance.below(customers.len())];
            if chance.percent(25) {
                let args =
                    json!({ "id": Uuid::now_v7(), "customer_id": customer, "satang": chance.between(1_000, 50_000) });
                done.push(self.desk.mutation("points.award", args));
            } else {
                let points = chance.between(1, 500);
                done.extend(self.redeem(customer, points));
            }
        }
        done
    }
}

async fn three(pg: &PgCluster) -> Vec<Pc> {
    let mut pcs = vec![];
    for (person, name) in [(7, "PC-A"), (5, "PC-B"), (3, "PC-C")] {
        let mut desk = desk(pg, A, person).await;
        pg.psql(
            DB,
            &format!(
                "update desk.member set device = '{name}' where role_name = '{}'",
                desk.login
            ),
        );
        let lease = desk
            .sql("select desk.take_lease()::text")
            .await
            .unwrap()
            .parse()
            .unwrap();
        pcs.push(Pc {
            desk,
            lease,
            used: 0,
            had: BTreeMap::new(),
            known: BTreeMap::new(),
        });
    }
    pcs
}

/// Customers with some points each, for the next partitions.
async fn customers(conn: &mut PgConnection, chance: &mut Chance, batch: usize) -> Vec<(Uuid, i64)> {
    let balances: Vec<i64> = (0..AHEAD * CUSTOMERS).map(|_| chance.between(50, 900)).collect();
    let made = "with made as (insert into public.customers (id, clinic_id, full_name, customer_code) select gen_random_uuid(), $1, 'ลูกค้า', 'PT-' || $2 || '-' || n from generate_series(1, cardinality($3)) n returning id),
          numbered as (select id, row_number() over () as n from made),
          profile as (insert into public.loyalty_profiles (clinic_id, customer_id, referral_code) select $1, id, 'P' || $2 || '-' || n from numbered)
        select id, ($3)[n] from numbered order by n";
    let clinic: Uuid = A.parse().unwrap();
    let all: Vec<(Uuid, i64)> = sqlx::query_as(made)
        .bind(clinic)
        .bind(i32::try_from(batch).unwrap())
        .bind(balances)
        .fetch_all(&mut *conn)
        .await
        .unwrap();
    let (ids, points): (Vec<Uuid>, Vec<i64>) = all.iter().copied().unzip();
    let gain = "insert into public.point_transactions (clinic_id, customer_id, type, amount) select $1, c.id, 'earned', c.n from unnest($2, $3) c (id, n)";
    sqlx::query(gain)
        .bind(clinic)
        .bind(ids)
        .bind(points)
        .execute(conn)
        .await
        .unwrap();
    all
}

/// What became of the customers of a partition: least available, all that is owed, and how many owe without anybody having been told.
async fn became(conn: &mut PgConnection, customers: &[(Uuid, i64)]) -> (i64, i64, i64) {
    let ids: Vec<Uuid> = customers.iter().map(|(id, _)| *id).collect();
    let sql = "select min(s.available), sum(s.owed)::bigint, count(*) filter (where exists (select 1 from desk.debt d where d.clinic_id = s.clinic_id and d.customer_id = s.customer_id and d.points > 0)
        and not exists (select 1 from public.notifications n where n.clinic_id = s.clinic_id and n.type = 'points_owed' and n.metadata ->> 'subject' = 'points_owed:' || s.customer_id))
      from desk.point_sum s where s.clinic_id = $1 and s.customer_id = any ($2)";
    let clinic: Uuid = A.parse().unwrap();
    sqlx::query_as(sql)
        .bind(clinic)
        .bind(ids)
        .fetch_one(conn)
        .await
        .unwrap()
}

/// They come back in any order. What was done without the network was done: nothing of it is refused.
async fn come_back(pcs: &mut [Pc], days: &[Vec<Mutation>], chance: &mut Chance, nth: usize) {
    let mut order = [0, 1, 2];
    order.swap(0, chance.below(3));
    order.swap(1, 1 + chance.below(2));
    for pc in order {
        let outcomes = pcs[pc].desk.push(&days[pc]).await.unwrap();
        for (sent, outcome) in days[pc].iter().zip(outcomes) {
            assert_eq!(
                outcome.code, None,
                "partition {nth}: {} was done already: {outcome:?}",
                sent.name
            );
        }
    }
}

#[tokio::test]
async fn l15_three_pcs_that_are_cut_off_lose_no_more_than_their_allowances_and_every_conflict_is_told() {
    let (partitions, seed) = (wanted("AURA_PARTITIONS", USUAL), wanted("AURA_SEED", 1));
    let pg = migrated().await;
    let mut pcs = three(&pg).await;
    let mut conn = admin(&pg).await;
    sqlx::raw_sql("update desk.clinic set loyalty_policy = loyalty_policy; create index on public.notifications ((metadata ->> 'subject'))").execute(&mut conn).await.unwrap();
    let mut chance = Chance::new(u64::try_from(seed).unwrap());
    let (began, mut redeemed, mut lost, mut worst, mut conflicts) = (Instant::now(), 0, 0, 0, 0);
    let mut ahead: Vec<(Uuid, i64)> = vec![];
    for nth in 0..partitions {
        if ahead.len() < CUSTOMERS {
            ahead = customers(&mut conn, &mut chance, nth).await;
        }
        let here = ahead.split_off(ahead.len() - CUSTOMERS);
        // The next day: each PC has its allowance anew.
        sqlx::query("update desk.lease set used = 0")
            .execute(&mut conn)
            .await
            .unwrap();
        let mut days = vec![];
        for pc in &mut pcs {
            pc.is_cut_off(&here);
            days.push(pc.day(&mut chance, &here));
        }
        come_back(&mut pcs, &days, &mut chance, nth).await;
        let (least, owed, untold) = became(&mut conn, &here).await;
        let handed_out: i64 = pcs.iter().map(|pc| pc.used).sum();
        assert!(
            least >= 0 && untold == 0,
            "partition {nth}: available {least}, {untold} owe and nobody was told"
        );
        assert!(
            owed <= handed_out && handed_out <= 3 * 2_000,
            "partition {nth}: {owed} lost of {handed_out}"
        );
        (redeemed, lost, worst, conflicts) = (
            redeemed + handed_out,
            lost + owed,
            worst.max(owed),
            conflicts + usize::from(owed > 0),
        );
    }
    println!(
        "{partitions} partitions of three PCs in {:.0} s, seed {seed}: {redeemed} points redeemed without the network, {lost} owed in {conflicts} partitions, at most {worst} in one (allowances: 6000)",
        began.elapsed().as_secs_f64()
    );
    assert!(
        conflicts * 10 > partitions,
        "they hardly ever met: this run shows little"
    );
    let differences: i64 = sqlx::query_scalar("select count(*) from desk.verify_loyalty($1)")
        .bind(A.parse::<Uuid>().unwrap())
        .fetch_one(&mut conn)
        .await
        .unwrap();
    assert_eq!(differences, 0);
    // Past the desk's rule the database holds each PC to its allowance all the same.
    let customer = customers(&mut conn, &mut chance, partitions + 1).await[0].0;
    let forged = json!({ "id": Uuid::now_v7(), "customer_id": customer, "points": 501, "lease_id": pcs[0].lease });
    assert_eq!(pcs[0].desk.act("points.redeem", forged).await, "lease_exceeded");
}
