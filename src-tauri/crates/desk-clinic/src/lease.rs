//! A PC's allowance to redeem points without the network. The database gives it, and holds the PC to it.

use sqlx::postgres::PgConnection;
use uuid::Uuid;

use crate::{Result, connect::keeps_statements};

/// Today's allowance of the PC that is connected; made on first asking.
///
/// # Errors
/// `Refused` with `not_enrolled`, and what the connection says.
pub async fn take(conn: &mut PgConnection) -> Result<Uuid> {
    let lease = sqlx::query_scalar("select desk.take_lease()").persistent(keeps_statements(conn));
    Ok(lease.fetch_one(conn).await?)
}
