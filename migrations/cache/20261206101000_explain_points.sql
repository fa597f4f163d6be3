-- What a line of the ledger comes from, the money and the points per ten baht that it was counted with (in tenths), and who agreed as the second person.
ALTER TABLE point_entry ADD COLUMN source TEXT;
ALTER TABLE point_entry ADD COLUMN satang INTEGER;
ALTER TABLE point_entry ADD COLUMN multiplier_tenths INTEGER;
ALTER TABLE point_entry ADD COLUMN agreed_by BLOB;
