-- Why: a task goes to whoever is named, here or not.
drop trigger desk_cover on public.task_queue;
drop function desk.cover_task();
create or replace function desk.do_rule(r public.automation_rules, w public.workflow_states, channel text, entered_at timestamptz) returns void language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare d jsonb := r.target_data; author uuid := desk.automation(r.clinic_id); people uuid[] := desk.rule_people(w, r.target_data ->> 'to'); facts jsonb := jsonb_build_object('rule', r.id);
begin
  case r.target_action
    when 'create_task' then
      perform desk.give_task(w, d ->> 'kind', people[1], now() + make_interval(mins => coalesce((d ->> 'due_minutes')::integer, 0)), facts || jsonb_build_object('title', r.rule_name), author);
    when 'notify' then
      perform desk.emit(w.clinic_id, w.id, 'workflow_updated', author, people, null, left(r.rule_name, 200), d ->> 'text', coalesce(d ->> 'importance', 'medium'), '/customers/' || w.customer_id, facts);
    when 'move' then
      perform desk.move_journey(w.clinic_id, w.id, author, null, d ->> 'action', null, facts, null);
    when 'plan_followup' then
      insert into public.followup_executions (clinic_id, rule_id, customer_id, workflow_id, channel, scheduled_at, metadata)
      values (w.clinic_id, (d ->> 'followup_rule')::uuid, w.customer_id, w.id, channel, now() + make_interval(mins => coalesce((d ->> 'after_minutes')::integer, 0)), facts);
  end case;
end $$;
drop function desk.rule_person(public.workflow_states, text);
drop function desk.least_loaded(uuid, uuid[]);
