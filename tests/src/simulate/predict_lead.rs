//! As [`super::predict`], for leads.

use desk_core::{lead::outcome_of, synced::Value};

use super::{
    predict::{Done, field, instant, note_line, uuid},
    row::{Row, id, int, key, text, to_change},
    seen::{Table, Waits},
};

pub(super) fn apply(rows: &mut Table, action: &Waits) -> Done {
    answers_leads(rows, action)?;
    match action.name.as_str() {
        "lead.claim" => claim(rows, action),
        "lead.release" => release(rows, action),
        "lead.answer" => answer(rows, action),
        "lead.unclaim" => unclaim(rows, action),
        "lead.unanswer" => unanswer(rows, action),
        _ => None,
    }
}

fn role<'a>(rows: &'a Table, action: &Waits) -> Option<&'a str> {
    let staff = rows.get(&key("staff", action.person))?;
    (staff.int("active") == Some(1)).then_some(())?;
    staff.text("role")
}

fn answers_leads(rows: &Table, action: &Waits) -> Done {
    matches!(role(rows, action)?, "sales" | "front_desk" | "manager" | "owner").then_some(())
}

fn lead<'a>(rows: &'a mut Table, action: &Waits) -> Option<&'a mut Row> {
    to_change(rows, key("lead", uuid(action, "id")?))
}

fn is_mine(lead: &Row, action: &Waits) -> bool {
    lead.id("claimed_by") == Some(action.person)
}

fn claim(rows: &mut Table, action: &Waits) -> Done {
    let lead = lead(rows, action)?;
    match lead.text("status").unwrap_or("open") {
        "claimed" if is_mine(lead, action) => return Some(()),
        "claimed" | "closed" => return None,
        _ => {}
    }
    lead.set("status", text("claimed"));
    lead.set("claimed_by", id(action.person));
    lead.set("claimed_at", int(action.at));
    lead.set("updated_at", int(action.at));
    Some(())
}

fn open_again(lead: &mut Row, action: &Waits) {
    lead.set("status", text("open"));
    lead.set("claimed_by", Value::Null);
    lead.set("claimed_at", Value::Null);
    lead.set("updated_at", int(action.at));
}

fn release(rows: &mut Table, action: &Waits) -> Done {
    let is_head = matches!(role(rows, action), Some("manager" | "owner"));
    let lead = lead(rows, action)?;
    match lead.text("status").unwrap_or("open") {
        "closed" => None,
        "open" => Some(()),
        _ => {
            (is_head || is_mine(lead, action)).then_some(())?;
            open_again(lead, action);
            Some(())
        }
    }
}

fn unclaim(rows: &mut Table, action: &Waits) -> Done {
    let lead = lead(rows, action)?;
    (lead.text("status") == Some("claimed") && is_mine(lead, action)).then_some(())?;
    open_again(lead, action);
    Some(())
}

/// The earliest answer stops the clock; whose lead it is makes no difference.
fn answer(rows: &mut Table, action: &Waits) -> Done {
    let outcome = outcome_of(field(action, "outcome")?)?;
    let line = field(action, "note")
        .filter(|note| !note.is_empty())
        .map(|note| note_line(rows, action, note));
    let lead = lead(rows, action)?;
    let at = instant(action, "at")
        .unwrap_or(action.at)
        .max(lead.int("created_at").unwrap_or(0));
    let is_first = lead.int("answered_at").is_none_or(|before| at < before);
    let was_closed = lead.text("status") == Some("closed");
    let is_closed = was_closed || outcome.closes;
    if is_first {
        lead.set("answered_at", int(at));
        lead.set("answered_by", id(action.person));
    }
    if is_first || !was_closed {
        lead.set("outcome", text(outcome.word));
    }
    lead.set("status", text(if is_closed { "closed" } else { "claimed" }));
    lead.set("claimed_by", id(lead.id("claimed_by").unwrap_or(action.person)));
    lead.set("claimed_at", int(lead.int("claimed_at").unwrap_or(at)));
    lead.set("next_at", int(instant(action, "next_at").filter(|_| !is_closed)));
    lead.set("updated_at", int(action.at));
    if let Some(line) = line {
        let notes = match lead.text("notes").filter(|notes| !notes.is_empty()) {
            Some(notes) => format!("{notes}\n{line}"),
            None => line,
        };
        lead.set("notes", Value::Text(notes));
    }
    Some(())
}

fn unanswer(rows: &mut Table, action: &Waits) -> Done {
    let lead = lead(rows, action)?;
    let holder = uuid(action, "claimed_by");
    let claimed_at = lead
        .int("claimed_at")
        .filter(|_| holder.is_some() && holder == lead.id("claimed_by"));
    lead.set("status", text(field(action, "status").unwrap_or("open")));
    lead.set("claimed_by", id(holder));
    lead.set("claimed_at", int(claimed_at));
    lead.set("answered_at", int(instant(action, "answered_at")));
    lead.set("answered_by", id(uuid(action, "answered_by")));
    lead.set("outcome", Value::text(field(action, "outcome").map(str::to_owned)));
    lead.set("next_at", Value::Null);
    lead.set("updated_at", int(action.at));
    Some(())
}
