-- Why: a code is used once, by one customer, for what it promised, and never for more than the bill. And whoever holds one may give it back.

-- By how much a code reduces a bill, alone: a percentage rounded down to the satang, never more than the bill. What is handed over reduces nothing.
create function desk.coupon_reduction(kind text, value bigint, bill bigint) returns bigint language sql immutable
return case kind when 'discount_percentage' then least(bill * value / 10000, bill) when 'discount_amount' then least(value, bill) else 0 end;

-- The codes that are named, as a list without repeats, at most ten.
create function desk.arg_uuids(args jsonb, key text) returns uuid[] language plpgsql immutable set search_path = pg_catalog, pg_temp as $$
declare said jsonb := args -> key; ids uuid[] := '{}'; one jsonb;
begin
  if jsonb_typeof(said) is distinct from 'array' or jsonb_array_length(said) not between 1 and 10 then perform desk.refuse('value_not_allowed', jsonb_build_object('field', key)); end if;
  for one in select * from jsonb_array_elements(said) loop
    ids := ids || desk.arg_uuid(jsonb_build_object(key, one), key);
  end loop;
  if cardinality(ids) <> (select count(distinct x) from unnest(ids) x) then perform desk.refuse('value_not_allowed', jsonb_build_object('field', key)); end if;
  return ids;
end $$;

-- The payment that codes reduced, held; each payment has its codes named once.
create function desk.reduced_payment(me desk.member, wanted uuid) returns desk.payment language plpgsql set search_path = pg_catalog, pg_temp as $$
declare p desk.payment;
begin
  select x.* into p from desk.payment x where x.clinic_id = me.clinic_id and x.id = wanted and x.refunds is null for no key update;
  if not found then perform desk.refuse('payment_not_found'); end if;
  if exists (select 1 from desk.coupon c where c.clinic_id = me.clinic_id and c.payment_id = wanted) then perform desk.refuse('coupon_alone'); end if;
  return p;
end $$;

-- A code that can be used at `at` together with so many others, held.
create function desk.usable_coupon(me desk.member, wanted uuid, customer uuid, number integer, at timestamptz) returns desk.coupon language plpgsql set search_path = pg_catalog, pg_temp as $$
declare c desk.coupon;
begin
  select x.* into c from desk.coupon x where x.clinic_id = me.clinic_id and x.id = wanted for no key update;
  if not found or c.customer_id is distinct from customer then perform desk.refuse('coupon_not_found'); end if;
  if c.state <> 'issued' or c.expires_at < at then perform desk.refuse_ended(c); end if;
  if number > 1 and not c.is_stackable then perform desk.refuse('coupon_alone', jsonb_build_object('code', c.code)); end if;
  return c;
end $$;

-- Codes are used: on a bill, with the payment that is left of it (none where nothing is left), or handed over without one.
create function desk.apply_reward_use(me desk.member, args jsonb) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare customer uuid := desk.arg_uuid(args, 'customer_id'); ids uuid[] := desk.arg_uuids(args, 'coupons'); at timestamptz := desk.paid_at(args); p desk.payment; c desk.coupon; one uuid; rest bigint; less bigint; whole bigint;
begin
  if coalesce(jsonb_typeof(args -> 'bill'), 'null') <> 'null' then whole := desk.arg_number(args, 'bill', 1, 100000000, 'amount_out_of_range'); end if;
  if coalesce(jsonb_typeof(args -> 'payment_id'), 'null') <> 'null' then
    p := desk.reduced_payment(me, desk.arg_uuid(args, 'payment_id'));
    if p.customer_id <> customer then perform desk.refuse('payment_not_found'); end if;
    whole := coalesce(whole, p.satang);
  end if;
  rest := whole;
  foreach one in array (select array_agg(x order by x) from unnest(ids) x) loop
    c := desk.usable_coupon(me, one, customer, cardinality(ids), at);
    less := case when whole is not null then least(desk.coupon_reduction(c.kind, c.value, whole), rest) end; rest := rest - less;  -- of no bill nothing is taken
    update desk.coupon x set state = 'used', used_at = at, used_by = me.person_id, used_device = me.device, payment_id = p.id, bill = whole, satang = less
    where x.clinic_id = c.clinic_id and x.id = c.id;
  end loop;
  if rest <> coalesce(p.satang, 0) then perform desk.refuse('coupon_sum_differs', jsonb_build_object('most', whole - rest)); end if;
end $$;

-- A code is given back, by the customer's wish or the clinic's. Points whose date passed meanwhile have ended; where it was the clinic, a manager may grant
-- them for thirty days more.
create function desk.apply_reward_cancel(me desk.member, args jsonb) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare entry uuid := desk.arg_uuid(args, 'entry'); wanted uuid := desk.arg_uuid(args, 'coupon_id'); whose text := desk.arg_text(args, 'by', 20); why text := nullif(desk.arg_text(args, 'reason', 500), '');
  grants uuid := case when coalesce(jsonb_typeof(args -> 'grant'), 'null') <> 'null' then desk.arg_uuid(args, 'grant') end; c desk.coupon; ended bigint;
begin
  if whose is null or whose not in ('customer', 'clinic') or whose = 'customer' and grants is not null then perform desk.refuse('value_not_allowed', '{"field":"by"}'); end if;
  perform desk.require_role(me, case whose when 'clinic' then array['owner', 'manager'] else array['owner', 'manager', 'front_desk'] end);
  if whose = 'clinic' and why is null then perform desk.refuse('reason_missing'); end if;
  c := desk.held_coupon(me, wanted);
  if c.state = 'used' and whose = 'clinic' then perform desk.is_given_back(c); elsif c.state <> 'issued' then perform desk.refuse_ended(c); end if;
  update desk.coupon x set state = 'cancelled', closed_at = now(), closed_by = me.person_id, closed_device = me.device, closed_for = whose, reason = why where x.clinic_id = c.clinic_id and x.id = c.id;
  ended := desk.return_coupon(c, entry, me, why);
  if grants is null or ended = 0 then return; end if;
  insert into public.point_transactions (id, clinic_id, customer_id, type, amount, description, expires_at, desk_source, desk_source_id, desk_purpose, desk_reason, desk_by, desk_device)
  values (grants, c.clinic_id, c.customer_id, 'refund', ended, 'ต่ออายุ 30 วัน: ' || c.name, desk.coupon_ends(c.clinic_id, 30, now()), 'coupon', c.id, 'grant', why, me.person_id, me.device);
end $$;

-- Held in the order in which redeeming holds: the customer's sums, the reward, and then the code.
create function desk.held_coupon(me desk.member, wanted uuid) returns desk.coupon language plpgsql set search_path = pg_catalog, pg_temp as $$
declare c desk.coupon;
begin
  select x.* into c from desk.coupon x where x.clinic_id = me.clinic_id and x.id = wanted;
  if not found then perform desk.refuse('coupon_not_found'); end if;
  perform desk.lock_points(c.clinic_id, c.customer_id);
  perform 1 from public.loyalty_rewards r where r.clinic_id = c.clinic_id and r.id = c.reward_id for no key update;
  select x.* into strict c from desk.coupon x where x.clinic_id = me.clinic_id and x.id = wanted for no key update;
  return c;
end $$;

-- A code that reduced a bill is given back only after the bill.
create function desk.is_given_back(c desk.coupon) returns void language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  if exists (select 1 from desk.payment p where p.clinic_id = c.clinic_id and p.id = c.payment_id and desk.unrefunded(p) > 0) then perform desk.refuse('coupon_on_bill'); end if;
end $$;

insert into desk.action (name, version, decider) values ('reward.use', 1, 'desk.apply_reward_use(desk.member, jsonb)'), ('reward.cancel', 1, 'desk.apply_reward_cancel(desk.member, jsonb)');
select desk.close_functions();
