//! What a bill earns and which tier it leads to (policy of the clinic; defaults of the product decision on loyalty).
//! The database decides; the desk predicts with these same rules. It keeps no balances.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

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

/// Points of one ledger entry that are still there, and when they expire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Remaining {
    /// Points, more than 0.
    pub points: i64,
    /// Microseconds since 1970; none for points that never expire.
    pub expires_at: Option<i64>,
}

/// One entry of a ledger, as far as what is left depends on it.
#[derive(Clone, Copy, Debug)]
pub struct Movement {
    /// Negative when spent, expired or taken back.
    pub points: i64,
    /// Microseconds since 1970; none for points that never expire, or that the clinic has not dated yet.
    pub expires_at: Option<i64>,
    /// It takes back an award, whose expiry it has.
    pub cancels: bool,
}

/// What is left of each earned entry. `ledger` is oldest first. What was spent is taken from what expired soonest among the points that were
/// there at the time (rule L2); an entry that cancels an award takes that award's points first. Points spent beyond that are ignored.
pub fn remaining(ledger: impl IntoIterator<Item = Movement>) -> Vec<Remaining> {
    let mut lots: Vec<Remaining> = vec![];
    for entry in ledger {
        let Movement { points, expires_at, .. } = entry;
        if points > 0 {
            lots.push(Remaining { points, expires_at });
            lots.sort_by_key(|lot| lot.expires_at.unwrap_or(i64::MAX));
        } else {
            let wanted = points.saturating_neg();
            let beyond = take(&mut lots, wanted, |lot| entry.cancels && lot.expires_at == expires_at);
            take(&mut lots, beyond, |_| true);
        }
    }
    lots
}

/// Takes points from the lots that `may` name, in their order; answers how many are still wanted.
fn take(lots: &mut Vec<Remaining>, mut wanted: i64, may: impl Fn(&Remaining) -> bool) -> i64 {
    for lot in lots.iter_mut().filter(|lot| may(lot)) {
        let taken = lot.points.min(wanted);
        lot.points -= taken;
        wanted -= taken;
    }
    lots.retain(|lot| lot.points > 0);
    wanted
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Earned or spent.
    fn moved((points, expires_at): (i64, Option<i64>)) -> Movement {
        Movement {
            points,
            expires_at,
            cancels: false,
        }
    }

    fn taken_back(points: i64, expires_at: Option<i64>) -> Movement {
        Movement {
            points: -points,
            expires_at,
            cancels: true,
        }
    }

    #[test]
    fn what_is_spent_comes_from_what_expires_soonest() {
        let earned = [(50, None), (200, Some(31)), (100, Some(10))];
        let spent = earned.into_iter().chain([(-120, None)]);
        let left: Vec<_> = remaining(spent.map(moved))
            .iter()
            .map(|lot| (lot.points, lot.expires_at))
            .collect();
        assert_eq!(left, [(180, Some(31)), (50, None)]);
    }

    #[test]
    fn points_earned_later_were_not_there_to_be_spent() {
        let left = remaining([(100, Some(50)), (-100, None), (40, Some(10))].map(moved));
        assert_eq!(
            left,
            [Remaining {
                points: 40,
                expires_at: Some(10)
            }]
        );
    }

    #[test]
    fn a_cancelled_award_leaves_what_was_there_before_it() {
        let before = Remaining {
            points: 100,
            expires_at: Some(10),
        };
        // Its expiry is the clinic's word: none until that has come.
        for expiry in [Some(50), None] {
            let earned = [(100, Some(10)), (399, expiry)].map(moved);
            let left = remaining(earned.into_iter().chain([taken_back(399, expiry)]));
            assert_eq!(left, [before]);
        }
    }

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
    fn tiers_begin_at_their_floor() {
        assert_eq!(Tier::of_lifetime_points(999), Tier::Bronze);
        assert_eq!(Tier::of_lifetime_points(1_000), Tier::Silver);
        assert_eq!(Tier::of_lifetime_points(15_000), Tier::Diamond);
        assert_eq!(Tier::Diamond.next(), None);
    }
}
