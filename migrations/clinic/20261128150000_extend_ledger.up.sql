-- Why: an entry of the ledger must answer for itself: when it counts from, what it was made from and by whom, under which policy, and that it was
-- made once. And what a clinic promises its members is data with versions, so that yesterday's promise can still be read.

-- What a clinic promises, as it was from each version on. Never changed: another promise is another version.
create table desk.loyalty_policy (
  clinic_id uuid not null references desk.clinic (clinic_id) on delete cascade,
  version integer not null check (version > 0),
  multipliers jsonb not null,                             -- points per 10 baht by tier
  months integer not null default 24 check (months between 1 and 240),                             -- until points end
  device_allowance integer not null default 2000 check (device_allowance between 0 and 1000000),   -- points a PC may redeem in a day without the network
  customer_allowance integer not null default 500 check (customer_allowance between 0 and 1000000), -- of that, for one customer
  clinic_allowance integer not null default 10000 check (clinic_allowance between 0 and 10000000),  -- all PCs of a day together: what the clinic accepts to lose
  created_at timestamptz not null default now(),
  primary key (clinic_id, version)
);
alter table desk.loyalty_policy enable row level security;
alter table desk.clinic add column loyalty_policy integer not null default 1;  -- the version in force
insert into desk.loyalty_policy (clinic_id, version, multipliers) select c.clinic_id, 1, c.loyalty_multipliers from desk.clinic c;

create function desk.first_policy() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  insert into desk.loyalty_policy (clinic_id, version, multipliers) values (new.clinic_id, new.loyalty_policy, new.loyalty_multipliers) on conflict do nothing;
  return null;
end $$;
create trigger first_policy after insert on desk.clinic for each row execute function desk.first_policy();

-- Other multipliers are another version; what was promised otherwise goes on.
create function desk.next_policy() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  insert into desk.loyalty_policy (clinic_id, version, multipliers, months, device_allowance, customer_allowance, clinic_allowance)
  select p.clinic_id, p.version + 1, new.loyalty_multipliers, p.months, p.device_allowance, p.customer_allowance, p.clinic_allowance
  from desk.loyalty_policy p where p.clinic_id = new.clinic_id order by p.version desc limit 1
  returning version into new.loyalty_policy;
  return new;
end $$;
create trigger next_policy before update on desk.clinic for each row when (old.loyalty_multipliers is distinct from new.loyalty_multipliers) execute function desk.next_policy();

create function desk.keep_policy() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  raise exception 'a policy is never changed; make another version' using errcode = '23514';
end $$;
create trigger keep_policy before update on desk.loyalty_policy for each row execute function desk.keep_policy();

-- Other allowances, for the clinic's keeper. What is left out stays.
create function desk.set_allowances(clinic uuid, device integer, customer integer, whole integer) returns integer language plpgsql set search_path = pg_catalog, pg_temp as $$
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

alter table public.point_transactions
  add column desk_effective_at timestamptz,  -- when it counts from; none: created_at
  add column desk_posted_at timestamptz,     -- when it was written; none: created_at
  add column desk_source text,               -- what it was made from: desk, member, lot, undo, adopted
  add column desk_source_id uuid,
  add column desk_purpose text,              -- what for: one entry a source and purpose
  add column desk_policy integer,
  add column desk_satang bigint,             -- money that it was earned with or that was given back; with desk_multiplier it answers "why 149?"
  add column desk_multiplier numeric,        -- points per 10 baht at that time
  add column desk_lifetime integer,          -- what it counts for the tier, where that is not what its kind says
  add column desk_method text,               -- how the customer agreed to spend
  add column desk_reason text,
  add column desk_by uuid,                   -- who; no foreign key: whoever leaves keeps their name on what they did
  add column desk_device text,
  add column desk_reward_id uuid,
  add column desk_lease_id uuid;             -- made without the network, within this allowance
alter table public.point_transactions alter column desk_posted_at set default now();
create unique index desk_point_transactions_source on public.point_transactions (clinic_id, desk_source, desk_source_id, desk_purpose) where desk_source is not null;
create index desk_point_transactions_lease on public.point_transactions (clinic_id, desk_lease_id, customer_id) where desk_lease_id is not null;

-- An award may be given back in parts, so several entries may cancel it; together never more than it was (desk.book_points).
drop index public.desk_point_transactions_reverses;
create index desk_point_transactions_reverses on public.point_transactions (desk_reverses) where desk_reverses is not null;

-- What the desks say of an entry is not the web system's to say.
do $$ begin
  if to_regrole('authenticated') is null then return; end if;
  revoke insert, update, delete on public.point_transactions from authenticated;
  grant insert (id, customer_id, clinic_id, type, amount, description, workflow_id, achievement_id, reward_id, created_at, expires_at) on public.point_transactions to authenticated;
end $$;

-- Spending takes away, whichever sign the web system gives it.
create function desk.sign_points() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  new.amount := -new.amount;
  return new;
end $$;
create trigger desk_sign before insert on public.point_transactions for each row when (new.type in ('redeemed', 'expired') and new.amount > 0) execute function desk.sign_points();

drop trigger desk_keep_ledger on public.point_transactions;
create trigger desk_keep_ledger before update on public.point_transactions for each row
  when ((to_jsonb(old) - array['description', 'workflow_id', 'achievement_id', 'reward_id']) is distinct from (to_jsonb(new) - array['description', 'workflow_id', 'achievement_id', 'reward_id'])) execute function desk.keep_ledger();

-- An entry goes only together with its customer or clinic.
create function desk.keep_entries() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  if exists (select 1 from public.customers c where c.id = old.customer_id) and exists (select 1 from public.clinics c where c.id = old.clinic_id) then
    raise exception 'the points ledger is only added to' using errcode = '23514';
  end if;
  return old;
end $$;
create trigger desk_keep_entries before delete on public.point_transactions for each row execute function desk.keep_entries();

-- End of the clinic's day. In plpgsql, which keeps its plans: each award asks.
create function desk.end_of_day(clinic uuid, at timestamptz) returns timestamptz language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare zone text;
begin
  select c.timezone into zone from desk.clinic c where c.clinic_id = clinic;
  return (date_trunc('day', at at time zone zone) + interval '1 day' - interval '1 second') at time zone zone;
end $$;

-- End of the clinic's day, as many months on as the policy says; the 29th of February ends on the 28th.
drop function desk.lot_expiry(uuid, timestamptz);
create function desk.lot_expiry(clinic uuid, at timestamptz) returns timestamptz language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare zone text; months integer;
begin
  select c.timezone, p.months into zone, months from desk.clinic c join desk.loyalty_policy p on p.clinic_id = c.clinic_id and p.version = c.loyalty_policy where c.clinic_id = clinic;
  return (date_trunc('day', at at time zone zone) + make_interval(months => months) + interval '1 day' - interval '1 second') at time zone zone;
end $$;

-- The same rules as before, as expressions that are put in where they are asked.
create or replace function desk.tier_of(points bigint) returns text language sql immutable
return case when points >= 15000 then 'diamond' when points >= 7000 then 'platinum' when points >= 3000 then 'gold' when points >= 1000 then 'silver' else 'bronze' end;
create or replace function desk.tier_progress(points bigint) returns numeric language sql immutable
return round(case when points >= 15000 then 100 when points >= 7000 then (points - 7000) / 80.0 when points >= 3000 then (points - 3000) / 40.0
  when points >= 1000 then (points - 1000) / 20.0 else greatest(points, 0) / 10.0 end, 2);
create or replace function desk.number_in(word text) returns integer language sql immutable
return case when word ~ '^\s*[0-9]{1,6}(\.[0-9]{1,9})?\s*$' then round(word::numeric)::int end;
select desk.close_functions();
