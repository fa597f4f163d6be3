-- Why: without a second person everybody decides alone again. What was booked stays, with its method.
delete from desk.action where name in ('points.ask', 'approval.decide', 'clinic.set_point_limits');
drop trigger desk_two_people on public.point_transactions;
drop function desk.need_second_person();
alter table public.point_transactions drop column desk_agreed_by;
drop function desk.apply_clinic_set_point_limits(desk.member, jsonb);
drop function desk.apply_approval_decide(desk.member, jsonb);
drop function desk.apply_points_ask(desk.member, jsonb);
select desk.unwatch('desk.approval', 29::smallint);
drop function desk.book_agreed(desk.member, desk.approval);
drop function desk.end_asking(desk.member, desk.approval);
drop function desk.ask_second(desk.member, desk.approval);
drop function desk.second_roles(text);
drop trigger desk_keep on desk.approval;
drop function desk.keep_approval();
drop table desk.approval;
revoke select (gift_daily, gift_alone, redeem_alone) on desk.clinic from desk_member;
alter table desk.clinic drop column gift_daily, drop column gift_alone, drop column redeem_alone;
