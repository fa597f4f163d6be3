//! The clinic is part of every key: read from PostgreSQL's own catalogue, so a table that is added later is asked too. It is what makes a
//! reference into another clinic impossible, and what a database that is split by clinic would stand on.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test: what is not as expected ends it, in its helpers too"
)]

mod clinic_support;

use clinic_support::{DB, migrated};
use desk_clinic::synced::SOURCES;
use desk_tests::harness::pg::PgCluster;

/// The web system's own, which is left as it is: desks only read it, and nothing of ours refers to it.
const THEIRS: [&str; 1] = ["appointments"];
/// References by `id` alone: what the web system says itself about its rows, and three of ours that may be set to nothing when the journey goes
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
