-- Points that came in together and end together; called like the entry that made them.
CREATE TABLE lot (
  id BLOB NOT NULL PRIMARY KEY,
  customer_id BLOB,
  points INTEGER,
  remaining INTEGER,
  expires_at INTEGER,
  effective_at INTEGER
) STRICT, WITHOUT ROWID;

-- What a PC may redeem on a day without the network. Which one is this PC's own says meta, name 'lease'.
CREATE TABLE lease (
  id BLOB NOT NULL PRIMARY KEY,
  device TEXT,
  points INTEGER,
  per_customer INTEGER,
  used INTEGER,
  taken_at INTEGER,
  ends_at INTEGER
) STRICT, WITHOUT ROWID;

ALTER TABLE loyalty_profile ADD COLUMN owed INTEGER;
ALTER TABLE point_entry ADD COLUMN lease_id BLOB;
ALTER TABLE reward ADD COLUMN max_redemptions INTEGER;
ALTER TABLE reward ADD COLUMN current_redemptions INTEGER;
