//! The Secrets port on the system's keyring: Secret Service on Linux, Credential Manager on Windows, Keychain on macOS, each through
//! `keyring`. There is no other place for a secret: without a keyring the answer is `Missing`, never a file.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use desk_app::ports::{Secrets, SecretsError};
use keyring_core::{Entry, Error};
use zeroize::Zeroizing;

#[cfg_attr(target_os = "linux", path = "secrets/linux.rs")]
#[cfg_attr(not(target_os = "linux"), path = "secrets/built_in.rs")]
mod system;
#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests;

/// The keyring of the person who is signed in to this PC.
pub struct SystemKeyring {
    service: String,
}

impl SystemKeyring {
    /// The entries of this program; those of a desk with a home of its own are kept apart.
    pub fn new(home: Option<&Path>) -> Self {
        let service = home.map_or_else(
            || "aura-desk".to_owned(),
            |home| format!("aura-desk {}", home.display()),
        );
        Self { service }
    }

    /// Does something with an entry, on a thread of its own: the stores block on D-Bus, which must not happen on a thread of an
    /// asynchronous runtime (with zbus's tokio feature, which any crate of the build may switch on, it would panic there).
    fn with<T: Send>(&self, name: &str, work: impl Fn(&Entry) -> keyring_core::Result<T> + Send) -> Result<T, Outcome> {
        let done = std::thread::scope(|scope| scope.spawn(|| self.twice(name, work)).join());
        done.unwrap_or_else(|_| Err(Error::BadStoreFormat("the keyring's library panicked".into())))
            .map_err(outcome)
    }

    /// A keyring service that was restarted, or started after this program, answers nothing on the old connection: open it anew, once.
    fn twice<T>(&self, name: &str, work: impl Fn(&Entry) -> keyring_core::Result<T>) -> keyring_core::Result<T> {
        match self.entry(name).and_then(|entry| work(&entry)) {
            Err(Error::NoDefaultStore | Error::PlatformFailure(_)) => {
                system::reopen()?;
                work(&Entry::new(&self.service, name)?)
            }
            other => other,
        }
    }

    fn entry(&self, name: &str) -> keyring_core::Result<Entry> {
        // keyring opens this system's store at the first use, once per process; what it could not open may have been reopened since.
        if keyring::Entry::store_status().is_err() && keyring_core::get_default_store().is_none() {
            return Err(Error::NoDefaultStore);
        }
        Entry::new(&self.service, name)
    }
}

/// What an operation ended with, other than success.
enum Outcome {
    NoEntry,
    Error(SecretsError),
}

/// Never the error's `Debug` text: it can hold the bytes of a secret.
fn outcome(error: Error) -> Outcome {
    Outcome::Error(match error {
        Error::NoEntry => return Outcome::NoEntry,
        Error::NoDefaultStore => SecretsError::Missing,
        Error::NoStorageAccess(cause) if system::has_no_keyring(cause.as_ref()) => SecretsError::Missing,
        Error::NoStorageAccess(_) => SecretsError::Locked,
        Error::BadEncoding(_) | Error::BadDataFormat(..) => unreadable(),
        other => SecretsError::Failed(other.to_string()),
    })
}

fn unreadable() -> SecretsError {
    SecretsError::Failed("the entry is not one of ours".into())
}

impl Secrets for SystemKeyring {
    fn get(&self, name: &str) -> Result<Option<Zeroizing<Vec<u8>>>, SecretsError> {
        match self.with(name, |entry| entry.get_secret().map(Zeroizing::new)) {
            Ok(text) => BASE64
                .decode(text.as_slice())
                .map(|secret| Some(Zeroizing::new(secret)))
                .map_err(|_| unreadable()),
            Err(Outcome::NoEntry) => Ok(None),
            Err(Outcome::Error(error)) => Err(error),
        }
    }

    fn set(&self, name: &str, secret: &[u8]) -> Result<(), SecretsError> {
        // As text, because KDE's wallet keeps nothing else.
        let text = Zeroizing::new(BASE64.encode(secret));
        match self.with(name, |entry| entry.set_secret(text.as_bytes())) {
            Ok(()) => Ok(()),
            Err(Outcome::NoEntry) => Err(SecretsError::Failed("the keyring did not keep the entry".into())),
            Err(Outcome::Error(error)) => Err(error),
        }
    }

    fn forget(&self, name: &str) -> Result<(), SecretsError> {
        match self.with(name, |entry| entry.delete_credential()) {
            Ok(()) | Err(Outcome::NoEntry) => Ok(()),
            Err(Outcome::Error(error)) => Err(error),
        }
    }
}
