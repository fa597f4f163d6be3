-- Why: whom an event concerns stood in each place that wrote one, and what the web system wrote reached nobody, or everybody: an empty list of addressees meant the whole
-- clinic. Now a table says it once, for both; an event is delivered once to each, and marked as processed when all of them have seen it.

create table desk.event_kind (
  event text primary key,
  part text not null check (part in ('beautician', 'sales', 'assignee', 'heads', 'named')),  -- whose part of the journey it concerns; named: only whom it names
  roles text[] not null default '{}',  -- who instead, where nobody has that part or they have left
  title text not null,                 -- of what the web system writes; followed by a first name
  importance text not null check (importance in ('low', 'medium', 'high', 'critical'))
);
alter table desk.event_kind enable row level security;
insert into desk.event_kind (event, part, roles, title, importance) values
  ('customer_scanned', 'beautician', '{beautician}', 'ตรวจผิวแล้ว', 'medium'),
  ('appointment_scheduled', 'beautician', '{beautician}', 'มีนัดทำ', 'high'),
  ('treatment_completed', 'sales', '{sales}', 'ทำเสร็จแล้ว', 'medium'),
  ('payment_received', 'sales', '{sales}', 'ชำระแล้ว', 'high'),
  ('upsell_opportunity', 'sales', '{sales}', 'คุยต่อได้', 'medium'),
  ('task_assigned', 'assignee', '{}', 'งานใหม่', 'medium'),
  ('workflow_updated', 'heads', '{owner,manager}', 'เส้นทางเปลี่ยน', 'low'),
  ('notification_sent', 'named', '{}', 'ข้อความถึงคุณ', 'medium');

-- Whom an event concerns: who is named and works here, else whose part it is, else who has that role; never who caused it.
create function desk.event_recipients(clinic uuid, journey uuid, event text, named uuid[], by uuid, facts jsonb) returns uuid[] language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare k desk.event_kind; w public.workflow_states; told uuid[] := desk.people_of(clinic, coalesce(named, '{}'), null);
begin
  select x.* into k from desk.event_kind x where x.event = event_recipients.event;
  if not found then return '{}'; end if;
  if told = '{}' and k.part <> 'named' then
    select x.* into w from public.workflow_states x where x.clinic_id = event_recipients.clinic and x.id = event_recipients.journey;
    told := desk.people_of(clinic, array[case k.part when 'beautician' then w.assigned_beautician_id when 'sales' then w.assigned_sales_id
      when 'assignee' then (select q.assigned_to from public.task_queue q where q.clinic_id = event_recipients.clinic and q.id = desk.uuid_in(coalesce(facts ->> 'task_id', facts #>> '{metadata,taskId}'))) end], null);
    if told = '{}' then told := desk.people_of(clinic, '{}', k.roles); end if;
  end if;
  return array_remove(told, by);
end $$;

create or replace function desk.emit(clinic uuid, journey uuid, event text, by uuid, people uuid[], roles text[], title text, message text, importance text, path text, facts jsonb default '{}', hold interval default null)
returns uuid language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare key uuid := gen_random_uuid(); told uuid[] := case when emit.people is null and emit.roles is null then desk.event_recipients(emit.clinic, emit.journey, emit.event, null, emit.by, emit.facts) else array_remove(desk.people_of(emit.clinic, emit.people, emit.roles), emit.by) end;
begin
  insert into public.workflow_events (id, clinic_id, workflow_id, event_type, event_data, target_users, broadcast)
  values (key, emit.clinic, emit.journey, emit.event, emit.facts || jsonb_build_object('message', emit.message, 'priority', emit.importance, 'sourceUserId', emit.by, 'desk', true), told, false);
  perform desk.notify(emit.clinic, told, emit.event, emit.title, emit.message, emit.importance, emit.path, 'event:' || key, emit.facts || jsonb_build_object('event_id', key, 'journey_id', emit.journey), emit.hold);
  return key;
end $$;

create or replace function desk.tell_move(a public.workflow_actions) returns void language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare w public.workflow_states; name text; kind text := coalesce(a.desk_kind, a.type); who text; event text; title text; message text; importance text := 'medium';
begin
  select x.* into w from public.workflow_states x where x.clinic_id = a.clinic_id and x.id = a.workflow_id;
  select desk.short_name(coalesce(nullif(c.nickname, ''), c.full_name)) into name from public.customers c where c.clinic_id = w.clinic_id and c.id = w.customer_id;
  who := coalesce(desk.nickname_of(a.clinic_id, a.performed_by), '');
  if kind = 'unmove' then  -- nobody needs to hear of what did not happen
    delete from public.notifications n using public.workflow_actions x, public.workflow_events e where x.clinic_id = a.clinic_id and x.workflow_id = a.workflow_id and x.desk_version = (a.data ->> 'of')::int
      and e.clinic_id = a.clinic_id and e.workflow_id = a.workflow_id and e.event_data ->> 'move' = x.id::text and n.clinic_id = a.clinic_id and n.user_id = any (e.target_users) and not coalesce(n.is_read, false) and n.metadata ->> 'move' = x.id::text;
  elsif kind = 'scan_customer' then
    event := 'customer_scanned'; title := 'ตรวจผิวแล้ว: ' || name; message := 'รับช่วงต่อจาก' || who;
  elsif kind = 'confirm_payment' then
    event := 'payment_received'; title := 'ชำระแล้ว: ' || name; message := 'นัดวันทำได้'; importance := 'high';
  elsif kind in ('schedule_appointment', 'reschedule', 'next_session') then
    event := 'appointment_scheduled'; title := 'มีนัดทำ: ' || name; importance := 'high';
    message := coalesce('เตรียมห้อง ' || to_char(desk.local_time(a.clinic_id, w.desk_booked_at), 'DD/MM HH24:MI'), 'รอวันเวลา');
  elsif kind = 'complete_treatment' then
    event := 'treatment_completed'; title := 'ทำเสร็จแล้ว: ' || name;
    message := case when desk.sessions_left(w) > 0 then format('เหลืออีก %s ครั้ง', desk.sessions_left(w)) else 'ครบแล้ว คุยต่อได้' end;
  elsif kind in ('cancel', 'mark_lost', 'step_back', 'no_show') then
    event := 'workflow_updated'; importance := 'low';
    title := case kind when 'cancel' then 'ยกเลิก: ' when 'mark_lost' then 'เสียลูกค้า: ' when 'no_show' then 'ไม่มาตามนัด: ' else 'ถอยขั้น: ' end || name; message := 'โดย' || who;
  end if;
  if event is not null then
    perform desk.emit(a.clinic_id, w.id, event, a.performed_by, null, null, title, message, importance, '/journeys/' || w.id, jsonb_build_object('move', a.id, 'stage', a.to_stage, 'customer_id', w.customer_id), interval '10 seconds');
  end if;
end $$;

-- What the web system writes is addressed here, and nothing is for everybody.
create function desk.address_event() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  if jsonb_typeof(new.event_data) is distinct from 'object' or new.event_data ? 'desk' then return new; end if;
  if exists (select from desk.event_kind k where k.event = new.event_type) then
    new.target_users := desk.event_recipients(new.clinic_id, new.workflow_id, new.event_type, new.target_users, desk.uuid_in(new.event_data ->> 'sourceUserId'), new.event_data);
    new.broadcast := false;
  end if;
  return new;
end $$;

-- And delivered, once. Its words are the web system's: without a subject a toast says none of them, and the centre shows them.
create function desk.deliver_event() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare k desk.event_kind; called text; task uuid := desk.uuid_in(coalesce(new.event_data ->> 'task_id', new.event_data #>> '{metadata,taskId}')); said text := new.event_data ->> 'priority';
begin
  select x.* into k from desk.event_kind x where x.event = new.event_type;
  if not found then return null; end if;
  select desk.short_name(coalesce(nullif(c.nickname, ''), c.full_name)) into called from public.workflow_states w join public.customers c on c.clinic_id = w.clinic_id and c.id = w.customer_id where w.clinic_id = new.clinic_id and w.id = new.workflow_id;
  perform desk.notify(new.clinic_id, new.target_users, new.event_type, k.title || coalesce(': ' || called, ''), left(coalesce(new.event_data ->> 'message', ''), 300),
    case when said in ('low', 'medium', 'high', 'critical') then said else k.importance end, case when k.part = 'assignee' and task is not null then '/tasks/' || task else '/journeys/' || new.workflow_id end, null,
    jsonb_build_object('event_id', new.id, 'journey_id', new.workflow_id));
  return null;
end $$;

create trigger desk_address_event before insert on public.workflow_events for each row execute function desk.address_event();
create trigger desk_deliver_event after insert on public.workflow_events for each row when (jsonb_typeof(new.event_data) = 'object' and not new.event_data ? 'desk') execute function desk.deliver_event();

-- Seen by everyone whom it concerned: nothing of it is left to be processed.
create function desk.event_seen() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  update public.workflow_events e set processed = true where e.clinic_id = new.clinic_id and e.id = desk.uuid_in(new.metadata ->> 'event_id') and not coalesce(e.processed, false)
    and not exists (select from public.notifications n where n.user_id = any (e.target_users) and n.clinic_id = e.clinic_id and not coalesce(n.is_read, false) and n.metadata ->> 'event_id' = e.id::text);
  return null;
end $$;
create trigger desk_event_seen after update on public.notifications for each row
  when (coalesce(new.is_read, false) and not coalesce(old.is_read, false) and jsonb_typeof(new.metadata) = 'object' and new.metadata ? 'event_id') execute function desk.event_seen();

select desk.close_functions();
