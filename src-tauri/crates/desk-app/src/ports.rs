//! What the use cases need from the machine: time, secrets, toasts and a way to reach the window. The desktop shell implements them with
//! the real thing; journeys across crates implement them with a clock that stands still.

use chrono::{DateTime, Utc};
use zeroize::Zeroizing;

/// Tells the time. Everything that depends on now asks here.
pub trait Clock: Send + Sync {
    /// Now.
    fn now(&self) -> DateTime<Utc>;
}

/// Why a secret cannot be had. Three different things for a person: no keyring at all, a locked one, and one that failed.
#[derive(Debug, thiserror::Error)]
pub enum SecretsError {
    /// This PC has no keyring service.
    #[error("no keyring service")]
    Missing,
    /// It is there but locked.
    #[error("the keyring is locked")]
    Locked,
    /// It failed otherwise; the text names no secret.
    #[error("the keyring failed: {0}")]
    Failed(String),
}

/// The operating system's keyring. Calls may block (the system may ask the person).
pub trait Secrets: Send + Sync {
    /// The secret under this name, if there is one.
    ///
    /// # Errors
    /// When the keyring is missing, locked or fails; an absent entry is `None`.
    fn get(&self, name: &str) -> Result<Option<Zeroizing<Vec<u8>>>, SecretsError>;
    /// Keeps a secret under this name.
    ///
    /// # Errors
    /// When the keyring is missing, locked or fails.
    fn set(&self, name: &str, secret: &[u8]) -> Result<(), SecretsError>;
    /// Forgets the secret under this name; forgetting an absent one is fine.
    ///
    /// # Errors
    /// When the keyring is missing, locked or fails.
    fn forget(&self, name: &str) -> Result<(), SecretsError>;
}

/// One native notification. It holds no personal data beyond a nickname.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Toast {
    /// What it is about, for example `lead:<id>`. A new toast on the same subject replaces the old one.
    pub subject: String,
    /// First line.
    pub title: String,
    /// Second line.
    pub body: String,
    /// It may interrupt.
    pub is_urgent: bool,
    /// Buttons: what they do and what they say. The first is also what a click on the toast does.
    pub actions: Vec<(ToastAction, String)>,
}

/// What a person did with a toast.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ToastAction {
    /// Open what it is about.
    Open,
    /// Mark it done.
    Done,
    /// Take the lead.
    Claim,
    /// Remind later.
    Snooze,
}

impl ToastAction {
    /// The word under which the notification server knows the button.
    pub fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Done => "done",
            Self::Claim => "claim",
            Self::Snooze => "snooze",
        }
    }

    /// The action for a word the notification server answered with. A click on the toast itself arrives as `default`.
    pub fn from_word(word: &str) -> Option<Self> {
        match word {
            "open" | "default" => Some(Self::Open),
            "done" => Some(Self::Done),
            "claim" => Some(Self::Claim),
            "snooze" => Some(Self::Snooze),
            _ => None,
        }
    }
}

/// Shows and withdraws native notifications. Must not block; a failure is logged, because the in-app list is the record.
pub trait Notifier: Send + Sync {
    /// Shows a toast, replacing one on the same subject.
    fn show(&self, toast: Toast);
    /// Takes the toast on this subject off the screen, if it is there.
    fn withdraw(&self, subject: &str);
}

/// Reaches the window.
pub trait Window: Send + Sync {
    /// Something under these topics changed; the window asks again for what it shows. No data travels here.
    fn changed(&self, topics: &[String]);
    /// Bring the window forward and go to this path, for example `/leads/<id>`.
    fn open(&self, path: &str);
    /// Opens the customer's own screen beside it, or closes it.
    fn show_display(&self, is_open: bool);
    /// Whether something on this PC takes numbers to dial. May ask the system, and block meanwhile.
    fn can_dial(&self) -> bool {
        false
    }
    /// Hands a number, `+` and digits, to what dials; whether it was taken.
    fn dial(&self, _number: &str) -> bool {
        false
    }
}
