-- Why: a desk holds credentials that can run any SQL, so what it may see is decided here: its clinic's rows, named columns, and a handful of functions; it writes nothing.
-- The web system's signed-in staff keep their own way in, by membership; the public key gets nothing of ours.

-- The clinics of a signed-in web user, by membership only. A desk login is never a web user: it could set the claims that auth.uid() reads.
do $$ begin
  if to_regprocedure('auth.uid()') is not null then
    execute $f$create function desk.web_clinics(roles text[] default null) returns setof uuid language sql stable security definer set search_path = pg_catalog, pg_temp as $b$
      select s.clinic_id from desk.staff s where s.person_id = auth.uid() and s.active and (roles is null or s.role = any (roles))
        and not exists (select 1 from desk.member m where m.role_name = session_user)
    $b$ $f$;
  else
    execute $f$create function desk.web_clinics(roles text[] default null) returns setof uuid language sql stable set search_path = pg_catalog, pg_temp as 'select null::uuid where false'$f$;
  end if;
end $$;

-- Figures a stage of the last 30 days, for the caller's clinic. The argument is kept for its callers; another clinic's id gives nothing.
create function public.get_workflow_stats(clinic_uuid uuid) returns table (stage varchar, count bigint, avg_duration numeric)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select w.current_stage, count(*), round(avg(extract(epoch from w.updated_at - w.created_at) / 3600), 2)
  from public.workflow_states w
  where w.clinic_id = clinic_uuid and w.created_at >= now() - interval '30 days'
    and w.clinic_id in (select p.clinic_id from desk.my_pairs() p union all select c from desk.web_clinics() c)
  group by w.current_stage;
$$;

-- Lets desks read one table. `condition` is the row's tenant test; the fence holds whatever other policies the clinic's own table has.
-- A table whose row security was off gets a policy that keeps it open to everyone else exactly as before.
create function desk.open_to_desks(tbl regclass, condition text, columns text[]) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if not (select relrowsecurity from pg_class where oid = tbl) then
    execute format('alter table %s enable row level security', tbl);
    perform desk.remember('rls', tbl::text);
    if tbl::text like 'public.%' then execute format('create policy desk_keep_open on %s for all to public using (true) with check (true)', tbl); end if;
  end if;
  execute format('create policy desk_read on %s for select to desk_member using (%s)', tbl, condition);
  execute format('create policy desk_fence on %s as restrictive for all to desk_member using (%s) with check (%s)', tbl, condition, condition);
  execute format('grant select (%s) on %s to desk_member', (select string_agg(format('%I', c), ', ') from unnest(columns) c), tbl);
end $$;

-- Our fourteen: row security on, closed to the public, before any policy opens them.
do $$ declare t text; who text; begin
  foreach t in array array['workflow_states', 'workflow_actions', 'task_queue', 'workflow_events', 'automation_rules', 'followup_rules', 'followup_executions',
    'customer_preferences', 'followup_templates', 'customer_journey_events', 'loyalty_profiles', 'point_transactions', 'achievements', 'loyalty_rewards'] loop
    execute format('alter table public.%I enable row level security', t);
    execute format('revoke all on public.%I from public', t);
    foreach who in array array['anon', 'authenticated', 'service_role'] loop
      if to_regrole(who) is null then continue; end if;
      execute format('revoke all on public.%I from %I', t, who);
      if who = 'authenticated' then execute format('grant select, insert, update, delete on public.%I to authenticated', t); end if;
      if who = 'service_role' then execute format('grant all on public.%I to service_role', t); end if;
    end loop;
  end loop;
end $$;

select desk.open_to_desks(t::regclass, s, string_to_array(c, ' ')) from (values
  ('public.customers', 'clinic_id in (select p.clinic_id from desk.my_pairs() p)', 'id clinic_id customer_code full_name nickname phone email metadata date_of_birth gender status customer_type source allergies notes tags assigned_sales_id first_visit_date last_visit_date created_at updated_at'),
  ('public.workflow_states', 'clinic_id in (select p.clinic_id from desk.my_pairs() p)', 'id clinic_id customer_id current_stage assigned_sales_id assigned_beautician_id treatment_plan created_at updated_at'),
  ('public.workflow_actions', 'clinic_id in (select p.clinic_id from desk.my_pairs() p)', 'id clinic_id workflow_id type performed_by performed_at from_stage to_stage notes'),
  ('public.task_queue', 'clinic_id in (select p.clinic_id from desk.my_pairs() p)', 'id clinic_id workflow_id assigned_to task_type title description priority status due_date snoozed_until created_at updated_at completed_at completed_by notes'),
  ('public.followup_executions', 'clinic_id in (select p.clinic_id from desk.my_pairs() p)', 'id clinic_id rule_id customer_id workflow_id channel scheduled_at executed_at status personalized_content response'),
  ('public.loyalty_profiles', 'clinic_id in (select p.clinic_id from desk.my_pairs() p)', 'id clinic_id customer_id total_points available_points current_tier total_spent total_visits last_visit referral_code joined_at'),
  ('public.point_transactions', 'clinic_id in (select p.clinic_id from desk.my_pairs() p)', 'id clinic_id customer_id type amount description created_at expires_at'),
  ('public.loyalty_rewards', 'clinic_id in (select p.clinic_id from desk.my_pairs() p)', 'id clinic_id name description type points_cost monetary_value is_active tier_requirement valid_from valid_until'),
  ('public.notifications', '(clinic_id, ''person:'' || user_id) in (select p.clinic_id, p.scope from desk.my_pairs() p)', 'id clinic_id user_id type title message priority action_url metadata is_read created_at read_at expires_at dismissed'),
  ('desk.staff', 'clinic_id in (select p.clinic_id from desk.my_pairs() p)', 'clinic_id person_id role display_name nickname active'),
  ('public.appointments', 'clinic_id in (select p.clinic_id from desk.my_pairs() p)', 'id clinic_id customer_id staff_id appointment_code appointment_type status appointment_date start_time end_time services room_id notes'),
  ('desk.lead', 'clinic_id in (select p.clinic_id from desk.my_pairs() p)', 'id clinic_id customer_id name phone email source score is_hot reasons status claimed_by created_at updated_at'),
  ('desk.clinic', 'clinic_id in (select p.clinic_id from desk.my_pairs() p)', 'clinic_id name_th name_en timezone hot_lead_threshold quiet_from quiet_to loyalty_multipliers'),
  ('public.customer_preferences', 'clinic_id in (select p.clinic_id from desk.my_pairs() p)', 'id clinic_id customer_id do_not_contact marketing_opt_in preferred_channels best_contact_time language'),
  ('public.followup_rules', 'clinic_id in (select p.clinic_id from desk.my_pairs() p)', 'id clinic_id name type channels priority active'),
  ('desk.clock', 'clinic_id in (select p.clinic_id from desk.my_pairs() p)', 'clinic_id version trimmed_to epoch channel'),
  ('desk.txn', 'clinic_id in (select p.clinic_id from desk.my_pairs() p)', 'clinic_id txn version'),
  ('desk.feed', '(clinic_id, scope) in (select p.clinic_id, p.scope from desk.my_pairs() p)', 'clinic_id scope tbl pk txn op'),
  ('desk.mutation', 'clinic_id in (select p.clinic_id from desk.my_pairs() p)', 'clinic_id id status code detail')) as x (t, s, c);

-- The rest of our schema is nobody's; row security besides, so that a grant by mistake opens nothing.
do $$ declare t text; begin
  for t in select format('desk.%I', relname) from pg_class where relnamespace = 'desk'::regnamespace and relkind = 'r' and not relrowsecurity and relname <> 'migration' loop
    execute format('alter table %s enable row level security', t);
  end loop;
end $$;

-- Functions are executable by everyone unless told otherwise, and Supabase tells it of anon too.
create function desk.close_functions() returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare f regprocedure; who text;
begin
  for f in select oid from pg_proc where pronamespace = 'desk'::regnamespace or oid in (to_regprocedure('public.get_workflow_stats(uuid)'), to_regprocedure('public.auto_assign_task()')) loop
    execute format('revoke all on function %s from public', f);
    foreach who in array array['anon', 'authenticated', 'service_role'] loop
      if to_regrole(who) is not null then execute format('revoke all on function %s from %I', f, who); end if;
    end loop;
  end loop;
end $$;
select desk.close_functions();
do $$ begin
  -- The web's own server writes history too, and a check is evaluated as whoever writes.
  if to_regrole('service_role') is not null then
    grant usage on schema desk to service_role;
    grant execute on function desk.stage_number(text) to service_role;
  end if;
end $$;
revoke all on schema desk from public;
grant usage on schema desk to desk_member;
grant usage on schema public to desk_member;
grant execute on function desk.my_pairs(), desk.whereabouts(), desk.push(uuid, jsonb), desk.enrol(text, text), public.get_workflow_stats(uuid) to desk_member;

-- The clinic's own policies on its own tables are evaluated for desks too; they only need to be readable, the fence decides.
do $$
declare f regprocedure;
begin
  if to_regnamespace('auth') is null then return; end if;
  grant usage on schema auth to desk_member;
  for f in select p.oid from pg_proc p where p.pronamespace = 'auth'::regnamespace and p.proname in ('jwt', 'uid', 'role', 'email', 'get_clinic_id', 'get_role') and p.pronargs = 0 loop
    execute format('grant execute on function %s to desk_member', f);
  end loop;
exception when insufficient_privilege then perform desk.note_problem('auth', 'no_grant_on_auth', sqlstate);
end $$;

-- The web system's staff on the fourteen tables: by membership, never by users.clinic_id; customers are not staff.
do $$
declare pol record; staff text := 'clinic_id in (select desk.web_clinics())'; heads text := 'clinic_id in (select desk.web_clinics(array[''owner'', ''manager'']))';
begin
  if to_regrole('authenticated') is null or to_regprocedure('auth.uid()') is null then return; end if;
  grant usage on schema desk to authenticated;
  grant execute on function desk.web_clinics(text[]), desk.stage_number(text), public.get_workflow_stats(uuid) to authenticated;
  for pol in select * from (values
    ('workflow_states', 'all', staff, staff), ('workflow_actions', 'select', staff, null), ('workflow_actions', 'insert', null, staff || ' and performed_by = auth.uid()'),
    ('task_queue', 'all', staff, staff), ('workflow_events', 'select', staff, null), ('workflow_events', 'insert', null, staff), ('workflow_events', 'update', staff, staff),
    ('automation_rules', 'select', staff, null), ('automation_rules', 'all', heads, heads), ('followup_rules', 'select', staff, null), ('followup_rules', 'all', heads, heads),
    ('followup_executions', 'all', staff, staff), ('customer_preferences', 'all', staff, staff),
    ('followup_templates', 'select', staff || ' or (clinic_id is null and is_system_template and exists (select desk.web_clinics()))', null), ('followup_templates', 'all', heads, heads),
    ('customer_journey_events', 'select', staff, null), ('customer_journey_events', 'insert', null, staff), ('loyalty_profiles', 'all', staff, staff),
    ('point_transactions', 'select', staff, null), ('point_transactions', 'insert', null, staff), ('achievements', 'select', staff, null), ('achievements', 'all', heads, heads),
    ('loyalty_rewards', 'select', staff, null), ('loyalty_rewards', 'all', heads, heads),
    ('notifications', 'insert', null, staff || ' and exists (select 1 from desk.web_colleagues() c where c.clinic_id = notifications.clinic_id and c.person_id = notifications.user_id)')) as x (t, cmd, u, c)
  loop
    if pol.t = 'notifications' then
      execute $f$create function desk.web_colleagues() returns table (clinic_id uuid, person_id uuid) language sql stable security definer set search_path = pg_catalog, pg_temp as
        'select s.clinic_id, s.person_id from desk.staff s where s.active and s.clinic_id in (select desk.web_clinics())'$f$;
      revoke all on function desk.web_colleagues() from public;
      grant execute on function desk.web_colleagues() to authenticated;
    end if;
    execute format('create policy %I on public.%I for %s to authenticated%s%s', 'desk_web_' || pol.cmd, pol.t, pol.cmd, ' using (' || pol.u || ')', ' with check (' || pol.c || ')');
  end loop;
end $$;
