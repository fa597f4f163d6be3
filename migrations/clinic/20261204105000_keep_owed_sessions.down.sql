-- Why: fewer sessions are for everybody who may move.
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
  perform desk.check_needs(w, t.needs, facts);
  return t;
end $$;
drop function desk.check_owed(public.workflow_states, text, jsonb, text);
