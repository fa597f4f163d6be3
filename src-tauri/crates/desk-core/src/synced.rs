//! The nouns that travel between the clinic's PostgreSQL and a desk's cache: one table each, its columns and their kinds.
//! Both ends are generated from or checked against this list, so a column exists in both or in neither. It knows no SQL.

use std::sync::LazyLock;

use uuid::Uuid;

/// How a column is stored in the cache and carried on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A 16-byte identifier.
    Uuid,
    /// UTF-8 text; also dates as `YYYY-MM-DD`, times as `HH:MM` and JSON documents.
    Text,
    /// A signed 64-bit number; money is in satang.
    Int,
    /// 0 or 1.
    Bool,
    /// Microseconds since 1970-01-01 UTC.
    Instant,
}

/// One column of a synced noun.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// The name in the cache.
    pub name: &'static str,
    /// How it is stored.
    pub kind: Kind,
}

/// One synced noun.
#[derive(Debug)]
pub struct Table {
    /// The number that stands for the noun in the change feed. Never reused.
    pub number: i16,
    /// The noun; also the cache table's name.
    pub name: &'static str,
    /// Its columns; the first is always the key `id`.
    pub columns: &'static [Column],
}

/// One field of a row, owned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// No value.
    Null,
    /// An identifier.
    Uuid(Uuid),
    /// A number, a truth value (0 or 1) or an instant.
    Int(i64),
    /// Text, a date or a JSON document.
    Text(String),
}

impl Value {
    /// Text, or nothing where there is none.
    pub fn text(text: impl Into<Option<String>>) -> Self {
        text.into().map_or(Self::Null, Self::Text)
    }
}

const fn column(name: &'static str, kind: Kind) -> Column {
    Column { name, kind }
}
const fn uuid(name: &'static str) -> Column {
    column(name, Kind::Uuid)
}
const fn text(name: &'static str) -> Column {
    column(name, Kind::Text)
}
const fn int(name: &'static str) -> Column {
    column(name, Kind::Int)
}
const fn flag(name: &'static str) -> Column {
    column(name, Kind::Bool)
}
const fn instant(name: &'static str) -> Column {
    column(name, Kind::Instant)
}

/// Every synced noun, in the order in which a first load reads them: customers first, because they make search usable.
pub const SYNCED: &[Table] = &[
    Table {
        number: 1,
        name: "customer",
        columns: &[
            uuid("id"),
            text("code"),
            text("full_name"),
            text("nickname"),
            text("phone"),
            text("email"),
            text("line_name"),
            text("birth_date"),
            text("gender"),
            text("status"),
            text("customer_type"),
            text("source"),
            text("allergies"),
            text("notes"),
            text("tags"),
            uuid("assigned_sales_id"),
            text("first_visit_date"),
            text("last_visit_date"),
            instant("created_at"),
            instant("updated_at"),
        ],
    },
    Table {
        number: 2,
        name: "journey",
        columns: &[
            uuid("id"),
            uuid("customer_id"),
            text("stage"),
            uuid("sales_id"),
            uuid("beautician_id"),
            text("treatment_plan"),
            instant("created_at"),
            instant("updated_at"),
            int("version"),
            instant("stage_since"),
            text("outcome"),
            text("reason"),
            text("title"),
            int("sessions_planned"),
            int("sessions_done"),
            instant("booked_at"),
        ],
    },
    Table {
        number: 3,
        name: "journey_action",
        columns: &[
            uuid("id"),
            uuid("journey_id"),
            text("type"),
            uuid("performed_by"),
            instant("performed_at"),
            text("from_stage"),
            text("to_stage"),
            text("notes"),
            text("device"),
            int("version"),
        ],
    },
    Table {
        number: 4,
        name: "task",
        columns: &[
            uuid("id"),
            uuid("journey_id"),
            uuid("assigned_to"),
            text("task_type"),
            text("title"),
            text("description"),
            text("priority"),
            text("status"),
            instant("due_at"),
            instant("snoozed_until"),
            instant("created_at"),
            instant("updated_at"),
            instant("completed_at"),
            uuid("completed_by"),
            text("notes"),
            instant("started_at"),
            uuid("started_by"),
            instant("woken_at"),
            text("woken_by"),
            uuid("follows"),
        ],
    },
    Table {
        number: 5,
        name: "followup",
        columns: &[
            uuid("id"),
            uuid("rule_id"),
            uuid("customer_id"),
            uuid("journey_id"),
            text("channel"),
            instant("scheduled_at"),
            instant("executed_at"),
            text("status"),
            text("content"),
            text("response"),
        ],
    },
    Table {
        number: 6,
        name: "loyalty_profile",
        columns: &[
            uuid("id"),
            uuid("customer_id"),
            int("total_points"),
            int("available_points"),
            text("tier"),
            int("total_spent"),
            int("total_visits"),
            instant("last_visit"),
            text("referral_code"),
            instant("joined_at"),
            int("owed"),
            text("tier_since"),
            text("tier_until"),
            uuid("tier_by"),
        ],
    },
    Table {
        number: 7,
        name: "point_entry",
        columns: &[
            uuid("id"),
            uuid("customer_id"),
            text("type"),
            int("amount"),
            text("description"),
            instant("created_at"),
            instant("expires_at"),
            uuid("lease_id"),
            instant("effective_at"),
            text("purpose"),
            int("policy"),
            text("reason"),
            uuid("given_by"),
            text("method"),
            uuid("reverses"),
            uuid("ended_lot"),
            text("source"),
            int("satang"),
            int("multiplier_tenths"),
            uuid("agreed_by"),
        ],
    },
    Table {
        number: 8,
        name: "reward",
        columns: &[
            uuid("id"),
            text("name"),
            text("description"),
            text("type"),
            int("points_cost"),
            int("monetary_value"),
            flag("is_active"),
            text("tier_requirement"),
            instant("valid_from"),
            instant("valid_until"),
            int("max_redemptions"),
            int("current_redemptions"),
            flag("auto_apply"),
            flag("stackable"),
            int("days"),
            int("version"),
        ],
    },
    Table {
        number: 9,
        name: "notification",
        columns: &[
            uuid("id"),
            uuid("user_id"),
            text("type"),
            text("title"),
            text("message"),
            text("priority"),
            text("action_url"),
            text("subject"),
            flag("is_read"),
            instant("created_at"),
            instant("read_at"),
            instant("expires_at"),
            flag("dismissed"),
            text("after"),
        ],
    },
    Table {
        number: 10,
        name: "staff",
        columns: &[
            uuid("id"),
            text("role"),
            text("display_name"),
            text("nickname"),
            flag("active"),
            instant("away_until"),
        ],
    },
    Table {
        number: 11,
        name: "appointment",
        columns: &[
            uuid("id"),
            uuid("customer_id"),
            uuid("staff_id"),
            text("code"),
            text("type"),
            text("status"),
            text("date"),
            text("start_time"),
            text("end_time"),
            text("services"),
            text("room"),
            text("notes"),
            uuid("journey_id"),
        ],
    },
    Table {
        number: 12,
        name: "lead",
        columns: &[
            uuid("id"),
            uuid("customer_id"),
            text("name"),
            text("phone"),
            text("email"),
            text("source"),
            int("score"),
            flag("is_hot"),
            text("reasons"),
            text("status"),
            uuid("claimed_by"),
            instant("created_at"),
            instant("updated_at"),
            uuid("assigned_to"),
            text("told"),
            instant("hot_at"),
            instant("claimed_at"),
            instant("answered_at"),
            uuid("answered_by"),
            text("outcome"),
            instant("next_at"),
            text("notes"),
            uuid("passed_to"),
            instant("passed_at"),
            instant("raised_at"),
            text("message"),
            flag("bought"),
            int("score_low"),
            int("score_high"),
            text("factors"),
        ],
    },
    Table {
        number: 13,
        name: "clinic",
        columns: &[
            uuid("id"),
            text("name_th"),
            text("name_en"),
            text("timezone"),
            int("hot_lead_threshold"),
            text("quiet_from"),
            text("quiet_to"),
            text("loyalty_multipliers"),
            int("days_unseen"),
            text("opening"),
            int("pass_lead_after"),
            int("raise_lead_after"),
            text("promptpay_id"),
            text("books_closed_to"),
            int("gift_daily"),
            int("gift_alone"),
            int("redeem_alone"),
        ],
    },
    Table {
        number: 14,
        name: "preference",
        columns: &[
            uuid("id"),
            uuid("customer_id"),
            flag("do_not_contact"),
            flag("marketing_opt_in"),
            text("preferred_channels"),
            text("best_contact_time"),
            text("language"),
        ],
    },
    Table {
        number: 15,
        name: "followup_rule",
        columns: &[
            uuid("id"),
            text("name"),
            text("type"),
            text("channels"),
            text("priority"),
            flag("active"),
        ],
    },
    Table {
        number: 16,
        name: "visit",
        columns: &[
            uuid("id"),
            uuid("customer_id"),
            uuid("appointment_id"),
            uuid("journey_id"),
            text("day"),
            int("queue_number"),
            text("state"),
            instant("arrived_at"),
            uuid("arrived_by"),
            text("arrived_device"),
            instant("started_at"),
            uuid("started_by"),
            text("started_device"),
            instant("finished_at"),
            uuid("finished_by"),
            text("finished_device"),
            text("reason"),
        ],
    },
    Table {
        number: 17,
        name: "automation_rule",
        columns: &[
            uuid("id"),
            text("name"),
            text("trigger_stage"),
            text("trigger_action"),
            text("conditions"),
            text("target_action"),
            text("target_data"),
            int("delay_minutes"),
            flag("active"),
            instant("active_from"),
            int("version"),
            text("problem"),
            instant("created_at"),
        ],
    },
    Table {
        number: 18,
        name: "closed_day",
        columns: &[uuid("id"), text("day"), text("name")],
    },
    Table {
        number: 19,
        name: "contact",
        columns: &[
            uuid("id"),
            uuid("customer_id"),
            uuid("lead_id"),
            uuid("task_id"),
            uuid("person_id"),
            text("direction"),
            text("outcome"),
            text("note"),
            instant("at"),
            uuid("next_task_id"),
            instant("next_at"),
            instant("retracted_at"),
        ],
    },
    Table {
        number: 20,
        name: "lot",
        columns: &[
            uuid("id"),
            uuid("customer_id"),
            int("points"),
            int("remaining"),
            instant("expires_at"),
            instant("effective_at"),
            text("branch"),
        ],
    },
    Table {
        number: 21,
        name: "lease",
        columns: &[
            uuid("id"),
            text("device"),
            int("points"),
            int("per_customer"),
            int("used"),
            instant("taken_at"),
            instant("ends_at"),
        ],
    },
    Table {
        number: 22,
        name: "payment",
        columns: &[
            uuid("id"),
            int("number"),
            uuid("customer_id"),
            uuid("journey_id"),
            int("satang"),
            uuid("refunds"),
            text("method"),
            instant("taken_at"),
            uuid("taken_by"),
            text("device"),
            text("note"),
            uuid("entry_id"),
            int("points"),
            int("multiplier_tenths"),
            instant("posted_at"),
            text("late_reason"),
            text("held_as"),
            int("held"),
            int("discount"),
            int("discount_percent"),
        ],
    },
    Table {
        number: 23,
        name: "loyalty_policy",
        columns: &[
            uuid("id"),
            int("version"),
            instant("starts_at"),
            text("basis"),
            text("multipliers"),
            text("floors"),
            int("months"),
            int("welcome"),
            int("point_satang"),
            text("reason"),
            uuid("made_by"),
            instant("created_at"),
            text("bonuses"),
            text("discounts"),
            int("redeem_satang"),
        ],
    },
    Table {
        number: 24,
        name: "coupon",
        columns: &[
            uuid("id"),
            text("code"),
            uuid("customer_id"),
            uuid("reward_id"),
            text("name"),
            text("kind"),
            int("value"),
            flag("is_stackable"),
            int("points"),
            text("lots"),
            instant("expires_at"),
            text("state"),
            instant("issued_at"),
            uuid("issued_by"),
            text("issued_device"),
            instant("used_at"),
            uuid("used_by"),
            text("used_device"),
            uuid("payment_id"),
            int("bill"),
            int("satang"),
            instant("closed_at"),
            uuid("closed_by"),
            text("closed_device"),
            text("closed_for"),
            text("reason"),
        ],
    },
    Table {
        number: 26,
        name: "referral",
        columns: &[
            uuid("id"),
            uuid("referrer_id"),
            uuid("friend_id"),
            instant("made_at"),
            uuid("made_by"),
            flag("by_code"),
            text("state"),
            text("reasons"),
            instant("decided_at"),
            uuid("decided_by"),
            text("note"),
            int("points"),
        ],
    },
    Table {
        number: 27,
        name: "achievement",
        columns: &[
            uuid("id"),
            text("name"),
            text("description"),
            text("category"),
            int("points"),
            text("icon"),
            text("special_reward"),
            flag("is_active"),
            flag("is_secret"),
            text("conditions"),
            int("version"),
        ],
    },
    Table {
        number: 28,
        name: "achieved",
        columns: &[
            uuid("id"),
            uuid("customer_id"),
            uuid("achievement_id"),
            text("period"),
            int("percent"),
            instant("earned_at"),
            int("points"),
            text("reward"),
        ],
    },
    Table {
        number: 29,
        name: "approval",
        columns: &[
            uuid("id"),
            text("kind"),
            uuid("customer_id"),
            int("points"),
            text("reason"),
            text("note"),
            uuid("reward_id"),
            instant("asked_at"),
            uuid("asked_by"),
            text("asked_device"),
            text("state"),
            instant("decided_at"),
            uuid("decided_by"),
            text("why"),
            uuid("entry_id"),
        ],
    },
    Table {
        number: 31,
        name: "merge",
        columns: &[
            uuid("id"),
            uuid("from_id"),
            uuid("into_id"),
            instant("merged_at"),
            uuid("merged_by"),
            instant("until"),
            instant("separated_at"),
            uuid("separated_by"),
        ],
    },
];

/// The noun with this feed number, if this version knows it.
pub fn table(number: i16) -> Option<&'static Table> {
    SYNCED.iter().find(|table| table.number == number)
}

/// The noun with this name.
pub fn named(name: &str) -> Option<&'static Table> {
    SYNCED.iter().find(|table| table.name == name)
}

/// Every noun with its columns, as one text: a cache that was filled under another one lacks what has been added since.
pub fn shape() -> &'static str {
    static SHAPE: LazyLock<String> = LazyLock::new(|| {
        let nouns = SYNCED.iter().map(|table| {
            let columns: Vec<&str> = table.columns.iter().map(|column| column.name).collect();
            format!("{}({})", table.name, columns.join(","))
        });
        nouns.collect::<Vec<_>>().join(" ")
    });
    &SHAPE
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_names_stand_for_one_noun_each() {
        let ascends = |pair: &[Table]| pair[0].number < pair[1].number;
        assert!(SYNCED.windows(2).all(ascends), "a number twice, or out of order");
        for table in SYNCED {
            assert_eq!(table.columns[0].name, "id");
            assert!(named(table.name).is_some_and(|found| found.number == table.number));
        }
    }
}
