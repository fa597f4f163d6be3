-- Why: a wait makes the preparation that a colleague has planned urgent, and ended by cancelling it: a check-in by mistake destroyed work that was somebody's. A wait
-- now ends only what it has made itself; a task that was there before gets back its priority, its due time and its sleep.

alter table public.task_queue
  add column desk_slept_until timestamptz,  -- woken before its snooze was over: until when it would have slept
  add column desk_before_wait jsonb;        -- what a long wait has replaced in a task that was there before; none: the wait has made it, or there was none

-- As before, and until when it would have slept is remembered.
create or replace function desk.wake_tasks(clinic uuid, customer uuid, because text) returns integer language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare t public.task_queue; woken integer := 0;
begin
  for t in update public.task_queue q set desk_slept_until = q.snoozed_until, snoozed_until = now(), desk_woken_at = now(), desk_woken_by = because from public.workflow_states w
    where q.clinic_id = clinic and q.snoozed_until > now() and q.status in ('pending', 'in_progress') and w.clinic_id = q.clinic_id and w.id = q.workflow_id and w.customer_id = customer returning q.* loop
    woken := woken + 1;
    perform desk.notify(clinic, array[t.assigned_to], 'task_woken', case because when 'reply' then 'ลูกค้าตอบกลับแล้ว' when 'payment' then 'ลูกค้าชำระเงินแล้ว' else 'ลูกค้ามาถึงแล้ว' end,
      t.title, 'high', '/tasks/' || t.id, 'task:' || t.id, jsonb_build_object('task_id', t.id));
  end loop;
  return woken;
end $$;

-- What a wait replaces in a task. Woken by the very check-in that began the wait, it slept until then.
create function desk.task_before_wait(q public.task_queue, v desk.visit) returns jsonb language sql stable set search_path = pg_catalog, pg_temp as $$
  select jsonb_build_object('priority', q.priority, 'due_date', q.due_date, 'raised_to', least(q.due_date, now()), 'woken_here', x.woken_here,
    'snoozed_until', case when x.woken_here then q.desk_slept_until else q.snoozed_until end)
  from (select coalesce(q.desk_woken_by = 'check_in' and q.desk_woken_at = v.created_at and q.snoozed_until = q.desk_woken_at, false) as woken_here) x;
$$;

-- The room is perhaps being prepared already: then that is what has become urgent. What it was is remembered, unless a wait has made it.
create or replace function desk.raise_waiting(v desk.visit, journey uuid, person uuid, title text) returns text language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  update public.task_queue q set priority = 'critical', due_date = least(q.due_date, now()), snoozed_until = null, task_data = coalesce(q.task_data, '{}') || jsonb_build_object('visit_id', v.id),
    desk_before_wait = case when q.task_data ? 'visit_id' then q.desk_before_wait else desk.task_before_wait(q, v) end
  where q.clinic_id = v.clinic_id and q.workflow_id = raise_waiting.journey and q.task_type = 'prepare_treatment' and q.status in ('pending', 'in_progress');
  if found then return 'task_raised'; end if;
  insert into public.task_queue (clinic_id, workflow_id, assigned_to, task_type, title, priority, due_date, task_data)
  values (v.clinic_id, raise_waiting.journey, raise_waiting.person, 'prepare_treatment', raise_waiting.title, 'critical', now(), jsonb_build_object('visit_id', v.id));
  return 'task_made';
end $$;

-- A task that was there before the wait, as it was. What somebody has changed since stays as they want it.
create function desk.give_task_back(q public.task_queue) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare was jsonb := q.desk_before_wait; sleeps boolean := q.status = 'pending' and q.snoozed_until is null;
begin
  update public.task_queue t set task_data = t.task_data - 'visit_id', desk_before_wait = null,
    priority = case when t.priority = 'critical' then was ->> 'priority' else t.priority end,
    due_date = case when t.due_date is not distinct from (was ->> 'raised_to')::timestamptz then (was ->> 'due_date')::timestamptz else t.due_date end,
    snoozed_until = case when sleeps then (was ->> 'snoozed_until')::timestamptz else t.snoozed_until end,
    desk_woken_at = case when sleeps and (was ->> 'woken_here')::boolean then null else t.desk_woken_at end,
    desk_woken_by = case when sleeps and (was ->> 'woken_here')::boolean then null else t.desk_woken_by end
  where t.clinic_id = q.clinic_id and t.id = q.id;
end $$;

-- The wait is over: the clock stops, and so does what it has asked for. Where nobody was treated, a task that was there before is as it was.
create or replace function desk.end_waiting(me desk.member, v desk.visit, word text) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  update desk.timer t set state = 'dropped', done_at = now() where t.clinic_id = v.clinic_id and t.kind = 'visit.waiting' and t.facts ->> 'visit_id' = v.id::text and t.state = 'waiting';
  if word = 'cancelled' then
    perform desk.give_task_back(q) from public.task_queue q
    where q.clinic_id = v.clinic_id and q.task_data ->> 'visit_id' = v.id::text and q.status in ('pending', 'in_progress') and q.desk_before_wait is not null;
  end if;
  update public.task_queue q set status = word, completed_at = now(), completed_by = me.person_id, snoozed_until = null
  where q.clinic_id = v.clinic_id and q.task_data ->> 'visit_id' = v.id::text and q.status in ('pending', 'in_progress');
  update public.notifications n set is_read = true where n.clinic_id = v.clinic_id and n.type = 'visit_waiting' and n.metadata ->> 'subject' = 'visit_waiting:' || v.id and not coalesce(n.is_read, false);
end $$;
select desk.close_functions();
