//! Points out of nothing and the deeds of others: what a person, a PC's clock or the web system might make up, and what the database makes of it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test: what is not as expected ends it, in its helpers too"
)]

mod clinic_support;

use chrono::{DateTime, Days, Utc};
use clinic_support::{A, B, DB, desk, differences, journey, migrated, points, somebody, uid, web};
use desk_clinic::worker;
use desk_tests::harness::pg::PgCluster;
use serde_json::{Value as Json, json};
use uuid::Uuid;

fn ago(days: u64) -> String {
    let then: DateTime<Utc> = Utc::now() - Days::new(days);
    then.to_rfc3339()
}

fn bill(customer: Uuid, satang: i64) -> Json {
    json!({ "id": Uuid::now_v7(), "entry": Uuid::now_v7(), "customer_id": customer, "satang": satang, "method": "cash" })
}

fn one(pg: &PgCluster, sql: &str) -> String {
    pg.psql(DB, sql).trim().to_owned()
}

fn join(pg: &PgCluster, customer: Uuid) {
    let sql = "insert into public.loyalty_profiles (clinic_id, customer_id, referral_code) values";
    pg.psql(DB, &format!("{sql} ('{A}', '{customer}', 'BN0000C6A')"));
}

#[tokio::test]
async fn l1_a_membership_with_points_is_not_deleted_and_one_that_was_lost_stops_no_bill() {
    let pg = migrated().await;
    let (mut front, customer) = (desk(&pg, A, 7).await, uid(&pg, "customer", 1));
    assert_eq!(front.act("payment.take", bill(customer, 100_000)).await, "ok");
    let delete = format!("delete from public.loyalty_profiles where customer_id = '{customer}'");
    for who in ["", "set role service_role;"] {
        assert!(pg.try_psql(DB, &format!("{who} {delete}")).is_err(), "{who}");
    }
    pg.psql(DB, &format!("set session_replication_role = replica; {delete}"));
    assert_eq!(front.act("payment.take", bill(customer, 100_000)).await, "ok");
    let welcomes = format!(
        "select count(*) from public.point_transactions where customer_id = '{customer}' and desk_purpose = 'welcome'"
    );
    assert_eq!(one(&pg, &welcomes), "1", "it was given once before");
    assert_eq!(
        one(
            &pg,
            &format!("select available_points from public.loyalty_profiles where customer_id = '{customer}'")
        ),
        "300"
    );
    assert_eq!(differences(&pg), "0");
}

#[tokio::test]
async fn l10_a_pc_that_says_that_it_was_a_month_ago_is_believed_for_as_long_as_it_may_be_unseen() {
    let pg = migrated().await;
    let (mut front, customer) = (desk(&pg, A, 7).await, uid(&pg, "customer", 1));
    for (days, back) in [(6, "6"), (8, "0"), (30, "0")] {
        let mut taken = bill(customer, 100_000);
        taken["at"] = json!(ago(days));
        let id = taken["id"].clone();
        assert_eq!(front.act("payment.take", taken).await, "ok");
        let counted = format!(
            "select extract(day from now() - taken_at) from desk.payment where id = '{}'",
            id.as_str().unwrap()
        );
        assert_eq!(one(&pg, &counted), back, "said to be {days} days old");
    }
}

#[tokio::test]
async fn l16_a_date_that_a_pc_made_up_makes_an_old_customer_no_new_one() {
    let pg = migrated().await;
    let mut front = desk(&pg, A, 7).await;
    let customer = async |front: &mut clinic_support::Desk, name: &str, phone: &str| {
        let id = Uuid::now_v7();
        let args = json!({ "id": id, "full_name": name, "phone": phone });
        assert_eq!(front.act("customer.create", args).await, "ok");
        id
    };
    let referrer = customer(&mut front, "นภา แสงทอง", "081 234 5678").await;
    let friend = customer(&mut front, "ชนัญชิดา เลิศวิไล", "089 999 1234").await;
    assert_eq!(front.act("payment.take", bill(friend, 500_000)).await, "ok");
    pg.psql(
        DB,
        "set session_replication_role = replica; update desk.payment set taken_at = taken_at - interval '20 days'",
    );
    let id = Uuid::now_v7();
    let args = json!({ "id": id, "customer_id": friend, "referrer_id": referrer, "at": ago(25) });
    assert_eq!(front.act("referral.record", args).await, "ok");
    let mut conn = clinic_support::admin(&pg).await;
    while worker::fire_next(&mut conn).await.unwrap() || worker::judge_referral(&mut conn).await.unwrap() {}
    let stands = format!(
        "select state || ' ' || points || ' ' || array_to_string(reasons, ' ') from desk.referral where id = '{id}'"
    );
    assert!(
        one(&pg, &stands).starts_with("refused 0 not_new"),
        "{}",
        one(&pg, &stands)
    );
}

#[tokio::test]
async fn l15_an_allowance_buys_no_reward_that_was_over_of_another_tier_or_used_up() {
    let pg = migrated().await;
    let (mut front, customer) = (desk(&pg, A, 7).await, uid(&pg, "customer", 1));
    join(&pg, customer);
    points(&pg, customer, 400, "now() + interval '400 days'");
    let lease: Uuid = front
        .sql("select desk.take_lease()::text")
        .await
        .unwrap()
        .parse()
        .unwrap();
    for (column, value, why) in [
        ("valid_until", "now() - interval '1 day'", "late"),
        ("valid_from", "now() + interval '1 day'", "early"),
        ("tier_requirement", "'diamond'", "tier"),
        ("max_redemptions", "0", "gone"),
    ] {
        let reward = one(
            &pg,
            &format!(
                "insert into public.loyalty_rewards (clinic_id, name, type, points_cost, monetary_value, {column}) values ('{A}', '{why}', 'discount_amount', 100, 50, {value}) returning id"
            ),
        );
        let reward = reward.lines().next().unwrap().to_owned();
        let args = json!({ "id": Uuid::now_v7(), "customer_id": customer, "points": 100, "lease_id": lease, "reward_id": reward });
        assert_eq!(front.act("points.redeem", args).await, "reward_unavailable", "{why}");
    }
    assert_eq!(
        one(
            &pg,
            &format!("select available_points from public.loyalty_profiles where customer_id = '{customer}'")
        ),
        "400"
    );
}

#[tokio::test]
async fn the_web_system_says_neither_what_desks_say_of_an_entry_nor_that_points_never_end() {
    let pg = migrated().await;
    let customer = uid(&pg, "customer", 1);
    let entry = |columns: &str, values: &str| {
        one(
            &pg,
            &format!(
                "set role service_role; insert into public.point_transactions (clinic_id, customer_id, type, amount{columns}) values ('{A}', '{customer}', 'bonus', 100{values})"
            ),
        );
    };
    join(&pg, customer);
    entry(", desk_lifetime, desk_satang, desk_multiplier", ", 15000, 100000000, 3");
    entry(", expires_at", ", 'infinity'");
    let profile = format!(
        "select total_points || ' ' || current_tier || ' ' || coalesce(total_spent, 0) from public.loyalty_profiles where customer_id = '{customer}'"
    );
    assert_eq!(one(&pg, &profile), "200 bronze 0.00");
    let ends = format!(
        "select string_agg(coalesce(to_char(expires_at at time zone 'Asia/Bangkok', 'HH24:MI:SS'), 'never') || ' ' || coalesce(extract(year from age(expires_at, now()))::text, ''), ', ' order by expires_at) from desk.lot where customer_id = '{customer}'"
    );
    assert_eq!(one(&pg, &ends), "23:59:59 2, never");
    assert_eq!(differences(&pg), "0");
}

/// Birthdays that are due for a customer between two days of the clinic, by their years.
fn birthdays(pg: &PgCluster, customer: Uuid, from: &str, to: &str) -> String {
    let at = |day: &str| format!("'{day} 00:00:00+07'");
    one(
        pg,
        &format!(
            "select coalesce(string_agg(purpose, ' ' order by purpose), '') from desk.due_bonuses('{A}', {}, {}) where customer_id = '{customer}' and source = 'birthday'",
            at(from),
            at(to)
        ),
    )
}

#[tokio::test]
async fn a_birthday_counts_once_a_year_at_new_year_too_and_every_month_without_a_worker_is_looked_at() {
    let pg = migrated().await;
    let customer = uid(&pg, "customer", 1);
    join(&pg, customer);
    pg.psql(
        DB,
        &format!("update public.customers set date_of_birth = '1990-01-15' where id = '{customer}'"),
    );
    let nights = [
        ("2026-12-30", "2026-12-31", ""),
        ("2026-12-31", "2027-01-01", ""),
        ("2027-01-01", "2027-01-02", "2027"),
        ("2027-01-31", "2027-02-01", "2027"),
        ("2027-02-01", "2027-02-02", ""),
    ];
    for (from, to, due) in nights {
        assert_eq!(birthdays(&pg, customer, from, to), due, "{from} to {to}");
    }
    assert_eq!(
        birthdays(&pg, customer, "2026-12-20", "2027-02-10"),
        "2027",
        "weeks without a worker"
    );
}

#[tokio::test]
async fn a_day_on_which_somebody_came_five_times_thanks_once() {
    let pg = migrated().await;
    let customer = uid(&pg, "customer", 1);
    join(&pg, customer);
    pg.psql(DB, &format!("insert into desk.visit (clinic_id, id, customer_id, day, queue_number, state, arrived_at, arrived_by, started_at, started_by, finished_at, finished_by, updated_at)
        select '{A}', gen_random_uuid(), '{customer}', desk.local_day('{A}', now()), 900 + n, 'done', now(), md5('user:7')::uuid, now(), md5('user:7')::uuid, now(), md5('user:7')::uuid, now() from generate_series(1, 5) n"));
    let due = format!(
        "select count(*) || ' ' || sum(points) from desk.due_bonuses('{A}', now() - interval '1 day', now() + interval '1 day') where customer_id = '{customer}' and source = 'visit'"
    );
    assert_eq!(one(&pg, &due), "1 10");
}

#[tokio::test]
async fn each_session_of_a_course_is_thanked_for_however_many_there_are_between_two_looks() {
    let pg = migrated().await;
    let customer = uid(&pg, "customer", 1);
    join(&pg, customer);
    let journey = Uuid::now_v7();
    pg.psql(DB, &format!("insert into public.workflow_states (clinic_id, id, customer_id, current_stage) values ('{A}', '{journey}', '{customer}', 'treatment_scheduled')"));
    // The first is done, led back and done again; then the second.
    let moves = "(1, 'in_treatment', 'treatment_completed'), (2, 'treatment_completed', 'in_treatment'), (3, 'in_treatment', 'treatment_completed'),
                 (4, 'treatment_completed', 'treatment_scheduled'), (5, 'treatment_scheduled', 'in_treatment'), (6, 'in_treatment', 'treatment_completed')";
    pg.psql(
        DB,
        &format!(
            "set session_replication_role = replica; update public.workflow_states set desk_sessions_done = 2, updated_at = now() where id = '{journey}';
             insert into public.workflow_actions (clinic_id, workflow_id, type, performed_by, performed_at, from_stage, to_stage, desk_version)
             select '{A}', '{journey}', 'complete_treatment', md5('user:7')::uuid, now() - interval '1 hour', m.here, m.there, 100 + m.nth from (values {moves}) m (nth, here, there)"
        ),
    );
    let due = format!(
        "select string_agg(purpose || ': ' || points, ', ' order by purpose) from desk.due_bonuses('{A}', now() - interval '1 day', now() + interval '1 day') where source_id = '{journey}'"
    );
    assert_eq!(one(&pg, &due), "treatment 1: 50, treatment 2: 50");
    pg.psql(DB, &format!("insert into public.point_transactions (clinic_id, customer_id, type, amount, desk_source, desk_source_id, desk_purpose) values ('{A}', '{customer}', 'bonus', 50, 'journey', '{journey}', 'treatment 1')"));
    assert_eq!(one(&pg, &due), "treatment 2: 50", "each once");
}

#[tokio::test]
async fn l17_what_was_earned_outside_an_achievements_months_does_not_count_in_them() {
    let pg = migrated().await;
    let mut head = somebody(&pg, 7, "manager").await;
    let customer = uid(&pg, "customer", 1);
    assert_eq!(head.act("payment.take", bill(customer, 10_000)).await, "ok");
    for days in [300, 270, 240, 210] {
        pg.psql(DB, &format!("insert into public.point_transactions (clinic_id, customer_id, type, amount, created_at, desk_effective_at, desk_satang, desk_multiplier, expires_at) values ('{A}', '{customer}', 'earned', 500, now() - interval '{days} days', now() - interval '{days} days', 500000, 1, now() + interval '1 year')"));
    }
    pg.psql(DB, &format!("set session_replication_role = replica; insert into desk.referral (clinic_id, id, referrer_id, friend_id, made_at, made_by, by_code, state, decided_at, reasons, points, entry_id) values ('{A}', gen_random_uuid(), '{customer}', '{}', now() - interval '330 days', md5('user:7')::uuid, false, 'paid', now() - interval '300 days', '{{}}', 200, gen_random_uuid())", uid(&pg, "customer", 3)));
    let percent = |conditions: Json| {
        let sql = format!("begin; insert into public.achievements (clinic_id, name, category, conditions) values ('{A}', 'ทดลอง', 'special', '{conditions}');
            select coalesce(max(p.percent), 0) from desk.achievement_percents('{A}', array['{customer}'::uuid]) p join public.achievements a on a.id = p.achievement_id where a.name = 'ทดลอง'; rollback");
        one(&pg, &sql)
            .lines()
            .find(|line| line.chars().all(|digit| digit.is_ascii_digit()))
            .unwrap()
            .parse::<i32>()
            .unwrap()
    };
    for conditions in [
        json!({ "referralCount": 1 }),
        json!({ "pointsEarned": 2_000 }),
        json!({ "consecutiveVisits": 3, "period": "month" }),
    ] {
        let within = |months: i32| {
            let mut conditions = conditions.clone();
            conditions["withinMonths"] = json!(months);
            percent(conditions)
        };
        assert_eq!(percent(conditions.clone()), 100, "{conditions} at any time");
        assert_eq!(within(12), 100, "{conditions} in a year");
        assert!(within(3) < 100, "{conditions} in three months");
    }
}

const OWNER: u32 = 1;
const FRONT: u32 = 5;
const SELLER: u32 = 7;

/// What a writer is told who asks for what is not allowed.
fn refusal(answer: Result<String, String>) -> String {
    answer.expect_err("must be refused")
}

/// As the web's own server writes: past row security, and for nobody.
fn server(pg: &PgCluster, sql: &str) -> Result<String, String> {
    pg.try_psql(DB, &format!("set role service_role; {sql}"))
}

#[tokio::test]
async fn who_completed_a_task_is_who_is_signed_in_and_when_is_now_whatever_is_said() {
    let pg = migrated().await;
    let (_, task) = journey(&pg, A, 1, SELLER);
    let set = |what: &str| format!("update public.task_queue set {what} where id = '{task}'");
    let claim = format!(
        "completed_by = '{}', completed_at = now() - interval '9 days'",
        uid(&pg, "user", OWNER)
    );
    let closed = || {
        one(
            &pg,
            &format!(
                "select coalesce(completed_by = md5('user:{SELLER}')::uuid, false) || ' ' || coalesce(completed_at > now() - interval '1 hour', false) from public.task_queue where id = '{task}'"
            ),
        )
    };
    web(&pg, SELLER, &set(&claim)).unwrap();
    let open =
        format!("select completed_by is null and completed_at is null from public.task_queue where id = '{task}'");
    assert_eq!(one(&pg, &open), "t", "nobody has completed what is open");
    web(&pg, SELLER, &set(&format!("status = 'completed', {claim}"))).unwrap();
    assert_eq!(closed(), "true true", "with the change of the status");
    web(&pg, SELLER, &set(&claim)).unwrap();
    assert_eq!(closed(), "true true", "afterwards");
    web(&pg, OWNER, &set("title = 'อีกชื่อ'")).unwrap();
    assert_eq!(closed(), "true true", "another change is no completion");
    server(&pg, &set("completed_by = null, completed_at = null")).unwrap();
    assert_eq!(closed(), "true true", "not by the web's own server either");
    web(&pg, OWNER, &set("status = 'pending'")).unwrap();
    assert_eq!(one(&pg, &open), "t");
}

#[tokio::test]
async fn the_webs_own_server_says_for_whom_it_closes_a_task_and_not_that_it_was_or_will_be_another_day() {
    let pg = migrated().await;
    let (case, task) = journey(&pg, A, 1, SELLER);
    let closing = |person: &str| {
        format!(
            "update public.task_queue set status = 'completed', completed_by = md5('user:{person}')::uuid, completed_at = now() + interval '9 days' where id = '{task}'"
        )
    };
    assert!(
        refusal(server(&pg, &closing("8"))).contains("completed_by"),
        "nobody of this clinic"
    );
    server(&pg, &closing("1")).unwrap();
    let said = format!(
        "select completed_by = md5('user:1')::uuid and completed_at <= now() from public.task_queue where id = '{task}'"
    );
    assert_eq!(one(&pg, &said), "t");
    let born = web(&pg, SELLER, &format!("insert into public.task_queue (workflow_id, assigned_to, task_type, title, status, completed_by, desk_outcome, desk_started_by, desk_started_at)
        values ('{case}', auth.uid(), 'review_request', 'x', 'completed', md5('user:1')::uuid, 'booked', md5('user:1')::uuid, now()) returning id")).unwrap();
    let made = format!(
        "select completed_by = md5('user:{SELLER}')::uuid and completed_at is not null and desk_outcome is null and desk_started_by is null and desk_started_at is null from public.task_queue where id = '{born}'"
    );
    assert_eq!(one(&pg, &made), "t", "closed from the beginning");
}

#[tokio::test]
async fn a_task_has_a_known_kind_keeps_its_journey_and_says_only_what_desks_said_of_it() {
    let pg = migrated().await;
    let (case, task) = journey(&pg, A, 1, SELLER);
    let (other, _) = journey(&pg, A, 3, SELLER);
    let insert = |kind: &str| {
        format!(
            "insert into public.task_queue (workflow_id, assigned_to, task_type, title) values ('{case}', md5('user:7')::uuid, '{kind}', 'x')"
        )
    };
    for attempt in [
        insert("dance"),
        format!("update public.task_queue set task_type = 'dance' where id = '{task}'"),
    ] {
        for answer in [web(&pg, SELLER, &attempt), server(&pg, &attempt)] {
            assert!(refusal(answer).contains("no kind of task is called dance"), "{attempt}");
        }
    }
    web(&pg, SELLER, &insert("review_request")).unwrap();
    for (what, why) in [
        (format!("workflow_id = '{other}'"), "stays with its journey"),
        ("desk_outcome = 'booked'".to_owned(), "not written by hand"),
        (
            "desk_started_at = now(), desk_started_by = md5('user:1')::uuid".to_owned(),
            "not written by hand",
        ),
        ("desk_archived_at = now()".to_owned(), "not written by hand"),
    ] {
        let answer = web(
            &pg,
            SELLER,
            &format!("update public.task_queue set {what} where id = '{task}'"),
        );
        let told = refusal(answer);
        assert!(told.contains(why), "{what}: {told}");
    }
    // A kind from before us, which nobody knows: the rest of its row may change.
    let rest = format!(
        "update public.task_queue set notes = 'x', created_at = now() - interval '9 years' where id = '{task}' returning task_type || ' ' || (created_at > now() - interval '1 day')"
    );
    assert_eq!(web(&pg, SELLER, &rest).unwrap(), "call true");
}

#[tokio::test]
async fn a_journey_stays_with_its_customer_and_its_beginning() {
    let pg = migrated().await;
    let (case, _) = journey(&pg, A, 1, SELLER);
    let set = |what: &str| format!("update public.workflow_states set {what} where id = '{case}'");
    for what in [
        "customer_id = md5('customer:3')::uuid",
        &format!("clinic_id = '{B}', customer_id = md5('customer:2')::uuid"),
    ] {
        for answer in [web(&pg, OWNER, &set(what)), server(&pg, &set(what))] {
            let told = refusal(answer);
            assert!(told.contains("stays with its customer"), "{what}: {told}");
        }
    }
    web(
        &pg,
        OWNER,
        &set("created_at = now() - interval '9 years', metadata = '{\"x\": 1}'"),
    )
    .unwrap();
    let kept = format!(
        "select created_at > now() - interval '1 day' and metadata ? 'x' from public.workflow_states where id = '{case}'"
    );
    assert_eq!(one(&pg, &kept), "t");
}

#[tokio::test]
async fn what_a_customer_has_paid_for_is_owed_whoever_rewrites_the_plan() {
    let pg = migrated().await;
    let (case, _) = journey(&pg, A, 1, SELLER);
    let set = |what: &str| format!("update public.workflow_states set {what} where id = '{case}'");
    let planned = || {
        one(
            &pg,
            &format!("select desk_sessions_planned from public.workflow_states where id = '{case}'"),
        )
    };
    web(
        &pg,
        SELLER,
        &set(r#"treatment_plan = '{"sessions": 12, "totalAmount": 9000}'"#),
    )
    .unwrap();
    web(
        &pg,
        SELLER,
        &set(r#"treatment_plan = '{"sessions": 10, "totalAmount": 9000}'"#),
    )
    .unwrap();
    assert_eq!(planned(), "10", "a proposal may change");
    for (here, there) in [("scanned", "proposal_sent"), ("proposal_sent", "payment_confirmed")] {
        let kind = if there == "proposal_sent" {
            "send_proposal"
        } else {
            "confirm_payment"
        };
        web(&pg, SELLER, &format!("insert into public.workflow_actions (workflow_id, type, performed_by, from_stage, to_stage) values ('{case}', '{kind}', auth.uid(), '{here}', '{there}')")).unwrap();
    }
    for what in [
        "desk_sessions_planned = 9",
        "desk_sessions_planned = null",
        r#"treatment_plan = '{"sessions": 1}'"#,
        "desk_sessions_done = 3",
    ] {
        for answer in [web(&pg, OWNER, &set(what)), server(&pg, &set(what))] {
            let told = refusal(answer);
            assert!(
                told.contains("sessions that were paid for") || told.contains("history of a journey"),
                "{what}: {told}"
            );
        }
    }
    web(&pg, SELLER, &set(r#"treatment_plan = '{"sessions": 11, "note": "x"}'"#)).unwrap();
    let note = |sessions: i32, why: &str| {
        format!(
            "insert into public.workflow_actions (workflow_id, type, performed_by, from_stage, to_stage, data, notes) values ('{case}', 'confirm_payment', auth.uid(), 'payment_confirmed', 'payment_confirmed', '{{\"sessions\": {sessions}}}', {why})"
        )
    };
    assert!(refusal(web(&pg, SELLER, &note(4, "'ลูกค้าขอ'"))).contains("role_not_allowed"));
    assert!(refusal(web(&pg, OWNER, &note(4, "null"))).contains("reason_missing"));
    assert_eq!(planned(), "11");
    web(&pg, OWNER, &note(4, "'คืนเงินแล้ว'")).unwrap();
    assert_eq!(planned(), "4", "by a head, with a reason");
}

#[tokio::test]
async fn an_event_of_the_web_system_is_addressed_whatever_it_says_of_itself_and_stays_as_it_was_told() {
    let pg = migrated().await;
    let (case, _) = journey(&pg, A, 1, SELLER);
    let insert = |kind: &str, data: &str, people: &str| {
        format!(
            "insert into public.workflow_events (workflow_id, event_type, event_data, target_users, broadcast) values ('{case}', '{kind}', '{data}', {people}, true) returning id"
        )
    };
    let told = |event: &str| {
        one(
            &pg,
            &format!(
                "select coalesce(string_agg(distinct n.user_id::text, ' '), '') from public.notifications n where n.metadata ->> 'event_id' = '{event}'"
            ),
        )
    };
    let marked = web(
        &pg,
        OWNER,
        &insert("payment_received", r#"{"desk": true, "amount": 1}"#, "'{}'"),
    )
    .unwrap();
    assert_eq!(told(&marked), uid(&pg, "user", SELLER).to_string());
    let row = format!(
        "select (event_data ->> 'sourceUserId' = md5('user:{OWNER}')::uuid::text) || ' ' || (event_data ? 'desk') || ' ' || broadcast from public.workflow_events where id = '{marked}'"
    );
    assert_eq!(one(&pg, &row), "true false false");
    let other = format!(r#"{{"sourceUserId": "{}"}}"#, uid(&pg, "user", OWNER));
    let mine = web(&pg, SELLER, &insert("payment_received", &other, "'{}'")).unwrap();
    assert_eq!(
        told(&mine),
        "",
        "who caused it is who is signed in, and hears nothing of it"
    );
    assert!(refusal(web(&pg, OWNER, &insert("payment_received", r#"["desk"]"#, "'{}'"))).contains("is an object"));
    for what in [
        format!("target_users = array[md5('user:{FRONT}')::uuid]"),
        "event_type = 'workflow_updated'".to_owned(),
        r#"event_data = '{"desk": true}'"#.to_owned(),
        "broadcast = true".to_owned(),
    ] {
        let sql = format!("update public.workflow_events set {what} where id = '{marked}'");
        for answer in [web(&pg, OWNER, &sql), server(&pg, &sql)] {
            assert!(refusal(answer).contains("only be processed"), "{what}");
        }
    }
    let seen = format!("update public.workflow_events set processed = true where id = '{marked}' returning processed");
    assert_eq!(web(&pg, OWNER, &seen).unwrap(), "t");
}

#[tokio::test]
async fn a_notification_stays_with_whom_it_was_for() {
    let pg = migrated().await;
    let (case, _) = journey(&pg, A, 1, SELLER);
    web(
        &pg,
        OWNER,
        &format!("insert into public.workflow_events (workflow_id, event_type) values ('{case}', 'payment_received')"),
    )
    .unwrap();
    let set = |what: &str| {
        format!(
            "update public.notifications set {what} where user_id = md5('user:{SELLER}')::uuid and metadata ? 'event_id'"
        )
    };
    for what in ["user_id = md5('user:1')::uuid", "metadata = '{}'"] {
        assert!(
            refusal(server(&pg, &set(what))).contains("stays with whom it was for"),
            "{what}"
        );
    }
    let read = format!("{} returning is_read", set("is_read = true"));
    assert_eq!(web(&pg, SELLER, &read).unwrap(), "t");
}

#[tokio::test]
async fn a_row_that_the_web_system_saves_whole_is_taken_for_what_it_is() {
    let pg = migrated().await;
    let (_, task) = journey(&pg, A, 1, SELLER);
    pg.psql(DB, &format!("update public.task_queue set task_type = 'call', desk_started_at = now(), desk_started_by = md5('user:{SELLER}')::uuid where id = '{task}'"));
    let whole = format!(
        "insert into public.task_queue select * from public.task_queue where id = '{task}'
           on conflict (id) do update set task_type = excluded.task_type, title = 'อีกชื่อ', desk_started_at = excluded.desk_started_at, desk_started_by = excluded.desk_started_by
           returning task_type || ' ' || title || ' ' || (desk_started_by = md5('user:{SELLER}')::uuid)"
    );
    assert_eq!(web(&pg, OWNER, &whole).unwrap(), "call อีกชื่อ true");
    let claimed = format!(
        "insert into public.task_queue (id, workflow_id, assigned_to, task_type, title, desk_outcome) select id, workflow_id, assigned_to, task_type, title, 'booked' from public.task_queue where id = '{task}'
           on conflict (id) do update set desk_outcome = excluded.desk_outcome returning coalesce(desk_outcome, 'none')"
    );
    assert_eq!(
        web(&pg, OWNER, &claimed).unwrap(),
        "none",
        "what was not so is not said by it"
    );
    let dance = whole.replace("task_type = excluded.task_type", "task_type = 'dance'");
    assert!(refusal(web(&pg, OWNER, &dance)).contains("no kind of task is called dance"));
}

#[tokio::test]
async fn an_event_that_a_colleague_saves_whole_stays_as_it_was_told() {
    let pg = migrated().await;
    let (case, _) = journey(&pg, A, 1, SELLER);
    let event = web(
        &pg,
        OWNER,
        &format!("insert into public.workflow_events (workflow_id, event_type) values ('{case}', 'payment_received') returning id"),
    )
    .unwrap();
    let told = || {
        one(
            &pg,
            &format!(
                "select string_agg(n.user_id::text, ' ') from public.notifications n where n.metadata ->> 'event_id' = '{event}'"
            ),
        )
    };
    assert_eq!(told(), uid(&pg, "user", SELLER).to_string());
    let whole = format!(
        "insert into public.workflow_events select * from public.workflow_events where id = '{event}'
           on conflict (id) do update set event_type = excluded.event_type, event_data = excluded.event_data, target_users = excluded.target_users, broadcast = excluded.broadcast, processed = true
           returning processed || ' ' || (event_data ->> 'sourceUserId' = md5('user:{OWNER}')::uuid::text)"
    );
    for n in [SELLER, FRONT] {
        assert_eq!(web(&pg, n, &whole).unwrap(), "true true");
    }
    assert_eq!(server(&pg, &whole).unwrap(), "true true");
    assert_eq!(told(), uid(&pg, "user", SELLER).to_string(), "once");
}

#[tokio::test]
async fn a_plan_that_says_of_sessions_what_it_said_before_asks_for_no_other_number() {
    let pg = migrated().await;
    let (case, _) = journey(&pg, A, 1, SELLER);
    let plan = |plan: &str| {
        web(
            &pg,
            SELLER,
            &format!(
                "update public.workflow_states set treatment_plan = '{plan}' where id = '{case}' returning desk_sessions_planned"
            ),
        )
    };
    let go = |kind: &str, here: &str, there: &str, data: &str| {
        web(&pg, SELLER, &format!("insert into public.workflow_actions (workflow_id, type, performed_by, from_stage, to_stage, data) values ('{case}', '{kind}', auth.uid(), '{here}', '{there}', '{data}')")).unwrap();
    };
    assert_eq!(plan(r#"{"sessions": 8, "totalAmount": 9000}"#).unwrap(), "8");
    // Proposed anew: what was agreed on stays until somebody says it.
    let anew = r#"{"treatmentPlan": {"sessions": 5, "totalAmount": 9000}}"#;
    go("send_proposal", "scanned", "proposal_sent", anew);
    go("confirm_payment", "proposal_sent", "payment_confirmed", "{}");
    assert_eq!(
        plan(r#"{"sessions": 5, "totalAmount": 9000, "note": "แพ้ยา"}"#).unwrap(),
        "8"
    );
    assert!(refusal(plan(r#"{"sessions": 4, "totalAmount": 9000}"#)).contains("sessions that were paid for"));
    assert_eq!(plan(r#"{"sessions": 9, "totalAmount": 9000}"#).unwrap(), "9");
}
