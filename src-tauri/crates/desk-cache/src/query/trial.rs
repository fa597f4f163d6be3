//! Whom a rule would touch, out of what this file knows: for the demo clinic, which has no database to ask. The words are those of `desk.rule_verdicts`.

use desk_core::{
    rule::{Conditions, Target},
    task,
};
use rusqlite::{Connection, Row};
use uuid::Uuid;

use super::list;
use crate::error::Result;

/// A journey in a rule's stage, and what a rule may ask about it.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// The journey.
    pub journey: Uuid,
    /// Whose.
    pub customer: Uuid,
    /// Microseconds since 1970 since when, as far as is known.
    pub since: i64,
    has_seller: bool,
    has_beautician: bool,
    is_expected: bool,
    kind: String,
    tags: String,
    last_visit: Option<String>,
    open_tasks: String,
    no_contact: bool,
    wants_offers: bool,
    preferred: String,
    phone: Option<String>,
    email: Option<String>,
    line: Option<String>,
}

fn candidate(row: &Row<'_>) -> rusqlite::Result<Candidate> {
    Ok(Candidate {
        journey: row.get(0)?,
        customer: row.get(1)?,
        since: row.get(2)?,
        has_seller: row.get(3)?,
        has_beautician: row.get(4)?,
        is_expected: row.get(5)?,
        kind: row.get(6)?,
        tags: row.get(7)?,
        last_visit: row.get(8)?,
        open_tasks: row.get(9)?,
        no_contact: row.get(10)?,
        wants_offers: row.get(11)?,
        preferred: row.get(12)?,
        phone: row.get(13)?,
        email: row.get(14)?,
        line: row.get(15)?,
    })
}

/// The journeys in a stage, those that entered last first.
///
/// # Errors
/// What SQLite says.
pub fn in_stage(connection: &Connection, stage: &str, today: &str) -> Result<Vec<Candidate>> {
    let sql = "SELECT j.id, c.id, coalesce(j.updated_at, j.created_at, 0), j.sales_id IS NOT NULL, j.beautician_id IS NOT NULL,
             EXISTS (SELECT 1 FROM appointment a WHERE a.customer_id = c.id AND a.date >= ?2 AND a.status IN ('scheduled', 'confirmed')),
             coalesce(c.customer_type, ''), coalesce(c.tags, '[]'), c.last_visit_date,
             coalesce((SELECT group_concat(t.task_type) FROM task t WHERE t.journey_id = j.id AND t.status IN ('pending', 'in_progress')), ''),
             coalesce(p.do_not_contact, 0), coalesce(p.marketing_opt_in, 0), coalesce(p.preferred_channels, ''), c.phone, c.email, c.line_name
           FROM journey j JOIN customer c ON c.id = j.customer_id LEFT JOIN preference p ON p.customer_id = c.id
           WHERE j.stage = ?1 ORDER BY 3 DESC, j.id";
    list(connection, sql, (stage, today), candidate)
}

/// The follow-up rule behind a target: its kind and its channels.
///
/// # Errors
/// What SQLite says.
pub fn plan(connection: &Connection, id: Uuid) -> Result<Option<(String, Vec<String>)>> {
    let sql = "SELECT coalesce(type, ''), coalesce(channels, '[]') FROM followup_rule WHERE id = ?1 AND active = 1";
    let make = |row: &Row<'_>| Ok((row.get(0)?, words(&row.get::<_, String>(1)?)));
    Ok(list(connection, sql, [id], make)?.pop())
}

fn words(json: &str) -> Vec<String> {
    serde_json::from_str(json).unwrap_or_default()
}

impl Candidate {
    /// `yes` and through what, or why not. `away_since`: the day before which the last visit must have been, if that is asked.
    pub fn verdict(
        &self,
        conditions: &Conditions,
        away_since: Option<&str>,
        target: &Target,
        plan: Option<&(String, Vec<String>)>,
    ) -> (&'static str, Option<String>) {
        if !self.meets(conditions, away_since) {
            return ("condition", None);
        }
        let word = |recipient| {
            serde_json::to_value(recipient)
                .ok()
                .and_then(|word| Some(word.as_str()?.to_owned()))
        };
        match (target, plan) {
            (Target::CreateTask(task), _) if self.has_task(&task.kind) => ("has_task", None),
            (Target::CreateTask(task), _) if self.no_contact && task::is_call(&task.kind) => ("do_not_contact", None),
            (Target::CreateTask(task), _) => ("yes", word(task.to)),
            (Target::Notify(notice), _) => ("yes", word(notice.to)),
            (Target::Move(_), _) => ("yes", None),
            (Target::PlanFollowup(_), None) => ("followup_off", None),
            (Target::PlanFollowup(_), Some((kind, channels))) => self.reach(kind, channels),
        }
    }

    fn has_task(&self, kind: &str) -> bool {
        self.open_tasks.split(',').any(|open| open == kind)
    }

    fn meets(&self, asked: &Conditions, away_since: Option<&str>) -> bool {
        let is = |asked: Option<bool>, has: bool| asked.is_none_or(|asked| asked == has);
        let tags = words(&self.tags);
        let was_here = |since: &str| self.last_visit.as_deref().is_some_and(|last| last > since);
        is(asked.seller, self.has_seller)
            && is(asked.beautician, self.has_beautician)
            && is(asked.appointment, self.is_expected)
            && (asked.types.is_empty() || asked.types.contains(&self.kind))
            && (asked.tags.is_empty() || asked.tags.iter().any(|tag| tags.contains(tag)))
            && !away_since.is_some_and(was_here)
            && !asked.without_task.as_deref().is_some_and(|kind| self.has_task(kind))
    }

    fn reach(&self, kind: &str, channels: &[String]) -> (&'static str, Option<String>) {
        let is_offer = matches!(
            kind,
            "upsell_opportunity" | "loyalty_reward" | "birthday_special" | "inactive_reactivation"
        );
        if self.no_contact {
            return ("do_not_contact", None);
        }
        if is_offer && !self.wants_offers {
            return ("no_consent", None);
        }
        let has = |address: &Option<String>| address.as_deref().is_some_and(|address| !address.is_empty());
        let open = channels.iter().filter(|channel| match channel.as_str() {
            "email" => has(&self.email),
            "line" => has(&self.line),
            "in_app" => false,
            _ => has(&self.phone),
        });
        let preferred = words(&self.preferred);
        let best = open.min_by_key(|channel| !preferred.is_empty() && !preferred.contains(channel));
        best.map_or(("no_channel", None), |channel| ("yes", Some(channel.clone())))
    }
}
