//! Leads: people who asked and have no answer yet.

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use uuid::Uuid;

use super::task::{Reason, StaffRef};

/// One lead, with why it is hot.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct LeadRow {
    /// The lead.
    pub id: Uuid,
    /// The customer card, where there is one already.
    pub customer_id: Option<Uuid>,
    /// Name as given.
    pub name: String,
    /// Phone as people read it.
    pub phone: Option<String>,
    /// E-mail.
    pub email: Option<String>,
    /// Where it came from.
    pub source: Option<String>,
    /// The score, 0 to 100, where there is one.
    pub score: Option<i64>,
    /// `open`, `claimed`, `closed`.
    pub status: String,
    /// Who has taken it.
    pub claimed_by: Option<StaffRef>,
    /// When it came.
    pub created_at: i64,
    /// Why it is hot.
    pub reasons: Vec<Reason>,
}

/// Open a lead. Error: `lead_not_found`.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LeadOpen {
    /// Which.
    pub id: Uuid,
}
