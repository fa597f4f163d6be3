//! Points by hand on the cache, and what waits for a second person (rules L13 and L22). The database counts what a person gives in a day over all PCs, sees who is
//! connected, and decides; here a person hears at once what it would refuse.

use desk_core::{
    loyalty::gift::{LARGEST_GIFT, Reason, needs_second},
    synced::Value,
};
use rusqlite::{Connection, OptionalExtension as _};
use serde_json::{Value as Json, json};
use uuid::Uuid;

use super::{Action, Ledger, account::member, assign, points, redeem};
use crate::{
    error::{CacheError, Result},
    query::{
        approval::{self, Approval, Kind},
        staff,
    },
    row,
};

/// Who may give points by hand; the database asks for the same.
pub const GIVERS: [&str; 3] = ["owner", "manager", "front_desk"];
/// More than a person may redeem is a typing slip.
const LARGEST_REDEMPTION: i64 = 1_000_000;

/// Who may be the second person.
pub fn seconds(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Gift => &["owner", "manager"],
        Kind::Redemption => &GIVERS,
    }
}

pub(super) fn apply(ledger: &Ledger<'_>, action: &Action) -> Result<()> {
    match action.name.as_str() {
        "points.give" => give(ledger, action),
        "points.ask" => ask_to_redeem(ledger, action),
        "points.ungive" => ungive(ledger, action),
        "approval.decide" => decide(ledger, action),
        _ => set_limits(ledger, action),
    }
}

fn wanted(action: &Action, most: i64) -> Result<i64> {
    let points = action.args.get("points").and_then(Json::as_i64);
    points
        .filter(|points| (1..=most).contains(points))
        .ok_or(CacheError::Refused("amount_out_of_range"))
}

fn give(ledger: &Ledger<'_>, action: &Action) -> Result<()> {
    assign::require_role(ledger.connection, action, &GIVERS)?;
    let (customer, points) = (action.uuid("customer_id")?, wanted(action, LARGEST_GIFT)?);
    let reason = action.text("reason").and_then(Reason::from_word);
    let reason = reason.ok_or(CacheError::Refused("value_not_allowed"))?;
    if reason.needs_note() && action.text("note").is_none() {
        return Err(CacheError::Refused("reason_missing"));
    }
    member(ledger.connection, customer)?;
    let limits = approval::limits(ledger.connection)?;
    let given = approval::given_on(ledger.connection, action.person, action.at)?;
    if needs_second(limits, given, points).map_err(|_| CacheError::Refused("gift_limit_reached"))? {
        return ask(ledger, action, Kind::Gift, points);
    }
    let gift = Gift {
        entry: action.uuid("id")?,
        customer,
        points,
        reason,
        note: action.text("note"),
        giver: action.person,
    };
    book(ledger, action.at, &gift)
}

struct Gift<'a> {
    entry: Uuid,
    customer: Uuid,
    points: i64,
    reason: Reason,
    note: Option<&'a str>,
    giver: Uuid,
}

fn book(ledger: &Ledger<'_>, at: i64, gift: &Gift<'_>) -> Result<()> {
    let said = match gift.note {
        Some(note) => format!("{}: {note}", gift.reason.said()),
        None => gift.reason.said().to_owned(),
    };
    points::give(ledger, at, gift.customer, gift.points, &said, gift.entry)?;
    let sql = "UPDATE point_entry SET purpose = 'gift', reason = ?2, given_by = ?3 WHERE id = ?1";
    ledger
        .connection
        .prepare_cached(sql)?
        .execute((gift.entry, gift.reason.word(), gift.giver))?;
    Ok(())
}

/// A redemption waits for a second person. The points have to be there.
fn ask_to_redeem(ledger: &Ledger<'_>, action: &Action) -> Result<()> {
    let points = wanted(action, LARGEST_REDEMPTION)?;
    let member = member(ledger.connection, action.uuid("customer_id")?)?;
    if member.is_none_or(|member| member.available < points) {
        return Err(CacheError::Refused("points_short"));
    }
    ask(ledger, action, Kind::Redemption, points)
}

fn ask(ledger: &Ledger<'_>, action: &Action, kind: Kind, points: i64) -> Result<()> {
    if !staff::is_other(ledger.connection, action.person, seconds(kind))? {
        return Err(CacheError::Refused("nobody_to_agree"));
    }
    let id = action.uuid("id")?;
    let table = ledger.touch("approval", id)?;
    let text = |field: &str| Value::text(action.text(field).map(str::to_owned));
    let head = [
        Value::Uuid(id),
        Value::Text(if kind == Kind::Gift { "gift" } else { "redemption" }.into()),
        Value::Uuid(action.uuid("customer_id")?),
        Value::Int(points),
        text("reason"),
        text("note"),
        action.uuid("reward_id").map_or(Value::Null, Value::Uuid),
        Value::Int(action.at),
        Value::Uuid(action.person),
        Value::Null,
        Value::Text("asked".into()),
    ];
    let rest = table.columns.len().saturating_sub(head.len());
    let values: Vec<Value> = head.into_iter().chain(std::iter::repeat_n(Value::Null, rest)).collect();
    row::put(ledger.connection, table, &values)
}

/// What a second person says.
fn decide(ledger: &Ledger<'_>, action: &Action) -> Result<()> {
    let found = approval::one(ledger.connection, action.uuid("id")?)?;
    let found = found.ok_or(CacheError::Refused("approval_not_found"))?;
    assign::require_role(ledger.connection, action, seconds(found.kind))?;
    if found.asker == Some(action.person) {
        return Err(CacheError::Refused("second_person_needed"));
    }
    if !found.is_open {
        return Err(CacheError::Refused("approval_decided"));
    }
    let agrees = action.args.get("agree").and_then(Json::as_bool);
    let agrees = agrees.ok_or(CacheError::Refused("value_not_allowed"))?;
    if !agrees && action.text("why").is_none() {
        return Err(CacheError::Refused("reason_missing"));
    }
    let entry = action.uuid("entry")?;
    close(
        ledger,
        action,
        &found,
        if agrees { "agreed" } else { "declined" },
        agrees.then_some(entry),
    )?;
    if agrees {
        book_agreed(ledger, action, &found, entry)
    } else {
        Ok(())
    }
}

fn close(ledger: &Ledger<'_>, action: &Action, found: &Approval, state: &str, entry: Option<Uuid>) -> Result<()> {
    ledger.touch("approval", found.id)?;
    let sql = "UPDATE approval SET state = ?2, decided_at = ?3, decided_by = ?4, why = ?5, entry_id = ?6 WHERE id = ?1";
    let mut statement = ledger.connection.prepare_cached(sql)?;
    statement.execute((found.id, state, action.at, action.person, action.text("why"), entry))?;
    Ok(())
}

fn book_agreed(ledger: &Ledger<'_>, action: &Action, found: &Approval, entry: Uuid) -> Result<()> {
    let asker = found.asker.unwrap_or(action.person);
    match found.kind {
        Kind::Gift => {
            let gift = Gift {
                entry,
                customer: found.customer,
                points: found.points,
                reason: found.reason.unwrap_or(Reason::Other),
                note: found.note.as_deref(),
                giver: asker,
            };
            book(ledger, action.at, &gift)
        }
        Kind::Redemption => {
            let spending = Action {
                id: entry,
                person: asker,
                name: "points.redeem".into(),
                args: json!({ "id": entry, "customer_id": found.customer, "points": found.points, "reward_id": found.reward, "note": found.note, "method": "two" }),
                at: action.at,
            };
            redeem::apply(ledger, &spending)
        }
    }
}

/// The arguments that take a gift back, or what waits for a second person.
pub(super) fn ungiving(id: Uuid, done: &Action) -> Json {
    json!({ "id": id, "of": done.id, "customer_id": done.args.get("customer_id") })
}

/// What a second person has spoken about, or whose points are spent, stays.
pub(super) fn is_unspent(connection: &Connection, done: &Action) -> Result<()> {
    match approval::one(connection, done.uuid("id")?)? {
        Some(found) if found.is_open => Ok(()),
        Some(_) => Err(CacheError::Refused("approval_decided")),
        None => points::are_unspent(connection, done),
    }
}

fn ungive(ledger: &Ledger<'_>, action: &Action) -> Result<()> {
    match approval::one(ledger.connection, action.uuid("of")?)? {
        Some(found) if found.is_open => close(ledger, action, &found, "withdrawn", None),
        Some(_) => Err(CacheError::Refused("approval_decided")),
        None => {
            points::reverse(ledger, action)?;
            let sql = "UPDATE point_entry SET purpose = 'ungive', given_by = ?2 WHERE id = ?1";
            let mut statement = ledger.connection.prepare_cached(sql)?;
            statement.execute((action.uuid("id")?, action.person))?;
            Ok(())
        }
    }
}

fn set_limits(ledger: &Ledger<'_>, action: &Action) -> Result<()> {
    assign::require_role(ledger.connection, action, &["owner", "manager"])?;
    let number = |field: &str| {
        let points = action.args.get(field).and_then(Json::as_i64);
        points
            .filter(|points| (0..=LARGEST_REDEMPTION).contains(points))
            .ok_or(CacheError::Refused("amount_out_of_range"))
    };
    let limits = (number("gift_daily")?, number("gift_alone")?, number("redeem_alone")?);
    let id: Option<Uuid> = ledger
        .connection
        .prepare_cached("SELECT id FROM clinic LIMIT 1")?
        .query_row([], |row| row.get(0))
        .optional()?;
    let Some(id) = id else { return Ok(()) };
    ledger.touch("clinic", id)?;
    let sql = "UPDATE clinic SET gift_daily = ?2, gift_alone = ?3, redeem_alone = ?4 WHERE id = ?1";
    let mut statement = ledger.connection.prepare_cached(sql)?;
    statement.execute((id, limits.0, limits.1, limits.2))?;
    Ok(())
}
