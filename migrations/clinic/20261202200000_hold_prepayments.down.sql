-- Why: a payment is money that came in for something, all of which earns. Deposits and gift cards that stand there are read as money like any other.
drop trigger desk_held on desk.merge_step;
drop function desk.keep_held_apart();
drop trigger desk_no_code on desk.coupon;
drop function desk.keep_codes_off();
drop trigger desk_held on desk.payment;
drop function desk.keep_held();
drop trigger desk_tier on desk.payment;
create trigger desk_tier after insert on desk.payment for each row execute function desk.judge_payment();
create or replace function desk.apply_payment_take(me desk.member, args jsonb) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare key uuid := desk.arg_uuid(args, 'id'); entry uuid := desk.arg_uuid(args, 'entry'); customer uuid := desk.arg_uuid(args, 'customer_id');
  journey uuid := case when coalesce(jsonb_typeof(args -> 'journey_id'), 'null') <> 'null' then desk.arg_uuid(args, 'journey_id') end;
  satang bigint := desk.arg_number(args, 'satang', 1, 100000000, 'amount_out_of_range'); way text := desk.arg_text(args, 'method', 20); said text := nullif(desk.arg_text(args, 'note', 500), '');
  why text := nullif(desk.arg_text(args, 'late_reason', 500), ''); at timestamptz; number integer; tenfold numeric; e public.point_transactions;
begin
  if way is null or way not in ('cash', 'card', 'promptpay', 'transfer') then perform desk.refuse('value_not_allowed', '{"field":"method"}'); end if;
  perform 1 from public.customers x where x.clinic_id = me.clinic_id and x.id = customer for key share;
  if not found then perform desk.refuse('customer_not_found'); end if;
  if journey is not null and not exists (select 1 from public.workflow_states w where w.clinic_id = me.clinic_id and w.id = journey and w.customer_id = customer) then perform desk.refuse('journey_not_found'); end if;
  number := desk.next_payment_number(me.clinic_id);
  at := desk.counts_from(me, args);
  perform 1 from public.loyalty_profiles q where q.clinic_id = me.clinic_id and q.customer_id = customer for no key update;
  perform desk.settle_tier(me.clinic_id, customer, now());
  update public.loyalty_profiles q set updated_at = q.updated_at where q.clinic_id = me.clinic_id and q.customer_id = customer and q.desk_tier_until <= desk.local_day(me.clinic_id, now());
  tenfold := desk.multiplier_in(desk.policy_at(me.clinic_id, at), coalesce((select t.tier from desk.tier t where t.clinic_id = me.clinic_id and t.customer_id = customer), 'bronze'));
  -- A bill that earns nothing makes no entry and no member.
  if desk.points_for(satang, tenfold) > 0 then e := desk.earn_points_at(me, entry, customer, satang, said, at, why); else perform desk.count_bill(me.clinic_id, customer, satang, 1); end if;
  insert into desk.payment (clinic_id, id, number, customer_id, journey_id, satang, method, taken_at, taken_by, taken_device, note, entry_id, points, multiplier, late_reason)
  values (me.clinic_id, key, number, customer, journey, satang, way, at, me.person_id, me.device, said, e.id, coalesce(e.amount, 0), coalesce(e.desk_multiplier, tenfold), why);
end $$;
create or replace function desk.apply_payment_refund(me desk.member, args jsonb) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare key uuid := desk.arg_uuid(args, 'id'); entry uuid := desk.arg_uuid(args, 'entry'); wanted uuid := desk.arg_uuid(args, 'payment_id');
  satang bigint := desk.arg_number(args, 'satang', 1, 100000000, 'amount_out_of_range'); why text := nullif(desk.arg_text(args, 'reason', 500), ''); p desk.payment; number integer; rest bigint; points bigint := 0;
begin
  perform desk.require_role(me, array['owner', 'manager', 'front_desk']);
  if why is null then perform desk.refuse('reason_missing'); end if;
  -- The number first, as who takes a payment: two who hold one and wait for the other's would wait for ever.
  number := desk.next_payment_number(me.clinic_id);
  select x.* into p from desk.payment x where x.clinic_id = me.clinic_id and x.id = wanted and x.refunds is null for no key update;
  if not found then perform desk.refuse('payment_not_found'); end if;
  rest := desk.unrefunded(p);
  if satang > rest then perform desk.refuse('refund_too_large', jsonb_build_object('most', rest)); end if;
  if p.entry_id is not null then points := desk.refund_points(me, p.entry_id, satang, entry, why);
  else perform desk.count_bill(me.clinic_id, p.customer_id, -satang, -(satang = rest)::int); end if;
  insert into desk.payment (clinic_id, id, number, customer_id, journey_id, satang, refunds, method, taken_at, taken_by, taken_device, note, entry_id, points, multiplier)
  values (me.clinic_id, key, number, p.customer_id, (select w.id from public.workflow_states w where w.clinic_id = p.clinic_id and w.id = p.journey_id), satang, p.id, p.method, greatest(desk.paid_at(args), p.taken_at), me.person_id, me.device, why,
    case when p.entry_id is not null then entry end, -points, p.multiplier);
end $$;
create or replace function desk.tier_measure(p desk.loyalty_policy, customer uuid, day date, till timestamptz default 'infinity') returns bigint language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare measure bigint;
begin
  if p.basis = 'points' then
    select s.lifetime into measure from desk.point_sum s where s.clinic_id = p.clinic_id and s.customer_id = customer;
  else
    select sum(case when x.refunds is null then x.satang else -x.satang end) into measure from desk.payment x where x.clinic_id = p.clinic_id and x.customer_id = customer
      and x.taken_at >= desk.day_start(p.clinic_id, (day - interval '1 year')::date + 1) and x.taken_at < least(desk.day_start(p.clinic_id, day + 1), till);
  end if;
  return greatest(coalesce(measure, 0), 0);
end $$;
create or replace function desk.bills_of(clinic uuid, customers uuid[]) returns table (customer_id uuid, day date, satang bigint) language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  with bill as (
    select e.customer_id, e.id, coalesce(e.desk_effective_at, e.created_at) as at, e.desk_satang + coalesce((select sum(b.desk_satang) from public.point_transactions b where b.desk_reverses = e.id and b.clinic_id = $1), 0) as satang
    from public.point_transactions e where e.clinic_id = $1 and e.customer_id = any ($2) and e.desk_satang > 0
    union all
    select p.customer_id, p.id, p.taken_at, desk.unrefunded(p) from desk.payment p where p.clinic_id = $1 and p.customer_id = any ($2) and p.refunds is null and p.entry_id is null
  )
  select b.customer_id, desk.local_time($1, b.at)::date, sum(b.satang)::bigint from bill b where b.satang > 0 group by 1, 2;
$$;
create or replace function desk.is_paid_and_kept(clinic uuid, friend uuid) returns boolean language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select exists (select 1 from desk.payment p where p.clinic_id = $1 and p.customer_id = $2 and p.refunds is null and desk.unrefunded(p) > 0);
$$;
create or replace function desk.referral_facts(r desk.referral) returns jsonb language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  with paid as (
    select p.id, p.taken_at, p.satang, row_number() over (order by p.taken_at, p.number) - 1 as place from desk.payment p
    where p.clinic_id = r.clinic_id and p.customer_id = r.friend_id and p.refunds is null order by p.taken_at, p.number limit 500
  )
  select jsonb_build_object('referrer', desk.referral_person(r.clinic_id, r.referrer_id), 'friend', desk.referral_person(r.clinic_id, r.friend_id), 'made_at', r.made_at,
    'registered_by', (select c.id from public.customers c where c.clinic_id = r.clinic_id and c.id in (r.referrer_id, r.friend_id) and (to_jsonb(c) ->> 'user_id')::uuid = r.made_by limit 1),
    'known', desk.known_before(r.clinic_id, r.friend_id, r.made_at), 'chain', to_jsonb(desk.referral_chain(r.clinic_id, r.referrer_id)),
    'friend_referred', coalesce((select jsonb_agg(x.friend_id) from desk.referral x where x.clinic_id = r.clinic_id and x.referrer_id = r.friend_id), '[]'),
    'treatments', coalesce((select jsonb_agg(jsonb_build_object('at', p.taken_at, 'price', p.satang, 'paid', p.satang) order by p.place) from paid p), '[]'),
    'refunds', coalesce((select jsonb_agg(jsonb_build_object('at', b.taken_at, 'satang', b.satang, 'of', p.place)) from desk.payment b join paid p on p.id = b.refunds where b.clinic_id = r.clinic_id), '[]'),
    'earlier', coalesce((select jsonb_agg(jsonb_build_object('made_at', x.made_at, 'is_refunded', x.state = 'reversed' or 'not_kept' = any (x.reasons) or 'refund_habit' = any (x.reasons)))
      from (select * from desk.referral x where x.clinic_id = r.clinic_id and x.referrer_id = r.referrer_id and (x.made_at, x.id) < (r.made_at, r.id) order by x.made_at desc limit 500) x
      where x.state <> 'refused' or 'refund_habit' = any (x.reasons)), '[]'));
$$;
create or replace function desk.verify_loyalty(clinic uuid) returns table (customer_id uuid, what text, should bigint, found bigint) language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  with entry as (
    select e.customer_id, e.id, case when e.type in ('redeemed', 'expired') then -abs(e.amount::bigint) else e.amount end as amount, desk.lifetime_of(e.type, e.amount, e.desk_reverses, e.desk_lifetime) as lifetime
    from public.point_transactions e where e.clinic_id = clinic
  ), entries as (select x.customer_id, sum(x.amount) as net, sum(x.lifetime) as lifetime from entry x group by x.customer_id),
  lots as (select l.customer_id, sum(l.remaining) as available from desk.lot l where l.clinic_id = clinic group by l.customer_id),
  debts as (select d.customer_id, sum(d.points) as owed from desk.debt d where d.clinic_id = clinic group by d.customer_id),
  sums as (select * from desk.point_sum s where s.clinic_id = clinic),
  everyone as (select x.customer_id from entries x union select x.customer_id from lots x union select x.customer_id from debts x union select x.customer_id from sums x)
  select a.customer_id, k.what, k.should, k.found
  from everyone a left join entries e using (customer_id) left join lots l using (customer_id) left join debts d using (customer_id) left join sums s using (customer_id)
  left join public.loyalty_profiles p on p.clinic_id = clinic and p.customer_id = a.customer_id,
  lateral (values
    ('sum of lots is the balance', coalesce(s.available, 0), coalesce(l.available, 0)), ('sum of debts is what is owed', coalesce(s.owed, 0), coalesce(d.owed, 0)),
    ('entries make the balance less the debt', coalesce(s.available, 0) - coalesce(s.owed, 0), coalesce(e.net, 0)), ('entries make the lifetime', coalesce(s.lifetime, 0), coalesce(e.lifetime, 0)),
    ('who owes has no points', 0, least(coalesce(s.available, 0), coalesce(s.owed, 0))),
    ('profile shows the balance', coalesce(s.available, 0), coalesce(p.available_points, case when p.id is null then s.available end, 0)),
    ('profile shows the lifetime', coalesce(s.lifetime, 0), coalesce(p.total_points, case when p.id is null then s.lifetime end, 0)),
    ('profile shows what is owed', coalesce(s.owed, 0), coalesce(p.desk_owed, s.owed, 0))) as k (what, should, found)
  where k.should is distinct from k.found
  union all
  select l.customer_id, 'lot ' || l.id, l.points - l.remaining, coalesce(u.used, 0) from desk.lot l
  left join (select u.lot_id, sum(u.points) as used from desk.lot_use u where u.clinic_id = clinic group by u.lot_id) u on u.lot_id = l.id
  where l.clinic_id = clinic and l.points - l.remaining <> coalesce(u.used, 0)
  union all
  select e.customer_id, 'entry ' || e.id, e.amount, b.booked from entry e, lateral (select coalesce((select l.points from desk.lot l where l.clinic_id = clinic and l.id = e.id), 0)
    - coalesce((select sum(u.points) from desk.lot_use u where u.clinic_id = clinic and u.entry_id = e.id), 0) - coalesce((select d.points from desk.debt d where d.clinic_id = clinic and d.entry_id = e.id), 0) as booked) b
  where e.amount <> b.booked
  union all
  select p.customer_id, 'profile without a ledger', 0, p.available_points from public.loyalty_profiles p
  where p.clinic_id = clinic and p.available_points <> 0 and not exists (select 1 from everyone a where a.customer_id = p.customer_id);
$$;
drop function desk.arg_held(jsonb, bigint);
drop function desk.money_left(desk.payment);
drop function desk.held_left(uuid, uuid);
drop function desk.held_back(bigint, bigint);
drop function desk.held_by(bigint, text, bigint);
drop function desk.earning(bigint, text);
revoke select (held_as, held) on desk.payment from desk_member;
alter table desk.payment drop constraint payment_held_check, drop constraint payment_held_as_check, drop constraint payment_method_check, drop column held_as, drop column held;
-- What was paid with such money stays as it is, and its word with it.
do $$ begin
  execute 'alter table desk.payment add constraint payment_method_check check (method in (''cash'', ''card'', ''promptpay'', ''transfer''))'
    || case when exists (select 1 from desk.payment p where p.method = 'held') then ' not valid' else '' end;
end $$;
