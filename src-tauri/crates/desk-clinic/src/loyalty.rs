//! For the clinic's IT person: proving that the points add up, taking over what was written past the booking, and what may be lost at most
//! while the network is gone (an administrator's connection).

use sqlx::postgres::PgConnection;
use uuid::Uuid;

use crate::Result;
use crate::staff::clinic_of;

/// Something that does not add up.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Difference {
    /// Whose points.
    pub customer_id: Uuid,
    /// Which sum.
    pub what: String,
    /// What it should be.
    pub should: Option<i64>,
    /// What it is.
    pub found: Option<i64>,
}

/// A customer whose points were taken over.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Adopted {
    /// Whose points.
    pub customer_id: Uuid,
    /// Entries that were booked only now.
    pub booked: i64,
    /// The balance that the profile had promised.
    pub promised: i64,
    /// The balance that the entries make.
    pub ledger: i64,
    /// The entry that bridges the two; 0 where none was needed.
    pub opening: i64,
}

/// What may be redeemed in a day without the network; what is none stays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, sqlx::FromRow)]
pub struct Allowances {
    /// By one PC.
    pub per_pc: Option<i32>,
    /// Of that, by one customer.
    pub per_customer: Option<i32>,
    /// By all PCs together: what the clinic accepts to lose.
    pub whole: Option<i32>,
}

/// The clinics that are meant, by code and id: one, or all.
///
/// # Errors
/// `Refused` with `clinic_not_found`.
pub async fn clinics(conn: &mut PgConnection, clinic: Option<&str>) -> Result<Vec<(String, Uuid)>> {
    let only = match clinic {
        Some(word) => Some(clinic_of(conn, word).await?),
        None => None,
    };
    let all = sqlx::query_as(
        "select code_prefix, clinic_id from desk.clinic where $1::uuid is null or clinic_id = $1 order by code_prefix",
    );
    Ok(all.bind(only).fetch_all(conn).await?)
}

/// Everything in a clinic that does not add up: lots, balances, entries and profiles against each other.
///
/// # Errors
/// What the database says.
pub async fn verify(conn: &mut PgConnection, clinic: Uuid) -> Result<Vec<Difference>> {
    let found = sqlx::query_as("select customer_id, what, should, found from desk.verify_loyalty($1)");
    Ok(found.bind(clinic).fetch_all(conn).await?)
}

/// Books what was written past the booking, and makes an opening entry where a profile had promised another balance than the entries make.
///
/// # Errors
/// What the database says; nothing is changed then.
pub async fn adopt(conn: &mut PgConnection, clinic: Uuid) -> Result<Vec<Adopted>> {
    let report = sqlx::query_as("select customer_id, booked, promised, ledger, opening from desk.adopt_loyalty($1)");
    Ok(report.bind(clinic).fetch_all(conn).await?)
}

/// The allowances in force.
///
/// # Errors
/// What the database says.
pub async fn allowances(conn: &mut PgConnection, clinic: Uuid) -> Result<Allowances> {
    let row = sqlx::query_as(
        "select p.device_allowance as per_pc, p.customer_allowance as per_customer, p.clinic_allowance as whole \
         from desk.clinic c join desk.loyalty_policy p on p.clinic_id = c.clinic_id and p.version = c.loyalty_policy where c.clinic_id = $1",
    );
    Ok(row.bind(clinic).fetch_one(conn).await?)
}

/// Sets what is given, from the next day's allowances on: a new version of the clinic's policy.
///
/// # Errors
/// What the database says.
pub async fn set_allowances(conn: &mut PgConnection, clinic: Uuid, change: Allowances) -> Result<()> {
    let set = sqlx::query("select desk.set_allowances($1, $2, $3, $4)").bind(clinic);
    set.bind(change.per_pc)
        .bind(change.per_customer)
        .bind(change.whole)
        .execute(conn)
        .await?;
    Ok(())
}
