//! The Secret Service (GNOME Keyring, KDE Wallet, KeePassXC) on the session bus.

use std::error::Error as StdError;

use keyring_core::{Error, set_default_store};
use zbus_secret_service_keyring_store::Store;

/// Connects to the service anew.
///
/// # Errors
/// `NoDefaultStore` when there is no session bus or no such service on it.
pub fn reopen() -> keyring_core::Result<()> {
    let store = Store::new().map_err(|error| {
        tracing::warn!(%error, "no keyring service");
        Error::NoDefaultStore
    })?;
    set_default_store(store);
    Ok(())
}

/// The service is there and has not one keyring to put an entry into.
pub fn has_no_keyring(cause: &(dyn StdError + Send + Sync + 'static)) -> bool {
    matches!(cause.downcast_ref(), Some(secret_service::Error::NoResult))
}
