//! Money that is paid before what it is for (rule L6): a deposit or a gift card is held, earns nothing until it pays a bill, and then once, by the rules of that day. What is
//! given back goes where it came from, and no baht is used twice, whoever asks.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test: what is not as expected ends it, in its helpers too"
)]

mod clinic_support;
mod merge_support;

use clinic_support::{A, DB, Desk, admin, differences, done, migrated, points, somebody, sums, uid};
use desk_clinic::{loyalty::verify, push::Outcome};
use desk_tests::harness::pg::PgCluster;
use merge_support::{both, merge, one, separate, story};
use serde_json::{Value as Json, json};
use uuid::Uuid;

/// A payment in cash, with what else is to be said of it.
fn money(id: Uuid, customer: Uuid, satang: i64, more: &Json) -> Json {
    let mut args =
        json!({ "id": id, "entry": Uuid::now_v7(), "customer_id": customer, "satang": satang, "method": "cash" });
    for (field, value) in more.as_object().unwrap() {
        args[field] = value.clone();
    }
    args
}

async fn pay(desk: &mut Desk, customer: Uuid, satang: i64, more: Json) -> Uuid {
    let id = Uuid::now_v7();
    assert_eq!(
        desk.act("payment.take", money(id, customer, satang, &more)).await,
        "ok",
        "{more}"
    );
    id
}

async fn deposit(desk: &mut Desk, customer: Uuid, satang: i64) -> Uuid {
    pay(desk, customer, satang, json!({ "held_as": "deposit" })).await
}

fn back(payment: Uuid, satang: i64) -> Json {
    json!({ "id": Uuid::now_v7(), "entry": Uuid::now_v7(), "payment_id": payment, "satang": satang, "reason": "คืน" })
}

async fn refund(desk: &mut Desk, payment: Uuid, satang: i64) -> Outcome {
    done(desk, "payment.refund", back(payment, satang)).await
}

fn word(outcome: &Outcome) -> (String, String) {
    let detail = outcome.detail.as_ref().map(|detail| detail["most"].to_string());
    (
        outcome.code.clone().unwrap_or_else(|| "ok".into()),
        detail.unwrap_or_default(),
    )
}

fn held(pg: &PgCluster, customer: Uuid) -> String {
    one(pg, &format!("select desk.held_left('{A}', '{customer}')"))
}

/// What a payment did, and what its refunds did: points, what was held, and how.
fn booked(pg: &PgCluster, payment: Uuid) -> String {
    one(
        pg,
        &format!(
            "select string_agg(concat_ws(' ', points, held, method), ', ' order by number) from desk.payment where id = '{payment}' or refunds = '{payment}'"
        ),
    )
}

#[tokio::test]
async fn l6_a_deposit_earns_nothing_and_the_bill_that_it_pays_earns_once() {
    let pg = migrated().await;
    let mut nok = somebody(&pg, 7, "front_desk").await;
    let customer = uid(&pg, "customer", 1);
    let paid = deposit(&mut nok, customer, 50_000).await;
    let gift = pay(&mut nok, customer, 20_000, json!({ "held_as": "gift_card" })).await;
    assert_eq!(
        (booked(&pg, paid), booked(&pg, gift)),
        ("0 0 cash".into(), "0 0 cash".into())
    );
    let members = format!("select count(*) from public.loyalty_profiles where customer_id = '{customer}'");
    assert_eq!(
        (one(&pg, &members), held(&pg, customer)),
        ("0".into(), "70000".into()),
        "nobody becomes a member by it"
    );
    let bill = pay(&mut nok, customer, 199_900, json!({ "held": 60_000 })).await;
    assert_eq!(booked(&pg, bill), "199 60000 cash", "of the whole bill, once");
    assert_eq!(
        (sums(&pg, customer), held(&pg, customer)),
        ("299|0".into(), "10000".into())
    );
    let visits = format!(
        "select total_visits || ' ' || total_spent::integer from public.loyalty_profiles where customer_id = '{customer}'"
    );
    assert_eq!(one(&pg, &visits), "1 1999");
    let rest = pay(&mut nok, customer, 10_000, json!({ "held": 10_000, "method": "held" })).await;
    assert_eq!(
        (booked(&pg, rest), held(&pg, customer)),
        ("10 10000 held".into(), "0".into())
    );
    assert_eq!(differences(&pg), "0");
}

#[tokio::test]
async fn l6_it_earns_by_the_rules_and_from_the_day_on_which_it_is_used() {
    let pg = migrated().await;
    let mut head = somebody(&pg, 7, "manager").await;
    let customer = uid(&pg, "customer", 1);
    pay(&mut head, customer, 100_000, json!({ "held_as": "deposit", "paid_on": one(&pg, "select (now() at time zone 'Asia/Bangkok')::date - 40"), "late_reason": "ลืมลง" })).await;
    // Since then the clinic promises twice as much.
    one(&pg, &format!("insert into desk.loyalty_policy (clinic_id, version, starts_at, basis, multipliers, floors, months, welcome, point_satang)
        select clinic_id, version + 1, now() - interval '10 days', basis, multipliers || '{{\"bronze\": 2, \"silver\": 2}}', floors, months, welcome, point_satang from desk.loyalty_policy where clinic_id = '{A}' order by version desc limit 1"));
    let bill = pay(
        &mut head,
        customer,
        100_000,
        json!({ "held": 100_000, "method": "held" }),
    )
    .await;
    assert_eq!(booked(&pg, bill), "200 100000 held");
    let lot = format!(
        "select l.effective_at > now() - interval '1 hour' and l.expires_at = desk.lot_expiry('{A}', now()) from desk.lot l join desk.payment p on p.entry_id = l.id where p.id = '{bill}'"
    );
    assert_eq!(one(&pg, &lot), "t", "its points begin today");
    assert_eq!(differences(&pg), "0");
}

#[tokio::test]
async fn l6_a_deposit_that_goes_back_takes_no_points_and_what_was_used_of_it_stays() {
    let pg = migrated().await;
    let mut nok = somebody(&pg, 7, "front_desk").await;
    let customer = uid(&pg, "customer", 1);
    let paid = deposit(&mut nok, customer, 50_000).await;
    pay(&mut nok, customer, 100_000, json!({ "held": 30_000 })).await;
    let before = sums(&pg, customer);
    assert_eq!(
        word(&refund(&mut nok, paid, 20_001).await),
        ("held_used".into(), "20000".into())
    );
    assert_eq!(
        word(&refund(&mut nok, paid, 50_001).await),
        ("refund_too_large".into(), "50000".into())
    );
    assert_eq!(word(&refund(&mut nok, paid, 20_000).await).0, "ok");
    assert_eq!(booked(&pg, paid), "0 0 cash, 0 0 cash");
    assert_eq!((sums(&pg, customer), held(&pg, customer)), (before, "0".into()));
    assert_eq!(differences(&pg), "0");
}

#[tokio::test]
async fn l6_a_bill_that_goes_back_takes_what_it_earned_and_what_was_held_is_held_again() {
    let pg = migrated().await;
    let mut nok = somebody(&pg, 7, "front_desk").await;
    let customer = uid(&pg, "customer", 1);
    let paid = deposit(&mut nok, customer, 50_000).await;
    let bill = pay(&mut nok, customer, 199_900, json!({ "held": 50_000 })).await;
    // 1,499 baht were paid in cash: they go back first.
    for (satang, there) in [(99_950, "0"), (60_000, "10050"), (39_950, "50000")] {
        assert_eq!(word(&refund(&mut nok, bill, satang).await).0, "ok");
        assert_eq!(held(&pg, customer), there);
    }
    assert_eq!(
        booked(&pg, bill),
        "199 50000 cash, -100 0 cash, -60 10050 cash, -39 39950 held"
    );
    assert_eq!(sums(&pg, customer), "100|0", "the welcome stays");
    assert_eq!(word(&refund(&mut nok, paid, 50_000).await).0, "ok");
    assert_eq!(held(&pg, customer), "0");
    let received = "select sum(case when refunds is null then satang - held else held - satang end) from desk.payment";
    assert_eq!(
        (one(&pg, received), differences(&pg)),
        ("0".into(), "0".into()),
        "nothing of it is left with the clinic"
    );
}

#[tokio::test]
async fn l6_of_two_counters_that_use_the_same_deposit_at_once_one_has_it() {
    let pg = migrated().await;
    let mut nok = somebody(&pg, 7, "front_desk").await;
    let mut beam = somebody(&pg, 5, "front_desk").await;
    for round in 0..20 {
        let customer = uid(&pg, "customer", 2 * round + 1);
        deposit(&mut nok, customer, 50_000).await;
        let bill = || {
            money(
                Uuid::now_v7(),
                customer,
                50_000,
                &json!({ "held": 50_000, "method": "held" }),
            )
        };
        let (one, other) = tokio::join!(nok.act("payment.take", bill()), beam.act("payment.take", bill()));
        let mut words = [one, other];
        words.sort_unstable();
        assert_eq!(words, ["held_short", "ok"], "round {round}");
        assert_eq!(held(&pg, customer), "0");
    }
    assert_eq!(
        one(&pg, "select count(*) || ' ' || max(number) from desk.payment"),
        "40 40",
        "no number is left out"
    );
    assert_eq!(differences(&pg), "0");
}

#[tokio::test]
async fn l6_what_is_held_is_no_bill_for_tier_friends_and_achievements() {
    let pg = migrated().await;
    let mut nok = somebody(&pg, 7, "front_desk").await;
    let customer = uid(&pg, "customer", 1);
    one(&pg, &format!("insert into desk.loyalty_policy (clinic_id, version, starts_at, basis, multipliers, floors, months, welcome, point_satang)
        select clinic_id, version + 1, now() - interval '1 day', 'baht', multipliers, '{{\"silver\": 10000, \"gold\": 30000, \"platinum\": 70000, \"diamond\": 150000}}', months, welcome, point_satang from desk.loyalty_policy where clinic_id = '{A}' order by version desc limit 1"));
    let counts = || {
        let sql = format!(
            "select concat_ws('|', desk.tier_measure(desk.policy_at('{A}', now()), '{customer}', desk.local_day('{A}', now())), desk.is_paid_and_kept('{A}', '{customer}'),
               (select sum(satang) from desk.bills_of('{A}', array['{customer}'::uuid])), (select tier from desk.tier where customer_id = '{customer}'))"
        );
        one(&pg, &sql)
    };
    let paid = deposit(&mut nok, customer, 1_500_000).await;
    assert_eq!(counts(), "0|f");
    let bill = pay(
        &mut nok,
        customer,
        1_500_000,
        json!({ "held": 1_500_000, "method": "held" }),
    )
    .await;
    assert_eq!(counts(), "1500000|t|1500000|silver");
    for payment in [bill, paid] {
        assert_eq!(word(&refund(&mut nok, payment, 1_500_000).await).0, "ok");
    }
    assert_eq!(counts(), "0|f|bronze");
    assert_eq!(differences(&pg), "0");
}

#[tokio::test]
async fn l6_held_money_follows_a_merge_and_waits_with_the_separation_until_a_bill_that_it_paid_is_given_back() {
    let pg = migrated().await;
    let mut manager = somebody(&pg, 7, "manager").await;
    let (into, from) = story(&pg);
    deposit(&mut manager, from, 50_000).await;
    deposit(&mut manager, into, 20_000).await;
    let before = both(&pg, into, from);
    let ask = json!({ "id": Uuid::now_v7(), "from": from, "into": into });
    let shown = format!(
        "select string_agg(t #>> array[w, s, 'held'], ' ' order by w desc, s desc) from desk.merge_trial('{ask}') t, unnest(array['before', 'after']) w, unnest(array['into', 'from']) s"
    );
    assert_eq!(
        manager.sql(&shown).await.unwrap(),
        "20000 50000 70000 0",
        "of each and of both, before it is done"
    );
    let (id, said) = merge(&mut manager, from, into).await;
    assert_eq!(
        (said.as_str(), held(&pg, into).as_str(), held(&pg, from).as_str()),
        ("ok", "70000", "0")
    );
    assert_eq!(separate(&mut manager, id).await, "ok");
    assert_eq!((held(&pg, into).as_str(), held(&pg, from).as_str()), ("20000", "50000"));
    assert_eq!(both(&pg, into, from), before, "to the last column");
    let (id, said) = merge(&mut manager, from, into).await;
    assert_eq!(said, "ok");
    // The other PC still names the old one.
    let bill = pay(&mut manager, from, 60_000, json!({ "held": 60_000, "method": "held" })).await;
    assert_eq!(held(&pg, into), "10000");
    let ask = json!({ "id": Uuid::now_v7(), "merge_id": id });
    let refused = done(&mut manager, "customer.separate", ask.clone()).await;
    assert_eq!(refused.code.as_deref(), Some("separation_held"));
    assert_eq!(refused.detail.unwrap()["missing"], json!(40_000));
    let trial = manager.sql(&format!("select desk.merge_trial('{ask}')::text")).await;
    assert_eq!(
        trial.unwrap_err(),
        "P0001 separation_held",
        "said before it is done, too"
    );
    assert_eq!(word(&refund(&mut manager, bill, 60_000).await).0, "ok");
    assert_eq!(separate(&mut manager, id).await, "ok");
    assert_eq!((held(&pg, into).as_str(), held(&pg, from).as_str()), ("20000", "50000"));
    assert_eq!(
        (
            sums(&pg, into).as_str(),
            sums(&pg, from).as_str(),
            differences(&pg).as_str()
        ),
        ("120|0", "80|0", "0")
    );
}

#[tokio::test]
async fn l6_what_cannot_be_is_refused_by_name_and_leaves_nothing() {
    let pg = migrated().await;
    let mut nok = somebody(&pg, 7, "front_desk").await;
    let customer = uid(&pg, "customer", 1);
    let paid = deposit(&mut nok, customer, 50_000).await;
    for (more, code) in [
        (json!({ "held": 50_001 }), "held_short"),
        (json!({ "held": 60_001 }), "amount_out_of_range"),
        (json!({ "held": -1 }), "amount_out_of_range"),
        (json!({ "held": 60_000 }), "value_not_allowed"),
        (json!({ "method": "held" }), "value_not_allowed"),
        (json!({ "held_as": "course" }), "value_not_allowed"),
        (json!({ "held_as": "deposit", "held": 10_000 }), "value_not_allowed"),
        (
            json!({ "held_as": "gift_card", "held": 60_000, "method": "held" }),
            "value_not_allowed",
        ),
    ] {
        let args = money(Uuid::now_v7(), customer, 60_000, &more);
        assert_eq!(nok.act("payment.take", args).await, code, "{more}");
    }
    // Points buy a code, and no code a deposit.
    points(&pg, customer, 500, "null");
    let reward = one(
        &pg,
        &format!(
            "insert into public.loyalty_rewards (clinic_id, name, type, points_cost, monetary_value) values ('{A}', 'ลดร้อย', 'discount_amount', 500, 100) returning id"
        ),
    );
    let code = Uuid::now_v7();
    let redeem = json!({ "id": code, "customer_id": customer, "points": 500, "reward_id": reward });
    assert_eq!(nok.act("points.redeem", redeem).await, "ok");
    let using =
        json!({ "id": Uuid::now_v7(), "customer_id": customer, "coupons": [code], "payment_id": paid, "bill": 60_000 });
    assert_eq!(nok.act("reward.use", using).await, "held_takes_no_code");
    assert_eq!(
        (held(&pg, customer), one(&pg, "select max(number) from desk.payment")),
        ("50000".into(), "1".into())
    );
    assert_eq!(differences(&pg), "0");
}

/// A payment written by hand; the fields after what it is of.
fn by_hand(customer: Uuid, satang: i64, fields: &str, values: &str) -> String {
    format!(
        "insert into desk.payment (clinic_id, id, number, customer_id, satang, method, taken_at, taken_by, {fields}) values ('{A}', gen_random_uuid(), 900, '{customer}', {satang}, 'cash', now(), gen_random_uuid(), {values})"
    )
}

#[tokio::test]
async fn l6_sql_by_hand_cannot_use_held_money_twice_or_send_it_elsewhere() {
    let pg = migrated().await;
    let mut nok = somebody(&pg, 7, "front_desk").await;
    let customer = uid(&pg, "customer", 1);
    let paid = deposit(&mut nok, customer, 50_000).await;
    for (sql, said) in [
        (by_hand(customer, 60_000, "held", "50001"), "held_short"),
        (by_hand(customer, 40_000, "held", "40000"), "payment_held_check"),
        (
            by_hand(customer, 60_000, "held_as, held", "'deposit', 1"),
            "payment_held_as_check",
        ),
        (
            by_hand(customer, 60_000, "held_as, points", "'deposit', 600"),
            "payment_held_as_check",
        ),
        (
            by_hand(customer, 20_000, "refunds, note", &format!("'{paid}', 'x'")),
            "money goes back to where it came from",
        ),
    ] {
        let refused = pg.try_psql(DB, &sql).unwrap_err();
        assert!(refused.contains(said), "{said}: {refused}");
    }
    assert_eq!((held(&pg, customer), differences(&pg)), ("50000".into(), "0".into()));
}

#[tokio::test]
async fn l6_verify_names_held_money_that_was_used_twice_and_points_of_it() {
    let pg = migrated().await;
    let mut nok = somebody(&pg, 7, "front_desk").await;
    let customer = uid(&pg, "customer", 1);
    deposit(&mut nok, customer, 50_000).await;
    let bill = pay(&mut nok, customer, 100_000, json!({ "held": 50_000 })).await;
    let mut conn = admin(&pg).await;
    let mut said = async || {
        let found = verify(&mut conn, A.parse().unwrap()).await.unwrap();
        let line = |difference: &desk_clinic::loyalty::Difference| {
            assert_eq!(difference.customer_id, customer);
            let what = difference.what.split(' ').take(2).collect::<Vec<_>>().join(" ");
            format!(
                "{what} {:?} {:?}",
                difference.should.unwrap(),
                difference.found.unwrap()
            )
        };
        let mut lines: Vec<String> = found.iter().map(line).collect();
        lines.sort_unstable();
        lines.join(", ")
    };
    assert_eq!(said().await, "");
    let past_it = |sql: &str| one(&pg, &format!("set session_replication_role = replica; {sql}"));
    past_it(&by_hand(customer, 60_000, "held", "30000"));
    assert_eq!(said().await, "held money 0 -30000");
    past_it("delete from desk.payment where number = 900");
    past_it(&format!(
        "update desk.payment set points = points + 1 where id = '{bill}'"
    ));
    assert_eq!(said().await, "payment 2 100 101");
    past_it(&format!(
        "update desk.payment set points = points - 1 where id = '{bill}'"
    ));
    // One bill's points for two.
    past_it(&by_hand(
        customer,
        60_000,
        "entry_id, points",
        &format!("(select entry_id from desk.payment where id = '{bill}'), 100"),
    ));
    assert_eq!(said().await, "money behind 100000 160000");
}
