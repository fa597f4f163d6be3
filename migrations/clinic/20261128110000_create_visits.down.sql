-- Why: without visits nothing is numbered or held for them, and the clinic's bookings go back to what they were.
select desk.unwatch('desk.visit', 16::smallint);
drop trigger desk_journey on public.appointments;
drop function desk.check_booked_journey();
drop index public.desk_notifications_held;
drop table desk.visit;
drop table desk.queue;
drop function desk.happened_at(jsonb);
drop function desk.next_queue_number(uuid, date);
drop function desk.queue_label(integer);
drop function desk.keep_visit();
drop function desk.visit_may(text, text);
revoke select (desk_journey_id) on public.appointments from desk_member;
alter table public.appointments drop column desk_journey_id;
