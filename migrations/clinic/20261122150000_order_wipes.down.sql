-- Why: without these columns nobody can be told to wipe. A login that was let in only to hear of it is shut out, as it was before.
do $$
declare m desk.member;
begin
  for m in select * from desk.member x where x.wipe_ordered_at is not null and x.disabled_at is not null and to_regrole(quote_ident(x.role_name)) is not null loop
    execute format('alter role %I nologin', m.role_name);
  end loop;
end $$;

create or replace function desk.disable_person(clinic uuid, person uuid) returns integer language plpgsql set search_path = pg_catalog, pg_temp as $$
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

drop function desk.confirm_wipe();
drop function desk.my_wipe_order();
drop function desk.order_wipe(uuid, text, boolean);
drop function desk.end_connections(name);
alter table desk.member drop column wiped_at, drop column wipe_keeps_unsent, drop column wipe_ordered_at;
