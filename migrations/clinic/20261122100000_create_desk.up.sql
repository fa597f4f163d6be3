-- Why: our machinery needs a home of its own (schema desk) and must refuse, before it touches anything, a database it cannot serve.
-- The runner has made the schema itself with desk.migration in it; everything else of ours starts here.

-- What we added to objects that were not ours, in order, so that `down` takes away exactly that and nothing else.
create table desk.created_object (
  ord bigint generated always as identity primary key,  -- order of making; taken away in reverse
  kind text not null,                                   -- table | type | column | rls | role
  name text not null,                                   -- quoted, schema-qualified; for a column: table, a blank, column
  unique (kind, name)
);

-- What a person should look at: drift, and odd rows that our triggers stepped over rather than break the web system's write. For `doctor`.
create table desk.problem (
  id bigint generated always as identity primary key,
  at timestamptz not null default now(),
  source text not null,    -- the object concerned, never a person's data
  code text not null,      -- snake_case
  detail text              -- SQLSTATE or column names, never values
);

create function desk.note_problem(source text, code text, detail text) returns void
language sql security definer set search_path = pg_catalog, pg_temp as $$
  insert into desk.problem (source, code, detail)
  select $1, $2, $3
  where not exists (select 1 from desk.problem p where p.source = $1 and p.code = $2 and p.detail is not distinct from $3 and p.at > now() - interval '1 hour');
$$;

create function desk.remember(kind text, name text) returns void language sql set search_path = pg_catalog, pg_temp as $$
  insert into desk.created_object (kind, name) values ($1, $2) on conflict do nothing;
$$;

create function desk.has_column(tbl regclass, col text) returns boolean language sql stable set search_path = pg_catalog, pg_temp as $$
  select exists (select 1 from pg_attribute where attrelid = tbl and attname = col and attnum > 0 and not attisdropped);
$$;

-- Adds a column that the clinic's table may or may not have; remembers it only when we made it.
create function desk.ensure_column(tbl regclass, col text, definition text) returns boolean language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if desk.has_column(tbl, col) then return false; end if;
  execute format('alter table %s add column %I %s', tbl, col, definition);
  perform desk.remember('column', format('%s %I', tbl, col));
  return true;
end $$;

-- The four core tables are required; the columns named here are what a desk cannot do without.
do $$
declare missing text; clash text;
begin
  select string_agg('public.' || t || coalesce('.' || c, ''), ', ' order by t, c) into missing
  from (values ('clinics', 'id'), ('users', 'id'), ('users', 'clinic_id'), ('customers', 'id'), ('customers', 'clinic_id'), ('customers', 'full_name'),
               ('customers', 'customer_code'), ('notifications', 'id'), ('notifications', 'user_id'), ('notifications', 'is_read')) as need (t, c)
  where not exists (select 1 from pg_attribute a where a.attrelid = to_regclass('public.' || need.t) and a.attname = need.c and not a.attisdropped);
  if missing is not null then
    raise exception 'this is not a clinic database: missing %', missing using errcode = 'P0D01', hint = 'The tables clinics, users, customers and notifications must exist first.';
  end if;
  select string_agg('public.' || t, ', ' order by t) into clash
  from unnest(array['workflow_states', 'workflow_actions', 'task_queue', 'workflow_events', 'automation_rules', 'followup_rules', 'followup_executions',
    'customer_preferences', 'followup_templates', 'customer_journey_events', 'loyalty_profiles', 'point_transactions', 'achievements', 'loyalty_rewards']) as t
  where to_regclass('public.' || t) is not null;
  if clash is not null then
    raise exception 'these tables exist already: %', clash using errcode = 'P0D02',
      hint = 'Another migration made them. Adopting existing tables is not supported yet; nothing was changed.';
  end if;
end $$;

-- Columns that a desk shows and that a drifted database may lack. Added empty, so that one list of columns serves every clinic.
do $$
declare c record; added text[] := '{}';
begin
  for c in select * from (values
    ('public.customers', 'nickname', 'text'), ('public.customers', 'phone', 'text'), ('public.customers', 'email', 'text'),
    ('public.customers', 'date_of_birth', 'date'), ('public.customers', 'gender', 'text'), ('public.customers', 'status', 'text default ''active'''),
    ('public.customers', 'customer_type', 'text default ''regular'''), ('public.customers', 'source', 'text default ''walk_in'''),
    ('public.customers', 'allergies', 'text'), ('public.customers', 'notes', 'text'), ('public.customers', 'tags', 'jsonb default ''[]'''),
    ('public.customers', 'metadata', 'jsonb default ''{}'''), ('public.customers', 'assigned_sales_id', 'uuid'), ('public.customers', 'user_id', 'uuid'),
    ('public.customers', 'first_visit_date', 'date'), ('public.customers', 'last_visit_date', 'date'),
    ('public.customers', 'created_at', 'timestamptz default now()'), ('public.customers', 'updated_at', 'timestamptz default now()'),
    ('public.notifications', 'clinic_id', 'uuid'), ('public.notifications', 'type', 'varchar(50) not null default ''general'''),
    ('public.notifications', 'title', 'varchar(200) not null default '''''), ('public.notifications', 'message', 'text not null default '''''),
    ('public.notifications', 'metadata', 'jsonb'), ('public.notifications', 'created_at', 'timestamptz default now()'),
    ('public.notifications', 'updated_at', 'timestamptz default now()')) as x (tbl, col, def)
  loop
    if desk.ensure_column(c.tbl::regclass, c.col, c.def) then added := added || (c.tbl || '.' || c.col); end if;
  end loop;
  if added <> '{}' then perform desk.note_problem('schema', 'column_was_missing', array_to_string(added, ', ')); end if;
end $$;

-- The group of all desk logins. Roles belong to the cluster, so another database may have made it already.
do $$ begin
  if not exists (select 1 from pg_roles where rolname = 'desk_member') then create role desk_member nologin noinherit; end if;
exception when duplicate_object or unique_violation then null;  -- another database of this cluster was faster
end $$;
