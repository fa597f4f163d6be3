-- Why: a manager switches a rule on only after having seen whom it would touch, and may have it done to exactly those too.

select desk.watch('public.automation_rules', 17::smallint, 'id', '''clinic''');
select desk.open_to_desks('public.automation_rules', 'clinic_id in (select p.clinic_id from desk.my_pairs() p)',
  array['id', 'clinic_id', 'rule_name', 'trigger_stage', 'trigger_action', 'conditions', 'target_action', 'target_data', 'delay_minutes', 'active', 'created_at', 'desk_version', 'desk_active_from', 'desk_problem']);

-- The verdicts on what is in a rule's stage now, less what this rule has done or will do for the same entry anyhow.
create function desk.rule_would(r public.automation_rules) returns table (journey_id uuid, customer_id uuid, entered_at timestamptz, verdict text, channel text) language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select v.journey_id, v.customer_id, v.entered_at,
    case when v.verdict = 'yes' and t.outcome = 'did' then 'did_already' when v.verdict = 'yes' and t.state = 'waiting' and t.facts ->> 'version' = r.desk_version::text and desk.is_on(r) then 'armed_already' else v.verdict end, v.channel
  from desk.rule_verdicts(r) v
  left join desk.timer t on t.clinic_id = r.clinic_id and t.kind = 'rule' and t.facts ->> 'rule' = r.id::text and t.occasion = desk.rule_occasion(r.id, v.journey_id, v.entered_at);
$$;

-- What a rule would do now: how many, through what; who is left out and why; the first of them; and the mark by which a backfill knows that they are still the same.
create function desk.dry_run(r public.automation_rules) returns jsonb language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  with would as materialized (select * from desk.rule_would(r)), yes as (select * from would where verdict = 'yes')
  select jsonb_build_object('version', r.desk_version, 'count', (select count(*) from yes),
    'digest', (select md5(coalesce(string_agg(desk.rule_occasion(r.id, y.journey_id, y.entered_at), ',' order by y.journey_id), '')) from yes y),
    'by', (select coalesce(jsonb_agg(jsonb_build_object('channel', x.channel, 'count', x.n) order by x.n desc, x.channel), '[]') from (select y.channel, count(*) as n from yes y group by y.channel) x),
    'left_out', (select coalesce(jsonb_agg(jsonb_build_object('why', x.verdict, 'count', x.n) order by x.n desc, x.verdict), '[]') from (select u.verdict, count(*) as n from would u where u.verdict <> 'yes' group by u.verdict) x),
    'rows', (select coalesce(jsonb_agg(jsonb_build_object('journey_id', x.journey_id, 'customer_id', x.customer_id, 'entered_at', (extract(epoch from x.entered_at) * 1000)::bigint, 'channel', x.channel) order by x.entered_at desc, x.journey_id), '[]')
      from (select * from yes y order by y.entered_at desc, y.journey_id limit 50) x));
$$;

-- Rules are for who answers for the clinic.
create function desk.require_head(me desk.member) returns void language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  if me.role_name is null then perform desk.refuse('not_enrolled'); end if;
  perform desk.require_role(me, array['owner', 'manager']);
end $$;

-- A manager's question at a desk. It changes nothing.
create function desk.rule_dry_run(rule uuid) returns jsonb language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare me desk.member := desk.me(); r public.automation_rules;
begin
  perform desk.require_head(me);
  select x.* into r from public.automation_rules x where x.clinic_id = me.clinic_id and x.id = rule;
  if not found then perform desk.refuse('rule_not_found'); end if;
  if r.desk_problem is not null then perform desk.refuse('rule_invalid', jsonb_build_object('field', r.desk_problem)); end if;
  return desk.dry_run(r);
end $$;

-- What each rule did within the last 30 days, and what went wrong last.
create function desk.rule_figures() returns jsonb language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare me desk.member := desk.me();
begin
  perform desk.require_head(me);
  return (select coalesce(jsonb_agg(jsonb_build_object('rule', x.rule, 'did', x.did, 'passed_over', x.passed_over, 'waiting', x.waiting, 'failed', x.failed,
      'last_did_at', (extract(epoch from x.last_did_at) * 1000)::bigint, 'last_error', x.last_error)), '[]') from (
    select t.facts ->> 'rule' as rule, count(*) filter (where t.outcome = 'did') as did, count(*) filter (where t.state = 'done' and t.outcome <> 'did') as passed_over, count(*) filter (where t.state = 'waiting') as waiting,
      count(*) filter (where t.state = 'failed') as failed, max(t.done_at) filter (where t.outcome = 'did') as last_did_at,
      (array_agg(t.last_error order by t.due_at desc) filter (where t.last_error is not null))[1] as last_error
    from desk.timer t where t.clinic_id = me.clinic_id and t.kind = 'rule' and (t.state = 'waiting' or t.done_at > now() - interval '30 days') group by 1) x);
end $$;

-- The rule that an action is about, locked, as the person saw it; or a refusal.
create function desk.seen_rule(me desk.member, args jsonb) returns public.automation_rules language plpgsql set search_path = pg_catalog, pg_temp as $$
declare r public.automation_rules; key uuid := desk.arg_uuid(args, 'id');
begin
  select x.* into r from public.automation_rules x where x.clinic_id = me.clinic_id and x.id = key for update;
  if not found then perform desk.refuse('rule_not_found'); end if;
  if not desk.is_number(args -> 'expected', 1, 999999999) then perform desk.refuse('value_not_allowed', '{"field":"expected"}'); end if;
  if r.desk_version <> (args ->> 'expected')::integer then
    perform desk.refuse('changed_meanwhile', jsonb_build_object('field', 'rule', 'by', (select desk.nickname_of(me.clinic_id, m.person_id) from desk.mutation m
      where m.clinic_id = me.clinic_id and m.args ->> 'id' = key::text and m.name like 'rule.%' and m.status = 'ok' order by m.at desc limit 1)));
  end if;
  return r;
end $$;

-- A rule as a desk asks for it. What would not run is refused here with its field, before the table's own check could only say that something is wrong.
create function desk.asked_rule(me desk.member, args jsonb) returns public.automation_rules language plpgsql set search_path = pg_catalog, pg_temp as $$
declare r public.automation_rules; problem text;
begin
  if not desk.is_number(args -> 'delay_minutes', 0, 999999999) then perform desk.refuse('rule_invalid', '{"field":"delay_minutes"}'); end if;
  r.id := desk.arg_uuid(args, 'id'); r.clinic_id := me.clinic_id; r.rule_name := desk.arg_text(args, 'name', 120);
  r.trigger_stage := desk.arg_text(args, 'trigger_stage', 50); r.trigger_action := nullif(desk.arg_text(args, 'trigger_action', 50), ''); r.target_action := desk.arg_text(args, 'target_action', 50);
  r.conditions := coalesce(args -> 'conditions', '{}'); r.target_data := coalesce(args -> 'target_data', '{}'); r.delay_minutes := (args ->> 'delay_minutes')::integer;
  problem := desk.rule_problem(r);
  if problem is not null then perform desk.refuse('rule_invalid', jsonb_build_object('field', problem)); end if;
  return r;
end $$;

-- A new rule is off. A rule that was changed in what it does is off too: whom it touches now has to be seen first.
create function desk.apply_rule_save(me desk.member, args jsonb) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare new_one public.automation_rules; old public.automation_rules; is_other boolean;
begin
  perform desk.require_head(me);
  new_one := desk.asked_rule(me, args);
  if coalesce(jsonb_typeof(args -> 'expected'), 'null') = 'null' then
    insert into public.automation_rules (id, clinic_id, rule_name, trigger_stage, trigger_action, conditions, target_action, target_data, delay_minutes, active)
    values (new_one.id, new_one.clinic_id, new_one.rule_name, new_one.trigger_stage, new_one.trigger_action, new_one.conditions, new_one.target_action, new_one.target_data, new_one.delay_minutes, false);
    return;
  end if;
  old := desk.seen_rule(me, args);
  is_other := (old.trigger_stage, old.trigger_action, old.conditions, old.target_action, old.target_data, old.delay_minutes)
    is distinct from (new_one.trigger_stage, new_one.trigger_action, new_one.conditions, new_one.target_action, new_one.target_data, new_one.delay_minutes);
  update public.automation_rules x set rule_name = new_one.rule_name, trigger_stage = new_one.trigger_stage, trigger_action = new_one.trigger_action, conditions = new_one.conditions, target_action = new_one.target_action,
    target_data = new_one.target_data, delay_minutes = new_one.delay_minutes, active = old.active and not is_other where x.clinic_id = old.clinic_id and x.id = old.id;
end $$;

-- On from now, or off. What an active row from before us never did, it does from now on: it is switched off and on.
create function desk.turn_rule(r public.automation_rules, to_on boolean) returns public.automation_rules language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if to_on and r.desk_problem is not null then perform desk.refuse('rule_invalid', jsonb_build_object('field', r.desk_problem)); end if;
  if to_on and r.active and r.desk_active_from is null then update public.automation_rules x set active = false where x.clinic_id = r.clinic_id and x.id = r.id; end if;
  update public.automation_rules x set active = to_on where x.clinic_id = r.clinic_id and x.id = r.id returning x.* into r;
  return r;
end $$;

create function desk.apply_rule_switch(me desk.member, args jsonb) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  perform desk.require_head(me);
  if jsonb_typeof(args -> 'active') is distinct from 'boolean' then perform desk.refuse('value_not_allowed', '{"field":"active"}'); end if;
  perform desk.turn_rule(desk.seen_rule(me, args), (args ->> 'active')::boolean);
end $$;

-- On from now, and also for exactly those that the dry run showed: one a second, so that nobody's list is flooded in one moment. Others than those are refused.
create function desk.apply_rule_backfill(me desk.member, args jsonb) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare r public.automation_rules; shown jsonb; journeys uuid[]; entries timestamptz[];
begin
  perform desk.require_head(me);
  r := desk.seen_rule(me, args);
  shown := desk.dry_run(r);
  if shown ->> 'digest' is distinct from desk.arg_text(args, 'digest', 32) then perform desk.refuse('dry_run_outdated', jsonb_build_object('count', shown -> 'count')); end if;
  select array_agg(x.journey_id order by x.entered_at, x.journey_id), array_agg(x.entered_at order by x.entered_at, x.journey_id) into journeys, entries from desk.rule_would(r) x where x.verdict = 'yes';
  if not desk.is_on(r) then r := desk.turn_rule(r, true); end if;
  perform desk.arm_rule(r, x.journey, x.entered_at, now() + interval '1 second' * (x.n - 1), 0) from unnest(journeys, entries) with ordinality x (journey, entered_at, n);
end $$;

insert into desk.action (name, version, decider) values
  ('rule.save', 1, 'desk.apply_rule_save(desk.member, jsonb)'), ('rule.switch', 1, 'desk.apply_rule_switch(desk.member, jsonb)'), ('rule.backfill', 1, 'desk.apply_rule_backfill(desk.member, jsonb)');

select desk.close_functions();
grant execute on function desk.rule_dry_run(uuid), desk.rule_figures() to desk_member;
