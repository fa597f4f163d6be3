-- Why: what points can buy is the clinic's to say, at the counter and not by hand in a table. A reward that ends stays, because people hold its codes.

create function desk.arg_flag(args jsonb, key text) returns boolean language plpgsql immutable set search_path = pg_catalog, pg_temp as $$
begin
  if jsonb_typeof(args -> key) is distinct from 'boolean' then perform desk.refuse('value_not_allowed', jsonb_build_object('field', key)); end if;
  return (args -> key)::boolean;
end $$;

create function desk.arg_number_or_none(args jsonb, key text, least_one bigint, most bigint) returns bigint language plpgsql immutable set search_path = pg_catalog, pg_temp as $$
begin
  if coalesce(jsonb_typeof(args -> key), 'null') = 'null' then return null; end if;
  return desk.arg_number(args, key, least_one, most, 'value_not_allowed');
end $$;

-- The offer that is said, as a row that may be written; refused with its field where it cannot be.
create function desk.said_reward(me desk.member, args jsonb) returns public.loyalty_rewards language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare r public.loyalty_rewards;
begin
  r.id := desk.arg_uuid(args, 'id'); r.clinic_id := me.clinic_id; r.name := desk.arg_text(args, 'name', 255); r.description := nullif(desk.arg_text(args, 'description', 2000), '');
  r.type := desk.arg_text(args, 'type', 50); r.points_cost := desk.arg_number(args, 'points_cost', 1, 1000000, 'value_not_allowed');
  r.monetary_value := desk.arg_number(args, 'value', 0, 999999999, 'value_not_allowed') / 100.0; r.is_active := desk.arg_flag(args, 'is_active');
  r.max_redemptions := desk.arg_number_or_none(args, 'max_redemptions', 0, 1000000); r.tier_requirement := nullif(desk.arg_text(args, 'tier_requirement', 20), '');
  r.valid_from := desk.arg_moment(args, 'valid_from'); r.valid_until := desk.arg_moment(args, 'valid_until');
  r.auto_apply := desk.arg_flag(args, 'auto_apply'); r.stackable := desk.arg_flag(args, 'stackable'); r.desk_days := desk.arg_number_or_none(args, 'days', 1, 3650);
  if coalesce(r.name, '') = '' then perform desk.refuse('reward_invalid', '{"field":"name"}'); end if;
  if r.tier_requirement not in ('bronze', 'silver', 'gold', 'platinum', 'diamond') then perform desk.refuse('reward_invalid', '{"field":"tier_requirement"}'); end if;
  if r.valid_until <= r.valid_from then perform desk.refuse('reward_invalid', '{"field":"valid_until"}'); end if;
  if desk.reward_is_broken(r) then perform desk.refuse('reward_invalid', '{"field":"value"}'); end if;
  return r;
end $$;

-- Without `expected` it makes one; with it, it changes the one that was seen. Nothing is deleted: what is over is not active.
create function desk.apply_reward_save(me desk.member, args jsonb) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare r public.loyalty_rewards; o public.loyalty_rewards; seen bigint := desk.arg_number_or_none(args, 'expected', 1, 1000000000);
begin
  perform desk.require_role(me, array['owner', 'manager']);
  r := desk.said_reward(me, args);
  if seen is null then
    insert into public.loyalty_rewards (id, clinic_id, name, description, type, points_cost, monetary_value, is_active, max_redemptions, tier_requirement, valid_from, valid_until, auto_apply, stackable, desk_days)
    values (r.id, r.clinic_id, r.name, r.description, r.type, r.points_cost, r.monetary_value, r.is_active, r.max_redemptions, r.tier_requirement, coalesce(r.valid_from, now()), r.valid_until, r.auto_apply, r.stackable, r.desk_days);
    return;
  end if;
  select x.* into o from public.loyalty_rewards x where x.clinic_id = me.clinic_id and x.id = r.id for no key update;
  if not found then perform desk.refuse('reward_not_found'); end if;
  if o.desk_version <> seen then perform desk.refuse('changed_meanwhile', jsonb_build_object('field', 'reward')); end if;
  update public.loyalty_rewards x set name = r.name, description = r.description, type = r.type, points_cost = r.points_cost, monetary_value = r.monetary_value, is_active = r.is_active, max_redemptions = r.max_redemptions,
    tier_requirement = r.tier_requirement, valid_from = coalesce(r.valid_from, x.valid_from), valid_until = r.valid_until, auto_apply = r.auto_apply, stackable = r.stackable, desk_days = r.desk_days
  where x.clinic_id = me.clinic_id and x.id = r.id;
end $$;

-- Those that a clinic usually begins with, where it has none: two discounts, a facial and a mask.
create function desk.apply_reward_add_usual(me desk.member, args jsonb) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare ids uuid[] := desk.arg_uuids(args, 'rewards');
begin
  perform desk.require_role(me, array['owner', 'manager']);
  if cardinality(ids) <> 4 then perform desk.refuse('value_not_allowed', '{"field":"rewards"}'); end if;
  perform 1 from desk.clinic c where c.clinic_id = me.clinic_id for no key update;
  if exists (select 1 from public.loyalty_rewards r where r.clinic_id = me.clinic_id) then perform desk.refuse('rewards_exist'); end if;
  insert into public.loyalty_rewards (id, clinic_id, name, type, points_cost, monetary_value, stackable)
  select ids[u.nth], me.clinic_id, u.name, u.type, u.cost, u.value, u.stacks from (values (1, 'ส่วนลด 5%', 'discount_percentage', 500, 5, false), (2, 'ส่วนลด 10%', 'discount_percentage', 1000, 10, false),
    (3, 'ทรีตเมนต์หน้าพื้นฐาน', 'free_service', 1500, 0, true), (4, 'มาสก์พรีเมียม', 'free_service', 800, 0, true)) u (nth, name, type, cost, value, stacks);
end $$;

insert into desk.action (name, version, decider) values ('reward.save', 1, 'desk.apply_reward_save(desk.member, jsonb)'), ('reward.add_usual', 1, 'desk.apply_reward_add_usual(desk.member, jsonb)');
select desk.close_functions();
