//! How this PC and the clinic agree, and what the clinic refused.

use std::sync::Arc;

use chrono::DateTime;
use desk_cache::{
    CacheError,
    attention::{self, Refused},
    change::Action,
    open::Reader,
    outbox::{self, Waiting},
    query::{approval, customer, followup, journey, lead, payment, staff, task, visit},
};
use desk_sync::{Failure, Status};
use serde_json::{Map, Value as Json, json};
use uuid::Uuid;

use crate::{
    api::{
        Nothing,
        sync::{AttentionRow, AttentionSettle, InputField, Settle, Side, SyncMode, SyncState, WaitingRow, Wake},
    },
    desk::Desk,
    error::{AppError, Code},
    row,
};

impl Desk {
    async fn waiting_rows(&self) -> Result<Vec<WaitingRow>, AppError> {
        let (today, ended) = (self.today_date(), self.ended_logins());
        self.read(move |reader| waiting_rows(reader, &today, &ended)).await
    }

    fn ended_logins(&self) -> Vec<Uuid> {
        let state = self.state();
        state.home.as_ref().map_or_else(Vec::new, |home| home.vault.ended())
    }

    fn is_shut_out(&self, person: Uuid) -> bool {
        let state = self.state();
        state
            .status
            .as_ref()
            .is_some_and(|status| status.shut_out.contains(&person))
    }

    /// Whether the clinic takes nothing of what this person does here.
    pub(crate) fn has_ended(&self, person: Uuid) -> bool {
        self.ended_logins().contains(&person) || self.is_shut_out(person)
    }

    /// Why nothing of who is signed in reaches the clinic while their colleagues' work does.
    fn own_problem(&self) -> Option<Code> {
        let is_mine = self.me().is_ok_and(|me| self.is_shut_out(me));
        is_mine.then_some(Code::LoginRefused)
    }

    /// The state of the connection and of what waits; before unlock, of the connection alone.
    ///
    /// # Errors
    /// What the cache says.
    pub async fn sync_state(self: &Arc<Self>, _: Nothing) -> Result<SyncState, AppError> {
        let (waiting, attention) = match self.me() {
            Ok(_) => (self.waiting_rows().await?, self.attention_rows().await?),
            // The lock screen shows how things stand, not what waits.
            Err(_) => (vec![], vec![]),
        };
        let own = self.own_problem();
        let state = self.state();
        let is_demo = state.home.as_ref().is_some_and(|home| home.is_demo);
        let is_left = state.home.as_ref().is_some_and(|home| home.vault.is_left_by_all());
        let server = state.home.as_ref().and_then(|home| home.vault.server.as_ref());
        let status = state.status.as_ref();
        let failure = status.and_then(|status| status.failure.clone());
        let failure = if is_left { Some(Failure::AccessEnded) } else { failure };
        Ok(SyncState {
            mode: mode(is_demo, is_left, status),
            since: status.map(|status| row::millis(status.since)),
            last_synced_at: status.and_then(|status| status.last_synced_at).map(row::millis),
            wake: wake(status),
            timers_late_since: status
                .filter(|status| status.failure.is_none())
                .and_then(|status| status.timers_late_since)
                .map(row::millis),
            clock_ahead: status
                .filter(|status| status.failure.is_none())
                .and_then(|status| status.clock_ahead),
            waiting,
            attention,
            server: server.map(|server| format!("{}:{}/{}", server.host, server.port, server.database)),
            problem: match failure {
                Some(Failure::Unreachable) => None,
                Some(failure) => Some(Code::from(failure)),
                None => own,
            }
            .map(|code| code.word().to_owned()),
        })
    }

    /// Asks the clinic now.
    ///
    /// # Errors
    /// `locked`.
    pub async fn sync_now(self: &Arc<Self>, _: Nothing) -> Result<SyncState, AppError> {
        self.nudge();
        self.sync_state(Nothing {}).await
    }

    /// What the clinic refused, oldest first.
    pub(crate) async fn attention_rows(&self) -> Result<Vec<AttentionRow>, AppError> {
        let today = self.today_date();
        self.read(move |reader| {
            attention::all(reader)?
                .into_iter()
                .map(|refused| attention_row(reader, refused, &today))
                .collect()
        })
        .await
    }

    /// Settles a refused action: keep the clinic's version, or send mine over what the clinic has now.
    ///
    /// # Errors
    /// `attention_not_found`, and what doing it again says.
    pub async fn attention_settle(self: &Arc<Self>, request: AttentionSettle) -> Result<SyncState, AppError> {
        let (me, now, id) = (self.me()?, self.micros(), request.id);
        match request.how {
            Settle::Theirs => {
                self.with_cache(move |cache| attention::accept_theirs(cache, id, now))
                    .await?;
            }
            Settle::Mine => {
                self.with_cache(move |cache| {
                    let refused = attention::one(&*cache.read()?, id)?;
                    let refused = refused.ok_or(CacheError::Refused("attention_not_found"))?;
                    attention::insist(cache, id, &again(&refused, me, now))
                })
                .await?;
            }
        }
        self.changed(&["sync", "today", "customers", "tasks", "followups", "start"]);
        self.nudge();
        self.sync_state(Nothing {}).await
    }
}

fn mode(is_demo: bool, is_left: bool, status: Option<&Status>) -> SyncMode {
    match status.map(|status| &status.failure) {
        _ if is_demo => SyncMode::Demo,
        _ if is_left => SyncMode::Revoked,
        _ if status.is_some_and(|status| status.is_reloading) => SyncMode::Reloading,
        Some(Some(Failure::AccessEnded | Failure::WipeOrdered(_))) => SyncMode::Revoked,
        Some(None) => SyncMode::Online,
        Some(Some(_)) | None => SyncMode::Offline,
    }
}

fn wake(status: Option<&Status>) -> Wake {
    match status {
        Some(status) if status.failure.is_none() && status.is_live => Wake::Live,
        Some(status) if status.failure.is_none() => Wake::Polling,
        _ => Wake::None,
    }
}

fn waiting_rows(reader: &Reader<'_>, today: &str, ended: &[Uuid]) -> Result<Vec<WaitingRow>, CacheError> {
    outbox::waiting(reader)?
        .into_iter()
        .map(|waiting| waiting_row(reader, waiting, today, ended))
        .collect()
}

fn waiting_row(reader: &Reader<'_>, waiting: Waiting, today: &str, ended: &[Uuid]) -> Result<WaitingRow, CacheError> {
    Ok(WaitingRow {
        needs_code: ended.contains(&waiting.person),
        subject: subject(reader, &waiting.name, &waiting.args, today)?,
        by: nickname(reader, waiting.person)?,
        id: waiting.id,
        name: waiting.name,
        at: row::millis(waiting.at),
    })
}

fn nickname(reader: &Reader<'_>, person: Uuid) -> Result<Option<String>, CacheError> {
    Ok(staff::one(reader, person)?.map(|colleague| colleague.nickname))
}

/// About whom or what an action is, in the clinic's words.
pub(crate) fn subject(reader: &Reader<'_>, name: &str, args: &Json, today: &str) -> Result<Option<String>, CacheError> {
    let id = |field: &str| {
        let text = args.get(field).and_then(Json::as_str);
        text.and_then(|text| Uuid::parse_str(text).ok()).unwrap_or_default()
    };
    let noun = name.split('.').next().unwrap_or_default();
    Ok(match noun {
        "task" => task::one(reader, today, id("id"))?.map(|task| task.title),
        "lead" => lead::one(reader, id("id"))?.map(|lead| lead.name),
        "contact" if args.get("lead_id").is_some_and(Json::is_string) => {
            lead::one(reader, id("lead_id"))?.map(|lead| lead.name)
        }
        "contact" => customer::profile(reader, id("customer_id"))?.map(|profile| profile.full_name),
        "followup" => followup::one(reader, id("id"))?.map(|followup| followup.customer.full_name),
        "visit" if args.get("customer_id").is_some() => {
            customer::profile(reader, id("customer_id"))?.map(|profile| profile.full_name)
        }
        "visit" | "appointment" => visit::whose(reader, id("id"))?,
        "journey" => customer::profile(reader, customer_of_journey(reader, args)?)?.map(|profile| profile.full_name),
        "payment" => customer::profile(reader, payer(reader, args)?)?.map(|profile| profile.full_name),
        "approval" => match approval::one(reader, id("id"))? {
            Some(found) => customer::profile(reader, found.customer)?.map(|profile| profile.full_name),
            None => None,
        },
        "points" | "reward" => customer::profile(reader, id("customer_id"))?.map(|profile| profile.full_name),
        "clinic" => args.get("name").and_then(Json::as_str).map(str::to_owned),
        "customer" => {
            let typed = args.get("full_name").and_then(Json::as_str).map(str::to_owned);
            typed.or(customer::profile(reader, id("id"))?.map(|profile| profile.full_name))
        }
        _ => None,
    })
}

/// Who paid; nobody where the payment is not known here.
fn payer(reader: &Reader<'_>, args: &Json) -> Result<Uuid, CacheError> {
    let id = |field: &str| {
        args.get(field)
            .and_then(Json::as_str)
            .and_then(|text| Uuid::parse_str(text).ok())
    };
    if let Some(customer) = id("customer_id") {
        return Ok(customer);
    }
    let paid = id("payment_id")
        .map(|id| payment::get(reader, id))
        .transpose()?
        .flatten();
    Ok(paid.map_or(Uuid::nil(), |paid| paid.customer))
}

/// Whose the journey of an action is; nobody's where it is not known here.
fn customer_of_journey(reader: &Reader<'_>, args: &Json) -> Result<Uuid, CacheError> {
    let id = |field: &str| {
        args.get(field)
            .and_then(Json::as_str)
            .and_then(|text| Uuid::parse_str(text).ok())
    };
    if let Some(customer) = id("customer_id") {
        return Ok(customer);
    }
    let journey = id("id").map(|id| journey::one(reader, id)).transpose()?.flatten();
    Ok(journey.map_or(Uuid::nil(), |journey| journey.customer_id))
}

fn attention_row(reader: &Reader<'_>, refused: Refused, today: &str) -> Result<AttentionRow, CacheError> {
    let customer = customer_of(reader, &refused)?;
    let sides = sides(&refused);
    Ok(AttentionRow {
        subject: subject(reader, &refused.name, &refused.args, today)?,
        customer_id: customer,
        by: nickname(reader, refused.person)?,
        input: input(&refused),
        can_retry: refused.code == "action_failed" || is_for_another(&refused) || !sides.is_empty(),
        sides,
        id: refused.id,
        at: row::millis(refused.at),
        name: refused.name,
        code: refused.code,
    })
}

/// Money that was taken by who may not, or may not any more: it lies in the drawer, and whoever may books it by sending it again.
fn is_for_another(refused: &Refused) -> bool {
    refused.code == "role_not_allowed" && matches!(refused.name.as_str(), "payment.take" | "reward.use")
}

fn customer_of(reader: &Reader<'_>, refused: &Refused) -> Result<Option<Uuid>, CacheError> {
    let field = match refused.name.as_str() {
        name if name.starts_with("appointment.") && name != "appointment.book" => {
            let id = refused.args.get("id").and_then(Json::as_str);
            let booking = id.and_then(|text| Uuid::parse_str(text).ok()).unwrap_or_default();
            return visit::customer_of(reader, booking);
        }
        "referral.record" | "payment.take" | "points.award" | "points.reverse" | "points.redeem"
        | "points.unredeem" | "reward.use" | "visit.check_in" | "appointment.book" => "customer_id",
        "payment.refund" => {
            let customer = payer(reader, &refused.args)?;
            return Ok(customer::profile(reader, customer)?.map(|profile| profile.id));
        }
        name if name.starts_with("journey.") => {
            let customer = customer_of_journey(reader, &refused.args)?;
            return Ok(customer::profile(reader, customer)?.map(|profile| profile.id));
        }
        "customer.edit" | "customer.create" | "customer.revert" | "customer.remove" => "id",
        _ => return Ok(None),
    };
    let id = refused
        .args
        .get(field)
        .and_then(Json::as_str)
        .and_then(|text| Uuid::parse_str(text).ok());
    match id {
        Some(id) => Ok(customer::profile(reader, id)?.map(|profile| profile.id)),
        None => Ok(None),
    }
}

/// Both versions of a customer's field that two people changed, or of a booking: where it was moved to, or that somebody has come for it. The database answers `{field, yours, theirs, by}` or a list of them under
/// `fields`. What else was changed meanwhile has no two sides to choose from.
fn sides(refused: &Refused) -> Vec<Side> {
    let has_sides = matches!(
        refused.name.as_str(),
        "customer.edit"
            | "customer.revert"
            | "visit.check_in"
            | "appointment.reschedule"
            | "clinic.set_opening"
            | "clinic.revert_opening"
    );
    if refused.code != "changed_meanwhile" || !has_sides {
        return vec![];
    }
    match refused.detail.get("fields").and_then(Json::as_array) {
        Some(list) => list.iter().map(side).collect(),
        None => vec![side(&refused.detail)],
    }
}

fn side(detail: &Json) -> Side {
    let text = |key: &str| detail.get(key).and_then(Json::as_str).map(str::to_owned);
    Side {
        field: text("field").unwrap_or_default(),
        yours: text("yours"),
        theirs: text("theirs"),
        by: text("by"),
        at: text("at").and_then(|at| Some(DateTime::parse_from_rfc3339(&at).ok()?.timestamp_millis())),
    }
}

/// What nobody types.
const IDS: [&str; 20] = [
    "payment_id",
    "id",
    "customer_id",
    "base",
    "to",
    "appointment_id",
    "journey_id",
    "staff_id",
    "entry",
    "at",
    "set",
    "reward_id",
    "lease_id",
    "method",
    "held_as",
    "seen",
    "expected",
    "action",
    "sales_id",
    "beautician_id",
];

/// What was typed, without ids. Nobody types anything to take something back.
fn input(refused: &Refused) -> Vec<InputField> {
    if refused.args.get("of").is_some() {
        return vec![];
    }
    let typed = refused.args.get("set").unwrap_or(&refused.args);
    let fields = typed.as_object().into_iter().flatten();
    fields
        .filter(|(field, _)| !IDS.contains(&field.as_str()))
        .filter_map(|(field, value)| {
            let value = match value {
                Json::String(text) => text.clone(),
                Json::Number(number) => number.to_string(),
                Json::Bool(_) | Json::Null | Json::Array(_) | Json::Object(_) => return None,
            };
            Some(InputField {
                field: field.clone(),
                value,
            })
        })
        .collect()
}

/// The same action once more, knowing what the clinic has now.
fn again(refused: &Refused, person: Uuid, now: i64) -> Action {
    let mut args = refused.args.clone();
    let theirs: Map<String, Json> = sides(refused)
        .into_iter()
        .map(|side| (side.field, Json::from(side.theirs)))
        .collect();
    if let Some(base) = args.get_mut("base").and_then(Json::as_object_mut) {
        base.extend(theirs);
    }
    let id = Uuid::now_v7();
    // An entry of the ledger is called like its action: a new action makes a new entry.
    if let Some(entry) = args.get_mut("id").filter(|_| refused.name.starts_with("points.")) {
        *entry = json!(id);
    }
    Action {
        id,
        person,
        name: refused.name.clone(),
        args,
        at: now,
    }
}
