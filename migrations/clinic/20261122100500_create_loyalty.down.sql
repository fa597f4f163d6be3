-- Why: the loyalty tables are ours; the runner has already made sure that they are empty or dumped.
drop table public.loyalty_rewards, public.achievements, public.point_transactions, public.loyalty_profiles;
drop function desk.new_referral_code();
drop function desk.keep_ledger();
drop function desk.ledger_added();
drop function desk.derive_points();
drop function desk.tier_progress(bigint);
drop function desk.tier_of(bigint);
