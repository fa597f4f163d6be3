//! The first screen.

use std::{collections::HashSet, sync::Arc};

use desk_cache::{
    CacheError,
    open::Reader,
    query::{
        appointment, followup,
        lead::{self, Lead},
        task,
    },
};
use uuid::Uuid;

use crate::{
    api::{
        Nothing,
        today::{OpenCounts, Today},
    },
    desk::Desk,
    error::AppError,
    lead_row::Rules,
    row,
    todo::{self, Awake},
};

/// Hot leads that nobody has, those of this person whose next step has come, then those that somebody has and has not answered.
fn leads(reader: &Reader<'_>, me: Uuid, now: i64) -> Result<Vec<Lead>, CacheError> {
    let mut leads = lead::hot(reader)?;
    leads.extend(lead::next_due(reader, me, now)?);
    leads.extend(lead::taken(reader)?);
    let mut known = HashSet::new();
    leads.retain(|lead| known.insert(lead.id));
    Ok(leads)
}

impl Desk {
    /// What is due now.
    ///
    /// # Errors
    /// `locked`.
    pub async fn today(self: &Arc<Self>, _: Nothing) -> Result<Today, AppError> {
        let (me, now, date) = (self.me()?, self.micros(), self.today_date());
        let (tomorrow, clock, instant) = (self.midnight(), self.clock_time(), self.now());
        let attention = self.attention_rows().await?;
        self.read(move |reader| {
            let rules = Rules::read(reader, me, instant)?;
            let task_ids = todo::open(reader, &date, Some(me), Awake::Now, now)?;
            Ok(Today {
                now: row::millis(now),
                attention,
                leads: leads(reader, me, now)?
                    .into_iter()
                    .map(|lead| rules.row(lead))
                    .collect(),
                followups: followup::due(reader, tomorrow)?
                    .into_iter()
                    .map(|followup| row::followup(followup, now))
                    .collect(),
                tasks: todo::first(reader, &task_ids, &date, now)?,
                task_ids,
                next_booking: appointment::next_start(reader, &date, &clock)?,
                date,
            })
        })
        .await
    }

    /// What waits, for the places of the rail.
    ///
    /// # Errors
    /// `locked`.
    pub async fn open_counts(self: &Arc<Self>, _: Nothing) -> Result<OpenCounts, AppError> {
        let (me, now) = (self.me()?, self.micros());
        self.read(move |reader| {
            Ok(OpenCounts {
                tasks: task::count_awake(reader, me, now)?,
                leads: lead::counts(reader)?.0,
            })
        })
        .await
    }
}
