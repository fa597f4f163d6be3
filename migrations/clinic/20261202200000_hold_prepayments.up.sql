-- Why: a deposit or a gift card is money for something that has not happened yet. It is held: it earns nothing when it is taken, and like any money when it pays a bill
-- (rule L6), so that nobody earns twice for one baht and no points buy what brings points.

-- How much is held for a customer is nowhere written down as a number: it is what came in, less what paid bills and what was given back.
alter table desk.payment
  add column held_as text,                             -- as what all of this money is held; none: it paid a bill
  add column held bigint not null default 0,           -- of a bill, how much was paid with held money; of money given back, how much is held again
  drop constraint payment_method_check,
  add constraint payment_method_check check (method in ('cash', 'card', 'promptpay', 'transfer', 'held')),
  add constraint payment_held_as_check check (held_as is null or held_as in ('deposit', 'gift_card') and held = 0 and entry_id is null and points = 0),
  add constraint payment_held_check check (held between 0 and satang and (held = satang) = (method = 'held'));
grant select (held_as, held) on desk.payment to desk_member;

-- The one rule of what a payment counts for: points, tier, what was spent, friends and achievements. And of what it adds to what is held, or takes from it.
create function desk.earning(satang bigint, held_as text) returns bigint language sql immutable
return case when held_as is null then satang else 0 end;
create function desk.held_by(satang bigint, held_as text, held bigint) returns bigint language sql immutable
return case when held_as is null then -held else satang end;

-- What of money given back is held again: the rest of the bill's own money goes back first, into the hand.
create function desk.held_back(satang bigint, money_left bigint) returns bigint language sql immutable
return greatest(satang - money_left, 0);

-- What is held for a customer.
create function desk.held_left(clinic uuid, customer uuid) returns bigint language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select coalesce(sum(case when p.refunds is null then 1 else -1 end * desk.held_by(p.satang, p.held_as, p.held)), 0)::bigint
  from desk.payment p where p.clinic_id = $1 and p.customer_id = $2 and (p.held_as is not null or p.held > 0);
$$;

-- What of a bill was paid in money of that day and has not been given back.
create function desk.money_left(p desk.payment) returns bigint language sql stable set search_path = pg_catalog, pg_temp as $$
  select p.satang - p.held - coalesce((select sum(r.satang - r.held) from desk.payment r where r.clinic_id = p.clinic_id and r.refunds = p.id), 0)::bigint;
$$;

-- Holds also for who writes by hand: never more is used or given back than is held, of two at once by one alone, and money goes back to where it came from.
create function desk.keep_held() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare o desk.payment; takes bigint := desk.held_by(new.satang, new.held_as, new.held) * case when new.refunds is null then -1 else 1 end; there bigint;
begin
  if new.refunds is not null then
    select p.* into o from desk.payment p where p.clinic_id = new.clinic_id and p.id = new.refunds;
    if new.held_as is distinct from o.held_as or new.held_as is null and new.held <> desk.held_back(new.satang, desk.money_left(o)) then
      raise exception 'money goes back to where it came from' using errcode = '23514', constraint = 'desk_refund_fits', table = 'payment', schema = 'desk';
    end if;
  end if;
  if takes <= 0 then return new; end if;
  -- Who takes a payment or gives one back holds this row already, first of all.
  perform 1 from desk.payment_counter k where k.clinic_id = new.clinic_id for no key update;
  there := desk.held_left(new.clinic_id, new.customer_id);
  if takes > there then perform desk.refuse(case when new.refunds is null then 'held_short' else 'held_used' end, jsonb_build_object('most', greatest(there, 0))); end if;
  return new;
end $$;
create trigger desk_held before insert on desk.payment for each row execute function desk.keep_held();

-- Codes take nothing off a deposit or a gift card: points that buy what brings points would go round and round.
create function desk.keep_codes_off() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  if exists (select 1 from desk.payment p where p.clinic_id = new.clinic_id and p.id = new.payment_id and p.held_as is not null) then perform desk.refuse('held_takes_no_code'); end if;
  return new;
end $$;
create trigger desk_no_code before update of payment_id on desk.coupon for each row
  when (new.payment_id is not null and new.payment_id is distinct from old.payment_id) execute function desk.keep_codes_off();

-- Two customers are not separated while a bill of the one stands that the other's held money has paid: it is given back first.
create function desk.keep_held_apart() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare missing bigint;
begin
  select -min(desk.held_left(c.clinic_id, c.id)) into missing from public.customers c where c.id in (old.giver, old.taker);
  if missing > 0 then perform desk.refuse('separation_held', jsonb_build_object('missing', missing)); end if;
  return null;
end $$;
create trigger desk_held after delete on desk.merge_step for each row execute function desk.keep_held_apart();

-- How a payment is paid: as what it is held, or how much of the bill held money pays.
create function desk.arg_held(args jsonb, satang bigint) returns bigint language plpgsql immutable set search_path = pg_catalog, pg_temp as $$
declare kind text := desk.arg_text(args, 'held_as', 20); way text := desk.arg_text(args, 'method', 20); held bigint := 0;
begin
  if way is null or way not in ('cash', 'card', 'promptpay', 'transfer', 'held') then perform desk.refuse('value_not_allowed', '{"field":"method"}'); end if;
  if kind is not null and kind not in ('deposit', 'gift_card') then perform desk.refuse('value_not_allowed', '{"field":"held_as"}'); end if;
  if coalesce(jsonb_typeof(args -> 'held'), 'null') <> 'null' then held := desk.arg_number(args, 'held', 0, satang, 'amount_out_of_range'); end if;
  if kind is not null and held > 0 then perform desk.refuse('value_not_allowed', '{"field":"held_as"}'); end if;
  if (way = 'held') <> (held = satang) then perform desk.refuse('value_not_allowed', '{"field":"method"}'); end if;
  return held;
end $$;

-- As before; what is held earns nothing and is no bill.
create or replace function desk.apply_payment_take(me desk.member, args jsonb) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare key uuid := desk.arg_uuid(args, 'id'); entry uuid := desk.arg_uuid(args, 'entry'); customer uuid := desk.arg_uuid(args, 'customer_id');
  journey uuid := case when coalesce(jsonb_typeof(args -> 'journey_id'), 'null') <> 'null' then desk.arg_uuid(args, 'journey_id') end;
  satang bigint := desk.arg_number(args, 'satang', 1, 100000000, 'amount_out_of_range'); held bigint := desk.arg_held(args, satang); kind text := desk.arg_text(args, 'held_as', 20);
  said text := nullif(desk.arg_text(args, 'note', 500), ''); why text := nullif(desk.arg_text(args, 'late_reason', 500), ''); at timestamptz; number integer; tenfold numeric := 0; e public.point_transactions;
begin
  perform 1 from public.customers x where x.clinic_id = me.clinic_id and x.id = customer for key share;
  if not found then perform desk.refuse('customer_not_found'); end if;
  if journey is not null and not exists (select 1 from public.workflow_states w where w.clinic_id = me.clinic_id and w.id = journey and w.customer_id = customer) then perform desk.refuse('journey_not_found'); end if;
  number := desk.next_payment_number(me.clinic_id);
  at := desk.counts_from(me, args);
  if kind is null then
    perform 1 from public.loyalty_profiles q where q.clinic_id = me.clinic_id and q.customer_id = customer for no key update;
    perform desk.settle_tier(me.clinic_id, customer, now());
    update public.loyalty_profiles q set updated_at = q.updated_at where q.clinic_id = me.clinic_id and q.customer_id = customer and q.desk_tier_until <= desk.local_day(me.clinic_id, now());
    tenfold := desk.multiplier_in(desk.policy_at(me.clinic_id, at), coalesce((select t.tier from desk.tier t where t.clinic_id = me.clinic_id and t.customer_id = customer), 'bronze'));
    -- A bill that earns nothing makes no entry and no member.
    if desk.points_for(satang, tenfold) > 0 then e := desk.earn_points_at(me, entry, customer, satang, said, at, why); else perform desk.count_bill(me.clinic_id, customer, satang, 1); end if;
  end if;
  insert into desk.payment (clinic_id, id, number, customer_id, journey_id, satang, held_as, held, method, taken_at, taken_by, taken_device, note, entry_id, points, multiplier, late_reason)
  values (me.clinic_id, key, number, customer, journey, satang, kind, held, args ->> 'method', at, me.person_id, me.device, said, e.id, coalesce(e.amount, 0), coalesce(e.desk_multiplier, tenfold), why);
end $$;

-- As before; held money that goes back takes no points along, and what a bill was paid with of it is held again.
create or replace function desk.apply_payment_refund(me desk.member, args jsonb) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare key uuid := desk.arg_uuid(args, 'id'); entry uuid := desk.arg_uuid(args, 'entry'); wanted uuid := desk.arg_uuid(args, 'payment_id');
  satang bigint := desk.arg_number(args, 'satang', 1, 100000000, 'amount_out_of_range'); why text := nullif(desk.arg_text(args, 'reason', 500), ''); p desk.payment; number integer; rest bigint; held bigint := 0; points bigint := 0;
begin
  perform desk.require_role(me, array['owner', 'manager', 'front_desk']);
  if why is null then perform desk.refuse('reason_missing'); end if;
  -- The number first, as who takes a payment: two who hold one and wait for the other's would wait for ever.
  number := desk.next_payment_number(me.clinic_id);
  select x.* into p from desk.payment x where x.clinic_id = me.clinic_id and x.id = wanted and x.refunds is null for no key update;
  if not found then perform desk.refuse('payment_not_found'); end if;
  rest := desk.unrefunded(p);
  if satang > rest then perform desk.refuse('refund_too_large', jsonb_build_object('most', rest)); end if;
  if p.held_as is null then
    held := desk.held_back(satang, desk.money_left(p));
    if p.entry_id is not null then points := desk.refund_points(me, p.entry_id, satang, entry, why);
    else perform desk.count_bill(me.clinic_id, p.customer_id, -satang, -(satang = rest)::int); end if;
  end if;
  insert into desk.payment (clinic_id, id, number, customer_id, journey_id, satang, held_as, held, refunds, method, taken_at, taken_by, taken_device, note, entry_id, points, multiplier)
  values (me.clinic_id, key, number, p.customer_id, (select w.id from public.workflow_states w where w.clinic_id = p.clinic_id and w.id = p.journey_id), satang, p.held_as, held, p.id, case when held = satang then 'held' else p.method end,
    greatest(desk.paid_at(args), p.taken_at), me.person_id, me.device, why, case when p.entry_id is not null then entry end, -points, p.multiplier);
end $$;

-- As before; money counts when it pays a bill.
create or replace function desk.tier_measure(p desk.loyalty_policy, customer uuid, day date, till timestamptz default 'infinity') returns bigint language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare measure bigint;
begin
  if p.basis = 'points' then
    select s.lifetime into measure from desk.point_sum s where s.clinic_id = p.clinic_id and s.customer_id = customer;
  else
    select sum(case when x.refunds is null then 1 else -1 end * desk.earning(x.satang, x.held_as)) into measure from desk.payment x where x.clinic_id = p.clinic_id and x.customer_id = customer
      and x.taken_at >= desk.day_start(p.clinic_id, (day - interval '1 year')::date + 1) and x.taken_at < least(desk.day_start(p.clinic_id, day + 1), till);
  end if;
  return greatest(coalesce(measure, 0), 0);
end $$;

-- As before; what is held moves nobody's tier.
drop trigger desk_tier on desk.payment;
create trigger desk_tier after insert on desk.payment for each row when (new.held_as is null) execute function desk.judge_payment();

-- As before; what is held is no bill.
create or replace function desk.bills_of(clinic uuid, customers uuid[]) returns table (customer_id uuid, day date, satang bigint) language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  with bill as (
    select e.customer_id, e.id, coalesce(e.desk_effective_at, e.created_at) as at, e.desk_satang + coalesce((select sum(b.desk_satang) from public.point_transactions b where b.desk_reverses = e.id and b.clinic_id = $1), 0) as satang
    from public.point_transactions e where e.clinic_id = $1 and e.customer_id = any ($2) and e.desk_satang > 0
    union all
    select p.customer_id, p.id, p.taken_at, desk.unrefunded(p) from desk.payment p where p.clinic_id = $1 and p.customer_id = any ($2) and p.refunds is null and p.entry_id is null and p.held_as is null
  )
  select b.customer_id, desk.local_time($1, b.at)::date, sum(b.satang)::bigint from bill b where b.satang > 0 group by 1, 2;
$$;

-- As before; what is held paid for no treatment yet.
create or replace function desk.is_paid_and_kept(clinic uuid, friend uuid) returns boolean language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select exists (select 1 from desk.payment p where p.clinic_id = $1 and p.customer_id = $2 and p.refunds is null and p.held_as is null and desk.unrefunded(p) > 0);
$$;
create or replace function desk.referral_facts(r desk.referral) returns jsonb language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  with paid as (
    select p.id, p.taken_at, p.satang, row_number() over (order by p.taken_at, p.number) - 1 as place from desk.payment p
    where p.clinic_id = r.clinic_id and p.customer_id = r.friend_id and p.refunds is null and p.held_as is null order by p.taken_at, p.number limit 500
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

-- As before; and held money is never used twice, a payment gave the points of its entry, and one entry is of one payment.
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
  where p.clinic_id = clinic and p.available_points <> 0 and not exists (select 1 from everyone a where a.customer_id = p.customer_id)
  union all
  select c.customer_id, 'held money is there', 0, c.there from (select p.customer_id, least(desk.held_left(clinic, p.customer_id), 0) as there from desk.payment p where p.clinic_id = clinic and (p.held_as is not null or p.held > 0) group by p.customer_id) c
  where c.there < 0
  union all
  select p.customer_id, 'payment ' || p.number, case when p.held_as is null then coalesce(e.amount, 0) else 0 end, p.points
  from desk.payment p left join public.point_transactions e on e.clinic_id = p.clinic_id and e.id = p.entry_id
  where p.clinic_id = clinic and p.points <> case when p.held_as is null then coalesce(e.amount, 0) else 0 end
  union all
  select e.customer_id, 'money behind entry ' || e.id, e.desk_satang, sum(case when p.refunds is null then 1 else -1 end * desk.earning(p.satang, p.held_as))::bigint
  from desk.payment p join public.point_transactions e on e.clinic_id = p.clinic_id and e.id = p.entry_id
  where p.clinic_id = clinic group by e.customer_id, e.id, e.desk_satang
  having e.desk_satang is distinct from sum(case when p.refunds is null then 1 else -1 end * desk.earning(p.satang, p.held_as));
$$;
select desk.close_functions();
