-- Why: points that had ended were owed once more when their bill was given back. What ended was gone already: a refund takes what is there and what was spent, no more
-- (rule L4). The whole of what was issued is still reversed; what had ended of it comes back just before, by an entry that says so, and goes with it.

-- Of the points that a bill (or whoever) had given and that are taken back now, what its own lot has no more because it ended: that returns to the lot. For whoever books
-- the taking back, which takes it out of there.
create function desk.return_ended(e public.point_transactions) returns void language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare lacks bigint := -e.amount - coalesce((select l.remaining from desk.lot l where l.clinic_id = e.clinic_id and l.id = e.desk_reverses), 0); x record;
begin
  for x in select t.id, least(-t.amount - coalesce((select sum(r.amount) from public.point_transactions r where r.clinic_id = t.clinic_id and r.desk_reverses = t.id), 0), 2147483647)::integer as points
    from public.point_transactions t where t.clinic_id = e.clinic_id and t.customer_id = e.customer_id and t.desk_source = 'lot' and t.desk_source_id = e.desk_reverses order by t.created_at, t.id
  loop
    exit when lacks <= 0;
    continue when x.points <= 0;
    insert into public.point_transactions (clinic_id, customer_id, type, amount, description, created_at, expires_at, desk_reverses, desk_source, desk_source_id, desk_purpose, desk_policy, desk_by, desk_device)
    values (e.clinic_id, e.customer_id, 'refund', least(x.points, lacks), 'แต้มที่หมดอายุแล้วไม่เรียกคืนซ้ำ', e.created_at, e.expires_at, x.id, 'ended', e.id, x.id::text, e.desk_policy, e.desk_by, e.desk_device);
    lacks := lacks - x.points;
  end loop;
end $$;

-- As before; what had ended of an entry that is taken back is not taken twice.
create or replace function desk.book_points(e public.point_transactions, strict boolean default true) returns desk.point_sum language plpgsql set search_path = pg_catalog, pg_temp as $$
declare s desk.point_sum := desk.lock_points(e.clinic_id, e.customer_id); counts bigint := desk.lifetime_of(e.type, e.amount, e.desk_reverses, e.desk_lifetime);
begin
  if e.desk_reverses is not null then perform desk.check_reversal(e); end if;
  if e.amount > 0 then s := desk.book_gain(e, s); elsif e.amount < 0 then
    if strict and e.type = 'redeemed' then
      perform desk.expire_points(e.clinic_id, e.customer_id, coalesce(e.desk_effective_at, e.created_at, now()));
      s := desk.lock_points(e.clinic_id, e.customer_id);
    elsif strict and e.desk_reverses is not null then
      perform desk.return_ended(e);
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

-- Desks know which lot ended.
grant select (desk_source_id) on public.point_transactions to desk_member;
select desk.close_functions();
