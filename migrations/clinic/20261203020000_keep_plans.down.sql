-- Why: each statement plans anew who is connected.
create or replace function desk.me() returns desk.member language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select m from desk.member m join desk.staff s on s.clinic_id = m.clinic_id and s.person_id = m.person_id
  where m.role_name = session_user and m.enrolled_at is not null and m.disabled_at is null and s.active;
$$;
create or replace function desk.my_pairs() returns table (clinic_id uuid, scope text) language sql stable security definer rows 2 set search_path = pg_catalog, pg_temp as $$
  select m.clinic_id, p.scope from desk.member m join desk.staff s on s.clinic_id = m.clinic_id and s.person_id = m.person_id,
    lateral (values ('clinic'), ('person:' || m.person_id)) as p (scope)
  where m.role_name = session_user and m.enrolled_at is not null and m.disabled_at is null and s.active;
$$;
create or replace function desk.longest_late(clinic uuid default null) returns double precision language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select coalesce(greatest(extract(epoch from clock_timestamp() - min(t.due_at)), 0), 0)::float8 from desk.timer t where t.state = 'waiting' and clinic is null
  union all
  select coalesce(greatest(extract(epoch from clock_timestamp() - min(t.due_at)), 0), 0)::float8 from desk.timer t where t.state = 'waiting' and t.clinic_id = clinic
  order by 1 desc limit 1;
$$;
create or replace function desk.timers_late() returns integer language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select coalesce(max(desk.longest_late(p.clinic_id)), 0)::integer from (select distinct m.clinic_id from desk.my_pairs() m) p;
$$;
