-- Why: codes that nobody can use are not used.
delete from desk.action where name in ('reward.use', 'reward.cancel');
drop function desk.apply_reward_cancel(desk.member, jsonb);
drop function desk.apply_reward_use(desk.member, jsonb);
drop function desk.is_given_back(desk.coupon);
drop function desk.held_coupon(desk.member, uuid);
drop function desk.usable_coupon(desk.member, uuid, uuid, integer, timestamptz);
drop function desk.reduced_payment(desk.member, uuid);
drop function desk.arg_uuids(jsonb, text);
drop function desk.coupon_reduction(text, bigint, bigint);
