create or replace function public.auto_assign_task() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  if old.current_stage = 'lead_created' and new.current_stage = 'scanned' and new.assigned_sales_id is not null and not exists (
    select 1 from public.task_queue t where t.clinic_id = new.clinic_id and t.workflow_id = new.id and t.task_type = 'send_proposal' and t.status in ('pending', 'in_progress'))
  then
    insert into public.task_queue (clinic_id, workflow_id, assigned_to, task_type, title, priority, due_date)
    values (new.clinic_id, new.id, new.assigned_sales_id, 'send_proposal', 'ส่งใบเสนอราคาให้ลูกค้า', 'high', now() + interval '2 hours');
  end if;
  return new;
end $$;
drop trigger cover_staff on desk.staff;
drop trigger desk_wake on public.point_transactions;
drop trigger desk_wake on desk.visit;
drop trigger desk_wake on public.appointments;
drop trigger desk_wake on public.workflow_states;
drop trigger desk_wake on public.customer_journey_events;
do $$ begin
  if to_regclass('public.customer_sales_messages') is not null then drop trigger if exists desk_wake on public.customer_sales_messages; end if;
end $$;
drop trigger desk_archive on public.task_queue;
drop trigger desk_chain on public.task_queue;
drop trigger desk_keep on public.task_queue;
drop function desk.cover_staff(), desk.cover_for(uuid, uuid, timestamptz, text, uuid), desk.wake_for_bills(), desk.wake_for(), desk.wake_tasks(uuid, uuid, text), desk.archive_task(), desk.chain_task(), desk.keep_task(),
  desk.create_task(uuid, uuid, text, uuid, timestamptz, jsonb, uuid), desk.tell_assigned(public.task_queue, uuid), desk.customer_name(uuid, uuid), desk.note_line(uuid, text, uuid, text),
  desk.person_for(uuid, text, uuid, uuid), desk.is_here(desk.staff), desk.task_priority(text, timestamptz, numeric, text, timestamptz);
revoke select (desk_started_at, desk_started_by, desk_woken_at, desk_woken_by, desk_follows) on public.task_queue from desk_member;
revoke select (away_until) on desk.staff from desk_member;
drop index public.desk_task_queue_asleep, public.desk_task_queue_follows;
alter table desk.staff drop column away_until, drop column away_reason;
alter table public.task_queue drop constraint desk_task_queue_started_by_fkey, drop column desk_started_at, drop column desk_started_by, drop column desk_woken_at, drop column desk_woken_by,
  drop column desk_follows, drop column desk_next, drop column desk_outcome, drop column desk_archived_at;
drop table desk.task_kind;
