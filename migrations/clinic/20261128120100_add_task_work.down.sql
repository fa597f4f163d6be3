delete from desk.action where name in ('task.start', 'task.unstart', 'task.create', 'task.withdraw', 'task.reprioritise', 'task.assign_all', 'staff.away', 'staff.back');
create or replace function desk.apply_task_complete(me desk.member, args jsonb) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare note text := desk.arg_text(args, 'note', 2000); t public.task_queue := desk.open_task(me, desk.arg_uuid(args, 'id'));
begin
  update public.task_queue q set status = 'completed', completed_at = now(), completed_by = me.person_id, snoozed_until = null,
    notes = case when note <> '' then desk.add_note(q.notes, me, note) else q.notes end
  where q.clinic_id = t.clinic_id and q.id = t.id;
end $$;

create or replace function desk.apply_task_reassign(me desk.member, args jsonb) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare person uuid := desk.arg_uuid(args, 'to'); t public.task_queue := desk.open_task(me, desk.arg_uuid(args, 'id'));
begin
  if not exists (select 1 from desk.staff s where s.clinic_id = me.clinic_id and s.person_id = person and s.active) then perform desk.refuse('person_not_found'); end if;
  update public.task_queue q set assigned_to = person where q.clinic_id = t.clinic_id and q.id = t.id;
end $$;

create or replace function desk.apply_task_snooze(me desk.member, args jsonb) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare moment timestamptz := desk.arg_instant(args, 'until'); t public.task_queue := desk.open_task(me, desk.arg_uuid(args, 'id'));
begin
  -- A month back is allowed: a snooze made offline may arrive after its own end.
  if moment not between now() - interval '31 days' and now() + interval '366 days' then perform desk.refuse('date_out_of_range', '{"field":"until"}'); end if;
  update public.task_queue q set snoozed_until = moment where q.clinic_id = t.clinic_id and q.id = t.id;
end $$;
drop function desk.apply_staff_back(desk.member, jsonb), desk.apply_staff_away(desk.member, jsonb), desk.staff_named(desk.member, jsonb), desk.apply_task_assign_all(desk.member, jsonb),
  desk.apply_task_reprioritise(desk.member, jsonb), desk.apply_task_withdraw(desk.member, jsonb), desk.apply_task_create(desk.member, jsonb), desk.apply_task_unstart(desk.member, jsonb),
  desk.apply_task_start(desk.member, jsonb), desk.arg_id(jsonb, text), desk.journey_for(uuid, uuid, uuid, uuid);
