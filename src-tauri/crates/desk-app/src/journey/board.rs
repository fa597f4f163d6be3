//! The board: nine stages, what is due first on top. Of each column that is asked for its figures are read, and the cards of the places that
//! are looked at; which those are is counted in the index, so that a card at the end of a stage of hundreds costs no more than one at its top.

use std::sync::Arc;

use chrono::{NaiveDate, NaiveTime};
use desk_cache::{
    CacheError,
    open::Reader,
    query::{
        clinic,
        journey::{self as known, Stretch},
    },
};
use desk_core::{
    day::{self, Tz},
    journey::{self, Bounds, Clock, Stage},
    opening::Hours,
};

use super::column::Column;
use crate::{
    api::{
        journey::{Board, BoardAsk, BoardService, BoardServices, BoardServicesAsk, BoardSpot, BoardWindow},
        task::Whose,
    },
    desk::Desk,
    error::AppError,
};

/// An ended journey is on the board for so long, in microseconds.
const SHOWN_ENDED: i64 = 30 * 24 * 3_600 * 1_000_000;

/// What is asked of each column.
pub(super) struct Asked {
    pub(super) ask: BoardAsk,
    pub(super) filter: known::Filter,
    pub(super) today: String,
    pub(super) now: i64,
    pub(super) hours: Hours,
    pub(super) zone: Tz,
}

impl Desk {
    /// The board.
    ///
    /// # Errors
    /// `locked`.
    pub async fn journey_board(self: &Arc<Self>, ask: BoardAsk) -> Result<Board, AppError> {
        let (me, today, now) = (self.me()?, self.today_date(), self.micros());
        self.read(move |reader| {
            let asked = Asked {
                filter: known::Filter {
                    whose: (ask.whose == Whose::Mine).then_some(me),
                    service: ask.service.clone(),
                },
                ask,
                today,
                now,
                hours: clinic::hours(reader)?,
                zone: clinic::zone(reader)?,
            };
            asked.board(reader)
        })
        .await
    }

    /// What the journeys on the board are for.
    ///
    /// # Errors
    /// `locked`.
    pub async fn board_services(self: &Arc<Self>, ask: BoardServicesAsk) -> Result<BoardServices, AppError> {
        let (me, since) = (self.me()?, self.micros() - SHOWN_ENDED);
        let whose = (ask.whose == Whose::Mine).then_some(me);
        self.read(move |reader| {
            let rows = known::services(reader, since, whose)?.into_iter().map(service);
            Ok(BoardServices { rows: rows.collect() })
        })
        .await
    }
}

fn service(known::Service { title, open }: known::Service) -> BoardService {
    BoardService { title, open }
}

impl Asked {
    fn board(&self, reader: &Reader<'_>) -> Result<Board, CacheError> {
        let windows = self.ask.windows.iter().take(Stage::ALL.len());
        let columns: Vec<(Column<'_>, &BoardWindow)> = windows
            .map(|window| Ok((self.column(reader, window.stage)?, window)))
            .collect::<Result<_, CacheError>>()?;
        let spot = self.spot(reader, &columns)?;
        let shown = columns.iter().map(|(column, window)| column.shown(window, spot));
        Ok(Board {
            columns: shown.collect::<Result<_, _>>()?,
            spot,
        })
    }

    /// All of a stage that can be on the board.
    pub(super) fn stretch(&self, stage: Stage) -> Stretch<'static> {
        Stretch {
            stage: stage.word(),
            from: if stage == Stage::Completed {
                self.now - SHOWN_ENDED
            } else {
                i64::MIN
            },
            before: i64::MAX,
        }
    }

    /// Where the selected journey stands.
    fn spot(
        &self,
        reader: &Reader<'_>,
        columns: &[(Column<'_>, &BoardWindow)],
    ) -> Result<Option<BoardSpot>, CacheError> {
        let Some(id) = self.ask.select else { return Ok(None) };
        let Some(stage) = known::stage_of(reader, id)?.as_deref().and_then(Stage::from_word) else {
            return Ok(None);
        };
        let place = match columns.iter().find(|(column, _)| column.stage == stage) {
            Some((column, _)) => column.place_of(id)?,
            None => self.column(reader, stage)?.place_of(id)?,
        };
        let nth = place.and_then(|nth| u32::try_from(nth).ok());
        Ok(nth.map(|nth| BoardSpot { stage, nth }))
    }
}

/// Until when a journey may stay where it is.
pub(super) fn bounds(stage: Stage, waits: &known::Waits, hours: &Hours, zone: Tz) -> Option<Bounds> {
    let clock = Clock {
        since: waits.since,
        booked: booked(waits, zone),
        planned: waits.planned_at,
    };
    journey::bounds(stage, &clock, hours)
}

/// When she is expected: as a move said, else her next booking.
pub(super) fn booked(waits: &known::Waits, zone: Tz) -> Option<i64> {
    waits.booked_at.or_else(|| {
        let (date, time) = waits.appointment.as_deref()?.split_once(' ')?;
        let date = NaiveDate::parse_from_str(date, "%Y-%m-%d").ok()?;
        let time = NaiveTime::parse_from_str(time, "%H:%M").ok()?;
        Some(day::instant(date, time, zone).timestamp_micros())
    })
}
