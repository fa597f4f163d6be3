-- Why: only the tables and types that we made go; those the clinic had stay as they were.
do $$
declare o record;
begin
  for o in select * from desk.created_object where kind = 'column' and name like 'public.appointments %' order by ord desc loop
    execute format('alter table %s drop column if exists %s', split_part(o.name, ' ', 1), substr(o.name, strpos(o.name, ' ') + 1));
    delete from desk.created_object where ord = o.ord;
  end loop;
  for o in select * from desk.created_object where kind in ('table', 'type') order by ord desc loop
    execute format('drop %s %s', o.kind, o.name);
  end loop;
end $$;
