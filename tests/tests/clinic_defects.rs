//! The original's defects, by their names in existing-system.md §15: none of them may come back.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)] // a test ends where it is surprised

mod clinic_support;

use clinic_support::{A, B, BASELINE, DB, admin, database, desk, journey, migrated, uid, web};
use desk_clinic::doctor::{Severity, examine};
use desk_clinic::migrate::{self, Data};
use desk_tests::harness::pg::PgCluster;
use serde_json::json;
use uuid::Uuid;

const FOURTEEN: [&str; 14] = [
    "workflow_states",
    "workflow_actions",
    "task_queue",
    "workflow_events",
    "automation_rules",
    "followup_rules",
    "followup_executions",
    "customer_preferences",
    "followup_templates",
    "customer_journey_events",
    "loyalty_profiles",
    "point_transactions",
    "achievements",
    "loyalty_rewards",
];

fn anon(pg: &PgCluster, sql: &str) -> Result<String, String> {
    pg.try_psql(DB, &format!("set role anon; {sql}"))
}

fn denied(result: Result<String, String>) {
    let message = result.expect_err("must be refused");
    assert!(
        message.contains("permission denied")
            || message.contains("row-level security")
            || message.contains("is not present"),
        "{message}"
    );
}

#[tokio::test]
async fn t1_moving_oneself_to_another_clinic_opens_nothing() {
    let pg = migrated().await;
    journey(&pg, B, 2, 8);
    // The clinic's own hole on its own table stays (doctor reports it); for our tables it no longer counts.
    web(
        &pg,
        7,
        &format!("update public.users set clinic_id = '{B}', role = 'super_admin' where id = auth.uid()"),
    )
    .unwrap();
    assert_eq!(web(&pg, 7, "select count(*) from public.workflow_states").unwrap(), "0");
    let findings = examine(&mut admin(&pg).await).await.unwrap();
    assert!(
        findings
            .iter()
            .any(|f| f.code == "users_can_change_clinic" && f.severity == Severity::Hole)
    );
}

#[tokio::test]
async fn t2_customers_are_not_staff() {
    let pg = migrated().await;
    journey(&pg, A, 1, 7);
    pg.psql(DB, &format!("insert into public.loyalty_profiles (clinic_id, customer_id, referral_code) values ('{A}', md5('customer:1')::uuid, 'BN1')"));
    for table in FOURTEEN {
        assert_eq!(
            web(&pg, 101, &format!("select count(*) from public.{table}")).unwrap(),
            "0",
            "{table}: user 101 is a customer whose clinic_id is A"
        );
    }
    denied(web(
        &pg,
        101,
        &format!("insert into public.followup_rules (clinic_id, name, type) values ('{A}', 'x', 'post_treatment')"),
    ));
    assert_eq!(
        web(
            &pg,
            101,
            "with c as (update public.loyalty_profiles set total_points = 1000000 returning 1) select count(*) from c"
        )
        .unwrap(),
        "0"
    );
    assert_eq!(
        web(&pg, 7, "select count(*) from public.workflow_states").unwrap(),
        "1",
        "a seller sees it"
    );
}

#[tokio::test]
async fn t3_figures_of_another_clinic_are_not_told() {
    let pg = migrated().await;
    journey(&pg, A, 1, 7);
    journey(&pg, B, 2, 8);
    assert_eq!(
        web(
            &pg,
            7,
            &format!("select stage || ' ' || count from public.get_workflow_stats('{A}')")
        )
        .unwrap(),
        "scanned 1"
    );
    assert_eq!(
        web(
            &pg,
            7,
            &format!("select count(*) from public.get_workflow_stats('{B}')")
        )
        .unwrap(),
        "0"
    );
    denied(anon(&pg, &format!("select * from public.get_workflow_stats('{B}')")));
    let open = pg.psql(DB, "select string_agg(p.oid::regprocedure::text, ', ') from pg_proc p where p.prosecdef and (p.pronamespace = 'desk'::regnamespace or p.proname in ('get_workflow_stats', 'auto_assign_task'))
        and (not coalesce(array_to_string(p.proconfig, ',') like '%search_path%', false) or has_function_privilege('public', p.oid, 'execute') or has_function_privilege('anon', p.oid, 'execute'))");
    assert_eq!(
        open, "",
        "every definer function has a fixed search_path and is closed to the public"
    );
}

#[tokio::test]
#[allow(clippy::too_many_lines)] // a table of cases
async fn t4_no_reference_crosses_a_clinic_and_none_tells_what_exists() {
    let pg = migrated().await;
    let (mine, task) = journey(&pg, A, 1, 7);
    let (theirs, _) = journey(&pg, B, 2, 8);
    let nobody = Uuid::new_v4();
    let (customer, seller) = (uid(&pg, "customer", 2), uid(&pg, "user", 8));
    let same_answer = |text: &dyn Fn(Uuid) -> String, foreign: Uuid| {
        let [one, two] = [foreign, nobody].map(|id| web(&pg, 7, &text(id)).unwrap_err().replace(&id.to_string(), "ID"));
        assert_eq!(one, two);
    };
    same_answer(
        &|id| format!("insert into public.workflow_states (clinic_id, customer_id) values ('{A}', '{id}')"),
        customer,
    );
    same_answer(
        &|id| {
            format!(
                "insert into public.workflow_states (clinic_id, customer_id, assigned_sales_id) values ('{A}', md5('customer:1')::uuid, '{id}')"
            )
        },
        seller,
    );
    same_answer(
        &|id| {
            format!(
                "insert into public.loyalty_profiles (clinic_id, customer_id, referral_code) values ('{A}', '{id}', 'BNX')"
            )
        },
        customer,
    );
    same_answer(
        &|id| {
            format!(
                "insert into public.task_queue (workflow_id, assigned_to, task_type, title) values ('{id}', md5('user:7')::uuid, 'x', 'x')"
            )
        },
        theirs,
    );
    same_answer(
        &|id| {
            format!(
                "insert into public.customer_journey_events (clinic_id, customer_id, workflow_id, event_type, source) values ('{A}', md5('customer:1')::uuid, '{id}', 'payment_made', 'x')"
            )
        },
        theirs,
    );
    same_answer(
        &|id| format!("update public.task_queue set assigned_to = '{id}'"),
        seller,
    );
    for (table, id) in [
        ("workflow_states", mine),
        ("task_queue", task),
        ("customers", uid(&pg, "customer", 1)),
    ] {
        let refused = pg
            .try_psql(
                DB,
                &format!("update public.{table} set clinic_id = '{B}' where id = '{id}'"),
            )
            .unwrap_err();
        assert!(refused.contains("never change"), "{table}: {refused}");
    }
    let refused = pg.try_psql(DB, &format!("insert into public.task_queue (clinic_id, workflow_id, assigned_to, task_type, title) values ('{B}', '{mine}', md5('user:7')::uuid, 'x', 'x')")).unwrap_err();
    assert!(refused.contains("is not present"), "{refused}");
}

#[tokio::test]
async fn t5_every_one_of_the_fourteen_tables_is_usable_by_staff() {
    let pg = migrated().await;
    let (case, _) = journey(&pg, A, 1, 7);
    let inserts = [
        format!("insert into public.workflow_states (clinic_id, customer_id) values ('{A}', md5('customer:3')::uuid)"),
        format!("insert into public.workflow_actions (workflow_id, type, performed_by, from_stage, to_stage) values ('{case}', 'send_proposal', auth.uid(), 'scanned', 'proposal_sent')"),
        format!("insert into public.task_queue (workflow_id, assigned_to, task_type, title) values ('{case}', auth.uid(), 'review_request', 'x')"),
        format!("insert into public.workflow_events (workflow_id, event_type) values ('{case}', 'x')"),
        format!("insert into public.automation_rules (clinic_id, rule_name, trigger_stage, target_action, target_data) values ('{A}', 'x', 'scanned', 'create_task', '{{\"kind\":\"send_proposal\",\"to\":\"seller\"}}')"),
        format!("insert into public.followup_rules (id, clinic_id, name, type) values (md5('rule')::uuid, '{A}', 'x', 'post_treatment')"),
        "insert into public.followup_executions (rule_id, customer_id, channel, scheduled_at) values (md5('rule')::uuid, md5('customer:1')::uuid, 'line', now())".to_owned(),
        format!("insert into public.customer_preferences (clinic_id, customer_id) values ('{A}', md5('customer:1')::uuid)"),
        format!("insert into public.followup_templates (clinic_id, name, type, message) values ('{A}', 'x', 'x', 'x')"),
        format!("insert into public.customer_journey_events (clinic_id, customer_id, event_type, source) values ('{A}', md5('customer:1')::uuid, 'payment_made', 'x')"),
        format!("insert into public.loyalty_profiles (clinic_id, customer_id, referral_code) values ('{A}', md5('customer:1')::uuid, 'BNAAAAAA')"),
        format!("insert into public.point_transactions (clinic_id, customer_id, type, amount) values ('{A}', md5('customer:1')::uuid, 'earned', 10)"),
        format!("insert into public.achievements (clinic_id, name, category, conditions) values ('{A}', 'x', 'special', '{{}}')"),
        format!("insert into public.loyalty_rewards (clinic_id, name, type, points_cost, monetary_value) values ('{A}', 'x', 'free_service', 1, 1)"),
    ];
    for (table, insert) in FOURTEEN.iter().zip(&inserts) {
        assert!(insert.contains(table));
        web(&pg, 1, insert).unwrap_or_else(|message| panic!("{table}: {message}"));
        assert_ne!(
            web(&pg, 1, &format!("select count(*) from public.{table}")).unwrap(),
            "0",
            "{table}"
        );
    }
    web(&pg, 7, &format!("insert into public.notifications (user_id, clinic_id, type, title, message) values (md5('user:5')::uuid, '{A}', 'x', 'x', 'x')")).unwrap();
    denied(web(
        &pg,
        7,
        &format!(
            "insert into public.notifications (user_id, clinic_id, type, title, message) values (md5('user:8')::uuid, '{B}', 'x', 'x', 'x')"
        ),
    ));
    denied(web(
        &pg,
        7,
        &format!(
            "insert into public.automation_rules (clinic_id, rule_name, trigger_stage, target_action, target_data) values ('{A}', 'x', 'scanned', 'create_task', '{{\"kind\":\"send_proposal\",\"to\":\"seller\"}}')"
        ),
    ));
}

#[tokio::test]
async fn t6_the_public_key_gets_nothing_of_ours_and_open_tables_are_reported() {
    let pg = migrated().await;
    for table in FOURTEEN {
        assert_eq!(
            pg.psql(
                DB,
                &format!("select relrowsecurity from pg_class where oid = 'public.{table}'::regclass")
            ),
            "t"
        );
        denied(anon(&pg, &format!("select * from public.{table}")));
        denied(anon(&pg, &format!("insert into public.{table} default values")));
    }
    let findings = examine(&mut admin(&pg).await).await.unwrap();
    let open: Vec<_> = findings
        .iter()
        .filter(|f| f.code == "row_security_off")
        .map(|f| f.subject.as_str())
        .collect();
    for table in ["staff_invitations", "sales_proposals", "lead_scoring_data"] {
        assert!(open.iter().any(|subject| subject.ends_with(table)), "{open:?}");
    }
}

#[tokio::test]
async fn t7_no_fix_opens_a_hole_of_its_own() {
    let pg = migrated().await;
    let (_, _) = journey(&pg, B, 2, 8);
    let (theirs, _) = journey(&pg, B, 4, 8);
    denied(web(
        &pg,
        7,
        &format!("insert into public.workflow_events (workflow_id, event_type) values ('{theirs}', 'payment')"),
    ));
    denied(anon(
        &pg,
        &format!("insert into public.workflow_events (workflow_id, event_type) values ('{theirs}', 'payment')"),
    ));
    denied(web(
        &pg,
        101,
        &format!(
            "insert into public.loyalty_profiles (clinic_id, customer_id, referral_code, total_points, current_tier) values ('{A}', md5('customer:1')::uuid, 'X', 999999, 'diamond')"
        ),
    ));
    assert_eq!(web(&pg, 7, "select count(*) from public.task_queue").unwrap(), "0");
    assert_eq!(
        pg.psql(
            DB,
            "select count(*) from pg_policy where polname like 'desk%' and pg_get_expr(polwithcheck, polrelid) = 'true'"
        ),
        "0"
    );
}

#[tokio::test]
async fn t8_claims_that_a_client_sets_are_not_believed() {
    let pg = migrated().await;
    let mut may = desk(&pg, A, 7).await;
    let claims = format!(
        r#"{{"clinic_id": "{B}", "role": "super_admin", "sub": "{}"}}"#,
        uid(&pg, "user", 2)
    );
    may.sql(&format!("set request.jwt.claims = '{claims}'")).await.unwrap();
    for table in ["customers", "appointments", "notifications"] {
        let seen = may
            .sql(&format!(
                "select count(*)::text from public.{table} where clinic_id = '{B}'"
            ))
            .await
            .unwrap();
        assert_eq!(seen, "0", "{table}");
    }
    assert_eq!(
        may.sql("select count(*)::text from public.customers").await.unwrap(),
        "500"
    );
    let (mine, _) = journey(&pg, A, 1, 7);
    let forged = format!(
        r#"{{"sub": "{}", "clinic_id": "{A}", "role": "clinic_owner"}}"#,
        uid(&pg, "user", 8)
    );
    let seen = pg.psql(DB, &format!("set request.jwt.claims = '{forged}'; set role authenticated; select count(*) from public.workflow_states where id = '{mine}'"));
    assert_eq!(seen, "0", "a clinic in the token opens nothing; membership does");
}

#[tokio::test]
async fn t9_and_t10_who_acts_is_the_connection_never_an_argument() {
    let pg = migrated().await;
    let (case, task) = journey(&pg, A, 1, 7);
    let mut may = desk(&pg, A, 7).await;
    let owner = uid(&pg, "user", 1);
    let forged =
        json!({ "id": task, "completed_by": owner, "person_id": owner, "clinic_id": B, "performed_by": owner });
    assert_eq!(may.act("task.complete", forged).await, "ok");
    assert_eq!(
        pg.psql(DB, "select completed_by = md5('user:7')::uuid from public.task_queue"),
        "t"
    );
    assert_eq!(
        pg.psql(
            DB,
            "select count(*) from desk.mutation where person_id <> md5('user:7')::uuid"
        ),
        "0"
    );
    let history = |person: &str| {
        format!(
            "insert into public.workflow_actions (workflow_id, type, performed_by, from_stage, to_stage) values ('{case}', 'send_proposal', {person}, 'scanned', 'proposal_sent')"
        )
    };
    denied(web(&pg, 7, &history("md5('user:1')::uuid")));
    web(&pg, 7, &history("auth.uid()")).unwrap();
    let arguments = pg.psql(DB, "select string_agg(p.proname, ',') from pg_proc p where p.pronamespace = 'desk'::regnamespace and has_function_privilege('desk_member', p.oid, 'execute') and 'clinic' = any (coalesce(p.proargnames, '{}'))");
    assert_eq!(arguments, "", "no function that a desk may call takes a clinic");
}

#[tokio::test]
async fn w1_a_journey_can_be_saved_and_moved() {
    let pg = migrated().await;
    let case = web(&pg, 7, &format!("insert into public.workflow_states (clinic_id, customer_id, assigned_sales_id, metadata) values ('{A}', md5('customer:1')::uuid, auth.uid(), '{{\"customer_name\": \"x\"}}') returning id")).unwrap();
    let before = pg.psql(
        DB,
        &format!("select updated_at from public.workflow_states where id = '{case}'"),
    );
    for _ in 0..2 {
        web(
            &pg,
            7,
            &format!("update public.workflow_states set current_stage = 'scanned' where id = '{case}'"),
        )
        .unwrap();
        // Back goes with a reason, and a manager.
        web(&pg, 1, &format!("insert into public.workflow_actions (workflow_id, type, desk_kind, performed_by, from_stage, to_stage, notes) values ('{case}', 'scan_customer', 'step_back', auth.uid(), 'scanned', 'lead_created', 'สแกนผิดคน')")).unwrap();
    }
    assert_ne!(
        pg.psql(
            DB,
            &format!("select updated_at from public.workflow_states where id = '{case}'")
        ),
        before
    );
    assert_eq!(
        pg.psql(
            DB,
            "select count(*) from public.task_queue where task_type = 'send_proposal'"
        ),
        "1",
        "going back and forth makes one task (W8)"
    );
}

#[tokio::test]
async fn w6_stages_are_not_skipped_and_history_names_real_ones() {
    let pg = migrated().await;
    let (case, _) = journey(&pg, A, 1, 7);
    let refused = web(
        &pg,
        7,
        "update public.workflow_states set current_stage = 'payment_confirmed'",
    )
    .unwrap_err();
    assert!(
        refused.contains("cannot go from scanned to payment_confirmed"),
        "{refused}"
    );
    web(
        &pg,
        7,
        "update public.workflow_states set current_stage = 'proposal_sent'",
    )
    .unwrap();
    for (stage, why) in [
        ("payment_confirmed", "condition_not_met"), // nothing was paid and no plan says how much
        ("completed", "cannot go from proposal_sent to completed"),
    ] {
        let refused = web(
            &pg,
            7,
            &format!("update public.workflow_states set current_stage = '{stage}'"),
        )
        .unwrap_err();
        assert!(refused.contains(why), "{refused}");
    }
    let refused = web(&pg, 7, &format!("insert into public.workflow_actions (workflow_id, type, performed_by, from_stage, to_stage) values ('{case}', 'scan_customer', auth.uid(), 'anything', 'goes')")).unwrap_err();
    assert!(refused.contains("desk_workflow_actions_stages"), "{refused}");
}

#[tokio::test]
async fn w7_history_survives_the_person_who_made_it() {
    let pg = migrated().await;
    let (case, _) = journey(&pg, A, 1, 7);
    pg.psql(DB, &format!("insert into public.workflow_actions (workflow_id, type, performed_by, from_stage, to_stage) values ('{case}', 'send_proposal', md5('user:7')::uuid, 'scanned', 'proposal_sent')"));
    pg.psql(DB, "delete from public.sales_commissions; delete from public.customer_sales_messages; delete from auth.users where id = md5('user:7')::uuid");
    assert_eq!(
        pg.psql(DB, "select count(*) from public.users where id = md5('user:7')::uuid"),
        "0"
    );
    assert_eq!(pg.psql(DB, "select s.display_name || ' ' || s.active from public.workflow_actions a join desk.staff s on s.person_id = a.performed_by where a.desk_version = 2"), "คน ที่7 false");
    assert_eq!(pg.psql(DB, "select count(*) from public.task_queue"), "1");
    assert!(
        pg.try_psql(DB, "delete from desk.staff where person_id = md5('user:7')::uuid")
            .unwrap_err()
            .contains("never deleted")
    );
    pg.psql(DB, &format!("delete from public.branches; delete from public.appointments; delete from public.clinic_treatment_pricing; delete from public.skin_analyses; update public.users set clinic_id = null; delete from public.clinics where id = '{A}'"));
    assert_eq!(
        pg.psql(DB, &format!("select count(*) from desk.staff where clinic_id = '{A}'")),
        "0",
        "only with their whole clinic"
    );
}

#[tokio::test]
async fn w16_codes_do_not_repeat_or_collide() {
    let pg = migrated().await;
    pg.psql(
        DB,
        &format!(
            "insert into public.customers (clinic_id, customer_code, full_name) values ('{A}', 'BKK01-000002', 'เดิม')"
        ),
    );
    let (mut may, mut nok, mut bee) = (desk(&pg, A, 7).await, desk(&pg, A, 5).await, desk(&pg, B, 8).await);
    let create = || json!({ "id": Uuid::now_v7(), "full_name": "ก" });
    for _ in 0..60 {
        let (one, two, three) = tokio::join!(
            may.act("customer.create", create()),
            nok.act("customer.create", create()),
            bee.act("customer.create", create())
        );
        assert_eq!([one, two, three], ["ok", "ok", "ok"]);
    }
    assert_eq!(pg.psql(DB, "select min(customer_code), max(customer_code), count(*), max(length(customer_code)) from public.customers where customer_code like 'BKK01-%' and full_name = 'ก'"), "BKK01-000001|BKK01-000121|120|12");
    assert_eq!(
        pg.psql(
            DB,
            "select max(customer_code) from public.customers where customer_code like 'CNX01-%'"
        ),
        "CNX01-000060"
    );
}

#[tokio::test]
async fn l2_no_update_is_lost_and_no_balance_is_negative() {
    let pg = migrated().await;
    pg.psql(DB, &format!("insert into public.loyalty_profiles (clinic_id, customer_id, referral_code, total_points, available_points) values ('{A}', md5('customer:1')::uuid, 'BN1', 999, 999)"));
    let balance = |pg: &PgCluster| {
        pg.psql(
            DB,
            "select total_points, available_points, current_tier from public.loyalty_profiles",
        )
    };
    assert_eq!(balance(&pg), "0|0|bronze", "a balance without a ledger is nothing");
    let entry = |kind: &str, amount: i32| {
        pg.try_psql(DB, &format!("insert into public.point_transactions (clinic_id, customer_id, type, amount) values ('{A}', md5('customer:1')::uuid, '{kind}', {amount})"))
    };
    // +50 and +30 from 100, interleaved: the second writes the balance that it read before the first.
    entry("earned", 100).unwrap();
    entry("earned", 50).unwrap();
    entry("earned", 30).unwrap();
    pg.psql(
        DB,
        "update public.loyalty_profiles set available_points = 130, total_points = 130",
    );
    assert_eq!(balance(&pg), "180|180|bronze");
    entry("redeemed", 80).unwrap();
    assert_eq!(balance(&pg), "180|100|bronze");
    assert!(
        entry("redeemed", 101)
            .unwrap_err()
            .contains("these points are not there: 1 of 101 are missing")
    );
    assert!(
        pg.try_psql(DB, "update public.point_transactions set amount = 1")
            .unwrap_err()
            .contains("only added to")
    );
    entry("earned", 900).unwrap();
    assert_eq!(balance(&pg), "1080|1000|silver", "the tier follows at once");
}

#[tokio::test]
async fn l3_the_first_award_keeps_the_welcome_points_and_the_ledger_agrees() {
    let pg = migrated().await;
    let mut may = desk(&pg, A, 7).await;
    let customer = uid(&pg, "customer", 1);
    for satang in [50_000, 1_000_000, 99] {
        assert_eq!(
            may.act(
                "points.award",
                json!({ "id": Uuid::now_v7(), "customer_id": customer, "satang": satang })
            )
            .await,
            "ok"
        );
    }
    assert_eq!(pg.psql(DB, "select available_points, total_points, (select sum(amount) from public.point_transactions), referral_code ~ '^BN[0-9A-HJKMNP-TV-Z]{6}$' from public.loyalty_profiles"), "1150|1150|1150|t");
    assert_eq!(
        may.act(
            "points.award",
            json!({ "id": Uuid::now_v7(), "customer_id": customer, "satang": 10_000 })
        )
        .await,
        "ok"
    );
    assert_eq!(
        pg.psql(
            DB,
            "select amount from public.point_transactions order by created_at desc, amount limit 1"
        ),
        "15",
        "silver earns one and a half"
    );
    let expiry = pg.psql(DB, "select desk.lot_expiry(clinic_id, '2024-02-29 18:00+07') at time zone 'Asia/Bangkok', desk.lot_expiry(clinic_id, '2024-02-28 23:30+00') at time zone 'Asia/Bangkok' from desk.clinic limit 1");
    assert_eq!(expiry, "2026-02-28 23:59:59|2026-02-28 23:59:59");
}

#[tokio::test]
async fn d1_the_migrations_replay_on_what_is_there() {
    for files in [
        &BASELINE[..],
        &["core.sql"],
        &["supabase_stub.sql", "core.sql"],
        &["supabase_stub.sql", "core.sql", "rest.sql"],
    ] {
        let pg = database(files);
        migrate::up(&mut admin(&pg).await)
            .await
            .unwrap_or_else(|error| panic!("{files:?}: {error}"));
    }
}

#[tokio::test]
async fn d2_twice_is_once_and_down_is_down() {
    let pg = migrated().await;
    let mut conn = admin(&pg).await;
    for _ in 0..2 {
        migrate::up(&mut conn).await.unwrap();
        assert_eq!(
            pg.psql(
                DB,
                "select count(*) from public.followup_templates where is_system_template"
            ),
            "3"
        );
        migrate::down(&mut conn, Data::Refuse).await.unwrap();
        migrate::up(&mut conn).await.unwrap();
    }
    // A constraint of the same name on another table suppresses nothing.
    migrate::down(&mut conn, Data::Refuse).await.unwrap();
    pg.psql(
        DB,
        "create table public.other (x int constraint valid_notification_priority check (x > 0))",
    );
    migrate::up(&mut conn).await.unwrap();
    assert_eq!(
        pg.psql(
            DB,
            "select count(*) from pg_constraint where conname = 'valid_notification_priority'"
        ),
        "2"
    );
}

#[tokio::test]
async fn d4_no_migration_touches_the_clinics_rows() {
    let pg = database(&BASELINE);
    let sums = "select string_agg(t || ' ' || (xpath('/row/c/text()', query_to_xml(format('select count(*) || md5(string_agg(x::text, '''' order by x::text)) as c from %s x', t), false, true, '')))[1], E'\\n' order by t)
        from (select oid::regclass::text as t from pg_class where relkind = 'r' and relnamespace in ('public'::regnamespace, 'auth'::regnamespace)) z";
    let before = pg.psql(DB, sums);
    migrate::up(&mut admin(&pg).await).await.unwrap();
    migrate::down(&mut admin(&pg).await, Data::Refuse).await.unwrap();
    assert_eq!(pg.psql(DB, sums), before);
}

#[tokio::test]
async fn d6_what_was_unchecked_is_checked() {
    let pg = migrated().await;
    let without = pg.psql(DB, "select string_agg(c.relname, ',' order by c.relname) from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'updated_at' where c.relnamespace = 'public'::regnamespace
        and c.relname in ('workflow_states', 'task_queue', 'automation_rules', 'followup_rules', 'followup_executions', 'customer_preferences', 'followup_templates', 'loyalty_profiles')
        and not exists (select 1 from pg_trigger t where t.tgrelid = c.oid and t.tgname in ('touch', 'desk_points'))");
    assert_eq!(without, "", "updated_at is kept everywhere");
    let fax = |sql: &str| pg.try_psql(DB, sql).unwrap_err();
    assert!(fax(&format!("insert into public.followup_rules (clinic_id, name, type, channels) values ('{A}', 'x', 'post_treatment', '{{fax}}')")).contains("channels"));
    assert!(fax(&format!("insert into public.customer_preferences (clinic_id, customer_id, preferred_channels) values ('{A}', md5('customer:1')::uuid, '{{fax}}')")).contains("channels"));
    pg.psql(DB, "update public.notifications set is_read = true where id = md5('note:1')::uuid; update public.notifications set read_at = now() where id = md5('note:2')::uuid");
    assert_eq!(pg.psql(DB, "select count(*) from public.notifications where id in (md5('note:1')::uuid, md5('note:2')::uuid) and is_read and read_at is not null"), "2");
}
