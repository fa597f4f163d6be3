-- Why: every capture is planned anew again.
create or replace function desk.capture_body(source text, number smallint) returns text language sql immutable set search_path = pg_catalog, pg_temp as $$
  select format(E'\nbegin\n  execute %L;\n  return null;\nend ', format($f$
  insert into desk.feed as f (clinic_id, scope, tbl, pk, txn, op)
  select e.c, e.scope, %s, e.pk, b.txn, e.op::"char" from (%s) e
  join (select z.c, desk.cur_txn(z.c) as txn from (select distinct y.c from (%s) y) z) b on b.c = e.c
  on conflict (clinic_id, scope, tbl, pk) do update set txn = excluded.txn, op = excluded.op$f$, number, source, source));
$$;
select desk.unwatch(t::regclass, n::smallint), desk.watch(t::regclass, n::smallint, k, s) from (values
  ('public.customers', 1, 'id', '''clinic'''), ('public.workflow_states', 2, 'id', '''clinic'''), ('public.workflow_actions', 3, 'id', '''clinic'''),
  ('public.task_queue', 4, 'id', '''clinic'''), ('public.followup_executions', 5, 'id', '''clinic'''), ('public.loyalty_profiles', 6, 'id', '''clinic'''),
  ('public.point_transactions', 7, 'id', '''clinic'''), ('public.loyalty_rewards', 8, 'id', '''clinic'''),
  ('public.notifications', 9, 'id', '''person:'' || r.user_id'), ('desk.staff', 10, 'person_id', '''clinic'''), ('public.appointments', 11, 'id', '''clinic'''),
  ('desk.lead', 12, 'id', '''clinic'''), ('desk.clinic', 13, 'clinic_id', '''clinic'''), ('public.customer_preferences', 14, 'id', '''clinic'''),
  ('public.followup_rules', 15, 'id', '''clinic''')) as w (t, n, k, s);
