-- A desk reads of a line what it read before.
revoke select (desk_satang, desk_multiplier, desk_agreed_by) on public.point_transactions from desk_member;
