-- Why: a task was a free word with a priority that somebody typed; two sources made the same one, a finished one was deleted after a month, and none ever found
-- a person by itself. Now its kind is data, one function makes tasks, what follows one comes by itself and once, and none is deleted.

-- The eight kinds, as in desk_core::task; a test compares them.
create table desk.task_kind (
  kind text primary key,
  priority text not null check (priority in ('low', 'medium', 'high', 'critical')),  -- when nobody says another
  minutes integer not null check (minutes > 0),          -- how long it takes
  roles text[] not null check (cardinality(roles) > 0),  -- who may be given it, the most suitable first
  assigns_itself boolean not null,                       -- given to somebody without being asked
  base integer not null,                                 -- where the formula of the priority begins
  is_call boolean not null,                              -- done by calling the customer
  next_kind text references desk.task_kind (kind),       -- what follows when it is done
  next_days integer,                                     -- how many days later
  title text not null check (title like '%{}%'),         -- {} is the customer
  check ((next_kind is null) = (next_days is null))
);
alter table desk.task_kind enable row level security;
insert into desk.task_kind (kind, priority, minutes, roles, assigns_itself, base, is_call, next_kind, next_days, title) values
  ('scan_customer', 'high', 15, '{sales}', true, 90, false, 'send_proposal', 0, 'สแกนผิว {}'),
  ('send_proposal', 'high', 30, '{sales}', true, 80, false, null, null, 'ส่งใบเสนอราคาให้{}'),
  ('prepare_treatment', 'medium', 20, '{beautician}', true, 60, false, null, null, 'เตรียมทรีตเมนต์ของ{}'),
  ('follow_up_upsell', 'medium', 10, '{sales}', true, 40, true, 'customer_follow_up', 7, 'แนะนำบริการต่อให้{}'),
  ('customer_follow_up', 'low', 5, '{sales,beautician}', true, 30, true, null, null, 'โทรติดตาม{}'),
  ('payment_reminder', 'high', 5, '{sales}', false, 100, true, null, null, 'เตือนชำระเงิน {}'),
  ('appointment_reminder', 'medium', 3, '{front_desk,sales}', true, 70, true, null, null, 'โทรเตือนนัด{}'),
  ('review_request', 'low', 5, '{sales}', true, 20, true, null, null, 'ขอรีวิวจาก{}');

alter table public.task_queue
  add column desk_started_at timestamptz,                -- when somebody began it
  add column desk_started_by uuid,                       -- who
  add column desk_woken_at timestamptz,                  -- woken before its snooze was over, then
  add column desk_woken_by text constraint desk_task_queue_woken_by check (desk_woken_by in ('reply', 'payment', 'check_in')),  -- by what
  add column desk_follows uuid,                          -- the task after which it came
  add column desk_next uuid,                             -- the id of the one that follows it, if a desk has given it one already
  add column desk_outcome text,                          -- what came of the call that closed it; the outcome has decided what follows
  add column desk_archived_at timestamptz,               -- somebody wanted it deleted
  add constraint desk_task_queue_started_by_fkey foreign key (clinic_id, desk_started_by) references desk.staff (clinic_id, person_id) on delete cascade;
create index desk_task_queue_asleep on public.task_queue (clinic_id, snoozed_until) where snoozed_until is not null;
create index desk_task_queue_follows on public.task_queue (clinic_id, desk_follows) where desk_follows is not null;
grant select (desk_started_at, desk_started_by, desk_woken_at, desk_woken_by, desk_follows) on public.task_queue to desk_member;

-- Somebody who is away until then is given nothing, and what is due before goes to others.
alter table desk.staff add column away_until timestamptz, add column away_reason text check (length(away_reason) <= 200);
grant select (away_until) on desk.staff to desk_member;

-- The priority that the web system's formula gives: base, time left (overdue counts as within the hour), three tenths of the scan's urgency, stage.
create function desk.task_priority(kind text, due timestamptz, urgency numeric, stage text, at timestamptz) returns text language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select case when x.score >= 120 then 'critical' when x.score >= 90 then 'high' when x.score >= 60 then 'medium' else 'low' end
  from (select coalesce((select k.base from desk.task_kind k where k.kind = $1), 50)
    + case when $2 - $5 < interval '1 hour' then 50 when $2 - $5 < interval '4 hours' then 30 when $2 - $5 < interval '24 hours' then 10 else 0 end
    + 0.3 * coalesce($3, 0)
    + case $4 when 'in_treatment' then 35 when 'treatment_scheduled' then 30 when 'payment_confirmed' then 25 when 'scanned' then 20 when 'treatment_completed' then 20
        when 'proposal_sent' then 15 when 'lead_created' then 10 when 'follow_up' then 10 else 0 end as score) x;
$$;

-- Somebody who works here and is not away.
create function desk.is_here(s desk.staff) returns boolean language sql stable set search_path = pg_catalog, pg_temp as $$
  select s.active and coalesce(s.away_until <= now(), true);
$$;

-- To whom a task of a kind goes: of those with a suitable role who are here, whoever has this journey already, then whoever has the fewest open tasks. Nobody
-- outside the roles, ever: then the answer is nothing.
create function desk.person_for(clinic uuid, kind text, journey uuid, but uuid default null) returns uuid language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select s.person_id from desk.task_kind k join desk.staff s on s.clinic_id = $1 and s.role = any (k.roles) and desk.is_here(s) and s.person_id is distinct from $4
    left join public.workflow_states w on w.clinic_id = $1 and w.id = $3
    cross join lateral (select count(*) as n from public.task_queue t where t.assigned_to = s.person_id and t.clinic_id = $1 and t.status in ('pending', 'in_progress')) load
  where k.kind = $2
  order by s.person_id in (w.assigned_sales_id, w.assigned_beautician_id) is true desc, load.n, array_position(k.roles, s.role), s.person_id limit 1;
$$;

-- A line of the notes by the clinic itself or by a person.
create function desk.note_line(clinic uuid, notes text, by uuid, line text) returns text language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select concat_ws(E'\n', nullif($2, ''), to_char(desk.local_time($1, now()), 'DD/MM HH24:MI') || ' ' || coalesce(desk.nickname_of($1, $3), '-') || ': ' || $4);
$$;

create function desk.customer_name(clinic uuid, journey uuid) returns text language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select coalesce(nullif(btrim(c.nickname), ''), desk.short_name(c.full_name)) from public.workflow_states w join public.customers c on c.id = w.customer_id
  where w.clinic_id = $1 and w.id = $2;
$$;

-- Whoever is given a task by somebody else hears of it.
create function desk.tell_assigned(t public.task_queue, by uuid) returns void language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  if t.assigned_to is not distinct from by then return; end if;
  perform desk.emit(t.clinic_id, t.workflow_id, 'task_assigned', by, array[t.assigned_to], null, 'งานใหม่', t.title, t.priority, '/tasks/' || t.id, jsonb_build_object('task_id', t.id));
end $$;

-- The one way in. Of a kind there is one open task a journey: asked for again, it is that one. Without a person it goes to the one that suits best; a manager
-- takes what suits nobody who is here. `facts` may hold id, title, description, priority, note, follows; the rest of it is the web system's task_data.
create function desk.create_task(clinic uuid, journey uuid, kind text, person uuid, due timestamptz, facts jsonb default '{}', by uuid default null) returns uuid
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare k desk.task_kind; who uuid; t public.task_queue; found_id uuid;
begin
  select x.* into k from desk.task_kind x where x.kind = create_task.kind;
  if not found then perform desk.refuse('value_not_allowed', '{"field":"kind"}'); end if;
  -- Two at once, by a desk and by the web system: the second waits here and finds the first one's.
  perform pg_advisory_xact_lock(hashtextextended('desk.task ' || journey || ' ' || k.kind, 0));
  select q.id into found_id from public.task_queue q where q.clinic_id = clinic and q.workflow_id = journey and q.task_type = k.kind and q.status in ('pending', 'in_progress') limit 1;
  if found then return found_id; end if;
  select s.person_id into who from desk.staff s where s.clinic_id = clinic and s.person_id = person and s.active;
  who := coalesce(who, desk.person_for(clinic, k.kind, journey),
    (select s.person_id from desk.staff s where s.clinic_id = clinic and s.role in ('manager', 'owner') and s.active order by desk.is_here(s) desc, s.role, s.person_id limit 1));
  if who is null then perform desk.refuse('person_not_found'); end if;
  insert into public.task_queue (id, clinic_id, workflow_id, assigned_to, task_type, title, description, priority, due_date, notes, task_data, desk_follows)
  values (coalesce((facts ->> 'id')::uuid, gen_random_uuid()), clinic, journey, who, k.kind, left(coalesce(nullif(facts ->> 'title', ''), replace(k.title, '{}', coalesce(desk.customer_name(clinic, journey), ''))), 255),
    facts ->> 'description', coalesce(facts ->> 'priority', k.priority), due, facts ->> 'note', facts - array['id', 'title', 'description', 'priority', 'note', 'follows'], (facts ->> 'follows')::uuid)
  returning * into t;
  perform desk.tell_assigned(t, by);
  return t.id;
end $$;

-- When and by whom a task was closed is written whoever closes it, and goes when it is opened again.
create function desk.keep_task() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  if new.status in ('completed', 'cancelled') then
    new.completed_at := coalesce(new.completed_at, now());
    new.completed_by := coalesce(new.completed_by, desk.acting_person(new.clinic_id));
    new.snoozed_until := null;
  elsif old.status in ('completed', 'cancelled') then
    new.completed_at := null; new.completed_by := null; new.desk_outcome := null; new.desk_archived_at := null;
  end if;
  return new;
end $$;
create trigger desk_keep before update of status on public.task_queue for each row when (old.status is distinct from new.status) execute function desk.keep_task();

-- What follows a task that is done, whoever has done it; opened again, what had followed and was not touched goes.
create function desk.chain_task() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare k desk.task_kind;
begin
  if new.status = 'completed' then
    select x.* into k from desk.task_kind x where x.kind = new.task_type;
    if k.next_kind is not null and new.desk_outcome is null then
      perform desk.create_task(new.clinic_id, new.workflow_id, k.next_kind, new.assigned_to, now() + make_interval(days => k.next_days),
        jsonb_strip_nulls(jsonb_build_object('id', new.desk_next, 'follows', new.id)), coalesce(new.completed_by, new.assigned_to));
    elsif new.task_type = 'prepare_treatment' then
      perform desk.emit(new.clinic_id, new.workflow_id, 'workflow_updated', new.completed_by, null, array['owner'], 'เตรียมทรีตเมนต์เสร็จแล้ว', new.title, 'low', '/tasks/' || new.id, jsonb_build_object('task_id', new.id));
    end if;
  elsif old.status = 'completed' and new.status in ('pending', 'in_progress') then
    update public.task_queue t set status = 'cancelled' where t.clinic_id = new.clinic_id and t.desk_follows = new.id and t.status = 'pending' and t.desk_started_at is null;
  end if;
  return null;
end $$;
create trigger desk_chain after update of status on public.task_queue for each row when (old.status is distinct from new.status) execute function desk.chain_task();

-- A task that somebody wants deleted is put into the archive: what was done, and what was not, is what the clinic measures. With its journey it goes.
create function desk.archive_task() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  if not exists (select 1 from public.workflow_states w where w.clinic_id = old.clinic_id and w.id = old.workflow_id) or not exists (select 1 from public.clinics c where c.id = old.clinic_id) then return old; end if;
  update public.task_queue t set desk_archived_at = coalesce(t.desk_archived_at, now()), status = case when t.status in ('completed', 'cancelled') then t.status else 'cancelled' end
  where t.clinic_id = old.clinic_id and t.id = old.id;
  return null;
end $$;
create trigger desk_archive before delete on public.task_queue for each row execute function desk.archive_task();

-- Something happened that a sleeping task waited for: it is there again at once, says why, and its person hears of it.
create function desk.wake_tasks(clinic uuid, customer uuid, because text) returns integer language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare t public.task_queue; woken integer := 0;
begin
  for t in update public.task_queue q set snoozed_until = now(), desk_woken_at = now(), desk_woken_by = because from public.workflow_states w
    where q.clinic_id = clinic and q.snoozed_until > now() and q.status in ('pending', 'in_progress') and w.clinic_id = q.clinic_id and w.id = q.workflow_id and w.customer_id = customer returning q.* loop
    woken := woken + 1;
    perform desk.notify(clinic, array[t.assigned_to], 'task_woken', case because when 'reply' then 'ลูกค้าตอบกลับแล้ว' when 'payment' then 'ลูกค้าชำระเงินแล้ว' else 'ลูกค้ามาถึงแล้ว' end,
      t.title, 'high', '/tasks/' || t.id, 'task:' || t.id, jsonb_build_object('task_id', t.id));
  end loop;
  return woken;
end $$;

-- The web system's write never fails for it.
create function desk.wake_for() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare n jsonb := to_jsonb(new); clinic uuid := (to_jsonb(new) ->> 'clinic_id')::uuid; customer uuid := (to_jsonb(new) ->> 'customer_id')::uuid;
begin
  clinic := coalesce(clinic, (select c.clinic_id from public.customers c where c.id = customer));
  if clinic is not null then perform desk.wake_tasks(clinic, customer, case when n ->> 'event_type' = 'payment_made' then 'payment' else tg_argv[0] end); end if;
  return null;
exception
  when transaction_rollback or lock_not_available or operator_intervention or insufficient_resources or connection_exception then raise;
  when others then
    perform desk.note_problem(tg_table_name, 'task_not_woken', sqlstate);
    return null;
end $$;
create trigger desk_wake after insert on public.customer_journey_events for each row when (new.event_type in ('sms_replied', 'payment_made')) execute function desk.wake_for('reply');
create trigger desk_wake after update of current_stage on public.workflow_states for each row
  when (new.current_stage = 'payment_confirmed' and old.current_stage = 'proposal_sent') execute function desk.wake_for('payment');
create trigger desk_wake after update of status on public.appointments for each row
  when (new.status = 'in_progress' and old.status is distinct from 'in_progress') execute function desk.wake_for('check_in');
do $$ begin
  if to_regclass('public.customer_sales_messages') is not null then
    create trigger desk_wake after insert on public.customer_sales_messages for each row when (new.sender_type = 'customer') execute function desk.wake_for('reply');
  end if;
exception when undefined_column then perform desk.note_problem('public.customer_sales_messages', 'no_replies_here', sqlstate);
end $$;

create trigger desk_wake after insert on desk.visit for each row execute function desk.wake_for('check_in');

-- Points for a bill are a payment. A statement at a time: a clinic's whole ledger may come in one.
create function desk.wake_for_bills() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform desk.wake_tasks(x.clinic_id, x.customer_id, 'payment') from (
    select distinct n.clinic_id, n.customer_id from fresh n join public.workflow_states w on w.customer_id = n.customer_id and w.clinic_id = n.clinic_id
      join public.task_queue t on t.clinic_id = w.clinic_id and t.workflow_id = w.id and t.snoozed_until > now()
    where n.type = 'earned' and n.amount > 0) x;
  return null;
end $$;
create trigger desk_wake after insert on public.point_transactions referencing new table as fresh for each statement execute function desk.wake_for_bills();

-- Somebody is away or has left: what is due meanwhile goes to who suits and is here, and says whose it was and why. What suits nobody stays, and the managers hear of it.
create function desk.cover_for(clinic uuid, person uuid, until timestamptz, why text, by uuid) returns integer language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare t public.task_queue; who uuid; moved integer := 0; stayed integer := 0; given jsonb := '{}'; g record;
begin
  for t in select q.* from public.task_queue q where q.clinic_id = clinic and q.assigned_to = person and q.status = 'pending' and (until is null or coalesce(q.due_date, now()) < until)
    order by q.due_date nulls last, q.id for update loop
    who := desk.person_for(clinic, t.task_type, t.workflow_id, person);
    if who is null then stayed := stayed + 1; continue; end if;
    update public.task_queue q set assigned_to = who, notes = desk.note_line(clinic, q.notes, by, 'ย้ายจาก ' || coalesce(desk.nickname_of(clinic, person), '-') || ': ' || why) where q.clinic_id = clinic and q.id = t.id;
    moved := moved + 1; given := given || jsonb_build_object(who::text, coalesce((given ->> who::text)::int, 0) + 1);
  end loop;
  for g in select key::uuid as who, value::int as n from jsonb_each_text(given) loop
    perform desk.notify(clinic, array[g.who], 'task_assigned', 'งานใหม่ ' || g.n || ' งาน', 'จาก ' || coalesce(desk.nickname_of(clinic, person), '-') || ': ' || why, 'medium', '/tasks', 'cover:' || person || ':' || now()::text, jsonb_build_object('count', g.n));
  end loop;
  if stayed > 0 then
    perform desk.notify(clinic, desk.people_of(clinic, null, array['owner', 'manager']), 'task_uncovered', 'ไม่มีคนรับงานแทน', coalesce(desk.nickname_of(clinic, person), '-') || ': ' || stayed || ' งาน', 'high', '/tasks', 'uncovered:' || person, jsonb_build_object('count', stayed));
  end if;
  return moved;
end $$;

create function desk.cover_staff() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform desk.cover_for(new.clinic_id, new.person_id, case when new.active then new.away_until end, coalesce(nullif(new.away_reason, ''), case when new.active then 'ไม่อยู่' else 'ออกแล้ว' end),
    coalesce(desk.acting_person(new.clinic_id), desk.automation(new.clinic_id)));
  return null;
end $$;
create trigger cover_staff after update on desk.staff for each row
  when (old.active and not new.active or new.active and new.away_until is not null and new.away_until is distinct from old.away_until) execute function desk.cover_staff();

-- The web system's own way of making the first task takes the one way in, too.
create or replace function public.auto_assign_task() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  if old.current_stage = 'lead_created' and new.current_stage = 'scanned' and new.assigned_sales_id is not null then
    perform desk.create_task(new.clinic_id, new.id, 'send_proposal', new.assigned_sales_id, now() + interval '2 hours', '{}', desk.acting_person(new.clinic_id));
  end if;
  return new;
end $$;
select desk.close_functions();
