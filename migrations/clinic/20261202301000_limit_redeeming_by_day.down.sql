-- Why: without it each redemption is held to the limit by itself.
revoke select (desk_method, desk_reverses) on public.point_transactions from desk_member;
create or replace function desk.need_second_person() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare a desk.approval; most integer;
begin
  select x.* into a from desk.approval x where x.clinic_id = new.clinic_id and x.entry_id = new.id and x.kind = 'redemption' and x.customer_id = new.customer_id and x.points = -new.amount;
  if found then
    new.desk_method := 'two'; new.desk_agreed_by := a.decided_by;
    return new;
  end if;
  select c.redeem_alone into most from desk.clinic c where c.clinic_id = new.clinic_id;
  if -new.amount > most then perform desk.refuse('second_person_needed', jsonb_build_object('most', most)); end if;
  return new;
end $$;
drop function desk.redeemed_alone_on(uuid, uuid, timestamptz);
