-- Why: from here on every change of a synced noun reaches the feed. The numbers are those of desk_core::synced and never change meaning.
select desk.watch(t::regclass, n::smallint, k, s) from (values
  ('public.customers', 1, 'id', '''clinic'''), ('public.workflow_states', 2, 'id', '''clinic'''), ('public.workflow_actions', 3, 'id', '''clinic'''),
  ('public.task_queue', 4, 'id', '''clinic'''), ('public.followup_executions', 5, 'id', '''clinic'''), ('public.loyalty_profiles', 6, 'id', '''clinic'''),
  ('public.point_transactions', 7, 'id', '''clinic'''), ('public.loyalty_rewards', 8, 'id', '''clinic'''),
  ('public.notifications', 9, 'id', '''person:'' || r.user_id'), ('desk.staff', 10, 'person_id', '''clinic'''), ('public.appointments', 11, 'id', '''clinic'''),
  ('desk.lead', 12, 'id', '''clinic'''), ('desk.clinic', 13, 'clinic_id', '''clinic'''), ('public.customer_preferences', 14, 'id', '''clinic'''),
  ('public.followup_rules', 15, 'id', '''clinic''')) as w (t, n, k, s);
select desk.fix_keys('public.appointments');

-- desk.clinic and desk.staff have other key columns; their keys never change either.
create function desk.refuse_desk_key_change() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  raise exception 'clinic_id and person_id never change' using errcode = '23514';
end $$;
create trigger zz_desk_fixed before update on desk.clinic for each row when (old.clinic_id <> new.clinic_id) execute function desk.refuse_desk_key_change();
create trigger zz_desk_fixed before update on desk.staff for each row when (old.clinic_id <> new.clinic_id or old.person_id <> new.person_id) execute function desk.refuse_desk_key_change();
