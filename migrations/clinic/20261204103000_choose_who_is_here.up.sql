-- Why: a task that a rule, another task or the web system gave went to whoever was named, or to the first of a role, here or not: somebody on leave collected calls. Now a
-- rule chooses among those of its role who are here by load, and a new task of somebody who is away goes to who suits it, and says so.

-- Of these people, whoever is here and has the fewest open tasks.
create function desk.least_loaded(clinic uuid, people uuid[]) returns uuid language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select s.person_id from desk.staff s
    cross join lateral (select count(*) as n from public.task_queue t where t.assigned_to = s.person_id and t.clinic_id = $1 and t.status in ('pending', 'in_progress')) load
  where s.clinic_id = $1 and s.person_id = any ($2) and desk.is_here(s) order by load.n, s.person_id limit 1;
$$;

-- Who is given a rule's task: whom it names, if they are here; else who is here of that role; where nobody is, whom it names.
create function desk.rule_person(w public.workflow_states, word text) returns uuid language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select coalesce(desk.least_loaded(w.clinic_id, named.people), desk.least_loaded(w.clinic_id, desk.people_of(w.clinic_id, null, array[case word when 'seller' then 'sales' else word end])), named.people[1])
  from (select desk.rule_people(w, word) as people) named;
$$;

create or replace function desk.do_rule(r public.automation_rules, w public.workflow_states, channel text, entered_at timestamptz) returns void language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare d jsonb := r.target_data; author uuid := desk.automation(r.clinic_id); people uuid[] := desk.rule_people(w, r.target_data ->> 'to'); facts jsonb := jsonb_build_object('rule', r.id);
begin
  case r.target_action
    when 'create_task' then
      perform desk.give_task(w, d ->> 'kind', desk.rule_person(w, d ->> 'to'), now() + make_interval(mins => coalesce((d ->> 'due_minutes')::integer, 0)), facts || jsonb_build_object('title', r.rule_name), author);
    when 'notify' then
      perform desk.emit(w.clinic_id, w.id, 'workflow_updated', author, people, null, left(r.rule_name, 200), d ->> 'text', coalesce(d ->> 'importance', 'medium'), '/customers/' || w.customer_id, facts);
    when 'move' then
      perform desk.move_journey(w.clinic_id, w.id, author, null, d ->> 'action', null, facts, null);
    when 'plan_followup' then
      insert into public.followup_executions (clinic_id, rule_id, customer_id, workflow_id, channel, scheduled_at, metadata)
      values (w.clinic_id, (d ->> 'followup_rule')::uuid, w.customer_id, w.id, channel, now() + make_interval(mins => coalesce((d ->> 'after_minutes')::integer, 0)), facts);
  end case;
end $$;

-- A new task of somebody who is away is given to who suits it and is here. What a person gave by hand, or keeps after a call, stays where they put it.
create function desk.cover_task() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare who uuid;
begin
  if jsonb_typeof(new.task_data) = 'object' and new.task_data ?| array['createdBy', 'contact', 'rule'] then return new; end if;
  if not exists (select 1 from desk.staff s where s.clinic_id = new.clinic_id and s.person_id = new.assigned_to and s.active and not desk.is_here(s)) then return new; end if;
  who := desk.person_for(new.clinic_id, new.task_type, new.workflow_id);
  if who is not null then
    new.notes := desk.note_line(new.clinic_id, new.notes, desk.automation(new.clinic_id), 'ย้ายจาก ' || coalesce(desk.nickname_of(new.clinic_id, new.assigned_to), '-') || ': ไม่อยู่');
    new.assigned_to := who;
  end if;
  return new;
end $$;
create trigger desk_cover before insert on public.task_queue for each row when (new.status = 'pending' and new.assigned_to is not null) execute function desk.cover_task();
select desk.close_functions();
