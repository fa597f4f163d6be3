//! As [`super::predict`], for money that comes in and is given back.

use desk_core::{
    loyalty::{points_for, points_to_reverse},
    payment::held::held_back,
    synced::Value,
};
use serde_json::Value as Json;
use uuid::Uuid;

use super::{
    pay::{given_back, held_left},
    predict::{Done, Earned, Gone, earn, field, lose, tenths, uuid},
    row::{Key, Row, id, int, key, noun, text},
    seen::{Table, Waits},
};

/// What the database writes for a bill of which nobody said anything.
const UNSAID: &str = "คะแนนจากยอดชำระ";

pub(super) fn apply(rows: &mut Table, action: &Waits, waiting: &[Waits]) -> Done {
    match action.name.as_str() {
        "payment.take" => take(rows, action, waiting),
        "payment.refund" => refund(rows, action),
        _ => None,
    }
}

fn number(action: &Waits, name: &str) -> Option<i64> {
    action.args.get(name).and_then(Json::as_i64)
}

fn take(rows: &mut Table, action: &Waits, waiting: &[Waits]) -> Done {
    may_take(rows, action)?;
    let (payment, entry, customer) = (
        uuid(action, "id")?,
        uuid(action, "entry")?,
        uuid(action, "customer_id")?,
    );
    let (satang, held) = (number(action, "satang")?, number(action, "held").unwrap_or(0));
    (held == 0 || held <= held_left(rows, Some(customer))).then_some(())?;
    let journey = uuid(action, "journey_id");
    let is_theirs = |journey| {
        rows.get(&key("journey", journey))
            .is_some_and(|row| row.id("customer_id") == Some(customer))
    };
    journey.is_none_or(is_theirs).then_some(())?;
    let (said, held_as) = (field(action, "note"), field(action, "held_as"));
    let sum = |field: &str| action.args.get(field).and_then(Json::as_i64);
    let percent = sum("discount_percent").unwrap_or(0);
    let less = if percent > 0 { sum("bill")? - satang } else { 0 };
    let tenths = match held_as {
        Some(_) => 0,
        None => tenths(rows, customer, action, waiting)?,
    };
    let points = points_for(satang, tenths);
    if points > 0 {
        let bill = Earned {
            entry,
            customer,
            satang,
            said: Some(said.unwrap_or(UNSAID)),
        };
        earn(rows, action, &bill, waiting)?;
    }
    let fields = [
        ("customer_id", id(customer)),
        ("journey_id", id(journey)),
        ("satang", int(satang)),
        ("method", text(field(action, "method")?)),
        ("taken_at", int(action.at)),
        ("taken_by", id(action.person)),
        ("note", Value::text(said.map(str::to_owned))),
        ("entry_id", id((points > 0).then_some(entry))),
        ("points", int(points)),
        ("multiplier_tenths", int(tenths)),
        ("held_as", Value::text(held_as.map(str::to_owned))),
        ("held", int(held)),
        ("discount", int(less)),
        ("discount_percent", int(percent)),
    ];
    super::predict::put(rows, Row::new("payment", payment, &fields));
    Some(())
}

/// Whoever treats takes no money.
pub(super) fn may_take(rows: &Table, action: &Waits) -> Done {
    let staff = rows.get(&key("staff", action.person))?;
    let has_role = matches!(staff.text("role"), Some("owner" | "manager" | "front_desk" | "sales"));
    (has_role && staff.int("active") == Some(1)).then_some(())
}

fn may_give_back(rows: &Table, action: &Waits) -> Done {
    let staff = rows.get(&key("staff", action.person))?;
    let has_role = matches!(staff.text("role"), Some("owner" | "manager" | "front_desk"));
    (has_role && staff.int("active") == Some(1)).then_some(())
}

fn refund(rows: &mut Table, action: &Waits) -> Done {
    may_give_back(rows, action)?;
    let (refund, satang, why) = (uuid(action, "id")?, number(action, "satang")?, field(action, "reason")?);
    let wanted = uuid(action, "payment_id")?;
    let paid = rows.get(&key("payment", wanted))?.as_ref().clone();
    paid.id("refunds").is_none().then_some(())?;
    let sum = |column: &str| paid.int(column).unwrap_or(0);
    let (back, held_again) = given_back(rows, Some(wanted));
    let rest = sum("satang") - back;
    (satang <= rest).then_some(())?;
    let is_held = paid.text("held_as").is_some();
    let there = held_left(rows, paid.id("customer_id")).max(0);
    (!is_held || satang <= there).then_some(())?;
    let points = points_to_reverse(rest, rest - satang, sum("multiplier_tenths"));
    if let Some(award) = paid.id("entry_id") {
        let entry = uuid(action, "entry")?;
        let award = rows.get(&key("point_entry", award))?.as_ref().clone();
        let gone = Gone {
            entry,
            points,
            said: "คืนเงิน: ",
            from: ("desk", "refund"),
            satang: Some(satang),
        };
        lose(rows, action, &award, &gone)?;
    }
    let money_left = sum("satang") - sum("held") - (back - held_again);
    let held = if is_held { 0 } else { held_back(satang, money_left) };
    let mut made = paid.with("id", id(refund)).with("refunds", id(wanted));
    made.set("number", Value::Null);
    made.set("satang", int(satang));
    made.set("held", int(held));
    made.set("discount", int(0));
    made.set("discount_percent", int(0));
    if held == satang {
        made.set("method", text("held"));
    }
    made.set("taken_at", int(action.at));
    made.set("taken_by", id(action.person));
    made.set("device", Value::Null);
    made.set("note", text(why));
    let entry = paid.id("entry_id").and(uuid(action, "entry"));
    made.set("entry_id", id(entry));
    made.set("points", int(entry.map_or(0, |_| -points)));
    made.set("posted_at", Value::Null);
    made.set("late_reason", Value::Null);
    super::predict::put(rows, made);
    Some(())
}

/// Whether a waiting action may have touched a row: its own, its entry, or its customer's points. `tables`: where the payment is looked for.
pub(super) fn touches(action: &Waits, kept: Key, tables: [&Table; 2]) -> bool {
    let paid = uuid(action, "payment_id").map(|paid| key("payment", paid));
    let found = |key: &Key| tables.iter().find_map(|table| table.get(key));
    let customer = uuid(action, "customer_id").or_else(|| found(&paid?)?.id("customer_id"));
    let is_theirs = |id: Option<Uuid>| customer.is_some() && id == customer;
    let of = tables.iter().filter_map(|table| table.get(&kept)?.id("customer_id"));
    let points = [noun("loyalty_profile").number, noun("lot").number].contains(&kept.0);
    uuid(action, "id").is_some_and(|own| kept == key("payment", own))
        || uuid(action, "entry").is_some_and(|entry| kept == key("point_entry", entry))
        || points && of.into_iter().any(|of| is_theirs(Some(of)))
}
