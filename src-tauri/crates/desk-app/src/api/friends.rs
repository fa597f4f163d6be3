//! Who sent whom, what customers achieve, and the card that they carry.

use desk_core::referral::{Decision, Reason};
use serde::{Deserialize, Serialize};
use ts_rs::TS;
use uuid::Uuid;

use super::{payment::QrPicture, task::CustomerRef};

/// Ask about a customer's friends and achievements. Errors: `customer_not_found`.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FriendsAsk {
    /// Whose.
    pub customer_id: Uuid,
}

/// How a referral stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum ReferralState {
    /// Nothing to decide yet.
    Waiting,
    /// A manager has to look.
    Review,
    /// The referrer has the points.
    Paid,
    /// It is not paid.
    Refused,
    /// It was paid, and taken back with the friend's money.
    Reversed,
}

/// One of the two people, for who compares them.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct FriendShown {
    /// Who it is.
    pub customer: CustomerRef,
    /// Phone as people read it.
    pub phone: Option<String>,
    /// LINE display name.
    pub line_name: Option<String>,
    /// Birth date.
    pub birth_date: Option<String>,
    /// First visit.
    pub first_visit: Option<String>,
    /// Money received less money given back.
    pub paid: i64,
}

/// A referral.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ReferralRow {
    /// The referral.
    pub id: Uuid,
    /// Who sent somebody.
    pub referrer: FriendShown,
    /// Who was sent.
    pub friend: FriendShown,
    /// When it was recorded.
    pub made_at: i64,
    /// By whom.
    pub made_by: Option<String>,
    /// The friend brought a code.
    pub by_code: bool,
    /// How it stands.
    pub state: ReferralState,
    /// Why.
    pub reasons: Vec<Reason>,
    /// When it was decided.
    pub decided_at: Option<i64>,
    /// By whom; none: the rule.
    pub decided_by: Option<String>,
    /// Why they decided so.
    pub note: Option<String>,
    /// Points that the referrer has for it.
    pub points: i64,
    /// Points that it brings, as promised when it was recorded.
    pub promised: i64,
    /// Made or decided here and not yet confirmed by the clinic.
    pub is_waiting: bool,
}

/// An achievement as it stands with a customer.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct AchievementRow {
    /// The achievement.
    pub id: Uuid,
    /// Its name.
    pub name: String,
    /// What has to be done.
    pub description: Option<String>,
    /// Badge.
    pub icon: Option<String>,
    /// Which year or month, of one that can be earned again; else empty.
    pub period: String,
    /// How far, of a hundred.
    pub percent: i64,
    /// Since when they have it.
    pub earned_at: Option<i64>,
    /// Points that it gave, or gives.
    pub points: i64,
    /// The special reward in words.
    pub reward: Option<String>,
}

/// A customer's friends and achievements.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Friends {
    /// Their code; none until the clinic has given one.
    pub code: Option<String>,
    /// Who sent them.
    pub referred_by: Option<ReferralRow>,
    /// Whom they sent, newest first, at most fifty.
    pub referred: Vec<ReferralRow>,
    /// What they have achieved, newest first, then what is open, nearest first.
    pub achievements: Vec<AchievementRow>,
    /// This person may record who sent them.
    pub may_record: bool,
    /// This person may add the usual achievements: the clinic has none.
    pub may_add_usual: bool,
}

/// Whoever may have sent somebody: by the whole code, or by what customers are found by. Errors: `locked`.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ReferrerFind {
    /// As it was typed.
    pub text: String,
}

/// Who it may be.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Referrers {
    /// The text is the code of this one.
    pub by_code: Option<CustomerRef>,
    /// Else those that the text finds, at most five.
    pub found: Vec<ReferrerHit>,
}

/// One of several, with what tells two of the same name apart.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ReferrerHit {
    /// Who.
    pub customer: CustomerRef,
    /// Customer code.
    pub code: Option<String>,
    /// Phone as people read it.
    pub phone: Option<String>,
}

/// Record who sent a customer. Errors: `customer_not_found`, `referral_code_unknown`, `referral_of_oneself`, `already_referred`, `role_not_allowed`.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ReferralRecord {
    /// Who was sent.
    pub customer_id: Uuid,
    /// The code that they brought.
    pub code: Option<String>,
    /// Who sent them, where nobody brought a code.
    pub referrer_id: Option<Uuid>,
}

/// Those that a manager has to look at.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ReferralQueue {
    /// Oldest first.
    pub rows: Vec<ReferralRow>,
    /// This person may decide them.
    pub may_decide: bool,
}

/// Decide one. Errors: `referral_not_found`, `referral_decided`, `referral_not_paid_for`, `reason_missing`, `text_too_long`, `role_not_allowed`, `value_not_allowed`.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ReferralDecide {
    /// Which one.
    pub referral_id: Uuid,
    /// `pay` or `refuse`.
    pub decision: Decision,
    /// Why.
    pub reason: String,
}

/// The card that a customer carries. Errors: `customer_not_found`.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct MemberCard {
    /// The clinic, in Thai and in English.
    pub clinic: (String, String),
    /// Whose it is.
    pub customer: CustomerRef,
    /// Customer code, which the picture says; none until the clinic has given one.
    pub code: Option<String>,
    /// The code for friends.
    pub referral_code: Option<String>,
    /// The customer code as a picture that a reader at the counter types into the search.
    pub qr: Option<QrPicture>,
}
