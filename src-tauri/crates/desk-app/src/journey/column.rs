//! One stage of the board in its order: its figures, the cards of the places that are looked at, and where a journey stands in it.

use desk_cache::{
    CacheError,
    open::Reader,
    query::journey::{self as known, Stretch},
};
use desk_core::journey::{self, Clock, Order, Outcome, Stage};
use uuid::Uuid;

use super::board::{Asked, booked, bounds};
use crate::{
    api::journey::{BoardCard, BoardColumn, BoardSpot, BoardWindow},
    row,
};

/// Cards of a column at most, however many are asked for.
const MOST_CARDS: i64 = 200;

/// A stage in its order.
pub(super) struct Column<'a> {
    asked: &'a Asked,
    reader: &'a Reader<'a>,
    pub(super) stage: Stage,
    line: Line,
}

/// How its order is known.
enum Line {
    /// By when each came.
    Came {
        /// Who came before this instant is over; none where nobody is, and who came last comes first.
        over_before: Option<i64>,
    },
    /// By when each is due: these, of all of them so many over, and the next.
    Due {
        due: Vec<Uuid>,
        all: i64,
        over: i64,
        next: Option<i64>,
    },
}

/// A column's figures.
struct Figures {
    count: i64,
    all: i64,
    over: i64,
    turns_at: Option<i64>,
}

impl Asked {
    /// A stage of the board.
    pub(super) fn column<'a>(&'a self, reader: &'a Reader<'a>, stage: Stage) -> Result<Column<'a>, CacheError> {
        let line = match journey::order(stage, self.now, &self.hours) {
            Order::Last => Line::Came { over_before: None },
            Order::First { over_before } => Line::Came {
                over_before: Some(over_before),
            },
            Order::Each => self.due(reader, stage)?,
        };
        Ok(Column {
            asked: self,
            reader,
            stage,
            line,
        })
    }

    /// A stage in which bookings and plans decide.
    fn due(&self, reader: &Reader<'_>, stage: Stage) -> Result<Line, CacheError> {
        let waiting = known::waiting(reader, self.stretch(stage), &self.filter, &self.today)?;
        let until =
            |waits: &known::Waits| bounds(stage, waits, &self.hours, self.zone).map_or(i64::MAX, |bounds| bounds.until);
        let mut due: Vec<(i64, Uuid)> = waiting.iter().map(|waits| (until(waits), waits.id)).collect();
        let all = number(due.len());
        due.sort_by_key(|(until, _)| *until);
        let over = due.partition_point(|(until, _)| self.now > *until);
        let next = due.get(over).map(|(until, _)| *until);
        if self.ask.only_over {
            due.truncate(over);
        }
        Ok(Line::Due {
            due: due.into_iter().map(|(_, id)| id).collect(),
            all,
            over: number(over),
            next,
        })
    }
}

impl Column<'_> {
    /// As the window shows it.
    pub(super) fn shown(&self, window: &BoardWindow, spot: Option<BoardSpot>) -> Result<BoardColumn, CacheError> {
        let figures = self.figures()?;
        let (from, most) = self.places(window, spot, figures.count);
        Ok(BoardColumn {
            stage: self.stage,
            count: figures.count,
            all: figures.all,
            over: figures.over,
            limit: journey::limit(self.stage),
            turns_at: figures.turns_at.map(row::millis),
            from: u32::try_from(from).unwrap_or(u32::MAX),
            cards: self.cards(from, most)?,
        })
    }

    fn figures(&self) -> Result<Figures, CacheError> {
        let asked = self.asked;
        let (all, over, turns_at) = match &self.line {
            Line::Due { all, over, next, .. } => (*all, *over, *next),
            Line::Came { over_before } => {
                let instant = over_before.unwrap_or(i64::MIN);
                let count = known::count(self.reader, asked.stretch(self.stage), &asked.filter, instant)?;
                let next = over_before.and(count.next).and_then(|since| self.until(since));
                (count.all, count.earlier, next)
            }
        };
        let count = if asked.ask.only_over { over } else { all };
        Ok(Figures {
            count,
            all,
            over,
            turns_at,
        })
    }

    /// Until when who came then may stay, where no booking and no plan decides.
    fn until(&self, since: i64) -> Option<i64> {
        let clock = Clock {
            since,
            booked: None,
            planned: None,
        };
        journey::bounds(self.stage, &clock, &self.asked.hours).map(|bounds| bounds.until)
    }

    /// Which places are read: those that are looked at, or those around the selected journey. From which, and how many.
    fn places(&self, window: &BoardWindow, spot: Option<BoardSpot>, count: i64) -> (i64, i64) {
        let most = (i64::from(window.to) - i64::from(window.from)).clamp(0, MOST_CARDS);
        let last = (count - most).max(0);
        let from = i64::from(window.from).min(last);
        let here = spot.filter(|spot| self.asked.ask.is_followed && spot.stage == self.stage);
        match here.map(|spot| i64::from(spot.nth)) {
            Some(nth) if nth < from || nth >= from + most => ((nth - most / 2).clamp(0, last), most),
            _ => (from, most),
        }
    }

    fn cards(&self, from: i64, most: i64) -> Result<Vec<BoardCard>, CacheError> {
        let ids = match &self.line {
            Line::Due { due, .. } => due.iter().copied().skip(place(from)).take(place(most)).collect(),
            Line::Came { over_before } => known::places(
                self.reader,
                self.stretch(*over_before),
                &self.asked.filter,
                over_before.is_none(),
                (from, most),
            )?,
        };
        let read = |id| known::one_card(self.reader, id, &self.asked.today);
        let cards = ids.into_iter().filter_map(|id| read(id).transpose());
        cards.map(|card| Ok(self.card(card?))).collect()
    }

    /// At which place a journey stands; none where it is not among them.
    pub(super) fn place_of(&self, id: Uuid) -> Result<Option<i64>, CacheError> {
        match &self.line {
            Line::Due { due, .. } => Ok(due.iter().position(|other| *other == id).map(number)),
            Line::Came { over_before } => known::place_of(
                self.reader,
                self.stretch(*over_before),
                &self.asked.filter,
                over_before.is_none(),
                id,
            ),
        }
    }

    /// Those of the stage that are asked for.
    fn stretch(&self, over_before: Option<i64>) -> Stretch<'static> {
        let all = self.asked.stretch(self.stage);
        let before = if self.asked.ask.only_over {
            over_before.unwrap_or(i64::MIN)
        } else {
            all.before
        };
        Stretch { before, ..all }
    }

    fn card(&self, card: known::Card) -> BoardCard {
        let (waits, stage) = (card.waits(), self.stage);
        let bounds = bounds(stage, &waits, &self.asked.hours, self.asked.zone);
        BoardCard {
            id: card.id,
            title: card.title,
            stage,
            since: row::millis(card.since),
            until: bounds.map(|bounds| row::millis(bounds.until)),
            twice: bounds.map(|bounds| row::millis(bounds.twice)),
            booked_at: booked(&waits, self.asked.zone).map(row::millis),
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
}

fn number(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

fn place(nth: i64) -> usize {
    usize::try_from(nth).unwrap_or(0)
}
