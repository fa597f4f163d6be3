-- Why: a tier was the sum of the moment. It is held: reached at once, by an invoice that is known, and until a day; lost a step at a time on that day, after two
-- warnings, or at once when the very invoice that reached it is given back (rule L9). Spending and expiry of points never touch it.

-- What somebody holds. Nobody's row is missing for longer than until their next entry; without one it is bronze.
create table desk.tier (
  clinic_id uuid not null,
  customer_id uuid not null,
  tier text not null check (tier in ('bronze', 'silver', 'gold', 'platinum', 'diamond')),
  since date,                    -- the clinic's day on which it was reached
  until date,                    -- its anniversary: on this day it is looked at again
  reached_by uuid,               -- the entry or the payment that reached it; the key of nobody: it is not known which
  looked_on date,                -- when the nightly look was here last
  primary key (clinic_id, customer_id),
  foreign key (clinic_id, customer_id) references public.customers (clinic_id, id) on delete cascade,
  check ((tier = 'bronze') = (until is null))
) with (fillfactor = 80);
create index tier_until on desk.tier (clinic_id, until) where until is not null;

-- Each time it changed, and why. `was` is what was held before, so that a refund can give it back with its day.
create table desk.tier_change (
  clinic_id uuid not null,
  id bigint generated always as identity,
  customer_id uuid not null,
  at timestamptz not null,
  was jsonb not null,
  tier text not null,
  why text not null check (why in ('reached', 'refunded', 'anniversary', 'taken_over')),
  invoice uuid,
  measure bigint not null,       -- points, or satang of the last twelve months
  policy integer not null,
  primary key (clinic_id, id),
  foreign key (clinic_id, customer_id) references public.customers (clinic_id, id) on delete cascade
);
create index tier_change_customer on desk.tier_change (clinic_id, customer_id, id);

-- Warnings before an anniversary: each once.
create table desk.tier_notice (
  clinic_id uuid not null,
  customer_id uuid not null,
  anniversary date not null,
  days integer not null check (days in (60, 14)),
  missing bigint not null,       -- points, or satang
  told_at timestamptz not null default now(),
  primary key (clinic_id, customer_id, anniversary, days),
  foreign key (clinic_id, customer_id) references public.customers (clinic_id, id) on delete cascade
);
alter table desk.tier enable row level security;
alter table desk.tier_change enable row level security;
alter table desk.tier_notice enable row level security;

-- The desks show it beside the points, and predict with it.
alter table public.loyalty_profiles add column desk_tier_since date, add column desk_tier_until date, add column desk_tier_by uuid;
grant select (desk_tier_since, desk_tier_until, desk_tier_by) on public.loyalty_profiles to desk_member;

create function desk.local_day(clinic uuid, at timestamptz) returns date language sql stable set search_path = pg_catalog, pg_temp as $$ select desk.local_time($1, $2)::date; $$;

-- The beginning of a day of the clinic.
create function desk.day_start(clinic uuid, day date) returns timestamptz language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare zone text;
begin
  select c.timezone into zone from desk.clinic c where c.clinic_id = clinic;
  return day::timestamp at time zone zone;
end $$;

-- What decides the tier: points ever earned, or money received less refunds in the twelve months that end with `day`, by the clinic's days; of it only what was
-- paid before `till`.
create function desk.tier_measure(p desk.loyalty_policy, customer uuid, day date, till timestamptz default 'infinity') returns bigint language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare measure bigint;
begin
  if p.basis = 'points' then
    select s.lifetime into measure from desk.point_sum s where s.clinic_id = p.clinic_id and s.customer_id = customer;
  else
    select sum(case when x.refunds is null then x.satang else -x.satang end) into measure from desk.payment x where x.clinic_id = p.clinic_id and x.customer_id = customer
      and x.taken_at >= desk.day_start(p.clinic_id, (day - interval '1 year')::date + 1) and x.taken_at < least(desk.day_start(p.clinic_id, day + 1), till);
  end if;
  return greatest(coalesce(measure, 0), 0);
end $$;

-- The next anniversary after `day`; who reached a tier on a 29th of February has it on the 28th in other years.
create function desk.anniversary(since date, day date) returns date language sql immutable set search_path = pg_catalog, pg_temp as $$
  select min(a) from (select ($1 + make_interval(years => n))::date as a from generate_series(extract(year from $2)::integer - extract(year from $1)::integer, extract(year from $2)::integer - extract(year from $1)::integer + 1) n where n > 0) x where a > $2;
$$;

create function desk.hold_tier(t desk.tier, was desk.tier, why text, invoice uuid, measure bigint, policy integer, at timestamptz) returns desk.tier language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  insert into desk.tier_change (clinic_id, customer_id, at, was, tier, why, invoice, measure, policy)
  values (t.clinic_id, t.customer_id, at, to_jsonb(was) - array['clinic_id', 'customer_id', 'looked_on'], t.tier, why, invoice, measure, policy);
  insert into desk.tier values (t.*) on conflict (clinic_id, customer_id) do update set tier = excluded.tier, since = excluded.since, until = excluded.until, reached_by = excluded.reached_by;
  return t;
end $$;

-- Anniversaries that are over: kept, or one step lower, by what counted at the first moment of that day. Answers what is held then.
create function desk.settle_tier(clinic uuid, customer uuid, at timestamptz) returns desk.tier language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare t desk.tier; was desk.tier; p desk.loyalty_policy; measure bigint; today date := desk.local_day(clinic, at);
begin
  select x.* into t from desk.tier x where x.clinic_id = clinic and x.customer_id = customer for no key update;
  while t.until <= today loop
    was := t; p := desk.policy_at(clinic, desk.day_start(clinic, t.until));
    measure := desk.tier_measure(p, customer, t.until, desk.day_start(clinic, t.until));
    if desk.tier_rank(desk.tier_in(p, measure)) < desk.tier_rank(t.tier) then
      t.tier := (array['bronze', 'silver', 'gold', 'platinum', 'diamond'])[desk.tier_rank(t.tier) - 1]; t.since := t.until; t.reached_by := null;
      t.until := case when t.tier <> 'bronze' then desk.anniversary(t.since, was.until) end;
      t := desk.hold_tier(t, was, 'anniversary', null, measure, p.version, desk.day_start(clinic, was.until));
    else
      t.until := desk.anniversary(t.since, was.until);
      update desk.tier x set until = t.until where x.clinic_id = clinic and x.customer_id = customer;
    end if;
  end loop;
  return t;
end $$;

-- A tier that a refund takes away: what is reached without the invoice, and not less than what was held before it.
create function desk.unreach_tier(t desk.tier, reached text) returns desk.tier language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare c desk.tier_change; b desk.tier;
begin
  select x.* into c from desk.tier_change x where x.clinic_id = t.clinic_id and x.customer_id = t.customer_id and x.why in ('reached', 'taken_over') and x.invoice = t.reached_by order by x.id desc limit 1;
  b := jsonb_populate_record(t, coalesce(c.was, '{"tier":"bronze"}'));
  if desk.tier_rank(b.tier) >= desk.tier_rank(reached) then return b; end if;
  t.tier := reached;
  return t;
end $$;

-- After something that counts: up at once; down at once only where the invoice that reached the tier is given back.
create function desk.judge_tier(clinic uuid, customer uuid, invoice uuid, is_refund boolean, at timestamptz default now()) returns desk.tier language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare t desk.tier := desk.settle_tier(clinic, customer, at); was desk.tier; p desk.loyalty_policy := desk.policy_at(clinic, at); today date := desk.local_day(clinic, at); measure bigint; reached text;
begin
  if t.tier is null then t.clinic_id := clinic; t.customer_id := customer; t.tier := 'bronze'; end if;
  measure := desk.tier_measure(p, customer, today); reached := desk.tier_in(p, measure); was := t;
  if desk.tier_rank(reached) > desk.tier_rank(t.tier) then
    t.tier := reached; t.since := today; t.until := desk.anniversary(today, today); t.reached_by := coalesce(invoice, '00000000-0000-0000-0000-000000000000');
    return desk.hold_tier(t, was, 'reached', t.reached_by, measure, p.version, at);
  elsif is_refund and t.reached_by = invoice and desk.tier_rank(reached) < desk.tier_rank(t.tier) then
    t := desk.unreach_tier(t, reached);
    if t.tier = 'bronze' then t.since := null; t.until := null; t.reached_by := null; end if;
    perform desk.hold_tier(t, was, 'refunded', invoice, measure, p.version, at);
    return desk.settle_tier(clinic, customer, at);  -- what was held before may have had its day meanwhile
  end if;
  return t;
end $$;

-- As before; anniversaries that are over are settled by what counted before this entry, and the entry is judged.
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

-- Points, tier and debt of a profile are those of the ledger and of what is held, whatever is written into it.
create or replace function desk.derive_points() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare s desk.point_sum; t desk.tier; p desk.loyalty_policy := desk.policy_at(new.clinic_id, now());
begin
  if tg_op = 'INSERT' then s := desk.lock_points(new.clinic_id, new.customer_id);
  else select x.* into s from desk.point_sum x where x.clinic_id = new.clinic_id and x.customer_id = new.customer_id; end if;
  select x.* into t from desk.tier x where x.clinic_id = new.clinic_id and x.customer_id = new.customer_id;
  new.total_points := coalesce(s.lifetime, 0); new.available_points := coalesce(s.available, 0); new.desk_owed := coalesce(s.owed, 0);
  new.current_tier := coalesce(t.tier, 'bronze'); new.desk_tier_since := t.since; new.desk_tier_until := t.until; new.desk_tier_by := t.reached_by;
  new.tier_progress := desk.progress_in(p, new.current_tier, case p.basis when 'points' then new.total_points else desk.tier_measure(p, new.customer_id, desk.local_day(new.clinic_id, now())) end);
  if tg_op = 'UPDATE' and new is distinct from old then new.updated_at := now(); end if;
  return new;
end $$;

-- Percent of the way from a tier to the next.
create function desk.progress_in(p desk.loyalty_policy, tier text, measure bigint) returns numeric language plpgsql immutable set search_path = pg_catalog, pg_temp as $$
declare here bigint := desk.tier_floor(p, tier); next bigint := desk.tier_floor(p, (array['silver', 'gold', 'platinum', 'diamond'])[desk.tier_rank(tier)]);
begin
  return case when next is null then 100 when next <= here then 0 else round(least(greatest((measure - here) * 100.0 / (next - here), 0), 100), 2) end;
end $$;

-- Where baht decide, money is judged when it comes and when it goes.
create function desk.settle_payer() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform 1 from public.loyalty_profiles q where q.clinic_id = new.clinic_id and q.customer_id = new.customer_id for no key update;
  perform desk.settle_tier(new.clinic_id, new.customer_id, now());
  return new;
end $$;
create trigger desk_settle before insert on desk.payment for each row execute function desk.settle_payer();
create function desk.judge_payment() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  if (desk.policy_at(new.clinic_id, now())).basis <> 'baht' then return null; end if;
  perform desk.judge_tier(new.clinic_id, new.customer_id, coalesce(new.refunds, new.id), new.refunds is not null);
  update public.loyalty_profiles q set updated_at = q.updated_at where q.clinic_id = new.clinic_id and q.customer_id = new.customer_id;
  return null;
end $$;
create trigger desk_tier after insert on desk.payment for each row execute function desk.judge_payment();

-- Who looks after a customer: the seller of their newest open journey, else the one who was given them, else the counter and who answers for it.
create function desk.carers_of(clinic uuid, customer uuid) returns uuid[] language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select coalesce(
    (select array[s.person_id] from public.workflow_states w join desk.staff s on s.clinic_id = w.clinic_id and s.person_id = w.assigned_sales_id and s.active
     where w.clinic_id = $1 and w.customer_id = $2 and w.current_stage <> 'completed' order by w.updated_at desc, w.id limit 1),
    (select array[s.person_id] from public.customers c join desk.staff s on s.clinic_id = c.clinic_id and s.person_id = c.assigned_sales_id and s.active where c.clinic_id = $1 and c.id = $2),
    desk.people_of($1, null, array['front_desk', 'manager', 'owner']));
$$;

-- What is missing to keep a tier on its next anniversary, as of now.
create function desk.tier_missing(t desk.tier, p desk.loyalty_policy, at timestamptz) returns bigint language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select greatest(desk.tier_floor($2, $1.tier) - desk.tier_measure($2, $1.customer_id, $1.until, $3), 0);
$$;

-- In a clinic's words: baht or points, and a day of the Buddhist era.
create function desk.amount_said(p desk.loyalty_policy, amount bigint) returns text language sql immutable set search_path = pg_catalog, pg_temp as $$
  select case ($1).basis when 'baht' then ltrim(to_char(ceil($2 / 100.0), '999,999,999,990')) || ' บาท' else ltrim(to_char($2, '999,999,999,990')) || ' แต้ม' end;
$$;

-- The warning that is due, once: 60 days before, and 14. Of both, after a month of silence, the nearer one.
create function desk.warn_tier(t desk.tier, at timestamptz) returns boolean language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare p desk.loyalty_policy := desk.policy_at(t.clinic_id, at); left_days integer := t.until - desk.local_day(t.clinic_id, at); mark integer := case when left_days <= 14 then 14 when left_days <= 60 then 60 end;
  missing bigint; people uuid[]; called text; title text; said text; journey uuid;
begin
  if mark is null or exists (select 1 from desk.tier_notice n where n.clinic_id = t.clinic_id and n.customer_id = t.customer_id and n.anniversary = t.until and n.days <= mark) then return false; end if;
  missing := desk.tier_missing(t, p, at);
  if missing = 0 then return false; end if;
  insert into desk.tier_notice (clinic_id, customer_id, anniversary, days, missing, told_at) values (t.clinic_id, t.customer_id, t.until, mark, missing, at);
  people := desk.carers_of(t.clinic_id, t.customer_id);
  select coalesce(nullif(btrim(c.nickname), ''), desk.short_name(c.full_name)) into called from public.customers c where c.clinic_id = t.clinic_id and c.id = t.customer_id;
  title := 'ระดับ ' || initcap(t.tier) || ' ครบปี ' || to_char(t.until, 'DD/MM/') || extract(year from t.until) + 543 || ': ' || coalesce(called, '');
  said := 'ขาดอีก ' || desk.amount_said(p, missing) || ' เพื่อคงระดับเดิม';
  perform desk.notify(t.clinic_id, people, 'tier_notice', title, said, case mark when 14 then 'high' else 'medium' end, '/customers/' || t.customer_id, 'tier:' || t.customer_id || ':' || t.until || ':' || mark,
    jsonb_build_object('customer_id', t.customer_id, 'tier', t.tier, 'until', t.until, 'days', mark, 'missing', missing, 'basis', p.basis));
  select w.id into journey from public.workflow_states w where w.clinic_id = t.clinic_id and w.customer_id = t.customer_id and w.current_stage <> 'completed' order by w.updated_at desc, w.id limit 1;
  if found then perform desk.create_task(t.clinic_id, journey, 'customer_follow_up', people[1], at, jsonb_build_object('title', title, 'description', said), people[1]); end if;
  return true;
end $$;

-- The nightly look at up to so many of a clinic whose anniversary has come or comes within 60 days. Who is being served is passed over and comes next. Answers how
-- many were looked at.
create function desk.sweep_tiers(clinic uuid, at timestamptz, most integer) returns bigint language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare c record; t desk.tier; today date := desk.local_day(clinic, at); seen bigint := 0;
begin
  for c in select x.customer_id from desk.tier x where x.clinic_id = clinic and x.until <= today + 60 and x.looked_on is distinct from today order by x.until, x.customer_id limit most loop
    perform 1 from public.loyalty_profiles q where q.clinic_id = clinic and q.customer_id = c.customer_id for no key update skip locked;
    continue when not found and exists (select 1 from public.loyalty_profiles q where q.clinic_id = clinic and q.customer_id = c.customer_id);
    perform 1 from desk.tier x where x.clinic_id = clinic and x.customer_id = c.customer_id for no key update skip locked;
    continue when not found;
    t := desk.settle_tier(clinic, c.customer_id, at);
    if t.until is not null then perform desk.warn_tier(t, at); end if;
    update desk.tier x set looked_on = today where x.clinic_id = clinic and x.customer_id = c.customer_id;
    update public.loyalty_profiles q set updated_at = q.updated_at where q.clinic_id = clinic and q.customer_id = c.customer_id;
    seen := seen + 1;
  end loop;
  return seen;
end $$;

-- The next look: right after midnight, or after `pause` where somebody is left.
create function desk.arm_tiers(clinic uuid, pause interval) returns void language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare today date := desk.local_day(clinic, now());
  is_left boolean := exists (select 1 from desk.tier x where x.clinic_id = arm_tiers.clinic and x.until <= today + 60 and x.looked_on is distinct from today);
  due timestamptz := case when is_left then now() + pause else desk.day_start(clinic, today + 1) + interval '2 seconds' end;
begin
  perform desk.arm(clinic, 'tiers.look', case when is_left then 'rest ' || gen_random_uuid() else (today + 1)::text end, due);
end $$;

create function desk.fire_tiers_look(t desk.timer) returns text language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare seen bigint;
begin
  perform desk.begin_policy(t.clinic_id);
  seen := desk.sweep_tiers(t.clinic_id, now(), 200);
  perform desk.arm_tiers(t.clinic_id, case when seen = 0 then interval '1 minute' else interval '0' end);
  return 'looked at ' || seen;
end $$;
insert into desk.timer_kind (kind, decider) values ('tiers.look', 'desk.fire_tiers_look(desk.timer)');

-- As before, and the tiers of each clinic are looked at.
create or replace function desk.arm_sweeps() returns void language sql security definer set search_path = pg_catalog, pg_temp as $$
  select desk.arm_sweep(c.clinic_id, interval '0') from desk.clinic c
  where not exists (select 1 from desk.timer t where t.clinic_id = c.clinic_id and t.kind = 'points.expire' and t.state = 'waiting');
  select desk.arm_tiers(c.clinic_id, interval '0') from desk.clinic c
  where not exists (select 1 from desk.timer t where t.clinic_id = c.clinic_id and t.kind = 'tiers.look' and t.state = 'waiting');
$$;

-- Those who hold a tier already: since today, because nobody wrote down since when, so that nobody loses one sooner than after a year. The entry that reached it is
-- the last one that crossed its floor.
insert into desk.tier (clinic_id, customer_id, tier, since, until, reached_by)
select s.clinic_id, s.customer_id, x.tier, desk.local_day(s.clinic_id, now()), desk.anniversary(desk.local_day(s.clinic_id, now()), desk.local_day(s.clinic_id, now())), coalesce((
  select r.id from (select e.id, e.created_at, sum(c.n) over w as after, sum(c.n) over w - c.n as before
    from public.point_transactions e, lateral (select desk.lifetime_of(e.type, e.amount, e.desk_reverses, e.desk_lifetime) as n) c where e.clinic_id = s.clinic_id and e.customer_id = s.customer_id
    window w as (order by e.created_at, e.id)) r
  where r.after >= desk.tier_floor(p, x.tier) and r.before < desk.tier_floor(p, x.tier) order by r.created_at desc, r.id desc limit 1), '00000000-0000-0000-0000-000000000000')
from desk.point_sum s, lateral desk.policy_at(s.clinic_id, now()) p, lateral (select desk.tier_of(s.lifetime) as tier) x where x.tier <> 'bronze';
insert into desk.tier_change (clinic_id, customer_id, at, was, tier, why, invoice, measure, policy)
select t.clinic_id, t.customer_id, now(), '{"tier":"bronze"}', t.tier, 'taken_over', t.reached_by, s.lifetime, (desk.policy_at(t.clinic_id, now())).version from desk.tier t join desk.point_sum s using (clinic_id, customer_id);
update public.loyalty_profiles p set updated_at = p.updated_at from desk.tier t where t.clinic_id = p.clinic_id and t.customer_id = p.customer_id;
select desk.close_functions();
