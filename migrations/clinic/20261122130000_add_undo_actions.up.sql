-- Why: what a person did by mistake is taken back by a new action of their own that names it. Nothing is erased from the record of actions, and whether it may
-- still be taken back is decided here, under a lock: once, by who did it, and only while nobody has changed it since.

-- The entry of the ledger that this one cancels. Only such an entry takes from what was ever earned; spending never does.
alter table public.point_transactions add column desk_reverses uuid,
  add constraint desk_point_transactions_reverses_fkey foreign key (clinic_id, desk_reverses) references public.point_transactions (clinic_id, id);
create unique index desk_point_transactions_reverses on public.point_transactions (desk_reverses) where desk_reverses is not null;
drop trigger desk_keep_ledger on public.point_transactions;
create trigger desk_keep_ledger before update on public.point_transactions for each row
  when ((old.customer_id, old.type, old.amount, old.expires_at, old.created_at, old.desk_reverses) is distinct from (new.customer_id, new.type, new.amount, new.expires_at, new.created_at, new.desk_reverses)) execute function desk.keep_ledger();

-- As before, but a cancelled award counts neither for the balance nor for the tier.
create or replace function desk.derive_points() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare lifetime bigint; available bigint;
begin
  select coalesce(sum(amount) filter (where type in ('earned', 'bonus') and amount > 0 or desk_reverses is not null), 0),
         coalesce(sum(case when type in ('redeemed', 'expired') then -abs(amount::bigint) else amount end), 0)
  into lifetime, available from public.point_transactions p where p.customer_id = new.customer_id;  -- a customer is of one clinic; naming it too misleads the planner
  new.total_points := lifetime; new.available_points := available;
  new.current_tier := desk.tier_of(lifetime); new.tier_progress := desk.tier_progress(lifetime);
  if tg_op = 'UPDATE' and new is distinct from old then new.updated_at := now(); end if;
  return new;
end $$;

create index mutation_undoes on desk.mutation (clinic_id, lower(args ->> 'of')) where args ? 'of';

-- The action that is to be taken back, locked. An unknown one and a colleague's are the same answer. One that was refused is returned too:
-- it changed nothing, so taking it back is done without doing anything, and nobody needs to hear of it.
create function desk.undoing(me desk.member, args jsonb, done_by text) returns desk.mutation language plpgsql set search_path = pg_catalog, pg_temp as $$
declare wanted uuid := desk.arg_uuid(args, 'of'); m desk.mutation;
begin
  select x.* into m from desk.mutation x where x.clinic_id = me.clinic_id and x.id = wanted and x.person_id = me.person_id and x.name = any (string_to_array(done_by, ' ')) for update;
  if not found then perform desk.refuse('nothing_to_undo'); end if;
  if exists (select 1 from desk.mutation x where x.clinic_id = me.clinic_id and x.args ? 'of' and lower(x.args ->> 'of') = wanted::text and x.person_id = me.person_id and x.status = 'ok') then
    perform desk.refuse('already_undone');
  end if;
  return m;
end $$;

-- An instant that may be left out.
create function desk.arg_moment(args jsonb, key text) returns timestamptz language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  if coalesce(jsonb_typeof(args -> key), 'null') = 'null' then return null; end if;
  return desk.arg_instant(args, key);
end $$;

create function desk.refuse_changed(me desk.member, field text, theirs text, by uuid) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  perform desk.refuse('changed_meanwhile', jsonb_build_object('field', field, 'theirs', theirs, 'by', desk.nickname_of(me.clinic_id, by)));
end $$;

-- The task of the action that is taken back, locked.
create function desk.undone_task(me desk.member, m desk.mutation) returns public.task_queue language plpgsql set search_path = pg_catalog, pg_temp as $$
declare t public.task_queue; key uuid := desk.arg_uuid(m.args, 'id');
begin
  select q.* into t from public.task_queue q where q.clinic_id = me.clinic_id and q.id = key for update;
  if not found then perform desk.refuse('task_not_found'); end if;
  return t;
end $$;

-- What was closed by that very action is open again, with a line in its notes: what was written on closing stays, so must this.
create function desk.apply_task_reopen(me desk.member, args jsonb) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare m desk.mutation := desk.undoing(me, args, 'task.complete'); word text := coalesce(desk.arg_text(args, 'status', 20), 'pending'); sleeps timestamptz := desk.arg_moment(args, 'until'); t public.task_queue;
begin
  if word not in ('pending', 'in_progress') then perform desk.refuse('value_not_allowed', '{"field":"status"}'); end if;
  if m.status <> 'ok' then return; end if;
  t := desk.undone_task(me, m);
  -- The action's instant is that of its transaction, and so is what it wrote.
  if t.status <> 'completed' or t.completed_by is distinct from me.person_id or t.completed_at is distinct from m.at then perform desk.refuse_changed(me, 'status', t.status, t.completed_by); end if;
  update public.task_queue q set status = word, completed_at = null, completed_by = null, snoozed_until = sleeps, notes = desk.add_note(q.notes, me, 'เปิดงานอีกครั้ง')
  where q.clinic_id = t.clinic_id and q.id = t.id;
end $$;

create function desk.apply_task_unsnooze(me desk.member, args jsonb) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare m desk.mutation := desk.undoing(me, args, 'task.snooze'); sleeps timestamptz := desk.arg_moment(args, 'until'); t public.task_queue;
begin
  if sleeps > now() + interval '366 days' then perform desk.refuse('date_out_of_range', '{"field":"until"}'); end if;
  if m.status <> 'ok' then return; end if;
  t := desk.open_task(me, desk.arg_uuid(m.args, 'id'));
  if t.snoozed_until is distinct from desk.arg_instant(m.args, 'until') then perform desk.refuse_changed(me, 'snoozed_until', null, null); end if;
  update public.task_queue q set snoozed_until = sleeps where q.clinic_id = t.clinic_id and q.id = t.id;
end $$;

create function desk.apply_task_hand_back(me desk.member, args jsonb) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare m desk.mutation := desk.undoing(me, args, 'task.reassign'); person uuid := desk.arg_uuid(args, 'to'); t public.task_queue;
begin
  if not exists (select 1 from desk.staff s where s.clinic_id = me.clinic_id and s.person_id = person and s.active) then perform desk.refuse('person_not_found'); end if;
  if m.status <> 'ok' then return; end if;
  t := desk.open_task(me, desk.arg_uuid(m.args, 'id'));
  if t.assigned_to <> desk.arg_uuid(m.args, 'to') then perform desk.refuse_changed(me, 'assigned_to', null, null); end if;
  update public.task_queue q set assigned_to = person where q.clinic_id = t.clinic_id and q.id = t.id;
end $$;

-- Takes the line out that the action wrote, if it stands there still as it was written. Whoever wrote it may have another nickname by now.
create function desk.apply_task_unnote(me desk.member, args jsonb) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare m desk.mutation := desk.undoing(me, args, 'task.note'); t public.task_queue; lines text[]; nth integer; head text; tail text;
begin
  if m.status <> 'ok' then return; end if;
  t := desk.undone_task(me, m); lines := string_to_array(t.notes, E'\n');
  head := to_char(desk.local_time(me.clinic_id, m.at), 'DD/MM HH24:MI') || ' ';
  tail := ': ' || regexp_replace(desk.arg_text(m.args, 'text', 2000), '\s*[\r\n]+\s*', ' ', 'g');
  select max(i) into nth from generate_subscripts(lines, 1) i where left(lines[i], length(head)) = head and right(lines[i], length(tail)) = tail;
  if nth is null then perform desk.refuse_changed(me, 'notes', null, null); end if;
  update public.task_queue q set notes = nullif(array_to_string(lines[:nth - 1] || lines[nth + 1:], E'\n'), '') where q.clinic_id = t.clinic_id and q.id = t.id;
end $$;

create function desk.apply_followup_reopen(me desk.member, args jsonb) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare m desk.mutation := desk.undoing(me, args, 'followup.done followup.cancel'); word text := coalesce(desk.arg_text(args, 'status', 20), 'pending'); before timestamptz := desk.arg_moment(args, 'executed_at');
  f public.followup_executions; key uuid;
begin
  if word not in ('pending', 'failed') then perform desk.refuse('value_not_allowed', '{"field":"status"}'); end if;
  if m.status <> 'ok' then return; end if;
  key := desk.arg_uuid(m.args, 'id');
  select x.* into f from public.followup_executions x where x.clinic_id = me.clinic_id and x.id = key for update;
  if not found then perform desk.refuse('followup_not_found'); end if;
  if f.status <> (case m.name when 'followup.done' then 'sent' else 'cancelled' end) or f.executed_at is distinct from m.at then
    perform desk.refuse('changed_meanwhile', jsonb_build_object('field', 'status', 'theirs', f.status, 'by', f.response ->> 'by'));
  end if;
  update public.followup_executions x set status = word, executed_at = before, response = x.response - array['by', 'note', 'reason'] || jsonb_build_object('reopened_by', desk.nickname_of(me.clinic_id, me.person_id))
  where x.clinic_id = f.clinic_id and x.id = f.id;
end $$;

-- A second entry cancels the first; both stay. It names the first one's end, so that it takes those points and not older ones that end sooner.
create function desk.apply_points_reverse(me desk.member, args jsonb) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare m desk.mutation := desk.undoing(me, args, 'points.award'); entry uuid := desk.arg_uuid(args, 'id'); visit timestamptz := desk.arg_moment(args, 'last_visit');
  e public.point_transactions; p public.loyalty_profiles; key uuid; spent numeric; visits integer;
begin
  if m.status <> 'ok' then return; end if;
  key := desk.arg_uuid(m.args, 'id');
  select t.* into e from public.point_transactions t where t.clinic_id = me.clinic_id and t.id = key;
  if not found then perform desk.refuse('nothing_to_undo'); end if;
  select q.* into p from public.loyalty_profiles q where q.clinic_id = me.clinic_id and q.customer_id = e.customer_id for update;
  if p.available_points < e.amount then perform desk.refuse('points_spent', jsonb_build_object('missing', e.amount - p.available_points)); end if;
  insert into public.point_transactions (id, clinic_id, customer_id, type, amount, description, created_at, expires_at, desk_reverses)
  values (entry, me.clinic_id, e.customer_id, 'refund', -e.amount, 'ย้อน: ' || coalesce(e.description, ''), greatest(now(), e.created_at + interval '1 microsecond'), e.expires_at, e.id);  -- both may come in one transaction
  spent := greatest(coalesce(p.total_spent, 0) - (m.args ->> 'satang')::bigint / 100.0, 0); visits := greatest(coalesce(p.total_visits, 0) - 1, 0);
  update public.loyalty_profiles q set total_spent = spent, total_visits = visits, average_spend = case when visits = 0 then 0 else spent / visits end,
    last_visit = case when q.last_visit = m.at then visit else q.last_visit end
  where q.clinic_id = me.clinic_id and q.id = p.id;
end $$;

-- The edit the other way round: base is what the first one wrote, unless the person has seen something newer meanwhile and decided.
create function desk.apply_customer_revert(me desk.member, args jsonb) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare m desk.mutation := desk.undoing(me, args, 'customer.edit');
begin
  if jsonb_typeof(args -> 'set') is distinct from 'object' or coalesce(jsonb_typeof(args -> 'base'), 'object') not in ('object', 'null') then perform desk.refuse('value_not_allowed', '{"field":"set"}'); end if;
  if m.status <> 'ok' then return; end if;
  if exists (select 1 from jsonb_object_keys(args -> 'set') k where not m.args -> 'set' ? k) then perform desk.refuse('value_not_allowed', '{"field":"set"}'); end if;
  perform desk.apply_customer_edit(me, jsonb_build_object('id', m.args -> 'id', 'set', args -> 'set', 'base', (m.args -> 'set') || case jsonb_typeof(args -> 'base') when 'object' then args -> 'base' else '{}' end));
end $$;

-- Whether any row of any table belongs to a customer: by a foreign key or by a column of that name. Deleting would take them along, or leave them behind.
create function desk.customer_in_use(customer uuid) returns boolean language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare c record; found_one boolean;
begin
  for c in
    select distinct a.attrelid::regclass as tbl, a.attname from pg_attribute a join pg_class t on t.oid = a.attrelid and t.relkind in ('r', 'p') and t.relpersistence <> 't'
    where a.attnum > 0 and not a.attisdropped and a.atttypid = 'uuid'::regtype and t.relnamespace not in ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)
      and (a.attname = 'customer_id' or exists (select 1 from pg_constraint k, lateral unnest(k.conkey, k.confkey) as pair (here, there) join pg_attribute i on i.attrelid = 'public.customers'::regclass and i.attname = 'id'
        where k.contype = 'f' and k.confrelid = 'public.customers'::regclass and k.conrelid = a.attrelid and pair.here = a.attnum and pair.there = i.attnum))
  loop
    execute format('select exists (select 1 from %s where %I = $1)', c.tbl, c.attname) into found_one using customer;
    if found_one then return true; end if;
  end loop;
  return false;
end $$;

-- A customer registered by mistake goes, as long as they are what was typed and nothing hangs on them.
create function desk.apply_customer_remove(me desk.member, args jsonb) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare m desk.mutation := desk.undoing(me, args, 'customer.create'); c public.customers; key uuid; now_is jsonb; f text;
begin
  if m.status <> 'ok' then return; end if;
  key := desk.arg_uuid(m.args, 'id');
  select x.* into c from public.customers x where x.clinic_id = me.clinic_id and x.id = key for update;
  if not found then perform desk.refuse('customer_not_found'); end if;
  if desk.customer_in_use(key) then perform desk.refuse('customer_in_use'); end if;
  now_is := jsonb_build_object('full_name', c.full_name, 'nickname', c.nickname, 'phone', c.phone, 'email', c.email, 'birth_date', c.date_of_birth::text, 'gender', c.gender, 'notes', c.notes, 'allergies', c.allergies, 'sales', c.assigned_sales_id, 'user', c.user_id);
  foreach f in array array['full_name', 'nickname', 'phone', 'email', 'birth_date', 'gender', 'notes', 'allergies', 'sales', 'user'] loop
    if now_is ->> f is distinct from (case when f in ('allergies', 'sales', 'user') then null else desk.customer_value(m.args, f) end) then
      perform desk.refuse('changed_meanwhile', jsonb_build_object('field', f, 'by', desk.last_editor(me.clinic_id, key, f)));
    end if;
  end loop;
  delete from public.customers x where x.clinic_id = me.clinic_id and x.id = key;
end $$;

-- Who changed a field last through a desk: taking an edit back is a change too.
create or replace function desk.last_editor(clinic uuid, customer uuid, field text) returns text language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select desk.nickname_of(clinic, m.person_id) from desk.mutation m
  where m.clinic_id = clinic and m.args ->> 'id' = customer::text and m.name in ('customer.edit', 'customer.revert') and m.status = 'ok' and m.args -> 'set' ? field order by m.at desc limit 1;
$$;

insert into desk.action (name, version, decider) values
  ('task.reopen', 1, 'desk.apply_task_reopen(desk.member, jsonb)'), ('task.unsnooze', 1, 'desk.apply_task_unsnooze(desk.member, jsonb)'),
  ('task.hand_back', 1, 'desk.apply_task_hand_back(desk.member, jsonb)'), ('task.unnote', 1, 'desk.apply_task_unnote(desk.member, jsonb)'),
  ('followup.reopen', 1, 'desk.apply_followup_reopen(desk.member, jsonb)'), ('points.reverse', 1, 'desk.apply_points_reverse(desk.member, jsonb)'),
  ('customer.revert', 1, 'desk.apply_customer_revert(desk.member, jsonb)'), ('customer.remove', 1, 'desk.apply_customer_remove(desk.member, jsonb)');
select desk.close_functions();
