-- Why: who sends a friend is thanked with points, and that is worth cheating for. Who sent whom is written down once and for ever; whether it is paid is decided
-- from facts when the friend has paid and kept the treatment, by one rule (desk_core::referral); what that rule cannot judge waits for a manager, with its reasons.

-- One row a person who was sent: one referrer for ever.
create table desk.referral (
  clinic_id uuid not null references desk.clinic (clinic_id) on delete cascade,
  id uuid not null,
  referrer_id uuid not null,
  friend_id uuid not null,
  made_at timestamptz not null,
  made_by uuid not null,                     -- no foreign key: whoever leaves keeps their name on what they did
  made_device text,
  by_code boolean not null,                  -- the friend brought the code; else somebody named the referrer
  state text not null default 'waiting' check (state in ('waiting', 'review', 'paid', 'refused', 'reversed')),
  reasons text[] not null default '{}',      -- words of desk_core::referral::Reason, those that weigh most first
  asked_at timestamptz,                      -- since when a worker has to judge it; none: nothing to judge now
  decided_at timestamptz,
  decided_by uuid,                           -- who looked at it; none: the rule alone
  note text,                                 -- why they decided so
  entry_id uuid,                             -- the points
  points integer not null default 0,
  updated_at timestamptz not null default now(),
  primary key (clinic_id, id),
  unique (clinic_id, friend_id),
  foreign key (clinic_id, referrer_id) references public.customers (clinic_id, id) on delete cascade,
  foreign key (clinic_id, friend_id) references public.customers (clinic_id, id) on delete cascade,
  check (referrer_id <> friend_id),
  check ((decided_by is null) = (note is null)),
  check (state not in ('paid', 'reversed') or entry_id is not null)
);
create index referral_referrer on desk.referral (clinic_id, referrer_id, made_at);
create index referral_asked on desk.referral (asked_at) where asked_at is not null;
create trigger touch before update on desk.referral for each row execute function desk.touch_updated_at();
select desk.fix_keys('desk.referral');

-- Holds also for who writes by hand: who sent whom never changes, and what was paid is paid until it is taken back.
create function desk.keep_referral() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  if tg_op = 'DELETE' then
    if exists (select 1 from public.customers c join public.clinics k on k.id = c.clinic_id where c.clinic_id = old.clinic_id and c.id = old.friend_id)
      and exists (select 1 from public.customers c where c.clinic_id = old.clinic_id and c.id = old.referrer_id) then
      raise exception 'referrals are never deleted' using errcode = '23001';
    end if;
    return old;
  end if;
  if (old.referrer_id, old.friend_id, old.made_at, old.made_by, old.by_code) is distinct from (new.referrer_id, new.friend_id, new.made_at, new.made_by, new.by_code)
    or old.state = 'reversed' and new.state <> 'reversed' or old.state = 'paid' and new.state not in ('paid', 'reversed') then
    raise exception 'who referred whom never changes, nor what was paid' using errcode = '23514', constraint = 'desk_referral_step', table = 'referral', schema = 'desk';
  end if;
  return new;
end $$;
create trigger desk_keep before update or delete on desk.referral for each row execute function desk.keep_referral();

-- How many of a customer's friends were paid for stands in the membership, where the web system reads it.
create function desk.paid_referrals(clinic uuid, customer uuid) returns integer language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select count(*)::integer from desk.referral r where r.clinic_id = $1 and r.referrer_id = $2 and r.state = 'paid';
$$;

create function desk.count_referrals() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  update public.loyalty_profiles p set successful_referrals = desk.paid_referrals(new.clinic_id, new.referrer_id) where p.clinic_id = new.clinic_id and p.customer_id = new.referrer_id;
  return null;
end $$;
create trigger count_new_referrals after insert on desk.referral for each row when (new.state = 'paid') execute function desk.count_referrals();
create trigger count_referrals after update of state on desk.referral for each row when (old.state <> new.state) execute function desk.count_referrals();

create function desk.keep_referral_count() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  new.successful_referrals := desk.paid_referrals(new.clinic_id, new.customer_id);
  return new;
end $$;
create trigger desk_referral_count before update of successful_referrals on public.loyalty_profiles for each row execute function desk.keep_referral_count();

-- Somebody for the ledger to name where a rule acts by itself.
create function desk.by_itself(clinic uuid) returns desk.member language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare m desk.member;
begin
  m.clinic_id := clinic; m.person_id := desk.automation(clinic);
  return m;
end $$;

-- Points that no bill earned, never multiplied: once for a source and purpose, however often it is asked. Makes the member where there is none. The entry's id, or
-- nothing when it was given before.
create function desk.give_bonus(me desk.member, customer uuid, points integer, source text, source_id uuid, purpose text, said text, at timestamptz default null) returns uuid
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare entry uuid := gen_random_uuid();
begin
  perform desk.loyalty_profile(me, customer);
  insert into public.point_transactions (id, clinic_id, customer_id, type, amount, description, expires_at, desk_effective_at, desk_source, desk_source_id, desk_purpose, desk_policy, desk_by, desk_device)
  select entry, me.clinic_id, customer, 'bonus', points, said, desk.lot_expiry(me.clinic_id, coalesce(at, now())), at, source, source_id, purpose, c.loyalty_policy, me.person_id, me.device
  from desk.clinic c where c.clinic_id = me.clinic_id
  on conflict (clinic_id, desk_source, desk_source_id, desk_purpose) where desk_source is not null do nothing;
  return case when found then entry end;
end $$;

-- Takes a bonus back: its own points first; what was spent of it is owed.
create function desk.take_bonus_back(me desk.member, entry uuid, why text) returns void language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  insert into public.point_transactions (clinic_id, customer_id, type, amount, description, created_at, expires_at, desk_reverses, desk_source, desk_source_id, desk_purpose, desk_policy, desk_reason, desk_by, desk_device)
  select e.clinic_id, e.customer_id, 'refund', -e.amount, 'ยกเลิก: ' || coalesce(e.description, ''), greatest(now(), e.created_at + interval '1 microsecond'), e.expires_at, e.id,
    e.desk_source, e.desk_source_id, e.desk_purpose || ' back', e.desk_policy, why, me.person_id, me.device
  from public.point_transactions e where e.clinic_id = me.clinic_id and e.id = entry
  on conflict (clinic_id, desk_source, desk_source_id, desk_purpose) where desk_source is not null do nothing;
end $$;

-- A code as people type it: upper case, without blanks and dashes; of our own alphabet O is 0, and I and L are 1.
create function desk.referrer_of(clinic uuid, typed text) returns uuid language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select p.customer_id from public.loyalty_profiles p, (select upper(regexp_replace($2, '[\s-]', '', 'g')) as plain) t
  where p.clinic_id = $1 and p.referral_code in ($2, lower(t.plain), t.plain, 'BN' || translate(substr(t.plain, 3), 'OIL', '011'))
  order by p.referral_code = $2 desc, p.referral_code = t.plain desc, p.referral_code limit 1;
$$;

-- Asks for a judgement at a time, through the clock that everything due goes through.
create function desk.arm_referral(r desk.referral, occasion text, due timestamptz) returns void language sql security definer set search_path = pg_catalog, pg_temp as $$
  select desk.arm(r.clinic_id, 'referral.ask', r.id || ' ' || occasion, due, null, jsonb_build_object('id', r.id));
$$;

create function desk.fire_referral_ask(t desk.timer) returns text language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  update desk.referral r set asked_at = now() where r.clinic_id = t.clinic_id and r.id = (t.facts ->> 'id')::uuid and r.state in ('waiting', 'review', 'paid');
  return case when found then 'asked' else 'nothing to judge' end;
end $$;
insert into desk.timer_kind (kind, decider) values ('referral.ask', 'desk.fire_referral_ask(desk.timer)');

create function desk.apply_referral_record(me desk.member, args jsonb) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
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

-- A manager's word on what the rule did not decide, or decided against.
create function desk.apply_referral_decide(me desk.member, args jsonb) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare key uuid := desk.arg_uuid(args, 'id'); wanted text := desk.arg_text(args, 'decision', 20); why text := nullif(desk.arg_text(args, 'reason', 500), ''); r desk.referral;
begin
  perform desk.require_role(me, array['owner', 'manager']);
  if wanted is null or wanted not in ('pay', 'refuse') then perform desk.refuse('value_not_allowed', '{"field":"decision"}'); end if;
  if why is null then perform desk.refuse('reason_missing'); end if;
  select x.* into r from desk.referral x where x.clinic_id = me.clinic_id and x.id = key for update;
  if not found then perform desk.refuse('referral_not_found'); end if;
  if r.state not in ('review', 'refused') or r.state = 'refused' and wanted = 'refuse' then
    perform desk.refuse('referral_decided', jsonb_build_object('state', r.state, 'by', desk.nickname_of(r.clinic_id, r.decided_by), 'at', r.decided_at));
  end if;
  if wanted = 'pay' and not desk.is_paid_and_kept(r.clinic_id, r.friend_id) then perform desk.refuse('referral_not_paid_for'); end if;
  if wanted = 'pay' then perform desk.pay_referral(r, me, why);
  else update desk.referral x set state = 'refused', decided_at = now(), decided_by = me.person_id, note = why, asked_at = null where x.clinic_id = r.clinic_id and x.id = r.id; end if;
  perform desk.end_review(r);
end $$;

-- Whether the friend has money with the clinic at all: nobody's word pays for a treatment that was given back.
create function desk.is_paid_and_kept(clinic uuid, friend uuid) returns boolean language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select exists (select 1 from desk.payment p where p.clinic_id = $1 and p.customer_id = $2 and p.refunds is null and desk.unrefunded(p) > 0);
$$;

create function desk.pay_referral(r desk.referral, me desk.member, why text) returns void language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare entry uuid := desk.give_bonus(me, r.referrer_id, 200, 'referral', r.id, 'thanks', 'แนะนำเพื่อน');
begin
  update desk.referral x set state = 'paid', decided_at = now(), decided_by = case when why is not null then me.person_id end, note = why, entry_id = coalesce(entry, x.entry_id), points = 200, asked_at = null
  where x.clinic_id = r.clinic_id and x.id = r.id and x.state <> 'paid';
end $$;

-- The question to the managers is answered.
create function desk.end_review(r desk.referral) returns void language sql security definer set search_path = pg_catalog, pg_temp as $$
  update public.notifications n set is_read = true where n.clinic_id = r.clinic_id and n.type = 'referral_review' and n.metadata ->> 'subject' = 'referral:' || r.id and not coalesce(n.is_read, false);
$$;

-- What the friend pays and gets back is what a referral is judged by.
create function desk.referral_paid_for() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare r desk.referral;
begin
  select x.* into r from desk.referral x where x.clinic_id = new.clinic_id and x.friend_id = new.customer_id and x.state in ('waiting', 'review', 'paid');
  if not found then return null; end if;
  if new.refunds is not null then perform desk.arm_referral(r, new.id::text, now());
  elsif r.state <> 'paid' then
    perform desk.arm_referral(r, 'paid ' || new.id, now());
    perform desk.arm_referral(r, new.id::text, new.taken_at + interval '14 days');
  end if;
  return null;
end $$;
create trigger desk_referral after insert on desk.payment for each row execute function desk.referral_paid_for();

-- The web system keeps an address as a text or as a document of parts: street and house first, wherever they stand.
create function desk.address_text(address jsonb) returns text language sql immutable set search_path = pg_catalog, pg_temp as $$
  select left(case jsonb_typeof(address) when 'string' then address #>> '{}'
    when 'object' then (select string_agg(v.value, ' ' order by array_position(array['house', 'house_no', 'houseNumber', 'address', 'line1', 'street', 'road', 'soi', 'line2'], v.key) nulls last, v.key)
      from jsonb_each_text(address) v where jsonb_typeof(address -> v.key) in ('string', 'number')) end, 500);
$$;

-- One of the two, as far as the clinic's tables know them. Of cards it knows nothing, of an identity card only what the web system noted, of devices only its own.
create function desk.referral_person(clinic uuid, customer uuid) returns jsonb language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select jsonb_build_object('id', c.id, 'name', coalesce(c.full_name, ''), 'birth', c.date_of_birth, 'phone', c.phone,
    'line_id', coalesce(c.metadata ->> 'line_user_id', c.metadata ->> 'lineUserId', c.metadata ->> 'line_id'), 'id_hash', coalesce(c.metadata ->> 'id_card_hash', c.metadata ->> 'national_id_hash'),
    'address', nullif(concat_ws(' ', desk.address_text(to_jsonb(c) -> 'address'), to_jsonb(c) ->> 'district', to_jsonb(c) ->> 'province', to_jsonb(c) ->> 'postal_code'), ''))
  from public.customers c where c.clinic_id = $1 and c.id = $2;
$$;

-- One number however it is written: its last nine digits. Only functions that everybody may call: who writes a customer keeps the index.
create index desk_customers_phone_digits on public.customers (clinic_id, right(regexp_replace(phone, '[^0-9]', '', 'g'), 9));

-- The first visit that the clinic knows of somebody from before, under this record or another one with the same phone.
create function desk.known_before(clinic uuid, friend uuid, at timestamptz) returns jsonb language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  with me as (select right(regexp_replace(c.phone, '[^0-9]', '', 'g'), 9) as digits from public.customers c where c.clinic_id = $1 and c.id = $2),
  same as (
    select $2 as id
    union select c.id from me join public.customers c on c.clinic_id = $1 and length(me.digits) = 9 and right(regexp_replace(c.phone, '[^0-9]', '', 'g'), 9) = me.digits
    where c.id is distinct from (select r.referrer_id from desk.referral r where r.clinic_id = $1 and r.friend_id = $2)
  ), firsts as (
    select min(c.first_visit_date) as day from public.customers c join same s on s.id = c.id where c.clinic_id = $1
    union all select min(v.day) from desk.visit v join same s on s.id = v.customer_id where v.clinic_id = $1 and v.state in ('serving', 'done')
    union all select min(desk.local_time($1, p.taken_at)::date) from desk.payment p join same s on s.id = p.customer_id where p.clinic_id = $1
  )
  select case when min(f.day) < desk.local_time($1, $3)::date then jsonb_build_object('first_visit', min(f.day)) end from firsts f;
$$;

-- Through whom somebody came, from friend to friend.
create function desk.referral_chain(clinic uuid, customer uuid) returns uuid[] language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  with recursive up as (
    select r.referrer_id, array[r.referrer_id] as path from desk.referral r where r.clinic_id = $1 and r.friend_id = $2
    union all
    select r.referrer_id, up.path || r.referrer_id from up join desk.referral r on r.clinic_id = $1 and r.friend_id = up.referrer_id where r.referrer_id <> all (up.path) and cardinality(up.path) < 20
  )
  select coalesce(array_agg(up.referrer_id), '{}') from up;
$$;

-- Everything that is known of a referral now, in the words of desk_core::referral::Facts.
create function desk.referral_facts(r desk.referral) returns jsonb language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  with paid as (
    select p.id, p.taken_at, p.satang, row_number() over (order by p.taken_at, p.number) - 1 as place from desk.payment p
    where p.clinic_id = r.clinic_id and p.customer_id = r.friend_id and p.refunds is null order by p.taken_at, p.number limit 500
  )
  select jsonb_build_object('referrer', desk.referral_person(r.clinic_id, r.referrer_id), 'friend', desk.referral_person(r.clinic_id, r.friend_id), 'made_at', r.made_at,
    'registered_by', (select c.id from public.customers c where c.clinic_id = r.clinic_id and c.id in (r.referrer_id, r.friend_id) and (to_jsonb(c) ->> 'user_id')::uuid = r.made_by limit 1),
    'known', desk.known_before(r.clinic_id, r.friend_id, r.made_at), 'chain', to_jsonb(desk.referral_chain(r.clinic_id, r.referrer_id)),
    'friend_referred', coalesce((select jsonb_agg(x.friend_id) from desk.referral x where x.clinic_id = r.clinic_id and x.referrer_id = r.friend_id), '[]'),
    'treatments', coalesce((select jsonb_agg(jsonb_build_object('at', p.taken_at, 'price', p.satang, 'paid', p.satang) order by p.place) from paid p), '[]'),
    'refunds', coalesce((select jsonb_agg(jsonb_build_object('at', b.taken_at, 'satang', b.satang, 'of', p.place)) from desk.payment b join paid p on p.id = b.refunds where b.clinic_id = r.clinic_id), '[]'),
    'earlier', coalesce((select jsonb_agg(jsonb_build_object('made_at', x.made_at, 'is_refunded', x.state = 'reversed' or 'not_kept' = any (x.reasons) or 'refund_habit' = any (x.reasons)))
      from (select * from desk.referral x where x.clinic_id = r.clinic_id and x.referrer_id = r.referrer_id and (x.made_at, x.id) < (r.made_at, r.id) order by x.made_at desc limit 500) x
      where x.state <> 'refused' or 'refund_habit' = any (x.reasons)), '[]'));
$$;

-- For a worker: the referral that has waited longest for a judgement, locked until the transaction ends, with what is known of it.
create function desk.next_referral(out clinic uuid, out referral uuid, out facts jsonb, out judged_at timestamptz, out zone text) language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare r desk.referral;
begin
  select x.* into r from desk.referral x where x.asked_at is not null order by x.asked_at, x.id limit 1 for update skip locked;
  if not found then return; end if;
  clinic := r.clinic_id; referral := r.id; judged_at := now(); facts := desk.referral_facts(r);
  select c.timezone into zone from desk.clinic c where c.clinic_id = r.clinic_id;
end $$;

-- What the rule said. Paid is taken back only when what was paid for it was given back; what a person decided stays decided.
create function desk.follow_verdict(clinic uuid, referral uuid, decision text, reasons text[], needs_a_person boolean) returns void language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare r desk.referral; me desk.member := desk.by_itself(clinic);
begin
  select x.* into r from desk.referral x where x.clinic_id = follow_verdict.clinic and x.id = follow_verdict.referral and x.asked_at is not null for update;
  if not found then return; end if;
  update desk.referral x set asked_at = null, reasons = case when r.state = 'paid' and not follow_verdict.reasons && array['not_kept', 'refund_habit', 'waits_for_payment'] then x.reasons else follow_verdict.reasons end
  where x.clinic_id = r.clinic_id and x.id = r.id;
  if r.state = 'paid' then
    if follow_verdict.reasons && array['not_kept', 'refund_habit', 'waits_for_payment'] then perform desk.reverse_referral(r, me); end if;
  elsif decision = 'pay' and desk.is_paid_and_kept(r.clinic_id, r.friend_id) then perform desk.pay_referral(r, me, null); perform desk.end_review(r);
  elsif decision = 'refuse' then
    update desk.referral x set state = 'refused', decided_at = now() where x.clinic_id = r.clinic_id and x.id = r.id;
    perform desk.end_review(r);
  else
    update desk.referral x set state = case when needs_a_person then 'review' else 'waiting' end where x.clinic_id = r.clinic_id and x.id = r.id;
    if needs_a_person and r.state <> 'review' then
      perform desk.notify(r.clinic_id, desk.people_of(r.clinic_id, null, array['owner', 'manager']), 'referral_review', 'แนะนำเพื่อน: รอตรวจ', 'มีรายการแนะนำเพื่อนที่ต้องให้คนตัดสิน', 'medium', '/referrals', 'referral:' || r.id);
    elsif not needs_a_person then perform desk.end_review(r);
    end if;
  end if;
end $$;

-- For a worker: follows the verdict. Where that fails for a reason of its own, the others do not wait for it: it is asked again in an hour.
create function desk.settle_referral(clinic uuid, referral uuid, decision text, reasons text[], needs_a_person boolean) returns void language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare r desk.referral;
begin
  perform desk.follow_verdict(clinic, referral, decision, reasons, needs_a_person);
  set constraints all immediate;  -- what would fail at the commit fails here
exception
  when transaction_rollback or lock_not_available or query_canceled or insufficient_resources then raise;
  when others or assert_failure then
    update desk.referral x set asked_at = null where x.clinic_id = settle_referral.clinic and x.id = settle_referral.referral and x.asked_at is not null returning * into r;
    if found then perform desk.arm_referral(r, 'again ' || pg_current_xact_id(), now() + interval '1 hour'); end if;
    perform desk.note_problem('referral', 'referral_failed', sqlstate);
end $$;

create function desk.reverse_referral(r desk.referral, me desk.member) returns void language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform desk.take_bonus_back(me, r.entry_id, 'คืนเงินแล้ว');
  update desk.referral x set state = 'reversed', points = 0 where x.clinic_id = r.clinic_id and x.id = r.id;
end $$;

insert into desk.action (name, version, decider) values
  ('referral.record', 1, 'desk.apply_referral_record(desk.member, jsonb)'), ('referral.decide', 1, 'desk.apply_referral_decide(desk.member, jsonb)');

alter table desk.referral enable row level security;
select desk.watch('desk.referral', 26::smallint, 'id', '''clinic''');
select desk.open_to_desks('desk.referral', 'clinic_id in (select p.clinic_id from desk.my_pairs() p)',
  string_to_array('id clinic_id referrer_id friend_id made_at made_by by_code state reasons decided_at decided_by note points', ' '));
select desk.close_functions();
grant execute on function desk.next_referral(), desk.settle_referral(uuid, uuid, text, text[], boolean) to desk_worker;
