-- Why: every policy and privilege of ours goes, also those on the clinic's own tables, schemas and functions.
do $$
declare pol record; o record;
begin
  for pol in select c.oid::regclass as tbl, x.polname from pg_policy x join pg_class c on c.oid = x.polrelid where x.polname like 'desk\_%' and c.relnamespace in ('public'::regnamespace, 'desk'::regnamespace) loop
    execute format('drop policy %I on %s', pol.polname, pol.tbl);
  end loop;
  for o in select * from desk.created_object where kind = 'rls' loop
    execute format('alter table %s disable row level security', o.name);
  end loop;
  delete from desk.created_object where kind = 'rls';
  for o in select distinct a.attrelid::regclass as tbl from pg_attribute a, aclexplode(a.attacl) x where x.grantee = 'desk_member'::regrole loop
    execute format('revoke select (%s) on %s from desk_member', (select string_agg(format('%I', a.attname), ', ') from pg_attribute a, aclexplode(a.attacl) x
      where a.attrelid = o.tbl and x.grantee = 'desk_member'::regrole), o.tbl);
  end loop;
  for o in select p.oid::regprocedure as f from pg_proc p, aclexplode(p.proacl) x where x.grantee = 'desk_member'::regrole loop
    execute format('revoke all on function %s from desk_member', o.f);
  end loop;
  for o in select n.nspname from pg_namespace n, aclexplode(n.nspacl) x where x.grantee = 'desk_member'::regrole loop
    execute format('revoke all on schema %I from desk_member', o.nspname);
  end loop;
end $$;
drop function desk.close_functions();
drop function desk.open_to_desks(regclass, text, text[]);
drop function public.get_workflow_stats(uuid);
drop function if exists desk.web_colleagues();
drop function desk.web_clinics(text[]);
