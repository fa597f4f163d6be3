//! A new desk's first step: with the one-time secret it hands over a verifier of its own password and learns who it is.

use chrono::Utc;
use serde::Deserialize;
use sqlx::Connection as _;
use uuid::Uuid;

use crate::connect::{Way, connect, options, turn};
use crate::ticket::EnrolmentTicket;
use crate::{ClinicError, Result, scram};

/// Who this login is.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Enrolled {
    /// The clinic.
    pub clinic_id: Uuid,
    /// Its name in Thai.
    pub clinic_name_th: String,
    /// Its name in English.
    pub clinic_name_en: String,
    /// The person.
    pub person_id: Uuid,
    /// What colleagues call them.
    pub nickname: Option<String>,
    /// Their full name.
    pub display_name: String,
    /// owner, manager, front_desk, sales or beautician.
    pub role: String,
}

/// A fresh password for a desk's login, 192 random bits.
///
/// # Errors
/// When the operating system gives no randomness.
pub fn new_password() -> Result<String> {
    scram::new_secret()
}

/// Uses up a ticket: afterwards `new_password` (ASCII) is the login's password, and the secret is void.
///
/// # Errors
/// `Refused` with `code_used`, `code_expired` or `login_disabled`; `Unreachable`, `Tls`.
pub async fn enrol(ticket: &EnrolmentTicket, new_password: &str, device: &str) -> Result<Enrolled> {
    let verifier = scram::verifier(new_password)?;
    let mut conn = connect(&options(&ticket.connect_to()))
        .await
        .map_err(|error| why_not(error, ticket))?;
    let mut turn = turn(&mut conn, Way::Shared).await?;
    let answer: serde_json::Value = sqlx::query_scalar("select desk.enrol($1, $2)")
        .bind(verifier)
        .bind(device)
        .persistent(false)
        .fetch_one(&mut *turn)
        .await?;
    turn.end().await?;
    conn.close().await.ok();
    serde_json::from_value(answer).map_err(|_| ClinicError::Answer("enrolment"))
}

/// PostgreSQL answers a used and an expired secret alike; the ticket's own date tells them apart.
fn why_not(error: ClinicError, ticket: &EnrolmentTicket) -> ClinicError {
    match error {
        ClinicError::AuthRefused if ticket.expires_at <= Utc::now() => ClinicError::refused("code_expired"),
        ClinicError::AuthRefused | ClinicError::LoginEnded => ClinicError::refused("code_used"),
        other => other,
    }
}
