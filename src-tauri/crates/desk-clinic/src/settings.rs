//! What a clinic sets for all its PCs, by the IT person beside the database (an administrator's connection). The change travels like any other.

use sqlx::postgres::PgConnection;

use crate::Result;
use crate::staff::clinic_of;

/// A clinic's settings, or a change of them: what is none stays.
#[derive(Clone, Debug, Default, PartialEq, Eq, sqlx::FromRow)]
pub struct Settings {
    /// Name of its zone in the IANA database.
    pub timezone: Option<String>,
    /// Quiet hours begin, `HH:MM`.
    pub quiet_from: Option<String>,
    /// They end, `HH:MM`; they may pass midnight.
    pub quiet_to: Option<String>,
    /// Score of 100 from which a lead is hot.
    pub hot_lead_threshold: Option<i32>,
    /// Days without contact after which a PC locks, 1 to 90.
    pub days_unseen: Option<i32>,
}

/// How a clinic is set.
///
/// # Errors
/// `Refused` with `clinic_not_found`.
pub async fn settings(conn: &mut PgConnection, clinic: &str) -> Result<Settings> {
    let clinic = clinic_of(conn, clinic).await?;
    let row = sqlx::query_as(
        "select timezone, to_char(quiet_from, 'HH24:MI') as quiet_from, to_char(quiet_to, 'HH24:MI') as quiet_to, \
         hot_lead_threshold, days_unseen from desk.clinic where clinic_id = $1",
    );
    Ok(row.bind(clinic).fetch_one(conn).await?)
}

/// Sets what is given and leaves the rest.
///
/// # Errors
/// `Refused` with `clinic_not_found` or `timezone_unknown`; a value that the database does not take.
pub async fn set(conn: &mut PgConnection, clinic: &str, change: &Settings) -> Result<()> {
    let clinic = clinic_of(conn, clinic).await?;
    if let Some(zone) = &change.timezone {
        let is_known = sqlx::query_scalar("select exists (select 1 from pg_timezone_names where name = $1)");
        if !is_known.bind(zone).fetch_one(&mut *conn).await? {
            return Err(crate::ClinicError::refused("timezone_unknown"));
        }
    }
    let update = sqlx::query(
        "update desk.clinic set timezone = coalesce($2, timezone), quiet_from = coalesce($3::time, quiet_from), quiet_to = coalesce($4::time, quiet_to), \
         hot_lead_threshold = coalesce($5, hot_lead_threshold), days_unseen = coalesce($6, days_unseen) where clinic_id = $1",
    );
    update
        .bind(clinic)
        .bind(&change.timezone)
        .bind(&change.quiet_from)
        .bind(&change.quiet_to)
        .bind(change.hot_lead_threshold)
        .bind(change.days_unseen)
        .execute(conn)
        .await?;
    Ok(())
}
