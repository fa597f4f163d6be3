//! When a native notification is due, as a rule over facts: one per subject, never for what is handled, a digest instead of a backlog
//! until the last thing in it is handled, nothing in quiet hours (held, not dropped). It knows no clock and shows nothing.

use std::collections::{BTreeMap, BTreeSet};

/// At most this many single toasts within [`BUNDLE_WITHIN`]; more become one digest.
pub const MOST_AT_ONCE: usize = 3;
/// Microseconds: toasts this close together count as a burst.
pub const BUNDLE_WITHIN: i64 = 60_000_000;
/// The subject of the digest.
pub const DIGEST: &str = "digest";

/// What a toast may be about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// A hot lead without an answer.
    HotLead,
    /// A follow-up that a person must do now.
    Followup,
}

/// What was shown of a subject, and what is to come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Past {
    /// Microseconds since 1970.
    pub shown_at: Option<i64>,
    /// Snoozed until; microseconds since 1970.
    pub next_at: Option<i64>,
}

/// Everything the rule looks at.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// Subjects that want a person now, in the order of their importance.
    pub wanting: Vec<(String, Class)>,
    /// What is known of subjects already shown or snoozed.
    pub past: BTreeMap<String, Past>,
    /// What the digest on the screen stands for; empty when there is none.
    pub digest: BTreeSet<String>,
    /// Microseconds since 1970.
    pub now: i64,
    /// Nothing may be shown now.
    pub is_quiet: bool,
    /// The first look after the start or after quiet hours: what has gathered is a backlog.
    pub is_backlog: bool,
}

/// What to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Show this one.
    Show(String, Class),
    /// Show one for all of these, in the place of the digest that is there; they count as shown.
    Digest {
        /// The subjects in it: what is due, and what still waits of the digest that it replaces.
        subjects: Vec<String>,
        /// Hot leads among them.
        leads: usize,
        /// Follow-ups among them.
        followups: usize,
    },
    /// Take it off the screen and forget it: it is handled.
    Withdraw(String),
}

/// What to do now.
pub fn decide(facts: &Facts) -> Vec<Verdict> {
    let mut verdicts = withdrawals(facts);
    if facts.is_quiet {
        return verdicts;
    }
    let due: Vec<&(String, Class)> = facts
        .wanting
        .iter()
        .filter(|(subject, _)| is_due(facts, subject))
        .collect();
    let burst = recently_shown(facts) + due.len() > MOST_AT_ONCE;
    if due.len() > 1 && (facts.is_backlog || burst) {
        verdicts.push(digest(facts, &due));
    } else {
        let singles = due
            .into_iter()
            .map(|(subject, class)| Verdict::Show(subject.clone(), *class));
        verdicts.extend(singles);
    }
    verdicts
}

fn withdrawals(facts: &Facts) -> Vec<Verdict> {
    let is_handled = |subject: &&String| !facts.wanting.iter().any(|(wanting, _)| wanting == *subject);
    let gone = facts.past.keys().filter(is_handled);
    let mut verdicts: Vec<Verdict> = gone.map(|subject| Verdict::Withdraw(subject.clone())).collect();
    if !facts.digest.is_empty() && facts.digest.iter().all(|subject| is_handled(&subject)) {
        verdicts.push(Verdict::Withdraw(DIGEST.to_owned()));
    }
    verdicts
}

fn is_due(facts: &Facts, subject: &str) -> bool {
    match facts.past.get(subject) {
        None => true,
        Some(past) => past.next_at.map_or(past.shown_at.is_none(), |next| next <= facts.now),
    }
}

fn recently_shown(facts: &Facts) -> usize {
    let recent = |past: &&Past| {
        past.shown_at
            .is_some_and(|at| (0..BUNDLE_WITHIN).contains(&(facts.now - at)))
    };
    facts.past.values().filter(recent).count()
}

fn digest(facts: &Facts, due: &[&(String, Class)]) -> Verdict {
    let stays = |one: &&(String, Class)| facts.digest.contains(&one.0) || due.contains(one);
    let all: Vec<&(String, Class)> = facts.wanting.iter().filter(stays).collect();
    let leads = all.iter().filter(|(_, class)| *class == Class::HotLead).count();
    Verdict::Digest {
        subjects: all.iter().map(|(subject, _)| subject.clone()).collect(),
        leads,
        followups: all.len() - leads,
    }
}

/// Whether `minute` of the day lies in quiet hours from `from` to `to` (minutes of the day), which may pass midnight.
pub fn is_quiet(minute: u32, from: u32, to: u32) -> bool {
    if from <= to {
        (from..to).contains(&minute)
    } else {
        minute >= from || minute < to
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(subjects: &[&str]) -> Facts {
        Facts {
            wanting: subjects.iter().map(|s| ((*s).to_owned(), Class::HotLead)).collect(),
            now: 1_000_000_000,
            ..Facts::default()
        }
    }

    #[test]
    fn a_new_subject_is_shown_once() {
        let mut facts = facts(&["lead:1"]);
        assert_eq!(decide(&facts), [Verdict::Show("lead:1".into(), Class::HotLead)]);
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
        assert!(matches!(
            &decide(&many)[..],
            [Verdict::Digest {
                leads: 3,
                followups: 0,
                ..
            }]
        ));
        let mut one = facts(&["a"]);
        one.is_backlog = true;
        assert!(matches!(&decide(&one)[..], [Verdict::Show(..)]));
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
        quiet.is_quiet = true;
        assert_eq!(decide(&quiet), [Verdict::Withdraw(DIGEST.into())]);
    }

    #[test]
    fn a_newer_digest_keeps_what_still_waits_of_the_older_one() {
        let mut facts = digested(&["b"]);
        facts.is_backlog = true;
        let more = ["c", "d"].map(|subject| (subject.to_owned(), Class::Followup));
        facts.wanting.extend(more);
        let subjects = ["b", "c", "d"].map(str::to_owned).into();
        let (leads, followups) = (1, 2);
        assert_eq!(
            decide(&facts),
            [Verdict::Digest {
                subjects,
                leads,
                followups
            }]
        );
    }

    #[test]
    fn quiet_hours_hold_but_still_withdraw() {
        let mut facts = facts(&["a"]);
        facts.is_quiet = true;
        facts.past.insert("b".into(), Past::default());
        assert_eq!(decide(&facts), [Verdict::Withdraw("b".into())]);
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
}
