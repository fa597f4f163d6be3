-- Why: without the column every PC goes by the program's own week. The grant goes first: it would outlive its column and stand in the way of who revokes by name.
revoke select (days_unseen) on desk.clinic from desk_member;
alter table desk.clinic drop column days_unseen;
