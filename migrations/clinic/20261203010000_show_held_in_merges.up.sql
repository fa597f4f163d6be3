-- Why: whoever decides that two customers are one sees what both have, and money that was paid in advance is a part of it.

-- As before; and what is held for them.
create or replace function desk.holding(clinic uuid, customer uuid) returns jsonb language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select jsonb_build_object('id', customer, 'available', coalesce(s.available, 0), 'owed', coalesce(s.owed, 0), 'held', desk.held_left($1, $2), 'tier', coalesce((select t.tier from desk.tier t where t.clinic_id = $1 and t.customer_id = $2), 'bronze'),
    'lots', (select coalesce(jsonb_agg(jsonb_build_object('points', l.remaining, 'expires_at', (extract(epoch from l.expires_at) * 1000)::bigint) order by l.expires_at nulls last, l.effective_at, l.id), '[]') from desk.lot l where l.clinic_id = $1 and l.customer_id = $2 and l.remaining > 0),
    'journeys', (select count(*) from public.workflow_states x where x.clinic_id = $1 and x.customer_id = $2), 'bookings', (select count(*) from public.appointments x where x.clinic_id = $1 and x.customer_id = $2),
    'visits', (select count(*) from desk.visit x where x.clinic_id = $1 and x.customer_id = $2), 'payments', (select count(*) from desk.payment x where x.clinic_id = $1 and x.customer_id = $2),
    'coupons', (select count(*) from desk.coupon x where x.clinic_id = $1 and x.customer_id = $2), 'contacts', (select count(*) from desk.contact x where x.clinic_id = $1 and x.customer_id = $2),
    'do_not_contact', coalesce((select p.do_not_contact from public.customer_preferences p where p.clinic_id = $1 and p.customer_id = $2), false),
    'marketing', (select p.marketing_opt_in from public.customer_preferences p where p.clinic_id = $1 and p.customer_id = $2))
  from (select 1) one left join desk.point_sum s on s.clinic_id = $1 and s.customer_id = $2;
$$;

select desk.close_functions();
