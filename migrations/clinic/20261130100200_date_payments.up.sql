-- Why: a bill that was forgotten is entered later. It counts from the day on which it was paid, in the revenue, for the end of its points and for the tier, and both
-- days can be read (rule L10). Long ago needs a manager and a reason, and a month whose books are closed takes nothing more.

-- Months whose books are closed, and who did it. Opened again, it stays written that they were closed.
create table desk.closed_month (
  clinic_id uuid not null references desk.clinic (clinic_id) on delete cascade,
  id uuid not null,
  month date not null check (extract(day from month) = 1),
  closed_at timestamptz not null default now(),
  closed_by uuid not null,
  opened_at timestamptz,
  opened_by uuid,
  primary key (clinic_id, id)
);
create unique index closed_month_once on desk.closed_month (clinic_id, month) where opened_at is null;
alter table desk.closed_month enable row level security;
alter table desk.clinic add column books_closed_to date;  -- the last day that takes no entry any more; none: no month is closed
grant select (books_closed_to) on desk.clinic to desk_member;

alter table desk.payment
  add column posted_at timestamptz,                    -- when it was written down; none: when it was paid
  add column late_reason text;                         -- why it was written down so late
alter table desk.payment alter column posted_at set default now();
grant select (posted_at, late_reason) on desk.payment to desk_member;

-- Money of a closed month that comes in past every question, by hand or from a PC that was without the network, is money of today: it was received and cannot be
-- refused, and the closed books stay as they are.
create function desk.keep_month() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  if desk.is_closed(new.clinic_id, desk.local_day(new.clinic_id, new.taken_at)) then new.taken_at := now(); end if;
  return new;
end $$;
create function desk.is_closed(clinic uuid, day date) returns boolean language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select coalesce((select $2 <= c.books_closed_to from desk.clinic c where c.clinic_id = $1), false);
$$;
create trigger desk_month before insert on desk.payment for each row execute function desk.keep_month();

create function desk.arg_month(args jsonb) returns date language plpgsql immutable set search_path = pg_catalog, pg_temp as $$
begin
  if coalesce(args ->> 'month', '') !~ '^[0-9]{4}-(0[1-9]|1[0-2])$' then perform desk.refuse('value_not_allowed', '{"field":"month"}'); end if;
  return (args ->> 'month' || '-01')::date;
end $$;

-- A month is closed together with those before it, when it is over.
create function desk.apply_month_close(me desk.member, args jsonb) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare month date := desk.arg_month(args); last date := (month + interval '1 month')::date - 1; c desk.clinic;
begin
  perform desk.require_role(me, array['owner', 'manager']);
  select x.* into strict c from desk.clinic x where x.clinic_id = me.clinic_id for no key update;
  if last >= desk.local_day(me.clinic_id, now()) then perform desk.refuse('month_not_over', jsonb_build_object('month', to_char(month, 'YYYY-MM'))); end if;
  if last <= c.books_closed_to then return; end if;
  insert into desk.closed_month (clinic_id, id, month, closed_by) values (me.clinic_id, desk.arg_uuid(args, 'id'), month, me.person_id);
  update desk.clinic x set books_closed_to = last where x.clinic_id = me.clinic_id;
end $$;

-- The owner opens a month again, and those after it.
create function desk.apply_month_open(me desk.member, args jsonb) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare first date := desk.arg_month(args);
begin
  perform desk.require_role(me, array['owner']);
  perform 1 from desk.clinic x where x.clinic_id = me.clinic_id for no key update;
  update desk.closed_month x set opened_at = now(), opened_by = me.person_id where x.clinic_id = me.clinic_id and x.month >= first and x.opened_at is null;
  update desk.clinic x set books_closed_to = first - 1 where x.clinic_id = me.clinic_id and x.books_closed_to >= first;
end $$;

-- When a payment counts from: the day that somebody typed, at noon because the hour is not known, or when the desk did it. A typed day is asked for: within a year,
-- more than seven days ago by a manager with a reason, and not in a closed month.
create function desk.counts_from(me desk.member, args jsonb) returns timestamptz language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare today date := desk.local_day(me.clinic_id, now()); at timestamptz := desk.paid_at(args); day date;
begin
  if coalesce(jsonb_typeof(args -> 'paid_on'), 'null') = 'null' then return case when desk.is_closed(me.clinic_id, desk.local_day(me.clinic_id, at)) then now() else at end; end if;
  if args ->> 'paid_on' !~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}$' then perform desk.refuse('value_not_allowed', '{"field":"paid_on"}'); end if;
  begin day := (args ->> 'paid_on')::date; exception when others then perform desk.refuse('date_out_of_range'); end;
  if day > today or day < today - 366 then perform desk.refuse('date_out_of_range'); end if;
  if desk.is_closed(me.clinic_id, day) then perform desk.refuse('month_closed', jsonb_build_object('month', to_char(day, 'YYYY-MM'))); end if;
  if today - day > 7 then
    perform desk.require_role(me, array['owner', 'manager']);
    if nullif(desk.arg_text(args, 'late_reason', 500), '') is null then perform desk.refuse('reason_missing'); end if;
  end if;
  return least(desk.day_start(me.clinic_id, day) + interval '12 hours', now());
end $$;

-- The one rule of what a bill earns, for whoever books one: by the version that counted then, with the tier that is held now.
create function desk.earn_points_at(me desk.member, entry uuid, customer uuid, satang bigint, said text, at timestamptz, why text) returns public.point_transactions language plpgsql set search_path = pg_catalog, pg_temp as $$
declare p public.loyalty_profiles; l desk.loyalty_policy := desk.policy_at(me.clinic_id, at); multiplier numeric; e public.point_transactions;
begin
  perform desk.begin_policy(me.clinic_id);
  p := desk.loyalty_profile(me, customer);
  multiplier := desk.multiplier_in(l, p.current_tier);
  insert into public.point_transactions (id, clinic_id, customer_id, type, amount, description, expires_at, desk_effective_at, desk_source, desk_source_id, desk_purpose, desk_policy, desk_satang, desk_multiplier, desk_reason, desk_by, desk_device)
  values (entry, me.clinic_id, customer, 'earned', desk.points_for(satang, multiplier), coalesce(nullif(said, ''), 'คะแนนจากยอดชำระ'), desk.lot_expiry(me.clinic_id, at),
    case when at < now() then at end, 'desk', entry, 'earn', l.version, satang, multiplier, why, me.person_id, me.device)
  returning * into e;
  return e;
end $$;
create or replace function desk.earn_points(me desk.member, entry uuid, customer uuid, satang bigint, said text) returns public.point_transactions language sql set search_path = pg_catalog, pg_temp as $$
  select desk.earn_points_at($1, $2, $3, $4, $5, now(), null);
$$;

create or replace function desk.apply_payment_take(me desk.member, args jsonb) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare key uuid := desk.arg_uuid(args, 'id'); entry uuid := desk.arg_uuid(args, 'entry'); customer uuid := desk.arg_uuid(args, 'customer_id');
  journey uuid := case when coalesce(jsonb_typeof(args -> 'journey_id'), 'null') <> 'null' then desk.arg_uuid(args, 'journey_id') end;
  satang bigint := desk.arg_number(args, 'satang', 1, 100000000, 'amount_out_of_range'); way text := desk.arg_text(args, 'method', 20); said text := nullif(desk.arg_text(args, 'note', 500), '');
  why text := nullif(desk.arg_text(args, 'late_reason', 500), ''); at timestamptz; number integer; tenfold numeric; e public.point_transactions;
begin
  if way is null or way not in ('cash', 'card', 'promptpay', 'transfer') then perform desk.refuse('value_not_allowed', '{"field":"method"}'); end if;
  perform 1 from public.customers x where x.clinic_id = me.clinic_id and x.id = customer for key share;
  if not found then perform desk.refuse('customer_not_found'); end if;
  if journey is not null and not exists (select 1 from public.workflow_states w where w.clinic_id = me.clinic_id and w.id = journey and w.customer_id = customer) then perform desk.refuse('journey_not_found'); end if;
  number := desk.next_payment_number(me.clinic_id);
  at := desk.counts_from(me, args);
  perform 1 from public.loyalty_profiles q where q.clinic_id = me.clinic_id and q.customer_id = customer for no key update;
  perform desk.settle_tier(me.clinic_id, customer, now());
  update public.loyalty_profiles q set updated_at = q.updated_at where q.clinic_id = me.clinic_id and q.customer_id = customer and q.desk_tier_until <= desk.local_day(me.clinic_id, now());
  tenfold := desk.multiplier_in(desk.policy_at(me.clinic_id, at), coalesce((select t.tier from desk.tier t where t.clinic_id = me.clinic_id and t.customer_id = customer), 'bronze'));
  -- A bill that earns nothing makes no entry and no member.
  if desk.points_for(satang, tenfold) > 0 then e := desk.earn_points_at(me, entry, customer, satang, said, at, why); else perform desk.count_bill(me.clinic_id, customer, satang, 1); end if;
  insert into desk.payment (clinic_id, id, number, customer_id, journey_id, satang, method, taken_at, taken_by, taken_device, note, entry_id, points, multiplier, late_reason)
  values (me.clinic_id, key, number, customer, journey, satang, way, at, me.person_id, me.device, said, e.id, coalesce(e.amount, 0), coalesce(e.desk_multiplier, tenfold), why);
end $$;

-- As before; a visit that is written down late is not the last one.
create or replace function desk.ledger_added() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform desk.book_points(new);
  if new.desk_satang > 0 then
    update public.loyalty_profiles p set total_visits = coalesce(p.total_visits, 0) + 1, last_visit = greatest(p.last_visit, coalesce(new.desk_effective_at, new.created_at)),
      total_spent = least(coalesce(p.total_spent, 0) + new.desk_satang / 100.0, 99999999.99),
      average_spend = least((coalesce(p.total_spent, 0) + new.desk_satang / 100.0) / (coalesce(p.total_visits, 0) + 1), 99999999.99)
    where p.customer_id = new.customer_id and p.clinic_id = new.clinic_id;
  else
    update public.loyalty_profiles p set updated_at = p.updated_at where p.customer_id = new.customer_id and p.clinic_id = new.clinic_id;
  end if;
  return null;
end $$;

-- The branch at which points came in, as far as the bookings know: the customer's last one before them that names one. The name as it was then.
alter table desk.lot add column branch text;
create function desk.branch_of(clinic uuid, customer uuid, at timestamptz) returns text language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select b.branch_name from public.appointments a join public.branches b on b.id = a.branch_id and b.clinic_id = a.clinic_id
  where a.clinic_id = $1 and a.customer_id = $2 and a.appointment_date <= desk.local_day($1, $3) and a.status not in ('cancelled', 'no_show') order by a.appointment_date desc, a.start_time desc limit 1;
$$;
create function desk.name_branch() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  new.branch := coalesce(new.branch, desk.branch_of(new.clinic_id, new.customer_id, new.effective_at));
  return new;
end $$;
create trigger name_branch before insert on desk.lot for each row execute function desk.name_branch();
update desk.lot l set branch = desk.branch_of(l.clinic_id, l.customer_id, l.effective_at) where l.remaining > 0 and exists (select 1 from public.appointments a where a.clinic_id = l.clinic_id and a.branch_id is not null);
grant select (branch) on desk.lot to desk_member;

-- What managers read of the ledger beside its sums: when it counts from, who gave it and why.
grant select (desk_effective_at, desk_source, desk_purpose, desk_policy, desk_reason, desk_by) on public.point_transactions to desk_member;

insert into desk.action (name, version, decider) values ('month.close', 1, 'desk.apply_month_close(desk.member, jsonb)'), ('month.open', 1, 'desk.apply_month_open(desk.member, jsonb)');
select desk.close_functions();
