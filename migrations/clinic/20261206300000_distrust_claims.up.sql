-- Why: a signed-in user of the web system may change a task, a journey and an event by plain SQL, and was believed what it said of others: that a colleague had done a task, that a
-- course belonged to somebody else or had fewer sessions, that an event had been told already. Where the truth is known it is written over what was said; where there is none, the
-- write is refused. Those who may write the list of staff are trusted: the owner of the tables, and through it the desks' own functions, the worker and the migrations.

-- What only desks write of a row.
create function desk.ours_of(entry jsonb) returns jsonb language sql immutable set search_path = pg_catalog, pg_temp as $$
  select coalesce(jsonb_object_agg(x.key, x.value), '{}') from jsonb_each(entry) x where x.key like 'desk\_%';
$$;

-- A task is of a known kind, stays with its journey, and was done by who is signed in, now. The web's own server acts for people whom we do not see: it says for whom.
create function desk.distrust_task() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare who uuid := desk.acting_person(new.clinic_id); is_closed boolean := coalesce(new.status in ('completed', 'cancelled'), false); was_closed boolean := false;
begin
  if (tg_op = 'INSERT' or new.task_type is distinct from old.task_type) and not exists (select 1 from desk.task_kind k where k.kind = new.task_type) then
    raise exception 'no kind of task is called %', new.task_type using errcode = '23514', hint = 'The kinds are: ' || (select string_agg(k.kind, ', ' order by k.kind) from desk.task_kind k) || '.';
  end if;
  if tg_op = 'INSERT' then
    new := jsonb_populate_record(new, (select jsonb_object_agg(x.key, null) from jsonb_each(desk.ours_of(to_jsonb(new))) x));
  else
    if (new.id, new.clinic_id, new.workflow_id) is distinct from (old.id, old.clinic_id, old.workflow_id) then
      raise exception 'a task stays with its journey' using errcode = '23514', hint = 'Cancel it, and insert one for the other journey.';
    end if;
    if desk.ours_of(to_jsonb(new)) <> desk.ours_of(to_jsonb(old)) then
      raise exception 'what desks say of a task is not written by hand' using errcode = '23514', hint = 'Leave the columns that begin with desk_ as they are.';
    end if;
    new.created_at := old.created_at;
    was_closed := new.status = old.status;
  end if;
  if not is_closed then
    new.completed_at := null; new.completed_by := null;
  elsif was_closed then
    new.completed_at := old.completed_at; new.completed_by := old.completed_by;
  else
    new.completed_by := coalesce(who, new.completed_by);
    new.completed_at := case when who is null then least(new.completed_at, now()) else now() end;
  end if;
  return new;
end $$;
create trigger desk_a_distrust before insert or update on public.task_queue for each row when (not has_table_privilege('desk.staff'::regclass, 'update')) execute function desk.distrust_task();

-- A journey stays with its customer and with its beginning. From the payment on fewer sessions are a move, which says who and why, and never are there fewer than were done.
create function desk.distrust_journey() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare planned integer := coalesce(new.desk_sessions_planned, 0); before integer := coalesce(old.desk_sessions_planned, 0);
begin
  if (new.id, new.clinic_id, new.customer_id) is distinct from (old.id, old.clinic_id, old.customer_id) then
    raise exception 'a journey stays with its customer' using errcode = '23514', hint = 'Two customers who are one person are merged at a desk; what was opened for the wrong one is cancelled.';
  end if;
  new.created_at := old.created_at;
  if planned = before and new.treatment_plan is distinct from old.treatment_plan then planned := coalesce(desk.plan_sessions(new.treatment_plan), before); end if;
  if planned < before and (planned < old.desk_sessions_done or desk.stage_number(old.current_stage) >= desk.stage_number('payment_confirmed')) then
    raise exception 'sessions that were paid for are owed: % planned, % wanted', before, planned using errcode = '23514',
      hint = 'Insert a row into workflow_actions, by the owner or a manager, with "sessions" in its data and the reason in its notes.';
  end if;
  return new;
end $$;
create trigger desk_a_distrust before update on public.workflow_states for each row when (not has_table_privilege('desk.staff'::regclass, 'update')) execute function desk.distrust_journey();

-- An event is caused by who is signed in, addressed by us, and stays as it was told.
create function desk.distrust_event() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare who uuid := desk.acting_person(new.clinic_id);
begin
  if tg_op = 'UPDATE' then
    if to_jsonb(new) - array['processed', 'created_at'] <> to_jsonb(old) - array['processed', 'created_at'] then
      raise exception 'an event that was told can only be processed' using errcode = '23514', hint = 'Insert another event.';
    end if;
    new.created_at := old.created_at;
    return new;
  end if;
  if coalesce(jsonb_typeof(new.event_data), 'null') = 'null' then new.event_data := '{}'; end if;
  if jsonb_typeof(new.event_data) <> 'object' then raise exception 'the data of an event is an object' using errcode = '23514'; end if;
  new.event_data := new.event_data - 'desk' || case when who is null then '{}' else jsonb_build_object('sourceUserId', who) end;
  return new;
end $$;
create trigger desk_a_distrust before insert or update on public.workflow_events for each row when (not has_table_privilege('desk.staff'::regclass, 'update')) execute function desk.distrust_event();

-- What somebody was told stays theirs, and of what it tells.
create function desk.distrust_notification() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  raise exception 'a notification stays with whom it was for and of what it tells' using errcode = '23514', hint = 'Insert another one.';
end $$;
create trigger desk_a_distrust before update on public.notifications for each row
  when (not has_table_privilege('desk.staff'::regclass, 'update') and (new.user_id <> old.user_id or (new.metadata -> 'event_id') is distinct from (old.metadata -> 'event_id')
    or (new.metadata -> 'lead_id') is distinct from (old.metadata -> 'lead_id'))) execute function desk.distrust_notification();

-- Something that is only written down lowers what is owed no more easily than a move does.
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
    perform desk.check_facts(w.clinic_id, new.data);
    perform desk.check_owed(w, desk.role_of(w.clinic_id, new.performed_by), new.data, new.notes);
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

select desk.close_functions();
