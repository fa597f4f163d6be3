//! What people do with leads and money: take a lead, say what came of a call, give it back, take a payment, give money back, with the chances of a busy day.

use desk_core::{lead::OUTCOMES, loyalty::policy::discount};
use serde_json::{Value as Json, json};
use uuid::Uuid;

use super::{
    chance::Chance,
    door::{fitting, rows},
    pay::{given_back, held_left},
    person::{Drawn, Screen, one, written},
    row::Row,
};

const MINUTE: i64 = 60_000_000;

const WAYS: [&str; 4] = ["cash", "card", "promptpay", "transfer"];

/// Something that a person may do with leads and money.
pub(super) fn draw(screen: &Screen<'_>, id: Uuid, word: &str, chance: &mut Chance) -> Option<Drawn> {
    Some(match chance.below(100) {
        0..=23 => ("lead.claim", id, lead(screen, &["open"], chance)?),
        24..=39 => ("lead.answer", id, answer(screen, word, chance)?),
        40..=45 => ("lead.release", id, lead(screen, &["claimed"], chance)?),
        46..=77 => ("payment.take", id, pay(screen, word, chance)?),
        78..=95 => ("payment.refund", id, refund(screen, word, chance)?),
        _ => refused_by_the_database(screen, id, word, chance)?,
    })
}

/// What the PC takes and the database never will.
fn refused_by_the_database(screen: &Screen<'_>, id: Uuid, word: &str, chance: &mut Chance) -> Option<Drawn> {
    if chance.percent(50) {
        let mut said = answer(screen, word, chance)?;
        said["at"] = written(screen.now - 40 * 24 * 60 * MINUTE);
        return Some(("lead.answer", id, said));
    }
    let mut paid = pay(screen, word, chance)?;
    paid["note"] = json!("n".repeat(501));
    Some(("payment.take", id, paid))
}

fn lead(screen: &Screen<'_>, from: &[&str], chance: &mut Chance) -> Option<Json> {
    let found = fitting(screen, "lead", chance, |row| {
        row.text("status").is_some_and(|status| from.contains(&status))
    })?;
    Some(json!({ "id": found.id("id")? }))
}

/// Of a call that was made some time ago, as one that was written down without the network is.
fn answer(screen: &Screen<'_>, word: &str, chance: &mut Chance) -> Option<Json> {
    let outcome = OUTCOMES[chance.below(OUTCOMES.len())];
    let (ago, ahead) = (chance.between(0, 180), chance.between(1, 2_000));
    let (has_note, comes_again) = (chance.percent(30), chance.percent(40) && !outcome.closes);
    let found = fitting(screen, "lead", chance, |row| row.text("status") != Some("closed"))?;
    Some(json!({
        "id": found.id("id")?, "outcome": outcome.word, "note": has_note.then_some(word), "at": written(screen.now - ago * MINUTE),
        "next_at": comes_again.then(|| written(screen.now + ahead * MINUTE)),
    }))
}

/// What the usual terms promise gold.
const PERCENT: i64 = 10;

/// A bill, a deposit, or a bill that a deposit pays in part or all of.
fn pay(screen: &Screen<'_>, word: &str, chance: &mut Chance) -> Option<Json> {
    let (payment, entry) = (chance.uuid(), chance.uuid());
    let customer = one(screen, "customer", chance)?;
    let (has_note, is_small, kind) = (chance.percent(30), chance.percent(10), chance.below(10));
    let satang = if is_small {
        chance.between(1, 900)
    } else {
        chance.between(1_000, 400_000)
    };
    let journeys = rows(screen, "journey").filter(|row| row.id("customer_id") == Some(customer));
    let journey = journeys
        .last()
        .filter(|_| chance.percent(30))
        .and_then(|row| row.id("id"));
    let way = WAYS[chance.below(WAYS.len())];
    let there = held_left(screen.view, Some(customer));
    let is_with_more = chance.percent(5);
    let held = (there + i64::from(is_with_more)).clamp(0, satang);
    // A tier takes something off some bills.
    let less = (kind == 9 && has_note).then(|| (satang, discount(satang, PERCENT)));
    let satang = less.map_or(satang, |(bill, less)| bill - less);
    let (way, held_as, held) = match kind {
        0 => (way, Some("deposit"), 0),
        1 => (way, Some("gift_card"), 0),
        2..=6 if held == satang => ("held", None, held),
        2..=6 => (way, None, held),
        _ => (way, None, 0),
    };
    Some(json!({
        "id": payment, "entry": entry, "customer_id": customer, "journey_id": journey, "satang": satang, "method": way, "held_as": held_as,
        "held": held, "note": has_note.then_some(word), "at": written(screen.now),
        "bill": less.map(|(bill, _)| bill), "discount_percent": less.map(|_| PERCENT),
    }))
}

/// All that is left of a payment, or a part of it; sometimes more.
fn refund(screen: &Screen<'_>, word: &str, chance: &mut Chance) -> Option<Json> {
    let (refund, entry) = (chance.uuid(), chance.uuid());
    let rest = |row: &Row| {
        let back = given_back(screen.view, row.id("id")).0;
        row.int("satang").unwrap_or(0) - back
    };
    let found = fitting(screen, "payment", chance, |row| {
        row.id("refunds").is_none() && rest(row) > 0
    })?;
    let left = rest(found).max(1);
    let satang = match chance.below(10) {
        0..=4 => left,
        5..=8 => chance.between(1, left),
        _ => left + 1,
    };
    let reason = if chance.percent(90) { word } else { " " };
    Some(json!({
        "id": refund, "entry": entry, "payment_id": found.id("id")?, "satang": satang, "reason": reason, "at": written(screen.now),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulate::start::{MORNING, rows as first};

    #[test]
    fn leads_and_money_are_drawn() {
        let (view, mut form) = (first(), None);
        let screen = Screen {
            view: &view,
            form: &mut form,
            now: MORNING,
        };
        let mut chance = Chance::new(1);
        let drawn = (0..400).filter_map(|_| draw(&screen, Uuid::nil(), "w", &mut chance));
        let names: std::collections::BTreeSet<&str> = drawn.map(|(name, ..)| name).collect();
        for name in ["lead.claim", "lead.answer", "payment.take", "payment.refund"] {
            assert!(names.contains(name), "{name} is never drawn: {names:?}");
        }
    }
}
