-- Why: nothing fires due times any more; the workers' logins go with what they were for.
do $$
declare r name;
begin
  for r in select w.role_name from desk.worker_login w where to_regrole(quote_ident(w.role_name)) is not null loop
    begin
      perform desk.end_connections(r);
      execute format('drop role %I', r);
    exception when dependent_objects_still_exist or object_in_use then perform desk.note_problem('role', 'login_kept', r::text);
    end;
  end loop;
end $$;
revoke all on schema desk from desk_worker;
create or replace function desk.fire_next() returns text language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  return null;  -- until the step before this one is undone too
end $$;
revoke all on function desk.fire_next() from desk_worker;
drop function desk.put_off(desk.timer, text, boolean);
drop function desk.claim_timer();
create or replace function desk.arm(clinic uuid, kind text, occasion text, due_at timestamptz, journey uuid default null, facts jsonb default '{}', depth integer default 0)
returns void language sql security definer set search_path = pg_catalog, pg_temp as $$
  insert into desk.timer as t (clinic_id, kind, occasion, due_at, journey_id, facts, depth) values ($1, $2, $3, $4, $5, $6, $7)
  on conflict (clinic_id, kind, occasion) do update set due_at = excluded.due_at, facts = excluded.facts where t.state = 'waiting';
$$;
drop function desk.next_depth(uuid, uuid);
drop function desk.worker_beat(uuid, text, bigint, boolean);
drop function desk.timers_late();
drop function desk.longest_late(uuid);
drop trigger ring on desk.timer;
drop function desk.ring();
drop function desk.remove_worker(name);
drop function desk.add_worker(name, text);
create index timer_due on desk.timer (due_at) where state = 'waiting';
drop index desk.timer_order;
drop index desk.timer_late;
alter table desk.timer drop column troubles, drop column fired_in;
drop table desk.timer_bell, desk.worker, desk.worker_login;
do $$ begin
  drop role if exists desk_worker;
exception when dependent_objects_still_exist or insufficient_privilege then null;  -- another clinic database of this cluster still has workers
end $$;
