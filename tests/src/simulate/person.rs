//! What a person does at a PC: one thing at a time, on what the screen shows, with the chances of a busy day. What they did is theirs to
//! find again: an [`Intention`] that must end done, refused with a reason, or taken back.

use chrono::{SecondsFormat, TimeZone as _, Utc};
use desk_cache::{
    CacheError, attention,
    change::{self, Action, Destination},
    undo::{self, How, Wish},
};
use serde_json::{Value as Json, json};
use uuid::Uuid;

use super::{
    chance::Chance,
    counter, door,
    pc::Pc,
    row::{key, noun},
    seen::{Place, Table},
};

const HOUR: i64 = 3_600_000_000;

/// Something that a person did and saw confirmed on the screen.
#[derive(Clone, Debug)]
pub struct Intention {
    /// The action.
    pub id: Uuid,
    /// At which PC.
    pub pc: usize,
    /// Who.
    pub person: Uuid,
    /// What.
    pub name: String,
    /// With what.
    pub args: Json,
}

/// What a person did.
#[derive(Debug)]
pub enum Did {
    /// Nothing: there was nothing to do it with, or the PC said no at once.
    Nothing,
    /// An action that the PC accepted.
    Acted(Intention),
    /// A form was opened.
    LookedAt,
    /// An action was taken out before it was sent.
    TookOut(Uuid),
    /// A refused action was settled.
    Settled,
}

/// Something that this person does now.
pub fn act(pc: &mut Pc, chance: &mut Chance) -> Did {
    let Some(person) = chance.pick(&pc.people).copied() else {
        return Did::Nothing;
    };
    match chance.below(100) {
        0..=9 => take_back(pc, person, chance),
        10..=15 => settle(pc, person, chance),
        16..=21 => open_form(&mut screen(pc), chance).map_or(Did::Nothing, |()| Did::LookedAt),
        _ => match any(pc, person, chance) {
            Some((name, id, args)) => perform(pc, person, id, name, args),
            None => Did::Nothing,
        },
    }
}

fn perform(pc: &mut Pc, person: Uuid, id: Uuid, name: &str, args: Json) -> Did {
    let action = Action {
        id,
        person,
        name: name.to_owned(),
        args,
        at: pc.now(),
    };
    match change::perform(&pc.cache(), &action, Destination::Clinic) {
        Ok(()) => Did::Acted(intention(pc, &action)),
        // The screen says so at once; nothing was promised.
        Err(CacheError::Refused(_) | CacheError::DiskFull) => Did::Nothing,
        Err(error) => panic!("{name} at PC {}: {error}", pc.nth),
    }
}

fn intention(pc: &Pc, action: &Action) -> Intention {
    Intention {
        id: action.id,
        pc: pc.nth,
        person: action.person,
        name: action.name.clone(),
        args: action.args.clone(),
    }
}

/// A customer, a field of theirs, and what stood in it when the form was opened.
pub type Form = Option<(Uuid, &'static str, String)>;

/// What a person has before them.
pub struct Screen<'a> {
    /// The rows.
    pub view: &'a Table,
    /// The form that they have open.
    pub form: &'a mut Form,
    /// Microseconds since 1970.
    pub now: i64,
}

fn any(pc: &mut Pc, person: Uuid, chance: &mut Chance) -> Option<Drawn> {
    draw(&mut screen(pc), person, chance)
}

fn screen(pc: &mut Pc) -> Screen<'_> {
    let now = pc.now();
    Screen {
        view: &pc.seen.view,
        form: &mut pc.form,
        now,
    }
}

/// Name, id and arguments of an action.
pub type Drawn = (&'static str, Uuid, Json);

/// Something that a person may do with what is on their screen.
pub fn draw(screen: &mut Screen<'_>, person: Uuid, chance: &mut Chance) -> Option<Drawn> {
    let id = chance.uuid();
    let word = format!("n{:08x}", chance.below(usize::MAX) & 0xffff_ffff);
    Some(match chance.below(130) {
        106.. => return counter::draw(screen, id, &word, chance),
        0..=15 => (
            "task.note",
            id,
            json!({ "id": one(screen, "task", chance)?, "text": word }),
        ),
        16..=22 => {
            let note = chance.percent(50).then_some(word);
            (
                "task.complete",
                id,
                json!({ "id": one(screen, "task", chance)?, "note": note }),
            )
        }
        23..=27 => (
            "task.reassign",
            id,
            json!({ "id": one(screen, "task", chance)?, "to": one(screen, "staff", chance)? }),
        ),
        28..=31 => {
            let until = screen.now + chance.between(1, 48) * HOUR;
            (
                "task.snooze",
                id,
                json!({ "id": one(screen, "task", chance)?, "until": written(until) }),
            )
        }
        32..=45 => ("customer.edit", id, edit(screen, chance)?),
        46..=50 => (
            "customer.create",
            id,
            json!({ "id": chance.uuid(), "full_name": word, "phone": "0822222222" }),
        ),
        51..=54 => ("points.redeem", id, spend(screen, id, chance)?),
        55..=62 => {
            let satang = chance.between(1_000, 500_000);
            (
                "points.award",
                id,
                json!({ "id": id, "customer_id": one(screen, "customer", chance)?, "satang": satang }),
            )
        }
        63..=65 => (
            "followup.done",
            id,
            json!({ "id": one(screen, "followup", chance)?, "note": word }),
        ),
        66..=67 => ("followup.cancel", id, json!({ "id": one(screen, "followup", chance)? })),
        68..=72 => ("notification.read", id, json!({ "id": mine(screen, person, chance)? })),
        // What the PC takes and the database never will.
        73..=75 => (
            "customer.create",
            id,
            json!({ "id": chance.uuid(), "full_name": word, "phone": "none" }),
        ),
        76..=77 => (
            "task.note",
            id,
            json!({ "id": one(screen, "task", chance)?, "text": " " }),
        ),
        _ => return door::draw(screen, id, &word, chance),
    })
}

/// Points that the screen shows, of somebody who has some; sometimes more than that.
fn spend(screen: &Screen<'_>, id: Uuid, chance: &mut Chance) -> Option<Json> {
    let profile = screen
        .view
        .get(&key("loyalty_profile", one(screen, "loyalty_profile", chance)?))?;
    let seen = profile.int("available_points").filter(|seen| *seen > 0)?;
    let more = if chance.percent(5) { 1 } else { 0 };
    let points = chance.between(1, seen) + more * seen;
    Some(json!({ "id": id, "customer_id": profile.id("customer_id")?, "points": points, "seen": seen }))
}

/// Microseconds since 1970 as arguments carry an instant.
pub fn written(at: i64) -> Json {
    let at = Utc.timestamp_micros(at).single().unwrap_or_default();
    Json::from(at.to_rfc3339_opts(SecondsFormat::Micros, true))
}

fn ids(screen: &Screen<'_>, name: &str) -> Vec<Uuid> {
    let number = noun(name).number;
    let range = screen.view.range((number, Uuid::nil())..=(number, Uuid::max()));
    range.map(|((_, id), _)| *id).collect()
}

/// Any row of a noun on the screen.
pub(super) fn one(screen: &Screen<'_>, name: &str, chance: &mut Chance) -> Option<Uuid> {
    chance.pick(&ids(screen, name)).copied()
}

fn mine(screen: &Screen<'_>, person: Uuid, chance: &mut Chance) -> Option<Uuid> {
    let is_mine = |id: &Uuid| {
        screen
            .view
            .get(&key("notification", *id))
            .and_then(|row| row.id("user_id"))
            == Some(person)
    };
    let mine: Vec<Uuid> = ids(screen, "notification").into_iter().filter(is_mine).collect();
    chance.pick(&mine).copied()
}

/// Somebody opens a customer and begins to type, perhaps long before they save.
fn open_form(screen: &mut Screen<'_>, chance: &mut Chance) -> Option<()> {
    let customer = one(screen, "customer", chance)?;
    let field = ["phone", "nickname", "notes"][chance.below(3)];
    let shown = screen
        .view
        .get(&key("customer", customer))
        .and_then(|row| row.text(field));
    *screen.form = Some((customer, field, shown.unwrap_or_default().to_owned()));
    Some(())
}

fn edit(screen: &mut Screen<'_>, chance: &mut Chance) -> Option<Json> {
    if screen.form.is_none() || chance.percent(50) {
        open_form(screen, chance);
    }
    let (customer, field, seen) = screen.form.take()?;
    let new = format!("09{:08}", chance.below(100_000_000));
    Some(json!({ "id": customer, "set": { field: new }, "base": { field: seen } }))
}

fn take_back(pc: &mut Pc, person: Uuid, chance: &mut Chance) -> Did {
    let wish = Wish {
        person,
        of: None,
        id: chance.uuid(),
        at: pc.now(),
    };
    let undone = match undo::undo(&pc.cache(), &wish, Destination::Clinic) {
        Ok(undone) => undone,
        Err(CacheError::DiskFull) => return Did::Nothing,
        Err(error) => panic!("undo at PC {}: {error}", pc.nth),
    };
    match undone.map(|undone| (undone.how, undone.action.id)) {
        Some((How::TakenOut, id)) => Did::TookOut(id),
        Some((How::Reversed, _)) => {
            pc.look();
            match pc.seen.waiting.iter().find(|action| action.id == wish.id) {
                Some(reversal) => Did::Acted(Intention {
                    id: wish.id,
                    pc: pc.nth,
                    person,
                    name: reversal.name.clone(),
                    args: reversal.args.clone(),
                }),
                None => Did::Nothing,
            }
        }
        Some((How::Refused(_), _)) | None => Did::Nothing,
    }
}

/// Somebody looks at what was refused: lets it be, or asks again.
fn settle(pc: &mut Pc, person: Uuid, chance: &mut Chance) -> Did {
    let refused = pc.seen.places.iter().filter(|(_, place)| **place == Place::Attention);
    let refused: Vec<Uuid> = refused.map(|(id, _)| *id).collect();
    let Some(id) = chance.pick(&refused).copied() else {
        return Did::Nothing;
    };
    if chance.percent(60) {
        return match attention::accept_theirs(&pc.cache(), id, pc.now()) {
            Ok(()) => Did::Settled,
            Err(_) => Did::Nothing,
        };
    }
    let cache = pc.cache();
    let found = cache
        .read()
        .ok()
        .and_then(|reader| attention::one(&reader, id).ok().flatten());
    let may_ask_again = |name: &str| matches!(name, "customer.edit" | "appointment.reschedule" | "visit.check_in");
    let Some(found) = found.filter(|found| found.code == "changed_meanwhile" && may_ask_again(&found.name)) else {
        return Did::Nothing;
    };
    let mut args = found.args.clone();
    let theirs = found.detail.get("theirs").cloned().unwrap_or_default();
    if let (Some(field), Some(base)) = (found.detail.get("field").and_then(Json::as_str), args.get_mut("base")) {
        base[field] = theirs;
    }
    let again = Action {
        id: chance.uuid(),
        person,
        name: found.name.clone(),
        args,
        at: pc.now(),
    };
    match attention::insist(&cache, id, &again) {
        Ok(()) => Did::Acted(intention(pc, &again)),
        Err(_) => Did::Nothing,
    }
}
