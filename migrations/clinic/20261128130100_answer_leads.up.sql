-- Why: a lead belongs to whoever takes it first, its clock stops at the first answer of a person, and one that nobody takes is passed on: after five opening
-- minutes to the next person, after fifteen to the managers. Its score has one scorer with reasons; whom it was told is decided here and nowhere else.

alter table desk.clinic
  add column pass_lead_after integer not null default 5 constraint pass_lead_after_range check (pass_lead_after between 1 and 1440),    -- opening minutes until the next person
  add column raise_lead_after integer not null default 15 constraint raise_lead_after_range check (raise_lead_after between 1 and 2880);  -- opening minutes until the managers
grant select (pass_lead_after, raise_lead_after) on desk.clinic to desk_member;

alter table desk.lead
  add column assigned_to uuid,            -- whose it is in the web system: told first
  add column told uuid[] not null default '{}',  -- who has been told of it
  add column hot_at timestamptz,          -- since when it wants a person at once
  add column claimed_at timestamptz,
  add column answered_at timestamptz,     -- the first answer of a person; an automatic message is none
  add column answered_by uuid,
  add column outcome text,                -- what came of the latest contact
  add column next_at timestamptz,         -- when whoever has it wants to ask again
  add column notes text,
  add column passed_to uuid,              -- the next person, after pass_lead_after
  add column passed_at timestamptz,
  add column raised_at timestamptz,       -- told to the managers, after raise_lead_after
  add column message text,                -- what they wrote, as the web system has it
  add column bought boolean,              -- how it ended, once that is known
  add column score_low integer not null default 0 check (score_low between 0 and 100),
  add column score_high integer not null default 100 check (score_high between 0 and 100),
  add column factors jsonb not null default '[]',  -- what the score is made of: [{"factor", "value", "weight"}], the heaviest first
  add constraint desk_lead_assigned_to_fkey foreign key (clinic_id, assigned_to) references desk.staff (clinic_id, person_id) on delete cascade,
  add constraint desk_lead_answered_by_fkey foreign key (clinic_id, answered_by) references desk.staff (clinic_id, person_id) on delete cascade,
  add constraint desk_lead_passed_to_fkey foreign key (clinic_id, passed_to) references desk.staff (clinic_id, person_id) on delete cascade;
create index lead_waiting on desk.lead (clinic_id, created_at) where status = 'open';
grant select (assigned_to, told, hot_at, claimed_at, answered_at, answered_by, outcome, next_at, notes, passed_to, passed_at, raised_at, message, bought, score_low, score_high, factors) on desk.lead to desk_member;

-- The score: prior weights in log-odds, the same for every clinic until its own outcomes teach better ones. A fact that is known adds its weight; one that is not
-- adds nothing, and its spread makes the range wider: what is missing never lowers the score. No fact is about health, age or looks.
create table desk.score_weight (
  factor text not null,
  value text not null default '',         -- '' for any value
  weight double precision not null,       -- added to the log-odds where the fact holds
  spread double precision not null default 0,  -- standard deviation that it adds where nobody knows
  primary key (factor, value)
);
alter table desk.score_weight enable row level security;
insert into desk.score_weight (factor, value, weight, spread) values
  ('base', '', -0.85, 0.45),                                     -- three of ten buy, give or take
  ('web_score', '', 1, 0.8),                                     -- what the web system thinks, as its own log-odds
  ('asked_today', '', 1.1, 0), ('asked_price', '', 0.7, 0), ('replied', '', 0.6, 0),
  ('known_customer', '', 0.8, 0),
  ('source', '', 0, 0.5), ('source', 'referral', 0.5, 0), ('source', 'walk_in', 0.6, 0), ('source', 'phone', 0.5, 0), ('source', 'line', 0.3, 0),
  ('source', 'website', 0, 0), ('source', 'social_media', -0.1, 0), ('source', 'ads', -0.1, 0), ('source', 'journey', 0.2, 0),
  ('budget', '', 0.3, 0.4);

create type desk.lead_score as (score integer, low integer, high integer, factors jsonb);

-- The one scorer. `facts`: {"web_score": 0-100, "source": word, "known_customer", "asked_today", "asked_price", "replied", "budget": true}; what is absent is unknown.
create function desk.score_lead(facts jsonb) returns desk.lead_score language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  with known as (
    select 'web_score' as factor, facts ->> 'web_score' as value, ln(x.p / (1 - x.p)) - b.weight as weight
    from (select least(greatest((facts ->> 'web_score')::float8 / 100, 0.01), 0.99) as p) x, desk.score_weight b where b.factor = 'base' and facts ->> 'web_score' is not null
    union all
    select w.factor, facts ->> w.factor, w.weight from (values ('asked_today'), ('asked_price'), ('replied'), ('known_customer'), ('budget')) k (factor) join desk.score_weight w using (factor) where facts ->> k.factor = 'true'
    union all
    select 'source', facts ->> 'source', w.weight from desk.score_weight w where w.factor = 'source' and w.value <> '' and w.value = facts ->> 'source'
  ), sums as (
    select (select weight from desk.score_weight where factor = 'base') + coalesce((select sum(weight) from known), 0) as mean,
      sqrt((select sum(w.spread ^ 2) from desk.score_weight w where w.factor not in (select factor from known))) as spread
  )
  select round(100 / (1 + exp(-s.mean)))::int, floor(100 / (1 + exp(-(s.mean - 1.28 * s.spread))))::int, ceil(100 / (1 + exp(-(s.mean + 1.28 * s.spread))))::int,
    (select coalesce(jsonb_agg(jsonb_build_object('factor', k.factor, 'value', k.value, 'weight', round(k.weight::numeric, 4)) order by abs(k.weight) desc, k.factor), '[]') from known k)
      || (select coalesce(jsonb_agg(jsonb_build_object('factor', u.factor, 'weight', 0) order by u.spread desc, u.factor), '[]') from desk.score_weight u
          where u.spread > 0 and u.factor <> 'base' and u.value = '' and u.factor not in (select factor from known))
  from sums s;
$$;

-- What is known of a lead, as facts of the score. Nothing of a scan or a treatment.
create function desk.lead_facts(origin text, points integer, customer boolean, meta jsonb) returns jsonb language sql immutable set search_path = pg_catalog, pg_temp as $$
  select jsonb_strip_nulls(jsonb_build_object('web_score', nullif(least(greatest(points, 0), 100), 0), 'source', nullif(lower(replace(btrim(origin), ' ', '_')), ''),
    'known_customer', case when customer then true end,
    'asked_today', case when s.words @> array['อยากมาวันนี้'] then true end, 'asked_price', case when s.words @> array['ถามราคา'] then true end,
    'replied', case when meta -> 'signals' ? 'replied' or coalesce(meta ->> 'replied', '') = 'true' then true end,
    'budget', case when coalesce(meta ->> 'budget', '') not in ('', 'null', '{}', '[]', '0', 'unknown', 'not_specified') then true end))
  from (select desk.lead_signals(meta) as words) s;
$$;

-- Who has a desk at all, and can be reached at once.
create function desk.reachable(clinic uuid, roles text[]) returns uuid[] language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select coalesce(array_agg(distinct s.person_id), '{}') from desk.staff s join desk.member m on m.clinic_id = s.clinic_id and m.person_id = s.person_id
  where s.clinic_id = clinic and s.active and s.role = any (roles) and m.enrolled_at is not null and m.disabled_at is null;
$$;

-- Whose PC has been in contact in the last quarter of an hour.
create function desk.is_present(clinic uuid, person uuid) returns boolean language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select exists (select from desk.member m join desk.client c on c.clinic_id = m.clinic_id and c.role_name = m.role_name where m.clinic_id = clinic and m.person_id = person and c.last_seen > now() - interval '15 minutes')
    or exists (select from desk.member m join pg_stat_activity a on a.usename = m.role_name where m.clinic_id = clinic and m.person_id = person);
$$;

-- Who hears of a lead first: whose it is; else those who sell; where none of them has a desk the counter, else the managers. Each group as a whole, so that nobody
-- waits for one person's break.
create function desk.first_for_lead(clinic uuid, owner uuid) returns uuid[] language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare roles text[];
begin
  if owner = any (desk.reachable(clinic, array['sales', 'front_desk', 'manager', 'owner'])) then return array[owner]; end if;
  foreach roles slice 1 in array array[array['sales', 'sales'], array['front_desk', 'front_desk'], array['manager', 'owner']] loop
    if cardinality(desk.reachable(clinic, roles)) > 0 then return desk.people_of(clinic, '{}', roles); end if;
  end loop;
  return desk.people_of(clinic, '{}', array['sales', 'front_desk']);
end $$;

-- The next person: somebody who answers leads and has not been told; who sells before who receives, who is there before who is not, who has little before who has much.
create function desk.next_for_lead(l desk.lead) returns uuid language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select s.person_id from desk.staff s
  where s.clinic_id = l.clinic_id and s.active and s.person_id = any (desk.reachable(l.clinic_id, array['sales', 'front_desk'])) and s.person_id <> all (l.told)
  order by s.role = 'sales' desc, desk.is_present(s.clinic_id, s.person_id) desc,
    (select count(*) from desk.lead x where x.clinic_id = s.clinic_id and x.claimed_by = s.person_id and x.status = 'claimed'),
    (select max(x.passed_at) from desk.lead x where x.clinic_id = s.clinic_id and x.passed_to = s.person_id) nulls first, s.person_id
  limit 1;
$$;

create function desk.next_opening(clinic uuid, at timestamptz) returns timestamptz language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select min(greatest(s.opens, at)) from (select (at at time zone desk.zone_of(clinic))::date as day) d cross join lateral desk.open_spans(clinic, d.day - 1, d.day + 30) s where s.closes > at;
$$;

-- Whether a lead wants a person at once.
create function desk.is_waiting(l desk.lead) returns boolean language sql immutable set search_path = pg_catalog, pg_temp as $$
  select l.is_hot and l.status = 'open' and l.answered_at is null;
$$;

create function desk.address_lead() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  if new.status = 'open' then new.claimed_by := null; new.claimed_at := null;
  elsif new.claimed_by is not null then new.claimed_at := coalesce(new.claimed_at, now()); end if;
  if desk.is_waiting(new) then
    new.hot_at := coalesce(new.hot_at, now());
    if cardinality(new.told) = 0 then new.told := desk.first_for_lead(new.clinic_id, new.assigned_to); end if;
  end if;
  return new;
end $$;
create trigger address_lead before insert or update on desk.lead for each row execute function desk.address_lead();

-- Due times of a lead that waits, from an instant on. What has happened happens no second time.
create function desk.arm_lead(l desk.lead, since timestamptz) returns void language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare c desk.clinic; due timestamptz;
begin
  select x.* into c from desk.clinic x where x.clinic_id = l.clinic_id;
  delete from desk.timer t where t.clinic_id = l.clinic_id and t.kind = 'lead.escalate' and t.occasion in ('pass:' || l.id, 'raise:' || l.id) and t.state = 'dropped';
  due := desk.opening_after(l.clinic_id, since, c.pass_lead_after);
  if l.passed_at is null and due is not null then perform desk.arm(l.clinic_id, 'lead.escalate', 'pass:' || l.id, due, null, jsonb_build_object('lead', l.id, 'step', 'pass')); end if;
  due := desk.opening_after(l.clinic_id, since, c.raise_lead_after);
  if l.raised_at is null and due is not null then perform desk.arm(l.clinic_id, 'lead.escalate', 'raise:' || l.id, due, null, jsonb_build_object('lead', l.id, 'step', 'raise')); end if;
end $$;

-- Tells these people of a lead. Outside opening hours it is kept for the morning.
create function desk.tell_lead(l desk.lead, people uuid[], why text) returns void language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare name text := desk.short_name(l.name); opens timestamptz := desk.next_opening(l.clinic_id, now()); title text;
begin
  title := case why when 'passed' then 'ลีดร้อนส่งต่อถึงคุณ: ' when 'raised' then 'ยังไม่มีใครรับลีดร้อน: ' else 'ลีดร้อน: ' end || name;
  perform desk.notify(l.clinic_id, people, case why when 'raised' then 'lead_raised' else 'hot_lead' end, title, coalesce(l.reasons ->> 0, 'ลีดใหม่'), 'critical', '/leads/' || l.id, 'lead:' || l.id,
    jsonb_build_object('lead_id', l.id, 'name', name, 'why', why), case when why <> 'new' and opens > now() then opens - now() end);
end $$;

create or replace function desk.tell_hot_lead() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare waits boolean := desk.is_waiting(new); waited boolean := false; known uuid[] := '{}'; why text := 'new';
begin
  if tg_op = 'UPDATE' then
    waited := desk.is_waiting(old); known := old.told;
    why := case when new.raised_at is distinct from old.raised_at then 'raised' when new.passed_at is distinct from old.passed_at then 'passed' else 'new' end;
  end if;
  if waited and not waits then
    perform desk.disarm(new.clinic_id, 'lead.escalate', step || new.id) from unnest(array['pass:', 'raise:']) step;
  end if;
  -- Taken or answered: nobody else need look, also where it has cooled meanwhile.
  if tg_op = 'UPDATE' and old.status = 'open' and old.answered_at is null and (new.status <> 'open' or new.answered_at is not null) then
    update public.notifications n set is_read = true where n.clinic_id = new.clinic_id and n.type in ('hot_lead', 'lead_raised') and n.metadata ->> 'subject' = 'lead:' || new.id and not coalesce(n.is_read, false);
  end if;
  if not waits then return null; end if;
  perform desk.tell_lead(new, array(select p from unnest(new.told) p where p <> all (known)), why);
  if not waited then
    if tg_op = 'UPDATE' and old.status = 'claimed' then  -- given back: everyone but who gave it back hears of it again
      update public.notifications n set is_read = false where n.clinic_id = new.clinic_id and n.type in ('hot_lead', 'lead_raised') and n.metadata ->> 'subject' = 'lead:' || new.id and n.user_id is distinct from old.claimed_by;
    end if;
    perform desk.arm_lead(new, case when tg_op = 'INSERT' then new.created_at else now() end);
  end if;
  return null;
end $$;

-- The decider of the due times. Whoever was told already is not told twice.
create function desk.escalate_lead(t desk.timer) returns text language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare l desk.lead; next uuid;
begin
  select x.* into l from desk.lead x where x.clinic_id = t.clinic_id and x.id = (t.facts ->> 'lead')::uuid for update;
  if not found then return 'gone'; end if;
  if not desk.is_waiting(l) then return 'settled'; end if;
  if t.facts ->> 'step' = 'raise' then
    update desk.lead x set raised_at = now(), told = x.told || array(select p from unnest(desk.people_of(l.clinic_id, '{}', array['manager', 'owner'])) p where p <> all (x.told)) where x.clinic_id = l.clinic_id and x.id = l.id;
    return 'raised';
  end if;
  next := desk.next_for_lead(l);
  if next is null then return 'nobody_left'; end if;
  update desk.lead x set passed_at = now(), passed_to = next, told = x.told || next where x.clinic_id = l.clinic_id and x.id = l.id;
  return 'passed';
end $$;
insert into desk.timer_kind (kind, decider) values ('lead.escalate', 'desk.escalate_lead(desk.timer)');

-- What the web system's tables say of a lead, as one row of the list.
drop function desk.record_lead(uuid, text, text, text, text, integer, jsonb, text, uuid, uuid, text);
create type desk.found_lead as (clinic_id uuid, name text, phone text, email text, source text, points integer, meta jsonb, tbl text, row_id uuid, customer_id uuid, state text, owner uuid, bought boolean, message text);

create function desk.record_lead(f desk.found_lead) returns void language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare limit_of_hot int; why text[]; hot boolean; cust uuid := f.customer_id; facts jsonb; s desk.lead_score; own uuid; taken boolean := f.state is not null;
begin
  select d.hot_lead_threshold into limit_of_hot from desk.clinic d where d.clinic_id = f.clinic_id;
  if not found then perform desk.note_problem(f.tbl, 'lead_without_clinic', null); return; end if;
  if cust is null then
    select c.id into cust from public.customers c where c.clinic_id = f.clinic_id and ((f.phone <> '' and c.phone = f.phone) or (f.email <> '' and c.email = f.email)) order by c.created_at limit 1;
  end if;
  select x.person_id into own from desk.staff x where x.clinic_id = f.clinic_id and x.person_id = f.owner and x.active;
  facts := desk.lead_facts(f.source, f.points, exists (select from public.customers c where c.clinic_id = f.clinic_id and c.id = cust and c.last_visit_date is not null), coalesce(f.meta, '{}'));
  s := desk.score_lead(facts);
  why := desk.lead_signals(coalesce(f.meta, '{}'));
  hot := s.score >= limit_of_hot or coalesce((facts ->> 'web_score')::int, 0) >= limit_of_hot or cardinality(why) > 0;
  if s.score >= limit_of_hot or cardinality(why) = 0 then why := why || format('คะแนน %s จาก 100', s.score); end if;
  insert into desk.lead as l (clinic_id, customer_id, name, phone, email, source, score, score_low, score_high, factors, is_hot, reasons, status, assigned_to, claimed_by, answered_at, answered_by, message, bought, source_table, source_id)
  values (f.clinic_id, cust, left(coalesce(nullif(btrim(f.name), ''), 'ลูกค้าใหม่'), 200), left(f.phone, 60), left(f.email, 254), left(f.source, 60), s.score, s.low, s.high, s.factors, hot, to_jsonb(why),
    coalesce(f.state, 'open'), own, case when f.state = 'claimed' then own end, case when taken then now() end, case when taken then own end, f.message, f.bought, f.tbl, f.row_id)
  on conflict (clinic_id, source_table, source_id) do update set name = excluded.name, phone = excluded.phone, email = excluded.email, source = excluded.source,
    score = excluded.score, score_low = excluded.score_low, score_high = excluded.score_high, factors = excluded.factors, is_hot = excluded.is_hot, reasons = excluded.reasons,
    customer_id = coalesce(l.customer_id, excluded.customer_id), assigned_to = excluded.assigned_to, message = coalesce(excluded.message, l.message), bought = coalesce(excluded.bought, l.bought),
    status = case when f.state is null or l.status = 'closed' then l.status else f.state end,
    claimed_by = case when f.state = 'claimed' then coalesce(l.claimed_by, own) else l.claimed_by end,
    answered_at = case when taken then coalesce(l.answered_at, now()) else l.answered_at end,
    answered_by = case when taken and l.answered_at is null then own else l.answered_by end;
end $$;

-- A person of the web system has moved the lead on: that is an answer. Whatever writes to the customer by itself leaves the status as it is.
create or replace function desk.catch_lead() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare r jsonb := to_jsonb(case when tg_op = 'DELETE' then old else new end); meta jsonb := case when jsonb_typeof(r -> 'metadata') = 'object' then r -> 'metadata' else '{}' end; f desk.found_lead;
begin
  if tg_op = 'DELETE' then
    update desk.lead l set status = 'closed' where l.clinic_id = (r ->> 'clinic_id')::uuid and l.source_table = tg_table_name and l.source_id = (r ->> 'id')::uuid and l.status <> 'closed';
    return null;
  end if;
  if tg_table_name = 'sales_leads' then
    f.state := case when r ->> 'status' in ('won', 'lost') then 'closed' when r ->> 'status' in ('contacted', 'qualified', 'proposal_sent', 'negotiation') then 'claimed' end;
    f.bought := case r ->> 'status' when 'won' then true when 'lost' then false end;
    f.owner := desk.uuid_in(r ->> 'sales_user_id');
  end if;
  f.clinic_id := (r ->> 'clinic_id')::uuid; f.name := coalesce(r ->> 'customer_name', r ->> 'name'); f.phone := coalesce(r ->> 'customer_phone', r ->> 'phone'); f.email := coalesce(r ->> 'customer_email', r ->> 'email');
  f.source := coalesce(r ->> 'source', meta ->> 'source', tg_table_name); f.points := desk.number_in(coalesce(r ->> 'overall_score', r ->> 'score')); f.meta := meta; f.tbl := tg_table_name; f.row_id := (r ->> 'id')::uuid;
  f.message := nullif(left(btrim(coalesce(meta ->> 'message', meta ->> 'last_message', r ->> 'message')), 300), '');
  perform desk.record_lead(f);
  return null;
exception
  when transaction_rollback or lock_not_available or operator_intervention then raise;
  when others then perform desk.note_problem(tg_table_name, 'lead_unreadable', sqlstate); return null;
end $$;

create function desk.uuid_in(word text) returns uuid language sql immutable set search_path = pg_catalog, pg_temp as $$
  select case when word ~ '^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$' then word::uuid end;
$$;

-- A journey that leaves its first stage was taken up by somebody. What a scan says of a skin is no fact of the score.
create or replace function desk.catch_journey_lead() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare c public.customers; f desk.found_lead; who uuid;
begin
  if tg_op = 'UPDATE' then
    who := coalesce((desk.me()).person_id, (select a.performed_by from public.workflow_actions a where a.clinic_id = new.clinic_id and a.workflow_id = new.id order by a.performed_at desc limit 1));
    update desk.lead l set status = 'closed', answered_at = coalesce(l.answered_at, now()), answered_by = case when l.answered_at is null then who else l.answered_by end
    where l.clinic_id = new.clinic_id and l.source_table = 'workflow_states' and l.source_id = new.id and l.status <> 'closed';
    return null;
  end if;
  select * into c from public.customers where clinic_id = new.clinic_id and id = new.customer_id;
  f.clinic_id := new.clinic_id; f.name := coalesce(c.nickname, c.full_name); f.phone := c.phone; f.email := c.email; f.source := 'journey'; f.points := desk.number_in(new.metadata ->> 'score');
  f.meta := case when jsonb_typeof(new.metadata) = 'object' then new.metadata else '{}' end; f.tbl := 'workflow_states'; f.row_id := new.id; f.customer_id := new.customer_id; f.owner := new.assigned_sales_id;
  perform desk.record_lead(f);
  return null;
exception
  when transaction_rollback or lock_not_available or operator_intervention then raise;
  when others then perform desk.note_problem('workflow_states', 'lead_unreadable', sqlstate); return null;
end $$;

do $$ declare t text; begin
  foreach t in array array['lead_scoring_data', 'sales_leads'] loop
    if to_regclass('public.' || t) is null or not exists (select from pg_trigger where tgrelid = to_regclass('public.' || t) and tgname = 'desk_lead') then continue; end if;
    execute format('create trigger desk_lead_gone after delete on public.%I for each row execute function desk.catch_lead()', t);
  end loop;
end $$;

-- Those who were here before: whom a lead was told is known from the notifications, who has it from its row. Nobody is told anew, and no due time is made for what is old.
alter table desk.lead disable trigger address_lead, disable trigger tell_hot_lead;
update desk.lead l set
  told = coalesce((select array_agg(n.user_id) from public.notifications n join desk.staff s on s.clinic_id = n.clinic_id and s.person_id = n.user_id where n.clinic_id = l.clinic_id and n.type = 'hot_lead' and n.metadata ->> 'subject' = 'lead:' || l.id), '{}'),
  hot_at = case when l.is_hot then l.created_at end, claimed_at = case when l.claimed_by is not null then l.updated_at end,
  answered_at = case when l.status <> 'open' then l.updated_at end, answered_by = l.claimed_by;
alter table desk.lead enable trigger address_lead, enable trigger tell_hot_lead;

select desk.close_functions();
