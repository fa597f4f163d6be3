-- Money received or given back. What the clinic's database has not numbered yet has no number.
CREATE TABLE payment (
  id BLOB NOT NULL PRIMARY KEY,
  number INTEGER,
  customer_id BLOB,
  journey_id BLOB,
  satang INTEGER,
  refunds BLOB,
  method TEXT,
  taken_at INTEGER,
  taken_by BLOB,
  device TEXT,
  note TEXT,
  entry_id BLOB,
  points INTEGER,
  multiplier_tenths INTEGER
) STRICT, WITHOUT ROWID;

ALTER TABLE clinic ADD COLUMN promptpay_id TEXT;  -- digits, as desk_core::payment::promptpay keeps them
