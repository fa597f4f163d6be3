//! Actions that no screen of today sends: taken back too late or twice, by somebody else, with arguments of the wrong kind, of a later
//! version. The database must decide them all, and the model as it does.

use serde_json::{Map, Value as Json, json};
use uuid::Uuid;

use super::{
    booking::slot_of,
    chance::Chance,
    person::{Drawn, written},
    row::{Row, Rows, key},
};

/// Something that was done, and what the rows were before.
pub struct Before {
    /// The action.
    pub id: Uuid,
    /// Who did it.
    pub person: Uuid,
    /// What.
    pub name: String,
    /// With what.
    pub args: Json,
    /// The rows that it found.
    pub rows: std::sync::Arc<Rows>,
}

fn row<'a>(done: &'a Before, name: &str, field: &str) -> Option<&'a Row> {
    let id = Uuid::parse_str(done.args.get(field)?.as_str()?).ok()?;
    done.rows.get(&key(name, id)).map(std::convert::AsRef::as_ref)
}

fn moment(at: Option<i64>) -> Json {
    at.map_or(Json::Null, written)
}

/// The action that takes one back, as a desk makes it; none for what cannot be taken back.
pub fn reversal(done: &Before, id: Uuid) -> Option<Drawn> {
    let task = row(done, "task", "id");
    let (of, subject) = (done.id, done.args.get("id").cloned().unwrap_or_default());
    let until = moment(task.and_then(|task| task.int("snoozed_until")));
    Some(match done.name.as_str() {
        "task.complete" => {
            let status = task.and_then(|task| task.text("status"));
            (
                "task.reopen",
                id,
                json!({ "id": subject, "of": of, "status": status, "until": until }),
            )
        }
        "task.snooze" => ("task.unsnooze", id, json!({ "id": subject, "of": of, "until": until })),
        "task.reassign" => {
            let to = task.and_then(|task| task.id("assigned_to"));
            ("task.hand_back", id, json!({ "id": subject, "of": of, "to": to }))
        }
        "task.note" => {
            let text = done.args.get("text");
            ("task.unnote", id, json!({ "id": subject, "of": of, "text": text }))
        }
        "followup.done" | "followup.cancel" => {
            let before = row(done, "followup", "id");
            let status = before.and_then(|row| row.text("status"));
            let at = moment(before.and_then(|row| row.int("executed_at")));
            (
                "followup.reopen",
                id,
                json!({ "id": subject, "of": of, "status": status, "executed_at": at }),
            )
        }
        "points.award" => {
            let customer = done.args.get("customer_id");
            (
                "points.reverse",
                id,
                json!({ "id": id, "of": of, "customer_id": customer, "last_visit": null }),
            )
        }
        "points.redeem" => {
            let customer = done.args.get("customer_id");
            (
                "points.unredeem",
                id,
                json!({ "id": id, "of": of, "customer_id": customer, "lots": [] }),
            )
        }
        "customer.edit" => {
            let before = row(done, "customer", "id")?;
            let set = done.args.get("set").and_then(Json::as_object)?;
            let back: Map<String, Json> = set
                .keys()
                .filter(|field| super::decide::FIELDS.contains(&field.as_str()))
                .map(|field| (field.clone(), before.text(field).into()))
                .collect();
            (
                "customer.revert",
                id,
                json!({ "id": subject, "of": of, "set": back, "base": set }),
            )
        }
        "visit.check_in" | "visit.leave" | "visit.start" | "visit.finish" => {
            let name = match done.name.as_str() {
                "visit.check_in" => "visit.undo_check_in",
                "visit.leave" => "visit.return",
                "visit.start" => "visit.unstart",
                _ => "visit.unfinish",
            };
            (name, id, json!({ "id": subject, "of": of, "entry": id, "was": {} }))
        }
        "lead.claim" => ("lead.unclaim", id, json!({ "id": subject, "of": of })),
        "lead.answer" => {
            let before = row(done, "lead", "id")?;
            let person = |name: &str| json!(before.id(name));
            let args = json!({
                "id": subject, "of": of, "status": before.text("status"), "claimed_by": person("claimed_by"), "outcome": before.text("outcome"),
                "answered_at": moment(before.int("answered_at")), "answered_by": person("answered_by"),
            });
            ("lead.unanswer", id, args)
        }
        "appointment.book" => ("appointment.unbook", id, json!({ "id": subject, "of": of })),
        "appointment.reschedule" => ("appointment.move_back", id, moving_back(done)),
        "appointment.no_show" | "appointment.cancel" => {
            let status = row(done, "appointment", "id").and_then(|row| row.text("status"));
            (
                "appointment.reopen",
                id,
                json!({ "id": subject, "of": of, "status": status }),
            )
        }
        "customer.create" => {
            let name = done.args.get("full_name");
            (
                "customer.remove",
                id,
                json!({ "id": subject, "of": of, "full_name": name }),
            )
        }
        _ => return None,
    })
}

/// When something was done: never, too long ago, or not yet, whenever this is played.
const DEEDS: [&str; 6] = [
    "2026-13-22T10:00:00Z",
    "2026-12-22t10:00:00z",
    "2020-01-01T00:00:00Z",
    "2999-01-01T00:00:00Z",
    "0000-01-01T00:00:00Z",
    "9999-12-31T23:59:59.999999999Z",
];

/// A booking goes back to where it was before.
fn moving_back(done: &Before) -> Json {
    let before = row(done, "appointment", "id");
    let was = |field: &str| match field {
        "slot" => json!(before.map(slot_of)),
        "staff_id" => json!(before.and_then(|row| row.id(field))),
        _ => json!(before.and_then(|row| row.text("room"))),
    };
    let wrote = done.args.get("set");
    let fields = wrote.and_then(Json::as_object).into_iter().flat_map(Map::keys);
    let set: Map<String, Json> = fields.map(|field| (field.clone(), was(field))).collect();
    let status = before.and_then(|row| row.text("status"));
    json!({ "id": done.args.get("id"), "of": done.id, "set": set, "base": wrote, "status": status })
}

const SLOTS: [&str; 9] = [
    "2027-01-15 09:00-09:30",
    " 2027-01-15 09:00-09:30 ",
    "2027-01-15 09:00-09:00",
    "2026-02-30 09:00-09:30",
    "0000-01-01 09:00-09:30",
    "2027-01-15 24:00-24:30",
    "2027-01-15 9:00-9:30",
    "2020-01-01 09:00-09:30",
    "2999-01-01 09:00-09:30",
];

const TEXTS: [&str; 9] = [
    "",
    " ",
    " \t\r\n",
    "  two  words ",
    "line one\r\n\r\n   line two\nthree ",
    // What a paste may bring, and PostgreSQL has no place for.
    "a nul\0inside",
    "\0",
    "it's \"quoted\" \\ 🌸",
    "pending",
];

const IDS: [&str; 3] = [
    "not-a-uuid",
    "00000000-0000-0000-0000-000000000000",
    "00000000000000000000000000009e01",
];

const CONTACTS: [&str; 8] = [
    "12345678",
    "1234567",
    "๑๒๓๔๕๖๗๘",
    "+66 (0)81-234.5678",
    "1234567890123456",
    "a@b",
    "a@b.c",
    "a b@c.d",
];

const MOMENTS: [&str; 16] = [
    "1990-02-28",
    "1990-02-30",
    "1899-12-31",
    "3000-01-01",
    "0000-01-01",
    "2026-11-22T10:00:00Z",
    "2026-13-22T10:00:00Z",
    "2026-12-22t10:00:00z",
    "2026-12-22 10:00:00+07:00",
    "2026-12-22T10:00+0700",
    "2026-12-22T10:00:00.1234567Z",
    "2026-12-22T10:00:00.12345678901Z",
    "2020-01-01T00:00:00Z",
    "2999-01-01T00:00:00Z",
    "0000-01-01T00:00:00Z",
    "9999-12-31T23:59:59.999999999Z",
];

/// A value that may be anything, mostly of the kind that belongs there.
fn junk(field: &str, chance: &mut Chance) -> Json {
    let words: &[&str] = match (chance.below(4), field) {
        (0, _) => return of_another_kind(chance),
        (1.., "until" | "executed_at" | "last_visit" | "birth_date" | "next_at" | "answered_at") => &MOMENTS,
        (1.., "at") => &DEEDS,
        (1.., "slot") => &SLOTS,
        (
            1..,
            "id" | "to" | "of" | "customer_id" | "reward_id" | "lease_id" | "appointment_id" | "staff_id"
            | "journey_id" | "entry" | "payment_id" | "claimed_by" | "answered_by",
        ) => &IDS,
        (1.., "phone" | "email" | "gender") => &CONTACTS,
        (1.., "satang" | "points" | "seen") => return chance.between(-1, 2_000).into(),
        _ => &TEXTS,
    };
    Json::from(chance.pick(words).copied().unwrap_or_default())
}

fn of_another_kind(chance: &mut Chance) -> Json {
    match chance.below(13) {
        0 => Json::Null,
        1 => true.into(),
        2 => 0.into(),
        3 => 1.5.into(),
        4 => 100_000_001_i64.into(),
        5 => 1_000_000_000_000_i64.into(),
        6 => json!([]),
        7 => json!({}),
        8 => "ก".repeat(201).into(),
        9 => "x".repeat(2_001).into(),
        10 => "n".repeat(4_001).into(),
        11 => "9".repeat(41).into(),
        _ => "male".into(),
    }
}

const ODD_FIELDS: [&str; 10] = [
    "full_name",
    "nickname",
    "phone",
    "email",
    "birth_date",
    "gender",
    "notes",
    "allergies",
    "status",
    "a field with a name much longer than sixty letters, which nobody needs to read in full",
];

const ODD_PLACES: [&str; 6] = ["slot", "slot", "slot", "room", "staff_id", "visit"];

/// The same action, bent.
pub fn bent(args: &Json, chance: &mut Chance) -> Json {
    let Some(object) = args.as_object() else {
        return of_another_kind(chance);
    };
    let mut object = object.clone();
    let is_telling = chance.percent(70);
    let is_id = |name: &str| matches!(name, "id" | "of" | "customer_id");
    let names: Vec<String> = object
        .keys()
        .filter(|name| !is_telling || !is_id(name))
        .cloned()
        .collect();
    let Some(name) = chance.pick(&names).cloned() else {
        return of_another_kind(chance);
    };
    match chance.below(12) {
        0 => {
            object.remove(&name);
        }
        1 => {
            let upper = object.get(&name).and_then(Json::as_str).map(str::to_uppercase);
            object.insert(name, upper.into());
        }
        2..=5 if object.contains_key("set") => {
            let part = if chance.percent(80) { "set" } else { "base" };
            let mut fields = object.get(part).and_then(Json::as_object).cloned().unwrap_or_default();
            let odd: &[&str] = if fields.contains_key("slot") {
                &ODD_PLACES
            } else {
                &ODD_FIELDS
            };
            let field = chance.pick(odd).copied().unwrap_or_default();
            fields.insert(field.into(), junk(field, chance));
            object.insert(part.into(), fields.into());
        }
        2..=6 if object.contains_key("full_name") => {
            let field = chance.pick(&ODD_FIELDS).copied().unwrap_or_default();
            object.insert(field.into(), junk(field, chance));
        }
        7 => return of_another_kind(chance),
        _ => {
            let value = junk(&name, chance);
            object.insert(name, value);
        }
    }
    object.into()
}
