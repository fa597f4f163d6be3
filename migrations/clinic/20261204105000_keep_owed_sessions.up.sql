-- Why: whoever may move a course could say with the move that it has fewer sessions, and what a customer has paid for was owed no more. From the payment on fewer sessions are
-- for the owner or a manager, with a reason, and never fewer than were done.

create function desk.check_owed(w public.workflow_states, role text, facts jsonb, note text) returns void language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare wanted integer := (facts ->> 'sessions')::integer;
begin
  if wanted is null or wanted >= coalesce(w.desk_sessions_planned, 0) then return; end if;
  if wanted < w.desk_sessions_done then perform desk.refuse('value_not_allowed', jsonb_build_object('field', 'sessions')); end if;
  if desk.stage_number(w.current_stage) < desk.stage_number('payment_confirmed') then return; end if;
  if role not in ('owner', 'manager') then perform desk.refuse('role_not_allowed', jsonb_build_object('role', role, 'needs', array['owner', 'manager'])); end if;
  if coalesce(btrim(note), '') = '' then perform desk.refuse('reason_missing', jsonb_build_object('field', 'note')); end if;
end $$;

create or replace function desk.judge(w public.workflow_states, by uuid, action text, target text, facts jsonb, note text) returns desk.transition language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare t desk.transition; is_one text := case when by = '0a070000-0000-4000-8000-000000000000' then 'system' else desk.role_of(w.clinic_id, by) end;
begin
  select x.* into t from desk.transitions() x where x.action = judge.action and x.action <> 'open' and x.from_stage = w.current_stage and (target is null or x.to_stage = target)
    and (x.needs is distinct from 'closed_from' or x.to_stage = (desk.last_move(w.clinic_id, w.id)).from_stage) limit 1;
  if not found and w.current_stage = 'completed' then perform desk.refuse('journey_closed', jsonb_build_object('outcome', w.desk_outcome, 'at', w.desk_stage_since)); end if;
  if not found then
    perform desk.refuse('move_not_allowed', jsonb_build_object('stage', w.current_stage, 'action', action,
      'allowed', (select coalesce(jsonb_agg(x.action order by x.nth), '[]') from desk.transitions() x where x.from_stage = w.current_stage and x.action <> 'open' and is_one = any (x.roles))));
  end if;
  if not coalesce(is_one = any (t.roles), false) then perform desk.refuse('role_not_allowed', jsonb_build_object('role', is_one, 'needs', to_jsonb(t.roles))); end if;
  if t.asks_reason and coalesce(btrim(note), '') = '' then perform desk.refuse('reason_missing', jsonb_build_object('field', 'note')); end if;
  perform desk.check_facts(w.clinic_id, facts);
  perform desk.check_owed(w, is_one, facts, note);
  perform desk.check_needs(w, t.needs, facts);
  return t;
end $$;
select desk.close_functions();
