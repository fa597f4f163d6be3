-- Why: desks neither see nor manage rules any more.
delete from desk.action where name in ('rule.save', 'rule.switch', 'rule.backfill');
drop function desk.apply_rule_backfill(desk.member, jsonb);
drop function desk.apply_rule_switch(desk.member, jsonb);
drop function desk.turn_rule(public.automation_rules, boolean);
drop function desk.apply_rule_save(desk.member, jsonb);
drop function desk.asked_rule(desk.member, jsonb);
drop function desk.seen_rule(desk.member, jsonb);
drop function desk.rule_figures();
drop function desk.rule_dry_run(uuid);
drop function desk.require_head(desk.member);
drop function desk.dry_run(public.automation_rules);
drop function desk.rule_would(public.automation_rules);
select desk.unwatch('public.automation_rules', 17::smallint);
revoke select (id, clinic_id, rule_name, trigger_stage, trigger_action, conditions, target_action, target_data, delay_minutes, active, created_at, desk_version, desk_active_from, desk_problem) on public.automation_rules from desk_member;
drop policy desk_read on public.automation_rules;
drop policy desk_fence on public.automation_rules;
