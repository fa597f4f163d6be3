-- Why: the feed and its logins are ours. Logins are roles of the cluster: those made for this database go with it.
do $$
declare r name;
begin
  for r in select role_name from desk.member where role_name in (select rolname from pg_roles) loop
    begin
      execute format('drop role %I', r);
    exception when dependent_objects_still_exist or object_in_use then perform desk.note_problem('role', 'login_kept', r::text);
    end;
  end loop;
end $$;
drop function desk.disable_person(uuid, uuid);
drop function desk.add_login(uuid, uuid, name, text, integer);
drop function desk.whereabouts();
drop function desk.enrol(text, text);
drop function desk.reset(uuid);
drop function desk.trim(uuid, interval);
drop trigger start_clock on desk.clinic;
drop function desk.start_clock();
drop trigger member_changed on desk.member;
drop function desk.member_changed();
drop function desk.unwatch(regclass, smallint);
drop function desk.watch(regclass, smallint, name, text);
drop function desk.capture_body(text, smallint);
drop function desk.refuse_truncate();
drop table desk.txn;
drop function desk.stamp();
drop function desk.cur_txn(uuid);
drop function desk.my_pairs();
drop function desk.me();
drop table desk.mutation, desk.client, desk.feed, desk.clock, desk.enrolment, desk.member;
