-- Why: a desk changes the clinic's data only by asking for a named action. One function, idempotent by the action's id, decides each one by itself:
-- a refusal is remembered and never blocks the next, a passing trouble (deadlock, lock, shutdown) undoes the batch so that it is sent again.

-- A refusal that a person reads: a code in snake_case and what they need to decide.
create function desk.refuse(code text, detail jsonb default '{}') returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  raise exception '%', code using errcode = 'P0001', detail = detail::text;
end $$;

-- Arguments, read with suspicion: a wrong type is a refusal, never an error of the database.
create function desk.arg_text(args jsonb, key text, longest integer) returns text language plpgsql immutable set search_path = pg_catalog, pg_temp as $$
declare v text;
begin
  if coalesce(jsonb_typeof(args -> key), 'null') = 'null' then return null; end if;
  if jsonb_typeof(args -> key) <> 'string' then perform desk.refuse('value_not_allowed', jsonb_build_object('field', key)); end if;
  v := btrim(args ->> key, E' \t\r\n');
  if length(v) > longest then perform desk.refuse('text_too_long', jsonb_build_object('field', key, 'longest', longest)); end if;
  return v;
end $$;

create function desk.arg_uuid(args jsonb, key text) returns uuid language plpgsql immutable set search_path = pg_catalog, pg_temp as $$
begin
  if jsonb_typeof(args -> key) is distinct from 'string' or args ->> key !~ '^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$' then
    perform desk.refuse('value_not_allowed', jsonb_build_object('field', key));
  end if;
  return (args ->> key)::uuid;
end $$;

create function desk.arg_instant(args jsonb, key text) returns timestamptz language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  if jsonb_typeof(args -> key) is distinct from 'string' or args ->> key !~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,9})?)?(Z|[+-][0-9]{2}:?[0-9]{2})$' then
    perform desk.refuse('value_not_allowed', jsonb_build_object('field', key));
  end if;
  return (args ->> key)::timestamptz;
exception when data_exception then perform desk.refuse('date_out_of_range', jsonb_build_object('field', key)); return null;
end $$;

create function desk.arg_date(args jsonb, key text) returns date language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare d date;
begin
  if coalesce(jsonb_typeof(args -> key), 'null') = 'null' or args ->> key = '' then return null; end if;
  if jsonb_typeof(args -> key) <> 'string' or args ->> key !~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}$' then perform desk.refuse('value_not_allowed', jsonb_build_object('field', key)); end if;
  begin
    d := (args ->> key)::date;
  exception when data_exception then perform desk.refuse('date_out_of_range', jsonb_build_object('field', key));
  end;
  return d;
end $$;

create function desk.nickname_of(clinic uuid, person uuid) returns text language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select coalesce(nullif(nickname, ''), display_name) from desk.staff where clinic_id = clinic and person_id = person;
$$;

create function desk.local_time(clinic uuid, at timestamptz) returns timestamp language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select $2 at time zone c.timezone from desk.clinic c where c.clinic_id = $1;
$$;

-- A line of the running notes: `DD/MM HH:MM nickname: text`.
create function desk.add_note(notes text, me desk.member, line text) returns text language sql stable set search_path = pg_catalog, pg_temp as $$
  select concat_ws(E'\n', nullif(notes, ''), to_char(desk.local_time(me.clinic_id, now()), 'DD/MM HH24:MI') || ' ' || desk.nickname_of(me.clinic_id, me.person_id) || ': ' || regexp_replace(line, '\s*[\r\n]+\s*', ' ', 'g'));
$$;

-- Which function decides an action. New actions add a row; an unknown one is refused only if this database is not older than the desk.
create table desk.action (
  name text primary key,
  version integer not null,      -- of its args, the newest known here
  decider regprocedure not null  -- (me desk.member, args jsonb)
);

create function desk.apply(me desk.member, m jsonb) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare a desk.action; v integer := coalesce(desk.number_in(m ->> 'v'), 1);
begin
  select * into a from desk.action where name = m ->> 'name';
  if a.name is null and v <= 1 then perform desk.refuse('action_unknown'); end if;
  if a.name is null or v > a.version then raise exception 'this desk is newer than the database' using errcode = 'P0F04'; end if;
  if jsonb_typeof(m -> 'args') is distinct from 'object' then perform desk.refuse('value_not_allowed', '{"field":"args"}'); end if;
  execute format('select %s($1, $2)', a.decider::regproc) using me, m -> 'args';
end $$;

-- One action in its own sub-transaction. Returns status, code, detail.
create function desk.try_apply(me desk.member, m jsonb, out status text, out code text, out detail jsonb) language plpgsql set search_path = pg_catalog, pg_temp as $$
declare said text;
begin
  perform desk.apply(me, m);
  status := 'ok';
exception
  when transaction_rollback or lock_not_available or operator_intervention or insufficient_resources or connection_exception then raise;
  when raise_exception then
    get stacked diagnostics said = pg_exception_detail;
    status := 'rejected'; code := case when sqlerrm ~ '^[a-z][a-z0-9_]{2,60}$' then sqlerrm else 'value_not_allowed' end;
    detail := case when said like '{%' then said::jsonb else '{}' end;
  when integrity_constraint_violation or data_exception or no_data_found or program_limit_exceeded then
    status := 'rejected'; code := 'value_not_allowed'; detail := '{}';  -- the message could name rows; the person gets the code
  when others then
    if sqlstate = 'P0F04' then raise; end if;
    perform desk.note_problem('push', 'action_failed', sqlstate || ' ' || coalesce(m ->> 'name', ''));
    status := 'rejected'; code := 'action_failed'; detail := '{}';
end $$;

create function desk.push(client_id uuid, batch jsonb) returns jsonb language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare me desk.member := desk.me(); last bigint; m jsonb; s bigint; i uuid; h bytea; o desk.mutation; r record; answer jsonb := '[]';
begin
  if me.role_name is null then perform desk.refuse('not_enrolled'); end if;
  if jsonb_typeof(batch) is distinct from 'array' or jsonb_array_length(batch) > 500 then raise exception 'batch malformed' using errcode = 'P0F03'; end if;
  insert into desk.client (client_id, clinic_id, role_name) values (push.client_id, me.clinic_id, me.role_name) on conflict do nothing;
  select c.last_seq into last from desk.client c where c.client_id = push.client_id and c.clinic_id = me.clinic_id and c.role_name = me.role_name for update;
  if not found then perform desk.refuse('client_of_another_login'); end if;
  for m in select x from jsonb_array_elements(batch) x loop
    if jsonb_typeof(m -> 'seq') is distinct from 'number' or m ->> 'seq' !~ '^[0-9]{1,15}$' or m ->> 'name' is null
       or m ->> 'id' !~ '^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$' or m ->> 'id' is null then raise exception 'batch malformed' using errcode = 'P0F03'; end if;
    s := (m ->> 'seq')::bigint; i := (m ->> 'id')::uuid; h := sha256(convert_to((m - 'seq')::text, 'utf8'));
    if s > last + 1 then raise exception 'gap: expected % got %', last + 1, s using errcode = 'P0F02'; end if;
    select * into o from desk.mutation x where x.clinic_id = me.clinic_id and x.id = i;
    if found then
      if o.hash <> h then raise exception 'mutation id reused' using errcode = 'P0F01'; end if;
      last := greatest(last, s);  -- the same action sent again, perhaps by a restored desk under another client id
      answer := answer || jsonb_build_object('seq', s, 'id', i, 'status', o.status, 'code', o.code, 'detail', o.detail, 'dup', true);
      continue;
    elsif s <= last then raise exception 'client forked at %', s using errcode = 'P0F01'; end if;
    select * into r from desk.try_apply(me, m);
    insert into desk.mutation (clinic_id, id, client_id, seq, hash, name, args, status, code, detail, person_id, device)
    values (me.clinic_id, i, push.client_id, s, h, left(m ->> 'name', 100), case when octet_length(m::text) < 65536 then coalesce(m -> 'args', '{}') else '{}' end, r.status, r.code, r.detail, me.person_id, me.device);
    last := s;
    answer := answer || jsonb_build_object('seq', s, 'id', i, 'status', r.status, 'code', r.code, 'detail', r.detail);
  end loop;
  update desk.client c set last_seq = last, last_seen = now() where c.client_id = push.client_id;
  perform desk.cur_txn(me.clinic_id);  -- so that outcomes travel on the same clock as the rows they changed
  return answer;
end $$;
