-- Codes that points bought, and what happened to them. `lots` says which lots paid, as JSON: they are where the points return to.
CREATE TABLE coupon (
  id BLOB NOT NULL PRIMARY KEY,  -- the entry of the ledger that paid for it
  code TEXT,
  customer_id BLOB,
  reward_id BLOB,
  name TEXT,
  kind TEXT,
  value INTEGER,
  is_stackable INTEGER,
  points INTEGER,
  lots TEXT,
  expires_at INTEGER,
  state TEXT,
  issued_at INTEGER,
  issued_by BLOB,
  issued_device TEXT,
  used_at INTEGER,
  used_by BLOB,
  used_device TEXT,
  payment_id BLOB,
  bill INTEGER,
  satang INTEGER,
  closed_at INTEGER,
  closed_by BLOB,
  closed_device TEXT,
  closed_for TEXT,
  reason TEXT
) STRICT, WITHOUT ROWID;

ALTER TABLE reward ADD COLUMN auto_apply INTEGER;  -- offered by itself on a bill
ALTER TABLE reward ADD COLUMN stackable INTEGER;   -- its codes may stand beside others
ALTER TABLE reward ADD COLUMN days INTEGER;        -- a code of it can be used so long
ALTER TABLE reward ADD COLUMN version INTEGER;
