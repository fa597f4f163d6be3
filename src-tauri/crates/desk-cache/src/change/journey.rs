//! Journey actions on the cache: the same rules as the database's, the same effects, the same rows of history.

use desk_core::{
    journey::{self, Action as Move, Outcome, Stage, Transition, Wish},
    role::Role,
    synced::Value,
};
use rusqlite::{Connection, OptionalExtension as _};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json, json};
use uuid::Uuid;

use super::{Action, Ledger, booked, visit};
use crate::{
    error::{CacheError, Result},
    query::{
        journey::{last_move, standing},
        staff,
    },
    row,
};

/// What the database writes as the reason of a journey that should not have been opened.
const OPENED_BY_MISTAKE: &str = "เปิดผิด";

/// What actions change of a journey.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct State {
    stage: String,
    sales_id: Option<Uuid>,
    beautician_id: Option<Uuid>,
    treatment_plan: Option<String>,
    version: i64,
    stage_since: Option<i64>,
    outcome: Option<String>,
    reason: Option<String>,
    title: Option<String>,
    sessions_planned: Option<i64>,
    sessions_done: i64,
    booked_at: Option<i64>,
}

/// What an action on a journey replaces; opening one replaces nothing.
pub(super) fn before(connection: &Connection, action: &Action) -> Result<Json> {
    if action.name == "journey.open" {
        return Ok(json!({}));
    }
    let id = action.uuid("id")?;
    let mut state = standing_of(connection, id)?;
    if let Some(state) = state
        .as_object_mut()
        .filter(|_| action.text("action") == Some(Move::Cancel.word()))
    {
        let closes = booked::words(connection, id, &visit::day_of(connection, action.at)?)?;
        state.insert("bookings".to_owned(), json!(closes));
    }
    Ok(state)
}

/// What an action may change of a journey, for taking it back; null where there is none.
pub(super) fn standing_of(connection: &Connection, id: Uuid) -> Result<Json> {
    let state = read(connection, id)?;
    Ok(state
        .and_then(|state| serde_json::to_value(state).ok())
        .unwrap_or_default())
}

pub(super) fn unmoving(connection: &Connection, id: Uuid, done: &Action, before: &Json) -> Result<Json> {
    let journey = done.uuid("id")?;
    let last = last_move(connection, journey)?;
    if last.is_none_or(|last| Some(last.id) != done.uuid("entry").ok()) {
        return Err(CacheError::Refused("journey_changed"));
    }
    Ok(json!({ "id": journey, "of": done.id, "entry": id, "was": before }))
}

pub(super) fn withdrawing(id: Uuid, done: &Action) -> Json {
    json!({ "id": done.args.get("id"), "of": done.id, "entry": id })
}

pub(super) fn unassigning(connection: &Connection, done: &Action, before: &Json) -> Result<Json> {
    let state = known(connection, done.uuid("id")?)?;
    let mut args = json!({ "id": done.args.get("id"), "of": done.id });
    for (key, stands) in [("sales_id", state.sales_id), ("beautician_id", state.beautician_id)] {
        let Some(wrote) = done.args.get(key) else { continue };
        if *wrote != json!(stands) {
            return Err(CacheError::Refused("changed_meanwhile"));
        }
        if let Some(args) = args.as_object_mut() {
            args.insert(key.to_owned(), before.get(key).cloned().unwrap_or_default());
        }
    }
    Ok(args)
}

pub(super) fn open(ledger: &Ledger<'_>, action: &Action) -> Result<()> {
    let (id, customer) = (action.uuid("id")?, action.uuid("customer_id")?);
    let is_known = ledger
        .connection
        .prepare_cached("SELECT 1 FROM customer WHERE id = ?1")?
        .exists([customer])?;
    if !is_known {
        return Err(CacheError::Refused("customer_not_found"));
    }
    let role = role(ledger.connection, action.person)?;
    let may = journey::transitions()
        .any(|row| row.rule.action == Move::Open && role.is_some_and(|role| row.rule.roles.contains(&role)));
    if !may {
        return Err(CacheError::Refused("role_not_allowed"));
    }
    let table = ledger.touch("journey", id)?;
    let state = opened(action, role);
    let values: Vec<Value> = table
        .columns
        .iter()
        .map(|column| initial(action, &state, (id, customer), column.name))
        .collect();
    row::put(ledger.connection, table, &values)?;
    record(
        ledger,
        action,
        id,
        "open",
        (Stage::LeadCreated, Stage::LeadCreated),
        &state,
        None,
    )
}

/// A new journey. Whoever opens one as a seller keeps it.
fn opened(action: &Action, role: Option<Role>) -> State {
    let given = |key: &str| action.uuid(key).ok();
    let (title, sessions) = (action.text("title"), action.args.get("sessions").and_then(Json::as_i64));
    let mut plan = Map::new();
    plan.extend(title.map(|title| ("name".to_owned(), Json::from(title))));
    plan.extend(sessions.map(|sessions| ("sessions".to_owned(), Json::from(sessions))));
    State {
        stage: Stage::LeadCreated.word().to_owned(),
        sales_id: given("sales_id").or((role == Some(Role::Sales)).then_some(action.person)),
        beautician_id: given("beautician_id"),
        treatment_plan: Some(Json::Object(plan).to_string()),
        version: 1,
        stage_since: Some(action.at),
        outcome: None,
        reason: None,
        title: title.map(str::to_owned),
        sessions_planned: sessions,
        sessions_done: 0,
        booked_at: None,
    }
}

fn initial(action: &Action, state: &State, (id, customer): (Uuid, Uuid), column: &str) -> Value {
    let id_of = |person: Option<Uuid>| person.map_or(Value::Null, Value::Uuid);
    match column {
        "id" => Value::Uuid(id),
        "customer_id" => Value::Uuid(customer),
        "stage" => Value::Text(state.stage.clone()),
        "sales_id" => id_of(state.sales_id),
        "beautician_id" => id_of(state.beautician_id),
        "treatment_plan" => Value::text(state.treatment_plan.clone()),
        "created_at" | "updated_at" | "stage_since" => Value::Int(action.at),
        "version" => Value::Int(state.version),
        "title" => Value::text(state.title.clone()),
        "sessions_planned" => state.sessions_planned.map_or(Value::Null, Value::Int),
        "sessions_done" => Value::Int(0),
        _ => Value::Null,
    }
}

pub(super) fn step(ledger: &Ledger<'_>, action: &Action) -> Result<()> {
    let word = action.text("action").and_then(Move::from_word);
    let wanted = word.ok_or(CacheError::Refused("move_not_allowed"))?;
    let note = action.text("note").map(str::trim).filter(|note| !note.is_empty());
    go(
        ledger,
        action,
        wanted,
        action.args.get("expected").and_then(Json::as_i64),
        note,
    )
}

/// Ends what should not have begun, as long as nothing has happened to it.
pub(super) fn withdraw(ledger: &Ledger<'_>, action: &Action) -> Result<()> {
    go(ledger, action, Move::Cancel, Some(1), Some(OPENED_BY_MISTAKE))
}

fn go(ledger: &Ledger<'_>, action: &Action, wanted: Move, expected: Option<i64>, note: Option<&str>) -> Result<()> {
    let id = action.uuid("id")?;
    let mut state = known(ledger.connection, id)?;
    if expected.is_some_and(|expected| expected != state.version) {
        return Err(CacheError::Refused("journey_changed"));
    }
    let facts = action.args.get("facts").cloned().unwrap_or_default();
    let wish = Wish {
        action: wanted,
        role: role(ledger.connection, action.person)?,
        gives_amount: facts
            .get("amount")
            .and_then(Json::as_i64)
            .is_some_and(|satang| satang > 0),
        gives_reason: note.is_some(),
    };
    let standing = standing(ledger.connection, id)?.ok_or(CacheError::Refused("journey_not_found"))?;
    let row = journey::judge(&standing, &wish).map_err(|refusal| CacheError::Refused(refusal.code()))?;
    ledger.touch("journey", id)?;
    state.follow(&row, action.at, note);
    state.learn(&facts, wanted);
    if wanted == Move::ScanCustomer && state.sales_id.is_none() && wish.role == Some(Role::Sales) {
        state.sales_id = Some(action.person);
    }
    write(ledger.connection, id, &state, action.at)?;
    if wanted == Move::Cancel {
        booked::cancel(ledger, action, id)?;
    }
    record(ledger, action, id, wanted.word(), (row.from, row.to), &state, note)
}

/// Takes back a move: the journey is what it was, and its history has a row more.
pub(super) fn unmove(ledger: &Ledger<'_>, action: &Action) -> Result<()> {
    let id = action.uuid("id")?;
    let now = known(ledger.connection, id)?;
    let last = last_move(ledger.connection, id)?.ok_or(CacheError::Refused("nothing_to_undo"))?;
    let was = action.args.get("was").cloned().unwrap_or_default();
    let mut state = as_it_was(&was).ok_or(CacheError::Refused("nothing_to_undo"))?;
    if last.by != Some(action.person) || now.stage != last.to.word() {
        return Err(CacheError::Refused("journey_changed"));
    }
    ledger.touch("journey", id)?;
    state.version = now.version + 1;
    write(ledger.connection, id, &state, action.at)?;
    booked::reopen(ledger, &was)?;
    record(ledger, action, id, "unmove", (last.to, last.from), &state, None)
}

fn as_it_was(was: &Json) -> Option<State> {
    serde_json::from_value(was.clone()).ok()
}

/// Its booking is no more: it waits for the next that is open, or for one to be made.
pub(super) fn expect_next(ledger: &Ledger<'_>, id: Uuid, at: i64, next: Option<i64>) -> Result<()> {
    let Some(mut state) = read(ledger.connection, id)? else {
        return Ok(());
    };
    if state.stage != Stage::TreatmentScheduled.word() || next.is_some() && next == state.booked_at {
        return Ok(());
    }
    if next.is_none() {
        state.stage = Stage::PaymentConfirmed.word().to_owned();
        state.stage_since = Some(at);
    }
    state.booked_at = next;
    state.version += 1;
    ledger.touch("journey", id)?;
    write(ledger.connection, id, &state, at)
}

/// Back to what it was before [`expect_next`], if nothing else has happened since.
pub(super) fn expect_again(ledger: &Ledger<'_>, id: Uuid, at: i64, was: &Json) -> Result<()> {
    let (now, state) = (read(ledger.connection, id)?, as_it_was(was));
    let Some((now, mut state)) = now.zip(state).filter(|(now, was)| now.version == was.version + 1) else {
        return Ok(());
    };
    state.version = now.version + 1;
    ledger.touch("journey", id)?;
    write(ledger.connection, id, &state, at)
}

pub(super) fn assign(ledger: &Ledger<'_>, action: &Action) -> Result<()> {
    let id = action.uuid("id")?;
    let mut state = known(ledger.connection, id)?;
    if state.outcome.is_some() {
        return Err(CacheError::Refused("journey_closed"));
    }
    for key in ["sales_id", "beautician_id"] {
        let Some(wanted) = action.args.get(key) else { continue };
        let person = wanted.as_str().and_then(|text| Uuid::parse_str(text).ok());
        let works_here = person.map(|person| staff::one(ledger.connection, person)).transpose()?;
        if works_here.is_some_and(|found| !found.is_some_and(|found| found.is_active)) {
            return Err(CacheError::Refused("person_not_found"));
        }
        *(if key == "sales_id" {
            &mut state.sales_id
        } else {
            &mut state.beautician_id
        }) = person;
    }
    ledger.touch("journey", id)?;
    write(ledger.connection, id, &state, action.at)
}

impl State {
    /// What the stage brings with it.
    fn follow(&mut self, row: &Transition, at: i64, note: Option<&str>) {
        self.version += 1;
        self.stage = row.to.word().to_owned();
        if row.from != row.to {
            self.stage_since = Some(at);
        }
        match (row.from, row.to) {
            (Stage::InTreatment, Stage::TreatmentCompleted) => {
                self.sessions_done += 1;
                self.booked_at = None;
            }
            (Stage::TreatmentCompleted, Stage::InTreatment) => self.sessions_done = (self.sessions_done - 1).max(0),
            _ => {}
        }
        if row.from == Stage::Completed {
            (self.outcome, self.reason) = (None, None);
        } else if row.to == Stage::Completed {
            let outcome = row.rule.outcome.unwrap_or(Outcome::Completed);
            self.outcome = Some(outcome.word().to_owned());
            self.reason = note.filter(|_| outcome != Outcome::Completed).map(str::to_owned);
        }
    }

    /// What was said with the move.
    fn learn(&mut self, facts: &Json, wanted: Move) {
        let text = |key: &str| facts.get(key).and_then(Json::as_str).map(str::to_owned);
        self.treatment_plan = plan_with(self.treatment_plan.as_deref(), facts);
        self.title = text("title").or(self.title.take());
        self.sessions_planned = facts.get("sessions").and_then(Json::as_i64).or(self.sessions_planned);
        let person = text("beautician_id").and_then(|id| Uuid::parse_str(&id).ok());
        self.beautician_id = person.or(self.beautician_id);
        let booked = text("booked_at").and_then(|at| chrono::DateTime::parse_from_rfc3339(&at).ok());
        if matches!(wanted, Move::NoShow | Move::Cancel) {
            self.booked_at = None;
        } else if let Some(at) = booked {
            self.booked_at = Some(at.timestamp_micros());
        }
    }
}

/// The plan with what a move says of it, under the web system's names; money in baht there.
fn plan_with(plan: Option<&str>, facts: &Json) -> Option<String> {
    let mut says = Map::new();
    says.extend(
        facts
            .get("title")
            .filter(|title| title.is_string())
            .map(|title| ("name".to_owned(), title.clone())),
    );
    says.extend(
        facts
            .get("sessions")
            .filter(|count| count.is_i64())
            .map(|count| ("sessions".to_owned(), count.clone())),
    );
    let satang = facts.get("amount").and_then(Json::as_i64).filter(|satang| *satang > 0);
    says.extend(satang.map(|satang| ("totalAmount".to_owned(), baht(satang))));
    if says.is_empty() {
        return plan.map(str::to_owned);
    }
    let mut all: Map<String, Json> = plan
        .and_then(|plan| serde_json::from_str(plan).ok())
        .unwrap_or_default();
    all.extend(says);
    Some(Json::Object(all).to_string())
}

#[expect(
    clippy::cast_precision_loss,
    reason = "what a clinic charges is far below 2^53 satang"
)]
fn baht(satang: i64) -> Json {
    if satang % 100 == 0 {
        Json::from(satang / 100)
    } else {
        Json::from(satang as f64 / 100.0)
    }
}

/// One more row of history, under the key that the database will give it too.
fn record(
    ledger: &Ledger<'_>,
    action: &Action,
    journey: Uuid,
    kind: &str,
    (from, to): (Stage, Stage),
    state: &State,
    note: Option<&str>,
) -> Result<()> {
    let id = if kind == "open" { journey } else { action.uuid("entry")? };
    let table = ledger.touch("journey_action", id)?;
    let values: Vec<Value> = table
        .columns
        .iter()
        .map(|column| match column.name {
            "id" => Value::Uuid(id),
            "journey_id" => Value::Uuid(journey),
            "type" => Value::Text(kind.to_owned()),
            "performed_by" => Value::Uuid(action.person),
            "performed_at" => Value::Int(action.at),
            "from_stage" => Value::Text(from.word().to_owned()),
            "to_stage" => Value::Text(to.word().to_owned()),
            "notes" => Value::text(note.map(str::to_owned)),
            "version" => Value::Int(state.version),
            _ => Value::Null,
        })
        .collect();
    row::put(ledger.connection, table, &values)
}

fn role(connection: &Connection, person: Uuid) -> Result<Option<Role>> {
    let found = staff::one(connection, person)?.filter(|found| found.is_active);
    Ok(found.and_then(|found| Role::from_word(&found.role)))
}

fn known(connection: &Connection, id: Uuid) -> Result<State> {
    read(connection, id)?.ok_or(CacheError::Refused("journey_not_found"))
}

fn read(connection: &Connection, id: Uuid) -> Result<Option<State>> {
    let sql = "SELECT coalesce(stage, ''), sales_id, beautician_id, treatment_plan, coalesce(version, 1), stage_since, outcome, reason, title,
                      sessions_planned, coalesce(sessions_done, 0), booked_at FROM journey WHERE id = ?1";
    let state = connection
        .prepare_cached(sql)?
        .query_row([id], |row| {
            Ok(State {
                stage: row.get(0)?,
                sales_id: row.get(1)?,
                beautician_id: row.get(2)?,
                treatment_plan: row.get(3)?,
                version: row.get(4)?,
                stage_since: row.get(5)?,
                outcome: row.get(6)?,
                reason: row.get(7)?,
                title: row.get(8)?,
                sessions_planned: row.get(9)?,
                sessions_done: row.get(10)?,
                booked_at: row.get(11)?,
            })
        })
        .optional()?;
    Ok(state)
}

fn write(connection: &Connection, id: Uuid, state: &State, at: i64) -> Result<()> {
    let sql = "UPDATE journey SET stage = ?2, sales_id = ?3, beautician_id = ?4, treatment_plan = ?5, version = ?6, stage_since = ?7, outcome = ?8,
                      reason = ?9, title = ?10, sessions_planned = ?11, sessions_done = ?12, booked_at = ?13, updated_at = ?14 WHERE id = ?1";
    connection.prepare_cached(sql)?.execute(rusqlite::params![
        id,
        state.stage,
        state.sales_id,
        state.beautician_id,
        state.treatment_plan,
        state.version,
        state.stage_since,
        state.outcome,
        state.reason,
        state.title,
        state.sessions_planned,
        state.sessions_done,
        state.booked_at,
        at
    ])?;
    Ok(())
}
