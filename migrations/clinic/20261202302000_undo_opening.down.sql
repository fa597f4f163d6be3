-- Why: without it hours and closed days are said anew, not taken back.
delete from desk.action where name in ('clinic.revert_opening', 'clinic.unclose_day', 'clinic.reclose_day');
drop function desk.apply_clinic_reclose_day(desk.member, jsonb);
drop function desk.apply_clinic_unclose_day(desk.member, jsonb);
drop function desk.apply_clinic_revert_opening(desk.member, jsonb);
