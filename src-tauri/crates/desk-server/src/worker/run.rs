//! The worker itself: fires until nothing is due, then sleeps until the next due time, a call, or a second. It may be killed at any point, and
//! several may run at once: what is being fired is held by a transaction of the database. It never asks its own clock what is due.

use std::process::ExitCode;
use std::time::Duration;

use desk_clinic::connect::{PgConnectOptions, PgConnection, connect};
use desk_clinic::worker::{self, Heard, LATE};
use desk_clinic::{ClinicError, Result, wake};
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout};
use uuid::Uuid;

/// Longest sleep: what becomes due without a call, or without LISTEN, is at most this late.
const LONGEST_SLEEP: Duration = Duration::from_secs(1);
/// Something is due and its journey is held by somebody, who will be done in a moment.
const SHORTEST_SLEEP: Duration = Duration::from_millis(50);
/// How often the worker says that it is there while there is much to do.
const BEAT_EVERY: Duration = Duration::from_secs(5);
/// The login's statements end after a minute; a connection that says nothing for longer is dead.
const PATIENCE: Duration = Duration::from_secs(90);
const FIRST_RETRY: Duration = Duration::from_millis(500);
const LONGEST_RETRY: Duration = Duration::from_secs(30);

/// A worker at work.
struct Run {
    id: Uuid,
    name: String,
    fired: i64,
    is_late: bool,
    stop: watch::Receiver<bool>,
}

/// Runs until it is told to stop. The exit code is 0 then; not being let in at the start is an error.
///
/// # Errors
/// `AuthRefused`, `Tls`, `TooOld` or `Answer` at the start; later it goes on trying.
pub(crate) async fn run(address: &str, name: Option<String>, is_json: bool) -> Result<ExitCode> {
    log_to_stderr(is_json);
    let options = worker::options(address)?;
    let mut run = Run {
        id: Uuid::new_v4(),
        name: name.unwrap_or_else(machine),
        fired: 0,
        is_late: false,
        stop: stop_signal()?,
    };
    let mut failures = 0;
    tracing::info!(name = run.name, "worker starts");
    while !run.is_stopping() {
        let before = run.fired;
        match run.work(&options).await {
            Ok(()) => break,
            Err(error) if run.fired == 0 && !error.is_passing() => return Err(error),
            Err(error) => tracing::warn!(%error, "the database is not there"),
        }
        failures = if run.fired > before { 1 } else { failures + 1 };
        run.rest(retry_after(failures)).await;
    }
    tracing::info!(fired = run.fired, "worker stops");
    Ok(ExitCode::SUCCESS)
}

impl Run {
    fn is_stopping(&self) -> bool {
        *self.stop.borrow()
    }

    /// Works on one connection until it breaks (an error) or the worker is told to stop.
    async fn work(&mut self, options: &PgConnectOptions) -> Result<()> {
        let mut conn = in_time(connect(options)).await?;
        let heard = self.beat(&mut conn, false).await?;
        let mut calls = listen(options, heard.channel).await?;
        tracing::info!(listens = calls.is_some(), "worker is connected");
        while !self.is_stopping() {
            self.fire(&mut conn).await?;
            let heard = self.beat(&mut conn, false).await?;
            self.note_late(heard.late);
            self.wait(&mut calls, pause(heard.next_in, chance())).await?;
        }
        self.beat(&mut conn, true).await?;
        Ok(())
    }

    /// Fires until nothing can be fired, and judges what that has asked to be judged.
    async fn fire(&mut self, conn: &mut PgConnection) -> Result<()> {
        self.fire_due(conn).await?;
        while !self.is_stopping() && in_time(worker::judge_referral(conn)).await? {
            self.fire_due(conn).await?;
        }
        Ok(())
    }

    async fn fire_due(&mut self, conn: &mut PgConnection) -> Result<()> {
        let mut beat_at = Instant::now() + BEAT_EVERY;
        while !self.is_stopping() && in_time(worker::fire_next(conn)).await? {
            self.fired += 1;
            if Instant::now() >= beat_at {
                let heard = self.beat(conn, false).await?;
                self.note_late(heard.late);
                beat_at = Instant::now() + BEAT_EVERY;
            }
        }
        Ok(())
    }

    async fn beat(&self, conn: &mut PgConnection, is_leaving: bool) -> Result<Heard> {
        in_time(worker::beat(conn, self.id, &self.name, self.fired, is_leaving)).await
    }

    fn note_late(&mut self, late: Duration) {
        let is_late = late > LATE;
        match (self.is_late, is_late) {
            (false, true) => tracing::warn!(seconds = late.as_secs(), "due times are late"),
            (true, false) => tracing::info!("due times are on time again"),
            (true, true) | (false, false) => {}
        }
        self.is_late = is_late;
    }

    /// Until a call, the end of the pause, or the word to stop.
    async fn wait(&mut self, calls: &mut Option<wake::Wake>, pause: Duration) -> Result<()> {
        tokio::select! {
            () = sleep(pause) => Ok(()),
            called = called(calls) => called,
            _ = self.stop.changed() => Ok(()),
        }
    }

    async fn rest(&mut self, pause: Duration) {
        tokio::select! {
            () = sleep(pause) => {}
            _ = self.stop.changed() => {}
        }
    }
}

/// LISTEN, where it is proven to deliver; behind some poolers it is not, and a second's sleep must do.
async fn listen(options: &PgConnectOptions, channel: Uuid) -> Result<Option<wake::Wake>> {
    if in_time(wake::probe(options)).await? {
        Ok(Some(in_time(wake::listen(options, channel)).await?))
    } else {
        Ok(None)
    }
}

async fn called(calls: &mut Option<wake::Wake>) -> Result<()> {
    match calls {
        Some(calls) => calls.next().await.map(drop),
        None => std::future::pending().await,
    }
}

async fn in_time<T>(answer: impl Future<Output = Result<T>>) -> Result<T> {
    match timeout(PATIENCE, answer).await {
        Ok(answer) => answer,
        Err(_) => Err(ClinicError::Unreachable("no answer")),
    }
}

/// How long to sleep when nothing can be fired; `chance` from 0 to 1 keeps several workers from asking in the same moment.
fn pause(next_in: Option<Duration>, chance: f64) -> Duration {
    let longest = LONGEST_SLEEP.mul_f64(0.8 + 0.2 * chance);
    let shortest = SHORTEST_SLEEP.mul_f64(1.0 + chance);
    next_in.map_or(longest, |next_in| next_in.clamp(shortest, longest))
}

fn retry_after(failures: u32) -> Duration {
    let doubled = FIRST_RETRY.saturating_mul(1 << failures.clamp(1, 8).saturating_sub(1));
    doubled.min(LONGEST_RETRY).mul_f64(0.8 + 0.4 * chance())
}

fn chance() -> f64 {
    let (_, chance) = Uuid::new_v4().as_u64_pair();
    f64::from(u16::try_from(chance % 1_000).unwrap_or_default()) / 1_000.0
}

/// What the machine calls itself, where the kernel says so.
fn machine() -> String {
    let named = std::fs::read_to_string("/proc/sys/kernel/hostname").ok();
    let named = named.or_else(|| std::env::var("COMPUTERNAME").ok());
    named.map_or_else(|| "worker".to_owned(), |name| name.trim().to_owned())
}

/// SIGTERM (systemd) and Ctrl C: what is being fired is finished first.
fn stop_signal() -> Result<watch::Receiver<bool>> {
    let (told, stop) = watch::channel(false);
    #[cfg(unix)]
    let mut term = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    tokio::spawn(async move {
        #[cfg(unix)]
        tokio::select! {
            _ = term.recv() => {}
            _ = tokio::signal::ctrl_c() => {}
        }
        #[cfg(not(unix))]
        tokio::signal::ctrl_c().await.ok();
        told.send_replace(true);
    });
    Ok(stop)
}

/// One line an event: what happened, counts and error kinds. Nothing about anybody is known here.
fn log_to_stderr(is_json: bool) {
    let lines = tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_target(false)
        .with_max_level(tracing::Level::INFO);
    if is_json {
        lines.json().flatten_event(true).try_init().ok();
    } else {
        lines.with_ansi(false).try_init().ok();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_sleeps_until_the_next_due_time_but_never_longer_than_a_second() {
        let day = Duration::from_secs(86_400);
        for chance in [0.0, 0.5, 1.0] {
            assert!(pause(None, chance) <= LONGEST_SLEEP);
            assert!(pause(Some(day), chance) <= LONGEST_SLEEP);
            assert_eq!(
                pause(Some(Duration::from_millis(300)), chance),
                Duration::from_millis(300)
            );
            assert!(
                pause(Some(Duration::ZERO), chance) >= SHORTEST_SLEEP,
                "no spinning while a journey is held"
            );
        }
        assert_ne!(
            pause(None, 0.0),
            pause(None, 1.0),
            "several workers do not ask in the same moment"
        );
    }

    #[test]
    fn it_tries_again_later_and_later_up_to_half_a_minute() {
        assert!(retry_after(1) < Duration::from_secs(1));
        assert!(retry_after(4) > retry_after(1));
        assert!(retry_after(1_000) <= LONGEST_RETRY.mul_f64(1.2));
    }
}
