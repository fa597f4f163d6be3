//! What points can buy, and what a code that they bought does to a bill. The database decides by the same rules (migrations `issue_coupons`, `use_coupons`); a test
//! holds one against the other.

use chrono::{DateTime, Days, NaiveTime};
use serde::{Deserialize, Serialize};
use ts_rs::TS;
use uuid::Uuid;

use super::Tier;
use crate::day::{self, Tz};

/// What a reward is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(rename = "RewardKind")]
pub enum Kind {
    /// So many percent off a bill; the value is in hundredths of a percent.
    DiscountPercentage,
    /// So much off a bill; the value is in satang.
    DiscountAmount,
    /// A treatment that is handed over.
    FreeService,
    /// A better treatment than was booked.
    UpgradeService,
    /// Something for a birthday.
    BirthdaySpecial,
    /// Something for bringing somebody.
    ReferralBonus,
}

/// Every kind, as the clinic chooses from them.
pub const KINDS: [Kind; 6] = [
    Kind::DiscountPercentage,
    Kind::DiscountAmount,
    Kind::FreeService,
    Kind::UpgradeService,
    Kind::BirthdaySpecial,
    Kind::ReferralBonus,
];

/// The most points that a reward may cost.
pub const MOST_POINTS: i64 = 1_000_000;

/// Days that a code can be used, where the reward does not say.
pub const USUAL_DAYS: i64 = 365;

/// Codes on one bill, at most.
pub const MOST_COUPONS: usize = 10;

impl Kind {
    /// The word for the database.
    pub fn word(self) -> &'static str {
        match self {
            Self::DiscountPercentage => "discount_percentage",
            Self::DiscountAmount => "discount_amount",
            Self::FreeService => "free_service",
            Self::UpgradeService => "upgrade_service",
            Self::BirthdaySpecial => "birthday_special",
            Self::ReferralBonus => "referral_bonus",
        }
    }

    /// The kind with this word.
    pub fn from_word(word: &str) -> Option<Self> {
        KINDS.into_iter().find(|kind| kind.word() == word)
    }

    /// Whether it takes something off a bill; everything else is handed over.
    pub fn is_discount(self) -> bool {
        matches!(self, Self::DiscountPercentage | Self::DiscountAmount)
    }

    /// Whether a value means something: a percentage is one of a hundred, a discount is more than nothing.
    pub fn allows(self, value: i64) -> bool {
        match self {
            Self::DiscountPercentage => (1..=10_000).contains(&value),
            Self::DiscountAmount => value >= 1,
            Self::FreeService | Self::UpgradeService | Self::BirthdaySpecial | Self::ReferralBonus => value >= 0,
        }
    }
}

/// A reward as far as it decides who can have it. What the web system wrote may be anything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// What it is; none for a word that is no kind.
    pub kind: Option<Kind>,
    /// Satang, or hundredths of a percent; none where nothing readable is written.
    pub value: Option<i64>,
    /// What it costs.
    pub points_cost: i64,
    /// It has a name.
    pub is_named: bool,
    /// The clinic offers it.
    pub is_active: bool,
    /// Microseconds since 1970 of the first moment.
    pub from: Option<i64>,
    /// Microseconds since 1970 of the first moment after it.
    pub until: Option<i64>,
    /// How many there are; none where nobody counts.
    pub limit: Option<i64>,
    /// How many were handed out.
    pub handed_out: i64,
    /// From which tier.
    pub tier: Tier,
}

/// Why a customer cannot have a reward.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "why", rename_all = "snake_case")]
#[ts(rename = "RewardBar")]
pub enum Bar {
    /// Its row makes no sense.
    Broken,
    /// The clinic does not offer it any more.
    Inactive,
    /// It has not begun.
    Early,
    /// It has ended.
    Late,
    /// None is left.
    Gone,
    /// It is for a higher tier.
    Tier {
        /// From this one.
        needs: Tier,
    },
    /// Points lack.
    Short {
        /// So many.
        missing: i64,
    },
    /// Its number is limited, and without the network nobody knows what is left.
    Offline,
}

impl Offer {
    /// Whether nobody can promise it.
    pub fn is_broken(&self) -> bool {
        let makes_sense = self
            .kind
            .zip(self.value)
            .is_some_and(|(kind, value)| kind.allows(value));
        !makes_sense || !self.is_named || !(1..=MOST_POINTS).contains(&self.points_cost)
    }

    /// How many are left; none where nobody counts.
    pub fn left(&self) -> Option<i64> {
        self.limit.map(|limit| limit.saturating_sub(self.handed_out).max(0))
    }

    /// Why somebody of this tier with so many points cannot have it at `now`; nothing when they can. In the order in which the database refuses.
    pub fn bar(&self, points: i64, tier: Tier, now: i64, is_offline: bool) -> Option<Bar> {
        if self.is_broken() {
            return Some(Bar::Broken);
        }
        let missing = self.points_cost.saturating_sub(points);
        [
            (!self.is_active, Bar::Inactive),
            (self.from.is_some_and(|from| from > now), Bar::Early),
            (self.until.is_some_and(|until| until <= now), Bar::Late),
            (self.left() == Some(0), Bar::Gone),
            (self.tier > tier, Bar::Tier { needs: self.tier }),
            (missing > 0, Bar::Short { missing }),
            (is_offline && self.limit.is_some(), Bar::Offline),
        ]
        .into_iter()
        .find_map(|(is_so, bar)| is_so.then_some(bar))
    }
}

/// By how much a code reduces a bill, alone: a percentage rounded down to the satang, never more than the bill.
pub fn reduction(kind: Kind, value: i64, bill: i64) -> i64 {
    match kind {
        Kind::DiscountPercentage => bill.saturating_mul(value).div_euclid(10_000).min(bill),
        Kind::DiscountAmount => value.min(bill),
        Kind::FreeService | Kind::UpgradeService | Kind::BirthdaySpecial | Kind::ReferralBonus => 0,
    }
}

/// What has become of a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(rename = "CouponState")]
pub enum State {
    /// It can be used until its date.
    Issued,
    /// It was used.
    Used,
    /// It was given back.
    Cancelled,
    /// Its date passed, and its points came back.
    Expired,
}

impl State {
    /// The word for the database.
    pub fn word(self) -> &'static str {
        match self {
            Self::Issued => "issued",
            Self::Used => "used",
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
        }
    }

    /// The state with this word; one that is not known cannot be used.
    pub fn from_word(word: &str) -> Self {
        [Self::Issued, Self::Used, Self::Expired]
            .into_iter()
            .find(|state| state.word() == word)
            .unwrap_or(Self::Cancelled)
    }
}

/// The last second in which a code of so many days can be used: the end of the clinic's day. Both in microseconds since 1970.
pub fn ends_at(at: i64, days: i64, zone: Tz) -> Option<i64> {
    let days = Days::new(u64::try_from(days).ok()?);
    let last = day::date(DateTime::from_timestamp_micros(at)?, zone).checked_add_days(days)?;
    Some(day::instant(last, NaiveTime::from_hms_opt(23, 59, 59)?, zone).timestamp_micros())
}

/// A code as far as it decides what it does to a bill.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Coupon {
    /// The code's entry; on a bill they go in this order.
    pub id: Uuid,
    /// What it is.
    pub kind: Kind,
    /// Satang, or hundredths of a percent.
    pub value: i64,
    /// It may stand beside others.
    pub is_stackable: bool,
}

/// What each code takes off a bill, together never more than the bill: each percentage is of the whole bill. Nothing where one of several
/// stands alone only.
pub fn on_bill(bill: i64, coupons: &[Coupon]) -> Option<Vec<(Uuid, i64)>> {
    if coupons.len() > 1 && coupons.iter().any(|coupon| !coupon.is_stackable) {
        return None;
    }
    let mut ordered = coupons.to_vec();
    ordered.sort_by_key(|coupon| coupon.id);
    let mut rest = bill;
    let takes = ordered.iter().map(|coupon| {
        let less = reduction(coupon.kind, coupon.value, bill).min(rest);
        rest -= less;
        (coupon.id, less)
    });
    Some(takes.collect())
}

/// Letters and digits that are not mistaken for each other.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// The code of an entry: its last five bytes, which are random. The clinic's database gives the next one where somebody has this one already.
pub fn code(entry: Uuid) -> String {
    let bits = entry.as_u128() & 0xFF_FFFF_FFFF;
    let letter = |nth: u32| ALPHABET.get(usize::try_from((bits >> (35 - 5 * nth)) & 31).unwrap_or_default());
    (0..8).filter_map(letter).map(|letter| char::from(*letter)).collect()
}

/// A code in the form in which people read it: `K7QF-29MX`.
pub fn written(code: &str) -> String {
    match code.split_at_checked(4) {
        Some((first, rest)) if !rest.is_empty() => format!("{first}-{rest}"),
        _ => code.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offer() -> Offer {
        Offer {
            kind: Some(Kind::DiscountPercentage),
            value: Some(500),
            points_cost: 500,
            is_named: true,
            is_active: true,
            from: Some(10),
            until: Some(20),
            limit: Some(2),
            handed_out: 1,
            tier: Tier::Silver,
        }
    }

    fn coupon(id: u128, kind: Kind, value: i64) -> Coupon {
        Coupon {
            id: Uuid::from_u128(id),
            kind,
            value,
            is_stackable: true,
        }
    }

    #[test]
    fn who_can_have_a_reward_and_why_not() {
        let bar = |offer: Offer, points, tier, now| offer.bar(points, tier, now, false);
        assert_eq!(bar(offer(), 500, Tier::Silver, 10), None);
        assert_eq!(bar(offer(), 380, Tier::Silver, 10), Some(Bar::Short { missing: 120 }));
        let needs = Tier::Silver;
        assert_eq!(bar(offer(), 500, Tier::Bronze, 10), Some(Bar::Tier { needs }));
        assert_eq!(bar(offer(), 500, Tier::Silver, 9), Some(Bar::Early));
        assert_eq!(bar(offer(), 500, Tier::Silver, 20), Some(Bar::Late));
        let gone = Offer {
            handed_out: 2,
            ..offer()
        };
        assert_eq!(bar(gone, 500, Tier::Silver, 10), Some(Bar::Gone));
        let off = Offer {
            is_active: false,
            ..offer()
        };
        assert_eq!(bar(off, 500, Tier::Silver, 10), Some(Bar::Inactive));
    }

    #[test]
    fn l15_without_the_network_only_what_nobody_counts_can_be_had() {
        assert_eq!(offer().bar(500, Tier::Silver, 10, true), Some(Bar::Offline));
        let uncounted = Offer { limit: None, ..offer() };
        assert_eq!(uncounted.bar(500, Tier::Silver, 10, true), None);
    }

    #[test]
    fn a_row_that_makes_no_sense_is_no_offer() {
        let broken = [
            Offer { kind: None, ..offer() },
            Offer { value: None, ..offer() },
            Offer {
                value: Some(-1),
                ..offer()
            },
            Offer {
                value: Some(10_001),
                ..offer()
            },
            Offer {
                points_cost: 0,
                ..offer()
            },
            Offer {
                points_cost: -500,
                ..offer()
            },
            Offer {
                is_named: false,
                ..offer()
            },
        ];
        for offer in broken {
            assert_eq!(
                offer.bar(9_999, Tier::Diamond, 10, false),
                Some(Bar::Broken),
                "{offer:?}"
            );
        }
    }

    #[test]
    fn a_percentage_is_rounded_down_to_the_satang_and_nothing_takes_more_than_the_bill() {
        assert_eq!(reduction(Kind::DiscountPercentage, 500, 199_999), 9_999);
        assert_eq!(reduction(Kind::DiscountPercentage, 10_000, 199_999), 199_999);
        assert_eq!(reduction(Kind::DiscountAmount, 50_000, 30_000), 30_000);
        assert_eq!(reduction(Kind::FreeService, 50_000, 30_000), 0);
    }

    #[test]
    fn codes_that_stand_beside_others_take_each_of_the_whole_bill_and_together_no_more_than_it() {
        let ten = coupon(2, Kind::DiscountPercentage, 1_000);
        let five = coupon(1, Kind::DiscountPercentage, 500);
        let takes = |bill, coupons: &[Coupon]| {
            on_bill(bill, coupons).map(|all| all.iter().map(|(_, less)| *less).collect::<Vec<_>>())
        };
        assert_eq!(takes(100_000, &[ten, five]), Some(vec![5_000, 10_000]));
        let much = coupon(3, Kind::DiscountAmount, 98_000);
        assert_eq!(takes(100_000, &[much, ten, five]), Some(vec![5_000, 10_000, 85_000]));
        let alone = Coupon {
            is_stackable: false,
            ..ten
        };
        assert_eq!(takes(100_000, &[alone, five]), None);
        assert_eq!(takes(100_000, &[alone]), Some(vec![10_000]));
    }

    #[test]
    fn a_code_is_eight_letters_that_are_not_mistaken_for_each_other() {
        assert_eq!(code(Uuid::from_u128(0)), "00000000");
        assert_eq!(code(Uuid::from_u128(0xFF_FFFF_FFFF)), "ZZZZZZZZ");
        assert_eq!(code(Uuid::from_u128(33)), "00000011");
    }
}
