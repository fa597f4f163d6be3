create or replace function desk.put_back_leads(me desk.member, c desk.contact, was jsonb) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare l desk.lead; before jsonb;
begin
  for before in select x from jsonb_array_elements(was) x loop
    select x.* into l from desk.lead x where x.clinic_id = me.clinic_id and x.id = (before ->> 'id')::uuid for update;
    continue when not found;
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

drop function desk.leave_closed(desk.member, desk.contact, desk.lead, jsonb);
