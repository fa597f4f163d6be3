-- Why: half of what an action costs was planning its capture anew. The plan is kept where few rows changed, which is nearly always; an import is still
-- planned for the rows it has, because a plan made for one row would take hours for 100,000.

-- Events e (clinic_id, pk, scope, op) into the feed. `source` is a subselect over the transition tables.
create or replace function desk.capture_body(source text, number smallint) returns text language sql immutable set search_path = pg_catalog, pg_temp as $$
  with capture as (select format($f$
    insert into desk.feed as f (clinic_id, scope, tbl, pk, txn, op)
    select e.c, e.scope, %s, e.pk, b.txn, e.op::"char" from (%s) e
    join (select z.c, desk.cur_txn(z.c) as txn from (select distinct y.c from (%s) y) z) b on b.c = e.c
    on conflict (clinic_id, scope, tbl, pk) do update set txn = excluded.txn, op = excluded.op$f$, number, source, source) as statement)
  select format(E'\nbegin\n  if (select count(*) <= 50 from (select 1 from %s limit 51) few) then %s;\n  else execute %L;\n  end if;\n  return null;\nend ',
    case when source like '% newt %' then 'newt' else 'oldt' end, statement, statement) from capture;
$$;

-- The triggers that are there are made again with it.
select desk.unwatch(t::regclass, n::smallint), desk.watch(t::regclass, n::smallint, k, s) from (values
  ('public.customers', 1, 'id', '''clinic'''), ('public.workflow_states', 2, 'id', '''clinic'''), ('public.workflow_actions', 3, 'id', '''clinic'''),
  ('public.task_queue', 4, 'id', '''clinic'''), ('public.followup_executions', 5, 'id', '''clinic'''), ('public.loyalty_profiles', 6, 'id', '''clinic'''),
  ('public.point_transactions', 7, 'id', '''clinic'''), ('public.loyalty_rewards', 8, 'id', '''clinic'''),
  ('public.notifications', 9, 'id', '''person:'' || r.user_id'), ('desk.staff', 10, 'person_id', '''clinic'''), ('public.appointments', 11, 'id', '''clinic'''),
  ('desk.lead', 12, 'id', '''clinic'''), ('desk.clinic', 13, 'clinic_id', '''clinic'''), ('public.customer_preferences', 14, 'id', '''clinic'''),
  ('public.followup_rules', 15, 'id', '''clinic''')) as w (t, n, k, s);
select desk.close_functions();
