-- Why: what a person may do comes from one immutable membership, never from users.clinic_id, which the person can change; and a clinic needs settings.

create table desk.clinic (
  clinic_id uuid primary key references public.clinics (id) on delete cascade,
  code_prefix text not null unique check (code_prefix ~ '^[A-Z0-9]{1,12}$'),  -- of customer codes; unique because the codes are
  name_th text not null,
  name_en text not null,
  timezone text not null default 'Asia/Bangkok',
  hot_lead_threshold integer not null default 70 check (hot_lead_threshold between 1 and 100),  -- score of 100 from which a lead is hot
  quiet_from time not null default '20:00',
  quiet_to time not null default '09:00',
  loyalty_multipliers jsonb not null default '{"bronze":1,"silver":1.5,"gold":2,"platinum":2.5,"diamond":3}',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);

-- The last number used for a customer code; apart from desk.clinic, whose changes travel to every desk.
create table desk.code_counter (
  clinic_id uuid primary key references desk.clinic (clinic_id) on delete cascade,
  last bigint not null default 0 check (last between 0 and 9999999)
);

create table desk.staff (
  clinic_id uuid not null references desk.clinic (clinic_id) on delete cascade,
  person_id uuid not null,           -- public.users.id; no foreign key: a person who leaves keeps their name on what they did
  role text not null check (role in ('owner', 'manager', 'front_desk', 'sales', 'beautician')),
  display_name text not null,
  nickname text,
  active boolean not null default true,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (clinic_id, person_id)
);
create index staff_person on desk.staff (person_id) where active;

create function desk.touch_updated_at() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if new is distinct from old then new.updated_at := now(); end if;
  return new;
end $$;
create trigger touch before update on desk.clinic for each row execute function desk.touch_updated_at();
create trigger touch before update on desk.staff for each row execute function desk.touch_updated_at();

-- A person who leaves becomes inactive. Rows go only together with their clinic, because history points at them.
create function desk.keep_people() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  if exists (select 1 from public.clinics where id = old.clinic_id) then
    raise exception 'staff are never deleted; set active to false' using errcode = '23001';
  end if;
  return old;
end $$;
create trigger keep_people before delete on desk.staff for each row execute function desk.keep_people();

-- A prefix out of the clinic's own code, made unique by a number at the end.
create function desk.new_prefix(code text) returns text language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare base text := coalesce(nullif(left(regexp_replace(upper(coalesce(code, '')), '[^A-Z0-9]', '', 'g'), 8), ''), 'C'); n int := 1; p text := base;
begin
  while exists (select 1 from desk.clinic where code_prefix = p) loop n := n + 1; p := base || n; end loop;
  return p;
end $$;

create function desk.keep_clinic() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare r jsonb := to_jsonb(new); d jsonb := to_jsonb(new) -> 'display_name'; th text; en text;
begin
  th := coalesce(case jsonb_typeof(d) when 'object' then coalesce(nullif(d ->> 'th', ''), d ->> 'en') when 'string' then d #>> '{}' end, r ->> 'name', r ->> 'clinic_code', '?');
  en := coalesce(case jsonb_typeof(d) when 'object' then coalesce(nullif(d ->> 'en', ''), d ->> 'th') when 'string' then d #>> '{}' end, r ->> 'name', r ->> 'clinic_code', '?');
  insert into desk.clinic as c (clinic_id, code_prefix, name_th, name_en) values (new.id, desk.new_prefix(r ->> 'clinic_code'), th, en)
  on conflict (clinic_id) do update set name_th = excluded.name_th, name_en = excluded.name_en where (c.name_th, c.name_en) is distinct from (excluded.name_th, excluded.name_en);
  return null;
end $$;

create function desk.role_of(word text) returns text language sql immutable set search_path = pg_catalog, pg_temp as $$
  select case word when 'clinic_owner' then 'owner' when 'clinic_admin' then 'manager' when 'sales_staff' then 'sales' when 'beautician' then 'beautician' else 'front_desk' end;
$$;

create function desk.name_of_person(person uuid) returns text language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select coalesce(nullif(btrim(to_jsonb(u) ->> 'full_name'), ''), nullif(split_part(to_jsonb(u) ->> 'email', '@', 1), '')) from public.users u where u.id = person;
$$;

create function desk.keep_staff() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare n jsonb; name text;
begin
  if tg_op <> 'INSERT' and (tg_op = 'DELETE' or (old.clinic_id, old.user_id) is distinct from (new.clinic_id, new.user_id)) then
    update desk.staff set active = false where clinic_id = old.clinic_id and person_id = old.user_id and active;  -- who leaves is inactive, never gone
  end if;
  if tg_op = 'DELETE' then return null; end if;
  n := to_jsonb(new);
  name := coalesce(desk.name_of_person(new.user_id), '?');
  insert into desk.staff as s (clinic_id, person_id, role, display_name, nickname, active)
  select new.clinic_id, new.user_id, desk.role_of(n ->> 'role'), name, nullif(split_part(name, ' ', 1), ''), coalesce((n ->> 'is_active')::boolean, true)
  where exists (select 1 from desk.clinic c where c.clinic_id = new.clinic_id)
  on conflict (clinic_id, person_id) do update set active = excluded.active,
    role = case when tg_op = 'UPDATE' and to_jsonb(old) -> 'role' is distinct from n -> 'role' then excluded.role else s.role end;
  return null;
end $$;

create trigger desk_keep_clinic after insert or update on public.clinics for each row execute function desk.keep_clinic();
create trigger desk_keep_staff after insert or update or delete on public.clinic_staff for each row execute function desk.keep_staff();

-- Those who were here before us.
do $$
declare c record; d jsonb;
begin
  for c in select x.id, to_jsonb(x) as r from public.clinics x order by to_jsonb(x) ->> 'created_at', x.id loop
    d := c.r -> 'display_name';
    insert into desk.clinic (clinic_id, code_prefix, name_th, name_en) values (c.id, desk.new_prefix(c.r ->> 'clinic_code'),
      coalesce(case jsonb_typeof(d) when 'object' then coalesce(nullif(d ->> 'th', ''), d ->> 'en') when 'string' then d #>> '{}' end, c.r ->> 'name', c.r ->> 'clinic_code', '?'),
      coalesce(case jsonb_typeof(d) when 'object' then coalesce(nullif(d ->> 'en', ''), d ->> 'th') when 'string' then d #>> '{}' end, c.r ->> 'name', c.r ->> 'clinic_code', '?'));
  end loop;
end $$;

insert into desk.staff (clinic_id, person_id, role, display_name, nickname, active)
select s.clinic_id, s.user_id, desk.role_of(to_jsonb(s) ->> 'role'), n.name, nullif(split_part(n.name, ' ', 1), ''), coalesce((to_jsonb(s) ->> 'is_active')::boolean, true)
from public.clinic_staff s join desk.clinic c on c.clinic_id = s.clinic_id, lateral (select coalesce(desk.name_of_person(s.user_id), '?') as name) n
on conflict do nothing;

insert into desk.staff (clinic_id, person_id, role, display_name, nickname)
select c.id, (to_jsonb(c) ->> 'owner_user_id')::uuid, 'owner', n.name, nullif(split_part(n.name, ' ', 1), '')
from public.clinics c, lateral (select coalesce(desk.name_of_person((to_jsonb(c) ->> 'owner_user_id')::uuid), '?') as name) n
where to_jsonb(c) ->> 'owner_user_id' is not null
on conflict do nothing;

-- The next customer code of a clinic. A counter row held until commit, so two desks never get the same; codes already taken are skipped.
create function desk.next_customer_code(clinic uuid) returns text language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare n bigint; prefix text; code text;
begin
  loop
    insert into desk.code_counter as k (clinic_id, last) values (clinic, 1) on conflict (clinic_id) do update set last = k.last + 1 returning last into n;
    select code_prefix into strict prefix from desk.clinic d where d.clinic_id = clinic;
    code := prefix || '-' || lpad(n::text, 6, '0');
    exit when not exists (select 1 from public.customers where customer_code = code);
  end loop;
  return code;
end $$;
