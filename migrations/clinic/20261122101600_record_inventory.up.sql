-- Why: `verify` must notice whatever was taken away or changed afterwards, so the end of every `up` writes down what there should be.
create table desk.expected (
  kind text not null,
  name text not null,
  definition text not null,
  primary key (kind, name)
);

-- Everything that is ours or that we added to the clinic's tables: kind, name, definition as PostgreSQL prints it.
create function desk.inventory() returns table (kind text, name text, definition text) language sql stable set search_path = pg_catalog, pg_temp as $$
  with ours as (
    select c.oid, c.oid::regclass::text as name, c.relrowsecurity from pg_class c where c.relkind = 'r' and c.relname <> 'migration' and (c.relnamespace = 'desk'::regnamespace
      or (c.relnamespace = 'public'::regnamespace and c.relname in ('workflow_states', 'workflow_actions', 'task_queue', 'workflow_events', 'automation_rules', 'followup_rules', 'followup_executions',
        'customer_preferences', 'followup_templates', 'customer_journey_events', 'loyalty_profiles', 'point_transactions', 'achievements', 'loyalty_rewards')))
  ), watched as (
    select c.oid, c.oid::regclass::text as name, c.relrowsecurity from pg_class c where c.oid in ('public.customers'::regclass, 'public.notifications'::regclass, 'public.appointments'::regclass)
  ), all_of_them as (select oid, name, relrowsecurity, true as whole from ours union all select oid, name, relrowsecurity, false from watched)
  select 'table', name, case when relrowsecurity then 'row security on' else 'row security OFF' end from all_of_them
  union all
  select 'column', t.name || '.' || a.attname, format_type(a.atttypid, a.atttypmod) || case when a.attnotnull then ' not null' else '' end || coalesce(' default ' || pg_get_expr(d.adbin, d.adrelid), '')
  from all_of_them t join pg_attribute a on a.attrelid = t.oid and a.attnum > 0 and not a.attisdropped left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
  where t.whole or exists (select 1 from aclexplode(a.attacl) x where x.grantee = 'desk_member'::regrole) or (t.name = 'public.notifications' and a.attname in ('priority', 'action_url', 'read_at', 'expires_at', 'dismissed'))
  union all
  select 'constraint', t.name || ' ' || k.conname, pg_get_constraintdef(k.oid) from all_of_them t join pg_constraint k on k.conrelid = t.oid where t.whole or k.conname like 'desk\_%' or k.conname = 'valid_notification_priority'
  union all
  select 'index', i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid) || case when i.indisvalid then '' else ' INVALID' end from all_of_them t join pg_index i on i.indrelid = t.oid join pg_class c on c.oid = i.indexrelid
  where t.whole or c.relname like 'desk\_%' or c.relname = 'idx_notifications_user_unread'
  union all
  select 'trigger', t.name || ' ' || g.tgname, pg_get_triggerdef(g.oid) || case g.tgenabled when 'O' then '' else ' DISABLED' end from pg_trigger g join pg_class c on c.oid = g.tgrelid, lateral (select c.oid::regclass::text as name) t
  where not g.tgisinternal and (c.relnamespace = 'desk'::regnamespace or g.tgrelid in (select oid from ours) or g.tgname like 'desk\_%' or g.tgname like 'zz\_desk\_%')
  union all
  select 'policy', c.oid::regclass || ' ' || p.polname, concat_ws(' ', case when p.polpermissive then 'permissive' else 'restrictive' end, p.polcmd,
    (select string_agg(coalesce(r.rolname, 'public'), ',' order by r.rolname) from unnest(p.polroles) o left join pg_roles r on r.oid = o), pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid))
  from pg_policy p join pg_class c on c.oid = p.polrelid where p.polname like 'desk\_%' or p.polrelid in (select oid from ours)
  union all
  select 'function', f.oid::regprocedure::text, md5(f.prosrc) || case when f.prosecdef then ' definer ' else ' invoker ' end || coalesce(array_to_string(f.proconfig, ','), '')
  from pg_proc f where f.pronamespace = 'desk'::regnamespace or f.oid in (to_regprocedure('public.get_workflow_stats(uuid)'), to_regprocedure('public.auto_assign_task()'))
  union all
  select 'execute', f.oid::regprocedure || ' ' || case when x.grantee = 0 then 'public' else x.grantee::regrole::text end, 'granted'
  from pg_proc f, aclexplode(coalesce(f.proacl, acldefault('f', f.proowner))) x
  where (f.pronamespace = 'desk'::regnamespace or f.oid in (to_regprocedure('public.get_workflow_stats(uuid)'), to_regprocedure('public.auto_assign_task()'))) and x.grantee <> f.proowner
  union all
  select 'grant', t.name || ' ' || case when x.grantee = 0 then 'public' else x.grantee::regrole::text end, string_agg(x.privilege_type, ',' order by x.privilege_type)
  from all_of_them t join pg_class c on c.oid = t.oid, aclexplode(coalesce(c.relacl, acldefault('r', c.relowner))) x
  where x.grantee <> c.relowner and (t.whole or x.grantee in (0, 'desk_member'::regrole)) group by t.name, x.grantee
  union all
  select 'grant', t.name || '.' || a.attname || ' ' || case when x.grantee = 0 then 'public' else x.grantee::regrole::text end, string_agg(x.privilege_type, ',' order by x.privilege_type)
  from all_of_them t join pg_attribute a on a.attrelid = t.oid, aclexplode(a.attacl) x where t.whole or x.grantee in (0, 'desk_member'::regrole) group by t.name, a.attname, x.grantee
  union all
  select 'grant', 'schema ' || n.nspname || ' ' || case when x.grantee = 0 then 'public' else x.grantee::regrole::text end, string_agg(x.privilege_type, ',' order by x.privilege_type)
  from pg_namespace n, aclexplode(n.nspacl) x where n.nspname = 'desk' and x.grantee <> n.nspowner group by n.nspname, x.grantee;
$$;

alter table desk.expected enable row level security;
revoke all on function desk.inventory() from public;
