//! Spending points.

use desk_core::loyalty::Tier;
use serde::{Deserialize, Serialize};
use ts_rs::TS;
use uuid::Uuid;

use super::{customer::Expiring, reward::RewardOffer};

/// What a redemption would do, and what can be redeemed. Errors: `customer_not_found`.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RedeemPreview {
    /// Whose.
    pub customer_id: Uuid,
    /// How many; 0 while nothing has been typed.
    pub points: i64,
}

/// The effect, before anything is taken.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct RedeemPromise {
    /// Points that can be used.
    pub available: i64,
    /// So many can be redeemed here and now.
    pub most: i64,
    /// More is not redeemed today without the customer's own word or a second person's: what is left of `alone_a_day` for this customer.
    pub alone: i64,
    /// What the clinic lets one person redeem for a customer in a day.
    pub alone_a_day: i64,
    /// So many lack; 0 when there are enough.
    pub missing: i64,
    /// What would be taken, by the day on which it expires.
    pub takes: Vec<Expiring>,
    /// Points that would be left.
    pub available_after: i64,
    /// The tier, which spending never changes.
    pub tier: Tier,
    /// Without the network: what this PC may still redeem. None while the clinic answers.
    pub offline: Option<OfflineAllowance>,
    /// When this PC last held what the clinic held.
    pub as_of: Option<i64>,
    /// What points can buy.
    pub rewards: Vec<RewardOffer>,
    /// What so many points take off a bill, in satang, by a code; 0: nothing.
    pub worth: i64,
    /// The last second in which such a code can be used.
    pub worth_until: Option<i64>,
}

/// What may be redeemed without the network.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct OfflineAllowance {
    /// Points for this customer.
    pub left: i64,
    /// Why none.
    pub barred: Option<OfflineBar>,
}

/// Why nothing can be redeemed without the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum OfflineBar {
    /// This PC was not in contact today.
    NoLease,
    /// The balance is of more than 24 hours ago.
    Stale,
    /// It is used up.
    UsedUp,
}

/// Redeem. Errors: `customer_not_found`, `points_short` (fields `missing`, `available`), `reward_unavailable`, `amount_out_of_range`, `second_person_needed` (fields `most`, `left`); without
/// the network `lease_missing`, `balance_stale`, `lease_exceeded` (field `left`), `reward_needs_clinic`.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PointsRedeem {
    /// Made by the window when the dialog opens; pressing twice gives one entry.
    pub entry_id: Uuid,
    /// Whose.
    pub customer_id: Uuid,
    /// How many.
    pub points: i64,
    /// What for, if it is a reward.
    pub reward_id: Option<Uuid>,
}

/// What became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "how", rename_all = "snake_case", rename_all_fields = "camelCase")]
pub enum Redeemed {
    /// It is booked; for a reward there is a code of this entry.
    Confirmed {
        /// The action, to take it back by.
        undo: Uuid,
    },
    /// It stands on this PC's allowance and waits to be sent.
    Offline {
        /// The action, to take it back by.
        undo: Uuid,
        /// Points that can still be redeemed so for this customer.
        left: i64,
    },
    /// It was sent, and no answer came: nothing is to be handed out before one does. Asking again is safe.
    Asked {
        /// The action, to take it back by.
        undo: Uuid,
    },
    /// Somebody else spent the points first; nothing is booked.
    Taken {
        /// Who.
        by: Option<String>,
        /// At which PC.
        device: Option<String>,
        /// When.
        at: Option<i64>,
        /// Points that are left.
        available: i64,
    },
}
