-- Why: without the follow-up tables there is nothing to act on.
delete from desk.action where name like 'followup.%' or name like 'notification.%';
drop function desk.apply_notification_read(desk.member, jsonb);
drop function desk.apply_followup_cancel(desk.member, jsonb);
drop function desk.apply_followup_done(desk.member, jsonb);
drop function desk.close_followup(desk.member, jsonb, text, text);
drop function desk.open_followup(desk.member, uuid);
