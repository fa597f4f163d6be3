-- Why: a notification needs a priority, somewhere to go, an end, and one truth about having been read.
do $$ begin
  perform desk.ensure_column('public.notifications', 'priority', 'varchar(20) default ''medium''');
  perform desk.ensure_column('public.notifications', 'action_url', 'varchar(500)');
  perform desk.ensure_column('public.notifications', 'read_at', 'timestamptz');
  perform desk.ensure_column('public.notifications', 'expires_at', 'timestamptz');
  perform desk.ensure_column('public.notifications', 'dismissed', 'boolean default false');
end $$;

-- A priority column that was there before may hold other words ('urgent'). Old rows stay as they are and are reported; new ones are translated or refused.
do $$
begin
  if not exists (select 1 from pg_constraint where conrelid = 'public.notifications'::regclass and conname = 'valid_notification_priority') then
    alter table public.notifications add constraint valid_notification_priority check (priority is null or priority in ('low', 'medium', 'high', 'critical')) not valid;
    perform desk.remember('constraint', 'public.notifications valid_notification_priority');
    if exists (select 1 from public.notifications where priority not in ('low', 'medium', 'high', 'critical')) then
      perform desk.note_problem('public.notifications', 'priority_outside_list', 'old rows keep their word; desks read it as medium');
    else
      alter table public.notifications validate constraint valid_notification_priority;
    end if;
  end if;
  if to_regclass('public.idx_notifications_user_unread') is null then
    create index idx_notifications_user_unread on public.notifications (user_id, is_read) where is_read = false;
    perform desk.remember('index', 'public.idx_notifications_user_unread');
  end if;
end $$;

alter table public.notifications add constraint desk_notifications_tenant_key unique (clinic_id, id);
-- One hot-lead notification per person and subject, whoever writes it and however often.
create unique index desk_notifications_subject on public.notifications (user_id, (metadata ->> 'subject')) where type = 'hot_lead' and metadata ? 'lead_id';

-- is_read and read_at say the same; the only clinic of a person is filled in; the web system's 'urgent' is our 'critical'.
create function desk.settle_notification() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare clinics uuid[];
begin
  if tg_op = 'INSERT' then
    if new.read_at is not null then new.is_read := true; end if;
    if new.is_read and new.read_at is null then new.read_at := now(); end if;
  elsif new.is_read is distinct from old.is_read then
    new.read_at := case when new.is_read then coalesce(new.read_at, now()) end;
  elsif new.read_at is distinct from old.read_at then
    new.is_read := new.read_at is not null;
  end if;
  if new.priority = 'urgent' then new.priority := 'critical'; end if;
  if tg_op = 'UPDATE' and new.priority not in ('low', 'medium', 'high', 'critical') and new.priority = old.priority then
    new.priority := 'medium';  -- an old word from before the check: touching its row must not fail
  end if;
  if new.clinic_id is null then
    select array_agg(clinic_id) into clinics from desk.staff where person_id = new.user_id and active;
    if cardinality(clinics) = 1 then new.clinic_id := clinics[1]; end if;
  end if;
  return new;
end $$;
create trigger desk_settle before insert or update on public.notifications for each row execute function desk.settle_notification();
select desk.fix_keys('public.notifications');
