//! Money that is paid before what it is for: a deposit, or a gift card. It is held for the customer and earns nothing until it pays a bill, and then like any money, on that day
//! (rule L6): no baht earns twice, and points never buy what brings points. The database decides (`desk.earning`, `desk.held_by`, `desk.held_back`); preview, prediction and
//! paper ask here.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// As what money is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum HeldAs {
    /// Towards a treatment of this customer.
    Deposit,
    /// A gift card that was sold.
    GiftCard,
}

impl HeldAs {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Deposit, Self::GiftCard];

    /// The word for the database.
    pub fn word(self) -> &'static str {
        match self {
            Self::Deposit => "deposit",
            Self::GiftCard => "gift_card",
        }
    }

    /// The kind with this word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }
}

/// What a payment counts for points, tier and everything else, in satang: all of a bill, whatever it is paid with, and nothing of what is held.
pub fn earning(satang: i64, held_as: Option<HeldAs>) -> i64 {
    match held_as {
        Some(HeldAs::Deposit | HeldAs::GiftCard) => 0,
        None => satang,
    }
}

/// What a payment adds to what is held for its customer; a bill that is paid with `held` of it, less than nothing. Given back, it is the other way round.
pub fn held_by(satang: i64, held_as: Option<HeldAs>, held: i64) -> i64 {
    match held_as {
        Some(HeldAs::Deposit | HeldAs::GiftCard) => satang,
        None => -held,
    }
}

/// What of a bill the held money pays: as much as there is.
pub fn covers(pays: i64, left: i64) -> i64 {
    pays.min(left).max(0)
}

/// What of money given back is held again: the rest of the bill's own money goes back first, into the hand.
pub fn held_back(satang: i64, money_left: i64) -> i64 {
    satang.saturating_sub(money_left).max(0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::loyalty::{points_for, points_to_reverse};

    #[test]
    fn l6_a_deposit_earns_nothing_and_the_bill_it_pays_earns_once() {
        assert_eq!(points_for(earning(50_000, Some(HeldAs::Deposit)), 20), 0);
        assert_eq!(points_for(earning(50_000, Some(HeldAs::GiftCard)), 20), 0);
        assert_eq!(
            points_for(earning(199_900, None), 20),
            399,
            "of which 500 baht were held"
        );
        assert_eq!(held_by(50_000, Some(HeldAs::Deposit), 0), 50_000);
        assert_eq!(held_by(199_900, None, 50_000), -50_000);
    }

    #[test]
    fn l6_held_money_pays_as_much_of_a_bill_as_there_is() {
        assert_eq!(covers(199_900, 50_000), 50_000);
        assert_eq!(covers(30_000, 50_000), 30_000);
        assert_eq!(covers(30_000, -1), 0, "two PCs have used it");
    }

    #[test]
    fn l6_money_in_the_hand_goes_back_first() {
        // 1,999 baht, of which 500 were held: 1,499 were paid at the counter.
        assert_eq!(held_back(149_900, 149_900), 0);
        assert_eq!(held_back(150_000, 149_900), 100);
        assert_eq!(held_back(50_000, 0), 50_000);
    }

    proptest! {
        #[test]
        fn l6_what_is_given_back_in_parts_is_held_as_before_and_takes_the_points_that_the_bill_earned(satang in 1..10_000_000_i64, share in 0..=100_i64, parts in prop::collection::vec(1..3_000_000_i64, 0..6), tenths in 0..=60_i64) {
            let held = satang * share / 100;
            let (mut rest, mut money, mut again, mut gone) = (satang, satang - held, 0, 0);
            for part in parts.into_iter().chain([satang]) {
                let part = part.min(rest);
                let back = held_back(part, money);
                gone += points_to_reverse(rest, rest - part, tenths);
                (rest, money, again) = (rest - part, money - (part - back), again + back);
                prop_assert!(money >= 0);
            }
            prop_assert_eq!((rest, again, gone), (0, held, points_for(satang, tenths)));
        }
    }
}
