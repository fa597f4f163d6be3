-- Why: points for a bill, decided by the database in one transaction, once per entry id whatever the network does.

-- End of the clinic's day, 24 months on; the 29th of February ends on the 28th.
create function desk.lot_expiry(clinic uuid, at timestamptz) returns timestamptz language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select ((date_trunc('day', $2 at time zone c.timezone) + interval '24 months') + interval '1 day' - interval '1 second') at time zone c.timezone from desk.clinic c where c.clinic_id = $1;
$$;

-- The member's profile, locked. A new member gets one with the welcome points in the ledger.
create function desk.loyalty_profile(me desk.member, customer uuid) returns public.loyalty_profiles language plpgsql set search_path = pg_catalog, pg_temp as $$
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

create function desk.apply_points_award(me desk.member, args jsonb) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
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

insert into desk.action (name, version, decider) values ('points.award', 1, 'desk.apply_points_award(desk.member, jsonb)');
