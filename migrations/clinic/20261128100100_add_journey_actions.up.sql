-- Why: what a person does with a journey at a desk. Who it is and on which PC comes from the login; when, from the desk's clock, because it may arrive an hour later.

-- The instant of the doing, not in the future and not longer ago than a desk may be offline.
create function desk.arg_done_at(args jsonb) returns timestamptz language sql stable set search_path = pg_catalog, pg_temp as $$
  select greatest(least(coalesce(desk.arg_moment(args, 'at'), now()), now()), now() - interval '31 days');
$$;

-- A whole number that may be left out.
create function desk.arg_number(args jsonb, key text, least_one bigint, most bigint) returns bigint language plpgsql immutable set search_path = pg_catalog, pg_temp as $$
begin
  if coalesce(jsonb_typeof(args -> key), 'null') = 'null' then return null; end if;
  if jsonb_typeof(args -> key) <> 'number' or args ->> key !~ '^-?[0-9]{1,15}$' or (args ->> key)::bigint not between least_one and most then
    perform desk.refuse('value_not_allowed', jsonb_build_object('field', key));
  end if;
  return (args ->> key)::bigint;
end $$;

-- Somebody who works here and is named by an argument that may be left out.
create function desk.arg_person(me desk.member, args jsonb, key text) returns uuid language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare person uuid;
begin
  if coalesce(jsonb_typeof(args -> key), 'null') = 'null' then return null; end if;
  person := desk.arg_uuid(args, key);
  if not exists (select 1 from desk.staff s where s.clinic_id = me.clinic_id and s.person_id = person and s.active) then perform desk.refuse('person_not_found', jsonb_build_object('field', key)); end if;
  return person;
end $$;

-- Facts of a move out of a desk's arguments: those that are known, in their right kind.
create function desk.move_facts(me desk.member, args jsonb) returns jsonb language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare f jsonb := coalesce(nullif(args -> 'facts', 'null'), '{}');
begin
  if jsonb_typeof(f) <> 'object' or exists (select 1 from jsonb_object_keys(f) k where k <> all (array['title', 'sessions', 'amount', 'booked_at', 'beautician_id'])) then perform desk.refuse('value_not_allowed', '{"field":"facts"}'); end if;
  return jsonb_strip_nulls(jsonb_build_object('title', nullif(desk.arg_text(f, 'title', 200), ''), 'sessions', desk.arg_number(f, 'sessions', 1, 99), 'amount', desk.arg_number(f, 'amount', 0, 100000000000),
    'booked_at', desk.arg_moment(f, 'booked_at'), 'beautician_id', desk.arg_person(me, f, 'beautician_id'), 'id', desk.arg_uuid(args, 'entry'), 'at', desk.arg_done_at(args)));
end $$;

-- A customer has as many journeys as she comes for things. Who opens one as a seller keeps it.
create function desk.apply_journey_open(me desk.member, args jsonb) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare key uuid := desk.arg_uuid(args, 'id'); customer uuid := desk.arg_uuid(args, 'customer_id'); title text := nullif(desk.arg_text(args, 'title', 200), ''); sessions bigint := desk.arg_number(args, 'sessions', 1, 99);
  seller uuid := desk.arg_person(me, args, 'sales_id'); beautician uuid := desk.arg_person(me, args, 'beautician_id'); opened timestamptz := desk.arg_done_at(args);
begin
  if not exists (select 1 from public.customers c where c.clinic_id = me.clinic_id and c.id = customer) then perform desk.refuse('customer_not_found'); end if;
  insert into public.workflow_states (id, clinic_id, customer_id, current_stage, assigned_sales_id, assigned_beautician_id, treatment_plan, created_at, desk_stage_since)
  values (key, me.clinic_id, customer, 'lead_created', coalesce(seller, case when desk.role_of(me.clinic_id, me.person_id) = 'sales' then me.person_id end), beautician,
    jsonb_strip_nulls(jsonb_build_object('name', title, 'sessions', sessions)), opened, opened);
end $$;

create function desk.apply_journey_move(me desk.member, args jsonb) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  perform desk.move_journey(me.clinic_id, desk.arg_uuid(args, 'id'), me.person_id, me.device, coalesce(desk.arg_text(args, 'action', 50), ''), desk.arg_number(args, 'expected', 1, 2147483647)::int,
    desk.move_facts(me, args), desk.arg_text(args, 'note', 2000));
end $$;

-- Who looks after it; the key that is not there stays as it is.
create function desk.apply_journey_assign(me desk.member, args jsonb) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare key uuid := desk.arg_uuid(args, 'id'); seller uuid := desk.arg_person(me, args, 'sales_id'); beautician uuid := desk.arg_person(me, args, 'beautician_id'); w public.workflow_states;
begin
  perform desk.require_role(me, array['owner', 'manager', 'front_desk', 'sales']);
  if not (args ? 'sales_id' or args ? 'beautician_id') then perform desk.refuse('value_not_allowed', '{"field":"sales_id"}'); end if;
  select x.* into w from public.workflow_states x where x.clinic_id = me.clinic_id and x.id = key for update;
  if not found then perform desk.refuse('journey_not_found'); end if;
  if w.desk_outcome is not null then perform desk.refuse('journey_closed', jsonb_build_object('outcome', w.desk_outcome, 'at', w.desk_stage_since)); end if;
  update public.workflow_states x set assigned_sales_id = case when args ? 'sales_id' then seller else x.assigned_sales_id end,
    assigned_beautician_id = case when args ? 'beautician_id' then beautician else x.assigned_beautician_id end where x.clinic_id = w.clinic_id and x.id = w.id;
end $$;

-- Taken back: the move by a further row of history; the opening by ending what should not have begun; the assignment by the one before.
create function desk.apply_journey_unmove(me desk.member, args jsonb) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare m desk.mutation := desk.undoing(me, args, 'journey.move');
begin
  if m.status <> 'ok' then return; end if;
  perform desk.unmove_journey(me.clinic_id, desk.arg_uuid(m.args, 'id'), me.person_id, me.device, desk.arg_uuid(m.args, 'entry'), jsonb_build_object('id', desk.arg_uuid(args, 'entry'), 'at', desk.arg_done_at(args)));
end $$;

create function desk.apply_journey_withdraw(me desk.member, args jsonb) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare m desk.mutation := desk.undoing(me, args, 'journey.open');
begin
  if m.status <> 'ok' then return; end if;
  perform desk.move_journey(me.clinic_id, desk.arg_uuid(m.args, 'id'), me.person_id, me.device, 'cancel', 1, jsonb_build_object('id', desk.arg_uuid(args, 'entry'), 'at', desk.arg_done_at(args)), 'เปิดผิด');
end $$;

create function desk.apply_journey_unassign(me desk.member, args jsonb) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare m desk.mutation := desk.undoing(me, args, 'journey.assign'); key uuid; w public.workflow_states; k text; stands uuid;
begin
  if m.status <> 'ok' then return; end if;
  key := desk.arg_uuid(m.args, 'id');
  select x.* into w from public.workflow_states x where x.clinic_id = me.clinic_id and x.id = key for update;
  if not found then perform desk.refuse('journey_not_found'); end if;
  foreach k in array array['sales_id', 'beautician_id'] loop
    stands := case k when 'sales_id' then w.assigned_sales_id else w.assigned_beautician_id end;
    if m.args ? k and stands::text is distinct from lower(m.args ->> k) then perform desk.refuse_changed(me, k, desk.nickname_of(me.clinic_id, stands), null); end if;
    if args ? k and not m.args ? k then perform desk.refuse('value_not_allowed', jsonb_build_object('field', k)); end if;
  end loop;
  perform desk.apply_journey_assign(me, jsonb_build_object('id', key) || (select jsonb_object_agg(x, args -> x) from unnest(array['sales_id', 'beautician_id']) x where m.args ? x));
end $$;

insert into desk.action (name, version, decider) values
  ('journey.open', 1, 'desk.apply_journey_open(desk.member, jsonb)'), ('journey.move', 1, 'desk.apply_journey_move(desk.member, jsonb)'), ('journey.assign', 1, 'desk.apply_journey_assign(desk.member, jsonb)'),
  ('journey.unmove', 1, 'desk.apply_journey_unmove(desk.member, jsonb)'), ('journey.withdraw', 1, 'desk.apply_journey_withdraw(desk.member, jsonb)'), ('journey.unassign', 1, 'desk.apply_journey_unassign(desk.member, jsonb)');
select desk.close_functions();
