-- Why: a plan may say another number of sessions than the journey has, where a proposal was made anew or the number was agreed on aside of it. Whoever then changed a word of that plan
-- was taken to ask for its number, and refused once the course was paid for. A plan that says of sessions what it said before asks for none.

-- As before, of a number that is new.
create or replace function desk.distrust_journey() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare planned integer := coalesce(new.desk_sessions_planned, 0); before integer := coalesce(old.desk_sessions_planned, 0);
begin
  if (new.id, new.clinic_id, new.customer_id) is distinct from (old.id, old.clinic_id, old.customer_id) then
    raise exception 'a journey stays with its customer' using errcode = '23514', hint = 'Two customers who are one person are merged at a desk; what was opened for the wrong one is cancelled.';
  end if;
  new.created_at := old.created_at;
  if planned = before and desk.plan_sessions(new.treatment_plan) is distinct from desk.plan_sessions(old.treatment_plan) then planned := coalesce(desk.plan_sessions(new.treatment_plan), before); end if;
  if planned < before and (planned < old.desk_sessions_done or desk.stage_number(old.current_stage) >= desk.stage_number('payment_confirmed')) then
    raise exception 'sessions that were paid for are owed: % planned, % wanted', before, planned using errcode = '23514',
      hint = 'Insert a row into workflow_actions, by the owner or a manager, with "sessions" in its data and the reason in its notes.';
  end if;
  return new;
end $$;

-- As before, of a number that is new.
create or replace function desk.guard_journey() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare a public.workflow_actions; t desk.transition; wanted text := new.current_stage; number integer := new.desk_version;
begin
  if new.treatment_plan is distinct from old.treatment_plan then
    if new.desk_sessions_planned is not distinct from old.desk_sessions_planned and (old.desk_sessions_planned is null or desk.plan_sessions(new.treatment_plan) is distinct from desk.plan_sessions(old.treatment_plan)) then
      new.desk_sessions_planned := coalesce(desk.plan_sessions(new.treatment_plan), old.desk_sessions_planned);
    end if;
    if new.desk_title is not distinct from old.desk_title then new.desk_title := coalesce(desk.plan_title(new.treatment_plan), old.desk_title); end if;
  end if;
  if (new.desk_stage_since, new.desk_outcome, new.desk_reason, new.desk_sessions_done, new.desk_booked_at) is distinct from (old.desk_stage_since, old.desk_outcome, old.desk_reason, old.desk_sessions_done, old.desk_booked_at) then
    raise exception 'what follows from the history of a journey is not written by hand' using errcode = '23514', hint = 'Insert the move into workflow_actions.';
  end if;
  if wanted = old.current_stage and number = old.desk_version then return new; end if;
  new.current_stage := old.current_stage; new.desk_version := old.desk_version;
  if number = old.desk_version + 1 then
    select x.* into a from public.workflow_actions x where x.clinic_id = old.clinic_id and x.workflow_id = old.id and x.desk_version = number and x.to_stage = wanted;
    if found then return desk.moved(new, a); end if;
  end if;
  if number <> old.desk_version then raise exception 'the version of a journey is the number of its moves' using errcode = '23514'; end if;
  t := desk.plain_rule(old.current_stage, wanted);
  if t.action is null then
    raise exception 'a journey cannot go from % to %', old.current_stage, wanted using errcode = '23514', hint = 'Stages are passed one at a time; what needs a reason is inserted into workflow_actions.';
  end if;
  a.performed_by := desk.acting_person(old.clinic_id);
  if a.performed_by is null then
    raise exception 'nobody is known to have moved this journey' using errcode = '23514', hint = 'Insert the move into workflow_actions, with performed_by; the stage follows.';
  end if;
  t := desk.judge(new, a.performed_by, t.action, wanted, '{}', null);
  a.clinic_id := old.clinic_id; a.workflow_id := old.id; a.type := t.web_type; a.desk_kind := nullif(t.action, t.web_type); a.from_stage := old.current_stage; a.to_stage := wanted; a.performed_at := now(); a.desk_version := old.desk_version + 1;
  return desk.moved(new, a);
end $$;

select desk.close_functions();
