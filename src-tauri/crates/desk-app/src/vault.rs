//! Who may open this PC's cache: a small file sealed with a secret that lies in the keyring. Each person's entry holds the cache's key
//! sealed once more with their PIN, so the file, the keyring and a PIN are needed together. PINs are stored nowhere.

use std::{
    fs::{self, File},
    io::Write as _,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use argon2::{Algorithm, Argon2, Params, Version};
use chacha20poly1305::{KeyInit as _, XChaCha20Poly1305, XNonce, aead::Aead as _};
use desk_cache::Key;
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::{
    age::Contact,
    api::session::{ClinicDay, ClinicName, Role},
    error::{AppError, Code},
};

/// Wrong PINs before a pause.
pub const TRIES: u32 = 5;
/// The pause, in milliseconds.
pub const PAUSE_MS: i64 = 5 * 60 * 1000;
const NONCE: usize = 24;

/// The opened file.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Vault {
    /// What this PC is called.
    pub device: String,
    /// The clinic.
    pub clinic_id: Uuid,
    /// Its name, readable on the lock screen.
    pub clinic: ClinicName,
    /// Its zone and quiet hours as they were last seen, for the time before anyone unlocks.
    #[serde(default)]
    pub day: ClinicDay,
    /// The time without contact. None in the demo clinic, and in a file from before it was counted.
    #[serde(default)]
    pub contact: Option<Contact>,
    /// Where its database is; none in the demo clinic.
    pub server: Option<Server>,
    /// The people of this PC, first come first.
    pub people: Vec<Member>,
}

/// Where the clinic's database is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Server {
    /// Host name or address.
    pub host: String,
    /// Port.
    pub port: u16,
    /// Database.
    pub database: String,
    /// Certificate authority, PEM.
    pub ca: Option<String>,
}

/// One person of this PC.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Member {
    /// The person.
    pub id: Uuid,
    /// What colleagues call them.
    pub nickname: String,
    /// What they do.
    pub role: Role,
    /// Their PostgreSQL role; its password is in the keyring under this name.
    pub login: String,
    salt: Vec<u8>,
    sealed_key: Vec<u8>,
    wrong: u32,
    /// Milliseconds since 1970.
    pub paused_until: Option<i64>,
}

/// The secret that seals the file, from the keyring.
pub type DeviceSecret = Zeroizing<[u8; 32]>;

/// A fresh secret.
///
/// # Errors
/// When the operating system has no randomness.
pub fn new_secret() -> Result<DeviceSecret, AppError> {
    let mut bytes = Zeroizing::new([0; 32]);
    random(bytes.as_mut_slice())?;
    Ok(bytes)
}

impl Vault {
    /// Reads and opens the file.
    ///
    /// # Errors
    /// `keyring_empty` when the secret is not the file's, `cache_damaged` when the file is not readable.
    pub fn open(path: &Path, secret: &DeviceSecret) -> Result<Self, AppError> {
        let sealed = fs::read(path).map_err(|_| Code::CacheDamaged)?;
        let plain = unseal(secret, &sealed).ok_or(Code::KeyringEmpty)?;
        serde_json::from_slice(&plain).map_err(|_| Code::CacheNewer.into())
    }

    /// Seals and writes the file; an interrupted write leaves the old one.
    ///
    /// # Errors
    /// `disk_full` or `unexpected`.
    pub fn save(&self, path: &Path, secret: &DeviceSecret) -> Result<(), AppError> {
        let plain = Zeroizing::new(serde_json::to_vec(self).map_err(|_| Code::Unexpected)?);
        let sealed = seal(secret, &plain)?;
        write_whole(path, &sealed).map_err(|error| match error.kind() {
            std::io::ErrorKind::StorageFull => Code::DiskFull.into(),
            _ => Code::Unexpected.into(),
        })
    }

    /// Adds a person or gives them a new PIN.
    pub fn put(&mut self, member: Member) {
        self.people.retain(|other| other.id != member.id);
        self.people.push(member);
    }

    /// Tries a PIN at `now` (milliseconds since 1970) and counts a wrong one. Save the vault afterwards.
    ///
    /// # Errors
    /// `person_not_found`, `wrong_pin` (`left`), `pin_paused` (`until`).
    pub fn try_pin(&mut self, person: Uuid, pin: &str, now: i64) -> Result<Key, AppError> {
        let member = self.people.iter_mut().find(|member| member.id == person);
        let member = member.ok_or(Code::PersonNotFound)?;
        if let Some(until) = member.paused_until.filter(|until| *until > now) {
            // A clock that was ahead and was set right keeps nobody out for longer than a pause.
            let until = until.min(now.saturating_add(PAUSE_MS));
            member.paused_until = Some(until);
            return Err(AppError::new(Code::PinPaused).with("until", until));
        }
        match member.unseal(pin) {
            Some(key) => {
                (member.wrong, member.paused_until) = (0, None);
                Ok(key)
            }
            None => Err(member.count_wrong(now)),
        }
    }

    /// Takes over how often a person has mistaken their PIN, as it was counted on a copy.
    pub(crate) fn keep_tries(&mut self, counted: &Self, person: Uuid) {
        let is_them = |member: &&Member| member.id == person;
        let Some(counted) = counted.people.iter().find(is_them) else {
            return;
        };
        for member in self.people.iter_mut().filter(|member| member.id == person) {
            (member.wrong, member.paused_until) = (counted.wrong, counted.paused_until);
        }
    }
}

impl Member {
    /// A person with their PIN.
    ///
    /// # Errors
    /// `pin_weak`.
    pub fn new(id: Uuid, nickname: String, role: Role, login: String, pin: &str, key: &Key) -> Result<Self, AppError> {
        check_pin(pin)?;
        let mut salt = vec![0; 16];
        random(&mut salt)?;
        let sealed_key = seal(&pin_key(pin, &salt)?, key.bytes())?;
        Ok(Self {
            id,
            nickname,
            role,
            login,
            salt,
            sealed_key,
            wrong: 0,
            paused_until: None,
        })
    }

    fn unseal(&self, pin: &str) -> Option<Key> {
        let plain = unseal(&pin_key(pin, &self.salt).ok()?, &self.sealed_key)?;
        Some(Key::new(plain.as_slice().try_into().ok()?))
    }

    fn count_wrong(&mut self, now: i64) -> AppError {
        self.wrong += 1;
        if self.wrong >= TRIES {
            let until = now + PAUSE_MS;
            (self.wrong, self.paused_until) = (0, Some(until));
            return AppError::new(Code::PinPaused).with("until", until);
        }
        AppError::new(Code::WrongPin).with("left", TRIES - self.wrong)
    }
}

/// Four digits, not all alike and not a run.
///
/// # Errors
/// `pin_weak`.
pub fn check_pin(pin: &str) -> Result<(), AppError> {
    let digits: Vec<u8> = pin.bytes().filter(u8::is_ascii_digit).collect();
    let steps = |step: i16| {
        digits
            .iter()
            .zip(digits.iter().skip(1))
            .all(|(a, b)| i16::from(*b) - i16::from(*a) == step)
    };
    if pin.len() != 4 || digits.len() != 4 || steps(0) || steps(1) || steps(-1) {
        return Err(Code::PinWeak.into());
    }
    Ok(())
}

/// Argon2id with the parameters OWASP recommends for memory-bound machines (19 MiB, 2 passes).
fn pin_key(pin: &str, salt: &[u8]) -> Result<DeviceSecret, AppError> {
    let params = Params::new(19 * 1024, 2, 1, Some(32)).map_err(|_| Code::Unexpected)?;
    let mut key = Zeroizing::new([0; 32]);
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(pin.as_bytes(), salt, key.as_mut_slice())
        .map_err(|_| Code::Unexpected)?;
    Ok(key)
}

pub(crate) fn seal(secret: &DeviceSecret, plain: &[u8]) -> Result<Vec<u8>, AppError> {
    let mut nonce = [0; NONCE];
    random(&mut nonce)?;
    let cipher = XChaCha20Poly1305::new(secret.as_slice().into());
    let sealed = cipher
        .encrypt(XNonce::from_slice(&nonce), plain)
        .map_err(|_| Code::Unexpected)?;
    Ok([nonce.as_slice(), &sealed].concat())
}

pub(crate) fn unseal(secret: &DeviceSecret, sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let (nonce, sealed) = sealed.split_at_checked(NONCE)?;
    let cipher = XChaCha20Poly1305::new(secret.as_slice().into());
    cipher
        .decrypt(XNonce::from_slice(nonce), sealed)
        .ok()
        .map(Zeroizing::new)
}

fn random(bytes: &mut [u8]) -> Result<(), AppError> {
    getrandom::fill(bytes).map_err(|_| Code::Unexpected.into())
}

/// Writes a file so that an interruption leaves the one before.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    // Two at once would write into the same new file.
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _turn = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let beside: PathBuf = path.with_extension("new");
    let mut file = File::create(&beside)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(beside, path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vault(pin: &str, key: &Key) -> (Vault, Uuid) {
        let id = Uuid::from_u128(7);
        let member = Member::new(id, "นก".into(), Role::FrontDesk, "desk_1".into(), pin, key).unwrap();
        let clinic = ClinicName {
            th: "ออร่า".into(),
            en: "Aura".into(),
        };
        let vault = Vault {
            device: "PC-A".into(),
            clinic_id: id,
            clinic,
            day: ClinicDay::default(),
            contact: None,
            server: None,
            people: vec![member],
        };
        (vault, id)
    }

    #[test]
    fn the_right_pin_gives_the_key_and_a_wrong_one_counts() {
        let key = Key::random().unwrap();
        let (mut vault, id) = vault("2468", &key);
        assert_eq!(vault.try_pin(id, "0000", 0).unwrap_err().fields["left"], "4");
        assert_eq!(vault.try_pin(id, "2468", 0).unwrap().bytes(), key.bytes());
        assert_eq!(vault.try_pin(id, "0000", 0).unwrap_err().fields["left"], "4");
    }

    #[test]
    fn five_wrong_pins_pause_for_five_minutes_even_with_the_right_one() {
        let (mut vault, id) = vault("2468", &Key::random().unwrap());
        for _ in 0..TRIES {
            vault.try_pin(id, "1111", 1_000).unwrap_err();
        }
        assert_eq!(vault.try_pin(id, "2468", 1_000).unwrap_err().code, Code::PinPaused);
        assert!(vault.try_pin(id, "2468", 1_000 + PAUSE_MS).is_ok());
    }

    #[test]
    fn a_pause_under_a_clock_that_was_days_ahead_lasts_five_minutes_once_the_clock_is_right() {
        let (mut vault, id) = vault("2468", &Key::random().unwrap());
        let days_ahead = 5 * 24 * 3_600 * 1_000;
        for _ in 0..TRIES {
            vault.try_pin(id, "1111", days_ahead).unwrap_err();
        }
        let paused = vault.try_pin(id, "2468", 1_000).unwrap_err();
        assert_eq!(paused.fields["until"], (1_000 + PAUSE_MS).to_string());
        assert!(vault.try_pin(id, "2468", 1_000 + PAUSE_MS).is_ok());
    }

    #[test]
    fn the_file_opens_only_with_its_secret() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("vault.sealed");
        let secret = new_secret().unwrap();
        vault("2468", &Key::random().unwrap()).0.save(&path, &secret).unwrap();
        assert_eq!(Vault::open(&path, &secret).unwrap().device, "PC-A");
        let other = new_secret().unwrap();
        assert_eq!(Vault::open(&path, &other).unwrap_err().code, Code::KeyringEmpty);
        assert!(!fs::read(&path).unwrap().windows(4).any(|bytes| bytes == b"PC-A"));
    }

    #[test]
    fn easy_pins_are_refused() {
        for weak in ["1111", "1234", "4321", "12a4", "123", "12345", "๑๒๓๔"] {
            assert!(check_pin(weak).is_err(), "{weak}");
        }
        assert!(check_pin("2468").is_ok());
    }
}
