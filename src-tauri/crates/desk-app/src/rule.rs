//! What managers can do with the clinic's automation rules. Rules are in the cache like everything; whom one would touch and what each has done
//! is asked of the clinic itself.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use chrono::Days;
use desk_cache::{
    CacheError,
    open::Reader,
    query::{customer, followup, rule, staff, trial},
};
use desk_clinic::{
    ClinicError,
    connect::{self, PgConnection},
    rule as clinic,
};
use desk_core::{
    day,
    rule::{self as say, STAGES, TASK_KINDS},
};
use serde_json::json;
use uuid::Uuid;

use crate::{
    api::{
        Nothing, Saved,
        rule::{
            FollowupChoice, RuleAsk, RuleBackfill, RuleDryRun, RuleFigure, RuleFigures, RuleRow, RuleRows, RuleSave,
            RuleShare, RuleState, RuleSwitch, RuleTouched, StageChoice,
        },
        task::CustomerRef,
    },
    desk::Desk,
    error::{AppError, Code},
    row,
};

/// A dry run over a large clinic takes some seconds.
const PATIENCE: Duration = Duration::from_secs(30);

/// How many journeys a dry run shows.
const SHOWN: usize = 50;

impl Desk {
    /// Every rule, and what there is to choose from.
    ///
    /// # Errors
    /// As listed at [`RuleRows`].
    pub async fn rule_list(self: &Arc<Self>, _: Nothing) -> Result<RuleRows, AppError> {
        self.only_heads().await?;
        self.read(|reader| {
            let rows = rule::all(reader)?.into_iter().map(rule_row).collect();
            Ok(RuleRows {
                rows,
                stages: STAGES.iter().map(stage_choice).collect(),
                task_kinds: TASK_KINDS.map(str::to_owned).to_vec(),
                followups: followup_choices(reader)?,
            })
        })
        .await
    }

    /// What each rule did within the last 30 days.
    ///
    /// # Errors
    /// As listed at [`RuleFigures`].
    pub async fn rule_figures(self: &Arc<Self>, _: Nothing) -> Result<RuleFigures, AppError> {
        self.only_heads().await?;
        if self.is_demo() {
            return Ok(RuleFigures { rows: vec![] });
        }
        let found = self.ask_clinic(async |conn| clinic::figures(conn).await).await?;
        let rows = found.into_iter().map(figure).collect();
        Ok(RuleFigures { rows })
    }

    /// Makes a rule or changes one.
    ///
    /// # Errors
    /// As listed at [`RuleSave`].
    pub async fn rule_save(self: &Arc<Self>, request: RuleSave) -> Result<Saved, AppError> {
        let name = request.name.trim();
        if let Some(field) = say::problem(name, request.delay_minutes, &request.conditions, &request.target) {
            return Err(AppError::new(Code::RuleInvalid).with("field", field));
        }
        let (word, data) = request.target.written();
        let id = request.id.unwrap_or_else(Uuid::now_v7);
        let args = json!({
            "id": id, "expected": request.expected, "name": name, "trigger_stage": request.trigger_stage, "trigger_action": request.trigger_action,
            "delay_minutes": request.delay_minutes, "conditions": request.conditions, "target_action": word, "target_data": data,
        });
        self.act(Uuid::now_v7(), "rule.save", args, id).await
    }

    /// Switches a rule on from now, or off.
    ///
    /// # Errors
    /// As listed at [`RuleSwitch`].
    pub async fn rule_switch(self: &Arc<Self>, request: RuleSwitch) -> Result<Saved, AppError> {
        let args = json!({ "id": request.id, "expected": request.expected, "active": request.active });
        self.act(Uuid::now_v7(), "rule.switch", args, request.id).await
    }

    /// Whom a rule would touch now.
    ///
    /// # Errors
    /// As listed at [`RuleAsk`].
    pub async fn rule_dry_run(self: &Arc<Self>, request: RuleAsk) -> Result<RuleDryRun, AppError> {
        self.only_heads().await?;
        let id = request.id;
        let said = if self.is_demo() {
            self.try_here(id).await?
        } else {
            self.ask_clinic(async move |conn| clinic::dry_run(conn, id).await)
                .await?
        };
        let can_backfill = !self.is_demo();
        self.read(move |reader| dry_run(reader, said, can_backfill)).await
    }

    /// Switches a rule on, and has it done to those that the dry run showed.
    ///
    /// # Errors
    /// As listed at [`RuleBackfill`].
    pub async fn rule_backfill(self: &Arc<Self>, request: RuleBackfill) -> Result<Saved, AppError> {
        let args =
            json!({ "id": request.id, "expected": request.expected, "count": request.count, "digest": request.digest });
        self.act(Uuid::now_v7(), "rule.backfill", args, request.id).await
    }

    pub(crate) async fn only_heads(&self) -> Result<(), AppError> {
        let me = self.me()?;
        let role = self
            .read(move |reader| Ok(staff::one(reader, me)?.map(|person| person.role)))
            .await?;
        match role.as_deref() {
            Some("owner" | "manager") => Ok(()),
            _ => Err(Code::RoleNotAllowed.into()),
        }
    }

    /// Asks as the signed-in person, over a connection of its own.
    pub(crate) async fn ask_clinic<T>(
        &self,
        question: impl AsyncFnOnce(&mut PgConnection) -> Result<T, ClinicError>,
    ) -> Result<T, AppError> {
        let me = self.me()?;
        let home = self.state().home.clone().ok_or(Code::Locked)?;
        let login = self.login(&home, me)?;
        let answer = async {
            let mut conn = connect::connect(&connect::options(&login)).await?;
            question(&mut conn).await
        };
        match tokio::time::timeout(PATIENCE, answer).await {
            Ok(answer) => Ok(answer?),
            Err(_) => Err(Code::ClinicUnreachable.into()),
        }
    }

    /// The demo clinic has nobody to ask: out of what this file knows.
    async fn try_here(&self, id: Uuid) -> Result<clinic::DryRun, AppError> {
        let today = day::date(self.now(), self.zone());
        self.read(move |reader| {
            let rule = rule::one(reader, id)?.ok_or(CacheError::Refused("rule_not_found"))?;
            let says = say::read(&rule.conditions, &rule.target_action, &rule.target_data);
            let (conditions, target) = says.ok_or(CacheError::Refused("rule_invalid"))?;
            let days = conditions.not_visited_days.map(u64::from);
            let since = days.and_then(|days| Some(today.checked_sub_days(Days::new(days))?.to_string()));
            let plan = match &target {
                say::Target::PlanFollowup(plan) => trial::plan(reader, plan.followup_rule)?,
                say::Target::CreateTask(_) | say::Target::Notify(_) | say::Target::Move(_) => None,
            };
            let candidates = trial::in_stage(reader, &rule.trigger_stage, &today.to_string())?;
            let verdicts = candidates.iter().map(|one| {
                let (why, channel) = one.verdict(&conditions, since.as_deref(), &target, plan.as_ref());
                (one, why, channel)
            });
            Ok(summed(rule.version, verdicts))
        })
        .await
    }
}

fn summed<'a>(
    version: i64,
    verdicts: impl Iterator<Item = (&'a trial::Candidate, &'static str, Option<String>)>,
) -> clinic::DryRun {
    let (mut by, mut out, mut rows, mut count) = (BTreeMap::new(), BTreeMap::new(), vec![], 0);
    for (one, why, channel) in verdicts {
        if why != "yes" {
            *out.entry(why).or_insert(0) += 1;
            continue;
        }
        count += 1;
        *by.entry(channel.clone()).or_insert(0) += 1;
        if rows.len() < SHOWN {
            rows.push(clinic::Touched {
                journey_id: one.journey,
                customer_id: one.customer,
                entered_at: row::millis(one.since),
                channel,
            });
        }
    }
    clinic::DryRun {
        version,
        count,
        digest: String::new(),
        by: by
            .into_iter()
            .map(|(channel, count)| clinic::Share { channel, count })
            .collect(),
        left_out: out
            .into_iter()
            .map(|(why, count)| clinic::LeftOut {
                why: why.to_owned(),
                count,
            })
            .collect(),
        rows,
    }
}

fn rule_row(rule: rule::Rule) -> RuleRow {
    let says = say::read(&rule.conditions, &rule.target_action, &rule.target_data);
    let (conditions, target) = says.unzip();
    RuleRow {
        state: state(&rule),
        id: rule.id,
        name: rule.name,
        trigger_stage: rule.trigger_stage,
        trigger_action: rule.trigger_action,
        delay_minutes: rule.delay_minutes,
        conditions,
        target,
        active_from: rule.active_from.map(row::millis),
        version: rule.version,
        problem: rule.problem,
        is_waiting: rule.is_waiting,
    }
}

fn state(rule: &rule::Rule) -> RuleState {
    match (&rule.problem, rule.is_active, rule.active_from) {
        (Some(_), ..) => RuleState::Broken,
        (None, true, Some(_)) => RuleState::On,
        (None, true, None) => RuleState::Unstarted,
        (None, false, _) => RuleState::Off,
    }
}

fn stage_choice(stage: &say::Stage) -> StageChoice {
    let owned = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
    StageChoice {
        stage: stage.word.to_owned(),
        led_by: owned(stage.led_by),
        moves: owned(stage.moves),
    }
}

fn followup_choices(reader: &Reader<'_>) -> Result<Vec<FollowupChoice>, CacheError> {
    let rules = followup::rules(reader)?.into_iter();
    Ok(rules.map(|(id, name)| FollowupChoice { id, name }).collect())
}

fn figure(figures: clinic::Figures) -> RuleFigure {
    RuleFigure {
        id: figures.rule,
        did: figures.did,
        passed_over: figures.passed_over,
        waiting: figures.waiting,
        failed: figures.failed,
        last_did_at: figures.last_did_at,
        last_error: figures.last_error,
    }
}

/// Names come from this PC: the clinic answers with keys alone.
fn dry_run(reader: &Reader<'_>, said: clinic::DryRun, can_backfill: bool) -> Result<RuleDryRun, CacheError> {
    let rows = said.rows.into_iter().map(|touched| {
        Ok(RuleTouched {
            journey_id: touched.journey_id,
            customer: customer_ref(reader, touched.customer_id)?,
            entered_at: touched.entered_at,
            channel: touched.channel,
        })
    });
    let share = |word: Option<String>, count| word.map(|word| RuleShare { word, count });
    Ok(RuleDryRun {
        version: said.version,
        count: said.count,
        digest: said.digest,
        by: said
            .by
            .into_iter()
            .filter_map(|by| share(by.channel, by.count))
            .collect(),
        left_out: said
            .left_out
            .into_iter()
            .filter_map(|out| share(Some(out.why), out.count))
            .collect(),
        rows: rows.collect::<Result<_, CacheError>>()?,
        can_backfill,
    })
}

fn customer_ref(reader: &Reader<'_>, id: Uuid) -> Result<Option<CustomerRef>, CacheError> {
    let preference = customer::preference(reader, id)?;
    Ok(customer::profile(reader, id)?.map(|profile| CustomerRef {
        id: profile.id,
        full_name: profile.full_name,
        nickname: profile.nickname,
        do_not_contact: preference.is_some_and(|preference| preference.do_not_contact),
    }))
}
