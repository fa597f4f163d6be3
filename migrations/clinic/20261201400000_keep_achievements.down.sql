-- Why: achievements that were made stay; only the way to change them from a desk goes.
delete from desk.action where name = 'achievement.save';
drop function desk.apply_achievement_save(desk.member, jsonb);
drop function desk.said_achievement(desk.member, jsonb);
drop function desk.special_words(jsonb);
drop function desk.is_achievable(jsonb);
drop function desk.is_whole(jsonb, bigint, bigint);
revoke select (conditions, desk_version) on public.achievements from desk_member;
drop trigger desk_version on public.achievements;
alter table public.achievements drop column desk_version;
