//! What the database decides about each action, as the migrations `*_add_*_actions` say it. Refusals have the same codes and details.

use std::{collections::BTreeMap, sync::Arc};

use chrono::{DateTime, Datelike as _, FixedOffset, Months, NaiveDate, TimeZone as _, Utc};
use desk_cache::outbox::{Outcome, Waiting};
use desk_core::{loyalty, loyalty::Tier, synced::Value};
use serde_json::{Map, Value as Json, json};
use uuid::Uuid;

use super::{
    booking,
    chance::Chance,
    lead, pay,
    person::written,
    planted::Bug,
    redeem, reverse,
    row::{Row, id, int, text},
    server::{Behind, Mutation, Tx},
    visit,
};

/// What the counter may write of a customer.
pub const FIELDS: [&str; 7] = [
    "full_name",
    "nickname",
    "phone",
    "email",
    "birth_date",
    "gender",
    "notes",
];

/// What may be edited besides, though no screen does.
const ALLERGIES: &str = "allergies";

/// A day in microseconds.
pub(super) const DAY: i64 = 86_400_000_000;

/// How far ahead a task may sleep.
pub(super) const FARTHEST: i64 = 366 * DAY;

/// A refusal: a code and what a person needs to decide.
#[derive(Clone, Debug)]
pub struct Refused {
    /// In snake_case.
    pub code: &'static str,
    /// A small object.
    pub detail: Json,
}

/// What a decider answers.
pub type Decided = Result<(), Refused>;

/// The desk that asks, inside its transaction.
pub struct Desk<'a> {
    /// The transaction.
    pub tx: &'a mut Tx,
    /// Who asks.
    pub person: Uuid,
    /// Actions decided before.
    pub known: &'a BTreeMap<Uuid, Arc<Mutation>>,
    /// Actions decided in this batch.
    pub decided: &'a [(Waiting, Outcome)],
    /// For what the database makes up.
    pub chance: &'a mut Chance,
    /// The bug that lives here.
    pub bug: Option<Bug>,
}

/// Whether a database of an earlier version does not know the action.
pub fn is_new(name: &str) -> bool {
    name.starts_with("points.")
}

/// Decides one action.
///
/// # Errors
/// Why not.
pub fn decide(desk: &mut Desk<'_>, name: &str, args: &Json) -> Decided {
    match decider(name) {
        None => refuse("action_unknown"),
        Some(_) if !args.is_object() => because("value_not_allowed", json!({ "field": "args" })),
        Some(decider) => decider(desk, args),
    }
}

type Decider = fn(&mut Desk<'_>, &Json) -> Decided;

fn decider(name: &str) -> Option<Decider> {
    Some(match name {
        "task.complete" => task_complete,
        "task.reassign" => task_reassign,
        "task.snooze" => task_snooze,
        "task.note" => task_note,
        "customer.create" => customer_create,
        "customer.edit" => customer_edit,
        "points.award" => points_award,
        "points.redeem" => redeem::redeem,
        "followup.done" => |desk, args| followup_close(desk, args, "sent", "note"),
        "followup.cancel" => |desk, args| followup_close(desk, args, "cancelled", "reason"),
        "notification.read" => notification_read,
        "task.reopen" => reverse::task_reopen,
        "task.unsnooze" => reverse::task_unsnooze,
        "task.hand_back" => reverse::task_hand_back,
        "task.unnote" => reverse::task_unnote,
        "followup.reopen" => reverse::followup_reopen,
        "points.reverse" => reverse::points_reverse,
        "points.unredeem" => redeem::unredeem,
        "customer.revert" => reverse::customer_revert,
        "customer.remove" => reverse::customer_remove,
        "lead.claim" => lead::claim,
        "lead.release" => lead::release,
        "lead.answer" => lead::answer,
        "lead.unclaim" => lead::unclaim,
        "lead.unanswer" => lead::unanswer,
        "payment.take" => pay::take,
        "payment.refund" => pay::refund,
        name => return at_the_door(name),
    })
}

/// Who comes, and who is booked.
fn at_the_door(name: &str) -> Option<Decider> {
    Some(match name {
        "visit.check_in" => visit::check_in,
        "visit.undo_check_in" => visit::undo_check_in,
        "visit.leave" => visit::leave,
        "visit.return" => visit::come_back,
        "visit.start" => visit::start,
        "visit.unstart" => visit::unstart,
        "visit.finish" => visit::finish,
        "visit.unfinish" => visit::unfinish,
        "appointment.book" => booking::book,
        "appointment.unbook" => booking::unbook,
        "appointment.reschedule" => booking::reschedule,
        "appointment.move_back" => booking::move_booking_back,
        "appointment.no_show" => booking::no_show,
        "appointment.cancel" => booking::cancel,
        "appointment.reopen" => booking::reopen,
        _ => return None,
    })
}

/// Refuses with nothing to decide on.
pub(super) fn refuse<T>(code: &'static str) -> Result<T, Refused> {
    because(code, json!({}))
}

/// Refuses.
pub(super) fn because<T>(code: &'static str, detail: Json) -> Result<T, Refused> {
    Err(Refused { code, detail })
}

/// A text argument, trimmed; none where it is left out.
pub(super) fn arg_text(args: &Json, field: &str, longest: usize) -> Result<Option<String>, Refused> {
    match args.get(field) {
        None | Some(Json::Null) => Ok(None),
        Some(Json::String(typed)) => {
            let typed = typed.trim_matches([' ', '\t', '\r', '\n']);
            if typed.chars().count() > longest {
                return because("text_too_long", json!({ "field": field, "longest": longest }));
            }
            Ok(Some(typed.to_owned()))
        }
        Some(_) => because("value_not_allowed", json!({ "field": field })),
    }
}

/// An identifier, in the one form with four hyphens.
pub(super) fn arg_uuid(args: &Json, field: &str) -> Result<Uuid, Refused> {
    let typed = args.get(field).and_then(Json::as_str);
    let found = typed
        .filter(|text| text.len() == 36)
        .and_then(|text| Uuid::parse_str(text).ok());
    found.map_or_else(|| because("value_not_allowed", json!({ "field": field })), Ok)
}

/// An instant, in microseconds since 1970, rounded as PostgreSQL rounds.
pub(super) fn arg_instant(args: &Json, field: &str) -> Result<i64, Refused> {
    let text = args.get(field).and_then(Json::as_str).unwrap_or_default();
    if !is_instant(text) {
        return because("value_not_allowed", json!({ "field": field }));
    }
    let zoned = text.replace('Z', "+00:00");
    let forms = ["%Y-%m-%dT%H:%M:%S%.f%z", "%Y-%m-%dT%H:%M%z"];
    let at = forms
        .iter()
        .find_map(|form| DateTime::parse_from_str(&zoned, form).ok());
    match at.filter(|at| at.year() > 0) {
        Some(at) => Ok(at.timestamp_micros() + i64::from(at.timestamp_subsec_nanos() % 1_000 >= 500)),
        None => because("date_out_of_range", json!({ "field": field })),
    }
}

/// `2026-03-02T09:00`, seconds and their parts if need be, and a zone.
fn is_instant(text: &str) -> bool {
    let shape: String = text.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    let Some(rest) = shape.strip_prefix("0000-00-00T00:00") else {
        return false;
    };
    let rest = rest
        .strip_prefix(":00")
        .map_or(rest, |rest| match rest.strip_prefix(".0") {
            Some(part) => {
                let more = part.trim_start_matches('0');
                if part.len() - more.len() <= 8 { more } else { "too many" }
            }
            None => rest,
        });
    matches!(rest, "Z" | "+00:00" | "-00:00" | "+0000" | "-0000")
}

/// Bangkok is seven hours ahead, all year.
pub(super) const BANGKOK: FixedOffset = FixedOffset::east_opt(7 * 3_600).expect("an offset");

/// The clinic's own time.
pub(super) fn local(at: i64) -> DateTime<FixedOffset> {
    let utc = Utc.timestamp_micros(at).single().unwrap_or_default();
    utc.with_timezone(&BANGKOK)
}

fn stamp(at: i64) -> String {
    local(at).format("%d/%m %H:%M").to_string()
}

/// Notes with a line more, by whom and when.
pub(super) fn stamped(desk: &Desk<'_>, notes: Option<&str>, line: &str) -> Value {
    let nickname = desk.nickname(Some(desk.person)).unwrap_or_default();
    let line = format!("{} {nickname}: {line}", stamp(desk.tx.now));
    match notes.filter(|notes| !notes.is_empty()) {
        Some(notes) => Value::Text(format!("{notes}\n{line}")),
        None => Value::Text(line),
    }
}

/// What was said, on one line.
pub(super) fn one_line(said: &str) -> String {
    let parts = said.split(['\r', '\n']).map(str::trim).filter(|part| !part.is_empty());
    parts.collect::<Vec<_>>().join(" ")
}

impl Desk<'_> {
    /// How the clinic calls a person.
    pub(super) fn nickname(&self, person: Option<Uuid>) -> Option<String> {
        let staff = self.tx.row("staff", person?)?;
        let nickname = staff.text("nickname").filter(|name| !name.is_empty());
        nickname.or(staff.text("display_name")).map(str::to_owned)
    }

    /// Notes with a line more.
    pub(super) fn add_note(&self, notes: Option<&str>, line: &str) -> Value {
        stamped(self, notes, &one_line(line))
    }

    /// A task that can still be worked on.
    pub(super) fn open_task(&self, task: Uuid) -> Result<Row, Refused> {
        let Some(row) = self.tx.row("task", task) else {
            return refuse("task_not_found");
        };
        match row.text("status") {
            Some(status @ ("completed" | "cancelled")) => {
                let by = self.nickname(row.id("completed_by"));
                because(
                    "task_already_closed",
                    json!({ "status": status, "by": by, "at": row.int("completed_at").map(written) }),
                )
            }
            _ => Ok(row.clone()),
        }
    }

    /// Whether a person works here.
    pub(super) fn works_here(&self, person: Uuid) -> Decided {
        let works = self
            .tx
            .row("staff", person)
            .is_some_and(|staff| staff.int("active") == Some(1));
        if works { Ok(()) } else { refuse("person_not_found") }
    }
}

fn task_complete(desk: &mut Desk<'_>, args: &Json) -> Decided {
    let note = arg_text(args, "note", 2_000)?.filter(|note| !note.is_empty());
    let mut task = desk.open_task(arg_uuid(args, "id")?)?;
    task.set("status", text("completed"));
    task.set("completed_at", Value::Int(desk.tx.now));
    task.set("completed_by", id(desk.person));
    task.set("snoozed_until", Value::Null);
    if let Some(note) = note {
        let notes = desk.add_note(task.text("notes"), &note);
        task.set("notes", notes);
    }
    desk.tx.put_task(task);
    Ok(())
}

fn task_reassign(desk: &mut Desk<'_>, args: &Json) -> Decided {
    let to = arg_uuid(args, "to")?;
    let task = desk.open_task(arg_uuid(args, "id")?)?;
    desk.works_here(to)?;
    if task.id("assigned_to") == Some(to) {
        return Ok(());
    }
    let task = task.with("assigned_to", id(to));
    if to != desk.person {
        desk.tx.tell_assigned(&task);
    }
    desk.tx.put_task(task);
    Ok(())
}

fn task_snooze(desk: &mut Desk<'_>, args: &Json) -> Decided {
    let until = arg_instant(args, "until")?;
    let task = desk.open_task(arg_uuid(args, "id")?)?;
    if !(desk.tx.now - 31 * DAY..=desk.tx.now + FARTHEST).contains(&until) {
        return because("date_out_of_range", json!({ "field": "until" }));
    }
    let task = task.with("snoozed_until", Value::Int(until));
    // It sleeps anew, whatever woke it last time.
    let task = task.with("woken_at", Value::Null).with("woken_by", Value::Null);
    desk.tx.put_task(task);
    Ok(())
}

fn task_note(desk: &mut Desk<'_>, args: &Json) -> Decided {
    let line = arg_text(args, "text", 2_000)?.unwrap_or_default();
    let task = arg_uuid(args, "id")?;
    if line.is_empty() {
        return because("text_empty", json!({ "field": "text" }));
    }
    let Some(row) = desk.tx.row("task", task).cloned() else {
        return refuse("task_not_found");
    };
    let notes = desk.add_note(row.text("notes"), &line);
    desk.tx.put_task(row.with("notes", notes));
    Ok(())
}

/// One field of a customer as a person may write it.
pub(super) fn customer_value(args: &Json, field: &'static str, now: i64) -> Result<Option<String>, Refused> {
    let no = |code| because(code, json!({ "field": field }));
    if field == "birth_date" {
        return birth_date(args, now);
    }
    let longest = match field {
        "full_name" => 200,
        "nickname" => 60,
        "phone" => 40,
        "email" => 254,
        "gender" => 10,
        _ => 4_000,
    };
    let typed = arg_text(args, field, longest)?.filter(|typed| !typed.is_empty());
    let Some(typed) = typed else {
        return if field == "full_name" {
            no("name_empty")
        } else {
            Ok(None)
        };
    };
    let digits = typed.chars().filter(char::is_ascii_digit).count();
    let is_phone = (8..=15).contains(&digits) && typed.chars().all(|c| c.is_ascii_digit() || "+()./ -".contains(c));
    match field {
        "phone" if !is_phone => no("phone_invalid"),
        "gender" if !matches!(typed.as_str(), "male" | "female" | "other") => no("value_not_allowed"),
        "email" if !is_email(&typed) => no("value_not_allowed"),
        _ => Ok(Some(typed)),
    }
}

/// Something, one @, something with a dot inside; no blanks.
fn is_email(typed: &str) -> bool {
    let Some((name, domain)) = typed.split_once('@') else {
        return false;
    };
    // The dot may be any but the first and the last letter.
    let inside = domain.char_indices().skip(1).filter(|(_, c)| *c == '.');
    let has_dot = inside.into_iter().any(|(at, _)| at + 1 < domain.len());
    !name.is_empty() && has_dot && !domain.contains('@') && !typed.contains(char::is_whitespace)
}

fn birth_date(args: &Json, now: i64) -> Result<Option<String>, Refused> {
    let no = |code| because(code, json!({ "field": "birth_date" }));
    let typed = match args.get("birth_date") {
        None | Some(Json::Null) => return Ok(None),
        Some(Json::String(typed)) if typed.is_empty() => return Ok(None),
        Some(typed) => typed.as_str().unwrap_or_default(),
    };
    let shape: String = typed
        .chars()
        .map(|c| if c.is_ascii_digit() { '0' } else { c })
        .collect();
    if shape != "0000-00-00" {
        return no("value_not_allowed");
    }
    match NaiveDate::parse_from_str(typed, "%Y-%m-%d") {
        Ok(date) if date.year() >= 1900 && date <= local(now).date_naive() => Ok(Some(date.to_string())),
        Ok(_) | Err(_) => no("date_out_of_range"),
    }
}

fn customer_create(desk: &mut Desk<'_>, args: &Json) -> Decided {
    let customer = arg_uuid(args, "id")?;
    let mut made = Row::new("customer", customer, &[]);
    for field in FIELDS {
        made.set(field, Value::text(customer_value(args, field, desk.tx.now)?));
    }
    if desk.tx.row("customer", customer).is_some() {
        return refuse("value_not_allowed");
    }
    let code = desk.tx.all("customer").count();
    made.set(
        "code",
        Value::Text(format!("CUST-{code}-{}", desk.chance.below(10_000))),
    );
    made.set("status", text("active"));
    made.set("customer_type", text("regular"));
    made.set("source", text("walk_in"));
    made.set("tags", text("[]"));
    made.set(
        "first_visit_date",
        Value::Text(local(desk.tx.now).date_naive().to_string()),
    );
    made.set("created_at", Value::Int(desk.tx.now));
    made.set("updated_at", Value::Int(desk.tx.now));
    desk.tx.put(made);
    Ok(())
}

fn customer_edit(desk: &mut Desk<'_>, args: &Json) -> Decided {
    edit(desk, arg_uuid(args, "id")?, args.get("set"), args.get("base"))
}

/// Changes fields, unless somebody else changed one since the person saw it.
pub(super) fn edit(desk: &mut Desk<'_>, customer: Uuid, set: Option<&Json>, base: Option<&Json>) -> Decided {
    let Some(set) = set.filter(|set| set.is_object() && is_base(base)) else {
        return because("value_not_allowed", json!({ "field": "set" }));
    };
    let Some(before) = desk.tx.row("customer", customer).cloned() else {
        return refuse("customer_not_found");
    };
    let none = Map::new();
    let base = base.and_then(Json::as_object).unwrap_or(&none);
    let mut after = before.clone();
    // PostgreSQL keeps the keys of an object by length, then by letters; the first that is refused is the answer.
    let mut fields: Vec<&String> = set.as_object().into_iter().flat_map(Map::keys).collect();
    fields.sort_by_key(|field| (field.len(), (*field).clone()));
    for field in fields {
        let Some(field) = FIELDS.into_iter().chain([ALLERGIES]).find(|known| known == field) else {
            let field: String = field.chars().take(60).collect();
            return because("value_not_allowed", json!({ "field": field }));
        };
        let mine = customer_value(set, field, desk.tx.now)?;
        let theirs = before.text(field).map(str::to_owned);
        let seen = base.get(field).map(as_text);
        let is_moved = seen.is_some_and(|seen| seen != theirs.as_deref().unwrap_or_default());
        if is_moved && mine != theirs && desk.bug != Some(Bug::BaseIgnored) {
            let by = last_editor(desk, customer, field);
            return because(
                "changed_meanwhile",
                json!({ "field": field, "yours": mine, "theirs": theirs, "by": by }),
            );
        }
        after.set(field, Value::text(mine));
    }
    if after != before {
        after.set("updated_at", Value::Int(desk.tx.now));
        desk.tx.put(after);
    }
    Ok(())
}

/// What the person saw is an object, or is not told.
pub(super) fn is_base(base: Option<&Json>) -> bool {
    base.is_none_or(|base| base.is_object() || base.is_null())
}

/// A value as PostgreSQL reads it as text.
pub(super) fn as_text(value: &Json) -> String {
    match value {
        Json::Null => String::new(),
        Json::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Who changed a field last through a desk. Of several in one transaction the database may name any; so do the tests.
pub(super) fn last_editor(desk: &Desk<'_>, customer: Uuid, field: &str) -> Option<String> {
    let is_edit = |action: &Waiting| {
        matches!(action.name.as_str(), "customer.edit" | "customer.revert")
            && action.args.get("id").and_then(Json::as_str) == Some(customer.to_string().as_str())
            && action.args.get("set").is_some_and(|set| set.get(field).is_some())
    };
    let here = desk
        .decided
        .iter()
        .rev()
        .find(|(action, outcome)| outcome.refused.is_none() && is_edit(action));
    if here.is_some() {
        return desk.nickname(Some(desk.person));
    }
    let before = desk
        .known
        .values()
        .filter(|known| known.outcome.refused.is_none() && is_edit(&known.action));
    let last = before.max_by_key(|known| (known.at, known.version))?;
    desk.nickname(Some(last.person))
}

/// End of the clinic's day, 24 months on.
pub(super) fn lot_expiry(at: i64) -> i64 {
    let day = local(at).date_naive();
    let last = day.checked_add_months(Months::new(24)).unwrap_or(day);
    let end = last.and_hms_opt(23, 59, 59).unwrap_or_default();
    let end = BANGKOK.from_local_datetime(&end).single();
    end.map_or(at, |end| end.timestamp_micros())
}

fn member(desk: &mut Desk<'_>, customer: Uuid) -> Row {
    if let Some(known) = desk.tx.membership(customer) {
        return known;
    }
    let now = desk.tx.now;
    let profile = desk.chance.uuid();
    let code = Value::Text(format!("BN{:06}", desk.chance.below(1_000_000)));
    let mut made = Row::new(
        "loyalty_profile",
        profile,
        &[("customer_id", id(customer)), ("referral_code", code)],
    );
    made.set("joined_at", Value::Int(now));
    made.set("total_spent", Value::Int(0));
    made.set("total_visits", Value::Int(0));
    desk.tx.put_profile(made);
    let entry = desk.chance.uuid();
    let welcome = entry_row(entry, customer, "bonus", 100, Some("คะแนนต้อนรับ"), now);
    desk.tx.add_entry(welcome, Behind::default());
    desk.tx
        .row("loyalty_profile", profile)
        .cloned()
        .unwrap_or_else(|| Row::new("loyalty_profile", profile, &[]))
}

pub(super) fn entry_row(entry: Uuid, customer: Uuid, kind: &str, amount: i64, said: Option<&str>, now: i64) -> Row {
    let fields = [
        ("customer_id", id(customer)),
        ("type", text(kind)),
        ("amount", Value::Int(amount)),
        ("description", Value::text(said.map(str::to_owned))),
        ("created_at", Value::Int(now)),
        ("expires_at", Value::Int(lot_expiry(now))),
    ];
    Row::new("point_entry", entry, &fields)
}

pub(super) fn multiplier_tenths(desk: &Desk<'_>, tier: &str) -> i64 {
    let policy = desk
        .tx
        .all("clinic")
        .next()
        .and_then(|clinic| clinic.text("loyalty_multipliers"));
    let policy: Json = policy
        .and_then(|policy| serde_json::from_str(policy).ok())
        .unwrap_or_default();
    #[allow(
        clippy::cast_possible_truncation,
        reason = "multipliers are small numbers with one decimal"
    )]
    policy
        .get(tier)
        .and_then(Json::as_f64)
        .map_or(10, |times| (times * 10.0).round() as i64)
}

fn points_award(desk: &mut Desk<'_>, args: &Json) -> Decided {
    let (entry, customer) = (arg_uuid(args, "id")?, arg_uuid(args, "customer_id")?);
    let note = arg_text(args, "note", 500)?.filter(|note| !note.is_empty());
    let satang = args.get("satang").and_then(Json::as_i64).unwrap_or(-1);
    if !(1..=loyalty::LARGEST_BILL_SATANG).contains(&satang) {
        return refuse("amount_out_of_range");
    }
    super::lead::require_role(desk, &pay::TAKERS)?;
    if desk.tx.row("customer", customer).is_none() {
        return refuse("customer_not_found");
    }
    let bill = Bill {
        entry,
        customer,
        satang,
        said: note,
        from: desk.tx.now,
    };
    earn(desk, &bill).map(drop)
}

/// Money that earns points.
pub(super) struct Bill {
    pub(super) entry: Uuid,
    pub(super) customer: Uuid,
    pub(super) satang: i64,
    pub(super) said: Option<String>,
    /// When it was paid.
    pub(super) from: i64,
}

/// The one rule of what a bill earns. Makes the member where there is none; answers the points.
pub(super) fn earn(desk: &mut Desk<'_>, bill: &Bill) -> Result<i64, Refused> {
    let profile = member(desk, bill.customer);
    let tier = profile.text("tier").unwrap_or(Tier::Bronze.word()).to_owned();
    if desk.tx.row("point_entry", bill.entry).is_some() {
        return refuse("value_not_allowed");
    }
    let points = loyalty::points_for(bill.satang, multiplier_tenths(desk, &tier));
    let said = bill.said.as_deref().unwrap_or("คะแนนจากยอดชำระ");
    let mut earned = entry_row(bill.entry, bill.customer, "earned", points, Some(said), desk.tx.now);
    earned.set("expires_at", Value::Int(lot_expiry(bill.from)));
    if bill.from < desk.tx.now {
        earned.set("effective_at", Value::Int(bill.from));
    }
    desk.tx.add_entry(earned, Behind::default());
    if let Some(mut profile) = desk.tx.membership(bill.customer) {
        let (spent, visits) = (
            profile.int("total_spent").unwrap_or(0),
            profile.int("total_visits").unwrap_or(0),
        );
        profile.set("total_spent", int((spent + bill.satang).min(9_999_999_999)));
        profile.set("total_visits", int(visits + 1));
        profile.set("last_visit", int(profile.int("last_visit").max(Some(bill.from))));
        desk.tx.put_profile(profile);
    }
    Ok(points)
}

fn followup_close(desk: &mut Desk<'_>, args: &Json, status: &str, reason: &str) -> Decided {
    let note = arg_text(args, reason, 2_000)?.filter(|note| !note.is_empty());
    let Some(mut row) = desk.tx.row("followup", arg_uuid(args, "id")?).cloned() else {
        return refuse("followup_not_found");
    };
    let response: Json = row
        .text("response")
        .and_then(|text| serde_json::from_str(text).ok())
        .unwrap_or_default();
    if let Some(status @ ("sent" | "delivered" | "cancelled")) = row.text("status") {
        let detail = json!({ "status": status, "by": response.get("by"), "at": row.int("executed_at").map(written) });
        return because("followup_already_closed", detail);
    }
    let mut response = response.as_object().cloned().unwrap_or_default();
    if let Some(by) = desk.nickname(Some(desk.person)) {
        response.insert("by".into(), by.into());
    }
    if let Some(note) = note {
        response.insert(reason.into(), note.into());
    }
    row.set("status", text(status));
    row.set("executed_at", Value::Int(desk.tx.now));
    row.set("response", Value::Text(Json::Object(response).to_string()));
    desk.tx.put(row);
    Ok(())
}

fn notification_read(desk: &mut Desk<'_>, args: &Json) -> Decided {
    let note = arg_uuid(args, "id")?;
    let mine = desk
        .tx
        .row("notification", note)
        .filter(|note| note.id("user_id") == Some(desk.person));
    let Some(mut note) = mine.cloned() else {
        return refuse("notification_not_found");
    };
    mark_read(&mut note, desk.tx.now);
    desk.tx.put(note);
    Ok(())
}

/// Being read and when are one truth.
pub fn mark_read(note: &mut Row, now: i64) {
    if note.int("is_read") != Some(1) {
        note.set("is_read", Value::Int(1));
        let at = note.int("read_at").unwrap_or(now);
        note.set("read_at", Value::Int(at));
    }
}

/// Adds an entry as the web system does.
pub fn web_entry(entry: Uuid, customer: Uuid, kind: &str, amount: i64, now: i64) -> Row {
    let mut made = entry_row(entry, customer, kind, amount, None, now);
    made.set("expires_at", Value::Null);
    made
}
