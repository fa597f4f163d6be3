//! What the web system and the clinic's other programs write, past every desk: small edits, imports, moves of notifications, deletes. An
//! edit is data, so that the same one can be made in the model and in PostgreSQL.

use desk_core::synced::Value;
use uuid::Uuid;

use super::{
    chance::Chance,
    decide::{DAY, local, mark_read, web_entry},
    row::{Key, Row, Rows, id, key, noun, text},
    server::{Behind, Tx},
};

/// One statement of the web system.
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "the fields are those of the noun")]
pub enum Edit {
    /// Somebody registers on the web page.
    AddCustomer { id: Uuid, name: String },
    /// A field is corrected.
    SetCustomer {
        id: Uuid,
        field: &'static str,
        value: String,
    },
    /// A customer without anything goes.
    DropCustomer { id: Uuid },
    /// A task for somebody.
    AddTask {
        id: Uuid,
        journey: Uuid,
        person: Uuid,
        title: String,
    },
    /// Its title changes.
    RenameTask { id: Uuid, title: String },
    /// It is closed on the web page.
    CloseTask { id: Uuid, person: Uuid },
    /// It is deleted.
    DropTask { id: Uuid },
    /// Somebody books on the web page, so many days from now.
    AddBooking {
        id: Uuid,
        customer: Uuid,
        person: Uuid,
        ahead: i64,
    },
    /// The customer says that they will come.
    ConfirmBooking { id: Uuid },
    /// Somebody asks on the web page; this person is to be told at once.
    AddLead {
        id: Uuid,
        customer: Option<Uuid>,
        name: String,
        person: Option<Uuid>,
    },
    /// A person of the web system has spoken to them.
    AnswerLead { id: Uuid, person: Uuid },
    /// A contact is planned.
    AddFollowup { id: Uuid, rule: Uuid, customer: Uuid },
    /// It is deleted.
    DropFollowup { id: Uuid },
    /// Points are spent or given elsewhere.
    AddEntry {
        id: Uuid,
        customer: Uuid,
        kind: &'static str,
        amount: i64,
    },
    /// Somebody is told something.
    AddNotification { id: Uuid, person: Uuid, title: String },
    /// It goes to somebody else.
    MoveNotification { id: Uuid, to: Uuid },
    /// It is read on the web page.
    ReadNotification { id: Uuid },
    /// It is deleted.
    DropNotification { id: Uuid },
    /// Somebody is called differently from now on.
    RenameStaff { id: Uuid, nickname: String },
}

/// Makes an edit, if what it is about is (still) there.
pub fn make(tx: &mut Tx, edit: &Edit) {
    match edit {
        Edit::AddCustomer { id, name } => tx.put(customer(*id, name, tx.now)),
        Edit::SetCustomer { id, field, value } => change(tx, key("customer", *id), |row| row.set(field, text(value))),
        Edit::DropCustomer { id } => tx.remove(key("customer", *id)),
        Edit::AddTask {
            id,
            journey,
            person,
            title,
        } => tx.put(task(*id, *journey, *person, title, tx.now)),
        Edit::RenameTask { id, title } => change_task(tx, *id, |row| row.set("title", text(title))),
        Edit::CloseTask { id: task, person } => {
            let now = tx.now;
            change_task(tx, *task, |row| {
                row.set("status", text("completed"));
                row.set("completed_at", Value::Int(now));
                row.set("completed_by", id(*person));
                row.set("snoozed_until", Value::Null);
            });
        }
        Edit::DropTask { id } => archive_task(tx, *id),
        Edit::AddBooking {
            id,
            customer,
            person,
            ahead,
        } => tx.put(booking(*id, *customer, *person, &day(tx.now, *ahead))),
        Edit::ConfirmBooking { id } => change(tx, key("appointment", *id), |row| {
            if row.text("status") == Some("scheduled") {
                row.set("status", text("confirmed"));
            }
        }),
        Edit::AddLead {
            id,
            customer,
            name,
            person,
        } => tx.put_lead(lead(*id, *customer, name, *person, tx.now)),
        Edit::AnswerLead { id, person } => answer_lead(tx, *id, *person),
        Edit::AddFollowup { id, rule, customer } => tx.put(followup(*id, *rule, *customer, tx.now)),
        Edit::DropFollowup { id } => tx.remove(key("followup", *id)),
        Edit::AddEntry {
            id,
            customer,
            kind,
            amount,
        } => {
            // The database takes no entry that leaves less than nothing.
            let has = tx
                .all("loyalty_profile")
                .find(|row| row.id("customer_id") == Some(*customer))
                .and_then(|row| row.int("available_points"));
            if has.unwrap_or(0) + amount >= 0 {
                tx.add_entry(web_entry(*id, *customer, kind, *amount, tx.now), Behind::default());
            }
        }
        Edit::AddNotification { id, person, title } => tx.put(notification(*id, *person, title, tx.now)),
        Edit::MoveNotification { id: note, to } => {
            change(tx, key("notification", *note), |row| row.set("user_id", id(*to)))
        }
        Edit::ReadNotification { id } => {
            let now = tx.now;
            change(tx, key("notification", *id), |row| mark_read(row, now));
        }
        Edit::DropNotification { id } => tx.remove(key("notification", *id)),
        Edit::RenameStaff { id, nickname } => change(tx, key("staff", *id), |row| row.set("nickname", text(nickname))),
    }
}

fn change(tx: &mut Tx, key: Key, how: impl FnOnce(&mut Row)) {
    if let Some(mut row) = tx.rows.get(&key).map(|row| row.as_ref().clone()) {
        how(&mut row);
        tx.put(row);
    }
}

/// No task is ever gone: it is put away, once, and ends if it was open.
fn archive_task(tx: &mut Tx, task: Uuid) {
    let Some(mut row) = tx.row("task", task).cloned() else {
        return;
    };
    let is_away = std::mem::replace(&mut tx.behind.entry(task).or_default().is_archived, true);
    let is_closed = matches!(row.text("status"), Some("completed" | "cancelled"));
    if !is_closed {
        row.set("status", text("cancelled"));
        row.set("completed_at", Value::Int(tx.now));
        row.set("snoozed_until", Value::Null);
    }
    if !is_closed || !is_away {
        row.set("updated_at", Value::Int(tx.now));
        tx.put(row);
    }
}

/// It is theirs unless somebody has it, and answered unless somebody has answered.
fn answer_lead(tx: &mut Tx, lead: Uuid, person: Uuid) {
    let Some(mut lead) = tx.row("lead", lead).cloned() else {
        return;
    };
    if lead.text("status") != Some("closed") {
        lead.set("status", text("claimed"));
    }
    if lead.id("claimed_by").is_none() {
        lead.set("claimed_by", id(person));
    }
    if lead.int("answered_at").is_none() {
        lead.set("answered_at", Value::Int(tx.now));
        lead.set("answered_by", id(person));
    }
    tx.put_lead(lead);
}

/// As [`change`]; a task that changed says when.
fn change_task(tx: &mut Tx, task: Uuid, how: impl FnOnce(&mut Row)) {
    if let Some(mut row) = tx.row("task", task).cloned() {
        how(&mut row);
        tx.put_task(row);
    }
}

/// A customer as the web system registers one. A code has room for twenty letters.
pub fn customer(customer: Uuid, name: &str, now: i64) -> Row {
    let (_, last) = customer.as_u64_pair();
    let fields = [
        ("code", Value::Text(format!("WEB-{last:016x}"))),
        ("full_name", text(name)),
        ("phone", text("0811111111")),
        ("status", text("active")),
        ("customer_type", text("regular")),
        ("source", text("walk_in")),
        ("tags", text("[]")),
        ("created_at", Value::Int(now)),
        ("updated_at", Value::Int(now)),
    ];
    Row::new("customer", customer, &fields)
}

/// An open task.
pub fn task(task: Uuid, journey: Uuid, person: Uuid, title: &str, now: i64) -> Row {
    let fields = [
        ("journey_id", id(journey)),
        ("assigned_to", id(person)),
        ("task_type", text("call")),
        ("title", text(title)),
        ("priority", text("medium")),
        ("status", text("pending")),
        ("created_at", Value::Int(now)),
        ("updated_at", Value::Int(now)),
    ];
    Row::new("task", task, &fields)
}

/// A planned contact.
pub fn followup(followup: Uuid, rule: Uuid, customer: Uuid, now: i64) -> Row {
    let fields = [
        ("rule_id", id(rule)),
        ("customer_id", id(customer)),
        ("channel", text("call")),
        ("scheduled_at", Value::Int(now)),
        ("status", text("pending")),
        ("content", text("{}")),
        ("response", text("{}")),
    ];
    Row::new("followup", followup, &fields)
}

/// A day of the clinic, so many days on.
fn day(now: i64, ahead: i64) -> String {
    local(now + ahead * DAY).date_naive().to_string()
}

/// A booking. It has begun at any hour of its day.
pub fn booking(booking: Uuid, customer: Uuid, person: Uuid, day: &str) -> Row {
    let (_, last) = booking.as_u64_pair();
    let fields = [
        ("customer_id", id(customer)),
        ("staff_id", id(person)),
        ("code", Value::Text(format!("WEB-{last:016x}"))),
        ("type", text("treatment")),
        ("status", text("scheduled")),
        ("date", text(day)),
        ("start_time", text("00:00")),
        ("end_time", text("01:00")),
        ("services", text("[]")),
    ];
    Row::new("appointment", booking, &fields)
}

/// Somebody who asked. `told`: who hears of it at once.
pub fn lead(lead: Uuid, customer: Option<Uuid>, name: &str, told: Option<Uuid>, now: i64) -> Row {
    let people: Vec<String> = told.iter().map(Uuid::to_string).collect();
    let fields = [
        ("customer_id", id(customer)),
        ("name", text(name)),
        ("phone", text("0833333333")),
        ("source", text("website")),
        ("score", Value::Int(50)),
        ("is_hot", Value::Int(i64::from(told.is_some()))),
        ("reasons", text(r#"["ถามราคา"]"#)),
        ("status", text("open")),
        ("created_at", Value::Int(now)),
        ("updated_at", Value::Int(now)),
        ("told", Value::Text(serde_json::json!(people).to_string())),
        ("score_low", Value::Int(0)),
        ("score_high", Value::Int(100)),
        ("factors", text("[]")),
    ];
    Row::new("lead", lead, &fields)
}

/// Something that somebody is told.
pub fn notification(note: Uuid, person: Uuid, title: &str, now: i64) -> Row {
    let fields = [
        ("user_id", id(person)),
        ("type", text("info")),
        ("title", text(title)),
        ("message", text("")),
        ("priority", text("medium")),
        ("is_read", Value::Int(0)),
        ("created_at", Value::Int(now)),
        ("dismissed", Value::Int(0)),
    ];
    Row::new("notification", note, &fields)
}

/// Something that the web system may do with these rows.
pub fn any(rows: &Rows, chance: &mut Chance) -> Option<Edit> {
    let fresh = chance.uuid();
    let word = format!("w{}", chance.below(1_000));
    let person = one(rows, "staff", chance)?;
    Some(match chance.below(26) {
        23 | 24 => ask(rows, fresh, word, person, chance),
        25 => Edit::AnswerLead {
            id: one(rows, "lead", chance)?,
            person,
        },
        0 => Edit::AddCustomer { id: fresh, name: word },
        1..=4 => Edit::SetCustomer {
            id: one(rows, "customer", chance)?,
            field: ["phone", "nickname", "notes"][chance.below(3)],
            value: format!("08{:08}", chance.below(100_000_000)),
        },
        5 | 6 => Edit::AddTask {
            id: fresh,
            journey: one(rows, "journey", chance)?,
            person,
            title: word,
        },
        7 => Edit::RenameTask {
            id: one(rows, "task", chance)?,
            title: word,
        },
        8 => Edit::CloseTask {
            id: one(rows, "task", chance)?,
            person,
        },
        9 => Edit::DropTask {
            id: one(rows, "task", chance)?,
        },
        10 => Edit::AddFollowup {
            id: fresh,
            rule: one(rows, "followup_rule", chance)?,
            customer: one(rows, "journey", chance)
                .and_then(|journey| rows.get(&key("journey", journey))?.id("customer_id"))?,
        },
        11 => Edit::DropFollowup {
            id: one(rows, "followup", chance)?,
        },
        12 => spend(rows, fresh, chance)?,
        13 => Edit::RenameStaff {
            id: person,
            nickname: word,
        },
        14 | 15 => Edit::AddNotification {
            id: fresh,
            person,
            title: word,
        },
        16 | 17 => Edit::MoveNotification {
            id: one(rows, "notification", chance)?,
            to: person,
        },
        18 => Edit::ReadNotification {
            id: one(rows, "notification", chance)?,
        },
        19 | 20 => Edit::AddBooking {
            id: fresh,
            customer: one(rows, "customer", chance)?,
            person,
            ahead: chance.between(0, 1),
        },
        21 => Edit::ConfirmBooking {
            id: one(rows, "appointment", chance)?,
        },
        _ => Edit::DropNotification {
            id: one(rows, "notification", chance)?,
        },
    })
}

/// Somebody asks on the web page: a customer or not, and somebody is to be told at once or not.
fn ask(rows: &Rows, id: Uuid, name: String, person: Uuid, chance: &mut Chance) -> Edit {
    let (is_known, is_hot) = (chance.percent(50), chance.percent(50));
    Edit::AddLead {
        id,
        customer: one(rows, "customer", chance).filter(|_| is_known),
        name,
        person: Some(person).filter(|_| is_hot),
    }
}

/// Points spent elsewhere, never more than there are.
fn spend(rows: &Rows, entry: Uuid, chance: &mut Chance) -> Option<Edit> {
    let profile = rows.get(&key("loyalty_profile", one(rows, "loyalty_profile", chance)?))?;
    let has = profile.int("available_points")?;
    let (kind, amount) = if has > 20 && chance.percent(70) {
        ("redeemed", -chance.between(1, has))
    } else {
        ("bonus", chance.between(1, 300))
    };
    Some(Edit::AddEntry {
        id: entry,
        customer: profile.id("customer_id")?,
        kind,
        amount,
    })
}

/// Any row of a noun.
pub fn one(rows: &Rows, name: &str, chance: &mut Chance) -> Option<Uuid> {
    let number = noun(name).number;
    let ids: Vec<Uuid> = rows
        .range((number, Uuid::nil())..=(number, Uuid::max()))
        .map(|((_, id), _)| *id)
        .collect();
    chance.pick(&ids).copied()
}

/// Several edits that belong together: what one transaction does.
pub fn transaction(rows: &Rows, chance: &mut Chance) -> Vec<Edit> {
    match chance.below(10) {
        0 => back_and_forth(rows, chance),
        1 => gone_and_back(rows, chance),
        2 => import(chance),
        3 => tidy_up(rows, chance),
        _ => {
            let count = 1 + chance.below(3);
            (0..count).filter_map(|_| any(rows, chance)).collect()
        }
    }
}

/// A notification goes from person to person, perhaps back to the first.
fn back_and_forth(rows: &Rows, chance: &mut Chance) -> Vec<Edit> {
    let Some(note) = one(rows, "notification", chance) else {
        return vec![];
    };
    let hops = 2 + chance.below(3);
    let mut edits: Vec<Edit> = (0..hops)
        .filter_map(|_| {
            Some(Edit::MoveNotification {
                id: note,
                to: one(rows, "staff", chance)?,
            })
        })
        .collect();
    let owner = rows.get(&key("notification", note)).and_then(|row| row.id("user_id"));
    if let Some(owner) = owner.filter(|_| chance.percent(50)) {
        edits.push(Edit::MoveNotification { id: note, to: owner });
    }
    edits
}

/// A row is deleted and inserted again with the same key, perhaps for another person, perhaps deleted in the end.
fn gone_and_back(rows: &Rows, chance: &mut Chance) -> Vec<Edit> {
    let found = (one(rows, "notification", chance), one(rows, "staff", chance));
    let (Some(note), Some(person)) = found else {
        return vec![];
    };
    let again = Edit::AddNotification {
        id: note,
        person,
        title: "again".into(),
    };
    let mut edits = vec![Edit::DropNotification { id: note }, again];
    if chance.percent(30) {
        edits.push(Edit::DropNotification { id: note });
    }
    edits
}

/// Many rows in one transaction: more than a page.
fn import(chance: &mut Chance) -> Vec<Edit> {
    let count = 3 + chance.below(12);
    (0..count)
        .map(|nth| Edit::AddCustomer {
            id: chance.uuid(),
            name: format!("i{nth}"),
        })
        .collect()
}

/// Rows that come, and behind them in the feed's order some that are deleted: whoever stops in the middle has those before them.
fn tidy_up(rows: &Rows, chance: &mut Chance) -> Vec<Edit> {
    let mut edits = import(chance);
    edits.extend(one(rows, "followup", chance).map(|id| Edit::DropFollowup { id }));
    edits.extend(one(rows, "notification", chance).map(|id| Edit::DropNotification { id }));
    edits
}
