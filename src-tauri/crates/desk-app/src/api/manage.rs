//! The loyalty of a clinic for who answers for it: what is owed to members, how points move, what is promised, and which months are closed. Owner and manager.

use desk_core::loyalty::{
    Tier,
    gift::Reason,
    policy::{Basis, Bonuses},
};
use serde::{Deserialize, Serialize};
use ts_rs::TS;
use uuid::Uuid;

/// The ledger's sums. Errors: `role_not_allowed`.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct LoyaltyReport {
    /// When this PC last heard from the clinic; none: the demo clinic, or never.
    pub as_of: Option<i64>,
    /// Points that members have, all lots together.
    pub points: i64,
    /// What they are worth, in satang.
    pub satang: i64,
    /// What a point is worth, in satang.
    pub point_satang: i64,
    /// Points that were taken back after they had been spent, all members together.
    pub owed: i64,
    /// By the month in which they end and the branch at which they came in; those that never end come last.
    pub liability: Vec<Liability>,
    /// Members by tier, lowest first.
    pub tiers: Vec<TierShare>,
    /// How points moved, newest month first, twelve months.
    pub months: Vec<Velocity>,
    /// The same by week that begins on a Monday, twelve weeks.
    pub weeks: Vec<Velocity>,
    /// Of the points that came in within twelve months, so many thousandths were redeemed in that time; none where none came in.
    pub redeemed_permille: Option<i64>,
    /// How many members have each achievement that the clinic offers, or that somebody has; most first.
    pub unlocks: Vec<AchievedShare>,
    /// Points given by hand within 90 days, by who gave them.
    pub gifts: Vec<Gifts>,
}

/// What is owed for one month and branch.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Liability {
    /// `YYYY-MM`; none: they never end.
    pub month: Option<String>,
    /// Where they came in, as far as the bookings know.
    pub branch: Option<String>,
    /// Points.
    pub points: i64,
    /// What they are worth.
    pub satang: i64,
    /// How many members have them.
    pub members: i64,
}

/// Members of one tier.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct TierShare {
    /// The tier.
    pub tier: Tier,
    /// How many hold it.
    pub members: i64,
    /// Points that they have.
    pub points: i64,
}

/// How many members have an achievement, however often each earned it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct AchievedShare {
    /// What it is called.
    pub name: String,
    /// How many have it.
    pub members: i64,
}

/// How points moved within a month or a week.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Velocity {
    /// Its first day, `YYYY-MM-DD`.
    pub from: String,
    /// Came in, gifts and welcomes among them, less what was taken back.
    pub earned: i64,
    /// Spent, less what came back.
    pub redeemed: i64,
    /// Ended.
    pub expired: i64,
}

/// What one person gave by hand.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Gifts {
    /// Who; none: not known any more.
    pub by: Option<String>,
    /// How often.
    pub count: i64,
    /// How many points.
    pub points: i64,
    /// The newest of them, at most 20.
    pub rows: Vec<Gift>,
}

/// One gift.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Gift {
    /// To whom.
    pub customer: String,
    /// How many.
    pub points: i64,
    /// Why, by the clinic's list; none where it is not one of it.
    pub code: Option<Reason>,
    /// Why, in words.
    pub reason: Option<String>,
    /// The second person who agreed.
    pub agreed_by: Option<String>,
    /// When.
    pub at: i64,
}

/// Which figure's rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Figure {
    /// Every lot with something left.
    Liability,
    /// Every member.
    Tiers,
    /// Every entry of twelve months.
    Velocity,
    /// Every achievement of a member.
    Unlocks,
    /// Every gift of 90 days.
    Gifts,
}

/// The rows behind a figure, as a file for a spreadsheet in the program's data folder. Errors: `role_not_allowed`, `disk_full`, `unexpected`.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LoyaltyExport {
    /// Which.
    pub figure: Figure,
}

/// The file.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Exported {
    /// Where it is.
    pub path: String,
    /// How many rows it has.
    pub rows: i64,
}

/// What a clinic promises its members, and which months are closed. Errors: `role_not_allowed`.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Policies {
    /// All versions, newest first.
    pub versions: Vec<PolicyVersion>,
    /// The version that counts now.
    pub in_force: i64,
    /// The newest version: what a change has to name.
    pub newest: i64,
    /// What that one says.
    pub terms: Terms,
    /// The clinic's today.
    pub today: String,
    /// The last day that takes no payment any more; none: no month is closed.
    pub books_closed_to: Option<String>,
    /// The month that can be closed next, `YYYY-MM`; none: it is not over.
    pub can_close: Option<String>,
    /// The last closed month, where who is signed in may open it again.
    pub can_open: Option<String>,
}

/// A version as the list shows it.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct PolicyVersion {
    /// Its number.
    pub version: i64,
    /// From when it counts.
    pub starts_at: i64,
    /// It has not begun.
    pub is_planned: bool,
    /// Who made it.
    pub by: Option<String>,
    /// Why.
    pub reason: Option<String>,
    /// What it says.
    pub terms: Terms,
}

/// What a version says.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Terms {
    /// By what tiers are reached.
    pub basis: Basis,
    /// Points per 10 baht by tier, in tenths, bronze first.
    pub tenths: [i64; 5],
    /// From how many points or baht silver, gold, platinum and diamond are held.
    pub floors: [i64; 4],
    /// Months until points end.
    pub months: u32,
    /// Points of a new member.
    pub welcome: i64,
    /// What a point is worth in the books, in satang.
    pub point_satang: i64,
    /// What is thanked for, in points.
    pub bonuses: Bonuses,
    /// Whole percent that a tier takes off a bill, bronze first.
    pub discounts: [i64; 5],
    /// What a point takes off a bill, in satang; 0: nothing.
    pub redeem_satang: i64,
}

/// What other terms would have done within the last 90 days. Errors: `role_not_allowed`, `policy_invalid` (field `field`).
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PolicyPreview {
    /// Those.
    pub terms: Terms,
}

/// The answer; nothing of it is done.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct PolicyEffect {
    /// Bills of 90 days.
    pub bills: i64,
    /// Their money.
    pub satang: i64,
    /// Points that they earned.
    pub points: i64,
    /// Points that they would have earned.
    pub would: i64,
    /// Members who would reach another tier.
    pub moves: Vec<TierMove>,
}

/// Members who would reach another tier.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct TierMove {
    /// By what counts now.
    pub from: Tier,
    /// By the other terms. Whoever would reach less keeps the tier until its anniversary.
    pub to: Tier,
    /// How many.
    pub members: i64,
}

/// Other terms, from a day on; nothing that was booked changes. Errors: those of the preview, `changed_meanwhile`, `date_out_of_range`, `text_too_long`.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PolicyPlan {
    /// Made by the window when the editor opens; pressing twice makes one version.
    pub id: Uuid,
    /// The newest version that was seen.
    pub expected: i64,
    /// The first day, `YYYY-MM-DD`: today or later.
    pub from: String,
    /// Why.
    pub reason: Option<String>,
    /// The terms.
    pub terms: Terms,
}

/// Close a month that is over, with all before it; or open it again, with all after it, which the owner may. Errors: `role_not_allowed`, `month_not_over`,
/// `value_not_allowed`.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MonthBooks {
    /// `YYYY-MM`.
    pub month: String,
}
