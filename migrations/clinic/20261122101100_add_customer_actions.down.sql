-- Why: customers are the clinic's; only our way of changing them goes.
delete from desk.action where name like 'customer.%';
drop function desk.apply_customer_edit(desk.member, jsonb);
drop function desk.last_editor(uuid, uuid, text);
drop function desk.apply_customer_create(desk.member, jsonb);
drop function desk.customer_value(jsonb, text);
