-- Why: takes away the columns we added to the clinic's own tables and, where nothing else in the cluster uses it, the group role.
do $$
declare o record;
begin
  for o in select * from desk.created_object where kind = 'column' order by ord desc loop
    execute format('alter table %s drop column if exists %s', split_part(o.name, ' ', 1), substr(o.name, strpos(o.name, ' ') + 1));
  end loop;
end $$;

drop function desk.ensure_column(regclass, text, text);
drop function desk.has_column(regclass, text);
drop function desk.remember(text, text);
drop function desk.note_problem(text, text, text);
drop table desk.problem;
drop table desk.created_object;

do $$ begin
  drop role if exists desk_member;
exception when dependent_objects_still_exist or insufficient_privilege then null;  -- another clinic database of this cluster still has desks
end $$;
