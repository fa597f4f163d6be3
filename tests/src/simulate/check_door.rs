//! What must hold of who comes and who is booked, whoever pressed where and when.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use serde_json::Value as Json;
use uuid::Uuid;

use super::{
    booking::{nested, slot_of},
    check::{Checked, broken},
    row::{Row, Rows, key, noun},
    server::Mutation,
    visit::LIVE,
    world::World,
};

fn visits(rows: &Rows) -> impl Iterator<Item = &Arc<Row>> {
    let number = noun("visit").number;
    let range = rows.range((number, Uuid::nil())..=(number, Uuid::max()));
    range.map(|(_, row)| row)
}

fn is_live(visit: &Row) -> bool {
    visit.text("state").is_some_and(|state| LIVE.contains(&state))
}

/// Everything that must hold of visits and bookings in the database, since a version.
///
/// # Errors
/// The first promise that is broken.
pub(super) fn since(world: &World, from: i64) -> Checked {
    if from >= world.server.version {
        return Ok(());
    }
    let decided: Vec<&Mutation> = world
        .server
        .mutations
        .values()
        .filter(|known| known.version > from && is_of_the_door(known))
        .map(AsRef::as_ref)
        .collect();
    for version in from.max(0) + 1..=world.server.version {
        let at = |version: i64| world.server.past.get(usize::try_from(version).ok()?);
        let (Some(before), Some(now)) = (at(version - 1), at(version)) else {
            continue;
        };
        history(before, now)?;
        numbers(now)?;
        let of_it = || decided.iter().filter(|known| known.version == version);
        of_it().try_for_each(|known| kept(known, now))?;
        for known in of_it() {
            // Of several that are about one booking in one batch each knows the one before it; only lone ones are judged.
            let booking = booking_of(known);
            if booking.is_some() && of_it().filter(|other| booking_of(other) == booking).count() == 1 {
                moved(known, before)?;
            }
        }
    }
    Ok(())
}

fn is_of_the_door(known: &Mutation) -> bool {
    known.action.name.starts_with("visit.") || known.action.name.starts_with("appointment.")
}

/// A number is one visit's of that day, whatever became of the visit, and one booking has one visit that counts.
fn numbers(rows: &Rows) -> Checked {
    let (mut given, mut come) = (BTreeMap::new(), BTreeSet::new());
    for visit in visits(rows) {
        let number = (visit.text("day"), visit.int("queue_number"));
        if let Some(other) = given.insert(number, visit.id("id")) {
            return broken(
                "queue numbers",
                format!("{number:?} is {other:?}'s and {:?}'s", visit.id("id")),
            );
        }
        let booking = visit.id("appointment_id").filter(|_| is_live(visit));
        if booking.is_some_and(|booking| !come.insert(booking)) {
            return broken("one visit a booking", format!("{booking:?} has a second one"));
        }
    }
    Ok(())
}

/// What a visit is never changes, none is gone, and a mistake stays one.
fn history(before: &Rows, now: &Rows) -> Checked {
    const FIXED: [&str; 6] = [
        "customer_id",
        "appointment_id",
        "day",
        "queue_number",
        "arrived_at",
        "arrived_by",
    ];
    for was in visits(before) {
        let is = now.get(&was.key()).map(AsRef::as_ref);
        let is_kept = is.is_some_and(|is| {
            let is_same = FIXED.iter().all(|column| is.get(column) == was.get(column));
            is_same && (was.text("state") != Some("undone") || is == was.as_ref())
        });
        if !is_kept {
            let is = is.map(|is| &is.values);
            return broken("history", format!("{:?} was {:?}, is {is:?}", was.id("id"), was.values));
        }
    }
    Ok(())
}

fn named(args: &Json, field: &str) -> Option<Uuid> {
    Uuid::parse_str(args.get(field)?.as_str()?).ok()
}

/// Whoever was told that somebody is checked in finds them: under this visit, or under one that another counter was quicker with.
fn kept(known: &Mutation, now: &Rows) -> Checked {
    if known.action.name != "visit.check_in" || known.outcome.refused.is_some() {
        return Ok(());
    }
    let args = &known.action.args;
    let (visit, customer) = (named(args, "id"), named(args, "customer_id"));
    let booking = named(args, "appointment_id");
    let is_it = |row: &Arc<Row>| {
        row.id("id") == visit || row.id("customer_id") == customer && row.id("appointment_id") == booking
    };
    if visits(now).any(is_it) {
        Ok(())
    } else {
        broken("check-ins are kept", format!("{visit:?} of {customer:?} is nowhere"))
    }
}

/// The booking whose time an action knows of.
fn booking_of(known: &Mutation) -> Option<Uuid> {
    match known.action.name.as_str() {
        "visit.check_in" => named(&known.action.args, "appointment_id"),
        name if name.starts_with("appointment.") => named(&known.action.args, "id"),
        _ => None,
    }
}

/// Whoever knew where a booking stands gets their way; who did not is asked, whatever the clocks say.
fn moved(known: &Mutation, before: &Rows) -> Checked {
    let asks = [
        "appointment.reschedule",
        "appointment.no_show",
        "appointment.cancel",
        "visit.check_in",
    ];
    let booking = booking_of(known).filter(|_| asks.contains(&known.action.name.as_str()));
    let Some(row) = booking.and_then(|booking| before.get(&key("appointment", booking))) else {
        return Ok(());
    };
    let args = &known.action.args;
    let (is_at, wants) = (slot_of(row), nested(args, "set", "slot"));
    let is_behind = nested(args, "base", "slot").is_some_and(|seen| seen != is_at) && wants.as_ref() != Some(&is_at);
    let refused = known.outcome.refused.as_ref();
    let detail: Json = refused
        .and_then(|refused| serde_json::from_str(refused.detail.as_deref()?).ok())
        .unwrap_or_default();
    let is_about_time = detail.get("field").and_then(Json::as_str) == Some("slot");
    match refused.map(|refused| refused.code.as_str()) {
        None if is_behind => broken(
            "causal booking",
            format!("{} won over what its person never saw", known.action.name),
        ),
        Some("changed_meanwhile") if is_about_time && !is_behind => broken(
            "causal booking",
            format!("{} lost though nobody had moved it", known.action.name),
        ),
        _ => Ok(()),
    }
}
