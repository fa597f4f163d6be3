-- Why: balances are the sums of the entries again, as they were before there were lots. What is owed is a balance of nothing then.
select desk.unwatch('desk.lot', 19::smallint);
revoke select (desk_owed) on public.loyalty_profiles from desk_member;
revoke select (desk_lease_id) on public.point_transactions from desk_member;
revoke select (max_redemptions, current_redemptions) on public.loyalty_rewards from desk_member;
drop function desk.adopt_loyalty(uuid);
drop function desk.verify_loyalty(uuid);
drop trigger desk_ledger_added on public.point_transactions;
create or replace function desk.ledger_added() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  execute 'update public.loyalty_profiles p set updated_at = p.updated_at from (select distinct clinic_id, customer_id from newt) n where p.clinic_id = n.clinic_id and p.customer_id = n.customer_id';  -- planned for this many rows
  return null;
end $$;
create trigger desk_ledger_added after insert on public.point_transactions referencing new table as newt for each statement execute function desk.ledger_added();
create or replace function desk.derive_points() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare lifetime bigint; available bigint;
begin
  select coalesce(sum(amount) filter (where type in ('earned', 'bonus') and amount > 0 or desk_reverses is not null), 0),
         coalesce(sum(case when type in ('redeemed', 'expired') then -abs(amount::bigint) else amount end), 0)
  into lifetime, available from public.point_transactions p where p.customer_id = new.customer_id;  -- a customer is of one clinic; naming it too misleads the planner
  new.total_points := lifetime; new.available_points := available;
  new.current_tier := desk.tier_of(lifetime); new.tier_progress := desk.tier_progress(lifetime);
  if tg_op = 'UPDATE' and new is distinct from old then new.updated_at := now(); end if;
  return new;
end $$;
-- A balance below nothing cannot be kept: an entry says that the debt was let go.
insert into public.point_transactions (clinic_id, customer_id, type, amount, description)
select s.clinic_id, s.customer_id, 'refund', s.owed, 'ยกแต้มค้างคืน' from desk.point_sum s where s.owed > 0;
update public.loyalty_profiles p set updated_at = p.updated_at;
drop function desk.book_points(public.point_transactions, boolean);
drop function desk.expire_points(uuid, uuid, timestamptz);
drop function desk.lifetime_of(text, bigint, uuid, bigint);
drop function desk.check_reversal(public.point_transactions);
drop function desk.book_loss(public.point_transactions, desk.point_sum, boolean);
drop function desk.book_gain(public.point_transactions, desk.point_sum);
drop function desk.return_points(public.point_transactions, bigint);
drop function desk.take_points(public.point_transactions, bigint, uuid, boolean);
drop function desk.lock_points(uuid, uuid);
alter table public.loyalty_profiles drop column desk_owed;
drop table desk.debt;
drop table desk.lot_use;
drop table desk.lot;
drop table desk.point_sum;
