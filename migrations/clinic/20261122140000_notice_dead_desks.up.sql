-- Why: a PC that loses power or its network never says goodbye. PostgreSQL would keep its connections for two hours, and after four such losses the
-- eight that a login may have are used up: the desk stays offline although the network is back. So a silent PC is asked after one minute.

create function desk.limit_login(login name) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare setting text;
begin
  foreach setting in array array['lock_timeout = ''5s''', 'idle_in_transaction_session_timeout = ''5min''', 'statement_timeout = ''15min''',
    'tcp_keepalives_idle = 60', 'tcp_keepalives_interval = 10', 'tcp_keepalives_count = 3', 'tcp_user_timeout = ''90s'''] loop
    execute format('alter role %I set %s', login, setting);
  end loop;
end $$;

create or replace function desk.add_login(clinic uuid, person uuid, login name, verifier text, minutes integer) returns timestamptz language plpgsql set search_path = pg_catalog, pg_temp as $$
declare until timestamptz := date_trunc('second', now() + make_interval(mins => minutes));
begin
  if minutes not between 1 and 10080 then raise exception 'minutes_out_of_range' using errcode = 'P0001'; end if;
  if login !~ '^desk_[a-z0-9]{8,40}$' then raise exception 'login_invalid' using errcode = 'P0001'; end if;
  execute format('create role %I login inherit nosuperuser nocreatedb nocreaterole noreplication connection limit 8 password %L valid until %L in role desk_member', login, verifier, until);
  perform desk.limit_login(login);
  insert into desk.member (role_name, clinic_id, person_id) values (login, clinic, person);
  insert into desk.enrolment (role_name, expires_at) values (login, until);
  return until;
end $$;

select desk.limit_login(m.role_name) from desk.member m where to_regrole(quote_ident(m.role_name)) is not null;

-- Closing functions again, as each step that adds some does, took away what the web's own roles were given on purpose: their policies call these.
create or replace function desk.close_functions() returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare f regprocedure; who text;
begin
  for f in select oid from pg_proc where pronamespace = 'desk'::regnamespace or oid in (to_regprocedure('public.get_workflow_stats(uuid)'), to_regprocedure('public.auto_assign_task()')) loop
    execute format('revoke all on function %s from public', f);
    foreach who in array array['anon', 'authenticated', 'service_role'] loop
      if to_regrole(who) is not null then execute format('revoke all on function %s from %I', f, who); end if;
    end loop;
  end loop;
  if to_regrole('service_role') is not null then grant execute on function desk.stage_number(text) to service_role; end if;
  if to_regrole('authenticated') is not null and to_regprocedure('desk.web_colleagues()') is not null then
    grant execute on function desk.web_clinics(text[]), desk.web_colleagues(), desk.stage_number(text), public.get_workflow_stats(uuid) to authenticated;
  end if;
end $$;
select desk.close_functions();
