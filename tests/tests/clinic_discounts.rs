//! What a tier takes off a bill, and points that are redeemed without a reward: the money of both is the bill's, and what is promised is the version's of its moment.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)] // a test ends where it is surprised

mod clinic_support;

use clinic_support::{A, B, DB, Desk, desk, differences, done, migrated, uid};
use desk_tests::harness::pg::PgCluster;
use serde_json::{Value as Json, json};
use uuid::Uuid;

fn points(pg: &PgCluster, customer: Uuid, amount: i32) {
    let sql = format!(
        "insert into public.point_transactions (clinic_id, customer_id, type, amount) values ('{A}', '{customer}', 'earned', {amount})"
    );
    pg.psql(DB, &sql);
}

/// Another version, from now on.
fn promise(pg: &PgCluster, change: &str) {
    let sql = format!(
        "with l as (select * from desk.loyalty_policy where clinic_id = '{A}' order by version desc limit 1), n as (
           insert into desk.loyalty_policy select (jsonb_populate_record(null::desk.loyalty_policy, to_jsonb(l) || jsonb_build_object('version', l.version + 1, 'id', gen_random_uuid(), 'starts_at', clock_timestamp()) || '{change}')).* from l)
         select 1"
    );
    pg.psql(DB, &sql);
}

fn coupon(pg: &PgCluster, id: Uuid, what: &str) -> String {
    pg.psql(DB, &format!("select {what} from desk.coupon where id = '{id}'"))
}

async fn redeem(desk: &mut Desk, customer: Uuid, points: i64) -> Uuid {
    let id = Uuid::now_v7();
    let mut redeem = desk.mutation(
        "points.redeem",
        json!({ "id": id, "customer_id": customer, "points": points }),
    );
    redeem.id = id;
    let outcome = desk.push(&[redeem]).await.unwrap().remove(0);
    assert_eq!(outcome.code, None);
    id
}

fn paying(customer: Uuid, satang: i64, more: Json) -> Json {
    let mut args = json!({ "id": Uuid::now_v7(), "entry": Uuid::now_v7(), "customer_id": customer, "satang": satang, "method": "cash" });
    args.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    args
}

fn paid(pg: &PgCluster) -> String {
    let sql = "select string_agg(concat_ws(' ', satang, discount, discount_percent, points), ', ' order by number) from desk.payment";
    pg.psql(DB, sql)
}

#[tokio::test]
async fn points_without_a_reward_become_a_code_for_their_money_which_reduces_a_bill_once() {
    let pg = migrated().await;
    let mut nok = desk(&pg, A, 1).await;
    let customer = uid(&pg, "customer", 1);
    points(&pg, customer, 400);
    let id = redeem(&mut nok, customer, 120).await;
    let told = "concat_ws(' ', kind, value, points, is_stackable, reward_id is null, state, (expires_at at time zone 'Asia/Bangkok')::date - (now() at time zone 'Asia/Bangkok')::date)";
    assert_eq!(
        coupon(&pg, id, told),
        "discount_amount 2400 120 t t issued 365",
        "20 satang a point"
    );
    let bill = paying(customer, 97_600, json!({}));
    assert_eq!(nok.act("payment.take", bill.clone()).await, "ok");
    let using = json!({ "id": Uuid::now_v7(), "customer_id": customer, "coupons": [id], "payment_id": bill["id"], "bill": 100_000 });
    assert_eq!(nok.act("reward.use", using).await, "ok");
    assert_eq!(
        coupon(&pg, id, "concat_ws(' ', state, bill, satang)"),
        "used 100000 2400"
    );
    let entry = done(
        &mut nok,
        "points.unredeem",
        json!({ "id": Uuid::now_v7(), "of": id, "customer_id": customer }),
    );
    assert_eq!(
        entry.await.code.as_deref(),
        Some("coupon_ended"),
        "what was used is not taken back"
    );
    assert_eq!(differences(&pg), "0");
}

#[tokio::test]
async fn a_redemption_taken_back_takes_its_money_along_and_an_unused_code_returns_its_points_by_itself() {
    let pg = migrated().await;
    let mut nok = desk(&pg, A, 1).await;
    let customer = uid(&pg, "customer", 1);
    points(&pg, customer, 400);
    let left = || {
        pg.psql(
            DB,
            &format!("select available_points from public.loyalty_profiles where customer_id = '{customer}'"),
        )
    };
    let had = left();
    let (back, over) = (
        redeem(&mut nok, customer, 50).await,
        redeem(&mut nok, customer, 70).await,
    );
    let undo = json!({ "id": Uuid::now_v7(), "of": back, "customer_id": customer });
    assert_eq!(nok.act("points.unredeem", undo).await, "ok");
    pg.psql(
        DB,
        &format!("select desk.sweep_coupons('{A}', now() + interval '367 days', 10)"),
    );
    assert_eq!(coupon(&pg, back, "state || ' ' || closed_for"), "cancelled undo");
    assert_eq!(coupon(&pg, over, "state || ' ' || closed_for"), "expired date");
    assert_eq!((left(), differences(&pg)), (had, "0".into()));
}

#[tokio::test]
async fn what_a_point_is_worth_is_the_version_s_and_nothing_where_it_says_nothing() {
    let pg = migrated().await;
    let mut nok = desk(&pg, A, 1).await;
    let customer = uid(&pg, "customer", 1);
    points(&pg, customer, 400);
    let first = redeem(&mut nok, customer, 10).await;
    promise(&pg, r#"{"redeem_satang": 50}"#);
    let second = redeem(&mut nok, customer, 10).await;
    promise(&pg, r#"{"redeem_satang": 0}"#);
    let third = redeem(&mut nok, customer, 10).await;
    // The web system gives what it gives.
    pg.psql(DB, &format!("insert into public.point_transactions (clinic_id, customer_id, type, amount) values ('{A}', '{customer}', 'redeemed', -10)"));
    let codes = pg.psql(
        DB,
        "select string_agg(value::text, ' ' order by issued_at) from desk.coupon",
    );
    assert_eq!(
        (codes.as_str(), coupon(&pg, third, "code").as_str()),
        ("200 500", ""),
        "{first} {second}"
    );
    assert_eq!(differences(&pg), "0");
}

#[tokio::test]
async fn l6_what_the_tier_took_off_stands_on_the_bill_and_only_what_was_paid_earns() {
    let pg = migrated().await;
    let mut nok = desk(&pg, A, 1).await;
    let customer = uid(&pg, "customer", 1);
    points(&pg, customer, 1);
    // 5 percent of 1,999.99 are 99.9995: the satang is the customer's to pay.
    let bill = paying(customer, 190_000, json!({ "bill": 199_999, "discount_percent": 5 }));
    assert_eq!(nok.act("payment.take", bill).await, "ok");
    assert_eq!(paid(&pg), "190000 9999 5 190");
    let id = redeem(&mut nok, customer, 100).await;
    // The code first: 1,000 less 20, of which 5 percent are 49.
    let with_code = paying(customer, 93_100, json!({ "bill": 98_000, "discount_percent": 5 }));
    assert_eq!(nok.act("payment.take", with_code.clone()).await, "ok");
    let mut using = json!({ "id": Uuid::now_v7(), "customer_id": customer, "coupons": [id], "payment_id": with_code["id"], "bill": 100_001 });
    assert_eq!(
        nok.act("reward.use", using.clone()).await,
        "coupon_sum_differs",
        "another bill"
    );
    using["bill"] = json!(100_000);
    assert_eq!(nok.act("reward.use", using).await, "ok");
    assert_eq!(paid(&pg), "190000 9999 5 190, 93100 4900 5 93");
    assert_eq!(differences(&pg), "0");
}

#[tokio::test]
async fn money_that_was_taken_is_booked_whatever_changed_since_but_nobody_gives_what_was_never_promised() {
    let pg = migrated().await;
    let (mut nok, mut theirs) = (desk(&pg, A, 1).await, desk(&pg, B, 2).await);
    let (customer, other) = (
        uid(&pg, "customer", 1),
        pg.psql(
            DB,
            &format!("select id from public.customers where clinic_id = '{B}' limit 1"),
        ),
    );
    points(&pg, customer, 1);
    // Taken off without the network by the terms of this morning; the clinic has others meanwhile.
    promise(
        &pg,
        r#"{"discounts": {"bronze": 0, "silver": 0, "gold": 0, "platinum": 33, "diamond": 40}}"#,
    );
    let taken = |satang: i64, percent: i64| {
        paying(
            customer,
            satang,
            json!({ "bill": 100_000, "discount_percent": percent }),
        )
    };
    assert_eq!(nok.act("payment.take", taken(92_000, 8)).await, "ok");
    for (what, args) in [
        ("a percent that no version has", taken(93_000, 7)),
        ("another sum than its own", taken(94_999, 5)),
        ("all of it", taken(1, 99)),
        ("nothing", taken(100_000, 0)),
        (
            "money that is only held",
            paying(
                customer,
                95_000,
                json!({ "bill": 100_000, "discount_percent": 5, "held_as": "deposit" }),
            ),
        ),
    ] {
        assert_eq!(nok.act("payment.take", args).await, "value_not_allowed", "{what}");
    }
    let foreign = json!({ "id": Uuid::now_v7(), "entry": Uuid::now_v7(), "customer_id": other, "satang": 67_000, "bill": 100_000, "discount_percent": 33, "method": "cash" });
    assert_eq!(
        theirs.act("payment.take", foreign).await,
        "value_not_allowed",
        "what another clinic promises is nothing here"
    );
    assert_eq!(paid(&pg), "92000 8000 8 92");
}

#[tokio::test]
async fn a_refund_gives_back_what_was_paid_and_never_what_was_taken_off() {
    let pg = migrated().await;
    let mut head = desk(&pg, A, 1).await;
    let customer = uid(&pg, "customer", 1);
    points(&pg, customer, 1);
    let bill = paying(customer, 95_000, json!({ "bill": 100_000, "discount_percent": 5 }));
    assert_eq!(head.act("payment.take", bill.clone()).await, "ok");
    let back = |satang: i64| json!({ "id": Uuid::now_v7(), "entry": Uuid::now_v7(), "payment_id": bill["id"], "satang": satang, "reason": "ทำไม่ได้" });
    assert_eq!(head.act("payment.refund", back(95_001)).await, "refund_too_large");
    assert_eq!(head.act("payment.refund", back(95_000)).await, "ok");
    assert_eq!(paid(&pg), "95000 5000 5 95, 95000 0 0 -95");
    assert_eq!(differences(&pg), "0");
}
