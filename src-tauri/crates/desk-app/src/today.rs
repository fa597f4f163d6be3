//! The first screen, and leads.

use std::sync::Arc;

use desk_cache::query::{appointment, clinic, followup, lead, task};

use crate::{
    api::{
        Nothing,
        lead::{LeadOpen, LeadRow},
        today::Today,
    },
    desk::Desk,
    error::{AppError, Code},
    row,
};

impl Desk {
    /// What is due now.
    ///
    /// # Errors
    /// `locked`.
    pub async fn today(self: &Arc<Self>, _: Nothing) -> Result<Today, AppError> {
        let (me, now, date) = (self.me()?, self.micros(), self.today_date());
        let (tomorrow, clock) = (self.midnight(), self.clock_time());
        let attention = self.attention_rows().await?;
        self.read(move |reader| {
            let threshold = clinic::get(reader)?.map_or(70, |clinic| clinic.hot_lead_threshold);
            let mut tasks = task::open(reader, &date, Some(me), false, now)?;
            row::sort_tasks(&mut tasks, now);
            Ok(Today {
                now: row::millis(now),
                attention,
                leads: lead::hot(reader)?
                    .into_iter()
                    .map(|lead| row::lead(lead, threshold))
                    .collect(),
                followups: followup::due(reader, tomorrow)?
                    .into_iter()
                    .map(|followup| row::followup(followup, now))
                    .collect(),
                tasks: tasks.into_iter().map(|task| row::task(task, now)).collect(),
                next_booking: appointment::next_start(reader, &date, &clock)?,
                date,
            })
        })
        .await
    }

    /// One lead.
    ///
    /// # Errors
    /// `lead_not_found`.
    pub async fn lead_open(self: &Arc<Self>, request: LeadOpen) -> Result<LeadRow, AppError> {
        let found = self
            .read(move |reader| {
                let threshold = clinic::get(reader)?.map_or(70, |clinic| clinic.hot_lead_threshold);
                Ok(lead::one(reader, request.id)?.map(|lead| row::lead(lead, threshold)))
            })
            .await?;
        found.ok_or_else(|| Code::LeadNotFound.into())
    }
}
