-- Why: a call that was logged for a lead, or for the customer whose lead it is, left the lead waiting: its clock ran on and it was passed to the next person although
-- somebody had just spoken to them. What came of a call is one thing now, from wherever it was made.

-- Somebody has called or written: whose lead it is makes no difference, it has happened. The earliest answer stops the clock.
create function desk.take_answer(me desk.member, l desk.lead, said text, at timestamptz, again timestamptz, note text) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare o desk.lead_outcome; moment timestamptz := greatest(at, l.created_at); is_first boolean := l.answered_at is null or greatest(at, l.created_at) < l.answered_at;
begin
  select x.* into o from desk.lead_outcome x where x.word = said;
  update desk.lead x set answered_at = case when is_first then moment else l.answered_at end, answered_by = case when is_first then me.person_id else l.answered_by end,
    outcome = case when l.status = 'closed' and not is_first then l.outcome else said end, next_at = case when o.closes then null else again end, status = case when o.closes or l.status = 'closed' then 'closed' else 'claimed' end,
    claimed_by = coalesce(l.claimed_by, me.person_id), claimed_at = coalesce(l.claimed_at, moment), notes = case when note is null then l.notes else desk.add_note(l.notes, me, note) end
  where x.clinic_id = l.clinic_id and x.id = l.id;
  perform desk.tell_web_of_answer(l, moment);
end $$;

create or replace function desk.apply_lead_answer(me desk.member, args jsonb) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare l desk.lead := desk.locked_lead(me, desk.arg_uuid(args, 'id')); said text := desk.arg_text(args, 'outcome', 40); note text := nullif(desk.arg_text(args, 'note', 2000), '');
  moment timestamptz := least(coalesce(desk.arg_moment(args, 'at'), now()), now()); again timestamptz := desk.arg_moment(args, 'next_at'); o desk.lead_outcome;
begin
  select x.* into o from desk.lead_outcome x where x.word = said;
  if not found then perform desk.refuse('value_not_allowed', '{"field":"outcome"}'); end if;
  if moment < l.created_at - interval '1 day' then perform desk.refuse('date_out_of_range', '{"field":"at"}'); end if;
  if again is not null and (o.closes or again < moment or again > now() + interval '366 days') then perform desk.refuse('date_out_of_range', '{"field":"next_at"}'); end if;
  perform desk.take_answer(me, l, said, moment, again, note);
end $$;

-- The leads that a call answers: the one it was made for, else every one of this customer's that was there when it was made (or that the call itself made) and is
-- not closed. Answers how they stood.
create function desk.answer_leads(c desk.contact, me desk.member, journey uuid) returns jsonb language plpgsql set search_path = pg_catalog, pg_temp as $$
declare l desk.lead; was jsonb := '[]'; is_theirs boolean := c.lead_id is null;
begin
  if is_theirs and not coalesce(desk.role_of(me.clinic_id, me.person_id) = any (array['sales', 'front_desk', 'manager', 'owner']), false) then return null; end if;
  if not is_theirs then l := desk.locked_lead(me, c.lead_id); end if;
  for l in select x.* from desk.lead x where x.clinic_id = c.clinic_id and (x.id = c.lead_id or is_theirs and x.customer_id = c.customer_id and x.status <> 'closed'
      and (x.created_at <= c.at or x.source_table = 'workflow_states' and x.source_id = journey)) order by x.id for update loop
    was := was || jsonb_build_object('id', l.id, 'status', l.status, 'claimed_by', l.claimed_by, 'claimed_at', l.claimed_at, 'answered_at', l.answered_at, 'answered_by', l.answered_by, 'outcome', l.outcome, 'next_at', l.next_at);
    perform desk.take_answer(me, l, c.outcome, c.at, case when is_theirs then l.next_at else c.next_at end, c.note);
  end loop;
  return case when was <> '[]' then was end;
end $$;

-- A call that was a mistake answered nobody, unless somebody has gone on from there.
create function desk.put_back_leads(me desk.member, c desk.contact, was jsonb) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
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

create or replace function desk.apply_contact_log(me desk.member, args jsonb) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare c desk.contact; o desk.call_outcome; word text := desk.arg_text(args, 'outcome', 30); settled jsonb; stopped jsonb; journey uuid; follower uuid := desk.arg_id(args, 'next_id'); preference uuid := desk.arg_id(args, 'preference_id'); leads jsonb;
begin
  c.clinic_id := me.clinic_id; c.id := desk.arg_uuid(args, 'id'); c.customer_id := desk.arg_id(args, 'customer_id'); c.lead_id := desk.arg_id(args, 'lead_id'); c.task_id := desk.arg_id(args, 'task_id');
  c.person_id := me.person_id; c.device := me.device; c.direction := desk.arg_text(args, 'direction', 20); c.note := nullif(desk.arg_text(args, 'note', 2000), ''); c.at := desk.arg_instant(args, 'at'); c.next_at := desk.arg_moment(args, 'next_at');
  select x.* into o from desk.call_outcome x where x.outcome = word;
  if not found then perform desk.refuse('value_not_allowed', '{"field":"outcome"}'); end if;
  if c.direction is null or c.direction not in ('in', 'out') then perform desk.refuse('value_not_allowed', '{"field":"direction"}'); end if;
  if c.at < now() - interval '31 days' then perform desk.refuse('date_out_of_range', '{"field":"at"}'); end if;
  if c.next_at not between now() - interval '31 days' and now() + interval '366 days' then perform desk.refuse('date_out_of_range', '{"field":"next_at"}'); end if;
  if c.lead_id is not null then
    select coalesce(c.customer_id, l.customer_id) into c.customer_id from desk.lead l where l.clinic_id = c.clinic_id and l.id = c.lead_id;
    if not found then perform desk.refuse('lead_not_found'); end if;
  end if;
  if c.customer_id is null and c.lead_id is null or c.customer_id is not null and not exists (select 1 from public.customers x where x.clinic_id = c.clinic_id and x.id = c.customer_id) then perform desk.refuse('customer_not_found'); end if;
  if c.task_id is not null and not exists (select 1 from public.task_queue q join public.workflow_states w on w.id = q.workflow_id where q.clinic_id = c.clinic_id and q.id = c.task_id and w.customer_id = c.customer_id) then perform desk.refuse('task_not_found'); end if;
  if c.next_at is null or o.next_kind is null or coalesce(c.customer_id, c.lead_id) is null then c.next_at := null; end if;
  -- A clock that runs ahead makes no call of the future.
  insert into desk.contact (clinic_id, id, customer_id, lead_id, task_id, person_id, device, direction, outcome, note, at, next_at)
  values (c.clinic_id, c.id, c.customer_id, c.lead_id, c.task_id, c.person_id, c.device, c.direction, word, c.note, least(c.at, now()), c.next_at);
  if c.direction = 'in' and c.customer_id is not null then perform desk.wake_tasks(c.clinic_id, c.customer_id, 'reply'); end if;
  if o.task = 'stop' and c.customer_id is not null then stopped := desk.stop_calls(c, preference, me); end if;
  settled := desk.settle_called(c, o, me);
  -- What follows a call with a lead stays with the lead.
  if c.next_at is not null and c.lead_id is null and not (o.task = 'later' and settled is not null) then
    journey := desk.journey_for(c.clinic_id, c.customer_id, coalesce(desk.arg_id(args, 'journey_id'), (select q.workflow_id from public.task_queue q where q.clinic_id = c.clinic_id and q.id = c.task_id)), me.person_id);
    if exists (select 1 from public.task_queue q where q.id = follower) then follower := null; end if;
    follower := coalesce(follower, gen_random_uuid());
    c.next_task_id := desk.create_task(c.clinic_id, journey, o.next_kind, case when exists (select 1 from desk.task_kind k where k.kind = o.next_kind and desk.role_of(c.clinic_id, me.person_id) = any (k.roles || array['owner', 'manager'])) then me.person_id end, c.next_at,
      jsonb_strip_nulls(jsonb_build_object('id', follower, 'follows', c.task_id, 'title', case word when 'wrong_number' then 'หาเบอร์ใหม่ของ' || coalesce(desk.customer_name(c.clinic_id, journey), '') end, 'contact', c.id)), me.person_id);
    -- One of that kind was open already: it is due when this call says, if that is sooner.
    if c.next_task_id <> follower then
      update public.task_queue q set due_date = c.next_at, snoozed_until = null where q.clinic_id = c.clinic_id and q.id = c.next_task_id and coalesce(q.due_date, 'infinity') > c.next_at;
    end if;
  end if;
  c.outcome := word;
  leads := desk.answer_leads(c, me, journey);
  update desk.contact x set next_task_id = c.next_task_id, effects = jsonb_strip_nulls(jsonb_build_object('task', settled, 'stopped', stopped, 'made', case when c.next_task_id = follower then follower end, 'leads', leads)) where x.clinic_id = c.clinic_id and x.id = c.id;
end $$;

create or replace function desk.apply_contact_retract(me desk.member, args jsonb) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare m desk.mutation := desk.undoing(me, args, 'contact.log'); c desk.contact; t public.task_queue; key uuid; e jsonb;
begin
  if m.status <> 'ok' then return; end if;
  key := desk.arg_uuid(m.args, 'id');
  select x.* into c from desk.contact x where x.clinic_id = me.clinic_id and x.id = key for update;
  if not found then perform desk.refuse('nothing_to_undo'); end if;
  e := c.effects;
  if e ? 'made' then
    select q.* into t from public.task_queue q where q.clinic_id = me.clinic_id and q.id = (e ->> 'made')::uuid for update;
    if t.status <> 'pending' or t.desk_started_at is not null then perform desk.refuse_changed(me, 'next', t.status, coalesce(t.completed_by, t.desk_started_by)); end if;
    update public.task_queue q set status = 'cancelled', completed_by = me.person_id, desk_archived_at = now() where q.clinic_id = t.clinic_id and q.id = t.id;
  end if;
  if e ? 'task' then perform desk.put_back_called(me, c, e -> 'task'); end if;
  if e ? 'stopped' then
    update public.customer_preferences p set do_not_contact = (e #>> '{stopped,preference,do_not_contact}')::boolean where p.clinic_id = me.clinic_id and p.customer_id = c.customer_id;
    update public.task_queue q set status = x.value ->> 'status', snoozed_until = (x.value ->> 'until')::timestamptz from jsonb_array_elements(e #> '{stopped,tasks}') x
    where q.clinic_id = me.clinic_id and q.id = (x.value ->> 'id')::uuid and q.status = 'cancelled' and q.desk_outcome = 'do_not_call';
    update public.followup_executions f set status = 'pending' from jsonb_array_elements_text(e #> '{stopped,followups}') x where f.clinic_id = me.clinic_id and f.id = x.value::uuid and f.status = 'cancelled';
  end if;
  if e ? 'leads' then perform desk.put_back_leads(me, c, e -> 'leads'); end if;
  update desk.contact x set retracted_at = now() where x.clinic_id = me.clinic_id and x.id = key;
end $$;

select desk.close_functions();
