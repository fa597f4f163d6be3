revoke select (desk_source_id) on public.point_transactions from desk_member;
create or replace function desk.book_points(e public.point_transactions, strict boolean default true) returns desk.point_sum language plpgsql set search_path = pg_catalog, pg_temp as $$
declare s desk.point_sum := desk.lock_points(e.clinic_id, e.customer_id); counts bigint := desk.lifetime_of(e.type, e.amount, e.desk_reverses, e.desk_lifetime);
begin
  if e.desk_reverses is not null then perform desk.check_reversal(e); end if;
  if e.amount > 0 then s := desk.book_gain(e, s); elsif e.amount < 0 then
    if strict and e.type = 'redeemed' then
      perform desk.expire_points(e.clinic_id, e.customer_id, coalesce(e.desk_effective_at, e.created_at, now()));
      s := desk.lock_points(e.clinic_id, e.customer_id);
    end if;
    s := desk.book_loss(e, s, strict);
  end if;
  if counts <> 0 then perform desk.settle_tier(e.clinic_id, e.customer_id, now()); end if;
  s.lifetime := s.lifetime + counts;
  update desk.point_sum x set available = s.available, owed = s.owed, lifetime = s.lifetime where x.clinic_id = e.clinic_id and x.customer_id = e.customer_id;
  if counts <> 0 then perform desk.judge_tier(e.clinic_id, e.customer_id, coalesce(e.desk_reverses, e.id), counts < 0); end if;
  return s;
end $$;
drop function desk.return_ended(public.point_transactions);
