-- Why: without these actions the hours stay as they were said last, and nothing follows them.
delete from desk.action where name in ('clinic.set_opening', 'clinic.close_day', 'clinic.open_day');
drop trigger follow_opening on desk.closed_day;
drop trigger follow_opening on desk.clinic;
drop function desk.follow_opening();
drop function desk.rearm_leads(uuid);
create or replace function desk.arm_lead(l desk.lead, since timestamptz) returns void language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare c desk.clinic; due timestamptz;
begin
  select x.* into c from desk.clinic x where x.clinic_id = l.clinic_id;
  delete from desk.timer t where t.clinic_id = l.clinic_id and t.kind = 'lead.escalate' and t.occasion in ('pass:' || l.id, 'raise:' || l.id) and t.state = 'dropped';
  due := desk.opening_after(l.clinic_id, since, c.pass_lead_after);
  if l.passed_at is null and due is not null then perform desk.arm(l.clinic_id, 'lead.escalate', 'pass:' || l.id, due, null, jsonb_build_object('lead', l.id, 'step', 'pass')); end if;
  due := desk.opening_after(l.clinic_id, since, c.raise_lead_after);
  if l.raised_at is null and due is not null then perform desk.arm(l.clinic_id, 'lead.escalate', 'raise:' || l.id, due, null, jsonb_build_object('lead', l.id, 'step', 'raise')); end if;
end $$;
drop function desk.apply_clinic_open_day(desk.member, jsonb);
drop function desk.apply_clinic_close_day(desk.member, jsonb);
drop function desk.apply_clinic_set_opening(desk.member, jsonb);
drop function desk.hours_editor(uuid, text);
drop function desk.hours_of(text);
drop function desk.hours_text(jsonb);
