-- Why: a call left no trace but perhaps a note, and nothing followed from it. Now it is a row of its own, with who, whom, when and what came of it; the
-- outcome decides what becomes of the task and what comes next, and "do not call me again" holds from that moment.

-- The nine outcomes, as in desk_core::call; a test compares them.
create table desk.call_outcome (
  outcome text primary key,
  key integer not null unique check (key between 1 and 9),  -- the digit that says it
  task text not null check (task in ('done', 'later', 'stop')),  -- the task it was about: done, sleeps until the next try, or is given up with every other call
  next_kind text references desk.task_kind (kind),          -- what follows, if a time is said; none: nothing does
  is_reached boolean not null                               -- the customer was spoken to
);
alter table desk.call_outcome enable row level security;
insert into desk.call_outcome (outcome, key, task, next_kind, is_reached) values
  ('talked', 1, 'done', 'customer_follow_up', true),
  ('booked', 2, 'done', 'appointment_reminder', true),
  ('asked_price', 3, 'done', 'send_proposal', true),
  ('thinking', 4, 'done', 'customer_follow_up', true),
  ('no_answer', 5, 'later', 'customer_follow_up', false),
  ('call_back', 6, 'later', 'customer_follow_up', true),
  ('not_interested', 7, 'done', null, true),
  ('wrong_number', 8, 'done', 'customer_follow_up', false),
  ('do_not_call', 9, 'stop', null, true);

-- A call, out or in. Written once; a mistake is marked as taken back, never changed.
create table desk.contact (
  clinic_id uuid not null references desk.clinic (clinic_id) on delete cascade,
  id uuid not null,
  customer_id uuid,
  lead_id uuid,
  task_id uuid,                       -- the task it was made for
  person_id uuid not null,
  device text,
  direction text not null check (direction in ('out', 'in')),
  outcome text not null references desk.call_outcome (outcome),
  note text check (length(note) <= 2000),
  at timestamptz not null,            -- when it was made: offline, long before it was logged
  logged_at timestamptz not null default now(),
  next_task_id uuid,                  -- what follows from it
  next_at timestamptz,
  effects jsonb not null default '{}',  -- what it changed, for taking it back
  retracted_at timestamptz,
  primary key (clinic_id, id),
  check (customer_id is not null or lead_id is not null),
  foreign key (clinic_id, customer_id) references public.customers (clinic_id, id) on delete cascade,
  foreign key (clinic_id, lead_id) references desk.lead (clinic_id, id) on delete cascade,
  foreign key (clinic_id, person_id) references desk.staff (clinic_id, person_id) on delete cascade
);
create index contact_customer on desk.contact (clinic_id, customer_id, at desc);
create index contact_lead on desk.contact (clinic_id, lead_id) where lead_id is not null;
alter table desk.contact enable row level security;

create function desk.keep_contact() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if to_jsonb(new) - array['retracted_at', 'effects', 'next_task_id', 'next_at'] is distinct from to_jsonb(old) - array['retracted_at', 'effects', 'next_task_id', 'next_at'] then
    raise exception 'a contact is never changed' using errcode = '23514';
  end if;
  return new;
end $$;
create trigger keep_contact before update on desk.contact for each row execute function desk.keep_contact();
select desk.fix_keys('desk.contact');
select desk.watch('desk.contact', 19::smallint, 'id', '''clinic''');
select desk.open_to_desks('desk.contact', 'clinic_id in (select p.clinic_id from desk.my_pairs() p)',
  array['id', 'clinic_id', 'customer_id', 'lead_id', 'task_id', 'person_id', 'direction', 'outcome', 'note', 'at', 'next_task_id', 'next_at', 'retracted_at']);

-- Nobody calls, or is reminded to call, who asked not to be. The consent that was there before is kept with the contact.
create function desk.stop_calls(c desk.contact, preference uuid, me desk.member) returns jsonb language plpgsql set search_path = pg_catalog, pg_temp as $$
declare was jsonb; tasks jsonb; calls jsonb;
begin
  select jsonb_build_object('id', p.id, 'do_not_contact', coalesce(p.do_not_contact, false)) into was from public.customer_preferences p where p.clinic_id = c.clinic_id and p.customer_id = c.customer_id for update;
  insert into public.customer_preferences (id, clinic_id, customer_id, do_not_contact, marketing_opt_in) values (coalesce(preference, gen_random_uuid()), c.clinic_id, c.customer_id, true, false)
  on conflict (customer_id, clinic_id) do update set do_not_contact = true;
  with gone as (update public.task_queue q set status = 'cancelled', completed_by = me.person_id, desk_outcome = 'do_not_call', notes = desk.add_note(q.notes, me, 'ลูกค้าขอไม่ให้โทรอีก')
    from public.workflow_states w, (select t.id, t.status, t.snoozed_until from public.task_queue t where t.clinic_id = c.clinic_id) before
    where q.clinic_id = c.clinic_id and q.status in ('pending', 'in_progress') and w.clinic_id = q.clinic_id and w.id = q.workflow_id and w.customer_id = c.customer_id and before.id = q.id
      and (q.id is not distinct from c.task_id or q.task_type = 'call' or exists (select 1 from desk.task_kind k where k.kind = q.task_type and k.is_call))
    returning q.id, before.status, before.snoozed_until)
  select coalesce(jsonb_agg(jsonb_build_object('id', g.id, 'status', g.status, 'until', g.snoozed_until)), '[]') into tasks from gone g;
  with gone as (update public.followup_executions f set status = 'cancelled' where f.clinic_id = c.clinic_id and f.customer_id = c.customer_id and f.channel = 'call' and f.status = 'pending' returning f.id)
  select coalesce(jsonb_agg(g.id), '[]') into calls from gone g;
  return jsonb_build_object('preference', coalesce(was, jsonb_build_object('do_not_contact', false)), 'tasks', tasks, 'followups', calls);
end $$;

-- What becomes of the task that the call was about.
create function desk.settle_called(c desk.contact, o desk.call_outcome, me desk.member) returns jsonb language plpgsql set search_path = pg_catalog, pg_temp as $$
declare t public.task_queue; line text := concat_ws(' ', '[' || o.outcome || ']', nullif(c.note, ''));
begin
  select q.* into t from public.task_queue q where q.clinic_id = c.clinic_id and q.id = c.task_id for update;
  if not found or t.status in ('completed', 'cancelled') then return null; end if;
  if o.task = 'later' and c.next_at is not null then
    update public.task_queue q set snoozed_until = c.next_at, status = 'pending', desk_started_at = null, desk_started_by = null, desk_woken_at = null, desk_woken_by = null, notes = desk.add_note(q.notes, me, line) where q.clinic_id = t.clinic_id and q.id = t.id;
  else
    update public.task_queue q set status = 'completed', completed_at = now(), completed_by = me.person_id, desk_outcome = o.outcome, notes = desk.add_note(q.notes, me, line) where q.clinic_id = t.clinic_id and q.id = t.id;
  end if;
  return jsonb_build_object('id', t.id, 'status', t.status, 'until', t.snoozed_until, 'started_at', t.desk_started_at, 'started_by', t.desk_started_by);
end $$;

-- A call, with its real time however late it is told. `next_at` is when the next step is due; the person saw it before saving, so it is an argument; which
-- step it is, the outcome says.
create function desk.apply_contact_log(me desk.member, args jsonb) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare c desk.contact; o desk.call_outcome; word text := desk.arg_text(args, 'outcome', 30); settled jsonb; stopped jsonb; journey uuid; follower uuid := desk.arg_id(args, 'next_id'); preference uuid := desk.arg_id(args, 'preference_id');
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
  if c.next_at is null or o.next_kind is null or c.customer_id is null then c.next_at := null; end if;
  -- A clock that runs ahead makes no call of the future.
  insert into desk.contact (clinic_id, id, customer_id, lead_id, task_id, person_id, device, direction, outcome, note, at, next_at)
  values (c.clinic_id, c.id, c.customer_id, c.lead_id, c.task_id, c.person_id, c.device, c.direction, word, c.note, least(c.at, now()), c.next_at);
  if c.direction = 'in' and c.customer_id is not null then perform desk.wake_tasks(c.clinic_id, c.customer_id, 'reply'); end if;
  if o.task = 'stop' and c.customer_id is not null then stopped := desk.stop_calls(c, preference, me); end if;
  settled := desk.settle_called(c, o, me);
  if c.next_at is not null and not (o.task = 'later' and settled is not null) then
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
  update desk.contact x set next_task_id = c.next_task_id, effects = jsonb_strip_nulls(jsonb_build_object('task', settled, 'stopped', stopped, 'made', case when c.next_task_id = follower then follower end)) where x.clinic_id = c.clinic_id and x.id = c.id;
end $$;

-- The desk that logged it takes it back: task, consent and later calls are as they were, unless somebody has changed them since.
create function desk.apply_contact_retract(me desk.member, args jsonb) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
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
  update desk.contact x set retracted_at = now() where x.clinic_id = me.clinic_id and x.id = key;
end $$;

create function desk.put_back_called(me desk.member, c desk.contact, was jsonb) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare t public.task_queue;
begin
  select q.* into t from public.task_queue q where q.clinic_id = me.clinic_id and q.id = (was ->> 'id')::uuid for update;
  if t.status = 'completed' and (t.completed_by is distinct from me.person_id or t.desk_outcome is distinct from c.outcome) or t.status <> 'completed' and t.snoozed_until is distinct from c.next_at then
    perform desk.refuse_changed(me, 'status', t.status, t.completed_by);
  end if;
  update public.task_queue q set status = was ->> 'status', snoozed_until = (was ->> 'until')::timestamptz, desk_started_at = (was ->> 'started_at')::timestamptz, desk_started_by = (was ->> 'started_by')::uuid,
    notes = desk.add_note(q.notes, me, 'เปิดงานอีกครั้ง')
  where q.clinic_id = t.clinic_id and q.id = t.id;
end $$;

insert into desk.action (name, version, decider) values
  ('contact.log', 1, 'desk.apply_contact_log(desk.member, jsonb)'), ('contact.retract', 1, 'desk.apply_contact_retract(desk.member, jsonb)');
select desk.close_functions();
