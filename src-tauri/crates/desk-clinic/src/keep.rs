//! Keeping the change feed, by the IT person beside the database (an administrator's connection): forgetting old deletions, and telling every
//! PC that what it knows cannot be continued.

use sqlx::Connection as _;
use sqlx::postgres::PgConnection;
use uuid::Uuid;

use crate::Result;
use crate::staff::clinic_of;

/// Forgets deletions that are older than so many days, and returns how many. A PC that has not read that far loads everything anew.
///
/// # Errors
/// `Refused` with `clinic_not_found`.
pub async fn trim(conn: &mut PgConnection, clinic: &str, keep_days: i32) -> Result<i64> {
    let mut tx = conn.begin().await?;
    let clinic = clinic_of(&mut tx, clinic).await?;
    let before = tombstones(&mut tx, clinic).await?;
    sqlx::query("select desk.trim($1, make_interval(days => $2))")
        .bind(clinic)
        .bind(keep_days)
        .execute(&mut *tx)
        .await?;
    let after = tombstones(&mut tx, clinic).await?;
    tx.commit().await?;
    Ok(before - after)
}

async fn tombstones(conn: &mut PgConnection, clinic: Uuid) -> Result<i64> {
    let count = sqlx::query_scalar("select count(*) from desk.feed where clinic_id = $1 and op in ('D', 'L')");
    Ok(count.bind(clinic).fetch_one(conn).await?)
}

/// Begins another epoch: every PC of the clinic loads everything anew, at once or at its next contact.
///
/// # Errors
/// `Refused` with `clinic_not_found`.
pub async fn reset(conn: &mut PgConnection, clinic: &str) -> Result<()> {
    let mut tx = conn.begin().await?;
    let clinic = clinic_of(&mut tx, clinic).await?;
    sqlx::query("select desk.reset($1)")
        .bind(clinic)
        .execute(&mut *tx)
        .await?;
    // No trigger tells them: nothing of theirs has changed.
    sqlx::query("select pg_notify('desk_' || replace(channel::text, '-', ''), version::text) from desk.clock where clinic_id = $1")
        .bind(clinic)
        .execute(&mut *tx)
        .await?;
    tx.commit().await?;
    Ok(())
}
