-- Why: points are earned with money, so the money must be written down where the points are: what was paid, what was given back, and under which number. A
-- payment is never changed. What was wrong is given back by a row of its own, and the two say together what was received.

-- The last number given out. Its row is held until commit, so that no two are the same and none is left out.
create table desk.payment_counter (
  clinic_id uuid primary key references desk.clinic (clinic_id) on delete cascade,
  last integer not null check (last > 0)
);

-- Money received, or given back. Revenue is the one less the other.
create table desk.payment (
  clinic_id uuid not null references desk.clinic (clinic_id) on delete cascade,
  id uuid not null,
  number integer not null check (number > 0),
  customer_id uuid not null,
  journey_id uuid,                                   -- what it was paid for; no foreign key: money stays when a course is deleted
  satang bigint not null check (satang between 1 and 100000000),
  refunds uuid,                                      -- the payment that is given back, or a part of it; none: money came in
  method text not null check (method in ('cash', 'card', 'promptpay', 'transfer')),
  taken_at timestamptz not null,
  taken_by uuid not null,                            -- no foreign key: whoever leaves keeps their name on what they did
  taken_device text,
  note text,                                         -- of money that was given back: why
  entry_id uuid,                                     -- what it did to the points; none where it earned none
  points bigint not null default 0,                  -- earned, or (less than nothing) taken back
  multiplier numeric not null default 0,             -- points per 10 baht at that time, which answers "why so many?"
  primary key (clinic_id, id),
  unique (clinic_id, number),
  foreign key (clinic_id, customer_id) references public.customers (clinic_id, id) on delete cascade,
  foreign key (clinic_id, refunds) references desk.payment (clinic_id, id) on delete cascade,
  foreign key (clinic_id, entry_id) references public.point_transactions (clinic_id, id) on delete cascade deferrable initially deferred,
  check (refunds is null and points >= 0 or refunds is not null and points <= 0 and note is not null)
);
create index payment_customer on desk.payment (clinic_id, customer_id, taken_at);
create index payment_refunds on desk.payment (clinic_id, refunds) where refunds is not null;
select desk.fix_keys('desk.payment');

-- Holds also for who writes by hand: never changed, deleted only together with its customer or clinic, of a course of the same customer, and never more given
-- back than was taken.
create function desk.keep_payment() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare o desk.payment; rest bigint;
begin
  if tg_op = 'UPDATE' then raise exception 'payments are never changed; give the money back' using errcode = '23514'; end if;
  if tg_op = 'DELETE' then
    if exists (select 1 from public.customers c join public.clinics k on k.id = c.clinic_id where c.clinic_id = old.clinic_id and c.id = old.customer_id) then
      raise exception 'payments are never deleted; give the money back' using errcode = '23001';
    end if;
    return old;
  end if;
  if new.journey_id is not null and not exists (select 1 from public.workflow_states w where w.id = new.journey_id and w.clinic_id = new.clinic_id and w.customer_id = new.customer_id) then
    raise exception 'journey_id is not present' using errcode = '23503';
  end if;
  if new.refunds is null then return new; end if;
  select p.* into o from desk.payment p where p.clinic_id = new.clinic_id and p.id = new.refunds for no key update;
  rest := desk.unrefunded(o);
  if o.refunds is not null or o.customer_id is distinct from new.customer_id or rest < new.satang then
    raise exception 'no more is given back than was paid' using errcode = '23514', constraint = 'desk_refund_fits', table = 'payment', schema = 'desk';
  end if;
  return new;
end $$;

-- What of a payment has not been given back.
create function desk.unrefunded(p desk.payment) returns bigint language sql stable set search_path = pg_catalog, pg_temp as $$
  select p.satang - coalesce((select sum(r.satang) from desk.payment r where r.clinic_id = p.clinic_id and r.refunds = p.id), 0)::bigint;
$$;
create trigger desk_keep before insert or update or delete on desk.payment for each row execute function desk.keep_payment();

create function desk.next_payment_number(clinic uuid) returns integer language sql security definer set search_path = pg_catalog, pg_temp as $$
  insert into desk.payment_counter as k (clinic_id, last) values ($1, 1) on conflict (clinic_id) do update set last = k.last + 1 returning last;
$$;

-- The one rule of what a bill earns, for whoever books one: a payment, or an award of points alone. Makes the member where there is none.
create function desk.earn_points(me desk.member, entry uuid, customer uuid, satang bigint, said text) returns public.point_transactions language plpgsql set search_path = pg_catalog, pg_temp as $$
declare p public.loyalty_profiles; c desk.clinic; multiplier numeric; e public.point_transactions;
begin
  p := desk.loyalty_profile(me, customer);
  select x.* into c from desk.clinic x where x.clinic_id = me.clinic_id;
  multiplier := desk.multiplier_of(c, p.current_tier);
  insert into public.point_transactions (id, clinic_id, customer_id, type, amount, description, expires_at, desk_source, desk_source_id, desk_purpose, desk_policy, desk_satang, desk_multiplier, desk_by, desk_device)
  values (entry, me.clinic_id, customer, 'earned', desk.points_for(satang, multiplier), coalesce(nullif(said, ''), 'คะแนนจากยอดชำระ'), desk.lot_expiry(me.clinic_id, now()),
    'desk', entry, 'earn', c.loyalty_policy, satang, multiplier, me.person_id, me.device)
  returning * into e;
  return e;
end $$;

create function desk.multiplier_of(c desk.clinic, tier text) returns numeric language sql immutable
return coalesce((c.loyalty_multipliers ->> tier)::numeric, 1);

create or replace function desk.apply_points_award(me desk.member, args jsonb) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare entry uuid := desk.arg_uuid(args, 'id'); customer uuid := desk.arg_uuid(args, 'customer_id'); note text := desk.arg_text(args, 'note', 500);
  satang bigint := desk.arg_number(args, 'satang', 1, 100000000, 'amount_out_of_range');
begin
  perform 1 from public.customers x where x.clinic_id = me.clinic_id and x.id = customer for key share;
  if not found then perform desk.refuse('customer_not_found'); end if;
  perform desk.earn_points(me, entry, customer, satang, note);
end $$;

-- What a bill without points counts in a membership that is there: entries do it themselves.
create function desk.count_bill(clinic uuid, customer uuid, satang bigint, visits integer) returns void language sql set search_path = pg_catalog, pg_temp as $$
  update public.loyalty_profiles p set total_spent = x.spent, total_visits = x.visits, average_spend = case when x.visits = 0 then 0 else least(x.spent / x.visits, 99999999.99) end,
    last_visit = case when $4 > 0 then now() else p.last_visit end
  from (select q.id, least(greatest(coalesce(q.total_spent, 0) + $3 / 100.0, 0), 99999999.99) as spent, greatest(coalesce(q.total_visits, 0) + $4, 0) as visits
    from public.loyalty_profiles q where q.clinic_id = $1 and q.customer_id = $2 for no key update) x
  where p.clinic_id = $1 and p.id = x.id;
$$;

-- When money changed hands: as the desk says, so that a payment of yesterday without the network is yesterday's revenue. A clock that is a month wrong is not
-- believed, and no payment is refused for it.
create function desk.paid_at(args jsonb) returns timestamptz language sql stable set search_path = pg_catalog, pg_temp as $$
  select case when x.said between now() - interval '31 days' and now() then x.said else now() end from (select desk.arg_moment(args, 'at') as said) x;
$$;

create function desk.apply_payment_take(me desk.member, args jsonb) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare key uuid := desk.arg_uuid(args, 'id'); entry uuid := desk.arg_uuid(args, 'entry'); customer uuid := desk.arg_uuid(args, 'customer_id');
  journey uuid := case when coalesce(jsonb_typeof(args -> 'journey_id'), 'null') <> 'null' then desk.arg_uuid(args, 'journey_id') end;
  satang bigint := desk.arg_number(args, 'satang', 1, 100000000, 'amount_out_of_range'); way text := desk.arg_text(args, 'method', 20); said text := nullif(desk.arg_text(args, 'note', 500), '');
  number integer; tier text; tenfold numeric; e public.point_transactions;
begin
  if way is null or way not in ('cash', 'card', 'promptpay', 'transfer') then perform desk.refuse('value_not_allowed', '{"field":"method"}'); end if;
  perform 1 from public.customers x where x.clinic_id = me.clinic_id and x.id = customer for key share;
  if not found then perform desk.refuse('customer_not_found'); end if;
  if journey is not null and not exists (select 1 from public.workflow_states w where w.clinic_id = me.clinic_id and w.id = journey and w.customer_id = customer) then perform desk.refuse('journey_not_found'); end if;
  number := desk.next_payment_number(me.clinic_id);
  select q.current_tier into tier from public.loyalty_profiles q where q.clinic_id = me.clinic_id and q.customer_id = customer for no key update;
  select desk.multiplier_of(c, coalesce(tier, 'bronze')) into tenfold from desk.clinic c where c.clinic_id = me.clinic_id;
  -- A bill that earns nothing makes no entry and no member.
  if desk.points_for(satang, tenfold) > 0 then e := desk.earn_points(me, entry, customer, satang, said); else perform desk.count_bill(me.clinic_id, customer, satang, 1); end if;
  insert into desk.payment (clinic_id, id, number, customer_id, journey_id, satang, method, taken_at, taken_by, taken_device, note, entry_id, points, multiplier)
  values (me.clinic_id, key, number, customer, journey, satang, way, desk.paid_at(args), me.person_id, me.device, said, e.id, coalesce(e.amount, 0), coalesce(e.desk_multiplier, tenfold));
end $$;

-- As before, and what a visit brings on average stays true.
create or replace function desk.refund_points(me desk.member, award uuid, satang bigint, entry uuid, reason text) returns bigint language plpgsql set search_path = pg_catalog, pg_temp as $$
declare e public.point_transactions; before bigint; points bigint;
begin
  select t.* into e from public.point_transactions t where t.clinic_id = me.clinic_id and t.id = award and t.desk_satang > 0;
  if not found then perform desk.refuse('nothing_to_undo'); end if;
  perform desk.lock_points(e.clinic_id, e.customer_id);
  select e.desk_satang + coalesce(sum(t.desk_satang), 0) into before from public.point_transactions t where t.clinic_id = e.clinic_id and t.desk_reverses = e.id;
  if satang not between 1 and before then perform desk.refuse('amount_out_of_range', jsonb_build_object('most', before)); end if;
  points := desk.points_for(before, e.desk_multiplier) - desk.points_for(before - satang, e.desk_multiplier);
  insert into public.point_transactions (id, clinic_id, customer_id, type, amount, description, created_at, expires_at, desk_reverses, desk_source, desk_source_id, desk_purpose, desk_policy, desk_satang, desk_multiplier, desk_reason, desk_by, desk_device)
  values (entry, e.clinic_id, e.customer_id, 'refund', -points, 'คืนเงิน: ' || coalesce(e.description, ''), greatest(now(), e.created_at + interval '1 microsecond'), e.expires_at, e.id,
    'desk', entry, 'refund', e.desk_policy, -satang, e.desk_multiplier, reason, me.person_id, me.device);
  perform desk.count_bill(e.clinic_id, e.customer_id, -satang, -(satang = before)::int);
  return points;
end $$;

create function desk.apply_payment_refund(me desk.member, args jsonb) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
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

-- Where money is sent to: a phone (0066 and nine digits), a national or tax number with its check digit, or an e-wallet.
create function desk.promptpay_fits(id text) returns boolean language sql immutable set search_path = pg_catalog, pg_temp as $$
  select case when id is null then null when id ~ '^0066[0-9]{9}$' or id ~ '^[0-9]{15}$' then true
    when id ~ '^[0-9]{13}$' then (11 - (select sum(substr(id, i, 1)::int * (14 - i)) from generate_series(1, 12) i) % 11) % 10 = substr(id, 13, 1)::int else false end;
$$;
alter table desk.clinic add column promptpay_id text constraint promptpay_fits check (desk.promptpay_fits(promptpay_id));
grant select (promptpay_id) on desk.clinic to desk_member;

create function desk.apply_clinic_set_promptpay(me desk.member, args jsonb) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare wanted text := nullif(desk.arg_text(args, 'promptpay_id', 20), '');
begin
  perform desk.require_role(me, array['owner', 'manager']);
  if wanted is not null and not desk.promptpay_fits(wanted) then perform desk.refuse('promptpay_invalid'); end if;
  update desk.clinic c set promptpay_id = wanted where c.clinic_id = me.clinic_id and c.promptpay_id is distinct from wanted;
end $$;

insert into desk.action (name, version, decider) values
  ('payment.take', 1, 'desk.apply_payment_take(desk.member, jsonb)'), ('payment.refund', 1, 'desk.apply_payment_refund(desk.member, jsonb)'),
  ('clinic.set_promptpay', 1, 'desk.apply_clinic_set_promptpay(desk.member, jsonb)');

alter table desk.payment_counter enable row level security;
alter table desk.payment enable row level security;
select desk.watch('desk.payment', 22::smallint, 'id', '''clinic''');
select desk.open_to_desks('desk.payment', 'clinic_id in (select p.clinic_id from desk.my_pairs() p)',
  string_to_array('id clinic_id number customer_id journey_id satang refunds method taken_at taken_by taken_device note entry_id points multiplier', ' '));
select desk.close_functions();
