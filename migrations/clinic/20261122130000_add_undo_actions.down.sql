-- Why: without these functions there is nothing to take back with. Entries that cancel an award stay, as entries like any other.
delete from desk.action where name in ('task.reopen', 'task.unsnooze', 'task.hand_back', 'task.unnote', 'followup.reopen', 'points.reverse', 'customer.revert', 'customer.remove');
drop function desk.apply_customer_remove(desk.member, jsonb);
drop function desk.customer_in_use(uuid);
drop function desk.apply_customer_revert(desk.member, jsonb);
drop function desk.apply_points_reverse(desk.member, jsonb);
drop function desk.apply_followup_reopen(desk.member, jsonb);
drop function desk.apply_task_unnote(desk.member, jsonb);
drop function desk.apply_task_hand_back(desk.member, jsonb);
drop function desk.apply_task_unsnooze(desk.member, jsonb);
drop function desk.apply_task_reopen(desk.member, jsonb);
drop function desk.undone_task(desk.member, desk.mutation);
drop function desk.refuse_changed(desk.member, text, text, uuid);
drop function desk.arg_moment(jsonb, text);
drop function desk.undoing(desk.member, jsonb, text);
drop index desk.mutation_undoes;

create or replace function desk.last_editor(clinic uuid, customer uuid, field text) returns text language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select desk.nickname_of(clinic, m.person_id) from desk.mutation m
  where m.clinic_id = clinic and m.args ->> 'id' = customer::text and m.name = 'customer.edit' and m.status = 'ok' and m.args -> 'set' ? field order by m.at desc limit 1;
$$;
create or replace function desk.derive_points() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare lifetime bigint; available bigint;
begin
  select coalesce(sum(amount) filter (where type in ('earned', 'bonus') and amount > 0), 0),
         coalesce(sum(case when type in ('redeemed', 'expired') then -abs(amount::bigint) else amount end), 0)
  into lifetime, available from public.point_transactions p where p.customer_id = new.customer_id;  -- a customer is of one clinic; naming it too misleads the planner
  new.total_points := lifetime; new.available_points := available;
  new.current_tier := desk.tier_of(lifetime); new.tier_progress := desk.tier_progress(lifetime);
  if tg_op = 'UPDATE' and new is distinct from old then new.updated_at := now(); end if;
  return new;
end $$;
drop trigger desk_keep_ledger on public.point_transactions;
create trigger desk_keep_ledger before update on public.point_transactions for each row
  when ((old.customer_id, old.type, old.amount, old.expires_at, old.created_at) is distinct from (new.customer_id, new.type, new.amount, new.expires_at, new.created_at)) execute function desk.keep_ledger();
drop index public.desk_point_transactions_reverses;
alter table public.point_transactions drop constraint desk_point_transactions_reverses_fkey, drop column desk_reverses;
