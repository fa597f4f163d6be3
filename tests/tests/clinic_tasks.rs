//! Tasks in PostgreSQL: the one way in, what follows one, who is given it, what wakes it, and that none is lost. Real server, real logins.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::too_many_lines,
    reason = "a test: what is not as expected ends it, in its helpers too"
)]

mod clinic_support;

use chrono::{DateTime, TimeDelta, Utc};
use clinic_support::{A, B, DB, Desk, desk, journey, migrated, uid};
use desk_core::{
    priority::Priority,
    task::{self, KINDS},
};
use desk_tests::harness::pg::PgCluster;
use serde_json::json;
use uuid::Uuid;

/// Person 1 owns clinic A, 3 manages it, 5 is at its front desk, 7 sells; 9 is a second seller and 11 a beautician, made here.
async fn clinic() -> PgCluster {
    let pg = migrated().await;
    for (n, role, name) in [(9, "sales", "เมย์"), (11, "beautician", "ฟาง")] {
        pg.psql(DB, &format!("insert into desk.staff (clinic_id, person_id, role, display_name, nickname) values ('{A}', md5('user:{n}')::uuid, '{role}', '{name}', '{name}')"));
    }
    pg
}

fn seller(n: u32) -> String {
    format!("md5('user:{n}')::uuid")
}

/// Makes a task of a kind by the one way in; its id.
fn made(pg: &PgCluster, journey: Uuid, kind: &str, person: &str) -> Uuid {
    pg.psql(
        DB,
        &format!("select desk.create_task('{A}', '{journey}', '{kind}', {person}, now())"),
    )
    .parse()
    .unwrap()
}

fn count(pg: &PgCluster, condition: &str) -> i64 {
    pg.psql(
        DB,
        &format!("select count(*) from public.task_queue t where {condition}"),
    )
    .parse()
    .unwrap()
}

/// A journey without the task that the helper of the other tests gives it.
fn way(pg: &PgCluster, customer: u32, seller: u32) -> Uuid {
    let (journey, task) = journey(pg, A, customer, seller);
    pg.psql(
        DB,
        &format!("set session_replication_role = replica; delete from public.task_queue where id = '{task}'"),
    );
    journey
}

#[tokio::test]
async fn the_kinds_in_the_database_are_those_of_the_core() {
    let pg = migrated().await;
    let rows = pg.psql(DB, "select string_agg(concat_ws('|', kind, priority, minutes, array_to_string(roles, ','), assigns_itself, base, is_call, coalesce(next_kind, '-'), coalesce(next_days::text, '-'), title), E'\\n' order by kind) from desk.task_kind");
    let mut core: Vec<String> = KINDS
        .iter()
        .map(|kind| {
            let (next, days) = kind.next.map_or(("-".into(), "-".into()), |(next, days)| {
                (next.to_owned(), days.to_string())
            });
            let flag = |yes: bool| if yes { "t" } else { "f" };
            let word = format!("{:?}", kind.priority).to_lowercase();
            [
                kind.word,
                &word,
                &kind.minutes.to_string(),
                &kind.roles.join(","),
                flag(kind.assigns_itself),
                &kind.base.to_string(),
                flag(kind.is_call),
                &next,
                &days,
                kind.title,
            ]
            .join("|")
        })
        .collect();
    core.sort();
    assert_eq!(rows.lines().collect::<Vec<_>>(), core);
}

#[tokio::test]
async fn the_formula_in_the_database_gives_the_priority_of_the_core() {
    let pg = migrated().await;
    let now: DateTime<Utc> = "2026-10-01T03:00:00Z".parse().unwrap();
    let stages = [
        "lead_created",
        "scanned",
        "proposal_sent",
        "payment_confirmed",
        "treatment_scheduled",
        "in_treatment",
        "treatment_completed",
        "follow_up",
        "completed",
    ];
    let lefts = [
        None,
        Some(-43_200),
        Some(-1),
        Some(0),
        Some(59),
        Some(60),
        Some(239),
        Some(240),
        Some(1_439),
        Some(1_440),
    ];
    let words = KINDS.iter().map(|kind| kind.word).chain(["call"]);
    let mut expected = Vec::new();
    let mut values = Vec::new();
    for word in words {
        for stage in stages {
            for left in lefts {
                for urgency in [0, 33, 34, 100] {
                    let due = left.map_or("null".into(), |left| format!("'{}'", now + TimeDelta::minutes(left)));
                    values.push(format!("('{word}', {due}::timestamptz, {urgency}, '{stage}')"));
                    expected.push(task::priority(word, left.map(TimeDelta::minutes), urgency, stage));
                }
            }
        }
    }
    // Some at a time: all of them are too long for one command.
    let mut found = Vec::new();
    for some in values.chunks(500) {
        let rows = some.join(",");
        let sql = format!(
            "select string_agg(desk.task_priority(k, d, u, s, '{now}'), ' ' order by n) from (select *, row_number() over () as n from (values {rows}) v (k, d, u, s)) w"
        );
        found.extend(pg.psql(DB, &sql).split(' ').map(Priority::from_word));
    }
    assert_eq!(found, expected);
}

#[tokio::test]
async fn of_a_kind_there_is_one_open_task_a_journey_whoever_asks_and_however_often() {
    let pg = clinic().await;
    let journey = way(&pg, 1, 7);
    let first = made(&pg, journey, "customer_follow_up", "null");
    assert_eq!(made(&pg, journey, "customer_follow_up", "null"), first);
    // Twenty at once.
    let mut asking = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let url = pg.superuser_url(DB);
        asking.spawn(async move {
            let mut conn = <sqlx::PgConnection as sqlx::Connection>::connect(&url).await.unwrap();
            sqlx::query(sqlx::AssertSqlSafe(format!(
                "select desk.create_task('{A}', '{journey}', 'review_request', null, now())"
            )))
            .execute(&mut conn)
            .await
            .unwrap();
        });
    }
    while let Some(asked) = asking.join_next().await {
        asked.unwrap();
    }
    assert_eq!(count(&pg, "task_type = 'review_request'"), 1);
    pg.psql(
        DB,
        "update public.task_queue set status = 'completed' where task_type = 'review_request'",
    );
    made(&pg, journey, "review_request", "null");
    assert_eq!(
        count(&pg, "task_type = 'review_request'"),
        2,
        "a closed one is no obstacle"
    );
}

#[tokio::test]
async fn what_follows_comes_once_whoever_completes_it() {
    let pg = clinic().await;
    let mut may = desk(&pg, A, 7).await;
    let journey = way(&pg, 1, 7);
    let scan = made(&pg, journey, "scan_customer", &seller(7));
    let next = Uuid::now_v7();
    assert_eq!(
        may.act("task.complete", json!({ "id": scan, "next": next })).await,
        "ok"
    );
    assert_eq!(
        pg.psql(DB, &format!("select task_type, assigned_to = {}, desk_follows = '{scan}', title like '%ลูกค้า%' or title <> '', priority from public.task_queue where id = '{next}'", seller(7))),
        "send_proposal|t|t|t|high"
    );
    // The web system completes, reopens and completes again: still one.
    let upsell = made(&pg, journey, "follow_up_upsell", &seller(7));
    for status in ["completed", "pending", "completed"] {
        pg.psql(
            DB,
            &format!("update public.task_queue set status = '{status}' where id = '{upsell}'"),
        );
    }
    assert_eq!(count(&pg, "task_type = 'customer_follow_up' and status = 'pending'"), 1);
    let days = pg.psql(DB, "select extract(epoch from due_date - now()) / 86400 between 6.99 and 7 from public.task_queue where task_type = 'customer_follow_up' and status = 'pending'");
    assert_eq!(days, "t", "in seven days");
}

#[tokio::test]
async fn a_trigger_and_a_chain_make_one_proposal_task() {
    // W8: the web system had two sources for it.
    let pg = clinic().await;
    let insert = format!(
        "insert into public.workflow_states (clinic_id, customer_id, assigned_sales_id) values ('{A}', md5('customer:1')::uuid, {}) returning id",
        seller(7)
    );
    let journey: Uuid = pg.psql(DB, &insert).parse().unwrap();
    let scan = made(&pg, journey, "scan_customer", &seller(7));
    let scanned = format!(
        "select desk.move_journey('{A}', '{journey}', {}, null, 'scan_customer')",
        seller(7)
    );
    pg.psql(DB, &scanned);
    pg.psql(
        DB,
        &format!("update public.task_queue set status = 'completed' where id = '{scan}'"),
    );
    assert_eq!(count(&pg, "task_type = 'send_proposal'"), 1);
}

#[tokio::test]
async fn taken_back_what_had_followed_goes_too() {
    let pg = clinic().await;
    let mut may = desk(&pg, A, 7).await;
    let journey = way(&pg, 1, 7);
    let scan = made(&pg, journey, "scan_customer", &seller(7));
    let complete = may.mutation("task.complete", json!({ "id": scan }));
    let of = complete.id;
    may.push(&[complete]).await.unwrap();
    assert_eq!(count(&pg, "task_type = 'send_proposal' and status = 'pending'"), 1);
    assert_eq!(may.act("task.reopen", json!({ "id": scan, "of": of })).await, "ok");
    assert_eq!(count(&pg, "task_type = 'send_proposal' and status = 'cancelled'"), 1);
    assert_eq!(
        pg.psql(
            DB,
            &format!(
                "select status, completed_at is null, completed_by is null from public.task_queue where id = '{scan}'"
            )
        ),
        "pending|t|t"
    );
}

#[tokio::test]
async fn when_and_by_whom_is_written_on_closing_and_goes_on_reopening() {
    // W13: completed_at was kept.
    let pg = clinic().await;
    let (_, task) = journey(&pg, A, 1, 7);
    let of = |columns: &str| {
        pg.psql(
            DB,
            &format!("select {columns} from public.task_queue where id = '{task}'"),
        )
    };
    pg.psql(
        DB,
        &format!("update public.task_queue set status = 'cancelled' where id = '{task}'"),
    );
    assert_eq!(of("completed_at is not null"), "t");
    pg.psql(
        DB,
        &format!("update public.task_queue set status = 'pending' where id = '{task}'"),
    );
    assert_eq!(of("completed_at is null, completed_by is null"), "t|t");
}

#[tokio::test]
async fn a_deleted_task_is_in_the_archive_and_goes_with_its_customer() {
    let pg = clinic().await;
    let customer = pg.psql(DB, &format!("insert into public.customers (clinic_id, customer_code, full_name) values ('{A}', 'N9', 'คนใหม่') returning id"));
    let journey: Uuid = pg
        .psql(
            DB,
            &format!(
                "insert into public.workflow_states (clinic_id, customer_id) values ('{A}', '{customer}') returning id"
            ),
        )
        .parse()
        .unwrap();
    let open = made(&pg, journey, "payment_reminder", &seller(7));
    let done = made(&pg, journey, "review_request", &seller(7));
    pg.psql(DB, &format!("update public.task_queue set status = 'completed', completed_at = now() - interval '60 days' where id = '{done}'"));
    pg.psql(DB, "delete from public.task_queue");
    assert_eq!(count(&pg, "desk_archived_at is not null"), 2);
    assert_eq!(
        pg.psql(DB, &format!("select status from public.task_queue where id = '{open}'")),
        "cancelled"
    );
    assert_eq!(
        pg.psql(DB, &format!("select status from public.task_queue where id = '{done}'")),
        "completed"
    );
    pg.psql(
        DB,
        &format!("delete from public.customers where id = (select customer_id from public.workflow_states where id = '{journey}')"),
    );
    assert_eq!(count(&pg, "true"), 0, "the customer's end is its tasks' end");
}

#[tokio::test]
async fn a_task_is_begun_once_and_made_by_hand_once() {
    let pg = clinic().await;
    let (mut may, mut nok) = (desk(&pg, A, 7).await, desk(&pg, A, 5).await);
    let (_, task) = journey(&pg, A, 1, 7);
    assert_eq!(may.act("task.start", json!({ "id": task })).await, "ok");
    assert_eq!(
        may.act("task.start", json!({ "id": task })).await,
        "ok",
        "again by the same person"
    );
    assert_eq!(nok.act("task.start", json!({ "id": task })).await, "task_started");
    let customer = uid(&pg, "customer", 1);
    let wanted = json!({ "id": Uuid::now_v7(), "customer_id": customer, "kind": "payment_reminder", "due_at": Utc::now(), "note": "งวดสุดท้าย" });
    assert_eq!(nok.act("task.create", wanted).await, "ok");
    assert_eq!(pg.psql(DB, &format!("select assigned_to in ({}, {}), notes like '%: งวดสุดท้าย' from public.task_queue where task_type = 'payment_reminder'", seller(7), seller(9))), "t|t", "it suits sellers");
    let again = json!({ "id": Uuid::now_v7(), "customer_id": customer, "kind": "payment_reminder" });
    assert_eq!(nok.act("task.create", again).await, "task_exists");
    let mine =
        json!({ "id": Uuid::now_v7(), "customer_id": customer, "kind": "scan_customer", "to": uid(&pg, "user", 5) });
    assert_eq!(nok.act("task.create", mine).await, "ok", "whoever is named gets it");
    for (field, value, code) in [
        ("kind", json!("dance"), "value_not_allowed"),
        ("kind", json!(7), "value_not_allowed"),
        ("priority", json!("urgent"), "value_not_allowed"),
        ("due_at", json!("2099-01-01T00:00:00Z"), "date_out_of_range"),
        ("customer_id", json!(uid(&pg, "customer", 2)), "customer_not_found"),
        ("to", json!(uid(&pg, "user", 8)), "person_not_found"),
        ("title", json!("ก".repeat(201)), "text_too_long"),
    ] {
        let mut args =
            json!({ "id": Uuid::now_v7(), "customer_id": uid(&pg, "customer", 3), "kind": "review_request" });
        args[field] = value;
        assert_eq!(nok.act("task.create", args).await, code, "{field}");
    }
}

#[tokio::test]
async fn a_customer_without_a_journey_gets_one_with_the_task() {
    let pg = clinic().await;
    let mut may = desk(&pg, A, 7).await;
    let (customer, way) = (uid(&pg, "customer", 5), Uuid::now_v7());
    let args =
        json!({ "id": Uuid::now_v7(), "customer_id": customer, "journey_id": way, "kind": "customer_follow_up" });
    assert_eq!(may.act("task.create", args).await, "ok");
    assert_eq!(
        pg.psql(
            DB,
            &format!("select customer_id = '{customer}', current_stage from public.workflow_states where id = '{way}'")
        ),
        "t|lead_created"
    );
}

#[tokio::test]
async fn whoever_is_given_a_task_by_another_hears_of_it_and_nobody_else() {
    let pg = clinic().await;
    pg.psql(DB, "insert into public.users (id, email) select md5('user:' || n)::uuid, 'u' || n || '@x' from generate_series(1, 12) n on conflict do nothing");
    let mut may = desk(&pg, A, 7).await;
    let (_, task) = journey(&pg, A, 1, 7);
    let told = || {
        pg.psql(DB, "select string_agg(user_id::text, ',' order by user_id::text) from public.notifications where type = 'task_assigned'")
    };
    assert_eq!(
        may.act("task.reassign", json!({ "id": task, "to": uid(&pg, "user", 7) }))
            .await,
        "ok"
    );
    assert_eq!(told(), "", "to themselves");
    assert_eq!(
        may.act("task.reassign", json!({ "id": task, "to": uid(&pg, "user", 5) }))
            .await,
        "ok"
    );
    assert_eq!(told(), uid(&pg, "user", 5).to_string());
    assert_eq!(
        pg.psql(
            DB,
            "select event_type, target_users = array[md5('user:5')::uuid] from public.workflow_events"
        ),
        "task_assigned|t"
    );
}

async fn manager(pg: &PgCluster) -> Desk {
    desk(pg, A, 3).await
}

#[tokio::test]
async fn assigning_all_goes_by_role_load_and_presence_and_never_outside_the_roles() {
    // W12: it looked for nobody on a column that always has somebody, and fell back to anyone.
    let pg = clinic().await;
    pg.psql(
        DB,
        &format!(
            "update desk.staff set away_until = now() + interval '1 day' where person_id = {}",
            seller(9)
        ),
    );
    // Ten reminders of a person who left, and one task for a role that nobody here has.
    for n in 0..10 {
        let journey = way(&pg, 2 * n + 1, 7);
        pg.psql(DB, &format!("update public.workflow_states set assigned_sales_id = null where id = '{journey}'; insert into public.task_queue (workflow_id, assigned_to, task_type, title) values ('{journey}', {}, 'appointment_reminder', 'x')", seller(11)));
    }
    pg.psql(DB, &format!("update desk.staff set active = false where person_id = {} ; update public.task_queue set assigned_to = {0}", seller(11)));
    pg.psql(DB, &format!("insert into public.task_queue (workflow_id, assigned_to, task_type, title) select id, {}, 'prepare_treatment', 'x' from public.workflow_states limit 1", seller(7)));
    let mut nok = desk(&pg, A, 5).await;
    assert_eq!(nok.act("task.assign_all", json!({})).await, "role_not_allowed");
    assert_eq!(manager(&pg).await.act("task.assign_all", json!({})).await, "ok");
    let loads = pg.psql(DB, "select string_agg(x.n::text, ',' order by x.n) from (select count(*) n from public.task_queue group by assigned_to) x");
    assert_eq!(
        loads, "5,6",
        "counted while giving: the front desk and the seller who is here share eleven"
    );
    assert_eq!(
        count(
            &pg,
            "not exists (select from desk.staff s join desk.task_kind k on s.role = any (k.roles) where s.person_id = t.assigned_to and k.kind = t.task_type and s.active) and task_type <> 'prepare_treatment'"
        ),
        0
    );
    assert_eq!(
        count(
            &pg,
            &format!("assigned_to = {} and task_type = 'prepare_treatment'", seller(7))
        ),
        1,
        "what suits nobody stays where it is"
    );
    assert_eq!(count(&pg, &format!("assigned_to = {}", seller(9))), 0, "away");
}

#[tokio::test]
async fn what_an_absent_person_had_to_do_meanwhile_goes_to_others_with_the_reason() {
    let pg = clinic().await;
    pg.psql(DB, "insert into public.users (id, email) select md5('user:' || n)::uuid, 'u' || n || '@x' from generate_series(1, 12) n on conflict do nothing");
    let journey = way(&pg, 1, 7);
    let (today, later) = (
        made(&pg, journey, "customer_follow_up", &seller(7)),
        made(&pg, journey, "review_request", &seller(7)),
    );
    pg.psql(
        DB,
        &format!("update public.task_queue set due_date = now() + interval '3 days' where id = '{later}'"),
    );
    let mut may = desk(&pg, A, 7).await;
    let until = Utc::now() + TimeDelta::hours(20);
    assert_eq!(
        may.act("staff.away", json!({ "id": uid(&pg, "user", 9), "until": until }))
            .await,
        "role_not_allowed",
        "a colleague"
    );
    assert_eq!(
        may.act(
            "staff.away",
            json!({ "id": uid(&pg, "user", 7), "until": until, "reason": "ไม่สบาย" })
        )
        .await,
        "ok"
    );
    let of = |task: Uuid| {
        pg.psql(DB, &format!("select assigned_to <> {}, coalesce(notes, '') like '%ย้ายจาก นิก7: ไม่สบาย' from public.task_queue where id = '{task}'", seller(7)))
    };
    assert_eq!((of(today), of(later)), ("t|t".into(), "f|f".into()));
    assert_eq!(
        pg.psql(
            DB,
            "select count(distinct user_id) from public.notifications where type = 'task_assigned' and metadata ? 'count'"
        ),
        "1"
    );
    assert_eq!(may.act("staff.back", json!({ "id": uid(&pg, "user", 7) })).await, "ok");
    assert_eq!(
        pg.psql(
            DB,
            &format!(
                "select away_until is null from desk.staff where person_id = {}",
                seller(7)
            )
        ),
        "t"
    );
}

#[tokio::test]
async fn reprioritising_writes_what_changes_and_sorts_critical_first() {
    // W10: the words sorted by the alphabet.
    let pg = clinic().await;
    let journey = way(&pg, 1, 7);
    let scan = made(&pg, journey, "scan_customer", &seller(7));
    let review = made(&pg, journey, "review_request", &seller(7));
    pg.psql(DB, &format!("update public.workflow_states set scan_results = '{{\"urgencyScore\": 90}}' where id = '{journey}'; update public.task_queue set due_date = now() + interval '2 hours' where id = '{scan}'; update public.task_queue set due_date = null where id = '{review}'"));
    assert_eq!(manager(&pg).await.act("task.reprioritise", json!({})).await, "ok");
    assert_eq!(
        pg.psql(
            DB,
            &format!("select priority from public.task_queue where id = '{scan}'")
        ),
        "critical"
    );
    assert_eq!(
        pg.psql(
            DB,
            &format!("select priority from public.task_queue where id = '{review}'")
        ),
        "medium",
        "20 + 27 + 20 of the stage"
    );
    pg.psql(
        DB,
        &format!(
            "update public.workflow_states set scan_results = '{{\"urgencyScore\": \"mehr\"}}' where id = '{journey}'"
        ),
    );
    assert_eq!(
        manager(&pg).await.act("task.reprioritise", json!({})).await,
        "ok",
        "what the web system writes there may be anything"
    );
    assert_eq!(
        pg.psql(
            DB,
            &format!("select priority from public.task_queue where id = '{review}'")
        ),
        "low"
    );
}

#[tokio::test]
async fn a_reply_a_payment_or_a_check_in_wakes_what_sleeps_with_the_reason() {
    let pg = clinic().await;
    pg.psql(DB, "insert into public.users (id, email) select md5('user:' || n)::uuid, 'u' || n || '@x' from generate_series(1, 12) n on conflict do nothing");
    let mut may = desk(&pg, A, 7).await;
    let (way, task) = journey(&pg, A, 1, 7);
    let (_, other) = journey(&pg, A, 3, 7);
    let until = Utc::now() + TimeDelta::days(1);
    let customer = uid(&pg, "customer", 1);
    let staff = pg.psql(
        DB,
        "select id from public.clinic_staff where user_id = md5('user:7')::uuid",
    );
    let causes = [
        (
            "reply",
            format!(
                "insert into public.customer_journey_events (clinic_id, customer_id, event_type, source) values ('{A}', '{customer}', 'sms_replied', 'sms')"
            ),
        ),
        (
            "reply",
            format!(
                "insert into public.customer_sales_messages (customer_id, sales_staff_id, sender_type, message_text) values ('{customer}', '{staff}', 'customer', 'ว่างค่ะ')"
            ),
        ),
        (
            "payment",
            format!(
                "insert into public.customer_journey_events (clinic_id, customer_id, event_type, source) values ('{A}', '{customer}', 'payment_made', 'pos')"
            ),
        ),
        (
            "payment",
            format!(
                "insert into public.point_transactions (clinic_id, customer_id, type, amount) values ('{A}', '{customer}', 'earned', 10)"
            ),
        ),
        (
            "check_in",
            format!(
                "insert into desk.visit (clinic_id, id, customer_id, day, queue_number, arrived_at, arrived_by, arrived_device) values ('{A}', gen_random_uuid(), '{customer}', desk.local_day('{A}', now()), 99, now(), md5('user:7')::uuid, 'PC')"
            ),
        ),
        (
            "check_in",
            format!(
                "update public.appointments set status = 'in_progress' where id = (select id from public.appointments where customer_id = '{customer}' limit 1)"
            ),
        ),
    ];
    pg.psql(DB, &format!("insert into public.appointments (clinic_id, customer_id, staff_id, appointment_code, appointment_type, appointment_date, start_time, end_time) values ('{A}', '{customer}', md5('user:7')::uuid, 'X1', 'treatment', current_date, '10:00', '11:00')"));
    for (because, sql) in causes {
        for task in [task, other] {
            assert_eq!(
                may.act("task.snooze", json!({ "id": task, "until": until })).await,
                "ok"
            );
        }
        pg.psql(DB, "update public.notifications set is_read = true");
        pg.psql(DB, &sql);
        let of = |task: Uuid| {
            pg.psql(DB, &format!("select snoozed_until <= now(), coalesce(desk_woken_by, '-') from public.task_queue where id = '{task}'"))
        };
        assert_eq!((of(task), of(other)), (format!("t|{because}"), "f|-".into()), "{sql}");
        assert_eq!(
            pg.psql(
                DB,
                "select count(*) from public.notifications where type = 'task_woken' and not is_read"
            ),
            "1",
            "{sql}"
        );
    }
    assert_eq!(
        pg.psql(DB, "select count(*) from desk.problem where code = 'task_not_woken'"),
        "0"
    );
    assert!(count(&pg, &format!("workflow_id = '{way}'")) >= 1);
}

#[tokio::test]
async fn a_message_from_us_and_a_customer_of_another_clinic_wake_nothing() {
    let pg = clinic().await;
    let mut may = desk(&pg, A, 7).await;
    let (_, task) = journey(&pg, A, 1, 7);
    let until = Utc::now() + TimeDelta::days(1);
    assert_eq!(
        may.act("task.snooze", json!({ "id": task, "until": until })).await,
        "ok"
    );
    let staff = pg.psql(
        DB,
        "select id from public.clinic_staff where user_id = md5('user:7')::uuid",
    );
    pg.psql(DB, &format!("insert into public.customer_sales_messages (customer_id, sales_staff_id, sender_type, message_text) values (md5('customer:1')::uuid, '{staff}', 'staff', 'สวัสดีค่ะ')"));
    pg.psql(DB, &format!("insert into public.customer_journey_events (clinic_id, customer_id, event_type, source) values ('{B}', md5('customer:2')::uuid, 'sms_replied', 'sms')"));
    assert_eq!(count(&pg, "snoozed_until > now()"), 1);
}

/// T4: money that is held is money too; a bill with points wakes once, and what is given back wakes nothing.
#[tokio::test]
async fn a_deposit_wakes_what_sleeps_and_a_bill_wakes_it_once() {
    let pg = clinic().await;
    pg.psql(DB, "insert into public.users (id, email) select md5('user:' || n)::uuid, 'u' || n || '@x' from generate_series(1, 12) n on conflict do nothing");
    let task = made(&pg, way(&pg, 1, 7), "payment_reminder", &seller(7));
    let (customer, until) = (uid(&pg, "customer", 1), Utc::now() + TimeDelta::hours(5));
    let (mut may, mut dao) = (desk(&pg, A, 7).await, manager(&pg).await);
    let mut sleep_and = async |name: &str, args: serde_json::Value| {
        assert_eq!(
            may.act("task.snooze", json!({ "id": task, "until": until })).await,
            "ok"
        );
        pg.psql(DB, "update public.notifications set is_read = true");
        assert_eq!(dao.act(name, args.clone()).await, "ok", "{args}");
        pg.psql(DB, &format!("select concat_ws(' ', snoozed_until <= now(), desk_woken_by, (select count(*) from public.notifications where type = 'task_woken' and not is_read)) from public.task_queue where id = '{task}'"))
    };
    let deposit = Uuid::now_v7();
    let money = |id: Uuid, more: &str| json!({ "id": id, "entry": Uuid::now_v7(), "customer_id": customer, "satang": 100_000, "method": "cash", "held_as": (more == "held").then_some("deposit") });
    assert_eq!(sleep_and("payment.take", money(deposit, "held")).await, "t payment 1");
    assert_eq!(
        sleep_and("payment.take", money(Uuid::now_v7(), "")).await,
        "t payment 1"
    );
    let back = json!({ "id": Uuid::now_v7(), "entry": Uuid::now_v7(), "payment_id": deposit, "satang": 1_000, "reason": "คืน" });
    assert_eq!(sleep_and("payment.refund", back).await, "f 0");
}

/// T3: what is given without a person's hand goes to who is here.
#[tokio::test]
async fn what_follows_and_what_the_web_system_makes_goes_to_who_is_here() {
    let pg = clinic().await;
    let (chained, web) = (way(&pg, 1, 7), way(&pg, 3, 7));
    let upsell = made(&pg, chained, "follow_up_upsell", &seller(7));
    // Begun, so it does not go to others with its person's absence; what follows it does.
    pg.psql(DB, "update public.task_queue set status = 'in_progress'");
    pg.psql(DB, &format!("update desk.staff set away_until = now() + interval '3 days' where person_id = {}; update public.workflow_states set assigned_beautician_id = {}; update public.workflow_states set assigned_sales_id = null where id = '{web}'", seller(7), seller(11)));
    pg.psql(
        DB,
        &format!(
            "update public.task_queue set status = 'completed', completed_by = {} where id = '{upsell}'",
            seller(3)
        ),
    );
    pg.psql(DB, &format!("insert into public.task_queue (workflow_id, assigned_to, task_type, title) values ('{web}', {}, 'review_request', 'x')", seller(7)));
    assert_eq!(
        count(
            &pg,
            &format!(
                "t.workflow_id = '{chained}' and t.task_type = 'customer_follow_up' and t.assigned_to = {} and t.notes like '%ย้ายจาก%ไม่อยู่'",
                seller(11)
            )
        ),
        1
    );
    assert_eq!(
        count(
            &pg,
            &format!(
                "t.workflow_id = '{web}' and t.assigned_to = {} and t.notes like '%ย้ายจาก%ไม่อยู่'",
                seller(9)
            )
        ),
        1
    );
    // Whoever gives it to somebody by hand knows why; and where nobody is here it stays.
    let by_hand = Uuid::now_v7();
    let asked = json!({ "id": by_hand, "customer_id": uid(&pg, "customer", 3), "journey_id": web, "kind": "send_proposal", "to": uid(&pg, "user", 7), "due_at": Utc::now() });
    assert_eq!(manager(&pg).await.act("task.create", asked).await, "ok");
    pg.psql(DB, "update desk.staff set away_until = now() + interval '3 days'");
    pg.psql(DB, &format!("insert into public.task_queue (workflow_id, assigned_to, task_type, title) values ('{web}', {}, 'scan_customer', 'x')", seller(7)));
    assert_eq!(
        count(
            &pg,
            &format!(
                "t.assigned_to = {} and t.task_type in ('send_proposal', 'scan_customer')",
                seller(7)
            )
        ),
        2
    );
}

/// "Do not call me again": what follows a finished task is no call.
#[tokio::test]
async fn no_call_follows_for_who_asked_not_to_be_called() {
    let pg = clinic().await;
    let (asked, other) = (way(&pg, 1, 7), way(&pg, 3, 7));
    pg.psql(DB, &format!("insert into public.customer_preferences (clinic_id, customer_id, do_not_contact) values ('{A}', md5('customer:1')::uuid, true)"));
    for journey in [asked, other] {
        for kind in ["follow_up_upsell", "scan_customer"] {
            made(&pg, journey, kind, &seller(7));
        }
    }
    pg.psql(DB, "update public.task_queue set status = 'completed'");
    let made = |journey: Uuid| {
        pg.psql(DB, &format!("select coalesce(string_agg(task_type, ' ' order by task_type), '') from public.task_queue where workflow_id = '{journey}' and status = 'pending'"))
    };
    assert_eq!(
        (made(asked), made(other)),
        ("send_proposal".into(), "customer_follow_up send_proposal".into())
    );
}
