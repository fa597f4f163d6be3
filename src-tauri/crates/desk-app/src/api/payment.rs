//! Money at the counter.

use desk_core::{
    loyalty::Tier,
    payment::{Method, held::HeldAs},
};
use serde::{Deserialize, Serialize};
use ts_rs::TS;
use uuid::Uuid;

use super::{coupon::BillCoupon, customer::PointsPromise, reward::RewardOffer, settings::Language};

/// What a payment would do, before anything is saved. Errors: `customer_not_found`, `amount_out_of_range`, `coupon_not_found`, `coupon_ended`, `coupon_alone`,
/// `date_out_of_range`, `month_closed` (field `month`), `held_takes_no_code`.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PaymentPreview {
    /// Whose.
    pub customer_id: Uuid,
    /// The bill, before codes.
    pub satang: i64,
    /// How.
    pub method: Method,
    /// Codes that are on it; none: those that go onto it by themselves.
    pub coupons: Option<Vec<Uuid>>,
    /// The day on which it was paid, `YYYY-MM-DD`, where that is not today.
    pub paid_on: Option<String>,
    /// As what all of it is held for later; none: it pays a bill.
    pub held_as: Option<HeldAs>,
    /// Held money pays as much of the bill as there is.
    pub uses_held: bool,
    /// The tier takes its percent off what the codes have left.
    pub uses_tier: bool,
}

/// The sum, and for PromptPay the code that asks for exactly this money.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct PaymentPromise {
    /// What is left to pay, after codes and what the tier takes off.
    pub pays: i64,
    /// What the tier takes off, or would; none for who is no member, where the clinic takes nothing off, and of what is held.
    pub tier_discount: Option<TierDiscount>,
    /// What all usable points would take off a bill, in satang; 0: nothing.
    pub points_worth: i64,
    /// Of that, so much is paid with held money.
    pub held: i64,
    /// What is held for the customer now.
    pub held_left: i64,
    /// And afterwards.
    pub held_after: i64,
    /// The codes that could be on it, those that are with what they take off.
    pub coupons: Vec<BillCoupon>,
    /// Rewards that are offered by themselves on a bill and that this customer could have now.
    pub offers: Vec<RewardOffer>,
    /// What it earns, of what is paid: none is allowed, and then nobody becomes a member by it. What is held earns when it is used.
    pub earns: PointsPromise,
    /// The code, for what held money does not pay; none for other methods, and none while the clinic has not said whom to pay.
    pub qr: Option<QrPicture>,
    /// It was paid so long ago that a reason is needed.
    pub needs_reason: bool,
    /// And who is signed in may not write it down.
    pub needs_manager: bool,
    /// When its points end, `YYYY-MM-DD`: counted from the day of the payment.
    pub points_end: Option<String>,
}

/// What a tier takes off a bill.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct TierDiscount {
    /// Whose members get it.
    pub tier: Tier,
    /// Percent of what codes have left.
    pub percent: i64,
    /// That, in satang.
    pub less: i64,
    /// It is taken off.
    pub is_on: bool,
}

/// A QR code as a picture.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct QrPicture {
    /// Modules along one side, the quiet margin of four at each end included.
    pub side: i32,
    /// The dark modules, as the path of an SVG whose unit is one module.
    pub path: String,
    /// What it says.
    pub payload: String,
    /// Whom it pays, as people read it.
    pub payee: String,
}

/// Take a payment. Errors: those of the sum, `journey_not_found`, `text_too_long`, `reason_missing`, `role_not_allowed`, `held_short`, `value_not_allowed`.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PaymentTake {
    /// Made by the window when the dialog opens; pressing twice gives one payment.
    pub payment_id: Uuid,
    /// Whose.
    pub customer_id: Uuid,
    /// The journey that it is paid for.
    pub journey_id: Option<Uuid>,
    /// The bill, before codes.
    pub satang: i64,
    /// How.
    pub method: Method,
    /// Codes that are on it.
    pub coupons: Vec<Uuid>,
    /// For example the bill's number.
    pub note: Option<String>,
    /// The day on which it was paid, `YYYY-MM-DD`, where that is not today.
    pub paid_on: Option<String>,
    /// Why it is written down only now; needed after seven days.
    pub late_reason: Option<String>,
    /// As what all of it is held for later; none: it pays a bill.
    pub held_as: Option<HeldAs>,
    /// How much of it is paid with held money, as the sum said.
    pub held: i64,
    /// Percent that the tier takes off, as the sum said; none: nothing.
    pub discount_percent: Option<i64>,
}

/// What giving money back would do. Errors: `payment_not_found`, `refund_too_large` and `held_used` (field `most`), `amount_out_of_range`.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RefundPreview {
    /// Of which payment.
    pub payment_id: Uuid,
    /// How much; 0 while nothing has been typed.
    pub satang: i64,
}

/// The effect, before anything is given back.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct RefundPromise {
    /// So much of the payment can be given back.
    pub rest: i64,
    /// And so much afterwards.
    pub rest_after: i64,
    /// What of it is held again instead of given into the hand.
    pub held: i64,
    /// What is held for the customer afterwards.
    pub held_after: i64,
    /// Points that go with it.
    pub points: i64,
    /// Of those, so many are spent already and will be owed.
    pub owes: i64,
    /// Points that can be used afterwards; none for who is no member.
    pub available_after: Option<i64>,
    /// Points that are owed afterwards.
    pub owed_after: i64,
    /// The tier now and afterwards, where it changes.
    pub tier_after: Option<Tier>,
    /// Codes that had reduced the bill and go with it, where all of it is given back.
    pub codes: Vec<ReturnedCode>,
}

/// A code that goes with its bill.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ReturnedCode {
    /// As it stands on the paper.
    pub code: String,
    /// What was promised; none: the money that its points were worth.
    pub name: Option<String>,
    /// Satang, or hundredths of a percent.
    pub value: i64,
    /// Points that return, to their lots and dates.
    pub returns: i64,
    /// Points that had cost it and whose date has passed meanwhile.
    pub ended: i64,
}

/// Give money back. Errors: those of the effect, `reason_missing`, `text_too_long`, `role_not_allowed`.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PaymentRefund {
    /// Made by the window when the dialog opens; pressing twice gives money back once.
    pub refund_id: Uuid,
    /// Of which payment.
    pub payment_id: Uuid,
    /// How much.
    pub satang: i64,
    /// Why.
    pub reason: String,
}

/// What the paper says. Errors: `payment_not_found`.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ReceiptAsk {
    /// Of which payment or refund.
    pub payment_id: Uuid,
    /// In whose language.
    pub language: Language,
}

/// A receipt.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ReceiptShown {
    /// Line by line, the clinic's name first.
    pub lines: Vec<ReceiptLine>,
    /// The same as plain text.
    pub text: String,
}

/// A line of a receipt.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ReceiptLine {
    /// At the left.
    pub label: String,
    /// At the right; nothing for a headline.
    pub value: String,
}

/// A payment or refund on a customer's card.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct PaymentRow {
    /// The payment.
    pub id: Uuid,
    /// Its number; none until the clinic has given it.
    pub number: Option<i64>,
    /// How much.
    pub satang: i64,
    /// It was given back.
    pub is_refund: bool,
    /// How.
    pub method: Method,
    /// When.
    pub at: i64,
    /// Who took it.
    pub by: Option<String>,
    /// What for, or why it was given back.
    pub note: Option<String>,
    /// Points that it earned or, less than nothing, took back.
    pub points: i64,
    /// What of it can still be given back, by the person who is signed in.
    pub refundable: i64,
    /// Made here and not yet confirmed by the clinic.
    pub is_waiting: bool,
    /// When it was written down, where that was on a later day.
    pub posted_at: Option<i64>,
    /// Why it was written down so late.
    pub late_reason: Option<String>,
    /// As what it is held for later, or was before it was given back.
    pub held_as: Option<HeldAs>,
    /// Of a bill, how much was paid with held money; of money given back, how much is held again.
    pub held: i64,
    /// What the tier took off it; the bill was so much more.
    pub discount: i64,
    /// By so many percent.
    pub discount_percent: i64,
}

/// Whom the clinic's PromptPay codes pay.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct PromptpayShown {
    /// As people read it; none while the clinic has not said.
    pub id: Option<String>,
    /// The person who is signed in may change it.
    pub may_change: bool,
}

/// Say whom the clinic's codes pay. Errors: `promptpay_invalid`, `role_not_allowed`.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PromptpaySet {
    /// A mobile number, a national or tax number, or an e-wallet; none: no codes.
    pub id: Option<String>,
}
