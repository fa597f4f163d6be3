//! Nobody sees or changes another clinic's data, by any path. The matrix is generated from the catalogue, so a table, column or function
//! added later is in it by itself; and it is shown to fail when any one of our policies or revokes is taken away.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)] // a test ends where it is surprised

mod clinic_support;

use std::collections::BTreeSet;

use clinic_support::{A, B, DB, Desk, admin, desk, followup, journey, migrated, uid};
use desk_clinic::feed;
use desk_tests::harness::pg::PgCluster;
use serde_json::json;
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Row as _};
use uuid::Uuid;

/// Words that stand in clinic B's rows only. None may ever reach a desk of clinic A.
const MARK: &str = "OTHERCLINIC";

/// Tables of which desks may read every column (of their own rows).
const WHOLE: [&str; 5] = ["desk.clock", "desk.coupon", "desk.feed", "desk.lot", "desk.payment"];

/// Both clinics with a row in every table of ours and of theirs; B's rows carry the mark in every text.
async fn two_clinics() -> (PgCluster, Desk) {
    let pg = migrated().await;
    for (clinic, customer, seller) in [(A, 1, 7), (B, 2, 8)] {
        fill(&pg, clinic, customer, seller);
    }
    pg.psql(DB, &format!("update public.customers set full_name = '{MARK}', nickname = '{MARK}', phone = '{MARK}', notes = '{MARK}', medical_notes = '{MARK}' where clinic_id = '{B}';
        update public.customers set medical_notes = '{MARK}' where clinic_id = '{A}'; -- their own, but not for desks
        update public.notifications set title = '{MARK}' where clinic_id = '{B}' or user_id <> md5('user:7')::uuid;
        update public.appointments set notes = '{MARK}' where clinic_id = '{B}';
        update public.staff_invitations set email = '{MARK}'; update public.sales_proposals set customer_name = '{MARK}';
        update desk.staff set display_name = '{MARK}' where clinic_id = '{B}'; update desk.clinic set name_th = '{MARK}' where clinic_id = '{B}';"));
    let mut theirs = desk(&pg, B, 8).await;
    theirs
        .act(
            "customer.edit",
            json!({ "id": uid(&pg, "customer", 2), "set": { "allergies": MARK } }),
        )
        .await;
    let mut may = desk(&pg, A, 7).await;
    may.act(
        "customer.edit",
        json!({ "id": uid(&pg, "customer", 1), "set": { "notes": "ก" } }),
    )
    .await;
    (pg, may)
}

fn fill(pg: &PgCluster, clinic: &str, customer: u32, seller: u32) {
    let (journey, _) = journey(pg, clinic, customer, seller);
    let (friend, twin) = (customer + 2, customer + 4);
    followup(pg, clinic, customer);
    let word = if clinic == B { MARK } else { "ของเอ" };
    pg.psql(DB, &format!("
        insert into public.workflow_actions (workflow_id, type, performed_by, from_stage, to_stage, notes) values ('{journey}', 'send_proposal', md5('user:{seller}')::uuid, 'scanned', 'proposal_sent', '{word}');
        insert into public.workflow_events (workflow_id, event_type, event_data) values ('{journey}', 'x', '\"{word}\"');
        insert into public.automation_rules (clinic_id, rule_name, trigger_stage, target_action, target_data) values ('{clinic}', '{word}', 'scanned', 'notify', '{{\"to\":\"seller\",\"text\":\"{word}\"}}');
        insert into public.customer_preferences (clinic_id, customer_id) values ('{clinic}', md5('customer:{customer}')::uuid);
        insert into public.followup_templates (clinic_id, name, type, message) values ('{clinic}', '{word}', 'x', '{word}');
        insert into public.customer_journey_events (clinic_id, customer_id, event_type, source) values ('{clinic}', md5('customer:{customer}')::uuid, 'payment_made', '{word}');
        insert into public.loyalty_profiles (clinic_id, customer_id, referral_code) values ('{clinic}', md5('customer:{customer}')::uuid, 'BN{customer}');
        insert into public.point_transactions (clinic_id, customer_id, type, amount, description) values ('{clinic}', md5('customer:{customer}')::uuid, 'bonus', 5, '{word}');
        insert into desk.visit (clinic_id, id, customer_id, day, queue_number, arrived_at, arrived_by, arrived_device) values ('{clinic}', gen_random_uuid(), md5('customer:{customer}')::uuid, '2026-10-01', 1, '2026-10-01T03:00:00Z', md5('user:{seller}')::uuid, '{word}');
        insert into desk.queue (clinic_id, day, last) values ('{clinic}', '2026-10-01', 1);
        insert into public.achievements (clinic_id, name, category, conditions) values ('{clinic}', '{word}', 'special', '{{}}');
        insert into public.loyalty_rewards (clinic_id, name, type, points_cost, monetary_value) values ('{clinic}', '{word}', 'free_service', 1, 1);
        insert into public.notifications (user_id, clinic_id, type, title, message) values (md5('user:{seller}')::uuid, '{clinic}', 'x', '{word}', '{word}');
        insert into desk.lease (clinic_id, device, day, points, per_customer, taken_by, ends_at, settles_until) values ('{clinic}', '{word}', '2026-10-01', 10, 5, md5('user:{seller}')::uuid, '2026-10-01T17:00:00Z', '2026-10-08T17:00:00Z');
        insert into desk.payment_counter (clinic_id, last) values ('{clinic}', 1);
        insert into desk.payment (clinic_id, id, number, customer_id, satang, method, taken_at, taken_by, note) values ('{clinic}', gen_random_uuid(), 1, md5('customer:{customer}')::uuid, 100, 'cash', now(), md5('user:{seller}')::uuid, '{word}');
        insert into desk.referral (clinic_id, id, referrer_id, friend_id, made_at, made_by, by_code, reasons) values ('{clinic}', gen_random_uuid(), md5('customer:{customer}')::uuid, md5('customer:{friend}')::uuid, now(), md5('user:{seller}')::uuid, false, array['{word}']);
        insert into desk.achieved (clinic_id, customer_id, achievement_id, percent, reward) select '{clinic}', md5('customer:{customer}')::uuid, a.id, 50, '{word}' from public.achievements a where a.clinic_id = '{clinic}';
        insert into desk.approval (clinic_id, id, kind, customer_id, points, reason, note, asked_by) values ('{clinic}', gen_random_uuid(), 'gift', md5('customer:{customer}')::uuid, 500, 'other', '{word}', md5('user:{seller}')::uuid);
        with spent as (insert into public.point_transactions (clinic_id, customer_id, type, amount) values ('{clinic}', md5('customer:{customer}')::uuid, 'redeemed', -1) returning id)
        insert into desk.coupon (clinic_id, id, code, customer_id, reward_id, name, kind, value, is_stackable, points, lots, expires_at, issued_at)
          select '{clinic}', id, '{word}', md5('customer:{customer}')::uuid, gen_random_uuid(), '{word}', 'free_service', 0, true, 1, '[]', now(), now() from spent;
        insert into desk.merge_step values (pg_current_xact_id(), md5('customer:{twin}')::uuid, md5('customer:{friend}')::uuid);
        insert into desk.merge (clinic_id, id, from_id, into_id, merged_by, merged_device, until, kept) values ('{clinic}', md5('merge:{customer}')::uuid, md5('customer:{twin}')::uuid, md5('customer:{friend}')::uuid, md5('user:{seller}')::uuid, '{word}', now(), '{{\"x\":\"{word}\"}}');
        insert into desk.merge_row (clinic_id, merge_id, place, key) values ('{clinic}', md5('merge:{customer}')::uuid, 'x', '{word}');
        insert into desk.closed_day (clinic_id, day, name) values ('{clinic}', '2026-12-31', '{word}');
        insert into desk.contact (clinic_id, id, customer_id, person_id, direction, outcome, note, at) values ('{clinic}', gen_random_uuid(), md5('customer:{customer}')::uuid, md5('user:{seller}')::uuid, 'out', 'talked', '{word}', now());
        insert into public.lead_scoring_data (clinic_id, customer_name, overall_score, lead_category, priority) values ('{clinic}', '{word}', 99, 'hot', 'high')"));
}

struct Table {
    name: String,
    columns: Vec<String>,
}

/// Every table of every schema that is not PostgreSQL's own.
async fn tables(conn: &mut PgConnection) -> Vec<Table> {
    let text = "select c.oid::regclass::text, array_agg(quote_ident(a.attname) order by a.attnum) from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped \
        where c.relkind in ('r', 'p', 'v', 'm') and c.relnamespace not in ('pg_catalog'::regnamespace, 'information_schema'::regnamespace, 'pg_toast'::regnamespace) group by 1 order by 1";
    let rows: Vec<(String, Vec<String>)> = sqlx::query_as(AssertSqlSafe(text.to_owned()))
        .fetch_all(conn)
        .await
        .unwrap();
    rows.into_iter()
        .map(|(name, columns)| Table { name, columns })
        .collect()
}

/// Runs one statement as the desk and rolls back. The first column's texts, or the refusal.
async fn attempt(conn: &mut PgConnection, text: &str) -> Result<Vec<String>, String> {
    sqlx::raw_sql("begin").execute(&mut *conn).await.unwrap();
    let result = sqlx::raw_sql(AssertSqlSafe(text.to_owned()))
        .fetch_all(&mut *conn)
        .await;
    sqlx::raw_sql("rollback").execute(&mut *conn).await.unwrap();
    match result {
        Ok(rows) => Ok(rows
            .iter()
            .map(|row| row.try_get::<String, _>(0).unwrap_or_default())
            .collect()),
        Err(sqlx::Error::Database(error)) => Err(format!("{} {}", error.code().unwrap_or_default(), error.message())),
        Err(other) => panic!("{text}: {other}"),
    }
}

/// All ways for a desk of clinic A to see or change what is not its own. Returns what succeeded: nothing, when all is well.
async fn leaks(pg: &PgCluster, conn: &mut PgConnection) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let tables = tables(&mut admin(pg).await).await;
    assert!(tables.len() > 40, "the catalogue was read");
    let claims = format!(
        "set local \"request.jwt.claims\" = '{{\"clinic_id\": \"{B}\", \"role\": \"super_admin\", \"sub\": \"{}\"}}'; set local role desk_member;",
        uid(pg, "user", 2)
    );
    let claims_only = claims.replace("set local role desk_member;", "");
    for before in ["", claims_only.as_str(), claims.as_str()] {
        for table in &tables {
            reading(conn, before, table, &mut found).await;
            writing(conn, before, table, &mut found).await;
        }
    }
    functions(pg, conn, &mut found).await;
    found
}

async fn reading(conn: &mut PgConnection, before: &str, table: &Table, found: &mut BTreeSet<String>) {
    let Table { name, columns } = table;
    for column in columns {
        let text = format!("{before} select coalesce({column}::text, '') from {name}");
        if let Ok(values) = attempt(conn, &text).await {
            let foreign = values.iter().any(|value| value.contains(MARK) || value.contains(B));
            if foreign {
                found.insert(format!("read {name}.{column}"));
            }
        }
        if attempt(
            conn,
            &format!("{before} select coalesce(max({column}::text), '') from {name} where clinic_id = '{B}'"),
        )
        .await
        .is_ok_and(|values| !values[0].is_empty())
        {
            found.insert(format!("filter {name}.{column}"));
        }
    }
    let copy = attempt(
        conn,
        &format!("{before} create temp table stolen as select * from {name}; select count(*)::text from stolen"),
    )
    .await;
    if copy.is_ok() && !WHOLE.contains(&name.as_str()) {
        found.insert(format!("all columns of {name}"));
    }
}

async fn writing(conn: &mut PgConnection, before: &str, table: &Table, found: &mut BTreeSet<String>) {
    let Table { name, columns } = table;
    let tries = [
        format!("delete from {name}"),
        format!("update {name} set {0} = {0}", columns[0]),
        format!("insert into {name} default values"),
        format!("insert into {name} select * from {name}"),
        format!("truncate {name}"),
        format!("lock table {name} in exclusive mode"),
        format!("create index on {name} ({})", columns[0]),
        format!("alter table {name} disable row level security"),
        format!("create temp table probe (x uuid references {name})"),
        format!("copy {name} from program 'true'"),
    ];
    for text in tries {
        match attempt(conn, &format!("{before} {text}")).await {
            Err(refusal)
                if refusal.starts_with("42501") && !refusal.contains("row-level") && !refusal.contains(MARK) => {}
            // No such key to refer to, or a temporary table refers to a permanent one: refused before any row is looked at.
            Err(refusal) if ["42830", "42P16", "428C9"].iter().any(|code| refusal.starts_with(code)) => {}
            other => {
                found.insert(format!("{text}: {other:?}"));
            }
        }
    }
}

/// Every function outside PostgreSQL's own that the login may call, except those that are meant for it.
async fn functions(pg: &PgCluster, conn: &mut PgConnection, found: &mut BTreeSet<String>) {
    let meant = [
        "desk.confirm_wipe()",
        "desk.enrol(text,text)",
        "desk.merge_trial(jsonb)",
        "desk.my_pairs()",
        "desk.my_wipe_order()",
        "desk.push(uuid,jsonb)",
        "desk.rule_dry_run(uuid)",
        "desk.rule_figures()",
        "desk.take_lease()",
        "desk.timers_late()",
        "desk.whereabouts()",
        "get_workflow_stats(uuid)",
        "handle_updated_at()",
    ];
    let all: Vec<String> = sqlx::query_scalar("select p.oid::regprocedure::text from pg_proc p where p.pronamespace not in ('pg_catalog'::regnamespace, 'information_schema'::regnamespace, 'auth'::regnamespace)").fetch_all(&mut admin(pg).await).await.unwrap();
    assert!(all.len() > 60);
    for function in all {
        let may: bool = sqlx::query_scalar("select has_function_privilege($1, 'execute')")
            .bind(&function)
            .fetch_one(&mut *conn)
            .await
            .unwrap_or(false);
        if may && !meant.contains(&function.as_str()) {
            found.insert(format!("call {function}"));
        }
    }
    let stats = attempt(conn, &format!("set local \"request.jwt.claims\" = '{{\"sub\": \"{}\"}}'; select count(*)::text from public.get_workflow_stats('{B}')", uid(pg, "user", 2))).await;
    if stats != Ok(vec!["0".into()]) {
        found.insert(format!("get_workflow_stats: {stats:?}"));
    }
}

#[tokio::test]
async fn a_desk_sees_and_changes_nothing_of_another_clinic() {
    let (pg, mut may) = two_clinics().await;
    let found = leaks(&pg, &mut may.conn).await;
    assert!(found.is_empty(), "{} leaks: {found:#?}", found.len());
    let own: String = may.sql("select count(*)::text from public.customers").await.unwrap();
    assert_eq!(own, "500", "and its own clinic it sees");
}

#[tokio::test]
async fn a_login_before_enrolment_and_one_that_was_disabled_see_nothing() {
    let (pg, mut may) = two_clinics().await;
    pg.psql(
        DB,
        &format!(
            "update desk.member set disabled_at = now() where role_name = '{}'",
            may.login
        ),
    );
    for table in tables(&mut admin(&pg).await).await {
        for column in &table.columns {
            if let Ok(values) = attempt(&mut may.conn, &format!("select {column}::text from {}", table.name)).await {
                assert!(values.is_empty(), "{}.{column}", table.name);
            }
        }
    }
    assert!(feed::head(&mut may.conn).await.is_err());
}

/// Error texts and outcomes are the same for another clinic's id and for an id that never was.
#[tokio::test]
async fn answers_do_not_tell_whether_an_id_exists_elsewhere() {
    let (pg, mut may) = two_clinics().await;
    let theirs = |sql: &str| -> Uuid { pg.psql(DB, sql).parse().unwrap() };
    let task = theirs(&format!(
        "select id from public.task_queue where clinic_id = '{B}' limit 1"
    ));
    let due = theirs(&format!(
        "select id from public.followup_executions where clinic_id = '{B}' limit 1"
    ));
    let note = theirs(&format!(
        "select id from public.notifications where clinic_id = '{B}' limit 1"
    ));
    let (customer, person) = (uid(&pg, "customer", 2), uid(&pg, "user", 8));
    let visit = theirs(&format!("select id from desk.visit where clinic_id = '{B}' limit 1"));
    let mine: Uuid = pg
        .psql(
            DB,
            &format!("select id from public.task_queue where clinic_id = '{A}' limit 1"),
        )
        .parse()
        .unwrap();
    let pairs = [
        ("task.complete", "id", task),
        ("task.note", "id", task),
        ("followup.done", "id", due),
        ("notification.read", "id", note),
        ("customer.edit", "id", customer),
        ("points.award", "customer_id", customer),
        ("payment.take", "customer_id", customer),
        ("task.reassign", "to", person),
        ("visit.check_in", "customer_id", customer),
        ("visit.leave", "id", visit),
    ];
    for (name, key, theirs) in pairs {
        let mut answers = Vec::new();
        for id in [theirs, Uuid::new_v4()] {
            let mut args = json!({ "id": if key == "to" { mine } else { Uuid::now_v7() }, "text": "x", "set": { "notes": "x" }, "satang": 100, "method": "cash", "entry": Uuid::now_v7() });
            args[key] = json!(id);
            let mutation = may.mutation(name, args);
            let outcome = may.push(&[mutation]).await.unwrap().remove(0);
            answers.push((outcome.status, outcome.code, outcome.detail));
        }
        assert_eq!(answers[0], answers[1], "{name}");
    }
}

/// LISTEN has no permissions; so the name of the channel is what must not be known.
#[tokio::test]
async fn the_channel_of_another_clinic_cannot_be_read_or_guessed() {
    let (pg, mut may) = two_clinics().await;
    let seen = may
        .sql("select string_agg(channel::text, ',') from desk.clock")
        .await
        .unwrap();
    assert_eq!(seen, feed::head(&mut may.conn).await.unwrap().channel.to_string());
    let clinic_b = pg.psql(DB, &format!("select channel from desk.clock where clinic_id = '{B}'"));
    assert!(clinic_b != B && clinic_b != seen);
    let others = attempt(
        &mut may.conn,
        "select channel::text from pg_listening_channels() channel",
    )
    .await
    .unwrap();
    assert!(others.is_empty());
}

/// Each of our policies and revokes matters: without any one of them the matrix fails, or desks stop working.
#[tokio::test]
async fn without_any_one_policy_or_revoke_the_matrix_fails() {
    let (pg, mut may) = two_clinics().await;
    let mut damages: Vec<String> = pg
        .psql(DB, &format!("select format('alter policy desk_read on %1$s using (true); alter policy desk_fence on %1$s using (true)', polrelid::regclass) from pg_policy where polname = 'desk_fence'
            union all select format('alter table %s disable row level security', polrelid::regclass) from pg_policy where polname = 'desk_fence'
            union all select format('grant select on %s to desk_member', c.oid::regclass) from pg_class c where relkind = 'r' and relnamespace in ('desk'::regnamespace, 'public'::regnamespace) and c.oid <> all ('{{{}}}'::regclass[])
            union all select format('grant execute on function %s to desk_member', p.oid::regprocedure) from pg_proc p where pronamespace = 'desk'::regnamespace and not has_function_privilege('desk_member', p.oid, 'execute')", WHOLE.join(",")))
        .lines()
        .map(str::to_owned)
        .collect();
    // The fence alone: only it stands between a desk and the clinic's own policies, which believe a setting.
    damages
        .extend(["public.customers", "public.appointments"].map(|table| format!("drop policy desk_fence on {table}")));
    damages
        .extend(["insert", "update", "delete"].map(|what| format!("grant {what} on public.task_queue to desk_member")));
    assert!(damages.len() > 100, "{}", damages.len());
    let mut unnoticed = Vec::new();
    for damage in damages {
        if !is_noticed(&pg, &mut may, &damage).await {
            unnoticed.push(damage);
        }
    }
    let left = leaks(&pg, &mut may.conn).await;
    assert!(
        left.is_empty(),
        "each damage was undone, so each alone was noticed: {left:#?}"
    );
    assert!(unnoticed.is_empty(), "{} unnoticed: {unnoticed:#?}", unnoticed.len());
}

/// Damages, looks, and puts everything back as it was.
async fn is_noticed(pg: &PgCluster, may: &mut Desk, damage: &str) -> bool {
    let table = damage
        .split(" on ")
        .nth(1)
        .or_else(|| damage.split("alter table ").nth(1))
        .unwrap_or_default();
    let table = table.split(' ').next().unwrap_or_default().to_owned();
    let save = pg.psql(DB, "select coalesce(string_agg(format('grant select (%I) on %s to desk_member', a.attname, a.attrelid::regclass), ';'), '') from pg_attribute a, aclexplode(a.attacl) x where x.grantee = 'desk_member'::regrole");
    let conditions = pg.psql(DB, "select coalesce(string_agg(case polname when 'desk_fence' then format('drop policy if exists desk_fence on %1$s; create policy desk_fence on %1$s as restrictive for all to desk_member using (%2$s) with check (%2$s)', polrelid::regclass, pg_get_expr(polqual, polrelid))
        else format('alter policy desk_read on %s using (%s)', polrelid::regclass, pg_get_expr(polqual, polrelid)) end, ';'), '') from pg_policy where polname in ('desk_fence', 'desk_read')");
    pg.psql(DB, damage);
    let found = if damage.contains("function") {
        some_functions(pg, may).await
    } else {
        some_leaks(pg, may, &table).await
    };
    let undo = match damage {
        grant if grant.starts_with("grant") => grant.replace("grant ", "revoke ").replace(" to ", " from "),
        rls if rls.contains("disable row") => rls.replace("disable", "enable"),
        _ => String::new(),
    };
    pg.psql(DB, &format!("{undo}; {save}; {conditions}"));
    found
}

async fn some_functions(pg: &PgCluster, may: &mut Desk) -> bool {
    let mut found = BTreeSet::new();
    functions(pg, &mut may.conn, &mut found).await;
    !found.is_empty()
}

async fn some_leaks(pg: &PgCluster, may: &mut Desk, table: &str) -> bool {
    let claims = format!("set local \"request.jwt.claims\" = '{{\"clinic_id\": \"{B}\", \"role\": \"super_admin\"}}';");
    let mut found = BTreeSet::new();
    for known in tables(&mut admin(pg).await).await.iter().filter(|known| {
        known.name == table || format!("public.{}", known.name) == table || known.name == format!("public.{table}")
    }) {
        for before in ["", claims.as_str()] {
            reading(&mut may.conn, before, known, &mut found).await;
            writing(&mut may.conn, before, known, &mut found).await;
        }
    }
    !found.is_empty()
}
