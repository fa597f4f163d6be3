-- Why: a wait cancels whatever it has made urgent.
create or replace function desk.end_waiting(me desk.member, v desk.visit, word text) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  update desk.timer t set state = 'dropped', done_at = now() where t.clinic_id = v.clinic_id and t.kind = 'visit.waiting' and t.facts ->> 'visit_id' = v.id::text and t.state = 'waiting';
  update public.task_queue q set status = word, completed_at = now(), completed_by = me.person_id, snoozed_until = null
  where q.clinic_id = v.clinic_id and q.task_data ->> 'visit_id' = v.id::text and q.status in ('pending', 'in_progress');
  update public.notifications n set is_read = true where n.clinic_id = v.clinic_id and n.type = 'visit_waiting' and n.metadata ->> 'subject' = 'visit_waiting:' || v.id and not coalesce(n.is_read, false);
end $$;
create or replace function desk.raise_waiting(v desk.visit, journey uuid, person uuid, title text) returns text language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  update public.task_queue q set priority = 'critical', due_date = least(q.due_date, now()), snoozed_until = null, task_data = coalesce(q.task_data, '{}') || jsonb_build_object('visit_id', v.id)
  where q.clinic_id = v.clinic_id and q.workflow_id = raise_waiting.journey and q.task_type = 'prepare_treatment' and q.status in ('pending', 'in_progress');
  if found then return 'task_raised'; end if;
  insert into public.task_queue (clinic_id, workflow_id, assigned_to, task_type, title, priority, due_date, task_data)
  values (v.clinic_id, raise_waiting.journey, raise_waiting.person, 'prepare_treatment', raise_waiting.title, 'critical', now(), jsonb_build_object('visit_id', v.id));
  return 'task_made';
end $$;
create or replace function desk.wake_tasks(clinic uuid, customer uuid, because text) returns integer language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare t public.task_queue; woken integer := 0;
begin
  for t in update public.task_queue q set snoozed_until = now(), desk_woken_at = now(), desk_woken_by = because from public.workflow_states w
    where q.clinic_id = clinic and q.snoozed_until > now() and q.status in ('pending', 'in_progress') and w.clinic_id = q.clinic_id and w.id = q.workflow_id and w.customer_id = customer returning q.* loop
    woken := woken + 1;
    perform desk.notify(clinic, array[t.assigned_to], 'task_woken', case because when 'reply' then 'ลูกค้าตอบกลับแล้ว' when 'payment' then 'ลูกค้าชำระเงินแล้ว' else 'ลูกค้ามาถึงแล้ว' end,
      t.title, 'high', '/tasks/' || t.id, 'task:' || t.id, jsonb_build_object('task_id', t.id));
  end loop;
  return woken;
end $$;
drop function desk.give_task_back(public.task_queue);
drop function desk.task_before_wait(public.task_queue, desk.visit);
alter table public.task_queue drop column desk_before_wait, drop column desk_slept_until;
