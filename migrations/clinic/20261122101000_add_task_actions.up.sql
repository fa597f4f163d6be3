-- Why: the four things a person does with a task.

-- The task, locked, or a refusal. Another clinic's task and no task are the same answer.
create function desk.open_task(me desk.member, id uuid) returns public.task_queue language plpgsql set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_variable
declare t public.task_queue;
begin
  select q.* into t from public.task_queue q where q.clinic_id = me.clinic_id and q.id = id for update;
  if not found then perform desk.refuse('task_not_found'); end if;
  if t.status in ('completed', 'cancelled') then
    perform desk.refuse('task_already_closed', jsonb_build_object('status', t.status, 'by', desk.nickname_of(me.clinic_id, t.completed_by), 'at', t.completed_at));
  end if;
  return t;
end $$;

create function desk.apply_task_complete(me desk.member, args jsonb) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare note text := desk.arg_text(args, 'note', 2000); t public.task_queue := desk.open_task(me, desk.arg_uuid(args, 'id'));
begin
  update public.task_queue q set status = 'completed', completed_at = now(), completed_by = me.person_id, snoozed_until = null,
    notes = case when note <> '' then desk.add_note(q.notes, me, note) else q.notes end
  where q.clinic_id = t.clinic_id and q.id = t.id;
end $$;

create function desk.apply_task_reassign(me desk.member, args jsonb) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare person uuid := desk.arg_uuid(args, 'to'); t public.task_queue := desk.open_task(me, desk.arg_uuid(args, 'id'));
begin
  if not exists (select 1 from desk.staff s where s.clinic_id = me.clinic_id and s.person_id = person and s.active) then perform desk.refuse('person_not_found'); end if;
  update public.task_queue q set assigned_to = person where q.clinic_id = t.clinic_id and q.id = t.id;
end $$;

create function desk.apply_task_snooze(me desk.member, args jsonb) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare moment timestamptz := desk.arg_instant(args, 'until'); t public.task_queue := desk.open_task(me, desk.arg_uuid(args, 'id'));
begin
  -- A month back is allowed: a snooze made offline may arrive after its own end.
  if moment not between now() - interval '31 days' and now() + interval '366 days' then perform desk.refuse('date_out_of_range', '{"field":"until"}'); end if;
  update public.task_queue q set snoozed_until = moment where q.clinic_id = t.clinic_id and q.id = t.id;
end $$;

create function desk.apply_task_note(me desk.member, args jsonb) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare line text := desk.arg_text(args, 'text', 2000); task uuid := desk.arg_uuid(args, 'id');
begin
  if coalesce(line, '') = '' then perform desk.refuse('text_empty', '{"field":"text"}'); end if;
  update public.task_queue q set notes = desk.add_note(q.notes, me, line) where q.clinic_id = me.clinic_id and q.id = task;
  if not found then perform desk.refuse('task_not_found'); end if;
end $$;

insert into desk.action (name, version, decider) values
  ('task.complete', 1, 'desk.apply_task_complete(desk.member, jsonb)'), ('task.reassign', 1, 'desk.apply_task_reassign(desk.member, jsonb)'),
  ('task.snooze', 1, 'desk.apply_task_snooze(desk.member, jsonb)'), ('task.note', 1, 'desk.apply_task_note(desk.member, jsonb)');
