-- Why: settings and memberships are ours; the clinic's own clinics and clinic_staff stay.
drop trigger desk_keep_staff on public.clinic_staff;
drop trigger desk_keep_clinic on public.clinics;
drop function desk.next_customer_code(uuid);
drop function desk.keep_staff();
drop function desk.name_of_person(uuid);
drop function desk.role_of(text);
drop function desk.keep_clinic();
drop function desk.new_prefix(text);
drop table desk.staff;
drop function desk.keep_people();
drop table desk.code_counter;
drop table desk.clinic;
drop function desk.touch_updated_at();
