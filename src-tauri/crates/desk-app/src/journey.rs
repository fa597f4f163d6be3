//! What a person can do with journeys: look at one and hear why it is where it is, begin, move and give it. The board is in its own file.

mod board;
mod column;

use std::{collections::BTreeMap, sync::Arc};

use chrono::{DateTime, SecondsFormat};
use desk_cache::{
    CacheError,
    open::Reader,
    query::{appointment, clinic, journey as known, staff},
};
use desk_core::{
    journey::{self, Action, Outcome, Refusal as Why, Standing, Transition, Wish},
    role::Role,
};
use serde_json::{Map, Value as Json, json};
use uuid::Uuid;

use crate::{
    api::{
        Saved,
        customer::{Journey, JourneyAction, PersonRef},
        journey::{
            Ask, JourneyAssign, JourneyBooking, JourneyMove, JourneyOpen, JourneyShow, JourneyShown, Offer, Part,
            Planned, Refusal,
        },
        task::StaffRef,
    },
    check,
    desk::Desk,
    error::{AppError, Code},
    row, topic,
};

/// More is not a course but a typing mistake.
const MOST_SESSIONS: i64 = 99;
/// The largest sum of a plan: a milliard baht.
const MOST_SATANG: i64 = 100_000_000_000;

impl Desk {
    /// A journey, why it is where it is, and what can be done with it.
    ///
    /// # Errors
    /// `journey_not_found`.
    pub async fn journey_show(self: &Arc<Self>, request: JourneyShow) -> Result<JourneyShown, AppError> {
        let (me, today) = (self.me()?, self.today_date());
        let found = self.read(move |reader| look(reader, request.id, me, &today)).await?;
        found.ok_or_else(|| Code::JourneyNotFound.into())
    }

    /// Begins a journey.
    ///
    /// # Errors
    /// As listed at [`JourneyOpen`].
    pub async fn journey_open(self: &Arc<Self>, request: JourneyOpen) -> Result<Saved, AppError> {
        let me = self.me()?;
        let role = self.read(move |reader| role(reader, me)).await?;
        let mut open = journey::transitions().filter(|row| row.rule.action == Action::Open);
        if let Some(row) = open.find(|row| !role.is_some_and(|role| row.rule.roles.contains(&role))) {
            return Err(refused(&Why::Role(row.rule.roles), None));
        }
        let id = Uuid::now_v7();
        let mut args = json!({
            "id": id,
            "customer_id": request.customer_id,
            "title": check::optional("title", request.title, check::NAME)?,
            "sessions": sessions(request.sessions)?,
            "at": self.now().to_rfc3339_opts(SecondsFormat::Micros, true),
        });
        put(&mut args, "sales_id", request.sales_id);
        put(&mut args, "beautician_id", request.beautician_id);
        self.act(Uuid::now_v7(), "journey.open", args, id).await
    }

    /// Moves a journey.
    ///
    /// # Errors
    /// As listed at [`JourneyMove`].
    pub async fn journey_move(self: &Arc<Self>, request: JourneyMove) -> Result<Saved, AppError> {
        let facts = facts(&request)?;
        let note = check::optional("note", request.note.clone(), check::LONG)?;
        let step = self.judge(&request, note.is_some()).await?;
        let entry = Uuid::now_v7();
        let args = json!({
            "id": request.id,
            "action": request.action,
            "expected": request.expected,
            "entry": entry,
            "note": note,
            "facts": facts,
            "at": self.now().to_rfc3339_opts(SecondsFormat::Micros, true),
        });
        let topics = topic::of_move(step.from, step.to);
        self.act_telling(topics, entry, "journey.move", args, request.id).await
    }

    /// Where it leads; or, beforehand and with what the words need, what the cache and the database would refuse.
    async fn judge(self: &Arc<Self>, request: &JourneyMove, gives_reason: bool) -> Result<Transition, AppError> {
        let (me, id, expected) = (self.me()?, request.id, request.expected);
        let wish = |role| Wish {
            action: request.action,
            role,
            gives_amount: request.satang.is_some_and(|satang| satang > 0),
            gives_reason,
        };
        let found = self
            .read(move |reader| {
                let standing = known::standing(reader, id)?;
                Ok((known::one(reader, id)?.zip(standing), role(reader, me)?))
            })
            .await?;
        let (Some((journey, standing)), role) = found else {
            return Err(Code::JourneyNotFound.into());
        };
        if journey.version != expected {
            return Err(AppError::new(Code::JourneyChanged).with("stage", standing.stage.word()));
        }
        let verdict = journey::judge(&standing, &wish(role));
        verdict.map_err(|why| refused(&why, Some((&standing, request.action))))
    }

    /// Gives a journey to somebody.
    ///
    /// # Errors
    /// As listed at [`JourneyAssign`].
    pub async fn journey_assign(self: &Arc<Self>, request: JourneyAssign) -> Result<Saved, AppError> {
        let part = match request.part {
            Part::Sales => "sales_id",
            Part::Beautician => "beautician_id",
        };
        let args = json!({ "id": request.id, part: request.to });
        self.act(Uuid::now_v7(), "journey.assign", args, request.id).await
    }
}

fn put(args: &mut Json, key: &str, person: Option<Uuid>) {
    if let (Some(person), Some(args)) = (person, args.as_object_mut()) {
        args.insert(key.to_owned(), json!(person));
    }
}

/// What is said with a move, within its limits.
fn facts(request: &JourneyMove) -> Result<Map<String, Json>, AppError> {
    let mut facts = Map::new();
    let mut say = |key: &str, value: Option<Json>| facts.extend(value.map(|value| (key.to_owned(), value)));
    say(
        "title",
        check::optional("title", request.title.clone(), check::NAME)?.map(Json::from),
    );
    say("sessions", sessions(request.sessions)?.map(Json::from));
    if request
        .satang
        .is_some_and(|satang| !(1..=MOST_SATANG).contains(&satang))
    {
        return Err(AppError::new(Code::AmountOutOfRange).with("field", "satang"));
    }
    say("amount", request.satang.map(Json::from));
    let at = request.booked_at.map(|at| {
        DateTime::from_timestamp_millis(at)
            .ok_or_else(|| AppError::new(Code::DateOutOfRange).with("field", "booked_at"))
    });
    say(
        "booked_at",
        at.transpose()?
            .map(|at| Json::from(at.to_rfc3339_opts(SecondsFormat::Secs, true))),
    );
    say("beautician_id", request.beautician_id.map(|person| json!(person)));
    Ok(facts)
}

fn sessions(count: Option<i64>) -> Result<Option<i64>, AppError> {
    match count {
        Some(count) if !(1..=MOST_SESSIONS).contains(&count) => {
            Err(AppError::new(Code::ValueNotAllowed).with("field", "sessions"))
        }
        count => Ok(count),
    }
}

fn role(reader: &Reader<'_>, person: Uuid) -> Result<Option<Role>, CacheError> {
    let colleague = staff::one(reader, person)?.filter(|colleague| colleague.is_active);
    Ok(colleague.and_then(|colleague| Role::from_word(&colleague.role)))
}

fn look(reader: &Reader<'_>, id: Uuid, me: Uuid, today: &str) -> Result<Option<JourneyShown>, CacheError> {
    let parts = known::one(reader, id)?
        .zip(known::one_card(reader, id, today)?)
        .zip(known::standing(reader, id)?);
    let Some(((journey, card), standing)) = parts else {
        return Ok(None);
    };
    let (hours, zone) = (clinic::hours(reader)?, clinic::zone(reader)?);
    let bounds = board::bounds(standing.stage, &card.waits(), &hours, zone);
    let role = role(reader, me)?;
    let offers = journey::offers(&standing, role);
    Ok(Some(JourneyShown {
        customer: row::about(card.customer),
        moved_by: known::last_move(reader, id)?.map(|step| step.id),
        until: bounds.map(|bounds| row::millis(bounds.until)),
        twice: bounds.map(|bounds| row::millis(bounds.twice)),
        planned: known::next_followup(reader, id)?.map(|(id, rule, at)| Planned {
            id,
            rule,
            at: row::millis(at),
        }),
        bookings: appointment::open_of_journey(reader, id, today)?
            .into_iter()
            .map(booking)
            .collect(),
        offers: offers.into_iter().map(|one| offer(&standing, one)).collect(),
        journey: shown(reader, journey)?,
    }))
}

fn booking(open: appointment::Open) -> JourneyBooking {
    let (date, start, end) = (&open.date, &open.start_time, &open.end_time);
    JourneyBooking {
        id: open.id,
        slot: format!("{date} {start}-{end}"),
        service: row::words(open.services.as_deref()),
        staff: open.staff.map(|(id, nickname, role)| StaffRef { id, nickname, role }),
        kind: open.kind,
        room: open.room,
        time: open.start_time,
        date: open.date,
    }
}

fn offer(standing: &Standing, offer: journey::Offer) -> Offer {
    let action = offer.action;
    match offer.verdict {
        Ok(row) => Offer {
            action,
            to: Some(row.to),
            asks: asks(standing, action, row.rule.asks_reason),
            refusal: None,
        },
        Err(why) => {
            let error = refused(&why, Some((standing, action)));
            let refusal = Refusal {
                code: error.code,
                fields: error.fields,
            };
            Offer {
                action,
                to: None,
                asks: vec![],
                refusal: Some(refusal),
            }
        }
    }
}

fn asks(standing: &Standing, action: Action, asks_reason: bool) -> Vec<Ask> {
    match action {
        _ if asks_reason => vec![Ask::Reason],
        Action::SendProposal => vec![Ask::Plan, Ask::Amount],
        Action::ConfirmPayment if !standing.has_amount => vec![Ask::Amount],
        Action::ScheduleAppointment | Action::Reschedule | Action::NextSession => vec![Ask::Booking],
        _ => vec![],
    }
}

/// The refusal as the window knows it.
fn refused(why: &Why, of: Option<(&Standing, Action)>) -> AppError {
    let code = Code::from_word(why.code()).unwrap_or(Code::Unexpected);
    let mut fields: BTreeMap<&str, String> = BTreeMap::new();
    match why {
        Why::Role(roles) => {
            let words: Vec<_> = roles.iter().map(|role| role.word()).collect();
            fields.insert("needs", words.join(" "));
        }
        Why::Needs(need) => {
            fields.insert("needs", need.word().to_owned());
        }
        Why::SessionsLeft(left) => {
            fields.insert("left", left.to_string());
        }
        Why::Closed | Why::NotFromHere | Why::ReasonMissing => {}
    }
    if let Some((standing, action)) = of {
        fields.insert("stage", standing.stage.word().to_owned());
        fields.insert("action", action.word().to_owned());
        let outcome = standing.outcome.map_or("", Outcome::word);
        fields.insert("outcome", outcome.to_owned());
    }
    fields
        .into_iter()
        .fold(AppError::new(code), |error, (field, value)| error.with(field, value))
}

/// A journey with its history, as the card and the board show it.
pub(crate) fn shown(reader: &Reader<'_>, journey: known::Journey) -> Result<Journey, CacheError> {
    let actions = known::actions(reader, journey.id)?;
    let plan = journey.title.or_else(|| row::words(journey.treatment_plan.as_deref()));
    Ok(Journey {
        id: journey.id,
        stage: journey.stage,
        plan,
        created_at: row::millis(journey.created_at),
        updated_at: row::millis(journey.updated_at),
        version: journey.version,
        stage_since: row::millis(journey.stage_since),
        outcome: journey.outcome.as_deref().and_then(Outcome::from_word),
        reason: journey.reason,
        sessions_planned: journey.sessions_planned,
        sessions_done: journey.sessions_done,
        booked_at: journey.booked_at.map(row::millis),
        sales: journey.sales.map(person),
        beautician: journey.beautician.map(person),
        is_waiting: journey.is_waiting,
        actions: actions.into_iter().map(step).collect(),
    })
}

fn person((id, nickname): (Uuid, String)) -> PersonRef {
    PersonRef { id, nickname }
}

fn step(action: known::JourneyAction) -> JourneyAction {
    JourneyAction {
        id: action.id,
        kind: action.kind,
        from_stage: action.from_stage,
        to_stage: action.to_stage,
        by: action.by,
        at: row::millis(action.at),
        notes: action.notes,
        device: action.device,
    }
}
