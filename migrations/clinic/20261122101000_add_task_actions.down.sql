-- Why: without the journey tables there is nothing to act on.
delete from desk.action where name like 'task.%';
drop function desk.apply_task_note(desk.member, jsonb);
drop function desk.apply_task_snooze(desk.member, jsonb);
drop function desk.apply_task_reassign(desk.member, jsonb);
drop function desk.apply_task_complete(desk.member, jsonb);
drop function desk.open_task(desk.member, uuid);
