//! What the database decides about taking something back, as the migration `add_undo_actions` says it: once, by who did it, and only while
//! nobody has changed it since.

use desk_core::synced::Value;
use serde_json::{Value as Json, json};
use uuid::Uuid;

use super::{
    decide::{
        Decided, Desk, FARTHEST, FIELDS, Refused, arg_instant, arg_text, arg_uuid, because, customer_value, edit,
        is_base, last_editor, local, one_line, refuse,
    },
    row::{Row, int, text},
    server::Behind,
};

/// The action that is to be taken back.
pub(super) struct Undone {
    pub(super) name: String,
    pub(super) args: Json,
    pub(super) at: i64,
    pub(super) was_done: bool,
}

pub(super) fn undoing(desk: &Desk<'_>, args: &Json, done_by: &[&str]) -> Result<Undone, Refused> {
    let of = arg_uuid(args, "of")?;
    let Some(undone) = find(desk, of).filter(|undone| done_by.contains(&undone.name.as_str())) else {
        return refuse("nothing_to_undo");
    };
    let names = |args: &Json| {
        let named = args.get("of").and_then(Json::as_str);
        named.is_some_and(|named| named.to_lowercase() == of.to_string())
    };
    let before = desk
        .known
        .values()
        .any(|known| known.person == desk.person && known.outcome.refused.is_none() && names(&known.action.args));
    let here = desk
        .decided
        .iter()
        .any(|(action, outcome)| outcome.refused.is_none() && names(&action.args));
    if before || here {
        return refuse("already_undone");
    }
    Ok(undone)
}

fn find(desk: &Desk<'_>, of: Uuid) -> Option<Undone> {
    if let Some((action, outcome)) = desk.decided.iter().find(|(action, _)| action.id == of) {
        return Some(Undone {
            name: action.name.clone(),
            args: action.args.clone(),
            at: desk.tx.now,
            was_done: outcome.refused.is_none(),
        });
    }
    let known = desk.known.get(&of).filter(|known| known.person == desk.person)?;
    Some(Undone {
        name: known.action.name.clone(),
        args: known.action.args.clone(),
        at: known.at,
        was_done: known.outcome.refused.is_none(),
    })
}

/// Refuses because somebody has changed it since.
pub(super) fn changed(desk: &Desk<'_>, field: &str, theirs: Option<&str>, by: Option<Uuid>) -> Decided {
    let by = desk.nickname(by);
    because(
        "changed_meanwhile",
        json!({ "field": field, "theirs": theirs, "by": by }),
    )
}

/// An instant that may be left out.
pub(super) fn arg_moment(args: &Json, field: &str) -> Result<Option<i64>, Refused> {
    match args.get(field) {
        None | Some(Json::Null) => Ok(None),
        Some(_) => arg_instant(args, field).map(Some),
    }
}

fn task_of(desk: &Desk<'_>, undone: &Undone) -> Result<Row, Refused> {
    let task = desk.tx.row("task", arg_uuid(&undone.args, "id")?);
    task.cloned().map_or_else(|| refuse("task_not_found"), Ok)
}

pub(super) fn task_reopen(desk: &mut Desk<'_>, args: &Json) -> Decided {
    let undone = undoing(desk, args, &["task.complete"])?;
    let word = arg_text(args, "status", 20)?.unwrap_or_else(|| "pending".into());
    let sleeps = arg_moment(args, "until")?;
    if !matches!(word.as_str(), "pending" | "in_progress") {
        return because("value_not_allowed", json!({ "field": "status" }));
    }
    if !undone.was_done {
        return Ok(());
    }
    let mut task = task_of(desk, &undone)?;
    let is_mine = task.id("completed_by") == Some(desk.person) && task.int("completed_at") == Some(undone.at);
    if task.text("status") != Some("completed") || !is_mine {
        return changed(desk, "status", task.text("status"), task.id("completed_by"));
    }
    let notes = desk.add_note(task.text("notes"), "เปิดงานอีกครั้ง");
    if let Some(behind) = task.id("id").and_then(|id| desk.tx.behind.get_mut(&id)) {
        behind.is_archived = false;
    }
    task.set("status", text(&word));
    task.set("completed_at", Value::Null);
    task.set("completed_by", Value::Null);
    task.set("snoozed_until", int(sleeps));
    task.set("notes", notes);
    desk.tx.put_task(task);
    Ok(())
}

pub(super) fn task_unsnooze(desk: &mut Desk<'_>, args: &Json) -> Decided {
    let undone = undoing(desk, args, &["task.snooze"])?;
    let sleeps = arg_moment(args, "until")?;
    if sleeps.is_some_and(|sleeps| sleeps > desk.tx.now + FARTHEST) {
        return because("date_out_of_range", json!({ "field": "until" }));
    }
    if !undone.was_done {
        return Ok(());
    }
    let task = desk.open_task(arg_uuid(&undone.args, "id")?)?;
    if task.int("snoozed_until") != Some(arg_instant(&undone.args, "until")?) {
        return changed(desk, "snoozed_until", None, None);
    }
    desk.tx.put_task(task.with("snoozed_until", int(sleeps)));
    Ok(())
}

pub(super) fn task_hand_back(desk: &mut Desk<'_>, args: &Json) -> Decided {
    let undone = undoing(desk, args, &["task.reassign"])?;
    let to = arg_uuid(args, "to")?;
    desk.works_here(to)?;
    if !undone.was_done {
        return Ok(());
    }
    let task = desk.open_task(arg_uuid(&undone.args, "id")?)?;
    if task.id("assigned_to") != Some(arg_uuid(&undone.args, "to")?) {
        return changed(desk, "assigned_to", None, None);
    }
    desk.tx.put_task(task.with("assigned_to", Value::Uuid(to)));
    Ok(())
}

pub(super) fn task_unnote(desk: &mut Desk<'_>, args: &Json) -> Decided {
    let undone = undoing(desk, args, &["task.note"])?;
    if !undone.was_done {
        return Ok(());
    }
    let task = task_of(desk, &undone)?;
    let said = one_line(&arg_text(&undone.args, "text", 2_000)?.unwrap_or_default());
    let (head, tail) = (
        format!("{} ", local(undone.at).format("%d/%m %H:%M")),
        format!(": {said}"),
    );
    let mut lines: Vec<&str> = task
        .text("notes")
        .into_iter()
        .flat_map(|notes| notes.split('\n'))
        .collect();
    let nth = lines
        .iter()
        .rposition(|line| line.starts_with(&head) && line.ends_with(&tail));
    let Some(nth) = nth else {
        return changed(desk, "notes", None, None);
    };
    lines.remove(nth);
    let left = Some(lines.join("\n")).filter(|left| !left.is_empty());
    let task = task.with("notes", Value::text(left));
    desk.tx.put_task(task);
    Ok(())
}

pub(super) fn followup_reopen(desk: &mut Desk<'_>, args: &Json) -> Decided {
    let undone = undoing(desk, args, &["followup.done", "followup.cancel"])?;
    let word = arg_text(args, "status", 20)?.unwrap_or_else(|| "pending".into());
    let before = arg_moment(args, "executed_at")?;
    if !matches!(word.as_str(), "pending" | "failed") {
        return because("value_not_allowed", json!({ "field": "status" }));
    }
    if !undone.was_done {
        return Ok(());
    }
    let Some(mut row) = desk.tx.row("followup", arg_uuid(&undone.args, "id")?).cloned() else {
        return refuse("followup_not_found");
    };
    let response: Json = row
        .text("response")
        .and_then(|text| serde_json::from_str(text).ok())
        .unwrap_or_default();
    let wrote = if undone.name == "followup.done" {
        "sent"
    } else {
        "cancelled"
    };
    if row.text("status") != Some(wrote) || row.int("executed_at") != Some(undone.at) {
        let detail = json!({ "field": "status", "theirs": row.text("status"), "by": response.get("by") });
        return because("changed_meanwhile", detail);
    }
    let mut response = response.as_object().cloned().unwrap_or_default();
    for gone in ["by", "note", "reason"] {
        response.remove(gone);
    }
    response.insert("reopened_by".into(), json!(desk.nickname(Some(desk.person))));
    row.set("status", text(&word));
    row.set("executed_at", int(before));
    row.set("response", Value::Text(Json::Object(response).to_string()));
    desk.tx.put(row);
    Ok(())
}

pub(super) fn points_reverse(desk: &mut Desk<'_>, args: &Json) -> Decided {
    let undone = undoing(desk, args, &["points.award"])?;
    let (entry, visit) = (arg_uuid(args, "id")?, arg_moment(args, "last_visit")?);
    if !undone.was_done {
        return Ok(());
    }
    let Some(award) = desk.tx.row("point_entry", arg_uuid(&undone.args, "id")?).cloned() else {
        return refuse("nothing_to_undo");
    };
    let customer = award.id("customer_id");
    let profile = desk
        .tx
        .all("loyalty_profile")
        .find(|row| row.id("customer_id") == customer)
        .cloned();
    let (amount, has) = (
        award.int("amount").unwrap_or(0),
        profile.as_ref().and_then(|row| row.int("available_points")),
    );
    if has.is_some_and(|has| has < amount) {
        return because("points_spent", json!({ "missing": amount - has.unwrap_or(0) }));
    }
    if desk.tx.row("point_entry", entry).is_some() {
        return refuse("value_not_allowed");
    }
    let behind = Behind {
        reverses: award.id("id"),
        ..Behind::default()
    };
    desk.tx.add_entry(cancelling(&award, entry, desk.tx.now), behind);
    let profile = profile.and_then(|profile| desk.tx.row("loyalty_profile", profile.id("id")?).cloned());
    if let Some(profile) = profile {
        take_visit_back(desk, profile, &undone, visit);
    }
    Ok(())
}

pub(super) fn cancelling(award: &Row, entry: Uuid, now: i64) -> Row {
    let mut made = award.clone();
    made.set("id", Value::Uuid(entry));
    made.set("type", text("refund"));
    made.set("amount", Value::Int(-award.int("amount").unwrap_or(0)));
    made.set(
        "description",
        Value::Text(format!("ย้อน: {}", award.text("description").unwrap_or_default())),
    );
    made.set(
        "created_at",
        Value::Int(now.max(award.int("created_at").unwrap_or(0) + 1)),
    );
    taking_back(&mut made, award);
    made
}

/// Says which entry it takes back, and not how the customer agreed to that one.
fn taking_back(entry: &mut Row, taken: &Row) {
    entry.set("method", Value::Null);
    entry.set("reverses", taken.id("id").map_or(Value::Null, Value::Uuid));
}

fn take_visit_back(desk: &mut Desk<'_>, mut profile: Row, undone: &Undone, visit: Option<i64>) {
    let satang = undone.args.get("satang").and_then(Json::as_i64).unwrap_or(0);
    let (spent, visits) = (
        profile.int("total_spent").unwrap_or(0),
        profile.int("total_visits").unwrap_or(0),
    );
    profile.set("total_spent", int((spent - satang).max(0)));
    profile.set("total_visits", int((visits - 1).max(0)));
    if profile.int("last_visit") == Some(undone.at) {
        profile.set("last_visit", int(visit));
    }
    desk.tx.put_profile(profile);
}

pub(super) fn customer_revert(desk: &mut Desk<'_>, args: &Json) -> Decided {
    let undone = undoing(desk, args, &["customer.edit"])?;
    let no = || because("value_not_allowed", json!({ "field": "set" }));
    let set = args.get("set").filter(|_| is_base(args.get("base")));
    let Some(fields) = set.and_then(Json::as_object) else {
        return no();
    };
    if !undone.was_done {
        return Ok(());
    }
    let wrote = undone.args.get("set").and_then(Json::as_object);
    let mut base = wrote.cloned().unwrap_or_default();
    if fields.keys().any(|field| !base.contains_key(field)) {
        return no();
    }
    base.extend(args.get("base").and_then(Json::as_object).cloned().unwrap_or_default());
    edit(desk, arg_uuid(&undone.args, "id")?, set, Some(&Json::Object(base)))
}

const OF_A_CUSTOMER: [&str; 10] = [
    "journey",
    "followup",
    "loyalty_profile",
    "point_entry",
    "lot",
    "appointment",
    "lead",
    "preference",
    "visit",
    "payment",
];

pub(super) fn customer_remove(desk: &mut Desk<'_>, args: &Json) -> Decided {
    let undone = undoing(desk, args, &["customer.create"])?;
    if !undone.was_done {
        return Ok(());
    }
    let customer = arg_uuid(&undone.args, "id")?;
    let Some(row) = desk.tx.row("customer", customer).cloned() else {
        return refuse("customer_not_found");
    };
    let uses = |noun: &&str| desk.tx.all(noun).any(|row| row.id("customer_id") == Some(customer));
    if OF_A_CUSTOMER.iter().any(uses) {
        return refuse("customer_in_use");
    }
    for field in FIELDS.into_iter().chain(["allergies", "sales"]) {
        let (is, was) = match field {
            "allergies" => (row.text(field).map(str::to_owned), None),
            "sales" => (row.id("assigned_sales_id").map(|id| id.to_string()), None),
            _ => (
                row.text(field).map(str::to_owned),
                customer_value(&undone.args, field, desk.tx.now)?,
            ),
        };
        if is != was {
            let by = last_editor(desk, customer, field);
            return because("changed_meanwhile", json!({ "field": field, "by": by }));
        }
    }
    desk.tx.remove(row.key());
    Ok(())
}
