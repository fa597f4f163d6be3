-- Why: without the column every PC goes by the program's own week.
alter table desk.clinic drop column days_unseen;
