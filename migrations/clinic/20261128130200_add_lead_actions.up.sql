-- Why: what a person does with a lead. The first to take it has it, whoever else presses at the same moment; an answer that was given offline counts with the
-- time at which it was given, and the earliest one stops the clock.

-- What can come of a contact: of a call, or a message. `closes`: nothing is left to be done on the lead. The same list is desk_core::lead; a test compares them.
create table desk.lead_outcome (
  word text primary key,
  closes boolean not null
);
alter table desk.lead_outcome enable row level security;
insert into desk.lead_outcome (word, closes) values ('talked', false), ('booked', true), ('asked_price', false), ('thinking', false), ('no_answer', false), ('call_back', false),
  ('not_interested', true), ('wrong_number', true), ('do_not_call', true), ('messaged', false);

-- A lead, locked. Another clinic's and none are the same answer.
create function desk.locked_lead(me desk.member, id uuid) returns desk.lead language plpgsql set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_variable
declare l desk.lead;
begin
  perform desk.require_role(me, array['sales', 'front_desk', 'manager', 'owner']);
  select x.* into l from desk.lead x where x.clinic_id = me.clinic_id and x.id = id for update;
  if not found then perform desk.refuse('lead_not_found'); end if;
  return l;
end $$;

create function desk.apply_lead_claim(me desk.member, args jsonb) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare l desk.lead := desk.locked_lead(me, desk.arg_uuid(args, 'id'));
begin
  if l.status = 'closed' then perform desk.refuse('lead_closed', jsonb_build_object('by', desk.nickname_of(me.clinic_id, l.answered_by), 'at', l.answered_at, 'outcome', l.outcome)); end if;
  if l.status = 'claimed' and l.claimed_by = me.person_id then return; end if;
  if l.status = 'claimed' then perform desk.refuse('lead_taken', jsonb_build_object('by', desk.nickname_of(me.clinic_id, l.claimed_by), 'at', coalesce(l.claimed_at, l.updated_at))); end if;
  update desk.lead x set status = 'claimed', claimed_by = me.person_id, claimed_at = now() where x.clinic_id = l.clinic_id and x.id = l.id;
end $$;

-- Back to those who were told of it; by who has it, or by a manager for somebody who is away.
create function desk.apply_lead_release(me desk.member, args jsonb) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare l desk.lead := desk.locked_lead(me, desk.arg_uuid(args, 'id'));
begin
  if l.status = 'closed' then perform desk.refuse('lead_closed', jsonb_build_object('by', desk.nickname_of(me.clinic_id, l.answered_by), 'at', l.answered_at, 'outcome', l.outcome)); end if;
  if l.status = 'open' then return; end if;
  if l.claimed_by is distinct from me.person_id and desk.role_of(me.clinic_id, me.person_id) not in ('manager', 'owner') then
    perform desk.refuse('lead_taken', jsonb_build_object('by', desk.nickname_of(me.clinic_id, l.claimed_by), 'at', coalesce(l.claimed_at, l.updated_at)));
  end if;
  update desk.lead x set status = 'open' where x.clinic_id = l.clinic_id and x.id = l.id;
end $$;

-- Somebody has called or written. It is never refused because a colleague was quicker: it has happened.
create function desk.apply_lead_answer(me desk.member, args jsonb) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare l desk.lead := desk.locked_lead(me, desk.arg_uuid(args, 'id')); said text := desk.arg_text(args, 'outcome', 40); note text := nullif(desk.arg_text(args, 'note', 2000), '');
  moment timestamptz := least(coalesce(desk.arg_moment(args, 'at'), now()), now()); again timestamptz := desk.arg_moment(args, 'next_at'); o desk.lead_outcome; is_first boolean;
begin
  select x.* into o from desk.lead_outcome x where x.word = said;
  if not found then perform desk.refuse('value_not_allowed', '{"field":"outcome"}'); end if;
  if moment < l.created_at - interval '1 day' then perform desk.refuse('date_out_of_range', '{"field":"at"}'); end if;
  if again is not null and (o.closes or again < moment or again > now() + interval '366 days') then perform desk.refuse('date_out_of_range', '{"field":"next_at"}'); end if;
  moment := greatest(moment, l.created_at); is_first := l.answered_at is null or moment < l.answered_at;
  update desk.lead x set answered_at = case when is_first then moment else l.answered_at end, answered_by = case when is_first then me.person_id else l.answered_by end,
    outcome = case when l.status = 'closed' and not is_first then l.outcome else said end, next_at = case when o.closes then null else again end, status = case when o.closes or l.status = 'closed' then 'closed' else 'claimed' end,
    claimed_by = coalesce(l.claimed_by, me.person_id), claimed_at = coalesce(l.claimed_at, moment), notes = case when note is null then l.notes else desk.add_note(l.notes, me, note) end
  where x.clinic_id = l.clinic_id and x.id = l.id;
  perform desk.tell_web_of_answer(l, moment);
end $$;

-- The web system's own list follows, where it has the columns: a new lead is contacted now. What it cannot take is noted, and the answer stands.
create function desk.tell_web_of_answer(l desk.lead, moment timestamptz) returns void language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  if l.source_table <> 'sales_leads' or l.answered_at is not null or to_regclass('public.sales_leads') is null then return; end if;
  execute 'update public.sales_leads set status = ''contacted'' where clinic_id = $1 and id = $2 and status::text = ''new''' using l.clinic_id, l.source_id;
  if exists (select from pg_attribute where attrelid = to_regclass('public.sales_leads') and attname = 'last_contacted_at' and not attisdropped) then
    execute 'update public.sales_leads set last_contacted_at = $3 where clinic_id = $1 and id = $2' using l.clinic_id, l.source_id, moment;
  end if;
exception
  when transaction_rollback or lock_not_available or operator_intervention then raise;
  when others then perform desk.note_problem('sales_leads', 'lead_not_written_back', sqlstate);
end $$;

-- A claim that was a mistake.
create function desk.apply_lead_unclaim(me desk.member, args jsonb) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare m desk.mutation := desk.undoing(me, args, 'lead.claim'); l desk.lead;
begin
  if m.status <> 'ok' then return; end if;
  l := desk.locked_lead(me, desk.arg_uuid(m.args, 'id'));
  if l.status <> 'claimed' or l.claimed_by is distinct from me.person_id or l.claimed_at is distinct from m.at then perform desk.refuse_changed(me, 'status', l.status, l.claimed_by); end if;
  update desk.lead x set status = 'open' where x.clinic_id = l.clinic_id and x.id = l.id;
end $$;

-- An outcome that was a mistake. What it replaced comes from the desk that wrote it; nobody may have answered since.
create function desk.apply_lead_unanswer(me desk.member, args jsonb) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare m desk.mutation := desk.undoing(me, args, 'lead.answer'); l desk.lead; was text := coalesce(desk.arg_text(args, 'status', 20), 'open'); before text := desk.arg_text(args, 'outcome', 40); at timestamptz := desk.arg_moment(args, 'answered_at');
  who uuid := case when coalesce(jsonb_typeof(args -> 'answered_by'), 'null') <> 'null' then desk.arg_uuid(args, 'answered_by') end; holder uuid := case when coalesce(jsonb_typeof(args -> 'claimed_by'), 'null') <> 'null' then desk.arg_uuid(args, 'claimed_by') end;
begin
  if was not in ('open', 'claimed', 'closed') then perform desk.refuse('value_not_allowed', '{"field":"status"}'); end if;
  if before is not null and not exists (select from desk.lead_outcome o where o.word = before) then perform desk.refuse('value_not_allowed', '{"field":"outcome"}'); end if;
  if exists (select from unnest(array[who, holder]) p where p is not null and not exists (select from desk.staff s where s.clinic_id = me.clinic_id and s.person_id = p)) then perform desk.refuse('person_not_found'); end if;
  if m.status <> 'ok' then return; end if;
  l := desk.locked_lead(me, desk.arg_uuid(m.args, 'id'));
  if exists (select from desk.mutation x where x.clinic_id = me.clinic_id and x.args ->> 'id' = m.args ->> 'id' and x.name like 'lead.%' and x.status = 'ok' and x.at > m.at and x.id <> m.id) then
    perform desk.refuse_changed(me, 'status', l.status, coalesce(l.claimed_by, l.answered_by));
  end if;
  update desk.lead x set status = was, claimed_by = holder, claimed_at = case when holder is not distinct from l.claimed_by then l.claimed_at end, answered_at = at, answered_by = who, outcome = before, next_at = null
  where x.clinic_id = l.clinic_id and x.id = l.id;
end $$;

insert into desk.action (name, version, decider) values
  ('lead.claim', 1, 'desk.apply_lead_claim(desk.member, jsonb)'), ('lead.release', 1, 'desk.apply_lead_release(desk.member, jsonb)'), ('lead.answer', 1, 'desk.apply_lead_answer(desk.member, jsonb)'),
  ('lead.unclaim', 1, 'desk.apply_lead_unclaim(desk.member, jsonb)'), ('lead.unanswer', 1, 'desk.apply_lead_unanswer(desk.member, jsonb)');
select desk.close_functions();
