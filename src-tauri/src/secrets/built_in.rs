//! Windows and macOS: the keyring is part of the system and cannot be absent. Written, not yet tried there.

use std::error::Error as StdError;

use keyring_core::Error;

/// There is nothing to open anew.
///
/// # Errors
/// Always: the first error stands.
pub fn reopen() -> keyring_core::Result<()> {
    Err(Error::BadStoreFormat("the system's keyring does not answer".into()))
}

/// It is always there.
pub fn has_no_keyring(_: &(dyn StdError + Send + Sync + 'static)) -> bool {
    false
}
