-- Why: without these functions a desk does nothing with a journey.
delete from desk.action where name in ('journey.open', 'journey.move', 'journey.assign', 'journey.unmove', 'journey.withdraw', 'journey.unassign');
drop function desk.apply_journey_unassign(desk.member, jsonb);
drop function desk.apply_journey_withdraw(desk.member, jsonb);
drop function desk.apply_journey_unmove(desk.member, jsonb);
drop function desk.apply_journey_assign(desk.member, jsonb);
drop function desk.apply_journey_move(desk.member, jsonb);
drop function desk.apply_journey_open(desk.member, jsonb);
drop function desk.move_facts(desk.member, jsonb);
drop function desk.arg_person(desk.member, jsonb, text);
drop function desk.arg_number(jsonb, text, bigint, bigint);
drop function desk.arg_done_at(jsonb);
