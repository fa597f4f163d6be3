//! Lists of tasks in the order in which a person does them. The order comes from a few facts of each task, out of an index; a row, with names,
//! notes and reasons, is read only of those that are looked at.

use desk_cache::{
    CacheError,
    open::Reader,
    query::task::{self, Standing},
};
use desk_core::{
    order::{self, Facts, WokenBy},
    priority::Priority,
    task as kinds,
};
use uuid::Uuid;

use crate::{api::task::TaskRow, row};

/// Rows that come along with a list: more than a window shows.
const FIRST: usize = 30;

/// Which open tasks.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Awake {
    /// Those that are to do now.
    Now,
    /// Of these the calls to somebody who may be called.
    Calls,
    /// Those that sleep.
    Later,
}

/// Open tasks, everyone's or one person's, most urgent first. `now` in microseconds since 1970, `today` the clinic's day.
pub(crate) fn open(
    reader: &Reader<'_>,
    today: &str,
    person: Option<Uuid>,
    which: Awake,
    now: i64,
) -> Result<Vec<Uuid>, CacheError> {
    let is_asleep = which == Awake::Later;
    let mut tasks = task::standing(reader, today, person, is_asleep, now)?;
    if which == Awake::Calls {
        tasks.retain(|task| kinds::is_call(&task.kind) && task.customer_id.is_some() && !task.do_not_contact);
    }
    order::sort(&mut tasks, |task| facts(task, now), row::utc(now));
    Ok(tasks.into_iter().map(|task| task.id).collect())
}

/// The first rows of a list.
pub(crate) fn first(reader: &Reader<'_>, ids: &[Uuid], today: &str, now: i64) -> Result<Vec<TaskRow>, CacheError> {
    rows(reader, ids.iter().take(FIRST), today, now)
}

/// The rows of these tasks; of those that are gone none.
pub(crate) fn rows<'a>(
    reader: &Reader<'_>,
    ids: impl Iterator<Item = &'a Uuid>,
    today: &str,
    now: i64,
) -> Result<Vec<TaskRow>, CacheError> {
    let read = |id: &Uuid| Ok(task::one(reader, today, *id)?.map(|task| row::task(task, now)));
    ids.filter_map(|id| read(id).transpose()).collect()
}

fn facts(task: &Standing, now: i64) -> Facts {
    let woke = task.snoozed_until.filter(|until| *until <= now);
    let because = task.woken_by.as_deref().and_then(WokenBy::from_word);
    Facts {
        id: task.id,
        kind: task.kind.clone(),
        priority: Priority::from_word(&task.priority),
        due: task.due_at.map(row::utc),
        woke: woke.map(|at| (row::utc(at), because)),
        booked_today: task.booked_today.clone(),
        unanswered: task.unanswered,
        do_not_contact: task.do_not_contact,
        // It says what a task is about and moves nothing.
        stage: None,
    }
}
