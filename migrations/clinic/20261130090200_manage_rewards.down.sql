-- Why: rewards that were made stay; only the way to change them from a desk goes.
delete from desk.action where name in ('reward.save', 'reward.add_usual');
drop function desk.apply_reward_add_usual(desk.member, jsonb);
drop function desk.apply_reward_save(desk.member, jsonb);
drop function desk.said_reward(desk.member, jsonb);
drop function desk.arg_number_or_none(jsonb, text, bigint, bigint);
drop function desk.arg_flag(jsonb, text);
