-- What waits for a second person, and what they said.
CREATE TABLE approval (
  id BLOB NOT NULL PRIMARY KEY,
  kind TEXT,
  customer_id BLOB,
  points INTEGER,
  reason TEXT,
  note TEXT,
  reward_id BLOB,
  asked_at INTEGER,
  asked_by BLOB,
  asked_device TEXT,
  state TEXT,
  decided_at INTEGER,
  decided_by BLOB,
  why TEXT,
  entry_id BLOB
) STRICT, WITHOUT ROWID;

-- What one person may do alone; none in a file that was loaded before the clinic could say.
ALTER TABLE clinic ADD COLUMN gift_daily INTEGER;
ALTER TABLE clinic ADD COLUMN gift_alone INTEGER;
ALTER TABLE clinic ADD COLUMN redeem_alone INTEGER;
