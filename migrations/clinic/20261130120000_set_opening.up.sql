-- Why: opening hours and closed days were read by everything that counts opening minutes, and nobody at a desk could say them. Now who answers for the clinic
-- does, a weekday at a time, so that of two people only those who changed the same day differently have to talk; and what waits for an answer follows at once.

-- The hours of one weekday as people read them, `09:00-12:00 13:00-20:00`; empty: closed.
create function desk.hours_text(spans jsonb) returns text language sql immutable set search_path = pg_catalog, pg_temp as $$
  select coalesce(string_agg((s ->> 0) || '-' || (s ->> 1), ' ' order by n), '') from jsonb_array_elements(coalesce(spans, '[]')) with ordinality x (s, n);
$$;

create function desk.hours_of(word text) returns jsonb language sql immutable set search_path = pg_catalog, pg_temp as $$
  select case when word ~ '^([0-9:]{5}-[0-9:]{5}( [0-9:]{5}-[0-9:]{5})*)?$' then
    (select coalesce(jsonb_agg(jsonb_build_array(left(w, 5), right(w, 5)) order by n), '[]') from regexp_split_to_table(word, ' ') with ordinality x (w, n) where w <> '') end;
$$;

-- Who said the hours of a weekday last.
create function desk.hours_editor(clinic uuid, weekday text) returns text language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select desk.nickname_of(clinic, m.person_id) from desk.mutation m
  where m.clinic_id = clinic and m.name = 'clinic.set_opening' and m.status = 'ok' and m.args -> 'set' ? weekday order by m.at desc limit 1;
$$;

create function desk.apply_clinic_set_opening(me desk.member, args jsonb) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare was jsonb; hours jsonb; weekday text; mine text; theirs text; spans jsonb; differs jsonb := '[]'; base jsonb := coalesce(args -> 'base', '{}');
begin
  perform desk.require_role(me, array['owner', 'manager']);
  if jsonb_typeof(args -> 'set') is distinct from 'object' or jsonb_typeof(base) <> 'object' then perform desk.refuse('value_not_allowed', '{"field":"set"}'); end if;
  select c.opening into was from desk.clinic c where c.clinic_id = me.clinic_id for update;
  hours := was;
  for weekday in select k from jsonb_object_keys(args -> 'set') k loop
    if weekday not in ('mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun') then perform desk.refuse('value_not_allowed', jsonb_build_object('field', left(weekday, 60))); end if;
    mine := coalesce(desk.arg_text(args -> 'set', weekday, 100), ''); theirs := desk.hours_text(was -> weekday);
    spans := desk.hours_of(mine);
    if spans is null or not desk.is_opening(jsonb_build_object(weekday, spans)) then perform desk.refuse('opening_invalid', jsonb_build_object('field', weekday)); end if;
    if base ? weekday and mine <> theirs and coalesce(base ->> weekday, '') <> theirs then
      differs := differs || jsonb_build_object('field', weekday, 'yours', mine, 'theirs', theirs, 'by', desk.hours_editor(me.clinic_id, weekday));
    end if;
    hours := hours || jsonb_build_object(weekday, spans);
  end loop;
  if jsonb_array_length(differs) > 0 then perform desk.refuse('changed_meanwhile', jsonb_build_object('fields', differs)); end if;
  update desk.clinic c set opening = hours where c.clinic_id = me.clinic_id and c.opening is distinct from hours;
end $$;

-- Two people who close the same day under the same name want the same thing.
create function desk.apply_clinic_close_day(me desk.member, args jsonb) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare key uuid := desk.arg_uuid(args, 'id'); wanted date := desk.arg_date(args, 'day'); called text := coalesce(desk.arg_text(args, 'name', 120), ''); known desk.closed_day; today date := desk.local_time(me.clinic_id, now())::date;
begin
  perform desk.require_role(me, array['owner', 'manager']);
  if wanted is null then perform desk.refuse('value_not_allowed', '{"field":"day"}'); end if;
  if wanted not between today - 366 and today + 1830 then perform desk.refuse('date_out_of_range', '{"field":"day"}'); end if;
  if exists (select from desk.closed_day x where x.id = key) then perform desk.refuse('value_not_allowed', '{"field":"id"}'); end if;
  insert into desk.closed_day (id, clinic_id, day, name, created_by) values (key, me.clinic_id, wanted, called, me.person_id) on conflict (clinic_id, day) do nothing;
  if found then return; end if;
  select x.* into known from desk.closed_day x where x.clinic_id = me.clinic_id and x.day = wanted;
  if known.name <> called then
    perform desk.refuse('day_closed_already', jsonb_build_object('name', known.name, 'by', desk.nickname_of(me.clinic_id, known.created_by)));
  end if;
end $$;

-- A day that somebody else has taken off the list meanwhile is what was wanted.
create function desk.apply_clinic_open_day(me desk.member, args jsonb) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare key uuid := desk.arg_uuid(args, 'id');
begin
  perform desk.require_role(me, array['owner', 'manager']);
  delete from desk.closed_day x where x.clinic_id = me.clinic_id and x.id = key;
end $$;

insert into desk.action (name, version, decider) values
  ('clinic.set_opening', 1, 'desk.apply_clinic_set_opening(desk.member, jsonb)'), ('clinic.close_day', 1, 'desk.apply_clinic_close_day(desk.member, jsonb)'),
  ('clinic.open_day', 1, 'desk.apply_clinic_open_day(desk.member, jsonb)');

-- As before, and the due time says from when it was counted: other hours count from the same instant.
create or replace function desk.arm_lead(l desk.lead, since timestamptz) returns void language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare c desk.clinic; due timestamptz;
begin
  select x.* into c from desk.clinic x where x.clinic_id = l.clinic_id;
  delete from desk.timer t where t.clinic_id = l.clinic_id and t.kind = 'lead.escalate' and t.occasion in ('pass:' || l.id, 'raise:' || l.id) and t.state = 'dropped';
  due := desk.opening_after(l.clinic_id, since, c.pass_lead_after);
  if l.passed_at is null and due is not null then perform desk.arm(l.clinic_id, 'lead.escalate', 'pass:' || l.id, due, null, jsonb_build_object('lead', l.id, 'step', 'pass', 'since', since)); end if;
  due := desk.opening_after(l.clinic_id, since, c.raise_lead_after);
  if l.raised_at is null and due is not null then perform desk.arm(l.clinic_id, 'lead.escalate', 'raise:' || l.id, due, null, jsonb_build_object('lead', l.id, 'step', 'raise', 'since', since)); end if;
end $$;

-- Under other hours the same minutes end at another time. A clinic that does not open any more within a year escalates nothing.
create function desk.rearm_leads(clinic uuid) returns void language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare l desk.lead; since timestamptz;
begin
  if not exists (select from desk.clinic c where c.clinic_id = $1) then return; end if;  -- it is being removed with all of its rows
  for l in select x.* from desk.lead x where x.clinic_id = $1 and desk.is_waiting(x) order by x.id loop
    select max((t.facts ->> 'since')::timestamptz) into since from desk.timer t where t.clinic_id = l.clinic_id and t.kind = 'lead.escalate' and t.occasion in ('pass:' || l.id, 'raise:' || l.id);
    perform desk.disarm(l.clinic_id, 'lead.escalate', step || l.id) from unnest(array['pass:', 'raise:']) step;
    perform desk.arm_lead(l, coalesce(since, l.hot_at, l.created_at));
  end loop;
end $$;

create function desk.follow_opening() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform desk.rearm_leads(case when tg_op = 'DELETE' then old.clinic_id else new.clinic_id end);
  return null;
end $$;
create trigger follow_opening after update on desk.clinic for each row
  when (old.opening is distinct from new.opening or old.timezone is distinct from new.timezone or old.pass_lead_after is distinct from new.pass_lead_after or old.raise_lead_after is distinct from new.raise_lead_after)
  execute function desk.follow_opening();
create trigger follow_opening after insert or update or delete on desk.closed_day for each row execute function desk.follow_opening();

select desk.close_functions();
