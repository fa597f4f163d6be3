//! Dialling with the telephone software of this PC, by the link that all of them understand: `tel:`. Whether there is one is asked once, beside the start: the answer
//! takes a moment, and nobody waits for it.

use std::{
    sync::{Arc, OnceLock},
    thread,
};

/// Whether something takes numbers; unknown, and taken for no, until the system has answered.
#[derive(Clone, Default)]
pub struct Dialer(Arc<OnceLock<bool>>);

impl Dialer {
    /// Asks the system, in the background.
    pub fn ask() -> Self {
        let dialer = Self::default();
        let answer = Arc::clone(&dialer.0);
        thread::spawn(move || answer.set(is_there()));
        dialer
    }

    /// Whether something takes numbers.
    pub fn is_there(&self) -> bool {
        self.0.get().copied().unwrap_or(false)
    }

    /// Hands over `+` and digits; whether it was taken.
    pub fn dial(&self, number: &str) -> bool {
        let is_number = |sign: char| sign.is_ascii_digit() || sign == '+';
        if !self.is_there() || !number.chars().all(is_number) {
            return false;
        }
        let handed = open::that_detached(format!("tel:{number}"));
        if let Err(error) = &handed {
            tracing::warn!(%error, "the telephone software does not start");
        }
        handed.is_ok()
    }
}

/// Who takes `tel:` is a question of the desktop's list; without that list nobody does.
#[cfg(target_os = "linux")]
fn is_there() -> bool {
    let asked = std::process::Command::new("xdg-mime")
        .args(["query", "default", "x-scheme-handler/tel"])
        .output();
    asked.is_ok_and(|answer| answer.status.success() && !answer.stdout.trim_ascii().is_empty())
}

/// Windows and macOS name a program for it, or offer to find one.
#[cfg(not(target_os = "linux"))]
fn is_there() -> bool {
    true
}
