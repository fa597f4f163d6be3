-- Why: journeys, visits, tasks and leads need the same four things: what a person may do, asked in one place; somebody for history to name where nobody
-- pressed a key; one way to tell people; and due times that survive whatever crashes.

-- What somebody is in the clinic; nothing for who left.
create function desk.role_of(clinic uuid, person uuid) returns text language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select s.role from desk.staff s where s.clinic_id = clinic and s.person_id = person and s.active;
$$;

-- Refuses who is none of these.
create function desk.require_role(me desk.member, roles text[]) returns void language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare is_one text := desk.role_of(me.clinic_id, me.person_id);
begin
  if not coalesce(is_one = any (roles), false) then perform desk.refuse('role_not_allowed', jsonb_build_object('role', is_one, 'needs', to_jsonb(roles))); end if;
end $$;

-- Whom history names where the clinic acts by itself. Inactive: it signs in nowhere, and no list offers it.
create function desk.automation(clinic uuid) returns uuid language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare who constant uuid := '0a070000-0000-4000-8000-000000000000';
begin
  insert into desk.staff (clinic_id, person_id, role, display_name, nickname, active) values (clinic, who, 'manager', 'ระบบอัตโนมัติ', 'ระบบ', false) on conflict do nothing;
  return who;
end $$;

-- Active people: these by name, and everyone of these roles. Both null: the whole clinic.
create function desk.people_of(clinic uuid, people uuid[], roles text[]) returns uuid[] language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select coalesce(array_agg(s.person_id order by s.person_id), '{}') from desk.staff s
  where s.clinic_id = clinic and s.active and (people is null and roles is null or s.person_id = any (people) or s.role = any (roles));
$$;

-- One notification a person: none while an earlier one of the same kind and subject is unread. `hold`: not to be shown before, so that a mistake can be
-- taken back first. Titles and messages follow the rule of toasts: a first name at most, no number, no treatment.
create function desk.notify(clinic uuid, people uuid[], kind text, title text, message text, importance text, path text, subject text, facts jsonb default '{}', hold interval default null)
returns integer language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare told integer;
begin
  insert into public.notifications (user_id, clinic_id, type, title, message, priority, action_url, metadata)
  select s.person_id, notify.clinic, notify.kind, notify.title, notify.message, notify.importance, notify.path,
    notify.facts || jsonb_strip_nulls(jsonb_build_object('subject', notify.subject, 'after', now() + notify.hold))
  from desk.staff s join public.users u on u.id = s.person_id
  where s.clinic_id = notify.clinic and s.active and s.person_id = any (notify.people) and not exists (
    select 1 from public.notifications n where n.user_id = s.person_id and n.clinic_id = notify.clinic and n.type = notify.kind
      and n.metadata ->> 'subject' = notify.subject and not coalesce(n.is_read, false))
  on conflict do nothing;
  get diagnostics told = row_count;
  return told;
end $$;

-- Something happened on a journey: one row of workflow_events by the transaction that caused it, and a notification to each addressee but who did it.
create function desk.emit(clinic uuid, journey uuid, event text, by uuid, people uuid[], roles text[], title text, message text, importance text, path text, facts jsonb default '{}', hold interval default null)
returns uuid language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare key uuid := gen_random_uuid(); told uuid[] := array_remove(desk.people_of(emit.clinic, emit.people, emit.roles), emit.by);
begin
  insert into public.workflow_events (id, clinic_id, workflow_id, event_type, event_data, target_users, broadcast)
  values (key, emit.clinic, emit.journey, emit.event, emit.facts || jsonb_build_object('message', emit.message, 'priority', emit.importance, 'sourceUserId', emit.by), told, emit.people is null and emit.roles is null);
  perform desk.notify(emit.clinic, told, emit.event, emit.title, emit.message, emit.importance, emit.path, 'event:' || key, emit.facts || jsonb_build_object('event_id', key, 'journey_id', emit.journey), emit.hold);
  return key;
end $$;

-- What may become due, and what decides then: (t desk.timer) returns text, a word for what came of it.
create table desk.timer_kind (
  kind text primary key,
  decider regprocedure not null
);

-- Something to be done at a time, written before that time by whoever caused it. Fired once: the effect and its end are one transaction.
create table desk.timer (
  clinic_id uuid not null references desk.clinic (clinic_id) on delete cascade,
  id uuid not null default gen_random_uuid(),
  kind text not null references desk.timer_kind (kind),
  occasion text not null,                       -- what it is for; one timer a kind and occasion, for ever
  due_at timestamptz not null,
  journey_id uuid,
  facts jsonb not null default '{}',
  depth integer not null default 0,             -- how many automatic steps led here
  state text not null default 'waiting' check (state in ('waiting', 'done', 'dropped', 'failed')),
  outcome text,                                 -- the decider's word
  attempts integer not null default 0,
  last_error text,                              -- SQLSTATE, never a text
  created_at timestamptz not null default now(),
  done_at timestamptz,
  primary key (clinic_id, id),
  unique (clinic_id, kind, occasion),
  foreign key (clinic_id, journey_id) references public.workflow_states (clinic_id, id) on delete cascade
);
create index timer_due on desk.timer (due_at) where state = 'waiting';
create index timer_journey on desk.timer (clinic_id, journey_id);
alter table desk.timer_kind enable row level security;
alter table desk.timer enable row level security;

-- Armed again while it waits it only moves; what has fired stays fired.
create function desk.arm(clinic uuid, kind text, occasion text, due_at timestamptz, journey uuid default null, facts jsonb default '{}', depth integer default 0)
returns void language sql security definer set search_path = pg_catalog, pg_temp as $$
  insert into desk.timer as t (clinic_id, kind, occasion, due_at, journey_id, facts, depth) values ($1, $2, $3, $4, $5, $6, $7)
  on conflict (clinic_id, kind, occasion) do update set due_at = excluded.due_at, facts = excluded.facts where t.state = 'waiting';
$$;

-- What it waited for has been settled otherwise.
create function desk.disarm(clinic uuid, kind text, occasion text) returns void language sql security definer set search_path = pg_catalog, pg_temp as $$
  update desk.timer t set state = 'dropped', done_at = now() where t.clinic_id = $1 and t.kind = $2 and t.occasion = $3 and t.state = 'waiting';
$$;

-- Fires the timer that is due longest and that nobody else holds; its kind, or nothing when none is due. One a transaction: call it until it has nothing.
-- A decider that fails is tried again, later each time, and is given up after eight tries; a passing trouble undoes all of it and costs no try.
create function desk.fire_next() returns text language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare t desk.timer; decider regprocedure; said text;
begin
  select x.* into t from desk.timer x where x.state = 'waiting' and x.due_at <= now() order by x.due_at, x.id limit 1 for update skip locked;
  if not found then return null; end if;
  select k.decider into decider from desk.timer_kind k where k.kind = t.kind;
  perform 1 from public.workflow_states w where w.clinic_id = t.clinic_id and w.id = t.journey_id for update;  -- one run at a time a journey
  begin
    execute format('select %s($1)', decider::regproc) into said using t;
    update desk.timer x set state = 'done', outcome = said, done_at = now() where x.clinic_id = t.clinic_id and x.id = t.id;
  exception
    when transaction_rollback or lock_not_available or operator_intervention or insufficient_resources or connection_exception then raise;
    when others then
      update desk.timer x set attempts = t.attempts + 1, last_error = sqlstate, due_at = now() + interval '15 seconds' * 2 ^ t.attempts,
        state = case when t.attempts >= 7 then 'failed' else 'waiting' end, done_at = case when t.attempts >= 7 then now() end
      where x.clinic_id = t.clinic_id and x.id = t.id;
      perform desk.note_problem('timer', 'timer_failed', t.kind || ' ' || sqlstate);
  end;
  return t.kind;
end $$;

select desk.close_functions();
