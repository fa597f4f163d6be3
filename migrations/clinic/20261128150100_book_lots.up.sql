-- Why: points end on different days, are given back, and are spent at two counters at once. The list of entries alone cannot say which points are left; lots
-- can. Whoever writes an entry, desk or web system, it is booked here: under one lock a customer, completely or not at all.

-- What a customer has, all lots together. Its row is the lock of those who have no profile yet.
-- Points owed are points that were taken back after they had been spent. Who owes has none: what comes in pays first.
create table desk.point_sum (
  clinic_id uuid not null,
  customer_id uuid not null,
  available bigint not null default 0 check (available >= 0),  -- left in all lots
  lifetime bigint not null default 0,                          -- ever earned, less what was taken back: decides the tier
  owed bigint not null default 0 check (owed >= 0),
  primary key (clinic_id, customer_id),
  foreign key (clinic_id, customer_id) references public.customers (clinic_id, id) on delete cascade,
  check (available = 0 or owed = 0)
) with (fillfactor = 80);

-- Points that came in together and end together. It is called like the entry that made it.
create table desk.lot (
  clinic_id uuid not null,
  id uuid not null,
  customer_id uuid not null,
  points integer not null check (points > 0),        -- that came in: the entry's, less what paid a debt
  remaining integer not null,
  expires_at timestamptz,                            -- the last second of a day of the clinic; none: never
  effective_at timestamptz not null,                 -- since when they count
  primary key (clinic_id, id),
  foreign key (clinic_id, id) references public.point_transactions (clinic_id, id) on delete cascade,
  check (remaining between 0 and points)
) with (fillfactor = 80);
create index lot_left on desk.lot (clinic_id, customer_id, expires_at, effective_at, id) where remaining > 0;

-- Which entry took how much out of which lot; less than nothing: gave back.
create table desk.lot_use (
  clinic_id uuid not null,
  id bigint generated always as identity,
  entry_id uuid not null,
  lot_id uuid not null,
  points integer not null check (points <> 0),
  primary key (clinic_id, id),
  foreign key (clinic_id, entry_id) references public.point_transactions (clinic_id, id) on delete cascade,
  foreign key (clinic_id, lot_id) references desk.lot (clinic_id, id) on delete cascade
);
create index lot_use_entry on desk.lot_use (clinic_id, entry_id);
create index lot_use_lot on desk.lot_use (clinic_id, lot_id);

-- Which entry made a customer owe points, or (less than nothing) paid some.
create table desk.debt (
  clinic_id uuid not null,
  entry_id uuid not null,
  customer_id uuid not null,
  points integer not null check (points <> 0),
  primary key (clinic_id, entry_id),
  foreign key (clinic_id, entry_id) references public.point_transactions (clinic_id, id) on delete cascade
);
create index debt_customer on desk.debt (clinic_id, customer_id);
alter table desk.point_sum enable row level security;
alter table desk.lot enable row level security;
alter table desk.lot_use enable row level security;
alter table desk.debt enable row level security;

alter table public.loyalty_profiles add column desk_owed integer not null default 0;

-- The customer's sums, locked: first the profile, where there is one, as everybody does who writes both.
create function desk.lock_points(clinic uuid, customer uuid) returns desk.point_sum language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare s desk.point_sum;
begin
  perform 1 from public.loyalty_profiles p where p.customer_id = customer and p.clinic_id = clinic for no key update;
  select x.* into s from desk.point_sum x where x.clinic_id = clinic and x.customer_id = customer for no key update;
  if not found then
    insert into desk.point_sum (clinic_id, customer_id) values (clinic, customer) on conflict do nothing;
    select x.* into strict s from desk.point_sum x where x.clinic_id = clinic and x.customer_id = customer for no key update;
  end if;
  return s;
end $$;

-- Takes up to so many points out of a customer's lots: of `first` before all others, then what ends soonest. With `alone` of that lot only. Answers how many
-- were taken.
create function desk.take_points(e public.point_transactions, wanted bigint, first uuid, alone boolean) returns bigint language plpgsql set search_path = pg_catalog, pg_temp as $$
declare taken bigint;
begin
  with line as (
    select l.id, l.remaining, sum(l.remaining) over (order by l.id is distinct from first, l.expires_at nulls last, l.effective_at, l.id) - l.remaining as before
    from desk.lot l where l.clinic_id = e.clinic_id and l.customer_id = e.customer_id and l.remaining > 0 and (not alone or l.id = first)
  ), used as (
    insert into desk.lot_use (clinic_id, entry_id, lot_id, points) select e.clinic_id, e.id, x.id, least(x.remaining, wanted - x.before) from line x where x.before < wanted returning lot_id, points
  ), moved as (
    update desk.lot l set remaining = l.remaining - u.points from used u where l.clinic_id = e.clinic_id and l.id = u.lot_id
  )
  select coalesce(sum(u.points), 0) into taken from used u;
  return taken;
end $$;

-- Gives points back to the lots that a spending took them from, with their dates: what ends last before what ends first, because a debt was paid with the
-- latter. Answers how many found their way back; the rest had been owed and was paid meanwhile by other points.
create function desk.return_points(e public.point_transactions, wanted bigint) returns bigint language plpgsql set search_path = pg_catalog, pg_temp as $$
declare given bigint;
begin
  with net as (
    select u.lot_id, sum(u.points) as points from desk.lot_use u
    where u.clinic_id = e.clinic_id and (u.entry_id = e.desk_reverses or u.entry_id in (select o.id from public.point_transactions o where o.desk_reverses = e.desk_reverses and o.clinic_id = e.clinic_id))
    group by u.lot_id
  ), line as (
    select l.id, n.points, sum(n.points) over (order by l.expires_at desc nulls first, l.effective_at desc, l.id desc) - n.points as before
    from net n join desk.lot l on l.clinic_id = e.clinic_id and l.id = n.lot_id where n.points > 0
  ), used as (
    insert into desk.lot_use (clinic_id, entry_id, lot_id, points) select e.clinic_id, e.id, x.id, -least(x.points, wanted - x.before) from line x where x.before < wanted returning lot_id, points
  ), moved as (
    update desk.lot l set remaining = l.remaining - u.points from used u where l.clinic_id = e.clinic_id and l.id = u.lot_id
  )
  select coalesce(-sum(u.points), 0) into given from used u;
  return given;
end $$;

-- Points that come in: they pay what is owed, the rest is a lot. Of a cancelled spending, what is left after the debt goes back to its lots.
create function desk.book_gain(e public.point_transactions, s desk.point_sum) returns desk.point_sum language plpgsql set search_path = pg_catalog, pg_temp as $$
declare paid bigint := least(s.owed, e.amount); rest bigint := e.amount - paid; ends timestamptz;
begin
  if paid > 0 then insert into desk.debt (clinic_id, entry_id, customer_id, points) values (e.clinic_id, e.id, e.customer_id, -paid); end if;
  if rest > 0 and e.desk_reverses is not null then rest := rest - desk.return_points(e, rest); end if;
  if rest > 0 then
    -- What desks write ends at the end of a day already.
    ends := case when e.expires_at = 'infinity' then null when e.desk_source is null then desk.end_of_day(e.clinic_id, e.expires_at) else e.expires_at end;
    insert into desk.lot (clinic_id, id, customer_id, points, remaining, expires_at, effective_at)
    values (e.clinic_id, e.id, e.customer_id, rest, rest, ends, coalesce(e.desk_effective_at, e.created_at, now()));
  end if;
  s.owed := s.owed - paid; s.available := s.available + e.amount - paid;
  return s;
end $$;

-- Points that go. Spending and expiry take what is there and are refused when it is not enough (`strict`); an award that is taken back takes its own points
-- first, and what has been spent of them is owed. Within an allowance of a desk without the network what is missing is owed too.
create function desk.book_loss(e public.point_transactions, s desk.point_sum, strict boolean) returns desk.point_sum language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  wanted bigint := -e.amount::bigint; is_expiry boolean := coalesce(e.desk_source = 'lot', false);
  taken bigint := desk.take_points(e, wanted, case when is_expiry then e.desk_source_id else e.desk_reverses end, is_expiry);
begin
  if taken < wanted then
    if strict and e.type <> 'refund' and e.desk_lease_id is null then
      raise exception 'these points are not there: % of % are missing', wanted - taken, wanted using errcode = '23514', constraint = 'desk_points_are_there', table = 'point_transactions', schema = 'public';
    end if;
    insert into desk.debt (clinic_id, entry_id, customer_id, points) values (e.clinic_id, e.id, e.customer_id, wanted - taken);
  end if;
  s.available := s.available - taken; s.owed := s.owed + wanted - taken;
  return s;
end $$;

-- An entry cancels another only within its customer, against its sign, and together with others no more than there was.
create function desk.check_reversal(e public.point_transactions) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare o public.point_transactions; whole bigint;
begin
  select x.* into o from public.point_transactions x where x.clinic_id = e.clinic_id and x.id = e.desk_reverses;
  select sum(x.amount) into whole from public.point_transactions x where x.desk_reverses = e.desk_reverses and x.clinic_id = e.clinic_id;
  if o.customer_id is distinct from e.customer_id or o.desk_reverses is not null or e.amount <> 0 and sign(o.amount) = sign(e.amount) or abs(whole) > abs(o.amount) then
    raise exception 'an entry takes back no more than there was' using errcode = '23514', constraint = 'desk_reversal_fits', table = 'point_transactions', schema = 'public';
  end if;
end $$;

-- What an entry counts for the tier.
create function desk.lifetime_of(type text, amount bigint, reverses uuid, said bigint) returns bigint language sql immutable
return coalesce(said, case when amount > 0 and type in ('earned', 'bonus') or amount < 0 and reverses is not null then amount else 0 end);

-- Books one entry and answers the sums after it. Not `strict` only for what was written before there were lots.
create function desk.book_points(e public.point_transactions, strict boolean default true) returns desk.point_sum language plpgsql set search_path = pg_catalog, pg_temp as $$
declare s desk.point_sum := desk.lock_points(e.clinic_id, e.customer_id);
begin
  if e.desk_reverses is not null then perform desk.check_reversal(e); end if;
  if e.amount > 0 then s := desk.book_gain(e, s); elsif e.amount < 0 then
    if strict and e.type = 'redeemed' then
      perform desk.expire_points(e.clinic_id, e.customer_id, coalesce(e.desk_effective_at, e.created_at, now()));
      s := desk.lock_points(e.clinic_id, e.customer_id);
    end if;
    s := desk.book_loss(e, s, strict);
  end if;
  s.lifetime := s.lifetime + desk.lifetime_of(e.type, e.amount, e.desk_reverses, e.desk_lifetime);
  update desk.point_sum x set available = s.available, owed = s.owed, lifetime = s.lifetime where x.clinic_id = e.clinic_id and x.customer_id = e.customer_id;
  return s;
end $$;

-- Lots whose last day is over at `at`: an entry each, once however often it is asked. How many lots ended.
create function desk.expire_points(clinic uuid, customer uuid, at timestamptz) returns bigint language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
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

-- Points, tier and debt of a profile are those of the ledger, whatever is written into it.
create or replace function desk.derive_points() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare s desk.point_sum;
begin
  if tg_op = 'INSERT' then s := desk.lock_points(new.clinic_id, new.customer_id);
  else select x.* into s from desk.point_sum x where x.clinic_id = new.clinic_id and x.customer_id = new.customer_id; end if;
  new.total_points := coalesce(s.lifetime, 0); new.available_points := coalesce(s.available, 0); new.desk_owed := coalesce(s.owed, 0);
  new.current_tier := desk.tier_of(new.total_points); new.tier_progress := desk.tier_progress(new.total_points);
  if tg_op = 'UPDATE' and new is distinct from old then new.updated_at := now(); end if;
  return new;
end $$;

-- Each entry in the order in which it was written. The profile is written once: its sums, and the visit if the entry comes from a bill.
drop trigger desk_ledger_added on public.point_transactions;
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
create trigger desk_ledger_added after insert on public.point_transactions for each row execute function desk.ledger_added();

-- Everything that does not add up in a clinic, in numbers: none of these rows may ever be.
create function desk.verify_loyalty(clinic uuid) returns table (customer_id uuid, what text, should bigint, found bigint) language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  with entry as (
    select e.customer_id, e.id, case when e.type in ('redeemed', 'expired') then -abs(e.amount::bigint) else e.amount end as amount, desk.lifetime_of(e.type, e.amount, e.desk_reverses, e.desk_lifetime) as lifetime
    from public.point_transactions e where e.clinic_id = clinic
  ), entries as (select x.customer_id, sum(x.amount) as net, sum(x.lifetime) as lifetime from entry x group by x.customer_id),
  lots as (select l.customer_id, sum(l.remaining) as available from desk.lot l where l.clinic_id = clinic group by l.customer_id),
  debts as (select d.customer_id, sum(d.points) as owed from desk.debt d where d.clinic_id = clinic group by d.customer_id),
  sums as (select * from desk.point_sum s where s.clinic_id = clinic),
  everyone as (select x.customer_id from entries x union select x.customer_id from lots x union select x.customer_id from debts x union select x.customer_id from sums x)
  select a.customer_id, k.what, k.should, k.found
  from everyone a left join entries e using (customer_id) left join lots l using (customer_id) left join debts d using (customer_id) left join sums s using (customer_id)
  left join public.loyalty_profiles p on p.clinic_id = clinic and p.customer_id = a.customer_id,
  lateral (values
    ('sum of lots is the balance', coalesce(s.available, 0), coalesce(l.available, 0)), ('sum of debts is what is owed', coalesce(s.owed, 0), coalesce(d.owed, 0)),
    ('entries make the balance less the debt', coalesce(s.available, 0) - coalesce(s.owed, 0), coalesce(e.net, 0)), ('entries make the lifetime', coalesce(s.lifetime, 0), coalesce(e.lifetime, 0)),
    ('who owes has no points', 0, least(coalesce(s.available, 0), coalesce(s.owed, 0))),
    ('profile shows the balance', coalesce(s.available, 0), coalesce(p.available_points, case when p.id is null then s.available end, 0)),
    ('profile shows the lifetime', coalesce(s.lifetime, 0), coalesce(p.total_points, case when p.id is null then s.lifetime end, 0)),
    ('profile shows what is owed', coalesce(s.owed, 0), coalesce(p.desk_owed, s.owed, 0))) as k (what, should, found)
  where k.should is distinct from k.found
  union all
  select l.customer_id, 'lot ' || l.id, l.points - l.remaining, coalesce(u.used, 0) from desk.lot l
  left join (select u.lot_id, sum(u.points) as used from desk.lot_use u where u.clinic_id = clinic group by u.lot_id) u on u.lot_id = l.id
  where l.clinic_id = clinic and l.points - l.remaining <> coalesce(u.used, 0)
  union all
  select e.customer_id, 'entry ' || e.id, e.amount, b.booked from entry e, lateral (select coalesce((select l.points from desk.lot l where l.clinic_id = clinic and l.id = e.id), 0)
    - coalesce((select sum(u.points) from desk.lot_use u where u.clinic_id = clinic and u.entry_id = e.id), 0) - coalesce((select d.points from desk.debt d where d.clinic_id = clinic and d.entry_id = e.id), 0) as booked) b
  where e.amount <> b.booked
  union all
  select p.customer_id, 'profile without a ledger', 0, p.available_points from public.loyalty_profiles p
  where p.clinic_id = clinic and p.available_points <> 0 and not exists (select 1 from everyone a where a.customer_id = p.customer_id);
$$;

-- Takes over what was written past the booking: entries that no lot knows are booked in their order, as they were meant, and where a profile promised the
-- customer another balance than they make, an entry says so. Nothing is invented: the report has each customer, what was promised, what the entries made.
create function desk.adopt_loyalty(clinic uuid) returns table (customer_id uuid, booked bigint, promised bigint, ledger bigint, opening bigint)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare c record; e public.point_transactions; s desk.point_sum; told bigint; lifetime bigint; n bigint;
begin
  for c in select x.customer_id from (select t.customer_id from public.point_transactions t where t.clinic_id = clinic union select p.customer_id from public.loyalty_profiles p where p.clinic_id = clinic) x loop
    s := desk.lock_points(clinic, c.customer_id); n := 0;
    select p.available_points, p.total_points into told, lifetime from public.loyalty_profiles p where p.clinic_id = clinic and p.customer_id = c.customer_id;
    for e in select t.* from public.point_transactions t where t.clinic_id = clinic and t.customer_id = c.customer_id and t.amount <> 0
      and not exists (select 1 from desk.lot l where l.clinic_id = clinic and l.id = t.id) and not exists (select 1 from desk.lot_use u where u.clinic_id = clinic and u.entry_id = t.id)
      and not exists (select 1 from desk.debt d where d.clinic_id = clinic and d.entry_id = t.id)
      order by t.created_at, t.amount < 0, t.id
    loop
      if e.type in ('redeemed', 'expired') then e.amount := -abs(e.amount); end if;
      s := desk.book_points(e, false); n := n + 1;
    end loop;
    told := greatest(coalesce(told, s.available - s.owed), 0); ledger := s.available - s.owed; opening := told - ledger;
    if opening <> 0 and told <> s.available then
      insert into public.point_transactions (clinic_id, customer_id, type, amount, description, desk_source, desk_source_id, desk_purpose, desk_lifetime)
      values (clinic, c.customer_id, 'refund', opening, 'ยอดยกมา', 'adopted', gen_random_uuid(), 'opening', coalesce(lifetime, s.lifetime) - s.lifetime);
    else opening := 0;
    end if;
    if n > 0 or opening <> 0 then
      update public.loyalty_profiles p set updated_at = p.updated_at where p.clinic_id = clinic and p.customer_id = c.customer_id;
      customer_id := c.customer_id; booked := n; promised := told;
      return next;
    end if;
  end loop;
end $$;

-- Those who were here before there were lots.
do $$ declare c record; adopted bigint; begin
  for c in select clinic_id from desk.clinic loop
    select count(*) into adopted from desk.adopt_loyalty(c.clinic_id) a where a.opening <> 0;
    if adopted > 0 then perform desk.note_problem('loyalty', 'balance_adopted', adopted::text); end if;
  end loop;
end $$;

select desk.fix_keys('desk.lot');
select desk.watch('desk.lot', 20::smallint, 'id', '''clinic''');
select desk.open_to_desks('desk.lot', 'clinic_id in (select p.clinic_id from desk.my_pairs() p)', array['id', 'clinic_id', 'customer_id', 'points', 'remaining', 'expires_at', 'effective_at']);
grant select (desk_owed) on public.loyalty_profiles to desk_member;
grant select (desk_lease_id) on public.point_transactions to desk_member;
grant select (max_redemptions, current_redemptions) on public.loyalty_rewards to desk_member;
select desk.close_functions();
