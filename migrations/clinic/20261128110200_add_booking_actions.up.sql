-- Why: a visit moves the journey it belongs to and keeps its booking in step, and a booking is made, moved and closed at the counter. Where two people
-- decided differently about one booking, neither is overwritten: who comes second is told both versions.

-- The last number of a clinic's bookings; the web system's own codes are of another shape.
create table desk.booking_counter (
  clinic_id uuid primary key references desk.clinic (clinic_id) on delete cascade,
  last bigint not null
);
alter table desk.booking_counter enable row level security;

create function desk.next_booking_code(clinic uuid) returns text language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare n bigint; code text;
begin
  loop
    insert into desk.booking_counter as k (clinic_id, last) values (clinic, 1) on conflict (clinic_id) do update set last = k.last + 1 returning last into n;
    select d.code_prefix || '-B' || lpad(n::text, 6, '0') into strict code from desk.clinic d where d.clinic_id = clinic;
    exit when not exists (select 1 from public.appointments a where a.appointment_code = code);
  end loop;
  return code;
end $$;

-- The row of the journey's history that an action writes has the id that the desk gave it, so that taking the action back finds it.
create function desk.move_facts_of(args jsonb, moment timestamptz, booked_at timestamptz) returns jsonb language sql stable set search_path = pg_catalog, pg_temp as $$
  select jsonb_strip_nulls(jsonb_build_object('id', case when args ? 'entry' then desk.arg_uuid(args, 'entry') end, 'at', moment, 'booked_at', booked_at));
$$;

-- One step of the journey that goes with a booking or a visit. `when_at`: only from these stages, null where it must go or be refused.
create function desk.move_along(me desk.member, journey uuid, action text, when_at text[], args jsonb, moment timestamptz, booked_at timestamptz default null) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare stage text;
begin
  select w.current_stage into stage from public.workflow_states w where w.clinic_id = me.clinic_id and w.id = journey for update;
  if not found or stage <> all (when_at) then return; end if;
  perform desk.move_journey(me.clinic_id, journey, me.person_id, me.device, action, null, desk.move_facts_of(args, moment, booked_at), null);
end $$;

-- Takes back the step that an action made, if it made one.
create function desk.move_back(me desk.member, journey uuid, m desk.mutation, args jsonb) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare entry uuid;
begin
  if not m.args ? 'entry' then return; end if;
  entry := desk.arg_uuid(m.args, 'entry');
  if exists (select 1 from public.workflow_actions a where a.clinic_id = me.clinic_id and a.workflow_id = journey and a.id = entry) then
    perform desk.unmove_journey(me.clinic_id, journey, me.person_id, me.device, entry, desk.move_facts_of(args, now(), null));
  end if;
end $$;

create function desk.apply_visit_start(me desk.member, args jsonb) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare v desk.visit := desk.locked_visit(me, desk.arg_uuid(args, 'id')); moment timestamptz := greatest(desk.happened_at(args), v.arrived_at);
begin
  if v.state = 'serving' then perform desk.refuse_done(me, 'visit_already_started', v.state, v.started_by, v.started_at); end if;
  if v.state <> 'waiting' then perform desk.refuse_done(me, 'visit_ended', v.state, v.finished_by, v.finished_at); end if;
  if v.journey_id is not null then perform desk.move_journey(me.clinic_id, v.journey_id, me.person_id, me.device, 'start_treatment', null, desk.move_facts_of(args, moment, null), null); end if;
  update desk.visit x set state = 'serving', started_at = moment, started_by = me.person_id, started_device = me.device where x.clinic_id = v.clinic_id and x.id = v.id;
  update public.appointments x set status = 'in_progress' where x.clinic_id = v.clinic_id and x.id = v.appointment_id;
  perform desk.end_waiting(me, v, 'completed');
end $$;

create function desk.apply_visit_unstart(me desk.member, args jsonb) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare m desk.mutation := desk.undoing(me, args, 'visit.start'); v desk.visit;
begin
  if m.status <> 'ok' then return; end if;
  v := desk.locked_visit(me, desk.arg_uuid(m.args, 'id'));
  if v.state <> 'serving' or v.started_by <> me.person_id then perform desk.refuse_changed(me, 'state', v.state, coalesce(v.finished_by, v.started_by)); end if;
  perform desk.move_back(me, v.journey_id, m, args);
  update desk.visit x set state = 'waiting', started_at = null, started_by = null, started_device = null where x.clinic_id = v.clinic_id and x.id = v.id;
  update public.appointments x set status = 'confirmed' where x.clinic_id = v.clinic_id and x.id = v.appointment_id and x.status = 'in_progress';
  perform desk.watch_wait(v, m.id);
end $$;

create function desk.apply_visit_finish(me desk.member, args jsonb) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare v desk.visit := desk.locked_visit(me, desk.arg_uuid(args, 'id')); moment timestamptz := greatest(desk.happened_at(args), v.started_at);
begin
  if v.state = 'waiting' then perform desk.refuse_done(me, 'visit_not_started', v.state, v.arrived_by, v.arrived_at); end if;
  if v.state <> 'serving' then perform desk.refuse_done(me, 'visit_ended', v.state, v.finished_by, v.finished_at); end if;
  if v.journey_id is not null then perform desk.move_journey(me.clinic_id, v.journey_id, me.person_id, me.device, 'complete_treatment', null, desk.move_facts_of(args, moment, null), null); end if;
  update desk.visit x set state = 'done', finished_at = moment, finished_by = me.person_id, finished_device = me.device where x.clinic_id = v.clinic_id and x.id = v.id;
  update public.appointments x set status = 'completed' where x.clinic_id = v.clinic_id and x.id = v.appointment_id;
  update public.customers c set last_visit_date = v.day where c.clinic_id = v.clinic_id and c.id = v.customer_id and coalesce(c.last_visit_date, '-infinity') < v.day;
end $$;

create function desk.apply_visit_unfinish(me desk.member, args jsonb) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare m desk.mutation := desk.undoing(me, args, 'visit.finish'); v desk.visit;
begin
  if m.status <> 'ok' then return; end if;
  v := desk.locked_visit(me, desk.arg_uuid(m.args, 'id'));
  if v.state <> 'done' or v.finished_by <> me.person_id then perform desk.refuse_changed(me, 'state', v.state, v.finished_by); end if;
  perform desk.move_back(me, v.journey_id, m, args);
  update desk.visit x set state = 'serving', finished_at = null, finished_by = null, finished_device = null where x.clinic_id = v.clinic_id and x.id = v.id;
  update public.appointments x set status = 'in_progress' where x.clinic_id = v.clinic_id and x.id = v.appointment_id and x.status = 'completed';
end $$;

-- When a booking begins, as an instant.
create function desk.starts_at(clinic uuid, day date, starts time) returns timestamptz language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select (day + starts) at time zone c.timezone from desk.clinic c where c.clinic_id = clinic;
$$;

-- Who is booked hears of it in three minutes: a mistake at the counter is put right before that.
create function desk.tell_booking(me desk.member, a public.appointments, kind text, title text) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare name text;
begin
  select desk.short_name(coalesce(nullif(c.nickname, ''), c.full_name)) into name from public.customers c where c.clinic_id = a.clinic_id and c.id = a.customer_id;
  perform desk.notify(a.clinic_id, array_remove(array[a.staff_id], me.person_id), kind, title || ': ' || name, to_char(a.appointment_date, 'DD/MM') || ' ' || to_char(a.start_time, 'HH24:MI') || coalesce(' · ' || nullif(a.room_id, ''), ''),
    'medium', '/agenda', 'booking:' || a.id, jsonb_build_object('appointment_id', a.id), interval '3 minutes');
end $$;

-- What they have not seen yet they need not see any more, and what they have seen no longer holds.
create function desk.untell_booking(a public.appointments) returns void language sql set search_path = pg_catalog, pg_temp as $$
  delete from public.notifications n where n.clinic_id = a.clinic_id and n.metadata ->> 'subject' = 'booking:' || a.id and n.metadata ? 'after' and (n.metadata ->> 'after')::timestamptz > now();
  update public.notifications n set is_read = true where n.clinic_id = a.clinic_id and n.metadata ->> 'subject' = 'booking:' || a.id and n.metadata ? 'after' and not coalesce(n.is_read, false);
$$;

create function desk.arg_treater(me desk.member, args jsonb) returns uuid language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare person uuid := desk.arg_uuid(args, 'staff_id');
begin
  if not exists (select 1 from desk.staff s where s.clinic_id = me.clinic_id and s.person_id = person and s.active) then perform desk.refuse('person_not_found', '{"field":"staff_id"}'); end if;
  return person;
end $$;

create function desk.apply_appointment_book(me desk.member, args jsonb) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare key uuid := desk.arg_uuid(args, 'id'); customer uuid := desk.arg_uuid(args, 'customer_id'); s record := desk.read_slot(args); kind text := coalesce(desk.arg_text(args, 'type', 20), 'treatment');
  person uuid := desk.arg_treater(me, args); way uuid; a public.appointments; named text := nullif(desk.arg_text(args, 'service', 200), '');
begin
  perform 1 from public.customers c where c.clinic_id = me.clinic_id and c.id = customer for key share;
  if not found then perform desk.refuse('customer_not_found'); end if;
  if kind not in ('consultation', 'treatment', 'follow_up', 'scan') then perform desk.refuse('value_not_allowed', '{"field":"type"}'); end if;
  if coalesce(jsonb_typeof(args -> 'journey_id'), 'null') <> 'null' then
    way := desk.arg_uuid(args, 'journey_id');
    if not exists (select 1 from public.workflow_states w where w.clinic_id = me.clinic_id and w.id = way and w.customer_id = customer) then perform desk.refuse('journey_not_found'); end if;
  end if;
  insert into public.appointments (id, clinic_id, customer_id, staff_id, appointment_code, appointment_type, status, appointment_date, start_time, end_time, services, room_id, notes, desk_journey_id)
  values (key, me.clinic_id, customer, person, desk.next_booking_code(me.clinic_id), kind, 'scheduled', s.day, s.starts, s.ends, case when named is null then '[]' else jsonb_build_array(named) end,
    nullif(desk.arg_text(args, 'room', 60), ''), nullif(desk.arg_text(args, 'notes', 2000), ''), way) returning * into a;
  perform desk.book_journey(me, a, args);
  perform desk.tell_booking(me, a, 'booking_made', 'นัดใหม่');
end $$;

-- A booked treatment brings its journey where it waits for it.
create function desk.book_journey(me desk.member, a public.appointments, args jsonb) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare at timestamptz := desk.starts_at(a.clinic_id, a.appointment_date, a.start_time); stage text;
begin
  if a.appointment_type <> 'treatment' then return; end if;
  select w.current_stage into stage from public.workflow_states w where w.clinic_id = a.clinic_id and w.id = a.desk_journey_id;
  perform desk.move_along(me, a.desk_journey_id, case stage when 'payment_confirmed' then 'schedule_appointment' when 'treatment_scheduled' then 'reschedule' else 'next_session' end,
    array['payment_confirmed', 'treatment_scheduled', 'treatment_completed', 'follow_up'], args, desk.happened_at(args), at);
end $$;

create function desk.apply_appointment_unbook(me desk.member, args jsonb) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare m desk.mutation := desk.undoing(me, args, 'appointment.book'); a public.appointments;
begin
  if m.status <> 'ok' then return; end if;
  a := desk.locked_booking(me, desk.arg_uuid(m.args, 'id'));
  if a.status <> 'scheduled' or desk.slot_of(a) <> m.args ->> 'slot' or exists (select 1 from desk.visit x where x.clinic_id = a.clinic_id and x.appointment_id = a.id and x.state <> 'undone') then
    perform desk.refuse_changed(me, 'status', a.status, null);
  end if;
  perform desk.move_back(me, a.desk_journey_id, m, args);
  perform desk.untell_booking(a);
  update public.appointments x set status = 'cancelled' where x.clinic_id = a.clinic_id and x.id = a.id;
end $$;

-- Refuses when somebody has come for it: who checked her in, and when. `base.visit` is the visit that the person knows of.
create function desk.check_arrival(me desk.member, a public.appointments, args jsonb) returns desk.visit language plpgsql set search_path = pg_catalog, pg_temp as $$
declare v desk.visit;
begin
  select x.* into v from desk.visit x where x.clinic_id = a.clinic_id and x.appointment_id = a.id and x.state in ('waiting', 'serving', 'done') for update;
  if v.id is null then return v; end if;
  if v.state <> 'waiting' or a.status in ('in_progress', 'completed') then perform desk.refuse('appointment_closed', jsonb_build_object('status', a.status, 'by', desk.nickname_of(a.clinic_id, v.started_by), 'at', v.started_at)); end if;
  if args #>> '{base,visit}' is distinct from v.id::text then
    perform desk.refuse('changed_meanwhile', jsonb_build_object('field', 'visit', 'yours', args #>> '{set,slot}', 'theirs', v.id, 'by', desk.nickname_of(a.clinic_id, v.arrived_by), 'at', v.arrived_at));
  end if;
  return v;
end $$;

-- Where a booking stands from now on: its time, its room, who treats. Refused where somebody else has changed just that.
create function desk.place_booking(me desk.member, a public.appointments, args jsonb) returns public.appointments language plpgsql set search_path = pg_catalog, pg_temp as $$
declare wants jsonb := args -> 'set'; f text; is_now text; s record;
begin
  if jsonb_typeof(wants) is distinct from 'object' or coalesce(jsonb_typeof(args -> 'base'), 'object') not in ('object', 'null') or exists (select 1 from jsonb_object_keys(wants) k where k not in ('slot', 'room', 'staff_id')) then
    perform desk.refuse('value_not_allowed', '{"field":"set"}');
  end if;
  perform desk.check_slot(me, a, args);
  foreach f in array array['room', 'staff_id'] loop
    is_now := case f when 'room' then a.room_id else a.staff_id::text end;
    if wants ? f and args -> 'base' ? f and coalesce(args #>> array['base', f], '') <> coalesce(is_now, '') and wants ->> f is distinct from is_now then
      perform desk.refuse_changed(me, f, case f when 'room' then is_now else desk.nickname_of(a.clinic_id, a.staff_id) end, null);
    end if;
  end loop;
  select a.appointment_date as day, a.start_time as starts, a.end_time as ends into s;
  if wants ? 'slot' then s := desk.read_slot(wants); end if;
  update public.appointments x set appointment_date = s.day, start_time = s.starts, end_time = s.ends, room_id = case when wants ? 'room' then nullif(desk.arg_text(wants, 'room', 60), '') else x.room_id end,
    staff_id = case when wants ? 'staff_id' then desk.arg_treater(me, wants) else x.staff_id end, status = case when wants ? 'slot' then 'scheduled' else x.status end
  where x.clinic_id = a.clinic_id and x.id = a.id returning * into a;
  return a;
end $$;

create function desk.apply_appointment_reschedule(me desk.member, args jsonb) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare a public.appointments := desk.locked_booking(me, desk.arg_uuid(args, 'id')); v desk.visit; has_moved boolean := coalesce(args -> 'set' ? 'slot', false);
begin
  if a.status in ('in_progress', 'completed') then perform desk.refuse('appointment_closed', jsonb_build_object('status', a.status)); end if;
  if has_moved then v := desk.check_arrival(me, a, args); end if;
  a := desk.place_booking(me, a, args);
  if v.id is not null then  -- decided against the arrival
    update desk.visit x set state = 'left', finished_at = greatest(now(), x.arrived_at), finished_by = me.person_id, finished_device = me.device, reason = 'เลื่อนนัด' where x.clinic_id = v.clinic_id and x.id = v.id;
    perform desk.end_waiting(me, v, 'cancelled');
  end if;
  if has_moved and a.appointment_type = 'treatment' then
    perform desk.move_along(me, a.desk_journey_id, case (select w.current_stage from public.workflow_states w where w.clinic_id = a.clinic_id and w.id = a.desk_journey_id) when 'payment_confirmed' then 'schedule_appointment' else 'reschedule' end,
      array['payment_confirmed', 'treatment_scheduled'], args, desk.happened_at(args), desk.starts_at(a.clinic_id, a.appointment_date, a.start_time));
  end if;
  perform desk.untell_booking(a);
  perform desk.tell_booking(me, a, 'booking_moved', 'เลื่อนนัด');
end $$;

create function desk.apply_appointment_move_back(me desk.member, args jsonb) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare m desk.mutation := desk.undoing(me, args, 'appointment.reschedule'); a public.appointments; word text := coalesce(desk.arg_text(args, 'status', 20), 'scheduled');
begin
  if word not in ('scheduled', 'confirmed', 'cancelled', 'no_show') then perform desk.refuse('value_not_allowed', '{"field":"status"}'); end if;
  if m.status <> 'ok' then return; end if;
  a := desk.locked_booking(me, desk.arg_uuid(m.args, 'id'));
  if exists (select 1 from desk.visit x where x.clinic_id = a.clinic_id and x.appointment_id = a.id and x.state in ('waiting', 'serving', 'done')) then perform desk.refuse_changed(me, 'status', a.status, null); end if;
  a := desk.place_booking(me, a, args);
  perform desk.move_back(me, a.desk_journey_id, m, args);
  perform desk.untell_booking(a);
  update public.appointments x set status = word where x.clinic_id = a.clinic_id and x.id = a.id;
end $$;

-- A booking that did not come about: she did not come, or it was called off.
create function desk.close_booking(me desk.member, args jsonb, word text) returns public.appointments language plpgsql set search_path = pg_catalog, pg_temp as $$
declare a public.appointments := desk.locked_booking(me, desk.arg_uuid(args, 'id')); v desk.visit;
begin
  select x.* into v from desk.visit x where x.clinic_id = a.clinic_id and x.appointment_id = a.id and x.state in ('waiting', 'serving', 'done');
  if v.id is not null then perform desk.refuse_done(me, 'already_arrived', v.state, v.arrived_by, v.arrived_at); end if;
  if a.status not in ('scheduled', 'confirmed') then perform desk.refuse('appointment_closed', jsonb_build_object('status', a.status)); end if;
  perform desk.check_slot(me, a, args);
  update public.appointments x set status = word, notes = case when nullif(desk.arg_text(args, 'reason', 500), '') is not null then desk.add_note(x.notes, me, args ->> 'reason') else x.notes end
  where x.clinic_id = a.clinic_id and x.id = a.id;
  return a;
end $$;

create function desk.apply_appointment_no_show(me desk.member, args jsonb) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare a public.appointments := desk.close_booking(me, args, 'no_show'); moment timestamptz := desk.happened_at(args); starts timestamptz := desk.starts_at(a.clinic_id, a.appointment_date, a.start_time);
begin
  if moment < starts then perform desk.refuse('not_yet', jsonb_build_object('at', starts)); end if;
  if a.appointment_type = 'treatment' then perform desk.move_along(me, a.desk_journey_id, 'no_show', array['treatment_scheduled'], args, moment); end if;
end $$;

create function desk.apply_appointment_cancel(me desk.member, args jsonb) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare a public.appointments := desk.close_booking(me, args, 'cancelled');
begin
  perform desk.untell_booking(a);
  perform desk.tell_booking(me, a, 'booking_cancelled', 'ยกเลิกนัด');
end $$;

create function desk.apply_appointment_reopen(me desk.member, args jsonb) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare m desk.mutation := desk.undoing(me, args, 'appointment.no_show appointment.cancel'); word text := coalesce(desk.arg_text(args, 'status', 20), 'scheduled'); a public.appointments;
begin
  if word not in ('scheduled', 'confirmed') then perform desk.refuse('value_not_allowed', '{"field":"status"}'); end if;
  if m.status <> 'ok' then return; end if;
  a := desk.locked_booking(me, desk.arg_uuid(m.args, 'id'));
  if a.status <> (case m.name when 'appointment.no_show' then 'no_show' else 'cancelled' end) then perform desk.refuse_changed(me, 'status', a.status, null); end if;
  perform desk.move_back(me, a.desk_journey_id, m, args);
  perform desk.untell_booking(a);
  update public.appointments x set status = word where x.clinic_id = a.clinic_id and x.id = a.id;
end $$;

insert into desk.action (name, version, decider) values
  ('visit.start', 1, 'desk.apply_visit_start(desk.member, jsonb)'), ('visit.unstart', 1, 'desk.apply_visit_unstart(desk.member, jsonb)'),
  ('visit.finish', 1, 'desk.apply_visit_finish(desk.member, jsonb)'), ('visit.unfinish', 1, 'desk.apply_visit_unfinish(desk.member, jsonb)'),
  ('appointment.book', 1, 'desk.apply_appointment_book(desk.member, jsonb)'), ('appointment.unbook', 1, 'desk.apply_appointment_unbook(desk.member, jsonb)'),
  ('appointment.reschedule', 1, 'desk.apply_appointment_reschedule(desk.member, jsonb)'), ('appointment.move_back', 1, 'desk.apply_appointment_move_back(desk.member, jsonb)'),
  ('appointment.no_show', 1, 'desk.apply_appointment_no_show(desk.member, jsonb)'), ('appointment.cancel', 1, 'desk.apply_appointment_cancel(desk.member, jsonb)'),
  ('appointment.reopen', 1, 'desk.apply_appointment_reopen(desk.member, jsonb)');
select desk.close_functions();
