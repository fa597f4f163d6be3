//! Where things are kept: the program's local data folder. Local and not roaming, because a cache that travels between PCs would be two.

use std::fs::DirBuilder;
use std::path::{Path, PathBuf, absolute};

use tauri::{AppHandle, Manager as _};

/// The home that `AURA_DESK_HOME` names, for tests and for a second desk on one PC: data, log, window state and web data stay below it, and
/// the keyring's entries carry its path.
pub fn own_home() -> Option<PathBuf> {
    let home = std::env::var_os("AURA_DESK_HOME").filter(|home| !home.is_empty())?;
    absolute(home).ok()
}

/// The data folder, made when missing and closed to other people of this PC.
///
/// # Errors
/// When the system names no such folder or it cannot be made.
pub fn data(app: &AppHandle, home: Option<&Path>) -> tauri::Result<PathBuf> {
    let data = match home {
        Some(home) => home.to_path_buf(),
        None => app.path().app_local_data_dir()?,
    };
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(&data)?;
    Ok(data)
}
