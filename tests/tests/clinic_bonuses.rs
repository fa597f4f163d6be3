//! What a clinic thanks for in points, as its terms say: by the version of the moment for which it counts, within sane limits, and only in the clinic that says it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test: what is not as expected ends it, in its helpers too"
)]

mod clinic_support;

use clinic_support::{A, B, DB, Desk, admin, desk, differences, migrated, uid};
use desk_clinic::worker;
use desk_tests::harness::pg::PgCluster;
use serde_json::{Value as Json, json};
use uuid::Uuid;

const USUAL: &str = r#"{"treatment":50,"review":50,"referral":200,"birthday":100,"check_in":10}"#;

fn one(pg: &PgCluster, sql: &str) -> String {
    pg.psql(DB, sql)
}

/// Terms from now on as a desk plans them; without a word on thanks, as one from before them does.
fn terms(pg: &PgCluster, clinic: &str) -> Json {
    let newest = format!("select max(version) from desk.loyalty_policy where clinic_id = '{clinic}'");
    let newest: i64 = one(pg, &newest).parse().unwrap();
    json!({ "id": Uuid::now_v7(), "expected": newest, "from": one(pg, &format!("select desk.local_day('{clinic}', now())")), "basis": "points", "months": 24,
        "welcome": 100, "point_satang": 100, "multipliers": { "bronze": 1, "silver": 1.5, "gold": 2, "platinum": 2.5, "diamond": 3 },
        "floors": { "silver": 1000, "gold": 3000, "platinum": 7000, "diamond": 15000 } })
}

async fn promise(pg: &PgCluster, owner: &mut Desk, bonuses: &str) {
    let mut args = terms(pg, A);
    args["bonuses"] = serde_json::from_str(bonuses).unwrap();
    assert_eq!(owner.act("policy.plan", args).await, "ok");
}

/// The terms that are in force began so many hours ago.
fn began(pg: &PgCluster, version: i32, hours: u32) {
    let sql = format!(
        "alter table desk.loyalty_policy disable trigger keep_policy; update desk.loyalty_policy set starts_at = now() - interval '{hours} hours' where clinic_id = '{A}' and version = {version};
         alter table desk.loyalty_policy enable trigger keep_policy"
    );
    pg.psql(DB, &sql);
}

fn join(pg: &PgCluster, clinic: &str, customer: Uuid, code: &str) {
    pg.psql(DB, &format!("insert into public.loyalty_profiles (clinic_id, customer_id, referral_code) values ('{clinic}', '{customer}', '{code}') on conflict do nothing"));
}

fn reviews(pg: &PgCluster, clinic: &str, customer: Uuid, hours: u32) {
    pg.psql(DB, &format!("insert into public.customer_journey_events (clinic_id, customer_id, event_type, source, occurred_at) values ('{clinic}', '{customer}', 'review_submitted', 'web', now() - interval '{hours} hours')"));
}

fn came(pg: &PgCluster, customer: Uuid, number: u32, hours: u32) {
    pg.psql(DB, &format!("insert into desk.visit (clinic_id, id, customer_id, day, queue_number, state, arrived_at, arrived_by, started_at, started_by, finished_at, finished_by, updated_at)
        select '{A}', gen_random_uuid(), '{customer}', desk.local_day('{A}', x.at), {number}, 'done', x.at, u.id, x.at, u.id, x.at, u.id, x.at
        from (select now() - interval '{hours} hours' as at) x, (select md5('user:7')::uuid as id) u"));
}

/// What is due of the last days for a customer: what for, how many and by which version.
fn due(pg: &PgCluster, clinic: &str, customer: Uuid) -> String {
    one(pg, &format!("select coalesce(string_agg(source || ' ' || points || ' v' || policy, ', ' order by source, points), '') from desk.due_bonuses('{clinic}', now() - interval '9 days', now())
        where customer_id = '{customer}' and source <> 'birthday'"))
}

async fn work(pg: &PgCluster) {
    let mut conn = admin(pg).await;
    while worker::fire_next(&mut conn).await.unwrap() || worker::judge_referral(&mut conn).await.unwrap() {}
}

/// Fifteen days pass.
fn fortnight(pg: &PgCluster) {
    pg.psql(
        DB,
        "set session_replication_role = replica; update desk.payment set taken_at = taken_at - interval '15 days'; update desk.referral set made_at = made_at - interval '15 days';
         update desk.loyalty_policy set starts_at = starts_at - interval '15 days' where version > 1;
         update desk.timer set due_at = due_at - interval '15 days' where state = 'waiting'; set session_replication_role = origin",
    );
}

#[tokio::test]
async fn another_number_counts_for_what_comes_after_it_and_in_this_clinic_alone() {
    let pg = migrated().await;
    let mut owner = desk(&pg, A, 1).await;
    let (before, after, theirs) = (
        uid(&pg, "customer", 1),
        uid(&pg, "customer", 3),
        uid(&pg, "customer", 2),
    );
    join(&pg, A, before, "BNAAAAAA");
    join(&pg, A, after, "BNBBBBBB");
    join(&pg, B, theirs, "BNCCCCCC");
    promise(
        &pg,
        &mut owner,
        r#"{"treatment":70,"review":80,"referral":300,"birthday":0,"check_in":15}"#,
    )
    .await;
    began(&pg, 2, 100);
    reviews(&pg, A, before, 101);
    came(&pg, before, 901, 130);
    came(&pg, before, 902, 48);
    reviews(&pg, A, after, 99);
    reviews(&pg, B, theirs, 50);
    assert_eq!(due(&pg, A, before), "review 50 v1, visit 10 v1, visit 15 v2");
    assert_eq!(due(&pg, A, after), "review 80 v2");
    assert_eq!(due(&pg, B, theirs), "review 50 v1", "another clinic's stay");
    // The night gives them, and its entries say by which version.
    pg.psql(DB, "select desk.worker_beat(gen_random_uuid(), 'w', 0, false)");
    pg.psql(DB, "update desk.bonus_round set done_until = now() - interval '9 days'; update desk.timer set due_at = now() - interval '1 second' where kind = 'bonuses.give' and state = 'waiting'");
    work(&pg).await;
    let given = format!(
        "select string_agg(desk_source || ' ' || amount || ' v' || desk_policy, ', ' order by desk_source, amount) from public.point_transactions where customer_id = '{before}' and desk_source in ('review', 'visit')"
    );
    assert_eq!(one(&pg, &given), "review 50 v1, visit 10 v1, visit 15 v2");
    assert_eq!(due(&pg, A, before), "", "once each");
    assert_eq!(differences(&pg), "0");
}

#[tokio::test]
async fn a_birthday_is_thanked_for_by_the_terms_at_the_beginning_of_its_month_and_not_where_they_say_nothing() {
    let pg = migrated().await;
    let mut owner = desk(&pg, A, 1).await;
    let customer = uid(&pg, "customer", 1);
    join(&pg, A, customer, "BNAAAAAA");
    pg.psql(
        DB,
        &format!("update public.customers set date_of_birth = desk.local_day('{A}', now()) - interval '30 years' where id = '{customer}'"),
    );
    let due = format!(
        "select coalesce(string_agg(points || ' v' || policy, ' '), 'none') from desk.due_bonuses('{A}', now() - interval '1 second', now()) where customer_id = '{customer}' and source = 'birthday'"
    );
    promise(
        &pg,
        &mut owner,
        r#"{"treatment":50,"review":50,"referral":200,"birthday":0,"check_in":10}"#,
    )
    .await;
    assert_eq!(one(&pg, &due), "100 v1", "the month began under the terms before");
    began(&pg, 2, 24 * 40);
    assert_eq!(one(&pg, &due), "none");
}

#[tokio::test]
async fn l16_a_referral_brings_what_was_promised_when_it_was_recorded() {
    let pg = migrated().await;
    let mut owner = desk(&pg, A, 1).await;
    let mut people = Vec::new();
    for (name, phone) in [
        ("นภา แสงทอง", "081 234 5678"),
        ("ชนัญชิดา เลิศวิไล", "089 999 1234"),
        ("กานดา รุ่งโรจน์", "086 777 4321"),
    ] {
        let id = Uuid::now_v7();
        let args = json!({ "id": id, "full_name": name, "phone": phone });
        assert_eq!(owner.act("customer.create", args).await, "ok");
        people.push(id);
    }
    let mut recorded = Vec::new();
    for friend in &people[1..] {
        let id = Uuid::now_v7();
        let args = json!({ "id": id, "customer_id": friend, "referrer_id": people[0] });
        assert_eq!(owner.act("referral.record", args).await, "ok");
        recorded.push(id);
        promise(
            &pg,
            &mut owner,
            r#"{"treatment":50,"review":50,"referral":350,"birthday":100,"check_in":10}"#,
        )
        .await;
        // 300 baht: worth the 200 points of the first, not the 350 of the second.
        let bill = json!({ "id": Uuid::now_v7(), "entry": Uuid::now_v7(), "customer_id": friend, "satang": 30_000, "method": "cash" });
        assert_eq!(owner.act("payment.take", bill).await, "ok");
    }
    // Days between the two, or the second of a day would wait for a person.
    let first = recorded[0];
    pg.psql(DB, &format!("set session_replication_role = replica; update desk.referral set made_at = made_at - interval '2 days' where id = '{first}'; set session_replication_role = origin"));
    fortnight(&pg);
    work(&pg).await;
    let stands = |id: Uuid| {
        one(
            &pg,
            &format!(
                "select state || ' ' || points || ' ' || array_to_string(reasons, ' ') from desk.referral where id = '{id}'"
            ),
        )
    };
    assert_eq!(stands(recorded[0]).trim(), "paid 200");
    assert_eq!(stands(recorded[1]).trim(), "waiting 0 paid_too_little");
    let bill = json!({ "id": Uuid::now_v7(), "entry": Uuid::now_v7(), "customer_id": people[2], "satang": 35_000, "method": "cash" });
    assert_eq!(owner.act("payment.take", bill).await, "ok");
    fortnight(&pg);
    work(&pg).await;
    assert_eq!(stands(recorded[1]).trim(), "paid 350");
    let entries = format!(
        "select string_agg(amount || ' v' || desk_policy, ' ' order by amount) from public.point_transactions where customer_id = '{}' and desk_source = 'referral'",
        people[0]
    );
    assert_eq!(one(&pg, &entries), "200 v1 350 v2");
    assert_eq!(differences(&pg), "0");
}

#[tokio::test]
async fn thanks_that_no_clinic_can_mean_are_refused_with_their_field_and_past_the_action_too() {
    let pg = migrated().await;
    let mut owner = desk(&pg, A, 1).await;
    let saying = |field: &str, value: Json| {
        let mut all: Json = serde_json::from_str(USUAL).unwrap();
        all[field] = value;
        all
    };
    let refused = [
        (saying("birthday", json!(10_001)), "bonuses.birthday"),
        (saying("check_in", json!(-1)), "bonuses.check_in"),
        (saying("review", json!(1.5)), "bonuses.review"),
        (saying("treatment", json!("50")), "bonuses.treatment"),
        (saying("referral", json!(0)), "bonuses.referral"),
        (json!({ "treatment": 50 }), "bonuses.review"),
        (json!([]), "bonuses.treatment"),
    ];
    for (bonuses, named) in refused {
        let mut args = terms(&pg, A);
        args["bonuses"] = bonuses.clone();
        let mutation = owner.mutation("policy.plan", args);
        let outcome = owner.push(&[mutation]).await.unwrap().remove(0);
        assert_eq!(outcome.code.as_deref(), Some("policy_invalid"), "{named}");
        assert_eq!(outcome.detail.unwrap()["field"], named);
        // Also beside multipliers that a clinic had before there was a rule.
        let by_hand = format!(
            "insert into desk.loyalty_policy (clinic_id, version, multipliers, bonuses) select clinic_id, 9, multipliers, '{bonuses}' from desk.loyalty_policy where clinic_id = '{A}' limit 1"
        );
        assert!(
            sqlx::query(sqlx::AssertSqlSafe(by_hand))
                .execute(&mut admin(&pg).await)
                .await
                .is_err(),
            "{named}"
        );
    }
    promise(&pg, &mut owner, &saying("check_in", json!(0)).to_string()).await;
    assert_eq!(owner.act("policy.plan", terms(&pg, A)).await, "ok");
    let newest = format!(
        "select bonuses ->> 'check_in' from desk.loyalty_policy where clinic_id = '{A}' order by version desc limit 1"
    );
    assert_eq!(one(&pg, &newest), "0", "a desk from before the numbers leaves them");
}
