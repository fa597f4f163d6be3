//! The tier that somebody holds, and what moves it (rule L9): up at once; down one step on the anniversary, or at once where the invoice that reached it is given back.
//! Spending and expiry of points are not here, because they never touch it. The database decides (`desk.judge_tier`); preview, prediction and what-if ask here.

use chrono::{Datelike as _, NaiveDate};
use uuid::Uuid;

use super::{
    Tier,
    policy::{Basis, Policy},
};

/// What is held, and by which invoice it was reached: an entry of the ledger, or a payment where baht decide.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The tier.
    pub tier: Tier,
    /// What reached it; none: this desk does not know.
    pub reached_by: Option<Uuid>,
}

impl Standing {
    /// After something that counts, with the measure that it leads to.
    pub fn after_gain(self, policy: &Policy, measure: i64) -> Tier {
        policy.reached(measure).max(self.tier)
    }

    /// After an invoice was given back, whole or in part.
    pub fn after_refund(self, policy: &Policy, measure: i64, invoice: Uuid) -> Tier {
        match self.reached_by {
            Some(by) if by != invoice => self.tier,
            _ => policy.reached(measure).min(self.tier),
        }
    }

    /// On the anniversary: kept, or one step lower.
    pub fn after_anniversary(self, policy: &Policy, measure: i64) -> Tier {
        if policy.reached(measure) < self.tier {
            self.tier.one_below()
        } else {
            self.tier
        }
    }
}

/// What a bill would do, and what it does: the preview, the prediction of the posting and the question "what if she pays 8,000 today?" ask this alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Points that the bill earns.
    pub points: i64,
    /// What decides the tier afterwards.
    pub measure: i64,
    /// The tier afterwards.
    pub tier: Tier,
}

/// A bill.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bill {
    /// Money.
    pub satang: i64,
    /// It is written down as a payment, so that it counts as money; else it only earns points.
    pub is_money: bool,
    /// Points that come with it: the welcome of a new member.
    pub beside: i64,
}

/// The outcome of a bill for who stands here with this measure. It earns by the version of its day, and the tier is judged by the one that counts now.
pub fn pay(earns: &Policy, now: &Policy, standing: Standing, measure: i64, bill: Bill) -> Outcome {
    let points = earns.points_for(bill.satang, standing.tier);
    let gained = match now.basis {
        Basis::Points => points.saturating_add(bill.beside),
        Basis::Baht if bill.is_money => bill.satang,
        Basis::Baht => 0,
    };
    let measure = measure.saturating_add(gained);
    Outcome {
        points,
        measure,
        tier: standing.after_gain(now, measure),
    }
}

/// The first of the days on which the twelve months begin that end with `day`.
pub fn year_before(day: NaiveDate) -> NaiveDate {
    let back = day
        .with_year(day.year() - 1)
        .or_else(|| NaiveDate::from_ymd_opt(day.year() - 1, 2, 28));
    back.and_then(|day| day.succ_opt()).unwrap_or(day)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn baht() -> Policy {
        Policy {
            basis: Basis::Baht,
            floors: Basis::Baht.usual_floors(),
            ..Policy::default()
        }
    }

    fn bill(satang: i64) -> Bill {
        Bill {
            satang,
            is_money: true,
            beside: 0,
        }
    }

    fn gold(reached_by: u128) -> Standing {
        Standing {
            tier: Tier::Gold,
            reached_by: Some(Uuid::from_u128(reached_by)),
        }
    }

    #[test]
    fn l9_story_15_gold_with_26_500_baht_goes_one_step_down_on_the_day() {
        let (policy, measure) = (baht(), 2_650_000);
        assert_eq!(policy.floor(Tier::Gold) - measure, 350_000, "3,500 baht are missing");
        assert_eq!(gold(1).after_anniversary(&policy, measure), Tier::Silver);
        assert_eq!(gold(1).after_anniversary(&policy, 0), Tier::Silver, "one step only");
        assert_eq!(gold(1).after_anniversary(&policy, 3_000_000), Tier::Gold);
    }

    #[test]
    fn l9_a_refund_lowers_a_tier_only_where_that_invoice_reached_it() {
        let policy = baht();
        assert_eq!(gold(1).after_refund(&policy, 500_000, Uuid::from_u128(2)), Tier::Gold);
        assert_eq!(
            gold(1).after_refund(&policy, 1_200_000, Uuid::from_u128(1)),
            Tier::Silver
        );
        assert_eq!(
            gold(1).after_refund(&policy, 9_000_000, Uuid::from_u128(1)),
            Tier::Gold,
            "never up"
        );
    }

    #[test]
    fn what_if_she_pays_8_000_today() {
        let silver = Standing {
            tier: Tier::Silver,
            reached_by: None,
        };
        let outcome = pay(&baht(), &baht(), silver, 2_300_000, bill(800_000));
        assert_eq!(
            outcome,
            Outcome {
                points: 1_200,
                measure: 3_100_000,
                tier: Tier::Gold
            }
        );
        let outcome = pay(&Policy::default(), &Policy::default(), silver, 1_700, bill(800_000));
        assert_eq!(
            (outcome.points, outcome.tier),
            (1_200, Tier::Silver),
            "2,900 points are not yet gold"
        );
    }

    #[test]
    fn twelve_months_are_twelve_months_in_leap_years_too() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        assert_eq!(year_before(day("2026-11-01")), day("2025-11-02"));
        assert_eq!(year_before(day("2028-02-29")), day("2027-03-01"));
        assert_eq!(year_before(day("2029-02-28")), day("2028-02-29"));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(10_000))]

        #[test]
        fn l9_paying_never_lowers_and_an_anniversary_takes_one_step_at_most(measure in 0_i64..20_000_000, satang in 1_i64..100_000_000, tier in 0_usize..5, by_baht: bool) {
            let policy = if by_baht { baht() } else { Policy::default() };
            let standing = Standing { tier: Tier::ALL[tier], reached_by: None };
            let paid = pay(&policy, &policy, standing, measure, bill(satang));
            prop_assert!(paid.tier >= standing.tier && paid.measure >= measure);
            prop_assert_eq!(paid.points, policy.points_for(satang, standing.tier));
            let after = standing.after_anniversary(&policy, measure);
            prop_assert!(after == standing.tier || after == standing.tier.one_below());
            prop_assert!(after >= policy.reached(measure).min(standing.tier), "nobody falls below what is reached");
        }
    }
}
