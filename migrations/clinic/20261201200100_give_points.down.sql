-- Why: without it nobody gives points by hand. Points that were given stay.
delete from desk.action where name in ('points.give', 'points.ungive');
drop function desk.apply_points_ungive(desk.member, jsonb);
drop function desk.apply_points_give(desk.member, jsonb);
drop function desk.book_gift(desk.member, uuid, uuid, bigint, text, text, uuid, uuid);
drop function desk.given_on(uuid, uuid, timestamptz);
drop index public.desk_point_transactions_gifts;
drop table desk.gift_reason;
