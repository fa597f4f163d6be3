//! Waiting for a condition with a deadline. The only place in the tests that sleeps: in the short pauses between two looks.

use std::fmt::Display;
use std::future::Future;
use std::time::{Duration, Instant};

/// Pause between two looks at a condition.
const PAUSE: Duration = Duration::from_millis(10);

/// Looks until `probe` gives something and returns it.
///
/// # Panics
/// When `within` has passed; the message names `what`.
#[track_caller]
pub fn wait_until<T>(what: impl Display, within: Duration, probe: impl FnMut() -> Option<T>) -> T {
    match wait_at_most(within, probe) {
        Some(found) => found,
        None => panic!("not within {within:?}: {what}"),
    }
}

/// Looks until `probe` gives something or `within` has passed: for tidying up, which must not fail.
pub fn wait_at_most<T>(within: Duration, mut probe: impl FnMut() -> Option<T>) -> Option<T> {
    let end = Instant::now() + within;
    loop {
        let found = probe();
        if found.is_some() || Instant::now() >= end {
            return found;
        }
        std::thread::sleep(PAUSE);
    }
}

/// The same for asynchronous conditions: `eventually("the toast", secs, async || desk.toasts().pop()).await`.
///
/// # Panics
/// When `within` has passed; the message names `what`.
pub async fn eventually<T, F>(what: impl Display, within: Duration, mut probe: impl FnMut() -> F) -> T
where
    F: Future<Output = Option<T>>,
{
    let end = Instant::now() + within;
    loop {
        if let Some(found) = probe().await {
            return found;
        }
        assert!(Instant::now() < end, "not within {within:?}: {what}");
        tokio::time::sleep(PAUSE).await;
    }
}

/// Whole seconds, for short calls of the two functions above.
#[must_use]
pub const fn secs(n: u64) -> Duration {
    Duration::from_secs(n)
}
