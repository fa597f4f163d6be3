//! The clinic's database in numbers, for support: versions, counts, states. No name, phone, text or id of anybody, no host, no role. What leaves
//! a row is a word out of a list of ours, or a number.

use serde_json::{Map, Value as Json, json};
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, query_scalar};
use std::collections::BTreeMap;

use crate::Result;
use crate::doctor::{Severity, examine};
use crate::migrate::{status, verify};

/// Tables of ours and those that desks read, whose rows are counted. A table's name is no secret; those of the clinic's other tables are left out.
const TABLES: &str = "select c.oid::regclass::text from pg_class c where c.relkind = 'r' and (c.relnamespace = 'desk'::regnamespace or exists (select 1 from pg_policy p where p.polrelid = c.oid and p.polname = 'desk_read')) order by 1";

/// What is asked besides: a name and a query that gives one JSON value made of numbers, instants and words of ours.
const QUESTIONS: [(&str, &str); 5] = [
    (
        "server_version",
        "select to_jsonb(current_setting('server_version_num')::int)",
    ),
    (
        "database_bytes",
        "select to_jsonb(pg_database_size(current_database()))",
    ),
    (
        "logins",
        "select coalesce(jsonb_object_agg(state, n), '{}') from (select case when wiped_at is not null then 'wiped' when wipe_ordered_at is not null then 'wipe_ordered' when disabled_at is not null then 'off' \
       when enrolled_at is not null then 'on' else 'code_unused' end as state, count(*) as n from desk.member group by 1) x",
    ),
    (
        "clocks",
        "select coalesce(jsonb_agg(jsonb_build_object('version', k.version, 'trimmed_to', k.trimmed_to) order by k.version), '[]') from desk.clock k",
    ),
    (
        "staff",
        "select coalesce(jsonb_object_agg(role, n), '{}') from (select s.role, count(*) as n from desk.staff s where s.role in ('owner', 'manager', 'front_desk', 'sales', 'beautician') group by 1) x",
    ),
];

/// An action's name counts only if it stands in our list of actions.
const ACTIONS: &str = "select coalesce(a.name, 'other'), case when m.status in ('ok', 'rejected') then m.status else 'other' end, coalesce(m.code, ''), count(*) \
  from desk.mutation m left join desk.action a on a.name = m.name group by 1, 2, 3 order by 1, 2, 3";

/// Collects everything. `is_code` tells a refusal's code from any other text.
///
/// # Errors
/// `TooOld` before the first migration, `Unreachable`.
pub async fn collect(conn: &mut PgConnection, is_code: impl Fn(&str) -> bool) -> Result<Json> {
    let mut found = Map::new();
    for (name, question) in QUESTIONS {
        let value: Json = query_scalar(AssertSqlSafe(question)).fetch_one(&mut *conn).await?;
        found.insert(name.to_owned(), value);
    }
    found.insert("rows".into(), rows(conn).await?);
    found.insert("actions".into(), actions(conn, is_code).await?);
    found.insert("migrations".into(), migrations(conn).await?);
    found.insert("verify".into(), problems(conn).await?);
    found.insert("doctor".into(), findings(conn).await?);
    Ok(Json::Object(found))
}

async fn rows(conn: &mut PgConnection) -> Result<Json> {
    let tables: Vec<String> = query_scalar(TABLES).fetch_all(&mut *conn).await?;
    let mut counts = Map::new();
    for table in tables {
        let count: i64 = query_scalar(AssertSqlSafe(format!("select count(*) from {table}")))
            .fetch_one(&mut *conn)
            .await?;
        counts.insert(table, json!(count));
    }
    Ok(Json::Object(counts))
}

async fn actions(conn: &mut PgConnection, is_code: impl Fn(&str) -> bool) -> Result<Json> {
    let rows: Vec<(String, String, String, i64)> = sqlx::query_as(ACTIONS).fetch_all(conn).await?;
    let shown = |code: String| {
        if code.is_empty() || is_code(&code) {
            code
        } else {
            "other".to_owned()
        }
    };
    Ok(rows
        .into_iter()
        .map(|(action, status, code, count)| json!({ "action": action, "status": status, "code": shown(code), "count": count }))
        .collect())
}

async fn migrations(conn: &mut PgConnection) -> Result<Json> {
    let steps = status(conn).await?;
    Ok(steps
        .into_iter()
        .map(|step| json!({ "version": step.version, "applied_at": step.applied_at }))
        .collect())
}

/// What is wrong by kind; names and definitions may be the clinic's own.
async fn problems(conn: &mut PgConnection) -> Result<Json> {
    let mut kinds: BTreeMap<String, i64> = BTreeMap::new();
    for problem in verify(conn).await? {
        let what = problem.what.split(':').next().unwrap_or_default();
        *kinds.entry(format!("{} {what}", problem.kind)).or_default() += 1;
    }
    Ok(json!(kinds))
}

/// Holes by their code, which is ours; advice only in number, because it quotes what was noted.
async fn findings(conn: &mut PgConnection) -> Result<Json> {
    let mut codes: BTreeMap<String, i64> = BTreeMap::new();
    for finding in examine(conn).await? {
        let code = match finding.severity {
            Severity::Hole | Severity::Late => finding.code,
            Severity::Advice => "advice".to_owned(),
        };
        *codes.entry(code).or_default() += 1;
    }
    Ok(json!(codes))
}
