//! Rows that `down` would lose: found, and refused or written to files first.

use std::path::Path;

use futures_util::TryStreamExt as _;
use sqlx::AssertSqlSafe;
use sqlx::postgres::PgConnection;
use tokio::fs;
use tokio::io::AsyncWriteExt as _;

use super::Data;
use crate::{ClinicError, Result};

/// A table whose rows were written to a file.
#[derive(Clone, Debug)]
pub struct Kept {
    /// The table.
    pub table: String,
    /// How many rows.
    pub rows: i64,
}

/// What would be lost, as (name, query): tables that only we hold. Lists derived from the clinic's own tables come back by themselves.
const HELD: &str = "select format('%s', t) as name, format('select * from %s', t) as query, true as refuses from unnest(array['public.workflow_states', 'public.workflow_actions', 'public.task_queue', \
   'public.workflow_events', 'public.automation_rules', 'public.followup_rules', 'public.followup_executions', 'public.customer_preferences', 'public.customer_journey_events', 'public.loyalty_profiles', \
   'public.point_transactions', 'public.achievements', 'public.loyalty_rewards', 'desk.member', 'desk.mutation', 'desk.visit', 'desk.contact', 'desk.payment', 'desk.coupon', 'desk.referral', 'desk.achieved', 'desk.approval', 'desk.merge']) t \
 union all select 'public.followup_templates', 'select * from public.followup_templates where not (clinic_id is null and id::text like ''de5c0000-%'')', true \
 union all select name, 'select * from ' || name, true from desk.created_object where kind = 'table' \
 union all select t, 'select * from ' || t, false from unnest(array['desk.staff', 'desk.clinic', 'desk.lead', 'desk.enrolment', 'desk.code_counter', 'desk.queue', 'desk.booking_counter', 'desk.payment_counter', 'desk.timer', 'desk.closed_day']) t \
 union all select t, 'select * from ' || t, false from unnest(array['desk.lot', 'desk.lot_use', 'desk.debt', 'desk.lease', 'desk.loyalty_policy', 'desk.bonus_round', 'desk.tier', 'desk.tier_change', 'desk.tier_notice', 'desk.closed_month', 'desk.merge_row']) t \
 union all select 'public.notifications', 'select id, priority, action_url, read_at, expires_at, dismissed from public.notifications where action_url is not null or read_at is not null or expires_at is not null or dismissed or priority <> ''medium''', false";

/// Refuses when there are rows, or writes them: one CSV with a header for each table, `<schema>.<table>.csv`.
pub(super) async fn keep(tx: &mut PgConnection, data: &Data) -> Result<Vec<Kept>> {
    let mut found = Vec::new();
    let held: Vec<(String, String, bool)> = sqlx::query_as(HELD).fetch_all(&mut *tx).await?;
    for (table, query, refuses) in held {
        let rows: i64 = sqlx::query_scalar(AssertSqlSafe(format!("select count(*) from ({query}) x")))
            .fetch_one(&mut *tx)
            .await?;
        if rows > 0 {
            found.push((Kept { table, rows }, query, refuses));
        }
    }
    match data {
        Data::Refuse => refuse(&found)?,
        Data::DumpTo(folder) => {
            fs::create_dir_all(folder).await?;
            for (kept, query, _) in &found {
                write(tx, &folder.join(format!("{}.csv", kept.table)), query).await?;
            }
            return Ok(found.into_iter().map(|(kept, _, _)| kept).collect());
        }
    }
    Ok(Vec::new())
}

fn refuse(found: &[(Kept, String, bool)]) -> Result<()> {
    let names: Vec<_> = found
        .iter()
        .filter(|(_, _, refuses)| *refuses)
        .map(|(kept, _, _)| format!("{} ({})", kept.table, kept.rows))
        .collect();
    if names.is_empty() {
        return Ok(());
    }
    Err(ClinicError::Migration(format!(
        "these tables hold rows that would be lost: {}; use --with-data to write them to files first",
        names.join(", ")
    )))
}

async fn write(tx: &mut PgConnection, path: &Path, query: &str) -> Result<()> {
    let mut file = fs::OpenOptions::new().write(true).create_new(true).open(path).await?;
    let text = format!("copy ({query}) to stdout (format csv, header)");
    let mut rows = tx.copy_out_raw(&text).await?;
    while let Some(chunk) = rows.try_next().await? {
        file.write_all(&chunk).await?;
    }
    file.sync_all().await?;
    Ok(())
}
