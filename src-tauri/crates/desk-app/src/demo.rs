//! The demo clinic: made-up people in a folder of its own. It needs no server and no keyring, because nothing in it is true; its key is no secret.

use std::{fs, path::{Path, PathBuf}};

use desk_cache::{CacheError, Key, load::Loader};
use desk_core::{demo, synced::SYNCED};
use zeroize::Zeroizing;

use crate::{
    api::session::{ClinicName, Role},
    desk::Home,
    error::AppError,
    start::as_cache_error,
    vault::{DeviceSecret, Member, Vault},
};

/// Customers of the demo clinic: enough to search in, few enough to be there at once.
pub const CUSTOMERS: u32 = 2_000;
/// The same clinic on every PC.
const SEED: u64 = 2569;

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
    Ok(Home { folder, vault, secret: secret(), is_demo: true })
}

/// Makes the demo clinic unless it is there, as of `today` (`YYYY-MM-DD`).
pub(crate) fn prepare(folder: PathBuf, today: &str) -> Result<Home, CacheError> {
    if !exists(&folder) {
        make(&folder, today)?;
    }
    home(folder).map_err(as_cache_error)
}

fn make(folder: &Path, today: &str) -> Result<(), CacheError> {
    fs::create_dir_all(folder)?;
    let clinic = demo::Clinic::new(SEED, CUSTOMERS, today).ok_or(CacheError::Damaged)?;
    let key = Key::random()?;
    let home = Home {
        folder: folder.to_owned(),
        vault: vault(&clinic, &key).map_err(as_cache_error)?,
        secret: secret(),
        is_demo: true,
    };
    fill(&home, &clinic, &key)?;
    // Written last: a demo clinic without it is made anew.
    home.save().map_err(as_cache_error)
}

fn fill(home: &Home, clinic: &demo::Clinic, key: &Key) -> Result<(), CacheError> {
    let loader = Loader::begin(&home.cache_path(), key)?;
    for table in SYNCED {
        let mut rows = loader.rows(table)?;
        for row in clinic.rows(table.number) {
            rows.add_values(&row)?;
        }
    }
    loader.finish(&home.vault.clinic_id.to_string(), &[])
}

fn vault(clinic: &demo::Clinic, key: &Key) -> Result<Vault, AppError> {
    let people = demo::PEOPLE
        .iter()
        .map(|person| {
            let role = Role::from_word(person.role);
            Member::new(clinic.person(person.nickname), person.nickname.to_owned(), role, String::new(), person.pin, key)
        })
        .collect::<Result<Vec<_>, _>>()?;
    Ok(Vault {
        device: "PC-A".to_owned(),
        clinic_id: clinic.id(),
        clinic: ClinicName { th: demo::NAME_TH.to_owned(), en: demo::NAME_EN.to_owned() },
        server: None,
        people,
    })
}
