//! What a person can do with calls: see what each outcome would decide, log one, find who calls.

use std::sync::Arc;

use chrono::{DateTime, SecondsFormat, Utc};
use desk_cache::{
    CacheError,
    open::Reader,
    query::{clinic, contact, customer},
    search::{self, Query},
};
use desk_core::{
    call::{self, RULES, Settles},
    phone,
};
use serde_json::json;
use uuid::Uuid;

use crate::{
    api::{
        Nothing, Saved,
        call::{CallChoice, CallChoices, CallDial, CallWith, CallerFind, Callers, ContactLog, ContactRow},
        task::CustomerRef,
    },
    check,
    desk::{Desk, blocking},
    error::{AppError, Code},
    row,
};

/// How many customers may share a number before the rest is left out.
const SHARING: usize = 20;

impl Desk {
    /// What may come of a call now, and what each outcome would decide.
    ///
    /// # Errors
    /// `locked`.
    pub async fn call_choices(self: &Arc<Self>, request: CallWith) -> Result<CallChoices, AppError> {
        let (now, zone) = (self.now(), self.zone());
        let window = Arc::clone(&self.ports.window);
        let dials = blocking(move || Ok::<_, CacheError>(window.can_dial())).await?;
        self.read(move |reader| {
            let hours = clinic::hours(reader)?;
            let profile = request
                .customer_id
                .map(|id| customer::profile(reader, id))
                .transpose()?
                .flatten();
            let preference = request
                .customer_id
                .map(|id| customer::preference(reader, id))
                .transpose()?
                .flatten();
            let unanswered = request
                .customer_id
                .map_or(Ok(0), |id| contact::unanswered(reader, id))?;
            let choice = |rule: &call::Rule| CallChoice {
                outcome: rule.outcome,
                key: rule.key,
                next_kind: rule.next.map(str::to_owned),
                next_at: call::next_at(rule.outcome, unanswered, now, &hours, zone).map(|at| at.timestamp_millis()),
                is_retry: rule.settles == Settles::Later,
            };
            let (number, do_not_contact) = (
                profile.and_then(|profile| profile.phone),
                is_forbidden(preference.as_ref()),
            );
            Ok(CallChoices {
                rows: RULES.iter().map(choice).collect(),
                can_dial: dials && !do_not_contact && number.as_deref().and_then(phone::e164).is_some(),
                phone: row::shown_phone(number.as_deref()),
                do_not_contact,
                unanswered,
            })
        })
        .await
    }

    /// Dials. The number is the one that is known here, never a text from outside; who asked not to be called is not dialled.
    ///
    /// # Errors
    /// As listed at [`CallDial`].
    pub async fn call_dial(self: &Arc<Self>, request: CallDial) -> Result<Nothing, AppError> {
        self.me()?;
        let found = self
            .read(move |reader| {
                let profile = customer::profile(reader, request.customer_id)?;
                Ok((profile, customer::preference(reader, request.customer_id)?))
            })
            .await?;
        let profile = found.0.ok_or(Code::CustomerNotFound)?;
        if is_forbidden(found.1.as_ref()) {
            return Err(Code::NotToBeCalled.into());
        }
        let number = profile
            .phone
            .as_deref()
            .and_then(phone::e164)
            .ok_or(Code::PhoneInvalid)?;
        let window = Arc::clone(&self.ports.window);
        let is_taken = blocking(move || Ok::<_, CacheError>(window.dial(&number))).await?;
        is_taken.then_some(Nothing {}).ok_or_else(|| Code::DialFailed.into())
    }

    /// Logs a call, with the time of now, whenever it is sent.
    ///
    /// # Errors
    /// As listed at [`ContactLog`].
    pub async fn contact_log(self: &Arc<Self>, request: ContactLog) -> Result<Saved, AppError> {
        let note = check::optional("note", request.note, check::LONG)?;
        let next_at = request.next_at.map(instant).transpose()?;
        let id = Uuid::now_v7();
        let args = json!({
            "id": id, "customer_id": request.customer_id, "lead_id": request.lead_id, "task_id": request.task_id,
            "direction": if request.is_incoming { "in" } else { "out" }, "outcome": request.outcome, "note": note,
            "at": written(self.now()), "next_at": next_at.map(written), "next_id": Uuid::now_v7(),
            "journey_id": Uuid::now_v7(), "preference_id": Uuid::now_v7(),
        });
        self.act(id, "contact.log", args, id).await
    }

    /// Who has exactly this number, in whatever form it is given.
    ///
    /// # Errors
    /// `phone_invalid`.
    pub async fn caller_find(self: &Arc<Self>, request: CallerFind) -> Result<Callers, AppError> {
        let wanted =
            phone::e164(&request.number).ok_or_else(|| AppError::new(Code::PhoneInvalid).with("field", "number"))?;
        let (number, today) = (phone::display(&request.number), self.today_date());
        self.read(move |reader| {
            let rows = owners(reader, &wanted, &today)?;
            Ok(Callers { rows, number })
        })
        .await
    }
}

fn is_forbidden(preference: Option<&customer::Preference>) -> bool {
    preference.is_some_and(|preference| preference.do_not_contact)
}

/// Search finds by any digits; only the whole number counts here.
fn owners(reader: &Reader<'_>, wanted: &str, today: &str) -> Result<Vec<CustomerRef>, CacheError> {
    let query = Query {
        text: wanted,
        today,
        limit: SHARING,
    };
    let hits = search::search(reader, &query)?.hits;
    let owner = |id: Uuid| -> Result<Option<CustomerRef>, CacheError> {
        let Some(profile) = customer::profile(reader, id)? else {
            return Ok(None);
        };
        let has_it = profile.phone.as_deref().and_then(phone::e164).as_deref() == Some(wanted);
        let preference = customer::preference(reader, id)?;
        Ok(has_it.then(|| CustomerRef {
            id: profile.id,
            full_name: profile.full_name,
            nickname: profile.nickname,
            do_not_contact: preference.is_some_and(|preference| preference.do_not_contact),
        }))
    };
    hits.iter()
        .filter_map(|hit| owner(hit.customer_id).transpose())
        .collect()
}

pub(crate) fn contact(contact: contact::Contact) -> ContactRow {
    ContactRow {
        id: contact.id,
        is_incoming: contact.direction == "in",
        outcome: call::named(&contact.outcome).map(|rule| rule.outcome),
        note: contact.note,
        at: row::millis(contact.at),
        by: contact.by,
        next_at: contact.next_at.map(row::millis),
        is_waiting: contact.is_waiting,
    }
}

/// An instant out of the window.
pub(crate) fn instant(millis: i64) -> Result<DateTime<Utc>, AppError> {
    DateTime::from_timestamp_millis(millis).ok_or_else(|| Code::DateOutOfRange.into())
}

/// An instant as actions carry it.
pub(crate) fn written(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Micros, true)
}
