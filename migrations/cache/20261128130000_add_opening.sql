-- Why: an answer is due in minutes in which the clinic is open, also for a desk that is offline.
ALTER TABLE clinic ADD COLUMN opening TEXT;  -- JSON: hours by weekday, as desk_core::opening reads them

-- A day on which the clinic is closed, YYYY-MM-DD.
CREATE TABLE closed_day (
  id BLOB NOT NULL PRIMARY KEY,
  day TEXT,
  name TEXT
) STRICT, WITHOUT ROWID;
