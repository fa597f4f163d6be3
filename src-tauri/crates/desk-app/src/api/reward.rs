//! What points can buy, as managers keep it.

use desk_core::loyalty::{
    Tier,
    reward::{Bar, Kind},
};
use serde::{Deserialize, Serialize};
use ts_rs::TS;
use uuid::Uuid;

/// A reward, and why this customer cannot have it.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct RewardOffer {
    /// The reward.
    pub id: Uuid,
    /// Its name.
    pub name: String,
    /// What it costs in points.
    pub points_cost: i64,
    /// How many are left; none where nobody counts.
    pub left: Option<i64>,
    /// Why not; none when it can be had here and now.
    pub bar: Option<Bar>,
}

/// Every reward of the clinic. Errors: `locked`.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct RewardRows {
    /// Cheapest first, those that are over among them.
    pub rows: Vec<RewardRow>,
    /// The person who is signed in may change them.
    pub may_change: bool,
}

/// A reward as it is kept.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct RewardRow {
    /// The reward.
    pub id: Uuid,
    /// Its name.
    pub name: String,
    /// What it is in more words.
    pub description: Option<String>,
    /// What it is; none for a word of the web system that this version does not know.
    pub kind: Option<Kind>,
    /// Satang, or hundredths of a percent; none where nothing readable is written.
    pub value: Option<i64>,
    /// What it costs in points.
    pub points_cost: i64,
    /// The clinic offers it.
    pub is_active: bool,
    /// How many there are; none where nobody counts.
    pub limit: Option<i64>,
    /// How many were handed out.
    pub handed_out: i64,
    /// From which tier; bronze is everybody.
    pub tier: Tier,
    /// From when on.
    pub from: Option<i64>,
    /// The first moment after it.
    pub until: Option<i64>,
    /// Offered by itself on a bill.
    pub is_automatic: bool,
    /// Its codes may stand on a bill beside others.
    pub is_stackable: bool,
    /// Days that a code of it can be used; none: a year.
    pub days: Option<i64>,
    /// For saving it.
    pub version: i64,
    /// Why nobody can have it, whoever they are.
    pub bar: Option<Bar>,
    /// Changed here and not yet confirmed by the clinic.
    pub is_waiting: bool,
}

/// Make a reward or change one. Errors: `role_not_allowed`, `reward_invalid` (field `field`), `text_too_long`, `reward_not_found`, `changed_meanwhile`.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RewardSave {
    /// Made by the window when the form opens; pressing twice makes one.
    pub id: Uuid,
    /// The version that was seen; none makes one.
    pub expected: Option<i64>,
    /// Its name.
    pub name: String,
    /// What it is in more words.
    pub description: Option<String>,
    /// What it is.
    pub kind: Kind,
    /// Satang, or hundredths of a percent.
    pub value: i64,
    /// What it costs in points.
    pub points_cost: i64,
    /// The clinic offers it.
    pub is_active: bool,
    /// How many there are; none: nobody counts.
    pub limit: Option<i64>,
    /// From which tier.
    pub tier: Tier,
    /// The first day, `YYYY-MM-DD`; none: as it was, for a new one now.
    pub from: Option<String>,
    /// The last day; none: for good.
    pub until: Option<String>,
    /// Offered by itself on a bill.
    pub is_automatic: bool,
    /// Its codes may stand on a bill beside others.
    pub is_stackable: bool,
    /// Days that a code of it can be used; none: a year.
    pub days: Option<i64>,
}
