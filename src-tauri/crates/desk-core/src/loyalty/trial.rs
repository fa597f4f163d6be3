//! What another policy would have done to real bills, and to whose tier (nothing of it is done: a version counts from its day on).

use std::collections::BTreeMap;

use super::{Tier, points_for, policy::Policy};

/// A bill as it was, less what was given back of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Billed {
    /// Money that stayed.
    pub satang: i64,
    /// Points per 10 baht that it was booked with, in tenths.
    pub tenths: i64,
    /// The tier of who paid, now: for a bill whose own cannot be told from its multiplier.
    pub tier: Tier,
}

/// Somebody who is a member: what is held, and what decides by either policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The measure of the policy that counts now.
    pub now: i64,
    /// The measure of the other one.
    pub then: i64,
}

/// The answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Effect {
    /// How many bills.
    pub bills: i64,
    /// Their money.
    pub satang: i64,
    /// Points that they earned.
    pub points: i64,
    /// Points that they would have earned.
    pub would: i64,
    /// How many members would reach another tier: from, to.
    pub moves: BTreeMap<(Tier, Tier), i64>,
}

/// The tier of a bill by its multiplier; of two with the same one, the one that its payer holds.
fn tier_of(now: &Policy, bill: &Billed) -> Tier {
    let fits = |tier: &Tier| now.tenths_of(*tier) == bill.tenths;
    if fits(&bill.tier) {
        return bill.tier;
    }
    Tier::ALL.into_iter().find(fits).unwrap_or(bill.tier)
}

/// What `draft` would do to them.
pub fn effect(now: &Policy, draft: &Policy, bills: &[Billed], members: &[Standing]) -> Effect {
    let mut effect = Effect::default();
    for bill in bills {
        effect.bills += 1;
        effect.satang += bill.satang;
        effect.points += points_for(bill.satang, bill.tenths);
        effect.would += draft.points_for(bill.satang, tier_of(now, bill));
    }
    for member in members {
        let (from, to) = (now.reached(member.now), draft.reached(member.then));
        if from != to {
            *effect.moves.entry((from, to)).or_default() += 1;
        }
    }
    effect
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn real_bills_by_another_rule_and_whose_tier_would_differ() {
        let now = Policy::default();
        let mut draft = Policy {
            floors: [1_000, 2_000, 7_000, 15_000],
            ..now.clone()
        };
        draft.tenths[1] = 20;
        let bills = [
            Billed {
                satang: 100_000,
                tenths: 15,
                tier: Tier::Bronze,
            },
            Billed {
                satang: 100_000,
                tenths: 10,
                tier: Tier::Bronze,
            },
        ];
        let members = [
            Standing {
                now: 2_500,
                then: 2_500,
            },
            Standing { now: 900, then: 900 },
        ];
        let effect = effect(&now, &draft, &bills, &members);
        assert_eq!(
            (effect.bills, effect.satang, effect.points, effect.would),
            (2, 200_000, 250, 300)
        );
        assert_eq!(effect.moves, [((Tier::Silver, Tier::Gold), 1)].into());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(10_000))]

        #[test]
        fn the_same_policy_changes_nothing(satang in 1_i64..100_000_000, tier in 0_usize..5, measure in 0_i64..30_000) {
            let now = Policy::default();
            let tier = Tier::ALL[tier];
            let bill = Billed { satang, tenths: now.tenths_of(tier), tier };
            let effect = effect(&now, &now, &[bill], &[Standing { now: measure, then: measure }]);
            prop_assert_eq!(effect.points, effect.would);
            prop_assert!(effect.moves.is_empty());
        }
    }
}
