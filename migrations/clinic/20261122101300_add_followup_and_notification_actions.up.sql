-- Why: what a person does with a follow-up that is due, and with a notification of their own.

create function desk.open_followup(me desk.member, id uuid) returns uuid language plpgsql set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_variable
declare f public.followup_executions;
begin
  select x.* into f from public.followup_executions x where x.clinic_id = me.clinic_id and x.id = id for update;
  if not found then perform desk.refuse('followup_not_found'); end if;
  if f.status in ('sent', 'delivered', 'cancelled') then
    perform desk.refuse('followup_already_closed', jsonb_build_object('status', f.status, 'by', f.response ->> 'by', 'at', f.executed_at));
  end if;
  return f.id;
end $$;

-- Closes a follow-up; who and why go into its response.
create function desk.close_followup(me desk.member, args jsonb, word text, reason text) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare note text := desk.arg_text(args, reason, 2000); key uuid := desk.open_followup(me, desk.arg_uuid(args, 'id'));
begin
  update public.followup_executions x set status = word, executed_at = now(),
    response = case when jsonb_typeof(x.response) = 'object' then x.response else '{}' end
      || jsonb_strip_nulls(jsonb_build_object('by', desk.nickname_of(me.clinic_id, me.person_id), reason, nullif(note, '')))
  where x.clinic_id = me.clinic_id and x.id = key;
end $$;

create function desk.apply_followup_done(me desk.member, args jsonb) returns void language sql set search_path = pg_catalog, pg_temp as $$
  select desk.close_followup(me, args, 'sent', 'note');
$$;
create function desk.apply_followup_cancel(me desk.member, args jsonb) returns void language sql set search_path = pg_catalog, pg_temp as $$
  select desk.close_followup(me, args, 'cancelled', 'reason');
$$;

create function desk.apply_notification_read(me desk.member, args jsonb) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare note uuid := desk.arg_uuid(args, 'id');
begin
  update public.notifications n set is_read = true where n.clinic_id = me.clinic_id and n.user_id = me.person_id and n.id = note;
  if not found then perform desk.refuse('notification_not_found'); end if;
end $$;

insert into desk.action (name, version, decider) values
  ('followup.done', 1, 'desk.apply_followup_done(desk.member, jsonb)'), ('followup.cancel', 1, 'desk.apply_followup_cancel(desk.member, jsonb)'),
  ('notification.read', 1, 'desk.apply_notification_read(desk.member, jsonb)');
