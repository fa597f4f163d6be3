//! What customers can achieve, for who keeps it.

use desk_core::achievement::Conditions;
use serde::{Deserialize, Serialize};
use ts_rs::TS;
use uuid::Uuid;

/// An achievement as the clinic offers it.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct AchievementKept {
    /// The achievement.
    pub id: Uuid,
    /// Its name.
    pub name: String,
    /// What has to be done, in words.
    pub description: Option<String>,
    /// Badge.
    pub icon: Option<String>,
    /// Points that it gives.
    pub points: i64,
    /// The special reward in words.
    pub reward: Option<String>,
    /// What has to be done; none where it was written elsewhere in a way that cannot be shown here.
    pub conditions: Option<Conditions>,
    /// The clinic offers it.
    pub is_active: bool,
    /// Shown only to who has earned it.
    pub is_secret: bool,
    /// For saving it.
    pub version: i64,
    /// How often it was earned.
    pub earned: i64,
    /// Changed here and not yet confirmed by the clinic.
    pub is_waiting: bool,
}

/// Every achievement, offered ones first. Errors: `locked`.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct AchievementRows {
    /// Offered ones first.
    pub rows: Vec<AchievementKept>,
    /// This person keeps them.
    pub may_change: bool,
}

/// Make an achievement or change one. Errors: `role_not_allowed`, `achievement_invalid` (field `field`), `text_too_long`, `achievement_not_found`, `changed_meanwhile`.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AchievementSave {
    /// Made by the window when the form opens; pressing twice makes one.
    pub id: Uuid,
    /// The version that was seen; none makes one.
    pub expected: Option<i64>,
    /// Its name.
    pub name: String,
    /// What has to be done, in words.
    pub description: Option<String>,
    /// Badge, at most ten characters.
    pub icon: Option<String>,
    /// Points that it gives.
    pub points: i64,
    /// The special reward in words: the name of a reward of the clinic, or what a person will keep.
    pub reward: Option<String>,
    /// What has to be done; none: as it was.
    pub conditions: Option<Conditions>,
    /// The clinic offers it.
    pub is_active: bool,
    /// Shown only to who has earned it.
    pub is_secret: bool,
}
