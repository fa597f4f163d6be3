//! Brings the file to the newest schema. Forward only; a newer file is refused; a copy is kept beside it before anything changes.

use std::path::Path;

use rusqlite::{Connection, Transaction};

use crate::{
    error::{CacheError, Result},
    search,
};

/// One step: its SQL and what only Rust can do after it.
struct Step {
    sql: &'static str,
    makes: Makes,
}

/// What a step makes. A load takes no steps: see [`crate::schema`].
enum Makes {
    /// Tables and columns.
    Tables,
    /// Indexes, and those that only Rust can make.
    Indexes(fn(&Transaction<'_>) -> Result<()>),
}

const STEPS: &[Step] = &[
    Step {
        sql: include_str!("../../../../migrations/cache/20261122090000_create_nouns.sql"),
        makes: Makes::Tables,
    },
    Step {
        sql: include_str!("../../../../migrations/cache/20261122090100_create_search.sql"),
        makes: Makes::Tables,
    },
    Step {
        sql: include_str!("../../../../migrations/cache/20261122090200_index_nouns.sql"),
        makes: Makes::Indexes(|transaction| Ok(search::create_indexes(transaction)?)),
    },
    Step {
        sql: include_str!("../../../../migrations/cache/20261122120000_keep_action_order.sql"),
        makes: Makes::Tables,
    },
    Step {
        sql: include_str!("../../../../migrations/cache/20261122130000_remember_undo.sql"),
        makes: Makes::Tables,
    },
    Step {
        sql: include_str!("../../../../migrations/cache/20261122140000_keep_alerts.sql"),
        makes: Makes::Tables,
    },
    Step {
        sql: include_str!("../../../../migrations/cache/20261128096000_add_contact_limit.sql"),
        makes: Makes::Tables,
    },
    Step {
        sql: include_str!("../../../../migrations/cache/20261128130000_add_opening.sql"),
        makes: Makes::Tables,
    },
    Step {
        sql: include_str!("../../../../migrations/cache/20261128110000_create_visits.sql"),
        makes: Makes::Tables,
    },
    Step {
        sql: include_str!("../../../../migrations/cache/20261128110200_hold_notifications.sql"),
        makes: Makes::Tables,
    },
    Step {
        sql: include_str!("../../../../migrations/cache/20261128110100_index_visits.sql"),
        makes: Makes::Indexes(|_| Ok(())),
    },
    Step {
        sql: include_str!("../../../../migrations/cache/20261128120000_know_task_work.sql"),
        makes: Makes::Tables,
    },
    Step {
        sql: include_str!("../../../../migrations/cache/20261128120100_index_contacts.sql"),
        makes: Makes::Indexes(|_| Ok(())),
    },
    Step {
        sql: include_str!("../../../../migrations/cache/20261128140000_keep_rules.sql"),
        makes: Makes::Tables,
    },
    Step {
        sql: include_str!("../../../../migrations/cache/20261128150000_keep_lots.sql"),
        makes: Makes::Tables,
    },
    Step {
        sql: include_str!("../../../../migrations/cache/20261128150100_index_lots.sql"),
        makes: Makes::Indexes(|_| Ok(())),
    },
    Step {
        sql: include_str!("../../../../migrations/cache/20261128100000_rule_journeys.sql"),
        makes: Makes::Tables,
    },
    Step {
        sql: include_str!("../../../../migrations/cache/20261128100100_index_journeys.sql"),
        makes: Makes::Indexes(|_| Ok(())),
    },
    Step {
        sql: include_str!("../../../../migrations/cache/20261128130100_add_lead_answers.sql"),
        makes: Makes::Tables,
    },
    Step {
        sql: include_str!("../../../../migrations/cache/20261129080000_hold_arriving.sql"),
        makes: Makes::Tables,
    },
    Step {
        sql: include_str!("../../../../migrations/cache/20261129100000_keep_payments.sql"),
        makes: Makes::Tables,
    },
    Step {
        sql: include_str!("../../../../migrations/cache/20261129100100_index_payments.sql"),
        makes: Makes::Indexes(|_| Ok(())),
    },
    Step {
        sql: include_str!("../../../../migrations/cache/20261129120000_dismiss_alerts.sql"),
        makes: Makes::Tables,
    },
    Step {
        sql: include_str!("../../../../migrations/cache/20261130110000_keep_referrals.sql"),
        makes: Makes::Tables,
    },
    Step {
        sql: include_str!("../../../../migrations/cache/20261130110100_index_referrals.sql"),
        makes: Makes::Indexes(|_| Ok(())),
    },
    Step {
        sql: include_str!("../../../../migrations/cache/20261130090000_keep_coupons.sql"),
        makes: Makes::Tables,
    },
    Step {
        sql: include_str!("../../../../migrations/cache/20261130090100_index_coupons.sql"),
        makes: Makes::Indexes(|_| Ok(())),
    },
    Step {
        sql: include_str!("../../../../migrations/cache/20261130101000_keep_policies.sql"),
        makes: Makes::Tables,
    },
    Step {
        sql: include_str!("../../../../migrations/cache/20261201400000_keep_achievements.sql"),
        makes: Makes::Tables,
    },
    Step {
        sql: include_str!("../../../../migrations/cache/20261201101000_index_lists.sql"),
        makes: Makes::Indexes(|_| Ok(())),
    },
    Step {
        sql: include_str!("../../../../migrations/cache/20261201200000_keep_approvals.sql"),
        makes: Makes::Tables,
    },
    Step {
        sql: include_str!("../../../../migrations/cache/20261201200100_index_approvals.sql"),
        makes: Makes::Indexes(|_| Ok(())),
    },
    Step {
        sql: include_str!("../../../../migrations/cache/20261201300000_keep_merges.sql"),
        makes: Makes::Tables,
    },
    Step {
        sql: include_str!("../../../../migrations/cache/20261201300100_index_merges.sql"),
        makes: Makes::Indexes(|_| Ok(())),
    },
    Step {
        sql: include_str!("../../../../migrations/cache/20261202200000_hold_prepayments.sql"),
        makes: Makes::Tables,
    },
    Step {
        sql: include_str!("../../../../migrations/cache/20261202301000_know_redemptions.sql"),
        makes: Makes::Tables,
    },
    Step {
        sql: include_str!("../../../../migrations/cache/20261205100000_keep_bonuses.sql"),
        makes: Makes::Tables,
    },
    Step {
        sql: include_str!("../../../../migrations/cache/20261205200000_know_ended_lots.sql"),
        makes: Makes::Tables,
    },
    Step {
        sql: include_str!("../../../../migrations/cache/20261206101000_explain_points.sql"),
        makes: Makes::Tables,
    },
    Step {
        sql: include_str!("../../../../migrations/cache/20261206400000_keep_discounts.sql"),
        makes: Makes::Tables,
    },
];

/// Migrates an opened file to the newest schema.
pub(crate) fn run(connection: &Connection, path: &Path) -> Result<()> {
    let found = version(connection)?;
    let known = STEPS.len();
    if found > known {
        return Err(CacheError::Newer {
            found: as_number(found),
            known: as_number(known),
        });
    }
    if found > 0 && found < known {
        keep_copy(connection, path, found)?;
    }
    advance(connection)
}

/// Takes the steps that are missing.
pub(crate) fn advance(connection: &Connection) -> Result<()> {
    let missing = STEPS.iter().enumerate().skip(version(connection)?);
    missing.into_iter().try_for_each(|(number, step)| {
        let transaction = connection.unchecked_transaction()?;
        make(&transaction, step)?;
        transaction.pragma_update(None, "user_version", as_number(number + 1))?;
        Ok(transaction.commit()?)
    })
}

/// Notes that a file made out of the newest schema is of it.
pub(crate) fn mark_newest(connection: &Connection) -> Result<()> {
    Ok(connection.pragma_update(None, "user_version", as_number(STEPS.len()))?)
}

fn make(transaction: &Transaction<'_>, step: &Step) -> Result<()> {
    transaction.execute_batch(step.sql)?;
    match step.makes {
        Makes::Tables => Ok(()),
        Makes::Indexes(after) => after(transaction),
    }
}

pub(crate) fn version(connection: &Connection) -> Result<usize> {
    let version: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    Ok(usize::try_from(version).unwrap_or(usize::MAX))
}

fn as_number(version: usize) -> i64 {
    i64::try_from(version).unwrap_or(i64::MAX)
}

/// `VACUUM INTO` writes a copy with the same key; an older copy of the same schema is replaced.
fn keep_copy(connection: &Connection, path: &Path, found: usize) -> Result<()> {
    let copy = path.with_extension(format!("before-{}", found + 1));
    if copy.exists() {
        std::fs::remove_file(&copy)?;
    }
    connection.execute("VACUUM INTO ?1", [copy.to_string_lossy()])?;
    Ok(())
}
