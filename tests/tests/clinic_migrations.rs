//! Migrations up and down on every kind of clinic database: with data, bare, with and without Supabase, twice, at once, and through a crash.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)] // a test ends where it is surprised

mod clinic_support;

use clinic_support::{BASELINE, DB, admin, database, migrated};
use desk_clinic::ClinicError;
use desk_clinic::migrate::{self, Data};
use desk_tests::harness::pg::PgCluster;

fn schema(pg: &PgCluster) -> String {
    pg.pg_dump(DB, &["--schema-only"])
}

/// A message where two long texts differ, instead of both.
fn same(before: &str, after: &str) {
    let at = before.lines().zip(after.lines()).position(|(a, b)| a != b);
    let show = |text: &str| at.and_then(|at| text.lines().nth(at)).unwrap_or_default().to_owned();
    assert!(
        before == after,
        "differs at line {at:?}: {:?} / {:?}; {} and {} lines",
        show(before),
        show(after),
        before.lines().count(),
        after.lines().count()
    );
}

async fn clean(pg: &PgCluster) {
    let problems = migrate::verify(&mut admin(pg).await).await.unwrap();
    assert!(problems.is_empty(), "{problems:?}");
}

/// Up, down to the byte, up again.
async fn round_trip(pg: &PgCluster) {
    let before = schema(pg);
    let mut conn = admin(pg).await;
    let applied = migrate::up(&mut conn).await.unwrap();
    assert!(applied.len() > 10);
    clean(pg).await;
    let up = schema(pg);
    assert!(
        migrate::up(&mut conn).await.unwrap().is_empty(),
        "a second up has nothing to do"
    );
    same(&up, &schema(pg));
    assert!(migrate::down(&mut conn, Data::Refuse).await.unwrap().is_empty());
    same(&before, &schema(pg));
    assert!(
        migrate::down(&mut conn, Data::Refuse).await.unwrap().is_empty(),
        "a second down has nothing to do"
    );
    migrate::up(&mut conn).await.unwrap();
    same(&up, &schema(pg));
}

#[tokio::test]
async fn up_down_up_on_the_baseline_with_a_thousand_rows_a_table() {
    let pg = database(&BASELINE);
    let rows = |pg: &PgCluster| {
        pg.psql(
            DB,
            "select count(*) || ' ' || md5(string_agg(c::text, '' order by id)) from public.customers c",
        )
    };
    let before = rows(&pg);
    round_trip(&pg).await;
    assert_eq!(rows(&pg), before, "the clinic's rows are untouched");
    assert_eq!(
        pg.psql(
            DB,
            "select count(*) from public.followup_templates where is_system_template"
        ),
        "3"
    );
    assert_eq!(
        pg.psql(
            DB,
            "select string_agg(code_prefix || ' ' || name_th, ', ' order by code_prefix) from desk.clinic"
        ),
        "BKK01 คลินิกเอ, CNX01 คลินิกบี"
    );
    assert_eq!(pg.psql(DB, "select count(*) from desk.staff"), "8");
}

#[tokio::test]
async fn up_down_up_on_the_four_core_tables_without_supabase() {
    let pg = database(&["core.sql"]);
    assert_eq!(
        pg.psql(
            DB,
            "select to_regrole('authenticated') is null, to_regnamespace('auth') is null"
        ),
        "t|t"
    );
    round_trip(&pg).await;
    assert_eq!(
        pg.psql(
            DB,
            "select count(*) from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r'"
        ),
        "23",
        "four, fourteen and five"
    );
    assert_eq!(
        pg.psql(
            DB,
            "select relrowsecurity from pg_class where oid = 'public.customers'::regclass"
        ),
        "t"
    );
    pg.psql(DB, "create role web login; grant all on public.customers, public.clinics to web; insert into public.clinics (clinic_code, display_name) values ('X', '\"X\"')");
    let inserted = pg.psql(DB, "set role web; insert into public.customers (clinic_id, customer_code, full_name) select id, 'C1', 'ก' from public.clinics; select count(*) from public.customers");
    assert_eq!(
        inserted, "1",
        "row security that we switched on takes nothing from others"
    );
}

#[tokio::test]
async fn up_down_up_on_the_core_tables_with_supabase() {
    round_trip(&database(&["supabase_stub.sql", "core.sql"])).await;
}

#[tokio::test]
async fn a_database_that_has_priority_and_urgent_rows_keeps_both() {
    let pg = database(&BASELINE);
    pg.psql(DB, "alter table public.notifications add priority text default 'normal'; update public.notifications set priority = case when is_read then 'urgent' else 'normal' end");
    round_trip(&pg).await;
    assert_eq!(
        pg.psql(
            DB,
            "select count(*) from public.notifications where priority = 'urgent'"
        ),
        "333"
    );
    pg.psql(DB, "update public.notifications set is_read = not is_read");
    assert_eq!(
        pg.psql(
            DB,
            "select string_agg(distinct priority, ',' order by priority) from public.notifications"
        ),
        "critical,medium"
    );
    pg.psql(DB, "insert into public.notifications (user_id, type, title, message, priority) select id, 'x', 'x', 'x', 'urgent' from public.users limit 1");
    assert!(pg.try_psql(DB, "insert into public.notifications (user_id, type, title, message, priority) select id, 'x', 'x', 'x', 'shrill' from public.users limit 1").is_err());
    assert_eq!(
        pg.psql(
            DB,
            "select count(*) from desk.problem where code = 'priority_outside_list'"
        ),
        "1"
    );
}

#[tokio::test]
async fn a_database_without_the_core_tables_is_refused_by_name() {
    let pg = database(&["core.sql"]);
    pg.psql(
        DB,
        "drop table public.notifications; alter table public.customers drop column customer_code",
    );
    let before = schema(&pg);
    let error = migrate::up(&mut admin(&pg).await).await.unwrap_err().to_string();
    for name in ["public.notifications.user_id", "public.customers.customer_code"] {
        assert!(error.contains(name), "{error}");
    }
    same(&before, &schema(&pg));
}

#[tokio::test]
async fn tables_of_the_fourteen_that_exist_are_refused_by_name() {
    let pg = database(&BASELINE);
    pg.psql(
        DB,
        "create table public.task_queue (id int); create table public.achievements (id int)",
    );
    let error = migrate::up(&mut admin(&pg).await).await.unwrap_err().to_string();
    assert!(error.contains("public.achievements, public.task_queue"), "{error}");
    assert_eq!(pg.psql(DB, "select to_regnamespace('desk') is null"), "t");
}

#[tokio::test]
async fn two_ups_at_once_do_not_clash() {
    let pg = database(&BASELINE);
    let (mut one, mut two) = (admin(&pg).await, admin(&pg).await);
    let (first, second) = tokio::join!(migrate::up(&mut one), migrate::up(&mut two));
    let mut counts = [first.unwrap().len(), second.unwrap().len()];
    counts.sort_unstable();
    assert_eq!(counts[0], 0);
    assert!(counts[1] > 10);
    clean(&pg).await;
}

#[tokio::test]
async fn a_crash_in_the_middle_leaves_the_old_state() {
    let pg = database(&BASELINE);
    let before = schema(&pg);
    // Holding a table that a late script alters stops `up` in its middle, reliably.
    let mut holder = admin(&pg).await;
    sqlx::raw_sql("begin; lock table public.notifications in access share mode")
        .execute(&mut holder)
        .await
        .unwrap();
    let mut conn = admin(&pg).await;
    let running = tokio::spawn(async move { migrate::up(&mut conn).await });
    let waiting = "select pid from pg_stat_activity where wait_event_type = 'Lock' and datname = 'clinic'";
    let pid = loop {
        let pid = pg.psql("postgres", waiting);
        if !pid.is_empty() {
            break pid;
        }
        tokio::task::yield_now().await;
    };
    pg.psql("postgres", &format!("select pg_terminate_backend({pid})"));
    assert!(matches!(running.await.unwrap(), Err(ClinicError::Unreachable(_))));
    drop(holder);
    same(&before, &schema(&pg));
    migrate::up(&mut admin(&pg).await).await.unwrap();
    clean(&pg).await;
}

#[tokio::test]
async fn a_changed_script_and_an_unknown_one_are_clear_errors() {
    let pg = migrated().await;
    pg.psql(
        DB,
        "update desk.migration set checksum = '\\x00' where version = (select min(version) from desk.migration)",
    );
    let error = migrate::up(&mut admin(&pg).await).await.unwrap_err().to_string();
    assert!(error.contains("was changed after it was applied"), "{error}");
    pg.psql(
        DB,
        "insert into desk.migration (version, name, checksum) values (99999999999999, 'from the future', '')",
    );
    assert!(matches!(
        migrate::up(&mut admin(&pg).await).await,
        Err(ClinicError::TooNew)
    ));
    assert!(matches!(
        migrate::down(&mut admin(&pg).await, Data::Refuse).await,
        Err(ClinicError::TooNew)
    ));
}

#[tokio::test]
async fn down_refuses_to_lose_rows_and_writes_them_when_told() {
    let pg = database(&BASELINE);
    let before = schema(&pg);
    migrate::up(&mut admin(&pg).await).await.unwrap();
    clinic_support::journey(&pg, clinic_support::A, 1, 7);
    let mut conn = admin(&pg).await;
    let error = migrate::down(&mut conn, Data::Refuse).await.unwrap_err().to_string();
    assert!(
        error.contains("public.workflow_states (1)") && error.contains("public.task_queue (1)"),
        "{error}"
    );
    clean(&pg).await;
    let folder = tempfile::tempdir().unwrap();
    let kept = migrate::down(&mut conn, Data::DumpTo(folder.path().join("dump")))
        .await
        .unwrap();
    assert!(
        kept.iter()
            .any(|kept| kept.table == "public.task_queue" && kept.rows == 1)
    );
    let text = std::fs::read_to_string(folder.path().join("dump/public.task_queue.csv")).unwrap();
    assert!(text.contains("โทรหาลูกค้า"), "{text}");
    same(&before, &schema(&pg));
}

#[tokio::test]
async fn down_takes_the_logins_along() {
    let pg = database(&BASELINE);
    migrate::up(&mut admin(&pg).await).await.unwrap();
    drop(clinic_support::desk(&pg, clinic_support::A, 1).await);
    let folder = tempfile::tempdir().unwrap();
    migrate::down(&mut admin(&pg).await, Data::DumpTo(folder.path().into()))
        .await
        .unwrap();
    assert_eq!(
        pg.psql(DB, "select count(*) from pg_roles where rolname like 'desk%'"),
        "0"
    );
}

/// Damage, and how `verify` must begin to speak of it.
const BROKEN: &[(&str, &str)] = &[
    (
        "drop index public.idx_task_queue_priority",
        "index public.idx_task_queue_priority missing",
    ),
    (
        "drop policy desk_fence on public.customers",
        "policy public.customers desk_fence missing",
    ),
    (
        "alter policy desk_read on desk.feed using (true)",
        "policy desk.feed desk_read changed",
    ),
    (
        "drop trigger zz_desk_upd on public.customers",
        "trigger public.customers zz_desk_upd missing",
    ),
    (
        "alter table public.task_queue disable trigger aa_desk_clinic",
        "trigger public.task_queue aa_desk_clinic changed",
    ),
    (
        "alter table public.task_queue drop constraint task_queue_assigned_to_fkey",
        "constraint public.task_queue task_queue_assigned_to_fkey missing",
    ),
    (
        "alter table public.notifications drop column dismissed",
        "column public.notifications.dismissed missing",
    ),
    (
        "alter table public.workflow_actions alter notes type varchar",
        "column public.workflow_actions.notes changed",
    ),
    (
        "alter table desk.feed disable row level security",
        "table desk.feed changed",
    ),
    (
        "drop table public.customer_journey_events",
        "table public.customer_journey_events missing",
    ),
    (
        "grant select (medical_notes) on public.customers to desk_member",
        "grant public.customers.medical_notes desk_member not ours",
    ),
    (
        "grant select on desk.member to desk_member",
        "grant desk.member desk_member not ours",
    ),
    (
        "grant insert on public.task_queue to public",
        "grant public.task_queue public not ours",
    ),
    (
        "revoke execute on function desk.push(uuid, jsonb) from desk_member",
        "execute desk.push(uuid,jsonb) desk_member missing",
    ),
    (
        "grant execute on function desk.next_customer_code(uuid) to public",
        "execute desk.next_customer_code(uuid) public not ours",
    ),
    (
        "alter function desk.push(uuid, jsonb) reset search_path",
        "function desk.push(uuid,jsonb) changed",
    ),
];

/// One thing of each kind, taken away or changed; `verify` names it each time and is content again when it is put back.
#[tokio::test]
async fn verify_finds_what_is_broken() {
    let pg = migrated().await;
    clean(&pg).await;
    for (damage, expected) in BROKEN {
        let mut conn = admin(&pg).await;
        sqlx::raw_sql(sqlx::AssertSqlSafe(format!("begin; {damage}")))
            .execute(&mut conn)
            .await
            .unwrap();
        let problems = migrate::verify(&mut conn).await.unwrap();
        let found = problems
            .iter()
            .map(|p| format!("{} {} {}", p.kind, p.name, p.what))
            .collect::<Vec<_>>();
        assert!(
            found.iter().any(|line| line.starts_with(expected)),
            "{damage}: {found:#?}"
        );
    }
    clean(&pg).await;
}
