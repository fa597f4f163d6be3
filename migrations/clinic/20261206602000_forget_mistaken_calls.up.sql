-- Why: where a lead was closed by its journey, or because it is gone, and no other call or answer was left, a call that was taken back left it answered in the very moment in which it came,
-- by nobody: `greatest` passes over what is not known. Who moved the journey on answered it; where nobody did, nobody has.

-- As before, with the move that closed it, and no answer where none remains.
create or replace function desk.leave_closed(me desk.member, c desk.contact, l desk.lead, before jsonb) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare at timestamptz; who uuid; is_held_by_call boolean := before ->> 'claimed_by' is null and l.claimed_by = c.person_id;
begin
  select a.at, a.who into at, who from (
    select (before ->> 'answered_at')::timestamptz, (before ->> 'answered_by')::uuid where before ->> 'answered_at' is not null
    union all select x.at, x.person_id from desk.contact x where x.clinic_id = l.clinic_id and x.id <> c.id and x.retracted_at is null and x.effects @> jsonb_build_object('leads', jsonb_build_array(jsonb_build_object('id', l.id)))
    union all select least(coalesce(desk.arg_moment(m.args, 'at'), m.at), m.at), m.person_id from desk.mutation m where m.clinic_id = l.clinic_id and m.args ->> 'id' = l.id::text and m.name = 'lead.answer' and m.status = 'ok'
      and not exists (select from desk.mutation u where u.clinic_id = m.clinic_id and u.args ->> 'id' = l.id::text and u.name = 'lead.unanswer' and u.status = 'ok' and u.args ->> 'of' = m.id::text)
    union all select x.performed_at, x.performed_by from public.workflow_actions x where l.source_table = 'workflow_states' and x.clinic_id = l.clinic_id and x.workflow_id = l.source_id and x.from_stage = 'lead_created' and x.to_stage <> 'lead_created'
  ) a (at, who) order by 1 limit 1;
  at := case when at is not null then greatest(at, l.created_at) end;
  update desk.lead x set answered_at = at, answered_by = who,
    claimed_by = case when is_held_by_call then who else l.claimed_by end, claimed_at = case when is_held_by_call then at else l.claimed_at end,
    outcome = case when l.outcome is distinct from c.outcome then l.outcome else before ->> 'outcome' end, notes = desk.add_note(l.notes, me, 'เรียกคืนการโทรแล้ว ผลที่ปิดไว้ยังอยู่')
  where x.clinic_id = l.clinic_id and x.id = l.id;
end $$;

select desk.close_functions();
