-- Why: leads are as they were before: a list that the web system fills, told to everyone at once.
do $$ declare t text; begin
  foreach t in array array['lead_scoring_data', 'sales_leads'] loop
    if to_regclass('public.' || t) is not null then execute format('drop trigger if exists desk_lead_gone on public.%I', t); end if;
  end loop;
end $$;
delete from desk.timer where kind = 'lead.escalate';
delete from desk.timer_kind where kind = 'lead.escalate';
create or replace function desk.catch_journey_lead() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare c public.customers;
begin
  if tg_op = 'UPDATE' then
    update desk.lead set status = 'closed' where clinic_id = new.clinic_id and source_table = 'workflow_states' and source_id = new.id and status <> 'closed';
    return null;
  end if;
  select * into c from public.customers where clinic_id = new.clinic_id and id = new.customer_id;
  perform desk.record_lead(new.clinic_id, coalesce(c.nickname, c.full_name), c.phone, c.email, 'journey',
    coalesce(desk.number_in(new.scan_results ->> 'urgencyScore'), desk.number_in(new.metadata ->> 'score')),
    case when jsonb_typeof(new.metadata) = 'object' then new.metadata else '{}' end, 'workflow_states', new.id, new.customer_id, null);
  return null;
exception
  when transaction_rollback or lock_not_available or operator_intervention then raise;
  when others then perform desk.note_problem('workflow_states', 'lead_unreadable', sqlstate); return null;
end $$;
create or replace function desk.catch_lead() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare r jsonb := to_jsonb(new); meta jsonb := case when jsonb_typeof(r -> 'metadata') = 'object' then r -> 'metadata' else '{}' end; state text;
begin
  if tg_table_name = 'sales_leads' then
    state := case when r ->> 'status' in ('won', 'lost') then 'closed' when r ->> 'status' in ('contacted', 'qualified', 'proposal_sent', 'negotiation') then 'claimed' end;
  end if;
  perform desk.record_lead((r ->> 'clinic_id')::uuid, coalesce(r ->> 'customer_name', r ->> 'name'), coalesce(r ->> 'customer_phone', r ->> 'phone'), coalesce(r ->> 'customer_email', r ->> 'email'),
    coalesce(r ->> 'source', meta ->> 'source', tg_table_name), desk.number_in(coalesce(r ->> 'overall_score', r ->> 'score')), meta, tg_table_name, (r ->> 'id')::uuid, null, state);
  return null;
exception
  when transaction_rollback or lock_not_available or operator_intervention then raise;
  when others then perform desk.note_problem(tg_table_name, 'lead_unreadable', sqlstate); return null;
end $$;
create or replace function desk.tell_hot_lead() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  if new.status <> 'open' and tg_op = 'UPDATE' and old.status = 'open' then
    update public.notifications set is_read = true where clinic_id = new.clinic_id and type = 'hot_lead' and metadata ->> 'subject' = 'lead:' || new.id and not coalesce(is_read, false);
  end if;
  if not new.is_hot or new.status <> 'open' or (tg_op = 'UPDATE' and old.is_hot and old.status = 'open') then return null; end if;
  insert into public.notifications (user_id, clinic_id, type, title, message, priority, action_url, metadata)
  select s.person_id, new.clinic_id, 'hot_lead', 'ลีดร้อน: ' || desk.short_name(new.name), coalesce(new.reasons ->> 0, 'ลีดใหม่'), 'critical', '/leads/' || new.id,
    jsonb_build_object('subject', 'lead:' || new.id, 'lead_id', new.id)
  from desk.staff s join public.users u on u.id = s.person_id
  where s.clinic_id = new.clinic_id and s.active and s.role in ('sales', 'front_desk', 'manager', 'owner')
  on conflict do nothing;
  return null;
end $$;
drop function desk.uuid_in(text);
drop function desk.record_lead(desk.found_lead);
drop type desk.found_lead;
create function desk.record_lead(clinic uuid, person text, tel text, mail text, origin text, points integer, meta jsonb, tbl text, row_id uuid, customer uuid, state text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare s int := least(greatest(coalesce(points, 0), 0), 100); threshold int; why text[]; hot boolean; cust uuid := customer;
begin
  select hot_lead_threshold into threshold from desk.clinic d where d.clinic_id = clinic;
  if not found then perform desk.note_problem(tbl, 'lead_without_clinic', null); return; end if;
  why := desk.lead_signals(coalesce(meta, '{}'));
  hot := s >= threshold or cardinality(why) > 0;
  why := case when s >= threshold then why || format('คะแนน %s จาก 100', s) when cardinality(why) = 0 then array[format('คะแนน %s จาก 100', s)] else why end;
  if cust is null then
    select c.id into cust from public.customers c where c.clinic_id = clinic and ((tel <> '' and c.phone = tel) or (mail <> '' and c.email = mail)) order by c.created_at limit 1;
  end if;
  insert into desk.lead as l (clinic_id, customer_id, name, phone, email, source, score, is_hot, reasons, status, source_table, source_id)
  values (clinic, cust, left(coalesce(nullif(btrim(person), ''), 'ลูกค้าใหม่'), 200), left(tel, 60), left(mail, 254), left(origin, 60), s, hot, to_jsonb(why), coalesce(state, 'open'), tbl, row_id)
  on conflict (clinic_id, source_table, source_id) do update set name = excluded.name, phone = excluded.phone, email = excluded.email, source = excluded.source, score = excluded.score,
    is_hot = excluded.is_hot, reasons = excluded.reasons, customer_id = coalesce(l.customer_id, excluded.customer_id), status = case when state is null or l.status = 'closed' then l.status else state end;
end $$;
drop function desk.escalate_lead(desk.timer);
drop function desk.tell_lead(desk.lead, uuid[], text);
drop function desk.arm_lead(desk.lead, timestamptz);
drop trigger address_lead on desk.lead;
drop function desk.address_lead();
drop function desk.is_waiting(desk.lead);
drop function desk.next_opening(uuid, timestamptz);
drop function desk.next_for_lead(desk.lead);
drop function desk.first_for_lead(uuid, uuid);
drop function desk.is_present(uuid, uuid);
drop function desk.reachable(uuid, text[]);
drop function desk.lead_facts(text, integer, boolean, jsonb);
drop function desk.score_lead(jsonb);
drop type desk.lead_score;
drop table desk.score_weight;
drop index desk.lead_waiting;
revoke select (assigned_to, told, hot_at, claimed_at, answered_at, answered_by, outcome, next_at, notes, passed_to, passed_at, raised_at, message, bought, score_low, score_high, factors) on desk.lead from desk_member;
alter table desk.lead drop column factors, drop column score_high, drop column score_low, drop column bought, drop column message, drop column raised_at, drop column passed_at, drop column passed_to, drop column notes, drop column next_at,
  drop column outcome, drop column answered_by, drop column answered_at, drop column claimed_at, drop column hot_at, drop column told, drop column assigned_to;
revoke select (pass_lead_after, raise_lead_after) on desk.clinic from desk_member;
alter table desk.clinic drop column raise_lead_after, drop column pass_lead_after;
select desk.close_functions();
