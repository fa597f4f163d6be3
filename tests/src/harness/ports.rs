//! Stand-ins for the machine below `desk-app`, for a desk without the desktop shell: a clock that a test can move, a keyring in memory, and
//! a notification service that only remembers.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use chrono::{DateTime, Utc};
use desk_app::ports::{Clock, Notifier, Secrets, SecretsError, Toast};
use zeroize::Zeroizing;

/// A clock that runs, with an offset that a test can change.
#[derive(Default)]
pub struct TestClock(AtomicI64);

impl TestClock {
    /// Moves it forward.
    pub fn skip(&self, by: Duration) {
        self.0
            .fetch_add(i64::try_from(by.as_micros()).unwrap(), Ordering::SeqCst);
    }

    /// Makes it differ from the real time by so many seconds, below zero when it is late.
    pub fn differ(&self, seconds: i64) {
        self.0.store(seconds * 1_000_000, Ordering::SeqCst);
    }

    /// Makes it this instant (RFC 3339) now.
    pub fn set(&self, at: &str) {
        let wanted = DateTime::parse_from_rfc3339(at).unwrap().timestamp_micros();
        self.0.store(wanted - Utc::now().timestamp_micros(), Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now(&self) -> DateTime<Utc> {
        Utc::now() + chrono::Duration::microseconds(self.0.load(Ordering::SeqCst))
    }
}

/// A keyring in memory; it outlives a restart of the desk, as the real one does. Allowed in tests alone: the program has no place for a
/// secret but the system's keyring.
#[derive(Default)]
pub struct Memory(Mutex<HashMap<String, Vec<u8>>>);

impl Memory {
    /// Whether it holds nothing at all.
    pub fn is_empty(&self) -> bool {
        self.0.lock().unwrap().is_empty()
    }

    /// Another keyring with the same in it.
    #[must_use]
    pub fn copy(&self) -> Self {
        Self(Mutex::new(self.0.lock().unwrap().clone()))
    }
}

impl Secrets for Memory {
    fn get(&self, name: &str) -> Result<Option<Zeroizing<Vec<u8>>>, SecretsError> {
        Ok(self.0.lock().unwrap().get(name).cloned().map(Zeroizing::new))
    }
    fn set(&self, name: &str, secret: &[u8]) -> Result<(), SecretsError> {
        self.0.lock().unwrap().insert(name.into(), secret.into());
        Ok(())
    }
    fn forget(&self, name: &str) -> Result<(), SecretsError> {
        self.0.lock().unwrap().remove(name);
        Ok(())
    }
}

/// A keyring as files of a folder, for a desk whose process is killed: the real keyring is another process and lives on. Allowed in tests alone,
/// as [`Memory`] is.
pub struct Files(PathBuf);

impl Files {
    /// The keyring in this folder.
    #[must_use]
    pub fn in_folder(folder: &Path) -> Self {
        fs::create_dir_all(folder).unwrap();
        Self(folder.to_owned())
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.join(name.replace(' ', "-"))
    }
}

impl Secrets for Files {
    fn get(&self, name: &str) -> Result<Option<Zeroizing<Vec<u8>>>, SecretsError> {
        Ok(fs::read(self.file(name)).ok().map(Zeroizing::new))
    }
    fn set(&self, name: &str, secret: &[u8]) -> Result<(), SecretsError> {
        let beside = self.0.join("being-written");
        let written = fs::write(&beside, secret).and_then(|()| fs::rename(beside, self.file(name)));
        written.map_err(|error| SecretsError::Failed(error.to_string()))
    }
    fn forget(&self, name: &str) -> Result<(), SecretsError> {
        _ = fs::remove_file(self.file(name));
        Ok(())
    }
}

/// What was shown and withdrawn, in order.
#[derive(Default)]
pub struct Toasts {
    /// Every toast that was shown.
    pub shown: Mutex<Vec<Toast>>,
    /// The subject of every toast that was withdrawn.
    pub withdrawn: Mutex<Vec<String>>,
}

impl Notifier for Toasts {
    fn show(&self, toast: Toast) {
        self.shown.lock().unwrap().push(toast);
    }
    fn withdraw(&self, subject: &str) {
        self.withdrawn.lock().unwrap().push(subject.into());
    }
}
