//! The clinic itself.

use desk_core::{
    day::{self, Tz},
    opening::{Hours, USUAL_WEEK},
    payment::promptpay::Payee,
};
use rusqlite::{Connection, OptionalExtension as _};

use super::closed_day;
use crate::error::Result;

/// What the desk needs to know of its clinic.
#[derive(Clone, Debug)]
pub struct Clinic {
    /// Thai name.
    pub name_th: String,
    /// English name.
    pub name_en: String,
    /// Score from which a lead is hot.
    pub hot_lead_threshold: i64,
    /// Name of its zone, as the clinic wrote it.
    pub timezone: String,
    /// Start and end of its quiet hours, `HH:MM`.
    pub quiet: Option<(String, String)>,
    /// Days without contact after which a PC locks; none in a file that was loaded before the clinic could say.
    pub days_unseen: Option<i64>,
}

/// The clinic of this cache.
///
/// # Errors
/// What SQLite says.
pub fn get(connection: &Connection) -> Result<Option<Clinic>> {
    Ok(connection
        .prepare_cached(
            "SELECT coalesce(name_th, name_en, ''), coalesce(name_en, name_th, ''), coalesce(hot_lead_threshold, 70),
                    coalesce(timezone, ''), quiet_from, quiet_to, days_unseen FROM clinic LIMIT 1",
        )?
        .query_row([], |row| {
            let quiet: (Option<String>, Option<String>) = (row.get(4)?, row.get(5)?);
            Ok(Clinic {
                name_th: row.get(0)?,
                name_en: row.get(1)?,
                hot_lead_threshold: row.get(2)?,
                timezone: row.get(3)?,
                quiet: quiet.0.zip(quiet.1),
                days_unseen: row.get(6)?,
            })
        })
        .optional()?)
}

/// Whom the clinic's PromptPay codes pay; none where it has not said.
///
/// # Errors
/// What SQLite says.
pub fn promptpay(connection: &Connection) -> Result<Option<Payee>> {
    let found: Option<Option<String>> = connection
        .prepare_cached("SELECT promptpay_id FROM clinic LIMIT 1")?
        .query_row([], |row| row.get(0))
        .optional()?;
    Ok(found.flatten().and_then(|id| Payee::read(&id)))
}

/// The clinic's zone; the usual one where it names none that is known.
///
/// # Errors
/// What SQLite says.
pub fn zone(connection: &Connection) -> Result<Tz> {
    let clinic = get(connection)?;
    Ok(clinic
        .and_then(|clinic| day::zone(&clinic.timezone))
        .unwrap_or(day::USUAL_ZONE))
}

/// When the clinic is open; the usual hours where it names none that can be read.
///
/// # Errors
/// What SQLite says.
pub fn hours(connection: &Connection) -> Result<Hours> {
    let zone = zone(connection)?;
    let hours = Hours::read(&week(connection)?, zone).unwrap_or_else(|| Hours::usual(zone));
    Ok(hours.but_closed(closed_day::days(connection)?))
}

/// The document of the week's hours; the usual one where the clinic names none that can be read.
///
/// # Errors
/// What SQLite says.
pub fn week(connection: &Connection) -> Result<String> {
    let found: Option<Option<String>> = connection
        .prepare_cached("SELECT opening FROM clinic LIMIT 1")?
        .query_row([], |row| row.get(0))
        .optional()?;
    let read = |document: &String| Hours::read(document, day::USUAL_ZONE).is_some();
    Ok(found.flatten().filter(read).unwrap_or_else(|| USUAL_WEEK.to_owned()))
}

/// After how many opening minutes a lead that nobody takes is passed to the next person, and told to the managers.
///
/// # Errors
/// What SQLite says.
pub fn lead_limits(connection: &Connection) -> Result<(i64, i64)> {
    let found = connection
        .prepare_cached("SELECT coalesce(pass_lead_after, 5), coalesce(raise_lead_after, 15) FROM clinic LIMIT 1")?
        .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    Ok(found.unwrap_or((5, 15)))
}
