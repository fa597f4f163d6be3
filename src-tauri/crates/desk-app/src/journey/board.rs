//! The board: nine stages, what is due first on top, counts over all and cards for as many as are looked at.

use std::{collections::HashMap, sync::Arc};

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
        journey::{Board, BoardAsk, BoardCard, BoardColumn, BoardService},
        task::Whose,
    },
    desk::Desk,
    error::AppError,
    row,
};

/// An ended journey is on the board for so long, in microseconds.
const SHOWN_ENDED: i64 = 30 * 24 * 3_600 * 1_000_000;
/// So many cards of a column are read one by one; more of them at once.
const ONE_BY_ONE: usize = 60;
/// Cards of a column at most, however many are asked for.
const MOST_CARDS: u32 = 2_000;

/// What is asked of each column.
struct Asked {
    ask: BoardAsk,
    filter: known::Filter,
    today: String,
    now: i64,
    hours: Hours,
    zone: Tz,
}

/// One stage, and how many of it were asked for before those in time were left out.
struct Found {
    column: BoardColumn,
    asked: i64,
}

/// A journey and when it is due.
struct Due {
    id: Uuid,
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
            let whose = (ask.whose == Whose::Mine).then_some(me);
            let services = known::services(reader, now - SHOWN_ENDED, whose)?;
            let asked = Asked {
                filter: known::Filter {
                    whose,
                    service: ask.service.clone(),
                },
                ask,
                today,
                now,
                hours: clinic::hours(reader)?,
                zone: clinic::zone(reader)?,
            };
            let columns = Stage::ALL.iter().map(|stage| asked.column(reader, *stage));
            Ok(board(columns.collect::<Result<_, _>>()?, services))
        })
        .await
    }
}

fn board(found: Vec<Found>, services: Vec<known::Service>) -> Board {
    let is_open = |found: &&Found| found.column.stage != Stage::Completed;
    Board {
        open: found.iter().filter(is_open).map(|found| found.column.count).sum(),
        over: found.iter().map(|found| found.column.over).sum(),
        closed: found
            .iter()
            .filter(|found| !is_open(found))
            .map(|found| found.asked)
            .sum(),
        columns: found.into_iter().map(|found| found.column).collect(),
        services: services.into_iter().map(service).collect(),
    }
}

fn service(known::Service { title, open }: known::Service) -> BoardService {
    BoardService { title, open }
}

impl Asked {
    fn column(&self, reader: &Reader<'_>, stage: Stage) -> Result<Found, CacheError> {
        let since = if stage == Stage::Completed {
            self.now - SHOWN_ENDED
        } else {
            i64::MIN
        };
        let mut due: Vec<Due> = known::in_stage(reader, stage.word(), since, &self.today, &self.filter)?
            .into_iter()
            .map(|waits| Due {
                id: waits.id,
                bounds: bounds(stage, &waits, &self.hours, self.zone),
                booked: booked(&waits, self.zone),
            })
            .collect();
        let asked = number(due.len());
        let over = number(due.iter().filter(|due| self.is_over(due)).count());
        if self.ask.only_over {
            due.retain(|due| self.is_over(due));
        }
        match stage {
            Stage::Completed => due.reverse(),
            _ => due.sort_by_key(|due| due.bounds.map_or(i64::MAX, |bounds| bounds.until)),
        }
        let count = number(due.len());
        due.truncate(self.shown(&due));
        let column = BoardColumn {
            stage,
            count,
            over,
            limit: journey::limit(stage),
            cards: self.cards(reader, stage, since, &due)?,
        };
        Ok(Found { column, asked })
    }

    /// The cards of those that are shown: of thousands that are counted, a few are looked at. Many are read at once.
    fn cards(
        &self,
        reader: &Reader<'_>,
        stage: Stage,
        since: i64,
        shown: &[Due],
    ) -> Result<Vec<BoardCard>, CacheError> {
        let mut all: HashMap<Uuid, known::Card> = HashMap::new();
        if shown.len() > ONE_BY_ONE {
            let cards = known::cards_in_stage(reader, stage.word(), since, &self.today)?;
            all.extend(cards.into_iter().map(|card| (card.id, card)));
        }
        let mut found = |due: &Due| match all.remove(&due.id) {
            Some(known) => Ok(Some(card(stage, known, due))),
            None => Ok(known::one_card(reader, due.id, &self.today)?.map(|known| card(stage, known, due))),
        };
        shown.iter().filter_map(|due| found(due).transpose()).collect()
    }

    fn is_over(&self, due: &Due) -> bool {
        due.bounds.is_some_and(|bounds| self.now > bounds.until)
    }

    /// How many cards of a column are shown: as many as asked for, and down to the selected one.
    fn shown(&self, due: &[Due]) -> usize {
        let most = usize::try_from(self.ask.most.min(MOST_CARDS)).unwrap_or(0);
        let selected = due.iter().position(|due| Some(due.id) == self.ask.select);
        selected.map_or(most, |at| most.max(at + 1))
    }
}

fn number(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
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
fn booked(waits: &known::Waits, zone: Tz) -> Option<i64> {
    waits.booked_at.or_else(|| {
        let (date, time) = waits.appointment.as_deref()?.split_once(' ')?;
        let date = NaiveDate::parse_from_str(date, "%Y-%m-%d").ok()?;
        let time = NaiveTime::parse_from_str(time, "%H:%M").ok()?;
        Some(day::instant(date, time, zone).timestamp_micros())
    })
}

fn card(stage: Stage, card: known::Card, due: &Due) -> BoardCard {
    let (booked, bounds) = (due.booked, due.bounds);
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
