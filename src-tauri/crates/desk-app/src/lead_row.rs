//! From what the cache knows of a lead to what a row shows: how long it has waited in opening time, what happens when nobody takes it, and
//! what its score is made of.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use desk_cache::{
    CacheError, alert,
    open::Reader,
    query::{
        clinic,
        lead::{self, Lead, Someone},
        staff,
    },
};
use desk_core::{lead as core, opening::Hours};
use uuid::Uuid;

use crate::{
    api::{
        lead::{Escalation, LeadClock, LeadFactor, LeadRow, LeadScore, Odds},
        task::{Reason, StaffRef},
    },
    row::{facts, millis, shown_phone},
    told,
};

/// Facts of a score that are shown.
const FACTORS: usize = 6;
/// Facts of a score in the line of a row.
const REASONS: usize = 2;
const MINUTE: i64 = 60_000;

/// Everything a row of a lead depends on besides the lead.
pub(crate) struct Rules {
    now: DateTime<Utc>,
    hours: Hours,
    /// Opening minutes until the next person and until the managers.
    limits: (i64, i64),
    threshold: i64,
    manager: Option<StaffRef>,
    odds: HashMap<(String, String), Odds>,
    /// Until when the person is not reminded, by subject.
    rests: HashMap<String, i64>,
}

impl Rules {
    pub(crate) fn read(reader: &Reader<'_>, me: Uuid, now: DateTime<Utc>) -> Result<Self, CacheError> {
        let threshold = clinic::get(reader)?.map_or(70, |clinic| clinic.hot_lead_threshold);
        let odds = |found: lead::Odds| {
            let odds = Odds {
                bought: found.bought,
                of: found.of,
            };
            ((found.factor, found.value), odds)
        };
        let rest = |(subject, alert): (String, alert::Alert)| Some((subject, alert.next_at?));
        Ok(Self {
            now,
            hours: clinic::hours(reader)?,
            limits: clinic::lead_limits(reader)?,
            threshold,
            manager: staff::managers(reader)?.into_iter().next().map(|colleague| StaffRef {
                id: colleague.id,
                nickname: colleague.nickname,
                role: colleague.role,
            }),
            odds: lead::odds(reader)?.into_iter().map(odds).collect(),
            rests: alert::all(reader, me)?.into_iter().filter_map(rest).collect(),
        })
    }

    pub(crate) fn row(&self, lead: Lead) -> LeadRow {
        let score = self.score(&lead);
        let rest = self.rests.get(&told::lead_subject(lead.id));
        LeadRow {
            reasons: reasons(&lead, score.as_ref(), self.now.timestamp_micros()),
            score,
            clock: self.clock(&lead),
            escalation: self.escalation(&lead),
            id: lead.id,
            customer_id: lead.customer_id,
            name: lead.name,
            phone: shown_phone(lead.phone.as_deref()),
            email: lead.email,
            source: lead.source,
            message: lead.message,
            is_hot: lead.is_hot,
            status: lead.status,
            claimed_by: lead.claimed_by.map(person),
            claimed_at: lead.claimed_at.map(millis),
            created_at: millis(lead.created_at),
            answered_at: lead.answered_at.map(millis),
            answered_by: lead.answered_by.map(person),
            outcome: lead.outcome,
            next_at: lead.next_at.map(millis),
            notes: lead.notes,
            snoozed_until: rest
                .filter(|at| **at > self.now.timestamp_micros())
                .map(|at| millis(*at)),
            is_waiting: lead.is_waiting,
        }
    }

    /// The clock runs from the lead's arrival to its first answer.
    pub(crate) fn clock(&self, lead: &Lead) -> LeadClock {
        let since = at(lead.created_at);
        match lead.answered_at {
            Some(answered) => LeadClock {
                waited: self.hours.between(since, at(answered)).num_milliseconds(),
                at: millis(answered),
                is_running: false,
                turns_at: None,
            },
            None => {
                let clock = self.hours.clock(since, self.now);
                LeadClock {
                    waited: clock.elapsed.num_milliseconds(),
                    at: self.now.timestamp_millis(),
                    is_running: clock.is_running,
                    turns_at: clock.turns_at.map(|turns| turns.timestamp_millis()),
                }
            }
        }
    }

    fn escalation(&self, lead: &Lead) -> Escalation {
        Escalation {
            pass_after: self.limits.0 * MINUTE,
            raise_after: self.limits.1 * MINUTE,
            passed_to: lead.passed_to.clone().map(person),
            passed_at: lead.passed_at.map(millis),
            manager: self.manager.clone(),
            raised_at: lead.raised_at.map(millis),
        }
    }

    fn score(&self, lead: &Lead) -> Option<LeadScore> {
        let (low, high) = lead.range?;
        let mut factors: Vec<LeadFactor> = core::factors(lead.factors.as_deref())
            .into_iter()
            .map(|factor| self.factor(factor))
            .collect();
        factors.truncate(FACTORS);
        Some(LeadScore {
            score: lead.score?,
            low,
            high,
            threshold: self.threshold,
            factors,
            all: self.odds_of("", "").unwrap_or(Odds { bought: 0, of: 0 }),
        })
    }

    fn factor(&self, factor: core::Factor) -> LeadFactor {
        let value = factor.value.as_deref();
        let odds = value.and_then(|value| match factor.factor.as_str() {
            "source" => self.odds_of("source", value),
            other => self.odds_of(other, ""),
        });
        LeadFactor {
            odds,
            factor: factor.factor,
            value: factor.value,
            weight: factor.weight,
        }
    }

    fn odds_of(&self, factor: &str, value: &str) -> Option<Odds> {
        self.odds.get(&(factor.to_owned(), value.to_owned())).copied()
    }
}

/// Why a lead is where it is: since when, that its next step has come, then what is known of it. Sentences of an older score stand for a score without parts.
fn reasons(lead: &Lead, score: Option<&LeadScore>, now: i64) -> Vec<Reason> {
    let mut reasons = vec![Reason::WaitingSince {
        at: millis(lead.created_at),
    }];
    let next = lead.next_at.filter(|next| *next <= now && lead.status == "claimed");
    reasons.extend(next.map(|next| Reason::Overdue { since: millis(next) }));
    let known = score.iter().flat_map(|score| &score.factors);
    let known: Vec<&LeadFactor> = known.filter(|factor| factor.value.is_some()).collect();
    if known.is_empty() {
        let sentences = facts(lead.reasons.as_deref()).into_iter();
        reasons.extend(sentences.map(|text| Reason::Fact { text }));
    }
    reasons.extend(
        known
            .into_iter()
            .take(REASONS)
            .map(|factor| Reason::Lead { factor: factor.clone() }),
    );
    reasons
}

fn at(micros: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(micros).unwrap_or_default()
}

fn person((id, nickname, role): Someone) -> StaffRef {
    StaffRef { id, nickname, role }
}
