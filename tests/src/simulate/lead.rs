//! What the database decides about leads, as the migrations `answer_leads`, `add_lead_actions` and `answer_leads_by_calls` say it: whoever takes one first has it,
//! and the earliest answer stops its clock. Due times fire in no history of the simulation, so nobody passes a lead on.

use desk_core::{lead::outcome_of, synced::Value};
use serde_json::{Value as Json, json};
use uuid::Uuid;

use super::{
    decide::{DAY, Decided, Desk, FARTHEST, Refused, arg_text, arg_uuid, because, mark_read, refuse},
    person::written,
    planted::Bug,
    reverse::{arg_moment, changed, undoing},
    row::{Row, id, int, text},
    server::Tx,
    tell::{News, short_name},
};

/// Who answers leads.
const ANSWER: [&str; 4] = ["sales", "front_desk", "manager", "owner"];

/// Only who has one of these roles.
pub(super) fn require_role(desk: &Desk<'_>, roles: &[&str]) -> Decided {
    let staff = desk.tx.row("staff", desk.person);
    let role = staff
        .filter(|staff| staff.int("active") == Some(1))
        .and_then(|staff| staff.text("role"));
    if role.is_some_and(|role| roles.contains(&role)) {
        return Ok(());
    }
    because("role_not_allowed", json!({ "role": role, "needs": roles }))
}

fn locked(desk: &Desk<'_>, args: &Json) -> Result<Row, Refused> {
    let lead = arg_uuid(args, "id")?;
    require_role(desk, &ANSWER)?;
    let found = desk.tx.row("lead", lead);
    found.cloned().map_or_else(|| refuse("lead_not_found"), Ok)
}

fn status(lead: &Row) -> &str {
    lead.text("status").unwrap_or_default()
}

fn is_closed(desk: &Desk<'_>, lead: &Row) -> Decided {
    let detail = json!({
        "by": desk.nickname(lead.id("answered_by")), "at": lead.int("answered_at").map(written), "outcome": lead.text("outcome"),
    });
    because("lead_closed", detail)
}

fn is_taken(desk: &Desk<'_>, lead: &Row) -> Decided {
    let at = lead.int("claimed_at").or(lead.int("updated_at"));
    let by = desk.nickname(lead.id("claimed_by").filter(|_| desk.bug != Some(Bug::WhoIsUntold)));
    because("lead_taken", json!({ "by": by, "at": at.map(written) }))
}

pub(super) fn claim(desk: &mut Desk<'_>, args: &Json) -> Decided {
    let lead = locked(desk, args)?;
    match status(&lead) {
        "closed" => return is_closed(desk, &lead),
        "claimed" if lead.id("claimed_by") == Some(desk.person) => return Ok(()),
        "claimed" if desk.bug != Some(Bug::SecondClaimWins) => return is_taken(desk, &lead),
        _ => {}
    }
    let lead = lead.with("status", text("claimed")).with("claimed_by", id(desk.person));
    let now = desk.tx.now;
    desk.tx.put_lead(lead.with("claimed_at", int(now)));
    Ok(())
}

pub(super) fn release(desk: &mut Desk<'_>, args: &Json) -> Decided {
    let lead = locked(desk, args)?;
    match status(&lead) {
        "closed" => return is_closed(desk, &lead),
        "open" => return Ok(()),
        _ => {}
    }
    let is_mine = lead.id("claimed_by") == Some(desk.person);
    if !is_mine && require_role(desk, &["manager", "owner"]).is_err() {
        return is_taken(desk, &lead);
    }
    desk.tx.put_lead(lead.with("status", text("open")));
    Ok(())
}

/// Somebody has called or written. It is never refused because a colleague was quicker: it has happened.
pub(super) fn answer(desk: &mut Desk<'_>, args: &Json) -> Decided {
    let lead = locked(desk, args)?;
    let said = arg_text(args, "outcome", 40)?;
    let note = arg_text(args, "note", 2_000)?.filter(|note| !note.is_empty());
    let now = desk.tx.now;
    let at = arg_moment(args, "at")?.unwrap_or(now).min(now);
    let again = arg_moment(args, "next_at")?;
    let Some(outcome) = said.as_deref().and_then(outcome_of) else {
        return because("value_not_allowed", json!({ "field": "outcome" }));
    };
    let since = lead.int("created_at").unwrap_or_default();
    if at < since - DAY {
        return because("date_out_of_range", json!({ "field": "at" }));
    }
    if again.is_some_and(|again| outcome.closes || again < at || again > now + FARTHEST) {
        return because("date_out_of_range", json!({ "field": "next_at" }));
    }
    let answered = answered(desk, &lead, at.max(since), outcome);
    let answered = answered.with("next_at", int(again));
    let notes = note.map(|note| desk.add_note(lead.text("notes"), &note));
    desk.tx.put_lead(match notes {
        Some(notes) => answered.with("notes", notes),
        None => answered,
    });
    Ok(())
}

/// The lead after an answer: the earliest one stops the clock.
fn answered(desk: &Desk<'_>, lead: &Row, at: i64, outcome: desk_core::lead::Outcome) -> Row {
    let before = lead.int("answered_at");
    let is_first = before.is_none_or(|before| at < before) || desk.bug == Some(Bug::LastAnswerCounts);
    let is_over = status(lead) == "closed";
    let mut after = lead.clone();
    if is_first {
        after.set("answered_at", int(at));
        after.set("answered_by", id(desk.person));
    }
    if is_first || !is_over {
        after.set("outcome", text(outcome.word));
    }
    let is_closed = outcome.closes || is_over;
    after.set("status", text(if is_closed { "closed" } else { "claimed" }));
    after.set("claimed_by", id(lead.id("claimed_by").unwrap_or(desk.person)));
    after.set("claimed_at", int(lead.int("claimed_at").unwrap_or(at)));
    after
}

pub(super) fn unclaim(desk: &mut Desk<'_>, args: &Json) -> Decided {
    let undone = undoing(desk, args, &["lead.claim"])?;
    if !undone.was_done {
        return Ok(());
    }
    let lead = locked(desk, &undone.args)?;
    let is_mine = lead.id("claimed_by") == Some(desk.person) && lead.int("claimed_at") == Some(undone.at);
    if status(&lead) != "claimed" || !is_mine {
        return changed(desk, "status", lead.text("status"), lead.id("claimed_by"));
    }
    desk.tx.put_lead(lead.with("status", text("open")));
    Ok(())
}

fn arg_person(args: &Json, field: &str) -> Result<Option<Uuid>, Refused> {
    match args.get(field) {
        None | Some(Json::Null) => Ok(None),
        Some(_) => arg_uuid(args, field).map(Some),
    }
}

pub(super) fn unanswer(desk: &mut Desk<'_>, args: &Json) -> Decided {
    let undone = undoing(desk, args, &["lead.answer"])?;
    let was = arg_text(args, "status", 20)?.unwrap_or_else(|| "open".into());
    let before = arg_text(args, "outcome", 40)?;
    let at = arg_moment(args, "answered_at")?;
    let (who, holder) = (arg_person(args, "answered_by")?, arg_person(args, "claimed_by")?);
    if !matches!(was.as_str(), "open" | "claimed" | "closed") {
        return because("value_not_allowed", json!({ "field": "status" }));
    }
    if before.as_deref().is_some_and(|before| outcome_of(before).is_none()) {
        return because("value_not_allowed", json!({ "field": "outcome" }));
    }
    let is_strange = |person: &Uuid| desk.tx.row("staff", *person).is_none();
    if who.iter().chain(&holder).any(is_strange) {
        return refuse("person_not_found");
    }
    if !undone.was_done {
        return Ok(());
    }
    let lead = locked(desk, &undone.args)?;
    if has_gone_on(desk, &undone.args, undone.at) {
        let by = lead.id("claimed_by").or(lead.id("answered_by"));
        return changed(desk, "status", lead.text("status"), by);
    }
    let claimed_at = lead.int("claimed_at").filter(|_| lead.id("claimed_by") == holder);
    let mut lead = lead.with("status", text(&was)).with("claimed_by", id(holder));
    lead.set("claimed_at", int(claimed_at));
    lead.set("answered_at", int(at));
    lead.set("answered_by", id(who));
    lead.set("outcome", Value::text(before));
    lead.set("next_at", Value::Null);
    desk.tx.put_lead(lead);
    Ok(())
}

/// Whether something was done with the lead since.
fn has_gone_on(desk: &Desk<'_>, args: &Json, since: i64) -> bool {
    let named = args.get("id").and_then(Json::as_str);
    let is_of_it =
        |name: &str, args: &Json| name.starts_with("lead.") && args.get("id").and_then(Json::as_str) == named;
    let mut known = desk.known.values();
    let before = known.any(|known| {
        known.at > since && known.outcome.refused.is_none() && is_of_it(&known.action.name, &known.action.args)
    });
    let mut here = desk.decided.iter();
    let now = desk.tx.now > since
        && here.any(|(action, outcome)| outcome.refused.is_none() && is_of_it(&action.name, &action.args));
    before || now
}

/// It wants a person at once.
fn waits(lead: &Row) -> bool {
    lead.int("is_hot") == Some(1) && status(lead) == "open" && lead.int("answered_at").is_none()
}

impl Tx {
    /// Writes a lead: whose it is and since when agree, and whoever was told of it hears that it is taken.
    pub fn put_lead(&mut self, mut lead: Row) {
        let before = self.row("lead", lead.id("id").unwrap_or_default()).cloned();
        if status(&lead) == "open" {
            lead.set("claimed_by", Value::Null);
            lead.set("claimed_at", Value::Null);
        } else if lead.id("claimed_by").is_some() && lead.int("claimed_at").is_none() {
            lead.set("claimed_at", int(self.now));
        }
        if waits(&lead) && lead.int("hot_at").is_none() {
            lead.set("hot_at", int(self.now));
        }
        match before {
            None => {
                self.put(lead.clone());
                if waits(&lead) {
                    self.tell_lead(&lead);
                }
            }
            Some(before) if before != lead => {
                lead.set("updated_at", int(self.now));
                self.put(lead.clone());
                self.tell_of_change(&before, &lead);
            }
            Some(_) => {}
        }
    }

    fn tell_lead(&mut self, lead: &Row) {
        let told = lead.text("told").and_then(|told| serde_json::from_str(told).ok());
        let told: Vec<Uuid> = told.unwrap_or_default();
        let key = lead.id("id").unwrap_or_default();
        let reasons: Vec<String> = lead
            .text("reasons")
            .and_then(|reasons| serde_json::from_str(reasons).ok())
            .unwrap_or_default();
        let news = News {
            kind: "hot_lead",
            title: format!("ลีดร้อน: {}", short_name(lead.text("name").unwrap_or_default())),
            message: reasons.into_iter().next().unwrap_or_default(),
            priority: "critical".to_owned(),
            path: format!("/leads/{key}"),
            subject: subject(lead),
            hold: None,
        };
        self.notify(&told, &news);
    }

    fn tell_of_change(&mut self, before: &Row, lead: &Row) {
        let is_unanswered = |lead: &Row| status(lead) == "open" && lead.int("answered_at").is_none();
        if is_unanswered(before) && !is_unanswered(lead) {
            let unread = |note: &Row| note.int("is_read") != Some(1);
            self.change_notes(lead, unread, mark_read);
        }
        // Given back: everyone but who gave it back hears of it again.
        if waits(lead) && !waits(before) && status(before) == "claimed" {
            let of_another = |note: &Row| note.id("user_id") != before.id("claimed_by");
            self.change_notes(lead, of_another, |note, _| {
                note.set("is_read", Value::Int(0));
                note.set("read_at", Value::Null);
            });
        }
    }

    fn change_notes(&mut self, lead: &Row, which: impl Fn(&Row) -> bool, how: impl Fn(&mut Row, i64)) {
        let subject = subject(lead);
        let is_of_it = |note: &&Row| {
            note.text("type") == Some("hot_lead") && note.text("subject") == Some(&subject) && which(note)
        };
        let found: Vec<Row> = self.all("notification").filter(is_of_it).cloned().collect();
        for mut note in found {
            how(&mut note, self.now);
            self.put(note);
        }
    }
}

fn subject(lead: &Row) -> String {
    format!("lead:{}", lead.id("id").unwrap_or_default())
}
