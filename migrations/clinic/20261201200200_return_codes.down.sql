-- Why: without it a manager gives such codes back by hand. Codes that came back stay so; who closed them is then the clinic.
drop trigger desk_return_codes on desk.payment;
drop function desk.return_codes();
drop function desk.returning_entry(uuid);
alter table desk.coupon disable trigger desk_keep;
update desk.coupon set closed_for = 'clinic' where closed_for = 'refund';
alter table desk.coupon enable trigger desk_keep;
alter table desk.coupon drop constraint coupon_closed_for_check, add constraint coupon_closed_for_check check (closed_for in ('customer', 'clinic', 'undo', 'date'));
