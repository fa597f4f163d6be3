-- Why: automation_rules were rows that nothing executed, of any shape, four of six with stages that do not exist. A rule is now checked when it is saved, arms a
-- due time when a journey enters its stage, and does one thing of four when that comes, if it is still true then. No text of a rule is ever run as SQL.

alter table public.automation_rules
  add column desk_version integer not null default 1,  -- of what it does, and of being on: a due time of an earlier one does nothing
  add column desk_active_from timestamptz,             -- since when it is on: what entered its stage before is not its business. None: it is off, or was never switched on since it can run
  add column desk_problem text;                        -- the field because of which it cannot run; only rows from before this check have one
create index timer_rule on desk.timer (clinic_id, (facts ->> 'rule'), due_at) where kind = 'rule';

-- How many automatic steps may follow each other on a journey before a person has a look.
create function desk.longest_chain() returns integer language sql immutable set search_path = pg_catalog, pg_temp as 'select 8';

create function desk.is_task_kind(word text) returns boolean language sql immutable set search_path = pg_catalog, pg_temp as $$
  select coalesce(word in ('scan_customer', 'send_proposal', 'prepare_treatment', 'follow_up_upsell', 'customer_follow_up', 'payment_reminder', 'appointment_reminder', 'review_request'), false);
$$;

create function desk.is_word_list(v jsonb) returns boolean language sql immutable set search_path = pg_catalog, pg_temp as $$
  select case when jsonb_typeof(v) is distinct from 'array' or jsonb_array_length(v) not between 1 and 20 then false
    else not exists (select 1 from jsonb_array_elements(v) x where jsonb_typeof(x) <> 'string' or length(btrim(x #>> '{}')) not between 1 and 60) end;
$$;

create function desk.is_number(v jsonb, least_one integer, most integer) returns boolean language sql immutable set search_path = pg_catalog, pg_temp as $$
  select case when jsonb_typeof(v) is distinct from 'number' or v::text !~ '^[0-9]{1,9}$' then false else v::text::integer between least_one and most end;
$$;

-- The conditions that there are, each with the kind of its value. The same list is in desk_core::rule.
create function desk.is_condition(key text, v jsonb) returns boolean language sql immutable set search_path = pg_catalog, pg_temp as $$
  select coalesce(case
    when key in ('stays', 'seller', 'beautician', 'appointment') then jsonb_typeof(v) = 'boolean'  -- still in the stage (if not said: yes); has one; is expected
    when key in ('types', 'tags') then desk.is_word_list(v)                                         -- the customer is one of these; has one of these
    when key = 'not_visited_days' then desk.is_number(v, 1, 3650)                                   -- has not been here for so many days, or never
    when key = 'without_task' then desk.is_task_kind(v #>> '{}')                                    -- no open task of this kind on the journey
  end, false);
$$;

-- Which of a rule's target_data does not fit its target_action; none: all fits.
create function desk.target_problem(r public.automation_rules) returns text language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare d jsonb := r.target_data; known text[]; k text;
begin
  known := case r.target_action when 'create_task' then array['kind', 'to', 'due_minutes'] when 'notify' then array['to', 'text', 'importance'] when 'move' then array['action'] when 'plan_followup' then array['followup_rule', 'after_minutes'] end;
  if known is null then return 'target_action'; end if;
  if jsonb_typeof(d) is distinct from 'object' then return 'target_data'; end if;
  select x into k from jsonb_object_keys(d) x where x <> all (known) limit 1;
  if found then return 'target_data.' || left(k, 60); end if;
  return case
    when r.target_action = 'create_task' and not desk.is_task_kind(d ->> 'kind') then 'target_data.kind'
    when r.target_action in ('create_task', 'notify') and not coalesce(d ->> 'to' in ('seller', 'beautician', 'front_desk', 'sales', 'manager'), false) then 'target_data.to'
    when r.target_action = 'create_task' and d ? 'due_minutes' and not desk.is_number(d -> 'due_minutes', 0, 129600) then 'target_data.due_minutes'
    when r.target_action = 'notify' and not coalesce(jsonb_typeof(d -> 'text') = 'string' and length(btrim(d ->> 'text')) between 1 and 200, false) then 'target_data.text'
    when r.target_action = 'notify' and not coalesce(d ->> 'importance' in ('low', 'medium', 'high'), not d ? 'importance') then 'target_data.importance'
    when r.target_action = 'move' and not exists (select 1 from desk.transitions() t where t.action = d ->> 'action' and t.from_stage = r.trigger_stage and 'system' = any (t.roles) and not t.asks_reason) then 'target_data.action'
    when r.target_action = 'plan_followup' and not exists (select 1 from public.followup_rules f where f.clinic_id = r.clinic_id and f.id::text = lower(d ->> 'followup_rule')) then 'target_data.followup_rule'
    when r.target_action = 'plan_followup' and d ? 'after_minutes' and not desk.is_number(d -> 'after_minutes', 0, 525600) then 'target_data.after_minutes'
  end;
end $$;

-- Which field of a rule cannot be; none: the rule can run.
create function desk.rule_problem(r public.automation_rules) returns text language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare k text;
begin
  if coalesce(btrim(r.rule_name), '') = '' then return 'rule_name'; end if;
  if desk.stage_number(r.trigger_stage) is null then return 'trigger_stage'; end if;
  if r.trigger_action is not null and not exists (select 1 from desk.transitions() t where t.action = r.trigger_action and t.to_stage = r.trigger_stage) then return 'trigger_action'; end if;
  if r.delay_minutes is null or r.delay_minutes not between 0 and 525600 then return 'delay_minutes'; end if;
  if jsonb_typeof(r.conditions) is distinct from 'object' then return 'conditions'; end if;
  select x.key into k from jsonb_each(r.conditions) x where not desk.is_condition(x.key, x.value) limit 1;
  if found then return 'conditions.' || left(k, 60); end if;
  return desk.target_problem(r);
end $$;

-- Odd rows that are here already: reported, never executed. That they are active by default is nobody's decision, so none of them begins by itself.
alter table public.automation_rules disable trigger touch;
update public.automation_rules r set desk_problem = desk.rule_problem(r);
alter table public.automation_rules enable trigger touch;
do $$ declare odd text; begin
  select string_agg(distinct r.desk_problem, ', ' order by r.desk_problem) into odd from public.automation_rules r where r.desk_problem is not null;
  if odd is not null then perform desk.note_problem('public.automation_rules', 'rule_cannot_run', odd); end if;
end $$;

-- Whoever saves a rule, through a desk, the web system or by hand: it can run, or it is not saved. What was odd before may be renamed and switched off, not on.
create function desk.keep_rule() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare is_new boolean := tg_op = 'INSERT'; is_other boolean := true; turns_on boolean;
begin
  new.conditions := coalesce(new.conditions, '{}'); new.target_data := coalesce(new.target_data, '{}'); new.delay_minutes := coalesce(new.delay_minutes, 0); new.active := coalesce(new.active, false);
  if not is_new then
    is_other := (new.trigger_stage, new.trigger_action, new.conditions, new.target_action, new.target_data, new.delay_minutes)
      is distinct from (old.trigger_stage, old.trigger_action, old.conditions, old.target_action, old.target_data, old.delay_minutes);
    new.desk_version := old.desk_version; new.desk_active_from := old.desk_active_from;
  end if;
  turns_on := new.active and (is_new or not coalesce(old.active, false));
  new.desk_problem := desk.rule_problem(new);
  if new.desk_problem is not null and (is_other or turns_on) then
    raise exception 'this automation rule cannot run: %', new.desk_problem using errcode = '23514',
      hint = 'Stages, actions, conditions and what belongs to a target_action are closed lists; see docs/it/worker.md.';
  end if;
  if is_new then new.desk_version := 1; elsif is_other or turns_on then new.desk_version := old.desk_version + 1; end if;
  if not new.active then new.desk_active_from := null; elsif is_new or is_other or turns_on then new.desk_active_from := now(); end if;
  return new;
end $$;
create trigger desk_rule before insert or update on public.automation_rules for each row execute function desk.keep_rule();

-- Whether a rule runs at all.
create function desk.is_on(r public.automation_rules) returns boolean language sql immutable set search_path = pg_catalog, pg_temp as $$
  select coalesce(r.active and r.desk_active_from is not null and r.desk_problem is null, false);
$$;

-- A rule is due on a journey once for each time that it entered the stage.
create function desk.rule_occasion(rule uuid, journey uuid, entered_at timestamptz) returns text language sql immutable set search_path = pg_catalog, pg_temp as $$
  select rule || '/' || journey || '/' || (extract(epoch from entered_at) * 1000000)::bigint;
$$;

-- What a rule of this kind would do to the journeys it is about (all that are in its stage, or the one): `yes`, or why not; and through which channel or
-- to whom. The dry run, the backfill and the doing itself ask here and nowhere else. Whether the rule is on is not the question.
create function desk.rule_verdicts(r public.automation_rules, only_one uuid default null) returns table (journey_id uuid, customer_id uuid, entered_at timestamptz, verdict text, channel text)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
  c jsonb := r.conditions; stays boolean := coalesce((r.conditions ->> 'stays')::boolean, true);
  seller boolean := (c ->> 'seller')::boolean; beautician boolean := (c ->> 'beautician')::boolean; expected boolean := (c ->> 'appointment')::boolean;
  one_of text[] := array(select jsonb_array_elements_text(c -> 'types')); any_of text[] := array(select jsonb_array_elements_text(c -> 'tags'));
  today date := desk.local_time(r.clinic_id, now())::date; not_since date := today - (c ->> 'not_visited_days')::integer;
  no_task text := c ->> 'without_task'; made text := case when r.target_action = 'create_task' then r.target_data ->> 'kind' end;
  f public.followup_rules; is_marketing boolean; step desk.transition;
begin
  if r.target_action = 'plan_followup' then
    select x.* into f from public.followup_rules x where x.clinic_id = r.clinic_id and x.id::text = lower(r.target_data ->> 'followup_rule');
    is_marketing := coalesce(f.type in ('upsell_opportunity', 'loyalty_reward', 'birthday_special', 'inactive_reactivation'), true);
  end if;
  select t.* into step from desk.transitions() t where r.target_action = 'move' and t.action = r.target_data ->> 'action' and t.from_stage = r.trigger_stage and 'system' = any (t.roles);
  return query
  select w.id, w.customer_id, w.desk_stage_since, case
      when stays and w.current_stage <> r.trigger_stage then 'left_stage'
      when w.desk_outcome in ('lost', 'cancelled') then 'closed'
      when (w.assigned_sales_id is not null) <> seller or (w.assigned_beautician_id is not null) <> beautician
        or (one_of <> '{}' and not coalesce(k.customer_type::text = any (one_of), false))
        or (any_of <> '{}' and not coalesce(case when jsonb_typeof(to_jsonb(k.tags)) = 'array' then to_jsonb(k.tags) ?| any_of end, false))
        or k.last_visit_date > not_since
        or (no_task is not null and exists (select 1 from public.task_queue q where q.clinic_id = w.clinic_id and q.workflow_id = w.id and q.task_type = no_task and q.status in ('pending', 'in_progress')))
        or (expected is not null and expected <> exists (select 1 from public.appointments a where a.clinic_id = w.clinic_id and a.customer_id = w.customer_id and a.appointment_date >= today and a.status in ('scheduled', 'confirmed')))
        then 'condition'
      when made is not null and exists (select 1 from public.task_queue q where q.clinic_id = w.clinic_id and q.workflow_id = w.id and q.task_type = made and q.status in ('pending', 'in_progress')) then 'has_task'
      when r.target_action = 'move' and (step.action is null or w.current_stage <> step.from_stage) then 'move_not_allowed'
      when step.needs = 'no_sessions_left' and desk.sessions_left(w) > 0 then 'sessions_left'
      when step.needs = 'sessions_left' and desk.sessions_left(w) = 0 or step.needs not in ('sessions_left', 'no_sessions_left') then 'condition_not_met'
      when r.target_action = 'plan_followup' and not coalesce(f.active, false) then 'followup_off'
      when r.target_action = 'plan_followup' and p.do_not_contact then 'do_not_contact'
      when is_marketing and not coalesce(p.marketing_opt_in, false) then 'no_consent'
      when r.target_action = 'plan_followup' and exists (select 1 from public.followup_executions e where e.customer_id = w.customer_id and e.rule_id = f.id and e.workflow_id = w.id and e.status = 'pending') then 'planned_already'
      when r.target_action = 'plan_followup' and ch.way is null then 'no_channel'
      else 'yes' end,
    case r.target_action when 'plan_followup' then ch.way when 'move' then step.to_stage else r.target_data ->> 'to' end
  from (
    select x.* from public.workflow_states x where only_one is null and x.clinic_id = r.clinic_id and x.current_stage = r.trigger_stage
    union all
    select x.* from public.workflow_states x where x.clinic_id = r.clinic_id and x.id = only_one
  ) w
  join public.customers k on k.clinic_id = w.clinic_id and k.id = w.customer_id
  left join public.customer_preferences p on r.target_action = 'plan_followup' and p.clinic_id = w.clinic_id and p.customer_id = w.customer_id
  left join lateral (
    select u.way::text from unnest(f.channels) with ordinality u (way, n)
    where case u.way when 'email' then coalesce(k.email, '') <> '' when 'line' then coalesce(k.metadata ->> 'lineUserId', k.metadata ->> 'line_user_id', '') <> '' when 'in_app' then k.user_id is not null else coalesce(k.phone, '') <> '' end
    order by not coalesce(u.way = any (p.preferred_channels), true), u.n limit 1) ch on r.target_action = 'plan_followup'
  where only_one is not null or r.trigger_action is null or exists (
    select 1 from public.workflow_actions a where a.workflow_id = w.id and a.clinic_id = w.clinic_id and a.to_stage = w.current_stage and a.performed_at = w.desk_stage_since and coalesce(a.desk_kind, a.type) = r.trigger_action);
end $$;

-- Somebody who works here and is meant by a word of a rule: the journey's own, else the first of the role, else a manager or the owner.
create function desk.rule_people(w public.workflow_states, word text) returns uuid[] language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select coalesce(
    (select array_agg(s.person_id) from desk.staff s where s.clinic_id = w.clinic_id and s.active and s.person_id = case word when 'seller' then w.assigned_sales_id when 'beautician' then w.assigned_beautician_id end having count(*) > 0),
    nullif(desk.people_of(w.clinic_id, null, array[case word when 'seller' then 'sales' else word end]), '{}'),
    nullif(desk.people_of(w.clinic_id, null, array['manager']), '{}'), desk.people_of(w.clinic_id, null, array['owner']));
$$;

-- A task by the one way in, where the clinic has it already; else written plainly. Who asks has seen that none of its kind is open.
create function desk.give_task(w public.workflow_states, kind text, person uuid, due timestamptz, facts jsonb, author uuid) returns void language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  if to_regprocedure('desk.create_task(uuid,uuid,text,uuid,timestamptz,jsonb,uuid)') is not null then
    perform desk.create_task(w.clinic_id, w.id, kind, person, due, facts, author);
  else
    insert into public.task_queue (clinic_id, workflow_id, assigned_to, task_type, title, description, priority, due_date, task_data)
    values (w.clinic_id, w.id, person, kind, left(facts ->> 'title', 255), facts ->> 'description', coalesce(facts ->> 'priority', 'medium'), due, facts - array['title', 'description', 'priority']);
  end if;
end $$;

-- The four things that a rule may do.
create function desk.do_rule(r public.automation_rules, w public.workflow_states, channel text, entered_at timestamptz) returns void language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare d jsonb := r.target_data; author uuid := desk.automation(r.clinic_id); people uuid[] := desk.rule_people(w, r.target_data ->> 'to'); facts jsonb := jsonb_build_object('rule', r.id);
begin
  case r.target_action
    when 'create_task' then
      perform desk.give_task(w, d ->> 'kind', people[1], now() + make_interval(mins => coalesce((d ->> 'due_minutes')::integer, 0)), facts || jsonb_build_object('title', r.rule_name), author);
    when 'notify' then
      perform desk.emit(w.clinic_id, w.id, 'workflow_updated', author, people, null, left(r.rule_name, 200), d ->> 'text', coalesce(d ->> 'importance', 'medium'), '/customers/' || w.customer_id, facts);
    when 'move' then
      perform desk.move_journey(w.clinic_id, w.id, author, null, d ->> 'action', null, facts, null);
    when 'plan_followup' then
      insert into public.followup_executions (clinic_id, rule_id, customer_id, workflow_id, channel, scheduled_at, metadata)
      values (w.clinic_id, (d ->> 'followup_rule')::uuid, w.customer_id, w.id, channel, now() + make_interval(mins => coalesce((d ->> 'after_minutes')::integer, 0)), facts);
  end case;
end $$;

-- A rule's due time has come. Is it still true?
create function desk.fire_rule(t desk.timer) returns text language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare r public.automation_rules; w public.workflow_states; v record; entered_at timestamptz := (t.facts ->> 'entered_at')::timestamptz;
begin
  select x.* into r from public.automation_rules x where x.clinic_id = t.clinic_id and x.id::text = t.facts ->> 'rule';
  if not found then return 'rule_gone'; end if;
  if not desk.is_on(r) then return 'rule_off'; end if;
  if r.desk_version::text is distinct from t.facts ->> 'version' then return 'rule_changed'; end if;
  if desk.rule_problem(r) is not null then return 'rule_broken'; end if;  -- what it names may be gone by now
  select x.* into w from public.workflow_states x where x.clinic_id = t.clinic_id and x.id = t.journey_id;
  if coalesce((r.conditions ->> 'stays')::boolean, true) and w.desk_stage_since is distinct from entered_at then return 'left_stage'; end if;
  select x.* into v from desk.rule_verdicts(r, t.journey_id) x;
  if v.verdict <> 'yes' then return v.verdict; end if;
  perform desk.do_rule(r, w, v.channel, entered_at);
  return 'did';
exception when raise_exception then
  if sqlerrm !~ '^[a-z][a-z0-9_]{2,60}$' then raise; end if;
  return sqlerrm;  -- a refusal is an answer, and the same tomorrow
end $$;
insert into desk.timer_kind (kind, decider) values ('rule', 'desk.fire_rule(desk.timer)');

-- Arms a rule on a journey. What did nothing for this entry, because the rule was off or other then, may be armed again; what did something never is.
create function desk.arm_rule(r public.automation_rules, journey uuid, entered_at timestamptz, due_at timestamptz, depth integer) returns void language sql security definer set search_path = pg_catalog, pg_temp as $$
  insert into desk.timer as t (clinic_id, kind, occasion, due_at, journey_id, facts, depth)
  values (r.clinic_id, 'rule', desk.rule_occasion(r.id, journey, entered_at), due_at, journey, jsonb_build_object('rule', r.id, 'version', r.desk_version, 'entered_at', entered_at), depth)
  on conflict on constraint timer_clinic_id_kind_occasion_key do update set state = 'waiting', due_at = excluded.due_at, facts = excluded.facts, depth = excluded.depth, attempts = 0, troubles = 0, outcome = null, last_error = null, done_at = null
  where t.outcome is distinct from 'did' and (t.state <> 'waiting' or t.facts <> excluded.facts);
$$;

-- Eight automatic steps in a row, and nobody had a look: it goes no further until somebody does.
create function desk.stop_chain(w public.workflow_states) returns void language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare people uuid[] := desk.rule_people(w, 'manager');
begin
  if exists (select 1 from public.task_queue q where q.clinic_id = w.clinic_id and q.workflow_id = w.id and q.task_data ->> 'automation' = 'stopped' and q.status in ('pending', 'in_progress')) then return; end if;
  perform desk.give_task(w, 'customer_follow_up', people[1], now(), jsonb_build_object('automation', 'stopped', 'priority', 'high', 'title', 'ระบบอัตโนมัติหยุด: ทำต่อกันครบ 8 ขั้นแล้ว',
    'description', 'กฎอัตโนมัติทำงานต่อกัน 8 ขั้นโดยไม่มีใครดู จึงหยุดไว้ ตรวจดูว่ากฎใดเรียกกันวน'), desk.automation(w.clinic_id));
end $$;

-- A row of history that brought a journey into a stage arms what waits there. The web system's and the desks' own writing never fails for it.
create function desk.rules_on_entry() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare r public.automation_rules; w public.workflow_states; depth integer;
begin
  select x.* into w from public.workflow_states x where x.clinic_id = new.clinic_id and x.id = new.workflow_id;
  if w.current_stage is distinct from new.to_stage then return null; end if;
  for r in select x.* from public.automation_rules x where x.clinic_id = new.clinic_id and x.trigger_stage = new.to_stage and desk.is_on(x) and x.desk_active_from <= w.desk_stage_since
    and (x.trigger_action is null or x.trigger_action = coalesce(new.desk_kind, new.type)) order by x.created_at, x.id loop
    depth := coalesce(depth, desk.next_depth(w.clinic_id, w.id));
    if depth >= desk.longest_chain() then perform desk.stop_chain(w); return null; end if;
    perform desk.arm_rule(r, w.id, w.desk_stage_since, w.desk_stage_since + make_interval(mins => r.delay_minutes), depth);
  end loop;
  return null;
exception
  when transaction_rollback or lock_not_available or insufficient_resources then raise;
  when others then perform desk.note_problem('public.automation_rules', 'rule_not_armed', sqlstate); return null;
end $$;
create trigger desk_rules after insert on public.workflow_actions for each row when (new.desk_version is not null and (new.from_stage <> new.to_stage or new.desk_kind = 'open')) execute function desk.rules_on_entry();
create index desk_automation_rules_stage on public.automation_rules (clinic_id, trigger_stage);

select desk.close_functions();
