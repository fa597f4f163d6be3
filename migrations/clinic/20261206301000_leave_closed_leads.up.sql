-- Why: a call that was logged by mistake could not be taken back once the lead was closed with something else: the wish was refused whole, and the mistake stayed on
-- record as the first answer. Now what the call did goes, and what was decided after it stands.

-- A lead that was closed otherwise since: it stays closed as it is, and says so. Who answered it first, and when, is what remains without this call.
create function desk.leave_closed(me desk.member, c desk.contact, l desk.lead, before jsonb) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
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

create or replace function desk.put_back_leads(me desk.member, c desk.contact, was jsonb) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare l desk.lead; before jsonb;
begin
  for before in select x from jsonb_array_elements(was) x loop
    select x.* into l from desk.lead x where x.clinic_id = me.clinic_id and x.id = (before ->> 'id')::uuid for update;
    continue when not found;
    if l.status = 'closed' and (l.outcome is distinct from c.outcome or not exists (select from desk.lead_outcome o where o.word = c.outcome and o.closes)) then
      perform desk.leave_closed(me, c, l, before);
      continue;
    end if;
    if l.outcome is distinct from c.outcome
      or exists (select from desk.mutation x where x.clinic_id = me.clinic_id and x.args ->> 'id' = l.id::text and x.name like 'lead.%' and x.status = 'ok' and x.at > c.logged_at)
      or exists (select from desk.contact x where x.clinic_id = me.clinic_id and x.id <> c.id and x.retracted_at is null and x.logged_at > c.logged_at and x.effects @> jsonb_build_object('leads', jsonb_build_array(jsonb_build_object('id', l.id)))) then
      perform desk.refuse_changed(me, 'status', l.status, coalesce(l.claimed_by, l.answered_by));
    end if;
    update desk.lead x set status = before ->> 'status', claimed_by = (before ->> 'claimed_by')::uuid, claimed_at = (before ->> 'claimed_at')::timestamptz, answered_at = (before ->> 'answered_at')::timestamptz,
      answered_by = (before ->> 'answered_by')::uuid, outcome = before ->> 'outcome', next_at = (before ->> 'next_at')::timestamptz
    where x.clinic_id = l.clinic_id and x.id = l.id;
  end loop;
end $$;

select desk.close_functions();
