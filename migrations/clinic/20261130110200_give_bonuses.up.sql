-- Why: the clinic promises small thanks: for a birthday, for coming, for a treatment, for a review. They are given at night, when what was taken back by day is
-- gone, each once by its key, never multiplied; a night on which no worker ran is caught up.

-- Until when a clinic's days have been looked at.
create table desk.bonus_round (
  clinic_id uuid primary key references desk.clinic (clinic_id) on delete cascade,
  done_until timestamptz not null default now()
);
alter table desk.bonus_round enable row level security;

-- Bonuses that members have coming: for whom, how many, and the key that makes each one.
create function desk.due_bonuses(clinic uuid, since timestamptz, until timestamptz) returns table (customer_id uuid, points integer, source text, source_id uuid, purpose text, said text)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  with due as (
    select c.id as customer_id, 100 as points, 'birthday' as source, c.id as source_id, to_char(desk.local_time($1, $3 - interval '1 second'), 'YYYY') as purpose, 'เดือนเกิด' as said
    from public.customers c where c.clinic_id = $1 and extract(month from c.date_of_birth) = extract(month from desk.local_time($1, $3))
    union all
    select v.customer_id, 10, 'visit', v.id, 'check-in', 'มาตามนัด' from desk.visit v where v.clinic_id = $1 and v.state = 'done' and v.updated_at >= $2 and v.updated_at < $3
    union all
    select w.customer_id, 50, 'journey', w.id, 'treatment ' || w.desk_sessions_done, 'ทำทรีตเมนต์ครบ' from public.workflow_states w
    where w.clinic_id = $1 and w.desk_sessions_done > 0 and w.updated_at >= $2 and w.updated_at < $3 and exists (
      select 1 from public.workflow_actions a where a.workflow_id = w.id and a.to_stage = 'treatment_completed' and a.performed_at >= $2 - interval '31 days')
    union all
    select x.customer_id, 50, 'review', x.id, 'review', 'รีวิว' from (
      select distinct on (e.customer_id) e.customer_id, e.id from public.customer_journey_events e
      where e.clinic_id = $1 and e.event_type = 'review_submitted' and e.occurred_at >= $2 and e.occurred_at < $3 order by e.customer_id, e.occurred_at, e.id) x
  )
  select d.* from due d join public.loyalty_profiles p on p.clinic_id = $1 and p.customer_id = d.customer_id
  where not exists (select 1 from public.point_transactions e where e.clinic_id = $1 and e.desk_source = d.source and e.desk_source_id = d.source_id and e.desk_purpose = d.purpose);
$$;

-- The next night of a clinic that has none coming.
create function desk.arm_bonuses() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  insert into desk.bonus_round (clinic_id) select c.clinic_id from desk.clinic c where not exists (select 1 from desk.bonus_round r where r.clinic_id = c.clinic_id) on conflict do nothing;
  perform desk.arm(c.clinic_id, 'bonuses.give', desk.local_time(c.clinic_id, now())::date::text, desk.end_of_day(c.clinic_id, now()) + interval '2 seconds') from desk.clinic c
  where not exists (select 1 from desk.timer t where t.clinic_id = c.clinic_id and t.kind = 'bonuses.give' and t.state = 'waiting');
  return null;
end $$;
-- A worker that says that it is there sees to it: without one nothing is due that nobody fires.
create trigger arm_bonuses after insert or update of beat_at on desk.worker for each statement execute function desk.arm_bonuses();

-- Gives up to 200 of what is due; the rest in the next transaction.
create function desk.fire_bonuses_give(t desk.timer) returns text language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare me desk.member := desk.by_itself(t.clinic_id); b record; given integer := 0; since timestamptz; until timestamptz;
begin
  select r.done_until into since from desk.bonus_round r where r.clinic_id = t.clinic_id for update;
  until := date_trunc('day', desk.local_time(t.clinic_id, now())) at time zone (select c.timezone from desk.clinic c where c.clinic_id = t.clinic_id);
  for b in select * from desk.due_bonuses(t.clinic_id, since, until) x order by x.customer_id, x.source, x.source_id limit 200 loop
    perform desk.give_bonus(me, b.customer_id, b.points, b.source, b.source_id, b.purpose, b.said);
    given := given + 1;
  end loop;
  if given = 200 then perform desk.arm(t.clinic_id, 'bonuses.give', 'rest ' || pg_current_xact_id(), now());
  else
    update desk.bonus_round r set done_until = greatest(since, until) where r.clinic_id = t.clinic_id;
    perform desk.arm(t.clinic_id, 'bonuses.give', desk.local_time(t.clinic_id, now())::date::text, desk.end_of_day(t.clinic_id, now()) + interval '2 seconds');
  end if;
  return 'given ' || given;
end $$;
insert into desk.timer_kind (kind, decider) values ('bonuses.give', 'desk.fire_bonuses_give(desk.timer)');
select desk.close_functions();
