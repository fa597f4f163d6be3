//! A clinic's PCs, and the order to wipe one: for the IT person beside the database (an administrator's connection), and what a PC asks and
//! answers about itself (its own login).

use chrono::{DateTime, Utc};
use sqlx::postgres::PgConnection;
use sqlx::{Connection as _, FromRow, Row as _};

use crate::staff::clinic_of;
use crate::{ClinicError, Result};

/// One login of a PC: a person who was enrolled there.
#[derive(Clone, Debug, FromRow)]
pub struct PcLogin {
    /// The clinic's English name.
    pub clinic_name: String,
    /// What the PC calls itself.
    pub device: String,
    /// Who.
    pub display_name: String,
    /// What colleagues call them.
    pub nickname: Option<String>,
    /// Since when.
    pub enrolled_at: DateTime<Utc>,
    /// Since when the login is off.
    pub disabled_at: Option<DateTime<Utc>>,
    /// When the PC was ordered wiped.
    pub wipe_ordered_at: Option<DateTime<Utc>>,
    /// Whether it may send what waits before.
    pub wipe_keeps_unsent: bool,
    /// When the PC confirmed that it is wiped.
    pub wiped_at: Option<DateTime<Utc>>,
}

/// What becomes of actions that a PC has not sent when it is wiped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unsent {
    /// They are destroyed with everything else, and access ends with the order: whoever has the PC is not to write into the clinic.
    Destroyed,
    /// They are sent first; access ends with the wipe. For a PC in good hands.
    SentFirst,
}

/// What a PC is told about itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WipeOrder {
    /// What becomes of what it has not sent.
    pub unsent: Unsent,
}

/// Every PC that was ever connected, one row a login.
///
/// # Errors
/// `TooOld` before the migration that knows orders.
pub async fn list(conn: &mut PgConnection) -> Result<Vec<PcLogin>> {
    let rows = sqlx::query_as(
        "select c.name_en as clinic_name, coalesce(m.device, '') as device, s.display_name, s.nickname, m.enrolled_at, m.disabled_at, m.wipe_ordered_at, m.wipe_keeps_unsent, m.wiped_at \
         from desk.member m join desk.clinic c on c.clinic_id = m.clinic_id join desk.staff s on s.clinic_id = m.clinic_id and s.person_id = m.person_id \
         where m.enrolled_at is not null order by c.name_en, m.device, m.enrolled_at",
    );
    Ok(rows.fetch_all(conn).await?)
}

/// Orders a PC of a clinic wiped; it obeys at its next contact. Returns how many logins are concerned.
///
/// # Errors
/// `Refused` with `clinic_not_found` or `pc_not_found`.
pub async fn order_wipe(conn: &mut PgConnection, clinic: &str, device: &str, unsent: Unsent) -> Result<i32> {
    let mut tx = conn.begin().await?;
    let clinic = clinic_of(&mut tx, clinic).await?;
    let logins = sqlx::query_scalar("select desk.order_wipe($1, $2, $3)")
        .bind(clinic)
        .bind(device)
        .bind(unsent == Unsent::SentFirst)
        .fetch_one(&mut *tx)
        .await?;
    tx.commit().await?;
    Ok(logins)
}

/// As a desk: whether this PC is to be wiped. A database that knows no orders has given none.
///
/// # Errors
/// `Unreachable`.
pub async fn wipe_order(conn: &mut PgConnection) -> Result<Option<WipeOrder>> {
    // Nothing is prepared: the connection may be a pooler's.
    let asked = sqlx::raw_sql("select desk.my_wipe_order()").fetch_one(conn).await;
    let word: Option<String> = match asked.and_then(|row| row.try_get(0)).map_err(ClinicError::from) {
        Err(ClinicError::TooOld) => None,
        asked => asked?,
    };
    let unsent = match word.as_deref() {
        None => return Ok(None),
        Some("after_sending") => Unsent::SentFirst,
        // A word of a newer database: to be wiped is what it surely means.
        Some(_) => Unsent::Destroyed,
    };
    Ok(Some(WipeOrder { unsent }))
}

/// As a desk: this PC is wiped. The login ends with it.
///
/// # Errors
/// `Unreachable`.
pub async fn confirm_wipe(conn: &mut PgConnection) -> Result<()> {
    sqlx::raw_sql("select desk.confirm_wipe()").execute(conn).await?;
    Ok(())
}
