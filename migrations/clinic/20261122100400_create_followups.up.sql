-- Why: follow-up rules, what came due from them, what a customer wants to hear and the events behind it, in the shape the web system uses.

create table public.followup_rules (
  id uuid not null default gen_random_uuid() constraint followup_rules_pkey primary key,
  clinic_id uuid not null constraint followup_rules_clinic_id_fkey references public.clinics (id) on delete cascade,
  name varchar(255) not null,
  type varchar(50) not null,
  trigger_conditions jsonb default '{}',
  channels text[] default '{}',
  priority varchar(20) default 'medium',
  active boolean default true,
  ai_personalization boolean default false,
  template jsonb default '{}',
  created_at timestamptz default now(),
  updated_at timestamptz default now(),
  constraint desk_followup_rules_tenant_key unique (clinic_id, id),
  constraint valid_followup_priority check (priority in ('low', 'medium', 'high')),
  constraint valid_followup_type check (type in ('post_treatment', 'payment_reminder', 'appointment_reminder', 'satisfaction_survey', 'upsell_opportunity', 'loyalty_reward', 'birthday_special', 'inactive_reactivation')),
  constraint desk_followup_rules_channels check (channels <@ array['email', 'sms', 'line', 'call', 'in_app'])
);
create index idx_followup_rules_clinic_active on public.followup_rules (clinic_id, active);

create table public.followup_executions (
  id uuid not null default gen_random_uuid() constraint followup_executions_pkey primary key,
  rule_id uuid not null,
  customer_id uuid not null,
  workflow_id uuid constraint followup_executions_workflow_id_fkey references public.workflow_states (id) on delete set null,
  channel varchar(20) not null,
  scheduled_at timestamptz not null,
  executed_at timestamptz,
  status varchar(20) default 'pending',
  personalized_content jsonb default '{}',
  response jsonb default '{}',
  metadata jsonb default '{}',
  created_at timestamptz default now(),
  updated_at timestamptz default now(),
  clinic_id uuid not null,  -- ours; filled from the rule
  constraint desk_followup_executions_tenant_key unique (clinic_id, id),
  constraint followup_executions_rule_id_fkey foreign key (clinic_id, rule_id) references public.followup_rules (clinic_id, id) on delete cascade,
  constraint followup_executions_customer_id_fkey foreign key (clinic_id, customer_id) references public.customers (clinic_id, id) on delete cascade,
  constraint valid_execution_channel check (channel in ('email', 'sms', 'line', 'call', 'in_app')),
  constraint valid_execution_status check (status in ('pending', 'sent', 'delivered', 'failed', 'cancelled'))
);
create index idx_followup_executions_customer on public.followup_executions (customer_id);
create index idx_followup_executions_scheduled on public.followup_executions (scheduled_at, status);

create table public.customer_preferences (
  id uuid not null default gen_random_uuid() constraint customer_preferences_pkey primary key,
  customer_id uuid not null,
  clinic_id uuid not null constraint customer_preferences_clinic_id_fkey references public.clinics (id) on delete cascade,
  preferred_channels text[] default array['email', 'sms'],
  do_not_contact boolean default false,
  marketing_opt_in boolean default true,
  best_contact_time varchar(50) default 'anytime',
  timezone varchar(50) default 'Asia/Bangkok',
  language varchar(10) default 'th',
  content_style varchar(20) default 'friendly',
  max_weekly_contacts integer default 3,
  max_monthly_contacts integer default 10,
  birthday date,
  anniversary_date date,
  created_at timestamptz default now(),
  updated_at timestamptz default now(),
  constraint customer_preferences_customer_id_clinic_id_key unique (customer_id, clinic_id),
  constraint desk_customer_preferences_tenant_key unique (clinic_id, id),
  constraint customer_preferences_customer_id_fkey foreign key (clinic_id, customer_id) references public.customers (clinic_id, id) on delete cascade,
  constraint valid_contact_time check (best_contact_time in ('morning', 'afternoon', 'evening', 'anytime', 'business_hours')),
  constraint valid_content_style check (content_style in ('professional', 'friendly', 'casual')),
  constraint valid_language check (language in ('th', 'en')),
  constraint desk_customer_preferences_channels check (preferred_channels <@ array['email', 'sms', 'line', 'call', 'in_app'])
);
create index idx_customer_preferences_customer on public.customer_preferences (customer_id, clinic_id);

create table public.followup_templates (
  id uuid not null default gen_random_uuid() constraint followup_templates_pkey primary key,
  clinic_id uuid constraint followup_templates_clinic_id_fkey references public.clinics (id) on delete cascade,  -- null: a system template
  name varchar(255) not null,
  type varchar(50) not null,
  language varchar(10) default 'th',
  subject varchar(255),
  message text not null,
  variables text[] default '{}',
  is_system_template boolean default false,
  category varchar(50) default 'general',
  created_at timestamptz default now(),
  updated_at timestamptz default now(),
  constraint desk_followup_templates_tenant_key unique (clinic_id, id),
  constraint desk_followup_templates_owner check (clinic_id is not null or is_system_template)
);

create table public.customer_journey_events (
  id uuid not null default gen_random_uuid() constraint customer_journey_events_pkey primary key,
  customer_id uuid not null,
  clinic_id uuid not null constraint customer_journey_events_clinic_id_fkey references public.clinics (id) on delete cascade,
  workflow_id uuid constraint customer_journey_events_workflow_id_fkey references public.workflow_states (id) on delete set null,
  event_type varchar(50) not null,
  event_data jsonb default '{}',
  source varchar(50) not null,
  occurred_at timestamptz default now(),
  processed_at timestamptz,
  metadata jsonb default '{}',
  constraint desk_customer_journey_events_tenant_key unique (clinic_id, id),
  constraint customer_journey_events_customer_id_fkey foreign key (clinic_id, customer_id) references public.customers (clinic_id, id) on delete cascade,
  constraint valid_event_type check (event_type in ('treatment_completed', 'payment_made', 'appointment_booked', 'email_opened', 'sms_replied', 'website_visited', 'review_submitted', 'complaint_made', 'referral_made', 'loyalty_milestone'))
);
create index idx_journey_events_customer on public.customer_journey_events (customer_id, occurred_at desc);

create trigger aa_desk_clinic before insert or update of rule_id on public.followup_executions for each row execute function desk.fill_clinic('followup_rules', 'rule_id');
create trigger ab_desk_journey before insert or update of workflow_id on public.followup_executions for each row when (new.workflow_id is not null) execute function desk.check_journey();
create trigger ab_desk_journey before insert or update of workflow_id on public.customer_journey_events for each row when (new.workflow_id is not null) execute function desk.check_journey();
create trigger touch before update on public.followup_rules for each row execute function desk.touch_updated_at();
create trigger touch before update on public.followup_executions for each row execute function desk.touch_updated_at();
create trigger touch before update on public.customer_preferences for each row execute function desk.touch_updated_at();
create trigger touch before update on public.followup_templates for each row execute function desk.touch_updated_at();
select desk.fix_keys(t::regclass) from unnest(array['public.followup_rules', 'public.followup_executions', 'public.customer_preferences', 'public.followup_templates', 'public.customer_journey_events']) as t;

-- Three system templates. Their ids are fixed, so a second run finds them.
insert into public.followup_templates (id, clinic_id, name, type, language, subject, message, variables, is_system_template, category) values
  ('de5c0000-0000-4000-8000-000000000001', null, 'ดูแลหลังทำทรีตเมนต์', 'post_treatment', 'th', 'ดูแลผิวหลังทำ {treatmentName}',
   'สวัสดีค่ะคุณ{customerName} หลังทำ {treatmentName} ผิวเป็นอย่างไรบ้างคะ หากมีอาการผิดปกติติดต่อคลินิกได้ทันทีค่ะ', array['customerName', 'treatmentName'], true, 'aftercare'),
  ('de5c0000-0000-4000-8000-000000000002', null, 'แจ้งเตือนการชำระเงิน', 'payment_reminder', 'th', 'แจ้งยอดชำระ {serviceName}',
   'เรียนคุณ{customerName} ยอดค้างชำระสำหรับ {serviceName} จำนวน {amount} บาท หากชำระแล้วขออภัยมา ณ ที่นี้ค่ะ', array['customerName', 'serviceName', 'amount'], true, 'billing'),
  ('de5c0000-0000-4000-8000-000000000003', null, 'สุขสันต์วันเกิด', 'birthday_special', 'th', 'สุขสันต์วันเกิดคุณ{customerName}',
   'สุขสันต์วันเกิดค่ะคุณ{customerName} คลินิกมีของขวัญพิเศษรอคุณอยู่ ทักมาได้เลยนะคะ', array['customerName'], true, 'promotion')
on conflict (id) do nothing;
