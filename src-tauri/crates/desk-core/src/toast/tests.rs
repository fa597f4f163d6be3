use proptest::prelude::*;

use super::*;

fn want(subject: &str, class: Class) -> Want {
    Want {
        subject: subject.into(),
        class,
        is_urgent: false,
        passes_budget: false,
    }
}

fn facts(subjects: &[&str]) -> Facts {
    Facts {
        wanting: subjects.iter().map(|subject| want(subject, Class::HotLead)).collect(),
        now: 1_000_000_000,
        ..Facts::default()
    }
}

fn counts_of(verdicts: &[Verdict]) -> Option<Vec<(Class, usize)>> {
    match verdicts {
        [Verdict::Digest { counts, .. }] => Some(counts.clone().into_iter().collect()),
        _ => None,
    }
}

#[test]
fn a_new_subject_is_shown_once() {
    let mut facts = facts(&["lead:1"]);
    assert_eq!(decide(&facts), [Verdict::Show(want("lead:1", Class::HotLead))]);
    let past = Past {
        shown_at: Some(facts.now),
        next_at: None,
    };
    facts.past.insert("lead:1".into(), past);
    assert_eq!(decide(&facts), []);
}

#[test]
fn what_is_handled_is_withdrawn() {
    let mut facts = facts(&[]);
    facts.past.insert("lead:1".into(), Past::default());
    assert_eq!(decide(&facts), [Verdict::Withdraw("lead:1".into())]);
}

#[test]
fn a_backlog_becomes_one_digest_but_a_single_one_is_itself() {
    let mut many = facts(&["a", "b", "c"]);
    many.is_backlog = true;
    assert_eq!(counts_of(&decide(&many)), Some(vec![(Class::HotLead, 3)]));
    let mut one = facts(&["a"]);
    one.is_backlog = true;
    assert!(matches!(&decide(&one)[..], [Verdict::Show(..)]));
}

#[test]
fn a_night_of_300_events_is_one_digest_by_class() {
    let mut night = facts(&[]);
    night.is_backlog = true;
    let classes = [Class::Task, Class::Followup, Class::HotLead];
    night.wanting = (0..300)
        .zip(classes.into_iter().cycle())
        .map(|(n, class)| want(&n.to_string(), class))
        .collect();
    assert_eq!(
        counts_of(&decide(&night)),
        Some(classes.map(|class| (class, 100)).to_vec())
    );
}

#[test]
fn a_burst_becomes_one_digest() {
    assert_eq!(decide(&facts(&["a", "b", "c"])).len(), 3);
    assert!(matches!(
        &decide(&facts(&["a", "b", "c", "d"]))[..],
        [Verdict::Digest { .. }]
    ));
}

/// Two leads, one of them handled, with a digest that told of both.
fn digested(wanting: &[&str]) -> Facts {
    let mut facts = facts(wanting);
    let shown = Past {
        shown_at: Some(0),
        next_at: None,
    };
    facts.digest = ["a", "b"].map(str::to_owned).into();
    facts.past = wanting.iter().map(|subject| ((*subject).to_owned(), shown)).collect();
    facts
}

#[test]
fn a_digest_goes_when_the_last_thing_in_it_is_handled() {
    assert_eq!(decide(&digested(&["b"])), []);
    assert_eq!(decide(&digested(&[])), [Verdict::Withdraw(DIGEST.into())]);
    let mut quiet = digested(&["c"]);
    quiet.stillness = Stillness::Quiet;
    assert_eq!(decide(&quiet), [Verdict::Withdraw(DIGEST.into())]);
}

#[test]
fn a_newer_digest_keeps_what_still_waits_of_the_older_one() {
    let mut facts = digested(&["b"]);
    facts.is_backlog = true;
    facts
        .wanting
        .extend(["c", "d"].map(|subject| want(subject, Class::Followup)));
    assert_eq!(
        decide(&facts),
        [Verdict::Digest {
            subjects: ["b", "c", "d"].map(str::to_owned).into(),
            counts: [(Class::Followup, 2), (Class::HotLead, 1)].into(),
            is_urgent: false,
        }]
    );
}

#[test]
fn quiet_hours_hold_but_still_withdraw() {
    let mut facts = facts(&["a"]);
    facts.wanting[0].is_urgent = true;
    facts.stillness = Stillness::Quiet;
    facts.past.insert("b".into(), Past::default());
    assert_eq!(decide(&facts), [Verdict::Withdraw("b".into())]);
}

#[test]
fn do_not_disturb_holds_all_but_the_urgent_and_one_digest_follows() {
    let mut facts = facts(&["a", "b", "c"]);
    facts.wanting[1].is_urgent = true;
    facts.stillness = Stillness::Urgent;
    assert_eq!(decide(&facts), [Verdict::Show(facts.wanting[1].clone())]);
    let shown = Past {
        shown_at: Some(facts.now),
        next_at: None,
    };
    facts.past.insert("b".into(), shown);
    facts.stillness = Stillness::Open;
    facts.is_backlog = true;
    assert_eq!(counts_of(&decide(&facts)), Some(vec![(Class::HotLead, 2)]));
}

#[test]
fn what_is_over_the_budget_gathers_urgent_or_not_and_only_what_passes_it_is_shown() {
    let mut facts = facts(&["a", "b"]);
    facts.interruptions = vec![facts.now - 1; BUDGET];
    facts.wanting[0].is_urgent = true;
    facts.wanting[1].is_urgent = true;
    facts.wanting[1].passes_budget = true;
    assert_eq!(
        decide(&facts),
        [
            Verdict::Show(facts.wanting[1].clone()),
            Verdict::Gather(vec!["a".into()])
        ]
    );
    facts.interruptions = vec![facts.now - HOUR; BUDGET];
    assert_eq!(decide(&facts).len(), 2, "an hour later there is room again");
}

#[test]
fn the_last_of_the_budget_is_a_digest_of_all_that_is_due() {
    let mut facts = facts(&["a", "b"]);
    facts.interruptions = vec![facts.now - 1; BUDGET - 1];
    assert_eq!(counts_of(&decide(&facts)), Some(vec![(Class::HotLead, 2)]));
}

#[test]
fn a_snoozed_one_returns_when_its_time_has_come() {
    let mut facts = facts(&["a"]);
    let past = |next| Past {
        shown_at: Some(1),
        next_at: Some(next),
    };
    facts.past.insert("a".into(), past(facts.now + 1));
    assert_eq!(decide(&facts), []);
    facts.past.insert("a".into(), past(facts.now));
    assert_eq!(decide(&facts).len(), 1);
}

#[test]
fn quiet_hours_may_pass_midnight() {
    assert!(is_quiet(23 * 60, 20 * 60, 9 * 60));
    assert!(is_quiet(8 * 60 + 59, 20 * 60, 9 * 60));
    assert!(!is_quiet(9 * 60, 20 * 60, 9 * 60));
    assert!(is_quiet(13 * 60, 12 * 60, 14 * 60));
    assert!(!is_quiet(5, 0, 0));
}

/// What happens at a desk between two looks.
#[derive(Clone, Debug)]
struct Turn {
    minutes: i64,
    arrive: usize,
    are_urgent: bool,
    handle: usize,
    stillness: u8,
}

fn turn() -> impl Strategy<Value = Turn> {
    (0_i64..12, 0_usize..6, any::<bool>(), 0_usize..3, 0_u8..5).prop_map(
        |(minutes, arrive, are_urgent, handle, stillness)| Turn {
            minutes,
            arrive,
            are_urgent,
            handle,
            stillness,
        },
    )
}

/// What became of each subject, and when the desk spoke for something that does not pass the budget.
#[derive(Default)]
struct Outcome {
    shown: BTreeMap<String, usize>,
    gathered: BTreeSet<String>,
    plain: Vec<i64>,
}

fn take_turn(facts: &mut Facts, turn: &Turn, arrived: &mut usize) {
    facts.now += turn.minutes * 60_000_000 + 1;
    for _ in 0..turn.arrive {
        let mut new = want(&format!("s{arrived}"), Class::Task);
        new.is_urgent = turn.are_urgent && arrived.is_multiple_of(2);
        new.passes_budget = new.is_urgent && arrived.is_multiple_of(4);
        facts.wanting.push(new);
        *arrived += 1;
    }
    let handled = turn.handle.min(facts.wanting.len());
    facts.wanting.drain(..handled);
    facts.stillness = [
        Stillness::Open,
        Stillness::Open,
        Stillness::Open,
        Stillness::Urgent,
        Stillness::Quiet,
    ][usize::from(turn.stillness)];
}

fn carry_out(facts: &mut Facts, verdict: Verdict, outcome: &mut Outcome) {
    let (subjects, interrupts, is_beyond) = match verdict {
        Verdict::Show(want) => (vec![want.subject], true, want.passes_budget),
        Verdict::Digest { subjects, .. } => {
            facts.digest = subjects.iter().cloned().collect();
            let is_beyond = |want: &Want| want.passes_budget && facts.digest.contains(&want.subject);
            let is_beyond = facts.wanting.iter().any(is_beyond);
            (subjects, true, is_beyond)
        }
        Verdict::Gather(subjects) => {
            outcome.gathered.extend(subjects.iter().cloned());
            (subjects, false, false)
        }
        Verdict::Withdraw(subject) => {
            facts.past.remove(&subject);
            return;
        }
    };
    if interrupts {
        facts.interruptions.push(facts.now);
        if !is_beyond {
            outcome.plain.push(facts.now);
        }
    }
    for subject in subjects {
        let shown = Past {
            shown_at: Some(facts.now),
            next_at: None,
        };
        if facts.past.insert(subject.clone(), shown).is_none() {
            *outcome.shown.entry(subject).or_default() += 1;
        }
    }
}

proptest! {
    /// Whatever arrives, is handled or is held: no hour has more than its budget, and nothing is told twice or forgotten.
    #[test]
    fn no_hour_has_more_than_its_budget_and_nothing_is_lost(turns in prop::collection::vec(turn(), 1..120)) {
        let mut facts = Facts { now: 1_000_000_000_000, is_backlog: true, ..Facts::default() };
        let (mut outcome, mut arrived) = (Outcome::default(), 0);
        for turn in &turns {
            take_turn(&mut facts, turn, &mut arrived);
            for verdict in decide(&facts) {
                carry_out(&mut facts, verdict, &mut outcome);
            }
            facts.is_backlog = facts.stillness != Stillness::Open;
            for want in &facts.wanting {
                let is_held = facts.stillness == Stillness::Quiet || (facts.stillness == Stillness::Urgent && !want.is_urgent);
                prop_assert!(is_held || outcome.shown.contains_key(&want.subject), "{} was forgotten", want.subject);
            }
        }
        for at in &outcome.plain {
            let hour = outcome.plain.iter().filter(|other| (0..HOUR).contains(&(*at - **other))).count();
            prop_assert!(hour <= BUDGET, "{hour} within an hour");
        }
        prop_assert!(outcome.shown.values().all(|times| *times == 1));
    }
}
