//! The demo clinic: made-up people in a folder of its own, and a day of theirs. It needs no server and no keyring, because nothing in it is
//! true; its key is no secret. On another day it is made anew: a demo of yesterday has nothing to do today.

use std::{
    fs,
    path::{Path, PathBuf},
};

use chrono::{DateTime, Utc};
use desk_cache::{CacheError, Key, load::Loader};
use desk_core::{
    demo::Demo,
    synced::{self, SYNCED, Value},
};
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::{
    api::session::{ClinicName, Role},
    desk::Home,
    error::{AppError, Code},
    translate::as_cache_error,
    vault::{DeviceSecret, Member, Vault},
};

/// Customers of the demo clinic: enough to search in, few enough to be there at once.
pub const CUSTOMERS: usize = 2_000;
/// The same clinic on every PC.
const SEED: u64 = 2569;
/// Says of which day it is.
const DAY: &str = "day";
/// Its people, with the PINs that the lock screen shows.
const PEOPLE: [(&str, &str); 4] = [("นก", "2468"), ("บีม", "8642"), ("เมย์", "1357"), ("ดาว", "9753")];

fn secret() -> DeviceSecret {
    Zeroizing::new([0; 32])
}

/// Whether the demo clinic was made on this PC.
pub(crate) fn exists(folder: &Path) -> bool {
    folder.join("people.sealed").exists()
}

/// The demo clinic of this PC.
pub(crate) fn home(folder: PathBuf) -> Result<Home, AppError> {
    let vault = Vault::open(&folder.join("people.sealed"), &secret())?;
    Ok(Home {
        folder,
        vault,
        secret: secret(),
        is_demo: true,
    })
}

/// Whether the demo clinic is there and of the day of `now`.
pub(crate) fn is_of_today(folder: &Path, now: DateTime<Utc>) -> bool {
    let made = fs::read_to_string(folder.join(DAY)).unwrap_or_default();
    exists(folder) && made == Demo::at(SEED, 0, now).today().to_string()
}

/// Makes the demo clinic as it stands now, unless it is there and of today: what somebody did in it today stays.
pub(crate) fn prepare(folder: PathBuf, now: DateTime<Utc>) -> Result<Home, CacheError> {
    if !is_of_today(&folder, now) {
        make(&folder, &Demo::at(SEED, CUSTOMERS, now))?;
    }
    home(folder).map_err(as_cache_error)
}

fn make(folder: &Path, clinic: &Demo) -> Result<(), CacheError> {
    // All of it: a write-ahead log left behind would be taken for the new file's.
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    fs::create_dir_all(folder)?;
    let key = Key::random()?;
    let home = Home {
        folder: folder.to_owned(),
        vault: vault(clinic, &key).map_err(as_cache_error)?,
        secret: secret(),
        is_demo: true,
    };
    fill(&home, clinic, &key)?;
    fs::write(folder.join(DAY), clinic.today().to_string())?;
    // Written last: a demo clinic without it is made anew.
    home.save().map_err(as_cache_error)
}

fn fill(home: &Home, clinic: &Demo, key: &Key) -> Result<(), CacheError> {
    let loader = Loader::begin(&home.cache_path(), key)?;
    for table in SYNCED {
        let mut rows = loader.rows(table)?;
        for row in clinic.rows(table.name) {
            rows.add_values(&row)?;
        }
    }
    loader.finish(&home.vault.clinic_id.to_string(), &[], None)
}

fn vault(clinic: &Demo, key: &Key) -> Result<Vault, AppError> {
    let members = PEOPLE
        .iter()
        .map(|(nickname, pin)| {
            let id = clinic.staff_id(nickname).ok_or(Code::Unexpected)?;
            let role = Role::from_word(&word(clinic, "staff", "role", Some(id)));
            Member::new(id, (*nickname).to_owned(), role, String::new(), pin, key)
        })
        .collect::<Result<Vec<_>, AppError>>()?;
    let name = ClinicName {
        th: word(clinic, "clinic", "name_th", None),
        en: word(clinic, "clinic", "name_en", None),
    };
    let mut vault = Vault::new("PC-A".to_owned(), clinic.clinic_id(), name, None);
    vault.people = members;
    Ok(vault)
}

/// A text of the demo clinic: of the row with this key, or of the only row.
fn word(clinic: &Demo, noun: &str, column: &str, id: Option<Uuid>) -> String {
    let index = synced::named(noun).and_then(|table| table.columns.iter().position(|found| found.name == column));
    let row = clinic
        .rows(noun)
        .find(|row| id.is_none_or(|id| row.first() == Some(&Value::Uuid(id))));
    match row.zip(index).and_then(|(row, index)| row.into_iter().nth(index)) {
        Some(Value::Text(text)) => text,
        _ => String::new(),
    }
}
