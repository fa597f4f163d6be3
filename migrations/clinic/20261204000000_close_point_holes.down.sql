drop trigger ab_desk_end on public.point_transactions;
drop trigger aa_desk_distrust on public.point_transactions;
drop trigger desk_keep_membership on public.loyalty_profiles;
drop function desk.end_web_points();
drop function desk.distrust_entry();
drop function desk.keep_membership();

create function desk.longest_rows(clinic uuid, customers uuid[]) returns table (customer_id uuid, unit text, longest bigint) language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  with turn as (
    select distinct d.customer_id, u.unit, u.nth from desk.days_here($1, $2) d, lateral (values
      ('month', (extract(year from d.day) * 12 + extract(month from d.day))::integer), ('week', (d.day - date '2000-01-03') / 7), ('day', d.day - date '2000-01-01')) u (unit, nth)
  ), island as (select t.customer_id, t.unit, t.nth - row_number() over (partition by t.customer_id, t.unit order by t.nth) as start from turn t),
  run as (select i.customer_id, i.unit, count(*) as turns from island i group by i.customer_id, i.unit, i.start)
  select r.customer_id, r.unit, max(r.turns) from run r group by 1, 2;
$$;

create function desk.points_earned(clinic uuid, customers uuid[]) returns table (customer_id uuid, points bigint) language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select e.customer_id, sum(desk.lifetime_of(e.type, e.amount, e.desk_reverses, e.desk_lifetime)) from public.point_transactions e
  where e.clinic_id = $1 and e.customer_id = any ($2) and e.desk_source is distinct from 'achievement' group by 1;
$$;

create function desk.has_treatment(clinic uuid, customer uuid, types jsonb) returns boolean language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select jsonb_typeof($3) = 'array' and exists (
    select 1 from public.workflow_states w, jsonb_array_elements_text(case when jsonb_typeof($3) = 'array' then $3 else '[]' end) t
    where w.clinic_id = $1 and w.customer_id = $2 and (w.desk_sessions_done > 0 or w.desk_outcome = 'completed') and btrim(t) <> ''
      and position(lower(btrim(t)) in lower(concat_ws(' ', w.treatment_plan::text, w.desk_title))) > 0);
$$;

create or replace function desk.achievement_percents(clinic uuid, customers uuid[]) returns table (customer_id uuid, achievement_id uuid, period text, is_secret boolean, percent integer) language sql stable security definer set search_path = pg_catalog, pg_temp as $$
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

drop function desk.longest_rows(uuid, uuid[], date);
drop function desk.points_earned(uuid, uuid[], date);
drop function desk.has_treatment(uuid, uuid, jsonb, date);

create or replace function desk.loyalty_profile(me desk.member, customer uuid) returns public.loyalty_profiles language plpgsql set search_path = pg_catalog, pg_temp as $$
declare p public.loyalty_profiles; l desk.loyalty_policy;
begin
  select q.* into p from public.loyalty_profiles q where q.clinic_id = me.clinic_id and q.customer_id = customer for no key update;
  if found then return p; end if;
  insert into public.loyalty_profiles (clinic_id, customer_id, referral_code) values (me.clinic_id, customer, desk.new_referral_code()) on conflict (customer_id, clinic_id) do nothing;
  l := desk.policy_at(me.clinic_id, now());
  if found and l.welcome > 0 then
    insert into public.point_transactions (clinic_id, customer_id, type, amount, description, expires_at, desk_source, desk_source_id, desk_purpose, desk_policy, desk_by, desk_device)
    values (me.clinic_id, customer, 'bonus', l.welcome, 'คะแนนต้อนรับ', desk.lot_expiry(me.clinic_id, now()), 'member', customer, 'welcome', l.version, me.person_id, me.device);
  end if;
  select q.* into strict p from public.loyalty_profiles q where q.clinic_id = me.clinic_id and q.customer_id = customer for no key update;
  return p;
end $$;

create or replace function desk.counts_from(me desk.member, args jsonb) returns timestamptz language plpgsql stable set search_path = pg_catalog, pg_temp as $$
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

create or replace function desk.apply_referral_record(me desk.member, args jsonb) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare key uuid := desk.arg_uuid(args, 'id'); friend uuid := desk.arg_uuid(args, 'customer_id'); typed text := nullif(desk.arg_text(args, 'code', 20), ''); referrer uuid; r desk.referral; p record;
begin
  perform desk.require_role(me, array['owner', 'manager', 'front_desk', 'sales']);
  perform 1 from public.customers c where c.clinic_id = me.clinic_id and c.id = friend for no key update;
  if not found then perform desk.refuse('customer_not_found'); end if;
  referrer := case when typed is null then desk.arg_uuid(args, 'referrer_id') else desk.referrer_of(me.clinic_id, typed) end;
  if referrer is null then perform desk.refuse('referral_code_unknown'); end if;
  if referrer = friend then perform desk.refuse('referral_of_oneself'); end if;
  perform 1 from public.customers c where c.clinic_id = me.clinic_id and c.id = referrer for key share;
  if not found then perform desk.refuse('customer_not_found'); end if;
  select x.* into r from desk.referral x where x.clinic_id = me.clinic_id and x.friend_id = friend;
  if found then
    perform desk.refuse('already_referred', jsonb_build_object('by', (select desk.short_name(c.full_name) from public.customers c where c.clinic_id = me.clinic_id and c.id = r.referrer_id), 'at', r.made_at));
  end if;
  insert into desk.referral (clinic_id, id, referrer_id, friend_id, made_at, made_by, made_device, by_code, reasons)
  values (me.clinic_id, key, referrer, friend, desk.paid_at(args), me.person_id, me.device, typed is not null, array['waits_for_payment']) returning * into r;
  perform desk.arm_referral(r, 'made', now());
  for p in select x.id, x.taken_at from desk.payment x where x.clinic_id = me.clinic_id and x.customer_id = friend and x.refunds is null and x.taken_at > now() - interval '14 days' loop
    perform desk.arm_referral(r, p.id::text, p.taken_at + interval '14 days');
  end loop;
end $$;

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

create or replace function desk.use_reward(clinic uuid, reward uuid, points bigint, tier text, at timestamptz, is_done boolean) returns text language plpgsql set search_path = pg_catalog, pg_temp as $$
declare r public.loyalty_rewards; why text;
begin
  select x.* into r from public.loyalty_rewards x where x.clinic_id = clinic and x.id = reward for no key update;
  if not found then perform desk.refuse('reward_unavailable', '{"why":"unknown"}'); end if;
  why := case when r.points_cost <> points then 'cost' when is_done then null when not coalesce(r.is_active, true) then 'inactive' when r.valid_from > at then 'early' when r.valid_until <= at then 'late'
    when r.max_redemptions <= coalesce(r.current_redemptions, 0) then 'gone' when desk.tier_rank(r.tier_requirement) > desk.tier_rank(tier) then 'tier' end;
  if why is not null then perform desk.refuse('reward_unavailable', jsonb_strip_nulls(jsonb_build_object('why', why, 'cost', r.points_cost, 'tier', r.tier_requirement))); end if;
  update public.loyalty_rewards x set current_redemptions = coalesce(x.current_redemptions, 0) + 1 where x.clinic_id = clinic and x.id = reward;
  return r.name;
end $$;

drop function desk.believed_at(desk.member, jsonb);
select desk.close_functions();
