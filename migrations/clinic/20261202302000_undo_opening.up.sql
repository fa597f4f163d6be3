-- Why: a slip in the clinic's hours moves every clock that counts them. Like everything else at a desk it goes back by Ctrl Z, as long as nobody has said otherwise since.

-- Hours said by mistake: each weekday has its former hours again, where what was said still stands.
create function desk.apply_clinic_revert_opening(me desk.member, args jsonb) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare m desk.mutation := desk.undoing(me, args, 'clinic.set_opening');
begin
  if jsonb_typeof(args -> 'set') is distinct from 'object' or coalesce(jsonb_typeof(args -> 'base'), 'object') not in ('object', 'null') then perform desk.refuse('value_not_allowed', '{"field":"set"}'); end if;
  if m.status <> 'ok' then return; end if;
  if exists (select 1 from jsonb_object_keys(args -> 'set') k where not m.args -> 'set' ? k) then perform desk.refuse('value_not_allowed', '{"field":"set"}'); end if;
  perform desk.apply_clinic_set_opening(me, jsonb_build_object('set', args -> 'set', 'base', (m.args -> 'set') || case jsonb_typeof(args -> 'base') when 'object' then args -> 'base' else '{}' end));
end $$;

-- A day that was closed by mistake. Where a colleague had closed it before, it is theirs and stays closed; where one has opened it since, it is as wanted.
create function desk.apply_clinic_unclose_day(me desk.member, args jsonb) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare m desk.mutation := desk.undoing(me, args, 'clinic.close_day');
begin
  if m.status <> 'ok' then return; end if;
  perform desk.apply_clinic_open_day(me, jsonb_build_object('id', m.args -> 'id'));
end $$;

-- A day that was taken off the list by mistake stands there again, as it was.
create function desk.apply_clinic_reclose_day(me desk.member, args jsonb) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare m desk.mutation := desk.undoing(me, args, 'clinic.open_day');
begin
  if m.status <> 'ok' then return; end if;
  perform desk.apply_clinic_close_day(me, jsonb_build_object('id', m.args -> 'id', 'day', args -> 'day', 'name', args -> 'name'));
end $$;

insert into desk.action (name, version, decider) values
  ('clinic.revert_opening', 1, 'desk.apply_clinic_revert_opening(desk.member, jsonb)'), ('clinic.unclose_day', 1, 'desk.apply_clinic_unclose_day(desk.member, jsonb)'),
  ('clinic.reclose_day', 1, 'desk.apply_clinic_reclose_day(desk.member, jsonb)');
select desk.close_functions();
