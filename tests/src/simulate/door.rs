//! What people do at the counter: check in, take in, see off, book, move and close bookings, with the chances of a busy day. Times of the day
//! are those that are over or not at any hour, so that a history against PostgreSQL goes the same way at noon and at midnight.

use chrono::Days;
use serde_json::{Map, Value as Json, json};
use uuid::Uuid;

use super::{
    booking::slot_of,
    chance::Chance,
    decide::local,
    person::{Drawn, Screen, one, written},
    row::{Row, noun},
    visit::LIVE,
};

const KINDS: [&str; 4] = ["treatment", "treatment", "consultation", "follow_up"];

/// Longer than any reason may be.
const TOO_LONG: usize = 501;

/// Something that a person may do at the counter.
pub(super) fn draw(screen: &Screen<'_>, id: Uuid, word: &str, chance: &mut Chance) -> Option<Drawn> {
    Some(match chance.below(100) {
        0..=31 => ("visit.check_in", id, check_in(screen, chance)?),
        32..=43 => ("visit.start", id, step(screen, &["waiting"], chance)?),
        44..=50 => ("visit.finish", id, step(screen, &["serving"], chance)?),
        51..=57 => ("visit.leave", id, leave(screen, word, chance)?),
        58..=68 => ("appointment.book", id, book(screen, word, chance)?),
        69..=83 => ("appointment.reschedule", id, reschedule(screen, chance)?),
        84..=89 => ("appointment.no_show", id, close(screen, None, chance)?),
        90..=95 => ("appointment.cancel", id, close(screen, Some(word), chance)?),
        _ => refused_by_the_database(screen, id, word, chance)?,
    })
}

/// What the PC takes and the database never will.
fn refused_by_the_database(screen: &Screen<'_>, id: Uuid, word: &str, chance: &mut Chance) -> Option<Drawn> {
    let how = chance.below(4);
    let mut booked = book(screen, word, chance)?;
    let mut left = step(screen, &["waiting"], chance);
    match how {
        0 => booked["type"] = json!("party"),
        1 => booked["slot"] = json!(slot(screen, 900, chance)),
        2 => booked["at"] = written(screen.now - 40 * 86_400_000_000),
        _ => {
            let left = left.as_mut()?;
            left["reason"] = json!("r".repeat(TOO_LONG));
            return Some(("visit.leave", id, left.clone()));
        }
    }
    Some(("appointment.book", id, booked))
}

pub(super) fn rows<'a>(screen: &'a Screen<'_>, name: &str) -> impl Iterator<Item = &'a Row> {
    let number = noun(name).number;
    let range = screen.view.range((number, Uuid::nil())..=(number, Uuid::max()));
    range.map(|(_, row)| row.as_ref())
}

/// One that is as it should be, mostly; else any. As often as not the first: two counters see the same person before them.
pub(super) fn fitting<'a>(
    screen: &'a Screen<'_>,
    name: &str,
    chance: &mut Chance,
    fits: impl Fn(&Row) -> bool,
) -> Option<&'a Row> {
    let found: Vec<&Row> = rows(screen, name).filter(|row| fits(row)).collect();
    let (is_strict, is_first, nth) = (chance.percent(90), chance.percent(50), chance.draw());
    let any: Vec<&Row> = rows(screen, name).collect();
    let of = if is_strict && !found.is_empty() { found } else { any };
    let count = u64::try_from(of.len()).ok().filter(|count| *count > 0)?;
    let nth = if is_first { 0 } else { nth % count };
    of.get(usize::try_from(nth).ok()?).copied()
}

/// A time so many days from today. Those of today have begun at any hour.
fn slot(screen: &Screen<'_>, ahead: u64, chance: &mut Chance) -> String {
    let today = local(screen.now).date_naive();
    let (day, times) = match chance.below(8) {
        0 => (today.checked_sub_days(Days::new(1)), ["09:00-10:00", "13:00-14:30"]),
        1 => (today.checked_add_days(Days::new(1)), ["09:00-10:00", "13:00-14:30"]),
        _ => (Some(today), ["00:00-00:30", "00:00-23:59"]),
    };
    let day = day.and_then(|day| day.checked_add_days(Days::new(ahead)));
    format!("{} {}", day.unwrap_or(today), times[chance.below(2)])
}

fn check_in(screen: &Screen<'_>, chance: &mut Chance) -> Option<Json> {
    let (visit, entry) = (chance.uuid(), chance.uuid());
    let today = local(screen.now).date_naive().to_string();
    let is_expected =
        |row: &Row| row.text("date") == Some(&today) && !matches!(row.text("status"), Some("completed" | "cancelled"));
    let (is_booked, is_mistaken) = (chance.percent(75), chance.percent(4));
    let other = one(screen, "customer", chance)?;
    let booking = fitting(screen, "appointment", chance, is_expected).filter(|_| is_booked);
    let Some(booking) = booking else {
        return Some(json!({ "id": visit, "customer_id": other, "entry": entry, "at": written(screen.now) }));
    };
    let seen = json!({ "slot": slot_of(booking) });
    let customer = booking.id("customer_id").filter(|_| !is_mistaken).unwrap_or(other);
    Some(json!({
        "id": visit, "customer_id": customer, "appointment_id": booking.id("id")?, "set": seen, "base": seen,
        "entry": entry, "at": written(screen.now),
    }))
}

fn step(screen: &Screen<'_>, from: &[&str], chance: &mut Chance) -> Option<Json> {
    let entry = chance.uuid();
    let visit = fitting(screen, "visit", chance, |row| {
        row.text("state").is_some_and(|state| from.contains(&state))
    })?;
    Some(json!({ "id": visit.id("id")?, "entry": entry, "at": written(screen.now) }))
}

fn leave(screen: &Screen<'_>, word: &str, chance: &mut Chance) -> Option<Json> {
    let mut left = step(screen, &["waiting"], chance)?;
    left["reason"] = json!(chance.percent(50).then_some(word));
    Some(left)
}

fn book(screen: &Screen<'_>, word: &str, chance: &mut Chance) -> Option<Json> {
    let (booking, entry, slot) = (chance.uuid(), chance.uuid(), slot(screen, 0, chance));
    let (customer, person) = (one(screen, "customer", chance)?, one(screen, "staff", chance)?);
    let (has_room, has_notes) = (chance.percent(50), chance.percent(20));
    // A course is treated on a journey that waits for it, and none of the simulation does.
    let journey = one(screen, "journey", chance).filter(|_| chance.percent(15));
    let kind = KINDS[chance.below(KINDS.len())];
    let kind = if journey.is_some() { "scan" } else { kind };
    Some(json!({
        "id": booking, "customer_id": customer, "type": kind, "slot": slot, "staff_id": person,
        "room": has_room.then_some("R1"), "service": has_notes.then_some(word), "notes": has_notes.then_some(word),
        "journey_id": journey, "entry": entry, "at": written(screen.now),
    }))
}

fn open(row: &Row) -> bool {
    matches!(row.text("status"), Some("scheduled" | "confirmed"))
}

fn reschedule(screen: &Screen<'_>, chance: &mut Chance) -> Option<Json> {
    let (entry, wanted) = (chance.uuid(), slot(screen, 0, chance));
    let booking = fitting(screen, "appointment", chance, |row| {
        !matches!(row.text("status"), Some("in_progress" | "completed"))
    })?;
    let (mut set, mut base) = (Map::new(), Map::new());
    let mut change = |field: &str, was: Json, wants: Json| {
        base.insert(field.to_owned(), was);
        set.insert(field.to_owned(), wants);
    };
    let (what, person) = (chance.below(10), one(screen, "staff", chance)?);
    if what != 0 && what != 1 {
        change("slot", json!(slot_of(booking)), json!(wanted));
    }
    if what <= 2 {
        let room = ["R1", "R2", ""][chance.below(3)];
        let room = Some(room).filter(|room| !room.is_empty());
        change("room", json!(booking.text("room")), json!(room));
    }
    if what == 1 || what == 3 {
        change("staff_id", json!(booking.id("staff_id")), json!(person));
    }
    // Somebody has come for it, and the person knows.
    let knows = chance.percent(50);
    if let Some(visit) = visit_of(screen, booking).filter(|_| knows) {
        base.insert("visit".into(), json!(visit));
    }
    Some(json!({ "id": booking.id("id")?, "set": set, "base": base, "entry": entry, "at": written(screen.now) }))
}

fn visit_of(screen: &Screen<'_>, booking: &Row) -> Option<Uuid> {
    let is_of = |row: &&Row| {
        row.id("appointment_id") == booking.id("id") && row.text("state").is_some_and(|state| LIVE.contains(&state))
    };
    rows(screen, "visit").find(is_of)?.id("id")
}

fn close(screen: &Screen<'_>, reason: Option<&str>, chance: &mut Chance) -> Option<Json> {
    let (entry, has_reason) = (chance.uuid(), chance.percent(50));
    let booking = fitting(screen, "appointment", chance, open)?;
    Some(json!({
        "id": booking.id("id")?, "base": { "slot": slot_of(booking) }, "reason": reason.filter(|_| has_reason), "entry": entry,
        "at": written(screen.now),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulate::start::{MORNING, rows};

    #[test]
    fn everything_that_is_done_at_the_counter_is_drawn() {
        let (view, mut form) = (rows(), None);
        let screen = Screen {
            view: &view,
            form: &mut form,
            now: MORNING,
        };
        let mut chance = Chance::new(1);
        let drawn = (0..400).filter_map(|_| draw(&screen, Uuid::nil(), "w", &mut chance));
        let names: std::collections::BTreeSet<&str> = drawn.map(|(name, ..)| name).collect();
        for name in [
            "visit.check_in",
            "appointment.book",
            "appointment.reschedule",
            "appointment.cancel",
        ] {
            assert!(names.contains(name), "{name} is never drawn: {names:?}");
        }
    }
}
