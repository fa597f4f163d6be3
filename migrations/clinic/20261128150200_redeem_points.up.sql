-- Why: a customer spends points at the counter. With the network the database decides at once; without it a desk may only spend what it was allowed while
-- it was in contact, so that the clinic knows beforehand what it can lose at most.

-- What one PC may redeem on one day of the clinic without the network.
create table desk.lease (
  clinic_id uuid not null references desk.clinic (clinic_id) on delete cascade,
  id uuid not null default gen_random_uuid(),
  device text not null,                     -- what the PC calls itself; its people share one
  day date not null,
  points integer not null check (points >= 0),          -- all customers together
  per_customer integer not null check (per_customer >= 0),
  used integer not null default 0,
  taken_by uuid not null,                   -- who was signed in
  taken_at timestamptz not null default now(),
  ends_at timestamptz not null,             -- nothing is redeemed against it later
  settles_until timestamptz not null,       -- and what was redeemed has to reach the clinic until then; a PC without contact locks after as many days
  primary key (clinic_id, id),
  unique (clinic_id, device, day),
  check (used between 0 and points)
);
alter table desk.lease enable row level security;

-- Today's allowance of this PC, made on first asking. Together they never exceed what the clinic accepts to lose on a day.
create function desk.take_lease() returns uuid language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare me desk.member := desk.me(); pc text := coalesce(me.device, me.role_name::text); ends timestamptz; today date; p desk.loyalty_policy; days integer; given integer; key uuid;
begin
  if me.role_name is null then perform desk.refuse('not_enrolled'); end if;
  ends := desk.end_of_day(me.clinic_id, now()); today := desk.local_time(me.clinic_id, now())::date;
  select l.id into key from desk.lease l where l.clinic_id = me.clinic_id and l.device = pc and l.day = today;
  if found then return key; end if;
  select c.days_unseen into strict days from desk.clinic c where c.clinic_id = me.clinic_id for no key update;
  select x.* into strict p from desk.clinic c join desk.loyalty_policy x on x.clinic_id = c.clinic_id and x.version = c.loyalty_policy where c.clinic_id = me.clinic_id;
  select coalesce(sum(l.points), 0) into given from desk.lease l where l.clinic_id = me.clinic_id and l.ends_at >= now();
  insert into desk.lease (clinic_id, device, day, points, per_customer, taken_by, ends_at, settles_until)
  values (me.clinic_id, pc, today, greatest(least(p.device_allowance, p.clinic_allowance - given), 0), p.customer_allowance, me.person_id, ends, ends + make_interval(days => days))
  on conflict (clinic_id, device, day) do nothing;
  select l.id into strict key from desk.lease l where l.clinic_id = me.clinic_id and l.device = pc and l.day = today;
  return key;
end $$;

create function desk.arg_number(args jsonb, key text, least_one bigint, most bigint, code text) returns bigint language plpgsql immutable set search_path = pg_catalog, pg_temp as $$
declare detail jsonb := case when code = 'value_not_allowed' then jsonb_build_object('field', key) else '{}' end; n bigint;
begin
  if jsonb_typeof(args -> key) is distinct from 'number' or args ->> key !~ '^[0-9]{1,12}$' then perform desk.refuse(code, detail); end if;
  n := (args ->> key)::bigint;
  if n not between least_one and most then perform desk.refuse(code, detail); end if;
  return n;
end $$;

-- Points for one bill: floor(baht x multiplier / 10).
create function desk.points_for(satang bigint, multiplier numeric) returns bigint language sql immutable return floor(satang * multiplier / 1000)::bigint;

-- The member's profile, locked, and the points of the ledger with it. A new member gets one with the welcome points in the ledger.
create or replace function desk.loyalty_profile(me desk.member, customer uuid) returns public.loyalty_profiles language plpgsql set search_path = pg_catalog, pg_temp as $$
declare p public.loyalty_profiles;
begin
  select q.* into p from public.loyalty_profiles q where q.clinic_id = me.clinic_id and q.customer_id = customer for no key update;
  if found then return p; end if;
  insert into public.loyalty_profiles (clinic_id, customer_id, referral_code) values (me.clinic_id, customer, desk.new_referral_code()) on conflict (customer_id, clinic_id) do nothing;
  if found then
    insert into public.point_transactions (clinic_id, customer_id, type, amount, description, expires_at, desk_source, desk_source_id, desk_purpose, desk_policy, desk_by, desk_device)
    select me.clinic_id, customer, 'bonus', 100, 'คะแนนต้อนรับ', desk.lot_expiry(me.clinic_id, now()), 'member', customer, 'welcome', c.loyalty_policy, me.person_id, me.device
    from desk.clinic c where c.clinic_id = me.clinic_id;
  end if;
  select q.* into strict p from public.loyalty_profiles q where q.clinic_id = me.clinic_id and q.customer_id = customer for no key update;
  return p;
end $$;

create or replace function desk.apply_points_award(me desk.member, args jsonb) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare entry uuid := desk.arg_uuid(args, 'id'); customer uuid := desk.arg_uuid(args, 'customer_id'); note text := desk.arg_text(args, 'note', 500);
  satang bigint := desk.arg_number(args, 'satang', 1, 100000000, 'amount_out_of_range'); p public.loyalty_profiles; c desk.clinic; multiplier numeric;
begin
  perform 1 from public.customers x where x.clinic_id = me.clinic_id and x.id = customer for key share;
  if not found then perform desk.refuse('customer_not_found'); end if;
  p := desk.loyalty_profile(me, customer);
  select x.* into c from desk.clinic x where x.clinic_id = me.clinic_id;
  multiplier := coalesce((c.loyalty_multipliers ->> p.current_tier)::numeric, 1);
  insert into public.point_transactions (id, clinic_id, customer_id, type, amount, description, expires_at, desk_source, desk_source_id, desk_purpose, desk_policy, desk_satang, desk_multiplier, desk_by, desk_device)
  values (entry, me.clinic_id, customer, 'earned', desk.points_for(satang, multiplier), coalesce(nullif(note, ''), 'คะแนนจากยอดชำระ'), desk.lot_expiry(me.clinic_id, now()),
    'desk', entry, 'earn', c.loyalty_policy, satang, multiplier, me.person_id, me.device);
end $$;

-- An award taken back by who gave it: all of it, while its points are there.
create or replace function desk.apply_points_reverse(me desk.member, args jsonb) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare m desk.mutation := desk.undoing(me, args, 'points.award'); entry uuid := desk.arg_uuid(args, 'id'); visit timestamptz := desk.arg_moment(args, 'last_visit');
  e public.point_transactions; p public.loyalty_profiles; key uuid; spent numeric; visits integer;
begin
  if m.status <> 'ok' then return; end if;
  key := desk.arg_uuid(m.args, 'id');
  select t.* into e from public.point_transactions t where t.clinic_id = me.clinic_id and t.id = key;
  if not found then perform desk.refuse('nothing_to_undo'); end if;
  select q.* into p from public.loyalty_profiles q where q.clinic_id = me.clinic_id and q.customer_id = e.customer_id for no key update;
  if p.available_points < e.amount then perform desk.refuse('points_spent', jsonb_build_object('missing', e.amount - p.available_points)); end if;
  insert into public.point_transactions (id, clinic_id, customer_id, type, amount, description, created_at, expires_at, desk_reverses, desk_source, desk_source_id, desk_purpose, desk_policy, desk_satang, desk_multiplier, desk_by, desk_device)
  values (entry, me.clinic_id, e.customer_id, 'refund', -e.amount, 'ย้อน: ' || coalesce(e.description, ''), greatest(now(), e.created_at + interval '1 microsecond'), e.expires_at, e.id,  -- both may come in one transaction
    'undo', m.id, 'reverse', e.desk_policy, -e.desk_satang, e.desk_multiplier, me.person_id, me.device);
  spent := greatest(coalesce(p.total_spent, 0) - (m.args ->> 'satang')::bigint / 100.0, 0); visits := greatest(coalesce(p.total_visits, 0) - 1, 0);
  update public.loyalty_profiles q set total_spent = spent, total_visits = visits, average_spend = case when visits = 0 then 0 else spent / visits end,
    last_visit = case when q.last_visit = m.at then visit else q.last_visit end
  where q.clinic_id = me.clinic_id and q.id = p.id;
end $$;

-- Points of a bill that is given back, in parts or whole: what it would have earned before, less what it earns now, by its own tier and policy. What has been
-- spent of them is owed. For whoever books refunds; answers how many points went.
create function desk.refund_points(me desk.member, award uuid, satang bigint, entry uuid, reason text) returns bigint language plpgsql set search_path = pg_catalog, pg_temp as $$
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
  update public.loyalty_profiles p set total_spent = greatest(coalesce(p.total_spent, 0) - satang / 100.0, 0),
    total_visits = greatest(coalesce(p.total_visits, 0) - (satang = before)::int, 0) where p.clinic_id = e.clinic_id and p.customer_id = e.customer_id;
  return points;
end $$;

-- Why there are fewer points than are wanted: somebody spent them after this person looked, or they were never enough.
create function desk.refuse_short(clinic uuid, customer uuid, wanted bigint, available bigint, seen bigint) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare e public.point_transactions;
begin
  if seen >= wanted then
    select t.* into e from public.point_transactions t where t.customer_id = customer and t.clinic_id = clinic and t.type = 'redeemed' order by t.created_at desc, t.id desc limit 1;
    if found then
      perform desk.refuse('points_taken', jsonb_build_object('by', desk.nickname_of(clinic, e.desk_by), 'device', e.desk_device, 'at', e.created_at, 'missing', wanted - available, 'available', available));
    end if;
  end if;
  perform desk.refuse('points_short', jsonb_build_object('missing', wanted - available, 'available', available));
end $$;

-- A reward that is redeemed, locked and counted. Without the network it was handed out already: it counts, even beyond its number.
create function desk.use_reward(clinic uuid, reward uuid, points bigint, tier text, at timestamptz, is_done boolean) returns text language plpgsql set search_path = pg_catalog, pg_temp as $$
declare r public.loyalty_rewards; why text;
begin
  select x.* into r from public.loyalty_rewards x where x.clinic_id = clinic and x.id = reward for no key update;
  if not found then perform desk.refuse('reward_unavailable', '{"why":"unknown"}'); end if;
  why := case when r.points_cost <> points then 'cost' when is_done then null when not coalesce(r.is_active, true) then 'inactive' when r.valid_from > at then 'early' when r.valid_until <= at then 'late'
    when r.max_redemptions <= coalesce(r.current_redemptions, 0) then 'gone' when desk.tier_rank(r.tier_requirement) > desk.tier_rank(tier) then 'tier' end;
  if why is not null then perform desk.refuse('reward_unavailable', jsonb_strip_nulls(jsonb_build_object('why', why, 'cost', r.points_cost, 'tier', r.tier_requirement))); end if;
  update public.loyalty_rewards x set current_redemptions = coalesce(x.current_redemptions, 0) + 1 where x.clinic_id = clinic and x.id = reward;
  return r.name;
end $$;

-- Tiers in their order; a word that is none asks for none.
create function desk.tier_rank(word text) returns integer language sql immutable
return coalesce(array_position(array['bronze', 'silver', 'gold', 'platinum', 'diamond'], word), 1);

-- The allowance that a redemption without the network names, locked, if it holds.
create function desk.held_lease(me desk.member, lease uuid, customer uuid, points bigint) returns desk.lease language plpgsql set search_path = pg_catalog, pg_temp as $$
declare l desk.lease; customers bigint;
begin
  select x.* into l from desk.lease x where x.clinic_id = me.clinic_id and x.id = lease and x.device = coalesce(me.device, me.role_name::text) for no key update;
  if not found then perform desk.refuse('lease_unknown'); end if;
  if now() > l.settles_until then perform desk.refuse('lease_expired', jsonb_build_object('ended', l.ends_at)); end if;
  select coalesce(-sum(t.amount), 0) into customers from public.point_transactions t where t.clinic_id = me.clinic_id and t.desk_lease_id = lease and t.customer_id = customer;
  if l.used + points > l.points or customers + points > l.per_customer then
    perform desk.refuse('lease_exceeded', jsonb_build_object('left', least(l.points - l.used, greatest(l.per_customer - customers, 0)), 'points', points));
  end if;
  return l;
end $$;

create function desk.apply_points_redeem(me desk.member, args jsonb) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare entry uuid := desk.arg_uuid(args, 'id'); customer uuid := desk.arg_uuid(args, 'customer_id'); wanted bigint := desk.arg_number(args, 'points', 1, 1000000, 'amount_out_of_range');
  reward uuid := case when coalesce(jsonb_typeof(args -> 'reward_id'), 'null') <> 'null' then desk.arg_uuid(args, 'reward_id') end;
  lease uuid := case when coalesce(jsonb_typeof(args -> 'lease_id'), 'null') <> 'null' then desk.arg_uuid(args, 'lease_id') end;
  seen bigint := case when coalesce(jsonb_typeof(args -> 'seen'), 'null') <> 'null' then desk.arg_number(args, 'seen', 0, 999999999999, 'value_not_allowed') end;
  way text := coalesce(desk.arg_text(args, 'method', 20), 'staff'); note text := desk.arg_text(args, 'note', 500); at timestamptz := now(); l desk.lease; s desk.point_sum; p public.loyalty_profiles; said text; owed bigint;
begin
  if way not in ('staff', 'display', 'pin', 'line') then perform desk.refuse('value_not_allowed', '{"field":"method"}'); end if;
  perform 1 from public.customers x where x.clinic_id = me.clinic_id and x.id = customer for key share;
  if not found then perform desk.refuse('customer_not_found'); end if;
  if lease is not null then
    l := desk.held_lease(me, lease, customer, wanted);
    -- When it was done, as far as that can be: while the allowance was in force.
    at := least(greatest(coalesce(desk.arg_moment(args, 'at'), l.taken_at), l.taken_at), l.ends_at, now());
  end if;
  s := desk.lock_points(me.clinic_id, customer);
  perform desk.expire_points(me.clinic_id, customer, at);
  s := desk.lock_points(me.clinic_id, customer); owed := s.owed;
  select q.* into p from public.loyalty_profiles q where q.clinic_id = me.clinic_id and q.customer_id = customer;
  if lease is null and s.available < wanted then perform desk.refuse_short(me.clinic_id, customer, wanted, s.available, seen); end if;
  if reward is not null then said := desk.use_reward(me.clinic_id, reward, wanted, p.current_tier, at, lease is not null); end if;
  insert into public.point_transactions (id, clinic_id, customer_id, type, amount, description, reward_id, desk_effective_at, desk_source, desk_source_id, desk_purpose, desk_policy, desk_method, desk_by, desk_device, desk_reward_id, desk_lease_id)
  select entry, me.clinic_id, customer, 'redeemed', -wanted, coalesce(nullif(note, ''), 'แลก' || said, 'แลกแต้ม'), reward, at, 'desk', entry, 'redeem', c.loyalty_policy, way, me.person_id, me.device, reward, lease
  from desk.clinic c where c.clinic_id = me.clinic_id;
  if lease is null then return; end if;
  update desk.lease x set used = x.used + wanted where x.clinic_id = l.clinic_id and x.id = l.id;
  select x.* into s from desk.point_sum x where x.clinic_id = me.clinic_id and x.customer_id = customer;
  if s.owed > owed then perform desk.tell_owed(me, customer, entry, s.owed - owed); end if;
end $$;

-- More was redeemed without the network than there was: the heads of the clinic hear of it, once a customer until they have read it.
create function desk.tell_owed(me desk.member, customer uuid, entry uuid, points bigint) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare called text := (select coalesce(nullif(c.nickname, ''), split_part(c.full_name, ' ', 1)) from public.customers c where c.clinic_id = me.clinic_id and c.id = customer);
begin
  perform desk.notify(me.clinic_id, desk.people_of(me.clinic_id, null, array['owner', 'manager']), 'points_owed', 'แต้มค้างคืน ' || points || ': ' || called,
    'แลกระหว่างออฟไลน์เกินยอด ที่ ' || coalesce(me.device, '') || ' โดย ' || coalesce(desk.nickname_of(me.clinic_id, me.person_id), ''), 'high', '/customers/' || customer, 'points_owed:' || customer,
    jsonb_build_object('customer_id', customer, 'entry_id', entry, 'points', points));
end $$;

-- A redemption taken back by who made it. Points return to their lots and dates; those that have ended meanwhile have ended.
create function desk.apply_points_unredeem(me desk.member, args jsonb) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare m desk.mutation := desk.undoing(me, args, 'points.redeem'); entry uuid := desk.arg_uuid(args, 'id'); e public.point_transactions; key uuid;
begin
  if m.status <> 'ok' then return; end if;
  key := desk.arg_uuid(m.args, 'id');
  select t.* into e from public.point_transactions t where t.clinic_id = me.clinic_id and t.id = key;
  if not found then perform desk.refuse('nothing_to_undo'); end if;
  perform desk.cancel_redemption(me, e, entry, m.id);
end $$;

create function desk.cancel_redemption(me desk.member, e public.point_transactions, entry uuid, source uuid) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  perform desk.lock_points(e.clinic_id, e.customer_id);
  insert into public.point_transactions (id, clinic_id, customer_id, type, amount, description, created_at, expires_at, desk_reverses, desk_source, desk_source_id, desk_purpose, desk_policy, desk_by, desk_device)
  values (entry, e.clinic_id, e.customer_id, 'refund', -e.amount, 'ย้อน: ' || coalesce(e.description, ''), greatest(now(), e.created_at + interval '1 microsecond'), desk.lot_expiry(e.clinic_id, now()), e.id,
    'undo', source, 'unredeem', e.desk_policy, me.person_id, me.device);
  perform desk.expire_points(e.clinic_id, e.customer_id, now());
  if e.desk_reward_id is not null then
    update public.loyalty_rewards r set current_redemptions = greatest(coalesce(r.current_redemptions, 0) - 1, 0) where r.clinic_id = e.clinic_id and r.id = e.desk_reward_id;
  end if;
end $$;

insert into desk.action (name, version, decider) values
  ('points.redeem', 1, 'desk.apply_points_redeem(desk.member, jsonb)'), ('points.unredeem', 1, 'desk.apply_points_unredeem(desk.member, jsonb)');

select desk.fix_keys('desk.lease');
select desk.watch('desk.lease', 20::smallint, 'id', '''clinic''');
select desk.open_to_desks('desk.lease', 'clinic_id in (select p.clinic_id from desk.my_pairs() p)', array['id', 'clinic_id', 'device', 'day', 'points', 'per_customer', 'used', 'taken_at', 'ends_at']);
select desk.close_functions();
grant execute on function desk.take_lease() to desk_member;
