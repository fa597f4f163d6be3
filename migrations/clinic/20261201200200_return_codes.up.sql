-- Why: a code that reduced a bill stayed used when the bill was given back, until a manager thought of it. When nothing is left of what was paid, the code goes with
-- it: its points return to their lots and dates (rule L3), and one more of the reward is there (rule L19).

alter table desk.coupon drop constraint coupon_closed_for_check,
  add constraint coupon_closed_for_check check (closed_for in ('customer', 'clinic', 'undo', 'date', 'refund'));

-- The entry that gives a code's points back when its bill is given back: the code's own key, every bit turned, so that a desk knows it beforehand.
create function desk.returning_entry(coupon uuid) returns uuid language sql immutable
return translate(coupon::text, '0123456789abcdef', 'fedcba9876543210')::uuid;

create function desk.return_codes() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare o desk.payment; c desk.coupon; me desk.member;
begin
  select p.* into o from desk.payment p where p.clinic_id = new.clinic_id and p.id = new.refunds;
  if desk.unrefunded(o) > 0 then return null; end if;
  me.clinic_id := new.clinic_id; me.person_id := new.taken_by; me.device := new.taken_device;
  for c in select x.* from desk.coupon x where x.clinic_id = o.clinic_id and x.payment_id = o.id and x.state = 'used' order by x.id loop
    -- Held in the order in which redeeming holds.
    perform desk.lock_points(c.clinic_id, c.customer_id);
    perform 1 from public.loyalty_rewards r where r.clinic_id = c.clinic_id and r.id = c.reward_id for no key update;
    update desk.coupon x set state = 'cancelled', closed_at = now(), closed_by = me.person_id, closed_device = me.device, closed_for = 'refund', reason = new.note
    where x.clinic_id = c.clinic_id and x.id = c.id and x.state = 'used';
    if found then perform desk.return_coupon(c, desk.returning_entry(c.id), me, new.note); end if;
  end loop;
  return null;
end $$;
create trigger desk_return_codes after insert on desk.payment for each row when (new.refunds is not null) execute function desk.return_codes();
select desk.close_functions();
