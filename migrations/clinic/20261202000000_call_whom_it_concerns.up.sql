-- Why: each change called every desk of the clinic to read two streams, of which the person's hardly ever had anything. A call says now which version it is
-- about and whose own streams it touched, so that a desk reads what there is to read, and nothing for what it has read already.

-- Whose own streams have something of transaction t: a mark of each person, by which nobody is known who does not know them already; '*' where they are
-- too many for a call. In the feed's order, or the planner would read the clinic's whole feed for what it takes to be an average transaction.
create function desk.addressed(clinic uuid, t bigint) returns text language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select case when count(*) > 100 then '*' else coalesce(string_agg(distinct left(encode(sha256(convert_to(p.scope, 'UTF8')), 'hex'), 8), ','), '') end
  from (select f.scope from desk.feed f where f.clinic_id = clinic and f.txn = t and f.tbl = 9 order by f.clinic_id, f.txn, f.tbl, f.pk limit 101) p;
$$;

create or replace function desk.stamp() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare v bigint; ch uuid; people text := desk.addressed(new.clinic_id, new.txn);
begin
  insert into desk.clock as k (clinic_id, version) values (new.clinic_id, 1) on conflict (clinic_id) do update set version = k.version + 1 returning version, channel into v, ch;
  update desk.txn set version = v where clinic_id = new.clinic_id and txn = new.txn;
  perform pg_notify('desk_' || replace(ch::text, '-', ''), v || ':' || people);  -- a hint: who believes none of it misses nothing
  return null;
end $$;
select desk.close_functions();
