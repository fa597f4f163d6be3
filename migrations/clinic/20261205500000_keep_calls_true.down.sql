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

create or replace function desk.apply_lead_unanswer(me desk.member, args jsonb) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
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

drop function desk.hand_stop_over(desk.contact);
