-- Why: what a treatment, a review, a friend, a birthday and coming bring was written into functions, the same for every clinic and for ever. Now each version of what a
-- clinic promises says it, and what comes is thanked for by the version of its own moment: a new number changes nothing that was promised before.

-- What of the thanks no clinic can mean: the field, or nothing. A referral brings something: by its points it is known as paid.
create function desk.bonus_problem(bonuses jsonb) returns text language plpgsql immutable set search_path = pg_catalog, pg_temp as $$
declare b text;
begin
  foreach b in array array['treatment', 'review', 'referral', 'birthday', 'check_in'] loop
    if jsonb_typeof(bonuses -> b) is distinct from 'number' or bonuses ->> b !~ '^[0-9]{1,5}$' or (bonuses ->> b)::integer not between (case b when 'referral' then 1 else 0 end) and 10000 then
      return 'bonuses.' || b;
    end if;
  end loop;
  return null;
end $$;

alter table desk.loyalty_policy
  add column bonuses jsonb not null default '{"treatment":50,"review":50,"referral":200,"birthday":100,"check_in":10}'  -- points for each, never multiplied; 0: none is given
    constraint bonuses_fit check (desk.bonus_problem(bonuses) is null);

create function desk.bonus_in(p desk.loyalty_policy, bonus text) returns integer language sql immutable
return (p.bonuses ->> bonus)::integer;

-- As before, and the thanks.
create or replace function desk.policy_problem(p desk.loyalty_policy) returns text language plpgsql immutable set search_path = pg_catalog, pg_temp as $$
declare t text; n text; last numeric := -1; floor bigint := 0; problem text;
begin
  foreach t in array array['bronze', 'silver', 'gold', 'platinum', 'diamond'] loop
    n := p.multipliers ->> t;
    if jsonb_typeof(p.multipliers -> t) is distinct from 'number' or n !~ '^[0-9]{1,2}(\.[0-9])?0*$' or n::numeric > 20 or n::numeric < last then return 'multipliers.' || t; end if;
    last := n::numeric;
    continue when t = 'bronze';
    n := p.floors ->> t;
    if jsonb_typeof(p.floors -> t) is distinct from 'number' or n !~ '^[0-9]{1,9}$' or n::bigint <= floor then return 'floors.' || t; end if;
    floor := n::bigint;
  end loop;
  problem := case when p.basis is null or p.basis not in ('points', 'baht') then 'basis' when p.months is null or p.months not between 1 and 240 then 'months'
    when p.welcome is null or p.welcome not between 0 and 10000 then 'welcome' when p.point_satang is null or p.point_satang not between 0 and 100000 then 'point_satang' end;
  return coalesce(problem, desk.bonus_problem(p.bonuses));
end $$;

-- As before, and the thanks.
create or replace function desk.apply_policy_plan(me desk.member, args jsonb) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare now_on desk.loyalty_policy; p desk.loyalty_policy; l desk.loyalty_policy; today date; day date; zone text; problem text;
begin
  perform desk.require_role(me, array['owner', 'manager']);
  select c.timezone into strict zone from desk.clinic c where c.clinic_id = me.clinic_id for no key update;
  select x.* into strict l from desk.loyalty_policy x where x.clinic_id = me.clinic_id order by x.version desc limit 1;
  if args -> 'expected' is distinct from to_jsonb(l.version) then perform desk.refuse('changed_meanwhile', jsonb_build_object('field', 'policy', 'by', desk.nickname_of(me.clinic_id, l.made_by))); end if;
  today := desk.local_time(me.clinic_id, now())::date;
  if args ->> 'from' !~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}$' then perform desk.refuse('value_not_allowed', '{"field":"from"}'); end if;
  begin day := (args ->> 'from')::date; exception when others then perform desk.refuse('date_out_of_range'); end;
  if day is null or day < today or day > today + 366 then perform desk.refuse('date_out_of_range'); end if;
  p := desk.policy_at(me.clinic_id, now());
  p.id := desk.arg_uuid(args, 'id'); p.version := l.version + 1; p.created_at := now(); p.made_by := me.person_id; p.reason := nullif(desk.arg_text(args, 'reason', 500), '');
  p.starts_at := case when day = today then now() else day::timestamp at time zone zone end;
  p.basis := desk.arg_text(args, 'basis', 10); p.multipliers := args -> 'multipliers'; p.floors := args -> 'floors';
  p.months := desk.arg_number(args, 'months', 0, 999999, 'value_not_allowed'); p.welcome := desk.arg_number(args, 'welcome', 0, 999999, 'value_not_allowed');
  p.point_satang := desk.arg_number(args, 'point_satang', 0, 999999, 'value_not_allowed');
  -- A desk from before these numbers says none: they stay.
  p.bonuses := coalesce(args -> 'bonuses', p.bonuses);
  problem := desk.policy_problem(p);
  if problem is not null then perform desk.refuse('policy_invalid', jsonb_build_object('field', problem)); end if;
  insert into desk.loyalty_policy values (p.*);
  perform desk.begin_policy(me.clinic_id);
end $$;

-- As before; the entry says by which version its number is, where that is not the one of now.
drop function desk.give_bonus(desk.member, uuid, integer, text, uuid, text, text, timestamptz);
create function desk.give_bonus(me desk.member, customer uuid, points integer, source text, source_id uuid, purpose text, said text, at timestamptz default null, policy integer default null) returns uuid
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare entry uuid := gen_random_uuid();
begin
  perform desk.loyalty_profile(me, customer);
  insert into public.point_transactions (id, clinic_id, customer_id, type, amount, description, expires_at, desk_effective_at, desk_source, desk_source_id, desk_purpose, desk_policy, desk_by, desk_device)
  select entry, me.clinic_id, customer, 'bonus', points, said, desk.lot_expiry(me.clinic_id, coalesce(at, now())), at, source, source_id, purpose, coalesce(policy, c.loyalty_policy), me.person_id, me.device
  from desk.clinic c where c.clinic_id = me.clinic_id
  on conflict (clinic_id, desk_source, desk_source_id, desk_purpose) where desk_source is not null do nothing;
  return case when found then entry end;
end $$;

-- As before; a referral brings what was promised when it was recorded.
create or replace function desk.pay_referral(r desk.referral, me desk.member, why text) returns void language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare l desk.loyalty_policy := desk.policy_at(r.clinic_id, r.made_at); promised integer := desk.bonus_in(l, 'referral');
  entry uuid := desk.give_bonus(me, r.referrer_id, promised, 'referral', r.id, 'thanks', 'แนะนำเพื่อน', null, l.version);
begin
  update desk.referral x set state = 'paid', decided_at = now(), decided_by = case when why is not null then me.person_id end, note = why, entry_id = coalesce(entry, x.entry_id), points = promised, asked_at = null
  where x.clinic_id = r.clinic_id and x.id = r.id and x.state <> 'paid';
end $$;

-- As before, and what it would bring: what the friend keeps has to be worth that.
create or replace function desk.referral_facts(r desk.referral) returns jsonb language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  with paid as (
    select p.id, p.taken_at, p.satang, row_number() over (order by p.taken_at, p.number) - 1 as place from desk.payment p
    where p.clinic_id = r.clinic_id and p.customer_id = r.friend_id and p.refunds is null and p.held_as is null order by p.taken_at, p.number limit 500
  )
  select jsonb_build_object('referrer', desk.referral_person(r.clinic_id, r.referrer_id), 'friend', desk.referral_person(r.clinic_id, r.friend_id), 'made_at', r.made_at,
    'points', desk.bonus_in(desk.policy_at(r.clinic_id, r.made_at), 'referral'),
    'registered_by', (select c.id from public.customers c where c.clinic_id = r.clinic_id and c.id in (r.referrer_id, r.friend_id) and (to_jsonb(c) ->> 'user_id')::uuid = r.made_by limit 1),
    'known', desk.known_before(r.clinic_id, r.friend_id, r.made_at), 'chain', to_jsonb(desk.referral_chain(r.clinic_id, r.referrer_id)),
    'friend_referred', coalesce((select jsonb_agg(x.friend_id) from desk.referral x where x.clinic_id = r.clinic_id and x.referrer_id = r.friend_id), '[]'),
    'treatments', coalesce((select jsonb_agg(jsonb_build_object('at', p.taken_at, 'price', p.satang, 'paid', p.satang) order by p.place) from paid p), '[]'),
    'refunds', coalesce((select jsonb_agg(jsonb_build_object('at', b.taken_at, 'satang', b.satang, 'of', p.place)) from desk.payment b join paid p on p.id = b.refunds where b.clinic_id = r.clinic_id), '[]'),
    'earlier', coalesce((select jsonb_agg(jsonb_build_object('made_at', x.made_at, 'is_refunded', x.state = 'reversed' or 'not_kept' = any (x.reasons) or 'refund_habit' = any (x.reasons)))
      from (select * from desk.referral x where x.clinic_id = r.clinic_id and x.referrer_id = r.referrer_id and (x.made_at, x.id) < (r.made_at, r.id) order by x.made_at desc limit 500) x
      where x.state <> 'refused' or 'refund_habit' = any (x.reasons)), '[]'));
$$;

-- As before, with the numbers of the version of its moment: of a birthday that is the beginning of its month. Where that says 0, nothing is due.
drop function desk.due_bonuses(uuid, timestamptz, timestamptz);
create function desk.due_bonuses(clinic uuid, since timestamptz, until timestamptz) returns table (customer_id uuid, points integer, source text, source_id uuid, purpose text, said text, policy integer)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  with months as (
    select distinct date_trunc('month', d) as month from generate_series(greatest(desk.local_time($1, $2), desk.local_time($1, $3) - interval '1 year'), desk.local_time($1, $3 - interval '1 second'), interval '1 day') d
    union select date_trunc('month', desk.local_time($1, $3 - interval '1 second'))
  ), due as (
    select c.id as customer_id, 'birthday' as bonus, m.month at time zone k.timezone as at, 'birthday' as source, c.id as source_id, to_char(m.month, 'YYYY') as purpose, 'เดือนเกิด' as said
    from public.customers c join months m on extract(month from c.date_of_birth) = extract(month from m.month) join desk.clinic k on k.clinic_id = c.clinic_id where c.clinic_id = $1
      and not exists (select 1 from desk.merge x where x.from_id = c.id and x.separated_at is null)
      and not exists (select 1 from public.point_transactions e where e.clinic_id = $1 and e.customer_id = c.id and e.desk_source = 'birthday' and e.desk_purpose = to_char(m.month, 'YYYY'))
    union all
    select x.customer_id, 'check_in', x.at, 'visit', x.id, 'check-in', 'มาตามนัด' from (
      select distinct on (v.customer_id, v.day) v.customer_id, v.id, v.day, coalesce(v.arrived_at, v.updated_at) as at from desk.visit v
      where v.clinic_id = $1 and v.state = 'done' and v.updated_at >= $2 and v.updated_at < $3 order by v.customer_id, v.day, v.arrived_at, v.id) x
    where not exists (select 1 from desk.visit o join public.point_transactions e on e.clinic_id = o.clinic_id and e.desk_source = 'visit' and e.desk_source_id = o.id and e.desk_purpose = 'check-in'
      where o.clinic_id = $1 and o.customer_id = x.customer_id and o.day = x.day)
    union all
    select w.customer_id, 'treatment', (select max(a.performed_at) from public.workflow_actions a where a.workflow_id = w.id and a.to_stage = 'treatment_completed'),
      'journey', w.id, 'treatment ' || w.desk_sessions_done, 'ทำทรีตเมนต์ครบ' from public.workflow_states w
    where w.clinic_id = $1 and w.desk_sessions_done > 0 and w.updated_at >= $2 and w.updated_at < $3 and exists (
      select 1 from public.workflow_actions a where a.workflow_id = w.id and a.to_stage = 'treatment_completed' and a.performed_at >= $2 - interval '31 days')
    union all
    select x.customer_id, 'review', x.occurred_at, 'review', x.id, 'review', 'รีวิว' from (
      select distinct on (e.customer_id) e.customer_id, e.id, e.occurred_at from public.customer_journey_events e
      where e.clinic_id = $1 and e.event_type = 'review_submitted' and e.occurred_at >= $2 and e.occurred_at < $3 order by e.customer_id, e.occurred_at, e.id) x
  )
  select d.customer_id, x.points, d.source, d.source_id, d.purpose, d.said, x.version
  from due d join public.loyalty_profiles p on p.clinic_id = $1 and p.customer_id = d.customer_id,
    lateral desk.policy_at($1, least(d.at, now())) l, lateral (select desk.bonus_in(l, d.bonus) as points, l.version) x
  where x.points > 0 and not exists (select 1 from public.point_transactions e where e.clinic_id = $1 and e.desk_source = d.source and e.desk_source_id = d.source_id and e.desk_purpose = d.purpose);
$$;

-- As before.
create or replace function desk.fire_bonuses_give(t desk.timer) returns text language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare me desk.member := desk.by_itself(t.clinic_id); b record; given integer := 0; since timestamptz; until timestamptz;
begin
  select r.done_until into since from desk.bonus_round r where r.clinic_id = t.clinic_id for update;
  until := date_trunc('day', desk.local_time(t.clinic_id, now())) at time zone (select c.timezone from desk.clinic c where c.clinic_id = t.clinic_id);
  for b in select * from desk.due_bonuses(t.clinic_id, since, until) x order by x.customer_id, x.source, x.source_id limit 200 loop
    perform desk.give_bonus(me, b.customer_id, b.points, b.source, b.source_id, b.purpose, b.said, null, b.policy);
    given := given + 1;
  end loop;
  if given = 200 then perform desk.arm(t.clinic_id, 'bonuses.give', 'rest ' || pg_current_xact_id(), now());
  else
    update desk.bonus_round r set done_until = greatest(since, until) where r.clinic_id = t.clinic_id;
    perform desk.arm(t.clinic_id, 'bonuses.give', desk.local_time(t.clinic_id, now())::date::text, desk.end_of_day(t.clinic_id, now()) + interval '2 seconds');
  end if;
  return 'given ' || given;
end $$;

grant select (bonuses) on desk.loyalty_policy to desk_member;
select desk.close_functions();
