-- Why: without versions that say when they start, what is in force is what the clinic's own row says. Planned versions go; those that counted stay.
delete from desk.action where name = 'policy.plan';
select desk.unwatch('desk.loyalty_policy', 23::smallint);
drop policy desk_fence on desk.loyalty_policy;
drop policy desk_read on desk.loyalty_policy;
revoke select (id, clinic_id, version, starts_at, basis, multipliers, floors, months, welcome, point_satang, reason, made_by, created_at) on desk.loyalty_policy from desk_member;
drop trigger zz_desk_fixed on desk.loyalty_policy;
drop function desk.apply_policy_plan(desk.member, jsonb);
delete from desk.loyalty_policy p where p.starts_at > now();
drop trigger next_policy on desk.clinic;
create or replace function desk.first_policy() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  insert into desk.loyalty_policy (clinic_id, version, multipliers) values (new.clinic_id, new.loyalty_policy, new.loyalty_multipliers) on conflict do nothing;
  return null;
end $$;
create or replace function desk.next_policy() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  insert into desk.loyalty_policy (clinic_id, version, multipliers, months, device_allowance, customer_allowance, clinic_allowance)
  select p.clinic_id, p.version + 1, new.loyalty_multipliers, p.months, p.device_allowance, p.customer_allowance, p.clinic_allowance
  from desk.loyalty_policy p where p.clinic_id = new.clinic_id order by p.version desc limit 1
  returning version into new.loyalty_policy;
  return new;
end $$;
create or replace function desk.set_allowances(clinic uuid, device integer, customer integer, whole integer) returns integer language plpgsql set search_path = pg_catalog, pg_temp as $$
declare v integer;
begin
  perform 1 from desk.clinic c where c.clinic_id = clinic for no key update;
  insert into desk.loyalty_policy (clinic_id, version, multipliers, months, device_allowance, customer_allowance, clinic_allowance)
  select p.clinic_id, p.version + 1, p.multipliers, p.months, coalesce(device, p.device_allowance), coalesce(customer, p.customer_allowance), coalesce(whole, p.clinic_allowance)
  from desk.loyalty_policy p where p.clinic_id = clinic order by p.version desc limit 1
  returning version into v;
  update desk.clinic c set loyalty_policy = v where c.clinic_id = clinic;
  return v;
end $$;
create or replace function desk.lot_expiry(clinic uuid, at timestamptz) returns timestamptz language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare zone text; months integer;
begin
  select c.timezone, p.months into zone, months from desk.clinic c join desk.loyalty_policy p on p.clinic_id = c.clinic_id and p.version = c.loyalty_policy where c.clinic_id = clinic;
  return (date_trunc('day', at at time zone zone) + make_interval(months => months) + interval '1 day' - interval '1 second') at time zone zone;
end $$;
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
create trigger next_policy before update on desk.clinic for each row when (old.loyalty_multipliers is distinct from new.loyalty_multipliers) execute function desk.next_policy();
drop function desk.begin_policy(uuid);
drop function desk.next_version(uuid);
drop trigger check_policy on desk.loyalty_policy;
drop function desk.check_policy();
drop function desk.policy_problem(desk.loyalty_policy);
drop function desk.tier_in(desk.loyalty_policy, bigint);
drop function desk.tier_floor(desk.loyalty_policy, text);
drop function desk.multiplier_in(desk.loyalty_policy, text);
drop function desk.policy_at(uuid, timestamptz);
alter table desk.loyalty_policy drop column id, drop column starts_at, drop column basis, drop column floors, drop column welcome, drop column point_satang, drop column reason, drop column made_by;
