-- Why: actions are asked for through our functions only; without them nothing of ours writes.
drop function desk.push(uuid, jsonb);
drop function desk.try_apply(desk.member, jsonb);
drop function desk.apply(desk.member, jsonb);
drop table desk.action;
drop function desk.add_note(text, desk.member, text);
drop function desk.local_time(uuid, timestamptz);
drop function desk.nickname_of(uuid, uuid);
drop function desk.arg_date(jsonb, text);
drop function desk.arg_instant(jsonb, text);
drop function desk.arg_uuid(jsonb, text);
drop function desk.arg_text(jsonb, text, integer);
drop function desk.refuse(text, jsonb);
