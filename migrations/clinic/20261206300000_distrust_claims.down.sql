drop trigger desk_a_distrust on public.task_queue;
drop trigger desk_a_distrust on public.workflow_states;
drop trigger desk_a_distrust on public.workflow_events;
drop trigger desk_a_distrust on public.notifications;
drop function desk.distrust_task();
drop function desk.distrust_journey();
drop function desk.distrust_event();
drop function desk.distrust_notification();
drop function desk.ours_of(jsonb);

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
    t := desk.judge(w, new.performed_by, case kind when 'unbook' then 'no_show' else kind end, new.to_stage, new.data, new.notes);  -- a booking that is cancelled leads where one that was missed does
    new.type := t.web_type; new.desk_kind := case kind when 'unbook' then kind else nullif(t.action, t.web_type) end;
  end if;
  select max(x.performed_at) into before from public.workflow_actions x where x.clinic_id = w.clinic_id and x.workflow_id = w.id and x.desk_version = w.desk_version;
  new.performed_at := greatest(least(coalesce(new.performed_at, now()), now()), before);  -- late is possible, before the last one is not
  new.desk_version := w.desk_version + 1;
  new.data := new.data || jsonb_build_object('was', jsonb_build_object('since', w.desk_stage_since, 'outcome', w.desk_outcome, 'reason', w.desk_reason, 'booked_at', w.desk_booked_at, 'title', w.desk_title,
    'sessions', w.desk_sessions_planned, 'sales_id', w.assigned_sales_id, 'beautician_id', w.assigned_beautician_id) || case when new.data ?| array['title', 'sessions', 'amount', 'treatmentPlan'] then jsonb_build_object('plan', w.treatment_plan) else '{}' end);
  return new;
end $$;
