-- Who sent whom, and what became of it. Reasons are words with blanks between.
CREATE TABLE referral (
  id BLOB NOT NULL PRIMARY KEY,
  referrer_id BLOB,
  friend_id BLOB,
  made_at INTEGER,
  made_by BLOB,
  by_code INTEGER,
  state TEXT,
  reasons TEXT,
  decided_at INTEGER,
  decided_by BLOB,
  note TEXT,
  points INTEGER
) STRICT, WITHOUT ROWID;

-- What can be achieved.
CREATE TABLE achievement (
  id BLOB NOT NULL PRIMARY KEY,
  name TEXT,
  description TEXT,
  category TEXT,
  points INTEGER,
  icon TEXT,
  special_reward TEXT,
  is_active INTEGER,
  is_secret INTEGER
) STRICT, WITHOUT ROWID;

-- How far a customer is with one, and since when they have it.
CREATE TABLE achieved (
  id BLOB NOT NULL PRIMARY KEY,
  customer_id BLOB,
  achievement_id BLOB,
  period TEXT,
  percent INTEGER,
  earned_at INTEGER,
  points INTEGER,
  reward TEXT
) STRICT, WITHOUT ROWID;
