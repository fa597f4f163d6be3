//! What a manager asks the clinic about its automation rules: whom one would touch now, and what each has done. Questions of a desk's own login, each one
//! message without anything prepared; what is done with a rule goes through [`crate::push`] like every action.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value as Json;
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Row as _, raw_sql};
use uuid::Uuid;

use crate::{ClinicError, Result};

/// So many, through this channel or to this word of a person.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Share {
    /// `line`, `sms`, …, `seller`, …, or the stage that a move leads to.
    pub channel: Option<String>,
    /// How many.
    pub count: i64,
}

/// So many are left out, for this reason.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct LeftOut {
    /// A word of `desk.rule_verdicts`.
    pub why: String,
    /// How many.
    pub count: i64,
}

/// One journey that would be touched.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Touched {
    /// The journey.
    pub journey_id: Uuid,
    /// Whose.
    pub customer_id: Uuid,
    /// Milliseconds since 1970 since when it is in the rule's stage.
    pub entered_at: i64,
    /// As in [`Share`].
    pub channel: Option<String>,
}

/// What a rule would do, if it were done to what is there now.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct DryRun {
    /// Of the rule.
    pub version: i64,
    /// How many journeys.
    pub count: i64,
    /// By which a backfill knows that they are still the same.
    pub digest: String,
    /// The same by channel.
    pub by: Vec<Share>,
    /// Who is left out.
    pub left_out: Vec<LeftOut>,
    /// The first of them, those that entered last first.
    pub rows: Vec<Touched>,
}

/// What a rule did within the last 30 days.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Figures {
    /// The rule; it may be gone.
    pub rule: Uuid,
    /// How often it did what it says.
    pub did: i64,
    /// How often its time came and it was not true any more.
    pub passed_over: i64,
    /// How often its time is still to come.
    pub waiting: i64,
    /// How often it failed for good.
    pub failed: i64,
    /// Milliseconds since 1970 when it last did something.
    pub last_did_at: Option<i64>,
    /// SQLSTATE of what went wrong last.
    pub last_error: Option<String>,
}

/// Whom a rule would touch now. Changes nothing; takes some seconds in a clinic of a hundred thousand customers.
///
/// # Errors
/// `Refused` with `not_enrolled`, `role_not_allowed`, `rule_not_found` or `rule_invalid`; `TooOld`.
pub async fn dry_run(conn: &mut PgConnection, rule: Uuid) -> Result<DryRun> {
    ask(conn, format!("select desk.rule_dry_run('{rule}')")).await
}

/// What each rule did.
///
/// # Errors
/// `Refused` with `not_enrolled` or `role_not_allowed`; `TooOld`.
pub async fn figures(conn: &mut PgConnection) -> Result<Vec<Figures>> {
    ask(conn, "select desk.rule_figures()".to_owned()).await
}

async fn ask<T: DeserializeOwned>(conn: &mut PgConnection, text: String) -> Result<T> {
    let row = raw_sql(AssertSqlSafe(text)).fetch_one(conn).await?;
    let said: Json = row.try_get(0)?;
    serde_json::from_value(said).map_err(|_| ClinicError::Answer("rule"))
}
