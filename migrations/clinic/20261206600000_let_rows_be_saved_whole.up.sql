-- Why: the web system saves whole rows, and of "insert, on conflict update" the insert is looked at first: the columns that only desks write were emptied and then refused as changed, a task of a
-- kind from before us could not be saved, and a colleague who saved an event was taken for who had caused it. What is inserted over a row that is there says what that row says.

-- As before; what desks say of a task that is there already is what the row says.
create or replace function desk.distrust_task() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare who uuid := desk.acting_person(new.clinic_id); is_closed boolean := coalesce(new.status in ('completed', 'cancelled'), false); was_closed boolean := false; known public.task_queue;
begin
  if tg_op = 'INSERT' then select x.* into known from public.task_queue x where x.clinic_id = new.clinic_id and x.id = new.id; else known := old; end if;
  if new.task_type is distinct from known.task_type and not exists (select 1 from desk.task_kind k where k.kind = new.task_type) then
    raise exception 'no kind of task is called %', new.task_type using errcode = '23514', hint = 'The kinds are: ' || (select string_agg(k.kind, ', ' order by k.kind) from desk.task_kind k) || '.';
  end if;
  if tg_op = 'INSERT' then
    new := jsonb_populate_record(new, (select jsonb_object_agg(x.key, to_jsonb(known) -> x.key) from jsonb_each(desk.ours_of(to_jsonb(new))) x));
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

-- As before; one that was told already stays as it was told.
create or replace function desk.distrust_event() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare who uuid := desk.acting_person(new.clinic_id); known public.workflow_events;
begin
  if tg_op = 'UPDATE' then
    if to_jsonb(new) - array['processed', 'created_at'] <> to_jsonb(old) - array['processed', 'created_at'] then
      raise exception 'an event that was told can only be processed' using errcode = '23514', hint = 'Insert another event.';
    end if;
    new.created_at := old.created_at;
    return new;
  end if;
  select x.* into known from public.workflow_events x where x.clinic_id = new.clinic_id and x.id = new.id;
  if found then  -- told already: what it says stays, and nobody is told of it twice
    new.event_data := known.event_data; new.target_users := known.target_users; new.broadcast := known.broadcast;
    return new;
  end if;
  if coalesce(jsonb_typeof(new.event_data), 'null') = 'null' then new.event_data := '{}'; end if;
  if jsonb_typeof(new.event_data) <> 'object' then raise exception 'the data of an event is an object' using errcode = '23514'; end if;
  new.event_data := new.event_data - 'desk' || case when who is null then '{}' else jsonb_build_object('sourceUserId', who) end;
  return new;
end $$;

-- As before, once.
create or replace function desk.address_event() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  if exists (select from public.workflow_events x where x.clinic_id = new.clinic_id and x.id = new.id) then return new; end if;  -- saved once more: it is addressed already
  if jsonb_typeof(new.event_data) is distinct from 'object' or new.event_data ? 'desk' then return new; end if;
  if exists (select from desk.event_kind k where k.event = new.event_type) then
    new.target_users := desk.event_recipients(new.clinic_id, new.workflow_id, new.event_type, new.target_users, desk.uuid_in(new.event_data ->> 'sourceUserId'), new.event_data);
    new.broadcast := false;
  end if;
  return new;
end $$;

select desk.close_functions();
