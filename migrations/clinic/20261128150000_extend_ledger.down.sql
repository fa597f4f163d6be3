-- Why: entries stay what they are for the web system; what the desks say of them goes. Spent points keep the sign that they were given.
drop function desk.lot_expiry(uuid, timestamptz);
create function desk.lot_expiry(clinic uuid, at timestamptz) returns timestamptz language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select ((date_trunc('day', $2 at time zone c.timezone) + interval '24 months') + interval '1 day' - interval '1 second') at time zone c.timezone from desk.clinic c where c.clinic_id = $1;
$$;
create or replace function desk.tier_of(points bigint) returns text language sql immutable set search_path = pg_catalog, pg_temp as $$
  select case when points >= 15000 then 'diamond' when points >= 7000 then 'platinum' when points >= 3000 then 'gold' when points >= 1000 then 'silver' else 'bronze' end;
$$;
create or replace function desk.tier_progress(points bigint) returns numeric language sql immutable set search_path = pg_catalog, pg_temp as $$
  select round(case when points >= 15000 then 100 when points >= 7000 then (points - 7000) / 80.0 when points >= 3000 then (points - 3000) / 40.0
    when points >= 1000 then (points - 1000) / 20.0 else greatest(points, 0) / 10.0 end, 2);
$$;
create or replace function desk.number_in(word text) returns integer language sql immutable set search_path = pg_catalog, pg_temp as $$
  select case when word ~ '^\s*[0-9]{1,6}(\.[0-9]{1,9})?\s*$' then round(word::numeric)::int end;
$$;
drop function desk.end_of_day(uuid, timestamptz);
drop trigger desk_keep_entries on public.point_transactions;
drop function desk.keep_entries();
drop trigger desk_keep_ledger on public.point_transactions;
drop trigger desk_sign on public.point_transactions;
drop function desk.sign_points();
do $$ begin
  if to_regrole('authenticated') is null then return; end if;
  revoke insert (id, customer_id, clinic_id, type, amount, description, workflow_id, achievement_id, reward_id, created_at, expires_at) on public.point_transactions from authenticated;
  grant insert, update, delete on public.point_transactions to authenticated;
end $$;
-- One entry was cancelled by one: of several parts only the first says so, and spending given back was not called cancelled at all.
update public.point_transactions e set desk_reverses = null where desk_reverses is not null and (amount > 0
  or exists (select 1 from public.point_transactions o where o.desk_reverses = e.desk_reverses and o.amount < 0 and (o.created_at, o.id) < (e.created_at, e.id)));
drop index public.desk_point_transactions_reverses;
create unique index desk_point_transactions_reverses on public.point_transactions (desk_reverses) where desk_reverses is not null;
drop index public.desk_point_transactions_lease;
drop index public.desk_point_transactions_source;
alter table public.point_transactions drop column desk_effective_at, drop column desk_posted_at, drop column desk_source, drop column desk_source_id, drop column desk_purpose, drop column desk_policy,
  drop column desk_satang, drop column desk_multiplier, drop column desk_lifetime, drop column desk_method, drop column desk_reason, drop column desk_by, drop column desk_device, drop column desk_reward_id, drop column desk_lease_id;
create trigger desk_keep_ledger before update on public.point_transactions for each row
  when ((old.customer_id, old.type, old.amount, old.expires_at, old.created_at, old.desk_reverses) is distinct from (new.customer_id, new.type, new.amount, new.expires_at, new.created_at, new.desk_reverses)) execute function desk.keep_ledger();
drop function desk.set_allowances(uuid, integer, integer, integer);
drop trigger keep_policy on desk.loyalty_policy;
drop function desk.keep_policy();
drop trigger next_policy on desk.clinic;
drop function desk.next_policy();
drop trigger first_policy on desk.clinic;
drop function desk.first_policy();
alter table desk.clinic drop column loyalty_policy;
drop table desk.loyalty_policy;
