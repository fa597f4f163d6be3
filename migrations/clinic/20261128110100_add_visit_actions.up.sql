-- Why: a person checks somebody in with one key and may have been wrong: whom it concerns is told, but only after ten seconds, and never of a mistake that was taken back.

-- A booking's time as one value: whoever moves a booking moves all of it.
create function desk.slot_of(a public.appointments) returns text language sql stable set search_path = pg_catalog, pg_temp as $$
  select to_char(a.appointment_date, 'YYYY-MM-DD') || ' ' || to_char(a.start_time, 'HH24:MI') || '-' || to_char(a.end_time, 'HH24:MI');
$$;

create function desk.read_slot(args jsonb, out day date, out starts time, out ends time) language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare slot text := desk.arg_text(args, 'slot', 30);
begin
  if slot is null or slot !~ '^[0-9]{4}-[0-9]{2}-[0-9]{2} ([01][0-9]|2[0-3]):[0-5][0-9]-([01][0-9]|2[0-3]):[0-5][0-9]$' then perform desk.refuse('value_not_allowed', '{"field":"slot"}'); end if;
  begin
    day := left(slot, 10)::date; starts := substr(slot, 12, 5)::time; ends := substr(slot, 18, 5)::time;
  exception when data_exception then perform desk.refuse('date_out_of_range', '{"field":"slot"}');
  end;
  if ends <= starts then perform desk.refuse('value_not_allowed', '{"field":"slot"}'); end if;
  if day not between current_date - 400 and current_date + 800 then perform desk.refuse('date_out_of_range', '{"field":"slot"}'); end if;
end $$;

-- A booking, locked. Another clinic's and none are the same answer.
create function desk.locked_booking(me desk.member, id uuid) returns public.appointments language plpgsql set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_variable
declare a public.appointments;
begin
  select x.* into a from public.appointments x where x.clinic_id = me.clinic_id and x.id = id for update;
  if not found then perform desk.refuse('appointment_not_found'); end if;
  return a;
end $$;

create function desk.locked_visit(me desk.member, id uuid) returns desk.visit language plpgsql set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_variable
declare v desk.visit;
begin
  select x.* into v from desk.visit x where x.clinic_id = me.clinic_id and x.id = id for update;
  if not found then perform desk.refuse('visit_not_found'); end if;
  return v;
end $$;

-- Who has already done it, for the person who comes second.
create function desk.refuse_done(me desk.member, code text, state text, by uuid, at timestamptz) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  perform desk.refuse(code, jsonb_build_object('state', state, 'by', desk.nickname_of(me.clinic_id, by), 'at', at));
end $$;

-- Refuses when the booking stands elsewhere than the person saw: both versions, and whose the other one is. `set` is where the person wants it.
create function desk.check_slot(me desk.member, a public.appointments, args jsonb) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare is_at text := desk.slot_of(a); wants text := args #>> '{set,slot}'; mover text; moved timestamptz;
begin
  if args #>> '{base,slot}' is null or args #>> '{base,slot}' = is_at or wants = is_at then return; end if;
  select desk.nickname_of(m.clinic_id, m.person_id), coalesce(desk.arg_moment(m.args, 'at'), m.at) into mover, moved from desk.mutation m
  where m.clinic_id = me.clinic_id and m.args ->> 'id' = a.id::text and m.name like 'appointment.%' and m.status = 'ok' order by m.at desc limit 1;
  perform desk.refuse('changed_meanwhile', jsonb_build_object('field', 'slot', 'yours', wants, 'theirs', is_at, 'by', mover, 'at', moved));
end $$;

-- Whose hands it is in: who is booked, else whose journey it is, else every beautician.
create function desk.who_treats(clinic uuid, booked uuid, journey uuid) returns uuid[] language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  with named as (select coalesce(
    (select s.person_id from desk.staff s where s.clinic_id = clinic and s.person_id = booked and s.active),
    (select s.person_id from public.workflow_states w join desk.staff s on s.clinic_id = w.clinic_id and s.person_id = w.assigned_beautician_id and s.active where w.clinic_id = clinic and w.id = journey)) as person)
  select case when n.person is null then desk.people_of(clinic, null, array['beautician']) else array[n.person] end from named n;
$$;

-- The journey that a visit moves: the booked one, else the customer's only one that waits for a treatment. Two such: none, rather than the wrong one.
create function desk.journey_of_visit(clinic uuid, customer uuid, a public.appointments) returns uuid language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select case when coalesce(a.appointment_type, 'treatment') <> 'treatment' then null when a.desk_journey_id is not null then a.desk_journey_id
    else (select case when count(*) = 1 then (array_agg(w.id))[1] end from public.workflow_states w where w.clinic_id = clinic and w.customer_id = customer and w.current_stage = 'treatment_scheduled') end;
$$;

-- Tells who treats, in ten seconds: until then it can be taken back and nobody has heard of it.
create function desk.tell_arrival(me desk.member, v desk.visit, a public.appointments) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare name text;
begin
  select desk.short_name(coalesce(nullif(c.nickname, ''), c.full_name)) into name from public.customers c where c.clinic_id = v.clinic_id and c.id = v.customer_id;
  perform desk.notify(v.clinic_id, array_remove(desk.who_treats(v.clinic_id, a.staff_id, v.journey_id), me.person_id), 'visit_arrived', name || ' มาถึงแล้ว',
    concat_ws(' · ', 'คิว ' || desk.queue_label(v.queue_number), 'นัด ' || to_char(a.start_time, 'HH24:MI'), nullif(a.room_id, '')), 'high', '/agenda', 'visit:' || v.id,
    jsonb_build_object('visit_id', v.id), interval '10 seconds');
end $$;

-- What was not shown yet never was; who has been told is told that it is over.
create function desk.withdraw_arrival(v desk.visit) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare told uuid[];
begin
  delete from public.notifications n where n.clinic_id = v.clinic_id and n.metadata ->> 'subject' = 'visit:' || v.id and n.metadata ? 'after' and (n.metadata ->> 'after')::timestamptz > now();
  with read as (update public.notifications n set is_read = true where n.clinic_id = v.clinic_id and n.metadata ->> 'subject' = 'visit:' || v.id and n.metadata ? 'after' returning n.user_id)
  select coalesce(array_agg(user_id), '{}') into told from read;
  perform desk.notify(v.clinic_id, told, 'visit_withdrawn', 'ยกเลิกเช็กอินคิว ' || desk.queue_label(v.queue_number), 'เช็กอินผิดคน', 'high', '/agenda', 'visit_undone:' || v.id, jsonb_build_object('visit_id', v.id));
end $$;

-- The booking somebody has come for, where and when the person at the counter saw it.
create function desk.arrived_booking(me desk.member, args jsonb, customer uuid, today date) returns public.appointments language plpgsql set search_path = pg_catalog, pg_temp as $$
declare a public.appointments := desk.locked_booking(me, desk.arg_uuid(args, 'appointment_id')); s record;
begin
  if a.customer_id is distinct from customer then perform desk.refuse('appointment_not_found'); end if;
  perform desk.check_slot(me, a, args);
  if args #> '{set,slot}' is not null and args #>> '{set,slot}' <> desk.slot_of(a) then
    s := desk.read_slot(args -> 'set');  -- decided against the other version: back to where it was seen
    update public.appointments x set appointment_date = s.day, start_time = s.starts, end_time = s.ends where x.id = a.id returning * into a;
  end if;
  if a.appointment_date <> today then perform desk.refuse('booking_of_another_day', jsonb_build_object('date', a.appointment_date)); end if;
  if a.status in ('completed', 'cancelled') then perform desk.refuse('appointment_closed', jsonb_build_object('status', a.status)); end if;
  if a.status = 'no_show' then  -- late, but here
    update public.appointments x set status = 'confirmed' where x.id = a.id;
    perform desk.move_along(me, a.desk_journey_id, 'schedule_appointment', array['payment_confirmed'], args, desk.happened_at(args), desk.starts_at(me.clinic_id, a.appointment_date, a.start_time));
  end if;
  return a;
end $$;

-- The clock of a wait. `cause` tells a wait that begins anew from the one before: a timer that was dropped never fires.
create function desk.watch_wait(v desk.visit, cause uuid) returns void language sql set search_path = pg_catalog, pg_temp as $$
  select desk.arm(v.clinic_id, 'visit.waiting', 'visit:' || cause, greatest(v.arrived_at + interval '10 minutes', now()), null, jsonb_build_object('visit_id', v.id));
$$;

create function desk.apply_visit_check_in(me desk.member, args jsonb) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare key uuid := desk.arg_uuid(args, 'id'); customer uuid := desk.arg_uuid(args, 'customer_id'); moment timestamptz := desk.happened_at(args);
  today date := desk.local_time(me.clinic_id, moment)::date; a public.appointments; v desk.visit;
begin
  perform 1 from public.customers c where c.clinic_id = me.clinic_id and c.id = customer for key share;
  if not found then perform desk.refuse('customer_not_found'); end if;
  if coalesce(jsonb_typeof(args -> 'appointment_id'), 'null') <> 'null' then a := desk.arrived_booking(me, args, customer, today); end if;
  -- A second counter that was as quick finds its wish fulfilled.
  if exists (select 1 from desk.visit x where x.clinic_id = me.clinic_id and x.customer_id = customer and x.appointment_id is not distinct from a.id
    and (x.state in ('waiting', 'serving') and x.day = today or a.id is not null and x.state = 'done')) then return; end if;
  insert into desk.visit (clinic_id, id, customer_id, appointment_id, journey_id, day, queue_number, arrived_at, arrived_by, arrived_device)
  values (me.clinic_id, key, customer, a.id, desk.journey_of_visit(me.clinic_id, customer, a), today, desk.next_queue_number(me.clinic_id, today), moment, me.person_id, me.device)
  returning * into v;
  perform desk.tell_arrival(me, v, a);
  perform desk.watch_wait(v, key);
end $$;

create function desk.apply_visit_undo_check_in(me desk.member, args jsonb) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare m desk.mutation := desk.undoing(me, args, 'visit.check_in'); key uuid; v desk.visit; holder uuid;
begin
  if m.status <> 'ok' then return; end if;
  key := desk.arg_uuid(m.args, 'id');
  select x.* into v from desk.visit x where x.clinic_id = me.clinic_id and x.id = key for update;
  if not found then  -- a colleague was as quick: the visit is theirs
    select x.arrived_by into holder from desk.visit x where x.clinic_id = me.clinic_id and x.customer_id::text = m.args ->> 'customer_id' and x.state in ('waiting', 'serving', 'done') order by x.arrived_at desc limit 1;
    perform desk.refuse_changed(me, 'state', 'waiting', holder);
  end if;
  if v.state <> 'waiting' then perform desk.refuse_changed(me, 'state', v.state, coalesce(v.finished_by, v.started_by)); end if;
  update desk.visit x set state = 'undone', finished_at = greatest(now(), v.arrived_at), finished_by = me.person_id, finished_device = me.device where x.clinic_id = v.clinic_id and x.id = v.id;
  perform desk.withdraw_arrival(v);
  perform desk.end_waiting(me, v, 'cancelled');
end $$;

-- A wait of ten minutes is somebody's task: of who treats, on the journey that is open.
create function desk.fire_visit_waiting(t desk.timer) returns text language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare v desk.visit; a public.appointments; people uuid[]; journey uuid; name text;
begin
  select x.* into v from desk.visit x where x.clinic_id = t.clinic_id and x.id = (t.facts ->> 'visit_id')::uuid for update;
  if v.state is distinct from 'waiting' then return 'no_longer_waiting'; end if;
  select x.* into a from public.appointments x where x.clinic_id = v.clinic_id and x.id = v.appointment_id;
  select desk.short_name(coalesce(nullif(c.nickname, ''), c.full_name)) into name from public.customers c where c.clinic_id = v.clinic_id and c.id = v.customer_id;
  people := desk.who_treats(v.clinic_id, a.staff_id, v.journey_id);
  if people = '{}' then people := desk.people_of(v.clinic_id, null, array['front_desk', 'manager']); end if;
  select coalesce(v.journey_id, (select w.id from public.workflow_states w where w.clinic_id = v.clinic_id and w.customer_id = v.customer_id and w.current_stage <> 'completed' order by w.updated_at desc limit 1)) into journey;
  if journey is null or people = '{}' then  -- a task needs a journey
    perform desk.notify(v.clinic_id, people, 'visit_waiting', name || ' รอเกิน 10 นาที', 'คิว ' || desk.queue_label(v.queue_number), 'high', '/agenda', 'visit_waiting:' || v.id, jsonb_build_object('visit_id', v.id));
    return 'told';
  end if;
  return desk.raise_waiting(v, journey, people[1], name || ' รอเกิน 10 นาที (คิว ' || desk.queue_label(v.queue_number) || ')');
end $$;

-- The room is perhaps being prepared already: then that is what has become urgent.
create function desk.raise_waiting(v desk.visit, journey uuid, person uuid, title text) returns text language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  update public.task_queue q set priority = 'critical', due_date = least(q.due_date, now()), snoozed_until = null, task_data = coalesce(q.task_data, '{}') || jsonb_build_object('visit_id', v.id)
  where q.clinic_id = v.clinic_id and q.workflow_id = raise_waiting.journey and q.task_type = 'prepare_treatment' and q.status in ('pending', 'in_progress');
  if found then return 'task_raised'; end if;
  insert into public.task_queue (clinic_id, workflow_id, assigned_to, task_type, title, priority, due_date, task_data)
  values (v.clinic_id, raise_waiting.journey, raise_waiting.person, 'prepare_treatment', raise_waiting.title, 'critical', now(), jsonb_build_object('visit_id', v.id));
  return 'task_made';
end $$;

-- The wait is over: the clock stops, and so does what it has asked for.
create function desk.end_waiting(me desk.member, v desk.visit, word text) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  update desk.timer t set state = 'dropped', done_at = now() where t.clinic_id = v.clinic_id and t.kind = 'visit.waiting' and t.facts ->> 'visit_id' = v.id::text and t.state = 'waiting';
  update public.task_queue q set status = word, completed_at = now(), completed_by = me.person_id, snoozed_until = null
  where q.clinic_id = v.clinic_id and q.task_data ->> 'visit_id' = v.id::text and q.status in ('pending', 'in_progress');
  update public.notifications n set is_read = true where n.clinic_id = v.clinic_id and n.type = 'visit_waiting' and n.metadata ->> 'subject' = 'visit_waiting:' || v.id and not coalesce(n.is_read, false);
end $$;
create index desk_task_queue_visit on public.task_queue ((task_data ->> 'visit_id')) where task_data ? 'visit_id';

-- Somebody who waited and went: the booking did not come about.
create function desk.apply_visit_leave(me desk.member, args jsonb) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare v desk.visit := desk.locked_visit(me, desk.arg_uuid(args, 'id')); why text := nullif(desk.arg_text(args, 'reason', 500), '');
begin
  if v.state = 'serving' then perform desk.refuse_done(me, 'visit_already_started', v.state, v.started_by, v.started_at); end if;
  if v.state <> 'waiting' then perform desk.refuse_done(me, 'visit_ended', v.state, v.finished_by, v.finished_at); end if;
  update desk.visit x set state = 'left', finished_at = greatest(desk.happened_at(args), v.arrived_at), finished_by = me.person_id, finished_device = me.device, reason = why where x.clinic_id = v.clinic_id and x.id = v.id;
  update public.appointments x set status = 'cancelled' where x.clinic_id = v.clinic_id and x.id = v.appointment_id;
  perform desk.end_waiting(me, v, 'cancelled');
end $$;

create function desk.apply_visit_return(me desk.member, args jsonb) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare m desk.mutation := desk.undoing(me, args, 'visit.leave'); v desk.visit;
begin
  if m.status <> 'ok' then return; end if;
  v := desk.locked_visit(me, desk.arg_uuid(m.args, 'id'));
  if v.state <> 'left' then perform desk.refuse_changed(me, 'state', v.state, coalesce(v.finished_by, v.started_by)); end if;
  if exists (select 1 from desk.visit x where x.clinic_id = v.clinic_id and x.appointment_id = v.appointment_id and x.state in ('waiting', 'serving', 'done')) then perform desk.refuse_changed(me, 'state', 'waiting', null); end if;
  update desk.visit x set state = 'waiting', finished_at = null, finished_by = null, finished_device = null, reason = null where x.clinic_id = v.clinic_id and x.id = v.id;
  update public.appointments x set status = 'confirmed' where x.clinic_id = v.clinic_id and x.id = v.appointment_id and x.status = 'cancelled';
  perform desk.watch_wait(v, m.id);
end $$;

insert into desk.timer_kind (kind, decider) values ('visit.waiting', 'desk.fire_visit_waiting(desk.timer)');
insert into desk.action (name, version, decider) values
  ('visit.check_in', 1, 'desk.apply_visit_check_in(desk.member, jsonb)'), ('visit.undo_check_in', 1, 'desk.apply_visit_undo_check_in(desk.member, jsonb)'),
  ('visit.leave', 1, 'desk.apply_visit_leave(desk.member, jsonb)'), ('visit.return', 1, 'desk.apply_visit_return(desk.member, jsonb)');
select desk.close_functions();
