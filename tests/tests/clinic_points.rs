//! Points as lots: what ends soonest is spent first, what is given back returns where it came from, what was spent and is taken back is owed;
//! once each, however many ask, and without the network no more than was allowed. Numbers are those of the rules.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)] // a test ends where it is surprised

mod clinic_support;

use clinic_support::{A, DB, Desk, desk, differences, done, migrated, sums, uid};
use desk_clinic::push::Status;
use desk_tests::harness::pg::PgCluster;
use serde_json::json;
use uuid::Uuid;

/// An entry as the web system writes one; `ends` is SQL for its end.
fn entry(pg: &PgCluster, customer: Uuid, kind: &str, amount: i32, ends: &str) -> Uuid {
    let sql = format!(
        "insert into public.point_transactions (clinic_id, customer_id, type, amount, expires_at) values ('{A}', '{customer}', '{kind}', {amount}, {ends}) returning id"
    );
    pg.psql(DB, &sql).parse().unwrap()
}

/// What is left of each lot, next to end first.
fn lots(pg: &PgCluster, customer: Uuid) -> String {
    pg.psql(
        DB,
        &format!("select string_agg(remaining::text, ' ' order by expires_at, effective_at, id) from desk.lot where customer_id = '{customer}'"),
    )
}

/// A 100 until the end of the month, B 200 until the year after next, C 50 for ever.
fn three_lots(pg: &PgCluster, customer: Uuid) {
    entry(pg, customer, "earned", 100, "now() + interval '20 days'");
    entry(pg, customer, "earned", 200, "now() + interval '400 days'");
    entry(pg, customer, "bonus", 50, "null");
}

#[tokio::test]
async fn l2_l3_what_ends_soonest_is_spent_first_and_returns_where_it_came_from() {
    let pg = migrated().await;
    let mut may = desk(&pg, A, 7).await;
    let customer = uid(&pg, "customer", 1);
    three_lots(&pg, customer);
    let id = Uuid::now_v7();
    let mut redeem = may.mutation(
        "points.redeem",
        json!({ "id": id, "customer_id": customer, "points": 120 }),
    );
    redeem.id = id;
    assert_eq!(may.push(&[redeem]).await.unwrap()[0].status, Status::Ok);
    assert_eq!(lots(&pg, customer), "0 180 50");
    // A's last day passes before the customer changes their mind.
    pg.psql(DB, &format!("update desk.lot set expires_at = now() - interval '1 hour' where customer_id = '{customer}' and points = 100"));
    let back = done(&mut may, "points.unredeem", json!({ "id": Uuid::now_v7(), "of": id })).await;
    assert_eq!(back.status, Status::Ok, "{back:?}");
    assert_eq!(
        (lots(&pg, customer), sums(&pg, customer)),
        ("0 200 50".into(), "250|0".into())
    );
    let ended = "select amount from public.point_transactions where type = 'expired'";
    assert_eq!(pg.psql(DB, ended), "-100", "an entry says that they have ended");
    let again = done(&mut may, "points.unredeem", json!({ "id": Uuid::now_v7(), "of": id })).await;
    assert_eq!(again.code.as_deref(), Some("already_undone"));
    assert_eq!(differences(&pg), "0");
}

#[tokio::test]
async fn l4_l5_a_refund_in_parts_takes_what_was_given_and_what_was_spent_is_owed() {
    let pg = migrated().await;
    let customer = uid(&pg, "customer", 1);
    let award = entry(&pg, customer, "earned", 399, "now() + interval '700 days'");
    pg.psql(
        DB,
        &format!("alter table public.point_transactions disable trigger desk_keep_ledger; update public.point_transactions set desk_satang = 199900, desk_multiplier = 2 where id = '{award}'; alter table public.point_transactions enable trigger desk_keep_ledger"),
    );
    entry(&pg, customer, "redeemed", 300, "null");
    let may = desk(&pg, A, 7).await;
    let refund = |satang: i64| {
        pg.psql(DB, &format!("select desk.refund_points(m, '{award}', {satang}, gen_random_uuid(), null) from desk.member m where m.role_name = '{}'", may.login))
    };
    assert_eq!(
        (refund(99_950).as_str(), sums(&pg, customer).as_str()),
        ("200", "0|101")
    );
    assert_eq!(
        (refund(99_950).as_str(), sums(&pg, customer).as_str()),
        ("199", "0|300")
    );
    entry(&pg, customer, "earned", 100, "null");
    assert_eq!(sums(&pg, customer), "0|200", "what comes in pays first");
    entry(&pg, customer, "earned", 250, "null");
    assert_eq!((sums(&pg, customer).as_str(), differences(&pg).as_str()), ("50|0", "0"));
}

#[tokio::test]
async fn l7_of_fifty_who_spend_one_balance_at_once_one_does_and_the_others_hear_who() {
    let pg = migrated().await;
    let customer = uid(&pg, "customer", 1);
    entry(&pg, customer, "earned", 100, "null");
    let mut desks = vec![];
    for nth in 0..10 {
        desks.push(desk(&pg, A, [1, 3, 5, 7][nth % 4]).await);
    }
    let racing = desks.into_iter().map(|mut desk| {
        tokio::spawn(async move {
            let mut outcomes = vec![];
            for _ in 0..5 {
                let args = json!({ "id": Uuid::now_v7(), "customer_id": customer, "points": 100, "seen": 100 });
                outcomes.push(done(&mut desk, "points.redeem", args).await);
            }
            outcomes
        })
    });
    let mut codes: Vec<String> = vec![];
    for race in racing.collect::<Vec<_>>() {
        for outcome in race.await.unwrap() {
            if let Some(detail) = outcome.detail.as_ref().filter(|_| outcome.code.is_some()) {
                assert!(detail["by"].is_string() && detail["device"] == "PC-หน้าร้าน" && detail["at"].is_string());
            }
            codes.push(outcome.code.unwrap_or_else(|| "ok".into()));
        }
    }
    let count = |code: &str| codes.iter().filter(|said| *said == code).count();
    assert_eq!((count("ok"), count("points_taken")), (1, 49));
    let spent = "select count(*), sum(amount) from public.point_transactions where type = 'redeemed'";
    assert_eq!(
        (pg.psql(DB, spent), sums(&pg, customer)),
        ("1|-100".into(), "0|0".into())
    );
    assert_eq!(differences(&pg), "0");
}

#[tokio::test]
async fn l8_asked_ten_times_it_is_one_entry_and_one_answer() {
    let pg = migrated().await;
    let mut may = desk(&pg, A, 7).await;
    let customer = uid(&pg, "customer", 1);
    entry(&pg, customer, "earned", 100, "null");
    let redeem = may.mutation(
        "points.redeem",
        json!({ "id": Uuid::now_v7(), "customer_id": customer, "points": 60 }),
    );
    for _ in 0..10 {
        assert_eq!(
            may.push(std::slice::from_ref(&redeem)).await.unwrap()[0].status,
            Status::Ok
        );
    }
    let spent = "select count(*) from public.point_transactions where type = 'redeemed'";
    assert_eq!((pg.psql(DB, spent), sums(&pg, customer)), ("1".into(), "40|0".into()));
    let short = done(
        &mut may,
        "points.redeem",
        json!({ "id": Uuid::now_v7(), "customer_id": customer, "points": 60 }),
    )
    .await;
    assert_eq!(short.code.as_deref(), Some("points_short"));
    assert_eq!(short.detail, Some(json!({ "missing": 20, "available": 40 })));
}

#[tokio::test]
async fn l11_what_has_ended_is_not_spent_and_ends_once() {
    let pg = migrated().await;
    let customer = uid(&pg, "customer", 1);
    entry(&pg, customer, "earned", 100, "now() - interval '2 days'");
    entry(&pg, customer, "earned", 50, "now() + interval '2 days'");
    let sweep = format!("select desk.expire_points('{A}', '{customer}', now())");
    assert_eq!((pg.psql(DB, &sweep), pg.psql(DB, &sweep)), ("1".into(), "0".into()));
    assert_eq!(sums(&pg, customer), "50|0");
    let ends = "select to_char(expires_at at time zone 'Asia/Bangkok', 'HH24:MI:SS') from desk.lot where remaining > 0";
    assert_eq!(pg.psql(DB, ends), "23:59:59", "the end of a day of Bangkok");
    assert_eq!(differences(&pg), "0");
}

/// The same PC's allowance, whoever of its people asks.
async fn lease(desk: &mut Desk) -> Uuid {
    desk.sql("select desk.take_lease()::text")
        .await
        .unwrap()
        .parse()
        .unwrap()
}

#[tokio::test]
async fn l15_two_pcs_without_the_network_spend_more_than_there_is_and_the_rest_is_owed() {
    let pg = migrated().await;
    let (mut nok, mut beam) = (desk(&pg, A, 7).await, desk(&pg, A, 5).await);
    pg.psql(
        DB,
        &format!(
            "update desk.member set device = 'PC-B' where role_name = '{}'",
            beam.login
        ),
    );
    let customer = uid(&pg, "customer", 1);
    entry(&pg, customer, "earned", 640, "null");
    let (at_a, at_b) = (lease(&mut nok).await, lease(&mut beam).await);
    assert_eq!(lease(&mut nok).await, at_a, "one a PC and day");
    let spend = |points: i64, lease: Uuid| json!({ "id": Uuid::now_v7(), "customer_id": customer, "points": points, "lease_id": lease });
    assert_eq!(nok.act("points.redeem", spend(400, at_a)).await, "ok");
    let more = done(&mut nok, "points.redeem", spend(200, at_a)).await;
    assert_eq!(
        (more.code.as_deref(), more.detail.unwrap()["left"].as_i64()),
        (Some("lease_exceeded"), Some(100))
    );
    assert_eq!(
        beam.act("points.redeem", spend(500, at_a)).await,
        "lease_unknown",
        "another PC's"
    );
    assert_eq!(
        beam.act("points.redeem", spend(500, at_b)).await,
        "ok",
        "the customer has had it"
    );
    assert_eq!(sums(&pg, customer), "0|260");
    let told = "select count(*) from public.notifications where type = 'points_owed'";
    let heads =
        format!("select count(*) from desk.staff where clinic_id = '{A}' and active and role in ('owner', 'manager')");
    assert_eq!(pg.psql(DB, told), pg.psql(DB, &heads), "each head of the clinic, once");
    pg.psql(
        DB,
        "update desk.lease set ends_at = now() - interval '9 days', settles_until = now() - interval '1 hour'",
    );
    assert_eq!(
        nok.act("points.redeem", spend(50, at_a)).await,
        "lease_expired",
        "by the server's clock"
    );
    assert_eq!(differences(&pg), "0");
}

#[tokio::test]
async fn what_all_pcs_may_lose_on_a_day_has_an_end() {
    let pg = migrated().await;
    let mut may = desk(&pg, A, 7).await;
    pg.psql(DB, &format!("select desk.set_allowances('{A}', null, null, 3000)"));
    let mut given = vec![];
    for pc in ["PC-1", "PC-2", "PC-3"] {
        pg.psql(
            DB,
            &format!(
                "update desk.member set device = '{pc}' where role_name = '{}'",
                may.login
            ),
        );
        let lease = lease(&mut may).await;
        given.push(pg.psql(DB, &format!("select points from desk.lease where id = '{lease}'")));
    }
    assert_eq!(given, ["2000", "1000", "0"]);
}

#[tokio::test]
async fn what_was_written_past_the_booking_is_found_and_taken_over() {
    let pg = migrated().await;
    let customer = uid(&pg, "customer", 1);
    pg.psql(DB, &format!("insert into public.loyalty_profiles (clinic_id, customer_id, referral_code) values ('{A}', '{customer}', 'BN1')"));
    entry(&pg, customer, "earned", 100, "null");
    pg.psql(DB, &format!("set session_replication_role = replica;
        insert into public.point_transactions (clinic_id, customer_id, type, amount) values ('{A}', '{customer}', 'earned', 40);
        update public.loyalty_profiles set available_points = 150, total_points = 150"));
    assert_ne!(differences(&pg), "0");
    let report = format!("select booked, promised, ledger, opening from desk.adopt_loyalty('{A}')");
    assert_eq!(pg.psql(DB, &report), "1|150|140|10");
    assert_eq!((differences(&pg), sums(&pg, customer)), ("0".into(), "150|0".into()));
    assert_eq!(pg.psql(DB, &report), "", "and once");
}

#[tokio::test]
async fn four_thousand_entries_by_chance_add_up() {
    let pg = migrated().await;
    let chance = format!(
        "do $$ declare c uuid; r int; o record; begin
           for i in 1..4000 loop
             c := md5('customer:' || (11 + 2 * floor(random() * 60)::int))::uuid; r := floor(random() * 100);
             begin
               if r < 45 then insert into public.point_transactions (clinic_id, customer_id, type, amount, expires_at)
                 values ('{A}', c, (array['earned', 'bonus'])[1 + floor(random() * 2)::int], floor(random() * 300), case when random() > 0.2 then now() + (floor(random() * 60) - 5) * interval '1 day' end);
               elsif r < 70 then insert into public.point_transactions (clinic_id, customer_id, type, amount) values ('{A}', c, 'redeemed', floor(random() * 400) * sign(random() - 0.5));
               elsif r < 92 then
                 select * into o from public.point_transactions t where t.customer_id = c and t.desk_reverses is null and t.amount <> 0 and t.type in ('earned', 'bonus', 'redeemed') order by t.id limit 1 offset floor(random() * 40)::int;
                 if o.id is not null then insert into public.point_transactions (clinic_id, customer_id, type, amount, desk_reverses)
                   values ('{A}', c, 'refund', -sign(o.amount) * (1 + floor(random() * abs(o.amount))), o.id); end if;
               elsif r < 96 then perform desk.expire_points('{A}', c, now());
               elsif r < 98 then insert into public.loyalty_profiles (clinic_id, customer_id, referral_code) values ('{A}', c, desk.new_referral_code()) on conflict do nothing;
               else update public.loyalty_profiles set available_points = 7, total_points = 5 where customer_id = c; end if;
             exception when check_violation then null; end;
           end loop; end $$"
    );
    pg.psql(DB, &chance);
    assert_eq!(differences(&pg), "0");
    assert_eq!(
        pg.psql(
            DB,
            "select count(*) from desk.point_sum where available < 0 or (available > 0 and owed > 0)"
        ),
        "0"
    );
}
