//! What a bill earns and which tier it leads to (policy of the clinic; defaults of the product decision on loyalty), what a customer has
//! ([`account`]), what it buys ([`reward`]), what may be redeemed without the network ([`lease`]), what a clinic promises ([`policy`]) and which tier is held
//! ([`standing`]). The database decides; the desk predicts with these same rules.

pub mod account;
pub mod gift;
pub mod lease;
pub mod origin;
pub mod policy;
pub mod reward;
pub mod standing;
pub mod trial;

use chrono::{DateTime, Months, NaiveTime};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::day::{self, Tz};

/// A member's tier, lowest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Tier {
    /// From 0 lifetime points.
    Bronze,
    /// From 1,000.
    Silver,
    /// From 3,000.
    Gold,
    /// From 7,000.
    Platinum,
    /// From 15,000.
    Diamond,
}

/// Lifetime points from which each tier is held.
const FLOORS: [(Tier, i64); 5] = [
    (Tier::Bronze, 0),
    (Tier::Silver, 1_000),
    (Tier::Gold, 3_000),
    (Tier::Platinum, 7_000),
    (Tier::Diamond, 15_000),
];

/// The largest bill that can earn at once: 1,000,000 baht. More is a typing slip.
pub const LARGEST_BILL_SATANG: i64 = 100_000_000;

/// What the database puts into the ledger of a new member, before the first award (`desk.loyalty_profile`).
pub const WELCOME_POINTS: i64 = 100;

impl Tier {
    /// All of them, lowest first.
    pub const ALL: [Self; 5] = [Self::Bronze, Self::Silver, Self::Gold, Self::Platinum, Self::Diamond];

    /// The next tier down; the lowest stays.
    pub fn one_below(self) -> Self {
        let below = Self::ALL.into_iter().rev().find(|tier| *tier < self);
        below.unwrap_or(Self::Bronze)
    }

    /// The tier held with this many lifetime points.
    pub fn of_lifetime_points(points: i64) -> Self {
        FLOORS
            .iter()
            .rev()
            .find(|(_, floor)| points >= *floor)
            .map_or(Self::Bronze, |(tier, _)| *tier)
    }

    /// The tier as the database writes it; an unknown word counts as the lowest.
    pub fn from_word(word: &str) -> Self {
        match word {
            "silver" => Self::Silver,
            "gold" => Self::Gold,
            "platinum" => Self::Platinum,
            "diamond" => Self::Diamond,
            _ => Self::Bronze,
        }
    }

    /// The word for the database.
    pub fn word(self) -> &'static str {
        match self {
            Self::Bronze => "bronze",
            Self::Silver => "silver",
            Self::Gold => "gold",
            Self::Platinum => "platinum",
            Self::Diamond => "diamond",
        }
    }

    /// Lifetime points from which this tier is held.
    pub fn floor(self) -> i64 {
        FLOORS
            .iter()
            .find(|(tier, _)| *tier == self)
            .map_or(0, |(_, floor)| *floor)
    }

    /// The next tier up, if there is one.
    pub fn next(self) -> Option<Self> {
        FLOORS.iter().map(|(tier, _)| *tier).find(|tier| *tier > self)
    }

    /// Points earned per 10 baht, in tenths, where the clinic has no policy of its own: 1 / 1.5 / 2 / 2.5 / 3.
    pub fn default_multiplier_tenths(self) -> i64 {
        match self {
            Self::Bronze => 10,
            Self::Silver => 15,
            Self::Gold => 20,
            Self::Platinum => 25,
            Self::Diamond => 30,
        }
    }
}

/// Points for one bill: ⌊baht × multiplier ÷ 10⌋, floored once a bill. `satang` is money paid, `tenths` the multiplier × 10.
pub fn points_for(satang: i64, tenths: i64) -> i64 {
    satang.saturating_mul(tenths).div_euclid(10_000)
}

/// The smallest bill, in satang, that earns a point with this multiplier (in tenths); none where nothing earns any.
pub fn least_bill(tenths: i64) -> Option<i64> {
    (tenths > 0).then(|| (10_000 + tenths - 1) / tenths)
}

/// Points of a bill that go when a part of it is given back: what it earned before, less what it earns now (rule L5). Rounded twice, so that
/// the parts add up to what was given.
pub fn points_to_reverse(before_satang: i64, after_satang: i64, tenths: i64) -> i64 {
    points_for(before_satang, tenths) - points_for(after_satang, tenths)
}

/// Months until points end, where the clinic has no policy of its own.
pub const MONTHS: u32 = 24;

/// The last second of points that count from `at` on, both in microseconds since 1970: the end of the clinic's day so many months on, or of
/// the month's last day where there is no such day (rule L11).
pub fn ends_at(at: i64, months: u32, zone: Tz) -> Option<i64> {
    let day = day::date(DateTime::from_timestamp_micros(at)?, zone).checked_add_months(Months::new(months))?;
    let last = NaiveTime::from_hms_opt(23, 59, 59)?;
    Some(day::instant(day, last, zone).timestamp_micros())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bill_earns_the_floor_of_baht_times_multiplier_over_ten() {
        assert_eq!(points_for(199_900, 20), 399);
        assert_eq!(points_for(199_900, 10), 199);
        assert_eq!(points_for(99_950, 10), 99);
        assert_eq!(points_for(999, 10), 0);
    }

    #[test]
    fn the_least_bill_earns_one_point_and_a_satang_less_earns_none() {
        assert_eq!(least_bill(15), Some(667));
        for tenths in 1..=60 {
            let least = least_bill(tenths).unwrap();
            assert_eq!(
                (points_for(least, tenths), points_for(least - 1, tenths)),
                (1, 0),
                "{tenths}"
            );
        }
        assert_eq!(least_bill(0), None);
    }

    #[test]
    fn l5_parts_of_a_refund_add_up_to_what_was_given() {
        let parts = [points_to_reverse(199_900, 99_950, 10), points_to_reverse(99_950, 0, 10)];
        assert_eq!(parts, [100, 99]);
        let parts = [points_to_reverse(199_900, 99_950, 20), points_to_reverse(99_950, 0, 20)];
        assert_eq!(parts, [200, 199], "story 14");
    }

    #[test]
    fn l11_points_end_with_a_day_of_bangkok_and_a_short_month_with_its_last() {
        let end = |from: &str, months| {
            let from: DateTime<chrono::Utc> = from.parse().unwrap();
            let end = ends_at(from.timestamp_micros(), months, day::USUAL_ZONE).unwrap();
            let here = DateTime::from_timestamp_micros(end)
                .unwrap()
                .with_timezone(&day::USUAL_ZONE);
            here.naive_local().to_string()
        };
        assert_eq!(end("2026-10-01T03:00:00Z", 24), "2028-10-01 23:59:59");
        assert_eq!(end("2026-01-31T03:00:00Z", 1), "2026-02-28 23:59:59");
        assert_eq!(end("2028-01-31T03:00:00Z", 1), "2028-02-29 23:59:59");
        assert_eq!(end("2024-02-29T03:00:00Z", 24), "2026-02-28 23:59:59");
        assert_eq!(
            end("2026-10-01T17:00:00Z", 24),
            "2028-10-02 23:59:59",
            "it is the second in Bangkok"
        );
    }

    #[test]
    fn tiers_begin_at_their_floor() {
        assert_eq!(Tier::of_lifetime_points(999), Tier::Bronze);
        assert_eq!(Tier::of_lifetime_points(1_000), Tier::Silver);
        assert_eq!(Tier::of_lifetime_points(15_000), Tier::Diamond);
        assert_eq!(Tier::Diamond.next(), None);
    }
}
