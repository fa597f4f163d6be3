-- Why: a journey that is cancelled leaves its bookings as they are.
drop trigger desk_c_bookings on public.workflow_actions;
drop function desk.take_bookings_along();
drop function desk.reopen_bookings(uuid, jsonb, uuid, text);
drop function desk.cancel_bookings(public.workflow_states, uuid, text);
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
  if kind in ('no_show', 'unbook') then w.desk_booked_at := null; elsif f ? 'booked_at' then w.desk_booked_at := (f ->> 'booked_at')::timestamptz; end if;
  return w;
end $$;
