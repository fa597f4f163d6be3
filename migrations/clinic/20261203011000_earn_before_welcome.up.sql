-- Why: welcome points come beside the first bill of a new member. Where they reach a tier by themselves the bill earned by that tier, while the desk had promised what was
-- held before (rule L21: one rule for promise and payment).

-- As before; a new member's first bill earns by the tier that was held before the welcome.
create or replace function desk.earn_points_at(me desk.member, entry uuid, customer uuid, satang bigint, said text, at timestamptz, why text) returns public.point_transactions language plpgsql set search_path = pg_catalog, pg_temp as $$
declare p public.loyalty_profiles; l desk.loyalty_policy := desk.policy_at(me.clinic_id, at); multiplier numeric; e public.point_transactions;
  tier text := coalesce((select t.tier from desk.tier t where t.clinic_id = me.clinic_id and t.customer_id = customer), 'bronze');
  is_member boolean := exists (select 1 from public.loyalty_profiles q where q.clinic_id = me.clinic_id and q.customer_id = customer);
begin
  perform desk.begin_policy(me.clinic_id);
  p := desk.loyalty_profile(me, customer);
  multiplier := desk.multiplier_in(l, case when is_member then p.current_tier else tier end);
  insert into public.point_transactions (id, clinic_id, customer_id, type, amount, description, expires_at, desk_effective_at, desk_source, desk_source_id, desk_purpose, desk_policy, desk_satang, desk_multiplier, desk_reason, desk_by, desk_device)
  values (entry, me.clinic_id, customer, 'earned', desk.points_for(satang, multiplier), coalesce(nullif(said, ''), 'คะแนนจากยอดชำระ'), desk.lot_expiry(me.clinic_id, at),
    case when at < now() then at end, 'desk', entry, 'earn', l.version, satang, multiplier, why, me.person_id, me.device)
  returning * into e;
  return e;
end $$;

select desk.close_functions();
