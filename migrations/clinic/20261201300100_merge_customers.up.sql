-- Why: merging and separating are one transaction each. Lots keep their dates and debts are paid; what has to be put together (fields, figures, tier, consent) is
-- remembered as it was, so that separating brings both ledgers back to the last lot.
-- What happened since the merge belongs by one rule: it stays with who was kept, unless it hangs on something that goes back (a refund of a bill, a visit of a
-- booking, the end of a lot). Points that were spent of the other's lots meanwhile stay spent: the two ledgers lend and borrow them by a pair of entries.

-- Where a customer is named by rows that can be given. What one can have only one of is left out, and put together below.
create function desk.merge_places() returns table (tbl regclass, col name, key name, kind regtype, place text) language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select p.tbl, p.col, p.key, a.atttypid::regtype, n.nspname || '.' || c.relname || '.' || p.col
  from (
    select k.conrelid::regclass as tbl, a.attname as col, 'id'::name as key
    from pg_constraint k, lateral unnest(k.conkey, k.confkey) as pair (here, there) join pg_attribute i on i.attrelid = 'public.customers'::regclass and i.attname = 'id' and i.attnum = pair.there,
      pg_attribute a
    where k.contype = 'f' and k.confrelid = 'public.customers'::regclass and a.attrelid = k.conrelid and a.attnum = pair.here
      and k.conrelid <> all (array['desk.merge', 'desk.point_sum', 'desk.tier', 'desk.tier_notice']::regclass[])
    union values ('desk.lot'::regclass, 'customer_id'::name, 'id'::name), ('desk.debt'::regclass, 'customer_id', 'entry_id')
  ) p join pg_attribute a on a.attrelid = p.tbl and a.attname = p.key and not a.attisdropped join pg_class c on c.oid = p.tbl join pg_namespace n on n.oid = c.relnamespace
  order by p.tbl = 'public.workflow_states'::regclass desc, p.tbl = 'public.appointments'::regclass desc, 5;
$$;

-- Rows that the other one has a like of, and that therefore stay where they are.
create function desk.merge_condition(place text) returns text language sql immutable set search_path = pg_catalog, pg_temp as $$
  select case place
    when 'public.customer_preferences.customer_id' then 'not exists (select 1 from public.customer_preferences o where o.customer_id = $1)'
    when 'public.loyalty_profiles.customer_id' then 'not exists (select 1 from public.loyalty_profiles o where o.customer_id = $1)'
    when 'desk.achieved.customer_id' then 'not exists (select 1 from desk.achieved o where o.clinic_id = t.clinic_id and o.customer_id = $1 and o.achievement_id = t.achievement_id and o.period = t.period)'
    when 'desk.referral.referrer_id' then 't.friend_id <> $1'
    when 'desk.referral.friend_id' then 't.referrer_id <> $1 and not exists (select 1 from desk.referral o where o.clinic_id = t.clinic_id and o.friend_id = $1)'
    else 'true' end;
$$;

-- What hangs on what: a row (its column) on a row of a parent (its column). In the order in which one leads to the next.
create function desk.merge_links() returns table (ord bigint, tbl regclass, key name, ref name, parent regclass, parent_key name) language sql stable set search_path = pg_catalog, pg_temp as $$
  select row_number() over (), x.* from (values
    ('public.appointments'::regclass, 'id'::name, 'desk_journey_id'::name, 'public.workflow_states'::regclass, 'id'::name),
    ('public.followup_executions', 'id', 'workflow_id', 'public.workflow_states', 'id'), ('public.customer_journey_events', 'id', 'workflow_id', 'public.workflow_states', 'id'),
    ('desk.visit', 'id', 'journey_id', 'public.workflow_states', 'id'), ('desk.visit', 'id', 'appointment_id', 'public.appointments', 'id'), ('desk.contact', 'id', 'lead_id', 'desk.lead', 'id'),
    ('desk.payment', 'id', 'journey_id', 'public.workflow_states', 'id'), ('desk.payment', 'id', 'refunds', 'desk.payment', 'id'),
    ('public.point_transactions', 'id', 'workflow_id', 'public.workflow_states', 'id'), ('public.point_transactions', 'id', 'id', 'desk.payment', 'entry_id'),
    ('public.point_transactions', 'id', 'desk_source_id', 'desk.visit', 'id'), ('public.point_transactions', 'id', 'desk_source_id', 'public.workflow_states', 'id'),
    ('public.point_transactions', 'id', 'desk_source_id', 'desk.achieved', 'id'), ('public.point_transactions', 'id', 'desk_source_id', 'desk.referral', 'id'),
    ('public.point_transactions', 'id', 'desk_reverses', 'public.point_transactions', 'id'), ('public.point_transactions', 'id', 'desk_source_id', 'desk.lot', 'id'),
    ('desk.coupon', 'id', 'id', 'public.point_transactions', 'id'), ('desk.lot', 'id', 'id', 'public.point_transactions', 'id'), ('desk.debt', 'entry_id', 'entry_id', 'public.point_transactions', 'id')
  ) x (tbl, key, ref, parent, parent_key);
$$;

-- Rows of one ($1) that hang on rows of the other ($2), as a condition for one link. Referrals lead to who sent.
create function desk.hanging(tbl regclass, ref name, parent regclass, parent_key name) returns text language sql stable set search_path = pg_catalog, pg_temp as $$
  select format('t.customer_id = $1 and exists (select 1 from %s p where p.%I = t.%I and p.%I = $2)%s', parent, parent_key, ref, case parent when 'desk.referral'::regclass then 'referrer_id' else 'customer_id' end,
    case when tbl = 'public.point_transactions'::regclass then ' and t.desk_source is distinct from ''merge''' else '' end);
$$;

-- Gives all rows of one to the other, and writes down which. What hung across before is written down too: it will stay.
create function desk.give_rows(m desk.merge) returns void language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare l record; p record;
begin
  for l in select * from desk.merge_links() x order by x.ord loop
    execute format('insert into desk.merge_row (clinic_id, merge_id, place, key, stays) select $3, $4, %L, t.%I::text, true from %s t where %s on conflict do nothing',
      l.tbl::text, l.key, l.tbl, desk.hanging(l.tbl, l.ref, l.parent, l.parent_key)) using m.into_id, m.from_id, m.clinic_id, m.id;
  end loop;
  for p in select * from desk.merge_places() loop
    execute format('with moved as (update %s t set %I = $1 where t.%I = $2 and %s returning t.%I::text as key) insert into desk.merge_row (clinic_id, merge_id, place, key) select $3, $4, %L, x.key from moved x',
      p.tbl, p.col, p.col, desk.merge_condition(p.place), p.key, p.place) using m.into_id, m.from_id, m.clinic_id, m.id;
  end loop;
end $$;

-- Gives exactly those rows back, and what has come to hang on them since.
create function desk.give_rows_back(m desk.merge) returns void language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare l record; p record;
begin
  for p in select * from desk.merge_places() loop
    execute format('update %s t set %I = $2 from desk.merge_row r where r.clinic_id = $3 and r.merge_id = $4 and r.place = %L and not r.stays and t.%I = r.key::%s and t.%I = $1',
      p.tbl, p.col, p.place, p.key, p.kind, p.col) using m.into_id, m.from_id, m.clinic_id, m.id;
  end loop;
  for l in select * from desk.merge_links() x, generate_series(1, 2) turn order by turn, x.ord loop
    execute format('update %s t set customer_id = $2 where %s and not exists (select 1 from desk.merge_row r where r.clinic_id = $3 and r.merge_id = $4 and r.place = %L and r.key = t.%I::text and r.stays)',
      l.tbl, desk.hanging(l.tbl, l.ref, l.parent, l.parent_key), l.tbl::text, l.key) using m.into_id, m.from_id, m.clinic_id, m.id;
  end loop;
end $$;

-- An entry of a merge in the ledger: `points` more or fewer, or none, where only a debt and lots meet.
create function desk.merge_entry(m desk.merge, me desk.member, customer uuid, points bigint, purpose text, said text, ends timestamptz default null, since timestamptz default null) returns public.point_transactions
language sql security definer set search_path = pg_catalog, pg_temp as $$
  insert into public.point_transactions (id, clinic_id, customer_id, type, amount, description, expires_at, desk_effective_at, desk_source, desk_source_id, desk_purpose, desk_policy, desk_by, desk_device)
  select gen_random_uuid(), m.clinic_id, customer, 'refund', points, said, ends, since, 'merge', m.id, purpose, c.loyalty_policy, me.person_id, me.device from desk.clinic c where c.clinic_id = m.clinic_id
  returning *;
$$;

-- Who owes has no points: what is there pays what is owed.
create function desk.net_points(m desk.merge, me desk.member, customer uuid, purpose text) returns void language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare owed bigint; there bigint; e public.point_transactions;
begin
  select coalesce(sum(d.points), 0) into owed from desk.debt d where d.clinic_id = m.clinic_id and d.customer_id = customer;
  select coalesce(sum(l.remaining), 0) into there from desk.lot l where l.clinic_id = m.clinic_id and l.customer_id = customer;
  if least(owed, there) <= 0 then return; end if;
  e := desk.merge_entry(m, me, customer, 0, purpose, 'หักแต้มค้างคืนจากแต้มที่มี');
  perform desk.take_points(e, least(owed, there), null, false);
  insert into desk.debt (clinic_id, entry_id, customer_id, points) values (m.clinic_id, e.id, customer, -least(owed, there));
end $$;

-- Takes back what paid a debt at the merge: the debt is there again, and the points are in their lots.
create function desk.unnet_points(m desk.merge, me desk.member) returns void language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare n public.point_transactions; e public.point_transactions;
begin
  select x.* into n from public.point_transactions x where x.clinic_id = m.clinic_id and x.desk_source = 'merge' and x.desk_source_id = m.id and x.desk_purpose = 'net';
  if not found then return; end if;
  e := desk.merge_entry(m, me, n.customer_id, 0, 'net back', 'คืนแต้มที่หักไว้ตอนรวม');
  update desk.lot l set remaining = l.remaining + u.points from (select x.lot_id, sum(x.points) as points from desk.lot_use x where x.clinic_id = m.clinic_id and x.entry_id = n.id group by x.lot_id) u
  where l.clinic_id = m.clinic_id and l.id = u.lot_id;
  insert into desk.lot_use (clinic_id, entry_id, lot_id, points) select u.clinic_id, e.id, u.lot_id, -u.points from desk.lot_use u where u.clinic_id = m.clinic_id and u.entry_id = n.id order by u.id;
  insert into desk.debt (clinic_id, entry_id, customer_id, points) select d.clinic_id, e.id, d.customer_id, -d.points from desk.debt d where d.clinic_id = m.clinic_id and d.entry_id = n.id;
end $$;

-- Points that one spent of the other's lots: the one lends, the other borrows, with the lot's own dates; should that spending be cancelled one day, they are the
-- borrower's.
create function desk.lend_points(m desk.merge, me desk.member) returns void language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare u record; lent public.point_transactions; borrowed public.point_transactions;
begin
  for u in select e.customer_id as spender, l.customer_id as owner, l.id as lot, l.expires_at, l.effective_at, sum(x.points) as points
    from desk.lot l join desk.lot_use x on x.clinic_id = l.clinic_id and x.lot_id = l.id join public.point_transactions e on e.clinic_id = x.clinic_id and e.id = x.entry_id
    where l.clinic_id = m.clinic_id and l.customer_id in (m.from_id, m.into_id) and e.customer_id in (m.from_id, m.into_id) and e.customer_id <> l.customer_id
    group by 1, 2, 3, 4, 5 having sum(x.points) > 0 order by l.id
  loop
    lent := desk.merge_entry(m, me, u.owner, -u.points, 'lent ' || u.lot, 'ใช้ไประหว่างรวมเป็นคนเดียว');
    borrowed := desk.merge_entry(m, me, u.spender, u.points, 'borrowed ' || u.lot, 'แต้มที่ใช้จากอีกคนระหว่างรวม', u.expires_at, u.effective_at);
    insert into desk.lot (clinic_id, id, customer_id, points, remaining, expires_at, effective_at) values (m.clinic_id, borrowed.id, u.spender, u.points, 0, u.expires_at, u.effective_at);
    update desk.lot_use x set lot_id = borrowed.id from public.point_transactions e where x.clinic_id = m.clinic_id and x.lot_id = u.lot and e.clinic_id = x.clinic_id and e.id = x.entry_id and e.customer_id = u.spender;
    insert into desk.lot_use (clinic_id, entry_id, lot_id, points) values (m.clinic_id, lent.id, u.lot, u.points);
  end loop;
end $$;

-- The sums of a customer as lots, debts and entries have them now, and the membership with them.
create function desk.sum_points(clinic uuid, customer uuid) returns void language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  update desk.point_sum s set available = coalesce((select sum(l.remaining) from desk.lot l where l.clinic_id = clinic and l.customer_id = customer), 0),
    owed = coalesce((select sum(d.points) from desk.debt d where d.clinic_id = clinic and d.customer_id = customer), 0),
    lifetime = coalesce((select sum(desk.lifetime_of(e.type, e.amount, e.desk_reverses, e.desk_lifetime)) from public.point_transactions e where e.clinic_id = clinic and e.customer_id = customer), 0)
  where s.clinic_id = clinic and s.customer_id = customer;
end $$;
create function desk.show_points(clinic uuid, customer uuid) returns void language sql security definer set search_path = pg_catalog, pg_temp as $$
  update public.loyalty_profiles p set successful_referrals = p.successful_referrals, unlocked_achievements = p.unlocked_achievements where p.clinic_id = clinic and p.customer_id = customer;
$$;

-- Values of a customer's row after a merge: what was chosen, what only one of them has, and of what must not be lost both.
create function desk.merged_fields(a jsonb, b jsonb, chosen jsonb) returns jsonb language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare v jsonb := '{}'; f text; word text;
begin
  for f in select k from jsonb_object_keys(a) k where k <> all (array['id', 'clinic_id', 'customer_code', 'user_id', 'status', 'created_at', 'updated_at', 'assignment_date']) loop
    word := coalesce(chosen ->> case f when 'date_of_birth' then 'birth_date' else f end, case when f in ('notes', 'allergies', 'medical_notes') then 'both' else 'any' end);
    v := v || jsonb_build_object(f, case
      when word = 'from' then b -> f when word = 'into' then a -> f
      when f = 'first_visit_date' then to_jsonb(least(a ->> f, b ->> f)) when f = 'last_visit_date' then to_jsonb(greatest(a ->> f, b ->> f))
      when f in ('tags', 'skin_concerns') and jsonb_typeof(a -> f) = 'array' and jsonb_typeof(b -> f) = 'array' then (a -> f) || coalesce((select jsonb_agg(x) from jsonb_array_elements(b -> f) x where not (a -> f) @> x), '[]')
      when f = 'metadata' and jsonb_typeof(a -> f) = 'object' and jsonb_typeof(b -> f) = 'object' then (b -> f) || (a -> f)
      when coalesce(a ->> f, '') in ('', '{}', '[]') then b -> f
      when word = 'both' and coalesce(b ->> f, '') not in ('', a ->> f) then to_jsonb((a ->> f) || E'\n' || (b ->> f))
      else a -> f end);
  end loop;
  return v;
end $$;

-- Writes fields into a customer's row.
create function desk.write_fields(customer uuid, fields jsonb) returns void language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare names text := (select string_agg(format('%I', k), ', ' order by k) from jsonb_object_keys(fields) k);
begin
  if names is null then return; end if;
  execute format('update public.customers c set (%s) = (select %s from jsonb_populate_record(null::public.customers, $2)) where c.id = $1', names, names) using customer, fields;
end $$;

-- The fields of both as one. Answers each that changed: [before, after].
create function desk.join_fields(m desk.merge, chosen jsonb) returns jsonb language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare a jsonb; b jsonb; v jsonb;
begin
  select to_jsonb(c) into a from public.customers c where c.id = m.into_id;
  select to_jsonb(c) into b from public.customers c where c.id = m.from_id;
  v := desk.merged_fields(a, b, chosen);
  v := coalesce((select jsonb_object_agg(x.key, x.value) from jsonb_each(v) x where x.value is distinct from a -> x.key), '{}');
  perform desk.write_fields(m.into_id, v);
  select to_jsonb(c) into b from public.customers c where c.id = m.into_id;
  return coalesce((select jsonb_object_agg(k, jsonb_build_array(a -> k, b -> k)) from jsonb_object_keys(v) k), '{}');
end $$;

-- Fields are again what they were, where nobody has written something else since.
create function desk.part_fields(m desk.merge) returns void language sql security definer set search_path = pg_catalog, pg_temp as $$
  select desk.write_fields(m.into_id, coalesce(jsonb_object_agg(x.key, x.value -> 0), '{}'))
  from jsonb_each(m.kept -> 'fields') x, (select to_jsonb(c) as row from public.customers c where c.id = m.into_id) a where a.row -> x.key is not distinct from x.value -> 1;
$$;

-- The figures of a membership that are counted, not derived.
create function desk.member_figures(clinic uuid, customer uuid) returns jsonb language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select jsonb_build_object('total_spent', p.total_spent, 'total_visits', p.total_visits, 'average_spend', p.average_spend, 'last_visit', p.last_visit, 'joined_at', p.joined_at,
    'unlocked_achievements', p.unlocked_achievements, 'total_achievements', p.total_achievements) from public.loyalty_profiles p where p.clinic_id = clinic and p.customer_id = customer;
$$;
create function desk.set_figures(clinic uuid, customer uuid, f jsonb) returns void language sql security definer set search_path = pg_catalog, pg_temp as $$
  update public.loyalty_profiles p set total_spent = x.total_spent, total_visits = x.total_visits, average_spend = x.average_spend, last_visit = x.last_visit, joined_at = x.joined_at,
    unlocked_achievements = x.unlocked_achievements, total_achievements = x.total_achievements
  from jsonb_populate_record(null::public.loyalty_profiles, f) x where p.clinic_id = clinic and p.customer_id = customer;
$$;

-- Figures with something added or taken away.
create function desk.more_figures(f jsonb, spent numeric, visits bigint) returns jsonb language sql immutable set search_path = pg_catalog, pg_temp as $$
  select f || jsonb_build_object('total_spent', s, 'total_visits', v, 'average_spend', case when v = 0 then 0 else least(round(s / v, 2), 99999999.99) end)
  from (select least(greatest(coalesce((f ->> 'total_spent')::numeric, 0) + spent, 0), 99999999.99) as s, greatest(coalesce((f ->> 'total_visits')::bigint, 0) + visits, 0) as v) x;
$$;

-- Two memberships: the kept one counts for both. One alone has changed hands like any other row.
create function desk.join_members(m desk.merge, a jsonb, b jsonb) returns void language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare v jsonb;
begin
  if a is null or b is null then return; end if;
  v := desk.more_figures(a, coalesce((b ->> 'total_spent')::numeric, 0), coalesce((b ->> 'total_visits')::bigint, 0))
    || jsonb_build_object('last_visit', greatest((a ->> 'last_visit')::timestamptz, (b ->> 'last_visit')::timestamptz), 'joined_at', least((a ->> 'joined_at')::timestamptz, (b ->> 'joined_at')::timestamptz),
    'unlocked_achievements', (select coalesce(jsonb_agg(distinct x), '[]') from jsonb_array_elements(coalesce(nullif(a -> 'unlocked_achievements', 'null'), '[]') || coalesce(nullif(b -> 'unlocked_achievements', 'null'), '[]')) x));
  perform desk.set_figures(m.clinic_id, m.into_id, v || jsonb_build_object('total_achievements', jsonb_array_length(v -> 'unlocked_achievements')));
  perform desk.set_figures(m.clinic_id, m.from_id, b || '{"total_spent":0,"total_visits":0,"average_spend":0}');
end $$;

-- Bills since the merge, of whoever they belong to now. A bill that was given back whole is one less.
create function desk.bills_since(m desk.merge, customer uuid, out spent numeric, out visits bigint) language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  with fresh as (
    select e.* from public.point_transactions e
    where e.clinic_id = m.clinic_id and e.customer_id = customer and e.desk_satang is not null and e.desk_posted_at >= m.merged_at
      and not exists (select 1 from desk.merge_row r where r.clinic_id = m.clinic_id and r.merge_id = m.id and r.place = 'public.point_transactions.customer_id' and r.key = e.id::text)
  ), ended as (
    select distinct f.desk_reverses as id from fresh f where f.desk_satang < 0
      and 0 = (select sum(x.desk_satang) from public.point_transactions x where x.clinic_id = m.clinic_id and (x.id = f.desk_reverses or x.desk_reverses = f.desk_reverses))
  )
  select coalesce(sum(f.desk_satang) / 100.0, 0), count(*) filter (where f.desk_satang > 0) - (select count(*) from ended) from fresh f;
$$;

-- Whoever has points has a membership.
create function desk.keep_member(m desk.merge, customer uuid) returns void language sql security definer set search_path = pg_catalog, pg_temp as $$
  insert into public.loyalty_profiles (clinic_id, customer_id, referral_code)
  select m.clinic_id, customer, desk.new_referral_code() where exists (select 1 from public.point_transactions e where e.clinic_id = m.clinic_id and e.customer_id = customer and e.desk_posted_at >= m.merged_at)
  on conflict (customer_id, clinic_id) do nothing;
$$;

-- Two memberships again, each with its own figures, and each with what it has got since.
create function desk.part_members(m desk.merge) returns void language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare a jsonb := nullif(m.kept -> 'into' -> 'member', 'null'); b jsonb := nullif(m.kept -> 'from' -> 'member', 'null'); ours record := desk.bills_since(m, m.into_id); theirs record := desk.bills_since(m, m.from_id); v jsonb;
begin
  perform desk.keep_member(m, m.into_id);
  perform desk.keep_member(m, m.from_id);
  v := desk.member_figures(m.clinic_id, m.into_id);
  if a is not null and b is not null then
    perform desk.set_figures(m.clinic_id, m.from_id, case when theirs.visits = 0 and theirs.spent = 0 then b else desk.more_figures(b, theirs.spent, theirs.visits) end);
    perform desk.set_figures(m.clinic_id, m.into_id, case when v = m.kept -> 'joined' then a
      else desk.more_figures(v, -theirs.spent - coalesce((b ->> 'total_spent')::numeric, 0), -theirs.visits - coalesce((b ->> 'total_visits')::bigint, 0)) || jsonb_build_object('joined_at', a -> 'joined_at') end);
  elsif b is not null and (ours.visits, ours.spent) <> (0, 0) then
    perform desk.set_figures(m.clinic_id, m.from_id, desk.more_figures(desk.member_figures(m.clinic_id, m.from_id), -ours.spent, -ours.visits));
    perform desk.set_figures(m.clinic_id, m.into_id, desk.more_figures(v, ours.spent, ours.visits));
  elsif b is null and (theirs.visits, theirs.spent) <> (0, 0) then
    perform desk.set_figures(m.clinic_id, m.from_id, desk.more_figures(desk.member_figures(m.clinic_id, m.from_id), theirs.spent, theirs.visits));
    perform desk.set_figures(m.clinic_id, m.into_id, desk.more_figures(v, -theirs.spent, -theirs.visits));
  end if;
end $$;

-- One customer before the merge, as far as it will be put together.
create function desk.before_merge(clinic uuid, customer uuid) returns jsonb language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select jsonb_build_object('member', desk.member_figures(clinic, customer), 'tier', (select to_jsonb(t) from desk.tier t where t.clinic_id = clinic and t.customer_id = customer),
    'consent', (select to_jsonb(p) from public.customer_preferences p where p.clinic_id = clinic and p.customer_id = customer),
    'sums', (select to_jsonb(s) from desk.point_sum s where s.clinic_id = clinic and s.customer_id = customer));
$$;

-- The higher tier is held, with its days; what both have together may reach another.
create function desk.join_tiers(m desk.merge) returns void language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare a desk.tier; b desk.tier;
begin
  delete from desk.tier t where t.clinic_id = m.clinic_id and t.customer_id = m.from_id returning t.* into b;
  select t.* into a from desk.tier t where t.clinic_id = m.clinic_id and t.customer_id = m.into_id;
  if b.tier is not null and desk.tier_rank(b.tier) > desk.tier_rank(coalesce(a.tier, 'bronze')) then
    b.customer_id := m.into_id;
    insert into desk.tier values (b.*) on conflict (clinic_id, customer_id) do update set tier = excluded.tier, since = excluded.since, until = excluded.until, reached_by = excluded.reached_by;
  end if;
  perform desk.judge_tier(m.clinic_id, m.into_id, null, false);
end $$;

-- Each holds again what it held; anniversaries that were meanwhile are settled, and who has got more since is judged by it.
create function desk.part_tier(m desk.merge, customer uuid, was jsonb) returns void language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare t desk.tier; s desk.point_sum;
begin
  delete from desk.tier x where x.clinic_id = m.clinic_id and x.customer_id = customer;
  if jsonb_typeof(was -> 'tier') = 'object' then
    t := jsonb_populate_record(null::desk.tier, was -> 'tier');
    insert into desk.tier values (t.*);
  end if;
  perform desk.settle_tier(m.clinic_id, customer, now());
  select x.* into s from desk.point_sum x where x.clinic_id = m.clinic_id and x.customer_id = customer;
  if s.lifetime is distinct from (was -> 'sums' ->> 'lifetime')::bigint then perform desk.judge_tier(m.clinic_id, customer, null, false); end if;
end $$;

-- The stricter of two consents. Answers what was written.
create function desk.join_consents(m desk.merge) returns jsonb language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare v jsonb;
begin
  update public.customer_preferences a set do_not_contact = coalesce(a.do_not_contact, false) or coalesce(b.do_not_contact, false), marketing_opt_in = coalesce(a.marketing_opt_in, false) and coalesce(b.marketing_opt_in, false),
    max_weekly_contacts = least(a.max_weekly_contacts, b.max_weekly_contacts), max_monthly_contacts = least(a.max_monthly_contacts, b.max_monthly_contacts),
    preferred_channels = case when a.preferred_channels && b.preferred_channels then array(select c from unnest(a.preferred_channels) c where c = any (b.preferred_channels)) else a.preferred_channels end
  from public.customer_preferences b where a.clinic_id = m.clinic_id and a.customer_id = m.into_id and b.clinic_id = m.clinic_id and b.customer_id = m.from_id;
  select to_jsonb(p) into v from public.customer_preferences p where p.clinic_id = m.clinic_id and p.customer_id = m.into_id;
  return v;
end $$;

-- Each consent is again what it was; what was refused meanwhile holds for both, because nobody knows for which of them it was said.
create function desk.part_consents(m desk.merge) returns void language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare a jsonb := nullif(m.kept -> 'into' -> 'consent', 'null'); b jsonb := nullif(m.kept -> 'from' -> 'consent', 'null'); then_was jsonb := nullif(m.kept -> 'consent', 'null'); now_is public.customer_preferences; keys text[];
begin
  select p.* into now_is from public.customer_preferences p where p.clinic_id = m.clinic_id and p.customer_id in (m.into_id, m.from_id) order by (p.customer_id = m.into_id) = (a is not null or b is null) desc limit 1;
  if not found then return; end if;
  if a is not null and b is not null then
    update public.customer_preferences p set do_not_contact = x.do_not_contact, marketing_opt_in = x.marketing_opt_in, max_weekly_contacts = x.max_weekly_contacts, max_monthly_contacts = x.max_monthly_contacts,
      preferred_channels = x.preferred_channels, updated_at = x.updated_at
    from jsonb_populate_record(null::public.customer_preferences, to_jsonb(now_is) || coalesce((select jsonb_object_agg(k.key, k.value) from jsonb_each(a) k where to_jsonb(now_is) -> k.key is not distinct from then_was -> k.key), '{}')) x
    where p.id = now_is.id;
  end if;
  if now_is.do_not_contact and not coalesce((then_was ->> 'do_not_contact')::boolean, false) or not now_is.marketing_opt_in and coalesce((then_was ->> 'marketing_opt_in')::boolean, true) then
    insert into public.customer_preferences as p (clinic_id, customer_id, do_not_contact, marketing_opt_in)
    select m.clinic_id, c, now_is.do_not_contact and not coalesce((then_was ->> 'do_not_contact')::boolean, false), now_is.marketing_opt_in from unnest(array[m.into_id, m.from_id]) c
    on conflict (customer_id, clinic_id) do update set do_not_contact = p.do_not_contact or excluded.do_not_contact, marketing_opt_in = p.marketing_opt_in and excluded.marketing_opt_in;
  end if;
end $$;

-- An achievement that the one has and the other is only on the way to: the way is put aside. Answers what was.
create function desk.set_achieved_aside(m desk.merge) returns jsonb language sql security definer set search_path = pg_catalog, pg_temp as $$
  with gone as (
    delete from desk.achieved a using desk.achieved b where a.clinic_id = m.clinic_id and a.customer_id = m.into_id and a.earned_at is null and b.clinic_id = a.clinic_id and b.customer_id = m.from_id
      and b.achievement_id = a.achievement_id and b.period = a.period and b.earned_at is not null returning a.*
  ) select coalesce(jsonb_agg(to_jsonb(g)), '[]') from gone g;
$$;

-- A referral between the two is one of oneself. Answers what was.
create function desk.refuse_own_referrals(m desk.merge, me desk.member) returns jsonb language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare was jsonb;
begin
  select coalesce(jsonb_agg(to_jsonb(r)), '[]') into was from desk.referral r where r.clinic_id = m.clinic_id and r.referrer_id in (m.from_id, m.into_id) and r.friend_id in (m.from_id, m.into_id) and r.state in ('waiting', 'review');
  update desk.referral r set state = 'refused', asked_at = null, decided_at = now(), decided_by = me.person_id, note = 'เป็นคนเดียวกัน' from jsonb_array_elements(was) x where r.clinic_id = m.clinic_id and r.id = (x.value ->> 'id')::uuid;
  return was;
end $$;

create function desk.put_back_aside(m desk.merge) returns void language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  insert into desk.achieved select x.* from jsonb_populate_recordset(null::desk.achieved, m.kept -> 'achieved') x on conflict do nothing;
  update desk.referral r set state = x.state, asked_at = x.asked_at, decided_at = x.decided_at, decided_by = x.decided_by, note = x.note
  from jsonb_populate_recordset(null::desk.referral, m.kept -> 'referrals') x where r.clinic_id = m.clinic_id and r.id = x.id and r.state = 'refused' and r.decided_at = m.merged_at;
end $$;

-- Both locked, always in the same order: two managers who merge them the other way round wait for each other, and the second finds it done.
create function desk.lock_both(clinic uuid, one uuid, other uuid) returns void language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare c uuid; found_both integer := 0;
begin
  foreach c in array array[least(one, other), greatest(one, other)] loop
    perform 1 from public.customers x where x.clinic_id = clinic and x.id = c for update;
    if not found then perform desk.refuse('customer_not_found'); end if;
  end loop;
  perform desk.lock_points(clinic, least(one, other));
  perform desk.lock_points(clinic, greatest(one, other));
end $$;

create function desk.refuse_merged(clinic uuid, one uuid, other uuid) returns void language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare m desk.merge;
begin
  select x.* into m from desk.merge x where x.clinic_id = clinic and x.from_id in (one, other) and x.separated_at is null limit 1;
  if found then perform desk.refuse('merged_already', jsonb_build_object('by', desk.nickname_of(clinic, m.merged_by), 'at', m.merged_at)); end if;
end $$;

-- Which fields are taken from whom: `from`, `into`, and of notes `both`.
create function desk.arg_choice(args jsonb) returns jsonb language plpgsql immutable set search_path = pg_catalog, pg_temp as $$
declare f record; chosen jsonb := coalesce(nullif(args -> 'fields', 'null'), '{}');
begin
  if jsonb_typeof(chosen) <> 'object' then perform desk.refuse('value_not_allowed', '{"field":"fields"}'); end if;
  for f in select * from jsonb_each_text(chosen) loop
    if f.key <> all (array['full_name', 'nickname', 'phone', 'email', 'birth_date', 'gender', 'notes']) or coalesce(f.value, '') not in ('from', 'into') and not (f.key = 'notes' and f.value = 'both') then
      perform desk.refuse('value_not_allowed', jsonb_build_object('field', left(f.key, 60)));
    end if;
  end loop;
  return chosen;
end $$;

-- What the person saw of the points, on both sides; other points are another decision.
create function desk.check_seen(args jsonb, clinic uuid, giver uuid, taker uuid) returns void language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare total bigint := (select coalesce(sum(s.available - s.owed), 0) from desk.point_sum s where s.clinic_id = clinic and s.customer_id in (giver, taker)); seen bigint;
begin
  if coalesce(jsonb_typeof(args -> 'seen'), 'null') = 'null' then return; end if;
  seen := desk.arg_number(args, 'seen', -999999999999, 999999999999, 'value_not_allowed');
  if seen <> total then perform desk.refuse('changed_meanwhile', jsonb_build_object('field', 'points', 'theirs', total::text)); end if;
end $$;

create function desk.apply_customer_merge(me desk.member, args jsonb) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare key uuid := desk.arg_uuid(args, 'id'); giver uuid := desk.arg_uuid(args, 'from'); taker uuid := desk.arg_uuid(args, 'into'); chosen jsonb := desk.arg_choice(args); m desk.merge; k jsonb;
begin
  perform desk.require_role(me, array['owner', 'manager']);
  if giver = taker then perform desk.refuse('merge_of_oneself'); end if;
  perform desk.lock_both(me.clinic_id, giver, taker);
  perform desk.refuse_merged(me.clinic_id, giver, taker);
  perform desk.check_seen(args, me.clinic_id, giver, taker);
  insert into desk.merge_step values (pg_current_xact_id(), giver, taker);
  insert into desk.merge (clinic_id, id, from_id, into_id, merged_by, merged_device, until)
  values (me.clinic_id, key, giver, taker, me.person_id, me.device, desk.end_of_day(me.clinic_id, now() + interval '30 days')) returning * into m;
  k := jsonb_build_object('from', desk.before_merge(m.clinic_id, giver), 'into', desk.before_merge(m.clinic_id, taker), 'achieved', desk.set_achieved_aside(m), 'referrals', desk.refuse_own_referrals(m, me));
  perform desk.give_rows(m);
  perform desk.net_points(m, me, taker, 'net');
  perform desk.sum_points(m.clinic_id, giver);
  perform desk.sum_points(m.clinic_id, taker);
  perform desk.join_tiers(m);
  perform desk.join_members(m, nullif(k -> 'into' -> 'member', 'null'), nullif(k -> 'from' -> 'member', 'null'));
  k := k || jsonb_build_object('fields', desk.join_fields(m, chosen), 'consent', desk.join_consents(m));
  perform desk.show_points(m.clinic_id, giver);
  perform desk.show_points(m.clinic_id, taker);
  k := k || jsonb_build_object('joined', desk.member_figures(m.clinic_id, taker));
  update desk.merge x set kept = k where x.clinic_id = m.clinic_id and x.id = m.id;
  delete from desk.merge_step s where s.txn = pg_current_xact_id();
end $$;

-- Merges are undone as they were made, the last one first.
create function desk.refuse_separation(m desk.merge) returns void language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare n desk.merge;
begin
  if m.separated_at is not null then perform desk.refuse('separated_already', jsonb_build_object('by', desk.nickname_of(m.clinic_id, m.separated_by), 'at', m.separated_at)); end if;
  if now() > m.until then perform desk.refuse('separation_too_late', jsonb_build_object('until', m.until)); end if;
  select x.* into n from desk.merge x where x.clinic_id = m.clinic_id and x.separated_at is null and x.id <> m.id and (x.from_id = m.into_id or x.into_id = m.into_id and (x.merged_at, x.id) > (m.merged_at, m.id))
  order by x.merged_at desc, x.id desc limit 1;
  if found then perform desk.refuse('separate_newer_first', jsonb_build_object('name', (select c.full_name from public.customers c where c.id = n.from_id), 'at', n.merged_at)); end if;
end $$;

create function desk.apply_customer_separate(me desk.member, args jsonb) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare key uuid := desk.arg_uuid(args, 'merge_id'); m desk.merge; c uuid;
begin
  perform desk.require_role(me, array['owner', 'manager']);
  perform desk.arg_uuid(args, 'id');
  select x.* into m from desk.merge x where x.clinic_id = me.clinic_id and x.id = key;
  if not found then perform desk.refuse('merge_not_found'); end if;
  perform desk.lock_both(me.clinic_id, m.from_id, m.into_id);
  select x.* into m from desk.merge x where x.clinic_id = me.clinic_id and x.id = key for update;
  perform desk.refuse_separation(m);
  perform desk.check_seen(args, me.clinic_id, m.from_id, m.into_id);
  insert into desk.merge_step values (pg_current_xact_id(), m.into_id, m.from_id);
  update desk.merge x set separated_at = now(), separated_by = me.person_id, separated_device = me.device where x.clinic_id = m.clinic_id and x.id = m.id;
  perform desk.unnet_points(m, me);
  perform desk.give_rows_back(m);
  perform desk.lend_points(m, me);
  foreach c in array array[m.into_id, m.from_id] loop
    perform desk.net_points(m, me, c, 'net ' || c);
    perform desk.sum_points(m.clinic_id, c);
  end loop;
  perform desk.put_back_aside(m);
  perform desk.part_tier(m, m.into_id, m.kept -> 'into');
  perform desk.part_tier(m, m.from_id, m.kept -> 'from');
  perform desk.part_fields(m);
  perform desk.part_consents(m);
  perform desk.part_members(m);
  perform desk.show_points(m.clinic_id, m.into_id);
  perform desk.show_points(m.clinic_id, m.from_id);
  delete from desk.merge_step s where s.txn = pg_current_xact_id();
end $$;

insert into desk.action (name, version, decider) values
  ('customer.merge', 1, 'desk.apply_customer_merge(desk.member, jsonb)'), ('customer.separate', 1, 'desk.apply_customer_separate(desk.member, jsonb)');

-- What somebody has, for whoever decides.
create function desk.holding(clinic uuid, customer uuid) returns jsonb language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select jsonb_build_object('id', customer, 'available', coalesce(s.available, 0), 'owed', coalesce(s.owed, 0), 'tier', coalesce((select t.tier from desk.tier t where t.clinic_id = $1 and t.customer_id = $2), 'bronze'),
    'lots', (select coalesce(jsonb_agg(jsonb_build_object('points', l.remaining, 'expires_at', (extract(epoch from l.expires_at) * 1000)::bigint) order by l.expires_at nulls last, l.effective_at, l.id), '[]') from desk.lot l where l.clinic_id = $1 and l.customer_id = $2 and l.remaining > 0),
    'journeys', (select count(*) from public.workflow_states x where x.clinic_id = $1 and x.customer_id = $2), 'bookings', (select count(*) from public.appointments x where x.clinic_id = $1 and x.customer_id = $2),
    'visits', (select count(*) from desk.visit x where x.clinic_id = $1 and x.customer_id = $2), 'payments', (select count(*) from desk.payment x where x.clinic_id = $1 and x.customer_id = $2),
    'coupons', (select count(*) from desk.coupon x where x.clinic_id = $1 and x.customer_id = $2), 'contacts', (select count(*) from desk.contact x where x.clinic_id = $1 and x.customer_id = $2),
    'do_not_contact', coalesce((select p.do_not_contact from public.customer_preferences p where p.clinic_id = $1 and p.customer_id = $2), false),
    'marketing', (select p.marketing_opt_in from public.customer_preferences p where p.clinic_id = $1 and p.customer_id = $2))
  from (select 1) one left join desk.point_sum s on s.clinic_id = $1 and s.customer_id = $2;
$$;

-- What a merge or a separation would do, shown before it is done: it is done, looked at, and taken back. Nothing of it stays, and no other rule can say something else.
create function desk.merge_trial(args jsonb) returns jsonb language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare me desk.member := desk.me(); giver uuid; taker uuid; m desk.merge; before jsonb; said text;
begin
  if me.role_name is null then perform desk.refuse('not_enrolled'); end if;
  if args ? 'merge_id' then
    select x.from_id, x.into_id into giver, taker from desk.merge x where x.clinic_id = me.clinic_id and x.id = desk.arg_uuid(args, 'merge_id');
    if not found then perform desk.refuse('merge_not_found'); end if;
  else
    giver := desk.arg_uuid(args, 'from'); taker := desk.arg_uuid(args, 'into');
  end if;
  before := jsonb_build_object('from', desk.holding(me.clinic_id, giver), 'into', desk.holding(me.clinic_id, taker));
  begin
    if args ? 'merge_id' then perform desk.apply_customer_separate(me, args); else perform desk.apply_customer_merge(me, args); end if;
    said := jsonb_build_object('from', desk.holding(me.clinic_id, giver), 'into', desk.holding(me.clinic_id, taker),
      'spent', (select coalesce(sum(e.amount), 0) from public.point_transactions e where e.clinic_id = me.clinic_id and e.customer_id = taker and e.desk_source = 'merge' and e.desk_purpose like 'borrowed %' and e.created_at = now()))::text;
    raise exception 'this was a trial' using errcode = 'P0D77', detail = said;
  exception when sqlstate 'P0D77' then get stacked diagnostics said = pg_exception_detail;
  end;
  return jsonb_build_object('before', before, 'after', said::jsonb);
end $$;

select desk.close_functions();
grant execute on function desk.merge_trial(jsonb) to desk_member;
