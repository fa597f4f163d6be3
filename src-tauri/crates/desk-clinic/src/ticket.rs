//! The one-time enrolment code that `desk-server staff add` prints and a desk pastes: where the database is and a secret that works once.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use thiserror::Error;
use uuid::Uuid;

use crate::connect::ConnectTo;

const PREFIX: &str = "AURA1-";
const LINK: &str = "aura://enrol/";

/// Why a pasted code cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum TicketError {
    /// It does not look like a code of ours at all.
    #[error("this is not an Aura Desk code")]
    NotACode,
    /// It starts like one but is incomplete or altered.
    #[error("this code is damaged: copy it again, whole")]
    Damaged,
    /// A later version of the server made it.
    #[error("this code needs a newer Aura Desk")]
    Newer,
}

/// What the code says.
#[derive(Clone, Serialize, Deserialize, PartialEq, Eq)]
pub struct EnrolmentTicket {
    /// Version of this layout: 1.
    v: u8,
    /// Host the desk connects to.
    #[serde(rename = "h")]
    pub host: String,
    /// Port.
    #[serde(rename = "p")]
    pub port: u16,
    /// Database.
    #[serde(rename = "d")]
    pub database: String,
    /// The login made for this person on this PC.
    #[serde(rename = "u")]
    pub login: String,
    /// The one-time secret.
    #[serde(rename = "s")]
    pub secret: String,
    /// The clinic, so that a PC of another one can decline before the secret is used up. Codes of earlier servers do not say.
    #[serde(rename = "c", default, skip_serializing_if = "Option::is_none")]
    pub clinic: Option<Uuid>,
    /// The certificate authority to trust, PEM.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca: Option<String>,
    /// When the secret stops working.
    #[serde(rename = "x", with = "chrono::serde::ts_seconds")]
    pub expires_at: DateTime<Utc>,
}

impl std::fmt::Debug for EnrolmentTicket {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EnrolmentTicket")
            .field("host", &self.host)
            .field("login", &self.login)
            .finish_non_exhaustive()
    }
}

impl EnrolmentTicket {
    /// A code for this way into this clinic; the password of `to` is the one-time secret.
    pub(crate) fn new(to: ConnectTo, clinic: Uuid, expires_at: DateTime<Utc>) -> Self {
        Self {
            v: 1,
            host: to.host,
            port: to.port,
            database: to.database,
            login: to.login,
            secret: to.password,
            clinic: Some(clinic),
            ca: to.ca,
            expires_at,
        }
    }

    /// The code as text: `AURA1-` and base64url.
    pub fn code(&self) -> String {
        let json = serde_json::to_vec(self).unwrap_or_default();
        format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(json))
    }

    /// The code as a link that opens the desk.
    pub fn link(&self) -> String {
        format!("{LINK}{}", self.code())
    }

    /// How to connect with the one-time secret.
    pub fn connect_to(&self) -> ConnectTo {
        self.connect_with(&self.secret)
    }

    /// How to connect with the password that the desk chose at enrolment.
    pub fn connect_with(&self, password: &str) -> ConnectTo {
        ConnectTo {
            host: self.host.clone(),
            port: self.port,
            database: self.database.clone(),
            login: self.login.clone(),
            password: password.to_owned(),
            ca: self.ca.clone(),
        }
    }
}

/// Reads a code or link, tolerating the line breaks and blanks that mail programs add.
///
/// # Errors
/// [`TicketError`], each with words a person can act on.
pub fn parse(text: &str) -> Result<EnrolmentTicket, TicketError> {
    let joined: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let code = joined.strip_prefix(LINK).unwrap_or(&joined).trim_end_matches('/');
    let Some(body) = code.strip_prefix(PREFIX) else {
        let newer = code
            .strip_prefix("AURA")
            .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
        return Err(if newer {
            TicketError::Newer
        } else {
            TicketError::NotACode
        });
    };
    let bytes = URL_SAFE_NO_PAD.decode(body).map_err(|_| TicketError::Damaged)?;
    let ticket: EnrolmentTicket = serde_json::from_slice(&bytes).map_err(|_| TicketError::Damaged)?;
    if ticket.v == 1 {
        Ok(ticket)
    } else {
        Err(TicketError::Newer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ticket() -> EnrolmentTicket {
        let expires = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let to = ConnectTo {
            host: "db.clinic.example".into(),
            port: 5432,
            database: "clinic".into(),
            login: "desk_abc".into(),
            password: "s3cret".into(),
            ca: None,
        };
        EnrolmentTicket::new(to, Uuid::from_u128(7), expires)
    }

    #[test]
    fn a_code_and_a_link_read_back_even_when_broken_over_lines() {
        let code = ticket().code();
        let (head, tail) = code.split_at(20);
        for text in [code.clone(), ticket().link(), format!("  {head}\r\n {tail}\n")] {
            assert!(parse(&text) == Ok(ticket()), "{text}");
        }
    }

    #[test]
    fn a_code_of_an_earlier_server_does_not_say_for_which_clinic() {
        let earlier = r#"{"v":1,"h":"db","p":5432,"d":"clinic","u":"desk_abc","s":"s3cret","x":1800000000}"#;
        let code = format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(earlier));
        assert_eq!(parse(&code).unwrap().clinic, None);
    }

    #[test]
    fn each_wrong_code_says_what_is_wrong() {
        assert_eq!(parse("hello").unwrap_err(), TicketError::NotACode);
        assert_eq!(parse("").unwrap_err(), TicketError::NotACode);
        assert_eq!(parse(&ticket().code()[..40]).unwrap_err(), TicketError::Damaged);
        assert_eq!(parse("AURA2-abc").unwrap_err(), TicketError::Newer);
    }

    #[test]
    fn its_debug_form_hides_the_secret() {
        assert!(!format!("{:?}", ticket()).contains("s3cret"));
    }
}
