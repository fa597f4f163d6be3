-- Why: a hot lead must reach a person in a second, whichever of the web system's tables it was written to. desk.lead is the one list;
-- triggers fill it and never let odd data break the web system's own INSERT: what they cannot read is noted for `doctor`.

create table desk.lead (
  id uuid primary key default gen_random_uuid(),
  clinic_id uuid not null references desk.clinic (clinic_id) on delete cascade,
  customer_id uuid,
  name text not null,
  phone text,
  email text,
  source text,
  score integer not null default 0 check (score between 0 and 100),
  is_hot boolean not null default false,
  reasons jsonb not null default '[]',   -- words a person reads: why it is here
  status text not null default 'open' check (status in ('open', 'claimed', 'closed')),
  claimed_by uuid,
  source_table text not null,            -- where the web system keeps it
  source_id uuid not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (clinic_id, id),
  unique (clinic_id, source_table, source_id),
  foreign key (clinic_id, customer_id) references public.customers (clinic_id, id) on delete cascade,
  foreign key (clinic_id, claimed_by) references desk.staff (clinic_id, person_id) on delete cascade
);
create trigger touch before update on desk.lead for each row execute function desk.touch_updated_at();
select desk.fix_keys('desk.lead');

-- The one name that may appear in a notification: the first word, and only if it is a word.
create function desk.short_name(name text) returns text language sql immutable set search_path = pg_catalog, pg_temp as $$
  select case when w ~ '^[^0-9@]{1,40}$' then w else 'ลูกค้าใหม่' end
  from (select split_part(btrim(regexp_replace(coalesce(name, ''), '^(คุณ|นางสาว|นาง|นาย|Mr\.?|Mrs\.?|Ms\.?)\s*', '')), ' ', 1) as w) x;
$$;

-- One notification per person and lead, to those who answer leads.
create function desk.tell_hot_lead() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  if new.status <> 'open' and tg_op = 'UPDATE' and old.status = 'open' then
    update public.notifications set is_read = true where clinic_id = new.clinic_id and type = 'hot_lead' and metadata ->> 'subject' = 'lead:' || new.id and not coalesce(is_read, false);
  end if;
  if not new.is_hot or new.status <> 'open' or (tg_op = 'UPDATE' and old.is_hot and old.status = 'open') then return null; end if;
  insert into public.notifications (user_id, clinic_id, type, title, message, priority, action_url, metadata)
  select s.person_id, new.clinic_id, 'hot_lead', 'ลีดร้อน: ' || desk.short_name(new.name), coalesce(new.reasons ->> 0, 'ลีดใหม่'), 'critical', '/leads/' || new.id,
    jsonb_build_object('subject', 'lead:' || new.id, 'lead_id', new.id)
  from desk.staff s join public.users u on u.id = s.person_id
  where s.clinic_id = new.clinic_id and s.active and s.role in ('sales', 'front_desk', 'manager', 'owner')
  on conflict do nothing;
  return null;
end $$;
create trigger tell_hot_lead after insert or update on desk.lead for each row execute function desk.tell_hot_lead();

-- What the web system says in a lead's metadata, as hot signals in words.
create function desk.lead_signals(meta jsonb) returns text[] language sql immutable set search_path = pg_catalog, pg_temp as $$
  select array_remove(array[
    case when coalesce(meta ->> 'asked_price', meta ->> 'askedPrice', meta ->> 'price_asked', '') = 'true' or meta -> 'signals' ? 'asked_price' or meta -> 'signals' ? 'price' then 'ถามราคา' end,
    case when coalesce(meta ->> 'asked_today', meta ->> 'askedToday', meta ->> 'wants_today', '') = 'true' or meta -> 'signals' ? 'asked_today' or meta -> 'signals' ? 'today' then 'อยากมาวันนี้' end], null);
$$;

create function desk.record_lead(clinic uuid, person text, tel text, mail text, origin text, points integer, meta jsonb, tbl text, row_id uuid, customer uuid, state text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare s int := least(greatest(coalesce(points, 0), 0), 100); threshold int; why text[]; hot boolean; cust uuid := customer;
begin
  select hot_lead_threshold into threshold from desk.clinic d where d.clinic_id = clinic;
  if not found then perform desk.note_problem(tbl, 'lead_without_clinic', null); return; end if;
  why := desk.lead_signals(coalesce(meta, '{}'));
  hot := s >= threshold or cardinality(why) > 0;
  why := case when s >= threshold then why || format('คะแนน %s จาก 100', s) when cardinality(why) = 0 then array[format('คะแนน %s จาก 100', s)] else why end;
  if cust is null then
    select c.id into cust from public.customers c where c.clinic_id = clinic and ((tel <> '' and c.phone = tel) or (mail <> '' and c.email = mail)) order by c.created_at limit 1;
  end if;
  insert into desk.lead as l (clinic_id, customer_id, name, phone, email, source, score, is_hot, reasons, status, source_table, source_id)
  values (clinic, cust, left(coalesce(nullif(btrim(person), ''), 'ลูกค้าใหม่'), 200), left(tel, 60), left(mail, 254), left(origin, 60), s, hot, to_jsonb(why), coalesce(state, 'open'), tbl, row_id)
  on conflict (clinic_id, source_table, source_id) do update set name = excluded.name, phone = excluded.phone, email = excluded.email, source = excluded.source, score = excluded.score,
    is_hot = excluded.is_hot, reasons = excluded.reasons, customer_id = coalesce(l.customer_id, excluded.customer_id), status = case when state is null or l.status = 'closed' then l.status else state end;
end $$;

-- A whole number out of anything the web system may have stored, or nothing.
create function desk.number_in(word text) returns integer language sql immutable set search_path = pg_catalog, pg_temp as $$
  select case when word ~ '^\s*[0-9]{1,6}(\.[0-9]{1,9})?\s*$' then round(word::numeric)::int end;
$$;

create function desk.catch_lead() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare r jsonb := to_jsonb(new); meta jsonb := case when jsonb_typeof(r -> 'metadata') = 'object' then r -> 'metadata' else '{}' end; state text;
begin
  if tg_table_name = 'sales_leads' then
    state := case when r ->> 'status' in ('won', 'lost') then 'closed' when r ->> 'status' in ('contacted', 'qualified', 'proposal_sent', 'negotiation') then 'claimed' end;
  end if;
  perform desk.record_lead((r ->> 'clinic_id')::uuid, coalesce(r ->> 'customer_name', r ->> 'name'), coalesce(r ->> 'customer_phone', r ->> 'phone'), coalesce(r ->> 'customer_email', r ->> 'email'),
    coalesce(r ->> 'source', meta ->> 'source', tg_table_name), desk.number_in(coalesce(r ->> 'overall_score', r ->> 'score')), meta, tg_table_name, (r ->> 'id')::uuid, null, state);
  return null;
exception
  when transaction_rollback or lock_not_available or operator_intervention then raise;
  when others then perform desk.note_problem(tg_table_name, 'lead_unreadable', sqlstate); return null;
end $$;

create function desk.catch_journey_lead() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare c public.customers;
begin
  if tg_op = 'UPDATE' then
    update desk.lead set status = 'closed' where clinic_id = new.clinic_id and source_table = 'workflow_states' and source_id = new.id and status <> 'closed';
    return null;
  end if;
  select * into c from public.customers where clinic_id = new.clinic_id and id = new.customer_id;
  perform desk.record_lead(new.clinic_id, coalesce(c.nickname, c.full_name), c.phone, c.email, 'journey',
    coalesce(desk.number_in(new.scan_results ->> 'urgencyScore'), desk.number_in(new.metadata ->> 'score')),
    case when jsonb_typeof(new.metadata) = 'object' then new.metadata else '{}' end, 'workflow_states', new.id, new.customer_id, null);
  return null;
exception
  when transaction_rollback or lock_not_available or operator_intervention then raise;
  when others then perform desk.note_problem('workflow_states', 'lead_unreadable', sqlstate); return null;
end $$;
create trigger desk_lead after insert on public.workflow_states for each row when (new.current_stage = 'lead_created') execute function desk.catch_journey_lead();
create trigger desk_lead_left after update on public.workflow_states for each row when (old.current_stage = 'lead_created' and new.current_stage <> 'lead_created') execute function desk.catch_journey_lead();

-- The web system's own lead tables, where it has them and they have a key and a tenant.
do $$ declare t text; begin
  foreach t in array array['lead_scoring_data', 'sales_leads'] loop
    if to_regclass('public.' || t) is null then continue; end if;
    if (select count(*) from pg_attribute where attrelid = ('public.' || t)::regclass and attname in ('id', 'clinic_id') and atttypid = 'uuid'::regtype and not attisdropped) = 2 then
      execute format('create trigger desk_lead after insert or update on public.%I for each row execute function desk.catch_lead()', t);
    else
      perform desk.note_problem('public.' || t, 'lead_table_without_key', 'id and clinic_id must be uuid');
    end if;
  end loop;
end $$;
