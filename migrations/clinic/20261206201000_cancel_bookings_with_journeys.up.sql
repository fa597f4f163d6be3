-- Why: a journey that was cancelled left its bookings standing: the room stayed taken, and whoever treats waited for somebody who does not come. Now its open bookings are cancelled
-- with it, by the same row of history, whoever writes it; that row says which they were, so that taking it back brings them back as they were.

-- Of a cancelled journey, those from today on for which nobody has come: which they are, and what their word was.
create function desk.cancel_bookings(w public.workflow_states, by uuid, device text) returns jsonb language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare me desk.member; a public.appointments; closed jsonb := '{}';
begin
  me.clinic_id := w.clinic_id; me.person_id := by; me.device := cancel_bookings.device;
  for a in select x.* from public.appointments x where x.clinic_id = w.clinic_id and x.customer_id = w.customer_id and x.desk_journey_id = w.id and x.status in ('scheduled', 'confirmed') and x.appointment_date >= desk.local_time(w.clinic_id, now())::date
    and not exists (select from desk.visit v where v.clinic_id = x.clinic_id and v.appointment_id = x.id and v.state in ('waiting', 'serving', 'done')) order by x.id for update loop
    closed := closed || jsonb_build_object(a.id, a.status);
    update public.appointments x set status = 'cancelled' where x.clinic_id = a.clinic_id and x.id = a.id;
    perform desk.untell_booking(a);
    perform desk.tell_booking(me, a, 'booking_cancelled', 'ยกเลิกนัด');
  end loop;
  return closed;
end $$;

-- Back to their word. One that somebody has opened again since is theirs; one that is no more keeps the cancelling from being taken back.
create function desk.reopen_bookings(clinic uuid, closed jsonb, by uuid, device text) returns void language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare me desk.member; a public.appointments; booking text; word text;
begin
  me.clinic_id := reopen_bookings.clinic; me.person_id := by; me.device := reopen_bookings.device;
  for booking, word in select x.key, x.value from jsonb_each_text(case when jsonb_typeof(closed) = 'object' then closed else '{}' end) x order by x.key loop
    select x.* into a from public.appointments x where x.clinic_id = reopen_bookings.clinic and x.id = booking::uuid for update;
    if not found then perform desk.refuse('appointment_not_found'); end if;
    if a.status = 'cancelled' then
      perform desk.tell_again(me, a, true);
      update public.appointments x set status = word where x.clinic_id = a.clinic_id and x.id = a.id;
    end if;
  end loop;
end $$;

-- After the move was judged; a row of a journey that came with its history changes nothing.
create function desk.take_bookings_along() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare w public.workflow_states; closed jsonb;
begin
  select x.* into w from public.workflow_states x where x.clinic_id = new.clinic_id and x.id = new.workflow_id and x.desk_version = new.desk_version - 1;
  if not found then return new; end if;
  if new.desk_kind = 'cancel' then
    closed := desk.cancel_bookings(w, new.performed_by, new.desk_device);
    new.data := (new.data - 'bookings') || case when closed = '{}' then '{}' else jsonb_build_object('bookings', closed) end;
  else
    select x.data -> 'bookings' into closed from public.workflow_actions x where x.clinic_id = new.clinic_id and x.workflow_id = new.workflow_id and x.desk_version::text = new.data ->> 'of' and x.desk_kind = 'cancel';
    perform desk.reopen_bookings(new.clinic_id, closed, new.performed_by, new.desk_device);
  end if;
  return new;
end $$;
create trigger desk_c_bookings before insert on public.workflow_actions for each row when (new.desk_kind in ('cancel', 'unmove')) execute function desk.take_bookings_along();

-- As before; whoever has cancelled is expected no longer.
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
  if kind in ('no_show', 'unbook', 'cancel') then w.desk_booked_at := null; elsif f ? 'booked_at' then w.desk_booked_at := (f ->> 'booked_at')::timestamptz; end if;
  return w;
end $$;
select desk.close_functions();
