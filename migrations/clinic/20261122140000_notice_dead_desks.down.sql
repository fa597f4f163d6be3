-- Why: a login is limited again as it was before.
do $$
declare m desk.member; setting text;
begin
  for m in select * from desk.member x where to_regrole(quote_ident(x.role_name)) is not null loop
    foreach setting in array array['tcp_keepalives_idle', 'tcp_keepalives_interval', 'tcp_keepalives_count', 'tcp_user_timeout'] loop
      execute format('alter role %I reset %I', m.role_name, setting);
    end loop;
  end loop;
end $$;

create or replace function desk.add_login(clinic uuid, person uuid, login name, verifier text, minutes integer) returns timestamptz language plpgsql set search_path = pg_catalog, pg_temp as $$
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

drop function desk.limit_login(name);

create or replace function desk.close_functions() returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare f regprocedure; who text;
begin
  for f in select oid from pg_proc where pronamespace = 'desk'::regnamespace or oid in (to_regprocedure('public.get_workflow_stats(uuid)'), to_regprocedure('public.auto_assign_task()')) loop
    execute format('revoke all on function %s from public', f);
    foreach who in array array['anon', 'authenticated', 'service_role'] loop
      if to_regrole(who) is not null then execute format('revoke all on function %s from %I', f, who); end if;
    end loop;
  end loop;
end $$;
