//! First look at what was typed: the same limits as the database's, so that a person hears at once what the clinic would refuse.

use chrono::NaiveDate;
use desk_core::phone;

use crate::error::{AppError, Code};

/// Longest name, in characters.
pub(crate) const NAME: usize = 200;
/// Longest nickname, in characters.
pub(crate) const NICKNAME: usize = 60;
/// Longest note, in characters.
pub(crate) const LONG: usize = 2_000;

/// A text that must be there.
pub(crate) fn required(field: &str, text: &str, most: usize) -> Result<String, AppError> {
    optional(field, Some(text.to_owned()), most)?.ok_or_else(|| AppError::new(Code::TextEmpty).with("field", field))
}

/// A text that may be absent; blanks around it do not count.
pub(crate) fn optional(field: &str, text: Option<String>, most: usize) -> Result<Option<String>, AppError> {
    let text = text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    match &text {
        Some(text) if text.chars().count() > most => {
            Err(AppError::new(Code::TextTooLong).with("field", field).with("most", most))
        }
        _ => Ok(text),
    }
}

/// A phone number in any form; kept in the form in which people read it, so that Thai digits become ones the database takes.
pub(crate) fn phone(text: Option<String>) -> Result<Option<String>, AppError> {
    match optional("phone", text, 40)? {
        Some(typed) if phone::e164(&typed).is_none() => Err(AppError::new(Code::PhoneInvalid).with("field", "phone")),
        typed => Ok(typed.as_deref().map(phone::display)),
    }
}

/// An e-mail address: something, one @, a domain with a dot.
pub(crate) fn email(text: Option<String>) -> Result<Option<String>, AppError> {
    let text = optional("email", text, 254)?;
    let is_address = |text: &str| {
        text.split_once('@').is_some_and(|(name, domain)| {
            !name.is_empty()
                && !domain.contains('@')
                && !text.contains(char::is_whitespace)
                && domain
                    .split_once('.')
                    .is_some_and(|(host, end)| !host.is_empty() && !end.is_empty())
        })
    };
    match &text {
        Some(typed) if !is_address(typed) => Err(AppError::new(Code::EmailInvalid).with("field", "email")),
        _ => Ok(text),
    }
}

/// A birth date from 1900 to `today`, as `YYYY-MM-DD`.
pub(crate) fn birth_date(text: Option<String>, today: &str) -> Result<Option<String>, AppError> {
    let Some(text) = optional("birth_date", text, 10)? else {
        return Ok(None);
    };
    let is_date = NaiveDate::parse_from_str(&text, "%Y-%m-%d").is_ok() && text.len() == 10;
    if is_date && text.as_str() >= "1900-01-01" && text.as_str() <= today {
        Ok(Some(text))
    } else {
        Err(AppError::new(Code::DateOutOfRange).with("field", "birth_date"))
    }
}

/// One of a few words.
pub(crate) fn one_of(field: &str, text: Option<String>, allowed: &[&str]) -> Result<Option<String>, AppError> {
    let text = optional(field, text, 40)?;
    match &text {
        Some(word) if !allowed.contains(&word.as_str()) => {
            Err(AppError::new(Code::ValueNotAllowed).with("field", field))
        }
        _ => Ok(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_are_nothing_and_too_much_is_refused() {
        assert_eq!(optional("note", Some("  ".into()), 5).unwrap(), None);
        assert_eq!(
            optional("note", Some("ก".repeat(6)), 5).unwrap_err().code,
            Code::TextTooLong
        );
        assert_eq!(required("text", " ", 5).unwrap_err().code, Code::TextEmpty);
    }

    #[test]
    fn addresses_numbers_and_dates_that_cannot_be_are_refused() {
        for bad in ["a", "a@b", "@b.c", "a@b@c.d", "a b@c.d"] {
            assert!(email(Some(bad.into())).is_err(), "{bad}");
        }
        assert!(email(Some("ploy.s@gmail.com".into())).is_ok());
        assert!(phone(Some("hello".into())).is_err());
        assert_eq!(
            phone(Some("๐๘๑ ๒๓๔๕๖๗๘".into())).unwrap().as_deref(),
            Some("081-234-5678")
        );
        for bad in ["2569-01-01", "1899-12-31", "2026-02-30", "01/02/2000"] {
            assert!(birth_date(Some(bad.into()), "2026-10-01").is_err(), "{bad}");
        }
    }
}
