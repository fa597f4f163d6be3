-- Why: without merges everybody is who they were. Rows that were given stay with whom they were given to; who was merged is listed in the dump.
select desk.unwatch('desk.merge', 31::smallint);
create or replace function desk.due_bonuses(clinic uuid, since timestamptz, until timestamptz) returns table (customer_id uuid, points integer, source text, source_id uuid, purpose text, said text)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  with due as (
    select c.id as customer_id, 100 as points, 'birthday' as source, c.id as source_id, to_char(desk.local_time($1, $3 - interval '1 second'), 'YYYY') as purpose, 'เดือนเกิด' as said
    from public.customers c where c.clinic_id = $1 and extract(month from c.date_of_birth) = extract(month from desk.local_time($1, $3))
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
create or replace function desk.referrer_of(clinic uuid, typed text) returns uuid language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select p.customer_id from public.loyalty_profiles p, (select upper(regexp_replace($2, '[\s-]', '', 'g')) as plain) t
  where p.clinic_id = $1 and p.referral_code in ($2, lower(t.plain), t.plain, 'BN' || translate(substr(t.plain, 3), 'OIL', '011'))
  order by p.referral_code = $2 desc, p.referral_code = t.plain desc, p.referral_code limit 1;
$$;
create or replace function desk.apply(me desk.member, m jsonb) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare a desk.action; v integer := coalesce(desk.number_in(m ->> 'v'), 1);
begin
  select * into a from desk.action where name = m ->> 'name';
  if a.name is null and v <= 1 then perform desk.refuse('action_unknown'); end if;
  if a.name is null or v > a.version then raise exception 'this desk is newer than the database' using errcode = 'P0F04'; end if;
  if jsonb_typeof(m -> 'args') is distinct from 'object' then perform desk.refuse('value_not_allowed', '{"field":"args"}'); end if;
  execute format('select %s($1, $2)', a.decider::regproc) using me, m -> 'args';
end $$;
drop function desk.to_survivors(desk.member, text, jsonb);
drop trigger desk_refusal on public.customer_preferences;
drop function desk.carry_refusal();
drop trigger desk_thanks on public.point_transactions;
drop function desk.keep_thanks();
drop trigger desk_merge_entry on public.point_transactions;
drop function desk.keep_merge_entry();
drop trigger desk_ledger_added on public.point_transactions;
create trigger desk_ledger_added after insert on public.point_transactions for each row execute function desk.ledger_added();
do $$ declare t regclass; begin
  foreach t in array array['public.workflow_states', 'public.followup_executions', 'public.customer_preferences', 'desk.lead', 'desk.visit', 'desk.achieved']::regclass[] loop
    execute format('drop trigger touch_hands on %s', t);
  end loop;
  foreach t in array array['public.point_transactions', 'desk.visit', 'desk.payment', 'desk.coupon', 'desk.contact', 'desk.lot', 'desk.debt', 'desk.referral']::regclass[] loop
    execute format('drop trigger desk_hands on %s', t);
  end loop;
  foreach t in array array['public.workflow_states', 'public.followup_executions', 'public.customer_preferences', 'desk.lead', 'desk.visit', 'desk.achieved', 'desk.referral']::regclass[] loop
    execute format('drop trigger touch on %s', t);
    execute format('create trigger touch before update on %s for each row execute function desk.touch_updated_at()', t);
  end loop;
end $$;
drop trigger keep_contact on desk.contact;
create trigger keep_contact before update on desk.contact for each row execute function desk.keep_contact();
drop trigger desk_keep on desk.referral;
drop trigger desk_keep_change on desk.referral;
create trigger desk_keep before update or delete on desk.referral for each row execute function desk.keep_referral();
drop trigger desk_keep on desk.coupon;
drop trigger desk_keep_change on desk.coupon;
create trigger desk_keep before update or delete on desk.coupon for each row execute function desk.keep_coupon();
drop trigger desk_keep on desk.payment;
drop trigger desk_keep_change on desk.payment;
create trigger desk_keep before insert or update or delete on desk.payment for each row execute function desk.keep_payment();
drop trigger desk_keep on desk.visit;
drop trigger desk_keep_change on desk.visit;
create trigger desk_keep before insert or update or delete on desk.visit for each row execute function desk.keep_visit();
drop trigger desk_keep_ledger on public.point_transactions;
create trigger desk_keep_ledger before update on public.point_transactions for each row
  when ((to_jsonb(old) - array['description', 'workflow_id', 'achievement_id', 'reward_id']) is distinct from (to_jsonb(new) - array['description', 'workflow_id', 'achievement_id', 'reward_id'])) execute function desk.keep_ledger();
drop trigger "A_desk_merged" on public.customers;
drop function desk.take_merged_along();
drop trigger desk_merged on public.customers;
drop function desk.keep_merged();
do $$ declare t regclass; begin
  for t in select g.tgrelid::regclass from pg_trigger g where g.tgfoid = 'desk.follow_merge()'::regprocedure loop
    execute format('drop trigger a_desk_merge on %s', t);
  end loop;
end $$;
drop function desk.follow_merges(regclass);
drop function desk.follow_merge();
drop function desk.held_survivor(uuid);
drop function desk.survivor(uuid);
drop trigger desk_keep on desk.merge;
drop function desk.keep_merge();
drop table desk.merge_row;
drop table desk.merge;
drop function desk.touch_hands();
drop function desk.keep_hands();
drop function desk.is_moving(uuid, uuid);
drop table desk.merge_step;
