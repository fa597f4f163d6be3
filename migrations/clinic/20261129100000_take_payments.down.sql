-- Why: without payments points are given for bills that are written down elsewhere. The points stay, as entries like any other.
delete from desk.action where name in ('payment.take', 'payment.refund', 'clinic.set_promptpay');
select desk.unwatch('desk.payment', 22::smallint);
drop function desk.apply_clinic_set_promptpay(desk.member, jsonb);
revoke select (promptpay_id) on desk.clinic from desk_member;
alter table desk.clinic drop column promptpay_id;
drop function desk.promptpay_fits(text);
drop function desk.apply_payment_refund(desk.member, jsonb);
create or replace function desk.refund_points(me desk.member, award uuid, satang bigint, entry uuid, reason text) returns bigint language plpgsql set search_path = pg_catalog, pg_temp as $$
declare e public.point_transactions; before bigint; points bigint;
begin
  select t.* into e from public.point_transactions t where t.clinic_id = me.clinic_id and t.id = award and t.desk_satang > 0;
  if not found then perform desk.refuse('nothing_to_undo'); end if;
  perform desk.lock_points(e.clinic_id, e.customer_id);
  select e.desk_satang + coalesce(sum(t.desk_satang), 0) into before from public.point_transactions t where t.clinic_id = e.clinic_id and t.desk_reverses = e.id;
  if satang not between 1 and before then perform desk.refuse('amount_out_of_range', jsonb_build_object('most', before)); end if;
  points := desk.points_for(before, e.desk_multiplier) - desk.points_for(before - satang, e.desk_multiplier);
  insert into public.point_transactions (id, clinic_id, customer_id, type, amount, description, created_at, expires_at, desk_reverses, desk_source, desk_source_id, desk_purpose, desk_policy, desk_satang, desk_multiplier, desk_reason, desk_by, desk_device)
  values (entry, e.clinic_id, e.customer_id, 'refund', -points, 'คืนเงิน: ' || coalesce(e.description, ''), greatest(now(), e.created_at + interval '1 microsecond'), e.expires_at, e.id,
    'desk', entry, 'refund', e.desk_policy, -satang, e.desk_multiplier, reason, me.person_id, me.device);
  update public.loyalty_profiles p set total_spent = greatest(coalesce(p.total_spent, 0) - satang / 100.0, 0),
    total_visits = greatest(coalesce(p.total_visits, 0) - (satang = before)::int, 0) where p.clinic_id = e.clinic_id and p.customer_id = e.customer_id;
  return points;
end $$;
drop function desk.apply_payment_take(desk.member, jsonb);
drop function desk.paid_at(jsonb);
drop function desk.count_bill(uuid, uuid, bigint, integer);
create or replace function desk.apply_points_award(me desk.member, args jsonb) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare entry uuid := desk.arg_uuid(args, 'id'); customer uuid := desk.arg_uuid(args, 'customer_id'); note text := desk.arg_text(args, 'note', 500);
  satang bigint := desk.arg_number(args, 'satang', 1, 100000000, 'amount_out_of_range'); p public.loyalty_profiles; c desk.clinic; multiplier numeric;
begin
  perform 1 from public.customers x where x.clinic_id = me.clinic_id and x.id = customer for key share;
  if not found then perform desk.refuse('customer_not_found'); end if;
  p := desk.loyalty_profile(me, customer);
  select x.* into c from desk.clinic x where x.clinic_id = me.clinic_id;
  multiplier := coalesce((c.loyalty_multipliers ->> p.current_tier)::numeric, 1);
  insert into public.point_transactions (id, clinic_id, customer_id, type, amount, description, expires_at, desk_source, desk_source_id, desk_purpose, desk_policy, desk_satang, desk_multiplier, desk_by, desk_device)
  values (entry, me.clinic_id, customer, 'earned', desk.points_for(satang, multiplier), coalesce(nullif(note, ''), 'คะแนนจากยอดชำระ'), desk.lot_expiry(me.clinic_id, now()),
    'desk', entry, 'earn', c.loyalty_policy, satang, multiplier, me.person_id, me.device);
end $$;
drop function desk.earn_points(desk.member, uuid, uuid, bigint, text);
drop function desk.multiplier_of(desk.clinic, text);
drop function desk.next_payment_number(uuid);
drop trigger desk_keep on desk.payment;
drop function desk.keep_payment();
drop function desk.unrefunded(desk.payment);
drop table desk.payment;
drop table desk.payment_counter;
