-- Why: the counter must know who is here and since when, and call them by a number that nobody else has that day, whoever presses at once. What
-- happened stays as it happened: a check-in that was taken back is still in the history, and its number is not given again.

-- The booked course. The web system knows nothing of it; where it is empty, the customer's only journey that waits for a treatment is meant.
alter table public.appointments add column desk_journey_id uuid;

-- The last number given out of a clinic's day. Its row is held until commit, so that two counters never give the same.
create table desk.queue (
  clinic_id uuid not null references desk.clinic (clinic_id) on delete cascade,
  day date not null,
  last integer not null,
  primary key (clinic_id, day)
);

create table desk.visit (
  clinic_id uuid not null references desk.clinic (clinic_id) on delete cascade,
  id uuid not null,
  customer_id uuid not null,
  appointment_id uuid,          -- no foreign key: the web system may delete a booking, and its customer was here all the same
  journey_id uuid references public.workflow_states (id) on delete set null,  -- what start and finish move; null: nothing
  day date not null,            -- the clinic's own, of arrived_at
  queue_number integer not null check (queue_number between 1 and 99999),
  state text not null default 'waiting',
  arrived_at timestamptz not null,
  arrived_by uuid not null,
  arrived_device text,
  started_at timestamptz,
  started_by uuid,
  started_device text,
  finished_at timestamptz,      -- when it ended: done, left or undone
  finished_by uuid,
  finished_device text,
  reason text,                  -- why they left
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (clinic_id, id),
  unique (clinic_id, day, queue_number),
  foreign key (clinic_id, customer_id) references public.customers (clinic_id, id) on delete cascade,
  foreign key (clinic_id, arrived_by) references desk.staff (clinic_id, person_id) on delete cascade,
  foreign key (clinic_id, started_by) references desk.staff (clinic_id, person_id) on delete cascade,
  foreign key (clinic_id, finished_by) references desk.staff (clinic_id, person_id) on delete cascade,
  constraint visit_state check (case state
    when 'waiting' then started_at is null and finished_at is null
    when 'serving' then (started_at >= arrived_at) is true and finished_at is null
    when 'done' then (started_at >= arrived_at and finished_at >= started_at) is true
    when 'left' then started_at is null and (finished_at >= arrived_at) is true
    when 'undone' then started_at is null and (finished_at >= arrived_at) is true  -- the check-in was a mistake
    else false end),
  constraint visit_people check ((started_at is null) = (started_by is null) and (finished_at is null) = (finished_by is null))
);
create unique index visit_of_booking on desk.visit (clinic_id, appointment_id) where state in ('waiting', 'serving', 'done');
create index visit_customer on desk.visit (clinic_id, customer_id, arrived_at);
create index visit_journey on desk.visit (journey_id) where journey_id is not null;
create trigger touch before update on desk.visit for each row execute function desk.touch_updated_at();
select desk.fix_keys('desk.visit');
create index desk_notifications_held on public.notifications (clinic_id, (metadata ->> 'subject')) where metadata ? 'after';

-- What may follow what. The desk's rule is the same list (desk_core::visit).
create function desk.visit_may(was text, becomes text) returns boolean language sql immutable set search_path = pg_catalog, pg_temp as $$
  select (was, becomes) in (('waiting', 'serving'), ('waiting', 'left'), ('waiting', 'undone'), ('serving', 'waiting'), ('serving', 'done'), ('done', 'serving'), ('left', 'waiting'));
$$;

-- Holds also for who writes by hand: of one clinic, on the clinic's own day, never changed into another visit, never deleted, one step at a time.
create function desk.keep_visit() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  if tg_op = 'DELETE' then
    if exists (select 1 from public.customers c join public.clinics k on k.id = c.clinic_id where c.clinic_id = old.clinic_id and c.id = old.customer_id) then
      raise exception 'visits are never deleted; take the check-in back' using errcode = '23001';
    end if;
    return old;
  end if;
  if tg_op = 'UPDATE' and (old.customer_id, old.appointment_id, old.day, old.queue_number, old.arrived_at, old.arrived_by) is distinct from (new.customer_id, new.appointment_id, new.day, new.queue_number, new.arrived_at, new.arrived_by) then
    raise exception 'who came, when and under which number never changes' using errcode = '23514';
  end if;
  if tg_op = 'UPDATE' and new.state <> old.state and not desk.visit_may(old.state, new.state) then
    raise exception 'a visit cannot go from % to %', old.state, new.state using errcode = '23514', hint = 'A visit is started before it is finished.';
  end if;
  if tg_op = 'INSERT' and new.day is distinct from desk.local_time(new.clinic_id, new.arrived_at)::date then
    raise exception 'the day of a visit is the clinic''s own' using errcode = '23514';
  end if;
  if tg_op = 'INSERT' and new.appointment_id is not null and not exists (select 1 from public.appointments a where a.id = new.appointment_id and a.clinic_id = new.clinic_id and a.customer_id = new.customer_id)
     or new.journey_id is not null and not exists (select 1 from public.workflow_states w where w.id = new.journey_id and w.clinic_id = new.clinic_id and w.customer_id = new.customer_id) then
    raise exception 'appointment_id or journey_id is not present' using errcode = '23503';
  end if;
  return new;
end $$;
create trigger desk_keep before insert or update or delete on desk.visit for each row execute function desk.keep_visit();

-- The booked course is one of the same customer, whoever writes it.
create function desk.check_booked_journey() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  if not exists (select 1 from public.workflow_states w where w.id = new.desk_journey_id and w.clinic_id = new.clinic_id and w.customer_id = new.customer_id) then
    raise exception 'desk_journey_id is not present' using errcode = '23503';
  end if;
  return new;
end $$;
create trigger desk_journey before insert or update of desk_journey_id on public.appointments for each row when (new.desk_journey_id is not null) execute function desk.check_booked_journey();

-- Numbers as they are called: A1 to A99, then B1.
create function desk.queue_label(n integer) returns text language sql immutable set search_path = pg_catalog, pg_temp as $$
  select chr(65 + least((n - 1) / 99, 25)) || (n - 99 * least((n - 1) / 99, 25))::text;
$$;

create function desk.next_queue_number(clinic uuid, day date) returns integer language sql security definer set search_path = pg_catalog, pg_temp as $$
  insert into desk.queue as q (clinic_id, day, last) values ($1, $2, 1) on conflict (clinic_id, day) do update set last = q.last + 1 returning last;
$$;

-- When a person did it. An action may have waited on a PC without a line; a PC whose clock is ahead is not believed.
create function desk.happened_at(args jsonb) returns timestamptz language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare moment timestamptz := coalesce(desk.arg_moment(args, 'at'), now());
begin
  if moment < now() - interval '31 days' then perform desk.refuse('date_out_of_range', '{"field":"at"}'); end if;
  return least(moment, now());
end $$;

alter table desk.queue enable row level security;
alter table desk.visit enable row level security;
select desk.open_to_desks('desk.visit', 'clinic_id in (select p.clinic_id from desk.my_pairs() p)',
  string_to_array('id clinic_id customer_id appointment_id journey_id day queue_number state arrived_at arrived_by arrived_device started_at started_by started_device finished_at finished_by finished_device reason', ' '));
grant select (desk_journey_id) on public.appointments to desk_member;
select desk.watch('desk.visit', 16::smallint, 'id', '''clinic''');
select desk.close_functions();
