-- Why: an answer is due in minutes in which the clinic is open. Hours by weekday and the days it stays closed are the clinic's own; how they are counted is
-- written twice, here for due times and in desk_core::opening for clocks on the screen, and held together by a test.

-- {"mon": [["09:00", "12:00"], ["13:00", "20:00"]], "sun": []}: a day that is missing is closed, spans are in order and apart, one that passes midnight is two.
create function desk.is_opening(hours jsonb) returns boolean language sql immutable set search_path = pg_catalog, pg_temp as $$
  select case when jsonb_typeof(hours) is distinct from 'object' then false else not exists (
    select from jsonb_each(hours) d (name, spans) where d.name not in ('mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun') or jsonb_typeof(d.spans) <> 'array' or jsonb_array_length(d.spans) > 4
      or exists (select from jsonb_array_elements(d.spans) s (span) where case when jsonb_typeof(s.span) <> 'array' or jsonb_array_length(s.span) <> 2 then true
        else jsonb_typeof(s.span -> 0) <> 'string' or jsonb_typeof(s.span -> 1) <> 'string' or s.span ->> 0 !~ '^([01][0-9]|2[0-3]):[0-5][0-9]$' or s.span ->> 1 !~ '^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$' or s.span ->> 0 >= s.span ->> 1 end)
      or exists (select from jsonb_array_elements(d.spans) with ordinality a (span, n) join jsonb_array_elements(d.spans) with ordinality b (span, n) on b.n = a.n + 1 where a.span ->> 1 >= b.span ->> 0)) end;
$$;

alter table desk.clinic add column opening jsonb not null
  default '{"mon":[["09:00","20:00"]],"tue":[["09:00","20:00"]],"wed":[["09:00","20:00"]],"thu":[["09:00","20:00"]],"fri":[["09:00","20:00"]],"sat":[["09:00","20:00"]],"sun":[["09:00","20:00"]]}'
  constraint opening_hours check (desk.is_opening(opening));

-- A day on which the clinic is closed. A public holiday closes nothing by itself: most clinics work on most of them.
create table desk.closed_day (
  id uuid primary key default gen_random_uuid(),
  clinic_id uuid not null references desk.clinic (clinic_id) on delete cascade,
  day date not null check (day between '2000-01-01' and '2100-01-01'),
  name text not null default '' check (length(name) <= 120),
  created_by uuid,
  created_at timestamptz not null default now(),
  unique (clinic_id, id),
  unique (clinic_id, day),
  foreign key (clinic_id, created_by) references desk.staff (clinic_id, person_id) on delete cascade
);
alter table desk.closed_day enable row level security;
select desk.fix_keys('desk.closed_day');
select desk.watch('desk.closed_day', 18::smallint, 'id', '''clinic''');
select desk.open_to_desks('desk.closed_day', 'clinic_id in (select p.clinic_id from desk.my_pairs() p)', array['id', 'clinic_id', 'day', 'name']);
grant select (opening) on desk.clinic to desk_member;

-- A zone that nobody knows must not stop a lead: the usual one then, as on the desks.
create function desk.zone_of(clinic uuid) returns text language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare zone text;
begin
  select c.timezone into zone from desk.clinic c where c.clinic_id = clinic;
  perform now() at time zone zone;
  return coalesce(zone, 'Asia/Bangkok');
exception when invalid_parameter_value then return 'Asia/Bangkok';
end $$;

-- When the clocks of a zone first show this; where they skip it, the first time that they show after, by quarters of an hour. As desk_core::day::instant.
create function desk.local_instant(local timestamp, zone text) returns timestamptz language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare at timestamptz := local at time zone zone; around interval := interval '3 hours';
begin
  if (at at time zone zone) = local and ((at - around) at time zone zone) = local - around and ((at + around) at time zone zone) = local + around then return at; end if;
  for quarter in 0 .. 192 loop
    at := (local + interval '15 minutes' * quarter) at time zone zone;
    continue when (at at time zone zone) <> local + interval '15 minutes' * quarter;
    return (select min(x.at) from (select at + interval '15 minutes' * n as at from generate_series(-12, 12) n) x where (x.at at time zone zone) = local + interval '15 minutes' * quarter);
  end loop;
  return local at time zone 'UTC';
end $$;

-- From when until when the clinic is open on these days of its calendar.
create function desk.open_spans(clinic uuid, first date, last date) returns table (opens timestamptz, closes timestamptz) language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare zone text := desk.zone_of(clinic); hours jsonb; on_day date; span jsonb;
begin
  select c.opening into hours from desk.clinic c where c.clinic_id = open_spans.clinic;
  for on_day in select first + n from generate_series(0, last - first) n loop
    continue when exists (select from desk.closed_day x where x.clinic_id = open_spans.clinic and x.day = on_day);
    for span in select s from jsonb_array_elements(coalesce(hours -> to_char(on_day, 'dy'), '[]')) s loop
      opens := desk.local_instant(on_day + (span ->> 0)::time, zone);
      closes := case span ->> 1 when '24:00' then desk.local_instant(on_day + 1 + time '00:00', zone) else desk.local_instant(on_day + (span ->> 1)::time, zone) end;
      return next;
    end loop;
  end loop;
end $$;

-- Minutes for which it was open between two instants. The days before and after are asked too: clocks put back over midnight make hours reach into them.
create function desk.opening_minutes(clinic uuid, since timestamptz, until timestamptz) returns numeric language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select coalesce(sum(extract(epoch from least(s.closes, until) - greatest(s.opens, since))) filter (where least(s.closes, until) > greatest(s.opens, since)), 0) / 60
  from (select desk.zone_of(clinic) as zone) z cross join lateral desk.open_spans(clinic, (since at time zone z.zone)::date - 1, (until at time zone z.zone)::date + 1) s;
$$;

-- The first instant by which it has been open for so many minutes; nothing when that takes more than a year.
create function desk.opening_after(clinic uuid, since timestamptz, minutes numeric) returns timestamptz language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare missing interval := minutes * interval '1 minute'; first date := (since at time zone desk.zone_of(clinic))::date - 1; s record; here interval;
begin
  if missing <= interval '0' then return since; end if;
  for week in 0 .. 57 loop  -- a few days at a time: the answer is mostly in the first
    for s in select * from desk.open_spans(clinic, first + 7 * week, first + least(7 * week + 6, 400)) x where x.closes > since loop
      here := s.closes - greatest(s.opens, since);
      if here >= missing then return greatest(s.opens, since) + missing; end if;
      missing := missing - greatest(here, interval '0');
    end loop;
  end loop;
  return null;
end $$;

select desk.close_functions();
