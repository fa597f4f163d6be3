//! How trouble of the machine and of the inner crates becomes an error with a sentence in the window.

use desk_cache::CacheError;
use desk_clinic::{ClinicError, ticket::TicketError};

use crate::{
    error::{AppError, Code},
    ports::SecretsError,
};

impl From<SecretsError> for AppError {
    fn from(error: SecretsError) -> Self {
        match error {
            SecretsError::Missing => Code::KeyringMissing.into(),
            SecretsError::Locked => Code::KeyringLocked.into(),
            SecretsError::Failed(text) => {
                tracing::error!(text, "keyring");
                Code::KeyringMissing.into()
            }
        }
    }
}

impl From<TicketError> for AppError {
    fn from(_: TicketError) -> Self {
        Code::CodeMalformed.into()
    }
}

impl From<ClinicError> for AppError {
    fn from(error: ClinicError) -> Self {
        let code = match &error {
            ClinicError::Unreachable(_) | ClinicError::Retry(_) => Code::ClinicUnreachable,
            ClinicError::AuthRefused => Code::LoginRefused,
            ClinicError::LoginEnded => Code::AccessEnded,
            ClinicError::Tls => Code::CertificateRefused,
            ClinicError::Refused { code, .. } => Code::from_word(code).unwrap_or(Code::Unexpected),
            ClinicError::TooOld | ClinicError::TooNew | ClinicError::Answer(_) => Code::SchemaMismatch,
            ClinicError::Ticket(_) => Code::CodeMalformed,
            _ => Code::Unexpected,
        };
        let answer = Self::new(code);
        tracing::warn!(ref_id = answer.ref_id, %error, "clinic");
        answer
    }
}

/// Trouble with the demo's own files counts as trouble with a cache.
pub(crate) fn as_cache_error(error: AppError) -> CacheError {
    match error.code {
        Code::DiskFull => CacheError::DiskFull,
        _ => CacheError::Damaged,
    }
}
