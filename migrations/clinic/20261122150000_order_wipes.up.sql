-- Why: ending a login keeps a stolen PC from reading on, but its encrypted copy stays on its disk. The clinic must be able to have the copy destroyed, and
-- to see that it was. A PC learns of it with its own logins, which are let in for this one question even when they may read nothing any more.

alter table desk.member
  add column wipe_ordered_at timestamptz,                      -- the clinic wants this login's PC wiped
  add column wipe_keeps_unsent boolean not null default false, -- the PC may send what waits before; its access ends with the wipe, not with the order
  add column wiped_at timestamptz;                             -- the PC says that it is done; the last that is heard of this login

-- Orders the PC of this name wiped: every login that was enrolled there, also one that was ended before. Ordered again it becomes what was ordered last.
create function desk.order_wipe(clinic uuid, pc text, keeps_unsent boolean) returns integer language plpgsql set search_path = pg_catalog, pg_temp as $$
declare m desk.member; n integer := 0;
begin
  for m in select * from desk.member x where x.clinic_id = clinic and x.device = pc and x.enrolled_at is not null and x.wiped_at is null loop
    update desk.member set wipe_ordered_at = coalesce(wipe_ordered_at, now()), wipe_keeps_unsent = keeps_unsent and disabled_at is null,
      disabled_at = case when keeps_unsent then disabled_at else coalesce(disabled_at, now()) end where role_name = m.role_name;
    if to_regrole(quote_ident(m.role_name)) is not null then
      execute format('alter role %I login', m.role_name);
      perform desk.end_connections(m.role_name);
    end if;
    n := n + 1;
  end loop;
  if n = 0 then raise exception 'pc_not_found' using errcode = 'P0001'; end if;
  return n;
end $$;

-- What is open ends now, so that the PC has to come back and hears. It needs pg_signal_backend where the owner is no superuser.
create function desk.end_connections(login name) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  perform pg_terminate_backend(a.pid) from pg_stat_activity a where a.usename = login;
exception when insufficient_privilege then perform desk.note_problem('staff', 'connection_not_ended', login::text);
end $$;

-- A desk's question, about itself alone: null (nothing is ordered), 'now', or 'after_sending'.
create function desk.my_wipe_order() returns text language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select case when m.wipe_keeps_unsent then 'after_sending' else 'now' end from desk.member m
  where m.role_name = session_user and m.wipe_ordered_at is not null and m.wiped_at is null;
$$;

-- A desk's answer, for itself alone: it is wiped. The login has no further use. Without an order nothing happens.
create function desk.confirm_wipe() returns void language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  update desk.member set wiped_at = now(), disabled_at = coalesce(disabled_at, now()) where role_name = session_user and wipe_ordered_at is not null and wiped_at is null;
  if found then execute format('alter role %I nologin', session_user); end if;
end $$;

-- As before, but a PC that is to be wiped keeps the way in by which it learns of that.
create or replace function desk.disable_person(clinic uuid, person uuid) returns integer language plpgsql set search_path = pg_catalog, pg_temp as $$
declare m desk.member; n integer := 0;
begin
  update desk.staff set active = false where clinic_id = clinic and person_id = person;
  if not found then raise exception 'person_not_found' using errcode = 'P0001'; end if;
  for m in select * from desk.member x where x.clinic_id = clinic and x.person_id = person and x.disabled_at is null loop
    update desk.member set disabled_at = now(), wipe_keeps_unsent = false where role_name = m.role_name;
    if to_regrole(quote_ident(m.role_name)) is not null then
      if m.wipe_ordered_at is null then execute format('alter role %I nologin', m.role_name); end if;
      perform desk.end_connections(m.role_name);
    end if;
    n := n + 1;
  end loop;
  return n;
end $$;

select desk.close_functions();
grant execute on function desk.my_wipe_order(), desk.confirm_wipe() to desk_member;
