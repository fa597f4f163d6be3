//! What is written down after its day, and months whose books are closed (rule L10). The database asks the same.

use chrono::{Days, Months, NaiveDate, NaiveTime};
use desk_core::day;
use rusqlite::{Connection, OptionalExtension as _};
use uuid::Uuid;

use super::{Action, Ledger, assign};
use crate::{
    error::{CacheError, Result},
    query::{clinic, policy},
};

/// Who may write down what was paid more than [`FREE_DAYS`] ago.
pub const LATE: [&str; 2] = ["owner", "manager"];

/// So many days back nobody is asked for a reason.
pub const FREE_DAYS: u64 = 7;

/// When a payment counts from, microseconds since 1970: noon of the day that was typed, or when it was done.
pub(super) fn counts_from(connection: &Connection, action: &Action) -> Result<i64> {
    let Some(typed) = action.text("paid_on") else {
        return Ok(action.at);
    };
    let paid: NaiveDate = typed.parse().map_err(|_| CacheError::Refused("value_not_allowed"))?;
    let today = policy::day_of(connection, action.at)?;
    check(connection, paid, today)?;
    let back = |days| today.checked_sub_days(Days::new(days)).unwrap_or(today);
    if paid < back(FREE_DAYS) {
        assign::require_role(connection, action, &LATE)?;
        action
            .text("late_reason")
            .ok_or(CacheError::Refused("reason_missing"))?;
    }
    let noon = NaiveTime::from_hms_opt(12, 0, 0).unwrap_or(NaiveTime::MIN);
    Ok(day::instant(paid, noon, clinic::zone(connection)?)
        .timestamp_micros()
        .min(action.at))
}

/// Whether a payment of this day can still be written down, whoever asks.
///
/// # Errors
/// [`CacheError::Refused`] when it cannot.
pub fn check(connection: &Connection, paid: NaiveDate, today: NaiveDate) -> Result<()> {
    let earliest = today.checked_sub_days(Days::new(366)).unwrap_or(today);
    if paid > today || paid < earliest {
        return Err(CacheError::Refused("date_out_of_range"));
    }
    if policy::closed_to(connection)?.is_some_and(|last| paid <= last) {
        return Err(CacheError::Refused("month_closed"));
    }
    Ok(())
}

/// What those do who answer for the clinic's promises and books.
pub(super) fn of_the_books(ledger: &Ledger<'_>, action: &Action) -> Result<()> {
    match action.name.as_str() {
        "policy.plan" => super::policy::plan(ledger, action),
        _ => apply(ledger, action),
    }
}

fn apply(ledger: &Ledger<'_>, action: &Action) -> Result<()> {
    let month = action.text("month").ok_or(CacheError::Refused("value_not_allowed"))?;
    let first: NaiveDate = format!("{month}-01")
        .parse()
        .map_err(|_| CacheError::Refused("value_not_allowed"))?;
    if action.name == "month.open" {
        assign::require_role(ledger.connection, action, &["owner"])?;
        return open(ledger, first);
    }
    assign::require_role(ledger.connection, action, &LATE)?;
    close(ledger, first, policy::day_of(ledger.connection, action.at)?)
}

fn close(ledger: &Ledger<'_>, first: NaiveDate, today: NaiveDate) -> Result<()> {
    let next = first.checked_add_months(Months::new(1)).unwrap_or(first);
    if next > today {
        return Err(CacheError::Refused("month_not_over"));
    }
    let last = next.pred_opt().unwrap_or(first);
    if policy::closed_to(ledger.connection)?.is_some_and(|closed| closed >= last) {
        return Ok(());
    }
    write(ledger, last)
}

fn open(ledger: &Ledger<'_>, first: NaiveDate) -> Result<()> {
    if policy::closed_to(ledger.connection)?.is_some_and(|closed| closed >= first) {
        write(ledger, first.pred_opt().unwrap_or(first))?;
    }
    Ok(())
}

fn write(ledger: &Ledger<'_>, last: NaiveDate) -> Result<()> {
    let id: Option<Uuid> = ledger
        .connection
        .prepare_cached("SELECT id FROM clinic LIMIT 1")?
        .query_row([], |row| row.get(0))
        .optional()?;
    let Some(id) = id else { return Ok(()) };
    ledger.touch("clinic", id)?;
    let sql = "UPDATE clinic SET books_closed_to = ?2 WHERE id = ?1";
    ledger.connection.prepare_cached(sql)?.execute((id, last.to_string()))?;
    Ok(())
}
