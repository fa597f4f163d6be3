//! The clinic is part of every key: read from PostgreSQL's own catalogue, so a table that is added later is asked too. It is what makes a
//! reference into another clinic impossible, and what a database that is split by clinic would stand on.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test: what is not as expected ends it, in its helpers too"
)]

mod clinic_support;

use std::collections::BTreeSet;

use clinic_support::{A, DB, Desk, desk, done, followup, journey, let_sell, migrated, uid};
use desk_clinic::{
    feed::{CLINIC, Position, person_scope, pull},
    push::Status,
    synced::SOURCES,
};
use desk_tests::harness::pg::PgCluster;
use serde_json::{Value as Json, json};
use uuid::Uuid;

/// The web system's own, which is left as it is: desks only read it, and nothing of ours refers to it.
const THEIRS: [&str; 1] = ["appointments"];
/// References by `id` alone: what the web system says itself about its rows, and two of ours that may be set to nothing when the journey goes
/// (`on delete set null` of a composite key would take the clinic with it before PostgreSQL 15). A trigger holds those to the clinic.
const BY_ID_ALONE: [&str; 4] = [
    "appointments appointments_customer_id_fkey",
    "desk.visit visit_journey_id_fkey",
    "followup_executions followup_executions_workflow_id_fkey",
    "point_transactions point_transactions_workflow_id_fkey",
];

/// The synced tables as a list for SQL.
fn synced() -> String {
    let names = SOURCES.iter().map(|source| format!("'{}'::regclass", source.from));
    names.collect::<Vec<_>>().join(", ")
}

fn lines(pg: &PgCluster, sql: &str) -> Vec<String> {
    pg.psql(DB, sql).lines().map(str::to_owned).collect()
}

/// Synced tables without a unique key of exactly the clinic and what the feed calls the key.
fn without_tenant_key(pg: &PgCluster) -> Vec<String> {
    let keys = SOURCES
        .iter()
        .map(|source| format!("('{}'::regclass, '{}'::name)", source.from, source.key));
    let keys = keys.collect::<Vec<_>>().join(", ");
    lines(
        pg,
        &format!(
            "select t.tbl from (values {keys}) t (tbl, key) where not exists (select 1 from pg_index i where i.indrelid = t.tbl and i.indisunique
               and i.indpred is null and i.indisvalid and (select array_agg(a.attname order by a.attname) from pg_attribute a where a.attrelid = i.indrelid and a.attnum = any(i.indkey))
                 = (select array_agg(distinct c order by c) from unnest(array['clinic_id'::name, t.key]) c))
               and not (t.key = 'clinic_id' and exists (select 1 from pg_index i where i.indrelid = t.tbl and i.indisprimary)) order by 1"
        ),
    )
}

/// Foreign keys between synced tables that do not take the clinic along to the clinic.
fn without_clinic(pg: &PgCluster) -> Vec<String> {
    let tables = synced();
    lines(
        pg,
        &format!(
            "select f.conrelid::regclass || ' ' || f.conname from pg_constraint f where f.contype = 'f' and f.conrelid in ({tables}) and f.confrelid in ({tables})
               and not exists (select 1 from unnest(f.conkey, f.confkey) k (here, there)
                 join pg_attribute h on h.attrelid = f.conrelid and h.attnum = k.here join pg_attribute t on t.attrelid = f.confrelid and t.attnum = k.there
                 where h.attname = 'clinic_id' and t.attname = 'clinic_id') order by 1"
        ),
    )
}

#[tokio::test]
async fn every_synced_table_is_unique_by_clinic_and_key_and_refers_within_the_clinic() {
    let pg = migrated().await;
    assert_eq!(without_tenant_key(&pg), THEIRS);
    assert_eq!(without_clinic(&pg), BY_ID_ALONE);
    let nullable = format!(
        "select attrelid::regclass from pg_attribute where attname = 'clinic_id' and not attnotnull and attrelid in ({})",
        synced()
    );
    // The web system tells people things that concern no clinic; no desk gets those.
    assert_eq!(lines(&pg, &nullable), ["notifications"]);

    // A check that cannot fail would be none.
    pg.psql(
        DB,
        "alter table public.task_queue drop constraint desk_task_queue_tenant_key cascade;
         alter table public.task_queue add constraint loose foreign key (workflow_id) references public.workflow_states (id)",
    );
    assert_eq!(without_tenant_key(&pg), [THEIRS.as_slice(), &["task_queue"]].concat());
    assert_eq!(
        without_clinic(&pg),
        [BY_ID_ALONE.as_slice(), &["task_queue loose"]].concat()
    );
}

/// Who it is that is connected, and who works where: what is asked before the clinic is known.
const DIRECTORY: [&str; 6] = ["client", "clinic", "clinic_staff", "member", "staff", "users"];
/// How the statements begin that say no clinic: the row or the clinic of one key; whom a customer was
/// merged into; and codes that the web system's own keys want to be nobody else's in any clinic.
const OF_ANY_CLINIC: [&str; 6] = [
    "SELECT 1 from public.customers c where c.id = customer for key share",
    "not exists (select 1 from public.customers where customer_code = code)",
    "not exists (select 1 from public.loyalty_profiles where referral_code = code)",
    "select clinic_id from public.followup_rules where id = $1",
    "select clinic_id from public.workflow_states where id = $1",
    "select m.into_id from desk.merge m where m.from_id = customer and m.separated_at is null",
];

/// From now on each statement's plan is in the server's log, those within functions too.
fn log_plans(pg: &PgCluster) {
    let settings = [
        "session_preload_libraries = 'auto_explain'",
        "auto_explain.log_min_duration = 0",
        "auto_explain.log_nested_statements = on",
        "auto_explain.log_format = json",
    ];
    let set = settings
        .map(|setting| format!("alter database {DB} set {setting};"))
        .concat();
    pg.psql(DB, &format!("load 'auto_explain'; {set}"));
}

/// The plans in a log of PostgreSQL, in which the lines of an entry but the first begin with a tab.
fn plans(log: &str) -> Vec<Json> {
    let entries = log.replace("\n\t", "\t");
    let found = entries.lines().filter_map(|entry| Some(entry.split_once("plan:\t")?.1));
    found.filter_map(|plan| serde_json::from_str(plan).ok()).collect()
}

/// Tables of which a plan reads rows without saying of which clinic, or joining them by it.
fn unsaid<'plan>(node: &'plan Json, is_said: bool, tenants: &BTreeSet<String>, found: &mut BTreeSet<&'plan str>) {
    let conditions = [
        "Index Cond",
        "Recheck Cond",
        "Filter",
        "Hash Cond",
        "Merge Cond",
        "Join Filter",
    ];
    // Row level security asks for the clinics of who is connected, which PostgreSQL 15 writes down as a sub-plan without its column.
    let says = |condition: &&str| {
        node[*condition]
            .as_str()
            .is_some_and(|text| text.contains("clinic_id") || text.contains("hashed SubPlan"))
    };
    let is_said = is_said || conditions.iter().any(says);
    let reads = node["Node Type"] != "ModifyTable" && !is_said;
    found.extend(
        node["Relation Name"]
            .as_str()
            .filter(|table| reads && tenants.contains(*table)),
    );
    for part in node["Plans"].as_array().into_iter().flatten() {
        unsaid(part, is_said, tenants, found);
    }
}

/// What people do in a day, and what their desks read of it.
async fn a_day(pg: &PgCluster, nok: &mut Desk) {
    let (customer, new) = (uid(pg, "customer", 1), Uuid::now_v7());
    let (_, task) = journey(pg, A, 3, 5);
    let (due, visit, paid, opened) = (followup(pg, A, 1), Uuid::now_v7(), Uuid::now_v7(), Uuid::now_v7());
    let entry = Uuid::now_v7;
    let actions = [
        (
            "customer.create",
            json!({ "id": new, "full_name": "สมหญิง รักสวย", "phone": "081-234 5678" }),
        ),
        (
            "customer.edit",
            json!({ "id": new, "set": { "nickname": "ญิง" }, "base": { "nickname": null } }),
        ),
        ("journey.open", json!({ "id": opened, "customer_id": customer })),
        (
            "journey.move",
            json!({ "id": opened, "action": "scan_customer", "expected": 1, "entry": entry() }),
        ),
        ("visit.check_in", json!({ "id": visit, "customer_id": customer })),
        ("visit.start", json!({ "id": visit, "entry": entry() })),
        ("visit.finish", json!({ "id": visit, "entry": entry() })),
        ("task.note", json!({ "id": task, "text": "โทรใหม่บ่าย" })),
        ("task.complete", json!({ "id": task })),
        ("task.reprioritise", json!({})),
        ("task.assign_all", json!({})),
        ("followup.done", json!({ "id": due, "note": "โทรแล้ว" })),
        (
            "points.award",
            json!({ "id": entry(), "customer_id": new, "satang": 1_234_567 }),
        ),
        (
            "payment.take",
            json!({ "id": paid, "entry": entry(), "customer_id": customer, "satang": 4_000_000, "method": "cash" }),
        ),
        (
            "points.redeem",
            json!({ "id": entry(), "customer_id": customer, "points": 120 }),
        ),
        (
            "payment.refund",
            json!({ "id": entry(), "entry": entry(), "payment_id": paid, "satang": 10_000, "reason": "คืน" }),
        ),
    ];
    for (name, args) in actions {
        let outcome = done(nok, name, args).await;
        assert_eq!(outcome.status, Status::Ok, "{name}: {outcome:?}");
    }
    for scope in [person_scope(nok.who.person_id), CLINIC.to_owned()] {
        pull(&mut nok.conn, &scope, Position::end_of(0), 1_000, &[])
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn what_a_day_asks_the_database_says_of_which_clinic() {
    let pg = migrated().await;
    let_sell(&pg, 7);
    log_plans(&pg);
    let mut nok = desk(&pg, A, 1).await;
    a_day(&pg, &mut nok).await;
    let tenants: BTreeSet<String> = lines(
        &pg,
        "select distinct c.relname from pg_class c join pg_attribute a on a.attrelid = c.oid where c.relkind = 'r' and a.attname = 'clinic_id' and c.relnamespace in ('public'::regnamespace, 'desk'::regnamespace)",
    )
    .into_iter()
    .filter(|table| !DIRECTORY.contains(&table.as_str()))
    .collect();
    let plans = plans(&pg.log());
    let asked: BTreeSet<String> = plans
        .iter()
        .filter(|plan| {
            let mut found = BTreeSet::new();
            unsaid(&plan["Plan"], false, &tenants, &mut found);
            !found.is_empty()
        })
        .filter_map(|plan| plan["Query Text"].as_str())
        .map(|text| text.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect();
    assert!(plans.len() > 300, "{}", plans.len());
    let others: Vec<&String> = asked
        .iter()
        .filter(|text| !OF_ANY_CLINIC.iter().any(|known| text.starts_with(known)))
        .collect();
    assert!(others.is_empty(), "{others:#?}");
    assert_eq!(
        asked.len(),
        OF_ANY_CLINIC.len(),
        "what is said by now is not listed any more"
    );
}
