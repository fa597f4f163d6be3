-- Why: the clinic's tables go back to having no capture.
drop trigger zz_desk_fixed on desk.staff;
drop trigger zz_desk_fixed on desk.clinic;
drop function desk.refuse_desk_key_change();
drop trigger zz_desk_fixed on public.appointments;
select desk.unwatch(t::regclass, n::smallint) from (values
  ('public.customers', 1), ('public.workflow_states', 2), ('public.workflow_actions', 3), ('public.task_queue', 4), ('public.followup_executions', 5), ('public.loyalty_profiles', 6),
  ('public.point_transactions', 7), ('public.loyalty_rewards', 8), ('public.notifications', 9), ('desk.staff', 10), ('public.appointments', 11),
  ('desk.lead', 12), ('desk.clinic', 13), ('public.customer_preferences', 14), ('public.followup_rules', 15)) as w (t, n);
