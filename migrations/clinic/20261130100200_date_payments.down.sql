-- Why: a payment counts from when it is written down. The days that stand there stay; whose month was closed is forgotten.
delete from desk.action where name in ('month.close', 'month.open');
revoke select (desk_effective_at, desk_source, desk_purpose, desk_policy, desk_reason, desk_by) on public.point_transactions from desk_member;
drop trigger name_branch on desk.lot;
drop function desk.name_branch();
drop function desk.branch_of(uuid, uuid, timestamptz);
revoke select (branch) on desk.lot from desk_member;
alter table desk.lot drop column branch;
create or replace function desk.ledger_added() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform desk.book_points(new);
  if new.desk_satang > 0 then
    update public.loyalty_profiles p set total_visits = coalesce(p.total_visits, 0) + 1, last_visit = coalesce(new.desk_effective_at, new.created_at),
      total_spent = least(coalesce(p.total_spent, 0) + new.desk_satang / 100.0, 99999999.99),
      average_spend = least((coalesce(p.total_spent, 0) + new.desk_satang / 100.0) / (coalesce(p.total_visits, 0) + 1), 99999999.99)
    where p.customer_id = new.customer_id and p.clinic_id = new.clinic_id;
  else
    update public.loyalty_profiles p set updated_at = p.updated_at where p.customer_id = new.customer_id and p.clinic_id = new.clinic_id;
  end if;
  return null;
end $$;
create or replace function desk.apply_payment_take(me desk.member, args jsonb) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare key uuid := desk.arg_uuid(args, 'id'); entry uuid := desk.arg_uuid(args, 'entry'); customer uuid := desk.arg_uuid(args, 'customer_id');
  journey uuid := case when coalesce(jsonb_typeof(args -> 'journey_id'), 'null') <> 'null' then desk.arg_uuid(args, 'journey_id') end;
  satang bigint := desk.arg_number(args, 'satang', 1, 100000000, 'amount_out_of_range'); way text := desk.arg_text(args, 'method', 20); said text := nullif(desk.arg_text(args, 'note', 500), '');
  number integer; tier text; tenfold numeric; e public.point_transactions;
begin
  if way is null or way not in ('cash', 'card', 'promptpay', 'transfer') then perform desk.refuse('value_not_allowed', '{"field":"method"}'); end if;
  perform 1 from public.customers x where x.clinic_id = me.clinic_id and x.id = customer for key share;
  if not found then perform desk.refuse('customer_not_found'); end if;
  if journey is not null and not exists (select 1 from public.workflow_states w where w.clinic_id = me.clinic_id and w.id = journey and w.customer_id = customer) then perform desk.refuse('journey_not_found'); end if;
  number := desk.next_payment_number(me.clinic_id);
  select q.current_tier into tier from public.loyalty_profiles q where q.clinic_id = me.clinic_id and q.customer_id = customer for no key update;
  select desk.multiplier_of(c, coalesce(tier, 'bronze')) into tenfold from desk.clinic c where c.clinic_id = me.clinic_id;
  -- A bill that earns nothing makes no entry and no member.
  if desk.points_for(satang, tenfold) > 0 then e := desk.earn_points(me, entry, customer, satang, said); else perform desk.count_bill(me.clinic_id, customer, satang, 1); end if;
  insert into desk.payment (clinic_id, id, number, customer_id, journey_id, satang, method, taken_at, taken_by, taken_device, note, entry_id, points, multiplier)
  values (me.clinic_id, key, number, customer, journey, satang, way, desk.paid_at(args), me.person_id, me.device, said, e.id, coalesce(e.amount, 0), coalesce(e.desk_multiplier, tenfold));
end $$;
create or replace function desk.earn_points(me desk.member, entry uuid, customer uuid, satang bigint, said text) returns public.point_transactions language plpgsql set search_path = pg_catalog, pg_temp as $$
declare p public.loyalty_profiles; c desk.clinic; multiplier numeric; e public.point_transactions;
begin
  p := desk.loyalty_profile(me, customer);
  select x.* into c from desk.clinic x where x.clinic_id = me.clinic_id;
  multiplier := desk.multiplier_of(c, p.current_tier);
  insert into public.point_transactions (id, clinic_id, customer_id, type, amount, description, expires_at, desk_source, desk_source_id, desk_purpose, desk_policy, desk_satang, desk_multiplier, desk_by, desk_device)
  values (entry, me.clinic_id, customer, 'earned', desk.points_for(satang, multiplier), coalesce(nullif(said, ''), 'คะแนนจากยอดชำระ'), desk.lot_expiry(me.clinic_id, now()),
    'desk', entry, 'earn', c.loyalty_policy, satang, multiplier, me.person_id, me.device)
  returning * into e;
  return e;
end $$;
drop function desk.earn_points_at(desk.member, uuid, uuid, bigint, text, timestamptz, text);
drop function desk.counts_from(desk.member, jsonb);
drop function desk.apply_month_open(desk.member, jsonb);
drop function desk.apply_month_close(desk.member, jsonb);
drop function desk.arg_month(jsonb);
drop trigger desk_month on desk.payment;
drop function desk.keep_month();
drop function desk.is_closed(uuid, date);
revoke select (posted_at, late_reason) on desk.payment from desk_member;
alter table desk.payment drop column posted_at, drop column late_reason;
revoke select (books_closed_to) on desk.clinic from desk_member;
alter table desk.clinic drop column books_closed_to;
drop table desk.closed_month;
