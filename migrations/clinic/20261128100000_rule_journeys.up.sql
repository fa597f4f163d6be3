-- Why: a journey went wherever an UPDATE sent it, without a person, a role or a condition, and its history was what somebody happened to insert. Now a row of
-- the history is the move: it is judged against a table of what may lead where before it is written, numbers the journey, and changes its stage in the
-- same statement. A plain UPDATE is judged by the same table and writes its row. So history and stage cannot part, whoever asks.

alter table public.workflow_states
  add column desk_version integer not null default 1,       -- of its last row of history; a move names the one it saw
  add column desk_stage_since timestamptz,                  -- when it came into its stage
  add column desk_outcome text constraint desk_workflow_states_outcome check (desk_outcome in ('completed', 'lost', 'cancelled')),  -- how it ended; none while it is open
  add column desk_reason text,                              -- why it was lost or cancelled
  add column desk_title text,                               -- what she comes for
  add column desk_sessions_planned integer constraint desk_workflow_states_planned check (desk_sessions_planned between 1 and 99),  -- none: not a course
  add column desk_sessions_done integer not null default 0 constraint desk_workflow_states_done check (desk_sessions_done >= 0),
  add column desk_booked_at timestamptz;                    -- when she is expected next
alter table public.workflow_actions
  add column desk_kind text,                                -- the exact word, where the web system's eight do not have it
  add column desk_device text,                              -- the PC it was done on
  add column desk_version integer;                          -- the journey's version after it; none: from before us, told but not counted
create unique index desk_workflow_actions_version on public.workflow_actions (clinic_id, workflow_id, desk_version);
grant select (desk_version, desk_stage_since, desk_outcome, desk_reason, desk_title, desk_sessions_planned, desk_sessions_done, desk_booked_at) on public.workflow_states to desk_member;
grant select (desk_kind, desk_device, desk_version) on public.workflow_actions to desk_member;

-- What may lead where. A new set of rules is a new version beside the old ones, and the highest is in force. `desk_core::journey` holds the same rows.
create table desk.transition (
  version integer not null,
  nth integer not null,                                     -- in which order they are offered
  action text not null,
  from_stage text not null,
  to_stage text not null,
  roles text[] not null,                                    -- who may; `system` is the clinic's own automation
  needs text check (needs in ('amount', 'sessions_left', 'no_sessions_left', 'closed_from')),
  asks_reason boolean not null,
  outcome text,                                             -- as what it ends the journey
  web_type text not null,                                   -- one of the eight words that the web system knows
  primary key (version, action, from_stage, to_stage),
  check (desk.stage_number(from_stage) is not null and desk.stage_number(to_stage) is not null)
);
alter table desk.transition enable row level security;
insert into desk.transition (version, nth, action, from_stage, to_stage, roles, needs, asks_reason, outcome, web_type)
select 1, row_number() over (), x.action, f, t, string_to_array(x.roles, ' '), x.needs, x.asks_reason, x.outcome, x.web_type from (values
  ('open', 'lead_created', 'lead_created', 'owner manager front_desk sales', null, false, null, 'scan_customer'),
  ('scan_customer', 'lead_created', 'scanned', 'owner manager sales', null, false, null, 'scan_customer'),
  ('send_proposal', 'scanned', 'proposal_sent', 'owner manager sales system', null, false, null, 'send_proposal'),
  ('confirm_payment', 'proposal_sent', 'payment_confirmed', 'owner manager front_desk sales', 'amount', false, null, 'confirm_payment'),
  ('schedule_appointment', 'payment_confirmed', 'treatment_scheduled', 'owner manager front_desk sales beautician', null, false, null, 'schedule_appointment'),
  ('start_treatment', 'treatment_scheduled', 'in_treatment', 'owner manager front_desk beautician', null, false, null, 'start_treatment'),
  ('complete_treatment', 'in_treatment', 'treatment_completed', 'owner manager front_desk beautician', null, false, null, 'complete_treatment'),
  ('send_follow_up', 'treatment_completed', 'follow_up', 'owner manager front_desk sales beautician system', null, false, null, 'send_follow_up'),
  ('next_session', 'treatment_completed follow_up', 'treatment_scheduled', 'owner manager front_desk sales beautician', 'sessions_left', false, null, 'schedule_appointment'),
  ('close_case', 'follow_up', 'completed', 'owner manager sales system', 'no_sessions_left', false, 'completed', 'close_case'),
  ('reschedule', 'treatment_scheduled', 'treatment_scheduled', 'owner manager front_desk sales beautician', null, false, null, 'schedule_appointment'),
  ('no_show', 'treatment_scheduled', 'payment_confirmed', 'owner manager front_desk sales beautician', null, false, null, 'schedule_appointment'),
  ('mark_lost', 'lead_created scanned proposal_sent', 'completed', 'owner manager sales', null, true, 'lost', 'close_case'),
  ('cancel', 'lead_created scanned proposal_sent payment_confirmed treatment_scheduled treatment_completed follow_up', 'completed', 'owner manager front_desk sales', null, true, 'cancelled', 'close_case'),
  ('step_back', 'scanned', 'lead_created', 'owner manager', null, true, null, 'scan_customer'),
  ('step_back', 'proposal_sent', 'scanned', 'owner manager', null, true, null, 'send_proposal'),
  ('step_back', 'payment_confirmed', 'proposal_sent', 'owner manager', null, true, null, 'confirm_payment'),
  ('step_back', 'treatment_scheduled', 'payment_confirmed', 'owner manager', null, true, null, 'schedule_appointment'),
  ('step_back', 'in_treatment', 'treatment_scheduled', 'owner manager', null, true, null, 'start_treatment'),
  ('step_back', 'treatment_completed', 'in_treatment', 'owner manager', null, true, null, 'complete_treatment'),
  ('step_back', 'follow_up', 'treatment_completed', 'owner manager', null, true, null, 'send_follow_up'),
  ('step_back', 'completed', 'lead_created scanned proposal_sent payment_confirmed treatment_scheduled treatment_completed follow_up', 'owner manager', 'closed_from', true, null, 'close_case')
) as x (action, from_stages, to_stages, roles, needs, asks_reason, outcome, web_type), unnest(string_to_array(x.from_stages, ' ')) f, unnest(string_to_array(x.to_stages, ' ')) t;

create function desk.transitions() returns setof desk.transition language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select t.* from desk.transition t where t.version = (select max(version) from desk.transition);
$$;

-- The signed-in web user; nothing where there are none.
do $$ begin
  if to_regprocedure('auth.uid()') is not null then
    execute $f$create function desk.web_person() returns uuid language sql stable set search_path = pg_catalog, pg_temp as 'select auth.uid()'$f$;
  else
    execute $f$create function desk.web_person() returns uuid language sql stable set search_path = pg_catalog, pg_temp as 'select null::uuid'$f$;
  end if;
end $$;

-- Who is asking, as somebody who works in this clinic: a desk's login or a web user; nobody for the clinic's IT and for the web's own server.
create function desk.acting_person(clinic uuid) returns uuid language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select coalesce((select m.person_id from desk.me() m where m.clinic_id = clinic),
    (select s.person_id from desk.staff s where s.clinic_id = clinic and s.person_id = desk.web_person() and s.active and clinic in (select desk.web_clinics())));
$$;

-- How many sessions of a course are still owed; none owed where there is no course.
create function desk.sessions_left(w public.workflow_states) returns integer language sql immutable set search_path = pg_catalog, pg_temp as $$
  select greatest(coalesce(w.desk_sessions_planned, 0) - w.desk_sessions_done, 0);
$$;

-- A plan's number under one of its names, as the web system may have written it.
create function desk.plan_number(plan jsonb, names text[]) returns numeric language sql immutable set search_path = pg_catalog, pg_temp as $$
  select (array_agg((plan ->> n)::numeric) filter (where plan ->> n ~ '^\s*[0-9]{1,9}(\.[0-9]{1,20})?\s*$'))[1] from unnest(names) n where jsonb_typeof(plan) = 'object';
$$;

create function desk.plan_sessions(plan jsonb) returns integer language sql immutable set search_path = pg_catalog, pg_temp as $$
  select case when n between 1 and 99 and n = trunc(n) then n::int end from desk.plan_number(plan, array['sessions', 'totalSessions', 'sessionCount']) n;
$$;

create function desk.plan_title(plan jsonb) returns text language sql immutable set search_path = pg_catalog, pg_temp as $$
  select left(nullif(btrim(coalesce(case when jsonb_typeof(plan -> 'name') = 'string' then plan ->> 'name' end, case when jsonb_typeof(plan -> 'title') = 'string' then plan ->> 'title' end)), ''), 200);
$$;

-- The last move that was not taken back. `unmove` is the only word that takes back, and takes back exactly one.
create function desk.last_move(clinic uuid, journey uuid) returns public.workflow_actions language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare a public.workflow_actions; over integer := 0;
begin
  for a in select x.* from public.workflow_actions x where x.clinic_id = clinic and x.workflow_id = journey and x.desk_version is not null order by x.desk_version desc loop
    if a.desk_kind = 'unmove' then over := over + 1;
    elsif over > 0 then over := over - 1;
    elsif a.desk_kind is distinct from 'noted' then return a;
    end if;
  end loop;
  return null;
end $$;

-- What a move says besides: sessions and amount are numbers, a time is a time, a person works here. The same for a desk and for the web system.
create function desk.check_facts(clinic uuid, facts jsonb) returns void language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare person text := coalesce(facts ->> 'beautician_id', facts ->> 'beauticianId');
begin
  if facts ? 'sessions' and not coalesce(facts ->> 'sessions' ~ '^[1-9][0-9]?$', false) then perform desk.refuse('value_not_allowed', '{"field":"sessions"}'); end if;
  if facts ? 'amount' and not coalesce(facts ->> 'amount' ~ '^[0-9]{1,12}$', false) then perform desk.refuse('amount_out_of_range', '{"field":"amount"}'); end if;
  perform desk.arg_text(facts, 'title', 200);
  if facts ? 'booked_at' and desk.arg_instant(facts, 'booked_at') not between now() - interval '2 years' and now() + interval '2 years' then perform desk.refuse('date_out_of_range', '{"field":"booked_at"}'); end if;
  if person is not null and not exists (select 1 from desk.staff s where s.clinic_id = clinic and s.person_id::text = lower(person) and s.active) then perform desk.refuse('person_not_found', '{"field":"beautician_id"}'); end if;
end $$;

create function desk.check_needs(w public.workflow_states, needs text, facts jsonb) returns void language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare left_over integer := desk.sessions_left(w);
begin
  if needs = 'amount' and coalesce(nullif((facts ->> 'amount')::numeric, 0), desk.plan_number(w.treatment_plan, array['totalAmount', 'total_amount', 'total']), 0) <= 0
    or needs = 'sessions_left' and left_over = 0 then perform desk.refuse('condition_not_met', jsonb_build_object('needs', needs));
  elsif needs = 'no_sessions_left' and left_over > 0 then perform desk.refuse('sessions_left', jsonb_build_object('left', left_over));
  end if;
end $$;

-- The rule under which `by` does `action` on this journey, or a refusal that says what stands in the way.
create function desk.judge(w public.workflow_states, by uuid, action text, target text, facts jsonb, note text) returns desk.transition language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare t desk.transition; is_one text := case when by = '0a070000-0000-4000-8000-000000000000' then 'system' else desk.role_of(w.clinic_id, by) end;
begin
  select x.* into t from desk.transitions() x where x.action = judge.action and x.action <> 'open' and x.from_stage = w.current_stage and (target is null or x.to_stage = target)
    and (x.needs is distinct from 'closed_from' or x.to_stage = (desk.last_move(w.clinic_id, w.id)).from_stage) limit 1;
  if not found and w.current_stage = 'completed' then perform desk.refuse('journey_closed', jsonb_build_object('outcome', w.desk_outcome, 'at', w.desk_stage_since)); end if;
  if not found then
    perform desk.refuse('move_not_allowed', jsonb_build_object('stage', w.current_stage, 'action', action,
      'allowed', (select coalesce(jsonb_agg(x.action order by x.nth), '[]') from desk.transitions() x where x.from_stage = w.current_stage and x.action <> 'open' and is_one = any (x.roles))));
  end if;
  if not coalesce(is_one = any (t.roles), false) then perform desk.refuse('role_not_allowed', jsonb_build_object('role', is_one, 'needs', to_jsonb(t.roles))); end if;
  if t.asks_reason and coalesce(btrim(note), '') = '' then perform desk.refuse('reason_missing', jsonb_build_object('field', 'note')); end if;
  perform desk.check_facts(w.clinic_id, facts);
  perform desk.check_needs(w, t.needs, facts);
  return t;
end $$;

-- Taking back is for who did it, and only while nothing came after.
create function desk.judge_unmove(w public.workflow_states, a public.workflow_actions) returns public.workflow_actions language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare last public.workflow_actions := desk.last_move(w.clinic_id, w.id);
begin
  if last.id is null or last.desk_kind = 'open' then perform desk.refuse('nothing_to_undo'); end if;
  if last.desk_version::text is distinct from a.data ->> 'of' or a.to_stage <> last.from_stage then perform desk.refuse_journey_changed(w); end if;
  if last.performed_by <> a.performed_by then perform desk.refuse('nothing_to_undo'); end if;
  return last;
end $$;

-- Somebody was faster: where the journey is now, and who brought it there.
create function desk.refuse_journey_changed(w public.workflow_states) returns void language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare a public.workflow_actions;
begin
  select x.* into a from public.workflow_actions x where x.clinic_id = w.clinic_id and x.workflow_id = w.id and x.desk_version = w.desk_version;
  perform desk.refuse('journey_changed', jsonb_build_object('stage', w.current_stage, 'version', w.desk_version, 'by', desk.nickname_of(w.clinic_id, a.performed_by), 'at', a.performed_at));
end $$;

-- The journey as it is after a row of its history. `was` in the row is what that replaced, for taking it back.
create function desk.moved(w public.workflow_states, a public.workflow_actions) returns public.workflow_states language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare f jsonb := case when jsonb_typeof(a.data) = 'object' then a.data else '{}' end; kind text := coalesce(a.desk_kind, a.type); was jsonb; person uuid;
begin
  w.desk_version := a.desk_version;
  w.current_stage := a.to_stage;
  if a.from_stage <> a.to_stage then w.desk_stage_since := a.performed_at; end if;
  if a.from_stage = 'in_treatment' and a.to_stage = 'treatment_completed' then w.desk_sessions_done := w.desk_sessions_done + 1; w.desk_booked_at := null; end if;
  if a.from_stage = 'treatment_completed' and a.to_stage = 'in_treatment' then w.desk_sessions_done := greatest(w.desk_sessions_done - 1, 0); end if;
  if a.from_stage = 'completed' then w.desk_outcome := null; w.desk_reason := null; end if;
  if a.to_stage = 'completed' and a.from_stage <> 'completed' then
    w.desk_outcome := coalesce((select t.outcome from desk.transitions() t where t.action = kind and t.outcome is not null limit 1), 'completed');
    w.desk_reason := case when w.desk_outcome <> 'completed' then a.notes end;
  end if;
  if kind = 'unmove' then
    select x.data -> 'was' into was from public.workflow_actions x where x.clinic_id = a.clinic_id and x.workflow_id = a.workflow_id and x.desk_version = (f ->> 'of')::int;
    w.desk_stage_since := coalesce((was ->> 'since')::timestamptz, w.desk_stage_since); w.desk_outcome := was ->> 'outcome'; w.desk_reason := was ->> 'reason';
    w.desk_booked_at := (was ->> 'booked_at')::timestamptz; w.desk_title := was ->> 'title'; w.desk_sessions_planned := (was ->> 'sessions')::int;
    w.assigned_sales_id := (was ->> 'sales_id')::uuid; w.assigned_beautician_id := (was ->> 'beautician_id')::uuid;
    if was ? 'plan' then w.treatment_plan := was -> 'plan'; end if;
    return w;
  end if;
  if jsonb_typeof(f -> 'scanResults') = 'object' then w.scan_results := case when jsonb_typeof(w.scan_results) = 'object' then w.scan_results else '{}' end || (f -> 'scanResults'); end if;
  if kind = 'scan_customer' and w.assigned_sales_id is null and desk.role_of(a.clinic_id, a.performed_by) = 'sales' then w.assigned_sales_id := a.performed_by; end if;
  w.treatment_plan := desk.plan_with(w.treatment_plan, f);
  w.desk_title := coalesce(nullif(btrim(f ->> 'title'), ''), w.desk_title, desk.plan_title(w.treatment_plan));
  w.desk_sessions_planned := coalesce((f ->> 'sessions')::int, w.desk_sessions_planned, desk.plan_sessions(w.treatment_plan));
  person := coalesce(f ->> 'beautician_id', f ->> 'beauticianId')::uuid;
  if person is not null then w.assigned_beautician_id := person; end if;
  if kind = 'no_show' then w.desk_booked_at := null; elsif f ? 'booked_at' then w.desk_booked_at := (f ->> 'booked_at')::timestamptz; end if;
  return w;
end $$;

-- The plan with what a move says of it, under the web system's names; money in baht there.
create function desk.plan_with(plan jsonb, facts jsonb) returns jsonb language sql immutable set search_path = pg_catalog, pg_temp as $$
  select case when n = '{}' then plan else case when jsonb_typeof(plan) = 'object' then plan else '{}' end || n end
  from (select jsonb_strip_nulls(jsonb_build_object('name', nullif(btrim(facts ->> 'title'), ''), 'sessions', (facts ->> 'sessions')::int, 'totalAmount', trim_scale(nullif((facts ->> 'amount')::numeric, 0) / 100)))
    || case when jsonb_typeof(facts -> 'treatmentPlan') = 'object' then facts -> 'treatmentPlan' else '{}' end as n) x;
$$;

-- What the web system and others cannot know or could make up about a row of history: its number, its PC, its time.
create function desk.distrust_action() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if not pg_has_role(current_user, (select c.relowner from pg_class c where c.oid = tg_relid), 'usage') then
    new.desk_version := null; new.desk_device := null; new.performed_at := now();
  end if;
  return new;
end $$;

-- A row of history is judged as the move it is. One with a number that the journey has passed already belongs to a plain UPDATE, which was judged, or to
-- a journey that came with its history, which is judged as a whole; the key lets each number in once.
create function desk.judge_action() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare w public.workflow_states; t desk.transition; before timestamptz; kind text := coalesce(new.desk_kind, new.type);
begin
  if desk.stage_number(new.from_stage) is null or desk.stage_number(new.to_stage) is null then return new; end if;  -- the table's own check refuses it
  if exists (select 1 from public.workflow_states x where x.clinic_id = new.clinic_id and x.id = new.workflow_id and x.desk_version >= new.desk_version) then return new; end if;
  select x.* into w from public.workflow_states x where x.clinic_id = new.clinic_id and x.id = new.workflow_id for update;
  if not found then return new; end if;  -- and so does its key
  if jsonb_typeof(new.data) is distinct from 'object' then new.data := '{}'; end if;
  if new.from_stage <> w.current_stage then perform desk.refuse_journey_changed(w); end if;
  if kind = 'unmove' then
    perform desk.judge_unmove(w, new);
    new.type := (desk.last_move(w.clinic_id, w.id)).type;
  elsif new.from_stage = new.to_stage and not exists (select 1 from desk.transitions() x where x.action = kind and x.from_stage = x.to_stage and x.from_stage = w.current_stage and x.action <> 'open') then
    if coalesce(desk.role_of(w.clinic_id, new.performed_by), '') = '' then perform desk.refuse('role_not_allowed'); end if;
    new.desk_kind := 'noted';  -- nothing moved: somebody wrote something down
  else
    t := desk.judge(w, new.performed_by, kind, new.to_stage, new.data, new.notes);
    new.type := t.web_type; new.desk_kind := nullif(t.action, t.web_type);
  end if;
  select max(x.performed_at) into before from public.workflow_actions x where x.clinic_id = w.clinic_id and x.workflow_id = w.id and x.desk_version = w.desk_version;
  new.performed_at := greatest(least(coalesce(new.performed_at, now()), now()), before);  -- late is possible, before the last one is not
  new.desk_version := w.desk_version + 1;
  new.data := new.data || jsonb_build_object('was', jsonb_build_object('since', w.desk_stage_since, 'outcome', w.desk_outcome, 'reason', w.desk_reason, 'booked_at', w.desk_booked_at, 'title', w.desk_title,
    'sessions', w.desk_sessions_planned, 'sales_id', w.assigned_sales_id, 'beautician_id', w.assigned_beautician_id) || case when new.data ?| array['title', 'sessions', 'amount', 'treatmentPlan'] then jsonb_build_object('plan', w.treatment_plan) else '{}' end);
  return new;
end $$;

-- The journey follows its history.
create function desk.carry_out() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  update public.workflow_states w set current_stage = new.to_stage, desk_version = new.desk_version where w.clinic_id = new.clinic_id and w.id = new.workflow_id and w.desk_version = new.desk_version - 1;
  if found then perform desk.tell_move(new); end if;
  return null;
end $$;

-- The rule that a plain UPDATE of the stage amounts to: one that asks for no reason, because none can be given.
create function desk.plain_rule(from_stage text, to_stage text) returns desk.transition language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select t from desk.transitions() t where t.from_stage = $1 and t.to_stage = $2 and t.from_stage <> t.to_stage and not t.asks_reason order by t.nth limit 1;
$$;

-- Every change of a journey comes through here. With its row of history written it becomes what that row says; a plain change of the stage is judged first.
create function desk.guard_journey() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare a public.workflow_actions; t desk.transition; wanted text := new.current_stage; number integer := new.desk_version;
begin
  if new.treatment_plan is distinct from old.treatment_plan then
    if new.desk_sessions_planned is not distinct from old.desk_sessions_planned then new.desk_sessions_planned := coalesce(desk.plan_sessions(new.treatment_plan), old.desk_sessions_planned); end if;
    if new.desk_title is not distinct from old.desk_title then new.desk_title := coalesce(desk.plan_title(new.treatment_plan), old.desk_title); end if;
  end if;
  if (new.desk_stage_since, new.desk_outcome, new.desk_reason, new.desk_sessions_done, new.desk_booked_at) is distinct from (old.desk_stage_since, old.desk_outcome, old.desk_reason, old.desk_sessions_done, old.desk_booked_at) then
    raise exception 'what follows from the history of a journey is not written by hand' using errcode = '23514', hint = 'Insert the move into workflow_actions.';
  end if;
  if wanted = old.current_stage and number = old.desk_version then return new; end if;
  new.current_stage := old.current_stage; new.desk_version := old.desk_version;
  if number = old.desk_version + 1 then
    select x.* into a from public.workflow_actions x where x.clinic_id = old.clinic_id and x.workflow_id = old.id and x.desk_version = number and x.to_stage = wanted;
    if found then return desk.moved(new, a); end if;
  end if;
  if number <> old.desk_version then raise exception 'the version of a journey is the number of its moves' using errcode = '23514'; end if;
  t := desk.plain_rule(old.current_stage, wanted);
  if t.action is null then
    raise exception 'a journey cannot go from % to %', old.current_stage, wanted using errcode = '23514', hint = 'Stages are passed one at a time; what needs a reason is inserted into workflow_actions.';
  end if;
  a.performed_by := desk.acting_person(old.clinic_id);
  if a.performed_by is null then
    raise exception 'nobody is known to have moved this journey' using errcode = '23514', hint = 'Insert the move into workflow_actions, with performed_by; the stage follows.';
  end if;
  t := desk.judge(new, a.performed_by, t.action, wanted, '{}', null);
  a.clinic_id := old.clinic_id; a.workflow_id := old.id; a.type := t.web_type; a.desk_kind := nullif(t.action, t.web_type); a.from_stage := old.current_stage; a.to_stage := wanted; a.performed_at := now(); a.desk_version := old.desk_version + 1;
  return desk.moved(new, a);
end $$;

-- The row of history of a plain UPDATE.
create function desk.record_move() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare t desk.transition; a public.workflow_actions;
begin
  if exists (select 1 from public.workflow_actions x where x.clinic_id = new.clinic_id and x.workflow_id = new.id and x.desk_version = new.desk_version) then return null; end if;
  t := desk.plain_rule(old.current_stage, new.current_stage);
  insert into public.workflow_actions (clinic_id, workflow_id, type, desk_kind, performed_by, performed_at, from_stage, to_stage, desk_version, data)
  values (new.clinic_id, new.id, t.web_type, nullif(t.action, t.web_type), desk.acting_person(new.clinic_id), now(), old.current_stage, new.current_stage, new.desk_version, jsonb_build_object('was', jsonb_build_object('since', old.desk_stage_since,
    'outcome', old.desk_outcome, 'reason', old.desk_reason, 'booked_at', old.desk_booked_at, 'title', new.desk_title, 'sessions', new.desk_sessions_planned, 'sales_id', old.assigned_sales_id, 'beautician_id', new.assigned_beautician_id)))
  returning * into a;
  perform desk.tell_move(a);
  return null;
end $$;

-- A journey begins at its beginning. Only the owner of the table may bring one in from elsewhere at another stage, with its history or without.
create function desk.begin_journey() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if pg_has_role(current_user, (select c.relowner from pg_class c where c.oid = tg_relid), 'usage') then
    new.desk_stage_since := coalesce(new.desk_stage_since, least(new.created_at, now()), now());
    if new.current_stage = 'completed' then new.desk_outcome := coalesce(new.desk_outcome, 'completed'); end if;
    return new;
  end if;
  if new.current_stage <> 'lead_created' then
    raise exception 'a journey begins at lead_created' using errcode = '23514', hint = 'Insert it there, and its moves into workflow_actions.';
  end if;
  new.desk_version := 1; new.desk_stage_since := now(); new.desk_outcome := null; new.desk_reason := null; new.desk_sessions_done := 0; new.desk_booked_at := null;
  return new;
end $$;

create function desk.read_plan() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  new.desk_sessions_planned := coalesce(new.desk_sessions_planned, desk.plan_sessions(new.treatment_plan));
  new.desk_title := coalesce(new.desk_title, desk.plan_title(new.treatment_plan));
  return new;
end $$;

-- Its first row of history says who opened it. It bears the journey's own id: a desk that opens one offline knows it too.
create function desk.record_opening() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare who uuid := desk.acting_person(new.clinic_id); me desk.member := desk.me();
begin
  if who is not null and not exists (select 1 from desk.transitions() t where t.action = 'open' and desk.role_of(new.clinic_id, who) = any (t.roles)) then
    perform desk.refuse('role_not_allowed', jsonb_build_object('role', desk.role_of(new.clinic_id, who), 'needs', (select to_jsonb(t.roles) from desk.transitions() t where t.action = 'open')));
  end if;
  insert into public.workflow_actions (id, clinic_id, workflow_id, type, desk_kind, performed_by, performed_at, from_stage, to_stage, desk_device, desk_version, data)
  values (new.id, new.clinic_id, new.id, 'scan_customer', 'open', coalesce(who, desk.automation(new.clinic_id)), new.desk_stage_since, 'lead_created', new.current_stage, case when me.person_id = who then me.device end, 1,
    case when who is null then '{"imported": true}' else '{}' end::jsonb);
  return null;
end $$;

-- A journey that came with its history: the history has every number once, hangs together, goes only where the rules lead, and ends where the journey is.
create function desk.check_explained() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare explained boolean;
begin
  select count(*) = w.desk_version and max(h.desk_version) = w.desk_version and min(h.desk_version) = 1 and (array_agg(h.to_stage order by h.desk_version desc))[1] = w.current_stage
    and bool_and(case when h.desk_version = 1 then h.desk_kind = 'open' else h.from_stage = h.stood and h.performed_at >= h.stood_at
      and exists (select 1 from desk.transitions() t where t.action = coalesce(h.desk_kind, h.type) and t.from_stage = h.from_stage and t.to_stage = h.to_stage) end)
  into explained from public.workflow_states w join (
    select a.*, lag(a.to_stage) over (order by a.desk_version) as stood, lag(a.performed_at) over (order by a.desk_version) as stood_at from public.workflow_actions a where a.clinic_id = new.clinic_id and a.workflow_id = new.id and a.desk_version is not null) h on true
  where w.clinic_id = new.clinic_id and w.id = new.id group by w.desk_version, w.current_stage;
  if not coalesce(explained, not exists (select 1 from public.workflow_states w where w.clinic_id = new.clinic_id and w.id = new.id)) then
    raise exception 'the history of journey % does not explain its stage', new.id using errcode = '23514', hint = 'A journey of version n comes with rows 1 to n of workflow_actions, the first an open.';
  end if;
  return null;
end $$;

-- History is added to. It goes only together with its customer or its clinic, and so does a journey.
create function desk.keep_history() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  if tg_op = 'DELETE' and not exists (select 1 from public.clinics c where c.id = old.clinic_id) then return old; end if;
  if tg_op = 'DELETE' and tg_table_name = 'workflow_actions' and not exists (select 1 from public.workflow_states w where w.clinic_id = old.clinic_id and w.id = (to_jsonb(old) ->> 'workflow_id')::uuid) then return old; end if;
  if tg_op = 'DELETE' and tg_table_name = 'workflow_states' and not exists (select 1 from public.customers c where c.clinic_id = old.clinic_id and c.id = (to_jsonb(old) ->> 'customer_id')::uuid) then return old; end if;
  raise exception 'the history of a journey is never changed' using errcode = '23001', hint = 'What was wrong is put right by a further move: cancel, step_back.';
end $$;

-- Those who take over hear of it, not before ten seconds have passed in which it may be taken back. Titles say a first name and nothing of health.
create function desk.tell_move(a public.workflow_actions) returns void language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare w public.workflow_states; name text; kind text := coalesce(a.desk_kind, a.type); who text; event text; people uuid[]; roles text[]; title text; message text; importance text := 'medium';
begin
  select x.* into w from public.workflow_states x where x.clinic_id = a.clinic_id and x.id = a.workflow_id;
  select desk.short_name(coalesce(nullif(c.nickname, ''), c.full_name)) into name from public.customers c where c.clinic_id = w.clinic_id and c.id = w.customer_id;
  who := coalesce(desk.nickname_of(a.clinic_id, a.performed_by), '');
  if kind = 'unmove' then  -- nobody needs to hear of what did not happen
    delete from public.notifications n using public.workflow_actions x, public.workflow_events e where x.clinic_id = a.clinic_id and x.workflow_id = a.workflow_id and x.desk_version = (a.data ->> 'of')::int
      and e.clinic_id = a.clinic_id and e.workflow_id = a.workflow_id and e.event_data ->> 'move' = x.id::text and n.clinic_id = a.clinic_id and n.user_id = any (e.target_users) and not coalesce(n.is_read, false) and n.metadata ->> 'move' = x.id::text;
  elsif kind = 'scan_customer' then
    event := 'customer_scanned'; title := 'ตรวจผิวแล้ว: ' || name; message := 'รับช่วงต่อจาก' || who; people := array_remove(array[w.assigned_beautician_id], null); roles := case when people = '{}' then array['beautician'] end;
  elsif kind = 'confirm_payment' then
    event := 'payment_received'; title := 'ชำระแล้ว: ' || name; message := 'นัดวันทำได้'; importance := 'high'; people := array_remove(array[w.assigned_sales_id], null); roles := case when people = '{}' then array['sales'] end;
  elsif kind in ('schedule_appointment', 'reschedule', 'next_session') then
    event := 'appointment_scheduled'; title := 'มีนัดทำ: ' || name; importance := 'high'; people := array_remove(array[w.assigned_beautician_id], null); roles := case when people = '{}' then array['beautician'] end;
    message := coalesce('เตรียมห้อง ' || to_char(desk.local_time(a.clinic_id, w.desk_booked_at), 'DD/MM HH24:MI'), 'รอวันเวลา');
  elsif kind = 'complete_treatment' then
    event := 'treatment_completed'; title := 'ทำเสร็จแล้ว: ' || name; people := array_remove(array[w.assigned_sales_id], null); roles := case when people = '{}' then array['sales'] end;
    message := case when desk.sessions_left(w) > 0 then format('เหลืออีก %s ครั้ง', desk.sessions_left(w)) else 'ครบแล้ว คุยต่อได้' end;
  elsif kind in ('cancel', 'mark_lost', 'step_back', 'no_show') then
    event := 'workflow_updated'; importance := 'low'; roles := array['owner', 'manager'];
    title := case kind when 'cancel' then 'ยกเลิก: ' when 'mark_lost' then 'เสียลูกค้า: ' when 'no_show' then 'ไม่มาตามนัด: ' else 'ถอยขั้น: ' end || name; message := 'โดย' || who;
  end if;
  if event is not null then
    perform desk.emit(a.clinic_id, w.id, event, a.performed_by, people, roles, title, message, importance, '/journeys/' || w.id, jsonb_build_object('move', a.id, 'stage', a.to_stage, 'customer_id', w.customer_id), interval '10 seconds');
  end if;
end $$;

-- The one way to move a journey from inside: for a person's action, a visit, a task, a rule. `by` is who did it (desk.automation for nobody), `expected` the version that was
-- seen (null: whichever it is). Facts that are understood: title, sessions, amount (satang), booked_at, beautician_id, scanResults, treatmentPlan; `id` of the row of history, `at` of the doing.
create function desk.move_journey(clinic uuid, journey uuid, by uuid, device text, action text, expected integer default null, facts jsonb default '{}', note text default null)
returns public.workflow_states language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare w public.workflow_states; t desk.transition;
begin
  select x.* into w from public.workflow_states x where x.clinic_id = move_journey.clinic and x.id = move_journey.journey for update;
  if not found then perform desk.refuse('journey_not_found'); end if;
  if expected <> w.desk_version then perform desk.refuse_journey_changed(w); end if;
  t := desk.judge(w, move_journey.by, move_journey.action, null, facts, note);
  insert into public.workflow_actions (id, clinic_id, workflow_id, type, desk_kind, performed_by, performed_at, from_stage, to_stage, data, notes, desk_device)
  values (coalesce((facts ->> 'id')::uuid, gen_random_uuid()), w.clinic_id, w.id, t.web_type, nullif(t.action, t.web_type), move_journey.by, coalesce((facts ->> 'at')::timestamptz, now()), t.from_stage, t.to_stage, facts - array['id', 'at'],
    nullif(btrim(note), ''), move_journey.device);
  select x.* into w from public.workflow_states x where x.clinic_id = w.clinic_id and x.id = w.id;
  return w;
end $$;

-- Takes back one row of history, if it is the last that counts and `by` wrote it.
create function desk.unmove_journey(clinic uuid, journey uuid, by uuid, device text, move uuid, facts jsonb default '{}') returns public.workflow_states language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare w public.workflow_states; a public.workflow_actions;
begin
  select x.* into w from public.workflow_states x where x.clinic_id = unmove_journey.clinic and x.id = unmove_journey.journey for update;
  if not found then perform desk.refuse('journey_not_found'); end if;
  select x.* into a from public.workflow_actions x where x.clinic_id = w.clinic_id and x.workflow_id = w.id and x.id = unmove_journey.move;
  if not found then perform desk.refuse('nothing_to_undo'); end if;
  if a.to_stage <> w.current_stage then perform desk.refuse_journey_changed(w); end if;
  insert into public.workflow_actions (id, clinic_id, workflow_id, type, desk_kind, performed_by, performed_at, from_stage, to_stage, data, desk_device)
  values (coalesce((facts ->> 'id')::uuid, gen_random_uuid()), w.clinic_id, w.id, a.type, 'unmove', unmove_journey.by, coalesce((facts ->> 'at')::timestamptz, now()), a.to_stage, a.from_stage, jsonb_build_object('of', a.desk_version), unmove_journey.device);
  select x.* into w from public.workflow_states x where x.clinic_id = w.clinic_id and x.id = w.id;
  return w;
end $$;

-- Those that were here before: where they stand is where we found them. What their history says of it is kept and told, but cannot be counted.
alter table public.workflow_states disable trigger touch;  -- nobody has touched them
update public.workflow_states w set desk_title = desk.plan_title(w.treatment_plan), desk_sessions_planned = desk.plan_sessions(w.treatment_plan),
  desk_outcome = case when w.current_stage = 'completed' then 'completed' end,
  desk_sessions_done = greatest((select count(*) from public.workflow_actions a where a.clinic_id = w.clinic_id and a.workflow_id = w.id and a.type = 'complete_treatment'), case when desk.stage_number(w.current_stage) >= 7 then 1 else 0 end),
  desk_stage_since = coalesce((select max(a.performed_at) from public.workflow_actions a where a.clinic_id = w.clinic_id and a.workflow_id = w.id and a.to_stage = w.current_stage and a.from_stage <> a.to_stage), w.updated_at, w.created_at, now());
alter table public.workflow_states enable trigger touch;
insert into public.workflow_actions (id, clinic_id, workflow_id, type, desk_kind, performed_by, performed_at, from_stage, to_stage, desk_version, data)
select w.id, w.clinic_id, w.id, 'scan_customer', 'open', desk.automation(w.clinic_id), w.desk_stage_since, 'lead_created', w.current_stage, 1, '{"imported": true}' from public.workflow_states w;

drop trigger desk_stage on public.workflow_states;
drop function desk.check_stage();
create trigger desk_begin before insert on public.workflow_states for each row execute function desk.begin_journey();
create trigger desk_begin_plan before insert on public.workflow_states for each row execute function desk.read_plan();
create trigger desk_opened after insert on public.workflow_states for each row when (new.desk_version = 1) execute function desk.record_opening();
create constraint trigger desk_explained after insert on public.workflow_states deferrable initially deferred for each row when (new.desk_version > 1) execute function desk.check_explained();
create trigger desk_guard before update on public.workflow_states for each row execute function desk.guard_journey();
create trigger desk_moved after update on public.workflow_states for each row when (old.desk_version <> new.desk_version) execute function desk.record_move();
create trigger desk_keep before delete on public.workflow_states for each row execute function desk.keep_history();
create trigger desk_a_distrust before insert on public.workflow_actions for each row execute function desk.distrust_action();
create trigger desk_b_judge before insert on public.workflow_actions for each row execute function desk.judge_action();
create trigger desk_carry_out after insert on public.workflow_actions for each row execute function desk.carry_out();
create trigger desk_keep before update or delete on public.workflow_actions for each row execute function desk.keep_history();

-- Figures a stage of the cases of the last 30 days, for the caller's clinic: how many are in it, and how many hours one stayed in it on average, out of the history; what was taken
-- back did not happen. The argument is kept for its callers; another clinic's id gives nothing. Nobody leaves the last stage, so there is no average of it.
create or replace function public.get_workflow_stats(clinic_uuid uuid) returns table (stage varchar, count bigint, avg_duration numeric)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  with mine as (
    select w.clinic_id, w.id, w.current_stage from public.workflow_states w
    where w.created_at >= now() - interval '30 days' and (clinic_uuid is null or w.clinic_id = clinic_uuid)
      and w.clinic_id in (select p.clinic_id from desk.my_pairs() p union all select c from desk.web_clinics() c)
  ), steps as (
    select a.to_stage, a.performed_at, lead(a.performed_at) over (partition by a.workflow_id order by a.desk_version) as left_at
    from public.workflow_actions a join mine m on m.clinic_id = a.clinic_id and m.id = a.workflow_id
    where a.desk_version is not null and (a.from_stage <> a.to_stage or a.desk_version = 1) and a.desk_kind is distinct from 'unmove'
      and not exists (select 1 from public.workflow_actions u where u.clinic_id = a.clinic_id and u.workflow_id = a.workflow_id and u.desk_kind = 'unmove' and u.data ->> 'of' = a.desk_version::text)
  ), stays as (
    select s.to_stage, round(avg(extract(epoch from coalesce(s.left_at, now()) - s.performed_at) / 3600), 2) as hours from steps s where s.to_stage <> 'completed' group by s.to_stage
  )
  select m.current_stage, count(*), max(s.hours) from mine m left join stays s on s.to_stage = m.current_stage group by m.current_stage;
$$;

select desk.close_functions();
