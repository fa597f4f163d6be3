-- Why: the journey of a customer through nine stages, its actions, its tasks and its events, in the shape the web system reads and writes,
-- with the tenant in every key: a composite key (clinic_id, id) makes a reference into another clinic impossible, not merely forbidden.

alter table public.customers add constraint desk_customers_tenant_key unique (clinic_id, id);

-- Ids and tenants never change (a clinic may only be filled in where there was none).
create function desk.refuse_key_change() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  raise exception 'id and clinic_id never change' using errcode = '23514';
end $$;

create function desk.fix_keys(tbl regclass) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  execute format('create trigger zz_desk_fixed before update on %s for each row
    when (old.id is distinct from new.id or (old.clinic_id is not null and old.clinic_id is distinct from new.clinic_id)) execute function desk.refuse_key_change()', tbl);
end $$;

-- Fills clinic_id from the parent row named by (parent table, column); a missing parent and another clinic's parent give the same answer:
-- where no clinic was given, both end at row level security, which lets neither no clinic nor another one in.
create function desk.fill_clinic() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare parent uuid; key uuid := (to_jsonb(new) ->> tg_argv[1])::uuid;
begin
  if key is null then return new; end if;
  execute format('select clinic_id from public.%I where id = $1', tg_argv[0]) into parent using key;
  if new.clinic_id is not null and parent is distinct from new.clinic_id then
    raise exception '% is not present', tg_argv[1] using errcode = '23503';
  end if;
  new.clinic_id := parent;
  return new;
end $$;

-- The same check for an optional reference whose own foreign key sets null on delete (a composite one would null the tenant before PostgreSQL 15).
create function desk.check_journey() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  if not exists (select 1 from public.workflow_states w where w.id = new.workflow_id and w.clinic_id = new.clinic_id) then
    raise exception 'workflow_id is not present' using errcode = '23503';
  end if;
  return new;
end $$;

-- A stage's place in the journey, 1 to 9; nothing for a word that is no stage.
create function desk.stage_number(stage text) returns integer language sql immutable set search_path = pg_catalog, pg_temp as $$
  select array_position(array['lead_created', 'scanned', 'proposal_sent', 'payment_confirmed', 'treatment_scheduled', 'in_treatment', 'treatment_completed', 'follow_up', 'completed'], stage);
$$;

-- Where a customer is: one row a case.
create table public.workflow_states (
  id uuid not null default gen_random_uuid() constraint workflow_states_pkey primary key,
  clinic_id uuid not null constraint workflow_states_clinic_id_fkey references public.clinics (id) on delete cascade,
  customer_id uuid not null,
  current_stage varchar(50) not null default 'lead_created',
  assigned_sales_id uuid,
  assigned_beautician_id uuid,
  scan_results jsonb default '{}',
  treatment_plan jsonb default '{}',
  metadata jsonb default '{}',
  created_at timestamptz default now(),
  updated_at timestamptz default now(),
  constraint desk_workflow_states_tenant_key unique (clinic_id, id),
  constraint workflow_states_customer_id_fkey foreign key (clinic_id, customer_id) references public.customers (clinic_id, id) on delete cascade,
  constraint workflow_states_assigned_sales_id_fkey foreign key (clinic_id, assigned_sales_id) references desk.staff (clinic_id, person_id) on delete cascade,
  constraint workflow_states_assigned_beautician_id_fkey foreign key (clinic_id, assigned_beautician_id) references desk.staff (clinic_id, person_id) on delete cascade,
  constraint valid_stage check (current_stage in ('lead_created', 'scanned', 'proposal_sent', 'payment_confirmed', 'treatment_scheduled', 'in_treatment', 'treatment_completed', 'follow_up', 'completed'))
);
create index idx_workflow_states_assigned_sales on public.workflow_states (assigned_sales_id) where assigned_sales_id is not null;
create index idx_workflow_states_clinic_stage on public.workflow_states (clinic_id, current_stage);
create index idx_workflow_states_customer on public.workflow_states (customer_id);
create index idx_workflow_states_updated on public.workflow_states (updated_at desc);

-- What was done, by whom. The person is a membership, not a user: deleting the user leaves the history.
create table public.workflow_actions (
  id uuid not null default gen_random_uuid() constraint workflow_actions_pkey primary key,
  workflow_id uuid not null,
  type varchar(50) not null,
  performed_by uuid not null,
  performed_at timestamptz default now(),
  from_stage varchar(50) not null,
  to_stage varchar(50) not null,
  data jsonb default '{}',
  notes text,
  clinic_id uuid not null,  -- ours; filled from the journey
  constraint desk_workflow_actions_tenant_key unique (clinic_id, id),
  constraint workflow_actions_workflow_id_fkey foreign key (clinic_id, workflow_id) references public.workflow_states (clinic_id, id) on delete cascade,
  constraint workflow_actions_performed_by_fkey foreign key (clinic_id, performed_by) references desk.staff (clinic_id, person_id) on delete cascade,
  constraint desk_workflow_actions_stages check (desk.stage_number(from_stage) is not null and desk.stage_number(to_stage) is not null),
  constraint valid_action_type check (type in ('scan_customer', 'send_proposal', 'confirm_payment', 'schedule_appointment', 'start_treatment', 'complete_treatment', 'send_follow_up', 'close_case'))
);
create index idx_workflow_actions_performed on public.workflow_actions (performed_at desc);
create index idx_workflow_actions_workflow on public.workflow_actions (workflow_id);

-- What is to be done, by whom.
create table public.task_queue (
  id uuid not null default gen_random_uuid() constraint task_queue_pkey primary key,
  workflow_id uuid not null,
  assigned_to uuid not null,
  task_type varchar(50) not null,
  title varchar(255) not null,
  description text,
  priority varchar(20) default 'medium',
  status varchar(20) default 'pending',
  due_date timestamptz,
  task_data jsonb default '{}',
  created_at timestamptz default now(),
  updated_at timestamptz default now(),
  completed_at timestamptz,
  notes text,
  clinic_id uuid not null,     -- ours; filled from the journey
  snoozed_until timestamptz,   -- ours; not shown as due before
  completed_by uuid,           -- ours; the person who closed it
  constraint desk_task_queue_tenant_key unique (clinic_id, id),
  constraint task_queue_workflow_id_fkey foreign key (clinic_id, workflow_id) references public.workflow_states (clinic_id, id) on delete cascade,
  constraint task_queue_assigned_to_fkey foreign key (clinic_id, assigned_to) references desk.staff (clinic_id, person_id) on delete cascade,
  constraint desk_task_queue_completed_by_fkey foreign key (clinic_id, completed_by) references desk.staff (clinic_id, person_id) on delete cascade,
  constraint valid_priority check (priority in ('low', 'medium', 'high', 'critical')),
  constraint valid_status check (status in ('pending', 'in_progress', 'completed', 'cancelled'))
);
create index idx_task_queue_assigned on public.task_queue (assigned_to, status);
create index idx_task_queue_priority on public.task_queue (priority, due_date);
create index desk_task_queue_workflow on public.task_queue (clinic_id, workflow_id);

-- What the web system tells its other windows.
create table public.workflow_events (
  id uuid not null default gen_random_uuid() constraint workflow_events_pkey primary key,
  workflow_id uuid not null,
  event_type varchar(50) not null,
  event_data jsonb default '{}',
  target_users uuid[] default '{}',
  broadcast boolean default false,
  processed boolean default false,
  created_at timestamptz default now(),
  clinic_id uuid not null,  -- ours; filled from the journey
  constraint desk_workflow_events_tenant_key unique (clinic_id, id),
  constraint workflow_events_workflow_id_fkey foreign key (clinic_id, workflow_id) references public.workflow_states (clinic_id, id) on delete cascade
);
create index idx_workflow_events_processed on public.workflow_events (processed, created_at);
create index idx_workflow_events_workflow on public.workflow_events (workflow_id);

-- What the web system does by itself at a stage.
create table public.automation_rules (
  id uuid not null default gen_random_uuid() constraint automation_rules_pkey primary key,
  clinic_id uuid not null constraint automation_rules_clinic_id_fkey references public.clinics (id) on delete cascade,
  rule_name varchar(255) not null,
  trigger_stage varchar(50) not null,
  trigger_action varchar(50),
  conditions jsonb default '{}',
  target_action varchar(50) not null,
  target_data jsonb default '{}',
  delay_minutes integer default 0,
  active boolean default true,
  created_at timestamptz default now(),
  updated_at timestamptz default now(),
  constraint desk_automation_rules_tenant_key unique (clinic_id, id)
);

create trigger aa_desk_clinic before insert or update of workflow_id on public.workflow_actions for each row execute function desk.fill_clinic('workflow_states', 'workflow_id');
create trigger aa_desk_clinic before insert or update of workflow_id on public.task_queue for each row execute function desk.fill_clinic('workflow_states', 'workflow_id');
create trigger aa_desk_clinic before insert or update of workflow_id on public.workflow_events for each row execute function desk.fill_clinic('workflow_states', 'workflow_id');
create trigger touch before update on public.workflow_states for each row execute function desk.touch_updated_at();
create trigger touch before update on public.task_queue for each row execute function desk.touch_updated_at();
create trigger touch before update on public.automation_rules for each row execute function desk.touch_updated_at();
select desk.fix_keys(t::regclass) from unnest(array['public.customers', 'public.workflow_states', 'public.workflow_actions', 'public.task_queue', 'public.workflow_events', 'public.automation_rules']) as t;

-- A journey moves forward one stage at a time, back as far as needed, and may be closed from anywhere. Nothing is skipped by a plain UPDATE.
create function desk.check_stage() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if new.current_stage <> 'completed' and desk.stage_number(new.current_stage) > desk.stage_number(old.current_stage) + 1 then
    raise exception 'a journey cannot go from % to %', old.current_stage, new.current_stage using errcode = '23514', hint = 'Stages are passed one at a time.';
  end if;
  return new;
end $$;
create trigger desk_stage before update of current_stage on public.workflow_states for each row execute function desk.check_stage();

-- A scanned lead with a seller gets one task to send a proposal; going back and forth makes no second one while the first is open.
create function public.auto_assign_task() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  if old.current_stage = 'lead_created' and new.current_stage = 'scanned' and new.assigned_sales_id is not null and not exists (
    select 1 from public.task_queue t where t.clinic_id = new.clinic_id and t.workflow_id = new.id and t.task_type = 'send_proposal' and t.status in ('pending', 'in_progress'))
  then
    insert into public.task_queue (clinic_id, workflow_id, assigned_to, task_type, title, priority, due_date)
    values (new.clinic_id, new.id, new.assigned_sales_id, 'send_proposal', 'ส่งใบเสนอราคาให้ลูกค้า', 'high', now() + interval '2 hours');
  end if;
  return new;
end $$;
create trigger workflow_state_changed after update on public.workflow_states for each row execute function public.auto_assign_task();
