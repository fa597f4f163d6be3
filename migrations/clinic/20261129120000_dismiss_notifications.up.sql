-- Why: a person puts a notification away for good. It stays in the table, read, as the record of what was told.

create function desk.apply_notification_dismiss(me desk.member, args jsonb) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare note uuid := desk.arg_uuid(args, 'id');
begin
  update public.notifications n set is_read = true, dismissed = true where n.clinic_id = me.clinic_id and n.user_id = me.person_id and n.id = note;
  if not found then perform desk.refuse('notification_not_found'); end if;
end $$;

insert into desk.action (name, version, decider) values ('notification.dismiss', 1, 'desk.apply_notification_dismiss(desk.member, jsonb)');
select desk.close_functions();
