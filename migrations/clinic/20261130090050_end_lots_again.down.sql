-- Why: as it was; entries that were made stay.
create or replace function desk.expire_points(clinic uuid, customer uuid, at timestamptz) returns bigint language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare ended bigint;
begin
  if not exists (select 1 from desk.lot l where l.clinic_id = clinic and l.customer_id = customer and l.remaining > 0 and l.expires_at < at) then return 0; end if;
  perform desk.lock_points(clinic, customer);
  insert into public.point_transactions (clinic_id, customer_id, type, amount, description, desk_effective_at, desk_source, desk_source_id, desk_purpose)
  select clinic, customer, 'expired', -l.remaining, 'แต้มหมดอายุ', l.expires_at, 'lot', l.id, 'expire' from desk.lot l
  where l.clinic_id = clinic and l.customer_id = customer and l.remaining > 0 and l.expires_at < at order by l.expires_at, l.id;
  get diagnostics ended = row_count;
  return ended;
end $$;
