-- A lead that is made into a customer is that customer's from then on: what is said of a call with them answers it, and the card shows it; that they asked not
-- to be called goes along. Taken back, it is a lead alone again.
create or replace function desk.apply_customer_create(me desk.member, args jsonb) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare customer uuid := desk.arg_uuid(args, 'id'); lead uuid := desk.arg_id(args, 'lead_id'); v jsonb := '{}'; f text; today date := desk.local_time(me.clinic_id, now())::date;
begin
  foreach f in array array['full_name', 'nickname', 'phone', 'email', 'birth_date', 'gender', 'notes'] loop
    v := v || jsonb_build_object(f, desk.customer_value(args, f));
  end loop;
  insert into public.customers (id, clinic_id, customer_code, full_name, nickname, phone, email, date_of_birth, gender, notes, first_visit_date)
  values (customer, me.clinic_id, desk.next_customer_code(me.clinic_id), v ->> 'full_name', v ->> 'nickname', v ->> 'phone', v ->> 'email', (v ->> 'birth_date')::date, v ->> 'gender', v ->> 'notes', today);
  update desk.lead l set customer_id = customer where l.clinic_id = me.clinic_id and l.id = lead and l.customer_id is null;
  if found and exists (select from desk.contact c join desk.call_outcome o on o.outcome = c.outcome where c.clinic_id = me.clinic_id and c.lead_id = lead and c.retracted_at is null and o.task = 'stop') then
    insert into public.customer_preferences (clinic_id, customer_id, do_not_contact, marketing_opt_in) values (me.clinic_id, customer, true, false);
  end if;
end $$;

create or replace function desk.apply_customer_remove(me desk.member, args jsonb) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare m desk.mutation := desk.undoing(me, args, 'customer.create'); c public.customers; key uuid; now_is jsonb; f text;
begin
  if m.status <> 'ok' then return; end if;
  key := desk.arg_uuid(m.args, 'id');
  select x.* into c from public.customers x where x.clinic_id = me.clinic_id and x.id = key for update;
  if not found then perform desk.refuse('customer_not_found'); end if;
  update desk.lead l set customer_id = null where l.clinic_id = me.clinic_id and l.id = desk.arg_id(m.args, 'lead_id') and l.customer_id = key;
  if desk.customer_in_use(key) then perform desk.refuse('customer_in_use'); end if;
  now_is := jsonb_build_object('full_name', c.full_name, 'nickname', c.nickname, 'phone', c.phone, 'email', c.email, 'birth_date', c.date_of_birth::text, 'gender', c.gender, 'notes', c.notes, 'allergies', c.allergies, 'sales', c.assigned_sales_id, 'user', c.user_id);
  foreach f in array array['full_name', 'nickname', 'phone', 'email', 'birth_date', 'gender', 'notes', 'allergies', 'sales', 'user'] loop
    if now_is ->> f is distinct from (case when f in ('allergies', 'sales', 'user') then null else desk.customer_value(m.args, f) end) then
      perform desk.refuse('changed_meanwhile', jsonb_build_object('field', f, 'by', desk.last_editor(me.clinic_id, key, f)));
    end if;
  end loop;
  delete from public.customers x where x.clinic_id = me.clinic_id and x.id = key;
end $$;

select desk.close_functions();
