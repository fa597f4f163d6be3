-- Why: what a clinic promises its members was multipliers and a number of months; from when a version counts was not said, and by what the tiers are reached was
-- written into a function. Now each version says all of it, and from which moment, so that a manager can plan another one and yesterday's bills keep theirs.

alter table desk.loyalty_policy
  add column id uuid not null default gen_random_uuid(),
  add column starts_at timestamptz,                                                              -- from when it counts
  add column basis text not null default 'points' check (basis in ('points', 'baht')),           -- tiers by points ever earned, or by baht of the last twelve months
  add column floors jsonb not null default '{"silver":1000,"gold":3000,"platinum":7000,"diamond":15000}',  -- from how many of those a tier is held
  add column welcome integer not null default 100 check (welcome between 0 and 10000),           -- points of a new member
  add column point_satang integer not null default 100 check (point_satang between 0 and 100000), -- what a point is worth in the books
  add column reason text check (length(reason) <= 500),
  add column made_by uuid;                                                                       -- no foreign key: whoever leaves keeps their name on what they did
alter table desk.loyalty_policy disable trigger keep_policy;
update desk.loyalty_policy p set starts_at = case when p.version = (select min(x.version) from desk.loyalty_policy x where x.clinic_id = p.clinic_id) then 'epoch' else p.created_at end;
alter table desk.loyalty_policy enable trigger keep_policy;
alter table desk.loyalty_policy alter column starts_at set default now(), alter column starts_at set not null;
create unique index loyalty_policy_id on desk.loyalty_policy (clinic_id, id);

-- What counts at a moment: what started last. Before the first one, the first.
create function desk.policy_at(clinic uuid, at timestamptz) returns desk.loyalty_policy language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select p from desk.loyalty_policy p where p.clinic_id = $1
  order by p.starts_at <= $2 desc, case when p.starts_at <= $2 then p.starts_at end desc nulls last, p.starts_at, p.version desc limit 1;
$$;

create function desk.multiplier_in(p desk.loyalty_policy, tier text) returns numeric language sql immutable
return coalesce((p.multipliers ->> tier)::numeric, 1);

-- The highest tier whose floor is reached, by points or by satang, as the version's basis says.
create function desk.tier_floor(p desk.loyalty_policy, tier text) returns bigint language sql immutable
return case when tier = 'bronze' then 0 else (p.floors ->> tier)::bigint * case p.basis when 'baht' then 100 else 1 end end;
create function desk.tier_in(p desk.loyalty_policy, measure bigint) returns text language sql immutable
return case when measure >= desk.tier_floor(p, 'diamond') then 'diamond' when measure >= desk.tier_floor(p, 'platinum') then 'platinum'
  when measure >= desk.tier_floor(p, 'gold') then 'gold' when measure >= desk.tier_floor(p, 'silver') then 'silver' else 'bronze' end;

-- What of a version no clinic can mean: the field, or nothing. A higher tier is harder to reach and never earns less.
create function desk.policy_problem(p desk.loyalty_policy) returns text language plpgsql immutable set search_path = pg_catalog, pg_temp as $$
declare t text; n text; last numeric := -1; floor bigint := 0;
begin
  foreach t in array array['bronze', 'silver', 'gold', 'platinum', 'diamond'] loop
    n := p.multipliers ->> t;
    if jsonb_typeof(p.multipliers -> t) is distinct from 'number' or n !~ '^[0-9]{1,2}(\.[0-9])?0*$' or n::numeric > 20 or n::numeric < last then return 'multipliers.' || t; end if;
    last := n::numeric;
    continue when t = 'bronze';
    n := p.floors ->> t;
    if jsonb_typeof(p.floors -> t) is distinct from 'number' or n !~ '^[0-9]{1,9}$' or n::bigint <= floor then return 'floors.' || t; end if;
    floor := n::bigint;
  end loop;
  return case when p.basis is null or p.basis not in ('points', 'baht') then 'basis' when p.months is null or p.months not between 1 and 240 then 'months'
    when p.welcome is null or p.welcome not between 0 and 10000 then 'welcome' when p.point_satang is null or p.point_satang not between 0 and 100000 then 'point_satang' end;
end $$;

-- Holds also for who writes by hand. What a clinic had before it may keep.
create function desk.check_policy() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare problem text := desk.policy_problem(new);
begin
  if problem is null or exists (select 1 from desk.loyalty_policy p where p.clinic_id = new.clinic_id and p.multipliers = new.multipliers and problem like 'multipliers.%') then return new; end if;
  raise exception 'no policy can have this %', problem using errcode = '23514', constraint = 'desk_policy_fits', table = 'loyalty_policy', schema = 'desk', column = problem;
end $$;
create trigger check_policy before insert on desk.loyalty_policy for each row execute function desk.check_policy();

create or replace function desk.first_policy() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  insert into desk.loyalty_policy (clinic_id, version, multipliers, starts_at) values (new.clinic_id, new.loyalty_policy, new.loyalty_multipliers, 'epoch') on conflict do nothing;
  return null;
end $$;

create function desk.next_version(clinic uuid) returns integer language sql stable set search_path = pg_catalog, pg_temp as $$
  select coalesce(max(p.version), 0) + 1 from desk.loyalty_policy p where p.clinic_id = $1;
$$;

-- Multipliers that somebody wrote by hand are another version from now on. A planned one comes in its time all the same.
create or replace function desk.next_policy() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare p desk.loyalty_policy := desk.policy_at(new.clinic_id, now());
begin
  p.id := gen_random_uuid(); p.version := desk.next_version(new.clinic_id); p.multipliers := new.loyalty_multipliers;
  p.starts_at := now(); p.created_at := now(); p.reason := null; p.made_by := null;
  insert into desk.loyalty_policy values (p.*);
  new.loyalty_policy := p.version;
  return new;
end $$;
drop trigger next_policy on desk.clinic;
create trigger next_policy before update on desk.clinic for each row
  when (old.loyalty_multipliers is distinct from new.loyalty_multipliers and old.loyalty_policy = new.loyalty_policy) execute function desk.next_policy();

-- The clinic's own row says which version counts, for whoever reads only that.
create function desk.begin_policy(clinic uuid) returns integer language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare p desk.loyalty_policy := desk.policy_at(clinic, now());
begin
  update desk.clinic c set loyalty_policy = p.version, loyalty_multipliers = p.multipliers where c.clinic_id = clinic and c.loyalty_policy <> p.version;
  return p.version;
end $$;

-- As before, and a planned version has the same allowances when its time comes.
create or replace function desk.set_allowances(clinic uuid, device integer, customer integer, whole integer) returns integer language plpgsql set search_path = pg_catalog, pg_temp as $$
declare p desk.loyalty_policy; first desk.loyalty_policy;
begin
  perform 1 from desk.clinic c where c.clinic_id = clinic for no key update;
  first := desk.policy_at(clinic, now());
  for p in select x.* from desk.loyalty_policy x where x.clinic_id = clinic and (x.version = first.version or x.starts_at > now()) order by x.starts_at, x.version loop
    p.device_allowance := coalesce(device, p.device_allowance); p.customer_allowance := coalesce(customer, p.customer_allowance); p.clinic_allowance := coalesce(whole, p.clinic_allowance);
    p.id := gen_random_uuid(); p.version := desk.next_version(clinic); p.created_at := now(); p.starts_at := greatest(p.starts_at, now());
    insert into desk.loyalty_policy values (p.*);
  end loop;
  return desk.begin_policy(clinic);
end $$;

-- Points end as many months on as the version says under which they came in.
create or replace function desk.lot_expiry(clinic uuid, at timestamptz) returns timestamptz language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare zone text; p desk.loyalty_policy := desk.policy_at(clinic, at);
begin
  select c.timezone into zone from desk.clinic c where c.clinic_id = clinic;
  return (date_trunc('day', at at time zone zone) + make_interval(months => p.months) + interval '1 day' - interval '1 second') at time zone zone;
end $$;

-- A new member's welcome is the version's; none makes no entry.
create or replace function desk.loyalty_profile(me desk.member, customer uuid) returns public.loyalty_profiles language plpgsql set search_path = pg_catalog, pg_temp as $$
declare p public.loyalty_profiles; l desk.loyalty_policy;
begin
  select q.* into p from public.loyalty_profiles q where q.clinic_id = me.clinic_id and q.customer_id = customer for no key update;
  if found then return p; end if;
  insert into public.loyalty_profiles (clinic_id, customer_id, referral_code) values (me.clinic_id, customer, desk.new_referral_code()) on conflict (customer_id, clinic_id) do nothing;
  l := desk.policy_at(me.clinic_id, now());
  if found and l.welcome > 0 then
    insert into public.point_transactions (clinic_id, customer_id, type, amount, description, expires_at, desk_source, desk_source_id, desk_purpose, desk_policy, desk_by, desk_device)
    values (me.clinic_id, customer, 'bonus', l.welcome, 'คะแนนต้อนรับ', desk.lot_expiry(me.clinic_id, now()), 'member', customer, 'welcome', l.version, me.person_id, me.device);
  end if;
  select q.* into strict p from public.loyalty_profiles q where q.clinic_id = me.clinic_id and q.customer_id = customer for no key update;
  return p;
end $$;

-- Another promise, from the beginning of a day on; from today on: from now on. Nothing that was booked changes.
create function desk.apply_policy_plan(me desk.member, args jsonb) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
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
  problem := desk.policy_problem(p);
  if problem is not null then perform desk.refuse('policy_invalid', jsonb_build_object('field', problem)); end if;
  insert into desk.loyalty_policy values (p.*);
  perform desk.begin_policy(me.clinic_id);
end $$;
insert into desk.action (name, version, decider) values ('policy.plan', 1, 'desk.apply_policy_plan(desk.member, jsonb)');

select desk.fix_keys('desk.loyalty_policy');
select desk.watch('desk.loyalty_policy', 23::smallint, 'id', '''clinic''');
select desk.open_to_desks('desk.loyalty_policy', 'clinic_id in (select p.clinic_id from desk.my_pairs() p)',
  string_to_array('id clinic_id version starts_at basis multipliers floors months welcome point_satang reason made_by created_at', ' '));
select desk.close_functions();
