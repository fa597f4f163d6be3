//! How many the same referrer sends, how quickly, and what they have in common.

use chrono::{Datelike as _, TimeDelta};

use super::same::{own_device, same_word};
use super::{Earlier, Facts, Reason};
use crate::day::{self, Tz};

/// The pause after one before the next is paid without a look.
const PAUSE: TimeDelta = TimeDelta::hours(24);
/// As many of a month are paid without a look.
const MOST_A_MONTH: usize = 10;

pub(super) fn reasons(facts: &Facts, zone: Tz) -> Vec<Reason> {
    let mut found = Vec::new();
    let before: Vec<&Earlier> = facts
        .earlier
        .iter()
        .filter(|one| one.made_at <= facts.made_at)
        .collect();
    if before.iter().any(|one| facts.made_at - one.made_at < PAUSE) {
        found.push(Reason::SecondInADay);
    }
    let month = |at| {
        let day = day::date(at, zone);
        (day.year(), day.month())
    };
    let this = month(facts.made_at);
    if before.iter().filter(|one| month(one.made_at) == this).count() >= MOST_A_MONTH {
        found.push(Reason::ManyInAMonth);
    }
    let device = own_device(facts.friend.device.as_ref());
    if device.is_some()
        && facts
            .earlier
            .iter()
            .any(|one| own_device(one.device.as_ref()) == device)
    {
        found.push(Reason::ManyFromOneDevice);
    }
    if facts.earlier.iter().any(|one| is_paid_with(facts, one)) {
        found.push(Reason::ManyWithOneCard);
    }
    if are_others_refunded(facts) {
        found.push(Reason::OthersRefunded);
    }
    found
}

fn is_paid_with(facts: &Facts, other: &Earlier) -> bool {
    let paid = facts.treatments.iter().filter_map(|paid| paid.card.as_deref());
    let mut cards = paid.chain(facts.friend.cards.iter().map(String::as_str));
    cards.any(|card| same_word(Some(card), other.card.as_deref()))
}

/// Two of the others or more, and at least half of them, had their money given back.
pub(super) fn are_others_refunded(facts: &Facts) -> bool {
    let refunded = facts.earlier.iter().filter(|one| one.is_refunded).count();
    refunded >= 2 && refunded * 2 >= facts.earlier.len()
}
