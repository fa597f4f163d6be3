create or replace function desk.stamp() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare v bigint; ch uuid;
begin
  insert into desk.clock as k (clinic_id, version) values (new.clinic_id, 1) on conflict (clinic_id) do update set version = k.version + 1 returning version, channel into v, ch;
  update desk.txn set version = v where clinic_id = new.clinic_id and txn = new.txn;
  perform pg_notify('desk_' || replace(ch::text, '-', ''), v::text);  -- a hint; carries nothing
  return null;
end $$;
drop function desk.addressed(uuid, bigint);
