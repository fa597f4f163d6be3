-- Why: one person who stands in the list twice has two balances, two histories and two consents. A merge says that two are one: nothing is copied or deleted, each
-- row keeps its own id and is given to the one who is kept; which rows those were is written down, so that it can be undone. This step knows of merges and
-- makes everybody follow them, also the web system, which still knows the old id, and work that waited on a PC without a line.

create table desk.merge (
  clinic_id uuid not null references desk.clinic (clinic_id) on delete cascade,
  id uuid not null,                          -- the action's
  from_id uuid not null,                     -- who is in the other one now; the row stays as it was and owns nothing
  into_id uuid not null,                     -- who is kept
  merged_at timestamptz not null default now(),
  merged_by uuid not null,                   -- no foreign key: whoever leaves keeps their name on what they did
  merged_device text,
  until timestamptz not null,                -- the last second of the day on which it can be undone
  separated_at timestamptz,
  separated_by uuid,
  separated_device text,
  kept jsonb not null default '{}',          -- what stood where something was put together: fields, figures of the membership, tiers, consents
  primary key (clinic_id, id),
  foreign key (clinic_id, from_id) references public.customers (clinic_id, id) on delete cascade,
  foreign key (clinic_id, into_id) references public.customers (clinic_id, id) on delete cascade,
  check (from_id <> into_id),
  check ((separated_at is null) = (separated_by is null))
);
create unique index merge_open on desk.merge (from_id) where separated_at is null;
create index merge_into on desk.merge (clinic_id, into_id);

-- The rows that were given from one to the other; `stays`: rows that hang on one of the other customer already, and keep doing so.
create table desk.merge_row (
  clinic_id uuid not null,
  merge_id uuid not null,
  place text not null,                       -- table and column
  key text not null,
  stays boolean not null default false,
  primary key (clinic_id, merge_id, place, key, stays),
  foreign key (clinic_id, merge_id) references desk.merge (clinic_id, id) on delete cascade
);

-- The transaction that moves rows between two customers just now. Only then do the guards of the ledger, payments and codes let a row change hands.
create table desk.merge_step (
  txn xid8 not null,
  giver uuid not null,
  taker uuid not null,
  primary key (txn, giver, taker)
);
alter table desk.merge enable row level security;
alter table desk.merge_row enable row level security;
alter table desk.merge_step enable row level security;

create function desk.is_moving(giver uuid, taker uuid) returns boolean language sql volatile security definer set search_path = pg_catalog, pg_temp as $$
  select giver is distinct from taker and exists (select 1 from desk.merge_step s where s.txn = pg_current_xact_id_if_assigned() and s.giver = $1 and s.taker = $2);
$$;

-- Holds also for who writes by hand: two who are both there, of which neither is in another one already; what was merged is only ever separated, once.
create function desk.keep_merge() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare open text[] := array['separated_at', 'separated_by', 'separated_device'] || case when tg_op = 'UPDATE' then case when old.kept = '{}' then array['kept'] end end;
begin
  if tg_op = 'DELETE' then
    if exists (select 1 from public.customers c where c.id = old.from_id) and exists (select 1 from public.customers c where c.id = old.into_id) and exists (select 1 from public.clinics k where k.id = old.clinic_id) then
      raise exception 'merges are never deleted; separate them' using errcode = '23001';
    end if;
    return old;
  end if;
  if not (desk.is_moving(new.from_id, new.into_id) or desk.is_moving(new.into_id, new.from_id))
    or tg_op = 'UPDATE' and (to_jsonb(new) - open is distinct from to_jsonb(old) - open or old.separated_at is not null and new is distinct from old)
    or tg_op = 'INSERT' and exists (select 1 from desk.merge m where m.separated_at is null and m.from_id in (new.from_id, new.into_id)) then
    raise exception 'customers are merged and separated by desk.push' using errcode = '23514', constraint = 'desk_merge_step', table = 'merge', schema = 'desk';
  end if;
  return new;
end $$;
create trigger desk_keep before insert or update or delete on desk.merge for each row execute function desk.keep_merge();
select desk.fix_keys('desk.merge');

-- Who a customer is now, however often they were merged.
create function desk.survivor(customer uuid) returns uuid language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
declare next uuid;
begin
  loop
    select m.into_id into next from desk.merge m where m.from_id = customer and m.separated_at is null;
    if not found then return customer; end if;
    customer := next;
  end loop;
end $$;

-- The same for whoever is about to write to them: no merge can happen until they have written.
create function desk.held_survivor(customer uuid) returns uuid language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
declare one uuid;
begin
  perform 1 from public.customers c where c.id = customer for key share;
  one := desk.survivor(customer);
  if one <> customer then perform 1 from public.customers c where c.id = one for key share; end if;
  return one;
end $$;

-- What anybody writes for a merged customer is the survivor's.
create function desk.follow_merge() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  if new.customer_id is not null then new.customer_id := desk.held_survivor(new.customer_id); end if;
  return new;
end $$;

-- Whose rows follow by themselves: of every table that names customers, but what the ledger itself keeps, and memberships, of which each has one.
create function desk.follow_merges(tbl regclass) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  execute format('create trigger a_desk_merge before insert or update of customer_id on %s for each row execute function desk.follow_merge()', tbl);
end $$;
do $$ declare t regclass; begin
  for t in
    select distinct k.conrelid::regclass from pg_constraint k join pg_attribute a on a.attrelid = k.conrelid and a.attname = 'customer_id' and not a.attisdropped
    where k.contype = 'f' and k.confrelid = 'public.customers'::regclass and a.attnum = any (k.conkey)
      and k.conrelid <> all (array['desk.point_sum', 'desk.tier', 'desk.tier_change', 'desk.tier_notice', 'desk.achieved', 'public.loyalty_profiles']::regclass[])
  loop
    perform desk.follow_merges(t);
  end loop;
end $$;

-- A customer who is in another one goes only together with them, and then does: they are one person.
create function desk.keep_merged() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  if exists (select 1 from desk.merge m join public.customers c on c.id = m.into_id join public.clinics k on k.id = m.clinic_id where m.from_id = old.id and m.separated_at is null) then
    raise exception 'this customer is merged into another one' using errcode = '23001', hint = 'Separate them first, or delete the one who was kept.';
  end if;
  return old;
end $$;
create trigger desk_merged before delete on public.customers for each row execute function desk.keep_merged();
create function desk.take_merged_along() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  delete from public.customers c using desk.merge m where m.into_id = old.id and m.separated_at is null and c.id = m.from_id;
  return null;
end $$;
-- Its name is before those of the foreign keys, which would take the merges away.
create trigger "A_desk_merged" after delete on public.customers for each row execute function desk.take_merged_along();

-- The guards let rows change hands within a merge, and nothing else. Conditions of triggers are asked as whoever writes, so they compare columns only.
create function desk.keep_hands() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare o jsonb := to_jsonb(old); n jsonb := to_jsonb(new); k text;
begin
  foreach k in array tg_argv loop
    if o ->> k is distinct from n ->> k and not desk.is_moving((o ->> k)::uuid, (n ->> k)::uuid) then
      raise exception 'whose it is never changes' using errcode = '23514', constraint = 'desk_hands', table = tg_table_name, schema = tg_table_schema;
    end if;
  end loop;
  return new;
end $$;
drop trigger desk_keep_ledger on public.point_transactions;
create trigger desk_keep_ledger before update on public.point_transactions for each row
  when (old.customer_id = new.customer_id and (to_jsonb(old) - array['description', 'workflow_id', 'achievement_id', 'reward_id']) is distinct from (to_jsonb(new) - array['description', 'workflow_id', 'achievement_id', 'reward_id'])) execute function desk.keep_ledger();
drop trigger desk_keep on desk.visit;
create trigger desk_keep before insert or delete on desk.visit for each row execute function desk.keep_visit();
create trigger desk_keep_change before update on desk.visit for each row when (old.customer_id = new.customer_id) execute function desk.keep_visit();
drop trigger desk_keep on desk.payment;
create trigger desk_keep before insert or delete on desk.payment for each row execute function desk.keep_payment();
create trigger desk_keep_change before update on desk.payment for each row when (old.customer_id = new.customer_id) execute function desk.keep_payment();
drop trigger desk_keep on desk.coupon;
create trigger desk_keep before delete on desk.coupon for each row execute function desk.keep_coupon();
create trigger desk_keep_change before update on desk.coupon for each row when (old.customer_id = new.customer_id) execute function desk.keep_coupon();
drop trigger desk_keep on desk.referral;
create trigger desk_keep before delete on desk.referral for each row execute function desk.keep_referral();
create trigger desk_keep_change before update on desk.referral for each row when (old.referrer_id = new.referrer_id and old.friend_id = new.friend_id) execute function desk.keep_referral();
create trigger desk_hands before update on desk.referral for each row when (old.referrer_id <> new.referrer_id or old.friend_id <> new.friend_id) execute function desk.keep_hands('referrer_id', 'friend_id');
drop trigger keep_contact on desk.contact;
create trigger keep_contact before update on desk.contact for each row when (old.customer_id is not distinct from new.customer_id) execute function desk.keep_contact();
do $$ declare t regclass; begin
  foreach t in array array['public.point_transactions', 'desk.visit', 'desk.payment', 'desk.coupon', 'desk.contact', 'desk.lot', 'desk.debt']::regclass[] loop
    execute format('create trigger desk_hands before update on %s for each row when (old.customer_id is distinct from new.customer_id) execute function desk.keep_hands(''customer_id'')', t);
  end loop;
end $$;

-- A row that changes hands is as old as it was: bonuses of the night go by when something was done.
create function desk.touch_hands() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  if not desk.is_moving(old.customer_id, new.customer_id) then new.updated_at := now(); end if;
  return new;
end $$;
do $$ declare t regclass; begin
  foreach t in array array['public.workflow_states', 'public.followup_executions', 'public.customer_preferences', 'desk.lead', 'desk.visit', 'desk.achieved']::regclass[] loop
    execute format('drop trigger touch on %s', t);
    execute format('create trigger touch before update on %s for each row when (old.customer_id is not distinct from new.customer_id) execute function desk.touch_updated_at()', t);
    execute format('create trigger touch_hands before update on %s for each row when (old.customer_id is distinct from new.customer_id) execute function desk.touch_hands()', t);
  end loop;
end $$;
drop trigger touch on desk.referral;
create trigger touch before update on desk.referral for each row when (old.referrer_id = new.referrer_id and old.friend_id = new.friend_id) execute function desk.touch_updated_at();

-- Entries of a merge are booked by the merge; nobody else writes any.
drop trigger desk_ledger_added on public.point_transactions;
create trigger desk_ledger_added after insert on public.point_transactions for each row when (new.desk_source is distinct from 'merge') execute function desk.ledger_added();
create function desk.keep_merge_entry() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  if not exists (select 1 from desk.merge_step s where s.txn = pg_current_xact_id_if_assigned()) then
    raise exception 'only a merge writes such an entry' using errcode = '23514';
  end if;
  return new;
end $$;
create trigger desk_merge_entry before insert on public.point_transactions for each row when (new.desk_source = 'merge') execute function desk.keep_merge_entry();

-- Nobody is thanked for having sent themselves.
create function desk.keep_thanks() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  if exists (select 1 from desk.referral r where r.clinic_id = new.clinic_id and r.id = new.desk_source_id and desk.survivor(r.referrer_id) = desk.survivor(r.friend_id)) then
    perform desk.refuse('referral_of_oneself');
  end if;
  return new;
end $$;
create trigger desk_thanks before insert on public.point_transactions for each row when (new.desk_source = 'referral' and new.amount > 0) execute function desk.keep_thanks();

-- The web system may still write a consent to who was merged: a refusal is the person's, wherever it was heard.
create function desk.carry_refusal() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare one uuid := desk.survivor(new.customer_id);
begin
  if one = new.customer_id then return null; end if;
  insert into public.customer_preferences as p (clinic_id, customer_id, do_not_contact, marketing_opt_in) values (new.clinic_id, one, new.do_not_contact, new.marketing_opt_in)
  on conflict (customer_id, clinic_id) do update set do_not_contact = p.do_not_contact or excluded.do_not_contact, marketing_opt_in = p.marketing_opt_in and excluded.marketing_opt_in;
  return null;
end $$;
create trigger desk_refusal after update of do_not_contact, marketing_opt_in on public.customer_preferences for each row execute function desk.carry_refusal();

-- An action that names a merged customer is one for the survivor; an edit is judged against what the survivor has.
create function desk.to_survivors(me desk.member, name text, args jsonb) returns jsonb language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
declare k text; one uuid; was uuid;
begin
  foreach k in array array['customer_id', 'referrer_id'] || case when name in ('customer.edit', 'customer.revert') then array['id'] else '{}' end loop
    if coalesce(args ->> k, '') !~ '^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$' then continue; end if;
    was := (args ->> k)::uuid;
    if not exists (select 1 from public.customers c where c.clinic_id = me.clinic_id and c.id = was) then continue; end if;
    one := desk.held_survivor(was);
    if one <> was then args := jsonb_set(args, array[k], to_jsonb(one)); end if;
  end loop;
  return args;
end $$;

create or replace function desk.apply(me desk.member, m jsonb) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare a desk.action; v integer := coalesce(desk.number_in(m ->> 'v'), 1);
begin
  select * into a from desk.action where name = m ->> 'name';
  if a.name is null and v <= 1 then perform desk.refuse('action_unknown'); end if;
  if a.name is null or v > a.version then raise exception 'this desk is newer than the database' using errcode = 'P0F04'; end if;
  if jsonb_typeof(m -> 'args') is distinct from 'object' then perform desk.refuse('value_not_allowed', '{"field":"args"}'); end if;
  execute format('select %s($1, $2)', a.decider::regproc) using me, desk.to_survivors(me, a.name, m -> 'args');
end $$;

-- A code as people type it: upper case, without blanks and dashes; of our own alphabet O is 0, and I and L are 1. The code of who was merged is the survivor's.
create or replace function desk.referrer_of(clinic uuid, typed text) returns uuid language sql volatile security definer set search_path = pg_catalog, pg_temp as $$
  select desk.survivor(p.customer_id) from public.loyalty_profiles p, (select upper(regexp_replace($2, '[\s-]', '', 'g')) as plain) t
  where p.clinic_id = $1 and p.referral_code in ($2, lower(t.plain), t.plain, 'BN' || translate(substr(t.plain, 3), 'OIL', '011'))
  order by p.referral_code = $2 desc, p.referral_code = t.plain desc, p.referral_code limit 1;
$$;

-- Bonuses that members have coming: for whom, how many, and the key that makes each one. A person has one birthday, also one who stood in the list twice.
create or replace function desk.due_bonuses(clinic uuid, since timestamptz, until timestamptz) returns table (customer_id uuid, points integer, source text, source_id uuid, purpose text, said text)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  with due as (
    select c.id as customer_id, 100 as points, 'birthday' as source, c.id as source_id, to_char(desk.local_time($1, $3 - interval '1 second'), 'YYYY') as purpose, 'เดือนเกิด' as said
    from public.customers c where c.clinic_id = $1 and extract(month from c.date_of_birth) = extract(month from desk.local_time($1, $3))
      and not exists (select 1 from desk.merge m where m.from_id = c.id and m.separated_at is null)
      and not exists (select 1 from public.point_transactions e where e.clinic_id = $1 and e.customer_id = c.id and e.desk_source = 'birthday' and e.desk_purpose = to_char(desk.local_time($1, $3 - interval '1 second'), 'YYYY'))
    union all
    select v.customer_id, 10, 'visit', v.id, 'check-in', 'มาตามนัด' from desk.visit v where v.clinic_id = $1 and v.state = 'done' and v.updated_at >= $2 and v.updated_at < $3
    union all
    select w.customer_id, 50, 'journey', w.id, 'treatment ' || w.desk_sessions_done, 'ทำทรีตเมนต์ครบ' from public.workflow_states w
    where w.clinic_id = $1 and w.desk_sessions_done > 0 and w.updated_at >= $2 and w.updated_at < $3 and exists (
      select 1 from public.workflow_actions a where a.workflow_id = w.id and a.to_stage = 'treatment_completed' and a.performed_at >= $2 - interval '31 days')
    union all
    select x.customer_id, 50, 'review', x.id, 'review', 'รีวิว' from (
      select distinct on (e.customer_id) e.customer_id, e.id from public.customer_journey_events e
      where e.clinic_id = $1 and e.event_type = 'review_submitted' and e.occurred_at >= $2 and e.occurred_at < $3 order by e.customer_id, e.occurred_at, e.id) x
  )
  select d.* from due d join public.loyalty_profiles p on p.clinic_id = $1 and p.customer_id = d.customer_id
  where not exists (select 1 from public.point_transactions e where e.clinic_id = $1 and e.desk_source = d.source and e.desk_source_id = d.source_id and e.desk_purpose = d.purpose);
$$;

select desk.watch('desk.merge', 31::smallint, 'id', '''clinic''');
select desk.open_to_desks('desk.merge', 'clinic_id in (select p.clinic_id from desk.my_pairs() p)', string_to_array('id clinic_id from_id into_id merged_at merged_by until separated_at separated_by', ' '));
select desk.close_functions();
