-- Why: without them nothing is promised but what bills earn. Points that were given stay.
drop trigger arm_bonuses on desk.worker;
delete from desk.timer where kind = 'bonuses.give';
delete from desk.timer_kind where kind = 'bonuses.give';
drop function desk.fire_bonuses_give(desk.timer);
drop function desk.arm_bonuses();
drop function desk.due_bonuses(uuid, timestamptz, timestamptz);
drop table desk.bonus_round;
