-- Why: a journey stays where it is when its booking is cancelled.
create or replace function desk.apply_appointment_cancel(me desk.member, args jsonb) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare a public.appointments := desk.close_booking(me, args, 'cancelled');
begin
  perform desk.untell_booking(a);
  perform desk.tell_booking(me, a, 'booking_cancelled', 'ยกเลิกนัด');
end $$;
create or replace function desk.apply_appointment_reopen(me desk.member, args jsonb) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
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
create or replace function desk.apply_visit_leave(me desk.member, args jsonb) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare v desk.visit := desk.locked_visit(me, desk.arg_uuid(args, 'id')); why text := nullif(desk.arg_text(args, 'reason', 500), '');
begin
  if v.state = 'serving' then perform desk.refuse_done(me, 'visit_already_started', v.state, v.started_by, v.started_at); end if;
  if v.state <> 'waiting' then perform desk.refuse_done(me, 'visit_ended', v.state, v.finished_by, v.finished_at); end if;
  update desk.visit x set state = 'left', finished_at = greatest(desk.happened_at(args), v.arrived_at), finished_by = me.person_id, finished_device = me.device, reason = why where x.clinic_id = v.clinic_id and x.id = v.id;
  update public.appointments x set status = 'cancelled' where x.clinic_id = v.clinic_id and x.id = v.appointment_id;
  perform desk.end_waiting(me, v, 'cancelled');
end $$;
create or replace function desk.apply_visit_return(me desk.member, args jsonb) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
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
create or replace function desk.moved(w public.workflow_states, a public.workflow_actions) returns public.workflow_states language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare f jsonb := case when jsonb_typeof(a.data) = 'object' then a.data else '{}' end; kind text := coalesce(a.desk_kind, a.type); was jsonb; person uuid;
begin
  w.desk_version := a.desk_version;
  w.current_stage := a.to_stage;
  if a.from_stage <> a.to_stage then w.desk_stage_since := a.performed_at; end if;
  if a.from_stage = 'in_treatment' and a.to_stage = 'treatment_completed' then w.desk_sessions_done := w.desk_sessions_done + 1; w.desk_booked_at := null; end if;
  if a.from_stage = 'treatment_completed' and a.to_stage = 'in_treatment' then w.desk_sessions_done := greatest(w.desk_sessions_done - 1, 0); end if;
  if a.from_stage = 'completed' then w.desk_outcome := null; w.desk_reason := null; end if;
  if a.to_stage = 'completed' and a.from_stage <> 'completed' then
    w.desk_outcome := coalesce((select t.outcome from desk.transitions() t where t.action = kind and t.outcome is not null limit 1), 'completed');
    w.desk_reason := case when w.desk_outcome <> 'completed' then a.notes end;
  end if;
  if kind = 'unmove' then
    select x.data -> 'was' into was from public.workflow_actions x where x.clinic_id = a.clinic_id and x.workflow_id = a.workflow_id and x.desk_version = (f ->> 'of')::int;
    w.desk_stage_since := coalesce((was ->> 'since')::timestamptz, w.desk_stage_since); w.desk_outcome := was ->> 'outcome'; w.desk_reason := was ->> 'reason';
    w.desk_booked_at := (was ->> 'booked_at')::timestamptz; w.desk_title := was ->> 'title'; w.desk_sessions_planned := (was ->> 'sessions')::int;
    w.assigned_sales_id := (was ->> 'sales_id')::uuid; w.assigned_beautician_id := (was ->> 'beautician_id')::uuid;
    if was ? 'plan' then w.treatment_plan := was -> 'plan'; end if;
    return w;
  end if;
  if jsonb_typeof(f -> 'scanResults') = 'object' then w.scan_results := case when jsonb_typeof(w.scan_results) = 'object' then w.scan_results else '{}' end || (f -> 'scanResults'); end if;
  if kind = 'scan_customer' and w.assigned_sales_id is null and desk.role_of(a.clinic_id, a.performed_by) = 'sales' then w.assigned_sales_id := a.performed_by; end if;
  w.treatment_plan := desk.plan_with(w.treatment_plan, f);
  w.desk_title := coalesce(nullif(btrim(f ->> 'title'), ''), w.desk_title, desk.plan_title(w.treatment_plan));
  w.desk_sessions_planned := coalesce((f ->> 'sessions')::int, w.desk_sessions_planned, desk.plan_sessions(w.treatment_plan));
  person := coalesce(f ->> 'beautician_id', f ->> 'beauticianId')::uuid;
  if person is not null then w.assigned_beautician_id := person; end if;
  if kind = 'no_show' then w.desk_booked_at := null; elsif f ? 'booked_at' then w.desk_booked_at := (f ->> 'booked_at')::timestamptz; end if;
  return w;
end $$;
create or replace function desk.judge_action() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare w public.workflow_states; t desk.transition; before timestamptz; kind text := coalesce(new.desk_kind, new.type);
begin
  if desk.stage_number(new.from_stage) is null or desk.stage_number(new.to_stage) is null then return new; end if;  -- the table's own check refuses it
  if exists (select 1 from public.workflow_states x where x.clinic_id = new.clinic_id and x.id = new.workflow_id and x.desk_version >= new.desk_version) then return new; end if;
  select x.* into w from public.workflow_states x where x.clinic_id = new.clinic_id and x.id = new.workflow_id for update;
  if not found then return new; end if;  -- and so does its key
  if jsonb_typeof(new.data) is distinct from 'object' then new.data := '{}'; end if;
  if new.from_stage <> w.current_stage then perform desk.refuse_journey_changed(w); end if;
  if kind = 'unmove' then
    perform desk.judge_unmove(w, new);
    new.type := (desk.last_move(w.clinic_id, w.id)).type;
  elsif new.from_stage = new.to_stage and not exists (select 1 from desk.transitions() x where x.action = kind and x.from_stage = x.to_stage and x.from_stage = w.current_stage and x.action <> 'open') then
    if coalesce(desk.role_of(w.clinic_id, new.performed_by), '') = '' then perform desk.refuse('role_not_allowed'); end if;
    new.desk_kind := 'noted';  -- nothing moved: somebody wrote something down
  else
    t := desk.judge(w, new.performed_by, kind, new.to_stage, new.data, new.notes);
    new.type := t.web_type; new.desk_kind := nullif(t.action, t.web_type);
  end if;
  select max(x.performed_at) into before from public.workflow_actions x where x.clinic_id = w.clinic_id and x.workflow_id = w.id and x.desk_version = w.desk_version;
  new.performed_at := greatest(least(coalesce(new.performed_at, now()), now()), before);  -- late is possible, before the last one is not
  new.desk_version := w.desk_version + 1;
  new.data := new.data || jsonb_build_object('was', jsonb_build_object('since', w.desk_stage_since, 'outcome', w.desk_outcome, 'reason', w.desk_reason, 'booked_at', w.desk_booked_at, 'title', w.desk_title,
    'sessions', w.desk_sessions_planned, 'sales_id', w.assigned_sales_id, 'beautician_id', w.assigned_beautician_id) || case when new.data ?| array['title', 'sessions', 'amount', 'treatmentPlan'] then jsonb_build_object('plan', w.treatment_plan) else '{}' end);
  return new;
end $$;
create or replace function desk.tell_move(a public.workflow_actions) returns void language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare w public.workflow_states; name text; kind text := coalesce(a.desk_kind, a.type); who text; event text; title text; message text; importance text := 'medium';
begin
  select x.* into w from public.workflow_states x where x.clinic_id = a.clinic_id and x.id = a.workflow_id;
  select desk.short_name(coalesce(nullif(c.nickname, ''), c.full_name)) into name from public.customers c where c.clinic_id = w.clinic_id and c.id = w.customer_id;
  who := coalesce(desk.nickname_of(a.clinic_id, a.performed_by), '');
  if kind = 'unmove' then  -- nobody needs to hear of what did not happen
    delete from public.notifications n using public.workflow_actions x, public.workflow_events e where x.clinic_id = a.clinic_id and x.workflow_id = a.workflow_id and x.desk_version = (a.data ->> 'of')::int
      and e.clinic_id = a.clinic_id and e.workflow_id = a.workflow_id and e.event_data ->> 'move' = x.id::text and n.clinic_id = a.clinic_id and n.user_id = any (e.target_users) and not coalesce(n.is_read, false) and n.metadata ->> 'move' = x.id::text;
  elsif kind = 'scan_customer' then
    event := 'customer_scanned'; title := 'ตรวจผิวแล้ว: ' || name; message := 'รับช่วงต่อจาก' || who;
  elsif kind = 'confirm_payment' then
    event := 'payment_received'; title := 'ชำระแล้ว: ' || name; message := 'นัดวันทำได้'; importance := 'high';
  elsif kind in ('schedule_appointment', 'reschedule', 'next_session') then
    event := 'appointment_scheduled'; title := 'มีนัดทำ: ' || name; importance := 'high';
    message := coalesce('เตรียมห้อง ' || to_char(desk.local_time(a.clinic_id, w.desk_booked_at), 'DD/MM HH24:MI'), 'รอวันเวลา');
  elsif kind = 'complete_treatment' then
    event := 'treatment_completed'; title := 'ทำเสร็จแล้ว: ' || name;
    message := case when desk.sessions_left(w) > 0 then format('เหลืออีก %s ครั้ง', desk.sessions_left(w)) else 'ครบแล้ว คุยต่อได้' end;
  elsif kind in ('cancel', 'mark_lost', 'step_back', 'no_show') then
    event := 'workflow_updated'; importance := 'low';
    title := case kind when 'cancel' then 'ยกเลิก: ' when 'mark_lost' then 'เสียลูกค้า: ' when 'no_show' then 'ไม่มาตามนัด: ' else 'ถอยขั้น: ' end || name; message := 'โดย' || who;
  end if;
  if event is not null then
    perform desk.emit(a.clinic_id, w.id, event, a.performed_by, null, null, title, message, importance, '/journeys/' || w.id, jsonb_build_object('move', a.id, 'stage', a.to_stage, 'customer_id', w.customer_id), interval '10 seconds');
  end if;
end $$;
drop function desk.rebook_journey(desk.member, uuid, uuid, jsonb);
drop function desk.unbook_journey(desk.member, uuid, public.appointments, timestamptz);
