-- Why: "why 149?" is answered at every line of the ledger, so a desk has to read with what it was counted and who agreed. A desk reads its own clinic's lines only.
grant select (desk_satang, desk_multiplier, desk_agreed_by) on public.point_transactions to desk_member;
