-- Why: points that somebody gives by hand, or takes from a customer who is not asked, are money without a receipt. Above what the clinic says, a second person has
-- to agree, under their own login: a row waits for them, and nothing is booked before. Nobody agrees with themselves, whatever a desk sends.

alter table desk.clinic
  add column gift_daily integer not null default 2000 constraint gift_daily_fits check (gift_daily between 0 and 1000000),       -- points that one person gives by hand on a day of the clinic
  add column gift_alone integer not null default 300 constraint gift_alone_fits check (gift_alone between 0 and 1000000),        -- a larger gift needs a second person
  add column redeem_alone integer not null default 2000 constraint redeem_alone_fits check (redeem_alone between 0 and 1000000); -- a larger redemption needs the customer's own word, or a second person
grant select (gift_daily, gift_alone, redeem_alone) on desk.clinic to desk_member;

-- What waits for a second person, and what they said. It is called like what asked for it.
create table desk.approval (
  clinic_id uuid not null references desk.clinic (clinic_id) on delete cascade,
  id uuid not null,
  kind text not null check (kind in ('gift', 'redemption')),
  customer_id uuid not null,
  points integer not null check (points between 1 and 1000000),
  reason text,                              -- of a gift: its code
  note text,
  reward_id uuid,                           -- of a redemption, if it is for a reward; no foreign key: rewards go
  asked_at timestamptz not null default now(),
  asked_by uuid not null,                   -- no foreign key: whoever leaves keeps their name on what they did
  asked_device text,
  state text not null default 'asked' check (state in ('asked', 'agreed', 'declined', 'withdrawn')),
  decided_at timestamptz,
  decided_by uuid,
  decided_device text,
  why text,                                 -- of no
  entry_id uuid,                            -- what was booked
  primary key (clinic_id, id),
  foreign key (clinic_id, customer_id) references public.customers (clinic_id, id) on delete cascade,
  check ((state = 'asked') = (decided_at is null) and (state = 'agreed') = (entry_id is not null)),
  constraint approval_takes_two check (state in ('asked', 'withdrawn') or decided_by is not null and decided_by <> asked_by)
);
create index approval_open on desk.approval (clinic_id, customer_id) where state = 'asked';
create index approval_asked on desk.approval (clinic_id, asked_by, asked_at);
create unique index approval_entry on desk.approval (clinic_id, entry_id) where entry_id is not null;
alter table desk.approval enable row level security;
select desk.fix_keys('desk.approval');

-- Holds also for who writes by hand: what was asked does not change, what is decided stays, and it goes only with its customer or clinic.
create function desk.keep_approval() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare open text[] := array['state', 'decided_at', 'decided_by', 'decided_device', 'why', 'entry_id'];
begin
  if tg_op = 'DELETE' then
    if exists (select 1 from public.customers c join public.clinics k on k.id = c.clinic_id where c.clinic_id = old.clinic_id and c.id = old.customer_id) then
      raise exception 'what was asked of a second person is never deleted' using errcode = '23001';
    end if;
    return old;
  end if;
  -- Rows of a customer who is merged with another go along.
  if new.customer_id is distinct from old.customer_id then
    if desk.is_moving(old.customer_id, new.customer_id) then return new; end if;
  end if;
  if to_jsonb(new) - open is distinct from to_jsonb(old) - open or old.state <> 'asked' then
    raise exception 'what was asked of a second person is decided once' using errcode = '23514', constraint = 'desk_approval_once', table = 'approval', schema = 'desk';
  end if;
  return new;
end $$;
create trigger desk_keep before update or delete on desk.approval for each row execute function desk.keep_approval();

-- Who may be the second person: for a gift who answers for the clinic, for a redemption whoever serves customers.
create function desk.second_roles(kind text) returns text[] language sql immutable
return case kind when 'gift' then array['owner', 'manager'] else array['owner', 'manager', 'front_desk'] end;

-- Asks for a second person, and tells everybody who may be it.
create function desk.ask_second(me desk.member, a desk.approval) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare others uuid[] := array_remove(desk.people_of(me.clinic_id, null, desk.second_roles(a.kind)), me.person_id); called text;
begin
  if cardinality(others) = 0 then perform desk.refuse('nobody_to_agree'); end if;
  insert into desk.approval (clinic_id, id, kind, customer_id, points, reason, note, reward_id, asked_by, asked_device)
  values (me.clinic_id, a.id, a.kind, a.customer_id, a.points, a.reason, a.note, a.reward_id, me.person_id, me.device);
  select coalesce(nullif(btrim(c.nickname), ''), split_part(c.full_name, ' ', 1)) into called from public.customers c where c.clinic_id = me.clinic_id and c.id = a.customer_id;
  perform desk.notify(me.clinic_id, others, 'second_person', case a.kind when 'gift' then 'ขอให้แต้ม ' else 'ขอแลกแต้ม ' end || a.points || ': ' || called,
    'รอคนที่สองเห็นชอบ ขอโดย ' || coalesce(desk.nickname_of(me.clinic_id, me.person_id), ''), 'high', '/customers/' || a.customer_id, 'approval:' || a.id,
    jsonb_build_object('customer_id', a.customer_id, 'approval_id', a.id, 'points', a.points, 'kind', a.kind));
end $$;

-- Nobody has to look any more, and who asked hears what was said.
create function desk.end_asking(me desk.member, a desk.approval) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare agrees boolean := a.state = 'agreed';
begin
  update public.notifications n set is_read = true where n.clinic_id = a.clinic_id and n.type = 'second_person' and n.metadata ->> 'subject' = 'approval:' || a.id and not coalesce(n.is_read, false);
  if a.state = 'withdrawn' then return; end if;
  perform desk.notify(a.clinic_id, array[a.asked_by], 'second_person_said', case when agrees then 'เห็นชอบแล้ว: ' else 'ไม่เห็นชอบ: ' end || a.points || ' แต้ม',
    'โดย ' || coalesce(desk.nickname_of(a.clinic_id, me.person_id), '') || coalesce(': ' || a.why, ''), case when agrees then 'medium' else 'high' end, '/customers/' || a.customer_id, 'approval_said:' || a.id,
    jsonb_build_object('customer_id', a.customer_id, 'approval_id', a.id));
end $$;

-- A redemption that is larger than staff may do alone waits for a second person. The points have to be there.
create function desk.apply_points_ask(me desk.member, args jsonb) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare a desk.approval; s desk.point_sum;
begin
  a.id := desk.arg_uuid(args, 'id'); a.kind := 'redemption'; a.customer_id := desk.arg_uuid(args, 'customer_id'); a.points := desk.arg_number(args, 'points', 1, 1000000, 'amount_out_of_range');
  a.reward_id := case when coalesce(jsonb_typeof(args -> 'reward_id'), 'null') <> 'null' then desk.arg_uuid(args, 'reward_id') end;
  a.note := nullif(desk.arg_text(args, 'note', 500), '');
  perform 1 from public.customers x where x.clinic_id = me.clinic_id and x.id = a.customer_id for key share;
  if not found then perform desk.refuse('customer_not_found'); end if;
  s := desk.lock_points(me.clinic_id, a.customer_id);
  perform desk.expire_points(me.clinic_id, a.customer_id, now());
  s := desk.lock_points(me.clinic_id, a.customer_id);
  if s.available < a.points then perform desk.refuse_short(me.clinic_id, a.customer_id, a.points, s.available, null); end if;
  perform desk.ask_second(me, a);
end $$;

-- What a second person says. The entry is made in the name of who asked, and names both.
create function desk.apply_approval_decide(me desk.member, args jsonb) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare wanted uuid := desk.arg_uuid(args, 'id'); entry uuid := desk.arg_uuid(args, 'entry'); said text := nullif(desk.arg_text(args, 'why', 500), ''); a desk.approval; agrees boolean;
begin
  if jsonb_typeof(args -> 'agree') is distinct from 'boolean' then perform desk.refuse('value_not_allowed', '{"field":"agree"}'); end if;
  agrees := (args -> 'agree')::boolean;
  select x.* into a from desk.approval x where x.clinic_id = me.clinic_id and x.id = wanted for no key update;
  if not found then perform desk.refuse('approval_not_found'); end if;
  perform desk.require_role(me, desk.second_roles(a.kind));
  if a.asked_by = me.person_id then perform desk.refuse('second_person_needed'); end if;
  if a.state <> 'asked' then perform desk.refuse('approval_decided', jsonb_build_object('state', a.state, 'by', desk.nickname_of(a.clinic_id, a.decided_by), 'at', a.decided_at)); end if;
  if not agrees and said is null then perform desk.refuse('reason_missing'); end if;
  update desk.approval x set state = case when agrees then 'agreed' else 'declined' end, decided_at = now(), decided_by = me.person_id, decided_device = me.device, why = said,
    entry_id = case when agrees then entry end where x.clinic_id = a.clinic_id and x.id = a.id returning x.* into a;
  if agrees then perform desk.book_agreed(me, a); end if;
  perform desk.end_asking(me, a);
end $$;

create function desk.book_agreed(me desk.member, a desk.approval) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare asker desk.member := me;
begin
  asker.person_id := a.asked_by; asker.device := a.asked_device;
  if a.kind = 'gift' then perform desk.book_gift(asker, a.entry_id, a.customer_id, a.points, a.reason, a.note, a.id, a.decided_by);
  else perform desk.apply_points_redeem(asker, jsonb_strip_nulls(jsonb_build_object('id', a.entry_id, 'customer_id', a.customer_id, 'points', a.points, 'reward_id', a.reward_id, 'note', a.note))); end if;
end $$;

-- Who was the second person; none where nobody had to be.
alter table public.point_transactions add column desk_agreed_by uuid;

-- Redeemed without the customer's own word: above the clinic's limit only what a second person agreed to, and to exactly that. Past every question, by whichever
-- way an entry is written.
create function desk.need_second_person() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare a desk.approval; most integer;
begin
  select x.* into a from desk.approval x where x.clinic_id = new.clinic_id and x.entry_id = new.id and x.kind = 'redemption' and x.customer_id = new.customer_id and x.points = -new.amount;
  if found then
    new.desk_method := 'two'; new.desk_agreed_by := a.decided_by;
    return new;
  end if;
  select c.redeem_alone into most from desk.clinic c where c.clinic_id = new.clinic_id;
  if -new.amount > most then perform desk.refuse('second_person_needed', jsonb_build_object('most', most)); end if;
  return new;
end $$;
-- After `desk_sign`, by its name: what is spent is less than nothing here.
create trigger desk_two_people before insert on public.point_transactions for each row
  when (new.type = 'redeemed' and new.desk_source = 'desk' and new.desk_method is distinct from 'display') execute function desk.need_second_person();

-- Other limits, from now on.
create function desk.apply_clinic_set_point_limits(me desk.member, args jsonb) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare c desk.clinic; daily integer := desk.arg_number(args, 'gift_daily', 0, 1000000, 'amount_out_of_range'); alone integer := desk.arg_number(args, 'gift_alone', 0, 1000000, 'amount_out_of_range');
  redeem integer := desk.arg_number(args, 'redeem_alone', 0, 1000000, 'amount_out_of_range'); seen jsonb := args -> 'base';
begin
  perform desk.require_role(me, array['owner', 'manager']);
  select x.* into strict c from desk.clinic x where x.clinic_id = me.clinic_id for no key update;
  if (c.gift_daily, c.gift_alone, c.redeem_alone) = (daily, alone, redeem) then return; end if;
  if seen is distinct from jsonb_build_object('gift_daily', c.gift_daily, 'gift_alone', c.gift_alone, 'redeem_alone', c.redeem_alone) then perform desk.refuse('changed_meanwhile', '{"field":"point_limits"}'); end if;
  update desk.clinic x set gift_daily = daily, gift_alone = alone, redeem_alone = redeem where x.clinic_id = me.clinic_id;
end $$;

insert into desk.action (name, version, decider) values
  ('points.ask', 1, 'desk.apply_points_ask(desk.member, jsonb)'), ('approval.decide', 1, 'desk.apply_approval_decide(desk.member, jsonb)'),
  ('clinic.set_point_limits', 1, 'desk.apply_clinic_set_point_limits(desk.member, jsonb)');

select desk.watch('desk.approval', 29::smallint, 'id', '''clinic''');
select desk.open_to_desks('desk.approval', 'clinic_id in (select p.clinic_id from desk.my_pairs() p)',
  string_to_array('id clinic_id kind customer_id points reason note reward_id asked_at asked_by asked_device state decided_at decided_by why entry_id', ' '));
select desk.close_functions();
