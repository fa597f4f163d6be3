-- Why: without the ledger there is nothing to award.
delete from desk.action where name like 'points.%';
drop function desk.apply_points_award(desk.member, jsonb);
drop function desk.loyalty_profile(desk.member, uuid);
drop function desk.lot_expiry(uuid, timestamptz);
