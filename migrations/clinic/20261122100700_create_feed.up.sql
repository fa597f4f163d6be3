-- Why: each desk needs every committed change of its clinic, once, in commit order, and nothing of any other clinic.
-- A commit clock per clinic: a deferred trigger bumps it inside COMMIT while holding its row, so versions become visible in order.

-- A login: one PostgreSQL role for one person on one PC in one clinic. Tenancy inside the database is session_user looked up here.
create table desk.member (
  role_name name primary key,
  clinic_id uuid not null,
  person_id uuid not null,
  device text,                        -- what the PC calls itself; told at enrolment
  enrolled_at timestamptz,            -- null: the code has not been used; the login sees nothing
  disabled_at timestamptz,
  created_at timestamptz not null default now(),
  foreign key (clinic_id, person_id) references desk.staff (clinic_id, person_id) on delete cascade
);
create index member_person on desk.member (clinic_id, person_id);

-- The one-time code of a login: what `desk-server staff add` prints. The secret itself is only the role's password until it is used.
create table desk.enrolment (
  role_name name primary key references desk.member (role_name) on delete cascade,
  expires_at timestamptz not null,
  used_at timestamptz,
  created_at timestamptz not null default now()
);

create table desk.clock (
  clinic_id uuid primary key,
  version bigint not null default 0,                -- of the last commit that changed anything synced
  trimmed_to bigint not null default 0,             -- tombstones up to here are gone
  epoch uuid not null default gen_random_uuid(),    -- changes when history was broken: desks reload
  channel uuid not null default gen_random_uuid()   -- LISTEN has no permissions, so the name must not be guessable
) with (fillfactor = 50);

create table desk.txn (
  clinic_id uuid not null,
  txn bigint generated always as identity,
  version bigint,                                   -- null only inside its own open transaction
  at timestamptz not null default now(),
  primary key (clinic_id, txn)
);
create unique index txn_version on desk.txn (clinic_id, version) where version is not null;
create index txn_open on desk.txn (clinic_id) where version is null;

-- Keys only, the last event per key and scope: U(pserted), D(eleted), L(eft the scope).
create table desk.feed (
  clinic_id uuid not null,
  scope text not null,                              -- 'clinic' or 'person:<uuid>'
  tbl smallint not null,                            -- number of the synced table
  pk uuid not null,
  txn bigint not null,
  op "char" not null,
  primary key (clinic_id, scope, tbl, pk)
);
create index feed_txn on desk.feed (clinic_id, txn) include (op);

-- A desk's outbox as the database knows it: how far it was received.
create table desk.client (
  client_id uuid primary key,
  clinic_id uuid not null,
  role_name name not null,
  last_seq bigint not null default 0,
  last_seen timestamptz not null default now()
);

-- What was asked and what became of it: the memory that makes a repeat harmless, and the audit of every desk action.
create table desk.mutation (
  clinic_id uuid not null,
  id uuid not null,
  client_id uuid not null,
  seq bigint not null,
  hash bytea not null,
  name text not null,
  args jsonb not null,
  status text not null check (status in ('ok', 'rejected')),
  code text,
  detail jsonb,
  person_id uuid not null,
  device text,
  at timestamptz not null default now(),
  primary key (clinic_id, id),
  unique (clinic_id, client_id, seq)
);
create index mutation_subject on desk.mutation (clinic_id, (args ->> 'id'), at desc);

-- The connected login, if it has enrolled, is not disabled and its person still works there.
create function desk.me() returns desk.member language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select m from desk.member m join desk.staff s on s.clinic_id = m.clinic_id and s.person_id = m.person_id
  where m.role_name = session_user and m.enrolled_at is not null and m.disabled_at is null and s.active;
$$;

create function desk.my_pairs() returns table (clinic_id uuid, scope text) language sql stable security definer rows 2 set search_path = pg_catalog, pg_temp as $$
  select m.clinic_id, p.scope from desk.member m join desk.staff s on s.clinic_id = m.clinic_id and s.person_id = m.person_id,
    lateral (values ('clinic'), ('person:' || m.person_id)) as p (scope)
  where m.role_name = session_user and m.enrolled_at is not null and m.disabled_at is null and s.active;
$$;

create function desk.cur_txn(clinic uuid) returns bigint language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare n bigint;
begin
  select txn into n from desk.txn where clinic_id = clinic and version is null;  -- only our own open row can be visible
  if n is null then insert into desk.txn (clinic_id) values (clinic) returning txn into n; end if;
  return n;
end $$;

create function desk.stamp() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare v bigint; ch uuid;
begin
  insert into desk.clock as k (clinic_id, version) values (new.clinic_id, 1) on conflict (clinic_id) do update set version = k.version + 1 returning version, channel into v, ch;
  update desk.txn set version = v where clinic_id = new.clinic_id and txn = new.txn;
  perform pg_notify('desk_' || replace(ch::text, '-', ''), v::text);  -- a hint; carries nothing
  return null;
end $$;
create constraint trigger zz_stamp after insert on desk.txn deferrable initially deferred for each row execute function desk.stamp();

create function desk.refuse_truncate() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  raise exception 'TRUNCATE of a synced table is refused: desks would not learn of it' using errcode = '0A000';
end $$;

-- Events e (clinic_id, pk, scope, op) into the feed. `source` is a subselect over the transition tables.
-- Planned anew each time (execute): a plan made for one row and kept for the session would take hours for an import of 100,000.
create function desk.capture_body(source text, number smallint) returns text language sql immutable set search_path = pg_catalog, pg_temp as $$
  select format(E'\nbegin\n  execute %L;\n  return null;\nend ', format($f$
  insert into desk.feed as f (clinic_id, scope, tbl, pk, txn, op)
  select e.c, e.scope, %s, e.pk, b.txn, e.op::"char" from (%s) e
  join (select z.c, desk.cur_txn(z.c) as txn from (select distinct y.c from (%s) y) z) b on b.c = e.c
  on conflict (clinic_id, scope, tbl, pk) do update set txn = excluded.txn, op = excluded.op$f$, number, source, source));
$$;

-- Puts a table under capture. `key` is its id column; `scope` an SQL expression over the row r.
create function desk.watch(tbl regclass, number smallint, key name, scope text) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  cols text := format('r.clinic_id as c, r.%I as pk, (%s)::text as scope', key, scope);
  ins text := format('select %s, ''U'' as op from newt r where r.clinic_id is not null', cols);
  del text := format('select %s, ''D'' as op from oldt r where r.clinic_id is not null', cols);
  upd text;
begin
  -- Every changed row is U where it is now, and L where it was if its scope moved. *<> compares images, so any column type will do.
  upd := format('select x.c, x.pk, x.scope, ''U'' as op from (select %1$s, r as img from newt r) x join oldt o on o.%2$I = x.pk and (o.clinic_id is null or o.clinic_id = x.c) where x.c is not null and x.img *<> o
    union all select x.c, x.pk, x.scope, ''L'' from (select %1$s from oldt r) x join (select %1$s from newt r) y on y.c = x.c and y.pk = x.pk and y.scope <> x.scope', cols, key);
  execute format('create function desk.%I() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as %L', 'cap_ins_' || number, desk.capture_body(ins, number));
  execute format('create function desk.%I() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as %L', 'cap_upd_' || number, desk.capture_body(upd, number));
  execute format('create function desk.%I() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as %L', 'cap_del_' || number, desk.capture_body(del, number));
  execute format('create trigger zz_desk_ins after insert on %s referencing new table as newt for each statement execute function desk.%I()', tbl, 'cap_ins_' || number);
  execute format('create trigger zz_desk_upd after update on %s referencing old table as oldt new table as newt for each statement execute function desk.%I()', tbl, 'cap_upd_' || number);
  execute format('create trigger zz_desk_del after delete on %s referencing old table as oldt for each statement execute function desk.%I()', tbl, 'cap_del_' || number);
  execute format('create trigger zz_desk_truncate before truncate on %s for each statement execute function desk.refuse_truncate()', tbl);
end $$;

create function desk.unwatch(tbl regclass, number smallint) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare k text;
begin
  foreach k in array array['ins', 'upd', 'del'] loop
    execute format('drop trigger if exists %I on %s', 'zz_desk_' || k, tbl);
    execute format('drop function if exists desk.%I()', 'cap_' || k || '_' || number);
  end loop;
  execute format('drop trigger if exists zz_desk_truncate on %s', tbl);
end $$;

-- A login enrolled, disabled or removed: its desks must notice.
create function desk.member_changed() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform desk.cur_txn(coalesce(new.clinic_id, old.clinic_id));
  return null;
end $$;
create trigger member_changed after insert or update or delete on desk.member for each row execute function desk.member_changed();

-- Every clinic has a clock from its first day, so that a desk can listen before anything happens.
insert into desk.clock (clinic_id) select clinic_id from desk.clinic;
create function desk.start_clock() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  insert into desk.clock (clinic_id) values (new.clinic_id) on conflict do nothing;
  return null;
end $$;
create trigger start_clock after insert on desk.clinic for each row execute function desk.start_clock();

-- For the keeper of the database: forget old tombstones; declare history broken after changes made behind the triggers.
create function desk.trim(clinic uuid, keep interval) returns bigint language plpgsql set search_path = pg_catalog, pg_temp as $$
declare v bigint;
begin
  select max(version) into v from desk.txn where clinic_id = clinic and at < now() - keep and version is not null;
  if v is null then return 0; end if;
  delete from desk.feed f using desk.txn t where f.clinic_id = clinic and t.clinic_id = clinic and t.txn = f.txn and t.version <= v and f.op in ('D', 'L');
  delete from desk.txn t where t.clinic_id = clinic and t.version <= v and not exists (select 1 from desk.feed f where f.clinic_id = clinic and f.txn = t.txn);
  update desk.clock set trimmed_to = greatest(trimmed_to, v) where clinic_id = clinic;
  return v;
end $$;

create function desk.reset(clinic uuid) returns uuid language sql set search_path = pg_catalog, pg_temp as $$
  update desk.clock set epoch = gen_random_uuid(), version = version + 1 where clinic_id = clinic returning epoch;
$$;

-- The first thing a new desk does, with its one-time secret: it hands over a SCRAM verifier of a password that only it knows.
create function desk.enrol(verifier text, device text) returns jsonb language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare e desk.enrolment; m desk.member; s desk.staff; c desk.clinic;
begin
  if verifier !~ '^SCRAM-SHA-256\$[0-9]{4,7}:[A-Za-z0-9+/=]+\$[A-Za-z0-9+/=]+:[A-Za-z0-9+/=]+$' or length(verifier) > 300 then
    raise exception 'verifier_invalid' using errcode = 'P0001', detail = '{}';
  end if;
  select * into e from desk.enrolment where role_name = session_user for update;
  if not found then raise exception 'code_unknown' using errcode = 'P0001', detail = '{}'; end if;
  if e.used_at is not null then raise exception 'code_used' using errcode = 'P0001', detail = '{}'; end if;
  if e.expires_at <= now() then raise exception 'code_expired' using errcode = 'P0001', detail = '{}'; end if;
  select * into m from desk.member where role_name = session_user;
  select * into s from desk.staff where clinic_id = m.clinic_id and person_id = m.person_id;
  if m.disabled_at is not null or not s.active then raise exception 'login_disabled' using errcode = 'P0001', detail = '{}'; end if;
  select * into c from desk.clinic where clinic_id = m.clinic_id;
  execute format('alter role %I password %L valid until ''infinity''', session_user, verifier);
  update desk.enrolment set used_at = now() where role_name = session_user;
  update desk.member set enrolled_at = now(), device = left($2, 100) where role_name = session_user;
  return jsonb_build_object('clinic_id', c.clinic_id, 'clinic_name_th', c.name_th, 'clinic_name_en', c.name_en,
    'person_id', s.person_id, 'nickname', s.nickname, 'display_name', s.display_name, 'role', s.role);
end $$;

-- Which cluster and which history of it this is, so that a desk notices a restore or a failover. Providers may hide these; then the epoch must do.
create function desk.whereabouts(out sysid text, out timeline text, out in_recovery boolean) language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
  in_recovery := pg_is_in_recovery();
  begin
    select s.system_identifier::text into sysid from pg_control_system() s;
    if not in_recovery then timeline := substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8); end if;
  exception when insufficient_privilege or undefined_function or feature_not_supported then null;
  end;
end $$;

-- For the clinic's IT person (not for desks): a new login with a one-time secret, given as a SCRAM verifier so that no log ever holds the secret.
create function desk.add_login(clinic uuid, person uuid, login name, verifier text, minutes integer) returns timestamptz language plpgsql set search_path = pg_catalog, pg_temp as $$
declare until timestamptz := date_trunc('second', now() + make_interval(mins => minutes));
begin
  if minutes not between 1 and 10080 then raise exception 'minutes_out_of_range' using errcode = 'P0001'; end if;
  if login !~ '^desk_[a-z0-9]{8,40}$' then raise exception 'login_invalid' using errcode = 'P0001'; end if;
  execute format('create role %I login inherit nosuperuser nocreatedb nocreaterole noreplication connection limit 8 password %L valid until %L in role desk_member', login, verifier, until);
  execute format('alter role %I set lock_timeout = ''5s''', login);
  execute format('alter role %I set idle_in_transaction_session_timeout = ''5min''', login);
  execute format('alter role %I set statement_timeout = ''15min''', login);
  insert into desk.member (role_name, clinic_id, person_id) values (login, clinic, person);
  insert into desk.enrolment (role_name, expires_at) values (login, until);
  return until;
end $$;

-- Ends every login of a person in a clinic at once. The rows stay: what they did keeps its name.
create function desk.disable_person(clinic uuid, person uuid) returns integer language plpgsql set search_path = pg_catalog, pg_temp as $$
declare m desk.member; n integer := 0;
begin
  update desk.staff set active = false where clinic_id = clinic and person_id = person;
  if not found then raise exception 'person_not_found' using errcode = 'P0001'; end if;
  for m in select * from desk.member x where x.clinic_id = clinic and x.person_id = person and x.disabled_at is null loop
    update desk.member set disabled_at = now() where role_name = m.role_name;
    if to_regrole(quote_ident(m.role_name)) is not null then
      execute format('alter role %I nologin', m.role_name);
      -- Ending what is open now needs pg_signal_backend where the owner is no superuser; without it the login ends at its next connection.
      begin
        perform pg_terminate_backend(a.pid) from pg_stat_activity a where a.usename = m.role_name;
      exception when insufficient_privilege then perform desk.note_problem('staff', 'connection_not_ended', m.role_name::text);
      end;
    end if;
    n := n + 1;
  end loop;
  return n;
end $$;
