-- Why: due times are fired by a program beside the database, and whether it keeps up must be seen. It signs in as a login that may do nothing else. What it
-- calls is made safe against what the desks do at the same time: it never waits for a journey that somebody holds, and no single due time can block the others.

-- The group of the workers' logins. Roles belong to the cluster, so another database may have made it already.
do $$ begin
  if not exists (select 1 from pg_roles where rolname = 'desk_worker') then create role desk_worker nologin noinherit; end if;
exception when duplicate_object or unique_violation then null;  -- another database of this cluster was faster
end $$;
grant usage on schema desk to desk_worker;

-- The logins that `desk-server worker install` made for this database.
create table desk.worker_login (
  role_name name primary key,
  created_at timestamptz not null default now()
);

-- A worker that runs or ran, by its own word. No lease: what is being fired is held by its transaction, which ends with the worker.
create table desk.worker (
  id uuid primary key,
  name text not null,                     -- of the machine, unless the IT person gave it another
  login name not null default session_user,
  started_at timestamptz not null default now(),
  beat_at timestamptz not null default now(),
  stopped_at timestamptz,                 -- it ended in order
  fired bigint not null default 0,        -- due times since it started
  late_since timestamptz                  -- since when something has been due for more than a minute
);

-- Where a worker listens: one channel for the whole database, not guessable, like a clinic's.
create table desk.timer_bell (
  is_the_one boolean primary key default true check (is_the_one),
  channel uuid not null default gen_random_uuid()
);
insert into desk.timer_bell default values;

alter table desk.worker_login enable row level security;
alter table desk.worker enable row level security;
alter table desk.timer_bell enable row level security;

alter table desk.timer
  add column troubles integer not null default 0,  -- passing ones in a row: a deadlock, a lock, a time limit
  add column fired_in xid8;                        -- the transaction that fired it last, so that what it causes is known as caused by it
create index timer_order on desk.timer (due_at, id) where state = 'waiting';
create index timer_late on desk.timer (clinic_id, due_at) where state = 'waiting';
drop index desk.timer_due;

create function desk.add_worker(login name, verifier text) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare setting text;
begin
  if login !~ '^desk_worker_[a-z0-9]{8,40}$' then raise exception 'login_invalid' using errcode = 'P0001'; end if;
  execute format('create role %I login inherit nosuperuser nocreatedb nocreaterole noreplication connection limit 20 password %L in role desk_worker', login, verifier);
  perform desk.limit_login(login);
  foreach setting in array array['statement_timeout = ''60s''', 'idle_in_transaction_session_timeout = ''30s'''] loop
    execute format('alter role %I set %s', login, setting);
  end loop;
  insert into desk.worker_login (role_name) values (login);
end $$;

create function desk.remove_worker(login name) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  delete from desk.worker_login w where w.role_name = login;
  if not found then raise exception 'worker_not_found' using errcode = 'P0001'; end if;
  if to_regrole(quote_ident(login)) is null then return; end if;
  execute format('alter role %I nologin', login);
  perform desk.end_connections(login);
  execute format('drop role %I', login);
end $$;

-- For a worker that sleeps: something has become due, or will in a moment.
create function desk.ring() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform pg_notify('desk_' || replace(b.channel::text, '-', ''), '') from desk.timer_bell b;  -- a hint; carries nothing
  return null;
end $$;
create trigger ring after insert or update of due_at on desk.timer for each row when (new.state = 'waiting' and new.due_at < now() + interval '2 seconds') execute function desk.ring();

-- How many seconds the longest due has been waiting to be fired; 0 when nothing is due.
create function desk.longest_late(clinic uuid default null) returns double precision language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select coalesce(greatest(extract(epoch from clock_timestamp() - min(t.due_at)), 0), 0)::float8 from desk.timer t where t.state = 'waiting' and clinic is null
  union all
  select coalesce(greatest(extract(epoch from clock_timestamp() - min(t.due_at)), 0), 0)::float8 from desk.timer t where t.state = 'waiting' and t.clinic_id = clinic
  order by 1 desc limit 1;
$$;

-- A desk's question, about its own clinic alone.
create function desk.timers_late() returns integer language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select coalesce(max(desk.longest_late(p.clinic_id)), 0)::integer from (select distinct m.clinic_id from desk.my_pairs() m) p;
$$;

-- A worker says that it is there, and hears how long it may sleep (seconds to the next due time, nothing where none waits), how late it is, and where to listen.
create function desk.worker_beat(id uuid, name text, fired bigint, is_leaving boolean, out next_in double precision, out late double precision, out channel uuid)
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

-- How deep in a chain of automatic steps the next one on this journey is: one more than what this very transaction has fired for it, else none.
create function desk.next_depth(clinic uuid, journey uuid) returns integer language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select coalesce(max(t.depth) + 1, 0) from desk.timer t where t.clinic_id = clinic and t.journey_id = journey and t.fired_in = pg_current_xact_id_if_assigned();
$$;

-- As before; and whatever is armed on a journey by what was fired for it is one deeper, whether or not its author thought of that.
create or replace function desk.arm(clinic uuid, kind text, occasion text, due_at timestamptz, journey uuid default null, facts jsonb default '{}', depth integer default 0)
returns void language sql security definer set search_path = pg_catalog, pg_temp as $$
  insert into desk.timer as t (clinic_id, kind, occasion, due_at, journey_id, facts, depth) values ($1, $2, $3, $4, $5, $6, greatest($7, desk.next_depth($1, $5)))
  on conflict (clinic_id, kind, occasion) do update set due_at = excluded.due_at, facts = excluded.facts where t.state = 'waiting';
$$;

-- The due time that waits longest and that nobody else holds, locked together with its journey: one run at a time a journey. A journey that somebody holds is
-- not waited for, and its due time is let go of again: who holds the one may want the other.
create function desk.claim_timer() returns desk.timer language plpgsql set search_path = pg_catalog, pg_temp as $$
declare t desk.timer; passed uuid[] := '{}';
begin
  while cardinality(passed) < 50 loop
    begin
      select x.* into t from desk.timer x where x.state = 'waiting' and x.due_at <= now() and x.id <> all (passed) order by x.due_at, x.id limit 1 for update skip locked;
      if t.journey_id is null then return t; end if;  -- none is due, or this one concerns no journey
      perform 1 from public.workflow_states w where w.clinic_id = t.clinic_id and w.id = t.journey_id for no key update skip locked;
      if found then return t; end if;
      raise exception 'journey held' using errcode = 'P0T01';
    exception when sqlstate 'P0T01' then passed := passed || t.id;
    end;
  end loop;
  return null;
end $$;

-- What becomes of a due time that could not be fired: again in a moment after a passing trouble, later and later after a real one, given up after eight.
create function desk.put_off(t desk.timer, code text, is_passing boolean) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare counts boolean := not is_passing or t.troubles >= 19; tries integer := t.attempts + counts::int;
begin
  update desk.timer x set attempts = tries, troubles = case when counts then 0 else t.troubles + 1 end, last_error = code,
    due_at = now() + case when counts then interval '15 seconds' * 2 ^ t.attempts else interval '1 second' * (0.2 + random()) * least(t.troubles + 1, 10) end,
    state = case when tries >= 8 then 'failed' else 'waiting' end, done_at = case when tries >= 8 then now() end
  where x.clinic_id = t.clinic_id and x.id = t.id;
  if counts then perform desk.note_problem('timer', 'timer_failed', t.kind || ' ' || code); end if;
  if tries >= 8 then
    perform desk.notify(t.clinic_id, desk.people_of(t.clinic_id, null, array['owner', 'manager']), 'automation_failed', 'งานอัตโนมัติทำไม่สำเร็จ',
      'ลองแล้ว 8 ครั้ง เปิดหน้าระบบอัตโนมัติเพื่อดูว่าเป็นงานใด', 'high', '/automation', 'timer:' || t.kind);
  end if;
end $$;

-- Fires the next due time; its kind, or nothing when none can be fired now. One a transaction: the effect and its end are one, whatever crashes.
create or replace function desk.fire_next() returns text language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare t desk.timer := desk.claim_timer(); decider regprocedure; said text;
begin
  if t.id is null then return null; end if;
  update desk.timer x set fired_in = pg_current_xact_id() where x.clinic_id = t.clinic_id and x.id = t.id;
  begin
    select k.decider into strict decider from desk.timer_kind k where k.kind = t.kind;
    execute format('select %s($1)', decider::regproc) into said using t;
    set constraints all immediate;  -- what would fail at the commit fails here, where it is counted
    update desk.timer x set state = 'done', outcome = said, done_at = now(), last_error = null where x.clinic_id = t.clinic_id and x.id = t.id;
  exception
    when transaction_rollback or lock_not_available or query_canceled or insufficient_resources then perform desk.put_off(t, sqlstate, true);
    when others or assert_failure then perform desk.put_off(t, sqlstate, false);
  end;
  return t.kind;
end $$;

select desk.close_functions();
grant execute on function desk.fire_next(), desk.worker_beat(uuid, text, bigint, boolean) to desk_worker;
grant execute on function desk.timers_late() to desk_member;
