//! What a clinic promises its members, in versions that count from a moment on: what a bill earns, by what the tiers are reached and from how much, until when points
//! last. The database keeps the versions and refuses what no clinic can mean (`desk.policy_problem`); the desk asks the same here.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::{MONTHS, Tier, WELCOME_POINTS, points_for};

/// By what a tier is reached.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// Points ever earned.
    #[default]
    Points,
    /// Baht received less refunds in the last twelve months.
    Baht,
}

impl Basis {
    /// The word for the database.
    pub fn word(self) -> &'static str {
        match self {
            Self::Points => "points",
            Self::Baht => "baht",
        }
    }

    /// The basis with this word; an unknown one counts as points.
    pub fn from_word(word: &str) -> Self {
        if word == Self::Baht.word() {
            Self::Baht
        } else {
            Self::Points
        }
    }

    /// What the product decision on loyalty gives for the four upper tiers, in points or in baht.
    pub fn usual_floors(self) -> [i64; 4] {
        match self {
            Self::Points => [1_000, 3_000, 7_000, 15_000],
            Self::Baht => [10_000, 30_000, 70_000, 150_000],
        }
    }

    /// Parts of the unit in which floors are written: a measure counts satang.
    fn parts(self) -> i64 {
        match self {
            Self::Points => 1,
            Self::Baht => 100,
        }
    }
}

/// Points that no bill earns, never multiplied; 0: none are given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Bonuses {
    /// A treatment is completed.
    pub treatment: i64,
    /// The first review.
    pub review: i64,
    /// A friend came, paid and kept it. At least 1: by its points a referral is known as paid.
    pub referral: i64,
    /// The month of birth.
    pub birthday: i64,
    /// A day on which somebody came.
    pub check_in: i64,
}

impl Default for Bonuses {
    fn default() -> Self {
        Self {
            treatment: 50,
            review: 50,
            referral: 200,
            birthday: 100,
            check_in: 10,
        }
    }
}

impl Bonuses {
    /// The first, in the order of the database (`desk.bonus_problem`), that no clinic can mean.
    fn problem(self) -> Option<&'static str> {
        let all = [
            ("treatment", 0, self.treatment),
            ("review", 0, self.review),
            ("referral", 1, self.referral),
            ("birthday", 0, self.birthday),
            ("check_in", 0, self.check_in),
        ];
        let wrong = all
            .into_iter()
            .find(|(_, least, points)| !(*least..=10_000).contains(points));
        wrong.map(|(field, ..)| field)
    }
}

/// One version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Its number; a higher one was made later.
    pub version: i64,
    /// Microseconds since 1970 from when it counts.
    pub starts_at: i64,
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
    /// What is thanked for.
    pub bonuses: Bonuses,
    /// Whole percent that a tier takes off a bill, bronze first.
    pub discounts: [i64; 5],
    /// What a point takes off a bill, in satang; 0: only rewards are redeemed.
    pub redeem_satang: i64,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            version: 1,
            starts_at: 0,
            basis: Basis::Points,
            tenths: Tier::ALL.map(Tier::default_multiplier_tenths),
            floors: Basis::Points.usual_floors(),
            months: MONTHS,
            welcome: WELCOME_POINTS,
            point_satang: 100,
            bonuses: Bonuses::default(),
            discounts: [5, 8, 10, 12, 15],
            redeem_satang: 20,
        }
    }
}

/// What of a version no clinic can mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
    /// More than 20 points per 10 baht, or fewer than the tier below.
    Multiplier(Tier),
    /// More than 50 percent, or less than the tier below.
    Discount(Tier),
    /// No more than the tier below, or more than nine digits.
    Floor(Tier),
    /// Not 1 to 240.
    Months,
    /// Not 0 to 10,000.
    Welcome,
    /// Not 0 to 1,000 baht.
    PointWorth,
    /// Not 0 to 10 baht.
    RedeemWorth,
    /// Not 0 (of a referral 1) to 10,000.
    Bonus(&'static str),
}

impl Problem {
    /// The field, as the database names it.
    pub fn field(self) -> String {
        match self {
            Self::Multiplier(tier) => format!("multipliers.{}", tier.word()),
            Self::Discount(tier) => format!("discounts.{}", tier.word()),
            Self::Floor(tier) => format!("floors.{}", tier.word()),
            Self::Months => "months".into(),
            Self::Welcome => "welcome".into(),
            Self::PointWorth => "point_satang".into(),
            Self::RedeemWorth => "redeem_satang".into(),
            Self::Bonus(field) => format!("bonuses.{field}"),
        }
    }
}

impl Policy {
    /// Points per 10 baht with this tier, in tenths.
    pub fn tenths_of(&self, tier: Tier) -> i64 {
        let of = Tier::ALL.into_iter().zip(self.tenths).find(|(one, _)| *one == tier);
        of.map_or(0, |(_, tenths)| tenths)
    }

    /// Percent that this tier takes off a bill.
    pub fn discount_of(&self, tier: Tier) -> i64 {
        let of = Tier::ALL.into_iter().zip(self.discounts).find(|(one, _)| *one == tier);
        of.map_or(0, |(_, percent)| percent)
    }

    /// What points take off a bill, in satang.
    pub fn worth(&self, points: i64) -> i64 {
        points.saturating_mul(self.redeem_satang)
    }

    /// The points of one bill.
    pub fn points_for(&self, satang: i64, tier: Tier) -> i64 {
        points_for(satang, self.tenths_of(tier))
    }

    /// The measure (points, or satang) from which a tier is held.
    pub fn floor(&self, tier: Tier) -> i64 {
        let upper = Tier::ALL.into_iter().skip(1).zip(self.floors);
        let floor = upper
            .into_iter()
            .find(|(one, _)| *one == tier)
            .map_or(0, |(_, floor)| floor);
        floor.saturating_mul(self.basis.parts())
    }

    /// The tier that a measure (points, or satang) reaches.
    pub fn reached(&self, measure: i64) -> Tier {
        let reached = Tier::ALL.into_iter().rev().find(|tier| measure >= self.floor(*tier));
        reached.unwrap_or(Tier::Bronze)
    }

    /// What no clinic can mean, if there is something: a higher tier is harder to reach and never earns less.
    pub fn problem(&self) -> Option<Problem> {
        // Tier by tier, as the database asks, so that of several the same one is named.
        let (mut fewest, mut least, mut below) = (0, 0, 0);
        let floors = std::iter::once(None).chain(self.floors.map(Some));
        let promised = self.tenths.into_iter().zip(self.discounts);
        for ((tier, (tenths, percent)), floor) in Tier::ALL.into_iter().zip(promised).zip(floors) {
            if !(fewest..=200).contains(&tenths) {
                return Some(Problem::Multiplier(tier));
            }
            fewest = tenths;
            if !(least..=MOST_PERCENT).contains(&percent) {
                return Some(Problem::Discount(tier));
            }
            least = percent;
            let Some(floor) = floor else { continue };
            if floor <= below || floor > 999_999_999 {
                return Some(Problem::Floor(tier));
            }
            below = floor;
        }
        let wrong = [
            (!(1..=240).contains(&self.months), Problem::Months),
            (!(0..=10_000).contains(&self.welcome), Problem::Welcome),
            (!(0..=100_000).contains(&self.point_satang), Problem::PointWorth),
            (!(0..=1_000).contains(&self.redeem_satang), Problem::RedeemWorth),
        ];
        wrong
            .into_iter()
            .find(|(is_wrong, _)| *is_wrong)
            .map(|(_, problem)| problem)
            .or_else(|| self.bonuses.problem().map(Problem::Bonus))
    }
}

/// No tier takes more off a bill.
const MOST_PERCENT: i64 = 50;

/// What so many percent take off a bill, rounded down to the satang. As `payment_discount_fits`.
pub fn discount(satang: i64, percent: i64) -> i64 {
    satang.saturating_mul(percent) / 100
}

/// What counts at a moment (microseconds since 1970): what started last, before the first one the first. As `desk.policy_at`.
pub fn in_force(policies: &[Policy], at: i64) -> Option<&Policy> {
    let started = policies.iter().filter(|policy| policy.starts_at <= at);
    let newest = started.max_by_key(|policy| (policy.starts_at, policy.version));
    newest.or_else(|| {
        policies
            .iter()
            .min_by_key(|policy| (policy.starts_at, std::cmp::Reverse(policy.version)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn version(version: i64, starts_at: i64) -> Policy {
        Policy {
            version,
            starts_at,
            ..Policy::default()
        }
    }

    #[test]
    fn what_started_last_counts_and_of_two_of_one_moment_the_newer() {
        let all = [version(1, 0), version(2, 100), version(3, 50), version(4, 100)];
        let at = |at| in_force(&all, at).map(|policy| policy.version);
        assert_eq!(
            (at(49), at(50), at(99), at(100), at(-1)),
            (Some(1), Some(3), Some(3), Some(4), Some(1))
        );
        assert_eq!(in_force(&[], 0), None);
    }

    #[test]
    fn the_usual_policy_is_the_one_of_the_product_in_points_and_in_baht() {
        let points = Policy::default();
        assert_eq!(points.problem(), None);
        for lifetime in [0, 999, 1_000, 2_999, 3_000, 6_999, 7_000, 14_999, 15_000] {
            assert_eq!(
                points.reached(lifetime),
                Tier::of_lifetime_points(lifetime),
                "{lifetime}"
            );
        }
        let baht = Policy {
            basis: Basis::Baht,
            floors: Basis::Baht.usual_floors(),
            ..points
        };
        assert_eq!(
            (baht.reached(2_999_999), baht.reached(3_000_000)),
            (Tier::Silver, Tier::Gold),
            "satang are counted"
        );
    }

    #[test]
    fn what_no_clinic_can_mean_is_named() {
        let with = |change: fn(&mut Policy)| {
            let mut policy = Policy::default();
            change(&mut policy);
            policy.problem().map(Problem::field)
        };
        assert_eq!(
            with(|policy| policy.tenths[2] = 14).as_deref(),
            Some("multipliers.gold")
        );
        assert_eq!(
            with(|policy| policy.tenths[4] = 201).as_deref(),
            Some("multipliers.diamond")
        );
        assert_eq!(with(|policy| policy.floors[0] = 0).as_deref(), Some("floors.silver"));
        assert_eq!(
            with(|policy| policy.floors[2] = 3_000).as_deref(),
            Some("floors.platinum")
        );
        assert_eq!(with(|policy| policy.months = 0).as_deref(), Some("months"));
        assert_eq!(with(|policy| policy.welcome = -1).as_deref(), Some("welcome"));
        assert_eq!(
            with(|policy| policy.point_satang = 100_001).as_deref(),
            Some("point_satang")
        );
        assert_eq!(
            with(|policy| policy.discounts[1] = 4).as_deref(),
            Some("discounts.silver"),
            "less than the tier below"
        );
        assert_eq!(
            with(|policy| policy.discounts[4] = 51).as_deref(),
            Some("discounts.diamond")
        );
        assert_eq!(
            with(|policy| policy.redeem_satang = 1_001).as_deref(),
            Some("redeem_satang")
        );
        assert_eq!(
            with(|policy| policy.bonuses.referral = 0).as_deref(),
            Some("bonuses.referral")
        );
        assert_eq!(with(|policy| policy.bonuses.check_in = 0), None, "no thanks for coming");
        assert_eq!(
            with(|policy| policy.bonuses.birthday = 10_001).as_deref(),
            Some("bonuses.birthday")
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(10_000))]

        #[test]
        fn more_money_never_earns_less_and_never_lowers_a_tier(satang in 0_i64..100_000_000, more in 0_i64..100_000_000, tier in 0_usize..5) {
            let policy = Policy::default();
            let tier = Tier::ALL[tier];
            prop_assert!(policy.points_for(satang + more, tier) >= policy.points_for(satang, tier));
            prop_assert!(policy.reached(satang + more) >= policy.reached(satang));
            prop_assert!(policy.floor(policy.reached(satang)) <= satang);
        }
    }
}
