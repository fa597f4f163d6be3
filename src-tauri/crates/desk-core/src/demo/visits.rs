//! Who came: of today's bookings those whose time has come, as far as they would be by now, and everyone treated on the three days before.

use super::{Demo, care::TODAY, instant, text};
use crate::synced::Value;

/// Days before today of which visits are told.
const DAYS: i64 = 3;

/// Today's bookings of the first two (C1 and C4): nobody has checked them in, at whatever hour one looks.
const NOT_YET: usize = 2;

/// Minutes between arrival and the booked time, the start after it, and the end after that.
const EARLY: i64 = 3;
const AFTER: i64 = 2;
const LASTS: i64 = 55;

/// One booking that somebody came for.
struct Came {
    ahead: i64,
    slot: usize,
    /// Minute of the day for which they were booked.
    minute: i64,
    queue: i64,
}

impl Demo {
    pub(super) fn visits(&self) -> impl Iterator<Item = Vec<Value>> + '_ {
        (-DAYS..=0)
            .flat_map(|ahead| self.comers(ahead))
            .filter_map(|came| self.visit(&came))
    }

    /// Who came on a day, in the order of their coming.
    fn comers(&self, ahead: i64) -> Vec<Came> {
        let booked = self.appointments_of(ahead);
        let mut came: Vec<Came> = TODAY
            .iter()
            .enumerate()
            .take(booked)
            .filter(|(slot, (minute, _))| self.has_come(ahead, *slot, *minute))
            .map(|(slot, (minute, _))| Came {
                ahead,
                slot,
                minute: *minute,
                queue: 0,
            })
            .collect();
        came.sort_by_key(|came| came.minute);
        for (came, queue) in came.iter_mut().zip(1..) {
            came.queue = queue;
        }
        came
    }

    fn has_come(&self, ahead: i64, slot: usize, minute: i64) -> bool {
        match ahead {
            0 => slot >= NOT_YET && self.is_over(self.of_day(ahead, minute - EARLY)),
            _ => self.status(ahead, slot) == "completed",
        }
    }

    fn of_day(&self, ahead: i64, minute: i64) -> Value {
        instant(self.day(ahead), minute)
    }

    fn is_over(&self, at: Value) -> bool {
        matches!(at, Value::Int(at) if at <= self.now)
    }

    fn visit(&self, came: &Came) -> Option<Vec<Value>> {
        let at = |minutes: i64| self.of_day(came.ahead, came.minute + minutes);
        // The third of today waits while others are treated.
        let waits = if came.ahead == 0 && came.slot == NOT_YET {
            LASTS / 2
        } else {
            AFTER
        };
        let (is_started, is_done) = (self.is_over(at(waits)), self.is_over(at(waits + LASTS)));
        let state = match (is_started, is_done) {
            (_, true) => "done",
            (true, false) => "serving",
            (false, false) => "waiting",
        };
        let when = |is_so: bool, at: Value| if is_so { at } else { Value::Null };
        let who = |is_so: bool, nickname: &str| when(is_so, self.by(nickname));
        let device = |is_so: bool| when(is_so, text("PC-B"));
        let booking = self.booking(came.ahead, came.slot);
        Some(vec![
            Value::Uuid(self.id("visit", booking)),
            Value::Uuid(self.customer_of(came.ahead, came.slot)),
            Value::Uuid(self.id("appointment", booking)),
            Value::Null,
            super::date(Some(self.day(came.ahead))),
            Value::Int(came.queue),
            text(state),
            at(-EARLY),
            self.by("นก"),
            text("PC-A"),
            when(is_started, at(waits)),
            who(is_started, "ฟาง"),
            device(is_started),
            when(is_done, at(waits + LASTS)),
            who(is_done, "ฟาง"),
            device(is_done),
            Value::Null,
        ])
    }
}
