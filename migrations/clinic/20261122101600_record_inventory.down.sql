-- Why: nothing is expected any more.
drop function desk.inventory();
drop table desk.expected;
