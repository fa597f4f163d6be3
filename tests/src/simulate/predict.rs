//! What a screen must show: the clinic's rows with every waiting action done on top, in order. Written a second time on purpose, over plain
//! maps, so that the cache's own replay has something to be compared with.

use std::sync::Arc;

use chrono::DateTime;
use desk_core::{
    loyalty::{self, Tier},
    synced::Value,
};
use serde_json::{Value as Json, json};
use uuid::Uuid;

use super::{
    code::{Redeemed, issued, withdraw},
    decide::{FIELDS, local, lot_expiry},
    predict_door, predict_lead, predict_pay,
    row::{Key, Row, id, int, key, noun, text, to_change},
    seen::{Table, Waits},
};

/// None: the action does not fit what is there, and changes nothing.
pub(super) type Done = Option<()>;

/// Does everything that waits: all of an action, or nothing of it.
pub fn replay(rows: &mut Table, waiting: &[Waits]) {
    for action in waiting {
        let mut done = rows.clone();
        if apply(&mut done, action, waiting).is_some() {
            *rows = done;
        }
    }
}

fn apply(rows: &mut Table, action: &Waits, waiting: &[Waits]) -> Done {
    match action.name.as_str() {
        "task.complete" => complete(rows, action),
        "task.reassign" | "task.hand_back" => reassign(rows, action),
        "task.snooze" => {
            instant(action, "until")?;
            sleep(rows, action)
        }
        "task.unsnooze" => sleep(rows, action),
        "task.note" => {
            let said = field(action, "text").unwrap_or_default();
            let task = uuid(action, "id")?;
            rows.contains_key(&key("task", task)).then_some(())?;
            add_line(rows, action, task, said)
        }
        "task.reopen" => reopen(rows, action),
        "task.unnote" => unnote(rows, action),
        "customer.create" => create(rows, action),
        "customer.edit" | "customer.revert" => edit(rows, action),
        "customer.remove" => remove(rows, action, waiting),
        "points.award" => award(rows, action, waiting),
        "points.reverse" => reverse(rows, action),
        "points.redeem" => redeem(rows, action),
        "points.unredeem" => unredeem(rows, action),
        "followup.done" => close(rows, action, "sent"),
        "followup.cancel" => close(rows, action, "cancelled"),
        "followup.reopen" => followup_reopen(rows, action),
        "notification.read" => read(rows, action),
        name if name.starts_with("lead.") => predict_lead::apply(rows, action),
        name if name.starts_with("payment.") => predict_pay::apply(rows, action, waiting),
        _ => predict_door::apply(rows, action),
    }
}

pub(super) fn field<'a>(action: &'a Waits, name: &str) -> Option<&'a str> {
    action.args.get(name).and_then(Json::as_str)
}

pub(super) fn uuid(action: &Waits, name: &str) -> Option<Uuid> {
    Uuid::parse_str(field(action, name)?).ok()
}

pub(super) fn instant(action: &Waits, name: &str) -> Option<i64> {
    let at = DateTime::parse_from_rfc3339(field(action, name)?).ok()?;
    Some(at.timestamp_micros())
}

fn open_task<'a>(rows: &'a mut Table, action: &Waits) -> Option<&'a mut Row> {
    let task = to_change(rows, key("task", uuid(action, "id")?))?;
    let is_closed = matches!(task.text("status"), Some("completed" | "cancelled"));
    (!is_closed).then_some(task)
}

fn complete(rows: &mut Table, action: &Waits) -> Done {
    let task = open_task(rows, action)?;
    task.set("status", text("completed"));
    task.set("completed_at", int(action.at));
    task.set("completed_by", id(action.person));
    task.set("updated_at", int(action.at));
    match field(action, "note").filter(|note| !note.is_empty()) {
        Some(note) => add_line(rows, action, uuid(action, "id")?, note),
        None => Some(()),
    }
}

fn reassign(rows: &mut Table, action: &Waits) -> Done {
    let to = uuid(action, "to")?;
    let works = rows.get(&key("staff", to))?.int("active") == Some(1);
    works.then_some(())?;
    let task = open_task(rows, action)?;
    task.set("assigned_to", id(to));
    task.set("updated_at", int(action.at));
    Some(())
}

fn sleep(rows: &mut Table, action: &Waits) -> Done {
    let task = open_task(rows, action)?;
    task.set("snoozed_until", int(instant(action, "until")));
    task.set("woken_at", Value::Null);
    task.set("woken_by", Value::Null);
    task.set("updated_at", int(action.at));
    Some(())
}

fn reopen(rows: &mut Table, action: &Waits) -> Done {
    let id = uuid(action, "id")?;
    let task = to_change(rows, key("task", id))?;
    let is_mine = task.text("status") == Some("completed") && task.id("completed_by") == Some(action.person);
    is_mine.then_some(())?;
    task.set("status", text(field(action, "status").unwrap_or("pending")));
    task.set("completed_at", Value::Null);
    task.set("completed_by", Value::Null);
    task.set("snoozed_until", int(instant(action, "until")));
    task.set("updated_at", int(action.at));
    add_line(rows, action, id, "เปิดงานอีกครั้ง")
}

fn add_line(rows: &mut Table, action: &Waits, task: Uuid, said: &str) -> Done {
    let line = note_line(rows, action, said);
    let task = to_change(rows, key("task", task))?;
    let notes = match task.text("notes").filter(|notes| !notes.is_empty()) {
        Some(notes) => format!("{notes}\n{line}"),
        None => line,
    };
    task.set("notes", Value::Text(notes));
    Some(())
}

/// When, who and what, on one line.
pub(super) fn note_line(rows: &Table, action: &Waits, said: &str) -> String {
    let staff = rows.get(&key("staff", action.person));
    let nickname = staff
        .and_then(|staff| staff.text("nickname").or(staff.text("display_name")))
        .unwrap_or_default();
    let at = local(action.at).format("%d/%m %H:%M");
    format!("{at} {nickname}: {}", one_line(said))
}

fn one_line(said: &str) -> String {
    let parts = said.split(['\r', '\n']).map(str::trim).filter(|part| !part.is_empty());
    parts.collect::<Vec<_>>().join(" ")
}

fn unnote(rows: &mut Table, action: &Waits) -> Done {
    let task = to_change(rows, key("task", uuid(action, "id")?))?;
    let end = format!(": {}", one_line(field(action, "text").unwrap_or_default()));
    let mut lines: Vec<&str> = task
        .text("notes")
        .into_iter()
        .flat_map(|notes| notes.split('\n'))
        .collect();
    let nth = lines.iter().rposition(|line| line.ends_with(&end))?;
    lines.remove(nth);
    let left = Some(lines.join("\n")).filter(|left| !left.is_empty());
    task.set("notes", Value::text(left));
    Some(())
}

fn create(rows: &mut Table, action: &Waits) -> Done {
    let mut made = Row::new("customer", uuid(action, "id")?, &[]);
    for name in FIELDS {
        made.set(name, Value::text(field(action, name).map(str::to_owned)));
    }
    made.set("status", text("active"));
    made.set("customer_type", text("regular"));
    made.set("source", text("walk_in"));
    made.set("created_at", int(action.at));
    made.set("updated_at", int(action.at));
    put(rows, made);
    Some(())
}

fn edit(rows: &mut Table, action: &Waits) -> Done {
    let customer = to_change(rows, key("customer", uuid(action, "id")?))?;
    for (name, value) in action.args.get("set").and_then(Json::as_object).into_iter().flatten() {
        FIELDS.contains(&name.as_str()).then_some(())?;
        customer.set(name, Value::text(value.as_str().map(str::to_owned)));
    }
    Some(())
}

fn remove(rows: &mut Table, action: &Waits, waiting: &[Waits]) -> Done {
    let customer = uuid(action, "id")?;
    let named = Some(customer.to_string());
    let waits = |other: &Waits| match other.name.as_str() {
        "customer.edit" => field(other, "id") == named.as_deref(),
        "points.award" => field(other, "customer_id") == named.as_deref(),
        _ => false,
    };
    let own = [
        noun("journey"),
        noun("followup"),
        noun("loyalty_profile"),
        noun("point_entry"),
        noun("lot"),
        noun("appointment"),
        noun("lead"),
        noun("preference"),
        noun("payment"),
    ];
    let has = |row: &Row| own.iter().any(|noun| noun.number == row.tbl) && row.id("customer_id") == Some(customer);
    let is_used = rows.values().any(|row| has(row)) || waiting.iter().any(|other| !other.is_undone && waits(other));
    (!is_used).then_some(())?;
    rows.remove(&key("customer", customer));
    Some(())
}

pub(super) fn put(rows: &mut Table, row: Row) {
    rows.insert(row.key(), Arc::new(row));
}

fn profile_of(rows: &Table, customer: Uuid) -> Option<Row> {
    let number = noun("loyalty_profile").number;
    let mut profiles = rows.values().filter(|row| row.tbl == number);
    let profile = profiles.find(|row| row.id("customer_id") == Some(customer))?;
    Some(profile.as_ref().clone())
}

fn multiplier_tenths(rows: &Table, tier: Tier) -> i64 {
    let clinic = rows.values().find(|row| row.tbl == noun("clinic").number);
    let policy = clinic.and_then(|clinic| clinic.text("loyalty_multipliers"));
    let policy: Json = policy
        .and_then(|policy| serde_json::from_str(policy).ok())
        .unwrap_or_default();
    #[allow(
        clippy::cast_possible_truncation,
        reason = "multipliers are small numbers with one decimal"
    )]
    policy
        .get(tier.word())
        .and_then(Json::as_f64)
        .map_or(tier.default_multiplier_tenths(), |times| (times * 10.0).round() as i64)
}

/// The tier of somebody without a membership: the database makes the member, with the welcome points, at the first award that waits.
fn newcomer(rows: &Table, customer: Uuid, action: &Waits, waiting: &[Waits]) -> Tier {
    let before = waiting.iter().take_while(|earlier| earlier.id != action.id);
    let keys = before.flat_map(|earlier| ["id", "entry"].map(|name| uuid(earlier, name)));
    let entries = keys.filter_map(|id| rows.get(&key("point_entry", id?)));
    let theirs = entries.filter(|entry| entry.id("customer_id") == Some(customer));
    let waits = theirs
        .filter_map(|entry| entry.int("amount"))
        .reduce(|sum, points| sum + points);
    Tier::of_lifetime_points(waits.map_or(0, |points| loyalty::WELCOME_POINTS + points))
}

fn award(rows: &mut Table, action: &Waits, waiting: &[Waits]) -> Done {
    predict_pay::may_take(rows, action)?;
    let bill = Earned {
        entry: uuid(action, "id")?,
        customer: uuid(action, "customer_id")?,
        satang: action.args.get("satang").and_then(Json::as_i64)?,
        said: field(action, "note"),
    };
    earn(rows, action, &bill, waiting)
}

/// Money that earns points.
pub(super) struct Earned<'a> {
    pub(super) entry: Uuid,
    pub(super) customer: Uuid,
    pub(super) satang: i64,
    pub(super) said: Option<&'a str>,
}

/// The tier by which somebody earns who has to be there.
fn stands(rows: &Table, customer: Uuid, action: &Waits, waiting: &[Waits]) -> Option<Tier> {
    rows.contains_key(&key("customer", customer)).then_some(())?;
    Some(match profile_of(rows, customer) {
        Some(profile) => Tier::from_word(profile.text("tier").unwrap_or_default()),
        None => newcomer(rows, customer, action, waiting),
    })
}

/// Points per 10 baht, in tenths.
pub(super) fn tenths(rows: &Table, customer: Uuid, action: &Waits, waiting: &[Waits]) -> Option<i64> {
    Some(multiplier_tenths(rows, stands(rows, customer, action, waiting)?))
}

pub(super) fn earn(rows: &mut Table, action: &Waits, bill: &Earned<'_>, waiting: &[Waits]) -> Done {
    let tier = stands(rows, bill.customer, action, waiting)?;
    let profile = profile_of(rows, bill.customer);
    let tenths = multiplier_tenths(rows, tier);
    let points = loyalty::points_for(bill.satang, tenths);
    let fields = [
        ("customer_id", id(bill.customer)),
        ("type", text("earned")),
        ("amount", int(points)),
        ("description", Value::text(bill.said.map(str::to_owned))),
        ("created_at", int(action.at)),
        ("expires_at", int(lot_expiry(action.at))),
        ("source", text("desk")),
        ("purpose", text("earn")),
        ("satang", int(bill.satang)),
        ("multiplier_tenths", int(tenths)),
    ];
    let entry = Row::new("point_entry", bill.entry, &fields);
    // What is owed is paid first.
    let owed = profile.as_ref().and_then(|profile| profile.int("owed")).unwrap_or(0);
    if points > owed {
        lay(rows, &entry, bill.customer, points - owed);
    }
    put(rows, entry);
    if let Some(profile) = profile {
        let reached = Tier::of_lifetime_points(profile.int("total_points").unwrap_or(0) + points);
        put(rows, moved(&profile, points, reached.max(tier)));
    }
    Some(())
}

fn moved(profile: &Row, points: i64, tier: Tier) -> Row {
    let mut profile = profile.clone();
    profile.set("total_points", int(profile.int("total_points").unwrap_or(0) + points));
    change_balance(&mut profile, points);
    profile.set("tier", text(tier.word()));
    profile
}

/// What is below nothing is owed.
fn change_balance(profile: &mut Row, more: i64) {
    let sum = |name| profile.int(name).unwrap_or(0);
    let net = sum("available_points") - sum("owed") + more;
    profile.set("available_points", int(net.max(0)));
    profile.set("owed", int((-net).max(0)));
}

fn reverse(rows: &mut Table, action: &Waits) -> Done {
    let award = rows.get(&key("point_entry", uuid(action, "of")?))?.as_ref().clone();
    let customer = award.id("customer_id")?;
    rows.contains_key(&key("customer", customer)).then_some(())?;
    let profile = profile_of(rows, customer);
    let points = award.int("amount").unwrap_or(0);
    let has = profile.as_ref().and_then(|profile| profile.int("available_points"));
    (profile.is_none() || has.unwrap_or(0) >= points).then_some(())?;
    let gone = Gone {
        entry: uuid(action, "id")?,
        points,
        said: "ย้อน: ",
        from: ("undo", "reverse"),
        satang: None,
    };
    lose(rows, action, &award, &gone)
}

/// What of an award goes, and by which entry.
pub(super) struct Gone<'a> {
    pub(super) entry: Uuid,
    pub(super) points: i64,
    pub(super) said: &'a str,
    pub(super) from: (&'a str, &'a str),
    /// Money that is given back.
    pub(super) satang: Option<i64>,
}

/// So many points of an award go, by an entry that says why.
pub(super) fn lose(rows: &mut Table, action: &Waits, award: &Row, gone: &Gone<'_>) -> Done {
    let Gone { entry, points, .. } = *gone;
    let customer = award.id("customer_id")?;
    rows.contains_key(&key("customer", customer)).then_some(())?;
    let said = award.text("description").unwrap_or_default();
    let counted = gone
        .satang
        .filter(|_| award.int("satang").is_some())
        .zip(award.int("multiplier_tenths"));
    let fields = [
        ("customer_id", id(customer)),
        ("type", text("refund")),
        ("amount", int(-points)),
        ("description", Value::Text(format!("{}{said}", gone.said))),
        ("created_at", int(action.at)),
        ("expires_at", award.get("expires_at").clone()),
        ("reverses", id(award.id("id")?)),
        ("source", text(gone.from.0)),
        ("purpose", text(gone.from.1)),
        ("satang", int(counted.map(|(satang, _)| -satang))),
        ("multiplier_tenths", int(counted.map(|(_, tenths)| tenths))),
    ];
    put(rows, Row::new("point_entry", entry, &fields));
    take(rows, customer, points, award.id("id"));
    if let Some(profile) = profile_of(rows, customer) {
        put(
            rows,
            moved(&profile, -points, without(&profile, points, award.id("id"))),
        );
    }
    Some(())
}

/// The tier that is left without an award: the one that is held, unless this award reached it.
fn without(profile: &Row, points: i64, award: Option<Uuid>) -> Tier {
    let held = Tier::from_word(profile.text("tier").unwrap_or_default());
    let is_of_another = profile.id("tier_by").is_some_and(|by| Some(by) != award);
    let left = Tier::of_lifetime_points(profile.int("total_points").unwrap_or(0) - points);
    if is_of_another { held } else { left.min(held) }
}

/// A lot of so many points, called like its entry.
fn lay(rows: &mut Table, entry: &Row, customer: Uuid, points: i64) {
    let fields = [
        ("customer_id", id(customer)),
        ("points", int(points)),
        ("remaining", int(points)),
        ("expires_at", entry.get("expires_at").clone()),
        ("effective_at", entry.get("created_at").clone()),
    ];
    let lot = Row::new("lot", entry.id("id").unwrap_or_default(), &fields);
    put(rows, lot);
}

/// The keys of a customer's lots, next to end first.
fn lots(rows: &Table, customer: Uuid) -> Vec<Key> {
    let number = noun("lot").number;
    let mut lots: Vec<&Row> = rows
        .values()
        .map(AsRef::as_ref)
        .filter(|row: &&Row| row.tbl == number && row.id("customer_id") == Some(customer))
        .collect();
    lots.sort_by_key(|row| {
        (
            row.int("expires_at").unwrap_or(i64::MAX),
            row.int("effective_at"),
            row.id("id"),
        )
    });
    lots.iter().map(|row| row.key()).collect()
}

/// Takes points out of one lot before all others, then out of what ends soonest.
fn take(rows: &mut Table, customer: Uuid, points: i64, first: Option<Uuid>) {
    let mut order = lots(rows, customer);
    order.sort_by_key(|(_, lot)| Some(*lot) != first);
    let mut wanted = points;
    for lot in order {
        let Some(row) = to_change(rows, lot) else { continue };
        let left = row.int("remaining").unwrap_or(0);
        row.set("remaining", int(left - left.min(wanted)));
        wanted -= left.min(wanted);
    }
}

fn redeem(rows: &mut Table, action: &Waits) -> Done {
    let points = action.args.get("points").and_then(Json::as_i64)?;
    let customer = uuid(action, "customer_id")?;
    rows.contains_key(&key("customer", customer)).then_some(())?;
    let profile = profile_of(rows, customer)?;
    let left = lots(rows, customer);
    let left: i64 = left.iter().filter_map(|lot| rows.get(lot)?.int("remaining")).sum();
    (left >= points).then_some(())?;
    let fields = [
        ("customer_id", id(customer)),
        ("type", text("redeemed")),
        ("amount", int(-points)),
        ("description", text("แลกแต้ม")),
        ("created_at", int(action.at)),
        (
            "method",
            text(action.args.get("method").and_then(Json::as_str).unwrap_or("staff")),
        ),
        ("source", text("desk")),
        ("purpose", text("redeem")),
    ];
    let entry = Row::new("point_entry", uuid(action, "id")?, &fields);
    put(rows, entry);
    let before: Vec<(Uuid, i64)> = remaining(rows, customer);
    take(rows, customer, points, None);
    let after = remaining(rows, customer);
    let took = before
        .iter()
        .zip(&after)
        .map(|((lot, had), (_, has))| (*lot, had - has));
    let lots: Vec<Json> = took
        .filter(|(_, points)| *points > 0)
        .map(|(lot, points)| json!({ "lot": lot, "points": points }))
        .collect();
    put(
        rows,
        issued(&Redeemed {
            entry: uuid(action, "id")?,
            customer,
            points,
            lots: Json::from(lots).to_string(),
            at: action.at,
            by: action.person,
        }),
    );
    has(rows, profile, -points);
    Some(())
}

/// What is left of a customer's lots, next to end first.
fn remaining(rows: &Table, customer: Uuid) -> Vec<(Uuid, i64)> {
    let lots = lots(rows, customer).into_iter();
    lots.map(|lot| (lot.1, rows.get(&lot).and_then(|row| row.int("remaining")).unwrap_or(0)))
        .collect()
}

/// What a membership has changes by so much; its tier does not.
fn has(rows: &mut Table, mut profile: Row, more: i64) {
    change_balance(&mut profile, more);
    put(rows, profile);
}

fn unredeem(rows: &mut Table, action: &Waits) -> Done {
    let spent = rows.get(&key("point_entry", uuid(action, "of")?))?.as_ref().clone();
    let customer = spent.id("customer_id")?;
    rows.contains_key(&key("customer", customer)).then_some(())?;
    let profile = profile_of(rows, customer)?;
    let points = -spent.int("amount").unwrap_or(0);
    let mut entry = spent.clone();
    entry.set("id", id(uuid(action, "id")?));
    entry.set("type", text("refund"));
    entry.set("amount", int(points));
    entry.set(
        "description",
        Value::Text(format!("ย้อน: {}", spent.text("description").unwrap_or_default())),
    );
    entry.set("created_at", int(action.at));
    entry.set("expires_at", int(lot_expiry(action.at)));
    entry.set("method", Value::Null);
    entry.set("source", text("undo"));
    entry.set("purpose", text("unredeem"));
    entry.set("reverses", id(spent.id("id")?));
    // What is owed is paid first.
    let mut rest = (points - profile.int("owed").unwrap_or(0)).max(0);
    // What ends last comes first.
    for place in lots(rows, customer).into_iter().rev() {
        let back = taken_from(action, place.1).min(rest);
        if let Some(lot) = to_change(rows, place) {
            lot.set("remaining", int(lot.int("remaining").unwrap_or(0) + back));
            rest -= back;
        }
    }
    if rest > 0 {
        lay(rows, &entry, customer, rest);
    }
    put(rows, entry);
    if let Some(code) = to_change(rows, key("coupon", spent.id("id")?)) {
        withdraw(code, action.at, action.person);
    }
    has(rows, profile, points);
    Some(())
}

/// What a redemption that is taken back took from a lot.
fn taken_from(action: &Waits, lot: Uuid) -> i64 {
    let uses = action.args.get("lots").and_then(Json::as_array).into_iter().flatten();
    let of_it = uses.filter(|used| used.get("lot").and_then(Json::as_str) == Some(lot.to_string().as_str()));
    of_it.filter_map(|used| used.get("points")?.as_i64()).sum()
}

fn close(rows: &mut Table, action: &Waits, status: &str) -> Done {
    let followup = to_change(rows, key("followup", uuid(action, "id")?))?;
    matches!(followup.text("status").unwrap_or("pending"), "pending" | "failed").then_some(())?;
    followup.set("status", text(status));
    followup.set("executed_at", int(action.at));
    Some(())
}

fn followup_reopen(rows: &mut Table, action: &Waits) -> Done {
    let followup = to_change(rows, key("followup", uuid(action, "id")?))?;
    matches!(followup.text("status"), Some("sent" | "cancelled")).then_some(())?;
    followup.set("status", text(field(action, "status").unwrap_or("pending")));
    followup.set("executed_at", int(instant(action, "executed_at")));
    Some(())
}

fn read(rows: &mut Table, action: &Waits) -> Done {
    let note = to_change(rows, key("notification", uuid(action, "id")?))?;
    (note.id("user_id") == Some(action.person)).then_some(())?;
    note.set("is_read", int(1));
    if note.int("read_at").is_none() {
        note.set("read_at", int(action.at));
    }
    Some(())
}
