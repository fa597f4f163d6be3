-- Why: a booking of a journey told whoever treats twice, as the booking in three minutes and as the step of the journey in ten seconds, before it could be taken back; and whoever
-- was told of a time was told of the new one beside it. Now the booking's message is the only one, the event of the journey stands behind it, and a step that makes a time untrue
-- withdraws what was said of it, and what is taken back leaves whoever treats with what is true. Who treats by the booking treats the journey, as with the step that it was before.

-- Of a time for which she is expected no longer: what was not shown yet never was, and what was seen is over.
create function desk.withdraw_reminders(clinic uuid, journey uuid) returns void language sql security definer set search_path = pg_catalog, pg_temp as $$
  delete from public.notifications n using public.workflow_events e where e.clinic_id = clinic and e.workflow_id = journey and e.event_type = 'appointment_scheduled'
    and n.clinic_id = e.clinic_id and n.metadata ->> 'subject' = 'event:' || e.id and n.metadata ? 'after' and (n.metadata ->> 'after')::timestamptz > now();
  update public.notifications n set is_read = true from public.workflow_events e where e.clinic_id = clinic and e.workflow_id = journey and e.event_type = 'appointment_scheduled'
    and n.clinic_id = e.clinic_id and n.metadata ->> 'subject' = 'event:' || e.id and n.metadata ? 'after' and not coalesce(n.is_read, false);
$$;

-- What is said of a booking: when, and where.
create function desk.booking_line(a public.appointments) returns text language sql stable set search_path = pg_catalog, pg_temp as $$
  select to_char(a.appointment_date, 'DD/MM') || ' ' || to_char(a.start_time, 'HH24:MI') || coalesce(' · ' || nullif(a.room_id, ''), '');
$$;

-- The step that a booking makes: it says which booking, for when, and who treats.
create function desk.move_for_booking(me desk.member, a public.appointments, action text, when_at text[], args jsonb) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare stage text; facts jsonb := desk.move_facts_of(args, desk.happened_at(args), desk.starts_at(a.clinic_id, a.appointment_date, a.start_time)) || jsonb_build_object('desk_booking', a.id);
begin
  select w.current_stage into stage from public.workflow_states w where w.clinic_id = me.clinic_id and w.id = a.desk_journey_id for update;
  if not found or stage <> all (when_at) then return; end if;
  if exists (select from desk.staff s where s.clinic_id = me.clinic_id and s.person_id = a.staff_id and s.active and s.role = 'beautician') then facts := facts || jsonb_build_object('beautician_id', a.staff_id); end if;
  perform desk.move_journey(me.clinic_id, a.desk_journey_id, me.person_id, me.device, action, null, facts, null);
end $$;

create or replace function desk.book_journey(me desk.member, a public.appointments, args jsonb) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare stage text;
begin
  if a.appointment_type <> 'treatment' then return; end if;
  select w.current_stage into stage from public.workflow_states w where w.clinic_id = a.clinic_id and w.id = a.desk_journey_id;
  perform desk.move_for_booking(me, a, case stage when 'payment_confirmed' then 'schedule_appointment' when 'treatment_scheduled' then 'reschedule' else 'next_session' end,
    array['payment_confirmed', 'treatment_scheduled', 'treatment_completed', 'follow_up'], args);
end $$;

create or replace function desk.arrived_booking(me desk.member, args jsonb, customer uuid, today date) returns public.appointments language plpgsql set search_path = pg_catalog, pg_temp as $$
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
    perform desk.move_for_booking(me, a, 'schedule_appointment', array['payment_confirmed'], args);
  end if;
  return a;
end $$;

create or replace function desk.apply_appointment_reschedule(me desk.member, args jsonb) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
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
    perform desk.move_for_booking(me, a, case (select w.current_stage from public.workflow_states w where w.clinic_id = a.clinic_id and w.id = a.desk_journey_id) when 'payment_confirmed' then 'schedule_appointment' else 'reschedule' end,
      array['payment_confirmed', 'treatment_scheduled'], args);
  end if;
  perform desk.untell_booking(a);
  perform desk.tell_booking(me, a, 'booking_moved', 'เลื่อนนัด');
end $$;

-- Who is booked hears of it in three minutes, once: a mistake at the counter is put right before that. Where the booking moved a journey, this is the message of that event too.
create or replace function desk.tell_booking(me desk.member, a public.appointments, kind text, title text) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare name text; facts jsonb := jsonb_build_object('appointment_id', a.id); move uuid; e public.workflow_events; people uuid[] := array_remove(array[a.staff_id], me.person_id);
begin
  select desk.short_name(coalesce(nullif(c.nickname, ''), c.full_name)) into name from public.customers c where c.clinic_id = a.clinic_id and c.id = a.customer_id;
  if kind <> 'booking_cancelled' then
    select x.id into move from public.workflow_actions x where x.clinic_id = a.clinic_id and x.workflow_id = a.desk_journey_id and x.data ->> 'desk_booking' = a.id::text order by x.desk_version desc limit 1;
    select x.* into e from public.workflow_events x where x.clinic_id = a.clinic_id and x.workflow_id = a.desk_journey_id and x.event_data ->> 'move' = move::text;
    if e.id is not null then facts := facts || jsonb_build_object('event_id', e.id, 'journey_id', a.desk_journey_id); end if;
    if a.staff_id is null then people := coalesce(e.target_users, '{}'); end if;
  end if;
  perform desk.notify(a.clinic_id, people, kind, title || ': ' || name, desk.booking_line(a),
    case when e.id is not null then 'high' else 'medium' end, '/agenda', 'booking:' || a.id, facts, interval '3 minutes');
end $$;

-- Something that was done with a booking is taken back. What whoever treats has not seen never was; only if what they saw last is not how it is now, they are told.
create function desk.tell_again(me desk.member, a public.appointments, stands boolean) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare last public.notifications;
begin
  perform desk.untell_booking(a);
  select n.* into last from public.notifications n where n.clinic_id = a.clinic_id and n.user_id = a.staff_id and n.metadata ->> 'subject' = 'booking:' || a.id and n.metadata ? 'after' order by n.created_at desc limit 1;
  if not stands then
    if last.id is not null and last.type <> 'booking_cancelled' then perform desk.tell_booking(me, a, 'booking_cancelled', 'ยกเลิกนัด'); end if;
  elsif last.id is null or last.type = 'booking_cancelled' then perform desk.tell_booking(me, a, 'booking_made', 'นัดใหม่');
  elsif last.message <> desk.booking_line(a) then perform desk.tell_booking(me, a, 'booking_moved', 'เลื่อนนัด');
  end if;
end $$;

create or replace function desk.apply_appointment_unbook(me desk.member, args jsonb) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare m desk.mutation := desk.undoing(me, args, 'appointment.book'); a public.appointments;
begin
  if m.status <> 'ok' then return; end if;
  a := desk.locked_booking(me, desk.arg_uuid(m.args, 'id'));
  if a.status <> 'scheduled' or desk.slot_of(a) <> m.args ->> 'slot' or exists (select 1 from desk.visit x where x.clinic_id = a.clinic_id and x.appointment_id = a.id and x.state <> 'undone') then
    perform desk.refuse_changed(me, 'status', a.status, null);
  end if;
  perform desk.move_back(me, a.desk_journey_id, m, args);
  perform desk.tell_again(me, a, false);
  update public.appointments x set status = 'cancelled' where x.clinic_id = a.clinic_id and x.id = a.id;
end $$;

create or replace function desk.apply_appointment_move_back(me desk.member, args jsonb) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare m desk.mutation := desk.undoing(me, args, 'appointment.reschedule'); a public.appointments; word text := coalesce(desk.arg_text(args, 'status', 20), 'scheduled');
begin
  if word not in ('scheduled', 'confirmed', 'cancelled', 'no_show') then perform desk.refuse('value_not_allowed', '{"field":"status"}'); end if;
  if m.status <> 'ok' then return; end if;
  a := desk.locked_booking(me, desk.arg_uuid(m.args, 'id'));
  if exists (select 1 from desk.visit x where x.clinic_id = a.clinic_id and x.appointment_id = a.id and x.state in ('waiting', 'serving', 'done')) then perform desk.refuse_changed(me, 'status', a.status, null); end if;
  a := desk.place_booking(me, a, args);
  perform desk.move_back(me, a.desk_journey_id, m, args);
  perform desk.tell_again(me, a, word in ('scheduled', 'confirmed'));
  update public.appointments x set status = word where x.clinic_id = a.clinic_id and x.id = a.id;
end $$;

create or replace function desk.apply_appointment_reopen(me desk.member, args jsonb) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare m desk.mutation := desk.undoing(me, args, 'appointment.no_show appointment.cancel'); word text := coalesce(desk.arg_text(args, 'status', 20), 'scheduled'); a public.appointments;
begin
  if word not in ('scheduled', 'confirmed') then perform desk.refuse('value_not_allowed', '{"field":"status"}'); end if;
  if m.status <> 'ok' then return; end if;
  a := desk.locked_booking(me, desk.arg_uuid(m.args, 'id'));
  if a.status <> (case m.name when 'appointment.no_show' then 'no_show' else 'cancelled' end) then perform desk.refuse_changed(me, 'status', a.status, null); end if;
  perform desk.move_back(me, a.desk_journey_id, m, args);
  if m.name = 'appointment.cancel' then perform desk.rebook_journey(me, a.desk_journey_id, a.id, args); end if;
  if m.name = 'appointment.cancel' then perform desk.tell_again(me, a, true); else perform desk.untell_booking(a); end if;
  update public.appointments x set status = word where x.clinic_id = a.clinic_id and x.id = a.id;
end $$;

create or replace function desk.tell_move(a public.workflow_actions) returns void language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare w public.workflow_states; name text; kind text := coalesce(a.desk_kind, a.type); who text; event text; title text; message text; importance text := 'medium'; booked public.appointments;
begin
  select x.* into w from public.workflow_states x where x.clinic_id = a.clinic_id and x.id = a.workflow_id;
  select desk.short_name(coalesce(nullif(c.nickname, ''), c.full_name)) into name from public.customers c where c.clinic_id = w.clinic_id and c.id = w.customer_id;
  who := coalesce(desk.nickname_of(a.clinic_id, a.performed_by), '');
  if 'treatment_scheduled' in (a.from_stage, a.to_stage) and kind <> 'noted' then perform desk.withdraw_reminders(a.clinic_id, a.workflow_id); end if;
  if kind = 'unmove' then  -- nobody needs to hear of what did not happen
    delete from public.notifications n using public.workflow_actions x, public.workflow_events e where x.clinic_id = a.clinic_id and x.workflow_id = a.workflow_id and x.desk_version = (a.data ->> 'of')::int
      and e.clinic_id = a.clinic_id and e.workflow_id = a.workflow_id and e.event_data ->> 'move' = x.id::text and n.clinic_id = a.clinic_id and n.user_id = any (e.target_users) and not coalesce(n.is_read, false) and n.metadata ->> 'move' = x.id::text;
  elsif kind = 'scan_customer' then
    event := 'customer_scanned'; title := 'ตรวจผิวแล้ว: ' || name; message := 'รับช่วงต่อจาก' || who;
  elsif kind = 'confirm_payment' then
    event := 'payment_received'; title := 'ชำระแล้ว: ' || name; message := 'นัดวันทำได้'; importance := 'high';
  elsif kind in ('schedule_appointment', 'next_session') or kind = 'reschedule' and not a.data ? 'booking' then  -- of a booking that is no more its own message speaks
    event := 'appointment_scheduled'; title := 'มีนัดทำ: ' || name; importance := 'high';
    message := coalesce('เตรียมห้อง ' || to_char(desk.local_time(a.clinic_id, w.desk_booked_at), 'DD/MM HH24:MI'), 'รอวันเวลา');
  elsif kind = 'complete_treatment' then
    event := 'treatment_completed'; title := 'ทำเสร็จแล้ว: ' || name;
    message := case when desk.sessions_left(w) > 0 then format('เหลืออีก %s ครั้ง', desk.sessions_left(w)) else 'ครบแล้ว คุยต่อได้' end;
  elsif kind in ('cancel', 'mark_lost', 'step_back', 'no_show', 'unbook') then
    event := 'workflow_updated'; importance := 'low';
    title := case kind when 'cancel' then 'ยกเลิก: ' when 'mark_lost' then 'เสียลูกค้า: ' when 'no_show' then 'ไม่มาตามนัด: ' when 'unbook' then 'ยกเลิกนัด: ' else 'ถอยขั้น: ' end || name; message := 'โดย' || who;
  end if;
  if event is not null and a.data ? 'desk_booking' then  -- the booking tells whom it concerns; here is what happened on the journey
    select x.* into booked from public.appointments x where x.clinic_id = a.clinic_id and x.id = desk.uuid_in(a.data ->> 'desk_booking');
    insert into public.workflow_events (clinic_id, workflow_id, event_type, event_data, target_users, broadcast)
    values (a.clinic_id, w.id, event, jsonb_build_object('move', a.id, 'stage', a.to_stage, 'customer_id', w.customer_id, 'message', message, 'priority', importance, 'sourceUserId', a.performed_by, 'desk', true),
      desk.event_recipients(a.clinic_id, w.id, event, array_remove(array[booked.staff_id], null), a.performed_by, '{}'), false);
  elsif event is not null then
    perform desk.emit(a.clinic_id, w.id, event, a.performed_by, null, null, title, message, importance, '/journeys/' || w.id, jsonb_build_object('move', a.id, 'stage', a.to_stage, 'customer_id', w.customer_id), interval '10 seconds');
  end if;
end $$;
select desk.close_functions();
