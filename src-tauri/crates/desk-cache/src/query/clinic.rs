//! The clinic itself.

use rusqlite::{Connection, OptionalExtension as _};

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
}

/// The clinic of this cache.
///
/// # Errors
/// What SQLite says.
pub fn get(connection: &Connection) -> Result<Option<Clinic>> {
    Ok(connection
        .prepare_cached(
            "SELECT coalesce(name_th, name_en, ''), coalesce(name_en, name_th, ''), coalesce(hot_lead_threshold, 70) FROM clinic LIMIT 1",
        )?
        .query_row([], |row| {
            Ok(Clinic {
                name_th: row.get(0)?,
                name_en: row.get(1)?,
                hot_lead_threshold: row.get(2)?,
            })
        })
        .optional()?)
}
