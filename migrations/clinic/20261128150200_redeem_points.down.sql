-- Why: without allowances and lots nothing is redeemed from a desk. Redemptions stay, as entries like any other.
delete from desk.action where name in ('points.redeem', 'points.unredeem');
select desk.unwatch('desk.lease', 20::smallint);
drop function desk.apply_points_unredeem(desk.member, jsonb);
drop function desk.cancel_redemption(desk.member, public.point_transactions, uuid, uuid);
drop function desk.tell_owed(desk.member, uuid, uuid, bigint);
drop function desk.apply_points_redeem(desk.member, jsonb);
drop function desk.held_lease(desk.member, uuid, uuid, bigint);
drop function desk.use_reward(uuid, uuid, bigint, text, timestamptz, boolean);
drop function desk.tier_rank(text);
drop function desk.refuse_short(uuid, uuid, bigint, bigint, bigint);
drop function desk.refund_points(desk.member, uuid, bigint, uuid, text);
create or replace function desk.loyalty_profile(me desk.member, customer uuid) returns public.loyalty_profiles language plpgsql set search_path = pg_catalog, pg_temp as $$
declare p public.loyalty_profiles;
begin
  select q.* into p from public.loyalty_profiles q where q.clinic_id = me.clinic_id and q.customer_id = customer for update;
  if found then return p; end if;
  insert into public.loyalty_profiles (clinic_id, customer_id, referral_code) values (me.clinic_id, customer, desk.new_referral_code()) on conflict (customer_id, clinic_id) do nothing;
  if found then
    insert into public.point_transactions (clinic_id, customer_id, type, amount, description, expires_at)
    values (me.clinic_id, customer, 'bonus', 100, 'คะแนนต้อนรับ', desk.lot_expiry(me.clinic_id, now()));
  end if;
  select q.* into strict p from public.loyalty_profiles q where q.clinic_id = me.clinic_id and q.customer_id = customer for update;
  return p;
end $$;
create or replace function desk.apply_points_award(me desk.member, args jsonb) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare entry uuid := desk.arg_uuid(args, 'id'); customer uuid := desk.arg_uuid(args, 'customer_id'); note text := desk.arg_text(args, 'note', 500);
  satang bigint; p public.loyalty_profiles; multiplier numeric;
begin
  if jsonb_typeof(args -> 'satang') is distinct from 'number' or args ->> 'satang' !~ '^[0-9]{1,9}$' then perform desk.refuse('amount_out_of_range'); end if;
  satang := (args ->> 'satang')::bigint;
  if satang not between 1 and 100000000 then perform desk.refuse('amount_out_of_range'); end if;
  perform 1 from public.customers c where c.clinic_id = me.clinic_id and c.id = customer for key share;
  if not found then perform desk.refuse('customer_not_found'); end if;
  p := desk.loyalty_profile(me, customer);
  select coalesce((c.loyalty_multipliers ->> p.current_tier)::numeric, 1) into multiplier from desk.clinic c where c.clinic_id = me.clinic_id;
  insert into public.point_transactions (id, clinic_id, customer_id, type, amount, description, expires_at)
  values (entry, me.clinic_id, customer, 'earned', floor(satang * multiplier / 1000), coalesce(nullif(note, ''), 'คะแนนจากยอดชำระ'), desk.lot_expiry(me.clinic_id, now()));
  update public.loyalty_profiles q set total_spent = least(coalesce(q.total_spent, 0) + satang / 100.0, 99999999.99), total_visits = coalesce(q.total_visits, 0) + 1,
    average_spend = least((coalesce(q.total_spent, 0) + satang / 100.0) / (coalesce(q.total_visits, 0) + 1), 99999999.99), last_visit = now()
  where q.clinic_id = me.clinic_id and q.id = p.id;
end $$;
create or replace function desk.apply_points_reverse(me desk.member, args jsonb) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare m desk.mutation := desk.undoing(me, args, 'points.award'); entry uuid := desk.arg_uuid(args, 'id'); visit timestamptz := desk.arg_moment(args, 'last_visit');
  e public.point_transactions; p public.loyalty_profiles; key uuid; spent numeric; visits integer;
begin
  if m.status <> 'ok' then return; end if;
  key := desk.arg_uuid(m.args, 'id');
  select t.* into e from public.point_transactions t where t.clinic_id = me.clinic_id and t.id = key;
  if not found then perform desk.refuse('nothing_to_undo'); end if;
  select q.* into p from public.loyalty_profiles q where q.clinic_id = me.clinic_id and q.customer_id = e.customer_id for update;
  if p.available_points < e.amount then perform desk.refuse('points_spent', jsonb_build_object('missing', e.amount - p.available_points)); end if;
  insert into public.point_transactions (id, clinic_id, customer_id, type, amount, description, created_at, expires_at, desk_reverses)
  values (entry, me.clinic_id, e.customer_id, 'refund', -e.amount, 'ย้อน: ' || coalesce(e.description, ''), greatest(now(), e.created_at + interval '1 microsecond'), e.expires_at, e.id);  -- both may come in one transaction
  spent := greatest(coalesce(p.total_spent, 0) - (m.args ->> 'satang')::bigint / 100.0, 0); visits := greatest(coalesce(p.total_visits, 0) - 1, 0);
  update public.loyalty_profiles q set total_spent = spent, total_visits = visits, average_spend = case when visits = 0 then 0 else spent / visits end,
    last_visit = case when q.last_visit = m.at then visit else q.last_visit end
  where q.clinic_id = me.clinic_id and q.id = p.id;
end $$;
drop function desk.points_for(bigint, numeric);
drop function desk.arg_number(jsonb, text, bigint, bigint, text);
drop function desk.take_lease();
drop table desk.lease;
