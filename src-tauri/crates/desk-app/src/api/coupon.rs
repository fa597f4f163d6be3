//! Codes that points bought.

use desk_core::loyalty::reward::{Kind, State};
use serde::{Deserialize, Serialize};
use ts_rs::TS;
use uuid::Uuid;

use super::{customer::Expiring, settings::Language};

/// A code on its customer's card.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct CouponRow {
    /// The code's entry.
    pub id: Uuid,
    /// As it stands on the paper.
    pub code: String,
    /// What was promised; none: the money that its points were worth.
    pub name: Option<String>,
    /// What it is; none where this version does not know it.
    pub kind: Option<Kind>,
    /// Satang, or hundredths of a percent.
    pub value: i64,
    /// What it cost.
    pub points: i64,
    /// The last second in which it can be used.
    pub expires_at: i64,
    /// What has become of it; one whose date passed is over, whether or not its points have come back yet.
    pub state: State,
    /// When it was issued.
    pub issued_at: i64,
    /// Who issued it.
    pub issued_by: Option<String>,
    /// When it was used, given back or over.
    pub ended_at: Option<i64>,
    /// Who took it in or back.
    pub ended_by: Option<String>,
    /// By so much it reduced a bill.
    pub satang: Option<i64>,
    /// Why it was given back.
    pub reason: Option<String>,
    /// Made or changed here and not yet confirmed by the clinic.
    pub is_waiting: bool,
}

/// A code on a bill that is being paid.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct BillCoupon {
    /// The code's entry.
    pub id: Uuid,
    /// As it stands on the paper.
    pub code: String,
    /// What was promised; none: the money that its points were worth.
    pub name: Option<String>,
    /// Satang, or hundredths of a percent.
    pub value: i64,
    /// It takes something off the bill; else it is handed over.
    pub is_discount: bool,
    /// It may stand beside others.
    pub is_stackable: bool,
    /// It is used by itself where nothing speaks against it.
    pub is_automatic: bool,
    /// The last second in which it can be used.
    pub expires_at: i64,
    /// So much it takes off, if it is on the bill.
    pub less: Option<i64>,
}

/// Use codes without a payment: handed over, or because nothing is left to pay. Errors: `coupon_not_found`, `coupon_ended`, `coupon_alone`, `coupon_sum_differs`, `role_not_allowed`.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CouponUse {
    /// Made by the window; pressing twice uses them once.
    pub use_id: Uuid,
    /// Whose.
    pub customer_id: Uuid,
    /// Which.
    pub coupons: Vec<Uuid>,
    /// The bill that they pay whole, in satang; none: handed over.
    pub bill: Option<i64>,
}

/// What giving a code back would do. Errors: `coupon_not_found`, `coupon_ended`.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CouponCancelPreview {
    /// Which.
    pub coupon_id: Uuid,
}

/// The effect, before anything is given back.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct CouponCancelPromise {
    /// Points that come back, by the day on which they end.
    pub returns: Vec<Expiring>,
    /// Points whose day has passed: they come back and have ended.
    pub ended: Vec<Expiring>,
    /// Points that pay what is owed.
    pub pays_debt: i64,
    /// Points that can be used afterwards.
    pub available_after: i64,
    /// The person who is signed in may give it back for the customer.
    pub may_cancel: bool,
    /// And for the clinic, with points that have ended for thirty days more.
    pub may_grant: bool,
    /// Until when those would be there.
    pub grant_ends: Option<i64>,
}

/// Whose wish it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum CancelledBy {
    /// The customer's.
    Customer,
    /// The clinic's.
    Clinic,
}

/// Give a code back. Errors: those of the effect, `role_not_allowed`, `reason_missing`, `coupon_on_bill`, `text_too_long`.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CouponCancel {
    /// Made by the window; pressing twice gives it back once.
    pub cancel_id: Uuid,
    /// Which.
    pub coupon_id: Uuid,
    /// Whose wish.
    pub by: CancelledBy,
    /// Why; the clinic has to say.
    pub reason: Option<String>,
    /// Points that have ended are there for thirty days more.
    pub grant: bool,
}

/// The paper with a code. Errors: `coupon_not_found`.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CouponSlip {
    /// Which.
    pub coupon_id: Uuid,
    /// In whose language.
    pub language: Language,
}
