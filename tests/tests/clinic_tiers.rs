//! Tiers in PostgreSQL on both bases: reached at once, held until a day, warned of twice, lost a step at a time (rule L9); versions of the policy; payments that are
//! written down late (rule L10).
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test: what is not as expected ends it, in its helpers too"
)]

mod clinic_support;

use clinic_support::{A, DB, Desk, admin, desk, differences, journey, migrated, uid};
use desk_core::loyalty::{
    Tier,
    policy::{Basis, Policy},
    standing::{Bill, Standing, pay},
};
use desk_tests::harness::pg::PgCluster;
use serde_json::{Value as Json, json};
use uuid::Uuid;

fn one(pg: &PgCluster, sql: &str) -> String {
    pg.psql(DB, sql)
}

fn policy_args(pg: &PgCluster, basis: Basis, from: &str) -> Json {
    let [silver, gold, platinum, diamond] = basis.usual_floors();
    let newest: i64 = one(
        pg,
        &format!("select max(version) from desk.loyalty_policy where clinic_id = '{A}'"),
    )
    .parse()
    .unwrap();
    json!({ "id": Uuid::now_v7(), "expected": newest, "from": from, "basis": basis.word(), "months": 24, "welcome": 100, "point_satang": 100, "reason": "ลอง",
        "multipliers": { "bronze": 1, "silver": 1.5, "gold": 2, "platinum": 2.5, "diamond": 3 },
        "floors": { "silver": silver, "gold": gold, "platinum": platinum, "diamond": diamond } })
}

fn day(pg: &PgCluster, ahead: i64) -> String {
    one(pg, &format!("select desk.local_day('{A}', now()) + {ahead}"))
}

/// The owner's desk of a clinic whose tiers are reached by baht from now on.
async fn by_baht(pg: &PgCluster) -> Desk {
    let mut owner = desk(pg, A, 1).await;
    let args = policy_args(pg, Basis::Baht, &day(pg, 0));
    assert_eq!(owner.act("policy.plan", args).await, "ok");
    owner
}

fn paid(pg: &PgCluster, customer: Uuid, satang: i64, days_ago: i64) -> Uuid {
    let id = Uuid::now_v7();
    pg.psql(
        DB,
        &format!(
            "insert into desk.payment (clinic_id, id, number, customer_id, satang, method, taken_at, taken_by)
             values ('{A}', '{id}', desk.next_payment_number('{A}'), '{customer}', {satang}, 'cash', now() - interval '{days_ago} days', md5('user:1')::uuid)"
        ),
    );
    id
}

/// Somebody with 500 points who holds a tier since so many days ago.
fn holds(pg: &PgCluster, customer: Uuid, tier: &str, days_ago: i64) {
    pg.psql(
        DB,
        &format!(
            "insert into desk.tier (clinic_id, customer_id, tier, since, until, reached_by)
             select '{A}', '{customer}', '{tier}', d, desk.anniversary(d, d), gen_random_uuid() from (select desk.local_day('{A}', now()) - {days_ago} as d) x;
             insert into public.loyalty_profiles (clinic_id, customer_id, referral_code) values ('{A}', '{customer}', 'BN{days_ago}{}');
             insert into public.point_transactions (clinic_id, customer_id, type, amount, expires_at) values ('{A}', '{customer}', 'bonus', 500, now() + interval '2 years')",
            &tier[..2]
        ),
    );
}

fn tier(pg: &PgCluster, customer: Uuid) -> String {
    one(
        pg,
        &format!("select current_tier from public.loyalty_profiles where customer_id = '{customer}'"),
    )
}

fn available(pg: &PgCluster, customer: Uuid) -> String {
    one(
        pg,
        &format!("select available_points from public.loyalty_profiles where customer_id = '{customer}'"),
    )
}

/// The nightly look, five past midnight, so many days before (or, less than nothing, after) the anniversary.
fn night(pg: &PgCluster, customer: Uuid, anniversary: &str, before: i64) {
    let sql = format!(
        "select desk.sweep_tiers('{A}', desk.day_start('{A}', date '{anniversary}' - {before}) + interval '5 minutes', 400)"
    );
    one(pg, &sql);
    let _ = customer;
}

fn anniversary(pg: &PgCluster, customer: Uuid) -> String {
    one(
        pg,
        &format!("select until from desk.tier where customer_id = '{customer}'"),
    )
}

fn notices(pg: &PgCluster, customer: Uuid) -> String {
    one(
        pg,
        &format!(
            "select coalesce(string_agg(days || ':' || missing, ' ' order by days desc), '') from desk.tier_notice where customer_id = '{customer}'"
        ),
    )
}

#[tokio::test]
async fn l9_story_15_gold_with_26_500_is_warned_twice_and_goes_one_step_down_with_all_points() {
    let pg = migrated().await;
    by_baht(&pg).await;
    let customer = uid(&pg, "customer", 1);
    let (journey, _) = journey(&pg, A, 1, 7);
    holds(&pg, customer, "gold", 300);
    paid(&pg, customer, 2_650_000, 10);
    let until = anniversary(&pg, customer);
    assert_eq!(
        (tier(&pg, customer), available(&pg, customer)),
        ("gold".into(), "500".into())
    );
    night(&pg, customer, &until, 61);
    assert_eq!(notices(&pg, customer), "", "not sooner");
    for _ in 0..2 {
        night(&pg, customer, &until, 60);
    }
    assert_eq!(notices(&pg, customer), "60:350000", "3,500 baht, once");
    let told = "select n.user_id = md5('user:7')::uuid, n.message, n.priority from public.notifications n where n.type = 'tier_notice'";
    assert_eq!(
        one(&pg, told),
        "t|ขาดอีก 3,500 บาท เพื่อคงระดับเดิม|medium",
        "who looks after them"
    );
    let task = format!(
        "select count(*) from public.task_queue where workflow_id = '{journey}' and task_type = 'customer_follow_up' and description like 'ขาดอีก 3,500 บาท%'"
    );
    assert_eq!(one(&pg, &task), "1");
    night(&pg, customer, &until, 30);
    night(&pg, customer, &until, 14);
    assert_eq!(notices(&pg, customer), "60:350000 14:350000");
    assert_eq!(
        one(
            &pg,
            "select count(*) from public.notifications where type = 'tier_notice'"
        ),
        "2"
    );
    night(&pg, customer, &until, 1);
    assert_eq!(tier(&pg, customer), "gold", "until the day");
    night(&pg, customer, &until, 0);
    assert_eq!(
        (tier(&pg, customer), available(&pg, customer)),
        ("silver".into(), "500".into())
    );
    night(&pg, customer, &until, -1);
    assert_eq!(tier(&pg, customer), "silver", "one step only");
    let why = format!(
        "select was ->> 'tier', tier, why, measure from desk.tier_change where customer_id = '{customer}' order by id desc limit 1"
    );
    assert_eq!(one(&pg, &why), "gold|silver|anniversary|2650000");
    assert_eq!(differences(&pg), "0");
}

#[tokio::test]
async fn l9_missed_nights_leave_what_nightly_looks_leave() {
    let pg = migrated().await;
    by_baht(&pg).await;
    let (nightly, late) = (uid(&pg, "customer", 1), uid(&pg, "customer", 3));
    for customer in [nightly, late] {
        holds(&pg, customer, "platinum", if customer == late { 301 } else { 300 });
        paid(&pg, customer, 1_500_000, 10);
    }
    let until = anniversary(&pg, nightly);
    let nights = format!(
        "do $$ begin for n in -61..400 loop perform desk.settle_tier('{A}', '{nightly}', desk.day_start('{A}', date '{until}' + n) + interval '5 minutes'); end loop; end $$"
    );
    one(&pg, &nights);
    let at = format!(
        "select desk.settle_tier('{A}', '{late}', desk.day_start('{A}', date '{until}' + 400) + interval '5 minutes')"
    );
    one(&pg, &at);
    let steps = |customer: Uuid| {
        one(
            &pg,
            &format!(
                "select string_agg(was ->> 'tier' || '>' || tier, ' ' order by id) from desk.tier_change where customer_id = '{customer}'"
            ),
        )
    };
    assert_eq!(steps(nightly), "platinum>gold gold>silver", "a step a year");
    assert_eq!(steps(nightly), steps(late));
    assert_ne!(anniversary(&pg, nightly), until, "and looked at again in a year");
}

#[tokio::test]
async fn l9_a_warning_that_was_missed_comes_late_and_two_that_were_missed_are_one() {
    let pg = migrated().await;
    by_baht(&pg).await;
    let [first, second, enough, near] = [1, 3, 5, 7].map(|n| uid(&pg, "customer", n));
    for (customer, ago) in [(first, 300), (second, 301), (enough, 302), (near, 334)] {
        holds(&pg, customer, "silver", ago);
    }
    paid(&pg, enough, 1_000_000, 5);
    night(&pg, first, &anniversary(&pg, first), 47);
    assert_eq!(notices(&pg, first), "60:1000000", "thirteen nights late");
    assert_eq!(notices(&pg, second), "60:1000000");
    assert_eq!(notices(&pg, near), "14:1000000", "both were missed: the nearer one");
    night(&pg, second, &anniversary(&pg, second), 9);
    assert_eq!(notices(&pg, second), "60:1000000 14:1000000");
    assert_eq!(notices(&pg, enough), "", "who has enough is not warned of");
}

async fn pay_in(desk: &mut Desk, customer: Uuid, satang: i64) -> Uuid {
    let id = Uuid::now_v7();
    let args =
        json!({ "id": id, "entry": Uuid::now_v7(), "customer_id": customer, "satang": satang, "method": "cash" });
    assert_eq!(desk.act("payment.take", args).await, "ok");
    id
}

async fn give_back(desk: &mut Desk, payment: Uuid, satang: i64) {
    let args = json!({ "id": Uuid::now_v7(), "entry": Uuid::now_v7(), "payment_id": payment, "satang": satang, "reason": "ไม่พอใจ" });
    assert_eq!(desk.act("payment.refund", args).await, "ok");
}

#[tokio::test]
async fn l9_up_at_once_and_down_by_a_refund_only_of_the_invoice_that_reached_it() {
    let pg = migrated().await;
    let mut owner = by_baht(&pg).await;
    let customer = uid(&pg, "customer", 1);
    let first = pay_in(&mut owner, customer, 2_000_000).await;
    assert_eq!(tier(&pg, customer), "silver");
    let second = pay_in(&mut owner, customer, 1_000_000).await;
    assert_eq!(tier(&pg, customer), "gold");
    give_back(&mut owner, first, 2_000_000).await;
    assert_eq!(
        tier(&pg, customer),
        "gold",
        "10,000 baht are left, but that invoice did not reach gold"
    );
    give_back(&mut owner, second, 1).await;
    assert_eq!(
        tier(&pg, customer),
        "silver",
        "that one did: lost at once, to what was held before it"
    );
    let held = format!("select reached_by = '{first}' from desk.tier where customer_id = '{customer}'");
    assert_eq!(one(&pg, &held), "t", "with its day and its invoice");
    assert_eq!(differences(&pg), "0");
}

#[tokio::test]
async fn l9_by_points_a_refund_of_another_invoice_keeps_the_tier_until_its_day() {
    let pg = migrated().await;
    let mut owner = desk(&pg, A, 1).await;
    let customer = uid(&pg, "customer", 1);
    let first = pay_in(&mut owner, customer, 500_000).await;
    let second = pay_in(&mut owner, customer, 500_000).await;
    assert_eq!(tier(&pg, customer), "silver", "100 + 500 + 500");
    give_back(&mut owner, first, 500_000).await;
    assert_eq!(tier(&pg, customer), "silver");
    give_back(&mut owner, second, 500_000).await;
    assert_eq!(tier(&pg, customer), "bronze");
    assert_eq!(differences(&pg), "0");
}

#[tokio::test]
async fn l9_spending_and_the_end_of_points_never_touch_the_tier() {
    let pg = migrated().await;
    let mut owner = desk(&pg, A, 1).await;
    let customer = uid(&pg, "customer", 1);
    pay_in(&mut owner, customer, 1_000_000).await;
    assert_eq!(tier(&pg, customer), "silver");
    let args = json!({ "id": Uuid::now_v7(), "customer_id": customer, "points": 1_000 });
    assert_eq!(owner.act("points.redeem", args).await, "ok");
    one(
        &pg,
        &format!("select desk.expire_points('{A}', '{customer}', now() + interval '3 years')"),
    );
    assert_eq!(
        (tier(&pg, customer), available(&pg, customer)),
        ("silver".into(), "0".into())
    );
    assert_eq!(differences(&pg), "0");
}

#[tokio::test]
async fn a_worker_looks_at_the_tiers_right_after_midnight() {
    let pg = migrated().await;
    holds(&pg, uid(&pg, "customer", 1), "silver", 310);
    pg.psql(DB, "select desk.worker_beat(gen_random_uuid(), 'w', 0, false)");
    let fired = (0..100)
        .take_while(|_| !pg.psql(DB, "select desk.fire_next()").is_empty())
        .count();
    assert!(fired >= 1);
    assert_eq!(
        notices(&pg, uid(&pg, "customer", 1)),
        "60:500",
        "500 of 1,000 points are missing"
    );
    let next = format!(
        "select to_char(min(due_at) at time zone 'Asia/Bangkok', 'HH24:MI:SS'), count(*) from desk.timer where clinic_id = '{A}' and kind = 'tiers.look' and state = 'waiting'"
    );
    assert_eq!(one(&pg, &next), "00:00:02|1");
    assert_eq!(
        one(&pg, "select count(*) from desk.timer where last_error is not null"),
        "0"
    );
}

fn rank(tier: Tier) -> usize {
    Tier::ALL.iter().position(|one| *one == tier).unwrap()
}

#[tokio::test]
async fn l21_preview_is_posted_for_10_000_random_bills() {
    let pg = migrated().await;
    pg.psql(DB, "create table public.bill (n int, satang bigint, tier text, measure bigint); select setseed(0.42);
        insert into public.bill select n, 1 + floor(random() ^ 3 * 99999999)::bigint, (array['bronze', 'silver', 'gold', 'platinum', 'diamond'])[1 + floor(random() * 5)::int], floor(random() ^ 2 * 20000000)::bigint from generate_series(1, 10000) n");
    for basis in [Basis::Points, Basis::Baht] {
        let [silver, gold, platinum, diamond] = basis.usual_floors();
        let sql = format!(
            "select b.satang || ' ' || b.tier || ' ' || b.measure || ' ' || x.points || ' ' || desk.tier_rank(desk.tier_in(p, b.measure + case when p.basis = 'baht' then b.satang else x.points end))
             from public.bill b, lateral (select q from desk.loyalty_policy q limit 1) y, lateral (select (jsonb_populate_record(y.q, '{{\"basis\":\"{}\",\"floors\":{{\"silver\":{silver},\"gold\":{gold},\"platinum\":{platinum},\"diamond\":{diamond}}}}}')).*) p,
             lateral (select desk.points_for(b.satang, desk.multiplier_in(p, b.tier)) as points) x order by b.n",
            basis.word()
        );
        let policy = Policy {
            basis,
            floors: basis.usual_floors(),
            ..Policy::default()
        };
        let posted = one(&pg, &sql);
        let lines: Vec<&str> = posted.lines().collect();
        assert_eq!(lines.len(), 10_000);
        for line in lines {
            let words: Vec<&str> = line.split(' ').collect();
            let number = |n: usize| words[n].parse::<i64>().unwrap();
            let standing = Standing {
                tier: Tier::from_word(words[1]),
                reached_by: None,
            };
            let bill = Bill {
                satang: number(0),
                is_money: true,
                beside: 0,
            };
            let outcome = pay(&policy, &policy, standing, number(2), bill);
            let reached = usize::try_from(number(4)).unwrap() - 1;
            assert_eq!(
                (outcome.points, rank(outcome.tier)),
                (number(3), reached.max(rank(standing.tier))),
                "{line}"
            );
        }
    }
}

fn late_bill(customer: Uuid, paid_on: &str, why: Option<&str>) -> Json {
    json!({ "id": Uuid::now_v7(), "entry": Uuid::now_v7(), "customer_id": customer, "satang": 50_000, "method": "cash", "paid_on": paid_on, "late_reason": why })
}

#[tokio::test]
async fn l10_a_forgotten_bill_counts_from_its_day_and_long_ago_needs_a_manager_and_a_reason() {
    let pg = migrated().await;
    let (mut owner, mut may) = (desk(&pg, A, 1).await, desk(&pg, A, 7).await);
    let customer = uid(&pg, "customer", 1);
    assert_eq!(
        may.act("payment.take", late_bill(customer, &day(&pg, -7), None)).await,
        "ok",
        "a week is free"
    );
    assert_eq!(
        may.act("payment.take", late_bill(customer, &day(&pg, -8), Some("ลืม")))
            .await,
        "role_not_allowed"
    );
    assert_eq!(
        owner
            .act("payment.take", late_bill(customer, &day(&pg, -42), None))
            .await,
        "reason_missing"
    );
    assert_eq!(
        owner
            .act("payment.take", late_bill(customer, &day(&pg, 1), Some("ลืม")))
            .await,
        "date_out_of_range"
    );
    assert_eq!(
        owner
            .act("payment.take", late_bill(customer, "2026-02-31", Some("ลืม")))
            .await,
        "date_out_of_range"
    );
    assert_eq!(
        owner
            .act("payment.take", late_bill(customer, "เมื่อวาน", Some("ลืม")))
            .await,
        "value_not_allowed"
    );
    assert_eq!(
        owner
            .act("payment.take", late_bill(customer, &day(&pg, -42), Some("ลืม")))
            .await,
        "ok"
    );
    let both = format!(
        "select desk.local_day('{A}', p.taken_at) = date '{0}', p.posted_at > now() - interval '1 minute', p.late_reason, desk.local_day('{A}', e.desk_effective_at) = date '{0}',
           e.expires_at = desk.lot_expiry('{A}', e.desk_effective_at) and desk.local_day('{A}', e.expires_at) = (date '{0}' + interval '24 months')::date, l.effective_at = e.desk_effective_at
         from desk.payment p join public.point_transactions e on e.id = p.entry_id join desk.lot l on l.id = e.id where p.late_reason is not null",
        day(&pg, -42)
    );
    assert_eq!(one(&pg, &both), "t|t|ลืม|t|t|t");
    assert_eq!(differences(&pg), "0");
}

#[tokio::test]
async fn l10_a_closed_month_takes_nothing_and_the_owner_may_open_it() {
    let pg = migrated().await;
    let (mut owner, mut may) = (desk(&pg, A, 1).await, desk(&pg, A, 7).await);
    let customer = uid(&pg, "customer", 1);
    let month = |ago: i32| {
        one(
            &pg,
            &format!("select to_char(desk.local_day('{A}', now()) - interval '{ago} months', 'YYYY-MM')"),
        )
    };
    let args = |month: &str| json!({ "id": Uuid::now_v7(), "month": month });
    assert_eq!(may.act("month.close", args(&month(1))).await, "role_not_allowed");
    assert_eq!(owner.act("month.close", args(&month(0))).await, "month_not_over");
    assert_eq!(owner.act("month.close", args("2026-13")).await, "value_not_allowed");
    assert_eq!(owner.act("month.close", args(&month(1))).await, "ok");
    let last = one(
        &pg,
        &format!("select books_closed_to from desk.clinic where clinic_id = '{A}'"),
    );
    assert_eq!(
        owner.act("payment.take", late_bill(customer, &last, Some("ลืม"))).await,
        "month_closed"
    );
    let by_hand = paid(&pg, customer, 100, 70);
    let moved = format!("select taken_at > now() - interval '1 minute' from desk.payment where id = '{by_hand}'");
    assert_eq!(
        one(&pg, &moved),
        "t",
        "the closed books stay as they are, whoever writes"
    );
    assert_eq!(owner.act("month.open", args(&month(1))).await, "ok");
    assert_eq!(
        owner.act("payment.take", late_bill(customer, &last, Some("ลืม"))).await,
        "ok"
    );
    assert_eq!(
        one(
            &pg,
            &format!("select count(*), count(opened_by) from desk.closed_month where clinic_id = '{A}'")
        ),
        "1|1"
    );
}

#[tokio::test]
async fn a_planned_policy_counts_from_its_day_and_nothing_that_was_booked_changes() {
    let pg = migrated().await;
    let (mut owner, mut may) = (desk(&pg, A, 1).await, desk(&pg, A, 7).await);
    let customer = uid(&pg, "customer", 1);
    pay_in(&mut owner, customer, 100_000).await;
    let mut args = policy_args(&pg, Basis::Points, &day(&pg, 3));
    args["multipliers"]["bronze"] = json!(1.4);
    args["months"] = json!(12);
    assert_eq!(may.act("policy.plan", args.clone()).await, "role_not_allowed");
    assert_eq!(owner.act("policy.plan", args.clone()).await, "ok");
    args["id"] = json!(Uuid::now_v7());
    assert_eq!(
        owner.act("policy.plan", args).await,
        "changed_meanwhile",
        "somebody has planned meanwhile"
    );
    pay_in(&mut owner, customer, 100_000).await;
    let versions = format!(
        "select string_agg(desk_policy || ':' || amount, ' ' order by created_at) from public.point_transactions where customer_id = '{customer}' and type = 'earned'"
    );
    assert_eq!(one(&pg, &versions), "1:100 1:100");
    let then = format!(
        "select (p).version, (p).multipliers ->> 'bronze', (p).months from desk.policy_at('{A}', desk.day_start('{A}', date '{}')) p",
        day(&pg, 3)
    );
    assert_eq!(one(&pg, &then), "2|1.4|12");
    let mut now = policy_args(&pg, Basis::Points, &day(&pg, 0));
    now["multipliers"]["bronze"] = json!(1.2);
    assert_eq!(owner.act("policy.plan", now).await, "ok");
    pay_in(&mut owner, customer, 100_000).await;
    assert_eq!(one(&pg, &versions), "1:100 1:100 3:120");
    assert_eq!(
        one(
            &pg,
            &format!(
                "select loyalty_policy || ' ' || (loyalty_multipliers ->> 'bronze') from desk.clinic where clinic_id = '{A}'"
            )
        ),
        "3 1.2",
        "older desks read it there"
    );
    assert_eq!(one(&pg, &then), "2|1.4|12", "the plan stands");
}

#[tokio::test]
async fn what_no_clinic_can_promise_is_refused_with_its_field_and_past_the_action_too() {
    let pg = migrated().await;
    let mut owner = desk(&pg, A, 1).await;
    let refusals = [
        (
            "multipliers",
            json!({ "bronze": 2, "silver": 1.5, "gold": 2, "platinum": 2.5, "diamond": 3 }),
            "multipliers.silver",
        ),
        (
            "multipliers",
            json!({ "bronze": 1.25, "silver": 1.5, "gold": 2, "platinum": 2.5, "diamond": 3 }),
            "multipliers.bronze",
        ),
        ("multipliers", json!({ "bronze": "1" }), "multipliers.bronze"),
        ("multipliers", json!("x"), "multipliers.bronze"),
        (
            "floors",
            json!({ "silver": 1000, "gold": 1000, "platinum": 7000, "diamond": 15000 }),
            "floors.gold",
        ),
        (
            "floors",
            json!({ "silver": -5, "gold": 1000, "platinum": 7000, "diamond": 15000 }),
            "floors.silver",
        ),
        ("basis", json!("visits"), "basis"),
        ("months", json!(0), "months"),
        ("welcome", json!(10_001), "welcome"),
        ("point_satang", json!(100_001), "point_satang"),
    ];
    for (field, value, named) in refusals {
        let mut args = policy_args(&pg, Basis::Points, &day(&pg, 0));
        args[field] = value;
        let mutation = owner.mutation("policy.plan", args);
        let outcome = owner.push(&[mutation]).await.unwrap().remove(0);
        assert_eq!(outcome.code.as_deref(), Some("policy_invalid"), "{named}");
        assert_eq!(
            outcome
                .detail
                .and_then(|detail| detail["field"].as_str().map(str::to_owned))
                .as_deref(),
            Some(named)
        );
    }
    for from in [day(&pg, -1), day(&pg, 400)] {
        let args = policy_args(&pg, Basis::Points, &from);
        assert_eq!(owner.act("policy.plan", args).await, "date_out_of_range");
    }
    let by_hand = sqlx::query(
        "insert into desk.loyalty_policy (clinic_id, version, multipliers) values ($1::uuid, 9, '{\"bronze\":99}')",
    )
    .bind(A)
    .execute(&mut admin(&pg).await)
    .await
    .unwrap_err();
    assert_eq!(
        by_hand.as_database_error().and_then(|error| error.constraint()),
        Some("desk_policy_fits")
    );
}
