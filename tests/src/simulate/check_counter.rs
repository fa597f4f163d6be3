//! What must hold of leads and money, whoever pressed where and when.

use std::collections::BTreeSet;

use desk_core::loyalty::points_for;
use serde_json::Value as Json;
use uuid::Uuid;

use super::{
    check::{Checked, broken},
    decide::local,
    pay::{given_back, held_left, payments},
    row::{Row, Rows, key, noun},
    server::Mutation,
    world::World,
};

/// Everything that must hold of leads and money in the database, since a version.
///
/// # Errors
/// The first promise that is broken.
pub(super) fn since(world: &World, from: i64) -> Checked {
    if from >= world.server.version {
        return Ok(());
    }
    let is_of_a_lead = |known: &&Mutation| known.version > from && known.action.name.starts_with("lead.");
    let mutations = world.server.mutations.values().map(AsRef::as_ref);
    let decided: Vec<&Mutation> = mutations.filter(is_of_a_lead).collect();
    for version in from.max(0) + 1..=world.server.version {
        let at = |version: i64| world.server.past.get(usize::try_from(version).ok()?);
        let (Some(before), Some(now)) = (at(version - 1), at(version)) else {
            continue;
        };
        books(before, now)?;
        clocks(before, now, decided.iter().filter(|known| known.version == version))?;
        let of_it = || decided.iter().filter(|known| known.version == version);
        for known in of_it() {
            // Of several that are about one lead in one batch each knows the one before it; only lone ones are judged.
            let lead = named(&known.action.args, "id");
            if of_it().filter(|other| named(&other.action.args, "id") == lead).count() == 1 {
                claimed(known, before, now)?;
                answered(known, before, now)?;
            }
        }
    }
    Ok(())
}

fn named(args: &Json, field: &str) -> Option<Uuid> {
    Uuid::parse_str(args.get(field)?.as_str()?).ok()
}

fn all<'a>(rows: &'a Rows, name: &str) -> impl Iterator<Item = &'a Row> {
    let number = noun(name).number;
    let range = rows.range((number, Uuid::nil())..=(number, Uuid::max()));
    range.map(|(_, row)| row.as_ref())
}

/// Whoever took a lead first has it, and whoever came second is told who.
fn claimed(known: &Mutation, before: &Rows, now: &Rows) -> Checked {
    if known.action.name != "lead.claim" {
        return Ok(());
    }
    let lead = named(&known.action.args, "id").map(|id| key("lead", id));
    let Some((was, is)) = lead.and_then(|key| Some((before.get(&key)?, now.get(&key)?))) else {
        return Ok(());
    };
    let holder = was.id("claimed_by").filter(|_| was.text("status") == Some("claimed"));
    let Some(refused) = &known.outcome.refused else {
        let is_theirs = is.text("status") == Some("claimed") && is.id("claimed_by") == Some(known.person);
        return match holder {
            Some(holder) if holder != known.person => broken(
                "one claimant",
                format!("{} took a lead that {holder} has", known.person),
            ),
            _ if !is_theirs => broken(
                "no claim is lost",
                format!("{} was told that it is theirs", known.person),
            ),
            _ => Ok(()),
        };
    };
    if refused.code != "lead_taken" {
        return Ok(());
    }
    let Some(holder) = holder.filter(|holder| *holder != known.person) else {
        return broken(
            "no claim is lost",
            format!("{} was told that somebody has it", known.person),
        );
    };
    let detail: Json = refused
        .detail
        .as_deref()
        .and_then(|detail| serde_json::from_str(detail).ok())
        .unwrap_or_default();
    let staff = before.get(&key("staff", holder));
    let nickname = staff.and_then(|staff| staff.text("nickname"));
    if detail.get("by").and_then(Json::as_str) == nickname {
        Ok(())
    } else {
        broken("one claimant", format!("{} is not told who has it", known.person))
    }
}

/// What somebody said came of a call is never lost, and the earliest answer is what stops the clock.
fn answered(known: &Mutation, before: &Rows, now: &Rows) -> Checked {
    if known.action.name != "lead.answer" || known.outcome.refused.is_some() {
        return Ok(());
    }
    let lead = named(&known.action.args, "id").map(|id| key("lead", id));
    let Some((was, is)) = lead.and_then(|key| Some((before.get(&key)?, now.get(&key)?))) else {
        return Ok(());
    };
    let at = known.action.args.get("at").and_then(Json::as_str);
    let at = at.and_then(|at| chrono::DateTime::parse_from_rfc3339(at).ok());
    let at = at.map_or(known.at, |at| at.timestamp_micros()).min(known.at);
    let at = at.max(was.int("created_at").unwrap_or_default());
    let earliest = was.int("answered_at").map_or(at, |before| before.min(at));
    if is.int("answered_at") == Some(earliest) && is.text("status") != Some("open") {
        Ok(())
    } else {
        let (was, is) = (was.int("answered_at"), is.int("answered_at"));
        broken("earliest answer", format!("{was:?}, then {at}, is {is:?}"))
    }
}

/// A clock that an answer has stopped goes on only where that answer is taken back; and a lead is somebody's or nobody's, never both.
fn clocks<'a>(before: &Rows, now: &Rows, decided: impl Iterator<Item = &'a &'a Mutation>) -> Checked {
    let taken_back: BTreeSet<Uuid> = decided
        .filter(|known| known.action.name == "lead.unanswer")
        .filter_map(|known| named(&known.action.args, "id"))
        .collect();
    for is in all(now, "lead") {
        let lead = is.id("id").unwrap_or_default();
        if (is.text("status") == Some("open")) != is.id("claimed_by").is_none() && is.text("status") != Some("closed") {
            return broken("one claimant", format!("{lead} is {:?}", is.values));
        }
        let was = before.get(&is.key()).and_then(|was| was.int("answered_at"));
        let is_earlier = is.int("answered_at").is_some_and(|is| was.is_none_or(|was| is <= was));
        if was.is_some() && !is_earlier && !taken_back.contains(&lead) {
            return broken(
                "earliest answer",
                format!("{lead} was answered at {was:?}, is {:?}", is.values),
            );
        }
    }
    Ok(())
}

/// Money: numbers from 1 without a gap and none twice, no row changed or gone, never more given back or used than there was, and points once each.
fn books(before: &Rows, now: &Rows) -> Checked {
    for was in payments(before) {
        if now.get(&was.key()).map(AsRef::as_ref) != Some(was) {
            return broken("payments are kept", format!("{:?} was {:?}", was.id("id"), was.values));
        }
    }
    // Nothing new came in, and what there is was looked at when it did.
    if payments(now).count() == payments(before).count() {
        return Ok(());
    }
    let mut numbers: Vec<i64> = payments(now).filter_map(|row| row.int("number")).collect();
    numbers.sort_unstable();
    if numbers.iter().zip(1..).any(|(number, nth)| *number != nth) || numbers.len() != payments(now).count() {
        return broken("payment numbers", format!("{numbers:?}"));
    }
    let mut entries = BTreeSet::new();
    for paid in payments(now) {
        if paid.id("entry_id").is_some_and(|entry| !entries.insert(entry)) {
            return broken("points of a payment", format!("{:?} shares its entry", paid.id("id")));
        }
        if paid.id("refunds").is_none() {
            money(now, paid)?;
        }
    }
    Ok(())
}

fn money(now: &Rows, paid: &Row) -> Checked {
    let (satang, held) = (paid.int("satang").unwrap_or(0), paid.int("held").unwrap_or(0));
    let (back, held_again) = given_back(now, paid.id("id"));
    if back > satang || held_again > held {
        return broken(
            "money",
            format!("{back} of {satang} of {:?} was given back", paid.id("id")),
        );
    }
    let there = held_left(now, paid.id("customer_id"));
    if there < 0 {
        return broken("money", format!("{there} is held for {:?}", paid.id("customer_id")));
    }
    points(now, paid, satang - back)
}

/// The entries of a payment say what it says, and together what its money earns that was not given back.
fn points(now: &Rows, paid: &Row, rest: i64) -> Checked {
    let own = payments(now).filter(|row| row.id("refunds") == paid.id("id"));
    let mut left = 0;
    for row in std::iter::once(paid).chain(own) {
        let said = row.int("points").unwrap_or(0);
        let entry = row.id("entry_id").and_then(|entry| now.get(&key("point_entry", entry)));
        let is = entry.map_or(0, |entry| entry.int("amount").unwrap_or(0));
        if is != said || row.id("entry_id").is_some() != entry.is_some() {
            return broken(
                "points of a payment",
                format!("{:?} says {said}, its entry {is}", row.id("id")),
            );
        }
        left += is;
    }
    let tenths = paid.int("multiplier_tenths").unwrap_or(0);
    if left != points_for(rest, tenths) {
        let day = local(paid.int("taken_at").unwrap_or(0)).date_naive();
        return broken(
            "points of a payment",
            format!("{:?} of {day} has {left} points for {rest}", paid.id("id")),
        );
    }
    Ok(())
}
