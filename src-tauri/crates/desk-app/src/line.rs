//! From what the cache knows of a day to the lines of the agenda: how each stands, what it is called by, and what must not be overlooked.

use chrono::{DateTime, Datelike as _, NaiveDate, NaiveTime, Utc};
use desk_cache::query::visit::{Booked, Deed, Guest, Line, Visit};
use desk_core::{
    day::{self, Tz},
    visit::{LATE_AFTER, LONG_WAIT, State, queue_label, standing},
};

use crate::{
    api::{
        agenda::{AgendaMark, AgendaRow, Session, VisitShown, VisitStep, VisitStepKind},
        task::StaffRef,
    },
    row::{self, millis},
};

/// The lines of a day in the order of their time. `date` is `YYYY-MM-DD`, `now` in microseconds since 1970.
pub(crate) fn rows(lines: Vec<Line>, date: &str, zone: Tz, now: i64) -> Vec<AgendaRow> {
    let taken: Vec<Vec<AgendaMark>> = lines.iter().map(|line| clashes(line, &lines)).collect();
    let made = lines.into_iter().zip(taken);
    let mut rows: Vec<AgendaRow> = made
        .map(|(line, taken)| {
            let mut row = agenda_row(line, date, zone, now);
            row.marks.extend(taken);
            row
        })
        .collect();
    rows.sort_by_key(|row| (row.starts_at, row.room.clone(), row.id));
    rows
}

fn agenda_row(line: Line, date: &str, zone: Tz, now: i64) -> AgendaRow {
    let visit = line
        .visits
        .iter()
        .rev()
        .find(|visit| state(visit) != Some(State::Undone))
        .or(line.visits.last());
    let begins = |time: &str| instant(date, time, zone);
    let starts = line.booking.as_ref().map_or_else(
        || visit.map_or(now, |visit| visit.arrived.at),
        |booking| begins(&booking.start_time),
    );
    let booking = line.booking.as_ref();
    let status = booking.map_or("", |booking| booking.status.as_str());
    let present = visit.filter(|visit| state(visit) != Some(State::Undone));
    AgendaRow {
        id: booking.map_or_else(|| visit.map(|visit| visit.id).unwrap_or_default(), |booking| booking.id),
        booking_id: booking.map(|booking| booking.id),
        visit_id: present.map(|visit| visit.id),
        standing: standing(status, visit.and_then(state), starts, now),
        time: booking.map_or_else(|| clock(starts, zone), |booking| booking.start_time.clone()),
        starts_at: millis(starts),
        ends_at: booking.map(|booking| millis(begins(&booking.end_time))),
        slot: booking.map(|booking| format!("{date} {}-{}", booking.start_time, booking.end_time)),
        kind: booking.map(|booking| booking.kind.clone()),
        service: booking.and_then(|booking| row::words(booking.services.as_deref())),
        room: booking.and_then(|booking| booking.room.clone()),
        staff: booking.and_then(who_treats),
        session: booking
            .and_then(|booking| booking.session)
            .filter(|(nth, of)| *of > 1 && nth <= of)
            .map(|(nth, of)| Session { nth, of }),
        queue: present.and_then(number),
        late_at: booking.map(|_| millis(starts.saturating_add(LATE_AFTER))),
        arrived_at: present.map(|visit| millis(visit.arrived.at)),
        long_wait_at: present.map(|visit| millis(visit.arrived.at.saturating_add(LONG_WAIT))),
        started_at: present
            .and_then(|visit| visit.started.as_ref())
            .map(|deed| millis(deed.at)),
        finished_at: present
            .and_then(|visit| visit.finished.as_ref())
            .map(|deed| millis(deed.at)),
        undo: None,
        marks: marks(&line.guest, date),
        history: line.visits.iter().flat_map(steps).collect(),
        is_waiting: line.is_waiting || line.visits.iter().any(|visit| visit.is_waiting),
        customer: row::about(line.guest.about),
    }
}

fn who_treats(booking: &Booked) -> Option<StaffRef> {
    let (id, nickname, role) = booking.staff.clone()?;
    Some(StaffRef { id, nickname, role })
}

fn state(visit: &Visit) -> Option<State> {
    State::from_word(&visit.state)
}

/// The number of a visit as it is called.
pub(crate) fn number(visit: &Visit) -> Option<String> {
    visit.queue_number.map(queue_label)
}

/// When the clinic's clock shows `HH:MM` on a day; the end of time for what is no time, so that it is never late.
fn instant(date: &str, time: &str, zone: Tz) -> i64 {
    let day: Option<NaiveDate> = date.parse().ok();
    let time = NaiveTime::parse_from_str(time, "%H:%M").ok();
    day.zip(time).map_or(i64::MAX / 2, |(day, time)| {
        day::instant(day, time, zone).timestamp_micros()
    })
}

fn clock(at: i64, zone: Tz) -> String {
    let at = DateTime::<Utc>::from_timestamp_micros(at).unwrap_or_default();
    at.with_timezone(&zone).format("%H:%M").to_string()
}

fn marks(guest: &Guest, date: &str) -> Vec<AgendaMark> {
    let mut marks = vec![];
    if guest.about.do_not_contact {
        marks.push(AgendaMark::DoNotContact {});
    }
    if guest
        .birth_date
        .as_deref()
        .is_some_and(|birth| is_birthday(birth, date))
    {
        marks.push(AgendaMark::Birthday {});
    }
    if let Some(owed) = guest.points.filter(|points| *points < 0) {
        marks.push(AgendaMark::OwedPoints { points: -owed });
    }
    if guest.is_unpaid {
        marks.push(AgendaMark::Unpaid {});
    }
    if !guest.has_wishes {
        marks.push(AgendaMark::ConsentMissing {});
    }
    if let Some(language) = guest.language.clone().filter(|language| language != "th") {
        marks.push(AgendaMark::Language { language });
    }
    marks
}

/// Born on the same day of the year; who was born on 29 February has it on the 28th in other years.
fn is_birthday(birth: &str, date: &str) -> bool {
    let (Ok(birth), Ok(date)) = (birth.parse::<NaiveDate>(), date.parse::<NaiveDate>()) else {
        return false;
    };
    let same = |month, day| date.month() == month && date.day() == day;
    let has_leap_day = date.leap_year();
    match (birth.month(), birth.day()) {
        (2, 29) if !has_leap_day => same(2, 28),
        (month, day) => same(month, day),
    }
}

/// Whether another open booking has the same room, or the same person, at the same time.
fn clashes(line: &Line, all: &[Line]) -> Vec<AgendaMark> {
    let Some(mine) = line.booking.as_ref().filter(|booking| is_open(booking)) else {
        return vec![];
    };
    let others = || {
        let open = all
            .iter()
            .filter_map(|line| line.booking.as_ref())
            .filter(|other| is_open(other));
        open.filter(|other| other.id != mine.id && other.start_time < mine.end_time && mine.start_time < other.end_time)
    };
    let mut found = vec![];
    if mine.room.is_some() && others().any(|other| other.room == mine.room) {
        found.push(AgendaMark::RoomTaken {});
    }
    let person = |booking: &Booked| booking.staff.as_ref().map(|staff| staff.0);
    if person(mine).is_some() && others().any(|other| person(other) == person(mine)) {
        found.push(AgendaMark::StaffTaken {});
    }
    found
}

fn is_open(booking: &Booked) -> bool {
    matches!(booking.status.as_str(), "scheduled" | "confirmed" | "in_progress")
}

/// What happened with a visit, oldest first.
pub(crate) fn steps(visit: &Visit) -> Vec<VisitStep> {
    let end = match state(visit) {
        Some(State::Undone) => VisitStepKind::Undone,
        Some(State::Left) => VisitStepKind::Left,
        Some(State::Waiting | State::Serving | State::Done) | None => VisitStepKind::Finished,
    };
    let deeds = [
        (VisitStepKind::Arrived, Some(&visit.arrived)),
        (VisitStepKind::Started, visit.started.as_ref()),
        (end, visit.finished.as_ref()),
    ];
    let happened = deeds.into_iter().filter_map(|(kind, deed)| Some((kind, deed?)));
    happened.map(|(kind, deed)| step(visit, kind, deed)).collect()
}

fn step(visit: &Visit, kind: VisitStepKind, deed: &Deed) -> VisitStep {
    VisitStep {
        kind,
        at: millis(deed.at),
        by: deed.by.clone(),
        device: deed.device.clone(),
        queue: number(visit),
        reason: visit.reason.clone().filter(|_| kind == VisitStepKind::Left),
    }
}

/// A visit on its customer's card.
pub(crate) fn shown(visit: Visit) -> VisitShown {
    VisitShown {
        queue: number(&visit),
        steps: steps(&visit),
        id: visit.id,
        day: visit.day,
        state: visit.state,
        booking_id: visit.booking,
        is_waiting: visit.is_waiting,
    }
}

#[cfg(test)]
mod tests;
