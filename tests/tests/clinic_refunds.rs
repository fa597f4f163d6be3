//! Money that goes back: the code that reduced the bill goes with it, and what points paid or was given back has earned nothing. Numbers are those of the rules.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test: what is not as expected ends it, in its helpers too"
)]

mod clinic_support;

use clinic_support::{A, DB, Desk, differences, migrated, points, somebody, sums, uid};
use desk_tests::harness::pg::PgCluster;
use serde_json::json;
use uuid::Uuid;

/// A code of 500 points on a bill; what is left of the bill and the code's name.
async fn reduced_bill(pg: &PgCluster, head: &mut Desk, customer: Uuid) -> (Uuid, Uuid, String) {
    points(pg, customer, 300, "now() + interval '20 days'");
    points(pg, customer, 300, "now() + interval '400 days'");
    let reward = pg.psql(DB, &format!("insert into public.loyalty_rewards (clinic_id, name, type, points_cost, monetary_value) values ('{A}', 'ลดร้อย', 'discount_amount', 500, 100) returning id"));
    let (code, paid) = (Uuid::now_v7(), Uuid::now_v7());
    assert_eq!(
        head.act(
            "points.redeem",
            json!({ "id": code, "customer_id": customer, "points": 500, "reward_id": reward })
        )
        .await,
        "ok"
    );
    let pay =
        json!({ "id": paid, "entry": Uuid::now_v7(), "customer_id": customer, "satang": 40_000, "method": "cash" });
    assert_eq!(head.act("payment.take", pay).await, "ok");
    let using =
        json!({ "id": Uuid::now_v7(), "customer_id": customer, "coupons": [code], "payment_id": paid, "bill": 50_000 });
    assert_eq!(head.act("reward.use", using).await, "ok");
    (code, paid, reward)
}

#[tokio::test]
async fn l3_l19_a_code_goes_with_its_bill_when_all_of_it_is_given_back_and_not_before() {
    let pg = migrated().await;
    let mut nok = somebody(&pg, 7, "front_desk").await;
    let customer = uid(&pg, "customer", 1);
    let (code, paid, reward) = reduced_bill(&pg, &mut nok, customer).await;
    let before = sums(&pg, customer);
    let refund = |satang: i64| json!({ "id": Uuid::now_v7(), "entry": Uuid::now_v7(), "payment_id": paid, "satang": satang, "reason": "ทำไม่ได้" });
    assert_eq!(nok.act("payment.refund", refund(10_000)).await, "ok");
    let state = || {
        pg.psql(
            DB,
            &format!("select concat_ws('|', state, closed_for, reason) from desk.coupon where id = '{code}'"),
        )
    };
    assert_eq!(
        (before.as_str(), sums(&pg, customer).as_str(), state().as_str()),
        ("240|0", "230|0", "used"),
        "a part takes only what it earned"
    );
    let handed_out = || {
        pg.psql(
            DB,
            &format!("select current_redemptions from public.loyalty_rewards where id = '{reward}'"),
        )
    };
    assert_eq!(handed_out(), "1");
    assert_eq!(nok.act("payment.refund", refund(30_000)).await, "ok");
    assert_eq!(
        (sums(&pg, customer).as_str(), state().as_str(), handed_out().as_str()),
        ("700|0", "cancelled|refund|ทำไม่ได้", "0")
    );
    let lots = format!(
        "select string_agg(remaining::text, ' ' order by expires_at) from desk.lot where customer_id = '{customer}' and points = 300"
    );
    assert_eq!(pg.psql(DB, &lots), "300 300", "to the same lots, with their dates");
    assert_eq!(
        nok.act(
            "reward.cancel",
            json!({ "id": Uuid::now_v7(), "entry": Uuid::now_v7(), "coupon_id": code, "by": "customer" })
        )
        .await,
        "coupon_ended",
        "once"
    );
    assert_eq!(differences(&pg), "0");
}

#[tokio::test]
async fn l3_points_of_a_code_whose_date_passed_stay_over_when_its_bill_is_given_back() {
    let pg = migrated().await;
    let mut nok = somebody(&pg, 7, "front_desk").await;
    let customer = uid(&pg, "customer", 1);
    let (_, paid, _) = reduced_bill(&pg, &mut nok, customer).await;
    pg.psql(DB, &format!("update desk.lot set expires_at = now() - interval '1 hour' where id in (select id from desk.lot where customer_id = '{customer}' and points = 300 order by expires_at limit 1)"));
    let refund = json!({ "id": Uuid::now_v7(), "entry": Uuid::now_v7(), "payment_id": paid, "satang": 40_000, "reason": "ทำไม่ได้" });
    assert_eq!(nok.act("payment.refund", refund).await, "ok");
    assert_eq!(sums(&pg, customer), "400|0");
    let ended = "select string_agg(amount::text, ' ') from public.point_transactions where type = 'expired'";
    assert_eq!(
        (pg.psql(DB, ended).as_str(), differences(&pg).as_str()),
        ("-300", "0"),
        "an entry says so"
    );
}

#[tokio::test]
async fn l4_what_ended_of_a_bills_points_is_not_owed_once_more_and_what_was_spent_is() {
    let pg = migrated().await;
    let mut nok = somebody(&pg, 7, "front_desk").await;
    let customer = uid(&pg, "customer", 1);
    let (paid, entry) = (Uuid::now_v7(), Uuid::now_v7());
    let pay = json!({ "id": paid, "entry": entry, "customer_id": customer, "satang": 199_900, "method": "cash" });
    assert_eq!(nok.act("payment.take", pay).await, "ok");
    let net = || {
        let sql = format!("select available - owed from desk.point_sum where customer_id = '{customer}'");
        pg.psql(DB, &sql).parse::<i64>().unwrap()
    };
    let ends = |when: &str| {
        pg.psql(
            DB,
            &format!("update desk.lot set expires_at = {when} where id = '{entry}'"),
        );
    };
    // 50 of its 199 are spent, 149 end.
    ends("now() + interval '1 hour'");
    let spend = json!({ "id": Uuid::now_v7(), "customer_id": customer, "points": 50 });
    assert_eq!(nok.act("points.redeem", spend).await, "ok");
    ends("now() - interval '1 hour'");
    pg.psql(DB, &format!("select desk.expire_points('{A}', '{customer}', now())"));
    let before = net();
    let mut refund = async |satang: i64| {
        let args = json!({ "id": Uuid::now_v7(), "entry": Uuid::now_v7(), "payment_id": paid, "satang": satang, "reason": "ทำไม่ได้" });
        nok.act("payment.refund", args).await
    };
    assert_eq!(refund(99_950).await, "ok");
    assert_eq!(net(), before, "100 of what ended go with the first half");
    assert_eq!(refund(99_950).await, "ok");
    assert_eq!(net(), before - 50, "what was spent is taken, or owed");
    let reversed = format!("select -sum(amount) from public.point_transactions where desk_reverses = '{entry}'");
    assert_eq!(pg.psql(DB, &reversed), "199", "what was issued is what is reversed");
    let again = format!(
        "select string_agg(amount::text, ' ' order by amount desc) from public.point_transactions where customer_id = '{customer}' and desk_source = 'ended'"
    );
    assert_eq!(
        (pg.psql(DB, &again).as_str(), differences(&pg).as_str()),
        ("100 49", "0")
    );
    assert_eq!(
        pg.psql(DB, &format!("select desk.expire_points('{A}', '{customer}', now())")),
        "0"
    );
}

#[tokio::test]
async fn l6_only_money_after_every_reduction_earns_and_what_points_paid_does_not() {
    let pg = migrated().await;
    let mut nok = somebody(&pg, 7, "front_desk").await;
    let customer = uid(&pg, "customer", 1);
    // A bill of 500 baht of which a code takes 100: 400 are money.
    let (_, paid, _) = reduced_bill(&pg, &mut nok, customer).await;
    let earned = |paid: Uuid| {
        pg.psql(
            DB,
            &format!("select points || ' ' || multiplier from desk.payment where id = '{paid}'"),
        )
    };
    assert_eq!(earned(paid), "40 1");
    // Points that pay the whole bill leave no payment, so nothing is earned: points never make points.
    points(&pg, customer, 800, "null");
    let free = pg.psql(DB, &format!("insert into public.loyalty_rewards (clinic_id, name, type, points_cost, monetary_value) values ('{A}', 'ฟรี', 'discount_amount', 800, 1000) returning id"));
    let code = Uuid::now_v7();
    assert_eq!(
        nok.act(
            "points.redeem",
            json!({ "id": code, "customer_id": customer, "points": 800, "reward_id": free })
        )
        .await,
        "ok"
    );
    let before = pg.psql(
        DB,
        "select count(*) from public.point_transactions where type = 'earned'",
    );
    assert_eq!(
        nok.act(
            "reward.use",
            json!({ "id": Uuid::now_v7(), "customer_id": customer, "coupons": [code], "bill": 50_000 })
        )
        .await,
        "ok"
    );
    assert_eq!(
        pg.psql(
            DB,
            "select count(*) from public.point_transactions where type = 'earned'"
        ),
        before
    );
    // A bill that claims more than was paid is refused: what a code took is never money.
    let third = Uuid::now_v7();
    points(&pg, customer, 500, "null");
    let off = pg.psql(DB, "select id from public.loyalty_rewards where name = 'ลดร้อย'");
    assert_eq!(
        nok.act(
            "points.redeem",
            json!({ "id": third, "customer_id": customer, "points": 500, "reward_id": off })
        )
        .await,
        "ok"
    );
    let whole = Uuid::now_v7();
    let pay =
        json!({ "id": whole, "entry": Uuid::now_v7(), "customer_id": customer, "satang": 50_000, "method": "cash" });
    assert_eq!(nok.act("payment.take", pay).await, "ok");
    let using = json!({ "id": Uuid::now_v7(), "customer_id": customer, "coupons": [third], "payment_id": whole, "bill": 50_000 });
    assert_eq!(nok.act("reward.use", using).await, "coupon_sum_differs");
    assert_eq!(differences(&pg), "0");
}

#[tokio::test]
async fn l6_what_is_given_back_has_earned_nothing_in_the_end() {
    let pg = migrated().await;
    let mut nok = somebody(&pg, 7, "front_desk").await;
    let whole = Uuid::now_v7();
    let pay = json!({ "id": whole, "entry": Uuid::now_v7(), "customer_id": uid(&pg, "customer", 1), "satang": 50_000, "method": "cash" });
    assert_eq!(nok.act("payment.take", pay).await, "ok");
    // 499.99 of 500 baht leave no point.
    let refund =
        json!({ "id": Uuid::now_v7(), "entry": Uuid::now_v7(), "payment_id": whole, "satang": 49_999, "reason": "คืน" });
    assert_eq!(nok.act("payment.refund", refund).await, "ok");
    let net = format!("select sum(points) from desk.payment where id = '{whole}' or refunds = '{whole}'");
    assert_eq!((pg.psql(DB, &net).as_str(), differences(&pg).as_str()), ("0", "0"));
}
