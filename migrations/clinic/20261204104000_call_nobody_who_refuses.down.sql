-- Why: only follow-ups ask whether the customer refuses.
create or replace function desk.chain_task() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare k desk.task_kind;
begin
  if new.status = 'completed' then
    select x.* into k from desk.task_kind x where x.kind = new.task_type;
    if k.next_kind is not null and new.desk_outcome is null then
      perform desk.create_task(new.clinic_id, new.workflow_id, k.next_kind, new.assigned_to, now() + make_interval(days => k.next_days),
        jsonb_strip_nulls(jsonb_build_object('id', new.desk_next, 'follows', new.id)), coalesce(new.completed_by, new.assigned_to));
    elsif new.task_type = 'prepare_treatment' then
      perform desk.emit(new.clinic_id, new.workflow_id, 'workflow_updated', new.completed_by, null, array['owner'], 'เตรียมทรีตเมนต์เสร็จแล้ว', new.title, 'low', '/tasks/' || new.id, jsonb_build_object('task_id', new.id));
    end if;
  elsif old.status = 'completed' and new.status in ('pending', 'in_progress') then
    update public.task_queue t set status = 'cancelled' where t.clinic_id = new.clinic_id and t.desk_follows = new.id and t.status = 'pending' and t.desk_started_at is null;
  end if;
  return null;
end $$;
create or replace function desk.rule_verdicts(r public.automation_rules, only_one uuid default null) returns table (journey_id uuid, customer_id uuid, entered_at timestamptz, verdict text, channel text)
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
drop function desk.refuses_contact(uuid, uuid);
drop function desk.is_call(text);
