//! The system's clock.

use chrono::{DateTime, Utc};
use desk_app::ports::Clock;

/// Tells the time of this PC.
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> DateTime<Utc> {
        Utc::now()
    }
}
