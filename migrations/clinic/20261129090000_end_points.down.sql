-- Why: without the nightly look points end when somebody spends, as before.
create or replace function desk.worker_beat(id uuid, name text, fired bigint, is_leaving boolean, out next_in double precision, out late double precision, out channel uuid)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  late := desk.longest_late();
  insert into desk.worker as w (id, name, login, fired) values ($1, left($2, 100), session_user, $3)
  on conflict on constraint worker_pkey do update set beat_at = now(), fired = excluded.fired, stopped_at = case when $4 then now() end,
    late_since = case when worker_beat.late > 60 then coalesce(w.late_since, now()) end;
  if $3 = 0 then delete from desk.worker w where w.beat_at < now() - interval '30 days'; end if;
  select extract(epoch from min(t.due_at) - clock_timestamp()) into next_in from desk.timer t where t.state = 'waiting';
  select b.channel into channel from desk.timer_bell b;
end $$;
drop function desk.arm_sweeps();
delete from desk.timer where kind = 'points.expire';
delete from desk.timer_kind where kind = 'points.expire';
drop function desk.fire_points_expire(desk.timer);
drop function desk.arm_sweep(uuid, interval);
drop function desk.sweep_points(uuid, timestamptz, integer);
drop function desk.try_lock_points(uuid, uuid);
drop index desk.lot_ends;
