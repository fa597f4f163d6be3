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
    /// The cache's key, sealed with the keyring's secret alone, while nobody is left whose PIN opens it: what waits here would be lost without it
    /// when a new code brings somebody.
    #[serde(default)]
    kept_key: Option<Vec<u8>>,
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
    /// The clinic has ended their login here: nothing of this PC opens to them until a new code makes another entry.
    #[serde(default)]
    pub(crate) ended: bool,
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
    /// A PC of a clinic without people, for them to come to.
    pub(crate) fn new(device: String, clinic_id: Uuid, clinic: ClinicName, server: Option<Server>) -> Self {
        Self {
            device,
            clinic_id,
            clinic,
            day: ClinicDay::default(),
            contact: None,
            server,
            people: vec![],
            kept_key: None,
        }
    }

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
        self.kept_key = None;
    }

    /// Whether the clinic has ended this person's login here.
    pub(crate) fn has_ended(&self, person: Uuid) -> bool {
        self.people.iter().any(|member| member.id == person && member.ended)
    }

    /// Those whose login it has ended.
    pub(crate) fn ended(&self) -> Vec<Uuid> {
        let ended = self.people.iter().filter(|member| member.ended);
        ended.map(|member| member.id).collect()
    }

    /// Whether it has ended everybody's: this PC opens by a new code only.
    pub(crate) fn is_left_by_all(&self) -> bool {
        !self.people.is_empty() && self.people.iter().all(|member| member.ended)
    }

    /// The clinic has ended this login of a person: their PIN opens nothing any more. `key` is the cache's, where it is open. Whether that is news.
    ///
    /// # Errors
    /// `unexpected`.
    pub(crate) fn end(
        &mut self,
        person: Uuid,
        login: &str,
        key: Option<&Key>,
        secret: &DeviceSecret,
    ) -> Result<bool, AppError> {
        let them = |member: &&mut Member| member.id == person && member.login == login && !member.ended;
        let Some(member) = self.people.iter_mut().find(them) else {
            return Ok(false);
        };
        member.ended = true;
        if let (true, Some(key)) = (self.is_left_by_all(), key) {
            self.kept_key = Some(seal(secret, key.bytes())?);
        }
        // The last copy of the key stays, sealed with their PIN, which this program takes for nothing but to give the key to a new code.
        if !self.is_left_by_all() || self.kept_key.is_some() {
            let ended = self.people.iter_mut().filter(|member| member.ended);
            ended.for_each(|member| member.sealed_key.clear());
        }
        Ok(true)
    }

    /// The cache's key for whoever comes with a new code to a PC that nobody is left at; `pin` may be that of who has it last.
    pub(crate) fn key_for_code(&self, pin: &str, secret: &DeviceSecret) -> Option<Key> {
        let kept = self.kept_key.as_ref().and_then(|kept| unseal(secret, kept));
        let kept = kept.and_then(|plain| Some(Key::new(plain.as_slice().try_into().ok()?)));
        kept.or_else(|| self.people.iter().find_map(|member| member.unseal(pin)))
    }

    /// Somebody whose login has ended has typed their PIN. It opens nothing, and nobody learns whether it was right; but the key that it holds is
    /// kept for a new code.
    pub(crate) fn keep_key(&mut self, person: Uuid, pin: &str, secret: &DeviceSecret) -> Result<(), AppError> {
        let them = self.people.iter().find(|member| member.id == person && member.ended);
        if let Some(key) = them.and_then(|member| member.unseal(pin)) {
            self.kept_key = Some(seal(secret, key.bytes())?);
        }
        Ok(())
    }

    /// Tries a PIN at `now` (milliseconds since 1970) and counts a wrong one. Save the vault afterwards.
    ///
    /// # Errors
    /// `person_not_found`, `login_ended`, `access_ended` where nobody is left, `wrong_pin` (`left`), `pin_paused` (`until`).
    pub fn try_pin(&mut self, person: Uuid, pin: &str, now: i64) -> Result<Key, AppError> {
        if self.has_ended(person) {
            let is_left = self.is_left_by_all();
            return Err(if is_left { Code::AccessEnded } else { Code::LoginEnded }.into());
        }
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

    /// Takes over how often a person has mistaken their PIN, as it was counted on a copy, and the key that it has freed for a new code.
    pub(crate) fn keep_tries(&mut self, counted: &Self, person: Uuid) {
        if self.is_left_by_all() && counted.kept_key.is_some() {
            self.kept_key.clone_from(&counted.kept_key);
        }
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
            ended: false,
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
        let mut vault = Vault::new("PC-A".into(), id, clinic, None);
        vault.put(member);
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
    fn whose_login_has_ended_opens_nothing_and_a_new_code_finds_the_key() {
        let (key, secret) = (Key::random().unwrap(), new_secret().unwrap());
        let (mut open, id) = vault("2468", &key);
        let mut closed = open.clone();
        assert!(!open.end(id, "desk_2", Some(&key), &secret).unwrap(), "another login");
        assert!(open.end(id, "desk_1", Some(&key), &secret).unwrap());
        assert!(!open.end(id, "desk_1", Some(&key), &secret).unwrap(), "no news");
        assert_eq!(open.try_pin(id, "2468", 0).unwrap_err().code, Code::AccessEnded);
        assert!(open.people[0].unseal("2468").is_none(), "their PIN holds no key");
        assert_eq!(open.key_for_code("1357", &secret).unwrap().bytes(), key.bytes());
        // At the lock screen after a start nobody knows the key but the PIN.
        assert!(closed.end(id, "desk_1", None, &secret).unwrap());
        assert!(closed.key_for_code("1357", &secret).is_none());
        closed.keep_key(id, "2468", &secret).unwrap();
        assert_eq!(closed.try_pin(id, "2468", 0).unwrap_err().code, Code::AccessEnded);
        assert_eq!(closed.key_for_code("1357", &secret).unwrap().bytes(), key.bytes());
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
