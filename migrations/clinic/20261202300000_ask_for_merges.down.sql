-- Why: without it only who may merge sees what merging would do.
create or replace function desk.merge_trial(args jsonb) returns jsonb language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare me desk.member := desk.me(); giver uuid; taker uuid; m desk.merge; before jsonb; said text;
begin
  if me.role_name is null then perform desk.refuse('not_enrolled'); end if;
  if args ? 'merge_id' then
    select x.from_id, x.into_id into giver, taker from desk.merge x where x.clinic_id = me.clinic_id and x.id = desk.arg_uuid(args, 'merge_id');
    if not found then perform desk.refuse('merge_not_found'); end if;
  else
    giver := desk.arg_uuid(args, 'from'); taker := desk.arg_uuid(args, 'into');
  end if;
  before := jsonb_build_object('from', desk.holding(me.clinic_id, giver), 'into', desk.holding(me.clinic_id, taker));
  begin
    if args ? 'merge_id' then perform desk.apply_customer_separate(me, args); else perform desk.apply_customer_merge(me, args); end if;
    said := jsonb_build_object('from', desk.holding(me.clinic_id, giver), 'into', desk.holding(me.clinic_id, taker),
      'spent', (select coalesce(sum(e.amount), 0) from public.point_transactions e where e.clinic_id = me.clinic_id and e.customer_id = taker and e.desk_source = 'merge' and e.desk_purpose like 'borrowed %' and e.created_at = now()))::text;
    raise exception 'this was a trial' using errcode = 'P0D77', detail = said;
  exception when sqlstate 'P0D77' then get stacked diagnostics said = pg_exception_detail;
  end;
  return jsonb_build_object('before', before, 'after', said::jsonb);
end $$;
drop function desk.merge_judge(desk.member);
