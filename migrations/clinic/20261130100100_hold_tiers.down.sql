-- Why: a tier is the sum of the moment again. What is held above it is lost, and nothing is warned of.
delete from desk.timer where kind = 'tiers.look';
delete from desk.timer_kind where kind = 'tiers.look';
create or replace function desk.arm_sweeps() returns void language sql security definer set search_path = pg_catalog, pg_temp as $$
  select desk.arm_sweep(c.clinic_id, interval '0') from desk.clinic c
  where not exists (select 1 from desk.timer t where t.clinic_id = c.clinic_id and t.kind = 'points.expire' and t.state = 'waiting');
$$;
create or replace function desk.derive_points() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare s desk.point_sum;
begin
  if tg_op = 'INSERT' then s := desk.lock_points(new.clinic_id, new.customer_id);
  else select x.* into s from desk.point_sum x where x.clinic_id = new.clinic_id and x.customer_id = new.customer_id; end if;
  new.total_points := coalesce(s.lifetime, 0); new.available_points := coalesce(s.available, 0); new.desk_owed := coalesce(s.owed, 0);
  new.current_tier := desk.tier_of(new.total_points); new.tier_progress := desk.tier_progress(new.total_points);
  if tg_op = 'UPDATE' and new is distinct from old then new.updated_at := now(); end if;
  return new;
end $$;
create or replace function desk.book_points(e public.point_transactions, strict boolean default true) returns desk.point_sum language plpgsql set search_path = pg_catalog, pg_temp as $$
declare s desk.point_sum := desk.lock_points(e.clinic_id, e.customer_id);
begin
  if e.desk_reverses is not null then perform desk.check_reversal(e); end if;
  if e.amount > 0 then s := desk.book_gain(e, s); elsif e.amount < 0 then
    if strict and e.type = 'redeemed' then
      perform desk.expire_points(e.clinic_id, e.customer_id, coalesce(e.desk_effective_at, e.created_at, now()));
      s := desk.lock_points(e.clinic_id, e.customer_id);
    end if;
    s := desk.book_loss(e, s, strict);
  end if;
  s.lifetime := s.lifetime + desk.lifetime_of(e.type, e.amount, e.desk_reverses, e.desk_lifetime);
  update desk.point_sum x set available = s.available, owed = s.owed, lifetime = s.lifetime where x.clinic_id = e.clinic_id and x.customer_id = e.customer_id;
  return s;
end $$;
drop function desk.fire_tiers_look(desk.timer);
drop function desk.arm_tiers(uuid, interval);
drop function desk.sweep_tiers(uuid, timestamptz, integer);
drop function desk.warn_tier(desk.tier, timestamptz);
drop function desk.amount_said(desk.loyalty_policy, bigint);
drop function desk.tier_missing(desk.tier, desk.loyalty_policy, timestamptz);
drop function desk.carers_of(uuid, uuid);
drop trigger desk_tier on desk.payment;
drop trigger desk_settle on desk.payment;
drop function desk.judge_payment();
drop function desk.settle_payer();
drop function desk.progress_in(desk.loyalty_policy, text, bigint);
drop function desk.judge_tier(uuid, uuid, uuid, boolean, timestamptz);
drop function desk.unreach_tier(desk.tier, text);
drop function desk.settle_tier(uuid, uuid, timestamptz);
drop function desk.hold_tier(desk.tier, desk.tier, text, uuid, bigint, integer, timestamptz);
drop function desk.anniversary(date, date);
drop function desk.tier_measure(desk.loyalty_policy, uuid, date, timestamptz);
drop function desk.day_start(uuid, date);
drop function desk.local_day(uuid, timestamptz);
revoke select (desk_tier_since, desk_tier_until, desk_tier_by) on public.loyalty_profiles from desk_member;
alter table public.loyalty_profiles drop column desk_tier_since, drop column desk_tier_until, drop column desk_tier_by;
drop table desk.tier_notice;
drop table desk.tier_change;
drop table desk.tier;
update public.loyalty_profiles set updated_at = updated_at;
