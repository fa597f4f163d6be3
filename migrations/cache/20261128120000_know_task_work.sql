-- Why: who has begun a task, what woke one before its time, what it follows; who is away; and every call with what came of it.
ALTER TABLE task ADD COLUMN started_at INTEGER;
ALTER TABLE task ADD COLUMN started_by BLOB;
ALTER TABLE task ADD COLUMN woken_at INTEGER;
ALTER TABLE task ADD COLUMN woken_by TEXT;     -- reply, payment, check_in
ALTER TABLE task ADD COLUMN follows BLOB;      -- the task after which it came
ALTER TABLE staff ADD COLUMN away_until INTEGER;

-- A call, out or in, with what came of it; taken back ones stay, marked.
CREATE TABLE contact (
  id BLOB NOT NULL PRIMARY KEY,
  customer_id BLOB,
  lead_id BLOB,
  task_id BLOB,
  person_id BLOB,
  direction TEXT,
  outcome TEXT,
  note TEXT,
  at INTEGER,
  next_task_id BLOB,
  next_at INTEGER,
  retracted_at INTEGER
) STRICT, WITHOUT ROWID;
