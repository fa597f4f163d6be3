-- Why: points that have ended stand in the clinic's books until somebody spends. Each night they end by themselves, and after nights on which nobody did it
-- everything is as if somebody had: an entry counts from the last second of its lot.

create index lot_ends on desk.lot (clinic_id, expires_at) where remaining > 0 and expires_at is not null;

-- Takes a customer's sums if nobody else holds them, in the order in which everybody does: first the profile, where there is one.
create function desk.try_lock_points(clinic uuid, customer uuid) returns boolean language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform 1 from public.loyalty_profiles p where p.clinic_id = clinic and p.customer_id = customer for no key update skip locked;
  if not found and exists (select 1 from public.loyalty_profiles p where p.clinic_id = clinic and p.customer_id = customer) then return false; end if;
  perform 1 from desk.point_sum s where s.clinic_id = clinic and s.customer_id = customer for no key update skip locked;
  return found;
end $$;

-- Ends up to so many lots of a clinic whose last day is over at `at`, oldest first; how many. A customer who is being served is passed over: nobody at a counter
-- waits for this, and it waits for nobody.
create function desk.sweep_points(clinic uuid, at timestamptz, most integer) returns bigint language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare customer uuid; ended bigint := 0;
begin
  for customer in
    select x.customer_id from (select l.customer_id, l.expires_at from desk.lot l where l.clinic_id = clinic and l.remaining > 0 and l.expires_at < at order by l.expires_at limit most) x
    group by x.customer_id order by min(x.expires_at), x.customer_id
  loop
    if desk.try_lock_points(clinic, customer) then ended := ended + desk.expire_points(clinic, customer, at); end if;
  end loop;
  return ended;
end $$;

-- The next time to look, as a due time of the clinic: right after its day is over, or after `pause` where something has ended already.
create function desk.arm_sweep(clinic uuid, pause interval) returns void language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare has_ended boolean := exists (select 1 from desk.lot l where l.clinic_id = arm_sweep.clinic and l.remaining > 0 and l.expires_at < now());
  due timestamptz := case when has_ended then now() + pause else desk.end_of_day(clinic, now()) + interval '1 second' end;
begin
  perform desk.arm(clinic, 'points.expire', case when has_ended then 'rest ' || gen_random_uuid() else desk.local_time(clinic, due)::date::text end, due);
end $$;

create function desk.fire_points_expire(t desk.timer) returns text language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare ended bigint := desk.sweep_points(t.clinic_id, now(), 400);
begin
  perform desk.arm_sweep(t.clinic_id, case when ended = 0 then interval '1 minute' else interval '0' end);  -- what is left is held by a counter, or many
  return 'ended ' || ended;
end $$;
insert into desk.timer_kind (kind, decider) values ('points.expire', 'desk.fire_points_expire(desk.timer)');

-- Clinics whose points nobody is about to end: new ones, and one whose due time was given up.
create function desk.arm_sweeps() returns void language sql security definer set search_path = pg_catalog, pg_temp as $$
  select desk.arm_sweep(c.clinic_id, interval '0') from desk.clinic c
  where not exists (select 1 from desk.timer t where t.clinic_id = c.clinic_id and t.kind = 'points.expire' and t.state = 'waiting');
$$;

-- As before; and a worker sees to it that each clinic's points end. Without one nothing is due that nobody fires.
create or replace function desk.worker_beat(id uuid, name text, fired bigint, is_leaving boolean, out next_in double precision, out late double precision, out channel uuid)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  if not is_leaving then perform desk.arm_sweeps(); end if;
  late := desk.longest_late();
  insert into desk.worker as w (id, name, login, fired) values ($1, left($2, 100), session_user, $3)
  on conflict on constraint worker_pkey do update set beat_at = now(), fired = excluded.fired, stopped_at = case when $4 then now() end,
    late_since = case when worker_beat.late > 60 then coalesce(w.late_since, now()) end;
  if $3 = 0 then delete from desk.worker w where w.beat_at < now() - interval '30 days'; end if;
  select extract(epoch from min(t.due_at) - clock_timestamp()) into next_in from desk.timer t where t.state = 'waiting';
  select b.channel into channel from desk.timer_bell b;
end $$;
select desk.close_functions();
