//! The one error shape that crosses to the window: a code it has words for, facts to put into them, and a reference for support.
//! It carries no personal data: fields hold numbers, field names and instants only.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// What went wrong, for a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS, thiserror::Error)]
#[serde(rename_all = "camelCase")]
#[error("{code} ({ref_id})")]
pub struct AppError {
    /// A word of [`Code`]'s list, in `snake_case`.
    pub code: Code,
    /// Facts for the sentence.
    pub fields: BTreeMap<String, String>,
    /// Finds the matching line in the log.
    pub ref_id: String,
}

macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident => $word:literal,)+) => {
        /// Every code the window must have words for.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
        pub enum Code {
            $($(#[$doc])* #[serde(rename = $word)] $variant,)+
        }
        impl Code {
            /// The code as a word.
            pub fn word(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }
            /// The code for a word the database answered with, if this version knows it.
            pub fn from_word(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$variant),)+ _ => None }
            }
        }
    };
}

codes! {
    /// The code is not one of ours.
    CodeMalformed => "code_malformed",
    /// The code's time is over.
    CodeExpired => "code_expired",
    /// The code was used before.
    CodeUsed => "code_used",
    /// No answer from the clinic's database.
    ClinicUnreachable => "clinic_unreachable",
    /// The database's certificate is not the clinic's.
    CertificateRefused => "certificate_refused",
    /// The clinic has ended every login of this PC.
    AccessEnded => "access_ended",
    /// It has ended the login of who is signed in or wants to be, and goes on with their colleagues.
    LoginEnded => "login_ended",
    /// The server does not let the login in, and nobody need have meant that: it is asked again.
    LoginRefused => "login_refused",
    /// The clinic has ordered this PC wiped, and it is about to be.
    WipeOrdered => "wipe_ordered",
    /// This PC was wiped because the clinic ordered it.
    PcWiped => "pc_wiped",
    /// The clinic was not heard for too long; fields: `since`.
    CacheStale => "cache_stale",
    /// This PC belongs to another clinic already.
    OtherClinic => "other_clinic",
    /// Not four digits, or too easy.
    PinWeak => "pin_weak",
    /// Wrong PIN; fields: `left`.
    WrongPin => "wrong_pin",
    /// Too many wrong PINs; fields: `until`.
    PinPaused => "pin_paused",
    /// The customer's screen is not open, or shows nobody.
    DisplayClosed => "display_closed",
    /// There is no keyring on this PC.
    KeyringMissing => "keyring_missing",
    /// The keyring is locked.
    KeyringLocked => "keyring_locked",
    /// The keyring has lost this PC's key.
    KeyringEmpty => "keyring_empty",
    /// The cache was written by a newer version.
    CacheNewer => "cache_newer",
    /// The cache file is damaged; it was set aside.
    CacheDamaged => "cache_damaged",
    /// Another copy of the program holds the cache.
    CacheBusy => "cache_busy",
    /// No space left on the disk.
    DiskFull => "disk_full",
    /// Nobody is signed in.
    Locked => "locked",
    /// No such customer on this PC.
    CustomerNotFound => "customer_not_found",
    /// Nobody is merged into themselves.
    MergeOfOneself => "merge_of_oneself",
    /// One of the two is in another customer already.
    MergedAlready => "merged_already",
    /// Only the clinic can merge, and there is none to ask.
    MergeNeedsClinic => "merge_needs_clinic",
    /// Who would confirm it with their PIN has no login at this PC any more; fields: `name`.
    ConfirmerEnded => "confirmer_ended",
    /// No such merge.
    MergeNotFound => "merge_not_found",
    /// It was separated already.
    SeparatedAlready => "separated_already",
    /// The thirty days are over; fields: `until`.
    SeparationTooLate => "separation_too_late",
    /// A later merge has to be separated first.
    SeparateNewerFirst => "separate_newer_first",
    /// No such task.
    TaskNotFound => "task_not_found",
    /// The task is closed already.
    TaskAlreadyClosed => "task_already_closed",
    /// A colleague has begun the task; fields: `by`, `at`.
    TaskStarted => "task_started",
    /// There is an open task of this kind already; fields: `by`.
    TaskExists => "task_exists",
    /// Others may do this; fields: `role`, and `needs`, words of roles with blanks between.
    RoleNotAllowed => "role_not_allowed",
    /// No such colleague.
    PersonNotFound => "person_not_found",
    /// No such journey.
    JourneyNotFound => "journey_not_found",
    /// Somebody moved it meanwhile; fields: `stage`, `by`.
    JourneyChanged => "journey_changed",
    /// It has ended; fields: `outcome`.
    JourneyClosed => "journey_closed",
    /// Nothing of this kind leads on from its stage; fields: `stage`, `action`.
    MoveNotAllowed => "move_not_allowed",
    /// A reason is needed.
    ReasonMissing => "reason_missing",
    /// Something is lacking; fields: `needs`.
    ConditionNotMet => "condition_not_met",
    /// Sessions of the course are owed; fields: `left`.
    SessionsLeft => "sessions_left",
    /// No such follow-up.
    FollowupNotFound => "followup_not_found",
    /// The follow-up is closed already.
    FollowupAlreadyClosed => "followup_already_closed",
    /// No such notification.
    NotificationNotFound => "notification_not_found",
    /// No such visit.
    VisitNotFound => "visit_not_found",
    /// Nobody has begun yet.
    VisitNotStarted => "visit_not_started",
    /// Somebody has begun already.
    VisitAlreadyStarted => "visit_already_started",
    /// The visit is over.
    VisitEnded => "visit_ended",
    /// No such booking.
    AppointmentNotFound => "appointment_not_found",
    /// The booking is treated, called off or under way.
    AppointmentClosed => "appointment_closed",
    /// The booking is for another day.
    BookingOfAnotherDay => "booking_of_another_day",
    /// They are checked in already.
    AlreadyArrived => "already_arrived",
    /// The booking has not begun.
    NotYet => "not_yet",
    /// No such lead.
    LeadNotFound => "lead_not_found",
    /// A colleague has the lead.
    LeadTaken => "lead_taken",
    /// The lead is over.
    LeadClosed => "lead_closed",
    /// No such refused action.
    AttentionNotFound => "attention_not_found",
    /// A name is needed.
    NameEmpty => "name_empty",
    /// A text is needed; fields: `field`.
    TextEmpty => "text_empty",
    /// Too long; fields: `field`, `most`.
    TextTooLong => "text_too_long",
    /// Not a phone number.
    PhoneInvalid => "phone_invalid",
    /// Not an e-mail address.
    EmailInvalid => "email_invalid",
    /// A date that cannot be; fields: `field`.
    DateOutOfRange => "date_out_of_range",
    /// An amount that cannot be.
    AmountOutOfRange => "amount_out_of_range",
    /// Not one of the allowed values; fields: `field`.
    ValueNotAllowed => "value_not_allowed",
    /// Someone changed the same field in the meantime.
    ChangedMeanwhile => "changed_meanwhile",
    /// There is nothing that this person could take back.
    NothingToUndo => "nothing_to_undo",
    /// It was taken back before.
    AlreadyUndone => "already_undone",
    /// The points of this award were spent meanwhile.
    PointsSpent => "points_spent",
    /// There are not enough points; fields: `missing`, `available`.
    PointsShort => "points_short",
    /// A second person has to agree, or the customer on their own screen; fields: `most`.
    SecondPersonNeeded => "second_person_needed",
    /// Nobody else works here who could be the second person.
    NobodyToAgree => "nobody_to_agree",
    /// Nothing of this name waits for a second person.
    ApprovalNotFound => "approval_not_found",
    /// A second person has spoken, or it is not asked any more; fields: `state`, `by`.
    ApprovalDecided => "approval_decided",
    /// More than one person may give by hand on a day; fields: `left`, `most`.
    GiftLimitReached => "gift_limit_reached",
    /// Somebody else spent the points first.
    PointsTaken => "points_taken",
    /// No such payment.
    PaymentNotFound => "payment_not_found",
    /// More than is left of the payment; fields: `most`.
    RefundTooLarge => "refund_too_large",
    /// More than is held for the customer; fields: `most`.
    HeldShort => "held_short",
    /// What was held has paid a bill meanwhile; fields: `most`.
    HeldUsed => "held_used",
    /// Codes take nothing off a deposit or a gift card.
    HeldTakesNoCode => "held_takes_no_code",
    /// A bill of one of two customers was paid with what is held for the other; fields: `missing`.
    SeparationHeld => "separation_held",
    /// The clinic has booked the payment, so it is given back instead of taken back.
    PaymentBooked => "payment_booked",
    /// The books of this month are closed.
    MonthClosed => "month_closed",
    /// A month is closed when it is over.
    MonthNotOver => "month_not_over",
    /// No clinic can promise this.
    PolicyInvalid => "policy_invalid",
    /// Nothing that PromptPay could pay.
    PromptpayInvalid => "promptpay_invalid",
    /// The customer asked not to be called.
    NotToBeCalled => "not_to_be_called",
    /// Nothing on this PC took the number.
    DialFailed => "dial_failed",
    /// These are no opening hours.
    OpeningInvalid => "opening_invalid",
    /// The clinic is closed on this day already, under another name.
    DayClosedAlready => "day_closed_already",
    /// Nobody's code.
    ReferralCodeUnknown => "referral_code_unknown",
    /// Nobody sends themselves.
    ReferralOfOneself => "referral_of_oneself",
    /// Somebody sent this customer already; fields: `by`.
    AlreadyReferred => "already_referred",
    /// No such referral.
    ReferralNotFound => "referral_not_found",
    /// It was decided already; fields: `by`.
    ReferralDecided => "referral_decided",
    /// The friend has nothing that was paid and kept.
    ReferralNotPaidFor => "referral_not_paid_for",
    /// The reward cannot be had: not on offer, none left, or for a higher tier.
    RewardUnavailable => "reward_unavailable",
    /// How many of the reward are left is known to the clinic alone, and the clinic does not answer.
    RewardNeedsClinic => "reward_needs_clinic",
    /// No such reward.
    RewardNotFound => "reward_not_found",
    /// A reward that could not be promised; fields: `field`.
    RewardInvalid => "reward_invalid",
    /// No such achievement.
    AchievementNotFound => "achievement_not_found",
    /// An achievement that nobody could earn; fields: `field`.
    AchievementInvalid => "achievement_invalid",
    /// The clinic has rewards already.
    RewardsExist => "rewards_exist",
    /// No such code of this customer.
    CouponNotFound => "coupon_not_found",
    /// The code is used, given back or over; fields: `state`, `by`, `at`.
    CouponEnded => "coupon_ended",
    /// A code stands alone on a bill.
    CouponAlone => "coupon_alone",
    /// What was paid is not what the codes leave of the bill.
    CouponSumDiffers => "coupon_sum_differs",
    /// A code hangs on what was paid.
    CouponOnBill => "coupon_on_bill",
    /// This PC has no allowance of today for redeeming without the network.
    LeaseMissing => "lease_missing",
    /// The balance here is older than 24 hours.
    BalanceStale => "balance_stale",
    /// More than this PC may redeem without the network; fields: `left`.
    LeaseExceeded => "lease_exceeded",
    /// What was redeemed without the network reached the clinic too late.
    LeaseExpired => "lease_expired",
    /// It was redeemed on an allowance that is not this PC's.
    LeaseUnknown => "lease_unknown",
    /// Something belongs to this customer already.
    CustomerInUse => "customer_in_use",
    /// The database does not know this action.
    ActionUnknown => "action_unknown",
    /// The database could not do it for a reason of its own; asking again may help.
    ActionFailed => "action_failed",
    /// The role may not do this.
    NotAllowed => "not_allowed",
    /// No such rule.
    RuleNotFound => "rule_not_found",
    /// A rule that could not run; fields: `field`.
    RuleInvalid => "rule_invalid",
    /// Others would be touched now than the dry run showed.
    DryRunOutdated => "dry_run_outdated",
    /// The clinic's database is older or newer than this program can work with.
    SchemaMismatch => "schema_mismatch",
    /// Something else; the log line with `refId` says what.
    Unexpected => "unexpected",
}

impl std::fmt::Display for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.word())
    }
}

impl AppError {
    /// An error with this code and no facts.
    pub fn new(code: Code) -> Self {
        let ref_id = uuid::Uuid::new_v4().simple().to_string();
        Self {
            code,
            fields: BTreeMap::new(),
            ref_id: ref_id.chars().take(8).collect(),
        }
    }

    /// The same error with one more fact. Never a name, phone or anything else about a person.
    #[must_use]
    pub fn with(mut self, field: &str, value: impl ToString) -> Self {
        self.fields.insert(field.into(), value.to_string());
        self
    }
}

impl From<Code> for AppError {
    fn from(code: Code) -> Self {
        Self::new(code)
    }
}
