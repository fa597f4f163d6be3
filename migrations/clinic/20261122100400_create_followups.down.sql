-- Why: the follow-up tables are ours; the runner has already made sure that they hold nothing but the system templates, or dumped them.
drop table public.customer_journey_events, public.followup_templates, public.customer_preferences, public.followup_executions, public.followup_rules;
