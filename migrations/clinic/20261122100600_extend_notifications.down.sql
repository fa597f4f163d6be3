-- Why: the clinic's notifications table gets back the columns, checks and indexes it had.
drop trigger zz_desk_fixed on public.notifications;
drop trigger desk_settle on public.notifications;
drop function desk.settle_notification();
drop index public.desk_notifications_subject;
alter table public.notifications drop constraint desk_notifications_tenant_key;
do $$
declare o record;
begin
  if exists (select 1 from desk.created_object where kind = 'index' and name = 'public.idx_notifications_user_unread') then drop index public.idx_notifications_user_unread; end if;
  if exists (select 1 from desk.created_object where kind = 'constraint' and name = 'public.notifications valid_notification_priority') then
    alter table public.notifications drop constraint valid_notification_priority;
  end if;
  delete from desk.created_object where kind in ('index', 'constraint');
  for o in select * from desk.created_object where kind = 'column' and name like 'public.notifications %'
    and split_part(name, ' ', 2) in ('priority', 'action_url', 'read_at', 'expires_at', 'dismissed') order by ord desc loop
    execute format('alter table %s drop column %s', split_part(o.name, ' ', 1), substr(o.name, strpos(o.name, ' ') + 1));
    delete from desk.created_object where ord = o.ord;
  end loop;
end $$;
