//! The first screen.

use std::sync::Arc;

use desk_cache::query::{appointment, followup, lead, task};

use crate::{
    api::{Nothing, today::Today},
    desk::Desk,
    error::AppError,
    lead_row::Rules,
    row,
};

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
            let mut tasks = task::open(reader, &date, Some(me), false, now)?;
            row::sort_tasks(&mut tasks, now);
            Ok(Today {
                now: row::millis(now),
                attention,
                leads: lead::hot(reader)?
                    .into_iter()
                    .chain(lead::taken(reader)?)
                    .map(|lead| rules.row(lead))
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
}
