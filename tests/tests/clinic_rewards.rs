//! Codes that points bought: issued once and only as far as there are any, used once and for what they promised, given back with their points to where these came
//! from, over by themselves. Numbers are those of the rules.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)] // a test ends where it is surprised

mod clinic_support;

use clinic_support::{A, B, DB, Desk, desk, differences, done, migrated, uid};
use desk_clinic::push::Outcome;
use desk_core::loyalty::{
    Tier,
    reward::{self, Bar, KINDS, Kind, Offer},
};
use desk_tests::harness::pg::PgCluster;
use serde_json::{Value as Json, json};
use uuid::Uuid;

/// A reward as the web system writes one; `more` are further columns and their values.
fn reward(pg: &PgCluster, kind: &str, cost: i64, value: &str, more: (&str, &str)) -> Uuid {
    let sql = format!(
        "insert into public.loyalty_rewards (clinic_id, name, type, points_cost, monetary_value{}) values ('{A}', 'รางวัล', '{kind}', {cost}, {value}{}) returning id",
        more.0, more.1
    );
    pg.psql(DB, &sql).parse().unwrap()
}

const NO_MORE: (&str, &str) = ("", "");

fn points(pg: &PgCluster, customer: Uuid, amount: i32, ends: &str) {
    pg.psql(
        DB,
        &format!("insert into public.point_transactions (clinic_id, customer_id, type, amount, expires_at) values ('{A}', '{customer}', 'earned', {amount}, {ends})"),
    );
}

/// A 100 until the end of the month, B 200 until the year after next, C 50 for ever: the lots of the rules.
fn three_lots(pg: &PgCluster, customer: Uuid) {
    points(pg, customer, 100, "now() + interval '20 days'");
    points(pg, customer, 200, "now() + interval '400 days'");
    points(pg, customer, 50, "null");
}

fn lots(pg: &PgCluster, customer: Uuid) -> String {
    let sql = format!(
        "select string_agg(remaining::text, ' ' order by expires_at, effective_at, id) from desk.lot where customer_id = '{customer}'"
    );
    pg.psql(DB, &sql)
}

fn coupon(pg: &PgCluster, id: Uuid, what: &str) -> String {
    pg.psql(DB, &format!("select {what} from desk.coupon where id = '{id}'"))
}

fn handed_out(pg: &PgCluster, reward: Uuid) -> String {
    pg.psql(
        DB,
        &format!("select current_redemptions from public.loyalty_rewards where id = '{reward}'"),
    )
}

/// Redeems for a reward; the code's id, or why not.
async fn redeem(desk: &mut Desk, customer: Uuid, reward: Uuid, cost: i64) -> Result<Uuid, Outcome> {
    let id = Uuid::now_v7();
    let args = json!({ "id": id, "customer_id": customer, "points": cost, "reward_id": reward });
    let outcome = done(desk, "points.redeem", args).await;
    if outcome.code.is_none() { Ok(id) } else { Err(outcome) }
}

fn why(refused: Result<Uuid, Outcome>) -> String {
    let refused = refused.unwrap_err();
    let detail = refused.detail.unwrap_or_default();
    format!(
        "{} {}",
        refused.code.unwrap_or_default(),
        detail["why"].as_str().unwrap_or_default()
    )
}

async fn pay(desk: &mut Desk, customer: Uuid, satang: i64) -> Uuid {
    let id = Uuid::now_v7();
    let args =
        json!({ "id": id, "entry": Uuid::now_v7(), "customer_id": customer, "satang": satang, "method": "cash" });
    assert_eq!(desk.act("payment.take", args).await, "ok");
    id
}

fn using(customer: Uuid, coupons: &[Uuid], payment: Option<Uuid>, bill: Option<i64>) -> Json {
    json!({ "id": Uuid::now_v7(), "customer_id": customer, "coupons": coupons, "payment_id": payment, "bill": bill })
}

fn cancelling(coupon: Uuid, by: &str, reason: Option<&str>, grant: Option<Uuid>) -> Json {
    json!({ "id": Uuid::now_v7(), "entry": Uuid::now_v7(), "coupon_id": coupon, "by": by, "reason": reason, "grant": grant })
}

/// The role of the fixture's person `n` in clinic A.
fn role(pg: &PgCluster, n: u32, role: &str) {
    pg.psql(
        DB,
        &format!("update desk.staff set role = '{role}' where person_id = md5('user:{n}')::uuid"),
    );
}

fn fire_all(pg: &PgCluster) -> usize {
    (0..1_000)
        .take_while(|_| !pg.psql(DB, "select desk.fire_next()").is_empty())
        .count()
}

#[tokio::test]
async fn a_redemption_for_a_reward_issues_a_code_with_its_own_end() {
    let pg = migrated().await;
    let mut may = desk(&pg, A, 7).await;
    let customer = uid(&pg, "customer", 1);
    three_lots(&pg, customer);
    let five = reward(&pg, "discount_percentage", 120, "5", (", desk_days", ", 30"));
    let id = redeem(&mut may, customer, five, 120).await.unwrap();
    let told = "code || ' ' || state || ' ' || points || ' ' || value || ' ' || kind || ' ' || issued_device || ' ' || jsonb_array_length(lots)";
    let said = format!("{} issued 120 500 discount_percentage PC-หน้าร้าน 2", reward::code(id));
    assert_eq!(coupon(&pg, id, told), said);
    let ends = "to_char(expires_at at time zone 'Asia/Bangkok', 'HH24:MI:SS') || ' ' || ((expires_at at time zone 'Asia/Bangkok')::date - (now() at time zone 'Asia/Bangkok')::date)";
    assert_eq!(coupon(&pg, id, ends), "23:59:59 30");
    assert_eq!(
        (lots(&pg, customer), handed_out(&pg, five)),
        ("0 180 50".into(), "1".into())
    );
    assert_eq!(differences(&pg), "0");
}

#[tokio::test]
async fn l7_of_fifty_who_want_the_last_one_at_once_one_has_it_and_forty_nine_hear_that_it_is_gone() {
    let pg = migrated().await;
    let last = reward(&pg, "free_service", 50, "0", (", max_redemptions", ", 1"));
    let customers: Vec<Uuid> = (0..50).map(|n| uid(&pg, "customer", 2 * n + 1)).collect();
    for customer in &customers {
        points(&pg, *customer, 50, "null");
    }
    let mut racing = vec![];
    for (nth, some) in customers.chunks(5).map(<[Uuid]>::to_vec).enumerate() {
        let mut counter = desk(&pg, A, [1, 3, 5, 7][nth % 4]).await;
        racing.push(tokio::spawn(async move {
            let mut said = vec![];
            for customer in some {
                said.push(match redeem(&mut counter, customer, last, 50).await {
                    Ok(_) => "ok".to_owned(),
                    refused => why(refused),
                });
            }
            said
        }));
    }
    let mut said = vec![];
    for race in racing {
        said.extend(race.await.unwrap());
    }
    let count = |what: &str| said.iter().filter(|one| *one == what).count();
    assert_eq!((count("ok"), count("reward_unavailable gone")), (1, 49), "{said:?}");
    assert_eq!(
        (pg.psql(DB, "select count(*) from desk.coupon"), handed_out(&pg, last)),
        ("1".into(), "1".into())
    );
    assert_eq!(differences(&pg), "0");
}

#[tokio::test]
async fn l8_asked_ten_times_it_is_one_code() {
    let pg = migrated().await;
    let mut may = desk(&pg, A, 7).await;
    let customer = uid(&pg, "customer", 1);
    points(&pg, customer, 500, "null");
    let some = reward(&pg, "free_service", 100, "0", NO_MORE);
    let again = may.mutation(
        "points.redeem",
        json!({ "id": Uuid::now_v7(), "customer_id": customer, "points": 100, "reward_id": some }),
    );
    for _ in 0..10 {
        may.push(std::slice::from_ref(&again)).await.unwrap();
    }
    let left = format!("select available from desk.point_sum where customer_id = '{customer}'");
    assert_eq!(
        (pg.psql(DB, "select count(*) from desk.coupon"), pg.psql(DB, &left)),
        ("1".into(), "400".into())
    );
}

/// A reward for 100 points with these columns, and why nobody of 500 points and the lowest tier has it.
const NOT_TO_BE_HAD: [((&str, &str), &str); 5] = [
    ((", is_active", ", false"), "reward_unavailable inactive"),
    (
        (", valid_from", ", now() + interval '1 hour'"),
        "reward_unavailable early",
    ),
    (
        (", valid_until", ", now() - interval '1 hour'"),
        "reward_unavailable late",
    ),
    ((", max_redemptions", ", 0"), "reward_unavailable gone"),
    ((", tier_requirement", ", 'gold'"), "reward_unavailable tier"),
];

#[tokio::test]
async fn what_cannot_be_had_is_refused_with_its_reason_and_takes_nothing() {
    let pg = migrated().await;
    let mut may = desk(&pg, A, 7).await;
    let customer = uid(&pg, "customer", 1);
    points(&pg, customer, 500, "null");
    for (more, expected) in NOT_TO_BE_HAD {
        let wanted = reward(&pg, "free_service", 100, "0", more);
        assert_eq!(why(redeem(&mut may, customer, wanted, 100).await), expected);
    }
    let cases = [
        (
            reward(&pg, "free_service", 100, "0", NO_MORE),
            99,
            "reward_unavailable cost",
        ),
        (reward(&pg, "free_service", 501, "0", NO_MORE), 501, "points_short "),
        (
            reward(&pg, "discount_amount", 100, "-5", NO_MORE),
            100,
            "reward_unavailable broken",
        ),
        (
            reward(&pg, "discount_percentage", 100, "101", NO_MORE),
            100,
            "reward_unavailable broken",
        ),
        (Uuid::now_v7(), 100, "reward_unavailable unknown"),
    ];
    for (wanted, cost, expected) in cases {
        assert_eq!(why(redeem(&mut may, customer, wanted, cost).await), expected);
    }
    let others = "insert into public.loyalty_rewards (clinic_id, name, type, points_cost, monetary_value) values ('00000000-0000-4000-8000-0000000000b1', 'ของคลินิกอื่น', 'free_service', 100, 0) returning id";
    let others: Uuid = pg.psql(DB, others).parse().unwrap();
    assert_eq!(
        why(redeem(&mut may, customer, others, 100).await),
        "reward_unavailable unknown"
    );
    let left = format!("select available from desk.point_sum where customer_id = '{customer}'");
    assert_eq!(
        (pg.psql(DB, "select count(*) from desk.coupon"), pg.psql(DB, &left)),
        ("0".into(), "500".into())
    );
}

#[tokio::test]
async fn l3_l19_a_code_given_back_by_the_customer_returns_its_points_to_their_lots_and_what_has_ended_stays_ended() {
    let pg = migrated().await;
    let mut front = desk(&pg, A, 3).await;
    role(&pg, 3, "front_desk");
    let customer = uid(&pg, "customer", 1);
    three_lots(&pg, customer);
    let some = reward(&pg, "free_service", 120, "0", (", max_redemptions", ", 1"));
    let id = redeem(&mut front, customer, some, 120).await.unwrap();
    // L2 cancelled on 5 November by the customer: +20 in B, A's 100 ended on 31 October.
    pg.psql(DB, &format!("update desk.lot set expires_at = now() - interval '5 days' where customer_id = '{customer}' and points = 100"));
    assert_eq!(
        front.act("reward.cancel", cancelling(id, "customer", None, None)).await,
        "ok"
    );
    assert_eq!(
        (lots(&pg, customer), handed_out(&pg, some)),
        ("0 200 50".into(), "0".into())
    );
    let ended = "select amount from public.point_transactions where type = 'expired'";
    assert_eq!(pg.psql(DB, ended), "-100");
    assert_eq!(
        coupon(&pg, id, "state || ' ' || closed_for || ' ' || closed_device"),
        "cancelled customer PC-หน้าร้าน"
    );
    let again = done(&mut front, "reward.cancel", cancelling(id, "customer", None, None)).await;
    assert_eq!(
        (again.code.as_deref(), again.detail.unwrap()["state"].as_str()),
        (Some("coupon_ended"), Some("cancelled"))
    );
    assert_eq!((lots(&pg, customer), differences(&pg)), ("0 200 50".into(), "0".into()));
}

#[tokio::test]
async fn l3_a_lot_of_which_the_rest_ended_before_ends_again_when_points_come_back_to_it() {
    let pg = migrated().await;
    let mut head = desk(&pg, A, 1).await;
    let customer = uid(&pg, "customer", 1);
    points(&pg, customer, 300, "now() + interval '20 days'");
    let some = reward(&pg, "free_service", 100, "0", NO_MORE);
    let id = redeem(&mut head, customer, some, 100).await.unwrap();
    let plain = Uuid::now_v7();
    let mut spend = head.mutation(
        "points.redeem",
        json!({ "id": plain, "customer_id": customer, "points": 50 }),
    );
    spend.id = plain;
    head.push(&[spend]).await.unwrap();
    pg.psql(
        DB,
        &format!("update desk.lot set expires_at = now() - interval '5 days' where customer_id = '{customer}'"),
    );
    assert_eq!(
        pg.psql(DB, &format!("select desk.sweep_points('{A}', now(), 400)")),
        "1"
    );
    let cancel = cancelling(id, "customer", None, None);
    assert_eq!(head.act("reward.cancel", cancel).await, "ok");
    let undo = json!({ "id": Uuid::now_v7(), "of": plain });
    assert_eq!(head.act("points.unredeem", undo).await, "ok");
    let ended = "select string_agg(amount::text, ' ' order by created_at, amount) from public.point_transactions where type = 'expired'";
    assert_eq!(pg.psql(DB, ended), "-150 -100 -50");
    assert_eq!((lots(&pg, customer), differences(&pg)), ("0".into(), "0".into()));
}

#[tokio::test]
async fn l3_where_the_clinic_gives_back_a_manager_may_grant_thirty_days_with_a_reason() {
    let pg = migrated().await;
    let (mut front, mut head) = (desk(&pg, A, 3).await, desk(&pg, A, 1).await);
    role(&pg, 3, "front_desk");
    let customer = uid(&pg, "customer", 1);
    three_lots(&pg, customer);
    let some = reward(&pg, "free_service", 120, "0", NO_MORE);
    let id = redeem(&mut front, customer, some, 120).await.unwrap();
    pg.psql(DB, &format!("update desk.lot set expires_at = now() - interval '5 days' where customer_id = '{customer}' and points = 100"));
    let grant = Uuid::now_v7();
    let by_front = cancelling(id, "clinic", Some("เครื่องเสีย"), Some(grant));
    assert_eq!(front.act("reward.cancel", by_front).await, "role_not_allowed");
    assert_eq!(
        head.act("reward.cancel", cancelling(id, "clinic", None, Some(grant)))
            .await,
        "reason_missing"
    );
    assert_eq!(
        head.act("reward.cancel", cancelling(id, "clinic", Some("เครื่องเสีย"), Some(grant)))
            .await,
        "ok"
    );
    let granted = format!(
        "select remaining || ' ' || ((expires_at at time zone 'Asia/Bangkok')::date - (now() at time zone 'Asia/Bangkok')::date) from desk.lot where id = '{grant}'"
    );
    assert_eq!(pg.psql(DB, &granted), "100 30");
    assert_eq!(
        (lots(&pg, customer), differences(&pg)),
        ("0 100 200 50".into(), "0".into())
    );
    let said = format!("select desk_reason from public.point_transactions where id = '{grant}'");
    assert_eq!(
        (pg.psql(DB, &said), coupon(&pg, id, "reason")),
        ("เครื่องเสีย".into(), "เครื่องเสีย".into())
    );
}

#[tokio::test]
async fn l19_an_unused_code_whose_date_passed_returns_its_points_and_its_place_once_and_ten_missed_nights_are_caught_up()
 {
    let pg = migrated().await;
    let mut may = desk(&pg, A, 7).await;
    let customer = uid(&pg, "customer", 1);
    points(&pg, customer, 1_000, "now() + interval '400 days'");
    let some = reward(&pg, "free_service", 50, "0", (", max_redemptions", ", 20"));
    let mut codes = vec![];
    for _ in 0..10 {
        codes.push(redeem(&mut may, customer, some, 50).await.unwrap());
    }
    assert_eq!(fire_all(&pg), 0, "nothing is due before a code's last day is over");
    for (night, id) in codes.iter().enumerate() {
        pg.psql(
            DB,
            &format!("alter table desk.coupon disable trigger desk_keep_change; update desk.coupon set expires_at = desk.end_of_day('{A}', now() - interval '{} days') where id = '{id}'; alter table desk.coupon enable trigger desk_keep_change", night + 1),
        );
    }
    pg.psql(
        DB,
        "update desk.timer set due_at = now() - interval '9 days' where kind = 'coupon.expire'",
    );
    assert!(fire_all(&pg) > 0);
    let left = format!("select available from desk.point_sum where customer_id = '{customer}'");
    let over = "select count(*), count(closed_at), min(closed_for) from desk.coupon where state = 'expired'";
    assert_eq!(
        (pg.psql(DB, &left), handed_out(&pg, some), pg.psql(DB, over)),
        ("1000".into(), "0".into(), "10|10|date".into())
    );
    assert_eq!(
        pg.psql(DB, &format!("select desk.sweep_coupons('{A}', now(), 400)")),
        "0",
        "once"
    );
    assert_eq!(differences(&pg), "0");
    let late = done(&mut may, "reward.use", using(customer, &codes[..1], None, None)).await;
    assert_eq!(
        (late.code.as_deref(), late.detail.unwrap()["state"].as_str()),
        (Some("coupon_ended"), Some("expired"))
    );
}

#[tokio::test]
async fn a_code_reduces_a_bill_and_what_is_paid_in_money_earns() {
    let pg = migrated().await;
    let mut may = desk(&pg, A, 7).await;
    let customer = uid(&pg, "customer", 1);
    points(&pg, customer, 500, "null");
    let five = reward(&pg, "discount_percentage", 500, "5", (", stackable", ", false"));
    let id = redeem(&mut may, customer, five, 500).await.unwrap();
    // 1,999.99 less 5 % rounded down to the satang: 99.99 off, 1,900.00 to pay.
    let wrong = pay(&mut may, customer, 190_001).await;
    assert_eq!(
        may.act("reward.use", using(customer, &[id], Some(wrong), Some(199_999)))
            .await,
        "coupon_sum_differs"
    );
    let paid = pay(&mut may, customer, 190_000).await;
    let use_it = using(customer, &[id], Some(paid), Some(199_999));
    assert_eq!(may.act("reward.use", use_it.clone()).await, "ok");
    assert_eq!(
        coupon(
            &pg,
            id,
            "state || ' ' || satang || ' ' || bill || ' ' || (payment_id is not null)"
        ),
        "used 9999 199999 true"
    );
    assert_eq!(
        pg.psql(DB, &format!("select points from desk.payment where id = '{paid}'")),
        "190",
        "L6: of the money that was paid"
    );
    let twice = done(&mut may, "reward.use", use_it).await;
    assert_eq!(
        twice.code.as_deref(),
        Some("coupon_alone"),
        "a payment has its codes named once"
    );
    let other = pay(&mut may, customer, 190_000).await;
    let twice = done(
        &mut may,
        "reward.use",
        using(customer, &[id], Some(other), Some(199_999)),
    )
    .await;
    let detail = twice.detail.unwrap();
    assert_eq!(
        (
            twice.code.as_deref(),
            detail["state"].as_str(),
            detail["device"].as_str()
        ),
        (Some("coupon_ended"), Some("used"), Some("PC-หน้าร้าน"))
    );
    assert_eq!(differences(&pg), "0");
}

#[tokio::test]
async fn a_code_that_stands_alone_is_alone_on_a_bill_and_others_together_take_no_more_than_it() {
    let pg = migrated().await;
    let mut may = desk(&pg, A, 7).await;
    let customer = uid(&pg, "customer", 1);
    points(&pg, customer, 5_000, "null");
    let alone = reward(&pg, "discount_amount", 100, "300", (", stackable", ", false"));
    let much = reward(&pg, "discount_amount", 100, "800", NO_MORE);
    let mut ids = vec![];
    for wanted in [alone, much, much] {
        ids.push(redeem(&mut may, customer, wanted, 100).await.unwrap());
    }
    assert_eq!(
        may.act("reward.use", using(customer, &ids[..2], None, Some(50_000)))
            .await,
        "coupon_alone"
    );
    assert_eq!(
        may.act("reward.use", using(customer, &ids[1..], None, Some(100_000)))
            .await,
        "ok",
        "nothing is left to pay"
    );
    assert_eq!(
        pg.psql(DB, "select sum(satang) from desk.coupon where state = 'used'"),
        "100000"
    );
    assert_eq!(
        may.act("reward.use", using(customer, &ids[..1], None, None)).await,
        "ok",
        "handed over at the counter"
    );
    assert_eq!(
        coupon(&pg, ids[0], "coalesce(satang::text, 'none')"),
        "none",
        "of no bill nothing is taken"
    );
    let stranger = uid(&pg, "customer", 3);
    assert_eq!(
        may.act("reward.use", using(stranger, &ids[..1], None, None)).await,
        "coupon_not_found"
    );
}

/// A bill that codes pay in full is a bill; what was promised is handed over by whoever treats, too.
#[tokio::test]
async fn who_treats_hands_over_what_a_code_is_for_and_puts_none_on_a_bill() {
    let pg = migrated().await;
    let mut may = desk(&pg, A, 7).await;
    let customer = uid(&pg, "customer", 1);
    points(&pg, customer, 300, "null");
    let some = reward(&pg, "free_service", 100, "0", ("", ""));
    let code = redeem(&mut may, customer, some, 100).await.unwrap();
    let paid = pay(&mut may, customer, 10_000).await;
    pg.psql(
        DB,
        "update desk.staff set role = 'beautician' where person_id = md5('user:7')::uuid",
    );
    for (payment, bill) in [(None, Some(10_000)), (Some(paid), None), (Some(paid), Some(10_000))] {
        assert_eq!(
            may.act("reward.use", using(customer, &[code], payment, bill)).await,
            "role_not_allowed"
        );
    }
    assert_eq!(may.act("reward.use", using(customer, &[code], None, None)).await, "ok");
}

#[tokio::test]
async fn a_redemption_taken_back_takes_its_code_along_but_not_one_that_was_used() {
    let pg = migrated().await;
    let mut may = desk(&pg, A, 7).await;
    let customer = uid(&pg, "customer", 1);
    points(&pg, customer, 300, "null");
    let some = reward(&pg, "free_service", 100, "0", (", max_redemptions", ", 5"));
    let mut made = vec![];
    for _ in 0..2 {
        let id = Uuid::now_v7();
        let mut redeem = may.mutation(
            "points.redeem",
            json!({ "id": id, "customer_id": customer, "points": 100, "reward_id": some }),
        );
        redeem.id = id;
        may.push(&[redeem]).await.unwrap();
        made.push(id);
    }
    assert_eq!(
        may.act("points.unredeem", json!({ "id": Uuid::now_v7(), "of": made[0] }))
            .await,
        "ok"
    );
    assert_eq!(coupon(&pg, made[0], "state || ' ' || closed_for"), "cancelled undo");
    assert_eq!(
        may.act("reward.use", using(customer, &made[1..], None, None)).await,
        "ok"
    );
    assert_eq!(
        may.act("points.unredeem", json!({ "id": Uuid::now_v7(), "of": made[1] }))
            .await,
        "coupon_ended"
    );
    assert_eq!((handed_out(&pg, some), differences(&pg)), ("1".into(), "0".into()));
}

#[tokio::test]
async fn a_used_code_is_not_given_back_before_its_bill_and_goes_with_it() {
    let pg = migrated().await;
    let mut head = desk(&pg, A, 1).await;
    let customer = uid(&pg, "customer", 1);
    points(&pg, customer, 500, "null");
    let off = reward(&pg, "discount_amount", 500, "100", NO_MORE);
    let id = redeem(&mut head, customer, off, 500).await.unwrap();
    let paid = pay(&mut head, customer, 40_000).await;
    assert_eq!(
        head.act("reward.use", using(customer, &[id], Some(paid), Some(50_000)))
            .await,
        "ok"
    );
    assert_eq!(
        head.act("reward.cancel", cancelling(id, "customer", None, None)).await,
        "coupon_ended"
    );
    assert_eq!(
        head.act("reward.cancel", cancelling(id, "clinic", Some("ทำไม่ได้"), None))
            .await,
        "coupon_on_bill"
    );
    let refund = json!({ "id": Uuid::now_v7(), "entry": Uuid::now_v7(), "payment_id": paid, "satang": 40_000, "reason": "ทำไม่ได้" });
    assert_eq!(head.act("payment.refund", refund).await, "ok");
    assert_eq!(
        head.act("reward.cancel", cancelling(id, "clinic", Some("ทำไม่ได้"), None))
            .await,
        "coupon_ended",
        "it has gone by itself"
    );
    assert_eq!(
        coupon(&pg, id, "state || ' ' || (used_at is not null)"),
        "cancelled true",
        "that it was used stays written down"
    );
    assert_eq!(differences(&pg), "0");
}

#[tokio::test]
async fn no_code_of_another_clinic_can_be_seen_used_or_given_back_and_none_is_deleted_by_hand() {
    let pg = migrated().await;
    let (mut ours, mut theirs) = (desk(&pg, A, 7).await, desk(&pg, B, 2).await);
    let customer = uid(&pg, "customer", 1);
    points(&pg, customer, 500, "null");
    let some = reward(&pg, "free_service", 100, "0", NO_MORE);
    let id = redeem(&mut ours, customer, some, 100).await.unwrap();
    assert_eq!(theirs.sql("select count(*)::text from desk.coupon").await.unwrap(), "0");
    assert_eq!(
        theirs.act("reward.use", using(customer, &[id], None, None)).await,
        "coupon_not_found"
    );
    assert_eq!(
        theirs
            .act("reward.cancel", cancelling(id, "customer", None, None))
            .await,
        "coupon_not_found"
    );
    let by_hand = ours
        .sql(&format!("update desk.coupon set state = 'used' where id = '{id}'"))
        .await
        .unwrap_err();
    assert!(by_hand.starts_with("42501"), "{by_hand}");
    for sql in [
        "delete from desk.coupon",
        "update desk.coupon set value = 1",
        "update desk.coupon set customer_id = customer_id, state = 'issued'",
    ] {
        assert!(pg.try_psql(DB, sql).is_err(), "{sql}");
    }
}

fn offer(args: &[(&str, Json)]) -> Json {
    let mut offer = json!({ "id": Uuid::now_v7(), "name": "ส่วนลด 100 บาท", "type": "discount_amount", "points_cost": 300, "value": 10_000, "is_active": true, "auto_apply": false, "stackable": true });
    for (field, value) in args {
        offer[field] = value.clone();
    }
    offer
}

#[tokio::test]
async fn managers_keep_the_rewards_and_nobody_else_and_a_reward_that_could_not_be_promised_is_refused_with_its_field() {
    let pg = migrated().await;
    let (mut front, mut head) = (desk(&pg, A, 3).await, desk(&pg, A, 1).await);
    role(&pg, 3, "front_desk");
    let made = offer(&[]);
    assert_eq!(front.act("reward.save", made.clone()).await, "role_not_allowed");
    assert_eq!(head.act("reward.save", made.clone()).await, "ok");
    let mut changed = made.clone();
    (changed["expected"], changed["is_active"]) = (json!(1), json!(false));
    assert_eq!(head.act("reward.save", changed.clone()).await, "ok");
    assert_eq!(head.act("reward.save", changed.clone()).await, "changed_meanwhile");
    changed["id"] = json!(Uuid::now_v7());
    assert_eq!(head.act("reward.save", changed).await, "reward_not_found");
    let wrong = [
        ("name", json!(" "), "reward_invalid"),
        ("value", json!(0), "reward_invalid"),
        ("value", json!(-1), "value_not_allowed"),
        ("points_cost", json!(0), "value_not_allowed"),
        ("type", json!("cash_back"), "reward_invalid"),
        ("tier_requirement", json!("wood"), "reward_invalid"),
        ("days", json!(0), "value_not_allowed"),
        ("stackable", json!("yes"), "value_not_allowed"),
    ];
    for (field, value, code) in wrong {
        assert_eq!(head.act("reward.save", offer(&[(field, value)])).await, code, "{field}");
    }
    assert_eq!(
        pg.psql(DB, "select count(*), bool_or(is_active) from public.loyalty_rewards"),
        "1|f"
    );
    let ids =
        json!({ "id": Uuid::now_v7(), "rewards": [Uuid::now_v7(), Uuid::now_v7(), Uuid::now_v7(), Uuid::now_v7()] });
    assert_eq!(head.act("reward.add_usual", ids).await, "rewards_exist");
}

#[tokio::test]
async fn the_usual_rewards_are_added_once_where_a_clinic_has_none() {
    let pg = migrated().await;
    let mut head = desk(&pg, A, 1).await;
    let ids =
        || json!({ "id": Uuid::now_v7(), "rewards": [Uuid::now_v7(), Uuid::now_v7(), Uuid::now_v7(), Uuid::now_v7()] });
    assert_eq!(head.act("reward.add_usual", ids()).await, "ok");
    assert_eq!(head.act("reward.add_usual", ids()).await, "rewards_exist");
    let kept = "select string_agg(type || ' ' || points_cost || ' ' || trunc(monetary_value), ', ' order by points_cost) from public.loyalty_rewards";
    assert_eq!(
        pg.psql(DB, kept),
        "discount_percentage 500 5, free_service 800 0, discount_percentage 1000 10, free_service 1500 0"
    );
}

/// Pairs that reach every branch, and some at random.
fn bills() -> Vec<(i64, i64)> {
    let values = [0, 1, 33, 500, 1_000, 3_333, 9_999, 10_000, 123_456];
    let bills = [1, 99, 100, 199_999, 1_234_567, 100_000_000];
    values
        .iter()
        .flat_map(|value| bills.iter().map(move |bill| (*value, *bill)))
        .collect()
}

#[tokio::test]
async fn l21_desk_and_database_reduce_a_bill_alike_and_make_the_same_code() {
    let pg = migrated().await;
    for kind in KINDS {
        for (value, bill) in bills() {
            let said = pg.psql(
                DB,
                &format!("select desk.coupon_reduction('{}', {value}, {bill})", kind.word()),
            );
            assert_eq!(
                said,
                reward::reduction(kind, value, bill).to_string(),
                "{kind:?} {value} {bill}"
            );
        }
    }
    for _ in 0..50 {
        let id = Uuid::new_v4();
        assert_eq!(
            pg.psql(DB, &format!("select desk.coupon_code('{id}', 0)")),
            reward::code(id),
            "{id}"
        );
    }
}

/// Any moment: what is later has not begun, what is not has ended.
const NOON: i64 = 1_000_000;

/// Offered, from, until, how many, from which tier, value.
type Case = (bool, Option<i64>, Option<i64>, Option<i64>, &'static str, i64);
const OFFERS: [Case; 8] = [
    (true, None, None, None, "bronze", 500),
    (false, None, None, None, "bronze", 500),
    (true, Some(NOON + 1), None, None, "bronze", 500),
    (true, None, Some(NOON), None, "bronze", 500),
    (true, None, None, Some(0), "bronze", 500),
    (true, None, None, Some(1), "silver", 500),
    (true, None, None, None, "bronze", 0),
    (true, None, None, None, "bronze", 1_000_000),
];

#[tokio::test]
async fn desk_and_database_agree_who_can_have_what() {
    let pg = migrated().await;
    let mut may = desk(&pg, A, 7).await;
    let customer = uid(&pg, "customer", 1);
    points(&pg, customer, 100_000, "null");
    // Lifetime points make the tier: none are a profile's here, so this customer is of the lowest.
    for kind in KINDS {
        for (active, from, until, limit, tier, value) in OFFERS {
            let offer = Offer {
                kind: Some(kind),
                value: Some(value),
                points_cost: 10,
                is_named: true,
                is_active: active,
                from,
                until,
                limit,
                handed_out: 0,
                tier: Tier::from_word(tier),
            };
            let at = |at: Option<i64>| {
                at.map_or("null".to_owned(), |at| {
                    format!("now() + interval '{} seconds'", if at > NOON { 60 } else { -60 })
                })
            };
            let limit = limit.map_or("null".to_owned(), |limit| limit.to_string());
            let values = format!(", {active}, {}, {}, {limit}, '{tier}'", at(from), at(until));
            let value = format!("{}.{:02}", value / 100, value % 100);
            let id = reward(
                &pg,
                kind.word(),
                10,
                &value,
                (
                    ", is_active, valid_from, valid_until, max_redemptions, tier_requirement",
                    &values,
                ),
            );
            let ours = match offer.bar(100_000, Tier::Bronze, NOON, false) {
                None => "ok".to_owned(),
                Some(Bar::Short { .. }) => "points_short ".to_owned(),
                Some(bar) => format!(
                    "reward_unavailable {}",
                    serde_json::to_value(bar).unwrap()["why"].as_str().unwrap()
                ),
            };
            let theirs = match redeem(&mut may, customer, id, 10).await {
                Ok(_) => "ok".to_owned(),
                refused => why(refused),
            };
            assert_eq!(ours, theirs, "{kind:?} {offer:?}");
        }
    }
    assert!(Kind::DiscountAmount.is_discount());
}
