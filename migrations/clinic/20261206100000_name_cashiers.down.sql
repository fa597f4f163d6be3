-- Everybody takes money again, and codes on a bill.
create or replace function desk.apply_payment_take(me desk.member, args jsonb) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare key uuid := desk.arg_uuid(args, 'id'); entry uuid := desk.arg_uuid(args, 'entry'); customer uuid := desk.arg_uuid(args, 'customer_id');
  journey uuid := case when coalesce(jsonb_typeof(args -> 'journey_id'), 'null') <> 'null' then desk.arg_uuid(args, 'journey_id') end;
  satang bigint := desk.arg_number(args, 'satang', 1, 100000000, 'amount_out_of_range'); held bigint := desk.arg_held(args, satang); kind text := desk.arg_text(args, 'held_as', 20);
  said text := nullif(desk.arg_text(args, 'note', 500), ''); why text := nullif(desk.arg_text(args, 'late_reason', 500), ''); at timestamptz; number integer; tenfold numeric := 0; e public.point_transactions;
begin
  perform 1 from public.customers x where x.clinic_id = me.clinic_id and x.id = customer for key share;
  if not found then perform desk.refuse('customer_not_found'); end if;
  if journey is not null and not exists (select 1 from public.workflow_states w where w.clinic_id = me.clinic_id and w.id = journey and w.customer_id = customer) then perform desk.refuse('journey_not_found'); end if;
  number := desk.next_payment_number(me.clinic_id);
  at := desk.counts_from(me, args);
  if kind is null then
    perform 1 from public.loyalty_profiles q where q.clinic_id = me.clinic_id and q.customer_id = customer for no key update;
    perform desk.settle_tier(me.clinic_id, customer, now());
    update public.loyalty_profiles q set updated_at = q.updated_at where q.clinic_id = me.clinic_id and q.customer_id = customer and q.desk_tier_until <= desk.local_day(me.clinic_id, now());
    tenfold := desk.multiplier_in(desk.policy_at(me.clinic_id, at), coalesce((select t.tier from desk.tier t where t.clinic_id = me.clinic_id and t.customer_id = customer), 'bronze'));
    -- A bill that earns nothing makes no entry and no member.
    if desk.points_for(satang, tenfold) > 0 then e := desk.earn_points_at(me, entry, customer, satang, said, at, why); else perform desk.count_bill(me.clinic_id, customer, satang, 1); end if;
  end if;
  insert into desk.payment (clinic_id, id, number, customer_id, journey_id, satang, held_as, held, method, taken_at, taken_by, taken_device, note, entry_id, points, multiplier, late_reason)
  values (me.clinic_id, key, number, customer, journey, satang, kind, held, args ->> 'method', at, me.person_id, me.device, said, e.id, coalesce(e.amount, 0), coalesce(e.desk_multiplier, tenfold), why);
end $$;
create or replace function desk.apply_points_award(me desk.member, args jsonb) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare entry uuid := desk.arg_uuid(args, 'id'); customer uuid := desk.arg_uuid(args, 'customer_id'); note text := desk.arg_text(args, 'note', 500);
  satang bigint := desk.arg_number(args, 'satang', 1, 100000000, 'amount_out_of_range');
begin
  perform 1 from public.customers x where x.clinic_id = me.clinic_id and x.id = customer for key share;
  if not found then perform desk.refuse('customer_not_found'); end if;
  perform desk.earn_points(me, entry, customer, satang, note);
end $$;
create or replace function desk.apply_reward_use(me desk.member, args jsonb) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare customer uuid := desk.arg_uuid(args, 'customer_id'); ids uuid[] := desk.arg_uuids(args, 'coupons'); at timestamptz := desk.paid_at(args); p desk.payment; c desk.coupon; one uuid; rest bigint; less bigint; whole bigint;
begin
  if coalesce(jsonb_typeof(args -> 'bill'), 'null') <> 'null' then whole := desk.arg_number(args, 'bill', 1, 100000000, 'amount_out_of_range'); end if;
  if coalesce(jsonb_typeof(args -> 'payment_id'), 'null') <> 'null' then
    p := desk.reduced_payment(me, desk.arg_uuid(args, 'payment_id'));
    if p.customer_id <> customer then perform desk.refuse('payment_not_found'); end if;
    whole := coalesce(whole, p.satang);
  end if;
  rest := whole;
  foreach one in array (select array_agg(x order by x) from unnest(ids) x) loop
    c := desk.usable_coupon(me, one, customer, cardinality(ids), at);
    less := case when whole is not null then least(desk.coupon_reduction(c.kind, c.value, whole), rest) end; rest := rest - less;  -- of no bill nothing is taken
    update desk.coupon x set state = 'used', used_at = at, used_by = me.person_id, used_device = me.device, payment_id = p.id, bill = whole, satang = less
    where x.clinic_id = c.clinic_id and x.id = c.id;
  end loop;
  if rest <> coalesce(p.satang, 0) then perform desk.refuse('coupon_sum_differs', jsonb_build_object('most', whole - rest)); end if;
end $$;
select desk.close_functions();
