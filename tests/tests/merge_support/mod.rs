//! Two customers who are to be one, and everything that each of them has.
#![allow(dead_code)] // each test file uses its own part

use desk_tests::harness::pg::PgCluster;
use serde_json::json;
use uuid::Uuid;

use crate::clinic_support::{A, DB, Desk, uid};

/// What a query says.
pub fn one(pg: &PgCluster, sql: &str) -> String {
    pg.psql(DB, sql)
}

/// An entry as the web system writes one; `ends` is SQL for its end.
pub fn entry(pg: &PgCluster, customer: Uuid, kind: &str, amount: i64, ends: &str) -> Uuid {
    let sql = format!(
        "insert into public.point_transactions (clinic_id, customer_id, type, amount, expires_at) values ('{A}', '{customer}', '{kind}', {amount}, {ends}) returning id"
    );
    one(pg, &sql).parse().unwrap()
}

/// A member with this code.
pub fn member(pg: &PgCluster, customer: Uuid, code: &str) {
    one(
        pg,
        &format!(
            "insert into public.loyalty_profiles (clinic_id, customer_id, referral_code) values ('{A}', '{customer}', '{code}')"
        ),
    );
}

/// Points of an award that is taken back after they were spent: they are owed.
pub fn owes(pg: &PgCluster, customer: Uuid, points: i64) {
    let award = entry(pg, customer, "earned", points, "null");
    entry(pg, customer, "redeemed", -points, "null");
    one(
        pg,
        &format!(
            "insert into public.point_transactions (clinic_id, customer_id, type, amount, desk_reverses) values ('{A}', '{customer}', 'refund', -{points}, '{award}')"
        ),
    );
}

/// What is left of each lot and when it ends, next to end first.
pub fn lots(pg: &PgCluster, customer: Uuid) -> String {
    one(
        pg,
        &format!(
            "select coalesce(string_agg(remaining || '@' || coalesce(expires_at::date::text, 'never'), ' ' order by expires_at, effective_at, id), '') from desk.lot where customer_id = '{customer}' and remaining > 0"
        ),
    )
}

/// Everything that is somebody's, to the last column. What the clinic's own triggers stamp on each change is left out.
pub fn everything(pg: &PgCluster, customer: Uuid) -> String {
    let tables = [
        ("public.customers", "id", "updated_at"),
        ("public.point_transactions", "customer_id", ""),
        ("desk.lot", "customer_id", ""),
        ("desk.debt", "customer_id", ""),
        ("desk.point_sum", "customer_id", ""),
        ("public.loyalty_profiles", "customer_id", "updated_at"),
        ("desk.tier", "customer_id", ""),
        ("public.workflow_states", "customer_id", ""),
        ("public.appointments", "customer_id", "updated_at"),
        ("desk.visit", "customer_id", ""),
        ("desk.payment", "customer_id", ""),
        ("desk.coupon", "customer_id", ""),
        ("desk.contact", "customer_id", ""),
        ("desk.lead", "customer_id", ""),
        ("desk.achieved", "customer_id", ""),
        ("public.followup_executions", "customer_id", ""),
        ("public.customer_preferences", "customer_id", "updated_at"),
        ("desk.referral", "friend_id", ""),
        ("desk.referral", "referrer_id", ""),
    ];
    let parts = tables.map(|(table, column, but)| {
        // Sums of nothing say what no row of sums says.
        let but_nothing = if table == "desk.point_sum" { "and (available, owed, lifetime) <> (0, 0, 0)" } else { "" };
        format!(
            "select '{table}', coalesce(string_agg((to_jsonb(t) - '{but}')::text, E'\\n' order by (to_jsonb(t) - '{but}')::text), '') from {table} t where t.{column} = '{customer}' \
             and coalesce(to_jsonb(t) ->> 'desk_source', '') <> 'merge' {but_nothing}"
        )
    });
    one(pg, &parts.join(" union all "))
}

/// The same of two.
pub fn both(pg: &PgCluster, one: Uuid, other: Uuid) -> (String, String) {
    (everything(pg, one), everything(pg, other))
}

/// Merges; the merge and what the clinic said.
pub async fn merge(desk: &mut Desk, from: Uuid, into: Uuid) -> (Uuid, String) {
    let id = Uuid::now_v7();
    let word = desk
        .act("customer.merge", json!({ "id": id, "from": from, "into": into }))
        .await;
    (id, word)
}

/// Separates; what the clinic said.
pub async fn separate(desk: &mut Desk, merge: Uuid) -> String {
    desk.act("customer.separate", json!({ "id": Uuid::now_v7(), "merge_id": merge }))
        .await
}

/// Story 8: C6a with 120 points and C6b with 80, of which 30 end sooner.
pub fn story(pg: &PgCluster) -> (Uuid, Uuid) {
    let (into, from) = (uid(pg, "customer", 1), uid(pg, "customer", 3));
    member(pg, into, "BN0000C6A");
    member(pg, from, "BN0000C6B");
    entry(pg, into, "earned", 120, "'2028-03-31 12:00+07'");
    entry(pg, from, "earned", 50, "'2028-06-30 12:00+07'");
    entry(pg, from, "earned", 30, "'2027-12-31 12:00+07'");
    (into, from)
}
