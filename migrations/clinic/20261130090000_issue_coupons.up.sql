-- Why: points that buy a reward must buy something that a customer can hold, show another day, use once, and give back. It is a code, and everything that
-- happened to it stays written down: who, at which PC, when.

alter table public.loyalty_rewards
  add column desk_days integer constraint desk_reward_days check (desk_days between 1 and 3650),  -- a code can be used so long; none: a year
  add column desk_version integer not null default 1;                                             -- of what is offered; how many were handed out is no other offer

create table desk.coupon (
  clinic_id uuid not null references desk.clinic (clinic_id) on delete cascade,
  id uuid not null,                         -- the entry that paid for it
  code text not null,
  customer_id uuid not null,
  reward_id uuid not null,                  -- no foreign key: what was promised outlives the reward, and so it is written here
  name text not null,
  kind text not null,                       -- the reward's type
  value bigint not null check (value >= 0), -- satang; of a percentage hundredths of a percent
  is_stackable boolean not null,            -- may stand on a bill beside others
  points bigint not null,
  lots jsonb not null,                      -- which lots paid for it: [{lot, points}]
  expires_at timestamptz not null,          -- the last second of a day of the clinic
  state text not null default 'issued' check (state in ('issued', 'used', 'cancelled', 'expired')),
  issued_at timestamptz not null,
  issued_by uuid,                           -- no foreign key: whoever leaves keeps their name on what they did
  issued_device text,
  used_at timestamptz,
  used_by uuid,
  used_device text,
  payment_id uuid,                          -- the payment that it reduced; none: handed over, or nothing was left to pay
  bill bigint check (bill > 0),             -- the bill before it, in satang
  satang bigint check (satang >= 0),        -- by so much it reduced the bill
  closed_at timestamptz,                    -- cancelled, or its date passed
  closed_by uuid,
  closed_device text,
  closed_for text check (closed_for in ('customer', 'clinic', 'undo', 'date')),
  reason text,
  primary key (clinic_id, id),
  unique (clinic_id, code),
  foreign key (clinic_id, customer_id) references public.customers (clinic_id, id) on delete cascade,
  foreign key (clinic_id, id) references public.point_transactions (clinic_id, id) on delete cascade,
  check ((state in ('cancelled', 'expired')) = (closed_at is not null) and (state <> 'used' or used_at is not null))
);
create index coupon_customer on desk.coupon (clinic_id, customer_id);
create index coupon_payment on desk.coupon (clinic_id, payment_id) where payment_id is not null;
create index coupon_ends on desk.coupon (clinic_id, expires_at) where state = 'issued';
alter table desk.coupon enable row level security;
select desk.fix_keys('desk.coupon');

-- Holds also for who writes by hand: what was promised does not change, what is used or over does not come back, and it goes only with its customer or clinic.
create function desk.keep_coupon() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare open text[] := array['state', 'used_at', 'used_by', 'used_device', 'payment_id', 'bill', 'satang', 'closed_at', 'closed_by', 'closed_device', 'closed_for', 'reason'];
begin
  if tg_op = 'DELETE' then
    if exists (select 1 from public.customers c join public.clinics k on k.id = c.clinic_id where c.clinic_id = old.clinic_id and c.id = old.customer_id) then
      raise exception 'codes are never deleted; cancel it' using errcode = '23001';
    end if;
    return old;
  end if;
  if to_jsonb(new) - open is distinct from to_jsonb(old) - open
    or not (old.state = 'issued' and new.state in ('used', 'cancelled', 'expired') or old.state = 'used' and new.state = 'cancelled')
    or old.state = 'used' and (new.used_at, new.used_by, new.payment_id, new.bill, new.satang) is distinct from (old.used_at, old.used_by, old.payment_id, old.bill, old.satang)
  then
    raise exception 'a code that is % cannot become %', old.state, new.state using errcode = '23514', constraint = 'desk_coupon_step', table = 'coupon', schema = 'desk';
  end if;
  return new;
end $$;
create trigger desk_keep before update or delete on desk.coupon for each row execute function desk.keep_coupon();

-- What nobody can promise: without a price, of a kind or value that means nothing. The web system can write such a row.
create function desk.reward_is_broken(r public.loyalty_rewards) returns boolean language sql immutable
return coalesce(r.points_cost not between 1 and 1000000, true) or coalesce(r.monetary_value, 'NaN') = 'NaN' or r.monetary_value < 0 or coalesce(btrim(r.name), '') = ''
  or case r.type when 'discount_percentage' then r.monetary_value not between 0.01 and 100 when 'discount_amount' then r.monetary_value < 0.01
    when 'free_service' then false when 'upgrade_service' then false when 'birthday_special' then false when 'referral_bonus' then false else true end;

-- Eight letters and digits that are not mistaken for each other, out of the last five bytes of the entry, which are random; `later` of them on where somebody
-- has this one already. A desk makes the same, because without the network it has to print it.
create function desk.coupon_code(id uuid, later integer) returns text language sql immutable set search_path = pg_catalog, pg_temp as $$
  select string_agg(substr('0123456789ABCDEFGHJKMNPQRSTVWXYZ', ((n.bits >> (35 - 5 * i)) & 31)::integer + 1, 1), '' order by i)
  from generate_series(0, 7) i, (select (('x' || right(replace($1::text, '-', ''), 10))::bit(40)::bigint + $2) & 1099511627775 as bits) n;
$$;

create function desk.new_coupon_code(clinic uuid, id uuid) returns text language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare later integer := 0;
begin
  while exists (select 1 from desk.coupon c where c.clinic_id = clinic and c.code = desk.coupon_code(new_coupon_code.id, later)) loop later := later + 1; end loop;
  return desk.coupon_code(id, later);
end $$;

-- The end of the clinic's day so many days on.
create function desk.coupon_ends(clinic uuid, days integer, at timestamptz) returns timestamptz language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select desk.end_of_day($1, ((desk.local_time($1, $3)::date + coalesce($2, 365))::timestamp + interval '12 hours') at time zone c.timezone) from desk.clinic c where c.clinic_id = $1;
$$;

-- Whoever redeems for a reward, by whichever way, gets a code for it, once the entry is booked.
create function desk.reward_redeemed() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare r public.loyalty_rewards; since timestamptz := coalesce(new.desk_effective_at, new.created_at, now()); ends timestamptz;
begin
  select x.* into r from public.loyalty_rewards x where x.clinic_id = new.clinic_id and x.id = new.desk_reward_id;
  if not found or desk.reward_is_broken(r) then perform desk.refuse('reward_unavailable', '{"why":"broken"}'); end if;
  ends := desk.coupon_ends(new.clinic_id, r.desk_days, since);
  insert into desk.coupon (clinic_id, id, code, customer_id, reward_id, name, kind, value, is_stackable, points, lots, expires_at, issued_at, issued_by, issued_device)
  select new.clinic_id, new.id, desk.new_coupon_code(new.clinic_id, new.id), new.customer_id, r.id, r.name, r.type, round(r.monetary_value * 100)::bigint, coalesce(r.stackable, true), -new.amount,
    coalesce((select jsonb_agg(jsonb_build_object('lot', u.lot_id, 'points', u.points) order by u.id) from desk.lot_use u where u.clinic_id = new.clinic_id and u.entry_id = new.id), '[]'),
    ends, since, new.desk_by, new.desk_device;
  perform desk.arm_coupons(new.clinic_id, ends + interval '1 second');
  return null;
end $$;
create trigger desk_reward_redeemed after insert on public.point_transactions for each row when (new.type = 'redeemed' and new.desk_reward_id is not null) execute function desk.reward_redeemed();

-- A redemption that is taken back takes its code with it; one whose code was used cannot be.
create function desk.reward_returned() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare c desk.coupon;
begin
  select x.* into c from desk.coupon x where x.clinic_id = new.clinic_id and x.id = new.desk_reverses for no key update;
  if not found then return new; end if;
  if c.state <> 'issued' then perform desk.refuse_ended(c); end if;
  update desk.coupon x set state = 'cancelled', closed_at = now(), closed_by = new.desk_by, closed_device = new.desk_device, closed_for = 'undo' where x.clinic_id = c.clinic_id and x.id = c.id;
  return new;
end $$;
create trigger desk_reward_returned before insert on public.point_transactions for each row
  when (new.desk_reverses is not null and new.amount > 0 and new.desk_source is distinct from 'coupon') execute function desk.reward_returned();

-- It is used, cancelled or over already: what a person needs to know about it.
create function desk.refuse_ended(c desk.coupon) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  perform desk.refuse('coupon_ended', jsonb_strip_nulls(jsonb_build_object('state', case when c.state = 'issued' then 'expired' else c.state end, 'code', c.code,
    'at', coalesce(c.closed_at, c.used_at, c.expires_at), 'by', desk.nickname_of(c.clinic_id, coalesce(c.closed_by, c.used_by)), 'device', coalesce(c.closed_device, c.used_device))));
end $$;

-- Points of a code come back: to the same lots and dates, and what has ended meanwhile has ended (rule L3). One more of the reward is there. The caller holds the
-- customer's sums. Answers how many of the points had ended.
create function desk.return_coupon(c desk.coupon, entry uuid, me desk.member, why text) returns bigint language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare ended bigint;
begin
  perform desk.expire_points(c.clinic_id, c.customer_id, now());
  insert into public.point_transactions (id, clinic_id, customer_id, type, amount, description, created_at, expires_at, desk_reverses, desk_source, desk_source_id, desk_purpose, desk_policy, desk_reason, desk_by, desk_device)
  select entry, e.clinic_id, e.customer_id, 'refund', -e.amount, 'คืนแต้ม: ' || c.name, greatest(now(), e.created_at + interval '1 microsecond'), desk.lot_expiry(e.clinic_id, now()), e.id,
    'coupon', c.id, 'return', e.desk_policy, why, me.person_id, me.device
  from public.point_transactions e where e.clinic_id = c.clinic_id and e.id = c.id;
  select coalesce(sum(l.remaining), 0) into ended from desk.lot l where l.clinic_id = c.clinic_id and l.customer_id = c.customer_id and l.remaining > 0 and l.expires_at < now();
  perform desk.expire_points(c.clinic_id, c.customer_id, now());
  update public.loyalty_rewards r set current_redemptions = greatest(coalesce(r.current_redemptions, 0) - 1, 0) where r.clinic_id = c.clinic_id and r.id = c.reward_id;
  return ended;
end $$;

-- Codes of a clinic whose last day is over at `at`: their points come back, once however often it is asked (rule L19). A customer who is being served is passed
-- over and comes next. How many.
create function desk.sweep_coupons(clinic uuid, at timestamptz, most integer) returns bigint language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare c desk.coupon; me desk.member; ended bigint := 0;
begin
  me.clinic_id := clinic; me.person_id := desk.automation(clinic);
  for c in select x.* from desk.coupon x where x.clinic_id = clinic and x.state = 'issued' and x.expires_at < at order by x.expires_at, x.id limit most loop
    if not desk.try_lock_points(clinic, c.customer_id) then continue; end if;
    perform 1 from public.loyalty_rewards r where r.clinic_id = clinic and r.id = c.reward_id for no key update;
    update desk.coupon x set state = 'expired', closed_at = now(), closed_by = me.person_id, closed_for = 'date' where x.clinic_id = clinic and x.id = c.id and x.state = 'issued';
    if not found then continue; end if;
    perform desk.return_coupon(c, gen_random_uuid(), me, null);
    ended := ended + 1;
  end loop;
  return ended;
end $$;

-- The clinic looks at its codes then; one time a day, whatever ends on it.
create function desk.arm_coupons(clinic uuid, due timestamptz) returns void language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare day text := desk.local_time(clinic, due)::date::text;
begin
  if exists (select 1 from desk.timer t where t.clinic_id = arm_coupons.clinic and t.kind = 'coupon.expire' and t.occasion = day and t.state <> 'waiting') then day := 'rest ' || gen_random_uuid(); end if;
  perform desk.arm(clinic, 'coupon.expire', day, due);
end $$;

create function desk.fire_coupon_expire(t desk.timer) returns text language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare ended bigint := desk.sweep_coupons(t.clinic_id, now(), 200);
begin
  if exists (select 1 from desk.coupon c where c.clinic_id = t.clinic_id and c.state = 'issued' and c.expires_at < now()) then
    perform desk.arm(t.clinic_id, 'coupon.expire', 'rest ' || gen_random_uuid(), now() + case when ended = 0 then interval '1 minute' else interval '0' end);
  end if;
  return 'ended ' || ended;
end $$;
insert into desk.timer_kind (kind, decider) values ('coupon.expire', 'desk.fire_coupon_expire(desk.timer)');

-- Another offer is another version; handing one out is not.
create function desk.count_reward_version() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  new.desk_version := old.desk_version + 1;
  return new;
end $$;
create trigger desk_version before update on public.loyalty_rewards for each row
  when (to_jsonb(old) - array['current_redemptions', 'desk_version'] is distinct from to_jsonb(new) - array['current_redemptions', 'desk_version']) execute function desk.count_reward_version();

select desk.watch('desk.coupon', 24::smallint, 'id', '''clinic''');
select desk.open_to_desks('desk.coupon', 'clinic_id in (select p.clinic_id from desk.my_pairs() p)', string_to_array('id clinic_id code customer_id reward_id name kind value is_stackable points lots expires_at state '
  'issued_at issued_by issued_device used_at used_by used_device payment_id bill satang closed_at closed_by closed_device closed_for reason', ' '));
grant select (auto_apply, stackable, desk_days, desk_version) on public.loyalty_rewards to desk_member;
select desk.close_functions();
