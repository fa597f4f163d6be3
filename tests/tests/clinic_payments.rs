//! Money at the counter in PostgreSQL: numbers without gaps, points by the one rule, refunds that add up, and nothing that anybody changes afterwards.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test: what is not as expected ends it, in its helpers too"
)]

mod clinic_support;

use clinic_support::{A, B, DB, Desk, admin, desk, differences, journey, migrated, uid};
use desk_clinic::push::{Outcome, Status};
use desk_core::loyalty::{points_for, points_to_reverse};
use desk_tests::harness::pg::PgCluster;
use futures_util::future::join_all;
use serde_json::{Value as Json, json};
use sqlx::AssertSqlSafe;
use uuid::Uuid;

fn bill(customer: Uuid, satang: i64) -> (Uuid, Json) {
    let id = Uuid::now_v7();
    (
        id,
        json!({ "id": id, "entry": Uuid::now_v7(), "customer_id": customer, "satang": satang, "method": "cash" }),
    )
}

fn refund(payment: Uuid, satang: i64) -> Json {
    json!({ "id": Uuid::now_v7(), "entry": Uuid::now_v7(), "payment_id": payment, "satang": satang, "reason": "ไม่พอใจ" })
}

async fn take(desk: &mut Desk, customer: Uuid, satang: i64) -> Uuid {
    let (id, args) = bill(customer, satang);
    assert_eq!(desk.act("payment.take", args).await, "ok");
    id
}

async fn outcome(desk: &mut Desk, name: &str, args: Json) -> Outcome {
    let mutation = desk.mutation(name, args);
    desk.push(&[mutation]).await.unwrap().remove(0)
}

fn is_at_the_counter(pg: &PgCluster, n: u32) {
    pg.psql(
        DB,
        &format!("update desk.staff set role = 'front_desk' where person_id = md5('user:{n}')::uuid"),
    );
}

/// A customer who has a profile of this tier.
fn of_tier(pg: &PgCluster, customer: u32, lifetime: i64) {
    pg.psql(DB, &format!("insert into public.loyalty_profiles (clinic_id, customer_id, referral_code) values ('{A}', md5('customer:{customer}')::uuid, 'BN{customer}');
        insert into public.point_transactions (clinic_id, customer_id, type, amount, description, desk_lifetime) values ('{A}', md5('customer:{customer}')::uuid, 'refund', 1, 'ยอดยกมา', {lifetime})"));
}

#[tokio::test]
async fn a_payment_of_yesterday_without_the_network_is_yesterdays_revenue() {
    let pg = migrated().await;
    is_at_the_counter(&pg, 7);
    let mut may = desk(&pg, A, 7).await;
    let customer = uid(&pg, "customer", 1);
    let day = |ago: &str| {
        pg.psql(
            DB,
            &format!(
                "select to_char((now() - interval '{ago}') at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')"
            ),
        )
    };
    let days = |payment: Uuid| {
        pg.psql(
            DB,
            &format!(
                "select round(extract(epoch from now() - taken_at) / 86400) from desk.payment where id = '{payment}'"
            ),
        )
    };
    for (said, days_ago) in [("1 day", "1"), ("60 days", "0"), ("-1 day", "0")] {
        let (id, mut args) = bill(customer, 10_000);
        args["at"] = json!(day(said));
        assert_eq!(
            may.act("payment.take", args).await,
            "ok",
            "money is never refused for a wrong clock"
        );
        assert_eq!(days(id), days_ago, "{said}");
        let mut back = refund(id, 100);
        back["at"] = json!(day("2 days"));
        let given = back["id"].as_str().unwrap().parse().unwrap();
        assert_eq!(may.act("payment.refund", back).await, "ok");
        assert_eq!(days(given), days_ago, "nothing is given back before it was taken");
    }
}

/// Counter, sales and whoever answers for the clinic; what whoever treats has sent anyway is refused and books nothing.
#[tokio::test]
async fn who_treats_books_no_bill() {
    let pg = migrated().await;
    let mut may = desk(&pg, A, 7).await;
    let customer = uid(&pg, "customer", 1);
    let booked = || {
        pg.psql(
            DB,
            "select (select count(*) from desk.payment) || ' ' || (select count(*) from public.point_transactions)",
        )
    };
    let is_now = |role: &str| {
        pg.psql(
            DB,
            &format!("update desk.staff set role = '{role}' where person_id = md5('user:7')::uuid"),
        );
    };
    is_now("beautician");
    let award = || json!({ "id": Uuid::now_v7(), "customer_id": customer, "satang": 10_000 });
    for (name, args) in [
        ("payment.take", bill(customer, 10_000).1),
        ("points.award", award()),
        // Money for later is money too.
        (
            "payment.take",
            json!({ "id": Uuid::now_v7(), "entry": Uuid::now_v7(), "customer_id": customer, "satang": 10_000, "method": "cash", "held_as": "deposit" }),
        ),
    ] {
        let answer = outcome(&mut may, name, args).await;
        assert_eq!(answer.code.as_deref(), Some("role_not_allowed"), "{name}");
        assert_eq!(answer.detail.unwrap()["role"], "beautician");
    }
    assert_eq!(booked(), "0 0");
    for role in ["sales", "front_desk", "manager", "owner"] {
        is_now(role);
        assert_eq!(may.act("payment.take", bill(customer, 10_000).1).await, "ok", "{role}");
        assert_eq!(may.act("points.award", award()).await, "ok", "{role}");
    }
}

#[tokio::test]
async fn twenty_payments_at_once_have_twenty_numbers_in_a_row() {
    let pg = migrated().await;
    let mut desks = vec![];
    for _ in 0..5 {
        desks.push(desk(&pg, A, 7).await);
    }
    let customer = uid(&pg, "customer", 1);
    for _ in 0..4 {
        let taken = desks
            .iter_mut()
            .map(|desk| desk.act("payment.take", bill(customer, 10_000).1));
        assert!(join_all(taken).await.iter().all(|answer| answer == "ok"));
    }
    let mut may = desk(&pg, A, 7).await;
    let refused = bill(Uuid::new_v4(), 100).1;
    assert_eq!(may.act("payment.take", refused).await, "customer_not_found");
    take(&mut may, customer, 10_000).await;
    assert_eq!(
        pg.psql(
            DB,
            "select count(*), min(number), max(number), count(distinct number) from desk.payment"
        ),
        "21|1|21|21",
        "what was refused takes no number along"
    );
    assert_eq!(
        pg.psql(
            DB,
            "select total_spent, total_visits, average_spend from public.loyalty_profiles"
        ),
        "2100.00|21|100.00"
    );
    assert_eq!(differences(&pg), "0");
}

#[tokio::test]
async fn l8_ten_replays_are_one_payment_and_one_entry() {
    let pg = migrated().await;
    let mut may = desk(&pg, A, 7).await;
    let taken = may.mutation("payment.take", bill(uid(&pg, "customer", 1), 199_900).1);
    for replay in 0..10 {
        let outcome = may.push(std::slice::from_ref(&taken)).await.unwrap().remove(0);
        assert_eq!((outcome.status, outcome.dup), (Status::Ok, replay > 0));
    }
    assert_eq!(
        pg.psql(DB, "select (select count(*) from desk.payment), (select count(*) from public.point_transactions where desk_purpose = 'earn'), (select last from desk.payment_counter)"),
        "1|1|1"
    );
}

#[tokio::test]
async fn l5_parts_of_a_refund_add_up_to_what_was_given() {
    let pg = migrated().await;
    is_at_the_counter(&pg, 7);
    let mut may = desk(&pg, A, 7).await;
    is_at_the_counter(&pg, 7);
    let paid = take(&mut may, uid(&pg, "customer", 1), 199_900).await;
    let points = |pg: &PgCluster| {
        pg.psql(
            DB,
            "select string_agg(points::text, ' ' order by number) from desk.payment",
        )
    };
    assert_eq!(points(&pg), "199");
    assert_eq!(may.act("payment.refund", refund(paid, 99_950)).await, "ok");
    assert_eq!(points(&pg), "199 -100");
    let more = outcome(&mut may, "payment.refund", refund(paid, 99_951)).await;
    assert_eq!(
        (more.code.as_deref(), more.detail),
        (Some("refund_too_large"), Some(json!({ "most": 99_950 })))
    );
    assert_eq!(may.act("payment.refund", refund(paid, 99_950)).await, "ok");
    assert_eq!(points(&pg), "199 -100 -99");
    assert_eq!(may.act("payment.refund", refund(paid, 1)).await, "refund_too_large");
    assert_eq!(
        pg.psql(DB, "select available_points, total_points, total_spent, total_visits, average_spend from public.loyalty_profiles"),
        "100|100|0.00|0|0.00",
        "only the welcome is left"
    );
    assert_eq!(
        pg.psql(
            DB,
            "select sum(case when refunds is null then satang else -satang end) from desk.payment"
        ),
        "0",
        "revenue is money received less what was given back"
    );
    assert_eq!(differences(&pg), "0");
}

/// Story 14: a Gold customer pays 1,999 baht, spends 300 of the 399 points, gets the money back in halves and pays again.
#[tokio::test]
async fn l4_points_that_are_spent_are_owed_and_paid_by_the_next_bill() {
    let pg = migrated().await;
    let mut may = desk(&pg, A, 7).await;
    is_at_the_counter(&pg, 7);
    let customer = uid(&pg, "customer", 1);
    of_tier(&pg, 1, 5_000);
    let stands = |pg: &PgCluster| pg.psql(DB, "select available_points, desk_owed from public.loyalty_profiles");
    let paid = take(&mut may, customer, 199_900).await;
    assert_eq!(stands(&pg), "400|0");
    let spend = json!({ "id": Uuid::now_v7(), "customer_id": customer, "points": 301 });
    assert_eq!(may.act("points.redeem", spend).await, "ok");
    assert_eq!(stands(&pg), "99|0");
    assert_eq!(may.act("payment.refund", refund(paid, 99_950)).await, "ok");
    assert_eq!(stands(&pg), "0|101");
    assert_eq!(may.act("payment.refund", refund(paid, 99_950)).await, "ok");
    assert_eq!(stands(&pg), "0|300");
    take(&mut may, customer, 50_000).await;
    assert_eq!(stands(&pg), "0|200");
    assert_eq!(differences(&pg), "0");
}

#[tokio::test]
async fn a_bill_that_earns_nothing_is_taken_without_an_entry_or_a_member() {
    let pg = migrated().await;
    let mut may = desk(&pg, A, 7).await;
    is_at_the_counter(&pg, 7);
    let stranger = take(&mut may, uid(&pg, "customer", 1), 500).await;
    assert_eq!(
        pg.psql(DB, "select number, points, entry_id is null, (select count(*) from public.loyalty_profiles), (select count(*) from public.point_transactions) from desk.payment"),
        "1|0|t|0|0"
    );
    assert_eq!(may.act("payment.refund", refund(stranger, 200)).await, "ok");
    of_tier(&pg, 1, 0);
    let member = take(&mut may, uid(&pg, "customer", 1), 500).await;
    let spent = |pg: &PgCluster| pg.psql(DB, "select total_spent, total_visits from public.loyalty_profiles");
    assert_eq!(spent(&pg), "5.00|1");
    assert_eq!(may.act("payment.refund", refund(member, 500)).await, "ok");
    assert_eq!(spent(&pg), "0.00|0");
    assert_eq!(differences(&pg), "0");
}

#[tokio::test]
async fn money_is_given_back_by_who_may_and_with_a_reason() {
    let pg = migrated().await;
    let mut may = desk(&pg, A, 7).await;
    let paid = take(&mut may, uid(&pg, "customer", 1), 10_000).await;
    pg.psql(
        DB,
        "update desk.staff set role = 'sales' where person_id = md5('user:7')::uuid",
    );
    let refused = outcome(&mut may, "payment.refund", refund(paid, 100)).await;
    assert_eq!(
        (refused.code.as_deref(), refused.detail),
        (
            Some("role_not_allowed"),
            Some(json!({ "role": "sales", "needs": ["owner", "manager", "front_desk"] }))
        )
    );
    is_at_the_counter(&pg, 7);
    let given = |pg: &PgCluster| pg.psql(DB, "select count(*) from desk.payment where refunds is not null");
    for (change, code) in [
        (json!({ "reason": "  " }), "reason_missing"),
        (json!({ "reason": null }), "reason_missing"),
        (json!({ "satang": 0 }), "amount_out_of_range"),
        (json!({ "satang": 10_001 }), "refund_too_large"),
        (json!({ "payment_id": Uuid::new_v4() }), "payment_not_found"),
        (json!({ "entry": null }), "value_not_allowed"),
    ] {
        let mut args = refund(paid, 100);
        args.as_object_mut()
            .unwrap()
            .extend(change.as_object().unwrap().clone());
        assert_eq!(may.act("payment.refund", args).await, code, "{change}");
    }
    assert_eq!(given(&pg), "0");
    let part = refund(paid, 100);
    let id = part["id"].as_str().unwrap().parse().unwrap();
    assert_eq!(may.act("payment.refund", part).await, "ok");
    assert_eq!(
        may.act("payment.refund", refund(id, 50)).await,
        "payment_not_found",
        "a refund is not given back itself"
    );
}

#[tokio::test]
async fn absurd_payments_are_refused_with_their_codes() {
    let pg = migrated().await;
    let mut may = desk(&pg, A, 7).await;
    let customer = uid(&pg, "customer", 1);
    let (theirs, _) = journey(&pg, A, 3, 7);
    for (change, code) in [
        (json!({ "satang": 0 }), "amount_out_of_range"),
        (json!({ "satang": -1 }), "amount_out_of_range"),
        (json!({ "satang": 1.5 }), "amount_out_of_range"),
        (json!({ "satang": 100_000_001 }), "amount_out_of_range"),
        (json!({ "satang": "100" }), "amount_out_of_range"),
        (json!({ "method": "gold" }), "value_not_allowed"),
        (json!({ "method": null }), "value_not_allowed"),
        (json!({ "note": "ก".repeat(501) }), "text_too_long"),
        (json!({ "entry": "x" }), "value_not_allowed"),
        (json!({ "journey_id": theirs }), "journey_not_found"),
        (json!({ "customer_id": uid(&pg, "customer", 2) }), "customer_not_found"),
    ] {
        let (_, mut args) = bill(customer, 10_000);
        args.as_object_mut()
            .unwrap()
            .extend(change.as_object().unwrap().clone());
        assert_eq!(may.act("payment.take", args).await, code, "{change}");
    }
    assert_eq!(
        pg.psql(DB, "select (select count(*) from desk.payment), (select count(*) from desk.payment_counter), (select count(*) from desk.problem where code = 'action_failed')"),
        "0|0|0"
    );
}

#[tokio::test]
async fn a_payment_names_a_journey_and_does_not_move_it() {
    let pg = migrated().await;
    let mut may = desk(&pg, A, 7).await;
    let (way, _) = journey(&pg, A, 1, 7);
    let stage = |pg: &PgCluster| pg.psql(DB, "select current_stage, desk_version from public.workflow_states");
    let before = stage(&pg);
    let (_, mut args) = bill(uid(&pg, "customer", 1), 10_000);
    args["journey_id"] = json!(way);
    assert_eq!(may.act("payment.take", args).await, "ok");
    assert_eq!(pg.psql(DB, "select journey_id from desk.payment"), way.to_string());
    assert_eq!(stage(&pg), before);
}

#[tokio::test]
async fn another_clinic_s_payment_is_not_seen_and_not_given_back() {
    let pg = migrated().await;
    let (mut theirs, mut may) = (desk(&pg, B, 8).await, desk(&pg, A, 7).await);
    is_at_the_counter(&pg, 7);
    let paid = take(&mut theirs, uid(&pg, "customer", 2), 10_000).await;
    take(&mut may, uid(&pg, "customer", 1), 10_000).await;
    assert_eq!(
        may.sql("select string_agg(number::text, ' ') from desk.payment")
            .await
            .unwrap(),
        "1",
        "each clinic counts for itself"
    );
    let of_theirs = outcome(&mut may, "payment.refund", refund(paid, 100)).await;
    let of_nobody = outcome(&mut may, "payment.refund", refund(Uuid::new_v4(), 100)).await;
    assert_eq!(of_theirs.code.as_deref(), Some("payment_not_found"));
    assert_eq!((of_theirs.code, of_theirs.detail), (of_nobody.code, of_nobody.detail));
}

#[tokio::test]
async fn nobody_changes_or_deletes_a_payment_by_hand() {
    let pg = migrated().await;
    let mut may = desk(&pg, A, 7).await;
    take(&mut may, uid(&pg, "customer", 1), 10_000).await;
    for sql in [
        "update desk.payment set satang = 1",
        "delete from desk.payment",
        "truncate desk.payment",
    ] {
        assert!(may.sql(sql).await.is_err(), "a desk: {sql}");
        let owner = sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))
            .execute(&mut admin(&pg).await)
            .await;
        assert!(owner.is_err(), "the owner: {sql}");
    }
    let too_much = format!(
        "insert into desk.payment (clinic_id, id, number, customer_id, satang, refunds, method, taken_at, taken_by, note) \
        select '{A}', gen_random_uuid(), 2, customer_id, 10001, id, 'cash', now(), taken_by, 'x' from desk.payment"
    );
    let given = sqlx::raw_sql(AssertSqlSafe(too_much))
        .execute(&mut admin(&pg).await)
        .await;
    assert!(given.is_err(), "no more than was paid");
    assert_eq!(pg.psql(DB, "select satang from desk.payment"), "10000");
    let gone = json!({ "id": Uuid::now_v7(), "full_name": "ลูกค้าใหม่" });
    assert_eq!(may.act("customer.create", gone.clone()).await, "ok");
    let customer: Uuid = gone["id"].as_str().unwrap().parse().unwrap();
    take(&mut may, customer, 500).await;
    pg.psql(DB, &format!("delete from public.customers where id = '{customer}'"));
    assert_eq!(
        pg.psql(DB, "select count(*) from desk.payment"),
        "1",
        "it goes together with its customer"
    );
}

/// Rule L21: for bills of every tier, and refunds of them in parts, what the desk promises is what the database posts.
#[tokio::test]
async fn l21_what_is_promised_is_what_is_posted() {
    let pg = migrated().await;
    let mut may = desk(&pg, A, 7).await;
    is_at_the_counter(&pg, 7);
    of_tier(&pg, 1, 0);
    let customer = uid(&pg, "customer", 1);
    let mut random = 0x9E37_79B9_7F4A_7C15_u64;
    let mut next = |most: u64| {
        random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        i64::try_from((random >> 33) % most).unwrap()
    };
    for nth in 0..300 {
        let satang = if nth % 3 == 0 {
            next(3_000) + 1
        } else {
            next(2_000_000) + 1
        };
        let tenths: i64 = pg.psql(DB, "select round(desk.multiplier_of(c, p.current_tier) * 10)::int from desk.clinic c, public.loyalty_profiles p where c.clinic_id = p.clinic_id").parse().unwrap();
        let paid = take(&mut may, customer, satang).await;
        let posted = pg.psql(DB, &format!("select points from desk.payment where id = '{paid}'"));
        assert_eq!(posted, points_for(satang, tenths).to_string(), "{satang} at {tenths}");
        if nth % 2 == 0 {
            continue;
        }
        let part = next(u64::try_from(satang).unwrap()) + 1;
        assert_eq!(may.act("payment.refund", refund(paid, part)).await, "ok");
        let gone = pg.psql(
            DB,
            &format!("select -points from desk.payment where refunds = '{paid}'"),
        );
        assert_eq!(
            gone,
            points_to_reverse(satang, satang - part, tenths).to_string(),
            "{part} of {satang} at {tenths}"
        );
    }
    assert_eq!(differences(&pg), "0");
}

#[tokio::test]
async fn l21_what_a_new_members_first_bill_earns_is_not_raised_by_their_welcome_points() {
    let pg = migrated().await;
    let mut nok = desk(&pg, A, 7).await;
    let customer = uid(&pg, "customer", 1);
    // The welcome alone reaches silver, which earns half as much again.
    pg.psql(DB, &format!("insert into desk.loyalty_policy (clinic_id, version, starts_at, basis, multipliers, floors, months, welcome, point_satang)
        select clinic_id, version + 1, now() - interval '1 day', basis, multipliers, floors, months, 5000, point_satang from desk.loyalty_policy where clinic_id = '{A}' order by version desc limit 1"));
    let earned = |payment: Uuid| pg.psql(DB, &format!("select points from desk.payment where id = '{payment}'"));
    let first = take(&mut nok, customer, 100_000).await;
    assert_eq!(earned(first), "100", "as promised to who was no member");
    let tier = "select current_tier from public.loyalty_profiles where customer_id = md5('customer:1')::uuid";
    assert_eq!(pg.psql(DB, tier), "gold");
    let second = take(&mut nok, customer, 100_000).await;
    assert_eq!(earned(second), "200", "as a gold member");
    assert_eq!(differences(&pg), "0");
}

#[tokio::test]
async fn whom_codes_pay_is_said_by_heads_and_checked() {
    let pg = migrated().await;
    let mut may = desk(&pg, A, 7).await;
    is_at_the_counter(&pg, 7);
    let say = |id: &str| json!({ "id": Uuid::now_v7(), "promptpay_id": id });
    assert_eq!(
        may.act("clinic.set_promptpay", say("0066812345678")).await,
        "role_not_allowed"
    );
    pg.psql(
        DB,
        "update desk.staff set role = 'manager' where person_id = md5('user:7')::uuid",
    );
    for (id, answer) in [
        ("0066812345678", "ok"),
        ("0812345678", "promptpay_invalid"),
        ("1101400000014", "ok"),
        ("1101400000017", "promptpay_invalid"),
        ("012345678901234", "ok"),
        ("hello", "promptpay_invalid"),
    ] {
        assert_eq!(may.act("clinic.set_promptpay", say(id)).await, answer, "{id}");
    }
    let of = |clinic: &str| {
        pg.psql(
            DB,
            &format!("select promptpay_id from desk.clinic where clinic_id = '{clinic}'"),
        )
    };
    assert_eq!((of(A).as_str(), of(B).as_str()), ("012345678901234", ""));
    assert_eq!(
        may.act("clinic.set_promptpay", json!({ "id": Uuid::now_v7() })).await,
        "ok"
    );
    assert_eq!(of(A), "");
}
