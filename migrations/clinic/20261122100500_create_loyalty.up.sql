-- Why: a member's points are what the ledger says. The balances that the web system reads are derived from it by the database, under a row lock,
-- so that neither a lost update nor a half-done award nor a hand-written balance can make the two differ.

create table public.loyalty_profiles (
  id uuid not null default gen_random_uuid() constraint loyalty_profiles_pkey primary key,
  customer_id uuid not null,
  clinic_id uuid not null constraint loyalty_profiles_clinic_id_fkey references public.clinics (id) on delete cascade,
  total_points integer default 0,
  available_points integer default 0,
  current_tier varchar(20) default 'bronze',
  tier_progress numeric(5,2) default 0,
  total_spent numeric(10,2) default 0,
  total_visits integer default 0,
  average_spend numeric(10,2) default 0,
  last_visit timestamptz,
  unlocked_achievements uuid[] default '{}',
  total_achievements integer default 0,
  successful_referrals integer default 0,
  referral_code varchar(10) not null constraint loyalty_profiles_referral_code_key unique,
  joined_at timestamptz default now(),
  updated_at timestamptz default now(),
  constraint loyalty_profiles_customer_id_clinic_id_key unique (customer_id, clinic_id),
  constraint desk_loyalty_profiles_tenant_key unique (clinic_id, id),
  constraint loyalty_profiles_customer_id_fkey foreign key (clinic_id, customer_id) references public.customers (clinic_id, id) on delete cascade,
  constraint valid_tier check (current_tier in ('bronze', 'silver', 'gold', 'platinum', 'diamond')),
  constraint desk_loyalty_profiles_points check (total_points >= 0 and available_points >= 0)
);
create index idx_loyalty_profiles_customer on public.loyalty_profiles (customer_id, clinic_id);
create index idx_loyalty_profiles_referral on public.loyalty_profiles (referral_code);

create table public.point_transactions (
  id uuid not null default gen_random_uuid() constraint point_transactions_pkey primary key,
  customer_id uuid not null,
  clinic_id uuid not null constraint point_transactions_clinic_id_fkey references public.clinics (id) on delete cascade,
  type varchar(20) not null,
  amount integer not null,
  description text,
  workflow_id uuid constraint point_transactions_workflow_id_fkey references public.workflow_states (id) on delete set null,
  achievement_id uuid,
  reward_id uuid,
  created_at timestamptz default now(),
  expires_at timestamptz,
  constraint desk_point_transactions_tenant_key unique (clinic_id, id),
  constraint point_transactions_customer_id_fkey foreign key (clinic_id, customer_id) references public.customers (clinic_id, id) on delete cascade,
  constraint valid_transaction_type check (type in ('earned', 'redeemed', 'expired', 'bonus', 'refund'))
);
create index idx_point_transactions_customer on public.point_transactions (customer_id, created_at desc);

create table public.achievements (
  id uuid not null default gen_random_uuid() constraint achievements_pkey primary key,
  clinic_id uuid not null constraint achievements_clinic_id_fkey references public.clinics (id) on delete cascade,
  name varchar(255) not null,
  description text,
  category varchar(20) not null,
  conditions jsonb not null,
  points_reward integer default 0,
  badge_icon varchar(10),
  special_reward jsonb,
  is_active boolean default true,
  is_secret boolean default false,
  created_at timestamptz default now(),
  constraint desk_achievements_tenant_key unique (clinic_id, id),
  constraint valid_achievement_category check (category in ('spending', 'frequency', 'referral', 'engagement', 'milestone', 'special'))
);

create table public.loyalty_rewards (
  id uuid not null default gen_random_uuid() constraint loyalty_rewards_pkey primary key,
  clinic_id uuid not null constraint loyalty_rewards_clinic_id_fkey references public.clinics (id) on delete cascade,
  name varchar(255) not null,
  description text,
  type varchar(50) not null,
  points_cost integer not null,
  monetary_value numeric(10,2) not null,
  is_active boolean default true,
  max_redemptions integer,
  current_redemptions integer default 0,
  tier_requirement varchar(20),
  valid_from timestamptz default now(),
  valid_until timestamptz,
  auto_apply boolean default false,
  stackable boolean default true,
  created_at timestamptz default now(),
  constraint desk_loyalty_rewards_tenant_key unique (clinic_id, id),
  constraint valid_reward_type check (type in ('discount_percentage', 'discount_amount', 'free_service', 'upgrade_service', 'birthday_special', 'referral_bonus'))
);

create trigger ab_desk_journey before insert or update of workflow_id on public.point_transactions for each row when (new.workflow_id is not null) execute function desk.check_journey();
select desk.fix_keys(t::regclass) from unnest(array['public.loyalty_profiles', 'public.point_transactions', 'public.achievements', 'public.loyalty_rewards']) as t;

-- Tiers by lifetime points: 0 / 1,000 / 3,000 / 7,000 / 15,000.
create function desk.tier_of(points bigint) returns text language sql immutable set search_path = pg_catalog, pg_temp as $$
  select case when points >= 15000 then 'diamond' when points >= 7000 then 'platinum' when points >= 3000 then 'gold' when points >= 1000 then 'silver' else 'bronze' end;
$$;

-- Percent of the way from this tier to the next.
create function desk.tier_progress(points bigint) returns numeric language sql immutable set search_path = pg_catalog, pg_temp as $$
  select round(case when points >= 15000 then 100 when points >= 7000 then (points - 7000) / 80.0 when points >= 3000 then (points - 3000) / 40.0
    when points >= 1000 then (points - 1000) / 20.0 else greatest(points, 0) / 10.0 end, 2);
$$;

-- Whatever balance is written, the ledger's is stored. It runs after the row is locked, with a fresh snapshot, so concurrent awards all count.
create function desk.derive_points() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare lifetime bigint; available bigint;
begin
  select coalesce(sum(amount) filter (where type in ('earned', 'bonus') and amount > 0), 0),
         coalesce(sum(case when type in ('redeemed', 'expired') then -abs(amount::bigint) else amount end), 0)
  into lifetime, available from public.point_transactions p where p.customer_id = new.customer_id;  -- a customer is of one clinic; naming it too misleads the planner
  new.total_points := lifetime; new.available_points := available;
  new.current_tier := desk.tier_of(lifetime); new.tier_progress := desk.tier_progress(lifetime);
  if tg_op = 'UPDATE' and new is distinct from old then new.updated_at := now(); end if;
  return new;
end $$;
create trigger desk_points before insert or update on public.loyalty_profiles for each row execute function desk.derive_points();

-- A ledger row makes its member's profile derive again. The ledger itself is only ever added to.
create function desk.ledger_added() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  execute 'update public.loyalty_profiles p set updated_at = p.updated_at from (select distinct clinic_id, customer_id from newt) n where p.clinic_id = n.clinic_id and p.customer_id = n.customer_id';  -- planned for this many rows
  return null;
end $$;
create trigger desk_ledger_added after insert on public.point_transactions referencing new table as newt for each statement execute function desk.ledger_added();

create function desk.keep_ledger() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  raise exception 'the points ledger is only added to' using errcode = '23514';
end $$;
create trigger desk_keep_ledger before update on public.point_transactions for each row
  when ((old.customer_id, old.type, old.amount, old.expires_at, old.created_at) is distinct from (new.customer_id, new.type, new.amount, new.expires_at, new.created_at)) execute function desk.keep_ledger();

-- 'BN' and six characters of Crockford base 32, from the database's strong random bits (those of a v4 uuid).
create function desk.new_referral_code() returns text language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
declare bits bytea; code text;
begin
  loop
    bits := decode(replace(gen_random_uuid()::text, '-', ''), 'hex');  -- bytes 0-5 are random in every v4 uuid
    select 'BN' || string_agg(substr('0123456789ABCDEFGHJKMNPQRSTVWXYZ', get_byte(bits, i) % 32 + 1, 1), '' order by i) into code from generate_series(0, 5) as i;
    exit when not exists (select 1 from public.loyalty_profiles where referral_code = code);
  end loop;
  return code;
end $$;
