create or replace function desk.due_bonuses(clinic uuid, since timestamptz, until timestamptz) returns table (customer_id uuid, points integer, source text, source_id uuid, purpose text, said text, policy integer)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  with months as (
    select distinct date_trunc('month', d) as month from generate_series(greatest(desk.local_time($1, $2), desk.local_time($1, $3) - interval '1 year'), desk.local_time($1, $3 - interval '1 second'), interval '1 day') d
    union select date_trunc('month', desk.local_time($1, $3 - interval '1 second'))
  ), due as (
    select c.id as customer_id, 'birthday' as bonus, m.month at time zone k.timezone as at, 'birthday' as source, c.id as source_id, to_char(m.month, 'YYYY') as purpose, 'เดือนเกิด' as said
    from public.customers c join months m on extract(month from c.date_of_birth) = extract(month from m.month) join desk.clinic k on k.clinic_id = c.clinic_id where c.clinic_id = $1
      and not exists (select 1 from desk.merge x where x.from_id = c.id and x.separated_at is null)
      and not exists (select 1 from public.point_transactions e where e.clinic_id = $1 and e.customer_id = c.id and e.desk_source = 'birthday' and e.desk_purpose = to_char(m.month, 'YYYY'))
    union all
    select x.customer_id, 'check_in', x.at, 'visit', x.id, 'check-in', 'มาตามนัด' from (
      select distinct on (v.customer_id, v.day) v.customer_id, v.id, v.day, coalesce(v.arrived_at, v.updated_at) as at from desk.visit v
      where v.clinic_id = $1 and v.state = 'done' and v.updated_at >= $2 and v.updated_at < $3 order by v.customer_id, v.day, v.arrived_at, v.id) x
    where not exists (select 1 from desk.visit o join public.point_transactions e on e.clinic_id = o.clinic_id and e.desk_source = 'visit' and e.desk_source_id = o.id and e.desk_purpose = 'check-in'
      where o.clinic_id = $1 and o.customer_id = x.customer_id and o.day = x.day)
    union all
    select w.customer_id, 'treatment', (select max(a.performed_at) from public.workflow_actions a where a.workflow_id = w.id and a.to_stage = 'treatment_completed'),
      'journey', w.id, 'treatment ' || w.desk_sessions_done, 'ทำทรีตเมนต์ครบ' from public.workflow_states w
    where w.clinic_id = $1 and w.desk_sessions_done > 0 and w.updated_at >= $2 and w.updated_at < $3 and exists (
      select 1 from public.workflow_actions a where a.workflow_id = w.id and a.to_stage = 'treatment_completed' and a.performed_at >= $2 - interval '31 days')
    union all
    select x.customer_id, 'review', x.occurred_at, 'review', x.id, 'review', 'รีวิว' from (
      select distinct on (e.customer_id) e.customer_id, e.id, e.occurred_at from public.customer_journey_events e
      where e.clinic_id = $1 and e.event_type = 'review_submitted' and e.occurred_at >= $2 and e.occurred_at < $3 order by e.customer_id, e.occurred_at, e.id) x
  )
  select d.customer_id, x.points, d.source, d.source_id, d.purpose, d.said, x.version
  from due d join public.loyalty_profiles p on p.clinic_id = $1 and p.customer_id = d.customer_id,
    lateral desk.policy_at($1, least(d.at, now())) l, lateral (select desk.bonus_in(l, d.bonus) as points, l.version) x
  where x.points > 0 and not exists (select 1 from public.point_transactions e where e.clinic_id = $1 and e.desk_source = d.source and e.desk_source_id = d.source_id and e.desk_purpose = d.purpose);
$$;
drop function desk.sessions_done(uuid, timestamptz, timestamptz);
