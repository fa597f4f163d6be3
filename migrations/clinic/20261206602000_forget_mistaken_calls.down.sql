-- Of a lead whose journey closed it, only calls and answers are asked for again.
create or replace function desk.leave_closed(me desk.member, c desk.contact, l desk.lead, before jsonb) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare at timestamptz; who uuid; is_held_by_call boolean := before ->> 'claimed_by' is null and l.claimed_by = c.person_id;
begin
  select a.at, a.who into at, who from (
    select (before ->> 'answered_at')::timestamptz, (before ->> 'answered_by')::uuid where before ->> 'answered_at' is not null
    union all select x.at, x.person_id from desk.contact x where x.clinic_id = l.clinic_id and x.id <> c.id and x.retracted_at is null and x.effects @> jsonb_build_object('leads', jsonb_build_array(jsonb_build_object('id', l.id)))
    union all select least(coalesce(desk.arg_moment(m.args, 'at'), m.at), m.at), m.person_id from desk.mutation m where m.clinic_id = l.clinic_id and m.args ->> 'id' = l.id::text and m.name = 'lead.answer' and m.status = 'ok'
      and not exists (select from desk.mutation u where u.clinic_id = m.clinic_id and u.args ->> 'id' = l.id::text and u.name = 'lead.unanswer' and u.status = 'ok' and u.args ->> 'of' = m.id::text)
  ) a (at, who) order by 1 limit 1;
  at := greatest(at, l.created_at);
  update desk.lead x set answered_at = coalesce(at, l.answered_at), answered_by = case when at is null then l.answered_by else who end,
    claimed_by = case when is_held_by_call then coalesce(who, l.claimed_by) else l.claimed_by end, claimed_at = case when is_held_by_call then coalesce(at, l.claimed_at) else l.claimed_at end,
    outcome = case when l.outcome is distinct from c.outcome then l.outcome else before ->> 'outcome' end, notes = desk.add_note(l.notes, me, 'เรียกคืนการโทรแล้ว ผลที่ปิดไว้ยังอยู่')
  where x.clinic_id = l.clinic_id and x.id = l.id;
end $$;

select desk.close_functions();
