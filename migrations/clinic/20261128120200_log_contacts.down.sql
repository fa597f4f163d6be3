delete from desk.action where name in ('contact.log', 'contact.retract');
drop function desk.put_back_called(desk.member, desk.contact, jsonb), desk.apply_contact_retract(desk.member, jsonb), desk.apply_contact_log(desk.member, jsonb),
  desk.settle_called(desk.contact, desk.call_outcome, desk.member), desk.stop_calls(desk.contact, uuid, desk.member);
select desk.unwatch('desk.contact', 19::smallint);
drop table desk.contact;
drop function desk.keep_contact();
drop table desk.call_outcome;
