-- Why: the tiers promised a discount that no bill knew, and points that were redeemed without a reward bought nothing that anybody could hold. Now each version of what a
-- clinic promises says how many percent a tier takes off a bill and what a point is worth when it pays: the bill keeps both sums, and such points become a code.

alter table desk.loyalty_policy
  add column discounts jsonb not null default '{"bronze":5,"silver":8,"gold":10,"platinum":12,"diamond":15}',  -- whole percent that a tier may take off a bill
  add column redeem_satang integer not null default 20 constraint redeem_satang_fits check (redeem_satang between 0 and 1000);  -- what a point takes off a bill; 0: only rewards are redeemed
grant select (discounts, redeem_satang) on desk.loyalty_policy to desk_member;

alter table desk.payment
  add column discount bigint not null default 0,            -- what the tier took off the bill, in satang; the bill was so much more
  add column discount_percent smallint not null default 0,  -- by so many percent
  add constraint payment_discount_fits check (discount_percent between 0 and 50 and discount = (satang + discount) * discount_percent / 100
    and (discount_percent = 0 or refunds is null and held_as is null));
grant select (discount, discount_percent) on desk.payment to desk_member;

-- A code for money has no reward: the points themselves were worth it.
alter table desk.coupon alter column reward_id drop not null;

-- As before, and what a tier takes off, and what a point pays.
create or replace function desk.policy_problem(p desk.loyalty_policy) returns text language plpgsql immutable set search_path = pg_catalog, pg_temp as $$
declare t text; n text; last numeric := -1; less integer := 0; floor bigint := 0; problem text;
begin
  foreach t in array array['bronze', 'silver', 'gold', 'platinum', 'diamond'] loop
    n := p.multipliers ->> t;
    if jsonb_typeof(p.multipliers -> t) is distinct from 'number' or n !~ '^[0-9]{1,2}(\.[0-9])?0*$' or n::numeric > 20 or n::numeric < last then return 'multipliers.' || t; end if;
    last := n::numeric;
    n := p.discounts ->> t;
    if jsonb_typeof(p.discounts -> t) is distinct from 'number' or n !~ '^[0-9]{1,2}$' or n::integer not between less and 50 then return 'discounts.' || t; end if;
    less := n::integer;
    continue when t = 'bronze';
    n := p.floors ->> t;
    if jsonb_typeof(p.floors -> t) is distinct from 'number' or n !~ '^[0-9]{1,9}$' or n::bigint <= floor then return 'floors.' || t; end if;
    floor := n::bigint;
  end loop;
  problem := case when p.basis is null or p.basis not in ('points', 'baht') then 'basis' when p.months is null or p.months not between 1 and 240 then 'months'
    when p.welcome is null or p.welcome not between 0 and 10000 then 'welcome' when p.point_satang is null or p.point_satang not between 0 and 100000 then 'point_satang'
    when p.redeem_satang is null or p.redeem_satang not between 0 and 1000 then 'redeem_satang' end;
  return coalesce(problem, desk.bonus_problem(p.bonuses));
end $$;

-- As before; a desk from before these numbers says none: they stay.
create or replace function desk.apply_policy_plan(me desk.member, args jsonb) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare now_on desk.loyalty_policy; p desk.loyalty_policy; l desk.loyalty_policy; today date; day date; zone text; problem text;
begin
  perform desk.require_role(me, array['owner', 'manager']);
  select c.timezone into strict zone from desk.clinic c where c.clinic_id = me.clinic_id for no key update;
  select x.* into strict l from desk.loyalty_policy x where x.clinic_id = me.clinic_id order by x.version desc limit 1;
  if args -> 'expected' is distinct from to_jsonb(l.version) then perform desk.refuse('changed_meanwhile', jsonb_build_object('field', 'policy', 'by', desk.nickname_of(me.clinic_id, l.made_by))); end if;
  today := desk.local_time(me.clinic_id, now())::date;
  if args ->> 'from' !~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}$' then perform desk.refuse('value_not_allowed', '{"field":"from"}'); end if;
  begin day := (args ->> 'from')::date; exception when others then perform desk.refuse('date_out_of_range'); end;
  if day is null or day < today or day > today + 366 then perform desk.refuse('date_out_of_range'); end if;
  p := desk.policy_at(me.clinic_id, now());
  p.id := desk.arg_uuid(args, 'id'); p.version := l.version + 1; p.created_at := now(); p.made_by := me.person_id; p.reason := nullif(desk.arg_text(args, 'reason', 500), '');
  p.starts_at := case when day = today then now() else day::timestamp at time zone zone end;
  p.basis := desk.arg_text(args, 'basis', 10); p.multipliers := args -> 'multipliers'; p.floors := args -> 'floors';
  p.months := desk.arg_number(args, 'months', 0, 999999, 'value_not_allowed'); p.welcome := desk.arg_number(args, 'welcome', 0, 999999, 'value_not_allowed');
  p.point_satang := desk.arg_number(args, 'point_satang', 0, 999999, 'value_not_allowed');
  -- A desk from before these numbers says none: they stay.
  p.bonuses := coalesce(args -> 'bonuses', p.bonuses); p.discounts := coalesce(args -> 'discounts', p.discounts);
  if coalesce(jsonb_typeof(args -> 'redeem_satang'), 'null') <> 'null' then p.redeem_satang := desk.arg_number(args, 'redeem_satang', 0, 999999, 'value_not_allowed'); end if;
  problem := desk.policy_problem(p);
  if problem is not null then perform desk.refuse('policy_invalid', jsonb_build_object('field', problem)); end if;
  insert into desk.loyalty_policy values (p.*);
  perform desk.begin_policy(me.clinic_id);
end $$;

-- What a tier took off a bill.
create type desk.reduction as (satang bigint, percent smallint);

-- The discount that a counter gave, by the bill that it names: money is in the drawer by then, so a tier that has changed since is no reason to refuse it. But nobody gives what no version
-- has ever promised, and the sum is the bill's. On what is only held there is none.
create function desk.arg_reduction(me desk.member, args jsonb, satang bigint) returns desk.reduction language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare percent integer; bill bigint; less desk.reduction := (0, 0);
begin
  if coalesce(jsonb_typeof(args -> 'discount_percent'), 'null') = 'null' then return less; end if;
  percent := desk.arg_number(args, 'discount_percent', 1, 50, 'value_not_allowed'); bill := desk.arg_number(args, 'bill', 1, 100000000, 'amount_out_of_range');
  if bill - bill * percent / 100 <> satang or coalesce(jsonb_typeof(args -> 'held_as'), 'null') <> 'null'
    or not exists (select 1 from desk.loyalty_policy l, jsonb_each_text(l.discounts) d where l.clinic_id = me.clinic_id and l.starts_at <= now() and d.value = percent::text) then
    perform desk.refuse('value_not_allowed', '{"field":"discount_percent"}');
  end if;
  less.satang := bill - satang; less.percent := percent;
  return less;
end $$;

-- As before, and what the tier took off.
create or replace function desk.apply_payment_take(me desk.member, args jsonb) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare key uuid := desk.arg_uuid(args, 'id'); entry uuid := desk.arg_uuid(args, 'entry'); customer uuid := desk.arg_uuid(args, 'customer_id');
  journey uuid := case when coalesce(jsonb_typeof(args -> 'journey_id'), 'null') <> 'null' then desk.arg_uuid(args, 'journey_id') end;
  satang bigint := desk.arg_number(args, 'satang', 1, 100000000, 'amount_out_of_range'); less desk.reduction := desk.arg_reduction(me, args, satang); held bigint := desk.arg_held(args, satang); kind text := desk.arg_text(args, 'held_as', 20);
  said text := nullif(desk.arg_text(args, 'note', 500), ''); why text := nullif(desk.arg_text(args, 'late_reason', 500), ''); at timestamptz; number integer; tenfold numeric := 0; e public.point_transactions;
begin
  perform desk.require_role(me, array['owner', 'manager', 'front_desk', 'sales']);
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
  insert into desk.payment (clinic_id, id, number, customer_id, journey_id, satang, held_as, held, method, taken_at, taken_by, taken_device, note, entry_id, points, multiplier, late_reason, discount, discount_percent)
  values (me.clinic_id, key, number, customer, journey, satang, kind, held, args ->> 'method', at, me.person_id, me.device, said, e.id, coalesce(e.amount, 0), coalesce(e.desk_multiplier, tenfold), why, less.satang, less.percent);
end $$;

-- As before; the tier takes its part of what the codes have left.
create or replace function desk.apply_reward_use(me desk.member, args jsonb) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare customer uuid := desk.arg_uuid(args, 'customer_id'); ids uuid[] := desk.arg_uuids(args, 'coupons'); at timestamptz := desk.paid_at(args); p desk.payment; c desk.coupon; one uuid; rest bigint; less bigint; whole bigint;
begin
  if coalesce(nullif(args -> 'bill', 'null'), nullif(args -> 'payment_id', 'null')) is not null then perform desk.require_role(me, array['owner', 'manager', 'front_desk', 'sales']); end if;
  if coalesce(jsonb_typeof(args -> 'bill'), 'null') <> 'null' then whole := desk.arg_number(args, 'bill', 1, 100000000, 'amount_out_of_range'); end if;
  if coalesce(jsonb_typeof(args -> 'payment_id'), 'null') <> 'null' then
    p := desk.reduced_payment(me, desk.arg_uuid(args, 'payment_id'));
    if p.customer_id <> customer then perform desk.refuse('payment_not_found'); end if;
    whole := coalesce(whole, p.satang + p.discount);
  end if;
  rest := whole;
  foreach one in array (select array_agg(x order by x) from unnest(ids) x) loop
    c := desk.usable_coupon(me, one, customer, cardinality(ids), at);
    less := case when whole is not null then least(desk.coupon_reduction(c.kind, c.value, whole), rest) end; rest := rest - less;  -- of no bill nothing is taken
    update desk.coupon x set state = 'used', used_at = at, used_by = me.person_id, used_device = me.device, payment_id = p.id, bill = whole, satang = less
    where x.clinic_id = c.clinic_id and x.id = c.id;
  end loop;
  if rest <> coalesce(p.satang + p.discount, 0) then perform desk.refuse('coupon_sum_differs', jsonb_build_object('most', whole - rest)); end if;
end $$;

-- What points are worth when they pay, as if it were a reward: of the version of their moment.
create function desk.money_for_points(e public.point_transactions, at timestamptz) returns public.loyalty_rewards language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare r public.loyalty_rewards;
begin
  r.name := 'ส่วนลดจากแต้ม'; r.type := 'discount_amount'; r.stackable := true;
  r.monetary_value := -e.amount * (desk.policy_at(e.clinic_id, at)).redeem_satang / 100.0;
  return r;
end $$;

-- As before; so does who redeems at a desk without naming one.
create or replace function desk.reward_redeemed() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare r public.loyalty_rewards; since timestamptz := coalesce(new.desk_effective_at, new.created_at, now()); ends timestamptz;
begin
  if new.desk_reward_id is null then r := desk.money_for_points(new, since);
    if r.monetary_value = 0 then return null; end if;
  else
    select x.* into r from public.loyalty_rewards x where x.clinic_id = new.clinic_id and x.id = new.desk_reward_id;
    if not found or desk.reward_is_broken(r) then perform desk.refuse('reward_unavailable', '{"why":"broken"}'); end if;
  end if;
  ends := desk.coupon_ends(new.clinic_id, r.desk_days, since);
  insert into desk.coupon (clinic_id, id, code, customer_id, reward_id, name, kind, value, is_stackable, points, lots, expires_at, issued_at, issued_by, issued_device)
  select new.clinic_id, new.id, desk.new_coupon_code(new.clinic_id, new.id), new.customer_id, r.id, r.name, r.type, round(r.monetary_value * 100)::bigint, coalesce(r.stackable, true), -new.amount,
    coalesce((select jsonb_agg(jsonb_build_object('lot', u.lot_id, 'points', u.points) order by u.id) from desk.lot_use u where u.clinic_id = new.clinic_id and u.entry_id = new.id), '[]'),
    ends, since, new.desk_by, new.desk_device;
  perform desk.arm_coupons(new.clinic_id, ends + interval '1 second');
  return null;
end $$;

drop trigger desk_reward_redeemed on public.point_transactions;
create trigger desk_reward_redeemed after insert on public.point_transactions for each row
  when (new.type = 'redeemed' and (new.desk_reward_id is not null or new.desk_source = 'desk' and new.desk_purpose = 'redeem')) execute function desk.reward_redeemed();
select desk.close_functions();
