//! How the rows of each noun enter the clinic's tables: the reverse of [`crate::synced`], one set-based statement a noun, in the order
//! in which they refer to each other. `r` is the noun's temporary table, `p` what [`super::prepare`] wrote down.

/// The statements of a noun; the last one makes its rows.
pub(super) struct Noun {
    pub name: &'static str,
    pub statements: &'static [&'static str],
}

const fn noun(name: &'static str, statements: &'static [&'static str]) -> Noun {
    Noun { name, statements }
}

pub(super) const NOUNS: [Noun; 23] = [
    noun("staff", &[PERSON, AUTH_USERS, USERS, STAFF]),
    noun("closed_day", &[CLOSED_DAY]),
    noun("customer", &[CODE_COUNTER, CUSTOMER]),
    // A plan for the empty table it was would serve the foreign keys of everything below.
    noun("preference", &["analyze public.customers", PREFERENCE]),
    noun("journey", &[JOURNEY]),
    noun(
        "journey_action",
        &["analyze public.workflow_states", JOURNEY_ACTION, TOLD],
    ),
    noun("task", &[TASK]),
    noun("followup_rule", &[FOLLOWUP_RULE]),
    noun("followup", &[FOLLOWUP]),
    // The ledger before the profiles: each balance is then derived once, from a whole ledger.
    // Payments before both: an entry says what money it was earned with.
    noun("payment", &[PAYMENT_COUNTER, PAYMENT]),
    noun("point_entry", &[POINT_ENTRY]),
    noun(
        "loyalty_profile",
        &["analyze public.point_transactions", LOYALTY_PROFILE],
    ),
    noun("reward", &[REWARD]),
    noun("coupon", &[COUPON]),
    // What people were told before the leads: a hot lead tells those who do not know yet.
    noun("notification", &[NOTIFICATION]),
    noun("appointment", &[APPOINTMENT]),
    noun("visit", &["analyze public.appointments", QUEUE, VISIT]),
    noun("lead", &[LEAD]),
    noun("contact", &[CONTACT]),
    // Rules last: they begin with what comes after them.
    noun("automation_rule", &[AUTOMATION_RULE]),
    // What was earned with what is there already is not earned again by its arrival.
    noun("achievement", &[ACHIEVEMENT]),
    noun("achieved", &[ACHIEVED]),
    noun("referral", &[REFERRAL]),
];

pub(super) const ANALYZE: &str = "analyze public.customers, public.customer_preferences, public.workflow_states, public.workflow_actions, \
    public.task_queue, public.followup_executions, public.point_transactions, public.loyalty_profiles, desk.lot, public.notifications, public.appointments, desk.visit, desk.lead, desk.contact, desk.feed";

/// An address for `staff add`, in a domain that nobody can own (RFC 2606): `owner@demo.example`, `front-desk1@demo.example`.
const PERSON: &str = "create temp table demo_person on commit drop as \
    select r.*, row_number() over (order by r.ctid) as nth, replace(r.role, '_', '-') \
      || case when count(*) over (partition by r.role) > 1 then (row_number() over (partition by r.role order by r.ctid))::text else '' end \
      || '@' || lower(p.prefix) || '.example' as email \
    from pg_temp.demo_staff r, pg_temp.demo_place p where r.active";

/// Where people sign up with Supabase, tables point at its users. Nobody can sign in as these: they have no password.
const AUTH_USERS: &str = "do $$ begin \
    if exists (select 1 from pg_constraint where contype = 'f' and confrelid = to_regclass('auth.users')) then \
      insert into auth.users (id, email) select r.id, r.email from pg_temp.demo_person r on conflict (id) do update set email = excluded.email; \
    end if; end $$";

const USERS: &str = "insert into public.users (id, email, full_name, clinic_id) \
    select r.id, r.email, r.display_name, p.clinic_id from pg_temp.demo_person r, pg_temp.demo_place p \
    on conflict (id) do update set email = excluded.email, full_name = excluded.full_name, clinic_id = excluded.clinic_id";

const STAFF: &str = "insert into desk.staff (clinic_id, person_id, role, display_name, nickname, active) \
    select p.clinic_id, r.id, r.role, r.display_name, r.nickname, r.active from pg_temp.demo_staff r, pg_temp.demo_place p";

const CLOSED_DAY: &str = "insert into desk.closed_day (id, clinic_id, day, name) select r.id, p.clinic_id, r.day::date, r.name from pg_temp.demo_closed_day r, pg_temp.demo_place p";

/// New customers' codes go on after these.
const CODE_COUNTER: &str = "insert into desk.code_counter as k (clinic_id, last) \
    select p.clinic_id, max(substr(r.code, 3)::int8) from pg_temp.demo_customer r, pg_temp.demo_place p group by p.clinic_id \
    on conflict (clinic_id) do update set last = greatest(k.last, excluded.last)";

/// The demo's codes begin with `A`.
const CUSTOMER: &str = "insert into public.customers (id, clinic_id, customer_code, full_name, nickname, phone, email, metadata, date_of_birth, gender, \
      status, customer_type, source, allergies, notes, tags, assigned_sales_id, first_visit_date, last_visit_date, created_at, updated_at) \
    select r.id, p.clinic_id, p.prefix || substr(r.code, 2), r.full_name, r.nickname, r.phone, r.email, jsonb_strip_nulls(jsonb_build_object('line_name', r.line_name)), \
      r.birth_date::date, r.gender, r.status, r.customer_type, r.source, r.allergies, r.notes, r.tags::jsonb, r.assigned_sales_id, r.first_visit_date::date, \
      r.last_visit_date::date, r.created_at, r.updated_at from pg_temp.demo_customer r, pg_temp.demo_place p";

const PREFERENCE: &str = "insert into public.customer_preferences (id, clinic_id, customer_id, do_not_contact, marketing_opt_in, preferred_channels, best_contact_time, language) \
    select r.id, p.clinic_id, r.customer_id, r.do_not_contact, r.marketing_opt_in, array(select jsonb_array_elements_text(r.preferred_channels::jsonb)), r.best_contact_time, r.language \
    from pg_temp.demo_preference r, pg_temp.demo_place p";

/// Each with its history, which the database holds against the stage at the end of the transaction.
const JOURNEY: &str = "insert into public.workflow_states (id, clinic_id, customer_id, current_stage, assigned_sales_id, assigned_beautician_id, treatment_plan, created_at, updated_at, \
      desk_version, desk_stage_since, desk_outcome, desk_reason, desk_title, desk_sessions_planned, desk_sessions_done, desk_booked_at) \
    select r.id, p.clinic_id, r.customer_id, r.stage, r.sales_id, r.beautician_id, r.treatment_plan::jsonb, r.created_at, r.updated_at, \
      r.version, r.stage_since, r.outcome, r.reason, r.title, r.sessions_planned, r.sessions_done, r.booked_at from pg_temp.demo_journey r, pg_temp.demo_place p";

/// One that has not moved yet is told of by the database itself. The web system's word is the rule's.
const JOURNEY_ACTION: &str = "insert into public.workflow_actions (id, clinic_id, workflow_id, type, desk_kind, performed_by, performed_at, from_stage, to_stage, notes, desk_device, desk_version) \
    select r.id, p.clinic_id, r.journey_id, t.web_type, nullif(r.type, t.web_type), r.performed_by, r.performed_at, r.from_stage, r.to_stage, r.notes, r.device, r.version \
    from pg_temp.demo_journey_action r join desk.transitions() t on t.action = r.type and t.from_stage = r.from_stage and t.to_stage = r.to_stage, pg_temp.demo_place p \
    where not exists (select 1 from public.workflow_actions a where a.id = r.id)";

/// What of the history is there now.
const TOLD: &str = "select a.id from pg_temp.demo_journey_action r join public.workflow_actions a on a.id = r.id";

const TASK: &str = "insert into public.task_queue (id, clinic_id, workflow_id, assigned_to, task_type, title, description, priority, status, due_date, snoozed_until, \
      created_at, updated_at, completed_at, completed_by, notes, desk_started_at, desk_started_by, desk_woken_at, desk_woken_by, desk_follows) \
    select r.id, p.clinic_id, r.journey_id, r.assigned_to, r.task_type, r.title, r.description, r.priority, r.status, r.due_at, r.snoozed_until, \
      r.created_at, r.updated_at, r.completed_at, r.completed_by, r.notes, r.started_at, r.started_by, r.woken_at, r.woken_by, r.follows from pg_temp.demo_task r, pg_temp.demo_place p";

const FOLLOWUP_RULE: &str = "insert into public.followup_rules (id, clinic_id, name, type, channels, priority, active) \
    select r.id, p.clinic_id, r.name, r.type, array(select jsonb_array_elements_text(r.channels::jsonb)), r.priority, r.active \
    from pg_temp.demo_followup_rule r, pg_temp.demo_place p";

const AUTOMATION_RULE: &str = "insert into public.automation_rules (id, clinic_id, rule_name, trigger_stage, trigger_action, conditions, target_action, target_data, delay_minutes, active, created_at) \
    select r.id, p.clinic_id, r.name, r.trigger_stage, r.trigger_action, r.conditions::jsonb, r.target_action, r.target_data::jsonb, r.delay_minutes, r.active, r.created_at \
    from pg_temp.demo_automation_rule r, pg_temp.demo_place p";

const FOLLOWUP: &str = "insert into public.followup_executions (id, clinic_id, rule_id, customer_id, workflow_id, channel, scheduled_at, executed_at, status, personalized_content, response) \
    select r.id, p.clinic_id, r.rule_id, r.customer_id, r.journey_id, r.channel, r.scheduled_at, r.executed_at, r.status, r.content::jsonb, r.response::jsonb \
    from pg_temp.demo_followup r, pg_temp.demo_place p";

const PAYMENT_COUNTER: &str = "insert into desk.payment_counter as k (clinic_id, last) select p.clinic_id, max(r.number) from pg_temp.demo_payment r, pg_temp.demo_place p group by p.clinic_id \
    on conflict (clinic_id) do update set last = greatest(k.last, excluded.last)";

const PAYMENT: &str = "insert into desk.payment (clinic_id, id, number, customer_id, journey_id, satang, refunds, method, taken_at, taken_by, taken_device, note, entry_id, points, multiplier, posted_at, held_as, held) \
    select p.clinic_id, r.id, r.number, r.customer_id, r.journey_id, r.satang, r.refunds, r.method, r.taken_at, r.taken_by, r.device, r.note, r.entry_id, r.points, r.multiplier_tenths / 10.0, r.taken_at, r.held_as, r.held \
    from pg_temp.demo_payment r, pg_temp.demo_place p";

/// In the order in which they happened: what was not earned yet cannot be spent.
const POINT_ENTRY: &str = "insert into public.point_transactions (id, clinic_id, customer_id, type, amount, description, created_at, expires_at, desk_satang, desk_multiplier) \
    select r.id, p.clinic_id, r.customer_id, r.type, r.amount, r.description, r.created_at, r.expires_at, b.satang, b.multiplier_tenths / 10.0 \
    from pg_temp.demo_point_entry r left join pg_temp.demo_payment b on b.entry_id = r.id, pg_temp.demo_place p order by r.ctid";

/// Points and tier are not given: the database derives them. Referral codes are unique in the whole database.
const LOYALTY_PROFILE: &str = "insert into public.loyalty_profiles (id, clinic_id, customer_id, total_spent, total_visits, last_visit, referral_code, joined_at) \
    select r.id, p.clinic_id, r.customer_id, r.total_spent / 100.0, r.total_visits, r.last_visit, \
      'BN' || lpad((substr(r.referral_code, 3)::int8 + p.referrals)::text, 6, '0'), r.joined_at from pg_temp.demo_loyalty_profile r, pg_temp.demo_place p";

const REWARD: &str = "insert into public.loyalty_rewards (id, clinic_id, name, description, type, points_cost, monetary_value, is_active, tier_requirement, valid_from, valid_until, max_redemptions, current_redemptions, auto_apply, stackable, desk_days) \
    select r.id, p.clinic_id, r.name, r.description, r.type, r.points_cost, r.monetary_value / 100.0, r.is_active, r.tier_requirement, r.valid_from, r.valid_until, r.max_redemptions, r.current_redemptions, r.auto_apply, r.stackable, r.days \
    from pg_temp.demo_reward r, pg_temp.demo_place p";

const ACHIEVEMENT: &str = "insert into public.achievements (id, clinic_id, name, description, category, conditions, points_reward, badge_icon, is_active, is_secret) \
    select r.id, p.clinic_id, r.name, r.description, r.category, r.conditions::jsonb, r.points, r.icon, r.is_active, r.is_secret \
    from pg_temp.demo_achievement r, pg_temp.demo_place p";

const ACHIEVED: &str = "insert into desk.achieved (clinic_id, id, customer_id, achievement_id, period, percent, earned_at, points, reward) \
    select p.clinic_id, r.id, r.customer_id, r.achievement_id, r.period, r.percent, r.earned_at, r.points, r.reward from pg_temp.demo_achieved r, pg_temp.demo_place p";

const REFERRAL: &str = "insert into desk.referral (clinic_id, id, referrer_id, friend_id, made_at, made_by, by_code, state, reasons) \
    select p.clinic_id, r.id, r.referrer_id, r.friend_id, r.made_at, r.made_by, r.by_code, r.state, string_to_array(r.reasons, ' ') from pg_temp.demo_referral r, pg_temp.demo_place p";

const COUPON: &str = "insert into desk.coupon (clinic_id, id, code, customer_id, reward_id, name, kind, value, is_stackable, points, lots, expires_at, state, issued_at, issued_by, issued_device, used_at, used_by, used_device) \
    select p.clinic_id, r.id, r.code, r.customer_id, r.reward_id, r.name, r.kind, r.value, r.is_stackable, r.points, r.lots::jsonb, r.expires_at, r.state, r.issued_at, r.issued_by, r.issued_device, r.used_at, r.used_by, r.used_device \
    from pg_temp.demo_coupon r, pg_temp.demo_place p";

/// With the lead's id in it, as the database's own: then a lead does not tell anybody twice.
const NOTIFICATION: &str = "insert into public.notifications (id, clinic_id, user_id, type, title, message, priority, action_url, metadata, is_read, created_at, read_at, expires_at, dismissed) \
    select r.id, p.clinic_id, r.user_id, r.type, r.title, r.message, r.priority, r.action_url, \
      jsonb_strip_nulls(jsonb_build_object('subject', r.subject, 'lead_id', substring(r.subject from '^lead:(.*)$'))), r.is_read, r.created_at, r.read_at, r.expires_at, r.dismissed \
    from pg_temp.demo_notification r, pg_temp.demo_place p";

/// At most twenty signs, of which twelve may be the prefix.
const APPOINTMENT: &str = "insert into public.appointments (id, clinic_id, customer_id, staff_id, appointment_code, appointment_type, status, appointment_date, start_time, end_time, services, room_id, notes, desk_journey_id) \
    select r.id, p.clinic_id, r.customer_id, r.staff_id, p.prefix || '-AP' || right(r.code, 5), r.type, r.status, r.date::date, r.start_time::time, r.end_time::time, \
      r.services::jsonb, r.room, r.notes, r.journey_id from pg_temp.demo_appointment r, pg_temp.demo_place p";

/// Numbers go on after these. The day is the clinic's own, whichever zone it lives in.
const QUEUE: &str = "insert into desk.queue as q (clinic_id, day, last) \
    select p.clinic_id, desk.local_time(p.clinic_id, r.arrived_at)::date, count(*) from pg_temp.demo_visit r, pg_temp.demo_place p group by 1, 2 \
    on conflict (clinic_id, day) do update set last = q.last + excluded.last";

const VISIT: &str = "insert into desk.visit (clinic_id, id, customer_id, appointment_id, journey_id, day, queue_number, state, arrived_at, arrived_by, arrived_device, \
      started_at, started_by, started_device, finished_at, finished_by, finished_device, reason) \
    select p.clinic_id, r.id, r.customer_id, r.appointment_id, r.journey_id, d.day, row_number() over (partition by d.day order by r.arrived_at, r.id), r.state, \
      r.arrived_at, r.arrived_by, r.arrived_device, r.started_at, r.started_by, r.started_device, r.finished_at, r.finished_by, r.finished_device, r.reason \
    from pg_temp.demo_visit r, pg_temp.demo_place p, lateral (select desk.local_time(p.clinic_id, r.arrived_at)::date as day) d";

const CONTACT: &str = "insert into desk.contact (id, clinic_id, customer_id, lead_id, task_id, person_id, direction, outcome, note, at, logged_at, next_task_id, next_at, retracted_at) \
    select r.id, p.clinic_id, r.customer_id, r.lead_id, r.task_id, r.person_id, r.direction, r.outcome, r.note, r.at, r.at, r.next_task_id, r.next_at, r.retracted_at \
    from pg_temp.demo_contact r, pg_temp.demo_place p";

const LEAD: &str = "insert into desk.lead (id, clinic_id, customer_id, name, phone, email, source, score, is_hot, reasons, status, claimed_by, source_table, source_id, created_at, updated_at, \
      told, hot_at, claimed_at, answered_at, answered_by, outcome, message, bought, score_low, score_high, factors) \
    select r.id, p.clinic_id, r.customer_id, r.name, r.phone, r.email, r.source, r.score, r.is_hot, r.reasons::jsonb, r.status, r.claimed_by, 'demo', r.id, r.created_at, r.updated_at, \
      array(select jsonb_array_elements_text(r.told::jsonb)::uuid), r.hot_at, r.claimed_at, r.answered_at, r.answered_by, r.outcome, r.message, r.bought, r.score_low, r.score_high, r.factors::jsonb \
    from pg_temp.demo_lead r, pg_temp.demo_place p";
