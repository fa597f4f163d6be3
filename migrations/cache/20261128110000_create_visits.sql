-- Why: who is here, since when, and what number they were given. The number is the clinic's to give: NULL until it has.
CREATE TABLE visit (
  id BLOB NOT NULL PRIMARY KEY,
  customer_id BLOB,
  appointment_id BLOB,
  journey_id BLOB,
  day TEXT,                          -- the clinic's own
  queue_number INTEGER,
  state TEXT,                        -- waiting, serving, done, left, undone
  arrived_at INTEGER,
  arrived_by BLOB,
  arrived_device TEXT,
  started_at INTEGER,
  started_by BLOB,
  started_device TEXT,
  finished_at INTEGER,
  finished_by BLOB,
  finished_device TEXT,
  reason TEXT
) STRICT, WITHOUT ROWID;

ALTER TABLE appointment ADD COLUMN journey_id BLOB;  -- the booked course
