//! What a person can do with leads.

use std::sync::Arc;

use chrono::{DateTime, SecondsFormat, Utc};
use desk_cache::{
    CacheError,
    alert::{self, Alert},
    open::Reader,
    query::lead,
};
use desk_core::call;
use serde_json::json;
use uuid::Uuid;

use crate::{
    api::{
        Nothing, Saved,
        lead::{LeadAnswer, LeadClaim, LeadOpen, LeadRelease, LeadRow, LeadSnooze, Leads},
    },
    check,
    desk::Desk,
    error::{AppError, Code},
    lead_row::Rules,
    row,
    task::snooze_until,
    told,
};

impl Desk {
    /// Every lead that is not over.
    ///
    /// # Errors
    /// `locked`.
    pub async fn lead_list(self: &Arc<Self>, _: Nothing) -> Result<Leads, AppError> {
        let (me, now) = (self.me()?, self.now());
        self.read(move |reader| {
            let rules = Rules::read(reader, me, now)?;
            let shown = |leads: Vec<lead::Lead>| leads.into_iter().map(|lead| rules.row(lead)).collect();
            Ok(Leads {
                now: row::millis(now.timestamp_micros()),
                hot: shown(lead::hot(reader)?),
                open: shown(lead::open(reader)?),
                claimed: shown(lead::claimed(reader, me)?),
                unclaimed: lead::counts(reader)?.1,
            })
        })
        .await
    }

    /// One lead.
    ///
    /// # Errors
    /// `lead_not_found`.
    pub async fn lead_open(self: &Arc<Self>, request: LeadOpen) -> Result<LeadRow, AppError> {
        let (me, now) = (self.me()?, self.now());
        let found = self.read(move |reader| find(reader, request.id, me, now)).await?;
        found.ok_or_else(|| Code::LeadNotFound.into())
    }

    /// Takes a lead: it is the signed-in person's, unless a colleague was quicker.
    ///
    /// # Errors
    /// As listed at [`LeadClaim`].
    pub async fn lead_claim(self: &Arc<Self>, request: LeadClaim) -> Result<Saved, AppError> {
        self.act(Uuid::now_v7(), "lead.claim", json!({ "id": request.id }), request.id)
            .await
    }

    /// Gives a lead back.
    ///
    /// # Errors
    /// As listed at [`LeadRelease`].
    pub async fn lead_release(self: &Arc<Self>, request: LeadRelease) -> Result<Saved, AppError> {
        self.act(Uuid::now_v7(), "lead.release", json!({ "id": request.id }), request.id)
            .await
    }

    /// Says what came of a call or a message. It carries the time at which it was said: that counts, however late it arrives.
    ///
    /// # Errors
    /// As listed at [`LeadAnswer`].
    pub async fn lead_answer(self: &Arc<Self>, request: LeadAnswer) -> Result<Saved, AppError> {
        let LeadAnswer {
            id,
            outcome,
            note,
            next_at,
        } = request;
        let note = check::optional("note", note, check::LONG)?;
        let next = next_at.map(|at| instant(at, self.now())).transpose()?;
        let at = self.now().to_rfc3339_opts(SecondsFormat::Micros, true);
        if call::named(&outcome).is_none() {
            let args = json!({ "id": id, "outcome": outcome, "note": note, "at": at, "next_at": next });
            return self.act(Uuid::now_v7(), "lead.answer", args, id).await;
        }
        // A call is a call, from wherever it was made: it stands in the history, and a wish for no more calls holds.
        let call = Uuid::now_v7();
        let args = json!({
            "id": call, "lead_id": id, "direction": "out", "outcome": outcome, "note": note, "at": at, "next_at": next,
            "preference_id": Uuid::now_v7(),
        });
        self.act(call, "contact.log", args, id).await
    }

    /// Lets a lead rest for the signed-in person on this PC. It is as open as before for everyone else.
    ///
    /// # Errors
    /// As listed at [`LeadSnooze`].
    pub async fn lead_snooze(self: &Arc<Self>, request: LeadSnooze) -> Result<Nothing, AppError> {
        let me = self.me()?;
        let known = self.read(move |reader| lead::one(reader, request.id)).await?;
        known.ok_or(Code::LeadNotFound)?;
        let until = snooze_until(self.now(), request.until, self.zone()).timestamp_micros();
        self.rest(told::lead_subject(request.id), me, until).await?;
        self.changed(&["leads", "today"]);
        Ok(Nothing {})
    }

    /// A subject is not shown to a person before an instant; what was shown of it goes.
    pub(crate) async fn rest(self: &Arc<Self>, subject: String, person: Uuid, until: i64) -> Result<(), AppError> {
        let now = self.micros();
        let later = Alert {
            shown_at: Some(now),
            next_at: Some(until),
            read_at: Some(now),
            ..Alert::default()
        };
        self.ports.notifier.withdraw(&subject);
        self.with_cache(move |cache| alert::set(cache, &subject, person, &later))
            .await?;
        self.changed(&["notifications"]);
        Ok(())
    }
}

fn find(reader: &Reader<'_>, id: Uuid, me: Uuid, now: DateTime<Utc>) -> Result<Option<LeadRow>, CacheError> {
    match lead::one(reader, id)? {
        Some(lead) => Ok(Some(Rules::read(reader, me, now)?.row(lead))),
        None => Ok(None),
    }
}

/// An instant of the window, to come and within a year.
fn instant(millis: i64, now: DateTime<Utc>) -> Result<String, AppError> {
    let at = DateTime::from_timestamp_millis(millis).filter(|at| *at > now && (*at - now).num_days() <= 366);
    let at = at.ok_or_else(|| AppError::new(Code::DateOutOfRange).with("field", "next_at"))?;
    Ok(at.to_rfc3339_opts(SecondsFormat::Secs, true))
}
