-- Why: what customers can achieve is the clinic's to say, at the counter and not by hand in a table. One that ends stays with those who have it.

alter table public.achievements add column desk_version integer not null default 1;  -- of what is offered, for who changes it
create trigger desk_version before update on public.achievements for each row
  when (to_jsonb(old) - 'desk_version' is distinct from to_jsonb(new) - 'desk_version') execute function desk.count_reward_version();
grant select (conditions, desk_version) on public.achievements to desk_member;

create function desk.is_whole(value jsonb, least_one bigint, most bigint) returns boolean language sql immutable set search_path = pg_catalog, pg_temp as $$
  select case when jsonb_typeof($1) = 'number' and $1 #>> '{}' ~ '^[0-9]{1,12}$' then ($1 #>> '{}')::bigint between $2 and $3 else false end;
$$;

-- Whether a customer can meet these conditions and a desk can show them; desk_core::achievement has the same rule.
create function desk.is_achievable(c jsonb) returns boolean language sql immutable set search_path = pg_catalog, pg_temp as $$
  select case when jsonb_typeof($1) is distinct from 'object' then false else
    $1 ?| array['totalSpent', 'visitCount', 'consecutiveVisits', 'referralCount', 'pointsEarned', 'treatmentTypes'] and not ($1 ?& array['withinMonths', 'each'])
    and ($1 ? 'consecutiveVisits' or not $1 ? 'period')
    and not exists (select from jsonb_each($1) k where not case k.key
      when 'totalSpent' then desk.is_whole(k.value, 1, 100000000) when 'visitCount' then desk.is_whole(k.value, 1, 1000) when 'consecutiveVisits' then desk.is_whole(k.value, 2, 120)
      when 'referralCount' then desk.is_whole(k.value, 1, 1000) when 'pointsEarned' then desk.is_whole(k.value, 1, 10000000) when 'withinMonths' then desk.is_whole(k.value, 1, 120)
      when 'period' then k.value in ('"month"', '"week"', '"day"') when 'each' then k.value in ('"year"', '"month"')
      when 'treatmentTypes' then case when jsonb_typeof(k.value) = 'array' then jsonb_array_length(k.value) between 1 and 10
        and not exists (select from jsonb_array_elements(k.value) t where jsonb_typeof(t) <> 'string' or length(btrim(t #>> '{}')) not between 1 and 100) else false end
      else false end) end;
$$;

-- The special reward as people read it.
create function desk.special_words(s jsonb) returns text language sql immutable set search_path = pg_catalog, pg_temp as $$
  select left(btrim(case jsonb_typeof($1) when 'string' then $1 #>> '{}' when 'object' then coalesce($1 ->> 'name', $1 ->> 'title', $1 ->> 'description', $1 ->> 'value', $1 ->> 'rewardId', $1 ->> 'reward_id') end), 200);
$$;

-- What is said of an achievement, as a row that may be written; refused with its field where it cannot be.
create function desk.said_achievement(me desk.member, args jsonb) returns public.achievements language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare a public.achievements;
begin
  a.id := desk.arg_uuid(args, 'id'); a.clinic_id := me.clinic_id; a.name := desk.arg_text(args, 'name', 255); a.description := nullif(desk.arg_text(args, 'description', 2000), '');
  a.category := desk.arg_text(args, 'category', 20); a.points_reward := desk.arg_number(args, 'points', 0, 100000, 'value_not_allowed'); a.badge_icon := nullif(desk.arg_text(args, 'icon', 10), '');
  a.special_reward := to_jsonb(nullif(desk.arg_text(args, 'reward', 200), '')); a.is_active := desk.arg_flag(args, 'is_active'); a.is_secret := desk.arg_flag(args, 'is_secret');
  a.conditions := nullif(args -> 'conditions', 'null');
  if coalesce(btrim(a.name), '') = '' then perform desk.refuse('achievement_invalid', '{"field":"name"}'); end if;
  if coalesce(a.category, '') not in ('spending', 'frequency', 'referral', 'engagement', 'milestone', 'special') then perform desk.refuse('value_not_allowed', '{"field":"category"}'); end if;
  if a.conditions is not null and not desk.is_achievable(a.conditions) then perform desk.refuse('achievement_invalid', '{"field":"conditions"}'); end if;
  return a;
end $$;

-- Without `expected` it makes one; with it, it changes the one that was seen, whose conditions stay where none are said. Nobody gets anything by it until something
-- is new about them, and whoever has it keeps it.
create function desk.apply_achievement_save(me desk.member, args jsonb) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare a public.achievements; o public.achievements; seen bigint := desk.arg_number_or_none(args, 'expected', 1, 1000000000);
begin
  perform desk.require_role(me, array['owner', 'manager']);
  a := desk.said_achievement(me, args);
  if seen is null then
    if a.conditions is null then perform desk.refuse('achievement_invalid', '{"field":"conditions"}'); end if;
    insert into public.achievements (id, clinic_id, name, description, category, conditions, points_reward, badge_icon, special_reward, is_active, is_secret)
    values (a.id, a.clinic_id, a.name, a.description, a.category, a.conditions, a.points_reward, a.badge_icon, a.special_reward, a.is_active, a.is_secret);
    return;
  end if;
  select x.* into o from public.achievements x where x.clinic_id = me.clinic_id and x.id = a.id for no key update;
  if not found then perform desk.refuse('achievement_not_found'); end if;
  if o.desk_version <> seen then perform desk.refuse('changed_meanwhile', jsonb_build_object('field', 'achievement')); end if;
  update public.achievements x set name = a.name, description = a.description, category = case when a.conditions is null then x.category else a.category end, conditions = coalesce(a.conditions, x.conditions), points_reward = a.points_reward, badge_icon = a.badge_icon,
    special_reward = case when desk.special_words(x.special_reward) is not distinct from a.special_reward #>> '{}' then x.special_reward else a.special_reward end, is_active = a.is_active, is_secret = a.is_secret
  where x.clinic_id = me.clinic_id and x.id = a.id;
end $$;

insert into desk.action (name, version, decider) values ('achievement.save', 1, 'desk.apply_achievement_save(desk.member, jsonb)');
select desk.close_functions();
