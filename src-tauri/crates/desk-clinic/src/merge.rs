//! What a manager asks the clinic before merging or separating two customers: it is done, looked at and taken back. Doing it goes through [`crate::push`] like every
//! action.

use serde::Deserialize;
use serde_json::Value as Json;
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Row as _, raw_sql};
use uuid::Uuid;

use crate::{ClinicError, Result};

/// Points that end together.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Lot {
    /// How many are left.
    pub points: i64,
    /// Milliseconds since 1970; none: never.
    pub expires_at: Option<i64>,
}

/// What somebody has.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Holding {
    /// Who.
    pub id: Uuid,
    /// Points that can be used.
    pub available: i64,
    /// Points that are owed.
    pub owed: i64,
    /// Satang that were paid in advance and are not used. An older database does not say it.
    #[serde(default)]
    pub held: i64,
    /// The tier, as a word.
    pub tier: String,
    /// Lots with something left, next to end first.
    pub lots: Vec<Lot>,
    /// How many journeys.
    pub journeys: i64,
    /// How many bookings.
    pub bookings: i64,
    /// How many visits.
    pub visits: i64,
    /// How many payments and refunds.
    pub payments: i64,
    /// How many codes.
    pub coupons: i64,
    /// How many calls.
    pub contacts: i64,
    /// Asked not to be contacted.
    pub do_not_contact: bool,
    /// Agreed to marketing; none: never asked.
    pub marketing: Option<bool>,
}

/// Both of them.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Both {
    /// Who is or was merged.
    pub from: Holding,
    /// Who is kept.
    pub into: Holding,
    /// Points of the other one that the kept one spent while they were one.
    #[serde(default)]
    pub spent: i64,
}

/// Before and after.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Trial {
    /// As it is.
    pub before: Both,
    /// As it would be.
    pub after: Both,
}

/// What `customer.merge` (with `from` and `into`) or `customer.separate` (with `merge_id`) would do. Changes nothing.
///
/// # Errors
/// `Refused` with the codes of the two actions; `TooOld`.
pub async fn trial(conn: &mut PgConnection, args: &Json) -> Result<Trial> {
    // The arguments are ids and words of our own; the quotes of a text that is none are doubled all the same.
    let text = args.to_string().replace('\'', "''");
    let row = raw_sql(AssertSqlSafe(format!("select desk.merge_trial('{text}'::jsonb)")))
        .fetch_one(conn)
        .await?;
    let said: Json = row.try_get(0)?;
    serde_json::from_value(said).map_err(|_| ClinicError::Answer("merge"))
}
