delete from desk.action where name = 'notification.dismiss';
drop function desk.apply_notification_dismiss(desk.member, jsonb);
