//! Customers: search, the card, creating and editing, points.

use desk_core::{
    journey::Outcome,
    loyalty::{Tier, gift::Reason, origin::Origin, policy::Basis},
};
use serde::{Deserialize, Serialize};
use ts_rs::TS;
use uuid::Uuid;

use super::{
    agenda::VisitShown, call::ContactRow, coupon::CouponRow, followup::FollowupRow, gift::ApprovalRow, merge::MergeRow,
    payment::PaymentRow, task::TaskRow,
};

/// Find customers. Answers at every keystroke, from this PC alone.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CustomerSearch {
    /// What was typed.
    pub text: String,
}

/// What was found, best first.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct CustomersFound {
    /// At most 20 customers.
    pub hits: Vec<CustomerHit>,
    /// How many customers this PC knows.
    pub total: i64,
    /// The text that was really searched, when the keyboard layout was repaired.
    pub repaired: Option<String>,
    /// How long the search took, in microseconds.
    pub took_us: i64,
}

/// One customer in a result list.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct CustomerHit {
    /// The customer.
    pub id: Uuid,
    /// Full name.
    pub full_name: String,
    /// Nickname.
    pub nickname: Option<String>,
    /// Code; none until the clinic has given one.
    pub code: Option<String>,
    /// Phone as people read it: 081-234-5678.
    pub phone: Option<String>,
    /// E-mail.
    pub email: Option<String>,
    /// LINE display name.
    pub line_name: Option<String>,
    /// Loyalty tier, for members.
    pub tier: Option<Tier>,
    /// Start of today's booking, `HH:MM`.
    pub booked_today: Option<String>,
    /// Last visit.
    pub last_visit_date: Option<String>,
    /// Asked not to be contacted.
    pub do_not_contact: bool,
    /// Why it was found, as a word: code, phone, booked_today, nickname, nickname_prefix, name, line_name, email, substring.
    pub why: String,
    /// The name that they were found by, where that is one of a customer who was merged into them.
    pub found_as: Option<String>,
    /// Where the typed text stands.
    pub marks: Vec<Mark>,
}

/// A stretch of a field that matches what was typed.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Mark {
    /// The field of the hit: fullName, nickname, code, phone, email, lineName.
    pub field: String,
    /// First character (UTF-16 units, as JavaScript counts).
    pub from: u32,
    /// One past the last.
    pub to: u32,
}

/// Open a customer's card. Error: `customer_not_found`.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CustomerOpen {
    /// Which customer.
    pub id: Uuid,
}

/// Everything the counter needs to know about a customer.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct CustomerCard {
    /// Who it is.
    pub profile: Profile,
    /// Contact wishes, where they were recorded.
    pub preference: Option<Preference>,
    /// Membership, where there is one.
    pub loyalty: Option<Loyalty>,
    /// Journeys, the most recently touched first.
    pub journeys: Vec<Journey>,
    /// Open tasks, most urgent first.
    pub tasks: Vec<TaskRow>,
    /// Follow-ups, next due first, closed ones after.
    pub followups: Vec<FollowupRow>,
    /// Appointments from today on and the last ten before.
    pub appointments: Vec<Appointment>,
    /// Last visits, newest first, mistaken check-ins among them.
    pub visits: Vec<VisitShown>,
    /// The last calls, newest first.
    pub contacts: Vec<ContactRow>,
    /// Payments and refunds, newest first, at most fifty.
    pub payments: Vec<PaymentRow>,
    /// What is held for them in satang: deposits and gift cards that have paid no bill yet.
    pub held_left: i64,
    /// Codes that points bought: those that can be used first, at most fifty.
    pub coupons: Vec<CouponRow>,
    /// What waits for a second person.
    pub approvals: Vec<ApprovalRow>,
    /// Who was merged into them, newest first.
    pub merges: Vec<MergeRow>,
    /// Whoever asks may merge customers, by themselves or with the PIN of somebody of this PC.
    pub may_merge: bool,
    /// The signed-in person takes money.
    pub may_take: bool,
}

/// Who a customer is.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Profile {
    /// The customer.
    pub id: Uuid,
    /// Code; none until the clinic has given one.
    pub code: Option<String>,
    /// Full name.
    pub full_name: String,
    /// Nickname.
    pub nickname: Option<String>,
    /// Phone as on file.
    pub phone: Option<String>,
    /// Phone as people read it.
    pub phone_shown: Option<String>,
    /// E-mail.
    pub email: Option<String>,
    /// LINE display name.
    pub line_name: Option<String>,
    /// Birth date.
    pub birth_date: Option<String>,
    /// `male`, `female`, `other`.
    pub gender: Option<String>,
    /// `active`, `inactive`, `blacklisted`.
    pub status: Option<String>,
    /// `regular`, `vip`, `member`.
    pub customer_type: Option<String>,
    /// `walk_in`, `referral`, `social_media`, `website`, `ads`.
    pub source: Option<String>,
    /// Allergies, for safety.
    pub allergies: Option<String>,
    /// Notes of the counter.
    pub notes: Option<String>,
    /// The seller who looks after them.
    pub sales: Option<String>,
    /// First visit.
    pub first_visit_date: Option<String>,
    /// Last visit.
    pub last_visit_date: Option<String>,
    /// Customer since.
    pub created_at: Option<i64>,
    /// A change made here still waits to be sent.
    pub is_waiting: bool,
}

/// A customer's contact wishes.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Preference {
    /// Asked not to be contacted.
    pub do_not_contact: bool,
    /// Agreed to marketing.
    pub marketing_opt_in: bool,
    /// Channels they prefer.
    pub preferred_channels: Vec<String>,
    /// `th` or `en`.
    pub language: Option<String>,
}

/// A customer's membership.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Loyalty {
    /// Points that can be used.
    pub available_points: i64,
    /// Points that were taken back after they had been spent; what comes in pays them first. Who owes some has none to use.
    pub owed: i64,
    /// Points ever earned; the tier follows from them.
    pub lifetime_points: i64,
    /// Tier.
    pub tier: Tier,
    /// Points per 10 baht at this tier, in tenths.
    pub multiplier_tenths: i64,
    /// By what the clinic's tiers are reached.
    pub basis: Basis,
    /// What decides the tier: points ever earned, or satang received less refunds in the last twelve months.
    pub measure: i64,
    /// The next tier and how much of the measure is still missing.
    pub next_tier: Option<NextTier>,
    /// From how much of the measure the present tier is reached.
    pub tier_floor: i64,
    /// The clinic's day on which it was reached, `YYYY-MM-DD`; none where nobody knows, and for the lowest.
    pub tier_since: Option<String>,
    /// Its anniversary: it holds until then, and goes one step down if too little has come together.
    pub tier_until: Option<String>,
    /// How much of the measure is missing to keep it then; 0: enough has come together.
    pub keep_missing: i64,
    /// Referral code.
    pub referral_code: Option<String>,
    /// Newest entries of the ledger, at most 50.
    pub ledger: Vec<PointEntry>,
    /// How many entries the ledger has.
    pub ledger_total: i64,
    /// The points by the day on which they expire, next first; those that never expire come last.
    pub expiring: Vec<Expiring>,
    /// Rewards that the available points can buy.
    pub affordable: Vec<Reward>,
    /// Points of awards made here that the clinic has not confirmed yet.
    pub waiting_points: i64,
}

/// The next tier.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct NextTier {
    /// Which one.
    pub tier: Tier,
    /// Points or satang still missing.
    pub missing: i64,
}

/// What a payment of today would lead to, whoever pays it. Errors: `customer_not_found`, `amount_out_of_range`.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LoyaltyWhatIf {
    /// Whose.
    pub customer_id: Uuid,
    /// Money.
    pub satang: i64,
}

/// The answer, by the function that posts.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct WhatIf {
    /// Points and tier.
    pub earns: PointsPromise,
    /// By what tiers are reached.
    pub basis: Basis,
    /// The tier now.
    pub tier: Tier,
    /// The next one after it, and what would still be missing.
    pub next_tier: Option<NextTier>,
    /// What would still be missing to keep the present tier on its anniversary; none where that is not in question.
    pub keep_missing: Option<i64>,
}

/// One entry of the points ledger.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct PointEntry {
    /// The entry.
    pub id: Uuid,
    /// `earned`, `redeemed`, `expired`, `bonus`, `refund`.
    pub kind: String,
    /// Points; spent ones are negative.
    pub amount: i64,
    /// What it comes from.
    pub origin: Origin,
    /// What a person wrote of it, or the name of what was bought or achieved.
    pub description: Option<String>,
    /// When.
    pub at: i64,
    /// When these points expire.
    pub expires_at: Option<i64>,
    /// Made here and not yet confirmed by the clinic.
    pub is_waiting: bool,
    /// How it came to be.
    pub why: PointWhy,
}

/// "Why 149?" of one entry, as far as it was noted.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct PointWhy {
    /// How a bill was counted, where that comes out as it was booked.
    pub sum: Option<PointSum>,
    /// The version of the terms that counted.
    pub policy: Option<i64>,
    /// The payment or refund.
    pub payment_id: Option<Uuid>,
    /// Its number; none until the clinic has given it.
    pub payment_number: Option<i64>,
    /// The entry that it takes back, or whose points ended.
    pub other: Option<OtherEntry>,
    /// Why it was given by hand.
    pub gift: Option<Reason>,
    /// What somebody wrote as the reason.
    pub reason: Option<String>,
    /// How the customer agreed to spend; `two`: somebody else of the clinic agreed.
    pub method: Option<String>,
    /// Who booked it; none: the web system, or nobody knows.
    pub by: Option<String>,
    /// Who agreed as the second person.
    pub agreed_by: Option<String>,
}

/// ⌊baht × multiplier ÷ 10⌋; of money given back what that was before less what it is now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct PointSum {
    /// Satang of the bill, or what was left of it.
    pub satang: i64,
    /// Satang that are left after this refund; none for a bill.
    pub left: Option<i64>,
    /// Points per 10 baht, in tenths.
    pub multiplier_tenths: i64,
}

/// An entry that another one is about.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct OtherEntry {
    /// Its points.
    pub amount: i64,
    /// When.
    pub at: i64,
}

/// Points that expire on one day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Expiring {
    /// Points.
    pub points: i64,
    /// When; none: never.
    pub at: Option<i64>,
}

/// A reward.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Reward {
    /// The reward.
    pub id: Uuid,
    /// Its name.
    pub name: String,
    /// What it costs in points.
    pub points_cost: i64,
}

/// More of a ledger.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LedgerPage {
    /// Whose.
    pub customer_id: Uuid,
    /// Entries to skip.
    pub offset: u32,
    /// Entries wanted, at most 500.
    pub limit: u32,
}

/// A customer's journey.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Journey {
    /// The journey.
    pub id: Uuid,
    /// One of the nine stages.
    pub stage: String,
    /// What she comes for, in words.
    pub plan: Option<String>,
    /// Begun.
    pub created_at: i64,
    /// Last touched.
    pub updated_at: i64,
    /// Counts its moves; a move names the one it saw.
    pub version: i64,
    /// When it came into its stage.
    pub stage_since: i64,
    /// How it ended; none while it is open.
    pub outcome: Option<Outcome>,
    /// Why it was lost or cancelled.
    pub reason: Option<String>,
    /// Sessions of the course; none where it is not one.
    pub sessions_planned: Option<i64>,
    /// Of these done.
    pub sessions_done: i64,
    /// When she is expected.
    pub booked_at: Option<i64>,
    /// Who sells.
    pub sales: Option<PersonRef>,
    /// Who treats.
    pub beautician: Option<PersonRef>,
    /// A change made here still waits to be sent.
    pub is_waiting: bool,
    /// What happened, newest first.
    pub actions: Vec<JourneyAction>,
}

/// Somebody who works here.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct PersonRef {
    /// The person.
    pub id: Uuid,
    /// What colleagues call them.
    pub nickname: String,
}

/// One step of a journey.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct JourneyAction {
    /// The step.
    pub id: Uuid,
    /// A move, or `unmove` (one was taken back) or `noted` (something was written down).
    pub kind: String,
    /// From stage.
    pub from_stage: String,
    /// To stage.
    pub to_stage: String,
    /// Who did it.
    pub by: Option<String>,
    /// When.
    pub at: i64,
    /// A note, or the reason.
    pub notes: Option<String>,
    /// On which PC.
    pub device: Option<String>,
}

/// An appointment.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Appointment {
    /// The appointment.
    pub id: Uuid,
    /// Day.
    pub date: String,
    /// `HH:MM`.
    pub start_time: String,
    /// `HH:MM`.
    pub end_time: String,
    /// `scheduled`, `confirmed`, `in_progress`, `completed`, `cancelled`, `no_show`.
    pub status: String,
    /// `consultation`, `treatment`, `follow_up`, `scan`.
    pub kind: String,
    /// Room.
    pub room: Option<String>,
    /// Who treats.
    pub staff: Option<String>,
    /// What is done, in words.
    pub service: Option<String>,
}

/// Add a customer. Errors: `name_empty`, `text_too_long`, `phone_invalid`, `email_invalid`, `date_out_of_range`, each with `fields.field`.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CustomerCreate {
    /// Full name.
    pub full_name: String,
    /// Nickname.
    pub nickname: Option<String>,
    /// Phone in any form.
    pub phone: Option<String>,
    /// E-mail.
    pub email: Option<String>,
    /// Birth date.
    pub birth_date: Option<String>,
    /// `male`, `female`, `other`.
    pub gender: Option<String>,
    /// Notes.
    pub notes: Option<String>,
    /// The lead that is made into this customer, and is theirs from then on.
    pub lead: Option<Uuid>,
}

/// Change fields of a customer. Only fields that differ from what was shown are sent. Errors as for create, and `customer_not_found`.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CustomerEdit {
    /// Which customer.
    pub id: Uuid,
    /// Each changed field with what was seen and what is wanted.
    pub changes: Vec<FieldChange>,
}

/// One changed field.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FieldChange {
    /// Which.
    pub field: CustomerField,
    /// What the person saw.
    pub from: Option<String>,
    /// What the person wants.
    pub to: Option<String>,
}

/// The fields the counter may change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum CustomerField {
    /// Full name.
    FullName,
    /// Nickname.
    Nickname,
    /// Phone.
    Phone,
    /// E-mail.
    Email,
    /// Birth date.
    BirthDate,
    /// Gender.
    Gender,
    /// Notes.
    Notes,
}

/// What a bill would earn. Errors: `customer_not_found`, `amount_out_of_range` (fields where it earns no point: `least`, the smallest that does, in satang).
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PointsPreview {
    /// Whose.
    pub customer_id: Uuid,
    /// Money paid.
    pub satang: i64,
}

/// The sum, before anything is saved.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct PointsPromise {
    /// ⌊baht × multiplier ÷ 10⌋, by the version that counts on the day of the payment.
    pub points: i64,
    /// The multiplier in tenths.
    pub multiplier_tenths: i64,
    /// What becoming a member brings beside them; 0 for who is one, or becomes one by an award that waits.
    pub welcome_points: i64,
    /// Available points after it.
    pub available_after: i64,
    /// What is owed after it: these points pay it first.
    pub owed_after: i64,
    /// Tier after it.
    pub tier_after: Tier,
}

/// Give the points of a bill. Errors: those of the sum before, `text_too_long`.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PointsAward {
    /// Made by the window when the panel opens; pressing twice gives one entry.
    pub entry_id: Uuid,
    /// Whose.
    pub customer_id: Uuid,
    /// Money paid.
    pub satang: i64,
    /// For example the bill's number.
    pub note: Option<String>,
}

/// A stretch of a ledger.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct PointEntries {
    /// Newest first.
    pub rows: Vec<PointEntry>,
}
