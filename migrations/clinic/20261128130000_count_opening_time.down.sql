-- Why: who counts no opening time needs no hours.
drop function desk.opening_after(uuid, timestamptz, numeric);
drop function desk.opening_minutes(uuid, timestamptz, timestamptz);
drop function desk.open_spans(uuid, date, date);
drop function desk.local_instant(timestamp, text);
drop function desk.zone_of(uuid);
select desk.unwatch('desk.closed_day', 18::smallint);
drop table desk.closed_day;
revoke select (opening) on desk.clinic from desk_member;
alter table desk.clinic drop column opening;
drop function desk.is_opening(jsonb);
