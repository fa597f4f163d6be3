//! Behind each synced noun of [`desk_core::synced`]: the PostgreSQL table and the expression of each column, in the same order.
//! Expressions are typed for binary COPY (uuid, text, int8, bool, timestamptz); [`crate::feed`] wraps the same ones for JSON.
//! What is not named here is not granted to desks either (migration `grant_access`).

use desk_core::synced::{Kind, SYNCED, Table};

/// One noun in PostgreSQL.
#[derive(Debug)]
pub struct Source {
    /// Its number in the feed.
    pub number: i16,
    /// The table, aliased `r` in the expressions.
    pub from: &'static str,
    /// The column behind `id`.
    pub key: &'static str,
    /// One expression a column.
    pub columns: &'static [(&'static str, &'static str)],
}

/// Every synced noun.
pub const SOURCES: &[Source] = &[
    Source {
        number: 1,
        from: "public.customers",
        key: "id",
        columns: &[
            ("id", "r.id"),
            ("code", "r.customer_code::text"),
            ("full_name", "r.full_name::text"),
            ("nickname", "r.nickname::text"),
            ("phone", "r.phone::text"),
            ("email", "r.email::text"),
            (
                "line_name",
                "coalesce(r.metadata ->> 'line_name', r.metadata ->> 'lineDisplayName', r.metadata ->> 'line_display_name')",
            ),
            ("birth_date", "r.date_of_birth::text"),
            ("gender", "r.gender::text"),
            ("status", "r.status::text"),
            ("customer_type", "r.customer_type::text"),
            ("source", "r.source::text"),
            ("allergies", "r.allergies::text"),
            ("notes", "r.notes::text"),
            ("tags", "r.tags::text"),
            ("assigned_sales_id", "r.assigned_sales_id"),
            ("first_visit_date", "r.first_visit_date::text"),
            ("last_visit_date", "r.last_visit_date::text"),
            ("created_at", "r.created_at"),
            ("updated_at", "r.updated_at"),
        ],
    },
    Source {
        number: 2,
        from: "public.workflow_states",
        key: "id",
        columns: &[
            ("id", "r.id"),
            ("customer_id", "r.customer_id"),
            ("stage", "r.current_stage::text"),
            ("sales_id", "r.assigned_sales_id"),
            ("beautician_id", "r.assigned_beautician_id"),
            ("treatment_plan", "r.treatment_plan::text"),
            ("created_at", "r.created_at"),
            ("updated_at", "r.updated_at"),
            ("version", "r.desk_version::int8"),
            ("stage_since", "r.desk_stage_since"),
            ("outcome", "r.desk_outcome"),
            ("reason", "r.desk_reason"),
            ("title", "r.desk_title"),
            ("sessions_planned", "r.desk_sessions_planned::int8"),
            ("sessions_done", "r.desk_sessions_done::int8"),
            ("booked_at", "r.desk_booked_at"),
        ],
    },
    Source {
        number: 3,
        from: "public.workflow_actions",
        key: "id",
        columns: &[
            ("id", "r.id"),
            ("journey_id", "r.workflow_id"),
            ("type", "coalesce(r.desk_kind, r.type::text)"),
            ("performed_by", "r.performed_by"),
            ("performed_at", "r.performed_at"),
            ("from_stage", "r.from_stage::text"),
            ("to_stage", "r.to_stage::text"),
            ("notes", "r.notes"),
            ("device", "r.desk_device"),
            ("version", "r.desk_version::int8"),
        ],
    },
    Source {
        number: 4,
        from: "public.task_queue",
        key: "id",
        columns: &[
            ("id", "r.id"),
            ("journey_id", "r.workflow_id"),
            ("assigned_to", "r.assigned_to"),
            ("task_type", "r.task_type::text"),
            ("title", "r.title::text"),
            ("description", "r.description"),
            ("priority", "r.priority::text"),
            ("status", "r.status::text"),
            ("due_at", "r.due_date"),
            ("snoozed_until", "r.snoozed_until"),
            ("created_at", "r.created_at"),
            ("updated_at", "r.updated_at"),
            ("completed_at", "r.completed_at"),
            ("completed_by", "r.completed_by"),
            ("notes", "r.notes"),
            ("started_at", "r.desk_started_at"),
            ("started_by", "r.desk_started_by"),
            ("woken_at", "r.desk_woken_at"),
            ("woken_by", "r.desk_woken_by"),
            ("follows", "r.desk_follows"),
        ],
    },
    Source {
        number: 5,
        from: "public.followup_executions",
        key: "id",
        columns: &[
            ("id", "r.id"),
            ("rule_id", "r.rule_id"),
            ("customer_id", "r.customer_id"),
            ("journey_id", "r.workflow_id"),
            ("channel", "r.channel::text"),
            ("scheduled_at", "r.scheduled_at"),
            ("executed_at", "r.executed_at"),
            ("status", "r.status::text"),
            ("content", "r.personalized_content::text"),
            ("response", "r.response::text"),
        ],
    },
    Source {
        number: 6,
        from: "public.loyalty_profiles",
        key: "id",
        columns: &[
            ("id", "r.id"),
            ("customer_id", "r.customer_id"),
            ("total_points", "r.total_points::int8"),
            ("available_points", "r.available_points::int8"),
            ("tier", "r.current_tier::text"),
            ("total_spent", "round(nullif(r.total_spent, 'NaN') * 100)::int8"),
            ("total_visits", "r.total_visits::int8"),
            ("last_visit", "r.last_visit"),
            ("referral_code", "r.referral_code::text"),
            ("joined_at", "r.joined_at"),
            ("owed", "r.desk_owed::int8"),
            ("tier_since", "r.desk_tier_since::text"),
            ("tier_until", "r.desk_tier_until::text"),
            ("tier_by", "r.desk_tier_by"),
        ],
    },
    Source {
        number: 7,
        from: "public.point_transactions",
        key: "id",
        columns: &[
            ("id", "r.id"),
            ("customer_id", "r.customer_id"),
            ("type", "r.type::text"),
            ("amount", "r.amount::int8"),
            ("description", "r.description"),
            ("created_at", "r.created_at"),
            ("expires_at", "r.expires_at"),
            ("lease_id", "r.desk_lease_id"),
            ("effective_at", "r.desk_effective_at"),
            ("purpose", "r.desk_purpose"),
            ("policy", "r.desk_policy::int8"),
            ("reason", "r.desk_reason"),
            ("given_by", "r.desk_by"),
        ],
    },
    Source {
        number: 8,
        from: "public.loyalty_rewards",
        key: "id",
        columns: &[
            ("id", "r.id"),
            ("name", "r.name::text"),
            ("description", "r.description"),
            ("type", "r.type::text"),
            ("points_cost", "r.points_cost::int8"),
            ("monetary_value", "round(nullif(r.monetary_value, 'NaN') * 100)::int8"),
            ("is_active", "r.is_active"),
            ("tier_requirement", "r.tier_requirement::text"),
            ("valid_from", "r.valid_from"),
            ("valid_until", "r.valid_until"),
            ("max_redemptions", "r.max_redemptions::int8"),
            ("current_redemptions", "r.current_redemptions::int8"),
            ("auto_apply", "r.auto_apply"),
            ("stackable", "r.stackable"),
            ("days", "r.desk_days::int8"),
            ("version", "r.desk_version::int8"),
        ],
    },
    Source {
        number: 9,
        from: "public.notifications",
        key: "id",
        columns: &[
            ("id", "r.id"),
            ("user_id", "r.user_id"),
            ("type", "r.type::text"),
            ("title", "r.title::text"),
            ("message", "r.message::text"),
            ("priority", "r.priority::text"),
            ("action_url", "r.action_url::text"),
            ("subject", "r.metadata ->> 'subject'"),
            ("is_read", "r.is_read"),
            ("created_at", "r.created_at"),
            ("read_at", "r.read_at"),
            ("expires_at", "r.expires_at"),
            ("dismissed", "r.dismissed"),
            ("after", "r.metadata ->> 'after'"),
        ],
    },
    Source {
        number: 10,
        from: "desk.staff",
        key: "person_id",
        columns: &[
            ("id", "r.person_id"),
            ("role", "r.role"),
            ("display_name", "r.display_name"),
            ("nickname", "r.nickname"),
            ("active", "r.active"),
            ("away_until", "r.away_until"),
        ],
    },
    Source {
        number: 11,
        from: "public.appointments",
        key: "id",
        columns: &[
            ("id", "r.id"),
            ("customer_id", "r.customer_id"),
            ("staff_id", "r.staff_id"),
            ("code", "r.appointment_code::text"),
            ("type", "r.appointment_type::text"),
            ("status", "r.status::text"),
            ("date", "r.appointment_date::text"),
            ("start_time", "to_char(r.start_time, 'HH24:MI')"),
            ("end_time", "to_char(r.end_time, 'HH24:MI')"),
            ("services", "r.services::text"),
            ("room", "r.room_id::text"),
            ("notes", "r.notes::text"),
            ("journey_id", "r.desk_journey_id"),
        ],
    },
    Source {
        number: 12,
        from: "desk.lead",
        key: "id",
        columns: &[
            ("id", "r.id"),
            ("customer_id", "r.customer_id"),
            ("name", "r.name"),
            ("phone", "r.phone"),
            ("email", "r.email"),
            ("source", "r.source"),
            ("score", "r.score::int8"),
            ("is_hot", "r.is_hot"),
            ("reasons", "r.reasons::text"),
            ("status", "r.status"),
            ("claimed_by", "r.claimed_by"),
            ("created_at", "r.created_at"),
            ("updated_at", "r.updated_at"),
            ("assigned_to", "r.assigned_to"),
            ("told", "to_json(r.told)::text"),
            ("hot_at", "r.hot_at"),
            ("claimed_at", "r.claimed_at"),
            ("answered_at", "r.answered_at"),
            ("answered_by", "r.answered_by"),
            ("outcome", "r.outcome"),
            ("next_at", "r.next_at"),
            ("notes", "r.notes"),
            ("passed_to", "r.passed_to"),
            ("passed_at", "r.passed_at"),
            ("raised_at", "r.raised_at"),
            ("message", "r.message"),
            ("bought", "r.bought"),
            ("score_low", "r.score_low::int8"),
            ("score_high", "r.score_high::int8"),
            ("factors", "r.factors::text"),
        ],
    },
    Source {
        number: 13,
        from: "desk.clinic",
        key: "clinic_id",
        columns: &[
            ("id", "r.clinic_id"),
            ("name_th", "r.name_th"),
            ("name_en", "r.name_en"),
            ("timezone", "r.timezone"),
            ("hot_lead_threshold", "r.hot_lead_threshold::int8"),
            ("quiet_from", "to_char(r.quiet_from, 'HH24:MI')"),
            ("quiet_to", "to_char(r.quiet_to, 'HH24:MI')"),
            ("loyalty_multipliers", "r.loyalty_multipliers::text"),
            ("days_unseen", "r.days_unseen::int8"),
            ("opening", "r.opening::text"),
            ("pass_lead_after", "r.pass_lead_after::int8"),
            ("raise_lead_after", "r.raise_lead_after::int8"),
            ("promptpay_id", "r.promptpay_id"),
            ("books_closed_to", "r.books_closed_to::text"),
        ],
    },
    Source {
        number: 14,
        from: "public.customer_preferences",
        key: "id",
        columns: &[
            ("id", "r.id"),
            ("customer_id", "r.customer_id"),
            ("do_not_contact", "r.do_not_contact"),
            ("marketing_opt_in", "r.marketing_opt_in"),
            ("preferred_channels", "to_json(r.preferred_channels)::text"),
            ("best_contact_time", "r.best_contact_time::text"),
            ("language", "r.language::text"),
        ],
    },
    Source {
        number: 15,
        from: "public.followup_rules",
        key: "id",
        columns: &[
            ("id", "r.id"),
            ("name", "r.name::text"),
            ("type", "r.type::text"),
            ("channels", "to_json(r.channels)::text"),
            ("priority", "r.priority::text"),
            ("active", "r.active"),
        ],
    },
    Source {
        number: 16,
        from: "desk.visit",
        key: "id",
        columns: &[
            ("id", "r.id"),
            ("customer_id", "r.customer_id"),
            ("appointment_id", "r.appointment_id"),
            ("journey_id", "r.journey_id"),
            ("day", "r.day::text"),
            ("queue_number", "r.queue_number::int8"),
            ("state", "r.state"),
            ("arrived_at", "r.arrived_at"),
            ("arrived_by", "r.arrived_by"),
            ("arrived_device", "r.arrived_device"),
            ("started_at", "r.started_at"),
            ("started_by", "r.started_by"),
            ("started_device", "r.started_device"),
            ("finished_at", "r.finished_at"),
            ("finished_by", "r.finished_by"),
            ("finished_device", "r.finished_device"),
            ("reason", "r.reason"),
        ],
    },
    Source {
        number: 17,
        from: "public.automation_rules",
        key: "id",
        columns: &[
            ("id", "r.id"),
            ("name", "r.rule_name::text"),
            ("trigger_stage", "r.trigger_stage::text"),
            ("trigger_action", "r.trigger_action::text"),
            ("conditions", "r.conditions::text"),
            ("target_action", "r.target_action::text"),
            ("target_data", "r.target_data::text"),
            ("delay_minutes", "r.delay_minutes::int8"),
            ("active", "r.active"),
            ("active_from", "r.desk_active_from"),
            ("version", "r.desk_version::int8"),
            ("problem", "r.desk_problem"),
            ("created_at", "r.created_at"),
        ],
    },
    Source {
        number: 18,
        from: "desk.closed_day",
        key: "id",
        columns: &[("id", "r.id"), ("day", "r.day::text"), ("name", "r.name")],
    },
    Source {
        number: 19,
        from: "desk.contact",
        key: "id",
        columns: &[
            ("id", "r.id"),
            ("customer_id", "r.customer_id"),
            ("lead_id", "r.lead_id"),
            ("task_id", "r.task_id"),
            ("person_id", "r.person_id"),
            ("direction", "r.direction"),
            ("outcome", "r.outcome"),
            ("note", "r.note"),
            ("at", "r.at"),
            ("next_task_id", "r.next_task_id"),
            ("next_at", "r.next_at"),
            ("retracted_at", "r.retracted_at"),
        ],
    },
    Source {
        number: 20,
        from: "desk.lot",
        key: "id",
        columns: &[
            ("id", "r.id"),
            ("customer_id", "r.customer_id"),
            ("points", "r.points::int8"),
            ("remaining", "r.remaining::int8"),
            ("expires_at", "r.expires_at"),
            ("effective_at", "r.effective_at"),
            ("branch", "r.branch"),
        ],
    },
    Source {
        number: 21,
        from: "desk.lease",
        key: "id",
        columns: &[
            ("id", "r.id"),
            ("device", "r.device"),
            ("points", "r.points::int8"),
            ("per_customer", "r.per_customer::int8"),
            ("used", "r.used::int8"),
            ("taken_at", "r.taken_at"),
            ("ends_at", "r.ends_at"),
        ],
    },
    Source {
        number: 22,
        from: "desk.payment",
        key: "id",
        columns: &[
            ("id", "r.id"),
            ("number", "r.number::int8"),
            ("customer_id", "r.customer_id"),
            ("journey_id", "r.journey_id"),
            ("satang", "r.satang"),
            ("refunds", "r.refunds"),
            ("method", "r.method"),
            ("taken_at", "r.taken_at"),
            ("taken_by", "r.taken_by"),
            ("device", "r.taken_device"),
            ("note", "r.note"),
            ("entry_id", "r.entry_id"),
            ("points", "r.points"),
            ("multiplier_tenths", "round(r.multiplier * 10)::int8"),
            ("posted_at", "r.posted_at"),
            ("late_reason", "r.late_reason"),
        ],
    },
    Source {
        number: 23,
        from: "desk.loyalty_policy",
        key: "id",
        columns: &[
            ("id", "r.id"),
            ("version", "r.version::int8"),
            ("starts_at", "r.starts_at"),
            ("basis", "r.basis"),
            ("multipliers", "r.multipliers::text"),
            ("floors", "r.floors::text"),
            ("months", "r.months::int8"),
            ("welcome", "r.welcome::int8"),
            ("point_satang", "r.point_satang::int8"),
            ("reason", "r.reason"),
            ("made_by", "r.made_by"),
            ("created_at", "r.created_at"),
        ],
    },
    Source {
        number: 24,
        from: "desk.coupon",
        key: "id",
        columns: &[
            ("id", "r.id"),
            ("code", "r.code"),
            ("customer_id", "r.customer_id"),
            ("reward_id", "r.reward_id"),
            ("name", "r.name"),
            ("kind", "r.kind"),
            ("value", "r.value"),
            ("is_stackable", "r.is_stackable"),
            ("points", "r.points"),
            ("lots", "r.lots::text"),
            ("expires_at", "r.expires_at"),
            ("state", "r.state"),
            ("issued_at", "r.issued_at"),
            ("issued_by", "r.issued_by"),
            ("issued_device", "r.issued_device"),
            ("used_at", "r.used_at"),
            ("used_by", "r.used_by"),
            ("used_device", "r.used_device"),
            ("payment_id", "r.payment_id"),
            ("bill", "r.bill"),
            ("satang", "r.satang"),
            ("closed_at", "r.closed_at"),
            ("closed_by", "r.closed_by"),
            ("closed_device", "r.closed_device"),
            ("closed_for", "r.closed_for"),
            ("reason", "r.reason"),
        ],
    },
    Source {
        number: 26,
        from: "desk.referral",
        key: "id",
        columns: &[
            ("id", "r.id"),
            ("referrer_id", "r.referrer_id"),
            ("friend_id", "r.friend_id"),
            ("made_at", "r.made_at"),
            ("made_by", "r.made_by"),
            ("by_code", "r.by_code"),
            ("state", "r.state"),
            ("reasons", "array_to_string(r.reasons, ' ')"),
            ("decided_at", "r.decided_at"),
            ("decided_by", "r.decided_by"),
            ("note", "r.note"),
            ("points", "r.points::int8"),
        ],
    },
    Source {
        number: 27,
        from: "public.achievements",
        key: "id",
        columns: &[
            ("id", "r.id"),
            ("name", "r.name::text"),
            ("description", "r.description::text"),
            ("category", "r.category::text"),
            ("points", "r.points_reward::int8"),
            ("icon", "r.badge_icon::text"),
            ("special_reward", "r.special_reward::text"),
            ("is_active", "coalesce(r.is_active, true)"),
            ("is_secret", "coalesce(r.is_secret, false)"),
            ("conditions", "r.conditions::text"),
            ("version", "r.desk_version::int8"),
        ],
    },
    Source {
        number: 28,
        from: "desk.achieved",
        key: "id",
        columns: &[
            ("id", "r.id"),
            ("customer_id", "r.customer_id"),
            ("achievement_id", "r.achievement_id"),
            ("period", "r.period"),
            ("percent", "r.percent::int8"),
            ("earned_at", "r.earned_at"),
            ("points", "r.points::int8"),
            ("reward", "r.reward"),
        ],
    },
];

/// The PostgreSQL side of a noun.
pub fn source(number: i16) -> Option<&'static Source> {
    SOURCES.iter().find(|source| source.number == number)
}

/// Nouns with both sides, in the order of a first load.
pub(crate) fn pairs() -> impl Iterator<Item = (&'static Table, &'static Source)> {
    SYNCED
        .iter()
        .filter_map(|table| source(table.number).map(|source| (table, source)))
}

/// The columns for binary COPY. An instant beyond the calendar (`infinity`) travels as nothing: no desk could show it.
pub fn copy_list(table: &Table, source: &Source) -> String {
    list(table, source, |kind, expression| match kind {
        Kind::Instant => format!("case when isfinite({expression}) then {expression} end"),
        Kind::Uuid | Kind::Text | Kind::Int | Kind::Bool => expression.to_owned(),
    })
}

/// The columns as arguments of `jsonb_build_array`: instants as microseconds since 1970, truth values as 0 and 1.
pub fn json_list(table: &Table, source: &Source) -> String {
    list(table, source, |kind, expression| match kind {
        Kind::Instant => {
            format!("case when isfinite({expression}) then (extract(epoch from {expression}) * 1000000)::int8 end")
        }
        Kind::Bool => format!("({expression})::int"),
        Kind::Uuid | Kind::Text | Kind::Int => expression.to_owned(),
    })
}

fn list(table: &Table, source: &Source, wrap: impl Fn(Kind, &str) -> String) -> String {
    let columns = table
        .columns
        .iter()
        .zip(source.columns)
        .map(|(column, (_, expression))| wrap(column.kind, expression));
    columns.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_sides_name_the_same_columns_in_the_same_order() {
        assert_eq!(SYNCED.len(), SOURCES.len());
        for (table, source) in SYNCED.iter().zip(SOURCES) {
            assert_eq!(table.number, source.number);
            let ours: Vec<_> = source.columns.iter().map(|(name, _)| *name).collect();
            let theirs: Vec<_> = table.columns.iter().map(|column| column.name).collect();
            assert_eq!(ours, theirs, "{}", table.name);
        }
    }
}
