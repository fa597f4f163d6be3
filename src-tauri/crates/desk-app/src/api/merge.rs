//! Two customers who are one person: what merging and separating would do, and doing it. Both are the clinic's to decide, so both need the network.

use std::fmt;

use desk_core::loyalty::Tier;
use serde::{Deserialize, Serialize};
use ts_rs::TS;
use uuid::Uuid;

use crate::api::{
    customer::{CustomerField, Expiring},
    session::Person,
};

/// Of whom a field is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum MergeSide {
    /// Of who is merged.
    From,
    /// Of who is kept.
    Into,
    /// Of both, one after the other; of notes only.
    Both,
}

/// What merging two customers would do. Changes nothing. Errors: `merge_needs_clinic`, `role_not_allowed`, `customer_not_found`, `merge_of_oneself`, `merged_already`.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MergePreview {
    /// Who would be in the other one.
    pub from: Uuid,
    /// Who would be kept.
    pub into: Uuid,
}

/// A manager's or owner's own PIN, typed where somebody else serves and stays signed in: what is done is theirs.
#[derive(Clone, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Confirmation {
    /// Who confirms; enrolled on this PC.
    pub person: Uuid,
    /// Four digits.
    pub pin: String,
}

// A PIN is in no log.
impl fmt::Debug for Confirmation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Confirmation")
            .field("person", &self.person)
            .finish_non_exhaustive()
    }
}

/// Merge. Errors: those of the preview, `wrong_pin` (fields: `left`), `pin_paused` (fields: `until`), and `changed_meanwhile`: there are other points than were seen.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CustomerMerge {
    /// Made by the window when the dialog opens; pressing twice merges once.
    pub id: Uuid,
    /// Who is in the other one from now on.
    pub from: Uuid,
    /// Who is kept.
    pub into: Uuid,
    /// Fields that were decided; of the others whatever is there.
    pub fields: Vec<FieldChoice>,
    /// Points of both together, as the preview said.
    pub seen: i64,
    /// Who confirms; none where whoever is signed in may do it.
    pub confirmed: Option<Confirmation>,
}

/// A field that was decided.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FieldChoice {
    /// Which.
    pub field: CustomerField,
    /// Whose is taken.
    pub side: MergeSide,
}

/// What separating would do. Changes nothing. Errors: `merge_needs_clinic`, `role_not_allowed`, `merge_not_found`, `separated_already`, `separation_too_late`,
/// `separate_newer_first`.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SeparatePreview {
    /// The merge.
    pub merge_id: Uuid,
}

/// Separate. Errors: those of its preview, `wrong_pin`, `pin_paused`, and `changed_meanwhile`.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CustomerSeparate {
    /// Made by the window when the dialog opens.
    pub id: Uuid,
    /// The merge.
    pub merge_id: Uuid,
    /// Points of both together, as the preview said.
    pub seen: i64,
    /// Who confirms; none where whoever is signed in may do it.
    pub confirmed: Option<Confirmation>,
}

/// What both have before and after.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct MergeEffect {
    /// Who is or was merged, before.
    pub from_before: Holding,
    /// Who is kept, before.
    pub into_before: Holding,
    /// Who is or was merged, after.
    pub from_after: Holding,
    /// Who is kept, after.
    pub into_after: Holding,
    /// Points of the other one that the kept one has spent while they were one: they stay spent.
    pub spent: i64,
    /// Whose PIN has to confirm it: any of these. Nobody's where whoever is signed in may do it.
    pub confirm_by: Vec<Person>,
}

/// What somebody has.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Holding {
    /// Who.
    pub id: Uuid,
    /// Points that can be used.
    pub available: i64,
    /// Points that are owed.
    pub owed: i64,
    /// Satang that were paid in advance and are not used.
    pub held: i64,
    /// The tier.
    pub tier: Tier,
    /// The points by the day on which they end.
    pub lots: Vec<Expiring>,
    /// Journeys.
    pub journeys: i64,
    /// Bookings.
    pub bookings: i64,
    /// Visits.
    pub visits: i64,
    /// Payments and refunds.
    pub payments: i64,
    /// Codes.
    pub coupons: i64,
    /// Calls.
    pub contacts: i64,
    /// Asked not to be contacted.
    pub do_not_contact: bool,
    /// Agreed to marketing; none: never asked.
    pub marketing: Option<bool>,
}

/// What became of it.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct MergeDone {
    /// False: it was sent, and the clinic has not answered yet.
    pub is_done: bool,
}

/// A merge in the history of who was kept.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct MergeRow {
    /// The merge.
    pub id: Uuid,
    /// Name of who was merged.
    pub name: String,
    /// Their code.
    pub code: Option<String>,
    /// When.
    pub at: i64,
    /// Who did it.
    pub by: Option<String>,
    /// Until when it can be undone.
    pub until: i64,
    /// When it was.
    pub separated_at: Option<i64>,
    /// By whom.
    pub separated_by: Option<String>,
    /// They can be separated now, by this person or with the PIN of somebody of this PC.
    pub can_separate: bool,
}
