//! How often a person was interrupted within the last hour, and what gathered instead. Kept in the cache: a restart gives no new budget.

use std::collections::BTreeSet;

use desk_cache::{CacheError, choice, open::Reader};
use desk_core::toast::HOUR;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    desk::Desk,
    error::{AppError, Code},
};

const NAME: &str = "interruptions";

/// Of one person on this PC.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Interruptions {
    /// When toasts were shown, microseconds since 1970.
    pub(crate) at: Vec<i64>,
    /// Subjects that were over the budget and still want this person.
    pub(crate) gathered: BTreeSet<String>,
}

pub(crate) fn of(reader: &Reader<'_>, person: Uuid) -> Result<Interruptions, CacheError> {
    let kept = choice::get(reader, person, NAME)?;
    Ok(kept
        .and_then(|text| serde_json::from_str(&text).ok())
        .unwrap_or_default())
}

impl Interruptions {
    /// One more; those of more than an hour ago count no longer.
    pub(crate) fn add(&mut self, now: i64) {
        self.at.retain(|at| now.abs_diff(*at) < HOUR.unsigned_abs());
        self.at.push(now);
    }
}

impl Desk {
    /// Written before the toast is shown: a crash in between interrupts once less, not once more.
    pub(crate) async fn keep_interruptions(&self, person: Uuid, kept: &Interruptions) -> Result<(), AppError> {
        let text = serde_json::to_string(kept).map_err(|_| Code::Unexpected)?;
        self.with_cache(move |cache| choice::set(cache, person, NAME, &text))
            .await
    }
}
