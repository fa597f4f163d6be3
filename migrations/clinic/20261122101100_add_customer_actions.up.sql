-- Why: registering a customer and changing what is known of one, with the database giving the code and noticing what somebody else changed meanwhile.

-- One field as a person may write it, in the text form it is stored in; null when emptied. Refuses what the clinic's table would not take.
create function desk.customer_value(args jsonb, field text) returns text language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare v text; d date;
begin
  if field = 'birth_date' then
    d := desk.arg_date(args, field);
    if d not between date '1900-01-01' and (now() at time zone 'Asia/Bangkok')::date then perform desk.refuse('date_out_of_range', jsonb_build_object('field', field)); end if;
    return to_char(d, 'YYYY-MM-DD');
  end if;
  v := nullif(desk.arg_text(args, field, case field when 'full_name' then 200 when 'nickname' then 60 when 'phone' then 40 when 'email' then 254 when 'gender' then 10 else 4000 end), '');
  if field = 'full_name' and v is null then perform desk.refuse('name_empty', jsonb_build_object('field', field)); end if;
  if field = 'phone' and v is not null and (v !~ '^[0-9+()./ -]+$' or length(regexp_replace(v, '[^0-9]', '', 'g')) not between 8 and 15) then perform desk.refuse('phone_invalid', jsonb_build_object('field', field)); end if;
  if field = 'email' and v is not null and v !~ '^[^@\s]+@[^@\s]+\.[^@\s]+$' then perform desk.refuse('value_not_allowed', jsonb_build_object('field', field)); end if;
  if field = 'gender' and v is not null and v not in ('male', 'female', 'other') then perform desk.refuse('value_not_allowed', jsonb_build_object('field', field)); end if;
  return v;
end $$;

create function desk.apply_customer_create(me desk.member, args jsonb) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare customer uuid := desk.arg_uuid(args, 'id'); v jsonb := '{}'; f text; today date := desk.local_time(me.clinic_id, now())::date;
begin
  foreach f in array array['full_name', 'nickname', 'phone', 'email', 'birth_date', 'gender', 'notes'] loop
    v := v || jsonb_build_object(f, desk.customer_value(args, f));
  end loop;
  insert into public.customers (id, clinic_id, customer_code, full_name, nickname, phone, email, date_of_birth, gender, notes, first_visit_date)
  values (customer, me.clinic_id, desk.next_customer_code(me.clinic_id), v ->> 'full_name', v ->> 'nickname', v ->> 'phone', v ->> 'email', (v ->> 'birth_date')::date, v ->> 'gender', v ->> 'notes', today);
end $$;

-- Who changed a field last through a desk, for the person who lost; the web system leaves no name.
create function desk.last_editor(clinic uuid, customer uuid, field text) returns text language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select desk.nickname_of(clinic, m.person_id) from desk.mutation m
  where m.clinic_id = clinic and m.args ->> 'id' = customer::text and m.name = 'customer.edit' and m.status = 'ok' and m.args -> 'set' ? field order by m.at desc limit 1;
$$;

create function desk.apply_customer_edit(me desk.member, args jsonb) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare customer uuid := desk.arg_uuid(args, 'id'); now_is jsonb; f text; theirs text; mine text; base jsonb := args -> 'base'; v jsonb := '{}';
begin
  if jsonb_typeof(args -> 'set') is distinct from 'object' or coalesce(jsonb_typeof(base), 'object') not in ('object', 'null') then perform desk.refuse('value_not_allowed', '{"field":"set"}'); end if;
  select jsonb_build_object('full_name', c.full_name, 'nickname', c.nickname, 'phone', c.phone, 'email', c.email, 'birth_date', c.date_of_birth::text, 'gender', c.gender, 'notes', c.notes, 'allergies', c.allergies)
  into now_is from public.customers c where c.clinic_id = me.clinic_id and c.id = customer for update;
  if not found then perform desk.refuse('customer_not_found'); end if;
  for f in select k from jsonb_object_keys(args -> 'set') k loop
    if not now_is ? f then perform desk.refuse('value_not_allowed', jsonb_build_object('field', left(f, 60))); end if;
    mine := desk.customer_value(args -> 'set', f); theirs := now_is ->> f;
    if base ? f and coalesce(base ->> f, '') <> coalesce(theirs, '') and mine is distinct from theirs then
      perform desk.refuse('changed_meanwhile', jsonb_build_object('field', f, 'yours', mine, 'theirs', theirs, 'by', desk.last_editor(me.clinic_id, customer, f)));
    end if;
    v := v || jsonb_build_object(f, mine);
  end loop;
  v := now_is || v;
  update public.customers c set full_name = v ->> 'full_name', nickname = v ->> 'nickname', phone = v ->> 'phone', email = v ->> 'email', date_of_birth = (v ->> 'birth_date')::date,
    gender = v ->> 'gender', notes = v ->> 'notes', allergies = v ->> 'allergies', updated_at = now()
  where c.clinic_id = me.clinic_id and c.id = customer and now_is is distinct from v;
end $$;

insert into desk.action (name, version, decider) values
  ('customer.create', 1, 'desk.apply_customer_create(desk.member, jsonb)'), ('customer.edit', 1, 'desk.apply_customer_edit(desk.member, jsonb)');
