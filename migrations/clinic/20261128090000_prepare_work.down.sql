-- Why: what nothing is told, timed or asked by any more goes, newest first.
drop function desk.fire_next();
drop function desk.disarm(uuid, text, text);
drop function desk.arm(uuid, text, text, timestamptz, uuid, jsonb, integer);
drop table desk.timer;
drop table desk.timer_kind;
drop function desk.emit(uuid, uuid, text, uuid, uuid[], text[], text, text, text, text, jsonb, interval);
drop function desk.notify(uuid, uuid[], text, text, text, text, text, text, jsonb, interval);
drop function desk.people_of(uuid, uuid[], text[]);
drop function desk.automation(uuid);
drop function desk.require_role(desk.member, text[]);
drop function desk.role_of(uuid, uuid);
