//! Who sent whom, in PostgreSQL and as a worker judges it: paid once, for what was paid and kept, by nobody's word alone; achievements once, from facts; small
//! thanks by night.
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

/// As a worker does: fires what is due and judges what that asks for, until nothing is left.
async fn work(pg: &PgCluster) {
    let mut conn = admin(pg).await;
    while worker::fire_next(&mut conn).await.unwrap() || worker::judge_referral(&mut conn).await.unwrap() {}
}

/// So many days pass: everything that was written moves back.
fn pass(pg: &PgCluster, days: u32) {
    let sql = format!(
        "set session_replication_role = replica;
         update desk.payment set taken_at = taken_at - interval '{days} days';
         update desk.referral set made_at = made_at - interval '{days} days';
         update desk.timer set due_at = due_at - interval '{days} days' where state = 'waiting';
         set session_replication_role = origin;"
    );
    pg.psql(DB, &sql);
}

/// A new customer of clinic A, as a desk registers one.
async fn newcomer(desk: &mut Desk, name: &str, phone: &str) -> Uuid {
    let id = Uuid::now_v7();
    let args = json!({ "id": id, "full_name": name, "phone": phone });
    assert_eq!(desk.act("customer.create", args).await, "ok");
    id
}

async fn refer(desk: &mut Desk, friend: Uuid, referrer: Uuid) -> (Uuid, String) {
    let id = Uuid::now_v7();
    let args = json!({ "id": id, "customer_id": friend, "referrer_id": referrer });
    (id, desk.act("referral.record", args).await)
}

async fn pay(desk: &mut Desk, customer: Uuid, satang: i64) -> Uuid {
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

/// State, reasons and points of a referral.
fn stands(pg: &PgCluster, referral: Uuid) -> String {
    pg.psql(
        DB,
        &format!("select state || ' ' || points || ' ' || array_to_string(reasons, ' ') from desk.referral where id = '{referral}'"),
    )
    .trim()
    .to_owned()
}

/// Thanks that somebody has in the ledger, entry by entry.
fn thanks(pg: &PgCluster, customer: Uuid) -> String {
    pg.psql(
        DB,
        &format!("select coalesce(string_agg(amount::text, ' ' order by created_at), '') from public.point_transactions where customer_id = '{customer}' and desk_source = 'referral'"),
    )
}

fn member(pg: &PgCluster, customer: Uuid, what: &str) -> String {
    pg.psql(
        DB,
        &format!("select {what} from public.loyalty_profiles where customer_id = '{customer}'"),
    )
}

fn becomes(pg: &PgCluster, n: u32, role: &str) {
    pg.psql(
        DB,
        &format!("update desk.staff set role = '{role}' where person_id = md5('user:{n}')::uuid"),
    );
}

/// A referrer with a phone of their own, a manager's desk, and a friend who was sent.
struct Sent {
    pg: PgCluster,
    head: Desk,
    referrer: Uuid,
    friend: Uuid,
    referral: Uuid,
}

async fn sent() -> Sent {
    let pg = migrated().await;
    becomes(&pg, 7, "manager");
    let mut head = desk(&pg, A, 7).await;
    let referrer = newcomer(&mut head, "นภา แสงทอง", "081 234 5678").await;
    let friend = newcomer(&mut head, "ชนัญชิดา เลิศวิไล", "089 999 1234").await;
    let (referral, code) = refer(&mut head, friend, referrer).await;
    assert_eq!(code, "ok");
    Sent {
        pg,
        head,
        referrer,
        friend,
        referral,
    }
}

#[tokio::test]
async fn l16_the_referrer_has_200_points_once_the_first_treatment_was_kept_14_days() {
    let mut s = sent().await;
    work(&s.pg).await;
    assert_eq!(stands(&s.pg, s.referral), "waiting 0 waits_for_payment");
    pay(&mut s.head, s.friend, 150_000).await;
    work(&s.pg).await;
    assert_eq!(stands(&s.pg, s.referral), "waiting 0 waits_for_days");
    pass(&s.pg, 13);
    work(&s.pg).await;
    assert_eq!(
        (stands(&s.pg, s.referral).as_str(), thanks(&s.pg, s.referrer).as_str()),
        ("waiting 0 waits_for_days", "")
    );
    pass(&s.pg, 1);
    work(&s.pg).await;
    assert_eq!(stands(&s.pg, s.referral), "paid 200");
    assert_eq!(thanks(&s.pg, s.referrer), "200");
    assert_eq!(
        member(&s.pg, s.referrer, "successful_referrals || ' ' || available_points"),
        "1 300",
        "with the welcome"
    );
    // Asked again and again, and by two workers at once: nothing more.
    s.pg.psql(DB, "update desk.referral set asked_at = now()");
    work(&s.pg).await;
    s.pg.psql(DB, "update desk.referral set asked_at = now()");
    let mut pair = (admin(&s.pg).await, admin(&s.pg).await);
    let both = tokio::join!(worker::judge_referral(&mut pair.0), worker::judge_referral(&mut pair.1));
    assert!(both.0.is_ok() && both.1.is_ok());
    assert_eq!(
        (thanks(&s.pg, s.referrer), differences(&s.pg)),
        ("200".into(), "0".into())
    );
}

#[tokio::test]
async fn l16_what_was_paid_goes_back_with_the_friends_money_and_stays_for_a_part_of_it() {
    let mut s = sent().await;
    let payment = pay(&mut s.head, s.friend, 150_000).await;
    pass(&s.pg, 14);
    work(&s.pg).await;
    assert_eq!(stands(&s.pg, s.referral), "paid 200");
    give_back(&mut s.head, payment, 15_000).await;
    work(&s.pg).await;
    assert_eq!(stands(&s.pg, s.referral), "paid 200", "a small part");
    give_back(&mut s.head, payment, 135_000).await;
    work(&s.pg).await;
    assert_eq!(stands(&s.pg, s.referral), "reversed 0 not_kept");
    assert_eq!(thanks(&s.pg, s.referrer), "200 -200");
    assert_eq!(
        member(
            &s.pg,
            s.referrer,
            "successful_referrals || ' ' || available_points || ' ' || total_points"
        ),
        "0 100 100"
    );
    pay(&mut s.head, s.friend, 150_000).await;
    pass(&s.pg, 20);
    work(&s.pg).await;
    assert_eq!(thanks(&s.pg, s.referrer), "200 -200", "for ever");
    assert_eq!(differences(&s.pg), "0");
}

#[tokio::test]
async fn l16_one_referrer_a_person_for_ever_and_nobody_sends_themselves() {
    let mut s = sent().await;
    let other = newcomer(&mut s.head, "สมใจ", "0866666666").await;
    assert_eq!(refer(&mut s.head, s.friend, other).await.1, "already_referred");
    assert_eq!(refer(&mut s.head, s.friend, s.referrer).await.1, "already_referred");
    assert_eq!(refer(&mut s.head, other, other).await.1, "referral_of_oneself");
    assert_eq!(refer(&mut s.head, other, Uuid::new_v4()).await.1, "customer_not_found");
    assert_eq!(refer(&mut s.head, Uuid::new_v4(), other).await.1, "customer_not_found");
    let theirs = uid(&s.pg, "customer", 2);
    assert_eq!(
        refer(&mut s.head, other, theirs).await.1,
        "customer_not_found",
        "another clinic's"
    );
    let by_hand = s.head.sql("update desk.referral set state = 'paid'").await;
    assert!(
        by_hand.is_err_and(|error| error.starts_with("42501")),
        "a desk writes nothing by itself"
    );
    let moved =
        s.pg.try_psql(DB, &format!("update desk.referral set referrer_id = '{other}'"));
    assert!(moved.is_err(), "who sent whom never changes");
    let gone = s.pg.try_psql(DB, "delete from desk.referral");
    assert!(gone.is_err());
}

#[tokio::test]
async fn l16_a_code_is_read_as_people_say_it_and_only_within_the_clinic() {
    let mut s = sent().await;
    pay(&mut s.head, s.referrer, 10_000).await;
    let code = member(&s.pg, s.referrer, "referral_code");
    assert!(code.starts_with("BN") && code.len() == 8, "{code}");
    assert!(
        code[2..]
            .chars()
            .all(|c| "0123456789ABCDEFGHJKMNPQRSTVWXYZ".contains(c)),
        "{code}"
    );
    let said = [
        code.to_lowercase(),
        format!(" {}-{} ", &code[..4], &code[4..]),
        code.replace('0', "o").replace('1', "l"),
    ];
    for (nth, typed) in said.iter().enumerate() {
        let friend = newcomer(&mut s.head, &format!("เพื่อน {nth}"), &format!("08777777{nth:02}")).await;
        let args = json!({ "id": Uuid::now_v7(), "customer_id": friend, "code": typed });
        assert_eq!(s.head.act("referral.record", args).await, "ok", "{typed}");
    }
    let friend = newcomer(&mut s.head, "เพื่อน", "0877777799").await;
    let mut theirs = desk(&s.pg, B, 8).await;
    let of_b = uid(&s.pg, "customer", 2);
    for (typed, expected) in [
        ("BN000000", "referral_code_unknown"),
        ("'; drop table x", "referral_code_unknown"),
        ("%", "referral_code_unknown"),
    ] {
        let args = json!({ "id": Uuid::now_v7(), "customer_id": friend, "code": typed });
        assert_eq!(s.head.act("referral.record", args).await, expected, "{typed}");
    }
    becomes(&s.pg, 8, "front_desk");
    let args = json!({ "id": Uuid::now_v7(), "customer_id": of_b, "code": code });
    assert_eq!(
        theirs.act("referral.record", args).await,
        "referral_code_unknown",
        "another clinic's code"
    );
    let long = json!({ "id": Uuid::now_v7(), "customer_id": friend, "code": "B".repeat(21) });
    assert_eq!(s.head.act("referral.record", long).await, "text_too_long");
    let nobody = json!({ "id": Uuid::now_v7(), "customer_id": friend });
    assert_eq!(s.head.act("referral.record", nobody).await, "value_not_allowed");
}

#[tokio::test]
async fn l16_the_same_phone_in_another_spelling_and_an_old_customer_are_refused_as_soon_as_they_are_known() {
    let mut s = sent().await;
    let twin = newcomer(&mut s.head, "มุก คนเดิม", "+66 81-234-5678").await;
    let (same, _) = refer(&mut s.head, twin, s.referrer).await;
    s.pg.psql(
        DB,
        &format!(
            "update desk.referral set made_at = made_at - interval '3 days' where friend_id = '{}'",
            s.friend
        )
        .replace("update", "set session_replication_role = replica; update"),
    );
    let old = newcomer(&mut s.head, "ลูกค้าเก่า", "0855555555").await;
    s.pg.psql(
        DB,
        &format!("update public.customers set first_visit_date = '2024-01-01' where id = '{old}'"),
    );
    let (known, _) = refer(&mut s.head, old, s.referrer).await;
    work(&s.pg).await;
    assert!(
        stands(&s.pg, same).starts_with("refused 0 same_phone"),
        "{}",
        stands(&s.pg, same)
    );
    assert!(
        stands(&s.pg, known).starts_with("refused 0 not_new"),
        "{}",
        stands(&s.pg, known)
    );
    assert_eq!(thanks(&s.pg, s.referrer), "");
}

#[tokio::test]
async fn l16_a_shared_home_waits_for_a_manager_who_says_why_and_whose_word_pays_once() {
    let mut s = sent().await;
    let home = r#"{"house": "99/12", "soi": "ซอย 5", "road": "ถนนเพชรเกษม"}"#;
    s.pg.psql(
        DB,
        &format!(
            "update public.customers set address = '{home}', postal_code = '10160' where id in ('{}', '{}')",
            s.referrer, s.friend
        ),
    );
    pay(&mut s.head, s.friend, 150_000).await;
    pass(&s.pg, 14);
    work(&s.pg).await;
    assert_eq!(stands(&s.pg, s.referral), "review 0 same_address");
    let told =
        "select count(*) from public.notifications where type = 'referral_review' and not coalesce(is_read, false)";
    assert_ne!(s.pg.psql(DB, told), "0", "managers are asked");
    let decide = |decision: &str, reason: Json| json!({ "id": s.referral, "decision": decision, "reason": reason });
    becomes(&s.pg, 7, "front_desk");
    assert_eq!(
        s.head.act("referral.decide", decide("pay", json!("พี่น้องกัน"))).await,
        "role_not_allowed"
    );
    becomes(&s.pg, 7, "manager");
    assert_eq!(
        s.head.act("referral.decide", decide("pay", json!("  "))).await,
        "reason_missing"
    );
    assert_eq!(
        s.head.act("referral.decide", decide("keep", json!("x"))).await,
        "value_not_allowed"
    );
    assert_eq!(
        s.head.act("referral.decide", decide("pay", json!("พี่น้องกัน"))).await,
        "ok"
    );
    assert_eq!(
        s.head.act("referral.decide", decide("pay", json!("อีกครั้ง"))).await,
        "referral_decided"
    );
    assert_eq!(
        (stands(&s.pg, s.referral).as_str(), thanks(&s.pg, s.referrer).as_str()),
        ("paid 200 same_address", "200")
    );
    assert_eq!(s.pg.psql(DB, told), "0", "the question is answered");
    let who = s.pg.psql(
        DB,
        "select decided_by = md5('user:7')::uuid and note = 'พี่น้องกัน' from desk.referral",
    );
    assert_eq!(who, "t");
    let unknown = json!({ "id": Uuid::new_v4(), "decision": "pay", "reason": "x" });
    assert_eq!(s.head.act("referral.decide", unknown).await, "referral_not_found");
}

#[tokio::test]
async fn l16_nobodys_word_pays_for_what_was_given_back() {
    let mut s = sent().await;
    s.pg.psql(
        DB,
        &format!(
            "update public.customers set address = '\"99/12 ซอย 5 10160\"' where id in ('{}', '{}')",
            s.referrer, s.friend
        ),
    );
    let payment = pay(&mut s.head, s.friend, 150_000).await;
    pass(&s.pg, 14);
    work(&s.pg).await;
    assert_eq!(stands(&s.pg, s.referral), "review 0 same_address");
    give_back(&mut s.head, payment, 150_000).await;
    let word = json!({ "id": s.referral, "decision": "pay", "reason": "ขอ" });
    assert_eq!(s.head.act("referral.decide", word).await, "referral_not_paid_for");
    work(&s.pg).await;
    assert!(stands(&s.pg, s.referral).starts_with("waiting 0 not_kept"));
    assert_eq!(thanks(&s.pg, s.referrer), "");
}

#[tokio::test]
async fn l16_the_second_of_a_day_waits_for_a_person_and_what_cannot_be_read_too() {
    let mut s = sent().await;
    let second = newcomer(&mut s.head, "คนที่สอง", "0844444444").await;
    let (late, _) = refer(&mut s.head, second, s.referrer).await;
    for friend in [s.friend, second] {
        pay(&mut s.head, friend, 150_000).await;
    }
    s.pg.psql(
        DB,
        &format!(
            "update public.customers set date_of_birth = 'infinity' where id = '{}'",
            s.friend
        ),
    );
    pass(&s.pg, 15);
    work(&s.pg).await;
    assert_eq!(stands(&s.pg, late), "review 0 second_in_a_day");
    assert_eq!(
        stands(&s.pg, s.referral),
        "review 0 unreadable",
        "and the others were judged all the same"
    );
}

fn offer(pg: &PgCluster, clinic: &str, name: &str, conditions: &Json, points: i64, more: &str) {
    let sql = format!(
        "insert into public.achievements (clinic_id, name, category, conditions, points_reward{}) values ('{clinic}', '{name}', 'special', '{conditions}', {points}{})",
        if more.is_empty() {
            ""
        } else {
            ", special_reward, is_secret"
        },
        more
    );
    pg.psql(DB, &sql);
}

/// Names of what somebody has earned.
fn earned(pg: &PgCluster, customer: Uuid) -> String {
    pg.psql(DB, &format!("select coalesce(string_agg(a.name || d.period, ' ' order by a.name, d.period), '') from desk.achieved d join public.achievements a on a.id = d.achievement_id where d.customer_id = '{customer}' and d.earned_at is not null"))
}

/// Bills on these days, so many days ago, as the web system or a desk booked them.
fn bills(pg: &PgCluster, customer: Uuid, days: &[u32], baht: i64) {
    for ago in days {
        pg.psql(DB, &format!("insert into public.point_transactions (clinic_id, customer_id, type, amount, created_at, desk_satang, desk_multiplier)
            values ('{A}', '{customer}', 'earned', {}, now() - interval '{ago} days', {}, 1)", baht / 10, baht * 100));
    }
}

#[tokio::test]
async fn l17_what_is_earned_comes_from_facts_once_and_feeds_nothing() {
    let mut s = sent().await;
    offer(&s.pg, A, "หมื่น", &json!({ "totalSpent": 10_000 }), 5_000, "");
    offer(&s.pg, A, "แต้ม", &json!({ "pointsEarned": 2_000 }), 0, "");
    offer(&s.pg, A, "สองวัน", &json!({ "visitCount": 2, "totalSpent": 1 }), 50, "");
    offer(&s.pg, A, "พัง", &json!({ "totalSpent": "มาก", "อะไร": 1 }), 900, "");
    offer(&s.pg, B, "ของคลินิกอื่น", &json!({ "totalSpent": 1 }), 900, "");
    pay(&mut s.head, s.friend, 999_900).await;
    work(&s.pg).await;
    assert_eq!(earned(&s.pg, s.friend), "");
    let near = s.pg.psql(DB, "select d.percent from desk.achieved d join public.achievements a on a.id = d.achievement_id where a.name = 'หมื่น'");
    assert_eq!(near, "99", "one baht is missing");
    pay(&mut s.head, s.friend, 100).await;
    work(&s.pg).await;
    assert_eq!(earned(&s.pg, s.friend), "หมื่น");
    let lifetime: i64 = member(&s.pg, s.friend, "total_points").parse().unwrap();
    assert!(lifetime >= 6_000, "its points are there: {lifetime}");
    assert_eq!(
        earned(&s.pg, s.friend),
        "หมื่น",
        "and do not count as points that were earned"
    );
    assert_eq!(
        member(
            &s.pg,
            s.friend,
            "total_achievements || ' ' || cardinality(unlocked_achievements)"
        ),
        "1 1"
    );
    assert_eq!(differences(&s.pg), "0");
}

#[tokio::test]
async fn l17_replaying_the_last_thousand_events_unlocks_nothing_new() {
    let mut s = sent().await;
    assert_eq!(
        s.head
            .act("achievement.add_usual", json!({ "id": Uuid::now_v7() }))
            .await,
        "ok"
    );
    pay(&mut s.head, s.friend, 1_200_000).await;
    work(&s.pg).await;
    let count = "select count(*) || ' ' || coalesce(sum(points), 0) from desk.achieved where earned_at is not null";
    let entries = "select count(*) from public.point_transactions";
    let (before, booked) = (s.pg.psql(DB, count), s.pg.psql(DB, entries));
    assert_eq!(earned(&s.pg, s.friend), "ก้าวแรก ดูแลตัวเอง");
    for _ in 0..50 {
        s.pg.psql(DB, &format!("insert into desk.member_news (clinic_id, customer_id) select clinic_id, customer_id from public.loyalty_profiles where clinic_id = '{A}' limit 20"));
        s.pg.psql(
            DB,
            &format!("select desk.arm('{A}', 'achievements.judge', gen_random_uuid()::text, now())"),
        );
    }
    work(&s.pg).await;
    assert_eq!((s.pg.psql(DB, count), s.pg.psql(DB, entries)), (before.clone(), booked));
    // The same at four counters at once.
    let members = format!(
        "select desk.judge_achievements('{A}', (select array_agg(customer_id) from public.loyalty_profiles where clinic_id = '{A}'))"
    );
    let mut looks = vec![];
    for _ in 0..4 {
        let (mut conn, sql) = (admin(&s.pg).await, members.clone());
        looks.push(tokio::spawn(async move {
            sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&mut conn).await.is_ok()
        }));
    }
    for look in looks {
        look.await.unwrap();
    }
    assert_eq!(s.pg.psql(DB, count), before);
    assert_eq!(
        s.head
            .act("achievement.add_usual", json!({ "id": Uuid::now_v7() }))
            .await,
        "ok",
        "a clinic that has some gets no more"
    );
    assert_eq!(
        s.pg.psql(
            DB,
            &format!("select count(*) from public.achievements where clinic_id = '{A}'")
        ),
        "9"
    );
}

/// A laser treatment is completed; how it came to that is no matter here.
fn treated_by_laser(pg: &PgCluster, customer: Uuid) {
    pg.psql(DB, &format!("insert into public.workflow_states (clinic_id, customer_id, current_stage, treatment_plan) values ('{A}', '{}', 'in_treatment', '{{\"name\": \"Laser หน้าใส\"}}')", customer));
    pg.psql(
        DB,
        &format!(
            "set session_replication_role = replica; update public.workflow_states set desk_sessions_done = 1 where customer_id = '{}'",
            customer
        ),
    );
}

#[tokio::test]
async fn l17_every_condition_counts_what_it_says() {
    let mut s = sent().await;
    offer(
        &s.pg,
        A,
        "สามเดือน",
        &json!({ "consecutiveVisits": 3, "period": "month" }),
        0,
        "",
    );
    offer(
        &s.pg,
        A,
        "ห้าในสามเดือน",
        &json!({ "visitCount": 5, "withinMonths": 3 }),
        0,
        "",
    );
    offer(&s.pg, A, "ปีละสอง", &json!({ "visitCount": 2, "each": "year" }), 10, "");
    offer(
        &s.pg,
        A,
        "เลเซอร์",
        &json!({ "treatmentTypes": ["เลเซอร์", "laser"] }),
        0,
        "",
    );
    offer(&s.pg, A, "เพื่อน", &json!({ "referralCount": 1 }), 0, "");
    pay(&mut s.head, s.friend, 150_000).await;
    // Two visits on one day are one; four days long ago are no five within three months.
    bills(&s.pg, s.friend, &[400, 401, 402, 403], 100);
    work(&s.pg).await;
    assert_eq!(earned(&s.pg, s.friend), "");
    bills(&s.pg, s.friend, &[31, 61], 100);
    work(&s.pg).await;
    assert!(
        earned(&s.pg, s.friend).contains("สามเดือน"),
        "{}",
        earned(&s.pg, s.friend)
    );
    bills(&s.pg, s.friend, &[20, 21], 100);
    work(&s.pg).await;
    assert!(earned(&s.pg, s.friend).contains("ห้าในสามเดือน"));
    let year =
        s.pg.psql(DB, "select to_char(now() at time zone 'Asia/Bangkok', 'YYYY')");
    assert!(
        earned(&s.pg, s.friend).contains(&format!("ปีละสอง{year}")),
        "{}",
        earned(&s.pg, s.friend)
    );
    treated_by_laser(&s.pg, s.friend);
    bills(&s.pg, s.friend, &[1], 100);
    pass(&s.pg, 14);
    work(&s.pg).await;
    assert!(
        earned(&s.pg, s.friend).contains("เลเซอร์"),
        "{}",
        earned(&s.pg, s.friend)
    );
    assert_eq!(earned(&s.pg, s.referrer), "เพื่อน");
}

#[tokio::test]
async fn l17_a_secret_one_stays_hidden_and_a_special_reward_is_given() {
    let mut s = sent().await;
    s.pg.psql(DB, &format!("insert into public.loyalty_rewards (clinic_id, name, type, points_cost, monetary_value, max_redemptions) values ('{A}', 'มาสก์ฟรี', 'free_service', 800, 800, 1)"));
    offer(
        &s.pg,
        A,
        "ลับ",
        &json!({ "totalSpent": 2_000 }),
        10,
        ", '{\"name\": \"มาสก์ฟรี\"}', true",
    );
    offer(
        &s.pg,
        A,
        "แจกแต้ม",
        &json!({ "totalSpent": 2_000 }),
        0,
        ", '{\"type\": \"points\", \"value\": 70}', false",
    );
    pay(&mut s.head, s.friend, 150_000).await;
    work(&s.pg).await;
    let shown =
        "select string_agg(a.name, ' ') from desk.achieved d join public.achievements a on a.id = d.achievement_id";
    assert_eq!(s.pg.psql(DB, shown), "แจกแต้ม", "nothing gives the secret away");
    pay(&mut s.head, s.friend, 60_000).await;
    work(&s.pg).await;
    assert_eq!(earned(&s.pg, s.friend), "ลับ แจกแต้ม");
    let given = format!(
        "select amount || ' ' || description from public.point_transactions where customer_id = '{}' and desk_source = 'achievement' order by amount",
        s.friend
    );
    assert_eq!(
        s.pg.psql(DB, &given),
        "0 รางวัลพิเศษ: มาสก์ฟรี\n10 ความสำเร็จ: ลับ\n70 รางวัลพิเศษ: แจกแต้ม"
    );
    assert_eq!(
        s.pg.psql(
            DB,
            "select current_redemptions from public.loyalty_rewards where name = 'มาสก์ฟรี'"
        ),
        "1"
    );
    assert_eq!(differences(&s.pg), "0");
}

#[tokio::test]
async fn l17_the_web_system_cannot_say_what_was_earned() {
    let mut s = sent().await;
    offer(&s.pg, A, "หมื่น", &json!({ "totalSpent": 10_000 }), 0, "");
    pay(&mut s.head, s.friend, 150_000).await;
    s.pg.psql(DB, &format!("update public.loyalty_profiles set unlocked_achievements = array[gen_random_uuid()], total_achievements = 7, successful_referrals = 9 where customer_id = '{}'", s.friend));
    assert_eq!(
        member(&s.pg, s.friend, "total_achievements || ' ' || successful_referrals"),
        "0 0"
    );
}

/// The clinic's night comes.
async fn night(pg: &PgCluster) {
    pg.psql(DB, "select desk.worker_beat(gen_random_uuid(), 'w', 0, false)");
    pg.psql(DB, "update desk.bonus_round set done_until = now() - interval '3 days'; update desk.timer set due_at = now() - interval '1 second' where kind = 'bonuses.give' and state = 'waiting'");
    work(pg).await;
}

#[tokio::test]
async fn small_thanks_are_given_by_night_once_each_and_never_multiplied() {
    let mut s = sent().await;
    pay(&mut s.head, s.friend, 150_000).await;
    s.pg.psql(DB, &format!("update public.customers set date_of_birth = (now() at time zone 'Asia/Bangkok')::date - interval '30 years' where id in ('{}', '{}')", s.friend, s.referrer));
    s.pg.psql(DB, &format!("insert into desk.visit (clinic_id, id, customer_id, day, queue_number, state, arrived_at, arrived_by, started_at, started_by, finished_at, finished_by, updated_at)
        values ('{A}', gen_random_uuid(), '{}', (desk.local_time('{A}', now() - interval '2 days'))::date, 999, 'done', now() - interval '2 days', md5('user:7')::uuid, now() - interval '2 days', md5('user:7')::uuid, now() - interval '2 days', md5('user:7')::uuid, now() - interval '2 days')", s.friend));
    s.pg.psql(DB, &format!("insert into public.customer_journey_events (clinic_id, customer_id, event_type, source, occurred_at) select '{A}', '{}', 'review_submitted', 'web', now() - interval '2 days' from generate_series(1, 3)", s.friend));
    let given = format!(
        "select string_agg(desk_source || ' ' || amount, ', ' order by desk_source) from public.point_transactions where customer_id = '{}' and desk_source in ('birthday', 'visit', 'review', 'journey')",
        s.friend
    );
    night(&s.pg).await;
    assert_eq!(s.pg.psql(DB, &given), "birthday 100, review 50, visit 10");
    for _ in 0..3 {
        night(&s.pg).await;
    }
    assert_eq!(s.pg.psql(DB, &given), "birthday 100, review 50, visit 10", "once each");
    let none = format!(
        "select count(*) from public.point_transactions where customer_id = '{}'",
        s.referrer
    );
    assert_eq!(s.pg.psql(DB, &none), "0", "thanks make no member");
    assert_eq!(differences(&s.pg), "0");
}

#[tokio::test]
async fn without_a_worker_nothing_of_this_is_due() {
    let pg = migrated().await;
    assert_eq!(
        pg.psql(
            DB,
            "select count(*) from desk.timer where kind in ('bonuses.give', 'referral.ask', 'achievements.judge')"
        ),
        "0"
    );
}
