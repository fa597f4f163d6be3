//! Points by hand, and what waits for a second person.

use desk_core::loyalty::{Tier, gift::Reason};
use serde::{Deserialize, Serialize};
use ts_rs::TS;
use uuid::Uuid;

/// What giving so many points by hand would do. Errors: `customer_not_found`.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GiftPreview {
    /// To whom.
    pub customer_id: Uuid,
    /// How many; 0 while nothing has been typed.
    pub points: i64,
}

/// The effect, before anything is given.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct GiftPromise {
    /// The person who is signed in may give points by hand at all.
    pub may_give: bool,
    /// Points that this person may still give today.
    pub left_today: i64,
    /// And so many on a day.
    pub daily: i64,
    /// A larger gift needs a second person.
    pub alone: i64,
    /// This one does.
    pub needs_second: bool,
    /// Somebody else could be the second person.
    pub has_second: bool,
    /// Points that a new member is welcomed with, beside the gift.
    pub welcome_points: i64,
    /// Points that can be used now.
    pub available: i64,
    /// And afterwards.
    pub available_after: i64,
    /// So many of them pay what is owed.
    pub pays_debt: i64,
    /// The last second of the gift.
    pub ends_at: Option<i64>,
    /// The tier afterwards, where it changes.
    pub tier_after: Option<Tier>,
    /// Why points can be given.
    pub reasons: Vec<GiftReason>,
}

/// A reason that can be chosen.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct GiftReason {
    /// Which.
    pub reason: Reason,
    /// It has to be told in words.
    pub needs_note: bool,
}

/// Give points by hand. Errors: `customer_not_found`, `amount_out_of_range`, `reason_missing`, `text_too_long`, `role_not_allowed`, `gift_limit_reached`
/// (fields `left`, `most`), `nobody_to_agree`.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PointsGive {
    /// Made by the window when the dialog opens; pressing twice gives once.
    pub gift_id: Uuid,
    /// To whom.
    pub customer_id: Uuid,
    /// How many.
    pub points: i64,
    /// Why.
    pub reason: Reason,
    /// In words.
    pub note: Option<String>,
}

/// Ask a second person about a redemption that is too large for one. Errors: `customer_not_found`, `points_short`, `nobody_to_agree`.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PointsAsk {
    /// Made by the window; pressing twice asks once.
    pub ask_id: Uuid,
    /// Whose points.
    pub customer_id: Uuid,
    /// How many.
    pub points: i64,
    /// What for, if it is a reward.
    pub reward_id: Option<Uuid>,
}

/// What a second person is asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum ApprovalKind {
    /// Points that are given by hand.
    Gift,
    /// Points that are spent without the customer's own word.
    Redemption,
}

/// Something that waits for a second person, on its customer's card.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ApprovalRow {
    /// Which.
    pub id: Uuid,
    /// What it is about.
    pub kind: ApprovalKind,
    /// How many points.
    pub points: i64,
    /// Why, of a gift.
    pub reason: Option<Reason>,
    /// In words.
    pub note: Option<String>,
    /// For which reward, by its name.
    pub reward: Option<String>,
    /// When it was asked.
    pub asked_at: i64,
    /// Who asked.
    pub asked_by: Option<String>,
    /// The person who is signed in asked.
    pub is_mine: bool,
    /// The person who is signed in may be the second one.
    pub may_decide: bool,
    /// Made or changed here and not yet confirmed by the clinic.
    pub is_waiting: bool,
}

/// Say yes or no as the second person. Errors: `approval_not_found`, `approval_decided`, `second_person_needed`, `role_not_allowed`, `reason_missing`,
/// `text_too_long`, `points_short`.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ApprovalDecide {
    /// Made by the window; pressing twice says it once.
    pub decision_id: Uuid,
    /// About what.
    pub approval_id: Uuid,
    /// Yes, or no.
    pub agree: bool,
    /// Why not.
    pub why: Option<String>,
}

/// What one person may do alone with points.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct PointLimits {
    /// Points that one person gives by hand on a day of the clinic.
    pub gift_daily: i64,
    /// A larger gift needs a second person.
    pub gift_alone: i64,
    /// A larger redemption needs the customer's own word, or a second person.
    pub redeem_alone: i64,
    /// The person who is signed in may change them.
    pub may_change: bool,
}

/// Other limits. Errors: `amount_out_of_range`, `role_not_allowed`, `changed_meanwhile`.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PointLimitsSet {
    /// As at [`PointLimits`].
    pub gift_daily: i64,
    /// As at [`PointLimits`].
    pub gift_alone: i64,
    /// As at [`PointLimits`].
    pub redeem_alone: i64,
}
