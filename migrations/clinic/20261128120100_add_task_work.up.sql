-- Why: begin a task, make one, order and give out all of them, be away: what people did by hand or not at all.

-- The journey that a task about this customer is of: the one that was named, else the newest open one, else the newest; for who has none, a new one with that id.
create function desk.journey_for(clinic uuid, customer uuid, wanted uuid, by uuid) returns uuid language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare found_id uuid;
begin
  if not exists (select 1 from public.customers c where c.clinic_id = clinic and c.id = customer) then perform desk.refuse('customer_not_found'); end if;
  select w.id into found_id from public.workflow_states w where w.clinic_id = clinic and w.customer_id = customer
  order by w.id = wanted desc, w.current_stage <> 'completed' desc, w.updated_at desc, w.id limit 1;
  if found then return found_id; end if;
  insert into public.workflow_states (id, clinic_id, customer_id, current_stage, assigned_sales_id)
  values (coalesce(wanted, gen_random_uuid()), clinic, customer, 'lead_created', case when desk.role_of(clinic, by) = 'sales' then by end) returning id into found_id;
  return found_id;
end $$;

create function desk.arg_id(args jsonb, key text) returns uuid language sql immutable set search_path = pg_catalog, pg_temp as $$
  select case when coalesce(jsonb_typeof(args -> key), 'null') = 'null' then null else desk.arg_uuid(args, key) end;
$$;

-- As before, and the desk may name the task that follows; what woke the task is history.
create or replace function desk.apply_task_complete(me desk.member, args jsonb) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare note text := desk.arg_text(args, 'note', 2000); follower uuid := desk.arg_id(args, 'next'); t public.task_queue := desk.open_task(me, desk.arg_uuid(args, 'id'));
begin
  if exists (select 1 from public.task_queue q where q.id = follower) then follower := null; end if;
  update public.task_queue q set status = 'completed', completed_at = now(), completed_by = me.person_id, snoozed_until = null, desk_next = follower,
    notes = case when note <> '' then desk.add_note(q.notes, me, note) else q.notes end
  where q.clinic_id = t.clinic_id and q.id = t.id;
end $$;

-- As before, and whoever is given it hears of it.
create or replace function desk.apply_task_reassign(me desk.member, args jsonb) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare person uuid := desk.arg_uuid(args, 'to'); t public.task_queue := desk.open_task(me, desk.arg_uuid(args, 'id'));
begin
  if not exists (select 1 from desk.staff s where s.clinic_id = me.clinic_id and s.person_id = person and s.active) then perform desk.refuse('person_not_found'); end if;
  if t.assigned_to = person then return; end if;
  update public.task_queue q set assigned_to = person where q.clinic_id = t.clinic_id and q.id = t.id returning q.* into t;
  perform desk.tell_assigned(t, me.person_id);
end $$;

-- As before; it sleeps anew, whatever woke it last time.
create or replace function desk.apply_task_snooze(me desk.member, args jsonb) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare moment timestamptz := desk.arg_instant(args, 'until'); t public.task_queue := desk.open_task(me, desk.arg_uuid(args, 'id'));
begin
  -- A month back is allowed: a snooze made offline may arrive after its own end.
  if moment not between now() - interval '31 days' and now() + interval '366 days' then perform desk.refuse('date_out_of_range', '{"field":"until"}'); end if;
  update public.task_queue q set snoozed_until = moment, desk_woken_at = null, desk_woken_by = null where q.clinic_id = t.clinic_id and q.id = t.id;
end $$;

-- Begun once: two people on one task call the same customer twice.
create function desk.apply_task_start(me desk.member, args jsonb) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare t public.task_queue := desk.open_task(me, desk.arg_uuid(args, 'id'));
begin
  if t.status = 'in_progress' and t.desk_started_by is not null and t.desk_started_by <> me.person_id then
    perform desk.refuse('task_started', jsonb_build_object('by', desk.nickname_of(me.clinic_id, t.desk_started_by), 'at', t.desk_started_at));
  end if;
  update public.task_queue q set status = 'in_progress', desk_started_at = coalesce(case when t.status = 'in_progress' then t.desk_started_at end, now()), desk_started_by = me.person_id, snoozed_until = null
  where q.clinic_id = t.clinic_id and q.id = t.id;
end $$;

create function desk.apply_task_unstart(me desk.member, args jsonb) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare m desk.mutation := desk.undoing(me, args, 'task.start'); sleeps timestamptz := desk.arg_moment(args, 'until'); t public.task_queue;
begin
  if m.status <> 'ok' then return; end if;
  t := desk.undone_task(me, m);
  if t.status <> 'in_progress' or t.desk_started_by is distinct from me.person_id then perform desk.refuse_changed(me, 'status', t.status, coalesce(t.completed_by, t.desk_started_by)); end if;
  update public.task_queue q set status = 'pending', desk_started_at = null, desk_started_by = null, snoozed_until = sleeps where q.clinic_id = t.clinic_id and q.id = t.id;
end $$;

-- A task made by hand. One of its kind that is open already is named instead of made twice.
create function desk.apply_task_create(me desk.member, args jsonb) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare key uuid := desk.arg_uuid(args, 'id'); customer uuid := desk.arg_uuid(args, 'customer_id'); wanted uuid := desk.arg_id(args, 'journey_id'); person uuid := desk.arg_id(args, 'to');
  due timestamptz := desk.arg_moment(args, 'due_at'); word text := desk.arg_text(args, 'kind', 50); title text := desk.arg_text(args, 'title', 200); note text := desk.arg_text(args, 'note', 2000);
  importance text := desk.arg_text(args, 'priority', 20); journey uuid; t public.task_queue;
begin
  if due not between now() - interval '31 days' and now() + interval '366 days' then perform desk.refuse('date_out_of_range', '{"field":"due_at"}'); end if;
  if importance not in ('low', 'medium', 'high', 'critical') then perform desk.refuse('value_not_allowed', '{"field":"priority"}'); end if;
  if not exists (select 1 from desk.task_kind k where k.kind = word) then perform desk.refuse('value_not_allowed', '{"field":"kind"}'); end if;
  if person is not null and not exists (select 1 from desk.staff s where s.clinic_id = me.clinic_id and s.person_id = person and s.active) then perform desk.refuse('person_not_found'); end if;
  if exists (select 1 from public.task_queue q where q.id = key) then perform desk.refuse('value_not_allowed', '{"field":"id"}'); end if;
  journey := desk.journey_for(me.clinic_id, customer, wanted, me.person_id);
  if desk.create_task(me.clinic_id, journey, word, person, due, jsonb_strip_nulls(jsonb_build_object('id', key, 'title', title, 'priority', importance, 'createdBy', me.person_id,
    'note', case when note <> '' then desk.add_note(null, me, note) end)), me.person_id) = key then return; end if;
  select q.* into t from public.task_queue q where q.clinic_id = me.clinic_id and q.workflow_id = journey and q.task_type = word and q.status in ('pending', 'in_progress') limit 1;
  perform desk.refuse('task_exists', jsonb_build_object('by', desk.nickname_of(me.clinic_id, t.assigned_to), 'due_at', t.due_date));
end $$;

-- A task made by mistake, which nobody has begun or changed hands of since, goes into the archive.
create function desk.apply_task_withdraw(me desk.member, args jsonb) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare m desk.mutation := desk.undoing(me, args, 'task.create'); t public.task_queue;
begin
  if m.status <> 'ok' then return; end if;
  t := desk.undone_task(me, m);
  if t.status <> 'pending' or t.desk_started_at is not null then perform desk.refuse_changed(me, 'status', t.status, coalesce(t.completed_by, t.desk_started_by)); end if;
  update public.task_queue q set status = 'cancelled', completed_by = me.person_id, desk_archived_at = now() where q.clinic_id = t.clinic_id and q.id = t.id;
end $$;

-- All pending tasks of the clinic get the priority that the formula gives now; one statement, and only what changes is written.
create function desk.apply_task_reprioritise(me desk.member, args jsonb) returns void language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform desk.require_role(me, array['owner', 'manager']);
  update public.task_queue q set priority = x.priority
  from (select t.id, desk.task_priority(t.task_type, t.due_date, least(greatest(desk.number_in(w.scan_results ->> 'urgencyScore'), 0), 100), w.current_stage, now()) as priority
    from public.task_queue t join public.workflow_states w on w.clinic_id = t.clinic_id and w.id = t.workflow_id where t.clinic_id = me.clinic_id and t.status = 'pending') x
  where q.clinic_id = me.clinic_id and q.id = x.id and q.priority is distinct from x.priority;
end $$;

-- Every pending task whose person has left, is away, or does not suit its kind goes to who does, least loaded first; each that is given counts for the next.
create function desk.apply_task_assign_all(me desk.member, args jsonb) returns void language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare t record; who uuid; given jsonb := '{}'; g record;
begin
  perform desk.require_role(me, array['owner', 'manager']);
  for t in select q.id, q.workflow_id, q.task_type, q.assigned_to, desk.is_here(s) as is_here from public.task_queue q join desk.task_kind k on k.kind = q.task_type and k.assigns_itself
    join desk.staff s on s.clinic_id = q.clinic_id and s.person_id = q.assigned_to
    where q.clinic_id = me.clinic_id and q.status = 'pending' and not (desk.is_here(s) and (s.role = any (k.roles) or s.role in ('owner', 'manager')))
    order by q.due_date nulls last, q.id for update of q loop
    who := desk.person_for(me.clinic_id, t.task_type, t.workflow_id);
    continue when who is null or who = t.assigned_to;
    update public.task_queue q set assigned_to = who, notes = desk.add_note(q.notes, me, 'ย้ายจาก ' || coalesce(desk.nickname_of(me.clinic_id, t.assigned_to), '-') || ': ' || case when t.is_here then 'งานนี้เป็นของหน้าที่อื่น' else 'ไม่อยู่' end)
    where q.clinic_id = me.clinic_id and q.id = t.id;
    given := given || jsonb_build_object(who::text, coalesce((given ->> who::text)::int, 0) + 1);
  end loop;
  for g in select key::uuid as who, value::int as n from jsonb_each_text(given) where key::uuid <> me.person_id loop
    perform desk.notify(me.clinic_id, array[g.who], 'task_assigned', 'งานใหม่ ' || g.n || ' งาน', 'จัดโดย ' || desk.nickname_of(me.clinic_id, me.person_id), 'medium', '/tasks', 'assigned:' || now()::text, jsonb_build_object('count', g.n));
  end loop;
end $$;

create function desk.staff_named(me desk.member, args jsonb) returns uuid language plpgsql set search_path = pg_catalog, pg_temp as $$
declare person uuid := desk.arg_uuid(args, 'id');
begin
  if person <> me.person_id then perform desk.require_role(me, array['owner', 'manager']); end if;
  perform 1 from desk.staff s where s.clinic_id = me.clinic_id and s.person_id = person and s.active for update;
  if not found then perform desk.refuse('person_not_found'); end if;
  return person;
end $$;

-- Away until then; the trigger on desk.staff gives out what is due meanwhile.
create function desk.apply_staff_away(me desk.member, args jsonb) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare until timestamptz := desk.arg_instant(args, 'until'); reason text := desk.arg_text(args, 'reason', 200); person uuid := desk.staff_named(me, args);
begin
  if until > now() + interval '366 days' then perform desk.refuse('date_out_of_range', '{"field":"until"}'); end if;
  update desk.staff s set away_until = until, away_reason = nullif(reason, '') where s.clinic_id = me.clinic_id and s.person_id = person and until > now();  -- late is too late
end $$;

create function desk.apply_staff_back(me desk.member, args jsonb) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare person uuid := desk.staff_named(me, args);
begin
  update desk.staff s set away_until = null, away_reason = null where s.clinic_id = me.clinic_id and s.person_id = person;
end $$;

insert into desk.action (name, version, decider) values
  ('task.start', 1, 'desk.apply_task_start(desk.member, jsonb)'), ('task.unstart', 1, 'desk.apply_task_unstart(desk.member, jsonb)'),
  ('task.create', 1, 'desk.apply_task_create(desk.member, jsonb)'), ('task.withdraw', 1, 'desk.apply_task_withdraw(desk.member, jsonb)'),
  ('task.reprioritise', 1, 'desk.apply_task_reprioritise(desk.member, jsonb)'), ('task.assign_all', 1, 'desk.apply_task_assign_all(desk.member, jsonb)'),
  ('staff.away', 1, 'desk.apply_staff_away(desk.member, jsonb)'), ('staff.back', 1, 'desk.apply_staff_back(desk.member, jsonb)');
select desk.close_functions();
