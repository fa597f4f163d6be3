//! Proves that the database has what the migrations made: tables, columns, constraints, indexes, triggers, policies, functions, privileges.

use sqlx::postgres::PgConnection;

use super::status;
use crate::{ClinicError, Result};

/// One thing that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// table, column, constraint, index, trigger, policy, function, execute, grant or migration.
    pub kind: String,
    /// Which one.
    pub name: String,
    /// `missing`, `changed: …` or `not ours`.
    pub what: String,
}

/// What the clinic was promised by name, whatever the inventory says.
const PROMISED: &str = "select kind, name, 'missing' from (select 'table' as kind, 'public.' || t as name, to_regclass('public.' || t) is not null as there from unnest(array['workflow_states', 'workflow_actions', \
   'task_queue', 'workflow_events', 'automation_rules', 'followup_rules', 'followup_executions', 'customer_preferences', 'followup_templates', 'customer_journey_events', 'loyalty_profiles', 'point_transactions', \
   'achievements', 'loyalty_rewards']) t \
 union all select 'index', 'public.' || i, to_regclass('public.' || i) is not null from unnest(array['idx_workflow_states_clinic_stage', 'idx_workflow_states_customer', 'idx_workflow_states_assigned_sales', \
   'idx_workflow_actions_workflow', 'idx_task_queue_assigned', 'idx_task_queue_priority', 'idx_workflow_events_workflow', 'idx_notifications_user_unread', 'idx_followup_rules_clinic_active', \
   'idx_followup_executions_scheduled', 'idx_followup_executions_customer', 'idx_customer_preferences_customer', 'idx_journey_events_customer', 'idx_loyalty_profiles_customer', 'idx_loyalty_profiles_referral', \
   'idx_point_transactions_customer', 'idx_workflow_states_updated', 'idx_workflow_actions_performed', 'idx_workflow_events_processed']) i \
 union all select 'column', 'public.notifications.' || c, exists (select 1 from pg_attribute where attrelid = 'public.notifications'::regclass and attname = c and not attisdropped) \
   from unnest(array['priority', 'action_url', 'read_at', 'expires_at', 'dismissed']) c) x where not there";

const DIFFERENCES: &str = "select coalesce(e.kind, i.kind), coalesce(e.name, i.name), case when i.name is null then 'missing' when e.name is null then 'not ours: ' || i.definition \
   else 'changed: ' || i.definition || ' instead of ' || e.definition end \
 from desk.expected e full join desk.inventory() i on i.kind = e.kind and i.name = e.name where e.definition is distinct from i.definition order by 1, 2";

/// Everything that is missing, changed or added among what is ours; nothing when all is well.
///
/// # Errors
/// `TooOld` before the first migration, `TooNew`, `Unreachable`.
pub async fn verify(conn: &mut PgConnection) -> Result<Vec<Problem>> {
    let steps = status(conn).await?;
    if steps.iter().all(|step| step.applied_at.is_none()) {
        return Err(ClinicError::TooOld);
    }
    let pending = steps.iter().filter(|step| step.applied_at.is_none());
    let mut problems: Vec<_> = pending
        .map(|step| Problem {
            kind: "migration".into(),
            name: format!("{} {}", step.version, step.name),
            what: "missing".into(),
        })
        .collect();
    for text in [PROMISED, DIFFERENCES] {
        let found: Vec<(String, String, String)> = sqlx::query_as(text).fetch_all(&mut *conn).await?;
        let new = found.into_iter().map(|(kind, name, what)| Problem { kind, name, what });
        for problem in new {
            if !problems
                .iter()
                .any(|known| known.kind == problem.kind && known.name == problem.name)
            {
                problems.push(problem);
            }
        }
    }
    Ok(problems)
}
