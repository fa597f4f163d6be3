create or replace function desk.apply_customer_create(me desk.member, args jsonb) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare customer uuid := desk.arg_uuid(args, 'id'); v jsonb := '{}'; f text; today date := desk.local_time(me.clinic_id, now())::date;
begin
  foreach f in array array['full_name', 'nickname', 'phone', 'email', 'birth_date', 'gender', 'notes'] loop
    v := v || jsonb_build_object(f, desk.customer_value(args, f));
  end loop;
  insert into public.customers (id, clinic_id, customer_code, full_name, nickname, phone, email, date_of_birth, gender, notes, first_visit_date)
  values (customer, me.clinic_id, desk.next_customer_code(me.clinic_id), v ->> 'full_name', v ->> 'nickname', v ->> 'phone', v ->> 'email', (v ->> 'birth_date')::date, v ->> 'gender', v ->> 'notes', today);
end $$;

create or replace function desk.apply_customer_remove(me desk.member, args jsonb) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare m desk.mutation := desk.undoing(me, args, 'customer.create'); c public.customers; key uuid; now_is jsonb; f text;
begin
  if m.status <> 'ok' then return; end if;
  key := desk.arg_uuid(m.args, 'id');
  select x.* into c from public.customers x where x.clinic_id = me.clinic_id and x.id = key for update;
  if not found then perform desk.refuse('customer_not_found'); end if;
  if desk.customer_in_use(key) then perform desk.refuse('customer_in_use'); end if;
  now_is := jsonb_build_object('full_name', c.full_name, 'nickname', c.nickname, 'phone', c.phone, 'email', c.email, 'birth_date', c.date_of_birth::text, 'gender', c.gender, 'notes', c.notes, 'allergies', c.allergies, 'sales', c.assigned_sales_id, 'user', c.user_id);
  foreach f in array array['full_name', 'nickname', 'phone', 'email', 'birth_date', 'gender', 'notes', 'allergies', 'sales', 'user'] loop
    if now_is ->> f is distinct from (case when f in ('allergies', 'sales', 'user') then null else desk.customer_value(m.args, f) end) then
      perform desk.refuse('changed_meanwhile', jsonb_build_object('field', f, 'by', desk.last_editor(me.clinic_id, key, f)));
    end if;
  end loop;
  delete from public.customers x where x.clinic_id = me.clinic_id and x.id = key;
end $$;
