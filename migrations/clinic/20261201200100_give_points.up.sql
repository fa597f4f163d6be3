-- Why: a clinic thanks and apologises with points, and until now nobody could give any by hand. Who does it says why, by a code that can be counted, and only so much
-- a day (rule L22).

-- Why points are given by hand: what the code says on the customer's list, and whether it has to be told in words. The desks have the same list.
create table desk.gift_reason (
  code text primary key,
  nth integer not null,
  said text not null,
  needs_note boolean not null
);
alter table desk.gift_reason enable row level security;
insert into desk.gift_reason (nth, code, said, needs_note) values
  (1, 'goodwill', 'น้ำใจจากคลินิก', false), (2, 'complaint', 'ขออภัยในความไม่สะดวก', false), (3, 'clinic_birthday', 'วันเกิดคลินิก', false),
  (4, 'correction', 'แก้ไขแต้มที่ขาด', true), (5, 'other', 'อื่น ๆ', true);

create index desk_point_transactions_gifts on public.point_transactions (clinic_id, desk_by, desk_posted_at) where desk_source = 'gift';

-- What a person has given on the clinic's day of `at`: alone, and with a second person, asked or agreed. What was taken back is not given.
create function desk.given_on(clinic uuid, person uuid, at timestamptz) returns bigint language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare today timestamptz := desk.day_start(clinic, desk.local_day(clinic, at));
begin
  return coalesce((select sum(e.amount) from public.point_transactions e where e.clinic_id = given_on.clinic and e.desk_source = 'gift' and e.desk_by = person and e.desk_posted_at >= today
      and not exists (select 1 from public.point_transactions r where r.desk_reverses = e.id and r.clinic_id = e.clinic_id)), 0)
    + coalesce((select sum(a.points) from desk.approval a where a.clinic_id = given_on.clinic and a.kind = 'gift' and a.asked_by = person and a.asked_at >= today and a.state in ('asked', 'agreed')), 0);
end $$;

-- Points as a gift: a lot with its end like every other, under the version that counts now, in the name of who gives. `approval`: what a second person agreed to.
create function desk.book_gift(me desk.member, entry uuid, customer uuid, points bigint, code text, note text, approval uuid, agreed uuid) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare said text := (select r.said from desk.gift_reason r where r.code = book_gift.code);
begin
  perform desk.begin_policy(me.clinic_id);
  perform desk.loyalty_profile(me, customer);
  insert into public.point_transactions (id, clinic_id, customer_id, type, amount, description, expires_at, desk_source, desk_source_id, desk_purpose, desk_policy, desk_reason, desk_by, desk_device, desk_agreed_by)
  values (entry, me.clinic_id, customer, 'bonus', points, said || coalesce(': ' || note, ''), desk.lot_expiry(me.clinic_id, now()), case when approval is null then 'gift' else 'approval' end, coalesce(approval, entry), 'gift',
    (desk.policy_at(me.clinic_id, now())).version, code, me.person_id, me.device, agreed);
end $$;

-- Small gifts are booked at once, larger ones wait for a second person. The person's row is held, so that two PCs of one person do not count the same rest.
create function desk.apply_points_give(me desk.member, args jsonb) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare a desk.approval; r desk.gift_reason; c desk.clinic; rest bigint;
begin
  a.id := desk.arg_uuid(args, 'id'); a.kind := 'gift'; a.customer_id := desk.arg_uuid(args, 'customer_id'); a.points := desk.arg_number(args, 'points', 1, 100000, 'amount_out_of_range');
  a.reason := desk.arg_text(args, 'reason', 40); a.note := nullif(desk.arg_text(args, 'note', 300), '');
  perform desk.require_role(me, array['owner', 'manager', 'front_desk']);
  select x.* into r from desk.gift_reason x where x.code = a.reason;
  if not found then perform desk.refuse('value_not_allowed', '{"field":"reason"}'); end if;
  if r.needs_note and a.note is null then perform desk.refuse('reason_missing'); end if;
  perform 1 from desk.staff s where s.clinic_id = me.clinic_id and s.person_id = me.person_id for no key update;
  perform 1 from public.customers x where x.clinic_id = me.clinic_id and x.id = a.customer_id for key share;
  if not found then perform desk.refuse('customer_not_found'); end if;
  select x.* into strict c from desk.clinic x where x.clinic_id = me.clinic_id;
  rest := greatest(c.gift_daily - desk.given_on(me.clinic_id, me.person_id, now()), 0);
  if a.points > rest then perform desk.refuse('gift_limit_reached', jsonb_build_object('left', rest, 'most', c.gift_daily)); end if;
  if a.points > c.gift_alone then perform desk.ask_second(me, a); else perform desk.book_gift(me, a.id, a.customer_id, a.points, a.reason, a.note, null, null); end if;
end $$;

-- A gift taken back by who gave it, while its points are there; or what waits for a second person is not asked any more.
create function desk.apply_points_ungive(me desk.member, args jsonb) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare m desk.mutation := desk.undoing(me, args, 'points.give points.ask'); entry uuid := desk.arg_uuid(args, 'id'); key uuid; a desk.approval; e public.point_transactions; s desk.point_sum;
begin
  if m.status <> 'ok' then return; end if;
  key := desk.arg_uuid(m.args, 'id');
  select x.* into a from desk.approval x where x.clinic_id = me.clinic_id and x.id = key for no key update;
  if found then
    if a.state <> 'asked' then perform desk.refuse('approval_decided', jsonb_build_object('state', a.state, 'by', desk.nickname_of(a.clinic_id, a.decided_by), 'at', a.decided_at)); end if;
    update desk.approval x set state = 'withdrawn', decided_at = now(), decided_by = me.person_id, decided_device = me.device where x.clinic_id = a.clinic_id and x.id = a.id returning x.* into a;
    perform desk.end_asking(me, a);
    return;
  end if;
  select t.* into e from public.point_transactions t where t.clinic_id = me.clinic_id and t.id = key and t.desk_source = 'gift';
  if not found then perform desk.refuse('nothing_to_undo'); end if;
  s := desk.lock_points(e.clinic_id, e.customer_id);
  if s.available < e.amount then perform desk.refuse('points_spent', jsonb_build_object('missing', e.amount - s.available)); end if;
  insert into public.point_transactions (id, clinic_id, customer_id, type, amount, description, created_at, expires_at, desk_reverses, desk_source, desk_source_id, desk_purpose, desk_policy, desk_reason, desk_by, desk_device)
  values (entry, e.clinic_id, e.customer_id, 'refund', -e.amount, 'ย้อน: ' || coalesce(e.description, ''), greatest(now(), e.created_at + interval '1 microsecond'), e.expires_at, e.id,
    'undo', m.id, 'ungive', e.desk_policy, e.desk_reason, me.person_id, me.device);
end $$;

insert into desk.action (name, version, decider) values ('points.give', 1, 'desk.apply_points_give(desk.member, jsonb)'), ('points.ungive', 1, 'desk.apply_points_ungive(desk.member, jsonb)');
select desk.close_functions();
