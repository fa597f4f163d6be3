//! What the database decides about spending points, as the migration `*_redeem_points` says it. No desk of the simulation spends without the
//! network: what an allowance allows is played against PostgreSQL itself.

use desk_core::loyalty::gift::{USUAL_LIMITS, left_alone};
use serde_json::{Value as Json, json};
use uuid::Uuid;

use super::{
    code::{Redeemed, issued, withdraw},
    decide::{Decided, Desk, Refused, arg_text, arg_uuid, because, entry_row, local, lot_expiry, refuse},
    person::written,
    reverse::{cancelling, undoing},
    row::{Row, int, text},
    server::{Behind, DEVICE},
};

const MOST: i64 = 1_000_000;

/// A number between two; a wrong one is refused with this code.
pub(super) fn number(args: &Json, field: &str, (least, most): (i64, i64), code: &'static str) -> Result<i64, Refused> {
    let found = args.get(field).and_then(Json::as_i64);
    match found.filter(|found| (least..=most).contains(found)) {
        Some(found) => Ok(found),
        None if code == "value_not_allowed" => because(code, json!({ "field": field })),
        None => refuse(code),
    }
}

pub(super) fn optional<T>(
    args: &Json,
    field: &str,
    read: impl FnOnce(&Json, &str) -> Result<T, Refused>,
) -> Result<Option<T>, Refused> {
    match args.get(field) {
        None | Some(Json::Null) => Ok(None),
        Some(_) => read(args, field).map(Some),
    }
}

pub(super) fn redeem(desk: &mut Desk<'_>, args: &Json) -> Decided {
    let (entry, customer) = (arg_uuid(args, "id")?, arg_uuid(args, "customer_id")?);
    let points = number(args, "points", (1, MOST), "amount_out_of_range")?;
    let reward = optional(args, "reward_id", arg_uuid)?;
    let lease = optional(args, "lease_id", arg_uuid)?;
    let seen = optional(args, "seen", |args, field| {
        number(args, field, (0, 999_999_999_999), "value_not_allowed")
    })?;
    let way = arg_text(args, "method", 20)?;
    let note = arg_text(args, "note", 500)?.filter(|note| !note.is_empty());
    if !matches!(way.as_deref(), None | Some("staff" | "display" | "pin" | "line")) {
        return because("value_not_allowed", json!({ "field": "method" }));
    }
    if desk.tx.row("customer", customer).is_none() {
        return refuse("customer_not_found");
    }
    if lease.is_some() {
        return refuse("lease_unknown");
    }
    let available = left(desk, customer);
    if available < points {
        return short(desk, customer, points, available, seen);
    }
    if reward.is_some() {
        return because("reward_unavailable", json!({ "why": "unknown" }));
    }
    // Nobody here has heard of other limits, and no second person is asked.
    let most = USUAL_LIMITS.redeem_alone;
    let rest = left_alone(USUAL_LIMITS, redeemed_alone(desk, customer));
    if points > rest && way.as_deref() != Some("display") {
        return because("second_person_needed", json!({ "most": most, "left": rest }));
    }
    if desk.tx.row("point_entry", entry).is_some() {
        return refuse("value_not_allowed");
    }
    let said = note.as_deref().unwrap_or("แลกแต้ม");
    let spent = entry_row(entry, customer, "redeemed", -points, Some(said), desk.tx.now);
    let behind = Behind {
        by: Some(desk.person),
        ..Behind::default()
    };
    let spent = spent.with("method", text(way.as_deref().unwrap_or("staff")));
    desk.tx.add_entry(spent.with("expires_at", int(None)), behind);
    let uses = desk.tx.behind.get(&entry).map(|spent| spent.uses.clone());
    let lots = uses
        .iter()
        .flatten()
        .map(|used| format!("{{\"lot\": \"{}\", \"points\": {}}}", used.lot, used.points));
    let redeemed = Redeemed {
        entry,
        customer,
        points,
        lots: format!("[{}]", lots.collect::<Vec<_>>().join(", ")),
        at: desk.tx.now,
        by: desk.person,
    };
    desk.tx.put(issued(&redeemed).with("issued_device", text(DEVICE)));
    Ok(())
}

/// On the clinic's day, by staff's word alone, and not taken back.
fn redeemed_alone(desk: &Desk<'_>, customer: Uuid) -> i64 {
    let today = local(desk.tx.now).date_naive();
    let of_today = |row: &&Row| {
        let at = row.int("created_at").unwrap_or_default();
        row.id("customer_id") == Some(customer) && local(at).date_naive() == today
    };
    let entries: Vec<&Row> = desk.tx.all("point_entry").filter(of_today).collect();
    let is_back = |spent: &Row| entries.iter().any(|row| row.id("reverses") == spent.id("id"));
    let alone = entries
        .iter()
        .filter(|row| !matches!(row.text("method"), None | Some("display" | "two")) && !is_back(row));
    alone.filter_map(|row| row.int("amount")).map(|amount| -amount).sum()
}

fn left(desk: &Desk<'_>, customer: Uuid) -> i64 {
    let lots = desk.tx.all("lot").filter(|row| row.id("customer_id") == Some(customer));
    lots.filter_map(|row| row.int("remaining")).sum()
}

fn short(desk: &Desk<'_>, customer: Uuid, points: i64, available: i64, seen: Option<i64>) -> Decided {
    let missing = points - available;
    let is_spent = |row: &&Row| row.id("customer_id") == Some(customer) && row.text("type") == Some("redeemed");
    let spent = desk.tx.all("point_entry").filter(is_spent);
    let last = spent.max_by_key(|row| (row.int("created_at"), row.id("id")));
    let Some(last) = last.filter(|_| seen.is_some_and(|seen| seen >= points)) else {
        return because("points_short", json!({ "missing": missing, "available": available }));
    };
    let by = last.id("id").and_then(|id| desk.tx.behind.get(&id)?.by);
    let detail = json!({
        "by": desk.nickname(by), "device": by.map(|_| "PC"), "at": last.int("created_at").map(written),
        "missing": missing, "available": available,
    });
    because("points_taken", detail)
}

pub(super) fn unredeem(desk: &mut Desk<'_>, args: &Json) -> Decided {
    let undone = undoing(desk, args, &["points.redeem"])?;
    let entry = arg_uuid(args, "id")?;
    if !undone.was_done {
        return Ok(());
    }
    let Some(spent) = desk.tx.row("point_entry", arg_uuid(&undone.args, "id")?).cloned() else {
        return refuse("nothing_to_undo");
    };
    if desk.tx.row("point_entry", entry).is_some() {
        return refuse("value_not_allowed");
    }
    let mut made = cancelling(&spent, entry, desk.tx.now);
    made.set("type", text("refund"));
    made.set("expires_at", int(lot_expiry(desk.tx.now)));
    let behind = Behind {
        reverses: spent.id("id"),
        by: Some(desk.person),
        ..Behind::default()
    };
    let (now, by) = (desk.tx.now, desk.person);
    let code = spent.id("id").and_then(|entry| desk.tx.row("coupon", entry)).cloned();
    if let Some(mut code) = code {
        withdraw(&mut code, now, by);
        desk.tx.put(code.with("closed_device", text(DEVICE)));
    }
    desk.tx.add_entry(made, behind);
    Ok(())
}
