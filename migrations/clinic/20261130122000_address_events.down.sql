-- Why: whom an event concerns is said where it is written, as before.
drop trigger desk_event_seen on public.notifications;
drop trigger desk_deliver_event on public.workflow_events;
drop trigger desk_address_event on public.workflow_events;
drop function desk.event_seen();
drop function desk.deliver_event();
drop function desk.address_event();
create or replace function desk.emit(clinic uuid, journey uuid, event text, by uuid, people uuid[], roles text[], title text, message text, importance text, path text, facts jsonb default '{}', hold interval default null)
returns uuid language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare key uuid := gen_random_uuid(); told uuid[] := array_remove(desk.people_of(emit.clinic, emit.people, emit.roles), emit.by);
begin
  insert into public.workflow_events (id, clinic_id, workflow_id, event_type, event_data, target_users, broadcast)
  values (key, emit.clinic, emit.journey, emit.event, emit.facts || jsonb_build_object('message', emit.message, 'priority', emit.importance, 'sourceUserId', emit.by), told, emit.people is null and emit.roles is null);
  perform desk.notify(emit.clinic, told, emit.event, emit.title, emit.message, emit.importance, emit.path, 'event:' || key, emit.facts || jsonb_build_object('event_id', key, 'journey_id', emit.journey), emit.hold);
  return key;
end $$;
create or replace function desk.tell_move(a public.workflow_actions) returns void language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare w public.workflow_states; name text; kind text := coalesce(a.desk_kind, a.type); who text; event text; people uuid[]; roles text[]; title text; message text; importance text := 'medium';
begin
  select x.* into w from public.workflow_states x where x.clinic_id = a.clinic_id and x.id = a.workflow_id;
  select desk.short_name(coalesce(nullif(c.nickname, ''), c.full_name)) into name from public.customers c where c.clinic_id = w.clinic_id and c.id = w.customer_id;
  who := coalesce(desk.nickname_of(a.clinic_id, a.performed_by), '');
  if kind = 'unmove' then  -- nobody needs to hear of what did not happen
    delete from public.notifications n using public.workflow_actions x, public.workflow_events e where x.clinic_id = a.clinic_id and x.workflow_id = a.workflow_id and x.desk_version = (a.data ->> 'of')::int
      and e.clinic_id = a.clinic_id and e.workflow_id = a.workflow_id and e.event_data ->> 'move' = x.id::text and n.clinic_id = a.clinic_id and n.user_id = any (e.target_users) and not coalesce(n.is_read, false) and n.metadata ->> 'move' = x.id::text;
  elsif kind = 'scan_customer' then
    event := 'customer_scanned'; title := 'ตรวจผิวแล้ว: ' || name; message := 'รับช่วงต่อจาก' || who; people := array_remove(array[w.assigned_beautician_id], null); roles := case when people = '{}' then array['beautician'] end;
  elsif kind = 'confirm_payment' then
    event := 'payment_received'; title := 'ชำระแล้ว: ' || name; message := 'นัดวันทำได้'; importance := 'high'; people := array_remove(array[w.assigned_sales_id], null); roles := case when people = '{}' then array['sales'] end;
  elsif kind in ('schedule_appointment', 'reschedule', 'next_session') then
    event := 'appointment_scheduled'; title := 'มีนัดทำ: ' || name; importance := 'high'; people := array_remove(array[w.assigned_beautician_id], null); roles := case when people = '{}' then array['beautician'] end;
    message := coalesce('เตรียมห้อง ' || to_char(desk.local_time(a.clinic_id, w.desk_booked_at), 'DD/MM HH24:MI'), 'รอวันเวลา');
  elsif kind = 'complete_treatment' then
    event := 'treatment_completed'; title := 'ทำเสร็จแล้ว: ' || name; people := array_remove(array[w.assigned_sales_id], null); roles := case when people = '{}' then array['sales'] end;
    message := case when desk.sessions_left(w) > 0 then format('เหลืออีก %s ครั้ง', desk.sessions_left(w)) else 'ครบแล้ว คุยต่อได้' end;
  elsif kind in ('cancel', 'mark_lost', 'step_back', 'no_show') then
    event := 'workflow_updated'; importance := 'low'; roles := array['owner', 'manager'];
    title := case kind when 'cancel' then 'ยกเลิก: ' when 'mark_lost' then 'เสียลูกค้า: ' when 'no_show' then 'ไม่มาตามนัด: ' else 'ถอยขั้น: ' end || name; message := 'โดย' || who;
  end if;
  if event is not null then
    perform desk.emit(a.clinic_id, w.id, event, a.performed_by, people, roles, title, message, importance, '/journeys/' || w.id, jsonb_build_object('move', a.id, 'stage', a.to_stage, 'customer_id', w.customer_id), interval '10 seconds');
  end if;
end $$;
drop function desk.event_recipients(uuid, uuid, text, uuid[], uuid, jsonb);
drop table desk.event_kind;
