//! The rules of a journey, asked as a person would.

use super::*;
use crate::{day, opening::Hours, role::Role};
use proptest::prelude::*;

fn at(stage: Stage) -> Standing {
    Standing {
        stage,
        outcome: None,
        closed_from: None,
        planned: None,
        done: 0,
        has_amount: true,
    }
}

fn by(role: Role, action: Action) -> Wish {
    Wish {
        action,
        role: Some(role),
        gives_amount: false,
        gives_reason: true,
    }
}

fn leads(standing: Standing, role: Role, action: Action) -> Result<Stage, Refusal> {
    judge(&standing, &by(role, action)).map(|row| row.to)
}

#[test]
fn words_and_places_are_the_databases() {
    let stages: Vec<_> = Stage::ALL.iter().map(|stage| stage.number()).collect();
    assert_eq!(stages, (1..=9).collect::<Vec<_>>());
    assert_eq!(Stage::from_word("follow_up"), Some(Stage::FollowUp));
    assert_eq!(Stage::from_word("consultation"), None);
    for action in Action::ALL {
        let written = serde_json::to_string(action).unwrap();
        assert_eq!(written, format!("\"{}\"", action.word()), "one word for one thing");
    }
}

#[test]
fn the_eight_steps_lead_from_the_first_stage_to_the_last() {
    let mut stage = Stage::LeadCreated;
    for action in &Action::ALL[..8] {
        stage = leads(at(stage), Role::Manager, *action).unwrap();
    }
    assert_eq!(stage, Stage::Completed);
}

#[test]
fn nothing_leaves_the_nine_stages_and_nothing_is_skipped_forward() {
    for row in transitions() {
        let forward = row.to.number().saturating_sub(row.from.number());
        assert!(forward <= 1 || row.to == Stage::Completed, "{row:?}");
        assert!(row.rule.roles.contains(&Role::Manager) && row.rule.roles.contains(&Role::Owner));
        assert_eq!(
            row.rule.asks_reason,
            matches!(row.rule.action, Action::MarkLost | Action::Cancel | Action::StepBack)
        );
        assert_eq!(row.rule.outcome.is_some(), row.to == Stage::Completed, "{row:?}");
        assert!(Action::ALL[..8].contains(&row.rule.web));
    }
}

#[test]
fn a_course_is_not_closed_while_sessions_are_owed() {
    let course = |done| Standing {
        planned: Some(5),
        done,
        ..at(Stage::FollowUp)
    };
    assert_eq!(
        leads(course(3), Role::Sales, Action::CloseCase),
        Err(Refusal::SessionsLeft(2))
    );
    assert_eq!(
        leads(course(3), Role::FrontDesk, Action::NextSession),
        Ok(Stage::TreatmentScheduled)
    );
    assert_eq!(leads(course(5), Role::Sales, Action::CloseCase), Ok(Stage::Completed));
    assert_eq!(
        leads(course(5), Role::Sales, Action::NextSession),
        Err(Refusal::Needs(Need::SessionsLeft))
    );
}

#[test]
fn a_payment_needs_a_sum_and_an_ending_a_reason() {
    let poor = Standing {
        has_amount: false,
        ..at(Stage::ProposalSent)
    };
    assert_eq!(
        leads(poor, Role::FrontDesk, Action::ConfirmPayment),
        Err(Refusal::Needs(Need::Amount))
    );
    let paid = Wish {
        gives_amount: true,
        ..by(Role::FrontDesk, Action::ConfirmPayment)
    };
    assert!(judge(&poor, &paid).is_ok());
    let mute = Wish {
        gives_reason: false,
        ..by(Role::Sales, Action::MarkLost)
    };
    assert_eq!(judge(&poor, &mute).map(|row| row.to), Err(Refusal::ReasonMissing));
}

#[test]
fn who_may_not_hears_who_may_before_anything_else() {
    let refused = leads(at(Stage::LeadCreated), Role::FrontDesk, Action::ScanCustomer).unwrap_err();
    assert_eq!(refused, Refusal::Role(&[Role::Owner, Role::Manager, Role::Sales]));
    assert_eq!(refused.code(), "role_not_allowed");
    let left = Wish {
        role: None,
        ..by(Role::Owner, Action::ScanCustomer)
    };
    assert!(judge(&at(Stage::LeadCreated), &left).is_err());
}

#[test]
fn a_closed_journey_goes_back_only_to_where_it_was_closed() {
    let closed = |from| Standing {
        outcome: Some(Outcome::Lost),
        closed_from: from,
        ..at(Stage::Completed)
    };
    assert_eq!(
        leads(closed(Some(Stage::Scanned)), Role::Manager, Action::StepBack),
        Ok(Stage::Scanned)
    );
    assert_eq!(
        leads(closed(None), Role::Manager, Action::StepBack),
        Err(Refusal::Closed)
    );
    assert_eq!(
        leads(closed(Some(Stage::Scanned)), Role::Sales, Action::SendProposal),
        Err(Refusal::Closed)
    );
}

#[test]
fn the_menu_offers_what_may_be_done_first_and_everything_once() {
    let all = offers(&at(Stage::TreatmentScheduled), Some(Role::FrontDesk));
    let words: Vec<_> = all.iter().map(|offer| offer.action).collect();
    let may: Vec<_> = all
        .iter()
        .filter(|offer| offer.verdict.is_ok())
        .map(|offer| offer.action)
        .collect();
    assert_eq!(
        may,
        [
            Action::StartTreatment,
            Action::Reschedule,
            Action::NoShow,
            Action::Cancel
        ]
    );
    assert_eq!(words.len(), 14);
    assert_eq!(words[..may.len()], may[..]);
}

#[test]
fn a_stay_is_bounded_by_its_limit_its_booking_or_its_plan() {
    let minutes = |n: i64| n * 60_000_000;
    let hours = Hours::usual(day::USUAL_ZONE);
    let bounds_of = |stage, booked: Option<i64>, planned: Option<i64>| {
        let clock = Clock {
            since: 0,
            booked: booked.map(minutes),
            planned: planned.map(minutes),
        };
        bounds(stage, &clock, &hours).map(|bounds| (bounds.until / 60_000_000, bounds.twice / 60_000_000))
    };
    let day = 24 * 60;
    assert_eq!(bounds_of(Stage::Scanned, None, None), Some((2 * day, 4 * day)));
    assert_eq!(bounds_of(Stage::TreatmentScheduled, Some(100), None), Some((115, 130)));
    assert_eq!(
        bounds_of(Stage::TreatmentScheduled, None, None),
        Some((3 * day, 6 * day))
    );
    assert_eq!(bounds_of(Stage::FollowUp, None, Some(60)), Some((60, 60 + day)));
    assert_eq!(bounds_of(Stage::Completed, None, None), None);
    // 1970 began at 07:00 in Bangkok: the clinic opens two hours later, and the answer is awaited from then on.
    assert_eq!(bounds_of(Stage::LeadCreated, None, None), Some((135, 150)));
}

proptest! {
    #[test]
    fn who_came_before_the_instant_of_the_order_is_over_and_nobody_else(
        now in 1_735_689_600_i64..1_800_000_000, back in 0_i64..20 * 86_400, stage in prop::sample::select(Stage::ALL.to_vec()),
        opens in prop::sample::select(vec![r#"{"mon":[["09:00","20:00"]],"thu":[["09:00","12:00"],["13:00","20:00"]],"sat":[["00:00","02:00"]]}"#, "{}"]),
        apart in -2_i64..3,
    ) {
        let hours = Hours::read(opens, day::USUAL_ZONE).unwrap();
        let now = now * 1_000_000;
        let is_over = |since| {
            let clock = Clock { since, booked: None, planned: None };
            bounds(stage, &clock, &hours).is_some_and(|bounds| now > bounds.until)
        };
        match order(stage, now, &hours) {
            Order::First { over_before } => {
                // Anybody, and whoever came just then.
                for since in [now - back * 1_000_000, over_before + apart] {
                    prop_assert_eq!(is_over(since), since < over_before, "{:?} {}", stage, since);
                }
            }
            Order::Last => prop_assert!(!is_over(now - back * 1_000_000)),
            Order::Each => {
                let looks_at_each = matches!(limit(stage), Limit::Booking { .. } | Limit::Plan { .. });
                prop_assert!(looks_at_each, "{:?}", stage);
            }
        }
    }
}
