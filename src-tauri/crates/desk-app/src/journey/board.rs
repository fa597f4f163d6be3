//! The board: nine stages, what is due first on top, counts over all and cards for as many as are looked at.

use std::sync::Arc;

use chrono::{NaiveDate, NaiveTime};
use desk_cache::{
    CacheError,
    open::Reader,
    query::{clinic, journey as known},
};
use desk_core::{
    day::{self, Tz},
    journey::{self, Bounds, Clock, Outcome, Stage},
    opening::Hours,
};
use uuid::Uuid;

use crate::{
    api::{
        journey::{Board, BoardAsk, BoardCard, BoardColumn},
        task::Whose,
    },
    desk::Desk,
    error::AppError,
    row,
};

/// An ended journey is on the board for so long, in microseconds.
const SHOWN_ENDED: i64 = 30 * 24 * 3_600 * 1_000_000;
/// Cards of a column at most, however many are asked for.
const MOST_CARDS: u32 = 2_000;

/// What is asked of each column.
struct Asked {
    ask: BoardAsk,
    me: Uuid,
    today: String,
    now: i64,
    hours: Hours,
    zone: Tz,
}

/// A card and when it is due.
struct Due {
    card: known::Card,
    booked: Option<i64>,
    bounds: Option<Bounds>,
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
                ask,
                me,
                today,
                now,
                hours: clinic::hours(reader)?,
                zone: clinic::zone(reader)?,
            };
            let columns = Stage::ALL.iter().map(|stage| asked.column(reader, *stage));
            let columns: Vec<BoardColumn> = columns.collect::<Result<_, _>>()?;
            let open = columns.iter().filter(|column| column.stage != Stage::Completed);
            Ok(Board {
                open: open.map(|column| column.count).sum(),
                over: columns.iter().map(|column| column.over).sum(),
                closed: known::closed_since(reader, now - SHOWN_ENDED)?,
                columns,
            })
        })
        .await
    }
}

impl Asked {
    fn column(&self, reader: &Reader<'_>, stage: Stage) -> Result<BoardColumn, CacheError> {
        let since = if stage == Stage::Completed {
            self.now - SHOWN_ENDED
        } else {
            i64::MIN
        };
        let mut due: Vec<Due> = known::in_stage(reader, stage.word(), since, &self.today)?
            .into_iter()
            .filter(|card| self.is_asked(card))
            .map(|card| Due {
                bounds: bounds(stage, &card, &self.hours, self.zone),
                booked: booked(&card, self.zone),
                card,
            })
            .collect();
        let over = due.iter().filter(|due| self.is_over(due)).count();
        if self.ask.only_over {
            due.retain(|due| self.is_over(due));
        }
        match stage {
            Stage::Completed => due.reverse(),
            _ => due.sort_by_key(|due| due.bounds.map_or(i64::MAX, |bounds| bounds.until)),
        }
        let count = due.len();
        due.truncate(self.shown(&due));
        Ok(BoardColumn {
            stage,
            count: i64::try_from(count).unwrap_or(i64::MAX),
            over: i64::try_from(over).unwrap_or(i64::MAX),
            limit: journey::limit(stage),
            cards: due.into_iter().map(|due| card(stage, due)).collect(),
        })
    }

    fn is_asked(&self, card: &known::Card) -> bool {
        let is_me = |person: &Option<(Uuid, String)>| person.as_ref().is_some_and(|(id, _)| *id == self.me);
        self.ask.whose == Whose::Everyone || is_me(&card.sales) || is_me(&card.beautician)
    }

    fn is_over(&self, due: &Due) -> bool {
        due.bounds.is_some_and(|bounds| self.now > bounds.until)
    }

    /// How many cards of a column are shown: as many as asked for, and down to the selected one.
    fn shown(&self, due: &[Due]) -> usize {
        let most = usize::try_from(self.ask.most.min(MOST_CARDS)).unwrap_or(0);
        let selected = due.iter().position(|due| Some(due.card.id) == self.ask.select);
        selected.map_or(most, |at| most.max(at + 1))
    }
}

/// Until when a journey may stay where it is.
pub(super) fn bounds(stage: Stage, card: &known::Card, hours: &Hours, zone: Tz) -> Option<Bounds> {
    let clock = Clock {
        since: card.since,
        booked: booked(card, zone),
        planned: card.planned_at,
    };
    journey::bounds(stage, &clock, hours)
}

/// When she is expected: as a move said, else her next booking.
fn booked(card: &known::Card, zone: Tz) -> Option<i64> {
    card.booked_at.or_else(|| {
        let (date, time) = card.appointment.as_deref()?.split_once(' ')?;
        let date = NaiveDate::parse_from_str(date, "%Y-%m-%d").ok()?;
        let time = NaiveTime::parse_from_str(time, "%H:%M").ok()?;
        Some(day::instant(date, time, zone).timestamp_micros())
    })
}

fn card(stage: Stage, due: Due) -> BoardCard {
    let Due { card, booked, bounds } = due;
    BoardCard {
        id: card.id,
        title: card.title,
        stage,
        since: row::millis(card.since),
        until: bounds.map(|bounds| row::millis(bounds.until)),
        twice: bounds.map(|bounds| row::millis(bounds.twice)),
        booked_at: booked.map(row::millis),
        planned_at: card.planned_at.map(row::millis),
        sessions_planned: card.sessions_planned,
        sessions_done: card.sessions_done,
        outcome: card.outcome.as_deref().and_then(Outcome::from_word),
        sales: card.sales.map(super::person),
        beautician: card.beautician.map(super::person),
        version: card.version,
        is_waiting: card.is_waiting,
        customer: row::about(card.customer),
    }
}
