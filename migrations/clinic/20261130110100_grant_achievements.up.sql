-- Why: an achievement is earned by what a customer did, once, whoever looks and however often. What they did is asked of the facts: bills, visits, friends and
-- treatments, never of points that achievements gave, so that none can feed another. And the membership shows what is true.

-- How far a member is with an achievement, and since when they have it. A secret one is written only when it is earned.
create table desk.achieved (
  clinic_id uuid not null references desk.clinic (clinic_id) on delete cascade,
  id uuid not null default gen_random_uuid(),
  customer_id uuid not null,
  achievement_id uuid not null,
  period text not null default '',        -- of one that can be earned again: which year (2026) or month (2026-11)
  percent integer not null check (percent between 0 and 100),
  earned_at timestamptz,
  points integer not null default 0,
  reward text,                            -- the special reward in words, and what became of it
  updated_at timestamptz not null default now(),
  primary key (clinic_id, id),
  unique (clinic_id, customer_id, achievement_id, period),
  foreign key (clinic_id, customer_id) references public.customers (clinic_id, id) on delete cascade,
  foreign key (clinic_id, achievement_id) references public.achievements (clinic_id, id) on delete cascade,
  check (earned_at is null or percent = 100)
);
create trigger touch before update on desk.achieved for each row execute function desk.touch_updated_at();
select desk.fix_keys('desk.achieved');

-- Members about whom something is new. No key: whoever adds waits for nobody, and twice does no harm.
create table desk.member_news (
  id bigint generated always as identity primary key,
  clinic_id uuid not null references desk.clinic (clinic_id) on delete cascade,
  customer_id uuid not null
);
create index member_news_clinic on desk.member_news (clinic_id, id);

-- Something is new about a customer: looked at once after this transaction. A clinic without achievements looks at nothing.
create function desk.note_news(clinic uuid, customer uuid) returns void language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  if customer is null or not exists (select 1 from public.achievements a where a.clinic_id = clinic and coalesce(a.is_active, true)) then return; end if;
  insert into desk.member_news (clinic_id, customer_id) values (clinic, customer);
  perform desk.arm(clinic, 'achievements.judge', pg_current_xact_id()::text, now());
end $$;

create function desk.news_of_row() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform desk.note_news(new.clinic_id, (to_jsonb(new) ->> tg_argv[0])::uuid);
  return null;
end $$;
create trigger desk_news after insert on public.point_transactions for each row
  when (new.desk_source is distinct from 'achievement' and (new.amount > 0 or new.desk_satang <> 0 or new.desk_reverses is not null)) execute function desk.news_of_row('customer_id');
create trigger desk_news after insert on desk.payment for each row when (new.entry_id is null) execute function desk.news_of_row('customer_id');
create trigger desk_news after update of state on desk.visit for each row when (old.state <> new.state and 'done' in (old.state, new.state)) execute function desk.news_of_row('customer_id');
create trigger desk_news after update of state on desk.referral for each row when (old.state <> new.state) execute function desk.news_of_row('referrer_id');
create trigger desk_news after insert on public.loyalty_profiles for each row execute function desk.news_of_row('customer_id');
create trigger desk_news after update of desk_sessions_done on public.workflow_states for each row when (old.desk_sessions_done <> new.desk_sessions_done) execute function desk.news_of_row('customer_id');

-- Every bill of these customers on the clinic's day on which it was paid, less what was given back of it.
create function desk.bills_of(clinic uuid, customers uuid[]) returns table (customer_id uuid, day date, satang bigint) language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  with bill as (
    select e.customer_id, e.id, coalesce(e.desk_effective_at, e.created_at) as at, e.desk_satang + coalesce((select sum(b.desk_satang) from public.point_transactions b where b.desk_reverses = e.id and b.clinic_id = $1), 0) as satang
    from public.point_transactions e where e.clinic_id = $1 and e.customer_id = any ($2) and e.desk_satang > 0
    union all
    select p.customer_id, p.id, p.taken_at, desk.unrefunded(p) from desk.payment p where p.clinic_id = $1 and p.customer_id = any ($2) and p.refunds is null and p.entry_id is null
  )
  select b.customer_id, desk.local_time($1, b.at)::date, sum(b.satang)::bigint from bill b where b.satang > 0 group by 1, 2;
$$;

-- The days on which these customers were here: treated, or paying.
create function desk.days_here(clinic uuid, customers uuid[]) returns table (customer_id uuid, day date, satang bigint) language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select x.customer_id, x.day, sum(x.satang)::bigint from (
    select b.customer_id, b.day, b.satang from desk.bills_of($1, $2) b
    union all
    select v.customer_id, v.day, 0 from desk.visit v where v.clinic_id = $1 and v.customer_id = any ($2) and v.state = 'done') x
  group by 1, 2;
$$;

-- The longest row of months, weeks (from Monday) or days one after the other with a visit in each.
create function desk.longest_rows(clinic uuid, customers uuid[]) returns table (customer_id uuid, unit text, longest bigint) language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  with turn as (
    select distinct d.customer_id, u.unit, u.nth from desk.days_here($1, $2) d, lateral (values
      ('month', (extract(year from d.day) * 12 + extract(month from d.day))::integer), ('week', (d.day - date '2000-01-03') / 7), ('day', d.day - date '2000-01-01')) u (unit, nth)
  ), island as (select t.customer_id, t.unit, t.nth - row_number() over (partition by t.customer_id, t.unit order by t.nth) as start from turn t),
  run as (select i.customer_id, i.unit, count(*) as turns from island i group by i.customer_id, i.unit, i.start)
  select r.customer_id, r.unit, max(r.turns) from run r group by 1, 2;
$$;

-- Points ever earned, but for those that achievements gave.
create function desk.points_earned(clinic uuid, customers uuid[]) returns table (customer_id uuid, points bigint) language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select e.customer_id, sum(desk.lifetime_of(e.type, e.amount, e.desk_reverses, e.desk_lifetime)) from public.point_transactions e
  where e.clinic_id = $1 and e.customer_id = any ($2) and e.desk_source is distinct from 'achievement' group by 1;
$$;

-- What a clinic offers now: which days count, and which period it is.
create function desk.open_achievements(clinic uuid) returns table (id uuid, is_secret boolean, conditions jsonb, since date, period text) language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select a.id, coalesce(a.is_secret, false), a.conditions,
    case when a.conditions ->> 'each' in ('year', 'month') then date_trunc(a.conditions ->> 'each', t.today::timestamp)::date
      when jsonb_typeof(a.conditions -> 'withinMonths') = 'number' and a.conditions ->> 'withinMonths' ~ '^[0-9]{1,3}$' then (t.today - make_interval(months => (a.conditions ->> 'withinMonths')::integer))::date else date '-infinity' end,
    case a.conditions ->> 'each' when 'year' then to_char(t.today, 'YYYY') when 'month' then to_char(t.today, 'YYYY-MM') else '' end
  from public.achievements a, (select desk.local_time($1, now())::date as today) t
  where a.clinic_id = $1 and coalesce(a.is_active, true) and jsonb_typeof(a.conditions) = 'object';
$$;

-- Whether a treatment whose plan names one of these was completed.
create function desk.has_treatment(clinic uuid, customer uuid, types jsonb) returns boolean language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select jsonb_typeof($3) = 'array' and exists (
    select 1 from public.workflow_states w, jsonb_array_elements_text(case when jsonb_typeof($3) = 'array' then $3 else '[]' end) t
    where w.clinic_id = $1 and w.customer_id = $2 and (w.desk_sessions_done > 0 or w.desk_outcome = 'completed') and btrim(t) <> ''
      and position(lower(btrim(t)) in lower(concat_ws(' ', w.treatment_plan::text, w.desk_title))) > 0);
$$;

-- How far each of these members is with each achievement, in percent of the condition that is furthest off. A condition that nobody knows is never met.
create function desk.achievement_percents(clinic uuid, customers uuid[]) returns table (customer_id uuid, achievement_id uuid, period text, is_secret boolean, percent integer) language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  with member as (select p.customer_id from public.loyalty_profiles p where p.clinic_id = $1 and p.customer_id = any ($2)),
  offer as (select * from desk.open_achievements($1)),
  here as (
    select d.customer_id, o.id, sum(d.satang) / 100.0 as spent, count(*) as visits from desk.days_here($1, $2) d join offer o on d.day >= o.since group by 1, 2
  ), friends as (select r.referrer_id as customer_id, count(*) as paid from desk.referral r where r.clinic_id = $1 and r.referrer_id = any ($2) and r.state = 'paid' group by 1),
  wish as (
    select o.id, o.period, o.is_secret, k.key, k.value, o.conditions ->> 'period' as unit, case when jsonb_typeof(k.value) = 'number' then (k.value #>> '{}')::numeric end as need
    from offer o, jsonb_each(o.conditions) k where k.key not in ('period', 'withinMonths', 'each')
  ), had as (
    select m.customer_id, w.*, case w.key
      when 'totalSpent' then coalesce(h.spent, 0) when 'visitCount' then coalesce(h.visits, 0) when 'referralCount' then coalesce(f.paid, 0)
      when 'pointsEarned' then coalesce((select e.points from desk.points_earned($1, array[m.customer_id]) e), 0)
      when 'consecutiveVisits' then coalesce((select l.longest from desk.longest_rows($1, array[m.customer_id]) l where l.unit = coalesce(w.unit, 'month')), 0)
      when 'treatmentTypes' then desk.has_treatment($1, m.customer_id, w.value)::integer end as has
    from member m cross join wish w left join here h on h.customer_id = m.customer_id and h.id = w.id left join friends f on f.customer_id = m.customer_id
  )
  select h.customer_id, h.id, h.period, h.is_secret, min(case when h.key = 'treatmentTypes' then coalesce(h.has, 0) * 100
    when h.need > 0 and h.has is not null then least(floor(h.has * 100 / h.need), 100) else 0 end)::integer
  from had h group by 1, 2, 3, 4;
$$;

-- Writes down how far these members are, and gives what they have earned: each once. How many were earned.
create function desk.judge_achievements(clinic uuid, customers uuid[]) returns integer language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare d desk.achieved; earned integer := 0;
begin
  insert into desk.achieved as x (clinic_id, customer_id, achievement_id, period, percent)
  select clinic, p.customer_id, p.achievement_id, p.period, p.percent from desk.achievement_percents(clinic, customers) p
  where (p.percent > 0 or exists (select 1 from desk.achieved o where o.clinic_id = clinic and o.customer_id = p.customer_id and o.achievement_id = p.achievement_id and o.period = p.period))
    and (p.percent = 100 or not p.is_secret) order by p.customer_id, p.achievement_id
  on conflict (clinic_id, customer_id, achievement_id, period) do update set percent = excluded.percent where x.earned_at is null and x.percent <> excluded.percent;
  for d in select x.* from desk.achieved x where x.clinic_id = clinic and x.customer_id = any (customers) and x.percent = 100 and x.earned_at is null order by x.customer_id, x.achievement_id for update loop
    perform desk.unlock(d);
    earned := earned + 1;
  end loop;
  return earned;
end $$;

create function desk.unlock(d desk.achieved) returns void language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare a public.achievements; me desk.member := desk.by_itself(d.clinic_id); given integer; what text;
begin
  select x.* into strict a from public.achievements x where x.clinic_id = d.clinic_id and x.id = d.achievement_id;
  given := least(greatest(coalesce(a.points_reward, 0), 0), 100000);
  if given > 0 then
    perform desk.give_bonus(me, d.customer_id, given, 'achievement', d.id, 'earned', 'ความสำเร็จ: ' || a.name);
  end if;
  what := desk.special_reward(me, d, a);
  update desk.achieved x set earned_at = now(), points = given, reward = what where x.clinic_id = d.clinic_id and x.id = d.id;
  update public.loyalty_profiles p set unlocked_achievements = u.ids, total_achievements = cardinality(u.ids)
  from (select coalesce(array_agg(distinct x.achievement_id), '{}') as ids from desk.achieved x where x.clinic_id = d.clinic_id and x.customer_id = d.customer_id and x.earned_at is not null) u
  where p.clinic_id = d.clinic_id and p.customer_id = d.customer_id;
  perform desk.tell_unlocked(d, a);
end $$;

-- The special reward in words: a reward of the clinic, by its id or name, is given as if it were redeemed for nothing; points are given; whatever else is promised
-- stands on the card for a person to keep.
create function desk.special_reward(me desk.member, d desk.achieved, a public.achievements) returns text language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare s jsonb := a.special_reward; said text; r public.loyalty_rewards;
begin
  if s is null or jsonb_typeof(s) = 'null' then return null; end if;
  said := left(btrim(case jsonb_typeof(s) when 'string' then s #>> '{}' when 'object' then coalesce(s ->> 'name', s ->> 'title', s ->> 'description', s ->> 'value', s ->> 'rewardId', s ->> 'reward_id') end), 200);
  if jsonb_typeof(s) = 'object' and s ->> 'type' = 'points' and s ->> 'value' ~ '^[1-9][0-9]{0,4}$' then
    perform desk.give_bonus(me, d.customer_id, (s ->> 'value')::integer, 'achievement', d.id, 'special', 'รางวัลพิเศษ: ' || a.name);
    return '+' || (s ->> 'value');
  end if;
  select x.* into r from public.loyalty_rewards x where x.clinic_id = d.clinic_id and coalesce(x.is_active, true) and (x.id::text in (s ->> 'rewardId', s ->> 'reward_id') or x.name = said)
    and (x.max_redemptions is null or coalesce(x.current_redemptions, 0) < x.max_redemptions) and coalesce(x.valid_until > now(), true) order by x.id::text in (s ->> 'rewardId', s ->> 'reward_id') desc nulls last, x.id limit 1 for no key update;
  if not found then return said; end if;
  begin
    insert into public.point_transactions (clinic_id, customer_id, type, amount, description, reward_id, desk_source, desk_source_id, desk_purpose, desk_reward_id, desk_by)
    values (d.clinic_id, d.customer_id, 'redeemed', 0, 'รางวัลพิเศษ: ' || r.name, r.id, 'achievement', d.id, 'reward', r.id, me.person_id);
    update public.loyalty_rewards x set current_redemptions = coalesce(x.current_redemptions, 0) + 1 where x.clinic_id = d.clinic_id and x.id = r.id;
  exception when sqlstate 'P0001' then perform desk.note_problem('achievement', 'reward_not_given', r.id::text);
  end;
  return r.name;
end $$;

-- The customer, where the web system knows them as somebody who signs in, and whose customer they are.
create function desk.tell_unlocked(d desk.achieved, a public.achievements) returns void language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare c public.customers;
begin
  select x.* into c from public.customers x where x.clinic_id = d.clinic_id and x.id = d.customer_id;
  perform desk.notify(d.clinic_id, array[c.assigned_sales_id], 'achievement_unlocked', 'ความสำเร็จใหม่: ' || desk.short_name(coalesce(nullif(c.nickname, ''), c.full_name)), left(a.name, 200), 'medium',
    '/customers/' || c.id, 'achieved:' || d.id, jsonb_build_object('customer_id', c.id, 'achievement_id', a.id));
  insert into public.notifications (user_id, clinic_id, type, title, message, priority, metadata)
  select u.id, d.clinic_id, 'achievement_unlocked', left(a.name, 200), coalesce(left(a.description, 500), left(a.name, 200)), 'medium', jsonb_build_object('subject', 'achieved:' || d.id, 'achievement_id', a.id, 'points', coalesce(a.points_reward, 0))
  from public.users u where u.id = (to_jsonb(c) ->> 'user_id')::uuid and u.id is distinct from c.assigned_sales_id;
end $$;

create function desk.fire_achievements_judge(t desk.timer) returns text language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare members uuid[]; earned integer;
begin
  with taken as (
    delete from desk.member_news n where n.id in (select x.id from desk.member_news x where x.clinic_id = t.clinic_id order by x.id limit 200 for update skip locked) returning n.customer_id
  ) select array_agg(distinct x.customer_id) into members from taken x;
  if members is null then return 'nothing new'; end if;
  earned := desk.judge_achievements(t.clinic_id, members);
  if exists (select 1 from desk.member_news n where n.clinic_id = t.clinic_id) then perform desk.arm(t.clinic_id, 'achievements.judge', 'rest ' || pg_current_xact_id(), now()); end if;
  return 'earned ' || earned;
end $$;
insert into desk.timer_kind (kind, decider) values ('achievements.judge', 'desk.fire_achievements_judge(desk.timer)');

-- The web system may not say what was earned.
create function desk.keep_unlocked() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  if exists (select 1 from public.achievements a where a.clinic_id = new.clinic_id) then
    select coalesce(array_agg(distinct x.achievement_id), '{}'), count(distinct x.achievement_id) into new.unlocked_achievements, new.total_achievements
    from desk.achieved x where x.clinic_id = new.clinic_id and x.customer_id = new.customer_id and x.earned_at is not null;
  end if;
  return new;
end $$;
create trigger desk_unlocked before update of unlocked_achievements, total_achievements on public.loyalty_profiles for each row execute function desk.keep_unlocked();

-- The usual set, where a clinic has none. Nobody gets anything by it until something is new about them.
create function desk.apply_achievement_add_usual(me desk.member, args jsonb) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  perform desk.require_role(me, array['owner', 'manager']);
  perform desk.arg_uuid(args, 'id');
  perform 1 from desk.clinic c where c.clinic_id = me.clinic_id for no key update;
  if exists (select 1 from public.achievements a where a.clinic_id = me.clinic_id) then return; end if;
  insert into public.achievements (clinic_id, name, description, category, conditions, points_reward, badge_icon)
  select me.clinic_id, x.name, x.said, x.category, x.conditions::jsonb, x.points, x.icon from (values
    ('ก้าวแรก', 'ชำระเงินครั้งแรก', 'spending', '{"visitCount":1,"totalSpent":1}', 100, '🌱'),
    ('ดูแลตัวเอง', 'ใช้บริการครบ 10,000 บาท', 'spending', '{"totalSpent":10000}', 300, '💗'),
    ('ตัวจริง', 'ใช้บริการครบ 50,000 บาท', 'spending', '{"totalSpent":50000}', 500, '💎'),
    ('มาบ่อย', 'มา 5 ครั้งใน 3 เดือน', 'frequency', '{"visitCount":5,"withinMonths":3}', 200, '⭐'),
    ('ทั้งปี', 'มา 12 ครั้งในปีเดียว', 'frequency', '{"visitCount":12,"each":"year"}', 400, '📅'),
    ('สม่ำเสมอ', 'มาทุกเดือน 6 เดือนติดกัน', 'frequency', '{"consecutiveVisits":6,"period":"month"}', 600, '🔥'),
    ('เพื่อนคนแรก', 'แนะนำเพื่อน 1 คน', 'referral', '{"referralCount":1}', 150, '🤝'),
    ('เพื่อนเยอะ', 'แนะนำเพื่อน 5 คน', 'referral', '{"referralCount":5}', 500, '👭'),
    ('ทูตของคลินิก', 'แนะนำเพื่อน 10 คน', 'referral', '{"referralCount":10}', 1000, '👑')) x (name, said, category, conditions, points, icon);
end $$;
insert into desk.action (name, version, decider) values ('achievement.add_usual', 1, 'desk.apply_achievement_add_usual(desk.member, jsonb)');

alter table desk.achieved enable row level security;
alter table desk.member_news enable row level security;
select desk.watch('public.achievements', 27::smallint, 'id', '''clinic''');
select desk.open_to_desks('public.achievements', 'clinic_id in (select p.clinic_id from desk.my_pairs() p)',
  string_to_array('id clinic_id name description category points_reward badge_icon special_reward is_active is_secret', ' '));
select desk.watch('desk.achieved', 28::smallint, 'id', '''clinic''');
select desk.open_to_desks('desk.achieved', 'clinic_id in (select p.clinic_id from desk.my_pairs() p)',
  string_to_array('id clinic_id customer_id achievement_id period percent earned_at points reward', ' '));
select desk.close_functions();
